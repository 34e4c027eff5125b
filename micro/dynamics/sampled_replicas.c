/* Replicas of an RVE in Langevin dynamics at a fixed cell: their options, equilibration, blocks and bytes. Owns the
 * order of replicas and blocks; what is looked at is the sampler's, what the sums mean too. */
#include <math.h>
#include <stdlib.h>

#include "dynamics/dynamics_options.h"
#include "dynamics/sampled_method.h"

/* Steps averaged into one value of a series; segments of the equilibration before a drift alone decides. */
enum { GROUP = 20, SEGMENTS_LATE = 12 };
enum { BLOCKS_FIRST = 24 }; /* in all, before errors are believed */
/* Blocks of each replica thrown away once an atom has left its site: with three vacancies in copper at 800 K as many
 * are one way of each vacancy (12) and two (24). */
enum { SETTLE_LEAST = 12, SETTLE_MOST = 24 };

/* ---- options and room ---- */

static femd_status replicas_read_options(femd_sampled *common, const femd_sampled_words *words, femd_error *err) {
    const femd_looks *looks = &common->sampler->looks;
    const double length = looks->forgets / common->options.friction, step = common->options.time_step;
    femd_replicas *replicas = &common->replicas;
    FEMD_TRY(femd_dynamics_lives_read(words->doc, words->node, words->at, "equilibration", length, step,
                                      &replicas->equilibration, err));
    FEMD_TRY(
        femd_dynamics_lives_read(words->doc, words->node, words->at, "block", length, step, &replicas->block, err));
    replicas->stride = (int)femd_json_number(words->node, "stride", looks->stride);
    replicas->count = (int)femd_json_number(words->node, "replicas", looks->replicas);
    replicas->max_steps = (int64_t)femd_json_number(words->node, "max_steps", (double)looks->max_steps);
    if (replicas->stride < 1 || replicas->stride > replicas->block)
        return femd_json_fail(words->doc, words->at, err, "stride must lie between 1 and a block's %d steps",
                              replicas->block);
    if (replicas->count < 1 || replicas->count > FEMD_REPLICAS_MAX)
        return femd_json_fail(words->doc, words->at, err, "replicas must lie between 1 and %d", FEMD_REPLICAS_MAX);
    if (replicas->max_steps < 8 * (int64_t)replicas->block)
        return femd_json_fail(words->doc, words->at, err, "max_steps must be at least %lld, that is eight blocks",
                              8 * (long long)replicas->block);
    return FEMD_OK;
}

femd_status femd_replicas_open(femd_sampled *common, const femd_sampled_words *words, femd_error *err) {
    const femd_looks *looks = &common->sampler->looks;
    femd_replicas *replicas = &common->replicas;
    FEMD_TRY(replicas_read_options(common, words, err));
    for (int r = 0; r < replicas->count; r++)
        FEMD_TRY(femd_trajectory_init(&replicas->one[r], common->rve.n, looks->z, looks->y, err));
    replicas->site = malloc(3 * (size_t)common->rve.n * sizeof *replicas->site);
    if (!replicas->site) return femd_fail(err, FEMD_NO_MEMORY, "an RVE of %d atoms: out of memory", common->rve.n);
    common->parts = replicas->count;
    common->first = (BLOCKS_FIRST + replicas->count - 1) / replicas->count;
    common->most = femd_blocks_within(replicas->max_steps, replicas->count, replicas->block);
    replicas->settle = common->most / 2;
    if (replicas->settle < SETTLE_LEAST) replicas->settle = SETTLE_LEAST;
    if (replicas->settle > SETTLE_MOST) replicas->settle = SETTLE_MOST;
    return FEMD_OK;
}

void femd_replicas_close(femd_replicas *replicas) {
    for (int r = 0; r < FEMD_REPLICAS_MAX; r++) femd_trajectory_clear(&replicas->one[r]);
    free(replicas->site);
}

/* ---- trajectories ---- */

static femd_status replicas_step(void *self, double *z, femd_error *err) {
    femd_sampled *common = self;
    const femd_looks *looks = &common->sampler->looks;
    if (looks->before) FEMD_TRY(looks->before(self, err));
    FEMD_TRY(femd_dynamics_langevin(&common->d, 1, err));
    looks->look(self, z);
    return FEMD_OK;
}

static void replicas_watch(void *self, const double *z, double figure[2]) {
    const femd_sampled *common = self;
    (void)z;
    figure[0] = common->d.W;
    figure[1] = common->d.tau[0] + common->d.tau[1] + common->d.tau[2];
}

static femd_course replicas_course(femd_sampled *common, const femd_progress *progress) {
    const femd_looks *looks = &common->sampler->looks;
    return (femd_course){.user = common,
                         .progress = progress,
                         .step = replicas_step,
                         .look = looks->look_closely,
                         .watch = looks->watch ? looks->watch : replicas_watch,
                         .group = GROUP,
                         .late = SEGMENTS_LATE};
}

static void replicas_prepare(femd_sampled *common, int replica) {
    common->d.dt = common->options.time_step;
    common->d.friction = common->options.friction;
    common->d.temperature = common->T;
    common->d.seed = common->seed;
    common->d.replica = (uint64_t)replica;
    if (common->sampler->looks.enter) common->sampler->looks.enter(common, replica);
}

static femd_status replicas_equilibrate(femd_sampled *common, int replica, const double *x,
                                        const femd_progress *progress, femd_error *err) {
    const femd_course course = replicas_course(common, progress);
    const int segment = common->replicas.equilibration;
    int settled;
    replicas_prepare(common, replica);
    FEMD_TRY(femd_dynamics_start(&common->d, common->place.h, x, common->T, common->seed, (uint64_t)replica, err));
    FEMD_TRY(femd_course_settle(&course, segment, &settled, err));
    if (settled) return FEMD_OK;
    return femd_fail(err, FEMD_NOT_CONVERGED, "the energy still drifts after %.3g ps of equilibration at %g K",
                     common->options.time_step * FEMD_COURSE_SEGMENTS * segment, common->T);
}

femd_status femd_replicas_start(femd_sampled *common, const double *x, const femd_progress *progress, femd_error *err) {
    common->stray = (femd_stray){0};
    common->replicas.dropped = 0;
    for (int r = 0; r < common->replicas.count; r++) {
        femd_trajectory *one = &common->replicas.one[r];
        femd_blocks_empty(&one->sums);
        FEMD_TRY(replicas_equilibrate(common, r, x, progress, err));
        femd_trajectory_keep(one, &common->d);
    }
    return FEMD_OK;
}

femd_status femd_replicas_resume(femd_sampled *common, int which, femd_error *err) {
    replicas_prepare(common, which);
    return femd_trajectory_resume(&common->replicas.one[which], common->place.h, &common->d, err);
}

femd_status femd_replicas_extend(femd_sampled *common, int blocks, const femd_progress *progress, femd_error *err) {
    const femd_replicas *replicas = &common->replicas;
    femd_progress here = *progress;
    const femd_course course = replicas_course(common, &here);
    for (int b = 0; b < blocks; b++)
        for (int r = 0; r < replicas->count; r++) {
            femd_trajectory *one = &common->replicas.one[r];
            here.have = progress->have + b + (double)r / replicas->count;
            FEMD_TRY(femd_replicas_resume(common, r, err));
            FEMD_TRY(femd_course_block(&course, replicas->block, replicas->stride, &one->sums, err));
            femd_trajectory_keep(one, &common->d);
        }
    return FEMD_OK;
}

/* ---- what they tell ---- */

/* Values of the first half of the blocks (late = 0) or of the rest. */
static void replicas_half(const femd_sampled *common, int late, femd_sampled_function function, void *user, int count,
                          double *value) {
    femd_blocks half[FEMD_REPLICAS_MAX];
    const femd_blocks *set[FEMD_REPLICAS_MAX];
    double error[FEMD_ESTIMATES_MAX];
    for (int r = 0; r < common->replicas.count; r++) {
        half[r] = common->replicas.one[r].sums; /* seen, not owned */
        const int early = half[r].count / 2;
        if (late) half[r].data += (size_t)early * (size_t)half[r].width;
        half[r].count = late ? half[r].count - early : early;
        set[r] = &half[r];
    }
    femd_blocks_estimate(set, common->replicas.count, function, user, count, value, error, NULL);
}

/* An arrangement that relaxes within `settle` blocks, of which the sums saw only the beginning: what it has still to go
 * is what was seen between the halves, or their noise, over the part of the way that was seen. */
static void replicas_widen(const femd_sampled *common, femd_sampled_function function, void *user, int count,
                           double *error) {
    const femd_replicas *replicas = &common->replicas;
    int missing;
    const int have = femd_trajectory_blocks(&replicas->one[0], &missing);
    const double way = have < replicas->settle ? (double)replicas->settle / have : 1;
    double early[FEMD_ESTIMATES_MAX] = {0}, late[FEMD_ESTIMATES_MAX] = {0};
    if (replicas->one[0].sums.count >= 2) {
        replicas_half(common, 0, function, user, count, early);
        replicas_half(common, 1, function, user, count, late);
    }
    for (int i = 0; i < count; i++) {
        const double away = way * fmax(fabs(late[i] - early[i]), 2 * error[i]);
        error[i] = sqrt(error[i] * error[i] + away * away);
    }
}

int femd_replicas_of_start(const femd_sampled *common, int start, int starts, const femd_blocks **set) {
    int count = 0;
    for (int r = start; r < common->replicas.count; r += starts) set[count++] = &common->replicas.one[r].sums;
    return count;
}

int femd_replicas_estimate(const femd_sampled *common, femd_sampled_function function, void *user, int count,
                           double *value, double *error, double *apart) {
    const femd_blocks *set[FEMD_REPLICAS_MAX];
    for (int r = 0; r < common->replicas.count; r++) set[r] = &common->replicas.one[r].sums;
    const int blocks = femd_blocks_estimate(set, common->replicas.count, function, user, count, value, error, apart);
    if (blocks >= 2 && femd_replicas_unsettled(common)) replicas_widen(common, function, user, count, error);
    return blocks;
}

void femd_replicas_stray(femd_sampled *common, const femd_native *native) {
    const femd_replicas *replicas = &common->replicas;
    femd_place_atoms(&common->rve, &common->place, native->path.w, replicas->site);
    for (int r = 0; r < replicas->count; r++)
        femd_stray_look(&common->stray, common->rve.n, replicas->site, replicas->one[r].x, common->reach);
}

int femd_replicas_unsettled(const femd_sampled *common) {
    return common->stray.gone > 0 && !common->replicas.dropped;
}

int femd_replicas_settle(femd_sampled *common) {
    femd_replicas *replicas = &common->replicas;
    int missing;
    if (!femd_replicas_unsettled(common)) return 0;
    const int lack = 2 * replicas->settle - femd_trajectory_blocks(&replicas->one[0], &missing);
    if (lack > 0) return lack;
    for (int r = 0; r < replicas->count; r++) femd_blocks_drop(&replicas->one[r].sums, replicas->settle);
    replicas->dropped = 1;
    return 0;
}

/* ---- bytes: u32 atoms that left their sites, u32 whether the first blocks were dropped, of each replica u64 step, f64
 * x[3n], v[3n] and its sums ---- */

femd_status femd_replicas_carry(femd_sampled *common, femd_carry *carry, femd_error *err) {
    uint32_t gone = (uint32_t)common->stray.gone, dropped = (uint32_t)common->replicas.dropped;
    FEMD_TRY(femd_carry_parts(carry, common->replicas.count, err));
    FEMD_TRY(femd_carry_u32(carry, &gone, err));
    FEMD_TRY(femd_carry_u32(carry, &dropped, err));
    if (gone > (uint32_t)common->rve.n || dropped > 1)
        return femd_fail(err, FEMD_PROTOCOL, "%u atoms that left their sites, %u", gone, dropped);
    common->stray = (femd_stray){.gone = (int)gone, .atoms = common->rve.n, .rms = common->stray.rms};
    common->replicas.dropped = (int)dropped;
    for (int r = 0; r < common->replicas.count; r++) {
        femd_trajectory *one = &common->replicas.one[r];
        FEMD_TRY(femd_carry_u64(carry, &one->step, err));
        FEMD_TRY(femd_carry_doubles(carry, one->x, 6 * (size_t)one->atoms, err)); /* x, then v */
        FEMD_TRY(femd_carry_blocks(carry, &one->sums, err));
    }
    return FEMD_OK;
}
