/* Forms of energies that no potential has, to see what forms in general are given: energies of the legs of an atom by
 * nothing but their one function, and forces that come from outside. They borrow the cutoff and the species of whatever
 * potential they are put on. */
#ifndef FEMD_MADE_UP_FORMS_H
#define FEMD_MADE_UP_FORMS_H

#include "forces/energetics_form.h"

/* With weights w that differ by species and g(s) = (1 - s/cutoff^2)^3 of each leg d, s = d.d:
 * square: U = 3 (sum over legs of w g)^2: all legs of an atom depend on each other, a leg on itself too. */
extern const femd_energetics_form made_up_square;
/* angle: U = sum over legs of w g / 2 + sum over pairs of legs of w w' g g' (1 + d.d'/5)^2, no function of an angle. */
extern const femd_energetics_form made_up_angle;
/* outside: energy, whole forces and tau of the potential's own form, as a library beside femd would give them. */
extern const femd_energetics_form made_up_outside;

#endif
