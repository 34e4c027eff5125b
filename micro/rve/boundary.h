/* The boundary condition of an RVE that is not periodic, as what it leaves free: in x = U (X + w) the displacements w
 * lie in a linear space that no strain changes.
 *
 *   kubc            the atoms of the first `planes` planes at each face do not move, w = 0; the cell goes on
 *                   periodically through them. In a lattice with a basis the held atoms of one sublattice share one
 *                   displacement, and these have mean zero over all that are held: the inner displacement of the
 *                   crystal stays free.
 *   minimal         a cluster with free faces, no bond goes through them: the mean of w over the outermost plane of
 *                   each face is zero.
 *   tubc            the same cluster under uniform traction: sum w_i (x) A_i = 0, A_i the area vectors of the atoms in
 *                   the outermost planes (the face's area, outward, shared evenly), whose multiplier is the stress.
 *                   That is: the means over opposite planes are equal.
 *
 * Since the space is linear and the same in reference and space (every condition holds for each Cartesian component
 * alike, so that U maps the space onto itself), stress and condensed tangent are those of the periodic RVE with forces,
 * L and H projected on it. Owns which atoms are held; never computes an energy. */
#ifndef FEMD_BOUNDARY_H
#define FEMD_BOUNDARY_H

#include "crystal/structure.h"
#include "femd/json.h"
#include "forces/neighbour.h"

typedef enum femd_boundary_kind {
    FEMD_BOUNDARY_PERIODIC,
    FEMD_BOUNDARY_KUBC,
    FEMD_BOUNDARY_MINIMAL,
    FEMD_BOUNDARY_TUBC
} femd_boundary_kind;

enum { FEMD_BOUNDARY_SUBLATTICES = 8, FEMD_BOUNDARY_MEANS = 6 };

typedef struct femd_boundary {
    femd_boundary_kind kind;
    int atoms, planes;
    int count[3];    /* planes of atoms parallel to each face */
    int held;        /* atoms at the faces */
    int sublattices; /* among them */
    int *group;      /* atoms: the sublattice of an atom at a face, -1 of any other */
    int size[FEMD_BOUNDARY_SUBLATTICES];
    int means;       /* minimal, tubc: scalar conditions */
    double *weight;  /* means x atoms: of each, orthonormal */
    double *scratch; /* 2 x 3 x atoms; anybody's */
} femd_boundary;

/* From "boundary_condition" of a material, for its structure as built: *boundary is NULL for `periodic`. The list is
 * made at the structure's sites. Of a cluster the atoms are brought together: lattice vectors are added to their
 * places. BAD_INPUT with words where the condition makes no sense for these atoms. */
FEMD_MUST_CHECK femd_status femd_boundary_create(const femd_json *doc, femd_structure *atoms, femd_neighbours *nb,
                                                 femd_boundary **boundary, femd_error *err);
void femd_boundary_destroy(femd_boundary **boundary);
/* As the material calls it: "kubc". */
const char *femd_boundary_name(const femd_boundary *boundary);
/* 1 if the RVE is a cluster with free faces. */
int femd_boundary_is_cluster(const femd_boundary *boundary);
/* What is held, in words. */
enum { FEMD_BOUNDARY_WORDS = 300 };
void femd_boundary_tell(const femd_boundary *boundary, char words[FEMD_BOUNDARY_WORDS]);

/* Scalar conditions on w, each for three components. */
int femd_boundary_conditions(const femd_boundary *boundary);
/* v (3 x atoms) becomes its part in the free space: the orthogonal projection. */
void femd_boundary_project(const femd_boundary *boundary, double *v);

#endif
