/* States for a restart of the host. FEMD_UMAT_STATES names a file: what the step under way begins with; and the same
 * name with ".end" what the last evaluations of an analysis left, which is what one that restarts from its end needs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host_pool.h"
#include "umat.h"
#include "umat_pool.h"

enum { STATES_PATH = 4096 };

typedef struct states_work {
    char path[STATES_PATH];
    const double *tokens;
    size_t n;
} states_work;

/* 0: not asked for. */
static int states_path(int at_end, char path[STATES_PATH], femd_error *err) {
    const char *said = getenv("FEMD_UMAT_STATES");
    *path = '\0';
    if (!said || !*said) return 0;
    if ((size_t)snprintf(path, STATES_PATH, "%s%s", said, at_end ? ".end" : "") >= STATES_PATH) {
        *path = '\0';
        femd_fail(err, FEMD_BAD_INPUT, "FEMD_UMAT_STATES: the name is too long");
    }
    return 1;
}

static femd_status states_do_load(femd_client *client, void *user, femd_error *err) {
    const states_work *work = user;
    return femd_states_load(client, work->path, NULL, err);
}

static femd_status states_do_save(femd_client *client, void *user, femd_error *err) {
    const states_work *work = user;
    return femd_tokens_save(client, work->path, work->tokens, FEMD_TOKEN, work->n, err);
}

femd_status umat_states_load(femd_error *err) {
    for (int at_end = 0; at_end < 2; at_end++) {
        states_work work = {.n = 0};
        if (!states_path(at_end, work.path, err)) return FEMD_OK;
        if (!*work.path) return FEMD_BAD_INPUT;
        if (access(work.path, F_OK) == 0) FEMD_TRY(host_pool_call(&umat_pool, states_do_load, &work, err));
    }
    return FEMD_OK;
}

femd_status umat_states_save(double *tokens, size_t n, int at_end, femd_error *err) {
    states_work work = {.tokens = tokens, .n = n};
    femd_status rc = FEMD_OK;
    if (states_path(at_end, work.path, err))
        rc = !*work.path ? FEMD_BAD_INPUT
             : !tokens   ? femd_fail(err, FEMD_NO_MEMORY, "no memory for the states of the points")
                         : host_pool_call(&umat_pool, states_do_save, &work, err);
    free(tokens);
    return rc;
}
