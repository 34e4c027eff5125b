/* The store across runs: who may write to it. LMDB would wait without end for a process that was stopped while it
 * wrote; here one process at a time has the folder's lock, and the others wait a while and say so. A process that is
 * killed loses it. */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "femd/clock.h"
#include "vault_private.h"

static const double patience = 5; /* s: a transaction takes some 10 ms */
static const long look_again_ns = 2000000;

femd_status vault_lock_open(femd_vault *vault, femd_error *err) {
    vault->lock_fd = open(vault->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (vault->lock_fd >= 0) return FEMD_OK;
    return femd_fail(err, FEMD_IO, "the store %s cannot be opened: %s", vault->folder, strerror(errno));
}

femd_status vault_lock(femd_vault *vault, femd_error *err) {
    const double end = femd_clock() + patience;
    while (flock(vault->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EINTR) continue;
        if (errno != EWOULDBLOCK)
            return femd_fail(err, FEMD_IO, "the store %s cannot be locked: %s", vault->folder, strerror(errno));
        if (femd_clock() > end)
            return femd_fail(err, FEMD_IO,
                             "the store %s cannot be written: another process has been writing to it for more than "
                             "%g s (is it stopped?)",
                             vault->folder, patience);
        nanosleep(&(struct timespec){0, look_again_ns}, NULL);
    }
    pthread_mutex_lock(&vault->writer);
    return FEMD_OK;
}

void vault_unlock(femd_vault *vault) {
    pthread_mutex_unlock(&vault->writer);
    flock(vault->lock_fd, LOCK_UN);
}

int vault_resize(femd_vault *vault) {
    pthread_mutex_lock(&vault->gate);
    const int code = mdb_env_set_mapsize(vault->env, 0);
    pthread_mutex_unlock(&vault->gate);
    return code;
}
