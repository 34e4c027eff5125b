/* What the libraries that a host loads (umat, mfront) have in common: a host calls them point by point, from any
 * thread, and tells them nothing of femd. So one connection of the process is opened by the first call, with what
 * stands in the environment, and its materials are those of a file of femd:
 *
 *   FEMD_UMAT, FEMD_MFRONT   the file with the materials: a case, a folder with a case.json, or a single material
 *   FEMD_CONNECT             the server's address, or the file into which femd serve --address-file writes it
 *   FEMD_RUN                 the run's name; made up if it is not set. Processes that MPI has started are runs of their
 *                            own: of its rank 2 that is FEMD_RUN.2
 *   FEMD_KEY, FEMD_KEYS      as everywhere in libfemd
 *
 *   static host_pool pool = HOST_POOL_INIT("libfemd_umat", "FEMD_UMAT", 1);
 *   const host_material *material;
 *   femd_status rc = host_pool_material(&pool, name, length, &material, &err);
 *   if (rc == FEMD_OK) rc = host_pool_evaluate(&pool, material, &arrays, &worst, &err);
 *   if (rc != FEMD_OK) host_pool_say(&pool, rc, increment, err.text);
 *
 * While calls wait and the pool has no worker, standard error says so after a few seconds, once until one comes.
 *
 * All functions may be called from any thread. What has failed once (no server, no such file) fails at once from then
 * on, with the same words: a host with 10,000 points does not wait 10,000 times. */
#ifndef FEMD_ADAPTERS_HOST_POOL_H
#define FEMD_ADAPTERS_HOST_POOL_H

#include <pthread.h>
#include <stdatomic.h>

#include "femd/femd.h"

/* A material of the file, registered. Lives as long as the pool. */
typedef struct host_material {
    struct host_material *next;
    char *name; /* as it stands in the file; "" for a file that is one material */
    femd_hash id;
    femd_capabilities capabilities;
    int known;          /* registered, or refused */
    femd_status failed; /* OK: registered */
    femd_error why;
} host_material;

enum { HOST_SAID = 16, HOST_ADDRESS = 512 };

typedef struct host_pool {
    const char *adapter;  /* stands before all words */
    const char *variable; /* the environment's name of the file */
    int sweep;            /* femd_pointwise_open's */
    pthread_mutex_t lock;
    atomic_int process; /* that opened it; 0: nobody yet */
    femd_status failed;
    femd_error why;
    femd_pointwise *points;
    char *path; /* of the file */
    char address[HOST_ADDRESS];
    uint64_t seed;
    host_material *materials; /* in the order of the file */
    atomic_int calls;         /* under way */
    struct {
        atomic_int registering;
        double since; /* clock: points or a material wait, and no worker takes tasks; 0: not so */
        int told;
    } drought; /* but for `registering` the connection's thread's */
    struct {
        femd_status status;
        uint64_t occasion;
    } said[HOST_SAID]; /* what host_pool_say has printed, the last ones */
    size_t said_count;
} host_pool;

#define HOST_POOL_INIT(adapter_name, variable_name, sweep_or_not)                                                      \
    {                                                                                                                  \
        .adapter = (adapter_name), .variable = (variable_name), .sweep = (sweep_or_not),                               \
        .lock = PTHREAD_MUTEX_INITIALIZER                                                                              \
    }

/* The material of that name (length characters, blanks at the end do not count), in whatever case if no other differs
 * by that alone: hosts write names in capitals. An empty name: the file's only one. Connects and registers where that
 * is still to be done, which waits until a worker has opened the material. BAD_INPUT with the names there are. */
FEMD_MUST_CHECK femd_status host_pool_material(host_pool *pool, const char *name, size_t length,
                                               const host_material **material, femd_error *err);
/* The same by its place in the file, from 1 on, for hosts that pass numbers alone. */
FEMD_MUST_CHECK femd_status host_pool_material_at(host_pool *pool, double place, const host_material **material,
                                                  femd_error *err);
/* femd_pointwise_arrays of that material, with the seed of the file. OK: the points' statuses say the rest, as does
 * *worst. */
FEMD_MUST_CHECK femd_status host_pool_evaluate(host_pool *pool, const host_material *material,
                                               const femd_arrays *arrays, femd_status *worst, femd_error *err);
/* femd_pointwise_call, for states saved and loaded. Connects where that is still to be done. */
FEMD_MUST_CHECK femd_status host_pool_call(host_pool *pool, femd_pointwise_work work, void *user, femd_error *err);

/* 0: this process was forked from the one that has the connection, and what is the parent's is left alone. */
int host_pool_is_ours(const host_pool *pool);

/* The rank of this process by what MPI's starters leave in the environment; -1 if it is the only one, or none says. */
int host_pool_rank(void);

/* Words for who runs the host, on standard error: once for each status and occasion (an increment, or 0), however many
 * points have the same to say. */
void host_pool_say(host_pool *pool, femd_status status, uint64_t occasion, const char *words);

/* Leave the server, when the library is unloaded or the process ends. Does nothing in a forked child, or while threads
 * are in a call (then the end of the process is what the server sees). Calls afterwards fail. */
void host_pool_close(host_pool *pool);

#endif
