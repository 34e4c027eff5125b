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
    double S[6], of[PAIRS][6], odd[PAIRS], even[PAIRS], U;
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
    memcpy(out->even, average->even, sizeof out->even);
    out->U = average->U;
    return FEMD_OK;
}

/* The other side of the base from the mirror image of the state in average->A and w1, which is right to second order
 * at once. Afterwards A1 and average->A are the force constants of both. */
static femd_status averaged_mirror(const scene *s, const double E[6], double T, size_t pairs, seen *side,
                                   femd_error *err) {
    femd_averaged *to = s->to;
    femd_average *average = to->average;
    const size_t n3 = average->n3, size = n3 * n3;
    memcpy(to->A1, average->A, size * sizeof *to->A1);
    for (size_t i = 0; i < size; i++) average->A[i] = 2 * to->A[i] - to->A1[i];
    for (size_t i = 0; i < n3; i++) to->w1[i] = 2 * to->w[i] - to->w1[i];
    return averaged_visit(s, E, T, to->w1, BACK, pairs, side, err);
}

/* States on both sides of the base, the first from there and w + step G. */
static femd_status averaged_both_sides(const scene *s, double E[2][6], const double T[2], const double *G, double step,
                                       size_t pairs, seen side[2], femd_error *err) {
    femd_averaged *to = s->to;
    femd_average *average = to->average;
    const size_t n3 = average->n3;
    memcpy(average->A, to->A, n3 * n3 * sizeof *to->A);
    for (size_t i = 0; i < n3; i++) to->w1[i] = to->w[i] + (G ? step * G[i] : 0);
    FEMD_TRY(averaged_visit(s, E[0], T[0], to->w1, THERE, pairs, &side[0], err));
    femd_place_displacements(s->path->rve, &side[0].place, average->x, to->w1);
    return averaged_mirror(s, E[1], T[1], pairs, &side[1], err);
}

/* The same at half the step, after it: force constants and displacements are then known to second order. */
static femd_status averaged_both_halves(const scene *s, double E[2][6], const double T[2], seen side[2],
                                        femd_error *err) {
    femd_averaged *to = s->to;
    femd_average *average = to->average;
    const size_t n3 = average->n3, size = n3 * n3;
    for (size_t i = 0; i < size; i++) average->A[i] = to->A[i] + 0.25 * (to->A1[i] - average->A[i]);
    for (size_t i = 0; i < n3; i++) to->w1[i] = to->w[i] + 0.5 * (to->w[i] - to->w1[i]); /* w1 is of the second side */
    FEMD_TRY(averaged_visit(s, E[0], T[0], to->w1, BACK, FEW, &side[0], err));
    femd_place_displacements(s->path->rve, &side[0].place, average->x, to->w1);
    return averaged_mirror(s, E[1], T[1], FEW, &side[1], err);
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

/* Distances of (S(0) - S(1))/span from the same by half the span; both by the first pairs. */
static void averaged_uneven(const seen side[2], const seen half[2], double span, double uneven[6]) {
    double whole[6] = {0}, scatter[6];
    for (int k = 0; k < FEW; k++)
        for (int c = 0; c < 6; c++) whole[c] += (side[0].of[k][c] - side[1].of[k][c]) / (FEW * span);
    averaged_difference(half, 0.5 * span, FEW, uneven, scatter);
    for (int c = 0; c < 6; c++) uneven[c] = fabs(uneven[c] - whole[c]);
}

/* terms[..][c] from the virials at fixed displacements (u does not follow the strain, as it does in a virial) and from
 * the exact mean of what is of second order. turn: dU/dE_c U^-1. */
static void averaged_put_terms(const scene *s, int c, double h, const double turn[9]) {
    femd_averaged *to = s->to;
    femd_average *average = to->average;
    const size_t n3 = average->n3, size = n3 * n3;
    double exact = 0;
    for (size_t i = 0; i < size; i++) {
        average->A[i] = (to->A1[i] - average->A[i]) / (2 * h);
        exact += to->slope[i] * average->A[i];
    }
    for (size_t k = 0; k < PAIRS; k++) {
        for (int i = 0; i < 9; i++) to->terms[k][c] += turn[i] * to->pull[k][i];
        to->terms[k][c] += exact - femd_average_harmonic(average, s->phonons, average->A, to->u + k * n3);
    }
    for (size_t i = 0; i < size; i++) average->A[i] = to->A1[i] - 2 * h * average->A[i];
}

/* What one component of strain makes. */
typedef struct column {
    double D[6], scatter[6], uneven[6];
    double second, sure; /* Pa: what second order adds to S there */
} column;

/* What second order adds to S in the component of which these are both sides: on the safe side of its scatter, and what
 * is there whatever that is. Pa. */
static void averaged_second_order(const seen side[2], double span, double kT, double unit, column *of) {
    double rate[FEW], error;
    of->second = of->sure = 0;
    if (!(kT > 0)) return;
    for (int k = 0; k < FEW; k++) rate[k] = -unit * (side[0].odd[k] - side[1].odd[k]) / (2 * kT * span);
    const double mean = averaged_mean(rate, 1, FEW, &error);
    of->second = sqrt(mean * mean + error * error);
    of->sure = fmax(fabs(mean) - error, 0);
}

/* One column of D and how uneven it is. */
static femd_status averaged_column(const scene *s, double T, int c, double h, column *of, femd_error *err) {
    const femd_path *path = s->path;
    double E[2][6], near[2][6], rate[9], turn[9];
    seen side[2], half[2];
    for (int k = 0; k < 2; k++) {
        memcpy(E[k], path->E, sizeof E[k]);
        memcpy(near[k], path->E, sizeof near[k]);
        E[k][c] += k ? -h : h;
        near[k][c] += k ? -0.5 * h : 0.5 * h;
    }
    const double both[2] = {T, T};
    FEMD_TRY(averaged_both_sides(s, E, both, path->G + (size_t)c * s->to->average->n3, h, FEW, side, err));
    averaged_difference(side, 2 * h, FEW, of->D, of->scatter);
    averaged_second_order(side, 2 * h, s->to->kT, FEMD_EV_PER_A3 / path->rve->V0, of);
    for (int i = 0; i < 9; i++) rate[i] = (side[0].place.U[i] - side[1].place.U[i]) / (2 * h);
    femd_mul3(rate, path->place.A, turn);
    averaged_put_terms(s, c, h, turn);
    FEMD_TRY(averaged_both_halves(s, near, both, half, err));
    averaged_uneven(side, half, 2 * h, of->uneven);
    return FEMD_OK;
}

static femd_status averaged_columns(const scene *s, double T, double h, double D[36], column of[6], femd_error *err) {
    femd_averaged *to = s->to;
    for (int c = 0; c < 6; c++) FEMD_TRY(averaged_column(s, T, c, h, &of[c], err));
    for (int a = 0; D && a < 6; a++)
        for (int b = 0; b < 6; b++) {
            D[6 * a + b] = 0.5 * (of[a].D[b] + of[b].D[a]);
            to->scatter.D[6 * a + b] = 0.5 * (of[a].scatter[b] + of[b].scatter[a]);
            to->uneven.D[6 * a + b] = 0.5 * (of[a].uneven[b] + of[b].uneven[a]);
        }
    return FEMD_OK;
}

static femd_status averaged_warmed(const scene *s, double T, femd_error *err) {
    femd_averaged *to = s->to;
    const double step = fmax(WARMER * T, WARMER_LEAST), both[2] = {T + step, fmax(T - step, 0)},
                 near[2] = {T + 0.5 * step, fmax(T - 0.5 * step, 0)}, span = both[0] - both[1];
    double E[2][6], rate[PAIRS];
    seen side[2], half[2];
    for (int k = 0; k < 2; k++) memcpy(E[k], s->path->E, sizeof E[k]);
    FEMD_TRY(averaged_both_sides(s, E, both, NULL, 0, PAIRS, side, err));
    averaged_difference(side, span, PAIRS, to->dSdT, to->scatter.dSdT);
    to->C = (side[0].U - side[1].U) / span;
    for (int k = 0; k < PAIRS; k++) rate[k] = (side[0].even[k] - side[1].even[k]) / span;
    (void)averaged_mean(rate, 1, PAIRS, &to->C_scatter);
    if (!(T > step)) return FEMD_OK; /* at 0 K one side is the state itself: half of it is no other look */
    FEMD_TRY(averaged_both_halves(s, E, near, half, err));
    averaged_uneven(side, half, span, to->uneven.dSdT);
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
    memcpy(to->odd, average->odd, sizeof to->odd);
    (void)averaged_mean(average->even, 1, PAIRS, &to->F_scatter);
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

/* kT, as the vibrations have it: twice the mean potential energy of each. */
static double averaged_kT(const scene *s, double T) {
    const femd_average *average = s->to->average;
    double potential = 0;
    if (!s->phonons->quantum) return femd_phonon_k * T;
    for (size_t k = 0; k < FEW; k++)
        potential += femd_average_harmonic(s->to->average, s->phonons, s->to->A, s->to->u + k * average->n3) / FEW;
    return 2 * potential / (3.0 * femd_gauge_free_atoms(&s->phonons->gauge));
}

/* What is lacking, of second order and beyond. */
static void averaged_lack(femd_averaged *to, const double S[6], const double at_rest[6], const column of[6], double T,
                          double unit) {
    femd_lacking *lacking = &to->lacking;
    double *thermal = lacking->thermal, error;
    int largest = 0;
    for (int c = 0; c < 6; c++) {
        thermal[c] = S[c] - at_rest[c];
        if (fabs(thermal[c]) > fabs(thermal[largest])) largest = c;
    }
    const double scale = fmax(fabs(thermal[largest]), STRESS_LEAST);
    to->beyond = of[largest].second / scale;
    for (int c = 0; c < 6; c++) {
        const double odd = to->beyond * thermal[c], bent = BENT * (thermal[c] - T * to->dSdT[c]);
        lacking->S[c] = sqrt(odd * odd + bent * bent);
    }
    if (of[largest].sure > ANHARMONIC * scale) lacking->noted = FEMD_WANT_STRESS | FEMD_WANT_TANGENT;
    const double odd = averaged_mean(to->odd, 1, PAIRS, &error);
    lacking->F = to->kT > 0 ? unit * sqrt(odd * odd + error * error) / (2 * to->kT) : 0;
}

femd_status femd_averaged_strain(femd_averaged *averaged, femd_phonons *phonons, femd_native *native,
                                 const femd_conditions *q, double h, double S[6], double D[36], femd_error *err) {
    femd_path *path = &native->path;
    const scene s = {averaged, phonons, path, q->beat};
    const double unit = FEMD_EV_PER_A3 / path->rve->V0;
    double at_rest[6], held[36] = {0};
    column of[6];
    if (D) memcpy(held, D, sizeof held);
    memset(&averaged->scatter, 0, sizeof averaged->scatter);
    memset(&averaged->uneven, 0, sizeof averaged->uneven);
    memset(&averaged->lacking, 0, sizeof averaged->lacking);
    FEMD_TRY(averaged_base(&s, q->temperature, err));
    averaged->kT = averaged_kT(&s, q->temperature);
    averaged_begin_terms(&s);
    FEMD_TRY(averaged_columns(&s, q->temperature, h, D, of, err));
    femd_place_stress(path->rve, &path->place, path->last.tau, at_rest);
    for (int c = 0; c < 6; c++) {
        S[c] = unit * averaged_mean(&averaged->terms[0][c], 6, PAIRS, &averaged->scatter.S[c]);
        averaged->scatter.S[c] *= unit;
    }
    FEMD_TRY(averaged_warmed(&s, q->temperature, err));
    averaged_lack(averaged, S, at_rest, of, q->temperature, unit);
    for (int k = 0; D && k < 36; k++) averaged->lacking.D[k] = averaged->beyond * fabs(D[k] - held[k]);
    return FEMD_OK;
}
