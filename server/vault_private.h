/* The store across runs, as its own files share it.
 *
 * Tables of the LMDB file: one for each kind, `ages` (stamp, kind, name: the longest unused first), `makers` (of a
 * state: the name of an answer that made it) and `meta`. A value is the stamp of the last use (u64), the time it was
 * made (u64), how many bytes of content it stands for (u64, the highest bit set if they are in a file of their own),
 * then the content, if it is here. */
#ifndef FEMD_SERVER_VAULT_PRIVATE_H
#define FEMD_SERVER_VAULT_PRIVATE_H

#include <lmdb.h>
#include <pthread.h>

#include "table.h"
#include "vault.h"

enum {
    VALUE_STAMP = 0,
    VALUE_MADE = 8,
    VALUE_SIZE = 16,
    VALUE_HEAD = 24,
    NAME_MOST = KEPT_NAME_BYTES,
    AGE_BYTES = 9 /* stamp and kind, before the name */,
    INLINE_MOST = 1 << 20,
    ENTRY_OVERHEAD = 160 /* bytes of an entry beside its value: names, its age, nodes of the trees */
};
#define VALUE_IN_FILE (UINT64_C(1) << 63)
#define SESSION_SHIFT 40 /* a stamp is the session, and a count within it */

/* In meta: what there is, so that nobody has to count it. */
typedef struct vault_meta {
    uint64_t version, most, session;
    uint64_t count[VAULT_KINDS], bytes[VAULT_KINDS];
    uint64_t charged; /* room that all takes, by vault_charge */
    uint64_t large;   /* bytes in files of their own */
} vault_meta;
enum { VAULT_VERSION = 2 };
enum { VAULT_ALL_HELD = -31000 /* beside LMDB's codes: all that is left is held, and too much */ };

struct femd_vault {
    char *folder; /* owned */
    int read_only;
    MDB_env *env;
    MDB_dbi tables[VAULT_KINDS], ages, makers, meta;
    uint64_t session; /* of this opening */
    uint64_t stamps;  /* given out in it */
    uint64_t most;
    int lock_fd;            /* of the folder, for vault_lock; -1: none */
    femd_table held;        /* first bytes of the names of what may not go; the writing thread's own */
    pthread_mutex_t writer; /* held through a transaction that writes; before `gate` */
    pthread_mutex_t gate;   /* held by a find, and while the map changes its size */
    MDB_txn *reader;
    femd_buffer found; /* copy of what was found last */
};

/* The words of an LMDB code. */
FEMD_MUST_CHECK femd_status vault_fail(const femd_vault *vault, const char *what, int code, femd_error *err);
/* The LMDB table of a kind. */
const char *vault_table_name(vault_kind kind);
int vault_read_meta(femd_vault *vault, MDB_txn *txn, vault_meta *meta);
int vault_write_meta(femd_vault *vault, MDB_txn *txn, const vault_meta *meta);
/* Room that a thing takes in the LMDB file, or beside it. */
uint64_t vault_charge(uint64_t content);
/* -1 with words if the content does not belong to the name. */
int vault_check(vault_kind kind, const uint8_t *name, const femd_bytes *content, femd_error *err);

/* vault.c */
/* The reader at what is there now, with the gate; an LMDB code. */
int vault_begin_reading(femd_vault *vault);

/* vault_lock.c: one process writes at a time. */
FEMD_MUST_CHECK femd_status vault_lock_open(femd_vault *vault, femd_error *err);
/* Waits a few seconds at most, then IO with words. In this process one thread at a time may do so. */
FEMD_MUST_CHECK femd_status vault_lock(femd_vault *vault, femd_error *err);
void vault_unlock(femd_vault *vault);
/* Take over the size of the map that another process has set; `writer` is held, and no transaction is open. An LMDB
 * code. */
int vault_resize(femd_vault *vault);

/* vault_files.c: contents in files of their own. */
/* Write it, so that it is on disk under its name or not at all. */
FEMD_MUST_CHECK femd_status vault_file_write(const femd_vault *vault, const uint8_t *name, const femd_bytes *content,
                                             femd_error *err);
FEMD_MUST_CHECK femd_status vault_file_read(const femd_vault *vault, const uint8_t *name, uint64_t size,
                                            femd_buffer *content, femd_error *err);
void vault_file_remove(const femd_vault *vault, const uint8_t *name);
/* Remove files that nothing in the store names: a process was killed between a file and its transaction. The lock is
 * held. An LMDB code. */
int vault_files_sweep(femd_vault *vault, MDB_txn *txn);

#endif
