/* Values that follow a user's expression or table: how they are read, and what they are at a time. Owns neither where
 * they act nor what they mean. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "case/case_read.h"

/* What is prescribed is to have a square, a temperature a fourth power. Lengths are compared with the body. */
static femd_status value_check(const femd_case *c, const cJSON *node, femd_dimension dim, double value,
                               femd_error *err) {
    const double most = dim == FEMD_DIM_TEMPERATURE || dim == FEMD_DIM_NONE ? 1e30 : 1e60;
    if (dim == FEMD_DIM_LENGTH || fabs(value) <= most) return FEMD_OK;
    return femd_json_fail(&c->doc, node, err,
                          "%g (SI) is more than can be computed with: %g at most; look at the units", value, most);
}

femd_status case_read_value(const femd_case *c, const cJSON *node, femd_dimension dim, double *number,
                            femd_function **function, femd_error *err) {
    femd_error why = FEMD_ERROR_INIT, where = FEMD_ERROR_INIT;
    if (!cJSON_IsString(node) || node->valuestring[0] != '=') {
        FEMD_TRY(femd_json_node_quantity(&c->doc, node, dim, number, err));
        return value_check(c, node, dim, *number, err);
    }
    (void)femd_json_fail(&c->doc, node, &where, "%s", "");
    const size_t length = strlen(where.text); /* file and key; nothing behind the colon */
    if (length > 2 && strcmp(where.text + length - 2, ": ") == 0) where.text[length - 2] = '\0';
    const femd_status rc = femd_function_create(node->valuestring + 1, where.text, function, &why);
    return rc == FEMD_BAD_INPUT ? femd_json_fail(&c->doc, node, err, "%s", why.text)
           : rc != FEMD_OK      ? femd_fail(err, rc, "%s", why.text)
                                : FEMD_OK;
}

femd_status case_read_rows(const femd_case *c, const cJSON *rows, femd_dimension dim, size_t *n, double **time,
                           double **value, femd_error *err) {
    const size_t room = (size_t)cJSON_GetArraySize(rows);
    *n = 0;
    *time = calloc(room, sizeof **time);
    *value = calloc(room, sizeof **value);
    if (!*time || !*value) return femd_fail(err, FEMD_NO_MEMORY, "out of memory for a table of %zu rows", room);
    for (const cJSON *row = rows->child; row; row = row->next) {
        const size_t k = (*n)++;
        if (!cJSON_IsNumber(row->child))
            return femd_json_fail(&c->doc, row->child, err, "a row is a time, a number without a unit, and a value");
        (*time)[k] = row->child->valuedouble;
        FEMD_TRY(femd_json_node_quantity(&c->doc, row->child->next, dim, &(*value)[k], err));
        FEMD_TRY(value_check(c, row->child->next, dim, (*value)[k], err));
        if (k > 0 && !((*time)[k] > (*time)[k - 1]))
            return femd_json_fail(&c->doc, row->child, err, "times must increase");
    }
    return FEMD_OK;
}

/* ---- time ---- */

static double table_at(size_t n, const double *time, const double *value, double at) {
    size_t k = 0;
    if (at <= time[0]) return value[0];
    while (k + 1 < n && time[k + 1] < at) k++;
    if (k + 1 == n) return value[k];
    if (at == time[k + 1]) return value[k + 1];
    const double s = (at - time[k]) / (time[k + 1] - time[k]);
    return value[k] + s * (value[k + 1] - value[k]);
}

double case_table_at(const femd_case_table *table, double time) {
    return table_at(table->n, table->time, table->factor, time);
}

double femd_case_amplitude(const femd_case *c, const femd_case_boundary *b, double time) {
    return b && b->ntable > 0 ? table_at(b->ntable, b->time, b->factor, time) : time / c->end_time;
}

/* The first of the times between `time` and *next, which becomes it. */
static void time_of_table(size_t n, const double *times, double time, double near, double *next) {
    for (size_t i = 0; i < n; i++)
        if (times[i] > time + near && times[i] < *next - near) *next = times[i];
}

void case_time_of_table(const femd_case_table *table, double time, double near, double *next) {
    time_of_table(table->n, table->time, time, near, next);
}

double femd_case_next_time(const femd_case *c, double time) {
    const double planned = c->end_time / c->step_count, near = 1e-6 * planned;
    const int k = (int)floor(time / planned * (1 + 1e-12) + 1e-9) + 1;
    double next = k >= c->step_count ? c->end_time : c->end_time * k / c->step_count;
    if (time >= c->end_time * (1 - 1e-12)) return c->end_time;
    for (size_t b = 0; b < c->nboundary; b++)
        time_of_table(c->boundary[b].ntable, c->boundary[b].time, time, near, &next);
    case_time_of_table(&c->temperature_table, time, near, &next);
    case_time_of_table(&c->pressure_table, time, near, &next);
    for (size_t i = 0; i < c->npotentials; i++) case_time_of_table(&c->potential[i].table, time, near, &next);
    return next;
}

int femd_case_steps(const femd_case *c) {
    int n = 0;
    for (double time = 0; time < c->end_time * (1 - 1e-12); n++) time = femd_case_next_time(c, time);
    return n;
}

/* ---- temperature ---- */

int femd_case_temperature_ramps(const femd_case *c) {
    return femd_case_has_heat(c) || c->temperature_nodal.file || c->temperature_table.n > 0 ||
           (c->temperature_function && femd_function_uses(c->temperature_function) & FEMD_FUNCTION_TIME);
}

int femd_case_temperature_varies(const femd_case *c) {
    return c->temperature_function && femd_function_uses(c->temperature_function) & FEMD_FUNCTION_SPACE;
}

femd_status femd_case_temperature(const femd_case *c, const double x[3], double time, double *kelvin, femd_error *err) {
    if (femd_case_has_heat(c)) return femd_case_initial_temperature(c, x, kelvin, err);
    *kelvin = c->temperature;
    if (c->temperature_table.n > 0) *kelvin = case_table_at(&c->temperature_table, time);
    if (!c->temperature_function) return FEMD_OK;
    FEMD_TRY(femd_function_at(c->temperature_function, x, time, kelvin, err));
    if (*kelvin >= 0) return FEMD_OK;
    return femd_fail(err, FEMD_BAD_INPUT, "%s: temperature: %g K at (%g, %g, %g) m and time %g is below 0 K", c->path,
                     *kelvin, x[0], x[1], x[2], time);
}

femd_status case_read_nodal(const femd_case *c, const cJSON *node, femd_case_nodal *out, femd_error *err) {
    const cJSON *file = femd_json_get(node, "file");
    struct stat st;
    snprintf(out->name, sizeof out->name, "%s", femd_json_string(node, "name", ""));
    out->file = case_path(c, file->valuestring);
    if (!out->file) return femd_fail(err, FEMD_NO_MEMORY, "out of memory for a file name");
    if (stat(out->file, &st) == 0 && S_ISREG(st.st_mode)) return FEMD_OK;
    return femd_json_fail(&c->doc, file, err, "no such file \"%s\"; looked in %s", file->valuestring, c->folder);
}

femd_status case_read_prescribed_temperature(femd_case *c, femd_error *err) {
    const cJSON *node = femd_json_get(c->doc.root, "temperature"), *table = femd_json_get(node, "table");
    const double origin[3] = {0};
    if (!node) return FEMD_OK;
    if (femd_json_get(node, "file")) {
        c->temperature = NAN;
        return case_read_nodal(c, node, &c->temperature_nodal, err);
    }
    if (!table) {
        FEMD_TRY(case_read_value(c, node, FEMD_DIM_TEMPERATURE, &c->temperature, &c->temperature_function, err));
        if (!c->temperature_function) return FEMD_OK;
        const femd_status rc = femd_case_temperature(c, origin, 0, &c->temperature, err);
        if (rc == FEMD_OK || isfinite(c->temperature)) return rc;
        c->temperature = NAN; /* the body need not be where an expression has no value */
        femd_error_clear(err);
        return FEMD_OK;
    }
    femd_case_table *t = &c->temperature_table;
    FEMD_TRY(case_read_rows(c, table, FEMD_DIM_TEMPERATURE, &t->n, &t->time, &t->factor, err));
    for (const cJSON *row = table->child; row; row = row->next) {
        double kelvin;
        FEMD_TRY(femd_json_node_quantity(&c->doc, row->child->next, FEMD_DIM_TEMPERATURE, &kelvin, err));
        if (kelvin < 0) return femd_json_fail(&c->doc, row->child->next, err, "%g K is below 0 K", kelvin);
    }
    return femd_case_temperature(c, origin, 0, &c->temperature, err);
}
