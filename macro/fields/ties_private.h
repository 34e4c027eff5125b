/* Shared by the files ties*.c only. */
#ifndef FEMD_TIES_PRIVATE_H
#define FEMD_TIES_PRIVATE_H

#include "fields/boundary.h"
#include "fields/ties.h"

/* u_tied = sum coefficient x column. Columns below components x nodes are entries, the others sources. */
typedef struct tie_row {
    int tied, n, *column;
    double *coefficient;
} tie_row;

/* A number that a tie prescribes at a time. */
typedef struct tie_source {
    size_t which;
    int node, k, free;
} tie_source;

/* Its equation, kept for what it holds. */
typedef struct tie_equation {
    int n, free;
    femd_tie_term term[6];
} tie_equation;

typedef struct tie_rigid {
    size_t which;
    int n, *node;
    double about[FEMD_SPACE], mean[FEMD_SPACE], length; /* reference point; mean of the nodes; size, m */
    int moves[6];                                       /* unknowns: translations of the point, rotations */
    int hinge;                                          /* axis of the one free rotation; -1 */
    double target[6];                                   /* prescribed at the time: displacement, rotation vector */
    double now[FEMD_SPACE], turn[9];                    /* where the point is; rotation */
    double stiffness[9];                                /* of the moments */
} tie_rigid;

struct femd_ties {
    uint64_t *mark; /* per local node while conditions are placed */
    int components; /* of the field: entry = components x node + component */
    int nnodes;
    femd_tied_node *node;
    int nrows, nsources, nequations, nrigid, nchecks;
    tie_row *row, *check; /* check: sums that must vanish */
    tie_source *source;
    tie_equation *equation;
    tie_rigid *rigid;
    int *row_of;      /* components x nodes: -1 */
    int *used;        /* components x nodes: a row follows it */
    uint8_t *follows; /* n */
    double *value;    /* components x nodes: to work in */
    double *known;    /* sources at the time */
};

/* ties_nodes.c: all ranks get all marked nodes, in the order of the mesh file. Collective. */
FEMD_MUST_CHECK femd_status ties_nodes_share(const femd_field *field, femd_boundary *boundary, femd_error *err);

/* ties_rigid.c. At values of the tied nodes (3 x nodes): the motion that fits them best, with what is prescribed; their
 * values are put on it unless they are there to the last bits. */
void ties_rigid_fit(const femd_ties *ties, tie_rigid *rigid, double *value);
FEMD_MUST_CHECK femd_status ties_rigid_target(const femd_field *field, tie_rigid *rigid, femd_error *err);
/* Arm of tied node i of it about the point, as turned now. */
void ties_rigid_arm(const femd_ties *ties, const tie_rigid *rigid, int i, double arm[FEMD_SPACE]);
/* Force of the nodes into the six unknowns; stiffness of the moments if it is asked. */
void ties_rigid_reduce(const femd_ties *ties, tie_rigid *rigid, double *force, int newton);

#endif
