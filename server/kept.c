/* Evaluations as bytes. */
#include "kept.h"

#include "femd/hash.h"

enum {
    AT_LEVEL = 4,
    AT_INPUTS = 8,
    AT_SIZE = 12,
    AT_FINGERPRINT = 16,
    AT_KEY = 24,
    AT_MATERIAL = 56,
    AT_REQUEST = 88,
    HEAD_BYTES = AT_REQUEST + FEMD_REQUEST_BYTES,
    AUTHORS_BYTES = 24, /* behind the head, where it is known who answered: author, seconder, when */
    SUM_BYTES = 8
};
static const char magic[4] = {'F', 'K', 'A', '3'}, magic_authors[4] = {'F', 'K', 'A', '4'};

static uint64_t kept_sum(const uint8_t *data, size_t size) {
    femd_hash sum;
    femd_hash_domain("kept", data, size, &sum);
    return femd_get64(sum.b);
}

femd_status kept_encode(const femd_kept *kept, femd_buffer *out, femd_error *err) {
    const size_t head = HEAD_BYTES + (kept->author ? AUTHORS_BYTES : 0);
    FEMD_TRY(femd_buffer_reserve(out, head + kept->response.size + SUM_BYTES, err));
    uint8_t *at = out->data + out->size;
    memcpy(at, kept->author ? magic_authors : magic, sizeof magic);
    femd_put32(at + AT_LEVEL, kept->level);
    femd_put32(at + AT_INPUTS, kept->inputs);
    femd_put32(at + AT_SIZE, (uint32_t)kept->response.size);
    femd_put64(at + AT_FINGERPRINT, kept->fingerprint);
    memcpy(at + AT_KEY, kept->key.b, sizeof kept->key.b);
    memcpy(at + AT_MATERIAL, kept->material.b, sizeof kept->material.b);
    femd_request_encode(&kept->request, at + AT_REQUEST);
    if (kept->author) {
        femd_put64(at + HEAD_BYTES, kept->author);
        femd_put64(at + HEAD_BYTES + 8, kept->seconder);
        femd_putf64(at + HEAD_BYTES + 16, kept->when);
    }
    memcpy(at + head, kept->response.data, kept->response.size);
    const size_t size = head + kept->response.size;
    femd_put64(at + size, kept_sum(at, size));
    out->size += size + SUM_BYTES;
    return FEMD_OK;
}

static femd_status kept_read_authors(const uint8_t *at, femd_kept *kept, femd_error *err) {
    kept->author = femd_get64(at);
    kept->seconder = femd_get64(at + 8);
    kept->when = femd_getf64(at + 16);
    if (kept->author && kept->seconder != kept->author && kept->when >= 0 && kept->when < KEPT_WHEN_MOST)
        return FEMD_OK;
    return femd_fail(err, FEMD_BAD_INPUT, "a kept answer is of nobody, or of no time");
}

femd_status kept_split(const void *data, size_t size, femd_kept *kept, femd_error *err) {
    const uint8_t *at = data;
    const int authors = size >= HEAD_BYTES && memcmp(at, magic_authors, sizeof magic_authors) == 0;
    const size_t head = HEAD_BYTES + (authors ? AUTHORS_BYTES : 0);
    if (size < head + SUM_BYTES || (!authors && memcmp(at, magic, sizeof magic) != 0))
        return femd_fail(err, FEMD_BAD_INPUT, "%zu bytes are no kept answer", size);
    if (femd_get32(at + AT_SIZE) != size - head - SUM_BYTES)
        return femd_fail(err, FEMD_BAD_INPUT, "a kept answer of %zu bytes holds a response of %u", size,
                         femd_get32(at + AT_SIZE));
    memset(kept, 0, sizeof *kept);
    if (authors) FEMD_TRY(kept_read_authors(at + HEAD_BYTES, kept, err));
    kept->level = femd_get32(at + AT_LEVEL);
    kept->inputs = femd_get32(at + AT_INPUTS);
    kept->fingerprint = femd_get64(at + AT_FINGERPRINT);
    memcpy(kept->key.b, at + AT_KEY, sizeof kept->key.b);
    memcpy(kept->material.b, at + AT_MATERIAL, sizeof kept->material.b);
    kept->response = (femd_bytes){at + head, size - head - SUM_BYTES};
    if (femd_request_decode(at + AT_REQUEST, &kept->request, err) == FEMD_OK) return FEMD_OK;
    if (err) err->code = FEMD_BAD_INPUT;
    return FEMD_BAD_INPUT;
}

femd_status kept_decode(const void *data, size_t size, femd_kept *kept, femd_error *err) {
    const uint8_t *at = data;
    FEMD_TRY(kept_split(data, size, kept, err));
    if (kept_sum(at, size - SUM_BYTES) == femd_get64(at + size - SUM_BYTES)) return FEMD_OK;
    return femd_fail(err, FEMD_BAD_INPUT, "the checksum of a kept answer does not fit its bytes");
}

femd_status kept_check(const femd_kept *kept, femd_error *err) {
    femd_hash key;
    femd_response response;
    femd_request_key(&kept->material, kept->level, kept->inputs, &kept->request, &key);
    if (!femd_hash_equal(&key, &kept->key))
        return femd_fail(err, FEMD_BAD_INPUT, "the key of a kept answer is not that of its request");
    femd_status rc = femd_response_decode(kept->response.data, kept->response.size, &response, err);
    if (rc == FEMD_OK) rc = femd_response_check_asked(&kept->request, &response, err);
    if (rc == FEMD_OK && response.work.fingerprint != kept->fingerprint)
        rc = femd_fail(err, FEMD_BAD_INPUT, "a kept answer is of another build than its response says");
    if (rc != FEMD_OK && err) err->code = FEMD_BAD_INPUT;
    return rc == FEMD_OK ? FEMD_OK : FEMD_BAD_INPUT;
}

void kept_name(const femd_hash *key, uint64_t fingerprint, uint8_t name[KEPT_NAME_BYTES]) {
    memcpy(name, key->b, sizeof key->b);
    for (int i = 0; i < 8; i++) name[32 + i] = (uint8_t)(fingerprint >> (8 * (7 - i)));
}
