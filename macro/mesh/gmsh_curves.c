/* Curved cells of a second-order Gmsh file: the middles of their edges, by edge. A cell that is straight to the digits
 * of the file is left straight, so that it costs and answers what it did in a mesh of first order. */
#include "mesh/gmsh_curves_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double gmsh_round_off = 1e-6; /* of the size of a cell: files with seven digits */

/* The corners at whose mean a node behind the corners lies in a straight cell, as bits. */
static const struct {
    int type, corners, n;
    unsigned mean_of[19];
} gmsh_second_order[] = {
    {11, 4, 6, {0x3, 0x6, 0x5, 0x9, 0xc, 0xa}},
    {17, 8, 12, {0x3, 0x9, 0x11, 0x6, 0x22, 0xc, 0x44, 0x88, 0x30, 0x90, 0x60, 0xc0}},
    {12,
     8,
     19,
     {0x3, 0x9, 0x11, 0x6, 0x22, 0xc, 0x44, 0x88, 0x30, 0x90, 0x60, 0xc0, 0xf, 0x33, 0x99, 0x66, 0xcc, 0xf0, 0xff}}};

/* Farthest of a node behind the corners from where it lies in a straight cell, over the size of the cell. */
static double gmsh_bend(const femd_gmsh_file *file, const femd_gmsh_element *e) {
    double most = 0, size = 0;
    const size_t *node = file->node + e->nodes;
    for (size_t t = 0; t < sizeof gmsh_second_order / sizeof *gmsh_second_order; ++t) {
        if (gmsh_second_order[t].type != e->type) continue;
        const int corners = gmsh_second_order[t].corners;
        for (int k = 0; k < gmsh_second_order[t].n; ++k)
            for (int a = 0; a < 3; ++a) {
                double mean = 0;
                int n = 0;
                for (int i = 0; i < corners; ++i)
                    if (gmsh_second_order[t].mean_of[k] >> i & 1) mean += file->x[3 * node[i] + (size_t)a], ++n;
                most = fmax(most, fabs(file->x[3 * node[corners + k] + (size_t)a] - mean / n));
            }
        for (int i = 1; i < corners; ++i)
            for (int a = 0; a < 3; ++a)
                size = fmax(size, fabs(file->x[3 * node[i] + (size_t)a] - file->x[3 * node[0] + (size_t)a]));
    }
    return size > 0 ? most / size : 0;
}

/* Straight edges through the corners of a curved mesh are another body: other volumes, other surfaces. */
static femd_status gmsh_refuse_curved(const femd_case *cs, const femd_mesh *mesh, int curved, int where, double worst,
                                      femd_error *err) {
    return femd_fail(
        err, FEMD_BAD_INPUT,
        "%s: mesh.file: %d of %d cells of %s are curved (most: cell %d, by %.2g of its size), and the cells of "
        "element.type %s have straight edges, which enclose another volume; %smesh with first order (finer where it is "
        "curved), or accept straight edges with mesh.straighten: true",
        cs->path, curved, mesh->ncells, mesh->title, where, worst, cs->element->name,
        cs->element->cell == femd_element_p2.cell ? "take element.type P2, " : "");
}

static int gmsh_by_ends(const void *a, const void *b) {
    const femd_mesh_edge *p = a, *q = b;
    for (int k = 0; k < 2; ++k)
        if (p->end[k] != q->end[k]) return p->end[k] < q->end[k] ? -1 : 1;
    return 0;
}

/* The edges of one cell whose middle lies elsewhere than between their ends. */
static void gmsh_add_edges(const femd_case *cs, const femd_gmsh_file *file, const femd_gmsh_element *e, femd_mesh *mesh,
                           int c) {
    const size_t *node = file->node + e->nodes;
    const int *vertex = mesh->cell + mesh->corners * c;
    double size = 0;
    for (int i = 1; i < mesh->corners; ++i)
        for (int a = 0; a < 3; ++a) size = fmax(size, fabs(mesh->x[3 * vertex[i] + a] - mesh->x[3 * vertex[0] + a]));
    for (size_t t = 0; t < sizeof gmsh_second_order / sizeof *gmsh_second_order; ++t)
        for (int k = 0; gmsh_second_order[t].type == e->type && k < gmsh_second_order[t].n; ++k) {
            int end[2], n = 0;
            for (int i = 0; i < mesh->corners && n < 2; ++i)
                if (gmsh_second_order[t].mean_of[k] >> i & 1) end[n++] = vertex[i];
            femd_mesh_edge edge = {.end = {end[0] < end[1] ? end[0] : end[1], end[0] < end[1] ? end[1] : end[0]}};
            double bend = 0;
            for (int a = 0; a < 3; ++a) {
                edge.x[a] = cs->mesh.scale * file->x[3 * node[mesh->corners + k] + (size_t)a];
                bend = fmax(bend, fabs(edge.x[a] - 0.5 * (mesh->x[3 * end[0] + a] + mesh->x[3 * end[1] + a])));
            }
            if (bend > gmsh_round_off * size) mesh->curved[mesh->ncurved++] = edge;
        }
}

/* Each edge once. */
static femd_status gmsh_unite_edges(const femd_case *cs, femd_mesh *mesh, femd_error *err) {
    int kept = 0;
    qsort(mesh->curved, (size_t)mesh->ncurved, sizeof *mesh->curved, gmsh_by_ends);
    for (int i = 0; i < mesh->ncurved; ++i) {
        const femd_mesh_edge *edge = &mesh->curved[i], *before = kept ? &mesh->curved[kept - 1] : NULL;
        if (!before || gmsh_by_ends(before, edge) != 0) {
            mesh->curved[kept++] = *edge;
            continue;
        }
        const double *p = mesh->x + 3 * edge->end[0], *q = mesh->x + 3 * edge->end[1];
        double apart = 0, length = 0;
        for (int a = 0; a < 3; ++a) {
            apart = fmax(apart, fabs(edge->x[a] - before->x[a]));
            length = fmax(length, fabs(p[a] - q[a]));
        }
        if (apart > gmsh_round_off * length)
            return femd_fail(err, FEMD_BAD_INPUT,
                             "%s: mesh.file: an edge of %s, from (%g, %g, %g) to (%g, %g, %g) m, has two middles, %g m "
                             "apart: the cells along it do not meet; mend the mesh, or take straight edges with "
                             "mesh.straighten: true",
                             cs->path, mesh->title, p[0], p[1], p[2], q[0], q[1], q[2], apart);
    }
    mesh->ncurved = kept;
    return FEMD_OK;
}

femd_status gmsh_take_curves(const femd_case *cs, const femd_gmsh_file *file, femd_mesh *mesh, const size_t *element_of,
                             femd_error *err) {
    double worst = 0;
    int where = 0;
    if (cs->mesh.straighten) return FEMD_OK;
    for (int c = 0; c < mesh->ncells; ++c) {
        const double bend = gmsh_bend(file, &file->element[element_of[c]]);
        mesh->ncurved_cells += bend > gmsh_round_off;
        if (bend > worst) worst = bend, where = c;
    }
    if (mesh->ncurved_cells == 0) return FEMD_OK;
    if (!cs->element->curved) return gmsh_refuse_curved(cs, mesh, mesh->ncurved_cells, where, worst, err);
    mesh->curved = malloc((size_t)mesh->ncurved_cells * FEMD_CELL_EDGES * sizeof *mesh->curved);
    if (!mesh->curved) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the mesh %s", mesh->title);
    for (int c = 0; c < mesh->ncells; ++c)
        if (gmsh_bend(file, &file->element[element_of[c]]) > gmsh_round_off)
            gmsh_add_edges(cs, file, &file->element[element_of[c]], mesh, c);
    return gmsh_unite_edges(cs, mesh, err);
}
