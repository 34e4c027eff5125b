/* The fields of a step as files for ParaView. */
#ifndef FEMD_OUTPUT_H
#define FEMD_OUTPUT_H

#include "fields/problem.h"

/* Write step_NNNN.pvtu and one .vtu per rank into the folder: the committed state of p, after the step of rec (NULL: of
 * the start). Collective; agreed on all ranks. */
FEMD_MUST_CHECK femd_status femd_output_step(femd_problem *p, const femd_step_record *rec, const char *folder,
                                             femd_error *err);

#endif
