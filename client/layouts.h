/* How hosts lay out tensors, see femd/arrays.h; Voigt and rows inside. Conversions alone: nothing here knows points. */
#ifndef FEMD_CLIENT_LAYOUTS_H
#define FEMD_CLIENT_LAYOUTS_H

#include "femd/arrays.h"

void layout_matrix_in(int matrix, const double *host, double rows[9]);
void layout_matrix_out(int matrix, const double rows[9], double *host);
/* A[iJ][kL] by rows. */
void layout_fourth_out(int matrix, const double rows[81], double *host);
void layout_strain_in(int vector, const double *host, double voigt[6]);
void layout_stress_out(int vector, const double voigt[6], double *host);
void layout_tangent_out(int vector, const double voigt[36], double *host);

/* The Voigt strain of the isochoric part C/det(C)^(1/3) of C = 2E+I, in place. OUT_OF_DOMAIN if C is not positive
 * definite. */
FEMD_MUST_CHECK femd_status layout_isochoric(double E[6], femd_error *err);

#endif
