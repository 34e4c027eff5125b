/* Dispatch. Lane: the run with the least service first, then the most costly material. */
#include <math.h>
#include <stdlib.h>

#include "dispatch_private.h"

enum { STATE_BYTES_MAX = 8 << 20 /* of the states in one TASK message */ };
enum { BENCH_AFTER = 4 /* failures in a row */ };
static const double bench_first = 5, bench_most = 300; /* s without tasks, twice as long each time */

typedef struct message { /* a TASK message at a worker */
    femd_slot slot;
    uint32_t worker; /* FEMD_NIL: the place is free */
    uint32_t left;   /* tasks that have not landed */
} message;

typedef struct bench { /* of a worker */
    double until, time;
} bench;

struct femd_dispatch {
    dispatch_rooms in;
    femd_rows benches;
    double next_due; /* the first bench that ends */
    femd_slab messages;
    femd_list picked;         /* evaluations of the TASK message being made */
    femd_state_entry *states; /* that go with it; owned */
    uint32_t states_room;
};

femd_dispatch *dispatch_create(const dispatch_rooms *rooms) {
    femd_dispatch *dispatch = calloc(1, sizeof *dispatch);
    if (!dispatch) return NULL;
    dispatch->in = *rooms;
    femd_slab_init(&dispatch->messages, sizeof(message));
    femd_rows_init(&dispatch->benches, sizeof(bench));
    dispatch->next_due = INFINITY;
    return dispatch;
}

void dispatch_destroy(femd_dispatch **dispatch) {
    if (!*dispatch) return;
    femd_slab_clear(&(*dispatch)->messages);
    femd_rows_clear(&(*dispatch)->benches);
    femd_list_clear(&(*dispatch)->picked);
    free((*dispatch)->states);
    free(*dispatch);
    *dispatch = NULL;
}

static message *dispatch_at(const femd_dispatch *dispatch, uint32_t number) {
    return femd_slab_at(&dispatch->messages, number);
}

/* ---- workers that fail, and evaluations in trouble ---- */

static bench *dispatch_bench_of(const femd_dispatch *dispatch, uint32_t worker) {
    return femd_rows_at(&dispatch->benches, worker);
}

int dispatch_is_benched(const femd_dispatch *dispatch, uint32_t worker) {
    return dispatch->in.common->now < dispatch_bench_of(dispatch, worker)->until;
}

/* One whose last tasks all failed gets none for a while, and is told; then one more failure is enough. */
static void dispatch_bench(femd_dispatch *dispatch, uint32_t worker, int status) {
    const dispatch_rooms *in = &dispatch->in;
    bench *record = dispatch_bench_of(dispatch, worker);
    if (dispatch_is_benched(dispatch, worker)) return;
    record->time = record->time > 0 ? fmin(2 * record->time, bench_most) : bench_first;
    record->until = in->common->now + record->time;
    dispatch->next_due = fmin(dispatch->next_due, record->until);
    femd_error why = FEMD_ERROR_INIT;
    femd_fail(&why, FEMD_REFUSED,
              "the last %u tasks of this worker failed (%s): it gets none for %g s while others can",
              ledger_failed_in_a_row(in->ledger, worker), femd_status_text(status), record->time);
    common_log(in->common, FEMD_LOG_WARNING, "worker %llu (pid %u on %s): %s",
               (unsigned long long)roster_number(in->roster, worker), roster_hello(in->roster, worker)->pid,
               roster_hello(in->roster, worker)->host, why.text);
    outbox_send_error(in->outbox, roster_address(in->roster, worker), 0, &why);
}

static void dispatch_judge(femd_dispatch *dispatch, uint32_t worker, uint32_t failed_before, int status) {
    const uint32_t failed = ledger_failed_in_a_row(dispatch->in.ledger, worker);
    if (failed == 0)
        *dispatch_bench_of(dispatch, worker) = (bench){0, 0};
    else if (failed > failed_before && failed >= BENCH_AFTER)
        dispatch_bench(dispatch, worker, status);
}

static void dispatch_end_benches(femd_dispatch *dispatch) {
    const dispatch_rooms *in = &dispatch->in;
    if (in->common->now < dispatch->next_due) return;
    dispatch->next_due = INFINITY;
    for (uint32_t worker = roster_next_worker(in->roster, FEMD_NIL); worker;
         worker = roster_next_worker(in->roster, worker))
        if (dispatch_is_benched(dispatch, worker))
            dispatch->next_due = fmin(dispatch->next_due, dispatch_bench_of(dispatch, worker)->until);
}

double dispatch_next_due(const femd_dispatch *dispatch) {
    return dispatch->next_due;
}

/* Whether a worker other than this one may have the evaluation (FEMD_NIL: any of the material). */
static int dispatch_has_other(const femd_dispatch *dispatch, uint32_t material, uint32_t evaluation, uint32_t worker) {
    const dispatch_rooms *in = &dispatch->in;
    for (uint32_t other = roster_next_worker(in->roster, FEMD_NIL); other;
         other = roster_next_worker(in->roster, other))
        if (other != worker && catalogue_may_open(in->catalogue, material, other) &&
            !roster_quarantined(in->roster, other) && !dispatch_is_benched(dispatch, other) &&
            !(evaluation &&
              (ledger_bars(in->ledger, evaluation, other) || ledger_shuns(in->ledger, evaluation, other))))
            return 1;
    return 0;
}

/* The first for everybody that is not better left to another worker. */
static uint32_t dispatch_common_for(const femd_dispatch *dispatch, uint32_t lane, uint32_t worker) {
    const dispatch_rooms *in = &dispatch->in;
    uint32_t first = lanes_common_first(in->lanes, lane);
    while (first && (ledger_bars(in->ledger, first, worker) ||
                     (ledger_shuns(in->ledger, first, worker) &&
                      dispatch_has_other(dispatch, lanes_material(in->lanes, lane), first, worker))))
        first = lanes_after(in->lanes, first);
    return first;
}

/* The suspect that is next in the lane for this worker. It goes to a worker that has nothing else and gets nothing
 * else, or an end could have two causes. */
static uint32_t dispatch_suspect_for(const femd_dispatch *dispatch, uint32_t lane, uint32_t worker) {
    const dispatch_rooms *in = &dispatch->in;
    if (!catalogue_is_open(in->catalogue, lanes_material(in->lanes, lane), worker)) return FEMD_NIL;
    const uint32_t first = dispatch_common_for(dispatch, lane, worker);
    return first && ledger_trial(in->ledger, first) ? first : FEMD_NIL;
}

static int dispatch_is_on_trial(const femd_dispatch *dispatch, uint32_t worker) {
    const uint32_t task = ledger_next_task(dispatch->in.ledger, worker, FEMD_NIL);
    return task && ledger_trial(dispatch->in.ledger, task);
}

/* ---- choosing ---- */

/* The worker with the longest queue of its own in the lane, and how long the last of that queue has to wait for it; the
 * worker is looked up once a round. */
typedef struct relief {
    uint32_t lane, victim;
    double wait;
} relief;

static void dispatch_find_victim(const femd_dispatch *dispatch, uint32_t lane, relief *found) {
    const dispatch_rooms *in = &dispatch->in;
    if (found->lane != lane || !found->victim || !lanes_own_length(in->lanes, lane, found->victim))
        *found = (relief){lane, lanes_longest_own(in->lanes, lane), 0};
    if (!found->victim) return;
    uint32_t before = lanes_own_length(in->lanes, lane, found->victim) - 1 + ledger_tasks(in->ledger, found->victim);
    found->wait = catalogue_cost(in->catalogue, lanes_material(in->lanes, lane)) * before;
}

static int dispatch_is_worth_moving(const femd_dispatch *dispatch, const relief *found) {
    return found->victim && found->wait > states_moving_time(dispatch->in.states);
}

/* Others there are, but what comes next they may not be given: one of them has answered it and is contradicted, say. */
static int dispatch_has_nobody_else(const femd_dispatch *dispatch, uint32_t lane, uint32_t worker) {
    const uint32_t next = dispatch_common_for(dispatch, lane, worker);
    return next && !dispatch_has_other(dispatch, lanes_material(dispatch->in.lanes, lane), next, worker);
}

/* 1 if the lane has something for this worker now. */
static int dispatch_has_work(const femd_dispatch *dispatch, uint32_t lane, uint32_t worker, relief *found) {
    const dispatch_rooms *in = &dispatch->in;
    const uint32_t material = lanes_material(in->lanes, lane);
    if (!catalogue_is_open(in->catalogue, material, worker) || roster_quarantined(in->roster, worker)) return 0;
    if (dispatch_is_benched(dispatch, worker) && dispatch_has_other(dispatch, material, FEMD_NIL, worker))
        return dispatch_has_nobody_else(dispatch, lane, worker);
    if (lanes_own_length(in->lanes, lane, worker) || dispatch_common_for(dispatch, lane, worker)) return 1;
    if (lanes_common_length(in->lanes, lane) == lanes_length(in->lanes, lane)) return 0;
    dispatch_find_victim(dispatch, lane, found);
    return dispatch_is_worth_moving(dispatch, found);
}

static uint32_t dispatch_choose_lane(const femd_dispatch *dispatch, uint32_t worker, relief *found) {
    const dispatch_rooms *in = &dispatch->in;
    uint32_t best = FEMD_NIL;
    double least = 0, most = 0;
    const int idle = !ledger_tasks(in->ledger, worker);
    if (dispatch_is_on_trial(dispatch, worker)) return FEMD_NIL;
    for (uint32_t lane = lanes_next_active(in->lanes, FEMD_NIL); lane; lane = lanes_next_active(in->lanes, lane)) {
        if (!idle && dispatch_suspect_for(dispatch, lane, worker)) return FEMD_NIL; /* what it has comes to an end */
        double clock = lanes_clock(in->lanes, lane);
        double cost = catalogue_cost(in->catalogue, lanes_material(in->lanes, lane));
        if (best && (clock > least || (clock == least && cost <= most))) continue;
        if (!dispatch_has_work(dispatch, lane, worker, found)) continue;
        best = lane;
        least = clock;
        most = cost;
    }
    return best;
}

static uint32_t dispatch_next_for(const femd_dispatch *dispatch, uint32_t lane, uint32_t worker, relief *found) {
    const dispatch_rooms *in = &dispatch->in;
    uint32_t first = dispatch_suspect_for(dispatch, lane, worker);
    if (!first) first = lanes_own_first(in->lanes, lane, worker);
    if (!first) first = dispatch_common_for(dispatch, lane, worker);
    if (first || lanes_common_length(in->lanes, lane) == lanes_length(in->lanes, lane)) return first;
    dispatch_find_victim(dispatch, lane, found);
    return dispatch_is_worth_moving(dispatch, found) ? lanes_own_last(in->lanes, lane, found->victim) : FEMD_NIL;
}

/* ---- one message ---- */

static int dispatch_add_state(femd_dispatch *dispatch, uint32_t state, uint32_t count, size_t *bytes) {
    if (count == dispatch->states_room) {
        uint32_t room = dispatch->states_room ? 2 * dispatch->states_room : 256;
        femd_state_entry *entries = realloc(dispatch->states, room * sizeof *entries);
        if (!entries) {
            common_no_memory(dispatch->in.common);
            return 0;
        }
        dispatch->states = entries;
        dispatch->states_room = room;
    }
    femd_bytes content = states_content(dispatch->in.states, state);
    dispatch->states[count] = (femd_state_entry){*states_name(dispatch->in.states, state), content};
    *bytes += content.size;
    return 1;
}

/* Evaluations of the lane are picked, with the states they need and the worker lacks; suspects in no other company than
 * that in which they are to be tried. Returns how many states. */
static uint32_t dispatch_pick(femd_dispatch *dispatch, uint32_t lane, uint32_t worker, relief *found) {
    const dispatch_rooms *in = &dispatch->in;
    const int spared = dispatch_is_benched(dispatch, worker) &&
                       dispatch_has_other(dispatch, lanes_material(in->lanes, lane), FEMD_NIL, worker);
    const uint32_t want = spared ? 1 : dispatch_message_points(in, lane, worker);
    uint32_t states = 0, trial = FEMD_NIL;
    size_t bytes = 0;
    dispatch->picked.count = 0;
    while (dispatch->picked.count < want && bytes < STATE_BYTES_MAX) {
        uint32_t evaluation = dispatch_next_for(dispatch, lane, worker, found);
        if (!evaluation) break;
        if (dispatch->picked.count && ledger_trial(in->ledger, evaluation) != trial) break;
        trial = ledger_trial(in->ledger, evaluation);
        lanes_remove(in->lanes, evaluation);
        uint32_t state = ledger_state_in(in->ledger, evaluation);
        if (state && !states_is_held(in->states, state, worker)) {
            if (!states_content(in->states, state).data) {
                ledger_park(in->ledger, evaluation);
                continue;
            }
            if (!dispatch_add_state(dispatch, state, states, &bytes)) break;
            states++;
            states_hold(in->states, state, worker);
        }
        if (!femd_list_push(&dispatch->picked, evaluation)) common_no_memory(in->common);
    }
    return states;
}

static void dispatch_send(femd_dispatch *dispatch, uint32_t lane, uint32_t worker, uint32_t states) {
    const dispatch_rooms *in = &dispatch->in;
    const uint32_t material = lanes_material(in->lanes, lane), count = dispatch->picked.count;
    uint32_t number = femd_slab_take(&dispatch->messages);
    femd_buffer frame = outbox_take(in->outbox);
    femd_status rc = femd_task_begin(&frame, catalogue_id(in->catalogue, material), dispatch->states, states, NULL);
    if (!number) rc = FEMD_NO_MEMORY;
    if (rc == FEMD_OK) {
        dispatch_at(dispatch, number)->worker = worker;
        dispatch_at(dispatch, number)->left = count;
        if (!ledger_tasks(in->ledger, worker)) roster_progressed(in->roster, worker);
        roster_debit(in->roster, worker);
    }
    for (uint32_t i = 0; i < count && rc == FEMD_OK; i++) {
        uint32_t evaluation = dispatch->picked.at[i];
        femd_task task = {.id = ledger_task_id(in->ledger, evaluation),
                          .deadline = 0,
                          .key = *ledger_key(in->ledger, evaluation),
                          .request = *ledger_request(in->ledger, evaluation)};
        rc = femd_task_add(&frame, &task, NULL);
        ledger_sent(in->ledger, evaluation, worker, number);
    }
    if (rc != FEMD_OK) {
        common_no_memory(in->common);
        femd_buffer_clear(&frame);
        return;
    }
    femd_frame_finish(&frame, count);
    outbox_send(in->outbox, roster_address(in->roster, worker), &frame);
    double cost = catalogue_cost(in->catalogue, material);
    lanes_serve(in->lanes, lane, count * (cost > 0 ? cost : 1e-6));
}

/* 1 if a message went out or the queues changed, 0 if there is nothing for this worker. */
static int dispatch_serve(femd_dispatch *dispatch, uint32_t worker, relief *found) {
    uint32_t lane = dispatch_choose_lane(dispatch, worker, found);
    if (!lane) return 0;
    uint32_t states = dispatch_pick(dispatch, lane, worker, found);
    if (dispatch->picked.count && dispatch->in.common->health == FEMD_OK) dispatch_send(dispatch, lane, worker, states);
    return 1;
}

void dispatch_settle(femd_dispatch *dispatch) {
    const dispatch_rooms *in = &dispatch->in;
    const uint32_t credits = in->common->config.credits;
    relief found = {0, 0, 0};
    dispatch_end_benches(dispatch);
    for (uint32_t free_credits = credits; free_credits; free_credits--) {
        for (uint32_t worker = roster_idle(in->roster, free_credits), after;
             worker && lanes_queued(in->lanes) && in->common->health == FEMD_OK; worker = after) {
            after = roster_idle_after(in->roster, worker);
            while (lanes_queued(in->lanes) && roster_flying(in->roster, worker) == credits - free_credits &&
                   dispatch_serve(dispatch, worker, &found))
                continue;
        }
    }
}

/* ---- messages that come to an end ---- */

static void dispatch_end(femd_dispatch *dispatch, uint32_t number) {
    dispatch_at(dispatch, number)->worker = FEMD_NIL;
    femd_slab_give(&dispatch->messages, number);
}

femd_status dispatch_answer(femd_dispatch *dispatch, uint32_t worker, const femd_answer *answer, femd_error *err) {
    uint32_t number;
    const uint32_t failed_before = ledger_failed_in_a_row(dispatch->in.ledger, worker);
    FEMD_TRY(ledger_answer(dispatch->in.ledger, worker, answer, &number, err));
    dispatch_judge(dispatch, worker, failed_before, answer->status);
    if (!number || --dispatch_at(dispatch, number)->left) return FEMD_OK;
    dispatch_end(dispatch, number);
    roster_credit(dispatch->in.roster, worker);
    return FEMD_OK;
}

int dispatch_worker_here(femd_dispatch *dispatch, uint32_t worker) {
    if (!femd_rows_reach(&dispatch->benches, worker)) return 0;
    *dispatch_bench_of(dispatch, worker) = (bench){0, 0};
    return 1;
}

void dispatch_worker_gone(femd_dispatch *dispatch, uint32_t worker, uint32_t death) {
    *dispatch_bench_of(dispatch, worker) = (bench){0, 0};
    ledger_worker_gone(dispatch->in.ledger, worker, death);
    for (uint32_t number = 1; number <= dispatch->messages.end; number++)
        if (dispatch_at(dispatch, number)->worker == worker) dispatch_end(dispatch, number);
}

int dispatch_audit(const femd_dispatch *dispatch, femd_error *err) {
    const dispatch_rooms *in = &dispatch->in;
    uint32_t flying = 0, tasks = 0;
    for (uint32_t worker = roster_next_worker(in->roster, FEMD_NIL); worker;
         worker = roster_next_worker(in->roster, worker))
        flying += roster_flying(in->roster, worker);
    for (uint32_t number = 1; number <= dispatch->messages.end; number++)
        if (dispatch_at(dispatch, number)->worker) tasks += dispatch_at(dispatch, number)->left;
    FEMD_CLAIM(flying == dispatch->messages.live, "%u messages with workers, %u are live", flying,
               dispatch->messages.live);
    FEMD_CLAIM(tasks == ledger_running(in->ledger), "%u tasks in messages, %u with workers", tasks,
               ledger_running(in->ledger));
    return 0;
}
