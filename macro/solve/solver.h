/* One increment of a field: the tangent predictor that starts it, Newton's method, CG + GAMG or MUMPS. */
#ifndef FEMD_SOLVER_H
#define FEMD_SOLVER_H

#include "solve/stepping.h"

typedef struct femd_solver femd_solver;

typedef enum femd_attempt {
    FEMD_ATTEMPT_CONVERGED,
    FEMD_ATTEMPT_FAILED /* cut the increment; the words say why */
} femd_attempt;

/* Options of the command line apply to KSP and PC, and the monitors of SNES (no prefix). BAD_INPUT for one that PETSc
 * refuses. Collective.
 */
FEMD_MUST_CHECK femd_status femd_solver_create(femd_problem *p, femd_field *field, const femd_stepping_hooks *hooks,
                                               femd_solver **s, femd_error *err);
/* Would it be made with the case's options? Makes no matrix. Collective. */
FEMD_MUST_CHECK femd_status femd_solver_try_options(femd_problem *p, femd_field *field, femd_error *err);
void femd_solver_destroy(femd_solver **s);
/* Solve for the field's values X at `time`, from the committed state; or, with steps.control "arc-length", rec->dt
 * along the path, which may end before it (rec->time, dt). rec: load_time, newton, nresiduals, residual, reference,
 * load, end, direct, unstable, indefinite are filled. why: words of a failed attempt. A failure of the call ends the
 * run. Collective. */
FEMD_MUST_CHECK femd_status femd_solver_attempt(femd_solver *s, double time, int attempt, Vec X, femd_step_record *rec,
                                                femd_attempt *outcome, char *why, size_t size, femd_error *err);
/* Once more within the attempt, from X on, after another field has moved: the tangent foretells what that changes, then
 * Newton's method. rec->newton counts on; the residuals are those of this pass. Collective. */
FEMD_MUST_CHECK femd_status femd_solver_again(femd_solver *s, Vec X, femd_step_record *rec, femd_attempt *outcome,
                                              char *why, size_t size, femd_error *err);

#endif
