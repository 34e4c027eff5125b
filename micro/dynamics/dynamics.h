/* Molecular dynamics of an RVE at a fixed cell: NVT by BAOAB Langevin (Leimkuhler and Matthews, J. Chem. Phys. 138
 * (2013) 174102), of all atoms or of parts of the body with temperatures of their own, and NVE by velocity Verlet.
 * Counter-based noise: a pure function of (seed, replica, step, atom), so a run can be cut at any multiple of
 * FEMD_DYNAMICS_RENEW steps and continued with the same bits. The centre of mass does not move.
 *
 * Units: eV, angstrom, ps, u. It samples nothing; callers look at it after each step. */
#ifndef FEMD_DYNAMICS_H
#define FEMD_DYNAMICS_H

#include "rve/native_rve.h"

/* The neighbour list is built anew at every step whose number is a multiple of this (and whenever an atom has gone too
 * far), so that at those steps the forces are a function of the positions alone. */
#define FEMD_DYNAMICS_RENEW 200

typedef struct femd_dynamics {
    femd_rve *rve;       /* borrowed */
    const double *mass;  /* n, u; borrowed */
    double h[9];         /* fixed cell */
    double *x, *v, *f;   /* n x 3, owned: angstrom, angstrom/ps, eV/angstrom */
    double W, tau[6];    /* of the present positions, eV */
    double dt, friction; /* ps, 1/ps */
    double temperature;  /* K */
    uint64_t seed, replica, step;
    double *noise;     /* n x 3, rounded up to even, owned */
    double *kick;      /* n, owned: angstrom/ps per eV/angstrom of force and ps: 1/mass */
    double *spread;    /* n, owned: standard deviation of a velocity component per sqrt(kT) */
    double total_mass; /* u */
    /* Where forces are not those of the potential alone: called with W, f and tau of the potential at x, of which it
     * makes what moves the atoms, a function of x alone. NULL: nothing is done. */
    void (*bend)(void *user, struct femd_dynamics *d);
    void *bend_user;
} femd_dynamics;

/* eV per u (angstrom/ps)^2, and k_B in eV/K: from femd/units.h, converted in dynamics.c once. */
extern const double femd_mvv2e, femd_kb;

/* dt and friction are the caller's to set. BAD_INPUT if a mass is not positive. */
FEMD_MUST_CHECK femd_status femd_dynamics_create(femd_rve *rve, const double *mass, femd_dynamics *d, femd_error *err);
void femd_dynamics_clear(femd_dynamics *d);
/* Positions x (n3), velocities drawn at `temperature` with zero total momentum; neighbour list rebuilt; forces
 * computed. */
FEMD_MUST_CHECK femd_status femd_dynamics_start(femd_dynamics *d, const double h[9], const double *x,
                                                double temperature, uint64_t seed, uint64_t replica, femd_error *err);
/* Go on from positions, velocities and the number of a step, at d's temperature, seed and replica; neighbour list
 * rebuilt; forces computed. After a step that is a multiple of FEMD_DYNAMICS_RENEW the run goes on as if it had never
 * been cut. x, v may be d's own. */
FEMD_MUST_CHECK femd_status femd_dynamics_resume(femd_dynamics *d, const double h[9], const double *x, const double *v,
                                                 uint64_t step, femd_error *err);
/* The masses in d->mass have changed. _weigh leaves velocities as they are. _reweigh, for atoms that became others
 * where they stand, turns them: velocities times the roots of the masses lie in the plane of zero momentum, and are
 * turned from that of the old masses into that of the new about what both have in common. Maxwell's distribution at
 * zero momentum becomes that of the new masses, and the kinetic energy stays; of one light atom among many the velocity
 * changes as mass^-1/2. */
void femd_dynamics_weigh(femd_dynamics *d);
void femd_dynamics_reweigh(femd_dynamics *d);
/* Energy, forces and virial anew where the atoms stand, after something else about them has changed. */
FEMD_MUST_CHECK femd_status femd_dynamics_refresh(femd_dynamics *d, femd_error *err);
/* n steps of BAOAB at d->temperature, or of NVE. DIVERGED if a position or velocity is not finite; OUT_OF_DOMAIN of the
 * potential. */
FEMD_MUST_CHECK femd_status femd_dynamics_langevin(femd_dynamics *d, int n, femd_error *err);
FEMD_MUST_CHECK femd_status femd_dynamics_nve(femd_dynamics *d, int n, femd_error *err);
/* Thermostats of parts of the body: each group of atoms has its own temperature. */
typedef struct femd_thermostats {
    int groups;
    const int *group;          /* n, borrowed: of each atom, -1 = none */
    const double *temperature; /* groups, K, borrowed */
    double *given;             /* groups, eV, borrowed: kinetic energy that each has given is added here */
    double *work;              /* 7 x groups, borrowed */
} femd_thermostats;
/* n steps of BAOAB whose friction and noise (d->friction) act on the atoms of the groups alone, each at its group's
 * temperature; the other atoms move by Newton's equations. They act on velocities relative to the centre of mass of the
 * group, whose momentum they leave alone: Maxwell's distribution stays, and momentum is conserved. What they give is
 * the exact change of kinetic energy in that part of the step. Status as above. */
FEMD_MUST_CHECK femd_status femd_dynamics_local(femd_dynamics *d, const femd_thermostats *t, int n, femd_error *err);
/* Kinetic energy (eV), kinetic tensor sum m v v (Voigt, eV; may be NULL). */
double femd_dynamics_kinetic(const femd_dynamics *d, double mvv[6]);
/* The highest angular frequency (rad/ps) of the Hessian at x, by the power method to a few per mille from below. */
FEMD_MUST_CHECK femd_status femd_dynamics_top_frequency(femd_rve *rve, const double *mass, const double h[9],
                                                        const double *x, double *omega, femd_error *err);

#endif
