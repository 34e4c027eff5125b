/* State blobs on their way into a checkpoint and back. Knows hashes and bytes; never what a state means. */
#include "results/checkpoint_states.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "fields/constitutive.h"

/* The different states of this rank's points, sorted, with their blobs. */
typedef struct blob_list {
    size_t n;
    femd_hash *hash;
    void **blob;
    size_t *size;
} blob_list;

static int blobs_compare_hash(const void *a, const void *b) {
    return memcmp(a, b, sizeof(femd_hash));
}

static void blobs_clear(blob_list *l) {
    for (size_t i = 0; l->blob && i < l->n; ++i) free(l->blob[i]);
    free(l->hash);
    free(l->blob);
    free(l->size);
    *l = (blob_list){0};
}

static femd_status blobs_init(blob_list *l, const femd_points *pt, femd_error *err) {
    size_t n = (size_t)pt->n;
    *l = (blob_list){0, calloc(n + 1, sizeof(femd_hash)), calloc(n + 1, sizeof(void *)), calloc(n + 1, sizeof(size_t))};
    if (!l->hash || !l->blob || !l->size)
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for the states of %zu points", n);
    for (size_t i = 0; i < n; ++i)
        if (!femd_hash_is_zero(pt->state + i)) l->hash[l->n++] = pt->state[i];
    qsort(l->hash, l->n, sizeof(femd_hash), blobs_compare_hash);
    size_t unique = 0;
    for (size_t i = 0; i < l->n; ++i)
        if (unique == 0 || !femd_hash_equal(l->hash + i, l->hash + unique - 1)) l->hash[unique++] = l->hash[i];
    l->n = unique;
    return FEMD_OK;
}

static femd_status blobs_fetch(blob_list *l, const femd_constitutive *law, femd_error *err) {
    if (l->n == 0) return FEMD_OK;
    if (!law->states_get) return femd_fail(err, FEMD_INTERNAL, "the points have states, but their law keeps none");
    FEMD_TRY(law->states_get(law->self, l->hash, l->n, l->blob, l->size, err));
    for (size_t i = 0; i < l->n; ++i)
        if (l->size[i] > INT_MAX) return femd_fail(err, FEMD_LIMIT, "a state of %zu bytes is too large", l->size[i]);
    return FEMD_OK;
}

/* What rank 0 knows of the blobs of all ranks: rank r's are entries start[r] .. start[r + 1] - 1. */
typedef struct blob_index {
    int size;
    int *count, *start;
    femd_hash *hash;
    uint64_t *bytes;
    size_t n, nunique;
    uint64_t *offset;  /* n: where the entry goes in "state/bytes", UINT64_MAX if another entry brings the same blob */
    uint64_t *ends;    /* nunique + 1: "state/offset" */
    femd_hash *unique; /* nunique: "state/hash" */
} blob_index;

static void blob_index_clear(blob_index *x) {
    free(x->count);
    free(x->start);
    free(x->hash);
    free(x->bytes);
    free(x->offset);
    free(x->ends);
    free(x->unique);
    *x = (blob_index){0};
}

typedef struct sort_entry {
    femd_hash hash;
    size_t entry;
} sort_entry;

static int blob_index_compare(const void *a, const void *b) {
    const sort_entry *x = a, *y = b;
    int c = memcmp(&x->hash, &y->hash, sizeof x->hash);
    return c ? c : (x->entry > y->entry) - (x->entry < y->entry);
}

/* Places in the file: sorted by hash, the first entry of each hash brings it. */
static femd_status blob_index_place(blob_index *x, femd_error *err) {
    sort_entry *order = calloc(x->n + 1, sizeof *order);
    x->offset = calloc(x->n + 1, sizeof *x->offset);
    x->ends = calloc(x->n + 1, sizeof *x->ends);
    x->unique = calloc(x->n + 1, sizeof *x->unique);
    if (!order || !x->offset || !x->ends || !x->unique) {
        free(order);
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for the list of %zu states", x->n);
    }
    for (size_t i = 0; i < x->n; ++i) order[i] = (sort_entry){x->hash[i], i};
    qsort(order, x->n, sizeof *order, blob_index_compare);
    uint64_t end = 0;
    for (size_t i = 0; i < x->n; ++i) {
        size_t e = order[i].entry;
        int repeated = i > 0 && femd_hash_equal(&order[i].hash, &order[i - 1].hash);
        x->offset[e] = repeated ? UINT64_MAX : end;
        if (repeated) continue;
        x->unique[x->nunique++] = order[i].hash;
        end += x->bytes[e];
        x->ends[x->nunique] = end;
    }
    free(order);
    return FEMD_OK;
}

static femd_status blob_index_allocate(blob_index *x, femd_error *err) {
    x->hash = calloc(x->n + 1, sizeof *x->hash);
    x->bytes = calloc(x->n + 1, sizeof *x->bytes);
    return x->hash && x->bytes ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the list of %zu states", x->n);
}

/* Collect hashes and sizes on rank 0. */
static femd_status blob_index_gather(blob_index *x, const femd_problem *p, const blob_list *l, femd_error *err) {
    *x = (blob_index){.size = p->size,
                      .count = calloc((size_t)p->size, sizeof(int)),
                      .start = calloc((size_t)p->size + 1, sizeof(int))};
    uint64_t *bytes = calloc(l->n + 1, sizeof *bytes);
    int n = (int)l->n;
    femd_status rc =
        x->count && x->start && bytes ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the list of states");
    FEMD_TRY_GOTO(rc, femd_agree(p->comm, rc, err), done);
    (void)MPI_Gather(&n, 1, MPI_INT, x->count, 1, MPI_INT, 0, p->comm);
    for (int r = 0; p->rank == 0 && r < p->size; ++r) x->start[r + 1] = x->start[r] + x->count[r];
    x->n = (size_t)x->start[p->size];
    FEMD_TRY_GOTO(rc, femd_agree(p->comm, blob_index_allocate(x, err), err), done);
    for (size_t i = 0; i < l->n; ++i) bytes[i] = l->size[i];
    MPI_Datatype hash_type;
    MPI_Type_contiguous((int)sizeof(femd_hash), MPI_BYTE, &hash_type);
    MPI_Type_commit(&hash_type);
    (void)MPI_Gatherv(l->hash, n, hash_type, x->hash, x->count, x->start, hash_type, 0, p->comm);
    (void)MPI_Gatherv(bytes, n, MPI_UINT64_T, x->bytes, x->count, x->start, MPI_UINT64_T, 0, p->comm);
    MPI_Type_free(&hash_type);
    rc = femd_agree(p->comm, p->rank == 0 ? blob_index_place(x, err) : FEMD_OK, err);
done:
    free(bytes);
    return rc;
}

static femd_status blobs_write_lists(femd_h5 *f, const blob_index *x, femd_error *err) {
    FEMD_TRY(femd_h5_group(f, "state", err));
    FEMD_TRY(femd_h5_write(f, "state/hash", H5T_STD_U8LE, x->nunique, sizeof(femd_hash), x->unique, err));
    FEMD_TRY(femd_h5_write(f, "state/offset", H5T_STD_U64LE, x->nunique + 1, 0, x->ends, err));
    return femd_h5_write(f, "state/bytes", H5T_STD_U8LE, x->ends[x->nunique], 0, NULL, err);
}

static femd_status blobs_write_one(femd_h5 *f, const blob_index *x, size_t entry, const void *blob, femd_error *err) {
    if (x->offset[entry] == UINT64_MAX) return FEMD_OK;
    return femd_h5_write_slab(f, "state/bytes", H5T_STD_U8LE, x->offset[entry], x->bytes[entry], blob, err);
}

/* Rank 0: the blobs of rank r, one message each. Goes on receiving after a failure, so that no sender is left hanging.
 */
static femd_status blobs_receive_from(femd_problem *p, femd_h5 *f, const blob_index *x, int r, char *scratch,
                                      femd_status rc, femd_error *err) {
    for (int i = x->start[r]; i < x->start[r + 1]; ++i) {
        (void)MPI_Recv(scratch, (int)x->bytes[i], MPI_BYTE, r, 0, p->comm, MPI_STATUS_IGNORE);
        if (rc == FEMD_OK) rc = blobs_write_one(f, x, (size_t)i, scratch, err);
    }
    return rc;
}

static femd_status blobs_transfer(femd_problem *p, femd_h5 *f, const blob_index *x, const blob_list *l,
                                  femd_error *err) {
    uint64_t largest = 0;
    for (size_t i = 0; i < x->n; ++i) largest = x->bytes[i] > largest ? x->bytes[i] : largest;
    char *scratch = malloc(largest + 1);
    femd_status rc =
        scratch ? FEMD_OK
                : femd_fail(err, FEMD_NO_MEMORY, "no memory for a state of %llu bytes", (unsigned long long)largest);
    if (rc == FEMD_OK && p->rank == 0) rc = blobs_write_lists(f, x, err);
    FEMD_TRY_GOTO(rc, femd_agree(p->comm, rc, err), done);
    if (p->rank == 0) {
        for (size_t i = 0; i < l->n && rc == FEMD_OK; ++i) rc = blobs_write_one(f, x, i, l->blob[i], err);
        for (int r = 1; r < p->size; ++r) rc = blobs_receive_from(p, f, x, r, scratch, rc, err);
    } else {
        for (size_t i = 0; i < l->n; ++i) (void)MPI_Send(l->blob[i], (int)l->size[i], MPI_BYTE, 0, 0, p->comm);
    }
    rc = femd_agree(p->comm, rc, err);
done:
    free(scratch);
    return rc;
}

femd_status femd_blobs_save(femd_problem *p, femd_h5 *f, femd_error *err) {
    blob_list list = {0};
    blob_index index = {0};
    femd_status rc = blobs_init(&list, p->pt, err);
    if (rc == FEMD_OK) rc = blobs_fetch(&list, p->law, err);
    FEMD_TRY_GOTO(rc, femd_agree(p->comm, rc, err), done);
    FEMD_TRY_GOTO(rc, blob_index_gather(&index, p, &list, err), done);
    rc = blobs_transfer(p, f, &index, &list, err);
done:
    blob_index_clear(&index);
    blobs_clear(&list);
    return rc;
}

/* ---- the way back ---- */

enum { PUT_BYTES = 8 << 20, PUT_COUNT = 4096 };

typedef struct blob_file {
    size_t n;
    femd_hash *hash;
    uint64_t *offset; /* n + 1 */
    uint8_t *bytes;
} blob_file;

static void blob_file_clear(blob_file *b) {
    free(b->hash);
    free(b->offset);
    free(b->bytes);
}

static femd_status blob_file_check(const blob_file *b, hsize_t total, femd_error *err) {
    for (size_t i = 0; i < b->n; ++i)
        if (b->offset[i] > b->offset[i + 1])
            return femd_fail(err, FEMD_BAD_INPUT, "the list of states in the checkpoint is damaged");
    if (b->offset[0] != 0 || b->offset[b->n] != total)
        return femd_fail(err, FEMD_BAD_INPUT, "the list of states in the checkpoint is damaged");
    return FEMD_OK;
}

static femd_status blob_file_read(femd_h5 *f, blob_file *b, femd_error *err) {
    hsize_t rows = 0, columns = 0, total = 0;
    FEMD_TRY(femd_h5_shape(f, "state/hash", &rows, &columns, err));
    FEMD_TRY(femd_h5_shape(f, "state/bytes", &total, &columns, err));
    b->n = rows;
    b->hash = calloc(rows + 1, sizeof *b->hash);
    b->offset = calloc(rows + 1, sizeof *b->offset);
    b->bytes = malloc(total + 1);
    if (!b->hash || !b->offset || !b->bytes)
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for %llu bytes of states", (unsigned long long)total);
    FEMD_TRY(femd_h5_read(f, "state/hash", H5T_STD_U8LE, rows, sizeof(femd_hash), b->hash, err));
    FEMD_TRY(femd_h5_read(f, "state/offset", H5T_STD_U64LE, rows + 1, 0, b->offset, err));
    FEMD_TRY(femd_h5_read(f, "state/bytes", H5T_STD_U8LE, total, 0, b->bytes, err));
    return blob_file_check(b, total, err);
}

/* Some megabytes at a time. */
static femd_status blobs_put_all(const femd_constitutive *law, const blob_file *b, femd_error *err) {
    if (b->n > 0 && !law->states_put)
        return femd_fail(err, FEMD_INTERNAL, "the checkpoint holds states, but the points' law keeps none");
    const void **blob = calloc(PUT_COUNT, sizeof *blob);
    size_t *size = calloc(PUT_COUNT, sizeof *size);
    femd_status rc = blob && size ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for a list of states");
    for (size_t first = 0; first < b->n && rc == FEMD_OK;) {
        size_t n = 0, bytes = 0;
        while (first + n < b->n && n < PUT_COUNT && (n == 0 || bytes < PUT_BYTES)) {
            blob[n] = b->bytes + b->offset[first + n];
            size[n] = b->offset[first + n + 1] - b->offset[first + n];
            bytes += size[n++];
        }
        rc = law->states_put(law->self, b->hash + first, blob, size, n, err);
        first += n;
    }
    free(blob);
    free(size);
    return rc;
}

femd_status femd_blobs_load(femd_problem *p, femd_h5 *f, femd_error *err) {
    femd_status rc = FEMD_OK;
    if (p->rank == 0) {
        blob_file b = {0};
        rc = blob_file_read(f, &b, err);
        if (rc == FEMD_OK) rc = blobs_put_all(p->law, &b, err);
        blob_file_clear(&b);
    }
    FEMD_TRY(femd_agree(p->comm, rc, err));
    rc = p->law->commit(p->law->self, (uint32_t)p->step, p->pt->id, p->pt->state, (size_t)p->pt->n, err);
    return femd_agree(p->comm, rc, err);
}
