/* A crystal and the same with one defect more in the same cell: what every method has of it that answers the free
 * energy of the defect's formation. Owns the RVE with the defect, and how the two sides are subtracted; vibrates and
 * samples nothing. */
#ifndef FEMD_FORMATION_H
#define FEMD_FORMATION_H

#include "chemical/defect.h"
#include "rve/method.h"

typedef struct femd_formation {
    femd_native *defective; /* owned */
    femd_defect defect;
    double mass_old, mass_new;  /* u, where a species is replaced */
    double mass_host, mass_all; /* u, of all atoms without and with the defect */
    double reach;               /* angstrom: a fifth of the distance of neighbours in the host */
    double atoms, modes;        /* how much of the host's energy at rest, and of its free energy, is subtracted */
    double work;                /* cubic angstrom of the reference: times the pressure, what is done beside that */
} femd_formation;

/* The RVE with the defect, relaxed from the start that leads lowest; in *formation, which is zero before and to be
 * cleared whatever comes. BAD_INPUT with words: as femd_defect_make; a potential whose energy jumps; a mass that nobody
 * knows. */
FEMD_MUST_CHECK femd_status femd_formation_create(femd_native *host, const femd_json *doc, femd_formation *formation,
                                                  femd_error *err);
void femd_formation_clear(femd_formation *formation);
/* With the host's path where the strain is: let the defective RVE stand at its reference, ready for the same strain.
 * UNSUPPORTED where the host's atoms have left the sites of the reference. */
FEMD_MUST_CHECK femd_status femd_formation_stand(const femd_formation *formation, const femd_native *host,
                                                 femd_error *err);

/* What is subtracted: index 0 of the host, 1 with the defect. eV, Pa. */
typedef struct femd_formation_sides {
    double W[2]; /* at rest */
    double F[2]; /* of what moves */
    double pressure;
    int classical; /* masses have a part of their own */
} femd_formation_sides;

/* The chemical potential with its parts at temperature T into the response, with this error of the excess (eV). */
void femd_formation_tell(const femd_formation *formation, const femd_native *host, const femd_formation_sides *sides,
                         double T, double error, femd_response *response);

#endif
