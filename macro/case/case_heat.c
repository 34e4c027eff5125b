/* What a case says of heat: the physics, the section "heat", entries of the boundary that hold, heat or cool, and what
 * a material gives by itself. Owns no mesh; refuses keys of the other physics. */
#include <math.h>
#include <string.h>

#include "case/case_read.h"

/* ---- the section ---- */

/* "one-way", "two-way", or {"iterate": tolerance}, which is two ways. */
static void heat_read_coupling(const cJSON *coupling, femd_case_heat *h) {
    const int one = cJSON_IsString(coupling) && strcmp(coupling->valuestring, "one-way") == 0;
    h->coupling = one ? FEMD_COUPLING_ONE_WAY : FEMD_COUPLING_TWO_WAY;
    h->iterate = cJSON_IsObject(coupling) ? femd_json_number(coupling, "iterate", 0) : 0;
}

static femd_status heat_read(femd_case *c, const cJSON *heat, femd_error *err) {
    femd_case_heat *h = &c->heat;
    const cJSON *initial = femd_json_get(heat, "initial"), *source = femd_json_get(heat, "source"),
                *theta = femd_json_get(heat, "theta"), *coupling = femd_json_get(heat, "coupling");
    const double origin[3] = {0};
    h->transient = femd_json_bool(heat, "transient", 1);
    h->theta = femd_json_number(heat, "theta", 1);
    h->accuracy = femd_json_number(heat, "accuracy", 0.02);
    h->max_samples = (int)femd_json_number(heat, "max_samples", 256);
    if (coupling && c->physics == FEMD_PHYSICS_THERMAL)
        return femd_json_fail(&c->doc, coupling, err, "is with mechanics; physics is \"thermal\"");
    if (coupling && !h->transient)
        return femd_json_fail(&c->doc, coupling, err, "is of a transient; heat.transient is false");
    if (coupling) heat_read_coupling(coupling, h);
    if (theta && !h->transient)
        return femd_json_fail(&c->doc, theta, err, "is how a transient goes on in time; heat.transient is false");
    if (femd_json_get(initial, "file"))
        FEMD_TRY(case_read_nodal(c, initial, &h->initial_nodal, err));
    else
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
    const char *name = femd_json_string(root, "physics", case_physics_name(c));
    while (strcmp(case_physics_name(c), name) != 0) c->physics++; /* the schema knows the names */
    if (femd_case_has_heat(c) && heat) return heat_read(c, heat, err);
    if (femd_case_has_heat(c))
        return femd_json_fail(&c->doc, root, err, "missing key \"heat\", which physics \"%s\" needs", name);
    return heat ? femd_json_fail(&c->doc, heat, err, "belongs to physics \"thermal\" or \"thermomechanical\"")
                : FEMD_OK;
}

/* Both physics: what one of them solves for, or writes in any case, is not to be asked for. */
static femd_status case_check_both(const femd_case *c, femd_error *err) {
    const cJSON *root = c->doc.root, *temperature = femd_json_get(root, "temperature"),
                *output = femd_json_get(root, "output");
    const uint32_t written = FEMD_WANT_CONDUCTIVITY | FEMD_WANT_HEAT_CAPACITY;
    if (temperature)
        return femd_json_fail(
            &c->doc, temperature, err,
            "physics \"thermomechanical\": it is what is solved for; that of the start is heat.initial");
    if (c->wants_committed & written)
        return femd_json_fail(&c->doc, femd_json_get(output, "wants"), err,
                              "physics \"thermomechanical\": conductivity and heat capacity are written in any case");
    if (c->arc_length)
        return femd_json_fail(&c->doc, femd_json_get(femd_json_get(root, "steps"), "control"), err,
                              "\"arc-length\" follows a load; physics \"thermomechanical\" goes on in time");
    return FEMD_OK;
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
    if (c->physics == FEMD_PHYSICS_THERMOMECHANICAL) return case_check_both(c, err);
    if (c->physics != FEMD_PHYSICS_THERMAL) return FEMD_OK;
    for (size_t k = 0; k < 3; k++) {
        const cJSON *one = femd_json_get(root, mechanical[k][0]), *other = femd_json_get(output, outputs[k][0]);
        if (one) return femd_json_fail(&c->doc, one, err, "physics \"thermal\": it %s", mechanical[k][1]);
        if (other) return femd_json_fail(&c->doc, other, err, "physics \"thermal\": it %s", outputs[k][1]);
    }
    const cJSON *steps = femd_json_get(root, "steps"), *solver = femd_json_get(root, "solver"),
                *stability = femd_json_get(solver, "stability"), *noise = femd_json_get(solver, "noise_stop"),
                *coarse = femd_json_get(solver, "coarse");
    if (stability)
        return femd_json_fail(&c->doc, stability, err,
                              "physics \"thermal\": it is that of a body in equilibrium; a temperature has none");
    if (noise || coarse)
        return femd_json_fail(&c->doc, noise ? noise : coarse, err,
                              "physics \"thermal\": it is that of sampled stresses, and none is asked");
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
    if (!femd_case_has_heat(c))
        return femd_json_fail(&c->doc, thermal, err, "belongs to physics \"thermal\" or \"thermomechanical\"");
    FEMD_TRY(femd_json_quantity(&c->doc, thermal, "conductivity", FEMD_DIM_CONDUCTIVITY, 0, &m->conductivity, err));
    return femd_json_quantity(&c->doc, thermal, "heat_capacity", FEMD_DIM_HEAT_CAPACITY, 0, &m->heat_capacity, err);
}

femd_status femd_case_check_answers(const femd_case *c, size_t material, const femd_capabilities *caps,
                                    femd_error *err) {
    const char *name = c->material[material].name;
    const uint32_t asked = femd_case_asks_heat(c, material), lacking = asked & ~caps->wants;
    char missing[FEMD_WANTS_TEXT];
    if ((femd_case_asks(c, material) & ~asked) & ~caps->wants)
        return femd_fail(err, FEMD_BAD_INPUT,
                         "%s: materials.%s: its engine gives no stress and tangent, which mechanics needs", c->path,
                         name);
    femd_wants_text(lacking, missing, sizeof missing);
    if (lacking)
        return femd_fail(err, FEMD_BAD_INPUT,
                         "%s: materials.%s: it does not answer what the equation of heat needs: %s; give it in "
                         "materials.%s.thermal, or name a method that answers it",
                         c->path, name, missing, name);
    FEMD_TRY(case_check_pressure(c, material, caps, err));
    FEMD_TRY(case_check_exchange(c, material, caps, err));
    return case_check_formulation(c, material, caps, err);
}
