/* Do intervals of 95 % hold what they say? Fractions, their response, stress and tangent of 32 atoms that exchange,
 * each seed a run of its own until `accuracy` is reached, against the mean of all, and against what is known exactly
 * where the atoms are the same but for name and mass. Minutes. */
#include "engine_material.h"
#include "femd/units.h"

enum { SEEDS = 120, FIGURES = 6 };
static const char *const name[FIGURES] = {"fraction", "response", "S11", "S12", "D11", "D44"};

#define MIXTURE(krypton)                                                                                               \
    "{\"engine\":\"native\",\"method\":\"semi-grand\",\"semi-grand\":{\"species\":[\"Ar\",\"Kr\"],\"masses\":["        \
    "\"39.948 u\",\"83.798 u\"]},\"structure\":{\"lattice\":\"fcc\",\"a\":\"5.45 angstrom\",\"species\":[\"Ar\"],"     \
    "\"masses\":[\"39.948 u\"],\"repeat\":[2,2,2]},\"reference\":\"as-given\",\"potential\":{\"style\":\"lj\","        \
    "\"epsilon\":\"0.0103235 eV\",\"sigma\":\"3.405 angstrom\",\"cutoff\":\"6 angstrom\",\"smooth\":\"1.5 "            \
    "angstrom\"" krypton "}}"
#define PAIR(one, other, epsilon, sigma)                                                                               \
    "{\"species\":[\"" one "\",\"" other "\"],\"epsilon\":\"" epsilon " eV\",\"sigma\":\"" sigma                       \
    " angstrom\",\"cutoff\":\"6 angstrom\"}"
#define UNLIKE ",\"pairs\":[" PAIR("Kr", "Kr", "0.0125", "3.5") "," PAIR("Ar", "Kr", "0.0113", "3.45") "]"

typedef struct sample {
    double value[SEEDS][FIGURES], error[SEEDS][FIGURES];
} sample;

static void sample_all(const char *json, double T, double mu, sample *s) {
    femd_material *m = open_material(json);
    for (int i = 0; i < SEEDS; i++) {
        const femd_request q = {.wants = FEMD_WANT_COMPOSITION | FEMD_WANT_STRESS | FEMD_WANT_TANGENT,
                                .temperature = T,
                                .seed = 1000 + (uint64_t)i,
                                .accuracy = 0.05,
                                .flags = FEMD_REQUEST_EXCHANGE,
                                .delta_mu = {mu * FEMD_ELEMENTARY_CHARGE}};
        femd_response r;
        femd_error err = FEMD_ERROR_INIT;
        if (try_request(m, &q, NULL, &r, NULL, &err) != FEMD_OK) fail_msg("%s", err.text);
        assert_true(!(r.notes & (FEMD_NOTE_PHASES_APART | FEMD_NOTE_ACCURACY_NOT_REACHED)));
        const double value[FIGURES] = {r.x_2, r.x_response, r.S[0], r.S[5], r.D[0], r.D[21]},
                     error[FIGURES] = {r.x_2_err, r.x_response_err, r.S_err[0], r.S_err[5], r.D_err[0], r.D_err[21]};
        memcpy(s->value[i], value, sizeof value);
        memcpy(s->error[i], error, sizeof error);
    }
    femd_material_close(&m);
}

/* known: NAN where the mean of all seeds stands for it, whose error is a tenth of one's. */
static void judge(const char *what, const sample *s, const double known[FIGURES]) {
    for (int c = 0; c < FIGURES; c++) {
        double mean = 0, said = 0, scatter = 0;
        int inside = 0;
        for (int i = 0; i < SEEDS; i++) mean += s->value[i][c] / SEEDS;
        const double truth = isnan(known[c]) ? mean : known[c];
        for (int i = 0; i < SEEDS; i++) {
            said += s->error[i][c] * s->error[i][c] / SEEDS;
            scatter += (s->value[i][c] - mean) * (s->value[i][c] - mean) / (SEEDS - 1);
            inside += fabs(s->value[i][c] - truth) < 1.96 * s->error[i][c];
        }
        print_message("  %s, %-8s: mean %.6g, known %.6g, scatter %.3g, said %.3g, covered %.1f %%\n", what, name[c],
                      mean, known[c], sqrt(scatter), sqrt(said), inside * 100.0 / SEEDS);
        assert_true(inside >= 0.90 * SEEDS && inside <= 0.99 * SEEDS);
        assert_true(fabs(mean - truth) <= 4 * sqrt(scatter / SEEDS));
    }
}

static const double unknown[FIGURES] = {NAN, NAN, NAN, NAN, NAN, NAN};

static void equal_atoms(void **state) {
    (void)state;
    static sample s;
    const double T = 50, mu = -0.006, kT = FEMD_BOLTZMANN * T,
                 odds = exp(mu * FEMD_ELEMENTARY_CHARGE / kT) * pow(83.798 / 39.948, 1.5), x = odds / (1 + odds);
    const double known[FIGURES] = {x, x * (1 - x) / kT, NAN, 0, NAN, NAN};
    sample_all(MIXTURE(""), T, mu, &s);
    judge("equal atoms", &s, known);
}

static void a_mixture(void **state) {
    (void)state;
    static sample s;
    sample_all(MIXTURE(UNLIKE), 50, -0.013, &s);
    judge("mixture", &s, unknown);
}

static void few_of_one(void **state) {
    (void)state;
    static sample s;
    sample_all(MIXTURE(UNLIKE), 50, -0.03, &s);
    judge("few of one", &s, unknown);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(equal_atoms), cmocka_unit_test(a_mixture),
                                       cmocka_unit_test(few_of_one)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
