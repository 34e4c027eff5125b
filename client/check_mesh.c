/* The rows of femd check about the mesh. The mesh itself, and what is wrong with it, is the solver's: one reader for
 * both. */
#include "check_mesh.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

femd_status check_mesh_read(const femd_case *c, femd_mesh *mesh, femd_error *err) {
    return c->mesh.file ? femd_mesh_gmsh(c, mesh, err) : femd_mesh_box(c, mesh, err);
}

static femd_status check_mesh_count_points(const femd_case *c, check_mesh *m, femd_error *err) {
    int *material = malloc(((size_t)m->mesh.ncells + 1) * sizeof *material);
    m->points = calloc(c->nmaterials + 1, sizeof *m->points);
    femd_status rc = material && m->points ? femd_mesh_materials(c, &m->mesh, material, err)
                                           : femd_fail(err, FEMD_NO_MEMORY, "no memory for the mesh");
    for (int k = 0; rc == FEMD_OK && k < m->mesh.ncells; k++) m->points[material[k]] += (uint64_t)c->element->points;
    free(material);
    return rc;
}

femd_status check_mesh_open(const femd_case *c, check_mesh *m, femd_error *err) {
    *m = (check_mesh){.points = NULL};
    FEMD_TRY(check_mesh_read(c, &m->mesh, err));
    FEMD_TRY(femd_mesh_surfaces(c, &m->mesh, err));
    FEMD_TRY(check_mesh_count_points(c, m, err));
    FEMD_TRY(femd_mesh_check_reach(c, &m->mesh, err));
    FEMD_TRY(femd_mesh_check(c, &m->mesh, err));
    FEMD_TRY(femd_mesh_check_fan(c, &m->mesh, err));
    FEMD_TRY(femd_mesh_check_overlap(c, &m->mesh, err));
    FEMD_TRY(femd_mesh_check_conform(c, &m->mesh, err));
    FEMD_TRY(femd_mesh_measure_create(c, &m->mesh, &m->measure, err));
    return femd_mesh_find_gap(c, &m->mesh, &m->measure.gap, err);
}

void check_mesh_close(check_mesh *m) {
    femd_mesh_clear(&m->mesh);
    femd_mesh_measure_clear(&m->measure);
    free(m->points);
    m->points = NULL;
}

femd_status check_mesh_cells(const femd_case *c, uint64_t *cells, femd_error *err) {
    femd_mesh mesh = {0};
    const femd_status rc = check_mesh_read(c, &mesh, err);
    *cells = (uint64_t)mesh.ncells;
    femd_mesh_clear(&mesh);
    return rc;
}

/* ---- print ---- */

typedef struct length_unit {
    double metres;
    const char *name;
} length_unit;

/* The largest that leaves a length at 1 or more. */
static length_unit check_unit(double length) {
    static const length_unit unit[] = {{1e3, "km"}, {1, "m"}, {1e-3, "mm"}, {1e-6, "um"}, {1e-9, "nm"}};
    size_t k = 0;
    while (k + 1 < sizeof unit / sizeof *unit && length < unit[k].metres * (1 - 1e-9)) k++;
    return unit[k];
}

static void check_print_group(const char *kind, const char *name, const femd_mesh_group *group, int dim,
                              length_unit unit) {
    char title[FEMD_NAME_MAX + 16];
    snprintf(title, sizeof title, "%s %s", kind, name);
    printf("  %-24s ", title);
    if (group->n == 0) {
        printf("empty: no %s\n", dim == 3 ? "cells" : "faces");
        return;
    }
    printf("%.6g %s^%d in %d %s", group->size / pow(unit.metres, dim), unit.name, dim, group->n,
           dim == 3 ? "cells" : "faces");
    if (group->strangers) printf(", of which %d are no face of a cell", group->strangers);
    printf("\n");
}

/* Of very many the first, the empty ones, and how many the others are. */
static void check_print_groups(const char *kind, int n, femd_mesh_name *name, const femd_mesh_group *group, int dim,
                               length_unit unit) {
    enum { SHOWN = 12 };
    double rest = 0;
    int others = 0;
    for (int k = 0; k < n; k++) {
        if (n <= SHOWN + 2 || k < SHOWN || group[k].n == 0 || group[k].strangers) {
            check_print_group(kind, name[k], &group[k], dim, unit);
            continue;
        }
        rest += group[k].size;
        others++;
    }
    char title[32];
    snprintf(title, sizeof title, "%d more %ss", others, kind);
    if (others) printf("  %-24s %.6g %s^%d\n", title, rest / pow(unit.metres, dim), unit.name, dim);
}

static void check_print_thin(const femd_case *c, const femd_mesh_measure *measure, length_unit unit) {
    const double stiff = femd_mesh_locking(c->element, measure->edge, measure->thickness), slender = 3, small = 0.05;
    if (!femd_case_has_mechanics(c)) return;
    if (measure->length < slender * measure->thickness || stiff < small) return;
    printf(
        "  %-24s about %.3g %s thick and %.3g %s long, with edges of %.3g %s: %s bends it too stiffly, by about "
        "%.2g %%;\n  %-24s take element.type P2, or edges shorter than a quarter of the thickness; pulled or sheared "
        "alone it is right\n",
        "thin", measure->thickness / unit.metres, unit.name, measure->length / unit.metres, unit.name,
        measure->edge / unit.metres, unit.name, c->element->name, 100 * stiff, "");
}

/* Nobody pulls a body so far; who moves all of it may. */
static void check_print_far(const femd_case *c, const double size[3], length_unit unit) {
    const double diagonal = sqrt(size[0] * size[0] + size[1] * size[1] + size[2] * size[2]);
    for (size_t b = 0; b < c->nboundary; b++) {
        const double moved = femd_case_farthest(&c->boundary[b], diagonal);
        if (moved > diagonal)
            printf(
                "  %-24s boundary[%zu] (\"%s\") moves it by %.3g %s, %.2g times its diagonal: are the units right?\n",
                "far", b, c->boundary[b].on, moved / unit.metres, unit.name, moved / diagonal);
    }
}

/* Where cells that may have been meant to hang together do not. */
static void check_print_open(const femd_mesh_measure *measure, length_unit unit) {
    const femd_mesh_doubled *doubled = &measure->doubled;
    const femd_mesh_gap *gap = &measure->gap;
    const double metre = unit.metres;
    if (doubled->faces > 0)
        printf(
            "  %-24s %d pair%s of faces (%.6g %s^2) lie corner on corner with nodes of their own, one at (%.6g, "
            "%.6g, %.6g) %s:\n  %-24s a crack, whose sides move freely; bodies that were to be one are to share their "
            "nodes (in Gmsh: Coherence)\n",
            "doubled", doubled->faces, doubled->faces == 1 ? "" : "s", doubled->area / (metre * metre), unit.name,
            doubled->x[0] / metre, doubled->x[1] / metre, doubled->x[2] / metre, unit.name, "");
    if (gap->faces > 0)
        printf(
            "  %-24s a gap of up to %.3g %s between cells %d and %d (counted from 0) at (%.6g, %.6g, %.6g) %s, and %d "
            "more such faces:\n  %-24s a thin void; or two bodies whose meshes cut a curved surface differently, and "
            "which hang together at some nodes only\n",
            "gap", gap->wide / metre, unit.name, gap->cells[0], gap->cells[1], gap->x[0] / metre, gap->x[1] / metre,
            gap->x[2] / metre, unit.name, gap->faces - 1, "");
}

void check_mesh_print(const femd_case *c, const check_mesh *m) {
    const femd_mesh *mesh = &m->mesh;
    const femd_mesh_measure *measure = &m->measure;
    double size[3], most = 0;
    for (int a = 0; a < 3; a++) most = fmax(most, size[a] = measure->high[a] - measure->low[a]);
    const length_unit unit = check_unit(most);
    printf("\nmesh %s\n  %-24s %d %s (%s)", mesh->title, "cells", mesh->ncells, c->element->cell->plural,
           c->element->name);
    if (mesh->ncurved_cells)
        printf(", %d of them with curved edges", mesh->ncurved_cells);
    else if (c->mesh.straighten)
        printf(", straightened");
    printf("\n  %-24s %.6g x %.6g x %.6g %s", "size", size[0] / unit.metres, size[1] / unit.metres,
           size[2] / unit.metres, unit.name);
    double from[3]; /* without the round-off of a zero */
    for (int a = 0; a < 3; a++) from[a] = fabs(measure->low[a]) > 1e-9 * most ? measure->low[a] / unit.metres : 0;
    printf(", from (%.6g, %.6g, %.6g) %s\n", from[0], from[1], from[2], unit.name);
    printf("  %-24s %.6g %s^3 in %d part%s%s\n", "volume", measure->volume / pow(unit.metres, 3), unit.name,
           measure->nparts, measure->nparts == 1 ? "" : "s that share no node",
           measure->nparts == 1 ? "" : ": each must be held by itself");
    if (measure->joint.bodies > 0)
        printf("  %-24s %d bodies hang together along edges or at nodes only, at %d node%s, one at (%.6g, %.6g, %.6g) "
               "%s:\n  %-24s a hinge, about which they turn freely; join them by faces, or hold each\n",
               "hinge", measure->joint.bodies, measure->joint.nodes, measure->joint.nodes == 1 ? "" : "s",
               measure->joint.x[0] / unit.metres, measure->joint.x[1] / unit.metres, measure->joint.x[2] / unit.metres,
               unit.name, "");
    check_print_open(measure, unit);
    check_print_groups("volume", mesh->nregions, mesh->region, measure->region, 3, unit);
    check_print_groups("surface", mesh->nsurfaces, mesh->surface, measure->surface, 2, unit);
    printf("  %-24s number %d at (%.6g, %.6g, %.6g) %s: shape %.2g (1 is regular, 0 flat)\n", "worst cell",
           measure->worst, measure->worst_at[0] / unit.metres, measure->worst_at[1] / unit.metres,
           measure->worst_at[2] / unit.metres, unit.name, measure->worst_shape);
    check_print_thin(c, measure, unit);
    check_print_far(c, size, unit);
}
