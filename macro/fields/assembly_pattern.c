/* The pattern of a field's matrix: made from the cells once, exactly as large as it has to be. Owns no values. */
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "base/petsc_edge.h"
#include "fields/assembly_private.h"

/* Neighbours of the owned nodes: those of node i are neighbour[start[i]] .. neighbour[start[i] + n[i] - 1]. */
typedef struct pattern {
    PetscInt first, nodes; /* owned: global numbers first .. first + nodes - 1 */
    size_t *start;         /* nodes + 1 */
    PetscInt *n, *neighbour;
    PetscInt *own, *far; /* nodes: how many neighbours are this rank's, and not */
} pattern;

static void pattern_clear(pattern *t) {
    free(t->start);
    free(t->n);
    free(t->neighbour);
    free(t->own);
    free(t->far);
}

/* Room for all neighbours with their repeats: those of this rank's cells, those that other ranks bring. */
static femd_status pattern_reserve(pattern *t, const femd_assembly *a, femd_error *err) {
    const femd_grid *grid = a->grid;
    const size_t nodes = (size_t)t->nodes;
    t->start = calloc(nodes + 2, sizeof *t->start);
    t->n = calloc(nodes + 1, sizeof *t->n);
    t->own = calloc(nodes + 1, sizeof *t->own);
    t->far = calloc(nodes + 1, sizeof *t->far);
    if (!t->start || !t->n || !t->own || !t->far) return femd_assembly_no_memory(err);
    for (PetscInt i = 0; i < grid->ncells * grid->table.nodes; ++i) {
        const PetscInt node = grid->cell_node[i];
        if (a->row_of[node] < 0) t->start[a->global[node] - t->first + 1] += (size_t)grid->table.nodes;
    }
    for (size_t i = 0; i < a->nin; ++i) t->start[a->in_row[i] - t->first + 1] += (size_t)a->in_n[i];
    for (size_t i = 0; i < nodes; ++i) t->start[i + 1] += t->start[i];
    t->neighbour = malloc((t->start[nodes] + 1) * sizeof *t->neighbour);
    return t->neighbour ? FEMD_OK : femd_assembly_no_memory(err);
}

static void pattern_collect(pattern *t, const femd_assembly *a) {
    const femd_grid *grid = a->grid;
    const PetscInt nodes = grid->table.nodes;
    for (PetscInt c = 0; c < grid->ncells; ++c) {
        const PetscInt *node = grid->cell_node + c * nodes;
        for (PetscInt i = 0; i < nodes; ++i) {
            const PetscInt row = a->global[node[i]] - t->first;
            if (a->row_of[node[i]] >= 0) continue;
            for (PetscInt j = 0; j < nodes; ++j) t->neighbour[t->start[row] + (size_t)t->n[row]++] = a->global[node[j]];
        }
    }
    const PetscInt *column = a->in_column;
    for (size_t i = 0; i < a->nin; column += a->in_n[i++]) {
        const PetscInt row = a->in_row[i] - t->first;
        memcpy(t->neighbour + t->start[row] + t->n[row], column, (size_t)a->in_n[i] * sizeof *column);
        t->n[row] += a->in_n[i];
    }
}

/* Each neighbour once, counted by owner. */
static PetscErrorCode pattern_count(pattern *t) {
    PetscFunctionBeginUser;
    for (PetscInt row = 0; row < t->nodes; ++row) {
        PetscInt *neighbour = t->neighbour + t->start[row];
        PetscCall(PetscSortRemoveDupsInt(&t->n[row], neighbour));
        for (PetscInt i = 0; i < t->n[row]; ++i)
            *(neighbour[i] >= t->first && neighbour[i] < t->first + t->nodes ? &t->own[row] : &t->far[row]) += 1;
    }
    PetscFunctionReturn(0);
}

static PetscErrorCode pattern_make_matrix(const pattern *t, const femd_field *field, Mat *K) {
    ISLocalToGlobalMapping map;
    const PetscInt entries = field->components * t->nodes;
    PetscFunctionBeginUser;
    PetscCall(DMGetLocalToGlobalMapping(field->dm, &map));
    PetscCall(MatCreate(field->grid->comm, K));
    PetscCall(MatSetSizes(*K, entries, entries, PETSC_DETERMINE, PETSC_DETERMINE));
    PetscCall(MatSetType(*K, MATAIJ));
    PetscCall(MatSetBlockSize(*K, field->components));
    PetscCall(MatSetFromOptions(*K));
    PetscCall(MatXAIJSetPreallocation(*K, field->components, t->own, t->far, NULL, NULL));
    PetscCall(MatSetLocalToGlobalMapping(*K, map, map));
    PetscCall(MatSetDM(*K, field->dm));
    PetscFunctionReturn(0);
}

/* Zeros everywhere: the pattern is there for good. */
static PetscErrorCode pattern_fill(const pattern *t, int block, Mat K) {
    PetscInt most = 0;
    double *zero;
    PetscFunctionBeginUser;
    for (PetscInt row = 0; row < t->nodes; ++row) most = PetscMax(most, t->n[row]);
    PetscCall(PetscCalloc1(block * most, &zero));
    for (PetscInt row = 0; row < t->nodes; ++row) {
        const PetscInt node = t->first + row;
        PetscCall(MatSetValuesBlocked(K, 1, &node, t->n[row], t->neighbour + t->start[row], zero, INSERT_VALUES));
    }
    PetscCall(PetscFree(zero));
    PetscCall(MatAssemblyBegin(K, MAT_FINAL_ASSEMBLY));
    PetscCall(MatAssemblyEnd(K, MAT_FINAL_ASSEMBLY));
    PetscFunctionReturn(0);
}

femd_status femd_assembly_matrix(femd_assembly *a, Mat *K, femd_error *err) {
    PetscInt start, end;
    pattern t = {0};
    *K = NULL;
    PETSC_TRY(err, VecGetOwnershipRange(a->field->committed, &start, &end));
    t.first = start / a->components;
    t.nodes = (end - start) / a->components;
    femd_status rc = pattern_reserve(&t, a, err);
    FEMD_TRY_GOTO(rc, femd_agree(a->grid->comm, rc, err), done);
    pattern_collect(&t, a);
    PETSC_TRY_GOTO(rc, err, pattern_count(&t), done);
    PETSC_TRY_GOTO(rc, err, pattern_make_matrix(&t, a->field, K), done);
    PETSC_TRY_GOTO(rc, err, pattern_fill(&t, a->block, *K), done);
done:
    pattern_clear(&t);
    return rc;
}
