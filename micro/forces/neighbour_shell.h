/* The nearest neighbours that atoms have somewhere, kept to see later whether they have them still. */
#ifndef FEMD_NEIGHBOUR_SHELL_H
#define FEMD_NEIGHBOUR_SHELL_H

#include "forces/neighbour.h"

typedef struct femd_shell {
    int pairs;
    int *atom; /* pairs x 2, owned */
    double
        *way; /* pairs x 3, owned, angstrom: from the first atom to that image of the second which is its neighbour */
} femd_shell;

/* At (cell, x): pairs that are no farther apart than 1.2 times the distance of either to its nearest (twelve neighbours
 * in fcc, fourteen in bcc, four in diamond). *shell is given up first. Brings the list up to date. NO_MEMORY. */
FEMD_MUST_CHECK femd_status femd_neighbours_shell(femd_neighbours *nb, int n, const double cell[9], const double *x,
                                                  femd_shell *shell, femd_error *err);
void femd_shell_clear(femd_shell *shell);
/* Pairs that displacements w (n x 3) part: farther from each other than `factor` times as far as they were. */
int femd_shell_parted(const femd_shell *shell, const double *w, double factor);

#endif
