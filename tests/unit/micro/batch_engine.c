/* A user's engine that likes 64 points at once. An analytic law with memory: S = modulus (E + mean of earlier E / 4),
 * whose state is the sum and the number of the strains before. What a batch can meet, strains ask for: see `answer`.
 *
 * parameters: modulus (Pa); batch (points, 64); cost_us (time of each point, 0); log (a file to which each call appends
 * its number of points); company (true: wrong on purpose, an answer depends on its place in the batch). The environment
 * FEMD_TEST_BATCH replaces batch, so that one material can be evaluated either way; FEMD_TEST_LIE makes this process a
 * liar (see `lie`), and FEMD_TEST_HURRY takes no notice of cost_us. */
#include "femd/engine.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef struct law {
    double modulus, cost; /* Pa, s */
    int log;              /* descriptor, -1: none */
    int company;
} law;

typedef struct memory {
    double sum[6];
    uint64_t count;
} memory;

static double parameter(const femd_json *doc, const char *key, double otherwise) {
    const cJSON *all = cJSON_GetObjectItemCaseSensitive(doc->root, "parameters");
    const cJSON *one = cJSON_GetObjectItemCaseSensitive(all, key);
    if (cJSON_IsBool(one)) return cJSON_IsTrue(one);
    return cJSON_IsNumber(one) ? one->valuedouble : otherwise;
}

static femd_status open_batch(const femd_json *doc, const femd_pack *pack, void **instance, femd_capabilities *caps,
                              femd_error *err) {
    (void)pack;
    const cJSON *all = cJSON_GetObjectItemCaseSensitive(doc->root, "parameters");
    const char *path = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(all, "log"));
    const char *batch = getenv("FEMD_TEST_BATCH");
    law *self = malloc(sizeof *self);
    if (!self) return femd_fail(err, FEMD_NO_MEMORY, "out of memory");
    *self = (law){parameter(doc, "modulus", 1e9), 1e-6 * parameter(doc, "cost_us", 0), -1,
                  parameter(doc, "company", 0) != 0};
    if (getenv("FEMD_TEST_HURRY")) self->cost = 0;
    if (path) self->log = open(path, O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (path && self->log < 0) {
        free(self);
        return femd_fail(err, FEMD_IO, "cannot write %s", path);
    }
    *caps = (femd_capabilities){.wants = FEMD_WANT_STRESS | FEMD_WANT_TANGENT,
                                .inputs = FEMD_INPUT_STATE,
                                .controls = 1u << FEMD_CONTROL_COMPONENTS,
                                .engine = FEMD_ENGINE_USER,
                                .batch = (uint32_t)(batch ? atoi(batch) : (int)parameter(doc, "batch", 64))};
    *instance = self;
    return FEMD_OK;
}

static void close_batch(void **instance) {
    law *self = *instance;
    if (self->log >= 0) close(self->log);
    free(self);
    *instance = NULL;
}

/* One short write to a file opened for appending: lines of several workers do not mix. */
static void log_size(const law *self, size_t n) {
    char line[32];
    const int size = snprintf(line, sizeof line, "%zu\n", n);
    if (self->log >= 0 && write(self->log, line, (size_t)size) != size) abort();
}

/* Ways to fail are asked for by E11: above 0.5 out of the domain; from 0.4 on the point is left as it is, half filled;
 * from 0.3 a status that does not exist; from 0.2 an answer without the tangent; below -0.5 the device is lost. E22
 * above 0.5: no number. Returns 0 if the device is lost. */
static int answer(const law *self, const femd_engine_batch *b, size_t i) {
    const femd_request *q = &b->request[i];
    femd_response *r = &b->response[i];
    memory m = {{0}, 0};
    if (q->value[0] < -0.5) return 0;
    if (b->state_in[i].size) memcpy(&m, b->state_in[i].data, sizeof m);
    for (int c = 0; c < 6; c++) {
        const double mean = m.count ? m.sum[c] / (double)m.count : 0;
        r->E[c] = q->value[c];
        r->S[c] = self->modulus * (q->value[c] + 0.25 * mean) * (c < 3 ? 1 : 0.5);
        if (self->company) r->S[c] *= 1 + 1e-15 * (double)i;
        if (q->wants & FEMD_WANT_TANGENT) r->D[7 * c] = self->modulus * (c < 3 ? 1 : 0.5);
        m.sum[c] += q->value[c];
    }
    m.count++;
    r->J = 1 + q->value[0] + q->value[1] + q->value[2];
    r->provided = q->wants;
    if (q->value[1] > 0.5) r->S[0] = NAN;
    const femd_status rc = femd_buffer_append(b->state_out + i, &m, sizeof m, &b->err[i]);
    if (q->value[0] > 0.5)
        r->status = femd_fail(&b->err[i], FEMD_OUT_OF_DOMAIN, "E11 = %g is more than this law knows", q->value[0]);
    else if (q->value[0] > 0.4)
        r->provided = FEMD_WANT_STRESS;
    else if (q->value[0] > 0.3)
        r->status = 42;
    else
        r->status = rc;
    if (q->value[0] > 0.2) r->provided &= ~(uint32_t)FEMD_WANT_TANGENT;
    return 1;
}

static void flip_last_bit(double *value) {
    uint64_t bits;
    memcpy(&bits, value, sizeof bits);
    bits ^= 1;
    memcpy(value, &bits, sizeof bits);
}

/* Sure and wrong. "every N": the last bit of S11 in each N-th answer; "shift": the answer of a strain 0.5 larger;
 * "later": S11 a thousandth too large wherever there was a step before. */
static void lie(const law *self, femd_response *r, const femd_bytes *state_in) {
    static int answers;
    const char *how = getenv("FEMD_TEST_LIE");
    int every = 0;
    if (!how) return;
    if (sscanf(how, "every %d", &every) == 1 && every > 0 && ++answers % every == 0) flip_last_bit(&r->S[0]);
    if (strcmp(how, "shift") == 0) r->S[0] += 0.5 * self->modulus;
    if (strcmp(how, "later") == 0 && state_in->size) r->S[0] *= 1.001;
}

static int wait_for(const law *self, const femd_beat *beat, double fraction) {
    const struct timespec pause = {(time_t)self->cost, (long)(1e9 * (self->cost - floor(self->cost)))};
    if (self->cost > 0) nanosleep(&pause, NULL);
    return self->cost > 0 && beat && beat->beat ? beat->beat(beat->user, fraction) : 0;
}

static femd_status evaluate_many_batch(void *instance, const femd_engine_batch *b, const femd_beat *beat,
                                       femd_error *err) {
    const law *self = instance;
    log_size(self, b->n);
    for (size_t i = 0; i < b->n; i++) {
        if (wait_for(self, beat, (double)i / (double)b->n)) return FEMD_CANCELLED;
        if (!answer(self, b, i)) return femd_fail(err, FEMD_IO, "the device is lost");
        lie(self, &b->response[i], &b->state_in[i]);
    }
    return FEMD_OK;
}

static femd_status evaluate_batch(void *instance, const femd_request *q, const femd_bytes *state_in,
                                  const femd_beat *beat, femd_response *r, femd_buffer *state_out, femd_error *err) {
    const femd_engine_batch one = {1, q, state_in, r, state_out, err};
    r->status = FEMD_UNANSWERED;
    const femd_status rc = evaluate_many_batch(instance, &one, beat, err);
    return rc == FEMD_OK ? (femd_status)r->status : rc;
}

FEMD_API const femd_engine femd_engine_v1 = {
    .abi = FEMD_ENGINE_ABI,
    .number = FEMD_ENGINE_USER,
    .name = "batch",
    .version = 1,
    .open = open_batch,
    .evaluate = evaluate_batch,
    .evaluate_many = evaluate_many_batch,
    .dump = NULL,
    .close = close_batch,
};
