/* St. Venant-Kirchhoff and compressible neo-Hookean: W = mu/2 (tr C - 3) - mu ln J + lambda/2 (ln J)^2. */
#include "law.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const int voigt[6][2] = {{0, 0}, {1, 1}, {2, 2}, {1, 2}, {0, 2}, {0, 1}};

static void stvk(double lambda, double mu, const double E[6], double S[6], double D[36], double *energy) {
    double trace = E[0] + E[1] + E[2];
    memset(D, 0, 36 * sizeof *D);
    for (int i = 0; i < 3; ++i) {
        for (int j = 0; j < 3; ++j) D[6 * i + j] = lambda;
        D[6 * i + i] += 2 * mu;
        D[6 * (i + 3) + i + 3] = mu;
        S[i] = lambda * trace + 2 * mu * E[i];
        S[i + 3] = mu * E[i + 3];
    }
    *energy = 0;
    for (int i = 0; i < 6; ++i) *energy += 0.5 * S[i] * E[i];
}

static void neo_hooke(double lambda, double mu, const double E[6], double S[6], double D[36], double *energy) {
    double C[3][3], I[3][3];
    for (int c = 0; c < 6; ++c) C[voigt[c][0]][voigt[c][1]] = C[voigt[c][1]][voigt[c][0]] = c < 3 ? 1 + 2 * E[c] : E[c];
    for (int a = 0; a < 3; ++a)
        for (int b = 0; b < 3; ++b) {
            int a1 = (a + 1) % 3, a2 = (a + 2) % 3, b1 = (b + 1) % 3, b2 = (b + 2) % 3;
            I[b][a] = C[a1][b1] * C[a2][b2] - C[a1][b2] * C[a2][b1];
        }
    double det = C[0][0] * I[0][0] + C[0][1] * I[1][0] + C[0][2] * I[2][0], lnJ = 0.5 * log(det);
    for (int a = 0; a < 9; ++a) (&I[0][0])[a] /= det;
    for (int c = 0; c < 6; ++c) {
        int i = voigt[c][0], j = voigt[c][1];
        S[c] = mu * ((i == j) - I[i][j]) + lambda * lnJ * I[i][j];
        for (int e = 0; e < 6; ++e) {
            int k = voigt[e][0], l = voigt[e][1];
            D[6 * c + e] = lambda * I[i][j] * I[k][l] + (mu - lambda * lnJ) * (I[i][k] * I[j][l] + I[i][l] * I[j][k]);
        }
    }
    *energy = 0.5 * mu * (C[0][0] + C[1][1] + C[2][2] - 3) - mu * lnJ + 0.5 * lambda * lnJ * lnJ;
}

void test_law_answer(const test_law *law, int material, const double E[6], double S[6], double D[36], double *energy) {
    double f = 1;
    for (int k = 0; k < material && law->softer > 0; ++k) f *= law->softer;
    (law->neo_hookean ? neo_hooke : stvk)(f * law->lambda, f * law->mu, E, S, D, energy);
    if (!(law->softening > 0)) return;
    const double kept = exp(-*energy / law->softening);
    for (int i = 0; i < 36; ++i) D[i] = kept * (D[i] - S[i / 6] * S[i % 6] / law->softening);
    for (int i = 0; i < 6; ++i) S[i] *= kept;
    *energy = law->softening * (1 - kept);
}

/* S:C of C = 2E + 1. */
static double law_contract(const double S[6], const double E[6]) {
    double sum = S[0] + S[1] + S[2];
    for (int c = 0; c < 6; ++c) sum += 2 * S[c] * E[c];
    return sum;
}

int test_law_pressure(const test_law *law, int material, const double value[6], double p, femd_response *r) {
    double shape[6], g[6], E[6], inverse[6], J = 1, slope = 0;
    for (int c = 0; c < 6; ++c) shape[c] = c < 3 ? 1 + 2 * value[c] : value[c];
    const double minor[6] = {shape[1] * shape[2] - shape[3] * shape[3], shape[0] * shape[2] - shape[4] * shape[4],
                             shape[0] * shape[1] - shape[5] * shape[5], shape[4] * shape[5] - shape[0] * shape[3],
                             shape[5] * shape[3] - shape[1] * shape[4], shape[4] * shape[3] - shape[2] * shape[5]};
    const double det = shape[0] * minor[0] + shape[5] * minor[5] + shape[4] * minor[4], norm = cbrt(det);
    for (int c = 0; c < 6; ++c) shape[c] /= norm, inverse[c] = minor[c] / det * norm;
    for (int it = 0; it < 50; ++it) {
        const double root = cbrt(J * J);
        double elastic[6];
        for (int c = 0; c < 6; ++c) E[c] = c < 3 ? 0.5 * (root * shape[c] - 1) : root * shape[c];
        for (int c = 0; c < 6; ++c) elastic[c] = E[c] - (c < 3 ? law->grown : 0);
        test_law_answer(law, material, elastic, r->S, r->D, &r->energy);
        for (int c = 0; c < 6; ++c) g[c] = 0.5 * law_contract(r->D + 6 * c, E) + r->S[c];
        const double SC = law_contract(r->S, E);
        slope = -2 * law_contract(g, E) / (9 * J * J) + SC / (3 * J * J);
        const double change = (p + SC / (3 * J)) / slope;
        if (!(slope < 0)) return 0;
        J += fmax(-0.2 * J, fmin(0.2 * J, change));
        if (fabs(change) < 1e-15) break;
    }
    const double root = cbrt(J * J), along = law_contract(g, E) / (3 * root);
    memcpy(r->E, E, sizeof r->E);
    r->J = J;
    r->dJdp = 1 / slope;
    for (int c = 0; c < 6; ++c) {
        r->dJdC[c] = 2 * root / (3 * J * slope) * (g[c] - along * inverse[c]) / norm;
        r->dSdp[c] = law_contract(r->D + 6 * c, E) / (3 * J) * r->dJdp;
    }
    return 1;
}

static femd_status law_open(void *self, const femd_case *cs, femd_hash *id, femd_capabilities *caps, femd_error *err) {
    test_law *law = self;
    (void)err;
    law->nmaterials = (int)cs->nmaterials;
    for (size_t k = 0; k < cs->nmaterials; ++k) {
        memset(&id[k], (int)k + 1, sizeof id[k]);
        caps[k] = (femd_capabilities){.wants = law->wants,
                                      .controls = 3,
                                      .carriers = law->carriers,
                                      .inputs = law->inputs,
                                      .engine = law->engine};
        if (law->samples) caps[k].inputs |= FEMD_INPUT_SEED | FEMD_INPUT_ACCURACY;
        if (law->noise > 0 || law->told > 0 || law->S_noise > 0) caps[k].inputs |= FEMD_INPUT_SEED;
        if (law->k_noise > 0 || law->c_noise > 0) caps[k].inputs |= FEMD_INPUT_SEED | FEMD_INPUT_STEADY_STRESS;
    }
    return FEMD_OK;
}

double test_law_other(const femd_quantity *q, uint64_t point, int c) {
    return q->bit + 10 * c + 0.01 * (double)point;
}

/* What no law of this file knows: numbers that tell quantity, component and point, and errors of a hundredth. */
static void answer_other(const femd_quantity *q, const femd_request *request, femd_response *r) {
    const uint32_t known =
        FEMD_WANT_STRESS | FEMD_WANT_TANGENT | FEMD_WANT_ENERGY | FEMD_WANT_STABILITY | FEMD_WANT_CONDUCTIVITY;
    double *value = (double *)(void *)((char *)r + q->value), *error = (double *)(void *)((char *)r + q->error);
    if (!(request->wants & q->want & ~known)) return;
    for (int c = 0; c < q->numbers; ++c) value[c] = test_law_other(q, request->point, c);
    for (int c = 0; q->sampled && c < q->numbers; ++c) error[c] = value[c] / 100;
    if (q->sampled) r->sampled = 1;
}

static double answer_uniform(uint64_t *seed) {
    uint64_t x = *seed += 0x9e3779b97f4a7c15ull;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
    return ((double)((x ^ (x >> 31)) >> 11) + 0.5) / 9007199254740992.0;
}

/* As the statistics of cross spectra have it. */
static void answer_noisily(const test_law *law, uint64_t seed, femd_response *r) {
    const double mean = (r->k[0] + r->k[1] + r->k[2]) / 3;
    r->sampled = 1;
    for (int c = 0; c < 6; ++c) {
        r->k_err[c] = law->k_noise * mean * (c < 3 ? 1 : sqrt(0.5));
        const double far = sqrt(-2 * log(answer_uniform(&seed)));
        r->k[c] += r->k_err[c] * far * cos(2 * M_PI * answer_uniform(&seed));
    }
}

/* A number from -1.73 to 1.73, mean 0 and variance 1. */
static double sample_unit(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return ((double)(*state >> 11) / 9007199254740992.0 - 0.5) * sqrt(12);
}

/* Looks go on in pieces that begin at powers of two, so that a continued sample is the one that was never cut. */
static void answer_sampled(test_law *law, const femd_request *q, femd_response *r) {
    float have = 0;
    uint64_t state = q->seed;
    if (memcmp(q->state_in.b, q->value, 24) == 0) memcpy(&have, q->state_in.b + 26, sizeof have);
    const double wanted = fmax(1 / (q->accuracy * q->accuracy), (double)have);
    for (int c = 0; c < 6; ++c) {
        state = (state ^ (uint64_t)llround(1e8 * q->value[c])) * /* alike where ranks differ in the last digits */
                    0x9e3779b97f4a7c15u +
                1;
        state ^= state >> 29;
    }
    double sum[6] = {0}, n = 0;
    for (double upto = 16; n < wanted; upto *= 2) {
        const double end = fmin(upto, wanted), piece = end - n;
        for (int c = 0; c < 6; ++c) sum[c] += sqrt(piece) * sample_unit(&state);
        n = end;
    }
    law->looks += have > 0 ? wanted - (double)have : law->begun + wanted;
    r->sampled = 1;
    for (int c = 0; c < 6; ++c) {
        r->S_err[c] = law->mu / sqrt(wanted);
        r->S[c] += law->mu * sum[c] / n;
    }
    have = (float)wanted;
    memcpy(r->state_out.b + 26, &have, sizeof have);
}

/* A normal number. */
static double answer_normal(uint64_t *seed) {
    const double far = sqrt(-2 * log(answer_uniform(seed)));
    return far * cos(2 * M_PI * answer_uniform(seed));
}

/* Stress, tangent and thermal stress of one dynamics. */
static void answer_dynamics(const test_law *law, uint64_t seed, uint32_t wants, femd_response *r) {
    double most = 0;
    r->sampled = 1;
    for (int c = 0; c < 36; ++c) most = fmax(most, fabs(r->D[c]));
    for (int c = 0; c < 6; ++c) {
        r->S_err[c] = law->S_noise * law->mu;
        r->S[c] += r->S_err[c] * answer_normal(&seed);
    }
    if (r->J > 0) {
        r->J_err = law->J_noise;
        r->J += r->J_err * answer_normal(&seed);
    }
    for (int a = 0; law->D_noise > 0 && a < 6; ++a)
        for (int b = a; b < 6; ++b) {
            const double off = law->D_noise * most * answer_normal(&seed);
            r->D_err[6 * a + b] = r->D_err[6 * b + a] = law->D_noise * most;
            r->D[6 * a + b] += off;
            if (a != b) r->D[6 * b + a] += off;
        }
    if (!(wants & FEMD_WANT_THERMAL_STRESS)) return;
    const double error = law->b_noise * fabs(r->dSdT[0] + r->dSdT[1] + r->dSdT[2]) / 3;
    for (int c = 0; c < 6; ++c) {
        r->dSdT_err[c] = error;
        r->dSdT[c] += error * answer_normal(&seed);
    }
}

static void answer(test_law *law, const femd_request *q, int material, femd_response *r) {
    double size = 0;
    memset(r, 0, sizeof *r);
    law->coarsest = fmax(law->coarsest, q->accuracy);
    r->point = q->point;
    r->provided = q->wants;
    memcpy(r->E, q->value, sizeof r->E);
    double elastic[6];
    for (int c = 0; c < 6; ++c) elastic[c] = q->value[c] - (c < 3 ? law->alpha * (q->temperature - law->rest) : 0);
    for (int c = 0; c < 3; ++c) elastic[c] -= law->chemical * q->delta_mu[0];
    if (!(q->flags & FEMD_REQUEST_EXCHANGE) != !(law->inputs & FEMD_INPUT_CHEMICAL)) r->status = FEMD_INTERNAL;
    for (int c = 1; law->snap_beyond > 0 && q->value[0] > law->snap_beyond && c < 3; ++c) elastic[c] += 0.5 * law->snap;
    test_law_answer(law, material, elastic, r->S, r->D, &r->energy);
    law->grown = law->alpha * (q->temperature - law->rest);
    if (q->control == FEMD_CONTROL_PRESSURE && !test_law_pressure(law, material, q->value, q->pressure, r))
        r->status = FEMD_INSTABILITY;
    for (int c = 0; c < 6; ++c) size += q->value[c] * q->value[c];
    if (law->fail_beyond > 0 && sqrt(size) > law->fail_beyond) r->status = FEMD_OUT_OF_DOMAIN;
    if (law->noise > 0) {
        r->sampled = 1;
        for (int c = 0; c < 6; ++c) {
            r->S_err[c] = law->noise * law->mu;
            r->S[c] += law->noise * law->mu * sin((double)(q->seed % 1000) + c);
        }
    }
    if (law->doubt > 0) {
        r->sampled = 1;
        for (int c = 0; c < 6; ++c) r->S_err[c] = law->doubt * law->mu;
    }
    if (law->told > 0) {
        r->sampled = 1;
        for (int c = 0; c < 6; ++c) r->S_err[c] = law->told * law->mu;
    }
    r->notes = law->notes;
    for (int c = 0; law->ragged > 0 && c < 6; ++c)
        r->S[c] += law->ragged * law->mu * (sin(1e12 * q->value[c] + (double)q->point) > 0 ? 1 : -1);
    if (q->wants & FEMD_WANT_STABILITY) r->stability = 1 + (double)q->point;
    for (size_t i = 0; i < FEMD_QUANTITIES; ++i) answer_other(femd_quantity_at(i), q, r);
    for (int c = 0; q->wants & FEMD_WANT_THERMAL_STRESS && law->alpha != 0 && c < 6; ++c)
        r->dSdT[c] = -law->alpha * (r->D[6 * c] + r->D[6 * c + 1] + r->D[6 * c + 2]);
    if (q->wants & FEMD_WANT_HELMHOLTZ && law->entropy != 0) r->helmholtz = r->energy - law->entropy * q->temperature;
    if (law->entropy != 0) r->energy += 2 * law->entropy * q->temperature;
    if (law->internal) /* W - T dW/dT + what makes capacity its slope at constant strain */
        r->energy += law->alpha * q->temperature * (r->S[0] + r->S[1] + r->S[2]) + law->capacity * q->temperature +
                     4.5 * law->alpha * law->alpha * (law->lambda + 2 * law->mu / 3) * q->temperature * q->temperature;
    if (q->wants & FEMD_WANT_HEAT_CAPACITY && law->capacity > 0)
        r->heat_capacity = law->capacity * (1 + law->capacity_slope * q->temperature);
    if (q->wants & FEMD_WANT_HEAT_CAPACITY && law->c_noise > 0) {
        uint64_t seed = q->seed;
        const double far = sqrt(-2 * log(answer_uniform(&seed)));
        r->sampled = 1;
        r->heat_capacity_err = law->c_noise * r->heat_capacity;
        r->heat_capacity += r->heat_capacity_err * far * cos(2 * M_PI * answer_uniform(&seed));
    }
    if (q->wants & FEMD_WANT_CONDUCTIVITY && law->k[0] > 0) {
        for (int c = 0; c < 6; ++c)
            r->k[c] = law->k[c] * (1 + law->k_slope * q->temperature) * (1 + law->k_strain * q->value[0]);
        for (int c = 0; law->k_power != 0 && c < 6; ++c) r->k[c] *= pow(q->temperature, law->k_power);
        for (int c = 0; law->k_odd > 0 && material % 2 && c < 6; ++c) r->k[c] *= law->k_odd;
        if (law->k_noise > 0) answer_noisily(law, q->seed, r);
        for (int c = 0; c < 3 && law->carriers & FEMD_CARRIER_ELECTRONS; ++c) r->k_electronic[c] = 400;
    } else if (q->wants & FEMD_WANT_CONDUCTIVITY) {
        r->k[0] = 1, r->k[1] = 2, r->k[2] = 3, r->k_err[0] = 0.1, r->sampled = 1;
        r->notes |= FEMD_NOTE_NO_PLATEAU;
        for (int c = 0; c < 3 && law->carriers & FEMD_CARRIER_ELECTRONS; ++c) r->k_electronic[c] = 400;
    }
    if (law->S_noise > 0) answer_dynamics(law, q->seed, q->wants, r);
    memcpy(r->state_out.b, q->value, sizeof r->state_out.b);                /* names the strain it belongs to... */
    r->state_out.b[24] = (uint8_t)(q->wants & ~(uint32_t)FEMD_WANT_ENERGY); /* ...and what was asked last */
    if (law->samples) answer_sampled(law, q, r);
    if (q->wants & law->refuse && (law->refuse_all || q->point % 3 == 1)) r->status = FEMD_NOT_CONVERGED;
    r->work.force_evaluations = 2;
}

static femd_status law_evaluate(void *self, const femd_request *requests, const int *material, size_t n,
                                femd_constitutive_sink sink, void *user, femd_error *err) {
    test_law *law = self;
    (void)err;
    law->calls++;
    law->points += n;
    if (n > 0) law->first = requests[0];
    law->failed[0] = law->failed[1] = UINT64_MAX;
    for (size_t k = 0; k < n; ++k) {
        const size_t i = law->backwards ? n - 1 - k : k;
        femd_response r;
        answer(law, &requests[i], material[i], &r);
        if (requests[i].wants & FEMD_WANT_CONDUCTIVITY && law->k_refused > 0)
            law->k_refused--, r.status = FEMD_NOT_CONVERGED;
        if (law->break_at > 0 && law->calls >= (uint64_t)law->break_at && i == 0) r.status = FEMD_ENGINE_DIED;
        uint64_t *lowest = &law->failed[femd_status_is_physics(r.status) ? 0 : 1];
        if (r.status != FEMD_OK && r.point < *lowest) *lowest = r.point;
        sink(user, i, &r);
    }
    return FEMD_OK;
}

const char test_law_words[] =
    "as long as the words of an engine are that tell what to do: they name the place, what was "
    "found there, how far it is from what would be answered, and the key of the case with "
    "the value that it is to have, at the end";

static const char *law_words(void *self, uint64_t point) {
    const test_law *law = self;
    return point == law->failed[0] || point == law->failed[1] ? test_law_words : "";
}

static femd_status law_commit(void *self, uint32_t step, const uint64_t *points, const femd_hash *states, size_t n,
                              femd_error *err) {
    (void)points, (void)err;
    if (n > 0) ((test_law *)self)->committed = states[0];
    ((test_law *)self)->commits++;
    ((test_law *)self)->last_step = step;
    return FEMD_OK;
}

static femd_status law_abort(void *self, femd_error *err) {
    (void)err;
    ((test_law *)self)->aborts++;
    return FEMD_OK;
}

/* Its states are their own names. */
static femd_status law_states_get(void *self, const femd_hash *states, size_t n, void **blobs, size_t *sizes,
                                  femd_error *err) {
    (void)self;
    for (size_t i = 0; i < n; ++i) {
        blobs[i] = malloc(sizes[i] = sizeof *states);
        if (!blobs[i]) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a state");
        memcpy(blobs[i], states + i, sizeof *states);
    }
    return FEMD_OK;
}

static femd_status law_states_put(void *self, const femd_hash *states, const void *const *blobs, const size_t *sizes,
                                  size_t n, femd_error *err) {
    (void)self;
    for (size_t i = 0; i < n; ++i)
        if (sizes[i] != sizeof *states || memcmp(blobs[i], states + i, sizeof *states) != 0)
            return femd_fail(err, FEMD_BAD_INPUT, "a state is not what its name says");
    return FEMD_OK;
}

void test_law_init(test_law *law) {
    *law = (test_law){.lambda = 2, .mu = 1, .wants = FEMD_WANT_STRESS | FEMD_WANT_TANGENT | FEMD_WANT_ENERGY};
    law->table = (femd_constitutive){.self = law,
                                     .open = law_open,
                                     .evaluate = law_evaluate,
                                     .commit = law_commit,
                                     .abort = law_abort,
                                     .words = law_words,
                                     .states_get = law_states_get,
                                     .states_put = law_states_put};
}
