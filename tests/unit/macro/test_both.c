/* Heat and mechanics together: the temperature strains the body, the body conducts as it is deformed, both are cut and
 * committed together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "femd/tensor3.h"
#include "fields/heat.h"
#include "model.h"
#include "near.h"
#include "results/checkpoint.h"

#define OK(expr)                                                                                                       \
    do {                                                                                                               \
        femd_error err_ = FEMD_ERROR_INIT;                                                                             \
        femd_error *err = &err_;                                                                                       \
        if ((expr) != FEMD_OK) fail_msg("%s", err_.text);                                                              \
    } while (0)

static const double even[6] = {2, 2, 2, 0, 0, 0}, skew[6] = {1, 2, 3, 0.2, 0.1, 0.3};

/* The number of a step's heat behind those of the entries and the source. */
static double of_heat(const model *m, int number) {
    return m->heat[m->cs.nboundary + 1 + (size_t)number];
}

static void hold_free(model *m) {
    model_hold(m, "left", 0, NAN, NAN);
    model_hold(m, "front", NAN, 0, NAN);
    model_hold(m, "bottom", NAN, NAN, 0);
}

static void hold_temperature(model *m, const char *on, const char *text) {
    model_expression(model_load(m, on, FEMD_LOAD_TEMPERATURE, 0, 0, 0), 0, text);
}

/* ---- closed forms ---- */

/* A block that is free grows without stress: E = alpha T of the law, wherever the temperature comes from. */
static void a_free_block_grows_by_the_temperature_that_it_has(void **state) {
    (void)state;
    for (size_t e = 0; femd_element_at(e); ++e) {
        model m;
        model_init(&m, femd_element_at(e), 2);
        m.comm = PETSC_COMM_SELF;
        m.cs.step_count = 3;
        m.law.alpha = 1e-4;
        model_both(&m, even, 3, 0, 1);
        hold_free(&m);
        m.cs.heat.has_source = 1;
        m.cs.heat.source = 600; /* 200 K in time 1 */
        OK(model_run(&m, err));
        assert_int_equal(m.steps, 3);
        assert_int_equal(m.last.cuts, 0);
        assert_near(of_heat(&m, FEMD_HEAT_MEAN), 200, 1e-9);
        assert_near(of_heat(&m, FEMD_HEAT_BALANCE), 0, 1e-9);
        assert_near(of_heat(&m, FEMD_HEAT_STORED), 600, 1e-9);
        assert_near(of_heat(&m, FEMD_HEAT_NUMBERS + FEMD_PASS_DELTA), 200 * 9 * 1e-8 * (2 + 2.0 / 3) / 3, 1e-9);
        for (PetscInt k = 0; k < m.p->pt->n; ++k)
            for (int c = 0; c < 6; ++c) {
                assert_near(m.p->pt->E[6 * k + c], c < 3 ? 0.02 : 0, 1e-10);
                assert_near(m.p->pt->S[6 * k + c], 0, 1e-10);
            }
        model_clear(&m);
    }
}

/* Between walls its stress is - E alpha T: exactly so in the limit of small strains. */
static void a_held_bar_is_pressed(void **state) {
    (void)state;
    const double young = 8.0 / 3, alpha = 1e-8;
    model m;
    model_init(&m, &femd_element_p2, 1);
    m.comm = PETSC_COMM_SELF;
    m.cs.step_count = 2;
    m.cs.rtol = 1e-6;
    m.law.alpha = alpha;
    model_both(&m, even, 3, 0, 1);
    hold_free(&m);
    model_hold(&m, "right", 0, NAN, NAN);
    m.cs.heat.has_source = 1;
    m.cs.heat.source = 300;
    OK(model_run(&m, err));
    for (PetscInt k = 0; k < m.p->pt->n; ++k)
        for (int c = 0; c < 6; ++c)
            assert_near(m.p->pt->S[6 * k + c], c ? 0 : -young * alpha * 100, 1e-6 * young * alpha * 100);
    assert_near(m.reaction[0], young * alpha * 100, 1e-6 * young * alpha * 100);
    model_clear(&m);
}

/* K = J F^-1 k F^-T: a flow along a bar that is pulled to l times its length without narrowing is k / l per reference
 * length; across it, as much as it is wider: k l. A conductivity that is given counts in the same way. */
static void a_stretched_bar_conducts_as_it_stands(void **state) {
    (void)state;
    for (int given = 0; given < 2; ++given)
        for (int along = 0; along < 2; ++along) {
            const double stretch = 0.25;
            model m;
            model_init(&m, &femd_element_q1, 1);
            m.comm = PETSC_COMM_SELF;
            m.cs.step_count = 3;
            model_both(&m, even, 3, 300, 0);
            m.law.k_strain = along; /* points are asked at the strain that they have */
            if (given) m.law.k[0] = 7, m.material[0].conductivity = 2;
            for (int s = 0; s < 6; ++s) {
                static const char *const side[6] = {"left", "right", "front", "back", "bottom", "top"};
                femd_case_boundary *entry = model_hold(&m, side[s],
                                                       s == 1 ? stretch
                                                       : s    ? NAN
                                                              : 0,
                                                       s / 2 == 1 ? 0 : NAN, s / 2 == 2 ? 0 : NAN);
                if (s == 1) model_expression(entry, 0, "0.25*min(1,3*t)"); /* all in the first step */
            }
            hold_temperature(&m, along ? "left" : "front", "310");
            hold_temperature(&m, along ? "right" : "back", "300");
            OK(model_run(&m, err));
            const double E11 = stretch + stretch * stretch / 2, more = along && !given ? 1 + E11 : 1,
                         flow = 20 * more * (along ? 1 / (1 + stretch) : 1 + stretch);
            assert_near(m.heat[6], flow, 1e-9 * flow);
            assert_near(m.heat[7], -flow, 1e-9 * flow);
            assert_true(isnan(of_heat(&m, FEMD_HEAT_NUMBERS + FEMD_PASS_DELTA)));
            model_clear(&m);
        }
}

/* Sheared by g and stretched by s along x, with a k that turns with the material: F = R U, K = J U^-1 k U^-1 has all
 * six components; the flow of a temperature that rises along each axis tells them. */
static void a_sheared_block_conducts_as_it_stands(void **state) {
    (void)state;
    static const char *const side[6] = {"left", "right", "front", "back", "bottom", "top"};
    model m;
    model_init(&m, &femd_element_q1, 1);
    m.comm = PETSC_COMM_SELF;
    m.cs.step_count = 2;
    model_both(&m, skew, 3, 300, 1);
    for (int s = 0; s < 6; ++s) {
        femd_case_boundary *entry = model_hold(&m, side[s], 0, 0, 0);
        model_expression(entry, 0, "min(1,2*t)*(0.2*x+0.5*y+0.3*z)");
        model_expression(entry, 1, "min(1,2*t)*0.1*z");
    }
    hold_temperature(&m, "left", "300");
    OK(model_run(&m, err));
    /* U from U U = F^T F by the Denman-Beavers iteration; C has no other root that is positive */
    const double F[9] = {1.2, 0.5, 0.3, 0, 1, 0.1, 0, 0, 1}, J = 1.2;
    double Y[9] = {0}, Z[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    for (int i = 0; i < 9; ++i)
        for (int l = 0; l < 3; ++l) Y[i] += F[3 * l + i / 3] * F[3 * l + i % 3];
    for (int it = 0; it < 20; ++it) {
        double A[9], B[9];
        femd_adjugate3(Y, A);
        femd_adjugate3(Z, B);
        const double y = femd_det3(Y), z = femd_det3(Z);
        for (int i = 0; i < 9; ++i) A[i] /= y, B[i] /= z;
        for (int i = 0; i < 9; ++i) Y[i] = 0.5 * (Y[i] + B[i]), Z[i] = 0.5 * (Z[i] + A[i]);
    }
    const double k[9] = {skew[0], skew[5], skew[4], skew[5], skew[1], skew[3], skew[4], skew[3], skew[2]};
    for (int a = 0; a < 3; ++a) {
        double T[8], q[3];
        for (int i = 0; i < 8; ++i) T[i] = m.p->grid->node_x[3 * i + a];
        for (PetscInt point = 0; point < m.p->pt->n; ++point) {
            femd_heat_flux(m.p, point, T, q);
            for (int b = 0; b < 3; ++b) {
                double K = 0; /* Z = U^-1 */
                for (int i = 0; i < 9; ++i) K += J * Z[3 * b + i / 3] * k[i] * Z[3 * (i % 3) + a];
                assert_near(q[b], -K, 1e-12);
            }
        }
    }
    model_clear(&m);
}

/* ---- two ways ---- */

static const double bulk = 2 + 2.0 / 3; /* of the law, Pa */

/* A source warms a block in n steps; kappa = b D^-1 b. */
static void prepare_warm(model *m, double alpha, double c, double source, int n) {
    model_init(m, &femd_element_q1, 1);
    m->comm = PETSC_COMM_SELF;
    m->cs.step_count = n;
    m->law.alpha = alpha;
    model_both(m, even, c, 0, 1);
    m->cs.heat.coupling = FEMD_COUPLING_ANY;
    m->cs.heat.has_source = 1;
    m->cs.heat.source = source;
}

/* Free of stress it warms with the capacity at constant stress: exactly, in one pass, at a coupling of 2. */
static void a_free_block_warms_at_constant_stress(void **state) {
    (void)state;
    const double alpha = 0.02, c = 0.01, source = 0.03, kappa = 9 * alpha * alpha * bulk;
    const int n = 5;
    double T = 0, before = 0;
    model m;
    prepare_warm(&m, alpha, c, source, n);
    hold_free(&m);
    OK(model_run(&m, err));
    for (int i = 0; i < n; ++i) {
        before = T;
        T += source / n / (c + T * kappa);
    }
    assert_true(T * kappa / c > 1);
    assert_near(of_heat(&m, FEMD_HEAT_MEAN), T, 1e-9 * T);
    assert_near(of_heat(&m, FEMD_HEAT_STORED), source, 1e-9 * source);
    assert_near(of_heat(&m, FEMD_HEAT_NUMBERS + FEMD_PASS_STRESS), before * kappa * (T - before) * n, 1e-9 * source);
    assert_near(of_heat(&m, FEMD_HEAT_NUMBERS + FEMD_PASS_LAG), 0, 1e-8 * source);
    assert_near(of_heat(&m, FEMD_HEAT_NUMBERS + FEMD_PASS_DELTA), T * kappa / c, 1e-8);
    model_clear(&m);
}

/* Held on all sides it warms with the capacity at constant strain, which the split finds behind a lag: stable at a
 * coupling of 24, and what the lag has left out is told. */
static void a_held_block_warms_at_constant_strain(void **state) {
    (void)state;
    static const char *const side[6] = {"left", "right", "front", "back", "bottom", "top"};
    const double alpha = 0.01, c = 0.001, source = 0.01, kappa = 9 * alpha * alpha * bulk;
    double off[2];
    for (int fine = 0; fine < 2; ++fine) {
        const int n = fine ? 400 : 200;
        double T = 1, rise = 0, left = 0;
        model m;
        prepare_warm(&m, alpha, c, source, n);
        m.cs.heat.initial = 1;
        for (int s = 0; s < 6; ++s) model_hold(&m, side[s], 0, 0, 0);
        OK(model_run(&m, err));
        for (int i = 0; i < n; ++i) {
            const double next = (source / n + T * kappa * rise) / (c + T * kappa);
            left = T * kappa * (rise - next) * n;
            rise = next;
            T += rise;
        }
        assert_near(of_heat(&m, FEMD_HEAT_MEAN), T, 1e-9 * T);
        assert_near(of_heat(&m, FEMD_HEAT_NUMBERS + FEMD_PASS_LAG), left, 1e-9 * source);
        assert_near(of_heat(&m, FEMD_HEAT_BALANCE), 0, 1e-9 * source);
        off[fine] = fabs(T - 1 - source / c);
        model_clear(&m);
    }
    print_message("held: %.3g and %.3g K of 10 behind, 200 and 400 steps\n", off[0], off[1]);
    assert_near(log2(off[0] / off[1]), 1, 0.3);
}

/* A body that begins with another temperature at each place is stressed so from the start: nothing moves it in the
 * first step, and nothing heats it. */
static void a_body_begins_with_the_stress_of_its_temperatures(void **state) {
    (void)state;
    static const char *const side[6] = {"left", "right", "front", "back", "bottom", "top"};
    const double little[6] = {1e-12, 1e-12, 1e-12, 0, 0, 0};
    model m;
    prepare_warm(&m, 1e-6, 1, 0, 1);
    for (int a = 0; a < 3; ++a) m.cs.mesh.cells[a] = 2;
    m.cs.rtol = 1e-4;
    m.law.k_slope = 0;
    memcpy(m.law.k, little, sizeof m.law.k);
    m.cs.heat.initial_function = model_function("300+50*x+20*y");
    for (int s = 0; s < 6; ++s) model_hold(&m, side[s], 0, 0, 0);
    OK(model_run(&m, err));
    assert_int_equal(m.last.newton, 0);
    for (PetscInt k = 0; k < m.p->pt->n; ++k) {
        const double *x = m.p->pt->x + 3 * k, T = 300 + 50 * x[0] + 20 * x[1];
        const double *E = m.p->pt->E + 6 * k;
        assert_near(m.p->pt->S[6 * k], 2 * (E[0] + E[1] + E[2]) + 2 * E[0] - 3 * bulk * 1e-6 * T, 1e-14);
    }
    assert_near(of_heat(&m, FEMD_HEAT_NUMBERS + FEMD_PASS_LAG), 0, 1e-8); /* of 3e-7 */
    model_clear(&m);
}

/* What is insulated keeps its entropy c ln T + b : E, however it is pulled. */
static double entropy_made(int coupling, int n) {
    const double alpha = 1e-3, c = 2e-4, pull = 1e-3;
    model m;
    prepare_warm(&m, alpha, c, 0, n);
    m.cs.heat.initial = m.law.rest = 1;
    m.cs.heat.coupling = coupling;
    hold_free(&m);
    model_load(&m, "right", FEMD_LOAD_TRACTION, pull, 0, 0);
    OK(model_run(&m, err));
    const double T = of_heat(&m, FEMD_HEAT_MEAN), *E = m.p->pt->E,
                 made = c * log(T) + 3 * bulk * alpha * (E[0] + E[1] + E[2]);
    assert_near(of_heat(&m, FEMD_HEAT_STORED), 0, 1e-9 * c);
    model_clear(&m);
    return made / c;
}

static void an_insulated_bar_keeps_its_entropy(void **state) {
    (void)state;
    const double alone = entropy_made(FEMD_COUPLING_ONE_WAY, 40), coarse = entropy_made(FEMD_COUPLING_ANY, 40),
                 fine = entropy_made(FEMD_COUPLING_ANY, 80);
    print_message("entropy over c: %.3g one way; %.3g and %.3g two ways, 40 and 80 steps\n", alone, coarse, fine);
    assert_true(fabs(alone) > 10 * fabs(coarse));
    assert_near(log2(coarse / fine), 1, 0.2);
}

static void two_ways_need_thermal_stresses(void **state) {
    (void)state;
    femd_error words = FEMD_ERROR_INIT;
    for (int wanted = FEMD_COUPLING_ANY; wanted <= FEMD_COUPLING_TWO_WAY; ++wanted) {
        model m;
        prepare_warm(&m, 1e-3, 1, 1, 1);
        hold_free(&m);
        m.law.wants &= ~(uint32_t)FEMD_WANT_THERMAL_STRESS;
        m.cs.heat.coupling = wanted;
        if (wanted == FEMD_COUPLING_TWO_WAY) {
            assert_int_equal(model_create(&m, &words), FEMD_BAD_INPUT);
            assert_non_null(strstr(words.text, "\"two-way\" needs dS/dT"));
        } else {
            OK(model_run(&m, err));
            assert_true(isnan(of_heat(&m, FEMD_HEAT_NUMBERS + FEMD_PASS_DELTA)));
            assert_near(of_heat(&m, FEMD_HEAT_MEAN), 1, 1e-9);
        }
        model_clear(&m);
    }
}

/* A conductivity that is sampled leaves dS/dT what it is; a method that samples dS/dT does not. */
static void two_ways_stand_beside_a_sampled_conductivity(void **state) {
    (void)state;
    const double alpha = 0.02, c = 0.01, source = 0.03, kappa = 9 * alpha * alpha * bulk;
    const char *const texts[] = {"{\"method\":{\"stress\":\"quasiharmonic\",\"conductivity\":\"green-kubo\"}}",
                                 "{\"method\":{\"stress\":\"quasiharmonic\",\"thermal-stress\":\"md\"}}"};
    femd_error words = FEMD_ERROR_INIT;
    for (int md = 0; md < 2; ++md) {
        cJSON *material = cJSON_Parse(texts[md]);
        model m;
        prepare_warm(&m, alpha, c, source, 2);
        m.cs.heat.initial = m.law.rest = 1;
        m.cs.heat.coupling = md ? FEMD_COUPLING_TWO_WAY : FEMD_COUPLING_ANY;
        m.law.k_noise = 0.1;
        m.material[0].node = material;
        hold_free(&m);
        if (md) {
            assert_int_equal(model_create(&m, &words), FEMD_BAD_INPUT);
            assert_non_null(strstr(words.text, "\"two-way\" needs dS/dT of each material"));
        } else {
            double T = 1;
            OK(model_run(&m, err));
            for (int i = 0; i < 2; ++i) T += source / 2 / (c + T * kappa);
            assert_near(of_heat(&m, FEMD_HEAT_MEAN), T, 1e-9 * T);
            assert_near(of_heat(&m, FEMD_HEAT_NUMBERS + FEMD_PASS_DELTA), T * kappa / c, 1e-8);
            assert_true(of_heat(&m, FEMD_HEAT_SAMPLES) >= 1);
        }
        model_clear(&m);
        cJSON_Delete(material);
    }
}

/* ---- steps ---- */

static void prepare(model *m, const femd_element *element) {
    model_init(m, element, 2);
    m->cs.mesh.distort = 0.2;
    m->cs.step_count = 5;
    m->cs.rtol = 1e-9;
    m->cs.ksp_rtol = 1e-12;
    m->cs.direct = 0;
    m->law.alpha = 1e-4;
    model_both(m, skew, 2, 300, 1);
    m->cs.heat.coupling = FEMD_COUPLING_TWO_WAY;
    hold_free(m);
    model_load(m, "right", FEMD_LOAD_TRACTION, 0.02, 0.005, 0);
    hold_temperature(m, "left", "300+50*y*t");
    model_load(m, "top", FEMD_LOAD_CONVECTION, 4, 350, 0);
    m->cs.heat.has_source = 1;
    m->cs.heat.source_function = model_function("30*x*(1+t)");
}

/* One sweep for the heat of a step, as it is linear, beside those of mechanics. */
static void a_coupled_step_asks_once_more_than_mechanics(void **state) {
    (void)state;
    for (size_t e = 0; femd_element_at(e); ++e) {
        model m, alone;
        prepare(&m, femd_element_at(e));
        m.comm = PETSC_COMM_SELF;
        OK(model_run(&m, err));
        prepare(&alone, femd_element_at(e));
        alone.comm = PETSC_COMM_SELF;
        alone.cs.physics = FEMD_PHYSICS_MECHANICAL;
        alone.cs.nboundary = 4;
        OK(model_run(&alone, err));
        const double points = (double)m.p->pt->n, both = (double)m.law.points / points,
                     one = (double)alone.law.points / points;
        print_message("%s: %.1f sweeps in 5 steps, %.1f of the mechanics alone\n", femd_element_at(e)->name, both, one);
        assert_true(both <= one + 7);
        assert_near(of_heat(&m, FEMD_HEAT_BALANCE), 0, 1e-10 * fabs(of_heat(&m, FEMD_HEAT_STORED)));
        model_clear(&m);
        alone.cs.nboundary = m.cs.nboundary;
        model_clear(&alone);
    }
}

typedef struct counts {
    int cuts, steps, stop_after;
} counts;

static void count_cut(void *user, int step, const char *why, double dt) {
    (void)step, (void)dt;
    if (!strstr(why, "point")) fail_msg("%s", why);
    ((counts *)user)->cuts++;
}

static femd_status count_step(void *user, femd_problem *p, const femd_step_record *rec, femd_error *err) {
    (void)p, (void)rec, (void)err;
    ((counts *)user)->steps++;
    return FEMD_OK;
}

static int count_stop(void *user) {
    const counts *c = user;
    return c->stop_after > 0 && c->steps >= c->stop_after;
}

/* What is asked at the end of a step, and noted by either of the two, leaves alone what the step has found. */
static void answers_of_both_stand_beside_what_is_wanted(void **state) {
    (void)state;
    model m;
    model_init(&m, &femd_element_q1, 1);
    m.comm = PETSC_COMM_SELF;
    m.cs.step_count = 2;
    m.law.alpha = 1e-4;
    m.law.neo_hookean = 1;
    model_both(&m, even, 1, 100, 1);
    m.cs.wants_committed = FEMD_WANT_ENERGY | FEMD_WANT_STABILITY;
    m.law.wants |= FEMD_WANT_STABILITY;
    m.law.k_slope = 0.01;
    m.law.capacity_slope = 0.01;
    hold_free(&m);
    m.cs.heat.has_source = 1;
    m.cs.heat.source = 300;
    OK(model_run(&m, err));
    const double T = of_heat(&m, FEMD_HEAT_MEAN);
    assert_true(T > 150);
    assert_near(m.p->pt->heat_k[0], 2 * (1 + 0.01 * T), 1e-9);
    assert_near(m.p->pt->heat_c[0], 1 + 0.01 * T, 1e-9);
    const double *D = m.p->pt->D, *dSdT = m.p->pt->dSdT;
    for (int c = 0; c < 3; ++c) assert_near(dSdT[c], -1e-4 * (D[6 * c] + D[6 * c + 1] + D[6 * c + 2]), 1e-15);
    assert_near(of_heat(&m, FEMD_HEAT_BALANCE), 0, 1e-9 * 300);
    model_clear(&m);
}

/* Where the mechanics of a step fails its heat goes with it. */
static void both_are_cut_together(void **state) {
    (void)state;
    model m;
    counts seen = {0};
    const femd_stepping_hooks hooks = {.user = &seen, .committed = count_step, .cut = count_cut};
    femd_error words = FEMD_ERROR_INIT;
    model_init(&m, &femd_element_q1, 1);
    m.comm = PETSC_COMM_SELF;
    m.law.alpha = 1e-4;
    m.law.fail_beyond = 0.02 * sqrt(3);
    m.cs.max_cuts = 8;
    model_both(&m, even, 1, 0, 1);
    hold_free(&m);
    m.cs.heat.has_source = 1;
    m.cs.heat.source = 300; /* E would be 0.03 */
    OK(model_create(&m, err));
    assert_int_equal(femd_stepping_run(m.p, &hooks, &words), FEMD_NOT_CONVERGED);
    assert_true(seen.cuts > 2 && seen.steps > 0 && m.law.aborts >= (uint64_t)seen.cuts);
    double T[8];
    OK(femd_field_get(m.p->temperature, T, err));
    for (PetscInt i = 0; i < m.p->grid->nnodes; ++i) assert_near(T[i], 300 * m.p->time, 1e-9);
    assert_near(m.p->pt->E[0], 1e-4 * 300 * m.p->time, 1e-9); /* the strain of the same moment */
    assert_true(m.p->time > 0.6 && m.p->time < 0.67);
    model_clear(&m);
}

/* ---- cut in two ---- */

static void go_on(double iterate, int mixed) {
    char folder[] = "/tmp/femd-both-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/checkpoint.h5", folder);
    model whole, first, second;
    femd_history history = FEMD_HISTORY_INIT;
    femd_error words = FEMD_ERROR_INIT;
    model *const all[] = {&whole, &first, &second};
    for (int i = 0; i < 3; ++i) {
        prepare(all[i], mixed ? &femd_element_p2 : &femd_element_q1);
        all[i]->cs.mixed = all[i]->cs.direct = mixed;
        all[i]->comm = PETSC_COMM_SELF;
        all[i]->cs.heat.theta = iterate > 0 ? 0.5 : 1;
        all[i]->cs.heat.iterate = iterate;
        all[i]->cs.doc.root = cJSON_Parse("{\"femd\": 1}");
        OK(model_create(all[i], err));
    }
    OK(model_run(&whole, err));
    counts seen = {.stop_after = 3};
    const femd_stepping_hooks hooks = {.user = &seen, .committed = count_step, .stop = count_stop};
    assert_int_equal(femd_stepping_run(first.p, &hooks, &words), FEMD_CANCELLED);
    femd_history_fit(&history, &first.cs);
    for (int step = 1; step <= 3; ++step) {
        double heat[MODEL_ENTRIES + 1 + FEMD_HEAT_NUMBERS + FEMD_PASS_NUMBERS] = {step};
        const femd_history_row row = {.rec = {.step = step, .heat = heat, .stability_min = NAN}};
        OK(femd_history_add(&history, &row, err));
    }
    OK(femd_checkpoint_save(first.p, &history, path, err));
    femd_history_clear(&history);
    OK(femd_checkpoint_load(second.p, &history, path, err));
    assert_int_equal(second.p->step, 3);
    assert_near(history.row[1].rec.heat[0], 2, 0);
    OK(model_run(&second, err));
    assert_memory_equal(whole.heat, second.heat, sizeof whole.heat);
    assert_memory_equal(whole.reaction, second.reaction, sizeof whole.reaction);
    assert_memory_equal(whole.p->pt->S, second.p->pt->S, 6 * (size_t)whole.p->pt->n * sizeof(double));
    assert_memory_equal(whole.p->pt->heat_k, second.p->pt->heat_k, 6 * (size_t)whole.p->pt->n * sizeof(double));
    femd_history_clear(&history);
    for (int i = 0; i < 3; ++i) {
        cJSON_Delete(all[i]->cs.doc.root);
        model_clear(all[i]);
    }
    (void)unlink(path);
    assert_int_equal(rmdir(folder), 0);
}

static void a_run_that_goes_on_has_the_bits_of_one_that_was_never_stopped(void **state) {
    (void)state;
    go_on(0, 0);
    go_on(1e-6, 0);
    go_on(0, 1);
    go_on(1e-6, 1);
}

/* ---- ranks ---- */

static void several_ranks_agree_with_one(void **state) {
    (void)state;
    for (int direct = 0; direct < 2; ++direct) {
        model all, self;
        prepare(&all, &femd_element_q1);
        prepare(&self, &femd_element_q1);
        all.cs.direct = self.cs.direct = direct;
        all.cs.heat.iterate = self.cs.heat.iterate = direct ? 1e-9 : 0;
        self.comm = PETSC_COMM_SELF;
        OK(model_run(&all, err));
        OK(model_run(&self, err));
        for (size_t i = 0; i < femd_heat_numbers(&self.cs); ++i)
            if ((int)i != (int)self.cs.nboundary + 1 + FEMD_HEAT_BALANCE &&
                (int)i != (int)self.cs.nboundary + 1 + FEMD_HEAT_NUMBERS + FEMD_PASS_RESIDUAL)
                assert_near(all.heat[i], self.heat[i], 1e-8 * fmax(1, fabs(self.heat[i])));
        for (size_t i = 0; i < 3 * self.cs.nboundary; ++i) assert_near(all.reaction[i], self.reaction[i], 1e-9);
        model_clear(&all);
        model_clear(&self);
    }
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    int size;
    MPI_Comm_size(PETSC_COMM_WORLD, &size);
    const struct CMUnitTest alone[] = {
        cmocka_unit_test(a_free_block_grows_by_the_temperature_that_it_has),
        cmocka_unit_test(a_held_bar_is_pressed),
        cmocka_unit_test(a_stretched_bar_conducts_as_it_stands),
        cmocka_unit_test(a_sheared_block_conducts_as_it_stands),
        cmocka_unit_test(a_free_block_warms_at_constant_stress),
        cmocka_unit_test(a_held_block_warms_at_constant_strain),
        cmocka_unit_test(a_body_begins_with_the_stress_of_its_temperatures),
        cmocka_unit_test(an_insulated_bar_keeps_its_entropy),
        cmocka_unit_test(two_ways_need_thermal_stresses),
        cmocka_unit_test(two_ways_stand_beside_a_sampled_conductivity),
        cmocka_unit_test(a_coupled_step_asks_once_more_than_mechanics),
        cmocka_unit_test(answers_of_both_stand_beside_what_is_wanted),
        cmocka_unit_test(both_are_cut_together),
        cmocka_unit_test(a_run_that_goes_on_has_the_bits_of_one_that_was_never_stopped),
    };
    const struct CMUnitTest together[] = {cmocka_unit_test(several_ranks_agree_with_one)};
    return size > 1 ? cmocka_run_group_tests(together, NULL, NULL) : cmocka_run_group_tests(alone, NULL, NULL);
}
