/* Ghost rows of a field's matrix: their pattern, sums and exchange. Owns no matrix and no physics. */
#include "fields/assembly.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "base/petsc_edge.h"
#include "fields/assembly_private.h"

femd_status femd_assembly_no_memory(femd_error *err) {
    return femd_fail(err, FEMD_NO_MEMORY, "no memory for the assembly of a matrix");
}

/* ---- pattern ---- */

static int ghost_by_owner(const void *a, const void *b) {
    const ghost_row *p = a, *q = b;
    if (p->owner != q->owner) return p->owner < q->owner ? -1 : 1;
    return (p->global > q->global) - (p->global < q->global);
}

static int assembly_ascending(const void *a, const void *b) {
    PetscInt x = *(const PetscInt *)a, y = *(const PetscInt *)b;
    return (x > y) - (x < y);
}

/* Of the entry with this global number. */
static int assembly_owner(const PetscInt *range, int ranks, PetscInt entry) {
    int r = 0;
    while (r + 1 < ranks && entry >= range[r + 1]) ++r;
    return r;
}

/* Global numbers of the nodes, and the list of ghost rows. */
static femd_status assembly_find_ghosts(femd_assembly *a, femd_error *err) {
    const femd_grid *grid = a->grid;
    ISLocalToGlobalMapping map;
    const PetscInt *range;
    PETSC_TRY(err, DMGetLocalToGlobalMapping(a->field->dm, &map));
    PETSC_TRY(err, VecGetOwnershipRanges(a->field->committed, &range));
    for (PetscInt i = 0; i < grid->nnodes; ++i) {
        PetscInt entry = a->components * i, global;
        PETSC_TRY(err, ISLocalToGlobalMappingApply(map, 1, &entry, &global));
        a->global[i] = global / a->components;
        a->row_of[i] = -1;
        if (grid->node_owned[i]) continue;
        a->row[a->nrows++] =
            (ghost_row){.node = i, .global = a->global[i], .owner = assembly_owner(range, grid->size, global)};
    }
    qsort(a->row, a->nrows, sizeof *a->row, ghost_by_owner);
    for (size_t r = 0; r < a->nrows; ++r) a->row_of[a->row[r].node] = (PetscInt)r;
    return FEMD_OK;
}

/* Columns of the ghost rows: all nodes of the cells around each. */
static femd_status assembly_find_columns(femd_assembly *a, femd_error *err) {
    const femd_grid *grid = a->grid;
    const PetscInt nodes = grid->table.nodes;
    for (PetscInt i = 0; i < grid->ncells * nodes; ++i)
        if (a->row_of[grid->cell_node[i]] >= 0) a->row[a->row_of[grid->cell_node[i]]].n += nodes;
    for (size_t r = 0; r < a->nrows; ++r) {
        a->row[r].first = a->ncolumns;
        a->ncolumns += (size_t)a->row[r].n;
        a->row[r].n = 0;
    }
    if (!(a->column = malloc((a->ncolumns + 1) * sizeof *a->column))) return femd_assembly_no_memory(err);
    for (PetscInt c = 0; c < grid->ncells; ++c)
        for (PetscInt i = 0; i < nodes; ++i) {
            PetscInt r = a->row_of[grid->cell_node[c * nodes + i]];
            if (r < 0) continue;
            memcpy(a->column + a->row[r].first + a->row[r].n, grid->cell_node + c * nodes,
                   (size_t)nodes * sizeof *a->column);
            a->row[r].n += nodes;
        }
    size_t used = 0;
    for (size_t r = 0; r < a->nrows; ++r) { /* sort, drop repeats, close up */
        PetscInt *column = a->column + a->row[r].first, n = 0;
        qsort(column, (size_t)a->row[r].n, sizeof *column, assembly_ascending);
        for (PetscInt i = 0; i < a->row[r].n; ++i)
            if (n == 0 || column[n - 1] != column[i]) column[n++] = column[i];
        memmove(a->column + used, column, (size_t)n * sizeof *column);
        a->row[r].first = used;
        a->row[r].n = n;
        used += (size_t)n;
    }
    a->ncolumns = used;
    a->nvalues = (size_t)a->block * used;
    return (a->value = calloc(a->nvalues + 1, sizeof *a->value)) ? FEMD_OK : femd_assembly_no_memory(err);
}

/* ---- plan of the exchange ---- */

/* Send counts[r] items of out to rank r and receive; *in is malloc'ed. in_count and in_first per rank. */
static femd_status assembly_exchange_numbers(femd_assembly *a, const PetscInt *out, const int *count, const int *first,
                                             int *in_count, int *in_first, PetscInt **in, femd_error *err) {
    const femd_grid *grid = a->grid;
    MPI_TRY(err, MPI_Alltoall(count, 1, MPI_INT, in_count, 1, MPI_INT, grid->comm));
    int total = 0;
    for (int r = 0; r < grid->size; ++r) {
        in_first[r] = total;
        total += in_count[r];
    }
    *in = malloc(((size_t)total + 1) * sizeof **in);
    FEMD_TRY(femd_agree(grid->comm, *in ? FEMD_OK : femd_assembly_no_memory(err), err));
    MPI_TRY(err, MPI_Alltoallv(out, count, first, MPIU_INT, *in, in_count, in_first, MPIU_INT, grid->comm));
    return FEMD_OK;
}

static femd_status assembly_make_plan(femd_assembly *a, PetscInt *head, PetscInt *column, int *count, int *first,
                                      int *incount, int *infirst, femd_error *err) {
    const femd_grid *grid = a->grid;
    PetscInt *in_head = NULL;
    memset(count, 0, (size_t)grid->size * sizeof *count);
    for (size_t r = 0; r < a->nrows; ++r) {
        head[2 * r] = a->row[r].global;
        head[2 * r + 1] = a->row[r].n;
        count[a->row[r].owner] += 2;
        a->nsend[a->row[r].owner] += a->block * a->row[r].n;
        for (PetscInt i = 0; i < a->row[r].n; ++i)
            column[a->row[r].first + (size_t)i] = a->global[a->column[a->row[r].first + (size_t)i]];
    }
    for (int r = 0; r + 1 < grid->size; ++r) {
        first[r + 1] = first[r] + count[r];
        a->sfirst[r + 1] = a->sfirst[r] + a->nsend[r];
    }
    FEMD_TRY(assembly_exchange_numbers(a, head, count, first, incount, infirst, &in_head, err));
    a->nin = (size_t)(infirst[grid->size - 1] + incount[grid->size - 1]) / 2;
    a->in_row = malloc((a->nin + 1) * sizeof *a->in_row);
    a->in_n = malloc((a->nin + 1) * sizeof *a->in_n);
    femd_status rc = femd_agree(grid->comm, a->in_row && a->in_n ? FEMD_OK : femd_assembly_no_memory(err), err);
    for (size_t i = 0; rc == FEMD_OK && i < a->nin; ++i) {
        a->in_row[i] = in_head[2 * i];
        a->in_n[i] = in_head[2 * i + 1];
    }
    free(in_head);
    FEMD_TRY(rc);
    for (int r = 0; r < grid->size; ++r) {
        count[r] = a->nsend[r] / a->block;
        first[r] = a->sfirst[r] / a->block;
    }
    FEMD_TRY(assembly_exchange_numbers(a, column, count, first, incount, infirst, &a->in_column, err));
    size_t total = 0;
    for (int r = 0; r < grid->size; ++r) {
        a->nrecv[r] = a->block * incount[r];
        a->rfirst[r] = a->block * infirst[r];
        total += (size_t)a->nrecv[r];
    }
    a->in_value = malloc((total + 1) * sizeof *a->in_value);
    return femd_agree(grid->comm, a->in_value ? FEMD_OK : femd_assembly_no_memory(err), err);
}

static femd_status assembly_plan(femd_assembly *a, femd_error *err) {
    const femd_grid *grid = a->grid;
    size_t ranks = (size_t)grid->size;
    int *counts = calloc(4 * ranks, sizeof *counts);
    PetscInt *head = malloc((2 * a->nrows + 1) * sizeof *head), *column = malloc((a->ncolumns + 1) * sizeof *column);
    a->nsend = calloc(4 * ranks, sizeof *a->nsend);
    femd_status rc = counts && head && column && a->nsend ? FEMD_OK : femd_assembly_no_memory(err);
    if (rc == FEMD_OK && a->nvalues > INT_MAX / 2)
        rc = femd_fail(err, FEMD_LIMIT, "too many shared rows on a rank; use more ranks");
    rc = femd_agree(grid->comm, rc, err);
    if (rc == FEMD_OK) {
        a->sfirst = a->nsend + ranks;
        a->nrecv = a->nsend + 2 * ranks;
        a->rfirst = a->nsend + 3 * ranks;
        rc = assembly_make_plan(a, head, column, counts, counts + ranks, counts + 2 * ranks, counts + 3 * ranks, err);
    }
    free(counts);
    free(head);
    free(column);
    return rc;
}

femd_status femd_assembly_create(femd_field *field, femd_assembly **out, femd_error *err) {
    femd_assembly *a = *out = calloc(1, sizeof *a);
    femd_status rc = FEMD_OK;
    size_t n = (size_t)field->grid->nnodes + 1;
    if (!a || !(a->global = malloc(n * sizeof *a->global)) || !(a->row_of = malloc(n * sizeof *a->row_of)) ||
        !(a->row = malloc(n * sizeof *a->row)) || !(a->place = malloc(n * sizeof *a->place)) ||
        !(a->is_far = calloc(n, sizeof *a->is_far)))
        rc = femd_assembly_no_memory(err);
    FEMD_TRY(femd_agree(field->grid->comm, rc, err));
    a->field = field;
    a->grid = field->grid;
    a->components = field->components;
    a->block = a->components * a->components;
    rc = assembly_find_ghosts(a, err);
    if (rc == FEMD_OK) rc = assembly_find_columns(a, err);
    FEMD_TRY(femd_agree(a->grid->comm, rc, err));
    return assembly_plan(a, err);
}

void femd_assembly_destroy(femd_assembly **out) {
    femd_assembly *a = *out;
    if (!a) return;
    free(a->global);
    free(a->row_of);
    free(a->row);
    free(a->column);
    free(a->value);
    free(a->nsend);
    free(a->in_row);
    free(a->in_n);
    free(a->in_column);
    free(a->in_value);
    free(a->place);
    free(a->is_far);
    free(a);
    *out = NULL;
}
