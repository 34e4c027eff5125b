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

#define RUN_OK(m)                                                                                                      \
    do {                                                                                                               \
        femd_error err_ = FEMD_ERROR_INIT;                                                                             \
        if (model_run(m, &err_) != FEMD_OK) fail_msg("%s", err_.text);                                                 \
    } while (0)

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
            assert_int_equal(m.law.points, 1 + all * m.last.nresiduals + all);
            assert_near(m.last.stability_min, 1, 0);
            assert_true(m.p->pt->k[0] != 0 && fabs(m.p->pt->k[0] - 1) < 0.1); /* turned with the material */
            assert_memory_equal(m.p->pt->state[3].b, m.p->pt->E + 18,
                                32); /* the state is that of the mechanical answer */
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

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(committed_wants_are_asked_once_and_leave_the_stress_alone),
        cmocka_unit_test(carriers_and_notes_reach_the_record),
        cmocka_unit_test(conductivity_is_sampled_once_per_place_within_the_tolerances),
        cmocka_unit_test(reused_conductivity_does_not_drift),
        cmocka_unit_test(conductivity_not_asked_anew_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
