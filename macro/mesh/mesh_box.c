/* The box mesh: vertices on a regular grid, x fastest, moved inside by a seeded distortion; each block
 * cut into cells as the element's table says; the six sides as named surfaces. Serial: it runs on rank 0. */
#include "mesh/mesh.h"

#include <stdlib.h>
#include <string.h>

/* SplitMix64 (Steele, Lea, Flood 2014): one step from a counter. */
static uint64_t box_hash(uint64_t z) {
    z += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* In [-1, 1), a function of seed and number. */
static double box_uniform(uint64_t seed, uint64_t number) {
    return (double)(box_hash(box_hash(seed) ^ number) >> 11) * 0x1p-52 - 1;
}

typedef struct box {
    const femd_case *cs;
    int n[3]; /* cells */
    const femd_cell *cell;
} box;

static int box_vertex(const box *b, int i, int j, int k) {
    return i + (b->n[0] + 1) * (j + (b->n[1] + 1) * k);
}

static void box_fill_vertices(const box *b, femd_mesh *mesh) {
    const femd_case_mesh *g = &b->cs->mesh;
    for (int k = 0; k <= b->n[2]; ++k)
        for (int j = 0; j <= b->n[1]; ++j)
            for (int i = 0; i <= b->n[0]; ++i) {
                const int at[3] = {i, j, k}, v = box_vertex(b, i, j, k);
                int inside = 1;
                for (int a = 0; a < 3; ++a) inside &= at[a] > 0 && at[a] < b->n[a];
                for (int a = 0; a < 3; ++a) {
                    double x = g->origin[a] + g->size[a] * (double)at[a] / (double)b->n[a];
                    if (inside)
                        x += g->distort * g->size[a] / (double)b->n[a] *
                             box_uniform(g->distort_seed, 3 * (uint64_t)v + (uint64_t)a);
                    mesh->x[3 * v + a] = x;
                }
            }
}

static void box_fill_cells(const box *b, femd_mesh *mesh) {
    int *out = mesh->cell;
    for (int k = 0; k < b->n[2]; ++k)
        for (int j = 0; j < b->n[1]; ++j)
            for (int i = 0; i < b->n[0]; ++i) {
                int v[8]; /* by bits x, y, z */
                for (int c = 0; c < 8; ++c) v[c] = box_vertex(b, i + (c & 1), j + ((c >> 1) & 1), k + (c >> 2));
                for (int part = 0; part < b->cell->per_block; ++part)
                    for (int c = 0; c < b->cell->corners; ++c) *out++ = v[b->cell->block[part][c]];
            }
}

/* One side: normal direction a, at its low or high end; the faces that the cut of the blocks leaves on it. */
static void box_fill_side(const box *b, femd_mesh *mesh, int side) {
    const int a = side / 2, high = side % 2, p = (a + 1) % 3, q = (a + 2) % 3;
    for (int s = 0; s < b->n[q]; ++s)
        for (int r = 0; r < b->n[p]; ++r) {
            int v[4], at[3];
            at[a] = high ? b->n[a] : 0;
            for (int c = 0; c < 4; ++c) {
                at[p] = r + (c & 1);
                at[q] = s + (c >> 1);
                v[c] = box_vertex(b, at[0], at[1], at[2]);
            }
            for (int part = 0; part < b->cell->per_side; ++part) {
                int *face = mesh->face + FEMD_FACE_CORNERS * mesh->nfaces;
                for (int c = 0; c < FEMD_FACE_CORNERS; ++c)
                    face[c] = c < b->cell->face_corners ? v[b->cell->side[part][c]] : -1;
                mesh->face_surface[mesh->nfaces++] = side;
            }
        }
}

femd_status femd_mesh_box(const femd_case *cs, femd_mesh *mesh, femd_error *err) {
    static const char *const side_name[6] = {"left", "right", "front", "back", "bottom", "top"};
    box b = {.cs = cs, .cell = cs->element->cell};
    double cubes = 1;
    for (int a = 0; a < 3; ++a) {
        b.n[a] = cs->mesh.cells[a];
        cubes *= b.n[a];
        if (b.n[a] < 1 || !(cs->mesh.size[a] > 0))
            return femd_fail(err, FEMD_BAD_INPUT,
                             "%s: mesh: a box needs at least one cell and a positive size in each direction", cs->path);
    }
    if (cubes > 1e8) return femd_fail(err, FEMD_BAD_INPUT, "%s: mesh.cells: more than 1e8 cells", cs->path);
    mesh->title = "the box";
    mesh->corners = b.cell->corners;
    mesh->ncells = (int)cubes * b.cell->per_block;
    mesh->nvertices = (b.n[0] + 1) * (b.n[1] + 1) * (b.n[2] + 1);
    mesh->nsurfaces = 6;
    size_t sides = 2 * ((size_t)b.n[0] * b.n[1] + (size_t)b.n[1] * b.n[2] + (size_t)b.n[2] * b.n[0]) * b.cell->per_side;
    mesh->cell = malloc((size_t)mesh->ncells * mesh->corners * sizeof *mesh->cell);
    mesh->x = malloc(3 * (size_t)mesh->nvertices * sizeof *mesh->x);
    mesh->surface = calloc(6, sizeof *mesh->surface);
    mesh->face = malloc(FEMD_FACE_CORNERS * sides * sizeof *mesh->face);
    mesh->face_surface = malloc(sides * sizeof *mesh->face_surface);
    if (!mesh->cell || !mesh->x || !mesh->surface || !mesh->face || !mesh->face_surface)
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for a mesh of %ld cells", (long)mesh->ncells);
    for (int s = 0; s < 6; ++s) strcpy(mesh->surface[s], side_name[s]);
    box_fill_vertices(&b, mesh);
    box_fill_cells(&b, mesh);
    for (int s = 0; s < 6; ++s) box_fill_side(&b, mesh, s);
    return FEMD_OK;
}
