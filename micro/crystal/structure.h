/* Atoms in a periodic cell. Units here, and only under micro/: eV, angstrom, ps, u. Cells are three lattice vectors as
 * ROWS: cell[3*i+c] is component c of vector i; a deformation gradient F takes vector a to F a. Voigt order
 * 11,22,33,23,13,12 for every 6 and 6x6 under micro/. */
#ifndef FEMD_STRUCTURE_H
#define FEMD_STRUCTURE_H

#include "femd/error.h"

#define FEMD_ATOMS_MAX   10000000
#define FEMD_SPECIES_MAX 8
typedef struct femd_structure {
    int natoms, nspecies;
    double cell[9];
    double *x;                      /* natoms x 3, Cartesian, owned */
    int *species;                   /* natoms, 0-based, owned */
    char name[FEMD_SPECIES_MAX][8]; /* element symbols */
    double mass[FEMD_SPECIES_MAX];  /* u; 0 where neither "masses" nor the file says: then the potential's */
    char notes[800];                /* what a user should know of the file that it came from, one remark a line */
} femd_structure;

/* Storage for n atoms (x, species) in *atoms, which has none. BAD_INPUT if n is out of range. */
FEMD_MUST_CHECK femd_status femd_structure_reserve(femd_structure *atoms, long n, femd_error *err);
void femd_structure_clear(femd_structure *atoms);
/* Index of a species by name, added if it is new; -1 if there are FEMD_SPECIES_MAX already or the name is too long. */
int femd_structure_species(femd_structure *atoms, const char *name);
/* Append a line to s->notes, if it has room. */
void femd_structure_remark(femd_structure *s, const char *format, ...) FEMD_PRINTF(2, 3);
/* Take out the atoms with drop[i] != 0. */
void femd_structure_drop(femd_structure *atoms, const unsigned char *drop);

#endif
