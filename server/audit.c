/* The audit: each room checks itself against what the others say they hold of it. */
#include "audit.h"

#include <stdlib.h>

/* What the rooms hold, by number of the state or of the evaluation. */
typedef struct audit_counts {
    uint32_t *refs, *committed, *makers;
    uint32_t *pins, *claims;
} audit_counts;

static uint32_t *audit_zeros(uint32_t last) {
    return calloc((size_t)last + 1, sizeof(uint32_t));
}

static int audit_books(const femd_rooms *rooms, audit_counts *count, femd_error *err) {
    uint64_t books = 0, other_books = 0;
    runs_count_held(rooms->runs, count->refs, count->committed, count->pins, &other_books);
    gets_count_held(rooms->gets, count->refs, &other_books);
    ledger_count_states(rooms->ledger, count->refs, count->makers);
    if (states_audit(rooms->states, count->refs, count->committed, count->makers, &books, err) != 0) return -1;
    if (batches_audit(rooms->batches, count->claims, err) != 0) return -1;
    if (ledger_audit(rooms->ledger, count->pins, count->claims, err) != 0) return -1;
    FEMD_CLAIM(books + other_books == rooms->common.limits.held[BYTES_BOOKS], "books: bytes do not add up");
    return 0;
}

static int audit_materials(const femd_rooms *rooms, femd_error *err) {
    const uint32_t last = catalogue_last(rooms->catalogue);
    uint32_t *records = audit_zeros(last), *users = audit_zeros(last);
    int rc = -1;
    if (records && users) {
        ledger_count_materials(rooms->ledger, records);
        runs_count_users(rooms->runs, users);
        rc = catalogue_audit(rooms->catalogue, records, users, err);
    } else {
        femd_fail(err, FEMD_NO_MEMORY, "no memory for the audit");
    }
    free(records);
    free(users);
    return rc;
}

static int audit_peers(const femd_rooms *rooms, femd_error *err) {
    for (uint32_t peer = roster_next(rooms->roster, FEMD_NIL); peer; peer = roster_next(rooms->roster, peer)) {
        const int worker = roster_hello(rooms->roster, peer)->role == FEMD_ROLE_WORKER;
        uint32_t owed = worker ? ledger_tasks(rooms->ledger, peer) + states_fetching(rooms->states, peer) +
                                     catalogue_is_opening(rooms->catalogue, peer)
                               : 0;
        if (roster_audit(rooms->roster, peer, owed, err) != 0) return -1;
    }
    return 0;
}

static int audit_sums(const femd_rooms *rooms, femd_error *err) {
    const femd_limits *limits = &rooms->common.limits;
    uint64_t sum = 0;
    for (int kind = 0; kind < BYTES_KINDS; kind++) sum += limits->held[kind];
    FEMD_CLAIM(sum == limits->total, "the kinds of bytes do not add up");
    return 0;
}

int audit_rooms(const femd_rooms *rooms, femd_error *err) {
    const uint32_t states = states_last(rooms->states), evaluations = ledger_last(rooms->ledger);
    audit_counts count = {audit_zeros(states), audit_zeros(states), audit_zeros(states), audit_zeros(evaluations),
                          audit_zeros(evaluations)};
    int rc = -1;
    if (count.refs && count.committed && count.makers && count.pins && count.claims) {
        rc = audit_books(rooms, &count, err);
        if (rc == 0) rc = audit_peers(rooms, err);
        if (rc == 0) rc = dispatch_audit(rooms->dispatch, err);
        if (rc == 0) rc = lanes_audit(rooms->lanes, ledger_queued(rooms->ledger), err);
        if (rc == 0) rc = audit_materials(rooms, err);
        if (rc == 0) rc = audit_sums(rooms, err);
    } else {
        femd_fail(err, FEMD_NO_MEMORY, "no memory for the audit");
    }
    free(count.refs);
    free(count.committed);
    free(count.makers);
    free(count.pins);
    free(count.claims);
    return rc;
}
