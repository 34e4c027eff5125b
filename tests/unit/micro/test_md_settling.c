/* What is thrown away once atoms have left their sites: all replicas begin with one arrangement, which need not be one
 * of equilibrium, and agree on it. Shown by figures made up, which approach 1 as slowly, of atoms that do leave. */
#include "md_fixture.h"
#include "numerics/random.h"

static const double still[6] = {0}, RELAXES = 6, NOISE = 0.5; /* blocks; of one step */
enum { REPLICAS = 8, FEW = 24 / REPLICAS };

/* z = 1 - exp(-t/RELAXES) and noise, t in blocks since the first that was summed. */
typedef struct approach {
    femd_sampled common; /* first */
    uint64_t begun[REPLICAS];
    double value, error;
    int blocks;
} approach;

static void approach_look(void *self, double *z) {
    const approach *a = self;
    const femd_dynamics *d = &a->common.d;
    const uint64_t begun = a->begun[d->replica];
    const double t = begun ? (double)(d->step - begun) / a->common.replicas.block : 0;
    double noise[2];
    femd_random_normals(femd_random_bits(d->seed, d->replica, 5), d->step, noise);
    z[0] = 1 - exp(-t / RELAXES) + NOISE * noise[0];
}

static femd_status approach_look_closely(void *self, double *y, femd_error *err) {
    approach *a = self;
    const femd_dynamics *d = &a->common.d;
    (void)err;
    if (!a->begun[d->replica]) a->begun[d->replica] = d->step;
    y[0] = 0;
    return FEMD_OK;
}

static void approach_watch(void *self, const double *z, double figure[2]) {
    const femd_dynamics *d = &((approach *)self)->common.d;
    (void)z;
    femd_random_normals(femd_random_bits(d->seed, d->replica, 6), d->step, figure);
}

static void approach_mean(void *user, const femd_moments *moments, double *value) {
    (void)user;
    value[0] = moments->mean[0];
}

static femd_status approach_judge(void *self, femd_native *native, const femd_conditions *conditions, double *ratio,
                                  femd_error *err) {
    approach *a = self;
    (void)native, (void)err;
    a->blocks = femd_replicas_estimate(&a->common, approach_mean, NULL, 1, &a->value, &a->error, NULL);
    *ratio = a->error / femd_sampled_accuracy(self, conditions);
    return FEMD_OK;
}

static femd_status approach_respond(void *self, femd_native *native, const femd_conditions *conditions,
                                    femd_response *response, femd_error *err) {
    const approach *a = self;
    (void)native, (void)conditions, (void)err;
    response->energy = a->value;
    response->energy_err = a->error;
    return FEMD_OK;
}

static const femd_method approach_method = {.name = "approach", .wants = FEMD_WANT_ENERGY};
static const femd_sampler approach_sampler = {
    .method = &approach_method,
    .size = sizeof(approach),
    .version = 1,
    .during = "the approach",
    .radians = 0.2,
    .friction = 0.3,
    .accuracy = 0.1,
    .looks = {.z = 1,
              .y = 1,
              .look = approach_look,
              .look_closely = approach_look_closely,
              .watch = approach_watch,
              .forgets = 1,
              .stride = 1,
              .replicas = REPLICAS,
              .max_steps = 1000000},
    .judge = approach_judge,
    .respond = approach_respond,
};

typedef struct body {
    md_case crystal;
    femd_json options;
    approach *method;
} body;

/* `most`: blocks of each replica that one request may add, 0 for any. */
static void body_open(body *b, int most) {
    char json[256];
    femd_error err = FEMD_ERROR_INIT;
    void *self = NULL;
    memset(b, 0, sizeof *b);
    md_open(&b->crystal,
            "{\"engine\":\"native\",\"reference\":\"as-given\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"5.4 "
            "angstrom\",\"species\":[\"Ar\"],\"masses\":[\"39.95 u\"],\"repeat\":[1,1,1]},\"potential\":{"
            "\"style\":\"lj\",\"epsilon\":\"0.0103235 eV\",\"sigma\":\"3.405 angstrom\",\"cutoff\":\"5.2 "
            "angstrom\",\"smooth\":\"1 angstrom\"},\"md\":{\"harmonic_control\":false}}");
    for (int twice = 0; twice < (most ? 2 : 1); twice++) { /* a block's steps are known when it is made */
        snprintf(json, sizeof json, "{\"approach\":{\"max_steps\":%d}}",
                 twice ? most * REPLICAS * b->method->common.replicas.block : 1000000);
        if (b->method) femd_sampled_destroy(&self);
        femd_json_clear(&b->options);
        b->options = (femd_json)FEMD_JSON_INIT;
        if (femd_json_parse(json, strlen(json), "test", &b->options, &err) != FEMD_OK ||
            femd_sampled_create(&approach_sampler, b->crystal.n, &b->options, &self, &err) != FEMD_OK)
            fail_msg("%s", err.text);
        b->method = self;
    }
    if (most) assert_int_equal(b->method->common.most, most);
}

static void body_close(body *b) {
    void *self = b->method;
    femd_sampled_destroy(&self);
    femd_json_clear(&b->options);
    md_close(&b->crystal);
}

enum { STAY, LEAVE };

/* Atoms leave where the farthest that is called near is less than they vibrate. */
static void body_answer(body *b, int leave, double accuracy, const femd_buffer *carried, femd_response *r,
                        femd_buffer *carry) {
    femd_error err = FEMD_ERROR_INIT;
    femd_buffer scratch = FEMD_BUFFER_INIT;
    const femd_conditions q = {.temperature = 20, .accuracy = accuracy, .seed = 4, .wants = FEMD_WANT_ENERGY};
    const femd_bytes in = {carried ? carried->data : NULL, carried ? carried->size : 0};
    memset(r, 0, sizeof *r);
    b->method->common.reach = leave ? 0.01 : 3;
    if (!carried) memset(b->method->begun, 0, sizeof b->method->begun);
    if (femd_path_advance(&b->crystal.n->path, still, NULL, &err) != FEMD_OK ||
        femd_sampled_answer(b->method, b->crystal.n, &q, &in, r, carry ? carry : &scratch, &err) != FEMD_OK)
        fail_msg("%s", err.text);
    femd_buffer_clear(&scratch);
}

/* Replicas that agree are sharp enough at once, and wrong by nearly all. Where atoms have left, what is told is right.
 */
static void what_all_replicas_began_with_is_thrown_away(void **state) {
    (void)state;
    body b;
    femd_response r;
    body_open(&b, 0);
    body_answer(&b, STAY, 0.1, NULL, &r, NULL);
    assert_int_equal(b.method->blocks, FEW * REPLICAS);
    assert_true(r.notes == 0 && r.energy < 0.3 && r.energy_err < 0.1);
    body_answer(&b, LEAVE, 0.1, NULL, &r, NULL);
    print_message("%.4f(%.4f) of %d blocks\n", r.energy, r.energy_err, b.method->blocks);
    assert_int_equal(b.method->blocks, 24 * REPLICAS);
    assert_int_equal(r.notes, FEMD_NOTE_NOT_SOLID);
    assert_true(fabs(r.energy - 1) < 0.02 && r.energy_err < 0.01);
    /* what was thrown away for another answer is not left out of this one */
    femd_response again;
    body_answer(&b, LEAVE, 0.1, NULL, &again, NULL);
    assert_memory_equal(&again, &r, sizeof r);
    /* sharper: more is added, nothing more is thrown away */
    body_answer(&b, LEAVE, 0.7 * r.energy_err, NULL, &r, NULL);
    assert_true(b.method->blocks > 24 * REPLICAS && b.method->blocks < 80 * REPLICAS && r.energy_err > 0);
    assert_true(fabs(r.energy - 1) < 0.01);
    body_close(&b);
}

static void one_atom_that_left_is_noted(void **state) {
    (void)state;
    for (int gone = 0; gone < 2; gone++) {
        body b;
        femd_response r;
        femd_error err = FEMD_ERROR_INIT;
        femd_buffer carry = FEMD_BUFFER_INIT;
        const femd_conditions q = {.temperature = 20, .accuracy = 0.1, .seed = 4, .wants = FEMD_WANT_ENERGY};
        body_open(&b, 0);
        body_answer(&b, STAY, 0.1, NULL, &r, NULL);
        memset(&r, 0, sizeof r);
        b.method->common.stray.gone = gone;
        assert_int_equal(femd_sampled_finish(b.method, b.crystal.n, &q, &r, &carry, &err), FEMD_OK);
        assert_int_equal(r.notes, gone ? FEMD_NOTE_NOT_SOLID | FEMD_NOTE_NOT_ERGODIC : 0);
        femd_buffer_clear(&carry);
        body_close(&b);
    }
}

/* Where one request may not add as many, the answer says so and its error holds what is missed; the next goes on. */
static void what_cannot_be_thrown_away_yet_is_told(void **state) {
    (void)state;
    for (int most = FEW; most < 24; most += 4) {
        body b;
        femd_response r;
        body_open(&b, most);
        body_answer(&b, LEAVE, 0.1, NULL, &r, NULL);
        print_message("%2d blocks: %.3f(%.3f)\n", most, r.energy, r.energy_err);
        assert_int_equal(b.method->blocks, most * REPLICAS);
        assert_true(r.notes & FEMD_NOTE_NOT_ERGODIC && r.notes & FEMD_NOTE_NOT_SOLID);
        assert_true(fabs(r.energy - 1) < 2 * r.energy_err && r.energy < 0.9 && r.energy_err < 1);
        body_close(&b);
    }
}

static void cut_before_that_and_continued_has_the_same_bits(void **state) {
    (void)state;
    body third, whole;
    femd_response r, all;
    femd_buffer kept[4] = {FEMD_BUFFER_INIT, FEMD_BUFFER_INIT, FEMD_BUFFER_INIT, FEMD_BUFFER_INIT};
    body_open(&third, 8);
    body_open(&whole, 24);
    for (int i = 0; i < 3; i++) {
        body_answer(&third, LEAVE, 1e-9, i ? &kept[i - 1] : NULL, &r, &kept[i]);
        assert_true(!(r.notes & FEMD_NOTE_NOT_ERGODIC) == (i == 2));
    }
    body_answer(&whole, LEAVE, 1e-9, NULL, &all, &kept[3]);
    assert_int_equal(whole.method->blocks, 12 * REPLICAS);
    assert_memory_equal(&r, &all, sizeof r);
    assert_int_equal(kept[2].size, kept[3].size);
    assert_memory_equal(kept[2].data, kept[3].data, kept[2].size);
    /* what was thrown away once is not again */
    body_answer(&third, LEAVE, 1e-9, &kept[2], &r, NULL);
    assert_int_equal(third.method->blocks, 20 * REPLICAS);
    for (int i = 0; i < 4; i++) femd_buffer_clear(&kept[i]);
    body_close(&third);
    body_close(&whole);
}

/* Sums of 1, 2, 3, ...: what is left of them, joined or not. */
static void blocks_are_dropped_whole(void **state) {
    (void)state;
    static const struct {
        int closed, drop, count, span;
        double first, last; /* of what is left, one joined block each */
    } cases[] = {{10, 4, 6, 1, 5, 10},    {10, 10, 0, 1, 0, 0},    {10, 11, 0, 1, 0, 0},
                 {70, 4, 33, 2, 11, 139}, {71, 5, 32, 2, 15, 139}, {71, 200, 0, 2, 0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        femd_blocks b;
        femd_error err = FEMD_ERROR_INIT;
        assert_int_equal(femd_blocks_init(&b, 1, 0, &err), FEMD_OK);
        for (int k = 1; k <= cases[i].closed; k++) {
            const double z = k;
            femd_blocks_add(&b, &z);
            femd_blocks_close(&b);
        }
        femd_blocks_drop(&b, cases[i].drop);
        assert_true(b.count == cases[i].count && b.span == cases[i].span);
        if (b.count) assert_true(b.data[1] == cases[i].first && b.data[(b.count - 1) * b.width + 1] == cases[i].last);
        const double z = 1000;
        femd_blocks_add(&b, &z); /* the open one goes on: with the 71st where there is one */
        assert_true(b.data[b.count * b.width + 1] == (b.basic ? 1071 : 1000));
        for (int k = (b.count + 1) * b.width; k < (FEMD_BLOCKS_MAX + 1) * b.width; k++) assert_true(b.data[k] == 0);
        femd_blocks_clear(&b);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_all_replicas_began_with_is_thrown_away),
        cmocka_unit_test(one_atom_that_left_is_noted),
        cmocka_unit_test(what_cannot_be_thrown_away_yet_is_told),
        cmocka_unit_test(cut_before_that_and_continued_has_the_same_bits),
        cmocka_unit_test(blocks_are_dropped_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
