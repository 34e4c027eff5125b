/* The boundary conditions minimal and tubc: clusters with free faces, whose answers say that bonds are missing. */
#include "boundary_copper.h"

#include "native_open.h"
#include "rve/hill_mandel.h"
#include <unistd.h>

#define MINIMAL   "\"minimal\""
#define TUBC      "\"tubc\""
#define VACANT    ",\"repeat\":[3,3,3],\"vacancies\":{\"positions\":[[0.5,0.5,0.5]]}"
#define GIVEN(bc) ",\"reference\":\"as-given\",\"boundary_condition\":" bc

/* Copper's surface is soft, and its third derivatives large: differences want a stiffer one. */
#define ARGON(bc)                                                                                                      \
    "{\"engine\":\"native\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"5.3 angstrom\",\"species\":[\"Ar\"]" VACANT     \
    "},\"potential\":{\"style\":\"lj\",\"epsilon\":\"0.0103 eV\",\"sigma\":\"3.405 angstrom\",\"cutoff\":\"8.2 "       \
    "angstrom\"}" GIVEN(bc) ",\"relaxation\":{\"tolerance\":\"1e-14 eV/angstrom\"}}"

static const double sheared[6] = {0.006, -0.004, 0, 0.004, 0.002, -0.008};

/* Relaxed to no stress, perfect copper of 4^3 cells has C11, C12, C44 of 149.9, 111.2 and 69.4 GPa by the independent
 * program, which refers them to the cell that was not relaxed: C L/L0 here. */
static void perfect_cluster_has_the_known_moduli(void **state) {
    (void)state;
    const double zero[6] = {0}, known[3] = {149.9, 111.2, 69.4}, edge = 4 * 3.614925e-10;
    femd_material *m = open_material(COPPER(",\"repeat\":[4,4,4]", ",\"boundary_condition\":" TUBC));
    femd_response r;
    double C[4];
    evaluate(m, zero, BASIC, NULL, &r, NULL);
    boundary_moduli(&r, C);
    const double shrunk = cbrt(femd_material_capabilities(m)->volume) / edge;
    print_message("%.2f %.2f %.2f GPa, edge %.5f of the crystal's\n", C[0] * shrunk, C[1] * shrunk, C[2] * shrunk,
                  shrunk);
    for (int c = 0; c < 3; c++) assert_true(fabs(C[c] * shrunk - known[c]) < 0.05);
    assert_true(fabs(shrunk - 0.982) < 0.0005);
    assert_true(r.notes & FEMD_NOTE_FREE_SURFACES);
    femd_material_close(&m);
}

/* Its multipliers are the stress: what holds the outermost atoms is S in terms of area vectors. */
static void tractions_are_uniform(void **state) {
    (void)state;
    femd_native *n = native_open(COPPER(VACANT, GIVEN(TUBC)));
    femd_path *path = &n->path;
    femd_error err = FEMD_ERROR_INIT;
    const size_t n3 = 3 * (size_t)n->rve.n;
    double S[6], full[9], P[9], *f = malloc(n3 * sizeof *f), worst = 0, residual;
    assert_int_equal(femd_path_advance(path, sheared, NULL, &err), FEMD_OK);
    femd_place_stress(&n->rve, &path->place, path->last.tau, S);
    assert_int_equal(femd_energetics_forces(n->rve.en, n->rve.nb, path->place.h, path->x, NULL, f, NULL, &err),
                     FEMD_OK);
    femd_voigt_to_full(S, 0, full);
    femd_mul3(path->place.U, full, P); /* Pa; F = U */
    /* A_i of the six outermost planes, 18 atoms each of the perfect 3^3 cells; the cell's edge over the distance of
     * opposite planes makes sum X (x) A = V0 */
    const double a = 3.615, edge = 3 * a, each = edge * edge / 18 * edge / (edge - a / 2) / FEMD_EV_PER_A3;
    for (int i = 0; i < n->rve.n; i++) {
        double A[3] = {0, 0, 0};
        for (int c = 0; c < 3; c++) {
            const int plane = (int)lround(n->structure.x[3 * i + c] / (a / 2));
            A[c] = plane == 0 ? -each : plane == 5 ? each : 0;
        }
        for (int c = 0; c < 3; c++) worst = fmax(worst, fabs(f[3 * i + c] + femd_dot3(P + 3 * c, A)));
    }
    assert_int_equal(femd_hill_mandel(&n->rve, &path->place, path->x, S, NULL, &residual, &err), FEMD_OK);
    print_message("forces against P A: %.1e eV/angstrom of %.2f, Hill-Mandel %.1e\n", worst, largest((int)n3, f),
                  residual);
    assert_true(largest((int)n3, f) > 0.1);
    assert_true(worst < 1e-9);
    assert_true(residual < 1e-9);
    path->x[0] += 1e-5;
    double tau[6];
    assert_int_equal(femd_energetics_forces(n->rve.en, n->rve.nb, path->place.h, path->x, NULL, NULL, tau, &err),
                     FEMD_OK);
    femd_place_stress(&n->rve, &path->place, tau, S);
    assert_int_equal(femd_hill_mandel(&n->rve, &path->place, path->x, S, NULL, &residual, &err), FEMD_OK);
    assert_true(residual > 1e-7);
    free(f);
    femd_native_destroy(&n);
}

static void tangents_are_derivatives(void **state) {
    (void)state;
    static const char *const materials[] = {ARGON(MINIMAL), ARGON(TUBC)};
    for (int k = 0; k < 2; k++) {
        femd_material *m = open_material(materials[k]);
        const double error = tangent_error(m, sheared, NULL, 1e-5);
        print_message("D against differences of S: %.1e of the largest\n", error);
        assert_true(error < 2e-8);
        femd_material_close(&m);
    }
}

/* minimal holds the means of six planes, tubc the differences of three pairs: the second is the softer, and both are
 * softer than the crystal that goes on. */
static void what_is_held_less_is_softer_and_the_perfect_crystal_stands_beside(void **state) {
    (void)state;
    static const char *const conditions[] = {PERIODIC, MINIMAL, TUBC};
    static const char beside[] = "117.67, 94.34, 52.95 GPa as this cluster and of 169.88, 122.59, 76.21 GPa "
                                 "periodically";
    femd_response r[3];
    double C[3][4];
    for (int k = 0; k < 3; k++) {
        femd_material *m = boundary_copper(4, DRAW_1, conditions[k]);
        evaluate(m, (double[6]){0}, BASIC, NULL, &r[k], NULL);
        boundary_moduli(&r[k], C[k]);
        const char *notes = femd_material_notes(m);
        if (k && (!strstr(notes, "the 143 of 251 atoms") || !strstr(notes, beside))) fail_msg("%s", notes);
        femd_material_close(&m);
        print_message("%s: %.2f %.2f %.2f\n", conditions[k], C[k][0], C[k][1], C[k][2]);
    }
    assert_false(r[0].notes & FEMD_NOTE_FREE_SURFACES);
    assert_true(C[0][0] > C[1][0] + 20 && C[1][0] >= C[2][0]);
}

/* A thin cluster of argon, compressed by 1 %, goes to another arrangement of its atoms, of less energy than the
 * reference; stretched it stays the same. */
static void atoms_that_left_their_neighbours_are_told(void **state) {
    (void)state;
    static const char thin[] =
        "{\"engine\":\"native\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"5.3 angstrom\",\"species\":[\"Ar\"],"
        "\"repeat\":[4,4,1]},\"potential\":{\"style\":\"lj\",\"epsilon\":\"0.0103 eV\",\"sigma\":\"3.405 angstrom\","
        "\"cutoff\":\"8.2 angstrom\"}" GIVEN(MINIMAL) "}";
    femd_material *m = open_material(thin);
    femd_response r;
    evaluate(m, (double[6]){0.01}, BASIC | FEMD_WANT_ENERGY, NULL, &r, NULL);
    assert_false(r.notes & FEMD_NOTE_LEFT_NEIGHBOURS);
    assert_true(r.energy > 0);
    femd_buffer rebuilt = FEMD_BUFFER_INIT;
    evaluate(m, (double[6]){-0.01}, BASIC | FEMD_WANT_ENERGY, NULL, &r, &rebuilt);
    assert_true(r.notes & FEMD_NOTE_LEFT_NEIGHBOURS);
    assert_true(r.energy < 0);
    evaluate(m, (double[6]){-0.0101}, BASIC, &rebuilt, &r, NULL); /* nothing more happens, but they are away */
    assert_true(r.notes & FEMD_NOTE_LEFT_NEIGHBOURS);
    femd_buffer_clear(&rebuilt);
    femd_material_close(&m);
}

static void planes_are_of_kubc_alone(void **state) {
    (void)state;
    femd_error err = FEMD_ERROR_INIT;
    femd_material *m = NULL;
    assert_int_equal(try_open(COPPER(",\"repeat\":[3,3,3]", GIVEN("{\"type\":\"tubc\",\"planes\":1}")), &m, &err),
                     FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "boundary_condition.planes: only \"kubc\" holds planes of atoms"));
    m = open_material(COPPER(",\"repeat\":[3,3,3]", GIVEN("{\"type\":\"minimal\"}")));
    femd_material_close(&m);
}

/* Atoms of a file stand where it likes; the cluster is brought together. */
static void atoms_of_a_file_are_brought_together(void **state) {
    (void)state;
    static const char text[] = "cut anywhere\n\n108 atoms\n1 atom types\n\n0 10.845 xlo xhi\n0 10.845 ylo yhi\n"
                               "0 10.845 zlo zhi\n\nAtoms\n\n";
    char path[] = "/tmp/femd-cluster-XXXXXX", json[512];
    femd_response r[2];
    double *X, cell[9];
    femd_material *m = open_material(COPPER(",\"repeat\":[3,3,3]", GIVEN(MINIMAL)));
    evaluate(m, sheared, BASIC, NULL, &r[0], NULL);
    femd_material_close(&m);
    m = open_material(COPPER(",\"repeat\":[3,3,3]", GIVEN(PERIODIC)));
    const int n = dump_atoms(m, NULL, cell, &X);
    femd_material_close(&m);
    const int file = mkstemp(path);
    FILE *f = fdopen(file, "w");
    assert_non_null(f);
    fputs(text, f);
    for (int i = 0; i < n; i++) {
        fprintf(f, "%d 1", i + 1);
        for (int c = 0; c < 3; c++) { /* the first plane at -1e-9 is wrapped to the other side, every second atom */
            const double x = X[3 * i + c] - (i % 2 ? 1e-9 : 0);
            fprintf(f, " %.17g", x < 0 ? x + 10.845 : x);
        }
        fputc('\n', f);
    }
    fclose(f);
    snprintf(json, sizeof json,
             "{\"engine\":\"native\",\"structure\":{\"file\":\"%s\",\"species\":[\"Cu\"]},\"potential\":{\"style\":"
             "\"eam/alloy\",\"file\":\"Cu_mishin1.eam.alloy\"}" GIVEN(MINIMAL) "}",
             path);
    m = open_material(json);
    evaluate(m, sheared, BASIC, NULL, &r[1], NULL);
    assert_non_null(strstr(femd_material_notes(m), "from a file no perfect crystal is known"));
    femd_material_close(&m);
    unlink(path);
    free(X);
    assert_true(largest_difference(6, r[0].S, r[1].S) < 1e-7 * largest(6, r[0].S));
    assert_true(largest_difference(36, r[0].D, r[1].D) < 1e-6 * largest(36, r[0].D));
}

/* Squeezed to a fifth the wide cell is no longer wide enough. */
static void what_meets_its_image_is_refused(void **state) {
    (void)state;
    femd_native *n = native_open(ARGON(TUBC));
    femd_path *path = &n->path;
    femd_error err = FEMD_ERROR_INIT;
    const double E[6] = {-0.48, -0.48, -0.48, 0, 0, 0}, S[6] = {0};
    double residual;
    assert_int_equal(femd_place_set(&n->rve, E, &path->place, &err), FEMD_OK);
    femd_place_atoms(&n->rve, &path->place, NULL, path->x);
    assert_int_equal(femd_hill_mandel(&n->rve, &path->place, path->x, S, NULL, &residual, &err), FEMD_OUT_OF_DOMAIN);
    assert_non_null(strstr(err.text, "meets its own image"));
    femd_native_destroy(&n);
}

static void what_makes_no_sense_is_refused(void **state) {
    (void)state;
    static const refusal refused[] = {
        {"{\"engine\":\"native\",\"structure\":{\"lattice\":\"diamond\",\"a\":\"5.43095 "
         "angstrom\",\"species\":[\"Si\"],"
         "\"repeat\":[2,2,2]},\"potential\":{\"style\":\"sw\",\"file\":\"Si.sw\"},\"boundary_condition\":\"tubc\"}",
         "belong to 2 sublattices"},
        {COPPER(VACANT, GIVEN(TUBC) ",\"method\":\"quasiharmonic\""), "a surface that vibrates in its own way"},
        {COPPER(",\"repeat\":[1,1,1]", GIVEN(MINIMAL) ",\"method\":\"md\""), "\"md\" does not answer"},
        {COPPER(VACANT, ",\"boundary_condition\":{\"type\":\"tubc\",\"planes\":2}"), "boundary_condition"},
    };
    assert_all_refused(refused, sizeof refused / sizeof *refused);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(perfect_cluster_has_the_known_moduli),
        cmocka_unit_test(tractions_are_uniform),
        cmocka_unit_test(tangents_are_derivatives),
        cmocka_unit_test(what_is_held_less_is_softer_and_the_perfect_crystal_stands_beside),
        cmocka_unit_test(atoms_that_left_their_neighbours_are_told),
        cmocka_unit_test(planes_are_of_kubc_alone),
        cmocka_unit_test(atoms_of_a_file_are_brought_together),
        cmocka_unit_test(what_meets_its_image_is_refused),
        cmocka_unit_test(what_makes_no_sense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
