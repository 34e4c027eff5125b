/* The outside of a body in colours, seen from one corner: facets sorted by their depth (painter's algorithm). The
 * colours are those of the legend, whatever the light; lines along edges and outlines give the shape. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plot_arrows.h"
#include "plot_draw.h"
#include "plot_page.h"

/* ---- its outside ---- */

/* Faces in nodes of the cell, outward: VTK's linear hexahedron (12), linear (10) and quadratic (24) tetrahedron. */
static const int hexahedron_face[6][4] = {{3, 0, 4, 7}, {1, 2, 6, 5}, {0, 1, 5, 4},
                                          {2, 3, 7, 6}, {0, 3, 2, 1}, {4, 5, 6, 7}};
static const int tetrahedron_face[4][3] = {{0, 2, 1}, {0, 1, 3}, {1, 2, 3}, {2, 0, 3}};

typedef struct body_side {
    size_t corner[4], cell; /* corners ascending, 0 before those of a triangle */
    int face;
} body_side;

static int side_by_corners(const void *a, const void *b) {
    const body_side *p = a, *q = b;
    for (int i = 0; i < 4; i++)
        if (p->corner[i] != q->corner[i]) return p->corner[i] < q->corner[i] ? -1 : 1;
    return 0;
}

static body_side side_of(const plot_fields *f, size_t cell, int face) {
    const int corners = f->cell_type == 12 ? 4 : 3;
    body_side s = {.cell = cell, .face = face};
    for (int k = 0; k < corners; k++) {
        const int local = corners == 4 ? hexahedron_face[face][k] : tetrahedron_face[face][k];
        const size_t node = f->conn[cell * (size_t)f->cell_points + (size_t)local];
        int at = k;
        for (; at > 0 && s.corner[at - 1] > node; at--) s.corner[at] = s.corner[at - 1];
        s.corner[at] = node;
    }
    return s;
}

/* Sides that only one cell has, malloc'ed. */
static femd_status body_outside(const plot_fields *f, body_side **list, size_t *n, femd_error *err) {
    const size_t faces = f->cell_type == 12 ? 6 : 4, all = f->ncells * faces;
    *n = 0;
    *list = malloc((all + 1) * sizeof **list);
    if (!*list) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the picture");
    for (size_t i = 0; i < all; i++) (*list)[i] = side_of(f, i / faces, (int)(i % faces));
    qsort(*list, all, sizeof **list, side_by_corners);
    for (size_t i = 0, next; i < all; i = next) {
        for (next = i + 1; next < all && side_by_corners(&(*list)[i], &(*list)[next]) == 0;) next++;
        if (next == i + 1) (*list)[(*n)++] = (*list)[i];
    }
    return FEMD_OK;
}

/* Triangles of a face in nodes of the cell: four of a curved one. Returns how many. */
static int body_triangles(const plot_fields *f, int face, int triangle[4][3]) {
    static const int middle[4][4] = {{-1, 4, 6, 7}, {4, -1, 5, 8}, {6, 5, -1, 9}, {7, 8, 9, -1}};
    if (f->cell_type == 12) {
        const int *v = hexahedron_face[face], two[2][3] = {{v[0], v[1], v[2]}, {v[0], v[2], v[3]}};
        memcpy(triangle, two, sizeof two);
        return 2;
    }
    const int *v = tetrahedron_face[face];
    memcpy(triangle[0], v, 3 * sizeof *v);
    if (f->cell_type == 10) return 1;
    const int a = middle[v[0]][v[1]], b = middle[v[1]][v[2]], c = middle[v[2]][v[0]],
              four[4][3] = {{v[0], a, c}, {a, v[1], b}, {c, b, v[2]}, {a, b, c}};
    memcpy(triangle, four, sizeof four);
    return 4;
}

/* ---- as it is seen ---- */

typedef struct body_view {
    double axis[3][3]; /* right, up, towards the eye */
    double warp;
} body_view;

/* The eye stands in front (-y), to the right and above; z points upwards. */
static void view_make(body_view *v) {
    const double turn = 0.6, tilt = 0.45;
    const double right[3] = {cos(turn), sin(turn), 0},
                 towards[3] = {cos(tilt) * sin(turn), -cos(tilt) * cos(turn), sin(tilt)};
    memcpy(v->axis[0], right, sizeof right);
    memcpy(v->axis[2], towards, sizeof towards);
    for (int a = 0; a < 3; a++) {
        const int b = (a + 1) % 3, c = (a + 2) % 3;
        v->axis[1][a] = towards[b] * right[c] - towards[c] * right[b];
    }
}

static void view_place(const body_view *v, const plot_fields *f, size_t node, double eye[3]) {
    for (int k = 0; k < 3; k++) {
        eye[k] = 0;
        for (size_t a = 0; a < 3; a++) eye[k] += v->axis[k][a] * (f->x[3 * node + a] + v->warp * f->u[3 * node + a]);
    }
}

/* Times that the displacements are enlarged: what is asked, or 1 if they are seen, or a round number that shows them.
 */
static double view_warp(const plot_fields *f, double asked) {
    double low[3] = {INFINITY, INFINITY, INFINITY}, high[3] = {-INFINITY, -INFINITY, -INFINITY}, size = 0, most = 0;
    for (size_t i = 0; i < 3 * f->npoints; i++) {
        low[i % 3] = fmin(low[i % 3], f->x[i]);
        high[i % 3] = fmax(high[i % 3], f->x[i]);
        most = fmax(most, fabs(f->u[i]));
    }
    for (int a = 0; a < 3; a++) size = fmax(size, high[a] - low[a]);
    if (asked >= 0) return asked;
    return most == 0 || most > 0.05 * size ? 1 : plot_scale_step(0.1 * size / most, 1);
}

typedef struct body_facet {
    double p[3][2], value[3], depth, normal[3]; /* normal: of length 1, towards the eye if [2] > 0 */
    size_t node[3], cell;
    int line; /* bit k: its edge from corner k to the next is drawn */
} body_facet;

static int facet_by_depth(const void *a, const void *b) {
    const body_facet *p = a, *q = b;
    return (p->depth > q->depth) - (p->depth < q->depth);
}

static void facet_face(const double eye[3][3], double normal[3]) {
    for (int a = 0; a < 3; a++) {
        const int b = (a + 1) % 3, c = (a + 2) % 3;
        normal[a] =
            (eye[1][b] - eye[0][b]) * (eye[2][c] - eye[0][c]) - (eye[1][c] - eye[0][c]) * (eye[2][b] - eye[0][b]);
    }
    const double length = sqrt(normal[0] * normal[0] + normal[1] * normal[1] + normal[2] * normal[2]);
    for (int a = 0; a < 3 && length > 0; a++) normal[a] /= length;
}

/* An edge of a facet; its nodes ascending. */
typedef struct body_edge {
    size_t node[2];
    body_facet *facet;
    int number;
} body_edge;

static int edge_by_nodes(const void *a, const void *b) {
    const body_edge *p = a, *q = b;
    for (int i = 0; i < 2; i++)
        if (p->node[i] != q->node[i]) return p->node[i] < q->node[i] ? -1 : 1;
    return 0;
}

/* Is there a line between two facets: where the body turns by more than 30 degrees, or away from the eye. */
static int edge_is_seen(const body_facet *p, const body_facet *q) {
    const double cosine = p->normal[0] * q->normal[0] + p->normal[1] * q->normal[1] + p->normal[2] * q->normal[2];
    return cosine < 0.866 || (p->normal[2] > 0) != (q->normal[2] > 0);
}

static femd_status body_lines(body_facet *facet, size_t n, femd_error *err) {
    body_edge *edge = malloc((3 * n + 1) * sizeof *edge);
    if (!edge) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the picture");
    for (size_t i = 0; i < 3 * n; i++) {
        const size_t from = facet[i / 3].node[i % 3], to = facet[i / 3].node[(i + 1) % 3];
        edge[i] = (body_edge){{from < to ? from : to, from < to ? to : from}, &facet[i / 3], (int)(i % 3)};
    }
    qsort(edge, 3 * n, sizeof *edge, edge_by_nodes);
    for (size_t i = 0, next; i < 3 * n; i = next) {
        for (next = i + 1; next < 3 * n && edge_by_nodes(edge + i, edge + next) == 0;) next++;
        const int drawn = next != i + 2 || edge_is_seen(edge[i].facet, edge[i + 1].facet);
        for (size_t k = i; k < next; k++) edge[k].facet->line |= drawn << edge[k].number;
    }
    free(edge);
    return FEMD_OK;
}

/* The facets that look at the eye, the farthest first. */
static femd_status body_facets(const plot_fields *f, const body_view *v, const body_side *list, size_t n,
                               body_facet *out, size_t *seen, femd_error *err) {
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        int triangle[4][3];
        const int triangles = body_triangles(f, list[i].face, triangle);
        const size_t *node = f->conn + list[i].cell * (size_t)f->cell_points;
        for (int t = 0; t < triangles; t++) {
            body_facet *one = &out[count++];
            double eye[3][3];
            *one = (body_facet){.cell = list[i].cell};
            for (int k = 0; k < 3; k++) {
                const size_t at = one->node[k] = node[triangle[t][k]];
                view_place(v, f, at, eye[k]);
                memcpy(one->p[k], eye[k], sizeof one->p[k]);
                one->value[k] = f->on_points ? f->value[at] : f->value[list[i].cell];
                one->depth += eye[k][2];
            }
            facet_face((const double(*)[3])eye, one->normal);
        }
    }
    FEMD_TRY(body_lines(out, count, err));
    *seen = 0;
    for (size_t i = 0; i < count; i++)
        if (out[i].normal[2] > 0) out[(*seen)++] = out[i];
    qsort(out, *seen, sizeof *out, facet_by_depth);
    return FEMD_OK;
}

/* ---- colours ---- */

typedef struct body_frame {
    double middle[2], scale; /* of the body's places on the page */
    double low, high;        /* of the field */
    double finest;           /* parts of a facet's edge, at most: few where there are many facets */
} body_frame;

static void frame_fit(const body_facet *facet, size_t n, body_frame *fit) {
    double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
    fit->low = INFINITY;
    fit->high = -INFINITY;
    for (size_t i = 0; i < 3 * n; i++) {
        const body_facet *one = &facet[i / 3];
        for (int a = 0; a < 2; a++) {
            low[a] = fmin(low[a], one->p[i % 3][a]);
            high[a] = fmax(high[a], one->p[i % 3][a]);
        }
        if (isnan(one->value[i % 3])) continue;
        fit->low = fmin(fit->low, one->value[i % 3]);
        fit->high = fmax(fit->high, one->value[i % 3]);
    }
    for (int a = 0; a < 2; a++) fit->middle[a] = 0.5 * (low[a] + high[a]);
    fit->scale = fmin(660 / (high[0] - low[0]), 430 / (high[1] - low[1]));
}

/* A field that is the same everywhere up to round-off has one colour; what is not known is grey. */
static void frame_colour(const body_frame *fit, double value, double rgb[3]) {
    const double range = fit->high - fit->low, same = 1e-9 * fmax(fabs(fit->high), fabs(fit->low));
    plot_page_colour(range > same ? (value - fit->low) / range : 0.5, rgb);
    for (int c = 0; c < 3; c++) rgb[c] = isnan(value) ? 0.7 : rgb[c];
}

static void frame_go(cairo_t *cr, const body_frame *fit, const double at[2], int line) {
    (line ? cairo_line_to : cairo_move_to)(cr, 390 + (at[0] - fit->middle[0]) * fit->scale,
                                           315 - (at[1] - fit->middle[1]) * fit->scale);
}

static void body_paint_lines(cairo_t *cr, const body_facet *one, const body_frame *fit) {
    cairo_set_source_rgb(cr, 0.1, 0.1, 0.1);
    cairo_set_line_width(cr, 0.9);
    for (int k = 0; k < 3; k++) {
        if (!(one->line >> k & 1)) continue;
        frame_go(cr, fit, one->p[k], 0);
        frame_go(cr, fit, one->p[(k + 1) % 3], 1);
        cairo_stroke(cr);
    }
}

/* In parts of one colour each, as fine as its values differ. */
static void body_paint(cairo_t *cr, const body_facet *one, const body_frame *fit) {
    const double *value = one->value, most = fmax(value[0], fmax(value[1], value[2])),
                 least = fmin(value[0], fmin(value[1], value[2]));
    const double spread = fit->high > fit->low ? (most - least) / (fit->high - fit->low) : 0;
    const int parts = isfinite(spread) ? (int)fmin(fit->finest, 1 + floor(spread * 24)) : 1;
    for (int i = 0; i < parts; i++)
        for (int j = 0; j < 2 * (parts - i) - 1; j++) {
            const int a = i, b = j / 2, flip = j % 2;
            const double corner[2][3][2] = {{{a, b}, {a + 1, b}, {a, b + 1}}, {{a + 1, b}, {a + 1, b + 1}, {a, b + 1}}};
            double mean = 0, rgb[3];
            for (int k = 0; k < 3; k++) {
                const double s = corner[flip][k][0] / parts, t = corner[flip][k][1] / parts, r = 1 - s - t;
                double at[2];
                for (int c = 0; c < 2; c++) at[c] = r * one->p[0][c] + s * one->p[1][c] + t * one->p[2][c];
                mean += (r * value[0] + s * value[1] + t * value[2]) / 3;
                frame_go(cr, fit, at, k > 0);
            }
            cairo_close_path(cr);
            frame_colour(fit, mean, rgb);
            cairo_set_source_rgb(cr, rgb[0], rgb[1], rgb[2]);
            cairo_set_line_width(cr, 0.5); /* closes the seams between the parts */
            cairo_fill_preserve(cr);
            cairo_stroke(cr);
        }
    if (one->line) body_paint_lines(cr, one, fit);
}

/* ---- what flows ---- */

static femd_status body_flow(cairo_t *cr, const plot_fields *f, const body_view *v, const body_facet *facet, size_t n,
                             const body_frame *fit, double *longest, femd_error *err) {
    plot_flow *list = calloc(n + 1, sizeof *list);
    if (!list) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the picture");
    for (size_t i = 0; i < n; i++) {
        const double(*p)[2] = facet[i].p, *q = f->flow + 3 * facet[i].cell;
        list[i].area = fabs((p[1][0] - p[0][0]) * (p[2][1] - p[0][1]) - (p[1][1] - p[0][1]) * (p[2][0] - p[0][0])) / 2;
        list[i].at[0] = 390 + ((p[0][0] + p[1][0] + p[2][0]) / 3 - fit->middle[0]) * fit->scale;
        list[i].at[1] = 315 - ((p[0][1] + p[1][1] + p[2][1]) / 3 - fit->middle[1]) * fit->scale;
        for (int a = 0; a < 3; a++) {
            list[i].flow[0] += v->axis[0][a] * q[a];
            list[i].flow[1] -= v->axis[1][a] * q[a];
        }
    }
    const femd_status rc = plot_draw_arrows(cr, list, n, longest, err);
    free(list);
    return rc;
}

static void body_axes(cairo_t *cr, const body_view *v) {
    static const char *const name[3] = {"x", "y", "z"};
    const double x = 60, y = PLOT_HEIGHT - 60;
    for (int a = 0; a < 3; a++) {
        const double right = v->axis[0][a], up = v->axis[1][a];
        cairo_set_line_width(cr, 1.5);
        cairo_move_to(cr, x, y);
        cairo_line_to(cr, x + 34 * right, y - 34 * up);
        cairo_stroke(cr);
        plot_page_text(cr, x + 46 * right, y - 46 * up, 0, 13, name[a]);
    }
}

/* ---- the whole ---- */

static femd_status body_draw(const plot_fields *f, const body_view *v, const body_facet *facet, size_t n,
                             const char *name, const char *title, const char *unit, const char *path, femd_error *err) {
    body_frame fit;
    cairo_surface_t *recording;
    char text[200];
    frame_fit(facet, n, &fit);
    fit.finest = fmax(1, fmin(8, floor(sqrt(60000.0 / (double)(n + 1)))));
    if (!(fit.high >= fit.low))
        return femd_fail(err, FEMD_BAD_INPUT, "%s is not known anywhere in step %d", f->name, f->step);
    cairo_t *cr = plot_page_begin(&recording);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
    for (size_t i = 0; i < n; i++) body_paint(cr, &facet[i], &fit);
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_BUTT);
    cairo_set_source_rgb(cr, 0, 0, 0);
    plot_page_title(cr, title);
    snprintf(text, sizeof text, "step %d, displacements %g times enlarged", f->step, v->warp);
    if (v->warp == 1) snprintf(text, sizeof text, "step %d, displacements as they are", f->step);
    if (!f->moves) snprintf(text, sizeof text, "step %d", f->step);
    plot_page_text(cr, 0.5 * PLOT_WIDTH, 52, 0, 13, text);
    plot_page_bar(cr, fit.low, fit.high, name, unit);
    body_axes(cr, v);
    double longest = 0, factor;
    femd_status rc = f->flow ? body_flow(cr, f, v, facet, n, &fit, &longest, err) : FEMD_OK;
    if (longest > 0) {
        char scaled[32];
        plot_scale_unit(longest, "W/m\xc2\xb2", &factor, scaled);
        snprintf(text, sizeof text, "arrows: heat flux, the longest %.3g %s", longest / factor, scaled);
        cairo_set_source_rgb(cr, 0, 0, 0);
        plot_page_text(cr, PLOT_WIDTH - 20, PLOT_HEIGHT - 30, 1, 13, text);
    }
    const femd_status kept = plot_page_end(cr, recording, path, err);
    return rc != FEMD_OK ? rc : kept;
}

femd_status plot_draw_fields(const plot_fields *f, const char *name, const char *title, const char *unit, double warp,
                             const char *path, femd_error *err) {
    body_view v = {.warp = view_warp(f, warp)};
    body_side *list = NULL;
    body_facet *facet = NULL;
    size_t n = 0, seen = 0;
    if (f->cell_type != 12 && f->cell_type != 10 && f->cell_type != 24)
        return femd_fail(err, FEMD_UNSUPPORTED, "cells of VTK's type %d cannot be drawn", f->cell_type);
    view_make(&v);
    femd_status rc = body_outside(f, &list, &n, err);
    if (rc == FEMD_OK && !(facet = malloc((4 * n + 1) * sizeof *facet)))
        rc = femd_fail(err, FEMD_NO_MEMORY, "no memory for the picture");
    if (rc == FEMD_OK) rc = body_facets(f, &v, list, n, facet, &seen, err);
    if (rc == FEMD_OK) rc = body_draw(f, &v, facet, seen, name, title, unit, path, err);
    free(facet);
    free(list);
    return rc;
}
