/* What a form of potential may leave out: second derivatives follow from its forces, and what else it lacks is refused
 * with words. Energies of legs in general are tested where all forms are, in test_energetics.c and test_heat_flux.c. */
#include "atoms_fixture.h"

#include <math.h>

#include "forces/energetics_form.h"
#include "made_up_forms.h"

static const char *const samples[] = {
    "{\"structure\": {\"lattice\": \"fcc\", \"a\": \"5.3 angstrom\", \"species\": [\"Ar\"], \"repeat\": [2,1,1], "
    "\"vacancies\": {\"count\": 1, \"seed\": 7}}, \"potential\": {\"style\": \"lj\", \"epsilon\": \"0.0104 eV\", "
    "\"sigma\": \"3.4 angstrom\", \"cutoff\": \"8 angstrom\", \"smooth\": \"3 angstrom\"}}",
    "{\"structure\": {\"lattice\": \"fcc\", \"a\": \"3.615 angstrom\", \"species\": [\"Cu\"], \"repeat\": [2,2,2], "
    "\"vacancies\": {\"count\": 1, \"seed\": 7}}, \"potential\": {\"style\": \"eam/alloy\", \"file\": "
    "\"Cu_mishin1.eam.alloy\"}}",
    "{\"structure\": {\"lattice\": \"diamond\", \"a\": \"5.431 angstrom\", \"species\": [\"Si\"], \"repeat\": "
    "[1,1,2]}, \"potential\": {\"style\": \"sw\", \"file\": \"Si.sw\"}}",
};
enum { SAMPLES = sizeof samples / sizeof *samples };

/* What a potential of forces alone reaches, relative to the largest entry: see energetics_differences.h. */
static const double LIMIT[SAMPLES] = {1e-8, 2e-7, 3e-9};

static void open_sample(atoms *a, size_t k) {
    const double F[9] = {1.02, 0.01, 0.004, 0.0, 0.99, 0.03, 0.002, 0.0, 1.01};
    atoms_open(a, samples[k], 0.5);
    atoms_deform(a, F);
    atoms_shake(a, 0.08, 3);
}

typedef struct derivatives {
    size_t n;
    double *H, *L, *y, *v, *blocks, B[36], alone[36];
} derivatives;

static void derivatives_make(atoms *a, derivatives *d) {
    femd_error err = FEMD_ERROR_INIT;
    const size_t n = d->n = 3 * (size_t)a->s.natoms;
    d->H = malloc(n * n * sizeof(double));
    d->L = malloc(6 * n * sizeof(double));
    d->y = malloc(n * sizeof(double));
    d->v = malloc(n * sizeof(double));
    d->blocks = malloc(3 * n * sizeof(double));
    for (size_t c = 0; c < n; c++) d->v[c] = 30.0 * sin(1.0 + 7.3 * (double)c);
    assert_int_equal(femd_energetics_hessian(a->e, a->nb, a->s.cell, a->s.x, NULL, NULL, d->alone, &err), FEMD_OK);
    assert_int_equal(femd_energetics_onsite(a->e, a->nb, a->s.cell, a->s.x, d->blocks, &err), FEMD_OK);
    assert_int_equal(femd_energetics_hessian(a->e, a->nb, a->s.cell, a->s.x, d->H, d->L, d->B, &err), FEMD_OK);
    femd_energetics_apply(a->e, d->v, d->y);
}

static void derivatives_clear(derivatives *d) {
    free(d->H);
    free(d->L);
    free(d->y);
    free(d->v);
    free(d->blocks);
}

static void same(size_t k, const char *what, const double *got, const double *want, size_t n) {
    double worst = 0.0;
    for (size_t c = 0; c < n; c++)
        if (!(fabs(got[c] - want[c]) <= worst)) worst = fabs(got[c] - want[c]);
    worst /= largest(want, n);
    print_message("sample %zu, %s by differences: %.1e of the largest\n", k, what, worst);
    if (!(worst <= LIMIT[k])) fail_msg("sample %zu: %s differs by %g of its largest", k, what, worst);
}

static void forces_alone_have_second_derivatives_by_differences(void **state) {
    (void)state;
    for (size_t k = 0; k < SAMPLES; k++) {
        atoms a;
        derivatives exact, rough;
        open_sample(&a, k);
        derivatives_make(&a, &exact);
        atoms_use_form(&a, &made_up_outside);
        derivatives_make(&a, &rough);
        same(k, "H", rough.H, exact.H, exact.n * exact.n);
        same(k, "L", rough.L, exact.L, 6 * exact.n);
        same(k, "B", rough.B, exact.B, 36);
        same(k, "B alone", rough.alone, exact.B, 36);
        same(k, "H v", rough.y, exact.y, exact.n);
        same(k, "blocks of H", rough.blocks, exact.blocks, 3 * exact.n);
        for (size_t r = 0; r < exact.n; r++)
            for (size_t c = 0; c < r; c++) assert_true(rough.H[r * exact.n + c] == rough.H[c * exact.n + r]);
        for (int v = 0; v < 6; v++)
            for (int w = 0; w < v; w++) assert_true(rough.B[6 * v + w] == rough.B[6 * w + v]);
        derivatives_clear(&exact);
        derivatives_clear(&rough);
        atoms_close(&a);
    }
}

/* Preparing away from where the list was made, then asking for forces elsewhere: H v stays that of the prepared
 * configuration. */
static void what_was_prepared_stays_while_forces_are_asked_elsewhere(void **state) {
    femd_error err = FEMD_ERROR_INIT;
    atoms a;
    double W, v[96], first[96], second[96];
    (void)state;
    open_sample(&a, 0);
    atoms_use_form(&a, &made_up_outside);
    const size_t n = 3 * (size_t)a.s.natoms;
    assert_true(n <= 96);
    for (size_t c = 0; c < n; c++) v[c] = cos((double)c);
    femd_energetics_apply(a.e, v, first);
    for (size_t c = 0; c < n; c++) assert_true(isnan(first[c])); /* nothing was prepared */
    assert_int_equal(femd_energetics_prepare(a.e, a.nb, a.s.cell, a.s.x, NULL, NULL, &err), FEMD_OK);
    femd_energetics_apply(a.e, v, first);
    atoms_shake(&a, 0.5, 9);
    assert_int_equal(femd_energetics_forces(a.e, a.nb, a.s.cell, a.s.x, &W, NULL, NULL, &err), FEMD_OK);
    femd_energetics_apply(a.e, v, second);
    assert_memory_equal(first, second, n * sizeof *first);
    for (size_t c = 0; c < n; c++) v[c] = 0.0;
    femd_energetics_apply(a.e, v, first);
    assert_true(largest(first, n) == 0.0);
    v[1] = NAN;
    femd_energetics_apply(a.e, v, first);
    for (size_t c = 0; c < n; c++) assert_true(isnan(first[c]));
    atoms_close(&a);
}

static void refused(femd_status rc, const femd_error *err, const char *lacks) {
    assert_int_equal(rc, FEMD_UNSUPPORTED);
    if (!strstr(err->text, lacks) || !strstr(err->text, "Cu_mishin1.eam.alloy") || !strstr(err->text, "outside"))
        fail_msg("\"%s\" names no \"%s\"", err->text, lacks);
}

static void what_forces_alone_cannot_give_is_refused_with_words(void **state) {
    femd_error err = FEMD_ERROR_INIT;
    atoms a;
    double T[9], J[3], v[96] = {0}, mass[32] = {0}, energy[32];
    (void)state;
    open_sample(&a, 1);
    assert_true(a.s.natoms <= 32);
    assert_int_equal(femd_energetics_require(a.e, FEMD_GIVES_FACES | FEMD_GIVES_ATOM_ENERGIES | FEMD_GIVES_FLUX, &err),
                     FEMD_OK);
    atoms_use_form(&a, &made_up_outside);
    refused(femd_energetics_face_forces(a.e, a.nb, a.s.cell, a.s.x, T, &err), &err, "faces of the cell");
    refused(femd_energetics_heat_flux(a.e, a.nb, a.s.cell, a.s.x, v, mass, J, &err), &err, "heat flux");
    refused(femd_energetics_atom_energies(a.e, a.nb, a.s.cell, a.s.x, energy, &err), &err, "energies of single atoms");
    refused(femd_energetics_require(a.e, FEMD_GIVES_FLUX, &err), &err, "heat flux");
    assert_int_equal(femd_energetics_require(a.e, 0, &err), FEMD_OK);
    atoms_close(&a);
}

static void a_failure_outside_is_told(void **state) {
    femd_error err = FEMD_ERROR_INIT;
    atoms a;
    double W, f[96], W2, f2[96], H[9 * 1024];
    (void)state;
    open_sample(&a, 1);
    assert_true(9 * a.s.natoms * a.s.natoms <= (int)(sizeof H / sizeof *H));
    for (int c = 0; c < 3; c++) a.s.x[3 + c] = a.s.x[c] + (c == 0 ? 0.3 : 0.0);
    assert_int_equal(femd_energetics_forces(a.e, a.nb, a.s.cell, a.s.x, &W, f, NULL, &err), FEMD_OUT_OF_DOMAIN);
    atoms_use_form(&a, &made_up_outside);
    assert_int_equal(femd_energetics_forces(a.e, a.nb, a.s.cell, a.s.x, &W2, f2, NULL, &err), FEMD_OUT_OF_DOMAIN);
    assert_non_null(strstr(err.text, "nearer than"));
    assert_true(W2 == W); /* there are values nevertheless */
    for (int c = 0; c < 3 * a.s.natoms; c++)
        assert_true(fabs(f2[c] - f[c]) <= 1e-12 * largest(f, 3 * (size_t)a.s.natoms));
    assert_int_equal(femd_energetics_hessian(a.e, a.nb, a.s.cell, a.s.x, H, NULL, NULL, &err), FEMD_OUT_OF_DOMAIN);
    atoms_close(&a);
}

static void a_form_that_is_not_there_is_said(void **state) {
    femd_error err = FEMD_ERROR_INIT;
    const femd_potential_style stranger = {.name = "stranger", .form = "strange"};
    femd_energetics *e;
    atoms a;
    (void)state;
    open_sample(&a, 0);
    const femd_potential_style *keep = a.p->style;
    a.p->style = &stranger;
    assert_int_equal(femd_energetics_create(a.p, a.s.natoms, a.s.species, &e, &err), FEMD_INTERNAL);
    assert_non_null(strstr(err.text, "\"strange\""));
    a.p->style = keep;
    atoms_close(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forces_alone_have_second_derivatives_by_differences),
        cmocka_unit_test(what_was_prepared_stays_while_forces_are_asked_elsewhere),
        cmocka_unit_test(what_forces_alone_cannot_give_is_refused_with_words),
        cmocka_unit_test(a_failure_outside_is_told),
        cmocka_unit_test(a_form_that_is_not_there_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
