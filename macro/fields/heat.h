/* The temperature field: conduction of heat in the reference configuration, steady or in time by the theta scheme,
 *
 *     c dT/dt = Div(K Grad T) + source,   flux into the body through its surface as the boundary says,
 *
 * with the conductivity K and the heat capacity c that each point answers at its own temperature, or that the case
 * gives. Where the body is not deformed K is the conductivity itself; with physics thermomechanical see
 * heat_deformed.c. */
#ifndef FEMD_HEAT_H
#define FEMD_HEAT_H

#include "fields/problem.h"

typedef struct femd_heat femd_heat;

/* The kind of the field: name, layout and functions. */
extern const femd_field_kind femd_temperature;

/* Make p->temperature with its boundary and its values at time 0, and the geometry of the points. Collective. Grid and
 * points of p (with FEMD_POINTS_HEAT) must be there. BAD_INPUT as for femd_boundary_create. */
FEMD_MUST_CHECK femd_status femd_heat_create(femd_problem *p, femd_error *err);
/* 1 if a source or a flux is given that is not zero in this attempt, the same on all ranks. */
int femd_heat_is_fed(const femd_heat *h);
/* The materials are open: where answers may change with the temperature, so does the matrix, and is not symmetric. */
void femd_heat_expect_slopes(femd_problem *p);
/* ... and where a method samples, conductivities come from a fit of all samples of a material (conductivity_fit.h).
 * Collective. */
FEMD_MUST_CHECK femd_status femd_heat_expect_samples(femd_problem *p, femd_error *err);
/* Errors of the temperatures by local node with those of the fits, one sigma, K; NULL where nothing is sampled. */
const double *femd_heat_errors(const femd_problem *p);
/* In a transient: how many columns their errors have (0: none), and one of them, by local node: temperatures by one
 * sigma of independent errors of the fits, K, as committed. For the checkpoint. */
size_t femd_heat_memory_columns(const femd_problem *p);
double *femd_heat_memory(const femd_problem *p, size_t column);
/* 1 if any conductivity is sampled; the error of that of point k, one sigma of its worst component, W/(m K). */
int femd_heat_has_samples(const femd_problem *p);
double femd_heat_k_error(const femd_problem *p, PetscInt k);
/* Those samples, in the order in which they were asked: rows of doubles, *width each, *asked of them all told (some had
 * no answer). NULL where nothing is sampled. Put: the way back, the same on all ranks; the fits are made anew.
 * Collective. */
const double *femd_heat_samples(const femd_problem *p, size_t *n, size_t *width, uint64_t *asked);
FEMD_MUST_CHECK femd_status femd_heat_put_samples(femd_problem *p, const double *sample, size_t n, uint64_t asked,
                                                  femd_error *err);
enum { FEMD_DELTA_WORDS = 320 };
/* Why FEMD_PASS_DELTA of a step is not known; "" where it is, and without both physics. The materials are open. */
void femd_heat_delta_unknown(const femd_problem *p, char why[FEMD_DELTA_WORDS]);
/* Thermal stresses that are sampled with the stress (heat_thermal.c): 1 if those of a material come from a fit. */
int femd_heat_thermal_is_fitted(const femd_problem *p, int material);
/* The fit at point k, strain in the solver's axes; leaves dSdT alone where nothing is fitted. */
void femd_heat_thermal_apply(const femd_problem *p, PetscInt k, const double strain[6], double T, double dSdT[6]);
/* An answer of point k, whose tentative strain and temperature are there: kept until the step ends, and tdSdT is that
 * of the fit. */
void femd_heat_thermal_take(const femd_problem *p, PetscInt k, const femd_response *r);
/* The first answers at rest, at a temperature, of each material that is no grain of one before. Collective. */
FEMD_MUST_CHECK femd_status femd_heat_thermal_begin(femd_problem *p, double kelvin, const femd_response *answer,
                                                    femd_error *err);
/* Their sums for the checkpoint: how many rows, *width doubles each (0: none); out; and back, when the fits are made
 * anew (collective). */
size_t femd_heat_thermal_rows(const femd_problem *p, size_t *width);
void femd_heat_thermal_get(const femd_problem *p, double *rows);
FEMD_MUST_CHECK femd_status femd_heat_thermal_put(femd_problem *p, const double *rows, femd_error *err);
/* One way or two: as the case says, or two where all materials tell dS/dT. BAD_INPUT where they do not, but it says so.
 */
FEMD_MUST_CHECK femd_status femd_heat_choose_coupling(femd_problem *p, femd_error *err);
int femd_heat_is_two_way(const femd_heat *h);
/* Of the step that has converged and is not yet committed: what the work of its stress has taken; thermal
 * stresses that were sampled in it. Collective. */
FEMD_MUST_CHECK femd_status femd_heat_see_work(femd_problem *p, const femd_step_record *rec, femd_error *err);
/* Of the attempt, with coupling {"iterate"}: passes so far; the rise of point k's temperature in the last one, K. */
int femd_heat_passes(const femd_heat *h);
double femd_heat_rise(const femd_heat *h, PetscInt k);
/* Temperatures of the points, K: at the start of the attempt, or of the state last evaluated. */
void femd_heat_of_points(const femd_problem *p, int committed, double *kelvin);
/* How many numbers of heat a step's record has. */
size_t femd_heat_numbers(const femd_case *cs);
/* Heat flux of point k from its committed conductivity and the deformation at the start of the last attempt, at nodal
 * temperatures T, q = -K Grad T, W/m^2 of reference area. */
void femd_heat_flux(const femd_problem *p, PetscInt k, const double *T, double q[FEMD_SPACE]);

#endif
