/* The ledger of evaluations: answers that have left memory and are still in the store. Should their author be convicted
 * they are to leave the store as well, so that their names are remembered as long as they may come into doubt: of who
 * is audited that is not long. There is a bound; beyond it nothing is taken from the store any more once a worker is
 * convicted whose answers are no longer known by name. */
#include <stdlib.h>
#include <string.h>

#include "ledger_private.h"

enum { PAST_FEW = 1024, PAST_SHARE = 8 /* bytes of the cache for one of names */ };

static uint32_t past_most(const femd_ledger *ledger) {
    const uint64_t most = ledger->common->config.cache_bytes / (PAST_SHARE * sizeof(ledger_past));
    return most < PAST_FEW ? PAST_FEW : most > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uint32_t)most;
}

static int past_is_settled(const femd_ledger *ledger, const ledger_past *past) {
    return !past->seconder && !ledger_author_at(ledger, past->author)->convicted &&
           past->when < ledger_settled_until(ledger, past->author);
}

/* Those that cannot come into doubt go. */
static void past_settle(femd_ledger *ledger) {
    uint32_t left = 0;
    for (uint32_t i = 0; i < ledger->npast; i++)
        if (!past_is_settled(ledger, &ledger->past[i])) ledger->past[left++] = ledger->past[i];
    ledger->npast = left;
}

/* The older half is forgotten, and that it is. */
static void past_lose(femd_ledger *ledger) {
    const uint32_t lost = ledger->npast - ledger->npast / 2;
    for (uint32_t i = 0; i < lost; i++) {
        const int what = ledger->past[i].seconder ? LOST_SECONDED : LOST_ALONE;
        ledger_author_at(ledger, ledger->past[i].author)->past_lost |= what;
        if (what == LOST_SECONDED) ledger_author_at(ledger, ledger->past[i].seconder)->past_lost |= what;
    }
    ledger->npast -= lost;
    memmove(ledger->past, ledger->past + lost, ledger->npast * sizeof *ledger->past);
}

static int past_grow(femd_ledger *ledger) {
    const uint32_t most = past_most(ledger);
    uint32_t room = ledger->past_room ? 2 * ledger->past_room : PAST_FEW;
    if (room > most) room = most;
    if (room <= ledger->past_room) return 0;
    ledger_past *fresh = realloc(ledger->past, room * sizeof *fresh);
    if (!fresh) return 0;
    ledger->past = fresh;
    ledger->past_room = room;
    return 1;
}

void ledger_note_past(femd_ledger *ledger, uint32_t number) {
    const evaluation *record = ledger_at(ledger, number);
    if (!ledger->common->config.recall || !record->author || !record->response) return;
    if (ledger->npast == ledger->past_room) {
        past_settle(ledger);
        if (4 * (uint64_t)ledger->npast >= 3 * (uint64_t)ledger->past_room && !past_grow(ledger)) past_lose(ledger);
    }
    if (ledger->npast == ledger->past_room) { /* no memory at all */
        ledger_author_at(ledger, record->author)->past_lost |= LOST_ALONE | LOST_SECONDED;
        return;
    }
    ledger->past[ledger->npast++] = (ledger_past){.key = record->key,
                                                  .fingerprint = record->fingerprint,
                                                  .author = record->author,
                                                  .seconder = record->seconder,
                                                  .when = record->answered};
}

static int past_is_doubtful(const femd_ledger *ledger, const ledger_past *past) {
    double from;
    if (!ledger_is_doubted(ledger, past->author, &from)) return 0;
    if (!past->seconder) return past->when >= from;
    return ledger_is_outvoted(ledger, past->author) && ledger_is_outvoted(ledger, past->seconder);
}

/* One whose answers are not known by name any more, and of those that another confirmed both. */
static uint32_t past_find_lost(const femd_ledger *ledger) {
    uint32_t outvoted = 0, last = 0;
    for (uint32_t author = 1; author <= ledger->nauthors; author++) {
        const ledger_author *entry = ledger_author_at(ledger, author);
        if (entry->convicted && entry->past_lost & LOST_ALONE) return author;
        if (!ledger_is_outvoted(ledger, author) || !(entry->past_lost & LOST_SECONDED)) continue;
        outvoted++;
        last = author;
    }
    return outvoted > 1 ? last : 0;
}

void ledger_forget_past(femd_ledger *ledger) {
    uint32_t left = 0;
    for (uint32_t i = 0; i < ledger->npast; i++) {
        const ledger_past past = ledger->past[i];
        if (past_is_doubtful(ledger, &past))
            ledger_forget_kept(ledger, &past.key, past.fingerprint);
        else
            ledger->past[left++] = past;
    }
    ledger->npast = left;
    const uint32_t lost = ledger->store_doubted ? 0 : past_find_lost(ledger);
    if (!lost) return;
    char name[160];
    ledger->store_doubted = 1;
    ledger_name_author(ledger, lost, name, sizeof name);
    common_log(ledger->common, FEMD_LOG_ERROR,
               "the store has answers of %s that cannot be told from others any more: nothing is taken from it by this "
               "server, and none should use it after it",
               name);
}

void ledger_mark_past(const femd_ledger *ledger, uint8_t *needed) {
    for (uint32_t i = 0; i < ledger->npast; i++) needed[ledger->past[i].author] = needed[ledger->past[i].seconder] = 1;
}
