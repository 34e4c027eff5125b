/* What the size of the body says of the numbers of a case: lengths that no length of a body is, displacements that no
 * body goes through. Knows no answer and no unknown. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "mesh/mesh.h"

#define LEAST    1e-50 /* m, of a side of the body: volumes and their squares are to be numbers */
#define GREATEST 1e50
#define FAR      1e6 /* diagonals: strains would keep ten digits at best, and are mostly mistyped units */

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
    for (size_t b = 0; b < cs->nboundary; ++b)
        FEMD_TRY(femd_case_refuse_far(cs, b, femd_case_farthest(&cs->boundary[b], diagonal), diagonal, err));
    return FEMD_OK;
}
