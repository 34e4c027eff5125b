/* What a file says of its element and what the material calls it: differences are told or refused. */
#include "engine_material.h"

static void open_of(char *json, size_t size, const char *species, const char *file, const char *masses) {
    snprintf(
        json, size,
        "{\"engine\":\"cauchy-born\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"3.6 angstrom\",\"species\":[\"%s\"]"
        "%s},\"potential\":{\"style\":\"eam\",\"file\":\"%s\"},\"reference\":\"as-given\"}",
        species, masses, file);
}

static void tells(const char *species, const char *file, const char *masses, const char *words) {
    char json[500];
    open_of(json, sizeof json, species, file, masses);
    femd_material *m = open_material(json);
    const char *notes = femd_material_notes(m);
    if (words ? !strstr(notes, words) : strstr(notes, "element ") || strstr(notes, "the mass of"))
        fail_msg("%s, %s: %s", species, file, notes);
    femd_material_close(&m);
}

/* A funcfl file says its atomic number alone. */
static void a_table_of_another_element_is_told(void **state) {
    (void)state;
    tells("Cu", "Cu_u3.eam", "", NULL);
    tells("A", "Cu_u3.eam", "", NULL); /* no chemical symbol */
    tells("Ni", "Cu_u3.eam", "", "Cu_u3.eam: the file is of element 29, Cu, and the material calls it Ni");
    tells("Au", "Ag_u3.eam", "", "of element 47, Ag,");
}

static void a_mass_that_is_not_the_potential_s_is_told(void **state) {
    (void)state;
    tells("Cu", "Cu_u3.eam", ",\"masses\":[\"62.93 u\"]", NULL); /* an isotope that is most of it */
    tells("Cu", "Cu_u3.eam", ",\"masses\":[\"58.69 u\"]",
          "the mass of Cu is 58.69 u, as the structure says; the potential says 63.55 u");
    tells("Cu", "Cu_u3.eam", ",\"masses\":[\"63.55e-3 u\"]", "the mass of Cu is 0.06355 u");
}

static void atoms_of_another_element_are_refused(void **state) {
    (void)state;
    femd_material *m = NULL;
    femd_error err = FEMD_ERROR_INIT;
#define LABELLED(species)                                                                                              \
    "{\"engine\":\"native\",\"structure\":{\"file\":\"" FEMD_FIELD_FILES "/type_labels.data\",\"species\":[\"" species \
    "\"]},\"potential\":{\"style\":\"eam\",\"file\":\"Ni_u3.eam\"}}"
    assert_int_equal(try_open(LABELLED("Ni"), &m, &err), FEMD_BAD_INPUT);
    if (!strstr(err.text, "type 1 is called Cu, but \"species\" of the material has Ni in its place"))
        fail_msg("%s", err.text);
    m = open_material(LABELLED("metal"));
    femd_material_close(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_of_another_element_is_told),
        cmocka_unit_test(a_mass_that_is_not_the_potential_s_is_told),
        cmocka_unit_test(atoms_of_another_element_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
