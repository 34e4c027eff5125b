/* The list of methods against what the schema of a case lets a material name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rve/method.h"

static femd_json schema;

static int open_schema(void **state) {
    femd_error err = FEMD_ERROR_INIT;
    (void)state;
    return femd_json_parse(femd_case_schema, strlen(femd_case_schema), "schema", &schema, &err) != FEMD_OK;
}

static int close_schema(void **state) {
    (void)state;
    femd_json_clear(&schema);
    return 0;
}

static const cJSON *definition(const char *name) {
    const cJSON *found = femd_json_get(femd_json_get(schema.root, "$defs"), name);
    if (!found) fail_msg("the schema defines no %s", name);
    return found;
}

static const cJSON *property(const char *name) {
    return femd_json_get(femd_json_get(definition("native"), "properties"), name);
}

/* The names that a part of the schema accepts, itself or by reference. */
static const cJSON *accepted(const cJSON *part) {
    const char *reference = femd_json_string(part, "$ref", NULL);
    return femd_json_get(reference ? definition(strrchr(reference, '/') + 1) : part, "enum");
}

static int has(const cJSON *names, const char *name) {
    for (const cJSON *one = names->child; one; one = one->next)
        if (strcmp(one->valuestring, name) == 0) return 1;
    return 0;
}

/* Exactly the mechanical methods, in the order of the list. */
static void assert_mechanical(const cJSON *names) {
    const cJSON *one = names->child;
    for (int i = 0; femd_method_at(i); i++) {
        if (!femd_method_at(i)->strain) continue;
        if (!one) fail_msg("the schema does not accept \"%s\"", femd_method_at(i)->name);
        assert_string_equal(one->valuestring, femd_method_at(i)->name);
        one = one->next;
    }
    if (one) fail_msg("the schema accepts \"%s\", which is no mechanical method", one->valuestring);
}

static void a_material_names_mechanical_methods(void **state) {
    (void)state;
    assert_mechanical(accepted(femd_json_get(property("method"), "anyOf")->child));
    assert_mechanical(accepted(definition("mechanical")));
}

/* One per want: what is accepted exists, and no method that could answer is left out. */
static void a_want_names_what_can_answer_it(void **state) {
    (void)state;
    const cJSON *wants = femd_json_get(femd_json_get(property("method"), "anyOf")->child->next, "properties");
    int transports = 0;
    for (const cJSON *want = wants->child; want; want = want->next) {
        const cJSON *names = accepted(want);
        for (const cJSON *one = names->child; one; one = one->next)
            if (!femd_method_find(one->valuestring)) fail_msg("%s: no method %s", want->string, one->valuestring);
        for (int i = 0; femd_method_at(i); i++) {
            const femd_method *method = femd_method_at(i);
            if (!(method->wants & femd_want_from_key(want->string))) continue;
            if (!has(names, method->name)) fail_msg("%s: %s is not accepted", want->string, method->name);
            transports += !method->strain;
        }
    }
    assert_true(transports > 0);
}

/* Options of a method stand under its own name, of which it is asked under another: a defect, a hop. statics has none.
 */
static void options_stand_under_the_methods_name(void **state) {
    (void)state;
    for (int i = 0; femd_method_at(i); i++) {
        const char *name = femd_method_at(i)->name, *key = name;
        if (strcmp(name, "statics") == 0) continue;
        if (strcmp(name, "harmonic") == 0) key = "defect";
        if (strcmp(name, "htst") == 0) key = "hop";
        if (!property(key)) fail_msg("the schema knows no options of %s", name);
    }
}

static void the_list_ends_and_names_differ(void **state) {
    (void)state;
    int count = 0;
    for (; femd_method_at(count); count++)
        assert_ptr_equal(femd_method_find(femd_method_at(count)->name), femd_method_at(count));
    assert_true(count >= 6);
    assert_null(femd_method_at(-1));
    assert_null(femd_method_find("viscosimeter"));
}

static void an_unknown_name_is_told_the_known_ones(void **state) {
    (void)state;
    const char text[] = "{\"method\":{\"stress\":\"statics\",\"conductivity\":\"boltzmann\"}}";
    femd_json doc = FEMD_JSON_INIT;
    femd_methods methods;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(femd_json_parse(text, strlen(text), "test", &doc, &err), FEMD_OK);
    assert_int_equal(femd_methods_open(NULL, &doc, &methods, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "boltzmann"));
    for (int i = 0; femd_method_at(i); i++) assert_non_null(strstr(err.text, femd_method_at(i)->name));
    femd_json_clear(&doc);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_material_names_mechanical_methods),    cmocka_unit_test(a_want_names_what_can_answer_it),
        cmocka_unit_test(options_stand_under_the_methods_name),   cmocka_unit_test(the_list_ends_and_names_differ),
        cmocka_unit_test(an_unknown_name_is_told_the_known_ones),
    };
    return cmocka_run_group_tests(tests, open_schema, close_schema);
}
