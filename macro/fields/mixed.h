/* Displacement and pressure as one equation (element.formulation "u-p"; Taylor-Hood: P2 displacement, P1 pressure).
 * Points are given the isochoric part of their strain and the pressure, and answer J: what gives way to a pressure is
 * no part of the stiffness of a shape, so that nearly incompressible bodies are no stiffer than they are.
 *
 * With W the energy of a point, Cbar = J^(-2/3) C and p the pressure field, in equilibrium
 *     sum w [W(J_m^(2/3) Cbar) + p (J_m - J)] - work of the loads
 * is stationary, J_m being the point's answer. The unknown beside the displacement is p / scale, in metres, so that
 * both residuals are forces. */
#ifndef FEMD_MIXED_H
#define FEMD_MIXED_H

#include "fields/problem.h"

typedef struct femd_mixed femd_mixed;

/* Kinds of the pressure field, at the vertices, and of the pair, with four entries at each node: the pressure's stay
 * zero in the middle of edges, decoupled from all. */
extern const femd_field_kind femd_pressure, femd_pair;

/* Make p->pressure, p->pair and p->mixed, and let the steps solve for the pair. p->displacement must be there.
 * Collective. */
FEMD_MUST_CHECK femd_status femd_mixed_create(femd_problem *p, femd_error *err);

/* After femd_mechanics_start_from_virgin (possible: whether there were answers): a body at rest has the pressure of its
 * virgin points, and what they answer under that. NOT_CONVERGED if they have none. Collective. */
FEMD_MUST_CHECK femd_status femd_mixed_begin_virgin(femd_problem *p, int possible, femd_error *err);

/* Strain of the point's RVE, whose volume is not quite that of the body. */
void femd_mixed_strain(const femd_problem *p, PetscInt k, int committed, double E[6]);
/* mixed_regular.c: element.shear_regularisation, mu in Pa. Its energy at a strain, J/m^3, and its stress S; how much
 * its energy grows from the committed to the tentative strains, J, this rank's part (0 without it); what a record tells
 * of it at these (collective). */
double femd_mixed_regular(double mu, const double E[6], double S[6]);
double femd_mixed_regular_change(const femd_problem *p);
FEMD_MUST_CHECK femd_status femd_mixed_regular_tell(const femd_problem *p, femd_step_record *rec, femd_error *err);
/* What a point answers with its volume for its pressure: for changes dE, dT and dgap of J of its answer less det F,
 *     dS - by_gap dgap = D dE + dSdT dT,    its entropy grows by c dT / T - dSdT : dE - warming dgap. */
typedef struct femd_condensed {
    double D[36], dSdT[6], by_gap[6]; /* Pa; Pa/K; Pa */
    double warming;                   /* Pa/K */
} femd_condensed;
void femd_mixed_condense(const femd_problem *p, PetscInt k, int committed, femd_condensed *out);

#endif
