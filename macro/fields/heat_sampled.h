/* Samples of conductivities and heat capacities; shared by heat_sampled.c, heat_places.c, heat_refine.c,
 * heat_uncertain.c, heat_thermal.c and heat_coupling.c only. */
#ifndef FEMD_HEAT_SAMPLED_H
#define FEMD_HEAT_SAMPLED_H

#include "base/collective.h"
#include "fields/conductivity_choice.h"
#include "fields/heat_private.h"
#include "fields/thermal_fit.h"

/* A slot is a quantity of a case's material: its conductivity where the number is below nmaterials, behind these the
 * heat capacities and the thermal stresses. So samples, fits and places name it as their material. */
typedef struct femd_heat_sampled {
    size_t nmaterials, slots;
    unsigned char *fitted; /* per slot: it comes from samples */
    femd_k_form *form;     /* per slot */
    femd_k_fit **fit;      /* per slot, at the first of the materials that are alike; NULL: no sample yet */
    femd_k_sample *sample; /* n, of all slots, in the order in which they were asked */
    size_t n;
    uint64_t asked;                              /* of them, and of those that had no answer */
    femd_k_doubt doubt[FEMD_SAMPLED_QUANTITIES]; /* by the present step alone: decides about samples */
    femd_thermal_sums **thermal; /* per material, of those that come first: NULL where dS/dT is not sampled */
    double **spread;             /* per slot: factor L of that fit's covariance, column by column; NULL: no such fit */
    double *raw;                 /* points x 12: dS/dT as answered last, its errors; NULL where it is not sampled */
    double coupling_error;       /* largest error of a temperature by the coupling, K; NAN: not known */
    double flow_error;           /* ... with what the steps before have left; NAN: not known */
    double *memory;              /* columns x local nodes: see heat_uncertain.c, committed; NULL in a steady state... */
    double *memory_next;         /* ... and of the step that is tried */
    int bounded;                 /* no more may be asked, though more are wanted */
    femd_rows *rows;
    femd_k_place *local; /* this rank's points */
    femd_k_place *all;   /* rank 0: all points */
} femd_heat_sampled;

/* The slot of a case's material; 1 if any of a quantity comes from samples. */
size_t femd_heat_slot(const femd_heat_sampled *s, femd_sampled_quantity what, size_t material);
int femd_heat_samples_any(const femd_heat_sampled *s, femd_sampled_quantity what);
/* Samples at points by number, n up to FEMD_K_BATCH, and the fits with them. *failed: how many have no answer.
 * Collective. */
FEMD_MUST_CHECK femd_status femd_heat_sample(femd_heat *h, femd_sampled_quantity what, const uint64_t *point, size_t n,
                                             int *failed, femd_error *err);
/* Gradient of u, by local node, at point k; v . k v. */
void femd_heat_gradient(const femd_heat *h, PetscInt k, const double *u, double out[3]);
double femd_heat_form(const double k[6], const double v[3]);
/* out (n) += dD/dT of the present state, D the dissipation, of this rank's cells. */
void femd_heat_flow_slope(const femd_heat *h, double *out);
/* A change of the temperatures, as the linear solver finds it, by local node (n). Collective. */
FEMD_MUST_CHECK femd_status femd_heat_local_change(const femd_heat *h, Vec x, double *change, femd_error *err);
/* Of all points what a choice looks at, to rank 0. adjoint by local node, NULL: the first samples are chosen, and only
 * temperatures and strains count. What flows is, of heat capacities, what they take up, of whatever sign. Collective.
 */
FEMD_MUST_CHECK femd_status femd_heat_gather_places(femd_heat *h, femd_sampled_quantity what, const double *adjoint,
                                                    femd_error *err);
/* Samples that a run may take. */
size_t femd_heat_samples_most(const femd_case *cs);

#endif
