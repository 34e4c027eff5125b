/* A block of curved quadratic tetrahedra, mapped from a cube, as a Gmsh file. */
#ifndef FEMD_BENCH_MAPPED_H
#define FEMD_BENCH_MAPPED_H

#include <stdio.h>

/* Position x (m) of s in [0, 1]^3; its determinant is positive. */
typedef void mapped_place(const double s[3], double x[3]);

/* n[0] x n[1] x n[2] blocks of six tetrahedra each, nodes where `place` has them. Surfaces s0 s1 t0 t1 r0 r1 (the lower
 * and upper ends of the three coordinates), volume "body"; line "rim": where s is 1 and r one half (n[2] even).
 * mirrored: the blocks are cut along the other diagonals. */
void mapped_write(FILE *f, const int n[3], mapped_place *place, int mirrored);

#endif
