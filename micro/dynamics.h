/* Molecular dynamics of an RVE at a fixed cell: NVT by BAOAB Langevin (Leimkuhler and Matthews, J. Chem. Phys. 138 (2013)
 * 174102) and NVE by velocity Verlet. Counter-based noise: a pure function of (seed, replica, step, atom), so a run can be cut
 * anywhere and continued with the same bits. The centre of mass does not move.
 *
 * Units: eV, angstrom, ps, u. It samples nothing; callers look at it after each step. */
#ifndef FEMD_DYNAMICS_H
#define FEMD_DYNAMICS_H

#include "native_rve.h"

typedef struct femd_dynamics {
    femd_rve *rve;        /* borrowed */
    const double *mass;   /* n, u; borrowed */
    double h[9];          /* fixed cell */
    double *x, *v, *f;    /* n x 3, owned: angstrom, angstrom/ps, eV/angstrom */
    double W, tau[6];     /* of the present positions, eV */
    double dt, friction;  /* ps, 1/ps */
    double temperature;   /* K */
    uint64_t seed, replica, step;
} femd_dynamics;

/* eV per u (angstrom/ps)^2, and k_B in eV/K: from femd/units.h, converted in dynamics.c once. */
extern const double femd_mvv2e, femd_kb;

FEMD_MUST_CHECK femd_status femd_dynamics_create(femd_rve *rve, const double *mass, femd_dynamics *d, femd_error *err);
void femd_dynamics_clear(femd_dynamics *d);
/* Positions x (n3), velocities drawn at `temperature` with zero total momentum; neighbour list rebuilt; forces computed. */
FEMD_MUST_CHECK femd_status femd_dynamics_start(femd_dynamics *d, const double h[9], const double *x, double temperature, uint64_t seed,
                                                uint64_t replica, femd_error *err);
/* n steps of BAOAB at d->temperature, or of NVE. DIVERGED if a position or velocity is not finite; OUT_OF_DOMAIN of the potential. */
FEMD_MUST_CHECK femd_status femd_dynamics_langevin(femd_dynamics *d, int n, femd_error *err);
FEMD_MUST_CHECK femd_status femd_dynamics_nve(femd_dynamics *d, int n, femd_error *err);
/* Kinetic energy (eV), kinetic tensor sum m v v (Voigt, eV). */
double femd_dynamics_kinetic(const femd_dynamics *d, double mvv[6]);

#endif
