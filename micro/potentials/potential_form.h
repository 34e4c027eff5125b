/* What the kernels see of a potential: an analytic pair form or tables of cubics.
 *
 * Every function of distance is handled by its derivatives with respect to s = r^2: then
 * dW/dx needs 2 f_s r and d2W/dx dx needs 4 f_ss r r + 2 f_s I, with no division by r. */
#ifndef FEMD_POTENTIAL_FORM_H
#define FEMD_POTENTIAL_FORM_H

#include "crystal/structure.h"
#include "potentials/potential.h"

typedef enum femd_form {
    FEMD_FORM_SQUARE, /* tables over s */
    FEMD_FORM_RADIUS, /* tables over r of r phi(r) and rho(r): LAMMPS's own interpolation */
    FEMD_FORM_LJ,     /* Lennard-Jones, no embedding */
    FEMD_FORM_SW      /* Stillinger-Weber: pairs and triplets, no embedding */
} femd_form;

/* Lennard-Jones of one pair of species for s < cutsq: phi = (c12/s^6 - c6/s^3) S(t), t = (s - switch_sq) switch_scale,
 * S = 1 for t <= 0, else 1 - t^3 (10 - 15 t + 6 t^2). */
typedef struct femd_lj {
    double c6, c12, cutsq;
    double switch_sq, switch_scale; /* no switch: cutsq and 0 */
} femd_lj;

/* Stillinger-Weber seen from an atom of one species towards one of another: with e(z) = exp(z / (r - cut)),
 *   phi = a_eps (b (sigma/r)^p - (sigma/r)^q) e(sigma),  g = e(gamma_sigma),  both 0 for r^2 >= cutsq. */
typedef struct femd_sw {
    double a_eps, b, sigma, gamma_sigma, cut, cutsq;
} femd_sw;

/* Triplet of an atom and two of its neighbours: lambda_eps g_1 g_2 (cos - cos0)^2. */
typedef struct femd_sw_angle {
    double lambda_eps, cos0;
} femd_sw_angle;

struct femd_potential {
    femd_form form;
    int nspecies;
    int densities;        /* 0: no embedding; 1: one species; 2: several species, both densities of a pair stored */
    double cutoff, cutsq; /* angstrom; a pair interacts if r < cutoff */
    double nearest_sq;    /* below it a pair lies outside the domain */
    double mass[FEMD_SPECIES_MAX];
    char label[96]; /* for messages */

    /* Tables: row k of pair (a,b) starts at pair[((a nspecies + b) knots + k) stride]: cubic of phi, cubic of the
     * density at a due to b, and where densities = 2 that at b due to a. */
    double *pair;
    int knots, stride;
    double origin, scale; /* t = (argument - origin) scale */
    int refitted;         /* 1 if the file's tables were refitted as C2 splines, 0 if interpolated as LAMMPS does */
    double refit_error;   /* largest relative difference of a force factor between the two, see potential_tables.c */

    /* Embedding energy: cubics over rho, embed[(a fknots + k) 4]; linear beyond rho_max. */
    double *embed;
    int fknots;
    double rho_scale, rho_max;

    femd_lj lj[FEMD_SPECIES_MAX * FEMD_SPECIES_MAX];

    femd_sw sw[FEMD_SPECIES_MAX * FEMD_SPECIES_MAX]; /* [from nspecies + to] */
    femd_sw_angle angle[FEMD_SPECIES_MAX * FEMD_SPECIES_MAX *
                        FEMD_SPECIES_MAX]; /* [(centre nspecies + b) nspecies + c], symmetric in b, c */
    int sw_p, sw_q;

    char notes[1600]; /* what a user should know of its derivatives, one remark a line */
};

/* Memory for count doubles on a 64-byte boundary, freed by free(); NULL if there is none. */
double *femd_aligned_doubles(size_t count);

/* F, F', F'' of species a at density rho. Returns 1 if rho lies beyond the table (then F goes on linearly), else 0. */
int femd_potential_embed(const femd_potential *p, int a, double rho, double out[3]);

/* Append a line to p->notes, if it has room. */
void femd_potential_remark(femd_potential *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Styles. Each fills *p, which the caller has zeroed, and releases on failure through femd_potential_destroy. */
FEMD_MUST_CHECK femd_status femd_potential_lj(const femd_json *doc, const cJSON *potential, const char (*species)[8],
                                              int nspecies, femd_potential *p, femd_error *err);
FEMD_MUST_CHECK femd_status femd_potential_eam(const femd_json *doc, const cJSON *potential, const femd_pack *pack,
                                               const char (*species)[8], int nspecies, femd_potential *p,
                                               femd_error *err);
FEMD_MUST_CHECK femd_status femd_potential_sw(const femd_json *doc, const cJSON *potential, const femd_pack *pack,
                                              const char (*species)[8], int nspecies, femd_potential *p,
                                              femd_error *err);

#endif
