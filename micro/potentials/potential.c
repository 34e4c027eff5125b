/* What all potentials share: their end, and the few facts that others may ask. It knows no style. */
#include "potentials/potential_form.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "femd/remarks.h"

double *femd_aligned_doubles(size_t count) {
    void *p = NULL;
    if (count > SIZE_MAX / sizeof(double) - 64) return NULL;
    if (posix_memalign(&p, 64, (count ? count : 1) * sizeof(double)) != 0) return NULL;
    return p;
}

void femd_potential_destroy(femd_potential **pp) {
    femd_potential *p = pp ? *pp : NULL;
    if (!p) return;
    if (p->style->clear)
        p->style->clear(p->parameters);
    else
        free(p->parameters);
    free(p->end);
    free(p);
    *pp = NULL;
}

double femd_potential_cutoff(const femd_potential *p) {
    return p->cutoff;
}

double femd_potential_mass(const femd_potential *p, int species) {
    return species >= 0 && species < p->nspecies ? p->mass[species] : 0.0;
}

int femd_potential_energy_jumps(const femd_potential *p) {
    return p->jumps;
}

int femd_potential_is_stepped(const femd_potential *p) {
    return p->stepped;
}

const char *femd_potential_notes(const femd_potential *p) {
    return p->notes;
}

void femd_potential_judge_crystal(const femd_potential *p, int natoms, const int *species, const double cell[9],
                                  const double *x, char *words, size_t size) {
    if (size) words[0] = 0;
    if (size && p->style->judge_crystal) p->style->judge_crystal(p, natoms, species, cell, x, words, size);
}

void femd_potential_remark(femd_potential *p, const char *format, ...) {
    va_list args;
    va_start(args, format);
    femd_remarks_vadd(p->notes, sizeof p->notes, format, args);
    va_end(args);
}
