/* See vineyard.h. */
#include "rates/vineyard.h"

#include <math.h>
#include <stdlib.h>

#include "femd/units.h"
#include "numerics/dense.h"
#include "numerics/portable.h"

static const double TWO_PI = 6.28318530717958647693;

double femd_vineyard_log(const femd_still *still) {
    double sum = 0;
    for (int k = 0; k < still->n3; k++)
        if (femd_still_counts(still, k)) sum += femd_portable_log(fabs(still->lambda[k]));
    return sum;
}

/* omega^2 of the unstable mode, eV/(angstrom^2 u). */
static femd_status vineyard_unstable(const femd_still *saddle, const double *mass, femd_rve *rve,
                                     const femd_place *place, double *square, femd_error *err) {
    const size_t n3 = (size_t)saddle->n3;
    int alike = 1;
    for (size_t i = 1; i < n3 / 3; i++) alike = alike && mass[i] == mass[0];
    if (alike) {
        *square = -saddle->lambda[0] / mass[0];
        return FEMD_OK;
    }
    double *lambda = malloc((n3 + n3 * n3) * sizeof *lambda), *A = lambda + n3;
    if (!lambda) return femd_fail(err, FEMD_NO_MEMORY, "vibrations of %zu atoms: out of memory", n3 / 3);
    femd_status rc = femd_energetics_hessian(rve->en, rve->nb, place->h, saddle->x, A, NULL, NULL, err);
    for (size_t i = 0; rc == FEMD_OK && i < n3; i++)
        for (size_t j = 0; j < n3; j++) A[i * n3 + j] /= sqrt(mass[i / 3] * mass[j / 3]);
    if (rc == FEMD_OK) rc = femd_eigen(saddle->n3, A, lambda, err);
    if (rc == FEMD_OK) *square = -lambda[0];
    free(lambda);
    return rc;
}

femd_status femd_vineyard_saddle_log(const femd_still *saddle, const double *mass, femd_rve *rve,
                                     const femd_place *place, double *log, femd_error *err) {
    double square = 0;
    if (saddle->negative != 1)
        return femd_fail(err, FEMD_INSTABILITY, "%d negative eigenvalues where a saddle has one", saddle->negative);
    FEMD_TRY(vineyard_unstable(saddle, mass, rve, place, &square, err));
    *log = femd_vineyard_log(saddle) - femd_portable_log(square);
    return FEMD_OK;
}

femd_status femd_vineyard_frequency(const femd_still *minimum, const femd_still *saddle, const double *mass,
                                    femd_rve *rve, const femd_place *place, double *frequency, femd_error *err) {
    const double unit = FEMD_EV_PER_A2 / FEMD_ATOMIC_MASS; /* eV/(angstrom^2 u) in 1/s^2 */
    double log;
    if (minimum->loose || saddle->loose)
        return femd_fail(err, FEMD_NOT_CONVERGED,
                         "forces of %.2g eV/angstrom are left at the saddle or before it, where the second derivative "
                         "of the potential jumps: it has no attempt frequency; \"barrier\" is answered",
                         fmax(minimum->fmax, saddle->fmax));
    if (minimum->negative != 0)
        return femd_fail(err, FEMD_INSTABILITY, "%d negative eigenvalues where a minimum has none", minimum->negative);
    FEMD_TRY(femd_vineyard_saddle_log(saddle, mass, rve, place, &log, err));
    *frequency = femd_portable_exp(0.5 * (femd_vineyard_log(minimum) - log)) * sqrt(unit) / TWO_PI;
    return FEMD_OK;
}
