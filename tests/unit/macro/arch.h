/* The shallow arch: half-span 40, rise 2, thickness 1, width 2 m, E 1 GPa, nu 0.3, both ends held, its own weight of
 * 4e3 N/m^3 at load factor 1. It snaps through at 0.386. */
#ifndef FEMD_TEST_ARCH_H
#define FEMD_TEST_ARCH_H

#include "model.h"

/* Of n quadratic blocks along the span, meshed in a file. Not yet created. */
void arch_init(model *m, int n);
/* Sag of the crown (one rank), m. */
double arch_sag(const model *m);
/* Instead of model_clear. */
void arch_clear(model *m);

#endif
