/* Trajectories of the method `nemd` and the sums over them. Owns the order of a run (every layer at its temperature,
 * slabs alone until steady, blocks) and what is sampled at a step; what the sums mean is nemd_fit.c's. */
#include <math.h>
#include <stdlib.h>

#include "conductivity/nemd.h"
#include "crystal/structure.h"
#include "rve/beat.h"

/* Steps averaged into one value of a series; blocks before giving up, and before a drift alone decides; repeats of a
 * way, at least. */
enum { GROUP = 50, SEGMENTS_MAX = 48, SEGMENTS_LATE = 16, DEFAULT_WAY = 5 };
static const double DEFAULT_SLABS[] = {2, 3, 4}; /* ways between the slabs by default, in slabs */
enum { DEFAULT_LENGTHS = 3 };
static const double DRIFT_MAX = 0.02; /* of the thermal energy 3 N k T, in one block */

static const char DURING[] = "the flow of heat"; /* what a beat interrupts */

/* ---- which trajectories ---- */

void femd_nemd_unplan(femd_nemd *g) {
    for (int s = 0; s < g->count; s++) {
        femd_blocks_clear(&g->series[s].sums);
        free(g->series[s].x);
        free(g->series[s].profile);
    }
    memset(g->series, 0, sizeof g->series);
    g->count = 0;
}

static femd_status add_series(femd_nemd *g, int direction, int length, int repeats, int gradient, int atoms,
                              femd_error *err) {
    const double all = (double)atoms * repeats * g->opt.across * g->opt.across;
    if (all > FEMD_ATOMS_MAX)
        return femd_fail(err, FEMD_BAD_INPUT,
                         "nemd: a row of %d repeats, %d times %d across, has %.3g atoms; at most %d are possible "
                         "(nemd.lengths, nemd.slab, nemd.across)",
                         repeats, g->opt.across, g->opt.across, all, FEMD_ATOMS_MAX);
    femd_nemd_series *s = &g->series[g->count++];
    const size_t n3 = 3 * (size_t)all;
    s->direction = direction;
    s->length = length;
    s->repeats = repeats;
    s->gradient = gradient;
    s->atoms = (int)(n3 / 3);
    s->x = calloc(2 * n3, sizeof *s->x);
    s->profile = calloc((size_t)repeats, sizeof *s->profile);
    if (!s->x || !s->profile) return femd_fail(err, FEMD_NO_MEMORY, "a row of %d repeats: out of memory", repeats);
    s->v = s->x + n3;
    return femd_blocks_init(&s->sums, FEMD_NEMD_Z, FEMD_NEMD_Y, err);
}

/* Lengths where the material names none: ways of so many slabs, but enough repeats for a line. */
static int choose_lengths(const femd_nemd_options *o, double step, int *length) {
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

static femd_status plan_direction(femd_nemd *g, const double h[9], int direction, int atoms, femd_error *err) {
    const femd_nemd_options *o = &g->opt;
    int length[FEMD_NEMD_LENGTHS_MAX];
    const double step = femd_nemd_height(h, direction, NULL);
    if (femd_nemd_slab(o, step) == FEMD_NEMD_SLAB_MAX)
        return femd_fail(err, FEMD_BAD_INPUT, "nemd.slab: %g angstrom are %d repeats of the RVE or more", o->slab,
                         FEMD_NEMD_SLAB_MAX);
    const int lengths = choose_lengths(o, step, length);
    int slab, margin;
    for (int l = 0; l < lengths; l++) FEMD_TRY(femd_nemd_divide(length[l], step, o, &slab, &margin, err));
    for (int l = 0; l < lengths; l++) FEMD_TRY(add_series(g, direction, l, length[l], o->gradients - 1, atoms, err));
    for (int k = 0; k < o->gradients - 1; k++) FEMD_TRY(add_series(g, direction, 0, length[0], k, atoms, err));
    return FEMD_OK;
}

femd_status femd_nemd_plan(femd_nemd *g, const double h[9], int atoms, femd_error *err) {
    femd_nemd_unplan(g);
    for (int d = 0; d < 3; d++)
        if (!g->opt.isotropic || d == g->opt.direction) FEMD_TRY(plan_direction(g, h, d, atoms, err));
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
    const femd_beat *beat;
    double fraction;
} run;

static void close_run(run *r) {
    r->g->sweeps +=
        r->box.rve.en ? femd_energetics_count(r->box.rve.en) * (uint64_t)(r->box.repeats * r->box.columns) : 0;
    femd_dynamics_clear(&r->d);
    femd_nemd_box_close(&r->box);
    free(r->target);
}

/* Temperature of a layer: those of the slabs, straight between them. */
static double layer_temperature(const femd_nemd_box *b, int layer, double hot, double cold) {
    const int half = b->repeats / 2, at = layer % half;
    const double share = at < b->slab ? 0 : (at - b->slab + 1.0) / (half - b->slab + 1.0);
    return layer < half ? hot + (cold - hot) * share : cold + (hot - cold) * share;
}

static femd_status open_run(run *r, const femd_native *n, const double h[9], const double *x, femd_error *err) {
    const femd_nemd_options *o = &r->g->opt;
    const femd_nemd_series *s = r->s;
    const double difference = o->gradient[s->gradient] * r->g->T;
    FEMD_TRY(femd_nemd_box_open(n, h, x, s->direction, s->repeats, o, &r->box, err));
    FEMD_TRY(femd_dynamics_create(&r->box.rve, r->box.mass, &r->d, err));
    r->d.dt = o->time_step;
    r->d.friction = o->friction;
    r->d.temperature = r->g->T;
    r->d.seed = r->g->seed;
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
        r->target[l] = layer_temperature(&r->box, l, r->g->T + difference, r->g->T - difference);
    return FEMD_OK;
}

/* From here on the slabs alone: the first two targets are theirs. */
static void leave_layers(run *r) {
    const double difference = r->g->opt.gradient[r->s->gradient] * r->g->T;
    r->target[0] = r->g->T + difference;
    r->target[1] = r->g->T - difference;
}

/* One step; z as summed. */
static femd_status step(run *r, double z[FEMD_NEMD_Z], femd_error *err) {
    r->given[0] = r->given[1] = 0;
    FEMD_TRY(femd_dynamics_local(&r->d, &r->slabs, 1, err));
    z[0] = r->given[0] / r->d.dt;
    z[1] = r->given[1] / r->d.dt;
    femd_nemd_gradients(&r->box, r->d.v, z + 2);
    if (r->d.step % FEMD_DYNAMICS_RENEW == 0) FEMD_TRY(femd_beat_now(r->beat, r->fraction, DURING, err));
    return FEMD_OK;
}

static void keep(run *r) {
    const size_t size = 3 * (size_t)r->s->atoms * sizeof(double);
    memcpy(r->s->x, r->d.x, size);
    memcpy(r->s->v, r->d.v, size);
    r->s->step = r->d.step;
}

/* Blocks until what the slabs give and the gradient have no trend in the later half or more. */
static femd_status settle(run *r, double *power, double *gradient, femd_error *err) {
    const int groups = r->g->opt.block / GROUP;
    double z[FEMD_NEMD_Z];
    for (int segment = 0, n = 0; segment < SEGMENTS_MAX; segment++) {
        for (int i = 0; i < groups; i++, n++) {
            power[n] = gradient[n] = 0;
            for (int s = 0; s < GROUP; s++) {
                FEMD_TRY(step(r, z, err));
                power[n] += z[0] - z[1];
                gradient[n] += z[2] + z[3];
            }
        }
        const int late = segment + 1 >= SEGMENTS_LATE;
        if (segment > 0 && femd_series_is_steady(n, power, late) && femd_series_is_steady(n, gradient, late))
            return FEMD_OK;
    }
    return femd_fail(err, FEMD_NOT_CONVERGED,
                     "the flow of heat through %d repeats is not steady after %.3g ps; set nemd.block to a longer time",
                     r->s->repeats, r->d.dt * SEGMENTS_MAX * r->g->opt.block);
}

static femd_status approach(run *r, femd_error *err) {
    const size_t most = (size_t)SEGMENTS_MAX * (size_t)(r->g->opt.block / GROUP);
    double *room = malloc(2 * most * sizeof *room);
    if (!room) return femd_fail(err, FEMD_NO_MEMORY, "the approach to a steady flow: out of memory");
    femd_status rc = femd_dynamics_start(&r->d, r->box.rve.h0, r->box.rve.X, r->g->T, r->d.seed, r->d.replica, err);
    for (int left = r->g->opt.equilibration; rc == FEMD_OK && left > 0; left -= FEMD_DYNAMICS_RENEW) {
        rc = femd_dynamics_local(&r->d, &r->layers, FEMD_DYNAMICS_RENEW, err);
        if (rc == FEMD_OK) rc = femd_beat_now(r->beat, r->fraction, DURING, err);
    }
    leave_layers(r);
    if (rc == FEMD_OK) rc = settle(r, room, room + most, err);
    free(room);
    return rc;
}

static femd_status one_block(run *r, femd_error *err) {
    femd_dynamics *d = &r->d;
    femd_nemd_series *s = r->s;
    double z[FEMD_NEMD_Z], y[FEMD_NEMD_Y], given = 0;
    const double begin = d->W + femd_dynamics_kinetic(d, NULL);
    for (int k = 0; k < r->g->opt.block; k++) {
        FEMD_TRY(step(r, z, err));
        femd_blocks_add(&s->sums, z);
        given += (z[0] + z[1]) * d->dt;
        if (k % r->g->opt.stride) continue;
        FEMD_TRY(femd_nemd_flux(&r->box, d->x, d->v, &y[1], &y[0], err));
        femd_blocks_add_occasional(&s->sums, y);
        femd_nemd_profile(&r->box, d->v, r->profile);
        for (int l = 0; l < s->repeats; l++) s->profile[l] += r->profile[l];
        s->profiles++;
    }
    femd_blocks_close(&s->sums);
    const double drift =
        (d->W + femd_dynamics_kinetic(d, NULL) - begin - given) / (3 * r->box.rve.n * femd_kb * r->g->T);
    if (!(fabs(drift) <= DRIFT_MAX))
        return femd_fail(err, FEMD_NOT_CONVERGED,
                         "the energy drifts by %.2g of the thermal energy in a block beyond what the slabs give: "
                         "time_step %.3g fs is too long, or the "
                         "forces jump at the cutoff",
                         drift, d->dt * 1e3);
    return FEMD_OK;
}

femd_status femd_nemd_start(femd_nemd *g, const femd_native *n, const double h[9], const double *x, int s,
                            const femd_beat *beat, femd_error *err) {
    run r = {.g = g, .s = &g->series[s], .beat = beat};
    femd_blocks_empty(&r.s->sums);
    memset(r.s->profile, 0, (size_t)r.s->repeats * sizeof *r.s->profile);
    r.s->profiles = 0;
    femd_status rc = open_run(&r, n, h, x, err);
    if (rc == FEMD_OK) rc = approach(&r, err);
    if (rc == FEMD_OK) keep(&r);
    close_run(&r);
    return rc;
}

femd_status femd_nemd_extend(femd_nemd *g, const femd_native *n, const double h[9], const double *x, int s, int blocks,
                             const femd_beat *beat, double fraction, femd_error *err) {
    run r = {.g = g, .s = &g->series[s], .beat = beat, .fraction = fraction};
    femd_status rc = open_run(&r, n, h, x, err);
    if (rc == FEMD_OK) leave_layers(&r);
    if (rc == FEMD_OK) rc = femd_dynamics_resume(&r.d, r.box.rve.h0, r.s->x, r.s->v, r.s->step, err);
    for (int b = 0; rc == FEMD_OK && b < blocks; b++) rc = one_block(&r, err);
    if (rc == FEMD_OK) keep(&r);
    close_run(&r);
    return rc;
}
