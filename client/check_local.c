/* See check_local.h. */
#include "check_local.h"

#include <stdlib.h>
#include <string.h>

#include "check_mesh.h"
#include "local/local_fields.h"
#include "watchdog.h"

/* What a run has kept of a point is looked at in the end, when it is late to say that it cannot be. */
static femd_status local_try(const femd_case *c, size_t material, const model *m, femd_error *err) {
    static const double none[6] = {0};
    const femd_bytes virgin = {NULL, 0};
    const femd_beat beat = {NULL, watchdog_on_beat};
    const cJSON *local = femd_json_get(femd_json_get(c->doc.root, "output"), "local");
    femd_local_ask ask = {.spacing = c->local_spacing > 0 ? c->local_spacing * 1e10 : FEMD_LOCAL_SPACING,
                          .kernel = strcmp(femd_json_string(local, "kernel", "box"), "hardy") == 0 ? FEMD_LOCAL_HARDY
                                                                                                   : FEMD_LOCAL_BOX,
                          .samples = 1,
                          .E = none};
    femd_local_fields fields = {0};
    FEMD_TRY(femd_case_check_local(c, material, femd_material_capabilities(m->material), err));
    memcpy(ask.grid, c->local_grid, sizeof ask.grid);
    const femd_status rc = femd_material_fields(m->material, &virgin, &ask, &beat, &fields, err);
    femd_local_fields_clear(&fields);
    return rc == FEMD_OK ? rc : femd_error_prefix(err, "%s: output.local: materials.%s", c->path, m->name);
}

femd_status check_local(const femd_case *c, const femd_mesh *mesh, const model *models, femd_error *err) {
    const uint64_t per_cell = (uint64_t)c->element->points, points = per_cell * (uint64_t)mesh->ncells;
    if (!c->nlocal) return FEMD_OK;
    int *material = malloc(((size_t)mesh->ncells + 1) * sizeof *material);
    char *tried = calloc(c->nmaterials + 1, 1);
    femd_status rc = material && tried ? femd_mesh_materials(c, mesh, material, err)
                                       : femd_fail(err, FEMD_NO_MEMORY, "no memory for the mesh");
    for (size_t k = 0; rc == FEMD_OK && k < c->nlocal; k++) {
        if (c->local[k] >= points) continue;
        const size_t of = (size_t)material[c->local[k] / per_cell], like = c->material[of].like;
        if (!tried[like]) rc = local_try(c, of, &models[like], err);
        tried[like] = 1;
    }
    free(material);
    free(tried);
    return rc;
}

femd_status check_local_alone(const femd_case *c, const model *models, femd_error *err) {
    femd_error ignored = FEMD_ERROR_INIT;
    femd_mesh mesh = {0};
    if (!c->nlocal) return FEMD_OK;
    watchdog_rest(1);
    femd_status rc = check_mesh_read(c, &mesh, &ignored);
    watchdog_rest(0);
    rc = rc == FEMD_OK ? check_local(c, &mesh, models, err) : FEMD_OK;
    femd_mesh_clear(&mesh);
    return rc;
}
