/* The bytes of one response: a fixed head with the set of quantities that it holds, how many numbers each has, the
 * numbers, each with or without its standard errors, and the cost as a tail of fixed size. Which quantities there are
 * is the list of femd/quantities.h, each line of which makes an entry here. Layout: proto/README.md, "Response". */
#include <stddef.h>

#include "femd/evaluate.h"
#include "utf8.h"

/* Offsets into the head. */
enum { AT_STATUS = 0, AT_ENGINE = 4, AT_FLAGS = 8, AT_NOTES = 12, AT_STATE = 16, AT_HELD = 48, AT_ERRORS = 56 };
enum { HEAD_BYTES = FEMD_RESPONSE_HEAD_BYTES };
enum { FLAG_SAMPLED = 1u << 0, FLAG_WORDS = 1u << 1 };

/* Copies of a length that the compiler knows cost no call. */
static inline void response_copy(void *to, const void *from, size_t n) {
    switch (n) {
    case 1: memcpy(to, from, 8); break;
    case 6: memcpy(to, from, 48); break;
    case 36: memcpy(to, from, 288); break;
    default: memcpy(to, from, 8 * n);
    }
}

static int response_any(const double *v, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (v[i] != 0) return 1;
    return 0;
}

/* One line of the list, as far as the wire needs it; at the place of its bit. */
typedef struct entry {
    uint16_t value, error; /* places in femd_response in words; error 0: it has none */
    uint8_t numbers;       /* 0: no quantity has this bit */
    uint8_t checked;
} entry;
static const entry entries[64] = {
#define RESPONSE_ENTRY(name, bit, held, want, member, key, shape, error_, ...)                                         \
    [bit] = {.value = offsetof(femd_response, member) / 8,                                                             \
             .error = 0 FEMD_IF_SAMPLED_##error_(+offsetof(femd_response, member##_err) / 8),                          \
             .numbers = FEMD_NUMBERS_##shape,                                                                          \
             .checked = FEMD_HELD_##held == FEMD_HELD_CHECKED},
    FEMD_QUANTITY_LIST(RESPONSE_ENTRY)
#undef RESPONSE_ENTRY
};

static inline double *response_at(femd_response *r, size_t word) {
    return (double *)(void *)r + word;
}
static inline const double *response_of(const femd_response *r, size_t word) {
    return (const double *)(const void *)r + word;
}

/* ---- what a response holds ---- */

/* Whether an error goes along: if something was sampled and it is not zero. error: NULL if there is none. */
static inline int response_has_error(const femd_response *r, int checked, const double *error, size_t n) {
    return error && (r->sampled || checked) && response_any(error, n);
}

/* Inline, so that nothing is left to decide where the line of the list is known. */
static inline int response_is_held(const femd_response *r, femd_held held, unsigned bit, const double *v,
                                   const double *error, size_t n) {
    switch (held) {
    case FEMD_HELD_WANTED: return r->provided >> (bit & 31) & 1;
    case FEMD_HELD_ALWAYS: return 1;
    case FEMD_HELD_CHECKED: return r->checked != 0;
    case FEMD_HELD_PRESSURE: return r->dJdp != 0 || response_any(r->dJdC, 6) || response_any(r->dSdp, 6);
    case FEMD_HELD_NONZERO: return response_any(v, n) || response_has_error(r, 0, error, n);
    case FEMD_HELD_VISCOUS: return (r->provided & FEMD_WANT_VISCOSITY) != 0;
    case FEMD_HELD_CHEMICAL: return (r->provided & FEMD_WANT_MU) != 0;
    case FEMD_HELD_COMPOSED: return (r->provided & FEMD_WANT_COMPOSITION) != 0;
    case FEMD_HELDS: break;
    }
    return 0;
}

int femd_response_holds(const femd_response *r, const femd_quantity *q) {
    const double *error = q->sampled ? femd_response_error(r, q) : NULL;
    return response_is_held(r, q->held, q->bit, femd_response_value(r, q), error, q->numbers);
}

/* Sets of bits, and what follows from them. */
typedef struct contents {
    uint64_t held, errors;
    size_t quantities, numbers; /* in held; all of them with their errors */
} contents;

static inline void response_count(contents *c, const femd_response *r, femd_held held, unsigned bit, const entry *e) {
    const double *const own = e->error ? response_of(r, e->error) : NULL;
    if (!response_is_held(r, held, bit, response_of(r, e->value), own, e->numbers)) return;
    const int error = response_has_error(r, e->checked, own, e->numbers);
    c->held |= (uint64_t)1 << bit;
    c->errors |= (uint64_t)error << bit;
    c->quantities++;
    c->numbers += (size_t)e->numbers << error;
}

static contents response_contents_of(const femd_response *r) {
    contents c = {0};
#define RESPONSE_COUNT(name, bit, held, ...) response_count(&c, r, FEMD_HELD_##held, bit, &entries[bit]);
    FEMD_QUANTITY_LIST(RESPONSE_COUNT)
#undef RESPONSE_COUNT
    return c;
}

/* The lengths are one byte each, filled up with zeros to whole words. */
static size_t response_padded(size_t quantities) {
    return (quantities + 7) / 8 * 8;
}

static size_t response_bytes_of(const contents *c) {
    return HEAD_BYTES + response_padded(c->quantities) + 8 * c->numbers + FEMD_RESPONSE_WORK_BYTES;
}

size_t femd_response_bytes(const femd_response *r) {
    const contents c = response_contents_of(r);
    return response_bytes_of(&c);
}

/* ---- encode ---- */

static uint8_t *response_put_numbers(uint8_t *p, const double *v, size_t n) {
    response_copy(p, v, n);
    return p + 8 * n;
}

static void response_put_head(const femd_response *r, const contents *c, uint8_t *p) {
    femd_put32(p + AT_STATUS, (uint32_t)r->status);
    femd_put32(p + AT_ENGINE, r->engine);
    femd_put32(p + AT_FLAGS, r->sampled ? FLAG_SAMPLED : 0);
    femd_put32(p + AT_NOTES, r->notes & (uint32_t)FEMD_NOTE_ALL);
    memcpy(p + AT_STATE, r->state_out.b, 32);
    femd_put64(p + AT_HELD, c->held);
    femd_put64(p + AT_ERRORS, c->errors);
}

static void response_put_work(const femd_work *work, uint8_t *p) {
    femd_putf64(p, work->wall);
    femd_put64(p + 8, work->force_evaluations);
    femd_put64(p + 16, work->worker);
    femd_put64(p + 24, work->fingerprint);
}

size_t femd_response_encode(const femd_response *r, uint8_t *p) {
    const contents c = response_contents_of(r);
    uint8_t *length = p + HEAD_BYTES, *at = length + response_padded(c.quantities);
    response_put_head(r, &c, p);
    memset(length, 0, response_padded(c.quantities));
    for (uint64_t left = c.held; left; left &= left - 1) {
        const unsigned bit = (unsigned)__builtin_ctzll(left);
        const entry *e = &entries[bit];
        *length++ = e->numbers;
        at = response_put_numbers(at, response_of(r, e->value), e->numbers);
        if (c.errors >> bit & 1) at = response_put_numbers(at, response_of(r, e->error), e->numbers);
    }
    response_put_work(&r->work, at);
    return response_bytes_of(&c);
}

/* ---- words ---- */

enum { WORDS_HEAD = 4 };

static size_t response_words_bytes(size_t length) {
    return (WORDS_HEAD + length + 7) / 8 * 8;
}

/* As many bytes of a text as whole characters up to a bound; 0 where it is none, or has control characters. */
static size_t response_text_length(const char *text, size_t size) {
    const unsigned char *s = (const unsigned char *)text;
    size_t length = 0;
    while (length < size) {
        const size_t one = femd_utf8_length(s + length, size - length);
        if (one == 0 || s[length] < ' ' || s[length] == 0x7f) return 0;
        if (length + one > FEMD_RESPONSE_WORDS_MAX) break;
        length += one;
    }
    return length;
}

size_t femd_response_encode_words(const femd_response *r, const char *words, uint8_t *p) {
    size_t n = femd_response_encode(r, p);
    const size_t length = words && r->status != FEMD_OK ? response_text_length(words, strlen(words)) : 0;
    if (!length) return n;
    uint8_t *block = p + n - FEMD_RESPONSE_WORK_BYTES;
    femd_put32(p + AT_FLAGS, femd_get32(p + AT_FLAGS) | FLAG_WORDS);
    memset(block, 0, response_words_bytes(length));
    femd_put32(block, (uint32_t)length);
    memcpy(block + WORDS_HEAD, words, length);
    response_put_work(&r->work, block + response_words_bytes(length));
    return n + response_words_bytes(length);
}

/* The block of words in front of the work: its bytes. rest: what of the response is behind the numbers. */
static femd_status response_read_words(const uint8_t *block, size_t rest, int32_t status, size_t *bytes,
                                       femd_error *err) {
    if (rest < WORDS_HEAD + FEMD_RESPONSE_WORK_BYTES)
        return femd_fail(err, FEMD_PROTOCOL, "response: %zu bytes are too few for its words", rest);
    const size_t length = femd_get32(block);
    *bytes = length <= FEMD_RESPONSE_WORDS_MAX ? response_words_bytes(length) : 0;
    if (status == FEMD_OK || length == 0 || !*bytes || *bytes + FEMD_RESPONSE_WORK_BYTES != rest ||
        response_text_length((const char *)block + WORDS_HEAD, length) != length)
        return femd_fail(err, FEMD_PROTOCOL, "response: words that are none");
    for (const uint8_t *pad = block + WORDS_HEAD + length; pad < block + *bytes; pad++)
        if (*pad) return femd_fail(err, FEMD_PROTOCOL, "response: reserved bytes are not zero");
    return FEMD_OK;
}

femd_bytes femd_response_words(const uint8_t *p, size_t n) {
    if (n < HEAD_BYTES + FEMD_RESPONSE_WORK_BYTES || !(femd_get32(p + AT_FLAGS) & FLAG_WORDS))
        return (femd_bytes){NULL, 0};
    const uint8_t *length = p + HEAD_BYTES, *block;
    const uint64_t held = femd_get64(p + AT_HELD), errors = femd_get64(p + AT_ERRORS);
    size_t numbers = 0;
    for (uint64_t left = held; left; left &= left - 1)
        numbers += (size_t)*length++ << (errors >> __builtin_ctzll(left) & 1);
    block = p + HEAD_BYTES + response_padded((size_t)__builtin_popcountll(held)) + 8 * numbers;
    return (femd_bytes){block + WORDS_HEAD, femd_get32(block)};
}

/* ---- decode ---- */

/* 1 if none of n doubles is NaN or infinite: no exponent is all ones. Integer work without branches, so it vectorises.
 */
static int response_all_finite(const uint8_t *p, size_t n) {
    const uint64_t exponent = 0x7ff0000000000000u;
    uint64_t bad = 0;
    for (size_t i = 0; i < n; i++) bad |= (femd_get64(p + 8 * i) & exponent) == exponent;
    return !bad;
}

int femd_response_is_finite(const femd_response *r) {
    for (size_t i = 0; i < FEMD_QUANTITIES; i++) {
        const femd_quantity *q = femd_quantity_at(i);
        if (!response_all_finite((const uint8_t *)r + q->value, q->numbers)) return 0;
        if (q->sampled && !response_all_finite((const uint8_t *)r + q->error, q->numbers)) return 0;
    }
    return 1;
}

/* The lengths behind the head. Quantities of the list have the length it says; others are of whom knows them. */
static femd_status response_read_lengths(const uint8_t *p, size_t n, contents *c, femd_error *err) {
    const uint8_t *length = p + HEAD_BYTES;
    c->quantities = (size_t)__builtin_popcountll(c->held);
    if (n < response_bytes_of(c)) return femd_fail(err, FEMD_PROTOCOL, "response: %zu bytes are too few", n);
    for (uint64_t left = c->held; left; left &= left - 1, length++) {
        const unsigned bit = (unsigned)__builtin_ctzll(left), error = c->errors >> bit & 1;
        const entry *e = &entries[bit];
        if (*length == 0 || (e->numbers && *length != e->numbers))
            return femd_fail(err, FEMD_PROTOCOL, "response: quantity %u has %u numbers", bit, *length);
        if (e->numbers && error && !e->error)
            return femd_fail(err, FEMD_PROTOCOL, "response: quantity %u has an error, which it cannot have", bit);
        c->numbers += (size_t)*length << error;
    }
    for (; length < p + HEAD_BYTES + response_padded(c->quantities); length++)
        if (*length) return femd_fail(err, FEMD_PROTOCOL, "response: reserved bytes are not zero");
    return FEMD_OK;
}

static femd_status response_check_head(const uint8_t *p, size_t n, contents *c, femd_error *err) {
    if (n < HEAD_BYTES + FEMD_RESPONSE_WORK_BYTES)
        return femd_fail(err, FEMD_PROTOCOL, "response: %zu bytes are too few", n);
    const uint32_t flags = femd_get32(p + AT_FLAGS), notes = femd_get32(p + AT_NOTES);
    const int32_t status = (int32_t)femd_get32(p + AT_STATUS);
    *c = (contents){.held = femd_get64(p + AT_HELD), .errors = femd_get64(p + AT_ERRORS)};
    if (!femd_status_is_known(status)) return femd_fail(err, FEMD_PROTOCOL, "response: unknown status %d", status);
    if (flags & ~(uint32_t)(FLAG_SAMPLED | FLAG_WORDS))
        return femd_fail(err, FEMD_PROTOCOL, "response: unknown flags 0x%x", flags);
    if (notes & ~(uint32_t)FEMD_NOTE_ALL) return femd_fail(err, FEMD_PROTOCOL, "response: unknown notes 0x%x", notes);
    if (c->errors & ~c->held)
        return femd_fail(err, FEMD_PROTOCOL, "response: the error of a quantity that it does not hold");
    FEMD_TRY(response_read_lengths(p, n, c, err));
    size_t words = 0;
    const size_t numbers_end = response_bytes_of(c) - FEMD_RESPONSE_WORK_BYTES;
    if (flags & FLAG_WORDS && n > numbers_end)
        FEMD_TRY(response_read_words(p + numbers_end, n - numbers_end, status, &words, err));
    if (n != response_bytes_of(c) + words)
        return femd_fail(err, FEMD_PROTOCOL, "response: %zu bytes, its head says %zu", n, response_bytes_of(c));
    return FEMD_OK;
}

static void response_get_head(const uint8_t *p, const contents *c, femd_response *r) {
    memset(r, 0, sizeof *r);
    r->status = (int32_t)femd_get32(p + AT_STATUS);
    r->engine = femd_get32(p + AT_ENGINE);
    r->sampled = femd_get32(p + AT_FLAGS) & FLAG_SAMPLED ? 1 : 0;
    r->notes = femd_get32(p + AT_NOTES);
    r->provided = (uint32_t)c->held & (uint32_t)FEMD_WANT_ALL;
    memcpy(r->state_out.b, p + AT_STATE, 32);
}

static void response_get_work(const uint8_t *p, femd_work *work) {
    work->wall = femd_getf64(p);
    work->force_evaluations = femd_get64(p + 8);
    work->worker = femd_get64(p + 16);
    work->fingerprint = femd_get64(p + 24);
}

femd_status femd_response_decode(const uint8_t *p, size_t n, femd_response *r, femd_error *err) {
    contents c;
    FEMD_TRY(response_check_head(p, n, &c, err));
    const uint8_t *length = p + HEAD_BYTES, *at = length + response_padded(c.quantities);
    response_get_head(p, &c, r);
    if (r->status == FEMD_OK && !response_all_finite(at, c.numbers))
        return femd_fail(err, FEMD_PROTOCOL, "response: status OK with a number that is not finite");
    for (uint64_t left = c.held; left; left &= left - 1, length++) {
        const unsigned bit = (unsigned)__builtin_ctzll(left), error = c.errors >> bit & 1;
        const entry *e = &entries[bit];
        const size_t numbers = *length;
        if (e->numbers) response_copy(response_at(r, e->value), at, numbers);
        if (e->checked) r->checked = 1;
        if (e->numbers && error) response_copy(response_at(r, e->error), at + 8 * numbers, numbers);
        at += 8 * numbers << error;
    }
    response_get_work(p + n - FEMD_RESPONSE_WORK_BYTES, &r->work);
    return FEMD_OK;
}

femd_status femd_response_peek(const uint8_t *p, size_t n, int32_t *status, femd_hash *state_out, femd_error *err) {
    contents c;
    FEMD_TRY(response_check_head(p, n, &c, err));
    *status = (int32_t)femd_get32(p + AT_STATUS);
    memcpy(state_out->b, p + AT_STATE, 32);
    return FEMD_OK;
}
