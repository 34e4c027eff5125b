/* Values of cell matrices into a field's matrix: in PETSc's own way as long as its pattern is not filled, and straight
 * to their places from then on. Both add in the same order. */
#include <string.h>

#include "base/petsc_edge.h"
#include "fields/assembly_private.h"

/* ---- where values go ---- */

static PetscErrorCode values_open_part(Mat matrix, femd_assembly_part *part) {
    PetscMemType where;
    PetscFunctionBeginUser;
    *part = (femd_assembly_part){.matrix = matrix};
    if (!matrix) PetscFunctionReturn(0);
    PetscCall(MatSeqAIJGetArray(matrix, &part->value));
    PetscCall(MatSeqAIJGetCSRAndMemType(matrix, &part->start, &part->column, NULL, &where));
    PetscFunctionReturn(0);
}

static PetscErrorCode values_close_part(femd_assembly_part *part) {
    PetscFunctionBeginUser;
    if (part->matrix) PetscCall(MatSeqAIJRestoreArray(part->matrix, &part->value));
    part->matrix = NULL;
    PetscFunctionReturn(0);
}

/* First column of each node in the part that has it: from the first of this rank, or among those that are far. */
static PetscErrorCode values_place_nodes(femd_assembly *a, Mat K, const PetscInt *far) {
    PetscInt start, end, nfar = 0;
    PetscFunctionBeginUser;
    PetscCall(MatGetOwnershipRange(K, &start, &end));
    if (a->far.matrix) PetscCall(MatGetSize(a->far.matrix, NULL, &nfar));
    for (PetscInt i = 0; i < a->grid->nnodes; ++i) {
        const PetscInt entry = a->components * a->global[i];
        a->place[i] = entry - start;
        a->is_far[i] = entry < start || entry >= end;
        if (a->is_far[i]) PetscCall(PetscFindInt(entry, nfar, far, &a->place[i]));
    }
    PetscFunctionReturn(0);
}

static PetscErrorCode values_open(femd_assembly *a, Mat K) {
    PetscBool filled, alone, shared;
    Mat own = K, far = NULL;
    const PetscInt *far_column = NULL;
    PetscFunctionBeginUser;
    a->direct = 0;
    PetscCall(MatAssembled(K, &filled));
    PetscCall(PetscObjectTypeCompare((PetscObject)K, MATSEQAIJ, &alone));
    PetscCall(PetscObjectTypeCompare((PetscObject)K, MATMPIAIJ, &shared));
    if (!filled || (!alone && !shared)) PetscFunctionReturn(0);
    if (shared) PetscCall(MatMPIAIJGetSeqAIJ(K, &own, &far, &far_column));
    PetscCall(values_open_part(own, &a->own));
    PetscCall(values_open_part(far, &a->far));
    PetscCall(values_place_nodes(a, K, far_column));
    a->direct = 1;
    PetscFunctionReturn(0);
}

femd_status femd_assembly_begin(femd_assembly *a, Mat K, femd_error *err) {
    memset(a->value, 0, a->nvalues * sizeof *a->value);
    PETSC_TRY(err, MatZeroEntries(K));
    PETSC_TRY(err, values_open(a, K));
    return FEMD_OK;
}

/* ---- a cell ---- */

/* Block (i, j) of Ke into ghost row r. */
static void values_add_ghost(femd_assembly *a, const ghost_row *r, PetscInt node, const double *Ke, PetscInt i,
                             PetscInt j) {
    const int components = a->components;
    const PetscInt *column = a->column + r->first, width = components * a->grid->table.nodes;
    PetscInt low = 0, high = r->n - 1;
    while (low < high) {
        PetscInt middle = (low + high) / 2;
        if (column[middle] < node)
            low = middle + 1;
        else
            high = middle;
    }
    double *value = a->value + (size_t)a->block * r->first + components * low;
    for (int x = 0; x < components; ++x)
        for (int y = 0; y < components; ++y)
            value[components * r->n * x + y] += Ke[(components * i + x) * width + components * j + y];
}

/* Block (i, j) of Ke into the rows from `row` on, whose columns come in groups as large as a block. 0 if there is no
 * such column. */
static int values_add_block(const femd_assembly *a, const femd_assembly_part *part, PetscInt row, PetscInt first,
                            const double *Ke, PetscInt i, PetscInt j) {
    const int components = a->components;
    const PetscInt *column = part->column + part->start[row], width = components * a->grid->table.nodes;
    PetscInt low = 0, high = (part->start[row + 1] - part->start[row]) / components - 1;
    while (low < high) {
        const PetscInt middle = (low + high) / 2;
        if (column[components * middle] < first)
            low = middle + 1;
        else
            high = middle;
    }
    if (high < 0 || column[components * low] != first) return 0;
    for (int x = 0; x < components; ++x) {
        double *value = part->value + part->start[row + x] + components * low;
        for (int y = 0; y < components; ++y) value[y] += Ke[(components * i + x) * width + components * j + y];
    }
    return 1;
}

/* Row i of the cell's blocks. */
static int values_add_row(femd_assembly *a, const PetscInt *node, PetscInt i, const double *Ke) {
    const PetscInt n = a->grid->table.nodes, row = a->place[node[i]];
    int placed = 1;
    for (PetscInt j = 0; j < n; ++j) {
        const femd_assembly_part *part = a->is_far[node[j]] ? &a->far : &a->own;
        placed &= values_add_block(a, part, row, a->place[node[j]], Ke, i, j);
    }
    return placed;
}

femd_status femd_assembly_add(femd_assembly *a, Mat K, PetscInt c, const double *Ke, femd_error *err) {
    const PetscInt n = a->grid->table.nodes, *node = a->grid->cell_node + c * n;
    PetscInt row[FEMD_ELEMENT_NODES]; /* negative rows are left out */
    int placed = 1;
    for (PetscInt i = 0; i < n; ++i) {
        PetscInt ghost = a->row_of[node[i]];
        row[i] = ghost < 0 ? node[i] : -1;
        for (PetscInt j = 0; ghost >= 0 && j < n; ++j) values_add_ghost(a, &a->row[ghost], node[j], Ke, i, j);
        if (ghost < 0 && a->direct) placed &= values_add_row(a, node, i, Ke);
    }
    if (!placed)
        return femd_fail(err, FEMD_INTERNAL, "a cell has no place in the matrix of the %s", a->field->kind->name);
    if (!a->direct) PETSC_TRY(err, MatSetValuesBlockedLocal(K, n, row, n, node, Ke, ADD_VALUES));
    return FEMD_OK;
}

/* ---- the rest of it ---- */

static PetscErrorCode values_close(femd_assembly *a) {
    PetscFunctionBeginUser;
    if (!a->direct) PetscFunctionReturn(0);
    PetscCall(values_close_part(&a->own));
    PetscCall(values_close_part(&a->far));
    a->direct = 0;
    PetscFunctionReturn(0);
}

femd_status femd_assembly_end(femd_assembly *a, Mat K, femd_error *err) {
    PETSC_TRY(err, values_close(a));
    MPI_TRY(err, MPI_Alltoallv(a->value, a->nsend, a->sfirst, MPI_DOUBLE, a->in_value, a->nrecv, a->rfirst, MPI_DOUBLE,
                               a->grid->comm));
    const PetscInt *column = a->in_column;
    const double *value = a->in_value;
    for (size_t i = 0; i < a->nin; ++i) {
        PETSC_TRY(err, MatSetValuesBlocked(K, 1, &a->in_row[i], a->in_n[i], column, value, ADD_VALUES));
        column += a->in_n[i];
        value += (size_t)a->block * (size_t)a->in_n[i];
    }
    PETSC_TRY(err, MatAssemblyBegin(K, MAT_FINAL_ASSEMBLY));
    PETSC_TRY(err, MatAssemblyEnd(K, MAT_FINAL_ASSEMBLY));
    return FEMD_OK;
}
