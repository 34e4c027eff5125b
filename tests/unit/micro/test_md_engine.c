/* The method md through the engine: what is provided, states that sharpen an answer, mixed control, bits on a cold
 * instance. */
#include <time.h>

#include "engine_material.h"
#include "rve/point_group.h"

#define ARGON                                                                                                          \
    "{\"engine\":\"native\",\"method\":\"md\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"5.35 "                        \
    "angstrom\",\"species\":[\"Ar\"],"                                                                                 \
    "\"masses\":[\"39.948 "                                                                                            \
    "u\"],\"repeat\":[2,2,2],\"vacancies\":{\"count\":1}},\"potential\":{\"style\":\"lj\",\"epsilon\":\"0.0103235 "    \
    "eV\","                                                                                                            \
    "\"sigma\":\"3.405 angstrom\",\"cutoff\":\"6.5 angstrom\",\"smooth\":\"2 "                                         \
    "angstrom\"},\"md\":{\"max_steps\":20000}}"
#define ALL (BASIC | FEMD_WANT_THERMAL_STRESS | FEMD_WANT_ENERGY | FEMD_WANT_HEAT_CAPACITY)

static const femd_request AT_40_K = {
    .wants = ALL, .temperature = 40, .accuracy = 0.02, .seed = 5, .value = {0.01, -0.005, 0, 0.004, 0, 0}};

static void ask(femd_material *m, const femd_request *q, const femd_buffer *state, femd_response *r, femd_buffer *out) {
    femd_error err = FEMD_ERROR_INIT;
    if (try_request(m, q, state, r, out, &err) != FEMD_OK) fail_msg("%s", err.text);
    assert_int_equal(r->status, FEMD_OK);
    r->work = (femd_work){0}; /* the rest is the answer */
}

static void every_quantity_comes_with_its_error(void **state) {
    (void)state;
    femd_material *m = open_material(ARGON);
    const femd_capabilities *caps = femd_material_capabilities(m);
    const uint32_t inputs = FEMD_INPUT_TEMPERATURE | FEMD_INPUT_SEED | FEMD_INPUT_ACCURACY | FEMD_INPUT_STATE;
    assert_true((caps->wants & ALL) == ALL && (caps->inputs & inputs) == inputs);
    femd_response r;
    ask(m, &AT_40_K, NULL, &r, NULL);
    assert_true(r.provided == ALL && r.sampled == 1);
    for (int c = 0; c < 6; c++)
        assert_true(r.S_err[c] > 0 && r.D_err[7 * c] > 0 && r.dSdT_err[c] > 0 && r.D[7 * c] > GPA);
    assert_true(r.energy > 0 && r.energy_err > 0 && r.heat_capacity > 0 && r.heat_capacity_err > 0);
    assert_true(r.hill_mandel < 3.5 * r.hill_mandel_err);
    femd_material_close(&m);
}

static void a_state_sharpens_the_same_point_and_starts_another(void **state) {
    (void)state;
    femd_material *m = open_material(ARGON), *cold = open_material(ARGON);
    femd_buffer first = FEMD_BUFFER_INIT, second = FEMD_BUFFER_INIT;
    femd_response a, b, c;
    femd_request q = AT_40_K;
    ask(m, &q, NULL, &a, &first);
    q.accuracy = 0.006;
    ask(m, &q, &first, &b, &second);
    assert_true(b.S_err[0] < a.S_err[0] && fabs(b.S[0] - a.S[0]) < 4 * a.S_err[0]);
    ask(cold, &q, &first, &c, NULL);
    assert_memory_equal(&b, &c, sizeof b);
    q.value[0] += 0.002;
    ask(m, &q, &second, &b, NULL);
    ask(cold, &q, &second, &c, NULL);
    assert_memory_equal(&b, &c, sizeof b);
    const double predicted = a.S[0] + 0.002 * a.D[0];
    assert_true(fabs(b.S[0] - predicted) < 4 * hypot(a.S_err[0], b.S_err[0]) + 1e-5 * a.D[0]);
    femd_buffer_clear(&first);
    femd_buffer_clear(&second);
    femd_material_close(&m);
    femd_material_close(&cold);
}

static void prescribed_stress_and_pressure_are_reached(void **state) {
    (void)state;
    femd_material *m = open_material(ARGON);
    femd_response r;
    femd_request q = AT_40_K;
    q.wants = BASIC;
    q.mask = 6;
    q.value[1] = q.value[2] = 0;
    ask(m, &q, NULL, &r, NULL);
    assert_true(fabs(r.S[1]) < 1 && fabs(r.S[2]) < 1 && r.S_err[1] > 0);
    femd_request p = {.wants = BASIC, .temperature = 40, .seed = 1, .control = FEMD_CONTROL_PRESSURE, .pressure = 1e8};
    ask(m, &p, NULL, &r, NULL);
    assert_true(fabs(r.S[0] + r.S[1] + r.S[2] + 3e8 * r.J / cbrt(r.J * r.J)) < 1e4 && r.dJdp < 0);
    femd_material_close(&m);
}

#define WARM(accuracy)                                                                                                 \
    "{\"engine\":\"native\",\"method\":\"md\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"5.35 "                        \
    "angstrom\",\"species\":[\"Ar\"],"                                                                                 \
    "\"masses\":[\"39.948 u\"],\"repeat\":[2,2,2]},\"potential\":{\"style\":\"lj\",\"epsilon\":\"0.0103235 eV\","      \
    "\"sigma\":\"3.405 angstrom\",\"cutoff\":\"6.5 angstrom\",\"smooth\":\"2 "                                         \
    "angstrom\"},\"reference\":{\"temperature\":60,"                                                                   \
    "\"pressure\":\"50 MPa\",\"accuracy\":" accuracy "}}"

/* S(E = 0, T) = -p I whatever the method: at 60 K argon is no longer harmonic, so the reference of harmonic vibrations
 * is off by megapascals. Another seed than that of the search sees it, and the crystal is as cubic as before. */
static void reference_of_a_sampled_stress_has_the_reference_stress(void **state) {
    (void)state;
    const femd_request q = {.wants = FEMD_WANT_STRESS, .temperature = 60, .accuracy = 0.004, .seed = 77};
    femd_material *sampled = open_material(WARM("0.01")), *harmonic = open_material(WARM("0"));
    const double allowed = 0.01 * sqrt(3) * 5e7;
    femd_response r, h;
    femd_request coarse = q;
    double cell[9], *x, off = 0;
    coarse.accuracy = 0.02;
    ask(sampled, &q, NULL, &r, NULL);
    ask(harmonic, &coarse, NULL, &h, NULL);
    print_message("S11 %.2f(%.2f) MPa, %.2f(%.2f) with the harmonic reference\n", r.S[0] / 1e6, r.S_err[0] / 1e6,
                  h.S[0] / 1e6, h.S_err[0] / 1e6);
    for (int c = 0; c < 3; c++) {
        assert_true(fabs(r.S[c] + 5e7) < allowed + 4 * r.S_err[c]);
        off = fmax(off, fabs(h.S[c] + 5e7));
    }
    assert_true(off > 4 * (allowed + 4 * h.S_err[0])); /* there was something to do */
    dump_atoms(sampled, NULL, cell, &x);
    for (int i = 0; i < 9; i++) assert_true(fabs(cell[i] - (i % 4 ? 0 : cell[0])) < 1e-9);
    free(x);
    femd_material_close(&sampled);
    femd_material_close(&harmonic);
}

static void a_sampled_reference_is_a_function_of_the_material_alone(void **state) {
    (void)state;
    const femd_request q = {.wants = FEMD_WANT_STRESS, .temperature = 60, .accuracy = 0.05, .seed = 77};
    const char json[] = WARM("0.1");
    char text[sizeof json + 96];
    snprintf(text, sizeof text, "%.*s,\"md\":{\"block\":\"2 ps\",\"equilibration\":\"2 ps\"}}", (int)(sizeof json - 2),
             json);
    femd_material *one = open_material(text), *again = open_material(text);
    femd_response r, other;
    double cell[2][9], *x;
    for (int k = 0; k < 2; k++) {
        dump_atoms(k ? again : one, NULL, cell[k], &x);
        free(x);
    }
    ask(one, &q, NULL, &r, NULL);
    ask(again, &q, NULL, &other, NULL);
    assert_memory_equal(&r, &other, sizeof r);
    assert_memory_equal(cell[0], cell[1], sizeof cell[0]);
    femd_material_close(&one);
    femd_material_close(&again);
}

/* A search among stresses less sharp than what is asked would end on a lucky one: it is refused. */
static void reference_needs_a_sampling_that_is_sharp_enough(void **state) {
    (void)state;
    femd_material *m = NULL;
    femd_error err = FEMD_ERROR_INIT;
    const char json[] = WARM("0.0005");
    char text[sizeof json + 64];
    snprintf(text, sizeof text, "%.*s,\"md\":{\"max_steps\":20000}}", (int)(sizeof json - 2), json);
    assert_int_equal(try_open(text, &m, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "max_steps"));
    assert_non_null(strstr(err.text, "reference.accuracy"));
}

/* fcc in its cubic cell, in a longer one, with an atom that is another, with one that left its place. */
static void an_rve_has_the_symmetry_of_cell_and_atoms(void **state) {
    (void)state;
    double cell[9] = {4, 0, 0, 0, 4, 0, 0, 0, 4}, x[24] = {0, 0, 0, 0, 2, 2, 2, 0, 2, 2, 2, 0},
           v[6] = {1, 2, 6, 7, 8, 9};
    int species[8] = {0};
    femd_point_group group;
    assert_int_equal(femd_point_group_find(cell, 4, x, species, 1e-5, &group, NULL), FEMD_OK);
    assert_int_equal(group.count, 48);
    femd_point_group_project(&group, v);
    for (int c = 0; c < 6; c++) assert_true(fabs(v[c] - (c < 3 ? 3 : 0)) < 1e-14);
    for (int i = 0; i < 12; i++) x[12 + i] = x[i] + (i % 3 == 2 ? 4 : 0);
    cell[8] = 8;
    assert_int_equal(femd_point_group_find(cell, 8, x, species, 1e-5, &group, NULL), FEMD_OK);
    assert_int_equal(group.count, 16);
    double t[6] = {1, 2, 6, 7, 8, 9};
    femd_point_group_project(&group, t);
    assert_true(t[0] == 1.5 && t[1] == 1.5 && t[2] == 6 && t[3] == 0 && t[4] == 0 && t[5] == 0);
    species[0] = species[1] = 1; /* along (0, 2, 2): x and y differ, mirrors stay */
    assert_int_equal(femd_point_group_find(cell, 8, x, species, 1e-5, &group, NULL), FEMD_OK);
    assert_int_equal(group.count, 8);
    species[0] = species[1] = 0;
    x[0] = 1e-3; /* those of the mirrors and turns that keep x and z stay */
    assert_int_equal(femd_point_group_find(cell, 8, x, species, 1e-5, &group, NULL), FEMD_OK);
    assert_int_equal(group.count, 4);
    assert_int_equal(femd_point_group_find(cell, 8, x, species, 1e-2, &group, NULL), FEMD_OK);
    assert_int_equal(group.count, 16);
    x[0] += 0.1, x[1] += 0.2, x[2] += 0.3, x[3] += 0.15;
    assert_int_equal(femd_point_group_find(cell, 8, x, species, 1e-5, &group, NULL), FEMD_OK);
    double u[6] = {1, 2, 6, 7, 8, 9};
    femd_point_group_project(&group, u);
    assert_true(group.count == 1 && u[3] == 7 && u[5] == 9);
}

/* Each place is looked for where it must be: as many operations as by looking everywhere, in an oblique cell with atoms
 * outside it too, and soon. A vacancy makes each of 499 moves fail late, in the middle of the atoms. */
static void symmetry_of_many_atoms_is_found_soon(void **state) {
    (void)state;
    enum { M = 5, N = 4 * M * M * M - 1 };
    static const double base[4][3] = {{0, 0, 0}, {0, 0.5, 0.5}, {0.5, 0, 0.5}, {0.5, 0.5, 0}};
    static double x[3 * N];
    static int species[N];
    const double a = 3.6, L = M * 3.6, straight[9] = {L, 0, 0, 0, L, 0, 0, 0, L},
                 oblique[9] = {L, 0, 0, L, L, 0, -L, L, L};
    femd_point_group group;
    int n = 0;
    for (int k = 0; k < 4 * M * M * M; k++) {
        const int cell[3] = {k / 4 % M, k / (4 * M) % M, k / (4 * M * M)};
        if (k == 4 * (2 + 2 * M + 2 * M * M)) continue;
        for (int c = 0; c < 3; c++) x[3 * n + c] = (cell[c] + base[k % 4][c]) * a + (k % 7 - 3) * (c == 1 ? L : 0);
        n++;
    }
    const clock_t start = clock();
    assert_int_equal(femd_point_group_find(straight, N, x, species, 1e-5, &group, NULL), FEMD_OK);
    assert_int_equal(group.count, 48);
    assert_int_equal(femd_point_group_find(oblique, N, x, species, 1e-5, &group, NULL), FEMD_OK);
    assert_int_equal(group.count, 48); /* the same lattice by other vectors */
    x[3 * 100] += 0.01;
    assert_int_equal(femd_point_group_find(straight, N, x, species, 1e-5, &group, NULL), FEMD_OK);
    assert_true(group.count < 48);
    assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 10);
}

/* Atoms that are held at their sites have no relaxer's Hessian, and their reference is found by sampling alone. */
static void reference_of_atoms_at_their_sites_is_sampled(void **state) {
    (void)state;
    const femd_request q = {.wants = FEMD_WANT_STRESS, .temperature = 60, .accuracy = 0.03, .seed = 77};
    const char json[] = WARM("0.1");
    char text[sizeof json + 64];
    femd_response r;
    snprintf(text, sizeof text, "%.*s,\"md\":{\"start\":\"sites\"}}", (int)(sizeof json - 2), json);
    femd_material *m = open_material(text);
    ask(m, &q, NULL, &r, NULL);
    for (int c = 0; c < 3; c++) assert_true(fabs(r.S[c] + 5e7) < 0.1 * sqrt(3) * 5e7 + 4 * r.S_err[c]);
    assert_non_null(strstr(femd_material_notes(m), "start at their sites"));
    femd_material_close(&m);
}

static void what_cannot_be_answered_is_refused(void **state) {
    (void)state;
    femd_material *m = open_material(ARGON);
    femd_response r;
    femd_error err = FEMD_ERROR_INIT;
    femd_request q = AT_40_K;
    q.wants |= FEMD_WANT_HELMHOLTZ;
    assert_int_equal(try_request(m, &q, NULL, &r, NULL, &err), FEMD_UNSUPPORTED);
    q = AT_40_K;
    q.temperature = 0;
    assert_int_equal(try_request(m, &q, NULL, &r, NULL, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "temperature"));
    femd_material_close(&m);
}

/* The RVE of a sampled or a static stress, and its conductivity in a few short segments. */
#define CONDUCTS(stress)                                                                                               \
    "{\"engine\":\"native\",\"method\":{\"stress\":\"" stress "\",\"conductivity\":\"green-kubo\"},"                   \
    "\"green-kubo\":{\"segment\":\"170 ps\",\"stride\":6,\"min_segments\":2,\"max_segments\":2},"                      \
    "\"structure\":{\"lattice\":\"fcc\",\"a\":\"5.376 angstrom\",\"species\":[\"Ar\"],\"masses\":[\"39.948 u\"],"      \
    "\"repeat\":[2,2,2]},\"reference\":\"as-given\",\"potential\":{\"style\":\"lj\",\"epsilon\":\"0.0103207 eV\","     \
    "\"sigma\":\"3.405 angstrom\",\"cutoff\":\"6 angstrom\"}}"

static uint64_t sweeps_of(femd_material *m, const femd_request *q, const femd_buffer *state, femd_response *r,
                          femd_buffer *out) {
    femd_error err = FEMD_ERROR_INIT;
    if (try_request(m, q, state, r, out, &err) != FEMD_OK) fail_msg("%s", err.text);
    assert_int_equal(r->status, FEMD_OK);
    return r->work.force_evaluations;
}

/* A conductivity alone asks nothing of a sampled stress: it starts from the atoms at rest, samples no stress of its own
 * and leaves the sums of the state as they are. */
static void conductivity_alone_samples_no_stress(void **state) {
    (void)state;
    femd_material *m = open_material(CONDUCTS("md")), *still = open_material(CONDUCTS("statics"));
    const femd_request stress = {
        .wants = FEMD_WANT_STRESS, .temperature = 40, .accuracy = 0.2, .seed = 3, .value = {0.01, 0, -0.005, 0, 0.004}};
    femd_request alone = stress;
    femd_response first, k, at_rest, kept;
    femd_buffer sums = FEMD_BUFFER_INIT, both = FEMD_BUFFER_INIT;
    alone.wants = FEMD_WANT_CONDUCTIVITY;
    alone.accuracy = 0; /* the material's own for the stress is sharper than what is there */
    const uint64_t sampled = sweeps_of(m, &stress, NULL, &first, &sums);
    const uint64_t bare = sweeps_of(still, &alone, NULL, &at_rest, NULL);
    assert_true(sampled > 100);
    assert_true(sweeps_of(m, &alone, &sums, &k, &both) <= bare);
    assert_int_equal(k.provided, FEMD_WANT_CONDUCTIVITY);
    assert_true(k.k[0] > 0 && k.hill_mandel <= 1e-9);
    assert_true(sweeps_of(m, &stress, &both, &kept, NULL) < 10);
    assert_memory_equal(kept.S, first.S, sizeof kept.S);
    assert_true(sweeps_of(m, &alone, NULL, &k, NULL) <= bare); /* and where nothing was ever sampled */
    femd_buffer_clear(&sums);
    femd_buffer_clear(&both);
    femd_material_close(&m);
    femd_material_close(&still);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_quantity_comes_with_its_error),
        cmocka_unit_test(a_state_sharpens_the_same_point_and_starts_another),
        cmocka_unit_test(prescribed_stress_and_pressure_are_reached),
        cmocka_unit_test(reference_of_a_sampled_stress_has_the_reference_stress),
        cmocka_unit_test(a_sampled_reference_is_a_function_of_the_material_alone),
        cmocka_unit_test(reference_needs_a_sampling_that_is_sharp_enough),
        cmocka_unit_test(an_rve_has_the_symmetry_of_cell_and_atoms),
        cmocka_unit_test(symmetry_of_many_atoms_is_found_soon),
        cmocka_unit_test(reference_of_atoms_at_their_sites_is_sampled),
        cmocka_unit_test(what_cannot_be_answered_is_refused),
        cmocka_unit_test(conductivity_alone_samples_no_stress),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
