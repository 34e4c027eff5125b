/* States for a restart of the host. FEMD_MFRONT_STATES names a file: what is in it goes to the server before the first
 * point is asked, and when the host ends normally what its points began with and ended with last is written there. The
 * internal state variables, which name them, are the host's to save. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host_pool.h"
#include "mfront.h"

enum { STATES_KEPT = 2 * FEMD_TOKEN }; /* of each point: what it began with, and what it ended with */

static pthread_mutex_t restart_lock = PTHREAD_MUTEX_INITIALIZER;
static double *restart_tokens; /* by the points' numbers */
static size_t restart_points, restart_room;
static int restart_loaded; /* or there was nothing to load */
static femd_status restart_failed;
static femd_error restart_why;

static const char *restart_path(void) {
    const char *path = getenv("FEMD_MFRONT_STATES");
    return path && *path ? path : NULL;
}

static femd_status restart_load(femd_client *client, void *user, femd_error *err) {
    const char *const *path = user;
    return femd_states_load(client, *path, NULL, err);
}

femd_status mfront_restart_begin(femd_error *err) {
    const char *path = restart_path();
    if (!path) return FEMD_OK;
    pthread_mutex_lock(&restart_lock);
    if (!restart_loaded && access(path, F_OK) == 0)
        restart_failed = host_pool_call(&mfront_pool, restart_load, &path, &restart_why);
    restart_loaded = 1;
    if (restart_failed != FEMD_OK && err) *err = restart_why;
    pthread_mutex_unlock(&restart_lock);
    return restart_failed;
}

/* Room for the point, all zero before it is used. */
static int restart_grow(size_t points) {
    if (points <= restart_room) return 1;
    const size_t room = points + points / 2 + 64;
    double *tokens = realloc(restart_tokens, room * STATES_KEPT * sizeof *tokens);
    if (!tokens) return 0;
    memset(tokens + restart_room * STATES_KEPT, 0, (room - restart_room) * STATES_KEPT * sizeof *tokens);
    restart_tokens = tokens;
    restart_room = room;
    return 1;
}

femd_status mfront_restart_remember(uint64_t point, const double *begin, const double *end, femd_error *err) {
    femd_status rc = FEMD_OK;
    if (!restart_path()) return FEMD_OK;
    pthread_mutex_lock(&restart_lock);
    if (point < SIZE_MAX / 64 && restart_grow((size_t)point + 1)) {
        double *kept = restart_tokens + (size_t)point * STATES_KEPT;
        memcpy(kept, begin, FEMD_TOKEN * sizeof *kept);
        memcpy(kept + FEMD_TOKEN, end, FEMD_TOKEN * sizeof *kept);
        if (point >= restart_points) restart_points = (size_t)point + 1;
    } else
        rc = femd_fail(err, FEMD_NO_MEMORY, "no memory for the states of %llu points", (unsigned long long)point);
    pthread_mutex_unlock(&restart_lock);
    return rc;
}

/* An end that came within a sweep has left some of the ends at no server: what the points began with remains. */
static femd_status restart_save(femd_client *client, void *user, femd_error *err) {
    const char *const *path = user;
    const femd_status rc = femd_tokens_save(client, *path, restart_tokens, FEMD_TOKEN, 2 * restart_points, err);
    if (rc != FEMD_STATE_LOST) return rc;
    return femd_tokens_save(client, *path, restart_tokens, STATES_KEPT, restart_points, err);
}

void mfront_restart_end(void) {
    femd_error err = FEMD_ERROR_INIT;
    const char *path = restart_path();
    if (!path || !restart_points || atomic_load(&mfront_pool.process) != getpid())
        return; /* a forked child's: not its own */
    const femd_status rc = host_pool_call(&mfront_pool, restart_save, &path, &err);
    if (rc != FEMD_OK) host_pool_say(&mfront_pool, rc, 0, err.text);
    free(restart_tokens);
    restart_tokens = NULL;
    restart_points = restart_room = 0;
}
