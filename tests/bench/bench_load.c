/* What the server bears: points a second and time a point with few and many workers, with keys and without, with a
 * journal and without; how busy it keeps workers; its memory over many evaluations; the cost of audits; the size of its
 * status in a large pool. The workers are simulated (load_workers.c), so that the server is what is measured. The
 * server, all workers together and the client are a process each.
 *
 * Each throughput is the best of a few, latency that of the round with the lowest median; processor time is the
 * server's own. bench_load WORKERS: the throughput of that pool alone; 0: all but throughput. FEMD_BENCH_EVALUATIONS:
 * how many the measurement of memory makes, 1e6 if it is not set. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "femd/clock.h"
#include "femd/femd.h"
#include "load.h"

enum {
    ROUNDS = 3,
    SINGLES = 1500,
    SINGLY = 15000,
    BATCHED = 100096 /* 391 * 256 */,
    BATCH = 256,
    LARGE = 10000,
    OPEN = 64
};

static const char material[] = "{\"engine\":\"elastic\",\"young\":1.3e11,\"poisson\":0.34}";

typedef struct figures {
    double singly, batched;        /* points/s */
    double large;                  /* us a point in batches of LARGE */
    double p50, p99;               /* us, one point in flight */
    double cpu_one, cpu_singly;    /* us of the server a point: one in flight, OPEN of one each */
    double cpu_batched, cpu_large; /* in batches of BATCH, of LARGE */
    double switches;               /* of the server's thread, a point in flight */
    double message;                /* points a TASK message while OPEN of one each are open */
} figures;

typedef struct bench {
    load_pool pool;
    femd_client *client;
    femd_hash id;
    femd_request *request;
    femd_response *response;
} bench;

static int bench_fail(const char *what, const femd_error *err) {
    fprintf(stderr, "bench_load: %s: %s\n", what, err->text);
    return 1;
}

static int bench_ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* ---- a pool and its client ---- */

/* Of STATUS; its list of workers is not whole in a large pool, its totals are. */
static int bench_idle(const char *text) {
    const char *totals = strstr(text, "\"totals\":{"), *idle = totals ? strstr(totals, "\"idle\":") : NULL;
    return idle ? atoi(idle + strlen("\"idle\":")) : 0;
}

static int bench_wait_for_workers(bench *b, int workers) {
    femd_error err = FEMD_ERROR_INIT;
    for (int tries = 0; tries < 600; tries++) {
        char *text = NULL;
        if (femd_client_status(b->client, &text, &err) != FEMD_OK) return bench_fail("status", &err);
        const int here = bench_idle(text);
        free(text);
        if (here == workers) return 0;
        usleep(100000);
    }
    femd_fail(&err, FEMD_TIMEOUT, "not all of %d workers have come", workers);
    return bench_fail("workers", &err);
}

static int bench_open(bench *b, const load_setting *setting) {
    femd_error err = FEMD_ERROR_INIT;
    femd_capabilities caps;
    memset(b, 0, sizeof *b);
    fflush(stdout); /* or each process would print it */
    if (load_begin(setting, &b->pool)) return 1;
    b->request = calloc(LARGE, sizeof *b->request);
    b->response = calloc(LARGE, sizeof *b->response);
    if (!b->request || !b->response) return 1;
    const femd_client_config config = {.size = sizeof config,
                                       .address = b->pool.address,
                                       .run = "bench-load",
                                       .key = setting->keys ? b->pool.client_key : NULL};
    if (femd_client_open(&config, &b->client, &err) != FEMD_OK) return bench_fail("open", &err);
    if (femd_client_material(b->client, material, ".", &b->id, &caps, &err) != FEMD_OK)
        return bench_fail("material", &err);
    return bench_wait_for_workers(b, setting->workers);
}

static void bench_close(bench *b) {
    femd_client_close(&b->client);
    load_end(&b->pool);
    free(b->request);
    free(b->response);
}

/* ---- points ---- */

/* Requests that no run of this program has made before. */
static void bench_fill(bench *b, size_t n) {
    static uint64_t made;
    for (size_t i = 0; i < n; i++) {
        b->request[i] = (femd_request){.point = i, .wants = FEMD_WANT_STRESS | FEMD_WANT_TANGENT};
        for (int c = 0; c < 6; c++) b->request[i].value[c] = 1e-3 * (c + 1) + 1e-12 * (double)++made;
    }
}

static int bench_submit(bench *b, size_t n, femd_batch **batch) {
    femd_error err = FEMD_ERROR_INIT;
    bench_fill(b, n);
    if (femd_client_submit(b->client, &b->id, b->request, n, batch, &err) == FEMD_OK) return 0;
    return bench_fail("submit", &err);
}

static int bench_collect(bench *b, size_t n, femd_batch **batch) {
    femd_error err = FEMD_ERROR_INIT;
    if (femd_client_collect(b->client, batch, b->response, &err) != FEMD_OK) return bench_fail("collect", &err);
    for (size_t i = 0; i < n; i++)
        if (b->response[i].status != FEMD_OK) {
            femd_fail(&err, FEMD_INTERNAL, "%s", femd_status_text(b->response[i].status));
            return bench_fail("a point", &err);
        }
    return 0;
}

/* So many points in batches of n, `open` of them open at a time. */
static int bench_stream(bench *b, size_t points, size_t n, size_t open) {
    femd_batch *batch[OPEN] = {NULL};
    const size_t all = points / n;
    for (size_t i = 0; i < all + open; i++) {
        if (i >= open && bench_collect(b, n, &batch[i % open])) return 1;
        if (i < all && bench_submit(b, n, &batch[i % open])) return 1;
    }
    return 0;
}

/* ---- figures ---- */

static int bench_latency(bench *b, figures *f) {
    static double time[SINGLES];
    const double cpu = load_processor(b->pool.server), switches = load_switches(b->pool.server);
    for (int i = 0; i < SINGLES; i++) {
        const double begun = femd_clock();
        femd_batch *batch;
        if (bench_submit(b, 1, &batch) || bench_collect(b, 1, &batch)) return 1;
        time[i] = 1e6 * (femd_clock() - begun);
    }
    qsort(time, SINGLES, sizeof *time, bench_ascending);
    f->cpu_one = fmin(f->cpu_one, 1e6 * (load_processor(b->pool.server) - cpu) / SINGLES);
    f->switches = fmin(f->switches, (load_switches(b->pool.server) - switches) / SINGLES);
    if (time[SINGLES / 2] >= f->p50) return 0;
    f->p50 = time[SINGLES / 2];
    f->p99 = time[SINGLES * 99 / 100];
    return 0;
}

/* Seconds that the stream takes; *cpu: us of the server a point, if that is less. */
static int bench_time(bench *b, size_t points, size_t n, size_t open, double *seconds, double *cpu) {
    const double begun = femd_clock(), before = load_processor(b->pool.server);
    if (bench_stream(b, points, n, open)) return 1;
    *seconds = fmin(*seconds, femd_clock() - begun);
    *cpu = fmin(*cpu, 1e6 * (load_processor(b->pool.server) - before) / (double)points);
    return 0;
}

static int bench_measure(bench *b, figures *f) {
    double singly = INFINITY, batched = INFINITY, large = INFINITY;
    load_busy busy;
    *f = (figures){.p50 = INFINITY,
                   .cpu_one = INFINITY,
                   .cpu_singly = INFINITY,
                   .cpu_batched = INFINITY,
                   .cpu_large = INFINITY,
                   .switches = INFINITY};
    if (bench_stream(b, 5 * LARGE, LARGE, 1)) return 1; /* the cost of the material is known, memory is warm */
    for (int round = 0; round < ROUNDS; round++) {
        if (bench_latency(b, f) || load_ask_busy(&b->pool, &busy) ||
            bench_time(b, SINGLY, 1, OPEN, &singly, &f->cpu_singly) || load_ask_busy(&b->pool, &busy) ||
            bench_time(b, BATCHED, BATCH, OPEN, &batched, &f->cpu_batched) ||
            bench_time(b, 10 * LARGE, LARGE, 1, &large, &f->cpu_large))
            return 1;
        f->message = busy.messages > 0 ? busy.points / busy.messages : 0;
    }
    f->singly = SINGLY / singly;
    f->batched = BATCHED / batched;
    f->large = 1e6 * large / (10 * LARGE);
    return 0;
}

/* The members of a row of the table. */
__attribute__((format(printf, 1, 2))) static void bench_row(const char *fields, ...) {
    static int rows;
    va_list list;
    printf(rows++ ? ",\n{" : "{");
    va_start(list, fields);
    vprintf(fields, list);
    va_end(list);
    printf("}");
    fflush(stdout);
}

static int bench_throughput(int workers, int keys, int journal) {
    const load_setting setting = {.workers = workers, .keys = keys, .journal = journal};
    bench b;
    figures f;
    int rc = bench_open(&b, &setting) || bench_measure(&b, &f);
    if (!rc)
        bench_row(
            "\"name\":\"%d workers%s%s\",\"columns\":{\"points/s, 1 a message\":%.0f,\"256 a message\":%.0f,"
            "\"us/point by 10000\":%.2f,\"p50, us\":%.0f,\"p99, us\":%.0f,\"server cpu us: one in flight\":%.1f,"
            "\"1 a message\":%.1f,\"by 256\":%.2f,\"by 10000\":%.2f,\"sleeps/point\":%.2f,\"points/task message\":%.1f,"
            "\"load average\":%.1f}",
            workers, keys ? ", keys" : "", journal ? ", journal" : "", f.singly, f.batched, f.large, f.p50, f.p99,
            f.cpu_one, f.cpu_singly, f.cpu_batched, f.cpu_large, f.switches, f.message, load_average());
    bench_close(&b);
    return rc;
}

/* Share of their time that 64 workers work at points of 10 ms, 40 for each at a time and the queue never empty. */
static int bench_busy(int keys) {
    const load_setting setting = {.workers = 64, .keys = keys, .cost = 0.01};
    bench b;
    load_busy busy;
    int rc = bench_open(&b, &setting) || bench_stream(&b, 64 * 20, 128, 10) || load_ask_busy(&b.pool, &busy) ||
             bench_stream(&b, 64 * 400, 128, 20) || load_ask_busy(&b.pool, &busy);
    if (!rc)
        bench_row("\"name\":\"64 workers busy at points of 10 ms%s\",\"value\":%.2f,\"unit\":\"%%\"",
                  keys ? ", keys" : "", 100 * busy.worked / busy.had);
    bench_close(&b);
    return rc;
}

/* The server's memory after a tenth of the evaluations and after all of them; a cache that is full by then. */
static int bench_memory(double evaluations) {
    const load_setting setting = {.workers = 2, .cache_mib = 32};
    bench b;
    double tenth = 0, all = 0;
    int rc = bench_open(&b, &setting);
    for (int part = 0; part < 10 && !rc; part++) {
        rc = bench_stream(&b, (size_t)(evaluations / 10), BATCH, OPEN);
        all = load_memory(b.pool.server);
        if (!part) tenth = all;
    }
    if (!rc)
        bench_row("\"name\":\"server's memory after %.2g evaluations\",\"value\":%.1f,\"unit\":\"MiB\",\"ref_name\":"
                  "\"after a tenth of them\",\"ref_value\":%.1f,\"ratio\":%.3f",
                  evaluations, all, tenth, all / tenth);
    bench_close(&b);
    return rc;
}

/* A point in batches of LARGE with a share of audits beside none. */
static int bench_audits(const char *share, const char *words, double *without) {
    const load_setting setting = {.workers = 2, .audit = share};
    bench b;
    double seconds = INFINITY, cpu = INFINITY;
    int rc = bench_open(&b, &setting) || bench_stream(&b, 10 * LARGE, LARGE, 1);
    for (int round = 0; round < ROUNDS && !rc; round++) rc = bench_time(&b, 10 * LARGE, LARGE, 1, &seconds, &cpu);
    if (!rc && *without > 0)
        bench_row("\"name\":\"server's processor time a point, %s audited\",\"value\":%.3f,\"unit\":\"us\","
                  "\"ref_name\":\"no audits\",\"ref_value\":%.3f,\"ratio\":%.3f",
                  words, cpu, *without, cpu / *without);
    if (*without == 0) *without = cpu;
    bench_close(&b);
    return rc;
}

/* By the program beside this one. */
static int bench_status(const char *self) {
    char command[4200];
    snprintf(command, sizeof command, "'%s_status'", self);
    fflush(stdout);
    return system(command) != 0;
}

int main(int argc, char **argv) {
    const int workers[] = {argc > 1 ? atoi(argv[1]) : 2, 64, 1000}, pools = argc == 1 ? 3 : workers[0] > 0;
    const char *more = getenv("FEMD_BENCH_EVALUATIONS");
    const double evaluations = more ? atof(more) : 1e6;
    double without = 0;
    int rc = 0;
    unsetenv("FEMD_KEY");
    printf("{\"results\":[\n");
    for (int w = 0; w < pools && !rc; w++)
        for (int how = 0; how < 4 && !rc; how++) rc = bench_throughput(workers[w], how & 1, how >> 1);
    if (argc == 1 || !pools)
        rc = rc || bench_busy(0) || bench_busy(1) || bench_memory(evaluations) || bench_audits("0", "none", &without) ||
             bench_audits("1/256", "1/256", &without) || bench_audits("1", "all", &without) || bench_status(argv[0]);
    printf("\n]}\n");
    return rc;
}
