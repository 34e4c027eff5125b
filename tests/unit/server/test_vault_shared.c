/* The store across runs among others: processes that stop while they write, readers that take long, folders that are
 * none, what must not go. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "femd/hash.h"
#include "vault_folder.h"
#include "vault_private.h"

static femd_status put_one(femd_vault *vault, unsigned seed, size_t size, femd_hash *name, femd_error *err) {
    void *blob = make_state(seed, size, name);
    const femd_status rc = put(vault, VAULT_STATE, blob, size, err);
    free(blob);
    return rc;
}

static femd_status tell(femd_vault *vault, vault_act act, const femd_hash *name) {
    return vault_write(vault, &(vault_item){VAULT_STATE, act, {name->b, sizeof name->b}}, 1, NULL);
}

static int is_there(const char *file) {
    char path[256];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", folder, file);
    return stat(path, &st) == 0;
}

static void write_file(const char *file, const char *text) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    FILE *to = fopen(path, "w");
    assert_true(to && fputs(text, to) >= 0 && fclose(to) == 0);
}

/* A process that was stopped while it writes: others say so after a while, can read all along, and write when it has
 * been killed. */
static void a_stopped_writer_hangs_nobody(void **state) {
    (void)state;
    femd_hash name, other;
    femd_error err = FEMD_ERROR_INIT;
    femd_vault *vault = open_store(0);
    OK(put_one(vault, 1, 3000, &name, NULL));
    const pid_t pid = fork();
    if (pid == 0) {
        femd_vault *own;
        MDB_txn *txn;
        if (vault_open(&(vault_config){.folder = folder}, &own, NULL) != FEMD_OK || vault_lock(own, NULL) != FEMD_OK ||
            mdb_txn_begin(own->env, NULL, 0, &txn) != 0)
            _exit(1);
        raise(SIGSTOP);
        _exit(2);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
    assert_true(WIFSTOPPED(status));
    assert_int_equal(has_state(vault, &name), 1);
    assert_int_equal(put_one(vault, 2, 3000, &other, &err), FEMD_IO);
    assert_non_null(strstr(err.text, "is it stopped?"));
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    OK(put_one(vault, 2, 3000, &other, NULL));
    assert_int_equal(has_state(vault, &other), 1);
    vault_close(&vault);
}

/* However much else is written; and when it is all that is left, what comes is refused with words. */
static void what_is_held_stays(void **state) {
    (void)state;
    enum { SIZE = 30000, MANY = 120 };
    femd_hash early, name, held[MANY];
    femd_error err = FEMD_ERROR_INIT;
    femd_vault *vault = open_store(2 << 20);
    OK(put_one(vault, 1000, SIZE, &early, NULL));
    OK(tell(vault, VAULT_HOLD, &early));
    OK(tell(vault, VAULT_USE, &early)); /* which does not release it */
    for (unsigned i = 0; i < MANY; i++) OK(put_one(vault, i, SIZE, &name, NULL));
    assert_int_equal(has_state(vault, &early), 1);
    OK(tell(vault, VAULT_RELEASE, &early));
    for (unsigned i = 0; i < MANY; i++) OK(put_one(vault, 5000 + i, SIZE, &name, NULL));
    assert_int_equal(has_state(vault, &early), 0);
    int count = 0;
    for (femd_status rc = FEMD_OK; rc == FEMD_OK && count < MANY; count++) {
        rc = put_one(vault, 9000 + (unsigned)count, SIZE, &held[count], &err);
        if (rc == FEMD_OK) OK(tell(vault, VAULT_HOLD, &held[count]));
    }
    count--; /* the last one was refused */
    assert_true(count > 30 && count < 70);
    assert_int_equal(err.code, FEMD_IO);
    assert_non_null(strstr(err.text, "still need"));
    for (int i = 0; i < count; i++) assert_int_equal(has_state(vault, &held[i]), 1);
    unsigned char *blob = calloc(1, SIZE); /* what is released makes room within one transaction */
    assert_non_null(blob);
    OK(vault_write(vault,
                   (vault_item[]){{VAULT_STATE, VAULT_PUT, {blob, SIZE}},
                                  {VAULT_STATE, VAULT_RELEASE, {held[0].b, 32}},
                                  {VAULT_STATE, VAULT_RELEASE, {held[1].b, 32}},
                                  {VAULT_STATE, VAULT_RELEASE, {held[2].b, 32}},
                                  {VAULT_STATE, VAULT_RELEASE, {held[3].b, 32}}},
                   5, NULL));
    for (int i = 4; i < count; i++) assert_int_equal(has_state(vault, &held[i]), 1);
    free(blob);
    vault_close(&vault);
}

/* A process that was killed between a file and its transaction, before and after. */
static void files_that_nothing_names_are_swept(void **state) {
    (void)state;
    femd_hash name;
    char own[80], text[65];
    femd_vault *vault = open_store(0);
    OK(put_one(vault, 7, (1 << 20) + 1, &name, NULL));
    vault_close(&vault);
    femd_hash_text(&name, text);
    snprintf(own, sizeof own, "large/%s", text);
    write_file("large/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "orphan");
    write_file("large/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.new", "half an orphan");
    vault_close(&(femd_vault *){open_store(0)});
    assert_false(is_there("large/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"));
    assert_false(is_there("large/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.new"));
    assert_true(is_there(own));
    vault = open_store(0);
    assert_int_equal(has_state(vault, &name), 1);
    vault_close(&vault);
}

/* It is left as it was: no lock, no file. */
static void a_folder_with_something_else_becomes_no_store(void **state) {
    (void)state;
    femd_vault *vault;
    femd_error err = FEMD_ERROR_INIT;
    write_file("letter.txt", "dear somebody");
    assert_int_equal(vault_open(&(vault_config){.folder = folder, .create = 1}, &vault, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "letter.txt"));
    assert_false(is_there("data.mdb") || is_there("lock.mdb"));
    write_file("data.mdb", "not a database at all, but longer than a head, or so one would think of it");
    assert_int_equal(vault_open(&(vault_config){.folder = folder, .create = 1}, &vault, &err), FEMD_BAD_INPUT);
    assert_false(is_there("lock.mdb"));
}

static void a_bound_that_is_damaged_is_told(void **state) {
    (void)state;
    femd_error err = FEMD_ERROR_INIT;
    vault_meta meta;
    MDB_txn *txn;
    femd_vault *vault = open_store(2 << 20);
    assert_int_equal(mdb_txn_begin(vault->env, NULL, 0, &txn), 0);
    assert_int_equal(vault_read_meta(vault, txn, &meta), 0);
    meta.most = 5000;
    assert_int_equal(vault_write_meta(vault, txn, &meta), 0);
    assert_int_equal(mdb_txn_commit(txn), 0);
    vault_close(&vault);
    assert_int_equal(vault_open(&(vault_config){.folder = folder, .create = 1}, &vault, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "its bound is 5000 bytes"));
}

/* Its meta may have grown or shrunk; the version is its first word, and nothing is written there. */
static void a_store_of_another_version_is_refused(void **state) {
    (void)state;
    for (size_t size = 8; size <= sizeof(vault_meta) + 16; size += sizeof(vault_meta) / 2) {
        uint8_t other[sizeof(vault_meta) + 16] = {VAULT_VERSION + 1};
        femd_error err = FEMD_ERROR_INIT;
        MDB_txn *txn;
        MDB_val key = {4, "meta"}, value = {size, other};
        femd_vault *vault = open_store(2 << 20);
        const uint8_t own[8] = {VAULT_VERSION};
        vault_meta meta;
        assert_int_equal(mdb_txn_begin(vault->env, NULL, 0, &txn), 0);
        assert_int_equal(vault_read_meta(vault, txn, &meta), 0);
        assert_int_equal(mdb_put(txn, vault->meta, &key, &value, 0), 0);
        assert_int_equal(mdb_txn_commit(txn), 0);
        vault_close(&vault);
        for (int read_only = 0; read_only < 2; read_only++) {
            const vault_config config = {.folder = folder, .create = !read_only, .read_only = read_only};
            assert_int_equal(vault_open(&config, &vault, &err), FEMD_BAD_INPUT);
            assert_non_null(strstr(err.text, "is of version 3, this femd reads version 2"));
        }
        MDB_env *env; /* of this version, but of another length */
        MDB_dbi table;
        assert_int_equal(mdb_env_create(&env), 0);
        assert_int_equal(mdb_env_set_maxdbs(env, 8), 0);
        assert_int_equal(mdb_env_open(env, folder, 0, 0600), 0);
        assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
        assert_int_equal(mdb_dbi_open(txn, "meta", 0, &table), 0);
        memcpy(other, own, sizeof own);
        assert_int_equal(mdb_put(txn, table, &key, &value, 0), 0);
        assert_int_equal(mdb_txn_commit(txn), 0);
        assert_int_equal(vault_open(&(vault_config){.folder = folder, .create = 1}, &vault, &err), FEMD_BAD_INPUT);
        assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
        value = (MDB_val){sizeof meta, &meta};
        assert_int_equal(mdb_put(txn, table, &key, &value, 0), 0);
        assert_int_equal(mdb_txn_commit(txn), 0);
        mdb_env_close(env);
    }
}

typedef struct walking {
    femd_vault *vault;
    unsigned seen, written;
} walking;

static femd_status write_meanwhile(void *user, const uint8_t *name, const vault_found *found, const femd_error *damage,
                                   femd_error *err) {
    walking *walk = user;
    femd_hash fresh;
    (void)name;
    assert_null(damage);
    assert_int_equal(found->bytes.size, 3000);
    walk->seen++;
    for (int i = 0; i < 20; i++) FEMD_TRY(put_one(walk->vault, 100000 + walk->written++, 3000, &fresh, err));
    return walk->seen < 60 ? FEMD_OK : FEMD_CANCELLED;
}

/* Who exports or verifies keeps nobody from writing: pages are used again all the while. */
static void a_long_walk_does_not_fill_the_store(void **state) {
    (void)state;
    femd_hash name;
    femd_error err = FEMD_ERROR_INIT;
    femd_vault *vault = open_store(2 << 20);
    walking walk = {vault, 0, 0};
    for (unsigned i = 0; i < 100; i++) OK(put_one(vault, i, 3000, &name, NULL));
    const femd_status rc = vault_walk(vault, VAULT_STATE, write_meanwhile, &walk, &err);
    if (rc != FEMD_OK && rc != FEMD_CANCELLED) fail_msg("after %u: %s", walk.written, err.text);
    assert_true(walk.written > 700);
    vault_close(&vault);
}

/* Another process has given the store a larger bound and filled it. */
static void a_store_that_another_process_enlarges_is_read_on(void **state) {
    (void)state;
    femd_hash name, own;
    femd_vault *vault = open_store(2 << 20);
    OK(put_one(vault, 1, 3000, &own, NULL));
    const pid_t pid = fork();
    if (pid == 0) {
        femd_vault *larger;
        if (vault_open(&(vault_config){.folder = folder, .bytes = 16 << 20}, &larger, NULL) != FEMD_OK) _exit(1);
        for (unsigned i = 0; i < 12; i++)
            if (put_one(larger, i, 400000, &name, NULL) != FEMD_OK) _exit(2);
        vault_close(&larger);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    unsigned char *blob = malloc(400000); /* the name of the last */
    unsigned seed = 11;
    for (size_t i = 0; i < 400000; i++) blob[i] = (unsigned char)((seed = seed * 1664525u + 1013904223u) >> 24);
    femd_hash_domain("state", blob, 400000, &name);
    free(blob);
    assert_int_equal(has_state(vault, &name), 1);
    assert_int_equal(has_state(vault, &own), 1);
    OK(put_one(vault, 99, 3000, &own, NULL));
    vault_close(&vault);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_stopped_writer_hangs_nobody),       TEST(what_is_held_stays),
        TEST(files_that_nothing_names_are_swept),  TEST(a_folder_with_something_else_becomes_no_store),
        TEST(a_bound_that_is_damaged_is_told),     TEST(a_store_of_another_version_is_refused),
        TEST(a_long_walk_does_not_fill_the_store), TEST(a_store_that_another_process_enlarges_is_read_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
