/* The normal equations of the fit and their solution. */
#include "fields/thermal_fit.h"

#include <math.h>
#include <string.h>

#include "fields/conductivity_fit_private.h"

#define MOST FEMD_K_COEFFICIENTS

/* One sigma of the prior, about 0, over the scale: of levels, of b and q, of c. */
#define PRIOR_LEVEL  10.0
#define PRIOR_POWER  1.0
#define PRIOR_STRAIN 30.0
#define SIGMA_LEAST  1e-6 /* of the scale: an error that is taken for none */
#define CHI2_MOST    2.0
enum { FREEDOM_LEAST = 5 };

/* The whole model, curvatures at the end: without them it is what stands before. */
static void thermal_model(femd_k_form form, const femd_thermal_sums *sums, int quadratic, femd_k_fit *fit) {
    memset(fit, 0, sizeof *fit);
    fit->form = form;
    fit->strained = 1;
    fit->quadratic = quadratic;
    fit->T0 = sums->T0;
    fit->widened = 1;
    fit->n = femd_k_fit_size(fit);
}

void femd_thermal_begin(femd_thermal_sums *sums, double T, const double dSdT[6], double error) {
    double most = error;
    memset(sums, 0, sizeof *sums);
    for (int c = 0; c < 6; ++c) most = fmax(most, fabs(dSdT[c]));
    sums->T0 = T > 0 ? T : 1;
    sums->scale = most > 0 ? most : 1;
}

void femd_thermal_add(femd_k_form form, femd_thermal_sums *sums, const double E[6], double T, const double dSdT[6],
                      const double variance[2]) {
    femd_k_fit model;
    double row[MOST];
    const double least = SIGMA_LEAST * SIGMA_LEAST * sums->scale * sums->scale;
    thermal_model(form, sums, 1, &model);
    for (int c = 0; c < 6; ++c) {
        const double weight = 1 / fmax(variance[c >= 3], least);
        femd_k_fit_row(&model, E, T, c, row);
        for (int i = 0; i < model.n; ++i) {
            sums->right[i] += row[i] * dSdT[c] * weight;
            for (int j = 0; j < model.n; ++j) sums->normal[i * model.n + j] += row[i] * row[j] * weight;
        }
        sums->squares += dSdT[c] * dSdT[c] * weight;
        sums->rows += 1;
    }
    sums->samples += 1;
}

/* Stride of the sums: that of the whole model. */
static int thermal_stride(femd_k_form form, const femd_thermal_sums *sums) {
    femd_k_fit model;
    thermal_model(form, sums, 1, &model);
    return model.n;
}

static void thermal_solve(const femd_thermal_sums *sums, int stride, femd_k_fit *fit) {
    const int levels = femd_k_fit_levels(fit), strains = femd_k_fit_strains(fit), n = fit->n;
    double factor[MOST * MOST], column[MOST];
    for (int i = 0; i < n; ++i) {
        const double sigma = sums->scale * (i < levels                                    ? PRIOR_LEVEL
                                            : i >= 2 * levels && i < 2 * levels + strains ? PRIOR_STRAIN
                                                                                          : PRIOR_POWER);
        for (int j = 0; j < n; ++j) factor[i * n + j] = sums->normal[i * stride + j];
        factor[i * n + i] += 1 / (sigma * sigma);
    }
    femd_k_fit_factor(factor, n);
    memcpy(fit->coefficient, sums->right, (size_t)n * sizeof *fit->coefficient);
    femd_k_fit_substitute(factor, n, fit->coefficient);
    for (int j = 0; j < n; ++j) {
        memset(column, 0, sizeof column);
        column[j] = 1;
        femd_k_fit_substitute(factor, n, column);
        for (int i = 0; i < n; ++i) fit->covariance[i * n + j] = column[i];
    }
}

/* Squares of the residuals over their variances, by degree of freedom; NAN where these are too few. */
static double thermal_misfit(const femd_thermal_sums *sums, int stride, const femd_k_fit *fit) {
    const double freedom = sums->rows - fit->n;
    double sum = sums->squares;
    for (int i = 0; i < fit->n; ++i) {
        double product = -2 * sums->right[i];
        for (int j = 0; j < fit->n; ++j) product += sums->normal[i * stride + j] * fit->coefficient[j];
        sum += fit->coefficient[i] * product;
    }
    return freedom >= FREEDOM_LEAST ? sum / freedom : NAN;
}

void femd_thermal_fit(femd_k_form form, const femd_thermal_sums *sums, femd_k_fit *fit) {
    const int stride = thermal_stride(form, sums);
    for (int quadratic = 0; quadratic < 2; ++quadratic) {
        thermal_model(form, sums, quadratic, fit);
        thermal_solve(sums, stride, fit);
        fit->chi2 = thermal_misfit(sums, stride, fit);
        if (!(fit->chi2 > CHI2_MOST)) return;
    }
    fit->widened = sqrt(fit->chi2);
    for (int i = 0; i < fit->n * fit->n; ++i) fit->covariance[i] *= fit->chi2;
}

void femd_thermal_at(const femd_k_fit *fit, const double E[6], double T, const double *coefficient, double dSdT[6]) {
    double row[MOST];
    for (int c = 0; c < 6; ++c) {
        femd_k_fit_row(fit, E, T, c, row);
        dSdT[c] = 0;
        for (int i = 0; i < fit->n; ++i) dSdT[c] += row[i] * coefficient[i];
    }
}
