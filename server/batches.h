/* The batches of clients: which point of which batch waits for which evaluation, and the RESULT frames that go back. It
 * looks requests up in the ledger, hands answers to those who asked, and never talks to workers. */
#ifndef FEMD_SERVER_BATCHES_H
#define FEMD_SERVER_BATCHES_H

#include "catalogue.h"
#include "ledger.h"
#include "outbox.h"
#include "roster.h"
#include "runs.h"

typedef struct femd_batches femd_batches;

/* NULL if memory is out. Destroying accepts NULL, sets NULL. */
femd_batches *batches_create(femd_common *common, femd_roster *roster, femd_catalogue *catalogue, femd_outbox *outbox,
                             femd_ledger *ledger, femd_runs *runs);
void batches_destroy(femd_batches **batches);

/* A client comes: 0 if memory is out. It goes: so do its batches. */
int batches_client_here(femd_batches *batches, uint32_t client);
void batches_client_gone(femd_batches *batches, uint32_t client);
/* An EVALUATE frame of a client. One that is byte for byte that of a batch still open was sent again, and replaces it;
 * another of its id is refused, as is one without points. On failure nothing of it stays. */
FEMD_MUST_CHECK femd_status batches_submit(femd_batches *batches, uint32_t client, const femd_frame *frame,
                                           femd_error *err);
/* Drop what is left of batch id of the client, if it is open. */
void batches_cancel(femd_batches *batches, uint32_t client, uint64_t id);
/* A material can be evaluated now, or never will be: look its waiting batches up, or fail them. */
void batches_material(femd_batches *batches, uint32_t material);
/* An evaluation is answered: so are all points that wait for it. */
void batches_deliver(femd_batches *batches, const ledger_answered_one *answered);
/* Send the RESULT frames that have gathered and end the batches that are complete. */
void batches_flush(femd_batches *batches);

/* Count anew which points are with workers; then how many of a client's are, and how many more are open. */
void batches_count_running(femd_batches *batches);
void batches_standing(const femd_batches *batches, uint32_t client, uint64_t *queued, uint64_t *running);
int batches_has_open(const femd_batches *batches, uint32_t client);
uint32_t batches_open(const femd_batches *batches);
/* Add the claims, by number of the evaluation, and check the batches. */
int batches_audit(const femd_batches *batches, uint32_t *claims, femd_error *err);

#endif
