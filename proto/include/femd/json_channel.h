/* The JSON control channel: what a client in any language can say in a few lines, translated to and from the binary
 * frames so that the server handles one form only. Specification in proto/README.md, "The JSON channel".
 *
 * A message whose first byte is '{' is JSON; a binary frame begins with "FEMD". A peer that has spoken JSON is answered
 * in JSON. The translation keeps no memory of earlier messages. */
#ifndef FEMD_JSON_CHANNEL_H
#define FEMD_JSON_CHANNEL_H

#include "femd/evaluate.h"

#define FEMD_JSON_CHANNEL_MAX (64u << 20) /* bytes of one JSON message */

/* 1 if the message is JSON: its first byte is '{'. */
int femd_json_channel_is_json(const void *data, size_t size);
/* JSON message -> the whole binary frame that says the same, in *out (emptied first). What comes out has passed the
 * same checks as a binary peer's frame. PROTOCOL with words if it is malformed, LIMIT if it is too big. */
FEMD_MUST_CHECK femd_status femd_json_channel_to_frame(const void *data, size_t size, femd_buffer *out,
                                                       femd_error *err);
/* Frame to a client -> its JSON text in *out (emptied first; NUL-terminated, the NUL not counted in size). Doubles have
 * 17 digits, so they read back to the same bits. PROTOCOL for a frame that has no JSON form (TASK and other worker
 * traffic), LIMIT with words for states that would make it longer than a JSON message may be. */
FEMD_MUST_CHECK femd_status femd_json_channel_from_frame(const femd_frame *frame, femd_buffer *out, femd_error *err);

/* How many messages of type "part" a JSON text takes; 0: it goes as it is. */
uint32_t femd_json_parts_count(const void *text, size_t size);
/* The part with that index of `count` in *out (emptied first): a piece of the text that begins at *from (0 for the
 * first), which then is where the next begins. */
FEMD_MUST_CHECK femd_status femd_json_part_encode(femd_buffer *out, uint64_t id, const void *text, size_t size,
                                                  uint32_t index, uint32_t count, size_t *from, femd_error *err);

/* Append one response as a JSON object, the form of "result" messages; its keys are those of `femd eval --json`. Words
 * of a failure (femd_response_words; may be empty) stand under "message". */
FEMD_MUST_CHECK femd_status femd_response_json(const femd_response *r, femd_bytes words, femd_buffer *out,
                                               femd_error *err);

#endif
