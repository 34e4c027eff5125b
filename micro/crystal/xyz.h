/* Extended XYZ, as OVITO and ASE read it. Owns the text format; never computes. */
#ifndef FEMD_XYZ_H
#define FEMD_XYZ_H

#include "femd/buffer.h"

typedef struct femd_xyz_frame {
    int n;
    const double *cell;         /* 9, lattice vectors as rows, angstrom */
    const char (*symbol)[8];    /* per species */
    const int *species;         /* n */
    const double *x;            /* n x 3, angstrom */
    const double *displacement; /* n x 3, angstrom; NULL to leave out */
    const double *energy;       /* n, eV; NULL to leave out */
    const double *strain;       /* 6, Voigt; NULL to leave out */
} femd_xyz_frame;

/* Append one frame as text; every number parses back to the same double. NO_MEMORY. */
FEMD_MUST_CHECK femd_status femd_xyz_append(const femd_xyz_frame *frame, femd_buffer *out, femd_error *err);

#endif
