/* The difference of the free energies of two states of which each is sampled, from the energies that the samples have
 * in the other: what is summed of a sample, and what the means tell.
 *
 * With x = U_1 - U_0 and any C,
 *
 *   dF = C - kT ln( <f(b(x - C))>_0 / <f(b(C - x))>_1 ),  f(u) = 1/(1 + exp u)
 *
 * (Bennett, J. Comput. Phys. 22 (1976) 245), least in error where C is near dF. By each state alone dF = C - kT ln
 * <exp(-b(x - C))>_0 = C + kT ln <exp(b(x - C))>_1. Owns no memory; eV. */
#ifndef FEMD_BENNETT_H
#define FEMD_BENNETT_H

/* What is summed in each state: <exp(-b away)>, <f(b away)>, <away>, its square. */
enum { FEMD_BENNETT_WHOLE, FEMD_BENNETT_FERMI, FEMD_BENNETT_MEAN, FEMD_BENNETT_SQUARE, FEMD_BENNETT_SUMS };

/* Add a sample of this weight to y. away: x - C in state 0, C - x in state 1: how much higher the other is. */
void femd_bennett_add(double away, double kT, double weight, double *y);
/* dF from the means of both states. */
double femd_bennett_between(double C, double kT, const double *mean0, const double *mean1);
/* dF from the means of state 0, or of state 1, alone. */
double femd_bennett_alone(double C, double kT, int state, const double *mean);
/* Standard deviation of x. */
double femd_bennett_scatter(const double *mean);
/* 1 if both logarithms of a state are of something. */
int femd_bennett_meets(const double *mean);

#endif
