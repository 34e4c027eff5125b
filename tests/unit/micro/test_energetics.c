/* Forces are the derivative of the energy, the Hessian that of the forces, tau and B those with respect to strain: for
 * every form of potential, with several species, and in cells smaller than the cutoff. */
#include "atoms_fixture.h"

#include <math.h>

#include "made_up_forms.h"

#define COPPER "\"potential\": {\"style\": \"eam/alloy\", \"file\": \"Cu_mishin1.eam.alloy\"}"

#define SILICON "{\"structure\": {\"lattice\": \"diamond\", \"a\": \"5.431 angstrom\", \"species\": [\"Si\"]"
#define SW      "\"potential\": {\"style\": \"sw\", \"file\": \"Si.sw\"}"

typedef struct sample {
    const char *json;
    const femd_energetics_form *form; /* NULL: the potential's own */
} sample;

static const double strained[9] = {1.02, 0.01, 0.004, 0.0, 0.99, 0.03, 0.002, 0.0, 1.01};

/* Of the last ones only cutoff and species count. */
#define CUTOFF(r)                                                                                                      \
    "\"potential\": {\"style\": \"lj/cut\", \"epsilon\": \"1 eV\", \"sigma\": \"0.5 angstrom\", \"cutoff\": \"" r      \
    " angstrom\"}"

static const sample samples[] = {
    /* one primitive-like cell of four atoms, cutoff 1.5 times its edge: many images and self-images */
    {"{\"structure\": {\"lattice\": \"fcc\", \"a\": \"3.615 angstrom\", \"species\": [\"Cu\"]}, " COPPER "}", NULL},
    {"{\"structure\": {\"lattice\": \"fcc\", \"a\": \"3.615 angstrom\", \"species\": [\"Cu\"], \"repeat\": [3,3,3],"
     " \"vacancies\": {\"count\": 1, \"seed\": 7}}, " COPPER "}",
     NULL},
    {"{\"structure\": {\"lattice\": \"b2\", \"a\": \"2.9 angstrom\", \"species\": [\"Al\", \"Ni\"], \"repeat\": "
     "[2,2,3]},"
     " \"potential\": {\"style\": \"eam/fs\", \"file\": \"NiAlH_jea.eam.fs\", \"interpolation\": \"smooth\"}}",
     NULL},
    {"{\"structure\": {\"lattice\": \"b1\", \"a\": \"4.9 angstrom\", \"species\": [\"Ni\", \"Al\"], \"repeat\": "
     "[2,1,1]},"
     " \"potential\": {\"style\": \"eam/alloy\", \"file\": \"NiAlH_jea.eam.alloy\", \"interpolation\": \"smooth\"}}",
     NULL},
    {"{\"structure\": {\"lattice\": \"hcp\", \"a\": \"3.9 angstrom\", \"species\": [\"Ar\"], \"repeat\": [2,1,1]},"
     " \"potential\": {\"style\": \"lj\", \"epsilon\": \"0.0104 eV\", \"sigma\": \"3.4 angstrom\", \"cutoff\": \"8 "
     "angstrom\", \"smooth\": \"3 angstrom\"}}",
     NULL},
    {SILICON "}, " SW "}", NULL}, /* eight atoms, cutoff 0.7 of the edge: an atom meets two images of another */
    {SILICON ", \"repeat\": [1,1,2], \"vacancies\": {\"count\": 1, \"seed\": 5}}, " SW "}", NULL},
    {"{\"structure\": {\"lattice\": \"diamond\", \"a\": \"4.5 angstrom\", \"species\": [\"Ga\", \"N\"], \"repeat\": "
     "[2,1,1]},"
     " \"potential\": {\"style\": \"sw\", \"file\": \"GaN.sw\"}}",
     NULL},
    {SILICON "}, " CUTOFF("4") "}", &made_up_square}, /* meets second neighbours, and two images of some */
    {"{\"structure\": {\"lattice\": \"b1\", \"a\": \"4.9 angstrom\", \"species\": [\"Ni\", \"Al\"], \"repeat\": "
     "[1,1,2], \"vacancies\": {\"count\": 1, \"seed\": 5}}, " CUTOFF("5.5") "}",
     &made_up_square}, /* and an atom its own images */
    {SILICON ", \"repeat\": [1,1,2]}, " CUTOFF("4") "}", &made_up_angle},
    {"{\"structure\": {\"lattice\": \"b1\", \"a\": \"4.9 angstrom\", \"species\": [\"Ni\", \"Al\"], \"repeat\": "
     "[1,1,2], \"vacancies\": {\"count\": 1, \"seed\": 5}}, " CUTOFF("5.5") "}",
     &made_up_angle},
};
#define SAMPLES (sizeof samples / sizeof samples[0])

static void forces_of(atoms *a, double *W, double *f, double tau[6]) {
    femd_error err = FEMD_ERROR_INIT;
    if (femd_energetics_forces(a->e, a->nb, a->s.cell, a->s.x, W, f, tau, &err) != FEMD_OK) fail_msg("%s", err.text);
}

static void open_sample(atoms *a, size_t k) {
    atoms_open(a, samples[k].json, 0.5);
    if (samples[k].form) atoms_use_form(a, samples[k].form);
    atoms_deform(a, strained);
    atoms_shake(a, 0.08, 3);
}

static void forces_are_minus_the_gradient(void **state) {
    (void)state;
    for (size_t k = 0; k < SAMPLES; k++) {
        atoms a;
        const double h = 1e-4;
        double W1, W2, tau[6], *f;
        open_sample(&a, k);
        f = malloc(3 * (size_t)a.s.natoms * sizeof *f);
        forces_of(&a, &W1, f, tau);
        for (int c = 0; c < 3 * a.s.natoms; c += 1 + a.s.natoms / 8) {
            double keep = a.s.x[c], fd;
            a.s.x[c] = keep + h;
            forces_of(&a, &W1, NULL, NULL);
            a.s.x[c] = keep - h;
            forces_of(&a, &W2, NULL, NULL);
            a.s.x[c] = keep;
            fd = -(W1 - W2) / (2.0 * h);
            if (fabs(fd - f[c]) > 1e-6 * fmax(1.0, fabs(f[c])))
                fail_msg("sample %zu: force %d is %.12g, differences give %.12g", k, c, f[c], fd);
        }
        free(f);
        atoms_close(&a);
    }
}

static void tau_is_the_strain_derivative(void **state) {
    static const int voigt[6][2] = {{0, 0}, {1, 1}, {2, 2}, {1, 2}, {0, 2}, {0, 1}};
    (void)state;
    for (size_t k = 0; k < SAMPLES; k++)
        for (int v = 0; v < 6; v++) {
            const double h = 1e-5;
            double W[2], tau[6], fd;
            atoms a;
            open_sample(&a, k);
            forces_of(&a, &W[0], NULL, tau);
            atoms_close(&a);
            for (int side = 0; side < 2; side++) {
                double F[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1}, step = side ? -h : h;
                F[3 * voigt[v][0] + voigt[v][1]] += 0.5 * step;
                F[3 * voigt[v][1] + voigt[v][0]] += 0.5 * step;
                open_sample(&a, k);
                atoms_deform(&a, F);
                forces_of(&a, &W[side], NULL, NULL);
                atoms_close(&a);
            }
            fd = (W[0] - W[1]) / (2.0 * h);
            if (fabs(fd - tau[v]) > 1e-6 * fmax(10.0, fabs(tau[v])))
                fail_msg("sample %zu: tau %d is %.12g, differences give %.12g", k, v, tau[v], fd);
        }
}

/* Column c of H and of L against differences of forces and tau. */
static void hessian_is_the_derivative_of_the_forces(void **state) {
    (void)state;
    for (size_t k = 0; k < SAMPLES; k++) {
        femd_error err = FEMD_ERROR_INIT;
        const double h = 1e-5;
        atoms a;
        open_sample(&a, k);
        size_t n = 3 * (size_t)a.s.natoms;
        double *H = malloc(n * n * sizeof *H), *L = malloc(6 * n * sizeof *L), B[36], W, *f1 = malloc(n * sizeof *f1),
               *f2 = malloc(n * sizeof *f2);
        double t1[6], t2[6], scale;
        assert_int_equal(femd_energetics_hessian(a.e, a.nb, a.s.cell, a.s.x, H, L, B, &err), FEMD_OK);
        scale = largest(H, n * n);
        for (size_t c = 0; c < n; c += 1 + n / 12) {
            double keep = a.s.x[c];
            a.s.x[c] = keep + h;
            forces_of(&a, &W, f1, t1);
            a.s.x[c] = keep - h;
            forces_of(&a, &W, f2, t2);
            a.s.x[c] = keep;
            for (size_t r = 0; r < n; r++) {
                double fd = -(f1[r] - f2[r]) / (2.0 * h);
                if (fabs(fd - H[r * n + c]) > 2e-6 * scale)
                    fail_msg("sample %zu: H[%zu][%zu] is %.12g, differences give %.12g", k, r, c, H[r * n + c], fd);
            }
            for (int v = 0; v < 6; v++) {
                double fd = (t1[v] - t2[v]) / (2.0 * h);
                if (fabs(fd - L[6 * c + (size_t)v]) > 2e-6 * 5.0 * scale)
                    fail_msg("sample %zu: L[%zu][%d] is %.12g, differences give %.12g", k, c, v, L[6 * c + (size_t)v],
                             fd);
            }
        }
        free(H);
        free(L);
        free(f1);
        free(f2);
        atoms_close(&a);
    }
}

/* d2W/dE2 by second differences of the exact first derivative: under U with U^2 = I + 2 E, dW/dE = U^-1 tau U^-1. Steps
 * of E are small, so the first derivative there is tau - (E tau + tau E) to first order. */
static void b_is_the_second_strain_derivative(void **state) {
    static const int voigt[6][2] = {{0, 0}, {1, 1}, {2, 2}, {1, 2}, {0, 2}, {0, 1}};
    (void)state;
    for (size_t k = 0; k < SAMPLES; k++) {
        femd_error err = FEMD_ERROR_INIT;
        const double h = 1e-5;
        double B[36], scale;
        atoms a;
        open_sample(&a, k);
        assert_int_equal(femd_energetics_hessian(a.e, a.nb, a.s.cell, a.s.x, NULL, NULL, B, &err), FEMD_OK);
        atoms_close(&a);
        scale = largest(B, 36);
        for (int w = 0; w < 6; w++) {
            double t[2][6], W;
            for (int side = 0; side < 2; side++) {
                double E[9] = {0}, U[9], inverse[9], tau[6], full[9], S[9] = {0}, step = side ? -h : h;
                E[3 * voigt[w][0] + voigt[w][1]] += 0.5 * step;
                E[3 * voigt[w][1] + voigt[w][0]] += 0.5 * step;
                for (int r = 0; r < 3; r++)
                    for (int c = 0; c < 3; c++) { /* (I + 2E)^(+-1/2) to third order */
                        double e2 = 0.0, one = r == c;
                        for (int m = 0; m < 3; m++) e2 += E[3 * r + m] * E[3 * m + c];
                        U[3 * r + c] = one + E[3 * r + c] - 0.5 * e2;
                        inverse[3 * r + c] = one - E[3 * r + c] + 1.5 * e2;
                    }
                open_sample(&a, k);
                atoms_deform(&a, U);
                forces_of(&a, &W, NULL, tau);
                atoms_close(&a);
                for (int v = 0; v < 6; v++)
                    full[3 * voigt[v][0] + voigt[v][1]] = full[3 * voigt[v][1] + voigt[v][0]] = tau[v];
                for (int r = 0; r < 3; r++)
                    for (int c = 0; c < 3; c++)
                        for (int m = 0; m < 3; m++)
                            for (int q = 0; q < 3; q++)
                                S[3 * r + c] += inverse[3 * r + m] * full[3 * m + q] * inverse[3 * q + c];
                for (int v = 0; v < 6; v++) t[side][v] = S[3 * voigt[v][0] + voigt[v][1]];
            }
            for (int v = 0; v < 6; v++) {
                double fd = (t[0][v] - t[1][v]) / (2.0 * h);
                if (fabs(fd - B[6 * v + w]) > 1e-6 * scale)
                    fail_msg("sample %zu: B[%d][%d] is %.12g, differences give %.12g", k, v, w, B[6 * v + w], fd);
            }
        }
    }
}

/* B alone is made by other formulas than with L and H. */
static void b_alone_is_the_same(void **state) {
    (void)state;
    for (size_t k = 0; k < SAMPLES; k++) {
        femd_error err = FEMD_ERROR_INIT;
        double alone[36], with[36], *L;
        atoms a;
        open_sample(&a, k);
        L = malloc(18 * (size_t)a.s.natoms * sizeof *L);
        assert_int_equal(femd_energetics_hessian(a.e, a.nb, a.s.cell, a.s.x, NULL, NULL, alone, &err), FEMD_OK);
        assert_int_equal(femd_energetics_prepare(a.e, a.nb, a.s.cell, a.s.x, L, with, &err), FEMD_OK);
        for (int c = 0; c < 36; c++)
            if (!(fabs(alone[c] - with[c]) <= 1e-12 * largest(with, 36)))
                fail_msg("sample %zu: B[%d] alone %.15g, else %.15g", k, c, alone[c], with[c]);
        free(L);
        atoms_close(&a);
    }
}

static void hessian_times_vector_needs_no_hessian(void **state) {
    (void)state;
    for (size_t k = 0; k < SAMPLES; k++) {
        femd_error err = FEMD_ERROR_INIT;
        atoms a;
        open_sample(&a, k);
        size_t n = 3 * (size_t)a.s.natoms;
        double *H = malloc(n * n * sizeof *H), *v = malloc(n * sizeof *v), *y = malloc(n * sizeof *y),
               rigid[3] = {0, 0, 0};
        assert_int_equal(femd_energetics_hessian(a.e, a.nb, a.s.cell, a.s.x, H, NULL, NULL, &err), FEMD_OK);
        assert_int_equal(femd_energetics_prepare(a.e, a.nb, a.s.cell, a.s.x, NULL, NULL, &err), FEMD_OK);
        for (size_t c = 0; c < n; c++) v[c] = sin(1.0 + 7.3 * (double)c);
        femd_energetics_apply(a.e, v, y);
        for (size_t r = 0; r < n; r++) {
            double sum = 0.0;
            for (size_t c = 0; c < n; c++) {
                sum += H[r * n + c] * v[c];
                assert_true(H[r * n + c] == H[c * n + r]);
            }
            assert_true(fabs(sum - y[r]) < 1e-12 * largest(H, n * n) * (double)n);
        }
        for (size_t c = 0; c < n; c++) v[c] = c % 3 == 1; /* a translation costs nothing */
        femd_energetics_apply(a.e, v, y);
        assert_true(largest(y, n) < 1e-12 * largest(H, n * n));
        femd_energetics_apply(a.e, a.s.x, y);
        for (size_t c = 0; c < n; c++) rigid[c % 3] += y[c];
        assert_true(largest(rigid, 3) < 1e-9 * largest(H, n * n));
        free(H);
        free(v);
        free(y);
        atoms_close(&a);
    }
}

/* At any state tau_ab = sum_k T_ka cell_kb - sum_i f_ia x_ib: the boundary form of the virial. */
static void face_forces_carry_the_virial(void **state) {
    static const int voigt[6][2] = {{0, 0}, {1, 1}, {2, 2}, {1, 2}, {0, 2}, {0, 1}};
    (void)state;
    for (size_t k = 0; k < SAMPLES; k++) {
        femd_error err = FEMD_ERROR_INIT;
        atoms a;
        double T[9], W, tau[6], *f;
        open_sample(&a, k);
        f = malloc(3 * (size_t)a.s.natoms * sizeof *f);
        forces_of(&a, &W, f, tau);
        assert_int_equal(femd_energetics_face_forces(a.e, a.nb, a.s.cell, a.s.x, T, &err), FEMD_OK);
        for (int v = 0; v < 6; v++) {
            int r = voigt[v][0], c = voigt[v][1];
            double sum = 0.0;
            for (int m = 0; m < 3; m++) sum += T[3 * m + r] * a.s.cell[3 * m + c];
            for (int i = 0; i < a.s.natoms; i++) sum -= f[3 * i + r] * a.s.x[3 * i + c];
            if (fabs(sum - tau[v]) > 1e-10 * fmax(1.0, largest(tau, 6)))
                fail_msg("sample %zu: tau %d is %.12g, faces give %.12g", k, v, tau[v], sum);
        }
        free(f);
        atoms_close(&a);
    }
}

static void atom_energies_add_up(void **state) {
    (void)state;
    for (size_t k = 0; k < SAMPLES; k++) {
        femd_error err = FEMD_ERROR_INIT;
        atoms a;
        double W, sum = 0.0, *energy;
        open_sample(&a, k);
        energy = malloc((size_t)a.s.natoms * sizeof *energy);
        forces_of(&a, &W, NULL, NULL);
        assert_int_equal(femd_energetics_atom_energies(a.e, a.nb, a.s.cell, a.s.x, energy, &err), FEMD_OK);
        for (int i = 0; i < a.s.natoms; i++) sum += energy[i];
        assert_true(fabs(sum - W) < 1e-11 * fmax(1.0, fabs(W)));
        free(energy);
        atoms_close(&a);
    }
}

static void leaving_the_table_is_said_and_still_has_an_energy(void **state) {
    femd_error err = FEMD_ERROR_INIT;
    atoms a;
    double W = NAN, f[12], tau[6];
    (void)state;
    atoms_open(&a, samples[0].json, 0.5);
    a.s.x[3] = a.s.x[0] + 0.3; /* 0.3 angstrom apart */
    a.s.x[4] = a.s.x[1];
    a.s.x[5] = a.s.x[2];
    assert_int_equal(femd_energetics_forces(a.e, a.nb, a.s.cell, a.s.x, &W, f, tau, &err), FEMD_OUT_OF_DOMAIN);
    assert_true(isfinite(W) && W > 0.0);
    assert_non_null(strstr(err.text, "nearer than"));
    assert_non_null(strstr(err.text, "Cu_mishin1.eam.alloy"));
    a.s.x[3] = a.s.x[0];
    assert_int_equal(femd_energetics_forces(a.e, a.nb, a.s.cell, a.s.x, &W, f, tau, &err), FEMD_OUT_OF_DOMAIN);
    a.s.x[3] = NAN;
    assert_int_equal(femd_energetics_forces(a.e, a.nb, a.s.cell, a.s.x, &W, f, tau, &err), FEMD_OUT_OF_DOMAIN);
    atoms_close(&a);
}

/* Beyond the last density the energy goes on linearly, with forces that remain its derivative. */
static void beyond_the_last_density_the_energy_goes_on(void **state) {
    const double small[9] = {0.86, 0, 0, 0, 0.86, 0, 0, 0, 0.86}, h = 1e-5,
                 more[9] = {1.0 + h, 0, 0, 0, 1.0 + h, 0, 0, 0, 1.0 + h};
    femd_error err = FEMD_ERROR_INIT;
    double W, W2, tau[6], tau2[6];
    atoms a;
    (void)state;
    atoms_open(&a, samples[0].json, 0.5);
    atoms_deform(&a, small);
    assert_int_equal(femd_energetics_forces(a.e, a.nb, a.s.cell, a.s.x, &W, NULL, tau, &err), FEMD_OUT_OF_DOMAIN);
    assert_non_null(strstr(err.text, "density"));
    atoms_deform(&a, more);
    assert_int_equal(femd_energetics_forces(a.e, a.nb, a.s.cell, a.s.x, &W2, NULL, tau2, &err), FEMD_OUT_OF_DOMAIN);
    assert_true(fabs((W2 - W) / h / (1.5 * (tau[0] + tau2[0])) - 1.0) < 1e-5);
    atoms_close(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forces_are_minus_the_gradient),
        cmocka_unit_test(tau_is_the_strain_derivative),
        cmocka_unit_test(hessian_is_the_derivative_of_the_forces),
        cmocka_unit_test(b_is_the_second_strain_derivative),
        cmocka_unit_test(b_alone_is_the_same),
        cmocka_unit_test(hessian_times_vector_needs_no_hessian),
        cmocka_unit_test(face_forces_carry_the_virial),
        cmocka_unit_test(atom_energies_add_up),
        cmocka_unit_test(leaving_the_table_is_said_and_still_has_an_energy),
        cmocka_unit_test(beyond_the_last_density_the_energy_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
