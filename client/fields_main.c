/* femd fields: stress, heat flux and deformation from place to place inside an RVE, of a material at a strain, or of a
 * point of a run. A program of its own beside femd, which need not load what HDF5 needs. */
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "femd/hash.h"
#include "femd/orientation.h"
#include "fields.h"
#include "numerics/dense.h"
#include "run_output.h"
#include "watchdog.h"

/* ---- a material at a strain ---- */

/* "x/copper.json" -> "x/copper.fields" */
static femd_status fields_default_folder(const char *path, char **folder, femd_error *err) {
    FEMD_TRY(run_output_default(path, folder, err));
    const size_t n = strlen(*folder) - strlen(".out");
    char *named = NULL;
    if (asprintf(&named, "%.*s.fields", (int)n, *folder) < 0) named = NULL;
    free(*folder);
    *folder = named;
    return named ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for a path");
}

static femd_status fields_write_material(const fields_command *c, const model *m, const cJSON *node,
                                         const femd_bytes *state, const femd_local_ask *ask, femd_error *err) {
    const cJSON *method = femd_json_get(node, "method");
    const femd_beat beat = {NULL, watchdog_on_beat};
    femd_local_fields f = {0};
    char *folder = NULL;
    fields_origin o = {.source = c->eval.path,
                       .point = -1,
                       .step = -1,
                       .material = m->id,
                       .engine = femd_json_string(node, "engine", "?"),
                       .method = cJSON_IsObject(method) ? femd_json_string(method, "stress", "statics")
                                                        : femd_json_string(node, "method", "statics")};
    if (state->size) femd_hash_domain("state", state->data, state->size, &o.state);
    femd_status rc = femd_material_fields(m->material, state, ask, &beat, &f, err);
    if (rc == FEMD_OK) rc = c->out ? FEMD_OK : fields_default_folder(c->eval.path, &folder, err);
    if (rc == FEMD_OK) rc = fields_write(c->out ? c->out : folder, "fields", &f, &o, &c->picture, c->quiet, NULL, err);
    femd_local_fields_clear(&f);
    free(folder);
    return rc;
}

/* The point as femd eval answers it, then its fields. */
static femd_status fields_evaluate(const fields_command *c, const eval_source *s, const model *m, femd_buffer *in,
                                   femd_buffer *out, femd_error *err) {
    const femd_beat beat = {NULL, watchdog_on_beat};
    femd_request q;
    femd_response r;
    femd_local_ask ask;
    FEMD_TRY(fields_read_ask(&c->ask, &ask, err));
    if (isnan(s->temperature) && !c->eval.temperature)
        return femd_fail(err, FEMD_BAD_INPUT,
                         "%s: temperature: it has no value at the origin; give one with --temperature", c->eval.path);
    const femd_capabilities *caps = femd_material_capabilities(m->material);
    FEMD_TRY(eval_controls(&c->eval, s, caps, &q, err));
    if (c->eval.state) FEMD_TRY(eval_read_state(c->eval.state, caps, in, &q.state_in, err));
    const femd_bytes before = {in->data, in->size};
    femd_error said = FEMD_ERROR_INIT;
    const femd_status rc = femd_material_evaluate(m->material, &q, &before, &beat, &r, out, &said);
    if (rc != FEMD_OK && c->eval.state && !femd_status_is_physics(rc))
        return femd_fail(err, FEMD_BAD_INPUT, "--state %s: %s", c->eval.state, said.text);
    if (rc != FEMD_OK) return femd_fail(err, rc, "%s", said.text);
    const femd_bytes after = {out->data, out->size};
    ask.E = r.E;
    return fields_write_material(c, m, s->node, &after, &ask, err);
}

static femd_status fields_of_material(const fields_command *c, femd_error *err) {
    eval_source s = {0};
    model m = {0};
    femd_buffer in = FEMD_BUFFER_INIT, out = FEMD_BUFFER_INIT;
    if (c->point)
        return femd_fail(err, FEMD_BAD_INPUT, "--point: %s is no folder of results; a point is one of a run",
                         c->eval.path);
    femd_status rc = eval_source_open(c->eval.path, c->eval.material, &c->eval.sets, &s, err);
    if (rc == FEMD_OK) rc = model_open(s.in, s.node, s.folder, &m, err);
    if (rc == FEMD_OK && !s.is_case) rc = femd_orientation_of_material(&s.doc, s.node, s.Q, err);
    if (rc == FEMD_OK) rc = fields_evaluate(c, &s, &m, &in, &out, err);
    femd_buffer_clear(&in);
    femd_buffer_clear(&out);
    model_close(&m);
    eval_source_close(&s);
    return rc;
}

/* What asks a material for a point has no effect on states that a run has kept. */
static femd_status fields_check_run(const fields_command *c, femd_error *err) {
    const eval_request *q = &c->eval;
    const struct {
        const char *name;
        int given;
    } of_materials[] = {{"--strain", q->strain.given != 0},
                        {"--F", q->F.given != 0},
                        {"--temperature", q->temperature != NULL},
                        {"--pressure", q->pressure != NULL},
                        {"--stress", q->stress.n > 0},
                        {"--state", q->state != NULL},
                        {"--material", q->material != NULL},
                        {"--accuracy", q->accuracy != 0},
                        {"--chemical-potential", q->chemical.n > 0}};
    for (size_t k = 0; k < sizeof of_materials / sizeof *of_materials; k++)
        if (of_materials[k].given)
            return femd_fail(
                err, FEMD_BAD_INPUT,
                "%s: of a run the fields are those of the states that it has kept; it goes with a material "
                "or a case",
                of_materials[k].name);
    return FEMD_OK;
}

static int fields_work(void *user) {
    const fields_command *c = user;
    femd_error err = FEMD_ERROR_INIT;
    femd_status rc = fields_picture_check(&c->picture, &err);
    if (rc == FEMD_OK) rc = models_engines(&c->eval.engines, &err);
    const int is_run = rc == FEMD_OK && fields_is_run(c->eval.path);
    if (is_run) rc = fields_check_run(c, &err);
    if (rc == FEMD_OK) rc = is_run ? fields_of_run(c, &err) : fields_of_material(c, &err);
    return rc == FEMD_OK ? FEMD_EXIT_OK : command_failed(&err);
}

/* ---- the command line ---- */

static const char about[] =
    "What goes on inside an RVE: stress (of forces and of motion apart), heat flux, density, temperature and\n"
    "deformation on a grid of cells, and energy, virial and D2min of every atom.\n\n"
    "  femd fields copper.json --strain 0.01 0 0 0 0 0 --spacing \"3.6 angstrom\"   a material at a strain\n"
    "  femd fields argon.json --temperature 60 --samples 200 --kernel hardy       sampled, with errors\n"
    "  femd fields cases/copper-notch.out --point 17                              a point of a run, as committed\n"
    "  femd fields cases/copper-notch.out                                         all that output.local has kept\n\n"
    "It writes FOLDER/fields.vti (ParaView; fields.vts where the reference cell is no box along the axes), fields.xyz\n"
    "(OVITO, ASE) and fields.json (what they are: grid, kernel, how forces were taken apart, samples, the mean beside "
    "the\n"
    "virial, the balance of forces on the cells). Of a run: point-ID.*, or local_ID_STEP.* with local_ID.pvd over the\n"
    "steps. Everything stands in the axes of the RVE.\n\n"
    "Cells narrower than a lattice parameter show single bonds: take whole lattice parameters to see stress.\n\n"
    "exit codes: 0 written, 2 bad input, 3 the material has no answer there, 4 the engine hangs or died, or memory is "
    "at\n"
    "its end";

static int fields_parse(int argc, char **argv, fields_command *c, double *deadline, int *code) {
    eval_request *q = &c->eval;
    const option options[] = {
        {"--point", NULL, OPTION_TEXT, &c->point, "ID", "of a run: which point (cell number x points per cell + index)",
         0, 0},
        {"--case", NULL, OPTION_TEXT, &c->case_path, "CASE", "of a run: its case (default: CASE of CASE.out)", 0, 0},
        {"--grid", NULL, OPTION_NUMBERS, &c->ask.grid, "N", "cells along the three lattice vectors", 3, 0},
        {"--spacing", NULL, OPTION_TEXT, &c->ask.spacing, "L",
         "or the largest width of a cell, m or with a unit (default 2 angstrom)", 0, 0},
        {"--offset", NULL, OPTION_NUMBERS, &c->ask.offset, "X",
         "corner of the grid in the reference cell, 3 numbers in angstrom (default 0)", 3, 0},
        {"--kernel", NULL, OPTION_TEXT, &c->ask.kernel, "box|hardy",
         "averages over the cells (default), or smooth, three cells wide", 0, 0},
        {"--samples", NULL, OPTION_INT, &c->ask.samples, "N",
         "of what md samples: configurations; from 20 on fields have errors (default 1)", 1, 1000000},
        {"--picture", NULL, OPTION_TEXT, &c->picture.what, "NAME",
         "a section as PNG and SVG too: stress.xx, d2min, ...", 0, 0},
        {"--across", NULL, OPTION_INT, &c->picture.across, "1|2|3", "which lattice vector it lies across (default 3)",
         1, 3},
        {"--out", "-o", OPTION_TEXT, &c->out, "FOLDER",
         "where they go (default: beside the file, NAME.fields; of a run its own folder)", 0, 0},
        {"--material", "-m", OPTION_TEXT, &q->material, "NAME", "which material of a case that has several", 0, 0},
        {"--strain", NULL, OPTION_NUMBERS, &q->strain, "E",
         "Green-Lagrange strain, 6 numbers: 11 22 33 23 13 12, engineering shears (default 0)", 6, 0},
        {"--F", NULL, OPTION_NUMBERS, &q->F, "F", "deformation gradient instead, 9 numbers by rows", 9, 0},
        {"--stress", NULL, OPTION_LIST, &q->stress, "c=VALUE", "prescribe a stress component instead of the strain", 0,
         0},
        {"--temperature", NULL, OPTION_TEXT, &q->temperature, "T", "K, or with a unit (default: of the case, else 0)",
         0, 0},
        {"--pressure", NULL, OPTION_TEXT, &q->pressure, "P", "let the volume follow this pressure", 0, 0},
        {"--chemical-potential", NULL, OPTION_LIST, &q->chemical, "X=MU",
         "of a species less that of the first, eV or with a unit, as Ni=-0.76", 0, 0},
        {"--accuracy", NULL, OPTION_NUMBER, &q->accuracy, "A",
         "relative standard error of the evaluation before it (default: the material's own)", 0, 0},
        {"--seed", NULL, OPTION_INT, &q->seed, "N", "of what is sampled (default 1)", 0, INT_MAX},
        {"--state", NULL, OPTION_TEXT, &q->state, "FILE", "start from a state that femd eval --save-state wrote", 0, 0},
        {"--set", NULL, OPTION_LIST, &q->sets, "a.b=c", "change a value of the case", 0, 0},
        MODELS_ENGINE_OPTION(&q->engines),
        {"--deadline", NULL, OPTION_NUMBER, deadline, "S",
         "seconds without progress after which the engine counts as hung (600; twice that while it opens)", 0, 0},
        {"--quiet", "-q", OPTION_FLAG, &c->quiet, NULL, "say nothing but what is wrong", 0, 0},
    };
    const option_table table = {.command = "femd fields",
                                .usage = "MATERIAL.json|CASE|CASE.out [options]",
                                .about = about,
                                .option = options,
                                .n = OPTION_COUNT(options),
                                .least = 1,
                                .most = 1};
    option_list positional;
    if (!command_options(&table, argc, argv, &positional, code)) return 0;
    q->path = positional.item[0];
    return 1;
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        printf("femd-fields %s\n", FEMD_VERSION);
        return FEMD_EXIT_OK;
    }
    fields_command c = {.eval = {.seed = 1, .want = "stress"}, .picture = {.across = 3}};
    femd_error err = FEMD_ERROR_INIT;
    double deadline = WATCHDOG_DEADLINE;
    int code;
    femd_level_reexec(NULL, argv); /* the atoms are to move with the bits of a worker's */
    if (!fields_parse(argc - 1, argv + 1, &c, &deadline, &code)) return code;
    if (!watchdog_check_deadline(deadline)) return FEMD_EXIT_BAD_INPUT;
    if (femd_dense_reserve(&err) != FEMD_OK) return command_failed(&err);
    return watchdog_run(deadline, "--deadline", fields_work, &c);
}
