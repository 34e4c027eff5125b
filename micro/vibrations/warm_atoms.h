/* The internal coordinates that minimise W(E,w) + F(A(E,w),T) at one strain and temperature, and what their motion adds
 * to the second derivatives of the free energy (`internal: "T"` of the harmonic methods).
 *
 * The vibrations pull at the atoms as a load: at the minimum f = F_x, f = -W_x the forces of the atoms, F_x the
 * gradient of phonon.h. Derivatives are first taken along the path w(E) on which the atoms stay in equilibrium with the
 * load of the minimum held dead in the frame of w (W_w + c = 0, c = F_w at the minimum); there d2W/dE2 condenses as at
 * rest. Against the true minimum that path errs by
 *
 *   r_a = dF_w/dE_a along it,   D = D(path) - r_a psi_ww^-1 r_b / V0,   dS/dT = dS/dT(path) - F_wT psi_ww^-1 r_a / V0,
 *   c = c(fixed) + T F_wT psi_ww^-1 F_wT / V0
 *
 * (psi = psi(path) is stationary in w, so that only second order is lost by another path). psi_ww is only applied (F_ww
 * by differences of F_w). Owns the search and these terms; starts from the atoms at rest, where the path of statics
 * stays. */
#ifndef FEMD_WARM_ATOMS_H
#define FEMD_WARM_ATOMS_H

#include "vibrations/phonon.h"

typedef struct femd_warm {
    double *x, *w;  /* n3: positions and displacements at the minimum */
    double *G;      /* 6 x n3: dw/dE under the dead load */
    double *load;   /* n3: the dead load at x, spatial (f = load to 1e-11 eV/angstrom) */
    double *dead;   /* n3: the same in the frame of w: c = U load */
    double *pull;   /* n3: F_x at the minimum: differs from load by the error of equilibrium */
    double *pull_T; /* n3: dF_x/dT */
    double *r;      /* 6 x n3: r_a, spatial */
    double *work;
    double W, tau[6]; /* eV, at the minimum */
    int rounds;       /* gradients that the search took */
} femd_warm;

/* Where configurations near a place start from, and what is held on the way. dead: NULL for none. */
typedef struct femd_origin {
    const double *w, *G, *dead;
} femd_origin;

FEMD_MUST_CHECK femd_status femd_warm_create(int natoms, femd_warm **out, femd_error *err);
void femd_warm_destroy(femd_warm **warm);
/* Relax x under the spatial load (n3, NULL for none) by steps with the relaxer's Hessian, to |f - load| <= tolerance;
 * f, z: n3 of scratch. *reached: 0 if the steps do not lead there. */
FEMD_MUST_CHECK femd_status femd_warm_chord(femd_relaxer *relaxer, femd_rve *rve, const femd_place *place,
                                            const double *load, double tolerance, double *x, double *f, double *z,
                                            int *reached, femd_error *err);
/* The minimum at the strain of the path's end and at T; afterwards the relaxer stands there with its Hessian data, *D
 * (Pa, may be NULL) is the condensed tangent of W. INSTABILITY, NOT_CONVERGED; what sampling returns. */
FEMD_MUST_CHECK femd_status femd_warm_find(femd_warm *warm, femd_phonons *phonons, femd_path *path, double T,
                                           const femd_beat *beat, double D[36], femd_error *err);
/* r_a from two configurations of the path w(E), strained by +-step in component a alone (positions of the first of four
 * in xs[4 a], of the second in xs[4 a + 1], n3 each). The base of phonons is lost. */
FEMD_MUST_CHECK femd_status femd_warm_rates(femd_warm *warm, femd_phonons *phonons, femd_path *path, double step,
                                            const double *xs, double T, const femd_beat *beat, femd_error *err);
/* After femd_warm_rates: add to D and dSdT (Pa, Pa/K; NULL where not wanted) and to C (eV/K, of the RVE) what the
 * motion of the atoms does. */
FEMD_MUST_CHECK femd_status femd_warm_correct(femd_warm *warm, femd_phonons *phonons, femd_path *path, double T,
                                              const femd_beat *beat, double D[36], double dSdT[6], double *C,
                                              femd_error *err);

#endif
