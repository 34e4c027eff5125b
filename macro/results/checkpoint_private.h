/* The parts of a checkpoint; for the files checkpoint*.c only. f counts on rank 0 only. */
#ifndef FEMD_CHECKPOINT_PRIVATE_H
#define FEMD_CHECKPOINT_PRIVATE_H

#include "results/h5file.h"
#include "results/history.h"

/* checkpoint_columns.c. Save or load fields and points; the groups "node", "point" and "record" are there. Collective;
 * agreed. */
FEMD_MUST_CHECK femd_status femd_checkpoint_columns(femd_problem *p, femd_h5 *f, int saving, femd_error *err);

/* checkpoint_history.c. Rank 0. */
FEMD_MUST_CHECK femd_status femd_checkpoint_write_history(const femd_case *cs, const femd_history *h, femd_h5 *f,
                                                          femd_error *err);
/* All ranks get the rows that rank 0 reads. Collective; agreed. */
FEMD_MUST_CHECK femd_status femd_checkpoint_load_history(femd_problem *p, femd_history *h, femd_h5 *f, femd_error *err);

/* checkpoint_samples.c. Rank 0. */
FEMD_MUST_CHECK femd_status femd_checkpoint_write_samples(const femd_problem *p, femd_h5 *f, femd_error *err);
/* Collective; agreed. */
FEMD_MUST_CHECK femd_status femd_checkpoint_load_samples(femd_problem *p, femd_h5 *f, femd_error *err);

#endif
