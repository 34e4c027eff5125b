/* The inner loops over bonds, compiled once for each numerics level and chosen at run time by the level.
 *
 * They own no memory and cannot fail: the energetics sizes the arrays and judges the outcome. */
#ifndef FEMD_KERNELS_H
#define FEMD_KERNELS_H

#include "forces/neighbour_private.h"
#include "potentials/potential_form.h"

/* Bonds within the cutoff, in rows of the atom they belong to, each row padded with bonds of no effect to whole
 * vectors. d is the bond vector from the row's atom to its partner; derivatives are with respect to s = d.d. */
typedef struct femd_bonds {
    int n;
    int *first;   /* n + 1 */
    int *partner; /* extended atom; after femd_bonds_own the atom that owns it */
    double *dx, *dy, *dz;
    double *p0;      /* phi; NULL unless wanted */
    double *p1, *p2; /* phi_s, phi_ss */
    double *a1, *a2; /* density at the row's atom due to the partner: rho_s, rho_ss */
    double *b1, *b2; /* density at the partner due to the row's atom; the same arrays as a1, a2 for one species */

    /* Where rows follow each other without padding. Stillinger-Weber: derivatives are with respect to r. p1 = phi_r,
     * p2 = phi_rr; a1, a2 = g, g_r as the row's atom sees its partner, b1, b2 as the partner sees it. */
    int *row;    /* the row's atom */
    double *inv; /* 1/r */
} femd_bonds;

/* What an atom's triplets need to know of its neighbours of one species: FEMD_MOMENTS doubles 1, n, nn, sum over them
 * of g (1, n, n n) in the order 1, x, y, z, xx, yy, zz, yz, xz, xy, then the sum of g^2, then one to spare. */
#define FEMD_MOMENTS 12

typedef struct femd_sweep {
    const femd_neighbours *nb;
    const femd_potential *p;
    const int *species;       /* of the extended atoms */
    const double *xe;         /* next x 4 */
    double *s;                /* scratch: one row of the list, padded */
    femd_bonds *bonds;        /* out */
    double *rho;              /* out: next, to be folded onto owners */
    double energy;            /* out: pair energy */
    double nearest_sq;        /* out: smallest s met */
    double *moments, *fields; /* out, Stillinger-Weber: (n nspecies) x FEMD_MOMENTS; fields: what a bond feels of them,
                                 the last entry the energy */
} femd_sweep;

/* Sparse gradients of the densities: of atom m, entries first[m]..first[m+1], sorted by atom. */
typedef struct femd_gradients {
    int *first, *atom;
    double *g;   /* four doubles an entry: d rho_m / d x_atom, 0 */
    int *cursor; /* n */
} femd_gradients;

typedef struct femd_kernels {
    const char *level;
    int lanes;
    /* Partners of an atom at p among the places from..to of the list's bins: nearer than the root of reach_sq, key
     * above least. Appends extended atoms to list (room for a vector more), returns how many; *hit becomes other than 0
     * if one coincides with p (a millionth of the reach). */
    int (*within)(const femd_neighbours *nb, const double p[3], double reach_sq, int least, int from, int to, int *list,
                  unsigned *hit);
    /* Bonds within the cutoff and their rows, one behind the other: vectors and the smallest s, nothing else. */
    void (*bonds)(femd_sweep *w);
    /* Bonds within the cutoff with derivatives of order 1, or 1 and 2; pair energy, and of tables densities. */
    void (*lj_pairs)(femd_sweep *w, int order);
    void (*eam_pairs)(femd_sweep *w, int order);
    /* Forces on the extended atoms (f: next x 4, added to) and tau. fp: F' of the extended atoms (NULL without
     * embedding). */
    void (*forces)(const femd_bonds *b, const double *fp, double *f, double tau[6]);
    /* dot[m] += d rho_m . v over bonds with owned partners; v: n x 4. Stores d.(v_j - v_i) of each bond in along. */
    void (*density_change)(const femd_bonds *b, const double *v, double *along, double *dot);
    /* y (n x 4) += (a1 of the pair Hessian) ...: with p1, p2 holding the complete bond's first and second coefficient.
     * q: F'' dot, or NULL. */
    void (*apply)(const femd_bonds *b, const double *v, const double *along, const double *q, double *y);
    /* Embedding part of one block row of the Hessian: for atom p, acc (3 rows of 4n) += sum over m of F''_m dm/dp dm/dq
     * for q >= p. Moves the cursors, so call it for p = 0, 1, ... in order. */
    void (*embedding_row)(const femd_gradients *g, const double *fpp, int n, int p, double *acc);
    /* Energy, forces on the extended atoms (added to) and tau of Lennard-Jones at once, without bonds. */
    void (*lj_forces)(femd_sweep *w, double *f, double tau[6]);
    /* Keep the bonds b with complete coefficients p1, p2 (times 2 and 4) in h, partners replaced by their owners. rate
     * (n x 8, added to): d rho / d strain, B: the terms of the pairs; both NULL if not wanted. */
    void (*hold)(const femd_bonds *b, const femd_neighbours *nb, const double *fp, femd_bonds *h, double *rate,
                 double B[36]);
    /* Potential part of the heat flux less the embedding energies that atoms carry. v: of the extended atoms, next x 4.
     */
    void (*flux)(const femd_bonds *b, const double *fp, const double *v, double J[3]);
    /* Stillinger-Weber: bonds, moments, fields and energy; forces as above; heat flux as above, less the triplets'
     * energies that atoms carry. */
    void (*sw_pairs)(femd_sweep *w, int order);
    void (*sw_forces)(const femd_sweep *w, double *f, double tau[6]);
    void (*sw_flux)(const femd_sweep *w, const double *v, double J[3]);
    /* B of the pairs b and of the triplets of legs one[] and two[] (records of 8 doubles), whole vectors of them. */
    void (*sw_born)(const femd_bonds *b, int triplets, const int *one, const int *two, const double *record,
                    const double *strength, const double *cos0, double B[36]);
} femd_kernels;

/* The kernels of the level in use. */
const femd_kernels *femd_kernels_now(void);

extern const femd_kernels femd_kernels_baseline;
extern const femd_kernels femd_kernels_v2, femd_kernels_v3, femd_kernels_v4;

#endif
