/* The store across runs: a folder with answers by key and build, states and materials by content. An LMDB file holds
 * what is small, files of their own named by their hash what is larger than 1 MiB. What is longest unused goes when the
 * store is full. Several processes may use one folder at a time.
 *
 * In a process one thread may find while another writes. Everything that is read is held against its checksum, or its
 * name where that is the hash of the content: what does not fit is told and counts as absent. */
#ifndef FEMD_SERVER_VAULT_H
#define FEMD_SERVER_VAULT_H

#include "kept.h"

typedef struct femd_vault femd_vault;

typedef struct vault_config {
    const char *folder; /* made, with its parent there, if it is missing and `create` is set */
    uint64_t bytes;     /* most that it may take on disk; 0 = as it was set before, 4 GiB for a new one */
    int create;
    int read_only;
} vault_config;

enum { VAULT_MIB_LEAST = 2 };

/* BAD_INPUT with words if the folder is no store, of another version, or cut short, and if it is to be made one but
 * holds something else; then it is left as it was. IO. */
FEMD_MUST_CHECK femd_status vault_open(const vault_config *config, femd_vault **vault, femd_error *err);
/* Accepts NULL, sets NULL. */
void vault_close(femd_vault **vault);

typedef enum vault_kind { VAULT_ANSWER = 1, VAULT_STATE, VAULT_MATERIAL, VAULT_KINDS } vault_kind;
/* What things of a kind are called. */
const char *vault_kind_name(vault_kind kind);
/* Bytes of a name: kept_name of an answer, the hash of a state and a material. */
size_t vault_name_bytes(vault_kind kind);

/* ---- reading ---- */

typedef struct vault_found {
    femd_bytes bytes; /* kept_encode's, a blob, a pack; borrowed until the next call of vault_find or vault_walk */
    uint64_t made;    /* s since 1970 when it was written */
    int used;         /* in the session of this vault, or one later: it need not be marked as used */
} vault_found;

/* 1: found; 0: not there; -1: it is there and damaged, or cannot be read (words in err). An answer whose name ends in
 * eight zero bytes is that of any build. */
int vault_find(femd_vault *vault, vault_kind kind, const uint8_t *name, vault_found *found, femd_error *err);

/* The same of an answer that ended in the state. */
int vault_find_maker(femd_vault *vault, const femd_hash *state, vault_found *found, femd_error *err);

typedef struct vault_size {
    uint64_t count[VAULT_KINDS], bytes[VAULT_KINDS]; /* things and their bytes, by kind */
    uint64_t disk;                                   /* bytes that the folder takes on disk */
    uint64_t most;                                   /* the bound */
} vault_size;
FEMD_MUST_CHECK femd_status vault_measure(femd_vault *vault, vault_size *size, femd_error *err);

/* Called with every thing of a kind, in order of the names; what is damaged comes with words and without bytes. A
 * failure that it returns ends the walk. What others write meanwhile may be met or not; it waits for nobody. */
typedef femd_status (*vault_visit)(void *user, const uint8_t *name, const vault_found *found, const femd_error *damage,
                                   femd_error *err);
FEMD_MUST_CHECK femd_status vault_walk(femd_vault *vault, vault_kind kind, vault_visit visit, void *user,
                                       femd_error *err);

/* ---- writing ---- */

typedef enum vault_act {
    VAULT_PUT = 1,   /* bytes: the content; the name is worked out from it */
    VAULT_USE,       /* bytes: the name; it was used */
    VAULT_FORGET,    /* bytes: the name */
    VAULT_HOLD,      /* bytes: the name; it was used, and does not make room for others as long as this vault is open */
    VAULT_RELEASE,   /* bytes: the name; it may go again */
    VAULT_DISBELIEVE /* bytes: a list of disbelief.h; nothing here, it is for vault_disbelieve */
} vault_act;
typedef struct vault_item {
    vault_kind kind;
    vault_act act;
    femd_bytes bytes;
} vault_item;

/* Carry all of it out, then it is on disk, or (after a failure) none of it. What is there already is not written again.
 * What does not fit below the bound makes room for itself. IO with words: the disk is full, say, or all that is there
 * is held, or another process has not ended its own writing within 5 s. */
FEMD_MUST_CHECK femd_status vault_write(femd_vault *vault, const vault_item *items, size_t count, femd_error *err);
/* Of these items only HOLD and RELEASE, which need no disk. */
void vault_note_holds(femd_vault *vault, const vault_item *items, size_t count);
/* Remove the answers that a list of disbelief.h holds; looks at all of them. */
FEMD_MUST_CHECK femd_status vault_disbelieve(femd_vault *vault, const femd_bytes *list, femd_error *err);
/* Remove the longest unused until all takes at most so many bytes. */
FEMD_MUST_CHECK femd_status vault_prune(femd_vault *vault, uint64_t bytes, femd_error *err);

#endif
