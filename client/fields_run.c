/* Fields of a run: of the states that it has kept for output.local, and of one point's committed state. Finds the case
 * of a folder of results, and the material that made a state. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "femd/hash.h"
#include "femd/material_files.h"
#include "femd/pack.h"
#include "fields.h"
#include "plot_data.h"
#include "run_output.h"
#include "watchdog.h"

enum { RUN_DIGITS_MAX = 19 };

typedef struct fields_run {
    const fields_command *c;
    const char *folder;
    char *case_path; /* owned */
    femd_case cs;
    int is_open; /* m is, and is material number `opened` of the case */
    size_t opened;
    model m;
    plot_table history;
} fields_run;

static int run_is_there(const char *folder, const char *name) {
    char *path = NULL;
    if (asprintf(&path, "%s/%s", folder, name) < 0) return 0;
    const int there = access(path, F_OK) == 0;
    free(path);
    return there;
}

int fields_is_run(const char *path) {
    return !run_is_there(path, "case.json") &&
           (run_is_there(path, "checkpoint.h5") || run_is_there(path, "history.csv"));
}

/* "x.out" is of the folder x or of the file x.json. */
static femd_status run_find_case(const fields_command *c, const char *folder, char **path, femd_error *err) {
    size_t n = strlen(folder);
    struct stat st;
    while (n > 1 && folder[n - 1] == '/') n--;
    if (c->case_path) {
        *path = strdup(c->case_path);
        return *path ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for a path");
    }
    if (n > 4 && strncmp(folder + n - 4, ".out", 4) == 0) {
        if (asprintf(path, "%.*s", (int)(n - 4), folder) < 0) *path = NULL;
        if (*path && stat(*path, &st) == 0 && S_ISDIR(st.st_mode)) return FEMD_OK;
        free(*path);
        if (asprintf(path, "%.*s.json", (int)(n - 4), folder) < 0) *path = NULL;
        if (*path && access(*path, F_OK) == 0) return FEMD_OK;
        free(*path);
        *path = NULL;
    }
    return femd_fail(err, FEMD_BAD_INPUT, "%s: which case is it of? Say so with --case CASE", folder);
}

/* Open the material that made the state, unless it is open. */
static femd_status run_open_maker(fields_run *r, const femd_bytes *state, femd_error *err) {
    for (size_t i = 0; i < r->cs.nmaterials; i++) {
        femd_buffer pack = FEMD_BUFFER_INIT;
        femd_bytes body;
        femd_hash id;
        if (r->cs.material[i].like != i) continue;
        FEMD_TRY(femd_material_pack(&r->cs.doc, r->cs.material[i].node, r->cs.folder, &pack, err));
        femd_pack_id(pack.data, pack.size, &id);
        femd_buffer_clear(&pack);
        if (femd_state_open(state, &id, &body, NULL) != FEMD_OK) continue;
        if (r->is_open && r->opened == i) return FEMD_OK;
        if (r->is_open) model_close(&r->m);
        r->is_open = 1;
        r->opened = i;
        return model_open(&r->cs.doc, r->cs.material[i].node, r->cs.folder, &r->m, err);
    }
    return femd_fail(
        err, FEMD_BAD_INPUT,
        "the state was made by none of the materials of %s as it is now; name the case, or the --set of the "
        "run",
        r->case_path);
}

static const char *run_method(const cJSON *material) {
    const cJSON *method = femd_json_get(material, "method");
    if (cJSON_IsObject(method)) return femd_json_string(method, "stress", "statics");
    return femd_json_string(material, "method", "statics");
}

/* What output.local says of the fields, where the command line says nothing. */
static void run_take_local(const fields_run *r, fields_ask *ask) {
    const cJSON *local = femd_json_get(femd_json_get(r->cs.doc.root, "output"), "local");
    static char text[64];
    *ask = r->c->ask;
    if (!ask->grid.given && !ask->spacing && r->cs.local_grid[0]) {
        ask->grid.given = 1;
        for (int k = 0; k < 3; k++) ask->grid.v[k] = r->cs.local_grid[k];
    } else if (!ask->grid.given && !ask->spacing && r->cs.local_spacing > 0) {
        snprintf(text, sizeof text, "%.17g", r->cs.local_spacing);
        ask->spacing = text;
    }
    if (!ask->kernel) ask->kernel = femd_json_string(local, "kernel", NULL);
    if (!ask->samples) ask->samples = r->cs.local_samples;
}

/* Fields of one state into FOLDER/STEM.*. */
static femd_status run_fields_of(fields_run *r, const char *folder, const char *stem, const femd_buffer *state,
                                 fields_origin *o, char **grid, femd_error *err) {
    const femd_bytes bytes = {state->data, state->size};
    const femd_beat beat = {NULL, watchdog_on_beat};
    femd_local_fields f = {0};
    femd_local_ask ask;
    fields_ask words;
    run_take_local(r, &words);
    FEMD_TRY(fields_read_ask(&words, &ask, err));
    FEMD_TRY(run_open_maker(r, &bytes, err));
    const cJSON *node = r->cs.material[r->opened].node;
    o->source = r->folder;
    o->engine = femd_json_string(node, "engine", "?");
    o->method = run_method(node);
    o->material = r->m.id;
    femd_hash_domain("state", state->data, state->size, &o->state);
    femd_status rc = femd_material_fields(r->m.material, &bytes, &ask, &beat, &f, err);
    if (rc == FEMD_PROTOCOL) err->code = rc = FEMD_BAD_INPUT; /* a state in a file came from no worker */
    if (rc == FEMD_OK) rc = fields_write(folder, stem, &f, o, &r->c->picture, r->c->quiet, grid, err);
    femd_local_fields_clear(&f);
    return rc;
}

/* ---- one point of the checkpoint ---- */

static femd_status run_of_checkpoint(fields_run *r, femd_error *err) {
    const char *point = r->c->point;
    const size_t n = strlen(point);
    char stem[64];
    femd_buffer state = FEMD_BUFFER_INIT;
    fields_origin o = {.point = -1};
    if (n == 0 || n > RUN_DIGITS_MAX || strspn(point, "0123456789") != n)
        return femd_fail(err, FEMD_BAD_INPUT, "--point: \"%s\" is not the number of a point (0, 1, 2, ...)", point);
    o.point = strtol(point, NULL, 10);
    snprintf(stem, sizeof stem, "point-%ld", o.point);
    femd_status rc = fields_read_checkpoint(r->folder, (uint64_t)o.point, &state, &o.step, &o.time, err);
    if (rc == FEMD_OK) rc = run_fields_of(r, r->c->out ? r->c->out : r->folder, stem, &state, &o, NULL, err);
    femd_buffer_clear(&state);
    return rc;
}

/* ---- what was kept for output.local ---- */

static double run_time(const fields_run *r, int step) {
    const int column = plot_table_find(&r->history, "time");
    if (column < 0 || (size_t)step >= r->history.rows) return step;
    return r->history.value[(size_t)step * r->history.columns + (size_t)column];
}

/* Steps whose state of this point is there, in order. */
static femd_status run_find_steps(const char *folder, uint64_t id, int **steps, size_t *n, femd_error *err) {
    DIR *dir = opendir(folder);
    *steps = NULL;
    *n = 0;
    if (!dir) return femd_fail(err, FEMD_IO, "cannot read %s: %s", folder, strerror(errno));
    femd_status rc = FEMD_OK;
    for (struct dirent *e; rc == FEMD_OK && (e = readdir(dir));) {
        uint64_t of;
        int step;
        if (sscanf(e->d_name, "local_%" SCNu64 "_%d", &of, &step) != 2) continue;
        char name[64];
        snprintf(name, sizeof name, "local_%" PRIu64 "_%04d.state", of, step);
        if (of != id || step < 0 || strcmp(name, e->d_name) != 0) continue; /* femd run calls it so, and once */
        int *grown = realloc(*steps, (*n + 1) * sizeof *grown);
        if (!grown) rc = femd_fail(err, FEMD_NO_MEMORY, "no memory for the steps of a point");
        if (!grown) continue;
        *steps = grown;
        size_t at = (*n)++;
        for (; at > 0 && grown[at - 1] > step; at--) grown[at] = grown[at - 1];
        grown[at] = step;
    }
    closedir(dir);
    return rc;
}

static femd_status run_collect(const char *folder, uint64_t id, const femd_buffer *entries, femd_error *err) {
    femd_buffer text = FEMD_BUFFER_INIT;
    char *path = NULL;
    if (asprintf(&path, "%s/local_%" PRIu64 ".pvd", folder, id) < 0) path = NULL;
    femd_status rc = path ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for a path");
    if (rc == FEMD_OK)
        rc = fields_print(&text, err,
                          "<?xml version=\"1.0\"?>\n<VTKFile type=\"Collection\" version=\"1.0\" "
                          "byte_order=\"LittleEndian\" header_type=\"UInt64\">\n  <Collection>\n");
    if (rc == FEMD_OK && entries->size) rc = femd_buffer_append(&text, entries->data, entries->size, err);
    if (rc == FEMD_OK) rc = fields_print(&text, err, "  </Collection>\n</VTKFile>\n");
    if (rc == FEMD_OK) rc = run_output_write(path, text.data, text.size, err);
    femd_buffer_clear(&text);
    free(path);
    return rc;
}

static femd_status run_of_step(fields_run *r, const char *folder, uint64_t id, int step, femd_buffer *entries,
                               femd_error *err) {
    char *path = NULL, *grid = NULL, stem[64];
    femd_buffer state = FEMD_BUFFER_INIT;
    fields_origin o = {.point = (long)id, .step = step, .time = run_time(r, step)};
    snprintf(stem, sizeof stem, "local_%" PRIu64 "_%04d", id, step);
    if (asprintf(&path, "%s/local_%" PRIu64 "_%04d.state", r->folder, id, step) < 0) path = NULL;
    femd_status rc = path ? run_output_read(path, &state, err) : femd_fail(err, FEMD_NO_MEMORY, "no memory for a path");
    if (rc == FEMD_OK) rc = run_fields_of(r, folder, stem, &state, &o, &grid, err);
    if (rc == FEMD_OK)
        rc = fields_print(entries, err, "    <DataSet timestep=\"%.17g\" part=\"0\" file=\"%s\"/>\n", o.time, grid);
    femd_buffer_clear(&state);
    free(path);
    free(grid);
    return rc == FEMD_OK ? rc : femd_error_prefix(err, "point %" PRIu64 ", step %d", id, step);
}

static femd_status run_of_point(fields_run *r, uint64_t id, size_t *count, femd_error *err) {
    const char *folder = r->c->out ? r->c->out : r->folder;
    femd_buffer entries = FEMD_BUFFER_INIT;
    int *steps = NULL;
    size_t n = 0;
    femd_status rc = run_find_steps(r->folder, id, &steps, &n, err);
    for (size_t k = 0; rc == FEMD_OK && k < n; k++) rc = run_of_step(r, folder, id, steps[k], &entries, err);
    if (rc == FEMD_OK && n) rc = run_collect(folder, id, &entries, err);
    *count += n;
    free(steps);
    femd_buffer_clear(&entries);
    return rc;
}

static femd_status run_of_kept(fields_run *r, femd_error *err) {
    size_t count = 0;
    FEMD_TRY(plot_table_read(r->folder, &r->history, err));
    for (size_t k = 0; k < r->cs.nlocal; k++) FEMD_TRY(run_of_point(r, r->cs.local[k], &count, err));
    if (count) return FEMD_OK;
    return femd_fail(err, FEMD_BAD_INPUT,
                     "%s: the run has kept no states for fields; its case says for which points with output.local, or "
                     "name one with --point ID",
                     r->folder);
}

femd_status fields_of_run(const fields_command *c, femd_error *err) {
    fields_run r = {.c = c, .folder = c->eval.path};
    femd_status rc = run_find_case(c, r.folder, &r.case_path, err);
    if (rc == FEMD_OK) rc = femd_case_read(r.case_path, c->eval.sets.item, c->eval.sets.n, &r.cs, err);
    if (rc == FEMD_OK) rc = c->point ? run_of_checkpoint(&r, err) : run_of_kept(&r, err);
    if (r.is_open) model_close(&r.m);
    plot_table_clear(&r.history);
    femd_case_clear(&r.cs);
    free(r.case_path);
    return rc;
}
