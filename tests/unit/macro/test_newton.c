/* Newton's method: what it costs, when it says that it is done, what it says when it is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "near.h"

enum { LOG_MAX = 64 };

/* What a run told of its steps and attempts. */
typedef struct heard {
    int steps, cuts, notes, newton, stalled;
    double dt[LOG_MAX];
    int cuts_of[LOG_MAX], direct_of[LOG_MAX];
    char why[LOG_MAX][512], note[512];
    femd_step_record last;
    double reaction[3 * MODEL_ENTRIES];
} heard;

static femd_status hear_step(void *user, femd_problem *p, const femd_step_record *rec, femd_error *err) {
    heard *h = user;
    (void)err;
    assert_true(h->steps < LOG_MAX);
    h->dt[h->steps] = rec->dt;
    h->cuts_of[h->steps] = rec->cuts;
    h->direct_of[h->steps++] = rec->direct;
    h->newton += rec->newton;
    h->stalled += rec->end == FEMD_NEWTON_STALLED;
    h->last = *rec;
    h->last.reaction = h->reaction;
    memcpy(h->reaction, rec->reaction, 3 * p->cs->nboundary * sizeof *h->reaction);
    return FEMD_OK;
}

static void hear_cut(void *user, int step, const char *why, double dt) {
    heard *h = user;
    (void)step, (void)dt;
    assert_true(h->cuts < LOG_MAX);
    snprintf(h->why[h->cuts++], sizeof h->why[0], "%s", why);
}

static void hear_note(void *user, int step, const char *what) {
    heard *h = user;
    (void)step;
    h->notes++;
    snprintf(h->note, sizeof h->note, "%s", what);
}

static femd_status run(model *m, heard *h, femd_error *err) {
    const femd_stepping_hooks hooks = {.user = h, .committed = hear_step, .cut = hear_cut, .note = hear_note};
    memset(h, 0, sizeof *h);
    if (!m->p) FEMD_TRY(model_create(m, err));
    return femd_stepping_run(m->p, &hooks, err);
}

static void run_ok(model *m, heard *h) {
    femd_error err = FEMD_ERROR_INIT;
    if (run(m, h, &err) != FEMD_OK) fail_msg("%s", err.text);
}

static double evaluations_a_point(const model *m) {
    return (double)m->law.points / (double)m->p->pt->n;
}

/* ---- what it costs ---- */

static void a_cantilever_bends_with_few_evaluations_and_no_cut(void **state) {
    (void)state;
    for (int quadratic = 0; quadratic < 2; ++quadratic) {
        model m;
        heard h;
        double u[3];
        const int cells[2][3] = {{40, 2, 2}, {20, 1, 1}};
        model_bend(&m, quadratic ? &femd_element_p2 : &femd_element_q1, (const double[]){10, 1, 1}, cells[quadratic], 0,
                   10);
        m.cs.step_count = 10;
        run_ok(&m, &h);
        model_tip(&m, u);
        assert_int_equal(h.steps, 10);
        assert_int_equal(h.stalled, 0);
        assert_true(evaluations_a_point(&m) <= 51);
        /* elastica, P L^2/EI = 10: 0.81061 and 0.55500; shear and the law's softness in compression take from it */
        assert_near(u[2] / 10, 0.811, 0.03);
        assert_near(u[0] / 10, -0.555, 0.03);
        model_clear(&m);
    }
}

/* Membrane and bending stiffness are 10^7 apart: the reactions of the clamp are 10^4 times the load. */
static void a_long_strip_carries_its_load_within_round_off(void **state) {
    (void)state;
    model m;
    heard h;
    double u[3];
    model_bend(&m, &femd_element_p2, (const double[]){3000, 10, 1}, (const int[]){60, 1, 1}, 0, 1);
    run_ok(&m, &h);
    model_tip(&m, u);
    const double load = 1e9 * (10.0 / 12) / 9e6, last = h.last.residual[h.last.nresiduals - 1];
    assert_int_equal(h.steps, 1);
    assert_int_equal(h.last.cuts, 0);
    assert_true(evaluations_a_point(&m) <= 14.1);
    assert_near(h.last.load, load, 1e-3 * load);
    assert_true(last <= 0.01 * load);
    assert_near(h.reaction[2], -load, 1e-3 * load);
    assert_near(u[2] / 3000, 0.30172, 0.003); /* elastica */
    assert_true(h.last.reference > 1e3 * load);
    model_clear(&m);
}

/* Its residual goes up and down by orders of magnitude and arrives all the same: no search for descent on the way. */
static void excursions_are_no_lack_of_descent(void **state) {
    (void)state;
    model m;
    heard h;
    model_bend(&m, &femd_element_p2, (const double[]){1000, 10, 1}, (const int[]){60, 1, 1}, 0.3, 2);
    run_ok(&m, &h);
    assert_int_equal(h.steps, 1);
    assert_int_equal(h.cuts, 0);
    assert_true(evaluations_a_point(&m) <= 22);
    model_clear(&m);
}

/* The equations of a step are solved as far as the residual needs, by its own measure: GMRES, taken where loads follow
 * the body, costs no iteration that a direct solver does not. */
static void iterative_solvers_cost_no_iteration(void **state) {
    (void)state;
    int newton[2];
    for (int direct = 0; direct < 2; ++direct) {
        model m;
        heard h;
        model_init(&m, &femd_element_q1, 1);
        memcpy(m.cs.mesh.cells, (int[]){2, 2, 3}, sizeof m.cs.mesh.cells);
        memcpy(m.cs.mesh.size, (double[]){5, 0.5, 1}, sizeof m.cs.mesh.size);
        m.law.lambda = 16.44; /* E 1, nu 0.49 */
        m.law.mu = 0.33557;
        m.cs.direct = direct;
        m.cs.ksp_rtol = 1e-8;
        m.cs.rtol = 1e-7;
        model_hold(&m, "left", 0, 0, 0);
        model_load(&m, "top", FEMD_LOAD_FOLLOWER, 1.7888543819998316e-4, 0, 0);
        model_load(&m, "right", FEMD_LOAD_FOLLOWER, 8.944271909999159e-4, 0, 0);
        run_ok(&m, &h);
        assert_int_equal(h.last.direct, 0);
        newton[direct] = h.newton;
        model_clear(&m);
    }
    assert_int_equal(newton[0], newton[1]);
}

/* What the iterative solver leaves of the predictor's equations costs no sweep of the points: the jump of the boundary
 * makes fluxes in a layer of cells that are far larger than those at the end. Where the body stretches alike everywhere
 * (nu 0) the predictor is exact. */
static void a_predictor_costs_no_sweep(void **state) {
    (void)state;
    for (int quadratic = 0; quadratic < 2; ++quadratic)
        for (int contracts = 0; contracts < 2; ++contracts) {
            uint64_t points[2];
            for (int direct = 0; direct < 2; ++direct) {
                model m;
                heard h;
                model_init(&m, quadratic ? &femd_element_p2 : &femd_element_q1, 1);
                m.law.lambda = contracts ? 0.3 / (1.3 * 0.4) : 0;
                m.law.mu = contracts ? 0.5 / 1.3 : 0.5;
                memcpy(m.cs.mesh.cells, (int[]){20, 2, 2}, sizeof m.cs.mesh.cells);
                m.cs.mesh.size[0] = 10;
                m.cs.step_count = 3;
                m.cs.direct = direct;
                m.cs.rtol = 1e-7;
                m.cs.ksp_rtol = direct ? 1e-12 : 1e-8;
                model_hold(&m, "left", 0, 0, 0);
                model_hold(&m, "right", 0.1, 0, 0);
                run_ok(&m, &h);
                assert_int_equal(h.last.direct, 0);
                points[direct] = m.law.points;
                if (!contracts) assert_int_equal(m.law.points, 3 * m.p->pt->n + 1); /* one virgin point */
                model_clear(&m);
            }
            assert_int_equal(points[0], points[1]);
        }
}

/* ---- when it is done ---- */

/* Without the predictor the first state has all of the load in one layer of cells, with forces a thousand times those
 * at the end. They are no measure of it. */
static void forces_met_on_the_way_are_no_reference(void **state) {
    (void)state;
    double reaction[2];
    for (int tight = 0; tight < 2; ++tight) {
        model m;
        heard h;
        model_init(&m, &femd_element_q1, 1);
        m.law.neo_hookean = 1;
        m.cs.mesh.cells[0] = 40;
        m.cs.mesh.size[1] = m.cs.mesh.size[2] = 0.1;
        m.cs.predictor = 0;
        m.cs.rtol = tight ? 1e-10 : 1e-4;
        model_hold(&m, "left", 0, 0, 0);
        model_hold(&m, "right", 0.2, 0, 0);
        run_ok(&m, &h);
        reaction[tight] = h.reaction[3];
        assert_true(h.last.reference < 3 * fabs(reaction[tight]));
        assert_true(h.last.residual[h.last.nresiduals - 1] <= m.cs.rtol * 3 * fabs(reaction[tight]));
        model_clear(&m);
    }
    assert_near(reaction[0], reaction[1], 2e-4 * fabs(reaction[1]));
}

/* A body on its way back to rest is measured by where it comes from. */
static void unloading_to_rest_converges(void **state) {
    (void)state;
    model m;
    heard h;
    double time[3] = {0, 0.5, 1}, factor[3] = {0, 1, 0};
    model_init(&m, &femd_element_q1, 3);
    m.cs.step_count = 2;
    m.cs.rtol = 1e-6;
    model_hold(&m, "left", 0, 0, 0);
    femd_case_boundary *b = model_hold(&m, "right", 0.2, 0.1, 0);
    b->ntable = 3;
    b->time = time;
    b->factor = factor;
    run_ok(&m, &h);
    assert_int_equal(h.steps, 2);
    assert_int_equal(h.cuts, 0);
    assert_int_equal(h.last.end, FEMD_NEWTON_TOLERANCE);
    assert_true(h.last.load > 0.01);
    assert_near(h.reaction[3], 0, 1e-6);
    model_clear(&m);
}

/* The stress jumps with the strain, as from a table with kinks: no iterate has less than the jump. */
static void a_residual_that_stalls_far_below_the_load_is_accepted_and_told(void **state) {
    (void)state;
    for (int strict = 0; strict < 2; ++strict) {
        model m;
        heard h;
        femd_error err = FEMD_ERROR_INIT;
        model_init(&m, &femd_element_q1, 2);
        m.law.ragged = 1e-6;
        m.cs.rtol = 1e-9;
        m.cs.loose = strict ? 0 : 1e-3;
        m.cs.max_cuts = 2;
        model_hold(&m, "left", 0, 0, 0);
        model_hold(&m, "right", 0.1, 0, 0);
        const femd_status rc = run(&m, &h, &err);
        if (strict) {
            assert_int_equal(rc, FEMD_NOT_CONVERGED);
            assert_non_null(strstr(err.text, "solver.rtol"));
            assert_non_null(strstr(err.text, "3 attempts"));
        } else {
            assert_int_equal(rc, FEMD_OK);
            assert_int_equal(h.last.end, FEMD_NEWTON_STALLED);
            assert_int_equal(h.cuts, 0);
            assert_int_equal(h.notes, 1);
            assert_non_null(strstr(h.note, "stalled"));
            assert_non_null(strstr(h.note, "solver.rtol"));
            const double last = h.last.residual[h.last.nresiduals - 1];
            assert_true(last > 1e-9 * h.last.reference && last <= 1e-4 * h.last.load);
        }
        model_clear(&m);
    }
}

/* And not at a worse iterate than need be, as the last of several is where they go up and down. */
static void what_stalls_is_accepted_near_its_best(void **state) {
    (void)state;
    int stalled = 0;
    for (int i = 0; i < 40; ++i) {
        model m;
        heard h;
        model_init(&m, &femd_element_q1, 1);
        m.law.ragged = 1e-6;
        m.cs.mesh.cells[0] = 2;
        m.cs.rtol = 1e-9;
        m.cs.loose = 1e-3;
        model_hold(&m, "left", 0, 0, 0);
        model_hold(&m, "right", 0.1 + 1e-3 * i, 0, 0);
        run_ok(&m, &h);
        double best = INFINITY;
        for (int it = 0; it < h.last.nresiduals; ++it) best = fmin(best, h.last.residual[it]);
        const double last = h.last.residual[h.last.nresiduals - 1];
        if (h.last.end == FEMD_NEWTON_STALLED && last > 2 * best) fail_msg("%g is accepted after %g", last, best);
        stalled += h.last.end == FEMD_NEWTON_STALLED;
        model_clear(&m);
    }
    assert_true(stalled > 20);
}

/* A twist moves the end of a bar by forces that have no resultant, and round-off is no load. */
static void what_has_no_resultant_ends_at_the_tolerance(void **state) {
    (void)state;
    for (int pressed = 0; pressed < 2; ++pressed) {
        model m;
        heard h;
        model_init(&m, &femd_element_q1, 3);
        m.cs.rtol = 1e-7;
        m.cs.mesh.size[0] = 2;
        model_hold(&m, "left", 0, 0, 0);
        femd_case_boundary *b = model_hold(&m, "right", pressed ? 0 : NAN, 0, 0);
        if (!pressed) model_expression(b, 1, "-0.2*t*(z - 0.5)");
        if (!pressed) model_expression(b, 2, "0.2*t*(y - 0.5)");
        m.cs.has_body_force = pressed;
        if (pressed) m.cs.body_function[0] = model_function("t*(x < 1 ? 0.5 : -0.5)");
        run_ok(&m, &h);
        const double last = h.last.residual[h.last.nresiduals - 1];
        assert_int_equal(h.last.end, FEMD_NEWTON_TOLERANCE);
        assert_true(last <= 1e-7 * h.last.reference);
        assert_true(h.last.load > 0.1 * h.last.reference && h.last.load <= 1.001 * h.last.reference);
        assert_true(h.last.nresiduals > 1 && h.last.residual[h.last.nresiduals - 2] > 1e-7 * h.last.reference);
        assert_int_equal(h.notes, 0);
        model_clear(&m);
    }
}

/* The couple of the clamp is 10^4 times the load: what is left of the load is measured by the load, also where nothing
 * that stalls is accepted, and where something is. */
static void a_wide_tolerance_leaves_no_load_out(void **state) {
    (void)state;
    for (int strict = 0; strict < 2; ++strict) {
        model m;
        heard h;
        model_bend(&m, &femd_element_p2, (const double[]){3000, 10, 1}, (const int[]){30, 1, 1}, 0, 0.5);
        m.cs.loose = strict ? 0 : 1e-3;
        m.cs.rtol = 1e-3;
        run_ok(&m, &h);
        assert_true(1e-3 * h.last.reference > h.last.load);
        const double last = h.last.residual[h.last.nresiduals - 1];
        assert_true(last <= fmax(1e-3 * h.last.load, 1.0));
        assert_near(h.reaction[2], -h.last.load, 2e-3 * h.last.load + 1);
        model_clear(&m);
    }
}

/* Nor is it accepted where it stalls: the jumps of the stress leave more than the load is. */
static void what_stalls_above_the_load_is_not_accepted(void **state) {
    (void)state;
    model m;
    heard h;
    femd_error err = FEMD_ERROR_INIT;
    model_bend(&m, &femd_element_p2, (const double[]){1000, 10, 1}, (const int[]){20, 1, 1}, 0, 0.1);
    m.law.ragged = 1e-10;
    m.cs.rtol = 1e-2; /* of the couple of the clamp: 15 times the load */
    m.cs.max_cuts = 0;
    assert_int_equal(run(&m, &h, &err), FEMD_NOT_CONVERGED);
    assert_non_null(strstr(err.text, "of the load"));
    model_clear(&m);
}

/* ---- what points are asked ---- */

typedef struct memory {
    const model *m;
    femd_hash before; /* state of point 0 after the last step */
    int steps;
} memory;

static femd_status remember(void *user, femd_problem *p, const femd_step_record *rec, femd_error *err) {
    memory *known = user;
    (void)rec, (void)err;
    assert_memory_equal(&known->m->law.first.state_in, &known->before, sizeof known->before);
    assert_false(femd_hash_equal(&known->before, p->pt->state));
    known->before = p->pt->state[0];
    known->steps++;
    return FEMD_OK;
}

static void points_are_asked_from_where_the_last_step_left_them(void **state) {
    (void)state;
    model m;
    memory known = {.m = &m};
    femd_error err = FEMD_ERROR_INIT;
    const femd_stepping_hooks hooks = {.user = &known, .committed = remember};
    model_init(&m, &femd_element_q1, 1);
    m.cs.step_count = 3;
    model_hold(&m, "left", 0, 0, 0);
    model_hold(&m, "right", 0.1, 0.1, 0);
    assert_int_equal(model_create(&m, &err), FEMD_OK);
    if (femd_stepping_run(m.p, &hooks, &err) != FEMD_OK) fail_msg("%s", err.text);
    assert_int_equal(known.steps, 3);
    model_clear(&m);
}

/* ---- what stands in its way ---- */

static void where_cg_fails_the_same_matrix_is_solved_directly_from_there_on(void **state) {
    (void)state;
    uint64_t points[2];
    for (int direct = 0; direct < 2; ++direct) {
        model m;
        heard h;
        model_init(&m, &femd_element_q1, 3);
        m.cs.direct = direct;
        m.cs.step_count = 3;
        if (!direct) assert_int_equal(PetscOptionsSetValue(NULL, "-ksp_max_it", "1"), 0);
        model_hold(&m, "left", 0, 0, 0);
        model_hold(&m, "right", 0.1, 0.1, 0);
        run_ok(&m, &h);
        assert_int_equal(PetscOptionsClearValue(NULL, "-ksp_max_it"), 0);
        points[direct] = m.law.points;
        assert_int_equal(h.steps, 3);
        for (int i = 0; i < 3; ++i) assert_int_equal(h.direct_of[i], !direct);
        assert_int_equal(m.p->direct, !direct);
        assert_int_equal(h.notes, !direct);
        if (!direct) assert_non_null(strstr(h.note, "onjugate gradients"));
        model_clear(&m);
    }
    assert_int_equal(points[0], points[1]); /* nobody is asked twice */
}

/* Each attempt tells of its own points. */
static void words_of_a_cut_are_those_of_its_attempt(void **state) {
    (void)state;
    model m;
    heard h;
    femd_error err = FEMD_ERROR_INIT;
    model_init(&m, &femd_element_q1, 1);
    m.law.fail_beyond = 1e-4;
    m.cs.max_cuts = 3;
    model_hold(&m, "left", 0, 0, 0);
    model_hold(&m, "right", 0.2, 0, 0);
    assert_int_equal(run(&m, &h, &err), FEMD_NOT_CONVERGED);
    assert_int_equal(h.cuts, 3);
    for (int i = 0; i < h.cuts; ++i) {
        int points = 0;
        assert_int_equal(sscanf(h.why[i], "%d point answers failed", &points), 1);
        assert_int_equal(points, 8);
    }
    assert_non_null(strstr(err.text, "given up after 4 attempts at it (4 failed in this run)"));
    assert_non_null(strstr(err.text, "8 point answers failed"));
    model_clear(&m);
}

/* After a cut the increment stays as it is; after a step without one it grows. */
static void increments_grow_after_a_step_without_a_cut(void **state) {
    (void)state;
    model m;
    heard h;
    model_init(&m, &femd_element_q1, 2);
    m.cs.predictor = 0; /* the jump strains the layer at the grip */
    m.cs.growth = 1.25;
    m.cs.cut = 0.2;
    m.law.fail_beyond = 0.2;
    model_hold(&m, "left", 0, NAN, NAN);
    model_hold(&m, "front", NAN, 0, NAN);
    model_hold(&m, "bottom", NAN, NAN, 0);
    model_hold(&m, "right", 0.1, NAN, NAN);
    run_ok(&m, &h);
    assert_int_equal(h.steps, 5);
    assert_int_equal(h.cuts_of[0], 1);
    for (int i = 1; i < 5; ++i) assert_int_equal(h.cuts_of[i], 0);
    const double dt[5] = {0.2, 0.2, 0.25, 0.3125, 0.0375};
    for (int i = 0; i < 5; ++i) assert_near(h.dt[i], dt[i], 1e-12);
    model_clear(&m);
}

/* Iterations since the residual last halved. */
typedef struct patience {
    int since, iterations;
    double halved;
} patience;

static void hear_residual(void *user, int step, int iteration, double residual, int cuts) {
    patience *seen = user;
    (void)step, (void)cuts;
    seen->since++;
    seen->iterations = iteration;
    if (iteration > 0 && residual > 0.5 * seen->halved) return;
    seen->since = 0;
    seen->halved = residual;
}

/* A residual that goes up and down far above any tolerance is given up after twelve iterations in which it has not
 * halved, before all are spent. */
static void a_residual_that_never_halves_is_given_up(void **state) {
    (void)state;
    model m;
    patience seen = {0};
    femd_error err = FEMD_ERROR_INIT;
    const femd_stepping_hooks hooks = {.user = &seen, .live = hear_residual};
    int iterations = 0;
    model_init(&m, &femd_element_q1, 2);
    m.law.ragged = 0.05;
    m.cs.max_newton = 60;
    m.cs.max_cuts = 0;
    model_hold(&m, "left", 0, 0, 0);
    model_hold(&m, "right", 0.1, 0, 0);
    assert_int_equal(model_create(&m, &err), FEMD_OK);
    assert_int_equal(femd_stepping_run(m.p, &hooks, &err), FEMD_NOT_CONVERGED);
    const char *after = strstr(err.text, "fell no further after ");
    assert_non_null(after);
    assert_int_equal(sscanf(after, "fell no further after %d", &iterations), 1);
    assert_in_range(iterations, 12, 24);
    assert_int_equal(iterations, seen.iterations);
    assert_int_equal(seen.since, 12);
    model_clear(&m);
}

static void max_newton_bounds_the_iterations_of_an_attempt(void **state) {
    (void)state;
    model m;
    heard h;
    femd_error err = FEMD_ERROR_INIT;
    model_init(&m, &femd_element_q1, 2);
    m.law.neo_hookean = 1;
    m.cs.max_newton = 2;
    m.cs.max_cuts = 0;
    model_hold(&m, "left", 0, 0, 0);
    model_hold(&m, "right", 0.4, 0.3, 0);
    assert_int_equal(run(&m, &h, &err), FEMD_NOT_CONVERGED);
    assert_non_null(strstr(err.text, "no convergence in 2 Newton iterations"));
    assert_int_equal(m.law.points, 1 + 64 * 3);
    model_clear(&m);
    model_init(&m, &femd_element_q1, 2);
    m.law.neo_hookean = 1;
    model_hold(&m, "left", 0, 0, 0);
    model_hold(&m, "right", 0.4, 0.3, 0);
    run_ok(&m, &h);
    assert_true(h.last.newton > 2);
    model_clear(&m);
}

/* ---- the noise of the nodal forces ---- */

/* f_i = sum over points of w F S g_i; the stress components of a point are known to S_err, each independent. */
static double noise_by_hand(const femd_problem *p, const femd_case *cs) {
    static const int pair[6][2] = {{0, 0}, {1, 1}, {2, 2}, {1, 2}, {0, 2}, {0, 1}};
    const femd_points *pt = p->pt;
    const int nodes = p->grid->table.nodes;
    double variance = 0;
    for (PetscInt k = 0; k < pt->n; ++k)
        for (int i = 0; i < nodes; ++i) {
            const PetscInt node = p->grid->cell_node[k / p->grid->table.points * nodes + i];
            const double x = p->grid->node_x[3 * node], *g = pt->gradient + (k * nodes + i) * 3, *F = pt->F + 9 * k;
            if (x < 1e-9 || x > cs->mesh.size[0] - 1e-9) continue; /* held */
            for (int a = 0; a < 3; ++a)
                for (int c = 0; c < 6; ++c) {
                    const int J = pair[c][0], K = pair[c][1];
                    double f = F[3 * a + J] * g[K] + (J != K ? F[3 * a + K] * g[J] : 0);
                    f *= pt->weight[k] * pt->S_err[6 * k + c];
                    variance += f * f;
                }
        }
    return sqrt(variance);
}

static void noise_of_the_forces_is_that_of_the_stresses(void **state) {
    (void)state;
    for (size_t e = 0; femd_element_at(e); ++e) {
        model m;
        heard h;
        model_init(&m, femd_element_at(e), 2);
        m.law.noise = 1e-3;
        m.cs.mesh.size[0] = 0.3;
        m.cs.mesh.distort = 0.2;
        model_hold(&m, "left", 0, 0, 0);
        model_hold(&m, "right", 0.1, 0.05, 0);
        run_ok(&m, &h);
        const double expected = noise_by_hand(m.p, &m.cs);
        assert_true(expected > 0);
        assert_near(h.last.noise, expected, 1e-10 * expected);
        assert_int_equal(h.last.end, FEMD_NEWTON_NOISE);
        assert_true(h.last.residual[h.last.nresiduals - 1] <= 2 * expected);
        model_clear(&m);
    }
}

/* A doubt that does not come from a seed stops nothing: Newton's method goes on to its tolerance. It stands with the
 * points, and notes are told once, not at every step. The seed of another quantity (a conductivity) changes nothing. */
static void doubt_without_a_seed_is_no_noise_and_notes_are_told_once(void **state) {
    (void)state;
    static const uint32_t inputs[] = {0, FEMD_INPUT_SEED | FEMD_INPUT_STEADY_STRESS};
    for (int i = 0; i < 2; i++) {
        model m;
        heard h;
        model_init(&m, femd_element_at(0), 2);
        m.law.inputs = inputs[i];
        m.law.doubt = 1e-2;
        m.law.notes = FEMD_NOTE_ROUGH_POTENTIAL;
        m.cs.step_count = 3;
        model_hold(&m, "left", 0, 0, 0);
        model_hold(&m, "right", 0.1, 0.05, 0);
        run_ok(&m, &h);
        assert_int_equal(h.steps, 3);
        assert_true(h.last.noise == 0);
        assert_int_equal(h.last.end, FEMD_NEWTON_TOLERANCE);
        assert_true(m.p->pt->S_err[0] == 1e-2 * m.law.mu);
        assert_int_equal(h.notes, 1);
        assert_non_null(strstr(h.note, "rough-potential"));
        assert_int_equal(h.last.notes, FEMD_NOTE_ROUGH_POTENTIAL);
        model_clear(&m);
    }
}

/* One run without the stop gives the residual of its second iterate and the noise; the errors that are told are then
 * chosen so that this residual is 1.5 times the noise, which is enough, or 2.5 times, which is not. */
static void twice_the_noise_is_enough_and_more_is_not(void **state) {
    (void)state;
    static const double times[2] = {1.5, 2.5};
    double residual = 0, noise = 0;
    for (int i = -1; i < 2; ++i) {
        model m;
        heard h;
        model_init(&m, &femd_element_q1, 2);
        m.law.neo_hookean = 1;
        m.law.told = i < 0 ? 1e-6 : 1e-6 * residual / noise / times[i];
        m.cs.noise_stop = i >= 0;
        model_hold(&m, "left", 0, 0, 0);
        model_hold(&m, "right", 0.2, 0.1, 0);
        run_ok(&m, &h);
        if (i < 0) {
            assert_true(h.last.newton > 2);
            residual = h.last.residual[1];
            noise = h.last.noise; /* of the end: that of the iterate is within a part of a hundred */
        } else if (i == 0) {
            assert_int_equal(h.last.newton, 1);
            assert_int_equal(h.last.end, FEMD_NEWTON_NOISE);
            const int much = h.last.residual[1] > 1e-2 * h.last.load;
            assert_int_equal(h.notes, much);
        } else {
            assert_true(h.last.newton > 1);
        }
        model_clear(&m);
    }
}

/* A state as uncertain as its load is one: that is told, for noise and for round-off. */
static void a_load_within_the_noise_is_told(void **state) {
    (void)state;
    for (int rounding = 0; rounding < 2; ++rounding) {
        model m;
        heard h;
        model_init(&m, &femd_element_q1, 2);
        m.cs.predictor = 0;
        m.law.told = rounding ? 0 : 0.5;
        model_hold(&m, "left", 0, 0, 0);
        model_hold(&m, "right", rounding ? NAN : 0.01, NAN, NAN);
        if (rounding) model_load(&m, "right", FEMD_LOAD_TRACTION, 1e-17, 0, 0);
        run_ok(&m, &h);
        assert_int_equal(h.last.end, rounding ? FEMD_NEWTON_ROUNDING : FEMD_NEWTON_NOISE);
        assert_true(h.last.residual[h.last.nresiduals - 1] > 1e-2 * h.last.load);
        assert_int_equal(h.notes, 1);
        assert_non_null(strstr(h.note, "of the load"));
        assert_non_null(strstr(h.note, rounding ? "round-off" : "accuracy"));
        model_clear(&m);
    }
}

static femd_status hear_step_and_cure(void *user, femd_problem *p, const femd_step_record *rec, femd_error *err) {
    assert_int_equal(PetscOptionsClearValue(NULL, "-ksp_max_it"), 0); /* from here on CG would be able to */
    return hear_step(user, p, rec, err);
}

/* A matrix that CG could not solve is followed by others like it: it is not tried again, so that every bit is that of
 * the direct solver. */
static void what_has_become_direct_stays_so(void **state) {
    (void)state;
    heard h[2];
    for (int direct = 0; direct < 2; ++direct) {
        model m;
        femd_error err = FEMD_ERROR_INIT;
        const femd_stepping_hooks hooks = {.user = &h[direct], .committed = hear_step_and_cure};
        memset(&h[direct], 0, sizeof h[direct]);
        model_init(&m, &femd_element_q1, 3);
        m.cs.direct = direct;
        m.cs.ksp_rtol = 1e-6;
        m.cs.rtol = 1e-9;
        m.cs.step_count = 3;
        assert_int_equal(PetscOptionsSetValue(NULL, "-ksp_max_it", "1"), 0);
        model_hold(&m, "left", 0, 0, 0);
        model_hold(&m, "right", 0.1, 0.1, 0);
        assert_int_equal(model_create(&m, &err), FEMD_OK);
        if (femd_stepping_run(m.p, &hooks, &err) != FEMD_OK) fail_msg("%s", err.text);
        model_clear(&m);
    }
    assert_int_equal(h[0].steps, 3);
    assert_int_equal(h[0].last.nresiduals, h[1].last.nresiduals);
    assert_memory_equal(h[0].last.residual, h[1].last.residual, sizeof(double) * (size_t)h[0].last.nresiduals);
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cantilever_bends_with_few_evaluations_and_no_cut),
        cmocka_unit_test(a_long_strip_carries_its_load_within_round_off),
        cmocka_unit_test(excursions_are_no_lack_of_descent),
        cmocka_unit_test(iterative_solvers_cost_no_iteration),
        cmocka_unit_test(a_predictor_costs_no_sweep),
        cmocka_unit_test(forces_met_on_the_way_are_no_reference),
        cmocka_unit_test(unloading_to_rest_converges),
        cmocka_unit_test(a_residual_that_stalls_far_below_the_load_is_accepted_and_told),
        cmocka_unit_test(what_stalls_is_accepted_near_its_best),
        cmocka_unit_test(points_are_asked_from_where_the_last_step_left_them),
        cmocka_unit_test(what_has_no_resultant_ends_at_the_tolerance),
        cmocka_unit_test(a_wide_tolerance_leaves_no_load_out),
        cmocka_unit_test(what_stalls_above_the_load_is_not_accepted),
        cmocka_unit_test(a_load_within_the_noise_is_told),
        cmocka_unit_test(where_cg_fails_the_same_matrix_is_solved_directly_from_there_on),
        cmocka_unit_test(words_of_a_cut_are_those_of_its_attempt),
        cmocka_unit_test(increments_grow_after_a_step_without_a_cut),
        cmocka_unit_test(a_residual_that_never_halves_is_given_up),
        cmocka_unit_test(max_newton_bounds_the_iterations_of_an_attempt),
        cmocka_unit_test(noise_of_the_forces_is_that_of_the_stresses),
        cmocka_unit_test(doubt_without_a_seed_is_no_noise_and_notes_are_told_once),
        cmocka_unit_test(twice_the_noise_is_enough_and_more_is_not),
        cmocka_unit_test(what_has_become_direct_stays_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
