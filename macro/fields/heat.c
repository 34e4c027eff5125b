/* The temperature field: its kind, its boundary from the case, its making. Owns what the field is; the answers of the
 * points, what flows, the states of a step and what it leaves stand in heat_answers.c, heat_flows.c, heat_state.c and
 * heat_commit.c. */
#include "fields/heat.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "base/petsc_edge.h"
#include "fields/boundary.h"
#include "fields/given.h"
#include "fields/heat_private.h"

size_t femd_heat_numbers(const femd_case *cs) {
    return cs->nboundary + 1 + FEMD_HEAT_NUMBERS + (femd_case_has_mechanics(cs) ? FEMD_PASS_NUMBERS : 0);
}

void femd_heat_flux(const femd_problem *p, PetscInt k, const double *T, double q[FEMD_SPACE]) {
    const femd_element_table *table = &p->grid->table;
    const PetscInt *node = p->grid->cell_node + k / table->points * table->nodes;
    const double *g = p->pt->gradient + (size_t)k * table->nodes * FEMD_SPACE;
    double slope[FEMD_SPACE] = {0}, K[6];
    femd_heat_referential(p->heat, k, p->pt->heat_k + 6 * k, K);
    for (int i = 0; i < table->nodes; ++i)
        for (int a = 0; a < FEMD_SPACE; ++a) slope[a] += (T[node[i]] - T[node[0]]) * g[FEMD_SPACE * i + a];
    q[0] = -(K[0] * slope[0] + K[5] * slope[1] + K[4] * slope[2]);
    q[1] = -(K[5] * slope[0] + K[1] * slope[1] + K[3] * slope[2]);
    q[2] = -(K[4] * slope[0] + K[3] * slope[1] + K[2] * slope[2]);
}

void femd_heat_of_points(const femd_problem *p, int committed, double *kelvin) {
    const femd_heat *h = p->heat;
    for (PetscInt k = 0; k < p->pt->n; ++k) kelvin[k] = committed ? h->T_old[k] : femd_heat_at_point(p, k, h->value);
}

/* ---- making ---- */

#define HEAT_ACTOR(name, key, actor, faces, holds) [FEMD_LOAD_##name - FEMD_LOAD_TEMPERATURE] = &femd_condition_##actor,
static const femd_condition_kind *const heat_actor[] = {FEMD_HEAT_LIST(HEAT_ACTOR)};
#undef HEAT_ACTOR

static femd_condition *heat_conditions(const femd_case *cs) {
    femd_condition *list = calloc(cs->nboundary + 1, sizeof *list);
    for (size_t b = 0; list && b < cs->nboundary; ++b) {
        const femd_case_boundary *entry = &cs->boundary[b];
        list[b].entry = entry;
        if (!femd_case_is_heat(entry->kind)) continue; /* the displacement's */
        list[b] =
            (femd_condition){.kind = heat_actor[entry->kind - FEMD_LOAD_TEMPERATURE], .entry = entry, .steady = 1};
        memcpy(list[b].has, entry->has, sizeof entry->has);
        memcpy(list[b].value, entry->value, sizeof entry->value);
        memcpy(list[b].function, entry->function, sizeof entry->function);
    }
    return list;
}

static femd_status heat_hold(femd_problem *p, femd_error *err) {
    const femd_case *cs = p->cs;
    femd_condition *list = heat_conditions(cs), source = {.kind = &femd_condition_body,
                                                          .steady = 1,
                                                          .value = {cs->heat.source},
                                                          .function = {cs->heat.source_function}};
    femd_status rc = list ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the boundary");
    FEMD_TRY(femd_agree(p->comm, rc, err));
    rc = femd_boundary_create(p->temperature, cs, list, cs->nboundary, cs->heat.has_source ? &source : NULL, err);
    free(list);
    return rc;
}

static femd_status heat_allocate(femd_heat *h, femd_error *err) {
    const size_t n = h->p->temperature->n + 1, points = (size_t)h->p->pt->n + 1;
    int missing = 0;
    double **const array[] = {&h->old,        &h->value,   &h->flow,    &h->capacity, &h->start,
                              &h->unbalanced, &h->adjoint, &h->T_error, &h->last};
    for (size_t i = 0; i < sizeof array / sizeof *array; ++i) missing |= !(*array[i] = calloc(n, sizeof **array[i]));
    const femd_element_table *table = &h->p->grid->table;
    const size_t square = (size_t)(table->nodes * table->nodes);
    if (table->element->mass) missing |= !(h->mass = calloc((size_t)table->points * square, sizeof *h->mass));
    for (int q = 0; h->mass && q < table->points; ++q) table->element->mass(q, h->mass + (size_t)q * square);
    if (femd_case_has_mechanics(h->p->cs)) missing |= !(h->map = calloc(9 * points, sizeof *h->map));
    missing |= !(h->stiffened = calloc(points, sizeof *h->stiffened));
    missing |= !(h->taken = calloc(points, sizeof *h->taken));
    if (h->p->cs->has_pressure) missing |= !(h->pressed_from = calloc(points, sizeof *h->pressed_from));
    missing |= !(h->T_old = calloc(points, sizeof *h->T_old));
    missing |= !(h->T_last = calloc(points, sizeof *h->T_last));
    missing |= !(h->start_load = calloc(h->p->cs->nboundary + 2, sizeof *h->start_load));
    missing |= !(h->request = calloc(points, sizeof *h->request));
    missing |= !(h->asked = calloc(points, sizeof *h->asked));
    missing |= !(h->material = calloc(points, sizeof *h->material));
    return missing ? femd_fail(err, FEMD_NO_MEMORY, "no memory for the heat of %ld points", (long)h->p->pt->n)
                   : FEMD_OK;
}

/* The values at time 0. */
static femd_status heat_begin_values(femd_problem *p, femd_error *err) {
    femd_heat *h = p->heat;
    femd_status rc = FEMD_OK;
    for (PetscInt i = 0; i < p->grid->nnodes && rc == FEMD_OK; ++i) rc = femd_given_at_node(p, i, 0, &h->old[i], err);
    FEMD_TRY(femd_agree(p->comm, rc, err));
    FEMD_TRY(femd_field_set(p->temperature, h->old, err));
    PETSC_TRY(err, VecCopy(p->temperature->committed, p->temperature->before));
    return FEMD_OK;
}

femd_status femd_heat_create(femd_problem *p, femd_error *err) {
    femd_heat *h = p->heat = calloc(1, sizeof *h);
    femd_status rc = h ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the heat");
    FEMD_TRY(femd_agree(p->comm, rc, err));
    h->p = p;
    h->theta = p->cs->heat.transient ? p->cs->heat.theta : 1;
    h->dt = 1;
    FEMD_TRY(femd_field_create(p->grid, &femd_temperature, h, &p->temperature, err));
    rc = femd_points_place(p, err);
    if (rc == FEMD_OK) rc = heat_allocate(h, err);
    if (rc == FEMD_OK) rc = femd_heat_slopes_create(h, err);
    FEMD_TRY(femd_agree(p->comm, rc, err));
    FEMD_TRY(heat_hold(p, err));
    return heat_begin_values(p, err);
}

static void heat_destroy(void *self) {
    femd_heat *h = self;
    void *const array[] = {h->old,        h->value,      h->flow,    h->capacity,     h->start,
                           h->unbalanced, h->start_load, h->request, h->asked,        h->material,
                           h->mass,       h->map,        h->T_old,   h->stiffened,    h->taken,
                           h->adjoint,    h->T_error,    h->T_last,  h->pressed_from, h->last};
    for (size_t i = 0; i < sizeof array / sizeof *array; ++i) free(array[i]);
    femd_heat_slopes_clear(&h->slopes);
    femd_heat_sampled_destroy(&h->sampled);
    free(h);
}

/* ---- the kind ---- */

static void heat_mode(int mode, const double x[FEMD_SPACE], double *value) {
    (void)mode, (void)x;
    value[0] = 1;
}

static femd_status heat_unheld(const femd_case *cs, int loose, const char *motions, femd_error *err) {
    (void)loose, (void)motions;
    return femd_fail(err, FEMD_BAD_INPUT,
                     "%s: boundary: nothing decides the level of a steady temperature; prescribe a temperature, a "
                     "convection or a radiation somewhere, or set heat.transient",
                     cs->path);
}

static int heat_inert(const femd_field *field) {
    return ((const femd_heat *)field->self)->p->cs->heat.transient;
}

static void heat_step(femd_field *field, int step) {
    femd_heat *h = field->self;
    h->step = step;
    memset(&h->count, 0, sizeof h->count);
}

/* Expressions and tables may leave what a number may not. */
static femd_status heat_check_held(const femd_field *field, femd_error *err) {
    const femd_boundary *bc = field->boundary;
    for (size_t i = 0; i < field->n; ++i) {
        const double *x = field->grid->node_x + FEMD_SPACE * i;
        if (bc->entry[i] < 0 || !(bc->prescribed[i] < 0)) continue;
        return femd_fail(err, FEMD_BAD_INPUT,
                         "%s: boundary[%d] (\"%s\"): temperature: %g K at (%g, %g, %g) m and time %g is below 0 K",
                         bc->cs->path, bc->entry[i], bc->condition[bc->entry[i]].entry->on, bc->prescribed[i], x[0],
                         x[1], x[2], bc->time);
    }
    return FEMD_OK;
}

/* What follows the temperature is round-off in a body that is in balance; what is given is not. */
static femd_status heat_find_feed(femd_heat *h, femd_error *err) {
    const femd_field *field = h->p->temperature;
    const femd_boundary *bc = field->boundary;
    h->fed = 0;
    for (size_t b = 0; b < bc->nconditions; ++b)
        for (size_t i = 0; bc->force[b] && !bc->condition[b].kind->follow && i < field->n; ++i)
            h->fed |= bc->force[b][i] != 0;
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, &h->fed, 1, MPI_INT, MPI_MAX, h->p->comm));
    return FEMD_OK;
}

int femd_heat_is_fed(const femd_heat *h) {
    return h->fed;
}

/* Loads that follow are worked out at the start too: an expression without a value is found before the first step. */
static femd_status heat_begin(femd_field *field, double time, int attempt, femd_error *err) {
    femd_heat *h = field->self;
    h->attempt = attempt;
    h->iteration = 0;
    h->evaluated = h->started = 0;
    h->passes = 1;
    h->dt = time - h->p->time;
    h->count.failed_now = 0;
    h->count.first_failure[0] = '\0';
    FEMD_TRY(femd_boundary_set_time(field, time, err));
    FEMD_TRY(femd_agree(h->p->comm, heat_check_held(field, err), err));
    FEMD_TRY(femd_boundary_check_springs(field, err));
    FEMD_TRY(heat_find_feed(h, err));
    FEMD_TRY(femd_field_get(field, h->old, err));
    FEMD_TRY(femd_agree(h->p->comm, femd_heat_deform(h, h->p->pt->F, err), err));
    femd_heat_slopes_begin(h);
    femd_heat_remember_begin(h);
    FEMD_TRY(femd_heat_pressed_begin(h, time, err));
    femd_heat_couple(h);
    return femd_boundary_follow(field, h->old, err);
}

static void heat_iteration(femd_field *field, int iteration) {
    ((femd_heat *)field->self)->iteration = iteration;
}

static femd_field_scale heat_scale(const femd_field *field) {
    return ((const femd_heat *)field->self)->scale;
}

static const char *heat_trouble(const femd_field *field, int *points) {
    const femd_heat *h = field->self;
    *points = h->count.failed_now;
    return h->count.first_failure;
}

const femd_field_kind femd_temperature = {
    .name = "temperature",
    .plural = "temperatures",
    .unit = "K",
    .flux_unit = "W",
    .components = 1,
    .modes = 1,
    .mode = heat_mode,
    .unheld = heat_unheld,
    .inert = heat_inert,
    .step = heat_step,
    .begin = heat_begin,
    .iteration = heat_iteration,
    .evaluate = femd_heat_evaluate,
    .residual = femd_heat_residual,
    .jacobian = femd_heat_jacobian,
    .predictor = femd_heat_predictor,
    .sensitivity = femd_heat_sensitivity,
    .refine = femd_heat_refine,
    .uncertain = femd_heat_uncertain,
    .again = femd_heat_again,
    .scale = heat_scale,
    .trouble = heat_trouble,
    .commit = femd_heat_commit,
    .destroy = heat_destroy,
};
