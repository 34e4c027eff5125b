/* Vibrations of an RVE in the harmonic approximation: the spectral function F = sum f(lambda) over the eigenvalues of
 * the mass-weighted Hessian A = M^-1/2 H M^-1/2 (H in spatial displacements), and what its derivatives along a path of
 * configurations need:
 *
 *   dF = <f'(A), dA>,     d2F = <f'(A), d2A> + sum_ij f[li, lj] (dA)_ij (dA)_ij   (in the eigenvectors of A)
 *
 * with the divided difference f[li, lj] = (f'(li) - f'(lj))/(li - lj) (Daleckii and Krein 1965; Bhatia, Matrix
 * Analysis, V.3). `full`: all of H, what the gauge holds removed. `local`: only the 3x3 blocks on the diagonal (LeSar,
 * Najafabadi and Srolovitz, Phys. Rev. Lett. 63 (1989) 624), 3N modes. `mesh`: the dynamical matrices of the RVE as the
 * cell of a crystal at the wave vectors of a mesh, averaged. It never relaxes and knows no strain. Units: eV, angstrom,
 * u, K. */
#ifndef FEMD_PHONON_H
#define FEMD_PHONON_H

#include "rve/native.h"
#include "vibrations/phonon_mode.h"

enum {
    FEMD_PHONON_ATOMS_MAX = 800, /* of `full`: nine dense matrices of 3n x 3n */
    FEMD_PHONON_CELL_MAX = 64,   /* of `mesh`: atoms of the RVE, */
    FEMD_PHONON_MESH_MAX = 30000 /* and of the crystal that the mesh makes of it */
};
typedef enum femd_phonon_kind { FEMD_PHONON_FULL, FEMD_PHONON_LOCAL, FEMD_PHONON_MESH } femd_phonon_kind;

typedef struct femd_phonons {
    femd_phonon_kind kind;
    femd_gauge gauge; /* of the periodic RVE, whatever its boundary condition */
    int quantum, n, n3;
    int blocks, edge; /* A is block-diagonal: one of n3 x n3, n of 3 x 3, or one of 6n x 6n for each wave vector */
    size_t size;      /* entries of A: blocks x edge x edge */
    double T;         /* of the base */
    double F, U, C;   /* of the base: eV, eV, eV/K */
    double *root;     /* n: mass^-1/2 */
    double *a;        /* last sample */
    double *base;     /* full, classical: Cholesky factor; else eigenvectors of the blocks, number k in row k */
    double *slope, *slope_T; /* f'(A), df'/dT(A) at the base; classical: slope is NULL and stands for T slope_T */
    double *rate;            /* 6 matrices dA, or NULL until asked for */
    double *lambda;          /* eigenvalues at the base (not of full classical) */
    femd_mode *mode;         /* all zero: not free */
    double *weight;          /* blocks */
    double *work;            /* two blocks */
    int mesh[3];
    femd_rve crystal; /* mesh: the RVE repeated; n of mesh[0] mesh[1] mesh[2] cells, the first index slowest */
    double *phase;    /* mesh: cosines and sines of the fractions of a turn that each direction has */
    double *probe;    /* 5 x n3, or NULL until a gradient is asked for */
} femd_phonons;

/* Masses from the structure or the potential. mesh: of `mesh` alone. BAD_INPUT if an atom has no mass, LIMIT if it is
 * too large. */
FEMD_MUST_CHECK femd_status femd_phonons_create(const femd_native *native, femd_phonon_kind kind, int quantum,
                                                const int mesh[3], femd_phonons *phonons, femd_error *err);
void femd_phonons_clear(femd_phonons *phonons);
/* A at positions x in the cell of `place`, into phonons->a. */
FEMD_MUST_CHECK femd_status femd_phonons_sample(femd_phonons *phonons, femd_rve *rve, const femd_place *place,
                                                const double *x, femd_error *err);
/* Make the sample in phonons->a the base at temperature T. INSTABILITY if it is not positive definite. */
FEMD_MUST_CHECK femd_status femd_phonons_base(femd_phonons *phonons, double T, femd_error *err);
/* <f'(base), a> and <df'/dT(base), a> of the last sample. */
void femd_phonons_contract(const femd_phonons *phonons, double *phi, double *phi_T);
/* Rates of A in six directions: set to zero, add factor times the last sample. */
FEMD_MUST_CHECK femd_status femd_phonons_rates_zero(femd_phonons *phonons, femd_error *err);
void femd_phonons_rates_add(femd_phonons *phonons, int direction, double factor);
/* K_ab = sum_ij f[li, lj] (rate a)_ij (rate b)_ij; the rates are spoilt. */
void femd_phonons_quadratic(femd_phonons *phonons, double K[36]);

/* dF/dx and d2F/dx dT of the base (n3 each; eV/angstrom, eV/(angstrom K); mean zero), by differences: x is where the
 * base was sampled. fine: fourth order, else second where that is smooth enough to be differenced again. Spoils the
 * last sample. OUT_OF_DOMAIN, CANCELLED, DEADLINE. phonon_gradient.c */
FEMD_MUST_CHECK femd_status femd_phonons_gradient(femd_phonons *phonons, femd_rve *rve, const femd_place *place,
                                                  const double *x, int fine, const femd_beat *beat, double *g,
                                                  double *g_T, femd_error *err);
/* Whether `beat` wants the vibrations to stop: CANCELLED, DEADLINE. */
FEMD_MUST_CHECK femd_status femd_phonons_beat(const femd_beat *beat, double fraction, femd_error *err);

/* What phonon.c leaves to phonon_full.c, phonon_blocks.c and phonon_mesh.c. */
FEMD_MUST_CHECK femd_status femd_phonons_full_base(femd_phonons *phonons, femd_error *err);
void femd_phonons_full_quadratic(femd_phonons *phonons, double K[36]);
FEMD_MUST_CHECK femd_status femd_phonons_blocks_base(femd_phonons *phonons, femd_error *err);
void femd_phonons_blocks_quadratic(femd_phonons *phonons, double K[36]);
/* The crystal, the wave vectors up to sign and their weights; blocks, edge. */
FEMD_MUST_CHECK femd_status femd_phonons_mesh_create(femd_phonons *phonons, const femd_native *native,
                                                     const int mesh[3], femd_error *err);
/* Dynamical matrices without masses into phonons->a. */
FEMD_MUST_CHECK femd_status femd_phonons_mesh_sample(femd_phonons *phonons, const femd_place *place, const double *x,
                                                     femd_error *err);

#endif
