/* Runs: a name and its ranks, what each rank's tentative results rest on, and commits as transactions over all ranks. A
 * commit is final when all ranks have committed the step and the server holds every state of it. Two generations stay.
 */
#ifndef FEMD_SERVER_RUNS_H
#define FEMD_SERVER_RUNS_H

#include "lanes.h"
#include "ledger.h"
#include "outbox.h"
#include "roster.h"
#include "states.h"

typedef struct femd_runs femd_runs;

/* With the server's own run, which has no ranks. NULL if memory is out. Destroying accepts NULL, sets NULL. */
femd_runs *runs_create(femd_common *common, femd_roster *roster, femd_catalogue *catalogue, femd_outbox *outbox,
                       femd_states *states, femd_lanes *lanes, femd_ledger *ledger);
void runs_destroy(femd_runs **runs);

/* ---- joining and leaving ---- */

/* A client joins the run of its hello, which is made if it is new. REFUSED if it is another key's, ranks do not fit or
 * the place is taken; then *holder is the peer that has it, else FEMD_NIL. */
FEMD_MUST_CHECK femd_status runs_join(femd_runs *runs, uint32_t client, uint32_t *holder, femd_error *err);
/* A client leaves: its tentative states go; a run that nobody comes back to goes too. */
void runs_leave(femd_runs *runs, uint32_t client, int bye);
/* The run of a client, FEMD_NIL if it belongs to none. */
uint32_t runs_of(const femd_runs *runs, uint32_t client);
/* After a round: work out again when a run is over, if that may have changed. Then when that is, and end those that
 * are. */
void runs_settle(femd_runs *runs);
double runs_next_due(const femd_runs *runs);
void runs_tick(femd_runs *runs);

/* ---- what a client has and does ---- */

/* It has given a material, or asks for points of it: the material lives as long as its run. */
void runs_use(femd_runs *runs, uint32_t client, uint32_t material);
/* Add the runs that use each material, by its number. */
void runs_count_users(const femd_runs *runs, uint32_t *users);
/* It asks for so many points more. */
void runs_add_points(femd_runs *runs, uint32_t client, uint32_t points);
/* Its copy of the evaluation's result is tentative until commit or abort. */
void runs_tentative(femd_runs *runs, uint32_t client, uint32_t evaluation);
/* Its run has had the answer: whose it is is noted, and answers of several builds mark the run. */
void runs_note_source(femd_runs *runs, uint32_t client, uint32_t evaluation);
/* The journal knows what the client's run has used, before the client is told an answer. */
void runs_tell_uses(femd_runs *runs, uint32_t client);
/* Workers were convicted: runs that have used what is in doubt now are told and end. Then nothing more is taken from
 * their clients: CONFLICT with words. */
void runs_doubt(femd_runs *runs);
FEMD_MUST_CHECK femd_status runs_check_doubt(const femd_runs *runs, uint32_t client, femd_error *err);
/* Mark the authors (0 to last) of answers that a run has used. */
void runs_mark_authors(const femd_runs *runs, uint8_t *needed, uint32_t last);
/* An answer of its run depended on who gave it. */
void runs_not_reproducible(femd_runs *runs, uint32_t client);
/* Frames COMMIT, ABORT, and STATE (blobs from a checkpoint) of a client. */
FEMD_MUST_CHECK femd_status runs_commit(femd_runs *runs, uint32_t client, const femd_frame *frame, femd_error *err);
FEMD_MUST_CHECK femd_status runs_abort(femd_runs *runs, uint32_t client, const femd_frame *frame, femd_error *err);
FEMD_MUST_CHECK femd_status runs_put(femd_runs *runs, uint32_t client, const femd_frame *frame, femd_error *err);
/* A state that a commit waits for is there, or cannot be had. */
void runs_input(femd_runs *runs, const states_ready_wait *ready);

/* All runs as records of the journal; and what one becomes from a record, as it was when the journal wrote it.
 * BAD_INPUT for one that does not follow from those before. */
void runs_record(femd_runs *runs);
FEMD_MUST_CHECK femd_status runs_restore(femd_runs *runs, const femd_annal *annal, femd_error *err);

/* ---- what status and the audit read ---- */

typedef struct runs_figures {
    const char *name;
    const femd_hash *owner; /* key; zero: nobody's */
    uint32_t ranks, connected, open, last_step;
    uint64_t points, commits;
    uint64_t tentative; /* results, over all ranks */
    int reproducible;
    const char *doubt; /* why it is in doubt; NULL: it is not */
} runs_figures;
/* The next run of clients after one (FEMD_NIL: the first), newest first; FEMD_NIL at the end. */
uint32_t runs_next(const femd_runs *runs, uint32_t run);
runs_figures runs_look(const femd_runs *runs, uint32_t run);
/* Its points with a committed state, over all ranks: looks at every point. */
uint64_t runs_count_committed(const femd_runs *runs, uint32_t run);
/* Runs of clients. */
uint32_t runs_count(const femd_runs *runs);
/* Add what the runs hold on to, by number of the state and of the evaluation; and the bytes of their books. */
void runs_count_held(const femd_runs *runs, uint32_t *refs, uint32_t *committed, uint32_t *pins, uint64_t *bytes);

#endif
