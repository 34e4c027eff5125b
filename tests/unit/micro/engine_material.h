/* Helpers of the engine tests: a material from JSON text, one evaluation, comparisons. Every failure is a failed
 * assertion with the words of the error. */
#ifndef FEMD_TEST_ENGINE_MATERIAL_H
#define FEMD_TEST_ENGINE_MATERIAL_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "femd/hash.h"
#include "femd/kinematics.h"
#include "micro.h"

#define GPA   1e9
#define BASIC (FEMD_WANT_STRESS | FEMD_WANT_TANGENT)

/* Copper of Mishin et al. 2001 as the LAMMPS package ships it; `structure` are further members of the structure object.
 */
#define COPPER(structure, more)                                                                                        \
    "{\"engine\":\"native\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"3.615 "                                         \
    "angstrom\",\"species\":[\"Cu\"]" structure                                                                        \
    "},\"potential\":{\"style\":\"eam/alloy\",\"file\":\"Cu_mishin1.eam.alloy\"}" more "}"

static inline femd_status try_open(const char *json, femd_material **m, femd_error *err) {
    femd_json doc = FEMD_JSON_INIT;
    femd_buffer pack = FEMD_BUFFER_INIT;
    femd_status rc = femd_json_parse(json, strlen(json), "test", &doc, err);
    if (rc == FEMD_OK) rc = femd_material_pack(&doc, doc.root, ".", &pack, err);
    if (rc == FEMD_OK) rc = femd_material_open(pack.data, pack.size, m, err);
    femd_buffer_clear(&pack);
    femd_json_clear(&doc);
    return rc;
}

/* A material that is not taken, and what stands in the words. */
typedef struct refusal {
    const char *json, *words;
} refusal;

static inline void assert_all_refused(const refusal *list, size_t n) {
    for (size_t k = 0; k < n; k++) {
        femd_material *m = NULL;
        femd_error err = FEMD_ERROR_INIT;
        assert_int_not_equal(try_open(list[k].json, &m, &err), FEMD_OK);
        if (!strstr(err.text, list[k].words)) fail_msg("%s: %s", list[k].words, err.text);
    }
}

static inline femd_material *open_material(const char *json) {
    femd_material *m = NULL;
    femd_error err = FEMD_ERROR_INIT;
    if (try_open(json, &m, &err) != FEMD_OK) fail_msg("%s", err.text);
    return m;
}

/* Evaluate at strain E from state (NULL = virgin) into *r and *out (may be NULL: thrown away). */
static inline femd_status try_request(femd_material *m, const femd_request *q, const femd_buffer *state,
                                      femd_response *r, femd_buffer *out, femd_error *err) {
    femd_buffer scratch = FEMD_BUFFER_INIT;
    const femd_bytes in = {state ? state->data : NULL, state ? state->size : 0};
    const femd_status rc = femd_material_evaluate(m, q, &in, NULL, r, out ? out : &scratch, err);
    femd_buffer_clear(&scratch);
    return rc;
}

static inline void request(femd_material *m, const femd_request *q, const femd_buffer *state, femd_response *r,
                           femd_buffer *out) {
    femd_error err = FEMD_ERROR_INIT;
    if (try_request(m, q, state, r, out, &err) != FEMD_OK) fail_msg("%s", err.text);
    assert_int_equal(r->status, FEMD_OK);
    assert_true(r->hill_mandel <= 1e-9);
}

static inline void evaluate(femd_material *m, const double E[6], uint32_t wants, const femd_buffer *state,
                            femd_response *r, femd_buffer *out) {
    femd_request q = {.wants = wants};
    memcpy(q.value, E, sizeof q.value);
    request(m, &q, state, r, out);
}

static inline double largest(int n, const double *v) {
    double m = 0;
    for (int i = 0; i < n; i++) m = fmax(m, fabs(v[i]));
    return m;
}

static inline double largest_difference(int n, const double *a, const double *b) {
    double m = 0;
    for (int i = 0; i < n; i++) m = fmax(m, fabs(a[i] - b[i]));
    return m;
}

/* Largest deviation of D from central differences of the relaxed stress, relative to the largest entry of D. Every
 * difference starts from the state at E. */
static inline double tangent_error(femd_material *m, const double E[6], const femd_buffer *state_in, double step) {
    femd_response r, plus, minus;
    femd_buffer state = FEMD_BUFFER_INIT;
    evaluate(m, E, BASIC, state_in, &r, &state);
    double worst = 0;
    for (int c = 0; c < 6; c++) {
        double at[6];
        memcpy(at, E, sizeof at);
        at[c] = E[c] + step;
        evaluate(m, at, FEMD_WANT_STRESS, &state, &plus, NULL);
        at[c] = E[c] - step;
        evaluate(m, at, FEMD_WANT_STRESS, &state, &minus, NULL);
        for (int i = 0; i < 6; i++) {
            const double d = (plus.S[i] - minus.S[i]) / (2 * step);
            worst = fmax(worst, fabs(d - r.D[6 * i + c]));
        }
    }
    femd_buffer_clear(&state);
    return worst / largest(36, r.D);
}

/* Extended XYZ of a state: cell (rows), positions; returns the number of atoms. */
static inline int dump_atoms(femd_material *m, const femd_buffer *state, double cell[9], double **x) {
    femd_error err = FEMD_ERROR_INIT;
    femd_buffer text = FEMD_BUFFER_INIT;
    const femd_bytes in = {state ? state->data : NULL, state ? state->size : 0};
    if (femd_material_dump(m, &in, &text, &err) != FEMD_OK) fail_msg("%s", err.text);
    assert_int_equal(femd_buffer_append(&text, "", 1, &err), FEMD_OK);
    char *at = (char *)text.data;
    const int n = (int)strtol(at, &at, 10);
    at = strstr(at, "Lattice=\"") + 9;
    for (int i = 0; i < 9; i++) cell[i] = strtod(at, &at);
    at = strchr(at, '\n');
    *x = malloc(3 * (size_t)n * sizeof **x);
    for (int i = 0; i < n; i++) {
        at++;
        while (*at != ' ') at++;
        for (int c = 0; c < 3; c++) (*x)[3 * i + c] = strtod(at, &at);
        at = strchr(at, '\n');
    }
    femd_buffer_clear(&text);
    return n;
}

#endif
