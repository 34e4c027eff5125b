/* The species of a material as requests count them (femd_request.delta_mu), and how words name them. */
#ifndef FEMD_SPECIES_H
#define FEMD_SPECIES_H

#include "femd/json.h"

enum { FEMD_SPECIES_MOST = 4 };

typedef struct femd_species {
    size_t n;
    const char *name[FEMD_SPECIES_MOST]; /* borrowed from the document */
    unsigned exchange;                   /* bit i: species i does; all where the material does not say which */
} femd_species;

/* In the order in which the material names them: those of its structure, what is substituted there, and those that
 * exchange ("semi-grand"). BAD_INPUT with words for a material with fewer than two or more than FEMD_SPECIES_MOST of
 * them: no difference of chemical potentials can be prescribed of it. */
FEMD_MUST_CHECK femd_status femd_species_of_material(const femd_json *doc, const cJSON *material, femd_species *s,
                                                     femd_error *err);
/* *place: of delta_mu, 0 for the second species. BAD_INPUT with the words of whoever names it (`what`) for the first
 * species, for one that the material has not or does not exchange, and for one that stands in *given already (bit set
 * by place). */
FEMD_MUST_CHECK femd_status femd_species_place(const femd_species *s, const char *name, const char *what,
                                               unsigned *given, int *place, femd_error *err);
/* BAD_INPUT with words if a species but the first exchanges and is missing in `given`. */
FEMD_MUST_CHECK femd_status femd_species_all_given(const femd_species *s, const char *what, unsigned given,
                                                   femd_error *err);

#endif
