/* A user's engine that is elastic, but for what goes wrong: where E11 exceeds parameters.limit, parameters.mode says
 * how (1 aborts, 2 loops for ever, 3 exits, 4 answers no number, 5 stops its process). With FAULTY_ONCE, the name of a
 * file, it goes wrong only for whoever makes that file; with FAULTY_OPEN it loops for ever when it is opened. With
 * parameters.softening, a in Pa, its energy W0 is a (1 - exp(-W0/a)). With parameters.state it keeps states of so many
 * bytes, and its answers harden with every evaluation that a state has behind it; with parameters.reference it takes
 * so many seconds of processor time to open. FAULTY_OPENED, the name of a file, gets a line for every opening. */
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "femd/engine.h"

typedef struct faulty {
    double limit, softening;
    int mode;
    size_t state;
} faulty;

static void loop_for_ever(void) {
    for (volatile int k = 0;; k++) sleep(1);
}

static double parameter_of(const cJSON *parameters, const char *key) {
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(parameters, key);
    return value ? value->valuedouble : 0;
}

static femd_status open_engine(const femd_json *doc, const femd_pack *pack, void **instance, femd_capabilities *caps,
                               femd_error *err) {
    (void)pack;
    const cJSON *parameters = cJSON_GetObjectItemCaseSensitive(doc->root, "parameters");
    faulty *engine = malloc(sizeof *engine);
    if (!engine) return femd_fail(err, FEMD_NO_MEMORY, "no memory");
    if (getenv("FAULTY_OPEN")) loop_for_ever();
    engine->limit = parameter_of(parameters, "limit");
    engine->softening = parameter_of(parameters, "softening");
    engine->mode = (int)parameter_of(parameters, "mode");
    engine->state = (size_t)parameter_of(parameters, "state");
    const char *opened = getenv("FAULTY_OPENED");
    const int fd = opened ? open(opened, O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC, 0600) : -1;
    if (fd >= 0 && write(fd, "opened\n", 7) != 7) abort();
    if (fd >= 0) close(fd);
    const clock_t began = clock();
    while ((double)(clock() - began) < parameter_of(parameters, "reference") * CLOCKS_PER_SEC) continue;
    *caps =
        (femd_capabilities){.wants = FEMD_WANT_STRESS | FEMD_WANT_TANGENT, .controls = 1, .engine = FEMD_ENGINE_USER};
    *instance = engine;
    return FEMD_OK;
}

static int goes_wrong(const faulty *engine, const femd_request *q) {
    const char *once = getenv("FAULTY_ONCE");
    if (!(q->value[0] > engine->limit)) return 0;
    const int fd = once ? open(once, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600) : 0;
    if (once && fd >= 0) close(fd);
    return fd >= 0;
}

static void soften(double a, femd_response *r) {
    double energy = 0;
    for (int c = 0; c < 6; c++) energy += 0.5 * r->S[c] * r->E[c];
    const double kept = exp(-energy / a);
    for (int i = 0; i < 36; i++) r->D[i] = kept * (r->D[i] - r->S[i / 6] * r->S[i % 6] / a);
    for (int c = 0; c < 6; c++) r->S[c] *= kept;
}

static femd_status evaluate_engine(void *instance, const femd_request *q, const femd_bytes *state_in,
                                   const femd_beat *beat, femd_response *r, femd_buffer *state_out, femd_error *err) {
    (void)beat;
    const faulty *engine = instance;
    double stiffness = 1e11;
    if (engine->state) {
        double history[7] = {0}; /* how many before, and the last strain */
        if (state_in->size) memcpy(history, state_in->data, sizeof history);
        stiffness *= 1 + 1e-3 * history[0];
        history[0] += 1;
        memcpy(history + 1, q->value, 6 * sizeof *history);
        const size_t rest = engine->state > sizeof history ? engine->state - sizeof history : 0;
        FEMD_TRY(femd_buffer_append(state_out, history, sizeof history, err));
        FEMD_TRY(femd_buffer_reserve(state_out, state_out->size + rest, err));
        memset(state_out->data + state_out->size, 0, rest);
        state_out->size += rest;
    }
    if (goes_wrong(engine, q)) {
        if (engine->mode == 1) abort();
        if (engine->mode == 2) loop_for_ever();
        if (engine->mode == 3) _exit(0);
        if (engine->mode == 4) stiffness = NAN;
        if (engine->mode == 5) raise(SIGSTOP);
    }
    r->J = 1;
    for (int c = 0; c < 6; c++) {
        r->E[c] = q->value[c];
        r->S[c] = stiffness * (c < 3 ? 1 : 0.5) * q->value[c];
        r->D[7 * c] = stiffness * (c < 3 ? 1 : 0.5);
    }
    if (engine->softening > 0) soften(engine->softening, r);
    r->provided = FEMD_WANT_STRESS | FEMD_WANT_TANGENT;
    return FEMD_OK;
}

static void close_engine(void **instance) {
    free(*instance);
    *instance = NULL;
}

FEMD_API const femd_engine femd_engine_v1 = {.abi = FEMD_ENGINE_ABI,
                                             .number = FEMD_ENGINE_USER,
                                             .name = "faulty",
                                             .version = 1,
                                             .open = open_engine,
                                             .evaluate = evaluate_engine,
                                             .close = close_engine};
