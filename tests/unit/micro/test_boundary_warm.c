/* Harmonic vibrations under kubc: mean positions are held, and all atoms vibrate. */
#include "boundary_copper.h"

#define SILICON(repeat, more)                                                                                          \
    "{\"engine\":\"native\",\"structure\":{\"lattice\":\"diamond\",\"a\":\"5.43095 angstrom\",\"species\":[\"Si\"]"    \
    ",\"masses\":[\"28.0855 u\"],\"repeat\":" repeat more
#define POTENTIAL "},\"potential\":{\"style\":\"sw\",\"file\":\"Si.sw\"},\"reference\":\"as-given\""
#define VACANCY   ",\"vacancies\":{\"positions\":[[0.5,0.5,0.5]]}"
#define KUBC      ",\"boundary_condition\":\"kubc\""
#define METHOD(m) ",\"method\":\"" m "\"}"

enum { WANTS = BASIC | FEMD_WANT_THERMAL_STRESS | FEMD_WANT_HELMHOLTZ | FEMD_WANT_ENERGY | FEMD_WANT_HEAT_CAPACITY };
static const double sheared[6] = {0.006, -0.004, 0, 0.004, 0.002, -0.008};

static void ask_warm(femd_material *m, const double E[6], double T, uint32_t wants, femd_response *r) {
    femd_request q = {.wants = wants, .temperature = T};
    memcpy(q.value, E, sizeof q.value);
    request(m, &q, NULL, r, NULL);
}

/* Nothing that is held keeps a perfect crystal from what it would do: all its answers are those of the periodic one. */
static void perfect_crystals_vibrate_as_they_are(void **state) {
    (void)state;
    static const char *const pairs[][2] = {
        {SILICON("[2,1,1]", "") POTENTIAL METHOD("quasiharmonic"),
         SILICON("[2,1,1]", "") POTENTIAL KUBC METHOD("quasiharmonic")},
        {SILICON("[2,1,1]", "") POTENTIAL METHOD("local-harmonic"),
         SILICON("[2,1,1]", "") POTENTIAL KUBC METHOD("local-harmonic")},
    };
    for (int p = 0; p < 2; p++) {
        femd_response r[2];
        for (int k = 0; k < 2; k++) {
            femd_material *m = open_material(pairs[p][k]);
            ask_warm(m, sheared, 300, WANTS, &r[k]);
            femd_material_close(&m);
        }
        assert_true(largest_difference(6, r[0].S, r[1].S) < 1e-7 * largest(6, r[0].S));
        assert_true(largest_difference(36, r[0].D, r[1].D) < 1e-6 * largest(36, r[0].D));
        assert_true(largest_difference(6, r[0].dSdT, r[1].dSdT) < 1e-5 * largest(6, r[0].dSdT));
        assert_true(fabs(r[0].heat_capacity / r[1].heat_capacity - 1) < 1e-9);
        assert_true(fabs(r[0].helmholtz / r[1].helmholtz - 1) < 1e-8);
    }
}

/* With a vacancy: S is the derivative of psi along the strain, D of S, dS/dT over the temperature. */
static void answers_are_derivatives(void **state) {
    (void)state;
    femd_material *m = open_material(SILICON("[2,2,2]", VACANCY) POTENTIAL KUBC METHOD("quasiharmonic")),
                  *free_one = open_material(SILICON("[2,2,2]", VACANCY) POTENTIAL METHOD("quasiharmonic"));
    femd_response r, side[2], periodic;
    const double h = 2e-4;
    ask_warm(m, sheared, 300, WANTS, &r);
    ask_warm(free_one, sheared, 300, FEMD_WANT_STRESS, &periodic);
    for (int c = 0; c < 6; c += 5) { /* a normal component and a shear */
        for (int k = 0; k < 2; k++) {
            double E[6];
            memcpy(E, sheared, sizeof E);
            E[c] += k ? -h : h;
            ask_warm(m, E, 300, FEMD_WANT_STRESS | FEMD_WANT_HELMHOLTZ, &side[k]);
        }
        const double S = (side[0].helmholtz - side[1].helmholtz) / (2 * h);
        double worst = 0;
        for (int i = 0; i < 6; i++) worst = fmax(worst, fabs((side[0].S[i] - side[1].S[i]) / (2 * h) - r.D[6 * i + c]));
        print_message("component %d: S %.6f and from psi %.6f GPa; D off by %.1e of the largest\n", c, r.S[c] / GPA,
                      S / GPA, worst / largest(36, r.D));
        assert_true(fabs(S - r.S[c]) < 1e-4 * GPA);
        assert_true(worst < 1e-5 * largest(36, r.D));
    }
    for (int k = 0; k < 2; k++) ask_warm(m, sheared, k ? 299 : 301, FEMD_WANT_STRESS, &side[k]);
    for (int i = 0; i < 6; i++)
        assert_true(fabs((side[0].S[i] - side[1].S[i]) / 2 - r.dSdT[i]) < 1e-4 * largest(6, r.dSdT));
    print_message("S11 %.4f GPa held, %.4f periodic\n", r.S[0] / GPA, periodic.S[0] / GPA);
    assert_true(fabs(r.S[0] - periodic.S[0]) > 1e-3 * GPA);
    femd_material_close(&free_one);
    femd_material_close(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(perfect_crystals_vibrate_as_they_are),
        cmocka_unit_test(answers_are_derivatives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
