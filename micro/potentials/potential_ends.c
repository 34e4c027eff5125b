/* Remarks on tables that do not end at zero: where a pair crosses the cutoff the energy jumps, or the force does.
 * Judged once, when a potential is opened; the kernels cut there as LAMMPS does. It changes no answer. */
#include <math.h>
#include <stdio.h>

#include "potentials/potential_tables.h"

static const double ENERGY_LEAST = 1e-5;  /* eV; below, nobody needs to know */
static const double SLOPE_LEAST = 1e-3;   /* eV/angstrom */
static const double DENSITY_LEAST = 1e-5; /* of its largest value beyond NEAR */
static const double NEAR = 1.5;           /* angstrom */

/* The last knot at or below the cutoff. */
static int ends_knot(const femd_eam *t) {
    const int k = (int)(t->cutoff / t->dr + 1e-9);
    return k < t->nr - 1 ? k : t->nr - 1;
}

static void ends_of_pair(const femd_eam *t, const double *z, const char *a, const char *b, femd_potential *p) {
    const int k = ends_knot(t);
    const double phi = z[k] / (k * t->dr), slope = (phi - z[k - 1] / ((k - 1) * t->dr)) / t->dr;
    if (fabs(phi) >= ENERGY_LEAST)
        femd_potential_remark(
            p,
            "phi of %s-%s ends at %.3g meV at the cutoff of %.6g angstrom, not at zero: energies jump "
            "where a pair crosses it, and an equilibrium may lie on such a step",
            a, b, 1000 * phi, t->cutoff);
    else if (fabs(slope) >= SLOPE_LEAST)
        femd_potential_remark(p,
                              "phi' of %s-%s ends at %.3g eV/angstrom at the cutoff of %.6g angstrom, not at zero: "
                              "forces jump where a pair crosses it",
                              a, b, slope, t->cutoff);
}

static void ends_of_density(const femd_eam *t, const double *rho, const char *species, femd_potential *p) {
    const int k = ends_knot(t);
    double most = 0;
    for (int i = (int)(NEAR / t->dr); i <= k; i++) most = fmax(most, fabs(rho[i]));
    if (!(fabs(rho[k]) >= DENSITY_LEAST * most)) return;
    femd_potential_remark(p,
                          "rho of %s ends at %.2g of its largest value at the cutoff of %.6g angstrom, not at zero: "
                          "energies jump where a pair crosses it, and an equilibrium may lie on such a step",
                          species, fabs(rho[k]) / most, t->cutoff);
}

void femd_eam_judge_ends(const femd_eam *t, const char (*species)[8], femd_potential *p) {
    const size_t nr = (size_t)t->nr;
    if (ends_knot(t) < 2) return;
    for (int a = 0; a < t->n; a++)
        for (int b = 0; b < t->n; b++) {
            const double *rho = t->density + (size_t)(a * t->n + b) * nr;
            if (b >= a) ends_of_pair(t, t->z + (size_t)(a * t->n + b) * nr, species[a], species[b], p);
            if (a == 0 || memcmp(rho, t->density + (size_t)b * nr, nr * sizeof *rho) != 0)
                ends_of_density(t, rho, species[b], p);
        }
}
