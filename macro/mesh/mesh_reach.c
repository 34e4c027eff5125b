/* What the size of the body says of the numbers of a case: lengths that no length of a body is, displacements that no
 * body goes through. Knows no answer and no unknown. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "femd/tensor3.h"
#include "mesh/mesh.h"

#define LEAST    1e-50 /* m, of a side of the body: volumes and their squares are to be numbers */
#define GREATEST 1e50
#define FLAT     1e-5 /* diagonals: what is thinner has no way to turn that could be told from round-off */
#define FAR      1e6  /* diagonals: strains would keep ten digits at best, and are mostly mistyped units */

femd_status femd_mesh_check_size(const femd_case *cs, const femd_mesh *mesh, double *diagonal, femd_error *err) {
    double square = 0;
    for (int a = 0; a < 3; ++a) {
        double low = INFINITY, high = -INFINITY, off = 0;
        for (int v = 0; v < mesh->nvertices; ++v) {
            low = fmin(low, mesh->x[3 * v + a]);
            high = fmax(high, mesh->x[3 * v + a]);
            off = fmax(off, fabs(mesh->x[3 * v + a]));
        }
        if (off > GREATEST || (high > low && high - low < LEAST))
            return femd_fail(
                err, FEMD_BAD_INPUT,
                "%s: mesh: %s goes from %g to %g m along %c: lengths from %g to %g m can be computed with; "
                "look at the units%s",
                cs->path, mesh->title, low, high, "xyz"[a], LEAST, GREATEST,
                cs -> mesh.file ? " and at mesh.scale" : "");
        square += (high - low) * (high - low);
    }
    *diagonal = sqrt(square);
    return FEMD_OK;
}

/* Distance of vertex v from a place, across a unit vector; NULL: all of it. off: from the place to there, across it. */
static double reach_distance(const femd_mesh *mesh, int v, const double *place, const double *along, double off[3]) {
    double part = 0;
    for (int a = 0; a < 3; ++a) off[a] = mesh->x[3 * v + a] - place[a];
    if (along) part = femd_dot3(off, along);
    for (int a = 0; along && a < 3; ++a) off[a] -= part * along[a];
    return sqrt(femd_dot3(off, off));
}

/* The farthest vertex of all; `unit` points to it from the place, across `along`. */
static double reach_farthest(const femd_mesh *mesh, const double *place, const double *along, double unit[3]) {
    double most = 0, off[3], far[3] = {1, 0, 0};
    for (int v = 0; v < mesh->nvertices; ++v) {
        const double distance = reach_distance(mesh, v, place, along, off);
        if (distance <= most) continue;
        most = distance;
        memcpy(far, off, sizeof far);
    }
    for (int a = 0; a < 3; ++a) unit[a] = most > 0 ? far[a] / most : far[a];
    return most;
}

/* A body whose nodes lie in one plane, or on one line. */
static femd_status reach_check_flat(const femd_case *cs, const femd_mesh *mesh, double diagonal, femd_error *err) {
    double length[3], width[3], normal[3], off[3], thick[2] = {0};
    if (mesh->nvertices == 0) return FEMD_OK;
    (void)reach_farthest(mesh, mesh->x, NULL, length);
    const double wide = reach_farthest(mesh, mesh->x, length, width);
    if (wide <= FLAT * diagonal)
        return femd_fail(
            err, FEMD_BAD_INPUT,
            "%s: mesh: %s has no volume: its nodes lie on one line, along (%.3g, %.3g, %.3g), to %.2g m of "
            "a length of %.3g m; look at the coordinates and their units",
            cs->path, mesh->title, length[0], length[1], length[2], wide, diagonal);
    for (int a = 0; a < 3; ++a) {
        const int b = (a + 1) % 3, c = (a + 2) % 3;
        normal[a] = length[b] * width[c] - length[c] * width[b];
    }
    for (int v = 0; v < mesh->nvertices; ++v) {
        (void)reach_distance(mesh, v, mesh->x, NULL, off);
        const double height = femd_dot3(off, normal);
        thick[0] = fmin(thick[0], height);
        thick[1] = fmax(thick[1], height);
    }
    if (thick[1] - thick[0] > FLAT * diagonal) return FEMD_OK;
    const double most = fmax(normal[0], fmax(normal[1], normal[2])),
                 least = fmin(normal[0], fmin(normal[1], normal[2]));
    for (int a = 0; a < 3; ++a) normal[a] = fabs(normal[a]) < 1e-4 ? 0 : most < -least ? -normal[a] : normal[a];
    return femd_fail(err, FEMD_BAD_INPUT,
                     "%s: mesh: %s has no volume: its nodes lie in one plane, it is %.2g m thick along (%.3g, %.3g, "
                     "%.3g) and %.3g m across; look at the coordinates and their units",
                     cs->path, mesh->title, thick[1] - thick[0], normal[0], normal[1], normal[2], diagonal);
}

double femd_case_farthest(const femd_case_boundary *b, double diagonal) {
    double most = 0, factor = b->ntable > 0 ? 0 : 1;
    if (!femd_case_holds(b) || femd_case_is_heat(b->kind)) return 0;
    for (size_t k = 0; k < b->ntable; ++k) factor = fmax(factor, fabs(b->factor[k]));
    for (int a = 0; a < 3; ++a)
        if (b->has[a] && !b->function[a]) most = fmax(most, fabs(b->value[a]));
    for (int i = 0; i < 9; ++i) most = fmax(most, fabs(b->gradient[i]) * diagonal);
    return fmin(most * factor, DBL_MAX);
}

femd_status femd_case_refuse_far(const femd_case *cs, size_t entry, double moved, double diagonal, femd_error *err) {
    if (moved <= FAR * diagonal) return FEMD_OK;
    return femd_fail(
        err, FEMD_BAD_INPUT,
        "%s: boundary[%zu] (\"%.60s\"): a displacement of %g m of a body that is %g m across; accepted: up "
        "to %g times that; look at the units",
        cs->path, entry, cs->boundary[entry].on, moved, diagonal, FAR);
}

femd_status femd_mesh_check_reach(const femd_case *cs, const femd_mesh *mesh, femd_error *err) {
    double diagonal;
    FEMD_TRY(femd_mesh_check_size(cs, mesh, &diagonal, err));
    FEMD_TRY(reach_check_flat(cs, mesh, diagonal, err));
    for (size_t b = 0; b < cs->nboundary; ++b)
        FEMD_TRY(femd_case_refuse_far(cs, b, femd_case_farthest(&cs->boundary[b], diagonal), diagonal, err));
    return FEMD_OK;
}
