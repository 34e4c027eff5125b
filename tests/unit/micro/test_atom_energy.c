/* Energy of an atom against free ones: known cohesive energies, nothing for atoms that do not meet, whatever a table
 * says of an atom alone. */
#include <unistd.h>

#include "engine_material.h"
#include "femd/units.h"

static double energy_of(const char *json) {
    femd_material *m = open_material(json);
    double energy;
    assert_int_equal(femd_material_atom_energy(m, &energy), 1);
    femd_material_close(&m);
    return energy / FEMD_ELEMENTARY_CHARGE;
}

static void cohesive_energies_are_known(void **state) {
    (void)state;
    /* LAMMPS gives -3.5402179 with F(0) = 5.4e-6, which a free atom has too */
    const double copper = energy_of(COPPER(",\"repeat\":[2,2,2]", ""));
    const double silicon = energy_of(
        "{\"engine\":\"native\",\"structure\":{\"lattice\":\"diamond\",\"a\":\"5.431 angstrom\",\"species\":[\"Si\"]},"
        "\"potential\":{\"style\":\"sw\",\"file\":\"Si.sw\"}}");
    print_message("copper %.7f, silicon %.7f eV\n", copper, silicon);
    assert_true(fabs(copper + 3.54022) < 1e-5);
    assert_true(fabs(silicon + 4.3366) < 5e-5);
    for (int held = 0; held < 2;
         held++) { /* of nearest neighbours alone: six halves of twelve bonds of depth epsilon */
        char json[600];
        snprintf(json, sizeof json,
                 "{\"engine\":\"%s\",\"structure\":{\"lattice\":\"fcc\",\"a\":1.58740105196819947e-10,\"species\":"
                 "[\"Ar\"]},\"potential\":{\"style\":\"lj/cut\",\"epsilon\":\"0.25 eV\",\"sigma\":\"1 angstrom\","
                 "\"cutoff\":\"1.4 angstrom\"},\"reference\":\"as-given\"}",
                 held ? "cauchy-born" : "native");
        assert_true(fabs(energy_of(json) + 6 * 0.25) < 1e-12);
    }
}

/* F(0) of this table is -0.2 eV, and so is the energy of a free atom. */
static void write_table(const char *name) {
    enum { KNOTS = 501 };
    const double dr = 0.01, drho = 0.2;
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    fprintf(file, "# UNITS: metal\n\n\n1 Cu\n%d %g %d %g 5\n29 63.546 3.615 fcc\n", KNOTS, drho, KNOTS, dr);
    for (int k = 0; k < KNOTS; k++) fprintf(file, "%.17g\n", -0.2 - 0.4 * (sqrt(k * drho + 1) - 1));
    for (int k = 0; k < KNOTS; k++) fprintf(file, "%.17g\n", 0.2 * pow(5 - k * dr, 3));
    for (int k = 0; k < KNOTS; k++) fprintf(file, "%.17g\n", k * dr * 0.02 * pow(5 - k * dr, 3));
    fclose(file);
}

static void atoms_that_do_not_meet_have_none(void **state) {
    (void)state;
    char name[] = "/tmp/femd-atom-XXXXXX", json[500];
    close(mkstemp(name));
    write_table(name);
    static const char *const side[2] = {"8", "3.6"};
    double energy[2];
    for (int k = 0; k < 2; k++) {
        snprintf(json, sizeof json,
                 "{\"engine\":\"cauchy-born\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"%s angstrom\",\"species\":"
                 "[\"Cu\"]},\"potential\":{\"style\":\"eam/alloy\",\"file\":\"%s\"},\"reference\":\"as-given\"}",
                 side[k], name);
        energy[k] = energy_of(json);
    }
    unlink(name);
    assert_true(fabs(energy[0]) < 1e-14);
    assert_true(fabs(energy[1]) > 0.1);
}

static void engines_without_atoms_have_none(void **state) {
    (void)state;
    femd_material *m = open_material("{\"engine\":\"elastic\",\"young\":1e11,\"poisson\":0.3}");
    double energy = 1;
    assert_int_equal(femd_material_atom_energy(m, &energy), 0);
    femd_material_close(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cohesive_energies_are_known),
        cmocka_unit_test(atoms_that_do_not_meet_have_none),
        cmocka_unit_test(engines_without_atoms_have_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
