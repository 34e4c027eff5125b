/* The JSON channel, outward: frames for a client as JSON text, written straight into the buffer. Control bodies are
 * JSON already and only gain their "type" and "id". */
#include <inttypes.h>
#include <sodium.h>

#include "femd/json_channel.h"
#include "json_text.h"

/* ---- one response ---- */

static femd_status answer_put_numbers(const char *comma, const femd_quantity *q, const double *v, femd_buffer *out,
                                      femd_error *err) {
    FEMD_TRY(json_text_raw(out, err, "%s\"%s\":", comma, q->key));
    if (q->shape == FEMD_SHAPE_SCALAR) return json_text_number(out, *v, err);
    if (q->shape != FEMD_SHAPE_STIFFNESS) return json_text_numbers(out, v, q->numbers, err);
    for (size_t row = 0; row < 6; row++) {
        FEMD_TRY(json_text_raw(out, err, row ? "," : "["));
        FEMD_TRY(json_text_numbers(out, v + 6 * row, 6, err));
    }
    return json_text_raw(out, err, "]");
}

static femd_status answer_put_values(const femd_response *r, femd_buffer *out, femd_error *err) {
    for (size_t i = 0; i < FEMD_QUANTITIES; i++) {
        const femd_quantity *q = femd_quantity_at(i);
        if (femd_response_holds(r, q)) FEMD_TRY(answer_put_numbers(",", q, femd_response_value(r, q), out, err));
    }
    return FEMD_OK;
}

static femd_status answer_put_errors(const femd_response *r, femd_buffer *out, femd_error *err) {
    const char *comma = "";
    FEMD_TRY(json_text_raw(out, err, ",\"errors\":{"));
    for (size_t i = 0; i < FEMD_QUANTITIES; i++) {
        const femd_quantity *q = femd_quantity_at(i);
        if (!q->sampled || !femd_response_holds(r, q)) continue;
        FEMD_TRY(answer_put_numbers(comma, q, femd_response_error(r, q), out, err));
        comma = ",";
    }
    return json_text_raw(out, err, "}");
}

static femd_status answer_put_wants(uint32_t set, femd_buffer *out, femd_error *err) {
    const char *comma = "";
    FEMD_TRY(json_text_raw(out, err, "["));
    for (size_t i = 0; i < FEMD_QUANTITIES; i++) {
        const femd_quantity *q = femd_quantity_at(i);
        if (!(set & q->want)) continue;
        FEMD_TRY(json_text_raw(out, err, "%s\"%s\"", comma, q->want_key));
        comma = ",";
    }
    return json_text_raw(out, err, "]");
}

static femd_status answer_put_notes(uint32_t set, femd_buffer *out, femd_error *err) {
    const char *comma = "";
    FEMD_TRY(json_text_raw(out, err, ",\"notes\":["));
    for (uint32_t bit = 1; bit; bit <<= 1) {
        if (!(set & bit)) continue;
        FEMD_TRY(json_text_raw(out, err, "%s\"%s\"", comma, femd_note_key(bit)));
        comma = ",";
    }
    return json_text_raw(out, err, "]");
}

/* The words of a failure. They have no control characters. */
static femd_status answer_put_words(femd_bytes words, femd_buffer *out, femd_error *err) {
    const char *text = words.data;
    if (!words.size) return FEMD_OK;
    FEMD_TRY(json_text_raw(out, err, ",\"message\":\""));
    for (size_t i = 0; i < words.size; i++) {
        if (text[i] == '"' || text[i] == '\\') FEMD_TRY(femd_buffer_append(out, "\\", 1, err));
        FEMD_TRY(femd_buffer_append(out, text + i, 1, err));
    }
    return json_text_raw(out, err, "\"");
}

femd_status femd_response_json(const femd_response *r, femd_bytes words, femd_buffer *out, femd_error *err) {
    char state[65];
    femd_hash_text(&r->state_out, state);
    FEMD_TRY(json_text_raw(out, err, "{\"status\":\"%s\"", femd_status_name(r->status)));
    FEMD_TRY(answer_put_words(words, out, err));
    FEMD_TRY(json_text_raw(out, err, ",\"provided\":"));
    FEMD_TRY(answer_put_wants(r->provided, out, err));
    FEMD_TRY(json_text_raw(out, err, ",\"engine\":\"%s\",\"state_out\":\"%s\"", femd_engine_name(r->engine), state));
    FEMD_TRY(answer_put_values(r, out, err));
    FEMD_TRY(answer_put_notes(r->notes, out, err));
    if (r->sampled) FEMD_TRY(answer_put_errors(r, out, err));
    FEMD_TRY(json_text_raw(out, err, ",\"work\":{\"wall_s\":"));
    FEMD_TRY(json_text_number(out, r->work.wall, err));
    return json_text_raw(out, err,
                         ",\"force_evaluations\":%" PRIu64 ",\"worker\":%" PRIu64 ",\"fingerprint\":\"%" PRIu64 "\"}}",
                         r->work.force_evaluations, r->work.worker, r->work.fingerprint);
}

/* ---- bodies ---- */

static femd_status answer_put_nothing(const femd_frame *f, femd_buffer *out, femd_error *err) {
    (void)f, (void)out, (void)err;
    return FEMD_OK;
}

/* The body is an object: its members follow those written so far. Leaves the closing brace to the caller. */
static femd_status answer_put_members(const femd_frame *f, femd_buffer *out, femd_error *err) {
    const char *p = f->body.data, *end = p + f->body.size;
    while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')) p++;
    while (end > p && (end[-1] == ' ' || end[-1] == '\n' || end[-1] == '\r' || end[-1] == '\t')) end--;
    if (end - p < 2 || *p != '{' || end[-1] != '}')
        return femd_fail(err, FEMD_PROTOCOL, "%s: the body is not a JSON object", femd_message_name(f->type));
    p++;
    end--;
    int empty = 1;
    for (const char *q = p; q < end && empty; q++) empty = *q == ' ' || *q == '\n' || *q == '\r' || *q == '\t';
    if (empty) return FEMD_OK;
    FEMD_TRY(femd_buffer_append(out, ",", 1, err));
    return femd_buffer_append(out, p, (size_t)(end - p), err);
}

static femd_status answer_put_results(const femd_frame *f, femd_buffer *out, femd_error *err) {
    femd_reader rd;
    femd_result result;
    femd_response r;
    const char *comma = "";
    int got;
    FEMD_TRY(json_text_raw(out, err, ",\"results\":["));
    femd_reader_open(f, &rd);
    while ((got = femd_result_next(&rd, &result, err)) == 1) {
        char key[65];
        femd_hash_text(&result.key, key);
        FEMD_TRY(femd_response_decode(result.response.data, result.response.size, &r, err));
        FEMD_TRY(json_text_raw(out, err, "%s{\"index\":%" PRIu32 ",\"key\":\"%s\",\"reused\":%s,\"response\":", comma,
                               result.index, key, result.flags & FEMD_RESULT_REUSED ? "true" : "false"));
        FEMD_TRY(femd_response_json(&r, femd_response_words(result.response.data, result.response.size), out, err));
        FEMD_TRY(json_text_raw(out, err, "}"));
        comma = ",";
    }
    return got < 0 ? FEMD_PROTOCOL : json_text_raw(out, err, "]");
}

static femd_status answer_put_base64(femd_bytes bytes, femd_buffer *out, femd_error *err) {
    size_t n = sodium_base64_encoded_len(bytes.size, sodium_base64_VARIANT_ORIGINAL);
    FEMD_TRY(femd_buffer_reserve(out, n, err));
    sodium_bin2base64((char *)out->data + out->size, n, bytes.data, bytes.size, sodium_base64_VARIANT_ORIGINAL);
    out->size += n - 1; /* without the NUL */
    return FEMD_OK;
}

static femd_status answer_put_states(const femd_frame *f, femd_buffer *out, femd_error *err) {
    femd_reader rd;
    femd_state_entry s;
    const char *comma = "";
    int got;
    FEMD_TRY(json_text_raw(out, err, ",\"states\":["));
    femd_reader_open(f, &rd);
    while ((got = femd_state_next(&rd, &s, err)) == 1) {
        char hash[65];
        femd_hash_text(&s.hash, hash);
        if (out->size + sodium_base64_encoded_len(s.blob.size, sodium_base64_VARIANT_ORIGINAL) + sizeof hash + 64 >
            FEMD_JSON_CHANNEL_MAX)
            return femd_fail(err, FEMD_LIMIT,
                             "a state of %zu bytes: a message of the JSON channel has at most %u MiB; a client that "
                             "uses the library can fetch it",
                             s.blob.size, FEMD_JSON_CHANNEL_MAX >> 20);
        FEMD_TRY(json_text_raw(out, err, "%s{\"hash\":\"%s\",\"blob\":\"", comma, hash));
        FEMD_TRY(answer_put_base64(s.blob, out, err));
        FEMD_TRY(json_text_raw(out, err, "\"}"));
        comma = ",";
    }
    return got < 0 ? FEMD_PROTOCOL : json_text_raw(out, err, "]");
}

static femd_status answer_put_pulse(const femd_frame *f, femd_buffer *out, femd_error *err) {
    femd_pulse p;
    FEMD_TRY(femd_pulse_decode(f, &p, err));
    return json_text_raw(out, err,
                         ",\"workers\":%" PRIu32 ",\"busy\":%" PRIu32 ",\"queued\":%" PRIu64 ",\"running\":%" PRIu64,
                         p.workers, p.busy, p.queued, p.running);
}

static const struct {
    uint16_t type;
    const char *word;
    femd_status (*put)(const femd_frame *f, femd_buffer *out, femd_error *err);
} types[] = {
    {FEMD_MSG_WELCOME, "welcome", answer_put_members},
    {FEMD_MSG_REREGISTER, "reregister", answer_put_nothing},
    {FEMD_MSG_ERROR, "error", answer_put_members},
    {FEMD_MSG_GONE, "gone", answer_put_members},
    {FEMD_MSG_BYE, "bye", answer_put_nothing},
    {FEMD_MSG_MATERIAL_READY, "material-ready", answer_put_members},
    {FEMD_MSG_RESULT, "result", answer_put_results},
    {FEMD_MSG_PULSE, "pulse", answer_put_pulse},
    {FEMD_MSG_STATE, "state", answer_put_states},
    {FEMD_MSG_STATE_STORED, "state-stored", answer_put_nothing},
    {FEMD_MSG_COMMITTED, "committed", answer_put_nothing},
    {FEMD_MSG_ABORTED, "aborted", answer_put_nothing},
    {FEMD_MSG_STATUS, "status", answer_put_members},
};

femd_status femd_json_channel_from_frame(const femd_frame *f, femd_buffer *out, femd_error *err) {
    out->size = 0;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (types[i].type != f->type) continue;
        FEMD_TRY(json_text_raw(out, err, "{\"type\":\"%s\",\"id\":%" PRIu64, types[i].word, f->id));
        FEMD_TRY(types[i].put(f, out, err));
        FEMD_TRY(femd_buffer_append(out, "}", 2, err));
        out->size--;
        return FEMD_OK;
    }
    return femd_fail(err, FEMD_PROTOCOL, "%s has no form in JSON", femd_message_name(f->type));
}
