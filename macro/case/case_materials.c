/* The "materials" of a case: region, orientation, text of the material alone. Owns what a material means to the mesh;
 * never what an engine makes of it (the micro side reads structure and potential). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "case/case_read.h"
#include "femd/kinematics.h"
#include "femd/material_files.h"

/* ---- orientation: Q with v_rve = Q v_solver ---- */

/* Cosine and sine, exact where a quarter turn makes one of them 0. */
static void orientation_turn(double angle, double *c, double *s) {
    *c = cos(angle);
    *s = sin(angle);
    if (fabs(*c) < 1e-15) *c = 0, *s = *s < 0 ? -1 : 1;
    if (fabs(*s) < 1e-15) *s = 0, *c = *c < 0 ? -1 : 1;
}

/* The crystal turned by angle about axis: Q = R^T with Rodrigues' R = c I + s [n]x + (1 - c) n n^T. */
static femd_status orientation_axis_angle(const femd_case *c, const cJSON *node, double Q[9], femd_error *err) {
    double n[3], angle, cosine, sine, length;
    FEMD_TRY(femd_json_quantities(&c->doc, node, "axis", FEMD_DIM_NONE, 3, n, err));
    FEMD_TRY(femd_json_quantity(&c->doc, node, "angle", FEMD_DIM_ANGLE, 0, &angle, err));
    length = sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
    if (!(length > 0) || !isfinite(length))
        return femd_json_fail(&c->doc, femd_json_get(node, "axis"), err, "the axis has no direction");
    for (int i = 0; i < 3; i++) n[i] /= length;
    orientation_turn(angle, &cosine, &sine);
    const double cross[9] = {0, -n[2], n[1], n[2], 0, -n[0], -n[1], n[0], 0};
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            Q[3 * j + i] = (i == j ? cosine : 0) + sine * cross[3 * i + j] + (1 - cosine) * n[i] * n[j];
    return FEMD_OK;
}

/* Bunge's g(phi1, Phi, phi2), which takes sample components to crystal components (Bunge 1982, eq. 2.50). */
static femd_status orientation_euler(const femd_case *c, const cJSON *node, double Q[9], femd_error *err) {
    double a[3], c1, s1, C, S, c2, s2;
    FEMD_TRY(femd_json_quantities(&c->doc, node, "euler", FEMD_DIM_ANGLE, 3, a, err));
    orientation_turn(a[0], &c1, &s1);
    orientation_turn(a[1], &C, &S);
    orientation_turn(a[2], &c2, &s2);
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
    return FEMD_OK;
}

static femd_status orientation_read(const femd_case *c, const cJSON *node, double Q[9], femd_error *err) {
    femd_error why = FEMD_ERROR_INIT;
    for (int i = 0; i < 9; i++) Q[i] = i % 4 == 0;
    if (!node) return FEMD_OK;
    if (femd_json_get(node, "euler"))
        FEMD_TRY(orientation_euler(c, node, Q, err));
    else if (cJSON_IsObject(node))
        FEMD_TRY(orientation_axis_angle(c, node, Q, err));
    else {
        int i = 0;
        for (const cJSON *row = node->child; row; row = row->next)
            for (const cJSON *x = row->child; x; x = x->next) Q[i++] = x->valuedouble;
    }
    if (femd_rotation_check(Q, &why) != FEMD_OK) return femd_json_fail(&c->doc, node, err, "%s", why.text);
    return FEMD_OK;
}

/* ---- materials ---- */

static femd_status material_check_file(const femd_case *c, const cJSON *file, femd_error *err) {
    char *path = NULL;
    if (!file) return FEMD_OK;
    FEMD_TRY(femd_material_find(&c->doc, file, c->folder, &path, err));
    free(path);
    return FEMD_OK;
}

/* The data files must be there before anything starts. */
static femd_status material_check_files(const femd_case *c, const cJSON *material, femd_error *err) {
    const cJSON *potential = femd_json_get(material, "potential"), *files = femd_json_get(potential, "files");
    FEMD_TRY(material_check_file(c, femd_json_get(femd_json_get(material, "structure"), "file"), err));
    FEMD_TRY(material_check_file(c, femd_json_get(potential, "file"), err));
    for (const cJSON *file = files ? files->child : NULL; file; file = file->next)
        FEMD_TRY(material_check_file(c, file, err));
    return FEMD_OK;
}

static femd_status material_text(const cJSON *node, char **json, femd_error *err) {
    cJSON *bare = cJSON_Duplicate(node, 1);
    cJSON_DeleteItemFromObjectCaseSensitive(bare, "region");
    cJSON_DeleteItemFromObjectCaseSensitive(bare, "orientation");
    *json = bare ? femd_json_canonical(bare) : NULL;
    cJSON_Delete(bare);
    return *json ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "out of memory for a material");
}

static femd_status material_read(femd_case *c, const cJSON *node, femd_case_material *m, femd_error *err) {
    const char *region = femd_json_string(node, "region", "all");
    size_t n = strlen(node->string);
    if (n == 0 || n >= sizeof m->name)
        return femd_json_fail(&c->doc, node, err, "the name of a material needs 1 to %d characters", FEMD_NAME_MAX - 1);
    if (!c->mesh.file && strcmp(region, "all") != 0)
        return femd_json_fail(&c->doc, femd_json_get(node, "region"), err,
                              "unknown value \"%s\"; accepted for a box: all", region);
    for (const femd_case_material *other = c->material; other < m; other++)
        if (strcmp(other->region, region) == 0)
            return femd_json_fail(&c->doc, node, err, "region \"%s\" has the material \"%s\" already", region,
                                  other->name);
    memcpy(m->name, node->string, n + 1);
    memcpy(m->region, region, strlen(region) + 1); /* the schema bounds it */
    m->node = node;
    FEMD_TRY(orientation_read(c, femd_json_get(node, "orientation"), m->orientation, err));
    FEMD_TRY(material_check_files(c, node, err));
    return material_text(node, &m->json, err);
}

femd_status case_read_materials(femd_case *c, femd_error *err) {
    const cJSON *materials = femd_json_get(c->doc.root, "materials");
    int n = cJSON_GetArraySize(materials);
    if (n == 0) return femd_json_fail(&c->doc, materials, err, "names no material");
    c->material = calloc((size_t)n, sizeof *c->material);
    if (!c->material) return femd_fail(err, FEMD_NO_MEMORY, "out of memory for %d materials", n);
    for (const cJSON *node = materials->child; node; node = node->next) {
        FEMD_TRY(material_read(c, node, &c->material[c->nmaterials], err));
        c->nmaterials++;
    }
    return FEMD_OK;
}
