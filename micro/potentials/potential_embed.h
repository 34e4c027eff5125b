/* How the embedding energy is interpolated for "auto": a smooth refit only where that keeps LAMMPS's forces. */
#ifndef FEMD_POTENTIAL_EMBED_H
#define FEMD_POTENTIAL_EMBED_H

#include "potentials/potential_tables.h"

/* Forces up to which interpolations are compared, eV/angstrom. */
#define FEMD_SOFT 10.0

/* Largest |F'| of species a over the middle of its table: what a density weighs in a force. */
double femd_embed_weight(const femd_eam *t, int a);
/* Slopes of F of species a at its knots: those of C2 splines (smooth: that through all knots) wherever these move no
 * force of a bond by more than FEMD_REFIT_LIMIT, and LAMMPS's in between, around breaks of the table and at its ends.
 * work and mark have room for the knots. */
void femd_embed_slopes(const femd_eam *t, int a, const double *smooth, const double *lammps, double *slope,
                       double *work, unsigned char *mark, femd_embed_break *found);

#endif
