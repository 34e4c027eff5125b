/* Shear flow at a constant rate; see shear_flow.h. Owns the equations of motion and the order of a run.
 *
 * SLLOD (Evans and Morriss, Phys. Rev. A 30 (1984) 1528) in a cell that is sheared with the flow, which is Lees and
 * Edwards's boundary condition (J. Phys. C 5 (1972) 1921):
 *
 *   dx/dt = v + rate y e_1,     m dv/dt = f - m rate v_2 e_1,
 *
 * v peculiar, its kinetic energy held at that of T by a factor after each step (Gauss's thermostat to the order of the
 * step). eta = -<P_12>/rate. Positions are not wrapped: those of images differ by vectors of the cell of the moment,
 * which move with the flow, so nothing is to be done where an atom leaves it. */
#include "fluid/shear_flow.h"

#include <math.h>

static const double FLOWS = 0.5; /* of the atoms must leave their places at rest, or it is no fluid */
enum { GROUP = 10, SEGMENTS_LATE = 16, REST = 4 };
/* eV ps/angstrom^3 in Pa s */
static const double VISCOSITY = FEMD_ELEMENTARY_CHARGE * 1e18;

/* ---- a step ---- */

static void shear_kick(femd_dynamics *d, double rate) {
    for (int i = 0; i < d->rve->n; i++) {
        const double a = 0.5 * d->dt * d->kick[i];
        double *v = d->v + 3 * i;
        for (int c = 0; c < 3; c++) v[c] += a * d->f[3 * i + c];
        v[0] -= 0.5 * d->dt * rate * v[1];
    }
}

static void shear_unkick(femd_dynamics *d, double rate) {
    for (int i = 0; i < d->rve->n; i++) {
        const double a = 0.5 * d->dt * d->kick[i];
        double *v = d->v + 3 * i;
        v[0] -= 0.5 * d->dt * rate * v[1];
        for (int c = 0; c < 3; c++) v[c] += a * d->f[3 * i + c];
    }
}

static void shear_drift(femd_dynamics *d, double rate) {
    for (int i = 0; i < d->rve->n; i++) {
        double *x = d->x + 3 * i;
        const double *v = d->v + 3 * i, before = x[1];
        x[1] += d->dt * v[1];
        x[2] += d->dt * v[2];
        x[0] += d->dt * (v[0] + 0.5 * rate * (before + x[1]));
    }
}

/* The second vector of the cell, carried by the flow since its step 0, less whole first vectors. */
static void shear_cell(femd_dynamics *d, const double h[9], double rate, uint64_t step) {
    const double way = rate * d->dt * (double)step * h[4] / h[0];
    memcpy(d->h, h, sizeof d->h);
    d->h[3] = (way - floor(way + 0.5)) * h[0];
}

femd_status femd_shear_step(femd_dynamics *d, const double h[9], double rate, double T, uint64_t step,
                            femd_error *err) {
    femd_rve *rve = d->rve;
    shear_kick(d, rate);
    shear_drift(d, rate);
    shear_cell(d, h, rate, step);
    if (step % FEMD_DYNAMICS_RENEW == 0) FEMD_TRY(femd_neighbours_rebuild(rve->nb, rve->n, d->h, d->x, err));
    FEMD_TRY(femd_energetics_forces(rve->en, rve->nb, d->h, d->x, &d->W, d->f, d->tau, err));
    shear_unkick(d, rate);
    femd_gauge_drift(&rve->gauge, d->mass, d->total_mass, 0, d->v, d->x);
    const double kinetic = femd_dynamics_kinetic(d, NULL),
                 factor = sqrt(1.5 * femd_gauge_free_atoms(&rve->gauge) * femd_kb * T / kinetic);
    for (int i = 0; i < 3 * rve->n; i++) d->v[i] *= factor;
    if (isfinite(d->W) && isfinite(factor)) return FEMD_OK;
    return femd_fail(err, FEMD_DIVERGED, "step %llu of the flow: the energy is not finite", (unsigned long long)step);
}

/* ---- a row ---- */

typedef struct shear_run {
    femd_shear *shear;
    femd_shear_row *row;
    double rate;
    uint64_t step;
} shear_run;

static femd_status shear_run_step(void *user, double *z, femd_error *err) {
    shear_run *run = user;
    femd_dynamics *d = &run->shear->common.d;
    double mvv[6];
    FEMD_TRY(femd_shear_step(d, run->shear->h, run->rate, run->shear->common.T, ++run->step, err));
    femd_dynamics_kinetic(d, mvv);
    z[0] = mvv[5] - d->tau[5];
    z[1] = (mvv[0] + mvv[1] + mvv[2] - d->tau[0] - d->tau[1] - d->tau[2]) / 3;
    return FEMD_OK;
}

static void shear_run_watch(void *user, const double *z, double figure[2]) {
    const shear_run *run = user;
    figure[0] = run->shear->common.d.W;
    figure[1] = z[0];
}

static femd_course shear_run_course(shear_run *run, const femd_progress *progress) {
    return (femd_course){.user = run,
                         .progress = progress,
                         .step = shear_run_step,
                         .watch = shear_run_watch,
                         .group = GROUP,
                         .late = SEGMENTS_LATE};
}

static void shear_prepare(femd_shear *shear) {
    femd_dynamics *d = &shear->common.d;
    d->dt = shear->common.options.time_step;
    d->friction = shear->common.options.friction;
    d->temperature = shear->common.T;
    d->seed = shear->common.seed;
    d->replica = 0;
}

static void shear_keep(shear_run *run) {
    femd_trajectory_keep(&run->row->trajectory, &run->shear->common.d);
    run->row->trajectory.step = run->step;
}

/* Where a row stands: cell, atoms, forces. */
static femd_status shear_resume(shear_run *run, femd_error *err) {
    femd_dynamics *d = &run->shear->common.d;
    shear_prepare(run->shear);
    run->step = run->row->trajectory.step;
    shear_cell(d, run->shear->h, run->rate, run->step);
    double h[9];
    memcpy(h, d->h, sizeof h);
    return femd_dynamics_resume(d, h, run->row->trajectory.x, run->row->trajectory.v, 0, err);
}

/* ---- start ---- */

static femd_status shear_rest(femd_shear *shear, const double *x, const femd_progress *progress, femd_error *err) {
    femd_sampled *common = &shear->common;
    femd_dynamics *d = &common->d;
    const int steps = shear->options.equilibration;
    shear_prepare(shear);
    FEMD_TRY(femd_dynamics_start(d, shear->h, x, shear->options.melt > 0 ? shear->options.melt : common->T,
                                 common->seed, 0, err));
    if (shear->options.melt > 0) FEMD_TRY(femd_course_langevin(d, steps, progress, err));
    d->temperature = common->T;
    FEMD_TRY(femd_course_langevin(d, steps, progress, err));
    femd_trajectory *rest = &shear->row[0].trajectory;
    femd_trajectory_keep(rest, d);
    FEMD_TRY(femd_course_langevin(d, REST * steps, progress, err));
    common->stray = (femd_stray){0};
    femd_stray_look(&common->stray, common->rve.n, rest->x, d->x, common->reach);
    if (common->stray.gone <= FLOWS * common->rve.n)
        return femd_fail(err, FEMD_UNSUPPORTED,
                         "no fluid at %g K: in %.3g ps at rest only %d of %d atoms left their places; a solid has no "
                         "viscosity. If it is to be melted first, set nemd-shear.melt to a temperature above its "
                         "melting point",
                         common->T, REST * steps * d->dt, common->stray.gone, common->rve.n);
    common->stray = (femd_stray){0}; /* of a fluid it says nothing */
    return FEMD_OK;
}

static femd_status shear_settle(femd_shear *shear, int row, const femd_progress *progress, femd_error *err) {
    shear_run run = {.shear = shear, .row = &shear->row[row], .rate = shear->options.rate[row]};
    const femd_course course = shear_run_course(&run, progress);
    int settled;
    FEMD_TRY(shear_resume(&run, err));
    FEMD_TRY(femd_course_settle(&course, shear->options.equilibration, &settled, err));
    if (!settled)
        return femd_fail(err, FEMD_NOT_CONVERGED, "the flow at a rate of %.3g/ps does not become steady", run.rate);
    shear_keep(&run);
    return FEMD_OK;
}

femd_status femd_shear_start(femd_shear *shear, const double h[9], const double *x, const femd_progress *progress,
                             femd_error *err) {
    memcpy(shear->h, h, sizeof shear->h);
    FEMD_TRY(shear_rest(shear, x, progress, err));
    for (int row = 0; row < shear->options.rates; row++) {
        femd_trajectory *one = &shear->row[row].trajectory;
        femd_blocks_empty(&one->sums);
        femd_trajectory_keep(one, &shear->common.d);
        one->step = 0;
    }
    for (int row = 0; row < shear->options.rates; row++) FEMD_TRY(shear_settle(shear, row, progress, err));
    return FEMD_OK;
}

femd_status femd_shear_extend(femd_shear *shear, int row, int blocks, const femd_progress *progress, femd_error *err) {
    shear_run run = {.shear = shear, .row = &shear->row[row], .rate = shear->options.rate[row]};
    const femd_course course = shear_run_course(&run, progress);
    for (int b = 0; b < blocks; b++) {
        FEMD_TRY(shear_resume(&run, err));
        FEMD_TRY(femd_course_block(&course, shear->options.block, 1, &run.row->trajectory.sums, err));
        shear_keep(&run);
    }
    return FEMD_OK;
}

/* ---- what they tell ---- */

static void shear_mean(void *user, const femd_moments *of, double *q) {
    (void)user;
    q[0] = of->mean[0];
}

void femd_shear_evaluate(femd_shear *shear) {
    const double volume = shear->h[0] * shear->h[4] * shear->h[8];
    for (int row = 0; row < shear->options.rates; row++) {
        femd_shear_row *one = &shear->row[row];
        const femd_blocks *sums = &one->trajectory.sums;
        double mean = 0, error = 0;
        (void)femd_blocks_estimate(&sums, 1, shear_mean, NULL, 1, &mean, &error, NULL);
        one->viscosity = -VISCOSITY * mean / (volume * shear->options.rate[row]);
        one->error = VISCOSITY * error / (volume * shear->options.rate[row]);
    }
    shear->agree = fabs(shear->row[0].viscosity - shear->row[1].viscosity) <=
                   2 * sqrt(shear->row[0].error * shear->row[0].error + shear->row[1].error * shear->row[1].error);
}
