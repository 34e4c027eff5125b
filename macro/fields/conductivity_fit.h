/* The conductivity of a material as a function of strain and temperature, from samples that have errors, or its heat
 * capacity, which is one number. Fitted is the
 * logarithm of the tensor (so that it stays positive definite) by weighted least squares with a weak prior,
 *
 *     ln k = a + b ln(T/T*) [+ q ln(T/T*)^2] + c : E,     a, b, q, c as the symmetry of the RVE leaves them,
 *
 * and with it goes the covariance of the coefficients. Knows no mesh and no rank; a function of the samples and their
 * order alone, with the same bits wherever it is computed. All in the frame of the RVE. */
#ifndef FEMD_CONDUCTIVITY_FIT_H
#define FEMD_CONDUCTIVITY_FIT_H

#include <stddef.h>

#include "femd/error.h"

/* a, b, q of six components each, and c of 6 x 6 */
enum { FEMD_K_COEFFICIENTS = 54 };

/* What the RVE's symmetry leaves. */
typedef enum femd_k_form {
    FEMD_K_ANY,      /* each component for itself */
    FEMD_K_CUBIC,    /* unstrained one number; strain enters by three */
    FEMD_K_NUMBER,   /* one number; strain enters by its trace. Chosen where all samples are such */
    FEMD_K_CAPACITY, /* the same of a heat capacity, as k11 = k22 = k33: with T/T* - 1 for ln(T/T*), and b 0 expected */
    FEMD_K_THERMAL,  /* of dS/dT itself, of either sign, not of a logarithm: thermal_fit.h; as ANY, as CUBIC */
    FEMD_K_THERMAL_CUBIC
} femd_k_form;

/* One answer. Doubles only: so it is sent and stored. */
typedef struct femd_k_sample {
    double material, point; /* whole numbers; of a heat capacity see heat_sampled.h */
    double E[6], T;
    double k[6], error[6]; /* of all carriers, W/(m K), or J/(m^3 K); one sigma */
    double reached;        /* 1: it was sampled as long as its accuracy wants; 0: as its bound lets it */
    double notes;          /* FEMD_NOTE_* */
} femd_k_sample;

typedef struct femd_k_fit {
    femd_k_form form;
    int strained, quadratic; /* c, q are there */
    int n;                   /* coefficients */
    double T0;               /* T*, K */
    double coefficient[FEMD_K_COEFFICIENTS];
    double covariance[FEMD_K_COEFFICIENTS * FEMD_K_COEFFICIENTS]; /* n x n */
    double sigma, sigma_shear; /* of ln k in one more sample: on the diagonal, off it; 0: none there */
    double chi2;               /* by degree of freedom, before sigma was widened; NAN: too few samples to tell */
    double widened;            /* by which the errors were, 1 or more */
    double coldest, hottest;   /* of the samples, K */
    double least[6], most[6];  /* their strains */
} femd_k_fit;

/* The fit of n >= 1 samples. Without `strained` the strains count for nothing. Where residuals are larger than the
 * errors of the samples say (chi^2 over 2 by degree of freedom, of 5 at least) the square of ln T comes in, and if that
 * does not do all errors are widened to what the residuals say. OUT_OF_DOMAIN for a k that is not positive definite or
 * a temperature that is not above 0. */
FEMD_MUST_CHECK femd_status femd_k_fit_make(femd_k_form form, int strained, const femd_k_sample *sample, size_t n,
                                            femd_k_fit *fit, femd_error *err);
/* Coefficients that a fit of this form has at most. */
size_t femd_k_most(femd_k_form form);
/* k (6) and, unless NULL, dk/dT there, T > 0. */
void femd_k_fit_at(const femd_k_fit *fit, const double E[6], double T, double k[6], double dkdT[6]);
/* Largest variance of a component of ln k there: of the relative error of k. */
double femd_k_fit_variance(const femd_k_fit *fit, const double E[6], double T);
/* Derivatives of u . k v by the coefficients (n). */
void femd_k_fit_flow(const femd_k_fit *fit, const double E[6], double T, const double u[3], const double v[3],
                     double *by_coefficient);
/* How k (6) changes along a change of the coefficients (n), to first order. */
void femd_k_fit_change(const femd_k_fit *fit, const double E[6], double T, const double *coefficients,
                       double change[6]);
/* Column j of a factor L of the covariance, L L^T (n). */
void femd_k_fit_column(const femd_k_fit *fit, int j, double *column);
/* x . covariance x */
double femd_k_fit_spread(const femd_k_fit *fit, const double *x);
/* How much of x . covariance x one more sample there would take off. */
double femd_k_fit_gain(const femd_k_fit *fit, const double E[6], double T, const double *x);
/* The covariance, and the ranges, as if it had been taken. */
void femd_k_fit_foresee(femd_k_fit *fit, const double E[6], double T);

#endif
