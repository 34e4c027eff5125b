/* A case set up as a run sets it up, without a server: for femd check. */
#ifndef FEMD_TRIAL_H
#define FEMD_TRIAL_H

#include <mpi.h>

#include "case/case.h"

/* Make mesh, points, boundary, probes and solver of the case as a run does, and put on the boundary values, loads and
 * temperatures of every planned time. BAD_INPUT in the words of the run for whatever it would refuse; no material is
 * opened. Collective. */
FEMD_MUST_CHECK femd_status femd_trial(MPI_Comm comm, const femd_case *cs, femd_error *err);

#endif
