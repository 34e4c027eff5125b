/* femd table: a grid of material points, answered by a pool and kept as the answers come, so that a table that was
 * killed anywhere goes on. Each answer has the bits of femd eval. */
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "batch.h"
#include "commands.h"
#include "femd/client.h"
#include "femd/clock.h"
#include "femd/hash.h"
#include "femd/json_channel.h"
#include "femd/kinematics.h"
#include "femd/material_files.h"
#include "femd/orientation.h"
#include "femd/pack.h"
#include "micro.h"
#include "numerics/dense.h"
#include "run_output.h"
#include "table.h"

typedef struct table {
    eval_request ask;
    option_list over;
    const char *out, *connect, *key;
    int workers, insecure, order;
    table_terms terms; /* of the fit */
    table_grid grid;
    eval_source source;
    femd_buffer pack;
    table_row *row;      /* owned */
    size_t *missing, n;  /* owned: points to ask */
    size_t answered;     /* of them */
    size_t lost;         /* of them: by the pool, to be asked again */
    femd_request *asked; /* owned, n */
    run_output output;
    table_journal journal;
    table_pool pool;
    femd_error err; /* of keeping an answer */
    double begun, shown, synced;
} table;

static volatile sig_atomic_t interrupted;

static void table_on_signal(int number) {
    (void)number;
    interrupted = 1;
}

/* ---- what is asked ---- */

static femd_status table_engines_hash(const table *t, femd_hash *h, femd_error *err) {
    femd_buffer all = FEMD_BUFFER_INIT, one = FEMD_BUFFER_INIT;
    femd_status rc = FEMD_OK;
    for (size_t i = 0; rc == FEMD_OK && i < t->ask.engines.n; i++) {
        const char *item = t->ask.engines.item[i], *equal = strchr(item, '=');
        rc = femd_buffer_append(&all, item, strcspn(item, "=") + 1, err);
        if (rc == FEMD_OK && equal) rc = run_output_read(equal + 1, &one, err);
        if (rc == FEMD_OK) rc = femd_buffer_append(&all, one.data, one.size, err);
        femd_buffer_clear(&one);
    }
    if (rc == FEMD_OK) femd_hash_domain("table-engines", all.data, all.size, h);
    femd_buffer_clear(&all);
    return rc;
}

static femd_status table_request(const table *t, size_t point, const femd_capabilities *caps, femd_request *q,
                                 femd_error *err) {
    table_ask at;
    table_ask_at(&t->grid, point, &t->ask, &at);
    at.ask.seed = t->row[point].seed;
    femd_status rc = eval_controls(&at.ask, &t->source, caps, q, err);
    q->point = point;
    return rc == FEMD_OK ? rc : femd_error_prefix(err, "point %zu", point);
}

/* The name of a point's question: what material is asked what. Of a material that can all, so that no pool is needed
 * to see what is there. */
static femd_status table_name_point(table *t, size_t i, const char *of, femd_error *err) {
    static const femd_capabilities all = {
        .wants = FEMD_WANT_ALL, .controls = 1u << FEMD_CONTROL_COMPONENTS | 1u << FEMD_CONTROL_PRESSURE, .mixed = 1};
    femd_request q;
    char text[1500];
    t->row[i].seed = table_seed_at(&t->grid, i, t->ask.seed);
    FEMD_TRY(table_request(t, i, &all, &q, err));
    int n = snprintf(text, sizeof text, "%s %u %u %u %llu", of, q.wants, q.control, q.mask, (unsigned long long)q.seed);
    const double number[] = {q.temperature, q.pressure, q.accuracy};
    for (int k = 0; k < 6; k++) n += snprintf(text + n, sizeof text - (size_t)n, " %a", q.value[k] + 0.0);
    for (int k = 0; k < 3; k++) n += snprintf(text + n, sizeof text - (size_t)n, " %a", number[k]);
    for (int k = 0; k < 3 && q.flags; k++) n += snprintf(text + n, sizeof text - (size_t)n, " %a", q.delta_mu[k] + 0.0);
    for (int k = 0; k < 9; k++) n += snprintf(text + n, sizeof text - (size_t)n, " %a", t->source.Q[k]);
    femd_hash_domain("table-point", text, (size_t)n, &t->row[i].key);
    return FEMD_OK;
}

static int table_has_axis(const table_grid *g, table_kind kind) {
    for (size_t k = 0; k < g->axes; k++)
        if (g->axis[k].kind == kind) return 1;
    return 0;
}

/* Where the stress is prescribed the strain has no effect, and is no axis. */
static femd_status table_check_stress(const table *t, femd_error *err) {
    for (size_t i = 0; i < t->ask.stress.n; i++)
        for (size_t k = 0; k < t->grid.axes; k++) {
            const table_axis *a = &t->grid.axis[k];
            const char *item = t->ask.stress.item[i];
            if (a->kind == TABLE_STRAIN && eval_voigt_index(item, strcspn(item, "=")) == a->component)
                return femd_fail(err, FEMD_BAD_INPUT, "--over %s: --stress %s prescribes the stress there", a->name,
                                 item);
        }
    return FEMD_OK;
}

static femd_status table_prepare(table *t, femd_error *err) {
    femd_hash material, engines;
    char of[140], other[65];
    if (!t->over.n) return femd_fail(err, FEMD_BAD_INPUT, "femd table: --over AXIS=FROM:TO:NUMBER,... is missing");
    for (size_t i = 0; i < t->over.n; i++) FEMD_TRY(table_grid_add(&t->grid, t->over.item[i], err));
    FEMD_TRY(table_terms_make(&t->grid, t->order, &t->terms, err));
    FEMD_TRY(table_check_stress(t, err));
    FEMD_TRY(eval_source_open(t->ask.path, t->ask.material, &t->ask.sets, &t->source, err));
    eval_source *s = &t->source;
    if (!s->is_case) FEMD_TRY(femd_orientation_of_material(&s->doc, s->node, s->Q, err));
    if (!s->is_case) s->temperature = 0;
    if (isnan(s->temperature) && !t->ask.temperature && !table_has_axis(&t->grid, TABLE_TEMPERATURE))
        return femd_fail(err, FEMD_BAD_INPUT,
                         "%s: temperature: it has no value at the origin; give one with --temperature", t->ask.path);
    FEMD_TRY(femd_material_pack(s->in, s->node, s->folder, &t->pack, err));
    femd_pack_id(t->pack.data, t->pack.size, &material);
    FEMD_TRY(table_engines_hash(t, &engines, err));
    femd_hash_text(&material, of);
    femd_hash_text(&engines, other);
    snprintf(of + 64, sizeof of - 64, " %s", other);
    t->row = calloc(t->grid.points, sizeof *t->row);
    t->missing = calloc(t->grid.points, sizeof *t->missing);
    if (!t->row || !t->missing) return femd_fail(err, FEMD_NO_MEMORY, "no memory for %zu points", t->grid.points);
    for (size_t i = 0; i < t->grid.points; i++) FEMD_TRY(table_name_point(t, i, of, err));
    return FEMD_OK;
}

/* ---- the folder ---- */

static femd_status table_file(const table *t, const char *name, char **path, femd_error *err) {
    if (asprintf(path, "%s/%s", t->output.folder, name) >= 0) return FEMD_OK;
    *path = NULL;
    return femd_fail(err, FEMD_NO_MEMORY, "no memory for a path");
}

/* "copper.json" -> "copper.table" */
static femd_status table_folder(const char *path, char **folder, femd_error *err) {
    char *usual = NULL;
    FEMD_TRY(run_output_default(path, &usual, err));
    const size_t n = strlen(usual);
    const int given = n > 4 && strcmp(usual + n - 4, ".out") == 0;
    if (asprintf(folder, "%.*s.table", (int)(given ? n - 4 : n), usual) < 0) *folder = NULL;
    free(usual);
    return *folder ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for a path");
}

static femd_status table_begin(table *t, femd_error *err) {
    char *folder = NULL, *path = NULL;
    FEMD_TRY(t->out ? FEMD_OK : table_folder(t->ask.path, &folder, err));
    femd_status rc = run_output_open(t->out ? t->out : folder, 1, &t->output, err);
    free(folder);
    if (rc == FEMD_OK) rc = table_file(t, "table.journal", &path, err);
    if (rc == FEMD_OK) rc = table_journal_open(path, t->row, t->grid.points, &t->journal, err);
    free(path);
    for (size_t i = 0; rc == FEMD_OK && i < t->grid.points; i++)
        if (!t->row[i].json) t->missing[t->n++] = i;
    return rc;
}

/* An older table that is not of all these points must not be taken for this one. */
static femd_status table_remove_outputs(const table *t, femd_error *err) {
    static const char *const name[] = {"table.csv", "fit.json", "table.h5"};
    for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
        char *path = NULL;
        FEMD_TRY(table_file(t, name[i], &path, err));
        unlink(path);
        free(path);
    }
    for (size_t i = 0; i < 2 * FEMD_QUANTITIES; i++) {
        char *path = NULL, picture[80];
        snprintf(picture, sizeof picture, "%s.%s", femd_quantity_at(i / 2)->key, i % 2 ? "png" : "svg");
        FEMD_TRY(table_file(t, picture, &path, err));
        unlink(path);
        free(path);
    }
    return FEMD_OK;
}

/* ---- asking ---- */

static femd_status table_check_capabilities(const table *t, const femd_capabilities *caps, femd_error *err) {
    char wanted[FEMD_WANTS_TEXT], can[FEMD_WANTS_TEXT];
    const uint32_t not = t->asked[0].wants & ~caps->wants;
    femd_wants_text(not, wanted, sizeof wanted);
    femd_wants_text(caps->wants, can, sizeof can);
    if (not || !t->asked[0].wants)
        return femd_fail(err, FEMD_BAD_INPUT, "--want: this material does not answer %s; it answers %s",
                         not ? wanted : "what is asked unless told", can);
    if (table_has_axis(&t->grid, TABLE_TEMPERATURE) && !(caps->inputs & FEMD_INPUT_TEMPERATURE))
        return femd_fail(err, FEMD_BAD_INPUT, "--over temperature: it has no effect on this material");
    return FEMD_OK;
}

static void table_take(void *user, size_t i, femd_response *r, const femd_bytes *words) {
    table *t = user;
    table_row *row = &t->row[t->missing[i]];
    femd_buffer text = FEMD_BUFFER_INIT;
    int turned = 0;
    for (int k = 0; k < 9; k++) turned |= t->source.Q[k] != (k % 4 == 0);
    if (r->status == FEMD_OK && turned) femd_response_unrotate(t->source.Q, r);
    femd_status rc = femd_response_json(r, words ? *words : (femd_bytes){NULL, 0}, &text, &t->err);
    if (rc == FEMD_OK) rc = femd_buffer_append(&text, "", 1, &t->err);
    if (rc != FEMD_OK || row->json) {
        femd_buffer_clear(&text);
        return;
    }
    row->json = strdup((const char *)text.data);
    femd_buffer_clear(&text);
    t->answered++;
    if (!row->json)
        (void)femd_fail(&t->err, FEMD_NO_MEMORY, "no memory for an answer");
    else if (r->status != FEMD_OK && !femd_status_is_physics(r->status))
        t->lost++; /* not kept: asked again the next time */
    else
        (void)!table_journal_add(&t->journal, row, &t->err);
}

static int table_progress(void *user, const femd_progress_info *info) {
    table *t = user;
    const double now = femd_clock();
    if (isatty(2) && now - t->shown >= 1) {
        t->shown = now;
        fprintf(stderr, "\r\033[Kfemd: %zu of %zu points (%zu were there), %u of %u workers busy, %.0f s",
                t->grid.points - t->n + t->answered, t->grid.points, t->grid.points - t->n, info->busy, info->workers,
                now - t->begun);
    }
    return interrupted;
}

static femd_status table_wait(table *t, femd_client *client, femd_batch *batch, femd_error *err) {
    while (!batch_is_over(batch)) {
        size_t done;
        FEMD_TRY(femd_client_poll(client, batch, 0.5, &done, err));
        FEMD_TRY(table_pool_look(&t->pool, err));
        if (interrupted) return femd_fail(err, FEMD_CANCELLED, "interrupted");
        if (t->err.code != FEMD_OK) return femd_fail(err, t->err.code, "%s", t->err.text);
        if (femd_clock() - t->synced < 1) continue;
        FEMD_TRY(table_journal_sync(&t->journal, err));
        t->synced = femd_clock();
    }
    if (t->err.code != FEMD_OK) return femd_fail(err, t->err.code, "%s", t->err.text);
    return batch_refusal(batch, err);
}

static femd_status table_ask_client(table *t, femd_client *client, femd_error *err) {
    femd_capabilities caps;
    femd_hash id;
    femd_batch *batch = NULL;
    FEMD_TRY(femd_client_pack(client, t->pack.data, t->pack.size, &id, &caps, err));
    for (size_t i = 0; i < t->n; i++) FEMD_TRY(table_request(t, t->missing[i], &caps, &t->asked[i], err));
    FEMD_TRY(table_check_capabilities(t, &caps, err));
    FEMD_TRY(table_remove_outputs(t, err));
    FEMD_TRY(batch_submit_to(client, &id, t->asked, t->n, table_take, t, &batch, err));
    femd_status rc = table_wait(t, client, batch, err);
    if (rc == FEMD_OK)
        batch_release(client, batch);
    else
        femd_client_cancel(client, &batch);
    return rc;
}

static femd_status table_fill(table *t, femd_error *err) {
    femd_client *client = NULL;
    t->asked = calloc(t->n, sizeof *t->asked);
    if (!t->asked) return femd_fail(err, FEMD_NO_MEMORY, "no memory for %zu points", t->n);
    t->begun = t->shown = t->synced = femd_clock();
    if (!t->connect)
        FEMD_TRY(
            table_pool_start(t->ask.path, t->workers, &t->ask.sets, &t->ask.engines, t->output.log, &t->pool, err));
    const femd_client_config config = {.size = sizeof config,
                                       .address = t->connect ? t->connect : t->pool.address,
                                       .progress = table_progress,
                                       .user = t,
                                       .key = t->key,
                                       .insecure = t->insecure};
    femd_status rc = femd_client_open(&config, &client, err);
    if (rc == FEMD_OK) rc = table_ask_client(t, client, err);
    if (rc == FEMD_CANCELLED) rc = femd_fail(err, FEMD_CANCELLED, "interrupted");
    femd_client_close(&client);
    table_pool_end(&t->pool);
    if (t->shown > t->begun) fprintf(stderr, "\r\033[K");
    return rc;
}

/* ---- the end ---- */

static femd_status table_write_fit(const table *t, const table_values *v, femd_error *err) {
    femd_buffer text = FEMD_BUFFER_INIT;
    char *path = NULL, first[400] = "";
    size_t bad = 0;
    femd_status rc = table_fits_json(&t->grid, &t->terms, v, &text, &bad, first, err);
    if (rc == FEMD_OK) rc = table_file(t, "fit.json", &path, err);
    if (rc == FEMD_OK) rc = run_output_write(path, text.data, text.size, err);
    if (rc == FEMD_OK) printf("%s: polynomials of order %d, %zu terms\n", path, t->order, t->terms.n);
    if (rc == FEMD_OK && bad) fprintf(stderr, "femd: %zu fits are not good, the first: %s\n", bad, first);
    free(path);
    femd_buffer_clear(&text);
    return rc;
}

static femd_status table_draw(const table *t, const table_values *v, femd_error *err) {
    const char *slash = strrchr(t->ask.path, '/');
    size_t drawn;
    FEMD_TRY(table_plots(&t->grid, v, slash && slash[1] ? slash + 1 : t->ask.path, t->output.folder, &drawn, err));
    printf("%s: %zu picture%s\n", t->output.folder, drawn, drawn == 1 ? "" : "s");
    return FEMD_OK;
}

static femd_status table_write(table *t, int *code, femd_error *err) {
    table_values v = {0};
    femd_buffer csv = FEMD_BUFFER_INIT;
    char *path = NULL;
    femd_status rc = table_values_read(t->row, t->grid.points, &v, err);
    if (rc == FEMD_OK) rc = table_csv(&t->grid, t->row, &v, &csv, err);
    if (rc == FEMD_OK) rc = table_file(t, "table.csv", &path, err);
    if (rc == FEMD_OK) rc = run_output_write(path, csv.data, csv.size, err);
    if (rc == FEMD_OK) {
        printf("%s: %zu points, %zu asked now, %zu without an answer, %zu with notes\n", path, v.points, t->n, v.failed,
               v.noted);
        if (v.failed)
            fprintf(stderr, "femd: %zu of %zu points failed, the first: %s\n", v.failed, v.points, v.first_failure);
        if (v.builds > 1)
            fprintf(stderr,
                    "femd: %zu builds of femd (or of an engine) have answered: the table need not come out with the "
                    "same bits again\n",
                    v.builds);
        if (v.failed) *code = t->lost ? FEMD_EXIT_POOL_LOST : FEMD_EXIT_NOT_CONVERGED;
    }
    if (rc == FEMD_OK) rc = table_hdf5(&t->grid, t->row, &v, t->output.folder, err);
    if (rc == FEMD_OK) rc = table_write_fit(t, &v, err);
    if (rc == FEMD_OK) rc = table_draw(t, &v, err);
    free(path);
    femd_buffer_clear(&csv);
    table_values_clear(&v);
    return rc;
}

static femd_status table_run(table *t, int *code, femd_error *err) {
    FEMD_TRY(table_prepare(t, err));
    FEMD_TRY(table_begin(t, err));
    if (t->journal.unreadable)
        fprintf(stderr, "femd: %zu line%s of the journal %s no whole answer: asked again\n", t->journal.unreadable,
                t->journal.unreadable == 1 ? "" : "s", t->journal.unreadable == 1 ? "is" : "are");
    if (t->n) FEMD_TRY(table_fill(t, err));
    FEMD_TRY(table_journal_sync(&t->journal, err));
    return table_write(t, code, err);
}

static void table_clear(table *t, int code) {
    femd_error ignored = FEMD_ERROR_INIT;
    char *path = NULL;
    const int empty = t->journal.file && t->n == t->grid.points && t->answered == 0;
    table_pool_end(&t->pool);
    (void)!table_journal_close(&t->journal, &ignored);
    if (code == FEMD_EXIT_BAD_INPUT && empty && t->output.made &&
        table_file(t, "table.journal", &path, NULL) == FEMD_OK)
        unlink(path);
    free(path);
    if (t->output.folder) run_output_close(&t->output, code);
    for (size_t i = 0; t->row && i < t->grid.points; i++) free(t->row[i].json);
    free(t->row);
    free(t->missing);
    free(t->asked);
    femd_buffer_clear(&t->pack);
    eval_source_close(&t->source);
}

static const char about[] =
    "Fills a grid of material points: what the atoms answer as a function of temperature, pressure and strain, for a\n"
    "solver that looks its material up. A pool is started for it (--workers), or --connect names one that is there.\n\n"
    "  femd table copper.json --over strain.xx=-0.01:0.01:5 --want stress,tangent\n"
    "  femd table argon.json --over temperature=20:80:4,strain.xx=-0.01:0.01:5 --accuracy 0.02 --workers 8\n"
    "  femd table copper.json --over F.xx=0.98:1.02:9 --F \"1 0 0 0 1 0 0 0 1\" --out copper-F\n\n"
    "axes: temperature (K), pressure (Pa), strain.xx yy zz yz xz xy (Green-Lagrange, engineering shears), F.xx xy "
    "...,\n"
    "chemical-potential.SPECIES (eV); each FROM:TO:NUMBER, numbers in SI or with units. What is no axis stays as\n"
    "--strain, --F, --temperature and so on say. The last axis goes round fastest.\n\n"
    "FOLDER/table.csv has a line for each point, with errors, notes, the status and words of points that have failed,\n"
    "under the names of femd eval --json. Each point is what femd eval answers with the seed of its line, to the bit.\n"
    "FOLDER/table.h5 has the same as arrays over the grid.\n"
    "FOLDER/fit.json has a polynomial for each figure, with its covariance, and words where it is not good;\n"
    "stress.png and so on show of each quantity the component that changes most over the first axis.\n"
    "Answers are kept in FOLDER/table.journal as they come. Killed, or with more points: run it again, and only what\n"
    "is missing is asked.\n\n"
    "exit codes: 0 all answered, 2 bad input, 3 some points have no answer (table.csv says why), 4 the pool is lost "
    "or\n"
    "has lost points, which are asked again the next time, 130 interrupted";

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        printf("femd-table %s\n", FEMD_VERSION);
        return FEMD_EXIT_OK;
    }
    table t = {.ask = {.seed = 1}, .workers = command_online_cores(), .order = 2, .pool = {.child = {.fd = -1}}};
    femd_error err = FEMD_ERROR_INIT;
    int code;
    eval_request *q = &t.ask;
    const option options[] = {
        {"--over", NULL, OPTION_LIST, &t.over, "AXIS=FROM:TO:N,...", "axes of the grid; may be repeated", 0, 0},
        {"--want", NULL, OPTION_TEXT, &q->want, "a,b",
         "stress, tangent, energy, stability, conductivity, ... (default: the first three)", 0, 0},
        {"--fit", NULL, OPTION_INT, &t.order, "ORDER", "of the polynomials in fit.json (default 2)", 0,
         TABLE_ORDER_MAX},
        {"--out", "-o", OPTION_TEXT, &t.out, "FOLDER", "where the table goes (default: beside the file, NAME.table)", 0,
         0},
        {"--workers", "-n", OPTION_INT, &t.workers, "N", "worker processes (default: the cores of this machine)", 1,
         4096},
        {"--connect", NULL, OPTION_TEXT, &t.connect, "ADDRESS", "a server that is there, instead of a pool of its own",
         0, 0},
        {"--key", NULL, OPTION_TEXT, &t.key, "FILE", "your key, for a server with keys", 0, 0},
        {"--insecure", NULL, OPTION_FLAG, &t.insecure, NULL, "connect off the loopback without a key", 0, 0},
        {"--material", "-m", OPTION_TEXT, &q->material, "NAME", "which material of a case that has several", 0, 0},
        {"--strain", NULL, OPTION_NUMBERS, &q->strain, "E", "strain of the components that are no axis (default 0)", 6,
         0},
        {"--F", NULL, OPTION_NUMBERS, &q->F, "F", "deformation gradient of those that are no axis (default identity)",
         9, 0},
        {"--stress", NULL, OPTION_LIST, &q->stress, "c=VALUE", "prescribe a stress component instead of the strain", 0,
         0},
        {"--temperature", NULL, OPTION_TEXT, &q->temperature, "T", "K, or with a unit, where it is no axis", 0, 0},
        {"--pressure", NULL, OPTION_TEXT, &q->pressure, "P", "let the volume follow this pressure", 0, 0},
        {"--chemical-potential", NULL, OPTION_LIST, &q->chemical, "X=MU",
         "of a species less that of the first, eV or with a unit, as Ni=-0.76", 0, 0},
        {"--accuracy", NULL, OPTION_NUMBER, &q->accuracy, "A", "relative standard error of what is sampled", 0, 0},
        {"--seed", NULL, OPTION_INT, &q->seed, "N", "of what is sampled; each point makes its own of it (default 1)", 0,
         INT_MAX},
        {"--set", NULL, OPTION_LIST, &q->sets, "a.b=c", "change a value of the case", 0, 0},
        MODELS_ENGINE_OPTION(&q->engines),
    };
    const option_table table_of = {.command = "femd table",
                                   .usage = "CASE|MATERIAL.json --over AXIS=FROM:TO:N,... [options]",
                                   .about = about,
                                   .option = options,
                                   .n = OPTION_COUNT(options),
                                   .least = 1,
                                   .most = 1};
    option_list positional;
    if (!command_options(&table_of, argc - 1, argv + 1, &positional, &code)) return code;
    q->path = positional.item[0];
    femd_level_reexec(NULL, argv); /* fit.json has the same bits on every machine */
    if (femd_dense_reserve(&err) != FEMD_OK) return command_failed(&err);
    const struct sigaction action = {.sa_handler = table_on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    code = FEMD_EXIT_OK;
    if (table_run(&t, &code, &err) != FEMD_OK) {
        code = command_failed(&err);
        if (t.answered && err.code != FEMD_IO) /* a full disk has taken fewer */
            fprintf(stderr, "femd: %zu answers are kept; the same command goes on with the rest\n",
                    t.answered - t.lost + t.journal.kept);
    }
    table_clear(&t, code);
    return code;
}
