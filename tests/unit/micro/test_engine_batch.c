/* Several points at once: the answer to a request, to the bit, is that of the point alone, whatever company it has. */
#include "engine_material.h"

#include "femd/evaluate.h"

enum { POINTS = 64 };
#define BATCH(parameters) "{\"engine\":\"user\",\"name\":\"batch\",\"parameters\":{\"modulus\":7e9" parameters "}}"
#define ARGON                                                                                                          \
    "{\"engine\":\"native\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"5.3 "                                           \
    "angstrom\",\"species\":[\"Ar\"],\"repeat\":[2,2,2],\"vacancies\":"                                                \
    "{\"count\":1}},\"potential\":{\"style\":\"lj\",\"epsilon\":\"0.0104 eV\",\"sigma\":\"3.4 "                        \
    "angstrom\",\"cutoff\":\"6 angstrom\"}}"

/* ---- requests and their answers ---- */

typedef struct answers {
    femd_response r[POINTS];
    femd_buffer state[POINTS];
    femd_error err[POINTS];
} answers;

static void clear(answers *a) {
    for (int i = 0; i < POINTS; i++) femd_buffer_clear(&a->state[i]);
}

static uint64_t dice = 1;
static uint32_t roll(uint32_t sides) {
    dice = dice * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(dice >> 33) % sides;
}

static femd_request strain(double e11, double e22) {
    return (femd_request){.wants = BASIC, .value = {e11, e22, 1e-3 * roll(100), 0, 1e-4 * roll(100), 0}};
}

static void alone(femd_material *m, size_t n, const femd_request *q, const femd_bytes *in, answers *a) {
    for (size_t i = 0; i < n; i++) {
        femd_error_clear(&a->err[i]);
        const femd_status rc = femd_material_evaluate(m, &q[i], &in[i], NULL, &a->r[i], &a->state[i], &a->err[i]);
        assert_int_equal(rc, a->r[i].status);
    }
}

/* The first n points of `order` in one batch; the answers in their places of the order. */
static void together(femd_material *m, size_t n, const uint32_t *order, const femd_request *q, const femd_bytes *in,
                     const femd_beat *beat, answers *a) {
    femd_request request[POINTS];
    femd_bytes state[POINTS];
    for (size_t i = 0; i < n; i++) {
        request[i] = q[order[i]];
        state[i] = in[order[i]];
    }
    memset(a->r, 0xa5, sizeof a->r); /* what stood there must not matter */
    const femd_engine_batch batch = {n, request, state, a->r, a->state, a->err};
    femd_material_evaluate_many(m, &batch, beat);
}

/* 1 if two answers are the same but for their cost. */
static int same(const answers *a, size_t i, const answers *b, size_t k) {
    uint8_t x[FEMD_RESPONSE_BYTES_MAX], y[FEMD_RESPONSE_BYTES_MAX];
    const size_t nx = femd_response_encode(&a->r[i], x), ny = femd_response_encode(&b->r[k], y);
    return nx == ny && memcmp(x, y, femd_response_compared_bytes(nx)) == 0 && a->r[i].point == b->r[k].point &&
           a->state[i].size == b->state[k].size &&
           (!a->state[i].size || memcmp(a->state[i].data, b->state[k].data, a->state[i].size) == 0) &&
           (a->r[i].status == FEMD_OK || strcmp(a->err[i].text, b->err[k].text) == 0);
}

static const uint32_t *in_order(void) {
    static uint32_t order[POINTS];
    for (uint32_t i = 0; i < POINTS; i++) order[i] = i;
    return order;
}

/* Random batches with duplicates, of this size; how many answers differ from those of the points alone. */
static int differences(femd_material *m, size_t size, const femd_request *q, const femd_bytes *in,
                       const answers *single) {
    static answers many;
    uint32_t order[POINTS];
    int differ = 0;
    for (int round = 0; round < 20; round++) {
        for (size_t i = 0; i < size; i++) order[i] = roll(POINTS);
        together(m, size, order, q, in, NULL, &many);
        for (size_t i = 0; i < size; i++) differ += !same(&many, i, single, order[i]);
    }
    clear(&many);
    return differ;
}

/* Good points, and between them ones that fail in every way but the loss of the device, or are refused. */
static void mixed_requests(femd_request q[POINTS]) {
    for (int i = 0; i < POINTS; i++) {
        q[i] = strain(1e-3 * roll(100), 1e-3 * roll(100));
        q[i].point = 1000 + (uint64_t)i;
    }
    q[3].value[0] = 0.6;
    q[17].value[0] = 0.45;
    q[18].value[0] = 0.35;
    q[19].value[0] = 0.25;
    q[20].value[4] = NAN;
    q[21].wants = BASIC | FEMD_WANT_CONDUCTIVITY;
    q[40].mask = 1;
    q[41].control = FEMD_CONTROL_PRESSURE;
}

/* ---- tests ---- */

static void answers_do_not_depend_on_their_company(void **state) {
    (void)state;
    static answers first, second;
    femd_request q[POINTS];
    femd_bytes in[POINTS] = {{NULL, 0}};
    femd_material *m = open_material(BATCH(""));
    assert_int_equal(femd_material_capabilities(m)->batch, 64);
    mixed_requests(q);
    alone(m, POINTS, q, in, &first);
    assert_int_equal(first.r[0].status, FEMD_OK);
    assert_int_equal(first.r[3].status, FEMD_OUT_OF_DOMAIN);
    assert_int_equal(first.r[20].status, FEMD_BAD_ARGUMENT);
    assert_int_equal(first.r[21].status, FEMD_UNSUPPORTED);
    q[17].value[0] = 0.1; /* alone, a point that the engine leaves has another status: see below */
    alone(m, POINTS, q, in, &first);
    for (size_t size = 1; size <= POINTS; size += size == 1 ? 6 : 57)
        assert_int_equal(differences(m, size, q, in, &first), 0);
    /* The second round begins from the states of the first; that of a failed point is the virgin one, and one is none.
     */
    uint8_t broken[100] = "not a state";
    for (int i = 0; i < POINTS; i++) {
        in[i] = (femd_bytes){first.state[i].data, first.state[i].size};
        assert_int_equal(in[i].size > 0, first.r[i].status == FEMD_OK);
    }
    in[30] = (femd_bytes){broken, sizeof broken};
    alone(m, POINTS, q, in, &second);
    assert_int_equal(second.r[30].status, FEMD_PROTOCOL);
    assert_true(second.r[0].S[0] != first.r[0].S[0]);
    for (size_t size = 1; size <= POINTS; size += size == 1 ? 6 : 57)
        assert_int_equal(differences(m, size, q, in, &second), 0);
    clear(&first);
    clear(&second);
    femd_material_close(&m);
}

/* The comparison above sees an engine that breaks the rule. */
static void an_engine_whose_answers_depend_on_company_is_seen(void **state) {
    (void)state;
    static answers single;
    femd_request q[POINTS];
    const femd_bytes in[POINTS] = {{NULL, 0}};
    femd_material *m = open_material(BATCH(",\"company\":true"));
    for (int i = 0; i < POINTS; i++) q[i] = strain(1e-3 * (i + 1), 0);
    alone(m, POINTS, q, in, &single);
    assert_int_equal(differences(m, 1, q, in, &single), 0);
    assert_true(differences(m, POINTS, q, in, &single) > 0);
    clear(&single);
    femd_material_close(&m);
}

static void says(const answers *a, size_t i, femd_status status, const char *words) {
    assert_int_equal(a->r[i].status, status);
    if (!strstr(a->err[i].text, words)) fail_msg("\"%s\" lacks \"%s\"", a->err[i].text, words);
    assert_int_equal(a->state[i].size, 0);
    assert_true(a->r[i].provided == 0 && a->r[i].S[0] == 0 && a->r[i].D[0] == 0);
}

/* What an engine leaves half filled is a failure of that point alone. */
static void what_an_engine_leaves_is_a_failure_with_words(void **state) {
    (void)state;
    static answers a;
    femd_request q[POINTS];
    const femd_bytes in[POINTS] = {{NULL, 0}};
    femd_material *m = open_material(BATCH(""));
    mixed_requests(q);
    together(m, POINTS, in_order(), q, in, NULL, &a);
    says(&a, 3, FEMD_OUT_OF_DOMAIN, "E11 = 0.6");
    says(&a, 17, FEMD_INTERNAL, "without an answer");
    says(&a, 18, FEMD_INTERNAL, "status 42");
    says(&a, 19, FEMD_INTERNAL, "without tangent");
    says(&a, 20, FEMD_BAD_ARGUMENT, "component 5");
    for (int i = 0; i < POINTS; i++) {
        const int bad = i == 3 || (i >= 17 && i <= 21) || i == 40 || i == 41;
        assert_int_equal(a.r[i].status == FEMD_OK, !bad);
        assert_true(a.r[i].point == 1000 + (uint64_t)i && a.r[i].engine == FEMD_ENGINE_USER);
        if (!bad) assert_true(!femd_hash_is_zero(&a.r[i].state_out) && a.r[i].work.wall > 0);
    }
    /* Alone they fail as well. */
    alone(m, POINTS, q, in, &a);
    says(&a, 17, FEMD_INTERNAL, "status 1");
    says(&a, 18, FEMD_INTERNAL, "status 42");
    says(&a, 19, FEMD_INTERNAL, "without tangent");
    /* A device that is lost in the middle takes with it what had no answer yet. */
    mixed_requests(q);
    q[30].value[0] = -0.6;
    together(m, POINTS, in_order(), q, in, NULL, &a);
    says(&a, 3, FEMD_OUT_OF_DOMAIN, "E11 = 0.6");
    assert_int_equal(a.r[29].status, FEMD_OK);
    says(&a, 30, FEMD_IO, "the device is lost");
    says(&a, 39, FEMD_IO, "the device is lost");
    assert_int_equal(a.r[42].status, FEMD_OK); /* behind two refused points: another call */
    clear(&a);
    femd_material_close(&m);
}

typedef struct stopper {
    double until, last; /* fractions */
    int code, calls, stops;
} stopper;

static int stop_at(void *user, double fraction) {
    stopper *s = user;
    assert_true(fraction >= s->last && fraction < 1);
    s->last = fraction;
    s->calls++;
    s->stops += fraction >= s->until;
    return fraction >= s->until ? s->code : 0;
}

/* Progress is that of the whole batch; after a word to stop, what was finished stands, the rest says why it was not. */
static void a_stop_keeps_what_was_finished(femd_material *m) {
    static answers a;
    femd_request q[POINTS];
    const femd_bytes in[POINTS] = {{NULL, 0}};
    for (int i = 0; i < POINTS; i++) q[i] = strain(1e-3 * i, 0);
    q[5].value[0] = NAN; /* refused: so the engine is called twice */
    stopper s = {.until = 2};
    const femd_beat beat = {&s, stop_at};
    together(m, POINTS, in_order(), q, in, &beat, &a);
    assert_true(s.calls >= POINTS - 1 && s.last > 0.9);
    for (int i = 0; i < POINTS; i++) assert_int_equal(a.r[i].status, i == 5 ? FEMD_BAD_ARGUMENT : FEMD_OK);
    static const int code[] = {FEMD_DEADLINE, FEMD_CANCELLED};
    for (int k = 0; k < 2; k++) {
        int done = 0, given_up = 0;
        s = (stopper){.until = k == 0 ? 0.5 : 0.03, .code = code[k]};
        together(m, POINTS, in_order(), q, in, &beat, &a);
        for (int i = 0; i < POINTS; i++) {
            assert_true(a.r[i].status != FEMD_OK || given_up == 0);
            done += a.r[i].status == FEMD_OK;
            given_up += a.r[i].status == code[k];
        }
        assert_int_equal(done + given_up + (a.r[5].status == FEMD_BAD_ARGUMENT), POINTS);
        assert_true(done >= (k == 0 ? 31 : 1) && done <= (k == 0 ? 32 : 2));
        assert_int_equal(s.stops, 1);
    }
    clear(&a);
}

static void a_batch_beats_and_stops(void **state) {
    (void)state;
    femd_material *m = open_material(BATCH(",\"cost_us\":100"));
    a_stop_keeps_what_was_finished(m);
    femd_material_close(&m);
}

static void engines_without_batches_answer_in_turn(void **state) {
    (void)state;
    static const char *const json[] = {"{\"engine\":\"user\",\"name\":\"test\",\"parameters\":{\"modulus\":7e9}}",
                                       "{\"engine\":\"elastic\",\"young\":\"100 GPa\",\"poisson\":0.25}", ARGON};
    static answers virgin, first, second;
    for (int k = 0; k < 3; k++) {
        femd_material *m = open_material(json[k]);
        femd_request q[POINTS];
        femd_bytes in[POINTS] = {{NULL, 0}};
        const size_t n = k == 2 ? 4 : POINTS;
        assert_int_equal(femd_material_capabilities(m)->batch, 0);
        for (int i = 0; i < POINTS; i++) {
            q[i] = strain(1e-3 * (i % 10), 0);
            if (k == 0) q[i].wants = FEMD_WANT_STRESS;
        }
        q[2].value[0] = NAN;
        alone(m, n, q, in, &virgin);
        for (size_t i = 0; i < n; i++) in[i] = (femd_bytes){virgin.state[i].data, virgin.state[i].size};
        alone(m, n, q, in, &first);
        together(m, n, in_order(), q, in, NULL, &second);
        for (size_t i = 0; i < n; i++) assert_true(same(&first, i, &second, i));
        assert_int_equal(second.r[2].status, FEMD_BAD_ARGUMENT);
        femd_material_close(&m);
    }
    clear(&virgin);
    clear(&first);
    clear(&second);
    femd_material *slow =
        open_material("{\"engine\":\"elastic\",\"young\":\"100 GPa\",\"poisson\":0.25,\"cost_us\":20}");
    a_stop_keeps_what_was_finished(slow);
    femd_material_close(&slow);
}

int main(void) {
    femd_error err = FEMD_ERROR_INIT;
    if (femd_user_engine_add("test=" FEMD_TEST_ENGINE, &err) != FEMD_OK ||
        femd_user_engine_add("batch=" FEMD_BATCH_ENGINE, &err) != FEMD_OK)
        return fprintf(stderr, "%s\n", err.text), 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_do_not_depend_on_their_company),
        cmocka_unit_test(an_engine_whose_answers_depend_on_company_is_seen),
        cmocka_unit_test(what_an_engine_leaves_is_a_failure_with_words),
        cmocka_unit_test(a_batch_beats_and_stops),
        cmocka_unit_test(engines_without_batches_answer_in_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
