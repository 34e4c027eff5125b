/* The method `harmonic`: chemical potentials of defects in crystals, against figures of an independent program and
 * against differences of the answers themselves. */
#include "engine_material.h"
#include "femd/units.h"

static const double EV = FEMD_ELEMENTARY_CHARGE, K = FEMD_BOLTZMANN / FEMD_ELEMENTARY_CHARGE;
#define BOTH (FEMD_WANT_MU | FEMD_WANT_MU_STRAIN)

/* stress: the method that finds it; more: further members. */
#define CRYSTAL(repeat, a, stress, file, defect, more)                                                                 \
    "{\"engine\":\"native\",\"method\":{\"stress\":\"" stress "\",\"chemical-potential\":\"harmonic\","                \
    "\"chemical-potential-strain\":\"harmonic\"},\"structure\":{\"lattice\":\"fcc\",\"a\":\"" a " angstrom\","         \
    "\"species\":[\"Cu\"],\"repeat\":[" repeat "]},\"defect\":" defect                                                 \
    ",\"potential\":{\"style\":\"eam/alloy\",\"file\":\"" file "\"}" more "}"
#define VACANCY(repeat, a, stress, more) CRYSTAL(repeat, a, stress, "Cu_mishin1.eam.alloy", "{\"vacancy\":5}", more)
#define NICKEL                           "{\"substitute\":{\"site\":[0.5,0.5,0.5],\"species\":\"Ni\"}}"
#define AS_GIVEN                         ",\"reference\":\"as-given\""

static femd_response ask(femd_material *m, const double E[6], double T, uint32_t wants) {
    femd_response r;
    femd_request q = {.wants = wants, .temperature = T};
    memcpy(q.value, E, sizeof q.value);
    request(m, &q, NULL, &r, NULL);
    return r;
}

static const double zero[6] = {0};

/* Copper of Mishin et al. 2001, 108 sites: formation energy 1.2753 eV, V (S_d - S_h) isotropic, entropy 2.88 k. */
static void a_vacancy_has_the_energy_and_entropy_of_its_formation(void **state) {
    (void)state;
    femd_material *m = open_material(VACANCY("3,3,3", "3.615", "quasiharmonic", ""));
    const femd_response cold = ask(m, zero, 0, BOTH), warm = ask(m, zero, 300, BOTH | FEMD_WANT_STRESS);
    assert_true(fabs(cold.mu_excess / EV - 1.2753) < 1e-4);
    assert_true(cold.mu == cold.mu_excess && cold.mu_ideal == 0 && cold.mu_mass == 0 && cold.mu_err == 0);
    for (int c = 0; c < 3; c++) assert_true(fabs(cold.mu_strain[c] / EV - 3.016) < 2e-3);
    for (int c = 3; c < 6; c++) assert_true(fabs(cold.mu_strain[c] / EV) < 1e-9);
    const double Omega = pow(3.614925e-10, 3) / 4, p = -(warm.S[0] + warm.S[1] + warm.S[2]) / 3,
                 entropy = (cold.mu_excess + p * Omega - warm.mu_excess) / (EV * K * 300);
    if (fabs(entropy - 2.88) > 0.01) fail_msg("formation entropy %g k", entropy);
    assert_true(fabs(warm.mu_ideal / (EV * K * 300) + log(108)) < 1e-9);
    assert_true(fabs(warm.mu - warm.mu_excess - warm.mu_ideal) < 1e-12 * EV && warm.mu_err > 0);
    femd_material_close(&m);
}

/* Nickel in copper, 108 atoms: -0.7928 eV, dE/dE_ij = 0.199 eV. */
static void a_solute_has_the_energy_of_its_substitution(void **state) {
    (void)state;
    femd_material *m = open_material(CRYSTAL("3,3,3", "3.615", "statics", "CuNi.eam.alloy", NICKEL, ""));
    const femd_response r = ask(m, zero, 0, BOTH);
    assert_true(fabs(r.mu_excess / EV + 0.79278) < 2e-5);
    for (int c = 0; c < 3; c++) assert_true(fabs(r.mu_strain[c] / EV - 0.199) < 1e-3);
    assert_int_equal(r.provided, BOTH);
    femd_material_close(&m);
}

/* Differences of the answer over strain; what goes elsewhere works against the pressure, which is apart. */
static void the_strain_derivative_is_that_of_the_answer(void **state) {
    (void)state;
    static const double h = 1e-3;
    const double Omega = pow(3.66e-10, 3) / 4;
    femd_material *m = open_material(VACANCY("2,2,2", "3.66", "quasiharmonic", AS_GIVEN));
    for (int warm = 0; warm < 2; warm++) {
        const double at[6] = {0.002, -0.001, 0.003, 0.004, 0, 0.002};
        const femd_response r = ask(m, at, 400 * warm, BOTH);
        for (int c = 0; c < 6; c += 3) { /* a stretch and a shear */
            double value[2];
            for (int side = 0; side < 2; side++) {
                double E[6];
                memcpy(E, at, sizeof E);
                E[c] += side ? -h : h;
                const femd_response s = ask(m, E, 400 * warm, BOTH | FEMD_WANT_STRESS);
                double trace = 0; /* of S C, J times that of the Cauchy stress */
                for (int k = 0; k < 6; k++) trace += s.S[k] * ((k < 3) + 2 * E[k]);
                value[side] = s.mu_excess + trace / 3 * Omega;
            }
            const double slope = (value[0] - value[1]) / (2 * h), away = fabs(slope - r.mu_strain[c]) / EV;
            if (away > (warm ? 0.02 : 1e-3))
                fail_msg("component %d at %d K: %g, differences %g", c, 400 * warm, r.mu_strain[c] / EV, slope / EV);
        }
    }
    femd_material_close(&m);
}

static void masses_have_a_part_of_their_own(void **state) {
    (void)state;
    femd_material *m = open_material(CRYSTAL("2,2,2", "3.648", "statics", "CuNi.eam.alloy", NICKEL, AS_GIVEN));
    const femd_response r = ask(m, zero, 600, FEMD_WANT_MU), cold = ask(m, zero, 0, FEMD_WANT_MU);
    assert_true(fabs(r.mu_mass / (EV * K * 600) - 1.5 * log(63.55 / 58.71)) < 1e-2);
    assert_true(fabs(r.mu_ideal / (EV * K * 600) + log(32)) < 1e-9);
    /* softer bonds: the configurational part rises by some hundredths of an eV (0.021 with 256 atoms) */
    const double rise = (r.mu_excess - cold.mu_excess) / EV;
    if (!(rise > 0.01 && rise < 0.04)) fail_msg("rises by %g eV", rise);
    femd_material_close(&m);
    /* of a vacancy the mass is nowhere */
    femd_material
        *light = open_material(VACANCY("2,2,2", "3.66", "statics", AS_GIVEN)),
        *heavy = open_material(
            "{\"engine\":\"native\",\"method\":{\"stress\":\"statics\",\"chemical-potential\":\"harmonic\"},"
            "\"structure\":{\"lattice\":\"fcc\",\"a\":\"3.66 angstrom\",\"species\":[\"Cu\"],"
            "\"masses\":[\"127 u\"],\"repeat\":[2,2,2]},\"reference\":\"as-given\",\"defect\":{\"vacancy\":5},"
            "\"potential\":{\"style\":\"eam/alloy\",\"file\":\"Cu_mishin1.eam.alloy\"}}");
    const femd_response a = ask(light, zero, 400, FEMD_WANT_MU), b = ask(heavy, zero, 400, FEMD_WANT_MU);
    assert_true(fabs(a.mu_excess - b.mu_excess) < 1e-9 * EV && a.mu_mass == 0 && b.mu_mass == 0);
    femd_material_close(&light);
    femd_material_close(&heavy);
}

/* Atoms around a vacancy in silicon rest at their sites, 4.34 eV above the crystal, and 1.6 eV lower where they have
 * found each other (2.835, 2.694, 2.665 eV in 64, 216, 512 sites). */
static void neighbours_of_a_vacancy_move_in(void **state) {
    (void)state;
    femd_material *m = open_material(
        "{\"engine\":\"native\",\"method\":{\"stress\":\"statics\",\"chemical-potential\":\"harmonic\"},"
        "\"structure\":{\"lattice\":\"diamond\",\"a\":\"5.43095 angstrom\",\"species\":[\"Si\"],"
        "\"masses\":[\"28.0855 u\"],\"repeat\":[2,2,2]},\"reference\":\"as-given\",\"defect\":{\"vacancy\":9},"
        "\"potential\":{\"style\":\"sw\",\"file\":\"Si.sw\"}}");
    const femd_response r = ask(m, zero, 0, FEMD_WANT_MU);
    print_message("%.4f eV\n", r.mu / EV);
    assert_true(fabs(r.mu / EV - 2.8353) < 1e-3);
    assert_non_null(strstr(femd_material_notes(m), "eV lower where its neighbours have moved in"));
    femd_material_close(&m);
    m = open_material(VACANCY("2,2,2", "3.66", "statics", AS_GIVEN));
    assert_null(strstr(femd_material_notes(m), "moved in"));
    femd_material_close(&m);
}

/* A dumbbell of copper: 3.20 eV in 108 sites (3.06 in large ones), far from where it was put. */
static void an_interstitial_takes_an_atom_from_the_crystal(void **state) {
    (void)state;
    femd_material *m =
        open_material(CRYSTAL("3,3,3", "3.615", "statics", "Cu_mishin1.eam.alloy",
                              "{\"interstitial\":{\"site\":[0.5,0.5,0.5],\"along\":[1,0,0],\"species\":\"Cu\"}}", ""));
    const femd_response r = ask(m, zero, 0, BOTH);
    assert_true(fabs(r.mu_excess / EV - 3.20) < 0.01);
    assert_true(r.mu_strain[0] < -15 * EV && fabs(r.mu_strain[1] - r.mu_strain[2]) < 1e-6 * EV);
    femd_material_close(&m);
}

static void same_bits_whatever_was_asked_before(void **state) {
    (void)state;
    const double E[6] = {0.004, 0, 0, 0, 0, 0.003}, other[6] = {-0.01, 0.01, 0, 0.01, 0, 0};
    femd_material *a = open_material(VACANCY("2,2,2", "3.66", "statics", AS_GIVEN)),
                  *b = open_material(VACANCY("2,2,2", "3.66", "statics", AS_GIVEN));
    (void)ask(b, other, 500, BOTH);
    const femd_response ra = ask(a, E, 300, BOTH), rb = ask(b, E, 300, BOTH), alone = ask(a, E, 300, FEMD_WANT_MU);
    assert_true(ra.mu == rb.mu && ra.mu_err == rb.mu_err && ra.mu_excess == rb.mu_excess && alone.mu == ra.mu);
    assert_memory_equal(ra.mu_strain, rb.mu_strain, sizeof ra.mu_strain);
    assert_memory_equal(alone.mu_strain, zero, sizeof zero);
    femd_material_close(&a);
    femd_material_close(&b);
}

typedef struct watch {
    double last, stop_at;
    int beats, back;
} watch;

static int on_beat(void *user, double fraction) {
    watch *w = user;
    w->back += fraction < w->last;
    w->last = fraction;
    w->beats++;
    return fraction >= w->stop_at ? FEMD_DEADLINE : 0;
}

/* Both halves are told, and each ends at a deadline. */
static void progress_is_told_and_deadlines_are_kept(void **state) {
    (void)state;
    static const double stop[] = {2, 0.2, 0.7};
    femd_material *m = open_material(VACANCY("2,2,2", "3.66", "statics", AS_GIVEN));
    for (int k = 0; k < 3; k++) {
        watch w = {.stop_at = stop[k]};
        const femd_beat beat = {&w, on_beat};
        const femd_request q = {.wants = FEMD_WANT_MU, .temperature = 300};
        const femd_bytes virgin = {NULL, 0};
        femd_response r;
        femd_buffer out = FEMD_BUFFER_INIT;
        femd_error err = FEMD_ERROR_INIT;
        assert_int_equal(femd_material_evaluate(m, &q, &virgin, &beat, &r, &out, &err), k ? FEMD_DEADLINE : FEMD_OK);
        assert_true(w.back == 0 && w.beats > 10 && w.last <= 1 && w.last >= fmin(stop[k], 0.9));
        femd_buffer_clear(&out);
    }
    femd_material_close(&m);
}

static void what_makes_no_sense_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *json, *words;
    } wrong[] = {
        {CRYSTAL("2,2,2", "3.615", "statics", "Cu_mishin1.eam.alloy", "{\"vacancy\":32}", ""), "the last is number 31"},
        {CRYSTAL("2,2,2", "3.615", "statics", "Cu_mishin1.eam.alloy",
                 "{\"substitute\":{\"site\":1,\"species\":\"Ni\"}}", ""),
         "has no element \"Ni\""},
        {CRYSTAL("2,2,2", "3.615", "statics", "Cu_mishin1.eam.alloy",
                 "{\"substitute\":{\"site\":1,\"species\":\"Cu\"}}", ""),
         "is Cu already"},
        {CRYSTAL("2,2,2", "3.615", "statics", "Cu_mishin1.eam.alloy", "{\"vacancy\":1}",
                 ",\"quasiharmonic\":{\"mesh\":[2,2,2]}"),
         "knows no mesh"},
        {CRYSTAL("2,2,2", "3.615", "statics", "Cu_mishin1.eam.alloy",
                 "{\"interstitial\":{\"site\":1,\"along\":[0,0,0],\"species\":\"Cu\"}}", ""),
         "no direction"},
        {"{\"engine\":\"native\",\"method\":{\"stress\":\"statics\",\"chemical-potential\":\"harmonic\"},"
         "\"structure\":{\"lattice\":\"fcc\",\"a\":\"3.615 angstrom\",\"species\":[\"Cu\"],\"repeat\":[2,2,2]},"
         "\"potential\":{\"style\":\"eam/alloy\",\"file\":\"Cu_mishin1.eam.alloy\"}}",
         "needs a defect"},
        {"{\"engine\":\"native\",\"method\":{\"stress\":\"statics\",\"chemical-potential\":\"harmonic\"},"
         "\"structure\":{\"lattice\":\"fcc\",\"a\":\"3.615 angstrom\",\"species\":[\"Cu\"],\"repeat\":[3,3,3],"
         "\"vacancies\":{\"positions\":[[0,0,0]]}},\"defect\":{\"vacancy\":0},"
         "\"potential\":{\"style\":\"eam/alloy\",\"file\":\"Cu_mishin1.eam.alloy\"}}",
         "not all alike"},
        {"{\"engine\":\"native\",\"method\":{\"stress\":\"statics\",\"chemical-potential\":\"harmonic\"},"
         "\"structure\":{\"lattice\":\"fcc\",\"a\":\"3.6 angstrom\",\"species\":[\"Cu\"],\"repeat\":[2,2,2],"
         "\"substitution\":[{\"species\":\"Ni\",\"for\":\"Cu\",\"count\":4}]},\"defect\":{\"vacancy\":0},"
         "\"potential\":{\"style\":\"eam/alloy\",\"file\":\"CuNi.eam.alloy\"}}",
         "several species"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        femd_error err = FEMD_ERROR_INIT;
        femd_material *m = NULL;
        assert_int_equal(try_open(wrong[i].json, &m, &err), FEMD_BAD_INPUT);
        if (!strstr(err.text, wrong[i].words)) fail_msg("%s: %s", wrong[i].words, err.text);
    }
    femd_material *m = open_material(VACANCY("2,2,2", "3.615", "statics", ""));
    const femd_request cold = {.wants = BOTH, .temperature = -1};
    femd_response r;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(try_request(m, &cold, NULL, &r, NULL, &err), FEMD_OUT_OF_DOMAIN);
    femd_material_close(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_vacancy_has_the_energy_and_entropy_of_its_formation),
        cmocka_unit_test(a_solute_has_the_energy_of_its_substitution),
        cmocka_unit_test(the_strain_derivative_is_that_of_the_answer),
        cmocka_unit_test(masses_have_a_part_of_their_own),
        cmocka_unit_test(an_interstitial_takes_an_atom_from_the_crystal),
        cmocka_unit_test(neighbours_of_a_vacancy_move_in),
        cmocka_unit_test(same_bits_whatever_was_asked_before),
        cmocka_unit_test(progress_is_told_and_deadlines_are_kept),
        cmocka_unit_test(what_makes_no_sense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
