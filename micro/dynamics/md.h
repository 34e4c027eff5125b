/* The method `md`: free-energy stress, isothermal tangent, thermal stress, heat capacity and internal energy of an RVE
 * at a prescribed strain and temperature, sampled by Langevin dynamics, each with a one-sigma error. See docs/micro.md,
 * "Sampling".
 *
 * Split in three: md_options.c (what the material says, and defaults from the highest frequency), md_look.c
 * (trajectories and sums), md.c (the formulae and the method's table of functions). None of them keeps anything from
 * one evaluation to the next but memory. */
#ifndef FEMD_MD_H
#define FEMD_MD_H

#include "dynamics/dynamics.h"
#include "numerics/sampling.h"
#include "rve/method.h"

extern const femd_method femd_method_md;

#define FEMD_MD_REPLICAS_MAX 64

typedef struct femd_md_options {
    double time_step;        /* ps */
    double friction;         /* 1/ps */
    double skin;             /* angstrom */
    double accuracy;         /* relative standard error of the stress scale where the request names none */
    double tangent_accuracy; /* largest error of the tangent over its mean D11, D22, D33; 0 = the accuracy in force */
    int replicas;
    int equilibration;    /* steps of one segment of the equilibration, a multiple of FEMD_DYNAMICS_RENEW */
    int block;            /* steps of a basic block, likewise */
    int stride;           /* steps between samples of the second derivatives */
    int harmonic_control; /* 1: controls lower the errors of S and u */
    int64_t max_steps;    /* of all replicas in one request, without equilibration */
} femd_md_options;

/* What is summed: z = (U_E - shift, U - shift, controls), y = (U_EE upper triangle, boundary work tensor). Controls:
 * the symmetric part of sum_i f_a u_b + n kT delta_ab, u = x - site, whose mean is exactly zero. */
enum { FEMD_MD_SHIFTED = 7, FEMD_MD_CONTROLS = 6, FEMD_MD_Z = FEMD_MD_SHIFTED + FEMD_MD_CONTROLS, FEMD_MD_Y = 30 };

typedef struct femd_md_replica {
    double *x, *v; /* n x 3, owned */
    uint64_t step; /* since the velocities were drawn; 0 = not begun */
    femd_blocks sums;
} femd_md_replica;

/* Everything known of one sampled strain. Stresses in Pa. */
typedef struct femd_md_result {
    double S[6], D[36], dSdT[6], energy, heat_capacity, work[6];
    double S_err[6], D_err[36], dSdT_err[6], energy_err, heat_capacity_err, work_err[6];
} femd_md_result;

typedef struct femd_md {
    femd_md_options opt;
    double top_frequency; /* rad/ps, of the virgin RVE */
    double *mass;         /* n, u, owned */
    double *site;         /* n x 3, owned: U X at E0 */
    femd_neighbours *nb;  /* owned: a wider skin than statics needs */
    femd_rve rve;         /* the native RVE seen with this list; nothing in it is owned */
    femd_dynamics d;
    femd_md_replica replica[FEMD_MD_REPLICAS_MAX];
    /* of the present evaluation */
    int carried, sampled;   /* the sums came with the state; the sums belong to (E0, T) */
    double E0[6], E1[6], T; /* strain that was sampled; strain last answered */
    uint64_t seed;
    double shift[FEMD_MD_SHIFTED]; /* eV: U_E and U of the relaxed atoms */
    double stiffness;              /* Pa: mean of D11, D22, D33 of the relaxed atoms held */
    double virgin_W;               /* eV */
    femd_place place;              /* at E0 */
    femd_md_result result;
} femd_md;

/* "md" of the material, defaults filled in from the highest frequency (rad/ps). BAD_INPUT for a time step that is too
 * long. */
FEMD_MUST_CHECK femd_status femd_md_options_read(const femd_json *doc, double top_frequency, femd_md_options *opt,
                                                 femd_error *err);

/* Begin at relaxed positions x: equilibrate every replica, sums empty. NOT_CONVERGED if the energy still drifts. */
FEMD_MUST_CHECK femd_status femd_md_equilibrate(femd_md *md, const double *x, const femd_beat *beat, femd_error *err);
/* `blocks` more basic blocks of every replica, in turn. */
FEMD_MUST_CHECK femd_status femd_md_extend(femd_md *md, int blocks, const femd_beat *beat, double fraction,
                                           femd_error *err);
/* Fill md->result from the sums. Returns the number of blocks that the errors are from. */
int femd_md_evaluate(femd_md *md);

#endif
