/* Planes of atoms parallel to the faces of a cell.
 *
 * Heights above face k are measured along its normal. Where two heights that follow each other (the last and the first
 * too, round the cell) are farther apart than two fifths of the widest such gap, a plane ends; so planes may be sheets
 * of some thickness: of silicon along [111] both atoms of a pair, while the planes of hcp across its prisms stay apart.
 * Owns nothing. */
#ifndef FEMD_PLANES_H
#define FEMD_PLANES_H

#include "femd/error.h"

/* of[i]: the plane of atom i among those parallel to the lattice vectors other than `axis` (0 to 2), numbered upwards
 * from the face: plane 0 is the first at or above the origin of the cell. turn[3 i]: how many lattice vectors `axis`
 * bring atom i from its place to between the first and the last plane. *count: of planes. BAD_INPUT if the atoms lie on
 * none: a plane would be thicker than two fifths of the widest gap (a liquid, a glass, atoms put off their sites; a
 * slab in vacuum, whose gap is the vacuum). NO_MEMORY. */
FEMD_MUST_CHECK femd_status femd_planes_find(const double cell[9], int n, const double *x, int axis, int *of, int *turn,
                                             int *count, femd_error *err);

#endif
