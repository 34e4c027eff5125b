/* The engine `neo-hooke`: psi = mu/2 (J^(-2/3) tr C - 3) + bulk/4 (J^2 - 1 - 2 ln J) - 3 alpha bulk (T - T0) ln J, in
 * closed form in strain and in pressure control, for tests of bodies that are nearly incompressible. Owns no state;
 * never iterates but where stresses are prescribed.
 *
 * With I = (tr C)/3, C^-1 o C^-1 = -dC^-1/dC, swell = 6 alpha (T - T0), G = J^2 - 1 - swell and the pressure
 * p = -(S:C)/(3J) = -bulk/2 G/J,
 *   S = mu J^(-2/3) (1 - I C^-1) + bulk/2 G C^-1,          dS/dT = -3 alpha bulk C^-1,
 *   D = 2 mu/3 J^(-2/3) (3 I C^-1 o C^-1 + I C^-1 x C^-1 - 1 x C^-1 - C^-1 x 1)
 *       + bulk (J^2 C^-1 x C^-1 - G C^-1 o C^-1),
 * so that J is that of pressure and temperature alone: J = sqrt(1 + swell + (p/bulk)^2) - p/bulk. The heat capacity at
 * constant strain is a constant. */
#include <math.h>
#include <stdlib.h>

#include "engine/engines.h"
#include "femd/tensor3.h"
#include "numerics/portable.h"
#include "rve/native_control.h"

typedef struct neo_hooke {
    double mu, bulk;                    /* Pa */
    double alpha, T0;                   /* linear thermal expansion, 1/K; K */
    double conductivity, heat_capacity; /* W/(m K); J/(m^3 K) */
    uint32_t wants;                     /* FEMD_WANT_* that it answers */
} neo_hooke;

static femd_status neo_hooke_read(const femd_json *doc, neo_hooke *law, femd_error *err) {
    const cJSON *root = doc->root;
    FEMD_TRY(femd_json_quantity(doc, root, "mu", FEMD_DIM_PRESSURE, 0, &law->mu, err));
    FEMD_TRY(femd_json_quantity(doc, root, "bulk", FEMD_DIM_PRESSURE, 0, &law->bulk, err));
    FEMD_TRY(femd_json_quantity(doc, root, "thermal_expansion", FEMD_DIM_EXPANSION, 0, &law->alpha, err));
    FEMD_TRY(femd_json_quantity(doc, root, "reference_temperature", FEMD_DIM_TEMPERATURE, 0, &law->T0, err));
    FEMD_TRY(femd_json_quantity(doc, root, "conductivity", FEMD_DIM_CONDUCTIVITY, 0, &law->conductivity, err));
    FEMD_TRY(femd_json_quantity(doc, root, "heat_capacity", FEMD_DIM_HEAT_CAPACITY, 0, &law->heat_capacity, err));
    law->wants = FEMD_WANT_STRESS | FEMD_WANT_TANGENT | FEMD_WANT_ENERGY | FEMD_WANT_HELMHOLTZ;
    if (femd_json_get(root, "thermal_expansion")) law->wants |= FEMD_WANT_THERMAL_STRESS;
    if (femd_json_get(root, "conductivity")) law->wants |= FEMD_WANT_CONDUCTIVITY;
    if (femd_json_get(root, "heat_capacity")) law->wants |= FEMD_WANT_HEAT_CAPACITY;
    return FEMD_OK;
}

static femd_status neo_hooke_open(const femd_json *doc, const femd_pack *pack, void **instance, femd_capabilities *caps,
                                  femd_error *err) {
    (void)pack;
    neo_hooke *law = calloc(1, sizeof *law);
    if (!law) return femd_fail(err, FEMD_NO_MEMORY, "a neo-Hooke material: out of memory");
    const femd_status rc = neo_hooke_read(doc, law, err);
    if (rc != FEMD_OK) {
        free(law);
        return rc;
    }
    *caps = (femd_capabilities){
        .wants = law->wants,
        .inputs = FEMD_INPUT_PRESSURE | (law->wants & FEMD_WANT_THERMAL_STRESS ? FEMD_INPUT_TEMPERATURE : 0),
        .controls = 1u << FEMD_CONTROL_COMPONENTS | 1u << FEMD_CONTROL_PRESSURE,
        .mixed = 1,
        .engine = FEMD_ENGINE_NEO_HOOKE,
    };
    *instance = law;
    return FEMD_OK;
}

/* What a strain is made of. */
typedef struct stretch {
    double C[6], inverse[6]; /* without engineering factors */
    double det, root;        /* det C = J^2; its cube root */
    double third;            /* tr C / 3 */
} stretch;

static int neo_hooke_stretch(const double E[6], stretch *of) {
    of->det = femd_strain_metric(E, of->C, of->inverse);
    if (!(of->C[0] > 0 && of->C[0] * of->C[1] > of->C[5] * of->C[5] && of->det > 0 && of->det < HUGE_VAL)) return 0;
    of->root = femd_portable_cbrt(of->det);
    of->third = (of->C[0] + of->C[1] + of->C[2]) / 3;
    return 1;
}

/* 6 alpha (T - T0). */
static double neo_hooke_swell(const neo_hooke *law, double kelvin) {
    return 6 * law->alpha * (kelvin - law->T0);
}

/* The part of the shape and that of the volume; `grown` is G, with J^2 - 1 from the strain, so that it is known where
 * it is small. */
static void neo_hooke_stress(const neo_hooke *law, const stretch *of, double grown, double S[6]) {
    const double mu = law->mu / of->root;
    for (int i = 0; i < 6; i++)
        S[i] = mu * ((i < 3) - of->third * of->inverse[i]) + 0.5 * law->bulk * grown * of->inverse[i];
}

static void neo_hooke_tangent(const neo_hooke *law, const stretch *of, double grown, double D[36]) {
    const double mu = 2 * law->mu / (3 * of->root), *c = of->inverse;
    for (int a = 0; a < 6; a++)
        for (int b = 0; b < 6; b++) {
            const int i = femd_voigt_i[a], j = femd_voigt_j[a], k = femd_voigt_i[b], l = femd_voigt_j[b];
            const double round = 0.5 * (c[femd_voigt_at[i][k]] * c[femd_voigt_at[j][l]] +
                                        c[femd_voigt_at[i][l]] * c[femd_voigt_at[j][k]]);
            D[6 * a + b] = mu * (3 * of->third * round + of->third * c[a] * c[b] - (a < 3) * c[b] - c[a] * (b < 3)) +
                           law->bulk * (of->det * c[a] * c[b] - grown * round);
        }
}

/* det(2E+1) - 1, without the 1. */
static double neo_hooke_grown(const double E[6]) {
    const double a = 2 * E[0], b = 2 * E[1], c = 2 * E[2], d = E[3], e = E[4], f = E[5];
    return a + b + c + a * b + b * c + c * a - d * d - e * e - f * f + a * b * c + 2 * d * e * f - a * d * d -
           b * e * e - c * f * f;
}

/* One request. */
typedef struct neo_hooke_call {
    const neo_hooke *law;
    double swell;
} neo_hooke_call;

static femd_status neo_hooke_strain(void *user, const double E[6], double S[6], double D[36], femd_error *err) {
    const neo_hooke_call *call = user;
    stretch of;
    if (!neo_hooke_stretch(E, &of)) return femd_fail(err, FEMD_OUT_OF_DOMAIN, "2E+I is not positive definite");
    const double grown = neo_hooke_grown(E) - call->swell;
    neo_hooke_stress(call->law, &of, grown, S);
    neo_hooke_tangent(call->law, &of, grown, D);
    return FEMD_OK;
}

/* J is that of pressure and temperature alone, whatever the shape. */
static femd_status neo_hooke_pressure(const neo_hooke *law, const femd_request *q, femd_response *r, femd_error *err) {
    stretch shape, of;
    const double p = q->pressure / law->bulk;
    if (!neo_hooke_stretch(q->value, &shape))
        return femd_fail(err, FEMD_OUT_OF_DOMAIN, "the isochoric C of pressure control is not positive definite");
    const double square = 1 + neo_hooke_swell(law, q->temperature), root = sqrt(square + p * p);
    if (!(square > 0)) return femd_fail(err, FEMD_OUT_OF_DOMAIN, "it is too cold for its expansion: no volume is left");
    r->J = p > 0 ? square / (root + p) : root - p;
    const double size = femd_portable_cbrt(r->J), scale = size * size / shape.root;
    for (int i = 0; i < 6; i++) r->E[i] = i < 3 ? 0.5 * (scale * shape.C[i] - 1) : scale * shape.C[i];
    if (!neo_hooke_stretch(r->E, &of)) return femd_fail(err, FEMD_OUT_OF_DOMAIN, "2E+I is not positive definite");
    const double grown = -2 * p * r->J; /* G, without the cancellation of the strain's */
    neo_hooke_stress(law, &of, grown, r->S);
    neo_hooke_tangent(law, &of, grown, r->D);
    r->dJdp = -r->J / (law->bulk * root);
    for (int a = 0; a < 6; a++) {
        double DC = 0;
        for (int b = 0; b < 6; b++) DC += r->D[6 * a + b] * (b < 3 ? of.C[b] : 2 * of.C[b]);
        r->dSdp[a] = DC / (3 * r->J) * r->dJdp;
        r->dJdC[a] = 0;
    }
    return FEMD_OK;
}

/* x - ln(1 + x), known to its own size where x is small. */
static double neo_hooke_excess(double x) {
    double sum = 0;
    if (fabs(x) > 0.02) return x - femd_portable_log(1 + x);
    for (int k = 12; k >= 2; k--) sum = 1.0 / k - x * sum;
    return x * x * sum;
}

static void neo_hooke_fill_thermal(const neo_hooke *law, uint32_t wants, femd_response *r) {
    stretch of;
    if (wants & FEMD_WANT_HEAT_CAPACITY) r->heat_capacity = law->heat_capacity;
    for (int i = 0; wants & FEMD_WANT_CONDUCTIVITY && i < 3; i++) r->k[i] = law->conductivity;
    if (wants & FEMD_WANT_THERMAL_STRESS && neo_hooke_stretch(r->E, &of))
        for (int i = 0; i < 6; i++) r->dSdT[i] = -3 * law->alpha * law->bulk * of.inverse[i];
}

/* Energies are relative to no strain at the same temperature. */
static void neo_hooke_fill(const neo_hooke *law, const femd_request *q, femd_response *r) {
    const uint32_t wants = q->wants & law->wants;
    const double trace = 2 * (r->E[0] + r->E[1] + r->E[2]), grown = neo_hooke_grown(r->E),
                 root = femd_portable_cbrt(1 + grown);
    /* tr C / root - 3 = (tr C - 3 - 3 (root - 1)) / root, and root^3 - 1 = grown */
    const double shape = (trace - 3 * grown / (root * root + root + 1)) / root;
    const double energy = 0.5 * law->mu * shape + 0.25 * law->bulk * neo_hooke_excess(grown),
                 warmed = law->alpha != 0 ? 1.5 * law->alpha * law->bulk * femd_portable_log(1 + grown) : 0;
    if (!(q->wants & FEMD_WANT_TANGENT)) memset(r->D, 0, sizeof r->D);
    if (wants & FEMD_WANT_ENERGY) r->energy = energy + law->T0 * warmed;
    if (wants & FEMD_WANT_HELMHOLTZ) r->helmholtz = energy - (q->temperature - law->T0) * warmed;
    neo_hooke_fill_thermal(law, wants, r);
    r->provided = wants;
}

static femd_status neo_hooke_evaluate(void *instance, const femd_request *q, const femd_bytes *state_in,
                                      const femd_beat *beat, femd_response *r, femd_buffer *state_out,
                                      femd_error *err) {
    const double start[6] = {0};
    (void)state_in, (void)state_out, (void)beat;
    neo_hooke_call call = {instance, neo_hooke_swell(instance, q->temperature)};
    FEMD_TRY(q->control == FEMD_CONTROL_PRESSURE ? neo_hooke_pressure(instance, q, r, err)
                                                 : femd_control_solve(q, start, neo_hooke_strain, &call, r, err));
    neo_hooke_fill(instance, q, r);
    return FEMD_OK;
}

static void neo_hooke_close(void **instance) {
    free(*instance);
    *instance = NULL;
}

const femd_engine femd_engine_neo_hooke = {
    .abi = FEMD_ENGINE_ABI,
    .number = FEMD_ENGINE_NEO_HOOKE,
    .name = "neo-hooke",
    .version = 2,
    .open = neo_hooke_open,
    .evaluate = neo_hooke_evaluate,
    .dump = NULL,
    .close = neo_hooke_close,
};
