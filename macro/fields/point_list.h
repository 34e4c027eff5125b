/* The data of the quadrature points: one line for each array, and one entry for each quantity that output.wants asks.
 * Storage, commit and checkpoint follow from the list. */
#ifndef FEMD_POINT_LIST_H
#define FEMD_POINT_LIST_H

#include <petscsys.h>

#include "femd/types.h"
#include "fields/wanted.h"

/* A conductivity as it was sampled, in the frame F = U of the solver's axes. */
typedef struct femd_conductivity_sample {
    double k[6], error[6]; /* W/(m K); one sigma */
    double E[6], T;        /* strain and temperature it was sampled at; T is NAN where there is none yet */
    double electronic[6];  /* the electrons' part beside it, W/(m K); zero unless declared */
    double notes;          /* FEMD_NOTE_* of its answer; a whole number */
} femd_conductivity_sample;

/* Beside the bits of output.wants: the points answer the equation of heat. */
#define FEMD_POINTS_HEAT (1u << 31)
/* ... their temperature changes while they are strained. */
#define FEMD_POINTS_WARM (1u << 30)
/* ... they are given a pressure and answer a volume. */
#define FEMD_POINTS_MIXED (1u << 29)
/* ... and the heat that they take up is compared with their energy. */
#define FEMD_POINTS_ENERGY (1u << 28)

/* ... and the volume changes with the temperature. */
#define FEMD_POINTS_GROWING (1u << 27)

/* Arrays that come twice: `member` as committed with the last converged step, `tmember` of the current iterate, both
 * n x entries in the solver frame. X(member, type, entries, wants, "dataset"): there if wants is 0 or shares a bit with
 * output.wants, FEMD_POINTS_HEAT, _WARM, _MIXED, _ENERGY or _GROWING; dataset of the checkpoint, NULL: not kept. */
/* clang-format off */
#define FEMD_POINT_LIST(X)                                                                                             \
    X(state,       femd_hash, 1,  0, "point/state")                                                                    \
    X(E,           double,    6,  0, "point/E")                                                                        \
    X(S,           double,    6,  0, "point/S")                                                                        \
    X(D,           double,    36, 0, "point/D")                                                                        \
    X(F,           double,    9,  0, "point/F")                                                                        \
    X(energy,      double,    1,  0, "point/energy")         /* J/m^3 */                                               \
    X(S_err,       double,    6,  0, "point/S_err")                                                                    \
    X(hill_mandel, double,    1,  0, "record/hill_mandel")   /* made of round-off */                                   \
    X(status,      int32_t,   1,  0, "point/status")                                                                   \
    X(notes,       int32_t,   1,  0, "point/notes")          /* FEMD_NOTE_*, but for those of conductivities */        \
    X(wall,        double,    1,  0, NULL)                   /* s; never compared between runs */                      \
    X(k_from,      femd_conductivity_sample, 1, FEMD_WANT_CONDUCTIVITY, "point/k_from") /* makes k and ke */ \
    X(ke,          double,    6,  FEMD_WANT_CONDUCTIVITY, "point/k_electronic") /* declared, spatial */ \
    X(dSdT,        double,    6,  FEMD_POINTS_WARM, "point/thermal_stress") /* Pa/K; 0 where it is not answered */ \
    X(stress_power, double,   1,  FEMD_POINTS_WARM, "point/stress_power") /* D^-1 b : dS/dt, W/(m^3 K) */ \
    X(strain_rate, double,    8,  FEMD_POINTS_ENERGY, "point/strain_rate") /* 1/s; of T, K/s; forces over noise */ \
    X(D_err,       double,    1,  FEMD_POINTS_ENERGY, "point/D_err") /* largest component, dS/dT sampled */ \
    X(internal,    double,    1,  FEMD_POINTS_ENERGY, "point/internal_energy") /* J/m^3; NAN where it is not known */ \
    X(heat_k,      double,    6,  FEMD_POINTS_HEAT, "point/heat_conductivity") /* of all carriers, W/(m K) */ \
    X(heat_c,      double,    1,  FEMD_POINTS_HEAT, "point/heat_capacity") /* per reference volume, J/(m^3 K) */ \
    X(gap,         double,    1,  FEMD_POINTS_MIXED, "point/volume_gap") /* J of the answer less det F */ \
    X(gap_err,     double,    1,  FEMD_POINTS_MIXED, NULL) /* of J, one sigma */ \
    X(force_err,   double,    6,  FEMD_POINTS_MIXED, NULL) /* of S at a given pressure; S_err has that of p too */ \
    X(slope,       double,    6,  FEMD_POINTS_MIXED, "point/pressure_slope") /* dS/dp = d gap/dE */ \
    X(dJdp,        double,    1,  FEMD_POINTS_MIXED, "point/dJdp") /* 1/Pa */ \
    X(dJdT,        double,    1,  FEMD_POINTS_GROWING, "point/dJdT") /* at constant pressure, 1/K */
/* clang-format on */

/* Structure of arrays, index p = local cell x points per cell + q. */
typedef struct femd_points {
    PetscInt n; /* local points */
    PetscInt per_cell;
    uint32_t wants;      /* output.wants; FEMD_POINTS_HEAT, _WARM, _MIXED, _ENERGY, _GROWING */
    uint64_t *id;        /* n: cell number in the mesh file (before distribution) x per_cell + q */
    int *material;       /* n: index in case->material */
    double *x;           /* n x 3, reference position, m */
    double *weight;      /* n: w |det J|, m^3 */
    double *delta_mu;    /* 3 n: prescribed chemical potentials, of femd_request; zeros where none are */
    double *temperature; /* n: prescribed, of the attempt, or of the iterate, K */
    double *pressure;    /* n: prescribed, Pa; only where the case has one */
    double *gradient;    /* n x nodes x 3: of the shape functions, 1/m; from femd_points_place */
#define FEMD_POINT_MEMBER(member, type, entries, wants, dataset) type *member, *t##member;
    FEMD_POINT_LIST(FEMD_POINT_MEMBER)
#undef FEMD_POINT_MEMBER
    size_t nwanted;
    femd_wanted *wanted; /* one for each of output.wants, in the order of the list of quantities */
    double *k, *tk;      /* the conductivity among them, spatial; NULL if it is not */
} femd_points;

#endif
