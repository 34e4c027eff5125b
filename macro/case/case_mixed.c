/* Element.formulation "u-p": what goes with it. Reads one key; refuses, with words, what it cannot do rightly. */
#include <string.h>

#include "case/case_read.h"

static femd_status mixed_refuse(const femd_case *c, const cJSON *node, const char *what, femd_error *err) {
    return femd_json_fail(&c->doc, node, err, "element.formulation \"u-p\" %s", what);
}

static femd_status mixed_check_boundary(const femd_case *c, femd_error *err) {
    const cJSON *entry = femd_json_get(c->doc.root, "boundary")->child;
    for (size_t b = 0; b < c->nboundary; b++, entry = entry->next) {
        const femd_load kind = c->boundary[b].kind;
        if (kind == FEMD_LOAD_TURNED || kind == FEMD_LOAD_RIGID || kind == FEMD_LOAD_PERIODIC)
            return mixed_refuse(c, entry, "does not go with turned, rigid or periodic entries", err);
    }
    return FEMD_OK;
}

femd_status case_read_formulation(femd_case *c, femd_error *err) {
    const cJSON *root = c->doc.root, *element = femd_json_get(root, "element"),
                *physics = femd_json_get(root, "physics");
    c->mixed = strcmp(femd_json_string(element, "formulation", "displacement"), "u-p") == 0;
    if (!c->mixed) return FEMD_OK;
    if (strcmp(c->element->name, "P2") != 0)
        return mixed_refuse(c, femd_json_get(element, "type"),
                            "is one of P2 tetrahedra, whose pressure is linear: others have no pressure that is stable",
                            err);
    if (!femd_case_has_mechanics(c))
        return mixed_refuse(c, physics, "solves for a displacement, which physics \"thermal\" has none of", err);
    if (c->arc_length)
        return mixed_refuse(c, femd_json_get(femd_json_get(root, "steps"), "control"),
                            "does not go with steps.control \"arc-length\"", err);
    return mixed_check_boundary(c, err);
}

femd_status case_check_formulation(const femd_case *c, size_t material, const femd_capabilities *caps,
                                   femd_error *err) {
    const char *name = c->material[material].name;
    if (!c->mixed) return FEMD_OK;
    if (!(caps->controls & 1u << FEMD_CONTROL_PRESSURE))
        return femd_fail(err, FEMD_BAD_INPUT,
                         "%s: materials.%s: element.formulation \"u-p\" gives points a pressure, and its engine takes "
                         "strains alone",
                         c->path, name);
    if (c->physics == FEMD_PHYSICS_THERMOMECHANICAL && caps->inputs & FEMD_INPUT_SEED &&
        !(caps->inputs & FEMD_INPUT_STEADY_STRESS))
        return femd_fail(err, FEMD_BAD_INPUT,
                         "%s: materials.%s: its stresses are sampled, and element.formulation \"u-p\" does not know "
                         "what the noise of a volume does to temperatures; take formulation \"displacement\", physics "
                         "\"mechanical\", or a method without noise (quasiharmonic)",
                         c->path, name);
    return FEMD_OK;
}

/* Measured: a cube of 29,000 unknowns takes 1.5 times, one of 49,000 2.6 times the time directly. */
#define FEW 40000

int femd_case_mixed_is_direct(const femd_case *c, double unknowns) {
    return c->direct || (!c->iterative && unknowns <= FEW);
}
