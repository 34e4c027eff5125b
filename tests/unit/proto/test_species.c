/* Species by their names: what a difference of chemical potentials is of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "femd/species.h"

typedef struct material {
    femd_json doc;
    femd_species species;
    femd_error err;
} material;

static femd_status read_material(material *m, const char *text) {
    *m = (material){.doc = FEMD_JSON_INIT};
    femd_error_clear(&m->err);
    assert_int_equal(femd_json_parse(text, strlen(text), "alloy.json", &m->doc, &m->err), FEMD_OK);
    return femd_species_of_material(&m->doc, m->doc.root, &m->species, &m->err);
}

static void they_stand_in_the_order_in_which_the_material_names_them(void **state) {
    (void)state;
    material m;
    unsigned given = 0;
    int place;
    assert_int_equal(read_material(&m, "{\"structure\":{\"species\":[\"Cu\",\"Ni\",\"Co\",\"Cu\"]}}"), FEMD_OK);
    assert_int_equal(m.species.n, 3);
    assert_int_equal(m.species.exchange, 7);
    assert_string_equal(m.species.name[2], "Co");
    femd_json_clear(&m.doc);
    assert_int_equal(read_material(&m, "{\"structure\":{\"species\":[\"Al\"],\"substitution\":[{\"species\":\"Cu\"},"
                                       "{\"species\":\"Al\"}]},\"semi-grand\":{\"species\":[\"Ni\",\"Al\"]}}"),
                     FEMD_OK);
    assert_int_equal(m.species.n, 3);
    assert_string_equal(m.species.name[1], "Cu");
    assert_string_equal(m.species.name[2], "Ni");
    assert_int_equal(m.species.exchange, 5);
    assert_int_equal(femd_species_place(&m.species, "Cu", "mu", &given, &place, &m.err), FEMD_BAD_INPUT);
    assert_string_equal(m.err.text, "mu: \"Cu\" does not exchange; accepted: Ni");
    assert_int_equal(femd_species_all_given(&m.species, "mu", given, &m.err), FEMD_BAD_INPUT);
    assert_int_equal(femd_species_place(&m.species, "Ni", "mu", &given, &place, &m.err), FEMD_OK);
    assert_int_equal(place, 1);
    assert_int_equal(femd_species_all_given(&m.species, "mu", given, &m.err), FEMD_OK);
    femd_json_clear(&m.doc);
}

static void too_few_and_too_many_are_refused(void **state) {
    (void)state;
    static const char *const bad[][2] = {
        {"{}", "a material of no species"},
        {"{\"structure\":{\"species\":[\"Cu\"]}}", "structure.species: a material of one species"},
        {"{\"structure\":{\"species\":[\"A\",\"B\",\"C\",\"D\",\"E\"]}}", "a material of more than four species"},
        {"{\"structure\":{\"species\":[\"A\",\"B\",\"C\",\"D\"]},\"semi-grand\":{\"species\":[\"E\"]}}",
         "more than four"},
        {"{\"structure\":{\"species\":[\"A\"],\"substitution\":[{}]}}", "differences of chemical potentials"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        material m;
        assert_int_equal(read_material(&m, bad[i][0]), FEMD_BAD_INPUT);
        assert_non_null(strstr(m.err.text, bad[i][1]));
        femd_json_clear(&m.doc);
    }
}

static void each_but_the_first_is_given_once(void **state) {
    (void)state;
    material m;
    unsigned given = 0;
    int place = -1;
    assert_int_equal(read_material(&m, "{\"structure\":{\"species\":[\"Cu\",\"Ni\",\"Co\"]}}"), FEMD_OK);
    const femd_species *s = &m.species;
    assert_int_equal(femd_species_place(s, "Co", "mu", &given, &place, &m.err), FEMD_OK);
    assert_int_equal(place, 1);
    assert_int_equal(femd_species_all_given(s, "mu", given, &m.err), FEMD_BAD_INPUT);
    assert_string_equal(m.err.text, "mu: that of \"Ni\" is missing");
    assert_int_equal(femd_species_place(s, "Co", "mu", &given, &place, &m.err), FEMD_BAD_INPUT);
    assert_string_equal(m.err.text, "mu: \"Co\" is given twice");
    assert_int_equal(femd_species_place(s, "Cu", "mu", &given, &place, &m.err), FEMD_BAD_INPUT);
    assert_non_null(strstr(m.err.text, "\"Cu\" is the first species"));
    assert_int_equal(femd_species_place(s, "Zn", "mu", &given, &place, &m.err), FEMD_BAD_INPUT);
    assert_string_equal(m.err.text, "mu: the material has no species \"Zn\"; accepted: Ni, Co");
    assert_int_equal(femd_species_place(s, "Ni", "mu", &given, &place, &m.err), FEMD_OK);
    assert_int_equal(place, 0);
    assert_int_equal(femd_species_all_given(s, "mu", given, &m.err), FEMD_OK);
    femd_json_clear(&m.doc);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_stand_in_the_order_in_which_the_material_names_them),
        cmocka_unit_test(too_few_and_too_many_are_refused),
        cmocka_unit_test(each_but_the_first_is_given_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
