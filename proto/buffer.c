/* The growing byte buffer. Grows by doubling, so a buffer that is used again settles at its working size. */
#include "femd/buffer.h"

#include <stdlib.h>

enum { FIRST_ROOM = 256 };

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "femd's wire format is read in place: a little-endian machine is needed"
#endif

femd_status femd_buffer_reserve(femd_buffer *b, size_t more, femd_error *err) {
    if (more <= b->room - b->size) return FEMD_OK;
    if (more > SIZE_MAX / 2 - b->size)
        return femd_fail(err, FEMD_NO_MEMORY, "a buffer of %zu + %zu bytes is beyond what can be addressed", b->size,
                         more);
    size_t need = b->size + more, room = b->room ? b->room : FIRST_ROOM;
    while (room < need) room *= 2;
    uint8_t *data = realloc(b->data, room);
    if (!data) return femd_fail(err, FEMD_NO_MEMORY, "out of memory: a buffer could not grow to %zu bytes", room);
    b->data = data;
    b->room = room;
    return FEMD_OK;
}

femd_status femd_buffer_append(femd_buffer *b, const void *data, size_t n, femd_error *err) {
    if (!n) return FEMD_OK;
    FEMD_TRY(femd_buffer_reserve(b, n, err));
    memcpy(b->data + b->size, data, n);
    b->size += n;
    return FEMD_OK;
}

void femd_buffer_clear(femd_buffer *b) {
    if (!b) return;
    free(b->data);
    *b = (femd_buffer)FEMD_BUFFER_INIT;
}
