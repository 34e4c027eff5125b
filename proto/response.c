/* The bytes of one response: a fixed head, the arrays that `provided` names, their standard errors if sampled, and the
 * cost as a tail of fixed size. One table says which array belongs to which want, so that length, encoder and decoder
 * cannot disagree. Layout: proto/README.md, "Response". */
#include <stddef.h>

#include "femd/evaluate.h"
#include "femd/kinematics.h"

/* Offsets into the head. */
enum {
    AT_STATUS = 0,
    AT_PROVIDED = 4,
    AT_ENGINE = 8,
    AT_FLAGS = 12,
    AT_STATE = 16,
    AT_E = 48,
    AT_S = 96,
    AT_J = 144,
    AT_HILL_MANDEL = 152,
    HEAD_BYTES = 160
};
/* Low bits: which groups follow; from NOTES_SHIFT on: the notes. */
enum {
    FLAG_SAMPLED = 1u << 0,
    FLAG_PRESSURE = 1u << 1,
    FLAG_CHECK = 1u << 2,
    FLAG_ELECTRONS = 1u << 3,
    GROUPS_ALL = 15,
    NOTES_SHIFT = 16
};
static const uint32_t FLAGS_ALL = GROUPS_ALL | (uint32_t)FEMD_NOTE_ALL << NOTES_SHIFT;
enum { ALWAYS = 0 };

typedef struct part {
    uint32_t want; /* present if provided; ALWAYS: present whenever its group is */
    uint32_t count;
    size_t at; /* in femd_response */
} part;

static const part value_parts[] = {
    {FEMD_WANT_TANGENT, 36, offsetof(femd_response, D)},
    {FEMD_WANT_THERMAL_STRESS, 6, offsetof(femd_response, dSdT)},
    {FEMD_WANT_CONDUCTIVITY, 6, offsetof(femd_response, k)},
    {FEMD_WANT_ENERGY, 1, offsetof(femd_response, energy)},
    {FEMD_WANT_HELMHOLTZ, 1, offsetof(femd_response, helmholtz)},
    {FEMD_WANT_HEAT_CAPACITY, 1, offsetof(femd_response, heat_capacity)},
    {FEMD_WANT_STABILITY, 1, offsetof(femd_response, stability)},
};
static const part pressure_parts[] = {
    {ALWAYS, 1, offsetof(femd_response, dJdp)},
    {ALWAYS, 6, offsetof(femd_response, dJdC)},
    {ALWAYS, 6, offsetof(femd_response, dSdp)},
};
static const part error_parts[] = {
    {ALWAYS, 6, offsetof(femd_response, S_err)},
    {FEMD_WANT_TANGENT, 36, offsetof(femd_response, D_err)},
    {FEMD_WANT_THERMAL_STRESS, 6, offsetof(femd_response, dSdT_err)},
    {FEMD_WANT_CONDUCTIVITY, 6, offsetof(femd_response, k_err)},
    {FEMD_WANT_ENERGY, 1, offsetof(femd_response, energy_err)},
    {FEMD_WANT_HELMHOLTZ, 1, offsetof(femd_response, helmholtz_err)},
    {FEMD_WANT_HEAT_CAPACITY, 1, offsetof(femd_response, heat_capacity_err)},
    {ALWAYS, 1, offsetof(femd_response, hill_mandel_err)},
};
static const part check_parts[] = {
    {ALWAYS, 6, offsetof(femd_response, k_check)},
    {ALWAYS, 6, offsetof(femd_response, k_check_err)},
};
static const part electron_parts[] = {
    {ALWAYS, 6, offsetof(femd_response, k_electronic)},
};
#define COUNT(a) (sizeof(a) / sizeof(a)[0])

typedef struct group {
    uint32_t flag; /* 0: always there */
    const part *parts;
    size_t count;
} group;
static const group groups[] = {
    {0, value_parts, COUNT(value_parts)},
    {FLAG_PRESSURE, pressure_parts, COUNT(pressure_parts)},
    {FLAG_SAMPLED, error_parts, COUNT(error_parts)},
    {FLAG_CHECK, check_parts, COUNT(check_parts)},
    {FLAG_ELECTRONS, electron_parts, COUNT(electron_parts)},
};

static size_t bytes_of(uint32_t provided, uint32_t flags) {
    size_t doubles = 0;
    for (size_t g = 0; g < COUNT(groups); g++) {
        if (groups[g].flag && !(flags & groups[g].flag)) continue;
        for (size_t i = 0; i < groups[g].count; i++) {
            const part *q = &groups[g].parts[i];
            if (q->want == ALWAYS || (provided & q->want)) doubles += q->count;
        }
    }
    return HEAD_BYTES + 8 * doubles + FEMD_RESPONSE_WORK_BYTES;
}

static uint32_t flags_of(const femd_response *r) {
    return (r->sampled ? FLAG_SAMPLED : 0) |
           (r->dJdp != 0 || femd_voigt_any(r->dJdC) || femd_voigt_any(r->dSdp) ? FLAG_PRESSURE : 0) |
           (r->checked ? FLAG_CHECK : 0) | (femd_voigt_any(r->k_electronic) ? FLAG_ELECTRONS : 0) |
           (r->notes & (uint32_t)FEMD_NOTE_ALL) << NOTES_SHIFT;
}

size_t femd_response_bytes(const femd_response *r) {
    return bytes_of(r->provided, flags_of(r));
}

size_t femd_response_encode(const femd_response *r, uint8_t *p) {
    uint32_t flags = flags_of(r);
    femd_put32(p + AT_STATUS, (uint32_t)r->status);
    femd_put32(p + AT_PROVIDED, r->provided);
    femd_put32(p + AT_ENGINE, r->engine);
    femd_put32(p + AT_FLAGS, flags);
    memcpy(p + AT_STATE, r->state_out.b, 32);
    memcpy(p + AT_E, r->E, sizeof r->E);
    memcpy(p + AT_S, r->S, sizeof r->S);
    femd_putf64(p + AT_J, r->J);
    femd_putf64(p + AT_HILL_MANDEL, r->hill_mandel);
    uint8_t *q = p + HEAD_BYTES;
    for (size_t g = 0; g < COUNT(groups); g++) {
        if (groups[g].flag && !(flags & groups[g].flag)) continue;
        for (size_t i = 0; i < groups[g].count; i++) {
            const part *t = &groups[g].parts[i];
            if (t->want != ALWAYS && !(r->provided & t->want)) continue;
            memcpy(q, (const char *)r + t->at, 8 * t->count);
            q += 8 * t->count;
        }
    }
    femd_putf64(q, r->work.wall);
    femd_put64(q + 8, r->work.force_evaluations);
    femd_put64(q + 16, r->work.worker);
    femd_put64(q + 24, r->work.fingerprint);
    return (size_t)(q - p) + FEMD_RESPONSE_WORK_BYTES;
}

/* 1 if none of n doubles is NaN or infinite: no exponent is all ones. Integer work without branches, so it vectorises.
 */
static int all_finite(const uint8_t *p, size_t n) {
    const uint64_t exponent = 0x7ff0000000000000u;
    uint64_t bad = 0;
    for (size_t i = 0; i < n; i++) bad |= (femd_get64(p + 8 * i) & exponent) == exponent;
    return !bad;
}

int femd_response_is_finite(const femd_response *r) {
    size_t first = offsetof(femd_response, E), end = offsetof(femd_response, work);
    return all_finite((const uint8_t *)r + first, (end - first) / 8);
}

static femd_status check_head(const uint8_t *p, size_t n, femd_error *err) {
    if (n < HEAD_BYTES + FEMD_RESPONSE_WORK_BYTES)
        return femd_fail(err, FEMD_PROTOCOL, "response: %zu bytes are too few", n);
    uint32_t provided = femd_get32(p + AT_PROVIDED), flags = femd_get32(p + AT_FLAGS);
    int32_t status = (int32_t)femd_get32(p + AT_STATUS);
    if (!femd_status_is_known(status)) return femd_fail(err, FEMD_PROTOCOL, "response: unknown status %d", status);
    if (provided & ~(uint32_t)FEMD_WANT_ALL)
        return femd_fail(err, FEMD_PROTOCOL, "response: unknown wants 0x%x", provided);
    if (flags & ~FLAGS_ALL) return femd_fail(err, FEMD_PROTOCOL, "response: unknown flags 0x%x", flags);
    size_t want = bytes_of(provided, flags);
    if (n != want) return femd_fail(err, FEMD_PROTOCOL, "response: %zu bytes, its head says %zu", n, want);
    return FEMD_OK;
}

femd_status femd_response_decode(const uint8_t *p, size_t n, femd_response *r, femd_error *err) {
    FEMD_TRY(check_head(p, n, err));
    memset(r, 0, sizeof *r);
    uint32_t flags = femd_get32(p + AT_FLAGS);
    r->status = (int32_t)femd_get32(p + AT_STATUS);
    r->provided = femd_get32(p + AT_PROVIDED);
    r->engine = femd_get32(p + AT_ENGINE);
    r->sampled = flags & FLAG_SAMPLED ? 1 : 0;
    r->checked = flags & FLAG_CHECK ? 1 : 0;
    r->notes = flags >> NOTES_SHIFT;
    if (r->status == FEMD_OK && !all_finite(p + AT_E, (n - AT_E - FEMD_RESPONSE_WORK_BYTES) / 8))
        return femd_fail(err, FEMD_PROTOCOL, "response: status OK with a number that is not finite");
    memcpy(r->state_out.b, p + AT_STATE, 32);
    memcpy(r->E, p + AT_E, sizeof r->E);
    memcpy(r->S, p + AT_S, sizeof r->S);
    r->J = femd_getf64(p + AT_J);
    r->hill_mandel = femd_getf64(p + AT_HILL_MANDEL);
    const uint8_t *q = p + HEAD_BYTES;
    for (size_t g = 0; g < COUNT(groups); g++) {
        if (groups[g].flag && !(flags & groups[g].flag)) continue;
        for (size_t i = 0; i < groups[g].count; i++) {
            const part *t = &groups[g].parts[i];
            if (t->want != ALWAYS && !(r->provided & t->want)) continue;
            memcpy((char *)r + t->at, q, 8 * t->count);
            q += 8 * t->count;
        }
    }
    r->work.wall = femd_getf64(q);
    r->work.force_evaluations = femd_get64(q + 8);
    r->work.worker = femd_get64(q + 16);
    r->work.fingerprint = femd_get64(q + 24);
    return FEMD_OK;
}

femd_status femd_response_peek(const uint8_t *p, size_t n, int32_t *status, femd_hash *state_out, femd_error *err) {
    FEMD_TRY(check_head(p, n, err));
    *status = (int32_t)femd_get32(p + AT_STATUS);
    memcpy(state_out->b, p + AT_STATE, 32);
    return FEMD_OK;
}
