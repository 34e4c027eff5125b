/* Answers as an HDF5 table: one dataset a column, all with a row for each answer. */
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "archive.h"
#include "femd/pack.h"
#include "femd/quantities.h"

enum { ROWS_AT_ONCE = 1024, ATTRIBUTE_MOST = 60000 /* of 64 KiB */, COLUMNS_MOST = 32 + 2 * FEMD_QUANTITIES };

typedef struct export_column {
    hid_t set, type;
    size_t size;  /* bytes of a row */
    uint8_t *row; /* owned: of the rows that are not written yet */
} export_column;

typedef struct export_table {
    hid_t file;
    export_column column[COLUMNS_MOST];
    size_t columns, at; /* at: the column that is filled next in a row */
    hsize_t written;
    size_t waiting;
    uint64_t damaged;
    const volatile sig_atomic_t *stop;
    femd_error *err;
    femd_status rc; /* of the making of columns */
} export_table;

static femd_status export_fail(const char *what, femd_error *err) {
    return femd_fail(err, FEMD_IO, "HDF5: %s cannot be written", what);
}

static void export_text(hid_t at, const char *name, const char *text) {
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

/* What no attribute holds is a dataset of the same name. */
static femd_status export_long_text(hid_t at, const char *name, const char *text, femd_error *err) {
    const hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
    H5Tset_size(type, strlen(text) + 1);
    const hid_t set = H5Dcreate2(at, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    const int good = set >= 0 && H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, text) >= 0;
    if (set >= 0) H5Dclose(set);
    H5Sclose(space);
    H5Tclose(type);
    return good ? FEMD_OK : export_fail("a material", err);
}

/* A column of `numbers` a row (0: one, without a second dimension). */
static void export_add(export_table *table, const char *name, hid_t type, hsize_t numbers, const char *unit,
                       const char *words) {
    if (table->rc != FEMD_OK) return;
    export_column *column = &table->column[table->columns++];
    const hsize_t now[2] = {0, numbers}, most[2] = {~(hsize_t)0 /* H5S_UNLIMITED */, numbers},
                  chunk[2] = {ROWS_AT_ONCE, numbers};
    const int rank = numbers ? 2 : 1;
    const hid_t space = H5Screate_simple(rank, now, most), list = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(list, rank, chunk);
    column->type = type;
    column->size = H5Tget_size(type) * (numbers ? numbers : 1);
    column->row = malloc(column->size * ROWS_AT_ONCE);
    column->set = H5Dcreate2(table->file, name, type, space, H5P_DEFAULT, list, H5P_DEFAULT);
    H5Pclose(list);
    H5Sclose(space);
    if (column->set < 0 || !column->row) {
        table->rc = export_fail(name, table->err);
        return;
    }
    export_text(column->set, "unit", unit);
    export_text(column->set, "what", words);
}

static void export_add_columns(export_table *table) {
    static const char *const groups[] = {"input", "answer", "error", "material"};
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        H5Gclose(H5Gcreate2(table->file, groups[i], H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    export_add(table, "key", H5T_STD_U8LE, 32, "", "identity of the evaluation");
    export_add(table, "fingerprint", H5T_STD_U64LE, 0, "", "build, level, libm and BLAS of who answered");
    export_add(table, "made", H5T_STD_U64LE, 0, "s", "when it was kept, since 1970");
    export_add(table, "input/material", H5T_STD_U8LE, 32, "", "id; its JSON is the attribute of /material/ID");
    export_add(table, "input/state_in", H5T_STD_U8LE, 32, "", "state it started from; zero: virgin");
    export_add(table, "input/seed", H5T_STD_U64LE, 0, "", "of the randomness");
    export_add(table, "input/wants", H5T_STD_U32LE, 0, "", "bit set of what was asked");
    export_add(table, "input/control", H5T_STD_U8LE, 0, "", "0 components, 1 pressure");
    export_add(table, "input/mask", H5T_STD_U8LE, 0, "", "bit c: value[c] is S[c], else E[c]");
    export_add(table, "input/value", H5T_IEEE_F64LE, 6, "- or Pa", "prescribed components, 11 22 33 23 13 12");
    export_add(table, "input/temperature", H5T_IEEE_F64LE, 0, "K", "temperature");
    export_add(table, "input/pressure", H5T_IEEE_F64LE, 0, "Pa", "pressure");
    export_add(table, "input/accuracy", H5T_IEEE_F64LE, 0, "-", "wanted relative error; 0: the material's own");
    export_add(table, "answer/status", H5T_STD_I32LE, 0, "", "0 ok, else the code of a failure");
    export_add(table, "answer/engine", H5T_STD_U32LE, 0, "", "number of the engine");
    export_add(table, "answer/notes", H5T_STD_U32LE, 0, "", "bit set of the answer's notes");
    export_add(table, "answer/state_out", H5T_STD_U8LE, 32, "", "state it ended in");
    export_add(table, "answer/wall", H5T_IEEE_F64LE, 0, "s", "time it took");
    for (size_t i = 0; i < FEMD_QUANTITIES; i++) {
        const femd_quantity *quantity = femd_quantity_at(i);
        char name[80];
        const hsize_t numbers = quantity->numbers > 1 ? quantity->numbers : 0;
        snprintf(name, sizeof name, "answer/%s", quantity->key);
        export_add(table, name, H5T_IEEE_F64LE, numbers, quantity->unit, quantity->words);
        if (!quantity->sampled) continue;
        snprintf(name, sizeof name, "error/%s", quantity->key);
        export_add(table, name, H5T_IEEE_F64LE, numbers, quantity->unit, "one-sigma standard error");
    }
}

static void export_put(export_table *table, const void *value) {
    const export_column *column = &table->column[table->at++];
    memcpy(column->row + table->waiting * column->size, value, column->size);
}

/* A number as the column has it: all types are little-endian, as the machine is. */
#define EXPORT_NUMBER(table, type, number)                                                                             \
    do {                                                                                                               \
        const type export_number_ = (type)(number);                                                                    \
        export_put(table, &export_number_);                                                                            \
    } while (0)

/* What a response does not hold is not a number. */
static void export_quantity(export_table *table, const femd_response *response, const femd_quantity *quantity) {
    double none[FEMD_NUMBERS_MAX];
    for (int i = 0; i < FEMD_NUMBERS_MAX; i++) none[i] = (double)__builtin_nanf("");
    const int held = response->status == FEMD_OK && femd_response_holds(response, quantity);
    export_put(table, held ? femd_response_value(response, quantity) : none);
    if (quantity->sampled) export_put(table, held ? femd_response_error(response, quantity) : none);
}

static femd_status export_flush(export_table *table) {
    const hsize_t all = table->written + table->waiting;
    for (size_t i = 0; i < table->columns && table->waiting; i++) {
        const export_column *column = &table->column[i];
        const hsize_t numbers = column->size / H5Tget_size(column->type);
        const hsize_t size[2] = {all, numbers}, from[2] = {table->written, 0}, part[2] = {table->waiting, numbers};
        H5Dset_extent(column->set, size);
        const hid_t space = H5Dget_space(column->set),
                    memory = H5Screate_simple(H5Sget_simple_extent_ndims(space), part, NULL);
        H5Sselect_hyperslab(space, H5S_SELECT_SET, from, NULL, part, NULL);
        const herr_t code = H5Dwrite(column->set, column->type, memory, space, H5P_DEFAULT, column->row);
        H5Sclose(memory);
        H5Sclose(space);
        if (code < 0) return export_fail("a column", table->err);
    }
    table->written = all;
    table->waiting = 0;
    return FEMD_OK;
}

static femd_status export_answer(void *user, const uint8_t *name, const vault_found *found, const femd_error *damage,
                                 femd_error *err) {
    export_table *table = user;
    femd_kept kept;
    femd_response response;
    (void)name;
    (void)damage;
    if (table->stop && *table->stop) return femd_fail(err, FEMD_CANCELLED, "stopped; nothing was written");
    if (!found->bytes.data || kept_decode(found->bytes.data, found->bytes.size, &kept, NULL) != FEMD_OK ||
        kept_check(&kept, NULL) != FEMD_OK ||
        femd_response_decode(kept.response.data, kept.response.size, &response, NULL) != FEMD_OK) {
        table->damaged++;
        return FEMD_OK;
    }
    table->err = err;
    table->at = 0;
    const femd_request *request = &kept.request;
    export_put(table, kept.key.b);
    EXPORT_NUMBER(table, uint64_t, kept.fingerprint);
    EXPORT_NUMBER(table, uint64_t, found->made);
    export_put(table, kept.material.b);
    export_put(table, request->state_in.b);
    EXPORT_NUMBER(table, uint64_t, request->seed);
    EXPORT_NUMBER(table, uint32_t, request->wants);
    EXPORT_NUMBER(table, uint8_t, request->control);
    EXPORT_NUMBER(table, uint8_t, request->mask);
    export_put(table, request->value);
    EXPORT_NUMBER(table, double, request->temperature);
    EXPORT_NUMBER(table, double, request->pressure);
    EXPORT_NUMBER(table, double, request->accuracy);
    EXPORT_NUMBER(table, int32_t, response.status);
    EXPORT_NUMBER(table, uint32_t, response.engine);
    EXPORT_NUMBER(table, uint32_t, response.notes);
    export_put(table, response.state_out.b);
    EXPORT_NUMBER(table, double, response.work.wall);
    for (size_t i = 0; i < FEMD_QUANTITIES; i++) export_quantity(table, &response, femd_quantity_at(i));
    return ++table->waiting == ROWS_AT_ONCE ? export_flush(table) : FEMD_OK;
}

static femd_status export_material(void *user, const uint8_t *name, const vault_found *found, const femd_error *damage,
                                   femd_error *err) {
    export_table *table = user;
    femd_pack pack;
    femd_hash id;
    char text[65], path[80];
    (void)damage;
    if (!found->bytes.data || femd_pack_decode(found->bytes.data, found->bytes.size, &pack, NULL) != FEMD_OK) {
        table->damaged++;
        return FEMD_OK;
    }
    memcpy(id.b, name, sizeof id.b);
    femd_hash_text(&id, text);
    snprintf(path, sizeof path, "material/%s", text);
    const hid_t group = H5Gcreate2(table->file, path, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    if (group < 0) return export_fail("a material", err);
    femd_status rc = FEMD_OK;
    if (strlen(pack.json) < ATTRIBUTE_MOST)
        export_text(group, "json", pack.json);
    else
        rc = export_long_text(group, "json", pack.json, err);
    H5Gclose(group);
    return rc;
}

static femd_status export_write(femd_vault *vault, const char *path, export_table *table, femd_error *err) {
    table->file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    if (table->file < 0) return export_fail(path, err);
    export_add_columns(table);
    femd_status rc = table->rc;
    if (rc == FEMD_OK) rc = vault_walk(vault, VAULT_ANSWER, export_answer, table, err);
    if (rc == FEMD_OK) rc = export_flush(table);
    if (rc == FEMD_OK) rc = vault_walk(vault, VAULT_MATERIAL, export_material, table, err);
    for (size_t i = 0; i < table->columns; i++) {
        if (table->column[i].set >= 0) H5Dclose(table->column[i].set);
        free(table->column[i].row);
    }
    if (H5Fclose(table->file) < 0 && rc == FEMD_OK) rc = export_fail(path, err);
    return rc;
}

femd_status archive_export(femd_vault *vault, const char *path, const volatile sig_atomic_t *stop, uint64_t *rows,
                           uint64_t *damaged, femd_error *err) {
    export_table table = {.err = err, .rc = FEMD_OK, .stop = stop};
    char *part = NULL;
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    if (access(path, F_OK) == 0) return femd_fail(err, FEMD_BAD_INPUT, "%s is there already", path);
    if (asprintf(&part, "%s.part", path) < 0) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a path");
    femd_status rc = export_write(vault, part, &table, err);
    if (rc == FEMD_OK && rename(part, path) != 0) rc = export_fail(path, err);
    if (rc != FEMD_OK) unlink(part);
    free(part);
    *rows = table.written;
    *damaged = table.damaged;
    return rc;
}
