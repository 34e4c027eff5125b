/* One orientation, in each of the ways to write it: Q with v_rve = Q v_solver. */
#include "femd/orientation.h"

#include <math.h>
#include <string.h>

#include "femd/kinematics.h"

/* Cosine and sine, exact where a quarter turn makes one of them 0. */
static void orientation_turn(double angle, double *c, double *s) {
    *c = cos(angle);
    *s = sin(angle);
    if (fabs(*c) < 1e-15) *c = 0, *s = *s < 0 ? -1 : 1;
    if (fabs(*s) < 1e-15) *s = 0, *c = *c < 0 ? -1 : 1;
}

/* The crystal turned by angle about axis: Q = R^T with Rodrigues' R = c I + s [n]x + (1 - c) n n^T. */
static femd_status orientation_axis_angle(const femd_json *doc, const cJSON *node, double Q[9], femd_error *err) {
    double n[3], angle, cosine, sine, length;
    FEMD_TRY(femd_json_quantities(doc, node, "axis", FEMD_DIM_NONE, 3, n, err));
    FEMD_TRY(femd_json_quantity(doc, node, "angle", FEMD_DIM_ANGLE, 0, &angle, err));
    length = sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
    if (!(length > 0) || !isfinite(length))
        return femd_json_fail(doc, femd_json_get(node, "axis"), err, "the axis has no direction");
    for (int i = 0; i < 3; i++) n[i] /= length;
    orientation_turn(angle, &cosine, &sine);
    const double cross[9] = {0, -n[2], n[1], n[2], 0, -n[0], -n[1], n[0], 0};
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            Q[3 * j + i] = (i == j ? cosine : 0) + sine * cross[3 * i + j] + (1 - cosine) * n[i] * n[j];
    return FEMD_OK;
}

void femd_orientation_bunge(const double angle[3], double Q[9]) {
    double c1, s1, C, S, c2, s2;
    orientation_turn(angle[0], &c1, &s1);
    orientation_turn(angle[1], &C, &S);
    orientation_turn(angle[2], &c2, &s2);
    const double g[9] = {c1 * c2 - s1 * s2 * C,
                         s1 * c2 + c1 * s2 * C,
                         s2 * S,
                         -c1 * s2 - s1 * c2 * C,
                         -s1 * s2 + c1 * c2 * C,
                         c2 * S,
                         s1 * S,
                         -c1 * S,
                         C};
    memcpy(Q, g, sizeof g);
}

static femd_status orientation_euler(const femd_json *doc, const cJSON *node, double Q[9], femd_error *err) {
    double angle[3];
    FEMD_TRY(femd_json_quantities(doc, node, "euler", FEMD_DIM_ANGLE, 3, angle, err));
    femd_orientation_bunge(angle, Q);
    return FEMD_OK;
}

femd_status femd_orientation_read(const femd_json *doc, const cJSON *node, double Q[9], femd_error *err) {
    femd_error why = FEMD_ERROR_INIT;
    for (int i = 0; i < 9; i++) Q[i] = i % 4 == 0;
    if (!node) return FEMD_OK;
    if (femd_json_get(node, "euler"))
        FEMD_TRY(orientation_euler(doc, node, Q, err));
    else if (cJSON_IsObject(node))
        FEMD_TRY(orientation_axis_angle(doc, node, Q, err));
    else {
        int i = 0;
        for (const cJSON *row = node->child; row; row = row->next)
            for (const cJSON *x = row->child; x; x = x->next) Q[i++] = x->valuedouble;
    }
    if (femd_rotation_check(Q, &why) != FEMD_OK) return femd_json_fail(doc, node, err, "%s", why.text);
    return FEMD_OK;
}

femd_status femd_orientation_of_material(const femd_json *doc, const cJSON *material, double Q[9], femd_error *err) {
    femd_error why = FEMD_ERROR_INIT;
    cJSON *node = (cJSON *)femd_json_get(material, "orientation");
    const femd_json alone = {.root = node, .name = (char *)"orientation"};
    if (node && femd_json_validate(&alone, femd_case_schema, "#/$defs/orientation", &why) != FEMD_OK)
        return femd_json_fail(doc, node, err, "%s", why.text);
    return femd_orientation_read(doc, node, Q, err);
}
