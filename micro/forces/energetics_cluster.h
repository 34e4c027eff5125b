/* Energies of the legs of an atom: W = sum of U_i, U_i a function of the vectors that start at atom i and end at its
 * neighbours, its legs. A form that is of this kind gives one function, femd_energetics_form.cluster, which adds the
 * gradient of U_i over the legs and the matrix of its second derivatives; forces, tau, heat flux, energies of single
 * atoms, H, L and B are made here from these:
 *   W  = sum of U_i,   force of the far end of a leg = -gradient, of the atom at hand its opposite,
 *   J += -(gradient . velocity of the far end) leg,
 *   H  = sum over atoms of K on the differences of displacements, K = d2U_i/dd dd over the legs d,
 *   L  = sum of K (S_v d) and of the gradient times S_v,
 *   B_vw = sum of (S_v d) K (S_w d) - tau : (S_v S_w + S_w S_v)/2, since d -> U d with U = (1 + 2 E)^1/2 = 1 + E -
 * E^2/2, with S_v the symmetric matrix of strain component v.
 * A form may have faster ways of its own for some of it, as Stillinger-Weber has (energetics_sw.c). */
#ifndef FEMD_ENERGETICS_CLUSTER_H
#define FEMD_ENERGETICS_CLUSTER_H

#include "forces/energetics_form.h"

/* One atom with its legs, as femd_energetics_form.cluster gets it. */
typedef struct femd_cluster {
    const femd_energetics *e;
    int atom, species, legs;
    const int *far;    /* of each leg: species of the atom at its far end */
    const double *leg; /* of each leg, 3 doubles: from the atom to its neighbour, shorter than the potential's cutoff */
    const int *bond;   /* of each leg: 2 k + side of bond k in e->bonds, side 1: seen from the partner */
    double *energy;    /* U is to be added; NULL if not wanted: it never is of a form with a sweep of its own */
    double *gradient;  /* of each leg, 3 doubles: dU/d leg is to be added */
    double *stiffness; /* (3 legs)^2, row-major: d2U/d leg d leg is to be added, all of it; NULL if not wanted */
    void *scratch;     /* femd_energetics_form.leg bytes for each leg, of any content */
} femd_cluster;

/* What is prepared: of atom i the legs first[i]..first[i+1] and a matrix over them. */
typedef struct femd_clusters {
    int *first;        /* n + 1 */
    int *bond;         /* 2 k + side of bond k; side 1: seen from the partner */
    int *atom;         /* the owner at the far end */
    size_t *at;        /* n + 1: where the matrix of atom i begins */
    double *stiffness; /* (3 m)^2 doubles for m legs: d2 (energy of the atom) / d leg d leg */
    double *gradient;  /* of each leg, 3 doubles */
    double *leg;       /* of each leg, 3 doubles: its vector */
    double *energy;    /* n */
    int room_legs;
    size_t room_stiffness;
    double *v, *y; /* of the legs of one atom, 3 doubles each */
    int *far;      /* likewise, one each */
    void *scratch; /* likewise */
    int room_one;
} femd_clusters;

/* Legs of every atom in the order of the bonds, after a sweep with rows; room for their matrices if wanted. */
FEMD_MUST_CHECK femd_status femd_clusters_collect(femd_energetics *e, int matrices, femd_error *err);
void femd_clusters_clear(femd_clusters *c);

/* The functions of a form of this kind. Second derivatives need nothing of the sweep but its rows of bonds. */
FEMD_MUST_CHECK femd_status femd_clusters_sweep(femd_energetics *e, int order, double *W, femd_error *err);
void femd_clusters_spread(const femd_energetics *e, double tau[6]);
void femd_clusters_carried(const femd_energetics *e, double *energy);
void femd_clusters_flux(const femd_energetics *e, const double *v, double J[3]);
FEMD_MUST_CHECK femd_status femd_clusters_prepare(femd_energetics *e, double *L, double B[36], femd_error *err);
void femd_clusters_apply(femd_energetics *e, const double *v, double *y);
FEMD_MUST_CHECK femd_status femd_clusters_fill(femd_energetics *e, double *H, femd_error *err);
FEMD_MUST_CHECK femd_status femd_clusters_onsite(const femd_energetics *e, double *blocks, femd_error *err);

/* All of them at once, for the table of a form that gives nothing but .name, .cluster and .leg. */
#define FEMD_ENERGETICS_CLUSTER_FORM                                                                                   \
    .gives = FEMD_GIVES_FACES | FEMD_GIVES_ATOM_ENERGIES | FEMD_GIVES_FLUX,                                            \
    .bonds = FEMD_BONDS_VECTORS | FEMD_BONDS_ROWS, .sweep = femd_clusters_sweep, .spread = femd_clusters_spread,       \
    .carried = femd_clusters_carried, .flux = femd_clusters_flux, .prepare = femd_clusters_prepare,                    \
    .apply = femd_clusters_apply, .fill = femd_clusters_fill, .onsite = femd_clusters_onsite

#endif
