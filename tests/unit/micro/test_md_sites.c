/* The method md on what has no minimum of its energy: phases that only motion holds, atoms that start at their sites.
 */
#include "engine_material.h"

#define ZIRCONIUM(more)                                                                                                \
    "{\"engine\":\"native\",\"structure\":{\"lattice\":\"bcc\",\"a\":\"3.64 "                                          \
    "angstrom\",\"species\":[\"Zr\"],\"repeat\":[2,2,2]},"                                                             \
    "\"potential\":{\"style\":\"eam/fs\",\"file\":\"Zr_mm.eam.fs\"}" more "}"
#define SAMPLED ",\"method\":\"md\",\"reference\":\"as-given\""

static void refused(const char *json, const char *words) {
    femd_material *m = NULL;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(try_open(json, &m, &err), FEMD_BAD_INPUT);
    if (!strstr(err.text, words)) fail_msg("%s", err.text);
}

static void ask(femd_material *m, const double E[6], const femd_buffer *state, femd_response *r, femd_buffer *out) {
    femd_error err = FEMD_ERROR_INIT;
    femd_request q = {.wants = BASIC, .temperature = 1300, .accuracy = 0.06, .seed = 3};
    memcpy(q.value, E, sizeof q.value);
    if (try_request(m, &q, state, r, out, &err) != FEMD_OK) fail_msg("%s", err.text);
    r->work = (femd_work){0};
}

/* bcc zirconium is a saddle point at 0 K, and a crystal at 1300 K. */
static void a_phase_that_only_motion_holds_is_sampled(void **state) {
    (void)state;
    const double zero[6] = {0}, shear[6] = {0, 0, 0, 0, 0, 0.03};
    femd_buffer kept = FEMD_BUFFER_INIT;
    femd_response r, again, sheared;
    refused(ZIRCONIUM(), "saddle point");
    refused(ZIRCONIUM(",\"method\":{\"stress\":\"md\",\"helmholtz\":\"quasiharmonic\"},\"reference\":\"as-given\""),
            "saddle point"); /* harmonic vibrations need the minimum */
    refused(ZIRCONIUM(",\"method\":\"md\""), "as-given");
    femd_material *m = open_material(ZIRCONIUM(SAMPLED)), *cold = open_material(ZIRCONIUM(SAMPLED));
    assert_non_null(strstr(femd_material_notes(m), "start at their sites"));
    assert_non_null(strstr(femd_material_notes(m), "saddle point"));
    ask(m, zero, NULL, &r, &kept);
    ask(cold, zero, &kept, &again, NULL); /* nothing is left to do */
    assert_memory_equal(&r, &again, sizeof r);
    assert_true(r.D[0] > 60 * GPA && r.D[0] < 120 * GPA && r.D[21] > 10 * GPA);
    ask(m, shear, &kept, &sheared, NULL);
    print_message("C44 %.1f GPa, S12 %.3f GPa at a shear of 0.03\n", r.D[21] / GPA, sheared.S[5] / GPA);
    assert_true(sheared.S[5] > 0.4 * GPA && sheared.S[5] < 1.2 * GPA);
    femd_buffer_clear(&kept);
    femd_material_close(&m);
    femd_material_close(&cold);
}

/* Where there is a minimum the start makes no difference but noise. */
static void the_start_is_forgotten(void **state) {
    (void)state;
    const char *const start[2] = {"relaxed", "sites"};
    femd_response r[2];
    for (int k = 0; k < 2; k++) {
        char json[1024];
        snprintf(json, sizeof json,
                 "{\"engine\":\"native\",\"method\":\"md\",\"md\":{\"start\":\"%s\"},\"reference\":\"as-given\","
                 "\"structure\":"
                 "{\"lattice\":\"fcc\",\"a\":\"5.4 angstrom\",\"species\":[\"Ar\"],\"masses\":[\"39.948 "
                 "u\"],\"repeat\":[2,2,2],"
                 "\"vacancies\":{\"count\":1}},\"potential\":{\"style\":\"lj\",\"epsilon\":\"0.0103235 "
                 "eV\",\"sigma\":\"3.405 "
                 "angstrom\",\"cutoff\":\"6.5 angstrom\",\"smooth\":\"2 angstrom\"}}",
                 start[k]);
        femd_material *m = open_material(json);
        femd_error err = FEMD_ERROR_INIT;
        const femd_request q = {.wants = FEMD_WANT_STRESS, .temperature = 30, .accuracy = 0.01, .seed = 8};
        if (try_request(m, &q, NULL, &r[k], NULL, &err) != FEMD_OK) fail_msg("%s", err.text);
        assert_int_equal(strstr(femd_material_notes(m), "sites") != NULL, k);
        femd_material_close(&m);
    }
    for (int c = 0; c < 6; c++) assert_true(fabs(r[0].S[c] - r[1].S[c]) < 4 * hypot(r[0].S_err[c], r[1].S_err[c]));
    assert_true(r[0].S[0] != r[1].S[0]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_phase_that_only_motion_holds_is_sampled),
        cmocka_unit_test(the_start_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
