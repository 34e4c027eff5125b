/* Records of the journal as bytes. */
#include "annals.h"

enum { AT_KIND = 0, AT_RUN = 4, AT_RANK = 8, AT_STEP = 12, AT_NUMBER = 16, AT_HASH = 24, AT_SIZE = 56, AT_ZERO = 60 };

femd_status annal_encode(const femd_annal *annal, femd_buffer *out, femd_error *err) {
    FEMD_TRY(femd_buffer_reserve(out, ANNAL_HEAD + annal->bytes.size, err));
    uint8_t *at = out->data + out->size;
    femd_put32(at + AT_KIND, (uint32_t)annal->kind);
    femd_put32(at + AT_RUN, annal->run);
    femd_put32(at + AT_RANK, annal->rank);
    femd_put32(at + AT_STEP, annal->step);
    femd_put64(at + AT_NUMBER, annal->number);
    memcpy(at + AT_HASH, annal->hash.b, sizeof annal->hash.b);
    femd_put32(at + AT_SIZE, (uint32_t)annal->bytes.size);
    femd_put32(at + AT_ZERO, 0);
    if (annal->bytes.size) memcpy(at + ANNAL_HEAD, annal->bytes.data, annal->bytes.size);
    out->size += ANNAL_HEAD + annal->bytes.size;
    return FEMD_OK;
}

/* How long an entry of the bytes is, 1 where that is anything. */
static size_t annal_entry(femd_annal_kind kind) {
    switch (kind) {
    case ANNAL_COMMIT: return ANNAL_COMMIT_BYTES;
    case ANNAL_POINTS: return ANNAL_POINT_BYTES;
    case ANNAL_USED: return ANNAL_USED_BYTES;
    default: return 1;
    }
}

femd_status annal_decode(const void *data, size_t size, femd_annal *annal, femd_error *err) {
    const uint8_t *at = data;
    if (size < ANNAL_HEAD || femd_get32(at + AT_SIZE) != size - ANNAL_HEAD || femd_get32(at + AT_ZERO) != 0)
        return femd_fail(err, FEMD_BAD_INPUT, "%zu bytes are no record of a journal", size);
    memset(annal, 0, sizeof *annal);
    const uint32_t kind = femd_get32(at + AT_KIND);
    if (kind == 0 || kind >= ANNAL_KINDS)
        return femd_fail(err, FEMD_BAD_INPUT, "a record of a journal is of no kind that is known (%u)", kind);
    annal->kind = (femd_annal_kind)kind;
    annal->run = femd_get32(at + AT_RUN);
    annal->rank = femd_get32(at + AT_RANK);
    annal->step = femd_get32(at + AT_STEP);
    annal->number = femd_get64(at + AT_NUMBER);
    memcpy(annal->hash.b, at + AT_HASH, sizeof annal->hash.b);
    annal->bytes = (femd_bytes){at + ANNAL_HEAD, size - ANNAL_HEAD};
    if (annal->bytes.size % annal_entry(annal->kind))
        return femd_fail(err, FEMD_BAD_INPUT, "a record of a journal ends within an entry");
    return FEMD_OK;
}
