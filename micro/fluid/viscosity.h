/* The viscosity of a fluid from the spectra of its stress, by two estimators. Owns the way from spectra to a tensor
 * with errors; knows nothing of atoms. Units are those of the spectra times `unit`. */
#ifndef FEMD_VISCOSITY_H
#define FEMD_VISCOSITY_H

#include "fluid/stress_spectrum.h"

/* One number by both estimators; what is reported is one of them. */
typedef struct femd_viscosity_number {
    double value, error; /* reported */
    double check, check_error;
    int disagree; /* 1 if they differ by more than two standard deviations: error is then half the difference or more */
    int plateau;  /* 0 if the spectral value depends on the band */
    double time;  /* ps: correlation time, as the spectral estimator has it; 0 = white */
} femd_viscosity_number;

typedef struct femd_viscosity_result {
    femd_viscosity_number shear, bulk;
    double tensor[36], tensor_err[36]; /* Voigt, between stresses and strain rates with engineering shears */
    double anisotropy;                 /* distance of the tensor from its isotropic part, over the norm of that part */
    double chance;                     /* root mean square of what noise alone makes of it */
} femd_viscosity_result;

/* `cepstral`: which estimator is reported. off: a relative error that comes on top, of temperature. BAD_INPUT of fewer
 * than two segments; as femd_lorentz and femd_cepstral otherwise. */
FEMD_MUST_CHECK femd_status femd_viscosity_evaluate(femd_stress_spectrum *spectrum, double unit, int cepstral,
                                                    double off, femd_viscosity_result *result, femd_error *err);

#endif
