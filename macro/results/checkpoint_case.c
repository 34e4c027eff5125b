/* The document of a checkpoint against that of the case which goes on from it. Owns the choice of what may change:
 * never what a committed step was computed from, only how later ones are. */
#include "results/checkpoint_case.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "femd/json.h"
#include "femd/units.h"
#include "results/outfile.h"

enum { KEY_MAX = 256, SHOWN_MAX = 60 };

/* A comparison on its way. */
typedef struct comparison {
    const cJSON *old, *now; /* whole documents */
    double time;            /* committed */
    const char *path;       /* of the checkpoint */
    femd_buffer *changes;
    femd_error *err;
} comparison;

/* ---- the document ---- */

/* Without effect on the solution; what output.wants asks is kept with the points. */
static const char *const case_not_kept[] = {"title", "description", "output"};
/* How to solve, not what. */
static const char *const case_how[] = {"solver", "steps", "petsc", "micro", "accuracy"};

static int case_is_among(const char *key, const char *const *list, size_t n) {
    for (size_t i = 0; i < n; ++i)
        if (strcmp(key, list[i]) == 0) return 1;
    return 0;
}
#define CASE_IS_AMONG(key, list) case_is_among((key), (list), sizeof(list) / sizeof *(list))

femd_status femd_checkpoint_document(const femd_case *cs, femd_buffer *out, femd_error *err) {
    cJSON *copy = cJSON_Duplicate(cs->doc.root, 1);
    for (size_t i = 0; copy && i < sizeof case_not_kept / sizeof *case_not_kept; ++i)
        cJSON_DeleteItemFromObjectCaseSensitive(copy, case_not_kept[i]);
    char *text = copy ? femd_json_canonical(copy) : NULL;
    femd_status rc = text ? femd_buffer_append(out, text, strlen(text) + 1, err)
                          : femd_fail(err, FEMD_NO_MEMORY, "no memory for the case");
    free(text);
    cJSON_Delete(copy);
    return rc;
}

/* ---- differences ---- */

static const cJSON *case_get(const cJSON *object, const char *key) {
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

static int case_same(const cJSON *a, const cJSON *b) {
    if (!a || !b) return a == b;
    char *x = femd_json_canonical(a), *y = femd_json_canonical(b);
    const int same = x && y && strcmp(x, y) == 0;
    free(x);
    free(y);
    return same;
}

static void case_show(const cJSON *node, char text[SHOWN_MAX]) {
    char *whole = node ? femd_json_canonical(node) : NULL;
    snprintf(text, SHOWN_MAX, "%s", whole ? whole : node ? "..." : "(not given)");
    if (whole && strlen(whole) >= SHOWN_MAX) memcpy(text + SHOWN_MAX - 4, "...", 4);
    free(whole);
}

static femd_status case_refuse(const comparison *c, const char *key, const cJSON *old, const cJSON *now,
                               const char *why) {
    char was[SHOWN_MAX], is[SHOWN_MAX];
    case_show(old, was);
    case_show(now, is);
    return femd_fail(c->err, FEMD_BAD_INPUT,
                     "%s belongs to another case: %s was %s and is %s%s; undo the change, or run without --resume",
                     c->path, key, was, is, why);
}

static femd_status case_note(const comparison *c, const char *key, const cJSON *old, const cJSON *now) {
    char was[SHOWN_MAX], is[SHOWN_MAX];
    case_show(old, was);
    case_show(now, is);
    return femd_text_add(c->changes, c->err, "%s: %s -> %s\n", key, was, is);
}

/* The keys of both objects, each once. */
typedef femd_status case_visitor(const comparison *c, const char *key, const char *name, const cJSON *old,
                                 const cJSON *now);

static femd_status case_each(const comparison *c, const char *at, const cJSON *old, const cJSON *now,
                             case_visitor *visit) {
    char key[KEY_MAX];
    for (int pass = 0; pass < 2; ++pass)
        for (const cJSON *x = pass ? (now ? now->child : NULL) : (old ? old->child : NULL); x; x = x->next) {
            const cJSON *was = case_get(old, x->string), *is = case_get(now, x->string);
            if ((pass && was) || case_same(was, is)) continue;
            snprintf(key, sizeof key, "%.120s%s%.120s", at, at[0] ? "." : "", x->string);
            FEMD_TRY(visit(c, key, x->string, was, is));
        }
    return FEMD_OK;
}

/* The first difference, as deep as both are objects. */
static femd_status case_refuse_deep(const comparison *c, const char *key, const char *name, const cJSON *old,
                                    const cJSON *now) {
    (void)name;
    if (cJSON_IsObject(old) && cJSON_IsObject(now)) FEMD_TRY(case_each(c, key, old, now, case_refuse_deep));
    return case_refuse(c, key, old, now, "");
}

/* ---- the boundary ---- */

/* A number, or a temperature with its unit; NAN for anything else. */
static double case_number(const cJSON *node) {
    femd_error ignored = FEMD_ERROR_INIT;
    double kelvin;
    if (cJSON_IsNumber(node)) return node->valuedouble;
    if (!cJSON_IsString(node) ||
        femd_units_parse(node->valuestring, FEMD_DIM_TEMPERATURE, &kelvin, &ignored) != FEMD_OK)
        return NAN;
    return kelvin;
}

/* Linear between the rows of a table. */
static double case_table_at(const cJSON *table, double time) {
    const cJSON *row = table->child, *next;
    for (; row; row = next) {
        next = row->next;
        const double t = row->child->valuedouble, f = case_number(row->child->next);
        if (time <= t || !next) return f;
        const double t1 = next->child->valuedouble, f1 = case_number(next->child->next);
        if (time <= t1) return time == t1 ? f1 : f + (time - t) / (t1 - t) * (f1 - f);
    }
    return 0;
}

/* Factor of an entry at a time: of its table, or of the ramp to the end, or 1 where nothing is ramped. */
static double case_factor(const cJSON *table, double end, double time) {
    return cJSON_IsArray(table) ? case_table_at(table, time) : isfinite(end) ? time / end : 1;
}

/* Where ramps end; INFINITY with physics thermal, where there are none. */
static double case_end(const cJSON *document) {
    if (case_get(document, "heat")) return INFINITY;
    const cJSON *end = case_get(case_get(document, "steps"), "end_time");
    return cJSON_IsNumber(end) ? end->valuedouble : 1;
}

/* 1 if both factors are the same at this time, to round-off. */
static int case_factors_meet(const comparison *c, const cJSON *was, const cJSON *is, double time) {
    const double a = case_factor(was, case_end(c->old), time), b = case_factor(is, case_end(c->now), time);
    return fabs(a - b) <= 1e-12 * fmax(fabs(a), fabs(b));
}

/* Factors are linear between the times of either table. */
static int case_same_past(const comparison *c, const cJSON *was, const cJSON *is) {
    int same = case_factors_meet(c, was, is, 0) && case_factors_meet(c, was, is, c->time);
    for (int pass = 0; pass < 2; ++pass) {
        const cJSON *table = pass ? is : was;
        for (const cJSON *row = cJSON_IsArray(table) ? table->child : NULL; row; row = row->next)
            if (row->child->valuedouble < c->time) same &= case_factors_meet(c, was, is, row->child->valuedouble);
    }
    return same;
}

static femd_status case_compare_entry(const comparison *c, const char *key, const char *name, const cJSON *old,
                                      const cJSON *now) {
    if (strcmp(name, "table") != 0) return case_refuse(c, key, old, now, "");
    if (case_same_past(c, old, now)) return case_note(c, key, old, now);
    return case_refuse(c, key, old, now, ", which differs before the committed time already");
}

/* ---- the temperature ---- */

/* Of its table, or one number for all times (none: 0); NAN for an expression. */
static double case_kelvin(const cJSON *temperature, double time) {
    const cJSON *table = case_get(temperature, "table");
    if (cJSON_IsArray(table)) return case_table_at(table, time);
    return temperature ? case_number(temperature) : 0;
}

/* The same at all times up to the committed one. */
static int case_same_warmth(const comparison *c, const cJSON *was, const cJSON *is) {
    int same = case_kelvin(was, 0) == case_kelvin(is, 0) &&
               fabs(case_kelvin(was, c->time) - case_kelvin(is, c->time)) <= 1e-12 * fabs(case_kelvin(is, c->time));
    for (int pass = 0; pass < 2; ++pass) {
        const cJSON *table = case_get(pass ? is : was, "table");
        for (const cJSON *row = cJSON_IsArray(table) ? table->child : NULL; row; row = row->next) {
            const double time = row->child->valuedouble, a = case_kelvin(was, time), b = case_kelvin(is, time);
            if (time < c->time) same &= fabs(a - b) <= 1e-12 * fabs(b);
        }
    }
    return same;
}

/* An entry that holds: no factor changes it. */
static int case_entry_holds(const cJSON *entry) {
    const cJSON *value = case_get(entry, "displacement");
    if (!cJSON_IsArray(value) || case_get(entry, "gradient")) return 0;
    for (const cJSON *v = value->child; v; v = v->next)
        if (!cJSON_IsNull(v) && !(cJSON_IsNumber(v) && v->valuedouble == 0)) return 0;
    return 1;
}

/* A ramp without a table goes to the end time: another end is another past. */
static femd_status case_compare_ramps(const comparison *c, const cJSON *boundary) {
    int ramps = case_get(c->now, "body_force") != NULL;
    if (case_end(c->old) == case_end(c->now) || c->time <= 0) return FEMD_OK;
    for (const cJSON *entry = boundary ? boundary->child : NULL; entry; entry = entry->next)
        ramps |= !case_get(entry, "table") && !case_entry_holds(entry);
    if (!ramps) return FEMD_OK;
    return case_refuse(c, "steps.end_time", case_get(case_get(c->old, "steps"), "end_time"),
                       case_get(case_get(c->now, "steps"), "end_time"),
                       ", and loads without a table ramp to that time");
}

/* Is one of the values of an entry, of whichever kind, an expression? Names of places are none. */
static int case_has_expression(const cJSON *node) {
    static const char *const place[] = {"on", "at", "with"};
    if (cJSON_IsString(node)) return node->valuestring[0] == '=';
    for (const cJSON *x = cJSON_IsArray(node) || cJSON_IsObject(node) ? node->child : NULL; x; x = x->next)
        if (!(x->string && CASE_IS_AMONG(x->string, place)) && case_has_expression(x)) return 1;
    return 0;
}

/* Without a table a number is ramped and an expression is not: no table stands for none, whatever it says. */
static femd_status case_compare_expressions(const comparison *c, const char *at, const cJSON *old, const cJSON *now) {
    const cJSON *was = case_get(old, "table"), *is = case_get(now, "table");
    char key[KEY_MAX];
    if (!was == !is || !case_has_expression(old)) return FEMD_OK;
    snprintf(key, sizeof key, "%.120s.table", at);
    return case_refuse(c, key, was, is, ", and an expression has no factor without one");
}

static femd_status case_compare_boundary(const comparison *c) {
    const cJSON *old = case_get(c->old, "boundary"), *now = case_get(c->now, "boundary");
    char key[KEY_MAX];
    FEMD_TRY(case_compare_ramps(c, now));
    if (cJSON_GetArraySize(old) != cJSON_GetArraySize(now))
        return femd_fail(c->err, FEMD_BAD_INPUT,
                         "%s belongs to another case: boundary had %d entries and has %d; undo the change, or run "
                         "without --resume",
                         c->path, cJSON_GetArraySize(old), cJSON_GetArraySize(now));
    int i = 0;
    for (const cJSON *a = old ? old->child : NULL, *b = now ? now->child : NULL; a && b; a = a->next, b = b->next) {
        snprintf(key, sizeof key, "boundary[%d]", i++);
        FEMD_TRY(case_compare_expressions(c, key, a, b));
        FEMD_TRY(case_each(c, key, a, b, case_compare_entry));
    }
    return FEMD_OK;
}

/* ---- the whole ---- */

/* The time of a run along a path is the way along it, from which no load in time goes on. */
static femd_status case_compare_control(const comparison *c) {
    const cJSON *old = case_get(case_get(c->old, "steps"), "control"),
                *now = case_get(case_get(c->now, "steps"), "control");
    if (!cJSON_IsString(old) || strcmp(old->valuestring, "arc-length") != 0 || case_same(old, now)) return FEMD_OK;
    return case_refuse(c, "steps.control", old, now, ", and no time leads on from a way along a path");
}

static femd_status case_note_deep(const comparison *c, const char *key, const char *name, const cJSON *old,
                                  const cJSON *now) {
    (void)name;
    const int deep = (cJSON_IsObject(old) || !old) && (cJSON_IsObject(now) || !now);
    return deep ? case_each(c, key, old, now, case_note_deep) : case_note(c, key, old, now);
}

static femd_status case_compare_key(const comparison *c, const char *key, const char *name, const cJSON *old,
                                    const cJSON *now) {
    if (CASE_IS_AMONG(name, case_not_kept)) return FEMD_OK;
    if (CASE_IS_AMONG(name, case_how)) return case_note_deep(c, key, name, old, now);
    if (strcmp(name, "temperature") == 0 && case_same_warmth(c, old, now)) return case_note(c, key, old, now);
    if (strcmp(name, "boundary") == 0) return FEMD_OK; /* compared by itself, whatever else differs */
    return case_refuse_deep(c, key, name, old, now);
}

femd_status femd_checkpoint_compare(const femd_case *cs, const char *document, double time, const char *path,
                                    femd_buffer *changes, femd_error *err) {
    cJSON *old = cJSON_Parse(document);
    if (!old && femd_json_is_short_of_memory(strlen(document)))
        return femd_fail(err, FEMD_NO_MEMORY, "%s: out of memory", path);
    const comparison c = {.old = old, .now = cs->doc.root, .time = time, .path = path, .changes = changes, .err = err};
    femd_status rc = old ? case_each(&c, "", old, cs->doc.root, case_compare_key)
                         : femd_fail(err, FEMD_BAD_INPUT, "%s is damaged: its case cannot be read", path);
    if (rc == FEMD_OK) rc = case_compare_control(&c);
    if (rc == FEMD_OK) rc = case_compare_boundary(&c);
    cJSON_Delete(old);
    return rc;
}
