/* The attempt frequency of harmonic transition state theory from whole Hessians:
 *
 *   nu* = prod_(3N-3) nu_minimum / prod_(3N-4) nu_saddle        (Vineyard, J. Phys. Chem. Solids 3 (1957) 121)
 *
 * With masses m, det'(M^-1/2 H M^-1/2) = det'(H) times the same factor at both places, so that
 *   nu* = (1/2 pi) sqrt(det' H_minimum / |det' H_saddle|) omega,
 * omega that of the one unstable mode with its masses. Classical. Sums of logarithms; owns no memory. */
#ifndef FEMD_VINEYARD_H
#define FEMD_VINEYARD_H

#include "rates/saddle.h"

/* ln |det' H| of a stationary point, H in eV/angstrom^2. */
double femd_vineyard_log(const femd_still *still);
/* ln(|det' H| / omega^2) of a saddle: masses in u (natoms), of which omega^2 in eV/(angstrom^2 u). INSTABILITY if it is
 * no saddle; NO_MEMORY. */
FEMD_MUST_CHECK femd_status femd_vineyard_saddle_log(const femd_still *saddle, const double *mass, femd_rve *rve,
                                                     const femd_place *place, double *log, femd_error *err);
/* nu* in 1/s. INSTABILITY if the points are no minimum and no saddle; NO_MEMORY. */
FEMD_MUST_CHECK femd_status femd_vineyard_frequency(const femd_still *minimum, const femd_still *saddle,
                                                    const double *mass, femd_rve *rve, const femd_place *place,
                                                    double *frequency, femd_error *err);

#endif
