/* A crystal with one defect more: what a material's "defect" makes of the atoms of its reference.
 *
 * {"vacancy": site}, {"substitute": {"site": site, "species": S}}, {"interstitial": {"at": [3 fractions], "species":
 * S}} or {"interstitial": {"site": site, "along": [3 numbers], "species": S}}, which shares the site of an atom in that
 * direction; a site is the number of an atom, from 0 in the order of the structure, or three fractions of the cell: the
 * atom nearest to them. Owns the reading of these and the choice of the atom; never relaxes. */
#ifndef FEMD_DEFECT_H
#define FEMD_DEFECT_H

#include "rve/native.h"

typedef enum femd_defect_kind {
    FEMD_DEFECT_VACANCY,
    FEMD_DEFECT_SUBSTITUTE,
    FEMD_DEFECT_INTERSTITIAL
} femd_defect_kind;

typedef struct femd_defect {
    femd_defect_kind kind;
    int more;    /* atoms that the defective RVE has more than the host: -1, 0 or 1 */
    int foreign; /* an interstitial of a species that the host lacks */
    int atom;    /* that was taken out or replaced, in the host; that was put in, in the defective RVE */
    /* Of mixing: one more of the new, of so many that could have been, where the host has others already: (new +
     * 1)/old.
     */
    double odds;
} femd_defect;

/* The atoms of the host's reference, with room for `more` besides, for femd_structure_clear. */
FEMD_MUST_CHECK femd_status femd_defect_copy(const femd_native *host, int more, femd_structure *atoms, femd_error *err);
/* The atoms of the host's reference with the defect, for femd_structure_clear. BAD_INPUT with words: no "defect", a
 * site that is none, a vacancy or an interstitial of its own kind in a crystal whose atoms are not all alike (each has
 * another chemical potential there), a substitute that is there already. */
FEMD_MUST_CHECK femd_status femd_defect_make(const femd_native *host, const femd_json *doc, femd_defect *defect,
                                             femd_structure *atoms, femd_error *err);
/* The other places to relax from of crystal/draw_in.h: the neighbours of a vacancy drawn in. Nothing for other
 * defects. */
void femd_defect_draw_in(const femd_native *host, const femd_defect *defect, int start, femd_structure *atoms);

#endif
