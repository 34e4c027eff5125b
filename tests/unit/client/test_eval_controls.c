/* From the command line of femd eval to a request: chemical potentials. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "eval.h"

static const femd_capabilities open_alloy = {.wants = FEMD_WANT_STRESS | FEMD_WANT_COMPOSITION,
                                             .controls = 1,
                                             .inputs = FEMD_INPUT_CHEMICAL},
                               closed = {.wants = FEMD_WANT_STRESS, .controls = 1};

static femd_status ask(const char *species, const femd_capabilities *caps, const option_list *chemical, femd_request *q,
                       femd_error *err) {
    eval_source s = {.Q = {1, 0, 0, 0, 1, 0, 0, 0, 1}, .temperature = 700};
    char text[100];
    snprintf(text, sizeof text, "{\"structure\":{\"species\":[%s]}}", species);
    assert_int_equal(femd_json_parse(text, strlen(text), "alloy.json", &s.doc, err), FEMD_OK);
    s.in = &s.doc;
    s.node = s.doc.root;
    const eval_request one = {.seed = 1, .chemical = *chemical};
    const femd_status rc = eval_controls(&one, &s, caps, q, err);
    femd_json_clear(&s.doc);
    return rc;
}

static void potentials_are_in_eV_or_with_a_unit(void **state) {
    (void)state;
    femd_request q;
    femd_error err = FEMD_ERROR_INIT;
    const option_list two = {.n = 2, .item = {"Co=12 meV", "Ni=-0.76"}};
    assert_int_equal(ask("\"Cu\",\"Ni\",\"Co\"", &open_alloy, &two, &q, &err), FEMD_OK);
    assert_int_equal(q.flags, FEMD_REQUEST_EXCHANGE);
    assert_true(q.delta_mu[0] == -0.76 * 1.602176634e-19);
    assert_true(fabs(q.delta_mu[1] / (0.012 * 1.602176634e-19) - 1) < 1e-15 && q.delta_mu[2] == 0);
    assert_true(q.temperature == 700);
}

/* Whether the material takes any says the material, in its own words. */
static void without_exchange_nothing_is_asked(void **state) {
    (void)state;
    femd_request q;
    femd_error err = FEMD_ERROR_INIT;
    const option_list none = {.n = 0}, one = {.n = 1, .item = {"Ni=0"}};
    assert_int_equal(ask("\"Cu\"", &closed, &none, &q, &err), FEMD_OK);
    assert_int_equal(q.flags, 0);
    assert_int_equal(ask("\"Cu\",\"Ni\"", &closed, &one, &q, &err), FEMD_OK);
    assert_int_equal(q.flags, FEMD_REQUEST_EXCHANGE);
}

static void what_is_no_potential_of_the_material_is_refused(void **state) {
    (void)state;
    static const struct {
        option_list list;
        const char *words;
    } bad[] = {
        {{.n = 0}, "that of \"Ni\" is missing"},
        {{.n = 1, .item = {"Co=1"}}, "that of \"Ni\" is missing"},
        {{.n = 1, .item = {"Cu=1"}}, "\"Cu\" is the first species"},
        {{.n = 1, .item = {"Zn=1"}}, "--chemical-potential: the material has no species \"Zn\"; accepted: Ni, Co"},
        {{.n = 2, .item = {"Ni=1", "Ni=2"}}, "\"Ni\" is given twice"},
        {{.n = 1, .item = {"Ni"}}, "give SPECIES=VALUE"},
        {{.n = 1, .item = {"=1"}}, "give SPECIES=VALUE"},
        {{.n = 1, .item = {"aNameThatIsTooLongForOne=1"}}, "give SPECIES=VALUE"},
        {{.n = 1, .item = {"Ni=1 K"}}, "--chemical-potential Ni: "},
        {{.n = 1, .item = {"Ni="}}, "--chemical-potential Ni: "},
        {{.n = 1, .item = {"Ni=inf"}}, "--chemical-potential Ni: "},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        femd_request q;
        femd_error err = FEMD_ERROR_INIT;
        assert_int_equal(ask("\"Cu\",\"Ni\",\"Co\"", &open_alloy, &bad[i].list, &q, &err), FEMD_BAD_INPUT);
        if (!strstr(err.text, bad[i].words)) fail_msg("%s: %s", bad[i].words, err.text);
    }
    femd_request q;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(ask("\"Cu\"", &open_alloy, &bad[1].list, &q, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "structure.species: a material of one species"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(potentials_are_in_eV_or_with_a_unit),
        cmocka_unit_test(without_exchange_nothing_is_asked),
        cmocka_unit_test(what_is_no_potential_of_the_material_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
