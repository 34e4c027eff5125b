/* Entries of a field that follow others: sums of them (turned supports, periodic faces), or the motion of a rigid
 * surface. Owns which entry is tied to which and with what; every rank knows all tied nodes and computes the same. What
 * the equations of the body lose by it, the linear solver is told by femd_ties_columns. */
#ifndef FEMD_TIES_H
#define FEMD_TIES_H

#include "fields/condition.h"

typedef struct femd_ties femd_ties;

/* A node that is tied or that others follow; the same on all ranks, in the order of the mesh file. */
typedef struct femd_tied_node {
    uint64_t file, roles; /* number of the node; femd_ties_mark */
    double x[FEMD_SPACE]; /* reference, m */
    PetscInt global;      /* its first entry in global vectors and the matrix */
    PetscInt local;       /* -1: not on this rank */
    int owned;            /* by this rank */
    int prescribed[FEMD_COMPONENTS];
} femd_tied_node;

/* coefficient x the entry `component` of tied node `node`. */
typedef struct femd_tie_term {
    int node, component;
    double coefficient;
} femd_tie_term;

enum { FEMD_TIE_ENTRIES = 32, FEMD_TIE_TERMS = 64 };

/* A place of a condition that ties: its nodes get the role (0 or 1). While conditions are placed. */
FEMD_MUST_CHECK femd_status femd_ties_mark(const femd_field *field, femd_boundary *boundary, size_t which, int role,
                                           const femd_case_boundary *place, femd_error *err);
/* Number of tied nodes, and one of them. */
int femd_ties_count(const femd_ties *ties);
const femd_tied_node *femd_ties_node(const femd_ties *ties, int node);
int femd_ties_has_role(const femd_tied_node *node, size_t which, int role);
/* sum terms = the condition's source at `node` and k (femd_condition_kind.source); `free` = 1: = 0. */
FEMD_MUST_CHECK femd_status femd_ties_equation(const femd_field *field, femd_boundary *boundary, size_t which,
                                               const femd_tie_term *term, int n, int node, int k, int free,
                                               femd_error *err);
/* The nodes of role 0 move as a rigid body with the reference point at `about`. */
FEMD_MUST_CHECK femd_status femd_ties_rigid(const femd_field *field, femd_boundary *boundary, size_t which,
                                            const double about[FEMD_SPACE], femd_error *err);

/* All conditions have been placed: find out who follows whom. Collective. */
FEMD_MUST_CHECK femd_status femd_ties_create(const femd_field *field, femd_boundary *boundary, femd_error *err);
void femd_ties_destroy(femd_ties **ties);
/* 1 if the local entry follows others. */
int femd_ties_follows(const femd_ties *ties, size_t entry);
/* Number of rigid surfaces (0 without ties), and a tied node of one. */
int femd_ties_rigids(const femd_ties *ties);
int femd_ties_rigid_node(const femd_ties *ties, int rigid);
/* Every sum that ties keep, as held modes: see(user, node, component, coefficient) for each term, then see(user, -1,
 * ...) at the end of each. Node femd_ties_count() + k is rigid surface k with the components of its own: translation of
 * the mean of its nodes, rotation times its size. */
void femd_ties_held(const femd_ties *ties, void (*see)(void *user, int node, int component, double coefficient),
                    void *user);

/* What the ties prescribe at boundary->time. BAD_INPUT where they contradict each other. Collective. */
FEMD_MUST_CHECK femd_status femd_ties_set_time(const femd_field *field, femd_error *err);
/* Tied entries of the local values u (n) from those that they follow. Where they are so to the last bits, nothing is
 * changed. From then on these are the values that the functions below mean. Collective. */
FEMD_MUST_CHECK femd_status femd_ties_apply(const femd_field *field, double *u, femd_error *err);
/* R = T^T R for du = T dq at the values last applied: what acts on a tied entry acts on those that it follows. newton:
 * R is the residual there, whose moments stiffen rigid surfaces. Collective. */
FEMD_MUST_CHECK femd_status femd_ties_reduce(const femd_field *field, Vec R, int newton, femd_error *err);

/* For sums of what acts on a body: u (n, this rank's parts) where what acts on a tied entry stands at those that it
 * follows, prescribed ones too. Not for rigid surfaces. Collective. */
FEMD_MUST_CHECK femd_status femd_ties_carry(const femd_field *field, double *u, femd_error *err);

/* Where the reference point of the rigid surface of condition `which` is at the values last applied; 0: it is none. */
int femd_ties_point(const femd_ties *ties, size_t which, double point[FEMD_SPACE]);

/* T by rows of tied entries: global row, columns and coefficients (n <= FEMD_TIE_TERMS); row -1 behind the last. A row
 * that is an unknown itself (of a rigid surface) stands in for it as a column. place begins at 0. */
PetscInt femd_ties_column(const femd_ties *ties, size_t *place, PetscInt *column, double *coefficient, int *n);
/* Global entries whose columns of T are empty: they get a diagonal of their own. NULL-terminated by -1, place from 0.
 */
PetscInt femd_ties_empty(const femd_ties *ties, size_t *place);
/* Symmetric 3 x 3 block that a rigid surface adds at its three unknowns of rotation; 0 behind the last. */
int femd_ties_turning(const femd_ties *ties, int number, PetscInt at[3], double block[9]);

#endif
