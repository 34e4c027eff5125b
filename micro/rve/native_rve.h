/* The representative volume element as the native engine deforms it: x = U (X + w), U = (2E+I)^(1/2), w periodic and
 * free but for what its boundary condition holds (boundary.h).
 *
 * Owns the change between the reference frame (X, w, E, S) and the spatial frame in which energetics works (x, tau, L,
 * B). Never computes an energy. Units: eV, angstrom. */
#ifndef FEMD_NATIVE_RVE_H
#define FEMD_NATIVE_RVE_H

#include "femd/tensor3.h"
#include "forces/energetics.h"
#include "rve/loose.h"

typedef struct femd_rve {
    int n;                   /* atoms */
    femd_gauge gauge;        /* which of their motions are not free */
    double h0[9];            /* reference cell, lattice vectors as rows */
    double V0;               /* its volume; of a cluster that of the cell it was cut from, h0 is wider */
    double widened[3];       /* by these factors along the lattice vectors; 1 of a periodic RVE */
    double *X;               /* n x 3 reference positions, owned */
    femd_energetics *en;     /* owned */
    femd_neighbours *nb;     /* owned */
    femd_boundary *boundary; /* owned; NULL: periodic. The gauge borrows it */
    femd_loose *loose;       /* owned; NULL until femd_rve_hold is first asked. The gauge borrows what it found */
} femd_rve;

/* A homogeneous strain of the cell. */
typedef struct femd_place {
    double E[6];  /* Green-Lagrange, engineering shears */
    double U[9];  /* right stretch */
    double A[9];  /* U^-1 */
    double h[9];  /* deformed cell: row k is U a_k */
    double J;     /* det U */
    double M[36]; /* pull-back of a stress-like Voigt 6: (A t A)_v = M t_v; its transpose takes dE_v to (A dE A)_v */
} femd_place;

/* n atoms, periodic: sets n and gauge. */
void femd_rve_set_atoms(femd_rve *rve, int n);
/* Under a boundary condition, which the RVE owns from now on; NULL: periodic, as it is. */
void femd_rve_set_boundary(femd_rve *rve, femd_boundary *boundary);
/* From now on a cluster, whose cell is wider than what its atoms fill: its lattice vectors leave `gap` angstrom between
 * the images of its faces. After femd_rve_set_cell. */
FEMD_MUST_CHECK femd_status femd_rve_widen(femd_rve *rve, double gap, femd_error *err);
/* The reference cell that its atoms fill: h0, of a cluster what it would be without the gap. */
void femd_rve_filled_cell(const femd_rve *rve, double cell[9]);
/* Reference volume from h0. OUT_OF_DOMAIN if the cell is not right-handed. */
FEMD_MUST_CHECK femd_status femd_rve_set_cell(femd_rve *rve, const double h0[9], femd_error *err);
void femd_rve_clear(femd_rve *rve);
/* Make ready for femd_rve_hold. */
FEMD_MUST_CHECK femd_status femd_rve_may_hold(femd_rve *rve, femd_error *err);
/* From now on the gauge holds what is loose at the spatial positions x in the cell (nothing where femd_rve_may_hold was
 * not asked): whoever makes a Hessian to solve with or to search asks. Where a boundary condition holds atoms nothing
 * may be loose: INSTABILITY if vacuum parts them. */
FEMD_MUST_CHECK femd_status femd_rve_hold(const femd_rve *rve, const double cell[9], const double *x, femd_error *err);
/* 1 if what femd_rve_hold last found goes on through the cell nowhere: no strain is resisted. */
int femd_rve_is_adrift(const femd_rve *rve);

/* Everything of *place from E. OUT_OF_DOMAIN if 2E+I is not positive definite or not finite. */
FEMD_MUST_CHECK femd_status femd_place_set(const femd_rve *rve, const double E[6], femd_place *place, femd_error *err);
/* x = U (X + w); w = NULL is zero. */
void femd_place_atoms(const femd_rve *rve, const femd_place *place, const double *w, double *x);
/* w = U^-1 x - X with its mean removed (the gauge of a state). */
void femd_place_displacements(const femd_rve *rve, const femd_place *place, const double *x, double *w);
/* S = U^-1 tau U^-1 / V0 in Pa. */
void femd_place_stress(const femd_rve *rve, const femd_place *place, const double tau[6], double S[6]);
/* D = M B M^T / V0 in Pa for a spatial 6x6 in eV. */
void femd_place_tangent(const femd_rve *rve, const femd_place *place, const double B[36], double D[36]);

#endif
