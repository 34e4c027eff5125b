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
                                     const femd_place *place, double *work, double *square, femd_error *err) {
    const int n3 = saddle->n3;
    int alike = 1;
    for (int i = 1; i < n3 / 3; i++) alike = alike && mass[i] == mass[0];
    if (alike) {
        *square = -saddle->lambda[0] / mass[0];
        return FEMD_OK;
    }
    double *lambda = malloc((size_t)n3 * sizeof *lambda);
    if (!lambda) return femd_fail(err, FEMD_NO_MEMORY, "vibrations of %d atoms: out of memory", n3 / 3);
    femd_status rc = femd_energetics_hessian(rve->en, rve->nb, place->h, saddle->x, work, NULL, NULL, err);
    for (int i = 0; rc == FEMD_OK && i < n3; i++)
        for (int j = 0; j < n3; j++) work[(size_t)i * (size_t)n3 + (size_t)j] /= sqrt(mass[i / 3] * mass[j / 3]);
    if (rc == FEMD_OK) rc = femd_eigen(n3, work, lambda, err);
    if (rc == FEMD_OK) *square = -lambda[0];
    free(lambda);
    return rc;
}

femd_status femd_vineyard_frequency(const femd_still *minimum, const femd_still *saddle, const double *mass,
                                    femd_rve *rve, const femd_place *place, double *work, double *frequency,
                                    femd_error *err) {
    double square = 0;
    if (minimum->negative != 0 || saddle->negative != 1)
        return femd_fail(err, FEMD_INSTABILITY,
                         "%d and %d negative eigenvalues where a minimum has none and a saddle one", minimum->negative,
                         saddle->negative);
    FEMD_TRY(vineyard_unstable(saddle, mass, rve, place, work, &square, err));
    const double unit = FEMD_EV_PER_A2 / FEMD_ATOMIC_MASS, /* eV/(angstrom^2 u) in 1/s^2 */
        ratio = femd_vineyard_log(minimum) - femd_vineyard_log(saddle);
    *frequency = femd_portable_exp(0.5 * ratio) * sqrt(square * unit) / TWO_PI;
    return FEMD_OK;
}
