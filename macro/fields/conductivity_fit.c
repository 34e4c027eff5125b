/* The equations of the fit: rows of the model, normal equations, Cholesky's factor. */
#include "fields/conductivity_fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fields/conductivity_fit_private.h"
#include "fields/positive_tensor.h"

#define MOST FEMD_K_COEFFICIENTS

/* One sigma of the prior: of ln k about the mean of the samples; of the power of T about -1, of entries off the
 * diagonal about 0; of the curvature and of what a strain of 1 would do about 0. */
#define PRIOR_LEVEL     2.0
#define PRIOR_POWER     1.0
#define PRIOR_CURVATURE 1.0
#define PRIOR_STRAIN    10.0
#define SIGMA_LEAST     1e-6 /* relative error that is taken for none */
#define CHI2_MOST       2.0
enum { FREEDOM_LEAST = 5 };

/* ---- the model ---- */

static int fit_is_number(const femd_k_fit *fit) {
    return fit->form == FEMD_K_NUMBER || fit->form == FEMD_K_CAPACITY;
}

int femd_k_fit_levels(const femd_k_fit *fit) {
    return fit->form == FEMD_K_ANY || fit->form == FEMD_K_THERMAL ? 6 : 1;
}

int femd_k_fit_strains(const femd_k_fit *fit) {
    if (!fit->strained) return 0;
    if (fit_is_number(fit)) return 1;
    return femd_k_fit_levels(fit) == 6 ? 36 : 3;
}

int femd_k_fit_size(const femd_k_fit *fit) {
    return (fit->quadratic ? 3 : 2) * femd_k_fit_levels(fit) + femd_k_fit_strains(fit);
}

/* What ln k is a polynomial in; its derivative. Conductivities fall as powers of T, a classical heat capacity or
 * thermal stress has a level, from which it departs as T. */
static int fit_has_level(const femd_k_fit *fit) {
    return fit->form == FEMD_K_CAPACITY || fit->form == FEMD_K_THERMAL || fit->form == FEMD_K_THERMAL_CUBIC;
}

static double fit_abscissa(const femd_k_fit *fit, double T) {
    return fit_has_level(fit) ? T / fit->T0 - 1 : log(T / fit->T0);
}

static double fit_abscissa_slope(const femd_k_fit *fit, double T) {
    return 1 / (fit_has_level(fit) ? fit->T0 : T);
}

/* Component c of ln k is row . coefficients; in their order: levels, powers, strains, curvatures. */
void femd_k_fit_row(const femd_k_fit *fit, const double E[6], double T, int c, double *row) {
    const int levels = femd_k_fit_levels(fit), strains = femd_k_fit_strains(fit), own = levels == 6 ? c : 0;
    const double x = fit_abscissa(fit, T);
    memset(row, 0, (size_t)fit->n * sizeof *row);
    if (levels == 6 || c < 3) {
        row[own] = 1;
        row[levels + own] = x;
        if (fit->quadratic) row[2 * levels + strains + own] = x * x;
    }
    if (strains == 36) memcpy(row + 2 * levels + 6 * c, E, 6 * sizeof *row);
    if (strains == 1 && c < 3) row[2 * levels] = E[0] + E[1] + E[2];
    if (strains != 3) return;
    row += 2 * levels;
    if (c < 3) row[0] = E[c], row[1] = E[(c + 1) % 3] + E[(c + 2) % 3];
    if (c >= 3) row[2] = E[c];
}

static int fit_rows(const femd_k_fit *fit) {
    return fit_is_number(fit) ? 1 : 6;
}

static double fit_dot(const double *a, const double *b, int n) {
    double sum = 0;
    for (int i = 0; i < n; ++i) sum += a[i] * b[i];
    return sum;
}

/* out = covariance x */
static void fit_times(const femd_k_fit *fit, const double *x, double *out) {
    for (int i = 0; i < fit->n; ++i) out[i] = fit_dot(fit->covariance + i * fit->n, x, fit->n);
}

/* ---- the fit ---- */

typedef struct fit_work {
    const femd_k_sample *sample;
    size_t n;
    double *log_k;    /* n x 6, free of the bias of the logarithm */
    double *variance; /* n x 6: of log_k; 0: says nothing */
    double normal[MOST * MOST], right[MOST];
} fit_work;

static double fit_mean(const femd_k_sample *s) {
    return (s->k[0] + s->k[1] + s->k[2]) / 3;
}

/* One number, said three times. */
static int fit_says_number(const femd_k_sample *s) {
    for (int c = 3; c < 6; ++c)
        if (s->k[c] != 0 || s->error[c] != 0) return 0;
    return s->k[0] == s->k[1] && s->k[1] == s->k[2] && s->error[0] == s->error[1] && s->error[1] == s->error[2];
}

/* Mean square of the relative errors of components first .. first + 2. */
static double fit_own_variance(const femd_k_sample *s, int first) {
    double sum = 0;
    for (int c = first; c < first + 3; ++c) sum += s->error[c] * s->error[c];
    return sum / (3 * fit_mean(s) * fit_mean(s));
}

/* Samples that were taken as long as the same accuracy wants have the same relative error; what each says of it
 * scatters, and would weigh low values more. */
static double fit_pooled(const fit_work *w, int first) {
    double sum = 0;
    size_t count = 0;
    for (int all = 0; all < 2 && count == 0; ++all)
        for (size_t i = 0; i < w->n; ++i) {
            if (!all && !(w->sample[i].reached > 0)) continue;
            sum += fit_own_variance(w->sample + i, first);
            count++;
        }
    return sum / (double)count;
}

static void fit_errors(femd_k_fit *fit, fit_work *w) {
    const double diagonal = fmax(fit_pooled(w, 0), SIGMA_LEAST * SIGMA_LEAST),
                 shear = fit_is_number(fit) ? 0 : fit_pooled(w, 3);
    fit->sigma = sqrt(diagonal);
    fit->sigma_shear = sqrt(shear);
    for (size_t i = 0; i < w->n; ++i) {
        const double own = fit_own_variance(w->sample + i, 0),
                     longer = w->sample[i].reached > 0 ? 1 : fmax(1, own / diagonal);
        for (int c = 0; c < 6; ++c) w->variance[6 * i + (size_t)c] = longer * (c < 3 ? diagonal : shear);
    }
}

/* ln (1 + e) is e - e^2 / 2 in the mean, of tensors with the squares of a row of e. */
static femd_status fit_logarithms(const femd_k_fit *fit, fit_work *w, femd_error *err) {
    for (size_t i = 0; i < w->n; ++i) {
        double *y = w->log_k + 6 * i;
        const double *v = w->variance + 6 * i;
        if (!(w->sample[i].T > 0) || !femd_tensor_log(w->sample[i].k, y))
            return femd_fail(err, FEMD_OUT_OF_DOMAIN, "the %s sampled at point %.0f and %g K is not positive%s",
                             fit->form == FEMD_K_CAPACITY ? "heat capacity" : "conductivity", w->sample[i].point,
                             w->sample[i].T, fit->form == FEMD_K_CAPACITY ? "" : " definite");
        for (int c = 0; c < 3; ++c) y[c] += fit_is_number(fit) ? v[0] / 2 : (v[c] + 2 * v[3]) / 2;
    }
    return FEMD_OK;
}

static void fit_ranges(femd_k_fit *fit, const fit_work *w) {
    double sum = 0;
    fit->coldest = fit->hottest = w->sample[0].T;
    memcpy(fit->least, w->sample[0].E, sizeof fit->least);
    memcpy(fit->most, w->sample[0].E, sizeof fit->most);
    for (size_t i = 0; i < w->n; ++i) {
        const femd_k_sample *s = w->sample + i;
        sum += log(s->T);
        fit->coldest = fmin(fit->coldest, s->T);
        fit->hottest = fmax(fit->hottest, s->T);
        for (int c = 0; c < 6; ++c) {
            fit->least[c] = fmin(fit->least[c], s->E[c]);
            fit->most[c] = fmax(fit->most[c], s->E[c]);
        }
    }
    fit->T0 = exp(sum / (double)w->n);
}

/* The prior: independent coefficients about `mean`. */
static void fit_begin_normal(const femd_k_fit *fit, fit_work *w, double *mean) {
    const int levels = femd_k_fit_levels(fit), strains = femd_k_fit_strains(fit);
    memset(w->normal, 0, sizeof w->normal);
    for (int i = 0; i < fit->n; ++i) {
        const int level = i < levels, power = i < 2 * levels, strain = i < 2 * levels + strains;
        const double sigma = level ? PRIOR_LEVEL : power ? PRIOR_POWER : strain ? PRIOR_STRAIN : PRIOR_CURVATURE;
        mean[i] = power && !level && i - levels < 3 && fit->form != FEMD_K_CAPACITY ? -1 : 0;
        for (size_t s = 0; level && s < w->n; ++s) {
            const double *y = w->log_k + 6 * s;
            const double value = levels == 6 ? y[i] : fit_is_number(fit) ? y[0] : (y[0] + y[1] + y[2]) / 3;
            mean[i] += (value - mean[i]) / (double)(s + 1);
        }
        w->normal[i * fit->n + i] = 1 / (sigma * sigma);
        w->right[i] = mean[i] / (sigma * sigma);
    }
}

static void fit_add_normal(const femd_k_fit *fit, fit_work *w) {
    double row[MOST];
    for (size_t s = 0; s < w->n; ++s)
        for (int c = 0; c < fit_rows(fit); ++c) {
            const double variance = w->variance[6 * s + (size_t)c], y = w->log_k[6 * s + (size_t)c];
            if (!(variance > 0)) continue;
            femd_k_fit_row(fit, w->sample[s].E, w->sample[s].T, c, row);
            for (int i = 0; i < fit->n; ++i) {
                w->right[i] += row[i] * y / variance;
                for (int j = 0; j < fit->n; ++j) w->normal[i * fit->n + j] += row[i] * row[j] / variance;
            }
        }
}

/* Lower factor in place. The prior keeps it positive. */
void femd_k_fit_factor(double *A, int n) {
    for (int j = 0; j < n; ++j) {
        for (int k = 0; k < j; ++k)
            for (int i = j; i < n; ++i) A[i * n + j] -= A[i * n + k] * A[j * n + k];
        const double pivot = sqrt(A[j * n + j]);
        for (int i = j; i < n; ++i) A[i * n + j] /= pivot;
    }
}

void femd_k_fit_substitute(const double *L, int n, double *x) {
    for (int i = 0; i < n; ++i) {
        for (int j = 0; j < i; ++j) x[i] -= L[i * n + j] * x[j];
        x[i] /= L[i * n + i];
    }
    for (int i = n - 1; i >= 0; --i) {
        for (int j = i + 1; j < n; ++j) x[i] -= L[j * n + i] * x[j];
        x[i] /= L[i * n + i];
    }
}

static void fit_solve(femd_k_fit *fit, fit_work *w) {
    double mean[MOST], column[MOST];
    fit->n = femd_k_fit_size(fit);
    fit_begin_normal(fit, w, mean);
    fit_add_normal(fit, w);
    femd_k_fit_factor(w->normal, fit->n);
    memcpy(fit->coefficient, w->right, sizeof w->right);
    femd_k_fit_substitute(w->normal, fit->n, fit->coefficient);
    for (int j = 0; j < fit->n; ++j) {
        memset(column, 0, sizeof column);
        column[j] = 1;
        femd_k_fit_substitute(w->normal, fit->n, column);
        for (int i = 0; i < fit->n; ++i) fit->covariance[i * fit->n + j] = column[i];
    }
}

/* Squares of the residuals over their variances, by degree of freedom; NAN where these are too few. */
static double fit_misfit(const femd_k_fit *fit, const fit_work *w) {
    double row[MOST], sum = 0;
    int freedom = -fit->n;
    for (size_t s = 0; s < w->n; ++s)
        for (int c = 0; c < fit_rows(fit); ++c) {
            const double variance = w->variance[6 * s + (size_t)c];
            if (!(variance > 0)) continue;
            femd_k_fit_row(fit, w->sample[s].E, w->sample[s].T, c, row);
            const double off = w->log_k[6 * s + (size_t)c] - fit_dot(row, fit->coefficient, fit->n);
            sum += off * off / variance;
            freedom++;
        }
    return freedom >= FREEDOM_LEAST ? sum / freedom : NAN;
}

static void fit_widen(femd_k_fit *fit, fit_work *w, double chi2) {
    fit->widened = sqrt(chi2);
    fit->sigma *= fit->widened;
    fit->sigma_shear *= fit->widened;
    for (size_t i = 0; i < 6 * w->n; ++i) w->variance[i] *= chi2;
    fit_solve(fit, w);
}

static femd_status fit_run(femd_k_fit *fit, fit_work *w, femd_error *err) {
    fit_ranges(fit, w);
    fit_errors(fit, w);
    FEMD_TRY(fit_logarithms(fit, w, err));
    fit_solve(fit, w);
    fit->chi2 = fit_misfit(fit, w);
    if (fit->chi2 > CHI2_MOST) {
        fit->quadratic = 1;
        fit_solve(fit, w);
        fit->chi2 = fit_misfit(fit, w);
    }
    if (fit->chi2 > CHI2_MOST) fit_widen(fit, w, fit->chi2);
    return FEMD_OK;
}

size_t femd_k_most(femd_k_form form) {
    return form == FEMD_K_ANY || form == FEMD_K_THERMAL ? FEMD_K_COEFFICIENTS : 6; /* of a number they are fewer */
}

femd_status femd_k_fit_make(femd_k_form form, int strained, const femd_k_sample *sample, size_t n, femd_k_fit *fit,
                            femd_error *err) {
    int number = 1;
    memset(fit, 0, sizeof *fit);
    for (size_t i = 0; i < n; ++i) number &= fit_says_number(sample + i);
    fit->form = number && form != FEMD_K_CAPACITY ? FEMD_K_NUMBER : form;
    fit->strained = strained;
    fit->widened = 1;
    fit_work *w = calloc(1, sizeof *w);
    if (w) *w = (fit_work){sample, n, calloc(6 * n + 1, sizeof(double)), calloc(6 * n + 1, sizeof(double)), {0}, {0}};
    femd_status rc = w && w->log_k && w->variance
                         ? FEMD_OK
                         : femd_fail(err, FEMD_NO_MEMORY, "no memory for a fit of %zu conductivities", n);
    if (rc == FEMD_OK) rc = fit_run(fit, w, err);
    if (w) free(w->log_k);
    if (w) free(w->variance);
    free(w);
    return rc;
}

/* ---- what it says ---- */

static void fit_log(const femd_k_fit *fit, const double E[6], double T, double log_k[6]) {
    double row[MOST];
    for (int c = 0; c < 6; ++c) {
        femd_k_fit_row(fit, E, T, c, row);
        log_k[c] = fit_dot(row, fit->coefficient, fit->n);
    }
}

void femd_k_fit_at(const femd_k_fit *fit, const double E[6], double T, double k[6], double dkdT[6]) {
    const int levels = femd_k_fit_levels(fit);
    const double x = fit_abscissa(fit, T), *power = fit->coefficient + levels,
                 *curvature = fit->coefficient + 2 * levels + femd_k_fit_strains(fit);
    double log_k[6], change[6] = {0};
    fit_log(fit, E, T, log_k);
    for (int c = 0; c < (levels == 6 ? 6 : 3); ++c) {
        const int own = levels == 6 ? c : 0;
        change[c] = (power[own] + (fit->quadratic ? 2 * x * curvature[own] : 0)) * fit_abscissa_slope(fit, T);
    }
    femd_tensor_exp(log_k, change, k, dkdT);
}

void femd_k_fit_change(const femd_k_fit *fit, const double E[6], double T, const double *coefficients,
                       double change[6]) {
    double log_k[6], log_change[6], row[MOST], k[6];
    fit_log(fit, E, T, log_k);
    for (int c = 0; c < 6; ++c) {
        femd_k_fit_row(fit, E, T, c, row);
        log_change[c] = fit_dot(row, coefficients, fit->n);
    }
    femd_tensor_exp(log_k, log_change, k, change);
}

void femd_k_fit_column(const femd_k_fit *fit, int j, double *column) {
    double factor[MOST * MOST];
    memcpy(factor, fit->covariance, (size_t)(fit->n * fit->n) * sizeof *factor);
    femd_k_fit_factor(factor, fit->n);
    for (int i = 0; i < fit->n; ++i) column[i] = i < j ? 0 : factor[i * fit->n + j];
}

double femd_k_fit_spread(const femd_k_fit *fit, const double *x) {
    double product[MOST];
    fit_times(fit, x, product);
    return fit_dot(x, product, fit->n);
}

double femd_k_fit_variance(const femd_k_fit *fit, const double E[6], double T) {
    double row[MOST], most = 0;
    for (int c = 0; c < 6; ++c) {
        femd_k_fit_row(fit, E, T, c, row);
        most = fmax(most, femd_k_fit_spread(fit, row));
    }
    return most;
}

void femd_k_fit_flow(const femd_k_fit *fit, const double E[6], double T, const double u[3], const double v[3],
                     double *by_coefficient) {
    double log_k[6], weight[6], row[MOST];
    fit_log(fit, E, T, log_k);
    femd_tensor_form(log_k, u, v, weight);
    memset(by_coefficient, 0, (size_t)fit->n * sizeof *by_coefficient);
    for (int c = 0; c < 6; ++c) {
        femd_k_fit_row(fit, E, T, c, row);
        for (int i = 0; i < fit->n; ++i) by_coefficient[i] += weight[c] * row[i];
    }
}

/* ---- one more sample ---- */

/* Its rows one after the other: row . C row + variance divides; C loses C row (C row)^T by that. `along`: C rows that
 * were taken off so far, scaled. */
static int fit_more(const femd_k_fit *fit, const double E[6], double T, double along[6][MOST]) {
    double row[MOST];
    int taken = 0;
    for (int c = 0; c < fit_rows(fit); ++c) {
        const double sigma = c < 3 ? fit->sigma : fit->sigma_shear;
        double *product = along[taken];
        if (!(sigma > 0)) continue;
        femd_k_fit_row(fit, E, T, c, row);
        fit_times(fit, row, product);
        for (int k = 0; k < taken; ++k) {
            const double share = fit_dot(row, along[k], fit->n);
            for (int i = 0; i < fit->n; ++i) product[i] -= share * along[k][i];
        }
        const double scale = 1 / sqrt(sigma * sigma + fmax(0, fit_dot(row, product, fit->n)));
        for (int i = 0; i < fit->n; ++i) product[i] *= scale;
        taken++;
    }
    return taken;
}

double femd_k_fit_gain(const femd_k_fit *fit, const double E[6], double T, const double *x) {
    double along[6][MOST], gain = 0;
    const int taken = fit_more(fit, E, T, along);
    for (int k = 0; k < taken; ++k) gain += pow(fit_dot(along[k], x, fit->n), 2);
    return gain;
}

void femd_k_fit_foresee(femd_k_fit *fit, const double E[6], double T) {
    double along[6][MOST];
    const int taken = fit_more(fit, E, T, along);
    for (int k = 0; k < taken; ++k)
        for (int i = 0; i < fit->n; ++i)
            for (int j = 0; j < fit->n; ++j) fit->covariance[i * fit->n + j] -= along[k][i] * along[k][j];
    fit->coldest = fmin(fit->coldest, T);
    fit->hottest = fmax(fit->hottest, T);
    for (int c = 0; c < 6; ++c) {
        fit->least[c] = fmin(fit->least[c], E[c]);
        fit->most[c] = fmax(fit->most[c], E[c]);
    }
}
