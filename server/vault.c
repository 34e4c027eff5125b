/* The store across runs: finding, walking, measuring. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "femd/hash.h"
#include "femd/pack.h"
#include "vault_private.h"

enum { HASH_BYTES = 32, FULL_BYTES = 1 << 20 };

static const struct vault_kind_row {
    const char *table, *name;
    size_t bytes;
} vault_kinds[VAULT_KINDS] = {{"", "", 0},
                              {"answers", "answer", KEPT_NAME_BYTES},
                              {"states", "state", HASH_BYTES},
                              {"materials", "material", HASH_BYTES}};

const char *vault_kind_name(vault_kind kind) {
    return vault_kinds[kind].name;
}

const char *vault_table_name(vault_kind kind) {
    return vault_kinds[kind].table;
}

size_t vault_name_bytes(vault_kind kind) {
    return vault_kinds[kind].bytes;
}

femd_status vault_fail(const femd_vault *vault, const char *what, int code, femd_error *err) {
    const int damaged = code == MDB_CORRUPTED || code == MDB_PAGE_NOTFOUND || code == MDB_INVALID ||
                        code == MDB_VERSION_MISMATCH || code == MDB_PANIC;
    struct statvfs disk; /* LMDB calls a write that was cut short an error of the disk */
    const int full = code == EIO && statvfs(vault->folder, &disk) == 0 && disk.f_bavail * disk.f_frsize < FULL_BYTES;
    if (code == VAULT_ALL_HELD)
        return femd_fail(err, FEMD_IO,
                         "the store %s cannot be %s: it is full of states that runs of this server still need; enlarge "
                         "it with --store-size",
                         vault->folder, what);
    return femd_fail(err, damaged ? FEMD_BAD_INPUT : FEMD_IO, "the store %s cannot be %s: %s", vault->folder, what,
                     mdb_strerror(full ? ENOSPC : code));
}

uint64_t vault_charge(uint64_t content) {
    const uint64_t value = content + VALUE_HEAD, page = 4096;
    /* a small value shares a page that is about two thirds full; a large one has pages of its own */
    return value > page / 2 ? (value + 16 + page - 1) / page * page + ENTRY_OVERHEAD : (value + ENTRY_OVERHEAD) * 3 / 2;
}

/* ---- reading ---- */

int vault_check(vault_kind kind, const uint8_t *name, const femd_bytes *content, femd_error *err) {
    femd_hash hash;
    uint8_t own[NAME_MOST];
    if (kind == VAULT_ANSWER) {
        femd_kept kept;
        if (kept_decode(content->data, content->size, &kept, err) != FEMD_OK) return -1;
        kept_name(&kept.key, kept.fingerprint, own);
    } else {
        if (kind == VAULT_STATE)
            femd_hash_domain("state", content->data, content->size, &hash);
        else
            femd_pack_id(content->data, content->size, &hash);
        memcpy(own, hash.b, sizeof hash.b);
    }
    if (memcmp(own, name, vault_kinds[kind].bytes) == 0) return 0;
    femd_fail(err, FEMD_BAD_INPUT, "a %s in the store does not fit its name", vault_kinds[kind].name);
    return -1;
}

/* The content of a value into vault->found. */
static int vault_take(femd_vault *vault, vault_kind kind, const uint8_t *name, const MDB_val *value, vault_found *found,
                      femd_error *err) {
    const uint8_t *head = value->mv_data;
    vault->found.size = 0;
    if (value->mv_size < VALUE_HEAD) {
        femd_fail(err, FEMD_BAD_INPUT, "a %s in the store is cut short", vault_kinds[kind].name);
        return -1;
    }
    const uint64_t stamp = femd_get64(head + VALUE_STAMP), size = femd_get64(head + VALUE_SIZE);
    femd_status rc;
    if (size & VALUE_IN_FILE)
        rc = vault_file_read(vault, name, size & ~VALUE_IN_FILE, &vault->found, err);
    else if (size != value->mv_size - VALUE_HEAD)
        rc = femd_fail(err, FEMD_BAD_INPUT, "a %s in the store is cut short", vault_kinds[kind].name);
    else
        rc = femd_buffer_append(&vault->found, head + VALUE_HEAD, size, err);
    if (rc != FEMD_OK) return -1;
    *found = (vault_found){.bytes = {vault->found.data, vault->found.size},
                           .made = femd_get64(head + VALUE_MADE),
                           .used = stamp >> SESSION_SHIFT >= vault->session};
    return vault_check(kind, name, &found->bytes, err);
}

/* The value of a name; that of an answer of any build is the first of its key. */
static int vault_look_up(femd_vault *vault, vault_kind kind, uint8_t *name, MDB_val *value) {
    static const uint8_t any[8];
    MDB_val key = {vault_kinds[kind].bytes, name};
    if (kind != VAULT_ANSWER || memcmp(name + HASH_BYTES, any, sizeof any) != 0)
        return mdb_get(vault->reader, vault->tables[kind], &key, value);
    MDB_cursor *cursor;
    int code = mdb_cursor_open(vault->reader, vault->tables[kind], &cursor);
    if (code != 0) return code;
    code = mdb_cursor_get(cursor, &key, value, MDB_SET_RANGE);
    while (code == 0 && key.mv_size != KEPT_NAME_BYTES) /* damage */
        code = mdb_cursor_get(cursor, &key, value, MDB_NEXT);
    if (code == 0 && memcmp(key.mv_data, name, HASH_BYTES) != 0) code = MDB_NOTFOUND;
    if (code == 0) memcpy(name, key.mv_data, KEPT_NAME_BYTES);
    mdb_cursor_close(cursor);
    return code;
}

static int vault_look_up_maker(femd_vault *vault, const uint8_t *state, uint8_t *name, MDB_val *value) {
    MDB_val key = {HASH_BYTES, (void *)(uintptr_t)state}, maker;
    const int code = mdb_get(vault->reader, vault->makers, &key, &maker);
    if (code != 0) return code;
    if (maker.mv_size != KEPT_NAME_BYTES) return MDB_NOTFOUND;
    memcpy(name, maker.mv_data, KEPT_NAME_BYTES);
    key = (MDB_val){KEPT_NAME_BYTES, name};
    return mdb_get(vault->reader, vault->tables[VAULT_ANSWER], &key, value);
}

/* Another process may have enlarged the map: that can be taken over only while nobody here writes. */
int vault_begin_reading(femd_vault *vault) {
    pthread_mutex_lock(&vault->gate);
    int code = mdb_txn_renew(vault->reader);
    if (code != MDB_MAP_RESIZED) return code;
    pthread_mutex_unlock(&vault->gate);
    pthread_mutex_lock(&vault->writer);
    code = vault_resize(vault);
    pthread_mutex_unlock(&vault->writer);
    pthread_mutex_lock(&vault->gate);
    return code == 0 ? mdb_txn_renew(vault->reader) : code;
}

/* state: the answer that made it is wanted, and *name gets its name. */
static int vault_find_any(femd_vault *vault, vault_kind kind, const uint8_t *state, uint8_t *name, vault_found *found,
                          femd_error *err) {
    MDB_val value;
    int got = 0, code = vault_begin_reading(vault);
    if (code == 0)
        code = state ? vault_look_up_maker(vault, state, name, &value) : vault_look_up(vault, kind, name, &value);
    if (code == 0) got = vault_take(vault, kind, name, &value, found, err) == 0 ? 1 : -1;
    mdb_txn_reset(vault->reader);
    pthread_mutex_unlock(&vault->gate);
    if (code == 0 || code == MDB_NOTFOUND) return got;
    (void)!vault_fail(vault, "read", code, err);
    return -1;
}

int vault_find(femd_vault *vault, vault_kind kind, const uint8_t *name, vault_found *found, femd_error *err) {
    uint8_t whole[NAME_MOST];
    memcpy(whole, name, vault_kinds[kind].bytes);
    return vault_find_any(vault, kind, NULL, whole, found, err);
}

int vault_find_maker(femd_vault *vault, const femd_hash *state, vault_found *found, femd_error *err) {
    uint8_t name[NAME_MOST];
    return vault_find_any(vault, VAULT_ANSWER, state->b, name, found, err);
}

/* The entry after `name`, or the first one if that is not given: its name, and its content into vault->found. Each is
 * read in a transaction of its own: one that stays open keeps others from using pages again. 1, 0 at the end, -1 with
 * words. */
static int vault_step(femd_vault *vault, vault_kind kind, uint8_t *name, int given, vault_found *found,
                      femd_error *damage, femd_error *err) {
    MDB_cursor *cursor = NULL;
    MDB_val key = {vault_kinds[kind].bytes, name}, value;
    *found = (vault_found){{NULL, 0}, 0, 0};
    int code = vault_begin_reading(vault);
    if (code == 0) code = mdb_cursor_open(vault->reader, vault->tables[kind], &cursor);
    if (code == 0) code = mdb_cursor_get(cursor, &key, &value, given ? MDB_SET_RANGE : MDB_FIRST);
    if (code == 0 && given && key.mv_size == vault_kinds[kind].bytes && memcmp(key.mv_data, name, key.mv_size) == 0)
        code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    while (code == 0 && key.mv_size != vault_kinds[kind].bytes) code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    if (code == 0) {
        memcpy(name, key.mv_data, key.mv_size);
        if (vault_take(vault, kind, name, &value, found, damage) != 0) found->bytes = (femd_bytes){NULL, 0};
    }
    if (cursor) mdb_cursor_close(cursor);
    mdb_txn_reset(vault->reader);
    pthread_mutex_unlock(&vault->gate);
    if (code == 0 || code == MDB_NOTFOUND) return code == 0;
    (void)!vault_fail(vault, "read", code, err);
    return -1;
}

femd_status vault_walk(femd_vault *vault, vault_kind kind, vault_visit visit, void *user, femd_error *err) {
    uint8_t name[NAME_MOST];
    femd_status rc = FEMD_OK;
    for (int given = 0, got = 1; rc == FEMD_OK; given = 1) {
        vault_found found;
        femd_error damage = FEMD_ERROR_INIT;
        got = vault_step(vault, kind, name, given, &found, &damage, err);
        if (got <= 0) return got == 0 ? FEMD_OK : FEMD_IO;
        rc = visit(user, name, &found, damage.code ? &damage : NULL, err);
    }
    return rc;
}

femd_status vault_measure(femd_vault *vault, vault_size *size, femd_error *err) {
    vault_meta meta;
    struct stat st;
    mdb_filehandle_t fd;
    memset(size, 0, sizeof *size);
    int code = vault_begin_reading(vault);
    if (code == 0) code = vault_read_meta(vault, vault->reader, &meta);
    mdb_txn_reset(vault->reader);
    pthread_mutex_unlock(&vault->gate);
    if (code != 0) return vault_fail(vault, "read", code, err);
    memcpy(size->count, meta.count, sizeof size->count);
    memcpy(size->bytes, meta.bytes, sizeof size->bytes);
    size->most = meta.most;
    if (mdb_env_get_fd(vault->env, &fd) == 0 && fstat(fd, &st) == 0)
        size->disk = (uint64_t)st.st_blocks * 512 + meta.large;
    return FEMD_OK;
}
