/* Do intervals of 95 % hold what they say? Chemical potentials of a small fluid by particles that are put in, of nickel
 * for copper by swapped atoms, and of a vacancy by integration, each seed a run of its own, against the mean of all.
 * Minutes. */
#include "engine_material.h"
#include "femd/units.h"

enum { SEEDS = 100 };

#define FLUID(options)                                                                                                 \
    "{\"engine\":\"native\",\"method\":{\"stress\":\"md\",\"chemical-potential\":\"fluid\"},\"md\":{\"start\":"        \
    "\"sites\"},\"fluid\":{\"melt\":\"350 K\",\"equilibration\":\"5 ps\",\"time_step\":\"15 fs\",\"segment\":\"40 "    \
    "ps\"," options "},\"structure\":{\"lattice\":\"fcc\",\"a\":\"6.4 angstrom\",\"species\":[\"Ar\"],\"masses\":["    \
    "\"39.948 u\"],\"repeat\":[2,2,2]},\"reference\":\"as-given\",\"potential\":{\"style\":\"lj\",\"epsilon\":"        \
    "\"0.0103207 eV\",\"sigma\":\"3.405 angstrom\",\"cutoff\":\"6.3 angstrom\"}}"
#define SWAP(steps)                                                                                                    \
    "{\"engine\":\"native\",\"method\":{\"stress\":\"statics\",\"chemical-potential\":\"swap\"},\"swap\":{\"from\":"   \
    "\"Cu\",\"to\":\"Ni\",\"block\":\"0.5 ps\",\"equilibration\":\"1 ps\",\"max_steps\":" steps "},\"structure\":{"    \
    "\"lattice\":\"fcc\",\"a\":\"3.648 angstrom\",\"species\":[\"Cu\"],\"repeat\":[2,2,2]},\"reference\":\"as-given"   \
    "\",\"potential\":{\"style\":\"eam/alloy\",\"file\":\"CuNi.eam.alloy\"}}"
#define VACANCY(options)                                                                                               \
    "{\"engine\":\"native\",\"method\":{\"stress\":\"statics\",\"chemical-potential\":\"integrated\"},\"integrated\":" \
    "{" options                                                                                                        \
    "},\"defect\":{\"vacancy\":0},\"structure\":{\"lattice\":\"fcc\",\"a\":\"5.4 angstrom\",\"species\":[\"Ar\"],"     \
    "\"masses\":[\"39.948 u\"],\"repeat\":[2,2,2]},\"reference\":\"as-given\",\"potential\":{\"style\":\"lj\","        \
    "\"epsilon\":\"0.0103207 eV\",\"sigma\":\"3.405 angstrom\",\"cutoff\":\"7 angstrom\"}}"

typedef struct sample {
    double value[SEEDS], error[SEEDS];
} sample;

/* The mean has no systematic error: what all seeds share is in none of the intervals. */
static void judge(const char *name, const sample *s) {
    double mean = 0, said = 0, scatter = 0;
    int inside = 0;
    for (int i = 0; i < SEEDS; i++) mean += s->value[i] / SEEDS;
    for (int i = 0; i < SEEDS; i++) {
        said += s->error[i] * s->error[i] / SEEDS;
        scatter += (s->value[i] - mean) * (s->value[i] - mean) / (SEEDS - 1);
        inside += fabs(s->value[i] - mean) < 1.96 * s->error[i];
    }
    print_message("  %s: mean %.6g, scatter %.2g, said %.2g, covered %d %%\n", name, mean, sqrt(scatter), sqrt(said),
                  inside * 100 / SEEDS);
    assert_true(inside >= 90 && inside <= 99);
}

static void ask_all(const char *json, double T, double accuracy, sample *both, sample *check) {
    femd_material *m = open_material(json);
    for (int i = 0; i < SEEDS; i++) {
        const femd_request q = {
            .wants = FEMD_WANT_MU, .temperature = T, .seed = 1000 + (uint64_t)i, .accuracy = accuracy};
        femd_response r;
        request(m, &q, NULL, &r, NULL);
        both->value[i] = r.mu_excess / FEMD_ELEMENTARY_CHARGE;
        both->error[i] = r.mu_excess_err / FEMD_ELEMENTARY_CHARGE;
        check->value[i] = r.mu_check / FEMD_ELEMENTARY_CHARGE;
        check->error[i] = r.mu_check_err / FEMD_ELEMENTARY_CHARGE;
    }
    femd_material_close(&m);
}

static void particles_put_in(void **state) {
    (void)state;
    static sample s, none;
    ask_all(FLUID("\"min_segments\":8,\"max_segments\":8"), 180, 1e-6, &s, &none);
    judge("particles put in, eight segments", &s);
}

static void swapped_atoms(void **state) {
    (void)state;
    static sample both, back;
    ask_all(SWAP("24000"), 600, 1e-6, &both, &back);
    judge("swapped atoms, both ways", &both);
    judge("swapped atoms, way back alone", &back);
}

/* As long as the bound lets it, of few blocks and of many, and until the error is what is wanted. */
static void integrated(void **state) {
    (void)state;
    static sample both, back;
    ask_all(VACANCY("\"rungs\":4,\"max_steps\":90000"), 40, 1e-6, &both, &back);
    judge("integrated, bounded", &both);
    judge("integrated, bounded, way back alone", &back);
    ask_all(VACANCY("\"block\":\"2 ps\",\"equilibration\":\"4 ps\""), 60, 0.2, &both, &back);
    judge("integrated until 0.2 kT", &both);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(particles_put_in), cmocka_unit_test(swapped_atoms),
                                       cmocka_unit_test(integrated)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
