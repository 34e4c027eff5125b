/* Encoded responses, as far as the server looks into them. */
#include "answers.h"

#include <math.h>
#include <string.h>

#include "store.h"

/* What a worker says is checked against what it was asked. */
static femd_status answers_check_asked(const femd_response *response, const femd_request *request, uint32_t engine,
                                       femd_error *err) {
    femd_status rc = femd_response_check_asked(request, response, err);
    if (rc == FEMD_OK && response->status == FEMD_OK && response->engine != engine)
        rc = femd_fail(err, FEMD_PROTOCOL, "it is of engine %u, the material's is %u", response->engine, engine);
    return rc == FEMD_OK ? rc
                         : femd_error_prefix(err, "what it says of point %llu is no answer to what was asked",
                                             (unsigned long long)request->point);
}

femd_status answers_check(const femd_bytes *response, const femd_request *request, uint32_t engine, answers_cost *cost,
                          femd_error *err) {
    femd_response decoded;
    FEMD_TRY(femd_response_decode(response->data, response->size, &decoded, err));
    if (response->size > FEMD_CHUNK_MAX)
        return femd_fail(err, FEMD_PROTOCOL, "a response of %zu bytes", response->size);
    if (request) FEMD_TRY(answers_check_asked(&decoded, request, engine, err));
    cost->wall = isfinite(decoded.work.wall) && decoded.work.wall > 0 ? decoded.work.wall : 0;
    cost->fingerprint = decoded.work.fingerprint;
    return FEMD_OK;
}

/* Of a failure, which holds no quantity, what it is, and not the words for it. */
static int answers_fail_alike(const femd_bytes *one, const femd_bytes *other) {
    femd_response mine, its;
    return femd_response_decode(one->data, one->size, &mine, NULL) == FEMD_OK &&
           femd_response_decode(other->data, other->size, &its, NULL) == FEMD_OK && mine.status != FEMD_OK &&
           mine.status == its.status && mine.engine == its.engine && mine.notes == its.notes &&
           femd_hash_equal(&mine.state_out, &its.state_out);
}

int answers_equal(const femd_bytes *one, const femd_bytes *other) {
    if (femd_response_words(one->data, one->size).size || femd_response_words(other->data, other->size).size)
        return answers_fail_alike(one, other);
    return one->size == other->size && memcmp(one->data, other->data, femd_response_compared_bytes(one->size)) == 0;
}

int answers_is_retried(int status) {
    switch (status) {
    case FEMD_STATE_LOST:
    case FEMD_MATERIAL_LOST:
    case FEMD_DEADLINE:
    case FEMD_ENGINE_DIED:
    case FEMD_CANCELLED:
    case FEMD_NO_MEMORY:
    case FEMD_IO:
    case FEMD_INTERNAL: return 1;
    default: return 0;
    }
}

femd_bytes answers_make(const femd_request *request, femd_status status, const char *words,
                        uint8_t bytes[FEMD_RESPONSE_BYTES_MAX]) {
    femd_response made;
    memset(&made, 0, sizeof made);
    made.status = status;
    made.point = request->point;
    return (femd_bytes){bytes, femd_response_encode_words(&made, words, bytes)};
}
