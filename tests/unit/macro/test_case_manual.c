/* docs/case.md tells of every key and value of a case, and its examples are cases. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "case/case.h"

static char *read_manual(void) {
    FILE *f = fopen(FEMD_SOURCE_DIR "/docs/case.md", "r"); /* a compiler cache may shorten __FILE__ */
    assert_non_null(f);
    char *text = calloc(1, 1 << 20);
    assert_non_null(text);
    assert_true(fread(text, 1, (1 << 20) - 1, f) > 0);
    fclose(f);
    return text;
}

static void every_key_and_value_is_documented(void **state) {
    (void)state;
    char *manual = read_manual(), quoted[128];
    femd_json schema;
    const cJSON *stack[2048];
    int n = 0, keys = 0, parents_are_names[2048];
    assert_int_equal(femd_json_parse(femd_case_schema, strlen(femd_case_schema), "schema", &schema, NULL), FEMD_OK);
    stack[n] = schema.root, parents_are_names[n++] = 0;
    while (n > 0) {
        const cJSON *node = stack[--n];
        int names = parents_are_names[n];
        for (const cJSON *c = node->child; c; c = c->next) {
            if (names) {
                snprintf(quoted, sizeof quoted, "`%s`", c->string);
                if (!strstr(manual, quoted)) fail_msg("docs/case.md says nothing of the key %s", quoted);
                keys++;
            }
            if (c->string && strcmp(c->string, "enum") == 0)
                for (const cJSON *v = c->child; v; v = v->next) {
                    snprintf(quoted, sizeof quoted, "`%s`", v->valuestring);
                    if (!strstr(manual, quoted)) fail_msg("docs/case.md says nothing of the value %s", quoted);
                }
            if (c->string && strcmp(c->string, "default") == 0) continue;
            assert_true(n < 2048);
            stack[n] = c;
            parents_are_names[n++] = !names && c->string && strcmp(c->string, "properties") == 0;
        }
    }
    assert_true(keys > 80);
    femd_json_clear(&schema);
    free(manual);
}

/* Each complete example of the manual (a ```json block that starts with {"femd") is a case that the schema accepts. */
static void examples_of_the_manual_are_valid(void **state) {
    (void)state;
    char *manual = read_manual();
    int cases = 0, materials = 0;
    for (char *p = strstr(manual, "```json\n"); p; p = strstr(p, "```json\n")) {
        p += 8;
        char *end = strstr(p, "```");
        assert_non_null(end);
        int is_case = strncmp(p, "{\"femd\"", 7) == 0, is_material = strncmp(p, "{\"engine\"", 9) == 0;
        femd_json doc;
        femd_error err = FEMD_ERROR_INIT;
        if (is_case || is_material) {
            if (femd_json_parse(p, (size_t)(end - p), "docs/case.md", &doc, &err) != FEMD_OK) fail_msg("%s", err.text);
            if (femd_json_validate(&doc, femd_case_schema, is_case ? "" : "#/$defs/material", &err) != FEMD_OK)
                fail_msg("%s", err.text);
            femd_json_clear(&doc);
        }
        cases += is_case;
        materials += is_material;
        p = end + 3;
    }
    assert_true(cases >= 1 && materials >= 3);
    free(manual);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_and_value_is_documented),
        cmocka_unit_test(examples_of_the_manual_are_valid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
