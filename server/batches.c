/* The batches of clients: who asked for what, and the results that go back. */
#include <stdlib.h>

#include "batches_private.h"

enum { RESULT_BYTES = 192 << 10 /* a frame of this size, which is some four times as long as JSON */ };

femd_batches *batches_create(femd_common *common, femd_roster *roster, femd_catalogue *catalogue, femd_outbox *outbox,
                             femd_ledger *ledger, femd_runs *runs) {
    femd_batches *batches = calloc(1, sizeof *batches);
    if (!batches) return NULL;
    batches->common = common;
    batches->roster = roster;
    batches->catalogue = catalogue;
    batches->outbox = outbox;
    batches->ledger = ledger;
    batches->runs = runs;
    femd_slab_init(&batches->records, sizeof(batch_record));
    femd_rows_init(&batches->clients, sizeof(batch_client));
    femd_rows_init(&batches->askers, sizeof(batch_askers));
    femd_rows_init(&batches->waiting, sizeof(uint32_t));
    return batches;
}

void batches_destroy(femd_batches **batches) {
    femd_batches *gone = *batches;
    if (!gone) return;
    for (uint32_t batch = 1; batch <= gone->records.end; batch++) {
        batch_record *record = batches_at(gone, batch);
        if (!record->client) continue;
        free(record->asks);
        femd_buffer_clear(&record->requests);
        femd_buffer_clear(&record->out);
    }
    femd_slab_clear(&gone->records);
    femd_rows_clear(&gone->clients);
    femd_rows_clear(&gone->askers);
    femd_rows_clear(&gone->waiting);
    femd_list_clear(&gone->dirty);
    free(gone);
    *batches = NULL;
}

int batches_client_here(femd_batches *batches, uint32_t client) {
    if (!femd_rows_reach(&batches->clients, client)) return 0;
    *batches_client(batches, client) = (batch_client){FEMD_NIL, 0, 0};
    return 1;
}

/* ---- who asked for an evaluation ---- */

static batch_ask *batches_ask_at(const femd_batches *batches, uint32_t batch, uint32_t index) {
    return &batches_at(batches, batch)->asks[index];
}

void batches_ask(femd_batches *batches, uint32_t batch, uint32_t index, uint32_t evaluation) {
    if (!femd_rows_reach(&batches->askers, evaluation)) {
        common_no_memory(batches->common);
        return;
    }
    batch_askers *last = batches_askers(batches, evaluation);
    *batches_ask_at(batches, batch, index) =
        (batch_ask){.evaluation = evaluation, .next_batch = last->batch, .next_index = last->index};
    if (last->batch) {
        batch_ask *next = batches_ask_at(batches, last->batch, last->index);
        next->prev_batch = batch;
        next->prev_index = index;
    }
    *last = (batch_askers){batch, index};
    ledger_claim(batches->ledger, evaluation);
}

void batches_unask(femd_batches *batches, uint32_t batch, uint32_t index) {
    batch_ask *ask = batches_ask_at(batches, batch, index);
    uint32_t evaluation = ask->evaluation;
    if (ask->prev_batch) {
        batch_ask *prev = batches_ask_at(batches, ask->prev_batch, ask->prev_index);
        prev->next_batch = ask->next_batch;
        prev->next_index = ask->next_index;
    } else {
        *batches_askers(batches, evaluation) = (batch_askers){ask->next_batch, ask->next_index};
    }
    if (ask->next_batch) {
        batch_ask *next = batches_ask_at(batches, ask->next_batch, ask->next_index);
        next->prev_batch = ask->prev_batch;
        next->prev_index = ask->prev_index;
    }
    ask->evaluation = FEMD_NIL;
    ledger_unclaim(batches->ledger, evaluation);
}

void batches_deliver(femd_batches *batches, const ledger_answered_one *answered) {
    if (answered->evaluation >= femd_rows_end(&batches->askers)) return;
    const batch_askers *last = batches_askers(batches, answered->evaluation);
    const femd_hash *key = ledger_key(batches->ledger, answered->evaluation);
    while (last->batch) {
        uint32_t batch = last->batch, index = last->index, client = batches_at(batches, batch)->client;
        batches_unask(batches, batch, index);
        runs_note_source(batches->runs, client, answered->evaluation);
        if (answered->differs) runs_not_reproducible(batches->runs, client);
        if (ledger_state_out(batches->ledger, answered->evaluation))
            runs_tentative(batches->runs, client, answered->evaluation);
        batches_result(batches, batch, index, key, &answered->response, last->batch ? FEMD_RESULT_REUSED : 0);
    }
}

/* ---- results ---- */

void batches_mark_dirty(femd_batches *batches, uint32_t batch) {
    batch_record *record = batches_at(batches, batch);
    if (record->dirty) return;
    record->dirty = 1;
    if (!femd_list_push(&batches->dirty, batch)) common_no_memory(batches->common);
}

static void batches_send_results(femd_batches *batches, batch_record *record) {
    if (record->results == 0) return;
    femd_frame_finish(&record->out, record->results);
    runs_tell_uses(batches->runs, record->client);
    outbox_send(batches->outbox, roster_address(batches->roster, record->client), &record->out);
    record->results = 0;
}

void batches_result(femd_batches *batches, uint32_t batch, uint32_t index, const femd_hash *key,
                    const femd_bytes *response, uint32_t flags) {
    batch_record *record = batches_at(batches, batch);
    femd_result result = {.index = index, .flags = flags, .key = *key, .response = *response};
    if (record->results == FEMD_BATCH_MAX || record->out.size > RESULT_BYTES) batches_send_results(batches, record);
    if (record->results == 0) {
        record->out = outbox_take(batches->outbox);
        if (femd_frame_begin(&record->out, FEMD_MSG_RESULT, record->id, NULL) != FEMD_OK)
            common_no_memory(batches->common);
    }
    if (batches->common->health != FEMD_OK || femd_result_add(&record->out, &result, NULL) != FEMD_OK) {
        common_no_memory(batches->common);
        return;
    }
    record->results++;
    record->left--;
    if (flags & FEMD_RESULT_REUSED) batches->common->counter.reused++;
    batches_mark_dirty(batches, batch);
}

/* ---- the end of a batch ---- */

void batches_end(femd_batches *batches, uint32_t batch) {
    batch_record *record = batches_at(batches, batch);
    batches_leave_material(batches, batch);
    for (uint32_t i = 0; i < record->count && record->left; i++)
        if (record->asks[i].evaluation) batches_unask(batches, batch, i);
    batch_client *client = batches_client(batches, record->client);
    if (record->prev)
        batches_at(batches, record->prev)->next = record->next;
    else
        client->first = record->next;
    if (record->next) batches_at(batches, record->next)->prev = record->prev;
    client->charged -= record->charged;
    femd_limits_sub(&batches->common->limits, BYTES_BATCHES, record->charged);
    free(record->asks);
    record->asks = NULL;
    outbox_recycle(batches->outbox, &record->out);
    record->client = FEMD_NIL;
    femd_slab_give(&batches->records, batch);
}

void batches_flush(femd_batches *batches) {
    for (uint32_t i = 0; i < batches->dirty.count; i++) {
        uint32_t batch = batches->dirty.at[i];
        batch_record *record = batches_at(batches, batch);
        if (!record->client || !record->dirty) continue; /* gone since */
        record->dirty = 0;
        batches_send_results(batches, record);
        if (record->left == 0) batches_end(batches, batch);
    }
    batches->dirty.count = 0;
}

uint32_t batches_find(const femd_batches *batches, uint32_t client, uint64_t id) {
    uint32_t batch = batches_client(batches, client)->first;
    while (batch && batches_at(batches, batch)->id != id) batch = batches_at(batches, batch)->next;
    return batch;
}

void batches_cancel(femd_batches *batches, uint32_t client, uint64_t id) {
    uint32_t batch = batches_find(batches, client, id);
    if (batch) batches_end(batches, batch);
}

void batches_client_gone(femd_batches *batches, uint32_t client) {
    while (batches_client(batches, client)->first) batches_end(batches, batches_client(batches, client)->first);
}

/* ---- counts ---- */

/* Over what workers have, which is less than what clients have asked for. */
void batches_count_running(femd_batches *batches) {
    for (uint32_t batch = 1; batch <= batches->records.end; batch++) batches_at(batches, batch)->running = 0;
    for (uint32_t worker = roster_next_worker(batches->roster, FEMD_NIL); worker;
         worker = roster_next_worker(batches->roster, worker))
        for (uint32_t evaluation = ledger_next_task(batches->ledger, worker, FEMD_NIL); evaluation;
             evaluation = ledger_next_task(batches->ledger, worker, evaluation)) {
            if (evaluation >= femd_rows_end(&batches->askers)) continue;
            batch_askers at = *batches_askers(batches, evaluation);
            while (at.batch) {
                batches_at(batches, at.batch)->running++;
                const batch_ask *ask = batches_ask_at(batches, at.batch, at.index);
                at = (batch_askers){ask->next_batch, ask->next_index};
            }
        }
}

void batches_standing(const femd_batches *batches, uint32_t client, uint64_t *queued, uint64_t *running) {
    *queued = *running = 0;
    for (uint32_t batch = batches_client(batches, client)->first; batch; batch = batches_at(batches, batch)->next) {
        const batch_record *record = batches_at(batches, batch);
        *running += record->running;
        *queued += record->left - record->running;
    }
}

int batches_has_open(const femd_batches *batches, uint32_t client) {
    return batches_client(batches, client)->first != FEMD_NIL;
}

uint32_t batches_open(const femd_batches *batches) {
    return batches->records.live;
}

static int batches_audit_one(const femd_batches *batches, uint32_t batch, uint32_t *claims, femd_error *err) {
    const batch_record *record = batches_at(batches, batch);
    uint32_t asked = 0;
    for (uint32_t i = 0; i < record->count; i++) {
        const batch_ask *ask = &record->asks[i];
        if (!ask->evaluation) continue;
        asked++;
        claims[ask->evaluation]++;
        if (ask->prev_batch)
            FEMD_CLAIM(batches_ask_at(batches, ask->prev_batch, ask->prev_index)->evaluation == ask->evaluation,
                       "an asker of evaluation %u asks for another one", ask->evaluation);
        else
            FEMD_CLAIM(batches_askers(batches, ask->evaluation)->batch == batch, "an asker of evaluation %u is lost",
                       ask->evaluation);
    }
    FEMD_CLAIM(record->waiting ? asked == 0 && record->left == record->count : asked == record->left,
               "batch %llu: %u points asked for, %u left", (unsigned long long)record->id, asked, record->left);
    FEMD_CLAIM(roster_is_here(batches->roster, record->client), "batch %llu of a client that is gone",
               (unsigned long long)record->id);
    return 0;
}

int batches_audit(const femd_batches *batches, uint32_t *claims, femd_error *err) {
    uint64_t bytes = 0;
    for (uint32_t batch = 1; batch <= batches->records.end; batch++) {
        if (!batches_at(batches, batch)->client) continue;
        if (batches_audit_one(batches, batch, claims, err) != 0) return -1;
        bytes += batches_at(batches, batch)->charged;
    }
    FEMD_CLAIM(bytes == batches->common->limits.held[BYTES_BATCHES], "batches: bytes do not add up");
    return 0;
}
