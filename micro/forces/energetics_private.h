/* The workspace behind femd_energetics: shared by energetics.c (forces), energetics_hessian.c (second derivatives),
 * energetics_flux.c (heat flux) and energetics_sw.c (second derivatives of triplets). */
#ifndef FEMD_ENERGETICS_PRIVATE_H
#define FEMD_ENERGETICS_PRIVATE_H

#include "forces/energetics.h"
#include "forces/kernels.h"

/* What FEMD_FORM_SW is prepared with: of atom i the legs first[i]..first[i+1], bonds that start at it, and a matrix
 * over them. */
typedef struct femd_clusters {
    int *first;        /* n + 1 */
    int *bond;         /* 2 k + side of bond k; side 1: seen from the partner */
    int *atom;         /* the owner at the far end */
    size_t *at;        /* n + 1: where the matrix of atom i begins */
    double *stiffness; /* (3 m)^2 doubles for m legs: d2 (energy of the atom) / d leg d leg */
    double *gradient;  /* of each leg, 3 doubles */
    double *leg;       /* of each leg, 3 doubles: its vector */
    int room_legs;
    size_t room_stiffness;
    double *v, *y; /* of the legs of one atom, 3 doubles each */
    int room_one;
    int *one, *two;          /* of each triplet: its legs */
    double *strength, *cos0; /* of each triplet */
    double *record;          /* of each leg, 8 doubles: its vector, 1/r, g, g_r, g_rr, to spare */
    size_t room_triplets, room_record;
} femd_clusters;

struct femd_energetics {
    const femd_potential *p; /* borrowed */
    const femd_kernels *kernels;
    int n;
    int *species; /* n */
    uint64_t count;

    /* One sweep over the extended atoms. */
    uint64_t built; /* the list's build that species_ext belongs to */
    const femd_neighbours *built_for;
    int room_next;
    int *species_ext; /* next */
    double *xe, *fe;  /* next x 4 */
    double *rho, *fp; /* next */
    double *s;        /* one row */
    int room_bonds;
    femd_bonds bonds;
    int second;               /* bonds has room for second derivatives */
    double *p0;               /* room for the bonds' energies, lent to bonds.p0 where they are wanted */
    double *moments, *fields; /* Stillinger-Weber */
    femd_sweep last;
    double *embed; /* n x 3: F, F', F'' of each atom */

    /* What femd_energetics_apply works with: bonds between owned atoms. */
    int prepared;
    int room_held;
    femd_bonds held;
    double *along;         /* held bonds */
    double *v4, *y4, *dot; /* n x 4, n x 4, n */
    double *fpp;           /* n: F'' at the prepared state */

    /* Hessian scratch. */
    femd_gradients gradients;
    int room_gradients;
    double *row;         /* 3 x 4n */
    double *strain_rate; /* n x 8: d rho / d strain, two to spare */

    femd_clusters clusters;
};

/* Wanted of a sweep: first derivatives, those and the bonds' energies, or first and second derivatives. */
enum { FEMD_SWEEP_FIRST = 1, FEMD_SWEEP_SECOND = 2, FEMD_SWEEP_ENERGIES = 3 };

/* Place atoms, make bonds with what `wanted` names, densities and embedding. *W gets the energy, e->embed F, F', F''.
 * OUT_OF_DOMAIN is returned only after everything has been computed. */
FEMD_MUST_CHECK femd_status femd_energetics_sweep(femd_energetics *e, femd_neighbours *nb, const double cell[9],
                                                  const double *x, int wanted, double *W, femd_error *err);
/* Forces of the last sweep on the extended atoms into e->fe, and tau. */
void femd_energetics_spread(femd_energetics *e, const femd_neighbours *nb, double tau[6]);

/* energetics_sw.c: second derivatives of the last sweep, made with FEMD_SWEEP_SECOND. L, B may be NULL. */
FEMD_MUST_CHECK femd_status femd_sw_prepare(femd_energetics *e, const femd_neighbours *nb, double *L, double B[36],
                                            femd_error *err);
FEMD_MUST_CHECK femd_status femd_sw_born(femd_energetics *e, const femd_neighbours *nb, double B[36],
                                         femd_error *err); /* B alone; prepares nothing */
void femd_sw_apply(femd_energetics *e, const double *v, double *y);
void femd_sw_fill(const femd_energetics *e, double *H); /* the upper triangle of a matrix of zeros */
void femd_clusters_clear(femd_clusters *c);

#endif
