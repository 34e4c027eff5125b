/* Spectra of the fluctuating stress of a fluid, from stretches of a trajectory at one total energy (segments).
 *
 * Six fluxes stand for the symmetric tensor A = P V: the five components of its traceless part that are alike in an
 * isotropic fluid, A_23, A_13, A_12, (A_11 - A_22)/2, (2 A_33 - A_11 - A_22)/(2 sqrt 3), and a third of its trace. The
 * viscosity of the first five is S(0)/(2 V k_B T) each, of the last the bulk viscosity.
 *
 * Owns the sums of periodograms: of the five together and of the trace at all frequencies that are kept, of all pairs
 * of fluxes by octaves. Knows nothing of atoms. The mean of the five is zero by symmetry and is not taken off, which
 * would take 2 t over the length of a segment off an integral to t; that of the trace is the mean over all segments,
 * which at one total energy is one number. */
#ifndef FEMD_STRESS_SPECTRUM_H
#define FEMD_STRESS_SPECTRUM_H

#include "dynamics/carry.h"
#include "numerics/spectrum.h"

enum { FEMD_STRESS_FLUXES = 6, FEMD_STRESS_PAIRS = 21, FEMD_STRESS_OCTAVES = 24 };

typedef struct femd_stress_spectrum {
    int samples;     /* of a segment, a power of two */
    int bins;        /* frequencies k/(samples dt), k = 0 .. bins, are kept; bins <= samples/2 */
    double dt;       /* ps between samples */
    int segments;    /* added so far */
    double *shear;   /* bins + 1, owned: sum over segments and the five fluxes of (dt/samples) |J|^2 */
    double *bulk;    /* bins + 1: the same of the trace; at bin 0 nothing, see means */
    double means[2]; /* sums over segments of sqrt(dt/samples) times the sum of the trace's third, and of its square */
    double octave[FEMD_STRESS_OCTAVES][FEMD_STRESS_PAIRS]; /* sums of (dt/samples) Re(J_a J_b*), a <= b by rows, over
                                                              bins 2^o to 2^(o+1) - 1 */
    double *work; /* three complex series, then the turns, then room for one spectrum (bins + 1), owned */
} femd_stress_spectrum;

/* The six fluxes of a tensor in Voigt order, and the tensor's Voigt components in them: A_I = sum_a T[I][a] z_a. */
void femd_stress_fluxes(const double A[6], double z[6]);
extern const double femd_stress_basis[6][6];

/* BAD_INPUT unless samples is a power of two from 8 on and 4 <= bins <= samples/2. */
FEMD_MUST_CHECK femd_status femd_stress_spectrum_init(femd_stress_spectrum *spectrum, int samples, int bins, double dt,
                                                      femd_error *err);
void femd_stress_spectrum_clear(femd_stress_spectrum *spectrum);
/* Forget the segments, keep the room. */
void femd_stress_spectrum_empty(femd_stress_spectrum *spectrum);
/* flux: samples x 6. */
void femd_stress_spectrum_add(femd_stress_spectrum *spectrum, const double *flux);
/* The averaged spectrum of one shear flux, which has five times the statistics of one, and of the trace. Two segments
 * and more. The values lie in the spectrum's room until the next call. */
femd_periodogram femd_stress_spectrum_shear(femd_stress_spectrum *spectrum);
femd_periodogram femd_stress_spectrum_bulk(femd_stress_spectrum *spectrum);
/* The sums and their number; reading demands the same samples and bins (PROTOCOL). */
FEMD_MUST_CHECK femd_status femd_stress_spectrum_carry(femd_stress_spectrum *spectrum, femd_carry *carry,
                                                       femd_error *err);

#endif
