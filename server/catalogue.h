/* The catalogue of materials: packs by id, what they can answer, what an evaluation costs, and which worker has opened
 * which. One that no run uses any more is put to sleep: its pack goes, and what it can answer is known as long as the
 * ledger has evaluations of it. It sends nothing and tells nobody. */
#ifndef FEMD_SERVER_CATALOGUE_H
#define FEMD_SERVER_CATALOGUE_H

#include "common.h"
#include "femd/control.h"

typedef struct femd_catalogue femd_catalogue;

/* LATER: it failed for a reason that may pass. */
typedef enum femd_opening { OPENING_NO = 0, OPENING_SENT, OPENING_DONE, OPENING_FAILED, OPENING_LATER } femd_opening;

/* NULL if memory is out. Destroying accepts NULL, sets NULL. */
femd_catalogue *catalogue_create(femd_common *common);
void catalogue_destroy(femd_catalogue **catalogue);

/* The number of a material, FEMD_NIL if it is unknown. Numbers go from 1 to catalogue_last; a number without a pack is
 * free or asleep. */
uint32_t catalogue_find(const femd_catalogue *catalogue, const femd_hash *id);
uint32_t catalogue_last(const femd_catalogue *catalogue);
/* Enter a material that is not there yet; the pack is copied. LIMIT or NO_MEMORY. */
FEMD_MUST_CHECK femd_status catalogue_add(femd_catalogue *catalogue, const femd_hash *id, const femd_bytes *pack,
                                          uint32_t *material, femd_error *err);

/* One that sleeps gets its pack again (LIMIT, NO_MEMORY), and is tried anew if it had failed; it loses it; it is
 * forgotten, if nobody rests on it any more. */
FEMD_MUST_CHECK femd_status catalogue_wake(femd_catalogue *catalogue, uint32_t material, const femd_bytes *pack,
                                           femd_error *err);
int catalogue_is_awake(const femd_catalogue *catalogue, uint32_t material);
void catalogue_sleep(femd_catalogue *catalogue, uint32_t material);
void catalogue_forget(femd_catalogue *catalogue, uint32_t material);
/* A run uses it; and no longer does. */
void catalogue_use(femd_catalogue *catalogue, uint32_t material);
void catalogue_leave(femd_catalogue *catalogue, uint32_t material);
int catalogue_is_used(const femd_catalogue *catalogue, uint32_t material);
/* The ledger has one evaluation of it more, or less. */
void catalogue_record(femd_catalogue *catalogue, uint32_t material);
void catalogue_unrecord(femd_catalogue *catalogue, uint32_t material);
/* How many have a pack, and, below, how many of these no run uses. */
uint32_t catalogue_awake(const femd_catalogue *catalogue);
/* 1: so few that each goes to all workers, without anybody asking. */
int catalogue_has_few(const femd_catalogue *catalogue);
uint32_t catalogue_unused(const femd_catalogue *catalogue);
/* Compare with the evaluations and runs that others know of, by number of the material. */
int catalogue_audit(const femd_catalogue *catalogue, const uint32_t *records, const uint32_t *users, femd_error *err);

const femd_hash *catalogue_id(const femd_catalogue *catalogue, uint32_t material);
femd_bytes catalogue_pack(const femd_catalogue *catalogue, uint32_t material);
/* 1: it can be evaluated; -1: no worker can open it, catalogue_failure says why; 0: not known yet. */
int catalogue_is_ready(const femd_catalogue *catalogue, uint32_t material);
const femd_error *catalogue_failure(const femd_catalogue *catalogue, uint32_t material);
/* What it can answer, once it is ready. */
const femd_capabilities *catalogue_caps(const femd_catalogue *catalogue, uint32_t material);
/* What the worker that opened it first said of it, a line each; "" before. */
const char *catalogue_remarks(const femd_catalogue *catalogue, uint32_t material);
void catalogue_set_ready(femd_catalogue *catalogue, uint32_t material, const femd_ready *said);
void catalogue_set_failed(femd_catalogue *catalogue, uint32_t material, const femd_error *failure);
/* It failed so far, and a worker that comes later may still manage. */
void catalogue_set_open(femd_catalogue *catalogue, uint32_t material);

/* s per evaluation, smoothed; 0 = not known yet. */
double catalogue_cost(const femd_catalogue *catalogue, uint32_t material);
void catalogue_learn_cost(femd_catalogue *catalogue, uint32_t material, double wall);
/* s that it takes to open, the least so far; 0 = not known yet. */
double catalogue_opening_cost(const femd_catalogue *catalogue, uint32_t material);
void catalogue_learn_opening(femd_catalogue *catalogue, uint32_t material, double wall);

/* How far the worker is with opening it. Setting: 0 if memory is out. */
femd_opening catalogue_opening(const femd_catalogue *catalogue, uint32_t material, uint32_t worker);
int catalogue_set_opening(femd_catalogue *catalogue, uint32_t material, uint32_t worker, femd_opening opening);
/* 1 if the worker can evaluate it. */
int catalogue_is_open(const femd_catalogue *catalogue, uint32_t material, uint32_t worker);
/* How many workers can; how many are opening it. */
uint32_t catalogue_opened(const femd_catalogue *catalogue, uint32_t material);
uint32_t catalogue_sent(const femd_catalogue *catalogue, uint32_t material);
/* 1 if the worker can evaluate it, or may soon: it has not been sent it yet, or a moment ago. */
int catalogue_may_open(const femd_catalogue *catalogue, uint32_t material, uint32_t worker);
/* How many materials the worker opens now. */
uint32_t catalogue_is_opening(const femd_catalogue *catalogue, uint32_t worker);

#endif
