/* The ledger of evaluations: who has answered, over the lives of servers. An author has a number that is the same in
 * each life, by which journal and store name it; here that is a row. Times of answers go on where those of the life
 * before have ended. What is told of an author is its process, whether it is believed, and its last good audits. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "disbelief.h"
#include "ledger_private.h"

enum { GOOD_BYTES = 16, AUTHOR_BYTES = 8 + 2 * GOOD_BYTES /* fingerprint, good audits; then the host's name */ };

/* ---- times ---- */

double ledger_instant(const femd_ledger *ledger) {
    const double instant = ledger->common->config.wall + ledger->common->now + ledger->later;
    return instant > 0 ? instant : 0;
}

void ledger_pass_instant(femd_ledger *ledger, double when) {
    const double instant = ledger_instant(ledger);
    if (when > instant) ledger->later += when - instant;
}

int ledger_is_instant(double when) {
    return when >= -1 && when < KEPT_WHEN_MOST;
}

/* ---- rows ---- */

static uint32_t ledger_vacant_author(const femd_ledger *ledger) {
    if (ledger->known_authors < ledger->nauthors)
        for (uint32_t author = ledger->nauthors; author > 0; author--)
            if (!ledger_author_at(ledger, author)->known) return author;
    return ledger->nauthors + 1;
}

uint32_t ledger_author_of(femd_ledger *ledger, uint64_t number) {
    if (!number) return 0;
    const uint32_t there = femd_table_find64(&ledger->by_number, number);
    if (there) return there;
    const uint32_t author = ledger_vacant_author(ledger);
    if (!femd_rows_reach(&ledger->authors, author) || !femd_table_put64(&ledger->by_number, number, author)) {
        common_no_memory(ledger->common);
        return 0;
    }
    *ledger_author_at(ledger, author) = (ledger_author){.number = number, .known = 1};
    if (author > ledger->nauthors) ledger->nauthors = author;
    ledger->known_authors++;
    return author;
}

uint64_t ledger_author_number(const femd_ledger *ledger, uint32_t author) {
    return author ? ledger_author_at(ledger, author)->number : 0;
}

/* ---- to the journal ---- */

void ledger_note_author(femd_ledger *ledger, uint32_t author) {
    ledger_author *entry = ledger_author_at(ledger, author);
    if (!author || entry->untold || !ledger->common->config.journal || ledger->common->replaying) return;
    entry->untold = 1;
    if (!femd_list_push(&ledger->untold, author)) common_no_memory(ledger->common);
}

static void ledger_tell_author(femd_ledger *ledger, uint32_t author) {
    const ledger_author *entry = ledger_author_at(ledger, author);
    uint8_t bytes[AUTHOR_BYTES + sizeof entry->host_name];
    const size_t name = strlen(entry->host_name);
    femd_put64(bytes, entry->fingerprint);
    for (int i = 0; i < 2; i++) {
        femd_put64(bytes + 8 + GOOD_BYTES * i, ledger_author_number(ledger, entry->good[i].witness));
        femd_putf64(bytes + 16 + GOOD_BYTES * i, entry->good[i].witness ? entry->good[i].when : 0);
    }
    memcpy(bytes + AUTHOR_BYTES, entry->host_name, name);
    outbox_record(ledger->outbox, &(femd_annal){.kind = ANNAL_AUTHOR,
                                                .run = entry->pid,
                                                .rank = (uint32_t)entry->convicted,
                                                .number = entry->number,
                                                .bytes = {bytes, AUTHOR_BYTES + name}});
}

void ledger_tell_authors(femd_ledger *ledger) {
    for (uint32_t i = 0; i < ledger->untold.count; i++) {
        ledger_author *entry = ledger_author_at(ledger, ledger->untold.at[i]);
        if (entry->known && entry->untold) ledger_tell_author(ledger, ledger->untold.at[i]);
        entry->untold = 0;
    }
    ledger->untold.count = 0;
}

void ledger_record_authors(femd_ledger *ledger) {
    for (uint32_t author = 1; author <= ledger->nauthors; author++)
        if (ledger_author_at(ledger, author)->known) ledger_tell_author(ledger, author);
}

/* ---- from the journal ---- */

femd_status ledger_restore_author(femd_ledger *ledger, const femd_annal *annal, femd_error *err) {
    const uint8_t *at = annal->bytes.data;
    const size_t name = annal->bytes.size - AUTHOR_BYTES;
    char host[sizeof((ledger_author *)0)->host_name] = "";
    if (annal->bytes.size >= AUTHOR_BYTES && name < sizeof host) memcpy(host, at + AUTHOR_BYTES, name);
    if (annal->bytes.size < AUTHOR_BYTES || strlen(host) != name || !annal->number || annal->rank > 2)
        return femd_fail(err, FEMD_BAD_INPUT, "an author of the journal is damaged");
    for (int i = 0; i < 2; i++)
        if (!ledger_is_instant(femd_getf64(at + 16 + GOOD_BYTES * i)) ||
            femd_get64(at + 8 + GOOD_BYTES * i) == annal->number)
            return femd_fail(err, FEMD_BAD_INPUT, "a good audit of the journal is of no time, or by nobody else");
    const uint32_t author = ledger_author_of(ledger, annal->number);
    if (!author) return femd_fail(err, FEMD_NO_MEMORY, "no memory for an author");
    for (int i = 0; i < 2; i++) {
        const uint32_t witness = ledger_author_of(ledger, femd_get64(at + 8 + GOOD_BYTES * i));
        const double when = femd_getf64(at + 16 + GOOD_BYTES * i);
        ledger_author_at(ledger, author)->good[i].witness = witness;
        ledger_author_at(ledger, author)->good[i].when = witness ? when : 0;
        ledger_pass_instant(ledger, when);
    }
    ledger_author *entry = ledger_author_at(ledger, author);
    entry->fingerprint = femd_get64(at);
    entry->pid = annal->run;
    entry->convicted = (int)annal->rank;
    memcpy(entry->host_name, host, sizeof host);
    entry->host = deaths_host_named(entry->host_name);
    return FEMD_OK;
}

/* ---- the store ---- */

int ledger_is_kept_doubtful(const femd_ledger *ledger, const femd_kept *kept) {
    const uint32_t author = femd_table_find64(&ledger->by_number, kept->author);
    const uint32_t seconder = femd_table_find64(&ledger->by_number, kept->seconder);
    double from;
    if (!author || !ledger_is_doubted(ledger, author, &from)) return 0;
    if (!kept->seconder) return kept->when >= from;
    return seconder && ledger_is_outvoted(ledger, author) && ledger_is_outvoted(ledger, seconder);
}

void ledger_disbelieve(femd_ledger *ledger) {
    if (!ledger->common->config.recall) return;
    femd_buffer list = outbox_take(ledger->outbox);
    for (uint32_t author = 1; author <= ledger->nauthors; author++) {
        femd_disbelieved one = {.author = ledger_author_number(ledger, author),
                                .outvoted = ledger_is_outvoted(ledger, author)};
        if (!ledger_is_doubted(ledger, author, &one.from)) continue;
        if (disbelief_add(&list, &one, NULL) != FEMD_OK) common_no_memory(ledger->common);
    }
    if (list.size)
        outbox_keep(ledger->outbox, FEMD_ACTION_DISBELIEVE, &list);
    else
        outbox_recycle(ledger->outbox, &list);
}
