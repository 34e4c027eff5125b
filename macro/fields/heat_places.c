/* The points of a body as those who choose samples of its conductivities and heat capacities see them. */
#include <math.h>

#include "base/collective.h"
#include "base/petsc_edge.h"
#include "femd/kinematics.h"
#include "femd/tensor3.h"
#include "fields/boundary.h"
#include "fields/heat_sampled.h"

void femd_heat_gradient(const femd_heat *h, PetscInt k, const double *u, double out[3]) {
    const femd_problem *p = h->p;
    const femd_element_table *table = &p->grid->table;
    const PetscInt *node = p->grid->cell_node + k / table->points * table->nodes;
    const double *g = p->pt->gradient + (size_t)k * table->nodes * FEMD_SPACE;
    out[0] = out[1] = out[2] = 0;
    for (int i = 0; i < table->nodes; ++i)
        for (int a = 0; a < FEMD_SPACE; ++a) out[a] += (u[node[i]] - u[node[0]]) * g[FEMD_SPACE * i + a];
}

double femd_heat_form(const double k[6], const double v[3]) {
    return k[0] * v[0] * v[0] + k[1] * v[1] * v[1] + k[2] * v[2] * v[2] +
           2 * (k[3] * v[1] * v[2] + k[4] * v[0] * v[2] + k[5] * v[0] * v[1]);
}

/* A change of the capacity c v . v of a point changes by as much what it takes up. */
static void places_look_store(const femd_heat *h, PetscInt k, femd_k_place *place) {
    const femd_points *pt = h->p->pt;
    const double rate = fabs(pt->temperature[k] - h->T_old[k]) / h->dt;
    place->v[0] = place->u[0] = sqrt(rate);
    place->flow = pt->theat_c[k] * rate;
}

static void places_look(const femd_heat *h, femd_sampled_quantity what, PetscInt k, const double *adjoint,
                        femd_k_place *place) {
    const femd_points *pt = h->p->pt;
    const femd_case_material *m = &h->p->cs->material[pt->material[k]];
    const int sampled = femd_heat_is_sampled(h, what, pt->material[k]);
    *place = (femd_k_place){.material = sampled ? (double)femd_heat_slot(h->sampled, what, m->like) : -1,
                            .T = pt->temperature[k],
                            .weight = pt->weight[k]};
    double E[6], slope[3], change[3], in_frame[3];
    femd_heat_strain(h, k, E);
    femd_strain_rotate(m->orientation, E, place->E);
    if (adjoint && what == FEMD_SAMPLED_CAPACITY) places_look_store(h, k, place);
    if (!adjoint || what == FEMD_SAMPLED_CAPACITY) return;
    femd_heat_gradient(h, k, h->value, slope);
    femd_heat_gradient(h, k, adjoint, change);
    for (int a = 0; a < 3; ++a) change[a] = slope[a] - h->theta * change[a];
    femd_heat_in_frame(h, k, slope, in_frame);
    place->flow = femd_heat_form(pt->theat_k + 6 * k, in_frame);
    femd_apply3(m->orientation, in_frame, place->v);
    femd_heat_in_frame(h, k, change, in_frame);
    femd_apply3(m->orientation, in_frame, place->u);
}

femd_status femd_heat_gather_places(femd_heat *h, femd_sampled_quantity what, const double *adjoint, femd_error *err) {
    femd_heat_sampled *s = h->sampled;
    for (PetscInt k = 0; k < h->p->pt->n; ++k) places_look(h, what, k, adjoint, s->local + k);
    return femd_rows_gather(s->rows, s->local, sizeof *s->local, s->all, err);
}

femd_status femd_heat_local_change(const femd_heat *h, Vec x, double *change, femd_error *err) {
    const femd_field *field = h->p->temperature;
    const PetscScalar *a;
    PETSC_TRY(err, DMGlobalToLocal(field->dm, x, INSERT_VALUES, field->local));
    PETSC_TRY(err, VecGetArrayRead(field->local, &a));
    for (size_t i = 0; i < field->n; ++i) change[i] = field->boundary->entry[i] >= 0 ? 0 : a[i];
    PETSC_TRY(err, VecRestoreArrayRead(field->local, &a));
    return FEMD_OK;
}

/* ---- what the flow depends on ---- */

/* dD/dT of one cell's nodes. */
static void places_flow_cell(const void *self, PetscInt cell, double *out) {
    const femd_heat *h = self;
    const femd_problem *p = h->p;
    const femd_element_table *table = &p->grid->table;
    for (int q = 0; q < table->points; ++q) {
        const PetscInt k = cell * table->points + q;
        const double *g = p->pt->gradient + (size_t)k * table->nodes * FEMD_SPACE, *N = table->shape[q];
        double K[6], change[6], slope[3];
        femd_heat_gradient(h, k, h->value, slope);
        femd_heat_referential(h, k, p->pt->theat_k + 6 * k, K);
        femd_heat_referential(h, k, h->slopes.k + 6 * k, change);
        const double flux[3] = {K[0] * slope[0] + K[5] * slope[1] + K[4] * slope[2],
                                K[5] * slope[0] + K[1] * slope[1] + K[3] * slope[2],
                                K[4] * slope[0] + K[3] * slope[1] + K[2] * slope[2]},
                     warmer = femd_heat_form(change, slope);
        for (int i = 0; i < table->nodes; ++i)
            out[i] += p->pt->weight[k] * (2 * femd_dot3(g + FEMD_SPACE * i, flux) + N[i] * warmer);
    }
}

void femd_heat_flow_slope(const femd_heat *h, double *out) {
    femd_field_add_cells(h->p->temperature, places_flow_cell, h, out);
}
