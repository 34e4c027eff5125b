/* Down from saddles along the lowest mode; see slide.h. */
#include "rve/slide.h"

#include <math.h>

#include "numerics/dense.h"
#include "rve/native_lanczos.h"

enum { SADDLES = 8, HALVINGS = 12 };
static const double FIRST_MOVE = 0.05; /* angstrom, largest component: small against the way to another basin */
static const double NOISE = 1e-13;     /* of the energy: what sums leave of it */

femd_status femd_slide_mode(const femd_rve *rve, const femd_place *place, const double *x, const femd_beat *beat,
                            double *work, double *lowest, double *mode, femd_error *err) {
    FEMD_TRY(femd_energetics_prepare(rve->en, rve->nb, place->h, x, NULL, NULL, err));
    FEMD_TRY(femd_rve_hold(rve, place->h, x, err));
    return femd_lanczos_mode(rve->en, &rve->gauge, beat, work, lowest, mode, err);
}

/* x moves along the mode to where the energy is not above the saddle's and goes on falling, or is below it; *found: 0
 * if there is no such place, and x stays. work: 2 x n3. */
static femd_status slide_along(const femd_rve *rve, const femd_place *place, const double *mode, double *work,
                               double *x, int *found, femd_error *err) {
    const int n3 = 3 * rve->n;
    double *moved = work, *f = work + n3, W, t = FIRST_MOVE / femd_max_abs(n3, mode);
    FEMD_TRY(femd_energetics_forces(rve->en, rve->nb, place->h, x, &W, f, NULL, err));
    const double noise = NOISE * (fabs(W) + 1);
    *found = 0;
    for (int k = 0; k < 2 * HALVINGS; k++, t *= 0.5) {
        double there;
        if (k == HALVINGS) t = -FIRST_MOVE / femd_max_abs(n3, mode); /* the other way, if this one leads nowhere */
        for (int i = 0; i < n3; i++) moved[i] = x[i] + t * mode[i];
        const femd_status rc = femd_energetics_forces(rve->en, rve->nb, place->h, moved, &there, f, NULL, err);
        if (rc == FEMD_OUT_OF_DOMAIN) continue;
        FEMD_TRY(rc);
        if (!(there < W - noise || (there <= W + noise && t * femd_dot(n3, f, mode) > 0))) continue;
        memcpy(x, moved, (size_t)n3 * sizeof *x);
        *found = 1;
        return FEMD_OK;
    }
    return FEMD_OK;
}

static femd_status slide_off(const femd_rve *rve, const femd_place *place, const femd_beat *beat, double *work,
                             double *x, femd_error *err) {
    const int n3 = 3 * rve->n;
    double lowest;
    int found = 0;
    FEMD_TRY(femd_slide_mode(rve, place, x, beat, work + n3, &lowest, work, err));
    if (lowest < 0) FEMD_TRY(slide_along(rve, place, work, work + n3, x, &found, err));
    if (found) return FEMD_OK;
    return femd_fail(err, FEMD_INSTABILITY,
                     "equilibrium was reached where the Hessian is not positive definite (lowest eigenvalue %.3g "
                     "eV/angstrom^2), and no way down was found",
                     lowest);
}

femd_status femd_slide(femd_relaxer *relaxer, const femd_rve *rve, const femd_place *place, double *x,
                       const double *first, const double *stale, const femd_beat *beat, double *work,
                       femd_relax_result *res, femd_error *err) {
    femd_status rc = FEMD_INSTABILITY;
    for (int saddle = 0; rc == FEMD_INSTABILITY && saddle < SADDLES; saddle++) {
        int found = 0;
        if (first && saddle == 0) FEMD_TRY(slide_along(rve, place, first, work, x, &found, err));
        if (!found) FEMD_TRY(slide_off(rve, place, beat, work, x, err));
        rc = femd_relax(relaxer, rve, place, x, stale, beat, res, err);
    }
    return rc;
}
