/* Boundary conditions by name: reading, telling, and what all of them do; see boundary.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rve/boundary_private.h"

static const char *const boundary_names[] = {"periodic", "kubc", "minimal", "tubc"};

const char *femd_boundary_name(const femd_boundary *boundary) {
    return boundary_names[boundary ? boundary->kind : FEMD_BOUNDARY_PERIODIC];
}

void femd_boundary_destroy(femd_boundary **boundary) {
    if (!boundary || !*boundary) return;
    free((*boundary)->group);
    free((*boundary)->weight);
    free((*boundary)->scratch);
    free(*boundary);
    *boundary = NULL;
}

/* ---- reading ---- */

static femd_status boundary_read(const femd_json *doc, const cJSON *node, femd_boundary_kind *kind, int *planes,
                                 femd_error *err) {
    const char *name = cJSON_IsString(node) ? node->valuestring : femd_json_string(node, "type", "periodic");
    const cJSON *said = cJSON_IsObject(node) ? femd_json_get(node, "planes") : NULL;
    *planes = (int)femd_json_number(cJSON_IsObject(node) ? node : NULL, "planes", 1);
    for (size_t k = 0; k < sizeof boundary_names / sizeof *boundary_names; k++)
        if (strcmp(name, boundary_names[k]) == 0) {
            *kind = (femd_boundary_kind)k;
            if (!said || *kind == FEMD_BOUNDARY_KUBC) return FEMD_OK;
            return femd_json_fail(doc, said, err, "only \"kubc\" holds planes of atoms; leave it out of \"%s\"", name);
        }
    return femd_json_fail(doc, node, err, "this femd has no boundary condition \"%.40s\"", name);
}

/* Every atom of a cluster to the place between the first and the last planes. */
static void boundary_gather(const int *turn, femd_structure *atoms) {
    for (int i = 0; i < 3 * atoms->natoms; i++)
        for (int axis = 0; axis < 3; axis++) atoms->x[i] += turn[3 * (i / 3) + axis] * atoms->cell[3 * axis + i % 3];
}

static femd_status boundary_fill(femd_structure *atoms, femd_neighbours *nb, femd_boundary *boundary,
                                 unsigned char *face, int *turn, femd_error *err) {
    FEMD_TRY(femd_boundary_faces(boundary, atoms, face, turn, err));
    FEMD_TRY(femd_boundary_sublattices(boundary, atoms, face, nb, err));
    if (boundary->kind == FEMD_BOUNDARY_KUBC) return femd_boundary_hold(boundary, err);
    boundary_gather(turn, atoms);
    return femd_boundary_mean(boundary, face, err);
}

static femd_status boundary_complete(femd_structure *atoms, femd_neighbours *nb, femd_boundary *boundary,
                                     femd_error *err) {
    const size_t n = (size_t)atoms->natoms;
    boundary->group = malloc(n * sizeof *boundary->group);
    boundary->scratch = malloc(6 * n * sizeof *boundary->scratch);
    unsigned char *face = malloc(n);
    int *turn = malloc(3 * n * sizeof *turn);
    const femd_status rc =
        boundary->group && boundary->scratch && face && turn
            ? boundary_fill(atoms, nb, boundary, face, turn, err)
            : femd_fail(err, FEMD_NO_MEMORY, "a boundary condition of %d atoms: out of memory", atoms->natoms);
    free(face);
    free(turn);
    return rc;
}

femd_status femd_boundary_create(const femd_json *doc, femd_structure *atoms, femd_neighbours *nb, femd_boundary **out,
                                 femd_error *err) {
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
    const femd_status rc = boundary_complete(atoms, nb, boundary, err);
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

int femd_boundary_is_cluster(const femd_boundary *boundary) {
    return boundary && boundary->kind != FEMD_BOUNDARY_KUBC;
}

static void boundary_tell_cluster(const femd_boundary *boundary, char words[FEMD_BOUNDARY_WORDS]) {
    snprintf(words, FEMD_BOUNDARY_WORDS,
             "boundary condition %s: a cluster with free faces, whose bonds are missing; %s over the %d of %d atoms in "
             "the outermost planes (of %d, %d and %d). It is no bound of the periodic answer",
             femd_boundary_name(boundary),
             boundary->kind == FEMD_BOUNDARY_TUBC ? "uniform tractions act" : "the means of each face are held",
             boundary->held, boundary->atoms, boundary->count[0], boundary->count[1], boundary->count[2]);
}

void femd_boundary_tell(const femd_boundary *boundary, char words[FEMD_BOUNDARY_WORDS]) {
    char inner[100] = "";
    if (femd_boundary_is_cluster(boundary)) {
        boundary_tell_cluster(boundary, words);
        return;
    }
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
    return femd_boundary_is_cluster(boundary) ? boundary->means : boundary->held - (boundary->sublattices - 1);
}

void femd_boundary_project(const femd_boundary *boundary, double *v) {
    if (femd_boundary_is_cluster(boundary))
        femd_boundary_project_means(boundary, v);
    else
        femd_boundary_project_held(boundary, v);
}
