/* The method `nemd`: the lattice conductivity of an RVE at its mechanical state, from the steady flow of heat between a
 * hot and a cold slab in boxes of several lengths made of that RVE. See docs/micro.md, "Conductivity between a hot and
 * a cold slab".
 *
 * Split in five: nemd_options.c (what the material says), nemd_box.c (repeated RVE, slabs, what is measured in it),
 * nemd_run.c (trajectories and sums), nemd_fit.c (from sums to a tensor), nemd.c (what is carried and answered, the
 * method's table of functions). What every method that samples does is sampled_method.h's. The mechanical state is
 * read, never changed. */
#ifndef FEMD_NEMD_H
#define FEMD_NEMD_H

#include "dynamics/sampled_method.h"

extern const femd_method femd_method_nemd;

enum {
    FEMD_NEMD_LENGTHS_MAX = 8,
    FEMD_NEMD_GRADIENTS_MAX = 4,
    FEMD_NEMD_SLAB_MAX = 100000,
    FEMD_NEMD_SERIES_MAX = 3 * (FEMD_NEMD_LENGTHS_MAX + FEMD_NEMD_GRADIENTS_MAX - 1)
};

typedef struct femd_nemd_options {
    double skin;              /* angstrom, as of the method */
    double slab;              /* angstrom, thickness of a slab, at least */
    double margin;            /* share of the way between the slabs that is left out of the fit at either end */
    int equilibration, block; /* steps, multiples of FEMD_DYNAMICS_RENEW */
    int stride;               /* steps between samples of the flux in the middle */
    int lengths, length[FEMD_NEMD_LENGTHS_MAX]; /* repeats of the RVE; lengths = 0: by default, see femd_nemd_plan */
    int gradients;
    double gradient[FEMD_NEMD_GRADIENTS_MAX]; /* the slabs have T (1 +- gradient), ascending; the last one is run at all
                                                 lengths, others at the shortest */
    int across;                               /* repeats in the two other directions */
    int isotropic;                            /* the material declares k = k I */
    int direction;                            /* 0, 1, 2: measured where isotropic */
    int64_t max_steps; /* of all trajectories in one request, without the approach to the steady state */
} femd_nemd_options;

/* ---- nemd_box.c ---- */

/* A row of repeats of the RVE along one lattice direction, periodic: hot slab, way, cold slab, way. Atom i of repeat r
 * along the row and column c across it is number (c + r columns) n + i. */
typedef struct femd_nemd_box {
    femd_rve rve; /* owned: X are the relaxed atoms, h0 the present cell */
    int direction, repeats, columns;
    int slab, margin; /* repeats */
    double normal[3]; /* of the slabs, from the hot one on */
    double area;      /* of a slab's face, square angstrom */
    double step;      /* height of one repeat, angstrom */
    double *mass;     /* n, owned, as the rest */
    double *position; /* n: along the normal, at rest */
    int *layer;       /* n: the repeat along the row */
    int *slab_of;     /* n: 0 hot, 1 cold, -1 neither */
    int *side;        /* n: +1 in the fitted part behind the hot slab, -1 in that behind the cold one, else 0 */
    double *lever;    /* n: the temperature gradient against the flux on a side is sum of lever m v^2 over its atoms,
                         K/angstrom */
    double *carried;  /* n x 3: flux along the normal per velocity of a resting atom */
    double *masked;   /* n x 3: scratch */
    double volume;    /* of both fitted parts together, cubic angstrom */
} femd_nemd_box;

/* The native RVE (cell h, relaxed atoms x) repeated `repeats` times along `direction`. BAD_INPUT of femd_nemd_divide.
 */
FEMD_MUST_CHECK femd_status femd_nemd_box_open(const femd_native *native, const double h[9], const double *x,
                                               int direction, int repeats, const femd_nemd_options *options,
                                               femd_nemd_box *box, femd_error *err);
void femd_nemd_box_close(femd_nemd_box *box);
/* Repeats in a slab and in a margin of a row of `repeats`, each `step` high. BAD_INPUT, with words, if it is too short.
 */
FEMD_MUST_CHECK femd_status femd_nemd_divide(int repeats, double step, const femd_nemd_options *options, int *slab,
                                             int *margin, femd_error *err);
/* Repeats that a slab takes, each `step` high; FEMD_NEMD_SLAB_MAX stands for any number from there on. */
int femd_nemd_slab(const femd_nemd_options *options, double step);
/* Height of one repeat of cell h along a direction, and the unit normal (may be NULL). */
double femd_nemd_height(const double h[9], int direction, double normal[3]);
/* Minus the gradient of the temperature along the way of the heat on either side, K/angstrom, of velocities v. */
void femd_nemd_gradients(const femd_nemd_box *box, const double *v, double g[2]);
/* Heat flux from hot to cold, eV/(square angstrom ps), mean over the fitted parts, of the flux of
 * femd_energetics_heat_flux. *J has the plain figure; *reduced that less what the relaxed atoms carry along with them,
 * sum of carried . v, whose mean is zero because atoms stay where they are. */
FEMD_MUST_CHECK femd_status femd_nemd_flux(femd_nemd_box *box, const double *x, const double *v, double *J,
                                           double *reduced, femd_error *err);
/* Mean kinetic temperature (K) of each layer. */
void femd_nemd_profile(const femd_nemd_box *box, const double *v, double *T);

/* ---- nemd_run.c ---- */

/* What is summed at every step: energy that each slab gave (eV/ps), both gradients. At every stride-th: flux, reduced
 * and plain. */
enum { FEMD_NEMD_Z = 4, FEMD_NEMD_Y = 2 };

/* One trajectory: direction, length, temperature difference. */
typedef struct femd_nemd_series {
    int direction, length, repeats, gradient; /* length, gradient: their indices */
    femd_trajectory trajectory;
    double *profile; /* repeats, owned: sums of temperatures */
    uint64_t profiles;
} femd_nemd_series;

/* What one trajectory says. Fluxes eV/(square angstrom ps), gradients K/angstrom, k in W/(m K). */
typedef struct femd_nemd_estimate {
    double way;              /* angstrom between the slabs */
    double power, power_err; /* flux: what the hot slab gives and the cold one takes, mean of both, over both faces */
    double balance, balance_err; /* what both give together, per face as `power` */
    double flux, flux_err;       /* in the middle, reduced */
    double apart, apart_err;     /* flux - power */
    double gradient, gradient_err;
    double side[2]; /* gradients of the two sides */
    double k, k_err;
    int blocks;
} femd_nemd_estimate;

typedef struct femd_nemd_result {
    double k[6], k_err[6]; /* W/(m K), Voigt: extrapolated to infinite length if there is more than one length */
    double k_check[6], k_check_err[6]; /* of the longest boxes */
    double worst;                      /* largest relative error of a measured direction */
    double chi_square;                 /* largest of a direction, of `freedom` degrees of freedom */
    int freedom;
    uint32_t notes; /* FEMD_NOTE_* */
    femd_nemd_estimate series[FEMD_NEMD_SERIES_MAX];
} femd_nemd_result;

typedef struct femd_nemd {
    femd_sampled common; /* first */
    femd_nemd_options options;
    int count;
    femd_nemd_series series[FEMD_NEMD_SERIES_MAX];
    uint64_t sweeps; /* over bonds of one RVE, so far */
    int unclear;     /* the lengths tell nothing about an infinite one yet */
    femd_nemd_result result;
} femd_nemd;

/* Options of its own, with defaults from the highest frequency and the cutoff (angstrom). */
FEMD_MUST_CHECK femd_status femd_nemd_options_read(const femd_sampled_words *words, const femd_sampled_options *common,
                                                   double cutoff, femd_nemd_options *options, femd_error *err);
/* The series of the options at cell h, of an RVE of `atoms`; room for their atoms. BAD_INPUT if a length is too
 * short, a slab too thick, or a row has more than FEMD_ATOMS_MAX atoms. */
FEMD_MUST_CHECK femd_status femd_nemd_plan(femd_nemd *nemd, const double h[9], int atoms, femd_error *err);
void femd_nemd_unplan(femd_nemd *nemd);
/* Bring series `index` from the relaxed atoms x to its steady state; sums empty. NOT_CONVERGED if it does not settle.
 */
FEMD_MUST_CHECK femd_status femd_nemd_start(femd_nemd *nemd, const femd_native *native, const double h[9],
                                            const double *x, int index, const femd_progress *progress, femd_error *err);
/* `blocks` more blocks of series `index`. */
FEMD_MUST_CHECK femd_status femd_nemd_extend(femd_nemd *nemd, const femd_native *native, const double h[9],
                                             const double *x, int index, int blocks, const femd_progress *progress,
                                             femd_error *err);

/* ---- nemd_fit.c ---- */

/* What one series says; `faces` = twice the area of a slab's face. At least two blocks. */
void femd_nemd_read(const femd_nemd_series *s, double way, double faces, femd_nemd_estimate *e);
/* Straight line y = a + b x through n points with errors s: value and covariance of (a, b), sum of squared deviations
 * over s. n >= 2. */
void femd_nemd_line(int n, const double *x, const double *y, const double *s, double value[2], double covariance[3],
                    double *chi_square);
/* Fill nemd->result from the sums of all series. NOT_CONVERGED if the lengths tell nothing about an infinite one. */
FEMD_MUST_CHECK femd_status femd_nemd_evaluate(femd_nemd *nemd, const double h[9], femd_error *err);

#endif
