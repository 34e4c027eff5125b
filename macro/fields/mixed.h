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

#endif
