/* What the atoms and segments of one configuration put into the cells of a grid, and whether the forces through the
 * cells' faces balance those of the atoms inside.
 *
 * Each atom counts with a weight that sums to 1 over the cells, each segment with the mean of that weight along it
 * (Noll's lemma, Hardy's bond function), so that the sums over all cells are those of the whole body:
 *   box    1 in the atom's cell: averages of the Irving-Kirkwood-Noll fields over each cell; segments are cut at the
 *          planes, exactly,
 *   hardy  B(u_1 - m_1) B(u_2 - m_2) B(u_3 - m_3) around the centre m + 1/2 of each cell, B the quadratic B-spline,
 *          three cells wide, once differentiable and a partition of unity (Hardy, J. Chem. Phys. 76 (1982) 622, with
 *          this kernel); along a piece between planes the product is a polynomial of degree 6, which four points of
 *          Gauss integrate exactly.
 * Kinetic parts take velocities as they are: the body as a whole rests, and a cell's own mean velocity, subtracted,
 * would lose kT for each cell. */
#ifndef FEMD_LOCAL_SUMS_H
#define FEMD_LOCAL_SUMS_H

#include "forces/energetics_segments.h"
#include "local/local_grid.h"

enum { FEMD_LOCAL_BOX = 0, FEMD_LOCAL_HARDY = 1 };

/* Of each cell, by these places. eV, angstrom, ps, u. */
enum {
    FEMD_LOCAL_COUNT = 0,      /* atoms */
    FEMD_LOCAL_MASS = 1,       /* u */
    FEMD_LOCAL_BONDS = 2,      /* 6: sum of pull d d, eV */
    FEMD_LOCAL_MOTION = 8,     /* 6: sum of m v v, eV */
    FEMD_LOCAL_CARRIED = 14,   /* 3: sum of e v, eV angstrom/ps */
    FEMD_LOCAL_CONDUCTED = 17, /* 3: minus the sum of power d, eV angstrom/ps */
    FEMD_LOCAL_ENERGY = 20,    /* potential, eV */
    FEMD_LOCAL_GRADIENT = 21,  /* 9: sum of F by rows over the atoms that have one */
    FEMD_LOCAL_APART = 30,     /* sum of D2min over them, angstrom^2 */
    FEMD_LOCAL_SHAPED = 31,    /* how many have */
    FEMD_LOCAL_SUMS = 32
};

/* One configuration. Arrays are borrowed. */
typedef struct femd_local_body {
    int n;
    const double *x;         /* n x 3 */
    const double *v;         /* n x 3, angstrom/ps; NULL: nothing moves */
    const double *mass;      /* n, u */
    const double *energy;    /* n, eV: potential, as femd_energetics_atom_energies */
    const double *F, *apart; /* n x 9, n: NaN where an atom has none; both NULL: not wanted */
    const femd_segments *segments;
} femd_local_body;

/* Add to sums (cells x FEMD_LOCAL_SUMS). NO_MEMORY. */
FEMD_MUST_CHECK femd_status femd_local_sums_add(const femd_local_grid *grid, int kernel, const femd_local_body *body,
                                                double *sums, femd_error *err);

/* The forces through the faces of the cells (of the box: where segments cross). */
typedef struct femd_local_balance {
    double rest;     /* eV/angstrom: largest over cells of |force through its faces - forces of its atoms| */
    double forces;   /* eV/angstrom: largest over cells of |force through its faces|: what is left in equilibrium */
    double plane[9]; /* [3k + c], eV/angstrom: mean over the planes across direction k of the total force through one */
    double spread;   /* eV/angstrom: the farthest that one plane's total is from it */
} femd_local_balance;

/* force: n x 3, of the atoms. */
FEMD_MUST_CHECK femd_status femd_local_balance_find(const femd_local_grid *grid, const femd_local_body *body,
                                                    const double *force, femd_local_balance *balance, femd_error *err);

#endif
