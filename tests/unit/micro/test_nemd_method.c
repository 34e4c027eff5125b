/* The method nemd through the engine: bits, states, limits. Solid argon, small and short. */
#include "engine_material.h"
#include "nemd_fixture.h"

#define SHORT(steps)                                                                                                   \
    "\"symmetry\":\"isotropic\",\"lengths\":[12],\"gradients\":[0.3],\"slab\":\"5 "                                    \
    "angstrom\",\"across\":2,\"block\":\"2 ps\",\"max_steps\":" #steps
#define BRIEF(steps) NEMD(SHORT(steps), FCC_ARGON("5.35", "[1,1,1]"), SMOOTH_ARGON)

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
    const femd_request q = ask(E, 40, 11), other = ask(E, 40, 12);
    femd_material *a = open_material(BRIEF(1)), *b = open_material(BRIEF(1));
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
    for (int c = 0; c < 3; c++) assert_true(ra.k[c] > 0 && ra.k_err[c] > 0 && ra.k[c] == ra.k[0]);
    assert_int_equal(ra.sampled, 1);
    assert_int_equal(ra.provided, FEMD_WANT_STRESS | FEMD_WANT_CONDUCTIVITY);
    assert_true(ra.work.force_evaluations > 12 * 4 * 16 * 200);
    femd_buffer_clear(&sa);
    femd_buffer_clear(&sb);
    femd_material_close(&a);
    femd_material_close(&b);
}

static void stress_and_path_are_untouched(void **state) {
    (void)state;
    const double E[6] = {0.01, 0, 0, 0, 0, 0.01}, E2[6] = {0.012, 0, 0, 0, 0, 0.01};
    const femd_request q = ask(E, 40, 11);
    femd_material *m = open_material(BRIEF(1));
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

static femd_material *open_with_steps(int steps) {
    char json[1024];
    snprintf(json, sizeof json,
             NEMD("\"symmetry\":\"isotropic\",\"lengths\":[12],\"gradients\":[0.3],\"slab\":\"5 "
                  "angstrom\",\"across\":2,\"block\":\"2 ps\",\"max_steps\":%d",
                  FCC_ARGON("5.35", "[1,1,1]"), SMOOTH_ARGON),
             steps);
    return open_material(json);
}

/* Four requests of 16 blocks, each from the state before, are one of 64, where blocks are joined. The seed of the first
 * goes on. */
static void later_request_goes_on_with_the_same_bits(void **state) {
    (void)state;
    femd_response r, at_once;
    femd_buffer one = FEMD_BUFFER_INIT, two = FEMD_BUFFER_INIT, whole = FEMD_BUFFER_INIT;
    flow f;
    flow_open(&f, BRIEF(1));
    const int block = f.g->options.block;
    flow_close(&f);
    femd_material *m = open_with_steps(16 * block), *longer = open_with_steps(64 * block);
    const femd_request q = ask(ZERO, 40, 11), other = ask(ZERO, 40, 99);
    request(m, &q, NULL, &r, &one);
    request(m, &other, &one, &r, &two);
    request(m, &q, &two, &r, &one);
    request(m, &q, &one, &r, &two);
    request(longer, &q, NULL, &at_once, &whole);
    assert_memory_equal(r.k, at_once.k, sizeof r.k);
    assert_memory_equal(r.k_err, at_once.k_err, sizeof r.k_err);
    assert_int_equal(two.size, whole.size);
    enum { HEAD = 48 }; /* names the material, and these are two */
    assert_memory_equal(two.data + HEAD, whole.data + HEAD, two.size - HEAD);
    femd_buffer_clear(&one);
    femd_buffer_clear(&two);
    femd_buffer_clear(&whole);
    femd_material_close(&m);
    femd_material_close(&longer);
}

static void carried_answer_stands_within_declared_tolerances_alone(void **state) {
    (void)state;
    const double near[6] = {0.0005}, far[6] = {0.002};
    femd_material *m = open_material(
        NEMD(SHORT(1) ",\"reuse\":{\"strain\":0.001,\"temperature\":2}", FCC_ARGON("5.35", "[1,1,1]"), SMOOTH_ARGON));
    femd_request q = ask(ZERO, 40, 11);
    femd_response first, r;
    femd_buffer state_out = FEMD_BUFFER_INIT;
    q.accuracy = 5;
    request(m, &q, NULL, &first, &state_out);
    const struct {
        const double *E;
        double T;
        int sampled;
    } again[] = {{near, 41, 0}, {far, 41, 1}, {near, 43, 1}};
    for (int k = 0; k < 3; k++) {
        q = ask(again[k].E, again[k].T, 12);
        q.accuracy = 5;
        request(m, &q, &state_out, &r, NULL);
        assert_int_equal(r.work.force_evaluations > 1000, again[k].sampled);
        if (!again[k].sampled) assert_true(fabs(r.k[0] / first.k[0] - 1) < 0.01);
    }
    femd_buffer_clear(&state_out);
    femd_material_close(&m);
}

static int count_down(void *user, double fraction) {
    int *left = user;
    (void)fraction;
    return --*left <= 0 ? FEMD_DEADLINE : 0;
}

static void deadline_ends_the_sampling(void **state) {
    (void)state;
    const femd_request q = ask(ZERO, 40, 11);
    const femd_bytes virgin = {NULL, 0};
    femd_material *m = open_material(BRIEF(1));
    for (int when = 0; when < 3; when++) {
        int count = (int[]){5, 9, 20}[when]; /* layers held, on the way to the steady state, in the blocks */
        const femd_beat beat = {&count, count_down};
        femd_response r;
        femd_buffer out = FEMD_BUFFER_INIT;
        femd_error err = FEMD_ERROR_INIT;
        assert_int_equal(femd_material_evaluate(m, &q, &virgin, &beat, &r, &out, &err), FEMD_DEADLINE);
        femd_buffer_clear(&out);
    }
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
#define WITH(options) NEMD(options, FCC_ARGON("5.35", "[1,1,1]"), SMOOTH_ARGON)
    expect_refused(WITH("\"time_step\":\"100 fs\""), "fastest vibration");
    expect_refused(WITH("\"lengths\":[6]"), "at least");
    expect_refused(WITH("\"lengths\":[25]"), "even");
    expect_refused(WITH("\"lengths\":[24,20]"), "ascend");
    expect_refused(WITH("\"gradients\":[0.2,0.1]"), "ascend");
    expect_refused(WITH("\"gradients\":[0.9]"), "gradients");
    expect_refused(WITH("\"margin\":0.5"), "margin");
    expect_refused(WITH("\"direction\":2"), "isotropic");
    expect_refused(WITH("\"slap\":2"), "slap");
    expect_refused(WITH("\"slab\":\"1 m\""), "nemd.slab");
    expect_refused(WITH("\"lengths\":[100000],\"across\":64"), "nemd.across");
    expect_refused(WITH("\"block\":\"1 s\""), "block");
}

/* However short the times, a block is a whole life of a neighbour list. */
static void a_block_is_never_empty(void **state) {
    (void)state;
    flow f;
    flow_open(&f, WITH("\"lengths\":[12],\"slab\":\"5 angstrom\",\"block\":\"1e-30 s\",\"equilibration\":\"1e-30 s\""));
    assert_int_equal(f.g->options.block, FEMD_DYNAMICS_RENEW);
    assert_int_equal(f.g->options.equilibration, FEMD_DYNAMICS_RENEW);
    flow_close(&f);
}

static void what_it_cannot_measure_is_refused_with_words(void **state) {
    (void)state;
    const double sheared[6] = {0, 0, 0, 0, 0.01, 0};
    femd_material *m =
        open_material(NEMD("\"lengths\":[12],\"slab\":\"5 angstrom\"", FCC_ARGON("5.35", "[1,1,1]"), SMOOTH_ARGON));
    femd_response r;
    femd_error err = FEMD_ERROR_INIT;
    femd_request q = ask(ZERO, 0, 1);
    assert_int_equal(try_request(m, &q, NULL, &r, NULL, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "temperature"));
    q = ask(sheared, 40, 1);
    assert_int_equal(try_request(m, &q, NULL, &r, NULL, &err), FEMD_UNSUPPORTED);
    assert_non_null(strstr(err.text, "green-kubo"));
    femd_material_close(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_seed_same_bits_on_any_worker),
        cmocka_unit_test(stress_and_path_are_untouched),
        cmocka_unit_test(later_request_goes_on_with_the_same_bits),
        cmocka_unit_test(carried_answer_stands_within_declared_tolerances_alone),
        cmocka_unit_test(deadline_ends_the_sampling),
        cmocka_unit_test(impossible_options_are_refused_with_words),
        cmocka_unit_test(a_block_is_never_empty),
        cmocka_unit_test(what_it_cannot_measure_is_refused_with_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
