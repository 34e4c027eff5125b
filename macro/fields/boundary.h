/* What the boundary does to the nodes: prescribed displacement components, dead loads, reactions. */
#ifndef FEMD_BOUNDARY_H
#define FEMD_BOUNDARY_H

#include "element/element.h"
#include "fields/problem.h"

typedef struct femd_boundary {
    size_t nentries;
    int *entry;         /* 3 nnodes: the entry of the case's boundary that prescribes the component; -1 = free */
    double *value;      /* 3 nnodes: prescribed displacement at factor 1, m */
    double **force;     /* per entry: 3 nnodes, N at factor 1, this rank's faces; NULL for prescribed displacements */
    double *body;       /* 3 nnodes: of the body force at factor 1; NULL if there is none */
    double *prescribed; /* 3 nnodes: at the time of femd_boundary_set_time */
    double *applied;    /* 3 nnodes: loads at that time */
} femd_boundary;

/* Nodes of p must be there. gradient: unused points data is not touched. Collective. BAD_INPUT if two entries
 * contradict each other at a node, or if the supports leave the body free to move. */
FEMD_MUST_CHECK femd_status femd_boundary_create(femd_problem *p, const femd_element_table *t, femd_boundary **bc,
                                                 femd_error *err);
void femd_boundary_destroy(femd_boundary **bc);
/* Fill prescribed and applied. */
void femd_boundary_set_time(const femd_problem *p, femd_boundary *bc, double time);
/* Sum of unbalanced forces (this rank's parts, 3 nnodes) over each entry's components: nentries x 3, the same on all
 * ranks. Collective. */
FEMD_MUST_CHECK femd_status femd_boundary_reactions(const femd_problem *p, const femd_boundary *bc,
                                                    const double *unbalanced, double *reaction, femd_error *err);

#endif
