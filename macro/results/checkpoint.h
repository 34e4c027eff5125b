/* checkpoint.h5 with the history of the run. Layout in docs/output.md. */
#ifndef FEMD_CHECKPOINT_H
#define FEMD_CHECKPOINT_H

#include "results/history.h"

/* Write p's committed step and the history up to it to PATH, whole or not at all. The same bytes for any number of
 * ranks and workers. Collective; agreed on all ranks. */
FEMD_MUST_CHECK femd_status femd_checkpoint_save(femd_problem *p, const femd_history *h, const char *path,
                                                 femd_error *err);
/* Fill a freshly created problem and an empty history from PATH; the law gets the state blobs and the commit.
 * BAD_INPUT if the file is of another case (checkpoint_case.h) or damaged. What of the case has changed since, then or
 * before, stands in h->changes. Collective; agreed on
 * all ranks. */
FEMD_MUST_CHECK femd_status femd_checkpoint_load(femd_problem *p, femd_history *h, const char *path, femd_error *err);

#endif
