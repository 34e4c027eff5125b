/* The way of a mesh on rank 0 into a DMPlex over all ranks. Reads no file and knows no displacement. */
#include "mesh/mesh_plex.h"

#include <petscsf.h>
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "base/petsc_edge.h"
#include "element/element.h"

PetscErrorCode femd_mesh_vertices(DM dm, PetscInt point, PetscInt *vertex, int *n) {
    PetscInt size, *closure = NULL, first, end;
    PetscFunctionBeginUser;
    *n = 0;
    PetscCall(DMPlexGetDepthStratum(dm, 0, &first, &end));
    PetscCall(DMPlexGetTransitiveClosure(dm, point, PETSC_TRUE, &size, &closure));
    for (PetscInt i = 0; i < size && *n < FEMD_CELL_CORNERS; ++i)
        if (closure[2 * i] >= first && closure[2 * i] < end) vertex[(*n)++] = closure[2 * i];
    PetscCall(DMPlexRestoreTransitiveClosure(dm, point, PETSC_TRUE, &size, &closure));
    PetscFunctionReturn(0);
}

DMPolytopeType femd_mesh_polytope(const femd_cell *cell) {
    for (int type = 0; type < DM_NUM_POLYTOPES; ++type)
        if (strcmp(DMPolytopeTypes[type], cell->name) == 0) return (DMPolytopeType)type;
    return DM_POLYTOPE_UNKNOWN;
}

/* Cells as DMPlex wants them: its corners run the other way round. */
static PetscErrorCode mesh_build_plex(MPI_Comm comm, const femd_mesh *mesh, const femd_cell *shape, DM *dm) {
    const int corners = shape->corners;
    PetscInt n = mesh->ncells * mesh->corners, *cell = NULL;
    DMPolytopeType type = femd_mesh_polytope(shape);
    PetscFunctionBeginUser;
    PetscCall(PetscMalloc1(n, &cell));
    for (PetscInt i = 0; i < n; ++i) cell[i] = mesh->cell[i];
    for (PetscInt c = 0; c < mesh->ncells; ++c) PetscCall(DMPlexInvertCell(type, cell + corners * c));
    PetscCall(DMPlexCreateFromCellListPetsc(comm, 3, mesh->ncells, mesh->nvertices, corners, PETSC_TRUE, cell, 3,
                                            mesh->x, dm));
    PetscCall(PetscFree(cell));
    PetscCall(DMSetBasicAdjacency(*dm, PETSC_FALSE, PETSC_TRUE));
    PetscFunctionReturn(0);
}

static femd_status mesh_mark_surface(DM dm, DMLabel label, const femd_mesh *mesh, int surface, int loaded,
                                     const char *name, const femd_case *cs, femd_error *err) {
    PetscInt fstart, fend;
    PETSC_TRY(err, DMPlexGetHeightStratum(dm, 1, &fstart, &fend));
    for (PetscInt f = 0; f < mesh->nfaces; ++f) {
        if (mesh->face_surface[f] != surface) continue;
        const int *corner = mesh->face + FEMD_FACE_CORNERS * f;
        PetscInt v[FEMD_FACE_CORNERS], support = 0, face = -1;
        int n = 0;
        for (; n < FEMD_FACE_CORNERS && corner[n] >= 0; ++n) v[n] = mesh->ncells + corner[n];
        PETSC_TRY(err, femd_mesh_find(dm, n, v, &face));
        if (face < fstart || face >= fend)
            return femd_fail(err, FEMD_BAD_INPUT,
                             "%s: mesh: a face of surface \"%s\" in %s is no face of a cell; Gmsh leaves out volumes "
                             "that are in no physical group once there is a group: put the volume behind the surface "
                             "in one",
                             cs->path, name, mesh->title);
        PETSC_TRY(err, DMPlexGetSupportSize(dm, face, &support));
        if (loaded && support != 1)
            return femd_fail(
                err, FEMD_BAD_INPUT,
                "%s: the surface \"%s\" lies inside the body, in part at least; a load, a force and the mean of a "
                "probe need an outer surface",
                cs->path, name);
        PETSC_TRY(err, DMLabelSetValue(label, face, 1));
        if (support != 1) PETSC_TRY(err, DMSetLabelValue(dm, FEMD_MESH_INSIDE, face, 1));
    }
    return FEMD_OK;
}

/* A face between more than two cells: the mesh lists a cell twice, or is not conforming. */
static femd_status mesh_check_faces(DM dm, const femd_case *cs, const femd_mesh *mesh, femd_error *err) {
    PetscInt start, end, support;
    const PetscInt *cell;
    PETSC_TRY(err, DMPlexGetHeightStratum(dm, 1, &start, &end));
    for (PetscInt f = start; f < end; ++f) {
        PETSC_TRY(err, DMPlexGetSupportSize(dm, f, &support));
        if (support <= 2) continue;
        PETSC_TRY(err, DMPlexGetSupport(dm, f, &cell));
        return femd_fail(err, FEMD_BAD_INPUT,
                         "%s: mesh: %ld cells of %s share one face (cells %ld, %ld, %ld, ... counted from 0); a volume "
                         "in two physical groups "
                         "is listed twice by Gmsh's format 2: save the mesh as version 4.1",
                         cs->path, (long)support, mesh->title, (long)cell[0], (long)cell[1], (long)cell[2]);
    }
    return FEMD_OK;
}

/* Edges and points of a named line. */
static femd_status mesh_mark_line(DM dm, DMLabel label, const femd_mesh *mesh, int line, const char *name,
                                  const femd_case *cs, femd_error *err) {
    for (int e = 0; e < mesh->npieces; ++e) {
        const int *end = mesh->piece[e], is_point = end[0] == end[1];
        PetscInt v[2] = {mesh->ncells + end[0], mesh->ncells + end[1]}, edge = -1;
        if (mesh->piece_line[e] != line) continue;
        if (end[0] >= 0 && is_point) edge = v[0];
        if (end[0] >= 0 && end[1] >= 0 && !is_point) PETSC_TRY(err, femd_mesh_find(dm, 2, v, &edge));
        if (edge < 0)
            return femd_fail(err, FEMD_BAD_INPUT, "%s: mesh: %s of group \"%s\" in %s is none of a cell", cs->path,
                             is_point ? "a point" : "an edge", name, mesh->title);
        PETSC_TRY(err, DMLabelSetValue(label, edge, 1));
    }
    return FEMD_OK;
}

/* 1 if something is spread over the faces of the group, or averaged: which of them are sides of one cell only must not
 * depend on how the mesh is shared. */
static int mesh_group_is_loaded(const femd_case *cs, const char *name) {
    const char *one;
    for (size_t b = 0; b < cs->nboundary; ++b)
        for (int k = 0; (one = femd_case_group(&cs->boundary[b], k)); ++k)
            if ((femd_case_needs_faces(cs->boundary[b].kind) || cs->boundary[b].kind == FEMD_LOAD_FORCE) &&
                strcmp(one, name) == 0)
                return 1;
    for (size_t k = 0; k < cs->nprobes; ++k)
        if (strcmp(cs->probe[k].on, name) == 0) return 1;
    return 0;
}

static femd_status mesh_mark_group(MPI_Comm comm, DM dm, const femd_case *cs, const femd_mesh *mesh, const char *group,
                                   femd_error *err) {
    char name[FEMD_NAME_MAX + 16];
    PetscBool have;
    DMLabel label;
    snprintf(name, sizeof name, "surface:%s", group);
    PETSC_TRY(err, DMHasLabel(dm, name, &have));
    if (have) return FEMD_OK;
    PETSC_TRY(err, DMCreateLabel(dm, name));
    PETSC_TRY(err, DMGetLabel(dm, name, &label));
    const int s = femd_mesh_find_name(mesh->surface, mesh->nsurfaces, group),
              l = femd_mesh_find_name(mesh->line, mesh->nlines, group);
    femd_status rc =
        s < 0 ? FEMD_OK : mesh_mark_surface(dm, label, mesh, s, mesh_group_is_loaded(cs, group), group, cs, err);
    if (rc == FEMD_OK && l >= 0) rc = mesh_mark_line(dm, label, mesh, l, group, cs, err);
    FEMD_TRY(femd_agree(comm, rc, err));
    PETSC_TRY(err, DMPlexLabelComplete(dm, label));
    return FEMD_OK;
}

/* One label for each group that the boundary names, filled where the mesh is, and completed. Collective. */
static femd_status mesh_mark_surfaces(MPI_Comm comm, DM dm, const femd_case *cs, const femd_mesh *mesh,
                                      femd_error *err) {
    const char *group;
    PETSC_TRY(err, DMCreateLabel(dm, FEMD_MESH_INSIDE));
    for (size_t b = 0; b < cs->nboundary; ++b)
        for (int k = 0; (group = femd_case_group(&cs->boundary[b], k)); ++k)
            FEMD_TRY(mesh_mark_group(comm, dm, cs, mesh, group, err));
    for (size_t k = 0; k < cs->nprobes; ++k)
        if (cs->probe[k].on[0]) FEMD_TRY(mesh_mark_group(comm, dm, cs, mesh, cs->probe[k].on, err));
    return FEMD_OK;
}

/* Number of every local point before the distribution: its root in the migration; all roots are on rank 0. */
static PetscErrorCode mesh_origin_points(DM dm, PetscSF migration, PetscInt *point) {
    PetscInt start, end, nleaves;
    const PetscInt *local;
    const PetscSFNode *remote;
    PetscFunctionBeginUser;
    PetscCall(DMPlexGetChart(dm, &start, &end));
    for (PetscInt p = start; p < end; ++p) point[p - start] = p;
    if (!migration) PetscFunctionReturn(0);
    PetscCall(PetscSFGetGraph(migration, NULL, &nleaves, &local, &remote));
    for (PetscInt l = 0; l < nleaves; ++l) point[(local ? local[l] : l) - start] = remote[l].index;
    PetscFunctionReturn(0);
}

/* Hand every rank its cells. count and cells are those of femd_mesh_partition on rank 0, zero elsewhere. */
static PetscErrorCode mesh_distribute(DM *dm, int ranks, const PetscInt *count, const PetscInt *cells,
                                      PetscSF *migration) {
    PetscPartitioner part;
    DM spread = NULL;
    PetscFunctionBeginUser;
    PetscCall(DMPlexGetPartitioner(*dm, &part));
    PetscCall(PetscPartitionerSetType(part, PETSCPARTITIONERSHELL));
    PetscCall(PetscPartitionerShellSetPartition(part, ranks, count, cells));
    PetscCall(PetscPartitionerSetFromOptions(part));
    PetscCall(DMPlexDistribute(*dm, 0, migration, &spread));
    if (spread) {
        PetscCall(DMDestroy(dm));
        *dm = spread;
        PetscCall(DMSetBasicAdjacency(*dm, PETSC_FALSE, PETSC_TRUE));
    }
    PetscFunctionReturn(0);
}

static femd_status mesh_share_cells(MPI_Comm comm, const femd_mesh *mesh, DM *dm, PetscSF *migration, femd_error *err) {
    int rank, ranks;
    MPI_TRY(err, MPI_Comm_rank(comm, &rank));
    MPI_TRY(err, MPI_Comm_size(comm, &ranks));
    PetscInt *count = calloc((size_t)ranks, sizeof *count), *cells = calloc((size_t)mesh->ncells + 1, sizeof *cells);
    femd_status rc = count && cells ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the mesh");
    if (rc == FEMD_OK && rank == 0) rc = femd_mesh_partition(mesh, ranks, count, cells, err);
    rc = femd_agree(comm, rc, err);
    PetscErrorCode code = rc == FEMD_OK ? mesh_distribute(dm, ranks, count, cells, migration) : 0;
    free(count);
    free(cells);
    FEMD_TRY(rc);
    PETSC_TRY(err, code);
    return FEMD_OK;
}

/* ---- curved edges ---- */

typedef struct curved_edge {
    PetscInt point;
    double x[3];
} curved_edge;

static int curved_by_point(const void *a, const void *b) {
    const curved_edge *p = a, *q = b;
    return (p->point > q->point) - (p->point < q->point);
}

/* The curved edges of the mesh as plex points of dm, which is not distributed yet. */
static femd_status mesh_find_curved(DM dm, const femd_mesh *mesh, curved_edge *list, femd_error *err) {
    for (int i = 0; i < mesh->ncurved; ++i) {
        const femd_mesh_edge *edge = &mesh->curved[i];
        const PetscInt v[2] = {mesh->ncells + edge->end[0], mesh->ncells + edge->end[1]};
        PETSC_TRY(err, femd_mesh_find(dm, 2, v, &list[i].point));
        if (list[i].point < 0) return femd_fail(err, FEMD_INTERNAL, "a curved edge is none of the mesh");
        memcpy(list[i].x, edge->x, sizeof edge->x);
    }
    qsort(list, (size_t)mesh->ncurved, sizeof *list, curved_by_point);
    return FEMD_OK;
}

/* On all ranks: they are few beside the cells, and each rank picks its own. */
static femd_status mesh_share_curved(MPI_Comm comm, DM dm, const femd_mesh *mesh, femd_mesh_origin *origin,
                                     femd_error *err) {
    origin->ncurved = mesh->ncurved;
    MPI_TRY(err, MPI_Bcast(&origin->ncurved, 1, MPIU_INT, 0, comm));
    const size_t n = (size_t)origin->ncurved;
    if (n == 0) return FEMD_OK;
    curved_edge *list = malloc(((size_t)mesh->ncurved + 1) * sizeof *list);
    origin->curved = malloc(n * sizeof *origin->curved);
    origin->middle = malloc(3 * n * sizeof *origin->middle);
    femd_status rc =
        list && origin->curved && origin->middle ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the mesh");
    if (rc == FEMD_OK) rc = mesh_find_curved(dm, mesh, list, err);
    for (int i = 0; rc == FEMD_OK && i < mesh->ncurved; ++i) {
        origin->curved[i] = list[i].point;
        memcpy(origin->middle + 3 * i, list[i].x, sizeof list[i].x);
    }
    free(list);
    FEMD_TRY(femd_agree(comm, rc, err));
    MPI_TRY(err, MPI_Bcast(origin->curved, (int)n, MPIU_INT, 0, comm));
    MPI_TRY(err, MPI_Bcast(origin->middle, 3 * (int)n, MPI_DOUBLE, 0, comm));
    return FEMD_OK;
}

static int curved_of_point(const void *a, const void *b) {
    const PetscInt p = *(const PetscInt *)a, q = *(const PetscInt *)b;
    return (p > q) - (p < q);
}

const double *femd_mesh_origin_middle(const femd_mesh_origin *origin, PetscInt point) {
    const PetscInt *found = origin->ncurved ? bsearch(&point, origin->curved, (size_t)origin->ncurved,
                                                      sizeof *origin->curved, curved_of_point)
                                            : NULL;
    return found ? origin->middle + 3 * (found - origin->curved) : NULL;
}

void femd_mesh_origin_clear(femd_mesh_origin *origin) {
    free(origin->point);
    free(origin->curved);
    free(origin->middle);
    memset(origin, 0, sizeof *origin);
}

femd_status femd_mesh_distribute(MPI_Comm comm, const femd_case *cs, const femd_mesh *mesh, DM *dm,
                                 femd_mesh_origin *origin, femd_error *err) {
    PetscInt start, end;
    PetscSF migration = NULL;
    PETSC_TRY(err, mesh_build_plex(comm, mesh, cs->element->cell, dm));
    FEMD_TRY(femd_agree(comm, mesh_check_faces(*dm, cs, mesh, err), err));
    FEMD_TRY(mesh_mark_surfaces(comm, *dm, cs, mesh, err));
    for (int depth = 0; depth < 4; ++depth) {
        PETSC_TRY(err, DMPlexGetDepthStratum(*dm, depth, &start, &end));
        origin->first[depth] = start;
        origin->count[depth] = end - start;
    }
    FEMD_TRY(mesh_share_curved(comm, *dm, mesh, origin, err));
    MPI_TRY(err, MPI_Bcast(origin->first, 4, MPIU_INT, 0, comm));
    MPI_TRY(err, MPI_Bcast(origin->count, 4, MPIU_INT, 0, comm));
    FEMD_TRY(mesh_share_cells(comm, mesh, dm, &migration, err));
    PETSC_TRY(err, DMPlexGetChart(*dm, &start, &end));
    origin->point = malloc(((size_t)(end - start) + 1) * sizeof *origin->point);
    FEMD_TRY(femd_agree(comm, origin->point ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the mesh"), err));
    PETSC_TRY(err, mesh_origin_points(*dm, migration, origin->point));
    PETSC_TRY(err, PetscSFDestroy(&migration));
    return FEMD_OK;
}
