/* The atoms at the faces of an RVE: which planes they stand in, and on which sublattice. Owns nothing. */
#include <math.h>
#include <stdlib.h>

#include "crystal/planes.h"
#include "forces/neighbour_stars.h"
#include "rve/boundary_private.h"

static const double REACH = 1.2; /* of the nearest neighbour's distance: the star of an atom */
static const double SAME = 0.25; /* of it: two vectors of stars that agree */

femd_status femd_boundary_faces(femd_boundary *boundary, const femd_structure *atoms, unsigned char *face, int *turn,
                                femd_error *err) {
    const int n = atoms->natoms, planes = boundary->planes;
    int *plane = malloc((size_t)n * sizeof *plane);
    femd_status rc = FEMD_OK;
    if (!plane) return femd_fail(err, FEMD_NO_MEMORY, "a boundary condition of %d atoms: out of memory", n);
    for (int i = 0; i < n; i++) face[i] = 0;
    for (int axis = 0; rc == FEMD_OK && axis < 3; axis++) {
        rc = femd_planes_find(atoms->cell, n, atoms->x, axis, plane, turn + axis, &boundary->count[axis], err);
        for (int i = 0; rc == FEMD_OK && i < n; i++) {
            if (plane[i] < planes) face[i] |= (unsigned char)(1u << (2 * axis));
            if (plane[i] >= boundary->count[axis] - planes) face[i] |= (unsigned char)(2u << (2 * axis));
        }
    }
    free(plane);
    return rc;
}

/* Whether all vectors of the smaller star are found in the larger. */
static int planes_stars_agree(const femd_star *a, const femd_star *b) {
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

/* The sublattice of an atom whose star is no fuller than those of the models. */
static femd_status planes_place_atom(femd_boundary *boundary, const femd_star *star, int atom, const femd_star **model,
                                     femd_error *err) {
    int g = 0;
    if (star[atom].count == 0)
        return femd_fail(err, FEMD_BAD_INPUT, "atom %d at its faces has no neighbour within the reach of the potential",
                         atom + 1);
    while (g < boundary->sublattices && !planes_stars_agree(model[g], &star[atom])) g++;
    if (g == FEMD_BOUNDARY_SUBLATTICES)
        return femd_fail(
            err, FEMD_BAD_INPUT,
            "the neighbours of the atoms at its faces stand in more than %d different ways, as in no piece "
            "of one crystal: what holding them would mean is not known",
            FEMD_BOUNDARY_SUBLATTICES);
    if (g == boundary->sublattices) model[boundary->sublattices++] = &star[atom];
    boundary->group[atom] = g;
    boundary->size[g]++;
    return FEMD_OK;
}

/* Held atoms whose nearest neighbours stand in the same directions are one sublattice, whatever species they are and
 * even if some of the neighbours are missing: full stars come first, or two halves of one would be two. */
static femd_status planes_sort_sublattices(femd_boundary *boundary, const unsigned char *face, const femd_star *star,
                                           femd_error *err) {
    const femd_star *model[FEMD_BOUNDARY_SUBLATTICES];
    for (int i = 0; i < boundary->atoms; i++) {
        boundary->group[i] = -1;
        boundary->held += face[i] != 0;
    }
    for (int count = FEMD_STAR_MOST; count >= 0; count--)
        for (int i = 0; i < boundary->atoms; i++)
            if (face[i] && star[i].count == count) FEMD_TRY(planes_place_atom(boundary, star, i, model, err));
    return FEMD_OK;
}

femd_status femd_boundary_sublattices(femd_boundary *boundary, const femd_structure *atoms, const unsigned char *face,
                                      femd_neighbours *nb, femd_error *err) {
    femd_star *star = malloc((size_t)atoms->natoms * sizeof *star);
    if (!star) return femd_fail(err, FEMD_NO_MEMORY, "a boundary condition of %d atoms: out of memory", atoms->natoms);
    femd_status rc = femd_neighbours_stars(nb, atoms->natoms, atoms->cell, atoms->x, REACH, star, err);
    if (rc == FEMD_OK) rc = planes_sort_sublattices(boundary, face, star, err);
    free(star);
    return rc;
}
