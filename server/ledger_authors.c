/* The ledger of evaluations: who has answered, how far each is believed, and who is not believed any more.
 *
 * What a worker answered before its last good audit is believed. A good audit is one by a witness that is not convicted
 * itself, and of two witnesses the last are known, so that two who lie alike do not vouch for each other for long. */
#include <stdio.h>
#include <string.h>

#include "disbelief.h"
#include "ledger_private.h"

enum { AUTHORS_FEW = 256, CONVICTED_KEPT = 1024 };

/* A process that comes again is the same author. Of several here at one time that nothing tells apart each is another.
 */
int ledger_author_here(femd_ledger *ledger, uint32_t worker) {
    const femd_hello *hello = roster_hello(ledger->roster, worker);
    uint32_t author = 0;
    for (uint32_t nth = 0; !author || ledger_author_at(ledger, author)->worker; nth++) {
        author = ledger_author_of(ledger,
                                  disbelief_number(hello->host, hello->pid, hello->fingerprint, hello->instance, nth));
        if (!author) return 0;
    }
    ledger_author *entry = ledger_author_at(ledger, author);
    entry->fingerprint = hello->fingerprint;
    entry->host = deaths_host_of(ledger->deaths, worker);
    entry->pid = hello->pid;
    snprintf(entry->host_name, sizeof entry->host_name, "%s", hello->host);
    if (entry->convicted && !roster_quarantined(ledger->roster, worker))
        roster_quarantine(ledger->roster, worker, "other workers contradicted its answers while it was away");
    entry->worker = worker;
    ledger_worker_at(ledger, worker)->author = author;
    ledger_note_author(ledger, author);
    return 1;
}

void ledger_believe(femd_ledger *ledger, uint32_t author) {
    if (!ledger_author_at(ledger, author)->convicted) return;
    ledger_author_at(ledger, author)->convicted = 0;
    ledger_note_author(ledger, author);
}

void ledger_acquit(femd_ledger *ledger, uint32_t worker) {
    ledger_believe(ledger, ledger_worker_at(ledger, worker)->author);
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
    else if (!entry->worker && !entry->host_name[0])
        snprintf(text, size, "a worker of an earlier server");
    else if (entry->worker)
        snprintf(text, size, "worker %llu (pid %u on %s)",
                 (unsigned long long)roster_number(ledger->roster, entry->worker), entry->pid,
                 roster_hello(ledger->roster, entry->worker)->host);
    else
        snprintf(text, size, "a worker that is gone (pid %u on %s)", entry->pid, entry->host_name);
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
    ledger_note_author(ledger, author);
}

/* Another worker of its build has given the same answer: as good as an audit. */
void ledger_confirm(femd_ledger *ledger, uint32_t number, uint32_t worker) {
    evaluation *record = ledger_at(ledger, number);
    const uint32_t witness = ledger_worker_at(ledger, worker)->author;
    if (!record->response || !record->author || record->author == witness ||
        ledger_author_at(ledger, witness)->fingerprint != record->fingerprint)
        return;
    ledger_note_good(ledger, record->author, record->answered, witness);
    ledger_note_good(ledger, witness, ledger_instant(ledger), record->author);
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

/* ---- who is forgotten ---- */

int ledger_has_many_authors(const femd_ledger *ledger) {
    return ledger->known_authors >= (ledger->authors_most ? ledger->authors_most : AUTHORS_FEW);
}

void ledger_mark_authors(const femd_ledger *ledger, uint8_t *needed) {
    for (uint32_t author = 1; author <= ledger->nauthors; author++)
        needed[author] |= ledger_author_at(ledger, author)->worker != FEMD_NIL;
    for (uint32_t number = 1; number <= ledger->records.end; number++) {
        const evaluation *record = ledger_at(ledger, number);
        if (record->stage != STAGE_FREE) needed[record->author] = needed[record->seconder] = 1;
    }
    ledger_mark_witnesses(ledger, needed);
    for (uint32_t i = 0; i < ledger->verdicts.count; i++) needed[ledger->verdicts.at[i]] = 1;
}

/* Whose word a needed author has is needed as well; of who is kept for that alone it does not matter. */
static void ledger_mark_vouchers(const femd_ledger *ledger, uint8_t *needed) {
    for (uint32_t author = 1; author <= ledger->nauthors; author++)
        for (int i = 0; i < 2; i++) {
            const uint32_t witness = ledger_author_at(ledger, author)->good[i].witness;
            if (needed[author] == 1 && !needed[witness]) needed[witness] = 2;
        }
}

static void ledger_forget_author(femd_ledger *ledger, uint32_t author) {
    ledger_author *entry = ledger_author_at(ledger, author);
    if (entry->known) femd_table_remove64(&ledger->by_number, entry->number, author);
    *entry = (ledger_author){.known = 0};
}

void ledger_forget_authors(femd_ledger *ledger, uint8_t *needed) {
    uint32_t convicted = 0;
    for (uint32_t author = 1; author <= ledger->nauthors; author++)
        if (ledger_author_at(ledger, author)->convicted && !needed[author] && convicted++ < CONVICTED_KEPT)
            needed[author] = 1;
    ledger_mark_vouchers(ledger, needed);
    ledger->known_authors = 0;
    for (uint32_t author = 1; author <= ledger->nauthors; author++) {
        ledger_author *entry = ledger_author_at(ledger, author);
        if (!needed[author]) ledger_forget_author(ledger, author);
        for (int i = 1; i >= 0; i--)
            if (entry->good[i].witness && !needed[entry->good[i].witness]) {
                if (i == 0) entry->good[0] = entry->good[1];
                entry->good[1].witness = 0;
            }
        ledger->known_authors += entry->known != 0;
    }
    ledger->authors_most = 2 * ledger->known_authors;
    if (ledger->authors_most < AUTHORS_FEW) ledger->authors_most = AUTHORS_FEW;
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
    ledger_note_author(ledger, author);
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
