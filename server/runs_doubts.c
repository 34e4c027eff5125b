/* Runs: whose answers each has used, since when they may be wrong if a worker is convicted, and what becomes of a run
 * that has used such answers: it ends, with words that say from which step on it is in doubt. */
#include <stdio.h>

#include "runs_private.h"

enum { SPANS = 8, PAIRS_MAX = 1 << 16 };

/* What a run has had of an author that nobody has confirmed: between two commits each, oldest first. */
typedef struct run_use {
    uint32_t count;
    uint32_t after[SPANS]; /* the last committed step then */
    double latest[SPANS];  /* when the last of these answers was given */
} run_use;

void runs_doubts_init(run_record *record) {
    femd_rows_init(&record->uses, sizeof(run_use));
    femd_table_init(&record->sworn, NULL, NULL);
    record->has_build = record->in_doubt = record->sworn_all = 0;
}

void runs_doubts_clear(run_record *record) {
    femd_rows_clear(&record->uses);
    femd_table_clear(&record->sworn);
}

static uint64_t runs_pair(uint32_t author, uint32_t seconder) {
    return (uint64_t)author << 32 | seconder;
}

/* The first use of what two have said. Of a crowd of pairs all are taken for one. */
static void runs_use_sworn(femd_runs *runs, run_record *record, const ledger_source *source) {
    const uint64_t pair = runs_pair(source->author, source->seconder);
    if (record->sworn_all || femd_table_find64(&record->sworn, pair)) return;
    if (record->sworn.used >= PAIRS_MAX)
        record->sworn_all = 1;
    else if (!femd_table_put64(&record->sworn, pair, record->last_step + 1))
        common_no_memory(runs->common);
}

/* The oldest span goes if it is settled; of too many two become one. */
static void runs_make_span(run_use *use, double settled) {
    uint32_t drop = 0;
    while (drop < use->count && use->latest[drop] < settled) drop++;
    if (!drop && use->count == SPANS) {
        use->latest[0] = use->latest[1];
        for (uint32_t i = 1; i + 1 < use->count; i++) {
            use->after[i] = use->after[i + 1];
            use->latest[i] = use->latest[i + 1];
        }
        use->count--;
    }
    for (uint32_t i = 0; i + drop < use->count; i++) {
        use->after[i] = use->after[i + drop];
        use->latest[i] = use->latest[i + drop];
    }
    use->count -= drop;
}

void runs_note_source(femd_runs *runs, uint32_t client, uint32_t evaluation) {
    const uint32_t run = runs_of(runs, client);
    if (!run) return;
    run_record *record = runs_at(runs, run);
    const ledger_source source = ledger_source_of(runs->ledger, evaluation);
    if (!source.known) return;
    if (record->has_build && record->build != source.fingerprint) runs_not_reproducible(runs, client);
    record->has_build = 1;
    record->build = source.fingerprint;
    if (!femd_rows_reach(&record->uses, source.author)) {
        common_no_memory(runs->common);
        return;
    }
    run_use *use = femd_rows_at(&record->uses, source.author);
    if (source.seconder) {
        runs_use_sworn(runs, record, &source);
        return;
    }
    if (!use->count || use->after[use->count - 1] != record->last_step) {
        runs_make_span(use, ledger_settled_until(runs->ledger, source.author));
        use->after[use->count] = record->last_step;
        use->latest[use->count++] = source.when;
    } else if (source.when > use->latest[use->count - 1])
        use->latest[use->count - 1] = source.when;
}

void runs_mark_authors(const femd_runs *runs, uint8_t *needed, uint32_t last) {
    for (uint32_t run = runs_next(runs, FEMD_NIL); run; run = runs_next(runs, run)) {
        const run_record *record = runs_at(runs, run);
        for (uint32_t author = 1; author <= last && author < femd_rows_end(&record->uses); author++)
            needed[author] |= ((const run_use *)femd_rows_at(&record->uses, author))->count > 0;
        for (uint32_t i = 0; record->sworn.used && i <= record->sworn.mask; i++)
            if (record->sworn.place[i].number)
                needed[record->sworn.place[i].hash >> 32] = needed[(uint32_t)record->sworn.place[i].hash] = 1;
    }
}

static void runs_find_earlier(uint32_t step, uint32_t *after, int *found) {
    if (!*found || step < *after) *after = step;
    *found = 1;
}

/* 1 and the step after which it is in doubt for what the author said. */
static int runs_is_doubtful(const femd_runs *runs, const run_record *record, uint32_t author, uint32_t *after) {
    double from;
    int found = 0;
    if (!ledger_is_doubted(runs->ledger, author, &from)) return 0;
    if (author < femd_rows_end(&record->uses)) {
        const run_use *use = femd_rows_at(&record->uses, author);
        for (uint32_t i = 0; i < use->count; i++)
            if (use->latest[i] >= from) runs_find_earlier(use->after[i], after, &found);
    }
    if (!ledger_is_outvoted(runs->ledger, author)) return found;
    for (uint32_t other = 1; other <= ledger_last_author(runs->ledger); other++) {
        if (other == author || !ledger_is_outvoted(runs->ledger, other)) continue;
        const uint32_t sworn = femd_table_find64(&record->sworn, runs_pair(author, other));
        if (sworn || record->sworn_all) runs_find_earlier(sworn ? sworn - 1 : 0, after, &found);
    }
    return found;
}

static void runs_end_in_doubt(femd_runs *runs, uint32_t run, uint32_t after, const char *who) {
    run_record *record = runs_at(runs, run);
    record->in_doubt = 1;
    record->doubt_after = after;
    femd_error_clear(&record->doubt);
    femd_fail(&record->doubt, FEMD_CONFLICT,
              "step %u and what follows is in doubt: this run has used answers of %s, which other workers contradict; "
              "go on from step %u, or begin anew",
              after + 1, who, after);
    common_log(runs->common, FEMD_LOG_ERROR, "run %s: %s", record->name, record->doubt.text);
    for (uint32_t i = 0; i < record->nranks; i++) {
        run_rank *rank = &record->ranks[i];
        runs_drop_pending(runs, rank);
        if (rank->tentative.count) runs_tell_journal(runs, record, ANNAL_ABORT, rank, NULL, 0);
        runs_drop_tentative(runs, rank);
        runs_tell_journal(runs, record, ANNAL_REWIND, rank, NULL, after);
        runs_points_rewind(runs, rank, after);
        rank->doubted = rank->peer != FEMD_NIL || rank->who[0];
        if (!rank->peer) continue;
        rank->doubted_instance = roster_hello(runs->roster, rank->peer)->instance;
        outbox_send_error(runs->outbox, roster_address(runs->roster, rank->peer), 0, &record->doubt);
    }
}

void runs_doubt(femd_runs *runs) {
    char who[160] = "";
    for (uint32_t run = runs_next(runs, FEMD_NIL); run; run = runs_next(runs, run)) {
        const run_record *record = runs_at(runs, run);
        uint32_t first = 0, after = 0;
        int found = 0;
        for (uint32_t author = 0; author <= ledger_last_author(runs->ledger); author++) {
            if (!runs_is_doubtful(runs, record, author, &after) || (found && after >= first)) continue;
            first = after;
            found = 1;
            ledger_name_author(runs->ledger, author, who, sizeof who);
        }
        if (found && (!record->in_doubt || first < record->doubt_after)) runs_end_in_doubt(runs, run, first, who);
    }
}

femd_status runs_check_doubt(const femd_runs *runs, uint32_t client, femd_error *err) {
    const uint32_t run = runs_of(runs, client);
    if (!run || !runs_rank(runs, client)->doubted) return FEMD_OK;
    return femd_fail(err, FEMD_CONFLICT, "%s", runs_at(runs, run)->doubt.text);
}

femd_status runs_come_after_doubt(femd_runs *runs, run_record *record, uint32_t place, const femd_hello *hello,
                                  femd_error *err) {
    run_rank *rank = &record->ranks[place];
    (void)runs;
    if (!record->in_doubt) return FEMD_OK;
    if (hello->step > record->doubt_after)
        return femd_fail(err, FEMD_REFUSED, "this client goes on from step %u, but %s", hello->step,
                         record->doubt.text);
    if (!hello->instance || hello->instance != rank->doubted_instance) rank->doubted = 0; /* it begins anew */
    for (uint32_t i = 0; i < record->nranks; i++)
        if (record->ranks[i].doubted) return FEMD_OK;
    record->in_doubt = 0;
    runs_doubts_clear(record);
    runs_doubts_init(record);
    return FEMD_OK;
}
