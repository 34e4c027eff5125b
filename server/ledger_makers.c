/* The ledger of evaluations: how a state is made again that was lost with the workers that held it. Each record that
 * made a state is one of its makers; one of these is queued again, for the server's own run, when somebody waits for
 * the state and nobody holds it. */
#include "ledger_private.h"

enum { REMAKES_MAX = 8 };

int ledger_add_maker(femd_ledger *ledger, uint32_t state, uint32_t number) {
    if (!femd_rows_reach(&ledger->made, state)) {
        common_no_memory(ledger->common);
        return 0;
    }
    ledger_state *made = ledger_state_at(ledger, state);
    evaluation *record = ledger_at(ledger, number);
    record->maker_prev = FEMD_NIL;
    record->maker_next = made->makers;
    if (made->makers) ledger_at(ledger, made->makers)->maker_prev = number;
    made->makers = number;
    states_remember(ledger->states, state);
    return 1;
}

void ledger_remove_maker(femd_ledger *ledger, uint32_t state, uint32_t number) {
    ledger_state *made = ledger_state_at(ledger, state);
    evaluation *record = ledger_at(ledger, number);
    if (record->maker_prev)
        ledger_at(ledger, record->maker_prev)->maker_next = record->maker_next;
    else
        made->makers = record->maker_next;
    if (record->maker_next) ledger_at(ledger, record->maker_next)->maker_prev = record->maker_prev;
    if (made->remaker == number) {
        made->remaker = FEMD_NIL;
        states_end_making(ledger->states, state, FEMD_OK);
    }
    states_forget(ledger->states, state);
}

int ledger_has_maker(const femd_ledger *ledger, uint32_t state) {
    return state < femd_rows_end(&ledger->made) && ledger_state_at(ledger, state)->makers;
}

int ledger_is_of_another(const femd_ledger *ledger, const femd_hash *name, uint32_t material) {
    const uint32_t state = states_find(ledger->states, name);
    if (!state || !ledger_has_maker(ledger, state)) return 0;
    for (uint32_t number = ledger_state_at(ledger, state)->makers; number;
         number = ledger_at(ledger, number)->maker_next)
        if (ledger_at(ledger, number)->material == material) return 0;
    return 1;
}

static uint32_t ledger_remaker(const femd_ledger *ledger, uint32_t state) {
    return state < femd_rows_end(&ledger->made) ? ledger_state_at(ledger, state)->remaker : FEMD_NIL;
}

/* The repetition of an evaluation for the sake of its state has ended. */
void ledger_report_remade(femd_ledger *ledger, uint32_t number, femd_status status) {
    uint32_t state = ledger_at(ledger, number)->state_out;
    if (!state || ledger_remaker(ledger, state) != number) return;
    ledger_state_at(ledger, state)->remaker = FEMD_NIL;
    states_end_making(ledger->states, state, status);
}

/* An evaluation that can make the state again; one whose own input is at hand is preferred. */
static uint32_t ledger_choose_maker(const femd_ledger *ledger, uint32_t state) {
    uint32_t fallback = FEMD_NIL;
    if (state >= femd_rows_end(&ledger->made)) return FEMD_NIL;
    for (uint32_t number = ledger_state_at(ledger, state)->makers; number;
         number = ledger_at(ledger, number)->maker_next) {
        const evaluation *record = ledger_at(ledger, number);
        const femd_hash *from = &record->request.state_in;
        if (record->remakes >= REMAKES_MAX || record->flags & LEDGER_POISON ||
            femd_hash_equal(from, states_name(ledger->states, state)))
            continue;
        if (!catalogue_is_awake(ledger->catalogue, record->material)) continue; /* no worker can be given it */
        if (record->stage != STAGE_DONE) return number;                         /* it is on its way already */
        if (femd_hash_is_zero(from)) return number;
        uint32_t input = states_find(ledger->states, from);
        if (!input) continue;
        if (states_content(ledger->states, input).data || states_holders(ledger->states, input)) return number;
        fallback = number;
    }
    return fallback;
}

/* Would waiting for the input of an evaluation wait for the state in the end? Follows the repetitions under way. */
static int ledger_closes_a_ring(const femd_ledger *ledger, uint32_t state, uint32_t number) {
    for (uint32_t hops = 0; hops < HOPS_MAX; hops++) {
        uint32_t input = states_find(ledger->states, &ledger_at(ledger, number)->request.state_in);
        if (!input) return 0;
        if (input == state) return 1;
        number = ledger_remaker(ledger, input);
        if (!number) return 0;
    }
    return 1;
}

/* Queue a finished one again to get its state back. 0 if that cannot be. */
static int ledger_repeat(femd_ledger *ledger, uint32_t number) {
    evaluation *record = ledger_at(ledger, number);
    if (record->stage != STAGE_DONE) record->flags |= LEDGER_REMAKE;
    if (record->stage != STAGE_DONE || record->message) return 1; /* an answer that brings the state is on its way */
    ledger_uncache(ledger, number);
    if (ledger_open_for(ledger, number, lanes_service_run(ledger->lanes)) != FEMD_OK) {
        if (record->response) ledger_cache(ledger, number);
        return 0;
    }
    record->flags |= LEDGER_REMAKE;
    record->remakes++;
    ledger->common->counter.remade++;
    return 1;
}

static int ledger_make(femd_ledger *ledger, uint32_t state) {
    uint32_t number = ledger_choose_maker(ledger, state);
    if (!number) { /* the history may know more than the books */
        ledger_recall_makers(ledger, state);
        number = ledger_choose_maker(ledger, state);
    }
    if (!number || ledger_closes_a_ring(ledger, state, number) || !ledger_repeat(ledger, number)) return 0;
    ledger_state_at(ledger, state)->remaker = number;
    states_begin_making(ledger->states, state);
    return 1;
}

/* Nobody waits for the repetition any more, or the content has come from elsewhere. */
static void ledger_call_off(femd_ledger *ledger, uint32_t state) {
    uint32_t number = ledger_remaker(ledger, state);
    if (!number) return;
    ledger_state_at(ledger, state)->remaker = FEMD_NIL;
    states_end_making(ledger->states, state, FEMD_OK);
    evaluation *record = ledger_at(ledger, number);
    record->flags &= (uint8_t)~LEDGER_REMAKE;
    if (!ledger_is_wanted(record) && (record->stage == STAGE_QUEUED || record->stage == STAGE_WAITING))
        ledger_abandon(ledger, number);
}

void ledger_settle(femd_ledger *ledger) {
    ledger_review(ledger);
    for (uint32_t state; (state = states_restless(ledger->states)) != FEMD_NIL;) {
        switch (states_look_after(ledger->states, state)) {
        case CARE_MAKE:
            if (!ledger_make(ledger, state)) states_give_up(ledger->states, state, FEMD_STATE_LOST);
            break;
        case CARE_CALL_OFF: ledger_call_off(ledger, state); break;
        case CARE_NOTHING: break;
        }
        states_unref(ledger->states, state);
    }
}
