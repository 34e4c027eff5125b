/* Agreement between ranks, and rows gathered to and scattered from rank 0. Owns the numbering of the rows, never their
 * meaning. */
#include "base/collective.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/lone_failure.h"

/* Agreements have a communicator of their own, kept with the one they are about: a rank that failed in the midst of
 * something else then waits for the others to agree, and is not taken for a part of what they do. */
static MPI_Comm agree_on(MPI_Comm comm) {
    static int key = MPI_KEYVAL_INVALID;
    void *kept = NULL;
    int found = 0;
    MPI_Comm own;
    if (key == MPI_KEYVAL_INVALID) MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, MPI_COMM_NULL_DELETE_FN, &key, NULL);
    MPI_Comm_get_attr(comm, key, (void *)&kept, &found);
    if (found) return MPI_Comm_f2c((MPI_Fint)(intptr_t)kept);
    MPI_Comm_dup(comm, &own);
    MPI_Comm_set_attr(comm, key, (void *)(intptr_t)MPI_Comm_c2f(own));
    return own;
}

femd_status femd_agree(MPI_Comm about, femd_status rc, femd_error *err) {
    int rank, size;
    MPI_Comm_rank(about, &rank);
    MPI_Comm_size(about, &size);
    const MPI_Comm comm = size > 1 ? agree_on(about) : about;
    int mine = rc == FEMD_OK ? size : rank, first = size;
    MPI_Allreduce(&mine, &first, 1, MPI_INT, MPI_MIN, comm);
    femd_lone_failure_over();
    if (first == size) return FEMD_OK;
    femd_error said = FEMD_ERROR_INIT;
    if (rank == first) {
        if (err) said = *err;
        said.code = rc;
    }
    MPI_Bcast(&said, (int)sizeof said, MPI_BYTE, first, comm);
    if (err) *err = said;
    return (femd_status)said.code;
}

typedef struct row_place {
    uint64_t number;
    int local;
} row_place;

femd_status femd_broadcast(MPI_Comm comm, double *data, size_t n, size_t most, femd_error *err) {
    if (most == 0 || most > INT_MAX) most = INT_MAX;
    for (size_t at = 0; at < n; at += most) {
        const size_t part = n - at < most ? n - at : most;
        if (MPI_Bcast(data + at, (int)part, MPI_DOUBLE, 0, comm) != MPI_SUCCESS)
            return femd_fail(err, FEMD_INTERNAL, "MPI_Bcast failed");
    }
    return FEMD_OK;
}

struct femd_rows {
    MPI_Comm comm;
    int rank, size;
    int n;           /* local rows */
    row_place *mine; /* n: them in the order of their numbers */
    uint64_t total;
    int *count, *start; /* rank 0: rows of each rank and where they begin in the gathered order */
    uint64_t *number;   /* rank 0: global number of each gathered row, ascending for each rank */
    int *part, *shift;  /* rank 0: of a part, its rows of each rank and where they begin */
};

/* Rank 0: each number 0..total-1 exactly once. */
static femd_status rows_check_numbers(const femd_rows *r, femd_error *err) {
    unsigned char *seen = calloc(r->total ? r->total : 1, 1);
    if (!seen)
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for the numbering of %llu rows", (unsigned long long)r->total);
    femd_status rc = FEMD_OK;
    for (uint64_t i = 0; i < r->total && rc == FEMD_OK; ++i) {
        uint64_t id = r->number[i];
        if (id >= r->total || seen[id])
            rc = femd_fail(err, FEMD_INTERNAL,
                           "the rows of all ranks are not numbered 0 to %llu once each (number %llu)",
                           (unsigned long long)r->total - 1, (unsigned long long)id);
        else
            seen[id] = 1;
    }
    free(seen);
    return rc;
}

static femd_status rows_allocate(femd_rows *r, femd_error *err) {
    if (r->total > INT_MAX) return femd_fail(err, FEMD_LIMIT, "more than %d rows cannot be gathered", INT_MAX);
    if (r->rank != 0) return FEMD_OK;
    r->count = calloc((size_t)r->size, sizeof *r->count);
    r->start = calloc((size_t)r->size, sizeof *r->start);
    r->part = calloc((size_t)r->size, sizeof *r->part);
    r->shift = calloc((size_t)r->size, sizeof *r->shift);
    r->number = calloc(r->total ? r->total : 1, sizeof *r->number);
    if (!r->count || !r->start || !r->number || !r->part || !r->shift)
        return femd_fail(err, FEMD_NO_MEMORY, "no memory to number the rows");
    return FEMD_OK;
}

static int rows_by_number(const void *a, const void *b) {
    const row_place *p = a, *q = b;
    return (p->number > q->number) - (p->number < q->number);
}

/* This rank's rows in the order of their numbers; ids follows. */
static femd_status rows_sort(femd_rows *r, const uint64_t *ids, uint64_t **sorted, femd_error *err) {
    r->mine = malloc(((size_t)r->n + 1) * sizeof *r->mine);
    *sorted = malloc(((size_t)r->n + 1) * sizeof **sorted);
    if (!r->mine || !*sorted) return femd_fail(err, FEMD_NO_MEMORY, "no memory to number the rows");
    for (int i = 0; i < r->n; ++i) r->mine[i] = (row_place){ids[i], i};
    qsort(r->mine, (size_t)r->n, sizeof *r->mine, rows_by_number);
    for (int i = 0; i < r->n; ++i) (*sorted)[i] = r->mine[i].number;
    return FEMD_OK;
}

femd_status femd_rows_create(MPI_Comm comm, const uint64_t *ids, size_t n, femd_rows **rows, femd_error *err) {
    *rows = NULL;
    uint64_t *sorted = NULL;
    femd_rows *r = calloc(1, sizeof *r);
    femd_status rc = !r            ? femd_fail(err, FEMD_NO_MEMORY, "no memory to number the rows")
                     : n > INT_MAX ? femd_fail(err, FEMD_LIMIT, "more than %d rows on a rank", INT_MAX)
                                   : FEMD_OK;
    FEMD_TRY_GOTO(rc, femd_agree(comm, rc, err), fail);
    r->comm = comm;
    r->n = (int)n;
    MPI_Comm_rank(comm, &r->rank);
    MPI_Comm_size(comm, &r->size);
    uint64_t mine = n;
    MPI_Allreduce(&mine, &r->total, 1, MPI_UINT64_T, MPI_SUM, comm);
    FEMD_TRY_GOTO(rc, femd_agree(comm, rows_allocate(r, err), err), fail);
    FEMD_TRY_GOTO(rc, femd_agree(comm, rows_sort(r, ids, &sorted, err), err), fail);
    MPI_Gather(&r->n, 1, MPI_INT, r->count, 1, MPI_INT, 0, comm);
    for (int i = 1; r->rank == 0 && i < r->size; ++i) r->start[i] = r->start[i - 1] + r->count[i - 1];
    MPI_Gatherv(sorted, r->n, MPI_UINT64_T, r->number, r->count, r->start, MPI_UINT64_T, 0, comm);
    FEMD_TRY_GOTO(rc, femd_agree(comm, r->rank == 0 ? rows_check_numbers(r, err) : FEMD_OK, err), fail);
    free(sorted);
    *rows = r;
    return FEMD_OK;
fail:
    free(sorted);
    femd_rows_destroy(&r);
    return rc;
}

void femd_rows_destroy(femd_rows **rows) {
    if (!*rows) return;
    free((*rows)->count);
    free((*rows)->start);
    free((*rows)->number);
    free((*rows)->mine);
    free((*rows)->part);
    free((*rows)->shift);
    free(*rows);
    *rows = NULL;
}

uint64_t femd_rows_total(const femd_rows *rows) {
    return rows->total;
}

/* Rows first .. first + n - 1 on their way: those of this rank, packed; on rank 0 those of all, rank by rank. */
typedef struct row_part {
    int begin, n; /* in mine[] */
    char *packed, *all;
    size_t bytes;
    MPI_Datatype type;
} row_part;

/* First of n ascending numbers that is not below x. */
static int rows_find(const uint64_t *number, int n, uint64_t x) {
    int low = 0;
    while (n > 0) {
        const int half = n / 2;
        if (number[low + half] < x) {
            low += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    return low;
}

static int rows_find_mine(const femd_rows *r, uint64_t x) {
    const row_place key = {x, 0};
    int low = 0, n = r->n;
    while (n > 0) {
        const int half = n / 2, below = rows_by_number(&r->mine[low + half], &key) < 0;
        if (below) low += half + 1;
        n = below ? n - half - 1 : half;
    }
    return low;
}

static femd_status rows_part_begin(femd_rows *r, size_t bytes, uint64_t first, uint64_t n, row_part *part,
                                   femd_error *err) {
    femd_status rc = FEMD_OK;
    *part = (row_part){.begin = rows_find_mine(r, first), .bytes = bytes};
    part->n = rows_find_mine(r, first + n) - part->begin;
    if (bytes > INT_MAX) rc = femd_fail(err, FEMD_LIMIT, "a row of %zu bytes is too long", bytes);
    if (rc == FEMD_OK && (!(part->packed = malloc((size_t)part->n * bytes + 1)) ||
                          (r->rank == 0 && !(part->all = malloc(n * bytes + 1)))))
        rc = femd_fail(err, FEMD_NO_MEMORY, "no memory to gather %llu rows of %zu bytes", (unsigned long long)n, bytes);
    rc = femd_agree(r->comm, rc, err);
    if (rc != FEMD_OK) {
        free(part->packed);
        free(part->all);
        return rc;
    }
    for (int k = 0; r->rank == 0 && k < r->size; ++k) {
        const uint64_t *number = r->number + r->start[k];
        r->part[k] = rows_find(number, r->count[k], first + n) - rows_find(number, r->count[k], first);
        r->shift[k] = k ? r->shift[k - 1] + r->part[k - 1] : 0;
    }
    MPI_Type_contiguous((int)bytes, MPI_BYTE, &part->type);
    MPI_Type_commit(&part->type);
    return FEMD_OK;
}

static void rows_part_end(row_part *part) {
    MPI_Type_free(&part->type);
    free(part->packed);
    free(part->all);
}

/* Rank 0: between the rows of all ranks and their places. */
static void rows_part_place(const femd_rows *r, const row_part *part, uint64_t first, char *global, int gathering) {
    for (int k = 0; k < r->size; ++k) {
        const uint64_t *number = r->number + r->start[k];
        const int begin = rows_find(number, r->count[k], first);
        for (int i = 0; i < r->part[k]; ++i) {
            char *there = global + (number[begin + i] - first) * part->bytes,
                 *here = part->all + (size_t)(r->shift[k] + i) * part->bytes;
            memcpy(gathering ? there : here, gathering ? here : there, part->bytes);
        }
    }
}

femd_status femd_rows_gather_part(femd_rows *r, const void *local, size_t bytes, uint64_t first, uint64_t n,
                                  void *global, femd_error *err) {
    row_part part;
    FEMD_TRY(rows_part_begin(r, bytes, first, n, &part, err));
    for (int i = 0; i < part.n; ++i)
        memcpy(part.packed + (size_t)i * bytes, (const char *)local + (size_t)r->mine[part.begin + i].local * bytes,
               bytes);
    MPI_Gatherv(part.packed, part.n, part.type, part.all, r->part, r->shift, part.type, 0, r->comm);
    if (r->rank == 0) rows_part_place(r, &part, first, global, 1);
    rows_part_end(&part);
    return FEMD_OK;
}

femd_status femd_rows_scatter_part(femd_rows *r, void *global, size_t bytes, uint64_t first, uint64_t n, void *local,
                                   femd_error *err) {
    row_part part;
    FEMD_TRY(rows_part_begin(r, bytes, first, n, &part, err));
    if (r->rank == 0) rows_part_place(r, &part, first, global, 0);
    MPI_Scatterv(part.all, r->part, r->shift, part.type, part.packed, part.n, part.type, 0, r->comm);
    for (int i = 0; i < part.n; ++i)
        memcpy((char *)local + (size_t)r->mine[part.begin + i].local * bytes, part.packed + (size_t)i * bytes, bytes);
    rows_part_end(&part);
    return FEMD_OK;
}

femd_status femd_rows_gather(femd_rows *r, const void *local, size_t bytes, void *global, femd_error *err) {
    return femd_rows_gather_part(r, local, bytes, 0, r->total, global, err);
}

femd_status femd_rows_scatter(femd_rows *r, const void *global, size_t bytes, void *local, femd_error *err) {
    void *all = (void *)(uintptr_t)global; /* only read */
    return femd_rows_scatter_part(r, all, bytes, 0, r->total, local, err);
}
