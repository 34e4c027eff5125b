/* Workers and their hosts in the STATUS message. Those in trouble come first, since the lists are bounded.
 *
 * Counts of a worker: sent (tasks it has), started (of these), done, held (states), sole_committed (states of final
 * commits that no other worker holds). */
#include <stdio.h>
#include <stdlib.h>

#include "sorting.h"
#include "status_private.h"

enum { WORKERS_MAX = 256, HOSTS_MAX = 256, HOSTS_BYTES = 56 << 10 };

typedef enum status_state { IDLE, SENT, BUSY, OPENING, QUARANTINED, STATES } status_state;
static const char *const state_word[STATES] = {"idle", "sent", "busy", "opening", "quarantined"};

typedef struct status_seen { /* a worker */
    uint32_t worker;
    uint64_t number;
    const char *host;
    status_state state;
    int benched, hung;
    int rank; /* in the list: quarantined, benched, hung, opening, others */
} status_seen;

typedef struct status_host {
    const char *name;
    uint32_t workers, by_state[STATES], benched, hung;
    uint64_t done, held;
    double silent; /* s: the longest without a sign of progress of one that owes something */
    int rank;      /* the first of its workers */
} status_host;

_Static_assert(sizeof(status_seen) <= FEMD_SORT_ITEM && sizeof(status_host) <= FEMD_SORT_ITEM, "sorted in place");

struct status_pool {
    const femd_rooms *rooms;
    status_seen *seen; /* owned, in the order of the list */
    status_host *host; /* owned, in the order of the list */
    status_host all;
    uint32_t hosts;
};

/* ---- one worker ---- */

static status_state status_state_of(const femd_rooms *rooms, uint32_t worker) {
    if (roster_quarantined(rooms->roster, worker)) return QUARANTINED;
    if (ledger_tasks_started(rooms->ledger, worker)) return BUSY;
    if (catalogue_is_opening(rooms->catalogue, worker)) return OPENING;
    return ledger_tasks(rooms->ledger, worker) ? SENT : IDLE;
}

static double status_silence(const femd_rooms *rooms, uint32_t worker) {
    return rooms->common.now - roster_progress(rooms->roster, worker);
}

/* It is as if it hung: expelled it is only after the whole deadline, of which this is a tenth. */
static int status_seems_hung(const femd_rooms *rooms, uint32_t worker) {
    return roster_owes(rooms->roster, worker) &&
           status_silence(rooms, worker) >= rooms->common.config.task_deadline / 10;
}

static status_seen status_see(const femd_rooms *rooms, uint32_t worker) {
    status_seen seen = {.worker = worker,
                        .number = roster_number(rooms->roster, worker),
                        .host = roster_hello(rooms->roster, worker)->host,
                        .state = status_state_of(rooms, worker),
                        .benched = dispatch_is_benched(rooms->dispatch, worker),
                        .hung = status_seems_hung(rooms, worker)};
    seen.rank = seen.state == QUARANTINED ? 0 : seen.benched ? 1 : seen.hung ? 2 : seen.state == OPENING ? 3 : 4;
    return seen;
}

/* ---- all of them ---- */

static int status_by_host(const void *a, const void *b) {
    return strcmp(((const status_seen *)a)->host, ((const status_seen *)b)->host);
}

static int status_by_rank(const void *a, const void *b) {
    const status_seen *one = a, *other = b;
    if (one->rank != other->rank) return one->rank < other->rank ? -1 : 1;
    return one->number < other->number ? -1 : one->number > other->number;
}

static int status_by_host_rank(const void *a, const void *b) {
    const status_host *one = a, *other = b;
    if (one->rank != other->rank) return one->rank < other->rank ? -1 : 1;
    return strcmp(one->name, other->name);
}

static void status_count(const femd_rooms *rooms, status_host *host, const status_seen *seen) {
    const double silence = status_silence(rooms, seen->worker);
    host->workers++;
    host->by_state[seen->state]++;
    host->benched += seen->benched != 0;
    host->hung += seen->hung != 0;
    host->done += ledger_tasks_done(rooms->ledger, seen->worker);
    host->held += states_held(rooms->states, seen->worker);
    if (roster_owes(rooms->roster, seen->worker) && silence > host->silent) host->silent = silence;
    if (seen->rank < host->rank) host->rank = seen->rank;
}

/* Workers sorted by their hosts become counts of hosts. */
static void status_count_hosts(status_pool *pool) {
    status_host *host = NULL;
    for (uint32_t i = 0; i < pool->all.workers; i++) {
        const status_seen *seen = &pool->seen[i];
        if (!host || strcmp(host->name, seen->host) != 0) {
            host = &pool->host[pool->hosts++];
            *host = (status_host){.name = seen->host, .rank = seen->rank};
        }
        status_count(pool->rooms, host, seen);
    }
}

status_pool *status_pool_create(const femd_rooms *rooms) {
    const uint32_t workers = roster_workers(rooms->roster);
    status_pool *pool = calloc(1, sizeof *pool);
    if (!pool) return NULL;
    pool->rooms = rooms;
    pool->seen = malloc((workers + 1) * sizeof *pool->seen);
    pool->host = malloc((workers + 1) * sizeof *pool->host);
    if (!pool->seen || !pool->host) {
        status_pool_destroy(&pool);
        return NULL;
    }
    for (uint32_t worker = roster_next_worker(rooms->roster, FEMD_NIL); worker;
         worker = roster_next_worker(rooms->roster, worker)) {
        status_seen *seen = &pool->seen[pool->all.workers];
        *seen = status_see(rooms, worker);
        status_count(rooms, &pool->all, seen);
    }
    femd_sort(pool->seen, pool->all.workers, sizeof *pool->seen, status_by_host);
    status_count_hosts(pool);
    femd_sort(pool->seen, pool->all.workers, sizeof *pool->seen, status_by_rank);
    femd_sort(pool->host, pool->hosts, sizeof *pool->host, status_by_host_rank);
    return pool;
}

void status_pool_destroy(status_pool **pool) {
    if (!*pool) return;
    free((*pool)->seen);
    free((*pool)->host);
    free(*pool);
    *pool = NULL;
}

/* ---- as JSON ---- */

/* zeros: also what there is none of. */
static void status_add_counts(cJSON *object, const status_host *host, int zeros) {
    status_add(object, "workers", host->workers);
    for (int s = 0; s < STATES; s++)
        if (zeros || host->by_state[s]) status_add(object, state_word[s], host->by_state[s]);
    if (zeros || host->benched) status_add(object, "benched", host->benched);
    if (zeros || host->hung) status_add(object, "hung", host->hung);
}

void status_pool_totals(const status_pool *pool, cJSON *totals) {
    status_add_counts(totals, &pool->all, 1);
    status_add(totals, "hosts", pool->hosts);
}

static cJSON *status_host_json(const status_host *host) {
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "host", host->name);
    status_add_counts(object, host, 0);
    status_add(object, "done", (double)host->done);
    status_add(object, "held", (double)host->held);
    status_add(object, "silent", host->silent);
    return object;
}

static cJSON *status_worker_json(const femd_rooms *rooms, const status_seen *seen) {
    const uint32_t worker = seen->worker;
    const femd_hello *hello = roster_hello(rooms->roster, worker);
    cJSON *object = cJSON_CreateObject();
    status_add(object, "number", (double)seen->number);
    cJSON_AddStringToObject(object, "host", hello->host);
    status_add(object, "pid", hello->pid);
    if (roster_identity(rooms->roster, worker)->role)
        cJSON_AddStringToObject(object, "key", roster_identity(rooms->roster, worker)->name);
    cJSON_AddStringToObject(object, "level", hello->level);
    cJSON_AddStringToObject(object, "version", hello->version);
    char fingerprint[24];
    snprintf(fingerprint, sizeof fingerprint, "%016llx", (unsigned long long)hello->fingerprint);
    cJSON_AddStringToObject(object, "fingerprint", fingerprint);
    cJSON_AddStringToObject(object, "state", state_word[seen->state]);
    if (seen->state == QUARANTINED)
        cJSON_AddStringToObject(object, "reason", roster_quarantined(rooms->roster, worker));
    if (seen->benched) cJSON_AddTrueToObject(object, "benched");
    if (seen->hung) cJSON_AddTrueToObject(object, "hung");
    status_add(object, "sent", ledger_tasks(rooms->ledger, worker));
    status_add(object, "started", ledger_tasks_started(rooms->ledger, worker));
    status_add(object, "done", (double)ledger_tasks_done(rooms->ledger, worker));
    status_add(object, "held", states_held(rooms->states, worker));
    status_add(object, "sole_committed", states_sole_committed(rooms->states, worker));
    status_add(object, "since", rooms->common.now - roster_since(rooms->roster, worker));
    status_add(object, "progress", status_silence(rooms, worker));
    return object;
}

femd_status status_pool_hosts(const status_pool *pool, femd_buffer *out, uint32_t *left_out) {
    status_list list = status_list_begin(out, "hosts", HOSTS_MAX, HOSTS_BYTES);
    for (uint32_t i = 0; i < pool->hosts; i++)
        if (!status_list_is_full(&list)) status_list_add(&list, status_host_json(&pool->host[i]));
    *left_out = list.left_out;
    return status_list_end(&list);
}

femd_status status_pool_workers(const status_pool *pool, femd_buffer *out, uint32_t *left_out) {
    status_list list = status_list_begin(out, "workers", WORKERS_MAX, STATUS_BYTES_MAX);
    for (uint32_t i = 0; i < pool->all.workers; i++)
        if (!status_list_is_full(&list)) status_list_add(&list, status_worker_json(pool->rooms, &pool->seen[i]));
    *left_out = list.left_out;
    return status_list_end(&list);
}
