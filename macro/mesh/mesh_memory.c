/* Memory of a run: the program, what a point holds, what a node has of the matrix and what the solver makes of it, and
 * the factor of a direct solver. */
#include "mesh/mesh_memory.h"

#include <math.h>

/* B: PETSc, MPI and the libraries; a point's strains, stresses, stiffness (both halves) and requests. */
static const double program_bytes = 55e6, point_bytes = 1500;
/* B of a factor for a node of three unknowns and a root of the nodes in the largest cut. */
static const double fill_bytes = 1040;
/* More of both where a pressure is a fourth unknown of the nodes: of the factor, and of all else. */
static const double mixed_fill = 16.0 / 9, mixed_node = 1.7;
/* The same of an iterative solver, whose blocks stand beside the matrix. */
static const double mixed_split = 2.05;
/* Where nodes follow others, what remains is a second matrix; opposite faces become neighbours. */
static const double tied_share = 1.15, periodic_share = 2.1;

double femd_mesh_nodes(const femd_case *cs, const femd_mesh *mesh, const femd_mesh_measure *m) {
    /* vertices - edges + faces - cells = 1 for each part without a hole */
    const double edges = (double)mesh->nvertices + m->nfaces - mesh->ncells - m->nparts;
    const int *on = cs->element->nodes_on;
    return on[0] * (double)mesh->nvertices + on[1] * edges + on[2] * (double)m->nfaces + on[3] * (double)mesh->ncells;
}

/* How much more a node takes for it, of the temperature or of the displacement; 1: none follows another. */
static double memory_tied(const femd_case *cs, int heat) {
    double share = 1;
    for (size_t b = 0; b < cs->nboundary; ++b) {
        const femd_load kind = cs->boundary[b].kind;
        if (heat != femd_case_is_heat(kind)) continue;
        if (kind == FEMD_LOAD_TURNED || kind == FEMD_LOAD_RIGID) share = fmax(share, tied_share);
        if (kind == FEMD_LOAD_PERIODIC || kind == FEMD_LOAD_PERIODIC_TEMPERATURE) share = periodic_share;
    }
    return share;
}

int femd_mesh_is_solved_directly(const femd_case *cs) {
    return cs->direct || memory_tied(cs, 0) > 1 || memory_tied(cs, 1) > 1;
}

int femd_mesh_pair_is_direct(const femd_case *cs, const femd_mesh *mesh, const femd_mesh_measure *m) {
    return cs->mixed && femd_case_mixed_is_direct(cs, 3 * femd_mesh_nodes(cs, mesh, m) + (double)mesh->nvertices);
}

/* Nodes of a plane that cuts the body across, where it is thickest; of a cube n^(2/3). Nested dissection's factor
 * grows as the nodes times the root of it (George 1973). */
static double memory_cut(const femd_mesh_measure *m, double nodes) {
    double size[3], most = 0, volume = 1;
    for (int a = 0; a < 3; ++a) {
        size[a] = m->high[a] - m->low[a];
        most = fmax(most, size[a]);
        volume *= size[a];
    }
    if (!(volume > 0) || !(m->volume > 0)) return pow(nodes, 2.0 / 3);
    return fmin(volume / most / pow(m->volume / nodes, 2.0 / 3), pow(nodes, 2.0 / 3));
}

double femd_mesh_memory(const femd_case *cs, const femd_mesh *mesh, const femd_mesh_measure *m) {
    const femd_element *element = cs->element;
    const double nodes = femd_mesh_nodes(cs, mesh, m);
    const double fill = fill_bytes * sqrt(memory_cut(m, nodes)), moved = memory_tied(cs, 0), warm = memory_tied(cs, 1);
    double node = 0;
    if (cs->mixed && !femd_mesh_pair_is_direct(cs, mesh, m))
        node += moved * mixed_split * element->memory.iterative;
    else if (cs->mixed)
        node += moved * (mixed_fill * fill + mixed_node * element->memory.direct);
    else if (femd_case_has_mechanics(cs))
        node += moved * (cs->direct || moved > 1 ? fill + element->memory.direct : element->memory.iterative);
    if (femd_case_has_heat(cs)) /* one unknown for three */
        node += warm * ((cs->direct || warm > 1 ? fill / 9 : 0) + element->memory.heat);
    return program_bytes + point_bytes * element->points * (double)mesh->ncells + node * nodes;
}
