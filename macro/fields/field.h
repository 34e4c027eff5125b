/* A field of the macro solver: values at the nodes that an equation determines. Displacement is one (mechanics.c),
 * temperature another (heat.c); the next is a file beside them that fills a femd_field_kind. Layout, vectors and
 * matrix, boundary values, Newton's method, preconditioner, fields in the output and the checkpoint all follow from the
 * kind, and ask nothing else. */
#ifndef FEMD_FIELD_H
#define FEMD_FIELD_H

#include <petscmat.h>

#include "fields/record.h"
#include "mesh/grid.h"

/* Most entries that a field has at a node. */
enum { FEMD_COMPONENTS = 4 };

typedef struct femd_field femd_field;

/* Of the residual last made: |r| up to which it counts as zero is max(min(rtol x reference, loose x load), 2 x noise,
 * rounding), without the load where nothing loads the body. */
typedef struct femd_field_scale {
    double reference; /* norm of what is in balance there, or at the committed state if that is larger */
    double load;      /* largest resultant of what loads or moves the body, there or at the committed state; 0 = none */
    double noise;     /* one sigma of the residual's norm, from what was sampled; 0 = no noise, or it shall not count */
    double rounding;  /* what double precision leaves of the residual */
} femd_field_scale;

/* K x = rhs with the matrix that is at hand; *solved 0: there is none. Collective. */
typedef femd_status femd_field_solve(void *with, Vec rhs, Vec x, int *solved, femd_error *err);

/* What makes a field the field it is. All functions are collective, and the same on all ranks, unless said otherwise.
 */
typedef struct femd_field_kind {
    const char *name, *plural,
        *unit;                /* "displacement" (its array in the output; "node/displacement" in the checkpoint) */
    const char *flux_unit;    /* of a residual's entry: "N" */
    int components;           /* entries at each node */
    const char *const *label; /* of the components; NULL for a scalar */
    /* Modes that cost nothing in a free body: what the preconditioner must not smooth away and what the boundary must
     * hold. mode: components entries of one at position x. */
    int modes;
    void (*mode)(int mode, const double x[FEMD_SPACE], double *value);
    /* The words for a boundary that leaves `loose` of the modes free, called `motions` ("" where modes are none);
     * BAD_INPUT. */
    femd_status (*unheld)(const femd_case *cs, int loose, const char *motions, femd_error *err);

    /* 1 if its modes are held by the equation itself, as a capacity does. NULL: 0. */
    int (*inert)(const femd_field *field);

    /* A step starts. */
    void (*step)(femd_field *field, int step);
    /* An attempt at it starts: boundary values and loads of `time`, nothing evaluated yet. */
    femd_status (*begin)(femd_field *field, double time, int attempt, femd_error *err);
    void (*iteration)(femd_field *field, int iteration); /* of Newton's method */
    /* From now on sampled answers may be known to `multiple` (>= 1) of the wanted error; returns what will be asked, 1
     * where nothing can be had coarser. An evaluation where answers coarser than that stand makes them as good.
     * NULL: 1.
     */
    double (*coarse)(femd_field *field, double multiple);
    /* Whatever the equation needs at X. *failed: points of all ranks that have no answer (a domain error); a failure of
     * the call ends the run. */
    femd_status (*evaluate)(femd_field *field, Vec X, int *failed, femd_error *err);
    /* At the state last evaluated: R, zero at prescribed entries, and K = dR/dX with these decoupled. */
    femd_status (*residual)(femd_field *field, Vec R, femd_error *err);
    femd_status (*jacobian)(femd_field *field, Mat K, femd_error *err);
    /* *lambda: how much of the step X - lambda dx from the state last evaluated may be tried; shortened without an
     * evaluation. NULL: all of it. */
    femd_status (*reach)(femd_field *field, Vec dx, double *lambda, femd_error *err);
    /* Answers that can be had as good as is wanted: once the residual is small, *wanted 1 asks for the solution of
     * K^T adjoint = rhs; with it (zero where it was not found) refine judges the answers and asks for better ones:
     * *again 1, iterations go on. *failed as with evaluate. NULL: they are as good as they are. */
    femd_status (*sensitivity)(femd_field *field, Vec rhs, int *wanted, femd_error *err);
    femd_status (*refine)(femd_field *field, Vec adjoint, int *again, int *failed, femd_error *err);
    /* ... and when they are as good as they get: with solve(with, rhs, x), K x = rhs, how uncertain the values are. */
    femd_status (*uncertain)(femd_field *field, femd_field_solve *solve, void *with, Vec rhs, Vec x, femd_error *err);
    /* Linear system that moves the committed values to this attempt: K dx = rhs. *possible = 0 if there is none yet.
     * NULL: there never is. */
    femd_status (*predictor)(femd_field *field, Mat K, Vec rhs, int *possible, femd_error *err);
    /* Another field of the attempt has moved since this one was last evaluated: K dx = R, with R of what it has changed
     * as far as that can be foretold, so that X - dx is where to go on from. The next evaluation asks anew. NULL: no
     * other field acts on it. */
    femd_status (*again)(femd_field *field, Mat K, Vec R, femd_error *err);
    /* The path of an equilibrium under loads that grow in proportion: K at the committed values or at the state last
     * evaluated, rate = - dR/d(load time) and move = d(prescribed entries)/d(load time), zero elsewhere, so that
     * dX/d(load time) = K^-1 rate + move. *possible = 0 if there are no answers yet. BAD_INPUT if the loads grow
     * otherwise. NULL: cannot be followed. */
    femd_status (*path)(femd_field *field, int committed, Mat K, Vec rate, Vec move, int *possible, femd_error *err);
    femd_field_scale (*scale)(const femd_field *field);
    /* How many negative eigenvalues its matrix has where the state is stable, all ranks. NULL: 0. */
    int (*saddle)(const femd_field *field);
    /* Of such a matrix, whose last entry of each node is the multiplier: diagonal, that of the matrix made last, gets
     * in these entries that of what stands for the complement of the others. */
    femd_status (*complement)(const femd_field *field, Vec diagonal, femd_error *err);
    /* Words for the first point without an answer in this attempt, "" if there was none; *points: how many. After the
     * commit: of what was asked then. */
    const char *(*trouble)(const femd_field *field, int *points);
    /* The state last evaluated is the converged one. */
    femd_status (*commit)(femd_field *field, int step, femd_step_record *rec, femd_error *err);
    void (*destroy)(void *self);
} femd_field_kind;

struct femd_field {
    const femd_field_kind *kind;
    void *self;      /* the kind's own */
    femd_grid *grid; /* borrowed */
    int components;
    size_t n;                       /* entries on this rank: components x nodes; entry components x node + component */
    DM dm;                          /* the grid with this layout; global vectors hold prescribed entries too */
    Vec committed, before;          /* global; before: those committed one step earlier */
    Vec local, scatter, work;       /* to write into: local, local, global */
    struct femd_boundary *boundary; /* of boundary.h; owned */
    struct femd_assembly *assembly; /* of assembly.h; owned */
    /* of the last matrix with a jump, this rank's part: for femd_field_foretold */
    double *jump, *lift; /* n each: the jump, and what it adds to the balance */
    double held;         /* jump x balance before it */
};

/* Lay the field out over the grid, all values zero and no boundary yet. Takes self, in any case: it is released with
 * kind->destroy. Collective. */
FEMD_MUST_CHECK femd_status femd_field_create(femd_grid *grid, const femd_field_kind *kind, void *self,
                                              femd_field **field, femd_error *err);
void femd_field_destroy(femd_field **field);

/* Copies of the committed values by local entry (n, ghosts filled), and back (each owner's value counts). Collective.
 */
FEMD_MUST_CHECK femd_status femd_field_get(femd_field *field, double *value, femd_error *err);
FEMD_MUST_CHECK femd_status femd_field_set(femd_field *field, const double *value, femd_error *err);

/* field->local = X by local entry with the prescribed values put in. Collective. */
FEMD_MUST_CHECK femd_status femd_field_localise(femd_field *field, Vec X, femd_error *err);
/* Put the prescribed values into a global vector. Collective. */
FEMD_MUST_CHECK femd_status femd_field_prescribe(femd_field *field, Vec X, femd_error *err);
/* X = sum over the ranks of their local entries; the norm of that sum; the same with prescribed entries left out.
 * Collective. */
FEMD_MUST_CHECK femd_status femd_field_sum(femd_field *field, const double *local, Vec X, femd_error *err);
FEMD_MUST_CHECK femd_status femd_field_norm(femd_field *field, const double *local, double *norm, femd_error *err);
FEMD_MUST_CHECK femd_status femd_field_sum_free(femd_field *field, const double *local, Vec X, femd_error *err);

/* One cell's part of a vector (nodes x components, added to zeros) or of a matrix (square of that, row-major). */
typedef void femd_cell_vector(const void *self, PetscInt cell, double *out);
typedef void femd_cell_matrix(const void *self, PetscInt cell, double *out);
/* out (n) = sum over this rank's cells. */
void femd_field_add_cells(const femd_field *field, femd_cell_vector *part, const void *self, double *out);
/* K = sum over all cells with the prescribed entries decoupled: rows and columns zero, the diagonal stays (of the right
 * size for any preconditioner). jump (n; NULL = none): change of the prescribed entries, whose columns are added to
 * lifted (n). Collective. */
FEMD_MUST_CHECK femd_status femd_field_assemble(femd_field *field, femd_cell_matrix *part, const void *self,
                                                const double *jump, double *lifted, Mat K, femd_error *err);
/* After K dx = - lifted of a matrix with a jump, lifted being the balance of the values that jump: at least how large
 * what holds the entries that jump will be, as a norm of nodal fluxes: its work on the jump over the size of that (0
 * where nothing jumps). Collective. */
FEMD_MUST_CHECK femd_status femd_field_foretold(femd_field *field, Vec dx, double *flux, femd_error *err);

#endif
