/* The store across runs: answers of those who are not believed any more go. All answers are looked at, a portion at a
 * time, so that who finds meanwhile waits for no more than that; of each only who has given it, without its checksum.
 */
#include <errno.h>

#include "disbelief.h"
#include "vault_private.h"

enum { PORTION = 4096 };

/* Add the names of those that are to go among the next answers after a name (given: there is one), which becomes that
 * of the last that was looked at. *more: there may be others. An LMDB code, or ENOMEM. */
static int disbelief_look(femd_vault *vault, const femd_bytes *list, uint8_t *name, int given, femd_buffer *names,
                          int *more) {
    MDB_cursor *cursor = NULL;
    MDB_val key = {KEPT_NAME_BYTES, name}, value;
    int code = vault_begin_reading(vault), looked = 0;
    if (code == 0) code = mdb_cursor_open(vault->reader, vault->tables[VAULT_ANSWER], &cursor);
    if (code == 0) code = mdb_cursor_get(cursor, &key, &value, given ? MDB_SET_RANGE : MDB_FIRST);
    for (; code == 0 && looked < PORTION; looked++, code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
        femd_kept kept;
        if (key.mv_size != KEPT_NAME_BYTES) continue; /* damage */
        memcpy(name, key.mv_data, KEPT_NAME_BYTES);
        if (value.mv_size < VALUE_HEAD ||
            kept_split((const uint8_t *)value.mv_data + VALUE_HEAD, value.mv_size - VALUE_HEAD, &kept, NULL) != FEMD_OK)
            continue;
        if (disbelief_holds(list, &kept) && femd_buffer_append(names, name, KEPT_NAME_BYTES, NULL) != FEMD_OK) {
            code = ENOMEM;
            break;
        }
    }
    *more = code == 0;
    if (cursor) mdb_cursor_close(cursor);
    mdb_txn_reset(vault->reader);
    pthread_mutex_unlock(&vault->gate);
    return code == MDB_NOTFOUND ? 0 : code;
}

static femd_status disbelief_forget(femd_vault *vault, const femd_buffer *names, femd_error *err) {
    vault_item items[64];
    size_t count = 0;
    for (size_t at = 0; at < names->size; at += KEPT_NAME_BYTES) {
        items[count++] = (vault_item){VAULT_ANSWER, VAULT_FORGET, {names->data + at, KEPT_NAME_BYTES}};
        if (count < sizeof items / sizeof *items && at + KEPT_NAME_BYTES < names->size) continue;
        FEMD_TRY(vault_write(vault, items, count, err));
        count = 0;
    }
    return FEMD_OK;
}

femd_status vault_disbelieve(femd_vault *vault, const femd_bytes *list, femd_error *err) {
    femd_buffer names = FEMD_BUFFER_INIT;
    uint8_t name[NAME_MOST];
    femd_status rc = FEMD_OK;
    for (int given = 0, more = 1; rc == FEMD_OK && more; given = 1) {
        names.size = 0;
        const int code = disbelief_look(vault, list, name, given, &names, &more);
        rc = code == 0 ? disbelief_forget(vault, &names, err) : vault_fail(vault, "read", code, err);
    }
    femd_buffer_clear(&names);
    return rc;
}
