/* Whether a response can be an answer to a request at all: what was asked for is there, and what was prescribed is what
 * was reached. It knows the controls; it cannot know whether the numbers are right. */
#include <math.h>

#include "femd/evaluate.h"

/* What control reaches, against the largest stiffness: engines stop at 1e-12. */
static const double REACHED = 1e-9;

static const double *asked_largest(const double *v, size_t n) {
    const double *largest = v;
    for (size_t i = 1; i < n; i++)
        if (fabs(v[i]) > fabs(*largest)) largest = &v[i];
    return largest;
}

/* A stress is reached within a part of the stiffness, which is known where the tangent came along. */
static double asked_stress_slack(const femd_response *r) {
    return r->provided & FEMD_WANT_TANGENT ? REACHED * fabs(*asked_largest(r->D, 36)) : INFINITY;
}

static femd_status asked_components(const femd_request *q, const femd_response *r, femd_error *err) {
    const double slack = asked_stress_slack(r);
    for (int c = 0; c < 6; c++) {
        const int stress = q->mask >> c & 1;
        const double reached = stress ? r->S[c] : r->E[c];
        if (stress ? !(r->provided & FEMD_WANT_STRESS) || fabs(reached - q->value[c]) <= slack : reached == q->value[c])
            continue;
        return femd_fail(err, FEMD_PROTOCOL, "component %d of the %s is %.17g, asked was %.17g", c + 1,
                         stress ? "stress" : "strain", reached, q->value[c]);
    }
    return FEMD_OK;
}

/* C = 2E + I without engineering factors, and its determinant. */
static double asked_metric(const double E[6], double C[6]) {
    for (int c = 0; c < 6; c++) C[c] = c < 3 ? 1 + 2 * E[c] : E[c];
    return C[0] * (C[1] * C[2] - C[3] * C[3]) - C[5] * (C[5] * C[2] - C[3] * C[4]) + C[4] * (C[5] * C[3] - C[1] * C[4]);
}

static femd_status asked_pressure(const femd_request *q, const femd_response *r, femd_error *err) {
    double asked[6], reached[6], SC = 0;
    const double asked_norm = cbrt(asked_metric(q->value, asked)), det = asked_metric(r->E, reached);
    const double norm = cbrt(det);
    if (!(det > 0)) return femd_fail(err, FEMD_PROTOCOL, "the strain is that of no deformation");
    for (int c = 0; c < 6; c++) {
        SC += (c < 3 ? 1 : 2) * r->S[c] * reached[c];
        if (!(fabs(reached[c] / norm - asked[c] / asked_norm) <= REACHED))
            return femd_fail(err, FEMD_PROTOCOL, "component %d of the isochoric C is %.17g, asked was %.17g", c + 1,
                             reached[c] / norm, asked[c] / asked_norm);
    }
    const double pressure = -SC / (3 * sqrt(det));
    if (!(r->provided & FEMD_WANT_STRESS) || fabs(pressure - q->pressure) <= asked_stress_slack(r)) return FEMD_OK;
    return femd_fail(err, FEMD_PROTOCOL, "the pressure is %.17g, asked was %.17g", pressure, q->pressure);
}

femd_status femd_response_check_asked(const femd_request *q, const femd_response *r, femd_error *err) {
    if (r->status != FEMD_OK) {
        if (!r->provided && femd_hash_is_zero(&r->state_out)) return FEMD_OK;
        return femd_fail(err, FEMD_PROTOCOL, "a failure (%s) that brings an answer", femd_status_name(r->status));
    }
    if (q->wants & ~r->provided) {
        char lacking[FEMD_WANTS_TEXT];
        femd_wants_text(q->wants & ~r->provided, lacking, sizeof lacking);
        return femd_fail(err, FEMD_PROTOCOL, "it lacks %s", lacking);
    }
    return q->control == FEMD_CONTROL_PRESSURE ? asked_pressure(q, r, err) : asked_components(q, r, err);
}
