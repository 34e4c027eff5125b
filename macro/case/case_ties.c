/* Entries that tie nodes to each other: displacements along turned axes, rigid surfaces, periodic faces of
 * displacements and of temperatures. */
#include <math.h>
#include <string.h>

#include "case/case_read.h"
#include "femd/orientation.h"

/* Components that are not null. */
static femd_status ties_read_vector(const femd_case *c, const cJSON *vector, femd_dimension dim, int *has,
                                    femd_case_boundary *b, femd_error *err) {
    const cJSON *v = vector ? vector->child : NULL;
    for (int k = 0; v && k < 3; k++, v = v->next) {
        has[k] = !cJSON_IsNull(v);
        if (has[k]) FEMD_TRY(case_read_value(c, v, dim, &b->value[k], &b->function[k], err));
    }
    return FEMD_OK;
}

/* {"axes": rotation, "displacement": [...]}: components along the rows of the rotation matrix. */
femd_status case_read_turned(const femd_case *c, const cJSON *node, femd_case_boundary *b, femd_error *err) {
    const cJSON *turned = femd_json_get(node, "turned"), *along = femd_json_get(turned, "displacement");
    FEMD_TRY(femd_orientation_read(&c->doc, femd_json_get(turned, "axes"), b->axes, err));
    FEMD_TRY(ties_read_vector(c, along, FEMD_DIM_LENGTH, b->has, b, err));
    if (b->has[0] || b->has[1] || b->has[2]) return FEMD_OK;
    return femd_json_fail(&c->doc, along, err, "prescribes no component");
}

/* {"about", "displacement", "rotation"}. */
femd_status case_read_rigid(const femd_case *c, const cJSON *node, femd_case_boundary *b, femd_error *err) {
    const cJSON *rigid = femd_json_get(node, "rigid"), *rotation = femd_json_get(rigid, "rotation");
    int k = 0, prescribed = 0, turned = 0;
    b->has_about = femd_json_get(rigid, "about") != NULL;
    if (b->has_about) FEMD_TRY(femd_json_quantities(&c->doc, rigid, "about", FEMD_DIM_LENGTH, 3, b->about, err));
    FEMD_TRY(ties_read_vector(c, femd_json_get(rigid, "displacement"), FEMD_DIM_LENGTH, b->has, b, err));
    for (const cJSON *v = rotation ? rotation->child : NULL; v; v = v->next, k++) {
        b->has_rotation[k] = !cJSON_IsNull(v);
        if (!b->has_rotation[k]) continue;
        FEMD_TRY(femd_json_node_quantity(&c->doc, v, FEMD_DIM_ANGLE, &b->rotation[k], err));
        prescribed++;
        turned |= b->rotation[k] != 0;
    }
    if (prescribed == 0 || prescribed == 3 || (prescribed == 2 && !turned)) return FEMD_OK;
    return femd_json_fail(&c->doc, rotation, err,
                          "is all null (free), three angles, or two zeros beside a null (a hinge about that axis)");
}

/* The surface opposite. */
static femd_status ties_read_partner(const femd_case *c, const cJSON *periodic, femd_case_boundary *b,
                                     femd_error *err) {
    femd_case_boundary other = {.npositions = 0};
    if (b->nsurfaces > 0 || b->npositions > 0)
        return femd_json_fail(&c->doc, periodic, err, "needs one surface, and one in \"with\"");
    FEMD_TRY(case_read_name(c, femd_json_get(periodic, "with"), &other, err));
    memcpy(b->partner, other.on, sizeof b->partner);
    return FEMD_OK;
}

/* {"with": surface, "gradient": 3 x 3, null where it is free}. */
femd_status case_read_periodic(const femd_case *c, const cJSON *node, femd_case_boundary *b, femd_error *err) {
    const cJSON *periodic = femd_json_get(node, "periodic");
    int k = 0;
    FEMD_TRY(ties_read_partner(c, periodic, b, err));
    for (const cJSON *row = femd_json_get(periodic, "gradient") ? femd_json_get(periodic, "gradient")->child : NULL;
         row; row = row->next)
        for (const cJSON *g = row->child; g; g = g->next, k++) {
            b->loose[k] = cJSON_IsNull(g);
            b->gradient[k] = b->loose[k] ? 0 : g->valuedouble;
        }
    return FEMD_OK;
}

/* {"with": surface, "rise": K, null where it is free}: a difference, so without a unit, that degrees could be. */
femd_status case_read_periodic_temperature(const femd_case *c, const cJSON *node, femd_case_boundary *b,
                                           femd_error *err) {
    const cJSON *periodic = femd_json_get(node, "periodic_temperature"), *rise = femd_json_get(periodic, "rise"),
                *table = femd_json_get(node, "table");
    FEMD_TRY(ties_read_partner(c, periodic, b, err));
    b->has[0] = !cJSON_IsNull(rise);
    if (!b->has[0] && table) return femd_json_fail(&c->doc, table, err, "does not go with a rise that is null (free)");
    if (!b->has[0]) return FEMD_OK;
    FEMD_TRY(case_read_value(c, rise, FEMD_DIM_NONE, &b->value[0], &b->function[0], err));
    if (b->function[0] && femd_function_uses(b->function[0]) & FEMD_FUNCTION_SPACE)
        return femd_json_fail(&c->doc, rise, err, "may depend on the time t alone; x, y and z stand in \"%s\"",
                              femd_function_text(b->function[0]));
    return FEMD_OK;
}
