/* Segments of the method `green-kubo` and the tensor from their spectra. Owns the order of a segment and the way from
 * scalar spectra to a tensor with errors.
 *
 * k = S(0)/(2 V k_B T^2), S(0) = int <J(t) J(0)> dt over all times. */
#include <math.h>

#include "conductivity/green_kubo.h"
#include "numerics/dense.h"

static const double DRIFT_MAX = 0.02; /* of the thermal energy 3 N k T, in one segment */
static const double TWO_PI = 6.28318530717958647693;
/* eV/(angstrom ps K) in W/(m K) */
static const double CONDUCTIVITY = FEMD_ELEMENTARY_CHARGE * 1e22;

/* A segment keeps the energy it began with, so it has a temperature of its own, off by some T sqrt(2/(3 N))/sqrt(2),
 * and its k is S(0)/(2 V k_B T^2) at that one. Scaling the flux by T over it makes segments alike; otherwise all
 * frequencies of a segment would be high or low together, which the statistics of periodograms do not know. */
static void green_kubo_refer_to_temperature(femd_green_kubo *gk, double kinetic) {
    const double factor = gk->common.T * 1.5 * femd_gauge_free_atoms(&gk->common.rve.gauge) * femd_kb / kinetic;
    for (int i = 0; i < 3 * gk->sums.samples; i++) gk->flux[i] *= factor;
}

femd_status femd_green_kubo_segment(femd_green_kubo *gk, const double h[9], const double *x,
                                    const femd_progress *progress, femd_error *err) {
    femd_sampled *common = &gk->common;
    femd_dynamics *d = &common->d;
    const int stride = gk->options.segments.stride, every = (FEMD_DYNAMICS_RENEW + stride - 1) / stride;
    double kinetic = 0;
    d->dt = common->options.time_step;
    d->friction = common->options.friction;
    FEMD_TRY(femd_dynamics_start(d, h, x, common->T, common->seed, (uint64_t)gk->sums.segments, err));
    FEMD_TRY(femd_course_langevin(d, gk->options.segments.equilibration, progress, err));
    const double begin = d->W + femd_dynamics_kinetic(d, NULL);
    for (int i = 0; i < gk->sums.samples; i++) {
        FEMD_TRY(femd_dynamics_nve(d, stride, err));
        FEMD_TRY(femd_energetics_heat_flux(common->rve.en, common->rve.nb, d->h, d->x, d->v, common->mass,
                                           gk->flux + 3 * (size_t)i, err));
        kinetic += femd_dynamics_kinetic(d, NULL);
        if (i % every == 0) FEMD_TRY(femd_progress_tell(progress, err));
    }
    const double drift = (d->W + femd_dynamics_kinetic(d, NULL) - begin) / (3 * common->rve.n * femd_kb * common->T);
    if (!(fabs(drift) <= DRIFT_MAX))
        return femd_fail(err, FEMD_NOT_CONVERGED,
                         "the energy drifts by %.2g of the thermal energy in a segment of the heat flux: time_step "
                         "%.3g fs is too long, or the "
                         "forces jump at the cutoff",
                         drift, common->options.time_step * 1e3);
    femd_stray_look(&common->stray, common->rve.n, x, d->x, common->reach);
    green_kubo_refer_to_temperature(gk, kinetic / gk->sums.samples);
    femd_spectrum_add(&gk->sums, gk->flux);
    return FEMD_OK;
}

/* ---- tensor ---- */

/* Both estimates along one direction (n = NULL: a third of the trace). */
typedef struct pair {
    femd_zero_frequency spectral, cepstral;
} pair;

static femd_status green_kubo_estimate(const femd_spectrum *spectrum, const double *n, double *work, pair *out,
                                       femd_error *err) {
    femd_periodogram p;
    femd_spectrum_along(spectrum, n, work, &p);
    FEMD_TRY(femd_lorentz(&p, &out->spectral, err));
    return femd_cepstral(&p, &out->cepstral, err);
}

/* Axes (rows of Q) along which the flux is uncorrelated at frequencies below half width of the peak: they turn with the
 * body, so the tensor does. */
static femd_status green_kubo_axes(const femd_spectrum *spectrum, double time, double Q[9], femd_error *err) {
    double lambda[3], df = 1 / (spectrum->samples * spectrum->dt), sum[6] = {0};
    int last = time > 0 ? (int)(1 / (TWO_PI * time * df)) : spectrum->bins / 4;
    if (last < 8) last = 8;
    if (last > spectrum->bins) last = spectrum->bins;
    for (int k = 0; k <= last; k++)
        for (int c = 0; c < 6; c++) sum[c] += spectrum->sum[6 * k + c];
    for (int c = 0; c < 6; c++)
        Q[3 * femd_voigt_i[c] + femd_voigt_j[c]] = Q[3 * femd_voigt_j[c] + femd_voigt_i[c]] = sum[c];
    return femd_eigen(3, Q, lambda, err);
}

/* Values and errors along the axes to a tensor. Off the diagonal of the axes' own frame the value is zero; its error is
 * that of a cross spectrum, var S_ij = S_i S_j/(2 l) where var S_i = S_i^2/l. */
static void green_kubo_turn_back(const double Q[9], const double value[3], const double error[3], double unit,
                                 double k[6], double k_err[6]) {
    for (int c = 0; c < 6; c++) {
        const int a = femd_voigt_i[c], b = femd_voigt_j[c];
        double v = 0, variance = 0;
        for (int i = 0; i < 3; i++) {
            const double *q = Q + 3 * i;
            v += q[a] * q[b] * value[i];
            variance += q[a] * q[b] * q[a] * q[b] * error[i] * error[i];
            for (int j = 0; j < i; j++) {
                const double both = q[a] * Q[3 * j + b] + q[b] * Q[3 * j + a];
                variance += 0.5 * both * both * error[i] * error[j];
            }
        }
        k[c] = unit * v;
        k_err[c] = unit * sqrt(variance);
    }
}

static void green_kubo_isotropic(const femd_zero_frequency *z, double unit, double k[6], double k_err[6]) {
    for (int c = 0; c < 6; c++) {
        k[c] = c < 3 ? unit * z->value : 0;
        k_err[c] = c < 3 ? unit * z->error : 0;
    }
}

/* Where the two estimates are more than two standard deviations apart (of the less certain one: they see the same data,
 * so their difference varies no more) the error is at least half the difference. */
static void green_kubo_choose(femd_green_kubo_result *result, int cepstral) {
    const double *value = cepstral ? result->cepstral : result->spectral,
                 *error = cepstral ? result->cepstral_err : result->spectral_err;
    result->disagree = 0;
    for (int c = 0; c < 6; c++) {
        const double apart = fabs(result->spectral[c] - result->cepstral[c]);
        result->k[c] = value[c];
        result->k_err[c] = error[c];
        if (!(apart > 2 * fmax(result->spectral_err[c], result->cepstral_err[c]))) continue;
        result->disagree = 1;
        result->k_err[c] = fmax(error[c], 0.5 * apart);
    }
}

femd_status femd_green_kubo_tensor(const femd_spectrum *spectrum, double unit, int isotropic, int cepstral,
                                   double *work, femd_green_kubo_result *result, femd_error *err) {
    pair mean, along;
    double Q[9], value[2][3], error[2][3];
    FEMD_TRY(green_kubo_estimate(spectrum, NULL, work, &mean, err));
    result->time = mean.spectral.time;
    result->plateau = mean.spectral.plateau;
    if (isotropic) {
        green_kubo_isotropic(&mean.spectral, unit, result->spectral, result->spectral_err);
        green_kubo_isotropic(&mean.cepstral, unit, result->cepstral, result->cepstral_err);
        green_kubo_choose(result, cepstral);
        return FEMD_OK;
    }
    FEMD_TRY(green_kubo_axes(spectrum, mean.spectral.time, Q, err));
    for (int i = 0; i < 3; i++) {
        FEMD_TRY(green_kubo_estimate(spectrum, Q + 3 * i, work, &along, err));
        value[0][i] = along.spectral.value;
        error[0][i] = along.spectral.error;
        value[1][i] = along.cepstral.value;
        error[1][i] = along.cepstral.error;
        result->plateau = result->plateau && along.spectral.plateau;
    }
    green_kubo_turn_back(Q, value[0], error[0], unit, result->spectral, result->spectral_err);
    green_kubo_turn_back(Q, value[1], error[1], unit, result->cepstral, result->cepstral_err);
    green_kubo_choose(result, cepstral);
    return FEMD_OK;
}

femd_status femd_green_kubo_evaluate(femd_green_kubo *gk, double V, femd_error *err) {
    const double T = gk->common.T, unit = CONDUCTIVITY / (2 * V * femd_kb * T * T);
    return femd_green_kubo_tensor(&gk->sums, unit, gk->options.isotropic, gk->options.segments.cepstral, gk->axis,
                                  &gk->result, err);
}
