/* Which cells hang together: by the nodes that they share, by the faces that they share. Serial: it runs on rank 0. */
#include <stdlib.h>
#include <string.h>

#include "mesh/mesh.h"
#include "mesh/mesh_sides.h"

/* The vertex that stands for the set of v; the way there is made shorter (Tarjan 1975, path halving). */
static int parts_root(int *parent, int v) {
    while (parent[v] != v) v = parent[v] = parent[parent[v]];
    return v;
}

femd_status femd_mesh_parts(const femd_mesh *mesh, int *part, int *nparts, femd_error *err) {
    int *parent = malloc(((size_t)mesh->nvertices + 1) * sizeof *parent);
    int *of_root = malloc(((size_t)mesh->nvertices + 1) * sizeof *of_root);
    *nparts = 0;
    if (!parent || !of_root) {
        free(parent);
        free(of_root);
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for the mesh");
    }
    for (int v = 0; v < mesh->nvertices; ++v) parent[v] = v, of_root[v] = -1;
    for (int c = 0; c < mesh->ncells; ++c)
        for (int i = 1; i < mesh->corners; ++i) {
            const int a = parts_root(parent, mesh->cell[mesh->corners * c]),
                      b = parts_root(parent, mesh->cell[mesh->corners * c + i]);
            if (a != b) parent[a > b ? a : b] = a < b ? a : b;
        }
    for (int c = 0; c < mesh->ncells; ++c) {
        int *number = &of_root[parts_root(parent, mesh->cell[mesh->corners * c])];
        if (*number < 0) *number = (*nparts)++;
        part[c] = *number;
    }
    free(parent);
    free(of_root);
    return FEMD_OK;
}

enum { PARTS_FAN = 10000 }; /* cells at a node: whose boxes meet is compared pair by pair, for some 5 s */

femd_status femd_mesh_check_fan(const femd_case *cs, const femd_mesh *mesh, femd_error *err) {
    const double scale = cs->mesh.scale > 0 ? cs->mesh.scale : 1, *x;
    int *cells = calloc((size_t)mesh->nvertices + 1, sizeof *cells), most = 0;
    if (!cells) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the mesh");
    for (size_t i = 0; i < (size_t)mesh->corners * (size_t)mesh->ncells; ++i)
        if (++cells[mesh->cell[i]] > cells[most]) most = mesh->cell[i];
    const int n = cells[most];
    free(cells);
    if (n <= PARTS_FAN) return FEMD_OK;
    x = mesh->x + 3 * (size_t)most;
    return femd_fail(err, FEMD_BAD_INPUT,
                     "%s: mesh: %d cells of %s have one node in common, at (%.6g, %.6g, %.6g) of the file; at most %d "
                     "are taken: mesh the place with cells that are no such needles",
                     cs->path, n, mesh->title, x[0] / scale, x[1] / scale, x[2] / scale, PARTS_FAN);
}

/* ---- by faces ---- */

/* body[cell]: the first cell of those that hang together by faces. */
static femd_status joints_find_bodies(const femd_mesh *mesh, const femd_cell *cell, int *body, femd_error *err) {
    femd_mesh_side *side = NULL;
    size_t n;
    FEMD_TRY(femd_mesh_sides(mesh, cell, &side, &n, err));
    for (int c = 0; c < mesh->ncells; ++c) body[c] = c;
    for (size_t i = 0, next; i < n; i = next) {
        next = femd_mesh_sides_next(side, n, i);
        for (size_t k = i + 1; k < next; ++k) {
            const int a = parts_root(body, side[i].cell), b = parts_root(body, side[k].cell);
            if (a != b) body[a > b ? a : b] = a < b ? a : b;
        }
    }
    free(side);
    for (int c = 0; c < mesh->ncells; ++c) body[c] = parts_root(body, c);
    return FEMD_OK;
}

femd_status femd_mesh_joints(const femd_mesh *mesh, const femd_cell *cell, femd_mesh_joint *joint, femd_error *err) {
    int *body = malloc(((size_t)mesh->ncells + 1) * sizeof *body),
        *of_vertex = malloc(((size_t)mesh->nvertices + 1) * sizeof *of_vertex), first = mesh->nvertices;
    char *hung = calloc((size_t)mesh->ncells + 1, 1), *counted = calloc((size_t)mesh->nvertices + 1, 1);
    femd_status rc = body && of_vertex && hung && counted ? joints_find_bodies(mesh, cell, body, err)
                                                          : femd_fail(err, FEMD_NO_MEMORY, "no memory for the mesh");
    memset(joint, 0, sizeof *joint);
    for (int v = 0; rc == FEMD_OK && v < mesh->nvertices; ++v) of_vertex[v] = -1;
    for (int i = 0; rc == FEMD_OK && i < mesh->corners * mesh->ncells; ++i) {
        const int v = mesh->cell[i], b = body[i / mesh->corners];
        if (of_vertex[v] < 0) of_vertex[v] = b;
        if (of_vertex[v] == b) continue;
        hung[of_vertex[v]] = hung[b] = 1;
        joint->nodes += !counted[v];
        counted[v] = 1;
        if (v < first) first = v;
    }
    for (int c = 0; rc == FEMD_OK && c < mesh->ncells; ++c) joint->bodies += hung[c];
    if (joint->nodes > 0) memcpy(joint->x, mesh->x + 3 * (size_t)first, sizeof joint->x);
    free(body);
    free(of_vertex);
    free(hung);
    free(counted);
    return rc;
}

/* One more joint at vertex v; twice the room where it is full. */
static femd_status hinges_add(const femd_mesh *mesh, int v, int one, int other, femd_mesh_hinge **hinge, int *n,
                              femd_error *err) {
    const int at = *n;
    if ((at & (at - 1)) == 0) { /* 0 or a power of two */
        femd_mesh_hinge *grown = realloc(*hinge, (at ? 2 * (size_t)at : 1) * sizeof *grown);
        if (!grown) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the mesh");
        *hinge = grown;
    }
    (*hinge)[at] = (femd_mesh_hinge){.body = {one, other}};
    memcpy((*hinge)[at].x, mesh->x + 3 * (size_t)v, sizeof(*hinge)[at].x);
    ++*n;
    return FEMD_OK;
}

/* Cells by vertex: entry first[v] to first[v + 1] of cell. */
static void hinges_sort(const femd_mesh *mesh, int *first, int *cell) {
    const int entries = mesh->corners * mesh->ncells;
    for (int i = 0; i < entries; ++i) ++first[mesh->cell[i] + 1];
    for (int v = 0; v < mesh->nvertices; ++v) first[v + 1] += first[v];
    for (int i = entries - 1; i >= 0; --i) cell[--first[mesh->cell[i] + 1]] = i / mesh->corners;
    for (int v = 0; v < mesh->nvertices; ++v) first[v] = first[v + 1];
    first[mesh->nvertices] = entries;
}

femd_status femd_mesh_hinges(const femd_mesh *mesh, const femd_cell *shape, int *body, int *nbodies,
                             femd_mesh_hinge **hinge, int *n, femd_error *err) {
    int *first = calloc((size_t)mesh->nvertices + 2, sizeof *first),
        *cell = malloc(((size_t)mesh->corners * (size_t)mesh->ncells + 1) * sizeof *cell),
        *number = malloc(((size_t)mesh->ncells + 1) * sizeof *number),
        *seen = malloc(((size_t)mesh->ncells + 1) * sizeof *seen);
    *nbodies = *n = 0;
    *hinge = NULL;
    femd_status rc = first && cell && number && seen ? joints_find_bodies(mesh, shape, body, err)
                                                     : femd_fail(err, FEMD_NO_MEMORY, "no memory for the mesh");
    for (int c = 0; rc == FEMD_OK && c < mesh->ncells; ++c) { /* a body stands at its first cell */
        if (body[c] == c) number[c] = (*nbodies)++;
        seen[c] = -1;
        body[c] = number[body[c]];
    }
    if (rc == FEMD_OK) hinges_sort(mesh, first, cell);
    for (int v = 0; rc == FEMD_OK && v < mesh->nvertices; ++v)
        for (int i = first[v]; rc == FEMD_OK && i < first[v + 1]; ++i) {
            const int one = body[cell[first[v]]], other = body[cell[i]];
            if (one == other || seen[other] == v) continue;
            seen[other] = v;
            rc = hinges_add(mesh, v, one, other, hinge, n, err);
        }
    free(first);
    free(cell);
    free(number);
    free(seen);
    return rc;
}
