/* Nodes of a Gmsh file, and finding them by their tags. */
#include <stdlib.h>

#include "mesh/gmsh_scan_private.h"

static int nodes_by_tag(const void *a, const void *b) {
    const struct gmsh_tag *p = a, *q = b;
    return (p->tag > q->tag) - (p->tag < q->tag);
}

static femd_status nodes_allocate(gmsh_scan *s, size_t n, femd_error *err) {
    free(s->node_tag);
    free(s->out->x);
    s->out->nnodes = n;
    s->node_tag = calloc(n + 1, sizeof *s->node_tag);
    s->out->x = calloc(3 * n + 1, sizeof *s->out->x);
    return s->node_tag && s->out->x ? FEMD_OK : gmsh_scan_no_memory(err);
}

/* 2.2: "tag x y z" each; parametric ones have more on their line. */
femd_status gmsh_take_nodes_old(gmsh_scan *s, int parametric, femd_error *err) {
    size_t n;
    if (parametric && s->binary)
        return gmsh_scan_fail(s, err,
                              "parametric coordinates in a binary file; save it without (Mesh.SaveParametric = 0)");
    FEMD_TRY(nodes_allocate(s, 0, err));
    const int binary = s->binary;
    s->binary = 0;
    gmsh_scan_next_line(s);
    FEMD_TRY(gmsh_scan_count(s, 0, &n, err));
    gmsh_scan_line_must_end(s);
    if (s->broken) return gmsh_scan_fail(s, err, "no number of nodes");
    gmsh_scan_next_line(s);
    s->binary = binary;
    FEMD_TRY(nodes_allocate(s, n, err));
    for (size_t i = 0; i < n && !s->broken; ++i) {
        s->node_tag[i] = gmsh_scan_integer(s, 0);
        for (int a = 0; a < 3; ++a) s->out->x[3 * i + a] = gmsh_scan_real(s);
        if (parametric)
            gmsh_scan_next_line(s);
        else
            gmsh_scan_line_must_end(s);
    }
    s->read = 1;
    return s->broken ? gmsh_scan_fail(s, err, "no number where a node should be") : FEMD_OK;
}

/* 4.1: blocks of tags, then of positions with their parameters. */
femd_status gmsh_take_nodes_new(gmsh_scan *s, femd_error *err) {
    size_t blocks, n, done = 0, here;
    gmsh_scan_next_line(s);
    FEMD_TRY(gmsh_scan_count(s, 1, &blocks, err));
    FEMD_TRY(gmsh_scan_count(s, 1, &n, err));
    (void)gmsh_scan_integer(s, 1);
    (void)gmsh_scan_integer(s, 1);
    FEMD_TRY(nodes_allocate(s, n, err));
    for (size_t b = 0; b < blocks; ++b) {
        const long dim = gmsh_scan_integer(s, 0);
        (void)gmsh_scan_integer(s, 0);
        const long extra = gmsh_scan_integer(s, 0) ? dim : 0;
        FEMD_TRY(gmsh_scan_count(s, 1, &here, err));
        if (here > n - done || extra < 0 || extra > 3) return gmsh_scan_fail(s, err, "more nodes than it says");
        for (size_t i = 0; i < here; ++i) s->node_tag[done + i] = gmsh_scan_integer(s, 1);
        for (size_t i = 0; i < here && !s->broken; ++i) {
            for (int a = 0; a < 3; ++a) s->out->x[3 * (done + i) + a] = gmsh_scan_real(s);
            for (long a = 0; a < extra; ++a) (void)gmsh_scan_real(s);
            gmsh_scan_line_must_end(s);
        }
        done += here;
    }
    if (s->broken) return gmsh_scan_fail(s, err, "no number where a node should be");
    if (done < n) return gmsh_scan_fail(s, err, "fewer nodes than it says");
    s->read = 1;
    return FEMD_OK;
}

femd_status gmsh_sort_nodes(gmsh_scan *s, femd_error *err) {
    const size_t n = s->out->nnodes;
    size_t i = 0;
    while (i < n && s->node_tag[i] == s->node_tag[0] + (long)i) ++i;
    if (i == n) return FEMD_OK;
    s->sorted = malloc((n + 1) * sizeof *s->sorted);
    if (!s->sorted) return gmsh_scan_no_memory(err);
    for (i = 0; i < n; ++i) s->sorted[i] = (struct gmsh_tag){s->node_tag[i], i};
    qsort(s->sorted, n, sizeof *s->sorted, nodes_by_tag);
    for (i = 1; i < n; ++i)
        if (s->sorted[i].tag == s->sorted[i - 1].tag)
            return femd_fail(err, FEMD_BAD_INPUT, "%s: node %ld is there twice", s->section, s->sorted[i].tag);
    return FEMD_OK;
}

size_t gmsh_node(const gmsh_scan *s, long tag) {
    const size_t n = s->out->nnodes;
    if (!s->sorted)
        return n > 0 && tag >= s->node_tag[0] && tag - s->node_tag[0] < (long)n ? (size_t)(tag - s->node_tag[0]) : n;
    const struct gmsh_tag key = {tag, 0}, *hit = bsearch(&key, s->sorted, n, sizeof key, nodes_by_tag);
    return hit ? hit->index : n;
}
