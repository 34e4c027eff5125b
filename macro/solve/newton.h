/* Newton's method on one field: full steps, as short as the field's reach and points without an answer make them, and
 * a search for descent only where the residual has ceased to fall. */
#ifndef FEMD_NEWTON_H
#define FEMD_NEWTON_H

#include <petscsnes.h>

#include "solve/arc.h"
#include "solve/linear.h"
#include "solve/stepping.h"

/* All borrowed. */
typedef struct femd_newton {
    femd_field *field;
    const femd_case *cs;
    double rtol;                      /* of the reference */
    const femd_stepping_hooks *hooks; /* may be NULL */
    SNES watch;                       /* its monitors hear of each iteration; it solves nothing */
    femd_linear *linear;
    femd_arc *arc; /* the load is an unknown; NULL: it is that of the time set */
    Mat K;
    Vec R, step, trial;
} femd_newton;

/* From X on, which has its prescribed values, until the residual is small enough or will not become so. Then the state
 * last evaluated is X, and R its residual. rec: newton, residual, reference, load, end are filled. *converged 0: why
 * says what stood in the way. A failure of the call ends the run. Collective. */
FEMD_MUST_CHECK femd_status femd_newton_run(const femd_newton *newton, Vec X, femd_step_record *rec, int *converged,
                                            char *why, size_t size, femd_error *err);

#endif
