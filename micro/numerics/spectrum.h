/* Cross spectra of a vector flux from independent stretches of a trajectory (segments), kept up to a highest frequency,
 * and the two ways to their value at frequency zero: cepstral.c and lorentz.c.
 *
 * Owns the sums of periodograms; knows nothing of atoms. Time in ps; the unit of the flux is the caller's. No function
 * of the machine's mathematical library but sqrt is used, so that results have the same bits everywhere. */
#ifndef FEMD_SPECTRUM_H
#define FEMD_SPECTRUM_H

#include "femd/buffer.h"

typedef struct femd_spectrum {
    int samples;  /* of a segment, a power of two */
    int bins;     /* frequencies k/(samples dt), k = 0 .. bins, are kept; bins <= samples/2 */
    double dt;    /* ps between samples */
    int segments; /* added so far */
    double *sum;  /* (bins + 1) x 6, Voigt: sum over segments of (dt/samples) Re(J_a J_b*), owned */
    double *work; /* 4 samples for the transforms, then samples/2 pairs (cos, sin), owned */
} femd_spectrum;

/* BAD_INPUT unless samples is a power of two from 8 on and 4 <= bins <= samples/2. */
FEMD_MUST_CHECK femd_status femd_spectrum_init(femd_spectrum *spectrum, int samples, int bins, double dt,
                                               femd_error *err);
void femd_spectrum_clear(femd_spectrum *spectrum);
/* Forget the segments, keep the room. */
void femd_spectrum_empty(femd_spectrum *spectrum);
/* flux: samples x 3. */
void femd_spectrum_add(femd_spectrum *spectrum, const double *flux);
/* u32 samples, bins, segments, 0; then the sums. Decoding fails with PROTOCOL if samples or bins are not s's. */
FEMD_MUST_CHECK femd_status femd_spectrum_encode(const femd_spectrum *spectrum, femd_buffer *out, femd_error *err);
FEMD_MUST_CHECK femd_status femd_spectrum_decode(femd_spectrum *spectrum, const femd_bytes *in, femd_error *err);

/* turn: n/2 pairs (cos, sin) of n-ths of a turn, n a power of two. */
void femd_spectrum_turns(int n, double *turn);
/* z (n complex numbers) becomes sum_j z_j exp(+2 pi i j k/n). */
void femd_spectrum_transform(int n, const double *turn, double *z);

/* An averaged power spectrum S(f) = int <J(t) J(0)> exp(2 pi i f t) dt: each value is S times a gamma variable of mean
 * 1 and shape `shape`, at k = 0 of half that shape. */
typedef struct femd_periodogram {
    int bins;
    double df;       /* 1/ps; its inverse is the length of a segment */
    double shape;    /* degrees of freedom over two */
    const double *P; /* bins + 1 */
} femd_periodogram;

/* P[bins + 1] = n.S.n of the average over segments, n a unit vector; or, n = NULL, a third of the trace. Sets
 * *periodogram. */
void femd_spectrum_along(const femd_spectrum *spectrum, const double *n, double *P, femd_periodogram *periodogram);

/* S(0) and how it was found. */
typedef struct femd_zero_frequency {
    double value, error; /* one sigma, of the statistics and of the choice of model */
    int order;           /* cepstral: coefficients kept, P*; Lorentz: parameters of the best model */
    double time; /* Lorentz: correlation time, ps, the mean of the peaks by their shares; 0 = white, and cepstral */
    int plateau; /* Lorentz: 1 if the value does not depend on the band that is fitted; cepstral: 1 */
} femd_zero_frequency;

/* Truncated cepstrum: ln S(0) from the P* lowest cosine coefficients of ln P (Ercole, Marcolongo, Baroni, Sci. Rep. 7
 * (2017) 15835): Akaike's criterion for P*, bias psi(shape) - ln(shape) removed, variance psi'(shape) (4 P - 2)/N with
 * N = 2 bins; values and errors are averaged over P with Akaike's weights. NO_MEMORY; DIVERGED if a value is not
 * positive. */
FEMD_MUST_CHECK femd_status femd_cepstral(const femd_periodogram *periodogram, femd_zero_frequency *out,
                                          femd_error *err);
/* Sums of one or two Lorentzians and a constant, fitted by maximum (Whittle) likelihood to bands from frequency zero
 * on; see lorentz.c. */
FEMD_MUST_CHECK femd_status femd_lorentz(const femd_periodogram *periodogram, femd_zero_frequency *out,
                                         femd_error *err);

#endif
