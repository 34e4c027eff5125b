/* What the tests of atoms share: a structure, a potential, a list and energetics from a few lines of JSON. */
#ifndef FEMD_ATOMS_FIXTURE_H
#define FEMD_ATOMS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "crystal/structure_create.h"
#include "forces/energetics_form.h"
#include "potentials/potential_form.h"

#define FEMD_LAMMPS_POTENTIALS "/usr/share/lammps/potentials/"

typedef struct atoms {
    femd_json doc;
    femd_pack pack;
    char *file[FEMD_PACK_FILES_MAX];
    femd_structure s;
    femd_potential *p;
    femd_neighbours *nb;
    femd_energetics *e;
} atoms;

/* Open {"structure": ..., "potential": ...}; files are looked up in the LAMMPS folder by the name that the potential
 * gives. Fails the test if that fails, unless status is wanted: then returns it with words in *err. */
void atoms_open(atoms *a, const char *json, double skin);
femd_status atoms_try(atoms *a, const char *json, double skin, femd_error *err);
void atoms_close(atoms *a);
/* Compute the energies by another form than the potential's own. */
void atoms_use_form(atoms *a, const femd_energetics_form *form);
/* x -> x F^T for the cell and every atom. */
void atoms_deform(atoms *a, const double F[9]);
/* Offsets of every coordinate, uniform in +-amplitude, from a seed. */
void atoms_shake(atoms *a, double amplitude, uint64_t seed);
double largest(const double *v, size_t n);

#endif
