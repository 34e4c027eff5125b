/* The tree of boxes; see box_tree.h. Halves differ by one entry at most, so that all leaves are at the last two depths
 * and the nodes lie in one array. */
#include "mesh/box_tree.h"

#include <stdlib.h>

enum { LEAF = 4 };

void femd_box_extend(femd_box *box, const double low[3], const double high[3]) {
    for (int a = 0; a < 3; ++a) {
        box->low[a] = low[a] < box->low[a] ? low[a] : box->low[a];
        box->high[a] = high[a] > box->high[a] ? high[a] : box->high[a];
    }
}

int femd_boxes_meet(const femd_box *p, const femd_box *q) {
    return p->low[0] < q->high[0] && q->low[0] < p->high[0] && p->low[1] < q->high[1] && q->low[1] < p->high[1] &&
           p->low[2] < q->high[2] && q->low[2] < p->high[2];
}

/* Twice the middle of an entry's box along an axis. */
static double box_tree_key(const femd_box_tree *tree, int entry, int axis) {
    return tree->box[entry].low[axis] + tree->box[entry].high[axis];
}

/* The m least of n entries along an axis come first (Hoare's quickselect). */
static void box_tree_split(const femd_box_tree *tree, int *order, int n, int m, int axis) {
    int left = 0, right = n - 1;
    while (left < right) {
        const double pivot = box_tree_key(tree, order[left + (right - left) / 2], axis);
        int i = left, j = right;
        while (i <= j) {
            while (box_tree_key(tree, order[i], axis) < pivot) ++i;
            while (box_tree_key(tree, order[j], axis) > pivot) --j;
            if (i <= j) {
                const int keep = order[i];
                order[i++] = order[j];
                order[j--] = keep;
            }
        }
        if (m <= j)
            right = j;
        else if (m >= i)
            left = i;
        else
            return;
    }
}

static void box_tree_build(femd_box_tree *tree, size_t node, int first, int n) {
    femd_box *box = &tree->node[node];
    int axis = 0;
    *box = femd_box_nothing;
    for (int i = first; i < first + n; ++i)
        femd_box_extend(box, tree->box[tree->order[i]].low, tree->box[tree->order[i]].high);
    if (n <= LEAF) return;
    for (int a = 1; a < 3; ++a)
        if (box->high[a] - box->low[a] > box->high[axis] - box->low[axis]) axis = a;
    box_tree_split(tree, tree->order + first, n, n / 2, axis);
    box_tree_build(tree, 2 * node + 1, first, n / 2);
    box_tree_build(tree, 2 * node + 2, first + n / 2, n - n / 2);
}

femd_status femd_box_tree_init(femd_box_tree *tree, const femd_box *box, int n, femd_error *err) {
    size_t nodes = 1, leaves = 1;
    while (leaves * LEAF < (size_t)n) leaves *= 2, nodes += leaves;
    *tree = (femd_box_tree){.box = box, .n = n};
    tree->node = malloc(nodes * sizeof *tree->node);
    tree->order = malloc(((size_t)n + 1) * sizeof *tree->order);
    if (!tree->node || !tree->order) {
        femd_box_tree_clear(tree);
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for a tree of %d boxes", n);
    }
    for (int i = 0; i < n; ++i) tree->order[i] = i;
    box_tree_build(tree, 0, 0, n);
    return FEMD_OK;
}

void femd_box_tree_clear(femd_box_tree *tree) {
    free(tree->node);
    free(tree->order);
    *tree = (femd_box_tree){0};
}

int femd_box_tree_find(const femd_box_tree *tree, const femd_box *box, int (*is_it)(void *user, int entry),
                       void *user) {
    struct {
        size_t node;
        int first, n;
    } stack[64] = {{0, 0, tree->n}}, now;
    for (int depth = 1; depth > 0;) {
        now = stack[--depth];
        if (!femd_boxes_meet(box, &tree->node[now.node])) continue;
        if (now.n > LEAF) {
            stack[depth].node = 2 * now.node + 1, stack[depth].first = now.first, stack[depth++].n = now.n / 2;
            stack[depth].node = 2 * now.node + 2, stack[depth].first = now.first + now.n / 2;
            stack[depth++].n = now.n - now.n / 2;
            continue;
        }
        for (int i = now.first; i < now.first + now.n; ++i) {
            const int entry = tree->order[i];
            if (femd_boxes_meet(box, &tree->box[entry]) && is_it(user, entry)) return entry;
        }
    }
    return -1;
}
