/* See sharpness.h. A step of Newton's method takes the residual to the largest of what the tangent leaves and what the
 * iterate's noise leaves. Far away the first rules. Where the second does, sharp answers are due: known to sqrt 2 times
 * the wanted error, they would cost half and leave 1.73 times the wanted noise, which on bodies of few nodes chance
 * takes beyond the twice that end the iterations too often to gain by. */
#include "solve/sharpness.h"

#include <math.h>

#define GAIN  30  /* a step is expected to lower the residual by this */
#define LEAST 1.5 /* of the wanted noise, expected: a next residual that may well be the last */

/* The power of sqrt 2 at or below c, at least 1. Rounding apart: ranks add up residuals in another order. */
static double sharpness_level(double c) {
    return c > 1 ? exp2(0.5 * floor(2 * log2(c) + 1e-6)) : 1;
}

/* What is expected behind the next step, in units of the wanted noise. */
static double sharpness_expected(double residual, double noise, double coarse) {
    return noise > 0 ? residual / GAIN * coarse / noise : INFINITY;
}

double femd_sharpness_to_leave(double residual, double noise, double coarse) {
    return fmin(coarse, sharpness_level(sharpness_expected(residual, noise, coarse)));
}

double femd_sharpness_of_next(double residual, double noise, double coarse, double most) {
    const double expected = sharpness_expected(residual, noise, coarse);
    return expected > LEAST ? fmin(most, sharpness_level(expected)) : 1;
}
