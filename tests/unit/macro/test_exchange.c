/* Points whose chemical potentials the case prescribes: each is asked at its own place and time, and the body follows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "model.h"
#include "near.h"

#define OK(expr)                                                                                                       \
    do {                                                                                                               \
        femd_error err_ = FEMD_ERROR_INIT;                                                                             \
        femd_error *err = &err_;                                                                                       \
        if ((expr) != FEMD_OK) fail_msg("%s", err_.text);                                                              \
    } while (0)

#define CHEMICAL 1e18 /* 1/J */

static const cJSON alloy; /* the material in a document that this model has not */
static femd_case_potential potential[2];

static void prepare(model *m, const char *first) {
    model_init(m, &femd_element_p2, 2);
    memset(potential, 0, sizeof potential);
    m->material[0].node = &alloy;
    potential[0] = (femd_case_potential){.material = &alloy, .place = 0, .function = model_function(first)};
    potential[1] = (femd_case_potential){.material = &alloy, .place = 2, .joule = 4e-21};
    m->cs.potential = potential;
    m->cs.npotentials = 2;
    m->cs.step_count = 4;
    m->law.inputs = FEMD_INPUT_CHEMICAL;
    m->law.chemical = CHEMICAL;
    model_hold(m, "left", 0, NAN, NAN);
    model_hold(m, "front", NAN, 0, NAN);
    model_hold(m, "bottom", NAN, NAN, 0);
}

static void release(model *m) {
    femd_function_destroy(&potential[0].function);
    m->cs.npotentials = 0;
    model_clear(m);
}

static void points_are_asked_at_their_place_and_time(void **state) {
    (void)state;
    model m;
    prepare(&m, "1e-20*(x+2*t)");
    OK(model_create(&m, err));
    femd_field *u = m.p->displacement;
    for (int k = 0; k <= 4; ++k) {
        OK(u->kind->begin(u, 0.25 * k, 0, err));
        for (PetscInt q = 0; q < m.p->pt->n; ++q) {
            const double *mu = m.p->pt->delta_mu + 3 * q;
            assert_near(mu[0], 1e-20 * (m.p->pt->x[3 * q] + 0.5 * k), 1e-33);
            assert_true(mu[1] == 0 && mu[2] == 4e-21);
        }
    }
    release(&m);
}

/* A body that is free takes the size of its potentials, without a stress; its energy is not known while they change. */
static void a_free_body_follows_its_potentials(void **state) {
    (void)state;
    for (int ramps = 0; ramps < 2; ++ramps) {
        model m;
        prepare(&m, ramps ? "1e-20*(1+t)" : "1e-20");
        m.law.wants &= ~(uint32_t)FEMD_WANT_ENERGY;
        m.law.inputs |= FEMD_INPUT_TEMPERATURE; /* no Helmholtz energy: its work stands for it */
        m.cs.wants_committed = FEMD_WANT_COMPOSITION;
        m.law.wants |= FEMD_WANT_COMPOSITION;
        OK(model_run(&m, err));
        assert_int_equal(m.steps, 4);
        assert_int_equal(m.law.first.flags, FEMD_REQUEST_EXCHANGE);
        for (PetscInt q = 0; q < m.p->pt->n; ++q) {
            for (int c = 0; c < 3; ++c) assert_near(m.p->pt->E[6 * q + c], CHEMICAL * 1e-20 * (1 + ramps), 1e-10);
            for (int c = 0; c < 6; ++c) assert_near(m.p->pt->S[6 * q + c], 0, 1e-9);
            assert_int_equal(isnan(m.p->pt->energy[q]), ramps);
        }
        release(&m);
    }
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_are_asked_at_their_place_and_time),
        cmocka_unit_test(a_free_body_follows_its_potentials),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
