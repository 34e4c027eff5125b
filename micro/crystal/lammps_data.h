/* Atoms from a LAMMPS data file. */
#ifndef FEMD_LAMMPS_DATA_H
#define FEMD_LAMMPS_DATA_H

#include <stddef.h>

#include "crystal/structure.h"

/* The atoms of a LAMMPS data file into *s, which has none: lengths in angstrom, masses in u. text (size bytes and a
 * NUL) is cut up. style: an atom style, or NULL: as the file says. species[t] is that of atom type t + 1; masses of the
 * file go to s->mass where that is 0; what was passed over goes to s->notes. BAD_INPUT names the file and its line. */
FEMD_MUST_CHECK femd_status femd_lammps_data_read(const char *name, char *text, size_t size, const char *style,
                                                  const int *species, int ntypes, femd_structure *s, femd_error *err);

#endif
