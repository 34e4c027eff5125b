/* A Gmsh file as it is walked: its text, and what its sections have said so far. Private to the reader of it. */
#ifndef FEMD_GMSH_SCAN_PRIVATE_H
#define FEMD_GMSH_SCAN_PRIVATE_H

#include "mesh/gmsh_file.h"

typedef struct gmsh_scan {
    char *text; /* NUL behind the last byte */
    size_t size;
    const char *at;
    const char *section; /* for words */
    int binary;
    int broken; /* a number was asked for and not there */
    int views;  /* values at nodes are wanted */
    int read;   /* the section has been read to the last of the things that it says it has */
    femd_gmsh_file *out;
    /* 4.1: physical tags of the entities, in out->group */
    struct gmsh_entity {
        int dim;
        long tag;
        size_t groups;
        int ngroups;
    } * entity;
    size_t nentities, ngroups, group_room;
    long *node_tag;
    struct gmsh_tag {
        long tag;
        size_t index;
    } * sorted; /* node tags in rising order; NULL while they are consecutive */
} gmsh_scan;

/* BAD_INPUT with the section, in text with the line, and what is wrong. */
femd_status gmsh_scan_fail(const gmsh_scan *s, femd_error *err, const char *what);
femd_status gmsh_scan_no_memory(femd_error *err);
/* The whole file in memory; lines that end with a carriage return alone, as all of them, end with a line feed then. The
 * caller frees s->text. */
FEMD_MUST_CHECK femd_status gmsh_scan_load(const char *path, gmsh_scan *s, femd_error *err);
int gmsh_scan_ended(const gmsh_scan *s);
void gmsh_scan_next_line(gmsh_scan *s);
/* 1 if the line begins with this word. */
int gmsh_scan_is(const gmsh_scan *s, const char *word);
/* The next n bytes; NULL, and s->broken, if there are fewer. */
const char *gmsh_scan_bytes(gmsh_scan *s, size_t n);
/* A whole number: 4 bytes, or 8 where the format has a size. 0, and s->broken, if there is none. */
long gmsh_scan_integer(gmsh_scan *s, int wide);
/* A finite number; else s->broken. */
double gmsh_scan_real(gmsh_scan *s);
/* Text: a line holds one thing. Numbers that are missing or too many would shift all that follows. */
void gmsh_scan_line_must_end(gmsh_scan *s);
/* A number of things, each of which takes at least a byte. */
FEMD_MUST_CHECK femd_status gmsh_scan_count(gmsh_scan *s, int wide, size_t *n, femd_error *err);
/* A list with room for one more; NULL without memory. */
void *gmsh_scan_grown(void *list, size_t n, size_t size);
/* One more physical tag in out->group. */
FEMD_MUST_CHECK femd_status gmsh_scan_group(gmsh_scan *s, long tag, femd_error *err);

/* $Nodes of formats 2.2 and 4.1, and then what finds a node by its tag. */
FEMD_MUST_CHECK femd_status gmsh_take_nodes_old(gmsh_scan *s, int parametric, femd_error *err);
FEMD_MUST_CHECK femd_status gmsh_take_nodes_new(gmsh_scan *s, femd_error *err);
FEMD_MUST_CHECK femd_status gmsh_sort_nodes(gmsh_scan *s, femd_error *err);
/* Index of a node by its tag, nnodes if there is none. */
size_t gmsh_node(const gmsh_scan *s, long tag);
/* $Elements of formats 2.2 and 4.1. */
FEMD_MUST_CHECK femd_status gmsh_take_elements_old(gmsh_scan *s, femd_error *err);
FEMD_MUST_CHECK femd_status gmsh_take_elements_new(gmsh_scan *s, femd_error *err);
/* $NodeData: one more view, if it has one component. */
FEMD_MUST_CHECK femd_status gmsh_take_view(gmsh_scan *s, femd_error *err);

#endif
