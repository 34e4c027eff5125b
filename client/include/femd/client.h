/* libfemd: attach any solver to a femd server. One client per process or thread; not thread-safe (femd/pointwise.h
 * takes points from any number of threads, femd/arrays.h whole arrays in the layouts of hosts).
 *
 *   femd_error err = FEMD_ERROR_INIT;
 *   femd_client_config config = {.size = sizeof config, .address = "tcp://127.0.0.1:5600", .run = "beam"};
 *   femd_client *client = NULL;
 *   femd_hash material;
 *   femd_status rc = femd_client_open(&config, &client, &err);
 *   if (rc == FEMD_OK) rc = femd_client_material_file(client, "case.json", "copper", &material, NULL, &err);
 *
 *   femd_request request = {.wants = FEMD_WANT_STRESS | FEMD_WANT_TANGENT, .value = {0.01}};    E11; others are 0
 *   femd_response response;
 *   femd_batch *batch = NULL;
 *   if (rc == FEMD_OK) rc = femd_client_submit(client, &material, &request, 1, &batch, &err);   returns at once
 *   if (rc == FEMD_OK) rc = femd_client_collect(client, &batch, &response, &err);               waits for all
 *   if (rc == FEMD_OK && response.status == FEMD_OK) printf("S11 = %.17g Pa\n", response.S[0]);
 *
 *   uint64_t point = request.point;     its new state becomes the committed one, named in the next request.state_in
 *   if (rc == FEMD_OK) rc = femd_client_commit(client, 1, &point, &response.state_out, 1, &err);
 *   if (rc != FEMD_OK) fprintf(stderr, "%s\n", err.text);
 *   femd_client_close(&client);
 *
 * femd_client_collect_each hands the answers on one by one, without room for all of them.
 * Lost messages, dying workers and a server that forgot the client are handled inside: what is open is sent again by
 * content. A server that cannot be reached at all fails femd_client_open within 10 s; one that is gone ends every call
 * with FEMD_DISCONNECTED after the silence that it told (90 s unless it was started with --silence). */
#ifndef FEMD_CLIENT_H
#define FEMD_CLIENT_H

#include "femd/error.h"
#include "femd/types.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct femd_client femd_client;
typedef struct femd_batch femd_batch;

/* How a wait stands; handed to the progress callback about twice a second and at every change. */
typedef struct femd_progress_info {
    size_t size;             /* sizeof(femd_progress_info) of the libfemd that calls */
    uint64_t done, total;    /* points of the batches that are open, and of those collected since none was */
    uint64_t reused;         /* of the points done: answered from an earlier evaluation */
    uint32_t workers, busy;  /* of the pool */
    double waited;           /* s since the wait began */
    int waiting_for_workers; /* 1: points are open and no worker is there */
} femd_progress_info;

typedef struct femd_client_config {
    size_t size;         /* sizeof(femd_client_config) of the caller */
    const char *address; /* server, "tcp://host:port" or "ipc:///path" */
    const char *run; /* name of the run, <= 64 characters; all its ranks give the same; NULL = made from host and pid */
    uint32_t rank, ranks; /* 0, 0 counts as rank 0 of 1 */
    uint32_t step; /* committed step that a run goes on from under its old name: the server forgets what this rank
                    * committed later; 0 = none */
    double connect_timeout; /* s; 0 = 10 */
    double wait_timeout;    /* s that any wait may take in all; 0 = no bound while the server lives */
    /* May be NULL. Non-zero return cancels the wait: the call returns FEMD_CANCELLED. */
    int (*progress)(void *user, const femd_progress_info *info);
    void *user;
    /* 1: collecting fails as soon as the pool has given a point of an open batch up (a status of class I), and does not
     * wait for the others. */
    int give_up_early;
    const char *key; /* file of this client's key, for a server with keys; NULL: FEMD_KEY, or off the loopback
                        client.key in FEMD_KEYS or ~/.femd/keys */
    int insecure;    /* 1: connect off the loopback also without a key */
} femd_client_config;

/* Connect. REFUSED with words where server and client do not have keys for each other. The client is the caller's,
 * released by femd_client_close. */
FEMD_API FEMD_MUST_CHECK femd_status femd_client_open(const femd_client_config *cfg, femd_client **client,
                                                      femd_error *err);
/* Drops open batches and leaves. Accepts NULL, sets NULL. A forked child has no connection, it is the parent's: there
 * whatever would need it fails with BAD_ARGUMENT, and closing releases memory alone. */
FEMD_API void femd_client_close(femd_client **client);

/* Register a material: JSON text plus the data files it names (looked up in `folder`, $FEMD_POTENTIALS, then the
 * system's LAMMPS data folder). Waits until a worker has opened it. BAD_INPUT with the worker's words if it cannot be
 * opened. */
FEMD_API FEMD_MUST_CHECK femd_status femd_client_material(femd_client *client, const char *json, const char *folder,
                                                          femd_hash *id, femd_capabilities *caps, femd_error *err);
/* Give a material to the server and do not wait: those that are given one after another are opened side by side. Then
 * femd_client_material waits for each, and says what became of it. */
FEMD_API FEMD_MUST_CHECK femd_status femd_client_announce(femd_client *client, const char *json, const char *folder,
                                                          femd_error *err);
/* Register an encoded pack (see femd_material_pack in the case reader). */
FEMD_API FEMD_MUST_CHECK femd_status femd_client_pack(femd_client *client, const void *pack, size_t size, femd_hash *id,
                                                      femd_capabilities *caps, femd_error *err);
/* Register the material `name` of a JSON file that has a "materials" object, or the file itself if name is NULL. */
FEMD_API FEMD_MUST_CHECK femd_status femd_client_material_file(femd_client *client, const char *path, const char *name,
                                                               femd_hash *id, femd_capabilities *caps, femd_error *err);
/* A material's "orientation" is applied by libfemd: the id that these calls give stands for the material together with
 * Q. Strains of its requests are turned into the axes of the RVE, v_rve = Q v_host, and answers back, so that a host
 * sees its own axes alone. A request that prescribes stress components (mask) is refused for a material that is turned:
 * they would be the RVE's. "region" is the host's affair; "orientations", a table over regions that libfemd does not
 * know, is refused with words: register the material without it, and femd_client_orient it for each grain. "thermal",
 * what femd's own solver takes instead of asking, is left out, and the remarks say so. */

/* Q (row-major) of a registered material; identity if it is not turned. BAD_ARGUMENT if it is not registered. */
FEMD_API FEMD_MUST_CHECK femd_status femd_client_orientation(const femd_client *client, const femd_hash *material,
                                                             double Q[9], femd_error *err);
/* The same material with another Q, a rotation to 1e-6: *id is another name for it. Asks nobody; any number of grains.
 */
FEMD_API FEMD_MUST_CHECK femd_status femd_client_orient(femd_client *client, const femd_hash *material,
                                                        const double Q[9], femd_hash *id, femd_error *err);
/* What a registered material says of itself: of its potential, its files, its reference. One remark a line, "" if
 * nothing or not registered; lives as long as the client. */
FEMD_API const char *femd_client_remarks(const femd_client *client, const femd_hash *material);

/* Send n requests of one material; returns at once. The requests are copied. n may be any number (frames are split). */
FEMD_API FEMD_MUST_CHECK femd_status femd_client_submit(femd_client *client, const femd_hash *material,
                                                        const femd_request *requests, size_t n, femd_batch **batch,
                                                        femd_error *err);
/* Handle what has arrived, waiting at most timeout seconds; *done = number of answered points of the batch. */
FEMD_API FEMD_MUST_CHECK femd_status femd_client_poll(femd_client *client, femd_batch *batch, double timeout,
                                                      size_t *done, femd_error *err);
/* Wait until one of n batches is over (all its points are answered, or it was refused), until somebody calls
 * femd_client_wake, or for at most timeout seconds (0: only what is there already). *which: the first one that is over,
 * n if there is none. Collecting it does not wait then. */
FEMD_API FEMD_MUST_CHECK femd_status femd_client_wait_any(femd_client *client, femd_batch *const *batches, size_t n,
                                                          double timeout, size_t *which, femd_error *err);
/* End the femd_client_wait_any that is under way in the client's thread, or else the next one. May be called from any
 * thread and from a signal handler; without effect before the first femd_client_wait_any or femd_client_descriptor. */
FEMD_API void femd_client_wake(const femd_client *client);
/* A descriptor for poll, epoll or select: readable when something has come, and twice a second. Then call
 * femd_client_wait_any (or femd_client_poll) with timeout 0, which takes all there is and sends again what was lost.
 * The client's: do not read from it, do not close it. */
FEMD_API FEMD_MUST_CHECK femd_status femd_client_descriptor(femd_client *client, int *fd, femd_error *err);
/* Wait for the rest, copy the n responses in the order of the requests, release the batch (sets *batch NULL, also on
 * failure). Per-point trouble stands in responses[i].status and is no failure of the call. */
FEMD_API FEMD_MUST_CHECK femd_status femd_client_collect(femd_client *client, femd_batch **batch,
                                                         femd_response *responses, femd_error *err);
/* The same without room for all of them: wait for the rest, then hand each response to sink, in the order of the
 * requests and one at a time. It is borrowed for the call of the sink, which may change it; what is to stay is copied.
 * Releases the batch (sets *batch NULL, also on failure; the sink may have had some by then). */
typedef void (*femd_response_sink)(void *user, size_t i, femd_response *response);
FEMD_API FEMD_MUST_CHECK femd_status femd_client_collect_each(femd_client *client, femd_batch **batch,
                                                              femd_response_sink sink, void *user, femd_error *err);
/* Of the points that the pool has given up so far, in the batches that were last open together, the one with the lowest
 * number: its status and number; OK if there is none. */
FEMD_API femd_status femd_client_given_up(const femd_client *client, uint64_t *point);
/* What was said of a point that failed, in words: kept of the one with the lowest number whose material said no and of
 * that which failed for another reason, as long as femd_client_given_up knows of it; else "". Borrowed until the next
 * call. */
FEMD_API const char *femd_client_words(const femd_client *client, uint64_t point);
/* Give a batch up. */
FEMD_API void femd_client_cancel(femd_client *client, femd_batch **batch);
/* Points of the batches collected so far that were answered from an earlier evaluation. */
FEMD_API uint64_t femd_client_reused(const femd_client *client);

/* Make (point, state) pairs the committed ones of this rank. Collective in meaning: returns when all ranks of the run
 * have committed `step` and the server holds every state. */
FEMD_API FEMD_MUST_CHECK femd_status femd_client_commit(femd_client *client, uint32_t step, const uint64_t *points,
                                                        const femd_hash *states, size_t n, femd_error *err);
/* Forget the tentative states of this rank. */
FEMD_API FEMD_MUST_CHECK femd_status femd_client_abort(femd_client *client, femd_error *err);

/* Fetch the blob of a state; *blob is malloc'ed and the caller's. STATE_LOST if nobody holds it. */
FEMD_API FEMD_MUST_CHECK femd_status femd_client_state_get(femd_client *client, const femd_hash *state, void **blob,
                                                           size_t *size, femd_error *err);
/* Many at once, in one round trip: blobs[i] malloc'ed, the caller's (all freed and NULL on failure). */
FEMD_API FEMD_MUST_CHECK femd_status femd_client_states_get(femd_client *client, const femd_hash *states, size_t n,
                                                            void **blobs, size_t *sizes, femd_error *err);
/* Give the server blobs (restart from a checkpoint); each is verified against its hash. */
FEMD_API FEMD_MUST_CHECK femd_status femd_client_states_put(femd_client *client, const femd_hash *states,
                                                            const void *const *blobs, const size_t *sizes, size_t n,
                                                            femd_error *err);

/* The numerics level that the server pins ("x86-64-v3", ...): answers have the same bits on one level only. Borrowed;
 * valid until the client is closed. */
FEMD_API const char *femd_client_level(const femd_client *client);

/* The server's status as JSON text, malloc'ed, the caller's. */
FEMD_API FEMD_MUST_CHECK femd_status femd_client_status(femd_client *client, char **json, femd_error *err);

/* The version of this libfemd, "0.1.0". Static storage. */
FEMD_API const char *femd_version(void);

/* The seed of an evaluation: a function of (case seed, step, point) alone. */
FEMD_API uint64_t femd_seed(uint64_t case_seed, uint32_t step, uint64_t point);

#ifdef __cplusplus
}
#endif
#endif
