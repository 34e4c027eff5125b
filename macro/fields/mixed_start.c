/* Where displacement and pressure start from: the pressure of virgin points, and the size of its unknown. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "base/petsc_edge.h"
#include "femd/tensor3.h"
#include "fields/mechanics_private.h"
#include "fields/mixed_private.h"

void femd_mixed_fill_edges(const femd_problem *p, double *pressure) {
    const femd_grid *grid = p->grid;
    const femd_cell *cell = grid->table.element->cell;
    for (PetscInt c = 0; c < grid->ncells; ++c) {
        const PetscInt *node = grid->cell_node + c * grid->table.nodes;
        for (int e = 0; e < cell->edges; ++e)
            pressure[node[cell->corners + e]] =
                0.5 * (pressure[node[cell->edge[e][0]]] + pressure[node[cell->edge[e][1]]]);
    }
}

/* Each vertex gets the mean of the points around it. */
static femd_status mixed_spread(femd_problem *p, const double *of_point, femd_error *err) {
    const femd_element_table *table = &p->grid->table;
    femd_mixed *x = p->mixed;
    const size_t n = (size_t)p->grid->nnodes;
    double *sum = x->residual, *share = x->residual + n;
    Vec weight;
    PetscScalar *w, *v;
    PetscInt owned;
    memset(sum, 0, 2 * n * sizeof *sum);
    for (PetscInt k = 0; k < p->pt->n; ++k) {
        const PetscInt *node = p->grid->cell_node + k / table->points * table->nodes;
        for (int i = 0; i < table->corners; ++i) {
            sum[node[i]] += p->pt->weight[k] * table->corner[k % table->points][i] * of_point[k];
            share[node[i]] += p->pt->weight[k] * table->corner[k % table->points][i];
        }
    }
    PETSC_TRY(err, VecDuplicate(p->pressure->committed, &weight));
    femd_field *field = p->pressure;
    /* the pressure has no boundary: its sums hold all entries */
    femd_status rc = femd_field_sum(field, sum, field->committed, err);
    if (rc == FEMD_OK) rc = femd_field_sum(field, share, weight, err);
    if (rc == FEMD_OK) {
        PETSC_TRY_GOTO(rc, err, VecGetLocalSize(weight, &owned), done);
        PETSC_TRY_GOTO(rc, err, VecGetArray(field->committed, &v), done);
        PETSC_TRY_GOTO(rc, err, VecGetArray(weight, &w), done);
        for (PetscInt i = 0; i < owned; ++i) v[i] = w[i] > 0 ? v[i] / w[i] : 0;
        PETSC_TRY_GOTO(rc, err, VecRestoreArray(weight, &w), done);
        PETSC_TRY_GOTO(rc, err, VecRestoreArray(field->committed, &v), done);
        FEMD_TRY_GOTO(rc, femd_field_get(field, x->pressure, err), done);
        femd_mixed_fill_edges(p, x->pressure);
        rc = femd_field_set(field, x->pressure, err);
    }
done:
    (void)VecDestroy(&weight);
    return rc;
}

femd_status femd_mixed_begin_virgin(femd_problem *p, int possible, femd_error *err) {
    femd_points *pt = p->pt;
    int loose = 0;
    if (!possible)
        return femd_fail(err, FEMD_NOT_CONVERGED,
                         "a virgin point has no answer, and element.formulation \"u-p\" starts from its pressure");
    double *pressure = calloc((size_t)pt->n + 1, sizeof *pressure);
    FEMD_TRY(femd_agree(p->comm, pressure ? FEMD_OK : femd_mixed_no_memory(err), err));
    for (PetscInt k = 0; k < pt->n; ++k) {
        static const double rest[6] = {0};
        femd_response r = {0};
        memcpy(r.S, pt->S + 6 * k, sizeof r.S);
        memcpy(r.D, pt->D + 36 * k, sizeof r.D);
        if (pt->dSdT) memcpy(r.dSdT, pt->dSdT + 6 * k, sizeof r.dSdT);
        loose |= !femd_mixed_at_rest(&r, &pressure[k]);
        pt->dJdp[k] = r.dJdp;
        femd_mixed_combine(femd_identity3, rest, pressure[k], &r, p->cs->shear_regularisation, pt->S + 6 * k,
                           pt->D + 36 * k, pt->slope + 6 * k, &pt->gap[k]);
        if (pt->dJdT) femd_mixed_warm(femd_identity3, rest, &r, pt->dSdT + 6 * k, &pt->dJdT[k]);
    }
    femd_status rc = femd_agree(
        p->comm,
        loose ? femd_fail(err, FEMD_NOT_CONVERGED, "the pressure of a virgin point does not fall with its volume")
              : FEMD_OK,
        err);
    if (rc == FEMD_OK) rc = mixed_spread(p, pressure, err);
    free(pressure);
    p->mixed->started = 1;
    return rc;
}

femd_status femd_mixed_find_scale(femd_problem *p, femd_error *err) {
    double sum[3] = {0, 0, (double)p->grid->ncells};
    const int liquid = p->cs->shear_regularisation > 0; /* forces are those of pressures: so large a gap matters */
    for (PetscInt k = 0; k < p->pt->n; ++k) {
        const double *D = p->pt->D + 36 * k;
        sum[0] +=
            p->pt->weight[k] * (liquid ? 1 / fabs(p->pt->dJdp[k]) : (fabs(D[21]) + fabs(D[28]) + fabs(D[35])) / 3);
        sum[1] += p->pt->weight[k];
    }
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, sum, 3, MPI_DOUBLE, MPI_SUM, p->comm));
    const double scale = sum[0] / sum[1] / cbrt(sum[1] / sum[2]);
    p->mixed->scale = scale > 0 && isfinite(scale) ? exp2(nearbyint(log2(scale))) : 1;
    return FEMD_OK;
}
