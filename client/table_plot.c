/* Pictures of a table: of each quantity the component that changes most, over the first axis. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plot_draw.h"
#include "table.h"

enum { PLOT_CURVES_MAX = 5 };

/* The column of a quantity with the widest range; -1: nothing is there to draw. */
static int table_plot_column(const table_values *v, const femd_quantity *q) {
    double widest = -1;
    int best = -1;
    for (size_t c = 0; c < v->columns; c++) {
        double low = INFINITY, high = -INFINITY;
        if (v->column[c].quantity != q || v->column[c].is_error) continue;
        for (size_t i = 0; i < v->points; i++) {
            const double y = v->value[i * v->columns + c];
            if (isfinite(y)) low = fmin(low, y), high = fmax(high, y);
        }
        if (high - low > widest) widest = high - low, best = (int)c;
    }
    return best;
}

/* Number of the point whose place on each axis is at[]. */
static size_t table_plot_point(const table_grid *g, const int at[TABLE_AXES_MAX]) {
    size_t point = 0;
    for (size_t k = 0; k < g->axes; k++) point = point * (size_t)g->axis[k].n + (size_t)at[k];
    return point;
}

/* Curves over the first axis: a few values of the second, from the first to the last; the others in the middle. */
typedef struct table_drawing {
    size_t n;
    plot_curve curve[PLOT_CURVES_MAX];
    char legend[PLOT_CURVES_MAX][80];
    double *number; /* owned: of each curve x, y, errors */
} table_drawing;

static femd_status table_plot_curves(const table_grid *g, const table_values *v, int column, table_drawing *d,
                                     femd_error *err) {
    const size_t n = (size_t)g->axis[0].n, second = g->axes > 1 ? (size_t)g->axis[1].n : 1;
    const int error = v->column[column].error;
    d->n = second < PLOT_CURVES_MAX ? second : PLOT_CURVES_MAX;
    d->number = malloc(3 * n * d->n * sizeof *d->number);
    if (!d->number) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a picture");
    for (size_t k = 0; k < d->n; k++) {
        double *x = d->number + 3 * n * k, *y = x + n, *sigma = y + n;
        int at[TABLE_AXES_MAX];
        for (size_t a = 0; a < g->axes; a++) at[a] = g->axis[a].n / 2;
        if (g->axes > 1) at[1] = d->n > 1 ? (int)(k * (second - 1) / (d->n - 1)) : 0;
        for (size_t i = 0; i < n; i++) {
            at[0] = (int)i;
            const double *row = v->value + table_plot_point(g, at) * v->columns;
            x[i] = table_axis_value(&g->axis[0], (int)i);
            y[i] = row[column];
            sigma[i] = error < 0 || !isfinite(row[column]) ? 0 : row[error];
        }
        if (g->axes > 1)
            snprintf(d->legend[k], sizeof d->legend[k], "%.23s = %.5g%s%s", g->axis[1].name,
                     table_axis_value(&g->axis[1], at[1]), *table_axis_unit(&g->axis[1]) ? " " : "",
                     table_axis_unit(&g->axis[1]));
        else
            snprintf(d->legend[k], sizeof d->legend[k], "%s", v->column[column].name);
        d->curve[k] = (plot_curve){.legend = d->legend[k], .n = n, .x = x, .y = y};
        /* a band would be drawn through holes */
        int whole = error >= 0;
        for (size_t i = 0; i < n; i++) whole = whole && isfinite(y[i]);
        if (whole) d->curve[k].error = sigma;
    }
    return FEMD_OK;
}

static int table_plot_is_empty(const table_drawing *d) {
    for (size_t k = 0; k < d->n; k++)
        for (size_t i = 0; i < d->curve[k].n; i++)
            if (isfinite(d->curve[k].y[i])) return 0;
    return 1;
}

static void table_plot_title(const table_grid *g, const char *of, const char *column, char *title, size_t size) {
    snprintf(title, size, "%s of %s", column, of);
    for (size_t a = 2; a < g->axes; a++) {
        const size_t used = strlen(title);
        snprintf(title + used, size - used, "%s%s = %.5g %s", a == 2 ? ", at " : ", ", g->axis[a].name,
                 table_axis_value(&g->axis[a], g->axis[a].n / 2), table_axis_unit(&g->axis[a]));
    }
}

/* Both files whole, or as they were. */
static femd_status table_plot_draw(const plot_chart *chart, const char *folder, const char *key, femd_error *err) {
    static const char *const end[] = {".png", ".svg"};
    char path[4200], from[4300], to[4300];
    if ((size_t)snprintf(path, sizeof path, "%s/.new-%s", folder, key) >= sizeof path)
        return femd_fail(err, FEMD_BAD_INPUT, "%s: the path is too long", folder);
    femd_status rc = plot_draw_chart(chart, path, err);
    for (size_t i = 0; i < 2; i++) {
        snprintf(from, sizeof from, "%s%s", path, end[i]);
        snprintf(to, sizeof to, "%s/%s%s", folder, key, end[i]);
        if (rc == FEMD_OK && rename(from, to) != 0) rc = femd_fail(err, FEMD_IO, "%s: %s", to, strerror(errno));
        if (rc != FEMD_OK) remove(from);
    }
    return rc;
}

femd_status table_plots(const table_grid *g, const table_values *v, const char *of, const char *folder, size_t *drawn,
                        femd_error *err) {
    *drawn = 0;
    for (size_t k = 0; k < FEMD_QUANTITIES; k++) {
        const femd_quantity *q = femd_quantity_at(k);
        const int column = q->want ? table_plot_column(v, q) : -1;
        if (column < 0) continue;
        table_drawing d = {0};
        char title[400];
        table_plot_title(g, of, v->column[column].name, title, sizeof title);
        femd_status rc = table_plot_curves(g, v, column, &d, err);
        const plot_chart chart = {.title = title,
                                  .x_name = g->axis[0].name,
                                  .x_unit = table_axis_unit(&g->axis[0]),
                                  .y_name = v->column[column].name,
                                  .y_unit = strcmp(q->unit, "-") == 0 ? "" : q->unit,
                                  .n = d.n,
                                  .curve = d.curve};
        if (rc == FEMD_OK && !table_plot_is_empty(&d)) {
            rc = table_plot_draw(&chart, folder, q->key, err);
            ++*drawn;
        }
        free(d.number);
        FEMD_TRY(rc);
    }
    return FEMD_OK;
}
