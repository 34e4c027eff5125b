/* The rate of one hop at the strain and temperature of a request, by harmonic transition state theory:
 *
 *   Gamma = nu* exp(-E_m/kT)                                    (Vineyard, J. Phys. Chem. Solids 3 (1957) 121)
 *   dE_m/dE   = V0 (S_saddle - S_minimum)                       the difference of two elastic dipoles
 *   d2E_m/dE2 = V0 (D_saddle - D_minimum)                       of two condensed tangents
 *   activation volume = -dE_m/dE : D_minimum^-1 : I             (cubic: -tr/(3K)), at constant stress
 *
 * Where minima lie between several saddles of one way, the atom rests there and goes back or on: with Gamma_i the rate
 * from the first state over the saddle i if it were alone,
 *
 *   1/Gamma = sum over saddles of 1/Gamma_i,
 *
 * as the steady flow through the chain a - m - b has it, k1 k2/(k1' + k2), by detailed balance k1/k1' of m.
 *
 * Derivatives are as they are since E_m is a difference of energies of two points that stay stationary as the cell is
 * strained. d ln nu* / dE is taken by central differences of whole Hessians at such points. Owns the two points and the
 * room that they need; never moves the path and knows no request. Units: eV, angstrom, 1/s. */
#ifndef FEMD_RATE_H
#define FEMD_RATE_H

#include "rates/hop.h"
#include "rates/vineyard.h"

typedef struct femd_rate {
    femd_still minimum, saddle, strained;
    femd_relaxer *relaxer; /* its own: that of the path stays as it is */
    double *other;         /* n3: the state after the hop */
    double *load;          /* 2 x n3 */
    double *climbed;       /* FEMD_HUMPS_MAX x n3 */
    double *mass;          /* n, u */
} femd_rate;

typedef struct femd_rate_path {
    double barrier, back;     /* eV: above the first state, above the second */
    double slope[6];          /* dE_m/dE, eV */
    double curve[36];         /* d2E_m/dE2, eV */
    double activation_volume; /* angstrom^3 */
    int humps;                /* saddles on the way */
    double depth;             /* eV: of the shallowest minimum between them; 0 if there is none */
    double frequency;         /* nu* of the highest, 1/s; 0 if it was not asked for */
    double hump_barrier[FEMD_HUMPS_MAX], hump_frequency[FEMD_HUMPS_MAX]; /* with it: of each, above the first state */
} femd_rate_path;

/* Masses of all atoms are needed: BAD_INPUT names a species without. LIMIT beyond FEMD_SADDLE_ATOMS_MAX. */
FEMD_MUST_CHECK femd_status femd_rate_init(femd_rate *rate, const femd_native *native, const femd_json *doc,
                                           femd_error *err);
void femd_rate_clear(femd_rate *rate);
/* The minimum, from where the path of native stands. INSTABILITY if it is none. */
FEMD_MUST_CHECK femd_status femd_rate_begin(femd_rate *rate, const femd_native *native, const femd_beat *beat,
                                            femd_error *err);
/* One hop from there. Errors of femd_saddle_find; INSTABILITY where the state after the hop is not the one that the hop
 * makes of the first; NOT_CONVERGED where the saddle does not lead from the one to the other, or, with a frequency, a
 * hump of several has no saddle. */
FEMD_MUST_CHECK femd_status femd_rate_follow(femd_rate *rate, const femd_native *native, const femd_hop *hop,
                                             int frequency, const femd_beat *beat, femd_rate_path *path,
                                             femd_error *err);
/* d ln nu* / dE of the hop that was followed last. INSTABILITY if a point does not stay what it is. */
FEMD_MUST_CHECK femd_status femd_rate_strain(femd_rate *rate, const femd_native *native, const femd_beat *beat,
                                             double slope[6], femd_error *err);
/* Gamma at a temperature above zero, K, over all saddles of the way. */
double femd_rate_at(const femd_rate_path *path, double temperature);

#endif
