/* The steps by which a structure is made; structure.c strings them together. */
#ifndef FEMD_STRUCTURE_H
#define FEMD_STRUCTURE_H

#include "forces/atoms.h"

#define FEMD_ATOMS_MAX 10000000

/* Storage for n atoms (x, species) in *s, which has none. */
FEMD_MUST_CHECK femd_status femd_structure_reserve(femd_structure *s, long n, femd_error *err);
/* Index of a species by name, added if it is new; -1 if there are FEMD_SPECIES_MAX already or the name is too long. */
int femd_structure_species(femd_structure *s, const char *name);
/* Take out the atoms with drop[i] != 0. */
void femd_structure_drop(femd_structure *s, const unsigned char *drop);
/* A copy of the crystal of a "lattice" structure: lattice.c. */
FEMD_MUST_CHECK femd_status femd_lattice_fill(const femd_json *doc, const cJSON *structure, femd_structure *s,
                                              femd_error *err);
/* The atoms of a LAMMPS data file (metal units, atomic style): lammps_data.c. species[t] is that of atom type t + 1;
 * masses of the file go to s->mass where that is 0. */
FEMD_MUST_CHECK femd_status femd_lammps_data_read(const char *name, const char *text, size_t size, const int *species,
                                                  int ntypes, femd_structure *s, femd_error *err);
/* Voids, vacancies, substitution, displacements, in that order: defects.c. */
FEMD_MUST_CHECK femd_status femd_defects_apply(const femd_json *doc, const cJSON *structure, femd_structure *s,
                                               femd_error *err);

#endif
