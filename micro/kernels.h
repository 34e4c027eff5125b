/* The inner loops over bonds, compiled once for each numerics level and chosen at run time by the level.
 *
 * They own no memory and cannot fail: the energetics sizes the arrays and judges the outcome. */
#ifndef FEMD_KERNELS_H
#define FEMD_KERNELS_H

#include "neighbour.h"
#include "potential.h"

/* Bonds within the cutoff, in rows of the atom they belong to, each row padded with bonds of no effect to whole vectors. d is the bond
 * vector from the row's atom to its partner; derivatives are with respect to s = d.d. */
typedef struct femd_bonds {
    int n;
    int *first;              /* n + 1 */
    int *partner;            /* extended atom; after femd_bonds_own the atom that owns it */
    double *dx, *dy, *dz;
    double *p1, *p2;         /* phi_s, phi_ss */
    double *a1, *a2;         /* density at the row's atom due to the partner: rho_s, rho_ss */
    double *b1, *b2;         /* density at the partner due to the row's atom; the same arrays as a1, a2 for one species */
} femd_bonds;

typedef struct femd_sweep {
    const femd_neighbours *nb;
    const femd_potential *p;
    const int *species;      /* of the extended atoms */
    const double *xe;        /* next x 4 */
    double *s;               /* scratch: one row of the list, padded */
    femd_bonds *bonds;       /* out */
    double *rho;             /* out: next, to be folded onto owners */
    double energy;           /* out: pair energy */
    double nearest_sq;       /* out: smallest s met */
} femd_sweep;

/* Sparse gradients of the densities: of atom m, entries first[m]..first[m+1], sorted by atom. */
typedef struct femd_gradients {
    int *first, *atom;
    double *g;               /* four doubles an entry: d rho_m / d x_atom, 0 */
    int *cursor;             /* n */
} femd_gradients;

typedef struct femd_kernels {
    const char *level;
    int lanes;
    /* Bonds within the cutoff with derivatives of order 1, or 1 and 2; densities and pair energy. */
    void (*pairs)(femd_sweep *w, int order);
    /* Forces on the extended atoms (f: next x 4, added to) and tau. fp: F' of the extended atoms (NULL without embedding). */
    void (*forces)(const femd_bonds *b, const double *fp, double *f, double tau[6]);
    /* dot[m] += d rho_m . v over bonds with owned partners; v: n x 4. Stores d.(v_j - v_i) of each bond in along. */
    void (*density_change)(const femd_bonds *b, const double *v, double *along, double *dot);
    /* y (n x 4) += (a1 of the pair Hessian) ...: with p1, p2 holding the complete bond's first and second coefficient. q: F'' dot, or NULL. */
    void (*apply)(const femd_bonds *b, const double *v, const double *along, const double *q, double *y);
    /* Embedding part of one block row of the Hessian: for atom p, acc (3 rows of 4n) += sum over m of F''_m dm/dp dm/dq for q >= p.
     * Moves the cursors, so call it for p = 0, 1, ... in order. */
    void (*embedding_row)(const femd_gradients *g, const double *fpp, int n, int p, double *acc);
} femd_kernels;

/* The kernels of the level in use. */
const femd_kernels *femd_kernels_now(void);

extern const femd_kernels femd_kernels_baseline;
extern const femd_kernels femd_kernels_v2, femd_kernels_v3, femd_kernels_v4;

#endif
