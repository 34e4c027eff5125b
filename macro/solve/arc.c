/* The geometry of a step along the path. Owns the load of the iterate; when an iterate is good enough is not known
 * here.
 */
#include "solve/arc.h"

#include <math.h>

#include "base/petsc_edge.h"
#include "fields/boundary.h"

femd_status femd_arc_init(femd_arc *arc, femd_field *field, femd_linear *linear, femd_error *err) {
    *arc = (femd_arc){.field = field, .linear = linear};
    PETSC_TRY(err, VecDuplicate(field->committed, &arc->rate));
    PETSC_TRY(err, VecDuplicate(field->committed, &arc->along));
    PETSC_TRY(err, VecDuplicate(field->committed, &arc->back));
    PETSC_TRY(err, VecDuplicate(field->committed, &arc->ahead));
    return FEMD_OK;
}

void femd_arc_clear(femd_arc *arc) {
    (void)VecDestroy(&arc->rate);
    (void)VecDestroy(&arc->along);
    (void)VecDestroy(&arc->back);
    (void)VecDestroy(&arc->ahead);
}

/* along = dX/d(load time) from K and rate; prescribed values are added by `back`, which holds theirs. */
static femd_status arc_solve_along(femd_arc *arc, Mat K, int *solved, femd_error *err) {
    FEMD_TRY(femd_linear_solve(arc->linear, K, arc->rate, arc->along, solved, err));
    if (*solved) PETSC_TRY(err, VecAXPY(arc->along, 1, arc->back));
    return FEMD_OK;
}

femd_status femd_arc_start(femd_arc *arc, Mat K, double load, double part, int straight, double *scale, Vec X,
                           int *possible, femd_error *err) {
    femd_field *field = arc->field;
    double size, forward;
    arc->load0 = load;
    arc->change = 0;
    FEMD_TRY(field->kind->path(field, 1, K, arc->rate, arc->back, possible, err));
    if (*possible) FEMD_TRY(arc_solve_along(arc, K, possible, err));
    if (!*possible) return FEMD_OK;
    PETSC_TRY(err, VecNorm(arc->along, NORM_2, &size));
    *possible = size > 0 && isfinite(size);
    if (!*possible) return FEMD_OK;
    if (*scale == 0) *scale = size;
    arc->length = *scale * part;
    PETSC_TRY(err, VecWAXPY(arc->back, -1, field->before, field->committed));
    PETSC_TRY(err, VecDot(arc->back, arc->along, &forward));
    const double change = (forward < 0 ? -1 : 1) * arc->length / size;
    arc->load = load + change;
    FEMD_TRY(femd_boundary_set_time(field, arc->load, err));
    arc->straight = straight;
    PETSC_TRY(err, VecCopy(arc->along, arc->ahead));
    PETSC_TRY(err, VecScale(arc->ahead, change / arc->length));
    PETSC_TRY(err, VecWAXPY(X, change, arc->along, field->committed));
    return femd_field_prescribe(field, X, err);
}

femd_status femd_arc_tangent(femd_arc *arc, Mat K, femd_error *err) {
    int possible;
    return arc->field->kind->path(arc->field, 0, K, arc->rate, arc->back, &possible, err);
}

/* Of |w + c along| = length the c that goes on most in the direction of `gone`; the nearest there is, if there is none.
 * All by their products. */
static double arc_choose(double aa, double aw, double ww, double ga, double gw, double length) {
    const double middle = -aw / aa, square = middle * middle - (ww - length * length) / aa;
    if (!(square > 0)) return middle;
    const double c[2] = {middle + sqrt(square), middle - sqrt(square)};
    return gw + c[0] * ga >= gw + c[1] * ga ? c[0] : c[1];
}

femd_status femd_arc_correct(femd_arc *arc, Mat K, Vec X, Vec step, int *solved, femd_error *err) {
    double aa, aw, ww, ga, gg, gs;
    FEMD_TRY(arc_solve_along(arc, K, solved, err));
    if (!*solved) return FEMD_OK;
    PETSC_TRY(err, VecWAXPY(arc->back, -1, arc->field->committed, X)); /* gone */
    PETSC_TRY(err, VecDot(arc->back, arc->along, &ga));
    PETSC_TRY(err, VecDot(arc->back, arc->back, &gg));
    PETSC_TRY(err, VecDot(arc->back, step, &gs));
    PETSC_TRY(err, VecAXPY(arc->back, -1, step)); /* w, at constant load */
    if (arc->straight) {
        PETSC_TRY(err, VecDot(arc->along, arc->ahead, &aa));
        PETSC_TRY(err, VecDot(arc->back, arc->ahead, &ww));
        arc->change = (arc->length - ww) / aa;
        *solved = isfinite(arc->change);
    } else {
        PETSC_TRY(err, VecDot(arc->along, arc->along, &aa));
        PETSC_TRY(err, VecDot(arc->along, arc->back, &aw));
        PETSC_TRY(err, VecDot(arc->back, arc->back, &ww));
        *solved = aa > 0 && isfinite(aa) && isfinite(ww);
        if (*solved) arc->change = arc_choose(aa, aw, ww, ga, gg - gs, arc->length);
    }
    if (!*solved) return FEMD_OK;
    PETSC_TRY(err, VecAXPY(step, -arc->change, arc->along));
    return FEMD_OK;
}

femd_status femd_arc_try(const femd_arc *arc, double part, femd_error *err) {
    return femd_boundary_set_time(arc->field, arc->load + part * arc->change, err);
}

femd_status femd_arc_look_back(femd_arc *arc, Vec X, double *gone, double *ahead, femd_error *err) {
    PETSC_TRY(err, VecWAXPY(arc->back, -1, arc->field->committed, X));
    PETSC_TRY(err, VecNorm(arc->back, NORM_2, gone));
    PETSC_TRY(err, VecDot(arc->back, arc->ahead, ahead));
    return FEMD_OK;
}

void femd_arc_take(femd_arc *arc, double part) {
    arc->load += part * arc->change;
    arc->change = 0;
}
