/* Configurations of a native RVE for its local fields: its atoms at rest, or its replicas in dynamics as they go on. */
#include "engine/native_fields.h"

#include <stdlib.h>

femd_status femd_native_fields_at_rest(femd_native *native, const double E[6], const double *w,
                                       const femd_local_ask *ask, const femd_beat *beat, femd_local_fields *fields,
                                       femd_error *err) {
    const size_t n = (size_t)native->rve.n;
    femd_place place;
    FEMD_TRY(femd_place_set(&native->rve, E, &place, err));
    double *x = malloc(4 * n * sizeof *x), *mass = x ? x + 3 * n : NULL;
    if (!x) return femd_fail(err, FEMD_NO_MEMORY, "fields of %zu atoms: out of memory", n);
    femd_place_atoms(&native->rve, &place, w, x);
    femd_status rc = femd_neighbours_rebuild(native->rve.nb, native->rve.n, place.h, x, err);
    for (size_t i = 0; i < n; i++) mass[i] = femd_native_mass(native, (int)i);
    femd_local_source source = {.native = native, .E = E, .x = x, .mass = mass};
    if (rc == FEMD_OK) rc = femd_local_fields_make(&source, ask, beat, fields, err);
    free(x);
    return rc;
}

typedef struct native_replicas {
    femd_sampled *common;
    int each, now; /* samples of each replica; the one that moves */
} native_replicas;

static femd_status native_fields_next(femd_local_source *source, int k, femd_error *err) {
    native_replicas *r = source->user;
    if (k / r->each == r->now) return femd_dynamics_langevin(&r->common->d, FEMD_FIELDS_STRIDE, err);
    r->now = k / r->each;
    return femd_replicas_resume(r->common, r->now, err);
}

femd_status femd_native_fields_moving(femd_native *native, femd_sampled *common, const femd_bytes *carried,
                                      const femd_local_ask *ask, const femd_beat *beat, femd_local_fields *fields,
                                      femd_error *err) {
    FEMD_TRY(femd_sampled_decode(common, native, carried, err));
    const int count = common->replicas.count;
    native_replicas replicas = {.common = common, .each = (femd_local_samples(ask->samples) + count - 1) / count};
    FEMD_TRY(femd_replicas_resume(common, 0, err));
    femd_local_source source = {.native = native,
                                .E = common->E0,
                                .x = common->d.x,
                                .v = common->d.v,
                                .mass = common->mass,
                                .temperature = common->T,
                                .next = native_fields_next,
                                .user = &replicas,
                                .interval = FEMD_FIELDS_STRIDE * common->options.time_step};
    return femd_local_fields_make(&source, ask, beat, fields, err);
}
