/* The JSON bodies of control messages (HELLO, WELCOME, ERROR, MATERIAL_READY) as structs. 64-bit numbers and hashes are
 * strings in the JSON. Decoders refuse unknown keys, wrong types and bodies over 1 MiB. */
#ifndef FEMD_CONTROL_H
#define FEMD_CONTROL_H

#include "femd/frame.h"
#include "femd/times.h"

typedef enum femd_role { FEMD_ROLE_CLIENT = 1, FEMD_ROLE_WORKER = 2, FEMD_ROLE_ADMIN = 3 } femd_role;

typedef struct femd_hello {
    femd_role role;
    char run[65];         /* client: name of the run; all ranks say the same */
    uint32_t rank, ranks; /* client: commit is final when all `ranks` have committed */
    uint32_t step;        /* client: the committed step it goes on from, later ones are dropped; 0 = not said */
    char level[16];       /* worker: "x86-64-v2", "x86-64-v3", "x86-64-v4" or "baseline" */
    uint64_t fingerprint; /* worker */
    uint64_t instance;    /* client: drawn at random by this one, to be known again on a new connection; 0 = none */
    uint32_t pid;         /* for status */
    char host[65];
    char version[32]; /* femd version of the peer */
} femd_hello;

typedef struct femd_welcome {
    uint64_t peer;      /* number of this peer */
    uint64_t epoch;     /* of the server's life: another one after it was started again */
    char level[16];     /* the pinned numerics level */
    uint32_t credits;   /* worker: task messages it may hold at a time */
    uint64_t frame_max; /* bytes */
    uint32_t batch_max; /* points */
    char version[32];
    femd_times times; /* of the server */
} femd_welcome;

typedef struct femd_ready {
    femd_hash material;
    int32_t status; /* OK, or why it cannot be opened */
    char text[1024];
    femd_capabilities caps;
} femd_ready;

/* What an admin wants done, and what came of it. */
typedef struct femd_admin {
    char act[32];    /* "quarantine", "release", "forgive", "drain", "stop" */
    uint64_t number; /* of a worker, as STATUS says it; 0 = of all */
    char text[192];  /* a reason, for log and status */
} femd_admin;
typedef struct femd_done {
    char text[1024];
} femd_done;

/* Each encoder makes the whole frame (header included). */
FEMD_MUST_CHECK femd_status femd_hello_encode(femd_buffer *out, const femd_hello *h, femd_error *err);
FEMD_MUST_CHECK femd_status femd_hello_decode(const femd_frame *f, femd_hello *h, femd_error *err);
FEMD_MUST_CHECK femd_status femd_welcome_encode(femd_buffer *out, const femd_welcome *w, femd_error *err);
FEMD_MUST_CHECK femd_status femd_welcome_decode(const femd_frame *f, femd_welcome *w, femd_error *err);
FEMD_MUST_CHECK femd_status femd_ready_encode(femd_buffer *out, uint64_t id, const femd_ready *r, femd_error *err);
FEMD_MUST_CHECK femd_status femd_ready_decode(const femd_frame *f, femd_ready *r, femd_error *err);
FEMD_MUST_CHECK femd_status femd_admin_encode(femd_buffer *out, uint64_t id, const femd_admin *a, femd_error *err);
FEMD_MUST_CHECK femd_status femd_admin_decode(const femd_frame *f, femd_admin *a, femd_error *err);
FEMD_MUST_CHECK femd_status femd_done_encode(femd_buffer *out, uint64_t id, const femd_done *d, femd_error *err);
FEMD_MUST_CHECK femd_status femd_done_decode(const femd_frame *f, femd_done *d, femd_error *err);
FEMD_MUST_CHECK femd_status femd_error_encode(femd_buffer *out, uint64_t id, const femd_error *e, femd_error *err);
FEMD_MUST_CHECK femd_status femd_gone_encode(femd_buffer *out, uint64_t id, const femd_error *e, femd_error *err);
/* Of an ERROR or a GONE. */
FEMD_MUST_CHECK femd_status femd_error_decode(const femd_frame *f, femd_error *e, femd_error *err);

#endif
