/* The frame header. Knows no body. */
#include "femd/frame.h"

static const uint8_t magic[4] = {'F', 'E', 'M', 'D'};

femd_status femd_frame_begin(femd_buffer *out, uint16_t type, uint64_t id, femd_error *err) {
    out->size = 0;
    FEMD_TRY(femd_buffer_reserve(out, FEMD_FRAME_HEADER, err));
    uint8_t *p = out->data;
    memcpy(p, magic, 4);
    femd_put16(p + 4, FEMD_PROTOCOL_VERSION);
    femd_put16(p + 6, type);
    femd_put32(p + 8, 0);
    femd_put32(p + 12, 0);
    femd_put64(p + 16, id);
    femd_put64(p + 24, 0);
    out->size = FEMD_FRAME_HEADER;
    return FEMD_OK;
}

void femd_frame_finish(femd_buffer *out, uint32_t count) {
    femd_put32(out->data + 8, count);
    femd_put64(out->data + 24, out->size - FEMD_FRAME_HEADER);
}

femd_status femd_frame_decode(const void *data, size_t size, femd_frame *frame, femd_error *err) {
    const uint8_t *p = data;
    if (size < FEMD_FRAME_HEADER)
        return femd_fail(err, FEMD_PROTOCOL, "a frame of %zu bytes is shorter than its header of %d", size,
                         FEMD_FRAME_HEADER);
    if (memcmp(p, magic, 4) != 0)
        return femd_fail(err, FEMD_PROTOCOL, "not a femd frame: it does not begin with \"FEMD\"");
    unsigned version = femd_get16(p + 4), type = femd_get16(p + 6);
    if (version != FEMD_PROTOCOL_VERSION)
        return femd_fail(err, FEMD_PROTOCOL, "protocol version %u; this femd speaks version %d", version,
                         FEMD_PROTOCOL_VERSION);
    if (femd_message_name(type)[0] == '?') return femd_fail(err, FEMD_PROTOCOL, "unknown message type %u", type);
    uint64_t bytes = femd_get64(p + 24);
    if (bytes != size - FEMD_FRAME_HEADER)
        return femd_fail(err, FEMD_PROTOCOL, "%s: the header says %llu bytes of body, there are %zu",
                         femd_message_name(type), (unsigned long long)bytes, size - FEMD_FRAME_HEADER);
    frame->type = (uint16_t)type;
    frame->count = femd_get32(p + 8);
    frame->flags = femd_get32(p + 12);
    frame->id = femd_get64(p + 16);
    frame->body = (femd_bytes){p + FEMD_FRAME_HEADER, (size_t)bytes};
    return FEMD_OK;
}

const char *femd_message_name(unsigned type) {
    switch (type) {
#define NAME_CASE(name, number, direction, body)                                                                       \
    case number: return #name;
        FEMD_MESSAGE_LIST(NAME_CASE)
#undef NAME_CASE
    default: return "?";
    }
}
