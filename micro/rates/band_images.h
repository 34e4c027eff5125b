/* The images of an elastic band: how the energies and forces of several configurations of the same atoms are computed
 * at once.
 *
 * Each image has bonds and a neighbour list of its own, so that a list lives as long as the image stays near, and an
 * image may be computed by any thread: the bits do not depend on how many there are. Never moves an atom. Units: eV,
 * angstrom. */
#ifndef FEMD_BAND_IMAGES_H
#define FEMD_BAND_IMAGES_H

#include "rve/native_rve.h"

enum { FEMD_BAND_THREADS_MAX = 64 };

/* The atoms that all images are of, in one periodic cell. */
typedef struct femd_band_atoms {
    const femd_potential *potential; /* borrowed: must outlive the images */
    int n;
    const int *species; /* n, 0-based, as the potential's; borrowed while images are created */
    double cell[9];     /* lattice vectors as rows */
    double skin;        /* of neighbour lists */
} femd_band_atoms;

typedef struct femd_images femd_images;

/* Room for `count` images. NO_MEMORY; BAD_ARGUMENT if there are no images or atoms. */
FEMD_MUST_CHECK femd_status femd_images_create(const femd_band_atoms *atoms, int count, femd_images **out,
                                               femd_error *err);
void femd_images_destroy(femd_images **images);
/* One image as an RVE without a reference: atoms, bonds and list, borrowed. */
femd_rve femd_images_rve(const femd_images *images, int image);
/* Build all lists anew at x (count x 3n): what follows is a function of x alone. */
FEMD_MUST_CHECK femd_status femd_images_renew(femd_images *images, const double *x, femd_error *err);
/* W (count) and forces f (count x 3n) of the images first .. end - 1 at x, by up to `threads` threads, this one
 * included; where no more are to be had, by those that are. The error is that of the first image that has one, and
 * names it. */
FEMD_MUST_CHECK femd_status femd_images_forces(femd_images *images, int first, int end, int threads, const double *x,
                                               double *W, double *f, femd_error *err);
/* Force calls so far. */
uint64_t femd_images_calls(const femd_images *images);

#endif
