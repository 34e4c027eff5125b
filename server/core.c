/* The core: which event goes to which room, and in what order the rooms are asked to act.
 *
 * Two queues bring news up the stack: answers of the ledger, for those who asked, and waits of the book of states that
 * are over, for evaluations, commits and clients. They are emptied after every event, every answer within one, and
 * whenever a room has acted, so that nothing that happens finds anything in them. */
#include "core.h"

#include <math.h>
#include <stdlib.h>

#include "admin.h"
#include "audit.h"
#include "femd/evaluate.h"
#include "femd/json_channel.h"
#include "intake.h"
#include "replay.h"
#include "status.h"

enum { VIOLATIONS_MAX = 8 };

struct femd_core {
    femd_rooms rooms;
    femd_buffer json_in; /* a JSON message as a frame */
    femd_intake intake;
};

femd_status femd_core_create(const femd_core_config *config, femd_core **core, femd_error *err) {
    *core = calloc(1, sizeof **core);
    if (!*core) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the core");
    femd_status rc = rooms_init(&(*core)->rooms, config, err);
    intake_init(&(*core)->intake, &(*core)->rooms.common);
    if (rc == FEMD_OK) return FEMD_OK;
    free(*core);
    *core = NULL;
    return rc;
}

void femd_core_destroy(femd_core **core) {
    if (!*core) return;
    intake_clear(&(*core)->intake);
    rooms_clear(&(*core)->rooms);
    femd_buffer_clear(&(*core)->json_in);
    free(*core);
    *core = NULL;
}

/* ---- news from below ---- */

static void core_hand_on(femd_rooms *rooms, const states_ready_wait *ready) {
    switch (ready->waiter.kind) {
    case WAITER_EVALUATION: ledger_input(rooms->ledger, ready->waiter.who, ready->status); break;
    case WAITER_COMMIT: runs_input(rooms->runs, ready); break;
    case WAITER_GET: gets_input(rooms->gets, ready); break;
    }
    states_unref(rooms->states, ready->state);
}

/* Workers were convicted: what waits for them goes to others, runs that have used their answers end, and what is in
 * doubt is forgotten. */
static void core_deal_with_verdicts(femd_rooms *rooms) {
    uint32_t author, worker;
    int any = 0;
    for (; ledger_verdict(rooms->ledger, &author, &worker); any = 1)
        if (worker) members_quarantined(rooms->members, worker);
    if (!any) return;
    runs_doubt(rooms->runs);
    ledger_forget_doubtful(rooms->ledger);
    ledger_disbelieve(rooms->ledger);
    ledger_tell_authors(rooms->ledger);
    outbox_sync_store(rooms->outbox); /* neither this server believes it again nor one after it */
}

/* Until the queues are empty: what is handed on may bring more. */
static void core_empty_queues(femd_rooms *rooms) {
    states_ready_wait ready;
    ledger_answered_one answered;
    for (;;) {
        if (ledger_answered(rooms->ledger, &answered)) {
            batches_deliver(rooms->batches, &answered);
            ledger_delivered(rooms->ledger, answered.evaluation);
        } else if (states_ready(rooms->states, &ready))
            core_hand_on(rooms, &ready);
        else
            break;
    }
    core_deal_with_verdicts(rooms);
}

/* ---- messages ---- */

static femd_status core_on_started(femd_rooms *rooms, uint32_t peer, const femd_frame *frame, femd_error *err) {
    femd_reader reader;
    uint64_t task;
    int got;
    femd_reader_open(frame, &reader);
    roster_progressed(rooms->roster, peer);
    while ((got = femd_u64_next(&reader, &task, err)) == 1) ledger_started(rooms->ledger, peer, task);
    return got < 0 ? FEMD_PROTOCOL : FEMD_OK;
}

static femd_status core_on_answer(femd_rooms *rooms, uint32_t peer, const femd_frame *frame, femd_error *err) {
    femd_reader reader;
    femd_answer answer;
    int got;
    femd_reader_open(frame, &reader);
    roster_progressed(rooms->roster, peer);
    while ((got = femd_answer_next(&reader, &answer, err)) == 1) {
        FEMD_TRY(dispatch_answer(rooms->dispatch, peer, &answer, err));
        core_empty_queues(rooms);
    }
    return got < 0 ? FEMD_PROTOCOL : FEMD_OK;
}

static femd_status core_on_beat(femd_rooms *rooms, uint32_t peer, const femd_frame *frame, femd_error *err) {
    uint64_t task;
    double fraction;
    FEMD_TRY(femd_beat_decode(frame, &task, &fraction, err));
    if (!task) return FEMD_OK; /* alive, while it opens a material: heard, but no progress */
    roster_progressed(rooms->roster, peer);
    ledger_started(rooms->ledger, peer, task);
    return FEMD_OK;
}

/* What is remembered of finished evaluations gives way. */
static void core_make_room(femd_rooms *rooms, uint64_t bytes) {
    const femd_limits *limits = &rooms->common.limits;
    if (limits->total + bytes <= limits->total_max) return;
    const uint64_t over = limits->total + bytes - limits->total_max, cached = ledger_cached(rooms->ledger);
    ledger_trim(rooms->ledger, cached > over ? cached - over : 0);
}

static void core_make_room_for_states(femd_rooms *rooms, const femd_frame *frame) {
    core_make_room(rooms, frame->body.size + (uint64_t)frame->count * states_book_bytes());
}

static femd_status core_on_worker_state(femd_rooms *rooms, uint32_t peer, const femd_frame *frame, femd_error *err) {
    roster_progressed(rooms->roster, peer);
    core_make_room_for_states(rooms, frame);
    return states_receive(rooms->states, peer, frame, err);
}

static femd_status core_on_have(femd_rooms *rooms, uint32_t peer, const femd_frame *frame, femd_error *err) {
    return states_had(rooms->states, peer, frame, err);
}

static femd_status core_on_opened(femd_rooms *rooms, uint32_t peer, const femd_frame *frame, femd_error *err) {
    return materials_opened(rooms->materials, peer, frame, err);
}

static femd_status core_on_material_lost(femd_rooms *rooms, uint32_t peer, const femd_frame *frame, femd_error *err) {
    return materials_lost(rooms->materials, peer, frame, err);
}

static femd_status core_on_material(femd_rooms *rooms, uint32_t peer, const femd_frame *frame, femd_error *err) {
    return materials_register(rooms->materials, peer, frame, err);
}

static femd_status core_on_evaluate(femd_rooms *rooms, uint32_t peer, const femd_frame *frame, femd_error *err) {
    return batches_submit(rooms->batches, peer, frame, err);
}

static femd_status core_on_cancel(femd_rooms *rooms, uint32_t peer, const femd_frame *frame, femd_error *err) {
    (void)err;
    batches_cancel(rooms->batches, peer, frame->id);
    return FEMD_OK;
}

static femd_status core_on_commit(femd_rooms *rooms, uint32_t peer, const femd_frame *frame, femd_error *err) {
    return runs_commit(rooms->runs, peer, frame, err);
}

static femd_status core_on_abort(femd_rooms *rooms, uint32_t peer, const femd_frame *frame, femd_error *err) {
    return runs_abort(rooms->runs, peer, frame, err);
}

static femd_status core_on_client_state(femd_rooms *rooms, uint32_t peer, const femd_frame *frame, femd_error *err) {
    core_make_room_for_states(rooms, frame);
    return runs_put(rooms->runs, peer, frame, err);
}

static femd_status core_on_get(femd_rooms *rooms, uint32_t peer, const femd_frame *frame, femd_error *err) {
    return gets_begin(rooms->gets, peer, frame, err);
}

static femd_status core_on_status(femd_rooms *rooms, uint32_t peer, const femd_frame *frame, femd_error *err) {
    femd_buffer out = outbox_take(rooms->outbox);
    femd_status rc = status_encode(rooms, peer, frame->id, &out, err);
    if (rc == FEMD_OK)
        outbox_send(rooms->outbox, roster_address(rooms->roster, peer), &out);
    else
        outbox_recycle(rooms->outbox, &out);
    return rc;
}

static femd_status core_on_admin(femd_rooms *rooms, uint32_t peer, const femd_frame *frame, femd_error *err) {
    return admin_act(rooms, peer, frame, err);
}

static femd_status core_on_error(femd_rooms *rooms, uint32_t peer, const femd_frame *frame, femd_error *err) {
    femd_error said = FEMD_ERROR_INIT;
    FEMD_TRY(femd_error_decode(frame, &said, err));
    common_log(&rooms->common, FEMD_LOG_WARNING, "peer %llu says: %s",
               (unsigned long long)roster_number(rooms->roster, peer), said.text);
    return FEMD_OK;
}

enum {
    FROM_CLIENT = 1u << FEMD_ROLE_CLIENT,
    FROM_WORKER = 1u << FEMD_ROLE_WORKER,
    FROM_ADMIN = 1u << FEMD_ROLE_ADMIN,
    FROM_ANY = FROM_CLIENT | FROM_WORKER | FROM_ADMIN
};

typedef femd_status (*core_handler)(femd_rooms *rooms, uint32_t peer, const femd_frame *frame, femd_error *err);

static core_handler core_find_handler(unsigned type, femd_role role) {
    static const struct {
        unsigned type, roles;
        core_handler call;
    } table[] = {
        {FEMD_MSG_ANSWER, FROM_WORKER, core_on_answer},
        {FEMD_MSG_STARTED, FROM_WORKER, core_on_started},
        {FEMD_MSG_BEAT, FROM_WORKER, core_on_beat},
        {FEMD_MSG_STATE, FROM_WORKER, core_on_worker_state},
        {FEMD_MSG_MATERIAL_READY, FROM_WORKER, core_on_opened},
        {FEMD_MSG_HAVE, FROM_WORKER, core_on_have},
        {FEMD_MSG_MATERIAL_LOST, FROM_WORKER, core_on_material_lost},
        {FEMD_MSG_EVALUATE, FROM_CLIENT, core_on_evaluate},
        {FEMD_MSG_CANCEL, FROM_CLIENT, core_on_cancel},
        {FEMD_MSG_MATERIAL, FROM_CLIENT, core_on_material},
        {FEMD_MSG_COMMIT, FROM_CLIENT, core_on_commit},
        {FEMD_MSG_ABORT, FROM_CLIENT, core_on_abort},
        {FEMD_MSG_STATE, FROM_CLIENT, core_on_client_state},
        {FEMD_MSG_STATE_GET, FROM_CLIENT, core_on_get},
        {FEMD_MSG_STATUS_GET, FROM_CLIENT | FROM_ADMIN, core_on_status},
        {FEMD_MSG_ADMIN, FROM_ADMIN, core_on_admin},
        {FEMD_MSG_ERROR, FROM_ANY, core_on_error},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].type == type && table[i].roles & 1u << role) return table[i].call;
    return NULL;
}

/* A client is told and may go on, within bounds; a worker that talks nonsense cannot be trusted with tasks. */
static void core_on_failure(femd_rooms *rooms, uint32_t peer, const femd_frame *frame, const femd_error *err) {
    if (err->code == FEMD_PROTOCOL) {
        rooms->common.counter.violations++;
        const uint32_t violations = roster_violation(rooms->roster, peer);
        if (roster_hello(rooms->roster, peer)->role == FEMD_ROLE_WORKER || violations > VIOLATIONS_MAX) {
            members_expel(rooms->members, peer, err);
            return;
        }
    }
    common_log(&rooms->common, FEMD_LOG_WARNING, "peer %llu, %s: %s",
               (unsigned long long)roster_number(rooms->roster, peer), femd_message_name(frame->type), err->text);
    outbox_send_error(rooms->outbox, roster_address(rooms->roster, peer), frame->id, err);
}

static void core_on_known(femd_rooms *rooms, uint32_t peer, const femd_frame *frame) {
    femd_error err = FEMD_ERROR_INIT;
    if (frame->type == FEMD_MSG_BYE) {
        members_remove(rooms->members, peer, 1, 0);
        return;
    }
    core_handler call = core_find_handler(frame->type, roster_hello(rooms->roster, peer)->role);
    if (!call) femd_fail(&err, FEMD_PROTOCOL, "%s is not for this peer to send", femd_message_name(frame->type));
    femd_status rc = call ? call(rooms, peer, frame, &err) : FEMD_PROTOCOL;
    core_empty_queues(rooms);
    if (rc != FEMD_OK) core_on_failure(rooms, peer, frame, &err);
}

/* The frame in binary, whatever the peer speaks. */
static femd_status core_read_frame(femd_core *core, const void *data, size_t size, int json, femd_frame *frame,
                                   femd_error *err) {
    if (size > core->rooms.common.config.frame_max)
        return femd_fail(err, FEMD_LIMIT, "a message of %zu bytes, this server takes %llu", size,
                         (unsigned long long)core->rooms.common.config.frame_max);
    if (!json) return femd_frame_decode(data, size, frame, err);
    FEMD_TRY(femd_json_channel_to_frame(data, size, &core->json_in, err));
    return femd_frame_decode(core->json_in.data, core->json_in.size, frame, err);
}

static void core_set_clock(femd_common *common, double now) {
    if (common->started < 0) common->started = now;
    if (now > common->now) common->now = now;
}

static void core_receive(femd_core *core, femd_address from, const void *data, size_t size);

/* Several messages are one. Within it there are no parts again. */
static void core_on_part(femd_core *core, femd_address from, uint32_t peer, const femd_frame *part) {
    femd_bytes message;
    femd_error err = FEMD_ERROR_INIT;
    femd_frame inner = {0};
    core_make_room(&core->rooms, femd_parts_announced(part));
    femd_status rc = intake_take(&core->intake, from.route, part, &message, &err);
    if (rc == FEMD_OK && !message.data) return;
    if (rc == FEMD_OK && core_read_frame(core, message.data, message.size, from.json, &inner, NULL) == FEMD_OK &&
        inner.type == FEMD_MSG_PART)
        rc = femd_fail(&err, FEMD_PROTOCOL, "PART: a part of a part");
    if (rc == FEMD_OK) {
        const femd_address whole = {from.route, femd_json_channel_is_json(message.data, message.size)};
        core_receive(core, whole, message.data, message.size);
    } else
        core_on_failure(&core->rooms, peer, part, &err);
    intake_forget(&core->intake, from.route);
}

static void core_receive(femd_core *core, femd_address from, const void *data, size_t size) {
    femd_rooms *rooms = &core->rooms;
    femd_frame frame = {0};
    femd_error err = FEMD_ERROR_INIT;
    uint32_t peer = roster_find(rooms->roster, from.route);
    if (peer) roster_hear(rooms->roster, peer);
    femd_status rc = core_read_frame(core, data, size, from.json, &frame, &err);
    if (rc != FEMD_OK && peer) {
        core_on_failure(rooms, peer, &frame, &err);
    } else if (rc != FEMD_OK) {
        rooms->common.counter.violations++;
        common_log(&rooms->common, FEMD_LOG_WARNING, "a peer that is not known here is sent away: %s", err.text);
        outbox_send_error(rooms->outbox, from, 0, &err);
        outbox_drop(rooms->outbox, from);
    } else if (frame.type == FEMD_MSG_HELLO) {
        members_hello(rooms->members, from, &frame);
    } else if (peer && frame.type == FEMD_MSG_PART) {
        core_on_part(core, from, peer, &frame);
    } else if (peer) {
        core_on_known(rooms, peer, &frame);
    } else if (frame.type != FEMD_MSG_BYE) {
        members_stranger(rooms->members, from, frame.id);
    }
}

void femd_core_frame(femd_core *core, uint64_t route, const void *data, size_t size, double now) {
    femd_common *common = &core->rooms.common;
    if (common->health != FEMD_OK || route == 0) return;
    core_set_clock(common, now);
    common->counter.frames++;
    common->counter.bytes_in += size;
    core_receive(core, (femd_address){route, femd_json_channel_is_json(data, size)}, data, size);
    core_empty_queues(&core->rooms);
}

void femd_core_vanish(femd_core *core, uint64_t route, double now) {
    core_set_clock(&core->rooms.common, now);
    uint32_t peer = roster_find(core->rooms.roster, route);
    intake_forget(&core->intake, route);
    if (peer) members_remove(core->rooms.members, peer, 0, 1);
    core_empty_queues(&core->rooms);
}

void femd_core_recheck(femd_core *core, double now) {
    core_set_clock(&core->rooms.common, now);
    members_recheck(core->rooms.members);
    core_empty_queues(&core->rooms);
}

int femd_core_wants_stop(const femd_core *core) {
    return admin_wants_stop(&core->rooms);
}

/* ---- time ---- */

void femd_core_tick(femd_core *core, double now) {
    femd_rooms *rooms = &core->rooms;
    core_set_clock(&rooms->common, now);
    if (rooms->common.now >= members_next_due(rooms->members)) members_tick(rooms->members);
    core_empty_queues(rooms);
    if (rooms->common.now >= runs_next_due(rooms->runs)) runs_tick(rooms->runs);
    if (rooms->common.now >= materials_next_due(rooms->materials)) materials_tick(rooms->materials);
    if (rooms->common.now >= states_next_due(rooms->states)) states_tick(rooms->states);
}

double femd_core_next_tick(const femd_core *core) {
    const femd_rooms *rooms = &core->rooms;
    const double people =
        fmin(fmin(members_next_due(rooms->members), runs_next_due(rooms->runs)), states_next_due(rooms->states));
    if (gets_is_restless(rooms->gets)) return rooms->common.now;
    return fmin(fmin(people, ledger_next_due(rooms->ledger)),
                fmin(dispatch_next_due(rooms->dispatch), materials_next_due(rooms->materials)));
}

void femd_core_settle(femd_core *core, double now) {
    femd_rooms *rooms = &core->rooms;
    const femd_common *common = &rooms->common;
    core_set_clock(&rooms->common, now);
    if (common->health != FEMD_OK) return;
    if (members_pool_changed(rooms->members)) femd_core_tick(core, now);
    do {
        do {
            ledger_settle(rooms->ledger);
            core_empty_queues(rooms);
        } while (states_is_restless(rooms->states));
        states_flush(rooms->states);
        dispatch_settle(rooms->dispatch);
    } while (states_is_restless(rooms->states) && common->health == FEMD_OK);
    ledger_tell_authors(rooms->ledger);
    batches_flush(rooms->batches);
    states_flush(rooms->states);
    gets_settle(rooms->gets);
    runs_settle(rooms->runs);
    materials_spread(rooms->materials);
    materials_settle(rooms->materials);
    if (ledger_cached(rooms->ledger) > common->config.cache_bytes)
        ledger_trim(rooms->ledger, common->config.cache_bytes);
}

/* ---- a journal ---- */

femd_status femd_core_replay(femd_core *core, const void *record, size_t size, double now, femd_error *err) {
    core_set_clock(&core->rooms.common, now);
    const femd_status rc = replay_record(&core->rooms, record, size, err);
    core_empty_queues(&core->rooms);
    return rc;
}

void femd_core_summarise(femd_core *core) {
    replay_summary(&core->rooms);
}

uint32_t femd_core_keep_again(femd_core *core, uint32_t from, uint64_t bytes) {
    return states_keep_again(core->rooms.states, from, bytes);
}

/* ---- the face ---- */

void femd_core_farewell(femd_core *core) {
    members_farewell(core->rooms.members);
}
int femd_core_next(femd_core *core, femd_action *action) {
    return outbox_next(core->rooms.outbox, action);
}
void femd_core_recycle(femd_core *core, femd_buffer *frame) {
    outbox_recycle(core->rooms.outbox, frame);
}
femd_status femd_core_health(const femd_core *core) {
    return core->rooms.common.health;
}
const femd_core_counters *femd_core_count(const femd_core *core) {
    return &core->rooms.common.counter;
}
void femd_core_sum(const femd_core *core, femd_core_totals *totals) {
    rooms_sum(&core->rooms, totals);
}
void femd_core_trim(femd_core *core, uint64_t cache_bytes) {
    ledger_trim(core->rooms.ledger, cache_bytes);
}
int femd_core_audit(const femd_core *core, femd_error *err) {
    return audit_rooms(&core->rooms, err);
}
