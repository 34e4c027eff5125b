/* A section through the local fields of an RVE, as a picture. */
#ifndef FEMD_CLIENT_FIELDS_PICTURE_H
#define FEMD_CLIENT_FIELDS_PICTURE_H

#include "micro.h"

typedef struct fields_picture {
    const char *what; /* "stress.xx", "d2min", ...; NULL: no picture */
    int across;       /* the lattice vector that the section lies across, 1 to 3 */
} fields_picture;

/* BAD_INPUT with the names that there are if it is none of a quantity. */
FEMD_MUST_CHECK femd_status fields_picture_check(const fields_picture *picture, femd_error *err);
/* FOLDER/STEM.png and .svg: the layer of cells in the middle of that lattice vector, and the atoms in it. UNSUPPORTED
 * if the fields have no such quantity. */
FEMD_MUST_CHECK femd_status fields_picture_draw(const fields_picture *picture, const femd_local_fields *f,
                                                const char *folder, const char *stem, femd_error *err);

#endif
