/* How far the temperatures of a steady body are uncertain with the coefficients of the fits of sampled conductivities:
 * they follow by J dT = - dR/dcoefficient, once for each column of a factor of the covariance. Not of a transient,
 * whose errors of earlier steps nobody keeps. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "femd/kinematics.h"
#include "femd/tensor3.h"
#include "fields/heat_sampled.h"
#include "fields/positive_tensor.h"
#include "fields/ties.h"

const double *femd_heat_errors(const femd_problem *p) {
    return p->heat && p->heat->sampled && !p->cs->heat.transient ? p->heat->T_error : NULL;
}

/* Changes of the conductivities of all points of material m along a change of the coefficients. */
static void uncertain_change(const femd_heat *h, size_t m, const double *coefficients, double *change) {
    const femd_problem *p = h->p;
    const femd_points *pt = p->pt;
    memset(change, 0, 6 * (size_t)pt->n * sizeof *change);
    for (PetscInt k = 0; k < pt->n; ++k) {
        const femd_case_material *material = &p->cs->material[pt->material[k]];
        double strain[6], E[6], turned[6], back[9];
        if (!femd_heat_is_sampled(h, FEMD_SAMPLED_CONDUCTIVITY, pt->material[k]) || material->like != m) continue;
        femd_heat_strain(h, k, strain);
        femd_strain_rotate(material->orientation, strain, E);
        femd_k_fit_change(h->sampled->fit[m], E, pt->temperature[k], coefficients, turned);
        femd_transpose3(material->orientation, back);
        femd_tensor_turn(back, turned, change + 6 * k);
    }
}

/* variance += (J^-1 dR)^2 */
static femd_status uncertain_respond(femd_heat *h, const double *change, femd_field_solve *solve, void *with, Vec rhs,
                                     Vec x, femd_error *err) {
    femd_field *field = h->p->temperature;
    int solved;
    memset(h->adjoint, 0, field->n * sizeof *h->adjoint);
    femd_heat_conduct(h, h->value, change, 1, h->adjoint);
    FEMD_TRY(femd_field_sum_free(field, h->adjoint, rhs, err));
    FEMD_TRY(femd_ties_reduce(field, rhs, 0, err));
    FEMD_TRY(solve(with, rhs, x, &solved, err));
    FEMD_TRY(femd_heat_local_change(h, x, h->adjoint, err));
    for (size_t i = 0; i < field->n; ++i) h->T_error[i] += solved ? h->adjoint[i] * h->adjoint[i] : NAN;
    return FEMD_OK;
}

static femd_status uncertain_of_material(femd_heat *h, size_t m, double *change, femd_field_solve *solve, void *with,
                                         Vec rhs, Vec x, femd_error *err) {
    const femd_k_fit *fit = h->sampled->fit[m];
    double column[FEMD_K_COEFFICIENTS];
    for (int j = 0; j < fit->n; ++j) {
        femd_k_fit_column(fit, j, column);
        uncertain_change(h, m, column, change);
        FEMD_TRY(uncertain_respond(h, change, solve, with, rhs, x, err));
    }
    return FEMD_OK;
}

femd_status femd_heat_uncertain(femd_field *field, femd_field_solve *solve, void *with, Vec rhs, Vec x,
                                femd_error *err) {
    femd_heat *h = field->self;
    if (!femd_heat_errors(h->p)) return FEMD_OK;
    double *change = malloc((6 * (size_t)h->p->pt->n + 1) * sizeof *change);
    femd_status rc = change ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the errors of temperatures");
    rc = femd_agree(h->p->comm, rc, err);
    memset(h->T_error, 0, field->n * sizeof *h->T_error);
    for (size_t m = 0; rc == FEMD_OK && m < h->sampled->nmaterials; ++m)
        if (h->sampled->fit[m]) rc = uncertain_of_material(h, m, change, solve, with, rhs, x, err);
    for (size_t i = 0; i < field->n; ++i) h->T_error[i] = sqrt(h->T_error[i]);
    free(change);
    return rc;
}
