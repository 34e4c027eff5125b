/* See anharmonicity.h. */
#include "vibrations/anharmonicity.h"

#include <math.h>
#include <stdlib.h>

#include "numerics/dense.h"
#include "vibrations/displacements.h"

enum { PAIRS = FEMD_ANHARMONIC_PAIRS, EVEN = 8 /* those whose even part is looked at: it scatters less */ };
static const double NOTED = 0.05;       /* of a thermal stress or a stiffness */
static const double STRESS_LEAST = 1e8; /* Pa: a thermal stress that counts as one */
static const double PART = 0.5;         /* of the displacements: where V is odd as its third order is */
static const double NEXT =
    0.25; /* of either part: what higher orders may add. From "Rough tables" of verification.md */

femd_status femd_anharmonicity_create(int natoms, femd_anharmonicity **out, femd_error *err) {
    const size_t n3 = 3 * (size_t)natoms;
    femd_anharmonicity *a = calloc(1, sizeof *a);
    if (a) a->z = malloc((2 * PAIRS + 1) * n3 * sizeof *a->z);
    *out = a;
    if (!a || !a->z) {
        femd_anharmonicity_destroy(out);
        return femd_fail(err, FEMD_NO_MEMORY, "vibrations of %d atoms: out of memory", natoms);
    }
    a->u = a->z + PAIRS * n3;
    a->at = a->u + PAIRS * n3;
    femd_displacements_draw(n3, PAIRS, a->z);
    return FEMD_OK;
}

void femd_anharmonicity_destroy(femd_anharmonicity **a) {
    if (!a || !*a) return;
    free((*a)->z);
    free(*a);
    *a = NULL;
}

static void anharmonicity_harmonic(femd_anharmonicity *a, const femd_phonons *phonons, double of[PAIRS]) {
    const size_t n3 = (size_t)phonons->n3;
    for (size_t k = 0; k < PAIRS; k++) {
        for (size_t i = 0; i < n3; i++) a->at[i] = a->u[k * n3 + i] / phonons->root[i / 3];
        of[k] = 0;
        for (size_t i = 0; i < n3; i++) of[k] += 0.5 * a->at[i] * femd_dot((int)n3, phonons->a + i * n3, a->at);
    }
}

void femd_anharmonicity_begin(femd_anharmonicity *a, const femd_phonons *phonons) {
    femd_displacements_make(phonons, PAIRS, a->z, a->u);
    a->free = 3.0 * femd_gauge_free_atoms(&phonons->gauge);
    anharmonicity_harmonic(a, phonons, a->harmonic[0]);
}

void femd_anharmonicity_see(femd_anharmonicity *a, const femd_phonons *phonons, int c, int side) {
    anharmonicity_harmonic(a, phonons, a->harmonic[1 + 2 * c + side]);
}

/* What F lacks, by each pair: the even part of V at the displacements themselves, where jumps of derivatives are met,
 * and what the odd one makes, from a part of them, so that it is that of third order. */
typedef struct lacks {
    double even[EVEN], odd[PAIRS];
} lacks;

/* Energies at x +- factor u. */
static femd_status anharmonicity_both(femd_anharmonicity *a, femd_rve *rve, const femd_place *place, const double *x,
                                      const double *u, double factor, double W[2], femd_error *err) {
    const size_t n3 = 3 * (size_t)rve->n;
    for (int side = 0; side < 2; side++) {
        for (size_t i = 0; i < n3; i++) a->at[i] = x[i] + (side ? -factor : factor) * u[i];
        FEMD_TRY(femd_energetics_forces(rve->en, rve->nb, place->h, a->at, &W[side], NULL, NULL, err));
    }
    return FEMD_OK;
}

/* The stretch is that of u. kT: of the vibrations. */
static femd_status anharmonicity_energies(femd_anharmonicity *a, femd_rve *rve, const femd_place *place,
                                          const double *x, double stretch, double kT, const double harmonic[PAIRS],
                                          lacks *of, femd_error *err) {
    const size_t n3 = 3 * (size_t)rve->n;
    double W0, W[2], V[2];
    FEMD_TRY(femd_energetics_forces(rve->en, rve->nb, place->h, x, &W0, NULL, NULL, err));
    for (size_t k = 0; k < PAIRS; k++) {
        const double *u = a->u + k * n3;
        FEMD_TRY(anharmonicity_both(a, rve, place, x, u, PART * stretch, V, err));
        const double odd = 0.5 * (V[0] - V[1]) / (PART * PART * PART);
        of->odd[k] = kT > 0 ? -odd * odd / (2 * kT) : 0;
        if (k >= EVEN) continue;
        FEMD_TRY(anharmonicity_both(a, rve, place, x, u, stretch, W, err));
        of->even[k] = 0.5 * (W[0] + W[1]) - W0 - stretch * stretch * harmonic[k];
    }
    return FEMD_OK;
}

/* Means over the pairs, and the square of the standard error of their sum. */
typedef struct mean_of {
    double even, odd, square;
} mean_of;

/* Mean of v and, added to *square, that of its standard error. */
static double anharmonicity_mean_of(int n, const double *v, double unit, double *square) {
    double mean = 0;
    for (int k = 0; k < n; k++) mean += unit * v[k] / n;
    for (int k = 0; k < n; k++) *square += (unit * v[k] - mean) * (unit * v[k] - mean) / (n * (n - 1));
    return mean;
}

static mean_of anharmonicity_mean(const lacks *v, double unit) {
    mean_of m = {0, 0, 0};
    m.even = anharmonicity_mean_of(EVEN, v->even, unit, &m.square);
    m.odd = anharmonicity_mean_of(PAIRS, v->odd, unit, &m.square);
    return m;
}

/* What is to be told, */
static double anharmonicity_safe(mean_of m) {
    const double sum = m.even + m.odd, next = NEXT * fmax(fabs(m.even), fabs(m.odd));
    return sqrt(sum * sum + m.square + next * next);
}

/* and what is there whatever the scatter. */
static double anharmonicity_sure(mean_of m) {
    return fmax(fabs(m.even + m.odd) - sqrt(m.square), 0);
}

static void anharmonicity_differences(int n, const double *plus, const double *minus, const double *zero, double h,
                                      double *first, double *second) {
    for (int k = 0; k < n; k++) {
        first[k] = (plus[k] - minus[k]) / (2 * h);
        second[k] = (plus[k] + minus[k] - 2 * zero[k]) / (h * h);
    }
}

/* One stretch: both its sides looked at, at0 at E. */
static femd_status anharmonicity_stretch(femd_anharmonicity *a, femd_rve *rve, const double E[6], size_t c, double h,
                                         double kT, const double *xs, const double *phi, double phi0, const lacks *at0,
                                         mean_of *slope, mean_of *bend, femd_error *err) {
    const size_t n3 = 3 * (size_t)rve->n;
    const double unit = FEMD_EV_PER_A3 / rve->V0;
    lacks of[2], first, second;
    for (size_t side = 0; side < 2; side++) {
        double at[6];
        femd_place place;
        memcpy(at, E, sizeof at);
        at[c] += side ? -h : h;
        FEMD_TRY(femd_place_set(rve, at, &place, err));
        const double stretch = phi0 > 0 && phi[4 * c + side] > 0 ? sqrt(phi0 / phi[4 * c + side]) : 1;
        FEMD_TRY(anharmonicity_energies(a, rve, &place, xs + (4 * c + side) * n3, stretch, kT,
                                        a->harmonic[1 + 2 * c + side], &of[side], err));
    }
    anharmonicity_differences(EVEN, of[0].even, of[1].even, at0->even, h, first.even, second.even);
    anharmonicity_differences(PAIRS, of[0].odd, of[1].odd, at0->odd, h, first.odd, second.odd);
    *slope = anharmonicity_mean(&first, unit);
    *bend = anharmonicity_mean(&second, unit);
    return FEMD_OK;
}

femd_status femd_anharmonicity_look(femd_anharmonicity *a, femd_rve *rve, const double E[6], const double *x0, double h,
                                    const double *xs, const double *phi, double phi0, const double thermal[6],
                                    femd_error *err) {
    double potential = 0, share = 0;
    lacks at0;
    femd_place place;
    femd_lacking *lacking = &a->lacking;
    for (int k = 0; k < PAIRS; k++) potential += a->harmonic[0][k] / PAIRS;
    const double kT = 2 * potential / a->free;
    memset(lacking, 0, sizeof *lacking);
    memcpy(lacking->thermal, thermal, sizeof lacking->thermal);
    FEMD_TRY(femd_place_set(rve, E, &place, err));
    FEMD_TRY(anharmonicity_energies(a, rve, &place, x0, 1, kT, a->harmonic[0], &at0, err));
    lacking->F = anharmonicity_safe(anharmonicity_mean(&at0, FEMD_EV_PER_A3 / rve->V0));
    for (size_t c = 0; c < 3; c++) {
        mean_of slope, bend;
        FEMD_TRY(anharmonicity_stretch(a, rve, E, c, h, kT, xs, phi, phi0, &at0, &slope, &bend, err));
        const double scale = fmax(fabs(thermal[c]), STRESS_LEAST);
        a->S[c] = slope.even + slope.odd;
        a->D[c] = bend.even + bend.odd;
        a->sure[c] = anharmonicity_sure(bend);
        lacking->S[c] = anharmonicity_safe(slope);
        lacking->D[7 * c] = anharmonicity_safe(bend);
        share = fmax(share, lacking->S[c] / scale);
        if (anharmonicity_sure(slope) > NOTED * scale) lacking->noted |= FEMD_WANT_STRESS;
    }
    for (int c = 3; c < 6; c++) lacking->S[c] = share * fabs(thermal[c]);
    return FEMD_OK;
}

femd_status femd_anharmonicity_tell(femd_anharmonicity *a, uint32_t wants, uint32_t asked, double temperature,
                                    femd_response *response, femd_error *err) {
    femd_lacking *lacking = &a->lacking;
    double share = 0;
    for (int c = 0; wants & FEMD_WANT_TANGENT && c < 3; c++) {
        const double D = fabs(response->D[7 * c]);
        if (a->sure[c] > NOTED * D) lacking->noted |= FEMD_WANT_TANGENT;
        if (D > 0) share = fmax(share, lacking->D[7 * c] / D);
    }
    for (int k = 0; k < 36; k++)
        if (k != 0 && k != 7 && k != 14) lacking->D[k] = share * fabs(response->D[k]);
    return femd_lacking_tell(lacking, wants, asked, temperature, response, err);
}
