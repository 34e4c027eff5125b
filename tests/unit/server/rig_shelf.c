/* What cores have had kept, in memory: answers by key, states by content, the records of a journal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "disbelief.h"
#include "femd/hash.h"
#include "rig.h"

#define OK(expr) assert_int_equal((expr), FEMD_OK)

static uint32_t place_of(const femd_hash *hash) {
    return femd_get32(hash->b) % RIG_PLACES;
}

/* ---- looking up ---- */

static int shelf_answer(void *user, const femd_hash *key, uint64_t fingerprint, femd_kept *kept) {
    const rig_shelf *shelf = user;
    for (uint32_t at = shelf->by_key[place_of(key)]; at; at = shelf->answer[at - 1].next) {
        const rig_item *item = &shelf->answer[at - 1];
        if (!item->bytes.data) continue;
        OK(kept_decode(item->bytes.data, item->bytes.size, kept, NULL));
        if (femd_hash_equal(&kept->key, key) && (!fingerprint || kept->fingerprint == fingerprint)) return 1;
    }
    return 0;
}

static int shelf_maker(void *user, const femd_hash *state, femd_kept *kept) {
    const rig_shelf *shelf = user;
    for (uint32_t at = shelf->by_maker[place_of(state)]; at; at = shelf->answer[at - 1].next_maker) {
        const rig_item *item = &shelf->answer[at - 1];
        if (!item->bytes.data || !femd_hash_equal(&item->state, state)) continue;
        OK(kept_decode(item->bytes.data, item->bytes.size, kept, NULL));
        return 1;
    }
    return 0;
}

static int shelf_state(void *user, const femd_hash *name, femd_bytes *content) {
    const rig_shelf *shelf = user;
    for (uint32_t at = shelf->by_state[place_of(name)]; at; at = shelf->state[at - 1].next) {
        const rig_item *item = &shelf->state[at - 1];
        if (!item->bytes.data || !femd_hash_equal(&item->state, name)) continue;
        *content = (femd_bytes){item->bytes.data, item->bytes.size};
        return 1;
    }
    return 0;
}

void rig_shelf_init(rig_shelf *shelf) {
    memset(shelf, 0, sizeof *shelf);
    shelf->recall = (femd_recall){.answer = shelf_answer, .state = shelf_state, .maker = shelf_maker, .user = shelf};
}

/* ---- forgetting ---- */

static void clear_items(rig_item **items, size_t count) {
    for (size_t i = 0; i < count; i++) femd_buffer_clear(&(*items)[i].bytes);
    free(*items);
    *items = NULL;
}

static void clear_records(rig_shelf *shelf) {
    for (size_t i = 0; i < shelf->records; i++) femd_buffer_clear(&shelf->record[i]);
    shelf->records = 0;
}

void rig_shelf_drop_states(rig_shelf *shelf) {
    clear_items(&shelf->state, shelf->state_end);
    memset(shelf->by_state, 0, sizeof shelf->by_state);
    shelf->state_end = shelf->state_room = shelf->states = 0;
}

void rig_shelf_clear(rig_shelf *shelf) {
    clear_items(&shelf->answer, shelf->answer_end);
    rig_shelf_drop_states(shelf);
    clear_records(shelf);
    free(shelf->record);
}

static void forget_answer(rig_shelf *shelf, const femd_buffer *name) {
    for (size_t i = 0; i < shelf->answer_end; i++) {
        rig_item *item = &shelf->answer[i];
        femd_kept kept;
        uint8_t own[KEPT_NAME_BYTES];
        if (!item->bytes.data) continue;
        OK(kept_decode(item->bytes.data, item->bytes.size, &kept, NULL));
        kept_name(&kept.key, kept.fingerprint, own);
        if (memcmp(own, name->data, sizeof own) != 0) continue;
        femd_buffer_clear(&item->bytes);
        shelf->answers--;
        return;
    }
}

static void disbelieve(rig_shelf *shelf, const femd_buffer *list) {
    if (shelf->keeps_all) return;
    for (size_t i = 0; i < shelf->answer_end; i++) {
        rig_item *item = &shelf->answer[i];
        femd_kept kept;
        if (!item->bytes.data) continue;
        OK(kept_decode(item->bytes.data, item->bytes.size, &kept, NULL));
        if (!disbelief_holds(&(femd_bytes){list->data, list->size}, &kept)) continue;
        femd_buffer_clear(&item->bytes);
        shelf->answers--;
        shelf->disbelieved++;
        shelf->unforgotten++;
    }
}

/* ---- taking in ---- */

/* Takes the bytes over; returns the place, from 1. */
static uint32_t add_item(rig_item **items, size_t *end, size_t *room, femd_buffer *bytes) {
    if (*end == *room) {
        *room = *room ? 2 * *room : 64;
        *items = realloc(*items, *room * sizeof **items);
        assert_non_null(*items);
    }
    (*items)[*end] = (rig_item){.bytes = *bytes};
    *bytes = (femd_buffer)FEMD_BUFFER_INIT;
    return (uint32_t)++ * end;
}

static void keep_answer(rig_shelf *shelf, femd_buffer *bytes) {
    femd_kept kept, old;
    int32_t status;
    OK(kept_decode(bytes->data, bytes->size, &kept, NULL));
    OK(kept_check(&kept, NULL));
    if (shelf_answer(shelf, &kept.key, kept.fingerprint, &old)) return; /* as a store would */
    const uint32_t at = add_item(&shelf->answer, &shelf->answer_end, &shelf->answer_room, bytes);
    rig_item *item = &shelf->answer[at - 1];
    OK(femd_response_peek(kept.response.data, kept.response.size, &status, &item->state, NULL));
    item->next = shelf->by_key[place_of(&kept.key)];
    shelf->by_key[place_of(&kept.key)] = at;
    item->next_maker = shelf->by_maker[place_of(&item->state)];
    shelf->by_maker[place_of(&item->state)] = at;
    shelf->answers++;
}

static void keep_state(rig_shelf *shelf, femd_buffer *bytes) {
    femd_hash name;
    femd_bytes there;
    femd_hash_domain("state", bytes->data, bytes->size, &name);
    if (shelf_state(shelf, &name, &there)) return;
    const uint32_t at = add_item(&shelf->state, &shelf->state_end, &shelf->state_room, bytes);
    shelf->state[at - 1].state = name;
    shelf->state[at - 1].next = shelf->by_state[place_of(&name)];
    shelf->by_state[place_of(&name)] = at;
    shelf->states++;
}

static void write_down(rig_shelf *shelf, femd_buffer *bytes) {
    if (shelf->records == shelf->room) {
        shelf->room = shelf->room ? 2 * shelf->room : 64;
        shelf->record = realloc(shelf->record, shelf->room * sizeof *shelf->record);
        assert_non_null(shelf->record);
    }
    shelf->record[shelf->records++] = *bytes;
    *bytes = (femd_buffer)FEMD_BUFFER_INIT;
    shelf->unwritten++;
}

void rig_shelve(rig_shelf *shelf, femd_action *action) {
    switch (action->kind) {
    case FEMD_ACTION_KEEP_ANSWER: keep_answer(shelf, &action->frame); break;
    case FEMD_ACTION_KEEP_STATE: keep_state(shelf, &action->frame); break;
    case FEMD_ACTION_HOLD_STATE: shelf->held++; break;
    case FEMD_ACTION_RELEASE_STATE: shelf->held--; break;
    case FEMD_ACTION_KEEP_MATERIAL: shelf->materials++; break;
    case FEMD_ACTION_FORGET_ANSWER:
        shelf->forgotten++;
        shelf->unforgotten++;
        if (!shelf->keeps_all) forget_answer(shelf, &action->frame);
        break;
    case FEMD_ACTION_DISBELIEVE: disbelieve(shelf, &action->frame); break;
    case FEMD_ACTION_JOURNAL: write_down(shelf, &action->frame); break;
    case FEMD_ACTION_JOURNAL_ANEW: clear_records(shelf); break;
    case FEMD_ACTION_SYNC: shelf->unwritten = shelf->unforgotten = 0; break;
    default: fail_msg("an action of no kind (%d)", action->kind);
    }
}
