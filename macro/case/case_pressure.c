/* The pressure that the case prescribes to its points. What has no effect is no key of the case: strained points have
 * the pressure that their strain makes. */
#include <string.h>

#include "case/case_read.h"

/* Does a point's answer depend on it? Only where one is asked for. */
static int pressure_is_asked(const femd_case *c) {
    for (size_t k = 0; k < c->nmaterials; k++)
        if (femd_case_asks_heat(c, k)) return 1;
    return 0;
}

femd_status case_read_prescribed_pressure(femd_case *c, femd_error *err) {
    const cJSON *root = c->doc.root, *node = femd_json_get(root, "pressure"), *element = femd_json_get(root, "element");
    if (!node) return FEMD_OK;
    if (strcmp(femd_json_string(element, "formulation", "displacement"), "u-p") == 0)
        return femd_json_fail(&c->doc, node, err, "is what element.formulation \"u-p\" solves for");
    if (c->physics != FEMD_PHYSICS_THERMAL)
        return femd_json_fail(&c->doc, root, err,
                              "the key \"pressure\" is refused: it would act on nothing, since the solver prescribes "
                              "strains; a pressure on a surface is an entry of the boundary, that at which a material "
                              "is unstrained is its reference.pressure");
    FEMD_TRY(case_read_value(c, node, FEMD_DIM_PRESSURE, &c->pressure, &c->pressure_function, err));
    c->has_pressure = 1;
    if (c->pressure_function && femd_function_uses(c->pressure_function) & FEMD_FUNCTION_TIME)
        return femd_json_fail(&c->doc, node, err, "is the same at all times; t stands in \"%s\"",
                              femd_function_text(c->pressure_function));
    if (pressure_is_asked(c)) return FEMD_OK;
    return femd_json_fail(
        &c->doc, node, err,
        "has no effect: all materials give their conductivity and heat capacity, and no point is asked");
}

femd_status femd_case_pressure(const femd_case *c, const double x[3], double *pascal, femd_error *err) {
    *pascal = c->pressure;
    return c->pressure_function ? femd_function_at(c->pressure_function, x, 0, pascal, err) : FEMD_OK;
}

femd_status case_check_pressure(const femd_case *c, size_t material, const femd_capabilities *caps, femd_error *err) {
    const char *name = c->material[material].name;
    if (!c->has_pressure || !femd_case_asks_heat(c, material)) return FEMD_OK;
    if (!(caps->controls & 1u << FEMD_CONTROL_PRESSURE))
        return femd_fail(err, FEMD_BAD_INPUT,
                         "%s: materials.%s: the case gives points a pressure, and its engine takes strains alone",
                         c->path, name);
    if (caps->inputs & FEMD_INPUT_SEED)
        return femd_fail(err, FEMD_BAD_INPUT,
                         "%s: materials.%s: what it samples is fitted over strain and temperature, not over the "
                         "pressure that the case gives; leave out \"pressure\" and give reference.pressure to the "
                         "material",
                         c->path, name);
    return FEMD_OK;
}
