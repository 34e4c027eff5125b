/* What a run leaves in its output folder, step by step. */
#ifndef FEMD_RECORDER_H
#define FEMD_RECORDER_H

#include "base/folder_lock.h"
#include "results/history.h"
#include "results/probe.h"
#include "results/summary.h"

typedef struct femd_recorder {
    const char *folder;    /* borrowed */
    femd_folder_lock lock; /* rank 0 */
    femd_history history;
    femd_probes *probes;
    femd_run_info info; /* wall, cpu, micro_cpu, resumed, ranks are kept by the recorder; the rest is the caller's */
    double began;       /* clock */
    double micro;       /* s of worker time behind this rank's committed answers */
    int begun;          /* the folder is ours: what cannot be written from now on is no bad input */
    int open;           /* the folder is ours: results may be written */
    int saved;          /* step of the last whole checkpoint, 0 = none */
} femd_recorder;

/* An empty recorder; the run's wall time counts from here. */
void femd_recorder_begin(femd_recorder *r);
/* Read DIR/checkpoint.h5 into p (resume) and check that results can go into the folder, where no other run may work
 * (BAD_INPUT with its pid and start). Writes no result.
 * This and what follows: collective, agreed on all ranks. */
FEMD_MUST_CHECK femd_status femd_recorder_prepare(femd_recorder *r, femd_problem *p, const char *folder, int resume,
                                                  femd_error *err);
/* Make the folder, remove the results of an earlier run (resume: those of later steps), write those of the start. */
FEMD_MUST_CHECK femd_status femd_recorder_start(femd_recorder *r, femd_problem *p, femd_error *err);
/* After the commit of a step: fields, history.csv, summary.json, checkpoint. If the fields cannot be written, the step
 * has no row in the tables and no file. */
FEMD_MUST_CHECK femd_status femd_recorder_commit(femd_recorder *r, femd_problem *p, const femd_step_record *rec,
                                                 femd_error *err);
/* Before the end of a run that has not come to its last step: a checkpoint of the committed one, if there is none yet.
 * Does nothing if there is nothing to keep. */
FEMD_MUST_CHECK femd_status femd_recorder_keep(femd_recorder *r, femd_problem *p, femd_error *err);
/* The last word: summary.json with the status of the run. Does nothing if the run never started. */
FEMD_MUST_CHECK femd_status femd_recorder_finish(femd_recorder *r, femd_problem *p, const char *status,
                                                 femd_error *err);
/* The committed state blob of a point as DIR/point-ID.state. BAD_INPUT if the point has none. */
FEMD_MUST_CHECK femd_status femd_recorder_dump(femd_recorder *r, femd_problem *p, uint64_t id, femd_error *err);
/* BAD_INPUT with the accepted range, after `who` asks, if there is no point of that number. */
FEMD_MUST_CHECK femd_status femd_recorder_check_id(femd_problem *p, const char *who, uint64_t id, femd_error *err);
/* BAD_INPUT if a point of output.local is none of the body. Collective. */
FEMD_MUST_CHECK femd_status femd_recorder_check_local(femd_problem *p, femd_error *err);
/* The table of the steps, on rank 0. */
void femd_recorder_table(const femd_recorder *r, const femd_problem *p, FILE *out);
void femd_recorder_clear(femd_recorder *r);

#endif
