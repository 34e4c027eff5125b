/* One harmonic oscillator in a bath, classical or quantum; see phonon_mode.h. */
#include "vibrations/phonon_mode.h"

#include <math.h>

#include "femd/units.h"
#include "numerics/portable.h"

const double femd_phonon_k = FEMD_BOLTZMANN / FEMD_ELEMENTARY_CHARGE;
/* hbar sqrt(eV/(angstrom^2 u)) / eV: sqrt(1.602176634e-19 1e20 / 1.66053906660e-27) = 9.822694750e13 per second */
const double femd_phonon_hbar = FEMD_PLANCK_REDUCED / FEMD_ELEMENTARY_CHARGE * 98226947502532.77;

void femd_mode_thermo(int quantum, double T, double lambda, femd_mode *mode) {
    const double kT = femd_phonon_k * T, energy = femd_phonon_hbar * sqrt(lambda);
    if (!quantum) {
        mode->f = T > 0 ? kT * femd_portable_log(energy / kT) : 0;
        mode->u = kT;
        mode->c = femd_phonon_k;
    } else if (!(T > 0) || energy > 700 * kT) {
        mode->f = mode->u = 0.5 * energy;
        mode->c = 0;
    } else {
        const double x = energy / kT, less = -femd_portable_expm1(-x),
                     q = femd_portable_exp(-x); /* occupation = q/less */
        mode->f = 0.5 * energy + kT * femd_portable_log(less);
        mode->u = energy * (0.5 + q / less);
        mode->c = femd_phonon_k * x * x * q / (less * less);
    }
    mode->slope = 0.5 * mode->u / lambda;
    mode->slope_T = 0.5 * mode->c / lambda;
    mode->curve = -0.25 * (mode->u + T * mode->c) / (lambda * lambda);
}

double femd_mode_divided(double la, const femd_mode *mode, double lb, const femd_mode *b) {
    if (fabs(la - lb) < 1e-5 * (la + lb)) return 0.5 * (mode->curve + b->curve);
    return (mode->slope - b->slope) / (la - lb);
}
