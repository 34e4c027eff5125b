/* The box mesh: vertices on a regular grid, x fastest, moved inside by a seeded distortion; each block
 * cut into cells as the element's table says; the six sides as named surfaces. Serial: it runs on rank 0. */
#include "mesh/mesh.h"

#include <stdlib.h>
#include <string.h>

/* SplitMix64 (Steele, Lea, Flood 2014): one step from a counter. */
static uint64_t mix(uint64_t z) {
    z += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* In [-1, 1), a function of seed and number. */
static double uniform(uint64_t seed, uint64_t number) {
    return (double)(mix(mix(seed) ^ number) >> 11) * 0x1p-52 - 1;
}

typedef struct box {
    const femd_case *cs;
    PetscInt n[3]; /* cells */
    const femd_cell *cell;
} box;

static PetscInt vertex(const box *b, PetscInt i, PetscInt j, PetscInt k) {
    return i + (b->n[0] + 1) * (j + (b->n[1] + 1) * k);
}

static void fill_vertices(const box *b, femd_mesh *m) {
    const femd_case_mesh *g = &b->cs->mesh;
    for (PetscInt k = 0; k <= b->n[2]; ++k)
        for (PetscInt j = 0; j <= b->n[1]; ++j)
            for (PetscInt i = 0; i <= b->n[0]; ++i) {
                const PetscInt at[3] = {i, j, k}, v = vertex(b, i, j, k);
                int inside = 1;
                for (int a = 0; a < 3; ++a) inside &= at[a] > 0 && at[a] < b->n[a];
                for (int a = 0; a < 3; ++a) {
                    double x = g->origin[a] + g->size[a] * (double)at[a] / (double)b->n[a];
                    if (inside)
                        x += g->distort * g->size[a] / (double)b->n[a] *
                             uniform(g->distort_seed, 3 * (uint64_t)v + (uint64_t)a);
                    m->x[3 * v + a] = x;
                }
            }
}

static void fill_cells(const box *b, femd_mesh *m) {
    PetscInt *out = m->cell;
    for (PetscInt k = 0; k < b->n[2]; ++k)
        for (PetscInt j = 0; j < b->n[1]; ++j)
            for (PetscInt i = 0; i < b->n[0]; ++i) {
                PetscInt v[8]; /* by bits x, y, z */
                for (int c = 0; c < 8; ++c) v[c] = vertex(b, i + (c & 1), j + ((c >> 1) & 1), k + (c >> 2));
                for (int part = 0; part < b->cell->per_block; ++part)
                    for (int c = 0; c < b->cell->corners; ++c) *out++ = v[b->cell->block[part][c]];
            }
}

/* One side: normal direction a, at its low or high end; the faces that the cut of the blocks leaves on it. */
static void fill_side(const box *b, femd_mesh *m, int side) {
    const int a = side / 2, high = side % 2, p = (a + 1) % 3, q = (a + 2) % 3;
    for (PetscInt s = 0; s < b->n[q]; ++s)
        for (PetscInt r = 0; r < b->n[p]; ++r) {
            PetscInt v[4], at[3];
            at[a] = high ? b->n[a] : 0;
            for (int c = 0; c < 4; ++c) {
                at[p] = r + (c & 1);
                at[q] = s + (c >> 1);
                v[c] = vertex(b, at[0], at[1], at[2]);
            }
            for (int part = 0; part < b->cell->per_side; ++part) {
                PetscInt *face = m->face + FEMD_FACE_CORNERS * m->nfaces;
                for (int c = 0; c < FEMD_FACE_CORNERS; ++c)
                    face[c] = c < b->cell->face_corners ? v[b->cell->side[part][c]] : -1;
                m->face_surface[m->nfaces++] = side;
            }
        }
}

femd_status femd_mesh_box(const femd_case *cs, femd_mesh *m, femd_error *err) {
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
    m->title = "the box";
    m->corners = b.cell->corners;
    m->ncells = (PetscInt)cubes * b.cell->per_block;
    m->nvertices = (b.n[0] + 1) * (b.n[1] + 1) * (b.n[2] + 1);
    m->nsurfaces = 6;
    size_t sides = 2 * ((size_t)b.n[0] * b.n[1] + (size_t)b.n[1] * b.n[2] + (size_t)b.n[2] * b.n[0]) * b.cell->per_side;
    m->cell = malloc((size_t)m->ncells * m->corners * sizeof *m->cell);
    m->x = malloc(3 * (size_t)m->nvertices * sizeof *m->x);
    m->surface = calloc(6, sizeof *m->surface);
    m->face = malloc(FEMD_FACE_CORNERS * sides * sizeof *m->face);
    m->face_surface = malloc(sides * sizeof *m->face_surface);
    if (!m->cell || !m->x || !m->surface || !m->face || !m->face_surface)
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for a mesh of %ld cells", (long)m->ncells);
    for (int s = 0; s < 6; ++s) strcpy(m->surface[s], side_name[s]);
    fill_vertices(&b, m);
    fill_cells(&b, m);
    for (int s = 0; s < 6; ++s) fill_side(&b, m, s);
    return FEMD_OK;
}
