/* The batches of clients: what comes from a client, and how its points are looked up in the ledger. */
#include <stdlib.h>

#include "answers.h"
#include "batches_private.h"
#include "femd/hash.h"

enum { ANSWER_BYTES = 1024 /* about what the response of a point will take */, NAMED_AT_ONCE = 16 };

static uint32_t batches_add(femd_batches *batches, uint32_t client, const femd_frame *frame, const femd_hash *content,
                            uint32_t material) {
    uint32_t batch = femd_slab_take(&batches->records);
    if (!batch) return FEMD_NIL;
    batch_record *record = batches_at(batches, batch);
    record->asks = calloc(frame->count, sizeof *record->asks);
    if (!record->asks) {
        femd_slab_give(&batches->records, batch);
        return FEMD_NIL;
    }
    batch_client *owner = batches_client(batches, client);
    record->id = frame->id;
    record->content = *content;
    record->client = client;
    record->material = material;
    record->count = record->left = frame->count;
    record->charged = frame->count * sizeof *record->asks;
    record->next = owner->first;
    if (owner->first) batches_at(batches, owner->first)->prev = batch;
    owner->first = batch;
    if (frame->id > owner->last_id) owner->last_id = frame->id;
    owner->charged += record->charged;
    femd_limits_add(&batches->common->limits, BYTES_BATCHES, record->charged);
    return batch;
}

/* ---- looking requests up ---- */

static int batches_is_supported(const femd_capabilities *caps, const femd_request *request) {
    if (request->wants & ~caps->wants) return 0;
    if (!(caps->controls & 1u << request->control)) return 0;
    return !request->mask || caps->mixed;
}

static void batches_refuse_point(femd_batches *batches, uint32_t batch, uint32_t index, const femd_request *request,
                                 const femd_hash *key, femd_status status, const char *words) {
    uint8_t bytes[FEMD_RESPONSE_BYTES_MAX];
    femd_bytes made = answers_make(request, status, words, bytes);
    batches_result(batches, batch, index, key, &made, 0);
}

/* Answer the point from the stored response of an evaluation. */
static void batches_reuse(femd_batches *batches, uint32_t batch, uint32_t index, uint32_t evaluation) {
    femd_bytes response = ledger_response(batches->ledger, evaluation);
    ledger_use(batches->ledger, evaluation);
    if (ledger_is_foreign(batches->ledger, evaluation))
        runs_not_reproducible(batches->runs, batches_at(batches, batch)->client);
    runs_note_source(batches->runs, batches_at(batches, batch)->client, evaluation);
    if (ledger_state_out(batches->ledger, evaluation))
        runs_tentative(batches->runs, batches_at(batches, batch)->client, evaluation);
    batches_result(batches, batch, index, ledger_key(batches->ledger, evaluation), &response, FEMD_RESULT_REUSED);
}

/* A request on its way to the ledger. */
typedef struct batches_lookup {
    femd_request request;
    femd_hash key;
    femd_status refused; /* FEMD_OK: it is not */
    const char *why;
} batches_lookup;

static void batches_name(const femd_batches *batches, uint32_t batch, batches_lookup *point) {
    static const femd_hash none = FEMD_HASH_ZERO;
    const uint32_t material = batches_at(batches, batch)->material;
    const femd_capabilities *caps = catalogue_caps(batches->catalogue, material);
    point->key = none;
    point->refused = FEMD_OK;
    if (!batches_is_supported(caps, &point->request)) {
        point->refused = FEMD_UNSUPPORTED;
        point->why = "the material's engine does not answer all that is wanted, or not with this control";
        return;
    }
    if (!(caps->inputs & FEMD_INPUT_STATE)) { /* nobody else would look at whose it is */
        if (ledger_is_of_another(batches->ledger, &point->request.state_in, material)) {
            point->refused = FEMD_PROTOCOL;
            point->why = "a state of another material";
            return;
        }
        point->request.state_in = none;
    }
    femd_request_key(catalogue_id(batches->catalogue, material), batches->common->level_number, caps->inputs,
                     &point->request, &point->key);
    ledger_expect(batches->ledger, &point->key);
}

static void batches_look_up(femd_batches *batches, uint32_t batch, uint32_t index, const batches_lookup *point) {
    const uint32_t material = batches_at(batches, batch)->material, client = batches_at(batches, batch)->client;
    const femd_request *request = &point->request;
    const femd_hash *key = &point->key;
    if (point->refused != FEMD_OK) {
        batches_refuse_point(batches, batch, index, request, key, point->refused, point->why);
        return;
    }
    uint32_t evaluation = ledger_find(batches->ledger, key);
    if (evaluation)
        ledger_forget_poison(batches->ledger, evaluation);
    else
        evaluation = ledger_recall(batches->ledger, key, request, material);
    if (evaluation && ledger_response(batches->ledger, evaluation).data) {
        batches_reuse(batches, batch, index, evaluation);
        return;
    }
    if (!evaluation) evaluation = ledger_add(batches->ledger, key, request, material);
    if (!evaluation) return;
    if (ledger_is_done(batches->ledger, evaluation)) {
        femd_status rc = ledger_open(batches->ledger, evaluation, runs_of(batches->runs, client));
        if (rc != FEMD_OK) {
            batches_refuse_point(batches, batch, index, request, key, rc,
                                 rc == FEMD_STATE_LOST ? "the state that it starts from is not known here" : NULL);
            return;
        }
    }
    batches_ask(batches, batch, index, evaluation);
}

/* A few are named before the first of them is looked up, so that memory is not waited for point by point. */
static femd_status batches_look_up_all(femd_batches *batches, uint32_t batch, const uint8_t *requests,
                                       femd_error *err) {
    const uint32_t count = batches_at(batches, batch)->count;
    batches_lookup point[NAMED_AT_ONCE];
    for (uint32_t first = 0; first < count; first += NAMED_AT_ONCE) {
        const uint32_t few = count - first < NAMED_AT_ONCE ? count - first : NAMED_AT_ONCE;
        for (uint32_t i = 0; i < few; i++) {
            FEMD_TRY(femd_request_decode(requests + (size_t)(first + i) * FEMD_REQUEST_BYTES, &point[i].request, err));
            batches_name(batches, batch, &point[i]);
        }
        for (uint32_t i = 0; i < few; i++) batches_look_up(batches, batch, first + i, &point[i]);
    }
    return FEMD_OK;
}

/* ---- batches that wait for their material ---- */

static uint32_t *batches_waiting(const femd_batches *batches, uint32_t material) {
    return femd_rows_at(&batches->waiting, material);
}

void batches_leave_material(femd_batches *batches, uint32_t batch) {
    batch_record *record = batches_at(batches, batch);
    if (!record->waiting) return;
    if (record->waiting_prev)
        batches_at(batches, record->waiting_prev)->waiting_next = record->waiting_next;
    else
        *batches_waiting(batches, record->material) = record->waiting_next;
    if (record->waiting_next) batches_at(batches, record->waiting_next)->waiting_prev = record->waiting_prev;
    record->waiting = 0;
    femd_buffer_clear(&record->requests);
}

/* Until the material is ready nobody knows which inputs matter, so the requests wait as they came. */
static femd_status batches_put_aside(femd_batches *batches, uint32_t batch, const uint8_t *requests, femd_error *err) {
    batch_record *record = batches_at(batches, batch);
    size_t bytes = (size_t)record->count * FEMD_REQUEST_BYTES;
    for (uint32_t i = 0; i < record->count; i++) {
        femd_request request;
        FEMD_TRY(femd_request_decode(requests + (size_t)i * FEMD_REQUEST_BYTES, &request, err));
    }
    if (!femd_rows_reach(&batches->waiting, record->material))
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for a batch of %u points", record->count);
    FEMD_TRY(femd_buffer_append(&record->requests, requests, bytes, err));
    record->charged += bytes;
    batches_client(batches, record->client)->charged += bytes;
    femd_limits_add(&batches->common->limits, BYTES_BATCHES, bytes);
    uint32_t *first = batches_waiting(batches, record->material);
    record->waiting = 1;
    record->waiting_next = *first;
    if (*first) batches_at(batches, *first)->waiting_prev = batch;
    *first = batch;
    return FEMD_OK;
}

void batches_material(femd_batches *batches, uint32_t material) {
    if (material >= femd_rows_end(&batches->waiting)) return;
    const uint32_t *first = batches_waiting(batches, material);
    while (*first) {
        uint32_t batch = *first;
        batch_record *record = batches_at(batches, batch);
        femd_buffer requests = record->requests;
        record->requests = (femd_buffer)FEMD_BUFFER_INIT;
        batches_leave_material(batches, batch);
        femd_error err = *catalogue_failure(batches->catalogue, material);
        femd_status rc = catalogue_is_ready(batches->catalogue, material) > 0
                             ? batches_look_up_all(batches, batch, requests.data, &err)
                             : (femd_status)err.code;
        femd_buffer_clear(&requests);
        if (rc == FEMD_OK) continue;
        outbox_send_error(batches->outbox, roster_address(batches->roster, record->client), record->id, &err);
        batches_end(batches, batch);
    }
}

/* ---- from the client ---- */

static femd_status batches_check_room(femd_batches *batches, uint32_t client, uint32_t count, femd_error *err) {
    const size_t charged = batches_client(batches, client)->charged;
    const uint64_t own = (uint64_t)count * (sizeof(batch_ask) + FEMD_REQUEST_BYTES);
    const uint64_t all = own + (uint64_t)count * (ledger_record_bytes() + ANSWER_BYTES);
    const femd_limits *limits = &batches->common->limits;
    if (own > batches->common->config.peer_bytes)
        return femd_fail(
            err, FEMD_LIMIT,
            "a batch of %u points takes %llu KiB and a client may have %llu KiB open here; send smaller ones", count,
            (unsigned long long)(own >> 10), (unsigned long long)(batches->common->config.peer_bytes >> 10));
    if (charged + own > batches->common->config.peer_bytes)
        return femd_fail(err, FEMD_LIMIT, "this client has %zu KiB of open batches; collect some before it sends more",
                         charged >> 10);
    if (femd_limits_room(limits, all, "a batch", NULL) == FEMD_OK) return FEMD_OK;
    ledger_trim(batches->ledger, 0);
    femd_status rc = femd_limits_room(limits, all, "a batch", err);
    const uint32_t run = runs_of(batches->runs, client);
    const uint64_t kept = run ? runs_look(batches->runs, run).tentative : 0;
    if (rc == FEMD_OK || !kept) return rc;
    const femd_error full = *err;
    return femd_fail(err, rc,
                     "%s; of it are %llu results that this run has had since its last COMMIT or ABORT: send one",
                     full.text, (unsigned long long)kept);
}

/* *old: the open batch that this frame is sent again for, or FEMD_NIL. */
static femd_status batches_check_id(const femd_batches *batches, uint32_t client, const femd_frame *frame,
                                    const femd_hash *content, uint32_t *old, femd_error *err) {
    *old = FEMD_NIL;
    if (frame->count == 0)
        return femd_fail(err, FEMD_BAD_ARGUMENT, "batch %llu has no points", (unsigned long long)frame->id);
    if (frame->id <= batches_client(batches, client)->last_id) *old = batches_find(batches, client, frame->id);
    if (!*old || femd_hash_equal(&batches_at(batches, *old)->content, content)) return FEMD_OK;
    return femd_fail(err, FEMD_BAD_ARGUMENT,
                     "batch %llu is open with other points, which go on; give each batch an id of its own",
                     (unsigned long long)frame->id);
}

femd_status batches_submit(femd_batches *batches, uint32_t client, const femd_frame *frame, femd_error *err) {
    femd_hash id, content;
    uint32_t old;
    femd_reader reader;
    FEMD_TRY(femd_evaluate_open(frame, &id, &reader, err));
    if (frame->count > batches->common->config.batch_max)
        return femd_fail(err, FEMD_LIMIT, "%u points in one batch, this server takes %u", frame->count,
                         batches->common->config.batch_max);
    femd_hash_bytes(frame->body.data, frame->body.size, &content);
    FEMD_TRY(batches_check_id(batches, client, frame, &content, &old, err));
    FEMD_TRY(runs_check_doubt(batches->runs, client, err));
    uint32_t material = catalogue_find(batches->catalogue, &id);
    if (!material || !catalogue_is_awake(batches->catalogue, material))
        return femd_fail(err, FEMD_BAD_ARGUMENT, "the material of this batch is unknown here; send MATERIAL first");
    const int ready = catalogue_is_ready(batches->catalogue, material);
    const femd_error *failure = catalogue_failure(batches->catalogue, material);
    if (ready < 0) return femd_fail(err, (femd_status)failure->code, "%s", failure->text);
    FEMD_TRY(batches_check_room(batches, client, frame->count, err));
    uint32_t batch = batches_add(batches, client, frame, &content, material);
    if (!batch) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a batch of %u points", frame->count);
    batches->common->counter.points += frame->count;
    runs_use(batches->runs, client, material);
    runs_add_points(batches->runs, client, frame->count);
    femd_status rc = ready > 0 ? batches_look_up_all(batches, batch, reader.p, err)
                               : batches_put_aside(batches, batch, reader.p, err);
    if (old) batches_end(batches, old);
    if (rc != FEMD_OK) batches_end(batches, batch);
    return rc;
}
