/* Reader of femd's own history.csv and VTU files (appended raw data, one cell type). */
#include "plot_data.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "femd/file.h"

static femd_status plot_no_memory(femd_error *err) {
    return femd_fail(err, FEMD_NO_MEMORY, "no memory for the results");
}

static femd_status plot_read_file(const char *folder, const char *name, femd_buffer *out, femd_error *err) {
    char path[4096], chunk[65536];
    size_t n;
    femd_status rc = FEMD_OK;
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return femd_fail(err, FEMD_BAD_INPUT, "%s: the name is too long", folder);
    const char *why;
    FILE *f = femd_file_open(path, &why);
    if (!f)
        return femd_fail(err, FEMD_BAD_INPUT, "%s: %s; femd plot takes the folder that femd run has written", path,
                         why);
    while (rc == FEMD_OK && (n = fread(chunk, 1, sizeof chunk, f)) > 0) rc = femd_buffer_append(out, chunk, n, err);
    if (rc == FEMD_OK) rc = femd_buffer_append(out, "", 1, err); /* a text ends */
    fclose(f);
    return rc;
}

/* ---- history.csv ---- */

/* The next field of a line, unquoted in place; *line moves behind it. */
static char *table_next(char **line) {
    char *start = *line, *to = start, *from = start;
    const int quoted = *from == '"';
    if (quoted) start = to = ++from;
    for (; *from && *from != '\n' && (quoted || *from != ','); *to++ = *from++) {
        if (!quoted || *from != '"') continue;
        if (from[1] == '"')
            from++;
        else
            break;
    }
    if (quoted && *from == '"') from++;
    const char end = *from;
    *line = end == ',' ? from + 1 : from;
    *to = '\0';
    if (end == '\n' || end == '\0') *line = NULL;
    return start;
}

static femd_status table_parse(const char *folder, char *text, plot_table *t, femd_error *err) {
    size_t lines = 0, room = 1;
    for (const char *c = text; *c; c++) {
        lines += *c == '\n';
        room += *c == ',' && lines == 0;
    }
    t->name = calloc(room, sizeof *t->name);
    t->value = calloc(room * (lines + 1), sizeof *t->value);
    if (!t->name || !t->value) return plot_no_memory(err);
    char *next_line = strchr(text, '\n');
    for (char *field = text; field && t->columns < room;)
        if (!(t->name[t->columns++] = strdup(table_next(&field)))) return plot_no_memory(err);
    t->rows = 1;
    while (next_line && next_line[1]) {
        char *field = next_line + 1;
        next_line = strchr(field, '\n');
        for (size_t c = 0; c < t->columns; c++) {
            if (!field) return femd_fail(err, FEMD_BAD_INPUT, "%s/history.csv: row %zu is cut off", folder, t->rows);
            t->value[t->rows * t->columns + c] = strtod(table_next(&field), NULL);
        }
        t->rows++;
    }
    return FEMD_OK;
}

femd_status plot_table_read(const char *folder, plot_table *t, femd_error *err) {
    femd_buffer text = FEMD_BUFFER_INIT;
    *t = (plot_table){0};
    femd_status rc = plot_read_file(folder, "history.csv", &text, err);
    if (rc == FEMD_OK) rc = table_parse(folder, (char *)text.data, t, err);
    femd_buffer_clear(&text);
    if (rc != FEMD_OK) plot_table_clear(t);
    return rc;
}

void plot_table_clear(plot_table *t) {
    for (size_t c = 0; t->name && c < t->columns; c++) free(t->name[c]);
    free(t->name);
    free(t->value);
    *t = (plot_table){0};
}

int plot_table_find(const plot_table *t, const char *name) {
    for (size_t c = 0; c < t->columns; c++)
        if (strcmp(t->name[c], name) == 0) return (int)c;
    return -1;
}

double plot_table_range(const plot_table *t, size_t column) {
    double low = INFINITY, high = -INFINITY;
    for (size_t r = 0; r < t->rows; r++) {
        const double v = t->value[r * t->columns + column];
        if (isnan(v)) continue;
        low = fmin(low, v);
        high = fmax(high, v);
    }
    return high > low ? high - low : 0;
}

/* ---- fields ---- */

/* An array of a VTU text: where its data begin, how many bytes; 0 if it is not there. */
typedef struct vtu_array {
    const uint8_t *data;
    uint64_t bytes;
    int components, on_points;
} vtu_array;

static int vtu_find(const femd_buffer *b, const char *name, vtu_array *a) {
    static const char mark[] = "<AppendedData encoding=\"raw\">\n_";
    const char *text = (const char *)b->data, *block = memmem(text, b->size, mark, sizeof mark - 1);
    char key[96];
    unsigned long long offset;
    if (!block) return 0;
    snprintf(key, sizeof key, " Name=\"%s\" NumberOfComponents=", name);
    const char *at = memmem(text, (size_t)(block - text), key, strlen(key));
    const char *cells = memmem(text, (size_t)(block - text), "<CellData>", 10);
    if (!at || sscanf(at + strlen(key), "\"%d\"", &a->components) != 1) return 0;
    if (a->components < 1 || a->components > 36) return 0;
    const char *where = strstr(at, "offset=\"");
    if (!where || sscanf(where, "offset=\"%llu\"", &offset) != 1) return 0;
    const uint8_t *start = (const uint8_t *)block + sizeof mark - 1;
    const uint64_t room = (uint64_t)(b->data + b->size - start);
    if (room < 8 || offset > room - 8 || femd_get64(start + offset) > room - 8 - offset) return 0;
    const uint8_t *p = start + offset;
    a->bytes = femd_get64(p);
    a->data = p + 8;
    a->on_points = !cells || at < cells;
    return 1;
}

static femd_status fields_damaged(const char *name, femd_error *err) {
    return femd_fail(err, FEMD_BAD_INPUT, "%s: this is no whole field file of femd", name);
}

/* "a, b" of the floating-point arrays of points and cells. */
static void vtu_list(const femd_buffer *b, char *names, size_t size) {
    const char *at = strstr((const char *)b->data, "<PointData>");
    size_t used = 0;
    names[0] = '\0';
    while (at && (at = strstr(at, "<DataArray type=\"Float64\" Name=\"")) && used < size) {
        at += strlen("<DataArray type=\"Float64\" Name=\"");
        used += (size_t)snprintf(names + used, size - used, "%s%.*s", used ? ", " : "", (int)strcspn(at, "\""), at);
    }
}

static double vtu_number(const vtu_array *a, size_t i) {
    double v;
    memcpy(&v, a->data + 8 * i, sizeof v);
    return v;
}

static double vtu_value(const vtu_array *a, size_t i, int axis) {
    const size_t n = (size_t)a->components;
    double sum = 0;
    if (n == 1) return vtu_number(a, i);
    if (axis >= 0 && (n == 3 || n == 9)) return vtu_number(a, n * i + (n / 3 + (n == 9)) * (size_t)axis);
    for (size_t c = 0; c < n; c++) sum += pow(vtu_number(a, n * i + c), 2);
    return sqrt(sum);
}

static femd_status fields_grow(plot_fields *f, size_t points, size_t cells, size_t values, size_t have,
                               femd_error *err) {
    double *x = realloc(f->x, (3 * (f->npoints + points) + 1) * sizeof *x);
    if (x) f->x = x;
    double *u = realloc(f->u, (3 * (f->npoints + points) + 1) * sizeof *u);
    if (u) f->u = u;
    size_t *conn = realloc(f->conn, ((f->ncells + cells) * (size_t)f->cell_points + 1) * sizeof *conn);
    if (conn) f->conn = conn;
    double *value = realloc(f->value, (have + values + 1) * sizeof *value);
    if (value) f->value = value;
    return x && u && conn && value ? FEMD_OK : plot_no_memory(err);
}

/* The heat flux of the cells of a piece, beside the temperature. */
static femd_status fields_add_flow(plot_fields *f, const femd_buffer *b, size_t cells, femd_error *err) {
    vtu_array flux;
    if (strcmp(f->name, "temperature") != 0 || !vtu_find(b, "heat_flux", &flux) || flux.on_points ||
        flux.components != 3 || flux.bytes != 24 * cells || (f->ncells > 0 && !f->flow))
        return FEMD_OK;
    double *flow = realloc(f->flow, 3 * (f->ncells + cells) * sizeof *flow);
    if (!flow) return plot_no_memory(err);
    f->flow = flow;
    memcpy(flow + 3 * f->ncells, flux.data, flux.bytes);
    return FEMD_OK;
}

static void fields_unit(const femd_buffer *b, char unit[16]) {
    const char *at = strstr((const char *)b->data, "Name=\"length_unit\"");
    size_t n = 0;
    at = at ? strchr(at, '>') : NULL;
    if (at) at++;
    for (int code, used; at && n < 15 && sscanf(at, "%d%n", &code, &used) == 1 && code > 0; at += used)
        unit[n++] = (char)code;
    unit[n] = '\0';
    if (n == 0) strcpy(unit, "m");
}

/* Nodes of a cell of VTK's type; 0: none that femd writes. */
static int cell_nodes(int type) {
    return type == 12 ? 8 : type == 10 ? 4 : type == 24 ? 10 : 0;
}

/* All cells are of one type, that of the pieces before, and have its nodes. */
static int fields_fit(const plot_fields *f, const vtu_array *conn, const vtu_array *types) {
    const int nodes = cell_nodes(types->data[0]);
    for (uint64_t i = 1; i < types->bytes; i++)
        if (types->data[i] != types->data[0]) return 0;
    return nodes > 0 && conn->bytes == 8 * (uint64_t)nodes * types->bytes &&
           (f->ncells == 0 || f->cell_type == types->data[0]);
}

/* The same place with the same displacement: nodes that several pieces have are one, so that no face between them looks
 * like an outer one. */
typedef struct fields_place {
    double at[6];
    size_t node;
} fields_place;

static int place_by_bits(const void *a, const void *b) {
    const fields_place *p = a, *q = b;
    const int order = memcmp(p->at, q->at, sizeof p->at);
    return order ? order : (p->node > q->node) - (p->node < q->node);
}

static femd_status fields_join(plot_fields *f, femd_error *err) {
    fields_place *list = malloc((f->npoints + 1) * sizeof *list);
    size_t *same = malloc((f->npoints + 1) * sizeof *same);
    femd_status rc = list && same ? FEMD_OK : plot_no_memory(err);
    for (size_t i = 0; rc == FEMD_OK && i < f->npoints; i++) {
        list[i].node = i;
        for (size_t a = 0; a < 3; a++) { /* -0 is 0 */
            list[i].at[a] = f->x[3 * i + a] + 0.0;
            list[i].at[3 + a] = f->u[3 * i + a] + 0.0;
        }
    }
    if (rc == FEMD_OK) qsort(list, f->npoints, sizeof *list, place_by_bits);
    for (size_t i = 0; rc == FEMD_OK && i < f->npoints; i++)
        same[list[i].node] =
            i > 0 && memcmp(list[i].at, list[i - 1].at, sizeof list[i].at) == 0 ? same[list[i - 1].node] : list[i].node;
    for (size_t i = 0; rc == FEMD_OK && i < f->ncells * (size_t)f->cell_points; i++) f->conn[i] = same[f->conn[i]];
    free(list);
    free(same);
    return rc;
}

/* FIELD_error beside the field, if there is one on the same places. */
static femd_status fields_add_errors(plot_fields *f, const femd_buffer *b, const char *field, size_t values,
                                     size_t have, femd_error *err) {
    vtu_array error;
    char name[96];
    snprintf(name, sizeof name, "%s_error", field);
    if (!vtu_find(b, name, &error) || error.on_points != f->on_points || error.components != 1 ||
        error.bytes != 8 * values)
        return FEMD_OK;
    double *grown = realloc(f->error, (have + values + 1) * sizeof *grown);
    if (!grown) return plot_no_memory(err);
    f->error = grown;
    for (size_t i = 0; i < values; i++) grown[have + i] = vtu_number(&error, i);
    return FEMD_OK;
}

static femd_status fields_add_piece(plot_fields *f, const char *name, const femd_buffer *b, const char *field, int axis,
                                    femd_error *err) {
    vtu_array x, u, conn, types, value;
    char names[1024];
    if (!vtu_find(b, "Points", &x) || !vtu_find(b, "connectivity", &conn) || !vtu_find(b, "types", &types) ||
        types.bytes == 0 || x.bytes % 24 != 0 || !fields_fit(f, &conn, &types))
        return fields_damaged(name, err);
    f->moves = vtu_find(b, "displacement", &u);
    if (f->moves ? u.bytes != x.bytes : !vtu_find(b, "temperature", &value)) return fields_damaged(name, err);
    if (!vtu_find(b, field, &value)) {
        vtu_list(b, names, sizeof names);
        return femd_fail(err, FEMD_BAD_INPUT, "%s has no field \"%s\"; it has: %s", name, field, names);
    }
    const size_t points = x.bytes / 24, cells = types.bytes, values = value.on_points ? points : cells,
                 have = value.on_points ? f->npoints : f->ncells;
    f->cell_type = types.data[0];
    f->cell_points = cell_nodes(f->cell_type);
    if (f->ncells > 0 && (f->on_points != value.on_points || f->components != value.components))
        return fields_damaged(name, err);
    f->on_points = value.on_points;
    f->components = value.components;
    if (value.bytes != 8 * values * (size_t)value.components) return fields_damaged(name, err);
    fields_unit(b, f->unit);
    FEMD_TRY(fields_grow(f, points, cells, values, have, err));
    FEMD_TRY(fields_add_flow(f, b, cells, err));
    memcpy(f->x + 3 * f->npoints, x.data, x.bytes);
    if (f->moves)
        memcpy(f->u + 3 * f->npoints, u.data, u.bytes);
    else
        memset(f->u + 3 * f->npoints, 0, x.bytes);
    for (size_t i = 0; i < cells * (size_t)f->cell_points; i++) {
        const uint64_t node = femd_get64(conn.data + 8 * i);
        if (node >= points) return fields_damaged(name, err);
        f->conn[f->ncells * (size_t)f->cell_points + i] = f->npoints + (size_t)node;
    }
    for (size_t i = 0; i < values; i++) f->value[have + i] = vtu_value(&value, i, axis);
    if (axis >= 0) FEMD_TRY(fields_add_errors(f, b, field, values, have, err));
    f->npoints += points;
    f->ncells += cells;
    return FEMD_OK;
}

/* The last step in fields.pvd. */
static femd_status fields_last_step(const char *folder, int *step, femd_error *err) {
    femd_buffer text = FEMD_BUFFER_INIT;
    femd_status rc = plot_read_file(folder, "fields.pvd", &text, err);
    *step = -1;
    for (const char *at = rc == FEMD_OK ? (const char *)text.data : NULL; at && (at = strstr(at, "file=\"step_"));)
        *step = (int)strtol(at += strlen("file=\"step_"), NULL, 10);
    femd_buffer_clear(&text);
    if (rc == FEMD_OK && *step < 0) rc = femd_fail(err, FEMD_BAD_INPUT, "%s/fields.pvd names no step", folder);
    return rc;
}

/* A step without fields is told from a folder without results. */
static femd_status fields_check_step(const char *folder, int step, const char *name, femd_error *err) {
    char path[4096];
    int last;
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path || access(path, F_OK) == 0 ||
        fields_last_step(folder, &last, NULL) != FEMD_OK)
        return FEMD_OK;
    return femd_fail(err, FEMD_BAD_INPUT,
                     "%s is not there: %s has no fields of step %d; the last step that has them is %d", name, folder,
                     step, last);
}

femd_status plot_fields_read(const char *folder, int step, const char *field, int axis, plot_fields *f,
                             femd_error *err) {
    char name[64];
    femd_buffer text = FEMD_BUFFER_INIT, piece = FEMD_BUFFER_INIT;
    *f = (plot_fields){.step = step};
    snprintf(f->name, sizeof f->name, "%s", field);
    femd_status rc = step < 0 ? fields_last_step(folder, &f->step, err) : FEMD_OK;
    snprintf(name, sizeof name, "step_%04d.pvtu", f->step);
    if (rc == FEMD_OK) rc = fields_check_step(folder, f->step, name, err);
    if (rc == FEMD_OK) rc = plot_read_file(folder, name, &text, err);
    for (const char *at = rc == FEMD_OK ? (const char *)text.data : NULL;
         rc == FEMD_OK && at && (at = strstr(at, "<Piece Source=\""));) {
        at += strlen("<Piece Source=\"");
        snprintf(name, sizeof name, "%.*s", (int)strcspn(at, "\""), at);
        piece.size = 0;
        rc = strchr(name, '/') ? fields_damaged(name, err) : plot_read_file(folder, name, &piece, err);
        if (rc == FEMD_OK) rc = fields_add_piece(f, name, &piece, field, axis, err);
    }
    femd_buffer_clear(&text);
    femd_buffer_clear(&piece);
    if (rc == FEMD_OK && f->ncells == 0) rc = fields_damaged(folder, err);
    if (rc == FEMD_OK) rc = fields_join(f, err);
    if (rc != FEMD_OK) plot_fields_clear(f);
    return rc;
}

void plot_fields_clear(plot_fields *f) {
    free(f->x);
    free(f->u);
    free(f->conn);
    free(f->value);
    free(f->error);
    free(f->flow);
    f->x = f->u = f->value = f->error = f->flow = NULL;
    f->conn = NULL;
}
