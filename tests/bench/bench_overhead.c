/* What the path client -> server -> worker -> client costs a point, with the
 * elastic engine as the worker's law (0.1 us of arithmetic): server, two
 * workers and this client are processes of their own, over tcp, stress and
 * tangent wanted, every request different, keys and ledger on. The reference is
 * the wire alone: the same bytes through one ZeroMQ DEALER-ROUTER echo.
 *
 * It owns the processes that it starts and ends them; it prints JSON and
 * nothing else on its standard output. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include "femd/femd.h"

enum { SINGLES = 4000, BATCH = 10000, BATCHES = 15, REQUEST_BYTES = 200, RESPONSE_BYTES = 640 };

static const char material[] = "{\"engine\":\"elastic\",\"young\":1.3e11,\"poisson\":0.34}";

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}
static double percentile(double *v, int n, double p) {
    qsort(v, (size_t)n, sizeof *v, ascending);
    return v[(int)(p * (n - 1))];
}

static pid_t start(const char *const *argv) {
    pid_t pid = fork();
    if (pid) return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!freopen("/dev/null", "w", stdout)) _exit(127); /* this program's own output is JSON alone */
    execv(argv[0], (char *const *)argv);
    _exit(127);
}

static int fail(const char *what, const femd_error *err) {
    fprintf(stderr, "bench_overhead: %s: %s\n", what, err ? err->text : strerror(errno));
    return 1;
}

/* Requests that no run of this program has made before. */
static void fill(femd_request *r, size_t n) {
    static uint64_t made;
    for (size_t i = 0; i < n; i++) {
        memset(&r[i], 0, sizeof r[i]);
        r[i].point = i;
        r[i].wants = FEMD_WANT_STRESS | FEMD_WANT_TANGENT;
        for (int c = 0; c < 6; c++) r[i].value[c] = 1e-3 * (c + 1) + 1e-12 * (double)++made;
    }
}

static int evaluate(femd_client *client, const femd_hash *id, const femd_request *rq, femd_response *rs, size_t n) {
    femd_error err = FEMD_ERROR_INIT;
    femd_batch *batch = NULL;
    if (femd_client_submit(client, id, rq, n, &batch, &err) != FEMD_OK) return fail("submit", &err);
    if (femd_client_collect(client, &batch, rs, &err) != FEMD_OK) return fail("collect", &err);
    for (size_t i = 0; i < n; i++)
        if (rs[i].status != FEMD_OK) return fail(femd_status_text(rs[i].status), NULL);
    return 0;
}

/* p50 of one point in flight and the median time per point of a batch, in us.
 */
static int measure(femd_client *client, const femd_hash *id, double *one, double *p99, double *many) {
    femd_request *rq = malloc(BATCH * sizeof *rq);
    femd_response *rs = malloc(BATCH * sizeof *rs);
    double *t = malloc(SINGLES * sizeof *t);
    int rc = !rq || !rs || !t;
    for (int i = -200; i < SINGLES && !rc; i++) {
        fill(rq, 1);
        double t0 = now();
        rc = evaluate(client, id, rq, rs, 1);
        if (i >= 0) t[i] = 1e6 * (now() - t0);
    }
    if (!rc) *p99 = percentile(t, SINGLES, 0.99), *one = percentile(t, SINGLES, 0.5);
    for (int i = -2; i < BATCHES && !rc; i++) {
        fill(rq, BATCH);
        double t0 = now();
        rc = evaluate(client, id, rq, rs, BATCH);
        if (i >= 0) t[i] = 1e6 * (now() - t0) / BATCH;
    }
    if (!rc) *many = percentile(t, BATCHES, 0.5);
    free(rq);
    free(rs);
    free(t);
    return rc;
}

/* The echo side of the reference: answers n bytes of request with n /
 * REQUEST_BYTES responses. */
static void echo(int ready) {
    void *context = zmq_ctx_new(), *router = zmq_socket(context, ZMQ_ROUTER);
    char address[128], *bytes = malloc((size_t)BATCH * RESPONSE_BYTES), route[256];
    size_t size = sizeof address;
    if (!bytes || zmq_bind(router, "tcp://127.0.0.1:*") || zmq_getsockopt(router, ZMQ_LAST_ENDPOINT, address, &size))
        _exit(1);
    if (write(ready, address, sizeof address) != sizeof address) _exit(1);
    memset(bytes, 1, (size_t)BATCH * RESPONSE_BYTES);
    for (;;) {
        int route_size = zmq_recv(router, route, sizeof route, 0),
            n = zmq_recv(router, bytes, (size_t)BATCH * REQUEST_BYTES, 0);
        if (route_size < 0 || n < 0) _exit(0);
        zmq_send(router, route, (size_t)route_size, ZMQ_SNDMORE);
        zmq_send(router, bytes, (size_t)(n / REQUEST_BYTES) * RESPONSE_BYTES, 0);
    }
}

static int measure_wire(double *one, double *many) {
    int pipes[2];
    if (pipe(pipes)) return fail("pipe", NULL);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        echo(pipes[1]);
    }
    char address[128];
    static char bytes[256 * RESPONSE_BYTES];
    static double t[SINGLES];
    if (read(pipes[0], address, sizeof address) != sizeof address) return fail("echo", NULL);
    void *context = zmq_ctx_new(), *dealer = zmq_socket(context, ZMQ_DEALER);
    zmq_connect(dealer, address);
    for (int i = -200; i < SINGLES; i++) {
        double t0 = now();
        zmq_send(dealer, bytes, REQUEST_BYTES, 0);
        zmq_recv(dealer, bytes, sizeof bytes, 0);
        if (i >= 0) t[i] = 1e6 * (now() - t0);
    }
    *one = percentile(t, SINGLES, 0.5);
    for (int i = -2; i < BATCHES; i++) {
        double t0 = now();
        for (int sent = 0; sent < BATCH; sent += 256) zmq_send(dealer, bytes, 256 * REQUEST_BYTES, 0);
        for (int sent = 0; sent < BATCH; sent += 256) zmq_recv(dealer, bytes, sizeof bytes, 0);
        if (i >= 0) t[i] = 1e6 * (now() - t0) / BATCH;
    }
    *many = percentile(t, BATCHES, 0.5);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    zmq_close(dealer);
    zmq_ctx_term(context);
    return 0;
}

typedef struct figures {
    double one, p99, many; /* us */
    double processor;      /* us of all parts, a point */
} figures;

static double processor_of(int who) {
    struct rusage usage;
    getrusage(who, &usage);
    return 1e6 * (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/* A pool of its own; folder: what is answered is kept and written down there,
 * NULL: it is not; keys: a folder of keys, NULL: without. */
static int measure_pool(const char *folder, const char *keys, figures *out) {
    const double before = processor_of(RUSAGE_SELF) + processor_of(RUSAGE_CHILDREN);
    femd_error err = FEMD_ERROR_INIT;
    int ready[2];
    if (pipe(ready)) return fail("pipe", NULL);
    char fd[16], address[256] = "", store[128] = "", journal[128] = "", own[128] = "", theirs[128] = "";
    snprintf(fd, sizeof fd, "%d", ready[1]);
    if (folder) snprintf(store, sizeof store, "%s/store", folder);
    if (folder) snprintf(journal, sizeof journal, "%s/journal", folder);
    if (keys) snprintf(own, sizeof own, "%s/client.key", keys);
    if (keys) snprintf(theirs, sizeof theirs, "%s/worker.key", keys);
    const char *server[16] = {FEMD_BIN "/femd-server", "--bind", "tcp://127.0.0.1:*", "--ready-fd", fd, "--quiet"};
    const char *const durable[] = {"--durability", "store", "--store", store, "--journal", journal};
    size_t arguments = 6;
    for (size_t i = 0; folder && i < 6; i++) server[arguments++] = durable[i];
    if (keys) server[arguments++] = "--keys";
    if (keys) server[arguments++] = keys;
    pid_t pids[3] = {start(server)};
    close(ready[1]);
    for (size_t n = 0; n + 1 < sizeof address && read(ready[0], address + n, 1) == 1 && address[n] != '\n'; n++)
        address[n + 1] = 0;
    close(ready[0]);
    address[strcspn(address, "\n")] = 0;
    const char *worker[] = {FEMD_BIN "/femd-worker", "--connect", address, "--quiet",
                            keys ? "--key" : NULL,   theirs,      NULL};
    for (int w = 1; w <= 2; w++) pids[w] = start(worker);

    femd_client_config cfg = {
        .size = sizeof cfg, .address = address, .run = "bench-overhead", .key = keys ? own : NULL};
    femd_client *client = NULL;
    femd_hash id;
    femd_capabilities caps;
    int rc = 1;
    if (femd_client_open(&cfg, &client, &err) != FEMD_OK)
        fail("open", &err);
    else if (femd_client_material(client, material, ".", &id, &caps, &err) != FEMD_OK)
        fail("material", &err);
    else
        rc = measure(client, &id, &out->one, &out->p99, &out->many);
    femd_client_close(&client);
    for (int i = 0; i < 3; i++) kill(pids[i], SIGTERM);
    for (int i = 0; i < 3; i++) waitpid(pids[i], NULL, 0);
    const double points = SINGLES + 200 + (BATCHES + 2) * (double)BATCH;
    out->processor = (processor_of(RUSAGE_SELF) + processor_of(RUSAGE_CHILDREN) - before) / points;
    return rc;
}

static void print_beside(const char *what, double value, const char *unit, double without) {
    printf(",{\"name\":\"%s\",\"value\":%.3f,\"unit\":\"%s\",\"ref_name\":"
           "\"without\",\"ref_value\":%.3f,"
           "\"ratio\":%.3f}",
           what, value, unit, without, value / without);
}

int main(void) {
    char folder[] = "/tmp/femd-bench-XXXXXX", keys[64], command[160];
    figures bare = {0}, kept = {0}, keyed = {0};
    double wire_one = 0, wire_many = 0;
    unsetenv("FEMD_KEY");
    if (!mkdtemp(folder)) return fail("a folder", NULL);
    snprintf(keys, sizeof keys, "%s/keys", folder);
    snprintf(command, sizeof command, "'%s/femd' keygen %s >/dev/null", FEMD_BIN, keys);
    if (system(command) != 0) return fail("keys", NULL);
    int rc = measure_pool(NULL, NULL, &bare) || measure_pool(folder, NULL, &kept) || measure_pool(NULL, keys, &keyed);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (system(command) != 0 || rc || measure_wire(&wire_one, &wire_many)) return 1;
    printf("{\"results\":["
           "{\"name\":\"one point in flight, "
           "p50\",\"value\":%.1f,\"unit\":\"us\",\"ref_name\":\"ZeroMQ echo of the "
           "same bytes\",\"ref_value\":%.1f,\"ratio\":%.3f},"
           "{\"name\":\"one point in flight, p99\",\"value\":%.1f,\"unit\":\"us\"},"
           "{\"name\":\"batch of %d "
           "points\",\"value\":%.3f,\"unit\":\"us/point\",\"ref_name\":\"ZeroMQ "
           "echo of the "
           "same bytes, 256 points a message\",\"ref_value\":%.3f,\"ratio\":%.3f}",
           bare.one, wire_one, bare.one / wire_one, bare.p99, BATCH, bare.many, wire_many, bare.many / wire_many);
    print_beside("one point in flight, p50, store and journal", kept.one, "us", bare.one);
    print_beside("batch of 10000 points, store and journal", kept.many, "us/point", bare.many);
    print_beside("one point in flight, p50, with keys", keyed.one, "us", bare.one);
    print_beside("batch of 10000 points, with keys", keyed.many, "us/point", bare.many);
    print_beside("processor time of all parts, with keys", keyed.processor, "us/point", bare.processor);
    printf("]}\n");
    return 0;
}
