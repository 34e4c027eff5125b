/* The boundary condition kubc: whom it holds, figures known of it, its tangent, its reactions, and what it refuses. */
#include "boundary_copper.h"

#include "boundary_forms.h"
#include "native_open.h"
#include "numerics/dense.h"
#include "rve/hill_mandel.h"

#define SILICON(orient, repeat, more)                                                                                  \
    "{\"engine\":\"native\",\"structure\":{\"lattice\":\"diamond\",\"a\":\"5.43095 angstrom\",\"species\":[\"Si\"]"    \
    "," orient "\"repeat\":" repeat "},\"potential\":{\"style\":\"sw\",\"file\":\"Si.sw\"}" more "}"
#define CONDITION(text) ",\"boundary_condition\":" text
#define ORIENT_111      "\"orient\":[[1,-1,0],[1,1,-2],[1,1,1]],"

#define STRETCHED_HCP                                                                                                  \
    "{\"engine\":\"native\",\"structure\":{\"lattice\":\"hcp\",\"a\":\"2.556 angstrom\",\"c_over_a\":1.7,\"species\":" \
    "[\"Cu\"],\"repeat\":[4,3,3]},\"potential\":{\"style\":\"eam/"                                                     \
    "alloy\",\"file\":\"Cu_mishin1.eam.alloy\"}" CONDITION("\"kubc\"") "}"
#define GAS                                                                                                            \
    "{\"engine\":\"native\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"30 angstrom\",\"species\":[\"Ar\"],\"repeat\":" \
    "[4,4,4]},\"potential\":{\"style\":\"lj\",\"epsilon\":\"0.0103 eV\",\"sigma\":\"3.405 "                            \
    "angstrom\",\"cutoff\":\"8.2 "                                                                                     \
    "angstrom\"}" CONDITION("\"kubc\"") "}"

static const double sheared[6] = {0.01, -0.004, 0, 0.012, 0.008, -0.02};

/* An independent program with second derivatives with respect to positions and F. */
static void moduli_are_those_of_an_independent_program(void **state) {
    (void)state;
    static const struct {
        int repeat;
        const char *name, *defects, *condition;
        double C[4];
    } known[] = {
        {4, "five vacancies, periodic", DRAW_1, PERIODIC, {160.33, 120.60, 70.77, 0.800}},
        {4, "five vacancies, one plane", DRAW_1, KUBC_1, {164.10, 119.86, 72.40, HUGE_VAL}},
        {4, "five vacancies, two planes", DRAW_1, KUBC_2, {164.78, 119.97, 72.78, HUGE_VAL}},
        {4, "void, one plane", VOID_13, KUBC_1, {147.52, 106.36, 66.69, HUGE_VAL}},
        {4, "void, two planes", VOID_13, KUBC_2, {153.57, 111.04, 68.73, HUGE_VAL}},
    };
    const double zero[6] = {0};
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        femd_material *m = boundary_copper(known[k].repeat, known[k].defects, known[k].condition);
        femd_response r;
        double C[4];
        evaluate(m, zero, BASIC, NULL, &r, NULL);
        boundary_moduli(&r, C);
        print_message("%s: %.2f %.2f %.2f, mean stress %.3f GPa, Hill-Mandel %.1e\n", known[k].name, C[0], C[1], C[2],
                      C[3], r.hill_mandel);
        for (int c = 0; c < 3; c++) assert_true(fabs(C[c] - known[k].C[c]) < 0.03);
        if (known[k].C[3] < HUGE_VAL) assert_true(fabs(C[3] - known[k].C[3]) < 0.001);
        femd_material_close(&m);
    }
}

/* What holds more is stiffer, as quadratic forms; each condition has its own prestress, so 0.1 GPa are left. */
static void what_holds_more_is_stiffer(void **state) {
    (void)state;
    static const char *const defects[] = {DRAW_2, VOID_13}, *const conditions[] = {KUBC_2, KUBC_1, PERIODIC};
    for (int d = 0; d < 2; d++) {
        double C[4][36];
        char json[1024];
        femd_response r;
        for (int k = 0; k < 4; k++) {
            femd_material *m;
            snprintf(json, sizeof json,
                     "{\"engine\":\"cauchy-born\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"3.614925 angstrom\","
                     "\"species\":[\"Cu\"],\"repeat\":[4,4,4],%s},\"potential\":{\"style\":\"eam/alloy\",\"file\":"
                     "\"Cu_mishin1.eam.alloy\"},\"reference\":\"as-given\"}",
                     defects[d]);
            m = k ? boundary_copper(4, defects[d], conditions[k - 1]) : open_material(json);
            evaluate(m, (double[6]){0}, BASIC, NULL, &r, NULL);
            boundary_form(&r, C[k]);
            femd_material_close(&m);
        }
        for (int k = 0; k < 3; k++) {
            const double lowest = boundary_form_above(C[k], C[k + 1]);
            print_message("lowest eigenvalue of the difference %d: %.3f GPa\n", k, lowest);
            assert_true(lowest > -0.1);
        }
        assert_true(boundary_form_above(C[2], C[3]) > 0.3);
    }
}

/* The first Piola-Kirchhoff stress of the second draw at a large F, of the same program. */
static void stress_at_a_large_strain_is_known(void **state) {
    (void)state;
    const double F[9] = {1.01, 0.005, 0, 0, 0.995, 0.003, 0, 0, 1.002},
                 known[9] = {1.969, 0.355, 0.002, 0.344, 1.333, 0.222, 0.001, 0.218, 1.598};
    femd_material *m = boundary_copper(4, DRAW_2, KUBC_1);
    femd_response r;
    double E[6], S[9], P[9];
    for (int c = 0; c < 6; c++) {
        const int i = femd_voigt_i[c], j = femd_voigt_j[c];
        double sum = 0;
        for (int k = 0; k < 3; k++) sum += F[3 * k + i] * F[3 * k + j];
        E[c] = i == j ? 0.5 * (sum - 1) : sum;
    }
    evaluate(m, E, FEMD_WANT_STRESS, NULL, &r, NULL);
    femd_voigt_to_full(r.S, 0, S);
    femd_mul3(F, S, P);
    for (int i = 0; i < 9; i++) assert_true(fabs(P[i] / GPA - known[i]) < 0.001);
    femd_material_close(&m);
}

static void tangent_and_energy_are_derivatives(void **state) {
    (void)state;
    femd_material *m = boundary_copper(3, "\"vacancies\":{\"count\":2,\"seed\":7}", KUBC_1);
    const double error = tangent_error(m, sheared, NULL, 1e-5), h = 1e-4;
    femd_response r, side[2];
    femd_buffer at = FEMD_BUFFER_INIT;
    double worst = 0;
    evaluate(m, sheared, BASIC, NULL, &r, &at);
    for (int c = 0; c < 6; c++) {
        for (int k = 0; k < 2; k++) {
            double E[6];
            memcpy(E, sheared, sizeof E);
            E[c] += k ? -h : h;
            evaluate(m, E, FEMD_WANT_ENERGY, &at, &side[k], NULL);
        }
        worst = fmax(worst, fabs((side[0].energy - side[1].energy) / (2 * h) - r.S[c]));
    }
    print_message("D against differences of S %.1e of the largest, S against differences of W %.1e GPa\n", error,
                  worst / GPA);
    assert_true(error < 2e-8);
    assert_true(worst / GPA < 1e-5);
    femd_buffer_clear(&at);
    femd_material_close(&m);
}

/* Above 400 atoms no matrix is formed: the same answers. */
static void without_a_matrix_it_is_the_same(void **state) {
    (void)state;
    double S[2][6], D[2][36];
    for (int k = 0; k < 2; k++) {
        femd_error err = FEMD_ERROR_INIT;
        femd_native *n =
            native_open(SILICON("\"vacancies\":{\"count\":1,\"seed\":3},", "[2,2,2]", CONDITION("\"kubc\"")));
        femd_relax_settings set = FEMD_RELAX_DEFAULTS;
        femd_path *path = &n->path;
        if (k) {
            set.dense_max = 0;
            femd_relaxer_destroy(&n->relaxer);
            assert_int_equal(femd_relaxer_create(n->rve.n, &set, &n->relaxer, &err), FEMD_OK);
            path->relaxer = n->relaxer;
            path->stale = NULL;
            path->has_G = 0;
        }
        assert_int_equal(femd_path_advance(path, sheared, NULL, &err), FEMD_OK);
        femd_place_stress(&n->rve, &path->place, path->last.tau, S[k]);
        if (femd_condense_tangent(path->relaxer, &n->rve, &path->place, NULL, path->work, D[k], path->G, NULL, &err))
            fail_msg("%s", err.text);
        femd_native_destroy(&n);
    }
    assert_true(largest_difference(6, S[0], S[1]) < 1e-9 * largest(6, S[0]));
    assert_true(largest_difference(36, D[0], D[1]) < 1e-9 * largest(36, D[0]));
}

/* What is held moves homogeneously, but for the inner displacement of the crystal: a perfect one is as soft as it is.
 */
static void perfect_crystals_keep_their_moduli(void **state) {
    (void)state;
    static const char *const pairs[][2] = {
        {SILICON("", "[2,2,2]", ""), SILICON("", "[2,2,2]", CONDITION("\"kubc\""))},
        {SILICON(ORIENT_111, "[2,1,1]", ""), SILICON(ORIENT_111, "[2,1,1]", CONDITION("\"kubc\""))},
        {COPPER(",\"repeat\":[3,3,3]", ""), COPPER(",\"repeat\":[3,3,3]", CONDITION("\"kubc\""))},
        {COPPER("," ORIENT_111 "\"repeat\":[2,1,1]", ""),
         COPPER("," ORIENT_111 "\"repeat\":[2,1,1]", CONDITION("\"kubc\""))},
    };
    for (size_t p = 0; p < sizeof pairs / sizeof *pairs; p++) {
        femd_response r[2];
        for (int k = 0; k < 2; k++) {
            femd_material *m = open_material(pairs[p][k]);
            evaluate(m, sheared, BASIC, NULL, &r[k], NULL);
            femd_material_close(&m);
        }
        assert_true(largest_difference(6, r[0].S, r[1].S) < 1e-8 * largest(6, r[0].S));
        assert_true(largest_difference(36, r[0].D, r[1].D) < 1e-8 * largest(36, r[0].D));
    }
}

/* Atoms within a skin of 0.3 and of 0.55 lattice constants are the same: what counts is planes, and their number is
 * told. */
static void the_number_of_held_atoms_is_told(void **state) {
    (void)state;
    static const struct {
        const char *json, *words;
    } told[] = {
        {COPPER(",\"repeat\":[4,4,4]", CONDITION("\"kubc\"")),
         "kubc: 148 of 256 atoms are held, 1 plane of atoms at each face of 8, 8 and 8"},
        {COPPER(",\"repeat\":[4,4,4]", CONDITION("{\"type\":\"kubc\",\"planes\":2}")),
         "kubc: 224 of 256 atoms are held, 2 planes of atoms at each face of 8, 8 and 8"},
        {COPPER(",\"repeat\":[4,4,4],\"voids\":[{\"center\":[0,0,0],\"radius\":\"4 angstrom\"}]",
                CONDITION("\"kubc\"")),
         "kubc: 129 of 237 atoms are held"}, /* some have few of their neighbours left */
        {COPPER(",\"repeat\":[3,3,3],\"displace\":{\"amplitude\":\"0.08 angstrom\",\"seed\":2}", CONDITION("\"kubc\"")),
         "kubc: 76 of 108 atoms are held"},
        {STRETCHED_HCP, "the mean displacements of their 2 sublattices"}, /* six nearest, and six not much farther */
        {SILICON("", "[3,3,3]", CONDITION("\"kubc\"")),
         "kubc: 91 of 216 atoms are held, 1 plane of atoms at each face of 12, 12 and 12; the mean displacements of "
         "their 2 sublattices"},
    };
    for (size_t k = 0; k < sizeof told / sizeof *told; k++) {
        femd_material *m = open_material(told[k].json);
        const char *notes = femd_material_notes(m), *found = strstr(notes, told[k].words);
        if (!found) fail_msg("%s", notes);
        if (!strstr(told[k].words, "sublattices") && strstr(found, "sublattices")) fail_msg("%s", notes);
        femd_material_close(&m);
    }
}

/* The residual is the error of equilibrium of the free atoms, and no more than that. */
static void spoilt_relaxation_is_seen(void **state) {
    (void)state;
    femd_native *n = native_open(COPPER(",\"repeat\":[3,3,3],\"vacancies\":{\"count\":2,\"seed\":7}",
                                        CONDITION("\"kubc\"") ",\"reference\":\"as-given\""));
    femd_path *path = &n->path;
    femd_error err = FEMD_ERROR_INIT;
    double S[6], tau[6], good, spoilt[2];
    int moved[2] = {-1, -1}; /* a free atom and a held one */
    for (int i = 0; i < n->rve.n; i++) moved[n->rve.boundary->group[i] >= 0] = i;
    assert_int_equal(femd_path_advance(path, sheared, NULL, &err), FEMD_OK);
    femd_place_stress(&n->rve, &path->place, path->last.tau, S);
    assert_int_equal(femd_hill_mandel(&n->rve, &path->place, path->x, S, NULL, &good, &err), FEMD_OK);
    for (int k = 0; k < 2; k++) {
        path->x[3 * moved[k]] += 1e-5;
        assert_int_equal(femd_energetics_forces(n->rve.en, n->rve.nb, path->place.h, path->x, NULL, NULL, tau, &err),
                         FEMD_OK);
        femd_place_stress(&n->rve, &path->place, tau, S);
        assert_int_equal(femd_hill_mandel(&n->rve, &path->place, path->x, S, NULL, &spoilt[k], &err), FEMD_OK);
        path->x[3 * moved[k]] -= 1e-5;
    }
    print_message("Hill-Mandel residual relaxed %.1e, a free atom moved by 1e-5 angstrom %.1e, a held one %.1e\n", good,
                  spoilt[0], spoilt[1]);
    assert_true(good < 1e-10);
    assert_true(spoilt[0] > 1e-6 && spoilt[1] > 1e-7);
    for (int i = 0; i < n->rve.n; i++)
        for (int c = 0; c < 3; c++)
            if (n->rve.boundary->group[i] >= 0) assert_true(path->w[3 * i + c] == 0);
    femd_native_destroy(&n);
}

/* A cold instance goes on with the same bits; another boundary condition is another material. */
static void states_belong_to_their_condition(void **state) {
    (void)state;
    const double half[6] = {0.005, 0, 0, 0, 0, 0.01};
    femd_buffer first = FEMD_BUFFER_INIT, warm = FEMD_BUFFER_INIT, cold = FEMD_BUFFER_INIT;
    femd_response r;
    femd_error err = FEMD_ERROR_INIT;
    femd_material *m = boundary_copper(3, "\"vacancies\":{\"count\":2,\"seed\":7}", KUBC_1), *other;
    evaluate(m, half, BASIC, NULL, &r, &first);
    evaluate(m, sheared, BASIC, &first, &r, &warm);
    femd_material_close(&m);
    m = boundary_copper(3, "\"vacancies\":{\"count\":2,\"seed\":7}", KUBC_1);
    other = boundary_copper(3, "\"vacancies\":{\"count\":2,\"seed\":7}", PERIODIC);
    evaluate(m, sheared, BASIC, &first, &r, &cold);
    assert_int_equal(warm.size, cold.size);
    assert_memory_equal(warm.data, cold.data, warm.size);
    assert_memory_not_equal(femd_material_id(m), femd_material_id(other), sizeof(femd_hash));
    const femd_request q = {.wants = FEMD_WANT_STRESS};
    assert_int_not_equal(try_request(other, &q, &first, &r, NULL, &err), FEMD_OK);
    femd_buffer_clear(&first);
    femd_buffer_clear(&warm);
    femd_buffer_clear(&cold);
    femd_material_close(&other);
    femd_material_close(&m);
}

/* What comes apart on the way has no answer. */
static void pieces_are_refused(void **state) {
    (void)state;
    femd_native *n = native_open(COPPER(",\"repeat\":[3,3,3]", CONDITION("\"kubc\"")));
    femd_error err = FEMD_ERROR_INIT;
    double cell[9];
    for (int i = 0; i < 9; i++) cell[i] = 5 * n->rve.h0[i];
    for (int i = 0; i < 3 * n->rve.n; i++) n->path.x[i] = 5 * n->rve.X[i];
    assert_int_equal(femd_rve_hold(&n->rve, n->rve.h0, n->rve.X, &err), FEMD_OK);
    assert_int_equal(femd_rve_hold(&n->rve, cell, n->path.x, &err), FEMD_INSTABILITY);
    assert_non_null(strstr(err.text, "vacuum parts the atoms into 108 pieces"));
    assert_false(femd_rve_is_adrift(&n->rve));
    assert_int_equal(femd_gauge_count(&n->rve.gauge), 3 * 76);
    assert_true(femd_gauge_free_atoms(&n->rve.gauge) == 32);
    femd_native_destroy(&n);
}

static void what_makes_no_sense_is_refused(void **state) {
    (void)state;
    static const refusal refused[] = {
        {COPPER(",\"repeat\":[1,1,1]", CONDITION("\"kubc\"")), "1 plane at each face leave none of its 4 atoms free"},
        {COPPER(",\"repeat\":[2,2,2]", CONDITION("{\"type\":\"kubc\",\"planes\":2}")), "cauchy-born"},
        {COPPER(",\"repeat\":[3,3,3],\"displace\":{\"amplitude\":\"0.4 angstrom\",\"seed\":2}", CONDITION("\"kubc\"")),
         "lie on no planes parallel to face 1"},
        {GAS, "has no neighbour within the reach of the potential"},
        {COPPER(",\"repeat\":[4,4,4]", CONDITION("\"kubc\"") ",\"method\":\"md\""),
         "\"md\" does not answer under the boundary condition \"kubc\": 148 of 256 atoms would be held"},
        {COPPER(",\"repeat\":[3,3,3]",
                CONDITION("\"kubc\"") ",\"method\":\"quasiharmonic\",\"quasiharmonic\":{\"internal\":\"T\"}"),
         "\"internal\": \"T\" moves them"},
        {COPPER(
             ",\"repeat\":[3,3,3]",
             CONDITION("\"kubc\"") ",\"method\":\"quasiharmonic\",\"quasiharmonic\":{\"force_constants\":\"thermal\"}"),
         "\"thermal\" (which"},
        {COPPER(",\"repeat\":[4,4,4]",
                CONDITION("\"kubc\"") ",\"method\":{\"stress\":\"statics\",\"conductivity\":\"green-kubo\"}"),
         "\"green-kubo\" does not answer"},
        {COPPER(",\"repeat\":[3,3,3]", CONDITION("{\"type\":\"kubc\",\"planes\":0}")), "planes"},
        {COPPER(",\"repeat\":[3,3,3]", CONDITION("\"clamped\"")), "boundary_condition"},
    };
    assert_all_refused(refused, sizeof refused / sizeof *refused);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moduli_are_those_of_an_independent_program),
        cmocka_unit_test(what_holds_more_is_stiffer),
        cmocka_unit_test(stress_at_a_large_strain_is_known),
        cmocka_unit_test(tangent_and_energy_are_derivatives),
        cmocka_unit_test(without_a_matrix_it_is_the_same),
        cmocka_unit_test(perfect_crystals_keep_their_moduli),
        cmocka_unit_test(the_number_of_held_atoms_is_told),
        cmocka_unit_test(spoilt_relaxation_is_seen),
        cmocka_unit_test(states_belong_to_their_condition),
        cmocka_unit_test(pieces_are_refused),
        cmocka_unit_test(what_makes_no_sense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
