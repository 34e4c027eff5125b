/* Passes over heat and mechanics within one step. Owns when they are enough; knows no equation. */
#include "solve/passes.h"

#include <math.h>
#include <stdio.h>

#include "base/petsc_edge.h"
#include "fields/heat.h"
#include "fields/mechanics.h"

enum { PASSES_MOST = 40 };
#define ROUND_OFF 1e-13 /* of the temperature: no change is known better */

/* Highest and lowest temperature at both ends of the step. */
static PetscErrorCode passes_range(const femd_passes *at, double *lowest, double *highest) {
    PetscReal low, high;
    PetscFunctionBeginUser;
    PetscCall(VecMin(at->T, NULL, &low));
    PetscCall(VecMax(at->T, NULL, &high));
    *lowest = low;
    *highest = high;
    PetscCall(VecMin(at->p->temperature->committed, NULL, &low));
    PetscCall(VecMax(at->p->temperature->committed, NULL, &high));
    *lowest = fmin(*lowest, low);
    *highest = fmax(*highest, high);
    PetscFunctionReturn(0);
}

/* The largest change since `before`, of the range; 0 where it is round-off. before is overwritten. */
static femd_status passes_change(const femd_passes *at, Vec before, double *change, femd_error *err) {
    double lowest = 0, highest = 0, most;
    PETSC_TRY(err, VecAXPY(before, -1, at->T));
    PETSC_TRY(err, VecNorm(before, NORM_INFINITY, &most));
    PETSC_TRY(err, passes_range(at, &lowest, &highest));
    *change = most <= ROUND_OFF * highest ? 0 : most / (highest - lowest);
    return FEMD_OK;
}

static femd_status passes_one(const femd_passes *at, Vec before, double *change, femd_attempt *outcome, char *why,
                              size_t size, femd_error *err) {
    PETSC_TRY(err, VecCopy(at->T, before));
    FEMD_TRY(femd_solver_again(at->heat, at->T, at->of_heat, outcome, why, size, err));
    if (*outcome != FEMD_ATTEMPT_CONVERGED) return FEMD_OK;
    FEMD_TRY(passes_change(at, before, change, err));
    FEMD_TRY(femd_solver_again(at->mechanics, at->X, at->of, outcome, why, size, err));
    *change = fmax(*change, femd_mechanics_pass_change(at->p));
    return FEMD_OK;
}

femd_status femd_passes_repeat(const femd_passes *at, femd_attempt *outcome, char *why, size_t size, femd_error *err) {
    const double enough = at->p->cs->heat.iterate;
    double change = INFINITY;
    Vec before = NULL;
    femd_status rc = FEMD_OK;
    PETSC_TRY(err, VecDuplicate(at->T, &before));
    *outcome = FEMD_ATTEMPT_CONVERGED;
    for (int pass = 2; rc == FEMD_OK && *outcome == FEMD_ATTEMPT_CONVERGED && !(change <= enough); ++pass) {
        if (pass <= PASSES_MOST) {
            rc = passes_one(at, before, &change, outcome, why, size, err);
            continue;
        }
        snprintf(why, size,
                 "%d passes over heat and mechanics did not settle: the last changed temperatures or forces by %.2g of "
                 "their range, heat.coupling.iterate wants %g",
                 PASSES_MOST, change, enough);
        *outcome = FEMD_ATTEMPT_FAILED;
    }
    (void)VecDestroy(&before);
    return rc;
}
