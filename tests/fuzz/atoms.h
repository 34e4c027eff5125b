/* What any reader of atoms must leave behind: atoms of known species at finite places in a finite cell. */
#ifndef FEMD_FUZZ_ATOMS_H
#define FEMD_FUZZ_ATOMS_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crystal/structure_create.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void check_atoms(const femd_structure *s) {
    double all = 0;
    for (int c = 0; c < 9; c++) all += s->cell[c];
    for (int i = 0; i < s->natoms; i++) {
        if (s->species[i] < 0 || s->species[i] >= s->nspecies) abort();
        for (int c = 0; c < 3; c++)
            if (!isfinite(s->x[3 * i + c])) abort();
    }
    for (int a = 0; a < s->nspecies; a++)
        if (!isfinite(s->mass[a]) || s->mass[a] < 0) abort();
    if (!isfinite(all) || s->natoms < 1) abort();
}

#endif
