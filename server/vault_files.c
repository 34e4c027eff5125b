/* Contents of the store that are files of their own: FOLDER/large/HASH. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vault_private.h"

static char *vault_file_path(const femd_vault *vault, const uint8_t *name, const char *ending) {
    char text[65], *path = NULL;
    femd_hash hash;
    memcpy(hash.b, name, sizeof hash.b);
    femd_hash_text(&hash, text);
    return asprintf(&path, "%s/large/%s%s", vault->folder, text, ending) < 0 ? NULL : path;
}

static int vault_file_fill(const char *path, const femd_bytes *content) {
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return -1;
    const char *at = content->data;
    size_t left = content->size;
    while (left) {
        const ssize_t wrote = write(fd, at, left);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) break;
        at += wrote;
        left -= (size_t)wrote;
    }
    const int bad = left || fsync(fd) != 0, why = errno;
    close(fd);
    errno = why;
    return bad ? -1 : 0;
}

/* A file's name is on disk when its folder is. */
static int vault_folder_sync(const femd_vault *vault) {
    char *path = NULL;
    if (asprintf(&path, "%s/large", vault->folder) < 0) return -1;
    const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const int bad = fd < 0 || fsync(fd) != 0;
    if (fd >= 0) close(fd);
    free(path);
    return bad ? -1 : 0;
}

femd_status vault_file_write(const femd_vault *vault, const uint8_t *name, const femd_bytes *content, femd_error *err) {
    char *folder = NULL, *path = vault_file_path(vault, name, ""), *fresh = vault_file_path(vault, name, ".new");
    femd_status rc = FEMD_OK;
    if (asprintf(&folder, "%s/large", vault->folder) < 0) folder = NULL;
    if (!path || !fresh || !folder)
        rc = femd_fail(err, FEMD_NO_MEMORY, "no memory for a path");
    else if ((mkdir(folder, 0700) != 0 && errno != EEXIST) || vault_file_fill(fresh, content) != 0 ||
             rename(fresh, path) != 0 || vault_folder_sync(vault) != 0) {
        rc = femd_fail(err, FEMD_IO, "%s cannot be written: %s", path, strerror(errno));
        unlink(fresh);
    }
    free(folder);
    free(path);
    free(fresh);
    return rc;
}

femd_status vault_file_read(const femd_vault *vault, const uint8_t *name, uint64_t size, femd_buffer *content,
                            femd_error *err) {
    char *path = vault_file_path(vault, name, "");
    if (!path) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a path");
    FILE *file = fopen(path, "rbe");
    struct stat st;
    femd_status rc = FEMD_OK;
    if (!file && errno == ENOENT) /* for good: it may be forgotten, and written anew */
        rc = femd_fail(err, FEMD_BAD_INPUT, "%s is missing", path);
    else if (!file || fstat(fileno(file), &st) != 0)
        rc = femd_fail(err, FEMD_IO, "%s cannot be read: %s", path, strerror(errno));
    else if ((uint64_t)st.st_size != size)
        rc = femd_fail(err, FEMD_BAD_INPUT, "%s has %lld bytes, not %llu", path, (long long)st.st_size,
                       (unsigned long long)size);
    else
        rc = femd_buffer_reserve(content, size, err);
    if (rc == FEMD_OK && fread(content->data + content->size, 1, size, file) != size)
        rc = femd_fail(err, FEMD_IO, "%s cannot be read to its end", path);
    if (rc == FEMD_OK) content->size += size;
    if (file) fclose(file);
    free(path);
    return rc;
}

void vault_file_remove(const femd_vault *vault, const uint8_t *name) {
    char *path = vault_file_path(vault, name, "");
    if (path) unlink(path);
    free(path);
}

/* 1 if something in the store is in the file of this name, 0 if not, -1: code. */
static int vault_file_is_named(const femd_vault *vault, MDB_txn *txn, const char *text, int *code) {
    femd_hash hash;
    if (strlen(text) != 64 || femd_hash_parse(text, &hash) != FEMD_OK) return 0;
    for (vault_kind kind = VAULT_STATE; kind < VAULT_KINDS; kind++) {
        MDB_val key = {sizeof hash.b, hash.b}, value;
        *code = mdb_get(txn, vault->tables[kind], &key, &value);
        if (*code == 0 && value.mv_size >= VALUE_HEAD &&
            femd_get64((const uint8_t *)value.mv_data + VALUE_SIZE) & VALUE_IN_FILE)
            return 1;
        if (*code != 0 && *code != MDB_NOTFOUND) return -1;
    }
    *code = 0;
    return 0;
}

int vault_files_sweep(femd_vault *vault, MDB_txn *txn) {
    char *path = NULL;
    int code = 0;
    if (asprintf(&path, "%s/large", vault->folder) < 0) return ENOMEM;
    DIR *list = opendir(path);
    for (const struct dirent *entry; list && code == 0 && (entry = readdir(list));)
        if (entry->d_name[0] != '.' && vault_file_is_named(vault, txn, entry->d_name, &code) == 0)
            unlinkat(dirfd(list), entry->d_name, 0);
    if (list) closedir(list);
    free(path);
    return code;
}
