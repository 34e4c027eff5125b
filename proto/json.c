/* The JSON document: strict reading, paths for messages, getters and canonical text. Owns what a document may
 * look like (size, depth, numbers, keys); never knows what any key means (json_schema.c checks that); json_set.c
 * changes a document.
 *
 * cJSON builds the tree. It is lenient (control characters, leading zeros, \u0000, duplicate keys), so a scanner looks
 * over the text first; it also bounds the depth, so that the recursion inside cJSON and below is bounded. */
#include "femd/json.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "femd/file.h"
#include "json_walk.h"
#include "utf8.h"

/* ---- strict scan ---- */

typedef struct scanner {
    const char *text;
    size_t n, i;
    int depth;
    const char *name;
    femd_error *err;
} scanner;

/* Fails with line and column of byte `at`. */
static femd_status json_scan_fail(const scanner *s, size_t at, const char *words) {
    size_t line = 1, column = 1;
    for (size_t k = 0; k < at && k < s->n; k++) {
        column++;
        if (s->text[k] == '\n') line++, column = 1;
    }
    return femd_fail(s->err, FEMD_BAD_INPUT, "%s:%zu:%zu: %s", s->name, line, column, words);
}

static int json_is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
static int json_is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* At the byte after a backslash; steps over the escape. */
static femd_status json_scan_escape(scanner *s) {
    if (s->i >= s->n || !strchr("\"\\/bfnrtu", s->text[s->i]) || !s->text[s->i])
        return json_scan_fail(s, s->i, "unknown escape in a string");
    if (s->text[s->i++] != 'u') return FEMD_OK;
    for (int k = 0; k < 4; k++)
        if (s->i + (size_t)k >= s->n || !json_is_hex(s->text[s->i + (size_t)k]))
            return json_scan_fail(s, s->i, "\\u needs four hex digits");
    if (memcmp(s->text + s->i, "0000", 4) == 0) return json_scan_fail(s, s->i, "\\u0000 is not allowed in a string");
    s->i += 4;
    return FEMD_OK;
}

static femd_status json_scan_string(scanner *s) {
    size_t start = s->i++;
    while (s->i < s->n) {
        unsigned char c = (unsigned char)s->text[s->i];
        if (c == '"') {
            s->i++;
            return FEMD_OK;
        }
        if (c < 0x20) return json_scan_fail(s, s->i, "line end or control character inside a string");
        if (c == '\\') {
            s->i++;
            FEMD_TRY(json_scan_escape(s));
            continue;
        }
        size_t len = femd_utf8_length((const unsigned char *)s->text + s->i, s->n - s->i);
        if (len == 0) return json_scan_fail(s, s->i, "bytes that are not UTF-8");
        s->i += len;
    }
    return json_scan_fail(s, start, "string without an end");
}

static size_t json_scan_digits(scanner *s) {
    size_t start = s->i;
    while (s->i < s->n && json_is_digit(s->text[s->i])) s->i++;
    return s->i - start;
}

static femd_status json_scan_number(scanner *s) {
    size_t start = s->i;
    if (s->text[s->i] == '-') s->i++;
    size_t first = s->i, whole = json_scan_digits(s);
    if (whole == 0 || (whole > 1 && s->text[first] == '0')) return json_scan_fail(s, start, "malformed number");
    if (s->i < s->n && s->text[s->i] == '.') {
        s->i++;
        if (json_scan_digits(s) == 0) return json_scan_fail(s, start, "malformed number");
    }
    if (s->i < s->n && (s->text[s->i] == 'e' || s->text[s->i] == 'E')) {
        s->i++;
        if (s->i < s->n && (s->text[s->i] == '+' || s->text[s->i] == '-')) s->i++;
        if (json_scan_digits(s) == 0) return json_scan_fail(s, start, "malformed number");
    }
    if (s->i - start > 60) return json_scan_fail(s, start, "number with more than 60 characters");
    return FEMD_OK;
}

static femd_status json_scan_word(scanner *s) {
    static const char *const words[] = {"true", "false", "null"};
    size_t start = s->i;
    while (s->i < s->n && ((s->text[s->i] | 32) >= 'a' && (s->text[s->i] | 32) <= 'z')) s->i++;
    for (size_t k = 0; k < 3; k++)
        if (s->i - start == strlen(words[k]) && memcmp(s->text + start, words[k], s->i - start) == 0) return FEMD_OK;
    if (s->i == start) return json_scan_fail(s, start, "unexpected character");
    return json_scan_fail(s, start, "unexpected word; strings need quotes, and NaN and Infinity are no JSON numbers");
}

static femd_status json_scan(scanner *s) {
    if (s->n >= 3 && memcmp(s->text, "\xef\xbb\xbf", 3) == 0) s->i = 3;
    while (s->i < s->n) {
        char c = s->text[s->i];
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',' || c == ':')
            s->i++;
        else if (c == '"')
            FEMD_TRY(json_scan_string(s));
        else if (c == '-' || json_is_digit(c))
            FEMD_TRY(json_scan_number(s));
        else if (c == '{' || c == '[') {
            if (++s->depth > FEMD_JSON_MAX_DEPTH) return json_scan_fail(s, s->i, "nested too deeply");
            s->i++;
        } else if (c == '}' || c == ']')
            s->depth--, s->i++;
        else
            FEMD_TRY(json_scan_word(s));
    }
    if (s->depth > 0) return json_scan_fail(s, s->n, "the document ends too early");
    return FEMD_OK;
}

/* ---- the tree ---- */

static int json_by_key(const void *a, const void *b) {
    return strcmp((*(const cJSON *const *)a)->string, (*(const cJSON *const *)b)->string);
}

/* The members of an object sorted by key; *members is the caller's. */
static femd_status json_sorted_members(const cJSON *obj, const cJSON ***members, size_t *n, femd_error *err) {
    *n = 0;
    for (const cJSON *c = obj->child; c; c = c->next) ++*n;
    *members = malloc((*n + 1) * sizeof **members);
    if (!*members) return femd_fail(err, FEMD_NO_MEMORY, "no memory for %zu JSON members", *n);
    size_t k = 0;
    for (const cJSON *c = obj->child; c; c = c->next) (*members)[k++] = c;
    qsort(*members, *n, sizeof **members, json_by_key);
    return FEMD_OK;
}

static femd_status json_check_duplicates(const femd_json *doc, const cJSON *obj, femd_error *err) {
    const cJSON **member;
    size_t n;
    femd_status rc = FEMD_OK;
    FEMD_TRY(json_sorted_members(obj, &member, &n, err));
    for (size_t k = 1; k < n && rc == FEMD_OK; k++)
        if (strcmp(member[k - 1]->string, member[k]->string) == 0)
            rc = femd_json_fail(doc, obj, err, "key \"%.100s\" stands twice", member[k]->string);
    free(member);
    return rc;
}

/* What the scanner cannot see: duplicate keys, numbers that overflow. */
static femd_status json_check_tree(const femd_json *doc, femd_error *err) {
    walk w;
    for (const cJSON *node = walk_first(&w, doc->root); node; node = walk_next(&w)) {
        if (cJSON_IsNumber(node) && !isfinite(node->valuedouble))
            return femd_json_fail(doc, node, err, "the number is too large");
        if (cJSON_IsObject(node) && node->child) FEMD_TRY(json_check_duplicates(doc, node, err));
    }
    return FEMD_OK;
}

/* ---- reading ---- */

int femd_json_is_short_of_memory(size_t size) {
    void *volatile room =
        malloc(48 * size + 65536); /* of the densest text, [1,1,1: a node of 80 bytes every two characters */
    const int is_short = !room;
    free(room);
    return is_short;
}

static femd_status json_parse_into(femd_json *doc, const char *text, size_t n, femd_error *err) {
    scanner s = {.text = text, .n = n, .name = doc->name, .err = err};
    const char *end = NULL;
    FEMD_TRY(json_scan(&s));
    doc->root = cJSON_ParseWithLengthOpts(text, n, &end, 0);
    if (!doc->root && femd_json_is_short_of_memory(n))
        return femd_fail(err, FEMD_NO_MEMORY, "%s: out of memory", doc->name);
    size_t at = end >= text && end <= text + n ? (size_t)(end - text) : n;
    if (!doc->root) return json_scan_fail(&s, at, at >= n ? "the document ends too early" : "syntax error");
    while (at < n && strchr(" \t\r\n", text[at]) && text[at]) at++;
    if (at < n) return json_scan_fail(&s, at, "something stands after the end of the document");
    return json_check_tree(doc, err);
}

femd_status femd_json_parse(const char *text, size_t n, const char *name, femd_json *doc, femd_error *err) {
    *doc = (femd_json)FEMD_JSON_INIT;
    if (n > FEMD_JSON_MAX_BYTES)
        return femd_fail(err, FEMD_BAD_INPUT, "%s: larger than %u bytes", name, FEMD_JSON_MAX_BYTES);
    doc->name = strdup(name);
    if (!doc->name) return femd_fail(err, FEMD_NO_MEMORY, "%s: out of memory", name);
    femd_status rc = json_parse_into(doc, text, n, err);
    if (rc != FEMD_OK) femd_json_clear(doc);
    return rc;
}

static femd_status json_read_all(FILE *f, const char *path, char **text, size_t *n, femd_error *err) {
    size_t room = 0;
    *text = NULL;
    *n = 0;
    do {
        room = room ? 4 * room : 65536;
        char *more = realloc(*text, room);
        if (!more) return femd_fail(err, FEMD_NO_MEMORY, "%s: out of memory", path);
        *text = more;
        *n += fread(*text + *n, 1, room - *n, f);
        if (ferror(f)) return femd_fail(err, FEMD_IO, "%s: cannot be read: %s", path, strerror(errno));
    } while (*n == room && room <= FEMD_JSON_MAX_BYTES);
    return FEMD_OK;
}

femd_status femd_json_read(const char *path, femd_json *doc, femd_error *err) {
    *doc = (femd_json)FEMD_JSON_INIT;
    const char *why;
    FILE *f = femd_file_open(path, &why);
    if (!f) return femd_fail(err, FEMD_BAD_INPUT, "%s: cannot be opened: %s", path, why);
    char *text;
    size_t n;
    femd_status rc = json_read_all(f, path, &text, &n, err);
    fclose(f);
    if (rc == FEMD_OK) rc = femd_json_parse(text, n, path, doc, err);
    free(text);
    return rc;
}

void femd_json_clear(femd_json *doc) {
    if (!doc) return;
    cJSON_Delete(doc->root);
    free(doc->name);
    *doc = (femd_json)FEMD_JSON_INIT;
}

/* ---- messages ---- */

/* "boundary[1].displacement[0]" of the way in w; control characters in keys become '?'. */
static void json_path_text(const walk *w, char *text, size_t size) {
    size_t used = 0;
    text[0] = 0;
    for (int d = 1; d <= w->depth && used + 1 < size; d++) {
        const cJSON *parent = w->stack[d - 1], *node = w->stack[d];
        int n;
        if (cJSON_IsArray(parent)) {
            size_t index = 0;
            for (const cJSON *c = parent->child; c && c != node; c = c->next) index++;
            n = snprintf(text + used, size - used, "[%zu]", index);
        } else
            n = snprintf(text + used, size - used, "%s%.80s", used ? "." : "", node->string ? node->string : "");
        used += n > 0 ? (size_t)n : 0;
    }
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = '?';
}

femd_status femd_json_fail(const femd_json *doc, const cJSON *node, femd_error *err, const char *fmt, ...) {
    char path[400] = "";
    walk w;
    if (!err) return FEMD_BAD_INPUT;
    const cJSON *at = doc->root ? walk_first(&w, doc->root) : NULL;
    while (at && at != node) at = walk_next(&w);
    if (at) json_path_text(&w, path, sizeof path);
    va_list ap;
    va_start(ap, fmt);
    femd_vfail(err, FEMD_BAD_INPUT, fmt, ap);
    va_end(ap);
    return path[0] ? femd_error_prefix(err, "%s: %s", doc->name, path) : femd_error_prefix(err, "%s", doc->name);
}

/* ---- getters ---- */

const cJSON *femd_json_get(const cJSON *obj, const char *key) {
    return cJSON_IsObject(obj) ? cJSON_GetObjectItemCaseSensitive(obj, key) : NULL;
}

const char *femd_json_string(const cJSON *obj, const char *key, const char *fallback) {
    const cJSON *node = femd_json_get(obj, key);
    return cJSON_IsString(node) ? node->valuestring : fallback;
}

double femd_json_number(const cJSON *obj, const char *key, double fallback) {
    const cJSON *node = femd_json_get(obj, key);
    return cJSON_IsNumber(node) ? node->valuedouble : fallback;
}

int femd_json_bool(const cJSON *obj, const char *key, int fallback) {
    const cJSON *node = femd_json_get(obj, key);
    return cJSON_IsBool(node) ? cJSON_IsTrue(node) : fallback;
}

/* Decimal digits into 64 bits; 0 if text is anything else or too large. */
static int json_parse_u64(const char *text, uint64_t *out) {
    uint64_t v = 0;
    if (!*text) return 0;
    for (; *text; text++) {
        if (!json_is_digit(*text)) return 0;
        uint64_t digit = (uint64_t)(*text - '0');
        if (v > (UINT64_MAX - digit) / 10) return 0;
        v = v * 10 + digit;
    }
    *out = v;
    return 1;
}

femd_status femd_json_node_u64(const femd_json *doc, const cJSON *node, uint64_t *out, femd_error *err) {
    double v = node->valuedouble;
    if (cJSON_IsString(node) && json_parse_u64(node->valuestring, out)) return FEMD_OK;
    if (cJSON_IsNumber(node) && v >= 0 && v <= 9007199254740992.0 && v == floor(v)) {
        *out = (uint64_t)v;
        return FEMD_OK;
    }
    return femd_json_fail(doc, node, err,
                          "must be a whole number from 0 to 2^53, or a string of decimal digits up to 2^64-1");
}

femd_status femd_json_u64(const femd_json *doc, const cJSON *obj, const char *key, uint64_t fallback, uint64_t *out,
                          femd_error *err) {
    const cJSON *node = femd_json_get(obj, key);
    *out = fallback;
    return node ? femd_json_node_u64(doc, node, out, err) : FEMD_OK;
}

femd_status femd_json_node_quantity(const femd_json *doc, const cJSON *node, femd_dimension dim, double *out,
                                    femd_error *err) {
    if (cJSON_IsNumber(node) && isfinite(node->valuedouble)) {
        *out = node->valuedouble;
        return FEMD_OK;
    }
    if (cJSON_IsString(node)) {
        femd_error why = FEMD_ERROR_INIT;
        if (femd_units_parse(node->valuestring, dim, out, &why) == FEMD_OK) return FEMD_OK;
        return femd_json_fail(doc, node, err, "%s", why.text);
    }
    char list[256];
    femd_units_list(dim, list, sizeof list);
    return femd_json_fail(doc, node, err, "must be a %s: a number in SI, or a string with one of the units %s",
                          femd_dimension_name(dim), list);
}

femd_status femd_json_quantity(const femd_json *doc, const cJSON *obj, const char *key, femd_dimension dim,
                               double fallback, double *out, femd_error *err) {
    const cJSON *node = femd_json_get(obj, key);
    *out = fallback;
    return node ? femd_json_node_quantity(doc, node, dim, out, err) : FEMD_OK;
}

const char *femd_json_bare_length(const cJSON *obj, const char *key) {
    return cJSON_IsNumber(femd_json_get(obj, key)) ? " (a length without a unit is in m)" : "";
}

femd_status femd_json_quantities(const femd_json *doc, const cJSON *obj, const char *key, femd_dimension dim, size_t n,
                                 double *out, femd_error *err) {
    const cJSON *node = femd_json_get(obj, key);
    if (!node) return femd_json_fail(doc, obj, err, "missing key \"%s\"", key);
    if (!cJSON_IsArray(node) || (size_t)cJSON_GetArraySize(node) != n)
        return femd_json_fail(doc, node, err, "must be an array of %zu", n);
    const cJSON *c = node->child;
    for (size_t k = 0; k < n; k++, c = c->next) FEMD_TRY(femd_json_node_quantity(doc, c, dim, &out[k], err));
    return FEMD_OK;
}

/* ---- canonical text ---- */

static femd_status json_put_text(femd_buffer *b, const char *text) {
    return femd_buffer_append(b, text, strlen(text), NULL);
}

static femd_status json_put_string(femd_buffer *b, const char *text) {
    FEMD_TRY(json_put_text(b, "\""));
    for (; *text; text++) {
        char escape[8] = {*text, 0};
        if (*text == '"' || *text == '\\')
            snprintf(escape, sizeof escape, "\\%c", *text);
        else if ((unsigned char)*text < 0x20)
            snprintf(escape, sizeof escape, "\\u%04x", (unsigned char)*text);
        FEMD_TRY(json_put_text(b, escape));
    }
    return json_put_text(b, "\"");
}

/* The shortest of %.15g, %.16g, %.17g that parses back to the same double. */
static femd_status json_put_number(femd_buffer *b, double v) {
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, v);
        if (strtod(text, NULL) == v) break;
    }
    char *point = strchr(text, localeconv()->decimal_point[0]);
    if (point) *point = '.';
    return json_put_text(b, text);
}

static femd_status json_put_node(femd_buffer *b, const cJSON *node, int depth);

static femd_status json_put_object(femd_buffer *b, const cJSON *obj, int depth) {
    const cJSON **member;
    size_t n;
    FEMD_TRY(json_sorted_members(obj, &member, &n, NULL));
    femd_status rc = json_put_text(b, "{");
    for (size_t k = 0; k < n && rc == FEMD_OK; k++) {
        if (k) rc = json_put_text(b, ",");
        if (rc == FEMD_OK) rc = json_put_string(b, member[k]->string);
        if (rc == FEMD_OK) rc = json_put_text(b, ":");
        if (rc == FEMD_OK) rc = json_put_node(b, member[k], depth + 1);
    }
    free(member);
    return rc == FEMD_OK ? json_put_text(b, "}") : rc;
}

/* Recursion bounded by the depth limit of documents. */
static femd_status json_put_node(femd_buffer *b, const cJSON *node, int depth) {
    if (depth > FEMD_JSON_MAX_DEPTH + 1) return FEMD_LIMIT;
    if (cJSON_IsObject(node)) return json_put_object(b, node, depth);
    if (cJSON_IsString(node)) return json_put_string(b, node->valuestring);
    if (cJSON_IsNumber(node)) return json_put_number(b, node->valuedouble);
    if (!cJSON_IsArray(node))
        return json_put_text(b, cJSON_IsTrue(node) ? "true" : cJSON_IsFalse(node) ? "false" : "null");
    FEMD_TRY(json_put_text(b, "["));
    for (const cJSON *c = node->child; c; c = c->next) {
        if (c != node->child) FEMD_TRY(json_put_text(b, ","));
        FEMD_TRY(json_put_node(b, c, depth + 1));
    }
    return json_put_text(b, "]");
}

char *femd_json_canonical(const cJSON *node) {
    femd_buffer b = FEMD_BUFFER_INIT;
    if (!node) return NULL;
    if (json_put_node(&b, node, 0) == FEMD_OK && femd_buffer_append(&b, "", 1, NULL) == FEMD_OK) return (char *)b.data;
    femd_buffer_clear(&b);
    return NULL;
}
