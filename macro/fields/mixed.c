/* Displacement and pressure as one field: layout, what Newton's method asks of it. The displacement keeps its
 * boundary, loads, reactions and account; the pressure is the case's nowhere. Owns the iterate as two arrays. */
#include "fields/mixed.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "base/petsc_edge.h"
#include "fields/boundary.h"
#include "fields/mechanics_private.h"
#include "fields/mixed_private.h"

/* ---- making ---- */

/* The pair holds what the displacement holds, and the pressure where there is none. */
static femd_status mixed_hold(femd_problem *p, femd_error *err) {
    const femd_mixed *x = p->mixed;
    const struct femd_boundary *of = p->displacement->boundary;
    struct femd_boundary *bc = p->pair->boundary = calloc(1, sizeof *bc);
    const size_t n = p->pair->n;
    if (!bc || !(bc->entry = malloc((n + 1) * sizeof *bc->entry)) ||
        !(bc->prescribed = calloc(n + 1, sizeof *bc->prescribed)))
        return femd_mixed_no_memory(err);
    bc->cs = p->cs;
    bc->unsymmetric = of->unsymmetric;
    bc->follows = of->follows;
    for (size_t i = 0; i < n; ++i)
        bc->entry[i] = i % PAIR < FEMD_SPACE ? of->entry[FEMD_SPACE * (i / PAIR) + i % PAIR]
                       : x->vertex[i / PAIR] ? -1
                                             : 0;
    return FEMD_OK;
}

static femd_status mixed_find_vertices(femd_problem *p, femd_error *err) {
    const femd_grid *grid = p->grid;
    femd_mixed *x = p->mixed;
    for (PetscInt c = 0; c < grid->ncells; ++c)
        for (int i = 0; i < grid->table.corners; ++i) x->vertex[grid->cell_node[c * grid->table.nodes + i]] = 1;
    for (PetscInt i = 0; i < grid->nnodes; ++i) x->vertices += grid->node_owned[i] && x->vertex[i];
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, &x->vertices, 1, MPI_INT, MPI_SUM, p->comm));
    return FEMD_OK;
}

femd_status femd_mixed_create(femd_problem *p, femd_error *err) {
    const size_t nodes = (size_t)p->grid->nnodes + 1;
    femd_mixed *x = p->mixed = calloc(1, sizeof *x);
    FEMD_TRY(femd_agree(p->comm, x ? FEMD_OK : femd_mixed_no_memory(err), err));
    x->p = p;
    FEMD_TRY(femd_field_create(p->grid, &femd_pair, x, &p->pair, err));
    FEMD_TRY(femd_field_create(p->grid, &femd_pressure, NULL, &p->pressure, err));
    FEMD_TRY(femd_problem_add_field(p, p->pressure, err));
    const int made =
        (x->u = calloc(FEMD_SPACE * nodes, sizeof *x->u)) && (x->pressure = calloc(nodes, sizeof *x->pressure)) &&
        (x->residual = calloc(PAIR * nodes, sizeof *x->residual)) && (x->vertex = calloc(nodes, sizeof *x->vertex));
    FEMD_TRY(femd_agree(p->comm, made ? FEMD_OK : femd_mixed_no_memory(err), err));
    FEMD_TRY(mixed_find_vertices(p, err));
    FEMD_TRY(femd_agree(p->comm, mixed_hold(p, err), err));
    PETSC_TRY(err, DMCreateGlobalVector(p->displacement->dm, &x->forces));
    p->solved = p->pair;
    return FEMD_OK;
}

static void mixed_destroy(void *self) {
    femd_mixed *x = self;
    (void)VecDestroy(&x->forces);
    free(x->u);
    free(x->pressure);
    free(x->residual);
    free(x->vertex);
    free(x);
}

/* ---- the iterate as two arrays, and back ---- */

static void mixed_split(const femd_problem *p, const double *both, double *u, double *pressure) {
    for (PetscInt i = 0; i < p->grid->nnodes; ++i) {
        memcpy(u + FEMD_SPACE * i, both + PAIR * i, FEMD_SPACE * sizeof *u);
        pressure[i] = p->mixed->scale * both[PAIR * i + FEMD_SPACE];
    }
    femd_mixed_fill_edges(p, pressure);
}

/* Committed values of the pair from those of the two fields, which are what a checkpoint holds. */
static femd_status mixed_gather(femd_problem *p, femd_error *err) {
    femd_mixed *x = p->mixed;
    FEMD_TRY(femd_field_get(p->displacement, x->u, err));
    FEMD_TRY(femd_field_get(p->pressure, x->pressure, err));
    for (PetscInt i = 0; i < p->grid->nnodes; ++i) {
        memcpy(x->residual + PAIR * i, x->u + FEMD_SPACE * i, FEMD_SPACE * sizeof *x->u);
        x->residual[PAIR * i + FEMD_SPACE] = x->vertex[i] ? x->pressure[i] / x->scale : 0;
    }
    return femd_field_set(p->pair, x->residual, err);
}

/* ---- what Newton's method asks ---- */

static femd_problem *mixed_problem(const femd_field *field) {
    return ((const femd_mixed *)field->self)->p;
}

static void pair_mode(int mode, const double x[FEMD_SPACE], double *value) {
    femd_displacement.mode(mode, x, value);
    value[FEMD_SPACE] = 0;
}

static femd_status pair_unheld(const femd_case *cs, int loose, const char *motions, femd_error *err) {
    return femd_displacement.unheld(cs, loose, motions, err);
}

static int pair_saddle(const femd_field *field) {
    return ((const femd_mixed *)field->self)->vertices;
}

static void pair_step(femd_field *field, int step) {
    femd_displacement.step(mixed_problem(field)->displacement, step);
}

static femd_status pair_begin(femd_field *field, double time, int attempt, femd_error *err) {
    femd_problem *p = mixed_problem(field);
    FEMD_TRY(femd_displacement.begin(p->displacement, time, attempt, err));
    if (p->step == 0 && !p->mixed->started) {
        int possible;
        FEMD_TRY(femd_mechanics_start_from_virgin(p, &possible, err));
        FEMD_TRY(femd_mixed_begin_virgin(p, possible, err));
    }
    FEMD_TRY(femd_mixed_find_scale(p, err));
    for (size_t i = 0; i < p->displacement->n; ++i)
        field->boundary->prescribed[PAIR * (i / FEMD_SPACE) + i % FEMD_SPACE] =
            p->displacement->boundary->prescribed[i];
    return mixed_gather(p, err);
}

static void pair_iteration(femd_field *field, int iteration) {
    femd_displacement.iteration(mixed_problem(field)->displacement, iteration);
}

/* The answers that are there belong to a displacement and a pressure. */
static femd_status pair_evaluate(femd_field *field, Vec X, int *failed, femd_error *err) {
    femd_problem *p = mixed_problem(field);
    femd_mixed *x = p->mixed;
    const PetscScalar *both;
    double *pressure = x->residual;
    FEMD_TRY(femd_field_localise(field, X, err));
    PETSC_TRY(err, VecGetArrayRead(field->local, &both));
    mixed_split(p, both, x->u, pressure);
    PETSC_TRY(err, VecRestoreArrayRead(field->local, &both));
    const size_t bytes = (size_t)p->grid->nnodes * sizeof *pressure;
    if (memcmp(x->pressure, pressure, bytes) != 0) p->mech->evaluated = 0;
    memcpy(x->pressure, pressure, bytes);
    return femd_mechanics_evaluate_at(p, x->u, failed, err);
}

/* Volumes are known to what det F is. */
static femd_status pair_rounding(const femd_problem *p, femd_field_scale *scale, femd_error *err) {
    double square = 0;
    for (PetscInt k = 0; k < p->pt->n; ++k) square += p->pt->weight[k] * p->pt->weight[k];
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, &square, 1, MPI_DOUBLE, MPI_SUM, p->comm));
    scale->rounding = fmax(scale->rounding, 4 * DBL_EPSILON * p->mixed->scale * sqrt(square));
    return FEMD_OK;
}

/* One sigma of the norm of the pressure's rows, scaled as they are: volumes of points err by themselves. */
static femd_status pair_volume_noise(const femd_problem *p, double *noise, femd_error *err) {
    const femd_element_table *table = &p->grid->table;
    double square = 0;
    for (PetscInt k = 0; k < p->pt->n; ++k) {
        const double volume = p->pt->weight[k] * p->pt->tgap_err[k];
        if (!femd_mechanics_is_noisy(p, k)) continue;
        for (int i = 0; i < table->corners; ++i) {
            const double share = volume * table->corner[k % table->points][i];
            square += share * share;
        }
    }
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, &square, 1, MPI_DOUBLE, MPI_SUM, p->comm));
    *noise = p->mixed->scale * sqrt(square);
    return FEMD_OK;
}

/* Noise of forces may not excuse volumes, nor theirs forces: with K/mu of 1000 a volume that is off by the noise of a
 * shear stress is a pressure off by 1000 times that. While one of the two is above its own noise there is less of it
 * than would end the iterations. */
static femd_status pair_noise(const femd_problem *p, Vec R, femd_error *err) {
    femd_field_scale *scale = &p->mech->scale;
    const PetscScalar *r;
    PetscInt n;
    double own[2] = {p->mech->noise, 0}, square[2] = {0, 0};
    if (!p->mech->sampled) return FEMD_OK;
    FEMD_TRY(pair_volume_noise(p, &own[1], err));
    p->mech->noise = hypot(own[0], own[1]);
    scale->noise = p->cs->noise_stop ? p->mech->noise : 0;
    PETSC_TRY(err, VecGetLocalSize(R, &n));
    PETSC_TRY(err, VecGetArrayRead(R, &r));
    for (PetscInt i = 0; i < n; ++i) square[i % PAIR == FEMD_SPACE] += r[i] * r[i];
    PETSC_TRY(err, VecRestoreArrayRead(R, &r));
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, square, 2, MPI_DOUBLE, MPI_SUM, p->comm));
    const double known = fmax(scale->rounding, p->cs->rtol * scale->reference);
    for (int k = 0; k < 2; ++k)
        if (sqrt(square[k]) > fmax(known, 2 * own[k])) scale->noise = fmin(scale->noise, 0.49 * sqrt(square[k]));
    return FEMD_OK;
}

static femd_status pair_residual(femd_field *field, Vec R, femd_error *err) {
    femd_problem *p = mixed_problem(field);
    femd_mixed *x = p->mixed;
    FEMD_TRY(femd_mechanics_residual(p->displacement, x->forces, err));
    FEMD_TRY(pair_rounding(p, &p->mech->scale, err));
    femd_mixed_forces(p, 0, p->mech->unbalanced, x->residual);
    FEMD_TRY(femd_field_sum_free(field, x->residual, R, err));
    return pair_noise(p, R, err);
}

static femd_status pair_jacobian(femd_field *field, Mat K, femd_error *err) {
    femd_problem *p = mixed_problem(field);
    return femd_mixed_stiffness(p, 0, p->mech->key, NULL, NULL, K, err);
}

static femd_status pair_reach(femd_field *field, Vec dx, double *lambda, femd_error *err) {
    femd_problem *p = mixed_problem(field);
    const PetscScalar *both;
    double *d = p->mixed->residual;
    PETSC_TRY(err, DMGlobalToLocal(field->dm, dx, INSERT_VALUES, field->scatter));
    PETSC_TRY(err, VecGetArrayRead(field->scatter, &both));
    for (PetscInt i = 0; i < p->grid->nnodes; ++i) memcpy(d + FEMD_SPACE * i, both + PAIR * i, FEMD_SPACE * sizeof *d);
    PETSC_TRY(err, VecRestoreArrayRead(field->scatter, &both));
    return femd_mechanics_reach_of(p, d, lambda, err);
}

/* From the committed values in u (n of the displacement) to the prescribed ones. */
static femd_status pair_foretell(femd_problem *p, double *u, double *forces, double *jump, double *balance, Mat K,
                                 Vec rhs, femd_error *err) {
    const femd_boundary *of = p->displacement->boundary;
    const femd_field *pair = p->pair;
    FEMD_TRY(femd_field_get(p->displacement, u, err));
    FEMD_TRY(femd_boundary_follow(p->displacement, u, err));
    femd_mechanics_internal(p, p->pt->F, p->pt->S, forces);
    femd_mixed_forces(p, 1, forces, balance);
    FEMD_TRY(femd_mixed_thermal_forces(p, balance, err));
    for (size_t i = 0; i < p->displacement->n; ++i)
        jump[PAIR * (i / FEMD_SPACE) + i % FEMD_SPACE] = of->entry[i] >= 0 ? of->prescribed[i] - u[i] : 0;
    FEMD_TRY(femd_mixed_stiffness(p, 1, u, jump, balance, K, err));
    for (size_t i = 0; i < pair->n; ++i)
        balance[i] = (i % PAIR < FEMD_SPACE ? of->applied[FEMD_SPACE * (i / PAIR) + i % PAIR] : 0) - balance[i];
    return femd_field_sum_free(p->pair, balance, rhs, err);
}

static femd_status pair_predictor(femd_field *field, Mat K, Vec rhs, int *possible, femd_error *err) {
    femd_problem *p = mixed_problem(field);
    const size_t n = p->displacement->n, m = field->n;
    *possible = 1;
    double *u = calloc(2 * n + 2 * m + 1, sizeof *u);
    FEMD_TRY(femd_agree(p->comm, u ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the predictor"), err));
    const femd_status rc = pair_foretell(p, u, u + n, u + 2 * n, u + 2 * n + m, K, rhs, err);
    free(u);
    return rc;
}

/* After another pass of the heat. */
static femd_status pair_again(femd_field *field, Mat K, Vec R, femd_error *err) {
    femd_problem *p = mixed_problem(field);
    femd_mixed *x = p->mixed;
    FEMD_TRY(pair_residual(field, R, err));
    FEMD_TRY(femd_mixed_pass_forces(p, x->residual, err));
    FEMD_TRY(femd_field_sum_free(field, x->residual, R, err));
    FEMD_TRY(pair_jacobian(field, K, err));
    FEMD_TRY(femd_mechanics_warm(p, p->displacement->boundary->time, err));
    p->mech->evaluated = 0;
    return FEMD_OK;
}

/* The case's reader lets none ask for it; that there is a path at all lets leaps be seen. */
static femd_status pair_path(femd_field *field, int committed, Mat K, Vec rate, Vec move, int *possible,
                             femd_error *err) {
    (void)committed, (void)K, (void)rate, (void)move;
    *possible = 0;
    return femd_fail(err, FEMD_UNSUPPORTED, "%s: element.formulation \"u-p\" follows no path",
                     mixed_problem(field)->cs->path);
}

static femd_field_scale pair_scale(const femd_field *field) {
    return mixed_problem(field)->mech->scale;
}

static const char *pair_trouble(const femd_field *field, int *points) {
    return femd_displacement.trouble(mixed_problem(field)->displacement, points);
}

static femd_status mixed_keep(femd_field *field, const double *value, femd_error *err) {
    PETSC_TRY(err, VecCopy(field->committed, field->before));
    return femd_field_set(field, value, err);
}

static femd_status pair_commit(femd_field *field, int step, femd_step_record *rec, femd_error *err) {
    femd_problem *p = mixed_problem(field);
    FEMD_TRY(femd_displacement.commit(p->displacement, step, rec, err));
    FEMD_TRY(mixed_keep(p->displacement, p->mech->key, err));
    return mixed_keep(p->pressure, p->mixed->pressure, err);
}

const femd_field_kind femd_pair = {
    .name = "displacement and pressure",
    .plural = "displacements and pressures",
    .unit = "m",
    .flux_unit = "N",
    .components = PAIR,
    .modes = 6,
    .mode = pair_mode,
    .unheld = pair_unheld,
    .step = pair_step,
    .begin = pair_begin,
    .iteration = pair_iteration,
    .evaluate = pair_evaluate,
    .residual = pair_residual,
    .jacobian = pair_jacobian,
    .reach = pair_reach,
    .predictor = pair_predictor,
    .again = pair_again,
    .path = pair_path,
    .scale = pair_scale,
    .saddle = pair_saddle,
    .complement = femd_mixed_complement,
    .trouble = pair_trouble,
    .commit = pair_commit,
    .destroy = mixed_destroy,
};

/* ---- the pressure alone: values that are kept and written ---- */

static femd_status pressure_begin(femd_field *field, double time, int attempt, femd_error *err) {
    (void)field, (void)time, (void)attempt, (void)err;
    return FEMD_OK;
}

const femd_field_kind femd_pressure = {
    .name = "pressure",
    .plural = "pressures",
    .unit = "Pa",
    .flux_unit = "m^3",
    .components = 1,
    .begin = pressure_begin,
};
