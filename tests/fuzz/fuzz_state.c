/* Any bytes as what an engine keeps of a point, behind a header that fits: refused with words, or a start for an
 * evaluation, which may fail but never reads past the end nor makes an integer of what is none. The first byte picks
 * the material; whoever samples is stopped at the first beat. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/state.h"
#include "micro.h"
#include "reads.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ARGON(method)                                                                                                  \
    "{\"engine\":\"native\"," method                                                                                   \
    "\"reference\":\"as-given\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"5.376 angstrom\",\"species\":[\"Ar\"],"     \
    "\"masses\":[\"39.948 u\"],\"repeat\":[1,1,2]},\"potential\":{\"style\":\"lj\",\"smooth\":\"1 "                    \
    "angstrom\",\"epsilon\":\"0.0103207 eV\","                                                                         \
    "\"sigma\":\"3.405 angstrom\",\"cutoff\":\"5 angstrom\"}}"

enum { MATERIALS = 4 };

static const char *const materials[MATERIALS] = {
    ARGON(""),
    ARGON("\"method\":{\"stress\":\"md\"},"),
    ARGON("\"method\":{\"stress\":\"statics\",\"conductivity\":\"green-kubo\"},\"green-kubo\":{\"segment\":\"170 "
          "ps\",\"stride\":6,\"min_segments\":2,\"max_segments\":2},"),
    ARGON("\"method\":{\"stress\":\"statics\",\"conductivity\":\"nemd\"},\"nemd\":{\"symmetry\":\"isotropic\","
          "\"lengths\":[12,16],\"max_steps\":30000},"),
};

const char *const fuzz_kinds[] = {"a state of statics", "a state of md", "a state of green-kubo", "a state of nemd",
                                  NULL};

static femd_material *material(unsigned k) {
    static femd_material *open[MATERIALS]; /* for all inputs, as a worker keeps them */
    femd_error err = FEMD_ERROR_INIT;
    const femd_pack pack = {.json = materials[k]};
    femd_buffer bytes = FEMD_BUFFER_INIT;
    if (open[k]) return open[k];
    if (femd_pack_encode(&pack, &bytes, &err) != FEMD_OK) abort();
    if (femd_material_open(bytes.data, bytes.size, &open[k], &err) != FEMD_OK) {
        fprintf(stderr, "fuzz_state: %s\n", err.text);
        abort();
    }
    femd_buffer_clear(&bytes);
    return open[k];
}

static int stop(void *user, double fraction) {
    (void)user;
    (void)fraction;
    return 1;
}

/* Whether the state was taken: what does not fit is PROTOCOL. */
static int evaluate(femd_material *m, const femd_bytes *state) {
    const femd_capabilities *caps = femd_material_capabilities(m);
    const femd_request q = {.wants = caps->wants & (FEMD_WANT_STRESS | FEMD_WANT_CONDUCTIVITY),
                            .value = {1e-3},
                            .temperature = 60,
                            .accuracy = 0.1,
                            .seed = 1};
    const femd_beat beat = {NULL, stop};
    femd_response r;
    femd_error err = FEMD_ERROR_INIT;
    femd_buffer out = FEMD_BUFFER_INIT;
    const femd_status rc = femd_material_evaluate(m, &q, state, &beat, &r, &out, &err);
    if (rc != FEMD_OK && !err.text[0]) abort();
    if (rc == FEMD_INTERNAL) abort();
    for (int c = 0; rc == FEMD_OK && c < 6; c++)
        if (!(r.S[c] - r.S[c] == 0)) abort(); /* finite */
    femd_buffer_clear(&out);
    return rc != FEMD_PROTOCOL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2 || size > 1 << 16) return 0;
    femd_material *m = material(data[0] % MATERIALS);
    const femd_capabilities *caps = femd_material_capabilities(m);
    femd_error err = FEMD_ERROR_INIT;
    femd_buffer blob = FEMD_BUFFER_INIT;
    if (femd_state_begin(&blob, &err) != FEMD_OK) abort();
    if (femd_buffer_append(&blob, data + 1, size - 1, &err) != FEMD_OK) abort();
    femd_state_finish(&blob, caps->engine, 1, femd_material_id(m));
    uint8_t *exact = malloc(blob.size); /* its end is the end of what may be read */
    if (!exact) abort();
    memcpy(exact, blob.data, blob.size);
    if (evaluate(m, &(femd_bytes){exact, blob.size})) fuzz_read(data[0] % MATERIALS);
    free(exact);
    femd_buffer_clear(&blob);
    return 0;
}
