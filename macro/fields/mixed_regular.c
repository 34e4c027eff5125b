/* The regularisation of the shear, element.shear_regularisation: what a body of a liquid has beside the answers of its
 * points so that its shape can be found. Owns the law and what is told of it; asks nobody.
 *
 * psi = mu/2 (J^(-2/3) tr C - 3) per reference volume, S = mu J^(-2/3) (1 - tr C / 3 C^-1): S:C = 0, so that it has no
 * part in the pressure, and a turn of the body changes neither. */
#include <math.h>
#include <string.h>

#include "base/petsc_edge.h"
#include "femd/tensor3.h"
#include "fields/mechanics_private.h"
#include "fields/mixed_private.h"

/* det(2E + 1) - 1, without the 1. */
static double regular_grown(const double E[6]) {
    const double a = 2 * E[0], b = 2 * E[1], c = 2 * E[2], d = E[3], e = E[4], f = E[5];
    return a + b + c + a * b + b * c + c * a - d * d - e * e - f * f + a * b * c + 2 * d * e * f - a * d * d -
           b * e * e - c * f * f;
}

double femd_mixed_regular(double mu, const double E[6], double S[6]) {
    const double grown = regular_grown(E), det = 1 + grown, root = cbrt(det), trace = 2 * (E[0] + E[1] + E[2]),
                 third = 1 + trace / 3;
    const double C[6] = {1 + 2 * E[0], 1 + 2 * E[1], 1 + 2 * E[2], E[3], E[4], E[5]};
    const double minor[6] = {C[1] * C[2] - C[3] * C[3], C[0] * C[2] - C[4] * C[4], C[0] * C[1] - C[5] * C[5],
                             C[4] * C[5] - C[0] * C[3], C[5] * C[3] - C[1] * C[4], C[4] * C[3] - C[2] * C[5]};
    for (int a = 0; a < 6; ++a) S[a] = mu / root * ((a < 3) - third * minor[a] / det);
    /* tr C / root - 3 = (tr C - 3 - 3 (root - 1)) / root, and root^3 - 1 = grown: small strains keep their digits */
    return 0.5 * mu * (trace - 3 * grown / (root * root + root + 1)) / root;
}

double femd_mixed_regular_change(const femd_problem *p) {
    const femd_points *pt = p->pt;
    double sum = 0, S[6];
    for (PetscInt k = 0; p->mixed && p->cs->shear_regularisation > 0 && k < pt->n; ++k)
        sum += pt->weight[k] * (femd_mixed_regular(p->cs->shear_regularisation, pt->tE + 6 * k, S) -
                                femd_mixed_regular(p->cs->shear_regularisation, pt->E + 6 * k, S));
    return sum;
}

/* Von Mises' stress of the Cauchy stress of S. */
static double regular_mises(const double F[9], const double S[6]) {
    double s[6];
    femd_cauchy(F, S, s);
    const double a = s[0] - s[1], b = s[1] - s[2], c = s[2] - s[0];
    return sqrt(0.5 * (a * a + b * b + c * c) + 3 * (s[3] * s[3] + s[4] * s[4] + s[5] * s[5]));
}

femd_status femd_mixed_regular_tell(const femd_problem *p, femd_step_record *rec, femd_error *err) {
    const femd_points *pt = p->pt;
    double energy = 0, most = 0, S[6];
    rec->regular_energy = rec->regular_stress = 0;
    if (!p->mixed || !(p->cs->shear_regularisation > 0)) return FEMD_OK;
    for (PetscInt k = 0; k < pt->n; ++k) {
        energy += pt->weight[k] * femd_mixed_regular(p->cs->shear_regularisation, pt->tE + 6 * k, S);
        most = fmax(most, regular_mises(pt->tF + 9 * k, S));
    }
    MPI_TRY(err, MPI_Allreduce(&energy, &rec->regular_energy, 1, MPI_DOUBLE, MPI_SUM, p->comm));
    MPI_TRY(err, MPI_Allreduce(&most, &rec->regular_stress, 1, MPI_DOUBLE, MPI_MAX, p->comm));
    return FEMD_OK;
}
