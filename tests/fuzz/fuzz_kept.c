/* Any bytes as an evaluation that was kept: refused with words, or whole and the same when written again. The first
 * byte says whether the checksum is made to fit, so that what is behind it is reached too. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "femd/hash.h"
#include "kept.h"
#include "reads.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

const char *const fuzz_kinds[] = {"a whole evaluation, its checksum as it is", "one with its checksum made to fit",
                                  "one that is sound", NULL};
enum { AS_IT_IS, FITTED, SOUND };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1 || size > 1 << 16) return 0;
    const size_t n = size - 1;
    uint8_t *exact = malloc(n ? n : 1); /* its end is the end of what may be read */
    femd_error err = FEMD_ERROR_INIT;
    femd_buffer again = FEMD_BUFFER_INIT;
    femd_kept kept;
    if (!exact) return 0;
    memcpy(exact, data + 1, n);
    if (data[0] % 4 && n > 16) {
        femd_hash sum;
        const size_t head = exact[3] == '4' ? 280 : 256;
        if (data[0] % 4 > 1) femd_put32(exact + 12, (uint32_t)(n - head - 8)); /* and the length */
        femd_hash_domain("kept", exact, n - 8, &sum);
        memcpy(exact + n - 8, sum.b, 8);
    }
    if (kept_decode(exact, n, &kept, &err) != FEMD_OK) {
        if (err.code != FEMD_BAD_INPUT || !err.text[0]) abort();
    } else {
        if (kept_encode(&kept, &again, NULL) != FEMD_OK || again.size != n) abort();
        fuzz_read(data[0] % 4 ? FITTED : AS_IT_IS);
        const femd_status sound = kept_check(&kept, &err);
        if (sound == FEMD_OK) fuzz_read(SOUND);
        if (sound != FEMD_OK && (err.code != FEMD_BAD_INPUT || !err.text[0])) abort();
    }
    femd_buffer_clear(&again);
    free(exact);
    return 0;
}
