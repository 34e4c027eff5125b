/* The inside of a client: its peer, its open batches and the one call that waits for a reply.
 *
 * session.c moves frames and keeps time, batch.c knows points, call.c knows the request-reply calls, material.c packs.
 * Whatever is open is kept as the bytes that were sent, so that sending it again is the same message. */
#ifndef FEMD_CLIENT_SESSION_H
#define FEMD_CLIENT_SESSION_H

#include "femd/client.h"
#include "femd/evaluate.h"
#include "femd/peer.h"

/* Seconds without any frame, while something is open, after which it is sent again; and after which a server that is
 * connected but mute counts as lost. */
#define FEMD_CLIENT_RESEND       3.0
#define FEMD_CLIENT_MUTE         30.0
#define FEMD_CLIENT_NUDGE        0.25 /* s between looks for something lost */
#define FEMD_CLIENT_PROGRESS     0.5  /* s between calls of the progress callback */
#define FEMD_CLIENT_WINDOW       64u  /* EVALUATE frames that are under way at a time */
#define FEMD_CLIENT_SEND_TIMEOUT 30.0 /* s that one frame of a call may wait under back-pressure */

/* The one request-reply exchange that may be under way. take() returns OK and sets call->done when the reply is whole.
 */
typedef struct client_call {
    uint16_t reply; /* FEMD_MSG_* expected */
    uint64_t id;
    femd_buffer frame; /* owned by whoever makes the call */
    femd_status (*take)(struct client_call *call, const femd_frame *f, femd_error *err);
    void *user;
    int done;
    femd_status failed; /* an ERROR frame came for it */
    femd_error why;
    double sent, pause; /* clock of the last sending; s until the next */
} client_call;

/* A material that the server was given: kept, since a server that restarted needs it again. */
typedef struct client_material {
    struct client_material *next;
    femd_hash id;
    femd_capabilities caps;
    femd_buffer frame; /* the MATERIAL frame */
} client_material;

struct femd_client {
    femd_peer *peer;
    char *address;
    double wait_timeout;
    int (*progress)(void *user, const femd_progress_info *info);
    void *user;
    uint64_t next_id;         /* of batches' frames and of calls; never used twice */
    femd_batch *open, *spare; /* lists */
    uint32_t under_way;       /* EVALUATE frames sent and not yet answered */
    client_call *call;        /* borrowed while it waits; NULL */
    client_material *materials;
    femd_pulse pulse;
    int pulsed; /* a pulse has come since the connection was made */
    double heard, resent, moved,
        nudged; /* clock: last frame; last re-sending; last point answered; last look for losses */
    uint64_t reused;
    femd_buffer scratch;
};

/* How a wait stands: state of client_wait. */
typedef int (*client_done)(const femd_client *c, const void *arg);

/* Handle frames until done() says 1. limit: s, 0 = the client's wait_timeout (which may be none). TIMEOUT, CANCELLED
 * (by the progress callback), DISCONNECTED or the first failure of a frame. */
FEMD_MUST_CHECK femd_status client_wait(femd_client *c, client_done done, const void *arg, double limit,
                                        femd_error *err);
/* Receive at most one frame within timeout s and handle it; *got = 1 if there was one. */
FEMD_MUST_CHECK femd_status client_pump(femd_client *c, double timeout, int *got, femd_error *err);
/* Send call->frame and wait for its reply. The frame's header id must be call->id. limit as in client_wait. */
FEMD_MUST_CHECK femd_status client_exchange(femd_client *c, client_call *call, double limit, femd_error *err);

/* ---- batch.c ---- */
/* Send what waits, as far as window and back-pressure allow. */
FEMD_MUST_CHECK femd_status batches_flush(femd_client *c, femd_error *err);
/* Everything that is open counts as not sent. */
void batches_rewind(femd_client *c);
/* Handle a RESULT, or an ERROR about one of the batches. *mine = 0 if the id belongs to none that is open. */
FEMD_MUST_CHECK femd_status batches_result(femd_client *c, const femd_frame *f, int *mine, femd_error *err);
void batches_failed(femd_client *c, uint64_t id, const femd_error *why, int *mine);
void batches_count(const femd_client *c, uint64_t *done, uint64_t *total, uint64_t *reused, uint64_t *sent);
void batches_free(femd_client *c);

/* ---- material.c ---- */
FEMD_MUST_CHECK femd_status materials_resend(femd_client *c, femd_error *err);
void materials_free(femd_client *c);

#endif
