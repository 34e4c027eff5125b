/* Locks on bytes of one file (open file description locks of Linux: they belong to the opened file, not to the process,
 * and work over NFS). Byte PLACE is the lock, line PLACE says who holds it. Knows nothing of results. */
#include "base/folder_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "femd/clock.h"

enum { LINE = 64 };

static struct flock lock_of_places(short type, int first, int places) {
    return (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = first, .l_len = places};
}

/* 1 taken, 0 another holds it; -1 the file system has no locks. */
static int lock_take(int fd, int first, int places) {
    struct flock want = lock_of_places(F_WRLCK, first, places);
    if (fcntl(fd, F_OFD_SETLK, &want) == 0) return 1;
    return errno == EAGAIN || errno == EACCES ? 0 : -1;
}

static int lock_is_held(int fd, int place) {
    struct flock ask = lock_of_places(F_WRLCK, place, 1);
    return fcntl(fd, F_OFD_GETLK, &ask) == 0 && ask.l_type != F_UNLCK;
}

static void lock_sign(int fd, int place) {
    char line[LINE], when[32];
    const time_t now = femd_wall_clock().tv_sec;
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S UTC", &utc);
    snprintf(line, sizeof line, "pid %ld, started %s", (long)getpid(), when);
    const size_t n = strlen(line);
    memset(line + n, ' ', sizeof line - n);
    line[LINE - 1] = '\n';
    if (pwrite(fd, line, sizeof line, (off_t)place * LINE) < 0) return; /* only the words of a refusal are poorer */
}

static femd_status lock_refuse(int fd, int place, const char *folder, femd_error *err) {
    char line[LINE + 1] = "";
    ssize_t n = pread(fd, line, LINE, (off_t)place * LINE);
    while (n > 0 && (line[n - 1] == ' ' || line[n - 1] == '\n' || line[n - 1] == '\0')) --n;
    line[n > 0 ? n : 0] = '\0';
    return femd_fail(err, FEMD_BAD_INPUT,
                     "--out %s: another run works in this folder (%s); wait for its end or give another folder", folder,
                     line[0] ? line : "it has just begun");
}

/* The file may have been taken away between open and lock: then the lock is on nothing that others see. */
static int lock_is_on(int fd, const char *path) {
    struct stat mine, named;
    return fstat(fd, &mine) == 0 && stat(path, &named) == 0 && mine.st_ino == named.st_ino &&
           mine.st_dev == named.st_dev;
}

/* *again: to be tried anew. */
static femd_status lock_try(const char *folder, femd_folder_lock *lock, int *again, femd_error *err) {
    *again = 0;
    lock->fd = open(lock->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (lock->fd < 0) return femd_fail(err, FEMD_IO, "cannot write %s: %s", lock->path, strerror(errno));
    if (lock_take(lock->fd, (int)lock->place, 1) == 0) return lock_refuse(lock->fd, (int)lock->place, folder, err);
    if (lock->place == FEMD_FOLDER_LAUNCHER && lock_is_held(lock->fd, FEMD_FOLDER_SOLVER))
        return lock_refuse(lock->fd, FEMD_FOLDER_SOLVER, folder, err);
    *again = !lock_is_on(lock->fd, lock->path);
    if (!*again) lock_sign(lock->fd, (int)lock->place);
    return FEMD_OK;
}

femd_status femd_folder_lock_begin(const char *folder, femd_folder_place place, femd_folder_lock *lock,
                                   femd_error *err) {
    int again = 1;
    femd_status rc = FEMD_OK;
    *lock = (femd_folder_lock){.fd = -1, .place = place};
    if (asprintf(&lock->path, "%s/" FEMD_FOLDER_LOCK_NAME, folder) < 0) {
        lock->path = NULL;
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for a file name");
    }
    while (rc == FEMD_OK && again) {
        rc = lock_try(folder, lock, &again, err);
        if ((rc != FEMD_OK || again) && lock->fd >= 0) close(lock->fd);
    }
    lock->held = rc == FEMD_OK;
    if (lock->held) return FEMD_OK;
    free(lock->path);
    *lock = (femd_folder_lock){.fd = -1};
    return rc;
}

void femd_folder_lock_end(femd_folder_lock *lock) {
    if (!lock->held) return;
    if (lock_take(lock->fd, 0, 2) != 0 && lock_is_on(lock->fd, lock->path)) unlink(lock->path);
    close(lock->fd);
    free(lock->path);
    *lock = (femd_folder_lock){.fd = -1};
}
