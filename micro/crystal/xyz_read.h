/* Atoms from an extended XYZ file. */
#ifndef FEMD_XYZ_READ_H
#define FEMD_XYZ_READ_H

#include <stddef.h>

#include "crystal/structure.h"

/* The atoms of an extended XYZ file of one frame into *s, which has none: its second line has Lattice="..." (angstrom)
 * and Properties=... with species and pos. text (size bytes and a NUL) is cut up. An atom is of the species of *s that
 * has its name; a number k in place of a name means species[k - 1] (of n). A column masses (u) goes to s->mass where
 * that is 0; what was passed over goes to s->notes. BAD_INPUT names the file and its line. */
FEMD_MUST_CHECK femd_status femd_xyz_read(const char *name, char *text, size_t size, const int *species, int n,
                                          femd_structure *s, femd_error *err);

#endif
