/* Thin layer over HDF5. Owns file handles; knows nothing of a simulation. */
#include "results/h5file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "femd/file.h"

struct femd_h5 {
    hid_t file;
    char *path;
    char *tmp;  /* NULL while reading */
    int lost;   /* a write failed: what follows goes to memory, since HDF5 cannot end a file that it cannot write */
    hid_t slab; /* dataset of the last slab, kept open with its cache of chunks; -1 = none */
    char slab_name[64];
};

enum { CHUNKS_AT_ONCE = 16 };
enum { CHUNK_BYTES = 1 << 19 /* fits HDF5's default cache, so that slabs in order touch each chunk once */ };

/* Copy what is on the disk, which HDF5 may read again. */
static int h5_copy(int from, int to) {
    char block[1 << 16];
    off_t at = 0;
    for (ssize_t n; (n = pread(from, block, sizeof block, at)) > 0; at += n)
        if (pwrite(to, block, (size_t)n, at) != n) return -1;
    return 0;
}

/* HDF5 1.10 crashes at the end of the program over a file whose last writes failed for want of room. So its descriptor
 * is turned to a file in memory, where it can close in peace; nobody will see it. */
static void h5_divert(femd_h5 *f) {
    void *handle = NULL;
    if (f->lost || f->file < 0 || !f->tmp) return;
    f->lost = 1;
    if (H5Fget_vfd_handle(f->file, H5P_DEFAULT, &handle) < 0 || !handle) return;
    const int fd = *(int *)handle, memory = memfd_create("femd-lost-checkpoint", MFD_CLOEXEC);
    if (memory < 0) return;
    if (h5_copy(fd, memory) == 0) (void)dup3(memory, fd, O_CLOEXEC);
    close(memory);
}

static femd_status fail_write(const femd_h5 *f, const char *name, femd_error *err) {
    return femd_fail(err, FEMD_IO, "cannot write \"%s\" into %s (disk full?)", name, f->tmp ? f->tmp : f->path);
}

static femd_status fail_read(const femd_h5 *f, const char *name, femd_error *err) {
    return femd_fail(err, FEMD_BAD_INPUT, "%s: cannot read \"%s\": the file is damaged or not a checkpoint of femd",
                     f->path, name);
}

/* Close a dataset; what it still holds must reach the file, or it goes to memory. */
static herr_t h5_close_set(femd_h5 *f, hid_t set) {
    herr_t rc = f->tmp && !f->lost ? H5Dflush(set) : 0;
    if (rc < 0) h5_divert(f);
    return H5Dclose(set) < 0 || f->lost ? -1 : rc;
}

static herr_t close_slab(femd_h5 *f) {
    herr_t rc = f->slab >= 0 ? h5_close_set(f, f->slab) : 0;
    f->slab = -1;
    return rc;
}

static femd_h5 *h5_new(const char *path, int writing) {
    femd_h5 *f = calloc(1, sizeof *f);
    if (!f) return NULL;
    f->file = f->slab = -1;
    f->path = strdup(path);
    if (f->path && writing && asprintf(&f->tmp, "%s.tmp", path) < 0) f->tmp = NULL;
    if (f->path && (!writing || f->tmp)) return f;
    free(f->path);
    free(f);
    return NULL;
}

femd_status femd_h5_create(const char *path, femd_h5 **out, femd_error *err) {
    *out = NULL;
    femd_h5 *f = h5_new(path, 1);
    if (!f) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a file name");
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    f->file = H5Fcreate(f->tmp, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    if (f->file < 0) {
        femd_fail(err, FEMD_IO, "cannot write %s", f->tmp);
        femd_h5_close(&f);
        return FEMD_IO;
    }
    *out = f;
    return FEMD_OK;
}

femd_status femd_h5_open(const char *path, femd_h5 **out, femd_error *err) {
    *out = NULL;
    const char *why;
    FILE *is_file = femd_file_open(path, &why); /* HDF5 waits for the writer of a pipe */
    if (!is_file) return femd_fail(err, FEMD_IO, "cannot read %s: %s", path, why);
    fclose(is_file);
    femd_h5 *f = h5_new(path, 0);
    if (!f) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a file name");
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    f->file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (f->file < 0) {
        femd_fail(err, FEMD_BAD_INPUT, "%s is no HDF5 file, or a damaged one", path);
        femd_h5_close(&f);
        return FEMD_BAD_INPUT;
    }
    *out = f;
    return FEMD_OK;
}

void femd_h5_close(femd_h5 **out) {
    femd_h5 *f = *out;
    if (!f) return;
    if (f->file >= 0 && f->tmp) h5_divert(f);
    close_slab(f);
    if (f->file >= 0) H5Fclose(f->file);
    if (f->tmp) unlink(f->tmp);
    free(f->tmp);
    free(f->path);
    free(f);
    *out = NULL;
}

static int flush_to_disk(const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    int rc = fsync(fd);
    close(fd);
    return rc == 0 || errno == EINVAL || errno == EROFS ? 0 : -1;
}

femd_status femd_h5_finish(femd_h5 **out, femd_error *err) {
    femd_h5 *f = *out;
    herr_t closed = close_slab(f);
    if (closed >= 0) closed = H5Fflush(f->file, H5F_SCOPE_GLOBAL);
    if (closed < 0) h5_divert(f);
    if (H5Fclose(f->file) < 0) closed = -1;
    f->file = -1;
    femd_status rc = FEMD_OK;
    if (closed < 0 || flush_to_disk(f->tmp) != 0)
        rc = femd_fail(err, FEMD_IO, "cannot write %s (disk full?)", f->tmp);
    else if (rename(f->tmp, f->path) != 0)
        rc = femd_fail(err, FEMD_IO, "cannot rename %s to %s: %s", f->tmp, f->path, strerror(errno));
    if (rc == FEMD_OK) {
        free(f->tmp);
        f->tmp = NULL;
    }
    femd_h5_close(out);
    return rc;
}

femd_status femd_h5_group(femd_h5 *f, const char *name, femd_error *err) {
    hid_t plist = H5Pcreate(H5P_GROUP_CREATE);
    H5Pset_obj_track_times(plist, 0);
    hid_t group = H5Gcreate2(f->file, name, H5P_DEFAULT, plist, H5P_DEFAULT);
    H5Pclose(plist);
    if (group < 0) h5_divert(f);
    if (group < 0) return fail_write(f, name, err);
    H5Gclose(group);
    return FEMD_OK;
}

/* No times; chunks with a Fletcher checksum, so that a damaged file is noticed. */
static hid_t creation_list(hid_t type, int rank, const hsize_t *dims) {
    hid_t plist = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_obj_track_times(plist, 0);
    H5Pset_fill_time(plist, H5D_FILL_TIME_ALLOC);
    hsize_t row = H5Tget_size(type) * (rank == 2 ? dims[1] : 1);
    if (dims[0] == 0 || row == 0) return plist;
    hsize_t chunk[2] = {CHUNK_BYTES / row, rank == 2 ? dims[1] : 0};
    if (chunk[0] == 0) chunk[0] = 1;
    if (chunk[0] > dims[0]) chunk[0] = dims[0];
    H5Pset_chunk(plist, rank, chunk);
    H5Pset_fletcher32(plist);
    return plist;
}

femd_status femd_h5_write(femd_h5 *f, const char *name, hid_t type, hsize_t rows, hsize_t columns, const void *data,
                          femd_error *err) {
    hsize_t dims[2] = {rows, columns};
    int rank = columns ? 2 : 1;
    hid_t space = H5Screate_simple(rank, dims, NULL), plist = creation_list(type, rank, dims);
    hid_t set = H5Dcreate2(f->file, name, type, space, H5P_DEFAULT, plist, H5P_DEFAULT);
    herr_t rc = set < 0 ? -1 : 0;
    if (set >= 0 && data && rows) rc = H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
    if (rc < 0) h5_divert(f);
    if (set >= 0 && h5_close_set(f, set) < 0) rc = -1;
    H5Pclose(plist);
    H5Sclose(space);
    return rc < 0 ? fail_write(f, name, err) : FEMD_OK;
}

/* H5Dwrite (writing = 1) or H5Dread of n rows from `start` on. */
static herr_t slab(femd_h5 *f, const char *name, hid_t type, hsize_t start, hsize_t n, void *data, int writing) {
    if (f->slab < 0 || strcmp(f->slab_name, name) != 0) {
        if (close_slab(f) < 0) return -1;
        f->slab = H5Dopen2(f->file, name, H5P_DEFAULT);
        if (f->slab < 0) return -1;
        snprintf(f->slab_name, sizeof f->slab_name, "%s", name);
    }
    hid_t space = H5Dget_space(f->slab), memory = -1;
    const int rank = H5Sget_simple_extent_ndims(space);
    hsize_t dims[2] = {0, 0}, first[2] = {start, 0}, count[2] = {n, 0};
    herr_t rc = rank == 1 || rank == 2 ? H5Sget_simple_extent_dims(space, dims, NULL) : -1;
    count[1] = dims[1];
    if (rc >= 0) memory = H5Screate_simple(rank, count, NULL);
    if (rc >= 0) rc = H5Sselect_hyperslab(space, H5S_SELECT_SET, first, NULL, count, NULL);
    if (rc >= 0 && H5Sselect_valid(space) <= 0) rc = -1;
    if (rc >= 0)
        rc = writing ? H5Dwrite(f->slab, type, memory, space, H5P_DEFAULT, data)
                     : H5Dread(f->slab, type, memory, space, H5P_DEFAULT, data);
    if (rc < 0 && writing) h5_divert(f);
    if (memory >= 0) H5Sclose(memory);
    H5Sclose(space);
    return rc;
}

hsize_t femd_h5_rows_at_once(size_t bytes) {
    return CHUNKS_AT_ONCE * (bytes && bytes < CHUNK_BYTES ? CHUNK_BYTES / bytes : 1);
}

femd_status femd_h5_write_slab(femd_h5 *f, const char *name, hid_t type, hsize_t start, hsize_t n, const void *data,
                               femd_error *err) {
    if (n == 0) return FEMD_OK;
    void *bytes = (void *)(uintptr_t)data; /* H5Dwrite takes const again */
    return slab(f, name, type, start, n, bytes, 1) < 0 ? fail_write(f, name, err) : FEMD_OK;
}

femd_status femd_h5_read_slab(femd_h5 *f, const char *name, hid_t type, hsize_t start, hsize_t n, void *data,
                              femd_error *err) {
    if (n == 0) return FEMD_OK;
    return slab(f, name, type, start, n, data, 0) < 0 ? fail_read(f, name, err) : FEMD_OK;
}

int femd_h5_has(femd_h5 *f, const char *name) {
    return H5Lexists(f->file, name, H5P_DEFAULT) > 0;
}

femd_status femd_h5_shape(femd_h5 *f, const char *name, hsize_t *rows, hsize_t *columns, femd_error *err) {
    hid_t set = H5Dopen2(f->file, name, H5P_DEFAULT);
    if (set < 0) return fail_read(f, name, err);
    hid_t space = H5Dget_space(set);
    hsize_t dims[2] = {0, 0};
    int rank = H5Sget_simple_extent_ndims(space);
    if (rank == 1 || rank == 2) H5Sget_simple_extent_dims(space, dims, NULL);
    H5Sclose(space);
    H5Dclose(set);
    if (rank != 1 && rank != 2) return fail_read(f, name, err);
    *rows = dims[0];
    *columns = rank == 2 ? dims[1] : 0;
    return FEMD_OK;
}

femd_status femd_h5_wrong_shape(femd_h5 *f, const char *name, hsize_t rows, hsize_t columns, femd_error *err) {
    hsize_t r = 0, c = 0;
    FEMD_TRY(femd_h5_shape(f, name, &r, &c, err));
    return femd_fail(err, FEMD_BAD_INPUT, "%s: \"%s\" has %llu x %llu entries, this case needs %llu x %llu", f->path,
                     name, (unsigned long long)r, (unsigned long long)c, (unsigned long long)rows,
                     (unsigned long long)columns);
}

femd_status femd_h5_read(femd_h5 *f, const char *name, hid_t type, hsize_t rows, hsize_t columns, void *data,
                         femd_error *err) {
    hsize_t r = 0, c = 0;
    FEMD_TRY(femd_h5_shape(f, name, &r, &c, err));
    if (r != rows || c != columns) return femd_h5_wrong_shape(f, name, rows, columns, err);
    if (rows == 0) return FEMD_OK;
    hid_t set = H5Dopen2(f->file, name, H5P_DEFAULT);
    herr_t rc = set < 0 ? -1 : H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
    if (set >= 0) H5Dclose(set);
    return rc < 0 ? fail_read(f, name, err) : FEMD_OK;
}
