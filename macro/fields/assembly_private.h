/* What the assembly of a matrix knows; for its own files alone. */
#ifndef FEMD_ASSEMBLY_PRIVATE_H
#define FEMD_ASSEMBLY_PRIVATE_H

#include "fields/assembly.h"

/* A row of nodes that this rank touches and another owns; `first` counts columns of all ghost rows before it. */
typedef struct ghost_row {
    PetscInt node, global;
    int owner;
    size_t first;
    PetscInt n; /* columns */
} ghost_row;

/* Rows of this rank in PETSc's format of compressed rows. */
typedef struct femd_assembly_part {
    Mat matrix;                     /* NULL: there is none */
    const PetscInt *start, *column; /* of the rows; columns ascend */
    double *value;
} femd_assembly_part;

struct femd_assembly {
    const femd_field *field; /* borrowed */
    const femd_grid *grid;
    int components, block; /* entries of a node; values of a pair of nodes: components squared */
    PetscInt *global;      /* nnodes: node number in the matrix */
    PetscInt *row_of;      /* nnodes: ghost row, -1 = owned */
    size_t nrows, ncolumns;
    ghost_row *row;   /* in the order of owner, then of global */
    PetscInt *column; /* ncolumns: local nodes, assembly_ascending in each row */
    double *value;    /* block per column: row-major, components x (components n) for each row */
    size_t nvalues;
    /* exchange: per rank, doubles */
    int *nsend, *sfirst, *nrecv, *rfirst;
    size_t nin;                          /* rows that come in, in the order of the ranks */
    PetscInt *in_row, *in_n, *in_column; /* global nodes */
    double *in_value;
    /* where values go in a matrix whose pattern is there */
    PetscInt *place;        /* nnodes: first column of the node in the part of the matrix that has it */
    char *is_far;           /* nnodes: it is the second part, since another rank owns the node */
    femd_assembly_part own; /* columns of this rank's nodes */
    femd_assembly_part far; /* of the others */
    int direct;             /* the parts can be written to */
};

femd_status femd_assembly_no_memory(femd_error *err);

#endif
