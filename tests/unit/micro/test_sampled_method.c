/* What a method that samples gets without a line of its own: length, equilibration, errors, bytes, reuse, words. Shown
 * by a method of sixty lines, pressure_method.c. */
#include "md_fixture.h"
#include "pressure_method.h"

static const double STRAIN[6] = {0.01, -0.004, 0.002, 0, 0.006, 0}, NEAR[6] = {0.0105, -0.004, 0.002, 0, 0.006, 0};

/* A crystal, and the method with options of its own; one instance answers after another. */
typedef struct body {
    md_case crystal;
    femd_json options;
    void *self;
} body;

static void body_open(body *b, const char *options) {
    char json[256];
    femd_error err = FEMD_ERROR_INIT;
    md_open(&b->crystal,
            ARGON("5.35", "[2,2,2]", ",\"md\":{\"replicas\":2,\"harmonic_control\":false,\"tangent_accuracy\":1e6}"));
    snprintf(json, sizeof json, "{\"pressure\":{%s}}", options);
    b->options = (femd_json)FEMD_JSON_INIT;
    b->self = NULL;
    if (femd_json_parse(json, strlen(json), "test", &b->options, &err) != FEMD_OK) fail_msg("%s", err.text);
    if (femd_method_pressure.create(b->crystal.n, &b->options, &b->self, &err) != FEMD_OK) fail_msg("%s", err.text);
}

static void body_close(body *b) {
    femd_method_pressure.destroy(&b->self);
    assert_null(b->self);
    femd_json_clear(&b->options);
    md_close(&b->crystal);
}

static femd_conditions ask(double temperature, double accuracy, uint64_t seed) {
    return (femd_conditions){.temperature = temperature, .accuracy = accuracy, .seed = seed, .wants = FEMD_WANT_ENERGY};
}

/* At strain E, reached from the virgin path, from what was carried (NULL: nothing). Returns the sweeps that it took. */
static uint64_t body_try(body *b, const double E[6], const femd_conditions *conditions, const femd_buffer *carried,
                         femd_response *r, femd_buffer *carry, femd_status expected, femd_error *err) {
    femd_native *native = b->crystal.n;
    const femd_bytes in = {carried ? carried->data : NULL, carried ? carried->size : 0};
    femd_buffer scratch = FEMD_BUFFER_INIT;
    memset(r, 0, sizeof *r);
    memset(native->path.E, 0, sizeof native->path.E);
    memset(native->path.w, 0, 3 * (size_t)native->rve.n * sizeof *native->path.w);
    native->path.has_G = 0;
    if (femd_neighbours_rebuild(native->rve.nb, native->rve.n, native->rve.h0, native->rve.X, err) != FEMD_OK ||
        femd_path_advance(&native->path, E, NULL, err) != FEMD_OK)
        fail_msg("%s", err->text);
    const uint64_t before = femd_energetics_count(native->rve.en);
    const femd_status rc =
        femd_method_pressure.answer(b->self, native, conditions, &in, r, carry ? carry : &scratch, err);
    femd_buffer_clear(&scratch);
    if (rc != expected) fail_msg("%s", err->text);
    return femd_energetics_count(native->rve.en) - before;
}

static uint64_t body_answer(body *b, const double E[6], femd_conditions conditions, const femd_buffer *carried,
                            femd_response *r, femd_buffer *carry) {
    femd_error err = FEMD_ERROR_INIT;
    return body_try(b, E, &conditions, carried, r, carry, FEMD_OK, &err);
}

/* The same seed moves the same replicas as in md, so the means are the same but for rounding; and atoms of the
 * temperature asked for have it. */
static void it_samples_what_md_samples(void **state) {
    (void)state;
    body b;
    femd_response r, md;
    const double zero[6] = {0};
    body_open(&b, "");
    body_answer(&b, zero, ask(40, 1, 11), NULL, &r, NULL);
    md_evaluate(&b.crystal, zero, 40, 1, 11, NULL, &md, NULL);
    const femd_pressure *pressure = b.self;
    const double other = -(md.S[0] + md.S[1] + md.S[2]) / 3;
    print_message("pressure %.6g(%.2g) and %.6g MPa from %d blocks; %.2f(%.2f) K\n", r.energy / 1e6, r.energy_err / 1e6,
                  other / 1e6, pressure->blocks, pressure->kinetic, pressure->kinetic_err);
    assert_int_equal(pressure->blocks, 24);
    assert_true(fabs(r.energy - other) < 1e-9 * fabs(other) && r.energy_err > 0);
    assert_true(fabs(pressure->kinetic - 40) < 3.5 * pressure->kinetic_err && pressure->kinetic_err < 1);
    assert_int_equal(r.provided, FEMD_WANT_ENERGY);
    assert_int_equal(r.sampled, 1);
    body_close(&b);
}

static void accuracy_decides_how_long_and_what_is_missed_is_noted(void **state) {
    (void)state;
    body b, brief;
    femd_response r;
    body_open(&b, "");
    body_answer(&b, STRAIN, ask(40, 1, 1), NULL, &r, NULL);
    const int few = ((femd_pressure *)b.self)->blocks;
    const double accuracy = 0.4 * r.energy_err / 1e8;
    body_answer(&b, STRAIN, ask(40, accuracy, 1), NULL, &r, NULL);
    assert_true(((femd_pressure *)b.self)->blocks > few && r.energy_err <= accuracy * 1e8);
    assert_int_equal(r.notes, 0);
    body_open(&brief, "\"block\":\"3 ps\",\"equilibration\":\"3 ps\",\"max_steps\":6000");
    body_answer(&brief, STRAIN, ask(40, 1e-9, 1), NULL, &r, NULL);
    assert_int_equal(r.notes, FEMD_NOTE_ACCURACY_NOT_REACHED);
    body_close(&b);
    body_close(&brief);
}

#define SHORT(steps) "\"block\":\"3 ps\",\"equilibration\":\"3 ps\",\"time_step\":\"15 fs\",\"max_steps\":" #steps
static void cut_and_continued_has_the_same_bits(void **state) {
    (void)state;
    body half, whole;
    femd_response first, second, all;
    femd_buffer one = FEMD_BUFFER_INIT, two = FEMD_BUFFER_INIT, at_once = FEMD_BUFFER_INIT;
    body_open(&half, SHORT(4800));
    body_open(&whole, SHORT(9600));
    body_answer(&half, STRAIN, ask(40, 1e-9, 11), NULL, &first, &one);
    body_answer(&half, STRAIN, ask(40, 1e-9, 99), &one, &second, &two);
    body_answer(&whole, STRAIN, ask(40, 1e-9, 11), NULL, &all, &at_once);
    assert_memory_equal(&second, &all, sizeof all);
    assert_true(first.energy != all.energy);
    assert_int_equal(two.size, at_once.size);
    assert_memory_equal(two.data, at_once.data, two.size);
    assert_true(body_answer(&half, STRAIN, ask(40, 1, 5), &two, &second, NULL) == 0); /* it is good enough already */
    assert_memory_equal(&second.energy, &all.energy, sizeof all.energy);
    body_answer(&half, STRAIN, ask(41, 1e-9, 11), &two, &second, NULL); /* of another temperature: no effect */
    body_answer(&half, STRAIN, ask(41, 1e-9, 11), NULL, &first, NULL);
    assert_memory_equal(&first, &second, sizeof first);
    femd_buffer_clear(&one);
    femd_buffer_clear(&two);
    femd_buffer_clear(&at_once);
    body_close(&half);
    body_close(&whole);
}

static void a_carried_answer_stands_within_declared_tolerances(void **state) {
    (void)state;
    body b, strict;
    femd_response r;
    femd_buffer carry = FEMD_BUFFER_INIT;
    body_open(&b, SHORT(4800) ",\"reuse\":{\"strain\":0.001,\"temperature\":2}");
    body_open(&strict, SHORT(4800));
    body_answer(&b, STRAIN, ask(40, 1, 11), NULL, &r, &carry);
    const double first = r.energy;
    assert_true(body_answer(&b, NEAR, ask(41, 1, 12), &carry, &r, NULL) == 0);
    assert_true(fabs(r.energy / first - 1) < 0.01);
    assert_true(body_answer(&b, NEAR, ask(43, 1, 12), &carry, &r, NULL) > 1000);
    assert_true(body_answer(&b, NEAR, ask(41, 1e-6, 12), &carry, &r, NULL) > 1000); /* not sharp enough */
    assert_true(body_answer(&strict, NEAR, ask(41, 1, 12), &carry, &r, NULL) > 1000);
    femd_buffer_clear(&carry);
    body_close(&b);
    body_close(&strict);
}

static void spoilt_bytes_and_the_cold_are_refused_with_words(void **state) {
    (void)state;
    body b;
    femd_response r;
    femd_buffer carry = FEMD_BUFFER_INIT;
    femd_error err = FEMD_ERROR_INIT;
    const femd_conditions conditions = ask(40, 1, 1), cold = ask(0, 1, 1);
    body_open(&b, SHORT(4800));
    body_try(&b, STRAIN, &cold, NULL, &r, NULL, FEMD_BAD_INPUT, &err);
    assert_non_null(strstr(err.text, "the method pressure needs a temperature"));
    body_answer(&b, STRAIN, conditions, NULL, &r, &carry);
    for (size_t size = 1; size < carry.size; size += size < 400 ? 7 : 997) {
        const femd_buffer cut = {carry.data, size, size};
        body_try(&b, STRAIN, &conditions, &cut, &r, NULL, FEMD_PROTOCOL, &err);
        if (size < 64) assert_non_null(strstr(err.text, "the sampling of the pressure"));
    }
    carry.data[0] = 9;
    body_try(&b, STRAIN, &conditions, &carry, &r, NULL, FEMD_PROTOCOL, &err);
    femd_buffer_clear(&carry);
    body_close(&b);
}

static void impossible_options_are_refused_with_words(void **state) {
    (void)state;
    static const struct {
        const char *options, *words;
    } wrong[] = {
        {"\"time_step\":\"1 ps\"", "fastest vibration"},
        {"\"accuracy\":0", "accuracy"},
        {"\"reuse\":{\"strain\":-1}", "reuse"},
        {"\"replicas\":65", "replicas"},
        {"\"max_steps\":100", "max_steps"},
        {"\"stride\":0", "stride"},
    };
    body b;
    body_open(&b, "");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char json[256];
        femd_json doc = FEMD_JSON_INIT;
        femd_error err = FEMD_ERROR_INIT;
        void *self = NULL;
        snprintf(json, sizeof json, "{\"pressure\":{%s}}", wrong[i].options);
        assert_int_equal(femd_json_parse(json, strlen(json), "test", &doc, &err), FEMD_OK);
        assert_int_equal(femd_method_pressure.create(b.crystal.n, &doc, &self, &err), FEMD_BAD_INPUT);
        if (!strstr(err.text, wrong[i].words)) fail_msg("%s", err.text);
        assert_null(self);
        femd_json_clear(&doc);
    }
    body_close(&b);
}

static int stop_if_it_falls(void *user, double fraction) {
    double *last = user;
    const int fell = !(fraction >= *last && fraction < 1);
    *last = fraction;
    return fell ? FEMD_DEADLINE : 0;
}

/* Until the first look at the errors the fraction goes from nothing to almost all. */
static void beats_tell_how_far_it_is(void **state) {
    (void)state;
    body b;
    double last = 0;
    const femd_beat beat = {&last, stop_if_it_falls};
    femd_conditions conditions = ask(40, 1, 1);
    femd_response r;
    femd_error err = FEMD_ERROR_INIT;
    conditions.beat = &beat;
    body_open(&b, "");
    body_try(&b, STRAIN, &conditions, NULL, &r, NULL, FEMD_OK, &err);
    assert_true(last > 0.9);
    body_close(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_samples_what_md_samples),
        cmocka_unit_test(accuracy_decides_how_long_and_what_is_missed_is_noted),
        cmocka_unit_test(cut_and_continued_has_the_same_bits),
        cmocka_unit_test(a_carried_answer_stands_within_declared_tolerances),
        cmocka_unit_test(spoilt_bytes_and_the_cold_are_refused_with_words),
        cmocka_unit_test(impossible_options_are_refused_with_words),
        cmocka_unit_test(beats_tell_how_far_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
