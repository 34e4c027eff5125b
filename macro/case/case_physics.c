/* What a case solves for, and what of its points that needs. Of the keys it looks at a
 * material's method alone. */
#include <math.h>
#include <string.h>

#include "case/case_read.h"

static const char *const physics_name[] = {[FEMD_PHYSICS_MECHANICAL] = "mechanical",
                                           [FEMD_PHYSICS_THERMAL] = "thermal",
                                           [FEMD_PHYSICS_THERMOMECHANICAL] = "thermomechanical"};

const char *case_physics_name(const femd_case *c) {
    return physics_name[c->physics];
}

int femd_case_has_heat(const femd_case *c) {
    return c->physics != FEMD_PHYSICS_MECHANICAL;
}

int femd_case_has_mechanics(const femd_case *c) {
    return c->physics != FEMD_PHYSICS_THERMAL;
}

femd_status femd_case_initial_temperature(const femd_case *c, const double x[3], double *kelvin, femd_error *err) {
    *kelvin = c->heat.initial_nodal.file ? NAN : c->heat.initial;
    if (!c->heat.initial_function) return FEMD_OK;
    FEMD_TRY(femd_function_at(c->heat.initial_function, x, 0, kelvin, err));
    if (*kelvin >= 0) return FEMD_OK;
    return femd_fail(err, FEMD_BAD_INPUT, "%s: heat.initial: %g K at (%g, %g, %g) m is below 0 K", c->path, *kelvin,
                     x[0], x[1], x[2]);
}

uint32_t femd_case_asks(const femd_case *c, size_t material) {
    const uint32_t mechanics = femd_case_has_mechanics(c) ? FEMD_WANT_STRESS | FEMD_WANT_TANGENT : 0;
    return mechanics | femd_case_asks_heat(c, material);
}

uint32_t femd_case_asks_heat(const femd_case *c, size_t material) {
    const femd_case_material *m = &c->material[material];
    if (!femd_case_has_heat(c)) return 0;
    return (m->conductivity > 0 ? 0u : (uint32_t)FEMD_WANT_CONDUCTIVITY) |
           (m->heat_capacity > 0 || !c->heat.transient ? 0u : (uint32_t)FEMD_WANT_HEAT_CAPACITY);
}

int femd_case_samples(const femd_case *c, size_t material, const femd_capabilities *caps, const char *want) {
    const femd_case_material *m = &c->material[material];
    const cJSON *method = m->node ? femd_json_get(m->node, "method") : NULL;
    if (!(caps->inputs & FEMD_INPUT_SEED)) return 0;
    if (!(caps->inputs & FEMD_INPUT_STEADY_STRESS)) return 1;
    return cJSON_IsObject(method) && strcmp(femd_json_string(method, want, ""), "md") == 0;
}

int femd_case_answer_conducts(const femd_response *r, uint32_t wants) {
    double k[6];
    if ((r->provided & wants) != wants) return 0;
    if (wants & FEMD_WANT_HEAT_CAPACITY && !(r->heat_capacity > 0 && isfinite(r->heat_capacity))) return 0;
    if (!(wants & FEMD_WANT_CONDUCTIVITY)) return 1;
    for (int c = 0; c < 6; c++) k[c] = r->k[c] + r->k_electronic[c];
    const double minor = k[0] * k[1] - k[5] * k[5], det = k[0] * (k[1] * k[2] - k[3] * k[3]) -
                                                          k[5] * (k[5] * k[2] - k[3] * k[4]) +
                                                          k[4] * (k[5] * k[3] - k[1] * k[4]);
    return k[0] > 0 && minor > 0 && det > 0 && isfinite(det);
}
