/* The bytes of requests, responses, tasks, answers, states and commits. Nothing else in femd knows them. The layouts
 * are in proto/README.md. Each *_begin starts a frame in out (emptied first), each *_add appends one entry, and the
 * caller ends the frame with femd_frame_finish(out, number of entries). Every decoder checks all lengths before it
 * reads and allocates nothing. */
#ifndef FEMD_EVALUATE_H
#define FEMD_EVALUATE_H

#include "femd/frame.h"

/* ---- request: fixed size ---- */
#define FEMD_REQUEST_BYTES 168
#define FEMD_TASK_BYTES    (48 + FEMD_REQUEST_BYTES)
void femd_request_encode(const femd_request *r, uint8_t p[FEMD_REQUEST_BYTES]);
/* PROTOCOL if a field is out of range (unknown want, control or flag, mask > 63, a value that is not finite,
 * differences of chemical potentials without FEMD_REQUEST_EXCHANGE). */
FEMD_MUST_CHECK femd_status femd_request_decode(const uint8_t p[FEMD_REQUEST_BYTES], femd_request *r, femd_error *err);

/* UNSUPPORTED with words if the request prescribes differences of chemical potentials of a material that exchanges no
 * species (`inputs`: FEMD_INPUT_*), or prescribes none of one that does. `what` begins the words: "the engine ...". */
FEMD_MUST_CHECK femd_status femd_request_check_exchange(const femd_request *r, uint32_t inputs, const char *what,
                                                        femd_error *err);

/* The identity of an evaluation: hash of (material, numerics level, state_in, control, mask, values, temperature,
 * pressure, accuracy, chemical potentials, seed, wants), inputs without effect (not in `inputs`, FEMD_INPUT_*) taken as
 * zero, -0.0 as 0.0; with FEMD_REQUEST_PRIVATE the point enters too. Labels never do. */
void femd_request_key(const femd_hash *material, uint32_t level, uint32_t inputs, const femd_request *r,
                      femd_hash *key);

/* ---- response: what was wanted and came along, and no more, or the words of a failure; `work` is the fixed-size tail
 * Neither `key` nor `point` is part of it (one answer may serve several points): a decoded response has both zero, and
 * the receiver fills them in from the RESULT's key and from its own request. */
#define FEMD_RESPONSE_HEAD_BYTES 64
#define FEMD_RESPONSE_WORK_BYTES 32
#define FEMD_RESPONSE_WORDS_MAX  400 /* bytes of UTF-8 */
enum {
/* Of a response with all quantities and all their errors: what femd_response_encode can need. */
#define FEMD_RESPONSE_ENTRY(name, bit, held, want, member, key, shape, ...) +(1 + 16 * FEMD_NUMBERS_##shape)
    FEMD_RESPONSE_BYTES_MAX =
        FEMD_RESPONSE_HEAD_BYTES + 7 + FEMD_RESPONSE_WORK_BYTES FEMD_QUANTITY_LIST(FEMD_RESPONSE_ENTRY)
#undef FEMD_RESPONSE_ENTRY
};
/* 1 if the response holds the quantity: what is sent of it, and shown. */
int femd_response_holds(const femd_response *r, const femd_quantity *q);
size_t femd_response_bytes(const femd_response *r);
/* p has room for femd_response_bytes(r). Returns the bytes written. */
size_t femd_response_encode(const femd_response *r, uint8_t *p);
/* The same of a failure with its words, cut to WORDS_MAX bytes; p has room for 8 + WORDS_MAX more. Words of a response
 * that is OK, empty ones, and bytes that are no text go nowhere. */
size_t femd_response_encode_words(const femd_response *r, const char *words, uint8_t *p);
/* The words in an encoded response that can be decoded; borrowed, not ended by 0, empty if there are none. */
femd_bytes femd_response_words(const uint8_t *p, size_t n);
/* Quantities that the list does not know are passed over. PROTOCOL if a length does not fit, a status, flag or note is
 * unknown, or an OK response holds a number that is not finite. */
FEMD_MUST_CHECK femd_status femd_response_decode(const uint8_t *p, size_t n, femd_response *r, femd_error *err);
/* PROTOCOL with words if the response cannot be an answer to the request: of what was wanted something is not there, a
 * prescribed strain is not that which was reached (to the bit; in pressure control the isochoric C to 1e-9), a
 * prescribed stress or pressure is not (to 1e-9 of the largest stiffness, if the tangent came along), or a failure
 * brings an answer. It says nothing of the other numbers. */
FEMD_MUST_CHECK femd_status femd_response_check_asked(const femd_request *q, const femd_response *r, femd_error *err);
/* 1 if no number of the answer is NaN or infinite. */
int femd_response_is_finite(const femd_response *r);
/* Status and state_out of an encoded response, after the same checks but for the finite numbers; for who only passes it
 * on. */
FEMD_MUST_CHECK femd_status femd_response_peek(const uint8_t *p, size_t n, int32_t *status, femd_hash *state_out,
                                               femd_error *err);
/* The part of an encoded response without words that must be equal whoever answers: its first (n - WORK_BYTES) bytes.
 */
static inline size_t femd_response_compared_bytes(size_t n) {
    return n > FEMD_RESPONSE_WORK_BYTES ? n - FEMD_RESPONSE_WORK_BYTES : 0;
}

/* ---- readers over a body: return 1 and advance, 0 at the end; a malformed body gives -1 and err ---- */
typedef struct femd_reader {
    const uint8_t *p, *end;
    uint32_t left; /* entries left */
} femd_reader;

/* EVALUATE: material, then requests. */
FEMD_MUST_CHECK femd_status femd_evaluate_open(const femd_frame *f, femd_hash *material, femd_reader *rd,
                                               femd_error *err);
int femd_evaluate_next(femd_reader *rd, femd_request *r, femd_error *err);
FEMD_MUST_CHECK femd_status femd_evaluate_begin(femd_buffer *out, uint64_t batch, const femd_hash *material,
                                                femd_error *err);
FEMD_MUST_CHECK femd_status femd_evaluate_add(femd_buffer *out, const femd_request *r, femd_error *err);

/* TASK: material, states to keep (hash, length, bytes), then tasks (id, deadline, key, request). */
typedef struct femd_task {
    uint64_t id;
    double deadline; /* s that the evaluation may take once it has started; 0 = no bound */
    femd_hash key;   /* comes back with the answer */
    femd_request request;
} femd_task;
typedef struct femd_state_entry {
    femd_hash hash;
    femd_bytes blob; /* borrowed; size 0 = not held */
} femd_state_entry;
FEMD_MUST_CHECK femd_status femd_task_begin(femd_buffer *out, const femd_hash *material, const femd_state_entry *states,
                                            size_t nstates, femd_error *err);
FEMD_MUST_CHECK femd_status femd_task_add(femd_buffer *out, const femd_task *t, femd_error *err);
/* Opens a TASK body; *states reads the states, *tasks the tasks. */
FEMD_MUST_CHECK femd_status femd_task_open(const femd_frame *f, femd_hash *material, femd_reader *states,
                                           femd_reader *tasks, femd_error *err);
int femd_task_next(femd_reader *rd, femd_task *t, femd_error *err);

/* ANSWER: task id, key, length, encoded response (status and state_out are read out of the response's head). RESULT:
 * index in the batch, key, encoded response. */
typedef struct femd_answer {
    uint64_t task;
    femd_hash key; /* of the task */
    int32_t status;
    femd_hash state_out;
    femd_bytes response; /* encoded; borrowed */
} femd_answer;
FEMD_MUST_CHECK femd_status femd_answer_add(femd_buffer *out, uint64_t task, const femd_hash *key,
                                            const femd_response *r, femd_error *err);
/* The same with the words of a failure (femd_response_encode_words); NULL: none. */
FEMD_MUST_CHECK femd_status femd_answer_add_words(femd_buffer *out, uint64_t task, const femd_hash *key,
                                                  const femd_response *r, const char *words, femd_error *err);
int femd_answer_next(femd_reader *rd, femd_answer *a, femd_error *err);

typedef struct femd_result {
    uint32_t index; /* of the request in its batch */
    uint32_t flags; /* FEMD_RESULT_* */
    femd_hash key;
    femd_bytes response; /* encoded; borrowed */
} femd_result;
enum { FEMD_RESULT_REUSED = 1u << 0 }; /* answered from an earlier evaluation of the same key */
FEMD_MUST_CHECK femd_status femd_result_add(femd_buffer *out, const femd_result *r, femd_error *err);
int femd_result_next(femd_reader *rd, femd_result *r, femd_error *err);

/* STATE entries and STATE_GET / DROP hashes, STARTED task ids. */
FEMD_MUST_CHECK femd_status femd_state_add(femd_buffer *out, const femd_state_entry *s, femd_error *err);
int femd_state_next(femd_reader *rd, femd_state_entry *s, femd_error *err);
int femd_hash_next(femd_reader *rd, femd_hash *h, femd_error *err);
int femd_u64_next(femd_reader *rd, uint64_t *v, femd_error *err);
FEMD_MUST_CHECK femd_status femd_hash_add(femd_buffer *out, const femd_hash *h, femd_error *err);
FEMD_MUST_CHECK femd_status femd_u64_add(femd_buffer *out, uint64_t v, femd_error *err);

/* BEAT: fixed size. */
FEMD_MUST_CHECK femd_status femd_beat_encode(femd_buffer *out, uint64_t task, double fraction,
                                             femd_error *err); /* whole frame */
FEMD_MUST_CHECK femd_status femd_beat_decode(const femd_frame *f, uint64_t *task, double *fraction, femd_error *err);

/* COMMIT: step, then (point, state) pairs. */
typedef struct femd_commit_entry {
    uint64_t point;
    femd_hash state;
} femd_commit_entry;
FEMD_MUST_CHECK femd_status femd_commit_begin(femd_buffer *out, uint64_t transaction, uint32_t step, femd_error *err);
FEMD_MUST_CHECK femd_status femd_commit_add(femd_buffer *out, const femd_commit_entry *e, femd_error *err);
FEMD_MUST_CHECK femd_status femd_commit_open(const femd_frame *f, uint32_t *step, femd_reader *rd, femd_error *err);
int femd_commit_next(femd_reader *rd, femd_commit_entry *e, femd_error *err);

/* A reader over the whole body of ANSWER, RESULT, STATE, STATE_GET, DROP, STARTED frames (frame->count entries). */
void femd_reader_open(const femd_frame *f, femd_reader *rd);

/* PULSE: fixed size. */
typedef struct femd_pulse {
    uint32_t workers; /* registered and of the right level */
    uint32_t busy;    /* with a started task */
    uint64_t queued;  /* of this peer's points: not yet sent to a worker */
    uint64_t running; /* of this peer's points: with a worker */
} femd_pulse;
FEMD_MUST_CHECK femd_status femd_pulse_encode(femd_buffer *out, const femd_pulse *p, femd_error *err); /* whole frame */
FEMD_MUST_CHECK femd_status femd_pulse_decode(const femd_frame *f, femd_pulse *p, femd_error *err);

#endif
