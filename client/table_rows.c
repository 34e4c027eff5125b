/* The answers of a table: kept as they come, read as numbers, written as CSV. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "femd/hash.h"
#include "femd/json.h"
#include "run_output.h"
#include "table.h"

/* ---- journal: a line for each answer, "KEY SUM JSON", SUM over the JSON ---- */

enum { HEX = 64, ROW_HEAD = 2 * HEX + 2 };

static int rows_compare(const void *a, const void *b) {
    const table_row *const *x = a, *const *y = b;
    return memcmp(&(*x)->key, &(*y)->key, sizeof(femd_hash));
}

static void rows_sum(const char *json, size_t size, char hex[HEX + 1]) {
    femd_hash h;
    femd_hash_domain("table", json, size, &h);
    femd_hash_text(&h, hex);
}

/* Take one line, if it is whole and of one of these points. 0: it is not whole. */
static int rows_take_line(const char *line, size_t size, table_row **sorted, size_t n, size_t *kept) {
    char hex[HEX + 1], sum[HEX + 1];
    table_row wanted = {.json = NULL}, *at = &wanted;
    if (size < ROW_HEAD + 2 || line[HEX] != ' ' || line[ROW_HEAD - 1] != ' ') return 0;
    snprintf(hex, sizeof hex, "%.*s", HEX, line);
    rows_sum(line + ROW_HEAD, size - ROW_HEAD, sum);
    if (strncmp(sum, line + HEX + 1, HEX) != 0 || femd_hash_parse(hex, &wanted.key) != FEMD_OK) return 0;
    table_row **found = bsearch(&at, sorted, n, sizeof *sorted, rows_compare);
    if (!found || (*found)->json) return 1; /* of another grid; or twice, when two have written it */
    (*found)->json = strndup(line + ROW_HEAD, size - ROW_HEAD);
    *kept += (*found)->json != NULL;
    return 1;
}

static femd_status rows_take_all(const femd_buffer *text, table_row *row, size_t n, table_journal *j, femd_error *err) {
    table_row **sorted = malloc(n * sizeof(*sorted));
    if (!sorted) return femd_fail(err, FEMD_NO_MEMORY, "no memory for %zu points", n);
    for (size_t i = 0; i < n; i++) sorted[i] = &row[i];
    qsort(sorted, n, sizeof(*sorted), rows_compare);
    const char *p = (const char *)text->data;
    for (size_t at = 0; at < text->size;) {
        const char *end = memchr(p + at, '\n', text->size - at);
        const size_t size = end ? (size_t)(end - p) - at : text->size - at;
        if (size && (!end || !rows_take_line(p + at, size, sorted, n, &j->kept))) j->unreadable++;
        at += size + 1;
    }
    free(sorted);
    return FEMD_OK;
}

femd_status table_journal_open(const char *path, table_row *row, size_t n, table_journal *j, femd_error *err) {
    femd_buffer text = FEMD_BUFFER_INIT;
    femd_status rc = FEMD_OK;
    *j = (table_journal){.file = NULL};
    if (access(path, F_OK) == 0) {
        rc = run_output_read(path, &text, err);
        if (rc == FEMD_OK) rc = rows_take_all(&text, row, n, j, err);
    }
    if (rc == FEMD_OK) {
        j->file = fopen(path, "ae");
        if (!j->file) rc = femd_fail(err, FEMD_IO, "cannot write %s: %s", path, strerror(errno));
    }
    /* a line that a kill has cut short ends here, and counts as none */
    if (rc == FEMD_OK && text.size && ((const char *)text.data)[text.size - 1] != '\n') fputc('\n', j->file);
    femd_buffer_clear(&text);
    return rc;
}

femd_status table_journal_add(table_journal *j, const table_row *row, femd_error *err) {
    char key[HEX + 1], sum[HEX + 1];
    femd_hash_text(&row->key, key);
    rows_sum(row->json, strlen(row->json), sum);
    if (fprintf(j->file, "%s %s %s\n", key, sum, row->json) > 0) return FEMD_OK;
    return femd_fail(err, FEMD_IO, "cannot write the journal of the table: %s", strerror(errno));
}

femd_status table_journal_sync(const table_journal *j, femd_error *err) {
    if (fflush(j->file) == 0 && fdatasync(fileno(j->file)) == 0) return FEMD_OK;
    return femd_fail(err, FEMD_IO, "cannot write the journal of the table: %s", strerror(errno));
}

femd_status table_journal_close(table_journal *j, femd_error *err) {
    if (!j->file) return FEMD_OK;
    femd_status rc = table_journal_sync(j, err);
    fclose(j->file);
    j->file = NULL;
    return rc;
}

/* ---- numbers ---- */

/* Every column that a quantity has, under its names. */
static void values_add_columns(table_values *v, const femd_quantity *q, int is_error) {
    static const char *const voigt[6] = {"xx", "yy", "zz", "yz", "xz", "xy"};
    for (int c = 0; c < q->numbers; c++) {
        table_column *to = &v->column[v->columns++];
        *to = (table_column){.quantity = q, .component = c, .is_error = is_error, .error = -1};
        const char *head = is_error ? "errors." : "";
        if (q->shape == FEMD_SHAPE_SCALAR)
            snprintf(to->name, sizeof to->name, "%s%s", head, q->key);
        else if (q->shape == FEMD_SHAPE_STIFFNESS)
            snprintf(to->name, sizeof to->name, "%s%s.%s.%s", head, q->key, voigt[c / 6], voigt[c % 6]);
        else if (q->numbers == 6)
            snprintf(to->name, sizeof to->name, "%s%s.%s", head, q->key, voigt[c]);
        else
            snprintf(to->name, sizeof to->name, "%s%s.%d", head, q->key, c + 1);
    }
}

/* Component c of a node; nan if it is none. */
static double values_number(const cJSON *node, const femd_quantity *q, int c) {
    if (q->shape == FEMD_SHAPE_STIFFNESS)
        node = cJSON_GetArrayItem(cJSON_GetArrayItem(node, c / 6), c % 6);
    else if (q->shape != FEMD_SHAPE_SCALAR)
        node = cJSON_GetArrayItem(node, c);
    return cJSON_IsNumber(node) ? node->valuedouble : (double)NAN;
}

static int values_any_error(const cJSON *errors, const femd_quantity *q) {
    const cJSON *node = femd_json_get(errors, q->key);
    for (int c = 0; node && c < q->numbers; c++)
        if (values_number(node, q, c) != 0) return 1; /* nan too */
    return 0;
}

static femd_status values_columns(cJSON *const *doc, size_t n, table_values *v, femd_error *err) {
    v->column = calloc(2 * 36 * FEMD_QUANTITIES, sizeof *v->column);
    if (!v->column) return femd_fail(err, FEMD_NO_MEMORY, "no memory for columns");
    for (int is_error = 0; is_error < 2; is_error++)
        for (size_t k = 0; k < FEMD_QUANTITIES; k++) {
            const femd_quantity *q = femd_quantity_at(k);
            int held = 0;
            for (size_t i = 0; i < n && !held; i++) {
                if (strcmp(femd_json_string(doc[i], "status", ""), "OK") != 0) continue;
                held = is_error ? values_any_error(femd_json_get(doc[i], "errors"), q)
                                : femd_json_get(doc[i], q->key) != NULL;
            }
            if (held) values_add_columns(v, q, is_error);
        }
    for (size_t a = 0; a < v->columns; a++)
        for (size_t b = 0; b < v->columns && !v->column[a].is_error; b++)
            if (v->column[b].is_error && v->column[b].quantity == v->column[a].quantity &&
                v->column[b].component == v->column[a].component)
                v->column[a].error = (int)b;
    return FEMD_OK;
}

static char *values_notes(const cJSON *doc) {
    char text[600] = "";
    const cJSON *note;
    cJSON_ArrayForEach(note, femd_json_get(doc, "notes")) {
        const size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%s", used ? ";" : "", cJSON_GetStringValue(note));
    }
    return strdup(text);
}

static femd_status values_fill(cJSON *const *doc, const table_row *row, table_values *v, femd_error *err) {
    for (size_t i = 0; i < v->points; i++) {
        const char *status = row[i].json ? femd_json_string(doc[i], "status", "?") : "not answered";
        v->status[i] = strdup(status);
        v->notes[i] = values_notes(doc[i]);
        v->message[i] = strdup(femd_json_string(doc[i], "message", ""));
        if (!v->status[i] || !v->notes[i] || !v->message[i]) return femd_fail(err, FEMD_NO_MEMORY, "no memory");
        const int ok = strcmp(status, "OK") == 0;
        v->noted += *v->notes[i] != '\0';
        if (!ok && v->failed++ == 0)
            snprintf(v->first_failure, sizeof v->first_failure, "%s%s%s", status, *v->message[i] ? ": " : "",
                     v->message[i]);
        const cJSON *errors = femd_json_get(doc[i], "errors");
        for (size_t c = 0; c < v->columns; c++) {
            const table_column *k = &v->column[c];
            const cJSON *node = femd_json_get(k->is_error ? errors : doc[i], k->quantity->key);
            v->value[i * v->columns + c] = ok ? values_number(node, k->quantity, k->component) : (double)NAN;
        }
    }
    return FEMD_OK;
}

/* How many builds have answered. */
static size_t values_builds(cJSON *const *doc, size_t n) {
    const char *seen[16];
    size_t builds = 0;
    for (size_t i = 0; i < n; i++) {
        const char *one = femd_json_string(femd_json_get(doc[i], "work"), "fingerprint", "");
        size_t k = 0;
        while (k < builds && strcmp(seen[k], one) != 0) k++;
        if (*one && k == builds && builds < 16) seen[builds++] = one;
    }
    return builds;
}

femd_status table_values_read(const table_row *row, size_t n, table_values *v, femd_error *err) {
    cJSON **doc = calloc(n, sizeof(*doc));
    *v = (table_values){.points = n};
    v->status = calloc(n, sizeof *v->status);
    v->notes = calloc(n, sizeof *v->notes);
    v->message = calloc(n, sizeof *v->message);
    femd_status rc = doc && v->status && v->notes && v->message ? FEMD_OK : FEMD_NO_MEMORY;
    for (size_t i = 0; rc == FEMD_OK && i < n; i++)
        if (row[i].json && !(doc[i] = cJSON_Parse(row[i].json))) rc = FEMD_NO_MEMORY;
    if (rc == FEMD_OK) rc = values_columns(doc, n, v, err);
    if (rc == FEMD_OK && !(v->value = malloc((n * v->columns + 1) * sizeof *v->value))) rc = FEMD_NO_MEMORY;
    if (rc == FEMD_NO_MEMORY) (void)femd_fail(err, rc, "no memory for a table of %zu points", n);
    if (rc == FEMD_OK) rc = values_fill(doc, row, v, err);
    if (rc == FEMD_OK) v->builds = values_builds(doc, n);
    for (size_t i = 0; doc && i < n; i++) cJSON_Delete(doc[i]);
    free(doc);
    return rc;
}

void table_values_clear(table_values *v) {
    for (size_t i = 0; i < v->points; i++) {
        if (v->status) free(v->status[i]);
        if (v->notes) free(v->notes[i]);
        if (v->message) free(v->message[i]);
    }
    free(v->status);
    free(v->notes);
    free(v->message);
    free(v->column);
    free(v->value);
    *v = (table_values){.points = 0};
}

/* ---- CSV ---- */

static femd_status csv_put(femd_buffer *out, femd_error *err, const char *form, ...) FEMD_PRINTF(3, 4);
static femd_status csv_put(femd_buffer *out, femd_error *err, const char *form, ...) {
    char text[700];
    va_list list;
    va_start(list, form);
    vsnprintf(text, sizeof text, form, list);
    va_end(list);
    return femd_buffer_append(out, text, strlen(text), err);
}

static femd_status csv_quoted(femd_buffer *out, const char *text, femd_error *err) {
    FEMD_TRY(csv_put(out, err, ",\""));
    for (const char *p = text; *p; p++)
        FEMD_TRY(femd_buffer_append(out, *p == '"' ? "\"\"" : p, *p == '"' ? 2 : 1, err));
    return csv_put(out, err, "\"");
}

femd_status table_csv(const table_grid *g, const table_row *row, const table_values *v, femd_buffer *out,
                      femd_error *err) {
    FEMD_TRY(csv_put(out, err, "point"));
    for (size_t k = 0; k < g->axes; k++) FEMD_TRY(csv_put(out, err, ",over.%s", g->axis[k].name));
    FEMD_TRY(csv_put(out, err, ",seed,status,notes"));
    for (size_t c = 0; c < v->columns; c++) FEMD_TRY(csv_put(out, err, ",%s", v->column[c].name));
    FEMD_TRY(csv_put(out, err, ",message\n"));
    for (size_t i = 0; i < v->points; i++) {
        double at[TABLE_AXES_MAX];
        table_grid_place(g, i, at);
        FEMD_TRY(csv_put(out, err, "%zu", i));
        for (size_t k = 0; k < g->axes; k++) FEMD_TRY(csv_put(out, err, ",%.17g", at[k]));
        FEMD_TRY(csv_put(out, err, ",%d,%s,%s", row[i].seed, v->status[i], v->notes[i]));
        for (size_t c = 0; c < v->columns; c++) FEMD_TRY(csv_put(out, err, ",%.17g", v->value[i * v->columns + c]));
        FEMD_TRY(csv_quoted(out, v->message[i], err));
        FEMD_TRY(csv_put(out, err, "\n"));
    }
    return FEMD_OK;
}
