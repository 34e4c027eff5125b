/* The bytes of one request. Layout: proto/README.md, "Request". */
#include <math.h>

#include "femd/evaluate.h"

/* Offsets into the 168 bytes. */
enum {
    AT_STATE = 0,
    AT_SEED = 32,
    AT_POINT = 40,
    AT_STEP = 48,
    AT_ATTEMPT = 52,
    AT_ITERATION = 56,
    AT_WANTS = 60,
    AT_CONTROL = 64,
    AT_MASK = 65,
    AT_FLAGS = 66,
    AT_RESERVED = 68,
    AT_VALUE = 72,
    AT_TEMPERATURE = 120,
    AT_PRESSURE = 128,
    AT_ACCURACY = 136,
    AT_DELTA_MU = 144
};

void femd_request_encode(const femd_request *r, uint8_t p[FEMD_REQUEST_BYTES]) {
    memcpy(p + AT_STATE, r->state_in.b, 32);
    femd_put64(p + AT_SEED, r->seed);
    femd_put64(p + AT_POINT, r->point);
    femd_put32(p + AT_STEP, r->step);
    femd_put32(p + AT_ATTEMPT, r->attempt);
    femd_put32(p + AT_ITERATION, r->iteration);
    femd_put32(p + AT_WANTS, r->wants);
    p[AT_CONTROL] = r->control;
    p[AT_MASK] = r->mask;
    femd_put16(p + AT_FLAGS, r->flags);
    femd_put32(p + AT_RESERVED, 0);
    memcpy(p + AT_VALUE, r->value, sizeof r->value);
    femd_putf64(p + AT_TEMPERATURE, r->temperature);
    femd_putf64(p + AT_PRESSURE, r->pressure);
    femd_putf64(p + AT_ACCURACY, r->accuracy);
    for (int i = 0; i < 3; i++) femd_putf64(p + AT_DELTA_MU + 8 * i, r->delta_mu[i]);
}

static femd_status request_check_ranges(const uint8_t *p, const femd_request *r, femd_error *err) {
    if (r->wants & ~(uint32_t)FEMD_WANT_ALL)
        return femd_fail(err, FEMD_PROTOCOL, "request: unknown wants 0x%x", r->wants);
    if (r->control > FEMD_CONTROL_PRESSURE)
        return femd_fail(err, FEMD_PROTOCOL, "request: unknown control %u", r->control);
    if (r->mask > 63) return femd_fail(err, FEMD_PROTOCOL, "request: mask %u is more than six bits", r->mask);
    if (r->flags & ~(FEMD_REQUEST_PRIVATE | FEMD_REQUEST_EXCHANGE))
        return femd_fail(err, FEMD_PROTOCOL, "request: unknown flags 0x%x", r->flags);
    if (femd_get32(p + AT_RESERVED)) return femd_fail(err, FEMD_PROTOCOL, "request: reserved bytes are not zero");
    for (int i = 0; i < 6; i++)
        if (!isfinite(r->value[i])) return femd_fail(err, FEMD_PROTOCOL, "request: value[%d] is not finite", i);
    if (!isfinite(r->temperature)) return femd_fail(err, FEMD_PROTOCOL, "request: temperature is not finite");
    if (r->temperature < 0)
        return femd_fail(err, FEMD_PROTOCOL, "request: temperature: %g K is below 0 K", r->temperature);
    if (!isfinite(r->pressure)) return femd_fail(err, FEMD_PROTOCOL, "request: pressure is not finite");
    if (!isfinite(r->accuracy)) return femd_fail(err, FEMD_PROTOCOL, "request: accuracy is not finite");
    for (int i = 0; i < 3; i++) {
        if (!isfinite(r->delta_mu[i])) return femd_fail(err, FEMD_PROTOCOL, "request: delta_mu[%d] is not finite", i);
        if (r->delta_mu[i] != 0 && !(r->flags & FEMD_REQUEST_EXCHANGE))
            return femd_fail(err, FEMD_PROTOCOL,
                             "request: delta_mu[%d] without the flag that says that chemical potentials are prescribed",
                             i);
    }
    return FEMD_OK;
}

femd_status femd_request_decode(const uint8_t p[FEMD_REQUEST_BYTES], femd_request *r, femd_error *err) {
    memcpy(r->state_in.b, p + AT_STATE, 32);
    r->seed = femd_get64(p + AT_SEED);
    r->point = femd_get64(p + AT_POINT);
    r->step = femd_get32(p + AT_STEP);
    r->attempt = femd_get32(p + AT_ATTEMPT);
    r->iteration = femd_get32(p + AT_ITERATION);
    r->wants = femd_get32(p + AT_WANTS);
    r->control = p[AT_CONTROL];
    r->mask = p[AT_MASK];
    r->flags = femd_get16(p + AT_FLAGS);
    memcpy(r->value, p + AT_VALUE, sizeof r->value);
    r->temperature = femd_getf64(p + AT_TEMPERATURE);
    r->pressure = femd_getf64(p + AT_PRESSURE);
    r->accuracy = femd_getf64(p + AT_ACCURACY);
    for (int i = 0; i < 3; i++) r->delta_mu[i] = femd_getf64(p + AT_DELTA_MU + 8 * i);
    return request_check_ranges(p, r, err);
}

femd_status femd_request_check_exchange(const femd_request *r, uint32_t inputs, const char *what, femd_error *err) {
    const int exchanges = (inputs & FEMD_INPUT_CHEMICAL) != 0, prescribed = (r->flags & FEMD_REQUEST_EXCHANGE) != 0;
    if (exchanges == prescribed) return FEMD_OK;
    if (prescribed)
        return femd_fail(err, FEMD_UNSUPPORTED,
                         "%s has no exchange of species here: differences of chemical potentials cannot be prescribed",
                         what);
    return femd_fail(err, FEMD_UNSUPPORTED,
                     "%s exchanges species here: differences of their chemical potentials must be prescribed", what);
}
