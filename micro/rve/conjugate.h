/* Solutions of H z = b with a Hessian that can only be applied: conjugate gradients with the 3x3 blocks on the diagonal
 * as preconditioner, over the motions that the gauge leaves free.
 *
 * Owns the blocks and the recurrence; the Hessian is the one that energetics last prepared. Which limit is enough for a
 * system of that size is known here, and a solution that ends at it is never handed out as one. */
#ifndef FEMD_CONJUGATE_H
#define FEMD_CONJUGATE_H

#include "femd/engine.h"
#include "rve/native_rve.h"

typedef struct femd_conjugate {
    int n3;
    double *block;         /* 9 x atoms: inverse blocks */
    double *r, *p, *q, *y; /* n3 each, one after another; anybody's scratch between solves */
    double largest;        /* entry on the diagonal of H, 0 if the potential gives no blocks */
    int limit;             /* applications of H that a solve may take; grows with the size */
    int applied;           /* of the last solve */
} femd_conjugate;

/* How a solve ended. */
typedef enum femd_conjugate_end {
    FEMD_CONJUGATE_SOLVED,
    FEMD_CONJUGATE_CURVED, /* a direction of negative curvature was met: z is what was reached before, or the
                              preconditioned b at the first step */
    FEMD_CONJUGATE_LIMIT   /* the limit came first: z is the best so far */
} femd_conjugate_end;

/* limit: 0 for one that grows with the size. NO_MEMORY. */
FEMD_MUST_CHECK femd_status femd_conjugate_init(int natoms, int limit, femd_conjugate *cg, femd_error *err);
void femd_conjugate_clear(femd_conjugate *cg);
/* Take the blocks of the Hessian last prepared (none where the potential gives none: then it is plain conjugate
 * gradients). NO_MEMORY. */
FEMD_MUST_CHECK femd_status femd_conjugate_renew(femd_conjugate *cg, const femd_rve *rve, femd_error *err);
/* z = H^-1 b until |b - H z| <= tolerance |b|, or round-off. DEADLINE, CANCELLED. */
FEMD_MUST_CHECK femd_status femd_conjugate_solve(femd_conjugate *cg, const femd_rve *rve, const double *b,
                                                 double tolerance, const femd_beat *beat, double *z,
                                                 femd_conjugate_end *end, femd_error *err);
#endif
