/* The store across runs on disk: what was written is found again, what is damaged counts as absent, the bound holds. */
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "disbelief.h"
#include "femd/hash.h"
#include "keeper.h"

#define OK(expr) assert_int_equal((expr), FEMD_OK)

static char folder[64];

static int make_folder(void **state) {
    (void)state;
    /* in memory where that can be: nothing here is about how long a disk takes */
    snprintf(folder, sizeof folder, "%s/femd-vault-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static femd_vault *open_store(uint64_t bytes) {
    femd_vault *vault;
    femd_error err = FEMD_ERROR_INIT;
    if (vault_open(&(vault_config){.folder = folder, .bytes = bytes, .create = 1}, &vault, &err) != FEMD_OK)
        fail_msg("%s", err.text);
    return vault;
}

/* An answer to a strain, and its name. */
static femd_buffer make_answer(double strain, uint64_t fingerprint, uint8_t name[KEPT_NAME_BYTES]) {
    femd_buffer out = FEMD_BUFFER_INIT;
    uint8_t bytes[FEMD_RESPONSE_BYTES_MAX];
    femd_kept kept = {.level = 3, .inputs = 31, .fingerprint = fingerprint};
    femd_response r = {.provided = FEMD_WANT_STRESS, .engine = 3, .J = 1, .E = {strain}, .S = {2 * strain}};
    kept.material.b[0] = 9;
    kept.request = (femd_request){.wants = FEMD_WANT_STRESS, .value = {strain}, .temperature = 300};
    femd_request_key(&kept.material, kept.level, kept.inputs, &kept.request, &kept.key);
    r.work.fingerprint = fingerprint;
    kept.response = (femd_bytes){bytes, femd_response_encode(&r, bytes)};
    OK(kept_encode(&kept, &out, NULL));
    kept_name(&kept.key, fingerprint, name);
    return out;
}

/* The same with who has given it. */
static femd_buffer make_said(double strain, uint64_t author, uint64_t seconder, double when,
                             uint8_t name[KEPT_NAME_BYTES]) {
    femd_buffer plain = make_answer(strain, 7, name), out = FEMD_BUFFER_INIT;
    femd_kept kept;
    OK(kept_decode(plain.data, plain.size, &kept, NULL));
    kept.author = author;
    kept.seconder = seconder;
    kept.when = when;
    OK(kept_encode(&kept, &out, NULL));
    femd_buffer_clear(&plain);
    return out;
}

static void *make_state(unsigned seed, size_t size, femd_hash *name) {
    unsigned char *blob = malloc(size);
    assert_non_null(blob);
    for (size_t i = 0; i < size; i++) blob[i] = (unsigned char)((seed = seed * 1664525u + 1013904223u) >> 24);
    femd_hash_domain("state", blob, size, name);
    return blob;
}

static femd_status put(femd_vault *vault, vault_kind kind, const void *data, size_t size, femd_error *err) {
    return vault_write(vault, &(vault_item){kind, VAULT_PUT, {data, size}}, 1, err);
}

static void put_state(femd_vault *vault, unsigned seed, size_t size, femd_hash *name) {
    void *blob = make_state(seed, size, name);
    OK(put(vault, VAULT_STATE, blob, size, NULL));
    free(blob);
}

static int has_state(femd_vault *vault, const femd_hash *name) {
    vault_found found;
    return vault_find(vault, VAULT_STATE, name->b, &found, NULL);
}

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

/* Turn a bit of the bytes wherever they stand in the file: pages out of use may hold a copy. */
static void damage(const char *file, const void *bytes, size_t size, size_t at) {
    char path[128];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", folder, file);
    const int fd = open(path, O_RDWR);
    assert_true(fd >= 0 && fstat(fd, &st) == 0);
    char *all = malloc((size_t)st.st_size);
    assert_int_equal(pread(fd, all, (size_t)st.st_size, 0), st.st_size);
    int times = 0;
    for (char *found = all; (found = memmem(found, (size_t)(all + st.st_size - found), bytes, size)); found += size) {
        found[at] ^= 4;
        assert_int_equal(pwrite(fd, found + at, 1, found - all + (off_t)at), 1);
        times++;
    }
    assert_true(times > 0);
    free(all);
    close(fd);
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

static off_t size_of(const char *file) {
    char path[256];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", folder, file);
    return stat(path, &st) == 0 ? st.st_size : -1;
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
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
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
