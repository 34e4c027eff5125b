/* The queues. A lane holds what one run asks of one material, in order of arrival, apart by the worker that holds the
 * state a piece of work starts from; a lane with work is active. Beside it stands what is needed to divide the pool
 * fairly: the service that each run has had. Lanes know pieces of work by number and nothing of what they are; they
 * choose no worker to send to. */
#ifndef FEMD_SERVER_LANES_H
#define FEMD_SERVER_LANES_H

#include "catalogue.h"
#include "roster.h"
#include "states.h"

typedef struct femd_lanes femd_lanes;

/* NULL if memory is out. Destroying accepts NULL, sets NULL. */
femd_lanes *lanes_create(femd_common *common, femd_roster *roster, femd_catalogue *catalogue, femd_states *states);
void lanes_destroy(femd_lanes **lanes);

/* A run comes: 0 if memory is out. The server's own run (service) is served before all others and is not charged. */
int lanes_run_here(femd_lanes *lanes, uint32_t run, int service);
/* It goes; nothing of it may be open. */
void lanes_run_gone(femd_lanes *lanes, uint32_t run);
uint32_t lanes_service_run(const femd_lanes *lanes);
/* Pieces of work of a run that are open. */
uint32_t lanes_run_open(const femd_lanes *lanes, uint32_t run);
/* Counts the times that the last open piece of some run was closed. */
uint64_t lanes_runs_emptied(const femd_lanes *lanes);

/* The lane of (run, material), made if new. FEMD_NIL if memory is out. */
uint32_t lanes_find(femd_lanes *lanes, uint32_t run, uint32_t material);
/* One open piece of work more, or less, in the lane. */
void lanes_open(femd_lanes *lanes, uint32_t lane);
void lanes_close(femd_lanes *lanes, uint32_t lane);

/* Queue a piece of work that starts from state (FEMD_NIL: none), at the end or in front; take one out. 0 if memory is
 * out, and nothing is queued. */
int lanes_push(femd_lanes *lanes, uint32_t lane, uint32_t work, uint32_t state, int front);
void lanes_remove(femd_lanes *lanes, uint32_t work);
/* What was kept for the worker goes to everybody. */
void lanes_worker_gone(femd_lanes *lanes, uint32_t worker);

/* ---- what there is to choose from ---- */

/* Active lanes: the next after one (FEMD_NIL: the first), FEMD_NIL at the end. */
uint32_t lanes_next_active(const femd_lanes *lanes, uint32_t lane);
uint32_t lanes_run(const femd_lanes *lanes, uint32_t lane);
uint32_t lanes_material(const femd_lanes *lanes, uint32_t lane);
/* s of service that the lane's run has had. */
double lanes_clock(const femd_lanes *lanes, uint32_t lane);
/* The lane's run is served once more, for so many s. */
void lanes_serve(femd_lanes *lanes, uint32_t lane, double service);

/* Queued in all; in a lane; in a lane for everybody, for a worker. */
uint32_t lanes_queued(const femd_lanes *lanes);
uint32_t lanes_length(const femd_lanes *lanes, uint32_t lane);
uint32_t lanes_common_length(const femd_lanes *lanes, uint32_t lane);
uint32_t lanes_own_length(const femd_lanes *lanes, uint32_t lane, uint32_t worker);
/* First for the worker, first for everybody, last for the worker; FEMD_NIL if there is none. */
uint32_t lanes_own_first(const femd_lanes *lanes, uint32_t lane, uint32_t worker);
uint32_t lanes_common_first(const femd_lanes *lanes, uint32_t lane);
uint32_t lanes_own_last(const femd_lanes *lanes, uint32_t lane, uint32_t worker);
/* The one behind a queued piece of work in its queue. */
uint32_t lanes_after(const femd_lanes *lanes, uint32_t work);
/* The worker for which most is kept in the lane; FEMD_NIL if nothing is kept. Looks at all workers. */
uint32_t lanes_longest_own(const femd_lanes *lanes, uint32_t lane);

/* Pieces of work of a material that are open. Looks at all lanes. */
uint32_t lanes_material_open(const femd_lanes *lanes, uint32_t material);
/* Lanes of the runs of clients. */
uint32_t lanes_count(const femd_lanes *lanes);
int lanes_audit(const femd_lanes *lanes, uint32_t queued, femd_error *err);

#endif
