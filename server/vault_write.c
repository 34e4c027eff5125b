/* The store across runs: writing, and what goes when it is full. */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "femd/clock.h"
#include "femd/hash.h"
#include "femd/pack.h"
#include "vault_private.h"

enum { EVICT_MOST = 256, EVICT_SHARE = 32, TRIES = 4, HASH_BYTES = 32 };
enum { PAGE = 4096, TOUCHED = 8 /* pages that an entry makes a transaction write beside the old ones, two in a row */ };
/* Of the bound: what may be filled, what is left after room was made, and what one transaction may take. */
static const double fill_most = 0.8, fill_after = 0.7, write_most = 0.4;

typedef struct writing { /* a transaction */
    femd_vault *vault;
    MDB_txn *txn;
    vault_meta meta;
    femd_buffer fresh, stale; /* hashes of files: written in it; to remove once it has been carried out */
} writing;

/* ---- one entry ---- */

static void writing_age_key(uint64_t stamp, vault_kind kind, const uint8_t *name, uint8_t *key) {
    for (int i = 0; i < 8; i++) key[i] = (uint8_t)(stamp >> (8 * (7 - i)));
    key[8] = (uint8_t)kind;
    memcpy(key + AGE_BYTES, name, vault_name_bytes(kind));
}

static int writing_age(writing *w, uint64_t stamp, vault_kind kind, const uint8_t *name, int there) {
    uint8_t bytes[AGE_BYTES + NAME_MOST];
    writing_age_key(stamp, kind, name, bytes);
    MDB_val key = {AGE_BYTES + vault_name_bytes(kind), bytes}, value = {0, bytes};
    if (there) return mdb_put(w->txn, w->vault->ages, &key, &value, 0);
    const int code = mdb_del(w->txn, w->vault->ages, &key, NULL);
    return code == MDB_NOTFOUND ? 0 : code;
}

static uint64_t writing_stamp(writing *w) {
    return w->vault->session << SESSION_SHIFT | ++w->vault->stamps;
}

static void writing_count(writing *w, vault_kind kind, uint64_t size, int sign) {
    const uint64_t content = size & ~VALUE_IN_FILE, by = (uint64_t)(int64_t)sign;
    w->meta.count[kind] += by;
    w->meta.bytes[kind] += by * content;
    w->meta.charged += by * vault_charge(content);
    if (size & VALUE_IN_FILE) w->meta.large += by * content;
}

/* Which answer ended in a state: an answer that comes says so; where it goes, nobody does. */
static int writing_maker(writing *w, const uint8_t *name, const femd_bytes *content, int there) {
    femd_kept kept;
    int32_t status;
    femd_hash state;
    if (kept_split(content->data, content->size, &kept, NULL) != FEMD_OK ||
        femd_response_peek(kept.response.data, kept.response.size, &status, &state, NULL) != FEMD_OK ||
        femd_hash_is_zero(&state))
        return 0;
    MDB_val key = {HASH_BYTES, state.b}, value = {KEPT_NAME_BYTES, (void *)(uintptr_t)name}, old;
    if (there) return mdb_put(w->txn, w->vault->makers, &key, &value, 0);
    int code = mdb_get(w->txn, w->vault->makers, &key, &old);
    if (code == MDB_NOTFOUND) return 0;
    if (code == 0 && old.mv_size == KEPT_NAME_BYTES && memcmp(old.mv_data, name, KEPT_NAME_BYTES) == 0)
        code = mdb_del(w->txn, w->vault->makers, &key, NULL);
    return code;
}

static int writing_remove(writing *w, vault_kind kind, const uint8_t *name) {
    MDB_val key = {vault_name_bytes(kind), (void *)(uintptr_t)name}, value;
    int code = mdb_get(w->txn, w->vault->tables[kind], &key, &value);
    if (code == MDB_NOTFOUND) return 0;
    if (code != 0) return code;
    if (value.mv_size >= VALUE_HEAD) {
        const uint8_t *head = value.mv_data;
        const uint64_t size = femd_get64(head + VALUE_SIZE);
        if (size & VALUE_IN_FILE && femd_buffer_append(&w->stale, name, HASH_BYTES, NULL) != FEMD_OK) return ENOMEM;
        writing_count(w, kind, size, -1);
        const uint64_t stamp = femd_get64(head + VALUE_STAMP);
        if (kind == VAULT_ANSWER)
            code = writing_maker(w, name, &(femd_bytes){head + VALUE_HEAD, value.mv_size - VALUE_HEAD}, 0);
        if (code == 0) code = writing_age(w, stamp, kind, name, 0);
        if (code != 0) return code;
    }
    return mdb_del(w->txn, w->vault->tables[kind], &key, NULL);
}

/* It was used: it is of this session from now on. */
static int writing_use(writing *w, vault_kind kind, const uint8_t *name) {
    MDB_val key = {vault_name_bytes(kind), (void *)(uintptr_t)name}, value;
    int code = mdb_get(w->txn, w->vault->tables[kind], &key, &value);
    if (code == MDB_NOTFOUND || (code == 0 && value.mv_size < VALUE_HEAD)) return 0;
    if (code != 0) return code;
    const uint64_t stamp = femd_get64((const uint8_t *)value.mv_data + VALUE_STAMP);
    if (stamp >> SESSION_SHIFT >= w->vault->session) return 0;
    uint8_t *copy = malloc(value.mv_size);
    if (!copy) return ENOMEM;
    memcpy(copy, value.mv_data, value.mv_size);
    const uint64_t fresh = writing_stamp(w);
    femd_put64(copy + VALUE_STAMP, fresh);
    code = writing_age(w, stamp, kind, name, 0);
    if (code == 0) code = writing_age(w, fresh, kind, name, 1);
    MDB_val changed = {value.mv_size, copy};
    if (code == 0) code = mdb_put(w->txn, w->vault->tables[kind], &key, &changed, 0);
    free(copy);
    return code;
}

/* A file that is written again in the transaction that has removed it stays. */
static void writing_unstale(writing *w, const uint8_t *name) {
    for (size_t at = 0; at < w->stale.size;) {
        if (memcmp(w->stale.data + at, name, HASH_BYTES) != 0) {
            at += HASH_BYTES;
            continue;
        }
        w->stale.size -= HASH_BYTES;
        memmove(w->stale.data + at, w->stale.data + w->stale.size, HASH_BYTES);
    }
}

static int writing_put(writing *w, vault_kind kind, const uint8_t *name, const femd_bytes *content, femd_error *err) {
    MDB_val key = {vault_name_bytes(kind), (void *)(uintptr_t)name}, value;
    int code = mdb_get(w->txn, w->vault->tables[kind], &key, &value);
    if (code == 0) return writing_use(w, kind, name);
    if (code != MDB_NOTFOUND) return code;
    const int in_file = kind != VAULT_ANSWER && content->size > INLINE_MOST;
    if (in_file) {
        if (femd_buffer_append(&w->fresh, name, HASH_BYTES, NULL) != FEMD_OK) return ENOMEM;
        if (vault_file_write(w->vault, name, content, err) != FEMD_OK) return EIO;
        writing_unstale(w, name);
    }
    const uint64_t stamp = writing_stamp(w), size = content->size | (in_file ? VALUE_IN_FILE : 0);
    value = (MDB_val){VALUE_HEAD + (in_file ? 0 : content->size), NULL};
    code = mdb_put(w->txn, w->vault->tables[kind], &key, &value, MDB_RESERVE);
    if (code != 0) return code;
    uint8_t *head = value.mv_data;
    femd_put64(head + VALUE_STAMP, stamp);
    femd_put64(head + VALUE_MADE, (uint64_t)femd_wall_clock().tv_sec);
    femd_put64(head + VALUE_SIZE, size);
    if (!in_file) memcpy(head + VALUE_HEAD, content->data, content->size);
    writing_count(w, kind, size, 1);
    if (kind == VAULT_ANSWER) code = writing_maker(w, name, content, 1);
    return code != 0 ? code : writing_age(w, stamp, kind, name, 1);
}

/* The name of a content; -1 if it has none. */
static int writing_name(vault_kind kind, const femd_bytes *content, uint8_t *name) {
    femd_hash hash;
    femd_kept kept;
    switch (kind) {
    case VAULT_ANSWER:
        if (kept_split(content->data, content->size, &kept, NULL) != FEMD_OK) return -1;
        kept_name(&kept.key, kept.fingerprint, name);
        return 0;
    case VAULT_STATE: femd_hash_domain("state", content->data, content->size, &hash); break;
    default: femd_pack_id(content->data, content->size, &hash);
    }
    memcpy(name, hash.b, sizeof hash.b);
    return 0;
}

/* ---- what may not go ---- */

static uint64_t vault_held_key(const uint8_t *name) {
    return femd_get64(name);
}

static int vault_is_held(const femd_vault *vault, vault_kind kind, const uint8_t *name) {
    return kind == VAULT_STATE && femd_table_find64(&vault->held, vault_held_key(name)) != FEMD_NIL;
}

/* Without memory it is as if nobody had asked: it may go. */
static void vault_hold(femd_vault *vault, const uint8_t *name, int hold) {
    const uint64_t key = vault_held_key(name);
    const int held = femd_table_find64(&vault->held, key) != FEMD_NIL;
    if (hold && !held) (void)femd_table_put64(&vault->held, key, 1);
    if (!hold && held) femd_table_remove64(&vault->held, key, 1);
}

/* Apart from the transaction: what is released in it makes room for it. */
void vault_note_holds(femd_vault *vault, const vault_item *items, size_t count) {
    for (size_t i = 0; i < count; i++)
        if ((items[i].act == VAULT_HOLD || items[i].act == VAULT_RELEASE) && items[i].bytes.size >= HASH_BYTES)
            vault_hold(vault, items[i].bytes.data, items[i].act == VAULT_HOLD);
}

static int writing_act(writing *w, const vault_item *item, femd_error *err) {
    uint8_t name[NAME_MOST];
    if (item->act == VAULT_PUT)
        return writing_name(item->kind, &item->bytes, name) == 0 ? writing_put(w, item->kind, name, &item->bytes, err)
                                                                 : 0;
    if (item->bytes.size != vault_name_bytes(item->kind)) return 0;
    memcpy(name, item->bytes.data, item->bytes.size);
    switch (item->act) {
    case VAULT_USE:
    case VAULT_HOLD: return writing_use(w, item->kind, name);
    case VAULT_RELEASE:
    case VAULT_DISBELIEVE: return 0;
    default: return writing_remove(w, item->kind, name);
    }
}

/* ---- transactions ---- */

/* OK, and code of what LMDB said then; or the lock could not be had. */
static femd_status writing_begin(writing *w, femd_vault *vault, int *code, femd_error *err) {
    *w = (writing){.vault = vault};
    FEMD_TRY(vault_lock(vault, err));
    *code = mdb_txn_begin(vault->env, NULL, 0, &w->txn);
    if (*code == MDB_MAP_RESIZED) { /* by another process */
        *code = vault_resize(vault);
        if (*code == 0) *code = mdb_txn_begin(vault->env, NULL, 0, &w->txn);
    }
    if (*code == 0) *code = vault_read_meta(vault, w->txn, &w->meta);
    return FEMD_OK;
}

/* Carry it out if all went well so far, and keep the files in step. */
static int writing_end(writing *w, int code) {
    if (code == 0) code = vault_write_meta(w->vault, w->txn, &w->meta);
    if (code == 0)
        code = mdb_txn_commit(w->txn);
    else if (w->txn)
        mdb_txn_abort(w->txn);
    const femd_buffer *files = code == 0 ? &w->stale : &w->fresh;
    for (size_t at = 0; at < files->size; at += HASH_BYTES) vault_file_remove(w->vault, files->data + at);
    vault_unlock(w->vault);
    femd_buffer_clear(&w->fresh);
    femd_buffer_clear(&w->stale);
    return code;
}

typedef struct victims { /* ages of what may go, the longest unused first */
    uint8_t key[EVICT_MOST][AGE_BYTES + NAME_MOST];
    size_t size[EVICT_MOST], count;
    int held; /* something was passed over */
} victims;

static int writing_choose(writing *w, size_t most, victims *chosen) {
    MDB_cursor *cursor;
    MDB_val key, value;
    chosen->count = 0;
    chosen->held = 0;
    int code = mdb_cursor_open(w->txn, w->vault->ages, &cursor);
    if (code != 0) return code;
    for (MDB_cursor_op op = MDB_FIRST; chosen->count < most; op = MDB_NEXT) {
        code = mdb_cursor_get(cursor, &key, &value, op);
        if (code != 0) break;
        const uint8_t *age = key.mv_data;
        if (key.mv_size > sizeof chosen->key[0]) { /* damage, in nobody's way */
            code = mdb_cursor_del(cursor, 0);
            if (code != 0) break;
            continue;
        }
        const vault_kind kind = key.mv_size > AGE_BYTES ? age[AGE_BYTES - 1] : VAULT_KINDS;
        if (kind == VAULT_STATE && key.mv_size == AGE_BYTES + vault_name_bytes(kind) &&
            vault_is_held(w->vault, kind, age + AGE_BYTES)) {
            chosen->held = 1;
            continue;
        }
        chosen->size[chosen->count] = key.mv_size;
        memcpy(chosen->key[chosen->count], age, chosen->size[chosen->count]);
        chosen->count++;
    }
    mdb_cursor_close(cursor);
    return code == MDB_NOTFOUND ? 0 : code;
}

static int writing_evict_one(writing *w, uint8_t *age, size_t size) {
    MDB_val key = {size, age};
    const int code = mdb_del(w->txn, w->vault->ages, &key, NULL);
    if (code != 0) return code;
    const vault_kind kind = size > AGE_BYTES ? age[AGE_BYTES - 1] : VAULT_KINDS;
    if (kind == 0 || kind >= VAULT_KINDS || size != AGE_BYTES + vault_name_bytes(kind)) return 0; /* damage */
    return writing_remove(w, kind, age + AGE_BYTES);
}

/* The longest unused few go, at_once at the most, until no more than `most` is charged. *left: what is then. */
static femd_status vault_evict(femd_vault *vault, uint64_t most, size_t at_once, uint64_t *left, int *code,
                               femd_error *err) {
    writing w;
    victims chosen;
    FEMD_TRY(writing_begin(&w, vault, code, err));
    if (*code == 0) *code = writing_choose(&w, at_once, &chosen);
    for (size_t i = 0; *code == 0 && i < chosen.count && w.meta.charged > most; i++)
        *code = writing_evict_one(&w, chosen.key[i], chosen.size[i]);
    if (*code == 0 && chosen.count == 0 && chosen.held)
        *code = VAULT_ALL_HELD;
    else if (*code == 0 && chosen.count == 0)
        w.meta.charged = 0; /* nothing is left */
    *left = w.meta.charged;
    *code = writing_end(&w, *code);
    return FEMD_OK;
}

/* It too writes pages beside the old ones: where a disk has no room for those of many, a few may find free pages. */
static femd_status vault_make_room(femd_vault *vault, uint64_t most, int *code, femd_error *err) {
    const uint64_t share = vault->most / PAGE / EVICT_SHARE;
    const size_t at_once_most = share > EVICT_MOST ? EVICT_MOST : share ? (size_t)share : 1;
    size_t at_once = at_once_most;
    uint64_t left = most + 1;
    *code = 0;
    while (*code == 0 && left > most) {
        FEMD_TRY(vault_evict(vault, most, at_once, &left, code, err));
        const int no_room = *code == EIO || *code == ENOSPC || *code == EDQUOT;
        if (*code == 0 && at_once < at_once_most) at_once *= 2;
        if (!no_room || at_once == 1) continue;
        at_once /= 2;
        *code = 0;
    }
    return FEMD_OK;
}

femd_status vault_prune(femd_vault *vault, uint64_t bytes, femd_error *err) {
    int code;
    FEMD_TRY(vault_make_room(vault, bytes, &code, err));
    return code == 0 ? FEMD_OK : vault_fail(vault, "pruned", code, err);
}

static uint64_t vault_charge_all(const vault_item *items, size_t count) {
    uint64_t charge = 0;
    for (size_t i = 0; i < count; i++) {
        if (items[i].act != VAULT_RELEASE) charge += TOUCHED * PAGE;
        if (items[i].act == VAULT_PUT) charge += vault_charge(items[i].bytes.size);
    }
    return charge;
}

static int vault_is_over(const writing *w, uint64_t charge) {
    return (double)(w->meta.charged + charge) > fill_most * (double)w->vault->most;
}

/* A failure is that of the lock alone; what else goes wrong is in *code (EIO: and in words). */
static femd_status vault_write_once(femd_vault *vault, const vault_item *items, size_t count, int *code,
                                    femd_error *words, femd_error *err) {
    writing w;
    const uint64_t charge = vault_charge_all(items, count);
    FEMD_TRY(writing_begin(&w, vault, code, err));
    if (*code == 0 && vault_is_over(&w, charge)) {
        (void)writing_end(&w, EAGAIN);
        const double after = fill_after * (double)vault->most - (double)charge;
        FEMD_TRY(vault_make_room(vault, after > 0 ? (uint64_t)after : 0, code, err));
        if (*code != 0 && *code != VAULT_ALL_HELD) return FEMD_OK;
        const int held = *code;
        FEMD_TRY(writing_begin(&w, vault, code, err));
        if (*code == 0 && held && vault_is_over(&w, charge)) *code = held;
    }
    for (size_t i = 0; *code == 0 && i < count; i++) *code = writing_act(&w, &items[i], words);
    *code = writing_end(&w, *code);
    return FEMD_OK;
}

femd_status vault_write(femd_vault *vault, const vault_item *items, size_t count, femd_error *err) {
    femd_error words = FEMD_ERROR_INIT;
    int code = MDB_MAP_FULL;
    vault_note_holds(vault, items, count);
    if ((double)vault_charge_all(items, count) > write_most * (double)vault->most) {
        if (count == 1)
            return femd_fail(err, FEMD_LIMIT, "a %s of %zu bytes is too large for a store of %llu MiB",
                             vault_kind_name(items->kind), items->bytes.size, (unsigned long long)(vault->most >> 20));
        FEMD_TRY(vault_write(vault, items, count / 2, err));
        return vault_write(vault, items + count / 2, count - count / 2, err);
    }
    for (int tries = 0; code == MDB_MAP_FULL && tries < TRIES; tries++) {
        const double less = fill_after / (1 << tries) * (double)vault->most;
        if (tries) FEMD_TRY(vault_make_room(vault, (uint64_t)less, &code, err));
        if (tries && code != 0) break;
        FEMD_TRY(vault_write_once(vault, items, count, &code, &words, err));
    }
    if (code == 0) return FEMD_OK;
    if (words.code != FEMD_OK && code == EIO) return femd_fail(err, (femd_status)words.code, "%s", words.text);
    return vault_fail(vault, "written", code, err);
}
