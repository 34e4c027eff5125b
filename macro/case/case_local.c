/* output.local: the points whose RVEs are looked into. */
#include <stdlib.h>
#include <string.h>

#include "case/case_read.h"

enum { LOCAL_CELLS_MAX = 262144 }; /* FEMD_LOCAL_CELLS_MAX of micro/local */

static femd_status local_read_grid(femd_case *c, const cJSON *grid, femd_error *err) {
    double cells = 1;
    for (int k = 0; grid && k < 3; k++) {
        c->local_grid[k] = cJSON_GetArrayItem(grid, k)->valueint;
        cells *= c->local_grid[k];
    }
    if (cells <= LOCAL_CELLS_MAX) return FEMD_OK;
    return femd_json_fail(&c->doc, grid, err, "%.0f cells, at most %d in all", cells, LOCAL_CELLS_MAX);
}

femd_status case_read_local(femd_case *c, const cJSON *local, femd_error *err) {
    const cJSON *points = femd_json_get(local, "points"), *point, *spacing = femd_json_get(local, "spacing");
    if (!local) return FEMD_OK;
    c->local = calloc((size_t)cJSON_GetArraySize(points) + 1, sizeof *c->local);
    if (!c->local) return femd_fail(err, FEMD_NO_MEMORY, "out of memory for output.local");
    cJSON_ArrayForEach(point, points) {
        uint64_t id;
        FEMD_TRY(femd_json_node_u64(&c->doc, point, &id, err));
        for (size_t k = 0; k < c->nlocal; k++)
            if (c->local[k] == id)
                return femd_json_fail(&c->doc, point, err, "the point %llu is named twice", (unsigned long long)id);
        c->local[c->nlocal++] = id;
    }
    if (spacing && femd_json_get(local, "grid"))
        return femd_json_fail(&c->doc, spacing, err, "give a grid or a spacing, not both");
    if (spacing) FEMD_TRY(femd_json_node_quantity(&c->doc, spacing, FEMD_DIM_LENGTH, &c->local_spacing, err));
    c->local_samples = (int)femd_json_number(local, "samples", 1);
    return local_read_grid(c, femd_json_get(local, "grid"), err);
}

femd_status femd_case_check_local(const femd_case *c, size_t material, const femd_capabilities *caps, femd_error *err) {
    const char *name = c->material[material].name;
    if (caps->atoms == 0 || caps->engine == FEMD_ENGINE_USER)
        return femd_fail(err, FEMD_BAD_INPUT,
                         "%s: output.local.points: materials.%s: its engine has no atoms that femd could look at",
                         c->path, name);
    if (!(caps->inputs & FEMD_INPUT_STATE) || !femd_case_has_mechanics(c))
        return femd_fail(err, FEMD_BAD_INPUT,
                         "%s: output.local.points: materials.%s: its points keep no states, of which fields are made",
                         c->path, name);
    if (c->local_samples > 1 && !femd_case_samples(c, material, caps, "stress"))
        return femd_fail(err, FEMD_BAD_INPUT,
                         "%s: output.local.samples: %d, but the atoms of materials.%s are at rest, and have one "
                         "configuration; several are of what the method md samples",
                         c->path, c->local_samples, name);
    return FEMD_OK;
}
