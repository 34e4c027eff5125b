/* Tables whose pair energy ends before it is zero: the energy of a relaxation jumps where a pair crosses the cutoff, so
 * that no step lowers it, although there is an equilibrium near by. */
#include "engine_material.h"

#include "native_open.h"

#define ALLOY_UNDER(condition, fraction, seed, other)                                                                  \
    "{\"engine\":\"native\",\"structure\":{\"lattice\":\"hcp\",\"a\":\"2.51 "                                          \
    "angstrom\",\"species\":[\"Co\"],\"repeat\":[4,2,3],\"vacancies\":{\"count\":1,\"seed\":" #seed                    \
    "},\"substitution\":[{\"species\":\"Al\",\"for\":\"Co\",\"fraction\":" #fraction ",\"seed\":" #other               \
    "}]},\"potential\":{\"style\":\"eam/"                                                                              \
    "alloy\",\"file\":\"CoAl.eam.alloy\"},\"reference\":\"as-given\",\"boundary_condition\":\"" condition "\"}"
#define ALLOY(seed, other) ALLOY_UNDER("periodic", 0.2, seed, other)

static void an_equilibrium_behind_a_cliff_is_found(void **state) {
    (void)state;
    static const char *const alloys[] = {ALLOY(5, 3), ALLOY(1, 21), ALLOY(2, 22), ALLOY(3, 23), ALLOY(4, 24)};
    for (size_t k = 0; k < sizeof alloys / sizeof *alloys; k++) {
        femd_material *m = open_material(alloys[k]);
        const double E[6] = {0};
        femd_response r;
        if (!strstr(femd_material_notes(m), "phi of Co-Al ends at -1.24 meV at the cutoff"))
            fail_msg("%s", femd_material_notes(m));
        evaluate(m, E, BASIC | FEMD_WANT_STABILITY, NULL, &r, NULL); /* residual below 1e-9: forces are zero */
        assert_true(r.stability > 0);
        assert_int_equal(r.notes, 0);
        femd_material_close(&m);
    }
}

/* What is held stays where it is on that way too. */
static void an_equilibrium_of_a_held_cell_is_found(void **state) {
    (void)state;
    static const char *const alloys[] = {ALLOY_UNDER("kubc", 0.3, 2, 22), ALLOY_UNDER("kubc", 0.3, 22, 42)};
    for (size_t k = 0; k < sizeof alloys / sizeof *alloys; k++) {
        femd_native *n = native_open(alloys[k]);
        const femd_boundary *boundary = n->rve.boundary;
        double moved[3] = {0, 0, 0}, most = 0;
        for (int i = 0; i < n->rve.n; i++)
            for (int c = 0; c < 3; c++) {
                const double way = n->rve.X[3 * i + c] - n->structure.x[3 * i + c];
                if (boundary->group[i] >= 0) moved[c] += way;
                most = fmax(most, fabs(way));
            }
        assert_true(most > 0.01);
        for (int c = 0; c < 3; c++) assert_true(fabs(moved[c]) < 1e-9); /* the sublattices' mean is held */
        femd_native_destroy(&n);
    }
}

static void a_tangent_behind_a_cliff_is_right(void **state) {
    (void)state;
    femd_material *m = open_material(ALLOY(5, 3));
    const double E[6] = {0};
    assert_true(tangent_error(m, E, NULL, 1e-7) < 1e-4); /* the table's second derivatives jump at its knots */
    femd_material_close(&m);
}

/* Here the forces jump at every place where they might vanish (LAMMPS' fire wanders for ever between 5e-4 and 2e-3). */
static void what_has_no_equilibrium_is_refused_with_words(void **state) {
    (void)state;
    femd_material *m = NULL;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(
        try_open(
            "{\"engine\":\"native\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"4.05 angstrom\",\"species\":[\"Al\"],"
            "\"repeat\":[2,3,3],\"vacancies\":{\"count\":1,\"seed\":1},\"substitution\":[{\"species\":\"O\",\"for\":"
            "\"Al\",\"fraction\":0.05,\"seed\":21}]},\"potential\":{\"style\":\"eam/alloy\",\"file\":"
            "\"AlO.eam.alloy\"}}",
            &m, &err),
        FEMD_BAD_INPUT);
    if (!strstr(err.text, "following forces alone") || !strstr(err.text, "jump")) fail_msg("%s", err.text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_equilibrium_behind_a_cliff_is_found),
        cmocka_unit_test(what_has_no_equilibrium_is_refused_with_words),
        cmocka_unit_test(an_equilibrium_of_a_held_cell_is_found),
        cmocka_unit_test(a_tangent_behind_a_cliff_is_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
