/* Shared by bench_solids.c and solids_curved.c. */
#ifndef FEMD_BENCH_SOLIDS_H
#define FEMD_BENCH_SOLIDS_H

#include "femd/error.h"

/* One line of the results; the difference to the reference is what `ratio` says. */
void solids_figure(const char *name, double value, const char *unit, const char *reference, double of);
/* Tell what went wrong; 1. */
int solids_failed(const char *what, const femd_error *err);
/* Bodies with curved sides, the elastica; 1 if any could not be computed. */
int solids_curved(void);

#endif
