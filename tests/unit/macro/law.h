/* Analytic material laws behind the solver's own interface: no server, no engine. For tests and for the benchmark of
 * the macro's own cost. */
#ifndef FEMD_TEST_LAW_H
#define FEMD_TEST_LAW_H

#include "fields/constitutive.h"

typedef struct test_law {
    femd_constitutive table;
    int neo_hookean;          /* else St. Venant-Kirchhoff */
    double lambda, mu;        /* Pa */
    double softer;            /* material k has its moduli times softer^k; 0 = 1 */
    double alpha;             /* 1/K: the stress is that of E - alpha (T - rest) I */
    double rest;              /* K */
    double chemical;          /* 1/J: of E less this x delta_mu[0] I, with FEMD_INPUT_CHEMICAL, and then only */
    double grown;             /* of the answer that is made under a pressure: alpha (T - rest) */
    double softening;         /* a > 0: W = a (1 - exp(-W0/a)), Pa */
    double snap_beyond, snap; /* > 0: where E11 exceeds it, the stress is that of a cell wider by this, as 2E */
    double fail_beyond;       /* > 0: OUT_OF_DOMAIN where |E| exceeds it */
    uint32_t refuse;          /* FEMD_WANT_*: asked for one of them, every third point is not converged */
    int refuse_all;           /* ... or all are */
    int backwards;            /* answers come from the last request to the first */
    int break_at;             /* > 0: the call with this number answers ENGINE_DIED at its first point */
    double noise;             /* relative; a fixed function of point and seed */
    /* Sampled as long as the request's accuracy a wants, errors a x mu: every strain and seed has noise of its own,
     * which falls as what the state brings goes on; costs `begun` + 1/a^2 looks, less those that the state brings */
    int samples;
    double begun, looks; /* cost of a trajectory's start; all so far */
    double coarsest;     /* largest accuracy asked so far */
    double told;         /* relative errors of sampling that are told, while the stress has no noise */
    double doubt;        /* relative errors of answers that depend on no seed */
    uint32_t notes;      /* FEMD_NOTE_* of every answer */
    double ragged;       /* of mu: the stress jumps by this wherever the strain passes one of many lines */
    double entropy;      /* J/(m^3 K): the Helmholtz energy has less of it x T, the energy twice more */
    uint32_t engine;     /* FEMD_ENGINE_* that it passes for */
    int internal; /* St. Venant-Kirchhoff: the energy is the internal one that goes with alpha and capacity, slope 0 */
    double k[6], k_slope; /* W/(m K): k (1 + k_slope T), exactly; k[0] = 0: something else */
    double k_power;       /* ... times T^k_power */
    double k_odd;         /* ... times this in materials of odd number; 0 = 1 */
    double k_noise;       /* ... times 1 + this, at random by the seed, and sampled */
    double c_noise;       /* the same of the capacity; the seed changes no stress */
    /* One sigma, by the seed: of the stress, over mu; of dS/dT, over its mean; of D, over its largest. As a dynamics
     * samples them, all with the stress. */
    double S_noise, b_noise, D_noise;
    double J_noise;                   /* with S_noise: of the volume under a pressure */
    int k_refused;                    /* the first answers of conductivities that are NOT_CONVERGED; counts down */
    double k_strain;                  /* ... times 1 + k_strain E11 */
    double capacity, capacity_slope;  /* J/(m^3 K): c (1 + slope T); 0: something else */
    uint32_t wants, carriers, inputs; /* capabilities */
    int nmaterials;
    uint64_t points, calls, commits, aborts; /* counts */
    uint32_t last_step;
    femd_request first;  /* of the last call */
    uint64_t failed[2];  /* of the last call: lowest number with a physics status, with another one; UINT64_MAX: none */
    femd_hash committed; /* state of the first point committed last */
} test_law;

/* What it says of the points `failed`, of others nothing. */
extern const char test_law_words[];
/* St. Venant-Kirchhoff, lambda = 2 Pa, mu = 1 Pa. */
void test_law_init(test_law *law);
/* The answer at E (Voigt, engineering shears). */
void test_law_answer(const test_law *law, int material, const double E[6], double S[6], double D[36], double *energy);
/* The same under the pressure p, at the isochoric strain of `value`: E, J and what belongs to pressure control too. 0:
 * the pressure does not fall with the volume. */
int test_law_pressure(const test_law *law, int material, const double value[6], double p, femd_response *r);
/* Component c of the answer, at a point, to a want that the laws know nothing of; its error is a hundredth of it. */
double test_law_other(const femd_quantity *q, uint64_t point, int c);

#endif
