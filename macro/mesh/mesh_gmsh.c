/* Gmsh files through PETSc's reader, on one rank by itself: what it hands over are plain arrays, so that an unreadable
 * file is a message and never a deadlock. Regions and surfaces are known by (dimension, tag); their names come from
 * $PhysicalNames, which is text in all versions of the format. */
#include "mesh/mesh.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/petsc_edge.h"

typedef struct physical {
    int dim;
    long tag;
    femd_mesh_name name;
} physical;

/* ---- names ---- */

static int gmsh_parse_name(const char *line, physical *p) {
    const char *open = strchr(line, '"'), *close = strrchr(line, '"');
    if (sscanf(line, "%d %ld", &p->dim, &p->tag) != 2 || !open || close <= open) return 0;
    size_t n = (size_t)(close - open - 1);
    if (n >= sizeof p->name) n = sizeof p->name - 1;
    memcpy(p->name, open + 1, n);
    p->name[n] = '\0';
    return 1;
}

/* All entries of $PhysicalNames, malloc'ed, and the version of the format. */
static femd_status gmsh_read_names(const femd_case *cs, physical **list, int *n, double *version, femd_error *err) {
    char *line = NULL;
    size_t room = 0;
    int inside = 0, first = 1, is_gmsh = 0, missing = 0;
    FILE *f = fopen(cs->mesh.file, "rb");
    *list = NULL;
    *n = 0;
    *version = 0;
    if (!f) return femd_fail(err, FEMD_BAD_INPUT, "%s: mesh.file: cannot open \"%s\": %m", cs->path, cs->mesh.file);
    for (; getline(&line, &room, f) >= 0 && !missing; first = 0) {
        if (first) is_gmsh = strncmp(line, "$MeshFormat", 11) == 0 || strncmp(line, "$Comments", 9) == 0;
        if (first && !is_gmsh) break;
        if (*version == 0 && sscanf(line, "%lf", version) != 1) *version = 0;
        if (strncmp(line, "$EndPhysicalNames", 17) == 0) break;
        if (inside) {
            physical p, *more;
            if (!gmsh_parse_name(line, &p)) continue;
            more = realloc(*list, ((size_t)*n + 1) * sizeof **list);
            if (more) (*list = more)[(*n)++] = p;
            missing = !more;
        }
        if (strncmp(line, "$PhysicalNames", 14) == 0) inside = 1;
    }
    free(line);
    fclose(f);
    if (missing) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the names of %s", cs->mesh.file);
    if (!is_gmsh)
        return femd_fail(err, FEMD_BAD_INPUT, "%s: mesh.file: %s is no Gmsh file: it does not begin with $MeshFormat",
                         cs->path, cs->mesh.file);
    return FEMD_OK;
}

static int gmsh_index_of(const physical *list, int n, int dim, long tag) {
    int at = 0;
    for (int i = 0; i < n; ++i) {
        if (list[i].dim != dim) continue;
        if (list[i].tag == tag) return at;
        ++at;
    }
    return -1;
}

static femd_mesh_name *gmsh_names_of(const physical *list, int n, int dim, int *count) {
    femd_mesh_name *name = calloc((size_t)n + 1, sizeof *name);
    *count = 0;
    for (int i = 0; name && i < n; ++i)
        if (list[i].dim == dim) memcpy(name[(*count)++], list[i].name, sizeof *name);
    return name;
}

/* ---- cells ---- */

/* From version 4 on an entity has a list of physical tags; before, PETSc would take the elementary tag for a second
 * one. */
static PetscErrorCode gmsh_read_plex(const char *file, double version, DM *dm) {
    PetscFunctionBeginUser;
    PetscCall(PetscOptionsSetValue(NULL, "-dm_plex_gmsh_highorder", "0"));
    PetscCall(PetscOptionsSetValue(NULL, "-dm_plex_gmsh_multiple_tags", version >= 4 ? "1" : "0"));
    PetscCall(DMPlexCreateGmshFromFile(PETSC_COMM_SELF, file, PETSC_TRUE, dm));
    PetscCall(PetscOptionsClearValue(NULL, "-dm_plex_gmsh_highorder"));
    PetscCall(PetscOptionsClearValue(NULL, "-dm_plex_gmsh_multiple_tags"));
    PetscFunctionReturn(0);
}

/* What fits cells of this type. */
static void gmsh_advise(DMPolytopeType type, char *text, size_t size) {
    const femd_element *element;
    for (size_t i = 0; (element = femd_element_at(i)); ++i)
        if (femd_mesh_polytope(element->cell) == type) {
            size_t used = (size_t)snprintf(text, size, "use ");
            femd_element_names(element->cell, text + used, size - used);
            return;
        }
    snprintf(text, size, "femd takes hexahedra or tetrahedra");
}

static femd_status gmsh_check_cells(const femd_case *cs, DM dm, const femd_mesh *mesh, femd_error *err) {
    const DMPolytopeType want = femd_mesh_polytope(cs->element->cell);
    PetscInt dim, start, end;
    PETSC_TRY(err, DMGetDimension(dm, &dim));
    if (dim != 3)
        return femd_fail(err, FEMD_BAD_INPUT, "%s: mesh.file: %s has no volume elements (its dimension is %ld)",
                         cs->path, mesh->title, (long)dim);
    PETSC_TRY(err, DMPlexGetHeightStratum(dm, 0, &start, &end));
    if (end <= start) return femd_fail(err, FEMD_BAD_INPUT, "%s: mesh.file: %s has no cells", cs->path, mesh->title);
    for (PetscInt c = start; c < end; ++c) {
        DMPolytopeType type;
        PETSC_TRY(err, DMPlexGetCellType(dm, c, &type));
        if (type == want) continue;
        char advice[256];
        gmsh_advise(type, advice, sizeof advice);
        return femd_fail(err, FEMD_BAD_INPUT,
                         "%s: element.type: %s (%s) does not fit %s: cell %ld (counted from 0) is a %s; %s", cs->path,
                         cs->element->name, cs->element->cell->plural, mesh->title, (long)(c - start),
                         DMPolytopeTypes[type], advice);
    }
    return FEMD_OK;
}

/* Vertices of a point, counted from the first. */
static PetscErrorCode gmsh_vertices(DM dm, PetscInt point, PetscInt first, PetscInt *vertex, int *n) {
    PetscFunctionBeginUser;
    PetscCall(femd_mesh_vertices(dm, point, vertex, n));
    for (int i = 0; i < *n; ++i) vertex[i] -= first;
    PetscFunctionReturn(0);
}

/* Cells and the vertices that they use, numbered in the order of the file. number[vertex of dm] = vertex of mesh. */
static femd_status gmsh_take_cells(DM dm, const femd_case *cs, femd_mesh *mesh, PetscInt *number, PetscInt nvertices,
                                   femd_error *err) {
    PetscInt start, end, offset, vs, ve;
    int n;
    PetscSection section;
    Vec coordinates;
    const PetscScalar *x;
    PETSC_TRY(err, DMPlexGetHeightStratum(dm, 0, &start, &end));
    PETSC_TRY(err, DMPlexGetDepthStratum(dm, 0, &vs, &ve));
    for (PetscInt c = 0; c < mesh->ncells; ++c) {
        PETSC_TRY(err, gmsh_vertices(dm, start + c, vs, mesh->cell + mesh->corners * c, &n));
        PETSC_TRY(err, DMPlexInvertCell(femd_mesh_polytope(cs->element->cell), mesh->cell + mesh->corners * c));
        for (int i = 0; i < mesh->corners; ++i) number[mesh->cell[mesh->corners * c + i]] = 0;
    }
    PETSC_TRY(err, DMGetCoordinatesLocal(dm, &coordinates));
    PETSC_TRY(err, DMGetCoordinateSection(dm, &section));
    PETSC_TRY(err, VecGetArrayRead(coordinates, &x));
    for (PetscInt v = 0; v < nvertices; ++v) {
        if (number[v] < 0) continue;
        number[v] = mesh->nvertices++;
        PETSC_TRY(err, PetscSectionGetOffset(section, vs + v, &offset));
        for (int a = 0; a < 3; ++a) mesh->x[3 * number[v] + a] = cs->mesh.scale * x[offset + a];
    }
    PETSC_TRY(err, VecRestoreArrayRead(coordinates, &x));
    for (PetscInt i = 0; i < mesh->ncells * mesh->corners; ++i) mesh->cell[i] = number[mesh->cell[i]];
    return FEMD_OK;
}

/* ---- physical groups ---- */

static femd_status gmsh_add_region(femd_mesh *mesh, PetscInt cell, int region, femd_error *err) {
    PetscInt *cells = realloc(mesh->region_cell, ((size_t)mesh->ninregion + 1) * sizeof *cells);
    if (cells) mesh->region_cell = cells;
    int *of = realloc(mesh->region_of, ((size_t)mesh->ninregion + 1) * sizeof *of);
    if (of) mesh->region_of = of;
    if (!cells || !of) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the regions of %s", mesh->title);
    mesh->region_cell[mesh->ninregion] = cell;
    mesh->region_of[mesh->ninregion++] = region;
    return FEMD_OK;
}

static femd_status gmsh_add_face(DM dm, femd_mesh *mesh, PetscInt point, const PetscInt *number, int surface,
                                 femd_error *err) {
    PetscInt vertex[FEMD_CELL_CORNERS], vs;
    int n;
    PetscInt *face = realloc(mesh->face, FEMD_FACE_CORNERS * ((size_t)mesh->nfaces + 1) * sizeof *face);
    if (face) mesh->face = face;
    int *of = realloc(mesh->face_surface, ((size_t)mesh->nfaces + 1) * sizeof *of);
    if (of) mesh->face_surface = of;
    if (!face || !of) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the surfaces of %s", mesh->title);
    PETSC_TRY(err, DMPlexGetDepthStratum(dm, 0, &vs, NULL));
    PETSC_TRY(err, gmsh_vertices(dm, point, vs, vertex, &n));
    for (int i = 0; i < FEMD_FACE_CORNERS; ++i)
        mesh->face[FEMD_FACE_CORNERS * mesh->nfaces + i] = i < n ? number[vertex[i]] : -1;
    mesh->face_surface[mesh->nfaces++] = surface;
    return FEMD_OK;
}

/* The points of label "Cell Sets" or "Face Sets" whose tag has a name. */
static femd_status gmsh_take_sets(DM dm, femd_mesh *mesh, const char *label, int dim, const physical *list, int n,
                                  const PetscInt *number, femd_error *err) {
    IS values = NULL;
    const PetscInt *tag;
    PetscInt ntags = 0, low, high;
    femd_status rc = FEMD_OK;
    PETSC_TRY(err, DMGetLabelIdIS(dm, label, &values));
    if (!values) return FEMD_OK;
    PETSC_TRY(err, DMPlexGetHeightStratum(dm, 3 - dim, &low, &high));
    PETSC_TRY(err, ISGetLocalSize(values, &ntags));
    PETSC_TRY(err, ISGetIndices(values, &tag));
    for (PetscInt k = 0; k < ntags && rc == FEMD_OK; ++k) {
        IS points = NULL;
        const PetscInt *point;
        PetscInt npoints;
        int at = gmsh_index_of(list, n, dim, tag[k]);
        if (at < 0) continue;
        PETSC_TRY(err, DMGetStratumIS(dm, label, tag[k], &points));
        if (!points) continue;
        PETSC_TRY(err, ISGetLocalSize(points, &npoints));
        PETSC_TRY(err, ISGetIndices(points, &point));
        for (PetscInt i = 0; i < npoints && rc == FEMD_OK; ++i) {
            if (point[i] < low || point[i] >= high) continue;
            rc = dim == 3 ? gmsh_add_region(mesh, point[i] - low, at, err)
                          : gmsh_add_face(dm, mesh, point[i], number, at, err);
        }
        PETSC_TRY(err, ISRestoreIndices(points, &point));
        PETSC_TRY(err, ISDestroy(&points));
    }
    PETSC_TRY(err, ISRestoreIndices(values, &tag));
    PETSC_TRY(err, ISDestroy(&values));
    return rc;
}

/* ---- the whole ---- */

static femd_status gmsh_take_mesh(DM dm, const femd_case *cs, const physical *list, int n, femd_mesh *mesh,
                                  PetscInt **number, femd_error *err) {
    PetscInt start, end, vs, ve;
    FEMD_TRY(gmsh_check_cells(cs, dm, mesh, err));
    PETSC_TRY(err, DMPlexGetHeightStratum(dm, 0, &start, &end));
    PETSC_TRY(err, DMPlexGetDepthStratum(dm, 0, &vs, &ve));
    mesh->corners = cs->element->cell->corners;
    mesh->ncells = end - start;
    mesh->cell = malloc((size_t)mesh->ncells * (size_t)mesh->corners * sizeof *mesh->cell);
    mesh->x = malloc(3 * (size_t)(ve - vs) * sizeof *mesh->x);
    *number = malloc((size_t)(ve - vs) * sizeof **number);
    mesh->region = gmsh_names_of(list, n, 3, &mesh->nregions);
    mesh->surface = gmsh_names_of(list, n, 2, &mesh->nsurfaces);
    if (!mesh->cell || !mesh->x || !*number || !mesh->region || !mesh->surface)
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for the mesh %s", mesh->title);
    for (PetscInt v = 0; v < ve - vs; ++v) (*number)[v] = -1;
    FEMD_TRY(gmsh_take_cells(dm, cs, mesh, *number, ve - vs, err));
    FEMD_TRY(gmsh_take_sets(dm, mesh, "Cell Sets", 3, list, n, *number, err));
    return gmsh_take_sets(dm, mesh, "Face Sets", 2, list, n, *number, err);
}

femd_status femd_mesh_gmsh(const femd_case *cs, femd_mesh *mesh, femd_error *err) {
    physical *list = NULL;
    PetscInt *number = NULL;
    DM dm = NULL;
    int n = 0;
    double version;
    const char *slash = strrchr(cs->mesh.file, '/');
    mesh->title = slash ? slash + 1 : cs->mesh.file;
    femd_status rc = gmsh_read_names(cs, &list, &n, &version, err);
    if (rc == FEMD_OK) {
        femd_error words = FEMD_ERROR_INIT;
        PetscErrorCode code = gmsh_read_plex(cs->mesh.file, version, &dm);
        if (code != 0) {
            (void)femd_petsc_fail(&words, code, "Gmsh reader");
            rc = femd_fail(err, FEMD_BAD_INPUT, "%s: mesh.file: cannot read %s: %s", cs->path, cs->mesh.file,
                           words.text);
        }
    }
    if (rc == FEMD_OK) rc = gmsh_take_mesh(dm, cs, list, n, mesh, &number, err);
    free(list);
    free(number);
    (void)DMDestroy(&dm);
    return rc;
}
