/* Where an entry of the boundary acts. Owns the place, never what is prescribed there; which nodes it hits is the
 * mesh's affair. */
#include <stdio.h>
#include <string.h>

#include "case/case_read.h"

#define LOAD_FACES(name, key, actor, faces, holds) faces,
static const int needs_faces[] = {FEMD_LOAD_LIST(LOAD_FACES)};
#undef LOAD_FACES
#define LOAD_HOLDS(name, key, actor, faces, holds) holds,
static const int load_holds[] = {FEMD_LOAD_LIST(LOAD_HOLDS)};
#undef LOAD_HOLDS

int femd_case_holds(const femd_case_boundary *b) {
    return load_holds[b->kind];
}

int femd_case_is_heat(femd_load kind) {
    return kind >= FEMD_LOAD_TEMPERATURE;
}

int femd_case_needs_faces(femd_load kind) {
    return needs_faces[kind];
}

const char *femd_case_surface(const femd_case_boundary *b, int k) {
    if (b->npositions > 0) return NULL;
    if (b->nsurfaces > 0) return k < b->nsurfaces ? b->surface[k] : NULL;
    return k == 0 ? b->on : NULL;
}

const char *femd_case_group(const femd_case_boundary *b, int k) {
    const char *name = femd_case_surface(b, k);
    if (name || b->partner[0] == '\0') return name;
    return k == 0 || femd_case_surface(b, k - 1) ? b->partner : NULL;
}

static const char *const box_faces[6] = {"left", "right", "front", "back", "bottom", "top"};

static femd_status where_check_face(const femd_case *c, const cJSON *on, femd_error *err) {
    if (c->mesh.file) return FEMD_OK;
    for (int k = 0; k < 6; k++)
        if (strcmp(on->valuestring, box_faces[k]) == 0) return FEMD_OK;
    return femd_json_fail(&c->doc, on, err, "unknown value \"%s\"; accepted: left, right, front, back, bottom, top",
                          on->valuestring);
}

/* "left&bottom". */
static femd_status where_read_names(const femd_case *c, const cJSON *on, femd_case_boundary *b, femd_error *err) {
    size_t used = 0;
    if (cJSON_IsString(on)) {
        memcpy(b->on, on->valuestring, strlen(on->valuestring) + 1); /* the schema bounds it */
        return where_check_face(c, on, err);
    }
    for (const cJSON *name = on->child; name; name = name->next) {
        FEMD_TRY(where_check_face(c, name, err));
        memcpy(b->surface[b->nsurfaces++], name->valuestring, strlen(name->valuestring) + 1);
        if (used < sizeof b->on)
            used += (size_t)snprintf(b->on + used, sizeof b->on - used, "%s%s", used ? "&" : "", name->valuestring);
    }
    return FEMD_OK;
}

femd_status case_read_name(const femd_case *c, const cJSON *name, femd_case_boundary *b, femd_error *err) {
    return where_read_names(c, name, b, err);
}

/* "at(0;0;1e-09)". */
static femd_status where_read_positions(const femd_case *c, const cJSON *at, femd_case_boundary *b, femd_error *err) {
    const int several = cJSON_IsArray(at->child);
    size_t used = (size_t)snprintf(b->on, sizeof b->on, "at");
    if (several && cJSON_GetArraySize(at) != FEMD_WHERE_POSITIONS)
        return femd_json_fail(&c->doc, at, err, "is one position, or two for the line between them");
    for (const cJSON *one = several ? at->child : at; one; one = several ? one->next : NULL) {
        double *x = b->position[b->npositions++];
        const cJSON *v = one->child;
        if (cJSON_GetArraySize(one) != 3) return femd_json_fail(&c->doc, one, err, "a position has three coordinates");
        for (int k = 0; k < 3; k++, v = v->next)
            FEMD_TRY(femd_json_node_quantity(&c->doc, v, FEMD_DIM_LENGTH, &x[k], err));
        if (used < sizeof b->on)
            used += (size_t)snprintf(b->on + used, sizeof b->on - used, "(%g;%g;%g)", x[0], x[1], x[2]);
    }
    if (b->npositions == 2 && memcmp(b->position[0], b->position[1], sizeof b->position[0]) == 0)
        return femd_json_fail(&c->doc, at, err, "the ends of the line are one point");
    return FEMD_OK;
}

femd_status case_read_where(const femd_case *c, const cJSON *node, femd_case_boundary *b, femd_error *err) {
    const cJSON *on = femd_json_get(node, "on"), *at = femd_json_get(node, "at");
    if (on && at) return femd_json_fail(&c->doc, node, err, "has both \"on\" and \"at\"; an entry has one place");
    if (!on && !at) return femd_json_fail(&c->doc, node, err, "missing key; needs \"on\" or \"at\"");
    FEMD_TRY(on ? where_read_names(c, on, b, err) : where_read_positions(c, at, b, err));
    if ((b->nsurfaces < 2 && b->npositions == 0) || !femd_case_needs_faces(b->kind)) return FEMD_OK;
    return femd_json_fail(&c->doc, on ? on : at, err,
                          "a load per area needs a surface, not a point or an edge; a force may act at a point");
}
