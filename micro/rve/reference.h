/* The reference of a material: the cell in which E = 0, relaxed once at a pressure, or as given.
 *
 * Owns the search for the reference cell and its result in the RVE (cell, volume, positions). A request never moves it.
 */
#ifndef FEMD_REFERENCE_H
#define FEMD_REFERENCE_H

#include "rve/native_path.h"

typedef struct femd_reference {
    int as_given;       /* 1: the cell of the structure is the reference */
    double temperature; /* K; statics ignores it */
    double pressure;    /* Pa */
    double accuracy; /* of a reference whose stress is sampled, over the stress scale; 0 = the harmonic one is taken */
} femd_reference;

/* From the material's "reference" member (may be absent: relaxed at temperature 0 and pressure 0). */
FEMD_MUST_CHECK femd_status femd_reference_read(const femd_json *doc, femd_reference *ref, femd_error *err);
/* Move the RVE of the path (structure as given, E = 0, w = 0) into its reference: relax the atoms (unless `frozen`)
 * and, unless as given, all six components of the cell as a symmetric stretch, until S(E=0) = -p I. Afterwards the path
 * stands at E = 0 with w = 0. Directions of strain without stiffness (across vacuum) are held; words names them, empty
 * if there are none. BAD_INPUT with words if no stable reference is found near the structure. */
enum { FEMD_REFERENCE_WORDS = 240 };
FEMD_MUST_CHECK femd_status femd_reference_relax(const femd_reference *ref, int frozen, femd_path *path,
                                                 char words[FEMD_REFERENCE_WORDS], femd_error *err);
/* Move the reference of native, which stands at 0 K, to ref->temperature: Newton on S(E=0,T) = -p I with the
 * free-energy stress and tangent of `strain` (a method's function and data; user is handed to it), all six components;
 * the new reference is in place in native. Where the stress is rough a millionth of the stiffness may be left, which a
 * remark tells. BAD_INPUT with words if there is none near by. */
struct femd_native;
typedef femd_status (*femd_reference_strain)(void *user, struct femd_native *native, double temperature, double S[6],
                                             double D[36], femd_error *err);
FEMD_MUST_CHECK femd_status femd_reference_heat(const femd_reference *ref, struct femd_native *native,
                                                femd_reference_strain strain, void *user, femd_error *err);

/* One Newton step of such a search, by hand: from S and D (Pa) at E = 0 of the reference in place to a strain, none of
 * it along directions in which `still` (the tangent of the atoms at rest) has no stiffness. Largest component 0.02.
 * BAD_INPUT where such a direction would have to carry a stress (see femd_reference_carried). */
FEMD_MUST_CHECK femd_status femd_reference_newton(const femd_reference *ref, const double S[6], const double D[36],
                                                  const double still[36], double strain[6], femd_error *err);
/* Take off the stress S what it has along directions in which `still` has no stiffness: there a sampled one is noise.
 */
FEMD_MUST_CHECK femd_status femd_reference_carried(const double still[36], double S[6], femd_error *err);
/* The reference of native strained so becomes the new one, its atoms relaxed. */
FEMD_MUST_CHECK femd_status femd_reference_move(struct femd_native *native, const double strain[6], femd_error *err);
/* Whatever physics ends a search for a reference, the material's input is at fault: BAD_INPUT with words (NO_MEMORY and
 * INTERNAL stay). */
femd_status femd_reference_blame(femd_status rc, femd_error *err);

#endif
