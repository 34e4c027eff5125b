/* Runs: a name and its ranks, what each rank's tentative results rest on, and commits as transactions over all ranks. A
 * commit is final when all ranks have committed the step and the server holds every state of it. Two generations stay.
 */
#ifndef FEMD_SERVER_RUNS_H
#define FEMD_SERVER_RUNS_H

#include "inner.h"

/* A run without ranks (the server's own). FEMD_NIL if memory is out. */
uint32_t runs_create(femd_core *c, const char *name, uint32_t ranks);
void runs_destroy(femd_core *c, uint32_t r);
/* A client joins the run of its hello, which is made if it is new. REFUSED if ranks do not fit or the place is taken;
 * then *holder is the peer that has it, else FEMD_NIL. */
FEMD_MUST_CHECK femd_status runs_join(femd_core *c, uint32_t client, uint32_t *holder, femd_error *err);
/* A client leaves: its tentative states go; a run that nobody comes back to goes too. */
void runs_leave(femd_core *c, uint32_t client, int bye);
/* The client's copy of evaluation e's result is tentative until commit or abort. */
void runs_tentative(femd_core *c, uint32_t client, uint32_t e);
/* Frames COMMIT, ABORT, and STATE (blobs from a checkpoint) of a client. */
FEMD_MUST_CHECK femd_status runs_commit(femd_core *c, uint32_t client, const femd_frame *f, femd_error *err);
FEMD_MUST_CHECK femd_status runs_abort(femd_core *c, uint32_t client, const femd_frame *f, femd_error *err);
FEMD_MUST_CHECK femd_status runs_put(femd_core *c, uint32_t client, const femd_frame *f, femd_error *err);
/* A state that a commit waits for is there, or cannot be had. */
void runs_state(femd_core *c, uint32_t r, uint32_t generation, uint32_t rank_number, uint32_t serial, uint32_t s,
                femd_status status);
/* 1 while that commit waits for states. */
int runs_waits(const femd_core *c, uint32_t r, uint32_t generation, uint32_t rank_number, uint32_t serial);
/* End the runs that are over. Returns when to look again. */
double runs_tick(femd_core *c);

#endif
