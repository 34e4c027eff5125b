/* Rigid motions that nothing holds, and their names. Knows no field and no mesh: numbers in, words out. */
#ifndef FEMD_BOUNDARY_FREE_H
#define FEMD_BOUNDARY_FREE_H

#include <stddef.h>

/* Unknowns of a Gram matrix in a larger measure, in which they are no more than unit: those of a surface that turns
 * about a far point. Whether a vector with A x = 0 has some of the others is as before. */
void femd_gram_shrink(double *A, int n, double unit);
/* The vectors x with A x = 0 of a Gram matrix A (n x n, of size 1, overwritten): free has room for n x n, vector k at
 * free + n k, each with an entry of 1 that the others do not have. Returns how many; *first: the first such entry, -1
 * if there is none. -1 without memory. */
int femd_gram_free(double *A, int n, double *free_ways, int *first);

enum { FEMD_FREE_WORDS = 512 };
/* n motions of a body, six numbers each: u = (m0, m1, m2) - (m3, m4, m5) x (X - middle) / size. text: "translation
 * along y and rotation about the axis along z through (1, 0, 0) m", whatever the motions are that they span. */
void femd_free_words(const double *motion, int n, const double middle[3], double size, char text[FEMD_FREE_WORDS]);

#endif
