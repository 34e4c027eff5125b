/* Ghost rows of the stiffness: their pattern, sums and exchange. Owns no matrix and no physics. */
#include "fields/assembly.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "base/petsc_edge.h"

/* A row of nodes that this rank touches and another owns; `first` counts columns of all ghost rows before it. */
typedef struct ghost_row {
    PetscInt node, global;
    int owner;
    size_t first;
    PetscInt n; /* columns */
} ghost_row;

struct femd_assembly {
    femd_problem *p;
    PetscInt *global; /* nnodes: node number in the matrix */
    PetscInt *row_of; /* nnodes: ghost row, -1 = owned */
    size_t nrows, ncolumns;
    ghost_row *row;   /* in the order of owner, then of global */
    PetscInt *column; /* ncolumns: local nodes, ascending in each row */
    double *value;    /* 9 per column: row-major 3 x (3 n) for each row */
    size_t nvalues;
    /* exchange: per rank, doubles */
    int *nsend, *sfirst, *nrecv, *rfirst;
    size_t nin;                          /* rows that come in, in the order of the ranks */
    PetscInt *in_row, *in_n, *in_column; /* global nodes */
    double *in_value;
};

static femd_status no_memory(femd_error *err) {
    return femd_fail(err, FEMD_NO_MEMORY, "no memory for the assembly of the stiffness");
}

/* ---- pattern ---- */

static int by_owner(const void *a, const void *b) {
    const ghost_row *p = a, *q = b;
    if (p->owner != q->owner) return p->owner < q->owner ? -1 : 1;
    return (p->global > q->global) - (p->global < q->global);
}

static int ascending(const void *a, const void *b) {
    PetscInt x = *(const PetscInt *)a, y = *(const PetscInt *)b;
    return (x > y) - (x < y);
}

static int owner_of(const PetscInt *range, int ranks, PetscInt node) {
    int r = 0;
    while (r + 1 < ranks && 3 * node >= range[r + 1]) ++r;
    return r;
}

/* Global numbers of the nodes, and the list of ghost rows. */
static femd_status find_ghosts(femd_assembly *a, femd_error *err) {
    femd_problem *p = a->p;
    ISLocalToGlobalMapping map;
    const PetscInt *range;
    PETSC_TRY(err, DMGetLocalToGlobalMapping(p->dm, &map));
    PETSC_TRY(err, VecGetOwnershipRanges(p->u, &range));
    for (PetscInt i = 0; i < p->nnodes; ++i) {
        PetscInt dof = 3 * i;
        PETSC_TRY(err, ISLocalToGlobalMappingApply(map, 1, &dof, &a->global[i]));
        a->global[i] /= 3;
        a->row_of[i] = -1;
        if (p->node_owned[i]) continue;
        a->row[a->nrows++] =
            (ghost_row){.node = i, .global = a->global[i], .owner = owner_of(range, p->size, a->global[i])};
    }
    qsort(a->row, a->nrows, sizeof *a->row, by_owner);
    for (size_t r = 0; r < a->nrows; ++r) a->row_of[a->row[r].node] = (PetscInt)r;
    return FEMD_OK;
}

/* Columns of the ghost rows: all nodes of the cells around each. */
static femd_status find_columns(femd_assembly *a, femd_error *err) {
    const femd_problem *p = a->p;
    const PetscInt nodes = p->nodes_per_cell;
    for (PetscInt i = 0; i < p->ncells * nodes; ++i)
        if (a->row_of[p->cell_node[i]] >= 0) a->row[a->row_of[p->cell_node[i]]].n += nodes;
    for (size_t r = 0; r < a->nrows; ++r) {
        a->row[r].first = a->ncolumns;
        a->ncolumns += (size_t)a->row[r].n;
        a->row[r].n = 0;
    }
    if (!(a->column = malloc((a->ncolumns + 1) * sizeof *a->column))) return no_memory(err);
    for (PetscInt c = 0; c < p->ncells; ++c)
        for (PetscInt i = 0; i < nodes; ++i) {
            PetscInt r = a->row_of[p->cell_node[c * nodes + i]];
            if (r < 0) continue;
            memcpy(a->column + a->row[r].first + a->row[r].n, p->cell_node + c * nodes,
                   (size_t)nodes * sizeof *a->column);
            a->row[r].n += nodes;
        }
    size_t used = 0;
    for (size_t r = 0; r < a->nrows; ++r) { /* sort, drop repeats, close up */
        PetscInt *column = a->column + a->row[r].first, n = 0;
        qsort(column, (size_t)a->row[r].n, sizeof *column, ascending);
        for (PetscInt i = 0; i < a->row[r].n; ++i)
            if (n == 0 || column[n - 1] != column[i]) column[n++] = column[i];
        memmove(a->column + used, column, (size_t)n * sizeof *column);
        a->row[r].first = used;
        a->row[r].n = n;
        used += (size_t)n;
    }
    a->ncolumns = used;
    a->nvalues = 9 * used;
    return (a->value = calloc(a->nvalues + 1, sizeof *a->value)) ? FEMD_OK : no_memory(err);
}

/* ---- plan of the exchange ---- */

/* Send counts[r] items of out to rank r and receive; *in is malloc'ed. in_count and in_first per rank. */
static femd_status exchange_numbers(femd_assembly *a, const PetscInt *out, const int *count, const int *first,
                                    int *in_count, int *in_first, PetscInt **in, femd_error *err) {
    femd_problem *p = a->p;
    MPI_TRY(err, MPI_Alltoall(count, 1, MPI_INT, in_count, 1, MPI_INT, p->comm));
    int total = 0;
    for (int r = 0; r < p->size; ++r) {
        in_first[r] = total;
        total += in_count[r];
    }
    *in = malloc(((size_t)total + 1) * sizeof **in);
    FEMD_TRY(femd_agree(p->comm, *in ? FEMD_OK : no_memory(err), err));
    MPI_TRY(err, MPI_Alltoallv(out, count, first, MPIU_INT, *in, in_count, in_first, MPIU_INT, p->comm));
    return FEMD_OK;
}

static femd_status make_plan(femd_assembly *a, PetscInt *head, PetscInt *column, int *count, int *first, int *incount,
                             int *infirst, femd_error *err) {
    femd_problem *p = a->p;
    PetscInt *in_head = NULL;
    memset(count, 0, (size_t)p->size * sizeof *count);
    for (size_t r = 0; r < a->nrows; ++r) {
        head[2 * r] = a->row[r].global;
        head[2 * r + 1] = a->row[r].n;
        count[a->row[r].owner] += 2;
        a->nsend[a->row[r].owner] += 9 * a->row[r].n;
        for (PetscInt i = 0; i < a->row[r].n; ++i)
            column[a->row[r].first + (size_t)i] = a->global[a->column[a->row[r].first + (size_t)i]];
    }
    for (int r = 0; r + 1 < p->size; ++r) {
        first[r + 1] = first[r] + count[r];
        a->sfirst[r + 1] = a->sfirst[r] + a->nsend[r];
    }
    FEMD_TRY(exchange_numbers(a, head, count, first, incount, infirst, &in_head, err));
    a->nin = (size_t)(infirst[p->size - 1] + incount[p->size - 1]) / 2;
    a->in_row = malloc((a->nin + 1) * sizeof *a->in_row);
    a->in_n = malloc((a->nin + 1) * sizeof *a->in_n);
    femd_status rc = femd_agree(p->comm, a->in_row && a->in_n ? FEMD_OK : no_memory(err), err);
    for (size_t i = 0; rc == FEMD_OK && i < a->nin; ++i) {
        a->in_row[i] = in_head[2 * i];
        a->in_n[i] = in_head[2 * i + 1];
    }
    free(in_head);
    FEMD_TRY(rc);
    for (int r = 0; r < p->size; ++r) {
        count[r] = a->nsend[r] / 9;
        first[r] = a->sfirst[r] / 9;
    }
    FEMD_TRY(exchange_numbers(a, column, count, first, incount, infirst, &a->in_column, err));
    size_t total = 0;
    for (int r = 0; r < p->size; ++r) {
        a->nrecv[r] = 9 * incount[r];
        a->rfirst[r] = 9 * infirst[r];
        total += (size_t)a->nrecv[r];
    }
    a->in_value = malloc((total + 1) * sizeof *a->in_value);
    return femd_agree(p->comm, a->in_value ? FEMD_OK : no_memory(err), err);
}

static femd_status plan(femd_assembly *a, femd_error *err) {
    femd_problem *p = a->p;
    size_t ranks = (size_t)p->size;
    int *counts = calloc(4 * ranks, sizeof *counts);
    PetscInt *head = malloc((2 * a->nrows + 1) * sizeof *head), *column = malloc((a->ncolumns + 1) * sizeof *column);
    a->nsend = calloc(4 * ranks, sizeof *a->nsend);
    femd_status rc = counts && head && column && a->nsend ? FEMD_OK : no_memory(err);
    if (rc == FEMD_OK && a->nvalues > INT_MAX / 2)
        rc = femd_fail(err, FEMD_LIMIT, "too many shared rows on a rank; use more ranks");
    rc = femd_agree(p->comm, rc, err);
    if (rc == FEMD_OK) {
        a->sfirst = a->nsend + ranks;
        a->nrecv = a->nsend + 2 * ranks;
        a->rfirst = a->nsend + 3 * ranks;
        rc = make_plan(a, head, column, counts, counts + ranks, counts + 2 * ranks, counts + 3 * ranks, err);
    }
    free(counts);
    free(head);
    free(column);
    return rc;
}

femd_status femd_assembly_create(femd_problem *p, femd_assembly **out, femd_error *err) {
    femd_assembly *a = *out = calloc(1, sizeof *a);
    femd_status rc = FEMD_OK;
    size_t n = (size_t)p->nnodes + 1;
    if (!a || !(a->global = malloc(n * sizeof *a->global)) || !(a->row_of = malloc(n * sizeof *a->row_of)) ||
        !(a->row = malloc(n * sizeof *a->row)))
        rc = no_memory(err);
    FEMD_TRY(femd_agree(p->comm, rc, err));
    a->p = p;
    rc = find_ghosts(a, err);
    if (rc == FEMD_OK) rc = find_columns(a, err);
    FEMD_TRY(femd_agree(p->comm, rc, err));
    return plan(a, err);
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
    free(a);
    *out = NULL;
}

/* ---- values ---- */

femd_status femd_assembly_begin(femd_assembly *a, Mat K, femd_error *err) {
    memset(a->value, 0, a->nvalues * sizeof *a->value);
    PETSC_TRY(err, MatZeroEntries(K));
    return FEMD_OK;
}

/* Block (i, j) of Ke into ghost row r. */
static void add_block(femd_assembly *a, const ghost_row *r, PetscInt node, const double *Ke, PetscInt i, PetscInt j) {
    const PetscInt *column = a->column + r->first, n3 = 3 * a->p->nodes_per_cell;
    PetscInt low = 0, high = r->n - 1;
    while (low < high) {
        PetscInt middle = (low + high) / 2;
        if (column[middle] < node)
            low = middle + 1;
        else
            high = middle;
    }
    double *value = a->value + 9 * r->first + 3 * low;
    for (int x = 0; x < 3; ++x)
        for (int y = 0; y < 3; ++y) value[3 * r->n * x + y] += Ke[(3 * i + x) * n3 + 3 * j + y];
}

femd_status femd_assembly_add(femd_assembly *a, Mat K, PetscInt c, const double *Ke, femd_error *err) {
    const PetscInt n = a->p->nodes_per_cell, *node = a->p->cell_node + c * n;
    PetscInt row[FEMD_ELEMENT_NODES]; /* negative rows are left out */
    for (PetscInt i = 0; i < n; ++i) {
        PetscInt ghost = a->row_of[node[i]];
        row[i] = ghost < 0 ? node[i] : -1;
        for (PetscInt j = 0; ghost >= 0 && j < n; ++j) add_block(a, &a->row[ghost], node[j], Ke, i, j);
    }
    PETSC_TRY(err, MatSetValuesBlockedLocal(K, n, row, n, node, Ke, ADD_VALUES));
    return FEMD_OK;
}

femd_status femd_assembly_end(femd_assembly *a, Mat K, femd_error *err) {
    MPI_TRY(err, MPI_Alltoallv(a->value, a->nsend, a->sfirst, MPI_DOUBLE, a->in_value, a->nrecv, a->rfirst, MPI_DOUBLE,
                               a->p->comm));
    const PetscInt *column = a->in_column;
    const double *value = a->in_value;
    for (size_t i = 0; i < a->nin; ++i) {
        PETSC_TRY(err, MatSetValuesBlocked(K, 1, &a->in_row[i], a->in_n[i], column, value, ADD_VALUES));
        column += a->in_n[i];
        value += 9 * (size_t)a->in_n[i];
    }
    PETSC_TRY(err, MatAssemblyBegin(K, MAT_FINAL_ASSEMBLY));
    PETSC_TRY(err, MatAssemblyEnd(K, MAT_FINAL_ASSEMBLY));
    return FEMD_OK;
}
