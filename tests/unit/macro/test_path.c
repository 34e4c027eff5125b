/* Arc-length control: through the limit point of a shallow arch and down the softening branch of a bar; what is told of
 * jumps and of bodies close to their limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch.h"
#include "model.h"
#include "near.h"

enum { STEPS_MAX = 200 };

typedef struct path {
    int steps, notes, jumps; /* jumps that were told */
    double load[STEPS_MAX + 1], time[STEPS_MAX + 1], moved[STEPS_MAX + 1];
    int unstable[STEPS_MAX + 1];
    double leap[STEPS_MAX + 1], across[STEPS_MAX + 1];
    char note[512];
} path;

static double farthest(const femd_problem *p) {
    double *u = malloc((p->displacement->n + 1) * sizeof *u), most = 0;
    femd_error err = FEMD_ERROR_INIT;
    if (!u || femd_field_get(p->displacement, u, &err) != FEMD_OK) abort();
    for (size_t i = 0; i < p->displacement->n; ++i)
        if (fabs(u[i]) > fabs(most)) most = u[i];
    free(u);
    return most;
}

static double least(const femd_problem *p) {
    double *u = malloc((p->displacement->n + 1) * sizeof *u), most = 0;
    femd_error err = FEMD_ERROR_INIT;
    if (!u || femd_field_get(p->displacement, u, &err) != FEMD_OK) abort();
    for (size_t i = 0; i < p->displacement->n; ++i) most = fmin(most, u[i]);
    free(u);
    return most;
}

static femd_status hear_step(void *user, femd_problem *p, const femd_step_record *rec, femd_error *err) {
    path *h = user;
    (void)err;
    assert_true(h->steps < STEPS_MAX);
    const int i = ++h->steps;
    h->load[i] = rec->load_time / p->cs->end_time;
    h->time[i] = rec->time;
    h->unstable[i] = rec->unstable;
    h->leap[i] = rec->leap;
    h->across[i] = least(p);
    h->moved[i] = farthest(p);
    return FEMD_OK;
}

static void hear_note(void *user, int step, const char *what) {
    path *h = user;
    (void)step;
    h->notes++;
    h->jumps += strstr(what, "jumped") != NULL;
    snprintf(h->note, sizeof h->note, "%s", what);
}

static femd_status follow(model *m, path *h, femd_error *err) {
    const femd_stepping_hooks hooks = {.user = h, .committed = hear_step, .note = hear_note};
    memset(h, 0, sizeof *h);
    if (!m->p) FEMD_TRY(model_create(m, err));
    return femd_stepping_run(m->p, &hooks, err);
}

static void follow_ok(model *m, path *h) {
    femd_error err = FEMD_ERROR_INIT;
    if (follow(m, h, &err) != FEMD_OK) fail_msg("%s", err.text);
}

static void arch(model *m, int direct) {
    arch_init(m, 20);
    m->cs.direct = direct;
    m->cs.ksp_rtol = 1e-10;
    m->cs.arc_length = 1;
    m->cs.step_count = 10;
    m->cs.max_steps = 150;
}

/* Up to the limit, down an unstable branch, and up again to the whole load on the other side, where the jump of a run
 * in time ends too. */
static void the_arch_is_followed_through_its_limit_point(void **state) {
    (void)state;
    model m, other;
    path h, jump;
    for (int direct = 0; direct < 2; ++direct) {
        double limit = 0, lowest = 1;
        int first = 0, last = 0;
        arch(&m, direct);
        follow_ok(&m, &h);
        for (int i = 1; i <= h.steps; ++i) {
            assert_true(h.time[i] > h.time[i - 1]); /* a time of the path */
            if (h.unstable[i] > 0 && !first) first = i;
            if (h.unstable[i] > 0) last = i;
        }
        for (int i = 1; i <= last; ++i) limit = fmax(limit, h.load[i]);
        for (int i = first; i <= h.steps; ++i) lowest = fmin(lowest, h.load[i]);
        assert_near(limit, 0.3881, 0.0005);
        assert_true(first > 3 && last > first && last < h.steps && lowest < 0.3);
        for (int i = first; i <= last; ++i) assert_int_equal(h.unstable[i], 1);
        assert_near(h.load[h.steps], 1, 1e-12);
        if (direct) {
            arch_init(&other, 20);
            other.cs.step_count = 10;
            follow_ok(&other, &jump);
            assert_near(arch_sag(&m), arch_sag(&other), 1e-5 * arch_sag(&other));
            arch_clear(&other);
        }
        arch_clear(&m);
    }
}

/* One cell pulled by a dead load that it cannot carry: W = a (1 - exp(-W0/a)) has its peak at a strain of 5 %. */
static void softening(model *m, double pull) {
    model_init(m, &femd_element_q1, 1);
    m->law.lambda = 0;
    m->law.mu = 0.5;
    m->law.softening = 0.0025;
    m->cs.rtol = 1e-9;
    m->cs.step_count = 10;
    model_hold(m, "left", 0, NAN, NAN);
    model_hold(m, "front", NAN, 0, NAN);
    model_hold(m, "bottom", NAN, NAN, 0);
    model_load(m, "right", FEMD_LOAD_TRACTION, pull, 0, 0);
}

static void a_softening_body_is_followed_down(void **state) {
    (void)state;
    model m;
    path h;
    femd_error err = FEMD_ERROR_INIT;
    softening(&m, 0.05);
    m.cs.max_cuts = 4;
    assert_int_equal(follow(&m, &h, &err), FEMD_NOT_CONVERGED);
    if (!strstr(err.text, "arc-length")) fail_msg("%s", err.text);
    model_clear(&m);
    softening(&m, 0.05);
    m.cs.arc_length = 1;
    m.cs.max_steps = 60;
    follow_ok(&m, &h);
    assert_int_equal(h.steps, 60);
    double peak = 0;
    for (int i = 1; i <= h.steps; ++i) {
        /* E(u) of a cell of unit length; P = (1 + u) E exp(-E^2 / 2a) */
        const double u = h.moved[i], E = u + 0.5 * u * u, P = (1 + u) * E * exp(-E * E / (2 * 0.0025));
        assert_near(0.05 * h.load[i], P, 1e-8);
        peak = fmax(peak, h.load[i]);
    }
    assert_true(h.load[60] < 0.2 * peak && h.moved[60] > 0.1);
    assert_non_null(strstr(h.note, "max_steps 60"));
    model_clear(&m);
}

/* Beyond a strain of 2 % the cell shrinks across by 1 % at once: no equilibrium is so close as a step is long, however
 * short. The jump is told, with where the path breaks off, and what is found after it is an equilibrium. */
static void a_path_that_breaks_off_is_told(void **state) {
    (void)state;
    model m;
    path h;
    softening(&m, 0.04);
    m.law.softening = 0;
    m.law.snap_beyond = 0.02;
    m.law.snap = 0.02;
    m.cs.step_count = 20;
    m.cs.arc_length = 1;
    m.cs.max_steps = 100;
    follow_ok(&m, &h);
    int jumps = 0;
    for (int i = 1; i <= h.steps; ++i) {
        const double u = h.moved[i], beyond = u + 0.5 * u * u > 0.02;
        assert_true(u > h.moved[i - 1]); /* it does not turn back */
        assert_near(0.04 * h.load[i], (1 + u) * (u + 0.5 * u * u), 1e-8);
        assert_near(h.across[i], beyond ? sqrt(0.98) - 1 : 0, 1e-8);
        jumps += h.leap[i] > 1.1;
        if (beyond && h.moved[i - 1] < 0.0198) assert_true(h.leap[i] > 3 && u - h.moved[i - 1] < 0.1 * 0.002);
    }
    assert_int_equal(jumps, 1);
    assert_int_equal(h.notes, 1);
    assert_non_null(strstr(h.note, "the body has jumped"));
    assert_non_null(strstr(h.note, "breaks off between load factor 0.5"));
    assert_near(h.load[h.steps], 1, 1e-12);
    model_clear(&m);
}

/* Short steps along the tangent: one that goes sideways as well, by four fifths of its length, has left the path. */
static void a_small_jump_of_a_short_step_is_told(void **state) {
    (void)state;
    model m;
    path h;
    femd_error err = FEMD_ERROR_INIT;
    const double length = 2 * 0.04 * 0.0025; /* of the four nodes of the right side, that move alike */
    softening(&m, 0.04);
    m.law.softening = 0;
    m.law.snap_beyond = 0.00105;
    m.law.snap = 0.8 * length / sqrt(2.0);
    m.cs.step_count = 20;
    m.cs.growth = 1;
    m.cs.arc_length = 1;
    m.cs.max_steps = 20;
    assert_int_equal(model_create(&m, &err), FEMD_OK);
    m.p->dt = 0.0025; /* as after cuts: a twentieth of a planned step */
    follow_ok(&m, &h);
    assert_int_equal(h.steps, 20);
    for (int i = 1; i <= h.steps; ++i) {
        const int jump = h.across[i] < -1e-6 && h.across[i - 1] > -1e-6;
        assert_near(h.leap[i], jump ? sqrt(1.64) : 1, 0.01);
    }
    assert_true(h.across[h.steps] < -1e-6);
    assert_int_equal(h.jumps, 1);
    model_clear(&m);
}

/* Past the peak, where the load falls, short steps along the tangent go as far as they are long too. */
static void short_steps_keep_their_length_on_the_way_down(void **state) {
    (void)state;
    model m;
    path h;
    softening(&m, 0.05);
    m.cs.arc_length = 1;
    m.cs.max_steps = 14;
    follow_ok(&m, &h);
    const double before = h.load[h.steps];
    m.cs.max_steps = 20;
    m.cs.growth = 1;
    m.p->dt = 0.005; /* as after cuts: a twentieth of a planned step */
    follow_ok(&m, &h);
    assert_int_equal(h.steps, 6);
    for (int i = 1; i <= h.steps; ++i) {
        assert_near(h.leap[i], 1, 0.01);
        assert_true(h.load[i] < (i > 1 ? h.load[i - 1] : before));
    }
    model_clear(&m);
}

/* Where a run gives up, a body that has become more than four times as soft as at its start is close to its limit; one
 * that has not is not said to be. P = (1 + u) E exp(-E^2 / 2a) has softened 3.6 and 4.5 times where the points end. */
static void a_run_that_gives_up_tells_a_soft_body(void **state) {
    (void)state;
    static const double end[2] = {0.0414, 0.0432};
    for (int soft = 0; soft < 2; ++soft) {
        model m;
        path h;
        double times = 0;
        femd_error err = FEMD_ERROR_INIT;
        softening(&m, 0.05);
        m.law.fail_beyond = end[soft];
        m.cs.max_cuts = 12;
        assert_int_equal(follow(&m, &h, &err), FEMD_NOT_CONVERGED);
        const char *words = strstr(err.text, "gives way ");
        assert_int_equal(words != NULL, soft);
        if (soft) assert_int_equal(sscanf(words, "gives way %lf times as fast as in the first step", &times), 1);
        if (soft) assert_near(times, 4.5, 0.2);
        assert_near(h.moved[h.steps], sqrt(1 + 2 * end[soft]) - 1, 1e-4);
        model_clear(&m);
    }
}

/* Supports that move the body are part of the path. */
static void a_prescribed_displacement_is_a_load(void **state) {
    (void)state;
    model m;
    path h;
    softening(&m, 0);
    m.cs.nboundary--;
    model_hold(&m, "right", 0.2, NAN, NAN);
    m.cs.arc_length = 1;
    follow_ok(&m, &h);
    assert_near(h.load[h.steps], 1, 1e-12);
    for (int i = 1; i <= h.steps; ++i) assert_near(h.moved[i], 0.2 * h.load[i], 1e-12);
    assert_int_equal(h.steps, 10); /* a straight path: one planned increment each */
    model_clear(&m);
}

/* What is no multiple of one load is refused. */
static void loads_that_are_not_proportional_are_refused(void **state) {
    (void)state;
    model m;
    path h;
    femd_error err = FEMD_ERROR_INIT;
    double time[2] = {0, 1}, factor[2] = {1, 1};
    softening(&m, 0.01);
    m.cs.arc_length = 1;
    m.cs.max_steps = 100;
    m.boundary[3].ntable = 2;
    m.boundary[3].time = time;
    m.boundary[3].factor = factor;
    assert_int_equal(follow(&m, &h, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "steps.control"));
    model_clear(&m);
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_arch_is_followed_through_its_limit_point),
        cmocka_unit_test(a_softening_body_is_followed_down),
        cmocka_unit_test(a_path_that_breaks_off_is_told),
        cmocka_unit_test(a_small_jump_of_a_short_step_is_told),
        cmocka_unit_test(short_steps_keep_their_length_on_the_way_down),
        cmocka_unit_test(a_run_that_gives_up_tells_a_soft_body),
        cmocka_unit_test(a_prescribed_displacement_is_a_load),
        cmocka_unit_test(loads_that_are_not_proportional_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
