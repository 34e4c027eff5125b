/* The "materials" of a case: region, orientation, text of the material alone. Owns what a material means to the mesh;
 * never what an engine makes of it (the micro side reads structure and potential). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "case/case_read.h"
#include "femd/material_files.h"
#include "femd/orientation.h"

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
    cJSON_DeleteItemFromObjectCaseSensitive(bare, "orientations");
    cJSON_DeleteItemFromObjectCaseSensitive(bare, "thermal");
    *json = bare ? femd_json_canonical(bare) : NULL;
    cJSON_Delete(bare);
    return *json ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "out of memory for a material");
}

/* Everything but its place in the mesh: name, files, text, and whether an entry before has the same. */
static femd_status material_read(femd_case *c, const cJSON *node, femd_case_material *m, femd_error *err) {
    size_t n = strlen(node->string);
    if (n == 0 || n >= sizeof m->name)
        return femd_json_fail(&c->doc, node, err, "the name of a material needs 1 to %d characters", FEMD_NAME_MAX - 1);
    *m = (femd_case_material){.node = node, .like = c->nmaterials};
    memcpy(m->name, node->string, n + 1);
    FEMD_TRY(material_check_files(c, node, err));
    FEMD_TRY(case_read_thermal(c, node, m, err));
    FEMD_TRY(material_text(node, &m->json, err));
    for (size_t k = 0; k < m->like; k++)
        if (c->material[k].like == k && strcmp(c->material[k].json, m->json) == 0) m->like = k;
    return FEMD_OK;
}

/* Each region has one material. Rows of tables of cells are compared with the mesh, where cells are known. */
static femd_status material_check_regions(const femd_case *c, size_t first, femd_error *err) {
    char line[FEMD_ORIENTATION_LINE];
    for (size_t i = first; i < c->nmaterials; i++) {
        const femd_case_material *m = &c->material[i];
        if (m->by_cell) continue;
        if (!c->mesh.file && strcmp(m->region, "all") != 0)
            return femd_json_fail(
                &c->doc, femd_json_get(m->node, femd_json_get(m->node, "region") ? "region" : "orientations"), err,
                "unknown value \"%s\"; accepted for a box: all%s", m->region, femd_case_orientation_line(m, line));
        for (size_t k = 0; k < i; k++)
            if (!c->material[k].by_cell && strcmp(c->material[k].region, m->region) == 0)
                return femd_json_fail(&c->doc, m->node, err, "region \"%s\"%s has the material \"%s\" already",
                                      m->region, femd_case_orientation_line(m, line), c->material[k].name);
    }
    return FEMD_OK;
}

/* The entries of one material of the document. */
static femd_status material_add(femd_case *c, size_t *room, const cJSON *node, femd_error *err) {
    const cJSON *table = femd_json_get(node, "orientations");
    const size_t first = c->nmaterials;
    femd_case_material base;
    FEMD_TRY(material_read(c, node, &base, err));
    c->material[first] = base;
    c->nmaterials++; /* so that its text is freed, whatever comes */
    if (!table) {
        snprintf(c->material[first].region, sizeof base.region, "%s", femd_json_string(node, "region", "all"));
        FEMD_TRY(
            femd_orientation_read(&c->doc, femd_json_get(node, "orientation"), c->material[first].orientation, err));
        return material_check_regions(c, first, err);
    }
    for (int k = 0; k < 2; k++) {
        const cJSON *other = femd_json_get(node, k ? "orientation" : "region");
        if (other)
            return femd_json_fail(&c->doc, other, err, "does not go with \"orientations\", which say it of each grain");
    }
    FEMD_TRY(case_read_orientations(c, room, &base, table, err));
    /* the first row takes the place of the material itself, and its text */
    c->material[first] = c->material[first + 1];
    c->material[first].shares_json = 0;
    memmove(c->material + first + 1, c->material + first + 2, (c->nmaterials - first - 2) * sizeof *c->material);
    c->nmaterials--;
    return material_check_regions(c, first, err);
}

femd_status case_read_materials(femd_case *c, femd_error *err) {
    const cJSON *materials = femd_json_get(c->doc.root, "materials");
    const int n = cJSON_GetArraySize(materials);
    size_t room = (size_t)n + 1;
    if (n == 0) return femd_json_fail(&c->doc, materials, err, "names no material");
    c->material = calloc(room, sizeof *c->material);
    if (!c->material) return femd_fail(err, FEMD_NO_MEMORY, "out of memory for %d materials", n);
    for (const cJSON *node = materials->child; node; node = node->next) {
        if (c->nmaterials == room) {
            femd_case_material *grown = realloc(c->material, (room + 16) * sizeof *grown);
            if (!grown) return femd_fail(err, FEMD_NO_MEMORY, "out of memory for %d materials", n);
            c->material = grown;
            room += 16;
        }
        FEMD_TRY(material_add(c, &room, node, err));
    }
    return FEMD_OK;
}

femd_status femd_case_check_stiffness(const femd_case *c, const char *material, const double D[36], femd_error *err) {
    const double least = 1e-100, greatest = 1e100;
    double most = 0;
    for (int i = 0; i < 36; i++) most = fmax(most, fabs(D[i]));
    if (most == 0 || (most >= least && most <= greatest)) return FEMD_OK;
    return femd_fail(err, FEMD_BAD_INPUT,
                     "%s: materials.%s: its stiffness is %g Pa; forces can be computed with from %g to %g Pa: look at "
                     "the units",
                     c->path, material, most, least, greatest);
}
