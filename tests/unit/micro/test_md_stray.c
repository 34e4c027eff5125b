/* Atoms that do not stay: what is told and what is refused of liquids, and that crystals are left alone. */
#include "engine_material.h"
#include "md_fixture.h"

#define LIQUID(style, more)                                                                                            \
    "{\"engine\":\"native\",\"reference\":\"as-given\",\"structure\":{\"file\":\"" FEMD_FIELD_FILES                    \
    "/molten_argon.data\",\"species\":[\"Ar\"]},\"potential\":{\"style\":\"" style                                     \
    "\",\"epsilon\":\"0.0103235 eV\",\"sigma\":\"3.405 angstrom\",\"cutoff\":\"8.5125 angstrom\"}" more "}"
static const double still[6] = {0};

static femd_status ask(const char *json, uint32_t wants, double accuracy, femd_response *r, femd_error *err) {
    femd_material *m = open_material(json);
    const femd_request q = {.wants = wants, .temperature = 90, .accuracy = accuracy, .seed = 2};
    const femd_status rc = try_request(m, &q, NULL, r, NULL, err);
    femd_material_close(&m);
    return rc;
}

static void displacements_are_counted(void **state) {
    (void)state;
    const double site[9] = {0}, near[9] = {1.8, 0, 0, 0, 1.8, 0.6, 0, 0, 0}, far[9] = {0, 6, 0, 0, 0, 0.8, 2, 2, 0};
    femd_stray stray = {0};
    femd_stray_look(&stray, 3, site, near, 2);
    assert_true(stray.gone == 0 && stray.atoms == 3 && fabs(stray.rms - 2 * sqrt(1.71 / 3)) < 1e-12);
    femd_stray_look(&stray, 3, site, far, 2);
    femd_stray_look(&stray, 2, site, near, 2);
    assert_true(stray.gone == 2 && stray.atoms == 3 && fabs(stray.rms - 2 * sqrt(11.16 / 3)) < 1e-12);
}

static void neighbours_are_as_far_as_the_lattice_says(void **state) {
    (void)state;
    md_case c;
    double mean;
    femd_error err = FEMD_ERROR_INIT;
    md_open(&c, ARGON("5.4", "[2,1,1]", ""));
    assert_int_equal(femd_neighbours_nearest(c.n->rve.nb, c.n->rve.n, c.n->rve.h0, c.n->rve.X, &mean, &err), FEMD_OK);
    assert_true(fabs(mean - 5.4 * sqrt(0.5)) < 1e-12 && fabs(c.md->common.reach - mean / 2) < 1e-12);
    c.n->rve.X[0] += 0.3; /* this atom and the two nearest of its neighbours */
    assert_int_equal(femd_neighbours_nearest(c.n->rve.nb, c.n->rve.n, c.n->rve.h0, c.n->rve.X, &mean, &err), FEMD_OK);
    assert_true(mean < 5.4 * sqrt(0.5) - 0.05);
    md_close(&c);
}

/* The pressure of the liquid by LAMMPS, 2 ns at the same density: 41.8(3) MPa. */
static void a_liquid_is_sampled_and_told(void **state) {
    (void)state;
    femd_response r;
    femd_error err = FEMD_ERROR_INIT;
    if (ask(LIQUID("lj/cut", ",\"method\":\"md\",\"md\":{\"replicas\":2}"), FEMD_WANT_STRESS, 0.1, &r, &err) != FEMD_OK)
        fail_msg("%s", err.text);
    const double p = -(r.S[0] + r.S[1] + r.S[2]) / 3, off = fmax(r.S_err[0], r.S_err[1]);
    print_message("pressure %.2f(%.2f) MPa\n", p / 1e6, off / 1e6);
    assert_true(r.notes & FEMD_NOTE_NOT_SOLID && fabs(p - 41.8e6) < 4 * off && off < 5e6);
    /* segments that a state carries say the same: nothing is left to do at this accuracy */
    femd_material *m = open_material(
        LIQUID("lj/cut", ",\"method\":{\"stress\":\"md\",\"conductivity\":\"green-kubo\"},\"md\":{\"replicas\":1,"
                         "\"max_steps\":5000,\"accuracy\":9},\"green-kubo\":{\"min_segments\":2,\"max_segments\":2,"
                         "\"segment\":\"30 ps\"}"));
    femd_request q = {.wants = FEMD_WANT_CONDUCTIVITY, .temperature = 90, .accuracy = 9, .seed = 2};
    femd_buffer kept = FEMD_BUFFER_INIT;
    for (int again = 0; again < 2; again++) {
        if (try_request(m, &q, again ? &kept : NULL, &r, again ? NULL : &kept, &err) != FEMD_OK)
            fail_msg("%s", err.text);
        assert_true(r.notes & FEMD_NOTE_NOT_SOLID && r.k[0] > 0);
    }
    femd_buffer_clear(&kept);
    femd_material_close(&m);
}

static void statics_tells_of_an_inherent_structure(void **state) {
    (void)state;
    femd_material *m = open_material(LIQUID("lj", ""));
    femd_response r;
    femd_error err = FEMD_ERROR_INIT;
    assert_non_null(strstr(femd_material_notes(m), "inherent structure"));
    femd_material_close(&m);
    assert_int_equal(ask(LIQUID("lj", ""), FEMD_WANT_STRESS, 0, &r, &err), FEMD_OK);
    assert_true(r.notes & FEMD_NOTE_NOT_SOLID);
    /* also where another method finds the strain */
    if (ask(LIQUID("lj", ",\"method\":{\"stress\":\"md\",\"energy\":\"statics\"}"), FEMD_WANT_ENERGY, 0, &r, &err) !=
        FEMD_OK)
        fail_msg("%s", err.text);
    assert_true(r.notes & FEMD_NOTE_NOT_SOLID);
}

static void nemd_refuses_what_does_not_stay(void **state) {
    (void)state;
    femd_response r;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(
        ask(LIQUID("lj", ",\"method\":{\"stress\":\"statics\",\"conductivity\":\"nemd\"},\"nemd\":{\"lengths\":[10],"
                         "\"slab\":\"16 angstrom\",\"symmetry\":\"isotropic\"}"),
            FEMD_WANT_CONDUCTIVITY, 0.5, &r, &err),
        FEMD_OUT_OF_DOMAIN);
    assert_non_null(strstr(err.text, "green-kubo"));
}

/* Nothing is told of a crystal; of one whose replicas were made to disagree, that. Controls end where atoms leave. */
static void a_crystal_is_left_alone(void **state) {
    (void)state;
    md_case c;
    femd_response r;
    md_open(&c, ARGON("5.4", "[2,2,2]", ""));
    md_evaluate(&c, still, 60, 0.05, 3, NULL, &r, NULL);
    assert_true(r.notes == 0 && c.md->result.apart < 3.2 && c.md->common.stray.rms > 0.1);
    const double sharp = c.md->result.energy_err;
    c.md->common.stray.gone = c.md->common.replicas.dropped = 1;
    femd_md_evaluate(c.md);
    assert_true(c.md->result.energy_err > 2 * sharp);
    c.md->common.stray.gone = c.md->common.replicas.dropped = 0;
    femd_blocks *sums = &c.md->common.replicas.one[0].sums;
    for (int b = 0; b < sums->count; b++) sums->data[b * sums->width + 1] += 5 * sums->data[b * sums->width];
    femd_md_evaluate(c.md);
    assert_true(c.md->result.apart > 3.2);
    femd_buffer carry = FEMD_BUFFER_INIT;
    femd_error err = FEMD_ERROR_INIT;
    const femd_conditions q = {.temperature = 60, .wants = FEMD_WANT_STRESS};
    assert_int_equal(femd_sampled_finish(c.md, c.n, &q, &r, &carry, &err), FEMD_OK);
    assert_int_equal(r.notes, FEMD_NOTE_NOT_ERGODIC);
    femd_buffer_clear(&carry);
    md_close(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(displacements_are_counted),       cmocka_unit_test(neighbours_are_as_far_as_the_lattice_says),
        cmocka_unit_test(a_liquid_is_sampled_and_told),    cmocka_unit_test(statics_tells_of_an_inherent_structure),
        cmocka_unit_test(nemd_refuses_what_does_not_stay), cmocka_unit_test(a_crystal_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
