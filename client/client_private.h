/* The inside of a client: its peer, its open batches and the one call that waits for a reply.
 *
 * The files stand on each other: batch.c knows points, session.c moves frames and keeps time, and on top are collect.c,
 * call.c and material.c, the calls that wait. Whatever is open is kept as the bytes that were sent, so that sending it
 * again is the same message. */
#ifndef FEMD_CLIENT_PRIVATE_H
#define FEMD_CLIENT_PRIVATE_H

#include "femd/client.h"
#include "femd/evaluate.h"
#include "femd/peer.h"
#include "pointmap.h"

/* Seconds without any frame, while something is open, after which it is sent again; and after which a server that is
 * connected but mute counts as lost. */
#define FEMD_CLIENT_RESEND       3.0
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
    int announced;      /* the frame has been sent before */
} client_call;

typedef struct client_words { /* of a point that failed */
    int known;
    uint64_t point;
    size_t size;
    char text[FEMD_RESPONSE_WORDS_MAX + 1];
} client_words;

/* A material that the server was given: kept, since a server that restarted needs it again. */
typedef struct client_material {
    struct client_material *next;
    femd_hash id;
    int given;          /* to the server */
    int heard;          /* what the server says of it has come: */
    femd_status status; /* 0, or why it cannot be opened, with words in remarks */
    femd_capabilities caps;
    char remarks[sizeof((femd_ready *)0)->text];
    femd_buffer frame; /* the MATERIAL frame */
    uint64_t call;     /* its id */
} client_material;

/* A material as one region of the host has it: turned. Its id names both and is the client's own; the server knows the
 * material alone. */
typedef struct client_view {
    struct client_view *next;
    femd_hash id, material;
    double Q[9];
} client_view;

/* Which points have named their states in the increment at hand. */
typedef struct client_sweep {
    pointmap map;
    uint64_t increment;
    uint32_t round;       /* number of the increment, from 1 on; 0: none yet */
    size_t before, named; /* points of the increment before; of this one */
    size_t again;         /* those of this one that were in the one before */
    int committed;
} client_sweep;

struct femd_client {
    femd_peer *peer;
    char *address;
    uint32_t ranks; /* of the run */
    double wait_timeout;
    int (*progress)(void *user, const femd_progress_info *info);
    void *user;
    int give_up_early;
    femd_status given_up; /* of the first point that the pool has given up, of those asked together; OK: none */
    uint64_t given_up_point;
    client_words words[2];      /* of the material's failures and of others */
    uint64_t next_id;           /* of batches' frames and of calls; never used twice */
    femd_batch *open, *spare;   /* lists */
    uint64_t gone, gone_reused; /* points of batches that were collected while others were open */
    double gone_since;          /* clock: the wait for the first of these */
    uint32_t under_way;         /* EVALUATE frames sent and not yet answered */
    client_call *call;          /* borrowed while it waits; NULL */
    client_material *materials;
    client_view *views;
    uint32_t committed_step; /* of the last commit, or that the run went on from */
    client_sweep sweep;
    int wake, timer, descriptor; /* file descriptors; -1: not asked for */
    int woken;                   /* femd_client_wake was called */
    femd_pulse pulse;
    int pulsed; /* a pulse has come since the connection was made */
    double heard, resent, moved,
        nudged; /* clock: last frame; last re-sending; last point answered; last look for losses */
    uint64_t reused;
    femd_buffer scratch;
};

#endif
