#include "femd/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* NULL: it is a file. */
static const char *file_is_none(mode_t mode) {
    if (S_ISREG(mode)) return NULL;
    if (S_ISDIR(mode)) return "it is a folder, not a file";
    if (S_ISFIFO(mode)) return "it is a pipe, not a file";
    if (S_ISSOCK(mode)) return "it is a socket, not a file";
    return "it is a device, not a file";
}

FILE *femd_file_open(const char *path, const char **why) {
    struct stat st;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); /* a pipe would wait for a writer */
    *why = NULL;
    if (fd >= 0 && fstat(fd, &st) == 0) *why = file_is_none(st.st_mode);
    FILE *f = fd >= 0 && !*why ? fdopen(fd, "rb") : NULL;
    if (!f && !*why) *why = strerror(errno);
    if (!f && fd >= 0) close(fd);
    return f;
}
