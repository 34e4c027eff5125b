/* What the JSON files of proto/ share: a walk over a tree without recursion. Private to them. */
#ifndef FEMD_JSON_WALK_H
#define FEMD_JSON_WALK_H

#include "femd/json.h"

/* Depth-first walk without recursion. stack[0..depth] is the way from the root to the node that is visited. */
typedef struct walk {
    const cJSON *stack[FEMD_JSON_MAX_DEPTH + 2];
    int depth;
} walk;

static inline const cJSON *walk_first(walk *w, const cJSON *root) {
    w->depth = 0;
    return w->stack[0] = root;
}

/* The next node in document order, NULL at the end. Nodes below the depth limit are not visited. */
static inline const cJSON *walk_next(walk *w) {
    const cJSON *node = w->stack[w->depth];
    if (node->child && w->depth <= FEMD_JSON_MAX_DEPTH) return w->stack[++w->depth] = node->child;
    while (w->depth > 0) {
        node = w->stack[w->depth]->next;
        if (node) return w->stack[w->depth] = node;
        w->depth--;
    }
    return NULL;
}

#endif
