/* The diffusivity of a walker whose hops are known, on a lattice of one kind of site or of two that mirror each other.
 *
 * Between sites of one kind the walk is a sum of hops that do not know of each other. A strained lattice with a basis
 * (hcp, diamond) has two: from a site of the first the hops that change the kind lead away by v = sum Gamma d on the
 * average, from a site of the second, its mirror image, by -v, and what one hop gains the next gives back. With s = 1
 * or -1 the kind of the present site, and K = sum Gamma of the hops that change it,
 *
 *   d<x s>/dt = -2 K <x s> - v,   d<x x>/dt = sum Gamma d d + <x s> v + v <x s>
 *
 * (a hop that changes the kind takes x s to -(x s) - d), of which <x s> ends at -v/(2 K):
 *
 *   D = 1/2 sum Gamma d d - 1/2 v v / K
 *
 * which does not depend on how far the two kinds of site are moved against each other, as only the lattice counts in
 * the end: d + u of all hops that change the kind gives the same. Owns sums; knows no crystal. */
#ifndef FEMD_WALK_H
#define FEMD_WALK_H

#include "femd/error.h"

typedef struct femd_walk {
    double square[6]; /* sum of Gamma d_a d_b, Voigt */
    double drift[3];  /* sum of Gamma d over all hops */
    double away[3];   /* of those that change the kind of site alone */
    double way;       /* sum of Gamma |d| */
    double change;    /* K */
} femd_walk;

/* One hop more: its rate, its way d, whether it ends on a site of the other kind. */
void femd_walk_add(femd_walk *walk, double rate, const double d[3], int changes);
/* 1 if hops lead nowhere on the average, to 1e-6 of their way: then no kinds of sites need to be known. */
int femd_walk_rests(const femd_walk *walk);
/* 1 if those hops that keep the kind lead nowhere on the average: the condition for the formula above. */
int femd_walk_rests_within(const femd_walk *walk);
/* D, Voigt, in units of rate times d^2. */
void femd_walk_diffusivity(const femd_walk *walk, double D[6]);

#endif
