/* What outlives the server. */
#include "durable.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "annals.h"
#include "femd/clock.h"
#include "journal.h"
#include "keeper.h"

enum {
    GROWN = 64 << 20,  /* bytes that a journal may grow by, or to four times what it began with */
    PORTION = 16 << 20 /* bytes of states that are handed to the store again at a time */
};
static const double retry_usual = 5; /* s */

struct femd_durable {
    durable_config config;
    femd_keeper *keeper;
    femd_journal *journal; /* NULL: none */
    femd_recall recall;
    uint64_t epoch, records;
    femd_core *core; /* while it is told the journal */
    double now;
    int told;       /* that the journal cannot be written */
    int told_store; /* that something is not on disk */
    int trying;     /* the disk takes something again, it seems: a summary is under way */
    double next_try;
};

static void durable_say(const femd_durable *durable, femd_log_level level, const char *fmt, ...) FEMD_PRINTF(3, 4);
static void durable_say(const femd_durable *durable, femd_log_level level, const char *fmt, ...) {
    char text[1200];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (durable->config.log) durable->config.log(durable->config.user, level, text);
}

/* ---- opening ---- */

static femd_status durable_look_for_epoch(void *user, const void *record, size_t size, femd_error *err) {
    femd_durable *durable = user;
    femd_annal annal;
    if (annal_decode(record, size, &annal, NULL) != FEMD_OK || annal.kind != ANNAL_EPOCH) return FEMD_OK;
    if (annal.number >= durable->epoch) durable->epoch = annal.number + 1;
    const char *level = durable->config.level ? durable->config.level : "x86-64-v3";
    if (annal.bytes.size == strlen(level) && memcmp(annal.bytes.data, level, annal.bytes.size) == 0) return FEMD_OK;
    return femd_fail(err, FEMD_BAD_INPUT, "the journal %s is of a server at numerics level %.*s, this one is at %s",
                     durable->config.journal, (int)annal.bytes.size, (const char *)annal.bytes.data, level);
}

static femd_status durable_open_journal(femd_durable *durable, femd_error *err) {
    uint64_t dropped;
    if (!durable->config.journal) return FEMD_OK;
    FEMD_TRY(journal_open(durable->config.journal, &durable->journal, &dropped, err));
    if (dropped)
        durable_say(durable, FEMD_LOG_WARNING, "the journal %s is torn at its end: %llu bytes of it are dropped",
                    durable->config.journal, (unsigned long long)dropped);
    return journal_read(durable->journal, durable_look_for_epoch, durable, err);
}

femd_status durable_open(const durable_config *config, femd_durable **durable, femd_error *err) {
    *durable = NULL;
    femd_durable *made = calloc(1, sizeof *made);
    if (!made) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a store");
    made->config = *config;
    made->epoch = 1;
    const keeper_config store = {
        .folder = config->store, .bytes = config->store_bytes, .log = config->log, .user = config->user};
    femd_status rc = keeper_open(&store, &made->keeper, err);
    if (rc == FEMD_OK) rc = durable_open_journal(made, err);
    made->recall = (femd_recall){.answer = keeper_find_answer,
                                 .state = keeper_find_state,
                                 .maker = keeper_find_maker,
                                 .user = made->keeper,
                                 .any_build = config->any_build};
    if (rc == FEMD_OK)
        *durable = made;
    else
        durable_close(&made);
    return rc;
}

void durable_close(femd_durable **durable) {
    if (!*durable) return;
    keeper_close(&(*durable)->keeper);
    journal_close(&(*durable)->journal);
    free(*durable);
    *durable = NULL;
}

const femd_recall *durable_recall(const femd_durable *durable) {
    return &durable->recall;
}

uint64_t durable_epoch(const femd_durable *durable) {
    return durable->epoch;
}

/* What was to be kept is on disk; if not, the journal names what nobody may have. */
static void durable_wait(femd_durable *durable) {
    if (keeper_wait(durable->keeper) || durable->told_store) return;
    durable->told_store = 1;
    durable_say(durable, FEMD_LOG_WARNING,
                "the store %s cannot be written, so that what is committed now is not on disk; the run goes on, but "
                "a server that dies from now on may not find it again",
                durable->config.store);
}

/* ---- the journal of a server that died ---- */

static void durable_forget(femd_durable *durable, const femd_hash *key, uint64_t fingerprint) {
    uint8_t name[KEPT_NAME_BYTES];
    kept_name(key, fingerprint, name);
    keeper_add(durable->keeper, VAULT_ANSWER, VAULT_FORGET, &(femd_bytes){name, sizeof name});
}

/* Answers go to the store as well, where the last of them may not have come. */
static femd_status durable_tell(void *user, const void *record, size_t size, femd_error *err) {
    femd_durable *durable = user;
    femd_annal annal;
    FEMD_TRY(annal_decode(record, size, &annal, err));
    if (annal.kind == ANNAL_ANSWER) keeper_add(durable->keeper, VAULT_ANSWER, VAULT_PUT, &annal.bytes);
    if (annal.kind == ANNAL_DOUBT) durable_forget(durable, &annal.hash, annal.number);
    if (annal.kind == ANNAL_MATERIAL) keeper_add(durable->keeper, VAULT_MATERIAL, VAULT_PUT, &annal.bytes);
    durable->records++;
    if (journal_was_given_up(durable->journal) && annal.kind != ANNAL_AUTHOR)
        return FEMD_OK; /* what it says of runs was true once; who was convicted is it still */
    return femd_core_replay(durable->core, record, size, durable->now, err);
}

femd_status durable_replay(femd_durable *durable, femd_core *core, double now, femd_error *err) {
    if (!durable->journal) return FEMD_OK;
    durable->core = core;
    durable->now = now;
    if (journal_read(durable->journal, durable_tell, durable, err) != FEMD_OK)
        return femd_error_prefix(err, "the journal %s", durable->config.journal);
    durable_wait(durable);
    if (durable->records && journal_was_given_up(durable->journal))
        durable_say(durable, FEMD_LOG_WARNING,
                    "the journal %s was given up by the server that wrote it: its answers go to the store, but runs "
                    "cannot go on from it",
                    durable->config.journal);
    else if (durable->records)
        durable_say(durable, FEMD_LOG_INFO, "epoch %llu: %llu records of the journal are replayed",
                    (unsigned long long)durable->epoch, (unsigned long long)durable->records);
    femd_core_summarise(core);
    return FEMD_OK;
}

/* ---- actions ---- */

static void durable_tell_failure(femd_durable *durable, femd_status rc, const femd_error *err) {
    if (rc == FEMD_OK || durable->told) return;
    durable->told = 1;
    durable_say(durable, FEMD_LOG_WARNING,
                "%s; the run goes on, but a server that dies from now on cannot be started again in its place, until "
                "there is room",
                err->text);
}

/* The summary is written, and what it names is in the store; or not, and then it is as before. */
static void durable_end_trial(femd_durable *durable) {
    femd_error err = FEMD_ERROR_INIT;
    const int whole = keeper_wait(durable->keeper);
    durable->trying = 0;
    if (!whole && durable->told) {
        journal_abandon(durable->journal);
        return;
    }
    const femd_status rc = journal_sync(durable->journal, &err);
    if (rc != FEMD_OK) durable_tell_failure(durable, rc, &err);
    if (rc != FEMD_OK || !whole) return;
    durable->told = durable->told_store = 0;
    durable_say(durable, FEMD_LOG_WARNING,
                "there is room again: the journal %s is begun anew, and what is committed is on disk; a server that "
                "dies can be started again in its place",
                durable->config.journal);
}

static void durable_sync(femd_durable *durable) {
    femd_error err = FEMD_ERROR_INIT;
    if (durable->trying) {
        durable_end_trial(durable);
        return;
    }
    durable_wait(durable);
    if (durable->journal && !durable->told) durable_tell_failure(durable, journal_sync(durable->journal, &err), &err);
}

static void durable_record(femd_durable *durable, const femd_bytes *bytes) {
    if (durable->journal) journal_add(durable->journal, bytes->data, bytes->size);
}

void durable_keep(femd_durable *durable, femd_action_kind kind, const femd_bytes *bytes) {
    switch (kind) {
    case FEMD_ACTION_KEEP_ANSWER: keeper_add(durable->keeper, VAULT_ANSWER, VAULT_PUT, bytes); break;
    case FEMD_ACTION_KEEP_STATE: keeper_add(durable->keeper, VAULT_STATE, VAULT_PUT, bytes); break;
    case FEMD_ACTION_HOLD_STATE: keeper_add(durable->keeper, VAULT_STATE, VAULT_HOLD, bytes); break;
    case FEMD_ACTION_RELEASE_STATE: keeper_add(durable->keeper, VAULT_STATE, VAULT_RELEASE, bytes); break;
    case FEMD_ACTION_KEEP_MATERIAL: keeper_add(durable->keeper, VAULT_MATERIAL, VAULT_PUT, bytes); break;
    case FEMD_ACTION_FORGET_ANSWER: keeper_add(durable->keeper, VAULT_ANSWER, VAULT_FORGET, bytes); break;
    case FEMD_ACTION_DISBELIEVE: keeper_add(durable->keeper, VAULT_ANSWER, VAULT_DISBELIEVE, bytes); break;
    case FEMD_ACTION_JOURNAL: durable_record(durable, bytes); break;
    case FEMD_ACTION_JOURNAL_ANEW:
        if (durable->journal) journal_begin_anew(durable->journal);
        break;
    case FEMD_ACTION_SYNC: durable_sync(durable); break;
    default: break;
    }
}

/* What is told to others survives the death of this process. */
void durable_before_send(femd_durable *durable) {
    femd_error err = FEMD_ERROR_INIT;
    if (durable->journal && !durable->told) durable_tell_failure(durable, journal_flush(durable->journal, &err), &err);
}

/* Nothing else waits: all that comes is to be kept. */
static void durable_carry_out(femd_durable *durable, femd_core *core) {
    femd_action action;
    while (femd_core_next(core, &action)) {
        durable_keep(durable, action.kind, &(femd_bytes){action.frame.data, action.frame.size});
        femd_core_recycle(core, &action.frame);
    }
}

/* A disk that was full may have room again. The states go to the store once more: it may lack some of them. */
static void durable_try_again(femd_durable *durable, femd_core *core) {
    const double now = femd_clock();
    if (now < durable->next_try) return;
    const int first = durable->next_try == 0;
    durable->next_try = now + (durable->config.retry > 0 ? durable->config.retry : retry_usual);
    if (first || journal_take_up(durable->journal, NULL) != FEMD_OK) return;
    durable->trying = 1;
    (void)keeper_wait(durable->keeper); /* what has been dropped is handed out now */
    keeper_try_again(durable->keeper);
    for (uint32_t from = 0, more = 1; more; more = from) {
        from = femd_core_keep_again(core, from, PORTION);
        durable_carry_out(durable, core);
        if (keeper_wait(durable->keeper)) continue;
        durable->trying = 0; /* not yet */
        if (durable->told) journal_abandon(durable->journal);
        return;
    }
    femd_core_summarise(core);
    durable_carry_out(durable, core);
    if (!durable->told && !durable->told_store) durable->next_try = 0;
}

void durable_rested(femd_durable *durable, femd_core *core) {
    durable_before_send(durable);
    if (!durable->journal) return;
    if (durable->told || durable->told_store) {
        durable_try_again(durable, core);
        return;
    }
    const uint64_t first = journal_first_size(durable->journal);
    if (journal_size(durable->journal) < first + GROWN || journal_size(durable->journal) < 4 * first) return;
    durable_wait(durable); /* the answers that the old journal has are in the store */
    femd_core_summarise(core);
}
