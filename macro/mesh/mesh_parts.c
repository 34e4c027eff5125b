/* Which cells hang together: by the nodes that they share. Serial: it runs on rank 0. */
#include <stdlib.h>

#include "mesh/mesh.h"

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
