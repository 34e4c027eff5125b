/* The store across runs: opening and closing. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vault_private.h"

enum { DEFAULT_MIB = 4096, READERS_MOST = 126 };

int vault_read_meta(femd_vault *vault, MDB_txn *txn, vault_meta *meta) {
    MDB_val key = {4, "meta"}, value;
    const int code = mdb_get(txn, vault->meta, &key, &value);
    if (code != 0) return code;
    memset(meta, 0, sizeof *meta);
    memcpy(meta, value.mv_data, value.mv_size < sizeof *meta ? value.mv_size : sizeof *meta);
    /* of another version it may be longer or shorter, but begins with the version */
    if (value.mv_size < sizeof meta->version) return MDB_CORRUPTED;
    return meta->version == VAULT_VERSION && value.mv_size != sizeof *meta ? MDB_CORRUPTED : 0;
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
        code = mdb_dbi_open(txn, vault_table_name(kind), flags, &vault->tables[kind]);
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
    if (meta.most < (uint64_t)VAULT_MIB_LEAST << 20)
        return femd_fail(
            err, FEMD_BAD_INPUT,
            "%s/data.mdb is damaged: its bound is %llu bytes; remove the folder, what it held is evaluated "
            "again",
            vault->folder, (unsigned long long)meta.most);
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

static femd_status vault_open_env(femd_vault *vault, const vault_config *config, femd_error *err) {
    int code = mdb_env_create(&vault->env);
    if (code == 0) code = mdb_env_set_maxdbs(vault->env, VAULT_KINDS + 3);
    if (code == 0) code = mdb_env_set_maxreaders(vault->env, READERS_MOST);
    if (code == 0) code = mdb_env_set_mapsize(vault->env, config->bytes ? config->bytes : (uint64_t)DEFAULT_MIB << 20);
    if (code == 0)
        code = mdb_env_open(vault->env, vault->folder, MDB_NOTLS | (vault->read_only ? MDB_RDONLY : 0), 0600);
    if (code != 0) return vault_fail(vault, "opened", code, err);
    FEMD_TRY(vault_check_length(vault, err));
    mdb_reader_check(vault->env, NULL); /* places of readers that were killed */
    return FEMD_OK;
}

static femd_status vault_start(femd_vault *vault, const vault_config *config, femd_error *err) {
    MDB_txn *txn = NULL;
    FEMD_TRY(vault_open_env(vault, config, err));
    int code = mdb_txn_begin(vault->env, NULL, vault->read_only ? MDB_RDONLY : 0, &txn);
    if (code != 0) return vault_fail(vault, "opened", code, err);
    femd_status rc = vault_begin(vault, config, txn, err);
    if (rc == FEMD_OK && !vault->read_only && (code = vault_files_sweep(vault, txn)) != 0)
        rc = vault_fail(vault, "opened", code, err);
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

/* LMDB writes its file of readers through memory: where the disk has no room for that, it would end the process. */
static femd_status vault_take_room(const femd_vault *vault, const char *path, femd_error *err) {
    enum { READERS_BYTES = 8192 }; /* what LMDB makes of it for READERS_MOST */
    struct stat st;
    const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return FEMD_OK; /* LMDB says why, or does without where it only reads */
    const int why = fstat(fd, &st) == 0 && st.st_size < READERS_BYTES ? posix_fallocate(fd, 0, READERS_BYTES) : 0;
    close(fd);
    if (why != ENOSPC && why != EDQUOT) return FEMD_OK;
    return femd_fail(err, FEMD_IO, "the store %s cannot be opened: %s", vault->folder, strerror(why));
}

/* With the lock, and so that a folder that is refused is left as it was. */
static femd_status vault_start_locked(femd_vault *vault, const vault_config *config, femd_error *err) {
    char path[PATH_MAX];
    struct stat st;
    FEMD_TRY(vault_lock_open(vault, err));
    FEMD_TRY(vault_lock(vault, err));
    const int named = (size_t)snprintf(path, sizeof path, "%s/lock.mdb", vault->folder) < sizeof path,
              was_there = !named || stat(path, &st) == 0;
    femd_status rc = named ? vault_take_room(vault, path, err) : FEMD_OK;
    if (rc == FEMD_OK) rc = vault_start(vault, config, err);
    vault_unlock(vault);
    if (rc != FEMD_OK && vault->env) mdb_env_close(vault->env);
    if (rc != FEMD_OK) vault->env = NULL;
    if (rc != FEMD_OK && !was_there) unlink(path);
    return rc;
}

/* What a folder holds beside a store, or NULL; owned. A new store is made in an empty folder only. */
static char *vault_stranger(const char *folder) {
    char *name = NULL, path[PATH_MAX];
    struct stat st;
    if ((size_t)snprintf(path, sizeof path, "%s/data.mdb", folder) < sizeof path && stat(path, &st) == 0) return NULL;
    DIR *list = opendir(folder);
    for (const struct dirent *entry; list && !name && (entry = readdir(list));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            strcmp(entry->d_name, "lock.mdb") != 0) /* a process that was killed while it made the store */
            name = strdup(entry->d_name);
    if (list) closedir(list);
    return name;
}

static femd_status vault_make_folder(const vault_config *config, femd_error *err) {
    struct stat st;
    if (config->create && mkdir(config->folder, 0700) != 0 && errno != EEXIST)
        return femd_fail(err, FEMD_IO, "the store %s cannot be made: %s", config->folder, strerror(errno));
    if (stat(config->folder, &st) != 0)
        return femd_fail(err, FEMD_IO, "the store %s: %s", config->folder, strerror(errno));
    if (!S_ISDIR(st.st_mode)) return femd_fail(err, FEMD_BAD_INPUT, "the store %s is no folder", config->folder);
    char *other = vault_stranger(config->folder);
    if (!other) return FEMD_OK;
    femd_fail(err, FEMD_BAD_INPUT, "%s is no store of femd, and not empty (it holds %.80s); name another folder",
              config->folder, other);
    free(other);
    return FEMD_BAD_INPUT;
}

femd_status vault_open(const vault_config *config, femd_vault **vault, femd_error *err) {
    *vault = NULL;
    FEMD_TRY(vault_make_folder(config, err));
    femd_vault *fresh = calloc(1, sizeof *fresh);
    if (!fresh || !(fresh->folder = strdup(config->folder))) {
        free(fresh);
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for a store");
    }
    pthread_mutex_init(&fresh->writer, NULL);
    pthread_mutex_init(&fresh->gate, NULL);
    femd_table_init(&fresh->held, NULL, NULL);
    fresh->lock_fd = -1;
    fresh->read_only = config->read_only;
    const femd_status rc = vault_start_locked(fresh, config, err);
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
    if ((*vault)->lock_fd >= 0) close((*vault)->lock_fd);
    pthread_mutex_destroy(&(*vault)->writer);
    pthread_mutex_destroy(&(*vault)->gate);
    femd_table_clear(&(*vault)->held);
    femd_buffer_clear(&(*vault)->found);
    free((*vault)->folder);
    free(*vault);
    *vault = NULL;
}
