/* The page that charts and bodies are drawn on: PNG and SVG files, text, units, axes. */
#include "plot_page.h"

#include <cairo-svg.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

cairo_t *plot_page_begin(cairo_surface_t **recording) {
    const cairo_rectangle_t all = {0, 0, PLOT_WIDTH, PLOT_HEIGHT};
    *recording = cairo_recording_surface_create(CAIRO_CONTENT_COLOR_ALPHA, &all);
    cairo_t *cr = cairo_create(*recording);
    cairo_set_source_rgb(cr, 1, 1, 1);
    cairo_paint(cr);
    cairo_select_font_face(cr, "sans", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_source_rgb(cr, 0, 0, 0);
    return cr;
}

static cairo_status_t page_copy(cairo_surface_t *to, cairo_surface_t *recording, double scale) {
    cairo_t *cr = cairo_create(to);
    cairo_scale(cr, scale, scale);
    cairo_set_source_surface(cr, recording, 0, 0);
    cairo_paint(cr);
    const cairo_status_t status = cairo_status(cr);
    cairo_destroy(cr);
    return status;
}

static cairo_status_t page_write_png(cairo_surface_t *recording, const char *name) {
    cairo_surface_t *png =
        cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)(2 * PLOT_WIDTH), (int)(2 * PLOT_HEIGHT));
    cairo_status_t status = page_copy(png, recording, 2);
    if (status == CAIRO_STATUS_SUCCESS) status = cairo_surface_write_to_png(png, name);
    cairo_surface_destroy(png);
    return status;
}

static cairo_status_t page_write_svg(cairo_surface_t *recording, const char *name) {
    cairo_surface_t *svg = cairo_svg_surface_create(name, PLOT_WIDTH, PLOT_HEIGHT);
    cairo_status_t status = page_copy(svg, recording, 1);
    cairo_surface_finish(svg);
    if (status == CAIRO_STATUS_SUCCESS) status = cairo_surface_status(svg);
    cairo_surface_destroy(svg);
    return status;
}

femd_status plot_page_end(cairo_t *cr, cairo_surface_t *recording, const char *path, femd_error *err) {
    char name[4200];
    cairo_status_t status = cairo_status(cr);
    snprintf(name, sizeof name, "%s.png", path);
    if (status == CAIRO_STATUS_SUCCESS) status = page_write_png(recording, name);
    if (status == CAIRO_STATUS_SUCCESS) {
        snprintf(name, sizeof name, "%s.svg", path);
        status = page_write_svg(recording, name);
    }
    cairo_destroy(cr);
    cairo_surface_destroy(recording);
    if (status == CAIRO_STATUS_SUCCESS) return FEMD_OK;
    return femd_fail(err, status == CAIRO_STATUS_NO_MEMORY ? FEMD_NO_MEMORY : FEMD_IO, "%s: %s", name,
                     cairo_status_to_string(status));
}

void plot_page_text(cairo_t *cr, double x, double y, int align, double size, const char *text) {
    cairo_text_extents_t e;
    cairo_set_font_size(cr, size);
    cairo_text_extents(cr, text, &e);
    cairo_move_to(cr, x - 0.5 * (1 + align) * e.x_advance, y + 0.36 * size);
    cairo_show_text(cr, text);
}

void plot_page_title(cairo_t *cr, const char *text) {
    cairo_text_extents_t e;
    double size = 17;
    cairo_set_font_size(cr, size);
    cairo_text_extents(cr, text, &e);
    if (e.x_advance > 0.95 * PLOT_WIDTH) size *= 0.95 * PLOT_WIDTH / e.x_advance;
    plot_page_text(cr, 0.5 * PLOT_WIDTH, 26, 0, size, text);
}

void plot_page_text_upwards(cairo_t *cr, double x, double y, double size, const char *text) {
    cairo_save(cr);
    cairo_translate(cr, x, y);
    cairo_rotate(cr, -0.5 * PLOT_PI);
    plot_page_text(cr, 0, 0, 0, size, text);
    cairo_restore(cr);
}

/* ---- scales ---- */

void plot_scale_unit(double most, const char *unit, double *factor, char text[32]) {
    static const char *const prefix[] = {"f", "p", "n", "\xc2\xb5", "m", "", "k", "M", "G", "T"};
    enum { NONE = 5, LAST = 9 };
    const int takes = strcmp(unit, "Pa") == 0 || strcmp(unit, "N") == 0 || strcmp(unit, "m") == 0 ||
                      strcmp(unit, "J") == 0 || unit[0] == 'W';
    int k = NONE;
    while (takes && most > 0 && k < LAST && most >= pow(1000, k - NONE + 1)) k++;
    while (takes && most > 0 && k > 0 && most < pow(1000, k - NONE)) k--;
    *factor = pow(1000, k - NONE);
    snprintf(text, 32, "%s%s", prefix[k], unit);
}

void plot_scale_label(const char *name, const char *unit, char text[160]) {
    if (*unit)
        snprintf(text, 160, "%s (%s)", name, unit);
    else
        snprintf(text, 160, "%s", name);
}

double plot_scale_step(double range, int n) {
    const double raw = range / n, power = pow(10, floor(log10(raw))), part = raw / power;
    return power * (part < 1.5 ? 1 : part < 3.5 ? 2 : part < 7.5 ? 5 : 10);
}

/* ---- axes ---- */

static double axis_place(const plot_axis *a, double v) {
    return a->from + (v - a->low) / (a->high - a->low) * (a->to - a->from);
}

double plot_axis_at(const plot_axis *a, double v) {
    return axis_place(a, a->logarithmic ? log10(v) : v);
}

void plot_axis_fit(plot_axis *a, double low, double high) {
    if (a->logarithmic) {
        a->low = floor(log10(low) + 1e-9);
        a->high = fmax(ceil(log10(high) - 1e-9), a->low + 1);
        return;
    }
    if (!(high > low)) {
        const double room = low != 0 ? fabs(low) : 1;
        low -= room;
        high += room;
    }
    const double room = 0.04 * (high - low);
    a->low = low == 0 ? 0 : low - room;
    a->high = high == 0 ? 0 : high + room;
}

void plot_axis_number(double v, double step, char text[32]) {
    const int digits = (int)fmax(0, fmin(6, ceil(-log10(step) - 1e-9)));
    if (step >= 1e6 || step < 1e-6)
        snprintf(text, 32, "%.3g", v);
    else
        snprintf(text, 32, "%.*f", digits, fabs(v) < 1e-9 * step ? 0.0 : v);
}

void plot_axis_draw(cairo_t *cr, const plot_axis *a, const plot_axis *other, int vertical) {
    const double step = a->logarithmic ? fmax(1, ceil((a->high - a->low) / 10)) : plot_scale_step(a->high - a->low, 6);
    for (double v = ceil(a->low / step - 1e-9) * step; v <= a->high + 1e-9 * step; v += step) {
        const double at = axis_place(a, v);
        char text[32];
        cairo_set_source_rgb(cr, 0.88, 0.88, 0.88);
        cairo_move_to(cr, vertical ? other->from : at, vertical ? at : other->from);
        cairo_line_to(cr, vertical ? other->to : at, vertical ? at : other->to);
        cairo_set_line_width(cr, 0.8);
        cairo_stroke(cr);
        cairo_set_source_rgb(cr, 0, 0, 0);
        if (a->logarithmic)
            snprintf(text, sizeof text, "1e%+d", (int)lround(v));
        else
            plot_axis_number(v, step, text);
        if (vertical)
            plot_page_text(cr, other->from - 8, at, 1, 13, text);
        else
            plot_page_text(cr, at, other->from + 16, 0, 13, text);
    }
}

/* ---- colours ---- */

/* Viridis (matplotlib, CC0) at eleven places. */
void plot_page_colour(double part, double rgb[3]) {
    static const double table[][3] = {{0.267, 0.005, 0.329}, {0.283, 0.141, 0.458}, {0.254, 0.265, 0.530},
                                      {0.207, 0.372, 0.553}, {0.164, 0.471, 0.558}, {0.128, 0.567, 0.551},
                                      {0.135, 0.659, 0.518}, {0.267, 0.749, 0.441}, {0.478, 0.821, 0.318},
                                      {0.741, 0.873, 0.150}, {0.993, 0.906, 0.144}};
    const double at = fmax(0, fmin(1, part)) * 10;
    const int k = at >= 10 ? 9 : (int)at;
    for (int c = 0; c < 3; c++) rgb[c] = table[k][c] + (at - k) * (table[k + 1][c] - table[k][c]);
}

void plot_page_bar(cairo_t *cr, double low, double high, const char *name, const char *unit) {
    enum { BANDS = 100 };
    const double left = PLOT_WIDTH - 115, top = 120, bottom = PLOT_HEIGHT - 90, band = (bottom - top) / BANDS;
    double factor;
    char text[160], scaled[32];
    plot_scale_unit(fmax(fabs(low), fabs(high)), unit, &factor, scaled);
    plot_axis bar = {.low = low / factor, .high = high / factor, .from = bottom, .to = top};
    const double least = 1e-9 * fmax(fabs(bar.low), fabs(bar.high));
    const int uniform = !(bar.high - bar.low > least);
    for (int k = 0; k < BANDS; k++) {
        double rgb[3];
        plot_page_colour(uniform ? 0.5 : (k + 0.5) / BANDS, rgb);
        cairo_set_source_rgb(cr, rgb[0], rgb[1], rgb[2]);
        cairo_rectangle(cr, left, bottom - band * (k + 1), 24, band + 0.4);
        cairo_fill(cr);
    }
    cairo_set_source_rgb(cr, 0, 0, 0);
    cairo_set_line_width(cr, 1);
    cairo_rectangle(cr, left, top, 24, bottom - top);
    cairo_stroke(cr);
    const double step = uniform ? 1 : plot_scale_step(bar.high - bar.low, 6);
    for (double v = ceil(bar.low / step - 1e-9) * step; !uniform && v <= bar.high + 1e-9 * step; v += step) {
        plot_axis_number(v, step, text);
        cairo_move_to(cr, left + 24, plot_axis_at(&bar, v));
        cairo_line_to(cr, left + 29, plot_axis_at(&bar, v));
        cairo_stroke(cr);
        plot_page_text(cr, left + 34, plot_axis_at(&bar, v), -1, 13, text);
    }
    snprintf(text, sizeof text, "%.4g", bar.low);
    if (uniform) plot_page_text(cr, left + 34, 0.5 * (top + bottom), -1, 13, text);
    plot_scale_label(name, scaled, text);
    plot_page_text(cr, PLOT_WIDTH - 20, top - 28, 1, 15, text);
}
