/* See averaged.h. */
#include "vibrations/averaged.h"

#include <math.h>
#include <stdlib.h>

enum { PAIRS = FEMD_AVERAGE_PAIRS, FEW = FEMD_AVERAGE_FEW, THERE = 3, BACK = 1 };
static const double WARMER = 0.02;      /* of T: step of a derivative by temperature, */
static const double WARMER_LEAST = 0.5; /* K, at least */
static const double ANHARMONIC = 0.05;  /* of the thermal stress: what second order may add untold */
/* Of what the thermal stress has beyond first order in T, S_th - T dS/dT, of which the trial state makes the next order
 * and not those after it. An estimate from the table "Rough tables" of docs/verification.md. */
static const double BENT = 0.2;
static const double STRESS_LEAST = 1e8; /* Pa: a thermal stress that counts as one */

femd_status femd_averaged_create(int natoms, femd_averaged **out, femd_error *err) {
    const size_t n3 = 3 * (size_t)natoms;
    femd_averaged *averaged = calloc(1, sizeof *averaged);
    double *next = averaged ? calloc(n3 * (4 + PAIRS + 3 * n3), sizeof *next) : NULL;
    *out = averaged;
    if (!next) {
        femd_averaged_destroy(out);
        return femd_fail(err, FEMD_NO_MEMORY, "vibrations of %d atoms: out of memory", natoms);
    }
    averaged->x = next;
    averaged->held = averaged->x + n3;
    averaged->w = averaged->held + n3;
    averaged->w1 = averaged->w + n3;
    averaged->u = averaged->w1 + n3;
    averaged->A = averaged->u + PAIRS * n3;
    averaged->A1 = averaged->A + n3 * n3;
    averaged->slope = averaged->A1 + n3 * n3;
    const femd_status rc = femd_average_create(natoms, &averaged->average, err);
    if (rc != FEMD_OK) femd_averaged_destroy(out);
    return rc;
}

void femd_averaged_destroy(femd_averaged **averaged) {
    if (!averaged || !*averaged) return;
    femd_average_destroy(&(*averaged)->average);
    free((*averaged)->x);
    free(*averaged);
    *averaged = NULL;
}

/* What all parts of one evaluation need. */
typedef struct scene {
    femd_averaged *to;
    femd_phonons *phonons;
    femd_path *path;
    const femd_beat *beat;
} scene;

/* A state seen as stresses: of the mean and of each pair. */
typedef struct seen {
    femd_place place;
    double S[6], of[PAIRS][6], odd[PAIRS], U;
} seen;

/* A state near the one that is there: at E and T, from force constants in average->A and displacements w. */
static femd_status averaged_visit(const scene *s, const double E[6], double T, const double *w, int rounds,
                                  size_t pairs, seen *out, femd_error *err) {
    femd_rve *rve = s->path->rve;
    femd_average *average = s->to->average;
    FEMD_TRY(femd_place_set(rve, E, &out->place, err));
    femd_place_atoms(rve, &out->place, w, average->x);
    FEMD_TRY(femd_average_iterate(average, s->phonons, rve, &out->place, T, rounds, s->beat, err));
    FEMD_TRY(femd_average_look(average, s->phonons, rve, &out->place, pairs, err));
    femd_place_stress(rve, &out->place, average->tau, out->S);
    for (size_t k = 0; k < pairs; k++) femd_place_stress(rve, &out->place, average->of[k], out->of[k]);
    memcpy(out->odd, average->odd, sizeof out->odd);
    out->U = average->U;
    return FEMD_OK;
}

/* A state on one side of the base, from there and w + step G; then, from the mirror image of what was found, the one on
 * the other side, which is right to second order at once. Afterwards A1 and average->A are the force constants of both.
 */
static femd_status averaged_both_sides(const scene *s, double E[2][6], const double T[2], const double *G, double step,
                                       size_t pairs, seen side[2], femd_error *err) {
    femd_averaged *to = s->to;
    femd_average *average = to->average;
    const size_t n3 = average->n3, size = n3 * n3;
    memcpy(average->A, to->A, size * sizeof *to->A);
    for (size_t i = 0; i < n3; i++) to->w1[i] = to->w[i] + (G ? step * G[i] : 0);
    FEMD_TRY(averaged_visit(s, E[0], T[0], to->w1, THERE, pairs, &side[0], err));
    femd_place_displacements(s->path->rve, &side[0].place, average->x, to->w1);
    memcpy(to->A1, average->A, size * sizeof *to->A1);
    for (size_t i = 0; i < size; i++) average->A[i] = 2 * to->A[i] - to->A1[i];
    for (size_t i = 0; i < n3; i++) to->w1[i] = 2 * to->w[i] - to->w1[i];
    return averaged_visit(s, E[1], T[1], to->w1, BACK, pairs, &side[1], err);
}

/* Mean of v over pairs, strided, and its standard error. */
static double averaged_mean(const double *v, size_t stride, size_t pairs, double *error) {
    const double n = (double)pairs;
    double mean = 0, square = 0;
    for (size_t k = 0; k < pairs; k++) mean += v[k * stride] / n;
    for (size_t k = 0; k < pairs; k++) square += (v[k * stride] - mean) * (v[k * stride] - mean);
    *error = sqrt(square / (n * (n - 1)));
    return mean;
}

/* (S(0) - S(1))/span and its scatter. */
static void averaged_difference(const seen side[2], double span, size_t pairs, double d[6], double error[6]) {
    double of[PAIRS][6];
    for (size_t k = 0; k < pairs; k++)
        for (int c = 0; c < 6; c++) of[k][c] = (side[0].of[k][c] - side[1].of[k][c]) / span;
    for (int c = 0; c < 6; c++) {
        (void)averaged_mean(&of[0][c], 6, pairs, &error[c]);
        d[c] = (side[0].S[c] - side[1].S[c]) / span;
    }
}

/* terms[..][c] from the virials at fixed displacements (u does not follow the strain, as it does in a virial) and from
 * the exact mean of what is of second order. turn: dU/dE_c U^-1. */
static void averaged_put_terms(const scene *s, int c, double h, const double turn[9]) {
    femd_averaged *to = s->to;
    femd_average *average = to->average;
    const size_t n3 = average->n3, size = n3 * n3;
    double exact = 0;
    for (size_t i = 0; i < size; i++) {
        to->A1[i] = (to->A1[i] - average->A[i]) / (2 * h);
        exact += to->slope[i] * to->A1[i];
    }
    for (size_t k = 0; k < PAIRS; k++) {
        for (int i = 0; i < 9; i++) to->terms[k][c] += turn[i] * to->pull[k][i];
        to->terms[k][c] += exact - femd_average_harmonic(average, s->phonons, to->A1, to->u + k * n3);
    }
}

/* What second order adds to S in the component of which these are both sides, as far as its own scatter leaves any of
 * it: the root of its square less that of its error. Pa. */
static double averaged_second_order(const seen side[2], double span, double kT, double unit) {
    double rate[FEW], error;
    if (!(kT > 0)) return 0;
    for (int k = 0; k < FEW; k++) rate[k] = -unit * (side[0].odd[k] - side[1].odd[k]) / (2 * kT * span);
    const double mean = averaged_mean(rate, 1, FEW, &error);
    return sqrt(fmax(mean * mean - error * error, 0));
}

/* One column of D; *second: as above. */
static femd_status averaged_column(const scene *s, double T, int c, double h, double column[6], double error[6],
                                   double *second, femd_error *err) {
    const femd_path *path = s->path;
    double E[2][6], rate[9], turn[9];
    seen side[2];
    for (int k = 0; k < 2; k++) {
        memcpy(E[k], path->E, sizeof E[k]);
        E[k][c] += k ? -h : h;
    }
    const double both[2] = {T, T};
    FEMD_TRY(averaged_both_sides(s, E, both, path->G + (size_t)c * s->to->average->n3, h, FEW, side, err));
    averaged_difference(side, 2 * h, FEW, column, error);
    *second = averaged_second_order(side, 2 * h, femd_phonon_k * T, FEMD_EV_PER_A3 / path->rve->V0);
    for (int i = 0; i < 9; i++) rate[i] = (side[0].place.U[i] - side[1].place.U[i]) / (2 * h);
    femd_mul3(rate, path->place.A, turn);
    averaged_put_terms(s, c, h, turn);
    return FEMD_OK;
}

static femd_status averaged_columns(const scene *s, double T, double h, double D[36], double second[6],
                                    femd_error *err) {
    double columns[6][6], error[6][6];
    for (int c = 0; c < 6; c++) FEMD_TRY(averaged_column(s, T, c, h, columns[c], error[c], &second[c], err));
    for (int a = 0; D && a < 6; a++)
        for (int b = 0; b < 6; b++) {
            D[6 * a + b] = 0.5 * (columns[a][b] + columns[b][a]);
            s->to->scatter.D[6 * a + b] = 0.5 * (error[a][b] + error[b][a]);
        }
    return FEMD_OK;
}

static femd_status averaged_warmed(const scene *s, double T, femd_error *err) {
    femd_averaged *to = s->to;
    const double step = fmax(WARMER * T, WARMER_LEAST), both[2] = {T + step, fmax(T - step, 0)};
    double E[2][6];
    seen side[2];
    for (int k = 0; k < 2; k++) memcpy(E[k], s->path->E, sizeof E[k]);
    FEMD_TRY(averaged_both_sides(s, E, both, NULL, 0, PAIRS, side, err));
    averaged_difference(side, both[0] - both[1], PAIRS, to->dSdT, to->scatter.dSdT);
    to->C = (side[0].U - side[1].U) / (both[0] - both[1]);
    return FEMD_OK;
}

/* f'(A) of the trial state. */
static void averaged_keep_slope(const scene *s) {
    const femd_phonons *phonons = s->phonons;
    const double *from = phonons->slope ? phonons->slope : phonons->slope_T, factor = phonons->slope ? 1 : phonons->T;
    for (size_t i = 0; i < phonons->size; i++) s->to->slope[i] = factor * from[i];
}

/* The state itself, and what is kept of it. */
static femd_status averaged_base(const scene *s, double T, femd_error *err) {
    femd_averaged *to = s->to;
    femd_average *average = to->average;
    femd_path *path = s->path;
    const size_t n3 = average->n3, bytes = n3 * sizeof(double);
    int settled;
    FEMD_TRY(femd_phonons_sample(s->phonons, path->rve, &path->place, path->x, err));
    memcpy(average->A, s->phonons->a, n3 * bytes);
    memcpy(average->x, path->x, bytes);
    FEMD_TRY(femd_average_settle(average, s->phonons, path->rve, &path->place, T, s->beat, &settled, err));
    if (!settled)
        return femd_fail(err, FEMD_NOT_CONVERGED,
                         "no self-consistent vibrations were found at %g K; the method \"md\" samples such atoms", T);
    FEMD_TRY(femd_average_look(average, s->phonons, path->rve, &path->place, PAIRS, err));
    averaged_keep_slope(s);
    memcpy(to->A, average->A, n3 * bytes);
    memcpy(to->u, average->u, PAIRS * bytes);
    memcpy(to->x, average->x, bytes);
    memcpy(to->held, average->held, bytes);
    memcpy(to->at_rest, average->at_rest, sizeof to->at_rest);
    memcpy(to->pull, average->pull, sizeof to->pull);
    femd_place_displacements(path->rve, &path->place, to->x, to->w);
    to->F = average->F;
    to->U = average->U;
    to->C = 0;
    return FEMD_OK;
}

/* terms: dV/dE of each pair, u following the strain; what is missing comes with the columns. */
static void averaged_begin_terms(const scene *s) {
    femd_averaged *to = s->to;
    const femd_path *path = s->path;
    for (int k = 0; k < PAIRS; k++) {
        double tau[6];
        for (int c = 0; c < 6; c++) tau[c] = to->average->of[k][c] + to->average->kinetic[c];
        femd_place_stress(path->rve, &path->place, tau, to->terms[k]);
        for (int c = 0; c < 6; c++) to->terms[k][c] *= path->rve->V0 / FEMD_EV_PER_A3;
    }
}

femd_status femd_averaged_strain(femd_averaged *averaged, femd_phonons *phonons, femd_native *native,
                                 const femd_conditions *q, double h, double S[6], double D[36], femd_error *err) {
    femd_path *path = &native->path;
    const scene s = {averaged, phonons, path, q->beat};
    const double unit = FEMD_EV_PER_A3 / path->rve->V0, *thermal = averaged->thermal;
    double at_rest[6], second[6];
    int largest = 0;
    memset(&averaged->scatter, 0, sizeof averaged->scatter);
    FEMD_TRY(averaged_base(&s, q->temperature, err));
    averaged_begin_terms(&s);
    FEMD_TRY(averaged_columns(&s, q->temperature, h, D, second, err));
    femd_place_stress(path->rve, &path->place, path->last.tau, at_rest);
    for (int c = 0; c < 6; c++) {
        S[c] = unit * averaged_mean(&averaged->terms[0][c], 6, PAIRS, &averaged->scatter.S[c]);
        averaged->scatter.S[c] *= unit;
        averaged->thermal[c] = S[c] - at_rest[c];
        if (fabs(thermal[c]) > fabs(thermal[largest])) largest = c;
    }
    averaged->beyond = second[largest] / fmax(fabs(thermal[largest]), STRESS_LEAST);
    FEMD_TRY(averaged_warmed(&s, q->temperature, err));
    for (int c = 0; c < 6; c++) {
        const double odd = averaged->beyond * thermal[c],
                     bent = BENT * (thermal[c] - q->temperature * averaged->dSdT[c]);
        averaged->lacking[c] = sqrt(odd * odd + bent * bent);
    }
    return FEMD_OK;
}

void femd_averaged_tell(const femd_averaged *averaged, uint32_t wants, femd_response *response) {
    if (averaged->beyond > ANHARMONIC) response->notes |= FEMD_NOTE_ANHARMONIC;
    if (!(wants & FEMD_WANT_STRESS)) return;
    for (int c = 0; c < 6; c++) {
        const double more = averaged->lacking[c];
        response->S_err[c] = sqrt(response->S_err[c] * response->S_err[c] + more * more);
    }
}
