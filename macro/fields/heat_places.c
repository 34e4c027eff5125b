/* The points of a body as those who choose samples of its conductivities see them. */
#include "base/collective.h"
#include "base/petsc_edge.h"
#include "femd/kinematics.h"
#include "femd/tensor3.h"
#include "fields/boundary.h"
#include "fields/heat_sampled.h"

int femd_heat_is_sampled(const femd_heat *h, int material) {
    return h->sampled && h->sampled->fitted[material];
}

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

static void places_look(const femd_heat *h, PetscInt k, const double *adjoint, femd_k_place *place) {
    const femd_points *pt = h->p->pt;
    const femd_case_material *m = &h->p->cs->material[pt->material[k]];
    *place = (femd_k_place){.material = femd_heat_is_sampled(h, pt->material[k]) ? (double)m->like : -1,
                            .T = pt->temperature[k],
                            .weight = pt->weight[k]};
    double E[6], slope[3], change[3], in_frame[3];
    femd_heat_strain(h, k, E);
    femd_strain_rotate(m->orientation, E, place->E);
    if (!adjoint) return;
    femd_heat_gradient(h, k, h->value, slope);
    femd_heat_gradient(h, k, adjoint, change);
    for (int a = 0; a < 3; ++a) change[a] = slope[a] - h->theta * change[a];
    femd_heat_in_frame(h, k, slope, in_frame);
    place->flow = femd_heat_form(pt->theat_k + 6 * k, in_frame);
    femd_apply3(m->orientation, in_frame, place->v);
    femd_heat_in_frame(h, k, change, in_frame);
    femd_apply3(m->orientation, in_frame, place->u);
}

femd_status femd_heat_gather_places(femd_heat *h, const double *adjoint, femd_error *err) {
    femd_heat_sampled *s = h->sampled;
    for (PetscInt k = 0; k < h->p->pt->n; ++k) places_look(h, k, adjoint, s->local + k);
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
