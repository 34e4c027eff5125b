/* Runs: who belongs to which, and how long they last. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runs_private.h"

/* FEMD_NIL if memory is out. */
static uint32_t runs_add(femd_runs *runs, const char *name, uint32_t ranks, int service) {
    uint32_t run = femd_slab_take(&runs->records);
    if (!run) return FEMD_NIL;
    run_record *record = runs_at(runs, run);
    record->ranks = calloc(ranks ? ranks : 1, sizeof *record->ranks);
    if (!record->ranks || !lanes_run_here(runs->lanes, run, service)) {
        free(record->ranks);
        record->ranks = NULL;
        femd_slab_give(&runs->records, run);
        return FEMD_NIL;
    }
    snprintf(record->name, sizeof record->name, "%s", name);
    runs_doubts_init(record);
    record->nranks = ranks;
    for (uint32_t i = 0; i < ranks; i++) record->ranks[i].gone = runs->common->now;
    femd_limits_add(&runs->common->limits, BYTES_BOOKS, ranks * sizeof *record->ranks);
    record->reproducible = 1;
    record->gone = -1;
    record->next = runs->first;
    if (runs->first) runs_at(runs, runs->first)->prev = run;
    runs->first = run;
    return run;
}

femd_runs *runs_create(femd_common *common, femd_roster *roster, femd_catalogue *catalogue, femd_outbox *outbox,
                       femd_states *states, femd_lanes *lanes, femd_ledger *ledger) {
    femd_runs *runs = calloc(1, sizeof *runs);
    if (!runs) return NULL;
    runs->common = common;
    runs->roster = roster;
    runs->outbox = outbox;
    runs->states = states;
    runs->lanes = lanes;
    runs->catalogue = catalogue;
    runs->ledger = ledger;
    runs->next_due = runs->commit_due = INFINITY;
    femd_slab_init(&runs->records, sizeof(run_record));
    femd_slab_init(&runs->points, sizeof(run_point));
    femd_rows_init(&runs->seats, sizeof(run_seat));
    if (!runs_add(runs, "", 0, 1)) runs_destroy(&runs);
    return runs;
}

uint32_t runs_make(femd_runs *runs, const char *name, uint32_t ranks) {
    return runs_add(runs, name, ranks, 0);
}

static void runs_clear_ranks(run_record *record) {
    for (uint32_t i = 0; record->ranks && i < record->nranks; i++) {
        run_rank *rank = &record->ranks[i];
        femd_list *lists[] = {&rank->tentative, &rank->given, &rank->pending, &rank->pending_points, &rank->waits};
        for (size_t j = 0; j < sizeof lists / sizeof lists[0]; j++) femd_list_clear(lists[j]);
        femd_table_clear(&rank->points);
    }
    runs_doubts_clear(record);
    free(record->ranks);
    record->ranks = NULL;
    femd_list_clear(&record->materials);
}

void runs_destroy(femd_runs **runs) {
    if (!*runs) return;
    for (uint32_t run = 1; run <= (*runs)->records.end; run++) runs_clear_ranks(runs_at(*runs, run));
    femd_slab_clear(&(*runs)->records);
    femd_slab_clear(&(*runs)->points);
    femd_rows_clear(&(*runs)->seats);
    free(*runs);
    *runs = NULL;
}

void runs_end(femd_runs *runs, uint32_t run) {
    run_record *record = runs_at(runs, run);
    runs_tell_journal(runs, record, ANNAL_END, NULL, NULL, 0);
    for (uint32_t i = 0; i < record->nranks; i++) {
        run_rank *rank = &record->ranks[i];
        runs_drop_pending(runs, rank);
        runs_drop_tentative(runs, rank);
        runs_release_given(runs, rank);
        runs_points_clear(runs, rank);
    }
    femd_limits_sub(&runs->common->limits, BYTES_BOOKS, record->nranks * sizeof *record->ranks);
    for (uint32_t i = 0; i < record->materials.count; i++) catalogue_leave(runs->catalogue, record->materials.at[i]);
    runs_clear_ranks(record);
    lanes_run_gone(runs->lanes, run);
    if (record->prev)
        runs_at(runs, record->prev)->next = record->next;
    else
        runs->first = record->next;
    if (record->next) runs_at(runs, record->next)->prev = record->prev;
    femd_slab_give(&runs->records, run);
}

/* ---- joining and leaving ---- */

static uint32_t runs_find(const femd_runs *runs, const char *name) {
    uint32_t run = runs_next(runs, FEMD_NIL);
    while (run && strcmp(runs_at(runs, run)->name, name) != 0) run = runs_next(runs, run);
    return run;
}

/* A run is its key's that made it; one that was made without is the first one's that comes. */
static femd_status runs_check_owner(const femd_runs *runs, uint32_t run, const femd_identity *who, femd_error *err) {
    const femd_hash *owner = &runs_at(runs, run)->owner;
    if (femd_hash_is_zero(owner) || (who->role && femd_hash_equal(owner, &who->key))) return FEMD_OK;
    return femd_fail(err, FEMD_REFUSED, "run \"%s\" is another key's; give the run another name",
                     runs_at(runs, run)->name);
}

/* The run of that name and number of ranks, FEMD_NIL if there is none. One with other ranks gives way if it is idle. */
static femd_status runs_match(femd_runs *runs, const char *name, uint32_t ranks, const femd_identity *who,
                              uint32_t *run, femd_error *err) {
    *run = runs_find(runs, name);
    if (*run) FEMD_TRY(runs_check_owner(runs, *run, who, err));
    if (!*run || runs_at(runs, *run)->nranks == ranks) return FEMD_OK;
    if (runs_at(runs, *run)->connected || lanes_run_open(runs->lanes, *run))
        return femd_fail(err, FEMD_REFUSED,
                         "run \"%s\" has %u ranks here, this client says %u; give the run another name", name,
                         runs_at(runs, *run)->nranks, ranks);
    runs_end(runs, *run);
    *run = FEMD_NIL;
    return FEMD_OK;
}

femd_status runs_join(femd_runs *runs, uint32_t client, uint32_t *holder, femd_error *err) {
    const femd_hello *hello = roster_hello(runs->roster, client);
    uint32_t ranks = hello->ranks ? hello->ranks : 1, run;
    *holder = FEMD_NIL;
    if (!femd_rows_reach(&runs->seats, client)) return femd_fail(err, FEMD_NO_MEMORY, "no memory for another client");
    *runs_seat(runs, client) = (run_seat){FEMD_NIL, 0};
    if (hello->rank >= ranks || ranks > RANKS_MAX)
        return femd_fail(err, FEMD_REFUSED, "rank %u of %u: ranks count from 0 and are at most %d", hello->rank, ranks,
                         RANKS_MAX);
    const femd_identity *who = roster_identity(runs->roster, client);
    FEMD_TRY(runs_match(runs, hello->run, ranks, who, &run, err));
    if (run && runs_at(runs, run)->ranks[hello->rank].peer) {
        *holder = runs_at(runs, run)->ranks[hello->rank].peer;
        const femd_hello *other = roster_hello(runs->roster, *holder);
        return femd_fail(err, FEMD_REFUSED,
                         "rank %u of run \"%s\" is connected already (pid %u on %s); give the run another name",
                         hello->rank, hello->run, other->pid, other->host);
    }
    if (!run && runs->common->draining)
        return femd_fail(err, FEMD_REFUSED, "this server is being emptied: it finishes its runs and takes no new one");
    if (!run) FEMD_TRY(femd_limits_room(&runs->common->limits, ranks * sizeof(run_rank), "a run", err));
    const int fresh = !run;
    if (fresh) run = runs_make(runs, hello->run, ranks);
    if (!run) return femd_fail(err, FEMD_NO_MEMORY, "no memory for another run");
    run_record *record = runs_at(runs, run);
    if (who->role && femd_hash_is_zero(&record->owner)) record->owner = who->key;
    if (fresh) {
        record->journal = ++runs->journals;
        runs_tell_journal(runs, record, ANNAL_RUN, NULL, NULL, 0);
    }
    FEMD_TRY(runs_come_after_doubt(runs, record, hello->rank, hello, err));
    *runs_seat(runs, client) = (run_seat){run, hello->rank};
    run_rank *rank = &record->ranks[hello->rank];
    rank->peer = client;
    rank->left = 0;
    rank->last_step = hello->step;
    if (hello->step) {
        runs_tell_journal(runs, record, ANNAL_REWIND, rank, NULL, hello->step);
        runs_points_rewind(runs, rank, hello->step);
    }
    snprintf(rank->who, sizeof rank->who, "pid %u on %s", hello->pid, hello->host);
    rank->instance = hello->instance;
    runs_tell_seat(runs, record, rank);
    record->connected++;
    record->gone = -1;
    return FEMD_OK;
}

/* When a run without clients is over, unless somebody comes back or something of it is open. */
static double runs_end_of(const femd_runs *runs, const run_record *record) {
    return record->gone + runs->common->config.run_grace;
}

void runs_leave(femd_runs *runs, uint32_t client, int bye) {
    uint32_t run = runs_of(runs, client);
    if (!run) return;
    run_record *record = runs_at(runs, run);
    run_rank *rank = runs_rank(runs, client);
    runs_drop_pending(runs, rank);
    if (rank->tentative.count) runs_tell_journal(runs, record, ANNAL_ABORT, rank, NULL, 0);
    runs_drop_tentative(runs, rank);
    rank->peer = FEMD_NIL;
    rank->gone = runs->common->now;
    rank->left = bye;
    record->connected--;
    *runs_seat(runs, client) = (run_seat){FEMD_NIL, 0};
    if (record->connected) {
        runs_watch_commits(runs);
        return;
    }
    record->gone = bye ? runs->common->now - runs->common->config.run_grace : runs->common->now;
    runs->next_due = fmin(runs->next_due, runs_end_of(runs, record));
}

uint32_t runs_of(const femd_runs *runs, uint32_t client) {
    return client < femd_rows_end(&runs->seats) ? runs_seat(runs, client)->run : FEMD_NIL;
}

/* ---- time ---- */

static int runs_is_over(const femd_runs *runs, uint32_t run) {
    return !runs_at(runs, run)->connected && !lanes_run_open(runs->lanes, run);
}

static void runs_work_out_due(femd_runs *runs) {
    runs->emptied = lanes_runs_emptied(runs->lanes);
    runs->next_due = INFINITY;
    for (uint32_t run = runs_next(runs, FEMD_NIL); run; run = runs_next(runs, run))
        if (runs_is_over(runs, run)) runs->next_due = fmin(runs->next_due, runs_end_of(runs, runs_at(runs, run)));
}

void runs_settle(femd_runs *runs) {
    if (runs->emptied != lanes_runs_emptied(runs->lanes)) runs_work_out_due(runs);
}

double runs_next_due(const femd_runs *runs) {
    return fmin(runs->next_due, runs->commit_due);
}

void runs_tick(femd_runs *runs) {
    if (runs->common->now >= runs->commit_due) runs_watch_commits(runs);
    for (uint32_t run = runs_next(runs, FEMD_NIL), after; run; run = after) {
        after = runs_next(runs, run);
        if (runs_is_over(runs, run) && runs->common->now >= runs_end_of(runs, runs_at(runs, run))) runs_end(runs, run);
    }
    runs_work_out_due(runs);
}

/* ---- what a client has ---- */

void runs_use(femd_runs *runs, uint32_t client, uint32_t material) {
    if (!runs_of(runs, client)) return;
    femd_list *materials = &runs_at(runs, runs_of(runs, client))->materials;
    for (uint32_t i = 0; i < materials->count; i++)
        if (materials->at[i] == material) return;
    if (!femd_list_push(materials, material)) {
        common_no_memory(runs->common);
        return;
    }
    catalogue_use(runs->catalogue, material);
}

void runs_count_users(const femd_runs *runs, uint32_t *users) {
    for (uint32_t run = runs_next(runs, FEMD_NIL); run; run = runs_next(runs, run))
        for (uint32_t i = 0; i < runs_at(runs, run)->materials.count; i++) users[runs_at(runs, run)->materials.at[i]]++;
}

void runs_add_points(femd_runs *runs, uint32_t client, uint32_t points) {
    if (runs_of(runs, client)) runs_at(runs, runs_of(runs, client))->points += points;
}

void runs_tentative(femd_runs *runs, uint32_t client, uint32_t evaluation) {
    if (!runs_of(runs, client)) return;
    if (!femd_list_push(&runs_rank(runs, client)->tentative, evaluation)) {
        common_no_memory(runs->common);
        return;
    }
    ledger_pin(runs->ledger, evaluation);
    runs_tell_journal(runs, runs_at(runs, runs_of(runs, client)), ANNAL_TENTATIVE, runs_rank(runs, client),
                      ledger_key(runs->ledger, evaluation), 0);
}

void runs_not_reproducible(femd_runs *runs, uint32_t client) {
    if (!runs_of(runs, client)) return;
    run_record *record = runs_at(runs, runs_of(runs, client));
    if (!record->reproducible) return;
    record->reproducible = 0;
    runs_tell_journal(runs, record, ANNAL_MARK, NULL, NULL, 0);
    common_log(runs->common, FEMD_LOG_WARNING,
               "run %s: answers of more than one build of femd: its bits may be others another time", record->name);
}

/* ---- what others read ---- */

uint32_t runs_next(const femd_runs *runs, uint32_t run) {
    run = run ? runs_at(runs, run)->next : runs->first;
    return run == lanes_service_run(runs->lanes) && run ? runs_at(runs, run)->next : run;
}

runs_figures runs_look(const femd_runs *runs, uint32_t run) {
    const run_record *record = runs_at(runs, run);
    runs_figures figures = {.name = record->name,
                            .owner = &record->owner,
                            .ranks = record->nranks,
                            .connected = record->connected,
                            .open = lanes_run_open(runs->lanes, run),
                            .last_step = record->last_step,
                            .points = record->points,
                            .commits = record->commits,
                            .reproducible = record->reproducible,
                            .doubt = record->in_doubt ? record->doubt.text : NULL};
    for (uint32_t i = 0; i < record->nranks; i++) figures.tentative += record->ranks[i].tentative.count;
    return figures;
}

uint64_t runs_count_committed(const femd_runs *runs, uint32_t run) {
    const run_record *record = runs_at(runs, run);
    uint64_t committed = 0;
    for (uint32_t i = 0; i < record->nranks; i++)
        for (uint32_t point = record->ranks[i].first_point; point; point = runs_point_at(runs, point)->next)
            committed += runs_point_at(runs, point)->state[0] != FEMD_NIL;
    return committed;
}

uint32_t runs_count(const femd_runs *runs) {
    return runs->records.live - 1;
}

static void runs_count_list(uint32_t *count, const femd_list *list) {
    for (uint32_t i = 0; i < list->count; i++)
        if (list->at[i]) count[list->at[i]]++;
}

void runs_count_held(const femd_runs *runs, uint32_t *refs, uint32_t *committed, uint32_t *pins, uint64_t *bytes) {
    for (uint32_t run = runs_next(runs, FEMD_NIL); run; run = runs_next(runs, run)) {
        const run_record *record = runs_at(runs, run);
        for (uint32_t i = 0; i < record->nranks; i++) {
            const run_rank *rank = &record->ranks[i];
            runs_points_count(runs, rank, refs);
            runs_points_count(runs, rank, committed);
            runs_count_list(refs, &rank->given);
            runs_count_list(committed, &rank->given);
            runs_count_list(refs, &rank->pending);
            *bytes += runs_points_bytes(rank->npoints);
            runs_count_list(pins, &rank->tentative);
        }
        *bytes += record->nranks * sizeof *record->ranks;
    }
}
