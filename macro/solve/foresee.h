/* What the case prescribes at times to come. */
#ifndef FEMD_FORESEE_H
#define FEMD_FORESEE_H

#include "fields/problem.h"

/* Put on the boundary values, loads and temperatures of every planned time from the committed one on, if expressions
 * say them. BAD_INPUT with file, key, place and time where there is no value: before a run instead of within it.
 * Collective. */
FEMD_MUST_CHECK femd_status femd_foresee(femd_problem *p, femd_error *err);

#endif
