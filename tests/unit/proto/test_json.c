/* The JSON reader, the schema validator, overrides and canonical text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "femd/json.h"

static femd_status parse(const char *text, femd_json *doc, femd_error *err) {
    return femd_json_parse(text, strlen(text), "t.json", doc, err);
}

/* ---- reading ---- */

static void bad_text_is_refused_with_line_and_column(void **state) {
    (void)state;
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"", "t.json:1:1: the document ends too early"},
        {"{\"a\": 1,\n \"b\" 2}", "t.json:2:6: syntax error"},
        {"{\"a\": 1", "t.json:1:8: the document ends too early"},
        {"{\"a\": NaN}", "t.json:1:7: unexpected word; strings need quotes, and NaN and Infinity are no JSON numbers"},
        {"[1, -Infinity]", "t.json:1:5: malformed number"},
        {"[01]", "t.json:1:2: malformed number"},
        {"[1.]", "t.json:1:2: malformed number"},
        {"[1e400]", "t.json: [0]: the number is too large"},
        {"[1] x", "t.json:1:5: unexpected word; strings need quotes, and NaN and Infinity are no JSON numbers"},
        {"[1] 2", "t.json:1:5: something stands after the end of the document"},
        {"{\"a\": 1, \"a\": 2}", "t.json: key \"a\" stands twice"},
        {"{\"m\": {\"x\": 1, \"y\": 2, \"x\": 3}}", "t.json: m: key \"x\" stands twice"},
        {"{\"a\\u0000b\": 1}", "t.json:1:6: \\u0000 is not allowed in a string"},
        {"[\"a\nb\"]", "t.json:1:4: line end or control character inside a string"},
        {"[\"\xff\"]", "t.json:1:3: bytes that are not UTF-8"},
        {"[\"\xed\xa0\x80\"]", "t.json:1:3: bytes that are not UTF-8"},
        {"[\"abc", "t.json:1:2: string without an end"},
        {"[\"\\q\"]", "t.json:1:4: unknown escape in a string"},
        {"[1\x01]", "t.json:1:3: unexpected character"},
        {"// no\n{}", "t.json:1:1: unexpected character"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        femd_json doc;
        femd_error err = FEMD_ERROR_INIT;
        assert_int_equal(parse(cases[i].text, &doc, &err), FEMD_BAD_INPUT);
        assert_string_equal(err.text, cases[i].words);
        assert_null(doc.root);
    }
}

static void depth_and_size_are_bounded(void **state) {
    (void)state;
    femd_json doc;
    char deep[2 * 100 + 1];
    memset(deep, '[', 100);
    memset(deep + 100, ']', 100);
    assert_int_equal(femd_json_parse(deep + 36, 128, "t", &doc, NULL), FEMD_OK); /* 64 levels */
    femd_json_clear(&doc);
    assert_int_equal(femd_json_parse(deep + 35, 130, "t", &doc, NULL), FEMD_BAD_INPUT);
    char *many = malloc(FEMD_JSON_MAX_BYTES + 1);
    assert_non_null(many);
    memset(many, ' ', FEMD_JSON_MAX_BYTES + 1);
    many[0] = '1';
    assert_int_equal(femd_json_parse(many, FEMD_JSON_MAX_BYTES, "t", &doc, NULL), FEMD_OK);
    femd_json_clear(&doc);
    assert_int_equal(femd_json_parse(many, FEMD_JSON_MAX_BYTES + 1, "t", &doc, NULL), FEMD_BAD_INPUT);
    free(many);
}

static void files_are_read_or_named(void **state) {
    (void)state;
    femd_json doc;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(femd_json_read("no/such.json", &doc, &err), FEMD_BAD_INPUT);
    assert_string_equal(err.text, "no/such.json: cannot be opened: No such file or directory");
    assert_int_not_equal(femd_json_read("/", &doc, &err), FEMD_OK);
    assert_int_equal(femd_json_read(FEMD_SOURCE_DIR "/docs/case.schema.json", &doc, &err), FEMD_OK);
    assert_int_equal(femd_json_get(doc.root, "type") != NULL, 1);
    femd_json_clear(&doc);
    femd_json_clear(&doc);
}

/* ---- getters ---- */

static void whole_numbers_of_64_bits(void **state) {
    (void)state;
    femd_json doc;
    uint64_t v;
    const char *text =
        "{\"a\":9007199254740992,\"b\":\"18446744073709551615\",\"c\":9007199254740994,\"d\":\"18446744073709551616\","
        "\"e\":-1,\"f\":1.5,\"g\":\"12x\",\"h\":\"\"}";
    assert_int_equal(parse(text, &doc, NULL), FEMD_OK);
    assert_int_equal(femd_json_u64(&doc, doc.root, "a", 0, &v, NULL), FEMD_OK);
    assert_true(v == UINT64_C(9007199254740992));
    assert_int_equal(femd_json_u64(&doc, doc.root, "b", 0, &v, NULL), FEMD_OK);
    assert_true(v == UINT64_MAX);
    assert_int_equal(femd_json_u64(&doc, doc.root, "none", 42, &v, NULL), FEMD_OK);
    assert_true(v == 42);
    for (char c = 'c'; c <= 'h'; c++) {
        femd_error err = FEMD_ERROR_INIT;
        const char key[2] = {c, 0};
        assert_int_equal(femd_json_u64(&doc, doc.root, key, 0, &v, &err), FEMD_BAD_INPUT);
        assert_non_null(
            strstr(err.text, "must be a whole number from 0 to 2^53, or a string of decimal digits up to 2^64-1"));
    }
    femd_json_clear(&doc);
}

static void quantities_with_and_without_unit(void **state) {
    (void)state;
    femd_json doc;
    femd_error err = FEMD_ERROR_INIT;
    double v, three[3];
    assert_int_equal(parse("{\"a\":1e-9,\"b\":\"2 nm\",\"c\":\"2 K\",\"d\":[1,\"2 mm\",3],\"e\":true}", &doc, NULL),
                     FEMD_OK);
    assert_int_equal(femd_json_quantity(&doc, doc.root, "a", FEMD_DIM_LENGTH, 0, &v, &err), FEMD_OK);
    assert_true(v == 1e-9);
    assert_int_equal(femd_json_quantity(&doc, doc.root, "b", FEMD_DIM_LENGTH, 0, &v, &err), FEMD_OK);
    assert_true(v == 2e-9);
    assert_int_equal(femd_json_quantity(&doc, doc.root, "z", FEMD_DIM_LENGTH, 5, &v, &err), FEMD_OK);
    assert_true(v == 5);
    assert_int_equal(femd_json_quantities(&doc, doc.root, "d", FEMD_DIM_LENGTH, 3, three, &err), FEMD_OK);
    assert_true(three[0] == 1 && three[1] == 2e-3 && three[2] == 3);
    assert_int_equal(femd_json_quantities(&doc, doc.root, "d", FEMD_DIM_LENGTH, 2, three, &err), FEMD_BAD_INPUT);
    assert_string_equal(err.text, "t.json: d: must be an array of 2");
    assert_int_equal(femd_json_quantities(&doc, doc.root, "q", FEMD_DIM_LENGTH, 2, three, &err), FEMD_BAD_INPUT);
    assert_string_equal(err.text, "t.json: missing key \"q\"");
    assert_int_equal(femd_json_quantity(&doc, doc.root, "c", FEMD_DIM_LENGTH, 0, &v, &err), FEMD_BAD_INPUT);
    assert_string_equal(err.text,
                        "t.json: c: unit \"K\" does not fit a length; accepted: m, cm, mm, um, nm, angstrom, pm");
    assert_int_equal(femd_json_quantity(&doc, doc.root, "e", FEMD_DIM_LENGTH, 0, &v, &err), FEMD_BAD_INPUT);
    femd_json_clear(&doc);
}

static void paths_name_the_node(void **state) {
    (void)state;
    femd_json doc;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(parse("{\"boundary\":[{\"on\":\"x\"},{\"displacement\":[1,2]}]}", &doc, NULL), FEMD_OK);
    const cJSON *b = cJSON_GetArrayItem(femd_json_get(doc.root, "boundary"), 1);
    const cJSON *node = cJSON_GetArrayItem(femd_json_get(b, "displacement"), 0);
    assert_int_equal(femd_json_fail(&doc, node, &err, "is %d", 1), FEMD_BAD_INPUT);
    assert_string_equal(err.text, "t.json: boundary[1].displacement[0]: is 1");
    assert_int_equal(femd_json_fail(&doc, doc.root, &err, "is bad"), FEMD_BAD_INPUT);
    assert_string_equal(err.text, "t.json: is bad");
    femd_json_clear(&doc);
}

/* ---- schema ---- */

static const char schema[] =
    "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"count\"],\"properties\":{"
    "\"count\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":10},"
    "\"scale\":{\"type\":[\"number\",\"string\"],\"x-unit\":\"length\",\"exclusiveMinimum\":0},"
    "\"free\":{\"type\":\"array\",\"minItems\":2,\"maxItems\":2,\"items\":{\"type\":[\"number\",\"string\",\"null\"],"
    "\"x-unit\":\"length\"}},"
    "\"name\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":4},"
    "\"seed\":{\"type\":[\"integer\",\"string\"],\"x-u64\":true},"
    "\"flag\":{\"type\":\"boolean\"},"
    "\"version\":{\"const\":1},"
    "\"any\":{\"type\":\"object\",\"additionalProperties\":{\"type\":\"number\"}},"
    "\"list\":{\"type\":\"array\",\"minItems\":1,\"items\":{\"enum\":[\"a\",\"b\"]}},"
    "\"pot\":{\"x-discriminator\":\"style\",\"oneOf\":[{\"$ref\":\"#/$defs/eam\"},{\"$ref\":\"#/$defs/lj\"}]},"
    "\"pick\":{\"type\":\"object\",\"oneOf\":[{\"required\":[\"a\",\"b\"]},{\"required\":[\"c\"]}],"
    "\"dependentRequired\":{\"d\":[\"c\"]}},"
    "\"either\":{\"anyOf\":[{\"title\":\"\\\"given\\\"\",\"type\":\"string\",\"enum\":[\"given\"]},"
    "{\"title\":\"{t}\",\"type\":\"object\",\"additionalProperties\":false,\"properties\":{\"t\":{\"type\":\"number\","
    "\"minimum\":0}}}]}},"
    "\"$defs\":{\"eam\":{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"style\",\"file\"],"
    "\"properties\":{"
    "\"style\":{\"enum\":[\"eam\",\"eam/alloy\"]},\"file\":{\"type\":\"string\"}}},"
    "\"lj\":{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"style\"],\"properties\":{\"style\":{"
    "\"const\":\"lj\"},"
    "\"sigma\":{\"type\":\"number\"}}}}}";

static void documents_that_fit(void **state) {
    (void)state;
    static const char *const good[] = {
        "{\"count\":1}",
        "{\"count\":10,\"scale\":\"2 nm\",\"free\":[null,\"1 "
        "m\"],\"name\":\"abcd\",\"seed\":\"18446744073709551615\",\"flag\":true,\"version\":1}",
        "{\"count\":2,\"any\":{\"x\":1,\"y\":2},\"list\":[\"a\",\"b\"],\"pot\":{\"style\":\"eam/"
        "alloy\",\"file\":\"f\"},\"either\":\"given\"}",
        "{\"count\":2,\"pot\":{\"style\":\"lj\",\"sigma\":1},\"pick\":{\"a\":1,\"b\":2},\"either\":{\"t\":3}}",
        "{\"count\":2,\"pick\":{\"c\":1,\"d\":1,\"a\":2}}",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        femd_json doc;
        femd_error err = FEMD_ERROR_INIT;
        assert_int_equal(parse(good[i], &doc, &err), FEMD_OK);
        if (femd_json_validate(&doc, schema, "", &err) != FEMD_OK) fail_msg("%s", err.text);
        femd_json_clear(&doc);
    }
}

static void each_violation_has_its_words(void **state) {
    (void)state;
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"{}", "t.json: missing key \"count\""},
        {"[]", "t.json: must be an object, not an array"},
        {"{\"count\":0}", "t.json: count: must be at least 1, not 0"},
        {"{\"count\":11}", "t.json: count: must be at most 10, not 11"},
        {"{\"count\":1.5}", "t.json: count: must be a whole number, not 1.5"},
        {"{\"count\":\"2\"}", "t.json: count: must be a whole number, not \"2\""},
        {"{\"count\":1,\"scal\":2}", "t.json: unknown key \"scal\"; did you mean \"scale\"? accepted: count, scale, "
                                     "free, name, seed, flag, version, any, list, pot, pick, either"},
        {"{\"count\":1,\"zebra\":2}", "t.json: unknown key \"zebra\"; accepted: count, scale, free, name, seed, flag, "
                                      "version, any, list, pot, pick, either"},
        {"{\"count\":1,\"sacle\":2}", "t.json: unknown key \"sacle\"; did you mean \"scale\"? accepted: count, scale, "
                                      "free, name, seed, flag, version, any, list, pot, pick, either"},
        {"{\"count\":1,\"scale\":0}", "t.json: scale: must be greater than 0, not 0"},
        {"{\"count\":1,\"scale\":\"-2 nm\"}", "t.json: scale: must be greater than 0, not \"-2 nm\""},
        {"{\"count\":1,\"scale\":\"2 GPa\"}",
         "t.json: scale: unit \"GPa\" does not fit a length; accepted: m, cm, mm, um, nm, angstrom, pm"},
        {"{\"count\":1,\"scale\":\"nan m\"}",
         "t.json: scale: \"nan m\" does not start with a number; write a length such as \"1.5 m\""},
        {"{\"count\":1,\"scale\":null}", "t.json: scale: must be a length (a number in SI, or a string with one of the "
                                         "units m, cm, mm, um, nm, angstrom, pm), not null"},
        {"{\"count\":1,\"free\":[1]}", "t.json: free: has 1 entry; must have 2"},
        {"{\"count\":1,\"free\":[1,true]}", "t.json: free[1]: must be a length (a number in SI, or a string with one "
                                            "of the units m, cm, mm, um, nm, angstrom, pm), not true"},
        {"{\"count\":1,\"list\":[]}", "t.json: list: has 0 entries; must have at least 1"},
        {"{\"count\":1,\"list\":[\"a\",\"c\"]}", "t.json: list[1]: unknown value \"c\"; accepted: a, b"},
        {"{\"count\":1,\"name\":\"\"}", "t.json: name: must not be empty"},
        {"{\"count\":1,\"name\":\"abcde\"}", "t.json: name: \"abcde\" is longer than 4 characters"},
        {"{\"count\":1,\"seed\":\"x\"}",
         "t.json: seed: must be a whole number from 0 to 2^53, or a string of decimal digits up to 2^64-1"},
        {"{\"count\":1,\"flag\":1}", "t.json: flag: must be true or false, not 1"},
        {"{\"count\":1,\"version\":2}", "t.json: version: must be 1"},
        {"{\"count\":1,\"any\":{\"x\":\"1\"}}", "t.json: any.x: must be a number, not \"1\""},
        {"{\"count\":1,\"pot\":{}}", "t.json: pot: missing key \"style\"; accepted: eam, eam/alloy, lj"},
        {"{\"count\":1,\"pot\":3}", "t.json: pot: must be an object, not 3"},
        {"{\"count\":1,\"pot\":{\"style\":7}}", "t.json: pot.style: must be a string; accepted: eam, eam/alloy, lj"},
        {"{\"count\":1,\"pot\":{\"style\":\"eam2\"}}",
         "t.json: pot.style: unknown value \"eam2\"; accepted: eam, eam/alloy, lj"},
        {"{\"count\":1,\"pot\":{\"style\":\"eam\"}}", "t.json: pot: missing key \"file\""},
        {"{\"count\":1,\"pot\":{\"style\":\"lj\",\"file\":\"f\"}}",
         "t.json: pot: unknown key \"file\"; accepted: style, sigma"},
        {"{\"count\":1,\"pick\":{}}", "t.json: pick: missing key; needs \"a\" and \"b\", or \"c\""},
        {"{\"count\":1,\"pick\":{\"a\":1,\"b\":1,\"c\":1}}",
         "t.json: pick: has more than one of: \"a\" and \"b\", or \"c\""},
        {"{\"count\":1,\"pick\":{\"a\":1,\"b\":1,\"d\":1}}", "t.json: pick: key \"d\" needs key \"c\" beside it"},
        {"{\"count\":1,\"either\":\"gven\"}", "t.json: either: unknown value \"gven\"; accepted: given"},
        {"{\"count\":1,\"either\":{\"t\":-1}}", "t.json: either.t: must be at least 0, not -1"},
        {"{\"count\":1,\"either\":3}", "t.json: either: 3 does not fit; accepted: \"given\", or {t}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        femd_json doc;
        femd_error err = FEMD_ERROR_INIT;
        assert_int_equal(parse(cases[i].text, &doc, &err), FEMD_OK);
        assert_int_equal(femd_json_validate(&doc, schema, "", &err), FEMD_BAD_INPUT);
        assert_string_equal(err.text, cases[i].words);
        assert_int_equal(femd_json_validate(&doc, schema, "", NULL), FEMD_BAD_INPUT);
        femd_json_clear(&doc);
    }
}

static void a_part_of_the_schema_validates_a_part(void **state) {
    (void)state;
    femd_json doc;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(parse("{\"style\":\"lj\"}", &doc, &err), FEMD_OK);
    assert_int_equal(femd_json_validate(&doc, schema, "#/$defs/lj", &err), FEMD_OK);
    assert_int_equal(femd_json_validate(&doc, schema, "#/$defs/eam", &err), FEMD_BAD_INPUT);
    assert_int_equal(femd_json_validate(&doc, schema, "#/$defs/none", &err), FEMD_INTERNAL);
    assert_int_equal(femd_json_validate(&doc, "{\"$ref\":\"#\"}", "", &err), FEMD_INTERNAL);
    femd_json_clear(&doc);
}

/* The schema that is compiled in: each $ref leads somewhere, each dimension exists, each keyword is one that is
 * enforced. */
static void the_case_schema_uses_what_the_validator_knows(void **state) {
    (void)state;
    static const char *const known[] = {"$schema",
                                        "title",
                                        "description",
                                        "default",
                                        "type",
                                        "additionalProperties",
                                        "required",
                                        "properties",
                                        "$defs",
                                        "$ref",
                                        "enum",
                                        "const",
                                        "minimum",
                                        "maximum",
                                        "exclusiveMinimum",
                                        "exclusiveMaximum",
                                        "items",
                                        "prefixItems",
                                        "minItems",
                                        "maxItems",
                                        "minLength",
                                        "maxLength",
                                        "dependentRequired",
                                        "anyOf",
                                        "oneOf",
                                        "x-unit",
                                        "x-wanted",
                                        "x-u64",
                                        "x-function",
                                        "x-discriminator",
                                        "x-gone",
                                        "x-listed"};
    femd_json s;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(femd_json_parse(femd_case_schema, strlen(femd_case_schema), "schema", &s, &err), FEMD_OK);
    const cJSON *defs = femd_json_get(s.root, "$defs");
    const cJSON *stack[4096];
    int names[4096], n = 0; /* names: 1 if the node's members are names of the user's, not keywords */
    stack[n] = s.root, names[n++] = 0;
    while (n > 0) {
        const cJSON *node = stack[--n];
        int user = names[n];
        if (cJSON_IsArray(node))
            for (const cJSON *c = node->child; c; c = c->next)
                if (cJSON_IsObject(c)) stack[n] = c, names[n++] = 0;
        if (!cJSON_IsObject(node)) continue;
        for (const cJSON *c = node->child; c; c = c->next) {
            int is_known = user;
            for (size_t k = 0; k < sizeof known / sizeof *known; k++) is_known |= strcmp(c->string, known[k]) == 0;
            if (!is_known) fail_msg("keyword %s", c->string);
            if (!user && strcmp(c->string, "$ref") == 0 && !femd_json_get(defs, c->valuestring + 8))
                fail_msg("%s", c->valuestring);
            if (!user && strcmp(c->string, "x-unit") == 0)
                assert_true(femd_dimension_from_name(c->valuestring) < FEMD_DIM_COUNT);
            if (!user && (strcmp(c->string, "default") == 0 || strcmp(c->string, "dependentRequired") == 0 ||
                          strcmp(c->string, "x-listed") == 0))
                continue;
            assert_true(n < 4096);
            stack[n] = c;
            names[n++] = !user && (strcmp(c->string, "properties") == 0 || strcmp(c->string, "$defs") == 0 ||
                                   strcmp(c->string, "x-gone") == 0);
        }
    }
    femd_json_clear(&s);
}

/* ---- overrides ---- */

static void overrides_set_what_they_name(void **state) {
    (void)state;
    femd_json doc;
    femd_error err = FEMD_ERROR_INIT;
    static const char *const sets[] = {"steps.count=5",
                                       "mesh.file=beam.msh",
                                       "boundary[1].displacement[0]=\"2 nm\"",
                                       "micro.reuse=false",
                                       "boundary[0]={\"on\":\"top\"}",
                                       "list=[1,2]",
                                       "steps.count=7",
                                       "title=a=b"};
    assert_int_equal(parse("{\"mesh\":{\"file\":\"x\"},\"boundary\":[{},{\"displacement\":[1,2,3]}]}", &doc, &err),
                     FEMD_OK);
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        if (femd_json_set(&doc, sets[i], &err) != FEMD_OK) fail_msg("%s", err.text);
    char *text = femd_json_canonical(doc.root);
    assert_string_equal(text, "{\"boundary\":[{\"on\":\"top\"},{\"displacement\":[\"2 "
                              "nm\",2,3]}],\"list\":[1,2],\"mesh\":{\"file\":\"beam.msh\"},"
                              "\"micro\":{\"reuse\":false},\"steps\":{\"count\":7},\"title\":\"a=b\"}");
    free(text);
    femd_json_clear(&doc);
}

static void overrides_that_lead_nowhere_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *set, *words;
    } cases[] = {
        {"steps", "--set steps: must read a.b.c=VALUE"},
        {"=3", "--set =3: must read a.b.c=VALUE"},
        {"a..b=3", "--set a..b=3: cannot read the path; write it like steps.count or boundary[1].displacement"},
        {"a.=3", "--set a.=3: cannot read the path; write it like steps.count or boundary[1].displacement"},
        {"boundary[x]=3",
         "--set boundary[x]=3: cannot read the path; write it like steps.count or boundary[1].displacement"},
        {"boundary[9].on=top", "--set boundary[9].on=top: nothing stands at \"boundary[9].\" that could be entered"},
        {"boundary[9]=top", "--set boundary[9]=top: nothing stands there to be set"},
        {"mesh.file.name=3", "--set mesh.file.name=3: nothing stands there to be set"},
    };
    femd_json doc;
    assert_int_equal(parse("{\"mesh\":{\"file\":\"x\"},\"boundary\":[{}]}", &doc, NULL), FEMD_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        femd_error err = FEMD_ERROR_INIT;
        assert_int_equal(femd_json_set(&doc, cases[i].set, &err), FEMD_BAD_INPUT);
        assert_string_equal(err.text, cases[i].words);
    }
    femd_json_clear(&doc);
}

static void overrides_cannot_pass_the_depth_limit(void **state) {
    (void)state;
    femd_json doc;
    char deep[3 * 80 + 8] = "";
    for (int i = 0; i < 70; i++) strcat(deep, i ? ".a" : "a");
    strcat(deep, "=1");
    assert_int_equal(parse("{}", &doc, NULL), FEMD_OK);
    assert_int_equal(femd_json_set(&doc, deep, NULL), FEMD_BAD_INPUT);
    femd_json_clear(&doc);
    /* nor path and value together */
    char both[300] = "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a=";
    for (int i = 0; i < 50; i++) strcat(both, "[");
    for (int i = 0; i < 50; i++) strcat(both, "]");
    assert_int_equal(parse("{}", &doc, NULL), FEMD_OK);
    assert_int_equal(femd_json_set(&doc, both, NULL), FEMD_BAD_INPUT);
    femd_json_clear(&doc);
}

/* ---- canonical text ---- */

static uint64_t next_random(uint64_t *s) {
    *s ^= *s << 13, *s ^= *s >> 7, *s ^= *s << 17;
    return *s;
}

static void canonical_text_sorts_keys_and_keeps_strings(void **state) {
    (void)state;
    femd_json doc, again;
    assert_int_equal(
        parse(" {\"b\": [true, null, \"q\\\"\\\\\\n\\u00e9\"], \"a\": {\"d\": 1.0, \"c\": -0.0} }", &doc, NULL),
        FEMD_OK);
    char *text = femd_json_canonical(doc.root);
    assert_string_equal(text, "{\"a\":{\"c\":-0,\"d\":1},\"b\":[true,null,\"q\\\"\\\\\\u000a\xc3\xa9\"]}");
    assert_int_equal(parse(text, &again, NULL), FEMD_OK);
    char *text2 = femd_json_canonical(again.root);
    assert_string_equal(text, text2);
    free(text);
    free(text2);
    femd_json_clear(&doc);
    femd_json_clear(&again);
}

static void canonical_text_keeps_doubles_bit_for_bit(void **state) {
    (void)state;
    uint64_t s = 88172645463325252u;
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = next_random(&s), back;
        double v;
        memcpy(&v, &bits, 8);
        if (!(v - v == 0)) continue;
        cJSON number = {.type = cJSON_Number, .valuedouble = v};
        char *text = femd_json_canonical(&number);
        femd_json doc;
        assert_non_null(text);
        assert_int_equal(parse(text, &doc, NULL), FEMD_OK);
        memcpy(&back, &doc.root->valuedouble, 8);
        assert_true(bits == back);
        free(text);
        femd_json_clear(&doc);
    }
}

/* ---- garbage ---- */

/* Bytes of the schema changed at random: the reader and the validator return, and what is accepted can be written
 * again. */
static void mutated_documents_never_crash(void **state) {
    (void)state;
    uint64_t s = 0x9e3779b97f4a7c15u;
    static const char pieces[] = "{}[]\",:0129.eE-+tfnul\\ax \n";
    const char *base = schema;
    size_t n = strlen(base);
    char *text = malloc(n);
    assert_non_null(text);
    int accepted = 0;
    for (int round = 0; round < 4000; round++) {
        femd_json doc;
        memcpy(text, base, n);
        for (uint64_t k = 1 + next_random(&s) % 3; k; k--)
            text[next_random(&s) % n] =
                next_random(&s) % 4 ? pieces[next_random(&s) % (sizeof pieces - 1)] : (char)next_random(&s);
        if (femd_json_parse(text, round % 3 ? n : next_random(&s) % n, "m", &doc, NULL) != FEMD_OK) continue;
        femd_error err = FEMD_ERROR_INIT;
        accepted++;
        assert_int_not_equal(femd_json_validate(&doc, femd_case_schema, "", &err), FEMD_OK);
        assert_true(err.text[0] != 0);
        char *out = femd_json_canonical(doc.root);
        assert_non_null(out);
        free(out);
        femd_json_clear(&doc);
    }
    assert_true(accepted > 100);
    free(text);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
/* As `ulimit -v` does; in a process of its own. */
static femd_status parse_within(size_t more, const char *text, size_t size, femd_error *err) {
    unsigned long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f || fscanf(f, "%lu", &pages) != 1) return FEMD_OK;
    fclose(f);
    const rlim_t bytes = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + more;
    femd_json doc;
    if (setrlimit(RLIMIT_AS, &(struct rlimit){bytes, bytes}) != 0) return FEMD_OK;
    return femd_json_parse(text, size, "t.json", &doc, err);
}

static void want_of_memory_is_no_wrong_syntax(void **state) {
    (void)state;
    const size_t size = 2000001;
    char *text = malloc(size + 1);
    assert_non_null(text);
    for (size_t i = 0; i < size; i++) text[i] = i % 2 ? '1' : ',';
    text[0] = '[';
    text[size - 1] = ']';
    text[size] = '\0';
    for (size_t mib = 1; mib <= 64; mib *= 4) { /* the tree takes 80 */
        int status = 0;
        const pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            femd_error err = FEMD_ERROR_INIT;
            const femd_status rc = parse_within(mib << 20, text, size, &err);
            _exit(rc == FEMD_NO_MEMORY && strcmp(err.text, "t.json: out of memory") == 0 ? 0 : 1);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
    }
    femd_json doc;
    assert_int_equal(femd_json_parse(text, size, "t.json", &doc, NULL), FEMD_OK);
    femd_json_clear(&doc);
    free(text);
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_text_is_refused_with_line_and_column),
        cmocka_unit_test(depth_and_size_are_bounded),
        cmocka_unit_test(files_are_read_or_named),
        cmocka_unit_test(whole_numbers_of_64_bits),
        cmocka_unit_test(quantities_with_and_without_unit),
        cmocka_unit_test(paths_name_the_node),
        cmocka_unit_test(documents_that_fit),
        cmocka_unit_test(each_violation_has_its_words),
        cmocka_unit_test(a_part_of_the_schema_validates_a_part),
        cmocka_unit_test(the_case_schema_uses_what_the_validator_knows),
        cmocka_unit_test(overrides_set_what_they_name),
        cmocka_unit_test(overrides_that_lead_nowhere_are_refused),
        cmocka_unit_test(overrides_cannot_pass_the_depth_limit),
        cmocka_unit_test(canonical_text_sorts_keys_and_keeps_strings),
        cmocka_unit_test(canonical_text_keeps_doubles_bit_for_bit),
        cmocka_unit_test(mutated_documents_never_crash),
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
        cmocka_unit_test(want_of_memory_is_no_wrong_syntax),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
