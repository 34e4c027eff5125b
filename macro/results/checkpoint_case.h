/* Which case a checkpoint is of, and what of it may be another one now. */
#ifndef FEMD_CHECKPOINT_CASE_H
#define FEMD_CHECKPOINT_CASE_H

#include "case/case.h"
#include "femd/buffer.h"

/* What of the case's document a checkpoint keeps: all but title, description and output, canonical, with a NUL. */
FEMD_MUST_CHECK femd_status femd_checkpoint_document(const femd_case *cs, femd_buffer *text, femd_error *err);
/* Hold the case against the document of a checkpoint at the committed `time`. How to solve (solver, steps, petsc,
 * micro, accuracy) may be another, and the tables of the boundary behind that time: each difference becomes a line
 * "KEY: OLD -> NEW" of changes. BAD_INPUT, naming the key, for what would make another past. */
FEMD_MUST_CHECK femd_status femd_checkpoint_compare(const femd_case *cs, const char *document, double time,
                                                    const char *path, femd_buffer *changes, femd_error *err);

#endif
