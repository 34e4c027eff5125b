/* Which atoms a boundary condition holds, and the projection on what is left; see boundary.h. */
#include "rve/boundary.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crystal/planes.h"
#include "forces/neighbour_stars.h"

static const double REACH = 1.2; /* of the nearest neighbour's distance: the star of an atom */
static const double SAME = 0.25; /* of it: two vectors of stars that agree */

static const char *const boundary_names[] = {"periodic", "kubc"};

const char *femd_boundary_name(const femd_boundary *boundary) {
    return boundary_names[boundary ? boundary->kind : FEMD_BOUNDARY_PERIODIC];
}

void femd_boundary_destroy(femd_boundary **boundary) {
    if (!boundary || !*boundary) return;
    free((*boundary)->group);
    free((*boundary)->scratch);
    free(*boundary);
    *boundary = NULL;
}

/* ---- sublattices ---- */

/* Whether all vectors of the smaller star are found in the larger. */
static int boundary_stars_agree(const femd_star *a, const femd_star *b) {
    const femd_star *few = a->count <= b->count ? a : b, *many = few == a ? b : a;
    for (int i = 0; i < few->count; i++) {
        int found = 0;
        for (int j = 0; j < many->count && !found; j++) {
            double square = 0;
            for (int c = 0; c < 3; c++) square += pow(few->to[i][c] - many->to[j][c], 2);
            found = sqrt(square) <= SAME * fmin(a->nearest, b->nearest);
        }
        if (!found) return 0;
    }
    return few->count > 0;
}

/* Held atoms whose nearest neighbours stand in the same directions are one sublattice, whatever species they are and
 * even if some of the neighbours are missing. */
static femd_status boundary_sort_sublattices(femd_boundary *boundary, const femd_star *star, femd_error *err) {
    const femd_star *model[FEMD_BOUNDARY_SUBLATTICES]; /* the fullest star of each */
    for (int i = 0; i < boundary->atoms; i++) {
        int g = 0;
        if (boundary->group[i] < 0) continue;
        while (g < boundary->sublattices && !boundary_stars_agree(model[g], &star[i])) g++;
        if (g == FEMD_BOUNDARY_SUBLATTICES)
            return femd_fail(err, FEMD_BAD_INPUT,
                             "the neighbours of the atoms at its faces stand in more than %d different ways, as in no "
                             "piece of one crystal: what holding them would mean is not known",
                             FEMD_BOUNDARY_SUBLATTICES);
        if (g == boundary->sublattices) model[boundary->sublattices++] = &star[i];
        if (star[i].count > model[g]->count) model[g] = &star[i];
        boundary->group[i] = g;
        boundary->size[g]++;
    }
    return FEMD_OK;
}

static femd_status boundary_find_sublattices(femd_boundary *boundary, const femd_structure *atoms, femd_neighbours *nb,
                                             femd_error *err) {
    femd_star *star = malloc((size_t)atoms->natoms * sizeof *star);
    if (!star) return femd_fail(err, FEMD_NO_MEMORY, "a boundary condition of %d atoms: out of memory", atoms->natoms);
    femd_status rc = femd_neighbours_stars(nb, atoms->natoms, atoms->cell, atoms->x, REACH, star, err);
    if (rc == FEMD_OK) rc = boundary_sort_sublattices(boundary, star, err);
    free(star);
    return rc;
}

/* ---- planes ---- */

/* group[i] = 0 of the atoms in the first and last `planes` planes along any axis, -1 of the others. */
static femd_status boundary_hold_planes(femd_boundary *boundary, const femd_structure *atoms, femd_error *err) {
    const int n = atoms->natoms, planes = boundary->planes;
    int *plane = malloc((size_t)n * sizeof *plane);
    femd_status rc = FEMD_OK;
    if (!plane) return femd_fail(err, FEMD_NO_MEMORY, "a boundary condition of %d atoms: out of memory", n);
    for (int i = 0; i < n; i++) boundary->group[i] = -1;
    for (int axis = 0; rc == FEMD_OK && axis < 3; axis++) {
        rc = femd_planes_find(atoms->cell, n, atoms->x, axis, plane, &boundary->count[axis], err);
        for (int i = 0; rc == FEMD_OK && i < n; i++)
            if (plane[i] < planes || plane[i] >= boundary->count[axis] - planes) boundary->group[i] = 0;
    }
    free(plane);
    FEMD_TRY(rc);
    for (int i = 0; i < n; i++) boundary->held += boundary->group[i] == 0;
    if (boundary->held < n) return FEMD_OK;
    return femd_fail(err, FEMD_BAD_INPUT,
                     "%d planes at each face are all of its %d atoms (%d, %d and %d planes): a larger RVE leaves some "
                     "free, and the engine \"cauchy-born\" holds all",
                     planes, n, boundary->count[0], boundary->count[1], boundary->count[2]);
}

/* ---- reading ---- */

static femd_status boundary_read(const femd_json *doc, const cJSON *node, femd_boundary_kind *kind, int *planes,
                                 femd_error *err) {
    const char *name = cJSON_IsString(node) ? node->valuestring : femd_json_string(node, "type", "periodic");
    *planes = (int)femd_json_number(cJSON_IsObject(node) ? node : NULL, "planes", 1);
    for (size_t k = 0; k < sizeof boundary_names / sizeof *boundary_names; k++)
        if (strcmp(name, boundary_names[k]) == 0) {
            *kind = (femd_boundary_kind)k;
            return FEMD_OK;
        }
    return femd_json_fail(doc, node, err, "this femd has no boundary condition \"%.40s\"", name);
}

static femd_status boundary_fill(const femd_structure *atoms, femd_neighbours *nb, femd_boundary *boundary,
                                 femd_error *err) {
    const size_t n = (size_t)atoms->natoms;
    boundary->group = malloc(n * sizeof *boundary->group);
    boundary->scratch = malloc(6 * n * sizeof *boundary->scratch);
    if (!boundary->group || !boundary->scratch)
        return femd_fail(err, FEMD_NO_MEMORY, "a boundary condition of %d atoms: out of memory", atoms->natoms);
    FEMD_TRY(boundary_hold_planes(boundary, atoms, err));
    return boundary_find_sublattices(boundary, atoms, nb, err);
}

femd_status femd_boundary_create(const femd_json *doc, const femd_structure *atoms, femd_neighbours *nb,
                                 femd_boundary **out, femd_error *err) {
    const cJSON *node = femd_json_get(doc->root, "boundary_condition");
    femd_boundary_kind kind = FEMD_BOUNDARY_PERIODIC;
    int planes = 1;
    *out = NULL;
    if (node) FEMD_TRY(boundary_read(doc, node, &kind, &planes, err));
    if (kind == FEMD_BOUNDARY_PERIODIC) return FEMD_OK;
    femd_boundary *boundary = calloc(1, sizeof *boundary);
    if (!boundary) return femd_fail(err, FEMD_NO_MEMORY, "a boundary condition: out of memory");
    boundary->kind = kind;
    boundary->atoms = atoms->natoms;
    boundary->planes = planes;
    const femd_status rc = boundary_fill(atoms, nb, boundary, err);
    if (rc != FEMD_OK) {
        char where[80];
        snprintf(where, sizeof where, "boundary_condition \"%s\"", boundary_names[kind]);
        femd_error_prefix(err, "%s", where);
        femd_boundary_destroy(&boundary);
        return rc;
    }
    *out = boundary;
    return FEMD_OK;
}

void femd_boundary_tell(const femd_boundary *boundary, char words[FEMD_BOUNDARY_WORDS]) {
    char inner[100] = "";
    if (boundary->sublattices > 1)
        snprintf(inner, sizeof inner, "; the mean displacements of their %d sublattices stay free against each other",
                 boundary->sublattices);
    snprintf(words, FEMD_BOUNDARY_WORDS,
             "boundary condition kubc: %d of %d atoms are held, %d plane%s of atoms at each face of %d, %d and %d%s",
             boundary->held, boundary->atoms, boundary->planes, boundary->planes > 1 ? "s" : "", boundary->count[0],
             boundary->count[1], boundary->count[2], inner);
}

/* ---- the free space ---- */

int femd_boundary_conditions(const femd_boundary *boundary) {
    return boundary->held - (boundary->sublattices - 1);
}

void femd_boundary_project(const femd_boundary *boundary, double *v) {
    double mean[FEMD_BOUNDARY_SUBLATTICES][3] = {{0}}, all[3] = {0, 0, 0};
    const int *group = boundary->group;
    if (boundary->sublattices > 1) {
        for (int i = 0; i < boundary->atoms; i++)
            for (int c = 0; group[i] >= 0 && c < 3; c++) {
                mean[group[i]][c] += v[3 * i + c];
                all[c] += v[3 * i + c] / boundary->held;
            }
        for (int g = 0; g < boundary->sublattices; g++)
            for (int c = 0; c < 3; c++) mean[g][c] = mean[g][c] / boundary->size[g] - all[c];
    }
    for (int i = 0; i < boundary->atoms; i++)
        for (int c = 0; group[i] >= 0 && c < 3; c++) v[3 * i + c] = mean[group[i]][c];
}
