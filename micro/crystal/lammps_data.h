/* Atoms from a LAMMPS data file. */
#ifndef FEMD_LAMMPS_DATA_H
#define FEMD_LAMMPS_DATA_H

#include <stddef.h>

#include "crystal/structure.h"

/* The atoms of a LAMMPS data file (metal units, atomic style) into *atoms, which has none. species[t] is that of atom
 * type t + 1; masses of the file go to s->mass where that is 0. BAD_INPUT names the file and its line. */
FEMD_MUST_CHECK femd_status femd_lammps_data_read(const char *name, const char *text, size_t size, const int *species,
                                                  int ntypes, femd_structure *atoms, femd_error *err);

#endif
