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

static femd_status pressure_read(femd_case *c, const cJSON *node, femd_error *err) {
    const cJSON *table = femd_json_get(node, "table");
    femd_case_table *t = &c->pressure_table;
    if (femd_json_get(node, "file")) return case_read_nodal(c, node, &c->pressure_nodal, err);
    if (table) return case_read_rows(c, table, FEMD_DIM_PRESSURE, &t->n, &t->time, &t->factor, err);
    return case_read_value(c, node, FEMD_DIM_PRESSURE, &c->pressure, &c->pressure_function, err);
}

/* What a pressure presses together in time, it heats: by what the points answer beside their heat capacity. */
static femd_status pressure_check_change(const femd_case *c, const cJSON *node, femd_error *err) {
    if (c->heat.theta < 1)
        return femd_json_fail(&c->doc, node, err,
                              "changes in time and heats what it presses together, which goes with heat.theta 1, not "
                              "with %g",
                              c->heat.theta);
    for (size_t k = 0; k < c->nmaterials; k++)
        if (c->material[k].heat_capacity > 0)
            return femd_json_fail(&c->doc, node, err,
                                  "changes in time and heats what it presses together; that is known where points are "
                                  "asked for their heat capacity, and materials.%s.thermal gives it",
                                  c->material[k].name);
    return FEMD_OK;
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
    c->has_pressure = 1;
    FEMD_TRY(pressure_read(c, node, err));
    if (!pressure_is_asked(c))
        return femd_json_fail(
            &c->doc, node, err,
            "has no effect: all materials give their conductivity and heat capacity, and no point is asked");
    return c->heat.transient && femd_case_pressure_ramps(c) ? pressure_check_change(c, node, err) : FEMD_OK;
}

femd_status femd_case_pressure(const femd_case *c, const double x[3], double time, double *pascal, femd_error *err) {
    *pascal = c->pressure_table.n > 0 ? case_table_at(&c->pressure_table, time) : c->pressure;
    return c->pressure_function ? femd_function_at(c->pressure_function, x, time, pascal, err) : FEMD_OK;
}

int femd_case_pressure_ramps(const femd_case *c) {
    return c->pressure_nodal.file || c->pressure_table.n > 1 ||
           (c->pressure_function && femd_function_uses(c->pressure_function) & FEMD_FUNCTION_TIME);
}

femd_status case_check_pressure(const femd_case *c, size_t material, const femd_capabilities *caps, femd_error *err) {
    const char *name = c->material[material].name;
    if (!c->has_pressure || !femd_case_asks_heat(c, material)) return FEMD_OK;
    if (!(caps->controls & 1u << FEMD_CONTROL_PRESSURE))
        return femd_fail(err, FEMD_BAD_INPUT,
                         "%s: materials.%s: the case gives points a pressure, and its engine takes strains alone",
                         c->path, name);
    if (femd_case_asks_heat(c, material) & FEMD_WANT_HEAT_CAPACITY && caps->inputs & FEMD_INPUT_TEMPERATURE &&
        (!(caps->wants & FEMD_WANT_THERMAL_STRESS) || femd_case_samples(c, material, caps, "thermal-stress")))
        return femd_fail(
            err, FEMD_BAD_INPUT,
            "%s: materials.%s: under a pressure it stores heat by its expansion too, for which it %s dS/dT; give "
            "heat_capacity (at constant pressure) in materials.%s.thermal",
            c->path, name, caps->wants & FEMD_WANT_THERMAL_STRESS ? "would sample" : "does not answer", name);
    if (caps->inputs & FEMD_INPUT_SEED)
        return femd_fail(err, FEMD_BAD_INPUT,
                         "%s: materials.%s: what it samples is fitted over strain and temperature, not over the "
                         "pressure that the case gives; leave out \"pressure\" and give reference.pressure to the "
                         "material",
                         c->path, name);
    return FEMD_OK;
}
