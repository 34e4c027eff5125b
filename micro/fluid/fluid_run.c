/* The trajectory of the method `fluid`. Owns the order of its start and of a segment.
 *
 * eta = S(0)/(2 V k_B T), S(0) = int <A(t) A(0)> dt over all times, A = P V - <P V> at one total energy: then the
 * fluctuation of the trace has no part that energy alone makes, and what Green and Kubo's formula of the bulk viscosity
 * takes off elsewhere is zero. */
#include <math.h>

#include "femd/tensor3.h"
#include "fluid/fluid.h"
#include "numerics/random.h"

static const double DRIFT_MAX = 0.02; /* of the thermal energy 3 N k T, in one segment */
static const double HEAT = 2.25; /* k_B per atom: heat capacity with which the energy is corrected, of simple fluids
                                    good to a third */
static const double FLOWS = 0.5; /* of the atoms must have left where they were, or it is no fluid */
static const double TEMPERATURE_POWER = 2; /* of T in a viscosity or diffusivity at constant volume: more than simple
                                              liquids have */
static const double YEH_HUMMER = 2.837297, PI = 3.14159265358979323846, CUBIC = 1e-3;
enum {
    CORRECTIONS = 4,
    SHARE = 4
}; /* stretches of a quarter of a segment that find the energy; the first is far off */
enum { GROUP = 10, SEGMENTS_LATE = 16, HEATINGS_MAX = 100 };
/* eV ps/angstrom^3 in Pa s */
static const double VISCOSITY = FEMD_ELEMENTARY_CHARGE * 1e18;

static void fluid_prepare(femd_fluid *fluid) {
    femd_dynamics *d = &fluid->common.d;
    d->dt = fluid->common.options.time_step;
    d->friction = fluid->common.options.friction;
    d->temperature = fluid->common.T;
    d->seed = fluid->common.seed;
    d->replica = 0;
}

static void fluid_keep(femd_fluid *fluid) {
    const femd_dynamics *d = &fluid->common.d;
    const size_t size = 3 * (size_t)fluid->common.rve.n * sizeof *fluid->x;
    memcpy(fluid->x, d->x, size);
    memcpy(fluid->v, d->v, size);
    fluid->step = d->step;
}

static double fluid_kelvin(const femd_fluid *fluid, double kinetic) {
    return kinetic / (1.5 * femd_gauge_free_atoms(&fluid->common.rve.gauge) * femd_kb);
}

/* ---- start ---- */

static femd_status fluid_step(void *self, double *z, femd_error *err) {
    femd_fluid *fluid = self;
    z[0] = 0;
    return femd_dynamics_langevin(&fluid->common.d, 1, err);
}

static void fluid_watch(void *self, const double *z, double figure[2]) {
    const femd_dynamics *d = &((femd_fluid *)self)->common.d;
    (void)z;
    figure[0] = d->W;
    figure[1] = d->tau[0] + d->tau[1] + d->tau[2];
}

static femd_status fluid_settle(femd_fluid *fluid, const femd_progress *progress, femd_error *err) {
    const femd_course course = {.user = fluid,
                                .progress = progress,
                                .step = fluid_step,
                                .watch = fluid_watch,
                                .group = GROUP,
                                .late = SEGMENTS_LATE};
    const int segment = (fluid->options.segments.equilibration + GROUP - 1) / GROUP * GROUP;
    int settled;
    FEMD_TRY(femd_course_settle(&course, segment, &settled, err));
    if (settled) return FEMD_OK;
    return femd_fail(err, FEMD_NOT_CONVERGED, "the energy of the fluid still drifts after %.3g ps at %g K",
                     fluid->common.options.time_step * FEMD_COURSE_SEGMENTS * segment, fluid->common.T);
}

/* Bring kinetic and potential energy together to the energy of all segments by a factor on the velocities; where the
 * potential energy alone is higher, it waits for the thermostat. */
static femd_status fluid_set_energy(femd_fluid *fluid, femd_error *err) {
    femd_dynamics *d = &fluid->common.d;
    for (int heating = 0; heating < HEATINGS_MAX; heating++) {
        const double kinetic = femd_dynamics_kinetic(d, NULL), wanted = fluid->energy - d->W;
        if (wanted > 0.25 * kinetic) {
            const double factor = sqrt(wanted / kinetic);
            for (int i = 0; i < 3 * fluid->common.rve.n; i++) d->v[i] *= factor;
            return FEMD_OK;
        }
        FEMD_TRY(femd_dynamics_langevin(d, FEMD_DYNAMICS_RENEW, err));
    }
    return femd_fail(err, FEMD_NOT_CONVERGED, "the fluid at %g K does not come to the energy of its segments",
                     fluid->common.T);
}

/* The mean temperature of a stretch without thermostat says how far the energy is from that of T. */
static femd_status fluid_correct_energy(femd_fluid *fluid, const femd_progress *progress, femd_error *err) {
    femd_dynamics *d = &fluid->common.d;
    const int samples = fluid->sums.samples / SHARE, stride = fluid->options.segments.stride;
    double kinetic = 0;
    FEMD_TRY(fluid_set_energy(fluid, err));
    for (int i = 0; i < samples; i++) {
        FEMD_TRY(femd_dynamics_nve(d, stride, err));
        kinetic += femd_dynamics_kinetic(d, NULL) / samples;
        if (i % FEMD_DYNAMICS_RENEW == 0) FEMD_TRY(femd_progress_tell(progress, err));
    }
    fluid->energy += HEAT * fluid->common.rve.n * femd_kb * (fluid->common.T - fluid_kelvin(fluid, kinetic));
    return FEMD_OK;
}

/* The mean of what all stretches but the first say. */
static femd_status fluid_find_energy(femd_fluid *fluid, const femd_progress *progress, femd_error *err) {
    double sum = 0;
    for (int k = 0; k < CORRECTIONS; k++) {
        FEMD_TRY(fluid_correct_energy(fluid, progress, err));
        if (k) sum += fluid->energy / (CORRECTIONS - 1);
    }
    fluid->energy = sum;
    return FEMD_OK;
}

/* What has not moved in so many ps since fluid->x, at the start or, if it froze, later. */
static femd_status fluid_refuse_solid(const femd_fluid *fluid, double time, femd_error *err) {
    const femd_sampled *common = &fluid->common;
    femd_stray looked = {0}, *stray = &looked;
    femd_stray_look(stray, common->rve.n, fluid->x, common->d.x, common->reach);
    if (stray->gone > FLOWS * common->rve.n) return FEMD_OK;
    return femd_fail(err, FEMD_UNSUPPORTED,
                     "no fluid at %g K: in %.3g ps only %d of %d atoms left their places (root mean square way %.2g "
                     "angstrom). The shear stress of a solid does not decay, it has no viscosity; its atoms move by "
                     "hops of defects, whose rates make its diffusivity (method \"htst\"); if it is to be melted "
                     "first, set fluid.melt "
                     "to a temperature above its melting point",
                     fluid->common.T, time, stray->gone, fluid->common.rve.n, stray->rms);
}

femd_status femd_fluid_start(femd_fluid *fluid, const double h[9], const double *x, const femd_progress *progress,
                             femd_error *err) {
    femd_sampled *common = &fluid->common;
    femd_dynamics *d = &common->d;
    const double time = CORRECTIONS * (fluid->sums.samples / SHARE) * fluid->sums.dt;
    fluid_prepare(fluid);
    fluid->kinetic = 0;
    FEMD_TRY(
        femd_dynamics_start(d, h, x, fluid->options.melt > 0 ? fluid->options.melt : common->T, common->seed, 0, err));
    if (fluid->options.melt > 0)
        FEMD_TRY(femd_course_langevin(d, fluid->options.segments.equilibration, progress, err));
    d->temperature = common->T;
    FEMD_TRY(fluid_settle(fluid, progress, err));
    fluid_keep(fluid);
    fluid->energy = d->W + femd_dynamics_kinetic(d, NULL);
    FEMD_TRY(fluid_find_energy(fluid, progress, err));
    FEMD_TRY(fluid_refuse_solid(fluid, time, err));
    common->stray = (femd_stray){0}; /* of a fluid it says nothing */
    fluid_keep(fluid);
    return FEMD_OK;
}

/* ---- segments ---- */

static femd_status fluid_without_thermostat(femd_fluid *fluid, const femd_progress *progress, femd_error *err) {
    femd_dynamics *d = &fluid->common.d;
    const int stride = fluid->options.segments.stride, every = (FEMD_DYNAMICS_RENEW + stride - 1) / stride;
    double kinetic = 0;
    femd_diffusion_begin(&fluid->wander);
    if (fluid->widom.trial) FEMD_TRY(femd_widom_begin(&fluid->widom, fluid->common.T, err));
    for (int i = 0; i < fluid->sums.samples; i++) {
        double mvv[6];
        FEMD_TRY(femd_dynamics_nve(d, stride, err));
        const double moving = femd_dynamics_kinetic(d, mvv);
        kinetic += moving;
        for (int c = 0; c < 6; c++) mvv[c] -= d->tau[c];
        femd_stress_fluxes(mvv, fluid->flux + 6 * (size_t)i);
        femd_diffusion_take(&fluid->wander, i, d->x, d->v);
        if (fluid->widom.trial && i % fluid->widom.every == 0)
            FEMD_TRY(femd_widom_look(&fluid->widom, d->h, d->x, fluid_kelvin(fluid, moving),
                                     femd_random_bits(fluid->common.seed, FEMD_STREAM_INSERT, d->step), err));
        if (i % every == 0) FEMD_TRY(femd_progress_tell(progress, err));
    }
    fluid->kinetic += kinetic / fluid->sums.samples;
    return FEMD_OK;
}

femd_status femd_fluid_segment(femd_fluid *fluid, const double h[9], const femd_progress *progress, femd_error *err) {
    femd_sampled *common = &fluid->common;
    femd_dynamics *d = &common->d;
    fluid_prepare(fluid);
    FEMD_TRY(femd_dynamics_resume(d, h, fluid->x, fluid->v, fluid->step, err));
    FEMD_TRY(femd_course_langevin(d, fluid->options.segments.equilibration, progress, err));
    FEMD_TRY(fluid_set_energy(fluid, err));
    FEMD_TRY(fluid_without_thermostat(fluid, progress, err));
    const double thermal = 3 * common->rve.n * femd_kb * common->T,
                 drift = (d->W + femd_dynamics_kinetic(d, NULL) - fluid->energy) / thermal;
    if (!(fabs(drift) <= DRIFT_MAX))
        return femd_fail(err, FEMD_NOT_CONVERGED,
                         "the energy drifts by %.2g of the thermal energy in a segment of the fluid: time_step %.3g fs "
                         "is too long, or the forces jump at the cutoff",
                         drift, d->dt * 1e3);
    FEMD_TRY(fluid_refuse_solid(fluid, fluid->sums.samples * fluid->sums.dt, err));
    femd_stress_spectrum_add(&fluid->sums, fluid->flux);
    femd_diffusion_end(&fluid->wander);
    if (fluid->widom.trial) femd_widom_end(&fluid->widom);
    fluid_keep(fluid);
    return FEMD_OK;
}

/* ---- what they tell ---- */

double femd_fluid_temperature(const femd_fluid *fluid) {
    return fluid_kelvin(fluid, fluid->kinetic / fluid->sums.segments);
}

/* Yeh and Hummer, J. Phys. Chem. B 108 (2004) 15873: the images of a cubic box of side L drag its atoms, by
 * 2.837297 k T/(6 pi eta L) in all species alike. */
static void fluid_correct_diffusion(femd_fluid *fluid, const double h[9], double T) {
    const femd_viscosity_number *shear = &fluid->result.shear;
    const double L = sqrt(femd_dot3(h, h));
    fluid->correction = fluid->correction_err = 0;
    if (!fluid->cubic) return;
    fluid->correction = YEH_HUMMER * femd_kb * T / (6 * PI * shear->value / VISCOSITY * L);
    fluid->correction_err = fluid->correction * shear->error / shear->value;
}

static int fluid_is_cubic(const double h[9]) {
    const double square = femd_dot3(h, h);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            if (!(fabs(femd_dot3(h + 3 * i, h + 3 * j) / square - (i == j)) < CUBIC)) return 0;
    return 1;
}

femd_status femd_fluid_evaluate(femd_fluid *fluid, const double h[9], femd_error *err) {
    const double T = femd_fluid_temperature(fluid), off = TEMPERATURE_POWER * (T / fluid->common.T - 1);
    FEMD_TRY(femd_viscosity_evaluate(&fluid->sums, VISCOSITY / (2 * femd_det3(h) * femd_kb * T),
                                     fluid->options.segments.cepstral, off, &fluid->result, err));
    fluid->cubic = fluid_is_cubic(h);
    fluid->off = fabs(off);
    fluid_correct_diffusion(fluid, h, T);
    for (int k = 0; k < FEMD_DIFFUSION_SPECIES && k < fluid->wander.species; k++)
        femd_diffusion_evaluate(&fluid->wander, k, 2 * fluid->common.reach, &fluid->diffusion[k]);
    return FEMD_OK;
}
