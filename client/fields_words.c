/* What femd fields says of its atoms and figures: extended XYZ and JSON, and the three files together. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "femd/hash.h"
#include "fields.h"
#include "run_output.h"

static const double OFFSET_MOST = 1e4; /* angstrom: places are then known to 1e-12 of one */

/* ---- atoms ---- */

static femd_status atoms_numbers(femd_buffer *out, const double *v, size_t n, femd_error *err) {
    for (size_t i = 0; v && i < n; i++) FEMD_TRY(fields_print(out, err, " %.17g", v[i]));
    return FEMD_OK;
}

femd_status fields_encode_atoms(const femd_local_fields *f, femd_buffer *out, femd_error *err) {
    out->size = 0;
    FEMD_TRY(fields_print(out, err, "%d\nLattice=\"", f->n));
    for (int c = 0; c < 9; c++) FEMD_TRY(fields_print(out, err, c ? " %.17g" : "%.17g", f->cell[c]));
    FEMD_TRY(fields_print(out, err, "\" Origin=\"0 0 0\" pbc=\"T T T\" green_lagrange_voigt=\""));
    for (int c = 0; c < 6; c++) FEMD_TRY(fields_print(out, err, c ? " %.17g" : "%.17g", f->E[c]));
    FEMD_TRY(fields_print(out, err,
                          "\" Properties=species:S:1:pos:R:3:displacement:R:3:potential_energy:R:1:"
                          "virial_configurational:R:6:deformation_gradient:R:9:d2min:R:1%s\n",
                          f->moves ? ":velo:R:3:virial_kinetic:R:6" : ""));
    for (size_t i = 0; i < (size_t)f->n; i++) {
        FEMD_TRY(fields_print(out, err, "%s", f->symbol[f->species[i]]));
        FEMD_TRY(atoms_numbers(out, f->x + 3 * i, 3, err));
        FEMD_TRY(atoms_numbers(out, f->displacement + 3 * i, 3, err));
        FEMD_TRY(atoms_numbers(out, f->energy + i, 1, err));
        FEMD_TRY(atoms_numbers(out, f->bonds + 6 * i, 6, err));
        FEMD_TRY(atoms_numbers(out, f->F + 9 * i, 9, err));
        FEMD_TRY(atoms_numbers(out, f->apart + i, 1, err));
        if (f->moves) FEMD_TRY(atoms_numbers(out, f->velocity + 3 * i, 3, err));
        if (f->moves) FEMD_TRY(atoms_numbers(out, f->motion + 6 * i, 6, err));
        FEMD_TRY(fields_print(out, err, "\n"));
    }
    return FEMD_OK;
}

/* ---- words ---- */

static void words_hash(cJSON *to, const char *key, const femd_hash *h) {
    char text[65];
    femd_hash_text(h, text);
    cJSON_AddStringToObject(to, key, femd_hash_is_zero(h) ? "virgin" : text);
}

static void words_numbers(cJSON *to, const char *key, const double *v, int n) {
    cJSON_AddItemToObject(to, key, cJSON_CreateDoubleArray(v, n));
}

static void words_origin(cJSON *top, const fields_origin *o) {
    cJSON_AddStringToObject(top, "source", o->source);
    if (o->point >= 0) cJSON_AddNumberToObject(top, "point", (double)o->point);
    if (o->step >= 0) cJSON_AddNumberToObject(top, "step", o->step);
    if (o->step >= 0) cJSON_AddNumberToObject(top, "time", o->time);
    words_hash(top, "material", &o->material);
    words_hash(top, "state", &o->state);
    cJSON_AddStringToObject(top, "engine", o->engine);
    cJSON_AddStringToObject(top, "method", o->method);
}

static void words_grid(cJSON *top, const femd_local_fields *f) {
    cJSON *grid = cJSON_AddObjectToObject(top, "grid");
    cJSON_AddItemToObject(grid, "cells", cJSON_CreateIntArray(f->grid.n, 3));
    words_numbers(grid, "reference_cell_angstrom", f->h0, 9);
    words_numbers(grid, "cell_angstrom", f->grid.h, 9);
    words_numbers(grid, "offset_angstrom", f->origin0, 3);
    words_numbers(grid, "U", f->U, 9);
    cJSON_AddStringToObject(top, "kernel",
                            f->kernel == FEMD_LOCAL_BOX
                                ? "box: averages over the cells, segments cut at the planes exactly"
                                : "hardy: product of quadratic B-splines, three cells wide, a partition of unity");
    cJSON_AddStringToObject(top, "forces", f->forces);
    cJSON_AddStringToObject(top, "axes", "of the RVE, F = U");
    cJSON_AddStringToObject(top, "atoms",
                            f->moves ? "in motion" : "at rest: no kinetic part, no heat flux, no temperature");
}

static void words_samples(cJSON *top, const femd_local_fields *f) {
    cJSON_AddNumberToObject(top, "samples", f->samples);
    if (f->samples > 1) cJSON_AddNumberToObject(top, "sample_interval_ps", f->interval);
    if (f->blocks) cJSON_AddNumberToObject(top, "error_blocks", f->blocks);
    if (f->moves) cJSON_AddNumberToObject(top, "temperature_K", f->temperature);
    cJSON_AddNumberToObject(top, "deformation_reach_angstrom", f->reach);
    words_numbers(top, "mean_stress_Pa", f->mean, 6);
    words_numbers(top, "virial_stress_Pa", f->virial, 6);
    cJSON *balance = cJSON_AddObjectToObject(top, "balance");
    cJSON_AddNumberToObject(balance, "faces_less_atoms_eV_per_angstrom", f->balance.rest);
    cJSON_AddNumberToObject(balance, "largest_force_on_a_cell_eV_per_angstrom", f->balance.forces);
    cJSON_AddNumberToObject(balance, "planes_differ_eV_per_angstrom", f->balance.spread);
    words_numbers(balance, "through_planes_eV_per_angstrom", f->balance.plane, 9);
}

femd_status fields_encode_words(const femd_local_fields *f, const fields_origin *o, femd_buffer *out, femd_error *err) {
    cJSON *top = cJSON_CreateObject();
    words_origin(top, o);
    words_grid(top, f);
    words_samples(top, f);
    cJSON *fields = cJSON_AddObjectToObject(top, "fields");
    for (int q = 0; q < FEMD_LOCAL_FIELDS; q++) {
        if (!femd_local_fields_have(f, q)) continue;
        cJSON *one = cJSON_AddObjectToObject(fields, femd_local_quantities[q].key);
        cJSON_AddStringToObject(one, "unit", femd_local_quantities[q].unit);
        cJSON_AddStringToObject(one, "words", femd_local_quantities[q].words);
    }
    char *text = cJSON_Print(top);
    out->size = 0;
    femd_status rc = text ? femd_buffer_append(out, text, strlen(text), err)
                          : femd_fail(err, FEMD_NO_MEMORY, "no memory for the words of fields");
    if (rc == FEMD_OK) rc = femd_buffer_append(out, "\n", 1, err);
    cJSON_free(text);
    cJSON_Delete(top);
    return rc;
}

/* ---- files ---- */

static femd_status fields_write_one(const char *folder, const char *stem, const char *extension, const femd_buffer *b,
                                    char **name, femd_error *err) {
    char *path = NULL;
    if (asprintf(&path, "%s/%s.%s", folder, stem, extension) < 0) path = NULL;
    femd_status rc =
        path ? run_output_write(path, b->data, b->size, err) : femd_fail(err, FEMD_NO_MEMORY, "no memory for a path");
    free(path);
    if (rc == FEMD_OK && name && asprintf(name, "%s.%s", stem, extension) < 0) {
        *name = NULL;
        rc = femd_fail(err, FEMD_NO_MEMORY, "no memory for a path");
    }
    return rc;
}

femd_status fields_write(const char *folder, const char *stem, const femd_local_fields *f, const fields_origin *o,
                         const fields_picture *picture, int quiet, char **grid, femd_error *err) {
    femd_buffer text = FEMD_BUFFER_INIT;
    const char *extension = "";
    int made;
    FEMD_TRY(run_output_make_folders(folder, &made, err));
    femd_status rc = fields_encode_grid(f, o, &text, &extension, err);
    if (rc == FEMD_OK) rc = fields_write_one(folder, stem, extension, &text, grid, err);
    if (rc == FEMD_OK) rc = fields_encode_atoms(f, &text, err);
    if (rc == FEMD_OK) rc = fields_write_one(folder, stem, "xyz", &text, NULL, err);
    if (rc == FEMD_OK) rc = fields_encode_words(f, o, &text, err);
    if (rc == FEMD_OK) rc = fields_write_one(folder, stem, "json", &text, NULL, err);
    femd_buffer_clear(&text);
    if (rc == FEMD_OK) rc = fields_picture_draw(picture, f, folder, stem, err);
    if (rc == FEMD_OK && !quiet)
        printf("  %s/%s.%s (ParaView), %s.xyz (OVITO), %s.json: %d x %d x %d cells, %d atoms, %d sample%s\n", folder,
               stem, extension, stem, stem, f->grid.n[0], f->grid.n[1], f->grid.n[2], f->n, f->samples,
               f->samples == 1 ? "" : "s");
    return rc;
}

/* ---- what is asked ---- */

femd_status fields_read_ask(const fields_ask *ask, femd_local_ask *out, femd_error *err) {
    *out = (femd_local_ask){.spacing = FEMD_LOCAL_SPACING, .samples = ask->samples ? ask->samples : 1};
    if (ask->grid.given && ask->spacing) return femd_fail(err, FEMD_BAD_INPUT, "give a grid or a spacing, not both");
    for (int k = 0; ask->grid.given && k < 3; k++) {
        const double n = ask->grid.v[k];
        if (!(n >= 1) || n > FEMD_LOCAL_CELLS_MAX || n != floor(n))
            return femd_fail(err, FEMD_BAD_INPUT, "grid: %g is not a number of cells", n);
        out->grid[k] = (int)n;
    }
    if (ask->spacing) {
        double m;
        FEMD_TRY(eval_quantity("spacing", ask->spacing, FEMD_DIM_LENGTH, &m, err));
        if (!(m > 0)) return femd_fail(err, FEMD_BAD_INPUT, "spacing: %s is no length above zero", ask->spacing);
        out->spacing = m * 1e10;
    }
    for (int k = 0; ask->offset.given && k < 3; k++)
        if (!(fabs(ask->offset.v[k]) <= OFFSET_MOST))
            return femd_fail(err, FEMD_BAD_INPUT,
                             "offset: %g angstrom: it may be up to %g, and whole cells change nothing",
                             ask->offset.v[k], OFFSET_MOST);
    if (ask->offset.given) memcpy(out->origin, ask->offset.v, sizeof out->origin);
    if (ask->kernel && strcmp(ask->kernel, "hardy") == 0)
        out->kernel = FEMD_LOCAL_HARDY;
    else if (ask->kernel && strcmp(ask->kernel, "box") != 0)
        return femd_fail(err, FEMD_BAD_INPUT, "kernel: \"%s\" is none; accepted: box, hardy", ask->kernel);
    return FEMD_OK;
}
