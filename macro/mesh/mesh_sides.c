/* The sides of all cells by their corners. */
#include "mesh/mesh_sides.h"

#include <stdlib.h>
#include <string.h>

static int sides_compare_corners(const femd_mesh_side *p, const femd_mesh_side *q) {
    for (int i = 0; i < FEMD_FACE_CORNERS; ++i)
        if (p->corner[i] != q->corner[i]) return p->corner[i] < q->corner[i] ? -1 : 1;
    return 0;
}

static int sides_in_order(const void *a, const void *b) {
    const femd_mesh_side *p = a, *q = b;
    const int by_corners = sides_compare_corners(p, q);
    if (by_corners != 0) return by_corners;
    return p->cell != q->cell ? (p->cell > q->cell) - (p->cell < q->cell) : p->side - q->side;
}

static void sides_sort_corners(int *corner) {
    for (int i = 1; i < FEMD_FACE_CORNERS; ++i)
        for (int k = i; k > 0 && corner[k - 1] > corner[k]; --k) {
            const int keep = corner[k];
            corner[k] = corner[k - 1];
            corner[k - 1] = keep;
        }
}

femd_status femd_mesh_sides(const femd_mesh *mesh, const femd_cell *cell, femd_mesh_side **side, size_t *n,
                            femd_error *err) {
    *n = (size_t)mesh->ncells * (size_t)cell->faces;
    femd_mesh_side *next = *side = malloc((*n + 1) * sizeof **side);
    if (!next) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the faces of the mesh");
    for (int c = 0; c < mesh->ncells; ++c)
        for (int k = 0; k < cell->faces; ++k, ++next) {
            const int *vertex = mesh->cell + (size_t)mesh->corners * (size_t)c;
            for (int i = 0; i < FEMD_FACE_CORNERS; ++i)
                next->corner[i] = i < cell->face_corners ? vertex[cell->face[k][i]] : -1;
            sides_sort_corners(next->corner);
            next->cell = c;
            next->side = k;
        }
    qsort(*side, *n, sizeof **side, sides_in_order);
    return FEMD_OK;
}

size_t femd_mesh_sides_next(const femd_mesh_side *side, size_t n, size_t i) {
    size_t next = i + 1;
    while (next < n && sides_compare_corners(side + i, side + next) == 0) ++next;
    return next;
}

const femd_mesh_side *femd_mesh_sides_find(const femd_mesh_side *side, size_t n, const int *corner) {
    femd_mesh_side key;
    size_t low = 0, high = n; /* all before low come before the key, none from high on does */
    memcpy(key.corner, corner, sizeof key.corner);
    sides_sort_corners(key.corner);
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (sides_compare_corners(side + middle, &key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n && sides_compare_corners(side + low, &key) == 0 ? side + low : NULL;
}
