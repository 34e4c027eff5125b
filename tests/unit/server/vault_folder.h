/* What the tests of the store across runs share: a folder for each test, entries to put there, damage. Needs cmocka.h.
 */
#ifndef FEMD_TEST_VAULT_FOLDER_H
#define FEMD_TEST_VAULT_FOLDER_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "femd/hash.h"
#include "keeper.h"
#include "vault.h"

#define OK(expr)   assert_int_equal((expr), FEMD_OK)
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

static char folder[64];

static inline int make_folder(void **state) {
    (void)state;
    /* in memory where that can be: nothing here is about how long a disk takes */
    snprintf(folder, sizeof folder, "%s/femd-vault-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    return mkdtemp(folder) ? 0 : -1;
}

static inline int remove_folder(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static inline femd_vault *open_store(uint64_t bytes) {
    femd_vault *vault;
    femd_error err = FEMD_ERROR_INIT;
    if (vault_open(&(vault_config){.folder = folder, .bytes = bytes, .create = 1}, &vault, &err) != FEMD_OK)
        fail_msg("%s", err.text);
    return vault;
}

/* An answer to a strain, and its name. */
static inline femd_buffer make_answer(double strain, uint64_t fingerprint, uint8_t name[KEPT_NAME_BYTES]) {
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
static inline femd_buffer make_said(double strain, uint64_t author, uint64_t seconder, double when,
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

static inline void *make_state(unsigned seed, size_t size, femd_hash *name) {
    unsigned char *blob = malloc(size);
    assert_non_null(blob);
    for (size_t i = 0; i < size; i++) blob[i] = (unsigned char)((seed = seed * 1664525u + 1013904223u) >> 24);
    femd_hash_domain("state", blob, size, name);
    return blob;
}

static inline femd_status put(femd_vault *vault, vault_kind kind, const void *data, size_t size, femd_error *err) {
    return vault_write(vault, &(vault_item){kind, VAULT_PUT, {data, size}}, 1, err);
}

static inline void put_state(femd_vault *vault, unsigned seed, size_t size, femd_hash *name) {
    void *blob = make_state(seed, size, name);
    OK(put(vault, VAULT_STATE, blob, size, NULL));
    free(blob);
}

static inline int has_state(femd_vault *vault, const femd_hash *name) {
    vault_found found;
    return vault_find(vault, VAULT_STATE, name->b, &found, NULL);
}

/* Turn a bit of the bytes wherever they stand in the file: pages out of use may hold a copy. */
static inline void damage(const char *file, const void *bytes, size_t size, size_t at) {
    char path[256];
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

static inline off_t size_of(const char *file) {
    char path[256];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", folder, file);
    return stat(path, &st) == 0 ? st.st_size : -1;
}

#endif
