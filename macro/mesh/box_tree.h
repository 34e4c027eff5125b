/* Boxes along the axes and a tree of them: which of many a box meets is found without looking at all. Owns the tree,
 * never what is in the boxes. */
#ifndef FEMD_BOX_TREE_H
#define FEMD_BOX_TREE_H

#include <math.h>

#include "femd/error.h"

typedef struct femd_box {
    double low[3], high[3];
} femd_box;

static const femd_box femd_box_nothing = {{INFINITY, INFINITY, INFINITY}, {-INFINITY, -INFINITY, -INFINITY}};

/* The least box that holds both, of which one may be a place (low == high). */
void femd_box_extend(femd_box *box, const double low[3], const double high[3]);
/* 1 if they share more than their sides. */
int femd_boxes_meet(const femd_box *p, const femd_box *q);

typedef struct femd_box_tree {
    const femd_box *box; /* borrowed: of each entry */
    femd_box *node;      /* the children of i are 2 i + 1 and 2 i + 2 */
    int *order;          /* entries, each node's side by side */
    int n;
} femd_box_tree;

/* Over n boxes, which stay where they are until the tree is cleared. NO_MEMORY leaves nothing to clear. */
FEMD_MUST_CHECK femd_status femd_box_tree_init(femd_box_tree *tree, const femd_box *box, int n, femd_error *err);
void femd_box_tree_clear(femd_box_tree *tree);
/* The first entry, in the order of the tree, that meets the box and of which `is_it` says 1; -1: none. */
int femd_box_tree_find(const femd_box_tree *tree, const femd_box *box, int (*is_it)(void *user, int entry), void *user);

#endif
