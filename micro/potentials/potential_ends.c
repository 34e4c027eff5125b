/* Remarks on tables that do not end at zero: where a pair crosses the cutoff the energy jumps, or the force does.
 * Judged once, when a potential is opened, from what the kernels read, which cut there as LAMMPS does. It changes no
 * answer. */
#include <math.h>
#include <stdio.h>

#include "potentials/potential_tables.h"

static const double ENERGY_LEAST = 1e-5;  /* eV; below, nobody needs to know */
static const double SLOPE_LEAST = 1e-3;   /* eV/angstrom */
static const double DENSITY_LEAST = 1e-5; /* of its largest value beyond NEAR */
static const double STEEP_LEAST = 1e-4;   /* of its largest slope there: of forces by embedding, as SLOPE_LEAST */
static const double NEAR = 1.5;           /* angstrom */

/* How a function ends, at the cutoff as the kernels read it, or at the knot after which a table has nothing but zeros.
 */
typedef struct ends_of {
    double at, value, slope; /* angstrom, and of the function */
    const char *where;
} ends_of;

static double ends_value(const femd_eam *t, const double *f, int over_radius, int k) {
    return over_radius ? f[k] / (k * t->dr) : f[k];
}

/* f, or f/r, where it ends before the cutoff: somewhere below its first knot of zero. A last value is then a jump only
 * if it is more than the slope before it would bring to zero, and a slope is one if, going on as it changed, it does
 * not come to zero there. 0: it goes on to the cutoff, or is zero. */
static int ends_inside(const femd_eam *t, const double *f, int over_radius, ends_of *end) {
    const int cutoff = (int)(t->cutoff / t->dr + 1e-9), last = cutoff < t->nr - 1 ? cutoff : t->nr - 1;
    int k = last;
    while (k > 0 && f[k] == 0) k--;
    if (k < 3 || k >= last - 1) return 0;
    const double value = ends_value(t, f, over_radius, k), before = ends_value(t, f, over_radius, k - 1);
    const double slope = (value - before) / t->dr,
                 change = slope - (before - ends_value(t, f, over_radius, k - 2)) / t->dr;
    *end = (ends_of){.at = (k + 1) * t->dr, .where = "r ="};
    if (fabs(value) > fabs(slope) * t->dr) end->value = value;
    if (slope * (slope + change) > 0) end->slope = fabs(change + slope) < fabs(slope) ? slope + change : slope;
    return 1;
}

static void ends_tell_pair(const ends_of *end, const char *a, const char *b, femd_potential *p) {
    if (fabs(end->value) >= ENERGY_LEAST)
        femd_potential_remark(p,
                              "phi of %s-%s ends at %.3g meV at %s %.6g angstrom, not at zero: energies jump "
                              "where a pair crosses it, and an equilibrium may lie on such a step",
                              a, b, 1000 * end->value, end->where, end->at);
    else if (fabs(end->slope) >= SLOPE_LEAST)
        femd_potential_remark(p,
                              "phi' of %s-%s ends at %.3g eV/angstrom at %s %.6g angstrom, not at zero: "
                              "forces jump where a pair crosses it",
                              a, b, end->slope, end->where, end->at);
}

/* rho on the knots of *t: how large it and its slope are where atoms are. */
static void ends_largest(const femd_eam *t, const double *rho, double *value, double *slope) {
    *value = *slope = 0;
    for (int k = (int)(NEAR / t->dr) + 1; k < t->nr && k * t->dr <= t->cutoff; k++) {
        *value = fmax(*value, fabs(rho[k]));
        *slope = fmax(*slope, fabs(rho[k] - rho[k - 1]) / t->dr);
    }
}

static void ends_tell_density(const femd_eam *t, const double *rho, const ends_of *end, const char *of,
                              femd_potential *p) {
    double value, slope;
    ends_largest(t, rho, &value, &slope);
    if (fabs(end->value) >= DENSITY_LEAST * value && value > 0)
        femd_potential_remark(p,
                              "rho of %s ends at %.2g of its largest value at %s %.6g angstrom, not at "
                              "zero: energies jump where a pair crosses it, and an equilibrium may lie on such a step",
                              of, fabs(end->value) / value, end->where, end->at);
    else if (fabs(end->slope) >= STEEP_LEAST * slope && slope > 0)
        femd_potential_remark(p,
                              "rho' of %s ends at %.2g of its largest value at %s %.6g angstrom, not at "
                              "zero: forces jump where a pair crosses it",
                              of, fabs(end->slope) / slope, end->where, end->at);
}

void femd_eam_judge_ends(const femd_eam *t, const char (*species)[8], femd_potential *p) {
    static const char *const cutoff = "the cutoff of";
    const size_t nr = (size_t)t->nr;
    for (int a = 0; a < t->n; a++)
        for (int b = 0; b < t->n; b++) {
            const double *rho = t->density + (size_t)(a * t->n + b) * nr;
            double phi;
            const femd_potential_end left = femd_eam_end_of_pair(p, a, b, &phi);
            ends_of pair = {left.at, phi, left.slope, cutoff},
                    density = {left.at, left.density, left.density_slope, cutoff};
            (void)ends_inside(t, t->z + (size_t)(a * t->n + b) * nr, 1, &pair);
            (void)ends_inside(t, rho, 0, &density);
            if (b >= a) ends_tell_pair(&pair, species[a], species[b], p);
            if (a == 0 || memcmp(rho, t->density + (size_t)b * nr, nr * sizeof *rho) != 0)
                ends_tell_density(t, rho, &density, species[b], p);
        }
}
