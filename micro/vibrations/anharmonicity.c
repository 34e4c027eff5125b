/* See anharmonicity.h. */
#include "vibrations/anharmonicity.h"

#include <math.h>
#include <stdlib.h>

#include "numerics/dense.h"
#include "vibrations/displacements.h"

enum { PAIRS = FEMD_ANHARMONIC_PAIRS };
static const double NOTED = 0.05;       /* of a thermal stress or a stiffness */
static const double STRESS_LEAST = 1e8; /* Pa: a thermal stress that counts as one */

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
    anharmonicity_harmonic(a, phonons, a->harmonic[0]);
}

void femd_anharmonicity_see(femd_anharmonicity *a, const femd_phonons *phonons, int c, int side) {
    anharmonicity_harmonic(a, phonons, a->harmonic[1 + 2 * c + side]);
}

/* V(x + s u) - V(x) - s^2 u H u/2 of each pair, the stretch being s. */
static femd_status anharmonicity_energies(femd_anharmonicity *a, femd_rve *rve, const femd_place *place,
                                          const double *x, double stretch, const double harmonic[PAIRS],
                                          double P[PAIRS], femd_error *err) {
    const size_t n3 = 3 * (size_t)rve->n;
    double W0, W;
    FEMD_TRY(femd_energetics_forces(rve->en, rve->nb, place->h, x, &W0, NULL, NULL, err));
    for (size_t k = 0; k < PAIRS; k++) {
        P[k] = -W0 - stretch * stretch * harmonic[k];
        for (int side = 0; side < 2; side++) {
            for (size_t i = 0; i < n3; i++) a->at[i] = x[i] + (side ? -stretch : stretch) * a->u[k * n3 + i];
            FEMD_TRY(femd_energetics_forces(rve->en, rve->nb, place->h, a->at, &W, NULL, NULL, err));
            P[k] += 0.5 * W;
        }
    }
    return FEMD_OK;
}

/* The root of the square of the mean less that of its error. */
static double anharmonicity_beyond(const double v[PAIRS]) {
    double mean = 0, square = 0;
    for (int k = 0; k < PAIRS; k++) mean += v[k] / PAIRS;
    for (int k = 0; k < PAIRS; k++) square += (v[k] - mean) * (v[k] - mean) / (PAIRS * (PAIRS - 1));
    return sqrt(fmax(mean * mean - square, 0));
}

femd_status femd_anharmonicity_look(femd_anharmonicity *a, femd_rve *rve, const double E[6], const double *x0, double h,
                                    const double *xs, const double *phi, double phi0, femd_error *err) {
    const size_t n3 = 3 * (size_t)rve->n;
    const double unit = FEMD_EV_PER_A3 / rve->V0;
    double P0[PAIRS], P[2][PAIRS], slope[PAIRS], bend[PAIRS];
    femd_place place;
    FEMD_TRY(femd_place_set(rve, E, &place, err));
    FEMD_TRY(anharmonicity_energies(a, rve, &place, x0, 1, a->harmonic[0], P0, err));
    for (size_t c = 0; c < 3; c++) {
        for (size_t side = 0; side < 2; side++) {
            double at[6];
            memcpy(at, E, sizeof at);
            at[c] += side ? -h : h;
            FEMD_TRY(femd_place_set(rve, at, &place, err));
            const double stretch = phi0 > 0 && phi[4 * c + side] > 0 ? sqrt(phi0 / phi[4 * c + side]) : 1;
            FEMD_TRY(anharmonicity_energies(a, rve, &place, xs + (4 * c + side) * n3, stretch,
                                            a->harmonic[1 + 2 * c + side], P[side], err));
        }
        for (int k = 0; k < PAIRS; k++) {
            slope[k] = (P[0][k] - P[1][k]) / (2 * h);
            bend[k] = (P[0][k] + P[1][k] - 2 * P0[k]) / (h * h);
        }
        a->thermal[c] = unit * (phi[4 * c] - phi[4 * c + 1]) / (2 * h);
        a->S[c] = unit * anharmonicity_beyond(slope);
        a->D[c] = unit * anharmonicity_beyond(bend);
    }
    return FEMD_OK;
}

void femd_anharmonicity_tell(const femd_anharmonicity *a, uint32_t wants, femd_response *response) {
    for (int c = 0; c < 3; c++) {
        double *S = &response->S_err[c], *D = &response->D_err[7 * c];
        if (wants & FEMD_WANT_STRESS) {
            if (a->S[c] > NOTED * fmax(fabs(a->thermal[c]), STRESS_LEAST)) response->notes |= FEMD_NOTE_ANHARMONIC;
            *S = sqrt(*S * *S + a->S[c] * a->S[c]);
        }
        if (wants & FEMD_WANT_TANGENT) {
            if (a->D[c] > NOTED * fabs(response->D[7 * c])) response->notes |= FEMD_NOTE_ANHARMONIC;
            *D = sqrt(*D * *D + a->D[c] * a->D[c]);
        }
    }
}
