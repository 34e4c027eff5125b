/* The storage of atoms. Owns nothing else: what fills it is in structure_create.c and what that uses. */
#include "crystal/structure.h"

#include <stdlib.h>
#include <string.h>

femd_status femd_structure_reserve(femd_structure *s, long n, femd_error *err) {
    if (n < 1 || n > FEMD_ATOMS_MAX)
        return femd_fail(err, FEMD_BAD_INPUT, "a structure of %ld atoms; 1 to %d are possible", n, FEMD_ATOMS_MAX);
    s->x = malloc(3 * (size_t)n * sizeof(double));
    s->species = malloc((size_t)n * sizeof(int));
    if (!s->x || !s->species) return femd_fail(err, FEMD_NO_MEMORY, "no memory for %ld atoms", n);
    s->natoms = (int)n;
    return FEMD_OK;
}

void femd_structure_clear(femd_structure *s) {
    free(s->x);
    free(s->species);
    memset(s, 0, sizeof *s);
}

int femd_structure_species(femd_structure *s, const char *name) {
    for (int a = 0; a < s->nspecies; a++)
        if (strcmp(s->name[a], name) == 0) return a;
    if (s->nspecies == FEMD_SPECIES_MAX || strlen(name) >= sizeof s->name[0] || !*name) return -1;
    memcpy(s->name[s->nspecies], name, strlen(name) + 1);
    return s->nspecies++;
}

void femd_structure_drop(femd_structure *s, const unsigned char *drop) {
    int to = 0;
    for (int i = 0; i < s->natoms; i++) {
        if (drop[i]) continue;
        memmove(s->x + 3 * (size_t)to, s->x + 3 * (size_t)i, 3 * sizeof(double));
        s->species[to++] = s->species[i];
    }
    s->natoms = to;
}
