/* The ledger of evaluations: who has answered, how far each is believed, and who is not believed any more.
 *
 * What a worker answered before its last good audit is believed. A good audit is one by a witness that is not convicted
 * itself, and of two witnesses the last are known, so that two who lie alike do not vouch for each other for long. */
#include <stdio.h>
#include <string.h>

#include "ledger_private.h"

/* A process that comes again is the same author. */
int ledger_author_here(femd_ledger *ledger, uint32_t worker) {
    const femd_hello *hello = roster_hello(ledger->roster, worker);
    const uint32_t host = deaths_host_of(ledger->deaths, worker);
    uint32_t found = 0;
    for (uint32_t author = 1; author <= ledger->nauthors && !found; author++) {
        const ledger_author *entry = ledger_author_at(ledger, author);
        if (entry->pid == hello->pid && entry->host == host && entry->fingerprint == hello->fingerprint &&
            !entry->worker)
            found = author;
    }
    if (!found) {
        found = ledger->nauthors + 1;
        if (!femd_rows_reach(&ledger->authors, found)) return 0;
        *ledger_author_at(ledger, found) =
            (ledger_author){.fingerprint = hello->fingerprint, .host = host, .pid = hello->pid};
        ledger->nauthors = found;
    }
    if (ledger_author_at(ledger, found)->convicted && !roster_quarantined(ledger->roster, worker))
        roster_quarantine(ledger->roster, worker, "other workers contradicted its answers while it was away");
    ledger_author_at(ledger, found)->worker = worker;
    ledger_worker_at(ledger, worker)->author = found;
    return 1;
}

void ledger_acquit(femd_ledger *ledger, uint32_t worker) {
    ledger_author_at(ledger, ledger_worker_at(ledger, worker)->author)->convicted = 0;
}

void ledger_author_gone(femd_ledger *ledger, uint32_t worker) {
    ledger_author_at(ledger, ledger_worker_at(ledger, worker)->author)->worker = FEMD_NIL;
}

uint32_t ledger_last_author(const femd_ledger *ledger) {
    return ledger->nauthors;
}

ledger_source ledger_source_of(const femd_ledger *ledger, uint32_t number) {
    const evaluation *record = ledger_at(ledger, number);
    return (ledger_source){.known = record->response && !(record->flags & LEDGER_POISON),
                           .author = record->author,
                           .fingerprint = record->fingerprint,
                           .seconder = record->seconder,
                           .when = record->answered};
}

void ledger_name_author(const femd_ledger *ledger, uint32_t author, char *text, size_t size) {
    const ledger_author *entry = ledger_author_at(ledger, author);
    if (!author)
        snprintf(text, size, "what an earlier server has kept");
    else if (entry->worker)
        snprintf(text, size, "worker %llu (pid %u on %s)",
                 (unsigned long long)roster_number(ledger->roster, entry->worker), entry->pid,
                 roster_hello(ledger->roster, entry->worker)->host);
    else
        snprintf(text, size, "a worker that is gone (pid %u)", entry->pid);
}

/* ---- how far it is believed ---- */

void ledger_note_good(femd_ledger *ledger, uint32_t author, double when, uint32_t witness) {
    ledger_author *entry = ledger_author_at(ledger, author);
    if (!author || !witness || author == witness) return;
    if (entry->good[0].witness && entry->good[0].witness != witness) {
        entry->good[1] = entry->good[0];
        entry->good[0].when = -1;
    }
    entry->good[0].witness = witness;
    if (when > entry->good[0].when) entry->good[0].when = when;
}

/* Another worker of its build has given the same answer: as good as an audit. */
void ledger_confirm(femd_ledger *ledger, uint32_t number, uint32_t worker) {
    evaluation *record = ledger_at(ledger, number);
    const uint32_t witness = ledger_worker_at(ledger, worker)->author;
    if (!record->response || !record->author || record->author == witness ||
        ledger_author_at(ledger, witness)->fingerprint != record->fingerprint)
        return;
    ledger_note_good(ledger, record->author, record->answered, witness);
    ledger_note_good(ledger, witness, ledger->common->now, record->author);
    record->seconder = witness;
}

double ledger_good_until(const femd_ledger *ledger, uint32_t author) {
    const ledger_author *entry = ledger_author_at(ledger, author);
    double until = -1;
    for (int i = 0; i < 2; i++) {
        const uint32_t witness = entry->good[i].witness;
        if (witness && ledger_author_at(ledger, witness)->convicted < 2 && entry->good[i].when > until)
            until = entry->good[i].when;
    }
    return until;
}

double ledger_settled_until(const femd_ledger *ledger, uint32_t author) {
    const ledger_author *entry = ledger_author_at(ledger, author);
    if (!entry->good[0].witness || !entry->good[1].witness) return -1;
    return entry->good[0].when < entry->good[1].when ? entry->good[0].when : entry->good[1].when;
}

int ledger_is_doubted(const femd_ledger *ledger, uint32_t author, double *from) {
    *from = ledger_good_until(ledger, author);
    return ledger_author_at(ledger, author)->convicted != 0;
}

int ledger_is_outvoted(const femd_ledger *ledger, uint32_t author) {
    return ledger_author_at(ledger, author)->convicted > 1;
}

/* ---- verdicts ---- */

void ledger_convict(femd_ledger *ledger, uint32_t author, const evaluation *record, int undecided) {
    ledger_author *entry = ledger_author_at(ledger, author);
    char key[65], reason[192], name[160];
    femd_hash_text(&record->key, key);
    ledger_name_author(ledger, author, name, sizeof name);
    if (undecided)
        snprintf(reason, sizeof reason,
                 "another worker contradicts it for point %llu (key %.16s), and no third can be asked",
                 (unsigned long long)record->request.point, key);
    else
        snprintf(reason, sizeof reason, "other workers contradict its answer for point %llu (key %.16s)",
                 (unsigned long long)record->request.point, key);
    common_log(ledger->common, FEMD_LOG_ERROR, "%s is not believed any more: %s", name, reason);
    if (author && !entry->convicted) ledger->common->counter.convicted++;
    if (entry->convicted < 2) entry->convicted = undecided ? 1 : 2;
    if (entry->worker) roster_quarantine(ledger->roster, entry->worker, reason);
    if (!femd_list_push(&ledger->verdicts, author)) common_no_memory(ledger->common);
}

int ledger_verdict(femd_ledger *ledger, uint32_t *author, uint32_t *worker) {
    if (!ledger->verdicts.count) return 0;
    *author = ledger->verdicts.at[--ledger->verdicts.count];
    *worker = ledger_author_at(ledger, *author)->worker;
    return 1;
}

static int ledger_is_record_doubtful(const femd_ledger *ledger, const evaluation *record) {
    double from;
    if (!record->author || !ledger_is_doubted(ledger, record->author, &from)) return 0;
    if (!record->seconder) return record->answered >= from;
    return ledger_is_outvoted(ledger, record->author) && ledger_is_outvoted(ledger, record->seconder);
}

void ledger_forget_doubtful(femd_ledger *ledger) {
    for (uint32_t number = 1; number <= ledger->records.end; number++) {
        evaluation *record = ledger_at(ledger, number);
        if (record->stage == STAGE_FREE || record->pins || record->hearing) continue;
        if (!record->response && !record->state_out) continue;
        if (!ledger_is_record_doubtful(ledger, record)) continue;
        ledger_doubt(ledger, number);
        if (record->stage == STAGE_DONE) {
            ledger_forget(ledger, number);
            continue;
        }
        ledger_unstore(ledger, &record->response, &record->response_size); /* it is being made again */
        record->author = record->seconder = 0;
    }
    ledger_author_at(ledger, 0)->convicted = 0; /* what else was kept may be of others */
}
