/* Checks of a mesh: its cells, and the names that the case uses. Reads no file, and knows no PETSc and no displacement.
 */
#include "mesh/mesh.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "element/element.h"

void femd_mesh_clear(femd_mesh *mesh) {
    free(mesh->cell);
    free(mesh->x);
    free(mesh->region);
    free(mesh->surface);
    free(mesh->region_cell);
    free(mesh->region_of);
    free(mesh->face);
    free(mesh->face_surface);
    free(mesh->line);
    free(mesh->piece);
    free(mesh->piece_line);
    free(mesh->curved);
    memset(mesh, 0, sizeof *mesh);
}

static int mesh_by_ends(const void *a, const void *b) {
    const int *p = a, *q = ((const femd_mesh_edge *)b)->end;
    return p[0] != q[0] ? (p[0] > q[0]) - (p[0] < q[0]) : (p[1] > q[1]) - (p[1] < q[1]);
}

/* Where the middle of the edge between two vertices lies. */
static void mesh_middle(const femd_mesh *mesh, int from, int to, double *x) {
    const int end[2] = {from < to ? from : to, from < to ? to : from};
    const femd_mesh_edge *edge =
        mesh->ncurved ? bsearch(end, mesh->curved, (size_t)mesh->ncurved, sizeof *mesh->curved, mesh_by_ends) : NULL;
    for (int a = 0; a < 3; ++a) x[a] = edge ? edge->x[a] : 0.5 * (mesh->x[3 * from + a] + mesh->x[3 * to + a]);
}

/* At the mean of n corners. */
static void mesh_mean(const double *corner, const int *which, int n, double *x) {
    for (int a = 0; a < 3; ++a) {
        x[a] = 0;
        for (int i = 0; i < n; ++i) x[a] += corner[3 * (which ? which[i] : i) + a] / n;
    }
}

void femd_mesh_cell_nodes(const femd_mesh *mesh, const femd_element *element, int c, double *x) {
    const femd_cell *cell = element->cell;
    const int *vertex = mesh->cell + mesh->corners * c;
    double *next = x + 3 * cell->corners;
    for (int i = 0; i < cell->corners; ++i) memcpy(x + 3 * i, mesh->x + 3 * vertex[i], 3 * sizeof *x);
    for (int e = 0; element->nodes_on[1] && e < cell->edges; ++e, next += 3)
        mesh_middle(mesh, vertex[cell->edge[e][0]], vertex[cell->edge[e][1]], next);
    for (int f = 0; element->nodes_on[2] && f < cell->faces; ++f, next += 3)
        mesh_mean(x, cell->face[f], cell->face_corners, next);
    if (element->nodes_on[3]) mesh_mean(x, NULL, cell->corners, next);
}

femd_status femd_mesh_check(const femd_case *cs, const femd_mesh *mesh, femd_error *err) {
    femd_element_table table;
    femd_element_table_make(cs->element, &table);
    for (int c = 0; c < mesh->ncells; ++c) {
        double x[FEMD_SPACE * FEMD_ELEMENT_NODES], size = 0;
        femd_mesh_cell_nodes(mesh, cs->element, c, x);
        for (int i = 3; i < 3 * mesh->corners; ++i) size = fmax(size, fabs(x[i] - x[i % 3]));
        const double det = femd_element_place(&table, x, NULL, NULL, NULL);
        if (det > 1e-12 * size * size * size) continue;
        const int curved = femd_element_is_curved(cs->element, x);
        return femd_fail(err, FEMD_BAD_INPUT, "%s: mesh: cell %d of %s (counted from 0) is %s: det J = %g %s; %s",
                         cs->path, c, mesh->title, det < 0 ? "inverted" : "flat", det,
                         curved ? "somewhere in it, it is curved" : "at its points",
                         curved ? "mend the mesh (in Gmsh: Mesh.HighOrderOptimize), or take straight edges with "
                                  "mesh.straighten: true"
                         : cs->mesh.file ? "mend the mesh (in Gmsh: Mesh.Optimize, or reverse the volume's orientation)"
                                         : "make mesh.distort smaller");
    }
    return FEMD_OK;
}

/* Why nothing is in any group, if the file does not even say who is. */
static const char *mesh_lost_words(const femd_mesh *mesh) {
    return mesh->groups_lost
               ? "; the file has no $Entities, which say who is in which group: write it with Gmsh, or as "
                 "format 2.2"
               : "";
}

/* "left, right, ..." */
static void mesh_list_names(const femd_mesh *mesh, const femd_mesh_name *name, int n, char *text, size_t size) {
    size_t used = 0;
    text[0] = '\0';
    if (n == 0)
        snprintf(text, size, "none%s",
                 mesh->groups_lost
                     ? "; it has no $Entities, which say who is in which group: write it with Gmsh, or as "
                       "format 2.2"
                     : "");
    for (int i = 0; i < n && used < size; ++i)
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "", name[i]);
}

int femd_mesh_find_name(const femd_mesh_name *list, int n, const char *name) {
    for (int i = 0; i < n; ++i)
        if (strcmp(list[i], name) == 0) return i;
    return -1;
}

static femd_status mesh_belongs_to_both(const femd_case *cs, const femd_mesh *mesh, int cell, int one, int other,
                                        femd_error *err) {
    const femd_case_material *first = &cs->material[one < other ? one : other],
                             *second = &cs->material[one < other ? other : one];
    char line[FEMD_ORIENTATION_LINE], again[FEMD_ORIENTATION_LINE];
    if (strcmp(first->name, second->name) == 0)
        return femd_fail(
            err, FEMD_BAD_INPUT,
            "%s: materials: cell %d of %s belongs to %s and to %s: its table of orientations names that twice%s%s",
            cs->path, cell, mesh->title, first->name, second->name, femd_case_orientation_line(first, line),
            femd_case_orientation_line(second, again));
    return femd_fail(err, FEMD_BAD_INPUT,
                     "%s: materials: cell %d of %s belongs to %s and to %s; give it to one of them", cs->path, cell,
                     mesh->title, first->name, second->name);
}

/* One region for two materials. */
static femd_status mesh_two_materials(const femd_case *cs, const femd_mesh *mesh, int region, int one, int other,
                                      femd_error *err) {
    int cell = 0;
    for (int i = 0; i < mesh->ninregion; ++i)
        if (mesh->region_of[i] == region) {
            cell = mesh->region_cell[i];
            break;
        }
    return mesh_belongs_to_both(cs, mesh, cell, one, other, err);
}

/* Give a cell to material k. */
static femd_status mesh_claim(const femd_case *cs, const femd_mesh *mesh, int cell, int k, int *material,
                              femd_error *err) {
    const int have = material[cell];
    material[cell] = k;
    return have < 0 || have == k ? FEMD_OK : mesh_belongs_to_both(cs, mesh, cell, have, k, err);
}

/* of_region: material of each region of the mesh, -1 for none. *all: the material for the rest. */
static femd_status mesh_find_regions(const femd_case *cs, const femd_mesh *mesh, int *of_region, int *all,
                                     femd_error *err) {
    char line[FEMD_ORIENTATION_LINE];
    char names[512];
    *all = -1;
    for (int r = 0; r < mesh->nregions; ++r) of_region[r] = -1;
    for (size_t k = 0; k < cs->nmaterials; ++k) {
        const femd_case_material *mat = &cs->material[k];
        if (mat->by_cell) continue;
        if (strcmp(mat->region, "all") == 0) {
            if (*all >= 0)
                return femd_fail(err, FEMD_BAD_INPUT, "%s: materials: %s and %s are both for \"all\"", cs->path,
                                 cs->material[*all].name, mat->name);
            *all = (int)k;
            continue;
        }
        const int r = femd_mesh_find_name(mesh->region, mesh->nregions, mat->region);
        if (r >= 0 && of_region[r] >= 0) return mesh_two_materials(cs, mesh, r, of_region[r], (int)k, err);
        if (r >= 0) {
            of_region[r] = (int)k;
            continue;
        }
        mesh_list_names(mesh, mesh->region, mesh->nregions, names, sizeof names);
        return femd_fail(err, FEMD_BAD_INPUT,
                         "%s: materials.%s.%s%s: no physical volume \"%s\" in %s; the mesh has: %s", cs->path,
                         mat->name, femd_json_get(mat->node, "orientations") ? "orientations" : "region",
                         femd_case_orientation_line(mat, line), mat->region, mesh->title, names);
    }
    return FEMD_OK;
}

static femd_status mesh_claim_regions(const femd_case *cs, const femd_mesh *mesh, const int *of_region, int *material,
                                      femd_error *err) {
    int *cells = calloc((size_t)mesh->nregions + 1, sizeof *cells);
    femd_status rc = cells ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the mesh");
    for (int i = 0; rc == FEMD_OK && i < mesh->ninregion; ++i) {
        const int k = of_region[mesh->region_of[i]];
        cells[mesh->region_of[i]]++;
        if (k >= 0) rc = mesh_claim(cs, mesh, mesh->region_cell[i], k, material, err);
    }
    for (int r = 0; rc == FEMD_OK && r < mesh->nregions; ++r)
        if (of_region[r] >= 0 && cells[r] == 0)
            rc = femd_fail(err, FEMD_BAD_INPUT,
                           "%s: materials.%s.region: the physical volume \"%s\" of %s has no cells%s", cs->path,
                           cs->material[of_region[r]].name, mesh->region[r], mesh->title, mesh_lost_words(mesh));
    free(cells);
    return rc;
}

static femd_status mesh_claim_cells(const femd_case *cs, const femd_mesh *mesh, int *material, femd_error *err) {
    char line[FEMD_ORIENTATION_LINE];
    for (size_t k = 0; k < cs->nmaterials; ++k) {
        const int cell = cs->material[k].cell;
        if (!cs->material[k].by_cell) continue;
        if (cell >= mesh->ncells)
            return femd_fail(err, FEMD_BAD_INPUT,
                             "%s: materials.%s%s: there is no cell %d in %s, which has %d (counted from 0)", cs->path,
                             cs->material[k].name, femd_case_orientation_line(&cs->material[k], line), cell,
                             mesh->title, mesh->ncells);
        FEMD_TRY(mesh_claim(cs, mesh, cell, (int)k, material, err));
    }
    return FEMD_OK;
}

/* BAD_INPUT if a table of orientations has no line for the cell. */
static femd_status mesh_table_lacks(const femd_case *cs, const femd_mesh *mesh, int cell, femd_error *err) {
    const femd_case_material *table = NULL;
    const char *region = NULL;
    for (size_t k = 0; k < cs->nmaterials; ++k)
        if (femd_json_get(cs->material[k].node, "orientations")) table = &cs->material[k];
    if (!table) return FEMD_OK;
    for (int i = 0; i < mesh->ninregion && !region; ++i)
        if (mesh->region_cell[i] == cell) region = mesh->region[mesh->region_of[i]];
    if (table->by_cell || !region)
        return femd_fail(
            err, FEMD_BAD_INPUT,
            "%s: materials: no material covers cell %d of %s (counted from 0): the table of orientations of "
            "%.*s has no line for it, and no other material has the region \"all\"",
            cs->path, cell, mesh->title, (int)strcspn(table->name, "["), table->name);
    return femd_fail(
        err, FEMD_BAD_INPUT,
        "%s: materials: no material covers cell %d of %s: the table of orientations of %.*s has no line for "
        "its volume \"%s\", and no other material is for that or for \"all\"",
        cs->path, cell, mesh->title, (int)strcspn(table->name, "["), table->name, region);
}

femd_status femd_mesh_materials(const femd_case *cs, const femd_mesh *mesh, int *material, femd_error *err) {
    char names[512];
    int all = -1, *of_region = malloc(((size_t)mesh->nregions + 1) * sizeof *of_region);
    for (int c = 0; c < mesh->ncells; ++c) material[c] = -1;
    femd_status rc = of_region ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the mesh");
    if (rc == FEMD_OK) rc = mesh_find_regions(cs, mesh, of_region, &all, err);
    if (rc == FEMD_OK) rc = mesh_claim_regions(cs, mesh, of_region, material, err);
    if (rc == FEMD_OK) rc = mesh_claim_cells(cs, mesh, material, err);
    free(of_region);
    FEMD_TRY(rc);
    for (int c = 0; c < mesh->ncells; ++c) {
        if (material[c] < 0) material[c] = all;
        if (material[c] >= 0) continue;
        FEMD_TRY(mesh_table_lacks(cs, mesh, c, err));
        mesh_list_names(mesh, mesh->region, mesh->nregions, names, sizeof names);
        return femd_fail(err, FEMD_BAD_INPUT,
                         "%s: materials: no material covers cell %d of %s; give a material the region \"all\", or "
                         "name the volumes: %s",
                         cs->path, c, mesh->title, names);
    }
    return FEMD_OK;
}

static femd_status mesh_check_group(const femd_case *cs, const femd_mesh *mesh, size_t b, const char *name,
                                    femd_error *err) {
    const int s = femd_mesh_find_name(mesh->surface, mesh->nsurfaces, name),
              l = femd_case_needs_faces(cs->boundary[b].kind) ? -1
                                                              : femd_mesh_find_name(mesh->line, mesh->nlines, name);
    char names[512];
    int parts = 0;
    for (int f = 0; s >= 0 && f < mesh->nfaces; ++f) parts += mesh->face_surface[f] == s;
    for (int e = 0; l >= 0 && e < mesh->npieces; ++e) parts += mesh->piece_line[e] == l;
    if (parts > 0) return FEMD_OK;
    if (s >= 0 || l >= 0)
        return femd_fail(err, FEMD_BAD_INPUT,
                         "%s: boundary[%zu].on: the physical %s \"%s\" of %s has no %s, so that nothing "
                         "would act%s",
                         cs->path, b, s >= 0 ? "surface" : "line or point", name, mesh->title,
                         s >= 0 ? "faces" : "elements", mesh_lost_words(mesh));
    mesh_list_names(mesh, mesh->surface, mesh->nsurfaces, names, sizeof names);
    const size_t used = strlen(names);
    if (mesh->nlines > 0 && used + 32 < sizeof names) {
        snprintf(names + used, sizeof names - used, "; lines and points: ");
        mesh_list_names(mesh, mesh->line, mesh->nlines, names + strlen(names), sizeof names - strlen(names));
    }
    return femd_fail(err, FEMD_BAD_INPUT, "%s: boundary[%zu].on: no physical surface \"%s\" in %s; the mesh has: %s",
                     cs->path, b, name, mesh->title, names);
}

static femd_status mesh_check_probe(const femd_case *cs, const femd_mesh *mesh, const femd_case_probe *probe,
                                    femd_error *err) {
    const int s = femd_mesh_find_name(mesh->surface, mesh->nsurfaces, probe->on);
    char names[512];
    if (!probe->on[0]) return FEMD_OK;
    for (int f = 0; s >= 0 && f < mesh->nfaces; ++f)
        if (mesh->face_surface[f] == s) return FEMD_OK;
    mesh_list_names(mesh, mesh->surface, mesh->nsurfaces, names, sizeof names);
    return femd_fail(err, FEMD_BAD_INPUT,
                     "%s: output.probes: \"%s\": no physical surface \"%s\" with faces in %s; the mesh has: %s",
                     cs->path, probe->name, probe->on, mesh->title, names);
}

femd_status femd_mesh_surfaces(const femd_case *cs, const femd_mesh *mesh, femd_error *err) {
    const char *name;
    for (size_t b = 0; b < cs->nboundary; ++b)
        for (int k = 0; (name = femd_case_group(&cs->boundary[b], k)); ++k)
            FEMD_TRY(mesh_check_group(cs, mesh, b, name, err));
    for (size_t k = 0; k < cs->nprobes; ++k) FEMD_TRY(mesh_check_probe(cs, mesh, &cs->probe[k], err));
    return FEMD_OK;
}
