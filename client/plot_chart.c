/* Charts: curves with axes, units and a legend. */
#include <math.h>
#include <stdio.h>

#include "plot_draw.h"
#include "plot_page.h"

static const double curve_colour[][3] = {{0.12, 0.47, 0.71}, {0.84, 0.15, 0.16}, {0.17, 0.63, 0.17},
                                         {0.58, 0.40, 0.74}, {1.0, 0.5, 0.05},   {0.4, 0.4, 0.4}};
enum { CURVE_COLOURS = sizeof curve_colour / sizeof *curve_colour };

static int chart_draws(const plot_chart *chart, const plot_curve *curve, size_t i) {
    return isfinite(curve->x[i]) && isfinite(curve->y[i]) && (!chart->log_y || curve->y[i] > 0);
}

static void chart_set_colour(cairo_t *cr, size_t k) {
    const double *colour = curve_colour[k % CURVE_COLOURS];
    cairo_set_source_rgb(cr, colour[0], colour[1], colour[2]);
    cairo_set_line_width(cr, 2);
}

/* The axes, and what values are divided by before they stand there. */
typedef struct chart_axes {
    plot_axis x, y;
    double factor[2];
} chart_axes;

static void chart_lines(cairo_t *cr, const plot_chart *chart, const plot_curve *curve, const chart_axes *axes) {
    int down = 0;
    for (size_t i = 0; i < curve->n; i++) {
        if (!chart_draws(chart, curve, i)) {
            down = 0;
            continue;
        }
        const int joins = down && !(curve->gap_before && curve->gap_before[i]);
        (joins ? cairo_line_to : cairo_move_to)(cr, plot_axis_at(&axes->x, curve->x[i] / axes->factor[0]),
                                                plot_axis_at(&axes->y, curve->y[i] / axes->factor[1]));
        down = 1;
    }
    cairo_stroke(cr);
}

/* The band about a curve, under it. */
static void chart_band(cairo_t *cr, const plot_curve *curve, const chart_axes *axes, size_t k) {
    const double *colour = curve_colour[k % CURVE_COLOURS];
    cairo_new_path(cr); /* the last text has left a place */
    for (size_t i = 0; i < 2 * curve->n; i++) {
        const size_t at = i < curve->n ? i : 2 * curve->n - 1 - i;
        const double y = curve->y[at] + (i < curve->n ? 1 : -1) * (isfinite(curve->error[at]) ? curve->error[at] : 0);
        cairo_line_to(cr, plot_axis_at(&axes->x, curve->x[at] / axes->factor[0]),
                      plot_axis_at(&axes->y, y / axes->factor[1]));
    }
    cairo_set_source_rgba(cr, colour[0], colour[1], colour[2], 0.25);
    cairo_fill(cr);
}

static void chart_dots(cairo_t *cr, const plot_chart *chart, const plot_curve *curve, const chart_axes *axes) {
    for (size_t i = 0; i < curve->n; i++) {
        if (!chart_draws(chart, curve, i)) continue;
        cairo_new_sub_path(cr);
        cairo_arc(cr, plot_axis_at(&axes->x, curve->x[i] / axes->factor[0]),
                  plot_axis_at(&axes->y, curve->y[i] / axes->factor[1]), 3.2, 0, 2 * PLOT_PI);
    }
    cairo_fill(cr);
}

/* Above the frame, where no curve is. */
static void chart_legend(cairo_t *cr, const plot_chart *chart, double left, double y) {
    for (size_t k = 0; k < chart->n; k++) {
        cairo_text_extents_t e;
        chart_set_colour(cr, k);
        cairo_move_to(cr, left, y);
        cairo_line_to(cr, left + 28, y);
        cairo_stroke(cr);
        cairo_arc(cr, left + 14, y, 3.2, 0, 2 * PLOT_PI);
        cairo_fill(cr);
        cairo_set_source_rgb(cr, 0, 0, 0);
        plot_page_text(cr, left + 36, y, -1, 14, chart->curve[k].legend);
        cairo_text_extents(cr, chart->curve[k].legend, &e);
        left += 36 + e.x_advance + 30;
    }
}

static int chart_extent(const plot_chart *chart, double low[2], double high[2]) {
    low[0] = low[1] = INFINITY;
    high[0] = high[1] = -INFINITY;
    for (size_t k = 0; k < chart->n; k++)
        for (size_t i = 0; i < chart->curve[k].n; i++) {
            if (!chart_draws(chart, &chart->curve[k], i)) continue;
            const double v[2] = {chart->curve[k].x[i], chart->curve[k].y[i]};
            const double error = chart->curve[k].error ? chart->curve[k].error[i] : 0;
            for (int a = 0; a < 2; a++) low[a] = fmin(low[a], v[a]), high[a] = fmax(high[a], v[a]);
            low[1] = fmin(low[1], v[1] - error), high[1] = fmax(high[1], v[1] + error);
        }
    return high[0] >= low[0];
}

static void chart_frame(cairo_t *cr, const plot_chart *chart, const chart_axes *axes, const char *const unit[2]) {
    const plot_axis *x = &axes->x, *y = &axes->y;
    char label[160];
    plot_axis_draw(cr, x, y, 0);
    plot_axis_draw(cr, y, x, 1);
    cairo_set_source_rgb(cr, 0, 0, 0);
    cairo_set_line_width(cr, 1.2);
    cairo_rectangle(cr, x->from, y->to, x->to - x->from, y->from - y->to);
    cairo_stroke(cr);
    plot_page_title(cr, chart->title);
    plot_scale_label(chart->x_name, unit[0], label);
    plot_page_text(cr, 0.5 * (x->from + x->to), PLOT_HEIGHT - 28, 0, 15, label);
    plot_scale_label(chart->y_name, unit[1], label);
    plot_page_text_upwards(cr, 24, 0.5 * (y->from + y->to), 15, label);
}

femd_status plot_draw_chart(const plot_chart *chart, const char *path, femd_error *err) {
    cairo_surface_t *recording;
    double low[2], high[2];
    char scaled[2][32];
    const char *const given[2] = {chart->x_unit, chart->y_unit};
    const char *unit[2] = {scaled[0], scaled[1]};
    chart_axes axes = {.x = {.from = 100, .to = PLOT_WIDTH - 30},
                       .y = {.from = PLOT_HEIGHT - 75, .to = 80, .logarithmic = chart->log_y}};
    if (!chart_extent(chart, low, high)) return femd_fail(err, FEMD_BAD_INPUT, "%s: there is nothing to draw", path);
    for (int a = 0; a < 2; a++)
        plot_scale_unit(fmax(fabs(low[a]), fabs(high[a])), given[a], &axes.factor[a], scaled[a]);
    if (chart->log_y) axes.factor[1] = 1, unit[1] = given[1]; /* the powers of ten say it */
    plot_axis_fit(&axes.x, low[0] / axes.factor[0], high[0] / axes.factor[0]);
    plot_axis_fit(&axes.y, low[1] / axes.factor[1], high[1] / axes.factor[1]);
    cairo_t *cr = plot_page_begin(&recording);
    chart_frame(cr, chart, &axes, unit);
    for (size_t k = 0; k < chart->n; k++) {
        if (chart->curve[k].error) chart_band(cr, &chart->curve[k], &axes, k);
        chart_set_colour(cr, k);
        chart_lines(cr, chart, &chart->curve[k], &axes);
        chart_dots(cr, chart, &chart->curve[k], &axes);
    }
    chart_legend(cr, chart, axes.x.from, 60);
    return plot_page_end(cr, recording, path, err);
}
