/* What the checkpoint holds by number: the values of the fields by node, the data of the points by point. Owns the
 * order and the names of the datasets; rank 0 writes and reads. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "base/petsc_edge.h"
#include "fields/heat.h"
#include "results/checkpoint_private.h"

/* ---- columns ---- */

typedef struct column {
    char name[80];
    hid_t type;
    size_t element; /* bytes */
    hsize_t columns;
    void *data;
} column;

/* How the file holds the types of FEMD_POINT_LIST. */
#define POINT_TYPE(member)                                                                                             \
    _Generic((member), femd_hash * : H5T_STD_U8LE, int32_t * : H5T_STD_I32LE, default : H5T_IEEE_F64LE)
#define POINT_ELEMENT(member) (_Generic((member), femd_hash * : 1, int32_t * : 4, default : sizeof(double)))

#define COUNT_LINE(member, type, entries, wants, dataset) +1
enum { COLUMNS_MAX = 0 FEMD_POINT_LIST(COUNT_LINE) + 2 * FEMD_QUANTITIES };
#undef COUNT_LINE

static column column_make(const char *group, const char *name, hid_t type, size_t element, size_t bytes, void *data) {
    column x = {.type = type, .element = element, .columns = bytes / element, .data = data};
    snprintf(x.name, sizeof x.name, "%s%s", group, name);
    return x;
}

static column column_of_wanted(const femd_quantity *q, const char *suffix, double *data) {
    column x = column_make("point/", q->key, H5T_IEEE_F64LE, sizeof *data, q->numbers * sizeof *data, data);
    strncat(x.name, suffix, sizeof x.name - strlen(x.name) - 1);
    return x;
}

/* All arrays of the points that are kept, in the order of their lists. */
static size_t columns_of_points(const femd_points *pt, column list[COLUMNS_MAX]) {
    size_t n = 0;
#define POINT_COLUMN(member, type, entries, wants, dataset)                                                            \
    if ((dataset) && pt->member)                                                                                       \
        list[n++] = column_make("", dataset, POINT_TYPE(pt->member), POINT_ELEMENT(pt->member),                        \
                                (entries) * sizeof *pt->member, pt->member);
    FEMD_POINT_LIST(POINT_COLUMN)
#undef POINT_COLUMN
    for (size_t i = 0; i < pt->nwanted; ++i) {
        const femd_wanted *w = pt->wanted + i;
        list[n++] = column_of_wanted(w->what, "", w->value);
        if (w->error) list[n++] = column_of_wanted(w->what, "_error", w->error);
    }
    return n;
}

/* Rows first .. first + n - 1 of all ranks between them and the file; piece: room for them on rank 0. */
static femd_status column_move(femd_problem *p, femd_rows *rows, const column *x, uint64_t first, uint64_t n,
                               void *piece, femd_h5 *f, int saving, femd_error *err) {
    const size_t bytes = x->element * x->columns;
    femd_status rc = FEMD_OK;
    if (saving) FEMD_TRY(femd_rows_gather_part(rows, x->data, bytes, first, n, piece, err));
    if (p->rank == 0)
        rc = saving ? femd_h5_write_slab(f, x->name, x->type, first, n, piece, err)
                    : femd_h5_read_slab(f, x->name, x->type, first, n, piece, err);
    FEMD_TRY(femd_agree(p->comm, rc, err));
    return saving ? FEMD_OK : femd_rows_scatter_part(rows, piece, bytes, first, n, x->data, err);
}

/* The dataset, made or of the right shape. */
static femd_status column_prepare(const column *x, uint64_t total, femd_h5 *f, int saving, femd_error *err) {
    hsize_t rows = 0, columns = 0;
    if (saving) return femd_h5_write(f, x->name, x->type, total, x->columns, NULL, err);
    FEMD_TRY(femd_h5_shape(f, x->name, &rows, &columns, err));
    return rows == total && columns == x->columns ? FEMD_OK : femd_h5_wrong_shape(f, x->name, total, x->columns, err);
}

/* Some megabytes at a time: rank 0 never holds what all ranks have. */
static femd_status column_exchange(femd_problem *p, femd_rows *rows, const column *x, femd_h5 *f, int saving,
                                   femd_error *err) {
    const uint64_t total = femd_rows_total(rows);
    const size_t bytes = x->element * x->columns;
    const uint64_t most = femd_h5_rows_at_once(bytes), room = most < total ? most : total;
    void *piece = p->rank == 0 ? malloc(room * bytes + 1) : NULL;
    femd_status rc =
        p->rank == 0 && !piece ? femd_fail(err, FEMD_NO_MEMORY, "no memory for a piece of \"%s\"", x->name) : FEMD_OK;
    if (rc == FEMD_OK && p->rank == 0) rc = column_prepare(x, total, f, saving, err);
    rc = femd_agree(p->comm, rc, err);
    for (uint64_t first = 0; rc == FEMD_OK && first < total; first += most)
        rc = column_move(p, rows, x, first, total - first < most ? total - first : most, piece, f, saving, err);
    free(piece);
    return rc;
}

/* ---- fields at the nodes, by their number in the whole mesh ---- */

/* Rows of the nodes that this rank owns: their numbers, and which local nodes they are. */
typedef struct owned_nodes {
    size_t n, components;
    uint64_t *number;
    PetscInt *local;
    double *row;  /* n x components */
    double *node; /* all local nodes x components */
} owned_nodes;

static void owned_clear(owned_nodes *o) {
    free(o->number);
    free(o->local);
    free(o->row);
    free(o->node);
}

static femd_status owned_init(owned_nodes *o, const femd_field *x, femd_error *err) {
    const femd_grid *grid = x->grid;
    const size_t n = (size_t)grid->nnodes;
    *o = (owned_nodes){0,
                       (size_t)x->components,
                       calloc(n + 1, sizeof(uint64_t)),
                       calloc(n + 1, sizeof(PetscInt)),
                       calloc(x->n + 1, sizeof(double)),
                       calloc(x->n + 1, sizeof(double))};
    if (!o->number || !o->local || !o->row || !o->node)
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for the %s of %zu nodes", x->kind->name, n);
    for (PetscInt i = 0; i < grid->nnodes; ++i) {
        if (!grid->node_owned[i]) continue;
        o->number[o->n] = grid->node_file[i];
        o->local[o->n++] = i;
    }
    return FEMD_OK;
}

static void owned_copy_rows(owned_nodes *o, int to_rows) {
    for (size_t i = 0; i < o->n; ++i) {
        double *row = o->row + o->components * i, *node = o->node + o->components * (size_t)o->local[i];
        memcpy(to_rows ? row : node, to_rows ? node : row, o->components * sizeof *row);
    }
}

/* Of the values of a field that `which` names; they go through those that are committed. */
static femd_status columns_exchange_values(femd_problem *p, femd_field *at_nodes, const char *which, femd_h5 *f,
                                           int saving, femd_error *err) {
    femd_rows *rows = NULL;
    owned_nodes o;
    femd_status rc = femd_agree(p->comm, owned_init(&o, at_nodes, err), err);
    column x = column_make("node/", at_nodes->kind->name, H5T_IEEE_F64LE, sizeof *o.row,
                           (size_t)at_nodes->components * sizeof *o.row, o.row);
    strncat(x.name, which, sizeof x.name - strlen(x.name) - 1);
    if (rc == FEMD_OK) rc = femd_rows_create(p->comm, o.number, o.n, &rows, err);
    if (rc == FEMD_OK && saving) {
        FEMD_TRY_GOTO(rc, femd_agree(p->comm, femd_field_get(at_nodes, o.node, err), err), done);
        owned_copy_rows(&o, 1);
        rc = column_exchange(p, rows, &x, f, 1, err);
    } else if (rc == FEMD_OK) {
        FEMD_TRY_GOTO(rc, column_exchange(p, rows, &x, f, 0, err), done);
        owned_copy_rows(&o, 0);
        rc = femd_agree(p->comm, femd_field_set(at_nodes, o.node, err), err);
    }
done:
    femd_rows_destroy(&rows);
    owned_clear(&o);
    return rc;
}

/* Those of the step before last give the direction of a path. */
static femd_status columns_exchange_field(femd_problem *p, femd_field *at_nodes, femd_h5 *f, int saving,
                                          femd_error *err) {
    PETSC_TRY(err, VecSwap(at_nodes->committed, at_nodes->before));
    femd_status rc = columns_exchange_values(p, at_nodes, "_before", f, saving, err);
    PETSC_TRY(err, VecSwap(at_nodes->committed, at_nodes->before));
    FEMD_TRY(rc);
    return columns_exchange_values(p, at_nodes, "", f, saving, err);
}

/* What errors of sampled conductivities have left in a transient: each column goes through the committed values. */
static femd_status columns_exchange_memory(femd_problem *p, femd_h5 *f, int saving, femd_error *err) {
    const size_t columns = femd_heat_memory_columns(p);
    femd_status rc = FEMD_OK;
    Vec kept;
    if (columns == 0) return FEMD_OK;
    PETSC_TRY(err, VecDuplicate(p->temperature->committed, &kept));
    PETSC_TRY(err, VecCopy(p->temperature->committed, kept));
    for (size_t c = 0; c < columns && rc == FEMD_OK; ++c) {
        char which[32];
        snprintf(which, sizeof which, "_memory_%zu", c);
        if (saving) rc = femd_field_set(p->temperature, femd_heat_memory(p, c), err);
        if (rc == FEMD_OK) rc = columns_exchange_values(p, p->temperature, which, f, saving, err);
        if (rc == FEMD_OK && !saving) rc = femd_field_get(p->temperature, femd_heat_memory(p, c), err);
    }
    PETSC_TRY(err, VecCopy(kept, p->temperature->committed));
    PETSC_TRY(err, VecDestroy(&kept));
    return rc;
}

/* ---- the whole ---- */

static femd_status columns_exchange_points(femd_problem *p, femd_h5 *f, int saving, femd_error *err) {
    column list[COLUMNS_MAX];
    const size_t columns = columns_of_points(p->pt, list);
    femd_rows *rows = NULL;
    FEMD_TRY(femd_rows_create(p->comm, p->pt->id, (size_t)p->pt->n, &rows, err));
    femd_status rc = FEMD_OK;
    for (size_t i = 0; i < columns && rc == FEMD_OK; ++i) rc = column_exchange(p, rows, list + i, f, saving, err);
    femd_rows_destroy(&rows);
    return rc;
}

femd_status femd_checkpoint_columns(femd_problem *p, femd_h5 *f, int saving, femd_error *err) {
    for (size_t i = 0; i < p->nfields; ++i) FEMD_TRY(columns_exchange_field(p, p->field[i], f, saving, err));
    FEMD_TRY(columns_exchange_memory(p, f, saving, err));
    return columns_exchange_points(p, f, saving, err);
}
