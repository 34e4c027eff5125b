/* States for a restart of the host. FEMD_MFRONT_STATES names a file: what is in it goes to the server before the first
 * point is asked, and when the host ends normally what its points began with and ended with last is written there. Of
 * processes that MPI has started each writes one with its rank behind the name, and reads those of all, since points
 * may be dealt out anew. The internal state variables, which name the states, are the host's to save. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host_pool.h"
#include "mfront.h"

enum { RESTART_PATH = 4096, RESTART_KEPT = 2 * FEMD_TOKEN }; /* of each point: what it began with, what it ended with */

static pthread_mutex_t restart_lock = PTHREAD_MUTEX_INITIALIZER;
static double *restart_tokens;    /* [RESTART_KEPT] of each place */
static uint64_t *restart_numbers; /* of the point that has the place, from 1 on; a table that is at most half full */
static size_t restart_points, restart_room;
static int restart_loaded; /* or there was nothing to load */
static femd_status restart_failed;
static femd_error restart_why;

static const char *restart_said(void) {
    const char *path = getenv("FEMD_MFRONT_STATES");
    return path && *path ? path : NULL;
}

static femd_status restart_path(int rank, char path[RESTART_PATH], femd_error *err) {
    char end[16] = "";
    if (rank >= 0) snprintf(end, sizeof end, ".%d", rank);
    if ((size_t)snprintf(path, RESTART_PATH, "%s%s", restart_said(), end) < RESTART_PATH) return FEMD_OK;
    return femd_fail(err, FEMD_BAD_INPUT, "FEMD_MFRONT_STATES: the name is too long");
}

/* ---- the beginning ---- */

static femd_status restart_load(femd_client *client, void *user, femd_error *err) {
    return femd_states_load(client, user, NULL, err);
}

/* The file of a single process, then those of ranks, as many as there are. */
static femd_status restart_load_all(femd_error *err) {
    char path[RESTART_PATH];
    for (int rank = -1;; rank++) {
        FEMD_TRY(restart_path(rank, path, err));
        if (access(path, F_OK) == 0)
            FEMD_TRY(host_pool_call(&mfront_pool, restart_load, path, err));
        else if (rank >= 0)
            return FEMD_OK;
    }
}

femd_status mfront_restart_begin(femd_error *err) {
    if (!restart_said() || !host_pool_is_ours(&mfront_pool)) return FEMD_OK; /* a forked child is told when it asks */
    pthread_mutex_lock(&restart_lock);
    if (!restart_loaded) restart_failed = restart_load_all(&restart_why);
    restart_loaded = 1;
    if (restart_failed != FEMD_OK && err) *err = restart_why;
    pthread_mutex_unlock(&restart_lock);
    return restart_failed;
}

/* ---- what points began and ended with ---- */

/* Where the point is, or the free place for it. */
static size_t restart_place(uint64_t point) {
    size_t at = (size_t)((point * 0x9E3779B97F4A7C15u) >> 20) % restart_room;
    while (restart_numbers[at] && restart_numbers[at] != point) at = (at + 1) % restart_room;
    return at;
}

static double *restart_take_place(uint64_t point) {
    const size_t at = restart_place(point);
    restart_points += restart_numbers[at] == 0;
    restart_numbers[at] = point;
    return restart_tokens + at * RESTART_KEPT;
}

static int restart_grow(void) {
    const size_t before = restart_room, room = before ? 2 * before : 64;
    uint64_t *old_numbers = restart_numbers, *numbers = calloc(room, sizeof *numbers);
    double *old_tokens = restart_tokens, *tokens = calloc(room * RESTART_KEPT, sizeof *tokens);
    if (!numbers || !tokens) {
        free(numbers);
        free(tokens);
        return 0;
    }
    restart_numbers = numbers;
    restart_tokens = tokens;
    restart_room = room;
    restart_points = 0;
    for (size_t i = 0; i < before; i++)
        if (old_numbers[i])
            memcpy(restart_take_place(old_numbers[i]), old_tokens + i * RESTART_KEPT, RESTART_KEPT * sizeof *tokens);
    free(old_numbers);
    free(old_tokens);
    return 1;
}

femd_status mfront_restart_remember(uint64_t point, const double *begin, const double *end, femd_error *err) {
    femd_status rc = FEMD_OK;
    if (!restart_said()) return FEMD_OK;
    pthread_mutex_lock(&restart_lock);
    if (2 * restart_points < restart_room || restart_grow()) {
        double *kept = restart_take_place(point);
        memcpy(kept, begin, FEMD_TOKEN * sizeof *kept);
        memcpy(kept + FEMD_TOKEN, end, FEMD_TOKEN * sizeof *kept);
    } else
        rc = femd_fail(err, FEMD_NO_MEMORY, "no memory for the states of %zu points", restart_points);
    pthread_mutex_unlock(&restart_lock);
    return rc;
}

/* ---- the end ---- */

/* An end that came within a sweep has left some of the ends at no server: what the points began with remains. */
static femd_status restart_save(femd_client *client, void *user, femd_error *err) {
    const femd_status rc = femd_tokens_save(client, user, restart_tokens, FEMD_TOKEN, 2 * restart_room, err);
    if (rc != FEMD_STATE_LOST) return rc;
    return femd_tokens_save(client, user, restart_tokens, RESTART_KEPT, restart_room, err);
}

void mfront_restart_end(void) {
    char path[RESTART_PATH];
    femd_error err = FEMD_ERROR_INIT;
    if (!restart_said() || !restart_points || atomic_load(&mfront_pool.process) != getpid())
        return; /* a forked child's: not its own */
    femd_status rc = restart_path(host_pool_rank(), path, &err);
    if (rc == FEMD_OK) rc = host_pool_call(&mfront_pool, restart_save, path, &err);
    if (rc != FEMD_OK) host_pool_say(&mfront_pool, rc, 0, err.text);
    free(restart_tokens);
    free(restart_numbers);
    restart_tokens = NULL;
    restart_numbers = NULL;
    restart_points = restart_room = 0;
}
