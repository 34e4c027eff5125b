/* What the method nemd is made of: thermostats of parts, what is measured in a box, the line over 1/L, the tensor and
 * what is noted. Figures are in test_nemd_flux.c and test_nemd_long.c. */
#include "nemd_fixture.h"
#include "numerics/random.h"

#define SMALL                                                                                                          \
    NEMD("\"symmetry\":\"isotropic\",\"lengths\":[12],\"gradients\":[0.2],\"slab\":\"5 angstrom\",\"across\":2",       \
         FCC_ARGON("5.35", "[1,1,1]"), SMOOTH_ARGON)

/* A box of argon with dynamics. */
typedef struct bench {
    flow f;
    femd_nemd_box box;
    femd_dynamics d;
    double given[2], work[14];
} bench;

static void bench_open(bench *b, double radians, double T, uint64_t seed) {
    flow_open(&b->f, SMALL);
    MUST(femd_nemd_box_open(b->f.n, b->f.n->rve.h0, b->f.n->path.x, 0, 12, &b->f.g->options, &b->box, &err));
    MUST(femd_dynamics_create(&b->box.rve, b->box.mass, &b->d, &err));
    b->d.dt = radians / b->f.g->common.top_frequency;
    b->d.friction = b->f.g->common.options.friction;
    b->given[0] = b->given[1] = 0;
    MUST(femd_dynamics_start(&b->d, b->box.rve.h0, b->box.rve.X, T, seed, 0, &err));
}

static void bench_close(bench *b) {
    femd_dynamics_clear(&b->d);
    femd_nemd_box_close(&b->box);
    flow_close(&b->f);
}

static double total_energy(const femd_dynamics *d) {
    return d->W + femd_dynamics_kinetic(d, NULL);
}

/* ---- thermostats of parts ---- */

static void energy_is_what_the_slabs_gave(void **state) {
    (void)state;
    const double T[2] = {60, 20};
    double off[2];
    for (int k = 0; k < 2; k++) {
        bench b;
        bench_open(&b, k ? 0.06 : 0.12, 40, 3);
        const femd_thermostats slabs = {2, b.box.slab_of, T, b.given, b.work};
        const int steps = k ? 4000 : 2000;
        const double before = total_energy(&b.d);
        off[k] = 0;
        for (int s = 0; s < steps; s++) {
            MUST(femd_dynamics_local(&b.d, &slabs, 1, &err));
            off[k] = fmax(off[k], fabs(total_energy(&b.d) - before - b.given[0] - b.given[1]));
        }
        print_message("%.2f radians: energy %.3g eV away from what was given (%.3g, %.3g)\n", k ? 0.06 : 0.12, off[k],
                      b.given[0], b.given[1]);
        assert_true(off[k] < 0.01 * 3 * b.box.rve.n * femd_kb * 40);
        assert_true(fabs(b.given[0]) > 10 * off[k]);
        bench_close(&b);
    }
    assert_true(off[0] > 2.5 * off[1] && off[0] < 6 * off[1]); /* second order */
}

static void momentum_stays_zero_and_others_feel_nothing(void **state) {
    (void)state;
    const double T[2] = {60, 20};
    bench b, free;
    double p[3] = {0}, apart = 0;
    bench_open(&b, 0.15, 40, 3);
    bench_open(&free, 0.15, 40, 3);
    const femd_thermostats slabs = {2, b.box.slab_of, T, b.given, b.work};
    MUST(femd_dynamics_local(&b.d, &slabs, 1, &err));
    MUST(femd_dynamics_nve(&free.d, 1, &err)); /* one step: only the slabs' neighbours can know */
    for (int i = 0; i < b.box.rve.n; i++)
        if (b.box.side[i])
            for (int c = 0; c < 3; c++) apart = fmax(apart, fabs(b.d.x[3 * i + c] - free.d.x[3 * i + c]));
    assert_true(apart < 1e-13);
    MUST(femd_dynamics_local(&b.d, &slabs, 2000, &err));
    for (int i = 0; i < b.box.rve.n; i++)
        for (int c = 0; c < 3; c++) p[c] += b.box.mass[i] * b.d.v[3 * i + c];
    assert_true(fmax(fabs(p[0]), fmax(fabs(p[1]), fabs(p[2]))) < 1e-9); /* thermal: some 1e3 u angstrom/ps */
    bench_close(&free);
    bench_close(&b);
}

/* No difference, no flow: power, balance and gradients vanish, and every layer has the temperature. */
static void equal_temperatures_give_nothing(void **state) {
    (void)state;
    enum { BLOCKS = 40, BLOCK = 800 };
    const double T[2] = {40, 40};
    double series[4][BLOCKS] = {{0}}, profile[12], g[2];
    bench b;
    bench_open(&b, 0.12, 40, 5);
    const femd_thermostats slabs = {2, b.box.slab_of, T, b.given, b.work};
    MUST(femd_dynamics_langevin(&b.d, 2000, &err));
    for (int k = 0; k < BLOCKS; k++) {
        b.given[0] = b.given[1] = 0;
        for (int s = 0; s < BLOCK; s++) {
            MUST(femd_dynamics_local(&b.d, &slabs, 1, &err));
            femd_nemd_gradients(&b.box, b.d.v, g);
            series[1][k] += (g[0] + g[1]) / 2 / BLOCK;
            femd_nemd_profile(&b.box, b.d.v, profile);
            for (int l = 0; l < 12; l++)
                series[b.box.slab > l || (l >= 6 && l < 6 + b.box.slab) ? 2 : 3][k] += profile[l];
        }
        series[0][k] = (b.given[0] - b.given[1]) / 2;
        series[2][k] = series[2][k] / (BLOCK * 2 * b.box.slab) - 40;
        series[3][k] = series[3][k] / (BLOCK * (12 - 2 * b.box.slab)) - 40;
    }
    for (int q = 0; q < 4; q++) {
        double mean = 0, square = 0;
        for (int k = 0; k < BLOCKS; k++) mean += series[q][k] / BLOCKS;
        for (int k = 0; k < BLOCKS; k++) square += (series[q][k] - mean) * (series[q][k] - mean);
        const double error = sqrt(square / (BLOCKS * (BLOCKS - 1.0)));
        print_message("%s %.3g(%.2g)\n", (const char *[]){"given", "gradient", "slabs", "rest"}[q], mean, error);
        assert_true(fabs(mean) <
                    3.5 * error +
                        (q > 1 ? 0.004 * 40 : 0)); /* kinetic temperature of a finite step: (omega dt)^2/4 low */
        assert_true(q < 2 || error < 0.8);
    }
    bench_close(&b);
}

/* ---- what is measured ---- */

static void a_straight_profile_has_its_gradient(void **state) {
    (void)state;
    bench b;
    double g[2];
    bench_open(&b, 0.15, 40, 3);
    const int n = b.box.rve.n, half = b.box.repeats / 2;
    for (int i = 0; i < n; i++) { /* |v| so that the atom has the temperature of its place; its direction is anything */
        const double at = b.box.position[i],
                     T = b.box.layer[i] < half ? 90 - 1.25 * at : 30 + 1.25 * (at - half * b.box.step) + 7;
        const double speed = sqrt(3 * femd_kb * T * (n - 1) / n / (b.box.mass[i] * femd_mvv2e));
        b.d.v[3 * i] = speed * 0.6, b.d.v[3 * i + 1] = 0, b.d.v[3 * i + 2] = -speed * 0.8;
    }
    femd_nemd_gradients(&b.box, b.d.v, g);
    assert_true(fabs(g[0] - 1.25) < 1e-12 && fabs(g[1] - 1.25) < 1e-12);
    bench_close(&b);
}

/* The flux is a sum over atoms, each by its own velocity: parts add up to the whole, and turning a part round turns its
 * share. */
static void parts_of_the_flux_add_up(void **state) {
    static const char *const json[] = {
        SMALL,
        NEMD("\"lengths\":[10],\"slab\":\"5 angstrom\"",
             "\"lattice\":\"diamond\",\"a\":\"5.431 angstrom\",\"species\":[\"Si\"],\"masses\":[\"28 u\"]",
             "\"style\":\"sw\",\"file\":\"Si.sw\""),
        NEMD("\"lengths\":[12],\"slab\":\"3.6 angstrom\"",
             "\"lattice\":\"fcc\",\"a\":\"3.63 angstrom\",\"species\":[\"Cu\"]",
             "\"style\":\"eam/alloy\",\"file\":\"Cu_mishin1.eam.alloy\""),
    };
    (void)state;
    for (size_t k = 0; k < sizeof json / sizeof *json; k++) {
        flow f;
        femd_nemd_box b;
        double parts[3] = {0}, whole[3], J[3], plain, reduced;
        flow_open(&f, json[k]);
        MUST(femd_nemd_box_open(f.n, f.n->rve.h0, f.n->path.x, 0, f.g->options.length[0], &f.g->options, &b, &err));
        const size_t n3 = 3 * (size_t)b.rve.n;
        double *x = malloc(3 * n3 * sizeof *x), *v = x + n3, *one = v + n3;
        for (size_t i = 0; i < n3; i++) {
            x[i] = b.rve.X[i] + 0.1 * (femd_random_uniform(1, 2, i) - 0.5);
            v[i] = 10 * (femd_random_uniform(3, 4, i) - 0.5);
        }
        for (int side = -1; side <= 1; side++) {
            for (size_t i = 0; i < n3; i++) one[i] = b.side[i / 3] == side ? v[i] : 0;
            MUST(femd_energetics_heat_flux(b.rve.en, b.rve.nb, b.rve.h0, x, one, b.mass, J, &err));
            parts[side + 1] = J[0];
        }
        MUST(femd_energetics_heat_flux(b.rve.en, b.rve.nb, b.rve.h0, x, v, b.mass, whole, &err));
        MUST(femd_nemd_flux(&b, x, v, &plain, &reduced, &err));
        const double scale = fabs(parts[0]) + fabs(parts[1]) + fabs(parts[2]);
        assert_true(fabs(parts[0] + parts[1] + parts[2] - whole[0]) < 1e-12 * scale);
        assert_true(fabs(plain * b.volume - (parts[2] - parts[0])) < 1e-12 * scale);
        /* Atoms at rest that all move alike carry what is taken off, and nothing is left. */
        for (size_t i = 0; i < n3; i++) v[i] = (double[3]){2e-3, -1e-3, 3e-3}[i % 3] * (b.side[i / 3] > 0);
        MUST(femd_nemd_flux(&b, b.rve.X, v, &plain, &reduced, &err));
        assert_true(fabs(plain) > 0 && fabs(reduced) < 1e-5 * fabs(plain));
        free(x);
        femd_nemd_box_close(&b);
        flow_close(&f);
    }
}

static void line_through_points_with_errors(void **state) {
    (void)state;
    enum { N = 4, TRIALS = 4000 };
    const double x[N] = {0.04, 0.02, 0.0125, 0.01}, s[N] = {0.3, 0.1, 0.2, 0.4}, a = 3.1, slope = 25;
    double y[N], value[2], covariance[3], chi, sum[2] = {0}, square[3] = {0}, chis = 0;
    for (int i = 0; i < N; i++) y[i] = a + slope * x[i];
    femd_nemd_line(N, x, y, s, value, covariance, &chi);
    assert_true(fabs(value[0] - a) < 1e-12 && fabs(value[1] - slope) < 1e-9 && chi < 1e-20);
    for (int t = 0; t < TRIALS; t++) {
        double o[N];
        for (int p = 0; p < N / 2; p++)
            femd_random_normals(femd_random_bits(9, 1, (uint64_t)t), (uint64_t)p, o + 2 * p);
        for (int i = 0; i < N; i++) y[i] = a + slope * x[i] + s[i] * o[i];
        femd_nemd_line(N, x, y, s, value, covariance, &chi);
        for (int c = 0; c < 2; c++) sum[c] += value[c];
        square[0] += (value[0] - a) * (value[0] - a);
        square[1] += (value[0] - a) * (value[1] - slope);
        square[2] += (value[1] - slope) * (value[1] - slope);
        chis += chi;
    }
    for (int c = 0; c < 3; c++)
        assert_true(fabs(square[c] / TRIALS / covariance[c] - 1) < 4 * sqrt(2.0 / TRIALS) * (c == 1 ? 1.2 : 1));
    assert_true(fabs(sum[0] / TRIALS - a) < 4 * sqrt(covariance[0] / TRIALS));
    assert_true(fabs(chis / TRIALS - (N - 2)) < 4 * sqrt(2.0 * (N - 2) / TRIALS)); /* mean and variance of chi square */
}

/* Sums as exact as one likes, put in by hand: the tensor, its errors and what is noted follow from the formulae. */
static void put_series(femd_nemd *g, int s, double k, double spread, double flux_over_power) {
    femd_nemd_series *one = &g->series[s];
    const double h = 5.35, faces = 2 * (h * h), gradient = 0.3, q = k / (FEMD_ELEMENTARY_CHARGE * 1e22) * gradient;
    femd_blocks_empty(&one->trajectory.sums);
    for (int b = 0; b < 32; b++) {
        const double up =
            1 + spread * (b % 2 ? 1 : -1) *
                    (b / 2 % 2 ? 1 : -1); /* neighbours joined still scatter as much as single ones or less */
        const double z[FEMD_NEMD_Z] = {q * faces * up, -q * faces * up, gradient, gradient},
                     y[FEMD_NEMD_Y] = {q * up * flux_over_power, 0};
        femd_blocks_add(&one->trajectory.sums, z);
        femd_blocks_add_occasional(&one->trajectory.sums, y);
        femd_blocks_close(&one->trajectory.sums);
    }
}

static void tensor_and_notes_follow_from_the_series(void **state) {
    (void)state;
    flow f;
    flow_open(&f, NEMD("\"lengths\":[12,16,24],\"gradients\":[0.1,0.2],\"slab\":\"5 angstrom\"",
                       FCC_ARGON("5.35", "[1,1,1]"), SMOOTH_ARGON));
    femd_nemd *g = f.g;
    const double *h = f.n->rve.h0, spread = 0.02 * sqrt(31), k[3] = {0.3, 0.4, 0.5}; /* each with an error of 2 % */
    assert_int_equal(g->count, 12);
    const double way[3] = {5 * 5.35, 7 * 5.35, 11 * 5.35};
    for (int s = 0; s < 12; s++) {
        const int d = s / 4, l = g->series[s].length;
        assert_int_equal(g->series[s].direction, d);
        put_series(g, s, 1 / (1 / k[d] + 12 / way[l]), spread, 1);
    }
    MUST(femd_nemd_evaluate(g, h, &err));
    for (int d = 0; d < 3; d++) {
        double x[3], y[3], e[3], value[2], covariance[3], chi;
        for (int l = 0; l < 3; l++) x[l] = 1 / way[l], y[l] = 1 / k[d] + 12 / way[l], e[l] = 0.02 * y[l];
        femd_nemd_line(3, x, y, e, value, covariance, &chi);
        assert_true(fabs(g->result.k[d] - k[d]) < 1e-9);
        assert_true(fabs(g->result.k_err[d] / (sqrt(covariance[0]) * k[d] * k[d]) - 1) < 1e-9);
        assert_true(fabs(g->result.k_check[d] - 1 / y[2]) < 1e-9 &&
                    fabs(g->result.k_check_err[d] / g->result.k_check[d] - 0.02) < 1e-9);
        assert_true(g->result.k[3 + d] == 0);
    }
    assert_int_equal(g->result.notes, 0);
    put_series(g, 3, 1.07 / (1 / k[0] + 12 / way[0]), spread,
               1); /* the other temperature difference: 7 % off is 2.4 sigma */
    MUST(femd_nemd_evaluate(g, h, &err));
    assert_int_equal(g->result.notes, FEMD_NOTE_NOT_LINEAR);
    put_series(g, 3, 1.05 / (1 / k[0] + 12 / way[0]), spread, 1); /* 1.7 sigma */
    put_series(g, 5, 1.15 / (1 / k[1] + 12 / way[1]), spread, 1);
    MUST(femd_nemd_evaluate(g, h, &err));
    assert_int_equal(g->result.notes, FEMD_NOTE_SIZE_TREND);
    put_series(g, 5, 1 / (1 / k[1] + 12 / way[1]), spread, 1.04);
    MUST(femd_nemd_evaluate(g, h, &err));
    assert_int_equal(g->result.notes, FEMD_NOTE_FLUX_MISMATCH);
    flow_close(&f);
}

static void lengths_that_tell_nothing_are_no_answer(void **state) {
    (void)state;
    flow f;
    femd_error err = FEMD_ERROR_INIT;
    flow_open(&f, NEMD("\"symmetry\":\"isotropic\",\"lengths\":[12,24],\"gradients\":[0.2],\"slab\":\"5 angstrom\"",
                       FCC_ARGON("5.35", "[1,1,1]"), SMOOTH_ARGON));
    put_series(f.g, 0, 0.1, 0.05, 1);
    put_series(f.g, 1, 0.3, 0.05, 1); /* grows faster than length: no vibration is disturbed on the way */
    assert_int_equal(femd_nemd_evaluate(f.g, f.n->rve.h0, &err), FEMD_NOT_CONVERGED);
    assert_non_null(strstr(err.text, "nemd.lengths"));
    flow_close(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(energy_is_what_the_slabs_gave),
        cmocka_unit_test(momentum_stays_zero_and_others_feel_nothing),
        cmocka_unit_test(equal_temperatures_give_nothing),
        cmocka_unit_test(a_straight_profile_has_its_gradient),
        cmocka_unit_test(parts_of_the_flux_add_up),
        cmocka_unit_test(line_through_points_with_errors),
        cmocka_unit_test(tensor_and_notes_follow_from_the_series),
        cmocka_unit_test(lengths_that_tell_nothing_are_no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
