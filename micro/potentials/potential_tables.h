/* The tabulated functions of an embedded-atom potential as read from a file, and their way into the kernels' tables. */
#ifndef FEMD_POTENTIAL_TABLES_H
#define FEMD_POTENTIAL_TABLES_H

#include "potentials/potential_eam.h"

typedef enum femd_interpolation {
    FEMD_INTERPOLATE_AUTO,   /* smooth if that is within FEMD_REFIT_LIMIT of LAMMPS's forces, else as LAMMPS */
    FEMD_INTERPOLATE_SMOOTH, /* C2 everywhere below the cutoff */
    FEMD_INTERPOLATE_LAMMPS  /* C1: second derivatives jump at the knots */
} femd_interpolation;

/* n species of the structure on common grids rho = k drho, r = k dr. All arrays are owned. */
typedef struct femd_eam {
    int n, nrho, nr;
    double drho, dr, cutoff, rho_max;
    double mass[FEMD_SPECIES_MAX];
    double *embed;   /* [n][nrho] F */
    double *density; /* [n][n][nr]: entry (a, b) is the density at a due to b */
    double *z;       /* [n][n][nr]: r phi(r), eV angstrom */
} femd_eam;

/* Largest difference from LAMMPS's forces per bond, in eV/angstrom and relative to max(1 eV/angstrom, force), up to
 * which "auto" refits. */
#define FEMD_REFIT_LIMIT 1e-8

FEMD_MUST_CHECK femd_status femd_eam_reserve(femd_eam *t, femd_error *err); /* allocates from n, nrho, nr */
void femd_eam_clear(femd_eam *t);
/* Make the tables of *p (its parameters), its cutoffs and masses from *t. */
FEMD_MUST_CHECK femd_status femd_eam_tabulate(const femd_eam *t, femd_interpolation how, femd_potential *p,
                                              femd_error *err);

/* potential_eam_cut.c, after femd_eam_tabulate: what the kernels' tables of pair (a, b) leave at the cutoff, *phi (eV)
 * the pair energy there; and p->end, where some pair leaves enough to count. */
femd_potential_end femd_eam_end_of_pair(const femd_potential *p, int a, int b, double *phi);
FEMD_MUST_CHECK femd_status femd_eam_find_cut(const femd_eam *t, femd_potential *p, femd_error *err);

/* Releases the parameters of a potential of tables. */
void femd_eam_tables_clear(void *tables);

/* potential_judge.c: remarks on kinks, jumps, scatter and coarse knots of *t into p->notes, after femd_eam_tabulate. */
void femd_eam_judge(const femd_eam *t, const char (*species)[8], femd_potential *p);
/* potential_ends.c: remarks on functions that do not end at zero at the cutoff; part of the former. */
void femd_eam_judge_ends(const femd_eam *t, const char (*species)[8], femd_potential *p);

#endif
