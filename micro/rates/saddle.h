/* Stationary configurations of an RVE at a fixed cell, with all that harmonic theory asks of one: energy, virial,
 * eigenvalues and eigenvectors of the whole Hessian, and its derivatives by strain. And the saddle between two minima.
 *
 * A stationary point is found by Newton's method in the eigenvectors of the Hessian, which goes to saddles as well as
 * to minima; the three translations, whose eigenvalues are zero, are left out. How many eigenvalues are negative is
 * counted, never assumed: a minimum has none, a saddle exactly one. The saddle of a hop that looks alike from both ends
 * is sought from the mid-point of the two minima; where that is no saddle (in bcc iron it is a minimum between two
 * humps), or the path is not symmetric, an elastic band (band.h) finds the way and Newton's method goes on from the
 * image that climbed highest. Units: eV, angstrom. */
#ifndef FEMD_SADDLE_H
#define FEMD_SADDLE_H

#include "rve/native.h"

enum { FEMD_SADDLE_ATOMS_MAX = 800, FEMD_SADDLE_FIXED = 3, FEMD_HUMPS_MAX = 5 };

typedef struct femd_still {
    int n3;
    double W, tau[6], fmax;
    double *x;      /* n3 */
    double *force;  /* n3 */
    double *lambda; /* n3, ascending: of the Hessian, eV/angstrom^2 */
    double *mode;   /* n3 x n3: eigenvector k in row k */
    double *L;      /* n3 x 6, as in energetics.h */
    double B[36];
    int negative; /* eigenvalues below zero, the translations' apart */
    int loose;    /* 1: forces are not zero, as the potential's second derivative jumps there; W is right to 1e-5 eV */
    int hessians; /* that it took */
} femd_still;

FEMD_MUST_CHECK femd_status femd_still_init(femd_still *still, int natoms, femd_error *err);
void femd_still_clear(femd_still *still);
/* The stationary point near x (n3) in the cell of `place`, forces to 1e-9 eV/angstrom; where steps go to and fro over a
 * jump of the second derivative, `loose` ones below 5e-3 that would change the energy by less than 1e-5 eV.
 * NOT_CONVERGED, OUT_OF_DOMAIN, INSTABILITY with words if eigenvalues beside those of the translations are zero,
 * DEADLINE, CANCELLED. */
FEMD_MUST_CHECK femd_status femd_still_find(femd_still *still, femd_rve *rve, const femd_place *place, const double *x,
                                            const femd_beat *beat, femd_error *err);
/* Whether eigenvalue k counts: it is none of the translations'. */
int femd_still_counts(const femd_still *still, int k);
/* z = H^+ b: the solution without what is not free; z is not b. */
void femd_still_solve(const femd_still *still, const double *b, double *z);
/* Condensed tangent D (Pa) of the stationary point: B - L^T H^+ L pulled back, whatever the signs of eigenvalues. */
void femd_still_tangent(const femd_still *still, const femd_rve *rve, const femd_place *place, double D[36]);

/* How the saddle was found. */
typedef struct femd_saddle_way {
    int humps;      /* saddles on the path: 1, or what the band saw, at most FEMD_HUMPS_MAX */
    int top;        /* which of them is the highest, from 0 */
    int loose;      /* 1: the band did not come to rest; whether the saddle is between the two states is not settled */
    double depth;   /* eV: of the shallowest minimum between two humps, below the lower of them; 0 if there is none */
    int midpoint;   /* negative eigenvalues of the stationary point at the middle, -1: none was found there */
    uint64_t calls; /* of forces, of the band's images */
} femd_saddle_way;

/* The highest saddle between the minima a and b (n3 each, the second's atoms as they come from the first's by the hop).
 * climbed (FEMD_HUMPS_MAX x n3, or NULL): where several humps are on the way, the band's images on them, in their
 * order. Errors as femd_still_find and femd_band_run; INSTABILITY if what is found has not exactly one negative
 * eigenvalue. */
FEMD_MUST_CHECK femd_status femd_saddle_find(femd_still *saddle, const femd_native *native, const femd_place *place,
                                             const double *a, double energy, const double *b, double other,
                                             const femd_beat *beat, double *climbed, femd_saddle_way *way,
                                             femd_error *err);

#endif
