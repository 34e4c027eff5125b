/* The orientation of a material as a JSON document has it: Q of femd_strain_rotate, v_rve = Q v_solver. */
#ifndef FEMD_ORIENTATION_H
#define FEMD_ORIENTATION_H

#include "femd/json.h"

/* Q from the "orientation" at node of a document that the schema has passed; NULL: identity. BAD_INPUT for what is no
 * rotation. */
FEMD_MUST_CHECK femd_status femd_orientation_read(const femd_json *doc, const cJSON *node, double Q[9],
                                                  femd_error *err);
/* Q from the member "orientation" of a material that no schema has seen; identity if it has none. BAD_INPUT. */
FEMD_MUST_CHECK femd_status femd_orientation_of_material(const femd_json *doc, const cJSON *material, double Q[9],
                                                         femd_error *err);
/* Bunge's g(phi1, Phi, phi2), rad, which takes sample components to crystal components (Bunge 1982, eq. 2.50). */
void femd_orientation_bunge(const double angle[3], double Q[9]);

#endif
