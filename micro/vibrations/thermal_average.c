/* See thermal_average.h. */
#include "vibrations/thermal_average.h"

#include <math.h>
#include <stdlib.h>

#include "numerics/dense.h"
#include "vibrations/displacements.h"

enum {
    PAIRS = FEMD_AVERAGE_PAIRS,
    FEW = FEMD_AVERAGE_FEW,
    HESSIANS = FEMD_AVERAGE_HESSIANS,
    SEED = 1,
    ROUNDS = 60,
    STALLED_MOST = 4
};
static const double FORCE = 1e-11;   /* eV/angstrom: mean force that counts as zero */
static const double SETTLED = 1e-7;  /* of the mean diagonal: largest change of force constants that are found */
static const double UNEVEN = 0.1;    /* the same where it falls no more, as entries jump with the knots of a table */
static const double MOVED_MAX = 0.3; /* angstrom: a step of the mean positions that is none of a vibrating crystal */

femd_status femd_average_create(int natoms, femd_average **out, femd_error *err) {
    const size_t n3 = 3 * (size_t)natoms;
    femd_average *average = calloc(1, sizeof *average);
    double *next = average ? calloc(n3 * (2 * PAIRS + 6 + n3), sizeof *next) : NULL;
    *out = average;
    if (!next) {
        femd_average_destroy(out);
        return femd_fail(err, FEMD_NO_MEMORY, "vibrations of %d atoms: out of memory", natoms);
    }
    average->n3 = n3;
    average->z = next;
    average->u = average->z + PAIRS * n3;
    average->x = average->u + PAIRS * n3;
    average->force = average->x + n3;
    average->held = average->force + n3;
    average->work = average->held + n3;
    average->A = average->work + 3 * n3;
    femd_displacements_draw(n3, PAIRS, average->z);
    return FEMD_OK;
}

void femd_average_destroy(femd_average **average) {
    if (!average || !*average) return;
    free((*average)->z);
    free(*average);
    *average = NULL;
}

/* x + sign u of pair k, in work. */
static const double *average_configuration(const femd_average *average, size_t k, double sign) {
    for (size_t i = 0; i < average->n3; i++) average->work[i] = average->x[i] + sign * average->u[k * average->n3 + i];
    return average->work;
}

static femd_status average_mean_force(femd_average *average, femd_rve *rve, const femd_place *place, femd_error *err) {
    double *f = average->work + average->n3, W;
    memset(average->force, 0, average->n3 * sizeof *f);
    for (size_t k = 0; k < 2 * FEW; k++) {
        const double *x = average_configuration(average, k / 2, k % 2 ? -1 : 1);
        FEMD_TRY(femd_energetics_forces(rve->en, rve->nb, place->h, x, &W, f, NULL, err));
        for (size_t i = 0; i < average->n3; i++) average->force[i] += f[i] / (2 * FEW);
    }
    return FEMD_OK;
}

/* A, or a share of it, from the Hessians; *change: the largest of an entry over the mean diagonal. */
static femd_status average_force_constants(femd_average *average, femd_phonons *phonons, femd_rve *rve,
                                           const femd_place *place, double share, double *change, femd_error *err) {
    const size_t size = average->n3 * average->n3;
    double trace = 0, most = 0, *sum = phonons->slope_T; /* made anew with the base */
    memset(sum, 0, size * sizeof *sum);
    for (size_t k = 0; k < 2 * HESSIANS; k++) {
        const double *x = average_configuration(average, k / 2, k % 2 ? -1 : 1);
        FEMD_TRY(femd_phonons_sample(phonons, rve, place, x, err));
        for (size_t i = 0; i < size; i++) sum[i] += phonons->a[i] / (2 * HESSIANS);
    }
    for (size_t i = 0; i < average->n3; i++) trace += sum[i * (average->n3 + 1)];
    for (size_t i = 0; i < size; i++) most = fmax(most, fabs(sum[i] - average->A[i]));
    for (size_t i = 0; i < size; i++) average->A[i] += share * (sum[i] - average->A[i]);
    *change = most * (double)average->n3 / fabs(trace);
    return FEMD_OK;
}

static femd_status average_base(femd_average *average, femd_phonons *phonons, double T, femd_error *err) {
    memcpy(phonons->a, average->A, average->n3 * average->n3 * sizeof *average->A);
    FEMD_TRY(femd_phonons_base(phonons, T, err));
    femd_displacements_make(phonons, PAIRS, average->z, average->u);
    return FEMD_OK;
}

/* x += M^-1/2 A^-1 M^-1/2 of the mean force: the step of Newton's method for x at a given Gaussian. A^-1 is what
 * slope_T is in proportion to (classical), or from the eigenvectors. */
static femd_status average_move(femd_average *average, const femd_phonons *phonons, femd_error *err) {
    const size_t n3 = average->n3;
    double *g = average->work, *step = g + n3;
    for (size_t i = 0; i < n3; i++) g[i] = phonons->root[i / 3] * average->force[i];
    memset(step, 0, n3 * sizeof *step);
    for (size_t i = 0; i < n3; i++) {
        const double *row = phonons->quantum ? phonons->base + i * n3 : phonons->slope_T + i * n3;
        if (!phonons->quantum) {
            step[i] = 2 / femd_phonon_k * femd_dot((int)n3, row, g);
        } else if (phonons->mode[i].slope > 0) {
            const double along = femd_dot((int)n3, row, g) / phonons->lambda[i];
            for (size_t j = 0; j < n3; j++) step[j] += along * row[j];
        }
    }
    for (size_t i = 0; i < n3; i++) step[i] *= phonons->root[i / 3];
    femd_gauge_remove(&phonons->gauge, step);
    if (!(femd_max_abs((int)n3, step) <= MOVED_MAX))
        return femd_fail(err, FEMD_INSTABILITY, "at %g K the mean positions of the atoms leave those at rest",
                         phonons->T);
    for (size_t i = 0; i < n3; i++) average->x[i] += step[i];
    return FEMD_OK;
}

/* One round: force constants of the Gaussian, the Gaussian of these, its mean force, mean positions. share: of the new
 * force constants in the next ones. */
static femd_status average_round(femd_average *average, femd_phonons *phonons, femd_rve *rve, const femd_place *place,
                                 double T, double share, double *change, femd_error *err) {
    FEMD_TRY(average_force_constants(average, phonons, rve, place, share, change, err));
    FEMD_TRY(average_base(average, phonons, T, err));
    FEMD_TRY(average_mean_force(average, rve, place, err));
    return average_move(average, phonons, err);
}

femd_status femd_average_iterate(femd_average *average, femd_phonons *phonons, femd_rve *rve, const femd_place *place,
                                 double T, int rounds, const femd_beat *beat, femd_error *err) {
    double change;
    FEMD_TRY(average_base(average, phonons, T, err));
    for (int round = 0; round < rounds; round++) {
        FEMD_TRY(femd_phonons_beat(beat, 0, err));
        FEMD_TRY(average_round(average, phonons, rve, place, T, 1, &change, err));
    }
    return FEMD_OK;
}

/* Until the mean force is zero, the Gaussian staying as it is. */
static femd_status average_still(femd_average *average, femd_phonons *phonons, femd_rve *rve, const femd_place *place,
                                 const femd_beat *beat, int *settled, femd_error *err) {
    for (int round = 0; round < 3 * ROUNDS; round++) {
        FEMD_TRY(femd_phonons_beat(beat, 0, err));
        FEMD_TRY(average_mean_force(average, rve, place, err));
        *settled = femd_max_abs((int)average->n3, average->force) <= FORCE;
        if (*settled) return FEMD_OK;
        FEMD_TRY(average_move(average, phonons, err));
    }
    return FEMD_OK;
}

femd_status femd_average_settle(femd_average *average, femd_phonons *phonons, femd_rve *rve, const femd_place *place,
                                double T, const femd_beat *beat, int *settled, femd_error *err) {
    double best = HUGE_VAL, change = HUGE_VAL;
    int stalled = 0;
    *settled = 0;
    FEMD_TRY(average_base(average, phonons, T, err));
    for (int round = 0; change > SETTLED && stalled < STALLED_MOST; round++) {
        if (round == ROUNDS) return FEMD_OK;
        FEMD_TRY(femd_phonons_beat(beat, 0, err));
        FEMD_TRY(average_round(average, phonons, rve, place, T, 1.0 / (1 + stalled), &change, err));
        stalled += stalled > 0 || change > 0.9 * best;
        best = fmin(best, change);
    }
    return best > UNEVEN ? FEMD_OK : average_still(average, phonons, rve, place, beat, settled, err);
}

/* Kinetic part: sum of <p p>/m, kT for each free motion, or by the vibrations. */
static void average_kinetic(const femd_phonons *phonons, double kinetic[6]) {
    static const int pair[6][2] = {{0, 0}, {1, 1}, {2, 2}, {1, 2}, {0, 2}, {0, 1}};
    memset(kinetic, 0, 6 * sizeof *kinetic);
    if (!phonons->quantum) {
        for (int c = 0; c < 3; c++) kinetic[c] = femd_gauge_free_atoms(&phonons->gauge) * femd_phonon_k * phonons->T;
        return;
    }
    for (size_t m = 0; m < (size_t)phonons->n3; m++) {
        const double *v = phonons->base + m * (size_t)phonons->n3;
        for (int i = 0; i < phonons->n3; i += 3)
            for (int c = 0; c < 6; c++) kinetic[c] += phonons->mode[m].u * v[i + pair[c][0]] * v[i + pair[c][1]];
    }
}

double femd_average_harmonic(femd_average *average, const femd_phonons *phonons, const double *A, const double *u) {
    const size_t n3 = average->n3;
    double *q = average->work + 2 * n3, sum = 0;
    for (size_t i = 0; i < n3; i++) q[i] = u[i] / phonons->root[i / 3];
    for (size_t i = 0; i < n3; i++) sum += q[i] * femd_dot((int)n3, A + i * n3, q);
    return 0.5 * sum;
}

/* Virials, pulls and energies of both configurations of pair k. */
static femd_status average_look_at(femd_average *average, femd_phonons *phonons, femd_rve *rve, const femd_place *place,
                                   size_t k, double W0, double excess[2], femd_error *err) {
    const size_t n3 = average->n3;
    const double *u = average->u + k * n3;
    double *f = average->work + n3, *tau = average->of[k], *pull = average->pull[k];
    memset(tau, 0, sizeof average->of[k]);
    memset(pull, 0, sizeof average->pull[k]);
    for (int side = 0; side < 2; side++) {
        double W, virial[6];
        const double sign = side ? -1 : 1, *x = average_configuration(average, k, sign);
        FEMD_TRY(femd_energetics_forces(rve->en, rve->nb, place->h, x, &W, f, virial, err));
        for (int c = 0; c < 6; c++) tau[c] += 0.5 * (virial[c] - average->kinetic[c]);
        for (size_t i = 0; i < n3; i++)
            for (size_t c = 0; c < 3; c++) pull[3 * (i % 3) + c] += 0.5 * sign * f[i] * u[i - i % 3 + c];
        excess[side] = W - W0 - femd_average_harmonic(average, phonons, average->A, u);
    }
    return FEMD_OK;
}

femd_status femd_average_look(femd_average *average, femd_phonons *phonons, femd_rve *rve, const femd_place *place,
                              size_t pairs, femd_error *err) {
    const size_t n3 = average->n3;
    double W0, mean = 0, excess[PAIRS][2];
    average_kinetic(phonons, average->kinetic);
    FEMD_TRY(femd_energetics_forces(rve->en, rve->nb, place->h, average->x, &W0, average->held, average->at_rest, err));
    for (size_t i = 0; i < n3; i++) average->held[i] -= average->force[i];
    memset(average->tau, 0, sizeof average->tau);
    for (size_t k = 0; k < pairs; k++) {
        FEMD_TRY(average_look_at(average, phonons, rve, place, k, W0, excess[k], err));
        for (int c = 0; c < 6; c++) average->tau[c] += average->of[k][c] / (double)pairs;
        mean += (excess[k][0] + excess[k][1]) / (2 * (double)pairs);
    }
    for (size_t k = 0; k < pairs; k++) {
        const double odd = 0.5 * (excess[k][0] - excess[k][1]);
        average->even[k] = 0.5 * (excess[k][0] + excess[k][1]);
        average->odd[k] = odd * odd;
    }
    average->F = W0 + mean + phonons->F;
    average->U = W0 + mean + phonons->U;
    return FEMD_OK;
}
