/* The storage of atoms. Owns nothing else: what fills it is in structure_create.c and what that uses. */
#include "crystal/structure.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "femd/remarks.h"

femd_status femd_structure_reserve(femd_structure *atoms, long n, femd_error *err) {
    if (n < 1 || n > FEMD_ATOMS_MAX)
        return femd_fail(err, FEMD_BAD_INPUT, "a structure of %ld atoms; 1 to %d are possible", n, FEMD_ATOMS_MAX);
    atoms->x = malloc(3 * (size_t)n * sizeof(double));
    atoms->species = malloc((size_t)n * sizeof(int));
    if (!atoms->x || !atoms->species) return femd_fail(err, FEMD_NO_MEMORY, "no memory for %ld atoms", n);
    atoms->natoms = (int)n;
    return FEMD_OK;
}

void femd_structure_clear(femd_structure *atoms) {
    free(atoms->x);
    free(atoms->species);
    memset(atoms, 0, sizeof *atoms);
}

int femd_structure_species(femd_structure *atoms, const char *name) {
    for (int a = 0; a < atoms->nspecies; a++)
        if (strcmp(atoms->name[a], name) == 0) return a;
    if (atoms->nspecies == FEMD_SPECIES_MAX || strlen(name) >= sizeof atoms->name[0] || !*name) return -1;
    memcpy(atoms->name[atoms->nspecies], name, strlen(name) + 1);
    return atoms->nspecies++;
}

void femd_structure_remark(femd_structure *s, const char *format, ...) {
    va_list args;
    va_start(args, format);
    femd_remarks_vadd(s->notes, sizeof s->notes, format, args);
    va_end(args);
}

void femd_structure_drop(femd_structure *atoms, const unsigned char *drop) {
    int to = 0;
    for (int i = 0; i < atoms->natoms; i++) {
        if (drop[i]) continue;
        memmove(atoms->x + 3 * (size_t)to, atoms->x + 3 * (size_t)i, 3 * sizeof(double));
        atoms->species[to++] = atoms->species[i];
    }
    atoms->natoms = to;
}
