/* A long JSON text as messages of type "part": pieces of it as strings, cut between characters. */
#include <inttypes.h>

#include "femd/json_channel.h"
#include "femd/parts.h"
#include "json_text.h"

enum { HEAD_MAX = 128, PIECE_MAX = FEMD_WIRE_MAX - HEAD_MAX };

/* Bytes that one byte of the text takes in a string. */
static size_t json_parts_width(unsigned char c) {
    return c == '"' || c == '\\' ? 2 : c < 0x20 ? 6 : 1;
}

/* The end of the piece that begins at `from`. */
static size_t json_parts_end(const unsigned char *text, size_t size, size_t from) {
    size_t room = PIECE_MAX, end = from;
    while (end < size && json_parts_width(text[end]) <= room) room -= json_parts_width(text[end++]);
    while (end < size && end > from + 1 && (text[end] & 0xC0) == 0x80) end--;
    return end;
}

uint32_t femd_json_parts_count(const void *text, size_t size) {
    uint32_t count = 0;
    if (size <= FEMD_WIRE_MAX) return 0;
    for (size_t from = 0; from < size; count++) from = json_parts_end(text, size, from);
    return count;
}

static femd_status json_parts_put(const unsigned char *text, size_t size, femd_buffer *out, femd_error *err) {
    FEMD_TRY(femd_buffer_reserve(out, PIECE_MAX + HEAD_MAX, err));
    for (size_t i = 0; i < size;) {
        size_t plain = i;
        while (plain < size && json_parts_width(text[plain]) == 1) plain++;
        FEMD_TRY(femd_buffer_append(out, text + i, plain - i, err));
        if ((i = plain) == size) break;
        if (text[i] < 0x20)
            FEMD_TRY(json_text_raw(out, err, "\\u%04x", text[i++]));
        else
            FEMD_TRY(json_text_raw(out, err, "\\%c", text[i++]));
    }
    return FEMD_OK;
}

femd_status femd_json_part_encode(femd_buffer *out, uint64_t id, const void *text, size_t size, uint32_t index,
                                  uint32_t count, size_t *from, femd_error *err) {
    const unsigned char *bytes = text;
    const size_t end = json_parts_end(bytes, size, *from);
    out->size = 0;
    FEMD_TRY(json_text_raw(
        out, err, "{\"type\":\"part\",\"id\":%" PRIu64 ",\"index\":%" PRIu32 ",\"count\":%" PRIu32 ",\"text\":\"", id,
        index, count));
    FEMD_TRY(json_parts_put(bytes + *from, end - *from, out, err));
    *from = end;
    return json_text_raw(out, err, "\"}");
}
