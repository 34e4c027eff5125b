/* What the perfect crystal answers where the boundary condition leaves bonds missing. Owns two more instances for the
 * time of the question; never changes an answer. */
#include <stdio.h>

#include "rve/native.h"

static const char *const perfect_defects[] = {"vacancies", "voids", "displace"};
enum { DEFECTS = sizeof perfect_defects / sizeof *perfect_defects };

static int perfect_already(const cJSON *structure) {
    for (int k = 0; k < DEFECTS; k++)
        if (femd_json_get(structure, perfect_defects[k])) return 0;
    return 1;
}

/* Cubic means of the tangent at E = 0, GPa. */
typedef struct moduli {
    double D11, D12, D44;
} moduli;

static femd_status perfect_moduli(femd_native *native, moduli *out, femd_error *err) {
    double D[36];
    femd_path *path = &native->path;
    FEMD_TRY(femd_condense_tangent(path->relaxer, path->rve, &path->place, NULL, path->work, D, NULL, NULL, err));
    *out = (moduli){(D[0] + D[7] + D[14]) / 3e9, (D[1] + D[2] + D[8]) / 3e9, (D[21] + D[28] + D[35]) / 3e9};
    return FEMD_OK;
}

/* The material without its vacancies and voids, under a boundary condition. */
static femd_status perfect_of(const femd_json *doc, const femd_pack *pack, const char *condition, moduli *out,
                              femd_error *err) {
    femd_json twin = {cJSON_Duplicate(doc->root, 1), doc->name};
    cJSON *structure = cJSON_GetObjectItemCaseSensitive(twin.root, "structure");
    femd_native *native = NULL;
    if (!structure) {
        cJSON_Delete(twin.root);
        return femd_fail(err, FEMD_NO_MEMORY, "a perfect crystal: out of memory");
    }
    for (int k = 0; k < DEFECTS; k++) cJSON_DeleteItemFromObjectCaseSensitive(structure, perfect_defects[k]);
    cJSON_DeleteItemFromObjectCaseSensitive(twin.root, "boundary_condition");
    cJSON_AddStringToObject(twin.root, "boundary_condition", condition);
    femd_status rc = femd_native_create(&twin, pack, FEMD_NATIVE_RELAXED, &native, err);
    if (rc == FEMD_OK) rc = perfect_moduli(native, out, err);
    femd_native_destroy(&native);
    cJSON_Delete(twin.root);
    return rc;
}

femd_status femd_native_tell_perfect(const femd_json *doc, const femd_pack *pack, femd_native *native,
                                     femd_error *err) {
    moduli here, endless;
    char words[600];
    femd_error why = FEMD_ERROR_INIT;
    if (!femd_boundary_is_cluster(native->rve.boundary)) return FEMD_OK;
    const cJSON *structure = femd_json_get(doc->root, "structure");
    if (femd_json_get(structure, "file")) {
        femd_native_remark(native, "of a structure from a file no perfect crystal is known, whose answer as a cluster "
                                   "would say how much is missing at the faces");
        return FEMD_OK;
    }
    femd_status rc = perfect_already(structure)
                         ? perfect_moduli(native, &here, &why)
                         : perfect_of(doc, pack, femd_boundary_name(native->rve.boundary), &here, &why);
    if (rc == FEMD_OK) rc = perfect_of(doc, pack, "periodic", &endless, &why);
    if (rc == FEMD_NO_MEMORY) {
        if (err) *err = why;
        return rc;
    }
    if (rc == FEMD_OK)
        snprintf(words, sizeof words,
                 "without vacancies and voids the crystal has D11, D12, D44 (means over the axes, E = 0) of %.2f, "
                 "%.2f, %.2f GPa as this "
                 "cluster and of %.2f, %.2f, %.2f GPa periodically: the difference is its surface",
                 here.D11, here.D12, here.D44, endless.D11, endless.D12, endless.D44);
    else
        snprintf(words, sizeof words,
                 "without vacancies and voids the crystal does not answer beside this cluster: %.400s", why.text);
    femd_native_remark(native, words);
    return FEMD_OK;
}
