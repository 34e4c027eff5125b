/* The ledger's part of the audit: every count is made again from what it counts. */
#include "ledger_private.h"

void ledger_count_states(const femd_ledger *ledger, uint32_t *refs, uint32_t *makers) {
    for (uint32_t number = 1; number <= ledger->records.end; number++) {
        const evaluation *record = ledger_at(ledger, number);
        if (record->stage == STAGE_FREE) continue;
        if (record->state_in) refs[record->state_in]++;
        if (record->state_out && record->pins) refs[record->state_out]++;
        if (record->state_out) makers[record->state_out]++;
    }
    ledger_count_hearings(ledger, refs);
}

void ledger_count_materials(const femd_ledger *ledger, uint32_t *records) {
    for (uint32_t number = 1; number <= ledger->records.end; number++)
        if (ledger_at(ledger, number)->stage != STAGE_FREE) records[ledger_at(ledger, number)->material]++;
}

uint32_t ledger_queued(const femd_ledger *ledger) {
    uint32_t queued = 0;
    for (uint32_t number = 1; number <= ledger->records.end; number++)
        queued += ledger_at(ledger, number)->stage == STAGE_QUEUED;
    return queued;
}

static int ledger_audit_one(const femd_ledger *ledger, uint32_t number, const uint32_t *pins, const uint32_t *claims,
                            femd_error *err) {
    const evaluation *record = ledger_at(ledger, number);
    int open = record->stage != STAGE_DONE;
    FEMD_CLAIM(ledger_find(ledger, &record->key) == number, "evaluation %u is not found by its key", number);
    FEMD_CLAIM(open == (record->lane != FEMD_NIL), "evaluation %u is %s but has %s lane", number,
               open ? "open" : "done", record->lane ? "a" : "no");
    FEMD_CLAIM(open || !record->claims, "evaluation %u is done and somebody still waits for it", number);
    FEMD_CLAIM(!open || ledger_is_wanted(record) || record->message, "evaluation %u is open and nobody wants it",
               number);
    FEMD_CLAIM(open || record->response || record->pins || record->message, "evaluation %u is kept without reason",
               number);
    FEMD_CLAIM((record->stage == STAGE_SENT || record->stage == STAGE_STARTED) <= (record->message != FEMD_NIL),
               "evaluation %u is sent to nobody", number);
    FEMD_CLAIM(!record->message || roster_is_here(ledger->roster, record->worker),
               "evaluation %u is with a worker that is gone", number);
    FEMD_CLAIM((record->stage == STAGE_WAITING) == (record->wait != FEMD_NIL), "evaluation %u waits for nothing",
               number);
    FEMD_CLAIM(record->pins == pins[number], "evaluation %u has %u pins, %u are known", number, record->pins,
               pins[number]);
    FEMD_CLAIM(record->claims == claims[number], "evaluation %u has %u claims, %u are known", number, record->claims,
               claims[number]);
    FEMD_CLAIM(!record->passing, "evaluation %u has an answer that passes nowhere", number);
    uint32_t remaker = record->state_out ? ledger_state_at(ledger, record->state_out)->remaker : FEMD_NIL;
    FEMD_CLAIM(!remaker || ledger_at(ledger, remaker)->state_out == record->state_out,
               "state %u is remade by another evaluation", record->state_out);
    return 0;
}

static int ledger_audit_workers(const femd_ledger *ledger, uint32_t *running, femd_error *err) {
    for (uint32_t worker = 0; worker < femd_rows_end(&ledger->workers); worker++) {
        const ledger_worker *holder = ledger_worker_at(ledger, worker);
        uint32_t tasks = 0, started = 0;
        for (uint32_t number = holder->first; number; number = ledger_at(ledger, number)->task_next) {
            FEMD_CLAIM(ledger_at(ledger, number)->worker == worker, "evaluation %u is with the wrong worker", number);
            tasks++;
            started += ledger_at(ledger, number)->stage == STAGE_STARTED;
        }
        FEMD_CLAIM(tasks == holder->count && started == holder->started, "worker %u: tasks %u/%u started %u/%u", worker,
                   tasks, holder->count, started, holder->started);
        *running += tasks;
    }
    return 0;
}

int ledger_audit(const femd_ledger *ledger, const uint32_t *pins, const uint32_t *claims, femd_error *err) {
    const uint64_t *held = ledger->common->limits.held;
    uint64_t responses = 0, cached = 0;
    uint32_t live = 0, parked = 0, running = 0, used = 0, kept = 0, with_workers = 0;
    for (uint32_t number = 1; number <= ledger->records.end; number++) {
        const evaluation *record = ledger_at(ledger, number);
        if (record->stage == STAGE_FREE) continue;
        if (ledger_audit_one(ledger, number, pins, claims, err) != 0) return -1;
        live++;
        parked += record->stage == STAGE_WAITING;
        running += record->message != FEMD_NIL;
        responses += record->response_size;
        if (record->stage == STAGE_DONE && record->response) {
            cached += ledger_record_bytes() + record->response_size;
            kept++;
        }
    }
    if (ledger_audit_workers(ledger, &with_workers, err) != 0) return -1;
    for (uint32_t number = ledger->used_head; number; number = ledger_at(ledger, number)->used_next) used++;
    FEMD_CLAIM(!ledger->answered_head, "an answer was delivered to nobody");
    FEMD_CLAIM(live == ledger->records.live && live == ledger->by_key.used, "%u evaluations, %u live, %u named", live,
               ledger->records.live, ledger->by_key.used);
    FEMD_CLAIM(parked == ledger->parked && running == ledger->running && running == with_workers,
               "waiting %u/%u running %u/%u/%u", parked, ledger->parked, running, ledger->running, with_workers);
    FEMD_CLAIM(used == kept && cached == ledger->cached, "%u finished evaluations in order of use, %u are kept", used,
               kept);
    if (ledger_audit_hearings(ledger, &responses, err) != 0) return -1;
    FEMD_CLAIM(responses == held[BYTES_RESPONSES], "responses: bytes do not add up");
    FEMD_CLAIM(live * ledger_record_bytes() == held[BYTES_REQUESTS], "requests: bytes do not add up");
    return 0;
}
