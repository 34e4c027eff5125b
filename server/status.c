/* The books as JSON. `waiting` evaluations wait for a state to come to the server. Totals come first and count all; the
 * lists behind them are bounded, so that the message is below STATUS_BYTES_MAX whatever the pool is like, and what they
 * leave out is counted. */
#include "status.h"

#include <stdlib.h>

#include "status_private.h"

enum { RUNS_BYTES = 48 << 10, MATERIALS_BYTES = 24 << 10 };

void status_add(cJSON *object, const char *key, double value) {
    cJSON_AddNumberToObject(object, key, value);
}

/* ---- lists ---- */

static femd_status status_put(femd_buffer *out, const char *text) {
    return femd_buffer_append(out, text, strlen(text), NULL);
}

status_list status_list_begin(femd_buffer *out, const char *key, uint32_t most, size_t bytes) {
    status_list list = {.out = out, .most = most, .rc = status_put(out, ",\"")};
    if (list.rc == FEMD_OK) list.rc = status_put(out, key);
    if (list.rc == FEMD_OK) list.rc = status_put(out, "\":[");
    list.end = out->size + bytes;
    if (list.end > STATUS_BYTES_MAX - STATUS_CLOSING) list.end = STATUS_BYTES_MAX - STATUS_CLOSING;
    return list;
}

int status_list_is_full(status_list *list) {
    const int full = list->told == list->most || list->left_out > 0;
    list->left_out += full != 0;
    return full;
}

void status_list_add(status_list *list, cJSON *entry) {
    char *text = entry ? cJSON_PrintUnformatted(entry) : NULL;
    cJSON_Delete(entry);
    if (!text)
        list->rc = FEMD_NO_MEMORY;
    else if (list->rc == FEMD_OK && list->out->size + strlen(text) + 1 > list->end)
        list->left_out++;
    else if (list->rc == FEMD_OK) {
        if (list->told++) list->rc = status_put(list->out, ",");
        if (list->rc == FEMD_OK) list->rc = status_put(list->out, text);
    }
    free(text);
}

femd_status status_list_end(status_list *list) {
    return list->rc == FEMD_OK ? status_put(list->out, "]") : list->rc;
}

/* ---- what is in them ---- */

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
    status_add(object, "committed", (double)runs_count_committed(rooms->runs, run));
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
    status_add(object, "workers_came", (double)count->workers_came);
    status_add(object, "workers_gone", (double)count->workers_gone);
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

/* ---- the message ---- */

/* Runs that this peer may know, in the order of the list: its own, those in doubt, those whose clients are here. */
static int status_run_rank(const femd_rooms *rooms, uint32_t peer, uint32_t run) {
    const runs_figures figures = runs_look(rooms->runs, run);
    return runs_of(rooms->runs, peer) == run ? 0 : figures.doubt ? 1 : figures.connected ? 2 : 3;
}

static femd_status status_runs(const femd_rooms *rooms, uint32_t peer, femd_buffer *out, uint32_t *left_out) {
    status_list list = status_list_begin(out, "runs", UINT32_MAX, RUNS_BYTES);
    for (int rank = 0; rank <= 3; rank++)
        for (uint32_t run = runs_next(rooms->runs, FEMD_NIL); run; run = runs_next(rooms->runs, run))
            if (status_may_know(rooms, peer, run) && status_run_rank(rooms, peer, run) == rank &&
                !status_list_is_full(&list))
                status_list_add(&list, status_run(rooms, run));
    *left_out = list.left_out;
    return status_list_end(&list);
}

/* Of materials a client is told nothing where there are keys: they may be another's. */
static int status_may_know_materials(const femd_rooms *rooms, uint32_t peer) {
    return roster_identity(rooms->roster, peer)->role != FEMD_ROLE_CLIENT;
}

/* Those that failed come first, then those that are not open yet. */
static femd_status status_materials(const femd_rooms *rooms, uint32_t peer, femd_buffer *out, uint32_t *left_out) {
    status_list list = status_list_begin(out, "materials", UINT32_MAX, MATERIALS_BYTES);
    for (int ready = -1; ready <= 1 && status_may_know_materials(rooms, peer); ready++)
        for (uint32_t material = 1; material <= catalogue_last(rooms->catalogue); material++)
            if (catalogue_is_awake(rooms->catalogue, material) &&
                catalogue_is_ready(rooms->catalogue, material) == ready && !status_list_is_full(&list))
                status_list_add(&list, status_material(rooms, material));
    *left_out = list.left_out;
    return status_list_end(&list);
}

static void status_totals(cJSON *root, const femd_rooms *rooms, const status_pool *pool, uint32_t peer) {
    cJSON *totals = cJSON_AddObjectToObject(root, "totals");
    uint32_t runs = 0, materials = 0;
    status_pool_totals(pool, totals);
    for (uint32_t run = runs_next(rooms->runs, FEMD_NIL); run; run = runs_next(rooms->runs, run))
        runs += status_may_know(rooms, peer, run) != 0;
    status_add(totals, "runs", runs);
    if (!status_may_know_materials(rooms, peer)) return;
    for (uint32_t material = 1; material <= catalogue_last(rooms->catalogue); material++)
        materials += catalogue_is_awake(rooms->catalogue, material) != 0;
    status_add(totals, "materials", materials);
}

/* All but the lists. */
static cJSON *status_json(const femd_rooms *rooms, const status_pool *pool, uint32_t peer) {
    femd_core_totals totals;
    rooms_sum(rooms, &totals);
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "version", FEMD_VERSION);
    cJSON_AddStringToObject(root, "level", rooms->common.level);
    status_add(root, "uptime", rooms->common.now - rooms->common.started);
    status_totals(root, rooms, pool, peer);
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

/* The object without the brace that ends it. */
static femd_status status_put_head(cJSON *root, femd_buffer *out) {
    char *text = root ? cJSON_PrintUnformatted(root) : NULL;
    const femd_status rc = text ? femd_buffer_append(out, text, strlen(text) - 1, NULL) : FEMD_NO_MEMORY;
    free(text);
    return rc;
}

static femd_status status_put_left_out(femd_buffer *out, const uint32_t left_out[4]) {
    static const char *const key[4] = {"hosts", "runs", "materials", "workers"};
    cJSON *object = cJSON_CreateObject();
    for (int i = 0; i < 4; i++) status_add(object, key[i], left_out[i]);
    char *text = object ? cJSON_PrintUnformatted(object) : NULL;
    femd_status rc = text ? status_put(out, ",\"left_out\":") : FEMD_NO_MEMORY;
    if (rc == FEMD_OK) rc = status_put(out, text);
    if (rc == FEMD_OK) rc = status_put(out, "}");
    cJSON_Delete(object);
    free(text);
    return rc;
}

/* Workers come last: they take what room the others have left. */
static femd_status status_write(const femd_rooms *rooms, const status_pool *pool, uint32_t peer, femd_buffer *out) {
    uint32_t left_out[4];
    cJSON *root = status_json(rooms, pool, peer);
    femd_status rc = status_put_head(root, out);
    cJSON_Delete(root);
    if (rc == FEMD_OK) rc = status_pool_hosts(pool, out, &left_out[0]);
    if (rc == FEMD_OK) rc = status_runs(rooms, peer, out, &left_out[1]);
    if (rc == FEMD_OK) rc = status_materials(rooms, peer, out, &left_out[2]);
    if (rc == FEMD_OK) rc = status_pool_workers(pool, out, &left_out[3]);
    return rc == FEMD_OK ? status_put_left_out(out, left_out) : rc;
}

femd_status status_encode(const femd_rooms *rooms, uint32_t peer, uint64_t id, femd_buffer *out, femd_error *err) {
    FEMD_TRY(femd_frame_begin(out, FEMD_MSG_STATUS, id, err));
    status_pool *pool = status_pool_create(rooms);
    const femd_status rc = pool ? status_write(rooms, pool, peer, out) : FEMD_NO_MEMORY;
    status_pool_destroy(&pool);
    if (rc != FEMD_OK) return femd_fail(err, rc, "no memory for the status");
    femd_frame_finish(out, 1);
    return FEMD_OK;
}
