/* What a host of MFront's "generic" interface hands to a behaviour for one point: the data view of API version 1 (TFEL
 * from 3.4.1 on, MGIS from 1.2 on), written down from its description. Each call has one, and one state is read, one
 * written. */
#ifndef FEMD_MFRONT_VIEW_H
#define FEMD_MFRONT_VIEW_H

enum { MFRONT_API_VERSION = 1, MFRONT_WORDS = 512 };

typedef struct mfront_state {
    double *gradients, *thermodynamic_forces;
    double *mass_density; /* may be NULL, as may the energies */
    double *material_properties, *internal_state_variables;
    double *stored_energy, *dissipated_energy;
    double *external_state_variables;
} mfront_state;

typedef struct mfront_view {
    char *error_message;    /* NULL, or room for MFRONT_WORDS */
    double dt;              /* of the increment */
    double *K;              /* goes: what is to be computed, K[0] to K[2]; comes: the tangent */
    double *rdt;            /* by what the host should multiply the increment */
    double *speed_of_sound; /* wanted if K[0] > 50 */
    mfront_state s0, s1;    /* of the increment's beginning, and of its end */
} mfront_view;

#endif
