/* The workspace behind femd_energetics: shared by energetics.c (forces), energetics_hessian.c (second derivatives),
 * energetics_flux.c (heat flux), and the files of the forms. */
#ifndef FEMD_ENERGETICS_PRIVATE_H
#define FEMD_ENERGETICS_PRIVATE_H

#include <stdlib.h>

#include "forces/energetics_cluster.h"
#include "forces/energetics_form.h"
#include "forces/kernels.h"

struct femd_energetics {
    const femd_energetics_form *form; /* borrowed */
    const femd_potential *p;          /* borrowed */
    void *own;                        /* of the form */
    int functions; /* of a bond beside its pair energy (a density, g): 0, 1 the same from both ends, 2 */
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
    int second; /* bonds has room for second derivatives */
    double *p0; /* room for the bonds' energies, lent to bonds.p0 where they are wanted */
    femd_sweep last;
    double *embed;   /* n x 3: F, F', F'' of each atom */
    int beyond;      /* an atom past its table of densities in the last sweep, or -1 */
    double *carried; /* n */

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

    femd_clusters clusters;               /* what forms of energies of legs are prepared with */
    struct femd_differences *differences; /* of forms without second derivatives; made when first wanted */
};

/* Wanted of a sweep: first derivatives, those and the bonds' energies, or first and second derivatives. */
enum { FEMD_SWEEP_FIRST = 1, FEMD_SWEEP_SECOND = 2, FEMD_SWEEP_ENERGIES = 3 };

/* Place atoms and let the form make bonds with what `wanted` names, and the energy *W. OUT_OF_DOMAIN is returned only
 * after everything has been computed. */
FEMD_MUST_CHECK femd_status femd_energetics_sweep(femd_energetics *e, femd_neighbours *nb, const double cell[9],
                                                  const double *x, int wanted, double *W, femd_error *err);
/* Forces of the last sweep on the extended atoms into e->fe, and tau. */
void femd_energetics_spread(femd_energetics *e, const femd_neighbours *nb, double tau[6]);

/* Throw *p away and get room for count elements in its place. Returns 1, or 0 without memory. */
static inline int femd_renew_doubles(double **p, size_t count) {
    free(*p);
    *p = femd_aligned_doubles(count);
    return *p != NULL;
}

static inline int femd_renew_ints(int **p, size_t count) {
    free(*p);
    *p = malloc((count ? count : 1) * sizeof(int));
    return *p != NULL;
}

#endif
