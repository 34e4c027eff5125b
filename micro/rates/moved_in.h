/* Whether a vacancy's neighbours have a state of lower energy than that near their sites, where they have moved in
 * (silicon: 1.6 eV). Hops between sites are then none of that vacancy's. */
#ifndef FEMD_MOVED_IN_H
#define FEMD_MOVED_IN_H

#include "rates/hop.h"
#include "rve/native.h"

/* The RVE at E = 0, relaxed from places where the vacancy's neighbours are drawn in: UNSUPPORTED with words if that
 * leads to less energy without that an atom has gone to another site. A start from which nothing comes says nothing.
 * NO_MEMORY. doc is the material's. */
FEMD_MUST_CHECK femd_status femd_moved_in_check(const femd_native *native, const femd_json *doc,
                                                const femd_vacancy *vacancy, femd_error *err);

#endif
