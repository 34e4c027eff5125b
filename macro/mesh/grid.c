/* From a mesh of plain arrays to the cells and nodes of each rank. Owns the numbering of the nodes; reads no answer and
 * knows no field. */
#include "mesh/grid.h"

#include <petscsf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "base/petsc_edge.h"
#include "mesh/mesh_plex.h"

static femd_status grid_no_memory(femd_error *err) {
    return femd_fail(err, FEMD_NO_MEMORY, "no memory for the mesh");
}

/* ---- the mesh, on rank 0 ---- */

enum { HINGED_MOST = 100 }; /* bodies that are looked at for what they may do against each other */

/* The body of every cell, and where they hang together. A box is one; a foam of very many of them is as its parts. */
static femd_status grid_find_bodies(const femd_case *cs, const femd_mesh *mesh, int *body, femd_grid *grid,
                                    femd_error *err) {
    femd_mesh_joint joint = {0};
    FEMD_TRY(femd_mesh_parts(mesh, body, &grid->nparts, err));
    grid->nbodies = grid->nparts;
    if (cs->mesh.file) FEMD_TRY(femd_mesh_joints(mesh, cs->element->cell, &joint, err));
    grid->nhinged = joint.bodies;
    if (joint.bodies == 0 || joint.bodies > HINGED_MOST) return FEMD_OK;
    return femd_mesh_hinges(mesh, cs->element->cell, body, &grid->nbodies, &grid->hinge, &grid->nhinges, err);
}

/* Read or make, and check. material: of every cell, and then its body (2 x cells), malloc'ed. */
static femd_status grid_make_mesh(const femd_case *cs, femd_grid *grid, femd_mesh *mesh, int **material,
                                  femd_error *err) {
    FEMD_TRY(cs->mesh.file ? femd_mesh_gmsh(cs, mesh, err) : femd_mesh_box(cs, mesh, err));
    FEMD_TRY(femd_mesh_surfaces(cs, mesh, err));
    if (!(*material = malloc((2 * (size_t)mesh->ncells + 1) * sizeof **material))) return grid_no_memory(err);
    FEMD_TRY(femd_mesh_materials(cs, mesh, *material, err));
    FEMD_TRY(femd_mesh_check_reach(cs, mesh, err));
    FEMD_TRY(femd_mesh_check(cs, mesh, err));
    FEMD_TRY(femd_mesh_check_fan(cs, mesh, err));
    FEMD_TRY(femd_mesh_check_overlap(cs, mesh, err));
    FEMD_TRY(femd_mesh_check_conform(cs, mesh, err));
    FEMD_TRY(grid_find_bodies(cs, mesh, *material + mesh->ncells, grid, err));
    if (mesh->ncells < grid->size)
        return femd_fail(err, FEMD_BAD_INPUT, "%s: %d ranks are too many for a mesh of %ld cells", cs->path, grid->size,
                         (long)mesh->ncells);
    return FEMD_OK;
}

/* ---- nodes ---- */

/* One entry on everything that carries a node of the element. */
static PetscErrorCode grid_make_section(DM dm, const femd_element *element) {
    PetscSection section;
    PetscInt start, end, s, e;
    PetscFunctionBeginUser;
    PetscCall(DMPlexGetChart(dm, &start, &end));
    PetscCall(PetscSectionCreate(PetscObjectComm((PetscObject)dm), &section));
    PetscCall(PetscSectionSetChart(section, start, end));
    for (int depth = 0; depth < 4; ++depth) {
        PetscCall(DMPlexGetDepthStratum(dm, depth, &s, &e));
        for (PetscInt point = s; point < e && element->nodes_on[depth]; ++point)
            PetscCall(PetscSectionSetDof(section, point, 1));
    }
    PetscCall(PetscSectionSetUp(section));
    PetscCall(DMSetLocalSection(dm, section));
    PetscCall(PetscSectionDestroy(&section));
    PetscFunctionReturn(0);
}

/* A set of a cell's corners as bits. */
static unsigned grid_corner_bits(const int *corner, int n) {
    unsigned bits = 0;
    for (int i = 0; i < n; ++i) bits |= 1u << corner[i];
    return bits;
}

/* Which edge or face of the cell (by depth) has exactly these corners; -1 if none. */
static int grid_cell_entity(const femd_cell *cell, PetscInt depth, unsigned bits) {
    for (int e = 0; depth == 1 && e < cell->edges; ++e)
        if (grid_corner_bits(cell->edge[e], 2) == bits) return e;
    for (int f = 0; depth == 2 && f < cell->faces; ++f)
        if (grid_corner_bits(cell->face[f], cell->face_corners) == bits) return f;
    return depth == 3 ? 0 : -1;
}

/* Nodes of the cell at plex point c, in VTK order. */
static PetscErrorCode grid_cell_nodes(const femd_grid *grid, PetscSection section, PetscInt c, PetscInt *node) {
    const femd_element *element = grid->table.element;
    const femd_cell *cell = element->cell;
    const int on_edges = cell->corners, on_faces = on_edges + element->nodes_on[1] * cell->edges,
              inside = on_faces + element->nodes_on[2] * cell->faces, first[4] = {0, on_edges, on_faces, inside};
    PetscInt n, *closure = NULL, vertex[FEMD_CELL_CORNERS], corner[FEMD_CELL_CORNERS];
    int count;
    PetscFunctionBeginUser;
    PetscCall(femd_mesh_vertices(grid->dm, c, vertex, &count));
    PetscCall(DMPlexInvertCell(femd_mesh_polytope(cell), vertex));
    for (int i = 0; i < count; ++i) PetscCall(PetscSectionGetOffset(section, vertex[i], &node[i]));
    if (element->nodes == cell->corners) PetscFunctionReturn(0);
    PetscCall(DMPlexGetTransitiveClosure(grid->dm, c, PETSC_TRUE, &n, &closure));
    for (PetscInt i = 0; i < n; ++i) {
        PetscInt depth;
        unsigned bits = 0;
        PetscCall(DMPlexGetPointDepth(grid->dm, closure[2 * i], &depth));
        if (depth == 0 || !element->nodes_on[depth]) continue;
        PetscCall(femd_mesh_vertices(grid->dm, closure[2 * i], corner, &count));
        for (int k = 0; k < count; ++k)
            for (int v = 0; v < cell->corners; ++v) bits |= (unsigned)(vertex[v] == corner[k]) << v;
        const int entity = grid_cell_entity(cell, depth, bits);
        PetscCheck(entity >= 0, PETSC_COMM_SELF, PETSC_ERR_PLIB, "an edge or face of the mesh is none of its cell");
        PetscCall(PetscSectionGetOffset(section, closure[2 * i], &node[first[depth] + entity]));
    }
    PetscCall(DMPlexRestoreTransitiveClosure(grid->dm, c, PETSC_TRUE, &n, &closure));
    PetscFunctionReturn(0);
}

/* A node lies at the mean of the vertices of what it is on, or at the middle of its curved edge. */
static PetscErrorCode grid_place_nodes(femd_grid *grid, PetscSection section, const femd_mesh_origin *origin) {
    PetscInt node, start, end, chart;
    Vec coordinates;
    PetscSection of_vertices;
    const PetscScalar *x;
    PetscFunctionBeginUser;
    PetscCall(DMGetCoordinatesLocal(grid->dm, &coordinates));
    PetscCall(DMGetCoordinateSection(grid->dm, &of_vertices));
    PetscCall(VecGetArrayRead(coordinates, &x));
    PetscCall(DMPlexGetChart(grid->dm, &chart, NULL));
    for (int depth = 0; depth < 4; ++depth) {
        PetscCall(DMPlexGetDepthStratum(grid->dm, depth, &start, &end));
        for (PetscInt point = start; point < end && grid->table.element->nodes_on[depth]; ++point) {
            PetscInt vertex[FEMD_CELL_CORNERS], offset;
            int n;
            PetscCall(PetscSectionGetOffset(section, point, &node));
            PetscCall(femd_mesh_vertices(grid->dm, point, vertex, &n));
            double *at = grid->node_x + FEMD_SPACE * node;
            for (int i = 0; i < n; ++i) {
                PetscCall(PetscSectionGetOffset(of_vertices, vertex[i], &offset));
                for (int a = 0; a < FEMD_SPACE; ++a) at[a] = i == 0 ? x[offset + a] : at[a] + x[offset + a];
            }
            for (int a = 0; a < FEMD_SPACE; ++a) at[a] /= n;
            const double *middle = depth == 1 ? femd_mesh_origin_middle(origin, origin->point[point - chart]) : NULL;
            if (middle) memcpy(at, middle, FEMD_SPACE * sizeof *at);
        }
    }
    PetscCall(VecRestoreArrayRead(coordinates, &x));
    PetscFunctionReturn(0);
}

/* Numbers and owners of the nodes. */
static PetscErrorCode grid_number_nodes(femd_grid *grid, PetscSection section, const femd_mesh_origin *origin) {
    PetscSection global;
    PetscInt chart, start, end, base = 0; /* nodes on what is of a lower dimension, in the whole mesh */
    PetscFunctionBeginUser;
    PetscCall(DMGetGlobalSection(grid->dm, &global));
    PetscCall(DMPlexGetChart(grid->dm, &chart, NULL));
    for (int depth = 0; depth < 4; ++depth) {
        if (!grid->table.element->nodes_on[depth]) continue;
        PetscCall(DMPlexGetDepthStratum(grid->dm, depth, &start, &end));
        for (PetscInt point = start; point < end; ++point) {
            PetscInt node, offset;
            PetscCall(PetscSectionGetOffset(section, point, &node));
            PetscCall(PetscSectionGetOffset(global, point, &offset));
            grid->node_owned[node] = offset >= 0;
            grid->node_file[node] = (uint64_t)(base + origin->point[point - chart] - origin->first[depth]);
        }
        base += origin->count[depth];
    }
    PetscFunctionReturn(0);
}

static femd_status grid_allocate(femd_grid *grid, femd_error *err) {
    size_t cells = (size_t)grid->ncells + 1, nodes = (size_t)grid->nnodes + 1;
    grid->cell_file = calloc(cells, sizeof *grid->cell_file);
    grid->cell_material = calloc(cells, sizeof *grid->cell_material);
    grid->cell_body = calloc(cells, sizeof *grid->cell_body);
    grid->cell_node = calloc(cells * (size_t)grid->table.nodes, sizeof *grid->cell_node);
    grid->node_x = calloc(FEMD_SPACE * nodes, sizeof *grid->node_x);
    grid->node_file = calloc(nodes, sizeof *grid->node_file);
    grid->node_owned = calloc(nodes, sizeof *grid->node_owned);
    if (grid->cell_file && grid->cell_material && grid->cell_body && grid->cell_node && grid->node_x &&
        grid->node_file && grid->node_owned)
        return FEMD_OK;
    return grid_no_memory(err);
}

/* material: of every cell of the mesh file, and then its body. */
static femd_status grid_lay_out(femd_grid *grid, const femd_mesh_origin *origin, const int *material, femd_error *err) {
    PetscInt end, start;
    PetscSection section;
    PETSC_TRY(err, grid_make_section(grid->dm, grid->table.element));
    PETSC_TRY(err, DMGetLocalSection(grid->dm, &section));
    PETSC_TRY(err, PetscSectionGetStorageSize(section, &grid->nnodes));
    PETSC_TRY(err, DMPlexGetHeightStratum(grid->dm, 0, &grid->cell_start, &end));
    PETSC_TRY(err, DMPlexGetChart(grid->dm, &start, NULL));
    grid->ncells = end - grid->cell_start;
    FEMD_TRY(femd_agree(grid->comm, grid_allocate(grid, err), err));
    for (PetscInt c = 0; c < grid->ncells; ++c) {
        grid->cell_file[c] = (uint64_t)origin->point[grid->cell_start + c - start];
        grid->cell_material[c] = material[grid->cell_file[c]];
        grid->cell_body[c] = material[(uint64_t)origin->count[3] + grid->cell_file[c]];
        PETSC_TRY(err, grid_cell_nodes(grid, section, grid->cell_start + c, grid->cell_node + c * grid->table.nodes));
    }
    PETSC_TRY(err, grid_place_nodes(grid, section, origin));
    PETSC_TRY(err, grid_number_nodes(grid, section, origin));
    return FEMD_OK;
}

/* ---- the whole ---- */

static femd_status grid_share_materials(const femd_grid *grid, const femd_mesh_origin *origin, int **material,
                                        femd_error *err) {
    femd_status rc = FEMD_OK;
    if (grid->rank != 0 && !(*material = malloc((2 * (size_t)origin->count[3] + 1) * sizeof **material)))
        rc = grid_no_memory(err);
    FEMD_TRY(femd_agree(grid->comm, rc, err));
    MPI_TRY(err, MPI_Bcast(*material, 2 * (int)origin->count[3], MPI_INT, 0, grid->comm));
    return FEMD_OK;
}

static femd_status grid_share_bodies(femd_grid *grid, femd_error *err) {
    int count[4] = {grid->nparts, grid->nhinged, grid->nbodies, grid->nhinges};
    femd_status rc = FEMD_OK;
    MPI_TRY(err, MPI_Bcast(count, 4, MPI_INT, 0, grid->comm));
    grid->nparts = count[0];
    grid->nhinged = count[1];
    grid->nbodies = count[2];
    grid->nhinges = count[3];
    if (grid->rank != 0 && !(grid->hinge = malloc(((size_t)grid->nhinges + 1) * sizeof *grid->hinge)))
        rc = grid_no_memory(err);
    FEMD_TRY(femd_agree(grid->comm, rc, err));
    MPI_TRY(err, MPI_Bcast(grid->hinge, (int)((size_t)grid->nhinges * sizeof *grid->hinge), MPI_BYTE, 0, grid->comm));
    return FEMD_OK;
}

static femd_status grid_fill(femd_grid *grid, const femd_case *cs, femd_error *err) {
    femd_mesh mesh = {0};
    femd_mesh_origin origin = {0};
    int *material = NULL;
    femd_status rc = grid->rank == 0 ? grid_make_mesh(cs, grid, &mesh, &material, err) : FEMD_OK;
    FEMD_TRY_GOTO(rc, femd_agree(grid->comm, rc, err), done);
    FEMD_TRY_GOTO(rc, femd_mesh_distribute(grid->comm, cs, &mesh, &grid->dm, &origin, err), done);
    femd_mesh_clear(&mesh);
    FEMD_TRY_GOTO(rc, grid_share_bodies(grid, err), done);
    FEMD_TRY_GOTO(rc, grid_share_materials(grid, &origin, &material, err), done);
    rc = grid_lay_out(grid, &origin, material, err);
done:
    femd_mesh_clear(&mesh);
    femd_mesh_origin_clear(&origin);
    free(material);
    return rc;
}

femd_status femd_grid_create(MPI_Comm comm, const femd_case *cs, femd_grid **out, femd_error *err) {
    femd_grid *grid = *out = calloc(1, sizeof *grid);
    FEMD_TRY(femd_agree(comm, grid ? FEMD_OK : grid_no_memory(err), err));
    grid->comm = comm;
    MPI_Comm_rank(comm, &grid->rank);
    MPI_Comm_size(comm, &grid->size);
    femd_element_table_make(cs->element, &grid->table);
    femd_status rc = grid_fill(grid, cs, err);
    if (rc != FEMD_OK) femd_grid_destroy(out);
    return rc;
}

void femd_grid_destroy(femd_grid **out) {
    femd_grid *grid = *out;
    if (!grid) return;
    (void)DMDestroy(&grid->dm);
    free(grid->cell_file);
    free(grid->cell_material);
    free(grid->cell_body);
    free(grid->hinge);
    free(grid->cell_node);
    free(grid->node_x);
    free(grid->node_file);
    free(grid->node_owned);
    free(grid);
    *out = NULL;
}

/* ---- surfaces ---- */

femd_status femd_grid_surface(const femd_grid *grid, const char *name, IS *is, PetscInt *n, const PetscInt **point,
                              femd_error *err) {
    char label[FEMD_NAME_MAX + 16];
    *n = 0;
    *point = NULL;
    snprintf(label, sizeof label, "surface:%s", name);
    PETSC_TRY(err, DMGetStratumIS(grid->dm, label, 1, is));
    if (!*is) return FEMD_OK;
    PETSC_TRY(err, ISGetLocalSize(*is, n));
    PETSC_TRY(err, ISGetIndices(*is, point));
    return FEMD_OK;
}

femd_status femd_grid_surface_release(IS *is, const PetscInt **point, femd_error *err) {
    if (!*is) return FEMD_OK;
    PETSC_TRY(err, ISRestoreIndices(*is, point));
    PETSC_TRY(err, ISDestroy(is));
    return FEMD_OK;
}

femd_status femd_grid_node(const femd_grid *grid, PetscInt point, PetscInt *node, femd_error *err) {
    PetscSection section;
    PetscInt entries;
    PETSC_TRY(err, DMGetLocalSection(grid->dm, &section));
    PETSC_TRY(err, PetscSectionGetDof(section, point, &entries));
    PETSC_TRY(err, PetscSectionGetOffset(section, point, node));
    if (entries == 0) *node = -1;
    return FEMD_OK;
}

/* Side of local cell c whose corners are exactly those of plex face `point`; -1 if none is. */
static femd_status grid_find_side(const femd_grid *grid, PetscInt c, PetscInt point, int *side, femd_error *err) {
    const femd_cell *cell = grid->table.element->cell;
    const PetscInt *node = grid->cell_node + c * grid->table.nodes;
    PetscInt corner[FEMD_CELL_CORNERS];
    unsigned bits = 0;
    int n;
    PETSC_TRY(err, femd_mesh_vertices(grid->dm, point, corner, &n));
    for (int k = 0; k < n; ++k) {
        FEMD_TRY(femd_grid_node(grid, corner[k], &corner[k], err));
        for (int i = 0; i < cell->corners; ++i) bits |= (unsigned)(node[i] == corner[k]) << i;
    }
    *side = grid_cell_entity(cell, 2, bits);
    return *side < 0 ? femd_fail(err, FEMD_INTERNAL, "a face of the mesh is no side of its cell") : FEMD_OK;
}

femd_status femd_grid_face(const femd_grid *grid, PetscInt point, PetscInt *cell, int *side, femd_error *err) {
    PetscInt start, end, count, inside;
    const PetscInt *support;
    *cell = *side = -1;
    PETSC_TRY(err, DMPlexGetHeightStratum(grid->dm, 1, &start, &end));
    if (point < start || point >= end) return FEMD_OK;
    PETSC_TRY(err, DMPlexGetSupportSize(grid->dm, point, &count));
    PETSC_TRY(err, DMGetLabelValue(grid->dm, FEMD_MESH_INSIDE, point, &inside));
    if (count != 1 || inside == 1) return FEMD_OK; /* its other cell may be another rank's */
    PETSC_TRY(err, DMPlexGetSupport(grid->dm, point, &support));
    *cell = support[0] - grid->cell_start;
    return grid_find_side(grid, *cell, point, side, err);
}
