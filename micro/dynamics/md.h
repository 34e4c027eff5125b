/* The method `md`: free-energy stress, isothermal tangent, thermal stress, heat capacity and internal energy of an RVE
 * at a prescribed strain and temperature, sampled by Langevin dynamics, each with a one-sigma error. See docs/micro.md,
 * "Sampling".
 *
 * Split in two: md_look.c (what is summed of a configuration), md.c (what the sums mean, and the method's table of
 * functions). Replicas, blocks and how long are those of every method that samples (sampled_method.h). */
#ifndef FEMD_MD_H
#define FEMD_MD_H

#include "dynamics/sampled_method.h"

extern const femd_method femd_method_md;

typedef struct femd_md_options {
    double tangent_accuracy; /* largest error of the tangent over its mean D11, D22, D33; 0 = the accuracy in force */
    int harmonic_control;    /* 1: controls lower the errors of S and u */
} femd_md_options;

/* What is summed: z = (U_E - shift, U - shift, controls), y = (U_EE upper triangle, boundary work tensor). Controls:
 * the symmetric part of sum_i f_a u_b + n kT delta_ab, u = x - site, whose mean is exactly zero. */
enum { FEMD_MD_SHIFTED = 7, FEMD_MD_CONTROLS = 6, FEMD_MD_Z = FEMD_MD_SHIFTED + FEMD_MD_CONTROLS, FEMD_MD_Y = 30 };

/* Everything known of one sampled strain. Stresses in Pa. */
typedef struct femd_md_result {
    double S[6], D[36], dSdT[6], energy, heat_capacity, work[6];
    double S_err[6], D_err[36], dSdT_err[6], energy_err, heat_capacity_err, work_err[6];
    double apart; /* by how many standard deviations replicas differ more than blocks do: stresses and energy */
} femd_md_result;

typedef struct femd_md {
    femd_sampled common; /* first */
    femd_md_options options;
    double *site; /* n x 3, owned: U X at E0 */
    /* of the present evaluation */
    int carried, sampled;          /* the sums came with the state; the sums belong to (E0, T) */
    double shift[FEMD_MD_SHIFTED]; /* eV: U_E and U of the relaxed atoms */
    double stiffness;              /* Pa: mean of D11, D22, D33 of the relaxed atoms held */
    double virgin_W;               /* eV */
    femd_md_result result;
} femd_md;

/* z and y of the present configuration; two figures of z that are flat in equilibrium. */
void femd_md_look(void *self, double *z);
FEMD_MUST_CHECK femd_status femd_md_look_closely(void *self, double *y, femd_error *err);
void femd_md_watch(void *self, const double *z, double figure[2]);

/* The functions of its tables (femd_sampler, femd_method). A sampler whose struct begins with a femd_md, whose z begins
 * with that of md and whose y is md's may call them for its own: it samples a stress among other things. */
FEMD_MUST_CHECK femd_status femd_md_open(void *self, femd_native *native, const femd_sampled_words *words,
                                         femd_error *err);
void femd_md_close(void *self);
FEMD_MUST_CHECK femd_status femd_md_start(void *self, femd_native *native, const femd_progress *progress,
                                          femd_error *err);
FEMD_MUST_CHECK femd_status femd_md_judge(void *self, femd_native *native, const femd_conditions *conditions,
                                          double *ratio, femd_error *err);
FEMD_MUST_CHECK femd_status femd_md_respond(void *self, femd_native *native, const femd_conditions *conditions,
                                            femd_response *response, femd_error *err);
FEMD_MUST_CHECK femd_status femd_md_carry(void *self, femd_native *native, femd_carry *carry, femd_error *err);
FEMD_MUST_CHECK femd_status femd_md_begin(void *self, femd_native *native, const femd_conditions *conditions,
                                          const femd_bytes *carried, femd_error *err);
FEMD_MUST_CHECK femd_status femd_md_strain(void *self, femd_native *native, const femd_conditions *conditions,
                                           const double E[6], double S[6], double D[36], femd_error *err);
FEMD_MUST_CHECK femd_status femd_md_answer(void *self, femd_native *native, const femd_conditions *conditions,
                                           const femd_bytes *carried, femd_response *response, femd_buffer *carry,
                                           femd_error *err);

/* Fill md->result from the sums. Returns the number of blocks that the errors are from. */
int femd_md_evaluate(femd_md *md);
/* Let the errors of stress and tangent reach as far as what replicas of any of so many starts say by themselves. */
void femd_md_widen(femd_md *md, int starts);
/* Largest error over what is allowed, of stress and, if wanted, tangent. */
double femd_md_excess(const femd_md *md, const femd_conditions *conditions);

#endif
