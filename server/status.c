/* The books as JSON. Counts of a worker: sent (tasks it has), started (of these), done, held (states), sole_committed
 * (states of final commits that no other worker holds). `waiting` evaluations wait for a state to come to the server.
 */
#include "status.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

#include "members.h"
#include "states.h"

static void add(cJSON *o, const char *key, double value) {
    cJSON_AddNumberToObject(o, key, value);
}

static cJSON *worker_json(const femd_core *c, uint32_t n) {
    const peer *p = peer_at(c, n);
    cJSON *o = cJSON_CreateObject();
    add(o, "number", (double)p->number);
    cJSON_AddStringToObject(o, "host", p->hello.host);
    add(o, "pid", p->hello.pid);
    cJSON_AddStringToObject(o, "level", p->hello.level);
    cJSON_AddStringToObject(o, "version", p->hello.version);
    char fingerprint[24];
    snprintf(fingerprint, sizeof fingerprint, "%016llx", (unsigned long long)p->hello.fingerprint);
    cJSON_AddStringToObject(o, "fingerprint", fingerprint);
    cJSON_AddStringToObject(o, "state", p->nstarted ? "busy" : p->opening ? "opening" : p->ntasks ? "sent" : "idle");
    add(o, "sent", p->ntasks);
    add(o, "started", p->nstarted);
    add(o, "done", (double)p->done);
    add(o, "held", p->held);
    add(o, "sole_committed", states_sole_committed(c, n));
    add(o, "since", c->now - p->since);
    add(o, "progress", c->now - p->progress);
    return o;
}

static cJSON *run_json(const femd_core *c, const run *t) {
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "name", t->name);
    add(o, "ranks", t->nranks);
    add(o, "connected", t->connected);
    add(o, "open", t->open);
    add(o, "points", (double)t->points);
    add(o, "commits", (double)t->commits);
    add(o, "last_step", t->last_step);
    double tentative = 0, committed = 0;
    for (uint32_t i = 0; i < t->nranks; i++) {
        tentative += t->ranks[i].tentative.count;
        committed += t->ranks[i].current.count;
    }
    add(o, "tentative", tentative);
    add(o, "committed", committed);
    cJSON_AddBoolToObject(o, "bit_reproducible", t->reproducible);
    (void)c;
    return o;
}

static cJSON *material_json(const material *t) {
    cJSON *o = cJSON_CreateObject();
    char id[65];
    femd_hash_text(&t->id, id);
    cJSON_AddStringToObject(o, "id", id);
    cJSON_AddStringToObject(o, "state", t->ready > 0 ? "ready" : t->ready < 0 ? "failed" : "waiting");
    add(o, "opened", t->opened);
    add(o, "cost", t->cost);
    add(o, "bytes", (double)t->size);
    return o;
}

static void add_counters(cJSON *root, const femd_core_counters *n) {
    cJSON *o = cJSON_AddObjectToObject(root, "counters");
    add(o, "frames", (double)n->frames);
    add(o, "points", (double)n->points);
    add(o, "evaluations", (double)n->evaluations);
    add(o, "reused", (double)n->reused);
    add(o, "requeued", (double)n->requeued);
    add(o, "remade", (double)n->remade);
    add(o, "poison", (double)n->poison);
    add(o, "conflicts", (double)n->conflicts);
    add(o, "differences", (double)n->differences);
    add(o, "late", (double)n->late);
    add(o, "hung", (double)n->hung);
    add(o, "commits", (double)n->commits);
    add(o, "violations", (double)n->violations);
    add(o, "bytes_in", (double)n->bytes_in);
    add(o, "bytes_out", (double)n->bytes_out);
}

static void add_memory(cJSON *root, const femd_core *c, const femd_core_totals *t) {
    cJSON *o = cJSON_AddObjectToObject(root, "memory");
    add(o, "limit", (double)c->config.memory_bytes);
    add(o, "held", (double)t->bytes);
    add(o, "requests", (double)t->requests);
    add(o, "responses", (double)t->responses);
    add(o, "materials", (double)t->materials);
    add(o, "states", (double)t->states);
    add(o, "batches", (double)t->batches);
}

static cJSON *status_json(const femd_core *c) {
    femd_core_totals t;
    femd_core_sum(c, &t);
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "version", FEMD_VERSION);
    cJSON_AddStringToObject(root, "level", c->level);
    add(root, "uptime", c->now - c->started);
    cJSON *workers = cJSON_AddArrayToObject(root, "workers");
    for (uint32_t w = peers_first_worker(c); w; w = peers_next_worker(c, w))
        cJSON_AddItemToArray(workers, worker_json(c, w));
    cJSON *runs = cJSON_AddArrayToObject(root, "runs");
    for (uint32_t r = c->first_run; r; r = run_at(c, r)->next)
        if (r != c->service_run) cJSON_AddItemToArray(runs, run_json(c, run_at(c, r)));
    cJSON *materials = cJSON_AddArrayToObject(root, "materials");
    for (uint32_t m = 1; m <= c->materials.end; m++) cJSON_AddItemToArray(materials, material_json(material_at(c, m)));
    add(root, "clients", t.clients);
    add(root, "queued", t.queued);
    add(root, "waiting", t.waiting);
    add(root, "running", t.running);
    add(root, "batches", t.open_batches);
    add(root, "states", t.state_count);
    add_counters(root, &c->counter);
    add_memory(root, c, &t);
    cJSON_AddBoolToObject(root, "bit_reproducible", c->reproducible);
    return root;
}

femd_status status_encode(const femd_core *c, uint64_t id, femd_buffer *out, femd_error *err) {
    cJSON *root = status_json(c);
    char *text = root ? cJSON_PrintUnformatted(root) : NULL;
    cJSON_Delete(root);
    if (!text) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the status");
    femd_status rc = femd_frame_begin(out, FEMD_MSG_STATUS, id, err);
    if (rc == FEMD_OK) rc = femd_buffer_append(out, text, strlen(text), err);
    if (rc == FEMD_OK) femd_frame_finish(out, 1);
    free(text);
    return rc;
}
