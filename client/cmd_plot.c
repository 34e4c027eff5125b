/* femd plot: pictures of what a run has written. Reads the results, knows which columns and fields are worth a look,
 * and leaves the drawing to plot_chart.c and plot_body.c. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "femd/json.h"
#include "plot_draw.h"
#include "run_output.h"

typedef struct plot_request {
    const char *folder, *to, *x, *y, *field, *along;
    int step, both; /* both: of a run of heat and mechanics, whose stress is a picture too */
    double warp;
    char title[200];
} plot_request;

static const char *plot_field_unit(const plot_fields *f) {
    static const char *const pascal[] = {"stress", "mises", "kirchhoff", "pressure", "stress_error"};
    if (strcmp(f->name, "displacement") == 0) return f->unit;
    if (strstr(f->name, "conductivity")) return "W/(m K)";
    if (strcmp(f->name, "temperature") == 0) return "K";
    if (strcmp(f->name, "heat_flux") == 0) return "W/m\xc2\xb2";
    if (strcmp(f->name, "heat_capacity") == 0) return "J/(m\xc2\xb3 K)";
    if (strstr(f->name, "energy_density") || strstr(f->name, "helmholtz")) return "J/m\xc2\xb3";
    if (strcmp(f->name, "stability") == 0) return "N/m";
    if (strcmp(f->name, "reference_volume") == 0) return "m\xc2\xb3";
    for (size_t i = 0; i < sizeof pascal / sizeof *pascal; i++)
        if (strstr(f->name, pascal[i])) return "Pa";
    return "";
}

/* As people call it; a field without a name here by the words of its key. */
static void plot_field_name(const plot_fields *f, char *text, size_t size) {
    static const char *const name[][2] = {{"nodal_von_mises", "von Mises stress"},
                                          {"von_mises", "von Mises stress, cells"},
                                          {"nodal_cauchy_stress", "Cauchy stress"},
                                          {"cauchy_stress", "Cauchy stress, cells"},
                                          {"second_piola_kirchhoff", "2nd Piola\xe2\x80\x93Kirchhoff stress"},
                                          {"first_piola_kirchhoff", "1st Piola\xe2\x80\x93Kirchhoff stress"},
                                          {"green_lagrange_strain", "Green\xe2\x80\x93Lagrange strain"},
                                          {"hill_mandel_residual", "Hill\xe2\x80\x93Mandel residual"}};
    const char *words = f->name;
    for (size_t i = 0; i < sizeof name / sizeof *name; i++)
        if (strcmp(f->name, name[i][0]) == 0) words = name[i][1];
    snprintf(text, size, "%s%s%s", f->components > 1 ? "|" : "", words, f->components > 1 ? "|" : "");
    for (char *c = text; *c; c++)
        if (*c == '_') *c = ' ';
}

static femd_status plot_column(const plot_table *t, const char *asked, int fallback, int *column, femd_error *err) {
    char names[1200] = "";
    *column = asked ? plot_table_find(t, asked) : fallback;
    if (*column >= 0) return FEMD_OK;
    for (size_t c = 0, used = 0; c < t->columns && used < sizeof names; c++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", c ? ", " : "", t->name[c]);
    return femd_fail(err, FEMD_BAD_INPUT, "history.csv has no column \"%s\"; it has: %s", asked ? asked : "time",
                     names);
}

static femd_status plot_path(const plot_request *q, const char *name, char path[4096], femd_error *err) {
    if (snprintf(path, 4096, "%s/%s", q->to, name) < 4096) return FEMD_OK;
    return femd_fail(err, FEMD_BAD_INPUT, "%s: the name is too long", q->to);
}

/* ---- the three pictures ---- */

static femd_status plot_load(const plot_request *q, const plot_table *t, femd_error *err) {
    int column[2];
    char path[4096];
    int x_chosen, y_chosen;
    plot_choose_axes(t, &x_chosen, &y_chosen);
    FEMD_TRY(plot_column(t, q->x, x_chosen, &column[0], err));
    FEMD_TRY(plot_column(t, q->y, y_chosen, &column[1], err));
    FEMD_TRY(plot_path(q, "plot-load", path, err));
    double *v = malloc((2 * t->rows + 1) * sizeof *v);
    if (!v) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a chart");
    const size_t first = plot_is_heat(t) ? 1 : 0, n = t->rows - first; /* a body at rest is at zero, and not at 0 K */
    for (size_t r = 0; r < n; r++)
        for (int a = 0; a < 2; a++) v[(size_t)a * n + r] = t->value[(first + r) * t->columns + (size_t)column[a]];
    const char *x = t->name[column[0]], *y = t->name[column[1]];
    char title[2][120];
    for (int a = 0; a < 2; a++) plot_column_title(t, column[a], title[a], sizeof title[a]);
    const plot_curve curve = {.legend = y, .n = n, .x = v, .y = v + n};
    const plot_chart chart = {.title = q->title,
                              .x_name = title[0],
                              .x_unit = plot_is_heat(t) && strcmp(x, "time") == 0 ? "s" : plot_column_unit(x),
                              .y_name = title[1],
                              .y_unit = plot_column_unit(y),
                              .n = 1,
                              .curve = &curve};
    femd_status rc = plot_draw_chart(&chart, path, err);
    free(v);
    return rc;
}

/* Residuals of all iterations one after the other, each step a curve of its own; and what they are compared with. */
static femd_status plot_convergence_of(const plot_request *q, const cJSON *steps, femd_error *err) {
    size_t room = 1, n = 0;
    int heat = 0;
    char path[4096];
    const cJSON *step, *r;
    cJSON_ArrayForEach(step, steps) room += (size_t)cJSON_GetArraySize(femd_json_get(step, "residuals"));
    double *v = calloc(3 * room, sizeof *v);
    int *gap = calloc(room, sizeof *gap);
    femd_status rc = v && gap ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for a chart");
    cJSON_ArrayForEach(step, steps) {
        int first = 1;
        cJSON_ArrayForEach(r, femd_json_get(step, "residuals")) {
            if (rc != FEMD_OK || n >= room) break;
            v[n] = (double)n;
            v[room + n] = r->valuedouble;
            heat |= femd_json_get(step, "reference_heat") != NULL;
            v[2 * room + n] = femd_json_number(step, heat ? "reference_heat" : "reference_force", NAN);
            gap[n++] = first;
            first = 0;
        }
    }
    const plot_curve curve[] = {
        {"|r|, each step a line", n, v, v + room, gap, NULL},
        {heat ? "heat that it is compared with" : "force that it is compared with", n, v, v + 2 * room, gap, NULL}};
    const plot_chart chart = {.title = q->title,
                              .x_name = "Newton iterations of all steps",
                              .x_unit = "",
                              .y_name = heat ? "unbalanced heat" : "unbalanced force",
                              .y_unit = heat ? "W" : "N",
                              .log_y = 1,
                              .n = 2,
                              .curve = curve};
    if (rc == FEMD_OK) rc = plot_path(q, "plot-convergence", path, err);
    if (rc == FEMD_OK) rc = plot_draw_chart(&chart, path, err);
    free(v);
    free(gap);
    return rc;
}

static femd_status plot_convergence(plot_request *q, femd_error *err) {
    char path[4200];
    femd_json doc = FEMD_JSON_INIT;
    snprintf(path, sizeof path, "%s/summary.json", q->folder);
    femd_status rc = femd_json_read(path, &doc, err);
    if (rc == FEMD_OK) {
        const char *title = femd_json_string(doc.root, "title", "");
        snprintf(q->title, sizeof q->title, "%s", *title ? title : femd_json_string(doc.root, "case", q->folder));
        rc = plot_convergence_of(q, femd_json_get(doc.root, "steps"), err);
    }
    femd_json_clear(&doc);
    return rc;
}

static femd_status plot_field(const plot_request *q, const char *field, const char *picture, femd_error *err) {
    plot_fields f;
    char path[4096];
    FEMD_TRY(plot_path(q, picture, path, err));
    FEMD_TRY(plot_fields_read(q->folder, q->step, field, -1, &f, err));
    char name[96];
    plot_field_name(&f, name, sizeof name);
    femd_status rc = plot_draw_fields(&f, name, q->title, plot_field_unit(&f), q->warp, path, err);
    plot_fields_clear(&f);
    return rc;
}

/* A field along an axis: means over the nodes, or the cells, that have one place on it, and the largest error there. */
static femd_status plot_profile(const plot_request *q, femd_error *err) {
    plot_fields f;
    char path[4096], name[96], label[2][128];
    const int axis = q->along[0] - 'x';
    FEMD_TRY(plot_path(q, "plot-profile", path, err));
    FEMD_TRY(plot_fields_read(q->folder, q->step, q->field, axis, &f, err));
    double *x = NULL, *value = NULL, *error = NULL;
    size_t n = 0;
    femd_status rc = plot_fields_along(&f, axis, &n, &x, &value, &error, err);
    if (rc == FEMD_OK) {
        if (f.components > 1) f.components = 1; /* one of them, not the magnitude */
        plot_field_name(&f, name, sizeof name);
        snprintf(label[0], sizeof label[0], "%s", q->along);
        snprintf(label[1], sizeof label[1], "%s%s", name, f.error ? ", and one sigma of it" : "");
        const plot_curve curve = {.legend = label[1], .n = n, .x = x, .y = value, .error = f.error ? error : NULL};
        const plot_chart chart = {.title = q->title,
                                  .x_name = label[0],
                                  .x_unit = f.unit,
                                  .y_name = name,
                                  .y_unit = plot_field_unit(&f),
                                  .n = 1,
                                  .curve = &curve};
        rc = plot_draw_chart(&chart, path, err);
    }
    free(x);
    free(value);
    free(error);
    plot_fields_clear(&f);
    return rc;
}

static femd_status plot_all(plot_request *q, femd_error *err) {
    plot_table t;
    int made;
    FEMD_TRY(plot_table_read(q->folder, &t, err));
    femd_status rc = t.rows > 1 ? FEMD_OK : femd_fail(err, FEMD_BAD_INPUT, "%s/history.csv has no step yet", q->folder);
    if (rc == FEMD_OK) rc = run_output_make_folders(q->to, &made, err);
    if (rc == FEMD_OK) rc = plot_convergence(q, err);
    if (rc == FEMD_OK) rc = plot_load(q, &t, err);
    q->both = !q->field && plot_is_heat(&t) && plot_table_find(&t, "energy") >= 0;
    if (!q->field) q->field = plot_is_heat(&t) ? "temperature" : "nodal_von_mises";
    plot_table_clear(&t);
    if (rc == FEMD_OK) rc = plot_field(q, q->field, "plot-field", err);
    if (rc == FEMD_OK && q->both) rc = plot_field(q, "nodal_von_mises", "plot-stress", err);
    if (rc == FEMD_OK && q->along) rc = plot_profile(q, err);
    return rc;
}

int cmd_plot(int argc, char **argv) {
    plot_request q = {.step = -1, .warp = NAN};
    option_list positional;
    int code;
    const option options[] = {
        {"--x", NULL, OPTION_TEXT, &q.x, "COLUMN",
         "of history.csv: by default the displacement of a probe, or time; of a path the load factor", 0, 0},
        {"--y", NULL, OPTION_TEXT, &q.y, "COLUMN", "of history.csv: by default the largest reaction", 0, 0},
        {"--field", NULL, OPTION_TEXT, &q.field, "NAME", "array of the fields; of tensors and fluxes the norm", 0, 0},
        {"--along", NULL, OPTION_TEXT, &q.along, "AXIS",
         "x, y or z: plot-profile too, the field along it, with a band of one sigma where its error is known", 0, 0},
        {"--step", NULL, OPTION_INT, &q.step, "N", "whose fields: by default the last", 0, 1000000},
        {"--warp", NULL, OPTION_NUMBER, &q.warp, "F", "displacements so many times enlarged", 0, 0},
        {"--to", NULL, OPTION_TEXT, &q.to, "DIR", "folder for the pictures, made if need be; by default OUT", 0, 0}};
    const option_table table = {
        .command = "femd plot",
        .usage = "OUT [options]",
        .about =
            "Draws what femd run has written into the folder OUT: plot-load (load against displacement),\n"
            "plot-convergence (Newton's residuals) and plot-field (one field on the body), each as .png and .svg.\n"
            "Of a run of heat plot-field is the temperature with arrows of the heat flux; with mechanics plot-stress\n"
            "is drawn beside it. Needs no display.",
        .option = options,
        .n = OPTION_COUNT(options),
        .least = 1,
        .most = 1};
    if (!command_options(&table, argc, argv, &positional, &code)) return code;
    femd_error err = FEMD_ERROR_INIT;
    q.folder = positional.item[0];
    if (q.warp < 0) {
        (void)femd_fail(&err, FEMD_BAD_INPUT, "femd plot: --warp: %g is below 0", q.warp);
        return command_failed(&err);
    }
    if (q.along && (strlen(q.along) != 1 || !strchr("xyz", q.along[0]))) {
        (void)femd_fail(&err, FEMD_BAD_INPUT, "femd plot: --along: \"%s\" is none of x, y, z", q.along);
        return command_failed(&err);
    }
    if (!q.to) q.to = q.folder;
    if (plot_all(&q, &err) != FEMD_OK) return command_failed(&err);
    printf("%s/plot-load, plot-convergence, plot-field%s%s, .png and .svg\n", q.to, q.both ? ", plot-stress" : "",
           q.along ? ", plot-profile" : "");
    return FEMD_EXIT_OK;
}
