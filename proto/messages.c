/* The bodies made of entries: EVALUATE, TASK, ANSWER, RESULT, STATE, STATE_GET, DROP, STARTED, COMMIT, and the small
 * fixed ones, PULSE and BEAT. Every length is checked before it is used; nothing is allocated while reading. */
#include <math.h>

#include "femd/evaluate.h"

enum {
    HASH_BYTES = 32,
    ANSWER_HEAD = 48,
    RESULT_HEAD = 48,
    STATE_HEAD = 40,
    COMMIT_HEAD = 8,
    COMMIT_ENTRY = 40,
    PULSE_BYTES = 24,
    BEAT_BYTES = 16,
    TASK_HEAD = 40
};

/* ---- reading ---- */

static femd_status messages_expect_type(const femd_frame *f, unsigned type, femd_error *err) {
    if (f->type == type) return FEMD_OK;
    return femd_fail(err, FEMD_PROTOCOL, "a %s frame where %s was expected", femd_message_name(f->type),
                     femd_message_name(type));
}

/* 1 if an entry of at least `bytes` follows, 0 at the end, -1 if the body is cut off or too long. */
static int messages_more(const femd_reader *rd, size_t bytes, femd_error *err) {
    size_t rest = (size_t)(rd->end - rd->p);
    if (rd->left == 0) {
        if (rest == 0) return 0;
        femd_fail(err, FEMD_PROTOCOL, "%zu bytes follow the last entry", rest);
        return -1;
    }
    if (rest >= bytes) return 1;
    femd_fail(err, FEMD_PROTOCOL, "the body ends %u entries too early", rd->left);
    return -1;
}

static void messages_advance(femd_reader *rd, size_t bytes) {
    rd->p += bytes;
    rd->left--;
}

void femd_reader_open(const femd_frame *f, femd_reader *rd) {
    rd->p = f->body.data;
    rd->end = rd->p + f->body.size;
    rd->left = f->count;
}

static femd_status messages_check_batch(const femd_frame *f, size_t head, size_t entry, femd_error *err) {
    if (f->count > FEMD_BATCH_MAX)
        return femd_fail(err, FEMD_LIMIT, "%s: %u points in one message, the limit is %u", femd_message_name(f->type),
                         f->count, FEMD_BATCH_MAX);
    if (f->body.size != head + (size_t)f->count * entry)
        return femd_fail(err, FEMD_PROTOCOL, "%s: %zu bytes do not fit %u entries", femd_message_name(f->type),
                         f->body.size, f->count);
    return FEMD_OK;
}

femd_status femd_evaluate_open(const femd_frame *f, femd_hash *material, femd_reader *rd, femd_error *err) {
    FEMD_TRY(messages_expect_type(f, FEMD_MSG_EVALUATE, err));
    FEMD_TRY(messages_check_batch(f, HASH_BYTES, FEMD_REQUEST_BYTES, err));
    femd_reader_open(f, rd);
    memcpy(material->b, rd->p, HASH_BYTES);
    rd->p += HASH_BYTES;
    return FEMD_OK;
}

int femd_evaluate_next(femd_reader *rd, femd_request *r, femd_error *err) {
    int got = messages_more(rd, FEMD_REQUEST_BYTES, err);
    if (got != 1) return got;
    if (femd_request_decode(rd->p, r, err) != FEMD_OK) return -1;
    messages_advance(rd, FEMD_REQUEST_BYTES);
    return 1;
}

femd_status femd_task_open(const femd_frame *f, femd_hash *material, femd_reader *states, femd_reader *tasks,
                           femd_error *err) {
    FEMD_TRY(messages_expect_type(f, FEMD_MSG_TASK, err));
    if (f->body.size < TASK_HEAD) return femd_fail(err, FEMD_PROTOCOL, "TASK: %zu bytes are too few", f->body.size);
    const uint8_t *p = f->body.data, *end = p + f->body.size;
    memcpy(material->b, p, HASH_BYTES);
    uint32_t nstates = femd_get32(p + HASH_BYTES);
    p += TASK_HEAD;
    states->p = p;
    states->left = nstates;
    for (uint32_t i = 0; i < nstates; i++) {
        if ((size_t)(end - p) < STATE_HEAD) return femd_fail(err, FEMD_PROTOCOL, "TASK: the states are cut off");
        uint64_t size = femd_get64(p + HASH_BYTES);
        p += STATE_HEAD;
        if (size > (size_t)(end - p)) return femd_fail(err, FEMD_PROTOCOL, "TASK: a state is cut off");
        p += size;
    }
    states->end = p;
    FEMD_TRY(messages_check_batch(f, (size_t)(p - (const uint8_t *)f->body.data), FEMD_TASK_BYTES, err));
    *tasks = (femd_reader){p, end, f->count};
    return FEMD_OK;
}

int femd_task_next(femd_reader *rd, femd_task *t, femd_error *err) {
    int got = messages_more(rd, FEMD_TASK_BYTES, err);
    if (got != 1) return got;
    t->id = femd_get64(rd->p);
    t->deadline = femd_getf64(rd->p + 8);
    if (!(t->deadline >= 0) || !isfinite(t->deadline)) {
        femd_fail(err, FEMD_PROTOCOL, "TASK: the deadline is not a time");
        return -1;
    }
    memcpy(t->key.b, rd->p + 16, HASH_BYTES);
    if (femd_request_decode(rd->p + 48, &t->request, err) != FEMD_OK) return -1;
    messages_advance(rd, FEMD_TASK_BYTES);
    return 1;
}

/* The encoded response behind a head whose last 8 bytes are its length (u32) and zero (u32). */
static int messages_response_behind(const femd_reader *rd, size_t head, femd_bytes *response, femd_error *err) {
    uint32_t n = femd_get32(rd->p + head - 8);
    if (n > (size_t)(rd->end - rd->p) - head || femd_get32(rd->p + head - 4) != 0) {
        femd_fail(err, FEMD_PROTOCOL, "a response of %u bytes is cut off or its head is damaged", n);
        return -1;
    }
    *response = (femd_bytes){rd->p + head, n};
    return 1;
}

int femd_answer_next(femd_reader *rd, femd_answer *a, femd_error *err) {
    int got = messages_more(rd, ANSWER_HEAD, err);
    if (got != 1) return got;
    if (messages_response_behind(rd, ANSWER_HEAD, &a->response, err) != 1) return -1;
    if (femd_response_peek(a->response.data, a->response.size, &a->status, &a->state_out, err) != FEMD_OK) return -1;
    a->task = femd_get64(rd->p);
    memcpy(a->key.b, rd->p + 8, HASH_BYTES);
    messages_advance(rd, ANSWER_HEAD + a->response.size);
    return 1;
}

int femd_result_next(femd_reader *rd, femd_result *r, femd_error *err) {
    int got = messages_more(rd, RESULT_HEAD, err);
    if (got != 1) return got;
    if (messages_response_behind(rd, RESULT_HEAD, &r->response, err) != 1) return -1;
    r->index = femd_get32(rd->p);
    r->flags = femd_get32(rd->p + 4);
    memcpy(r->key.b, rd->p + 8, HASH_BYTES);
    if (r->flags & ~(uint32_t)FEMD_RESULT_REUSED) {
        femd_fail(err, FEMD_PROTOCOL, "RESULT: unknown flags 0x%x", r->flags);
        return -1;
    }
    messages_advance(rd, RESULT_HEAD + r->response.size);
    return 1;
}

int femd_state_next(femd_reader *rd, femd_state_entry *s, femd_error *err) {
    int got = messages_more(rd, STATE_HEAD, err);
    if (got != 1) return got;
    uint64_t size = femd_get64(rd->p + HASH_BYTES);
    if (size > (size_t)(rd->end - rd->p) - STATE_HEAD) {
        femd_fail(err, FEMD_PROTOCOL, "a state is cut off");
        return -1;
    }
    memcpy(s->hash.b, rd->p, HASH_BYTES);
    s->blob = (femd_bytes){rd->p + STATE_HEAD, (size_t)size};
    messages_advance(rd, STATE_HEAD + (size_t)size);
    return 1;
}

int femd_hash_next(femd_reader *rd, femd_hash *h, femd_error *err) {
    int got = messages_more(rd, HASH_BYTES, err);
    if (got != 1) return got;
    memcpy(h->b, rd->p, HASH_BYTES);
    messages_advance(rd, HASH_BYTES);
    return 1;
}

int femd_u64_next(femd_reader *rd, uint64_t *v, femd_error *err) {
    int got = messages_more(rd, 8, err);
    if (got != 1) return got;
    *v = femd_get64(rd->p);
    messages_advance(rd, 8);
    return 1;
}

femd_status femd_commit_open(const femd_frame *f, uint32_t *step, femd_reader *rd, femd_error *err) {
    FEMD_TRY(messages_expect_type(f, FEMD_MSG_COMMIT, err));
    if (f->body.size != COMMIT_HEAD + (uint64_t)f->count * COMMIT_ENTRY)
        return femd_fail(err, FEMD_PROTOCOL, "COMMIT: %zu bytes do not fit %u entries", f->body.size, f->count);
    femd_reader_open(f, rd);
    *step = femd_get32(rd->p);
    rd->p += COMMIT_HEAD;
    return FEMD_OK;
}

int femd_commit_next(femd_reader *rd, femd_commit_entry *e, femd_error *err) {
    int got = messages_more(rd, COMMIT_ENTRY, err);
    if (got != 1) return got;
    e->point = femd_get64(rd->p);
    memcpy(e->state.b, rd->p + 8, HASH_BYTES);
    messages_advance(rd, COMMIT_ENTRY);
    return 1;
}

femd_status femd_pulse_decode(const femd_frame *f, femd_pulse *p, femd_error *err) {
    FEMD_TRY(messages_expect_type(f, FEMD_MSG_PULSE, err));
    if (f->body.size != PULSE_BYTES)
        return femd_fail(err, FEMD_PROTOCOL, "PULSE: %zu bytes instead of %d", f->body.size, PULSE_BYTES);
    const uint8_t *b = f->body.data;
    *p = (femd_pulse){femd_get32(b), femd_get32(b + 4), femd_get64(b + 8), femd_get64(b + 16)};
    return FEMD_OK;
}

femd_status femd_beat_decode(const femd_frame *f, uint64_t *task, double *fraction, femd_error *err) {
    FEMD_TRY(messages_expect_type(f, FEMD_MSG_BEAT, err));
    if (f->body.size != BEAT_BYTES)
        return femd_fail(err, FEMD_PROTOCOL, "BEAT: %zu bytes instead of %d", f->body.size, BEAT_BYTES);
    const uint8_t *b = f->body.data;
    *task = femd_get64(b);
    *fraction = femd_getf64(b + 8);
    if (!(*fraction >= 0 && *fraction <= 1))
        return femd_fail(err, FEMD_PROTOCOL, "BEAT: the fraction is not within 0 and 1");
    return FEMD_OK;
}

/* ---- writing ---- */

/* Room for n bytes at the end of out, counted in. */
static femd_status messages_grow(femd_buffer *out, size_t n, uint8_t **p, femd_error *err) {
    FEMD_TRY(femd_buffer_reserve(out, n, err));
    *p = out->data + out->size;
    out->size += n;
    return FEMD_OK;
}

femd_status femd_evaluate_begin(femd_buffer *out, uint64_t batch, const femd_hash *material, femd_error *err) {
    FEMD_TRY(femd_frame_begin(out, FEMD_MSG_EVALUATE, batch, err));
    return femd_hash_add(out, material, err);
}

femd_status femd_evaluate_add(femd_buffer *out, const femd_request *r, femd_error *err) {
    uint8_t *p;
    FEMD_TRY(messages_grow(out, FEMD_REQUEST_BYTES, &p, err));
    femd_request_encode(r, p);
    return FEMD_OK;
}

femd_status femd_task_begin(femd_buffer *out, const femd_hash *material, const femd_state_entry *states, size_t nstates,
                            femd_error *err) {
    if (nstates > UINT32_MAX) return femd_fail(err, FEMD_LIMIT, "TASK: %zu states in one message", nstates);
    FEMD_TRY(femd_frame_begin(out, FEMD_MSG_TASK, 0, err));
    FEMD_TRY(femd_hash_add(out, material, err));
    uint8_t *p;
    FEMD_TRY(messages_grow(out, TASK_HEAD - HASH_BYTES, &p, err));
    femd_put32(p, (uint32_t)nstates);
    femd_put32(p + 4, 0);
    for (size_t i = 0; i < nstates; i++) FEMD_TRY(femd_state_add(out, &states[i], err));
    return FEMD_OK;
}

femd_status femd_task_add(femd_buffer *out, const femd_task *t, femd_error *err) {
    uint8_t *p;
    FEMD_TRY(messages_grow(out, FEMD_TASK_BYTES, &p, err));
    femd_put64(p, t->id);
    femd_putf64(p + 8, t->deadline);
    memcpy(p + 16, t->key.b, HASH_BYTES);
    femd_request_encode(&t->request, p + 48);
    return FEMD_OK;
}

femd_status femd_answer_add(femd_buffer *out, uint64_t task, const femd_hash *key, const femd_response *r,
                            femd_error *err) {
    return femd_answer_add_words(out, task, key, r, NULL, err);
}

femd_status femd_answer_add_words(femd_buffer *out, uint64_t task, const femd_hash *key, const femd_response *r,
                                  const char *words, femd_error *err) {
    FEMD_TRY(femd_buffer_reserve(out, ANSWER_HEAD + FEMD_RESPONSE_BYTES_MAX + 8 + FEMD_RESPONSE_WORDS_MAX, err));
    uint8_t *p = out->data + out->size;
    const size_t n = femd_response_encode_words(r, words, p + ANSWER_HEAD);
    femd_put64(p, task);
    memcpy(p + 8, key->b, HASH_BYTES);
    femd_put32(p + 40, (uint32_t)n);
    femd_put32(p + 44, 0);
    out->size += ANSWER_HEAD + n;
    return FEMD_OK;
}

femd_status femd_result_add(femd_buffer *out, const femd_result *r, femd_error *err) {
    if (r->response.size > UINT32_MAX)
        return femd_fail(err, FEMD_LIMIT, "RESULT: a response of %zu bytes", r->response.size);
    uint8_t *p;
    FEMD_TRY(messages_grow(out, RESULT_HEAD + r->response.size, &p, err));
    femd_put32(p, r->index);
    femd_put32(p + 4, r->flags);
    memcpy(p + 8, r->key.b, HASH_BYTES);
    femd_put32(p + 40, (uint32_t)r->response.size);
    femd_put32(p + 44, 0);
    memcpy(p + RESULT_HEAD, r->response.data, r->response.size);
    return FEMD_OK;
}

femd_status femd_state_add(femd_buffer *out, const femd_state_entry *s, femd_error *err) {
    uint8_t *p;
    FEMD_TRY(messages_grow(out, STATE_HEAD, &p, err));
    memcpy(p, s->hash.b, HASH_BYTES);
    femd_put64(p + HASH_BYTES, s->blob.size);
    return femd_buffer_append(out, s->blob.data, s->blob.size, err);
}

femd_status femd_hash_add(femd_buffer *out, const femd_hash *h, femd_error *err) {
    return femd_buffer_append(out, h->b, HASH_BYTES, err);
}

femd_status femd_u64_add(femd_buffer *out, uint64_t v, femd_error *err) {
    return femd_buffer_append(out, &v, 8, err);
}

femd_status femd_commit_begin(femd_buffer *out, uint64_t transaction, uint32_t step, femd_error *err) {
    FEMD_TRY(femd_frame_begin(out, FEMD_MSG_COMMIT, transaction, err));
    uint8_t *p;
    FEMD_TRY(messages_grow(out, COMMIT_HEAD, &p, err));
    femd_put32(p, step);
    femd_put32(p + 4, 0);
    return FEMD_OK;
}

femd_status femd_commit_add(femd_buffer *out, const femd_commit_entry *e, femd_error *err) {
    uint8_t *p;
    FEMD_TRY(messages_grow(out, COMMIT_ENTRY, &p, err));
    femd_put64(p, e->point);
    memcpy(p + 8, e->state.b, HASH_BYTES);
    return FEMD_OK;
}

femd_status femd_pulse_encode(femd_buffer *out, const femd_pulse *pulse, femd_error *err) {
    FEMD_TRY(femd_frame_begin(out, FEMD_MSG_PULSE, 0, err));
    uint8_t *p;
    FEMD_TRY(messages_grow(out, PULSE_BYTES, &p, err));
    femd_put32(p, pulse->workers);
    femd_put32(p + 4, pulse->busy);
    femd_put64(p + 8, pulse->queued);
    femd_put64(p + 16, pulse->running);
    femd_frame_finish(out, 1);
    return FEMD_OK;
}

femd_status femd_beat_encode(femd_buffer *out, uint64_t task, double fraction, femd_error *err) {
    FEMD_TRY(femd_frame_begin(out, FEMD_MSG_BEAT, 0, err));
    uint8_t *p;
    FEMD_TRY(messages_grow(out, BEAT_BYTES, &p, err));
    femd_put64(p, task);
    femd_putf64(p + 8, fraction);
    femd_frame_finish(out, 1);
    return FEMD_OK;
}
