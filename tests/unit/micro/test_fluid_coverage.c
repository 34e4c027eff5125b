/* Do intervals of 95 % hold what they say? Shear and bulk viscosity and diffusivity of a small liquid of 32 atoms, each
 * seed a run of its own, against the mean of all. Minutes. */
#include "engine_material.h"

enum { SEEDS = 100 };

#define LIQUID(more)                                                                                                   \
    "{\"engine\":\"native\",\"method\":{\"stress\":\"md\",\"viscosity\":\"fluid\",\"diffusivity\":\"fluid\"},"         \
    "\"md\":{\"start\":\"sites\"},\"fluid\":{\"melt\":\"400 K\",\"time_step\":\"15 fs\",\"equilibration\":\"10 ps\","  \
    "\"segment\":\"60 ps\"," more "},\"structure\":{\"lattice\":\"fcc\",\"a\":\"6.088 angstrom\",\"species\":"         \
    "[\"Ar\"],\"masses\":[\"39.948 u\"],\"repeat\":[2,2,2]},\"reference\":\"as-given\",\"potential\":{\"style\":"      \
    "\"lj\",\"epsilon\":\"0.0103207 eV\",\"sigma\":\"3.405 angstrom\",\"cutoff\":\"6 angstrom\"}}"

enum { SHEAR, SHEAR_CHECK, BULK, BULK_CHECK, WAYS, VELOCITIES, FIGURES };

typedef struct sample {
    double value[SEEDS], error[SEEDS];
} sample;

/* How many intervals hold the mean of all; *wide: the error that is said over the scatter. */
static int covered(const char *name, const sample *s, double *wide) {
    double mean = 0, said = 0, scatter = 0;
    int inside = 0;
    for (int i = 0; i < SEEDS; i++) mean += s->value[i] / SEEDS;
    for (int i = 0; i < SEEDS; i++) {
        said += s->error[i] * s->error[i] / SEEDS;
        scatter += (s->value[i] - mean) * (s->value[i] - mean) / (SEEDS - 1);
        inside += fabs(s->value[i] - mean) < 1.96 * s->error[i];
    }
    print_message("  %s: mean %.4g, scatter %.2g, said %.2g, covered %.1f %%\n", name, mean, sqrt(scatter), sqrt(said),
                  100.0 * inside / SEEDS);
    *wide = sqrt(said / scatter);
    return inside;
}

/* most: intervals that may hold it. */
static void check(const char *json, uint32_t wants, double accuracy, double most) {
    static const char *const name[FIGURES] = {"shear viscosity, spectral", "shear viscosity, cepstral",
                                              "bulk viscosity, spectral",  "bulk viscosity, cepstral",
                                              "diffusivity by ways",       "diffusivity by velocities"};
    static sample s[FIGURES];
    int far = 0, noted = 0;
    for (int i = 0; i < SEEDS; i++) {
        femd_material *m = open_material(json);
        const femd_request q = {.wants = wants, .temperature = 120, .seed = 1000 + (uint64_t)i, .accuracy = accuracy};
        femd_response r;
        request(m, &q, NULL, &r, NULL);
        const double value[FIGURES] =
            {r.eta, r.eta_check, r.eta_bulk, r.eta_bulk_check, r.diffusivity[0], r.diffusivity_check[0]},
                     error[FIGURES] = {r.eta_err,
                                       r.eta_check_err,
                                       r.eta_bulk_err,
                                       r.eta_bulk_check_err,
                                       r.diffusivity_err[0],
                                       r.diffusivity_check_err[0]};
        for (int k = 0; k < FIGURES; k++) s[k].value[i] = value[k], s[k].error[i] = error[k];
        far += r.viscosity_far > 1.5 * r.viscosity_far_err;
        noted += (r.notes & FEMD_NOTE_ESTIMATORS_DISAGREE) != 0;
        femd_material_close(&m);
    }
    print_message("anisotropic %d, estimators disagree %d of %d\n", far, noted, SEEDS);
    assert_true(far < 0.05 * SEEDS);
    int inside[FIGURES];
    double wide[FIGURES];
    for (int k = 0; k < FIGURES; k++) inside[k] = covered(name[k], &s[k], &wide[k]);
    for (int k = 0; k < FIGURES; k++)
        if (k == SHEAR || k == BULK || k == WAYS)
            assert_true(inside[k] >= 0.90 * SEEDS && inside[k] <= most * SEEDS && wide[k] < 1.4);
}

static void six_segments(void **state) {
    (void)state;
    check(LIQUID("\"min_segments\":6,\"max_segments\":6"), FEMD_WANT_VISCOSITY | FEMD_WANT_DIFFUSIVITY, 1e-3, 0.99);
}

/* Where the error itself ends the sampling: of so few atoms the temperature of the segments is uncertain by a per cent,
 * for which the error allows more than it does, and shear is held by all. */
static void sampled_until_eight_percent(void **state) {
    (void)state;
    check(LIQUID("\"min_segments\":6"), FEMD_WANT_VISCOSITY | FEMD_WANT_DIFFUSIVITY, 0.08, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(six_segments),
        cmocka_unit_test(sampled_until_eight_percent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
