/* Putting one problem together: mesh, nodes, points, boundary, mechanics. Owns the order of these and the displacement
 * layout; asks the micro side only for the materials. */
#include "fields/problem.h"

#include <petscsf.h>
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "base/petsc_edge.h"
#include "fields/boundary.h"
#include "fields/constitutive.h"
#include "fields/mechanics.h"
#include "fields/points.h"
#include "mesh/mesh.h"
#include "solve/solver.h"

static femd_status out_of_memory(femd_error *err) {
    return femd_fail(err, FEMD_NO_MEMORY, "no memory for the mesh");
}

/* ---- mesh ---- */

/* Rank 0: read or make, and check. material: of every cell, malloc'ed. */
static femd_status make_mesh(const femd_case *cs, int ranks, femd_mesh *m, int **material, femd_error *err) {
    FEMD_TRY(cs->mesh.file ? femd_mesh_gmsh(cs, m, err) : femd_mesh_box(cs, m, err));
    FEMD_TRY(femd_mesh_check(cs, m, err));
    FEMD_TRY(femd_mesh_surfaces(cs, m, err));
    if (!(*material = malloc(((size_t)m->ncells + 1) * sizeof **material))) return out_of_memory(err);
    FEMD_TRY(femd_mesh_materials(cs, m, *material, err));
    if (m->ncells < ranks)
        return femd_fail(err, FEMD_BAD_INPUT, "%s: %d ranks are too many for a mesh of %ld cells", cs->path, ranks,
                         (long)m->ncells);
    return FEMD_OK;
}

/* Three displacements on each node of the element. */
static PetscErrorCode make_section(DM dm, const femd_element *element) {
    PetscSection section;
    PetscInt start, end, s, e;
    PetscFunctionBeginUser;
    PetscCall(DMPlexGetChart(dm, &start, &end));
    PetscCall(PetscSectionCreate(PetscObjectComm((PetscObject)dm), &section));
    PetscCall(PetscSectionSetChart(section, start, end));
    for (int depth = 0; depth < 4; ++depth) {
        PetscCall(DMPlexGetDepthStratum(dm, depth, &s, &e));
        for (PetscInt point = s; point < e && element->nodes_on[depth]; ++point)
            PetscCall(PetscSectionSetDof(section, point, 3));
    }
    PetscCall(PetscSectionSetUp(section));
    PetscCall(DMSetLocalSection(dm, section));
    PetscCall(PetscSectionDestroy(&section));
    PetscFunctionReturn(0);
}

static PetscErrorCode node_of(PetscSection section, PetscInt point, PetscInt *node) {
    PetscFunctionBeginUser;
    PetscCall(PetscSectionGetOffset(section, point, node));
    *node /= 3;
    PetscFunctionReturn(0);
}

/* A set of a cell's corners as bits. */
static unsigned corner_bits(const int *corner, int n) {
    unsigned bits = 0;
    for (int i = 0; i < n; ++i) bits |= 1u << corner[i];
    return bits;
}

/* Which edge or face of the cell (by depth) has exactly these corners; -1 if none. */
static int entity_of(const femd_cell *cell, PetscInt depth, unsigned bits) {
    for (int e = 0; depth == 1 && e < cell->edges; ++e)
        if (corner_bits(cell->edge[e], 2) == bits) return e;
    for (int f = 0; depth == 2 && f < cell->faces; ++f)
        if (corner_bits(cell->face[f], cell->face_corners) == bits) return f;
    return depth == 3 ? 0 : -1;
}

/* Nodes of local cell c in VTK order. */
static PetscErrorCode cell_nodes(femd_problem *p, PetscSection section, PetscInt c, PetscInt *node) {
    const femd_element *element = p->cs->element;
    const femd_cell *cell = element->cell;
    const int on_edges = cell->corners, on_faces = on_edges + element->nodes_on[1] * cell->edges,
              inside = on_faces + element->nodes_on[2] * cell->faces, first[4] = {0, on_edges, on_faces, inside};
    PetscInt n, *closure = NULL, vertex[FEMD_CELL_CORNERS], corner[FEMD_CELL_CORNERS];
    int count;
    PetscFunctionBeginUser;
    PetscCall(femd_mesh_vertices(p->dm, c, vertex, &count));
    PetscCall(DMPlexInvertCell(femd_mesh_polytope(cell), vertex));
    for (int i = 0; i < count; ++i) PetscCall(node_of(section, vertex[i], &node[i]));
    if (element->nodes == cell->corners) PetscFunctionReturn(0);
    PetscCall(DMPlexGetTransitiveClosure(p->dm, c, PETSC_TRUE, &n, &closure));
    for (PetscInt i = 0; i < n; ++i) {
        PetscInt depth;
        unsigned bits = 0;
        PetscCall(DMPlexGetPointDepth(p->dm, closure[2 * i], &depth));
        if (depth == 0 || !element->nodes_on[depth]) continue;
        PetscCall(femd_mesh_vertices(p->dm, closure[2 * i], corner, &count));
        for (int k = 0; k < count; ++k)
            for (int v = 0; v < cell->corners; ++v) bits |= (unsigned)(vertex[v] == corner[k]) << v;
        PetscCall(node_of(section, closure[2 * i], &node[first[depth] + entity_of(cell, depth, bits)]));
    }
    PetscCall(DMPlexRestoreTransitiveClosure(p->dm, c, PETSC_TRUE, &n, &closure));
    PetscFunctionReturn(0);
}

/* A node lies at the mean of the vertices of what it is on. */
static PetscErrorCode place_nodes(femd_problem *p, PetscSection section) {
    PetscInt node, start, end;
    Vec coordinates;
    PetscSection cs;
    const PetscScalar *x;
    PetscFunctionBeginUser;
    PetscCall(DMGetCoordinatesLocal(p->dm, &coordinates));
    PetscCall(DMGetCoordinateSection(p->dm, &cs));
    PetscCall(VecGetArrayRead(coordinates, &x));
    for (int depth = 0; depth < 4; ++depth) {
        PetscCall(DMPlexGetDepthStratum(p->dm, depth, &start, &end));
        for (PetscInt point = start; point < end && p->cs->element->nodes_on[depth]; ++point) {
            PetscInt vertex[FEMD_CELL_CORNERS], offset;
            int n;
            PetscCall(node_of(section, point, &node));
            PetscCall(femd_mesh_vertices(p->dm, point, vertex, &n));
            double *at = p->node_x + FEMD_SPACE * node;
            for (int i = 0; i < n; ++i) {
                PetscCall(PetscSectionGetOffset(cs, vertex[i], &offset));
                for (int a = 0; a < FEMD_SPACE; ++a) at[a] = i == 0 ? x[offset + a] : at[a] + x[offset + a];
            }
            for (int a = 0; a < FEMD_SPACE; ++a) at[a] /= n;
        }
    }
    PetscCall(VecRestoreArrayRead(coordinates, &x));
    PetscFunctionReturn(0);
}

/* Numbers and owners of the nodes. */
static PetscErrorCode number_nodes(femd_problem *p, PetscSection section, const femd_mesh_origin *origin) {
    PetscSection global;
    PetscInt chart, start, end, base = 0; /* nodes on what is of a lower dimension, in the whole mesh */
    PetscFunctionBeginUser;
    PetscCall(DMGetGlobalSection(p->dm, &global));
    PetscCall(DMPlexGetChart(p->dm, &chart, NULL));
    for (int depth = 0; depth < 4; ++depth) {
        if (!p->cs->element->nodes_on[depth]) continue;
        PetscCall(DMPlexGetDepthStratum(p->dm, depth, &start, &end));
        for (PetscInt point = start; point < end; ++point) {
            PetscInt node, offset;
            PetscCall(node_of(section, point, &node));
            PetscCall(PetscSectionGetOffset(global, point, &offset));
            p->node_owned[node] = offset >= 0;
            p->node_file[node] = (uint64_t)(base + origin->point[point - chart] - origin->first[depth]);
        }
        base += origin->count[depth];
    }
    PetscFunctionReturn(0);
}

static femd_status allocate_nodes(femd_problem *p, femd_error *err) {
    size_t cells = (size_t)p->ncells + 1, nodes = (size_t)p->nnodes + 1;
    p->cell_file = calloc(cells, sizeof *p->cell_file);
    p->cell_material = calloc(cells, sizeof *p->cell_material);
    p->cell_node = calloc(cells * (size_t)p->nodes_per_cell, sizeof *p->cell_node);
    p->node_x = calloc(3 * nodes, sizeof *p->node_x);
    p->node_file = calloc(nodes, sizeof *p->node_file);
    p->node_owned = calloc(nodes, sizeof *p->node_owned);
    if (p->cell_file && p->cell_material && p->cell_node && p->node_x && p->node_file && p->node_owned) return FEMD_OK;
    return out_of_memory(err);
}

static femd_status lay_out(femd_problem *p, const femd_element_table *t, const femd_mesh_origin *origin,
                           const int *material, femd_error *err) {
    PetscInt end, size, start;
    PetscSection section;
    PETSC_TRY(err, make_section(p->dm, t->element));
    PETSC_TRY(err, DMGetLocalSection(p->dm, &section));
    PETSC_TRY(err, PetscSectionGetStorageSize(section, &size));
    PETSC_TRY(err, DMPlexGetHeightStratum(p->dm, 0, &p->cell_start, &end));
    PETSC_TRY(err, DMPlexGetChart(p->dm, &start, NULL));
    p->ncells = end - p->cell_start;
    p->nnodes = size / 3;
    p->nodes_per_cell = t->nodes;
    FEMD_TRY(femd_agree(p->comm, allocate_nodes(p, err), err));
    for (PetscInt c = 0; c < p->ncells; ++c) {
        p->cell_file[c] = (uint64_t)origin->point[p->cell_start + c - start];
        p->cell_material[c] = material[p->cell_file[c]];
        PETSC_TRY(err, cell_nodes(p, section, p->cell_start + c, p->cell_node + c * t->nodes));
    }
    PETSC_TRY(err, place_nodes(p, section));
    PETSC_TRY(err, number_nodes(p, section, origin));
    PETSC_TRY(err, DMCreateGlobalVector(p->dm, &p->u));
    PETSC_TRY(err, VecZeroEntries(p->u));
    return FEMD_OK;
}

static femd_status share_materials(femd_problem *p, const femd_mesh_origin *origin, int **material, femd_error *err) {
    femd_status rc = FEMD_OK;
    if (p->rank != 0 && !(*material = malloc(((size_t)origin->count[3] + 1) * sizeof **material)))
        rc = out_of_memory(err);
    FEMD_TRY(femd_agree(p->comm, rc, err));
    MPI_TRY(err, MPI_Bcast(*material, (int)origin->count[3], MPI_INT, 0, p->comm));
    return FEMD_OK;
}

static femd_status read_mesh(femd_problem *p, const femd_element_table *t, femd_error *err) {
    femd_mesh m = {0};
    femd_mesh_origin origin = {0};
    int *material = NULL;
    femd_status rc = p->rank == 0 ? make_mesh(p->cs, p->size, &m, &material, err) : FEMD_OK;
    FEMD_TRY_GOTO(rc, femd_agree(p->comm, rc, err), done);
    FEMD_TRY_GOTO(rc, femd_mesh_distribute(p->comm, p->cs, &m, &p->dm, &origin, err), done);
    femd_mesh_clear(&m);
    FEMD_TRY_GOTO(rc, share_materials(p, &origin, &material, err), done);
    rc = lay_out(p, t, &origin, material, err);
done:
    femd_mesh_clear(&m);
    free(origin.point);
    free(material);
    return rc;
}

/* ---- materials ---- */

static femd_status open_materials(femd_problem *p, femd_error *err) {
    size_t n = p->cs->nmaterials;
    uint32_t any = 0;
    femd_status rc = FEMD_OK;
    p->material_id = calloc(n + 1, sizeof *p->material_id);
    p->caps = calloc(n + 1, sizeof *p->caps);
    if (!p->material_id || !p->caps) rc = out_of_memory(err);
    if (rc == FEMD_OK) rc = p->law->open(p->law->self, p->cs, p->material_id, p->caps, err);
    for (size_t k = 0; rc == FEMD_OK && k < n; ++k) {
        const uint32_t needed = FEMD_WANT_STRESS | FEMD_WANT_TANGENT;
        any |= p->caps[k].wants;
        if ((p->caps[k].wants & needed) != needed)
            rc = femd_fail(err, FEMD_BAD_INPUT,
                           "%s: materials.%s: its engine gives no stress and tangent, which mechanics needs",
                           p->cs->path, p->cs->material[k].name);
    }
    if (rc == FEMD_OK && (p->cs->wants_committed & ~any)) {
        char missing[256], have[256];
        femd_wants_text(p->cs->wants_committed & ~any, missing, sizeof missing);
        femd_wants_text(any, have, sizeof have);
        rc = femd_fail(err, FEMD_BAD_INPUT, "%s: output.wants: no material of the case can answer: %s; they answer: %s",
                       p->cs->path, missing, have);
    }
    return femd_agree(p->comm, rc, err);
}

/* ---- the whole ---- */

/* A solver that is thrown away: an option that PETSc refuses must be known before any result is written. */
static femd_status try_options(femd_problem *p, femd_error *err) {
    femd_solver *s = NULL;
    femd_status rc = femd_solver_create(p, NULL, &s, err);
    femd_solver_destroy(&s);
    return rc;
}

static femd_status fill(femd_problem *p, femd_error *err) {
    femd_element_table t;
    femd_element_table_make(p->cs->element, &t);
    FEMD_TRY(read_mesh(p, &t, err));
    FEMD_TRY(femd_agree(p->comm, femd_points_create(p->ncells * t.points, t.points, &p->pt, err), err));
    FEMD_TRY(femd_mechanics_create(p, err));
    FEMD_TRY(femd_boundary_create(p, &t, &p->bc, err));
    FEMD_TRY(try_options(p, err));
    return open_materials(p, err);
}

femd_status femd_problem_create_law(MPI_Comm comm, const femd_case *cs, femd_constitutive *law, femd_problem **out,
                                    femd_error *err) {
    femd_problem *p = *out = calloc(1, sizeof *p);
    if (!p) return out_of_memory(err);
    PETSC_TRY(err, PetscPushErrorHandler(PetscReturnErrorHandler, NULL));
    p->comm = comm;
    p->cs = cs;
    p->law = law;
    p->dt = cs->end_time / cs->step_count;
    MPI_Comm_rank(comm, &p->rank);
    MPI_Comm_size(comm, &p->size);
    femd_status rc = fill(p, err);
    if (rc != FEMD_OK) femd_problem_destroy(out);
    return rc;
}

void femd_problem_destroy(femd_problem **out) {
    femd_problem *p = *out;
    if (!p) return;
    femd_mechanics_destroy(p);
    femd_boundary_destroy(&p->bc);
    femd_points_destroy(&p->pt);
    (void)VecDestroy(&p->u);
    (void)DMDestroy(&p->dm);
    free(p->material_id);
    free(p->caps);
    free(p->cell_file);
    free(p->cell_material);
    free(p->cell_node);
    free(p->node_x);
    free(p->node_file);
    free(p->node_owned);
    if (p->owns_law) femd_constitutive_destroy(&p->law);
    (void)PetscPopErrorHandler();
    free(p);
    *out = NULL;
}

void femd_constitutive_destroy(femd_constitutive **law) {
    if (!*law) return;
    if ((*law)->destroy) (*law)->destroy((*law)->self);
    free(*law);
    *law = NULL;
}

/* ---- looking at it ---- */

static PetscErrorCode get_u(femd_problem *p, double *disp) {
    Vec local;
    const PetscScalar *u;
    PetscFunctionBeginUser;
    PetscCall(DMGetLocalVector(p->dm, &local));
    PetscCall(DMGlobalToLocal(p->dm, p->u, INSERT_VALUES, local));
    PetscCall(VecGetArrayRead(local, &u));
    memcpy(disp, u, 3 * (size_t)p->nnodes * sizeof *disp);
    PetscCall(VecRestoreArrayRead(local, &u));
    PetscCall(DMRestoreLocalVector(p->dm, &local));
    PetscFunctionReturn(0);
}

femd_status femd_problem_get_u(femd_problem *p, double *disp, femd_error *err) {
    PETSC_TRY(err, get_u(p, disp));
    return FEMD_OK;
}

static PetscErrorCode set_u(femd_problem *p, const double *disp) {
    Vec local;
    PetscScalar *u;
    PetscFunctionBeginUser;
    PetscCall(DMGetLocalVector(p->dm, &local));
    PetscCall(VecGetArrayWrite(local, &u));
    memcpy(u, disp, 3 * (size_t)p->nnodes * sizeof *disp);
    PetscCall(VecRestoreArrayWrite(local, &u));
    PetscCall(DMLocalToGlobal(p->dm, local, INSERT_VALUES, p->u));
    PetscCall(DMRestoreLocalVector(p->dm, &local));
    PetscFunctionReturn(0);
}

femd_status femd_problem_set_u(femd_problem *p, const double *disp, femd_error *err) {
    PETSC_TRY(err, set_u(p, disp));
    return FEMD_OK;
}

femd_status femd_problem_nodes(femd_problem *p, PetscInt *nlocal, PetscInt *per_cell, PetscInt **conn, double **coords,
                               double **disp, femd_error *err) {
    size_t nconn = (size_t)(p->ncells * p->nodes_per_cell), n = 3 * (size_t)p->nnodes;
    PetscInt *cell = malloc((nconn + 1) * sizeof *cell);
    double *x = malloc((n + 1) * sizeof *x), *u = malloc((n + 1) * sizeof *u);
    femd_status rc = femd_agree(p->comm, cell && x && u ? FEMD_OK : out_of_memory(err), err);
    if (rc == FEMD_OK) rc = femd_problem_get_u(p, u, err);
    if (rc == FEMD_OK) {
        memcpy(cell, p->cell_node, nconn * sizeof *cell);
        memcpy(x, p->node_x, n * sizeof *x);
        if (nlocal) *nlocal = p->nnodes;
        if (per_cell) *per_cell = p->nodes_per_cell;
    }
    if (conn && rc == FEMD_OK)
        *conn = cell;
    else
        free(cell);
    if (coords && rc == FEMD_OK)
        *coords = x;
    else
        free(x);
    if (disp && rc == FEMD_OK)
        *disp = u;
    else
        free(u);
    return rc;
}
