/* Energies of atoms that are put in or swapped, against whole energies of other configurations. */
#include <math.h>
#include <string.h>

#include "atoms_fixture.h"
#include "femd/tensor3.h"
#include "forces/trial.h"

#define LJ(more)                                                                                                       \
    "{\"structure\":{\"lattice\":\"b1\",\"a\":\"5.9 angstrom\",\"species\":[\"Ar\",\"Kr\"],\"repeat\":[2,2,2]},"       \
    "\"potential\":{\"style\":\"lj\",\"epsilon\":\"0.01 eV\",\"sigma\":\"2.9 angstrom\",\"cutoff\":\"7 "               \
    "angstrom\"" more "}}"
#define CUT                                                                                                            \
    "{\"structure\":{\"lattice\":\"fcc\",\"a\":\"5.9 "                                                                 \
    "angstrom\",\"species\":[\"Ar\"],\"repeat\":[2,2,2]},\"potential\":{"                                              \
    "\"style\":\"lj/cut\",\"epsilon\":\"0.01 eV\",\"sigma\":\"2.9 angstrom\",\"cutoff\":\"7 angstrom\"}}"
#define COPPER                                                                                                         \
    "{\"structure\":{\"lattice\":\"fcc\",\"a\":\"3.7 angstrom\",\"species\":[\"Cu\"],\"repeat\":[2,2,3]},"             \
    "\"potential\":{\"style\":\"eam/alloy\",\"file\":\"Cu_mishin1.eam.alloy\"}}"
#define ALLOY                                                                                                          \
    "{\"structure\":{\"lattice\":\"fcc\",\"a\":\"3.6 angstrom\",\"species\":[\"Cu\"],\"repeat\":[2,3,2],"              \
    "\"substitution\":[{\"species\":\"Ni\",\"for\":\"Cu\",\"count\":11}]},"                                            \
    "\"potential\":{\"style\":\"eam/alloy\",\"file\":\"CuNi.eam.alloy\"}}"

/* The whole energy of n atoms. */
static double whole(const atoms *a, int n, const int *species, const double *x) {
    femd_energetics *e = NULL;
    femd_neighbours *nb = NULL;
    femd_error err = FEMD_ERROR_INIT;
    double W;
    assert_int_equal(femd_energetics_create(a->p, n, species, &e, &err), FEMD_OK);
    assert_int_equal(femd_neighbours_create(femd_potential_cutoff(a->p), 0.3, &nb, &err), FEMD_OK);
    if (femd_energetics_forces(e, nb, a->s.cell, x, &W, NULL, NULL, &err) != FEMD_OK) fail_msg("%s", err.text);
    femd_neighbours_destroy(&nb);
    femd_energetics_destroy(&e);
    return W;
}

static femd_trial *open_trial(const atoms *a) {
    femd_trial *t = NULL;
    femd_error err = FEMD_ERROR_INIT;
    if (femd_trial_create(a->p, a->s.natoms, a->s.species, &t, &err) != FEMD_OK) fail_msg("%s", err.text);
    if (femd_trial_set(t, a->s.cell, a->s.x, &err) != FEMD_OK) fail_msg("%s", err.text);
    return t;
}

static void check(const char *name, double got, double want) {
    if (!(fabs(got - want) < 1e-9 * fmax(1, fabs(want)))) fail_msg("%s: %.15g, whole energies %.15g", name, got, want);
}

/* Of a sheared cell with atoms anywhere, some of them outside it. */
static void compare(const char *json, int put_in) {
    static const double shear[9] = {1.02, 0.08, -0.03, 0, 0.99, 0.05, 0, 0, 1.03}, f[3] = {0.31, 1.67, -0.22};
    atoms a;
    atoms_open(&a, json, 0.3);
    atoms_deform(&a, shear);
    atoms_shake(&a, 0.12, 5);
    for (int c = 0; c < 3; c++) a.s.x[3 * 4 + c] += 2 * a.s.cell[c] - a.s.cell[3 + c];
    const int n = a.s.natoms;
    double *x = malloc(3 * ((size_t)n + 1) * sizeof *x);
    int *species = malloc(((size_t)n + 1) * sizeof *species);
    memcpy(x, a.s.x, 3 * (size_t)n * sizeof *x);
    memcpy(species, a.s.species, (size_t)n * sizeof *species);
    femd_trial *t = open_trial(&a);
    const double W = whole(&a, n, species, x);
    for (int b = 0; b < a.s.nspecies; b++) {
        for (int c = 0; c < 3; c++) x[3 * n + c] = f[0] * a.s.cell[c] + f[1] * a.s.cell[3 + c] + f[2] * a.s.cell[6 + c];
        species[n] = b;
        if (put_in) check("put in", femd_trial_insert(t, b, x + 3 * (size_t)n), whole(&a, n + 1, species, x) - W);
        for (int i = 0; i < n; i += 3) {
            species[i] = b;
            check("swapped", femd_trial_swap(t, i, b), whole(&a, n, species, x) - W);
            species[i] = a.s.species[i];
        }
    }
    for (int i = 0; i < n;
         i += 2) { /* atoms that become others are seen as such, by themselves and by their neighbours */
        const int b = (a.s.species[i] + 1) % a.s.nspecies;
        femd_trial_become(t, i, b);
        a.s.species[i] = species[i] = b;
    }
    const double now = whole(&a, n, species, x);
    for (int i = 0; i < n; i += 3)
        for (int b = 0; b < a.s.nspecies; b++) {
            species[i] = b;
            check("swapped then", femd_trial_swap(t, i, b), whole(&a, n, species, x) - now);
            species[i] = a.s.species[i];
        }
    assert_true(femd_trial_insert(t, 0, a.s.x) == HUGE_VAL); /* where an atom is */
    femd_trial_destroy(&t);
    assert_null(t);
    free(x);
    free(species);
    atoms_close(&a);
}

static void pairs(void **state) {
    (void)state;
    compare(LJ(""), 1);
    compare(CUT, 1);
    compare(LJ(",\"smooth\":\"2 angstrom\""), 1);
}

static void embedded_atoms(void **state) {
    (void)state;
    compare(COPPER, 0);
    compare(ALLOY, 0);
}

/* A vacancy has room for an atom: what it adds is what the whole energy loses without it. */
static void an_atom_goes_back_into_its_vacancy(void **state) {
    (void)state;
    atoms a;
    atoms_open(&a, ALLOY, 0.3);
    atoms_shake(&a, 0.05, 7);
    const int n = a.s.natoms - 1;
    femd_trial *t = NULL;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(femd_trial_create(a.p, n, a.s.species, &t, &err), FEMD_OK);
    assert_int_equal(femd_trial_set(t, a.s.cell, a.s.x, &err), FEMD_OK);
    check("goes back", femd_trial_insert(t, a.s.species[n], a.s.x + 3 * (size_t)n),
          whole(&a, n + 1, a.s.species, a.s.x) - whole(&a, n, a.s.species, a.s.x));
    femd_trial_destroy(&t);
    atoms_close(&a);
}

static void what_cannot_be_tried_is_refused(void **state) {
    (void)state;
    atoms a;
    femd_trial *t = NULL;
    femd_error err = FEMD_ERROR_INIT;
    atoms_open(&a,
               "{\"structure\":{\"lattice\":\"diamond\",\"a\":\"5.43 angstrom\",\"species\":[\"Si\"]},"
               "\"potential\":{\"style\":\"sw\",\"file\":\"Si.sw\"}}",
               0.3);
    assert_int_equal(femd_trial_create(a.p, a.s.natoms, a.s.species, &t, &err), FEMD_UNSUPPORTED);
    assert_null(t);
    assert_non_null(strstr(err.text, "embedded atoms alone"));
    atoms_close(&a);
    atoms_open(&a,
               "{\"structure\":{\"lattice\":\"fcc\",\"a\":\"3.7 angstrom\",\"species\":[\"Cu\"]},"
               "\"potential\":{\"style\":\"eam/alloy\",\"file\":\"Cu_mishin1.eam.alloy\"}}",
               0.3);
    assert_int_equal(femd_trial_create(a.p, a.s.natoms, a.s.species, &t, &err), FEMD_OK);
    assert_int_equal(femd_trial_set(t, a.s.cell, a.s.x, &err), FEMD_UNSUPPORTED);
    assert_non_null(strstr(err.text, "its own images"));
    femd_trial_destroy(&t);
    atoms_close(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs),
        cmocka_unit_test(embedded_atoms),
        cmocka_unit_test(an_atom_goes_back_into_its_vacancy),
        cmocka_unit_test(what_cannot_be_tried_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
