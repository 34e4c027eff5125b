/* The server's core: a pure state machine. Events go in (a frame has come, a peer has gone, time has passed), actions
 * come out (send this frame, drop that peer). No sockets, no threads, no clock of its own, so that tests and fuzzers
 * can drive it.
 *
 *   femd_core_frame(core, route, bytes, size, now);   any number of events ...
 *   femd_core_settle(core, now);                      ... then once: schedule, collect results into frames
 *   while (femd_core_next(core, &action)) { carry it out; femd_core_recycle(core, &action.frame); }
 *
 * A route is the caller's number of a connection; the core learns it from the first frame. `now` is in seconds of a
 * monotonic clock and never goes back. One thread. */
#ifndef FEMD_SERVER_CORE_H
#define FEMD_SERVER_CORE_H

#include "settings.h"

typedef struct femd_core femd_core;

/* BAD_ARGUMENT for an unknown level. The core is released by femd_core_destroy, which accepts NULL. */
FEMD_MUST_CHECK femd_status femd_core_create(const femd_core_config *config, femd_core **core, femd_error *err);
void femd_core_destroy(femd_core **core);

/* A message has come. Whatever its bytes are, the core stays sound; the data is borrowed for the call. */
void femd_core_frame(femd_core *core, uint64_t route, const void *data, size_t size, double now);
/* The connection of a route is gone. */
void femd_core_vanish(femd_core *core, uint64_t route, double now);
/* The keyring has changed: who may not be here any more is told, and dropped. */
void femd_core_recheck(femd_core *core, double now);
/* 1 once an admin has asked for the end, or the last run of a server that is drained is over. */
int femd_core_wants_stop(const femd_core *core);
/* Time has passed: deadlines, pulses, runs that nobody comes back to. */
void femd_core_tick(femd_core *core, double now);
/* When femd_core_tick has something to do next. */
double femd_core_next_tick(const femd_core *core);
/* After a round of events: fetch states, schedule, pack results. */
void femd_core_settle(femd_core *core, double now);
/* The server ends: BYE to every peer. */
void femd_core_farewell(femd_core *core);
/* Take the next action, oldest first: 1, or 0 when there is none. */
int femd_core_next(femd_core *core, femd_action *action);
/* Give a frame's storage back for reuse; *frame becomes empty. */
void femd_core_recycle(femd_core *core, femd_buffer *frame);
/* FEMD_OK while the core is sound; NO_MEMORY after an allocation failed: the server must end, since its books may be
 * wrong. */
femd_status femd_core_health(const femd_core *core);

/* Before the first frame: what the journal of a server that died says, record by record. BAD_INPUT for one that is
 * damaged or does not follow from those before: what was replayed up to there stands. */
FEMD_MUST_CHECK femd_status femd_core_replay(femd_core *core, const void *record, size_t size, double now,
                                             femd_error *err);
/* Hand out a summary of all that must outlive the server, which begins the journal anew. */
void femd_core_summarise(femd_core *core);
/* Hand the states that must outlive the server out to the store again, about so many bytes of them, from a place on (0:
 * the first). Returns the place to go on from, 0: that was all. */
uint32_t femd_core_keep_again(femd_core *core, uint32_t from, uint64_t bytes);
const femd_core_counters *femd_core_count(const femd_core *core);
void femd_core_sum(const femd_core *core, femd_core_totals *totals);
/* Forget every finished evaluation that nothing needs. */
void femd_core_trim(femd_core *core, uint64_t cache_bytes);
/* Check that the books agree with each other (tests): 0, or -1 with words. Slow. */
int femd_core_audit(const femd_core *core, femd_error *err);

#endif
