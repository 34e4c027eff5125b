/* Internal forces and stiffness from the answers of the points, and how well the forces are known. Owns the sums of one
 * cell's points; the loops over the cells are the field's. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/petsc_edge.h"
#include "fields/boundary.h"
#include "fields/mechanics_private.h"

/* What the points have answered, or answered at the committed state. */
typedef struct answers {
    const femd_problem *p;
    const double *F, *S, *D;
} answers;

static void mechanics_cell_force(const void *self, PetscInt c, double *out) {
    const answers *given = self;
    const femd_element_table *table = &given->p->grid->table;
    const PetscInt k = c * table->points;
    femd_element_force(table->nodes, table->points, given->p->pt->gradient + (size_t)k * table->nodes * FEMD_SPACE,
                       given->F + 9 * k, given->S + 6 * k, given->p->pt->weight + k, out);
}

/* Internal forces of this rank's cells. */
void femd_mechanics_internal(const femd_problem *p, const double *F, const double *S, double *out) {
    const answers given = {.p = p, .F = F, .S = S};
    femd_field_add_cells(p->displacement, mechanics_cell_force, &given, out);
}

/* Standard deviation of the norm of the free nodal forces. */
static femd_status mechanics_noise(const femd_problem *p, double *sigma, femd_error *err) {
    const femd_element_table *table = &p->grid->table;
    const int *entry = p->displacement->boundary->entry;
    *sigma = 0;
    if (!p->mech->sampled) return FEMD_OK;
    for (PetscInt c = 0; c < p->grid->ncells; ++c) {
        double v[FEMD_SPACE * FEMD_ELEMENT_NODES] = {0};
        const PetscInt k = c * table->points, *node = p->grid->cell_node + c * table->nodes;
        femd_element_noise(table->nodes, table->points, p->pt->gradient + (size_t)k * table->nodes * FEMD_SPACE,
                           p->pt->tF + 9 * k, p->pt->tS_err + 6 * k, p->pt->weight + k, v);
        for (int i = 0; i < table->nodes; ++i)
            for (int a = 0; a < FEMD_SPACE; ++a)
                if (entry[FEMD_SPACE * node[i] + a] < 0) *sigma += v[FEMD_SPACE * i + a];
    }
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, sigma, 1, MPI_DOUBLE, MPI_SUM, p->comm));
    *sigma = sqrt(*sigma);
    return FEMD_OK;
}

/* Round-off of the nodal forces: strains of order eps make stresses of eps |D|, summed as independent. */
static femd_status mechanics_rounding(const femd_problem *p, double *force, femd_error *err) {
    double most = 0;
    for (size_t i = 0; i < 36 * (size_t)p->pt->n; ++i) most = fmax(most, fabs(p->pt->tD[i]));
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, &most, 1, MPI_DOUBLE, MPI_MAX, p->comm));
    *force = 4 * DBL_EPSILON * most * p->mech->mesh_size;
    return FEMD_OK;
}

femd_status femd_mechanics_residual(femd_field *field, Vec R, femd_error *err) {
    femd_mechanics *m = field->self;
    const femd_problem *p = m->p;
    double internal;
    femd_mechanics_internal(p, p->pt->tF, p->pt->tS, m->unbalanced);
    FEMD_TRY(femd_field_norm(field, m->unbalanced, &internal, err));
    m->scale.reference = fmax(m->scale.reference, internal);
    FEMD_TRY(mechanics_noise(p, &m->noise, err));
    m->scale.noise = p->cs->noise_stop ? m->noise : 0;
    FEMD_TRY(mechanics_rounding(p, &m->scale.rounding, err));
    for (size_t i = 0; i < field->n; ++i) m->unbalanced[i] -= field->boundary->applied[i];
    return femd_field_sum_free(field, m->unbalanced, R, err);
}

static void mechanics_cell_stiffness(const void *self, PetscInt c, double *out) {
    const answers *given = self;
    const femd_element_table *table = &given->p->grid->table;
    const PetscInt k = c * table->points;
    table->element->stiffness(given->p->pt->gradient + (size_t)k * table->nodes * FEMD_SPACE, given->F + 9 * k,
                              given->S + 6 * k, given->D + 36 * k, given->p->pt->weight + k, out);
}

femd_status femd_mechanics_stiffness(femd_problem *p, const double *F, const double *S, const double *D,
                                     const double *jump, double *lifted, Mat K, femd_error *err) {
    const answers given = {.p = p, .F = F, .S = S, .D = D};
    return femd_field_assemble(p->displacement, mechanics_cell_stiffness, &given, jump, lifted, K, err);
}

femd_status femd_mechanics_jacobian(femd_field *field, Mat K, femd_error *err) {
    femd_problem *p = ((femd_mechanics *)field->self)->p;
    return femd_mechanics_stiffness(p, p->pt->tF, p->pt->tS, p->pt->tD, NULL, NULL, K, err);
}
