/* Statistics of the method md against references; minutes, not seconds. */
#include "md_fixture.h"

static void print_moduli(const char *name, const femd_response *r, int blocks, double cubic[3], double error[3]) {
    const double *D = r->D, *e = r->D_err;
    cubic[0] = (D[0] + D[7] + D[14]) / 3;
    cubic[1] = (D[1] + D[2] + D[8]) / 3;
    cubic[2] = (D[21] + D[28] + D[35]) / 3;
    error[0] = sqrt(e[0] * e[0] + e[7] * e[7] + e[14] * e[14]) / 3;
    error[1] = sqrt(e[1] * e[1] + e[2] * e[2] + e[8] * e[8]) / 3;
    error[2] = sqrt(e[21] * e[21] + e[28] * e[28] + e[35] * e[35]) / 3;
    print_message("%s: S11 %.2f(%.2f) MPa, C11 %.3f(%.3f), C12 %.3f(%.3f), C44 %.3f(%.3f) GPa, %d blocks, %llu steps\n",
                  name, r->S[0] / 1e6, r->S_err[0] / 1e6, cubic[0] / GPA, error[0] / GPA, cubic[1] / GPA,
                  error[1] / GPA, cubic[2] / GPA, error[2] / GPA, blocks,
                  (unsigned long long)r->work.force_evaluations);
}

/* Errors of the three are correlated, so the single ones are added in quadrature only for print: 4 sigma of the sum
 * below. */
static void compare(const char *name, const char *json, double temperature, double accuracy, const double want[3],
                    const double known[3]) {
    md_case c;
    femd_response r;
    double cubic[3], error[3];
    const double zero[6] = {0};
    md_open(&c, json);
    md_evaluate(&c, zero, temperature, accuracy, 1, NULL, &r, NULL);
    print_moduli(name, &r, md_blocks(&c), cubic, error);
    for (int i = 0; i < 3; i++) assert_true(fabs(cubic[i] / GPA - want[i]) < 4 * hypot(1.5 * error[i] / GPA, known[i]));
    assert_true(r.hill_mandel < 3.5 * r.hill_mandel_err);
    md_close(&c);
}

/* LAMMPS's example of the Born matrix at a cutoff of 12 angstrom, here smoothly from 11.8 to 12.2. C11 by differences
 * of sampled stress, 2.338(9); C12 and C44 of its logs, which lack what pairs that cross a plain cutoff add: less in
 * these. */
static void argon_at_60_K(void **state) {
    (void)state;
    const double want[3] = {2.338, 1.297, 1.486}, known[3] = {0.01, 0.03, 0.02};
    compare("argon, 60 K",
            "{\"engine\":\"native\",\"reference\":\"as-given\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"5.397003 "
            "angstrom\",\"species\":"
            "[\"Ar\"],\"masses\":[\"39.948 "
            "u\"],\"repeat\":[5,5,5]},\"potential\":{\"style\":\"lj\",\"epsilon\":\"0.0103235 eV\",\"sigma\":\"3.405 "
            "angstrom\","
            "\"cutoff\":\"12.2 angstrom\",\"smooth\":\"0.4 "
            "angstrom\"},\"md\":{\"tangent_accuracy\":0.01,\"max_steps\":2000000}}",
            60, 0.02, want, known);
}

/* Stress fluctuations of LAMMPS dynamics with KIM's second derivatives, 300 ps: 164.00(10)/119.98(10)/71.73(4). */
static void copper_at_300_K(void **state) {
    (void)state;
    const double want[3] = {164.0, 119.98, 71.73}, known[3] = {0.1, 0.1, 0.05};
    compare("copper, 300 K",
            "{\"engine\":\"native\",\"reference\":\"as-given\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"3.63196 "
            "angstrom\",\"species\":"
            "[\"Cu\"],\"repeat\":[4,4,4]},\"potential\":{\"style\":\"eam/alloy\",\"file\":\"Cu_mishin1.eam.alloy\"},"
            "\"md\":{\"tangent_accuracy\":0.0025,\"max_steps\":2000000}}",
            300, 0.02, want, known);
}

/* How often 1.96 sigma contain the truth, which is the mean over all seeds. */
static void error_bars_cover(void **state) {
    (void)state;
    enum { SEEDS = 120, N = 7 };
    static const char *const name[N] = {"S11", "S12", "C11", "C44", "dS11/dT", "energy", "capacity"};
    md_case c;
    static double value[SEEDS][N], error[SEEDS][N];
    const double zero[6] = {0};
    md_open(&c, "{\"engine\":\"native\",\"reference\":\"as-given\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"5.35 "
                "angstrom\",\"species\":[\"Ar\"],"
                "\"masses\":[\"39.948 u\"],\"repeat\":[2,2,2]},\"potential\":{\"style\":\"lj\",\"epsilon\":\"0.0103235 "
                "eV\",\"sigma\":\"3.405 angstrom\","
                "\"cutoff\":\"6 angstrom\",\"smooth\":\"1.5 angstrom\"}}");
    for (int s = 0; s < SEEDS; s++) {
        femd_response r;
        md_evaluate(&c, zero, 40, 0.05, 1000 + (uint64_t)s, NULL, &r, NULL);
        const double v[N] = {r.S[0], r.S[5], r.D[0], r.D[21], r.dSdT[0], r.energy, r.heat_capacity};
        const double e[N] = {r.S_err[0],    r.S_err[5],   r.D_err[0],         r.D_err[21],
                             r.dSdT_err[0], r.energy_err, r.heat_capacity_err};
        memcpy(value[s], v, sizeof v);
        memcpy(error[s], e, sizeof e);
    }
    for (int i = 0; i < N; i++) {
        double mean = 0, said = 0, scatter = 0;
        int inside = 0;
        for (int s = 0; s < SEEDS; s++) mean += value[s][i] / SEEDS;
        for (int s = 0; s < SEEDS; s++) {
            said += error[s][i] / SEEDS;
            scatter += (value[s][i] - mean) * (value[s][i] - mean) / (SEEDS - 1);
            inside += fabs(value[s][i] - mean) < 1.96 * error[s][i];
        }
        print_message("%-8s: scatter %.4g, said %.4g, covered %.1f %%\n", name[i], sqrt(scatter), said,
                      100.0 * inside / SEEDS);
        assert_true(inside >= 0.90 * SEEDS && inside <= 0.99 * SEEDS);
    }
    md_close(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(error_bars_cover),
        cmocka_unit_test(argon_at_60_K),
        cmocka_unit_test(copper_at_300_K),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
