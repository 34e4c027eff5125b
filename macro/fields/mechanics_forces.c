/* Internal forces and stiffness from the answers of the points, and how well the forces are known. Owns the sums of one
 * cell's points; the loops over the cells are the field's. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "base/part.h"
#include "base/petsc_edge.h"
#include "fields/boundary.h"
#include "fields/mechanics_private.h"
#include "fields/ties.h"

/* What the points have answered, or answered at the committed state. */
typedef struct answers {
    const femd_problem *p;
    const double *F, *S, *D;
    const double *u; /* local displacement; NULL: no load follows it */
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
    const double *error = p->mixed ? p->pt->tforce_err : p->pt->tS_err;
    *sigma = 0;
    if (!p->mech->sampled) return FEMD_OK;
    for (PetscInt c = 0; c < p->grid->ncells; ++c) {
        double v[FEMD_SPACE * FEMD_ELEMENT_NODES] = {0};
        const PetscInt k = c * table->points, *node = p->grid->cell_node + c * table->nodes;
        if (!femd_mechanics_is_noisy(p, k)) continue;
        femd_element_noise(table->nodes, table->points, p->pt->gradient + (size_t)k * table->nodes * FEMD_SPACE,
                           p->pt->tF + 9 * k, error + 6 * k, p->pt->weight + k, v);
        for (int i = 0; i < table->nodes; ++i)
            for (int a = 0; a < FEMD_SPACE; ++a)
                if (entry[FEMD_SPACE * node[i] + a] < 0) *sigma += v[FEMD_SPACE * i + a];
    }
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, sigma, 1, MPI_DOUBLE, MPI_SUM, p->comm));
    *sigma = sqrt(*sigma);
    return FEMD_OK;
}

/* Round-off of the nodal forces. Strains of order eps make stresses of eps |D|; displacements u that are known to
 * eps |u| make forces of eps |u| times the stiffness. Summed as independent. */
static femd_status mechanics_rounding(const femd_problem *p, const double *u, double *force, femd_error *err) {
    const femd_element_table *table = &p->grid->table;
    double most = 0, moved = 0;
    for (PetscInt c = 0; c < p->grid->ncells; ++c) {
        double far = 0;
        for (int i = 0; i < FEMD_SPACE * table->nodes; ++i)
            far =
                fmax(far, fabs(u[FEMD_SPACE * p->grid->cell_node[c * table->nodes + i / FEMD_SPACE] + i % FEMD_SPACE]));
        for (PetscInt k = c * table->points; k < (c + 1) * table->points; ++k) {
            double D = 0, F = 0;
            for (int i = 0; i < 36; ++i) D = fmax(D, fabs(p->pt->tD[36 * k + i]));
            for (int i = 0; i < 9; ++i) F = fmax(F, fabs(p->pt->tF[9 * k + i]));
            const double force_of_point = far * F * F * D * p->mech->spread[k];
            moved += force_of_point * force_of_point;
            most = fmax(most, D);
        }
    }
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, &most, 1, MPI_DOUBLE, MPI_MAX, p->comm));
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, &moved, 1, MPI_DOUBLE, MPI_SUM, p->comm));
    *force = DBL_EPSILON * fmax(4 * most * p->mech->mesh_size, sqrt(moved));
    return FEMD_OK;
}

/* internal: forces of a state, made in place the unbalanced ones under the loads of the time set; scale: what is in
 * balance there and what drives it. */
static femd_status mechanics_balance(femd_field *field, double *internal, femd_field_scale *scale, femd_error *err) {
    double applied;
    FEMD_TRY(femd_field_norm(field, internal, &scale->reference, err));
    FEMD_TRY(femd_field_norm(field, field->boundary->applied, &applied, err));
    scale->reference = fmax(scale->reference, applied);
    for (size_t i = 0; i < field->n; ++i) internal[i] -= field->boundary->applied[i];
    return femd_boundary_drive(field, internal, &scale->load, err);
}

static femd_status mechanics_follow_committed(femd_field *field, femd_error *err) {
    if (!field->boundary->follows) return FEMD_OK;
    double *u = calloc(field->n + 1, sizeof *u);
    femd_status rc =
        femd_agree(field->grid->comm, u ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the loads"), err);
    if (rc == FEMD_OK) rc = femd_field_get(field, u, err);
    if (rc == FEMD_OK) rc = femd_boundary_follow(field, u, err);
    free(u);
    return rc;
}

/* Is there an expression that may have no value before the first step, at a time that is none of a step? */
static int mechanics_varies(const femd_boundary *bc) {
    int varies = 0;
    for (size_t b = 0; b < bc->nconditions; ++b)
        varies |= bc->condition[b].kind && femd_condition_varies(&bc->condition[b]);
    return varies;
}

/* The scale of the committed state, with its own loads: a body on its way back to rest is measured by where it comes
 * from. Before the first step it is that of the virgin stress, if the predictor has asked for it. */
static femd_status mechanics_scale_before(femd_field *field, femd_error *err) {
    femd_mechanics *m = field->self;
    const femd_problem *p = m->p;
    const double time = field->boundary->time;
    memset(&m->before, 0, sizeof m->before);
    m->has_before = 1;
    if (p->step == 0 && !m->has_tangent) return FEMD_OK;
    femd_mechanics_internal(p, p->pt->F, p->pt->S, m->unbalanced);
    if (p->step == 0 && mechanics_varies(field->boundary))
        return femd_field_norm(field, m->unbalanced, &m->before.reference, err);
    FEMD_TRY(femd_boundary_set_time(field, p->load_time, err));
    FEMD_TRY(mechanics_follow_committed(field, err));
    FEMD_TRY(mechanics_balance(field, m->unbalanced, &m->before, err));
    return femd_boundary_set_time(field, time, err);
}

femd_status femd_mechanics_residual(femd_field *field, Vec R, femd_error *err) {
    FEMD_PART(ASSEMBLY);
    femd_mechanics *m = field->self;
    const femd_problem *p = m->p;
    if (!m->has_before) FEMD_TRY(mechanics_scale_before(field, err));
    femd_mechanics_internal(p, p->pt->tF, p->pt->tS, m->unbalanced);
    FEMD_TRY(femd_boundary_follow(field, m->key, err));
    FEMD_TRY(mechanics_balance(field, m->unbalanced, &m->scale, err));
    m->scale.reference = fmax(m->scale.reference, m->before.reference);
    m->scale.load = fmax(m->scale.load, m->before.load);
    femd_mechanics_thermal_reference(m);
    FEMD_TRY(mechanics_noise(p, &m->noise, err));
    m->scale.noise = p->cs->noise_stop ? m->noise : 0;
    FEMD_TRY(mechanics_rounding(p, m->key, &m->scale.rounding, err));
    FEMD_TRY(femd_field_sum_free(field, m->unbalanced, R, err));
    return femd_ties_reduce(field, R, 1, err);
}

static void mechanics_cell_stiffness(const void *self, PetscInt c, double *out) {
    const answers *given = self;
    const femd_element_table *table = &given->p->grid->table;
    const PetscInt k = c * table->points;
    table->element->stiffness(given->p->pt->gradient + (size_t)k * table->nodes * FEMD_SPACE, given->F + 9 * k,
                              given->S + 6 * k, given->D + 36 * k, given->p->pt->weight + k, out);
    if (given->u) femd_boundary_follow_stiffness(given->p->displacement, c, given->u, out);
}

femd_status femd_mechanics_stiffness(femd_problem *p, const double *u, const double *F, const double *S,
                                     const double *D, const double *jump, double *lifted, Mat K, femd_error *err) {
    FEMD_PART(ASSEMBLY);
    const answers given = {.p = p, .F = F, .S = S, .D = D, .u = p->displacement->boundary->follows ? u : NULL};
    return femd_field_assemble(p->displacement, mechanics_cell_stiffness, &given, jump, lifted, K, err);
}

femd_status femd_mechanics_jacobian(femd_field *field, Mat K, femd_error *err) {
    femd_problem *p = ((femd_mechanics *)field->self)->p;
    return femd_mechanics_stiffness(p, p->mech->key, p->pt->tF, p->pt->tS, p->pt->tD, NULL, NULL, K, err);
}
