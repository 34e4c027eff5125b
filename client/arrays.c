/* Arrays of points, as hosts have them, to requests and from responses. Layouts are layouts.c's, waiting is
 * collect.c's; here stands which point is asked, and what becomes of one that fails. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array_points.h"
#include "batch.h"
#include "femd/arrays.h"
#include "femd/kinematics.h"
#include "femd/tensor3.h"
#include "layouts.h"
#include "names.h"

struct femd_array_batch {
    femd_arrays arrays; /* the caller's */
    femd_batch *batch;
    const femd_batch *answers; /* the same while its answers are handed on */
    size_t nsent;
    size_t *sent; /* point of each request */
    femd_status worst;
    femd_error why; /* words of that point */
};

/* ---- what is asked ---- */

/* A copy in the layout of this libfemd: callers that were built before the last members came have fewer. */
static femd_status arrays_copy(const femd_arrays *given, femd_arrays *a, femd_error *err) {
    if (given->size > sizeof *a || given->size < offsetof(femd_arrays, conductivity) || given->size % sizeof(void *))
        return femd_fail(
            err, FEMD_BAD_ARGUMENT,
            "femd_arrays: size is %zu, here a femd_arrays has %zu bytes; set it to sizeof, and build against "
            "the headers of this libfemd",
            given->size, sizeof *a);
    memset(a, 0, sizeof *a);
    memcpy(a, given, given->size);
    return FEMD_OK;
}

static femd_status arrays_check(const femd_arrays *a, femd_error *err) {
    const int has_F = a->F != NULL, small = a->law == FEMD_LAW_SMALL, green = a->law == FEMD_LAW_GREEN;
    if (a->law < FEMD_LAW_PIOLA || a->law > FEMD_LAW_SMALL || a->matrix < 0 || a->matrix > FEMD_MATRIX_MFRONT ||
        a->vector < 0 || a->vector > FEMD_VECTOR_MFRONT)
        return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_arrays: no such law (%d), matrix (%d) or vector (%d)", a->law,
                         a->matrix, a->vector);
    if (a->n > UINT32_MAX) /* -1, say, or what is no number of points at all */
        return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_arrays: n is %zu, a batch has at most 2^32 - 1 points", a->n);
    if (a->n && has_F + (a->strain != NULL) != 1)
        return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_arrays: give F or strain");
    if (a->n && ((has_F && small) || (!has_F && !small && !green)))
        return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_arrays: %s",
                         has_F ? "the law of small strains takes strain, not F" : "this law takes F, not strain");
    if (a->token_stride && a->token_stride < FEMD_TOKEN)
        return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_arrays: token_stride is %zu, a token has %d numbers",
                         a->token_stride, FEMD_TOKEN);
    if (a->sweep && !a->token_in)
        return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_arrays: sweep commits the states in token_in, which is NULL");
    if (!(a->accuracy >= 0) || !isfinite(a->accuracy))
        return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_arrays: accuracy is %g, below 0 or not finite", a->accuracy);
    if ((a->composition || a->composition_error) && !a->delta_mu)
        return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_arrays: a composition is answered at a delta_mu, which is NULL");
    if (a->words_size && !a->words) return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_arrays: words is NULL");
    if (!a->status && a->n)
        return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_arrays: status is NULL: points can fail, and it says which");
    return FEMD_OK;
}

static size_t arrays_stride(const femd_arrays *a) {
    return a->token_stride ? a->token_stride : FEMD_TOKEN;
}

static uint64_t arrays_point(const femd_arrays *a, size_t i) {
    return a->points ? a->points[i] : a->first_point + i;
}

static uint32_t arrays_wants(const femd_arrays *a) {
    uint32_t wants = FEMD_WANT_STRESS;
    if (a->tangent) wants |= FEMD_WANT_TANGENT;
    if (a->thermal_stress) wants |= FEMD_WANT_THERMAL_STRESS;
    if (a->energy) wants |= FEMD_WANT_ENERGY;
    if (a->conductivity || a->conductivity_error) wants |= FEMD_WANT_CONDUCTIVITY;
    if (a->composition || a->composition_error) wants |= FEMD_WANT_COMPOSITION;
    return wants;
}

static femd_status arrays_strain(const femd_arrays *a, size_t i, double E[6], femd_error *err) {
    double F[9];
    if (!a->F) {
        layout_strain_in(a->vector, a->strain + 6 * i, E);
        for (int c = 0; c < 6; c++)
            if (!isfinite(E[c])) return femd_fail(err, FEMD_BAD_INPUT, "the strain is not finite");
    } else {
        layout_matrix_in(a->matrix, a->F + 9 * i, F);
        FEMD_TRY(femd_strain_from_F(F, E, err));
    }
    return a->pressure ? layout_isochoric(E, err) : FEMD_OK;
}

/* A deformation that is none fails its point alone; whatever else is wrong fails the call. */
static femd_status arrays_request(const femd_arrays *a, size_t i, femd_request *q, femd_error *err) {
    double Q[9], E[6];
    *q = (femd_request){.point = arrays_point(a, i),
                        .step = a->increment,
                        .attempt = a->attempt,
                        .iteration = a->iteration,
                        .wants = arrays_wants(a),
                        .temperature = a->temperature ? a->temperature[i] : a->temperature_of_all,
                        .accuracy = a->accuracy};
    q->seed = femd_seed(a->seed, q->step, q->point);
    if (a->pressure) {
        q->control = FEMD_CONTROL_PRESSURE;
        q->pressure = a->pressure[i];
    }
    if (a->delta_mu) {
        q->flags |= FEMD_REQUEST_EXCHANGE;
        memcpy(q->delta_mu, a->delta_mu + 3 * i, sizeof q->delta_mu);
        for (int k = 0; k < 3; k++)
            if (!isfinite(q->delta_mu[k]))
                return femd_fail(err, FEMD_BAD_ARGUMENT, "point %llu: its delta_mu is not finite",
                                 (unsigned long long)q->point);
    }
    if (!(q->temperature >= 0) || !isfinite(q->temperature) || !isfinite(q->pressure))
        return femd_fail(err, FEMD_BAD_ARGUMENT, "point %llu: its temperature is %g K, its pressure %g Pa",
                         (unsigned long long)q->point, q->temperature, q->pressure);
    if (a->token_in && femd_token_to_state(a->token_in + i * arrays_stride(a), &q->state_in, err) != FEMD_OK)
        return femd_error_prefix(err, "point %llu", (unsigned long long)q->point);
    if (arrays_strain(a, i, E, err) != FEMD_OK) return FEMD_OUT_OF_DOMAIN;
    memcpy(q->value, E, sizeof E);
    if (!a->Q) return FEMD_OK;
    layout_matrix_in(a->matrix, a->Q + 9 * i, Q);
    if (femd_rotation_check(Q, err) != FEMD_OK)
        return femd_error_prefix(err, "point %llu: its orientation", (unsigned long long)q->point);
    femd_strain_rotate(Q, E, q->value);
    return FEMD_OK;
}

/* ---- what comes ---- */

/* Blocks of a stress and a tangent, in numbers. */
static size_t arrays_stress_size(const femd_arrays *a) {
    return a->law == FEMD_LAW_PIOLA ? 9 : 6;
}

static void arrays_fill(double *array, size_t i, size_t size) {
    if (!array) return;
    for (size_t k = 0; k < size; k++) array[i * size + k] = NAN;
}

/* A point without an answer. */
static void arrays_fail_point(femd_array_batch *b, size_t i, femd_status status, const char *words, size_t length) {
    const femd_arrays *a = &b->arrays;
    const size_t size = arrays_stress_size(a);
    a->status[i] = status;
    if (a->words_size) snprintf(a->words + i * a->words_size, a->words_size, "%.*s", (int)length, words);
    arrays_fill(a->stress, i, size);
    arrays_fill(a->tangent, i, size * size);
    arrays_fill(a->thermal_stress, i, size);
    arrays_fill(a->energy, i, 1);
    arrays_fill(a->J, i, 1);
    arrays_fill(a->error, i, 1);
    arrays_fill(a->conductivity, i, size);
    arrays_fill(a->conductivity_error, i, 1);
    arrays_fill(a->composition, i, 4);
    arrays_fill(a->composition_error, i, 1);
    if (a->notes) a->notes[i] = 0;
    for (int k = 0; a->token_out && k < FEMD_TOKEN; k++) a->token_out[i * arrays_stride(a) + (size_t)k] = NAN;
    const int own = !femd_status_is_physics(status);
    if (b->worst != FEMD_OK && !(own && femd_status_is_physics(b->worst))) return;
    b->worst = status;
    femd_fail(&b->why, status, "point %llu: %s%s%.*s", (unsigned long long)arrays_point(a, i), femd_status_text(status),
              length ? ": " : "", (int)length, words);
}

/* F of the point, with the volume that was found if that was free. */
static void arrays_reached_F(const femd_arrays *a, size_t i, const femd_response *r, double F[9]) {
    layout_matrix_in(a->matrix, a->F + 9 * i, F);
    if (!a->pressure) return;
    const double scale = cbrt(r->J / femd_det3(F));
    for (int k = 0; k < 9; k++) F[k] *= scale;
}

static void arrays_give_piola(const femd_arrays *a, size_t i, const femd_response *r) {
    double F[9], P[9], A[81];
    arrays_reached_F(a, i, r, F);
    femd_first_piola(F, r->S, r->D, P, a->tangent ? A : NULL);
    if (a->stress) layout_matrix_out(a->matrix, P, a->stress + 9 * i);
    if (a->tangent) layout_fourth_out(a->matrix, A, a->tangent + 81 * i);
    if (!a->thermal_stress) return;
    femd_first_piola(F, r->dSdT, r->D, P, NULL);
    layout_matrix_out(a->matrix, P, a->thermal_stress + 9 * i);
}

static void arrays_give_cauchy(const femd_arrays *a, size_t i, const femd_response *r) {
    double F[9], sigma[6], C[36];
    arrays_reached_F(a, i, r, F);
    if (a->tangent)
        femd_jaumann(F, r->S, r->D, sigma, C);
    else
        femd_cauchy(F, r->S, sigma);
    if (a->stress) layout_stress_out(a->vector, sigma, a->stress + 6 * i);
    if (a->tangent) layout_tangent_out(a->vector, C, a->tangent + 36 * i);
    if (!a->thermal_stress) return;
    femd_cauchy(F, r->dSdT, sigma);
    layout_stress_out(a->vector, sigma, a->thermal_stress + 6 * i);
}

static void arrays_give_green(const femd_arrays *a, size_t i, const femd_response *r) {
    if (a->stress) layout_stress_out(a->vector, r->S, a->stress + 6 * i);
    if (a->tangent) layout_tangent_out(a->vector, r->D, a->tangent + 36 * i);
    if (a->thermal_stress) layout_stress_out(a->vector, r->dSdT, a->thermal_stress + 6 * i);
}

/* k of the wire is that of the frame F = U. */
static femd_status arrays_give_conductivity(const femd_arrays *a, size_t i, const femd_response *r, femd_error *err) {
    double F[9], full[9], k[6], out[6];
    for (int c = 0; c < 6; c++) k[c] = r->k[c] + r->k_electronic[c];
    if (a->F)
        arrays_reached_F(a, i, r, F);
    else
        FEMD_TRY(femd_stretch_from_E(r->E, F, err));
    const int spatial = a->law == FEMD_LAW_CAUCHY;
    FEMD_TRY(femd_conductivity(F, k, spatial ? out : NULL, spatial ? NULL : out, err));
    if (a->law == FEMD_LAW_PIOLA) {
        femd_voigt_to_full(out, 0, full);
        layout_matrix_out(a->matrix, full, a->conductivity + 9 * i);
    } else {
        layout_stress_out(a->vector, out, a->conductivity + 6 * i);
    }
    return FEMD_OK;
}

static double arrays_largest(const double error[6]) {
    double largest = 0;
    for (int c = 0; c < 6; c++) largest = fmax(largest, error[c]);
    return largest;
}

static void arrays_give(const femd_arrays *a, size_t i, const femd_response *r) {
    a->status[i] = FEMD_OK;
    if (a->words_size) a->words[i * a->words_size] = '\0';
    if (a->law == FEMD_LAW_PIOLA)
        arrays_give_piola(a, i, r);
    else if (a->law == FEMD_LAW_CAUCHY)
        arrays_give_cauchy(a, i, r);
    else
        arrays_give_green(a, i, r);
    if (a->energy) a->energy[i] = r->energy;
    if (a->J) a->J[i] = r->J;
    if (a->notes) a->notes[i] = r->notes;
    if (a->token_out) femd_token_from_state(&r->state_out, a->token_out + i * arrays_stride(a));
    if (a->error) a->error[i] = arrays_largest(r->S_err);
    if (a->conductivity_error) a->conductivity_error[i] = arrays_largest(r->k_err);
    if (a->composition)
        memcpy(a->composition + 4 * i, (const double[4]){r->x, r->x_2, r->x_3, r->x_4}, 4 * sizeof(double));
    if (a->composition_error) a->composition_error[i] = r->x_err;
}

void array_points_take(femd_array_batch *b, size_t k, femd_response *r, const femd_bytes *words) {
    const femd_arrays *a = &b->arrays;
    const size_t i = b->sent[k];
    double Q[9];
    if (r->status != FEMD_OK) {
        arrays_fail_point(b, i, (femd_status)r->status, words->size ? (const char *)words->data : "", words->size);
        return;
    }
    if (a->Q) {
        layout_matrix_in(a->matrix, a->Q + 9 * i, Q);
        if (femd_rotation_check(Q, NULL) == FEMD_OK) femd_response_unrotate(Q, r);
    }
    femd_error why = FEMD_ERROR_INIT;
    const femd_status rc = a->conductivity ? arrays_give_conductivity(a, i, r, &why) : FEMD_OK;
    if (rc != FEMD_OK)
        arrays_fail_point(b, i, rc, why.text, strlen(why.text));
    else
        arrays_give(a, i, r);
}

/* ---- asking ---- */

static void arrays_free(femd_array_batch **batch) {
    if (!*batch) return;
    free((*batch)->sent);
    free(*batch);
    *batch = NULL;
}

static femd_status arrays_name_states(femd_client *c, const femd_arrays *a, femd_error *err) {
    uint64_t *points = malloc((a->n + 1) * sizeof *points);
    femd_hash *states = malloc((a->n + 1) * sizeof *states);
    femd_status rc =
        points && states ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the states of %zu points", a->n);
    for (size_t i = 0; rc == FEMD_OK && i < a->n; i++) {
        points[i] = arrays_point(a, i);
        rc = femd_token_to_state(a->token_in + i * arrays_stride(a), &states[i], err);
        if (rc != FEMD_OK) rc = femd_error_prefix(err, "point %llu", (unsigned long long)points[i]);
    }
    if (rc == FEMD_OK) rc = femd_client_sweep(c, a->increment, points, states, a->n, err);
    free(points);
    free(states);
    return rc;
}

/* The requests of all points that have a deformation; the others have failed already. */
static femd_status arrays_requests(femd_array_batch *b, femd_request *q, femd_error *err) {
    for (size_t i = 0; i < b->arrays.n; i++) {
        femd_error why = FEMD_ERROR_INIT;
        const femd_status rc = arrays_request(&b->arrays, i, &q[b->nsent], &why);
        if (rc == FEMD_OK)
            b->sent[b->nsent++] = i;
        else if (rc == FEMD_OUT_OF_DOMAIN)
            arrays_fail_point(b, i, rc, why.text, strlen(why.text));
        else
            return femd_fail(err, rc, "%s", why.text);
    }
    return FEMD_OK;
}

femd_status array_points_begin(const femd_arrays *arrays, femd_array_batch **batch, femd_request **requests, size_t *n,
                               femd_error *err) {
    femd_arrays own;
    FEMD_TRY(arrays_copy(arrays, &own, err));
    FEMD_TRY(arrays_check(&own, err));
    femd_array_batch *b = calloc(1, sizeof *b);
    femd_request *q = malloc((arrays->n + 1) * sizeof *q);
    if (b) b->sent = malloc((arrays->n + 1) * sizeof *b->sent);
    femd_status rc = b && q && b->sent
                         ? FEMD_OK
                         : femd_fail(err, FEMD_NO_MEMORY, "no memory for the requests of %zu points", arrays->n);
    if (rc == FEMD_OK) {
        b->arrays = own;
        rc = arrays_requests(b, q, err);
    }
    if (rc != FEMD_OK) {
        free(q);
        arrays_free(&b);
        return rc;
    }
    *batch = b;
    *requests = q;
    *n = b->nsent;
    return FEMD_OK;
}

void array_points_end(femd_array_batch **batch, femd_status *worst, femd_error *err) {
    *worst = (*batch)->worst;
    if (*worst != FEMD_OK && err) *err = (*batch)->why;
    arrays_free(batch);
}

femd_status femd_arrays_submit(femd_client *c, const femd_hash *material, const femd_arrays *arrays,
                               femd_array_batch **batch, femd_error *err) {
    femd_request *q;
    femd_array_batch *b;
    size_t n;
    if (!c || !material || !arrays || !batch)
        return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_arrays_submit: NULL argument");
    *batch = NULL;
    FEMD_TRY(array_points_begin(arrays, &b, &q, &n, err));
    femd_status rc = FEMD_OK;
    if (b->arrays.Q && client_find_view(c, material))
        rc = femd_fail(err, FEMD_BAD_ARGUMENT, "femd_arrays: the material is turned already, and Q turns it again");
    if (rc == FEMD_OK && b->arrays.sweep) rc = arrays_name_states(c, &b->arrays, err);
    if (rc == FEMD_OK) rc = femd_client_submit(c, material, q, n, &b->batch, err);
    free(q);
    if (rc == FEMD_OK)
        *batch = b;
    else
        arrays_free(&b);
    return rc;
}

femd_batch *femd_arrays_batch(const femd_array_batch *batch) {
    return batch->batch;
}

static void arrays_sink(void *user, size_t k, femd_response *r) {
    femd_array_batch *b = user;
    const femd_bytes words = batch_words(b->answers, k);
    array_points_take(b, k, r, &words);
}

femd_status femd_arrays_collect(femd_client *c, femd_array_batch **batch, femd_status *worst, femd_error *err) {
    if (!c || !batch || !*batch || !worst)
        return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_arrays_collect: NULL argument");
    femd_array_batch *b = *batch;
    b->answers = b->batch;
    const femd_status rc = femd_client_collect_each(c, &b->batch, arrays_sink, b, err);
    array_points_end(batch, worst, rc == FEMD_OK ? err : NULL);
    return rc;
}

void femd_arrays_cancel(femd_client *c, femd_array_batch **batch) {
    if (!c || !batch || !*batch) return;
    femd_client_cancel(c, &(*batch)->batch);
    arrays_free(batch);
}

femd_status femd_arrays_evaluate(femd_client *c, const femd_hash *material, const femd_arrays *arrays,
                                 femd_status *worst, femd_error *err) {
    femd_array_batch *b = NULL;
    if (!worst) return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_arrays_evaluate: worst is NULL");
    FEMD_TRY(femd_arrays_submit(c, material, arrays, &b, err));
    return femd_arrays_collect(c, &b, worst, err);
}
