/* The method `green-kubo`: the lattice conductivity of an RVE at its mechanical state, from the spontaneous heat flux
 * of many constant-energy segments. See docs/micro.md, "Conductivity".
 *
 * Split in two: green_kubo_run.c (segments, tensor from the spectra), green_kubo.c (options, how long, state, the
 * method's table of functions). */
#ifndef FEMD_GREEN_KUBO_H
#define FEMD_GREEN_KUBO_H

#include "dynamics/dynamics.h"
#include "numerics/spectrum.h"
#include "rve/method.h"

extern const femd_method femd_method_green_kubo;

typedef struct femd_green_kubo_options {
    double time_step;                       /* ps */
    double friction;                        /* 1/ps, of the equilibration */
    double skin;                            /* angstrom */
    double accuracy;                        /* relative standard error where the request names none */
    double reuse_strain, reuse_temperature; /* a carried answer stands for strains and temperatures (K) this near */
    int equilibration;                      /* steps before each segment */
    int stride;                             /* steps between samples of the flux */
    int samples, bins;                      /* of a segment, at first; frequencies kept */
    int fixed; /* the material says how long a segment is; else it is doubled where the flux remembers longer */
    int min_segments, max_segments;
    int isotropic; /* the material declares k = k I */
    int cepstral;  /* which estimator's value is reported */
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
    femd_green_kubo_options opt;
    double top_frequency; /* rad/ps, of the virgin RVE */
    double *mass;         /* n, u, owned */
    femd_neighbours *nb;  /* owned */
    femd_rve rve;         /* the native RVE seen with this list; nothing in it is owned */
    femd_dynamics d;
    femd_spectrum sums;
    int doublings;   /* of the segments that sums is of, over opt.samples */
    double *flux;    /* samples x 3, owned */
    double E0[6], T; /* what the sums belong to */
    double *axis;    /* bins + 1, owned */
    femd_green_kubo_result result;
} femd_green_kubo;

/* "green-kubo" of the material, defaults filled in from the highest frequency (rad/ps). */
FEMD_MUST_CHECK femd_status femd_green_kubo_options_read(const femd_json *doc, double top_frequency,
                                                         femd_green_kubo_options *opt, femd_error *err);
/* One more segment at cell h from positions x: Langevin equilibration, then constant energy; its number makes its
 * noise. NOT_CONVERGED if the energy drifts. */
FEMD_MUST_CHECK femd_status femd_green_kubo_segment(femd_green_kubo *g, const double h[9], const double *x,
                                                    uint64_t seed, const femd_beat *beat, double fraction,
                                                    femd_error *err);
/* Fill g->result from the sums; V: present volume in cubic angstrom. */
FEMD_MUST_CHECK femd_status femd_green_kubo_evaluate(femd_green_kubo *g, double V, femd_error *err);
/* The tensor that a spectrum has at frequency zero, times `unit`: for tests of the statistics without atoms. work: bins
 * + 1. */
FEMD_MUST_CHECK femd_status femd_green_kubo_tensor(const femd_spectrum *s, double unit, int isotropic, int cepstral,
                                                   double *work, femd_green_kubo_result *r, femd_error *err);

#endif
