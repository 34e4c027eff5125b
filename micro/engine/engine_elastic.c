/* The engine `elastic`: St. Venant-Kirchhoff, S = C : (E - alpha (T - T0)), with constant conductivity and heat
 * capacity. In closed form, without state, for tests and for measuring what everything around an evaluation costs. Owns
 * no state; never iterates in strain control. */
#include <stdlib.h>

#include "engine/engines.h"
#include "femd/clock.h"
#include "rve/native_control.h"

typedef struct elastic {
    double C[36];         /* Pa */
    double alpha[6];      /* strain per K, engineering shears */
    double beta[6];       /* C alpha, Pa/K */
    double T0;            /* K */
    double k[6];          /* W/(m K) */
    double heat_capacity; /* J/(m^3 K) */
    double cost;          /* s of busy work */
    uint32_t wants;
} elastic;

static void elastic_isotropic(double lambda, double mu, double C[36]) {
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++) C[6 * i + j] = lambda;
        C[7 * i] = lambda + 2 * mu;
        C[7 * (i + 3)] = mu;
    }
}

static femd_status elastic_read_stiffness(const femd_json *doc, elastic *e, femd_error *err) {
    const cJSON *root = doc->root, *list = femd_json_get(root, "stiffness");
    double a, b;
    if (femd_json_get(root, "young")) {
        FEMD_TRY(femd_json_quantity(doc, root, "young", FEMD_DIM_PRESSURE, 0, &a, err));
        b = femd_json_number(root, "poisson", 0);
        elastic_isotropic(a * b / ((1 + b) * (1 - 2 * b)), a / (2 * (1 + b)), e->C);
        return FEMD_OK;
    }
    if (!list) {
        FEMD_TRY(femd_json_quantity(doc, root, "lambda", FEMD_DIM_PRESSURE, 0, &a, err));
        FEMD_TRY(femd_json_quantity(doc, root, "mu", FEMD_DIM_PRESSURE, 0, &b, err));
        elastic_isotropic(a, b, e->C);
        return FEMD_OK;
    }
    const int n = cJSON_GetArraySize(list);
    double v[36];
    FEMD_TRY(femd_json_quantities(doc, root, "stiffness", FEMD_DIM_PRESSURE, (size_t)n, v, err));
    for (int i = 0, k = 0; i < 6; i++)
        for (int j = n == 36 ? 0 : i; j < 6; j++, k++) {
            e->C[6 * i + j] = v[k];
            if (n == 21) e->C[6 * j + i] = v[k];
        }
    for (int i = 0; i < 6; i++)
        for (int j = 0; j < i; j++)
            if (e->C[6 * i + j] != e->C[6 * j + i])
                return femd_json_fail(doc, list, err, "the stiffness is not symmetric (entries %d%d and %d%d)", i + 1,
                                      j + 1, j + 1, i + 1);
    return FEMD_OK;
}

/* One value (isotropic: on the first three components) or six. */
static femd_status elastic_read_six(const femd_json *doc, const char *key, femd_dimension dim, double v[6],
                                    femd_error *err) {
    const cJSON *node = femd_json_get(doc->root, key);
    if (!node) return FEMD_OK;
    if (cJSON_IsArray(node)) return femd_json_quantities(doc, doc->root, key, dim, 6, v, err);
    FEMD_TRY(femd_json_node_quantity(doc, node, dim, &v[0], err));
    v[1] = v[2] = v[0];
    return FEMD_OK;
}

static femd_status elastic_read(const femd_json *doc, elastic *e, femd_error *err) {
    const cJSON *root = doc->root;
    FEMD_TRY(elastic_read_stiffness(doc, e, err));
    FEMD_TRY(elastic_read_six(doc, "thermal_expansion", FEMD_DIM_EXPANSION, e->alpha, err));
    FEMD_TRY(elastic_read_six(doc, "conductivity", FEMD_DIM_CONDUCTIVITY, e->k, err));
    FEMD_TRY(femd_json_quantity(doc, root, "reference_temperature", FEMD_DIM_TEMPERATURE, 0, &e->T0, err));
    FEMD_TRY(femd_json_quantity(doc, root, "heat_capacity", FEMD_DIM_HEAT_CAPACITY, 0, &e->heat_capacity, err));
    e->cost = 1e-6 * femd_json_number(root, "cost_us", 0);
    for (int i = 0; i < 6; i++)
        for (int j = 0; j < 6; j++) e->beta[i] += e->C[6 * i + j] * e->alpha[j];
    const int thermal = femd_json_get(root, "thermal_expansion") != NULL;
    e->wants = FEMD_WANT_STRESS | FEMD_WANT_TANGENT | FEMD_WANT_ENERGY | FEMD_WANT_HELMHOLTZ;
    if (thermal) e->wants |= FEMD_WANT_THERMAL_STRESS;
    if (femd_json_get(root, "conductivity")) e->wants |= FEMD_WANT_CONDUCTIVITY;
    if (femd_json_get(root, "heat_capacity")) e->wants |= FEMD_WANT_HEAT_CAPACITY;
    return FEMD_OK;
}

static femd_status elastic_open(const femd_json *doc, const femd_pack *pack, void **instance, femd_capabilities *caps,
                                femd_error *err) {
    (void)pack;
    elastic *e = calloc(1, sizeof *e);
    if (!e) return femd_fail(err, FEMD_NO_MEMORY, "an elastic material: out of memory");
    const femd_status rc = elastic_read(doc, e, err);
    if (rc != FEMD_OK) {
        free(e);
        return rc;
    }
    const uint32_t thermal = e->wants & FEMD_WANT_THERMAL_STRESS ? FEMD_INPUT_TEMPERATURE : 0;
    *caps = (femd_capabilities){
        .wants = e->wants,
        .inputs = FEMD_INPUT_PRESSURE | thermal,
        .controls = 1u << FEMD_CONTROL_COMPONENTS | 1u << FEMD_CONTROL_PRESSURE,
        .mixed = 1,
        .engine = FEMD_ENGINE_ELASTIC,
    };
    *instance = e;
    return FEMD_OK;
}

typedef struct call {
    const elastic *e;
    double dT;
} call;

static void elastic_stress(const elastic *e, double dT, const double E[6], double S[6]) {
    for (int i = 0; i < 6; i++) {
        const double *C = e->C + 6 * i;
        S[i] = C[0] * E[0] + C[1] * E[1] + C[2] * E[2] + C[3] * E[3] + C[4] * E[4] + C[5] * E[5] - e->beta[i] * dT;
    }
}

static femd_status elastic_strain(void *user, const double E[6], double S[6], double D[36], femd_error *err) {
    const call *c = user;
    if (!(femd_strain_metric(E, NULL, NULL) > 0))
        return femd_fail(err, FEMD_OUT_OF_DOMAIN, "2E+I is not positive definite");
    elastic_stress(c->e, c->dT, E, S);
    memcpy(D, c->e->C, sizeof c->e->C);
    return FEMD_OK;
}

/* 2E+I is positive definite if its leading minors are positive. */
static int elastic_is_admissible(const double E[6]) {
    const double a = 1 + 2 * E[0], b = 1 + 2 * E[1];
    return a > 0 && a * b - E[5] * E[5] > 0 && femd_strain_metric(E, NULL, NULL) > 0;
}

/* Work without result for the given time. Returns non-zero if the evaluation is to stop. */
static int elastic_keep_busy(double seconds, const femd_beat *beat) {
    const double begun = femd_clock();
    for (double passed = 0; passed < seconds; passed = femd_clock() - begun) {
        if (beat && beat->beat) {
            const int stop = beat->beat(beat->user, passed / seconds);
            if (stop) return stop;
        }
        for (volatile int i = 0; i < 100; i++) continue;
    }
    return 0;
}

static void elastic_fill(const elastic *e, const femd_request *q, double dT, femd_response *r) {
    const uint32_t wants = q->wants & e->wants;
    if (wants & FEMD_WANT_TANGENT)
        memcpy(r->D, e->C, sizeof r->D);
    else
        memset(r->D, 0, sizeof r->D);
    if (wants & FEMD_WANT_THERMAL_STRESS)
        for (int i = 0; i < 6; i++) r->dSdT[i] = -e->beta[i];
    if (wants & FEMD_WANT_CONDUCTIVITY) memcpy(r->k, e->k, sizeof r->k);
    if (wants & FEMD_WANT_HEAT_CAPACITY) r->heat_capacity = e->heat_capacity;
    /* Relative to E = 0 at the same T: psi = E:C:E/2 - dT beta:E, and psi - T dpsi/dT = E:C:E/2 + T0 beta:E. */
    double SE = 0, bE = 0;
    for (int i = 0; i < 6; i++) {
        SE += r->S[i] * r->E[i];
        bE += e->beta[i] * r->E[i];
    }
    if (wants & FEMD_WANT_HELMHOLTZ) r->helmholtz = 0.5 * (SE - dT * bE);
    if (wants & FEMD_WANT_ENERGY) r->energy = 0.5 * (SE + dT * bE) + e->T0 * bE;
    r->provided = wants;
}

static femd_status elastic_evaluate(void *instance, const femd_request *q, const femd_bytes *state_in,
                                    const femd_beat *beat, femd_response *r, femd_buffer *state_out, femd_error *err) {
    (void)state_in, (void)state_out;
    const elastic *e = instance;
    const double dT = q->temperature - e->T0;
    if (e->cost > 0) {
        const int stop = elastic_keep_busy(e->cost, beat);
        if (stop == FEMD_DEADLINE) return femd_fail(err, FEMD_DEADLINE, "the deadline passed");
        if (stop) return femd_fail(err, FEMD_CANCELLED, "the evaluation was cancelled");
    }
    if (q->control == FEMD_CONTROL_COMPONENTS && q->mask == 0) {
        memcpy(r->E, q->value, sizeof r->E);
        elastic_stress(e, dT, r->E, r->S);
        r->J = femd_strain_jacobian(r->E);
    } else {
        call c = {e, dT};
        const double start[6] = {0};
        FEMD_TRY(femd_control_solve(q, start, elastic_strain, &c, r, err));
    }
    if (!elastic_is_admissible(r->E)) return femd_fail(err, FEMD_OUT_OF_DOMAIN, "2E+I is not positive definite");
    elastic_fill(e, q, dT, r);
    return FEMD_OK;
}

static void elastic_close(void **instance) {
    free(*instance);
    *instance = NULL;
}

const femd_engine femd_engine_elastic = {
    .abi = FEMD_ENGINE_ABI,
    .number = FEMD_ENGINE_ELASTIC,
    .name = "elastic",
    .version = 1,
    .open = elastic_open,
    .evaluate = elastic_evaluate,
    .dump = NULL,
    .close = elastic_close,
};
