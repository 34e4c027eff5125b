/* Making one macro problem. */
#ifndef FEMD_SETUP_H
#define FEMD_SETUP_H

#include "fields/constitutive.h"
#include "fields/problem.h"

/* Read or make the mesh, share it, make the points and the fields, try the PETSc options, open the materials. client is
 * borrowed. Collective. The words of a failure are the same on all ranks. */
FEMD_MUST_CHECK femd_status femd_problem_create(MPI_Comm comm, const femd_case *cs, femd_client *client,
                                                femd_problem **p, femd_error *err);
/* The same with any source of material answers (borrowed) instead of a client. */
FEMD_MUST_CHECK femd_status femd_problem_create_law(MPI_Comm comm, const femd_case *cs, femd_constitutive *law,
                                                    femd_problem **p, femd_error *err);

#endif
