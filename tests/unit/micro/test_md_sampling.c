/* Block sums and their errors on series whose statistics are known. */
#include "md_fixture.h"
#include "numerics/random.h"

/* Two correlated Ornstein-Uhlenbeck series of unit variance: a and (a + b)/sqrt 2, with correlation time tau steps. */
typedef struct series {
    double a, b, keep;
    uint64_t key, at;
} series;

static series begin_series(double tau, uint64_t seed) {
    series s = {.keep = exp(-1 / tau), .key = femd_random_bits(seed, 77, 0)};
    double o[2];
    femd_random_normals(s.key, s.at++, o);
    s.a = o[0], s.b = o[1];
    return s;
}

static void next(series *s, double z[2]) {
    double o[2];
    const double add = sqrt(1 - s->keep * s->keep);
    femd_random_normals(s->key, s->at++, o);
    s->a = s->keep * s->a + add * o[0];
    s->b = s->keep * s->b + add * o[1];
    z[0] = s->a;
    z[1] = (s->a + s->b) * 0.70710678118654752;
}

/* q: means, the three covariances, the occasional mean. */
static void moments(void *user, const femd_moments *m, double *q) {
    (void)user;
    q[0] = m->mean[0], q[1] = m->mean[1];
    q[2] = m->cov[0], q[3] = m->cov[1], q[4] = m->cov[3];
    q[5] = m->y[0];
}
enum { NQ = 6 };

static void fill(femd_blocks *b, double tau, int blocks, int length, uint64_t seed) {
    series s = begin_series(tau, seed);
    for (int k = 0; k < blocks; k++) {
        for (int i = 0; i < length; i++) {
            double z[2], y;
            next(&s, z);
            femd_blocks_add(b, z);
            y = z[0] + 3;
            if (i % 10 == 0) femd_blocks_add_occasional(b, &y);
        }
        femd_blocks_close(b);
    }
}

static void errors_are_those_of_many_repetitions(void **state) {
    (void)state;
    enum { REPEAT = 400, BLOCKS = 24, LENGTH = 100 };
    const double exact[NQ] = {0, 0, 1, 0.70710678118654752, 1, 3};
    double bias[NQ] = {0}, scatter[NQ] = {0}, said[NQ] = {0};
    int inside[NQ] = {0};
    femd_blocks b;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(femd_blocks_init(&b, 2, 1, &err), FEMD_OK);
    for (int r = 0; r < REPEAT; r++) {
        double value[NQ], error[NQ];
        const femd_blocks *set[1] = {&b};
        femd_blocks_empty(&b);
        fill(&b, 5, BLOCKS, LENGTH, (uint64_t)r);
        assert_int_equal(femd_blocks_estimate(set, 1, moments, NULL, NQ, value, error, NULL), BLOCKS);
        for (int i = 0; i < NQ; i++) {
            bias[i] += (value[i] - exact[i]) / REPEAT;
            scatter[i] += (value[i] - exact[i]) * (value[i] - exact[i]) / REPEAT;
            said[i] += error[i] * error[i] / REPEAT;
            inside[i] += fabs(value[i] - exact[i]) < 1.96 * error[i];
        }
    }
    for (int i = 0; i < NQ; i++) {
        print_message("q%d: bias %.4f, scatter %.4f, said %.4f, inside 95 %%: %.1f %%\n", i, bias[i], sqrt(scatter[i]),
                      sqrt(said[i]), 100.0 * inside[i] / REPEAT);
        assert_true(fabs(bias[i]) < 4 * sqrt(scatter[i] / REPEAT));
        assert_true(fabs(sqrt(said[i] / scatter[i]) - 1) < 0.12);
        assert_true(inside[i] > 0.90 * REPEAT && inside[i] < 0.99 * REPEAT);
    }
    femd_blocks_clear(&b);
}

/* Blocks of two correlation times: a covariance about a block's own mean would miss most, one without the variance of
 * the mean is low by 0.02. */
static void covariances_of_short_blocks_are_whole(void **state) {
    (void)state;
    enum { REPEAT = 2000, BLOCKS = 48, LENGTH = 10 };
    double bias = 0, scatter = 0, said = 0;
    femd_blocks b;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(femd_blocks_init(&b, 2, 1, &err), FEMD_OK);
    for (int r = 0; r < REPEAT; r++) {
        double value[NQ], error[NQ];
        const femd_blocks *set[1] = {&b};
        femd_blocks_empty(&b);
        fill(&b, 5, BLOCKS, LENGTH, 5000 + (uint64_t)r);
        femd_blocks_estimate(set, 1, moments, NULL, NQ, value, error, NULL);
        bias += (value[2] - 1) / REPEAT;
        scatter += (value[2] - 1) * (value[2] - 1) / REPEAT;
        said += error[2] * error[2] / REPEAT;
    }
    print_message("variance: bias %.4f, scatter %.4f, said %.4f\n", bias, sqrt(scatter), sqrt(said));
    assert_true(fabs(bias) < 0.018 && sqrt(said / scatter) > 0.85 && sqrt(said / scatter) < 1.1);
    femd_blocks_clear(&b);
}

static void joined_blocks_hold_the_same_sums(void **state) {
    (void)state;
    femd_blocks b, parts[2];
    femd_error err = FEMD_ERROR_INIT;
    double one[NQ], two[NQ], error[NQ];
    assert_int_equal(femd_blocks_init(&b, 2, 1, &err), FEMD_OK);
    fill(&b, 5, 3 * FEMD_BLOCKS_MAX, 20, 1);
    assert_true(b.count == 3 * FEMD_BLOCKS_MAX / b.span && b.span == 4 && b.basic == 0 && b.count < FEMD_BLOCKS_MAX);
    /* The same series in short pieces, never joined. */
    const femd_blocks *whole[1] = {&b};
    femd_blocks_estimate(whole, 1, moments, NULL, NQ, one, error, NULL);
    series s = begin_series(5, 1);
    double sum[2] = {0}, z[2];
    for (int i = 0; i < 3 * FEMD_BLOCKS_MAX * 20; i++) {
        next(&s, z);
        sum[0] += z[0], sum[1] += z[1];
    }
    for (int k = 0; k < 2; k++) assert_true(fabs(one[k] - sum[k] / (3 * FEMD_BLOCKS_MAX * 20)) < 1e-13);

    femd_buffer bytes = FEMD_BUFFER_INIT;
    size_t used;
    for (int k = 0; k < 2; k++) assert_int_equal(femd_blocks_init(&parts[k], 2, 1, &err), FEMD_OK);
    fill(&parts[0], 5, 37, 20, 2);
    assert_int_equal(femd_blocks_encode(&parts[0], &bytes, &err), FEMD_OK);
    const femd_bytes in = {bytes.data, bytes.size};
    assert_int_equal(femd_blocks_decode(&parts[1], &in, &used, &err), FEMD_OK);
    assert_true(used == bytes.size);
    for (int k = 0; k < 2; k++) {
        const femd_blocks *set[1] = {&parts[k]};
        femd_blocks_estimate(set, 1, moments, NULL, NQ, k ? two : one, error, NULL);
    }
    assert_memory_equal(one, two, sizeof one);
    const femd_bytes cut = {bytes.data, bytes.size - 1};
    assert_int_equal(femd_blocks_decode(&parts[1], &cut, &used, &err), FEMD_PROTOCOL);
    bytes.data[12] = 3; /* a span that is no power of two */
    assert_int_equal(femd_blocks_decode(&parts[1], &in, &used, &err), FEMD_PROTOCOL);
    bytes.data[12] = 0, bytes.data[15] = 4; /* 2^26: 64 of them are more than an int counts */
    assert_int_equal(femd_blocks_decode(&parts[1], &in, &used, &err), FEMD_PROTOCOL);
    femd_buffer_clear(&bytes);
    femd_blocks_clear(&b);
    for (int k = 0; k < 2; k++) femd_blocks_clear(&parts[k]);
}

static void steps_allow_no_more_blocks_than_an_int_counts(void **state) {
    (void)state;
    assert_int_equal(femd_blocks_within(1999, 2, 200), 4);
    assert_int_equal(femd_blocks_within(INT64_C(9000000000000000), 1, 200), 1 << 30);
}

static void two_trajectories_count_as_one_twice_as_long(void **state) {
    (void)state;
    femd_blocks b[2];
    femd_error err = FEMD_ERROR_INIT;
    double value[NQ], error[NQ], alone[NQ];
    const femd_blocks *set[2] = {&b[0], &b[1]};
    for (int k = 0; k < 2; k++) {
        assert_int_equal(femd_blocks_init(&b[k], 2, 1, &err), FEMD_OK);
        fill(&b[k], 5, 40, 100, 10 + (uint64_t)k);
    }
    assert_int_equal(femd_blocks_estimate(set, 2, moments, NULL, NQ, value, error, NULL), 80);
    femd_blocks_estimate(set, 1, moments, NULL, NQ, value, alone, NULL);
    for (int i = 0; i < NQ; i++) assert_true(error[i] < alone[i] && error[i] > 0.5 * alone[i]);
    for (int k = 0; k < 2; k++) femd_blocks_clear(&b[k]);
}

/* Trajectories whose means scatter by `apart` besides what each of them shows: what never passes from one to another.
 */
typedef struct disagreement {
    double inside, said, scatter,
        noted; /* of the mean z[0]: share within 1.96 errors, mean error, scatter; share noted */
} disagreement;

/* The same series for each of them. */
enum { APARTS = 3 };

static void disagree(const double apart[APARTS], disagreement d[APARTS]) {
    enum { REPEAT = 400, REPLICAS = 8, BLOCKS = 12, LENGTH = 40 };
    femd_blocks b[APARTS][REPLICAS];
    const femd_blocks *set[APARTS][REPLICAS];
    femd_error err = FEMD_ERROR_INIT;
    for (int a = 0; a < APARTS; a++)
        for (int k = 0; k < REPLICAS; k++) {
            assert_int_equal(femd_blocks_init(&b[a][k], 2, 1, &err), FEMD_OK);
            set[a][k] = &b[a][k];
        }
    for (int r = 0; r < REPEAT; r++) {
        double value[NQ], error[NQ], far[NQ];
        for (int k = 0; k < REPLICAS; k++) {
            series s = begin_series(5, 9000 + (uint64_t)(REPLICAS * r + k));
            double shift[4], z[2], at[2];
            for (int a = 0; a < APARTS; a++) femd_blocks_empty(&b[a][k]);
            femd_random_normals(femd_random_bits(77, (uint64_t)r, (uint64_t)k), 0, shift);
            for (int i = 0; i < BLOCKS * LENGTH; i++) {
                next(&s, z);
                for (int a = 0; a < APARTS; a++) {
                    at[0] = z[0] + apart[a] * shift[0], at[1] = z[1];
                    femd_blocks_add(&b[a][k], at);
                    if (i % LENGTH % 10 == 0) femd_blocks_add_occasional(&b[a][k], at);
                    if (i % LENGTH == LENGTH - 1) femd_blocks_close(&b[a][k]);
                }
            }
        }
        for (int a = 0; a < APARTS; a++) {
            femd_blocks_estimate(set[a], REPLICAS, moments, NULL, NQ, value, error, far);
            d[a].inside += (fabs(value[0]) < 1.96 * error[0]) / (double)REPEAT;
            d[a].said += error[0] / REPEAT;
            d[a].scatter += value[0] * value[0] / REPEAT;
            d[a].noted += (far[0] > 3.2) / (double)REPEAT;
        }
    }
    for (int a = 0; a < APARTS; a++) {
        d[a].scatter = sqrt(d[a].scatter);
        print_message("apart %.2f: inside %.1f %%, said %.4f of %.4f, noted %.1f %%\n", apart[a], 100 * d[a].inside,
                      d[a].said, d[a].scatter, 100 * d[a].noted);
        for (int k = 0; k < REPLICAS; k++) femd_blocks_clear(&b[a][k]);
    }
}

/* Where all see the same the errors stay as they were; where none has seen all they are widened, and it is known. */
static void trajectories_that_stand_apart_widen_the_error(void **state) {
    (void)state;
    disagreement d[APARTS] = {{0}};
    disagree((const double[APARTS]){0, 0.3, 1}, d);
    const disagreement alike = d[0], little = d[1], much = d[2];
    assert_true(alike.inside > 0.92 && alike.inside < 0.99 && alike.noted < 0.02 && alike.said < 1.2 * alike.scatter);
    assert_true(little.inside > 0.90 && little.inside < 0.99);
    assert_true(much.inside > 0.90 && much.inside < 0.99 && much.noted > 0.95);
    assert_true(much.said > 1.1 * much.scatter && much.said < 1.25 * much.scatter);
}

static void transient_is_found(void **state) {
    (void)state;
    enum { N = 320 };
    double a[N], z[2], g;
    series s = begin_series(2, 4);
    for (int i = 0; i < N; i++) {
        next(&s, z);
        a[i] = z[0] + 20 * exp(-i / 30.0);
    }
    const int cut = femd_series_settled(N, a, &g);
    print_message("cut at %d of %d, inefficiency %.1f (exact 4.1)\n", cut, N, g);
    assert_true(cut >= 60 && cut <= 190 && g > 2 && g < 9);
    s = begin_series(2, 5);
    for (int i = 0; i < N; i++) {
        next(&s, z);
        a[i] = z[0];
    }
    assert_true(femd_series_settled(N, a, NULL) <= N / 2);
    for (int i = 0; i < N; i++) a[i] = 0.05 * i + z[0]; /* a drift has no end */
    assert_true(femd_series_settled(N, a, NULL) >= N / 2);
}

/* Steady series are within a few deviations whatever their correlation; a drift as large as the noise, a step and a
 * drift without noise are not. */
static void drift_is_told_from_noise(void **state) {
    (void)state;
    enum { LENGTH = 1600, SEEDS = 300 };
    double a[LENGTH], z[2];
    for (int tau = 1; tau <= 16; tau *= 4) {
        const int N = 100 * tau; /* correlation times */
        int beyond_2 = 0, beyond_3 = 0, ramps = 0, steps = 0, early = 0, late = 0, slipped = 0;
        for (int seed = 0; seed < SEEDS; seed++) {
            series s = begin_series(tau, 1000 + (uint64_t)seed);
            double steady[LENGTH];
            for (int i = 0; i < N; i++) {
                next(&s, z);
                steady[i] = z[0];
            }
            const double d = fabs(femd_series_drift(N, steady)),
                         size = 8 * sqrt(12 * (2.0 * tau + 1) / N); /* eight deviations of a slope */
            beyond_2 += d > 2;
            beyond_3 += d > 3;
            for (int i = 0; i < N; i++) a[i] = steady[i] + size * i / N;
            ramps += femd_series_drift(N, a) > 3;
            for (int i = 0; i < N; i++) a[i] = steady[i] + (i >= N / 2 ? size : 0);
            steps += femd_series_drift(N, a) > 3;
            early += femd_series_is_steady(N, steady, 0);
            late += femd_series_is_steady(N, steady, 1);
            for (int i = 0; i < N; i++) a[i] = steady[i] + 10 * size * i / N;
            slipped += femd_series_is_steady(N, a, 1);
        }
        print_message("taken for steady: %d at once, %d late, %d of those that drift\n", early, late, slipped);
        print_message("correlation %d: beyond 2 %.1f %%, beyond 3 %.1f %%; ramps seen %d, steps %d of %d\n", tau,
                      100.0 * beyond_2 / SEEDS, 100.0 * beyond_3 / SEEDS, ramps, steps, SEEDS);
        assert_true(beyond_2 < 0.12 * SEEDS && beyond_3 < 0.05 * SEEDS);
        assert_true(ramps > 0.98 * SEEDS && steps > 0.98 * SEEDS);
        assert_true(early > 0.9 * SEEDS && late > 0.99 * SEEDS && slipped == 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_are_those_of_many_repetitions),
        cmocka_unit_test(covariances_of_short_blocks_are_whole),
        cmocka_unit_test(joined_blocks_hold_the_same_sums),
        cmocka_unit_test(steps_allow_no_more_blocks_than_an_int_counts),
        cmocka_unit_test(two_trajectories_count_as_one_twice_as_long),
        cmocka_unit_test(trajectories_that_stand_apart_widen_the_error),
        cmocka_unit_test(transient_is_found),
        cmocka_unit_test(drift_is_told_from_noise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
