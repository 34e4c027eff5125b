/* How far the energy of vibrating atoms depends on strain otherwise than the harmonic one does, seen at a few thermal
 * displacements: what a harmonic answer does not know. To the order of T^2, with V the anharmonic part of the energy at
 * displacements u,
 *
 *   F = F_harmonic + <V_even> - <V_odd^2>/(2 kT)     over the harmonic vibrations at E,   V = V(x + u) - V(x) - u H u/2
 *
 * and <u H u>/2 is the same number at every strain, half of kT for a vibration in the classical case (else this is what
 * stands for kT). At strains around E0 the displacements of E0 serve, stretched so that they keep that number; S lacks
 * the first and D the second derivative of the mean. Only the three stretches are looked at: of all other components as
 * large a share is said to be lacking as of the worst of these. Errors are on the safe side: mean and standard error
 * over the pairs, added as squares; the note asks for what the scatter leaves of the mean. */
#ifndef FEMD_ANHARMONICITY_H
#define FEMD_ANHARMONICITY_H

#include "rve/native.h"
#include "vibrations/lacking.h"
#include "vibrations/phonon.h"

enum { FEMD_ANHARMONIC_PAIRS = 16 };

typedef struct femd_anharmonicity {
    double *z, *u, *at;                        /* PAIRS x n3 twice, n3; owned by z */
    double harmonic[7][FEMD_ANHARMONIC_PAIRS]; /* u H u/2 at E, and at +h, -h in each of the three */
    double free;                               /* vibrations that there are */
    double S[3], D[3];                         /* Pa: what is lacking in the three, means over the pairs, signed */
    double sure[3];                            /* Pa: what its scatter leaves of that of D */
    femd_lacking lacking;
} femd_anharmonicity;

FEMD_MUST_CHECK femd_status femd_anharmonicity_create(int natoms, femd_anharmonicity **out, femd_error *err);
void femd_anharmonicity_destroy(femd_anharmonicity **a);
/* After femd_phonons_base, whose sample is still there: the displacements. */
void femd_anharmonicity_begin(femd_anharmonicity *a, const femd_phonons *phonons);
/* The last sample of `phonons` is that at +h (side 0) or -h (1) in component c of the three. */
void femd_anharmonicity_see(femd_anharmonicity *a, const femd_phonons *phonons, int c, int side);
/* Then: E; positions x0 there and, at E +- h in component c, xs[4 c] and xs[4 c + 1], n3 each; tr(f'(A0) A) at the same
 * places, phi0 at E (eV); S of the vibrations (Pa). */
FEMD_MUST_CHECK femd_status femd_anharmonicity_look(femd_anharmonicity *a, femd_rve *rve, const double E[6],
                                                    const double *x0, double h, const double *xs, const double *phi,
                                                    double phi0, const double thermal[6], femd_error *err);
/* Into *response, whose values are there: femd_lacking_tell. The note anharmonic stands where more than a twentieth of
 * the thermal stress (of 0.1 GPa at least) or of a stiffness is lacking. */
FEMD_MUST_CHECK femd_status femd_anharmonicity_tell(femd_anharmonicity *a, uint32_t wants, uint32_t asked,
                                                    double temperature, femd_response *response, femd_error *err);

#endif
