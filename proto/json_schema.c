/* Validation of a document against a JSON Schema. Owns the keywords that femd's schemas may use and the words of every
 * violation; never reads a value for its meaning.
 *
 * Keywords: type, enum, const, minimum, maximum, exclusiveMinimum, exclusiveMaximum, minLength, maxLength, items,
 * prefixItems, minItems, maxItems, properties, additionalProperties, required, dependentRequired, anyOf, oneOf, $ref to
 * "#/$defs/...", title, description, default, and of our own: x-unit (dimension of a quantity: a number in SI, or a
 * string with a unit), x-wanted (the words that refuse what is of another type), x-function (beside x-unit: a string
 * that begins with "=" is an expression, which its reader checks), x-u64 (whole number, or a string of digits up to 64
 * bits), x-discriminator (the key whose value picks the branch of a oneOf), x-gone (keys that are no more, each with
 * the words that refuse it), x-listed
 * ({"KEY": {"VALUE": [keys]}}: which keys words offer where KEY of the document is VALUE; "" where it is not there).
 *
 * The functions call each other in the depth of the document, which the parser bounds, and of the schema, which is
 * ours; a counter guards both. A branch that is only tried gets err = NULL and costs no words. */
#include "femd/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define DEPTH_MAX (4 * FEMD_JSON_MAX_DEPTH)
#define REF_MAX   16

typedef struct context {
    const femd_json *doc;
    const cJSON *schema; /* root of the schema document */
} context;

static femd_status schema_check(const context *c, const cJSON *schema, const cJSON *node, int depth, femd_error *err);

/* ---- lists for messages ---- */

typedef struct list {
    char text[700];
    size_t used;
} list;

static void schema_list_add(list *l, const char *separator, const char *item) {
    int n = snprintf(l->text + l->used, sizeof l->text - l->used, "%s%s", l->used ? separator : "", item);
    if (n > 0) l->used += (size_t)n;
    if (l->used >= sizeof l->text) l->used = sizeof l->text - 1;
}

/* A scalar as a user would write it; strings without quotes. */
static void schema_list_add_value(list *l, const cJSON *v) {
    char number[40];
    if (cJSON_IsNumber(v)) snprintf(number, sizeof number, "%.15g", v->valuedouble);
    schema_list_add(l, ", ",
                    cJSON_IsString(v)   ? v->valuestring
                    : cJSON_IsNumber(v) ? number
                    : cJSON_IsNull(v)   ? "null"
                    : cJSON_IsTrue(v)   ? "true"
                                        : "false");
}

/* A short text of what stands at node: "abc", 12, true, an array, an object. */
static void schema_describe(const cJSON *node, char *text, size_t size) {
    if (cJSON_IsString(node))
        snprintf(text, size, "\"%.60s\"", node->valuestring);
    else if (cJSON_IsNumber(node))
        snprintf(text, size, "%.15g", node->valuedouble);
    else
        snprintf(text, size, "%s",
                 cJSON_IsObject(node)  ? "an object"
                 : cJSON_IsArray(node) ? "an array"
                 : cJSON_IsNull(node)  ? "null"
                 : cJSON_IsTrue(node)  ? "true"
                                       : "false");
}

/* Edit distance of two short words (with transposition of neighbours), more than 3 counts as 4. */
static int schema_distance(const char *a, const char *b) {
    enum { MAX = 40 };
    int row[3][MAX + 1];
    size_t na = strlen(a), nb = strlen(b);
    if (na > MAX || nb > MAX || (na > nb ? na - nb : nb - na) > 3) return 4;
    for (size_t j = 0; j <= nb; j++) row[0][j] = (int)j;
    for (size_t i = 1; i <= na; i++) {
        int *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
        now[0] = (int)i;
        for (size_t j = 1; j <= nb; j++) {
            int d = last[j - 1] + (a[i - 1] != b[j - 1]);
            if (last[j] + 1 < d) d = last[j] + 1;
            if (now[j - 1] + 1 < d) d = now[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < d)
                d = before[j - 2] + 1;
            now[j] = d;
        }
    }
    int d = row[na % 3][nb];
    return d > 3 ? 4 : d;
}

/* The word nearest to `word` so far. */
typedef struct nearest {
    const char *word;
    int distance;
} nearest;

static void schema_nearest_offer(nearest *n, const char *word, const char *candidate) {
    int d = schema_distance(word, candidate);
    int limit = strlen(word) <= 3 ? 1 : 2;
    if (d <= limit && (!n->word || d < n->distance)) *n = (nearest){candidate, d};
}

/* ---- schema navigation ---- */

/* The schema that "#/$defs/NAME" (or "#", "") names; NULL if there is none. */
static const cJSON *schema_find_ref(const cJSON *root, const char *ref) {
    if (ref[0] == 0 || strcmp(ref, "#") == 0) return root;
    if (strncmp(ref, "#/$defs/", 8) != 0) return NULL;
    return femd_json_get(femd_json_get(root, "$defs"), ref + 8);
}

static const cJSON *schema_resolve(const context *c, const cJSON *schema) {
    for (int k = 0; schema && k < REF_MAX; k++) {
        const char *ref = femd_json_string(schema, "$ref", NULL);
        if (!ref) return schema;
        schema = schema_find_ref(c->schema, ref);
    }
    return NULL;
}

/* ---- type ---- */

static int schema_is_integer(const cJSON *node) {
    return cJSON_IsNumber(node) && fabs(node->valuedouble) <= 9007199254740992.0 &&
           node->valuedouble == floor(node->valuedouble);
}

static int schema_has_type(const cJSON *node, const char *type) {
    switch (type[0]) {
    case 'o': return cJSON_IsObject(node);
    case 'a': return cJSON_IsArray(node);
    case 's': return cJSON_IsString(node);
    case 'i': return schema_is_integer(node);
    case 'b': return cJSON_IsBool(node);
    default: return strcmp(type, "null") == 0 ? cJSON_IsNull(node) : cJSON_IsNumber(node);
    }
}

static int schema_type_allows(const cJSON *type, const cJSON *node) {
    if (!type) return 1;
    if (cJSON_IsString(type)) return schema_has_type(node, type->valuestring);
    for (const cJSON *t = type->child; t; t = t->next)
        if (schema_has_type(node, t->valuestring)) return 1;
    return 0;
}

/* A whole number that is only too large is told so. */
static int schema_is_large(const cJSON *type, const cJSON *node) {
    if (cJSON_IsArray(type)) {
        for (const cJSON *t = type->child; t; t = t->next)
            if (schema_is_large(t, node)) return 1;
        return 0;
    }
    return strcmp(type->valuestring, "integer") == 0 && cJSON_IsNumber(node) &&
           node->valuedouble == floor(node->valuedouble);
}

static const char *schema_article(const char *type) {
    if (strcmp(type, "integer") == 0) return "a whole number";
    if (strcmp(type, "boolean") == 0) return "true or false";
    if (strcmp(type, "null") == 0) return "null";
    if (strcmp(type, "object") == 0) return "an object";
    if (strcmp(type, "array") == 0) return "an array";
    return strcmp(type, "string") == 0 ? "a string" : "a number";
}

static femd_status schema_check_range(const context *c, const cJSON *schema, const cJSON *node, double v,
                                      femd_error *err) {
    const cJSON *min = femd_json_get(schema, "minimum"), *max = femd_json_get(schema, "maximum");
    const cJSON *above = femd_json_get(schema, "exclusiveMinimum"), *below = femd_json_get(schema, "exclusiveMaximum");
    const char *words = NULL;
    const cJSON *limit = NULL;
    if (min && !(v >= min->valuedouble)) words = "at least", limit = min;
    if (max && !(v <= max->valuedouble)) words = "at most", limit = max;
    if (above && !(v > above->valuedouble)) words = "greater than", limit = above;
    if (below && !(v < below->valuedouble)) words = "less than", limit = below;
    if (!words) return FEMD_OK;
    if (!err) return FEMD_BAD_INPUT;
    char found[80];
    schema_describe(node, found, sizeof found);
    return femd_json_fail(c->doc, node, err, "must be %s %.15g, not %s", words, limit->valuedouble, found);
}

static femd_status schema_check_type(const context *c, const cJSON *schema, const cJSON *node, femd_error *err) {
    const cJSON *type = femd_json_get(schema, "type");
    if (schema_type_allows(type, node)) return FEMD_OK;
    if (!err) return FEMD_BAD_INPUT;
    char found[80], units[256];
    list l = {.used = 0};
    if (schema_is_large(type, node)) {
        FEMD_TRY(schema_check_range(c, schema, node, node->valuedouble, err));
        return femd_json_fail(
            c->doc, node, err, "must be a whole number of at most 2^53 = 9007199254740992%s, not %.17g",
            cJSON_IsTrue(femd_json_get(schema, "x-u64")) ? ", or a string of digits up to 2^64 - 1" : "",
            node->valuedouble);
    }
    const char *dimension = femd_json_string(schema, "x-unit", NULL),
               *wanted = femd_json_string(schema, "x-wanted", NULL);
    if (wanted) return femd_json_fail(c->doc, node, err, "%s", wanted);
    schema_describe(node, found, sizeof found);
    if (dimension) {
        femd_units_list(femd_dimension_from_name(dimension), units, sizeof units);
        return femd_json_fail(c->doc, node, err,
                              "must be a %s (a number in SI, or a string with one of the units %s), not %s", dimension,
                              units, found);
    }
    if (cJSON_IsString(type))
        schema_list_add(&l, "", schema_article(type->valuestring));
    else
        for (const cJSON *t = type->child; t; t = t->next) schema_list_add(&l, " or ", schema_article(t->valuestring));
    return femd_json_fail(c->doc, node, err, "must be %s, not %s", l.text, found);
}

/* ---- scalars ---- */

static femd_status schema_check_enum(const context *c, const cJSON *schema, const cJSON *node, femd_error *err) {
    const cJSON *values = femd_json_get(schema, "enum"), *constant = femd_json_get(schema, "const");
    if (constant && !cJSON_Compare(constant, node, 1)) {
        list l = {.used = 0};
        if (!err) return FEMD_BAD_INPUT;
        schema_list_add_value(&l, constant);
        return femd_json_fail(c->doc, node, err, "must be %s", l.text);
    }
    if (!values) return FEMD_OK;
    for (const cJSON *v = values->child; v; v = v->next)
        if (cJSON_Compare(v, node, 1)) return FEMD_OK;
    if (!err) return FEMD_BAD_INPUT;
    list l = {.used = 0};
    char found[80];
    for (const cJSON *v = values->child; v; v = v->next) schema_list_add_value(&l, v);
    schema_describe(node, found, sizeof found);
    return femd_json_fail(c->doc, node, err, "unknown value %s; accepted: %s", found, l.text);
}

static femd_status schema_check_length(const context *c, const cJSON *schema, const cJSON *node, femd_error *err) {
    double n = (double)strlen(node->valuestring), max = femd_json_number(schema, "maxLength", INFINITY);
    if (n < femd_json_number(schema, "minLength", 0)) return femd_json_fail(c->doc, node, err, "must not be empty");
    if (n > max)
        return femd_json_fail(c->doc, node, err, "\"%.60s\" is longer than %g characters", node->valuestring, max);
    return FEMD_OK;
}

/* Where an expression may stand, what is no quantity may have been meant for one. */
static femd_status schema_check_quantity(const context *c, const cJSON *schema, const cJSON *node, femd_dimension dim,
                                         double *v, femd_error *err) {
    const femd_status rc = femd_json_node_quantity(c->doc, node, dim, v, err);
    if (rc == FEMD_OK || !err || !cJSON_IsTrue(femd_json_get(schema, "x-function")) ||
        !strpbrk(node->valuestring, "*/^("))
        return rc;
    const femd_error first = *err;
    return femd_fail(err, rc, "%s; an expression begins with \"=\": \"=%.60s\"", first.text, node->valuestring);
}

static femd_status schema_check_scalar(const context *c, const cJSON *schema, const cJSON *node, femd_error *err) {
    const char *dimension = femd_json_string(schema, "x-unit", NULL);
    double v = node->valuedouble;
    uint64_t whole;
    FEMD_TRY(schema_check_enum(c, schema, node, err));
    if (cJSON_IsString(node) && node->valuestring[0] == '=' && cJSON_IsTrue(femd_json_get(schema, "x-function")))
        return FEMD_OK;
    if (cJSON_IsString(node) && dimension)
        FEMD_TRY(schema_check_quantity(c, schema, node, femd_dimension_from_name(dimension), &v, err));
    if (cJSON_IsTrue(femd_json_get(schema, "x-u64"))) FEMD_TRY(femd_json_node_u64(c->doc, node, &whole, err));
    if (cJSON_IsString(node)) FEMD_TRY(schema_check_length(c, schema, node, err));
    if (cJSON_IsNumber(node) || (cJSON_IsString(node) && dimension)) return schema_check_range(c, schema, node, v, err);
    return FEMD_OK;
}

/* ---- arrays ---- */

static femd_status schema_check_array(const context *c, const cJSON *schema, const cJSON *node, int depth,
                                      femd_error *err) {
    const cJSON *items = femd_json_get(schema, "items"), *prefix = femd_json_get(schema, "prefixItems");
    int min = (int)femd_json_number(schema, "minItems", 0), max = (int)femd_json_number(schema, "maxItems", INT32_MAX);
    int n = cJSON_GetArraySize(node);
    if (n < min || n > max)
        return femd_json_fail(c->doc, node, err, "has %d entr%s; must have %s%d", n, n == 1 ? "y" : "ies",
                              min == max ? ""
                              : n < min  ? "at least "
                                         : "at most ",
                              n < min ? min : max);
    prefix = prefix ? prefix->child : NULL; /* one for each of the first, `items` for those behind them */
    for (const cJSON *item = node->child; item; item = item->next, prefix = prefix ? prefix->next : NULL)
        if (prefix || items) FEMD_TRY(schema_check(c, prefix ? prefix : items, item, depth + 1, err));
    return FEMD_OK;
}

/* ---- objects ---- */

/* The keys that are offered here, NULL: all. */
static const cJSON *schema_listed(const context *c, const cJSON *schema) {
    const cJSON *by = femd_json_get(schema, "x-listed");
    by = by ? by->child : NULL;
    return by ? femd_json_get(by, femd_json_string(c->doc->root, by->string, "")) : NULL;
}

static int schema_lists(const cJSON *listed, const char *key) {
    for (const cJSON *one = listed ? listed->child : NULL; one; one = one->next)
        if (strcmp(one->valuestring, key) == 0) return 1;
    return !listed;
}

static femd_status schema_unknown_key(const context *c, const cJSON *schema, const cJSON *node, const char *key,
                                      femd_error *err) {
    const cJSON *properties = femd_json_get(schema, "properties"), *listed = schema_listed(c, schema);
    const char *gone = femd_json_string(femd_json_get(schema, "x-gone"), key, NULL);
    if (gone) return femd_json_fail(c->doc, node, err, "the key \"%s\" is refused: %s", key, gone);
    list l = {.used = 0};
    nearest near = {NULL, 0};
    for (const cJSON *p = properties ? properties->child : NULL; p; p = p->next) {
        if (!schema_lists(listed, p->string)) continue;
        schema_list_add(&l, ", ", p->string);
        schema_nearest_offer(&near, key, p->string);
    }
    if (near.word)
        return femd_json_fail(c->doc, node, err, "unknown key \"%.80s\"; did you mean \"%s\"? accepted: %s", key,
                              near.word, l.text);
    return femd_json_fail(c->doc, node, err, "unknown key \"%.80s\"; accepted: %s", key, l.text);
}

/* Keys that make sense beside another key only. */
static femd_status schema_check_dependent(const context *c, const cJSON *schema, const cJSON *node, femd_error *err) {
    const cJSON *dependent = femd_json_get(schema, "dependentRequired");
    for (const cJSON *d = dependent ? dependent->child : NULL; d; d = d->next) {
        if (!femd_json_get(node, d->string)) continue;
        for (const cJSON *r = d->child; r; r = r->next)
            if (!femd_json_get(node, r->valuestring))
                return femd_json_fail(c->doc, node, err, "key \"%s\" needs key \"%s\" beside it", d->string,
                                      r->valuestring);
    }
    return FEMD_OK;
}

static femd_status schema_check_keys(const context *c, const cJSON *schema, const cJSON *node, femd_error *err) {
    const cJSON *properties = femd_json_get(schema, "properties"), *required = femd_json_get(schema, "required");
    int closed = cJSON_IsFalse(femd_json_get(schema, "additionalProperties"));
    for (const cJSON *m = node->child; closed && m; m = m->next)
        if (!femd_json_get(properties, m->string))
            return err ? schema_unknown_key(c, schema, node, m->string, err) : FEMD_BAD_INPUT;
    for (const cJSON *r = required ? required->child : NULL; r; r = r->next)
        if (!femd_json_get(node, r->valuestring))
            return femd_json_fail(c->doc, node, err, "missing key \"%s\"", r->valuestring);
    return schema_check_dependent(c, schema, node, err);
}

static femd_status schema_check_object(const context *c, const cJSON *schema, const cJSON *node, int depth,
                                       femd_error *err) {
    const cJSON *properties = femd_json_get(schema, "properties"),
                *other = femd_json_get(schema, "additionalProperties");
    FEMD_TRY(schema_check_keys(c, schema, node, err));
    for (const cJSON *m = node->child; m; m = m->next) {
        const cJSON *p = femd_json_get(properties, m->string);
        if (!p && cJSON_IsObject(other)) p = other;
        if (p) FEMD_TRY(schema_check(c, p, m, depth + 1, err));
    }
    return FEMD_OK;
}

/* ---- branches ---- */

/* The branch of a discriminated oneOf whose constant (or one of whose enum values) for key equals value. */
static const cJSON *schema_pick_branch(const context *c, const cJSON *branches, const char *key, const char *value,
                                       list *accepted) {
    const cJSON *found = NULL;
    for (const cJSON *b = branches->child; b; b = b->next) {
        const cJSON *p = femd_json_get(femd_json_get(schema_resolve(c, b), "properties"), key);
        const cJSON *values = femd_json_get(p, "enum");
        const cJSON *v = values ? values->child : femd_json_get(p, "const");
        for (; v; v = values ? v->next : NULL) {
            schema_list_add_value(accepted, v);
            if (value && strcmp(value, v->valuestring) == 0) found = b;
        }
    }
    return found;
}

static femd_status schema_check_discriminated(const context *c, const cJSON *schema, const char *key, const cJSON *node,
                                              int depth, femd_error *err) {
    list accepted = {.used = 0};
    const cJSON *member = femd_json_get(node, key);
    const char *value = cJSON_IsString(member) ? member->valuestring : NULL;
    if (!cJSON_IsObject(node)) {
        char found[80];
        schema_describe(node, found, sizeof found);
        return femd_json_fail(c->doc, node, err, "must be an object, not %s", found);
    }
    const cJSON *branch = schema_pick_branch(c, femd_json_get(schema, "oneOf"), key, value, &accepted);
    if (!member) return femd_json_fail(c->doc, node, err, "missing key \"%s\"; accepted: %s", key, accepted.text);
    if (!value) return femd_json_fail(c->doc, member, err, "must be a string; accepted: %s", accepted.text);
    if (!branch)
        return femd_json_fail(c->doc, member, err, "unknown value \"%.60s\"; accepted: %s", value, accepted.text);
    return schema_check(c, branch, node, depth + 1, err);
}

/* Words for a oneOf or anyOf that asks for certain keys only: the alternatives as '"a" and "b"'. 0 if it asks for more.
 */
static int schema_key_alternatives(const context *c, const cJSON *branches, list *l) {
    for (const cJSON *b = branches->child; b; b = b->next) {
        const cJSON *s = schema_resolve(c, b), *required = femd_json_get(s, "required");
        char one[200] = "";
        size_t used = 0;
        if (!required || cJSON_GetArraySize(s) != 1) return 0;
        for (const cJSON *r = required->child; r; r = r->next) {
            int n = snprintf(one + used, sizeof one - used, "%s\"%s\"", used ? " and " : "", r->valuestring);
            if (n < 0 || (size_t)n >= sizeof one - used) break;
            used += (size_t)n;
        }
        schema_list_add(l, ", or ", one);
    }
    return 1;
}

/* Whether a node may have been meant for a branch: its type fits, and with keyed an object has the keys that the branch
 * requires. */
static int schema_is_meant(const cJSON *schema, const cJSON *node, int keyed) {
    const cJSON *required = femd_json_get(schema, "required");
    if (!schema_type_allows(femd_json_get(schema, "type"), node)) return 0;
    for (const cJSON *r = required ? required->child : NULL; keyed && cJSON_IsObject(node) && r; r = r->next)
        if (!femd_json_get(node, r->valuestring)) return 0;
    return 1;
}

/* No branch fits: the words of the only branch that may have been meant, by its type or by its keys too; else the
 * titles of all. */
static femd_status schema_no_branch(const context *c, const cJSON *branches, const cJSON *node, int depth,
                                    femd_error *err) {
    const cJSON *candidate[2] = {NULL, NULL};
    int candidates[2] = {0, 0};
    list l = {.used = 0};
    char found[80];
    for (const cJSON *b = branches->child; b; b = b->next) {
        const cJSON *s = schema_resolve(c, b);
        for (int keyed = 0; keyed < 2; keyed++)
            if (schema_is_meant(s, node, keyed)) candidate[keyed] = b, candidates[keyed]++;
        schema_list_add(&l, ", or ", femd_json_string(s, "title", "another form"));
    }
    for (int keyed = 0; keyed < 2; keyed++)
        if (candidates[keyed] == 1) return schema_check(c, candidate[keyed], node, depth + 1, err);
    schema_describe(node, found, sizeof found);
    return femd_json_fail(c->doc, node, err, "%s does not fit; accepted: %s", found, l.text);
}

static femd_status schema_check_branches(const context *c, const cJSON *branches, int only_one, const cJSON *node,
                                         int depth, femd_error *err) {
    int fits = 0;
    list l = {.used = 0};
    for (const cJSON *b = branches->child; b; b = b->next) fits += schema_check(c, b, node, depth + 1, NULL) == FEMD_OK;
    if (fits == 1 || (fits > 1 && !only_one)) return FEMD_OK;
    if (!err) return FEMD_BAD_INPUT;
    if (schema_key_alternatives(c, branches, &l))
        return femd_json_fail(c->doc, node, err, fits ? "has more than one of: %s" : "missing key; needs %s", l.text);
    if (fits > 1) return femd_json_fail(c->doc, node, err, "fits more than one of the accepted forms");
    return schema_no_branch(c, branches, node, depth, err);
}

/* ---- the whole ---- */

static femd_status schema_check(const context *c, const cJSON *schema, const cJSON *node, int depth, femd_error *err) {
    const cJSON *s = schema_resolve(c, schema);
    if (!s || depth > DEPTH_MAX) return femd_fail(err, FEMD_INTERNAL, "the schema has a $ref that leads nowhere");
    const cJSON *one = femd_json_get(s, "oneOf"), *any = femd_json_get(s, "anyOf");
    const char *discriminator = femd_json_string(s, "x-discriminator", NULL);
    if (one && discriminator) return schema_check_discriminated(c, s, discriminator, node, depth, err);
    FEMD_TRY(schema_check_type(c, s, node, err));
    if (cJSON_IsArray(node))
        FEMD_TRY(schema_check_array(c, s, node, depth, err));
    else if (cJSON_IsObject(node))
        FEMD_TRY(schema_check_object(c, s, node, depth, err));
    else
        FEMD_TRY(schema_check_scalar(c, s, node, err));
    if (one) FEMD_TRY(schema_check_branches(c, one, 1, node, depth, err));
    if (any) FEMD_TRY(schema_check_branches(c, any, 0, node, depth, err));
    return FEMD_OK;
}

femd_status femd_json_validate(const femd_json *doc, const char *schema, const char *ref, femd_error *err) {
    femd_json parsed;
    FEMD_TRY(femd_json_parse(schema, strlen(schema), "schema", &parsed, err));
    context c = {doc, parsed.root};
    const cJSON *start = schema_find_ref(parsed.root, ref ? ref : "");
    femd_status rc = start ? schema_check(&c, start, doc->root, 0, err)
                           : femd_fail(err, FEMD_INTERNAL, "the schema has no \"%s\"", ref);
    femd_json_clear(&parsed);
    return rc;
}
