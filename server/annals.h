/* The history of a server as records: what the journal writes down, and what a server that is started in the place of
 * one that died is told. A record is a head of fixed size and bytes behind it. It knows neither files nor books. */
#ifndef FEMD_SERVER_ANNALS_H
#define FEMD_SERVER_ANNALS_H

#include "femd/buffer.h"
#include "femd/types.h"

typedef enum femd_annal_kind {
    ANNAL_EPOCH = 1, /* number: of this life of the server; bytes: the numerics level */
    ANNAL_MATERIAL,  /* bytes: the pack */
    ANNAL_ANSWER,    /* bytes: an evaluation as kept.h has it */
    ANNAL_RUN, /* a run is made: run (its number in the journal), rank: how many; hash: the key whose it is; bytes: name
                */
    ANNAL_END, /* run */
    ANNAL_MARK,      /* run: not bit-reproducible */
    ANNAL_TENTATIVE, /* run, rank; hash: key of an evaluation that the rank has the result of */
    ANNAL_GIVEN,     /* run, rank; hash: a state that the rank gave */
    ANNAL_ABORT,     /* run, rank: its tentative results are forgotten */
    ANNAL_REWIND,    /* run, rank, step: what was committed later is forgotten */
    ANNAL_COMMIT,    /* run, rank, step; number: transaction; hash: of the body; bytes: count x (point, state) */
    ANNAL_FINAL,     /* run, step: the commits of its ranks are final */
    ANNAL_POINTS,    /* as COMMIT, in a summary of all: bytes: count x (point, then twice: state, step) */
    ANNAL_DOUBT,     /* hash: key of an answer that is believed no more; number: the build that gave it */
    ANNAL_AUTHOR,    /* number: of a process (disbelief.h); run: its pid, rank: 1 or 2 if it is convicted; bytes: build,
                        then twice: witness, time (of its last good audits), then its host */
    ANNAL_USED,      /* run: what it has used of whom; number: build of the last answer, rank: 1 if there is one; bytes:
                        count x (author, seconder, time of the last, step after which, 1 if of anybody) */
    ANNAL_SEAT,      /* run, rank; number: the client that has it, as it can be known again */
    ANNAL_IN_DOUBT,  /* run, step: what follows is in doubt; bytes: for each rank (its client, 1 if that has used some
                        of it), then why; none: no longer */
    ANNAL_KINDS
} femd_annal_kind;

typedef struct femd_annal {
    femd_annal_kind kind;
    uint32_t run, rank, step;
    uint64_t number;
    femd_hash hash;
    femd_bytes bytes; /* borrowed */
} femd_annal;

enum { ANNAL_HEAD = 64, ANNAL_COMMIT_BYTES = 40, ANNAL_POINT_BYTES = 80, ANNAL_USED_BYTES = 32 };

/* Append to out. */
FEMD_MUST_CHECK femd_status annal_encode(const femd_annal *annal, femd_buffer *out, femd_error *err);
/* BAD_INPUT with words if the bytes are no record. Its bytes are borrowed. */
FEMD_MUST_CHECK femd_status annal_decode(const void *data, size_t size, femd_annal *annal, femd_error *err);

#endif
