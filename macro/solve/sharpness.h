/* How coarse sampled answers may be while Newton's method is on its way. Sampling costs with the square of what it is
 * to be known to, and an iterate that will be left need not be known better than the next one is expected to be good.
 * Functions of residuals and their noise alone: the same on all ranks, whoever answers. */
#ifndef FEMD_SHARPNESS_H
#define FEMD_SHARPNESS_H

/* `coarse`: the multiple (>= 1) of the wanted standard error to which the answers of an iterate are known; residual,
 * noise: its |r| and one sigma of that. Both return such a multiple: a power of sqrt 2, or the bound.
 * Of this iterate, before the step that leaves it: its noise is no more than what the step is expected to leave anyway.
 * At most `coarse`. */
double femd_sharpness_to_leave(double residual, double noise, double coarse);
/* Of the next one: 1 if it is expected to be the last. */
double femd_sharpness_of_next(double residual, double noise, double coarse, double most);

#endif
