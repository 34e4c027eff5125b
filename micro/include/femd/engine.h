/* The table of functions that every engine is, built in or from a user's shared object (symbol "femd_engine_v1", type
 * const femd_engine). An engine never exits or aborts the process and prints nothing. One instance is used by one
 * thread; an engine may have threads of its own, but calls the beat from the thread that called it. */
#ifndef FEMD_ENGINE_H
#define FEMD_ENGINE_H

#include "femd/buffer.h"
#include "femd/json.h"
#include "femd/pack.h"
#include "femd/types.h"

/* Goes up with the layout of anything that an engine reads or fills: shared objects are built elsewhere. The number is
 * the lower half; the upper one is the size of a response, so that a new quantity needs no new number. */
#define FEMD_ENGINE_ABI (4u | (uint32_t)sizeof(femd_response) << 16)

/* Called from the compute loop. Returns non-zero if the evaluation is to stop (then `evaluate` returns CANCELLED or
 * DEADLINE). `fraction`: how much is done, of all points where several are evaluated at once. */
typedef struct femd_beat {
    void *user;
    int (*beat)(void *user, double fraction);
} femd_beat;

/* Status of a point in a batch before the engine has given it another. */
enum { FEMD_UNANSWERED = 1 };

/* Points that are evaluated at once: arrays of n, owned by the caller, entry i of each belonging to point i. Requests
 * and responses lie side by side, so that a device can take and give each with one copy. */
typedef struct femd_engine_batch {
    size_t n;                    /* at least 1 */
    const femd_request *request; /* of one material; in no order, duplicates possible */
    const femd_bytes *state_in;  /* the engine's own bytes (size 0 = virgin) */
    femd_response *response;     /* zeroed but for the status, which is FEMD_UNANSWERED */
    femd_buffer *state_out;      /* appended to (nothing = no state) */
    femd_error *err;             /* words for a point that fails */
} femd_engine_batch;

struct femd_local_ask;
struct femd_local_fields;

typedef struct femd_engine {
    uint32_t abi;
    uint32_t number;  /* FEMD_ENGINE_* */
    const char *name; /* as in a material's "engine" */
    uint32_t version; /* of the answers and of the state format: part of a state's header */
    /* Open a material. doc is the parsed, validated material; pack gives the files. Everything that depends on the
     * material alone is made here (structure, potential, reference relaxation). */
    femd_status (*open)(const femd_json *doc, const femd_pack *pack, void **instance, femd_capabilities *caps,
                        femd_error *err);
    /* Evaluate one point. Prescribed strains stand in r->E to the bit; a prescribed stress is reached to 1e-9 of the
     * largest stiffness; what is none of that is taken for a failure of the engine. state_in is the engine's own bytes
     * (size 0 = virgin); state_out is appended to (nothing = no state). Fills everything in *r but point, key, engine,
     * worker, fingerprint and state_out. A pure function of its inputs; caches only of what is a function of (material,
     * state_in). The return value is the response's status. */
    femd_status (*evaluate)(void *instance, const femd_request *q, const femd_bytes *state_in, const femd_beat *beat,
                            femd_response *r, femd_buffer *state_out, femd_error *err);
    /* Evaluate several points at once, each as `evaluate` would: a pure function of its own request and state, with the
     * same bits whatever else is in the batch, wherever it stands there, and however many there are. Gives each point
     * its response.status: a point that fails (with words in its err) does not fail the others, and one whose status is
     * not OK has no answer whatever was filled. Returns OK, or a failure with words of all the points that it left
     * FEMD_UNANSWERED. After a beat that said stop it returns soon; points that were finished keep their answers. NULL:
     * one point after another, by `evaluate`; femd_capabilities.batch is then taken as 0. */
    femd_status (*evaluate_many)(void *instance, const femd_engine_batch *batch, const femd_beat *beat,
                                 femd_error *err);
    /* Extended XYZ of a state (size 0 = virgin) at strain E, appended to out. NULL if the engine has no atoms. */
    femd_status (*dump)(void *instance, const femd_bytes *state, femd_buffer *out, femd_error *err);
    void (*close)(void **instance);
    /* Built-in engines alone (never read from a shared object): what the user should know of the material's inputs, one
     * remark a line, "" if nothing. Borrowed from the instance. NULL: never anything. */
    const char *(*notes)(const void *instance);
    /* These too: *energy (J), per atom, of the reference's atoms at rest less that of as many free ones. NULL: there
     * are no atoms. */
    femd_status (*atom_energy)(const void *instance, double *energy, femd_error *err);
    /* These too: local fields of a state (local/local_fields.h); *fields is cleared by the caller. NULL: there are no
     * atoms. */
    femd_status (*fields)(void *instance, const femd_bytes *state, const struct femd_local_ask *ask,
                          const femd_beat *beat, struct femd_local_fields *fields, femd_error *err);
} femd_engine;

#endif
