/* How often the intervals that `md` tells hold the mean of all seeds where vacancies make some of the motion slow. */
#include "engine_material.h"

enum { SEEDS = 60, FIGURES = 13 }; /* S, the diagonal of D, energy */

typedef struct vacancies {
    int count;
    double temperature, a, accuracy; /* K, angstrom */
} vacancies;

static void vacancies_ask(const vacancies *v, femd_material *m, int seed, double value[FIGURES],
                          double error[FIGURES]) {
    femd_response r;
    femd_error err = FEMD_ERROR_INIT;
    const femd_request q = {.wants = BASIC | FEMD_WANT_ENERGY,
                            .temperature = v->temperature,
                            .accuracy = v->accuracy,
                            .seed = (uint64_t)seed};
    if (try_request(m, &q, NULL, &r, NULL, &err) != FEMD_OK) fail_msg("%s", err.text);
    for (int c = 0; c < 6; c++) {
        value[c] = r.S[c], error[c] = r.S_err[c];
        value[6 + c] = r.D[7 * c], error[6 + c] = r.D_err[7 * c];
    }
    value[12] = r.energy, error[12] = r.energy_err;
}

/* 95 % intervals of single figures hold the mean of 80 % of 60 seeds and more, all together that of 90 to 99 %. */
static void intervals_hold(const vacancies *v) {
    static double value[SEEDS][FIGURES], error[SEEDS][FIGURES];
    double mean[FIGURES] = {0};
    int all = 0;
    char json[1024];
    snprintf(json, sizeof json,
             "{\"engine\":\"native\",\"method\":\"md\",\"reference\":\"as-given\",\"structure\":{\"lattice\":\"fcc\","
             "\"a\":\"%g "
             "angstrom\",\"species\":[\"Cu\"],\"repeat\":[3,3,3],\"vacancies\":{\"count\":%d}},\"potential\":{"
             "\"style\":\"eam/alloy\",\"file\":"
             "\"Cu_mishin1.eam.alloy\"}}",
             v->a, v->count);
    femd_material *m = open_material(json);
    for (int s = 0; s < SEEDS; s++) {
        vacancies_ask(v, m, s + 1, value[s], error[s]);
        for (int f = 0; f < FIGURES; f++) mean[f] += value[s][f] / SEEDS;
    }
    femd_material_close(&m);
    print_message("%d vacancies, %g K:", v->count, v->temperature);
    for (int f = 0; f < FIGURES; f++) {
        int inside = 0;
        for (int s = 0; s < SEEDS; s++) inside += fabs(value[s][f] - mean[f]) < 1.96 * error[s][f];
        print_message(" %.0f", 100.0 * inside / SEEDS);
        assert_true(inside >= 0.8 * SEEDS);
        all += inside;
    }
    print_message(" %%, all %.1f %%\n", 100.0 * all / (SEEDS * FIGURES));
    assert_true(all > 0.90 * SEEDS * FIGURES && all < 0.99 * SEEDS * FIGURES);
}

static void vacancies_at_600_800_1250_kelvin(void **state) {
    (void)state;
    const vacancies systems[] = {{1, 600, 3.645, 0.05}, {3, 800, 3.66, 0.05}, {1, 1250, 3.70, 0.05}};
    for (size_t i = 0; i < sizeof systems / sizeof *systems; i++) intervals_hold(&systems[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vacancies_at_600_800_1250_kelvin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
