/* table.h5: the answers of a table as arrays over its grid. */
#include <errno.h>
#include <fcntl.h>
#include <hdf5.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "table.h"

enum { HDF5_DIMENSIONS = TABLE_AXES_MAX + 2 };

/* A file under construction; `good` falls once and stays. */
typedef struct hdf5_table {
    hid_t file, list; /* list: no times, so that the same table has the same bytes */
    int axes, good;
    hsize_t dimension[HDF5_DIMENSIONS];
} hdf5_table;

static void hdf5_text(hid_t at, const char *name, const char *text) {
    const hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
    H5Tset_size(type, strlen(text) + 1);
    const hid_t attribute = H5Acreate2(at, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    if (attribute >= 0) {
        H5Awrite(attribute, type, text);
        H5Aclose(attribute);
    }
    H5Sclose(space);
    H5Tclose(type);
}

static void hdf5_array(hdf5_table *h, const char *name, int rank, const hsize_t *dimension, hid_t kept, hid_t given,
                       const void *data, const char *unit, const char *words) {
    const hid_t space = H5Screate_simple(rank, dimension, NULL);
    const hid_t set = H5Dcreate2(h->file, name, kept, space, H5P_DEFAULT, h->list, H5P_DEFAULT);
    if (set < 0 || H5Dwrite(set, given, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0) h->good = 0;
    if (set >= 0 && unit) hdf5_text(set, "unit", unit);
    if (set >= 0 && words) hdf5_text(set, "words", words);
    if (set >= 0) H5Dclose(set);
    H5Sclose(space);
}

static void hdf5_axes(hdf5_table *h, const table_grid *g) {
    for (size_t k = 0; k < g->axes; k++) {
        const table_axis *a = &g->axis[k];
        double *value = malloc((size_t)a->n * sizeof *value);
        char name[64];
        snprintf(name, sizeof name, "axes/%s", a->name);
        for (int i = 0; value && i < a->n; i++) value[i] = table_axis_value(a, i);
        if (!value) h->good = 0;
        if (value)
            hdf5_array(h, name, 1, &h->dimension[k], H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, value, table_axis_unit(a),
                       NULL);
        free(value);
        const int number = (int)k;
        const hid_t space = H5Screate(H5S_SCALAR);
        const hid_t place =
            H5Acreate_by_name(h->file, name, "number", H5T_STD_I32LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        if (place < 0 || H5Awrite(place, H5T_NATIVE_INT, &number) < 0) h->good = 0;
        if (place >= 0) H5Aclose(place);
        H5Sclose(space);
    }
}

/* The columns of one quantity, which stand side by side from `column` on. */
static void hdf5_quantity(hdf5_table *h, const table_values *v, size_t column) {
    const table_column *c = &v->column[column];
    const size_t n = c->quantity->numbers;
    double *value = malloc(v->points * n * sizeof *value);
    char name[80];
    int rank = h->axes;
    if (!value) {
        h->good = 0;
        return;
    }
    for (size_t i = 0; i < v->points; i++) memcpy(value + i * n, v->value + i * v->columns + column, n * sizeof *value);
    hsize_t dimension[HDF5_DIMENSIONS];
    memcpy(dimension, h->dimension, sizeof dimension);
    if (c->quantity->shape == FEMD_SHAPE_STIFFNESS)
        dimension[rank++] = 6, dimension[rank++] = 6;
    else if (c->quantity->shape != FEMD_SHAPE_SCALAR)
        dimension[rank++] = n;
    snprintf(name, sizeof name, "%s%s", c->is_error ? "errors/" : "", c->quantity->key);
    hdf5_array(h, name, rank, dimension, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, value, c->quantity->unit,
               c->is_error ? "one-sigma standard error" : c->quantity->words);
    free(value);
}

/* Texts of one length, that of the longest. */
static void hdf5_texts(hdf5_table *h, const char *name, char *const *text, size_t n) {
    size_t longest = 1;
    for (size_t i = 0; i < n; i++) longest = strlen(text[i]) > longest ? strlen(text[i]) : longest;
    char *all = calloc(n, longest + 1);
    if (!all) {
        h->good = 0;
        return;
    }
    for (size_t i = 0; i < n; i++) memcpy(all + i * (longest + 1), text[i], strlen(text[i]));
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, longest + 1);
    hdf5_array(h, name, h->axes, h->dimension, type, type, all, NULL, NULL);
    H5Tclose(type);
    free(all);
}

static void hdf5_seeds(hdf5_table *h, const table_row *row, size_t n) {
    int *seed = malloc(n * sizeof *seed);
    if (!seed) {
        h->good = 0;
        return;
    }
    for (size_t i = 0; i < n; i++) seed[i] = row[i].seed;
    hdf5_array(h, "seed", h->axes, h->dimension, H5T_STD_I32LE, H5T_NATIVE_INT, seed, NULL, "--seed of femd eval");
    free(seed);
}

static void hdf5_fill(hdf5_table *h, const table_grid *g, const table_row *row, const table_values *v) {
    static const char *const group[] = {"axes", "errors"};
    for (size_t i = 0; i < 2; i++) {
        const hid_t made = H5Gcreate2(h->file, group[i], H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        if (made < 0) h->good = 0;
        if (made >= 0) H5Gclose(made);
    }
    hdf5_axes(h, g);
    for (size_t c = 0; c < v->columns; c += v->column[c].quantity->numbers) hdf5_quantity(h, v, c);
    hdf5_seeds(h, row, v->points);
    hdf5_texts(h, "status", v->status, v->points);
    hdf5_texts(h, "notes", v->notes, v->points);
    hdf5_texts(h, "message", v->message, v->points);
}

/* On the disk, and then under its name. */
static int hdf5_settle(const char *from, const char *to) {
    const int fd = open(from, O_RDONLY | O_CLOEXEC);
    const int good = fd >= 0 && fsync(fd) == 0 && rename(from, to) == 0;
    if (fd >= 0) close(fd);
    return good;
}

femd_status table_hdf5(const table_grid *g, const table_row *row, const table_values *v, const char *folder,
                       femd_error *err) {
    char from[4200], to[4200];
    if ((size_t)snprintf(from, sizeof from, "%s/.new-table.h5", folder) >= sizeof from)
        return femd_fail(err, FEMD_BAD_INPUT, "%s: the path is too long", folder);
    snprintf(to, sizeof to, "%s/table.h5", folder);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    hdf5_table h = {.axes = (int)g->axes, .good = 1, .list = H5Pcreate(H5P_DATASET_CREATE)};
    for (size_t k = 0; k < g->axes; k++) h.dimension[k] = (hsize_t)g->axis[k].n;
    H5Pset_obj_track_times(h.list, 0);
    h.file = H5Fcreate(from, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    if (h.file >= 0) hdf5_fill(&h, g, row, v);
    if (h.file < 0 || H5Fclose(h.file) < 0) h.good = 0;
    H5Pclose(h.list);
    if (h.good && hdf5_settle(from, to)) return FEMD_OK;
    femd_status rc = femd_fail(err, FEMD_IO, "HDF5: %s cannot be written: %s", to, strerror(errno));
    unlink(from);
    return rc;
}
