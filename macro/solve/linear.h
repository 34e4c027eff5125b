/* The linear solver inside Newton's method: CG + GAMG, or MUMPS. It starts every attempt without memory of earlier
 * ones, but for this: where CG has failed once, MUMPS stays. */
#ifndef FEMD_LINEAR_H
#define FEMD_LINEAR_H

#include <petscksp.h>

#include "fields/field.h"
#include "solve/product.h"

typedef struct femd_linear {
    KSP ksp; /* borrowed */
    int ranks;
    double rtol;                 /* of CG */
    int direct;                  /* MUMPS is in use */
    int failed;                  /* CG has failed: MUMPS from then on */
    int looked;                  /* at how many neighbours a node has */
    int set;                     /* from the user's options, once at least */
    int unsymmetric;             /* loads follow the field: GMRES and LU instead of CG and Cholesky */
    const femd_field *tied;      /* the field, if entries of it are tied to each other: borrowed, else NULL */
    int saddle;                  /* negative eigenvalues that are the equation's own, of a stable state too */
    const femd_field *of_saddle; /* the field if it has any: borrowed, else NULL */
    int split;                   /* the preconditioner at hand knows the blocks of the saddle */
    int own_split;               /* the user has chosen solvers of these */
    int tied_negative;           /* negative eigenvalues of its equations last solved */
    double enough;               /* relative tolerance of the next solve, where it may be looser than rtol; 0: rtol */
    int first;                   /* iterations of the first solve with the preconditioner at hand; -1: there is none */
    femd_product product;        /* of conjugate gradients */
    int own_products;            /* the user has chosen how multigrid makes its products */
    int own_inner;               /* the user has chosen the solver inside PCTELESCOPE */
} femd_linear;

/* Set the case's PETSc options (those of the command line win); ksp is that of the SNES. */
PetscErrorCode femd_linear_init(femd_linear *linear, const femd_case *cs, int ranks, KSP ksp);
/* What the solver put into the options goes, until it is used again: another one would take it for the user's. */
void femd_linear_forget(const femd_linear *linear);
/* What the solver put into the options goes with it. */
void femd_linear_clear(femd_linear *linear);
/* A fresh solver of this sort and the user's options on top; MUMPS without them where CG has failed. */
PetscErrorCode femd_linear_use(femd_linear *linear, int direct);
/* Between attempts: what the solver holds of the matrix goes, before others want the memory. */
PetscErrorCode femd_linear_rest(femd_linear *linear);
/* x with K x = b. The preconditioner is that of an earlier matrix of the attempt as long as it serves. Where CG finds
 * none the same matrix is solved directly, and so is every later one. *solved 0: there is none. Collective. */
FEMD_MUST_CHECK femd_status femd_linear_solve(femd_linear *linear, Mat K, Vec b, Vec x, int *solved, femd_error *err);
/* Go on from x, just solved for, until no more of b - K x is left than `left`, a norm: nothing to do for a direct
 * solver. Where that is out of reach x stays as far as it came. Collective. */
FEMD_MUST_CHECK femd_status femd_linear_sharpen(femd_linear *linear, Mat K, Vec b, Vec x, double left, femd_error *err);
/* Negative eigenvalues of the matrix last solved with, less `saddle`; -1 if there is no factor of it that tells.
 * Collective. */
FEMD_MUST_CHECK femd_status femd_linear_negative(const femd_linear *linear, int *negative, femd_error *err);
/* The same of any K, with what is at hand: the factor; else conjugate gradients from a start that favours no direction,
 * which meet an indefinite matrix in one that costs nothing, and only then a factor that counts. x and b are
 * overwritten. Collective. */
FEMD_MUST_CHECK femd_status femd_linear_count_negative(femd_linear *linear, const femd_field *field, Mat K, Vec b,
                                                       Vec x, int *negative, femd_error *err);
/* linear_modes.c: attach the modes of the field, orthonormal, to its matrix: what GAMG must not smooth away. */
PetscErrorCode femd_linear_modes(const femd_field *field, Mat K, MatNullSpace *space);

/* linear_saddle.c: GMRES and a preconditioner of two blocks, the last entry of each node and the others; the blocks,
 * `complement` being a diagonal that stands for the complement of the last one; the options of the solvers inside, to
 * be set while it is set up, or cleared. */
PetscErrorCode femd_linear_saddle_use(KSP ksp, PC pc);
PetscErrorCode femd_linear_saddle_split(PC pc, Mat K, Vec complement);
PetscErrorCode femd_linear_saddle_options(int set);

#endif
