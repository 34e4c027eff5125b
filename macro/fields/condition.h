/* What an entry of the case's boundary does to one field. A kind of condition is a table of functions in a file of its
 * own (condition_NAME.c); the case's reader names it in its lists of loads, and nothing else asks which kinds there
 * are. */
#ifndef FEMD_CONDITION_H
#define FEMD_CONDITION_H

#include "fields/field.h"

typedef struct femd_boundary femd_boundary;
typedef struct femd_condition_kind femd_condition_kind;
typedef struct femd_tied_node femd_tied_node;

/* A side of a local cell whose load depends on where it is. */
typedef struct femd_followed_face {
    PetscInt cell;
    int side;
    size_t condition;
} femd_followed_face;

/* An entry of the case's boundary as one field takes it. */
typedef struct femd_condition {
    const femd_condition_kind *kind; /* NULL: not this field's */
    const femd_case_boundary *entry; /* its surface and its factor in time; borrowed */
    int has[FEMD_COMPONENTS];        /* which components are prescribed */
    double value[FEMD_COMPONENTS];   /* at factor 1 */
    const femd_function
        *function[FEMD_COMPONENTS]; /* instead of the value: not ramped, but times the table; borrowed */
    double offset[FEMD_SPACE];      /* for a kind that ties */
    const double *gradient;         /* value + gradient X, components x 3; NULL: uniform; borrowed */
    int steady;                     /* a value is not ramped either, but times the table */
} femd_condition;

/* Functions may be NULL where a kind has nothing to do. which: the number of the condition. Errors need not be the same
 * on all ranks. */
struct femd_condition_kind {
    const char *name;
    int prescribes; /* it holds entries of the field: there are reactions */
    int whole;      /* what it holds is not along the field's components: its reactions are all that its nodes carry */
    int paired; /* its nodes answer to others opposite: its reaction is all that they carry, whoever else holds them */
    int scalar; /* its value is one number: component 0 says all, the factor in time too */
    int spring; /* its load follows the field against it, as a spring does: symmetric, and it holds its faces' nodes */
    /* Which entries it holds; what it needs later. Called once, in the order of the conditions. */
    femd_status (*place)(const femd_field *field, femd_boundary *boundary, size_t which, femd_error *err);
    /* A kind that ties entries to others (ties.h): `place` marks its nodes; tie: its equations, on all ranks the same;
     * source: what the equation of number k at a node prescribes at boundary->time. */
    femd_status (*tie)(const femd_field *field, femd_boundary *boundary, size_t which, femd_error *err);
    femd_status (*source)(const femd_field *field, const femd_boundary *boundary, size_t which,
                          const femd_tied_node *node, int k, double *value, femd_error *err);
    /* *measure += what its load is spread over, this rank's part; boundary->measure has the sum over the ranks. */
    femd_status (*measure)(const femd_field *field, const femd_boundary *boundary, size_t which, double *measure,
                           femd_error *err);
    /* force (n, zero) += its load at boundary->time without its factor in time. Called once where nothing of it varies
     * with time. */
    femd_status (*load)(const femd_field *field, const femd_boundary *boundary, size_t which, double *force,
                        femd_error *err);
    /* A load that follows the field: force (n, zero) += it at the local values u and boundary->time; K (entries of the
     * cell squared) -= its derivative, for one of the faces that `place` has put into boundary->followed. */
    femd_status (*follow)(const femd_field *field, const femd_boundary *boundary, size_t which, const double *u,
                          double *force, femd_error *err);
    femd_status (*follow_stiffness)(const femd_field *field, const femd_boundary *boundary,
                                    const femd_followed_face *face, const double *u, double *K, femd_error *err);
};

/* Load per reference volume: no surface, entry is a ramp. */
extern const femd_condition_kind femd_condition_body;
/* Of the list of loads. */
#define FEMD_CONDITION_DECLARE(name, key, actor, faces, holds) extern const femd_condition_kind femd_condition_##actor;
FEMD_MECHANICAL_LIST(FEMD_CONDITION_DECLARE)
extern const femd_condition_kind femd_condition_convection, femd_condition_radiation,
    femd_condition_periodic_temperature;

/* Component a of the condition at position x and a time: with its factor, or without it (value at factor 1, which for
 * an expression is what stands before the table). BAD_INPUT where an expression gives no number. */
FEMD_MUST_CHECK femd_status femd_condition_at(const femd_case *cs, const femd_condition *condition, int a,
                                              const double x[FEMD_SPACE], double time, double *value, femd_error *err);
FEMD_MUST_CHECK femd_status femd_condition_before_factor(const femd_condition *condition, int a,
                                                         const double x[FEMD_SPACE], double time, double *value,
                                                         femd_error *err);
/* Its factor in time: the table, or the ramp; 1 for an expression without a table. */
double femd_condition_factor(const femd_case *cs, const femd_condition *condition, int a, double time);
/* 1 if its value without the factor changes with time. */
int femd_condition_varies(const femd_condition *condition);

/* For femd_condition_kind.place of a load that follows: its faces into boundary->followed. */
FEMD_MUST_CHECK femd_status femd_condition_follow_faces(const femd_field *field, femd_boundary *boundary, size_t which,
                                                        femd_error *err);

/* Called for each face of a surface that is a side of a local cell. */
typedef femd_status femd_face_visitor(void *user, PetscInt cell, int side, femd_error *err);
/* Called for each local node of the place of an entry. */
typedef femd_status femd_node_visitor(void *user, PetscInt node, femd_error *err);
FEMD_MUST_CHECK femd_status femd_visit_faces(const femd_grid *grid, const char *surface, femd_face_visitor *visit,
                                             void *user, femd_error *err);
FEMD_MUST_CHECK femd_status femd_visit_nodes(const femd_field *field, const femd_case_boundary *entry,
                                             femd_node_visitor *visit, void *user, femd_error *err);
/* Least distance of a local node from the positions of an entry, m. */
double femd_place_distance(const femd_grid *grid, const femd_case_boundary *entry);
/* Reference positions of the nodes of a side of a local cell. */
void femd_face_nodes_at(const femd_grid *grid, PetscInt cell, int side, double x[FEMD_FACE_NODES][FEMD_SPACE]);

#endif
