/* Shear flow: its equations of motion and the method `nemd-shear` through the engine. A small liquid: figures are in
 * docs/verification.md. */
#include "engine_material.h"
#include "femd/tensor3.h"
#include "fluid/shear_flow.h"

/* 32 atoms of argon at the density of the triple point. */
#define LIQUID(more)                                                                                                   \
    "{\"engine\":\"native\",\"method\":{\"stress\":\"md\",\"flow-viscosity\":\"nemd-shear\"},\"md\":{\"start\":"       \
    "\"sites\"},\"nemd-shear\":{" more "},\"structure\":{\"lattice\":\"fcc\",\"a\":\"5.719 angstrom\",\"species\":"    \
    "[\"Ar\"],\"masses\":[\"39.948 u\"],\"repeat\":[2,2,2]},\"reference\":\"as-given\",\"potential\":{\"style\":"      \
    "\"lj\",\"epsilon\":\"0.0103207 eV\",\"sigma\":\"3.405 angstrom\",\"cutoff\":\"6 angstrom\"}}"
#define SHORT "\"melt\":\"350 K\",\"time_step\":\"15 fs\",\"equilibration\":\"6 ps\",\"block\":\"6 ps\","

static femd_request ask(double T, uint64_t seed, double accuracy) {
    return (femd_request){.wants = FEMD_WANT_ETA_FLOW, .temperature = T, .seed = seed, .accuracy = accuracy};
}

/* The dynamics that the method has, on atoms of its own material. */
typedef struct box {
    femd_json doc;
    femd_native *native;
    void *self;
    femd_dynamics *d;
} box;

static void open_box(box *b) {
    static const char json[] = LIQUID(SHORT "\"rates\":[0.01,0.02]");
    const femd_pack pack = {.json = json};
    femd_error err = FEMD_ERROR_INIT;
    *b = (box){.doc = FEMD_JSON_INIT};
    femd_status rc = femd_json_parse(json, strlen(json), "test", &b->doc, &err);
    if (rc == FEMD_OK) rc = femd_native_create(&b->doc, &pack, FEMD_NATIVE_SAMPLED, &b->native, &err);
    if (rc == FEMD_OK) rc = femd_method_nemd_shear.create(b->native, &b->doc, &b->self, &err);
    if (rc != FEMD_OK) fail_msg("%s", err.text);
    b->d = &((femd_shear *)b->self)->common.d;
    b->d->dt = 0.01;
    b->d->friction = 1;
}

static void close_box(box *b) {
    femd_method_nemd_shear.destroy(&b->self);
    femd_native_destroy(&b->native);
    femd_json_clear(&b->doc);
}

/* Atoms that leave through the faces that the flow moves are nothing special: the flow of a box one of whose atoms is
 * taken for another of its images is the same flow. Kinetic energy and momentum are held. */
static void an_image_flows_like_its_atom(void **state) {
    (void)state;
    box a, b;
    femd_error err = FEMD_ERROR_INIT;
    const double rate = 0.5, T = 95;
    open_box(&a);
    open_box(&b);
    const double *h = a.native->rve.h0;
    double x[96];
    memcpy(x, a.native->rve.X, sizeof x);
    assert_int_equal(femd_dynamics_start(a.d, h, x, T, 5, 0, &err), FEMD_OK);
    assert_int_equal(femd_dynamics_langevin(a.d, 400, &err), FEMD_OK);
    memcpy(x, a.d->x, sizeof x);
    for (int c = 0; c < 3; c++) x[3 * 7 + c] += h[3 + c];      /* a whole box up */
    for (int c = 0; c < 3; c++) x[3 * 11 + c] -= 2 * h[6 + c]; /* and two boxes aside */
    assert_int_equal(femd_dynamics_resume(b.d, h, x, a.d->v, 0, &err), FEMD_OK);
    /* the velocity of a fluid at rest in the frame of the wall: peculiar ones are alike */
    for (uint64_t step = 1; step <= 500; step++) {
        assert_int_equal(femd_shear_step(a.d, h, rate, T, step, &err), FEMD_OK);
        assert_int_equal(femd_shear_step(b.d, h, rate, T, step, &err), FEMD_OK);
    }
    assert_true(fabs(a.d->h[3]) <= 0.5 * h[0] + 1e-12 && a.d->h[3] != 0);
    double momentum[3] = {0}, far = 0;
    for (int i = 0; i < 32; i++)
        for (int c = 0; c < 3; c++) {
            momentum[c] += a.d->v[3 * i + c];
            far = fmax(far, fabs(a.d->v[3 * i + c] - b.d->v[3 * i + c]));
        }
    assert_true(far < 1e-6 && largest(3, momentum) < 1e-10);
    assert_true(fabs(femd_dynamics_kinetic(a.d, NULL) / (1.5 * 31 * femd_kb * T) - 1) < 1e-12);
    /* the image was carried along by the flow at its height, rate t L_y more than the atom */
    const double ahead = b.d->x[3 * 7] - a.d->x[3 * 7] - rate * 500 * 0.01 * h[4];
    assert_true(fabs(ahead) < 1e-6 && fabs(b.d->x[3 * 7 + 1] - a.d->x[3 * 7 + 1] - h[4]) < 1e-6);
    close_box(&a);
    close_box(&b);
}

/* dv/dt = f/m - rate v_y e_x - alpha v, with the alpha that holds the kinetic energy; dx/dt = v + rate y e_x: by the
 * middle of a short step. */
static void a_step_follows_the_equations_of_motion(void **state) {
    (void)state;
    box a;
    femd_error err = FEMD_ERROR_INIT;
    const double rate = 5, T = 95;
    double x[96], v[96], f[96], acc[96], work = 0, square = 0, off = 0, size = 0, away = 0;
    open_box(&a);
    const double *h = a.native->rve.h0;
    assert_int_equal(femd_dynamics_start(a.d, h, a.native->rve.X, T, 5, 0, &err), FEMD_OK);
    assert_int_equal(femd_dynamics_langevin(a.d, 400, &err), FEMD_OK);
    a.d->dt = 1e-4;
    assert_int_equal(femd_shear_step(a.d, h, rate, T, 1, &err), FEMD_OK);
    memcpy(x, a.d->x, sizeof x);
    memcpy(v, a.d->v, sizeof v);
    memcpy(f, a.d->f, sizeof f);
    assert_int_equal(femd_shear_step(a.d, h, rate, T, 2, &err), FEMD_OK);
    for (int k = 0; k < 96; k++) {
        const double v_y = 0.5 * (v[k / 3 * 3 + 1] + a.d->v[k / 3 * 3 + 1]), here = 0.5 * (v[k] + a.d->v[k]);
        acc[k] = a.d->kick[k / 3] * 0.5 * (f[k] + a.d->f[k]) - (k % 3 == 0 ? rate * v_y : 0);
        work += a.d->mass[k / 3] * here * acc[k];
        square += a.d->mass[k / 3] * here * here;
    }
    for (int k = 0; k < 96; k++) {
        const double here = 0.5 * (v[k] + a.d->v[k]), y = 0.5 * (x[k / 3 * 3 + 1] + a.d->x[k / 3 * 3 + 1]);
        const double wanted = acc[k] - work / square * here, got = (a.d->v[k] - v[k]) / a.d->dt;
        off += (got - wanted) * (got - wanted);
        size += wanted * wanted;
        away = fmax(away, fabs((a.d->x[k] - x[k]) / a.d->dt - here - (k % 3 == 0 ? rate * y : 0)));
    }

    assert_true(sqrt(off / size) < 3e-4); /* of second order in the step, as the rest that the thermostat leaves */
    assert_true(away < 1e-3);             /* of some angstrom/ps */
    close_box(&a);
}

/* Backwards the flow goes where it came from, the factor on the velocities apart: second order in the step. */
static void work_is_what_the_stress_does(void **state) {
    (void)state;
    box a;
    femd_error err = FEMD_ERROR_INIT;
    const double rate = 0.3, T = 95, steps = 200;
    double work = 0, before, last;
    open_box(&a);
    const double *h = a.native->rve.h0;
    a.d->dt = 0.002;
    assert_int_equal(femd_dynamics_start(a.d, h, a.native->rve.X, T, 5, 0, &err), FEMD_OK);
    assert_int_equal(femd_dynamics_langevin(a.d, 1000, &err), FEMD_OK);
    assert_int_equal(femd_shear_step(a.d, h, rate, T, 1, &err), FEMD_OK);
    before = a.d->W;
    /* dW/dt = -sum f . v = tau : grad u - sum f . peculiar v; the work of the flow on the potential is rate tau_12 */
    double power[2];
    for (int s = 0; s <= (int)steps; s++) {
        double sum = rate * a.d->tau[5];
        for (int i = 0; i < 96; i++) sum -= a.d->f[i] * a.d->v[i];
        power[0] = sum;
        if (s) work += 0.5 * (power[0] + power[1]) * a.d->dt;
        power[1] = power[0];
        last = a.d->W;
        assert_int_equal(femd_shear_step(a.d, h, rate, T, (uint64_t)s + 2, &err), FEMD_OK);
    }
    print_message("work %.6f eV, energy %.6f eV\n", work, last - before);
    assert_true(fabs(work - (last - before)) < 2e-3 * 32 * femd_kb * T);
    close_box(&a);
}

static void same_seed_same_bits_and_a_state_goes_on(void **state) {
    (void)state;
    const femd_request q = ask(95, 11, 1e-3);
    /* 16 blocks of each of two rates of 400 steps are 12800 steps */
    femd_material *half = open_material(LIQUID(SHORT "\"rates\":[0.01,0.012],\"max_steps\":12800")),
                  *whole = open_material(LIQUID(SHORT "\"rates\":[0.01,0.012],\"max_steps\":25600"));
    femd_response first, second, at_once, again;
    femd_buffer one = FEMD_BUFFER_INIT, two = FEMD_BUFFER_INIT;
    request(half, &q, NULL, &first, &one);
    request(half, &q, &one, &second, &two);
    request(whole, &q, NULL, &at_once, NULL);
    assert_true(second.eta_flow == at_once.eta_flow && second.eta_flow_err == at_once.eta_flow_err);
    assert_true(first.eta_flow != second.eta_flow && second.notes & FEMD_NOTE_ACCURACY_NOT_REACHED);
    request(half, &q, NULL, &again, NULL);
    assert_true(again.eta_flow == first.eta_flow && again.eta_flow_next == first.eta_flow_next);
    assert_true(first.eta_flow_err >= 0.5 * fabs(first.eta_flow - first.eta_flow_next) && first.flow_rate > 1e9);
    assert_int_equal(first.provided, FEMD_WANT_ETA_FLOW);
    femd_error err = FEMD_ERROR_INIT;
    one.size -= 8;
    assert_int_equal(try_request(half, &q, &one, &again, NULL, &err), FEMD_PROTOCOL);
    femd_buffer_clear(&one);
    femd_buffer_clear(&two);
    femd_material_close(&half);
    femd_material_close(&whole);
}

/* A fluid thins at high rates: what still depends on the rate is no answer. */
static void rates_that_disagree_are_refused(void **state) {
    (void)state;
    femd_material *m = open_material(LIQUID(SHORT "\"rates\":[0.05,0.2],\"max_steps\":16000"));
    const femd_request q = ask(95, 3, 0.02);
    femd_response r;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(try_request(m, &q, NULL, &r, NULL, &err), FEMD_NOT_CONVERGED);
    assert_non_null(strstr(err.text, "lower rates"));
    femd_material_close(&m);
}

static void solids_and_slanted_cells_are_refused(void **state) {
    (void)state;
    femd_material *m = open_material(LIQUID("\"time_step\":\"15 fs\",\"equilibration\":\"6 ps\""));
    femd_request q = ask(20, 3, 0.1);
    femd_response r;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(try_request(m, &q, NULL, &r, NULL, &err), FEMD_UNSUPPORTED);
    assert_non_null(strstr(err.text, "solid"));
    q.value[5] = 0.02;
    assert_int_equal(try_request(m, &q, NULL, &r, NULL, &err), FEMD_UNSUPPORTED);
    assert_non_null(strstr(err.text, "along the axes"));
    femd_material_close(&m);
    static const char *const wrong[] = {LIQUID("\"rates\":[0.1]"), LIQUID("\"rates\":[0.02,0.01]"),
                                        LIQUID("\"rates\":[0.1,3]"), LIQUID("\"max_steps\":10")};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(try_open(wrong[i], &m, &err), FEMD_BAD_INPUT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_image_flows_like_its_atom),    cmocka_unit_test(a_step_follows_the_equations_of_motion),
        cmocka_unit_test(work_is_what_the_stress_does),    cmocka_unit_test(same_seed_same_bits_and_a_state_goes_on),
        cmocka_unit_test(rates_that_disagree_are_refused), cmocka_unit_test(solids_and_slanted_cells_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
