/* LAMMPS as an independent reference: a separate program, started by the test in a folder of its own. */
#ifndef FEMD_TEST_LAMMPS_M2_H
#define FEMD_TEST_LAMMPS_M2_H

/* LAMMPS 29 Sep 2021, units metal: bar per eV/angstrom^3 (its nktv2p; CODATA 2018 has 1602176.634). */
#define LAMMPS_BAR 1.6021765e6

typedef struct lammps_run {
    const char *pair; /* "pair_style ...\npair_coeff ...\n" */
    int n, ntypes;
    const double *cell;        /* rows, any orientation */
    const double *x;           /* n x 3 */
    const int *type;           /* n, 1-based; NULL: all 1 */
    int minimise;              /* 0: forces at x; 1: relax to 1e-10 eV/angstrom or the round-off of its line search */
    const unsigned char *held; /* n: 1 for atoms that do not move in it; NULL: none */
    int differences;           /* 1: then relax at plus and minus `step` of each engineering strain of the cell, as a
                                  central-difference tangent needs */
    double step;
} lammps_run;

typedef struct lammps_result {
    double sigma[6]; /* Cauchy stress, Voigt, eV/angstrom^3, in the frame of `cell` */
    double energy;   /* eV */
    double fmax;     /* eV/angstrom */
    double seconds;  /* wall clock of the relaxations for `differences`, without start and reading; else 0 */
} lammps_result;

/* 1 if the program is installed. */
int lammps_is_there(void);
/* Returns 0, or 1 with words in text (size bytes). */
int lammps_evaluate(const lammps_run *run, lammps_result *result, char *text, int size);

#endif
