/* The thermodynamics of one harmonic mode, and the divided differences that spectral functions need. Units: eV,
 * angstrom, u, K. */
#ifndef FEMD_PHONON_MODE_H
#define FEMD_PHONON_MODE_H

/* One mode at temperature T. lambda = omega^2 in eV/(angstrom^2 u). */
typedef struct femd_mode {
    double f, u, c;        /* free energy and internal energy (eV), heat capacity (eV/K) */
    double slope, slope_T; /* df/dlambda, d2f/dlambda dT */
    double curve;          /* d2f/dlambda2 */
} femd_mode;
/* Classical: f = kT ln(hbar omega/kT). Quantum: f = hbar omega/2 + kT ln(1 - exp(-hbar omega/kT)). T >= 0; at T = 0 the
 * limit. */
void femd_mode_thermo(int quantum, double T, double lambda, femd_mode *mode);
/* f[a, b] of two modes with eigenvalues la, lb. */
double femd_mode_divided(double la, const femd_mode *mode, double lb, const femd_mode *b);
/* k_B in eV/K; hbar omega in eV for lambda = 1 eV/(angstrom^2 u). */
extern const double femd_phonon_k, femd_phonon_hbar;

#endif
