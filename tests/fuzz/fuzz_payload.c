/* Any bytes as a request and as a response: refused with words, or read so that what is written again is the same
 * bytes, is called by the same key, and holds no number that it may not hold. The first byte says which. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "femd/evaluate.h"
#include "reads.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

const char *const fuzz_kinds[] = {"two requests", "an answer", "a failure", NULL};
enum { REQUESTS, ANSWER, FAILURE };

static void stop(const char *words) {
    fprintf(stderr, "fuzz_payload: %s\n", words);
    abort();
}

static void check_refusal(femd_status rc, const femd_error *err) {
    if (rc != FEMD_PROTOCOL || err->code != (int)rc || !err->text[0]) stop("a refusal without words");
}

/* What follows of the bytes of a request may name another one: then the keys tell them apart. */
static void request(const uint8_t *data, size_t size) {
    uint8_t bytes[2][FEMD_REQUEST_BYTES] = {{0}}, again[FEMD_REQUEST_BYTES];
    femd_request one[2];
    femd_hash material = {{1}}, key[2];
    femd_error err = FEMD_ERROR_INIT;
    memcpy(bytes, data, size < sizeof bytes ? size : sizeof bytes);
    for (int i = 0; i < 2; i++) {
        const femd_status rc = femd_request_decode(bytes[i], &one[i], &err);
        if (rc != FEMD_OK) {
            check_refusal(rc, &err);
            return;
        }
        femd_request_encode(&one[i], again);
        if (memcmp(again, bytes[i], sizeof again) != 0) stop("a request is written otherwise than it was read");
        one[i].flags |= FEMD_REQUEST_PRIVATE;
        one[i].step = one[i].attempt = one[i].iteration = 0; /* labels */
        femd_request_key(&material, 3, FEMD_INPUT_STATE | FEMD_INPUT_SEED | FEMD_INPUT_CHEMICAL, &one[i], &key[i]);
    }
    fuzz_read(REQUESTS);
    const int differ = one[0].seed != one[1].seed || one[0].point != one[1].point || one[0].wants != one[1].wants ||
                       one[0].value[0] != one[1].value[0] || one[0].delta_mu[2] != one[1].delta_mu[2] ||
                       !femd_hash_equal(&one[0].state_in, &one[1].state_in);
    if (differ && femd_hash_equal(&key[0], &key[1])) stop("two questions with one key");
}

static void response(const uint8_t *data, size_t size) {
    femd_response read, twice;
    femd_error err = FEMD_ERROR_INIT;
    femd_hash state;
    int32_t status;
    const femd_status peeked = femd_response_peek(data, size, &status, &state, &err);
    const femd_status rc = femd_response_decode(data, size, &read, &err);
    if (rc != FEMD_OK) {
        check_refusal(rc, &err);
        return;
    }
    fuzz_read(read.status == FEMD_OK ? ANSWER : FAILURE);
    if (peeked != FEMD_OK || status != read.status || !femd_hash_equal(&state, &read.state_out))
        stop("a peek sees another response");
    if (read.status == FEMD_OK && !femd_response_is_finite(&read)) stop("an answer that is not finite");
    uint8_t *again = malloc(femd_response_bytes(&read));
    if (!again) abort();
    const size_t written = femd_response_encode(&read, again);
    if (written != femd_response_bytes(&read) || written > FEMD_RESPONSE_BYTES_MAX) stop("the size is another");
    if (femd_response_decode(again, written, &twice, &err) != FEMD_OK) stop(err.text);
    if (twice.status != read.status || twice.provided != read.provided || memcmp(twice.S, read.S, sizeof read.S) != 0 ||
        memcmp(&twice.work, &read.work, sizeof read.work) != 0)
        stop("a response is written otherwise than it was read");
    free(again);
    const femd_request asked = {.wants = read.provided, .mask = size & 63, .value = {1e-3}};
    const femd_status fits = femd_response_check_asked(&asked, &read, &err);
    if (fits != FEMD_OK) check_refusal(fits, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1) return 0;
    uint8_t *exact = malloc(size > 1 ? size - 1 : 1); /* its end is the end of what may be read */
    if (!exact) abort();
    memcpy(exact, data + 1, size - 1);
    if (data[0] & 1)
        response(exact, size - 1);
    else
        request(exact, size - 1);
    free(exact);
    return 0;
}
