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
static const double GONE_MAX = 0.01;  /* of the atoms of a row may leave their sites: vacancies that hop */
static const double RMS_MAX = 0.5;    /* of the way on which a site is left: crystals melt at some 0.2 to 0.3 */

/* ---- which trajectories ---- */

void femd_nemd_unplan(femd_nemd *nemd) {
    for (int i = 0; i < nemd->count; i++) {
        femd_trajectory_clear(&nemd->series[i].trajectory);
        free(nemd->series[i].profile);
    }
    memset(nemd->series, 0, sizeof nemd->series);
    nemd->count = nemd->common.parts = 0;
}

static femd_status nemd_add_series(femd_nemd *nemd, int direction, int length, int repeats, int gradient, int atoms,
                                   femd_error *err) {
    const double all = (double)atoms * repeats * nemd->options.across * nemd->options.across;
    if (all > FEMD_ATOMS_MAX)
        return femd_fail(err, FEMD_BAD_INPUT,
                         "nemd: a row of %d repeats, %d times %d across, has %.3g atoms; at most %d are possible "
                         "(nemd.lengths, nemd.slab, nemd.across)",
                         repeats, nemd->options.across, nemd->options.across, all, FEMD_ATOMS_MAX);
    femd_nemd_series *series = &nemd->series[nemd->count++];
    nemd->common.parts = nemd->count;
    series->direction = direction;
    series->length = length;
    series->repeats = repeats;
    series->gradient = gradient;
    series->profile = calloc((size_t)repeats, sizeof *series->profile);
    if (!series->profile) return femd_fail(err, FEMD_NO_MEMORY, "a row of %d repeats: out of memory", repeats);
    return femd_trajectory_init(&series->trajectory, (int)all, FEMD_NEMD_Z, FEMD_NEMD_Y, err);
}

/* Lengths where the material names none: ways of so many slabs, but enough repeats for a line. */
static int nemd_choose_lengths(const femd_nemd_options *options, double step, int *length) {
    if (options->lengths) {
        memcpy(length, options->length, (size_t)options->lengths * sizeof *length);
        return options->lengths;
    }
    const int slab = femd_nemd_slab(options, step);
    for (int i = 0; i < DEFAULT_LENGTHS; i++) {
        const double way = fmax(DEFAULT_SLABS[i] * slab, DEFAULT_WAY * DEFAULT_SLABS[i] / DEFAULT_SLABS[0]);
        length[i] = 2 * (slab + (int)ceil(way));
    }
    return DEFAULT_LENGTHS;
}

static femd_status nemd_plan_direction(femd_nemd *nemd, const double h[9], int direction, int atoms, femd_error *err) {
    const femd_nemd_options *options = &nemd->options;
    int length[FEMD_NEMD_LENGTHS_MAX];
    const double step = femd_nemd_height(h, direction, NULL);
    if (femd_nemd_slab(options, step) == FEMD_NEMD_SLAB_MAX)
        return femd_fail(err, FEMD_BAD_INPUT, "nemd.slab: %g angstrom are %d repeats of the RVE or more", options->slab,
                         FEMD_NEMD_SLAB_MAX);
    const int lengths = nemd_choose_lengths(options, step, length);
    int slab, margin;
    for (int l = 0; l < lengths; l++) FEMD_TRY(femd_nemd_divide(length[l], step, options, &slab, &margin, err));
    for (int l = 0; l < lengths; l++)
        FEMD_TRY(nemd_add_series(nemd, direction, l, length[l], options->gradients - 1, atoms, err));
    for (int k = 0; k < options->gradients - 1; k++)
        FEMD_TRY(nemd_add_series(nemd, direction, 0, length[0], k, atoms, err));
    return FEMD_OK;
}

femd_status femd_nemd_plan(femd_nemd *nemd, const double h[9], int atoms, femd_error *err) {
    femd_nemd_unplan(nemd);
    for (int d = 0; d < 3; d++)
        if (!nemd->options.isotropic || d == nemd->options.direction)
            FEMD_TRY(nemd_plan_direction(nemd, h, d, atoms, err));
    nemd->common.most = femd_blocks_within(nemd->options.max_steps, nemd->count, nemd->options.block);
    return FEMD_OK;
}

/* ---- one trajectory ---- */

/* A trajectory while it runs: its box, its dynamics, its thermostats. */
typedef struct nemd_run {
    femd_nemd *nemd;
    femd_nemd_series *series;
    femd_nemd_box box;
    femd_dynamics dynamics;
    double *target, *given, *work, *profile; /* repeats, repeats, 7 x repeats, repeats */
    femd_thermostats slabs, layers;
    const femd_progress *progress;
    double block_given; /* eV, by both slabs in the present block */
} nemd_run;

static void nemd_run_close(nemd_run *run) {
    run->nemd->sweeps +=
        run->box.rve.en ? femd_energetics_count(run->box.rve.en) * (uint64_t)(run->box.repeats * run->box.columns) : 0;
    femd_dynamics_clear(&run->dynamics);
    femd_nemd_box_close(&run->box);
    free(run->target);
}

/* Temperature of a layer: those of the slabs, straight between them. */
static double nemd_run_layer_temperature(const femd_nemd_box *box, int layer, double hot, double cold) {
    const int half = box->repeats / 2, at = layer % half;
    const double share = at < box->slab ? 0 : (at - box->slab + 1.0) / (half - box->slab + 1.0);
    return layer < half ? hot + (cold - hot) * share : cold + (hot - cold) * share;
}

static femd_status nemd_run_open(nemd_run *run, const femd_native *native, const double h[9], const double *x,
                                 femd_error *err) {
    const femd_nemd_options *options = &run->nemd->options;
    const femd_nemd_series *series = run->series;
    const double T = run->nemd->common.T, difference = options->gradient[series->gradient] * T;
    FEMD_TRY(femd_nemd_box_open(native, h, x, series->direction, series->repeats, options, &run->box, err));
    FEMD_TRY(femd_dynamics_create(&run->box.rve, run->box.mass, &run->dynamics, err));
    run->dynamics.dt = run->nemd->common.options.time_step;
    run->dynamics.friction = run->nemd->common.options.friction;
    run->dynamics.temperature = T;
    run->dynamics.seed = run->nemd->common.seed;
    run->dynamics.replica = (uint64_t)series->direction +
                            3 * ((uint64_t)series->length + FEMD_NEMD_LENGTHS_MAX * (uint64_t)series->gradient);
    const size_t layers = (size_t)series->repeats;
    run->target = calloc(10 * layers, sizeof *run->target);
    if (!run->target) return femd_fail(err, FEMD_NO_MEMORY, "thermostats: out of memory");
    run->given = run->target + layers;
    run->profile = run->given + layers;
    run->work = run->profile + layers;
    run->layers = (femd_thermostats){series->repeats, run->box.layer, run->target, run->given, run->work};
    run->slabs = (femd_thermostats){2, run->box.slab_of, run->target, run->given, run->work};
    for (int l = 0; l < series->repeats; l++)
        run->target[l] = nemd_run_layer_temperature(&run->box, l, T + difference, T - difference);
    return FEMD_OK;
}

/* From here on the slabs alone: the first two targets are theirs. */
static void nemd_run_leave_layers(nemd_run *run) {
    const double T = run->nemd->common.T, difference = run->nemd->options.gradient[run->series->gradient] * T;
    run->target[0] = T + difference;
    run->target[1] = T - difference;
}

/* z: what the slabs give in a unit of time, and the gradients of both sides. */
static femd_status nemd_run_step(void *user, double *z, femd_error *err) {
    nemd_run *run = user;
    run->given[0] = run->given[1] = 0;
    FEMD_TRY(femd_dynamics_local(&run->dynamics, &run->slabs, 1, err));
    z[0] = run->given[0] / run->dynamics.dt;
    z[1] = run->given[1] / run->dynamics.dt;
    femd_nemd_gradients(&run->box, run->dynamics.v, z + 2);
    run->block_given += (z[0] + z[1]) * run->dynamics.dt;
    return FEMD_OK;
}

/* y: the flux in the middle; the profile beside it. */
static femd_status nemd_run_look(void *user, double *y, femd_error *err) {
    nemd_run *run = user;
    FEMD_TRY(femd_nemd_flux(&run->box, run->dynamics.x, run->dynamics.v, &y[1], &y[0], err));
    femd_nemd_profile(&run->box, run->dynamics.v, run->profile);
    for (int l = 0; l < run->series->repeats; l++) run->series->profile[l] += run->profile[l];
    run->series->profiles++;
    return FEMD_OK;
}

/* What the slabs give and the gradient. */
static void nemd_run_watch(void *user, const double *z, double figure[2]) {
    (void)user;
    figure[0] = z[0] - z[1];
    figure[1] = z[2] + z[3];
}

static femd_course nemd_run_course(nemd_run *run) {
    return (femd_course){.user = run,
                         .progress = run->progress,
                         .step = nemd_run_step,
                         .look = nemd_run_look,
                         .watch = nemd_run_watch,
                         .group = GROUP,
                         .late = SEGMENTS_LATE};
}

/* The gradient is one of places, and what resting atoms carry is taken off the flux: both need atoms that rest. */
static femd_status nemd_run_stays(nemd_run *run, femd_error *err) {
    femd_nemd *nemd = run->nemd;
    femd_stray stray = {0}, *const known[2] = {&stray, &nemd->common.stray};
    for (int k = 0; k < 2; k++)
        femd_stray_look(known[k], run->box.rve.n, run->box.rve.X, run->dynamics.x, nemd->common.reach);
    if (stray.gone <= GONE_MAX * stray.atoms && stray.rms <= RMS_MAX * nemd->common.reach) return FEMD_OK;
    return femd_fail(err, FEMD_OUT_OF_DOMAIN,
                     "nemd is for atoms that stay: at %g K %d of %d atoms of a row left their sites by more than %.3g "
                     "angstrom (root mean square of all %.3g). Of what melts, flows or diffuses green-kubo answers the "
                     "conductivity",
                     nemd->common.T, stray.gone, stray.atoms, nemd->common.reach, stray.rms);
}

/* Every layer at its temperature, then the slabs alone until the flow is steady. */
static femd_status nemd_run_approach(nemd_run *run, femd_error *err) {
    const int block = run->nemd->options.block;
    int settled;
    FEMD_TRY(femd_dynamics_start(&run->dynamics, run->box.rve.h0, run->box.rve.X, run->nemd->common.T,
                                 run->dynamics.seed, run->dynamics.replica, err));
    for (int left = run->nemd->options.equilibration; left > 0; left -= FEMD_DYNAMICS_RENEW) {
        FEMD_TRY(femd_dynamics_local(&run->dynamics, &run->layers, FEMD_DYNAMICS_RENEW, err));
        FEMD_TRY(femd_progress_tell(run->progress, err));
    }
    FEMD_TRY(nemd_run_stays(run, err));
    nemd_run_leave_layers(run);
    const femd_course course = nemd_run_course(run);
    FEMD_TRY(femd_course_settle(&course, block, &settled, err));
    FEMD_TRY(nemd_run_stays(run, err));
    if (settled) return FEMD_OK;
    return femd_fail(err, FEMD_NOT_CONVERGED,
                     "the flow of heat through %d repeats is not steady after %.3g ps; set nemd.block to a longer time",
                     run->series->repeats, run->dynamics.dt * FEMD_COURSE_SEGMENTS * block);
}

static double nemd_run_energy(const nemd_run *run) {
    return run->dynamics.W + femd_dynamics_kinetic(&run->dynamics, NULL);
}

static femd_status nemd_run_block(nemd_run *run, femd_error *err) {
    const femd_nemd_options *options = &run->nemd->options;
    const femd_course course = nemd_run_course(run);
    const double begin = nemd_run_energy(run);
    run->block_given = 0;
    FEMD_TRY(femd_course_block(&course, options->block, options->stride, &run->series->trajectory.sums, err));
    const double drift =
        (nemd_run_energy(run) - begin - run->block_given) / (3 * run->box.rve.n * femd_kb * run->nemd->common.T);
    if (!(fabs(drift) <= DRIFT_MAX))
        return femd_fail(err, FEMD_NOT_CONVERGED,
                         "the energy drifts by %.2g of the thermal energy in a block beyond what the slabs give: "
                         "time_step %.3g fs is too long, or the "
                         "forces jump at the cutoff",
                         drift, run->dynamics.dt * 1e3);
    return nemd_run_stays(run, err);
}

femd_status femd_nemd_start(femd_nemd *nemd, const femd_native *native, const double h[9], const double *x, int index,
                            const femd_progress *progress, femd_error *err) {
    nemd_run run = {.nemd = nemd, .series = &nemd->series[index], .progress = progress};
    femd_blocks_empty(&run.series->trajectory.sums);
    memset(run.series->profile, 0, (size_t)run.series->repeats * sizeof *run.series->profile);
    run.series->profiles = 0;
    femd_status rc = nemd_run_open(&run, native, h, x, err);
    if (rc == FEMD_OK) rc = nemd_run_approach(&run, err);
    if (rc == FEMD_OK) femd_trajectory_keep(&run.series->trajectory, &run.dynamics);
    nemd_run_close(&run);
    return rc;
}

femd_status femd_nemd_extend(femd_nemd *nemd, const femd_native *native, const double h[9], const double *x, int index,
                             int blocks, const femd_progress *progress, femd_error *err) {
    nemd_run run = {.nemd = nemd, .series = &nemd->series[index], .progress = progress};
    femd_status rc = nemd_run_open(&run, native, h, x, err);
    if (rc == FEMD_OK) nemd_run_leave_layers(&run);
    if (rc == FEMD_OK) rc = femd_trajectory_resume(&run.series->trajectory, run.box.rve.h0, &run.dynamics, err);
    for (int block = 0; rc == FEMD_OK && block < blocks; block++) rc = nemd_run_block(&run, err);
    if (rc == FEMD_OK) femd_trajectory_keep(&run.series->trajectory, &run.dynamics);
    nemd_run_close(&run);
    return rc;
}
