/* The ledger of evaluations by key: QUEUED, WAITING (for its state), SENT, STARTED, DONE. It sees to it that each is
 * answered exactly once to everybody who asked, whatever workers do: retries, blame, poison, double answers. Finished
 * ones stay for reuse, within a bound, or as long as a tentative state rests on them. It neither schedules nor sends.
 */
#ifndef FEMD_SERVER_LEDGER_H
#define FEMD_SERVER_LEDGER_H

#include "inner.h"

const femd_hash *ledger_name(const void *item);
uint32_t ledger_find(const femd_core *c, const femd_hash *key);
/* A new record, not open yet. FEMD_NIL if memory is out. */
uint32_t ledger_create(femd_core *c, const femd_hash *key, const femd_request *r, uint32_t material);
/* Queue it for run. STATE_LOST (and nothing queued) if its state_in is unknown. */
FEMD_MUST_CHECK femd_status ledger_open(femd_core *c, uint32_t e, uint32_t run_number);
/* Queue a finished one again to get its state back. 0 if that cannot be. */
int ledger_repeat(femd_core *c, uint32_t e);
/* The state is not wanted any more. */
void ledger_unrepeat(femd_core *c, uint32_t e);

/* Point `index` of batch b waits for e; and no longer does. */
void ledger_ask(femd_core *c, uint32_t e, uint32_t b, uint32_t index);
void ledger_unask(femd_core *c, uint32_t b, uint32_t index);
/* Answer point `index` of batch b from the stored response of e. */
void ledger_reuse(femd_core *c, uint32_t e, uint32_t b, uint32_t index);

/* The id under which workers know it, at every attempt. */
uint64_t ledger_task_id(const femd_core *c, uint32_t e);
/* It goes out in a TASK message. */
void ledger_sent(femd_core *c, uint32_t e, uint32_t flight_number);
/* It must wait for its state_in to come to the server. */
void ledger_park(femd_core *c, uint32_t e);
/* Its state_in is there, or cannot be had. */
void ledger_input(femd_core *c, uint32_t e, uint32_t generation, femd_status status);

/* From workers. An answer that cannot be decoded: PROTOCOL. */
void ledger_started(femd_core *c, uint32_t worker, uint64_t task);
FEMD_MUST_CHECK femd_status ledger_answer(femd_core *c, uint32_t worker, const femd_answer *a, femd_error *err);
void ledger_worker_gone(femd_core *c, uint32_t worker, int blame);

/* A tentative result rests on it, or no longer does. */
void ledger_pin(femd_core *c, uint32_t e);
void ledger_unpin(femd_core *c, uint32_t e);
/* Forget finished ones, least recently used first, down to so many bytes. */
void ledger_trim(femd_core *c, uint64_t bytes);

#endif
