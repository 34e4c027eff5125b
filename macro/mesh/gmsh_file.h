/* A Gmsh file as plain arrays: nodes, elements and the physical groups they are in. Formats 2.2 and 4.1, text and
 * binary. It knows the format and no finite element. */
#ifndef FEMD_GMSH_FILE_H
#define FEMD_GMSH_FILE_H

#include <stddef.h>

#include "case/case.h"

/* A line of $PhysicalNames. */
typedef struct femd_gmsh_name {
    int dim;
    long tag;
    char name[FEMD_NAME_MAX];
} femd_gmsh_name;

typedef struct femd_gmsh_element {
    long number; /* in the file */
    int type;    /* of Gmsh's table */
    int ngroups;
    size_t groups; /* first of its physical tags in `group`; a reversed surface has the tag of the others */
    size_t nodes;  /* first of its nodes in `node` */
} femd_gmsh_element;

/* A section $NodeData with one component. */
typedef struct femd_gmsh_view {
    char name[FEMD_NAME_MAX];
    double time;
    size_t n, *node; /* indices of nodes */
    double *value;
} femd_gmsh_view;

typedef struct femd_gmsh_file {
    double version;
    int has_entities; /* 4.1: the section that says who is in which group is there */
    size_t nnames, nnodes, nelements;
    femd_gmsh_name *name;
    double *x; /* nnodes x 3, in the order of the file */
    femd_gmsh_element *element;
    long *group;
    size_t *node; /* indices into x */
    size_t nviews;
    femd_gmsh_view *view; /* of femd_gmsh_read_views */
} femd_gmsh_file;

/* Dimension, number of nodes and name of an element type; 0 for one that is not known. */
int femd_gmsh_type(int type, int *dim, int *nodes, const char **name);

/* Read it all. BAD_INPUT with section and line for what is no Gmsh file, is damaged, or is of a kind that is not read
 * (partitioned meshes, other versions); the words begin with the cause, the caller puts the file's name before. */
FEMD_MUST_CHECK femd_status femd_gmsh_read(const char *path, femd_gmsh_file *file, femd_error *err);
/* The same with the values at nodes that stand in it. */
FEMD_MUST_CHECK femd_status femd_gmsh_read_views(const char *path, femd_gmsh_file *file, femd_error *err);
void femd_gmsh_clear(femd_gmsh_file *file);

#endif
