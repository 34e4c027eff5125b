/* What a host pays that attaches by arrays: F to P and dP/dF in batches of 10,000 points and point by point, from C and
 * from Python (attach_points.py), batch by batch in turn at one pool, whose workers are simulated and answer at once.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "femd/arrays.h"
#include "femd/clock.h"
#include "load.h"

enum { BATCH = 10000, BATCHES = 21, SINGLES = 3000, WARM = 3 };

/* Seconds of a batch, and processor time of the host's process for it. */
typedef struct attach_time {
    double wall, processor;
} attach_time;

static int attach_fail(const char *what) {
    fprintf(stderr, "bench_attach: %s\n", what);
    return 1;
}

/* ---- from C ---- */

typedef struct attach_host {
    femd_client *client;
    femd_hash material;
    double *F, *P, *A;
    int32_t *status;
    size_t made;
} attach_host;

static double attach_processor(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int attach_c(attach_host *host, size_t n, attach_time *out) {
    femd_error err = FEMD_ERROR_INIT;
    femd_status worst = FEMD_OK;
    for (size_t i = 0; i < n; i++) {
        double *F = host->F + 9 * i;
        for (int c = 0; c < 9; c++) F[c] = c % 4 == 0;
        F[0] += 1e-3 + 1e-12 * (double)++host->made;
        F[3] = 2e-3;
    }
    const femd_arrays arrays = {
        .size = sizeof arrays, .n = n, .F = host->F, .stress = host->P, .tangent = host->A, .status = host->status};
    const double begun = femd_clock(), before = attach_processor();
    if (femd_arrays_evaluate(host->client, &host->material, &arrays, &worst, &err) != FEMD_OK || worst != FEMD_OK)
        return attach_fail(err.text);
    *out = (attach_time){femd_clock() - begun, attach_processor() - before};
    return 0;
}

static int attach_open(attach_host *host, const char *address) {
    femd_error err = FEMD_ERROR_INIT;
    const femd_client_config config = {.size = sizeof config, .address = address, .run = "bench-c"};
    host->F = malloc(sizeof *host->F * 9 * BATCH);
    host->P = malloc(sizeof *host->P * 9 * BATCH);
    host->A = malloc(sizeof *host->A * 81 * BATCH);
    host->status = malloc(sizeof *host->status * BATCH);
    if (!host->F || !host->P || !host->A || !host->status) return attach_fail("no memory");
    if (femd_client_open(&config, &host->client, &err) != FEMD_OK ||
        femd_client_material(host->client, "{\"engine\":\"elastic\",\"young\":1e11,\"poisson\":0.3}", ".",
                             &host->material, NULL, &err) != FEMD_OK)
        return attach_fail(err.text);
    return 0;
}

static void attach_close(attach_host *host) {
    femd_client_close(&host->client);
    free(host->F);
    free(host->P);
    free(host->A);
    free(host->status);
}

/* ---- from Python ---- */

typedef struct attach_python {
    pid_t pid;
    FILE *ask, *answer;
} attach_python;

static int attach_start_python(attach_python *python, const char *address) {
    int down[2], up[2];
    if (pipe(down) || pipe(up)) return attach_fail("pipe");
    python->pid = fork();
    if (python->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (dup2(down[0], 0) < 0 || dup2(up[1], 1) < 0) _exit(127);
        close(down[1]);
        close(up[0]);
        setenv("PYTHONPATH", FEMD_PYTHON, 1);
        setenv("FEMD_LIBRARY", FEMD_LIBRARY, 1);
        setenv("PYTHONDONTWRITEBYTECODE", "1", 1);
        execl("/usr/bin/python3", "python3", FEMD_ATTACH_POINTS, address, (char *)NULL);
        _exit(127);
    }
    close(down[0]);
    close(up[1]);
    python->ask = fdopen(down[1], "w");
    python->answer = fdopen(up[0], "r");
    return python->pid < 0 || !python->ask || !python->answer ? attach_fail("python3") : 0;
}

static int attach_by_python(const attach_python *python, size_t n, attach_time *out) {
    fprintf(python->ask, "%zu\n", n);
    fflush(python->ask);
    return fscanf(python->answer, "%lf %lf", &out->wall, &out->processor) == 2 ? 0 : attach_fail("python3 has ended");
}

/* ---- both in turn ---- */

static int attach_ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Medians of the batches of n points. */
static int attach_measure(attach_host *host, const attach_python *python, size_t n, int times, attach_time median[2]) {
    static double series[4][SINGLES];
    for (int k = -WARM; k < times; k++) {
        attach_time one[2];
        if (attach_c(host, n, &one[0]) || attach_by_python(python, n, &one[1])) return 1;
        for (int side = 0; side < 2 && k >= 0; side++) {
            series[side][k] = one[side].wall;
            series[2 + side][k] = one[side].processor;
        }
    }
    for (int s = 0; s < 4; s++) qsort(series[s], (size_t)times, sizeof **series, attach_ascending);
    for (int side = 0; side < 2; side++)
        median[side] = (attach_time){series[side][times / 2], series[2 + side][times / 2]};
    return 0;
}

static int attach_run(const char *address) {
    attach_host host = {0};
    attach_python python = {0};
    attach_time many[2], one[2];
    int rc = attach_open(&host, address) || attach_start_python(&python, address) ||
             attach_measure(&host, &python, BATCH, BATCHES, many) || attach_measure(&host, &python, 1, SINGLES, one);
    if (!rc)
        printf(
            "{\"results\":[{\"name\":\"arrays of %d points from Python\",\"value\":%.0f,\"unit\":\"points/s\",\"ref_"
            "name\":\"from C\",\"ref_value\":%.0f,\"ratio\":%.3f},{\"name\":\"the same, processor time of the host\","
            "\"value\":%.3f,\"unit\":\"us/point\",\"ref_name\":\"from C\",\"ref_value\":%.3f,\"ratio\":%.3f},{"
            "\"name\":\"an array of one point from Python, p50\",\"value\":%.1f,\"unit\":\"us\",\"ref_name\":\"from "
            "C\",\"ref_value\":%.1f,\"ratio\":%.3f}]}\n",
            BATCH, BATCH / many[1].wall, BATCH / many[0].wall, many[0].wall / many[1].wall,
            1e6 * many[1].processor / BATCH, 1e6 * many[0].processor / BATCH, many[1].processor / many[0].processor,
            1e6 * one[1].wall, 1e6 * one[0].wall, one[1].wall / one[0].wall);
    if (python.ask) fclose(python.ask);
    if (python.answer) fclose(python.answer);
    if (python.pid > 0) waitpid(python.pid, NULL, 0);
    attach_close(&host);
    return rc;
}

int main(void) {
    const load_setting setting = {.workers = 2};
    load_pool pool;
    unsetenv("FEMD_KEY");
    if (system("/usr/bin/python3 -c 'import numpy' 2>/dev/null") != 0)
        return attach_fail("/usr/bin/python3 has no numpy (python3-numpy)");
    signal(SIGPIPE, SIG_IGN);
    if (load_begin(&setting, &pool)) return 1;
    const int rc = attach_run(pool.address);
    load_end(&pool);
    return rc;
}
