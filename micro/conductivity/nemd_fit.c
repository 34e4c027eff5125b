/* From the sums of the method `nemd` to a tensor: estimates of one trajectory, the line over 1/L, the frame of the
 * lattice. Moves no atom.
 *
 * k = q/g of a box, q from what the slabs give and take, g the gradient along the way; 1/k = 1/k_inf + b/L over the
 * boxes. */
#include <math.h>

#include "conductivity/nemd.h"

/* eV/(angstrom ps K) in W/(m K) */
static const double CONDUCTIVITY = FEMD_ELEMENTARY_CHARGE * 1e22;

/* ---- one trajectory ---- */

enum { POWER, BALANCE, FLUX, APART, GRADIENT, DEVIATION, SIDE_A, SIDE_B, ESTIMATES };

typedef struct formula {
    double faces, k; /* twice the area; q/g so far */
} formula;

/* Linear in the moments; q - k g with the k of the whole makes the error of the quotient. */
static void nemd_quantities(void *user, const femd_moments *m, double *q) {
    const formula *f = user;
    q[POWER] = 0.5 * (m->mean[0] - m->mean[1]) / f->faces;
    q[BALANCE] = (m->mean[0] + m->mean[1]) / f->faces;
    q[FLUX] = m->y[0];
    q[APART] = q[FLUX] - q[POWER];
    q[GRADIENT] = 0.5 * (m->mean[2] + m->mean[3]);
    q[DEVIATION] = q[POWER] - f->k * q[GRADIENT];
    q[SIDE_A] = m->mean[2];
    q[SIDE_B] = m->mean[3];
}

void femd_nemd_read(const femd_nemd_series *s, double way, double faces, femd_nemd_estimate *e) {
    const femd_blocks *set[1] = {&s->trajectory.sums};
    formula f = {faces, 0};
    double value[ESTIMATES], error[ESTIMATES];
    memset(e, 0, sizeof *e);
    e->way = way;
    e->blocks = femd_blocks_estimate(set, 1, nemd_quantities, &f, ESTIMATES, value, error, NULL);
    if (e->blocks < 2) return;
    f.k = value[POWER] / value[GRADIENT];
    femd_blocks_estimate(set, 1, nemd_quantities, &f, ESTIMATES, value, error, NULL);
    e->power = value[POWER], e->power_err = error[POWER];
    e->balance = value[BALANCE], e->balance_err = error[BALANCE];
    e->flux = value[FLUX], e->flux_err = error[FLUX];
    e->apart = value[APART], e->apart_err = error[APART];
    e->gradient = value[GRADIENT], e->gradient_err = error[GRADIENT];
    e->side[0] = value[SIDE_A], e->side[1] = value[SIDE_B];
    e->k = CONDUCTIVITY * f.k;
    e->k_err = CONDUCTIVITY * error[DEVIATION] / fabs(e->gradient);
}

/* ---- lengths ---- */

void femd_nemd_line(int n, const double *x, const double *y, const double *s, double value[2], double covariance[3],
                    double *chi_square) {
    double S = 0, Sx = 0, Sy = 0, Sxx = 0, Sxy = 0;
    for (int i = 0; i < n; i++) {
        const double w = 1 / (s[i] * s[i]);
        S += w, Sx += w * x[i], Sy += w * y[i];
    }
    for (int i = 0; i < n; i++) { /* about the mean, where nothing cancels */
        const double w = 1 / (s[i] * s[i]), at = x[i] - Sx / S;
        Sxx += w * at * at;
        Sxy += w * at * y[i];
    }
    value[1] = Sxy / Sxx;
    value[0] = (Sy - value[1] * Sx) / S;
    covariance[0] = 1 / S + Sx / S * (Sx / S) / Sxx;
    covariance[1] = -(Sx / S) / Sxx;
    covariance[2] = 1 / Sxx;
    *chi_square = 0;
    for (int i = 0; i < n; i++) {
        const double off = (y[i] - value[0] - value[1] * x[i]) / s[i];
        *chi_square += off * off;
    }
}

/* What chance exceeds once in a hundred fits (Wilson and Hilferty, Proc. Natl. Acad. Sci. 17 (1931) 684). */
static double nemd_chi_square_limit(int freedom) {
    const double a = 2.0 / (9 * freedom), root = 1 - a + 2.326 * sqrt(a);
    return freedom * root * root * root;
}

typedef struct direction_result {
    double k, k_err, check, check_err, chi_square;
    int freedom;
} direction_result;

/* k at infinite length of a direction, from its series of the largest temperature difference, shortest first. */
static femd_status nemd_extrapolate(const femd_nemd *nemd, int direction, direction_result *out, femd_error *err) {
    double x[FEMD_NEMD_LENGTHS_MAX], y[FEMD_NEMD_LENGTHS_MAX], s[FEMD_NEMD_LENGTHS_MAX], value[2], covariance[3];
    int n = 0;
    memset(out, 0, sizeof *out);
    for (int i = 0; i < nemd->count; i++) {
        const femd_nemd_estimate *e = &nemd->result.series[i];
        if (nemd->series[i].direction != direction || nemd->series[i].gradient != nemd->options.gradients - 1) continue;
        if (!(e->k > 0) || !(e->k_err > 0))
            return femd_fail(err, FEMD_NOT_CONVERGED,
                             "no flow of heat is seen through %.4g angstrom yet: k = %.3g(%.2g) W/(m K); raise "
                             "nemd.max_steps or nemd.gradients",
                             e->way, e->k, e->k_err);
        x[n] = 1 / e->way;
        y[n] = 1 / e->k;
        s[n++] = e->k_err / (e->k * e->k);
        out->k = out->check = e->k;
        out->k_err = out->check_err = e->k_err;
    }
    if (n < 2) return FEMD_OK;
    femd_nemd_line(n, x, y, s, value, covariance, &out->chi_square);
    out->freedom = n - 2;
    if (!(value[0] > 0))
        return femd_fail(err, FEMD_NOT_CONVERGED,
                         "1/k of the boxes, extrapolated to infinite length, is %.3g(%.2g) m K/W: nemd.lengths are too "
                         "short for the way that heat goes "
                         "undisturbed, or nemd.max_steps too few",
                         value[0], sqrt(covariance[0]));
    out->k = 1 / value[0];
    out->k_err = sqrt(covariance[0]) / (value[0] * value[0]);
    return FEMD_OK;
}

/* ---- all of it ---- */

static void nemd_add_tensor(const double n[3], double value, double error, double k[6], double variance[6]) {
    for (int c = 0; c < 6; c++) {
        const double nn = n[femd_voigt_i[c]] * n[femd_voigt_j[c]];
        k[c] += nn * value;
        variance[c] += nn * nn * error * error;
    }
}

/* Is a pair of estimates more than two standard deviations apart? */
static int nemd_differ(double a, double a_err, double b, double b_err) {
    return fabs(a - b) > 2 * sqrt(a_err * a_err + b_err * b_err);
}

/* Notes that single trajectories give. The flux of a finite time step differs from the continuous one by a share of
 * (omega dt)^2. */
static uint32_t nemd_notes_of_series(const femd_nemd *nemd) {
    const femd_nemd_estimate *e = nemd->result.series;
    const double radians = nemd->common.top_frequency * nemd->common.options.time_step;
    uint32_t notes = 0;
    for (int s = 0; s < nemd->count; s++) {
        if (fabs(e[s].apart) > 3 * e[s].apart_err + 0.25 * radians * radians * fabs(e[s].power))
            notes |= FEMD_NOTE_FLUX_MISMATCH;
        for (int other = 0; other < s; other++)
            if (nemd->series[other].direction == nemd->series[s].direction &&
                nemd->series[other].length == nemd->series[s].length &&
                nemd_differ(e[other].k, e[other].k_err, e[s].k, e[s].k_err))
                notes |= FEMD_NOTE_NOT_LINEAR;
    }
    return notes;
}

femd_status femd_nemd_evaluate(femd_nemd *nemd, const double h[9], femd_error *err) {
    femd_nemd_result *r = &nemd->result;
    double variance[6] = {0}, check_variance[6] = {0};
    memset(r, 0, sizeof *r);
    for (int s = 0; s < nemd->count; s++) {
        const double step = femd_nemd_height(h, nemd->series[s].direction, NULL);
        int slab, margin;
        FEMD_TRY(femd_nemd_divide(nemd->series[s].repeats, step, &nemd->options, &slab, &margin, err));
        femd_nemd_read(&nemd->series[s], (nemd->series[s].repeats / 2 - slab) * step,
                       2 * femd_det3(h) / step * nemd->options.across * nemd->options.across, &r->series[s]);
    }
    r->notes = nemd_notes_of_series(nemd);
    for (int d = 0; d < 3; d++) {
        direction_result one;
        double n[3];
        if (nemd->options.isotropic && d != nemd->options.direction) continue;
        FEMD_TRY(nemd_extrapolate(nemd, d, &one, err));
        r->worst = fmax(r->worst, one.k_err / one.k);
        r->freedom = one.freedom;
        r->chi_square = fmax(r->chi_square, one.chi_square);
        if (one.freedom > 0 && one.chi_square > nemd_chi_square_limit(one.freedom)) r->notes |= FEMD_NOTE_SIZE_TREND;
        femd_nemd_height(h, d, n);
        if (!nemd->options.isotropic) {
            nemd_add_tensor(n, one.k, one.k_err, r->k, variance);
            nemd_add_tensor(n, one.check, one.check_err, r->k_check, check_variance);
            continue;
        }
        for (int c = 0; c < 3; c++) {
            r->k[c] = one.k, r->k_check[c] = one.check;
            variance[c] = one.k_err * one.k_err, check_variance[c] = one.check_err * one.check_err;
        }
    }
    for (int c = 0; c < 6; c++) {
        r->k_err[c] = sqrt(variance[c]);
        r->k_check_err[c] = sqrt(check_variance[c]);
    }
    return FEMD_OK;
}
