/* What forces that are cut off add to the mean of B: against differences of the mean virial over the same displaced
 * atoms. A strain carries pairs over the cutoff, and only the mean over many configurations sees it. */
#include "atoms_fixture.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "femd/tensor3.h"
#include "made_up_forms.h"

typedef struct sample {
    const char *name, *json;
    double shake; /* angstrom */
    int configurations, rows;
} sample;

#define PAIR(a, b, cutoff)                                                                                             \
    "{\"species\": [\"" a "\", \"" b                                                                                   \
    "\"], \"epsilon\": \"0.0104 eV\", \"sigma\": \"3.4 angstrom\", \"cutoff\": \"" cutoff " angstrom\"}"

static const sample cut[] = {
    {"argon",
     "{\"structure\": {\"lattice\": \"fcc\", \"a\": \"5.397 angstrom\", \"species\": [\"Ar\"], \"repeat\": [3,3,3]}, "
     "\"potential\": {\"style\": \"lj/cut\", \"epsilon\": \"0.0103235 eV\", \"sigma\": \"3.405 angstrom\", "
     "\"cutoff\": \"8.5125 angstrom\"}}",
     0.25, 1000, 3},
    {"two species, a cutoff for each pair",
     "{\"structure\": {\"lattice\": \"b2\", \"a\": \"4.3 angstrom\", \"species\": [\"Ar\", \"Kr\"], \"repeat\": "
     "[4,4,3]}, \"potential\": {\"style\": \"lj/cut\", \"pairs\": [" PAIR("Ar", "Ar", "6.1") ", " PAIR(
         "Ar", "Kr", "7.2") ", " PAIR("Kr", "Kr", "8.4") "]}}",
     0.25, 1000, 3},
    {"Cu_u3, whose density ends with a slope",
     "{\"structure\": {\"lattice\": \"fcc\", \"a\": \"3.615 angstrom\", \"species\": [\"Cu\"], \"repeat\": [3,3,3]}, "
     "\"potential\": {\"style\": \"eam\", \"file\": \"Cu_u3.eam\"}}",
     0.2, 1000, 3},
    {"CuNi, two densities",
     "{\"structure\": {\"lattice\": \"b1\", \"a\": \"4.6 angstrom\", \"species\": [\"Cu\", \"Ni\"], \"repeat\": "
     "[3,3,2]}, \"potential\": {\"style\": \"eam/alloy\", \"file\": \"CuNi.eam.alloy\"}}",
     0.2, 1000, 3},
};

/* A table whose density (6 - r)^2 and pair function are cut at 4.9 angstrom in the midst of their way, F = -sqrt. */
static void write_table(FILE *file) {
    enum { KNOTS = 1201 };
    const double dr = 0.005, drho = 0.05;
    fprintf(file, "# UNITS: metal\n\n\n1 Cu\n%d %g %d %g 4.9\n29 63.546 3.615 fcc\n", KNOTS, drho, KNOTS, dr);
    for (int k = 0; k < KNOTS; k++) fprintf(file, "%.17g\n", -sqrt(k * drho + 0.01));
    for (int k = 0; k < KNOTS; k++) fprintf(file, "%.17g\n", 0.2 * pow(6 - k * dr, 2));
    for (int k = 0; k < KNOTS; k++) fprintf(file, "%.17g\n", k * dr * 8 * exp(-1.5 * k * dr));
}

/* tau_a0/(1 + 2E) or tau_a: second Piola-Kirchhoff's U_E of the normal strain E of axis 1 at fixed displacements. */
static void stretched(atoms *a, double E, double *x, double S[6]) {
    femd_error err = FEMD_ERROR_INIT;
    const double U = sqrt(1 + 2 * E);
    double cell[9], tau[6], W;
    memcpy(cell, a->s.cell, sizeof cell);
    for (int k = 0; k < 3; k++) cell[3 * k] *= U;
    for (int i = 0; i < a->s.natoms; i++) x[3 * i] = a->s.x[3 * i] * U;
    for (int i = 0; i < a->s.natoms; i++)
        for (int c = 1; c < 3; c++) x[3 * i + c] = a->s.x[3 * i + c];
    if (femd_energetics_forces(a->e, a->nb, cell, x, &W, NULL, tau, &err) != FEMD_OK) fail_msg("%s", err.text);
    for (int v = 0; v < 6; v++) S[v] = tau[v] / ((femd_voigt_i[v] == 0 ? U : 1) * (femd_voigt_j[v] == 0 ? U : 1));
}

static void check(const sample *s) {
    const double h = 0.003;
    atoms a;
    femd_error err = FEMD_ERROR_INIT;
    double without[36] = {0}, with[36] = {0}, slope[6] = {0};
    atoms_open(&a, s->json, 0.5);
    assert_true(femd_energetics_is_cut(a.e));
    const size_t size = 3 * (size_t)a.s.natoms * sizeof(double);
    double *x = malloc(size), *sites = malloc(size);
    memcpy(sites, a.s.x, size);
    for (int k = 0; k < s->configurations; k++) {
        double B[36], plus[6], minus[6];
        memcpy(a.s.x, sites, size);
        atoms_shake(&a, s->shake, (uint64_t)k + 1);
        if (femd_energetics_hessian(a.e, a.nb, a.s.cell, a.s.x, NULL, NULL, B, &err) != FEMD_OK)
            fail_msg("%s", err.text);
        for (int c = 0; c < 36; c++) without[c] += B[c] / s->configurations;
        assert_int_equal(femd_energetics_add_cut(a.e, 0.2, B, &err), FEMD_OK);
        for (int c = 0; c < 36; c++) with[c] += B[c] / s->configurations;
        for (int c = 0; c < 36; c++) assert_true(fabs(B[c] - B[6 * (c % 6) + c / 6]) < 1e-10 * largest(B, 36));
        stretched(&a, h, x, plus);
        stretched(&a, -h, x, minus);
        for (int v = 0; v < 6; v++) slope[v] += (plus[v] - minus[v]) / (2 * h) / s->configurations;
    }
    for (int v = 0; v < s->rows; v++) {
        const double part = with[6 * v] - without[6 * v];
        print_message("%s: B%d1 %.4f, cut %.4f, differences %.4f: off by %.1f %% of the cut's part\n", s->name, v + 1,
                      without[6 * v], part, slope[v], 100 * fabs((slope[v] - with[6 * v]) / part));
        if (v == 0) assert_true(fabs(slope[v] - with[6 * v]) < 0.06 * fabs(part));
        assert_true(fabs(slope[v] - with[6 * v]) < 0.06 * fabs(with[0] - without[0]));
    }
    free(x);
    free(sites);
    atoms_close(&a);
}

static void the_mean_of_B_is_the_derivative_of_the_mean_virial(void **state) {
    (void)state;
    for (size_t k = 0; k < sizeof cut / sizeof *cut; k++) check(&cut[k]);
}

/* Of the density's own step no single strain makes a symmetric B: the diagonal alone is compared. */
static void a_density_that_is_cut_off_is_counted_too(void **state) {
    (void)state;
    char name[] = "/tmp/femd-cut-XXXXXX", json[500];
    const int fd = mkstemp(name);
    FILE *file = fdopen(fd, "w");
    assert_non_null(file);
    write_table(file);
    fclose(file);
    snprintf(json, sizeof json,
             "{\"structure\": {\"lattice\": \"fcc\", \"a\": \"3.615 angstrom\", \"species\": [\"Cu\"], \"repeat\": "
             "[3,3,3]}, \"potential\": {\"style\": \"eam/alloy\", \"file\": \"%s\"}}",
             name);
    check(&(sample){"a cut density", json, 0.2, 1000, 1});
    unlink(name);
}

static void what_ends_smoothly_has_no_such_part(void **state) {
    (void)state;
    static const char *const smooth[] = {
        "{\"style\": \"lj\", \"epsilon\": \"0.0104 eV\", \"sigma\": \"2.3 angstrom\", \"cutoff\": \"6 angstrom\"}",
        "{\"style\": \"lj\", \"epsilon\": \"0.0104 eV\", \"sigma\": \"2.3 angstrom\", \"cutoff\": \"6 angstrom\", "
        "\"smooth\": \"1 angstrom\"}",
        "{\"style\": \"eam/alloy\", \"file\": \"Cu_mishin1.eam.alloy\"}",
        "{\"style\": \"eam/alloy\", \"file\": \"Cu_zhou.eam.alloy\"}"};
    for (size_t k = 0; k < sizeof smooth / sizeof *smooth; k++) {
        char json[400];
        atoms a;
        femd_error err = FEMD_ERROR_INIT;
        double B[36], after[36];
        snprintf(json, sizeof json,
                 "{\"structure\": {\"lattice\": \"fcc\", \"a\": \"3.615 angstrom\", \"species\": [\"Cu\"]}, "
                 "\"potential\": %s}",
                 smooth[k]);
        atoms_open(&a, json, 0.5);
        assert_false(femd_energetics_is_cut(a.e));
        assert_int_equal(femd_energetics_hessian(a.e, a.nb, a.s.cell, a.s.x, NULL, NULL, B, &err), FEMD_OK);
        memcpy(after, B, sizeof B);
        assert_int_equal(femd_energetics_add_cut(a.e, 0.5, after, &err), FEMD_OK);
        assert_memory_equal(B, after, sizeof B);
        atoms_close(&a);
    }
}

/* ---- forms that make B in ways of their own ---- */

/* B as a form makes it that can do so without keeping bonds. */
static femd_status born_alone(femd_energetics *e, double B[36], femd_error *err) {
    return femd_energetics_lj.prepare(e, NULL, B, err);
}

/* B of the sample and what the cutoff adds, in a form that makes B alone if `alone`. */
static void cut_sum(const sample *s, int alone, double B[36]) {
    atoms a;
    femd_error err = FEMD_ERROR_INIT;
    femd_energetics_form form = femd_energetics_lj;
    if (alone) form.born = born_alone;
    atoms_open(&a, s->json, 0.5);
    atoms_use_form(&a, &form);
    atoms_shake(&a, s->shake, 1);
    assert_int_equal(femd_energetics_hessian(a.e, a.nb, a.s.cell, a.s.x, NULL, NULL, B, &err), FEMD_OK);
    assert_int_equal(femd_energetics_add_cut(a.e, 0.2, B, &err), FEMD_OK);
    atoms_close(&a);
}

static void a_form_that_makes_B_alone_loses_nothing(void **state) {
    (void)state;
    double whole[36], alone[36];
    cut_sum(&cut[0], 0, whole);
    cut_sum(&cut[0], 1, alone);
    assert_memory_equal(whole, alone, sizeof whole);
}

static void a_form_without_bonds_is_refused(void **state) {
    (void)state;
    atoms a;
    femd_error err = FEMD_ERROR_INIT;
    double B[36];
    atoms_open(&a, cut[0].json, 0.5);
    atoms_use_form(&a, &made_up_outside);
    assert_int_equal(femd_energetics_hessian(a.e, a.nb, a.s.cell, a.s.x, NULL, NULL, B, &err), FEMD_OK);
    assert_int_equal(femd_energetics_add_cut(a.e, 0.2, B, &err), FEMD_UNSUPPORTED);
    assert_true(strstr(err.text, "cutoff") && strstr(err.text, "\"outside\""));
    atoms_close(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_mean_of_B_is_the_derivative_of_the_mean_virial),
        cmocka_unit_test(a_density_that_is_cut_off_is_counted_too),
        cmocka_unit_test(what_ends_smoothly_has_no_such_part),
        cmocka_unit_test(a_form_that_makes_B_alone_loses_nothing),
        cmocka_unit_test(a_form_without_bonds_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
