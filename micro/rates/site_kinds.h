/* Whether all sites of a crystal are alike for a vacancy: by the translations of its sites, and by the inversions that
 * take a site into another. Looks at the structure as built; never at energies. */
#ifndef FEMD_SITE_KINDS_H
#define FEMD_SITE_KINDS_H

#include "rates/hop.h"

/* Where the vacancy's hops end (changes: one of each hop): 0, on a site that is a translation of its own; 1, on one of
 * the other kind, which the inversion about the middle of the hop takes into its own (hcp and diamond have two such
 * kinds, whatever the strain). Two inversions are a translation, so that there is no third kind. Returns 1 if each hop
 * is one of the two, else 0: sites are not all alike, or not in their places to a tenth of the distance of neighbours.
 */
int femd_site_kinds(const femd_vacancy *vacancy, const femd_structure *atoms, int changes[FEMD_HOPS_MAX]);

#endif
