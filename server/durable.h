/* What outlives the server: the store across runs and the journal, as the core wants them. Carries out the actions that
 * are about keeping, and tells a core what the journal of a server that died says. */
#ifndef FEMD_SERVER_DURABLE_H
#define FEMD_SERVER_DURABLE_H

#include "core.h"

typedef struct femd_durable femd_durable;

typedef struct durable_config {
    const char *store;    /* folder */
    uint64_t store_bytes; /* its bound; 0 = as it is */
    const char *journal;  /* file; NULL: none */
    int any_build;        /* answers of any build count */
    const char *level;    /* numerics level of the server; a journal of another one is refused */
    double retry;         /* s after which a disk that took nothing is tried again; 0 = 5 */
    void (*log)(void *user, femd_log_level level, const char *text); /* from several threads */
    void *user;
} durable_config;

FEMD_MUST_CHECK femd_status durable_open(const durable_config *config, femd_durable **durable, femd_error *err);
/* Writes what is left. Accepts NULL, sets NULL. */
void durable_close(femd_durable **durable);

/* For femd_core_config. */
const femd_recall *durable_recall(const femd_durable *durable);
/* Of this life of the server: one more than the last that the journal knows. */
uint64_t durable_epoch(const femd_durable *durable);
/* Before the first frame: the core becomes what the journal says, and begins it anew. */
FEMD_MUST_CHECK femd_status durable_replay(femd_durable *durable, femd_core *core, double now, femd_error *err);

/* For femd_net_config. */
void durable_keep(femd_durable *durable, femd_action_kind kind, const femd_bytes *bytes);
void durable_before_send(femd_durable *durable);
/* Nothing waits to be carried out: a journal that has grown long is begun anew; and one that was given up since the
 * disk took nothing, with all that must outlive the server, once the disk takes it. */
void durable_rested(femd_durable *durable, femd_core *core);

#endif
