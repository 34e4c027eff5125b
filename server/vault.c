/* The store across runs: opening, finding, walking. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "femd/hash.h"
#include "femd/pack.h"
#include "vault_private.h"

enum { DEFAULT_MIB = 4096, HASH_BYTES = 32, READERS_MOST = 126, FULL_BYTES = 1 << 20 };

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

size_t vault_name_bytes(vault_kind kind) {
    return vault_kinds[kind].bytes;
}

femd_status vault_fail(const femd_vault *vault, const char *what, int code, femd_error *err) {
    const int damaged = code == MDB_CORRUPTED || code == MDB_PAGE_NOTFOUND || code == MDB_INVALID ||
                        code == MDB_VERSION_MISMATCH || code == MDB_PANIC;
    struct statvfs disk; /* LMDB calls a write that was cut short an error of the disk */
    const int full = code == EIO && statvfs(vault->folder, &disk) == 0 && disk.f_bavail * disk.f_frsize < FULL_BYTES;
    return femd_fail(err, damaged ? FEMD_BAD_INPUT : FEMD_IO, "the store %s cannot be %s: %s", vault->folder, what,
                     mdb_strerror(full ? ENOSPC : code));
}

uint64_t vault_charge(uint64_t content) {
    const uint64_t value = content + VALUE_HEAD, page = 4096;
    /* a small value shares a page that is about two thirds full; a large one has pages of its own */
    return value > page / 2 ? (value + 16 + page - 1) / page * page + ENTRY_OVERHEAD : (value + ENTRY_OVERHEAD) * 3 / 2;
}

/* ---- opening ---- */

int vault_read_meta(femd_vault *vault, MDB_txn *txn, vault_meta *meta) {
    MDB_val key = {4, "meta"}, value;
    const int code = mdb_get(txn, vault->meta, &key, &value);
    if (code != 0) return code;
    if (value.mv_size != sizeof *meta) return MDB_INVALID;
    memcpy(meta, value.mv_data, sizeof *meta);
    return 0;
}

int vault_write_meta(femd_vault *vault, MDB_txn *txn, const vault_meta *meta) {
    MDB_val key = {4, "meta"}, value = {sizeof *meta, (void *)(uintptr_t)meta};
    return mdb_put(txn, vault->meta, &key, &value, 0);
}

static int vault_open_tables(femd_vault *vault, MDB_txn *txn) {
    const unsigned flags = vault->read_only ? 0 : MDB_CREATE;
    int code = mdb_dbi_open(txn, "meta", flags, &vault->meta);
    if (code == 0) code = mdb_dbi_open(txn, "ages", flags, &vault->ages);
    if (code == 0) code = mdb_dbi_open(txn, "makers", flags, &vault->makers);
    for (int kind = 1; code == 0 && kind < VAULT_KINDS; kind++)
        code = mdb_dbi_open(txn, vault_kinds[kind].table, flags, &vault->tables[kind]);
    return code;
}

/* A session more, and the bound if it is set anew. */
static femd_status vault_begin(femd_vault *vault, const vault_config *config, MDB_txn *txn, femd_error *err) {
    vault_meta meta = {.version = VAULT_VERSION, .most = (uint64_t)DEFAULT_MIB << 20};
    int code = vault_open_tables(vault, txn);
    if (code == MDB_NOTFOUND) return femd_fail(err, FEMD_BAD_INPUT, "%s/data.mdb is no store of femd", vault->folder);
    if (code == 0) code = vault_read_meta(vault, txn, &meta);
    if (code == MDB_NOTFOUND && !vault->read_only) code = 0;
    if (code == MDB_NOTFOUND) return femd_fail(err, FEMD_BAD_INPUT, "%s/data.mdb is no store of femd", vault->folder);
    if (code != 0) return vault_fail(vault, "opened", code, err);
    if (meta.version != VAULT_VERSION)
        return femd_fail(err, FEMD_BAD_INPUT, "the store %s is of version %llu, this femd reads version %d",
                         vault->folder, (unsigned long long)meta.version, VAULT_VERSION);
    if (config->bytes) meta.most = config->bytes;
    vault->session = ++meta.session;
    vault->most = meta.most;
    code = vault->read_only ? 0 : vault_write_meta(vault, txn, &meta);
    return code == 0 ? FEMD_OK : vault_fail(vault, "written", code, err);
}

/* A file shorter than its own count of pages would end the process that looks at the missing ones. */
static femd_status vault_check_length(femd_vault *vault, femd_error *err) {
    MDB_envinfo info;
    MDB_stat stat_of;
    struct stat st;
    mdb_filehandle_t fd;
    if (mdb_env_info(vault->env, &info) != 0 || mdb_env_stat(vault->env, &stat_of) != 0 ||
        mdb_env_get_fd(vault->env, &fd) != 0 || fstat(fd, &st) != 0)
        return femd_fail(err, FEMD_IO, "the store %s cannot be looked at", vault->folder);
    const uint64_t wanted = (uint64_t)(info.me_last_pgno + 1) * stat_of.ms_psize;
    if ((uint64_t)st.st_size >= wanted || info.me_last_pgno <= 1) return FEMD_OK;
    return femd_fail(err, FEMD_BAD_INPUT,
                     "%s/data.mdb is damaged: it has %lld bytes of %llu; remove the folder, what it held is evaluated "
                     "again",
                     vault->folder, (long long)st.st_size, (unsigned long long)wanted);
}

static femd_status vault_start(femd_vault *vault, const vault_config *config, femd_error *err) {
    MDB_txn *txn = NULL;
    int code = mdb_env_create(&vault->env);
    if (code == 0) code = mdb_env_set_maxdbs(vault->env, VAULT_KINDS + 3);
    if (code == 0) code = mdb_env_set_maxreaders(vault->env, READERS_MOST);
    if (code == 0) code = mdb_env_set_mapsize(vault->env, config->bytes ? config->bytes : (uint64_t)DEFAULT_MIB << 20);
    if (code == 0)
        code = mdb_env_open(vault->env, vault->folder, MDB_NOTLS | (vault->read_only ? MDB_RDONLY : 0), 0600);
    if (code != 0) return vault_fail(vault, "opened", code, err);
    FEMD_TRY(vault_check_length(vault, err));
    mdb_reader_check(vault->env, NULL); /* places of readers that were killed */
    code = mdb_txn_begin(vault->env, NULL, vault->read_only ? MDB_RDONLY : 0, &txn);
    if (code != 0) return vault_fail(vault, "opened", code, err);
    femd_status rc = vault_begin(vault, config, txn, err);
    if (rc != FEMD_OK) {
        mdb_txn_abort(txn);
        return rc;
    }
    code = mdb_txn_commit(txn);
    if (code == 0) code = mdb_env_set_mapsize(vault->env, vault->most);
    if (code == 0) code = mdb_txn_begin(vault->env, NULL, MDB_RDONLY, &vault->reader);
    if (code != 0) return vault_fail(vault, "written", code, err);
    mdb_txn_reset(vault->reader);
    return FEMD_OK;
}

static femd_status vault_make_folder(const vault_config *config, femd_error *err) {
    struct stat st;
    if (config->create && mkdir(config->folder, 0700) != 0 && errno != EEXIST)
        return femd_fail(err, FEMD_IO, "the store %s cannot be made: %s", config->folder, strerror(errno));
    if (stat(config->folder, &st) != 0)
        return femd_fail(err, FEMD_IO, "the store %s: %s", config->folder, strerror(errno));
    if (!S_ISDIR(st.st_mode)) return femd_fail(err, FEMD_BAD_INPUT, "the store %s is no folder", config->folder);
    return FEMD_OK;
}

femd_status vault_open(const vault_config *config, femd_vault **vault, femd_error *err) {
    *vault = NULL;
    FEMD_TRY(vault_make_folder(config, err));
    femd_vault *fresh = calloc(1, sizeof *fresh);
    if (!fresh || !(fresh->folder = strdup(config->folder))) {
        free(fresh);
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for a store");
    }
    pthread_mutex_init(&fresh->gate, NULL);
    fresh->read_only = config->read_only;
    const femd_status rc = vault_start(fresh, config, err);
    if (rc == FEMD_OK)
        *vault = fresh;
    else
        vault_close(&fresh);
    return rc;
}

void vault_close(femd_vault **vault) {
    if (!*vault) return;
    if ((*vault)->reader) mdb_txn_abort((*vault)->reader);
    if ((*vault)->env) mdb_env_close((*vault)->env);
    pthread_mutex_destroy(&(*vault)->gate);
    femd_buffer_clear(&(*vault)->found);
    free((*vault)->folder);
    free(*vault);
    *vault = NULL;
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

/* state: the answer that made it is wanted, and *name gets its name. */
static int vault_find_any(femd_vault *vault, vault_kind kind, const uint8_t *state, uint8_t *name, vault_found *found,
                          femd_error *err) {
    MDB_val value;
    pthread_mutex_lock(&vault->gate);
    int code = mdb_txn_renew(vault->reader);
    if (code == MDB_MAP_RESIZED) { /* by another process */
        code = mdb_env_set_mapsize(vault->env, 0);
        if (code == 0) code = mdb_txn_renew(vault->reader);
    }
    int got = 0;
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

femd_status vault_walk(femd_vault *vault, vault_kind kind, vault_visit visit, void *user, femd_error *err) {
    MDB_txn *txn;
    MDB_cursor *cursor;
    MDB_val key, value;
    int code = mdb_txn_begin(vault->env, NULL, MDB_RDONLY, &txn);
    if (code != 0) return vault_fail(vault, "read", code, err);
    femd_status rc = FEMD_OK;
    code = mdb_cursor_open(txn, vault->tables[kind], &cursor);
    if (code == 0) {
        for (MDB_cursor_op op = MDB_FIRST; rc == FEMD_OK && (code = mdb_cursor_get(cursor, &key, &value, op)) == 0;
             op = MDB_NEXT) {
            vault_found found = {{NULL, 0}, 0, 0};
            femd_error damage = FEMD_ERROR_INIT;
            if (key.mv_size != vault_kinds[kind].bytes) continue;
            if (vault_take(vault, kind, key.mv_data, &value, &found, &damage) != 0) found.bytes = (femd_bytes){NULL, 0};
            rc = visit(user, key.mv_data, &found, found.bytes.data ? NULL : &damage, err);
        }
        mdb_cursor_close(cursor);
    }
    mdb_txn_abort(txn);
    if (rc == FEMD_OK && code != 0 && code != MDB_NOTFOUND) return vault_fail(vault, "read", code, err);
    return rc;
}

femd_status vault_measure(femd_vault *vault, vault_size *size, femd_error *err) {
    MDB_txn *txn;
    vault_meta meta;
    struct stat st;
    mdb_filehandle_t fd;
    memset(size, 0, sizeof *size);
    int code = mdb_txn_begin(vault->env, NULL, MDB_RDONLY, &txn);
    if (code != 0) return vault_fail(vault, "read", code, err);
    code = vault_read_meta(vault, txn, &meta);
    mdb_txn_abort(txn);
    if (code != 0) return vault_fail(vault, "read", code, err);
    memcpy(size->count, meta.count, sizeof size->count);
    memcpy(size->bytes, meta.bytes, sizeof size->bytes);
    size->most = meta.most;
    if (mdb_env_get_fd(vault->env, &fd) == 0 && fstat(fd, &st) == 0)
        size->disk = (uint64_t)st.st_blocks * 512 + meta.large;
    return FEMD_OK;
}
