/* The frame: one ZeroMQ part per message = 32-byte header + body. The list of message types is the protocol. */
#ifndef FEMD_FRAME_H
#define FEMD_FRAME_H

#include "femd/buffer.h"
#include "femd/types.h"

#define FEMD_PROTOCOL_VERSION 3
#define FEMD_FRAME_HEADER     32
#define FEMD_FRAME_MAX        (256u << 20) /* bytes of one frame, the default limit; what travels: parts.h */
#define FEMD_BATCH_MAX        4096u        /* points in one EVALUATE, TASK, ANSWER or RESULT frame */

/* X(name, number, direction, body).  C client, W worker, S server. */
#define FEMD_MESSAGE_LIST(X)                                                                                           \
    X(HELLO, 1, "C>S W>S", "JSON: role, run, rank, ranks, level, fingerprint")                                         \
    X(WELCOME, 2, "S>C S>W", "JSON: peer number, limits, level, credits")                                              \
    X(REREGISTER, 3, "S>C S>W", "empty: the sender is unknown, say hello again")                                       \
    X(ERROR, 4, "any", "JSON: code, text; header id = the message complained of")                                      \
    X(BYE, 5, "any", "empty: leaving in good order")                                                                   \
    X(GONE, 6, "S>C S>W", "JSON: code, text: this connection has been taken over and is not listened to any more")     \
    X(PART, 7, "any", "piece of a longer frame: hash, bytes of the whole, bytes; header id = its number")              \
    X(MATERIAL, 10, "C>S S>W", "an encoded pack")                                                                      \
    X(MATERIAL_READY, 11, "W>S S>C", "JSON: material, status, text, capabilities")                                     \
    X(EVALUATE, 20, "C>S", "material (32 bytes), then count requests; header id = batch")                              \
    X(RESULT, 21, "S>C", "count x result; header id = batch")                                                          \
    X(CANCEL, 22, "C>S", "empty: drop what is left of batch header id")                                                \
    X(PULSE, 23, "S>C", "pulse: how the pool and the peer's open batches stand")                                       \
    X(TASK, 30, "S>W", "material, states to keep, then count x task")                                                  \
    X(STARTED, 31, "W>S", "count x task id (u64)")                                                                     \
    X(ANSWER, 32, "W>S", "count x answer")                                                                             \
    X(BEAT, 33, "W>S",                                                                                                 \
      "task id (u64), fraction done (f64): sent from the compute loop; task 0: alive while it opens a material")       \
    X(DROP, 34, "S>W", "count x hash of a state or material that nobody needs any more")                               \
    X(HAVE, 35, "W>S", "count x state hash: what a worker that has come back holds")                                   \
    X(MATERIAL_LOST, 36, "W>S", "count x material: the worker has made room and holds these no more")                  \
    X(STATE_GET, 40, "S>W C>S", "count x state hash; header id is echoed")                                             \
    X(STATE, 41, "W>S S>C C>S", "count x state entry (hash, length, bytes; length 0: not held); header id echoed")     \
    X(STATE_STORED, 42, "S>C", "empty: answer to STATE from a client")                                                 \
    X(COMMIT, 50, "C>S", "step, rank's count x (point u64, state hash); header id = transaction")                      \
    X(COMMITTED, 51, "S>C", "empty: final, all ranks have committed and the server holds every state")                 \
    X(ABORT, 52, "C>S", "empty: drop the tentative states of this peer's run and rank; header id = transaction")       \
    X(ABORTED, 53, "S>C", "empty")                                                                                     \
    X(STATUS_GET, 60, "C>S", "empty")                                                                                  \
    X(STATUS, 61, "S>C", "JSON: pool, runs, counters")                                                                 \
    X(ADMIN, 62, "C>S", "JSON: act, number, text: what an admin wants done")                                           \
    X(DONE, 63, "S>C", "JSON: text: it is done; header id echoed")

typedef enum femd_message {
#define FEMD_MESSAGE_ENUM(name, number, direction, body) FEMD_MSG_##name = number,
    FEMD_MESSAGE_LIST(FEMD_MESSAGE_ENUM)
#undef FEMD_MESSAGE_ENUM
} femd_message;

/* offset 0 "FEMD", 4 u16 version, 6 u16 type, 8 u32 count, 12 u32 flags, 16 u64 id, 24 u64 body bytes; little-endian */
typedef struct femd_frame {
    uint16_t type;
    uint32_t count;
    uint32_t flags;
    uint64_t id;
    femd_bytes body; /* borrowed */
} femd_frame;

/* Start a frame in out (which is emptied): reserves the header. Append the body to out, then femd_frame_finish. */
FEMD_MUST_CHECK femd_status femd_frame_begin(femd_buffer *out, uint16_t type, uint64_t id, femd_error *err);
void femd_frame_finish(femd_buffer *out, uint32_t count);
/* Check and split one received frame. PROTOCOL with words if magic, version, type, or length do not fit. */
FEMD_MUST_CHECK femd_status femd_frame_decode(const void *data, size_t size, femd_frame *frame, femd_error *err);
/* "EVALUATE", ...; "?" if unknown. */
const char *femd_message_name(unsigned type);

#endif
