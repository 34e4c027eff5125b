/* The books as JSON. Counts of a worker: sent (tasks it has), started (of these), done, held (states), sole_committed
 * (states of final commits that no other worker holds). `waiting` evaluations wait for a state to come to the server.
 */
#include "status.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

static void status_add(cJSON *object, const char *key, double value) {
    cJSON_AddNumberToObject(object, key, value);
}

static const char *status_of_worker(const femd_rooms *rooms, uint32_t worker) {
    if (roster_quarantined(rooms->roster, worker)) return "quarantined";
    if (ledger_tasks_started(rooms->ledger, worker)) return "busy";
    if (catalogue_is_opening(rooms->catalogue, worker)) return "opening";
    return ledger_tasks(rooms->ledger, worker) ? "sent" : "idle";
}

static cJSON *status_worker(const femd_rooms *rooms, uint32_t worker) {
    const femd_hello *hello = roster_hello(rooms->roster, worker);
    const double now = rooms->common.now;
    cJSON *object = cJSON_CreateObject();
    status_add(object, "number", (double)roster_number(rooms->roster, worker));
    cJSON_AddStringToObject(object, "host", hello->host);
    status_add(object, "pid", hello->pid);
    if (roster_identity(rooms->roster, worker)->role)
        cJSON_AddStringToObject(object, "key", roster_identity(rooms->roster, worker)->name);
    cJSON_AddStringToObject(object, "level", hello->level);
    cJSON_AddStringToObject(object, "version", hello->version);
    char fingerprint[24];
    snprintf(fingerprint, sizeof fingerprint, "%016llx", (unsigned long long)hello->fingerprint);
    cJSON_AddStringToObject(object, "fingerprint", fingerprint);
    cJSON_AddStringToObject(object, "state", status_of_worker(rooms, worker));
    if (roster_quarantined(rooms->roster, worker))
        cJSON_AddStringToObject(object, "reason", roster_quarantined(rooms->roster, worker));
    status_add(object, "sent", ledger_tasks(rooms->ledger, worker));
    status_add(object, "started", ledger_tasks_started(rooms->ledger, worker));
    status_add(object, "done", (double)ledger_tasks_done(rooms->ledger, worker));
    status_add(object, "held", states_held(rooms->states, worker));
    status_add(object, "sole_committed", states_sole_committed(rooms->states, worker));
    status_add(object, "since", now - roster_since(rooms->roster, worker));
    status_add(object, "progress", now - roster_progress(rooms->roster, worker));
    return object;
}

static cJSON *status_run(const femd_rooms *rooms, uint32_t run) {
    const runs_figures figures = runs_look(rooms->runs, run);
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "name", figures.name);
    status_add(object, "ranks", figures.ranks);
    status_add(object, "connected", figures.connected);
    status_add(object, "open", figures.open);
    status_add(object, "points", (double)figures.points);
    status_add(object, "commits", (double)figures.commits);
    status_add(object, "last_step", figures.last_step);
    status_add(object, "tentative", (double)figures.tentative);
    status_add(object, "committed", (double)figures.committed);
    cJSON_AddBoolToObject(object, "bit_reproducible", figures.reproducible);
    if (figures.doubt) cJSON_AddStringToObject(object, "in_doubt", figures.doubt);
    return object;
}

static cJSON *status_material(const femd_rooms *rooms, uint32_t material) {
    const int ready = catalogue_is_ready(rooms->catalogue, material);
    cJSON *object = cJSON_CreateObject();
    char id[65];
    femd_hash_text(catalogue_id(rooms->catalogue, material), id);
    cJSON_AddStringToObject(object, "id", id);
    cJSON_AddStringToObject(object, "state", ready > 0 ? "ready" : ready < 0 ? "failed" : "waiting");
    status_add(object, "opened", catalogue_opened(rooms->catalogue, material));
    status_add(object, "cost", catalogue_cost(rooms->catalogue, material));
    status_add(object, "bytes", (double)catalogue_pack(rooms->catalogue, material).size);
    return object;
}

static void status_counters(cJSON *root, const femd_core_counters *count) {
    cJSON *object = cJSON_AddObjectToObject(root, "counters");
    status_add(object, "frames", (double)count->frames);
    status_add(object, "points", (double)count->points);
    status_add(object, "evaluations", (double)count->evaluations);
    status_add(object, "reused", (double)count->reused);
    status_add(object, "recalled", (double)count->recalled);
    status_add(object, "requeued", (double)count->requeued);
    status_add(object, "remade", (double)count->remade);
    status_add(object, "poison", (double)count->poison);
    status_add(object, "conflicts", (double)count->conflicts);
    status_add(object, "differences", (double)count->differences);
    status_add(object, "audits", (double)count->audits);
    status_add(object, "audited", (double)count->audited);
    status_add(object, "unaudited", (double)count->unaudited);
    status_add(object, "convicted", (double)count->convicted);
    status_add(object, "undecided", (double)count->undecided);
    status_add(object, "late", (double)count->late);
    status_add(object, "hung", (double)count->hung);
    status_add(object, "commits", (double)count->commits);
    status_add(object, "violations", (double)count->violations);
    status_add(object, "bytes_in", (double)count->bytes_in);
    status_add(object, "bytes_out", (double)count->bytes_out);
}

static void status_memory(cJSON *root, const femd_rooms *rooms, const femd_core_totals *totals) {
    cJSON *object = cJSON_AddObjectToObject(root, "memory");
    status_add(object, "limit", (double)rooms->common.config.memory_bytes);
    status_add(object, "held", (double)totals->bytes);
    status_add(object, "requests", (double)totals->requests);
    status_add(object, "responses", (double)totals->responses);
    status_add(object, "materials", (double)totals->materials);
    status_add(object, "states", (double)totals->states);
    status_add(object, "batches", (double)totals->batches);
}

static int status_may_know(const femd_rooms *rooms, uint32_t peer, uint32_t run) {
    const femd_identity *who = roster_identity(rooms->roster, peer);
    if (roster_hello(rooms->roster, peer)->role == FEMD_ROLE_ADMIN || runs_of(rooms->runs, peer) == run) return 1;
    return who->role && femd_hash_equal(runs_look(rooms->runs, run).owner, &who->key);
}

static cJSON *status_json(const femd_rooms *rooms, uint32_t peer) {
    femd_core_totals totals;
    rooms_sum(rooms, &totals);
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "version", FEMD_VERSION);
    cJSON_AddStringToObject(root, "level", rooms->common.level);
    status_add(root, "uptime", rooms->common.now - rooms->common.started);
    cJSON *workers = cJSON_AddArrayToObject(root, "workers");
    for (uint32_t worker = roster_next_worker(rooms->roster, FEMD_NIL); worker;
         worker = roster_next_worker(rooms->roster, worker))
        cJSON_AddItemToArray(workers, status_worker(rooms, worker));
    cJSON *runs = cJSON_AddArrayToObject(root, "runs");
    for (uint32_t run = runs_next(rooms->runs, FEMD_NIL); run; run = runs_next(rooms->runs, run))
        if (status_may_know(rooms, peer, run)) cJSON_AddItemToArray(runs, status_run(rooms, run));
    cJSON *materials = cJSON_AddArrayToObject(root, "materials");
    const int all = roster_identity(rooms->roster, peer)->role != FEMD_ROLE_CLIENT;
    for (uint32_t material = 1; all && material <= catalogue_last(rooms->catalogue); material++)
        if (catalogue_is_awake(rooms->catalogue, material))
            cJSON_AddItemToArray(materials, status_material(rooms, material));
    status_add(root, "clients", totals.clients);
    status_add(root, "queued", totals.queued);
    status_add(root, "waiting", totals.waiting);
    status_add(root, "running", totals.running);
    status_add(root, "batches", totals.open_batches);
    status_add(root, "states", totals.state_count);
    status_counters(root, &rooms->common.counter);
    status_memory(root, rooms, &totals);
    cJSON_AddBoolToObject(root, "keys", rooms->common.config.keys != NULL);
    cJSON_AddBoolToObject(root, "draining", rooms->common.draining);
    cJSON_AddBoolToObject(root, "bit_reproducible", rooms->common.reproducible);
    return root;
}

femd_status status_encode(const femd_rooms *rooms, uint32_t peer, uint64_t id, femd_buffer *out, femd_error *err) {
    cJSON *root = status_json(rooms, peer);
    char *text = root ? cJSON_PrintUnformatted(root) : NULL;
    cJSON_Delete(root);
    if (!text) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the status");
    femd_status rc = femd_frame_begin(out, FEMD_MSG_STATUS, id, err);
    if (rc == FEMD_OK) rc = femd_buffer_append(out, text, strlen(text), err);
    if (rc == FEMD_OK) femd_frame_finish(out, 1);
    free(text);
    return rc;
}
