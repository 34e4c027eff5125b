/* Second derivatives of pair energies and of embedding energies of densities that are sums over bonds: what forms whose
 * bonds carry p1, p2 (and a1, a2, b1, b2, one or two functions a bond) put in their tables. See energetics_form.h. */
#ifndef FEMD_ENERGETICS_PAIRS_H
#define FEMD_ENERGETICS_PAIRS_H

#include "forces/energetics.h"

/* The bonds with their complete coefficients go to e->held, F'' to e->fpp. */
FEMD_MUST_CHECK femd_status femd_pairs_prepare(femd_energetics *e, double *L, double B[36], femd_error *err);
void femd_pairs_apply(femd_energetics *e, const double *v, double *y);
FEMD_MUST_CHECK femd_status femd_pairs_fill(femd_energetics *e, double *H, femd_error *err);
/* The 3 x 3 blocks on the diagonal of H (energetics_pairs_onsite.c). */
FEMD_MUST_CHECK femd_status femd_pairs_onsite(const femd_energetics *e, double *blocks, femd_error *err);

#endif
