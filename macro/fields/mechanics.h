/* The displacement field: finite-strain equilibrium from the answers of the quadrature points. Gather all strains, ask
 * once, scatter; one batch serves residual and Jacobian of one state, known by the bits of the local displacement. */
#ifndef FEMD_MECHANICS_H
#define FEMD_MECHANICS_H

#include "fields/problem.h"

typedef struct femd_mechanics femd_mechanics;

/* The kind of the field: name, layout and functions. */
extern const femd_field_kind femd_displacement;

/* Make p->displacement with its boundary, and the geometry of the points. Collective. Grid and points of p must be
 * there. BAD_INPUT as for femd_boundary_create. */
FEMD_MUST_CHECK femd_status femd_mechanics_create(femd_problem *p, femd_error *err);
/* Before the first step, with its temperature that of the start: the stress of one virgin point of each material stands
 * for all, if it answers. Later evaluations of the predictor do not ask for it again. Collective. */
FEMD_MUST_CHECK femd_status femd_mechanics_begin_virgin(femd_problem *p, femd_error *err);

/* Of the step that was committed last: growth of the internal energy of its points, J; NAN where one does not answer it
 * at both ends. */
double femd_mechanics_energy_change(const femd_problem *p);
/* Of the same step: what their stress has taken up, J. */
double femd_mechanics_stress_work(const femd_problem *p);
/* With coupling {"iterate"}: the forces that the last pass of the heat has made, over the reference force. */
double femd_mechanics_pass_change(const femd_problem *p);

#endif
