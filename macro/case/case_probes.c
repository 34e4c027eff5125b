/* output.probes: places whose displacement and stress go into history.csv. A line is that many points. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "case/case_read.h"

static femd_status probes_add(femd_case *c, const cJSON *node, const char *name, const char *on, const double *at,
                              femd_error *err) {
    femd_case_probe *grown = realloc(c->probe, (c->nprobes + 1) * sizeof *grown);
    if (!grown) return femd_fail(err, FEMD_NO_MEMORY, "out of memory for the probes");
    c->probe = grown;
    for (size_t k = 0; k < c->nprobes; k++)
        if (strcmp(c->probe[k].name, name) == 0)
            return femd_json_fail(&c->doc, node, err, "there is a probe \"%s\" already", name);
    femd_case_probe *probe = &c->probe[c->nprobes++];
    *probe = (femd_case_probe){.at = {at ? at[0] : 0, at ? at[1] : 0, at ? at[2] : 0}};
    snprintf(probe->name, sizeof probe->name, "%s", name);
    snprintf(probe->on, sizeof probe->on, "%s", on ? on : "");
    return FEMD_OK;
}

static femd_status probes_add_line(femd_case *c, const cJSON *node, const char *name, femd_error *err) {
    const int points = (int)femd_json_number(node, "points", 11);
    double from[3], to[3];
    FEMD_TRY(femd_json_quantities(&c->doc, node, "from", FEMD_DIM_LENGTH, 3, from, err));
    FEMD_TRY(femd_json_quantities(&c->doc, node, "to", FEMD_DIM_LENGTH, 3, to, err));
    for (int k = 0; k < points; k++) {
        char numbered[FEMD_NAME_MAX + 8];
        double at[3];
        snprintf(numbered, sizeof numbered, "%.60s.%d", name, k + 1);
        for (int a = 0; a < 3; a++) at[a] = from[a] + (to[a] - from[a]) * k / (points - 1);
        FEMD_TRY(probes_add(c, node, numbered, NULL, at, err));
    }
    return FEMD_OK;
}

femd_status case_read_probes(femd_case *c, const cJSON *probes, femd_error *err) {
    for (const cJSON *node = probes ? probes->child : NULL; node; node = node->next) {
        const char *name = femd_json_string(node, "name", ""), *surface = femd_json_string(node, "surface", NULL);
        double at[3];
        if (surface)
            FEMD_TRY(probes_add(c, node, name, surface, NULL, err));
        else if (femd_json_get(node, "from"))
            FEMD_TRY(probes_add_line(c, node, name, err));
        else {
            FEMD_TRY(femd_json_quantities(&c->doc, node, "at", FEMD_DIM_LENGTH, 3, at, err));
            FEMD_TRY(probes_add(c, node, name, NULL, at, err));
        }
    }
    return FEMD_OK;
}
