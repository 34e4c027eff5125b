/* Where more samples of a conductivity are wanted: what its fits leave unknown of the heat flow of a body, and the
 * points whose samples would lower that most. A function of its arguments alone; knows no rank. */
#ifndef FEMD_CONDUCTIVITY_CHOICE_H
#define FEMD_CONDUCTIVITY_CHOICE_H

#include "fields/conductivity_fit.h"

/* A point of the body, in the order of their numbers. Doubles only: so it is sent. */
typedef struct femd_k_place {
    double material; /* whose fit; -1: its conductivity is known */
    double E[6], T;  /* frame of the RVE */
    double v[3];     /* there: slope of the temperature, K/m, such that v . k v is what it dissipates by volume */
    double u[3];     /* K/m, such that u . dk v is how a change dk changes what the whole body dissipates */
    double weight;   /* m^3 */
    double flow;     /* v . k v */
} femd_k_place;

typedef struct femd_k_doubt {
    double flow;  /* relative error of the flow of heat: that of the sum over the body of weight x flow */
    double local; /* largest relative error of the conductivity of a point */
} femd_k_doubt;

/* Most samples that are chosen at once. */
enum { FEMD_K_BATCH = 16 };

/* What is wanted of the fits. */
typedef struct femd_k_aim {
    double flow;  /* largest relative error of the heat flow; three times that is the most at any point */
    size_t batch; /* samples at most */
} femd_k_aim;

/* The doubt that the fits leave (fit[m] of material m, NULL where it has none), and the places, lowest first of equals,
 * where samples should be taken until by the errors foreseen nothing is left to wish: first where it is colder, hotter
 * or more strained than at any sample, then where the conductivity is least known, then where a sample lowers the error
 * of the flow most. chosen: room for FEMD_K_BATCH. Gains are compared to six digits, so that round-off of the
 * temperatures decides nothing. NO_MEMORY. */
FEMD_MUST_CHECK femd_status femd_k_choose(const femd_k_place *place, size_t n, const femd_k_fit *const *fit,
                                          size_t materials, femd_k_aim aim, femd_k_doubt *doubt, size_t *chosen,
                                          size_t *count, femd_error *err);
/* Where the first samples of a material without a fit are taken: its coldest place, and its hottest if it is outside of
 * what one sample covers. Returns how many, 0 if it has no place. */
size_t femd_k_choose_first(const femd_k_place *place, size_t n, double material, size_t chosen[2]);

#endif
