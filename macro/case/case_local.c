/* output.local: the points whose RVEs are looked into. */
#include <stdlib.h>
#include <string.h>

#include "case/case_read.h"

enum { LOCAL_CELLS_MAX = 262144 }; /* FEMD_LOCAL_CELLS_MAX of micro/local */

static femd_status local_check_grid(const femd_case *c, const cJSON *grid, femd_error *err) {
    double cells = 1;
    const cJSON *n;
    cJSON_ArrayForEach(n, grid) cells *= n->valuedouble;
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
    if (spacing) {
        double m;
        FEMD_TRY(femd_json_node_quantity(&c->doc, spacing, FEMD_DIM_LENGTH, &m, err));
    }
    return local_check_grid(c, femd_json_get(local, "grid"), err);
}
