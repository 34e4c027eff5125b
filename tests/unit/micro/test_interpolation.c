/* Interpolation "auto" keeps LAMMPS's forces, those through F too, at any density of the table; elsewhere it is smooth.
 */
#include "atoms_fixture.h"

#include <math.h>
#include <string.h>

#include "numerics/random.h"
#include "numerics/spline.h"
#include "potentials/potential_embed.h"

static void open_table(atoms *a, const char *lattice, double edge, const char *file, const char *how) {
    char json[400];
    const char *end = strpbrk(file, "_");
    snprintf(
        json, sizeof json,
        "{\"structure\": {\"lattice\": \"%s\", \"a\": \"%.17g angstrom\", \"species\": [\"%.*s\"], \"repeat\": [2, "
        "2, 2]}, \"potential\": {\"style\": \"eam/alloy\", \"file\": \"%s\", \"interpolation\": \"%s\"}}",
        lattice, edge, (int)(end - file), file, file, how);
    atoms_open(a, json, 0.3);
    atoms_shake(a, 0.1, 11);
}

/* Every table of LAMMPS that auto refits, from tension to high pressure, atoms off their sites. */
static void auto_keeps_the_forces_of_lammps(void **state) {
    (void)state;
    static const struct {
        const char *lattice, *file;
        double edge;
    } of[] = {{"fcc", "Cu_mishin1.eam.alloy", 3.615},
              {"fcc", "Cu_zhou.eam.alloy", 3.615},
              {"fcc", "Al_zhou.eam.alloy", 4.08},
              {"bcc", "W_zhou.eam.alloy", 3.165}};
    for (size_t k = 0; k < sizeof of / sizeof *of; k++)
        for (int step = 0; step <= 24; step++) {
            femd_error err = FEMD_ERROR_INIT;
            double W[2], tau[2][6], force[2][3 * 32], most = 1.0;
            const double edge = of[k].edge * (0.90 + 0.01 * step);
            int n = 0;
            for (int lammps = 0; lammps < 2; lammps++) {
                atoms a;
                open_table(&a, of[k].lattice, edge, of[k].file, lammps ? "lammps" : "auto");
                n = a.s.natoms;
                assert_in_range(n, 1, 32);
                const femd_status rc =
                    femd_energetics_forces(a.e, a.nb, a.s.cell, a.s.x, &W[lammps], force[lammps], tau[lammps], &err);
                assert_true(rc == FEMD_OK || rc == FEMD_OUT_OF_DOMAIN);
                assert_int_equal(femd_eam_tables_of(a.p)->over_radius, lammps);
                atoms_close(&a);
            }
            for (int i = 0; i < 3 * n; i++) most = fmax(most, fabs(force[1][i]));
            for (int i = 0; i < 3 * n; i++)
                if (!(fabs(force[0][i] - force[1][i]) < 2e-7 * most)) /* some 20 bonds feel their share of 1e-8 */
                    fail_msg("%s, a = %.4g: %.10g is %.10g as LAMMPS", of[k].file, edge, force[0][i], force[1][i]);
            for (int i = 0; i < 6; i++) assert_true(fabs(tau[0][i] - tau[1][i]) < 1e-6 * n * most);
        }
}

/* LAMMPS 29 Sep 2021: pxx of the cell of lattice constant 3.165 sqrt(1 - 2 0.0266), as 2nd Piola-Kirchhoff stress. */
static void tungsten_has_lammps_stress_beside_its_break(void **state) {
    (void)state;
    femd_error err = FEMD_ERROR_INIT;
    const double scale = sqrt(1 - 2 * 0.0266);
    char json[300];
    double W, tau[6], B[36];
    atoms a;
    snprintf(json, sizeof json,
             "{\"structure\": {\"lattice\": \"bcc\", \"a\": \"%.17g angstrom\", \"species\": [\"W\"]}, \"potential\": "
             "{\"style\": \"eam/alloy\", \"file\": \"W_zhou.eam.alloy\"}}",
             3.165 * scale);
    atoms_open(&a, json, 0.3);
    assert_int_equal(femd_energetics_forces(a.e, a.nb, a.s.cell, a.s.x, &W, NULL, tau, &err), FEMD_OK);
    assert_int_equal(femd_energetics_hessian(a.e, a.nb, a.s.cell, a.s.x, NULL, NULL, B, &err), FEMD_OK);
    const double V0 = 3.165 * 3.165 * 3.165, square = scale * scale;
    assert_true(fabs(tau[0] / square / V0 * FEMD_EV_PER_A3 / 1e9 + 28.963416) < 2e-4);
    assert_true(fabs(B[0] / (square * square) / V0 * FEMD_EV_PER_A3 / 1e9 - 646.638) < 2e-3);
    assert_non_null(strstr(femd_potential_notes(a.p), "F of W is interpolated as LAMMPS does from density 42.2"));
    atoms_close(&a);
}

/* F with a jump of F' or F'' somewhere: refitted but for the knots around it and some at the ends. */
static void only_breaks_are_left_to_lammps(void **state) {
    (void)state;
    enum { N = 4000, NR = 100 };
    static double F[N], rho[NR], smooth[N], lammps[N], slope[N], work[N];
    static unsigned char mark[N];
    int breaks = 0;
    for (int trial = 0; trial < 200; trial++) {
        const double place = 200 + 3600 * femd_random_uniform(5, 1, (uint64_t)trial),
                     size = pow(10, -3 + 3 * femd_random_uniform(5, 2, (uint64_t)trial));
        const int order = 1 + trial % 2;
        const double jump = order == 1 ? size : 0.05 * size;
        femd_eam t = {
            .n = 1, .nrho = N, .nr = NR, .drho = 0.01, .dr = 0.055, .cutoff = 5.4, .embed = F, .density = rho};
        femd_embed_break found;
        for (int k = 0; k < N; k++) {
            const double x = 0.01 * k, over = k > place ? 0.01 * (k - place) : 0;
            F[k] = -sqrt(x + 0.2) + 0.02 * x * x + jump * (order == 1 ? over : over * over);
        }
        for (int k = 0; k < NR; k++) rho[k] = exp(-0.055 * k);
        femd_spline_slopes_smooth(N, F, smooth, work);
        femd_spline_slopes_lammps(N, F, lammps);
        femd_embed_slopes(&t, 0, smooth, lammps, slope, work, mark, &found);
        int marked = 0;
        for (int k = 0; k < N; k++) {
            marked += mark[k];
            const double weight = exp(-1) / 0.01; /* rho' at 1 angstrom or farther */
            if (mark[k])
                assert_true(slope[k] == lammps[k]);
            else if (!(fabs(slope[k] - lammps[k]) * weight < 1.2e-8 * fmax(1, fabs(lammps[k]) * weight)))
                fail_msg("knot %d: %g", k, fabs(slope[k] - lammps[k]) * weight);
            if (k == 0 || k == N - 1 || mark[k]) continue;
            double left[4], right[4]; /* F'' is continuous where F is refitted */
            femd_spline_interval(F, slope, (size_t)k - 1, left);
            femd_spline_interval(F, slope, (size_t)k, right);
            assert_true(fabs(2 * left[2] + 6 * left[3] - 2 * right[2]) < 1e-12);
        }
        assert_in_range(marked, 1, N / 20);
        if (!(found.error > 0)) continue; /* too small to matter */
        breaks++;
        assert_true(found.from <= found.at && found.at <= found.to);
        assert_true(found.from - 0.01 <= 0.01 * place && 0.01 * place <= found.to + 0.01);
    }
    assert_in_range(breaks, 100, 200);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(auto_keeps_the_forces_of_lammps),
        cmocka_unit_test(tungsten_has_lammps_stress_beside_its_break),
        cmocka_unit_test(only_breaks_are_left_to_lammps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
