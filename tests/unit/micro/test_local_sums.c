/* Forces taken apart into segments, and their sums over cells: whatever the state of the atoms, nothing is lost and the
 * forces through the faces of each cell are those of its atoms. */
#include "atoms_fixture.h"

#include <math.h>
#include <string.h>

#include "femd/tensor3.h"
#include "femd/units.h"
#include "local/local_deformation.h"
#include "local/local_sums.h"
#include "made_up_forms.h"
#include "numerics/random.h"

#define MVV (FEMD_ATOMIC_MASS * 1e4 / FEMD_ELEMENTARY_CHARGE) /* eV in u (angstrom/ps)^2 */

static const char *const samples[] = {
    "{\"structure\": {\"lattice\": \"fcc\", \"a\": \"5.3 angstrom\", \"species\": [\"Ar\"]},"
    " \"potential\": {\"style\": \"lj\", \"epsilon\": \"0.0104 eV\", \"sigma\": \"3.4 angstrom\", \"cutoff\": \"6 "
    "angstrom\", \"smooth\": \"2 angstrom\"}}",
    "{\"structure\": {\"lattice\": \"fcc\", \"a\": \"3.615 angstrom\", \"species\": [\"Cu\"], \"repeat\": [2,2,2]},"
    " \"potential\": {\"style\": \"eam/alloy\", \"file\": \"Cu_mishin1.eam.alloy\"}}",
    "{\"structure\": {\"lattice\": \"b2\", \"a\": \"2.9 angstrom\", \"species\": [\"Al\", \"Ni\"], \"repeat\": "
    "[1,1,2]},"
    " \"potential\": {\"style\": \"eam/fs\", \"file\": \"NiAlH_jea.eam.fs\", \"interpolation\": \"smooth\"}}",
    "{\"structure\": {\"lattice\": \"diamond\", \"a\": \"5.431 angstrom\", \"species\": [\"Si\"]},"
    " \"potential\": {\"style\": \"sw\", \"file\": \"Si.sw\"}}",
    "{\"structure\": {\"lattice\": \"diamond\", \"a\": \"4.5 angstrom\", \"species\": [\"Ga\", \"N\"]},"
    " \"potential\": {\"style\": \"sw\", \"file\": \"GaN.sw\"}}",
};
#define SAMPLES (sizeof samples / sizeof samples[0])

typedef struct body {
    atoms a;
    femd_local_body b;
    femd_segments segments;
    double *v, *mass, *energy, *force, tau[6], J[3];
    femd_local_grid grid;
} body;

static void *room(size_t count) {
    double *p = calloc(count, sizeof *p);
    assert_non_null(p);
    return p;
}

/* Atoms of a sheared cell, shaken by `amplitude` angstrom, in a grid of n cells. */
static void body_open(body *m, size_t k, double amplitude, const int n[3], const double origin[3]) {
    const double F[9] = {1.02, 0.01, 0.004, 0.0, 0.99, 0.03, 0.002, 0.0, 1.01};
    femd_error err = FEMD_ERROR_INIT;
    double W;
    memset(m, 0, sizeof *m);
    atoms_open(&m->a, samples[k], 0.5);
    if (amplitude > 0) atoms_deform(&m->a, F);
    atoms_shake(&m->a, amplitude, 3);
    const size_t count = (size_t)m->a.s.natoms;
    m->v = room(3 * count);
    m->mass = room(count);
    m->energy = room(count);
    m->force = room(3 * count);
    for (size_t i = 0; i < count; i++) m->mass[i] = 20.0 + 7.0 * m->a.s.species[i];
    for (size_t c = 0; c < 3 * count; c++) m->v[c] = 12.0 * (femd_random_uniform(5, 7, c) - 0.5);
    const double *h = m->a.s.cell, *x = m->a.s.x;
    assert_int_equal(femd_energetics_atom_energies(m->a.e, m->a.nb, h, x, m->energy, &err), FEMD_OK);
    assert_int_equal(femd_energetics_heat_flux(m->a.e, m->a.nb, h, x, m->v, m->mass, m->J, &err), FEMD_OK);
    assert_int_equal(femd_energetics_forces(m->a.e, m->a.nb, h, x, &W, m->force, m->tau, &err), FEMD_OK);
    if (femd_energetics_segments(m->a.e, m->a.nb, h, x, &m->segments, &err) != FEMD_OK) fail_msg("%s", err.text);
    assert_int_equal(femd_local_grid_set(&m->grid, n, h, origin, &err), FEMD_OK);
    m->b = (femd_local_body){
        .n = m->a.s.natoms, .x = m->a.s.x, .v = m->v, .mass = m->mass, .energy = m->energy, .segments = &m->segments};
}

static void body_close(body *m) {
    femd_segments_clear(&m->segments);
    free(m->v);
    free(m->mass);
    free(m->energy);
    free(m->force);
    atoms_close(&m->a);
}

static void close_to(size_t k, const char *what, double is, double want, double scale) {
    if (!(fabs(is - want) <= 1e-12 * scale)) fail_msg("sample %zu, %s: %.17g, expected %.17g", k, what, is, want);
}

static const int grids[][3] = {{1, 1, 1}, {3, 4, 2}, {7, 5, 6}};
static const double origin[3] = {0.137, 0.271, 0.393}, corner[3] = {0, 0, 0};

/* Of either kernel; what the sums should be is of other code. */
static void the_cells_together_are_the_whole_body(void **state) {
    (void)state;
    for (size_t k = 0; k < SAMPLES; k++)
        for (int g = 0; g < 6; g++) {
            femd_error err = FEMD_ERROR_INIT;
            body m;
            double sum[FEMD_LOCAL_SUMS] = {0}, mass = 0, energy = 0, motion[6] = {0}, tau = 0, flow = 0;
            body_open(&m, k, 0.2, grids[g / 2], origin);
            double *sums = room(m.grid.cells * FEMD_LOCAL_SUMS);
            assert_int_equal(femd_local_sums_add(&m.grid, g % 2, &m.b, sums, &err), FEMD_OK);
            for (size_t c = 0; c < m.grid.cells * FEMD_LOCAL_SUMS; c++) sum[c % FEMD_LOCAL_SUMS] += sums[c];
            for (int i = 0; i < m.b.n; i++) {
                mass += m.mass[i];
                energy += m.energy[i];
                for (int c = 0; c < 6; c++)
                    motion[c] += MVV * m.mass[i] * m.v[3 * i + femd_voigt_i[c]] * m.v[3 * i + femd_voigt_j[c]];
            }
            for (int c = 0; c < 6; c++) tau = fmax(tau, fabs(m.tau[c]));
            for (int c = 0; c < 3; c++) flow = fmax(flow, fabs(m.J[c]));
            close_to(k, "atoms", sum[FEMD_LOCAL_COUNT], m.b.n, m.b.n);
            close_to(k, "mass", sum[FEMD_LOCAL_MASS], mass, mass);
            close_to(k, "energy", sum[FEMD_LOCAL_ENERGY], energy, fabs(energy) + 1);
            for (int c = 0; c < 6; c++) {
                close_to(k, "virial", sum[FEMD_LOCAL_BONDS + c], m.tau[c], 3 * tau);
                close_to(k, "motion", sum[FEMD_LOCAL_MOTION + c], motion[c], motion[0]);
            }
            for (int c = 0; c < 3; c++)
                close_to(k, "flow", sum[FEMD_LOCAL_CARRIED + c] + sum[FEMD_LOCAL_CONDUCTED + c], m.J[c], 10 * flow);
            free(sums);
            body_close(&m);
        }
}

static void forces_of_segments_are_those_of_the_atoms(void **state) {
    (void)state;
    for (size_t k = 0; k < SAMPLES; k++) {
        body m;
        body_open(&m, k, 0.2, grids[0], origin);
        for (size_t b = 0; b < m.segments.count; b++) {
            const femd_segment *s = &m.segments.one[b];
            for (int c = 0; c < 3; c++) {
                m.force[3 * s->a + c] -= s->pull * s->d[c];
                m.force[3 * s->b + c] += s->pull * s->d[c];
                double ends = m.b.x[3 * s->b + c] - m.b.x[3 * s->a + c];
                for (int q = 0; q < 3; q++) ends += s->shift[q] * m.a.s.cell[3 * q + c];
                close_to(k, "vector", s->d[c], ends, 10);
            }
        }
        assert_true(largest(m.force, 3 * (size_t)m.b.n) < 1e-12);
        body_close(&m);
    }
}

/* In a state that is far from equilibrium, and in a perfect lattice whose atoms lie on the planes of the grid, where
 * only a rule that all images of an atom keep to lets nothing through twice. */
static void forces_through_the_faces_of_a_cell_are_those_of_its_atoms(void **state) {
    (void)state;
    for (size_t k = 0; k < SAMPLES; k++)
        for (int g = 0; g < 6; g++) {
            femd_error err = FEMD_ERROR_INIT;
            body m;
            femd_local_balance balance;
            const int on_planes = g % 2, n[3] = {4, 4, 8};
            body_open(&m, k, on_planes ? 0.0 : 0.2, on_planes ? n : grids[g / 2], on_planes ? corner : origin);
            const double most = largest(m.force, 3 * (size_t)m.b.n);
            assert_int_equal(femd_local_balance_find(&m.grid, &m.b, m.force, &balance, &err), FEMD_OK);
            if (!(balance.rest < 1e-12)) fail_msg("sample %zu, grid %d: %g", k, g, balance.rest);
            if (on_planes) { /* in equilibrium: nothing acts on any cell, every plane bears the same, that of the virial
                              */
                assert_true(most < 1e-10 && balance.forces < 1e-10 && balance.spread < 1e-10);
                for (int v = 0; v < 6; v++) {
                    double t = 0;
                    for (int q = 0; q < 3; q++)
                        t += balance.plane[3 * q + femd_voigt_i[v]] * m.a.s.cell[3 * q + femd_voigt_j[v]];
                    if (!(fabs(t - m.tau[v]) < 1e-10))
                        fail_msg("sample %zu, planes: %.17g, virial %.17g", k, t, m.tau[v]);
                }
            } else {
                assert_true(most > 1e-2);
                if (g) assert_true(balance.forces > 1e-2);
            }
            body_close(&m);
        }
}

/* An atom on a plane is in the cell above it, from whichever cell it is seen; the same cells, whole cells further on.
 */
static void a_place_on_a_plane_is_above_it(void **state) {
    (void)state;
    const double h[9] = {3.0, 0, 0, 0, 3.0, 0, 0, 0, 3.0};
    const int n[3] = {3, 3, 3};
    femd_error err = FEMD_ERROR_INIT;
    femd_local_grid grid;
    assert_int_equal(femd_local_grid_set(&grid, n, h, corner, &err), FEMD_OK);
    for (int k = 0; k < 3; k++) {
        double u[3];
        const double x[3] = {1.0 - 1e-10, 2.0 + 1e-10, -1e-10};
        femd_local_coordinates(&grid, x, u);
        assert_true(u[0] == 1 && u[1] == 2 && u[2] == 0);
        const int at[3] = {1 + 3 * k, -1 - 3 * k, 3 * k};
        assert_int_equal(femd_local_cell(&grid, at), 1 + 3 * 2 + 9 * 0);
    }
    femd_local_walk walk;
    femd_local_piece piece;
    const double from[3] = {1, 0.5, 0.5}, to[3] = {-1, 0.5, 0.5};
    femd_local_walk_begin(&walk, from, to);
    assert_true(femd_local_walk_next(&walk, &piece) && piece.at[0] == 1 && piece.end == 0);
    assert_true(femd_local_walk_next(&walk, &piece) && piece.at[0] == 0 && piece.end == 0.5);
    assert_true(femd_local_walk_next(&walk, &piece) && piece.at[0] == -1 && piece.end == 1 && piece.crosses < 0);
    assert_false(femd_local_walk_next(&walk, &piece));
}

static void bad_grids_are_refused(void **state) {
    (void)state;
    const double h[9] = {3.0, 0, 0, 0, 3.0, 0, 0, 0, 3.0}, flat[9] = {3.0, 0, 0, 0, 3.0, 0, 3.0, 3.0, 0};
    const int many[3] = {1000, 1000, 1000}, none[3] = {3, 0, 3}, n[3] = {64, 64, 64};
    femd_error err = FEMD_ERROR_INIT;
    femd_local_grid grid;
    int count[3];
    assert_int_equal(femd_local_grid_set(&grid, many, h, corner, &err), FEMD_LIMIT);
    assert_int_equal(femd_local_grid_set(&grid, none, h, corner, &err), FEMD_BAD_INPUT);
    assert_int_equal(femd_local_grid_set(&grid, n, flat, corner, &err), FEMD_BAD_INPUT);
    assert_int_equal(femd_local_grid_set(&grid, n, h, corner, &err), FEMD_OK);
    femd_local_grid_counts(h, 1.0, count);
    assert_true(count[0] == 3 && count[1] == 3 && count[2] == 3);
    femd_local_grid_counts(h, 0.99, count);
    assert_int_equal(count[0], 4);
    femd_local_grid_counts(h, 1e-300, count);
    assert_int_equal(femd_local_grid_set(&grid, count, h, corner, &err), FEMD_LIMIT);
}

/* The spline's field of one segment, against many points along it. */
static void hardys_weight_of_a_segment_is_its_mean_along_it(void **state) {
    (void)state;
    enum { POINTS = 4000 };
    const double h[9] = {5, 0, 0, 0.7, 6, 0, -0.4, 0.9, 4}, x[6] = {0.3, 0.4, 0.5, 0, 0, 0}, mass[2] = {1, 1},
                 energy[2] = {0, 0};
    const int n[3] = {5, 4, 6};
    femd_error err = FEMD_ERROR_INIT;
    femd_segment one = {.a = 0, .b = 1, .d = {2.5, 1.9, -2.3}, .pull = 1};
    const femd_segments segments = {.count = 1, .one = &one};
    const femd_local_body b = {.n = 2,
                               .x = (double[6]){x[0], x[1], x[2], x[0] + one.d[0], x[1] + one.d[1], x[2] + one.d[2]},
                               .mass = mass,
                               .energy = energy,
                               .segments = &segments};
    femd_local_grid grid;
    assert_int_equal(femd_local_grid_set(&grid, n, h, origin, &err), FEMD_OK);
    double *sums = room(grid.cells * FEMD_LOCAL_SUMS), *points = room(grid.cells * FEMD_LOCAL_SUMS);
    assert_int_equal(femd_local_sums_add(&grid, FEMD_LOCAL_HARDY, &b, sums, &err), FEMD_OK);
    static const femd_segments nothing;
    for (int k = 0; k < POINTS; k++) {
        double at[3];
        for (int c = 0; c < 3; c++) at[c] = x[c] + (k + 0.5) / POINTS * one.d[c];
        const femd_local_body point = {.n = 1, .x = at, .mass = mass, .energy = energy, .segments = &nothing};
        assert_int_equal(femd_local_sums_add(&grid, FEMD_LOCAL_HARDY, &point, points, &err), FEMD_OK);
    }
    double most = 0;
    for (size_t c = 0; c < grid.cells; c++) {
        const double mean = points[c * FEMD_LOCAL_SUMS + FEMD_LOCAL_COUNT] / POINTS,
                     is = sums[c * FEMD_LOCAL_SUMS + FEMD_LOCAL_BONDS] / (one.d[0] * one.d[0]);
        most = fmax(most, mean);
        if (!(fabs(is - mean) < 1e-6)) fail_msg("cell %zu: %.12g, by points %.12g", c, is, mean);
    }
    assert_true(most > 0.05);
    free(sums);
    free(points);
}

/* Homogeneous: F everywhere and nothing apart, also of a basis; one atom moved by u: the others see D2min > 0. */
static void deformation_is_that_of_the_neighbours(void **state) {
    (void)state;
    const double F[9] = {1.02, 0.01, 0.004, 0.0, 0.99, 0.03, 0.002, 0.0, 1.01};
    for (size_t k = 0; k < SAMPLES; k++) {
        femd_error err = FEMD_ERROR_INIT;
        atoms a;
        atoms_open(&a, samples[k], 0.5);
        const size_t n = (size_t)a.s.natoms;
        double H[9], reach, *X = room(3 * n), *is = room(9 * n), *apart = room(n);
        memcpy(H, a.s.cell, sizeof H);
        memcpy(X, a.s.x, 3 * n * sizeof *X);
        atoms_deform(&a, F);
        a.s.x[0] += a.s.cell[0]; /* it is the difference to the reference that counts, so that it must move there too */
        X[0] += H[0];
        a.s.x[1] += a.s.cell[1], a.s.x[2] += a.s.cell[2], X[1] += H[1], X[2] += H[2];
        assert_int_equal(femd_local_deformation((int)n, H, X, a.s.cell, a.s.x, 6, is, apart, &reach, &err), FEMD_OK);
        for (size_t c = 0; c < 9 * n; c++) close_to(k, "F", is[c], F[c % 9], 10);
        for (size_t i = 0; i < n; i++) assert_true(apart[i] < 1e-24);
        a.s.x[0] += 0.1;
        assert_int_equal(femd_local_deformation((int)n, H, X, a.s.cell, a.s.x, 6, is, apart, &reach, &err), FEMD_OK);
        double most = 0;
        for (size_t i = 0; i < n; i++) most = fmax(most, apart[i]);
        assert_true(most > 1e-3);
        free(X);
        free(is);
        free(apart);
        atoms_close(&a);
    }
}

static void atoms_in_a_row_have_no_deformation(void **state) {
    (void)state;
    femd_error err = FEMD_ERROR_INIT;
    const double H[9] = {6, 0, 0, 0, 20, 0, 0, 0, 20}, X[9] = {0, 0, 0, 2, 0, 0, 4, 0, 0};
    double F[27], apart[3], reach;
    assert_int_equal(femd_local_deformation(3, H, X, H, X, 5, F, apart, &reach, &err), FEMD_OK);
    for (int i = 0; i < 3; i++) assert_true(isnan(apart[i]) && isnan(F[9 * i]));
    assert_true(fabs(reach - 2.6) < 1e-12);
}

static void a_form_without_segments_is_refused_with_words(void **state) {
    (void)state;
    femd_error err = FEMD_ERROR_INIT;
    femd_segments none = {0};
    const char *words;
    atoms a;
    atoms_open(&a, samples[0], 0.5);
    atoms_use_form(&a, &made_up_square);
    assert_int_equal(femd_energetics_segments(a.e, a.nb, a.s.cell, a.s.x, &none, &err), FEMD_UNSUPPORTED);
    assert_non_null(strstr(err.text, "forces taken apart"));
    assert_int_equal(femd_energetics_segments_told(a.e, &words, &err), FEMD_UNSUPPORTED);
    atoms_close(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_cells_together_are_the_whole_body),
        cmocka_unit_test(forces_of_segments_are_those_of_the_atoms),
        cmocka_unit_test(forces_through_the_faces_of_a_cell_are_those_of_its_atoms),
        cmocka_unit_test(a_place_on_a_plane_is_above_it),
        cmocka_unit_test(bad_grids_are_refused),
        cmocka_unit_test(hardys_weight_of_a_segment_is_its_mean_along_it),
        cmocka_unit_test(deformation_is_that_of_the_neighbours),
        cmocka_unit_test(atoms_in_a_row_have_no_deformation),
        cmocka_unit_test(a_form_without_segments_is_refused_with_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
