/* Central differences of a function of strain, and how uneven that function is: which strains are looked at,
 * derivatives from the values there, and the same derivatives by half the step, whose distance is the error bar.
 *
 * First derivatives and second ones in one component are of fourth order (0, +-h, +-2h; half: 0, +-h/2, +-h), mixed
 * ones of second order (+-h, +-h), which keep the symmetry of a crystal. Of a smooth function both steps agree to h^4;
 * of one from tables with jumps in their third or fourth derivatives they differ by what such a jump makes of the
 * answer. It owns no function and no memory. */
#ifndef FEMD_STRAIN_DIFFERENCES_H
#define FEMD_STRAIN_DIFFERENCES_H

/* Numbers of configurations: 0..AXIAL-1 in groups of four (+h, -h, +2h, -2h) for each component, then in groups of two
 * (+h/2, -h/2), then in groups of four for each pair a < b ((+,+), (-,-), (+,-), (-,+)). */
enum {
    FEMD_STRAINS_AXIAL = 24,
    FEMD_STRAINS_HALF = 12,
    FEMD_STRAINS_FIRST = FEMD_STRAINS_AXIAL + FEMD_STRAINS_HALF, /* what first derivatives need */
    FEMD_STRAINS_MIXED = 60,
    FEMD_STRAINS_ALL = FEMD_STRAINS_FIRST + FEMD_STRAINS_MIXED
};

/* Strain of configuration k around E with step h. */
void femd_strains_at(const double E[6], double h, int k, double at[6]);
/* First derivatives of p[FEMD_STRAINS_FIRST or more], by h, and their distance from those by h/2. */
void femd_strains_first(const double *p, double h, double d[6], double error[6]);
/* Second derivatives of p[FEMD_STRAINS_ALL], p0 at E, symmetric; their errors, those of mixed ones being half the
 * square root of the sum of squares of the two others' (a mixed derivative is a quarter of the difference of two second
 * derivatives along the diagonals of its components, each as uneven as both together). */
void femd_strains_second(const double *p, double p0, double h, double d[36], double error[36]);

#endif
