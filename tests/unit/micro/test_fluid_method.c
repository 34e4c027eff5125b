/* The method `fluid` through the engine: bits, states, what is refused. A small liquid and short segments: figures are
 * in test_fluid_long.c and in `femd bench physics`. */
#include "engine_material.h"
#include "femd/evaluate.h"

/* 32 atoms of argon at the density of the triple point. */
#define LIQUID(more)                                                                                                   \
    "{\"engine\":\"native\",\"method\":{\"stress\":\"md\",\"viscosity\":\"fluid\",\"diffusivity\":\"fluid\","          \
    "\"diffusivity-2\":\"fluid\"},\"md\":{\"start\":\"sites\"},"                                                       \
    "\"fluid\":{" more "},\"structure\":{\"lattice\":\"fcc\",\"a\":\"5.719 angstrom\",\"species\":[\"Ar\"],"           \
    "\"masses\":[\"39.948 u\"],\"repeat\":[2,2,2]},\"reference\":\"as-given\",\"potential\":{\"style\":\"lj\","        \
    "\"epsilon\":\"0.0103207 eV\",\"sigma\":\"3.405 angstrom\",\"cutoff\":\"6 angstrom\"}}"
#define SHORT                                                                                                          \
    "\"melt\":\"350 K\",\"equilibration\":\"5 ps\",\"time_step\":\"15 fs\",\"segment\":\"40 ps\",\"stride\":4,"

static femd_request ask(double T, uint64_t seed) {
    return (femd_request){.wants = FEMD_WANT_VISCOSITY, .temperature = T, .seed = seed, .accuracy = 1e-3};
}

static void same_seed_same_bits_on_any_worker(void **state) {
    (void)state;
    const femd_request q = ask(120, 11), other = ask(120, 12);
    femd_material *a = open_material(LIQUID(SHORT "\"min_segments\":2,\"max_segments\":4")),
                  *b = open_material(LIQUID(SHORT "\"min_segments\":2,\"max_segments\":4"));
    femd_response ra, rb, rc;
    femd_buffer sa = FEMD_BUFFER_INIT, sb = FEMD_BUFFER_INIT;
    request(b, &other, NULL, &rc, NULL);
    request(a, &q, NULL, &ra, &sa);
    request(b, &q, NULL, &rb, &sb);
    assert_memory_equal(ra.viscosity, rb.viscosity, sizeof ra.viscosity);
    assert_memory_equal(ra.viscosity_err, rb.viscosity_err, sizeof ra.viscosity_err);
    assert_int_equal(sa.size, sb.size);
    assert_memory_equal(sa.data, sb.data, sa.size);
    assert_true(ra.eta != rc.eta && ra.eta > 0 && ra.eta_err > 0 && ra.eta_bulk > 0 && ra.eta_bulk_err > 0);
    assert_true(ra.eta_check > 0 && ra.eta_bulk_check > 0 && ra.viscosity_far > 0 && ra.viscosity_far_err > 0);
    assert_true(ra.eta > 5e-5 && ra.eta < 1e-3); /* Pa s: liquid argon has 2.9e-4 */
    assert_int_equal(ra.provided, FEMD_WANT_VISCOSITY);
    assert_true(ra.sampled && (ra.notes & FEMD_NOTE_ACCURACY_NOT_REACHED) && !(ra.notes & FEMD_NOTE_NOT_SOLID));
    /* a response on the wire holds what comes along */
    uint8_t bytes[FEMD_RESPONSE_BYTES_MAX];
    femd_response read;
    femd_error err = FEMD_ERROR_INIT;
    const size_t size = femd_response_encode(&ra, bytes);
    assert_int_equal(femd_response_decode(bytes, size, &read, &err), FEMD_OK);
    assert_true(read.eta == ra.eta && read.eta_bulk_err == ra.eta_bulk_err && read.viscosity_far == ra.viscosity_far);
    femd_buffer_clear(&sa);
    femd_buffer_clear(&sb);
    femd_material_close(&a);
    femd_material_close(&b);
}

/* What a state carries goes on as if it had never been cut; an answer that is sharp enough stands without sampling. */
static void a_state_goes_on(void **state) {
    (void)state;
    femd_request q = ask(120, 11);
    femd_material *two = open_material(LIQUID(SHORT "\"min_segments\":2,\"max_segments\":2")),
                  *four = open_material(LIQUID(SHORT "\"min_segments\":4,\"max_segments\":4"));
    femd_response first, second, at_once, again;
    femd_buffer one = FEMD_BUFFER_INIT, both = FEMD_BUFFER_INIT;
    request(two, &q, NULL, &first, &one);
    request(two, &q, &one, &second, &both);
    request(four, &q, NULL, &at_once, NULL);
    assert_memory_equal(second.viscosity, at_once.viscosity, sizeof second.viscosity);
    assert_true(second.eta_err == at_once.eta_err && second.eta != first.eta);
    q.accuracy = 5;
    request(two, &q, &both, &again, NULL);
    assert_true(again.work.force_evaluations < 100 && again.eta == second.eta);
    femd_error err = FEMD_ERROR_INIT;
    one.size -= 8; /* cut off */
    assert_int_equal(try_request(two, &q, &one, &again, NULL, &err), FEMD_PROTOCOL);
    femd_buffer_clear(&one);
    femd_buffer_clear(&both);
    femd_material_close(&two);
    femd_material_close(&four);
}

/* A crystal has no viscosity: refused with words, not answered by what its stress happens to do. */
static void a_crystal_is_refused(void **state) {
    (void)state;
    femd_material *m = open_material(LIQUID("\"equilibration\":\"5 ps\",\"time_step\":\"15 fs\",\"segment\":\"40 ps\","
                                            "\"min_segments\":2,\"max_segments\":2"));
    const femd_request q = ask(20, 3);
    femd_response r;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(try_request(m, &q, NULL, &r, NULL, &err), FEMD_UNSUPPORTED);
    assert_non_null(strstr(err.text, "solid"));
    assert_non_null(strstr(err.text, "fluid.melt"));
    assert_non_null(strstr(err.text, "rates"));
    femd_material_close(&m);
}

/* In a cube a fluid has one diffusivity, corrected for the box by the viscosity of the same run; in another box a
 * tensor and a note. Of a species that is not there none. */
static void diffusivities_know_their_box(void **state) {
    (void)state;
    femd_material *m = open_material(LIQUID(SHORT "\"min_segments\":3,\"max_segments\":3"));
    femd_request q = ask(120, 11);
    femd_response r, flat, both;
    femd_error err = FEMD_ERROR_INIT;
    q.wants = FEMD_WANT_DIFFUSIVITY;
    request(m, &q, NULL, &r, NULL);
    assert_int_equal(r.provided, FEMD_WANT_DIFFUSIVITY);
    assert_true(r.diffusivity[0] == r.diffusivity[1] && r.diffusivity[1] == r.diffusivity[2] && r.diffusivity[3] == 0);
    assert_true(r.diffusivity[0] > 1e-9 && r.diffusivity[0] < 7e-9 && r.diffusivity_err[0] > 0);
    assert_true(r.diffusivity_check[0] > 1e-9 && r.diffusivity_check[0] < 7e-9 && !(r.notes & FEMD_NOTE_OF_THE_BOX));
    q.wants |= FEMD_WANT_VISCOSITY;
    request(m, &q, NULL, &both, NULL);
    const double L = 2 * 5.719e-10, kT = 1.380649e-23 * 120;
    assert_true(both.diffusivity[0] == r.diffusivity[0]);
    assert_true(fabs(r.diffusivity_box / (2.837297 * kT / (6 * acos(-1) * both.eta * L)) - 1) <
                0.05); /* T of the run */
    assert_true(fabs(r.diffusivity_box_err / r.diffusivity_box - both.eta_err / both.eta) < 1e-12);
    q.value[0] = 0.02;
    q.wants = FEMD_WANT_DIFFUSIVITY;
    request(m, &q, NULL, &flat, NULL);
    assert_true((flat.notes & FEMD_NOTE_OF_THE_BOX) && flat.diffusivity_box == 0 && flat.diffusivity_err[3] > 0);
    assert_true(flat.diffusivity[0] != flat.diffusivity[1] && flat.diffusivity[3] != 0);
    q.wants = FEMD_WANT_DIFFUSIVITY_2;
    assert_int_equal(try_request(m, &q, NULL, &r, NULL, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "species 2"));
    femd_material_close(&m);
}

/* Bonds of a lattice that is stretched to the density of a thin fluid are soft or hold nothing; the step is that of
 * atoms that meet. */
static double longest_step(const char *json) {
    femd_error err = FEMD_ERROR_INIT;
    femd_material *m = NULL;
    assert_int_equal(try_open(json, &m, &err), FEMD_BAD_INPUT);
    const char *at = strstr(err.text, "between 0 and ");
    if (!at) fail_msg("%s", err.text);
    return atof(at + strlen("between 0 and "));
}

static void a_thin_fluid_takes_no_longer_steps(void **state) {
    (void)state;
    const char *const dense = LIQUID("\"time_step\":\"300 fs\""), *const a = strstr(dense, "5.719");
    for (int thin = 0; thin < 3; thin++) {
        static const char *const edge[] = {"5.719", "6.087", "6.800"};
        char json[1024];
        snprintf(json, sizeof json, "%.*s%s%s", (int)(a - dense), dense, edge[thin], a + strlen(edge[thin]));
        const double fs = longest_step(json);
        if (!(fs > 80 && fs < 115)) fail_msg("a = %s angstrom: %g fs", edge[thin], fs);
        /* the same of md, where sites are no minimum */
        snprintf(
            json, sizeof json,
            "{\"engine\":\"native\",\"method\":\"md\",\"md\":{\"start\":\"sites\",\"time_step\":\"300 fs\"}%.*s%s%s",
            (int)(a - strstr(dense, ",\"structure\"")), strstr(dense, ",\"structure\""), edge[thin],
            a + strlen(edge[thin]));
        assert_true(longest_step(json) == fs);
    }
}

static void what_cannot_be_sampled_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *options, *words;
    } wrong[] = {
        {"\"segment\":\"0.1 ps\"", "samples of the stress"},
        {"\"stride\":400", "four times in a period"},
        {"\"min_segments\":5,\"max_segments\":4", "min_segments"},
        {"\"equilibration\":\"1 s\"", "equilibration"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char json[1024];
        femd_error err = FEMD_ERROR_INIT;
        snprintf(json, sizeof json, LIQUID("%s"), wrong[i].options);
        femd_material *m = NULL;
        assert_int_equal(try_open(json, &m, &err), FEMD_BAD_INPUT);
        if (!strstr(err.text, wrong[i].words)) fail_msg("%s: %s", wrong[i].options, err.text);
    }
    femd_material *m = open_material(LIQUID(SHORT "\"min_segments\":2"));
    const femd_request cold = ask(0, 1);
    femd_response r;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(try_request(m, &cold, NULL, &r, NULL, &err), FEMD_BAD_INPUT);
    femd_material_close(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_seed_same_bits_on_any_worker),
        cmocka_unit_test(a_state_goes_on),
        cmocka_unit_test(a_crystal_is_refused),
        cmocka_unit_test(diffusivities_know_their_box),
        cmocka_unit_test(a_thin_fluid_takes_no_longer_steps),
        cmocka_unit_test(what_cannot_be_sampled_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
