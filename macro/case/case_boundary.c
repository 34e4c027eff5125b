/* The "boundary" of a case: prescribed displacements, tractions and pressures with their amplitudes. Owns the meaning
 * of one entry; never which nodes or faces it hits (the mesh is not known here). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "case/case_read.h"

/* Three components, each a quantity or an expression. */
static femd_status entry_read_vector(const femd_case *c, const cJSON *vector, femd_dimension dim, femd_case_boundary *b,
                                     femd_error *err) {
    const cJSON *v = vector->child;
    for (int k = 0; k < 3; k++, v = v->next) FEMD_TRY(case_read_value(c, v, dim, &b->value[k], &b->function[k], err));
    return FEMD_OK;
}

/* u = G X + value on the components that are not null; a gradient alone prescribes all three. */
femd_status case_read_displacement(const femd_case *c, const cJSON *node, femd_case_boundary *b, femd_error *err) {
    const cJSON *value = femd_json_get(node, "displacement"), *gradient = femd_json_get(node, "gradient");
    int k = 0;
    for (const cJSON *row = gradient ? gradient->child : NULL; row; row = row->next)
        for (const cJSON *g = row->child; g; g = g->next) b->gradient[k++] = g->valuedouble;
    b->has_gradient = gradient != NULL;
    const cJSON *v = value ? value->child : NULL;
    for (k = 0; k < 3; k++, v = v ? v->next : NULL) {
        b->has[k] = value ? !cJSON_IsNull(v) : 1;
        if (value && b->has[k]) FEMD_TRY(case_read_value(c, v, FEMD_DIM_LENGTH, &b->value[k], &b->function[k], err));
        if (gradient && b->function[k])
            return femd_json_fail(&c->doc, v, err, "an expression stands for all of a component; leave out gradient");
    }
    if (b->has[0] || b->has[1] || b->has[2]) return FEMD_OK;
    return femd_json_fail(&c->doc, value, err, "prescribes no component");
}

femd_status case_read_traction(const femd_case *c, const cJSON *node, femd_case_boundary *b, femd_error *err) {
    return entry_read_vector(c, femd_json_get(node, "traction"), FEMD_DIM_PRESSURE, b, err);
}

femd_status case_read_pressure(const femd_case *c, const cJSON *node, femd_case_boundary *b, femd_error *err) {
    return case_read_value(c, femd_json_get(node, "pressure"), FEMD_DIM_PRESSURE, &b->value[0], &b->function[0], err);
}

/* One number on the whole surface: how it is carried along with a bending face is the load stiffness's affair. */
femd_status case_read_follower_pressure(const femd_case *c, const cJSON *node, femd_case_boundary *b, femd_error *err) {
    const cJSON *value = femd_json_get(node, "follower_pressure");
    FEMD_TRY(case_read_value(c, value, FEMD_DIM_PRESSURE, &b->value[0], &b->function[0], err));
    if (b->function[0] && femd_function_uses(b->function[0]) & FEMD_FUNCTION_SPACE)
        return femd_json_fail(&c->doc, value, err, "may depend on the time t alone; x, y and z stand in \"%s\"",
                              femd_function_text(b->function[0]));
    return FEMD_OK;
}

femd_status case_read_force(const femd_case *c, const cJSON *node, femd_case_boundary *b, femd_error *err) {
    const cJSON *force = femd_json_get(node, "force");
    FEMD_TRY(entry_read_vector(c, force, FEMD_DIM_FORCE, b, err));
    if (b->nsurfaces > 1 || b->npositions > 1)
        return femd_json_fail(&c->doc, force, err,
                              "a force acts on a surface, spread evenly over its area, or at one point");
    for (int k = 0; k < 3; k++)
        if (b->function[k] && femd_function_uses(b->function[k]) & FEMD_FUNCTION_SPACE)
            return femd_json_fail(&c->doc, force, err, "may depend on the time t alone; x, y and z stand in \"%s\"",
                                  femd_function_text(b->function[k]));
    return FEMD_OK;
}

/* What an entry may prescribe. A gradient is a displacement. */
#define LOAD_LINE(name, key, actor, faces, holds) {#key, case_read_##key},
static const struct load_line {
    const char *key;
    femd_status (*read)(const femd_case *, const cJSON *, femd_case_boundary *, femd_error *);
} load_line[] = {FEMD_LOAD_LIST(LOAD_LINE)};
#undef LOAD_LINE

static int entry_has(const cJSON *node, int kind) {
    return femd_json_get(node, load_line[kind].key) ||
           (kind == FEMD_LOAD_DISPLACEMENT && femd_json_get(node, "gradient"));
}

/* Is it an entry of the case's physics? */
static int load_belongs(const femd_case *c, int kind) {
    return femd_case_is_heat((femd_load)kind) ? femd_case_has_heat(c) : femd_case_has_mechanics(c);
}

/* "displacement (with or without gradient), traction, ...": those of the case's physics. */
static void load_list_keys(const femd_case *c, char *text, size_t size) {
    size_t used = 0;
    for (int k = 0; k < FEMD_LOADS && used < size; k++)
        if (load_belongs(c, k))
            used += (size_t)snprintf(text + used, size - used, "%s%s%s", used ? ", " : "", load_line[k].key,
                                     k == FEMD_LOAD_DISPLACEMENT ? " (with or without gradient)" : "");
}

static femd_status entry_read(const femd_case *c, const cJSON *node, femd_case_boundary *b, femd_error *err) {
    const cJSON *table = femd_json_get(node, "table");
    char keys[256];
    int kinds = 0;
    for (int k = 0; k < FEMD_LOADS; k++)
        if (entry_has(node, k)) kinds++, b->kind = (femd_load)k;
    load_list_keys(c, keys, sizeof keys);
    for (int k = 0; k < FEMD_LOADS; k++)
        if (entry_has(node, k) && !load_belongs(c, k))
            return femd_json_fail(&c->doc, node, err, "%s is none of physics \"%s\", which takes: %s", load_line[k].key,
                                  case_physics_name(c), keys);
    if (kinds > 1)
        return femd_json_fail(&c->doc, node, err, "has more than one of: %s; write one entry for each", keys);
    FEMD_TRY(case_read_where(c, node, b, err));
    if (table) FEMD_TRY(case_read_rows(c, table, FEMD_DIM_NONE, &b->ntable, &b->time, &b->factor, err));
    return load_line[b->kind].read(c, node, b, err); /* the schema asks for one */
}

/* Without this the first linear solve would fail with words that say nothing about the case. */
static femd_status case_check_held(const femd_case *c, femd_error *err) {
    const cJSON *node = femd_json_get(c->doc.root, "boundary");
    /* ties hold along axes of their own: the solver looks closely when it has the nodes */
    for (size_t b = 0; b < c->nboundary; b++)
        if (c->boundary[b].kind >= FEMD_LOAD_TURNED && !femd_case_is_heat(c->boundary[b].kind)) return FEMD_OK;
    for (int k = 0; k < 3; k++) {
        int held = 0;
        for (size_t b = 0; b < c->nboundary; b++)
            held |= c->boundary[b].kind == FEMD_LOAD_DISPLACEMENT && c->boundary[b].has[k];
        if (!held)
            return femd_json_fail(&c->doc, node, err,
                                  "no entry prescribes a displacement along %c; the body could move freely", "xyz"[k]);
    }
    return FEMD_OK;
}

femd_status case_read_boundary(femd_case *c, femd_error *err) {
    const cJSON *boundary = femd_json_get(c->doc.root, "boundary");
    size_t n = (size_t)cJSON_GetArraySize(boundary);
    c->boundary = calloc(n + 1, sizeof *c->boundary);
    if (!c->boundary) return femd_fail(err, FEMD_NO_MEMORY, "out of memory for %zu boundary entries", n);
    for (const cJSON *node = boundary->child; node; node = node->next)
        FEMD_TRY(entry_read(c, node, &c->boundary[c->nboundary++], err));
    return femd_case_has_mechanics(c) ? case_check_held(c, err) : FEMD_OK;
}
