/* The keeper. Items wait in one buffer, each behind a head; the thread takes the whole buffer and carries it out as one
 * transaction of the store. */
#include "keeper.h"

#include <float.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "femd/clock.h"

enum { ITEM_HEAD = 16, WAITING_MOST = 64 << 20 };
static const double retry_after = 60;   /* s after a failure, until the store is tried again */
static const long gather_ns = 10000000; /* that items gather before they are written */

struct femd_keeper {
    keeper_config config;
    femd_vault *vault;
    pthread_t thread;
    int started;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t news, room;
    femd_buffer waiting;
    uint64_t added, done; /* items */
    int ending, hurried, again;
    int dropped; /* something, since the last wait */
    int owes;    /* answers that are to be forgotten are still there */
    /* the thread's own */
    femd_buffer taken;
    femd_buffer owed; /* what is to be forgotten and could not be: with what comes next, or at the end */
    vault_item *items;
    size_t room_items;
    double broken_until; /* 0: it works */
};

static void keeper_say(const femd_keeper *keeper, femd_log_level level, const char *fmt, ...) FEMD_PRINTF(3, 4);
static void keeper_say(const femd_keeper *keeper, femd_log_level level, const char *fmt, ...) {
    char text[1200];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (keeper->config.log) keeper->config.log(keeper->config.user, level, text);
}

/* ---- the thread ---- */

/* The items of the buffer; 0 if memory is out. */
static size_t keeper_list(femd_keeper *keeper) {
    size_t count = 0;
    for (size_t at = 0; at < keeper->taken.size; count++) {
        if (count == keeper->room_items) {
            const size_t room = keeper->room_items ? 2 * keeper->room_items : 256;
            vault_item *fresh = realloc(keeper->items, room * sizeof *fresh);
            if (!fresh) return 0;
            keeper->items = fresh;
            keeper->room_items = room;
        }
        const uint8_t *head = keeper->taken.data + at;
        const uint64_t size = femd_get64(head + 8);
        keeper->items[count] =
            (vault_item){(vault_kind)femd_get32(head), (vault_act)femd_get32(head + 4), {head + ITEM_HEAD, size}};
        at += ITEM_HEAD + size;
    }
    return count;
}

/* Answers that are not believed any more must not stay because the disk was full. */
static void keeper_owe(femd_keeper *keeper, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const vault_item *item = &keeper->items[i];
        uint8_t head[ITEM_HEAD];
        if (item->act != VAULT_FORGET && item->act != VAULT_DISBELIEVE) continue;
        femd_put32(head, (uint32_t)item->kind);
        femd_put32(head + 4, (uint32_t)item->act);
        femd_put64(head + 8, item->bytes.size);
        if (femd_buffer_reserve(&keeper->owed, sizeof head + item->bytes.size, NULL) != FEMD_OK) return;
        (void)!femd_buffer_append(&keeper->owed, head, sizeof head, NULL);
        (void)!femd_buffer_append(&keeper->owed, item->bytes.data, item->bytes.size, NULL);
    }
}

/* What is owed comes before what was taken now. */
static void keeper_take_owed(femd_keeper *keeper) {
    if (!keeper->owed.size ||
        femd_buffer_append(&keeper->owed, keeper->taken.data, keeper->taken.size, NULL) != FEMD_OK)
        return;
    const femd_buffer all = keeper->owed;
    keeper->owed = keeper->taken;
    keeper->owed.size = 0;
    keeper->taken = all;
}

/* 1 if it is on disk. */
static int keeper_write(femd_keeper *keeper) {
    femd_error err = FEMD_ERROR_INIT;
    keeper_take_owed(keeper);
    const size_t count = keeper_list(keeper);
    if (keeper->broken_until > 0 && femd_clock() < keeper->broken_until) {
        vault_note_holds(keeper->vault, keeper->items, count);
        keeper_owe(keeper, count);
        return 0;
    }
    femd_status rc = count ? vault_write(keeper->vault, keeper->items, count, &err)
                           : femd_fail(&err, FEMD_NO_MEMORY, "no memory for what is to be kept");
    for (size_t i = 0; rc == FEMD_OK && i < count; i++)
        if (keeper->items[i].act == VAULT_DISBELIEVE)
            rc = vault_disbelieve(keeper->vault, &keeper->items[i].bytes, &err);
    if (rc == FEMD_OK && keeper->broken_until > 0)
        keeper_say(keeper, FEMD_LOG_WARNING, "the store %s is written again", keeper->config.folder);
    if (rc != FEMD_OK && keeper->broken_until == 0)
        keeper_say(keeper, FEMD_LOG_WARNING,
                   "%s; the run goes on, but what is evaluated now is not kept for other runs (tried again every %g s)",
                   err.text, retry_after);
    if (rc != FEMD_OK) keeper_owe(keeper, count);
    keeper->broken_until = rc == FEMD_OK ? 0 : femd_clock() + retry_after;
    return rc == FEMD_OK;
}

static void *keeper_main(void *user) {
    femd_keeper *keeper = user;
    pthread_mutex_lock(&keeper->lock);
    for (;;) {
        while (!keeper->waiting.size && !keeper->ending) pthread_cond_wait(&keeper->news, &keeper->lock);
        if (!keeper->waiting.size) break;
        if (!keeper->ending && !keeper->hurried) {
            struct timespec until;
            clock_gettime(CLOCK_MONOTONIC, &until);
            until.tv_nsec += gather_ns;
            if (until.tv_nsec >= 1000000000) until = (struct timespec){until.tv_sec + 1, until.tv_nsec - 1000000000};
            pthread_cond_clockwait(&keeper->news, &keeper->lock, CLOCK_MONOTONIC, &until);
        }
        const femd_buffer empty = keeper->taken;
        keeper->taken = keeper->waiting;
        keeper->waiting = empty;
        keeper->waiting.size = 0;
        if (keeper->again && keeper->broken_until > 0) keeper->broken_until = DBL_MIN;
        keeper->again = 0;
        const uint64_t added = keeper->added;
        pthread_cond_broadcast(&keeper->room);
        pthread_mutex_unlock(&keeper->lock);
        const int written = keeper_write(keeper);
        pthread_mutex_lock(&keeper->lock);
        keeper->dropped |= !written;
        keeper->owes = keeper->owed.size > 0;
        keeper->done = added;
        pthread_cond_broadcast(&keeper->room);
    }
    pthread_mutex_unlock(&keeper->lock);
    keeper->taken.size = 0;
    if (keeper->broken_until > 0) keeper->broken_until = DBL_MIN;
    if (keeper->owed.size) (void)keeper_write(keeper);
    return NULL;
}

/* Signals are the server's. */
static femd_status keeper_start(femd_keeper *keeper, femd_error *err) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int code = pthread_create(&keeper->thread, NULL, keeper_main, keeper);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    keeper->started = code == 0;
    return code == 0 ? FEMD_OK : femd_fail(err, FEMD_IO, "no thread for the store: %s", strerror(code));
}

femd_status keeper_open(const keeper_config *config, femd_keeper **keeper, femd_error *err) {
    *keeper = NULL;
    femd_keeper *fresh = calloc(1, sizeof *fresh);
    if (!fresh) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a store");
    fresh->config = *config;
    pthread_mutex_init(&fresh->lock, NULL);
    pthread_cond_init(&fresh->news, NULL);
    pthread_cond_init(&fresh->room, NULL);
    const vault_config store = {.folder = config->folder, .bytes = config->bytes, .create = 1};
    femd_status rc = vault_open(&store, &fresh->vault, err);
    if (rc == FEMD_OK) rc = keeper_start(fresh, err);
    if (rc == FEMD_OK)
        *keeper = fresh;
    else
        keeper_close(&fresh);
    return rc;
}

void keeper_close(femd_keeper **keeper) {
    femd_keeper *gone = *keeper;
    if (!gone) return;
    if (gone->started) {
        pthread_mutex_lock(&gone->lock);
        gone->ending = 1;
        pthread_cond_broadcast(&gone->news);
        pthread_mutex_unlock(&gone->lock);
        pthread_join(gone->thread, NULL);
    }
    vault_close(&gone->vault);
    pthread_cond_destroy(&gone->news);
    pthread_cond_destroy(&gone->room);
    pthread_mutex_destroy(&gone->lock);
    femd_buffer_clear(&gone->waiting);
    femd_buffer_clear(&gone->taken);
    femd_buffer_clear(&gone->owed);
    free(gone->items);
    free(gone);
    *keeper = NULL;
}

/* ---- the server's thread ---- */

void keeper_add(femd_keeper *keeper, vault_kind kind, vault_act act, const femd_bytes *bytes) {
    uint8_t head[ITEM_HEAD];
    femd_put32(head, (uint32_t)kind);
    femd_put32(head + 4, (uint32_t)act);
    femd_put64(head + 8, bytes->size);
    pthread_mutex_lock(&keeper->lock);
    while (keeper->waiting.size > WAITING_MOST) pthread_cond_wait(&keeper->room, &keeper->lock);
    const size_t size = keeper->waiting.size;
    if (femd_buffer_append(&keeper->waiting, head, sizeof head, NULL) != FEMD_OK ||
        femd_buffer_append(&keeper->waiting, bytes->data, bytes->size, NULL) != FEMD_OK) {
        keeper->waiting.size = size; /* no memory: not kept */
        keeper->dropped = 1;
    } else
        keeper->added++;
    if (size == 0) pthread_cond_signal(&keeper->news);
    pthread_mutex_unlock(&keeper->lock);
}

int keeper_wait(femd_keeper *keeper) {
    pthread_mutex_lock(&keeper->lock);
    keeper->hurried = 1;
    pthread_cond_signal(&keeper->news);
    while (keeper->done < keeper->added) pthread_cond_wait(&keeper->room, &keeper->lock);
    keeper->hurried = 0;
    const int whole = !keeper->dropped;
    keeper->dropped = 0;
    pthread_mutex_unlock(&keeper->lock);
    return whole;
}

void keeper_try_again(femd_keeper *keeper) {
    pthread_mutex_lock(&keeper->lock);
    keeper->again = 1;
    pthread_mutex_unlock(&keeper->lock);
}

static int keeper_find(femd_keeper *keeper, vault_kind kind, const uint8_t *name, int whole, vault_found *found) {
    femd_error err = FEMD_ERROR_INIT;
    const int got = vault_find(keeper->vault, kind, name, found, &err);
    const femd_bytes named = {name, vault_name_bytes(kind)};
    if (got > 0 && !found->used && whole) keeper_add(keeper, kind, VAULT_USE, &named);
    if (got >= 0) return got;
    keeper_say(keeper, FEMD_LOG_WARNING, "%s; it counts as absent", err.text);
    if (whole && err.code == FEMD_BAD_INPUT) keeper_add(keeper, kind, VAULT_FORGET, &named);
    return 0;
}

/* Nothing is taken from a store that has answers which are not believed any more. */
static int keeper_is_believed(femd_keeper *keeper) {
    pthread_mutex_lock(&keeper->lock);
    const int owes = keeper->owes;
    pthread_mutex_unlock(&keeper->lock);
    return !owes;
}

int keeper_find_answer(void *user, const femd_hash *key, uint64_t fingerprint, femd_kept *kept) {
    uint8_t name[KEPT_NAME_BYTES];
    vault_found found;
    kept_name(key, fingerprint, name);
    if (!keeper_is_believed(user)) return 0;
    if (!keeper_find(user, VAULT_ANSWER, name, fingerprint != 0, &found)) return 0;
    return kept_decode(found.bytes.data, found.bytes.size, kept, NULL) == FEMD_OK;
}

int keeper_find_maker(void *user, const femd_hash *state, femd_kept *kept) {
    femd_keeper *keeper = user;
    vault_found found;
    femd_error err = FEMD_ERROR_INIT;
    if (!keeper_is_believed(keeper)) return 0;
    const int got = vault_find_maker(keeper->vault, state, &found, &err);
    if (got < 0) keeper_say(keeper, FEMD_LOG_WARNING, "%s; it counts as absent", err.text);
    return got > 0 && kept_decode(found.bytes.data, found.bytes.size, kept, NULL) == FEMD_OK;
}

int keeper_find_state(void *user, const femd_hash *name, femd_bytes *content) {
    vault_found found;
    if (!keeper_find(user, VAULT_STATE, name->b, 1, &found)) return 0;
    *content = found.bytes;
    return 1;
}
