/* Shared by bench_solids.c and the files solids_*.c. */
#ifndef FEMD_BENCH_SOLIDS_H
#define FEMD_BENCH_SOLIDS_H

#include "femd/error.h"
#include "mapped.h"
#include "model.h"

/* One line of the results; the difference to the reference is what `ratio` says. */
void solids_figure(const char *name, double value, const char *unit, const char *reference, double of);
/* Tell what went wrong; 1. */
int solids_failed(const char *what, const femd_error *err);
/* A mapped body of steel, E 210 GPa, nu 0.3; loads are to be small, so that strains are. path: of its mesh. */
femd_status solids_begin(model *m, const int n[3], mapped_place *place, int mirrored, char path[32], femd_error *err);
/* Run, and stress (9) and displacement at the node nearest to x. Clears m and removes the mesh. */
femd_status solids_end(model *m, char *path, const double x[3], double stress[9], double u[3], femd_error *err);
/* A cylinder, a 1 m, b 2 m, plane strain, T - T0 = 100 ln(b/r) / ln 2, alpha 1.2e-5: stress and displacement at a node,
 * n cells through the wall. Stress along z at A of LE11, Pa, n x 3n x 6n cells. */
femd_status solids_heated_cylinder(int n, const double at[3], double stress[9], double u[3], femd_error *err);
femd_status solids_le11(int n, double *stress_z, femd_error *err);
/* Bodies with curved sides, the elastica; and those that heat strains; 1 if any could not be computed. */
int solids_curved(void);
/* Cook's membrane of a nearly incompressible body, and the place of a point of its unit square. */
int solids_pressure(void);
void solids_cook_place(const double s[3], double x[3]);
int solids_thermal(void);

#endif
