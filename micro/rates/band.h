/* The path of least energy between two given states of the same atoms in one cell, and the saddles on it: a nudged
 * elastic band whose images climb.
 *
 * The band is a chain of images between the states, which are held. Every other one is moved by the force across the
 * path and by springs along it; once the chain lies nearly still, each that is higher than both its neighbours climbs,
 * without springs, to the saddle itself (band_path.h has the formulae and where they are from). All are moved together
 * by FIRE (rve/fire.h), since such forces are the gradient of nothing. Several saddles on one way are all found where
 * images enough are between them; a path that rises between two images above every image that climbed is refused, and
 * so is one without a saddle. It never makes states up and never counts negative eigenvalues: whoever needs a saddle to
 * more than `tolerance` goes on from the image that climbed.
 *
 * The same inputs give the same bits for any number of threads. Units: eV, angstrom. */
#ifndef FEMD_BAND_H
#define FEMD_BAND_H

#include "femd/engine.h"
#include "rates/band_images.h"

enum { FEMD_BAND_IMAGES_MIN = 3, FEMD_BAND_IMAGES_MAX = 64 };

typedef struct femd_band_settings {
    int images;       /* with the two states */
    double tolerance; /* eV/angstrom: the largest component of what moves an image */
    double climb;     /* eV/angstrom: below this the highest images begin to climb */
    double enough;   /* eV/angstrom: where forces no longer fall, a band below this is taken all the same; 0: none is */
    int steps;       /* of all images together before NOT_CONVERGED */
    double max_move; /* angstrom: largest component of one step */
    int threads;     /* that compute images side by side; a worker that shares its host with others has 1 */
} femd_band_settings;
#define FEMD_BAND_DEFAULTS                                                                                             \
    { 7, 1e-4, 0.1, 0, 3000, 0.1, 1 }

typedef struct femd_band_result {
    int images, saddles;                 /* how many climbed to a saddle, at least 1 */
    int top;                             /* the highest image, which is one of them */
    double energy[FEMD_BAND_IMAGES_MAX]; /* eV, above the first state */
    double place[FEMD_BAND_IMAGES_MAX];  /* how far along the path, 0 to 1 */
    int climbs[FEMD_BAND_IMAGES_MAX];    /* 1: a saddle */
    double barrier, back;                /* eV: from the first state to the top, and from the second */
    double length;                       /* of the path in the space of all atoms, angstrom */
    double force;                        /* eV/angstrom: what is left, in the sense of `tolerance`, or of `enough` */
    int steps;
    uint64_t calls; /* of forces of one image */
} femd_band_result;

typedef struct femd_band femd_band;

/* BAD_ARGUMENT with words for settings out of range, NO_MEMORY. */
FEMD_MUST_CHECK femd_status femd_band_create(const femd_band_atoms *atoms, const femd_band_settings *settings,
                                             femd_band **out, femd_error *err);
void femd_band_destroy(femd_band **band);
/* Relax one state (3n positions, in and out) to what femd_band_run takes for one; *moved (angstrom, may be NULL): the
 * largest component of its displacement. Errors of femd_relax. */
FEMD_MUST_CHECK femd_status femd_band_settle(femd_band *band, double *x, const femd_beat *beat, double *moved,
                                             femd_error *err);
/* The path from `first` to `second` (3n positions each, in the cell of the atoms, any images of the atoms; the straight
 * way is where it starts from). BAD_INPUT: a state is not relaxed to the tolerance, they are one state, an atom goes
 * too far (femd_band_way). NOT_CONVERGED with words where the band stands: after `steps`, where forces no longer fall,
 * with no image above both states, or where images are too few for what is between them. OUT_OF_DOMAIN, DIVERGED,
 * DEADLINE, CANCELLED. */
FEMD_MUST_CHECK femd_status femd_band_run(femd_band *band, const double *first, const double *second,
                                          const femd_beat *beat, femd_band_result *result, femd_error *err);
/* Positions (3n) of an image where the last run ended; borrowed. They are continuous along the band and drift nowhere
 * as a whole. */
const double *femd_band_image(const femd_band *band, int image);

#endif
