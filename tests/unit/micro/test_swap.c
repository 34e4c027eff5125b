/* The method `swap` through the engine: exact limits, bits, states, what is refused. Figures with small errors are
 * those of `femd bench physics`. */
#include "engine_material.h"
#include "femd/evaluate.h"
#include "femd/units.h"

static const double EV = FEMD_ELEMENTARY_CHARGE, K = FEMD_BOLTZMANN / FEMD_ELEMENTARY_CHARGE;

#define CRYSTAL(structure, options)                                                                                    \
    "{\"engine\":\"native\",\"method\":{\"stress\":\"statics\",\"chemical-potential\":\"swap\"},\"swap\":{" options    \
    "},\"structure\":{\"lattice\":\"fcc\",\"a\":\"3.648 angstrom\",\"species\":[\"Cu\"],\"repeat\":[2,2,2]" structure  \
    "},\"reference\":\"as-given\",\"potential\":{\"style\":\"eam/alloy\",\"file\":\"CuNi.eam.alloy\"}}"
#define SHORT     "\"block\":\"0.5 ps\",\"equilibration\":\"1 ps\",\"max_steps\":"
#define TO_NICKEL "\"from\":\"Cu\",\"to\":\"Ni\","
#define QUICK     TO_NICKEL SHORT "30000"

static femd_request ask(double T, uint64_t seed) {
    return (femd_request){.wants = FEMD_WANT_MU, .temperature = T, .seed = seed, .accuracy = 0.5};
}

/* The same atoms by another name and mass: nothing but mixing and masses. */
static void of_equal_atoms_only_mixing_and_mass_are_left(void **state) {
    (void)state;
    static const double basis[4][3] = {{0, 0, 0}, {0, 2.65, 2.65}, {2.65, 0, 2.65}, {2.65, 2.65, 0}};
    FILE *file = fopen("test_swap.xyz", "w");
    assert_non_null(file);
    fprintf(file, "32\nLattice=\"10.6 0 0 0 10.6 0 0 0 10.6\" Properties=species:S:1:pos:R:3\n");
    for (int i = 0; i < 32; i++)
        fprintf(file, "%s %g %g %g\n", i % 8 < 3 ? "Kr" : "Ar", basis[i % 4][0] + 5.3 * (i / 16),
                basis[i % 4][1] + 5.3 * (i / 8 % 2), basis[i % 4][2] + 5.3 * (i / 4 % 2));
    assert_int_equal(fclose(file), 0);
    femd_material *m = open_material(
        "{\"engine\":\"native\",\"method\":{\"stress\":\"statics\",\"chemical-potential\":\"swap\"},\"swap\":{\"from\":"
        "\"Ar\",\"to\":\"Kr\",\"max_steps\":20000,\"block\":\"2 ps\",\"equilibration\":\"5 "
        "ps\"},\"structure\":{\"file\":"
        "\"test_swap.xyz\",\"species\":[\"Ar\",\"Kr\"],\"masses\":[\"39.948 u\",\"83.798 "
        "u\"]},\"reference\":\"as-given\","
        "\"potential\":{\"style\":\"lj\",\"epsilon\":\"0.0103207 eV\",\"sigma\":\"3.405 angstrom\",\"cutoff\":\"7 "
        "angstrom\"}}");
    const femd_request q = ask(40, 3);
    const double kT = FEMD_BOLTZMANN * 40;
    femd_response r;
    request(m, &q, NULL, &r, NULL);
    assert_true(fabs(r.mu_excess) < 1e-9 * kT && r.mu_excess_err < 1e-9 * kT);
    assert_true(fabs(r.mu_ideal - kT * log(13.0 / 20)) < 1e-12 * kT);
    assert_true(fabs(r.mu_mass - 1.5 * kT * log(39.948 / 83.798)) < 1e-12 * kT);
    assert_true(fabs(r.mu - r.mu_ideal - r.mu_mass - r.mu_excess) < 1e-12 * kT);
    femd_material_close(&m);
}

/* Nickel for copper at 600 K: -0.7592 eV with 256 atoms. */
static void nickel_in_copper_both_ways(void **state) {
    (void)state;
    femd_material *m = open_material(CRYSTAL("", QUICK)), *twin = open_material(CRYSTAL("", QUICK));
    const femd_request q = ask(600, 1), other = ask(600, 2);
    femd_response r, s, t;
    request(m, &q, NULL, &r, NULL);
    request(twin, &other, NULL, &s, NULL);
    request(twin, &q, NULL, &t, NULL);
    assert_true(r.mu == t.mu && r.mu_err == t.mu_err && r.mu_check == t.mu_check && r.mu != s.mu);
    if (!(fabs(r.mu_excess / EV + 0.7595) < 0.004) || !(r.mu_excess_err < 0.002 * EV))
        fail_msg("%g +- %g eV", r.mu_excess / EV, r.mu_excess_err / EV);
    assert_true(fabs(r.mu_excess - r.mu_check) < 4 * (r.mu_check_err + r.mu_excess_err));
    assert_true(fabs(r.mu_excess - s.mu_excess) < 4 * (r.mu_excess_err + s.mu_excess_err));
    assert_true(fabs(r.mu_ideal / (EV * K * 600) - log(1.0 / 32)) < 1e-9);
    assert_true(!(r.notes & (FEMD_NOTE_FAR_SWAP | FEMD_NOTE_NOT_SOLID)) && r.sampled);
    /* colder than its energies scatter, it is told */
    const femd_request cold = ask(20, 1);
    assert_int_equal(r.provided, FEMD_WANT_MU);
    request(m, &cold, NULL, &t, NULL);
    assert_true(fabs(t.mu_excess / EV + 0.786) < 0.004);
    femd_material_close(&m);
    femd_material_close(&twin);
}

/* From nickel to copper in the crystal with one of nickel it is the opposite. */
static void the_way_back_is_the_opposite(void **state) {
    (void)state;
    femd_material *there = open_material(CRYSTAL("", QUICK)),
                  *back = open_material(CRYSTAL(",\"substitution\":[{\"species\":\"Ni\",\"for\":\"Cu\",\"count\":1}]",
                                                "\"from\":\"Ni\",\"to\":\"Cu\"," SHORT "30000"));
    const femd_request q = ask(600, 4);
    femd_response r, s;
    request(there, &q, NULL, &r, NULL);
    request(back, &q, NULL, &s, NULL);
    assert_true(fabs(r.mu_excess + s.mu_excess) < 4 * (r.mu_excess_err + s.mu_excess_err) + 1e-6 * EV);
    assert_true(fabs(r.mu_ideal + s.mu_ideal) < 1e-9 * EV && fabs(r.mu_mass + s.mu_mass) < 1e-9 * EV);
    femd_material_close(&there);
    femd_material_close(&back);
}

static void a_state_goes_on(void **state) {
    (void)state;
    femd_material *m = open_material(CRYSTAL("", QUICK));
    femd_request q = ask(600, 7);
    femd_response first, second, again;
    femd_buffer one = FEMD_BUFFER_INIT, two = FEMD_BUFFER_INIT;
    femd_error err = FEMD_ERROR_INIT;
    request(m, &q, NULL, &first, &one);
    q.accuracy = 1e-6;
    request(m, &q, &one, &second, &two);
    assert_true(second.mu_excess_err < first.mu_excess_err && (second.notes & FEMD_NOTE_ACCURACY_NOT_REACHED));
    q.accuracy = 0.5;
    request(m, &q, &two, &again, NULL);
    assert_true(again.mu == second.mu && again.work.force_evaluations < 100);
    two.size -= 8;
    assert_int_equal(try_request(m, &q, &two, &again, NULL, &err), FEMD_PROTOCOL);
    femd_buffer_clear(&one);
    femd_buffer_clear(&two);
    femd_material_close(&m);
}

static void what_cannot_be_swapped_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *json, *words;
    } wrong[] = {
        {CRYSTAL("", "\"from\":\"Ni\",\"to\":\"Cu\""), "no atom of \"Ni\""},
        {CRYSTAL("", "\"from\":\"Cu\",\"to\":\"Cu\""), "the same species"},
        {CRYSTAL("", "\"from\":\"Cu\",\"to\":\"Fe\""), "has no element \"Fe\""},
        {CRYSTAL("", TO_NICKEL "\"max_steps\":10"), "max_steps must be at least"},
        {CRYSTAL("", QUICK ",\"stride\":100000"), "a stride of 100000"},
        {"{\"engine\":\"native\",\"method\":{\"stress\":\"statics\",\"chemical-potential\":\"swap\"},\"structure\":{"
         "\"lattice\":\"fcc\",\"a\":\"3.6 angstrom\",\"species\":[\"Cu\"],\"repeat\":[2,2,2]},\"potential\":{\"style\":"
         "\"eam/alloy\",\"file\":\"CuNi.eam.alloy\"}}",
         "needs two species"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        femd_error err = FEMD_ERROR_INIT;
        femd_material *m = NULL;
        assert_int_equal(try_open(wrong[i].json, &m, &err), FEMD_BAD_INPUT);
        if (!strstr(err.text, wrong[i].words)) fail_msg("%s: %s", wrong[i].words, err.text);
    }
    femd_material *m = open_material(CRYSTAL("", QUICK));
    const femd_request cold = ask(0, 1);
    femd_response r;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(try_request(m, &cold, NULL, &r, NULL, &err), FEMD_BAD_INPUT);
    femd_material_close(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_equal_atoms_only_mixing_and_mass_are_left),
        cmocka_unit_test(nickel_in_copper_both_ways),
        cmocka_unit_test(the_way_back_is_the_opposite),
        cmocka_unit_test(a_state_goes_on),
        cmocka_unit_test(what_cannot_be_swapped_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
