/* Stress of relaxed, defective, strained RVEs against LAMMPS: at femd's own coordinates, and minimised by LAMMPS from
 * the same start. */
#include "engine_material.h"

#include "lammps_stress.h"

#define VACANCY COPPER(",\"repeat\":[3,3,3],\"vacancies\":{\"count\":1,\"seed\":7}", "")
#define VOID    COPPER(",\"repeat\":[4,4,4],\"voids\":[{\"center\":[0.5,0.5,0.5],\"radius\":\"4.2 angstrom\"}]", "")
#define HELD                                                                                                           \
    COPPER(",\"repeat\":[3,3,3],\"vacancies\":{\"count\":2,\"seed\":7}",                                               \
           ",\"reference\":\"as-given\",\"boundary_condition\":\"kubc\"")
#define COPPER_PAIR "pair_style eam/alloy\npair_coeff * * /usr/share/lammps/potentials/Cu_mishin1.eam.alloy Cu\n"
#define ARGON                                                                                                          \
    "{\"engine\":\"native\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"5.3 "                                           \
    "angstrom\",\"species\":[\"Ar\"],\"repeat\":[3,3,3],"                                                              \
    "\"vacancies\":{\"count\":2,\"seed\":5}},"                                                                         \
    "\"potential\":{\"style\":\"lj/cut\",\"epsilon\":\"0.0103207 eV\",\"sigma\":\"3.405 angstrom\",\"cutoff\":\"8.2 "  \
    "angstrom\"}}"
#define ARGON_PAIR "pair_style lj/cut 8.2\npair_coeff * * 0.0103207 3.405\n"

static void random_strain(unsigned *draw, double E[6]) {
    for (int c = 0; c < 6; c++) {
        *draw = *draw * 1103515245u + 12345u;
        E[c] = 0.05 * ((double)(*draw >> 8) / (1u << 23) - 1);
    }
}

/* Second Piola-Kirchhoff stress (Pa) of a Cauchy stress (eV/angstrom^3) at F = U(E). */
static void pull_back(const double E[6], const double sigma[6], double S[6]) {
    double U[9], A[9], s[9], t[9], J;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(femd_stretch_from_E(E, U, &err), FEMD_OK);
    J = U[0] * (U[4] * U[8] - U[5] * U[7]) - U[1] * (U[3] * U[8] - U[5] * U[6]) + U[2] * (U[3] * U[7] - U[4] * U[6]);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            const int a = (j + 1) % 3, b = (j + 2) % 3, c = (i + 1) % 3, d = (i + 2) % 3;
            A[3 * i + j] = (U[3 * a + c] * U[3 * b + d] - U[3 * a + d] * U[3 * b + c]) / J;
        }
    femd_voigt_to_full(sigma, 0, s);
    memset(t, 0, sizeof t);
    for (int i = 0; i < 9; i++)
        for (int a = 0; a < 3; a++)
            for (int b = 0; b < 3; b++)
                t[i] += J * A[3 * (i / 3) + a] * s[3 * a + b] * A[3 * b + i % 3] * FEMD_EV_PER_A3;
    femd_full_to_voigt(t, 0, S);
}

static double difference(const lammps_run *run, const double E[6], const double S[6], double scale) {
    lammps_result ref;
    char text[512];
    double want[6];
    if (lammps_evaluate(run, &ref, text, sizeof text)) fail_msg("%s", text);
    pull_back(E, ref.sigma, want);
    return largest_difference(6, S, want) / fmax(largest(6, S), scale);
}

/* The atoms in the first and the last plane of sites along the axes, `planes` of them in all. */
static void in_outer_planes(int n, const double cell[9], const double *X, int planes, unsigned char *held) {
    for (int i = 0; i < n; i++) {
        held[i] = 0;
        for (int c = 0; c < 3; c++) {
            const int plane = (int)lround(X[3 * i + c] / cell[4 * c] * planes);
            if (plane <= 0 || plane >= planes - 1) held[i] = 1;
        }
    }
}

/* planes: along each axis, of a cell whose faces are held; 0 of a periodic one. */
static void compare(const char *name, const char *json, const char *pair, int strains, unsigned seed, int minimise,
                    int planes) {
    if (!lammps_is_there()) {
        print_message("LAMMPS is not installed: skipped\n");
        skip();
    }
    femd_material *m = open_material(json);
    double cell0[9], cell[9], *X, *x;
    const int n = dump_atoms(m, NULL, cell0, &X);
    unsigned draw = seed;
    for (int k = 0; k < strains; k++) {
        double E[6], U[9];
        femd_response r;
        femd_buffer at = FEMD_BUFFER_INIT;
        femd_error err = FEMD_ERROR_INIT;
        random_strain(&draw, E);
        evaluate(m, E, BASIC, NULL, &r, &at);
        dump_atoms(m, &at, cell, &x);
        lammps_run run = {.pair = pair, .n = n, .ntypes = 1, .cell = cell, .x = x};
        const double here = difference(&run, E, r.S, 1e-3 * GPA);
        assert_int_equal(femd_stretch_from_E(E, U, &err), FEMD_OK);
        for (int i = 0; i < n; i++) /* LAMMPS starts from the homogeneous strain of the virgin atoms */
            for (int c = 0; c < 3; c++)
                x[3 * i + c] = U[3 * c] * X[3 * i] + U[3 * c + 1] * X[3 * i + 1] + U[3 * c + 2] * X[3 * i + 2];
        unsigned char *held = malloc((size_t)n);
        if (planes) in_outer_planes(n, cell0, X, planes, held);
        run.held = planes ? held : NULL;
        run.minimise = minimise;
        const double minimised = minimise ? difference(&run, E, r.S, 1e-3 * GPA) : 0;
        print_message(
            "%s, strain %d: |S| %.3f GPa, against LAMMPS at the same coordinates %.1e, minimised by LAMMPS %.1e\n",
            name, k + 1, largest(6, r.S) / GPA, here, minimised);
        assert_true(here < 1e-9);
        assert_true(minimised < 1e-6);
        free(held);
        free(x);
        femd_buffer_clear(&at);
    }
    free(X);
    femd_material_close(&m);
}

static void copper_with_a_vacancy(void **state) {
    (void)state;
    compare("copper with a vacancy", VACANCY, COPPER_PAIR, 2, 1, 1, 0);
}

static void copper_with_a_void(void **state) {
    (void)state;
    compare("copper with a void", VOID, COPPER_PAIR, 1, 7, 1, 0);
}

static void copper_held_at_its_faces(void **state) {
    (void)state;
    compare("copper with two vacancies, kubc", HELD, COPPER_PAIR, 1, 3, 1, 6);
}

/* Only at the same coordinates: forces that jump at a plain cutoff have no unique minimum. */
static void argon_with_vacancies(void **state) {
    (void)state;
    compare("Lennard-Jones argon with two vacancies", ARGON, ARGON_PAIR, 2, 5, 0, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copper_with_a_vacancy),
        cmocka_unit_test(copper_with_a_void),
        cmocka_unit_test(copper_held_at_its_faces),
        cmocka_unit_test(argon_with_vacancies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
