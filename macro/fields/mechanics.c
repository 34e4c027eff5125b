/* The displacement field: its kind, its boundary from the case, its making. Owns what the field is; what it costs and
 * balances stands in mechanics_answers.c, mechanics_forces.c, mechanics_reach.c, mechanics_predictor.c and
 * mechanics_commit.c. */
#include "fields/mechanics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "base/petsc_edge.h"
#include "fields/boundary.h"
#include "fields/mechanics_private.h"

/* ---- making ---- */

#define LOAD_ACTOR(name, key, actor, faces, holds) &femd_condition_##actor,
static const femd_condition_kind *const mechanics_actor[] = {FEMD_MECHANICAL_LIST(LOAD_ACTOR)};
#undef LOAD_ACTOR

/* The case's entries as conditions: all of them are the displacement's. */
static femd_condition *mechanics_conditions(const femd_case *cs) {
    femd_condition *list = calloc(cs->nboundary + 1, sizeof *list);
    for (size_t b = 0; list && b < cs->nboundary; ++b) {
        const femd_case_boundary *entry = &cs->boundary[b];
        femd_condition *condition = &list[b];
        condition->entry = entry;
        if (femd_case_is_heat(entry->kind)) continue; /* the temperature's */
        condition->kind = mechanics_actor[entry->kind];
        condition->gradient = entry->has_gradient ? entry->gradient : NULL;
        memcpy(condition->has, entry->has, sizeof entry->has);
        memcpy(condition->value, entry->value, sizeof entry->value);
        memcpy(condition->function, entry->function, sizeof entry->function);
    }
    return list;
}

static femd_status mechanics_hold(femd_problem *p, femd_error *err) {
    const femd_case *cs = p->cs;
    femd_condition *list = mechanics_conditions(cs), body = {.kind = &femd_condition_body};
    femd_status rc = list ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the boundary");
    FEMD_TRY(femd_agree(p->comm, rc, err));
    memcpy(body.value, cs->body_force, sizeof cs->body_force);
    memcpy(body.function, cs->body_function, sizeof cs->body_function);
    rc = femd_boundary_create(p->displacement, cs, list, cs->nboundary, cs->has_body_force ? &body : NULL, err);
    free(list);
    return rc;
}

/* The round-off of a sum of nodal forces grows with the sum over nodes and points of (w |g|)^2, that of displacements
 * with w sum |g|^2 at each point. */
static femd_status mechanics_measure(femd_mechanics *m, femd_error *err) {
    const femd_points *pt = m->p->pt;
    const size_t width = FEMD_SPACE * (size_t)m->p->grid->table.nodes;
    double mesh = 0;
    for (size_t k = 0; k < (size_t)pt->n; ++k)
        for (size_t i = 0; i < width; ++i) {
            double f = pt->weight[k] * pt->gradient[k * width + i];
            mesh += f * f;
            m->spread[k] += f * pt->gradient[k * width + i];
        }
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, &mesh, 1, MPI_DOUBLE, MPI_SUM, m->p->comm));
    m->mesh_size = sqrt(mesh);
    return FEMD_OK;
}

femd_status femd_mechanics_create(femd_problem *p, femd_error *err) {
    femd_mechanics *m = p->mech = calloc(1, sizeof *m);
    femd_status rc = m ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the mechanics");
    FEMD_TRY(femd_agree(p->comm, rc, err));
    m->p = p;
    FEMD_TRY(femd_field_create(p->grid, &femd_displacement, m, &p->displacement, err));
    rc = femd_points_place(p, err);
    size_t n = p->displacement->n;
    if (rc == FEMD_OK &&
        (!(m->key = calloc(n + 1, sizeof *m->key)) || !(m->unbalanced = calloc(n + 1, sizeof *m->unbalanced)) ||
         !(m->request = calloc((size_t)p->pt->n + 1, sizeof *m->request)) ||
         !(m->spread = calloc((size_t)p->pt->n + 1, sizeof *m->spread))))
        rc = femd_fail(err, FEMD_NO_MEMORY, "no memory for %ld points", (long)p->pt->n);
    FEMD_TRY(femd_agree(p->comm, rc, err));
    FEMD_TRY(mechanics_measure(m, err));
    return mechanics_hold(p, err);
}

static void mechanics_destroy(void *self) {
    femd_mechanics *m = self;
    free(m->key);
    free(m->unbalanced);
    free(m->request);
    free(m->virgin);
    free(m->spread);
    free(m);
}

/* ---- the kind ---- */

/* Three translations, three rotations. */
static void mechanics_mode(int mode, const double x[FEMD_SPACE], double *value) {
    value[0] = value[1] = value[2] = 0;
    if (mode < 3) {
        value[mode] = 1;
    } else {
        value[(mode + 1) % 3] = x[(mode + 2) % 3];
        value[(mode + 2) % 3] = -x[(mode + 1) % 3];
    }
}

static femd_status mechanics_unheld(const femd_case *cs, int loose, const char *motions, femd_error *err) {
    return femd_fail(err, FEMD_BAD_INPUT,
                     "%s: boundary: the prescribed displacements leave the body free to move in %d of its 6 rigid "
                     "ways; nothing holds it against %s; prescribe more components",
                     cs->path, loose, motions);
}

static void mechanics_step(femd_field *field, int step) {
    femd_mechanics *m = field->self;
    m->step = step;
    memset(&m->count, 0, sizeof m->count);
}

static femd_status mechanics_begin(femd_field *field, double time, int attempt, femd_error *err) {
    femd_mechanics *m = field->self;
    m->attempt = attempt;
    m->iteration = 0;
    m->evaluated = 0;
    m->coarse = 1;
    m->has_before = 0;
    m->thermal_known = 0;
    m->thermal = 0;
    m->count.failed_now = 0;
    m->count.first_failure[0] = '\0';
    FEMD_TRY(femd_mechanics_warm(m->p, time, err));
    return femd_boundary_set_time(field, time, err);
}

static void mechanics_iteration(femd_field *field, int iteration) {
    ((femd_mechanics *)field->self)->iteration = iteration;
}

static femd_field_scale mechanics_scale(const femd_field *field) {
    return ((const femd_mechanics *)field->self)->scale;
}

static const char *mechanics_trouble(const femd_field *field, int *points) {
    const femd_mechanics *m = field->self;
    *points = m->count.failed_now;
    return m->count.first_failure;
}

static femd_status mechanics_commit(femd_field *field, int step, femd_step_record *rec, femd_error *err) {
    femd_mechanics *m = field->self;
    FEMD_TRY(femd_mechanics_commit(m->p, step, rec, err));
    rec->evaluations = m->count.evaluations;
    rec->force_evaluations = m->count.force_evaluations;
    rec->failed_points = m->count.failed_points;
    return FEMD_OK;
}

static const char *const displacement_label[] = {"x", "y", "z"};

const femd_field_kind femd_displacement = {
    .name = "displacement",
    .plural = "displacements",
    .unit = "m",
    .flux_unit = "N",
    .components = FEMD_SPACE,
    .label = displacement_label,
    .modes = 6,
    .mode = mechanics_mode,
    .unheld = mechanics_unheld,
    .step = mechanics_step,
    .begin = mechanics_begin,
    .iteration = mechanics_iteration,
    .coarse = femd_mechanics_coarse,
    .evaluate = femd_mechanics_evaluate,
    .residual = femd_mechanics_residual,
    .jacobian = femd_mechanics_jacobian,
    .reach = femd_mechanics_reach,
    .predictor = femd_mechanics_predictor,
    .again = femd_mechanics_again,
    .path = femd_mechanics_path,
    .scale = mechanics_scale,
    .trouble = mechanics_trouble,
    .commit = mechanics_commit,
    .destroy = mechanics_destroy,
};
