/* The forces of a configuration taken apart into straight segments between two atoms, each of which pulls its ends
 * together along itself: what fields of stress and of heat flux are spread over space along (Irving and Kirkwood, J.
 * Chem. Phys. 18 (1950) 817; Noll, J. Rational Mech. Anal. 4 (1955) 627).
 *
 * W's derivative of pair energies and of embedding energies is a sum of such central forces, and only of these: the
 * segments are the bonds. Of three bodies it is not unique. Used here (Stillinger-Weber): the energy of a triplet as a
 * function of its three distances, which gives its three sides central forces (Admal and Tadmor, J. Elast. 100 (2010)
 * 63), so that the stress is symmetric wherever one looks; energy flows along the two legs alone, from the far atom to
 * the centre, whose energy the triplet's is (as in femd_energetics_heat_flux). */
#ifndef FEMD_ENERGETICS_SEGMENTS_H
#define FEMD_ENERGETICS_SEGMENTS_H

#include "forces/energetics.h"

/* From atom a to the image `shift` (lattice vectors) of atom b: d = x_b + shift . cell - x_a, x as they were given. */
typedef struct femd_segment {
    int a, b, shift[3];
    double d[3];             /* angstrom */
    double pull;             /* eV/angstrom^2: the force is pull d on a, -pull d on b; tau = sum of pull d d */
    double of_a[3], of_b[3]; /* eV/angstrom: gradients over d of what a and what b carry of the energy; the power that
                                goes from b to a is of_a . v_b + of_b . v_a */
} femd_segment;

typedef struct femd_segments {
    size_t count, room;
    femd_segment *one; /* owned */
} femd_segments;

void femd_segments_clear(femd_segments *segments);
/* One more, all zero; NULL without memory. */
femd_segment *femd_segments_add(femd_segments *segments);

/* Those of the configuration, in a fixed order. Their sums are the forces and tau of femd_energetics_forces, and with
 * the energies that the atoms carry the flux of femd_energetics_heat_flux. UNSUPPORTED with words where the form of the
 * potential does not take its forces apart; else as femd_energetics_forces. */
FEMD_MUST_CHECK femd_status femd_energetics_segments(femd_energetics *e, femd_neighbours *nb, const double cell[9],
                                                     const double *x, femd_segments *out, femd_error *err);
/* In words, how; borrowed. UNSUPPORTED as above. */
FEMD_MUST_CHECK femd_status femd_energetics_segments_told(const femd_energetics *e, const char **words,
                                                          femd_error *err);

/* For forms whose bonds carry p1 (and a1, b1) with respect to d.d: what they put in their tables. */
FEMD_MUST_CHECK femd_status femd_pairs_segments(femd_energetics *e, femd_segments *out, femd_error *err);
/* The image that extended atom `there` is, seen from `here`. */
void femd_segments_shift(const femd_neighbours *nb, int here, int there, int shift[3]);

#endif
