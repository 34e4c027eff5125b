/* The header of a LAMMPS data file: how many atoms and types, and the box. */
#ifndef FEMD_LAMMPS_HEADER_H
#define FEMD_LAMMPS_HEADER_H

#include "crystal/file_text.h"

typedef struct femd_lammps_header {
    double atoms, types;
    double bounds[3][2], tilt[3];   /* xlo xhi ...; xy, xz, yz */
    double vector[3][3], origin[3]; /* of a general triclinic box: avec, bvec, cvec; abc origin */
    unsigned seen;                  /* bits of the lines that were there */
} femd_lammps_header;

/* BAD_INPUT if the title of the file says units whose lengths are no angstrom. */
FEMD_MUST_CHECK femd_status femd_lammps_title(const char *name, const char *title, femd_error *err);
/* A line of the header, cut into words, into *h. BAD_INPUT if it is none. */
FEMD_MUST_CHECK femd_status femd_lammps_header_line(const femd_lines *lines, char *const word[], int words,
                                                    femd_lammps_header *h);
/* Its counts against the material's species and the size of the file in bytes, and that there is one box. */
FEMD_MUST_CHECK femd_status femd_lammps_header_check(const femd_lines *lines, const femd_lammps_header *h, int types,
                                                     size_t size);
/* Cell vectors as rows, and the corner from which they start. */
void femd_lammps_box(const femd_lammps_header *h, double cell[9], double corner[3]);

#endif
