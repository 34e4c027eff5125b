/* Faces in one place that share no node there: the two sides of a crack, or of bodies that were to be one. Serial: it
 * runs on rank 0. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "femd/tensor3.h"
#include "mesh/mesh.h"
#include "mesh/mesh_sides.h"

static const double doubled_same = 1e-8; /* of the body's diagonal: one place, to the digits that files have */

typedef struct doubled_key {
    double x;
    int vertex;
} doubled_key;

/* Where a vertex is, by the order of coordinates along each axis. */
typedef struct doubled_rank {
    int along[3], vertex;
} doubled_rank;

/* A face that one cell only has, by the places of its corners. */
typedef struct doubled_face {
    int place[FEMD_FACE_CORNERS], cell, side;
} doubled_face;

static int doubled_keys_in_order(const void *a, const void *b) {
    const doubled_key *p = a, *q = b;
    return p->x != q->x ? (p->x > q->x) - (p->x < q->x) : p->vertex - q->vertex;
}

static int doubled_ranks_in_order(const void *a, const void *b) {
    const doubled_rank *p = a, *q = b;
    for (int k = 0; k < 3; ++k)
        if (p->along[k] != q->along[k]) return p->along[k] < q->along[k] ? -1 : 1;
    return p->vertex - q->vertex;
}

static int doubled_compare_places(const doubled_face *p, const doubled_face *q) {
    for (int i = 0; i < FEMD_FACE_CORNERS; ++i)
        if (p->place[i] != q->place[i]) return p->place[i] < q->place[i] ? -1 : 1;
    return 0;
}

static int doubled_faces_in_order(const void *a, const void *b) {
    const doubled_face *p = a, *q = b;
    const int by_place = doubled_compare_places(p, q);
    if (by_place != 0) return by_place;
    return p->cell != q->cell ? p->cell - q->cell : p->side - q->side;
}

/* ---- places ---- */

static double doubled_diagonal(const femd_mesh *mesh) {
    double square = 0;
    for (int a = 0; a < 3; ++a) {
        double low = INFINITY, high = -INFINITY;
        for (int v = 0; v < mesh->nvertices; ++v) {
            low = fmin(low, mesh->x[3 * (size_t)v + a]);
            high = fmax(high, mesh->x[3 * (size_t)v + a]);
        }
        square += (high - low) * (high - low);
    }
    return sqrt(square);
}

/* place[v]: the first vertex that is where v is. Two are in one place whose coordinates are, along each axis, so near
 * that no other's gap parts them. */
static femd_status doubled_find_places(const femd_mesh *mesh, int *place, femd_error *err) {
    const size_t n = (size_t)mesh->nvertices;
    const double same = doubled_same * doubled_diagonal(mesh);
    doubled_key *key = malloc((n + 1) * sizeof *key);
    doubled_rank *rank = malloc((n + 1) * sizeof *rank);
    const femd_status rc = key && rank ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the mesh");
    for (int a = 0; rc == FEMD_OK && a < 3; ++a) {
        int now = 0;
        for (size_t v = 0; v < n; ++v) key[v] = (doubled_key){mesh->x[3 * v + (size_t)a], (int)v};
        qsort(key, n, sizeof *key, doubled_keys_in_order);
        for (size_t i = 0; i < n; ++i) {
            now += i > 0 && key[i].x - key[i - 1].x > same;
            rank[key[i].vertex].along[a] = now;
            rank[key[i].vertex].vertex = key[i].vertex;
        }
    }
    if (rc == FEMD_OK) qsort(rank, n, sizeof *rank, doubled_ranks_in_order);
    for (size_t i = 0, first = 0; rc == FEMD_OK && i < n; ++i) {
        if (memcmp(rank[i].along, rank[first].along, sizeof rank[i].along) != 0) first = i;
        place[rank[i].vertex] = rank[first].vertex;
    }
    free(key);
    free(rank);
    return rc;
}

/* ---- faces ---- */

static void doubled_make_face(const femd_mesh *mesh, const femd_cell *cell, const femd_mesh_side *side,
                              const int *place, doubled_face *face) {
    const int *vertex = mesh->cell + (size_t)mesh->corners * (size_t)side->cell;
    *face = (doubled_face){.cell = side->cell, .side = side->side};
    for (int i = 0; i < FEMD_FACE_CORNERS; ++i) {
        const int at = i < cell->face_corners ? place[vertex[cell->face[side->side][i]]] : -1;
        int k = i;
        for (; k > 0 && face->place[k - 1] > at; --k) face->place[k] = face->place[k - 1];
        face->place[k] = at;
    }
}

/* Middle and area of a side, of triangles from its first corner. */
static double doubled_area(const femd_mesh *mesh, const femd_cell *cell, const doubled_face *face, double middle[3]) {
    const int *vertex = mesh->cell + (size_t)mesh->corners * (size_t)face->cell, *corner = cell->face[face->side];
    double area = 0;
    memset(middle, 0, 3 * sizeof *middle);
    for (int i = 0; i < cell->face_corners; ++i) {
        double p[3], q[3], c[3];
        const int next = i + 1 < cell->face_corners ? i + 1 : 0;
        for (int a = 0; a < 3; ++a) {
            const double from = mesh->x[3 * (size_t)vertex[corner[0]] + (size_t)a];
            middle[a] += mesh->x[3 * (size_t)vertex[corner[i]] + (size_t)a] / cell->face_corners;
            p[a] = mesh->x[3 * (size_t)vertex[corner[i]] + (size_t)a] - from;
            q[a] = mesh->x[3 * (size_t)vertex[corner[next]] + (size_t)a] - from;
        }
        femd_cross3(p, q, c);
        area += 0.5 * sqrt(femd_dot3(c, c));
    }
    return area;
}

femd_status femd_mesh_doubled_faces(const femd_mesh *mesh, const femd_cell *cell, femd_mesh_doubled *found,
                                    femd_error *err) {
    femd_mesh_side *side = NULL;
    doubled_face *face = NULL;
    int *place = malloc(((size_t)mesh->nvertices + 1) * sizeof *place);
    size_t n = 0, outside = 0;
    *found = (femd_mesh_doubled){.faces = 0};
    femd_status rc =
        place ? doubled_find_places(mesh, place, err) : femd_fail(err, FEMD_NO_MEMORY, "no memory for the mesh");
    if (rc == FEMD_OK) rc = femd_mesh_sides(mesh, cell, &side, &n, err);
    for (size_t i = 0, next; i < n; i = next) {
        next = femd_mesh_sides_next(side, n, i);
        if (next == i + 1) side[outside++] = side[i];
    }
    if (rc == FEMD_OK && !(face = malloc((outside + 1) * sizeof *face)))
        rc = femd_fail(err, FEMD_NO_MEMORY, "no memory for the mesh");
    for (size_t i = 0; rc == FEMD_OK && i < outside; ++i) doubled_make_face(mesh, cell, &side[i], place, &face[i]);
    if (rc == FEMD_OK) qsort(face, outside, sizeof *face, doubled_faces_in_order);
    for (size_t i = 1; rc == FEMD_OK && i < outside; ++i) {
        double middle[3];
        if (doubled_compare_places(&face[i - 1], &face[i]) != 0) continue;
        found->area += doubled_area(mesh, cell, &face[i], middle);
        if (found->faces++ == 0) memcpy(found->x, middle, sizeof middle);
    }
    free(side);
    free(face);
    free(place);
    return rc;
}
