/* The header of a state blob. Owns its layout and checks; never looks into the body. */
#include "engine/state.h"

#include "femd/hash.h"

static const char MAGIC[8] = {'F', 'E', 'M', 'D', 'S', 'T', 'A', '1'};
enum { AT_ENGINE = 8, AT_VERSION = 12, AT_MATERIAL = 16, AT_LENGTH = 48, AT_CHECKSUM = 56 };

femd_status femd_state_begin(femd_buffer *blob, femd_error *err) {
    FEMD_TRY(femd_buffer_reserve(blob, FEMD_STATE_HEADER, err));
    memset(blob->data + blob->size, 0, FEMD_STATE_HEADER);
    blob->size += FEMD_STATE_HEADER;
    return FEMD_OK;
}

void femd_state_finish(femd_buffer *blob, uint32_t engine, uint32_t version, const femd_hash *material) {
    femd_hash checksum;
    const size_t body = blob->size - FEMD_STATE_HEADER;
    femd_hash_bytes(blob->data + FEMD_STATE_HEADER, body, &checksum);
    memcpy(blob->data, MAGIC, sizeof MAGIC);
    femd_put32(blob->data + AT_ENGINE, engine);
    femd_put32(blob->data + AT_VERSION, version);
    memcpy(blob->data + AT_MATERIAL, material->b, sizeof material->b);
    femd_put64(blob->data + AT_LENGTH, body);
    memcpy(blob->data + AT_CHECKSUM, checksum.b, sizeof checksum.b);
}

void femd_state_maker(const femd_bytes *blob, uint32_t *engine, uint32_t *version) {
    const uint8_t *p = blob->data;
    *engine = femd_get32(p + AT_ENGINE);
    *version = femd_get32(p + AT_VERSION);
}

femd_status femd_state_open(const femd_bytes *blob, const femd_hash *material, femd_bytes *body, femd_error *err) {
    const uint8_t *p = blob->data;
    *body = (femd_bytes){NULL, 0};
    if (blob->size == 0) return FEMD_OK; /* virgin */
    if (blob->size < FEMD_STATE_HEADER || memcmp(p, MAGIC, sizeof MAGIC) != 0)
        return femd_fail(err, FEMD_PROTOCOL, "%zu bytes that are not a femd state", blob->size);
    if (femd_get64(p + AT_LENGTH) != blob->size - FEMD_STATE_HEADER)
        return femd_fail(err, FEMD_PROTOCOL, "a state of %zu bytes names another length", blob->size);
    if (memcmp(p + AT_MATERIAL, material->b, sizeof material->b) != 0) {
        femd_hash id;
        char text[65];
        memcpy(id.b, p + AT_MATERIAL, sizeof id.b);
        femd_hash_text(&id, text);
        return femd_fail(err, FEMD_PROTOCOL, "a state of another material (%.16s...)", text);
    }
    femd_hash checksum;
    femd_hash_bytes(p + FEMD_STATE_HEADER, blob->size - FEMD_STATE_HEADER, &checksum);
    if (memcmp(p + AT_CHECKSUM, checksum.b, sizeof checksum.b) != 0)
        return femd_fail(err, FEMD_PROTOCOL, "a state whose checksum does not fit its bytes");
    *body = (femd_bytes){p + FEMD_STATE_HEADER, blob->size - FEMD_STATE_HEADER};
    return FEMD_OK;
}
