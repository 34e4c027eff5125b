/* The way down from a saddle, where symmetry holds the atoms on a ridge.
 *
 * A configuration with a symmetry (a perfect crystal's, the inversion about one vacancy) keeps it in every relaxation,
 * also past the bifurcation where the symmetric equilibrium is no minimum any more: its forces have no part along the
 * mode that lost its stiffness. Here the atoms are moved along the lowest mode, as far as the energy falls, and relaxed
 * from there. Owns the choice of the way; never chooses a strain, never keeps anything between calls. */
#ifndef FEMD_SLIDE_H
#define FEMD_SLIDE_H

#include "rve/relax.h"

/* The lowest eigenvalue of the Hessian at x (eV/angstrom^2) and its mode (n3, unit; see femd_lanczos_mode). work: 3 x
 * n3. */
FEMD_MUST_CHECK femd_status femd_slide_mode(const femd_rve *rve, const femd_place *place, const double *x,
                                            const femd_beat *beat, double *work, double *lowest, double *mode,
                                            femd_error *err);
/* x is where femd_relax ended with INSTABILITY: on from there along `first` (n3) if the energy falls that way, else
 * along the lowest mode, whose sign is fixed (the two ways down are equal by symmetry); then femd_relax, and again if
 * that ends at another saddle. first: the mode that lost its stiffness where the branch ended; may be NULL. work: 4 x
 * n3 doubles. Errors as femd_relax; INSTABILITY where the energy does not fall or eight saddles followed each other. */
FEMD_MUST_CHECK femd_status femd_slide(femd_relaxer *relaxer, const femd_rve *rve, const femd_place *place, double *x,
                                       const double *first, const double *stale, const femd_beat *beat, double *work,
                                       femd_relax_result *res, femd_error *err);

#endif
