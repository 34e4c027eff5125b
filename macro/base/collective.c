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

struct femd_rows {
    MPI_Comm comm;
    int rank, size;
    int n; /* local rows */
    uint64_t total;
    int *count, *start; /* rank 0: rows of each rank and where they begin in the gathered order */
    uint64_t *number;   /* rank 0: global number of each gathered row */
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
    r->number = calloc(r->total ? r->total : 1, sizeof *r->number);
    if (!r->count || !r->start || !r->number) return femd_fail(err, FEMD_NO_MEMORY, "no memory to number the rows");
    return FEMD_OK;
}

femd_status femd_rows_create(MPI_Comm comm, const uint64_t *ids, size_t n, femd_rows **rows, femd_error *err) {
    *rows = NULL;
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
    MPI_Gather(&r->n, 1, MPI_INT, r->count, 1, MPI_INT, 0, comm);
    for (int i = 1; r->rank == 0 && i < r->size; ++i) r->start[i] = r->start[i - 1] + r->count[i - 1];
    MPI_Gatherv(ids, r->n, MPI_UINT64_T, r->number, r->count, r->start, MPI_UINT64_T, 0, comm);
    FEMD_TRY_GOTO(rc, femd_agree(comm, r->rank == 0 ? rows_check_numbers(r, err) : FEMD_OK, err), fail);
    *rows = r;
    return FEMD_OK;
fail:
    femd_rows_destroy(&r);
    return rc;
}

void femd_rows_destroy(femd_rows **rows) {
    if (!*rows) return;
    free((*rows)->count);
    free((*rows)->start);
    free((*rows)->number);
    free(*rows);
    *rows = NULL;
}

uint64_t femd_rows_total(const femd_rows *rows) {
    return rows->total;
}

/* One buffer of all rows on rank 0, and the MPI type of one row. */
static femd_status rows_exchange_begin(const femd_rows *r, size_t bytes, char **all, MPI_Datatype *type,
                                       femd_error *err) {
    *all = NULL;
    femd_status rc = FEMD_OK;
    if (bytes > INT_MAX) rc = femd_fail(err, FEMD_LIMIT, "a row of %zu bytes is too long", bytes);
    if (rc == FEMD_OK && r->rank == 0 && !(*all = malloc(r->total * bytes + 1)))
        rc = femd_fail(err, FEMD_NO_MEMORY, "no memory to gather %llu rows of %zu bytes", (unsigned long long)r->total,
                       bytes);
    FEMD_TRY(femd_agree(r->comm, rc, err));
    MPI_Type_contiguous((int)bytes, MPI_BYTE, type);
    MPI_Type_commit(type);
    return FEMD_OK;
}

femd_status femd_rows_gather(femd_rows *r, const void *local, size_t bytes, void *global, femd_error *err) {
    char *all;
    MPI_Datatype type;
    FEMD_TRY(rows_exchange_begin(r, bytes, &all, &type, err));
    MPI_Gatherv(local, r->n, type, all, r->count, r->start, type, 0, r->comm);
    MPI_Type_free(&type);
    for (uint64_t i = 0; r->rank == 0 && i < r->total; ++i)
        memcpy((char *)global + r->number[i] * bytes, all + i * bytes, bytes);
    free(all);
    return FEMD_OK;
}

femd_status femd_rows_scatter(femd_rows *r, const void *global, size_t bytes, void *local, femd_error *err) {
    char *all;
    MPI_Datatype type;
    FEMD_TRY(rows_exchange_begin(r, bytes, &all, &type, err));
    for (uint64_t i = 0; r->rank == 0 && i < r->total; ++i)
        memcpy(all + i * bytes, (const char *)global + r->number[i] * bytes, bytes);
    MPI_Scatterv(all, r->count, r->start, type, local, r->n, type, 0, r->comm);
    MPI_Type_free(&type);
    free(all);
    return FEMD_OK;
}
