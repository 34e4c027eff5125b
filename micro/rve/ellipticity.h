/* Whether a material point is stable as a piece of a body: its tangent, and the waves that it carries.
 *
 * The acoustic tensor of the direction N is Q_ik = A_iJkL N_J N_L with A_iJkL = F_iI F_kK D_IJKL + d_ik S_JL (dP/dF); a
 * negative eigenvalue is a wave that grows: the body would localise (Ogden, Non-linear Elastic Deformations, 6.2). Owns
 * the judgement; changes no other answer. */
#ifndef FEMD_ELLIPTICITY_H
#define FEMD_ELLIPTICITY_H

#include "femd/types.h"

/* Notes (FEMD_NOTE_TANGENT_NOT_POSITIVE, FEMD_NOTE_NOT_ELLIPTIC) of S and D at the stretch U. D_err, S_err: standard
 * errors, below three of which nothing is said; NULL if there are none. */
uint32_t femd_ellipticity_notes(const double U[9], const double S[6], const double D[36], const double *S_err,
                                const double *D_err);
/* The lowest eigenvalue of the acoustic tensor over all directions (Pa), to about 1e-3 of the largest of D; *N, if
 * given, its direction. */
double femd_ellipticity_lowest(const double U[9], const double S[6], const double D[36], double N[3]);
/* tangent_stability and acoustic_stability from S and D of an answer at the stretch U, and if these were sampled their
 * errors: the largest that those of S and D allow. They join what is provided. */
void femd_ellipticity_answer(const double U[9], femd_response *r);

#endif
