/* Local fields of an RVE: copper with a void against figures of another program, atoms in motion, and what is refused.
 */
#include "engine_material.h"
#include "femd/units.h"

/* A void of 1.3 a around the middle of 6 cells, which takes 43 atoms. */
#define VOID                                                                                                           \
    "{\"engine\":\"native\",\"reference\":\"as-given\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"3.614925 "           \
    "angstrom\",\"species\":[\"Cu\"],\"repeat\":[6,6,6],\"voids\":[{\"center\":[0.5,0.5,0.5],\"radius\":\"4.6994025 "  \
    "angstrom\"}]},\"potential\":{\"style\":\"eam/alloy\",\"file\":\"Cu_mishin1.eam.alloy\"}}"
#define ARGON(more)                                                                                                    \
    "{\"engine\":\"native\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"5.3 angstrom\",\"species\":[\"Ar\"],"           \
    "\"repeat\":[3,3,3],\"masses\":[\"39.948 u\"]},\"potential\":{\"style\":\"lj\",\"epsilon\":\"0.0104 eV\","         \
    "\"sigma\":\"3.4 angstrom\",\"cutoff\":\"7 angstrom\",\"smooth\":\"1 angstrom\"}" more "}"

/* Evaluate at the request and get the fields of the state. */
static void fields_of(femd_material *m, const femd_request *q, const femd_local_ask *ask, femd_response *r,
                      femd_local_fields *f) {
    femd_error err = FEMD_ERROR_INIT;
    femd_buffer state = FEMD_BUFFER_INIT;
    if (try_request(m, q, NULL, r, &state, &err) != FEMD_OK) fail_msg("%s", err.text);
    const femd_bytes bytes = {state.data, state.size};
    femd_local_ask with = *ask;
    with.E = r->E;
    if (femd_material_fields(m, &bytes, &with, NULL, f, &err) != FEMD_OK) fail_msg("%s", err.text);
    femd_buffer_clear(&state);
}

static double field_at(const double *of, size_t cell, int quantity, int component) {
    return of[cell * FEMD_LOCAL_COMPONENTS + (size_t)femd_local_quantities[quantity].first + (size_t)component];
}

/* The smallest and the largest of a component, in GPa. */
static void extremes(const femd_local_fields *f, int quantity, int component, double range[2]) {
    range[0] = INFINITY;
    range[1] = -INFINITY;
    for (size_t cell = 0; cell < f->grid.cells; cell++) {
        const double value = field_at(f->value, cell, quantity, component) / GPA;
        range[0] = fmin(range[0], value);
        range[1] = fmax(range[1], value);
    }
}

static void check_mean(const femd_local_fields *f) {
    const double scale = fabs(f->virial[0]) + fabs(f->virial[1]) + fabs(f->virial[2]);
    for (int c = 0; c < 6; c++) assert_true(fabs(f->mean[c] - f->virial[c]) <= 1e-12 * scale);
}

/* Other program: an implementation with lattice sums of its own (figures to the digits given). */
static void copper_with_a_void_has_the_field_of_another_program(void **state) {
    (void)state;
    static const struct {
        double E[3], virial[3], range[2];
    } loads[] = {{{0.01005, 0.01005, 0.01005}, {4.147981, 4.147981, 4.147981}, {0.000, 6.62}},
                 {{0.01005, 0, 0}, {2.259017, 1.831785, 1.831785}, {0.000, 4.75}}};
    const femd_local_ask ask = {.grid = {6, 6, 6}, .origin = {0.137, 0.271, 0.393}, .samples = 1};
    femd_material *m = open_material(VOID);
    assert_int_equal(femd_material_capabilities(m)->atoms, 6 * 6 * 6 * 4 - 43);
    for (size_t k = 0; k < sizeof loads / sizeof *loads; k++)
        for (int kernel = 0; kernel < 2; kernel++) {
            femd_request q = {.wants = FEMD_WANT_STRESS};
            femd_response r;
            femd_local_fields f = {0};
            femd_local_ask with = ask;
            double range[2];
            with.kernel = kernel;
            memcpy(q.value, loads[k].E, sizeof loads[k].E);
            fields_of(m, &q, &with, &r, &f);
            check_mean(&f);
            for (int c = 0; c < 3; c++) assert_true(fabs(f.virial[c] / GPA - loads[k].virial[c]) < 1e-6);
            for (int c = 3; c < 6; c++) assert_true(fabs(f.virial[c]) < 10);
            /* equilibrium: nothing acts on any cell, each plane bears the same */
            assert_true(f.balance.rest < 1e-12 && f.balance.forces < 1e-10 && f.balance.spread < 1e-10);
            extremes(&f, FEMD_LOCAL_STRESS_FIELD, 0, range);
            if (kernel == FEMD_LOCAL_BOX) {
                assert_true(fabs(range[0] - loads[k].range[0]) < 0.0006);
                assert_true(fabs(range[1] - loads[k].range[1]) < 0.006);
            } else {
                assert_true(range[0] > 0.001 && range[1] < loads[k].range[1]); /* smoother */
            }
            femd_local_fields_clear(&f);
        }
    femd_material_close(&m);
}

/* A perfect crystal under homogeneous strain: every atom has the same, and a grid of whole cells is uniform. */
static void a_perfect_crystal_is_uniform(void **state) {
    (void)state;
    const double E[6] = {0.01, -0.003, 0.004, 0.006, -0.002, 0.008};
    const femd_local_ask ask = {.grid = {3, 3, 3}, .samples = 1};
    static const char *const samples[] = {
        COPPER(",\"repeat\":[3,3,3]", ""),
        "{\"engine\":\"cauchy-born\",\"structure\":{\"lattice\":\"diamond\",\"a\":\"5.431 angstrom\","
        "\"species\":[\"Si\"],\"repeat\":[3,3,3]},\"potential\":{\"style\":\"sw\",\"file\":\"Si.sw\"}}"};
    for (int k = 0; k < 2; k++) {
        femd_material *m = open_material(samples[k]);
        femd_request q = {.wants = FEMD_WANT_STRESS};
        femd_response r;
        femd_local_fields f = {0};
        double sigma[6];
        memcpy(q.value, E, sizeof E);
        fields_of(m, &q, &ask, &r, &f);
        check_mean(&f);
        femd_cauchy(f.U, r.S, sigma);
        assert_true(f.balance.rest < 1e-12);
        assert_int_equal(femd_local_fields_have(&f, FEMD_LOCAL_DENSITY_FIELD), k == 0); /* Si.sw names no masses */
        assert_false(femd_local_fields_have(&f, FEMD_LOCAL_TEMPERATURE_FIELD));
        assert_true(femd_local_fields_have(&f, FEMD_LOCAL_STRESS_FIELD));
        for (size_t cell = 0; cell < f.grid.cells; cell++) {
            for (int c = 0; c < 6; c++)
                assert_true(fabs(field_at(f.value, cell, FEMD_LOCAL_STRESS_FIELD, c) - sigma[c]) < 1e-10 * GPA);
            for (int c = 0; k == 0 && c < 9; c++)
                assert_true(fabs(field_at(f.value, cell, FEMD_LOCAL_GRADIENT_FIELD, c) - f.U[c]) < 1e-12);
        }
        for (int i = 0; i < f.n; i++) {
            assert_true(f.apart[i] < 1e-20);
            for (int c = 0; c < 6; c++) assert_true(fabs(f.bonds[6 * i + c] - f.bonds[c]) < 1e-10);
        }
        femd_local_fields_clear(&f);
        femd_material_close(&m);
    }
}

/* A cluster's vacuum is no part of its volume: the mean is the answer's stress, under every boundary condition. */
static void the_mean_is_the_stress_of_the_answer(void **state) {
    (void)state;
    static const char *const samples[] = {
        COPPER(",\"repeat\":[4,4,4]", ",\"boundary_condition\":\"minimal\""),
        COPPER(",\"repeat\":[3,3,3],\"vacancies\":{\"count\":1}",
               ",\"boundary_condition\":{\"type\":\"kubc\",\"planes\":2}"),
        COPPER(",\"repeat\":[3,3,3],\"vacancies\":{\"count\":1}", ",\"boundary_condition\":\"periodic\"")};
    const femd_local_ask ask = {.grid = {3, 5, 4}, .samples = 1};
    for (size_t k = 0; k < sizeof samples / sizeof *samples; k++) {
        femd_material *m = open_material(samples[k]);
        femd_request q = {.wants = FEMD_WANT_STRESS, .value = {0.01, -0.002, 0.003, 0.004, 0, 0.006}};
        femd_response r;
        femd_local_fields f = {0};
        double sigma[6];
        fields_of(m, &q, &ask, &r, &f);
        check_mean(&f);
        femd_cauchy(f.U, r.S, sigma);
        for (int c = 0; c < 6; c++)
            if (!(fabs(f.mean[c] - sigma[c]) < 1e-9 * GPA)) fail_msg("%zu: %g, answered %g", k, f.mean[c], sigma[c]);
        femd_local_fields_clear(&f);
        femd_material_close(&m);
    }
}

#define MD                                                                                                             \
    ","                                                                                                                \
    "\"method\":\"md\",\"md\":{\"equilibration\":\"1 ps\",\"block\":\"0.5 ps\",\"replicas\":2,\"max_steps\":4000}"

/* What moves: the parts add up, the mean temperature is that asked for, and from 20 samples on there are errors, which
 * cover the difference to what the method itself says. */
static void atoms_in_motion_are_sampled(void **state) {
    (void)state;
    femd_material *m = open_material(ARGON(MD));
    femd_request q = {.wants = FEMD_WANT_STRESS, .temperature = 40, .seed = 7, .accuracy = 0.5};
    femd_response r;
    femd_local_fields one = {0}, many = {0}, again = {0};
    femd_local_ask ask = {.spacing = 5.3, .samples = 1, .kernel = FEMD_LOCAL_HARDY};
    fields_of(m, &q, &ask, &r, &one);
    assert_true(one.moves && one.samples == 1 && !one.error && one.temperature == 40);
    assert_int_equal(one.grid.cells, 27);
    check_mean(&one);
    assert_true(one.balance.rest < 1e-12 && one.balance.forces > 1e-3);
    ask.samples = 201;
    fields_of(m, &q, &ask, &r, &many);
    fields_of(m, &q, &ask, &r, &again);
    assert_int_equal(many.samples, 210);
    check_mean(&many);
    assert_memory_equal(many.value, again.value, many.grid.cells * FEMD_LOCAL_COMPONENTS * sizeof(double));
    assert_memory_equal(many.error, again.error, many.grid.cells * FEMD_LOCAL_COMPONENTS * sizeof(double));
    double T = 0, density = 0, sigma[6], flux = 0;
    femd_cauchy(many.U, r.S, sigma);
    for (size_t cell = 0; cell < many.grid.cells; cell++) {
        const double kinetic = field_at(many.value, cell, FEMD_LOCAL_STRESS_MOTION_FIELD, 0);
        assert_true(kinetic < 0);
        assert_true(fabs(field_at(many.value, cell, FEMD_LOCAL_STRESS_FIELD, 0) - kinetic -
                         field_at(many.value, cell, FEMD_LOCAL_STRESS_BONDS_FIELD, 0)) < 1);
        assert_true(field_at(many.error, cell, FEMD_LOCAL_STRESS_FIELD, 0) > 0);
        T += field_at(many.value, cell, FEMD_LOCAL_TEMPERATURE_FIELD, 0) / (double)many.grid.cells;
        density += field_at(many.value, cell, FEMD_LOCAL_DENSITY_FIELD, 0) / (double)many.grid.cells;
        flux += field_at(many.value, cell, FEMD_LOCAL_HEAT_FLUX_FIELD, 1) / (double)many.grid.cells;
        assert_true(field_at(one.value, cell, FEMD_LOCAL_HEAT_FLUX_FIELD, 0) != 0);
    }
    print_message("T %g, sigma %g (method %g +- %g) MPa, flux %g\n", T, many.mean[0] / 1e6, sigma[0] / 1e6,
                  r.S_err[0] / 1e6, flux);
    assert_true(fabs(T - 40) < 2);
    /* 4 atoms a cube of 5.3 angstrom or so, each 39.948 u */
    assert_true(fabs(density / (108 * 39.948 * FEMD_ATOMIC_MASS / (many.grid.volume * 27e-30)) - 1) < 1e-10);
    assert_true(fabs(many.mean[0] - sigma[0]) < 6e6);
    /* the state is as it was: one sample of it is the first sample still */
    femd_local_fields_clear(&again);
    ask.samples = 1;
    fields_of(m, &q, &ask, &r, &again);
    assert_memory_equal(one.value, again.value, one.grid.cells * FEMD_LOCAL_COMPONENTS * sizeof(double));
    femd_local_fields_clear(&one);
    femd_local_fields_clear(&many);
    femd_local_fields_clear(&again);
    femd_material_close(&m);
}

static femd_status refused(femd_material *m, const femd_local_ask *ask, const char *words) {
    const femd_bytes virgin = {NULL, 0};
    femd_error err = FEMD_ERROR_INIT;
    femd_local_fields f = {0};
    const femd_status rc = femd_material_fields(m, &virgin, ask, NULL, &f, &err);
    femd_local_fields_clear(&f);
    if (!strstr(err.text, words)) fail_msg("\"%s\" is not in \"%s\"", words, err.text);
    return rc;
}

static void what_has_no_fields_is_refused_with_words(void **state) {
    (void)state;
    const femd_local_ask one = {.grid = {2, 2, 2}, .samples = 1}, many = {.grid = {2, 2, 2}, .samples = 2},
                         none = {.grid = {2, 2, 2}}, no_grid = {.samples = 1}, fine = {.spacing = 1e-3, .samples = 1};
    femd_material *elastic = open_material("{\"engine\":\"elastic\",\"young\":\"1 GPa\",\"poisson\":0.3}"),
                  *born = open_material(
                      "{\"engine\":\"cauchy-born\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"3.615 angstrom\","
                      "\"species\":[\"Cu\"]},\"potential\":{\"style\":\"eam/alloy\",\"file\":"
                      "\"Cu_mishin1.eam.alloy\"}}"),
                  *argon = open_material(ARGON(""));
    assert_int_equal(refused(elastic, &one, "no atoms"), FEMD_UNSUPPORTED);
    assert_int_equal(refused(born, &one, "keeps no state"), FEMD_UNSUPPORTED);
    assert_int_equal(refused(argon, &many, "at rest"), FEMD_BAD_INPUT);
    assert_int_equal(refused(argon, &none, "at least one"), FEMD_BAD_INPUT);
    assert_int_equal(refused(argon, &no_grid, "spacing"), FEMD_BAD_INPUT);
    assert_int_equal(refused(argon, &fine, "at most"), FEMD_LIMIT);
    assert_int_equal(refused(argon, &one, ""), FEMD_OK);
    femd_material_close(&elastic);
    femd_material_close(&born);
    femd_material_close(&argon);
}

static void the_number_of_samples_is_a_multiple_of_ten(void **state) {
    (void)state;
    assert_int_equal(femd_local_samples(1), 1);
    assert_int_equal(femd_local_samples(19), 19);
    assert_int_equal(femd_local_samples(20), 20);
    assert_int_equal(femd_local_samples(21), 30);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copper_with_a_void_has_the_field_of_another_program),
        cmocka_unit_test(a_perfect_crystal_is_uniform),
        cmocka_unit_test(the_mean_is_the_stress_of_the_answer),
        cmocka_unit_test(atoms_in_motion_are_sampled),
        cmocka_unit_test(what_has_no_fields_is_refused_with_words),
        cmocka_unit_test(the_number_of_samples_is_a_multiple_of_ten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
