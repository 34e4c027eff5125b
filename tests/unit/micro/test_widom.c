/* Chemical potentials of fluids by particles that are put in: averages whose result is known, and the method `fluid`
 * through the engine. Figures of real fluids are those of `femd bench physics`. */
#include "engine_material.h"
#include "femd/evaluate.h"
#include "femd/units.h"
#include "fluid/widom.h"
#include "numerics/random.h"
#include "potentials/potential_form.h"

static const double KB = FEMD_BOLTZMANN / FEMD_ELEMENTARY_CHARGE;

static femd_potential *argon(femd_json *doc) {
    static const char json[] = "{\"potential\":{\"style\":\"lj\",\"epsilon\":\"0.0103207 eV\",\"sigma\":\"3.405 "
                               "angstrom\",\"cutoff\":\"8 angstrom\"}}";
    static const char species[1][8] = {"Ar"};
    const femd_pack none = {0};
    femd_potential *p = NULL;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(femd_json_parse(json, strlen(json), "test", doc, &err), FEMD_OK);
    if (femd_potential_create(doc, femd_json_get(doc->root, "potential"), &none, species, 1, &p, &err) != FEMD_OK)
        fail_msg("%s", err.text);
    return p;
}

/* One atom alone: <exp(-dU/kT)> is one less the integral of 1 - exp(-phi/kT), over the volume. */
static void beside_one_atom_it_is_the_integral_of_the_pair(void **state) {
    (void)state;
    enum { STEPS = 20000 };
    const double cell[9] = {11, 0, 0, 0, 12, 0, 0, 0, 13}, x[3] = {1, -2, 30}, T = 150, kT = KB * T;
    const int species[1] = {0};
    femd_json doc = FEMD_JSON_INIT;
    femd_error err = FEMD_ERROR_INIT;
    femd_widom w;
    femd_widom_result r;
    femd_potential *p = argon(&doc);
    double integral = 0;
    for (int i = 0; i < STEPS; i++) {
        const double d = (i + 0.5) * 8 / STEPS, s6 = pow(3.405 / d, 6), phi = 4 * 0.0103207 * (s6 * s6 - s6),
                     t = pow(d / 8, 10);
        integral += 4 * acos(-1) * d * d * 8 / STEPS * (1 - exp(-phi * pow(1 - t, 5) / kT));
    }
    assert_int_equal(femd_widom_init(&w, p, 1, species, &err), FEMD_OK);
    w.most = 20000;
    for (int k = 0; k < 8; k++) {
        assert_int_equal(femd_widom_begin(&w, T, &err), FEMD_OK);
        assert_int_equal(femd_widom_look(&w, cell, x, T, femd_random_bits(3, 99, (uint64_t)k), &err), FEMD_OK);
        femd_widom_end(&w);
    }
    assert_int_equal(femd_widom_evaluate(&w, &r, &err), FEMD_OK);
    const double want = -kT * log(1 - integral / (11 * 12 * 13));
    if (!(fabs(r.value - want) < 3 * r.error) || !(r.error < 0.01 * kT) || r.few)
        fail_msg("%g +- %g, integral %g", r.value / kT, r.error / kT, want / kT);
    femd_widom_clear(&w);
    femd_potential_destroy(&p);
    femd_json_clear(&doc);
}

static femd_widom filled(int segments) {
    femd_widom w = {.T0 = 200, .segments = segments, .room = segments};
    w.mean = malloc(2 * (size_t)segments * sizeof *w.mean);
    for (int i = 0; i < segments; i++) w.mean[2 * i] = w.mean[2 * i + 1] = 1;
    return w;
}

/* The logarithm is that of the average; warm moments weigh as a heat bath would have them. */
static void averages_are_of_exponentials(void **state) {
    (void)state;
    femd_error err = FEMD_ERROR_INIT;
    femd_widom w = filled(4);
    femd_widom_result r;
    w.mean[1] = 3, w.mean[3] = 0.2, w.mean[5] = 0.4, w.mean[7] = 0.4;
    assert_int_equal(femd_widom_evaluate(&w, &r, &err), FEMD_OK);
    assert_true(fabs(r.value) < 1e-12); /* the mean is 1; that of the logarithms is not */
    assert_true(r.few && r.error > 0.3 * KB * 200);
    for (int i = 0; i < 4; i++) w.mean[2 * i] = 1.1, w.mean[2 * i + 1] = 0.5;
    assert_int_equal(femd_widom_evaluate(&w, &r, &err), FEMD_OK);
    assert_true(fabs(r.value + KB * 220 * (log(0.5) - 1.5 * log(1.1))) < 1e-12 && r.error < 1e-12 && !r.few);
    for (int i = 1; i < 4; i++) w.mean[2 * i + 1] = 0; /* all but one without room */
    assert_int_equal(femd_widom_evaluate(&w, &r, &err), FEMD_NOT_CONVERGED);
    assert_non_null(strstr(err.text, "fluid.insertions"));
    femd_widom_clear(&w);
}

/* Two segments: each left out leaves the logarithm of the other; Student's distribution of one degree of freedom. */
static void the_error_is_that_of_leaving_out(void **state) {
    (void)state;
    femd_error err = FEMD_ERROR_INIT;
    femd_widom w = filled(2);
    femd_widom_result r;
    w.mean[3] = 3;
    assert_int_equal(femd_widom_evaluate(&w, &r, &err), FEMD_OK);
    assert_true(fabs(r.value + KB * 200 * log(2)) < 1e-12);
    assert_true(fabs(r.error / (0.5 * log(3) * KB * 200) - 4.75) < 1e-3);
    femd_widom_clear(&w);
}

/* A fifth of the sum in a tenth of the segments is told. */
static void one_tenth_with_a_fifth_is_told(void **state) {
    (void)state;
    femd_error err = FEMD_ERROR_INIT;
    femd_widom w = filled(40);
    femd_widom_result r;
    const double most[2] = {2.2, 2.3}; /* of four segments against 36: 0.196, 0.2035 of the sum */
    for (int k = 0; k < 2; k++) {
        for (int i = 8; i < 12; i++) w.mean[2 * i + 1] = most[k];
        assert_int_equal(femd_widom_evaluate(&w, &r, &err), FEMD_OK);
        assert_int_equal(r.few, k);
    }
    femd_widom_clear(&w);
}

static void intervals_hold_what_they_say(void **state) {
    (void)state;
    enum { SEEDS = 400 };
    int held = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        femd_error err = FEMD_ERROR_INIT;
        femd_widom w = filled(6);
        femd_widom_result r;
        for (uint64_t i = 0; i < 6; i++) {
            double z[2];
            femd_random_normals(femd_random_bits(seed, 77, i), 0, z);
            w.mean[2 * i + 1] = exp(0.4 * z[0] - 0.08); /* mean 1 */
        }
        assert_int_equal(femd_widom_evaluate(&w, &r, &err), FEMD_OK);
        held += fabs(r.value) < 1.96 * r.error;
        femd_widom_clear(&w);
    }
    print_message("95 %% intervals held %.1f %%\n", 100.0 * held / SEEDS);
    assert_true(held > 0.9 * SEEDS && held < 0.99 * SEEDS);
}

/* ---- the method ---- */

/* 32 atoms of argon, half as dense as at the triple point. */
#define FLUID(methods, options)                                                                                        \
    "{\"engine\":\"native\",\"method\":{\"stress\":\"md\"" methods "},\"md\":{\"start\":\"sites\"},"                   \
    "\"fluid\":{\"melt\":\"350 K\",\"equilibration\":\"5 ps\",\"time_step\":\"15 fs\",\"segment\":\"40 ps\"," options  \
    "},\"structure\":{\"lattice\":\"fcc\",\"a\":\"7 angstrom\",\"species\":[\"Ar\"],\"masses\":[\"39.948 u\"],"        \
    "\"repeat\":[2,2,2]},\"reference\":\"as-given\",\"potential\":{\"style\":\"lj\",\"epsilon\":\"0.0103207 eV\","     \
    "\"sigma\":\"3.405 angstrom\",\"cutoff\":\"7 angstrom\"}}"
#define MU    ",\"chemical-potential\":\"fluid\""
#define ETA   ",\"viscosity\":\"fluid\""
#define TWO   "\"min_segments\":2,\"max_segments\":2"
#define FOUR  "\"min_segments\":4,\"max_segments\":4"
#define TWICE "\"min_segments\":2,\"max_segments\":2,\"insertions\":2000"

static femd_request ask(uint32_t wants, uint64_t seed) {
    return (femd_request){.wants = wants, .temperature = 180, .seed = seed, .accuracy = 1e-4};
}

static void same_seed_same_bits_and_parts_by_name(void **state) {
    (void)state;
    const femd_request q = ask(FEMD_WANT_MU, 5), other = ask(FEMD_WANT_MU, 6);
    femd_material *a = open_material(FLUID(MU ETA, FOUR)), *b = open_material(FLUID(MU ETA, FOUR)),
                  *eta = open_material(FLUID(ETA, FOUR)), *more = open_material(FLUID(MU, TWICE));
    femd_response ra, rb, rc, plain, both;
    request(b, &other, NULL, &rc, NULL);
    request(a, &q, NULL, &ra, NULL);
    request(b, &q, NULL, &rb, NULL);
    assert_true(ra.mu == rb.mu && ra.mu_err == rb.mu_err && ra.mu != rc.mu && ra.mu_err > 0);
    const double kT = FEMD_BOLTZMANN * 180, m = 39.948 * FEMD_ATOMIC_MASS, h = 6.62607015e-34,
                 ideal = kT * log(4 / 343e-30 * pow(h / sqrt(2 * acos(-1) * m * kT), 3));
    assert_true(fabs(ra.mu_ideal - ideal) < 1e-9 * fabs(ideal) && ra.mu_mass == 0);
    assert_true(fabs(ra.mu - ra.mu_ideal - ra.mu_excess) < 1e-12 * fabs(ideal));
    if (!(fabs(ra.mu_excess - rc.mu_excess) < 4 * (ra.mu_excess_err + rc.mu_excess_err)))
        fail_msg("%g, %g kT by other seeds", ra.mu_excess / kT, rc.mu_excess / kT);
    if (!(ra.mu_excess < -0.05 * kT && ra.mu_excess > -0.6 * kT)) fail_msg("%g kT", ra.mu_excess / kT);
    assert_int_equal(ra.provided, FEMD_WANT_MU);
    request(more, &q, NULL, &rb, NULL);
    assert_true(rb.mu != ra.mu && fabs(rb.mu - ra.mu) < 4 * (ra.mu_err + rb.mu_err));
    /* to put particles in moves nobody */
    const femd_request flow = ask(FEMD_WANT_VISCOSITY, 5), all = ask(FEMD_WANT_VISCOSITY | FEMD_WANT_MU, 5);
    request(eta, &flow, NULL, &plain, NULL);
    request(a, &all, NULL, &both, NULL);
    assert_true(plain.eta == both.eta && both.mu == ra.mu);
    /* on the wire */
    uint8_t bytes[FEMD_RESPONSE_BYTES_MAX];
    femd_response read;
    femd_error err = FEMD_ERROR_INIT;
    const size_t size = femd_response_encode(&ra, bytes);
    assert_int_equal(femd_response_decode(bytes, size, &read, &err), FEMD_OK);
    assert_true(read.mu == ra.mu && read.mu_excess_err == ra.mu_excess_err && read.mu_ideal == ra.mu_ideal);
    femd_material_close(&a);
    femd_material_close(&b);
    femd_material_close(&eta);
    femd_material_close(&more);
}

static void a_state_goes_on(void **state) {
    (void)state;
    const femd_request q = ask(FEMD_WANT_MU, 11);
    femd_material *two = open_material(FLUID(MU, TWO)), *four = open_material(FLUID(MU, FOUR));
    femd_response first, second, at_once;
    femd_buffer one = FEMD_BUFFER_INIT, both = FEMD_BUFFER_INIT;
    femd_error err = FEMD_ERROR_INIT;
    request(two, &q, NULL, &first, &one);
    request(two, &q, &one, &second, &both);
    request(four, &q, NULL, &at_once, NULL);
    assert_true(second.mu == at_once.mu && second.mu_err == at_once.mu_err && second.mu != first.mu);
    both.size -= 8; /* cut off */
    assert_int_equal(try_request(two, &q, &both, &first, NULL, &err), FEMD_PROTOCOL);
    femd_buffer_clear(&one);
    femd_buffer_clear(&both);
    femd_material_close(&two);
    femd_material_close(&four);
}

static void what_has_no_room_or_no_name_is_refused(void **state) {
    (void)state;
    femd_material *m = NULL;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(try_open(FLUID(MU, TWO ",\"insert\":\"Kr\""), &m, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "no atom of \"Kr\""));
    /* a crystal */
    m = open_material("{\"engine\":\"native\",\"method\":{\"stress\":\"md\",\"chemical-potential\":\"fluid\"},\"md\":{"
                      "\"start\":\"sites\"},\"fluid\":{\"equilibration\":\"5 ps\",\"time_step\":\"15 fs\",\"segment\":"
                      "\"40 ps\",\"min_segments\":2,\"max_segments\":2},\"structure\":{\"lattice\":\"fcc\",\"a\":\"5.3 "
                      "angstrom\",\"species\":[\"Ar\"],\"masses\":[\"39.948 u\"],\"repeat\":[2,2,2]},\"reference\":"
                      "\"as-given\",\"potential\":{\"style\":\"lj\",\"epsilon\":\"0.0103207 eV\",\"sigma\":\"3.405 "
                      "angstrom\",\"cutoff\":\"6 angstrom\"}}");
    const femd_request cold = {.wants = FEMD_WANT_MU, .temperature = 20, .seed = 1};
    femd_response r;
    assert_int_equal(try_request(m, &cold, NULL, &r, NULL, &err), FEMD_UNSUPPORTED);
    assert_non_null(strstr(err.text, "no fluid"));
    femd_material_close(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(beside_one_atom_it_is_the_integral_of_the_pair),
        cmocka_unit_test(averages_are_of_exponentials),
        cmocka_unit_test(the_error_is_that_of_leaving_out),
        cmocka_unit_test(one_tenth_with_a_fifth_is_told),
        cmocka_unit_test(intervals_hold_what_they_say),
        cmocka_unit_test(same_seed_same_bits_and_parts_by_name),
        cmocka_unit_test(a_state_goes_on),
        cmocka_unit_test(what_has_no_room_or_no_name_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
