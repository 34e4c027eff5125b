/* Where a server can be met. */
#include "serve_address.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

femd_status serve_address_at(const char *listens, const char *host, char address[SERVE_ADDRESS], femd_error *err) {
    static const char *const everywhere[] = {"tcp://0.0.0.0:", "tcp://*:", "tcp://[::]:"};
    int length = snprintf(address, SERVE_ADDRESS, "%s", listens);
    for (size_t i = 0; i < sizeof everywhere / sizeof *everywhere; i++) {
        const size_t n = strlen(everywhere[i]);
        if (strncmp(listens, everywhere[i], n) == 0)
            length = snprintf(address, SERVE_ADDRESS, "tcp://%s:%s", host, listens + n);
    }
    if (length > 0 && length < SERVE_ADDRESS) return FEMD_OK;
    return femd_fail(err, FEMD_BAD_INPUT, "the address %s is too long", listens);
}

/* One line that is an address of a server, and nothing else. */
static int serve_holds_address(const char *path) {
    char line[SERVE_ADDRESS + 2] = "";
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    const ssize_t n = fd < 0 ? -1 : read(fd, line, sizeof line - 1);
    if (fd >= 0) close(fd);
    if (n < 1 || strlen(line) != (size_t)n || strchr(line, '\n') != line + n - 1) return 0;
    return strncmp(line, "tcp://", 6) == 0 || strncmp(line, "ipc://", 6) == 0;
}

femd_status serve_file_begin(const serve_file *file, femd_error *err) {
    struct stat st;
    if (!file->path || lstat(file->path, &st) != 0) return FEMD_OK;
    if (!S_ISREG(st.st_mode) || !serve_holds_address(file->path))
        return femd_fail(err, FEMD_BAD_INPUT,
                         "--address-file %s: something is there that is no server's address, and it stays; name "
                         "another file",
                         file->path);
    if (unlink(file->path) == 0 || errno == ENOENT) return FEMD_OK;
    return femd_fail(err, FEMD_IO, "--address-file %s: %s", file->path, strerror(errno));
}

/* One line into a new file of this user alone; what is then at `path` is that. */
static int serve_write_line(int fd, const char *address, struct stat *st) {
    const size_t n = strlen(address);
    char line[SERVE_ADDRESS + 1];
    memcpy(line, address, n);
    line[n] = '\n';
    errno = 0;
    return write(fd, line, n + 1) == (ssize_t)(n + 1) && fsync(fd) == 0 && fstat(fd, st) == 0;
}

femd_status serve_file_write(serve_file *file, const char *address, femd_error *err) {
    struct stat st;
    char *part = NULL;
    if (!file->path) return FEMD_OK;
    if (strlen(address) >= SERVE_ADDRESS) return femd_fail(err, FEMD_BAD_INPUT, "the address %s is too long", address);
    if (asprintf(&part, "%s.XXXXXX", file->path) < 0) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a path");
    const int fd = mkstemp(part); /* mode 0600 */
    int good = fd >= 0 && serve_write_line(fd, address, &st);
    int why = errno;
    if (fd >= 0) close(fd);
    if (good && rename(part, file->path) != 0) {
        good = 0;
        why = errno;
    }
    if (fd >= 0 && !good) unlink(part);
    free(part);
    if (!good)
        return femd_fail(err, FEMD_IO, "--address-file %s: %s", file->path, why ? strerror(why) : "it was not written");
    file->device = st.st_dev;
    file->inode = st.st_ino;
    return FEMD_OK;
}

void serve_file_remove(const serve_file *file) {
    struct stat st;
    if (!file->path || !file->inode || lstat(file->path, &st) != 0) return;
    if (st.st_dev == file->device && st.st_ino == file->inode) unlink(file->path);
}
