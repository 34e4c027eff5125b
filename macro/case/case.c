/* The case file: opened, overridden, validated, and its plain sections turned into SI. Owns struct femd_case; materials
 * and boundary have files of their own. Starts nothing, writes nothing, and knows no mesh beyond the name of its file.
 */
#include "case/case.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "case/case_read.h"
#include "femd/units.h"

/* ---- small helpers ---- */

static int case_integer(const cJSON *obj, const char *key, int fallback) {
    return (int)femd_json_number(obj, key, fallback);
}

static femd_status case_no_memory(femd_error *err) {
    return femd_fail(err, FEMD_NO_MEMORY, "out of memory for the case");
}

/* ---- the file ---- */

static int case_is_folder(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* c->path and c->folder from what the user gave: a JSON file, or a folder with case.json in it. */
static femd_status case_find(const char *path, femd_case *c, femd_error *err) {
    char trimmed[4096];
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/') n--;
    if (n == 0 || n >= sizeof trimmed)
        return femd_fail(err, FEMD_BAD_INPUT, "the name of a case file or folder is needed");
    snprintf(trimmed, sizeof trimmed, "%.*s", (int)n, path);
    c->path = case_is_folder(trimmed) ? case_join_path(trimmed, "case.json") : strdup(trimmed);
    if (!c->path) return case_no_memory(err);
    const char *slash = strrchr(c->path, '/');
    c->folder = slash ? strndup(c->path, slash == c->path ? 1 : (size_t)(slash - c->path)) : strdup(".");
    return c->folder ? FEMD_OK : case_no_memory(err);
}

/* ---- sections ---- */

/* The unit that the case writes its length in; of a bare number the largest of those common that leaves it at 1 or
 * more. Fields are written in it: graphics cards take no bodies of 1e-9. */
static femd_status case_read_unit(femd_case *c, const cJSON *length, double metres, femd_error *err) {
    static const char *const common[] = {"m", "mm", "um", "nm"};
    char text[32] = "1 ", *name = text + 2, *end;
    size_t k = 0;
    if (cJSON_IsString(length)) {
        (void)strtod(length->valuestring, &end);
        snprintf(name, sizeof text - 2, "%s", end + strspn(end, " \t"));
    }
    if (!*name) {
        while (k + 1 < sizeof common / sizeof *common && metres < pow(1e-3, (double)k) * (1 - 1e-9)) k++;
        snprintf(name, sizeof text - 2, "%s", common[k]);
    }
    snprintf(c->mesh.unit_name, sizeof c->mesh.unit_name, "%s", name);
    return femd_units_parse(text, FEMD_DIM_LENGTH, &c->mesh.unit, err);
}

static femd_status case_read_box(femd_case *c, const cJSON *box, femd_error *err) {
    const cJSON *distort = femd_json_get(box, "distort"), *cell = femd_json_get(box, "cells")->child;
    FEMD_TRY(femd_json_quantities(&c->doc, box, "size", FEMD_DIM_LENGTH, 3, c->mesh.size, err));
    if (femd_json_get(box, "origin"))
        FEMD_TRY(femd_json_quantities(&c->doc, box, "origin", FEMD_DIM_LENGTH, 3, c->mesh.origin, err));
    FEMD_TRY(case_read_unit(c, femd_json_get(box, "size")->child,
                            fmax(c->mesh.size[0], fmax(c->mesh.size[1], c->mesh.size[2])), err));
    for (int k = 0; k < 3; k++, cell = cell->next) c->mesh.cells[k] = (int)cell->valuedouble;
    c->mesh.distort = femd_json_number(distort, "fraction", 0);
    return femd_json_u64(&c->doc, distort, "seed", 1, &c->mesh.distort_seed, err);
}

static femd_status case_read_mesh(femd_case *c, femd_error *err) {
    const cJSON *mesh = femd_json_get(c->doc.root, "mesh"), *file = femd_json_get(mesh, "file");
    FEMD_TRY(femd_json_quantity(&c->doc, mesh, "scale", FEMD_DIM_LENGTH, 1, &c->mesh.scale, err));
    c->mesh.straighten = femd_json_bool(mesh, "straighten", 0);
    if (!file) return case_read_box(c, femd_json_get(mesh, "box"), err);
    FEMD_TRY(case_read_unit(c, femd_json_get(mesh, "scale"), fabs(c->mesh.scale), err));
    const char *name = file->valuestring;
    c->mesh.file = case_path(c, name);
    if (!c->mesh.file) return case_no_memory(err);
    struct stat st;
    if (stat(c->mesh.file, &st) == 0 && S_ISREG(st.st_mode)) return FEMD_OK;
    return femd_json_fail(&c->doc, file, err, "no such file \"%s\"; looked in %s", name, c->folder);
}

static femd_status case_read_conditions(femd_case *c, femd_error *err) {
    const cJSON *root = c->doc.root;
    FEMD_TRY(femd_json_u64(&c->doc, root, "seed", 1, &c->seed, err));
    if (c->physics == FEMD_PHYSICS_MECHANICAL) FEMD_TRY(case_read_prescribed_temperature(c, err));
    FEMD_TRY(case_read_prescribed_pressure(c, err));
    FEMD_TRY(case_read_potentials(c, err));
    c->accuracy = femd_json_number(root, "accuracy", 0);
    c->reuse = femd_json_bool(femd_json_get(root, "micro"), "reuse", 1);
    c->has_body_force = femd_json_get(root, "body_force") != NULL;
    if (!c->has_body_force) return FEMD_OK;
    const cJSON *component = femd_json_get(root, "body_force")->child;
    for (int a = 0; a < 3; a++, component = component->next)
        FEMD_TRY(case_read_value(c, component, FEMD_DIM_FORCE_DENSITY, &c->body_force[a], &c->body_function[a], err));
    return FEMD_OK;
}

/* The schema lists the names too; a test compares the two. */
static femd_status case_read_element(femd_case *c, femd_error *err) {
    const cJSON *element = femd_json_get(c->doc.root, "element");
    c->element = femd_element_named(femd_json_string(element, "type", "P2"));
    if (c->element) return FEMD_OK;
    char names[256];
    femd_element_names(NULL, names, sizeof names);
    return femd_json_fail(&c->doc, femd_json_get(element, "type"), err, "unknown element; accepted: %s", names);
}

static void case_read_numerics(femd_case *c) {
    const cJSON *steps = femd_json_get(c->doc.root, "steps"), *solver = femd_json_get(c->doc.root, "solver");
    c->step_count = case_integer(steps, "count", 1);
    c->end_time = femd_json_number(steps, "end_time", 1);
    c->max_cuts = case_integer(steps, "max_cuts", 6);
    c->growth = femd_json_number(steps, "growth", 1.5);
    c->cut = femd_json_number(steps, "cut", 0.5);
    c->predictor = femd_json_bool(steps, "predictor", 1);
    c->arc_length = strcmp(femd_json_string(steps, "control", "time"), "arc-length") == 0;
    c->max_steps = case_integer(steps, "max_steps", 10 * c->step_count);
    const int thermal = c->physics == FEMD_PHYSICS_THERMAL;
    c->rtol = femd_json_number(solver, "rtol", thermal ? 1e-11 : 1e-7);
    c->loose = femd_json_number(solver, "loose", 1e-3);
    c->noise_stop = femd_json_bool(solver, "noise_stop", 1);
    c->coarse = femd_json_number(solver, "coarse", 4);
    c->max_newton = case_integer(solver, "max_newton", 20);
    c->ksp_rtol = femd_json_number(solver, "ksp_rtol", thermal ? 1e-12 : 1e-8);
    c->stability = femd_json_bool(solver, "stability", !thermal);
    c->direct = femd_json_bool(solver, "direct", 0);
    c->iterative = cJSON_IsFalse(femd_json_get(solver, "direct"));
}

/* Stress and tangent are asked in any case. */
static femd_status case_read_wants(femd_case *c, const cJSON *wants, femd_error *err) {
    const uint32_t accepted = FEMD_WANT_ALL & ~(uint32_t)(FEMD_WANT_STRESS | FEMD_WANT_TANGENT);
    char words[FEMD_WANTS_TEXT];
    femd_wants_text(accepted, words, sizeof words);
    for (const cJSON *w = wants ? wants->child : NULL; w; w = w->next) {
        const uint32_t want = femd_want_from_key(w->valuestring) & accepted;
        if (!want) return femd_json_fail(&c->doc, w, err, "unknown value \"%s\"; accepted: %s", w->valuestring, words);
        c->wants_committed |= want;
    }
    return FEMD_OK;
}

static femd_status case_read_output(femd_case *c, femd_error *err) {
    const cJSON *output = femd_json_get(c->doc.root, "output");
    const cJSON *reuse = femd_json_get(output, "conductivity_reuse");
    c->output_every = case_integer(output, "every", 1);
    c->checkpoint_every = case_integer(output, "checkpoint_every", 1);
    c->first_piola = femd_json_bool(output, "first_piola_kirchhoff", 0);
    c->stop_unanswered = strcmp(femd_json_string(output, "if_unanswered", "mark"), "stop") == 0;
    c->k_reuse = reuse != NULL;
    c->k_reuse_strain = femd_json_number(reuse, "strain", 0);
    c->k_reuse_temperature = femd_json_number(reuse, "temperature", 0);
    FEMD_TRY(case_read_probes(c, femd_json_get(output, "probes"), err));
    FEMD_TRY(case_read_local(c, femd_json_get(output, "local"), err));
    return case_read_wants(c, femd_json_get(output, "wants"), err);
}

/* ---- petsc ---- */

static int case_has_blank(const char *text) {
    for (; *text; text++)
        if ((unsigned char)*text <= ' ') return 1;
    return 0;
}

/* "-key value"; null gives "-key" alone. */
static femd_status case_petsc_option(femd_case *c, const cJSON *o, char **option, femd_error *err) {
    const char *key = o->string;
    if (key[0] == '-') return femd_json_fail(&c->doc, o, err, "write the option without its leading dash");
    if (key[0] == 0 || case_has_blank(key) || (cJSON_IsString(o) && case_has_blank(o->valuestring)))
        return femd_json_fail(&c->doc, o, err, "an option has no blanks in its name or value");
    char *number = cJSON_IsNumber(o) || cJSON_IsBool(o) ? femd_json_canonical(o) : NULL;
    const char *value = cJSON_IsString(o) ? o->valuestring : number ? number : "";
    size_t n = strlen(key) + strlen(value) + 3;
    *option = malloc(n);
    if (*option) snprintf(*option, n, "-%s%s%s", key, cJSON_IsNull(o) ? "" : " ", value);
    free(number);
    return *option ? FEMD_OK : case_no_memory(err);
}

static femd_status case_read_petsc(femd_case *c, femd_error *err) {
    const cJSON *petsc = femd_json_get(c->doc.root, "petsc");
    int n = cJSON_GetArraySize(petsc);
    c->petsc = calloc((size_t)n + 1, sizeof *c->petsc);
    if (!c->petsc) return case_no_memory(err);
    for (const cJSON *o = petsc ? petsc->child : NULL; o; o = o->next)
        FEMD_TRY(case_petsc_option(c, o, &c->petsc[c->npetsc++], err));
    return FEMD_OK;
}

/* ---- the whole ---- */

/* A path has one load factor, and no times at which something were to happen. */
static femd_status case_check_path(const femd_case *c, femd_error *err) {
    const cJSON *steps = femd_json_get(c->doc.root, "steps"), *entry = femd_json_get(c->doc.root, "boundary");
    if (!c->arc_length) {
        const cJSON *most = femd_json_get(steps, "max_steps");
        return most ? femd_json_fail(&c->doc, most, err, "belongs to steps.control \"arc-length\"") : FEMD_OK;
    }
    if (c->physics == FEMD_PHYSICS_MECHANICAL && femd_case_temperature_ramps(c))
        return femd_json_fail(&c->doc, femd_json_get(c->doc.root, "temperature"), err,
                              "steps.control \"arc-length\" follows a load, not a temperature that changes");
    if (femd_case_potentials_ramp(c))
        return femd_json_fail(&c->doc, femd_json_get(c->doc.root, "chemical_potentials"), err,
                              "steps.control \"arc-length\" follows a load, not potentials that change");
    for (entry = entry ? entry->child : NULL; entry; entry = entry->next)
        if (femd_json_get(entry, "table"))
            return femd_json_fail(&c->doc, femd_json_get(entry, "table"), err,
                                  "steps.control \"arc-length\" makes the load factor an unknown: no table can say it");
    return FEMD_OK;
}

static femd_status case_read_sections(femd_case *c, femd_error *err) {
    c->title = strdup(femd_json_string(c->doc.root, "title", ""));
    if (!c->title) return case_no_memory(err);
    FEMD_TRY(case_read_physics(c, err));
    FEMD_TRY(case_read_mesh(c, err));
    FEMD_TRY(case_read_materials(c, err));
    FEMD_TRY(case_read_boundary(c, err));
    FEMD_TRY(case_read_conditions(c, err));
    FEMD_TRY(case_read_element(c, err));
    case_read_numerics(c);
    FEMD_TRY(case_check_path(c, err));
    FEMD_TRY(case_read_output(c, err));
    FEMD_TRY(case_check_physics(c, err));
    FEMD_TRY(case_read_formulation(c, err));
    return case_read_petsc(c, err);
}

static femd_status case_read(const char *path, const char *const *sets, size_t nsets, femd_case *c, femd_error *err) {
    FEMD_TRY(case_find(path, c, err));
    FEMD_TRY(femd_json_read(c->path, &c->doc, err));
    for (size_t k = 0; k < nsets; k++) FEMD_TRY(femd_json_set(&c->doc, sets[k], err));
    FEMD_TRY(femd_json_validate(&c->doc, femd_case_schema, "", err));
    return case_read_sections(c, err);
}

femd_status femd_case_read(const char *path, const char *const *sets, size_t nsets, femd_case *c, femd_error *err) {
    memset(c, 0, sizeof *c);
    femd_status rc = case_read(path, sets, nsets, c, err);
    if (rc != FEMD_OK) femd_case_clear(c);
    return rc;
}

void femd_case_clear(femd_case *c) {
    if (!c) return;
    for (size_t k = 0; k < c->nmaterials; k++)
        if (!c->material[k].shares_json) free(c->material[k].json);
    for (size_t k = 0; k < c->nboundary; k++) {
        free(c->boundary[k].time);
        free(c->boundary[k].factor);
        for (int a = 0; a < 3; a++) femd_function_destroy(&c->boundary[k].function[a]);
    }
    for (int a = 0; a < 3; a++) femd_function_destroy(&c->body_function[a]);
    femd_function_destroy(&c->temperature_function);
    femd_function_destroy(&c->pressure_function);
    femd_function_destroy(&c->heat.initial_function);
    femd_function_destroy(&c->heat.source_function);
    case_clear_potentials(c);
    free(c->temperature_nodal.file);
    free(c->pressure_nodal.file);
    free(c->heat.initial_nodal.file);
    free(c->temperature_table.time);
    free(c->temperature_table.factor);
    free(c->pressure_table.time);
    free(c->pressure_table.factor);
    for (size_t k = 0; k < c->npetsc; k++) free(c->petsc[k]);
    free(c->material);
    free(c->boundary);
    free(c->probe);
    free(c->local);
    free(c->petsc);
    free(c->mesh.file);
    free(c->title);
    free(c->path);
    free(c->folder);
    femd_json_clear(&c->doc);
    memset(c, 0, sizeof *c);
}
