/* Tables of the embedded-atom method, as the kernels read them. */
#ifndef FEMD_POTENTIAL_EAM_H
#define FEMD_POTENTIAL_EAM_H

#include "potentials/potential_form.h"

/* Where F of one species is not refitted, or should not be, apart from the ends of its table. */
typedef struct femd_embed_break {
    double error;        /* largest change of a force that the refit would make there, eV/angstrom; 0: none */
    double at, from, to; /* densities: of that; of the stretch around it */
} femd_embed_break;

typedef struct femd_eam_tables {
    int nspecies;
    int densities; /* 1: one species; 2: several species, both densities of a pair stored */

    /* Row k of pair (a,b) starts at pair[((a nspecies + b) knots + k) stride]: cubic of phi, cubic of the density at a
     * due to b, and where densities = 2 that at b due to a. */
    double *pair;
    int knots, stride;
    double cutoff;        /* angstrom: where the tables end */
    int over_radius;      /* 1: over r, of r phi(r) and rho(r), LAMMPS's own interpolation; 0: over s, a C2 refit */
    double origin, scale; /* t = (argument - origin) scale */
    double refit_error;   /* largest relative difference of a force factor between the two, see potential_tables.c */

    /* Embedding energy: cubics over rho, embed[(a fknots + k) 4]; linear beyond rho_max. */
    double *embed;
    int fknots;
    double rho_scale, rho_max;
    femd_embed_break embed_break[FEMD_SPECIES_MAX]; /* of a refit; see potential_embed.h */
    int embed_kept;                                 /* 1: there F is as LAMMPS interpolates; 0: it is refitted too */
} femd_eam_tables;

static inline const femd_eam_tables *femd_eam_tables_of(const femd_potential *p) {
    return p->parameters;
}

/* F, F', F'' of species a at density rho. Returns 1 if rho lies beyond the table (then F goes on linearly), else 0. */
int femd_eam_embed(const femd_eam_tables *t, int a, double rho, double out[3]);

#endif
