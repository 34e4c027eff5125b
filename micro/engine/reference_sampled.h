/* The reference of a material whose stress is sampled: the cell at rest, moved on until the sampled stress is the
 * reference pressure. No harmonic vibrations are asked: on a rough table they know neither the stress nor the
 * stiffness. */
#ifndef FEMD_REFERENCE_SAMPLED_H
#define FEMD_REFERENCE_SAMPLED_H

#include "rve/method.h"
#include "rve/reference.h"

/* Move the RVE, which stands at its reference at 0 K, until S(E = 0, ref->temperature) = -ref->pressure I by the method
 * within ref->accuracy times the stress scale, the reference stress but at least that of 1 % strain of the atoms held.
 * Newton with the sampled D, of which what is soft or negative is stiffened: D decides how fast, S alone where it ends.
 * Stress and strain are averaged over the symmetry of the RVE along its axes (point_group.h), so that a cubic crystal
 * in a cubic cell stays cubic. A function of the material alone. The stress that was reached, with its errors, becomes
 * a remark of native; the notes of its sampling, and that it stays surely off though within the accuracy, native's
 * doubts. BAD_INPUT with words if that does not end. */
FEMD_MUST_CHECK femd_status femd_reference_sample(const femd_reference *ref, femd_native *native, const femd_json *doc,
                                                  const femd_method *method, femd_error *err);

#endif
