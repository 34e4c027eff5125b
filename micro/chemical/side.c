/* See side.h. */
#include "chemical/side.h"

#include <stdlib.h>

femd_status femd_side_open(femd_side *side, femd_native *native, double skin, const femd_json *doc, femd_error *err) {
    const size_t n3 = 3 * (size_t)native->rve.n;
    side->native = native;
    side->rve = native->rve;
    FEMD_TRY(femd_native_masses(native, doc, &side->mass, err));
    FEMD_TRY(femd_neighbours_create(femd_potential_cutoff(native->potential), skin, &side->nb, err));
    side->rve.nb = side->nb;
    FEMD_TRY(femd_dynamics_create(&side->rve, side->mass, &side->d, err));
    side->site = malloc(n3 * sizeof *side->site);
    return side->site ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "an RVE of %d atoms: out of memory", native->rve.n);
}

void femd_side_close(femd_side *side) {
    femd_dynamics_clear(&side->d);
    femd_neighbours_destroy(&side->nb);
    free(side->mass);
    free(side->site);
}

femd_status femd_side_stand(femd_side *side, const double E[6], const double *x, femd_error *err) {
    side->rve = side->native->rve;
    side->rve.nb = side->nb;
    FEMD_TRY(femd_place_set(&side->rve, E, &side->place, err));
    if (x)
        memcpy(side->site, x, 3 * (size_t)side->rve.n * sizeof *x);
    else
        femd_place_atoms(&side->rve, &side->place, NULL, side->site);
    return FEMD_OK;
}

void femd_side_prepare(femd_side *side, const femd_sampled *common, uint64_t replica) {
    side->d.dt = common->options.time_step;
    side->d.friction = common->options.friction;
    side->d.temperature = common->T;
    side->d.seed = common->seed;
    side->d.replica = replica;
}

femd_status femd_side_settle(femd_side *side, const femd_course *course, int segment, const double *x,
                             femd_trajectory *trajectory, femd_error *err) {
    femd_dynamics *d = &side->d;
    int settled;
    femd_blocks_empty(&trajectory->sums);
    FEMD_TRY(femd_dynamics_start(d, side->place.h, x, d->temperature, d->seed, d->replica, err));
    FEMD_TRY(femd_course_settle(course, segment, &settled, err));
    if (!settled)
        return femd_fail(err, FEMD_NOT_CONVERGED, "the energy still drifts after %.3g ps at %g K",
                         d->dt * FEMD_COURSE_SEGMENTS * segment, d->temperature);
    femd_trajectory_keep(trajectory, d);
    return FEMD_OK;
}
