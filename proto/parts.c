/* Parts of frames. The header of a part has its number as id and their number as count; its body is the hash of the
 * whole frame, the bytes of the whole, and a piece. All pieces but the last have the same length. */
#include "femd/parts.h"

#include "femd/hash.h"

enum { AT_TOTAL = 32, AT_PIECE = 40, PIECE = FEMD_WIRE_MAX - FEMD_FRAME_HEADER - AT_PIECE };

uint32_t femd_parts_count(size_t size) {
    return size <= FEMD_WIRE_MAX ? 0 : (uint32_t)((size + PIECE - 1) / PIECE);
}

void femd_parts_hash(const void *frame, size_t size, femd_hash *hash) {
    femd_hash_domain("parts", frame, size, hash);
}

femd_status femd_part_encode(femd_buffer *out, const void *frame, size_t size, const femd_hash *hash, uint32_t index,
                             femd_error *err) {
    const size_t from = (size_t)index * PIECE, piece = size - from < PIECE ? size - from : PIECE;
    uint8_t total[8];
    femd_put64(total, size);
    FEMD_TRY(femd_frame_begin(out, FEMD_MSG_PART, index, err));
    FEMD_TRY(femd_buffer_append(out, hash->b, sizeof hash->b, err));
    FEMD_TRY(femd_buffer_append(out, total, sizeof total, err));
    FEMD_TRY(femd_buffer_append(out, (const uint8_t *)frame + from, piece, err));
    femd_frame_finish(out, femd_parts_count(size));
    return FEMD_OK;
}

uint64_t femd_parts_announced(const femd_frame *part) {
    if (part->type != FEMD_MSG_PART || part->id != 0 || part->body.size < AT_PIECE) return 0;
    return femd_get64((const uint8_t *)part->body.data + AT_TOTAL);
}

void femd_parts_clear(femd_parts *parts) {
    femd_buffer_clear(&parts->whole);
    memset(parts, 0, sizeof *parts);
}

static femd_status parts_begin(femd_parts *parts, const femd_frame *part, uint64_t most, femd_error *err) {
    const uint8_t *body = part->body.data;
    parts->whole.size = 0;
    memcpy(parts->hash.b, body, sizeof parts->hash.b);
    parts->total = femd_get64(body + AT_TOTAL);
    parts->count = part->count;
    parts->next = 0;
    if (parts->total > most)
        return femd_fail(err, FEMD_LIMIT, "a message of %llu bytes in %u parts, the limit is %llu bytes",
                         (unsigned long long)parts->total, part->count, (unsigned long long)most);
    if (parts->count == 0 || (parts->total && parts->count != femd_parts_count(parts->total)))
        return femd_fail(err, FEMD_PROTOCOL, "PART: %u parts do not make %llu bytes", part->count,
                         (unsigned long long)parts->total);
    return FEMD_OK;
}

static femd_status parts_add(femd_parts *parts, const femd_frame *part, uint64_t most, femd_error *err) {
    const femd_bytes piece = {(const uint8_t *)part->body.data + AT_PIECE, part->body.size - AT_PIECE};
    const int last = part->id == parts->count - 1;
    const uint64_t whole = parts->whole.size + piece.size;
    if (parts->total && (last ? whole != parts->total : piece.size != PIECE))
        return femd_fail(err, FEMD_PROTOCOL, "PART %llu of %u has %zu bytes", (unsigned long long)part->id,
                         parts->count, piece.size);
    if (whole > most) return femd_fail(err, FEMD_LIMIT, "a message of more than %llu bytes", (unsigned long long)most);
    return femd_buffer_append(&parts->whole, piece.data, piece.size, err);
}

static int parts_follows(const femd_parts *parts, const femd_frame *part) {
    const uint8_t *body = part->body.data;
    return part->id == parts->next && part->count == parts->count && part->id < part->count &&
           femd_get64(body + AT_TOTAL) == parts->total && memcmp(body, parts->hash.b, sizeof parts->hash.b) == 0;
}

static femd_status parts_end(const femd_parts *parts, femd_error *err) {
    femd_hash hash;
    if (femd_hash_is_zero(&parts->hash) && !parts->total) return FEMD_OK; /* it says nothing of itself */
    femd_parts_hash(parts->whole.data, parts->whole.size, &hash);
    if (femd_hash_equal(&hash, &parts->hash)) return FEMD_OK;
    return femd_fail(err, FEMD_PROTOCOL, "the parts of a message do not make what they were cut from");
}

static femd_status parts_put(femd_parts *parts, const femd_frame *part, uint64_t most, int *whole, femd_error *err) {
    if (part->body.size < AT_PIECE)
        return femd_fail(err, FEMD_PROTOCOL, "PART: %zu bytes are less than its head", part->body.size);
    if (part->id == 0) FEMD_TRY(parts_begin(parts, part, most, err));
    if (!parts_follows(parts, part))
        return femd_fail(err, FEMD_PROTOCOL, "PART %llu of %u does not follow the parts before it",
                         (unsigned long long)part->id, part->count);
    FEMD_TRY(parts_add(parts, part, most, err));
    parts->next++;
    *whole = parts->next == parts->count;
    return *whole ? parts_end(parts, err) : FEMD_OK;
}

femd_status femd_parts_take(femd_parts *parts, const femd_frame *part, uint64_t most, int *whole, femd_error *err) {
    *whole = 0;
    if (parts->count && parts->next == parts->count) femd_parts_clear(parts);
    const femd_status rc = parts_put(parts, part, most, whole, err);
    if (rc == FEMD_OK) return FEMD_OK;
    *whole = 0;
    femd_parts_clear(parts);
    return rc;
}
