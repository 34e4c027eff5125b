/* A primitive cell of one atom: nothing in it can move but the cell. */
#include "engine_material.h"

#define FILE_OF(engine, species, potential, more)                                                                      \
    "{\"engine\":\"" engine "\",\"structure\":{\"file\":\"" FEMD_FIELD_FILES                                           \
    "/one_atom.data\",\"species\":[\"" species "\"]},\"potential\":" potential more "}"
#define EAM "{\"style\":\"eam/alloy\",\"file\":\"Cu_mishin1.eam.alloy\"}"
#define LJ  "{\"style\":\"lj/cut\",\"cutoff\":\"7 angstrom\",\"epsilon\":\"0.4 eV\",\"sigma\":\"2.34 angstrom\"}"

static const double strains[][6] = {
    {0}, {0.01, -0.004, 0.003, 0.002, 0.01, -0.006}, {-0.03, -0.03, -0.03}, {0, 0, 0, 0.08, 0, -0.04}};

static void answers_like_cauchy_born(const char *native, const char *held, double a0) {
    femd_material *m = open_material(native), *frozen = open_material(held);
    const double volume = femd_material_capabilities(m)->volume * 1e30;
    if (a0 > 0) assert_true(fabs(cbrt(4 * volume) - a0) < 1e-6);
    femd_buffer state = FEMD_BUFFER_INIT;
    for (size_t k = 0; k < sizeof strains / sizeof *strains; k++) {
        femd_response a, b;
        femd_buffer next = FEMD_BUFFER_INIT;
        evaluate(m, strains[k], BASIC | FEMD_WANT_ENERGY | FEMD_WANT_STABILITY, &state, &a, &next);
        evaluate(frozen, strains[k], BASIC | FEMD_WANT_ENERGY, NULL, &b, NULL);
        assert_true(largest_difference(6, a.S, b.S) < 1e-9 * largest(36, b.D));
        assert_true(largest_difference(36, a.D, b.D) < 1e-9 * largest(36, b.D));
        assert_true(fabs(a.energy - b.energy) < 1e-3); /* J/m^3 */
        assert_true(a.stability == 0);
        if (k == 0) assert_true(largest(6, a.S) < 1e-9 * largest(36, a.D));
        femd_buffer_clear(&state);
        state = next;
    }
    femd_buffer_clear(&state);
    femd_material_close(&m);
    femd_material_close(&frozen);
}

static void one_atom_answers_like_cauchy_born(void **state) {
    (void)state;
    answers_like_cauchy_born(FILE_OF("native", "Cu", EAM, ""), FILE_OF("cauchy-born", "Cu", EAM, ""), 3.614925);
    answers_like_cauchy_born(FILE_OF("native", "Ar", LJ, ""), FILE_OF("cauchy-born", "Ar", LJ, ""), 0);
}

static double bulk(const double *D) {
    return (D[0] + D[7] + D[14] + 2 * (D[1] + D[2] + D[8])) / 9;
}

static double trace(const double *D) {
    return D[0] + D[7] + D[14] + 2 * (D[21] + D[28] + D[35]);
}

/* 8^3 primitive cells have as many atoms as 5^3 conventional ones; both meshes are fine enough. */
static void a_mesh_of_it_answers_like_that_of_the_conventional_cell(void **state) {
    (void)state;
    femd_material *one = open_material(FILE_OF("native", "Cu", EAM,
                                               ",\"method\":\"quasiharmonic\",\"quasiharmonic\":{\"mesh\":[8,8,8]}")),
                  *four =
                      open_material(COPPER("", ",\"method\":\"quasiharmonic\",\"quasiharmonic\":{\"mesh\":[4,4,4]}"));
    femd_request q = {.wants = FEMD_WANT_STRESS, .temperature = 300};
    femd_response a, b;
    femd_error err = FEMD_ERROR_INIT;
    request(one, &q, NULL, &a, NULL);
    request(four, &q, NULL, &b, NULL);
    print_message("S11 at 300 K: %.5f GPa, conventional cell %.5f\n", a.S[0] / GPA, b.S[0] / GPA);
    assert_true(fabs(a.S[0] + 1.866 * GPA) < 0.001 * GPA);
    for (int c = 0; c < 3; c++) assert_true(fabs(a.S[c] - b.S[c]) < 2e-3 * fabs(b.S[0]));
    for (int c = 3; c < 6; c++) assert_true(fabs(a.S[c]) < 2e-4 * fabs(b.S[0]));
    /* At this cell the density is that of the kink of F'': C11 grows without end as the step falls. */
    q.wants = BASIC | FEMD_WANT_HEAT_CAPACITY;
    assert_int_equal(try_request(one, &q, NULL, &a, NULL, &err), FEMD_OUT_OF_DOMAIN);
    for (int c = 0; c < 3; c++) q.value[c] = 0.004; /* away from it */
    request(one, &q, NULL, &a, NULL);
    request(four, &q, NULL, &b, NULL);
    assert_true(fabs(bulk(a.D) - bulk(b.D)) < 2e-3 * bulk(b.D));
    assert_true(fabs(trace(a.D) - trace(b.D)) < 2e-3 * trace(b.D)); /* does not turn with the axes */
    assert_true(fabs(a.heat_capacity / (512 - 1) * 512 - b.heat_capacity / (256 - 1) * 256) < 1e-9 * b.heat_capacity);
    femd_material_close(&one);
    femd_material_close(&four);
}

static void refused(const char *json, const char *words) {
    femd_material *m = NULL;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(try_open(json, &m, &err), FEMD_BAD_INPUT);
    if (!strstr(err.text, words)) fail_msg("%s", err.text);
}

static void one_atom_alone_has_no_vibration(void **state) {
    (void)state;
    refused(FILE_OF("native", "Cu", EAM, ",\"method\":\"quasiharmonic\""), "give a mesh");
    refused(FILE_OF("native", "Cu", EAM, ",\"method\":\"quasiharmonic\",\"quasiharmonic\":{\"mesh\":[1,1,1]}"),
            "give a mesh");
    refused(FILE_OF("native", "Cu", EAM, ",\"method\":\"local-harmonic\""), "repeat the cell");
    refused(FILE_OF("native", "Cu", EAM, ",\"method\":\"md\""), "at least two atoms");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_atom_answers_like_cauchy_born),
        cmocka_unit_test(a_mesh_of_it_answers_like_that_of_the_conventional_cell),
        cmocka_unit_test(one_atom_alone_has_no_vibration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
