/* The method `green-kubo`: the lattice conductivity of an RVE at its mechanical state, from the spontaneous heat flux
 * of many constant-energy segments. See docs/micro.md, "Conductivity".
 *
 * Split in two: green_kubo_run.c (segments, tensor from the spectra), green_kubo.c (options, length of a segment, the
 * method's table of functions). What every method that samples does is sampled_method.h's. */
#ifndef FEMD_GREEN_KUBO_H
#define FEMD_GREEN_KUBO_H

#include "dynamics/sampled_segments.h"
#include "numerics/spectrum.h"

extern const femd_method femd_method_green_kubo;

typedef struct femd_green_kubo_options {
    femd_sampled_segments segments;
    int isotropic; /* the material declares k = k I */
} femd_green_kubo_options;

/* One estimate of the tensor, W/(m K), Voigt. */
typedef struct femd_green_kubo_result {
    double k[6], k_err[6];               /* what is reported */
    double spectral[6], spectral_err[6]; /* of femd_lorentz */
    double cepstral[6], cepstral_err[6]; /* of femd_cepstral */
    double time;                         /* ps: mean correlation time of the flux */
    int disagree; /* 1 if the estimators differ by more than two standard deviations: k_err is then half the difference
                     or more */
    int plateau;  /* 0 if the spectral value depends on the band */
} femd_green_kubo_result;

typedef struct femd_green_kubo {
    femd_sampled common; /* first; a segment is a block */
    femd_green_kubo_options options;
    femd_spectrum sums;
    int doublings; /* of the segments that sums is of, over options.segments.samples */
    double *flux;  /* samples x 3, owned */
    double *axis;  /* bins + 1, owned */
    femd_green_kubo_result result;
} femd_green_kubo;

/* One more segment at cell h from positions x: Langevin equilibration, then constant energy; its number makes its
 * noise. NOT_CONVERGED if the energy drifts. */
FEMD_MUST_CHECK femd_status femd_green_kubo_segment(femd_green_kubo *gk, const double h[9], const double *x,
                                                    const femd_progress *progress, femd_error *err);
/* Fill gk->result from the sums; V: present volume in cubic angstrom. */
FEMD_MUST_CHECK femd_status femd_green_kubo_evaluate(femd_green_kubo *gk, double V, femd_error *err);
/* The tensor that a spectrum has at frequency zero, times `unit`: for tests of the statistics without atoms. work: bins
 * + 1. */
FEMD_MUST_CHECK femd_status femd_green_kubo_tensor(const femd_spectrum *spectrum, double unit, int isotropic,
                                                   int cepstral, double *work, femd_green_kubo_result *result,
                                                   femd_error *err);

#endif
