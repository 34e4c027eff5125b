/* What the two halves of bench_md share: rows, times, tables of potentials. */
#ifndef FEMD_BENCH_MD_H
#define FEMD_BENCH_MD_H

#include "femd/pack.h"

/* One row; reference NULL: none. */
void md_row(const char *name, double value, const char *unit, const char *reference, double ref_value);
/* Processor seconds of this process. */
double md_seconds(void);
/* A table of the LAMMPS package; *text is the caller's. */
FEMD_MUST_CHECK femd_status md_table(const char *name, femd_bytes *out, char **text, femd_error *err);

/* bench_answers.c: Born terms in force calls, quasi-harmonic answer, sampled tangent against LAMMPS by direct strain.
 */
FEMD_MUST_CHECK femd_status bench_born_terms(femd_error *err);
FEMD_MUST_CHECK femd_status bench_quasiharmonic(femd_error *err);
FEMD_MUST_CHECK femd_status bench_sampled_tangent(femd_error *err);

/* bench_flow.c: sampling of viscosity and diffusivity against LAMMPS. */
FEMD_MUST_CHECK femd_status bench_flow(femd_error *err);

#endif
