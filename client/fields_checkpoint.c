/* The committed state of a point in a run's checkpoint, which docs/output.md describes. Reads HDF5, nothing else. */
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "femd/file.h"
#include "femd/hash.h"
#include "fields.h"

/* The file; every failure of HDF5 is `damaged`, with the dataset's name. */
typedef struct checkpoint_file {
    hid_t file;
    const char *path;
} checkpoint_file;

static femd_status checkpoint_damaged(const checkpoint_file *c, const char *name, femd_error *err) {
    return femd_fail(err, FEMD_BAD_INPUT, "%s: \"%s\" is not there or cannot be read", c->path, name);
}

/* Rows and columns (1 of a dataset of rank 1). */
static femd_status checkpoint_shape(const checkpoint_file *c, const char *name, hsize_t shape[2], femd_error *err) {
    const hid_t set = H5Dopen2(c->file, name, H5P_DEFAULT), space = set < 0 ? -1 : H5Dget_space(set);
    const int rank = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);
    shape[0] = 0;
    shape[1] = 1;
    const int good = (rank == 1 || rank == 2) && H5Sget_simple_extent_dims(space, shape, NULL) == rank;
    if (space >= 0) H5Sclose(space);
    if (set >= 0) H5Dclose(set);
    return good ? FEMD_OK : checkpoint_damaged(c, name, err);
}

/* Rows first .. first + n - 1 of a dataset of the shape. */
static femd_status checkpoint_rows(const checkpoint_file *c, const char *name, hid_t type, const hsize_t shape[2],
                                   hsize_t first, hsize_t n, void *data, femd_error *err) {
    const hid_t set = H5Dopen2(c->file, name, H5P_DEFAULT), space = set < 0 ? -1 : H5Dget_space(set);
    const int rank = space < 0 ? 0 : H5Sget_simple_extent_ndims(space);
    const hsize_t start[2] = {first, 0}, count[2] = {n, shape[1]};
    const hid_t room = rank > 0 ? H5Screate_simple(rank, count, NULL) : -1;
    const int good = room >= 0 && first <= shape[0] && n <= shape[0] - first &&
                     H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) >= 0 &&
                     H5Dread(set, type, room, space, H5P_DEFAULT, data) >= 0;
    if (room >= 0) H5Sclose(room);
    if (space >= 0) H5Sclose(space);
    if (set >= 0) H5Dclose(set);
    return good ? FEMD_OK : checkpoint_damaged(c, name, err);
}

static femd_status checkpoint_hash_of(const checkpoint_file *c, uint64_t id, femd_hash *h, femd_error *err) {
    hsize_t shape[2];
    FEMD_TRY(checkpoint_shape(c, "point/state", shape, err));
    if (shape[1] != sizeof h->b) return checkpoint_damaged(c, "point/state", err);
    if (id >= shape[0])
        return femd_fail(err, FEMD_BAD_INPUT, "--point %llu: the points of this run have the numbers 0 to %llu",
                         (unsigned long long)id, (unsigned long long)shape[0] - 1);
    FEMD_TRY(checkpoint_rows(c, "point/state", H5T_NATIVE_UINT8, shape, id, 1, h->b, err));
    if (!femd_hash_is_zero(h)) return FEMD_OK;
    return femd_fail(err, FEMD_BAD_INPUT,
                     "--point %llu: it has no state, since its engine keeps none or no step is committed yet",
                     (unsigned long long)id);
}

/* Which of the different states it is. */
static femd_status checkpoint_find(const checkpoint_file *c, const femd_hash *h, hsize_t *at, femd_error *err) {
    hsize_t shape[2];
    FEMD_TRY(checkpoint_shape(c, "state/hash", shape, err));
    if (shape[1] != sizeof h->b) return checkpoint_damaged(c, "state/hash", err);
    uint8_t *all = malloc(shape[0] * sizeof h->b + 1);
    femd_status rc = all ? checkpoint_rows(c, "state/hash", H5T_NATIVE_UINT8, shape, 0, shape[0], all, err)
                         : femd_fail(err, FEMD_NO_MEMORY, "no memory for the names of states");
    for (*at = 0; rc == FEMD_OK && *at < shape[0]; ++*at)
        if (memcmp(all + *at * sizeof h->b, h->b, sizeof h->b) == 0) break;
    if (rc == FEMD_OK && *at == shape[0]) rc = checkpoint_damaged(c, "state/hash", err);
    free(all);
    return rc;
}

static femd_status checkpoint_bytes(const checkpoint_file *c, hsize_t at, const femd_hash *h, femd_buffer *state,
                                    femd_error *err) {
    hsize_t ends[2], bytes[2];
    uint64_t range[2];
    femd_hash is;
    FEMD_TRY(checkpoint_shape(c, "state/offset", ends, err));
    FEMD_TRY(checkpoint_shape(c, "state/bytes", bytes, err));
    FEMD_TRY(checkpoint_rows(c, "state/offset", H5T_NATIVE_UINT64, ends, at, 2, range, err));
    if (range[1] < range[0] || range[1] > bytes[0]) return checkpoint_damaged(c, "state/offset", err);
    state->size = 0;
    FEMD_TRY(femd_buffer_reserve(state, range[1] - range[0], err));
    FEMD_TRY(
        checkpoint_rows(c, "state/bytes", H5T_NATIVE_UINT8, bytes, range[0], range[1] - range[0], state->data, err));
    state->size = range[1] - range[0];
    femd_hash_domain("state", state->data, state->size, &is);
    return femd_hash_equal(&is, h) ? FEMD_OK : checkpoint_damaged(c, "state/bytes", err);
}

static femd_status checkpoint_read(const checkpoint_file *c, uint64_t id, femd_buffer *state, int *step, double *time,
                                   femd_error *err) {
    const hsize_t one[2] = {1, 1};
    femd_hash h;
    hsize_t at = 0;
    int64_t number;
    FEMD_TRY(checkpoint_rows(c, "step", H5T_NATIVE_INT64, one, 0, 1, &number, err));
    FEMD_TRY(checkpoint_rows(c, "time", H5T_NATIVE_DOUBLE, one, 0, 1, time, err));
    *step = (int)number;
    FEMD_TRY(checkpoint_hash_of(c, id, &h, err));
    FEMD_TRY(checkpoint_find(c, &h, &at, err));
    return checkpoint_bytes(c, at, &h, state, err);
}

femd_status fields_read_checkpoint(const char *folder, uint64_t id, femd_buffer *state, int *step, double *time,
                                   femd_error *err) {
    char *path = NULL;
    if (asprintf(&path, "%s/checkpoint.h5", folder) < 0) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a path");
    const char *why;
    FILE *is_file = femd_file_open(path, &why); /* HDF5 waits for the writer of a pipe */
    femd_status rc = is_file ? FEMD_OK : femd_fail(err, FEMD_BAD_INPUT, "%s: %s", path, why);
    if (is_file) fclose(is_file);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL); /* its own words say nothing to a user */
    checkpoint_file c = {.file = rc == FEMD_OK ? H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT) : -1, .path = path};
    if (rc == FEMD_OK && c.file < 0) rc = femd_fail(err, FEMD_BAD_INPUT, "%s: it is no HDF5 file, or damaged", path);
    if (rc == FEMD_OK) rc = checkpoint_read(&c, id, state, step, time, err);
    if (c.file >= 0) H5Fclose(c.file);
    free(path);
    return rc;
}
