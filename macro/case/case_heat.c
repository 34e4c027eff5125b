/* What a case says of heat: the physics, the section "heat", entries of the boundary that hold, heat or cool, and what
 * a material gives by itself. Owns no mesh; refuses keys of the other physics. */
#include <math.h>
#include <string.h>

#include "case/case_read.h"

/* ---- the section ---- */

femd_status femd_case_initial_temperature(const femd_case *c, const double x[3], double *kelvin, femd_error *err) {
    *kelvin = c->heat.initial;
    if (!c->heat.initial_function) return FEMD_OK;
    FEMD_TRY(femd_function_at(c->heat.initial_function, x, 0, kelvin, err));
    if (*kelvin >= 0) return FEMD_OK;
    return femd_fail(err, FEMD_BAD_INPUT, "%s: heat.initial: %g K at (%g, %g, %g) m is below 0 K", c->path, *kelvin,
                     x[0], x[1], x[2]);
}

static femd_status heat_read(femd_case *c, const cJSON *heat, femd_error *err) {
    femd_case_heat *h = &c->heat;
    const cJSON *initial = femd_json_get(heat, "initial"), *source = femd_json_get(heat, "source"),
                *theta = femd_json_get(heat, "theta");
    const double origin[3] = {0};
    h->transient = femd_json_bool(heat, "transient", 1);
    h->theta = femd_json_number(heat, "theta", 1);
    if (theta && !h->transient)
        return femd_json_fail(&c->doc, theta, err, "is how a transient goes on in time; heat.transient is false");
    FEMD_TRY(case_read_value(c, initial, FEMD_DIM_TEMPERATURE, &h->initial, &h->initial_function, err));
    if (h->initial_function && femd_function_uses(h->initial_function) & FEMD_FUNCTION_TIME)
        return femd_json_fail(&c->doc, initial, err, "is that of time 0; t stands in \"%s\"",
                              femd_function_text(h->initial_function));
    if (femd_case_initial_temperature(c, origin, &c->temperature, err) != FEMD_OK) {
        if (isfinite(c->temperature)) return FEMD_BAD_INPUT;
        c->temperature = NAN; /* the body need not be where an expression has no value */
        femd_error_clear(err);
    }
    h->has_source = source != NULL;
    if (!source) return FEMD_OK;
    return case_read_value(c, source, FEMD_DIM_POWER_DENSITY, &h->source, &h->source_function, err);
}

femd_status case_read_physics(femd_case *c, femd_error *err) {
    const cJSON *root = c->doc.root, *heat = femd_json_get(root, "heat");
    if (strcmp(femd_json_string(root, "physics", "mechanical"), "thermal") == 0) c->physics = FEMD_PHYSICS_THERMAL;
    if (c->physics == FEMD_PHYSICS_THERMAL) {
        if (heat) return heat_read(c, heat, err);
        return femd_json_fail(&c->doc, root, err, "missing key \"heat\", which physics \"thermal\" needs");
    }
    return heat ? femd_json_fail(&c->doc, heat, err, "belongs to physics \"thermal\"") : FEMD_OK;
}

/* What has no effect is no key of the case. */
femd_status case_check_physics(const femd_case *c, femd_error *err) {
    static const char *const mechanical[][2] = {
        {"body_force", "acts on no temperature; a source of heat is heat.source"},
        {"temperature", "is what is solved for; that of the start is heat.initial"},
        {"accuracy", "is one of stresses, and none is asked"}};
    static const char *const outputs[][2] = {
        {"wants", "is asked by physics \"mechanical\"; conductivity and heat capacity are written in any case"},
        {"first_piola_kirchhoff", "is a stress, and none is asked"},
        {"conductivity_reuse", "belongs to output.wants"}};
    const cJSON *root = c->doc.root, *output = femd_json_get(root, "output");
    if (c->physics != FEMD_PHYSICS_THERMAL) return FEMD_OK;
    for (size_t k = 0; k < 3; k++) {
        const cJSON *one = femd_json_get(root, mechanical[k][0]), *other = femd_json_get(output, outputs[k][0]);
        if (one) return femd_json_fail(&c->doc, one, err, "physics \"thermal\": it %s", mechanical[k][1]);
        if (other) return femd_json_fail(&c->doc, other, err, "physics \"thermal\": it %s", outputs[k][1]);
    }
    const cJSON *steps = femd_json_get(root, "steps");
    if (c->arc_length)
        return femd_json_fail(&c->doc, femd_json_get(steps, "control"), err,
                              "\"arc-length\" follows a load; physics \"thermal\" goes on in time");
    return FEMD_OK;
}

/* ---- entries of the boundary ---- */

femd_status case_read_temperature(const femd_case *c, const cJSON *node, femd_case_boundary *b, femd_error *err) {
    b->has[0] = 1;
    return case_read_value(c, femd_json_get(node, "temperature"), FEMD_DIM_TEMPERATURE, &b->value[0], &b->function[0],
                           err);
}

femd_status case_read_heat_flux(const femd_case *c, const cJSON *node, femd_case_boundary *b, femd_error *err) {
    return case_read_value(c, femd_json_get(node, "heat_flux"), FEMD_DIM_HEAT_FLUX, &b->value[0], &b->function[0], err);
}

/* Of two numbers a table could mean either. */
static femd_status exchange_read(const femd_case *c, const cJSON *node, const cJSON *exchange, femd_case_boundary *b,
                                 femd_error *err) {
    const cJSON *table = femd_json_get(node, "table");
    if (table)
        return femd_json_fail(&c->doc, table, err, "does not go with %s; write \"ambient\" as an expression of t",
                              exchange->string);
    return case_read_value(c, femd_json_get(exchange, "ambient"), FEMD_DIM_TEMPERATURE, &b->value[1], &b->function[1],
                           err);
}

femd_status case_read_convection(const femd_case *c, const cJSON *node, femd_case_boundary *b, femd_error *err) {
    const cJSON *exchange = femd_json_get(node, "convection");
    FEMD_TRY(case_read_value(c, femd_json_get(exchange, "coefficient"), FEMD_DIM_HEAT_TRANSFER, &b->value[0],
                             &b->function[0], err));
    return exchange_read(c, node, exchange, b, err);
}

femd_status case_read_radiation(const femd_case *c, const cJSON *node, femd_case_boundary *b, femd_error *err) {
    const cJSON *exchange = femd_json_get(node, "radiation");
    b->value[0] = femd_json_number(exchange, "emissivity", 1);
    return exchange_read(c, node, exchange, b, err);
}

/* ---- materials ---- */

femd_status case_read_thermal(const femd_case *c, const cJSON *material, femd_case_material *m, femd_error *err) {
    const cJSON *thermal = femd_json_get(material, "thermal");
    if (!thermal) return FEMD_OK;
    if (c->physics != FEMD_PHYSICS_THERMAL)
        return femd_json_fail(&c->doc, thermal, err, "belongs to physics \"thermal\"");
    FEMD_TRY(femd_json_quantity(&c->doc, thermal, "conductivity", FEMD_DIM_CONDUCTIVITY, 0, &m->conductivity, err));
    return femd_json_quantity(&c->doc, thermal, "heat_capacity", FEMD_DIM_HEAT_CAPACITY, 0, &m->heat_capacity, err);
}

uint32_t femd_case_asks(const femd_case *c, size_t material) {
    const femd_case_material *m = &c->material[material];
    if (c->physics != FEMD_PHYSICS_THERMAL) return FEMD_WANT_STRESS | FEMD_WANT_TANGENT;
    return (m->conductivity > 0 ? 0u : (uint32_t)FEMD_WANT_CONDUCTIVITY) |
           (m->heat_capacity > 0 || !c->heat.transient ? 0u : (uint32_t)FEMD_WANT_HEAT_CAPACITY);
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

femd_status femd_case_check_answers(const femd_case *c, size_t material, const femd_capabilities *caps,
                                    femd_error *err) {
    const char *name = c->material[material].name;
    const uint32_t asked = femd_case_asks(c, material), lacking = asked & ~caps->wants;
    const int thermal = c->physics == FEMD_PHYSICS_THERMAL;
    char missing[256];
    if (lacking && !thermal)
        return femd_fail(err, FEMD_BAD_INPUT,
                         "%s: materials.%s: its engine gives no stress and tangent, which mechanics needs", c->path,
                         name);
    femd_wants_text(lacking, missing, sizeof missing);
    if (lacking)
        return femd_fail(err, FEMD_BAD_INPUT,
                         "%s: materials.%s: it does not answer what the equation of heat needs: %s; give it in "
                         "materials.%s.thermal, or name a method that answers it",
                         c->path, name, missing, name);
    if (thermal && asked && caps->inputs & FEMD_INPUT_SEED)
        return femd_fail(err, FEMD_BAD_INPUT,
                         "%s: materials.%s: its method samples, so that what it answers is no function of the "
                         "temperature, which the equation of heat needs; give conductivity and heat_capacity in "
                         "materials.%s.thermal",
                         c->path, name, name);
    return FEMD_OK;
}
