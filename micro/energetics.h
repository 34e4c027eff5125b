/* The workspace behind femd_energetics: shared by energetics.c (forces), energetics_hessian.c (second derivatives). */
#ifndef FEMD_ENERGETICS_H
#define FEMD_ENERGETICS_H

#include "kernels.h"

struct femd_energetics {
    const femd_potential *p; /* borrowed */
    const femd_kernels *kernels;
    int n;
    int *species;            /* n */
    uint64_t count;

    /* One sweep over the extended atoms. */
    uint64_t built;          /* the list's build that species_ext belongs to */
    const femd_neighbours *built_for;
    int room_next;
    int *species_ext;        /* next */
    double *xe, *fe;         /* next x 4 */
    double *rho, *fp;        /* next */
    double *s;               /* one row */
    int room_bonds;
    femd_bonds bonds;
    int second;              /* bonds has room for second derivatives */
    double *embed;           /* n x 3: F, F', F'' of each atom */

    /* What femd_energetics_apply works with: bonds between owned atoms. */
    int prepared;
    int room_held;
    femd_bonds held;
    double *along;           /* held bonds */
    double *v4, *y4, *dot;   /* n x 4, n x 4, n */
    double *fpp;             /* n: F'' at the prepared state */

    /* Hessian scratch. */
    femd_gradients gradients;
    int room_gradients;
    double *row;             /* 3 x 4n */
    double *strain_rate;     /* n x 6: d rho / d strain */
};

/* Place atoms, make bonds with derivatives up to `order`, densities and embedding. *W gets the energy, e->embed F, F', F''. OUT_OF_DOMAIN is
 * returned only after everything has been computed. */
FEMD_MUST_CHECK femd_status femd_energetics_sweep(femd_energetics *e, femd_neighbours *nb, const double cell[9], const double *x,
                                                  int order, double *W, femd_error *err);

#endif
