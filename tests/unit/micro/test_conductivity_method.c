/* The method green-kubo through the engine: bits, states, limits. Solid argon, small and short: figures are in
 * test_conductivity_long.c. */
#include "engine_material.h"

/* 32 atoms; segments of 2048 samples. */
#define ARGON(options)                                                                                                 \
    "{\"engine\":\"native\",\"method\":{\"stress\":\"statics\",\"conductivity\":\"green-kubo\"},\"green-kubo\":"       \
    "{" options "},\"structure\":{\"lattice\":\"fcc\",\"a\":\"5.376 "                                                  \
    "angstrom\",\"species\":[\"Ar\"],\"masses\":[\"39.948 u\"],\"repeat\":[2,2,2]},"                                   \
    "\"reference\":\"as-given\",\"potential\":{\"style\":\"lj\",\"epsilon\":\"0.0103207 eV\",\"sigma\":\"3.405 "       \
    "angstrom\","                                                                                                      \
    "\"cutoff\":\"6 angstrom\"}}"
#define SHORT "\"segment\":\"170 ps\",\"stride\":6,\"min_segments\":2,\"max_segments\":2"

static const double ZERO[6];

static femd_request ask(const double E[6], double T, uint64_t seed) {
    femd_request q = {
        .wants = FEMD_WANT_STRESS | FEMD_WANT_CONDUCTIVITY, .temperature = T, .seed = seed, .accuracy = 1e-3};
    memcpy(q.value, E, sizeof q.value);
    return q;
}

static void same_seed_same_bits_on_any_worker(void **state) {
    (void)state;
    const double E[6] = {0.01, 0, -0.005, 0, 0.004, 0};
    const femd_request q = ask(E, 70, 11), other = ask(E, 70, 12);
    femd_material *a = open_material(ARGON(SHORT)), *b = open_material(ARGON(SHORT));
    femd_response ra, rb, rc;
    femd_buffer sa = FEMD_BUFFER_INIT, sb = FEMD_BUFFER_INIT;
    evaluate(b, ZERO, FEMD_WANT_STRESS, NULL, &rb, NULL); /* b has a past */
    request(b, &other, NULL, &rc, NULL);
    request(a, &q, NULL, &ra, &sa);
    request(b, &q, NULL, &rb, &sb);
    assert_memory_equal(ra.k, rb.k, sizeof ra.k);
    assert_memory_equal(ra.k_err, rb.k_err, sizeof ra.k_err);
    assert_int_equal(sa.size, sb.size);
    assert_memory_equal(sa.data, sb.data, sa.size);
    assert_true(ra.k[0] != rc.k[0]);
    for (int c = 0; c < 3; c++) assert_true(ra.k[c] > 0 && ra.k_err[c] > 0);
    assert_int_equal(ra.sampled, 1);
    assert_int_equal(ra.provided, FEMD_WANT_STRESS | FEMD_WANT_CONDUCTIVITY);
    femd_buffer_clear(&sa);
    femd_buffer_clear(&sb);
    femd_material_close(&a);
    femd_material_close(&b);
}

static void stress_and_path_are_untouched(void **state) {
    (void)state;
    const double E[6] = {0.01, 0, 0, 0, 0, 0.01}, E2[6] = {0.012, 0, 0, 0, 0, 0.01};
    const femd_request q = ask(E, 70, 11);
    femd_material *m = open_material(ARGON(SHORT));
    femd_response with, without, next, plain;
    femd_buffer carried = FEMD_BUFFER_INIT, bare = FEMD_BUFFER_INIT;
    request(m, &q, NULL, &with, &carried);
    evaluate(m, E, FEMD_WANT_STRESS, NULL, &without, &bare);
    assert_memory_equal(with.S, without.S, sizeof with.S);
    evaluate(m, E2, FEMD_WANT_STRESS, &carried, &next, NULL);
    evaluate(m, E2, FEMD_WANT_STRESS, &bare, &plain, NULL);
    assert_memory_equal(next.S, plain.S, sizeof next.S);
    femd_buffer_clear(&carried);
    femd_buffer_clear(&bare);
    femd_material_close(&m);
}

static void later_request_sharpens(void **state) {
    (void)state;
    const femd_request q = ask(ZERO, 70, 11);
    femd_material *m = open_material(ARGON(SHORT)),
                  *longer =
                      open_material(ARGON("\"segment\":\"170 ps\",\"stride\":6,\"min_segments\":4,\"max_segments\":4"));
    femd_response first, second, at_once;
    femd_buffer one = FEMD_BUFFER_INIT, two = FEMD_BUFFER_INIT;
    request(m, &q, NULL, &first, &one);
    request(m, &q, &one, &second, &two);
    request(longer, &q, NULL, &at_once, NULL);
    assert_int_equal(one.size, two.size);
    assert_memory_equal(second.k, at_once.k, sizeof second.k); /* segments 0, 1 then 2, 3: the noise goes by number */
    const double before = femd_getf64(one.data + one.size - 48),
                 after = femd_getf64(two.data + two.size - 48);     /* sum of S11 at the last frequency */
    assert_true(after > before && fabs(after / before - 2) > 1e-6); /* new segments, not the old ones again */
    femd_buffer_clear(&one);
    femd_buffer_clear(&two);
    femd_material_close(&m);
    femd_material_close(&longer);
}

static void carried_answer_stands_within_declared_tolerances_alone(void **state) {
    (void)state;
    const double near[6] = {0.0005}, far[6] = {0.002};
    femd_material *m = open_material(ARGON(SHORT ",\"reuse\":{\"strain\":0.001,\"temperature\":2}"));
    femd_request q = ask(ZERO, 70, 11), again;
    femd_response first, r;
    femd_buffer state_out = FEMD_BUFFER_INIT;
    q.accuracy = 5;
    request(m, &q, NULL, &first, &state_out);
    again = ask(near, 71, 12);
    again.accuracy = 5;
    request(m, &again, &state_out, &r, NULL);
    assert_true(r.work.force_evaluations < 100);
    assert_true(fabs(r.k[0] / first.k[0] - 1) < 0.05);
    again = ask(far, 71, 12);
    again.accuracy = 5;
    request(m, &again, &state_out, &r, NULL);
    assert_true(r.work.force_evaluations > 1000);
    again = ask(near, 73, 12);
    again.accuracy = 5;
    request(m, &again, &state_out, &r, NULL);
    assert_true(r.work.force_evaluations > 1000);
    femd_buffer_clear(&state_out);
    femd_material_close(&m);
}

/* A material that leaves the length of a segment open gets one that the flux does not outlast; a state of it is
 * continued in that length. */
#define TWO "\"stride\":6,\"min_segments\":2,\"max_segments\":2"
static void segments_grow_until_the_flux_forgets(void **state) {
    (void)state;
    const femd_request q = ask(ZERO, 8, 3); /* cold: phonons live long */
    femd_request loose = q;
    femd_material *m = open_material(ARGON(TWO)), *cold = open_material(ARGON(TWO));
    femd_material *fixed =
        open_material(ARGON("\"segment\":\"30 ps\",\"stride\":2,\"min_segments\":6,\"max_segments\":6"));
    femd_response r, again, other;
    femd_buffer one = FEMD_BUFFER_INIT, two = FEMD_BUFFER_INIT;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(try_request(fixed, &q, NULL, &r, NULL, &err), FEMD_NOT_CONVERGED);
    assert_non_null(strstr(err.text, "segment"));
    request(m, &q, NULL, &r, &one);
    const femd_request warm = ask(ZERO, 70, 3);
    request(cold, &warm, NULL, &other, &two);
    assert_true(one.size > 3 * two.size / 2); /* it did grow: more frequencies */
    loose.accuracy = 5;
    request(cold, &loose, &one, &again, &two); /* no more to sample: the sums are what they were */
    assert_memory_equal(r.k, again.k, sizeof r.k);
    assert_true(again.work.force_evaluations < 100);
    request(m, &q, NULL, &other, NULL); /* the length it had grown to is forgotten */
    assert_memory_equal(r.k, other.k, sizeof r.k);
    assert_int_equal(r.work.force_evaluations, other.work.force_evaluations);
    femd_buffer_clear(&one);
    femd_buffer_clear(&two);
    femd_material_close(&m);
    femd_material_close(&cold);
    femd_material_close(&fixed);
}

/* Whose value is reported is the material's to say; the other one comes with it. */
static void both_estimates_are_answered(void **state) {
    (void)state;
    femd_request q = ask(ZERO, 70, 11);
    femd_material *a = open_material(ARGON(SHORT)), *b = open_material(ARGON(SHORT ",\"estimator\":\"cepstral\""));
    femd_response spectral, cepstral;
    request(a, &q, NULL, &spectral, NULL);
    request(b, &q, NULL, &cepstral, NULL);
    assert_true(spectral.checked && cepstral.checked);
    assert_memory_equal(spectral.k, cepstral.k_check, sizeof spectral.k);
    assert_memory_equal(spectral.k_check, cepstral.k, sizeof spectral.k);
    for (int c = 0; c < 3; c++) assert_true(spectral.k_check_err[c] > 0 && spectral.k_check[c] != spectral.k[c]);
    assert_true(spectral.notes & FEMD_NOTE_ACCURACY_NOT_REACHED); /* 0.1 % of two segments */
    q.accuracy = 5;
    request(a, &q, NULL, &spectral, NULL);
    assert_false(spectral.notes & FEMD_NOTE_ACCURACY_NOT_REACHED);
    femd_material_close(&a);
    femd_material_close(&b);
}

#define ELECTRONIC(more)                                                                                               \
    "{\"engine\":\"native\",\"method\":{\"stress\":\"statics\",\"conductivity\":\"green-kubo\"},\"green-kubo\":"       \
    "{" SHORT "},\"electronic\":{" more                                                                                \
    "},\"structure\":{\"lattice\":\"fcc\",\"a\":\"5.376 angstrom\",\"species\":[\"Ar\"],\"masses\":[\"39.948 u\"],"    \
    "\"repeat\":[2,2,2]},\"reference\":\"as-given\",\"potential\":{\"style\":\"lj\",\"epsilon\":\"0.0103207 "          \
    "eV\",\"sigma\":\"3.405 angstrom\","                                                                               \
    "\"cutoff\":\"6 angstrom\"}}"

/* k = L T/rho(T): copper's 17.1 nohm m at 300 K make 429 W/(m K) with Sommerfeld's number. */
static void declared_electrons_stand_beside_the_lattice(void **state) {
    (void)state;
    const femd_request q = ask(ZERO, 300, 11);
    femd_request stress = q;
    femd_material *bare = open_material(ARGON(SHORT)),
                  *m = open_material(ELECTRONIC("\"resistivity\":\"17.1 nohm m\",\"temperature\":\"300 K\""));
    femd_material *hot =
        open_material(ELECTRONIC("\"resistivity\":1.71e-8,\"temperature\":200,\"coefficient\":0.01,\"lorenz\":2e-8"));
    femd_response r, with, at_300;
    request(bare, &q, NULL, &r, NULL);
    request(m, &q, NULL, &with, NULL);
    request(hot, &q, NULL, &at_300, NULL);
    assert_memory_equal(r.k, with.k, sizeof r.k);
    for (int c = 0; c < 6; c++) {
        assert_true(r.k_electronic[c] == 0);
        assert_true(fabs(with.k_electronic[c] - (c < 3 ? 2.44300e-8 * 300 / 1.71e-8 : 0)) < 5e-3);
        assert_true(fabs(at_300.k_electronic[c] - (c < 3 ? 2e-8 * 300 / (2 * 1.71e-8) : 0)) < 1e-9);
    }
    assert_int_equal(femd_material_capabilities(bare)->carriers, FEMD_CARRIER_LATTICE);
    assert_int_equal(femd_material_capabilities(m)->carriers, FEMD_CARRIER_LATTICE | FEMD_CARRIER_ELECTRONS);
    stress.wants = FEMD_WANT_STRESS;
    request(m, &stress, NULL, &with, NULL);
    assert_true(with.k_electronic[0] == 0);
    femd_material_close(&bare);
    femd_material_close(&m);
    femd_material_close(&hot);
}

static int count_down(void *user, double fraction) {
    int *left = user;
    (void)fraction;
    return --*left <= 0 ? FEMD_DEADLINE : 0;
}

static void deadline_ends_the_sampling(void **state) {
    (void)state;
    const femd_request q = ask(ZERO, 70, 11);
    const femd_bytes virgin = {NULL, 0};
    int left = 5;
    const femd_beat beat = {&left, count_down};
    femd_material *m = open_material(ARGON(SHORT));
    femd_response r;
    femd_buffer out = FEMD_BUFFER_INIT;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(femd_material_evaluate(m, &q, &virgin, &beat, &r, &out, &err), FEMD_DEADLINE);
    femd_buffer_clear(&out);
    femd_material_close(&m);
}

static void expect_refused(const char *json, const char *words) {
    femd_material *m = NULL;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(try_open(json, &m, &err), FEMD_BAD_INPUT);
    if (!strstr(err.text, words)) fail_msg("%s", err.text);
}

static void impossible_options_are_refused_with_words(void **state) {
    (void)state;
    expect_refused(ARGON("\"time_step\":\"100 fs\""), "fastest vibration");
    expect_refused(ARGON("\"stride\":40"), "stride");
    expect_refused(ARGON("\"segment\":\"1 ps\""), "samples");
    expect_refused(ARGON("\"min_segments\":5,\"max_segments\":3"), "max_segments");
}

static void electrons_without_a_lattice_are_refused(void **state) {
    (void)state;
    expect_refused("{\"engine\":\"native\",\"electronic\":{\"resistivity\":1e-8},\"structure\":{\"lattice\":\"fcc\","
                   "\"a\":\"5.376 angstrom\",\"species\":[\"Ar\"]"
                   ",\"repeat\":[2,2,2]},\"potential\":{\"style\":\"lj\",\"epsilon\":\"0.0103207 "
                   "eV\",\"sigma\":\"3.405 angstrom\",\"cutoff\":\"6 angstrom\"}}",
                   "electronic");
}

static void zero_temperature_is_refused(void **state) {
    (void)state;
    const femd_request q = ask(ZERO, 0, 1);
    femd_material *m = open_material(ARGON(SHORT));
    femd_response r;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(try_request(m, &q, NULL, &r, NULL, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "temperature"));
    femd_material_close(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_seed_same_bits_on_any_worker),
        cmocka_unit_test(stress_and_path_are_untouched),
        cmocka_unit_test(later_request_sharpens),
        cmocka_unit_test(carried_answer_stands_within_declared_tolerances_alone),
        cmocka_unit_test(segments_grow_until_the_flux_forgets),
        cmocka_unit_test(both_estimates_are_answered),
        cmocka_unit_test(declared_electrons_stand_beside_the_lattice),
        cmocka_unit_test(electrons_without_a_lattice_are_refused),
        cmocka_unit_test(deadline_ends_the_sampling),
        cmocka_unit_test(impossible_options_are_refused_with_words),
        cmocka_unit_test(zero_temperature_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
