/* A server whose law is S = D E, with a D of no symmetry but its own, so that a component in the wrong place is seen.
 * It answers COMMIT too, and remembers the last. */
#ifndef FEMD_TEST_LAW_SERVER_H
#define FEMD_TEST_LAW_SERVER_H

#include <math.h>

#include "fake_server.h"
#include "femd/arrays.h"
#include "femd/kinematics.h"

static const femd_hash material = {{1, 2, 3}};

static inline double law_D(int i, int j) {
    const int low = i < j ? i : j, high = i < j ? j : i;
    return 1e9 * (low == high ? 40 + 3 * low : 1 + low + 0.37 * high * high);
}

enum { BAD = 13, LOST = 17 }; /* points that have no answer */

static inline void law(const femd_request *q, femd_response *r) {
    *r = (femd_response){.status = q->point == BAD    ? FEMD_INSTABILITY
                                   : q->point == LOST ? FEMD_STATE_LOST
                                                      : FEMD_OK,
                         .provided = q->wants,
                         .sampled = 1,
                         .J = 1,
                         .energy = q->temperature,
                         .notes = FEMD_NOTE_ROUGH_POTENTIAL};
    if (q->control == FEMD_CONTROL_PRESSURE) r->J = 1 + 1e-11 * q->pressure;
    for (int i = 0; i < 6; i++) {
        for (int j = 0; j < 6; j++) {
            r->D[6 * i + j] = law_D(i, j);
            r->S[i] += r->D[6 * i + j] * q->value[j];
        }
        r->dSdT[i] = 1e5 * (i + 1);
        r->E[i] = q->value[i];
        r->k[i] = i < 3 ? 10 + i : 0.5 * i;
        r->k_err[i] = 0.1 * (i + 1);
        r->k_electronic[i] = i < 3 ? 2 : 0;
    }
    if (q->flags & FEMD_REQUEST_EXCHANGE) {
        r->x = 0.5 + 1e19 * q->delta_mu[0];
        r->x_2 = 0.25 + 1e19 * q->delta_mu[1];
        r->x_3 = 1e19 * q->delta_mu[2];
        r->x_err = 0.001;
    }
    r->state_out = q->state_in;
    r->state_out.b[0] = (uint8_t)(r->state_out.b[0] + 1);
    r->state_out.b[31] = (uint8_t)q->point;
}

typedef struct seen {
    unsigned commits, entries;
    uint32_t step;
    femd_commit_entry entry[8];
    femd_request last;
} seen;

static inline void answer_commit(fake_server *s, const femd_frame *f) {
    seen *to = s->test;
    femd_reader rd;
    if (femd_commit_open(f, &to->step, &rd, NULL) != FEMD_OK) return;
    to->commits++;
    to->entries = f->count;
    for (int i = 0; i < 8 && femd_commit_next(&rd, &to->entry[i], NULL) == 1; i++) {}
    fake_send_bare(s, FEMD_MSG_COMMITTED, f->id);
}

static inline void serve_law(fake_server *s, const femd_frame *f) {
    seen *to = s->test;
    femd_reader rd;
    femd_hash id;
    femd_response r;
    uint8_t bytes[FEMD_RESPONSE_BYTES_MAX + 8 + FEMD_RESPONSE_WORDS_MAX];
    if (f->type == FEMD_MSG_COMMIT) answer_commit(s, f);
    if (f->type != FEMD_MSG_EVALUATE || femd_evaluate_open(f, &id, &rd, NULL) != FEMD_OK) return;
    if (femd_frame_begin(&s->out, FEMD_MSG_RESULT, f->id, NULL) != FEMD_OK) return;
    for (uint32_t i = 0; femd_evaluate_next(&rd, &to->last, NULL) == 1; i++) {
        law(&to->last, &r);
        const char *words = r.status == FEMD_OK ? NULL : "it buckles";
        const femd_result e = {.index = i,
                               .response = {bytes, words ? femd_response_encode_words(&r, words, bytes)
                                                         : femd_response_encode(&r, bytes)}};
        if (femd_result_add(&s->out, &e, NULL) != FEMD_OK) return;
    }
    femd_frame_finish(&s->out, f->count);
    fake_send(s);
}

typedef struct bench {
    fake_server server;
    femd_client *client;
    seen seen;
    femd_error err;
} bench;

static inline void bench_open(bench *b) {
    memset(b, 0, sizeof *b);
    b->server.handle = serve_law;
    b->server.test = &b->seen;
    fake_start(&b->server);
    b->client = fake_client(&b->server);
}

static inline void bench_close(bench *b) {
    femd_client_close(&b->client);
    fake_stop(&b->server);
}

static inline femd_status bench_ask(bench *b, const femd_arrays *arrays) {
    femd_status worst;
    femd_error_clear(&b->err);
    if (femd_arrays_evaluate(b->client, &material, arrays, &worst, &b->err) != FEMD_OK) fail_msg("%s", b->err.text);
    return worst;
}

static inline void assert_near(double a, double b, double tolerance) {
    if (!(fabs(a - b) <= tolerance)) fail_msg("%.17g is not %.17g to %g", a, b, tolerance);
}

static const double some_F[9] = {1.05, 0.02, -0.03, 0.04, 0.97, 0.05, -0.01, 0.06, 1.02};

#endif
