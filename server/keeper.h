/* The keeper: a thread that writes to the store across runs, so that the server does not wait for the disk, and the
 * finds of the server's own thread. What cannot be written (a full disk) is told once and dropped; the server goes on
 * without it, and the store is tried again a minute later. */
#ifndef FEMD_SERVER_KEEPER_H
#define FEMD_SERVER_KEEPER_H

#include "settings.h"
#include "vault.h"

typedef struct femd_keeper femd_keeper;

typedef struct keeper_config {
    const char *folder;
    uint64_t bytes;                                                  /* bound of the store; 0 = as it is */
    void (*log)(void *user, femd_log_level level, const char *text); /* from both threads */
    void *user;
} keeper_config;

/* Opens the store, makes it if it is missing. */
FEMD_MUST_CHECK femd_status keeper_open(const keeper_config *config, femd_keeper **keeper, femd_error *err);
/* Writes what is left and ends the thread. Accepts NULL, sets NULL. */
void keeper_close(femd_keeper **keeper);

/* ---- from the server's thread ---- */

/* To be written soon, all in this order; the bytes are copied. Waits only while 64 MiB are not written yet. */
void keeper_add(femd_keeper *keeper, vault_kind kind, vault_act act, const femd_bytes *bytes);
/* What femd_recall wants: 1 if it was found; borrowed until the next find. What is damaged is told, forgotten, and
 * counts as absent. */
int keeper_find_answer(void *keeper, const femd_hash *key, uint64_t fingerprint, femd_kept *kept);
int keeper_find_maker(void *keeper, const femd_hash *state, femd_kept *kept);
int keeper_find_state(void *keeper, const femd_hash *name, femd_bytes *content);
/* Wait until all that was added is on disk, or was dropped: 0 if something was since the last wait. */
int keeper_wait(femd_keeper *keeper);
/* A store that could not be written is tried again with what comes next, and not after a while. */
void keeper_try_again(femd_keeper *keeper);

#endif
