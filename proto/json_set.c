/* Overrides of the command line: "a.b[2].c=VALUE" applied to a document. Owns the syntax of the path; never knows
 * whether the key means anything (the schema is checked afterwards). */
#include "femd/json.h"

#include <stdio.h>
#include <string.h>

#include "json_walk.h"
#include "utf8.h"

/* One step of "a.b[2].c": a key, or an index into an array. */
typedef struct segment {
    char key[100];
    int index; /* -1: a key */
} segment;

/* Read the segment at *p and advance; 0 if malformed. */
static int json_set_next_segment(const char **p, const char *end, segment *s) {
    const char *c = *p;
    s->index = -1;
    if (*c == '[') {
        int v = 0, digits = 0;
        for (c++; c < end && (*c >= '0' && *c <= '9') && digits < 8; c++, digits++) v = 10 * v + (*c - '0');
        if (digits == 0 || c >= end || *c != ']') return 0;
        s->index = v;
        c++;
    } else {
        size_t n = 0;
        while (c < end && *c != '.' && *c != '[' && n + 1 < sizeof s->key) s->key[n++] = *c++;
        s->key[n] = 0;
        if (n == 0) return 0;
    }
    if (c < end && *c == '.') {
        if (++c == end) return 0;
    } else if (c < end && *c != '[')
        return 0;
    *p = c;
    return 1;
}

static int json_set_tree_depth(const cJSON *root) {
    walk w;
    int deepest = 0;
    for (const cJSON *node = walk_first(&w, root); node; node = walk_next(&w))
        if (w.depth > deepest) deepest = w.depth;
    return deepest;
}

/* Put value (taken over) at segment s of parent. 0 if it does not fit. */
static int json_set_put(cJSON *parent, const segment *s, cJSON *value) {
    if (s->index >= 0) return cJSON_IsArray(parent) && cJSON_ReplaceItemInArray(parent, s->index, value);
    if (!cJSON_IsObject(parent)) return 0;
    if (cJSON_GetObjectItemCaseSensitive(parent, s->key))
        return cJSON_ReplaceItemInObjectCaseSensitive(parent, s->key, value);
    return cJSON_AddItemToObject(parent, s->key, value);
}

/* The child of parent at s; makes a missing member of an object. NULL if it does not fit. */
static cJSON *json_set_enter(cJSON *parent, const segment *s) {
    if (s->index >= 0) return cJSON_IsArray(parent) ? cJSON_GetArrayItem(parent, s->index) : NULL;
    if (!cJSON_IsObject(parent)) return NULL;
    cJSON *child = cJSON_GetObjectItemCaseSensitive(parent, s->key);
    return child ? child : cJSON_AddObjectToObject(parent, s->key);
}

femd_status femd_json_set(femd_json *doc, const char *assignment, femd_error *err) {
    const char *equals = strchr(assignment, '='), *p = assignment;
    segment s;
    if (!equals || equals == assignment)
        return femd_fail(err, FEMD_BAD_INPUT, "--set %.200s: must read a.b.c=VALUE", assignment);
    if (!femd_utf8_is_valid(assignment)) return femd_fail(err, FEMD_BAD_INPUT, "--set: holds bytes that are not UTF-8");
    cJSON *parent = doc->root;
    for (int depth = 1;; depth++) {
        if (!json_set_next_segment(&p, equals, &s) || depth > FEMD_JSON_MAX_DEPTH)
            return femd_fail(
                err, FEMD_BAD_INPUT,
                "--set %.200s: cannot read the path; write it like steps.count or boundary[1].displacement",
                assignment);
        if (p == equals) break;
        parent = json_set_enter(parent, &s);
        if (!parent)
            return femd_fail(err, FEMD_BAD_INPUT, "--set %.200s: nothing stands at \"%.*s\" that could be entered",
                             assignment, (int)(p - assignment > 120 ? 120 : p - assignment), assignment);
    }
    femd_json value;
    cJSON *node = NULL;
    if (femd_json_parse(equals + 1, strlen(equals + 1), "--set", &value, NULL) == FEMD_OK) {
        node = value.root;
        value.root = NULL;
        femd_json_clear(&value);
    } else
        node = cJSON_CreateString(equals + 1);
    if (!node) return femd_fail(err, FEMD_NO_MEMORY, "--set: out of memory");
    if (!json_set_put(parent, &s, node)) {
        cJSON_Delete(node);
        return femd_fail(err, FEMD_BAD_INPUT, "--set %.200s: nothing stands there to be set", assignment);
    }
    if (json_set_tree_depth(doc->root) > FEMD_JSON_MAX_DEPTH)
        return femd_fail(err, FEMD_BAD_INPUT, "--set %.200s: nested too deeply", assignment);
    return FEMD_OK;
}
