/* Logarithm and exponential of symmetric 3x3 tensors, as six components 11, 22, 33, 23, 13, 12 without factors. What is
 * fitted in the logarithm stays positive definite. */
#ifndef FEMD_POSITIVE_TENSOR_H
#define FEMD_POSITIVE_TENSOR_H

/* ln a of a positive definite a; 0, and nothing is written, if it is not. */
int femd_tensor_log(const double a[6], double log_a[6]);
/* a = exp(log_a) and, unless NULL, its derivative along change: that of exp(log_a + s change) at s = 0. */
void femd_tensor_exp(const double log_a[6], const double change[6], double a[6], double derivative[6]);
/* Derivatives of u . exp(log_a) v by each component of log_a, both entries off the diagonal together. */
void femd_tensor_form(const double log_a[6], const double u[3], const double v[3], double weight[6]);
/* R a R^T */
void femd_tensor_turn(const double R[9], const double a[6], double turned[6]);

#endif
