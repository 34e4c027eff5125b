/* An interatomic potential as the rest of micro/ knows it; what the kernels see of it is potential_form.h. Units are
 * those of crystal/structure.h. */
#ifndef FEMD_POTENTIAL_H
#define FEMD_POTENTIAL_H

#include "femd/json.h"
#include "femd/pack.h"

typedef struct femd_potential femd_potential;
/* From the material's "potential" object. species/n: those of the structure, in its order; each must be in the
 * potential. */
FEMD_MUST_CHECK femd_status femd_potential_create(const femd_json *doc, const cJSON *potential, const femd_pack *pack,
                                                  const char (*species)[8], int nspecies, femd_potential **p,
                                                  femd_error *err);
/* The styles that a potential may have, in order; NULL from the last one on. */
const char *femd_potential_style_name(size_t k);
void femd_potential_destroy(femd_potential **p);
double femd_potential_cutoff(const femd_potential *p); /* angstrom */
/* Remarks on uneven derivatives, one a line; "" if there are none. Borrowed. */
const char *femd_potential_notes(const femd_potential *p);
enum { FEMD_CRYSTAL_WORDS = 320 };
/* A sentence into words[size] on what the potential's cutoff and smoothing do to the constants of this crystal; ""
 * where that is little or the style has nothing to say. species[natoms], cell by rows, x[3 natoms]. */
void femd_potential_judge_crystal(const femd_potential *p, int natoms, const int *species, const double cell[9],
                                  const double *x, char *words, size_t size);
/* 1: its second derivatives jump all along, as those of a table that is interpolated as LAMMPS does. */
int femd_potential_is_stepped(const femd_potential *p);
/* 1: its energy jumps where a pair crosses the cutoff: differences of energies depend on which pairs did. */
int femd_potential_energy_jumps(const femd_potential *p);
double femd_potential_mass(const femd_potential *p, int species); /* u; 0 if the potential does not say */

#endif
