/* Trajectories of the method `nemd` and the sums over them. Owns the order of a run (every layer at its temperature,
 * slabs alone until steady, blocks) and what is sampled at a step; what the sums mean is nemd_fit.c's. */
#include <math.h>
#include <stdlib.h>

#include "conductivity/nemd.h"
#include "crystal/structure.h"

/* Steps averaged into one value of a series; blocks on the way to the steady state before a drift alone decides;
 * repeats of a way, at least. */
enum { GROUP = 50, SEGMENTS_LATE = 16, DEFAULT_WAY = 5 };
static const double DEFAULT_SLABS[] = {2, 3, 4}; /* ways between the slabs by default, in slabs */
enum { DEFAULT_LENGTHS = 3 };
static const double DRIFT_MAX = 0.02; /* of the thermal energy 3 N k T, in one block */

/* ---- which trajectories ---- */

void femd_nemd_unplan(femd_nemd *g) {
    for (int s = 0; s < g->count; s++) {
        femd_trajectory_clear(&g->series[s].trajectory);
        free(g->series[s].profile);
    }
    memset(g->series, 0, sizeof g->series);
    g->count = g->common.parts = 0;
}

static femd_status nemd_add_series(femd_nemd *g, int direction, int length, int repeats, int gradient, int atoms,
                                   femd_error *err) {
    const double all = (double)atoms * repeats * g->options.across * g->options.across;
    if (all > FEMD_ATOMS_MAX)
        return femd_fail(err, FEMD_BAD_INPUT,
                         "nemd: a row of %d repeats, %d times %d across, has %.3g atoms; at most %d are possible "
                         "(nemd.lengths, nemd.slab, nemd.across)",
                         repeats, g->options.across, g->options.across, all, FEMD_ATOMS_MAX);
    femd_nemd_series *s = &g->series[g->count++];
    g->common.parts = g->count;
    s->direction = direction;
    s->length = length;
    s->repeats = repeats;
    s->gradient = gradient;
    s->profile = calloc((size_t)repeats, sizeof *s->profile);
    if (!s->profile) return femd_fail(err, FEMD_NO_MEMORY, "a row of %d repeats: out of memory", repeats);
    return femd_trajectory_init(&s->trajectory, (int)all, FEMD_NEMD_Z, FEMD_NEMD_Y, err);
}

/* Lengths where the material names none: ways of so many slabs, but enough repeats for a line. */
static int nemd_choose_lengths(const femd_nemd_options *o, double step, int *length) {
    if (o->lengths) {
        memcpy(length, o->length, (size_t)o->lengths * sizeof *length);
        return o->lengths;
    }
    const int slab = femd_nemd_slab(o, step);
    for (int i = 0; i < DEFAULT_LENGTHS; i++) {
        const double way = fmax(DEFAULT_SLABS[i] * slab, DEFAULT_WAY * DEFAULT_SLABS[i] / DEFAULT_SLABS[0]);
        length[i] = 2 * (slab + (int)ceil(way));
    }
    return DEFAULT_LENGTHS;
}

static femd_status nemd_plan_direction(femd_nemd *g, const double h[9], int direction, int atoms, femd_error *err) {
    const femd_nemd_options *o = &g->options;
    int length[FEMD_NEMD_LENGTHS_MAX];
    const double step = femd_nemd_height(h, direction, NULL);
    if (femd_nemd_slab(o, step) == FEMD_NEMD_SLAB_MAX)
        return femd_fail(err, FEMD_BAD_INPUT, "nemd.slab: %g angstrom are %d repeats of the RVE or more", o->slab,
                         FEMD_NEMD_SLAB_MAX);
    const int lengths = nemd_choose_lengths(o, step, length);
    int slab, margin;
    for (int l = 0; l < lengths; l++) FEMD_TRY(femd_nemd_divide(length[l], step, o, &slab, &margin, err));
    for (int l = 0; l < lengths; l++)
        FEMD_TRY(nemd_add_series(g, direction, l, length[l], o->gradients - 1, atoms, err));
    for (int k = 0; k < o->gradients - 1; k++) FEMD_TRY(nemd_add_series(g, direction, 0, length[0], k, atoms, err));
    return FEMD_OK;
}

femd_status femd_nemd_plan(femd_nemd *g, const double h[9], int atoms, femd_error *err) {
    femd_nemd_unplan(g);
    for (int d = 0; d < 3; d++)
        if (!g->options.isotropic || d == g->options.direction) FEMD_TRY(nemd_plan_direction(g, h, d, atoms, err));
    g->common.most = femd_blocks_within(g->options.max_steps, g->count, g->options.block);
    return FEMD_OK;
}

/* ---- one trajectory ---- */

/* A trajectory while it runs: its box, its dynamics, its thermostats. */
typedef struct run {
    femd_nemd *g;
    femd_nemd_series *s;
    femd_nemd_box box;
    femd_dynamics d;
    double *target, *given, *work, *profile; /* repeats, repeats, 7 x repeats, repeats */
    femd_thermostats slabs, layers;
    const femd_progress *progress;
    double block_given; /* eV, by both slabs in the present block */
} run;

static void run_close(run *r) {
    r->g->sweeps +=
        r->box.rve.en ? femd_energetics_count(r->box.rve.en) * (uint64_t)(r->box.repeats * r->box.columns) : 0;
    femd_dynamics_clear(&r->d);
    femd_nemd_box_close(&r->box);
    free(r->target);
}

/* Temperature of a layer: those of the slabs, straight between them. */
static double run_layer_temperature(const femd_nemd_box *b, int layer, double hot, double cold) {
    const int half = b->repeats / 2, at = layer % half;
    const double share = at < b->slab ? 0 : (at - b->slab + 1.0) / (half - b->slab + 1.0);
    return layer < half ? hot + (cold - hot) * share : cold + (hot - cold) * share;
}

static femd_status run_open(run *r, const femd_native *n, const double h[9], const double *x, femd_error *err) {
    const femd_nemd_options *o = &r->g->options;
    const femd_nemd_series *s = r->s;
    const double T = r->g->common.T, difference = o->gradient[s->gradient] * T;
    FEMD_TRY(femd_nemd_box_open(n, h, x, s->direction, s->repeats, o, &r->box, err));
    FEMD_TRY(femd_dynamics_create(&r->box.rve, r->box.mass, &r->d, err));
    r->d.dt = r->g->common.options.time_step;
    r->d.friction = r->g->common.options.friction;
    r->d.temperature = T;
    r->d.seed = r->g->common.seed;
    r->d.replica = (uint64_t)s->direction + 3 * ((uint64_t)s->length + FEMD_NEMD_LENGTHS_MAX * (uint64_t)s->gradient);
    const size_t layers = (size_t)s->repeats;
    r->target = calloc(10 * layers, sizeof *r->target);
    if (!r->target) return femd_fail(err, FEMD_NO_MEMORY, "thermostats: out of memory");
    r->given = r->target + layers;
    r->profile = r->given + layers;
    r->work = r->profile + layers;
    r->layers = (femd_thermostats){s->repeats, r->box.layer, r->target, r->given, r->work};
    r->slabs = (femd_thermostats){2, r->box.slab_of, r->target, r->given, r->work};
    for (int l = 0; l < s->repeats; l++)
        r->target[l] = run_layer_temperature(&r->box, l, T + difference, T - difference);
    return FEMD_OK;
}

/* From here on the slabs alone: the first two targets are theirs. */
static void run_leave_layers(run *r) {
    const double T = r->g->common.T, difference = r->g->options.gradient[r->s->gradient] * T;
    r->target[0] = T + difference;
    r->target[1] = T - difference;
}

/* z: what the slabs give in a unit of time, and the gradients of both sides. */
static femd_status run_step(void *user, double *z, femd_error *err) {
    run *r = user;
    r->given[0] = r->given[1] = 0;
    FEMD_TRY(femd_dynamics_local(&r->d, &r->slabs, 1, err));
    z[0] = r->given[0] / r->d.dt;
    z[1] = r->given[1] / r->d.dt;
    femd_nemd_gradients(&r->box, r->d.v, z + 2);
    r->block_given += (z[0] + z[1]) * r->d.dt;
    return FEMD_OK;
}

/* y: the flux in the middle; the profile beside it. */
static femd_status run_look(void *user, double *y, femd_error *err) {
    run *r = user;
    FEMD_TRY(femd_nemd_flux(&r->box, r->d.x, r->d.v, &y[1], &y[0], err));
    femd_nemd_profile(&r->box, r->d.v, r->profile);
    for (int l = 0; l < r->s->repeats; l++) r->s->profile[l] += r->profile[l];
    r->s->profiles++;
    return FEMD_OK;
}

/* What the slabs give and the gradient. */
static void run_watch(void *user, const double *z, double figure[2]) {
    (void)user;
    figure[0] = z[0] - z[1];
    figure[1] = z[2] + z[3];
}

static femd_course run_course(run *r) {
    return (femd_course){.user = r,
                         .progress = r->progress,
                         .step = run_step,
                         .look = run_look,
                         .watch = run_watch,
                         .group = GROUP,
                         .late = SEGMENTS_LATE};
}

/* Every layer at its temperature, then the slabs alone until the flow is steady. */
static femd_status run_approach(run *r, femd_error *err) {
    const int block = r->g->options.block;
    int settled;
    FEMD_TRY(femd_dynamics_start(&r->d, r->box.rve.h0, r->box.rve.X, r->g->common.T, r->d.seed, r->d.replica, err));
    for (int left = r->g->options.equilibration; left > 0; left -= FEMD_DYNAMICS_RENEW) {
        FEMD_TRY(femd_dynamics_local(&r->d, &r->layers, FEMD_DYNAMICS_RENEW, err));
        FEMD_TRY(femd_progress_tell(r->progress, err));
    }
    run_leave_layers(r);
    const femd_course course = run_course(r);
    FEMD_TRY(femd_course_settle(&course, block, &settled, err));
    if (settled) return FEMD_OK;
    return femd_fail(err, FEMD_NOT_CONVERGED,
                     "the flow of heat through %d repeats is not steady after %.3g ps; set nemd.block to a longer time",
                     r->s->repeats, r->d.dt * FEMD_COURSE_SEGMENTS * block);
}

static double run_energy(const run *r) {
    return r->d.W + femd_dynamics_kinetic(&r->d, NULL);
}

static femd_status run_block(run *r, femd_error *err) {
    const femd_nemd_options *options = &r->g->options;
    const femd_course course = run_course(r);
    const double begin = run_energy(r);
    r->block_given = 0;
    FEMD_TRY(femd_course_block(&course, options->block, options->stride, &r->s->trajectory.sums, err));
    const double drift = (run_energy(r) - begin - r->block_given) / (3 * r->box.rve.n * femd_kb * r->g->common.T);
    if (!(fabs(drift) <= DRIFT_MAX))
        return femd_fail(err, FEMD_NOT_CONVERGED,
                         "the energy drifts by %.2g of the thermal energy in a block beyond what the slabs give: "
                         "time_step %.3g fs is too long, or the "
                         "forces jump at the cutoff",
                         drift, r->d.dt * 1e3);
    return FEMD_OK;
}

femd_status femd_nemd_start(femd_nemd *g, const femd_native *n, const double h[9], const double *x, int s,
                            const femd_progress *progress, femd_error *err) {
    run r = {.g = g, .s = &g->series[s], .progress = progress};
    femd_blocks_empty(&r.s->trajectory.sums);
    memset(r.s->profile, 0, (size_t)r.s->repeats * sizeof *r.s->profile);
    r.s->profiles = 0;
    femd_status rc = run_open(&r, n, h, x, err);
    if (rc == FEMD_OK) rc = run_approach(&r, err);
    if (rc == FEMD_OK) femd_trajectory_keep(&r.s->trajectory, &r.d);
    run_close(&r);
    return rc;
}

femd_status femd_nemd_extend(femd_nemd *g, const femd_native *n, const double h[9], const double *x, int s, int blocks,
                             const femd_progress *progress, femd_error *err) {
    run r = {.g = g, .s = &g->series[s], .progress = progress};
    femd_status rc = run_open(&r, n, h, x, err);
    if (rc == FEMD_OK) run_leave_layers(&r);
    if (rc == FEMD_OK) rc = femd_trajectory_resume(&r.s->trajectory, r.box.rve.h0, &r.d, err);
    for (int b = 0; rc == FEMD_OK && b < blocks; b++) rc = run_block(&r, err);
    if (rc == FEMD_OK) femd_trajectory_keep(&r.s->trajectory, &r.d);
    run_close(&r);
    return rc;
}
