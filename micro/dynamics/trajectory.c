/* One trajectory: to its steady state and on by blocks; see trajectory.h. Owns the order of steps, looks and beats. */
#include "dynamics/trajectory.h"

#include <math.h>
#include <stdlib.h>

femd_status femd_progress_tell(const femd_progress *progress, femd_error *err) {
    if (!progress) return FEMD_OK;
    const double fraction = progress->need > 0 ? fmin(1, progress->have / progress->need) : 0;
    return femd_beat_now(progress->beat, fraction, progress->during, err);
}

/* ---- where it stands ---- */

femd_status femd_trajectory_init(femd_trajectory *trajectory, int atoms, int m, int k, femd_error *err) {
    const size_t n3 = 3 * (size_t)atoms;
    *trajectory = (femd_trajectory){.atoms = atoms};
    trajectory->x = calloc(2 * n3, sizeof *trajectory->x);
    if (!trajectory->x) return femd_fail(err, FEMD_NO_MEMORY, "a trajectory of %d atoms: out of memory", atoms);
    trajectory->v = trajectory->x + n3;
    return femd_blocks_init(&trajectory->sums, m, k, err);
}

void femd_trajectory_clear(femd_trajectory *trajectory) {
    free(trajectory->x);
    femd_blocks_clear(&trajectory->sums);
    memset(trajectory, 0, sizeof *trajectory);
}

void femd_trajectory_keep(femd_trajectory *trajectory, const femd_dynamics *dynamics) {
    const size_t size = 3 * (size_t)trajectory->atoms * sizeof(double);
    memcpy(trajectory->x, dynamics->x, size);
    memcpy(trajectory->v, dynamics->v, size);
    trajectory->step = dynamics->step;
}

femd_status femd_trajectory_resume(const femd_trajectory *trajectory, const double h[9], femd_dynamics *dynamics,
                                   femd_error *err) {
    return femd_dynamics_resume(dynamics, h, trajectory->x, trajectory->v, trajectory->step, err);
}

int femd_trajectory_blocks(const femd_trajectory *trajectory, int *missing) {
    const femd_blocks *sums = &trajectory->sums;
    *missing = sums->basic ? sums->span - sums->basic : 0;
    return sums->count * sums->span + sums->basic;
}

/* ---- how it is followed ---- */

/* The mean of the figures over one group of steps, as a sum. */
static femd_status course_group(const femd_course *course, double sum[2], femd_error *err) {
    double z[FEMD_SAMPLED_MAX], figure[2];
    sum[0] = sum[1] = 0;
    for (int s = 0; s < course->group; s++) {
        FEMD_TRY(course->step(course->user, z, err));
        course->watch(course->user, z, figure);
        sum[0] += figure[0];
        sum[1] += figure[1];
    }
    return femd_progress_tell(course->progress, err);
}

static femd_status course_segments(const femd_course *course, int groups, double *series[2], int *settled,
                                   femd_error *err) {
    for (int segment = 0, n = 0; !*settled && segment < FEMD_COURSE_SEGMENTS; segment++) {
        for (int g = 0; g < groups; g++, n++) {
            double sum[2];
            FEMD_TRY(course_group(course, sum, err));
            series[0][n] = sum[0];
            series[1][n] = sum[1];
        }
        const int late = segment + 1 >= course->late;
        *settled =
            segment > 0 && femd_series_is_steady(n, series[0], late) && femd_series_is_steady(n, series[1], late);
    }
    return FEMD_OK;
}

femd_status femd_course_settle(const femd_course *course, int segment, int *settled, femd_error *err) {
    const int groups = segment / course->group;
    const size_t most = (size_t)FEMD_COURSE_SEGMENTS * (size_t)groups;
    double *room = malloc(2 * most * sizeof *room);
    *settled = 0;
    if (!room) return femd_fail(err, FEMD_NO_MEMORY, "the way to a steady state: out of memory");
    const femd_status rc = course_segments(course, groups, (double *[]){room, room + most}, settled, err);
    free(room);
    return rc;
}

femd_status femd_course_block(const femd_course *course, int steps, int stride, femd_blocks *sums, femd_error *err) {
    double z[FEMD_SAMPLED_MAX], y[FEMD_OCCASIONAL_MAX];
    for (int s = 0; s < steps; s++) {
        FEMD_TRY(course->step(course->user, z, err));
        femd_blocks_add(sums, z);
        if (s % FEMD_DYNAMICS_RENEW == 0) FEMD_TRY(femd_progress_tell(course->progress, err));
        if (!course->look || s % stride) continue;
        FEMD_TRY(course->look(course->user, y, err));
        femd_blocks_add_occasional(sums, y);
    }
    femd_blocks_close(sums);
    return FEMD_OK;
}

femd_status femd_course_langevin(femd_dynamics *dynamics, int steps, const femd_progress *progress, femd_error *err) {
    for (int left = steps; left > 0; left -= FEMD_DYNAMICS_RENEW) {
        FEMD_TRY(femd_dynamics_langevin(dynamics, left < FEMD_DYNAMICS_RENEW ? left : FEMD_DYNAMICS_RENEW, err));
        FEMD_TRY(femd_progress_tell(progress, err));
    }
    return FEMD_OK;
}
