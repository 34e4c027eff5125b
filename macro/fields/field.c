/* Layout of a field, its vectors, and the loops over the cells. Owns no equation: what a cell adds is the kind's. */
#include "fields/field.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "base/petsc_edge.h"
#include "fields/assembly.h"
#include "fields/boundary.h"
#include "fields/ties.h"

/* ---- layout ---- */

/* The grid's section with `components` entries for each of its one. */
static PetscErrorCode field_lay_out(femd_field *field) {
    PetscSection nodes, section;
    PetscInt start, end, entries;
    PetscFunctionBeginUser;
    PetscCall(DMClone(field->grid->dm, &field->dm));
    PetscCall(DMSetBasicAdjacency(field->dm, PETSC_FALSE, PETSC_TRUE));
    PetscCall(DMGetLocalSection(field->grid->dm, &nodes));
    PetscCall(PetscSectionGetChart(nodes, &start, &end));
    PetscCall(PetscSectionCreate(field->grid->comm, &section));
    PetscCall(PetscSectionSetChart(section, start, end));
    for (PetscInt point = start; point < end; ++point) {
        PetscCall(PetscSectionGetDof(nodes, point, &entries));
        if (entries) PetscCall(PetscSectionSetDof(section, point, field->components));
    }
    PetscCall(PetscSectionSetUp(section));
    PetscCall(DMSetLocalSection(field->dm, section));
    PetscCall(PetscSectionDestroy(&section));
    PetscCall(DMCreateGlobalVector(field->dm, &field->committed));
    PetscCall(VecZeroEntries(field->committed));
    PetscCall(VecDuplicate(field->committed, &field->before));
    PetscCall(VecZeroEntries(field->before));
    PetscCall(DMCreateLocalVector(field->dm, &field->local));
    PetscCall(DMCreateLocalVector(field->dm, &field->scatter));
    PetscCall(DMCreateGlobalVector(field->dm, &field->work));
    PetscFunctionReturn(0);
}

femd_status femd_field_create(femd_grid *grid, const femd_field_kind *kind, void *self, femd_field **out,
                              femd_error *err) {
    femd_field *field = *out = calloc(1, sizeof *field);
    femd_status rc = field ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the %s", kind->name);
    if (field)
        *field = (femd_field){.kind = kind,
                              .self = self,
                              .grid = grid,
                              .components = kind->components,
                              .n = (size_t)kind->components * (size_t)grid->nnodes};
    else if (kind->destroy)
        kind->destroy(self);
    if (field && (!(field->jump = calloc(field->n + 1, sizeof *field->jump)) ||
                  !(field->lift = calloc(field->n + 1, sizeof *field->lift))))
        rc = femd_fail(err, FEMD_NO_MEMORY, "no memory for the %s", kind->name);
    FEMD_TRY_GOTO(rc, femd_agree(grid->comm, rc, err), fail);
    PETSC_TRY_GOTO(rc, err, field_lay_out(field), fail);
    FEMD_TRY_GOTO(rc, femd_assembly_create(field, &field->assembly, err), fail);
    return FEMD_OK;
fail:
    femd_field_destroy(out);
    return rc;
}

void femd_field_destroy(femd_field **out) {
    femd_field *field = *out;
    if (!field) return;
    if (field->kind->destroy) field->kind->destroy(field->self);
    femd_boundary_destroy(&field->boundary);
    femd_assembly_destroy(&field->assembly);
    (void)VecDestroy(&field->committed);
    (void)VecDestroy(&field->before);
    (void)VecDestroy(&field->local);
    (void)VecDestroy(&field->scatter);
    (void)VecDestroy(&field->work);
    (void)DMDestroy(&field->dm);
    free(field->jump);
    free(field->lift);
    free(field);
    *out = NULL;
}

/* ---- vectors ---- */

femd_status femd_field_get(femd_field *field, double *value, femd_error *err) {
    const PetscScalar *u;
    PETSC_TRY(err, DMGlobalToLocal(field->dm, field->committed, INSERT_VALUES, field->scatter));
    PETSC_TRY(err, VecGetArrayRead(field->scatter, &u));
    memcpy(value, u, field->n * sizeof *value);
    PETSC_TRY(err, VecRestoreArrayRead(field->scatter, &u));
    return FEMD_OK;
}

/* field->scatter = local. */
static femd_status field_fill_scatter(femd_field *field, const double *local, int free_only, femd_error *err) {
    PetscScalar *v;
    PETSC_TRY(err, VecGetArrayWrite(field->scatter, &v));
    for (size_t i = 0; i < field->n; ++i) v[i] = free_only && field->boundary->entry[i] >= 0 ? 0 : local[i];
    PETSC_TRY(err, VecRestoreArrayWrite(field->scatter, &v));
    return FEMD_OK;
}

femd_status femd_field_set(femd_field *field, const double *value, femd_error *err) {
    FEMD_TRY(field_fill_scatter(field, value, 0, err));
    PETSC_TRY(err, DMLocalToGlobal(field->dm, field->scatter, INSERT_VALUES, field->committed));
    return FEMD_OK;
}

femd_status femd_field_localise(femd_field *field, Vec X, femd_error *err) {
    PetscScalar *u;
    PETSC_TRY(err, DMGlobalToLocal(field->dm, X, INSERT_VALUES, field->local));
    PETSC_TRY(err, VecGetArray(field->local, &u));
    for (size_t i = 0; i < field->n; ++i)
        if (field->boundary->entry[i] >= 0) u[i] = field->boundary->prescribed[i];
    const femd_status rc = femd_ties_apply(field, u, err);
    PETSC_TRY(err, VecRestoreArray(field->local, &u));
    return rc;
}

femd_status femd_field_prescribe(femd_field *field, Vec X, femd_error *err) {
    FEMD_TRY(femd_field_localise(field, X, err));
    PETSC_TRY(err, DMLocalToGlobal(field->dm, field->local, INSERT_VALUES, X));
    return FEMD_OK;
}

static femd_status field_add_up(femd_field *field, const double *local, int free_only, Vec X, femd_error *err) {
    FEMD_TRY(field_fill_scatter(field, local, free_only, err));
    PETSC_TRY(err, VecZeroEntries(X));
    PETSC_TRY(err, DMLocalToGlobal(field->dm, field->scatter, ADD_VALUES, X));
    return FEMD_OK;
}

femd_status femd_field_sum(femd_field *field, const double *local, Vec X, femd_error *err) {
    return field_add_up(field, local, 0, X, err);
}

femd_status femd_field_sum_free(femd_field *field, const double *local, Vec X, femd_error *err) {
    return field_add_up(field, local, 1, X, err);
}

femd_status femd_field_norm(femd_field *field, const double *local, double *norm, femd_error *err) {
    FEMD_TRY(femd_field_sum(field, local, field->work, err));
    PETSC_TRY(err, VecNorm(field->work, NORM_2, norm));
    return FEMD_OK;
}

/* ---- the loops over the cells ---- */

void femd_field_add_cells(const femd_field *field, femd_cell_vector *part, const void *self, double *out) {
    const femd_grid *grid = field->grid;
    const int nodes = grid->table.nodes, components = field->components;
    memset(out, 0, field->n * sizeof *out);
    for (PetscInt c = 0; c < grid->ncells; ++c) {
        double r[FEMD_COMPONENTS * FEMD_ELEMENT_NODES] = {0};
        const PetscInt *node = grid->cell_node + c * nodes;
        part(self, c, r);
        for (int i = 0; i < nodes; ++i)
            for (int a = 0; a < components; ++a) out[components * node[i] + a] += r[components * i + a];
    }
}

/* Of one cell; n: its entries. */
static void field_decouple(const femd_field *field, const PetscInt *node, int n, double *K, const double *jump,
                           double *lifted) {
    const int components = field->components;
    const int *entry = field->boundary->entry;
    const femd_ties *ties = field->boundary->ties;
    PetscInt at[FEMD_COMPONENTS * FEMD_ELEMENT_NODES];
    int fixed[FEMD_COMPONENTS * FEMD_ELEMENT_NODES], any = 0;
    for (int i = 0; i < n; ++i) {
        at[i] = components * node[i / components] + i % components;
        any |= fixed[i] = entry[at[i]] >= 0;
        any |= ties && jump && jump[at[i]] != 0;
    }
    if (!any) return;
    for (int j = 0; j < n; ++j) { /* a tied entry jumps too, but stays in the equations */
        for (int i = 0; !fixed[j] && ties && jump && jump[at[j]] != 0 && i < n; ++i)
            lifted[at[i]] += K[i * n + j] * jump[at[j]];
    }
    for (int j = 0; jump && j < n; ++j)
        for (int i = 0; fixed[j] && i < n; ++i) lifted[at[i]] += K[i * n + j] * jump[at[j]];
    for (int j = 0; j < n; ++j) {
        if (!fixed[j]) continue;
        for (int i = 0; i < n; ++i)
            if (i != j) K[i * n + j] = K[j * n + i] = 0;
        K[j * n + j] = fabs(K[j * n + j]);
    }
}

/* For femd_field_foretold: lift becomes what the jump adds to lifted. */
static void field_keep_jump(femd_field *field, const double *jump, const double *lifted) {
    field->held = 0;
    for (size_t i = 0; i < field->n; ++i) {
        field->jump[i] = jump[i];
        field->lift[i] = -lifted[i];
        field->held += jump[i] * lifted[i];
    }
}

femd_status femd_field_assemble(femd_field *field, femd_cell_matrix *part, const void *self, const double *jump,
                                double *lifted, Mat K, femd_error *err) {
    enum { ENTRIES = FEMD_COMPONENTS * FEMD_ELEMENT_NODES };
    const femd_grid *grid = field->grid;
    double Ke[ENTRIES * ENTRIES];
    FEMD_TRY(femd_assembly_begin(field->assembly, K, err));
    if (jump) field_keep_jump(field, jump, lifted);
    for (PetscInt c = 0; c < grid->ncells; ++c) {
        part(self, c, Ke);
        field_decouple(field, grid->cell_node + c * grid->table.nodes, field->components * grid->table.nodes, Ke, jump,
                       lifted);
        FEMD_TRY(femd_assembly_add(field->assembly, K, c, Ke, err));
    }
    for (size_t i = 0; jump && i < field->n; ++i) field->lift[i] += lifted[i];
    return femd_assembly_end(field->assembly, K, err);
}

femd_status femd_field_foretold(femd_field *field, Vec dx, double *flux, femd_error *err) {
    const double *jump = field->jump;
    const PetscScalar *d;
    double sum[2] = {field->held, 0}; /* jump x what holds it then; |jump|^2 */
    PETSC_TRY(err, DMGlobalToLocal(field->dm, dx, INSERT_VALUES, field->scatter));
    PETSC_TRY(err, VecGetArrayRead(field->scatter, &d));
    for (size_t i = 0; i < field->n; ++i) {
        sum[0] += field->lift[i] * (field->boundary->entry[i] >= 0 ? jump[i] : d[i]);
        sum[1] += field->grid->node_owned[i / (size_t)field->components] ? jump[i] * jump[i] : 0;
    }
    PETSC_TRY(err, VecRestoreArrayRead(field->scatter, &d));
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, sum, 2, MPI_DOUBLE, MPI_SUM, field->grid->comm));
    *flux = sum[1] > 0 ? fabs(sum[0]) / sqrt(sum[1]) : 0;
    return FEMD_OK;
}
