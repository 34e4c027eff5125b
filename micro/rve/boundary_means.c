/* minimal and tubc: conditions on means over the outermost planes of a cluster, as orthonormal vectors of one number an
 * atom. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "numerics/dense.h"
#include "rve/boundary_private.h"

static const double DEPENDENT = 1e-9; /* of a unit vector: what others leave of one that says nothing new */

/* The vector behind the last one becomes one of them, less what these have of it, unless nothing is left. */
static void means_add(femd_boundary *boundary) {
    const int n = boundary->atoms;
    double *v = boundary->weight + (size_t)boundary->means * (size_t)n;
    double norm = sqrt(femd_dot(n, v, v));
    for (int i = 0; i < n; i++) v[i] /= norm;
    for (int round = 0; round < 2; round++) /* twice: round-off */
        for (int m = 0; m < boundary->means; m++) {
            const double *u = boundary->weight + (size_t)m * (size_t)n, along = femd_dot(n, u, v);
            for (int i = 0; i < n; i++) v[i] -= along * u[i];
        }
    norm = sqrt(femd_dot(n, v, v));
    if (!(norm > DEPENDENT)) return;
    for (int i = 0; i < n; i++) v[i] /= norm;
    boundary->means++;
}

/* 1/N for the N atoms of one face, added with a sign to v. */
static void means_of_face(int n, const unsigned char *face, int which, double sign, double *v) {
    int count = 0;
    for (int i = 0; i < n; i++) count += face[i] >> which & 1;
    for (int i = 0; i < n; i++)
        if (face[i] >> which & 1) v[i] += sign / count;
}

/* Whether the atoms of two faces are the same: one plane of atoms is no cluster. */
static int means_is_flat(const femd_boundary *boundary) {
    return boundary->count[0] < 2 || boundary->count[1] < 2 || boundary->count[2] < 2;
}

femd_status femd_boundary_mean(femd_boundary *boundary, const unsigned char *face, femd_error *err) {
    const int n = boundary->atoms;
    if (boundary->sublattices > 1)
        return femd_fail(err, FEMD_BAD_INPUT,
                         "the atoms at its faces belong to %d sublattices, and means over their outermost planes would "
                         "hold these against each other; \"kubc\" and \"periodic\" know lattices with a basis",
                         boundary->sublattices);
    if (means_is_flat(boundary))
        return femd_fail(err, FEMD_BAD_INPUT, "its atoms make %d, %d and %d planes: two at least have an outside",
                         boundary->count[0], boundary->count[1], boundary->count[2]);
    boundary->weight = calloc(FEMD_BOUNDARY_MEANS * (size_t)n, sizeof *boundary->weight);
    if (!boundary->weight) return femd_fail(err, FEMD_NO_MEMORY, "a boundary condition of %d atoms: out of memory", n);
    if (boundary->kind == FEMD_BOUNDARY_MINIMAL) {
        for (int which = 0; which < 6; which++) {
            means_of_face(n, face, which, 1, boundary->weight + (size_t)boundary->means * (size_t)n);
            means_add(boundary);
        }
        return FEMD_OK;
    }
    for (int i = 0; i < n; i++) boundary->weight[i] = 1; /* the cluster as a whole stays where it is */
    means_add(boundary);
    for (int axis = 0; axis < 3; axis++) { /* the component of sum w (x) A along a face's normal */
        double *v = boundary->weight + (size_t)boundary->means * (size_t)n;
        means_of_face(n, face, 2 * axis, -1, v);
        means_of_face(n, face, 2 * axis + 1, 1, v);
        means_add(boundary);
    }
    return FEMD_OK;
}

void femd_boundary_project_means(const femd_boundary *boundary, double *v) {
    const int n = boundary->atoms;
    for (int m = 0; m < boundary->means; m++) {
        const double *u = boundary->weight + (size_t)m * (size_t)n;
        double along[3] = {0, 0, 0};
        for (int i = 0; i < n; i++)
            for (int c = 0; c < 3; c++) along[c] += u[i] * v[3 * i + c];
        for (int i = 0; i < n; i++)
            for (int c = 0; c < 3; c++) v[3 * i + c] -= u[i] * along[c];
    }
}
