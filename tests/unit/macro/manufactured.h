/* A manufactured solution at finite strain: a shear u_x = A t y^3 of a St. Venant-Kirchhoff cube, held on all sides and
 * loaded by the body force that it needs, all by expressions. */
#ifndef FEMD_TEST_MANUFACTURED_H
#define FEMD_TEST_MANUFACTURED_H

#include "model.h"

/* rms over the points of u - u_exact, over the amplitude, on n x n x n cells (blocks of tetrahedra), distorted. */
femd_status manufactured_error(const femd_element *element, int n, double *error, femd_error *err);

/* The same with the pressure as an unknown, lambda being `lambda`: of the displacement, and of the pressure at the
 * points over the largest there is. */
femd_status manufactured_mixed_errors(int n, double lambda, double *displacement, double *pressure, femd_error *err);

#endif
