/* Neighbour lists against brute force over images, in cells of every size and shape, and the rule for when a list is
 * still good. */
#include "atoms_fixture.h"

#include <math.h>

#include "forces/neighbour_private.h"
#include "forces/neighbour_shell.h"
#include "numerics/random.h"

static double uniform(uint64_t *c) {
    return femd_random_uniform(5, 77, (*c)++);
}

/* Number of bonds shorter than the cutoff, each once, and the sums of their squared lengths, by looking at all images
 * within 12 cells. */
static long brute_force(int n, const double cell[9], const double *x, double cutoff, double *sum) {
    long bonds = 0;
    const int m = 12;
    *sum = 0.0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            for (int a = -m; a <= m; a++)
                for (int b = -m; b <= m; b++)
                    for (int c = -m; c <= m; c++) {
                        double s = 0.0;
                        if (i == j && !a && !b && !c) continue;
                        for (int k = 0; k < 3; k++) {
                            double d = x[3 * j + k] - x[3 * i + k] + a * cell[k] + b * cell[3 + k] + c * cell[6 + k];
                            s += d * d;
                        }
                        if (s < cutoff * cutoff) bonds++, *sum += s;
                    }
    *sum *= 0.5;
    assert_int_equal(bonds % 2, 0);
    return bonds / 2;
}

static long listed(const femd_neighbours *nb, const double cell[9], const double *x, double cutoff, double *sum) {
    double *xe = malloc(4 * (size_t)nb->next * sizeof *xe);
    long bonds = 0;
    *sum = 0.0;
    femd_neighbours_place(nb, cell, x, xe);
    for (int i = 0; i < nb->n; i++)
        for (int k = nb->first[i]; k < nb->first[i + 1]; k++) {
            const double *p = xe + 4 * (size_t)i, *q = xe + 4 * (size_t)nb->list[k];
            double s = (p[0] - q[0]) * (p[0] - q[0]) + (p[1] - q[1]) * (p[1] - q[1]) + (p[2] - q[2]) * (p[2] - q[2]);
            if (s < cutoff * cutoff) bonds++, *sum += s;
        }
    free(xe);
    return bonds;
}

static void every_bond_once_whatever_the_cell(void **state) {
    uint64_t c = 0;
    (void)state;
    for (int trial = 0; trial < 60; trial++) {
        int n = 1 + (int)(5.0 * uniform(&c));
        double cutoff = 2.0 + 3.0 * uniform(&c), cell[9], x[15], s1, s2, shear = trial % 3 == 2 ? 3.0 : 0.4;
        femd_error err = FEMD_ERROR_INIT;
        femd_neighbours *nb;
        for (int k = 0; k < 9; k++)
            cell[k] = (k % 4 == 0 ? 1.5 + 3.0 * uniform(&c) : shear * (uniform(&c) - 0.5) * 2.0);
        if (fabs(cell[0] * (cell[4] * cell[8] - cell[5] * cell[7]) - cell[1] * (cell[3] * cell[8] - cell[5] * cell[6]) +
                 cell[2] * (cell[3] * cell[7] - cell[4] * cell[6])) < 6.0)
            continue; /* flat: brute force would need more images */
        for (int k = 0; k < 3 * n; k++) x[k] = 20.0 * (uniform(&c) - 0.5);
        assert_int_equal(femd_neighbours_create(cutoff, 0.3, &nb, &err), FEMD_OK);
        assert_int_equal(femd_neighbours_rebuild(nb, n, cell, x, &err), FEMD_OK);
        /* brute force must see every image: bring the atoms into the cell first */
        double *xe = malloc(4 * (size_t)nb->next * sizeof *xe), inside[15];
        femd_neighbours_place(nb, cell, x, xe);
        for (int i = 0; i < n; i++) memcpy(inside + 3 * i, xe + 4 * i, 3 * sizeof(double));
        free(xe);
        long expected = brute_force(n, cell, inside, cutoff, &s1), got = listed(nb, cell, x, cutoff, &s2);
        if (expected != got) fail_msg("trial %d: %ld bonds, brute force finds %ld", trial, got, expected);
        assert_true(fabs(s1 - s2) < 1e-9 * (1.0 + s1));
        femd_neighbours_destroy(&nb);
    }
}

static void many_bins_give_the_same_as_few(void **state) {
    femd_error err = FEMD_ERROR_INIT;
    atoms a;
    double sum;
    long bonds;
    (void)state;
    atoms_open(
        &a,
        "{\"structure\": {\"lattice\": \"fcc\", \"a\": \"3.6 angstrom\", \"species\": [\"Cu\"], \"repeat\": [7,6,8]}}",
        0.0);
    assert_int_equal(femd_neighbours_create(4.6, 0.4, &a.nb, &err), FEMD_OK);
    assert_int_equal(femd_neighbours_rebuild(a.nb, a.s.natoms, a.s.cell, a.s.x, &err), FEMD_OK);
    bonds = listed(a.nb, a.s.cell, a.s.x, 4.6, &sum); /* shells of 12, 6 and 24 within 1.2247 a */
    assert_int_equal(bonds, a.s.natoms * 42 / 2);
    atoms_close(&a);
}

/* Whatever path the atoms and the cell take, update never misses a bond. */
static void update_never_misses_a_bond(void **state) {
    const double shear[9] = {1.004, 0.006, 0, 0, 0.998, 0.003, 0, 0, 1.001};
    femd_error err = FEMD_ERROR_INIT;
    femd_neighbours *fresh;
    uint64_t c = 1000;
    atoms a;
    (void)state;
    atoms_open(
        &a,
        "{\"structure\": {\"lattice\": \"fcc\", \"a\": \"3.6 angstrom\", \"species\": [\"Cu\"], \"repeat\": [2,2,2]}}",
        0.0);
    assert_int_equal(femd_neighbours_create(4.2, 0.5, &a.nb, &err), FEMD_OK);
    assert_int_equal(femd_neighbours_create(4.2, 0.0, &fresh, &err), FEMD_OK);
    for (int step = 0; step < 200; step++) {
        double s1, s2;
        if (step % 3 == 0) atoms_deform(&a, shear);
        for (int k = 0; k < 3 * a.s.natoms; k++) a.s.x[k] += 0.06 * (uniform(&c) - 0.5) + 0.2; /* with a common drift */
        assert_int_equal(femd_neighbours_update(a.nb, a.s.natoms, a.s.cell, a.s.x, &err), FEMD_OK);
        assert_int_equal(femd_neighbours_rebuild(fresh, a.s.natoms, a.s.cell, a.s.x, &err), FEMD_OK);
        long got = listed(a.nb, a.s.cell, a.s.x, 4.2, &s1), expected = listed(fresh, a.s.cell, a.s.x, 4.2, &s2);
        if (got != expected) fail_msg("step %d: %ld bonds, a fresh list finds %ld", step, got, expected);
    }
    assert_in_range(a.nb->builds, 5, 150); /* it was built anew when needed, and kept when not */
    femd_neighbours_destroy(&fresh);
    atoms_close(&a);
}

static void a_homogeneous_strain_within_the_skin_keeps_the_list(void **state) {
    const double F[9] = {1.01, 0.005, 0, 0, 0.99, 0, 0, 0, 1.0}, more[9] = {0.9, 0, 0, 0, 0.9, 0, 0, 0, 0.9};
    femd_error err = FEMD_ERROR_INIT;
    atoms a;
    (void)state;
    atoms_open(
        &a,
        "{\"structure\": {\"lattice\": \"fcc\", \"a\": \"3.6 angstrom\", \"species\": [\"Cu\"], \"repeat\": [3,3,3]}}",
        0.0);
    assert_int_equal(femd_neighbours_create(5.0, 0.5, &a.nb, &err), FEMD_OK);
    assert_int_equal(femd_neighbours_update(a.nb, a.s.natoms, a.s.cell, a.s.x, &err), FEMD_OK);
    atoms_deform(&a, F);
    assert_int_equal(femd_neighbours_update(a.nb, a.s.natoms, a.s.cell, a.s.x, &err), FEMD_OK);
    assert_int_equal(a.nb->builds, 1);
    atoms_deform(&a, more);
    assert_int_equal(femd_neighbours_update(a.nb, a.s.natoms, a.s.cell, a.s.x, &err), FEMD_OK);
    assert_int_equal(a.nb->builds, 2);
    atoms_close(&a);
}

static void impossible_configurations_are_refused_with_words(void **state) {
    const double cell[9] = {4, 0, 0, 0, 4, 0, 0, 0, 4}, flat[9] = {4, 0, 0, 0, 4, 0, 4, 4, 0},
                 thin[9] = {4, 0, 0, 0, 4, 0, 0, 0, 1e-4}; /* volume, and a million images */
    double x[6] = {0.1, 0.2, 0.3, 4.1, 4.2, -3.7};         /* the second is an image of the first */
    femd_error err = FEMD_ERROR_INIT;
    femd_neighbours *nb;
    (void)state;
    assert_int_equal(femd_neighbours_create(-1.0, 0.3, &nb, &err), FEMD_BAD_ARGUMENT);
    assert_int_equal(femd_neighbours_create(3.0, 0.3, &nb, &err), FEMD_OK);
    assert_int_equal(femd_neighbours_update(nb, 2, cell, x, &err), FEMD_OUT_OF_DOMAIN);
    assert_non_null(strstr(err.text, "coincides"));
    assert_int_equal(femd_neighbours_update(nb, 1, flat, x, &err), FEMD_OUT_OF_DOMAIN);
    assert_non_null(strstr(err.text, "volume"));
    assert_int_equal(femd_neighbours_update(nb, 1, thin, x, &err), FEMD_OUT_OF_DOMAIN);
    assert_non_null(strstr(err.text, "periodic images"));
    x[4] = INFINITY;
    assert_int_equal(femd_neighbours_update(nb, 2, cell, x, &err), FEMD_OUT_OF_DOMAIN);
    assert_non_null(strstr(err.text, "finite"));
    x[4] = 2.0;
    assert_int_equal(femd_neighbours_update(nb, 2, cell, x, &err), FEMD_OK); /* and goes on after a refusal */
    femd_neighbours_destroy(&nb);
}

/* Half the neighbours of the first shell for each atom: 12 in fcc, 8 and 6 in bcc, 4 in diamond. */
static void shells_have_the_nearest_neighbours(void **state) {
    (void)state;
    static const struct {
        const char *lattice;
        int half;
    } crystals[] = {{"fcc", 6}, {"bcc", 7}, {"diamond", 2}};
    for (size_t k = 0; k < sizeof crystals / sizeof *crystals; k++) {
        char json[256];
        atoms a;
        femd_shell shell = {0};
        femd_neighbours *nb = NULL;
        femd_error err = FEMD_ERROR_INIT;
        snprintf(json, sizeof json,
                 "{\"structure\":{\"lattice\":\"%s\",\"a\":\"4 angstrom\",\"species\":[\"X\"],\"repeat\":[3,3,3]}}",
                 crystals[k].lattice);
        atoms_open(&a, json, 0);
        const int n = a.s.natoms;
        assert_int_equal(femd_neighbours_create(5, 0.3, &nb, &err), FEMD_OK);
        for (int again = 0; again < 2; again++) { /* what was there is given up */
            assert_int_equal(femd_neighbours_shell(nb, n, a.s.cell, a.s.x, &shell, &err), FEMD_OK);
            assert_int_equal(shell.pairs, crystals[k].half * n);
        }
        femd_shell_clear(&shell);
        assert_int_equal(shell.pairs, 0);
        femd_neighbours_destroy(&nb);
        atoms_close(&a);
    }
}

static void pairs_part_by_the_factor(void **state) {
    (void)state;
    const double cell[9] = {9, 0, 0, 0, 9, 0, 0, 0, 9}, x[9] = {0.5, 1, 1, 7.5, 1, 1, 4.5, 5, 5}; /* 2 by an image */
    double w[9] = {0};
    femd_shell shell = {0};
    femd_neighbours *nb = NULL;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(femd_neighbours_create(3, 0.1, &nb, &err), FEMD_OK);
    assert_int_equal(femd_neighbours_shell(nb, 3, cell, x, &shell, &err), FEMD_OK);
    assert_int_equal(shell.pairs, 1);
    assert_int_equal(femd_shell_parted(&shell, w, 1.15), 0);
    w[3] = -0.29; /* away from the image: 2.29 */
    assert_int_equal(femd_shell_parted(&shell, w, 1.15), 0);
    w[3] = -0.31;
    assert_int_equal(femd_shell_parted(&shell, w, 1.15), 1);
    w[0] = -0.31; /* both alike */
    assert_int_equal(femd_shell_parted(&shell, w, 1.15), 0);
    w[3] = 0.31; /* nearer */
    assert_int_equal(femd_shell_parted(&shell, w, 1.15), 0);
    femd_shell_clear(&shell);
    femd_neighbours_destroy(&nb);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_bond_once_whatever_the_cell),
        cmocka_unit_test(many_bins_give_the_same_as_few),
        cmocka_unit_test(update_never_misses_a_bond),
        cmocka_unit_test(a_homogeneous_strain_within_the_skin_keeps_the_list),
        cmocka_unit_test(shells_have_the_nearest_neighbours),
        cmocka_unit_test(pairs_part_by_the_factor),
        cmocka_unit_test(impossible_configurations_are_refused_with_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
