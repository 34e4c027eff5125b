/* What output.wants asks of a converged step: who is asked, what is reused, what the record says of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "near.h"
#include "run_checks.h"

static void committed_wants_are_asked_once_and_leave_the_stress_alone(void **state) {
    (void)state;
    double S[2] = {0};
    for (int asked = 0; asked < 2; ++asked) {
        model m;
        model_init(&m, &femd_element_p1, 2);
        m.law.wants |= FEMD_WANT_STABILITY | FEMD_WANT_CONDUCTIVITY;
        if (asked) m.cs.wants_committed = FEMD_WANT_STABILITY | FEMD_WANT_CONDUCTIVITY;
        model_hold(&m, "left", 0, 0, 0);
        model_hold(&m, "right", 0.2, 0.1, 0);
        RUN_OK(&m);
        S[asked] = m.p->pt->S[7];
        if (asked) {
            uint64_t all = 48;
            assert_int_equal(m.law.points, 1 + all * m.last.nresiduals + 2 * all); /* the conductivity by itself */
            assert_near(m.last.stability_min, 1, 0);
            assert_true(m.p->pt->k[0] != 0 && fabs(m.p->pt->k[0] - 1) < 0.1);  /* turned with the material */
            assert_memory_equal(m.p->pt->state[3].b, m.p->pt->E + 18, 24);     /* of the converged strain, */
            assert_int_equal(m.p->pt->state[3].b[24], FEMD_WANT_CONDUCTIVITY); /* as the last answer left it */
        } else {
            assert_true(isnan(m.last.stability_min));
        }
        model_clear(&m);
    }
    assert_near(S[0], S[1], 0);
}

/* Two cells, pulled alike in two steps: tolerances decide who is asked. */
static void conductivities_are_reused(double strain, uint64_t sampled, uint64_t reused) {
    model m;
    model_init(&m, &femd_element_q1, 2);
    m.law.wants |= FEMD_WANT_CONDUCTIVITY;
    m.cs.wants_committed = FEMD_WANT_CONDUCTIVITY;
    m.cs.step_count = 2;
    m.cs.k_reuse = strain >= 0;
    m.cs.k_reuse_strain = strain;
    model_affine(&m, (const double[9]){0.1, 0.02, 0, 0, 0, 0, 0, 0, 0});
    RUN_OK(&m);
    assert_int_equal(m.last.k_sampled, sampled);
    assert_int_equal(m.last.k_reused, reused);
    for (int c = 0; c < 3; ++c) assert_near(m.p->pt->k_from[5].k[c], 1 + c, 0);
    assert_near(m.p->pt->k_from[5].error[0], 0.1, 0);
    assert_true(fabs(m.p->pt->k[30] - 1) < 0.1 && m.p->pt->k[30] != 0);
    assert_near(m.last.k_mean[2], 3, 1e-12);
    assert_near(m.last.k_error_max, 0.05, 1e-15);
    model_clear(&m);
}

/* Lattice only where all materials say so; the electrons' part has a mean of its own; notes of reused answers count. */
static void carriers_and_notes_reach_the_record(void **state) {
    (void)state;
    for (int electrons = 0; electrons < 2; ++electrons) {
        model m;
        model_init(&m, &femd_element_q1, 2);
        m.law.wants |= FEMD_WANT_CONDUCTIVITY;
        m.law.carriers = electrons ? FEMD_CARRIER_LATTICE | FEMD_CARRIER_ELECTRONS : 0;
        m.cs.wants_committed = FEMD_WANT_CONDUCTIVITY;
        m.cs.k_reuse = 1;
        m.cs.k_reuse_strain = 0.01;
        model_affine(&m, (const double[9]){0.1, 0.02, 0, 0, 0, 0, 0, 0, 0});
        RUN_OK(&m);
        assert_int_equal(m.last.k_carriers, m.law.carriers);
        assert_int_equal(m.last.notes, FEMD_NOTE_NO_PLATEAU);
        assert_int_equal(m.last.k_sampled + m.last.k_reused, m.last.k_noted);
        assert_near(m.last.ke_mean[0], electrons ? 400 : 0, 1e-9);
        assert_near(m.p->pt->ke[6 * 5 + 1], electrons ? 400 : 0, 1e-9);
        model_clear(&m);
    }
}

static void conductivity_is_sampled_once_per_place_within_the_tolerances(void **state) {
    (void)state;
    conductivities_are_reused(-1, 64, 0);   /* off: everyone is asked */
    conductivities_are_reused(0.01, 1, 63); /* uniform strain: one stands for all, but not for the other step */
    conductivities_are_reused(0.2, 0, 64);  /* the step before will do */
}

/* A taken conductivity keeps the strain it was sampled at, so errors do not add up over the steps. */
static void reused_conductivity_does_not_drift(void **state) {
    (void)state;
    model m;
    model_init(&m, &femd_element_q1, 1);
    m.law.wants |= FEMD_WANT_CONDUCTIVITY;
    m.cs.wants_committed = FEMD_WANT_CONDUCTIVITY;
    m.cs.step_count = 9;
    m.cs.k_reuse = 1;
    m.cs.k_reuse_strain = 0.025;
    model_affine(&m, (const double[9]){0.1, 0, 0, 0, 0, 0, 0, 0, 0});
    RUN_OK(&m);
    for (PetscInt k = 0; k < m.p->pt->n; ++k) {
        assert_true(fabs(m.p->pt->k_from[k].E[0] - m.p->pt->E[6 * k]) <= 0.025);
        assert_true(m.p->pt->k_from[k].E[0] != m.p->pt->E[6 * k]); /* the last step lies within reach of one before */
    }
    model_clear(&m);
}

/* What a material does not answer is not lost to a step: a checkpoint may have brought it. */
static void conductivity_not_asked_anew_is_kept(void **state) {
    (void)state;
    model m;
    femd_error err = FEMD_ERROR_INIT;
    model_init(&m, &femd_element_p1, 1);
    model_hold(&m, "left", 0, 0, 0);
    model_hold(&m, "right", 0.01, 0, 0);
    m.cs.wants_committed = FEMD_WANT_CONDUCTIVITY;
    m.law.wants |= FEMD_WANT_CONDUCTIVITY;
    assert_int_equal(model_create(&m, &err), FEMD_OK);
    m.p->caps[0].wants &= ~(uint32_t)FEMD_WANT_CONDUCTIVITY;
    m.p->pt->k[7] = 401;
    RUN_OK(&m);
    assert_near(m.p->pt->k[7], 401, 0);
    model_clear(&m);
}

/* What a method has sampled is in the state that its answer leaves: each round goes on from the one before, and the
 * next step from the last of them. */
static void each_round_goes_on_from_the_state_of_the_one_before(void **state) {
    (void)state;
    model m;
    model_init(&m, &femd_element_q1, 1);
    m.cs.accuracy = 0.01;
    m.law.wants |= FEMD_WANT_STABILITY | FEMD_WANT_CONDUCTIVITY;
    m.cs.wants_committed = FEMD_WANT_STABILITY | FEMD_WANT_CONDUCTIVITY;
    model_hold(&m, "left", 0, 0, 0);
    model_hold(&m, "right", 0.2, 0.1, 0);
    RUN_OK(&m);
    const femd_request *last = &m.law.first;
    assert_int_equal(last->wants, FEMD_WANT_CONDUCTIVITY);
    assert_memory_equal(last->state_in.b, m.p->pt->E, 24); /* the tentative one */
    assert_int_equal(last->state_in.b[24], (uint8_t)FEMD_WANT_STABILITY);
    assert_near(last->accuracy, 0, 0); /* the case's is one of stresses */
    assert_true(femd_hash_equal(&m.law.committed, m.p->pt->state));
    model_clear(&m);
    model_init(&m, &femd_element_q1, 1); /* a want that is no conductivity has the case's accuracy */
    m.cs.accuracy = 0.01;
    m.law.wants |= FEMD_WANT_THERMAL_STRESS;
    m.cs.wants_committed = FEMD_WANT_THERMAL_STRESS;
    model_hold(&m, "left", 0, 0, 0);
    model_hold(&m, "right", 0.2, 0.1, 0);
    RUN_OK(&m);
    assert_near(m.law.first.accuracy, 0.01, 0);
    assert_int_equal(m.law.first.state_in.b[24], (uint8_t)(FEMD_WANT_STRESS | FEMD_WANT_TANGENT));
    model_clear(&m);
}

typedef struct told {
    int steps;
    char note[1024];
} told;

static void note_told(void *user, int step, const char *what) {
    told *t = user;
    (void)step;
    snprintf(t->note, sizeof t->note, "%s", what);
}

static femd_status count_step(void *user, femd_problem *p, const femd_step_record *rec, femd_error *err) {
    told *t = user;
    (void)p, (void)err;
    assert_int_equal(rec->failed_points, 0); /* of cut attempts: there are none */
    t->steps++;
    return FEMD_OK;
}

static void refusing(model *m, uint32_t refuse) {
    model_init(m, &femd_element_q1, 2);
    m->law.wants |= FEMD_WANT_STABILITY | FEMD_WANT_CONDUCTIVITY | FEMD_WANT_THERMAL_STRESS;
    m->cs.wants_committed = FEMD_WANT_STABILITY | FEMD_WANT_CONDUCTIVITY | FEMD_WANT_THERMAL_STRESS;
    m->cs.step_count = 2;
    m->law.refuse = refuse;
    model_affine(m, (const double[9]){0.1, 0.02, 0, 0, 0, 0, 0, 0, 0});
}

/* Points 1, 4, ... of 64 fail: 21. Nothing else is lost with what was asked of them. */
static void what_is_not_answered_is_marked_and_the_step_stands(void **state) {
    (void)state;
    static const uint32_t refuse[2] = {FEMD_WANT_CONDUCTIVITY, FEMD_WANT_THERMAL_STRESS};
    for (int which = 0; which < 2; ++which) {
        model m;
        told t = {0};
        femd_error err = FEMD_ERROR_INIT;
        const femd_stepping_hooks hooks = {.user = &t, .committed = count_step, .note = note_told};
        refusing(&m, refuse[which]);
        m.law.backwards = which;
        assert_int_equal(model_create(&m, &err), FEMD_OK);
        if (femd_stepping_run(m.p, &hooks, &err) != FEMD_OK) fail_msg("%s", err.text);
        assert_int_equal(t.steps, 2);
        assert_non_null(strstr(t.note, "21 points"));
        assert_non_null(strstr(t.note, "point 1 (cell 0)"));
        assert_non_null(strstr(t.note, test_law_words));
        const femd_points *pt = m.p->pt;
        const femd_wanted *thermal = femd_wanted_find(pt->wanted, pt->nwanted, FEMD_QUANTITY_THERMAL_STRESS),
                          *stability = femd_wanted_find(pt->wanted, pt->nwanted, FEMD_QUANTITY_STABILITY),
                          *k = femd_wanted_find(pt->wanted, pt->nwanted, FEMD_QUANTITY_CONDUCTIVITY);
        for (PetscInt i = 0; i < pt->n; ++i) {
            const int lost = pt->id[i] % 3 == 1;
            assert_int_equal(pt->status[i], lost ? FEMD_NOT_CONVERGED : FEMD_OK);
            assert_int_equal(isnan(k->value[6 * i]) != 0, lost && which == 0);
            assert_int_equal(isnan(k->error[6 * i + 5]) != 0, lost && which == 0);
            assert_int_equal(isnan(pt->ke[6 * i]) != 0, lost && which == 0);
            assert_int_equal(isnan(thermal->value[6 * i + 5]) != 0, lost && which == 1);
            assert_int_equal(isnan(stability->value[i]) != 0, lost && which == 1); /* asked together */
            assert_near(pt->E[6 * i], 0.1 + 0.005, 1e-12);
        }
        model_clear(&m);
    }
}

/* Means are those of the points that answer. Who was to take what is lost is marked too. */
static void means_leave_out_what_is_lost(void **state) {
    (void)state;
    model m;
    refusing(&m, FEMD_WANT_CONDUCTIVITY);
    RUN_OK(&m);
    assert_int_equal(m.last.unanswered, 21);
    assert_int_equal(m.last.k_sampled, 64);
    assert_int_equal(m.last.k_noted, 43);
    assert_near(m.last.k_mean[2], 3, 1e-12);
    assert_near(m.last.k_error_max, 0.05, 1e-15);
    model_clear(&m);
    refusing(&m, FEMD_WANT_CONDUCTIVITY);
    m.cs.k_reuse = 1;
    m.cs.k_reuse_strain = 0.01;
    m.law.refuse = FEMD_WANT_CONDUCTIVITY;
    m.cs.mesh.cells[0] = m.cs.mesh.cells[1] = m.cs.mesh.cells[2] = 1;
    RUN_OK(&m);
    assert_int_equal(m.last.k_sampled, 1); /* point 0, which answers */
    assert_int_equal(m.last.unanswered, 0);
    model_clear(&m);
    refusing(&m, FEMD_WANT_CONDUCTIVITY);
    m.cs.k_reuse = 1;
    m.cs.k_reuse_strain = 0.01;
    m.law.refuse_all = 1;
    RUN_OK(&m);
    assert_int_equal(m.last.k_sampled, 1);
    assert_int_equal(m.last.unanswered, 64);
    assert_true(isnan(m.last.k_mean[0]) && isnan(m.p->pt->k[6 * 63 + 2]) && isnan(m.last.k_error_max));
    m.law.refuse = 0; /* what is lost is no donor: the next step asks again */
    m.cs.end_time = 2;
    RUN_OK(&m);
    assert_int_equal(m.last.unanswered, 0);
    assert_near(m.last.k_mean[2], 3, 1e-12);
    model_clear(&m);
}

static void the_case_may_ask_for_the_end_after_such_a_step(void **state) {
    (void)state;
    model m;
    femd_error err = FEMD_ERROR_INIT;
    refusing(&m, FEMD_WANT_CONDUCTIVITY);
    m.cs.stop_unanswered = 1;
    assert_int_equal(model_run(&m, &err), FEMD_NOT_CONVERGED);
    assert_int_equal(m.steps, 1); /* it is committed and recorded all the same */
    assert_int_equal(m.p->step, 1);
    assert_int_equal(m.law.commits, 1);
    assert_non_null(strstr(err.text, "if_unanswered"));
    model_clear(&m);
}

/* No answer for a reason that is not the point's own ends the run, as it does in an iteration. */
static void infrastructure_failure_is_no_mark(void **state) {
    (void)state;
    model m;
    femd_error err = FEMD_ERROR_INIT;
    refusing(&m, 0);
    m.cs.step_count = 1;
    RUN_OK(&m);
    const int calls = (int)m.law.calls;
    model_clear(&m);
    refusing(&m, 0);
    m.cs.step_count = 1;
    m.law.break_at = calls;
    assert_int_equal(model_run(&m, &err), FEMD_ENGINE_DIED);
    assert_int_equal(m.law.commits, 0);
    model_clear(&m);
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(committed_wants_are_asked_once_and_leave_the_stress_alone),
        cmocka_unit_test(carriers_and_notes_reach_the_record),
        cmocka_unit_test(conductivity_is_sampled_once_per_place_within_the_tolerances),
        cmocka_unit_test(reused_conductivity_does_not_drift),
        cmocka_unit_test(conductivity_not_asked_anew_is_kept),
        cmocka_unit_test(each_round_goes_on_from_the_state_of_the_one_before),
        cmocka_unit_test(what_is_not_answered_is_marked_and_the_step_stands),
        cmocka_unit_test(means_leave_out_what_is_lost),
        cmocka_unit_test(the_case_may_ask_for_the_end_after_such_a_step),
        cmocka_unit_test(infrastructure_failure_is_no_mark),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
