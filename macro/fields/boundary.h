/* What the boundary does to a field at its nodes: prescribed entries, loads, reactions. */
#ifndef FEMD_BOUNDARY_H
#define FEMD_BOUNDARY_H

#include "fields/condition.h"

struct femd_boundary {
    const femd_case *cs; /* borrowed */
    size_t nentries;     /* of the case's boundary: conditions that may have reactions */
    size_t nconditions;  /* one more if there is a load per volume, the last */
    femd_condition *condition;
    femd_case_boundary ramp; /* the entry of the load per volume */
    /* n = entries of the field on this rank */
    int *entry;    /* n: the condition that prescribes the entry; -1 = free */
    int *sharers;  /* n: how many conditions prescribe the entry */
    double *value; /* n: prescribed value at factor 1; 0 if it is an expression */
    /* per condition: n, without its factor in time, this rank's faces; NULL for one that is no load. What follows the
     * field has its factor in it, at the values last given to femd_boundary_follow. */
    double **force;
    struct femd_ties *ties; /* of ties.h; owned; NULL if no entry follows others */
    int *tied_by;           /* n: the condition that ties the entry; -1 */
    double near;            /* a node within it is at a position, m */
    double *measure;        /* per condition: what its load is spread over, all ranks */
    int follows;            /* there are loads that follow the field */
    int unsymmetric;        /* ... whose derivative is not symmetric */
    size_t nfollowed;       /* their faces here, ascending by cell */
    femd_followed_face *followed;
    size_t placing;     /* for femd_condition_kind.place */
    double time;        /* of femd_boundary_set_time */
    double *prescribed; /* n: at that time */
    double *applied;    /* n: loads at that time; those that follow, as of femd_boundary_follow */
};

/* Give the field its boundary. conditions: one for each entry of the case's boundary, copied. body: its load per
 * reference volume (its entry is not looked at); NULL = none. Collective. BAD_INPUT if two entries contradict each
 * other at a node, or if a mode of the field is left free. */
FEMD_MUST_CHECK femd_status femd_boundary_create(femd_field *field, const femd_case *cs,
                                                 const femd_condition *conditions, size_t n, const femd_condition *body,
                                                 femd_error *err);
/* BAD_INPUT if a mode of the field is left free at the time set, at which what holds it by an expression may be
 * nothing. Collective. */
FEMD_MUST_CHECK femd_status femd_boundary_check_springs(const femd_field *field, femd_error *err);
void femd_boundary_destroy(femd_boundary **boundary);
/* Fill prescribed and applied, without loads that follow. BAD_INPUT where an expression gives no number. Collective. */
FEMD_MUST_CHECK femd_status femd_boundary_set_time(femd_field *field, double time, femd_error *err);
/* applied with the loads that follow the field, at its local values u (n). Nothing to do where there are none.
 * Collective. */
FEMD_MUST_CHECK femd_status femd_boundary_follow(femd_field *field, const double *u, femd_error *err);
/* From values in jump (n) to what the time set makes of prescribed entries, and of tied ones where those that they
 * follow stay; 0 elsewhere. Collective. */
FEMD_MUST_CHECK femd_status femd_boundary_jump(const femd_field *field, double *jump, femd_error *err);
/* Add the derivative of minus these loads to the matrix of a local cell. */
void femd_boundary_follow_stiffness(const femd_field *field, PetscInt cell, const double *u, double *K);
/* Factor of entry i of a condition's load at the time set. */
double femd_boundary_factor(const femd_field *field, size_t condition, size_t i);
/* Integral of shape function x flux of the field through one side of a local cell, from outside into the body: out
 * (nodes of the face x components). self: the caller's. NULL where a
 * field has none: shared entries are then cut in equal parts. */
typedef void femd_face_flux(const void *self, PetscInt cell, int side, double *out);
/* reaction: sum of the unbalanced entries (this rank's parts, n) over each condition's components: entries of the
 * case's boundary x components, the same on all ranks. moment (entries x 3; NULL: not wanted, u then too): of the same
 * about the origin, where the nodes are at the local values u, of a field whose components are those of space. An entry
 * that several conditions prescribe gives each of them what flows through its own faces, and what that leaves to all in
 * equal parts, so that the sum over the conditions is that of the entries. Collective. */
FEMD_MUST_CHECK femd_status femd_boundary_reactions(const femd_field *field, const double *unbalanced,
                                                    femd_face_flux *flux, const void *self, const double *u,
                                                    double *reaction, double *moment, femd_error *err);
/* load (conditions x 6): force and moment about the origin of each load as it is in boundary->force, the nodes being at
 * the local values u, of a field whose components are those of space. Zero where a condition is no load. Collective. */
FEMD_MUST_CHECK femd_status femd_boundary_loads(const femd_field *field, const double *u, double *load,
                                                femd_error *err);
/* The largest resultant of a load and, from the unbalanced entries, of the reactions of a condition whose values are
 * not zero: what loads or moves the body at the time set. The couple of a clamp is not in it. Where none of them has a
 * resultant (a twist, a pressure all around), the largest norm of the nodal forces of one. 0 if nothing loads or moves
 * the body. Collective. */
FEMD_MUST_CHECK femd_status femd_boundary_drive(femd_field *field, const double *unbalanced, double *drive,
                                                femd_error *err);

#endif
