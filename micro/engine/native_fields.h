/* Local fields of a native RVE (local/local_fields.h): where their configurations come from. */
#ifndef FEMD_NATIVE_FIELDS_H
#define FEMD_NATIVE_FIELDS_H

#include "dynamics/sampled_method.h"
#include "local/local_fields.h"

/* Of atoms at rest at (E, w), w = NULL for none. */
FEMD_MUST_CHECK femd_status femd_native_fields_at_rest(femd_native *native, const double E[6], const double *w,
                                                       const femd_local_ask *ask, const femd_beat *beat,
                                                       femd_local_fields *fields, femd_error *err);
/* Of replicas in dynamics, from what their method carried in a state. The samples are dealt out evenly over the
 * replicas, FEMD_FIELDS_STRIDE steps apart in each. */
enum { FEMD_FIELDS_STRIDE = 40 };
FEMD_MUST_CHECK femd_status femd_native_fields_moving(femd_native *native, femd_sampled *common,
                                                      const femd_bytes *carried, const femd_local_ask *ask,
                                                      const femd_beat *beat, femd_local_fields *fields,
                                                      femd_error *err);

#endif
