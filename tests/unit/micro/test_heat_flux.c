/* The heat flux is the rate at which the energies of the atoms move: exact in a cluster, the same through periodic
 * images, and for each potential. */
#include "atoms_fixture.h"

#include <math.h>

#include "femd/units.h"
#include "forces/energetics_private.h"
#include "made_up_forms.h"
#include "numerics/random.h"

#define MVV (FEMD_ATOMIC_MASS * 1e4 / FEMD_ELEMENTARY_CHARGE) /* eV in u (angstrom/ps)^2 */

typedef struct sample {
    const char *json;
    int images;                       /* cells to each side that reach twice the cutoff */
    const femd_energetics_form *form; /* NULL: the potential's own */
} sample;

#define CLUSTER                                                                                                        \
    "{\"structure\": {\"lattice\": \"diamond\", \"a\": \"4.5 angstrom\", \"species\": [\"Ga\", \"N\"]}, "              \
    "\"potential\": {\"style\": \"lj/cut\", \"epsilon\": \"1 eV\", \"sigma\": \"0.5 angstrom\", \"cutoff\": \"4 "      \
    "angstrom\"}}"

static const sample samples[] = {
    {"{\"structure\": {\"lattice\": \"fcc\", \"a\": \"5.3 angstrom\", \"species\": [\"Ar\"]},"
     " \"potential\": {\"style\": \"lj\", \"epsilon\": \"0.0104 eV\", \"sigma\": \"3.4 angstrom\", \"cutoff\": \"6 "
     "angstrom\", \"smooth\": \"2 angstrom\"}}",
     3, NULL},
    {"{\"structure\": {\"lattice\": \"fcc\", \"a\": \"3.615 angstrom\", \"species\": [\"Cu\"]},"
     " \"potential\": {\"style\": \"eam/alloy\", \"file\": \"Cu_mishin1.eam.alloy\"}}",
     4, NULL},
    {"{\"structure\": {\"lattice\": \"b2\", \"a\": \"2.9 angstrom\", \"species\": [\"Al\", \"Ni\"], \"repeat\": "
     "[1,1,2]},"
     " \"potential\": {\"style\": \"eam/fs\", \"file\": \"NiAlH_jea.eam.fs\", \"interpolation\": \"smooth\"}}",
     5, NULL},
    {"{\"structure\": {\"lattice\": \"diamond\", \"a\": \"5.431 angstrom\", \"species\": [\"Si\"]},"
     " \"potential\": {\"style\": \"sw\", \"file\": \"Si.sw\"}}",
     2, NULL},
    {"{\"structure\": {\"lattice\": \"diamond\", \"a\": \"4.5 angstrom\", \"species\": [\"Ga\", \"N\"]},"
     " \"potential\": {\"style\": \"sw\", \"file\": \"GaN.sw\"}}",
     2, NULL},
    {CLUSTER, 2, &made_up_square},
    {CLUSTER, 2, &made_up_angle},
};
#define SAMPLES (sizeof samples / sizeof samples[0])

typedef struct motion {
    atoms a;
    double *v, *mass, *energy, *force;
} motion;

static void motion_room(motion *m) {
    size_t n = (size_t)m->a.s.natoms;
    m->v = malloc(3 * n * sizeof(double));
    m->mass = malloc(n * sizeof(double));
    m->energy = malloc(n * sizeof(double));
    m->force = malloc(3 * n * sizeof(double));
    for (size_t i = 0; i < n; i++) m->mass[i] = 20.0 + 7.0 * m->a.s.species[i];
    for (size_t c = 0; c < 3 * n; c++) m->v[c] = 12.0 * (femd_random_uniform(5, 7, c) - 0.5);
}

static void motion_open(motion *m, size_t k) {
    const double F[9] = {1.02, 0.01, 0.004, 0.0, 0.99, 0.03, 0.002, 0.0, 1.01};
    atoms_open(&m->a, samples[k].json, 0.5);
    if (samples[k].form) atoms_use_form(&m->a, samples[k].form);
    atoms_deform(&m->a, F);
    atoms_shake(&m->a, 0.15, 3);
    motion_room(m);
}

static void motion_close(motion *m) {
    atoms_close(&m->a);
    free(m->v);
    free(m->mass);
    free(m->energy);
    free(m->force);
}

static void energies_of(motion *m) {
    femd_error err = FEMD_ERROR_INIT;
    if (femd_energetics_atom_energies(m->a.e, m->a.nb, m->a.s.cell, m->a.s.x, m->energy, &err) != FEMD_OK)
        fail_msg("%s", err.text);
}

static void flux_of(motion *m, double J[3]) {
    femd_error err = FEMD_ERROR_INIT;
    if (femd_energetics_heat_flux(m->a.e, m->a.nb, m->a.s.cell, m->a.s.x, m->v, m->mass, J, &err) != FEMD_OK)
        fail_msg("%s", err.text);
}

/* sum of x_i e_i */
static void moment_of_energy(motion *m, double sum[3]) {
    energies_of(m);
    sum[0] = sum[1] = sum[2] = 0.0;
    for (int i = 0; i < m->a.s.natoms; i++) {
        const double *v = m->v + 3 * i;
        double e = m->energy[i] + 0.5 * MVV * m->mass[i] * (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
        for (int c = 0; c < 3; c++) sum[c] += e * m->a.s.x[3 * i + c];
    }
}

static void check(size_t k, const char *what, const double J[3], const double want[3], double limit) {
    double scale = fmax(1e-3, largest(want, 3));
    for (int c = 0; c < 3; c++)
        if (!(fabs(J[c] - want[c]) <= limit * scale))
            fail_msg("sample %zu, %s: component %d is %.12g, expected %.12g", k, what, c, J[c], want[c]);
}

/* Atoms of a few cells alone in a wide cell: nothing wraps, so J = d/dt sum of x e along the trajectory. */
static void in_a_cluster_it_is_the_rate_of_the_moment_of_energy(void **state) {
    (void)state;
    for (size_t k = 0; k < SAMPLES; k++) {
        femd_error err = FEMD_ERROR_INIT;
        const double h = 2e-6;
        motion m;
        double W, tau[6], J[3], moment[2][3], rate[3];
        motion_open(&m, k);
        size_t n = (size_t)m.a.s.natoms;
        double *x = malloc(3 * n * sizeof *x), *v = malloc(3 * n * sizeof *v);
        for (int c = 0; c < 9; c++) m.a.s.cell[c] *= 6.0;
        flux_of(&m, J);
        assert_int_equal(femd_energetics_forces(m.a.e, m.a.nb, m.a.s.cell, m.a.s.x, &W, m.force, tau, &err), FEMD_OK);
        assert_true(largest(m.force, 3 * n) > 1e-3);
        memcpy(x, m.a.s.x, 3 * n * sizeof *x);
        memcpy(v, m.v, 3 * n * sizeof *v);
        for (int side = 0; side < 2; side++) {
            double step = side ? -h : h;
            for (size_t c = 0; c < 3 * n; c++) {
                m.a.s.x[c] = x[c] + step * v[c];
                m.v[c] = v[c] + step * m.force[c] / (MVV * m.mass[c / 3]);
            }
            moment_of_energy(&m, moment[side]);
        }
        for (int c = 0; c < 3; c++) rate[c] = (moment[0][c] - moment[1][c]) / (2.0 * h);
        check(k, "cluster", J, rate, 1e-6);
        free(x);
        free(v);
        motion_close(&m);
    }
}

/* Fan's formula atom by atom: dU_j/dx_i . v_i by differences in a large cluster of images of a periodic cell that is
 * smaller than the cutoff. */
static void in_a_periodic_cell_it_is_that_of_its_images(void **state) {
    (void)state;
    for (size_t k = 0; k < SAMPLES; k++) {
        femd_error err = FEMD_ERROR_INIT;
        const double h = 1e-5;
        int side = samples[k].images, cells = (2 * side + 1) * (2 * side + 1) * (2 * side + 1), at = 0;
        motion m;
        atoms big;
        double J[3], want[3] = {0, 0, 0};
        motion_open(&m, k);
        flux_of(&m, J);
        energies_of(&m);
        int n = m.a.s.natoms;
        memset(&big, 0, sizeof big);
        big.s.natoms = n * cells;
        big.s.x = malloc(3 * (size_t)big.s.natoms * sizeof(double));
        big.s.species = malloc((size_t)big.s.natoms * sizeof(int));
        for (int pass = 0; pass < 2; pass++) /* the cell itself first */
            for (int p = -side; p <= side; p++)
                for (int q = -side; q <= side; q++)
                    for (int r = -side; r <= side; r++) {
                        if ((p == 0 && q == 0 && r == 0) != (pass == 0)) continue;
                        for (int i = 0; i < n; i++, at++) {
                            big.s.species[at] = m.a.s.species[i];
                            for (int c = 0; c < 3; c++)
                                big.s.x[3 * at + c] = m.a.s.x[3 * i + c] + p * m.a.s.cell[c] + q * m.a.s.cell[3 + c] +
                                                      r * m.a.s.cell[6 + c];
                        }
                    }
        for (int c = 0; c < 9; c++) big.s.cell[c] = (2 * side + 4) * m.a.s.cell[c];
        assert_int_equal(femd_neighbours_create(femd_potential_cutoff(m.a.p), 0.5, &big.nb, &err), FEMD_OK);
        big.p = m.a.p;
        atoms_use_form(&big, m.a.e->form);
        double *plus = malloc((size_t)big.s.natoms * sizeof *plus),
               *minus = malloc((size_t)big.s.natoms * sizeof *minus);
        for (int i = 0; i < n; i++) {
            double keep[3], *xi = big.s.x + 3 * i, *v = m.v + 3 * i,
                            e = m.energy[i] + 0.5 * MVV * m.mass[i] * (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
            memcpy(keep, xi, sizeof keep);
            for (int c = 0; c < 3; c++) xi[c] = keep[c] + h * v[c];
            assert_int_equal(femd_energetics_atom_energies(big.e, big.nb, big.s.cell, big.s.x, plus, &err), FEMD_OK);
            for (int c = 0; c < 3; c++) xi[c] = keep[c] - h * v[c];
            assert_int_equal(femd_energetics_atom_energies(big.e, big.nb, big.s.cell, big.s.x, minus, &err), FEMD_OK);
            memcpy(xi, keep, sizeof keep);
            for (int c = 0; c < 3; c++) {
                want[c] += e * v[c];
                for (int j = 0; j < big.s.natoms; j++)
                    if (j != i) want[c] += (big.s.x[3 * j + c] - keep[c]) * (plus[j] - minus[j]) / (2.0 * h);
            }
        }
        check(k, "images", J, want, 1e-6);
        free(plus);
        free(minus);
        femd_energetics_destroy(&big.e);
        femd_neighbours_destroy(&big.nb);
        free(big.s.x);
        free(big.s.species);
        motion_close(&m);
    }
}

/* All atoms at one velocity u carry their energy along, and the stress works: J = (W + M u^2/2) u - tau u. */
static void a_moving_crystal_carries_energy_and_work(void **state) {
    static const int full[9] = {0, 5, 4, 5, 1, 3, 4, 3, 2};
    const double u[3] = {1.3, -0.4, 2.1};
    (void)state;
    for (size_t k = 0; k < SAMPLES; k++) {
        femd_error err = FEMD_ERROR_INIT;
        motion m;
        double W, tau[6], J[3], want[3], kinetic = 0.0;
        motion_open(&m, k);
        for (int c = 0; c < 3 * m.a.s.natoms; c++) m.v[c] = u[c % 3];
        for (int i = 0; i < m.a.s.natoms; i++)
            kinetic += 0.5 * MVV * m.mass[i] * (u[0] * u[0] + u[1] * u[1] + u[2] * u[2]);
        flux_of(&m, J);
        assert_int_equal(femd_energetics_forces(m.a.e, m.a.nb, m.a.s.cell, m.a.s.x, &W, m.force, tau, &err), FEMD_OK);
        for (int r = 0; r < 3; r++) {
            want[r] = (W + kinetic) * u[r];
            for (int c = 0; c < 3; c++) want[r] -= tau[full[3 * r + c]] * u[c];
        }
        check(k, "uniform motion", J, want, 1e-11);
        motion_close(&m);
    }
}

static void a_rotated_body_has_a_rotated_flux(void **state) {
    const double R[9] = {0.36, 0.48, -0.8, -0.8, 0.6, 0.0, 0.48, 0.64, 0.6};
    (void)state;
    for (size_t k = 0; k < SAMPLES; k++) {
        motion m;
        double J[3], turned[3], want[3] = {0, 0, 0};
        motion_open(&m, k);
        flux_of(&m, J);
        atoms_deform(&m.a, R);
        for (int i = 0; i < m.a.s.natoms; i++) {
            double v[3] = {m.v[3 * i], m.v[3 * i + 1], m.v[3 * i + 2]};
            for (int c = 0; c < 3; c++) m.v[3 * i + c] = R[3 * c] * v[0] + R[3 * c + 1] * v[1] + R[3 * c + 2] * v[2];
        }
        for (int c = 0; c < 3; c++)
            m.a.s.x[c] += m.a.s.cell[c] - 2.0 * m.a.s.cell[3 + c]; /* an atom two cells away is the same atom */
        flux_of(&m, turned);
        for (int c = 0; c < 3; c++) want[c] = R[3 * c] * J[0] + R[3 * c + 1] * J[1] + R[3 * c + 2] * J[2];
        check(k, "rotation", turned, want, 1e-11);
        motion_close(&m);
    }
}

/* J = sum e v + 1/2 sum over pairs of (F_ij . (v_i + v_j)) r_ij (Irving and Kirkwood; Hansen and McDonald,
 * section 8.5). */
static void for_pairs_it_is_the_textbook_form(void **state) {
    motion m;
    double J[3], want[3] = {0, 0, 0};
    (void)state;
    memset(&m, 0, sizeof m);
    atoms_open(&m.a,
               "{\"structure\": {\"lattice\": \"fcc\", \"a\": \"5.3 angstrom\", \"species\": [\"Ar\"], \"repeat\": "
               "[2,2,2]}, \"potential\": {\"style\":"
               " \"lj/cut\", \"epsilon\": \"0.0104 eV\", \"sigma\": \"3.4 angstrom\", \"cutoff\": \"8 angstrom\"}}",
               0.5);
    atoms_shake(&m.a, 0.3, 4);
    motion_room(&m);
    for (int c = 0; c < 9; c++) m.a.s.cell[c] *= 4.0;
    flux_of(&m, J);
    for (int i = 0; i < m.a.s.natoms; i++) {
        const double *vi = m.v + 3 * i;
        double e = 0.5 * MVV * m.mass[i] * (vi[0] * vi[0] + vi[1] * vi[1] + vi[2] * vi[2]);
        for (int j = 0; j < m.a.s.natoms; j++) {
            double d[3], s = 0.0, u, power = 0.0;
            if (j == i) continue;
            for (int c = 0; c < 3; c++) {
                d[c] = m.a.s.x[3 * i + c] - m.a.s.x[3 * j + c];
                s += d[c] * d[c];
            }
            if (s >= 64.0) continue;
            u = pow(3.4 * 3.4 / s, 3.0);
            e += 0.5 * 4.0 * 0.0104 * (u * u - u);
            for (int c = 0; c < 3; c++)
                power += 24.0 * 0.0104 * (2.0 * u * u - u) / s * d[c] * (vi[c] + m.v[3 * j + c]);
            for (int c = 0; c < 3; c++) want[c] += 0.25 * power * d[c];
        }
        for (int c = 0; c < 3; c++) want[c] += e * vi[c];
    }
    check(0, "pairs", J, want, 1e-11);
    motion_close(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_a_cluster_it_is_the_rate_of_the_moment_of_energy),
        cmocka_unit_test(in_a_periodic_cell_it_is_that_of_its_images),
        cmocka_unit_test(a_moving_crystal_carries_energy_and_work),
        cmocka_unit_test(a_rotated_body_has_a_rotated_flux),
        cmocka_unit_test(for_pairs_it_is_the_textbook_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
