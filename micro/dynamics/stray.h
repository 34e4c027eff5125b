/* Whether atoms stay where they belong: those that have gone farther than half the way to a neighbour have left their
 * sites, by melting, diffusion or sliding. Vibrations do not reach that far: crystals melt where the root mean square
 * of all displacements is a fifth of it. */
#ifndef FEMD_STRAY_H
#define FEMD_STRAY_H

typedef struct femd_stray {
    int gone, atoms; /* atoms that have left, of how many, in the trajectory where most have */
    double rms;      /* largest root mean square displacement of a trajectory, angstrom */
} femd_stray;

/* Look at one more trajectory of n atoms that stand at `now` and belong to `site` (n x 3 each). */
void femd_stray_look(femd_stray *stray, int n, const double *site, const double *now, double reach);

#endif
