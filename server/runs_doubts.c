/* Runs: whose answers each has used, since when they may be wrong if a worker is convicted, and what becomes of a run
 * that has used such answers: it ends, with words that say from which step on it is in doubt. */
#include <stdio.h>

#include "runs_private.h"

enum { SPANS = 8, PAIRS_MAX = 1 << 16, SEAT_BYTES = 16 };

/* What a run has had of an author that nobody has confirmed: between two commits each, oldest first. */
typedef struct run_use {
    uint32_t count;
    int untold;            /* it has changed since the journal was told of it */
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
    femd_list_clear(&record->untold);
}

static uint64_t runs_pair(uint32_t author, uint32_t seconder) {
    return (uint64_t)author << 32 | seconder;
}

/* The first use of what two have said. Of a crowd of pairs all are taken for one. 1 if it is news. */
static int runs_use_sworn(femd_runs *runs, run_record *record, uint32_t author, uint32_t seconder, uint32_t after) {
    const uint64_t pair = runs_pair(author, seconder);
    if (record->sworn_all || femd_table_find64(&record->sworn, pair)) return 0;
    if (record->sworn.used >= PAIRS_MAX)
        record->sworn_all = 1;
    else if (!femd_table_put64(&record->sworn, pair, after + 1))
        common_no_memory(runs->common);
    return 1;
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

/* What the author alone has said, the last of it then. 0 if memory is out. */
static int runs_use_alone(femd_runs *runs, run_record *record, uint32_t author, uint32_t after, double when) {
    if (!femd_rows_reach(&record->uses, author)) {
        common_no_memory(runs->common);
        return 0;
    }
    run_use *use = femd_rows_at(&record->uses, author);
    if (!use->count || use->after[use->count - 1] != after) {
        runs_make_span(use, ledger_settled_until(runs->ledger, author));
        use->after[use->count] = after;
        use->latest[use->count++] = when;
    } else if (when > use->latest[use->count - 1])
        use->latest[use->count - 1] = when;
    return 1;
}

/* ---- the journal ---- */

typedef struct run_used { /* an entry of a record */
    uint32_t author, seconder, after;
    double latest;
    int all;
} run_used;

static void runs_add_used(const femd_runs *runs, femd_buffer *bytes, const run_used *used) {
    uint8_t entry[ANNAL_USED_BYTES];
    femd_put64(entry, ledger_author_number(runs->ledger, used->author));
    femd_put64(entry + 8, ledger_author_number(runs->ledger, used->seconder));
    femd_putf64(entry + 16, used->latest);
    femd_put32(entry + 24, used->after);
    femd_put32(entry + 28, used->all != 0);
    if (femd_buffer_append(bytes, entry, sizeof entry, NULL) != FEMD_OK) common_no_memory(runs->common);
}

/* Takes the storage of the bytes. */
static void runs_send_used(femd_runs *runs, const run_record *record, femd_buffer *bytes) {
    if (bytes->size)
        outbox_record(runs->outbox, &(femd_annal){.kind = ANNAL_USED,
                                                  .run = record->journal,
                                                  .rank = record->has_build != 0,
                                                  .number = record->build,
                                                  .bytes = {bytes->data, bytes->size}});
    outbox_recycle(runs->outbox, bytes);
}

static void runs_tell_untold(femd_runs *runs, run_record *record) {
    femd_buffer bytes = outbox_take(runs->outbox);
    for (uint32_t i = 0; i < record->untold.count; i++) {
        run_use *use = femd_rows_at(&record->uses, record->untold.at[i]);
        use->untold = 0;
        if (use->count)
            runs_add_used(runs, &bytes,
                          &(run_used){.author = record->untold.at[i],
                                      .after = use->after[use->count - 1],
                                      .latest = use->latest[use->count - 1]});
    }
    record->untold.count = 0;
    runs_send_used(runs, record, &bytes);
}

void runs_tell_uses(femd_runs *runs, uint32_t client) {
    if (!runs_of(runs, client)) return;
    run_record *record = runs_at(runs, runs_of(runs, client));
    if (record->untold.count) runs_tell_untold(runs, record);
}

void runs_record_uses(femd_runs *runs, const run_record *record) {
    femd_buffer bytes = outbox_take(runs->outbox);
    for (uint32_t author = 0; author < femd_rows_end(&record->uses); author++) {
        const run_use *use = femd_rows_at(&record->uses, author);
        for (uint32_t i = 0; i < use->count; i++)
            runs_add_used(runs, &bytes,
                          &(run_used){.author = author, .after = use->after[i], .latest = use->latest[i]});
    }
    for (uint32_t i = 0; record->sworn.used && i <= record->sworn.mask; i++) {
        const femd_table_place *place = &record->sworn.place[i];
        if (place->number)
            runs_add_used(runs, &bytes,
                          &(run_used){.author = (uint32_t)(place->hash >> 32),
                                      .seconder = (uint32_t)place->hash,
                                      .after = place->number - 1});
    }
    if (record->sworn_all) runs_add_used(runs, &bytes, &(run_used){.all = 1});
    runs_send_used(runs, record, &bytes);
}

femd_status runs_restore_uses(femd_runs *runs, run_record *record, const femd_annal *annal, femd_error *err) {
    const uint8_t *at = annal->bytes.data;
    for (size_t left = annal->bytes.size; left; left -= ANNAL_USED_BYTES, at += ANNAL_USED_BYTES) {
        const double latest = femd_getf64(at + 16);
        const uint32_t after = femd_get32(at + 24), author = ledger_author_of(runs->ledger, femd_get64(at)),
                       seconder = ledger_author_of(runs->ledger, femd_get64(at + 8));
        if (!ledger_is_instant(latest) || after == UINT32_MAX)
            return femd_fail(err, FEMD_BAD_INPUT, "what a run of the journal has used is of no time");
        ledger_pass_instant(runs->ledger, latest);
        if (femd_get32(at + 28))
            record->sworn_all = 1;
        else if (seconder)
            (void)runs_use_sworn(runs, record, author, seconder, after);
        else if (!runs_use_alone(runs, record, author, after, latest))
            return femd_fail(err, FEMD_NO_MEMORY, "no memory for what a run has used");
    }
    record->has_build = annal->rank != 0;
    record->build = annal->number;
    return FEMD_OK;
}

void runs_record_doubt(femd_runs *runs, const run_record *record) {
    femd_buffer bytes = outbox_take(runs->outbox);
    femd_status rc = FEMD_OK;
    for (uint32_t i = 0; record->in_doubt && rc == FEMD_OK && i < record->nranks; i++) {
        uint8_t seat[SEAT_BYTES];
        femd_put64(seat, record->ranks[i].instance);
        femd_put64(seat + 8, record->ranks[i].doubted != 0);
        rc = femd_buffer_append(&bytes, seat, sizeof seat, NULL);
    }
    if (record->in_doubt && rc == FEMD_OK)
        rc = femd_buffer_append(&bytes, record->doubt.text, strlen(record->doubt.text), NULL);
    if (rc != FEMD_OK) common_no_memory(runs->common);
    outbox_record(runs->outbox, &(femd_annal){.kind = ANNAL_IN_DOUBT,
                                              .run = record->journal,
                                              .step = record->doubt_after,
                                              .bytes = {bytes.data, bytes.size}});
    outbox_recycle(runs->outbox, &bytes);
}

static void runs_clear_doubt(run_record *record) {
    for (uint32_t i = 0; i < record->nranks; i++) record->ranks[i].doubted = 0;
    runs_doubts_clear(record);
    runs_doubts_init(record);
}

femd_status runs_restore_doubt(run_record *record, const femd_annal *annal, femd_error *err) {
    const size_t seats = (size_t)record->nranks * SEAT_BYTES;
    if (!annal->bytes.size) {
        runs_clear_doubt(record);
        return FEMD_OK;
    }
    const uint8_t *at = annal->bytes.data;
    const size_t size = annal->bytes.size - seats;
    char words[sizeof record->doubt.text] = "";
    if (annal->bytes.size > seats && size < sizeof words) memcpy(words, at + seats, size);
    if (annal->bytes.size <= seats || strlen(words) != size)
        return femd_fail(err, FEMD_BAD_INPUT, "the doubt about a run of the journal is damaged");
    record->in_doubt = 1;
    record->doubt_after = annal->step;
    femd_error_clear(&record->doubt);
    femd_fail(&record->doubt, FEMD_CONFLICT, "%s", words);
    for (uint32_t i = 0; i < record->nranks; i++, at += SEAT_BYTES) {
        record->ranks[i].instance = femd_get64(at);
        record->ranks[i].doubted = femd_get64(at + 8) != 0;
    }
    return FEMD_OK;
}

/* ---- what a run has had ---- */

void runs_note_source(femd_runs *runs, uint32_t client, uint32_t evaluation) {
    const uint32_t run = runs_of(runs, client);
    if (!run) return;
    run_record *record = runs_at(runs, run);
    const ledger_source source = ledger_source_of(runs->ledger, evaluation);
    if (!source.known) return;
    if (record->has_build && record->build != source.fingerprint) runs_not_reproducible(runs, client);
    record->has_build = 1;
    record->build = source.fingerprint;
    if (source.seconder) {
        if (!runs_use_sworn(runs, record, source.author, source.seconder, record->last_step)) return;
        femd_buffer bytes = outbox_take(runs->outbox);
        runs_add_used(runs, &bytes,
                      &(run_used){.author = source.author,
                                  .seconder = source.seconder,
                                  .after = record->last_step,
                                  .all = record->sworn_all});
        runs_send_used(runs, record, &bytes);
        return;
    }
    if (source.author < femd_rows_end(&record->uses)) {
        const run_use *use = femd_rows_at(&record->uses, source.author);
        if (use->untold && use->after[use->count - 1] != record->last_step) runs_tell_untold(runs, record);
    }
    if (!runs_use_alone(runs, record, source.author, record->last_step, source.when)) return;
    run_use *use = femd_rows_at(&record->uses, source.author);
    if (use->untold || !runs->common->config.journal) return;
    use->untold = 1;
    if (!femd_list_push(&record->untold, source.author)) common_no_memory(runs->common);
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
        rank->doubted = rank->peer != FEMD_NIL || rank->who[0] || rank->instance;
        if (rank->peer) outbox_send_error(runs->outbox, roster_address(runs->roster, rank->peer), 0, &record->doubt);
    }
    runs_record_doubt(runs, record);
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
    if (!record->in_doubt) return FEMD_OK;
    if (hello->step > record->doubt_after)
        return femd_fail(err, FEMD_REFUSED, "this client goes on from step %u, but %s", hello->step,
                         record->doubt.text);
    if (!hello->instance || hello->instance != rank->instance) rank->doubted = 0; /* it begins anew */
    int doubted = 0;
    for (uint32_t i = 0; i < record->nranks; i++) doubted |= record->ranks[i].doubted;
    if (!doubted) runs_clear_doubt(record);
    runs_record_doubt(runs, record);
    return FEMD_OK;
}
