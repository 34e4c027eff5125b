/* Conduction in a body that is deformed, in its reference configuration: K = J F^-1 k F^-T with the conductivity k in
 * space, which is J U^-1 k U^-1 with that of the answers, whose frame turns with the material. The deformation is the
 * committed one, so that it stands still within a pass of a step. */
#include <math.h>
#include <string.h>

#include "femd/kinematics.h"
#include "femd/tensor3.h"
#include "fields/heat_private.h"

/* sqrt(J) U^-1 */
static femd_status deformed_map(const double F[9], double map[9], femd_error *err) {
    double U[9];
    FEMD_TRY(femd_polar(F, NULL, U, err));
    const double J = femd_det3(U);
    femd_adjugate3(U, map);
    for (int i = 0; i < 9; ++i) map[i] *= sqrt(J) / J;
    return FEMD_OK;
}

femd_status femd_heat_deform(femd_heat *h, const double *F, femd_error *err) {
    femd_status rc = FEMD_OK;
    for (PetscInt k = 0; h->map && rc == FEMD_OK && k < h->p->pt->n; ++k)
        rc = deformed_map(F + 9 * k, h->map + 9 * k, err);
    return rc;
}

void femd_heat_in_frame(const femd_heat *h, PetscInt k, const double gradient[3], double in_frame[3]) {
    if (h->map)
        femd_apply3(h->map + 9 * k, gradient, in_frame);
    else
        memcpy(in_frame, gradient, 3 * sizeof *in_frame);
}

void femd_heat_referential(const femd_heat *h, PetscInt k, const double in[6], double out[6]) {
    static const int voigt[6][2] = {{0, 0}, {1, 1}, {2, 2}, {1, 2}, {0, 2}, {0, 1}};
    if (!h->map) {
        memcpy(out, in, 6 * sizeof *out);
        return;
    }
    const double *M = h->map + 9 * k;
    double full[9], half[9] = {0};
    femd_voigt_to_full(in, 0, full);
    for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j)
            for (int l = 0; l < 3; ++l) half[3 * i + j] += M[3 * i + l] * full[3 * l + j];
    for (int c = 0; c < 6; ++c) {
        out[c] = 0;
        for (int l = 0; l < 3; ++l) out[c] += half[3 * voigt[c][0] + l] * M[3 * l + voigt[c][1]];
    }
}
