/* From a material in a file to the pack that travels. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "femd/material_files.h"

static char folder[64];

static void put(const char *name, const char *text) {
    char path[160];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static int begin(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/femd-unit-XXXXXX");
    if (!mkdtemp(folder)) return -1;
    char path[160];
    snprintf(path, sizeof path, "%s/sub", folder);
    return mkdir(path, 0700);
}

static int end(void **state) {
    (void)state;
    static const char *const names[] = {"Test.eam", "sub/Test.eam", "sub/Only.eam", "case.json", "m.json"};
    char path[160];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    snprintf(path, sizeof path, "%s/sub", folder);
    rmdir(path);
    rmdir(folder);
    unsetenv("FEMD_POTENTIALS");
    return 0;
}

#define MATERIAL(more, file)                                                                                           \
    "{\"engine\": \"native\", " more "\"structure\": {\"lattice\": \"fcc\", \"a\": 3.6e-10, \"species\": [\"Cu\"]}, "  \
    "\"potential\": {\"style\": \"eam/alloy\", \"file\": \"" file "\"}}"

static femd_status pack_text(const char *text, femd_buffer *out, femd_error *err) {
    femd_json doc = FEMD_JSON_INIT;
    femd_status rc = femd_json_parse(text, strlen(text), "m.json", &doc, err);
    if (rc == FEMD_OK) rc = femd_material_pack(&doc, doc.root, folder, out, err);
    femd_json_clear(&doc);
    return rc;
}

static void same_content_has_the_same_id_wherever_it_lies(void **state) {
    (void)state;
    femd_buffer a = FEMD_BUFFER_INIT, b = FEMD_BUFFER_INIT;
    femd_error err = FEMD_ERROR_INIT;
    femd_pack p;
    put("Test.eam", "table");
    put("sub/Test.eam", "table");
    if (pack_text(MATERIAL("", "Test.eam"), &a, &err) != FEMD_OK) fail_msg("%s", err.text);
    assert_int_equal(
        pack_text(MATERIAL("\"region\": \"core\", \"orientation\": [[1,0,0],[0,1,0],[0,0,1]], ", "sub/Test.eam"), &b,
                  &err),
        FEMD_OK);
    assert_int_equal(a.size, b.size);
    assert_memory_equal(a.data, b.data, a.size);
    assert_int_equal(femd_pack_decode(a.data, a.size, &p, &err), FEMD_OK);
    assert_int_equal(p.nfiles, 1);
    assert_non_null(femd_pack_find(&p, "Test.eam"));
    assert_int_equal(femd_pack_find(&p, "Test.eam")->bytes.size, 5);
    assert_null(strstr(p.json, "region"));
    femd_buffer_clear(&a);
    femd_buffer_clear(&b);
}

#define CONDITION(value) MATERIAL("\"boundary_condition\": " value ", ", "Test.eam")

static void pack_condition(const char *text, femd_buffer *out) {
    femd_error err = FEMD_ERROR_INIT;
    if (pack_text(text, out, &err) != FEMD_OK) fail_msg("%s", err.text);
}

static void spellings_of_a_boundary_condition_are_one_material(void **state) {
    (void)state;
    static const struct {
        const char *name, *other;
        int same;
    } pairs[] = {{CONDITION("\"kubc\""), CONDITION("{\"type\": \"kubc\"}"), 1},
                 {CONDITION("\"kubc\""), CONDITION("{\"planes\": 1, \"type\": \"kubc\"}"), 1},
                 {CONDITION("\"kubc\""), CONDITION("{\"planes\": 2, \"type\": \"kubc\"}"), 0},
                 {CONDITION("\"tubc\""), CONDITION("{\"type\": \"tubc\"}"), 1},
                 {CONDITION("\"tubc\""), CONDITION("{\"type\": \"minimal\"}"), 0}};
    put("Test.eam", "table");
    for (size_t k = 0; k < sizeof pairs / sizeof *pairs; k++) {
        femd_buffer a = FEMD_BUFFER_INIT, b = FEMD_BUFFER_INIT;
        pack_condition(pairs[k].name, &a);
        pack_condition(pairs[k].other, &b);
        assert_int_equal(a.size == b.size && memcmp(a.data, b.data, a.size) == 0, pairs[k].same);
        femd_buffer_clear(&a);
        femd_buffer_clear(&b);
    }
}

static void files_of_a_mixture_all_travel(void **state) {
    (void)state;
    femd_buffer out = FEMD_BUFFER_INIT;
    femd_error err = FEMD_ERROR_INIT;
    femd_pack p;
    put("Test.eam", "table of A");
    put("sub/Only.eam", "table of B");
    if (pack_text(
            "{\"engine\": \"native\", \"structure\": {\"lattice\": \"b2\", \"a\": 3e-10, \"species\": [\"A\", \"B\"]}, "
            "\"potential\": {\"style\": \"eam\", \"files\": {\"A\": \"Test.eam\", \"B\": \"sub/Only.eam\"}}}",
            &out, &err) != FEMD_OK)
        fail_msg("%s", err.text);
    assert_int_equal(femd_pack_decode(out.data, out.size, &p, &err), FEMD_OK);
    assert_int_equal(p.nfiles, 2);
    assert_non_null(femd_pack_find(&p, "Test.eam"));
    assert_non_null(femd_pack_find(&p, "Only.eam"));
    assert_null(strstr(p.json, "sub/"));
    femd_buffer_clear(&out);
}

static void missing_file_is_reported_with_file_key_and_places(void **state) {
    (void)state;
    femd_buffer out = FEMD_BUFFER_INIT;
    femd_error err = FEMD_ERROR_INIT;
    char expected[256];
    setenv("FEMD_POTENTIALS", "/nowhere/a:/nowhere/b", 1);
    assert_int_equal(pack_text(MATERIAL("", "Nope.eam"), &out, &err), FEMD_BAD_INPUT);
    snprintf(expected, sizeof expected,
             "m.json: potential.file: no such file \"Nope.eam\"; looked in %s, /nowhere/a, /nowhere/b, "
             "/usr/share/lammps/potentials",
             folder);
    assert_string_equal(err.text, expected);
    assert_int_equal(out.size, 0);
}

static void folder_comes_before_the_environment(void **state) {
    (void)state;
    femd_buffer out = FEMD_BUFFER_INIT;
    femd_error err = FEMD_ERROR_INIT;
    femd_pack p;
    char list[128];
    put("Test.eam", "near");
    put("sub/Test.eam", "far away");
    put("sub/Only.eam", "only");
    snprintf(list, sizeof list, ":%s/sub", folder);
    setenv("FEMD_POTENTIALS", list, 1);
    assert_int_equal(pack_text(MATERIAL("", "Test.eam"), &out, &err), FEMD_OK);
    assert_int_equal(femd_pack_decode(out.data, out.size, &p, &err), FEMD_OK);
    assert_int_equal(femd_pack_find(&p, "Test.eam")->bytes.size, 4);
    out.size = 0;
    assert_int_equal(pack_text(MATERIAL("", "Only.eam"), &out, &err), FEMD_OK);
    femd_buffer_clear(&out);
}

static void violation_of_the_schema_names_the_path_in_the_users_file(void **state) {
    (void)state;
    femd_buffer out = FEMD_BUFFER_INIT;
    femd_error err = FEMD_ERROR_INIT;
    femd_json doc = FEMD_JSON_INIT;
    const cJSON *node = NULL;
    char *where = NULL, path[160];
    put("m.json", "{\"materials\": {\"copper\": {\"engine\": \"elastic\", \"yuong\": 1}}}");
    snprintf(path, sizeof path, "%s/m.json", folder);
    assert_int_equal(femd_material_read(path, "copper", &doc, &node, &where, &err), FEMD_OK);
    assert_int_equal(femd_material_pack(&doc, node, where, &out, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "m.json: materials.copper"));
    assert_non_null(strstr(err.text, "yuong"));
    free(where);
    femd_json_clear(&doc);
}

static void material_is_picked_by_name_or_because_it_is_the_only_one(void **state) {
    (void)state;
    femd_error err = FEMD_ERROR_INIT;
    femd_json doc = FEMD_JSON_INIT;
    const cJSON *node = NULL;
    char *where = NULL;
    put("case.json", "{\"materials\": {\"a\": {\"engine\": \"elastic\"}}}");
    assert_int_equal(femd_material_read(folder, NULL, &doc, &node, &where, &err),
                     FEMD_OK); /* a folder means its case.json */
    assert_string_equal(node->string, "a");
    assert_string_equal(where, folder);
    free(where);
    femd_json_clear(&doc);
    put("case.json", "{\"materials\": {\"a\": {}, \"b\": {}}}");
    assert_int_equal(femd_material_read(folder, NULL, &doc, &node, &where, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "a, b"));
    assert_null(where);
    assert_int_equal(femd_material_read(folder, "c", &doc, &node, &where, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "no material \"c\"; there is: a, b"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(same_content_has_the_same_id_wherever_it_lies, begin, end),
        cmocka_unit_test_setup_teardown(spellings_of_a_boundary_condition_are_one_material, begin, end),
        cmocka_unit_test_setup_teardown(files_of_a_mixture_all_travel, begin, end),
        cmocka_unit_test_setup_teardown(missing_file_is_reported_with_file_key_and_places, begin, end),
        cmocka_unit_test_setup_teardown(folder_comes_before_the_environment, begin, end),
        cmocka_unit_test_setup_teardown(violation_of_the_schema_names_the_path_in_the_users_file, begin, end),
        cmocka_unit_test_setup_teardown(material_is_picked_by_name_or_because_it_is_the_only_one, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
