/* The method md: limits that are known, thermodynamic identities, bits, what a state carries. */
#include "md_fixture.h"
#include "rve/native_control.h"

/* Argon with a vacancy on 31 atoms: internal coordinates that move with the strain. */
#define DEFECT(more)                                                                                                   \
    "{\"engine\":\"native\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"5.35 angstrom\",\"species\":[\"Ar\"],"          \
    "\"masses\":[\"39.95 "                                                                                             \
    "u\"],\"repeat\":[2,2,2],\"vacancies\":{\"count\":1}},\"potential\":{\"style\":\"lj\",\"epsilon\":\"0.0103235 "    \
    "eV\",\"sigma\":\"3.405 angstrom\",\"cutoff\":\"6.5 angstrom\",\"smooth\":\"2 angstrom\"}" more "}"
/* Cheap statistics for tests of bits and words. */
#define SHORT                                                                                                          \
    ",\"md\":{\"block\":\"3 ps\",\"equilibration\":\"3 ps\",\"max_steps\":4800,\"accuracy\":1e-9,\"time_step\":\"15 "  \
    "fs\"}"

static const double STRAIN[6] = {0.01, -0.006, 0.004, 0.012, 0.0, -0.008};

static double nk(const md_case *c) { /* Pa/K */
    return (c->n->rve.n - 1) * femd_kb * FEMD_EV_PER_A3 / c->n->rve.V0;
}

/* In units of its sigma; 0 / 0 is 0. */
static double off(double value, double want, double sigma) {
    return value == want ? 0 : fabs(value - want) / sigma;
}

static void cold_crystal_with_a_vacancy_is_the_static_one(void **state) {
    (void)state;
    const double T = 0.05;
    md_case c;
    femd_response r;
    femd_error err = FEMD_ERROR_INIT;
    md_open(&c, DEFECT(""));
    md_evaluate(&c, STRAIN, T, 0.002, 1, NULL, &r, NULL);
    femd_path *path = &c.n->path;
    double S[6], D[36], worst[4] = {0}, scale = 0;
    if (femd_path_advance(path, STRAIN, NULL, &err) != FEMD_OK) fail_msg("%s", err.text);
    assert_int_equal(
        femd_condense_tangent(path->relaxer, path->rve, &path->place, NULL, path->work, D, NULL, NULL, &err), FEMD_OK);
    femd_place_stress(path->rve, &path->place, path->last.tau, S);
    for (int i = 0; i < 36; i++) scale = fmax(scale, fabs(D[i]));
    for (int i = 0; i < 6; i++) worst[0] = fmax(worst[0], off(r.S[i], S[i], hypot(r.S_err[i], 3e-5 * scale)));
    for (int i = 0; i < 36; i++) {
        worst[1] = fmax(worst[1], off(r.D[i], D[i], r.D_err[i] + 3e-4 * scale));
        worst[2] = fmax(worst[2], r.D_err[i] / scale);
    }
    print_message("static: S %.1f sigma, D %.1f sigma of up to %.4f; capacity %.4f(%.4f) nk, energy %.4f(%.4f)\n",
                  worst[0], worst[1], worst[2], r.heat_capacity / nk(&c), r.heat_capacity_err / nk(&c),
                  r.energy / nk(&c) / T, r.energy_err / nk(&c) / T);
    assert_true(worst[0] < 4 && worst[1] < 4.5 && worst[2] < 0.02);
    assert_true(off(r.heat_capacity, 3 * nk(&c), r.heat_capacity_err) < 3.5 &&
                r.heat_capacity_err < 0.1 * r.heat_capacity);
    const double kept = (path->last.W - c.n->virgin_W) / c.n->rve.V0 * FEMD_EV_PER_A3;
    assert_true(off(r.energy - kept, 3 * nk(&c) * T, r.energy_err) < 3.5);
    md_close(&c);
}

/* Sums of nothing at all are an ideal gas in w: S = -n kT/V0 C^-1 and its derivatives. */
static void without_forces_it_is_an_ideal_gas(void **state) {
    (void)state;
    md_case c;
    md_open(&c, DEFECT(""));
    femd_md *md = c.md;
    const double h = 1e-6, zero[FEMD_MD_Y] = {0};
    double S[3][6];
    for (int k = -1; k < 6; k++) {
        for (int side = 0; side < 3; side++) {
            double E[6], inverse[6];
            femd_error err = FEMD_ERROR_INIT;
            memcpy(E, STRAIN, sizeof E);
            if (k >= 0) E[k] += (side - 1) * h;
            md->common.T = 300;
            memcpy(md->common.E0, E, sizeof E);
            memset(md->shift, 0, sizeof md->shift);
            md->virgin_W = 0;
            assert_int_equal(femd_place_set(&c.n->rve, E, &md->common.place, &err), FEMD_OK);
            for (int r = 0; r < md->common.replicas.count; r++) {
                femd_blocks_empty(&md->common.replicas.one[r].sums);
                for (int b = 0; b < 2; b++) {
                    femd_blocks_add(&md->common.replicas.one[r].sums, zero);
                    femd_blocks_add_occasional(&md->common.replicas.one[r].sums, zero);
                    femd_blocks_close(&md->common.replicas.one[r].sums);
                }
            }
            assert_int_equal(femd_md_evaluate(md), 2 * md->common.replicas.count);
            memcpy(S[side], md->result.S, sizeof S[side]);
            femd_strain_metric(E, NULL, inverse);
            for (int i = 0; i < 6; i++) {
                assert_true(fabs(S[side][i] + nk(&c) * 300 * inverse[i]) < 1e-12 * nk(&c) * 300);
                assert_true(fabs(md->result.dSdT[i] + nk(&c) * inverse[i]) < 1e-12 * nk(&c) &&
                            md->result.S_err[i] == 0);
            }
            assert_true(fabs(md->result.energy / (1.5 * nk(&c) * 300) - 1) < 1e-12);
        }
        for (int i = 0; k >= 0 && i < 6; i++) {
            double at[36];
            memcpy(at, md->result.D, sizeof at); /* at E + h: off by O(h) only */
            assert_true(fabs((S[2][i] - S[0][i]) / (2 * h) - at[6 * i + k]) < 1e-4 * nk(&c) * 300);
        }
    }
    md_close(&c);
}

/* dS = D dE, dU = (S - T dS/dT) dE and dS/dT against differences between independent samplings. */
static void differences_agree_with_fluctuations(void **state) {
    (void)state;
    const double T = 30, h = 0.008, dT = 6;
    md_case c;
    femd_response at, plus, minus, hot, cold;
    double E[6] = {0};
    md_open(&c, DEFECT(""));
    md_evaluate(&c, E, T, 0.004, 1, NULL, &at, NULL);
    E[0] = h, E[3] = h;
    md_evaluate(&c, E, T, 0.01, 2, NULL, &plus, NULL);
    E[0] = -h, E[3] = -h;
    md_evaluate(&c, E, T, 0.01, 3, NULL, &minus, NULL);
    E[0] = E[3] = 0;
    md_evaluate(&c, E, T + dT, 0.01, 4, NULL, &hot, NULL);
    md_evaluate(&c, E, T - dT, 0.01, 5, NULL, &cold, NULL);
    double work = 0;
    for (int i = 0; i < 6; i++) {
        const double sigma = hypot(plus.S_err[i], minus.S_err[i]) / (2 * h), slope = (plus.S[i] - minus.S[i]) / (2 * h);
        const double fluctuation = at.D[6 * i] + at.D[6 * i + 3], error = hypot(at.D_err[6 * i], at.D_err[6 * i + 3]);
        print_message("dS%d: %.3f(%.3f) from differences, %.3f(%.3f) GPa;", i, slope / GPA, sigma / GPA,
                      fluctuation / GPA, error / GPA);
        assert_true(off(slope, fluctuation, hypot(hypot(sigma, error), 0.01 * at.D[0])) <
                    3.5); /* 1 %: third order in h */
        const double rate = (hot.S[i] - cold.S[i]) / (2 * dT),
                     rate_sigma = hypot(hot.S_err[i], cold.S_err[i]) / (2 * dT);
        print_message(" dS/dT: %.2f(%.2f), %.2f(%.2f) MPa/K\n", rate / 1e6, rate_sigma / 1e6, at.dSdT[i] / 1e6,
                      at.dSdT_err[i] / 1e6);
        assert_true(off(rate, at.dSdT[i], hypot(rate_sigma, at.dSdT_err[i])) < 3.5);
        if (i == 0 || i == 3) work += at.S[i] - T * at.dSdT[i];
    }
    const double slope = (plus.energy - minus.energy) / (2 * h),
                 sigma = hypot(plus.energy_err, minus.energy_err) / (2 * h);
    const double error = T * hypot(at.dSdT_err[0], at.dSdT_err[3]), capacity = (hot.energy - cold.energy) / (2 * dT);
    print_message("dU/dE %.1f(%.1f), S - T dS/dT %.1f(%.1f) MPa; capacity %.3f and %.3f(%.3f) nk\n", slope / 1e6,
                  sigma / 1e6, work / 1e6, error / 1e6, capacity / nk(&c), at.heat_capacity / nk(&c),
                  at.heat_capacity_err / nk(&c));
    assert_true(off(slope, work, hypot(sigma, error)) < 3.5);
    assert_true(off(capacity, at.heat_capacity,
                    hypot(hypot(hot.energy_err, cold.energy_err) / (2 * dT), at.heat_capacity_err)) < 3.5);
    print_message("boundary work %.4f(%.4f) of the stress\n", at.hill_mandel, at.hill_mandel_err);
    assert_true(at.hill_mandel < 3 * at.hill_mandel_err && at.hill_mandel_err < 0.005);
    md_close(&c);
}

/* The work of forces and momenta vanishes at any step: what a step of 0.45 radians takes from the kinetic energy at its
 * ends is not a residual. */
static void boundary_work_vanishes_at_long_steps(void **state) {
    (void)state;
    md_case c;
    femd_response r;
    md_open(&c, DEFECT(",\"md\":{\"time_step\":\"34 fs\",\"stride\":5,\"max_steps\":4000000}"));
    md_evaluate(&c, STRAIN, 40, 0.004, 3, NULL, &r, NULL);
    const double missing = nk(&c) * 40 * pow(c.md->common.options.time_step * c.md->common.top_frequency, 2) / 4 /
                           1e7; /* of a lattice of such frequencies, over the floor */
    print_message("%.3g radians: boundary work %.5f(%.5f), up to %.4f without the correction\n",
                  c.md->common.options.time_step * c.md->common.top_frequency, r.hill_mandel, r.hill_mandel_err,
                  missing);
    assert_true(r.hill_mandel < 3.5 * r.hill_mandel_err && r.hill_mandel_err < 0.1 * missing);
    md_close(&c);
}

static void accuracy_decides_how_long(void **state) {
    (void)state;
    md_case c;
    femd_response coarse, fine;
    md_open(&c, DEFECT(",\"md\":{\"tangent_accuracy\":1,\"harmonic_control\":false}"));
    md_evaluate(&c, STRAIN, 40, 0.05, 1, NULL, &coarse, NULL);
    const int few = md_blocks(&c);
    md_evaluate(&c, STRAIN, 40, 0.0025, 1, NULL, &fine, NULL);
    const double scale = 0.01 * c.md->stiffness;
    double worst = 0, norm = 0;
    for (int i = 0; i < 6; i++) {
        worst = fmax(worst, fine.S_err[i]);
        norm += (i < 3 ? 1 : 2) * fine.S[i] * fine.S[i];
    }
    print_message("blocks %d and %d, largest error %.4f of the scale\n", few, md_blocks(&c),
                  worst / fmax(sqrt(norm), scale));
    assert_true(few >= 24 && md_blocks(&c) > 2 * few && worst <= 0.0025 * fmax(sqrt(norm), scale));
    md_close(&c);
}

/* The same trajectories with and without: the answers agree, the errors fall. */
static void harmonic_control_lowers_errors(void **state) {
    (void)state;
    md_case with, without;
    femd_response a, b;
    md_open(&with, DEFECT(""));
    md_open(&without, DEFECT(",\"md\":{\"harmonic_control\":false}"));
    md_evaluate(&with, STRAIN, 30, 1, 8, NULL, &a, NULL);
    md_evaluate(&without, STRAIN, 30, 1, 8, NULL, &b, NULL);
    double stress = 0, plain = 0;
    for (int i = 0; i < 6; i++) {
        assert_true(off(a.S[i], b.S[i], b.S_err[i]) < 3.5);
        if (i < 3) stress += a.S_err[i], plain += b.S_err[i];
    }
    print_message("errors: stress %.3f to %.3f MPa, factor %.1f in steps; energy factor %.0f\n", plain / 3e6,
                  stress / 3e6, plain * plain / stress / stress, pow(b.energy_err / a.energy_err, 2));
    assert_true(off(a.energy, b.energy, b.energy_err) < 3.5);
    assert_true(plain > 1.2 * stress && b.energy_err > 3 * a.energy_err);
    assert_memory_equal(a.D, b.D, sizeof a.D);
    md_close(&with);
    md_close(&without);
}

/* Over a few seeds and all components; test_md_long looks at each quantity over many. */
static void error_bars_cover_the_mean_of_all_seeds(void **state) {
    (void)state;
    enum { SEEDS = 20, N = 12 };
    md_case c;
    double value[SEEDS][N], error[SEEDS][N], mean[N] = {0};
    const double zero[6] = {0};
    int inside = 0;
    md_open(&c, "{\"engine\":\"native\",\"reference\":\"as-given\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"5.35 "
                "angstrom\",\"species\":[\"Ar\"],"
                "\"masses\":[\"39.948 u\"],\"repeat\":[2,2,2]},\"potential\":{\"style\":\"lj\",\"epsilon\":\"0.0103235 "
                "eV\",\"sigma\":\"3.405 angstrom\","
                "\"cutoff\":\"6 angstrom\",\"smooth\":\"1.5 angstrom\"}}");
    for (int s = 0; s < SEEDS; s++) {
        femd_response r;
        md_evaluate(&c, zero, 40, 1, 500 + (uint64_t)s, NULL, &r, NULL);
        for (int i = 0; i < 6; i++) {
            value[s][i] = r.S[i], error[s][i] = r.S_err[i];
            value[s][6 + i] = r.D[7 * i], error[s][6 + i] = r.D_err[7 * i];
        }
        for (int i = 0; i < N; i++) mean[i] += value[s][i] / SEEDS;
    }
    for (int s = 0; s < SEEDS; s++)
        for (int i = 0; i < N; i++) inside += fabs(value[s][i] - mean[i]) < 1.96 * error[s][i];
    print_message("1.96 sigma cover %.1f %%\n", 100.0 * inside / (SEEDS * N));
    assert_true(inside >= 0.90 * SEEDS * N && inside <= 0.99 * SEEDS * N);
    md_close(&c);
}

static int same_answer(const femd_response *a, const femd_response *b) {
    return memcmp(a, b, sizeof *a) == 0;
}

static void same_seed_same_bits_whatever_came_before(void **state) {
    (void)state;
    md_case a, b;
    femd_response first, again, cold, other;
    femd_buffer carry = FEMD_BUFFER_INIT;
    const double elsewhere[6] = {0.02, 0, 0, 0, 0.01, 0};
    md_open(&a, DEFECT(SHORT));
    md_open(&b, DEFECT(SHORT));
    md_evaluate(&a, STRAIN, 40, 0, 11, NULL, &first, &carry);
    md_evaluate(&a, elsewhere, 55, 0, 3, NULL, &other, NULL);
    md_evaluate(&a, STRAIN, 40, 0, 11, NULL, &again, NULL);
    md_evaluate(&b, STRAIN, 40, 0, 11, NULL, &cold, NULL);
    assert_true(same_answer(&first, &again) && same_answer(&first, &cold));
    md_evaluate(&a, STRAIN, 40, 0, 12, NULL, &other, NULL);
    assert_true(other.S[0] != first.S[0]);
    /* What a state carries of another strain or temperature has no effect. */
    md_evaluate(&a, elsewhere, 40, 0, 11, NULL, &other, NULL);
    md_evaluate(&a, elsewhere, 40, 0, 11, &carry, &again, NULL);
    assert_true(same_answer(&other, &again));
    md_evaluate(&a, STRAIN, 41, 0, 11, NULL, &other, NULL);
    md_evaluate(&a, STRAIN, 41, 0, 11, &carry, &again, NULL);
    assert_true(same_answer(&other, &again));
    femd_buffer_clear(&carry);
    md_close(&a);
    md_close(&b);
}

static void cut_and_continued_has_the_same_bits(void **state) {
    (void)state;
    md_case half, whole;
    femd_response first, second, all;
    femd_buffer carry = FEMD_BUFFER_INIT, carried = FEMD_BUFFER_INIT, at_once = FEMD_BUFFER_INIT;
    md_open(&half, DEFECT(SHORT));
    md_open(&whole, DEFECT(",\"md\":{\"block\":\"3 ps\",\"equilibration\":\"3 "
                           "ps\",\"max_steps\":9600,\"accuracy\":1e-9,\"time_step\":\"15 fs\"}"));
    md_evaluate(&half, STRAIN, 40, 0, 11, NULL, &first, &carry);
    md_evaluate(&half, STRAIN, 40, 0, 99, &carry, &second, &carried);
    md_evaluate(&whole, STRAIN, 40, 0, 11, NULL, &all, &at_once);
    print_message("blocks %d, carried %zu bytes, error %.3g then %.3g MPa\n", md_blocks(&whole), carry.size,
                  first.S_err[0] / 1e6, second.S_err[0] / 1e6);
    assert_true(same_answer(&second, &all) && !same_answer(&first, &all));
    assert_true(carried.size == at_once.size && memcmp(carried.data, at_once.data, carried.size) == 0);
    /* An answer that is already good enough costs nothing more. */
    const uint64_t before = femd_energetics_count(half.n->rve.en);
    md_evaluate(&half, STRAIN, 40, 10, 5, &carried, &first, NULL);
    assert_true(first.notes == 0 &&
                all.notes == FEMD_NOTE_ACCURACY_NOT_REACHED); /* what was asked for differs, and that is said */
    all.notes = 0;
    assert_true(same_answer(&first, &all) && femd_energetics_count(half.n->rve.en) - before < 100);
    femd_buffer_clear(&carry);
    femd_buffer_clear(&carried);
    femd_buffer_clear(&at_once);
    md_close(&half);
    md_close(&whole);
}

static void spoilt_sums_are_refused(void **state) {
    (void)state;
    md_case c;
    femd_response r;
    femd_buffer carry = FEMD_BUFFER_INIT;
    femd_error err = FEMD_ERROR_INIT;
    const femd_conditions q = {.temperature = 40};
    md_open(&c, DEFECT(SHORT));
    md_evaluate(&c, STRAIN, 40, 0, 1, NULL, &r, &carry);
    for (size_t size = 1; size < carry.size; size += size < 400 ? 7 : 997) {
        const femd_bytes cut = {carry.data, size};
        assert_int_equal(femd_method_md.begin(c.md, c.n, &q, &cut, &err), FEMD_PROTOCOL);
    }
    carry.data[0] = 9;
    const femd_bytes wrong = {carry.data, carry.size};
    assert_int_equal(femd_method_md.begin(c.md, c.n, &q, &wrong, &err), FEMD_PROTOCOL);
    femd_buffer_clear(&carry);
    md_close(&c);
}

/* What is wrong with a material or a temperature is said. */
static void wrong_options_have_words(void **state) {
    (void)state;
    md_case c;
    static const struct {
        const char *md, *words;
    } wrong[] = {
        {"{\"md\":{\"time_step\":\"60 fs\"}}", "time_step"}, {"{\"md\":{\"max_steps\":100}}", "max_steps"},
        {"{\"md\":{\"stride\":100000}}", "stride"},          {"{\"md\":{\"replicas\":65}}", "replicas"},
        {"{\"md\":{\"replicas\":0}}", "replicas"},
    };
    md_open(&c, DEFECT(""));
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        femd_json doc = FEMD_JSON_INIT;
        femd_error err = FEMD_ERROR_INIT;
        void *self = NULL;
        assert_int_equal(femd_json_parse(wrong[k].md, strlen(wrong[k].md), "test", &doc, &err), FEMD_OK);
        assert_int_equal(femd_method_md.create(c.n, &doc, &self, &err), FEMD_BAD_INPUT);
        assert_non_null(strstr(err.text, wrong[k].words));
        assert_null(self);
        femd_json_clear(&doc);
    }
    static const char *const right[] = {"{\"md\":{\"replicas\":1}}", "{\"md\":{\"replicas\":64}}"};
    femd_error err = FEMD_ERROR_INIT;
    for (int k = 0; k < 2; k++) {
        femd_json doc = FEMD_JSON_INIT;
        void *self = NULL;
        assert_int_equal(femd_json_parse(right[k], strlen(right[k]), "test", &doc, &err), FEMD_OK);
        assert_int_equal(femd_method_md.create(c.n, &doc, &self, &err), FEMD_OK);
        femd_method_md.destroy(&self);
        femd_json_clear(&doc);
    }
    const femd_conditions cold = {.temperature = 0};
    double S[6];
    assert_int_equal(femd_method_md.strain(c.md, c.n, &cold, STRAIN, S, NULL, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "temperature"));
    md_close(&c);
}

static int stop_later(void *user, double fraction) {
    (void)fraction;
    return ++*(int *)user > 20 ? FEMD_DEADLINE : 0;
}

static void a_deadline_ends_the_sampling(void **state) {
    (void)state;
    md_case c;
    int beats = 0;
    const femd_beat beat = {&beats, stop_later};
    const femd_conditions q = {.wants = FEMD_WANT_STRESS, .temperature = 40, .accuracy = 1e-9, .beat = &beat};
    const femd_bytes none = {NULL, 0};
    double S[6];
    femd_error err = FEMD_ERROR_INIT;
    md_open(&c, DEFECT(""));
    assert_int_equal(femd_method_md.begin(c.md, c.n, &q, &none, &err), FEMD_OK);
    assert_int_equal(femd_method_md.strain(c.md, c.n, &q, STRAIN, S, NULL, &err), FEMD_DEADLINE);
    md_close(&c);
}

static femd_status strain_of(void *user, const double E[6], double S[6], double D[36], femd_error *err) {
    md_case *c = user;
    const femd_conditions q = {.temperature = 40, .accuracy = 0.05, .seed = 3, .wants = FEMD_WANT_STRESS};
    return femd_method_md.strain(c->md, c->n, &q, E, S, D, err);
}

/* Newton on a noisy stress would never end; within 0.1 % of strain it works on what was sampled. */
static void prescribed_stress_is_found(void **state) {
    (void)state;
    md_case c;
    femd_response r = {0};
    femd_error err = FEMD_ERROR_INIT;
    const femd_request q = {.mask = 62, .value = {0.01}};
    const femd_conditions none = {.temperature = 40};
    const femd_bytes empty = {NULL, 0};
    const double zero[6] = {0};
    md_open(&c, DEFECT(""));
    assert_int_equal(femd_method_md.begin(c.md, c.n, &none, &empty, &err), FEMD_OK);
    if (femd_control_solve(&q, zero, strain_of, &c, &r, &err) != FEMD_OK) fail_msg("%s", err.text);
    for (int i = 1; i < 6; i++) assert_true(fabs(r.S[i]) < 1);
    assert_true(r.E[0] == 0.01 && fabs(r.E[1] - r.E[2]) < 0.01 && c.md->result.S_err[1] > 0);
    md_close(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cold_crystal_with_a_vacancy_is_the_static_one),
        cmocka_unit_test(without_forces_it_is_an_ideal_gas),
        cmocka_unit_test(differences_agree_with_fluctuations),
        cmocka_unit_test(boundary_work_vanishes_at_long_steps),
        cmocka_unit_test(accuracy_decides_how_long),
        cmocka_unit_test(harmonic_control_lowers_errors),
        cmocka_unit_test(error_bars_cover_the_mean_of_all_seeds),
        cmocka_unit_test(same_seed_same_bits_whatever_came_before),
        cmocka_unit_test(cut_and_continued_has_the_same_bits),
        cmocka_unit_test(spoilt_sums_are_refused),
        cmocka_unit_test(wrong_options_have_words),
        cmocka_unit_test(a_deadline_ends_the_sampling),
        cmocka_unit_test(prescribed_stress_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
