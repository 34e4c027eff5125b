/* See fields_picture.h. The section is flat: places go by their parts along the two other lattice vectors, the longer
 * of which lies level. */
#include "fields_picture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "femd/tensor3.h"
#include "plot_page.h"

static const char *const picture_voigt[6] = {"xx", "yy", "zz", "yz", "xz", "xy"}, *const picture_rows[9] = {"xx", "xy",
                                                                                                            "xz", "yx",
                                                                                                            "yy", "yz",
                                                                                                            "zx", "zy",
                                                                                                            "zz"},
                         *const picture_axes[3] = {"x", "y", "z"};

static const char *const *picture_parts(const femd_local_quantity *what) {
    return what->components == 6 ? picture_voigt : what->components == 9 ? picture_rows : picture_axes;
}

/* Quantity and component of "stress.xx"; 0: there is none such. */
static int picture_find(const char *name, int *quantity, int *component) {
    const size_t n = strcspn(name, ".");
    for (*quantity = 0; *quantity < FEMD_LOCAL_FIELDS; ++*quantity) {
        const femd_local_quantity *what = &femd_local_quantities[*quantity];
        if (strlen(what->key) != n || strncmp(what->key, name, n) != 0) continue;
        *component = 0;
        if (what->components == 1) return !name[n];
        for (; name[n] && *component < what->components; ++*component)
            if (strcmp(picture_parts(what)[*component], name + n + 1) == 0) return 1;
        return 0;
    }
    return 0;
}

femd_status fields_picture_check(const fields_picture *picture, femd_error *err) {
    int quantity, component;
    char all[400] = "";
    if (!picture->what || picture_find(picture->what, &quantity, &component)) return FEMD_OK;
    for (int q = 0; q < FEMD_LOCAL_FIELDS; q++)
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s%s", q ? ", " : "", femd_local_quantities[q].key,
                 femd_local_quantities[q].components > 1 ? ".xx" : "");
    return femd_fail(err, FEMD_BAD_INPUT, "--picture \"%s\" is none of %s (or another component)", picture->what, all);
}

/* The section: which lattice vectors it shows, which layer of cells, and where things are on the page. */
typedef struct section {
    const femd_local_fields *f;
    int first, second, across, layer, place;
    double along[2], up[2]; /* the two lattice vectors on the page, in its points */
    double corner[2];       /* of the cell on the page */
    double scale;           /* points per angstrom */
    double low, high;
} section;

static double section_value(const section *s, int i, int j) {
    int at[3];
    at[s->first] = i;
    at[s->second] = j;
    at[s->across] = s->layer;
    return s->f->value[femd_local_cell(&s->f->grid, at) * FEMD_LOCAL_COMPONENTS + (size_t)s->place];
}

static void section_range(section *s) {
    s->low = INFINITY;
    s->high = -INFINITY;
    for (int j = 0; j < s->f->grid.n[s->second]; j++)
        for (int i = 0; i < s->f->grid.n[s->first]; i++) {
            const double v = section_value(s, i, j);
            if (isnan(v)) continue;
            s->low = fmin(s->low, v);
            s->high = fmax(s->high, v);
        }
    if (!(s->low <= s->high)) s->low = s->high = 0;
}

static void section_fit(section *s) {
    const double *a = s->f->grid.h + 3 * s->first, *b = s->f->grid.h + 3 * s->second;
    const double long_a = sqrt(femd_dot3(a, a)), level = femd_dot3(a, b) / long_a,
                 upright = sqrt(fmax(0, femd_dot3(b, b) - level * level));
    const double wide = long_a + fabs(level), room[2] = {PLOT_WIDTH - 230, PLOT_HEIGHT - 130};
    s->scale = fmin(room[0] / wide, room[1] / upright);
    s->along[0] = s->scale * long_a;
    s->along[1] = 0;
    s->up[0] = s->scale * level;
    s->up[1] = -s->scale * upright;
    s->corner[0] = 40 + 0.5 * (room[0] - s->scale * wide) + (level < 0 ? -s->up[0] : 0);
    s->corner[1] = 80 + 0.5 * (room[1] + s->scale * upright);
}

static void section_place(const section *s, double p, double q, double at[2]) {
    for (int c = 0; c < 2; c++) at[c] = s->corner[c] + p * s->along[c] + q * s->up[c];
}

/* Between the middles of cells, of a smooth field; NaN where one of the four is. */
static double section_between(const section *s, double p, double q) {
    const int m = s->f->grid.n[s->first], n = s->f->grid.n[s->second];
    const double x = p * m - 0.5, y = q * n - 0.5, a = x - floor(x), b = y - floor(y);
    const int i = (int)floor(x), j = (int)floor(y);
    return (1 - b) * ((1 - a) * section_value(s, i, j) + a * section_value(s, i + 1, j)) +
           b * ((1 - a) * section_value(s, i, j + 1) + a * section_value(s, i + 1, j + 1));
}

static void section_draw_part(const section *s, cairo_t *cr, double p, double q, double dp, double dq, double v) {
    const double range = s->high - s->low;
    double at[2], rgb[3] = {0.8, 0.8, 0.8};
    if (!isnan(v)) plot_page_colour(range > 1e-9 * fabs(s->high) ? (v - s->low) / range : 0.5, rgb);
    for (int k = 0; k < 4; k++) {
        section_place(s, p + (k == 1 || k == 2 ? dp : 0), q + (k >= 2 ? dq : 0), at);
        (k ? cairo_line_to : cairo_move_to)(cr, at[0], at[1]);
    }
    cairo_close_path(cr);
    cairo_set_source_rgb(cr, rgb[0], rgb[1], rgb[2]);
    cairo_fill(cr);
}

/* Averages over cells as cells, a smooth field smoothly. */
static void section_draw_field(const section *s, cairo_t *cr) {
    enum { PARTS = 240 };
    const int m = s->f->grid.n[s->first], n = s->f->grid.n[s->second], box = s->f->kernel == FEMD_LOCAL_BOX;
    const int across = box || m > PARTS ? 1 : (PARTS + m - 1) / m, along = box || n > PARTS ? 1 : (PARTS + n - 1) / n;
    const double dp = 1.0 / (m * across), dq = 1.0 / (n * along);
    cairo_set_antialias(cr, CAIRO_ANTIALIAS_NONE); /* no seams between parts */
    for (int j = 0; j < n * along; j++)
        for (int i = 0; i < m * across; i++)
            section_draw_part(s, cr, i * dp, j * dq, dp, dq,
                              box ? section_value(s, i, j) : section_between(s, (i + 0.5) * dp, (j + 0.5) * dq));
    cairo_set_antialias(cr, CAIRO_ANTIALIAS_DEFAULT);
}

/* Rings where the atoms of the layer are. */
static void section_draw_atoms(const section *s, cairo_t *cr) {
    cairo_set_line_width(cr, 1.2);
    for (int i = 0; i < s->f->n; i++) {
        double u[3], at[2];
        femd_local_coordinates(&s->f->grid, s->f->x + 3 * i, u);
        for (int k = 0; k < 3; k++) u[k] -= s->f->grid.n[k] * floor(u[k] / s->f->grid.n[k]);
        if ((int)u[s->across] != s->layer) continue;
        section_place(s, u[s->first] / s->f->grid.n[s->first], u[s->second] / s->f->grid.n[s->second], at);
        cairo_arc(cr, at[0], at[1], fmin(9, 0.45 * s->scale), 0, 2 * PLOT_PI);
        cairo_set_source_rgba(cr, 1, 1, 1, 0.85);
        cairo_stroke_preserve(cr);
        cairo_set_source_rgba(cr, 0, 0, 0, 0.55);
        cairo_fill(cr);
    }
}

/* A bar of whole angstroms under the section. */
static void section_draw_length(const section *s, cairo_t *cr) {
    const double step = plot_scale_step(150 / s->scale, 1), y = PLOT_HEIGHT - 22;
    char text[64];
    cairo_set_source_rgb(cr, 0, 0, 0);
    cairo_set_line_width(cr, 2);
    cairo_move_to(cr, 40, y);
    cairo_line_to(cr, 40 + step * s->scale, y);
    cairo_stroke(cr);
    snprintf(text, sizeof text, "%g \303\205", step);
    plot_page_text(cr, 48 + step * s->scale, y, -1, 13, text);
}

femd_status fields_picture_draw(const fields_picture *picture, const femd_local_fields *f, const char *folder,
                                const char *stem, femd_error *err) {
    int quantity, component;
    char title[200], *path = NULL;
    cairo_surface_t *recording;
    if (!picture->what) return FEMD_OK;
    if (!picture_find(picture->what, &quantity, &component) || !femd_local_fields_have(f, quantity))
        return femd_fail(err, FEMD_UNSUPPORTED, "--picture %s: these fields have no such quantity", picture->what);
    const femd_local_quantity *what = &femd_local_quantities[quantity];
    section s = {.f = f, .across = picture->across - 1, .place = what->first + component};
    s.first = s.across == 0 ? 1 : 0;
    s.second = s.across == 2 ? 1 : 2;
    const double *a = f->grid.h + 3 * s.first, *b = f->grid.h + 3 * s.second;
    if (femd_dot3(b, b) > femd_dot3(a, a)) { /* the longer one lies level */
        const int longer = s.second;
        s.second = s.first;
        s.first = longer;
    }
    s.layer = f->grid.n[s.across] / 2;
    section_range(&s);
    section_fit(&s);
    cairo_t *cr = plot_page_begin(&recording);
    snprintf(title, sizeof title, "%s across lattice vector %d, layer %d of %d, %s kernel", picture->what,
             picture->across, s.layer + 1, f->grid.n[s.across], f->kernel == FEMD_LOCAL_BOX ? "box" : "smooth");
    plot_page_title(cr, title);
    section_draw_field(&s, cr);
    section_draw_atoms(&s, cr);
    section_draw_length(&s, cr);
    plot_page_bar(cr, s.low, s.high, picture->what, strcmp(what->unit, "1") == 0 ? "" : what->unit);
    if (asprintf(&path, "%s/%s", folder, stem) < 0) path = NULL;
    femd_status rc = plot_page_end(cr, recording, path ? path : "", err);
    if (!path) rc = femd_fail(err, FEMD_NO_MEMORY, "no memory for a path");
    free(path);
    return rc;
}
