/* Chemical potentials of a case: what they are at a place and time, and what is refused with which words. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "case/case.h"
#include "case_folder.h"

#define ALLOY "materials.copper.structure.species=[\"Cu\",\"Ni\",\"Co\"]"

static femd_status read_case(const char *const *sets, size_t n, femd_case *c, femd_error *err) {
    char path[80];
    snprintf(path, sizeof path, "%s/case.json", folder);
    return femd_case_read(path, sets, n, c, err);
}

static void potentials_follow_place_and_time(void **state) {
    (void)state;
    const char *const sets[] = {ALLOY,
                                "chemical_potentials={\"copper\":{\"Co\":{\"table\":[[0,\"1 eV\"],[1.3,\"2 eV\"]]},"
                                "\"Ni\":\"=1e-20*(x+t)\"}}"};
    const double x[3] = {3, 4, 5}, eV = 1.602176634e-19;
    femd_case c;
    femd_error err = FEMD_ERROR_INIT;
    femd_request q = {.flags = FEMD_REQUEST_PRIVATE};
    if (read_case(sets, 2, &c, &err) != FEMD_OK) fail_msg("%s", err.text);
    assert_true(femd_case_exchanges(&c, 0) && !femd_case_exchanges(&c, 1) && femd_case_potentials_ramp(&c));
    assert_int_equal(femd_case_prescribe(&c, 0, x, 0.65, &q, &err), FEMD_OK);
    assert_int_equal(q.flags, FEMD_REQUEST_PRIVATE | FEMD_REQUEST_EXCHANGE);
    assert_true(fabs(q.delta_mu[0] - 3.65e-20) < 1e-33 && fabs(q.delta_mu[1] - 1.5 * eV) < 1e-32 && q.delta_mu[2] == 0);
    q = (femd_request){.flags = 0};
    assert_int_equal(femd_case_prescribe(&c, 1, x, 0.65, &q, &err), FEMD_OK);
    assert_true(q.flags == 0 && q.delta_mu[0] == 0);
    femd_case_prescribe_first(&c, 0, &q);
    assert_true(q.flags == FEMD_REQUEST_EXCHANGE && q.delta_mu[0] == 0 && fabs(q.delta_mu[1] - eV) < 1e-32);
    double next = 1.2;
    next = femd_case_next_time(&c, next);
    assert_true(fabs(next - 1.3) < 1e-12); /* a step ends at the time of the table */
    femd_case_clear(&c);
}

static void an_expression_without_a_value_at_the_origin_is_found_elsewhere(void **state) {
    (void)state;
    const char *const sets[] = {ALLOY, "chemical_potentials={\"copper\":{\"Co\":0,\"Ni\":\"=1e-20/x\"}}"};
    const double x[3] = {2, 0, 0}, origin[3] = {0};
    femd_case c;
    femd_error err = FEMD_ERROR_INIT;
    femd_request q = {.flags = 0};
    double mu[3];
    if (read_case(sets, 2, &c, &err) != FEMD_OK) fail_msg("%s", err.text);
    assert_false(femd_case_potentials_ramp(&c));
    assert_int_equal(femd_case_potentials(&c, 0, origin, 0, mu, &err), FEMD_BAD_INPUT);
    femd_error_clear(&err);
    assert_int_equal(femd_case_find_potentials(&c, origin, 0, &err), FEMD_BAD_INPUT);
    assert_int_equal(femd_case_find_potentials(&c, x, 0, &err), FEMD_OK);
    femd_case_prescribe_first(&c, 0, &q);
    assert_true(fabs(q.delta_mu[0] - 0.5e-20) < 1e-33);
    femd_case_clear(&c);
}

/* Of the same text, and so one model, but asked at potentials of their own. */
static void twins_with_potentials_are_asked_by_themselves(void **state) {
    (void)state;
    static const char twin[] =
        "materials={\"a\":{\"region\":\"left\",\"engine\":\"native\",\"structure\":{\"lattice\":\"fcc\",\"a\":4e-10,"
        "\"species\":[\"Cu\",\"Ni\"]},\"potential\":{\"style\":\"eam/alloy\",\"file\":\"Cu.eam\"}},"
        "\"b\":{\"region\":\"right\",\"engine\":\"native\",\"structure\":{\"lattice\":\"fcc\",\"a\":4e-10,"
        "\"species\":[\"Cu\",\"Ni\"]},\"potential\":{\"style\":\"eam/alloy\",\"file\":\"Cu.eam\"}}}";
    const char *const sets[] = {twin, "chemical_potentials={\"a\":{\"Ni\":1e-20},\"b\":{\"Ni\":2e-20}}"};
    femd_case c;
    femd_error err = FEMD_ERROR_INIT;
    for (size_t n = 1; n <= 2; n++) {
        if (read_case(sets, n, &c, &err) != FEMD_OK) fail_msg("%s", err.text);
        assert_int_equal(c.material[1].like, n - 1);
        femd_case_clear(&c);
    }
}

static void what_is_no_potential_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *set, *words;
    } bad[] = {
        {"chemical_potentials={}", "chemical_potentials: names no material"},
        {"chemical_potentials={\"gold\":{\"Ni\":1}}",
         "chemical_potentials.gold: the case has no material of this name"},
        {"chemical_potentials={\"rest\":{\"Ni\":1}}", "materials.rest: a material of no species"},
        {"chemical_potentials={\"copper\":{}}", "chemical_potentials.copper: copper: that of \"Ni\" is missing"},
        {"chemical_potentials={\"copper\":{\"Ni\":0}}",
         "chemical_potentials.copper: copper: that of \"Co\" is missing"},
        {"chemical_potentials={\"copper\":{\"Cu\":0}}", "chemical_potentials.copper.Cu: copper: \"Cu\" is the first"},
        {"chemical_potentials={\"copper\":{\"Zn\":0}}",
         "chemical_potentials.copper.Zn: copper: the material has no species \"Zn\"; accepted: Ni, Co"},
        {"chemical_potentials={\"copper\":{\"Ni\":\"1 K\"}}",
         "chemical_potentials.copper.Ni: unit \"K\" does not fit a energy"},
        {"chemical_potentials={\"copper\":{\"Ni\":\"=q\"}}", "chemical_potentials.copper.Ni: "},
        {"chemical_potentials={\"copper\":{\"Ni\":{\"table\":[[1,0],[0,0]]}}}",
         "chemical_potentials.copper.Ni.table[1][0]: times must increase"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *const sets[] = {ALLOY, bad[i].set};
        femd_case c;
        femd_error err = FEMD_ERROR_INIT;
        assert_int_equal(read_case(sets, 2, &c, &err), FEMD_BAD_INPUT);
        if (!strstr(err.text, bad[i].words)) fail_msg("%s: %s", bad[i].words, err.text);
    }
    const char *const path[] = {ALLOY, "chemical_potentials={\"copper\":{\"Ni\":\"=t*1e-20\",\"Co\":0}}",
                                "steps.control=arc-length"};
    femd_case c;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(read_case(path, 3, &c, &err), FEMD_BAD_INPUT);
    if (!strstr(err.text, "follows a load, not potentials that change")) fail_msg("%s", err.text);
    const char *const heat[] = {"chemical_potentials={\"m\":{\"Ni\":0}}"};
    char file[80];
    snprintf(file, sizeof file, "%s/heat.json", folder);
    assert_int_equal(femd_case_read(file, heat, 1, &c, &err), FEMD_BAD_INPUT);
    if (!strstr(err.text, "goes with physics \"mechanical\", not with \"thermal\"")) fail_msg("%s", err.text);
}

static void engine_and_case_must_agree(void **state) {
    (void)state;
    const femd_capabilities both = {.wants = FEMD_WANT_STRESS | FEMD_WANT_TANGENT, .controls = 3},
                            open = {.wants = both.wants, .controls = 1, .inputs = FEMD_INPUT_CHEMICAL};
    const char *const sets[] = {ALLOY, "chemical_potentials={\"copper\":{\"Ni\":0,\"Co\":0}}"};
    femd_case c;
    femd_error err = FEMD_ERROR_INIT;
    if (read_case(sets, 2, &c, &err) != FEMD_OK) fail_msg("%s", err.text);
    assert_int_equal(femd_case_check_answers(&c, 0, &open, &err), FEMD_OK);
    assert_int_equal(femd_case_check_answers(&c, 0, &both, &err), FEMD_BAD_INPUT);
    if (!strstr(err.text, "materials.copper has no exchange of species")) fail_msg("%s", err.text);
    assert_int_equal(femd_case_check_answers(&c, 1, &both, &err), FEMD_OK);
    assert_int_equal(femd_case_check_answers(&c, 1, &open, &err), FEMD_BAD_INPUT);
    if (!strstr(err.text, "are to stand in \"chemical_potentials\"")) fail_msg("%s", err.text);
    femd_case_clear(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(potentials_follow_place_and_time),
        cmocka_unit_test(an_expression_without_a_value_at_the_origin_is_found_elsewhere),
        cmocka_unit_test(twins_with_potentials_are_asked_by_themselves),
        cmocka_unit_test(what_is_no_potential_is_refused),
        cmocka_unit_test(engine_and_case_must_agree),
    };
    return cmocka_run_group_tests(tests, prepare, clean_up);
}
