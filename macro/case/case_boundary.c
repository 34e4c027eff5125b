/* The "boundary" of a case: prescribed displacements, tractions and pressures with their amplitudes. Owns the meaning
 * of one entry; never which nodes or faces it hits (the mesh is not known here). */
#include <stdlib.h>
#include <string.h>

#include "case/case_read.h"

static const char *const box_faces[6] = {"left", "right", "front", "back", "bottom", "top"};

static femd_status entry_check_face(const femd_case *c, const cJSON *on, femd_error *err) {
    if (c->mesh.file) return FEMD_OK;
    for (int k = 0; k < 6; k++)
        if (strcmp(on->valuestring, box_faces[k]) == 0) return FEMD_OK;
    return femd_json_fail(&c->doc, on, err, "unknown value \"%s\"; accepted: left, right, front, back, bottom, top",
                          on->valuestring);
}

/* u = G X + value on the components that are not null; a gradient alone prescribes all three. */
static femd_status entry_read_displacement(const femd_case *c, const cJSON *node, femd_case_boundary *b,
                                           femd_error *err) {
    const cJSON *value = femd_json_get(node, "displacement"), *gradient = femd_json_get(node, "gradient");
    int k = 0;
    for (const cJSON *row = gradient ? gradient->child : NULL; row; row = row->next)
        for (const cJSON *g = row->child; g; g = g->next) b->gradient[k++] = g->valuedouble;
    b->has_gradient = gradient != NULL;
    const cJSON *v = value ? value->child : NULL;
    for (k = 0; k < 3; k++, v = v ? v->next : NULL) {
        b->has[k] = value ? !cJSON_IsNull(v) : 1;
        if (value && b->has[k]) FEMD_TRY(femd_json_node_quantity(&c->doc, v, FEMD_DIM_LENGTH, &b->value[k], err));
    }
    if (b->has[0] || b->has[1] || b->has[2]) return FEMD_OK;
    return femd_json_fail(&c->doc, value, err, "prescribes no component");
}

static femd_status entry_read_table(const femd_case *c, const cJSON *table, femd_case_boundary *b, femd_error *err) {
    if (!table) return FEMD_OK;
    size_t n = (size_t)cJSON_GetArraySize(table);
    b->time = calloc(n, sizeof *b->time);
    b->factor = calloc(n, sizeof *b->factor);
    if (!b->time || !b->factor) return femd_fail(err, FEMD_NO_MEMORY, "out of memory for a table of %zu rows", n);
    for (const cJSON *row = table->child; row; row = row->next) {
        size_t k = b->ntable++;
        b->time[k] = row->child->valuedouble;
        b->factor[k] = row->child->next->valuedouble;
        if (k > 0 && !(b->time[k] > b->time[k - 1]))
            return femd_json_fail(&c->doc, row->child, err, "times must increase");
    }
    return FEMD_OK;
}

static femd_status entry_read(const femd_case *c, const cJSON *node, femd_case_boundary *b, femd_error *err) {
    const cJSON *on = femd_json_get(node, "on");
    int moved = femd_json_get(node, "displacement") || femd_json_get(node, "gradient");
    int pulled = femd_json_get(node, "traction") != NULL, pressed = femd_json_get(node, "pressure") != NULL;
    if (moved + pulled + pressed > 1)
        return femd_json_fail(&c->doc, node, err,
                              "has more than one of: displacement (with or without gradient), traction, pressure; "
                              "write one entry for each");
    FEMD_TRY(entry_check_face(c, on, err));
    memcpy(b->on, on->valuestring, strlen(on->valuestring) + 1); /* the schema bounds it */
    FEMD_TRY(entry_read_table(c, femd_json_get(node, "table"), b, err));
    if (pulled) {
        b->kind = FEMD_LOAD_TRACTION;
        return femd_json_quantities(&c->doc, node, "traction", FEMD_DIM_PRESSURE, 3, b->value, err);
    }
    if (pressed) {
        b->kind = FEMD_LOAD_PRESSURE;
        return femd_json_quantity(&c->doc, node, "pressure", FEMD_DIM_PRESSURE, 0, &b->value[0], err);
    }
    b->kind = FEMD_LOAD_DISPLACEMENT;
    return entry_read_displacement(c, node, b, err);
}

/* Without this the first linear solve would fail with words that say nothing about the case. */
static femd_status case_check_held(const femd_case *c, femd_error *err) {
    const cJSON *node = femd_json_get(c->doc.root, "boundary");
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
    return case_check_held(c, err);
}
