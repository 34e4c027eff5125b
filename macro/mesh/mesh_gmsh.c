/* From a Gmsh file to the mesh: cells of the element's shape, the vertices that they use, faces and volumes by the
 * names of their physical groups. A group without a name is called by its number. Serial: it runs on rank 0. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mesh/gmsh_curves_private.h"

static femd_status gmsh_no_memory(const femd_mesh *mesh, femd_error *err) {
    return femd_fail(err, FEMD_NO_MEMORY, "no memory for the mesh %s", mesh->title);
}

static int gmsh_dim(int type, int *nodes) {
    int dim = -1;
    const char *name;
    return femd_gmsh_type(type, &dim, nodes, &name) ? dim : -1;
}

/* ---- groups by name ---- */

typedef struct gmsh_tag {
    int dim;
    long tag;
    int index; /* in mesh->line, mesh->surface or mesh->region */
} gmsh_tag;

typedef struct gmsh_tags {
    size_t n;
    gmsh_tag *list;
    size_t last[4]; /* the one found last in each dimension: elements of a group come in a row */
} gmsh_tags;

static int gmsh_find_tag(gmsh_tags *tags, int dim, long tag) {
    const size_t last = tags->last[dim];
    if (last < tags->n && tags->list[last].dim == dim && tags->list[last].tag == tag) return tags->list[last].index;
    for (size_t i = 0; i < tags->n; ++i)
        if (tags->list[i].dim == dim && tags->list[i].tag == tag) {
            tags->last[dim] = i;
            return tags->list[i].index;
        }
    return -1;
}

/* One name may stand for several tags. */
static femd_status gmsh_add_tag(femd_mesh *mesh, gmsh_tags *tags, int dim, long tag, const char *name,
                                femd_error *err) {
    femd_mesh_name **names = dim < 2 ? &mesh->line : dim == 2 ? &mesh->surface : &mesh->region;
    int *n = dim < 2 ? &mesh->nlines : dim == 2 ? &mesh->nsurfaces : &mesh->nregions, at = 0;
    gmsh_tag *more = realloc(tags->list, (tags->n + 1) * sizeof *more);
    if (!more) return gmsh_no_memory(mesh, err);
    tags->list = more;
    while (at < *n && strcmp((*names)[at], name) != 0) ++at;
    if (at == *n) {
        femd_mesh_name *grown = realloc(*names, ((size_t)*n + 1) * sizeof *grown);
        if (!grown) return gmsh_no_memory(mesh, err);
        *names = grown;
        snprintf(grown[(*n)++], sizeof *grown, "%s", name);
    }
    tags->list[tags->n++] = (gmsh_tag){dim, tag, at};
    return FEMD_OK;
}

static femd_status gmsh_take_names(const femd_gmsh_file *file, femd_mesh *mesh, gmsh_tags *tags, femd_error *err) {
    for (size_t i = 0; i < file->nnames; ++i) {
        const femd_gmsh_name *one = &file->name[i];
        if (one->dim >= 0 && one->dim <= 3) FEMD_TRY(gmsh_add_tag(mesh, tags, one->dim, one->tag, one->name, err));
    }
    for (size_t i = 0; i < file->nelements; ++i) {
        const femd_gmsh_element *e = &file->element[i];
        int nodes;
        const int dim = gmsh_dim(e->type, &nodes);
        for (int k = 0; k < e->ngroups && dim >= 0; ++k) {
            const long tag = file->group[e->groups + (size_t)k];
            char number[24];
            if (gmsh_find_tag(tags, dim, tag) >= 0) continue;
            snprintf(number, sizeof number, "%ld", tag);
            FEMD_TRY(gmsh_add_tag(mesh, tags, dim, tag, number, err));
        }
    }
    return FEMD_OK;
}

/* ---- cells ---- */

static femd_status gmsh_misfit(const femd_case *cs, const femd_mesh *mesh, const femd_gmsh_element *e, int cell,
                               femd_error *err) {
    const femd_cell *shape = femd_cell_of_gmsh(e->type);
    const char *name = "?";
    char advice[256];
    int dim, nodes;
    (void)femd_gmsh_type(e->type, &dim, &nodes, &name);
    size_t used = (size_t)snprintf(advice, sizeof advice, shape ? "use " : "femd takes hexahedra or tetrahedra");
    if (shape) femd_element_names(shape, advice + used, sizeof advice - used);
    return femd_fail(err, FEMD_BAD_INPUT,
                     "%s: element.type: %s (%s) does not fit %s: cell %ld (counted from 0) is a %s; %s", cs->path,
                     cs->element->name, cs->element->cell->plural, mesh->title, (long)cell, name, advice);
}

/* BAD_INPUT if two of the cell's corners are one node. */
static femd_status gmsh_check_corners(const femd_case *cs, const femd_gmsh_file *file, const femd_mesh *mesh,
                                      const femd_gmsh_element *e, femd_error *err) {
    const size_t *node = file->node + e->nodes;
    for (int i = 1; i < mesh->corners; ++i)
        for (int k = 0; k < i; ++k)
            if (node[i] == node[k])
                return femd_fail(
                    err, FEMD_BAD_INPUT,
                    "%s: mesh: cell %d of %s (counted from 0; element %ld of the file) has one node as its corners %d "
                    "and %d: %s",
                    cs->path, mesh->ncells, mesh->title, e->number, k + 1, i + 1,
                    mesh->corners == 8 ? "a wedge or a pyramid that is written as a hexahedron is not taken; mesh with "
                                         "hexahedra of eight corners, or with tetrahedra (element.type P2)"
                                       : "it has no volume; take it out, or mend the mesh");
    return FEMD_OK;
}

/* element_of[cell] = its place in the file, malloc'ed. */
static femd_status gmsh_find_cells(const femd_case *cs, const femd_gmsh_file *file, femd_mesh *mesh,
                                   size_t **element_of, femd_error *err) {
    int highest = 0, nodes;
    *element_of = malloc((file->nelements + 1) * sizeof **element_of);
    if (!*element_of) return gmsh_no_memory(mesh, err);
    mesh->ncells = 0;
    for (size_t i = 0; i < file->nelements; ++i) {
        const int dim = gmsh_dim(file->element[i].type, &nodes);
        if (dim > highest) highest = dim;
        if (dim != 3) continue;
        if (femd_cell_of_gmsh(file->element[i].type) != cs->element->cell)
            return gmsh_misfit(cs, mesh, &file->element[i], mesh->ncells, err);
        FEMD_TRY(gmsh_check_corners(cs, file, mesh, &file->element[i], err));
        (*element_of)[mesh->ncells++] = i;
    }
    if (mesh->ncells > 0) return FEMD_OK;
    return femd_fail(err, FEMD_BAD_INPUT,
                     "%s: mesh.file: %s has no volume elements (its dimension is %d); Gmsh leaves out volumes that are "
                     "in no physical group once there is a group: add a physical volume",
                     cs->path, mesh->title, highest);
}

typedef struct gmsh_double {
    size_t node[FEMD_CELL_CORNERS]; /* sorted */
    int cell;
} gmsh_double;

static int gmsh_by_nodes(const void *a, const void *b) {
    const gmsh_double *p = a, *q = b;
    for (int i = 0; i < FEMD_CELL_CORNERS; ++i)
        if (p->node[i] != q->node[i]) return p->node[i] < q->node[i] ? -1 : 1;
    return (p->cell > q->cell) - (p->cell < q->cell);
}

static int gmsh_same_groups(const femd_gmsh_file *file, size_t a, size_t b) {
    const femd_gmsh_element *p = &file->element[a], *q = &file->element[b];
    return p->ngroups == q->ngroups && (p->ngroups == 0 || file->group[p->groups] == file->group[q->groups]);
}

static femd_status gmsh_twice(const femd_case *cs, const femd_gmsh_file *file, const femd_mesh *mesh,
                              const size_t *element_of, int one, int other, femd_error *err) {
    return femd_fail(
        err, FEMD_BAD_INPUT,
        "%s: mesh: cell %d of %s (counted from 0) is there twice: elements %ld and %ld of the file have the "
        "same corners%s; take one of them out",
        cs->path, one, mesh->title, file->element[element_of[one]].number, file->element[element_of[other]].number,
        file->version < 3 ? " and are in the same volume" : "");
}

/* Format 2.2 lists a cell once for each group that it is in. same_as[cell] = the first of them, itself for most. A cell
 * that is there twice in one group, or in a file of another format, would count twice. */
static femd_status gmsh_find_doubles(const femd_case *cs, const femd_gmsh_file *file, const femd_mesh *mesh,
                                     const size_t *element_of, int *same_as, femd_error *err) {
    gmsh_double *list = calloc((size_t)mesh->ncells + 1, sizeof *list);
    if (!list) return gmsh_no_memory(mesh, err);
    for (int c = 0; c < mesh->ncells; ++c) {
        const size_t *node = file->node + file->element[element_of[c]].nodes;
        list[c].cell = c;
        for (int i = 0; i < mesh->corners; ++i) {
            int at = i;
            for (; at > 0 && list[c].node[at - 1] > node[i]; --at) list[c].node[at] = list[c].node[at - 1];
            list[c].node[at] = node[i];
        }
    }
    qsort(list, (size_t)mesh->ncells, sizeof *list, gmsh_by_nodes);
    femd_status rc = FEMD_OK;
    for (int k = 0, first = 0; k < mesh->ncells && rc == FEMD_OK; ++k) {
        const int c = list[k].cell;
        if (memcmp(list[k].node, list[first].node, sizeof list[k].node) != 0) first = k;
        same_as[c] = list[first].cell;
        for (int j = first; j < k && rc == FEMD_OK; ++j)
            if (file->version > 3 || gmsh_same_groups(file, element_of[list[j].cell], element_of[c]))
                rc = gmsh_twice(cs, file, mesh, element_of, list[j].cell, c, err);
    }
    free(list);
    return rc;
}

static femd_status gmsh_add_region(femd_mesh *mesh, size_t *room, int cell, int region, femd_error *err) {
    if ((size_t)mesh->ninregion == *room) {
        *room = 2 * *room + 1024;
        int *cells = realloc(mesh->region_cell, *room * sizeof *cells);
        if (cells) mesh->region_cell = cells;
        int *of = realloc(mesh->region_of, *room * sizeof *of);
        if (of) mesh->region_of = of;
        if (!cells || !of) return gmsh_no_memory(mesh, err);
    }
    mesh->region_cell[mesh->ninregion] = cell;
    mesh->region_of[mesh->ninregion++] = region;
    return FEMD_OK;
}

/* Number the cells that are left, 0..ncells-1, with their regions; same_as becomes the new number. */
static femd_status gmsh_take_cells(const femd_gmsh_file *file, femd_mesh *mesh, gmsh_tags *tags, size_t *element_of,
                                   int *same_as, femd_error *err) {
    size_t room = 0;
    int kept = 0;
    for (int c = 0; c < mesh->ncells; ++c) {
        const femd_gmsh_element *e = &file->element[element_of[c]];
        const int number = same_as[c] == c ? kept : same_as[same_as[c]]; /* the first one stands before it */
        if (number == kept) element_of[kept++] = element_of[c];
        same_as[c] = number;
        for (int k = 0; k < e->ngroups; ++k)
            FEMD_TRY(
                gmsh_add_region(mesh, &room, number, gmsh_find_tag(tags, 3, file->group[e->groups + (size_t)k]), err));
    }
    mesh->ncells = kept;
    return FEMD_OK;
}

/* Vertices that cells use, in the order of the file. number[node of the file] = vertex, -1 for none. */
static femd_status gmsh_take_vertices(const femd_case *cs, const femd_gmsh_file *file, femd_mesh *mesh,
                                      const size_t *element_of, int *number, femd_error *err) {
    mesh->cell = malloc(((size_t)mesh->ncells + 1) * (size_t)mesh->corners * sizeof *mesh->cell);
    mesh->x = malloc(3 * (file->nnodes + 1) * sizeof *mesh->x);
    if (!mesh->cell || !mesh->x) return gmsh_no_memory(mesh, err);
    for (size_t i = 0; i < file->nnodes; ++i) number[i] = -1;
    for (int c = 0; c < mesh->ncells; ++c)
        for (int i = 0; i < mesh->corners; ++i) number[file->node[file->element[element_of[c]].nodes + (size_t)i]] = 0;
    for (size_t i = 0; i < file->nnodes; ++i) {
        if (number[i] < 0) continue;
        number[i] = mesh->nvertices++;
        for (int a = 0; a < 3; ++a) mesh->x[3 * number[i] + a] = cs->mesh.scale * file->x[3 * i + (size_t)a];
    }
    for (int c = 0; c < mesh->ncells; ++c)
        for (int i = 0; i < mesh->corners; ++i)
            mesh->cell[mesh->corners * c + i] = number[file->node[file->element[element_of[c]].nodes + (size_t)i]];
    return FEMD_OK;
}

/* ---- faces ---- */

/* A face that can be none of a cell (other shape, or a node that no cell has) is kept without vertices: whoever names
 * its surface is told. */
static femd_status gmsh_take_faces(const femd_case *cs, const femd_gmsh_file *file, femd_mesh *mesh, gmsh_tags *tags,
                                   const int *number, femd_error *err) {
    const int corners = cs->element->cell->face_corners;
    size_t n = 0;
    int nodes;
    for (size_t i = 0; i < file->nelements; ++i)
        if (gmsh_dim(file->element[i].type, &nodes) == 2) n += (size_t)file->element[i].ngroups;
    mesh->face = malloc((FEMD_FACE_CORNERS * n + 1) * sizeof *mesh->face);
    mesh->face_surface = malloc((n + 1) * sizeof *mesh->face_surface);
    if (!mesh->face || !mesh->face_surface) return gmsh_no_memory(mesh, err);
    for (size_t i = 0; i < file->nelements; ++i) {
        const femd_gmsh_element *e = &file->element[i];
        if (gmsh_dim(e->type, &nodes) != 2) continue;
        const int triangle = e->type == 2 || e->type == 9;
        for (int k = 0; k < e->ngroups; ++k) {
            int *face = mesh->face + FEMD_FACE_CORNERS * mesh->nfaces;
            int whole = corners == (triangle ? 3 : 4);
            for (int v = 0; v < corners && whole; ++v) whole = number[file->node[e->nodes + (size_t)v]] >= 0;
            for (int v = 0; v < FEMD_FACE_CORNERS; ++v)
                face[v] = whole && v < corners ? number[file->node[e->nodes + (size_t)v]] : -1;
            mesh->face_surface[mesh->nfaces++] = gmsh_find_tag(tags, 2, file->group[e->groups + (size_t)k]);
        }
    }
    return FEMD_OK;
}

/* Edges and points of named groups. */
static femd_status gmsh_take_pieces(const femd_gmsh_file *file, femd_mesh *mesh, gmsh_tags *tags, const int *number,
                                    femd_error *err) {
    size_t n = 0;
    int nodes;
    for (size_t i = 0; i < file->nelements; ++i)
        if (gmsh_dim(file->element[i].type, &nodes) < 2) n += (size_t)file->element[i].ngroups;
    mesh->piece = malloc((n + 1) * sizeof *mesh->piece);
    mesh->piece_line = malloc((n + 1) * sizeof *mesh->piece_line);
    if (!mesh->piece || !mesh->piece_line) return gmsh_no_memory(mesh, err);
    for (size_t i = 0; i < file->nelements; ++i) {
        const femd_gmsh_element *e = &file->element[i];
        const int dim = gmsh_dim(e->type, &nodes);
        for (int k = 0; k < e->ngroups && (dim == 0 || dim == 1); ++k) {
            for (int v = 0; v < 2; ++v)
                mesh->piece[mesh->npieces][v] = number[file->node[e->nodes + (size_t)(dim == 1 ? v : 0)]];
            mesh->piece_line[mesh->npieces++] = gmsh_find_tag(tags, dim, file->group[e->groups + (size_t)k]);
        }
    }
    return FEMD_OK;
}

/* ---- the whole ---- */

static femd_status gmsh_take_mesh(const femd_case *cs, const femd_gmsh_file *file, femd_mesh *mesh, gmsh_tags *tags,
                                  femd_error *err) {
    size_t *element_of = NULL;
    int *same_as = NULL, *number = malloc((file->nnodes + 1) * sizeof *number);
    femd_status rc;
    mesh->corners = cs->element->cell->corners;
    mesh->groups_lost = file->version > 4 && !file->has_entities;
    FEMD_TRY_GOTO(rc, number ? FEMD_OK : gmsh_no_memory(mesh, err), done);
    FEMD_TRY_GOTO(rc, gmsh_take_names(file, mesh, tags, err), done);
    FEMD_TRY_GOTO(rc, gmsh_find_cells(cs, file, mesh, &element_of, err), done);
    same_as = malloc(((size_t)mesh->ncells + 1) * sizeof *same_as);
    FEMD_TRY_GOTO(rc, same_as ? FEMD_OK : gmsh_no_memory(mesh, err), done);
    FEMD_TRY_GOTO(rc, gmsh_find_doubles(cs, file, mesh, element_of, same_as, err), done);
    FEMD_TRY_GOTO(rc, gmsh_take_cells(file, mesh, tags, element_of, same_as, err), done);
    FEMD_TRY_GOTO(rc, gmsh_take_vertices(cs, file, mesh, element_of, number, err), done);
    FEMD_TRY_GOTO(rc, gmsh_take_curves(cs, file, mesh, element_of, err), done);
    FEMD_TRY_GOTO(rc, gmsh_take_faces(cs, file, mesh, tags, number, err), done);
    rc = gmsh_take_pieces(file, mesh, tags, number, err);
done:
    free(element_of);
    free(same_as);
    free(number);
    return rc;
}

femd_status femd_mesh_gmsh(const femd_case *cs, femd_mesh *mesh, femd_error *err) {
    femd_gmsh_file file;
    femd_error words = FEMD_ERROR_INIT;
    gmsh_tags tags = {0};
    const char *slash = strrchr(cs->mesh.file, '/');
    mesh->title = slash ? slash + 1 : cs->mesh.file;
    femd_status rc = femd_gmsh_read(cs->mesh.file, &file, &words);
    if (rc != FEMD_OK)
        return femd_fail(err, rc, "%s: mesh.file: cannot read %s: %s", cs->path, cs->mesh.file, words.text);
    rc = gmsh_take_mesh(cs, &file, mesh, &tags, err);
    free(tags.list);
    femd_gmsh_clear(&file);
    return rc;
}
