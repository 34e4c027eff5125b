/* The motions of an RVE's atoms that its boundary condition does not leave free: what is taken out of vectors,
 * matrices, spectra and velocities so that only the others remain.
 *
 * Of a periodic RVE these are its three translations, which cost no energy and mean nothing; where vacuum parts it
 * there is more of that kind (loose.h). Another boundary condition holds atoms against forces (boundary.h);
 * translations are not free under it either. Whoever solves with a Hessian, counts modes or lets atoms move asks here.
 * Owns no memory; n3 = 3 x atoms for vectors, row-major n3 x n3 for matrices. */
#ifndef FEMD_GAUGE_H
#define FEMD_GAUGE_H

#include "rve/boundary.h"

/* Motions beside the translations of the whole that cost no energy. */
typedef struct femd_gauge_more {
    int count;
    double *motion; /* count x n3: unit vectors at right angles to each other and to the translations of the whole */
} femd_gauge_more;

typedef struct femd_gauge {
    int atoms;
    const femd_gauge_more *more;   /* borrowed; NULL: none */
    const femd_boundary *boundary; /* borrowed; NULL: periodic */
} femd_gauge;

/* Of a periodic RVE. */
femd_gauge femd_gauge_periodic(int atoms);
/* How many motions are not free. */
int femd_gauge_count(const femd_gauge *gauge);
/* The number of atoms that count in an average over the ensemble, whose centre alone is at rest: N - 1. */
double femd_gauge_free_atoms(const femd_gauge *gauge);

/* Take what is not free out of v (n3): the mean of each Cartesian component, and what there is more. */
void femd_gauge_remove(const femd_gauge *gauge, double *v);
/* Take out of forces, of their derivatives, what the boundary condition takes up: nothing of a periodic RVE, where no
 * force acts along what is not free. */
void femd_gauge_confine(const femd_gauge *gauge, double *v);
/* The mean alone, of displacements of which sum[3] is the sum over the atoms; the gauge in which states are kept: how a
 * wire is turned is not asked there. Under a boundary condition: all that is not free. */
void femd_gauge_remove_sum(const femd_gauge *gauge, const double sum[3], double *w);
/* Make a Hessian H that is positive on the free motions so on all of them: H += (mean diagonal) T T^T, T the unit
 * vectors of what is not free, once what couples them to the others is gone. Solutions for a right-hand side without
 * such a part stay. Of one atom, which has no free motion, H becomes the identity. Of more atoms the upper triangle
 * alone is stiffened, by rows: what femd_cholesky reads.
 */
void femd_gauge_stiffen(const femd_gauge *gauge, double *H);
/* The same of a periodic RVE in mass-weighted coordinates of the translations of the whole, A += alpha N N^T with
 * root[i] = mass^-1/2 of atom i: the determinant gains the factor alpha^count. */
void femd_gauge_stiffen_weighted(const femd_gauge *gauge, const double *root, double alpha, double *A);

/* Of a periodic RVE: velocities v (n3) without what is not free, then x += t v: the centre of mass, of which mass[] and
 * their sum total tell, is brought to rest. That is what a Gaussian distribution of the velocities becomes on the plane
 * of zero momentum. */
void femd_gauge_drift(const femd_gauge *gauge, const double *mass, double total, double t, double *v, double *x);

#endif
