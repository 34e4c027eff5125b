/* The store across runs on disk: what was written is found again, what is damaged counts as absent, the bound holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "vault_folder.h"

static void what_was_written_is_found_by_the_next_process(void **state) {
    (void)state;
    uint8_t name[2][KEPT_NAME_BYTES], any[KEPT_NAME_BYTES];
    femd_buffer answer[2] = {make_answer(1e-3, 7, name[0]), make_answer(1e-3, 8, name[1])};
    femd_hash blob;
    vault_found found;
    femd_vault *vault = open_store(0);
    for (int i = 0; i < 2; i++) OK(put(vault, VAULT_ANSWER, answer[i].data, answer[i].size, NULL));
    put_state(vault, 1, 5000, &blob);
    vault_close(&vault);
    vault = open_store(0);
    for (int i = 0; i < 2; i++) { /* the builds live side by side */
        assert_int_equal(vault_find(vault, VAULT_ANSWER, name[i], &found, NULL), 1);
        assert_int_equal(found.bytes.size, answer[i].size);
        assert_memory_equal(found.bytes.data, answer[i].data, answer[i].size);
        assert_true(found.made > 1600000000);
        assert_false(found.used);
    }
    memcpy(any, name[1], sizeof any);
    memset(any + 32, 0, 8);
    assert_int_equal(vault_find(vault, VAULT_ANSWER, any, &found, NULL), 1);
    assert_memory_equal(found.bytes.data, answer[0].data, answer[0].size);
    any[0] ^= 1;
    assert_int_equal(vault_find(vault, VAULT_ANSWER, any, &found, NULL), 0);
    assert_int_equal(has_state(vault, &blob), 1);
    blob.b[3] ^= 1;
    assert_int_equal(has_state(vault, &blob), 0);
    vault_close(&vault);
    for (int i = 0; i < 2; i++) femd_buffer_clear(&answer[i]);
}

/* The history: which answer made a state; nobody, once the answer is gone. */
static void a_state_leads_to_the_answer_that_made_it(void **state) {
    (void)state;
    uint8_t bytes[FEMD_RESPONSE_BYTES_MAX], name[KEPT_NAME_BYTES];
    femd_buffer out = FEMD_BUFFER_INIT;
    femd_kept kept = {.level = 3, .inputs = 31, .fingerprint = 7};
    femd_response r = {.provided = FEMD_WANT_STRESS, .engine = 3, .J = 1, .E = {1e-3}, .state_out = {{5, 6, 7}}};
    kept.request = (femd_request){.wants = FEMD_WANT_STRESS, .value = {1e-3}};
    femd_request_key(&kept.material, kept.level, kept.inputs, &kept.request, &kept.key);
    r.work.fingerprint = 7;
    kept.response = (femd_bytes){bytes, femd_response_encode(&r, bytes)};
    OK(kept_encode(&kept, &out, NULL));
    vault_found found;
    femd_vault *vault = open_store(0);
    assert_int_equal(vault_find_maker(vault, &r.state_out, &found, NULL), 0);
    OK(put(vault, VAULT_ANSWER, out.data, out.size, NULL));
    assert_int_equal(vault_find_maker(vault, &r.state_out, &found, NULL), 1);
    assert_memory_equal(found.bytes.data, out.data, out.size);
    vault_close(&vault);
    femd_keeper *keeper;
    femd_kept maker;
    OK(keeper_open(&(keeper_config){.folder = folder}, &keeper, NULL));
    assert_int_equal(keeper_find_maker(keeper, &r.state_out, &maker), 1);
    assert_true(femd_hash_equal(&maker.key, &kept.key));
    assert_int_equal(keeper_find_maker(keeper, &kept.key, &maker), 0);
    keeper_close(&keeper);
    vault = open_store(0);
    kept_name(&kept.key, 7, name);
    OK(vault_write(vault, &(vault_item){VAULT_ANSWER, VAULT_FORGET, {name, sizeof name}}, 1, NULL));
    assert_int_equal(vault_find_maker(vault, &r.state_out, &found, NULL), 0);
    vault_close(&vault);
    femd_buffer_clear(&out);
}

static void two_processes_write_at_a_time(void **state) {
    (void)state;
    femd_vault *vault = open_store(0);
    vault_close(&vault);
    for (unsigned child = 0; child < 2; child++) {
        const pid_t pid = fork();
        if (pid != 0) continue;
        femd_vault *own = NULL;
        femd_hash name;
        if (vault_open(&(vault_config){.folder = folder}, &own, NULL) != FEMD_OK) _exit(1);
        for (unsigned i = 0; i < 40; i++) {
            void *blob = make_state(100 * child + i, 3000, &name);
            if (put(own, VAULT_STATE, blob, 3000, NULL) != FEMD_OK) _exit(2);
            free(blob);
        }
        vault_close(&own);
        _exit(0);
    }
    for (int child = 0; child < 2; child++) {
        int status;
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    vault_size size;
    vault = open_store(0);
    OK(vault_measure(vault, &size, NULL));
    assert_int_equal(size.count[VAULT_STATE], 80);
    for (unsigned child = 0; child < 2; child++)
        for (unsigned i = 0; i < 40; i++) {
            femd_hash name;
            free(make_state(100 * child + i, 3000, &name));
            assert_int_equal(has_state(vault, &name), 1);
        }
    vault_close(&vault);
}

static void what_is_damaged_counts_as_absent_and_can_be_written_anew(void **state) {
    (void)state;
    uint8_t name[KEPT_NAME_BYTES];
    femd_hash small;
    vault_found found;
    for (size_t at = 0; at < 400; at += 37) {
        femd_buffer answer = make_answer(1e-3 + (double)at, 7, name);
        void *blob = make_state((unsigned)at, 9000, &small);
        assert_true(answer.size > 400);
        femd_vault *vault = open_store(0);
        femd_error err = FEMD_ERROR_INIT;
        OK(put(vault, VAULT_ANSWER, answer.data, answer.size, NULL));
        OK(put(vault, VAULT_STATE, blob, 9000, NULL));
        vault_close(&vault);
        damage("data.mdb", answer.data, answer.size, at);
        damage("data.mdb", blob, 9000, 20 * at);
        vault = open_store(0);
        assert_int_equal(vault_find(vault, VAULT_ANSWER, name, &found, &err), -1);
        assert_int_equal(err.code, FEMD_BAD_INPUT);
        err = (femd_error)FEMD_ERROR_INIT;
        assert_int_equal(vault_find(vault, VAULT_STATE, small.b, &found, &err), -1);
        assert_non_null(strstr(err.text, "does not fit its name"));
        OK(vault_write(vault,
                       (vault_item[]){{VAULT_ANSWER, VAULT_FORGET, {name, sizeof name}},
                                      {VAULT_STATE, VAULT_FORGET, {small.b, sizeof small.b}},
                                      {VAULT_ANSWER, VAULT_PUT, {answer.data, answer.size}},
                                      {VAULT_STATE, VAULT_PUT, {blob, 9000}}},
                       4, NULL));
        assert_int_equal(vault_find(vault, VAULT_ANSWER, name, &found, NULL), 1);
        assert_int_equal(has_state(vault, &small), 1);
        vault_close(&vault);
        free(blob);
        femd_buffer_clear(&answer);
    }
}

static void what_is_large_is_a_file_of_its_own(void **state) {
    (void)state;
    femd_hash name;
    char text[65], file[80];
    const size_t size = (1 << 20) + 1;
    void *blob = make_state(3, size, &name);
    vault_found found;
    femd_vault *vault = open_store(0);
    OK(put(vault, VAULT_STATE, blob, size, NULL));
    femd_hash_text(&name, text);
    snprintf(file, sizeof file, "large/%s", text);
    assert_int_equal(size_of(file), size);
    assert_true(size_of("data.mdb") < 200000);
    assert_int_equal(vault_find(vault, VAULT_STATE, name.b, &found, NULL), 1);
    assert_memory_equal(found.bytes.data, blob, size);
    damage(file, blob, size, 777777);
    assert_int_equal(has_state(vault, &name), -1);
    OK(vault_write(vault, &(vault_item){VAULT_STATE, VAULT_FORGET, {name.b, 32}}, 1, NULL));
    assert_int_equal(size_of(file), -1);
    OK(put(vault, VAULT_STATE, blob, size, NULL));
    assert_int_equal(has_state(vault, &name), 1);
    OK(vault_write(vault,
                   (vault_item[]){{VAULT_STATE, VAULT_FORGET, {name.b, 32}}, {VAULT_STATE, VAULT_PUT, {blob, size}}}, 2,
                   NULL)); /* in one transaction: the file is the new one's */
    assert_int_equal(has_state(vault, &name), 1);
    OK(vault_write(vault,
                   (vault_item[]){{VAULT_STATE, VAULT_FORGET, {name.b, 32}},
                                  {VAULT_STATE, VAULT_PUT, {blob, size}},
                                  {VAULT_STATE, VAULT_FORGET, {name.b, 32}}},
                   3, NULL));
    assert_int_equal(size_of(file), -1);
    OK(put(vault, VAULT_STATE, blob, size, NULL));
    OK(vault_prune(vault, 0, NULL));
    assert_int_equal(size_of(file), -1);
    assert_int_equal(has_state(vault, &name), 0);
    vault_close(&vault);
    free(blob);
}

static void the_bound_holds_and_the_longest_unused_goes(void **state) {
    (void)state;
    enum { STATES = 120, SIZE = 30000 };
    femd_hash name[STATES], old;
    vault_size size;
    femd_vault *vault = open_store(2 << 20);
    put_state(vault, 1000, SIZE, &old);
    vault_close(&vault);
    vault = open_store(0);
    for (unsigned i = 0; i < STATES; i++) {
        put_state(vault, i, SIZE, &name[i]);
        if (i == 20) OK(vault_write(vault, &(vault_item){VAULT_STATE, VAULT_USE, {old.b, 32}}, 1, NULL));
        assert_int_equal(has_state(vault, &name[i]), 1);
        assert_true(size_of("data.mdb") <= 2 << 20);
        if (i == 40) assert_int_equal(has_state(vault, &old), 1); /* 20 newer ones have gone by then */
    }
    if (has_state(vault, &old)) OK(vault_prune(vault, 0, NULL)); /* what was used goes in the end as well */
    assert_int_equal(has_state(vault, &old), 0);
    for (unsigned i = 0; i < STATES; i++) put_state(vault, i, SIZE, &name[i]);
    OK(vault_measure(vault, &size, NULL));
    assert_true(size.count[VAULT_STATE] >= 30 && size.count[VAULT_STATE] <= 70);
    assert_int_equal(size.bytes[VAULT_STATE], size.count[VAULT_STATE] * SIZE);
    assert_int_equal(has_state(vault, &name[0]), 0);
    assert_int_equal(has_state(vault, &name[STATES - 20]), 1);
    femd_error err = FEMD_ERROR_INIT;
    void *blob = make_state(1, 2 << 20, &old);
    assert_int_equal(put(vault, VAULT_STATE, blob, 2 << 20, &err), FEMD_LIMIT);
    free(blob);
    vault_close(&vault);
}

/* Thousands of small ones in a store that holds a few: every transaction finds room. */
static void small_ones_never_fill_the_file(void **state) {
    (void)state;
    enum { ROUNDS = 30, AT_ONCE = 300 };
    femd_vault *vault = open_store(2 << 20);
    for (int round = 0; round < ROUNDS; round++) {
        vault_item item[AT_ONCE];
        femd_buffer answer[AT_ONCE];
        uint8_t name[KEPT_NAME_BYTES];
        vault_found found;
        for (int i = 0; i < AT_ONCE; i++) {
            answer[i] = make_answer(1e-6 * (round * AT_ONCE + i), 7, name);
            item[i] = (vault_item){VAULT_ANSWER, VAULT_PUT, {answer[i].data, answer[i].size}};
        }
        femd_error err = FEMD_ERROR_INIT;
        if (vault_write(vault, item, AT_ONCE, &err) != FEMD_OK) fail_msg("round %d: %s", round, err.text);
        assert_int_equal(vault_find(vault, VAULT_ANSWER, name, &found, NULL), 1);
        for (int i = 0; i < AT_ONCE; i++) femd_buffer_clear(&answer[i]);
    }
    assert_true(size_of("data.mdb") <= 2 << 20);
    vault_close(&vault);
}

static void what_is_no_store_is_refused(void **state) {
    (void)state;
    char path[128];
    femd_vault *vault;
    femd_error err = FEMD_ERROR_INIT;
    snprintf(path, sizeof path, "%s/missing", folder);
    assert_int_equal(vault_open(&(vault_config){.folder = path, .read_only = 1}, &vault, &err), FEMD_IO);
    assert_int_equal(vault_open(&(vault_config){.folder = folder, .read_only = 1}, &vault, &err), FEMD_IO);
    snprintf(path, sizeof path, "%s/data.mdb", folder);
    FILE *file = fopen(path, "w");
    for (int i = 0; i < 3000; i++) fputs("not a store ", file);
    fclose(file);
    assert_int_equal(vault_open(&(vault_config){.folder = folder, .create = 1}, &vault, &err), FEMD_BAD_INPUT);
    assert_int_equal(vault_open(&(vault_config){.folder = path, .create = 1}, &vault, &err), FEMD_BAD_INPUT);
    assert_null(vault);
}

static void a_file_cut_short_is_refused(void **state) {
    (void)state;
    char path[128];
    femd_hash name;
    femd_vault *vault = open_store(0);
    femd_error err = FEMD_ERROR_INIT;
    for (unsigned i = 0; i < 20; i++) put_state(vault, i, 50000, &name);
    vault_close(&vault);
    snprintf(path, sizeof path, "%s/data.mdb", folder);
    assert_int_equal(truncate(path, 400000), 0);
    assert_int_equal(vault_open(&(vault_config){.folder = folder, .create = 1}, &vault, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "damaged"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(what_was_written_is_found_by_the_next_process),
        TEST(a_state_leads_to_the_answer_that_made_it),
        TEST(two_processes_write_at_a_time),
        TEST(what_is_damaged_counts_as_absent_and_can_be_written_anew),
        TEST(what_is_large_is_a_file_of_its_own),
        TEST(the_bound_holds_and_the_longest_unused_goes),
        TEST(small_ones_never_fill_the_file),
        TEST(what_is_no_store_is_refused),
        TEST(a_file_cut_short_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
