/* Points that threads ask one by one, as a UMAT is called: each thread with a client of its own, and all through one
 * femd_pointwise, which sends together what waits. The workers are simulated (load_workers.c) and answer at once. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "femd/clock.h"
#include "femd/pointwise.h"
#include "load.h"

enum { THREADS_MOST = 64, POINTS = 32000, TIMES = 3 };
static const char threads_material[] = "{\"engine\":\"elastic\",\"young\":1e11,\"poisson\":0.3}";

typedef struct asker {
    const char *address;
    femd_pointwise *together; /* NULL: a client of its own */
    femd_hash material;
    int number, n, round;
    int failed;
} asker;

static femd_status threads_register(femd_client *client, void *id, femd_error *err) {
    return femd_client_material(client, threads_material, ".", id, NULL, err);
}

static femd_status threads_ask_alone(femd_client *client, const asker *a, const femd_request *q, femd_error *err) {
    femd_batch *batch = NULL;
    femd_response r;
    FEMD_TRY(femd_client_submit(client, &a->material, q, 1, &batch, err));
    return femd_client_collect(client, &batch, &r, err);
}

static void *threads_run(void *arg) {
    asker *a = arg;
    femd_error err = FEMD_ERROR_INIT;
    femd_client *client = NULL;
    femd_response r;
    char run[40];
    snprintf(run, sizeof run, "thread-%d-%d", a->round, a->number);
    const femd_client_config config = {.size = sizeof config, .address = a->address, .run = run};
    femd_status rc = FEMD_OK;
    if (!a->together) rc = femd_client_open(&config, &client, &err);
    if (rc == FEMD_OK && client) rc = threads_register(client, &a->material, &err);
    for (int i = 0; i < a->n && rc == FEMD_OK; i++) {
        femd_request q = {.point = (uint64_t)(a->number * POINTS + i), .wants = FEMD_WANT_STRESS | FEMD_WANT_TANGENT};
        q.value[0] = 1e-9 * (double)(q.point + 1);
        q.value[1] = 1e-6 * a->round;
        rc = client ? threads_ask_alone(client, a, &q, &err)
                    : femd_pointwise_evaluate(a->together, &a->material, &q, &r, &err);
    }
    if (rc != FEMD_OK) fprintf(stderr, "thread %d: %s\n", a->number, err.text);
    a->failed = rc != FEMD_OK;
    femd_client_close(&client);
    return NULL;
}

static double threads_processor(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The best of several times: points/s, and processor time of this process for each point in us. */
static int threads_time(const char *address, int threads, int together, double *rate, double *cpu) {
    static int round;
    femd_error err = FEMD_ERROR_INIT;
    femd_hash id;
    femd_pointwise *one = NULL;
    const femd_client_config config = {.size = sizeof config, .address = address, .run = "bench-threads"};
    if (together && (femd_pointwise_open(&config, 0, &one, &err) != FEMD_OK ||
                     femd_pointwise_call(one, threads_register, &id, &err) != FEMD_OK))
        return fprintf(stderr, "%s\n", err.text), 1;
    *rate = 0;
    *cpu = 1e9;
    int failed = 0;
    for (int k = 0; k < TIMES; k++) {
        pthread_t thread[THREADS_MOST];
        asker a[THREADS_MOST];
        round++;
        const double begun = femd_clock(), before = threads_processor();
        for (int i = 0; i < threads; i++) {
            a[i] = (asker){.address = address, .together = one, .number = i, .n = POINTS / threads, .round = round};
            if (one) a[i].material = id;
            if (pthread_create(&thread[i], NULL, threads_run, &a[i]) != 0) abort();
        }
        for (int i = 0; i < threads; i++) {
            pthread_join(thread[i], NULL);
            failed |= a[i].failed;
        }
        const double points = (double)(POINTS / threads * threads), s = femd_clock() - begun;
        if (points / s > *rate) *rate = points / s;
        const double each = 1e6 * (threads_processor() - before) / points;
        if (each < *cpu) *cpu = each;
    }
    femd_pointwise_close(&one);
    return failed;
}

int main(void) {
    const load_setting setting = {.workers = 64};
    load_pool pool;
    int rc = 0;
    unsetenv("FEMD_KEY");
    if (load_begin(&setting, &pool)) return 1;
    printf("{\"results\":[\n");
    for (int threads = 8; threads <= THREADS_MOST && !rc; threads *= 8) {
        double alone = 0, alone_cpu = 0, together = 0, together_cpu = 0;
        rc = threads_time(pool.address, threads, 0, &alone, &alone_cpu) ||
             threads_time(pool.address, threads, 1, &together, &together_cpu);
        printf(
            "%s{\"group\":\"threads\",\"name\":\"%d threads\",\"columns\":{\"points/s, a client each\":%.0f,\"through "
            "one\":%.0f,\"cpu us/point, a client each\":%.1f,\"through one, cpu us/point\":%.1f,\"load "
            "average\":%.1f}}",
            threads > 8 ? ",\n" : "", threads, alone, together, alone_cpu, together_cpu, load_average());
    }
    printf("\n]}\n");
    load_end(&pool);
    return rc;
}
