/* How the equations change along a path of loads that grow in proportion: what arc-length control asks. Asks nobody,
 * but for the virgin points of the predictor. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "base/petsc_edge.h"
#include "fields/boundary.h"
#include "fields/mechanics_private.h"

#define PROPORTIONAL 1e-9 /* relative */

static femd_status path_set(femd_field *field, double time, const double *u, femd_error *err) {
    FEMD_TRY(femd_boundary_set_time(field, time, err));
    return femd_boundary_follow(field, u, err);
}

/* Prescribed values and loads by time, those that follow with the displacement u; *proportional 0 if they do not grow
 * so. `half`: n each, to write into. */
static femd_status path_rates(femd_field *field, const double *u, double *prescribed, double *applied, double *half,
                              int *proportional, femd_error *err) {
    const struct femd_boundary *boundary = field->boundary;
    const double now = boundary->time, end = boundary->cs->end_time;
    const size_t n = field->n, bytes = n * sizeof *prescribed;
    double most[2] = {0, 0}, off[2] = {0, 0};
    FEMD_TRY(path_set(field, end, u, err));
    memcpy(prescribed, boundary->prescribed, bytes);
    memcpy(applied, boundary->applied, bytes);
    for (int k = 1; k <= 2; ++k) { /* at no time, and half way */
        FEMD_TRY(path_set(field, k == 1 ? 0 : 0.5 * end, u, err));
        memcpy(half, boundary->prescribed, bytes);
        memcpy(half + n, boundary->applied, bytes);
        for (size_t i = 0; i < 2 * n; ++i) {
            const double whole = i < n ? prescribed[i] : applied[i - n];
            most[i / n] = fmax(most[i / n], fabs(whole));
            off[i / n] = fmax(off[i / n], fabs(half[i] - (k == 1 ? 0 : 0.5) * whole));
        }
    }
    FEMD_TRY(path_set(field, now, u, err));
    *proportional = off[0] <= PROPORTIONAL * most[0] && off[1] <= PROPORTIONAL * most[1];
    for (size_t i = 0; i < n; ++i) {
        prescribed[i] = boundary->entry[i] >= 0 ? prescribed[i] / end : 0;
        applied[i] /= end;
    }
    return FEMD_OK;
}

/* move = the prescribed entries, zero elsewhere. */
static femd_status path_move(femd_field *field, const double *prescribed, Vec move, femd_error *err) {
    PetscScalar *v;
    PETSC_TRY(err, VecGetArrayWrite(field->scatter, &v));
    memcpy(v, prescribed, field->n * sizeof *v);
    PETSC_TRY(err, VecRestoreArrayWrite(field->scatter, &v));
    PETSC_TRY(err, DMLocalToGlobal(field->dm, field->scatter, INSERT_VALUES, move));
    return FEMD_OK;
}

static femd_status path_assemble(femd_field *field, const double *u, int committed, const double *prescribed,
                                 double *applied, double *lifted, Mat K, Vec rate, Vec move, femd_error *err) {
    femd_problem *p = ((femd_mechanics *)field->self)->p;
    const femd_points *pt = p->pt;
    memset(lifted, 0, field->n * sizeof *lifted);
    FEMD_TRY(femd_mechanics_stiffness(p, u, committed ? pt->F : pt->tF, committed ? pt->S : pt->tS,
                                      committed ? pt->D : pt->tD, prescribed, lifted, K, err));
    for (size_t i = 0; i < field->n; ++i) applied[i] -= lifted[i];
    FEMD_TRY(femd_field_sum_free(field, applied, rate, err));
    return path_move(field, prescribed, move, err);
}

femd_status femd_mechanics_path(femd_field *field, int committed, Mat K, Vec rate, Vec move, int *possible,
                                femd_error *err) {
    femd_mechanics *m = field->self;
    femd_problem *p = m->p;
    const size_t n = field->n;
    int proportional = 0;
    *possible = 1;
    if (committed && p->step == 0 && !m->has_tangent) FEMD_TRY(femd_mechanics_start_from_virgin(p, possible, err));
    if (!*possible) return FEMD_OK;
    double *prescribed = calloc(5 * n + 1, sizeof *prescribed), *applied = prescribed + n, *u = prescribed + 4 * n;
    femd_status rc = prescribed ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the path");
    FEMD_TRY_GOTO(rc, femd_agree(p->comm, rc, err), done);
    memcpy(u, m->key, n * sizeof *u);
    if (committed) FEMD_TRY_GOTO(rc, femd_field_get(field, u, err), done);
    FEMD_TRY_GOTO(rc, path_rates(field, u, prescribed, applied, prescribed + 2 * n, &proportional, err), done);
    if (!proportional)
        rc = femd_fail(err, FEMD_BAD_INPUT,
                       "%s: steps.control: \"arc-length\" needs loads and displacements that grow from zero in "
                       "proportion to one load factor",
                       p->cs->path);
    FEMD_TRY_GOTO(rc, femd_agree(p->comm, rc, err), done);
    rc = path_assemble(field, u, committed, prescribed, applied, prescribed + 2 * n, K, rate, move, err);
done:
    free(prescribed);
    return rc;
}
