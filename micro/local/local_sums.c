/* Sums over the cells of a grid; see local_sums.h. */
#include "local/local_sums.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "femd/tensor3.h"
#include "femd/units.h"

/* eV in u (angstrom/ps)^2 */
#define LOCAL_MVV (FEMD_ATOMIC_MASS * 1e4 / FEMD_ELEMENTARY_CHARGE)

/* The cells that something counts in, with its weights. */
typedef struct local_weights {
    int count;
    size_t cell[27];
    double weight[27];
} local_weights;

static femd_status local_all_coordinates(const femd_local_grid *grid, const femd_local_body *body, double **out,
                                         femd_error *err) {
    double *u = malloc(3 * (size_t)body->n * sizeof *u);
    *out = u;
    if (!u) return femd_fail(err, FEMD_NO_MEMORY, "fields of %d atoms: out of memory", body->n);
    for (size_t i = 0; i < (size_t)body->n; i++) femd_local_coordinates(grid, body->x + 3 * i, u + 3 * i);
    return FEMD_OK;
}

static void local_segment_ends(const femd_local_grid *grid, const femd_segment *s, const double *u, double from[3],
                               double to[3]) {
    for (int k = 0; k < 3; k++) {
        from[k] = u[3 * (size_t)s->a + (size_t)k];
        to[k] = u[3 * (size_t)s->b + (size_t)k] + (double)s->shift[k] * grid->n[k];
    }
}

/* ---- weights ---- */

static void local_weigh_box(const femd_local_grid *grid, const int at[3], double weight, local_weights *w) {
    w->count = 1;
    w->cell[0] = femd_local_cell(grid, at);
    w->weight[0] = weight;
}

static void local_hardy_cells(const femd_local_grid *grid, const int at[3], local_weights *w) {
    w->count = 27;
    for (int j = 0; j < 27; j++) {
        const int there[3] = {at[0] + j % 3 - 1, at[1] + j / 3 % 3 - 1, at[2] + j / 9 - 1};
        w->cell[j] = femd_local_cell(grid, there);
        w->weight[j] = 0;
    }
}

/* Add `weight` times the product of the splines at u, which lies in the cell `at` or on its faces. */
static void local_hardy_add(const int at[3], const double u[3], double weight, local_weights *w) {
    double spline[3][3];
    for (int k = 0; k < 3; k++) {
        const double t = u[k] - at[k];
        spline[k][0] = 0.5 * (1 - t) * (1 - t);
        spline[k][1] = 0.75 - (t - 0.5) * (t - 0.5);
        spline[k][2] = 0.5 * t * t;
    }
    for (int j = 0; j < 27; j++) w->weight[j] += weight * spline[0][j % 3] * spline[1][j / 3 % 3] * spline[2][j / 9];
}

static void local_weigh_atom(const femd_local_grid *grid, int kernel, const double u[3], local_weights *w) {
    const int at[3] = {(int)floor(u[0]), (int)floor(u[1]), (int)floor(u[2])};
    if (kernel == FEMD_LOCAL_BOX) {
        local_weigh_box(grid, at, 1, w);
        return;
    }
    local_hardy_cells(grid, at, w);
    local_hardy_add(at, u, 1, w);
}

static void local_weigh_piece(const femd_local_grid *grid, int kernel, const femd_local_walk *walk,
                              const femd_local_piece *piece, local_weights *w) {
    static const double node[2] = {0.33998104358485626480, 0.86113631159405257522},
                        part[2] = {0.65214515486254614263, 0.34785484513745385737};
    const double half = 0.5 * (piece->end - piece->begin), mid = 0.5 * (piece->end + piece->begin);
    if (kernel == FEMD_LOCAL_BOX) {
        local_weigh_box(grid, piece->at, 2 * half, w);
        return;
    }
    local_hardy_cells(grid, piece->at, w);
    for (int g = 0; g < 4; g++) {
        const double where = mid + (g & 1 ? half : -half) * node[g / 2];
        double u[3];
        for (int k = 0; k < 3; k++) u[k] = walk->from[k] + where * walk->per[k];
        local_hardy_add(piece->at, u, half * part[g / 2], w);
    }
}

/* ---- sums ---- */

static void local_spread(const local_weights *w, const double *value, int first, int count, double *sums) {
    for (int j = 0; j < w->count; j++) {
        double *to = sums + w->cell[j] * FEMD_LOCAL_SUMS + first;
        for (int c = 0; c < count; c++) to[c] += w->weight[j] * value[c];
    }
}

/* All that an atom brings by itself. */
static void local_atom(const femd_local_body *body, size_t i, double value[FEMD_LOCAL_SUMS]) {
    memset(value, 0, FEMD_LOCAL_SUMS * sizeof *value);
    value[FEMD_LOCAL_COUNT] = 1;
    value[FEMD_LOCAL_MASS] = body->mass[i];
    value[FEMD_LOCAL_ENERGY] = body->energy[i];
    if (body->v) {
        const double *v = body->v + 3 * i, mvv = LOCAL_MVV * body->mass[i],
                     carried = body->energy[i] + 0.5 * mvv * femd_dot3(v, v);
        for (int c = 0; c < 6; c++) value[FEMD_LOCAL_MOTION + c] = mvv * v[femd_voigt_i[c]] * v[femd_voigt_j[c]];
        for (int c = 0; c < 3; c++) value[FEMD_LOCAL_CARRIED + c] = carried * v[c];
    }
    if (!body->F || isnan(body->apart[i])) return;
    memcpy(value + FEMD_LOCAL_GRADIENT, body->F + 9 * i, 9 * sizeof *value);
    value[FEMD_LOCAL_APART] = body->apart[i];
    value[FEMD_LOCAL_SHAPED] = 1;
}

/* Stress and flow of energy, which lie beside each other but for the atoms' own. */
static void local_segment(const femd_local_body *body, const femd_segment *s, double bonds[6], double flow[3]) {
    double power = 0;
    for (int c = 0; c < 6; c++) bonds[c] = s->pull * s->d[femd_voigt_i[c]] * s->d[femd_voigt_j[c]];
    if (body->v)
        power = femd_dot3(s->of_a, body->v + 3 * (size_t)s->b) + femd_dot3(s->of_b, body->v + 3 * (size_t)s->a);
    for (int c = 0; c < 3; c++) flow[c] = -power * s->d[c];
}

femd_status femd_local_sums_add(const femd_local_grid *grid, int kernel, const femd_local_body *body, double *sums,
                                femd_error *err) {
    local_weights w;
    double *u;
    FEMD_TRY(local_all_coordinates(grid, body, &u, err));
    for (size_t i = 0; i < (size_t)body->n; i++) {
        double value[FEMD_LOCAL_SUMS];
        local_atom(body, i, value);
        local_weigh_atom(grid, kernel, u + 3 * i, &w);
        local_spread(&w, value, 0, FEMD_LOCAL_SUMS, sums);
    }
    for (size_t b = 0; b < body->segments->count; b++) {
        const femd_segment *s = &body->segments->one[b];
        double from[3], to[3], bonds[6], flow[3];
        femd_local_walk walk;
        femd_local_piece piece;
        local_segment_ends(grid, s, u, from, to);
        local_segment(body, s, bonds, flow);
        femd_local_walk_begin(&walk, from, to);
        while (femd_local_walk_next(&walk, &piece)) {
            if (!(piece.end > piece.begin)) continue;
            local_weigh_piece(grid, kernel, &walk, &piece, &w);
            local_spread(&w, bonds, FEMD_LOCAL_BONDS, 6, sums);
            if (body->v) local_spread(&w, flow, FEMD_LOCAL_CONDUCTED, 3, sums);
        }
    }
    free(u);
    return FEMD_OK;
}

/* ---- balance ---- */

/* Planes of direction k, whose totals follow those of the directions before it. */
static double *local_plane(const femd_local_grid *grid, double *plane, int k, int index) {
    int m = index % grid->n[k];
    if (m < 0) m += grid->n[k];
    for (int q = 0; q < k; q++) m += grid->n[q];
    return plane + 3 * (size_t)m;
}

static void local_cross(const femd_local_grid *grid, const femd_segment *s, const femd_local_piece *piece, double *face,
                        double *plane) {
    int beyond[3] = {piece->at[0], piece->at[1], piece->at[2]};
    const int k = piece->crosses;
    beyond[k] += piece->step;
    double *here = face + 3 * femd_local_cell(grid, piece->at), *there = face + 3 * femd_local_cell(grid, beyond),
           *total = local_plane(grid, plane, k, piece->step > 0 ? beyond[k] : piece->at[k]);
    for (int c = 0; c < 3; c++) {
        const double pull = s->pull * s->d[c];
        here[c] += pull; /* what lies beyond pulls at it */
        there[c] -= pull;
        total[c] += piece->step * pull; /* of what lies above at what lies below */
    }
}

static double local_longest(const double *vector, size_t count) {
    double most = 0;
    for (size_t i = 0; i < count; i++) most = fmax(most, femd_dot3(vector + 3 * i, vector + 3 * i));
    return sqrt(most);
}

static void local_judge_planes(const femd_local_grid *grid, double *plane, femd_local_balance *balance) {
    for (int k = 0; k < 3; k++) {
        double *mean = balance->plane + 3 * k;
        for (int m = 0; m < grid->n[k]; m++)
            for (int c = 0; c < 3; c++) mean[c] += local_plane(grid, plane, k, m)[c] / grid->n[k];
        for (int m = 0; m < grid->n[k]; m++)
            for (int c = 0; c < 3; c++)
                balance->spread = fmax(balance->spread, fabs(local_plane(grid, plane, k, m)[c] - mean[c]));
    }
}

femd_status femd_local_balance_find(const femd_local_grid *grid, const femd_local_body *body, const double *force,
                                    femd_local_balance *balance, femd_error *err) {
    const size_t planes = (size_t)grid->n[0] + (size_t)grid->n[1] + (size_t)grid->n[2];
    double *face = calloc(3 * (grid->cells + planes), sizeof *face), *plane = face ? face + 3 * grid->cells : NULL, *u;
    *balance = (femd_local_balance){0};
    if (!face) return femd_fail(err, FEMD_NO_MEMORY, "the faces of %zu cells: out of memory", grid->cells);
    femd_status rc = local_all_coordinates(grid, body, &u, err);
    for (size_t b = 0; rc == FEMD_OK && b < body->segments->count; b++) {
        const femd_segment *s = &body->segments->one[b];
        double from[3], to[3];
        femd_local_walk walk;
        femd_local_piece piece;
        local_segment_ends(grid, s, u, from, to);
        femd_local_walk_begin(&walk, from, to);
        while (femd_local_walk_next(&walk, &piece))
            if (piece.crosses >= 0) local_cross(grid, s, &piece, face, plane);
    }
    balance->forces = local_longest(face, grid->cells);
    local_judge_planes(grid, plane, balance);
    for (size_t i = 0; rc == FEMD_OK && i < (size_t)body->n; i++) {
        const int at[3] = {(int)floor(u[3 * i]), (int)floor(u[3 * i + 1]), (int)floor(u[3 * i + 2])};
        for (size_t c = 0; c < 3; c++) face[3 * femd_local_cell(grid, at) + c] -= force[3 * i + c];
    }
    balance->rest = local_longest(face, grid->cells);
    free(face);
    free(u);
    return rc;
}
