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

static int parse_name(const char *line, physical *p) {
    const char *open = strchr(line, '"'), *close = strrchr(line, '"');
    if (sscanf(line, "%d %ld", &p->dim, &p->tag) != 2 || !open || close <= open) return 0;
    size_t n = (size_t)(close - open - 1);
    if (n >= sizeof p->name) n = sizeof p->name - 1;
    memcpy(p->name, open + 1, n);
    p->name[n] = '\0';
    return 1;
}

/* All entries of $PhysicalNames, malloc'ed, and the version of the format. */
static femd_status read_names(const femd_case *cs, physical **list, int *n, double *version, femd_error *err) {
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
            if (!parse_name(line, &p)) continue;
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

static int index_of(const physical *list, int n, int dim, long tag) {
    int at = 0;
    for (int i = 0; i < n; ++i) {
        if (list[i].dim != dim) continue;
        if (list[i].tag == tag) return at;
        ++at;
    }
    return -1;
}

static femd_mesh_name *names_of(const physical *list, int n, int dim, int *count) {
    femd_mesh_name *name = calloc((size_t)n + 1, sizeof *name);
    *count = 0;
    for (int i = 0; name && i < n; ++i)
        if (list[i].dim == dim) memcpy(name[(*count)++], list[i].name, sizeof *name);
    return name;
}

/* ---- cells ---- */

/* From version 4 on an entity has a list of physical tags; before, PETSc would take the elementary tag for a second
 * one. */
static PetscErrorCode read_plex(const char *file, double version, DM *dm) {
    PetscFunctionBeginUser;
    PetscCall(PetscOptionsSetValue(NULL, "-dm_plex_gmsh_highorder", "0"));
    PetscCall(PetscOptionsSetValue(NULL, "-dm_plex_gmsh_multiple_tags", version >= 4 ? "1" : "0"));
    PetscCall(DMPlexCreateGmshFromFile(PETSC_COMM_SELF, file, PETSC_TRUE, dm));
    PetscCall(PetscOptionsClearValue(NULL, "-dm_plex_gmsh_highorder"));
    PetscCall(PetscOptionsClearValue(NULL, "-dm_plex_gmsh_multiple_tags"));
    PetscFunctionReturn(0);
}

/* What fits cells of this type. */
static void advise(DMPolytopeType type, char *text, size_t size) {
    const femd_element *element;
    for (size_t i = 0; (element = femd_element_at(i)); ++i)
        if (femd_mesh_polytope(element->cell) == type) {
            size_t used = (size_t)snprintf(text, size, "use ");
            femd_element_names(element->cell, text + used, size - used);
            return;
        }
    snprintf(text, size, "femd takes hexahedra or tetrahedra");
}

static femd_status check_cells(const femd_case *cs, DM dm, const femd_mesh *m, femd_error *err) {
    const DMPolytopeType want = femd_mesh_polytope(cs->element->cell);
    PetscInt dim, start, end;
    PETSC_TRY(err, DMGetDimension(dm, &dim));
    if (dim != 3)
        return femd_fail(err, FEMD_BAD_INPUT, "%s: mesh.file: %s has no volume elements (its dimension is %ld)",
                         cs->path, m->title, (long)dim);
    PETSC_TRY(err, DMPlexGetHeightStratum(dm, 0, &start, &end));
    if (end <= start) return femd_fail(err, FEMD_BAD_INPUT, "%s: mesh.file: %s has no cells", cs->path, m->title);
    for (PetscInt c = start; c < end; ++c) {
        DMPolytopeType type;
        PETSC_TRY(err, DMPlexGetCellType(dm, c, &type));
        if (type == want) continue;
        char advice[256];
        advise(type, advice, sizeof advice);
        return femd_fail(err, FEMD_BAD_INPUT,
                         "%s: element.type: %s (%s) does not fit %s: cell %ld (counted from 0) is a %s; %s", cs->path,
                         cs->element->name, cs->element->cell->plural, m->title, (long)(c - start),
                         DMPolytopeTypes[type], advice);
    }
    return FEMD_OK;
}

/* Vertices of a point, counted from the first. */
static PetscErrorCode vertices_of_point(DM dm, PetscInt point, PetscInt first, PetscInt *vertex, int *n) {
    PetscFunctionBeginUser;
    PetscCall(femd_mesh_vertices(dm, point, vertex, n));
    for (int i = 0; i < *n; ++i) vertex[i] -= first;
    PetscFunctionReturn(0);
}

/* Cells and the vertices that they use, numbered in the order of the file. number[vertex of dm] = vertex of m. */
static femd_status take_cells(DM dm, const femd_case *cs, femd_mesh *m, PetscInt *number, PetscInt nvertices,
                              femd_error *err) {
    PetscInt start, end, offset, vs, ve;
    int n;
    PetscSection section;
    Vec coordinates;
    const PetscScalar *x;
    PETSC_TRY(err, DMPlexGetHeightStratum(dm, 0, &start, &end));
    PETSC_TRY(err, DMPlexGetDepthStratum(dm, 0, &vs, &ve));
    for (PetscInt c = 0; c < m->ncells; ++c) {
        PETSC_TRY(err, vertices_of_point(dm, start + c, vs, m->cell + m->corners * c, &n));
        PETSC_TRY(err, DMPlexInvertCell(femd_mesh_polytope(cs->element->cell), m->cell + m->corners * c));
        for (int i = 0; i < m->corners; ++i) number[m->cell[m->corners * c + i]] = 0;
    }
    PETSC_TRY(err, DMGetCoordinatesLocal(dm, &coordinates));
    PETSC_TRY(err, DMGetCoordinateSection(dm, &section));
    PETSC_TRY(err, VecGetArrayRead(coordinates, &x));
    for (PetscInt v = 0; v < nvertices; ++v) {
        if (number[v] < 0) continue;
        number[v] = m->nvertices++;
        PETSC_TRY(err, PetscSectionGetOffset(section, vs + v, &offset));
        for (int a = 0; a < 3; ++a) m->x[3 * number[v] + a] = cs->mesh.scale * x[offset + a];
    }
    PETSC_TRY(err, VecRestoreArrayRead(coordinates, &x));
    for (PetscInt i = 0; i < m->ncells * m->corners; ++i) m->cell[i] = number[m->cell[i]];
    return FEMD_OK;
}

/* ---- physical groups ---- */

static femd_status add_region(femd_mesh *m, PetscInt cell, int region, femd_error *err) {
    PetscInt *cells = realloc(m->region_cell, ((size_t)m->ninregion + 1) * sizeof *cells);
    if (cells) m->region_cell = cells;
    int *of = realloc(m->region_of, ((size_t)m->ninregion + 1) * sizeof *of);
    if (of) m->region_of = of;
    if (!cells || !of) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the regions of %s", m->title);
    m->region_cell[m->ninregion] = cell;
    m->region_of[m->ninregion++] = region;
    return FEMD_OK;
}

static femd_status add_face(DM dm, femd_mesh *m, PetscInt point, const PetscInt *number, int surface, femd_error *err) {
    PetscInt vertex[FEMD_CELL_CORNERS], vs;
    int n;
    PetscInt *face = realloc(m->face, FEMD_FACE_CORNERS * ((size_t)m->nfaces + 1) * sizeof *face);
    if (face) m->face = face;
    int *of = realloc(m->face_surface, ((size_t)m->nfaces + 1) * sizeof *of);
    if (of) m->face_surface = of;
    if (!face || !of) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the surfaces of %s", m->title);
    PETSC_TRY(err, DMPlexGetDepthStratum(dm, 0, &vs, NULL));
    PETSC_TRY(err, vertices_of_point(dm, point, vs, vertex, &n));
    for (int i = 0; i < FEMD_FACE_CORNERS; ++i)
        m->face[FEMD_FACE_CORNERS * m->nfaces + i] = i < n ? number[vertex[i]] : -1;
    m->face_surface[m->nfaces++] = surface;
    return FEMD_OK;
}

/* The points of label "Cell Sets" or "Face Sets" whose tag has a name. */
static femd_status take_sets(DM dm, femd_mesh *m, const char *label, int dim, const physical *list, int n,
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
        int at = index_of(list, n, dim, tag[k]);
        if (at < 0) continue;
        PETSC_TRY(err, DMGetStratumIS(dm, label, tag[k], &points));
        if (!points) continue;
        PETSC_TRY(err, ISGetLocalSize(points, &npoints));
        PETSC_TRY(err, ISGetIndices(points, &point));
        for (PetscInt i = 0; i < npoints && rc == FEMD_OK; ++i) {
            if (point[i] < low || point[i] >= high) continue;
            rc = dim == 3 ? add_region(m, point[i] - low, at, err) : add_face(dm, m, point[i], number, at, err);
        }
        PETSC_TRY(err, ISRestoreIndices(points, &point));
        PETSC_TRY(err, ISDestroy(&points));
    }
    PETSC_TRY(err, ISRestoreIndices(values, &tag));
    PETSC_TRY(err, ISDestroy(&values));
    return rc;
}

/* ---- the whole ---- */

static femd_status take_mesh(DM dm, const femd_case *cs, const physical *list, int n, femd_mesh *m, PetscInt **number,
                             femd_error *err) {
    PetscInt start, end, vs, ve;
    FEMD_TRY(check_cells(cs, dm, m, err));
    PETSC_TRY(err, DMPlexGetHeightStratum(dm, 0, &start, &end));
    PETSC_TRY(err, DMPlexGetDepthStratum(dm, 0, &vs, &ve));
    m->corners = cs->element->cell->corners;
    m->ncells = end - start;
    m->cell = malloc((size_t)m->ncells * (size_t)m->corners * sizeof *m->cell);
    m->x = malloc(3 * (size_t)(ve - vs) * sizeof *m->x);
    *number = malloc((size_t)(ve - vs) * sizeof **number);
    m->region = names_of(list, n, 3, &m->nregions);
    m->surface = names_of(list, n, 2, &m->nsurfaces);
    if (!m->cell || !m->x || !*number || !m->region || !m->surface)
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for the mesh %s", m->title);
    for (PetscInt v = 0; v < ve - vs; ++v) (*number)[v] = -1;
    FEMD_TRY(take_cells(dm, cs, m, *number, ve - vs, err));
    FEMD_TRY(take_sets(dm, m, "Cell Sets", 3, list, n, *number, err));
    return take_sets(dm, m, "Face Sets", 2, list, n, *number, err);
}

femd_status femd_mesh_gmsh(const femd_case *cs, femd_mesh *m, femd_error *err) {
    physical *list = NULL;
    PetscInt *number = NULL;
    DM dm = NULL;
    int n = 0;
    double version;
    const char *slash = strrchr(cs->mesh.file, '/');
    m->title = slash ? slash + 1 : cs->mesh.file;
    femd_status rc = read_names(cs, &list, &n, &version, err);
    if (rc == FEMD_OK) {
        femd_error words = FEMD_ERROR_INIT;
        PetscErrorCode code = read_plex(cs->mesh.file, version, &dm);
        if (code != 0) {
            (void)femd_petsc_fail(&words, code, "Gmsh reader");
            rc = femd_fail(err, FEMD_BAD_INPUT, "%s: mesh.file: cannot read %s: %s", cs->path, cs->mesh.file,
                           words.text);
        }
    }
    if (rc == FEMD_OK) rc = take_mesh(dm, cs, list, n, m, &number, err);
    free(list);
    free(number);
    (void)DMDestroy(&dm);
    return rc;
}
