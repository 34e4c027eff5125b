/* Distances in a periodic cell: which image of a difference of positions is the shortest. Lattice vectors are rows. */
#ifndef FEMD_NEAREST_IMAGE_H
#define FEMD_NEAREST_IMAGE_H

/* inverse of the cell; returns the smallest of its three heights (not finite, or 0, of a flat one). */
double femd_cell_height(const double cell[9], double inverse[9]);
/* d becomes one of its images: the shortest, if that is less than half of the smallest height (then no other is as
 * short), else one that is no shorter than the shortest. Returns its length. */
double femd_nearest_image(const double cell[9], const double inverse[9], double d[3]);

#endif
