/* States for a restart of the host. FEMD_UMAT_STATES names a file: what the step under way begins with; and the same
 * name with ".end" what the last evaluations of an analysis left, which is what one that restarts from its end needs.
 * Beside each, with ".points": which point has which, since CalculiX 2.20 restarts with state variables that are zero.
 * A magic word, the number of points as u64, the time; then of each point its number as u64 and six doubles; as the
 * machine has them. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host_pool.h"
#include "umat.h"
#include "umat_pool.h"

enum { STATES_PATH = 4096 };
static const char states_magic[8] = {'F', 'E', 'M', 'D', 'U', 'P', '0', '1'};

typedef struct states_work {
    char path[STATES_PATH];
    const umat_tokens *tokens;
} states_work;

/* "" if there is none. */
static femd_status states_path(int at_end, const char *more, char path[STATES_PATH], femd_error *err) {
    const char *said = getenv("FEMD_UMAT_STATES");
    *path = '\0';
    if (!said || !*said) return FEMD_OK;
    if ((size_t)snprintf(path, STATES_PATH, "%s%s%s", said, at_end ? ".end" : "", more) < STATES_PATH) return FEMD_OK;
    return femd_fail(err, FEMD_BAD_INPUT, "FEMD_UMAT_STATES: the name is too long");
}

/* ---- saving ---- */

static femd_status states_do_save(femd_client *client, void *user, femd_error *err) {
    const states_work *work = user;
    return femd_tokens_save(client, work->path, work->tokens->token, FEMD_TOKEN, work->tokens->n, err);
}

static int umat_states_write(FILE *f, const umat_tokens *tokens) {
    const uint64_t n = tokens->n;
    int fine = fwrite(states_magic, sizeof states_magic, 1, f) == 1 && fwrite(&n, sizeof n, 1, f) == 1 &&
               fwrite(&tokens->time, sizeof tokens->time, 1, f) == 1;
    for (size_t i = 0; fine && i < tokens->n; i++)
        fine = fwrite(&tokens->number[i], sizeof tokens->number[i], 1, f) == 1 &&
               fwrite(&tokens->token[i * FEMD_TOKEN], sizeof(double), FEMD_TOKEN, f) == FEMD_TOKEN;
    return fine && fflush(f) == 0 && fsync(fileno(f)) == 0;
}

static femd_status states_save_points(const char *path, const umat_tokens *tokens, femd_error *err) {
    char fresh[STATES_PATH + 32];
    snprintf(fresh, sizeof fresh, "%s.%ld", path, (long)getpid());
    FILE *f = fopen(fresh, "wbe");
    int fine = f && umat_states_write(f, tokens);
    const int why = errno;
    if (f && fclose(f) != 0) fine = 0;
    if (fine && rename(fresh, path) == 0) return FEMD_OK;
    if (f) remove(fresh);
    return femd_fail(err, FEMD_IO, "cannot write %s: %s", path, strerror(fine ? errno : why));
}

femd_status umat_states_save(const umat_tokens *tokens, int at_end, femd_error *err) {
    states_work work = {.tokens = tokens};
    char points[STATES_PATH];
    FEMD_TRY(states_path(at_end, "", work.path, err));
    if (!*work.path) return FEMD_OK;
    FEMD_TRY(states_path(at_end, ".points", points, err));
    if (!tokens->token) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the states of the points");
    FEMD_TRY(host_pool_call(&umat_pool, states_do_save, &work, err));
    return states_save_points(points, tokens, err);
}

/* ---- loading ---- */

static femd_status states_do_load(femd_client *client, void *user, femd_error *err) {
    const states_work *work = user;
    return femd_states_load(client, work->path, NULL, err);
}

static femd_status states_read_points(FILE *f, const char *path, double begin, int *matches, femd_error *err) {
    char magic[sizeof states_magic];
    uint64_t n, number;
    double time, token[FEMD_TOKEN];
    if (fread(magic, sizeof magic, 1, f) != 1 || memcmp(magic, states_magic, sizeof magic) != 0 ||
        fread(&n, sizeof n, 1, f) != 1 || fread(&time, sizeof time, 1, f) != 1)
        return femd_fail(err, FEMD_BAD_INPUT, "%s: this is no file of the states of points", path);
    *matches = fabs(time - begin) <= 1e-9 * fabs(begin);
    for (uint64_t i = 0; *matches && i < n; i++) {
        if (fread(&number, sizeof number, 1, f) != 1 || fread(token, sizeof token, 1, f) != 1)
            return femd_fail(err, FEMD_BAD_INPUT, "%s: the file ends early", path);
        umat_point *p = umat_point_at(number);
        if (!p) return femd_fail(err, FEMD_NO_MEMORY, "no memory for another point");
        memcpy(p->saved, token, sizeof token);
        p->has_saved = 1;
    }
    return FEMD_OK;
}

static femd_status states_load_one(int at_end, double begin, int *matches, femd_error *err) {
    states_work work = {.tokens = NULL};
    char points[STATES_PATH];
    FEMD_TRY(states_path(at_end, "", work.path, err));
    FEMD_TRY(states_path(at_end, ".points", points, err));
    *matches = 0;
    if (!*work.path || access(work.path, F_OK) != 0) return FEMD_OK;
    FEMD_TRY(host_pool_call(&umat_pool, states_do_load, &work, err));
    FILE *f = fopen(points, "rbe");
    if (!f) return FEMD_OK;
    const femd_status rc = states_read_points(f, points, begin, matches, err);
    fclose(f);
    return rc;
}

/* What an analysis ended with is what a step of this one begins with: kept as such, since this one will have another
 * end. */
static femd_status states_end_is_begin(femd_error *err) {
    static const char *const more[2] = {"", ".points"};
    for (int i = 0; i < 2; i++) {
        char from[STATES_PATH], to[STATES_PATH];
        FEMD_TRY(states_path(1, more[i], from, err));
        FEMD_TRY(states_path(0, more[i], to, err));
        if (rename(from, to) != 0) return femd_fail(err, FEMD_IO, "cannot rename %s: %s", from, strerror(errno));
    }
    return FEMD_OK;
}

femd_status umat_states_load(double begin, femd_error *err) {
    int of_step, of_end;
    if (begin == 0) return FEMD_OK;
    FEMD_TRY(states_load_one(0, begin, &of_step, err));
    FEMD_TRY(states_load_one(1, begin, &of_end, err));
    return of_end ? states_end_is_begin(err) : FEMD_OK;
}
