/* The committed state blobs of all points, between the law and a checkpoint: each once, in the order of their
 * hashes. */
#ifndef FEMD_CHECKPOINT_STATES_H
#define FEMD_CHECKPOINT_STATES_H

#include "fields/problem.h"
#include "results/h5file.h"

/* Fetch the blobs of p's committed states from its law and write "state/hash" (n x 32), "state/offset" (n + 1) and
 * "state/bytes". f counts on rank 0 only. Collective; agreed on all ranks. */
FEMD_MUST_CHECK femd_status femd_blobs_save(femd_problem *p, femd_h5 *f, femd_error *err);
/* Give the law every blob of the file (rank 0), then commit the states of p's points as step p->step. Collective;
 * agreed. */
FEMD_MUST_CHECK femd_status femd_blobs_load(femd_problem *p, femd_h5 *f, femd_error *err);

#endif
