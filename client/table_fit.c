/* A polynomial through the points of a table: weighted least squares by LAPACK's QR, with its covariance.
 * The bits are those of one thread and one core type: femd_level_reexec comes before. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

/* Fortran interfaces; the trailing size_t are the hidden lengths of character arguments. */
extern void dgeqrf_(const int *m, const int *n, double *a, const int *lda, double *tau, double *work, const int *lwork,
                    int *info);
extern void dtrtri_(const char *uplo, const char *diag, const int *n, double *a, const int *lda, int *info, size_t,
                    size_t);

#define FIT_ROUND_OFF 1e-9 /* of the quantity's scale: a component below it is noise of arithmetic */
#define FIT_OFF       0.01 /* of the range: exact figures that differ more are not described */

/* ---- terms ---- */

/* The next combination of powers, the last axis going round fastest; 0 after the last. */
static int polynomial_next(const table_grid *g, int order, unsigned char power[TABLE_AXES_MAX]) {
    for (size_t k = g->axes; k-- > 0;) {
        const int most = g->axis[k].n - 1 < order ? g->axis[k].n - 1 : order;
        if (power[k] < most) {
            power[k]++;
            return 1;
        }
        power[k] = 0;
    }
    return 0;
}

femd_status table_terms_make(const table_grid *g, int order, table_terms *t, femd_error *err) {
    unsigned char power[TABLE_AXES_MAX] = {0};
    *t = (table_terms){.axes = g->axes};
    for (size_t k = 0; k < g->axes; k++) {
        t->centre[k] = g->axis[k].low + 0.5 * (g->axis[k].high - g->axis[k].low);
        t->half_width[k] = 0.5 * fabs(g->axis[k].high - g->axis[k].low);
    }
    do {
        int total = 0;
        for (size_t k = 0; k < g->axes; k++) total += power[k];
        if (total > order) continue;
        if (t->n == TABLE_TERMS_MAX)
            return femd_fail(err, FEMD_BAD_INPUT, "--fit %d: more than %d terms with %zu axes; take a lower order",
                             order, TABLE_TERMS_MAX, g->axes);
        memcpy(t->power[t->n++], power, sizeof power);
    } while (polynomial_next(g, order, power));
    return FEMD_OK;
}

static void polynomial_terms_at(const table_grid *g, const table_terms *t, size_t point, double term[TABLE_TERMS_MAX]) {
    double x[TABLE_AXES_MAX], power[TABLE_AXES_MAX][TABLE_ORDER_MAX + 1];
    table_grid_place(g, point, x);
    for (size_t k = 0; k < t->axes; k++) {
        power[k][0] = 1;
        for (int p = 0; p < TABLE_ORDER_MAX; p++)
            power[k][p + 1] = power[k][p] * ((x[k] - t->centre[k]) / t->half_width[k]);
    }
    for (size_t i = 0; i < t->n; i++) {
        term[i] = 1;
        for (size_t k = 0; k < t->axes; k++) term[i] *= power[k][t->power[i][k]];
    }
}

double table_fit_value(const table_grid *g, const table_terms *t, const table_fit *fit, size_t point) {
    double term[TABLE_TERMS_MAX], sum = 0;
    polynomial_terms_at(g, t, point, term);
    for (size_t i = 0; i < t->n; i++) sum += fit->coefficient[i] * term[i];
    return sum;
}

/* ---- least squares ---- */

enum { FIT_BLOCK = 32 }; /* columns that LAPACK takes at a time */

/* Columns 0 to n - 1 of a (rows x (n + 1), by columns) become R, the last one Q^T y. 0: they are dependent. */
static int polynomial_reduce(double *a, size_t rows, size_t n) {
    const int m = (int)rows, columns = (int)n + 1, room = FIT_BLOCK * columns;
    double tau[TABLE_TERMS_MAX + 1], work[FIT_BLOCK * (TABLE_TERMS_MAX + 1)];
    int info = 0;
    dgeqrf_(&m, &columns, a, &m, tau, work, &room, &info);
    if (info != 0) return 0;
    for (size_t k = 0; k < n; k++) { /* what of a column those before it leave, beside the whole of it */
        const double *r = a + k * rows;
        double all = 0;
        for (size_t i = 0; i <= k; i++) all += r[i] * r[i];
        if (!(r[k] * r[k] > 1e-20 * all)) return 0;
    }
    return 1;
}

/* inverse = R^-1 (n x n, by columns), of R in the columns of a. */
static void polynomial_inverse(const double *a, size_t rows, size_t n, double *inverse) {
    const int order = (int)n;
    int info = 0; /* no diagonal is 0 */
    for (size_t c = 0; c < n; c++)
        for (size_t r = 0; r < n; r++) inverse[c * n + r] = r <= c ? a[c * rows + r] : 0;
    dtrtri_("U", "N", &order, inverse, &order, &info, 1, 1);
}

static void polynomial_solve(const double *a, size_t rows, size_t n, double *inverse, double factor, table_fit *fit) {
    polynomial_inverse(a, rows, n, inverse);
    for (size_t r = 0; r < n; r++) {
        fit->coefficient[r] = 0;
        for (size_t k = r; k < n; k++) fit->coefficient[r] += inverse[k * n + r] * a[n * rows + k];
        for (size_t c = 0; c < n; c++) {
            double sum = 0;
            for (size_t k = r > c ? r : c; k < n; k++) sum += inverse[k * n + r] * inverse[k * n + c];
            fit->covariance[r * n + c] = factor * sum;
        }
    }
}

/* ---- its quality ---- */

static void polynomial_judge(double low, double high, double scale, table_fit *fit) {
    const double freedom = (double)fit->freedom, range = high - low, most = fmax(fabs(low), fabs(high));
    fit->good = 1;
    if (most <= FIT_ROUND_OFF * scale) {
        snprintf(fit->words, sizeof fit->words, "round-off beside the other components");
    } else if (!fit->freedom) {
        fit->good = 0;
        snprintf(fit->words, sizeof fit->words, "as many terms as points: it goes through all, which tells nothing");
    } else if (fit->weighted && fit->chi2 > freedom + 3 * sqrt(2 * freedom)) {
        fit->good = 0;
        snprintf(fit->words, sizeof fit->words,
                 "chi2 %.3g with %zu degrees of freedom: these points do not lie on such a polynomial within their "
                 "errors; take a higher --fit or a smaller range",
                 fit->chi2, fit->freedom);
    } else if (fit->weighted && fit->chi2 < freedom - 3 * sqrt(2 * freedom)) {
        snprintf(fit->words, sizeof fit->words,
                 "chi2 %.3g with %zu degrees of freedom: the points scatter less than their errors say", fit->chi2,
                 fit->freedom);
    } else if (!fit->weighted && fit->worst > FIT_OFF * range && fit->worst > FIT_ROUND_OFF * most) {
        fit->good = 0;
        snprintf(fit->words, sizeof fit->words,
                 "misses a point by %.2g %% of the range of all: take a higher --fit or a smaller range",
                 100 * fit->worst / range);
    }
}

static int polynomial_is_weighted(const double *y, const double *sigma, size_t n) {
    for (size_t i = 0; sigma && i < n; i++)
        if (isfinite(y[i]) && !(sigma[i] > 0 && isfinite(sigma[i]))) return 0;
    return sigma != NULL;
}

/* Sums of the residuals, by evaluating the fit. */
static void polynomial_residuals(const table_grid *g, const table_terms *t, const double *y, const double *sigma,
                                 table_fit *fit) {
    double squares = 0, chi2 = 0;
    fit->worst = 0;
    for (size_t i = 0; i < g->points; i++) {
        if (!isfinite(y[i])) continue;
        const double off = fabs(y[i] - table_fit_value(g, t, fit, i));
        squares += off * off;
        if (fit->weighted) chi2 += off * off / (sigma[i] * sigma[i]);
        fit->worst = fmax(fit->worst, off);
    }
    fit->rms = sqrt(squares / (double)fit->points);
    fit->chi2 = fit->weighted ? chi2 : (double)NAN;
}

static void polynomial_run(const table_grid *g, const table_terms *t, const double *y, const double *sigma, double *a,
                           double *inverse, table_fit *fit) {
    const size_t rows = fit->points, n = t->n;
    size_t row = 0;
    for (size_t i = 0; i < g->points; i++) {
        double term[TABLE_TERMS_MAX];
        if (!isfinite(y[i])) continue;
        const double weight = fit->weighted ? 1 / sigma[i] : 1;
        polynomial_terms_at(g, t, i, term);
        for (size_t k = 0; k < n; k++) a[k * rows + row] = weight * term[k];
        a[n * rows + row++] = weight * y[i];
    }
    fit->fitted = polynomial_reduce(a, rows, n);
    if (!fit->fitted) {
        snprintf(fit->words, sizeof fit->words, "the points that are left do not determine %zu terms", n);
        return;
    }
    polynomial_solve(a, rows, n, inverse, 1, fit);
    polynomial_residuals(g, t, y, sigma, fit);
    if (fit->weighted) return;
    const double variance =
        fit->freedom ? fit->rms * fit->rms * (double)fit->points / (double)fit->freedom : (double)NAN;
    for (size_t k = 0; k < n * n; k++) fit->covariance[k] *= variance;
}

femd_status table_fit_make(const table_grid *g, const table_terms *t, const double *y, const double *sigma,
                           double scale, table_fit *fit, femd_error *err) {
    double low = INFINITY, high = -INFINITY;
    *fit = (table_fit){.weighted = polynomial_is_weighted(y, sigma, g->points), .chi2 = NAN, .rms = NAN, .worst = NAN};
    for (size_t i = 0; i < g->points; i++) {
        if (!isfinite(y[i])) continue;
        fit->points++;
        low = fmin(low, y[i]);
        high = fmax(high, y[i]);
    }
    if (fit->points < t->n) {
        snprintf(fit->words, sizeof fit->words, "%zu points for %zu terms: take a lower --fit or more points",
                 fit->points, t->n);
        return FEMD_OK;
    }
    fit->freedom = fit->points - t->n;
    fit->covariance = calloc(t->n * t->n, sizeof *fit->covariance);
    double *a = malloc(fit->points * (t->n + 1) * sizeof *a), *inverse = malloc(t->n * t->n * sizeof *inverse);
    femd_status rc = a && inverse && fit->covariance ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for a fit");
    if (rc == FEMD_OK) polynomial_run(g, t, y, sigma, a, inverse, fit);
    if (rc == FEMD_OK && fit->fitted) polynomial_judge(low, high, scale, fit);
    if (rc == FEMD_OK && sigma && !fit->weighted && !*fit->words)
        snprintf(fit->words, sizeof fit->words, "some points have no error: all count alike");
    free(a);
    free(inverse);
    return rc;
}

void table_fit_clear(table_fit *fit) {
    free(fit->covariance);
    fit->covariance = NULL;
}
