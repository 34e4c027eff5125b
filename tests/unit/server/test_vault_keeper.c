/* The store across runs where its disk is full, and what its keeper tells and forgets: damage, files that are gone,
 * answers of who is not believed. */
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "disbelief.h"
#include "vault_folder.h"

/* ---- a disk that is full ---- */

static void limit_files(rlim_t bytes) {
    const struct rlimit limit = {bytes, RLIM_INFINITY};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_full_disk_leaves_all_or_nothing(void **state) {
    (void)state;
    femd_hash before, name[2];
    femd_vault *vault = open_store(0);
    femd_error err = FEMD_ERROR_INIT;
    put_state(vault, 1, 50000, &before);
    void *blob[2] = {make_state(2, 100, &name[0]), make_state(3, 900000, &name[1])};
    const vault_item both[] = {{VAULT_STATE, VAULT_PUT, {blob[0], 100}}, {VAULT_STATE, VAULT_PUT, {blob[1], 900000}}};
    limit_files((rlim_t)size_of("data.mdb") + 8192);
    assert_int_equal(vault_write(vault, both, 2, &err), FEMD_IO);
    assert_non_null(strstr(err.text, "cannot be written"));
    limit_files(RLIM_INFINITY);
    assert_int_equal(has_state(vault, &before), 1);
    for (int i = 0; i < 2; i++) assert_int_equal(has_state(vault, &name[i]), 0);
    OK(vault_write(vault, both, 2, NULL));
    for (int i = 0; i < 2; i++) assert_int_equal(has_state(vault, &name[i]), 1);
    vault_close(&vault);
    for (int i = 0; i < 2; i++) free(blob[i]);
}

/* A file of its own does not stay when the transaction it belongs to cannot be carried out. */
static void a_full_disk_leaves_no_file_behind(void **state) {
    (void)state;
    femd_hash name[2];
    char text[65], file[80];
    femd_vault *vault = open_store(0);
    for (unsigned i = 0; i < 4; i++) put_state(vault, i, 900000, &name[0]);
    const size_t large = (1 << 20) + 1;
    void *blob[2] = {make_state(8, large, &name[0]), make_state(9, 900000, &name[1])};
    femd_hash_text(&name[0], text);
    snprintf(file, sizeof file, "large/%s", text);
    const vault_item both[] = {{VAULT_STATE, VAULT_PUT, {blob[0], large}}, {VAULT_STATE, VAULT_PUT, {blob[1], 900000}}};
    limit_files((rlim_t)size_of("data.mdb"));
    assert_int_equal(vault_write(vault, both, 2, NULL), FEMD_IO);
    limit_files(RLIM_INFINITY);
    assert_int_equal(size_of(file), -1);
    OK(vault_write(vault, both, 2, NULL));
    assert_int_equal(size_of(file), large);
    vault_close(&vault);
    for (int i = 0; i < 2; i++) free(blob[i]);
}

static int warnings;
static char warned[1200];
static void note(void *user, femd_log_level level, const char *text) {
    (void)user;
    if (level > FEMD_LOG_WARNING) return;
    warnings++;
    snprintf(warned, sizeof warned, "%s", text);
}

static void the_keeper_says_once_that_the_disk_is_full_and_goes_on(void **state) {
    (void)state;
    femd_keeper *keeper;
    femd_hash name;
    femd_bytes content;
    OK(keeper_open(&(keeper_config){.folder = folder, .log = note}, &keeper, NULL));
    void *blob = make_state(1, 300000, &name);
    warnings = 0;
    limit_files((rlim_t)size_of("data.mdb"));
    for (int i = 0; i < 3; i++) {
        keeper_add(keeper, VAULT_STATE, VAULT_PUT, &(femd_bytes){blob, 300000});
        assert_false(keeper_wait(keeper));
        assert_true(keeper_wait(keeper)); /* nothing more was dropped */
    }
    assert_int_equal(warnings, 1);
    assert_non_null(strstr(warned, "the run goes on"));
    assert_int_equal(keeper_find_state(keeper, &name, &content), 0);
    limit_files(RLIM_INFINITY);
    keeper_close(&keeper);
    free(blob);
}

static void the_keeper_tells_damage_and_forgets_it(void **state) {
    (void)state;
    femd_keeper *keeper;
    femd_kept kept;
    uint8_t name[KEPT_NAME_BYTES];
    femd_hash key;
    femd_buffer answer = make_answer(2e-3, 7, name);
    OK(keeper_open(&(keeper_config){.folder = folder, .log = note}, &keeper, NULL));
    keeper_add(keeper, VAULT_ANSWER, VAULT_PUT, &(femd_bytes){answer.data, answer.size});
    keeper_close(&keeper); /* what was added is written */
    damage("data.mdb", answer.data, answer.size, 100);
    memcpy(key.b, name, sizeof key.b);
    warnings = 0;
    OK(keeper_open(&(keeper_config){.folder = folder, .log = note}, &keeper, NULL));
    assert_int_equal(keeper_find_answer(keeper, &key, 7, &kept), 0);
    assert_int_equal(warnings, 1);
    assert_non_null(strstr(warned, "counts as absent"));
    keeper_wait(keeper);
    assert_int_equal(keeper_find_answer(keeper, &key, 7, &kept), 0);
    assert_int_equal(warnings, 1); /* it is gone */
    keeper_add(keeper, VAULT_ANSWER, VAULT_PUT, &(femd_bytes){answer.data, answer.size});
    keeper_wait(keeper);
    assert_int_equal(keeper_find_answer(keeper, &key, 7, &kept), 1);
    assert_int_equal(kept.fingerprint, 7);
    keeper_close(&keeper);
    femd_buffer_clear(&answer);
}

/* A file that somebody has removed is damage too: what it held can be written anew. */
static void the_keeper_forgets_what_has_lost_its_file(void **state) {
    (void)state;
    femd_keeper *keeper;
    femd_hash name;
    femd_bytes content;
    char command[128];
    const size_t size = (1 << 20) + 1;
    void *blob = make_state(5, size, &name);
    OK(keeper_open(&(keeper_config){.folder = folder, .log = note}, &keeper, NULL));
    keeper_add(keeper, VAULT_STATE, VAULT_PUT, &(femd_bytes){blob, size});
    assert_true(keeper_wait(keeper));
    snprintf(command, sizeof command, "rm %s/large/*", folder);
    assert_int_equal(system(command), 0);
    warnings = 0;
    assert_int_equal(keeper_find_state(keeper, &name, &content), 0);
    assert_int_equal(warnings, 1);
    assert_non_null(strstr(warned, "is missing"));
    keeper_add(keeper, VAULT_STATE, VAULT_PUT, &(femd_bytes){blob, size});
    assert_true(keeper_wait(keeper));
    assert_int_equal(keeper_find_state(keeper, &name, &content), 1);
    keeper_close(&keeper);
    free(blob);
}

/* Of all that is there what is held by the list goes, and nothing else; not once more than a portion is looked at. */
static void who_is_not_believed_leaves_no_answer(void **state) {
    (void)state;
    enum { MANY = 10000 };
    static const struct said {
        uint64_t author, seconder;
        double when;
        int goes;
    } said[] = {{5, 0, 10, 1}, {5, 0, 9, 0},  {5, 8, 99, 0}, {6, 0, 0, 1},  {5, 6, 0, 1},  {6, 5, 99, 1},
                {6, 4, 99, 0}, {4, 0, 20, 1}, {4, 5, 99, 0}, {8, 0, 99, 0}, {8, 5, 99, 0}, {0, 0, 0, 0}};
    enum { KINDS = sizeof said / sizeof *said };
    femd_vault *vault = open_store(64 << 20);
    femd_buffer list = FEMD_BUFFER_INIT;
    vault_size size;
    uint8_t name[KEPT_NAME_BYTES];
    uint64_t stay = 0;
    for (int i = 0; i < MANY;) {
        vault_item items[100];
        femd_buffer bytes[100];
        for (int k = 0; k < 100; k++, i++) {
            const struct said *one = &said[i % KINDS];
            stay += !one->goes;
            bytes[k] = make_said(1e-6 * i, one->author, one->seconder, one->when, name);
            items[k] = (vault_item){VAULT_ANSWER, VAULT_PUT, {bytes[k].data, bytes[k].size}};
        }
        OK(vault_write(vault, items, 100, NULL));
        for (int k = 0; k < 100; k++) femd_buffer_clear(&bytes[k]);
    }
    const femd_disbelieved convicted[] = {{6, -1, 1}, {4, 15, 0}, {5, 10, 1}};
    for (int i = 0; i < 3; i++) OK(disbelief_add(&list, &convicted[i], NULL));
    OK(vault_disbelieve(vault, &(femd_bytes){list.data, list.size}, NULL));
    OK(vault_measure(vault, &size, NULL));
    assert_int_equal(size.count[VAULT_ANSWER], stay);
    for (int i = 0; i < 2 * KINDS; i++) {
        vault_found found;
        femd_buffer bytes = make_said(1e-6 * i, 1, 0, 0, name);
        assert_int_equal(vault_find(vault, VAULT_ANSWER, name, &found, NULL), !said[i % KINDS].goes);
        femd_buffer_clear(&bytes);
    }
    OK(vault_disbelieve(vault, &(femd_bytes){list.data, 0}, NULL));
    OK(vault_measure(vault, &size, NULL));
    assert_int_equal(size.count[VAULT_ANSWER], stay);
    femd_buffer_clear(&list);
    vault_close(&vault);
}

/* An answer that is of nobody, or of no time, is none. */
static void an_answer_of_nobody_is_refused(void **state) {
    (void)state;
    uint8_t name[KEPT_NAME_BYTES];
    femd_kept kept;
    const double times[] = {0, 1e11, -1, 1e12, NAN};
    for (int i = 0; i < 5; i++)
        for (int twice = 0; twice < 2; twice++) {
            femd_error err = FEMD_ERROR_INIT;
            femd_buffer bytes = make_said(1e-3, 5, twice ? 5 : 6, times[i], name);
            const femd_status rc = kept_decode(bytes.data, bytes.size, &kept, &err);
            assert_int_equal(rc, i < 2 && !twice ? FEMD_OK : FEMD_BAD_INPUT);
            if (rc == FEMD_OK) assert_true(kept.author == 5 && kept.seconder == 6 && kept.when == times[i]);
            if (rc != FEMD_OK) assert_non_null(strstr(err.text, "of nobody, or of no time"));
            femd_buffer_clear(&bytes);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_full_disk_leaves_all_or_nothing),
        TEST(a_full_disk_leaves_no_file_behind),
        TEST(the_keeper_says_once_that_the_disk_is_full_and_goes_on),
        TEST(the_keeper_tells_damage_and_forgets_it),
        TEST(the_keeper_forgets_what_has_lost_its_file),
        TEST(who_is_not_believed_leaves_no_answer),
        TEST(an_answer_of_nobody_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
