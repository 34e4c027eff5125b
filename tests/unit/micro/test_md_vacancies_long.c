/* How often the intervals that `md` tells hold the mean in equilibrium where vacancies make some of the motion slow.
 *
 * The means are not those of the seeds asked here alone, which all begin with one arrangement and may all miss the
 * same. They are from long runs of the same crystals, 8 trajectories a seed, blocks of 600 steps: one vacancy, seeds 1
 * to 12, blocks 36 to 83 (all of 83 at 600 K, where nothing moves), 13 and 21 ns in all; three vacancies, seeds 1 to
 * 24, blocks 36 to 83, and 201 to 224, blocks 25 to 83, 55 ns: the mean of the two sets, the error half of their
 * distance, which is more than either tells. In equilibrium the crystal is cubic, which averages over the axes and
 * knows S23, S13, S12 to be zero. Else errors are one sigma from the scatter of seeds. */
#include "engine_material.h"

enum { SEEDS = 30, FIGURES = 13 }; /* S, the diagonal of D, energy */

typedef struct known {
    double mean, error;
} known;

typedef struct vacancies {
    int count;
    double temperature, a, accuracy;        /* K, angstrom */
    known normal, stiffness, shear, energy; /* S11, D11, D44, u: Pa */
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

static known vacancies_known(const vacancies *v, int figure) {
    if (figure < 3) return v->normal;
    if (figure < 6) return (known){0, 0};
    return figure < 9 ? v->stiffness : figure < 12 ? v->shear : v->energy;
}

/* 95 % intervals of single figures hold the mean of 80 % of the seeds and more, all together that of 90 to 99 %. */
static void intervals_hold(const vacancies *v) {
    int inside[FIGURES] = {0}, all = 0;
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
        double value[FIGURES], error[FIGURES];
        vacancies_ask(v, m, s + 1, value, error);
        for (int f = 0; f < FIGURES; f++) {
            const known k = vacancies_known(v, f);
            inside[f] += fabs(value[f] - k.mean) < 1.96 * sqrt(error[f] * error[f] + k.error * k.error);
        }
    }
    femd_material_close(&m);
    print_message("%d vacancies, %g K:", v->count, v->temperature);
    for (int f = 0; f < FIGURES; f++) {
        print_message(" %.0f", 100.0 * inside[f] / SEEDS);
        all += inside[f];
    }
    print_message(" %%, all %.1f %%\n", 100.0 * all / (SEEDS * FIGURES));
    for (int f = 0; f < FIGURES; f++) assert_true(inside[f] >= 0.8 * SEEDS);
    assert_true(all > 0.90 * SEEDS * FIGURES && all < 0.99 * SEEDS * FIGURES);
}

static void one_vacancy_at_600_kelvin(void **state) {
    (void)state;
    intervals_hold(&(vacancies){
        1, 600, 3.645, 0.05, {-180.9e6, 0.6e6}, {149.60e9, 0.03e9}, {64.091e9, 0.007e9}, {2.0099e9, 0.3e6}});
}

static void three_vacancies_at_800_kelvin(void **state) {
    (void)state;
    intervals_hold(
        &(vacancies){3, 800, 3.66, 0.05, {803.5e6, 7.9e6}, {122.39e9, 0.15e9}, {51.65e9, 0.06e9}, {2.5811e9, 1.1e6}});
}

static void one_vacancy_at_1250_kelvin(void **state) {
    (void)state;
    intervals_hold(
        &(vacancies){1, 1250, 3.70, 0.05, {287.5e6, 2e6}, {107.48e9, 0.1e9}, {43.94e9, 0.04e9}, {4.0349e9, 0.7e6}});
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_vacancy_at_600_kelvin),
        cmocka_unit_test(three_vacancies_at_800_kelvin),
        cmocka_unit_test(one_vacancy_at_1250_kelvin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
