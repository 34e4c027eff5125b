/* What the boundary does to a field at its nodes: prescribed entries, dead loads, reactions. */
#ifndef FEMD_BOUNDARY_H
#define FEMD_BOUNDARY_H

#include "fields/field.h"

typedef enum femd_condition_kind {
    FEMD_CONDITION_NONE,  /* not this field's */
    FEMD_CONDITION_VALUE, /* prescribes entries of the field */
    FEMD_CONDITION_FLUX,  /* value per reference area, into each component */
    FEMD_CONDITION_NORMAL /* value[0] per reference area against the outward normal; a field with three components */
} femd_condition_kind;

/* An entry of the case's boundary as one field takes it. */
typedef struct femd_condition {
    femd_condition_kind kind;
    const femd_case_boundary *entry; /* its surface and its factor in time; borrowed */
    int has[FEMD_COMPONENTS];        /* VALUE: which components are prescribed */
    double value[FEMD_COMPONENTS];   /* at factor 1 */
    const double *gradient;          /* VALUE: value + gradient X, components x 3; NULL: uniform; borrowed */
} femd_condition;

typedef struct femd_boundary {
    const femd_case *cs; /* borrowed */
    size_t nentries;
    femd_condition *condition;
    /* n = entries of the field on this rank */
    int *entry;         /* n: the condition that prescribes the entry; -1 = free */
    int *sharers;       /* n: how many conditions prescribe the entry */
    double *value;      /* n: prescribed value at factor 1 */
    double **force;     /* per condition: n, at factor 1, this rank's faces; NULL for one that is no load */
    double *body;       /* n: of the load per volume at factor 1; NULL if there is none */
    double time;        /* of femd_boundary_set_time */
    double *prescribed; /* n: at that time */
    double *applied;    /* n: loads at that time */
} femd_boundary;

/* Give the field its boundary. conditions: one for each entry of the case's boundary, copied. body: load per reference
 * volume (components), ramped like an entry without a table; NULL = none. Collective. BAD_INPUT if two entries
 * contradict each other at a node, or if a mode of the field is left free. */
FEMD_MUST_CHECK femd_status femd_boundary_create(femd_field *field, const femd_case *cs,
                                                 const femd_condition *conditions, size_t n, const double *body,
                                                 femd_error *err);
void femd_boundary_destroy(femd_boundary **boundary);
/* Fill prescribed and applied. */
void femd_boundary_set_time(const femd_field *field, double time);
/* Integral of shape function x flux of the field through one side of a local cell, from outside into the body: out
 * (nodes of the face x components). self: the caller's. NULL where a
 * field has none: shared entries are then cut in equal parts. */
typedef void femd_face_flux(const void *self, PetscInt cell, int side, double *out);
/* Sum of the unbalanced entries (this rank's parts, n) over each condition's components: conditions x components, the
 * same on all ranks. An entry that several conditions prescribe gives each of them what flows through its own faces,
 * and what that leaves to all in equal parts, so that the sum over the conditions is that of the entries. Collective.
 */
FEMD_MUST_CHECK femd_status femd_boundary_reactions(const femd_field *field, const double *unbalanced,
                                                    femd_face_flux *flux, const void *self, double *reaction,
                                                    femd_error *err);
/* The largest resultant of a load and, from the unbalanced entries, of the reactions of a condition whose values are
 * not zero: what loads or moves the body at the time set. The couple of a clamp is not in it. 0 if nothing does.
 * Collective. */
FEMD_MUST_CHECK femd_status femd_boundary_drive(const femd_field *field, const double *unbalanced, double *drive,
                                                femd_error *err);

#endif
