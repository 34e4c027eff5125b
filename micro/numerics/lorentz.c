/* The value of a spectrum at frequency zero by maximum likelihood: constants and sums of Lorentzians, the spectrum of
 * phonons that each relax exponentially, fitted to bands that begin at frequency zero; the bands and models that
 * describe the data are averaged. After the Lorentz model of STACIE (Toraman, Fauconnier, Verstraelen, J. Chem. Inf.
 * Model. 2025); the likelihood is Whittle's, with the spectrum replaced by the expectation of a periodogram of finite
 * length (Sykulski et al., Biometrika 106 (2019) 251).
 *
 * With y = 2 pi f tau and T the length of a segment, a Lorentzian of height 1 has at f = k/T the expectation
 *   1/(1 + y^2) - (tau/T) (1 - y^2)/(1 + y^2)^2       (up to exp(-T/tau)). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "numerics/dense.h"
#include "numerics/portable.h"
#include "numerics/spectrum.h"

enum { PARAMETERS = 5, CUTOFFS = 24, STEPS = 100, STARTS = 3, BINS_MIN = 6 };
static const double TWO_PI = 6.28318530717958647693;
static const double TIME_MAX = 0.0625; /* of a segment: longest correlation time that is fitted */
static const double TIME_MIN = 0.5;    /* over 2 pi times the highest frequency of the band: shortest one */
static const double POINTS_MIN = 24;   /* degrees of freedom over two in the narrowest band */
static const double SAME =
    1e-6; /* of two starts that end this near in likelihood the first counts, whatever the rounding */
static const double AT_MAXIMUM = 1e-8; /* of the distance in likelihood */
static const double GONE = 1e-3;       /* of the value: a part of a model that is as good as none */
static const double MERGED = 0.02;     /* relative difference of two times that are one */

typedef struct model {
    int constant, peaks;
} model;
static const model MODELS[] = {{1, 0}, {0, 1}, {1, 1}, {0, 2}, {1, 2}};
enum { MODEL_COUNT = sizeof MODELS / sizeof *MODELS };

/* Parameters: the constant (if any), then height and time of each Lorentzian. All positive; steps are in their
 * logarithms. */
typedef struct fit {
    model m;
    int cut; /* bins 0 .. cut - 1 */
    double at[PARAMETERS];
    double likelihood, value, error, misfit;
    double distance; /* twice what the likelihood would gain in a step with the information: 0 at the maximum */
} fit;

static int lorentz_count_of(model m) {
    return m.constant + 2 * m.peaks;
}
static double lorentz_shape_at(const femd_periodogram *periodogram, int k) {
    return k ? periodogram->shape : 0.5 * periodogram->shape;
}

/* Expected periodogram at bin k and its derivatives by the logarithms of the parameters. */
static double lorentz_expected(const femd_periodogram *periodogram, const fit *f, int k, double *slope) {
    double S = f->m.constant ? f->at[0] : 0;
    if (f->m.constant) slope[0] = f->at[0];
    for (int j = 0; j < f->m.peaks; j++) {
        const int at = f->m.constant + 2 * j;
        const double height = f->at[at], tau = f->at[at + 1], y = TWO_PI * k * periodogram->df * tau, q = y * y,
                     d = 1 / (1 + q), share = tau * periodogram->df;
        const double g = (1 - q) * d * d, L = height * (d - share * g);
        S += L;
        slope[at] = L;
        slope[at + 1] = height * (-2 * q * d * d - share * (g + 2 * q * (q - 3) * d * d * d));
    }
    return S;
}

static double lorentz_likelihood_of(const femd_periodogram *periodogram, const fit *f) {
    double sum = 0, slope[PARAMETERS];
    for (int k = 0; k < f->cut; k++) {
        const double S = lorentz_expected(periodogram, f, k, slope);
        sum -= lorentz_shape_at(periodogram, k) * (femd_portable_log(S) + periodogram->P[k] / S);
    }
    return sum;
}

/* Fisher information and gradient of the likelihood. */
static void lorentz_information(const femd_periodogram *periodogram, const fit *f, double *F, double *g) {
    const int n = lorentz_count_of(f->m);
    double slope[PARAMETERS] = {0};
    for (int i = 0; i < n * n; i++) F[i] = 0;
    for (int i = 0; i < n; i++) g[i] = 0;
    for (int k = 0; k < f->cut; k++) {
        const double S = lorentz_expected(periodogram, f, k, slope), l = lorentz_shape_at(periodogram, k),
                     excess = periodogram->P[k] / S - 1;
        for (int i = 0; i < n; i++) {
            g[i] += l * excess * slope[i] / S;
            for (int j = 0; j < n; j++) F[n * i + j] += l * (slope[i] / S) * (slope[j] / S);
        }
    }
}

static double lorentz_longest_of(const femd_periodogram *periodogram) {
    return TIME_MAX / periodogram->df;
}
static double lorentz_shortest_of(const femd_periodogram *periodogram, int cut) {
    return TIME_MIN / (TWO_PI * periodogram->df * cut);
}

/* Take out of F and g the times that stand at their longest and would grow. */
static void lorentz_hold(const femd_periodogram *periodogram, const fit *f, double *F, double *g) {
    const int n = lorentz_count_of(f->m);
    for (int i = f->m.constant + 1; i < n; i += 2) {
        if (f->at[i] < lorentz_longest_of(periodogram) || g[i] < 0) continue;
        for (int j = 0; j < n; j++) F[n * i + j] = F[n * j + i] = i == j;
        g[i] = 0;
    }
}

/* Fisher's scoring with Levenberg's damping; a factor (1 + s/2)/(1 - s/2) stands for exp(s). */
static void lorentz_climb(const femd_periodogram *periodogram, fit *f) {
    const int n = lorentz_count_of(f->m);
    const double longest = lorentz_longest_of(periodogram), shortest = lorentz_shortest_of(periodogram, f->cut);
    double F[PARAMETERS * PARAMETERS], g[PARAMETERS], damping = 1e-3;
    f->likelihood = lorentz_likelihood_of(periodogram, f);
    for (int step = 0; step < STEPS && damping < 1e6; step++) {
        fit next = *f;
        lorentz_information(periodogram, f, F, g);
        lorentz_hold(periodogram, f, F, g);
        for (int i = 0; i < n; i++) F[n * i + i] *= 1 + damping;
        for (int i = 0; i < n; i++) F[n * i + i] += 1e-300;
        if (femd_small_solve(n, F, g)) return;
        for (int i = 0; i < n; i++) {
            const double s = fmin(1, fmax(-1, g[i]));
            next.at[i] *= (1 + 0.5 * s) / (1 - 0.5 * s);
        }
        for (int i = f->m.constant + 1; i < n; i += 2) next.at[i] = fmin(longest, fmax(shortest, next.at[i]));
        next.likelihood = lorentz_likelihood_of(periodogram, &next);
        if (!(next.likelihood > f->likelihood)) {
            damping *= 10;
            continue;
        }
        const double gain = next.likelihood - f->likelihood;
        *f = next;
        damping = fmax(damping * 0.1, 1e-9);
        if (gain < 1e-13 * fabs(f->likelihood)) return;
    }
}

/* S(0) = constant + heights, and its error from the inverse information. 0 if that is singular. */
static int lorentz_read_value(const femd_periodogram *periodogram, fit *f) {
    const int n = lorentz_count_of(f->m);
    double F[PARAMETERS * PARAMETERS], G[PARAMETERS * PARAMETERS], g[PARAMETERS], slope[PARAMETERS],
        solution[PARAMETERS], step[PARAMETERS];
    lorentz_information(periodogram, f, F, g);
    memcpy(G, F, sizeof G);
    lorentz_hold(periodogram, f, G, g);
    memcpy(step, g, sizeof step);
    f->value = f->distance = 0;
    for (int i = 0; i < n; i++) {
        const int time = i >= f->m.constant && (i - f->m.constant) % 2;
        slope[i] = solution[i] = time ? 0 : f->at[i];
        f->value += slope[i];
    }
    if (femd_small_solve(n, F, solution) || femd_small_solve(n, G, step)) return 0;
    double variance = 0;
    for (int i = 0; i < n; i++) f->distance += g[i] * step[i];
    for (int i = 0; i < n; i++) variance += slope[i] * solution[i];
    if (!(variance > 0) || !isfinite(variance)) return 0;
    f->error = sqrt(variance);
    return 1;
}

/* Squared deviations of block means over their variance, less what they should sum to, in units of the scatter of such
 * sums. */
static double lorentz_misfit_of(const femd_periodogram *periodogram, const fit *f) {
    double chi = 0, slope[PARAMETERS];
    int blocks = 0;
    for (int first = 0; first < f->cut;) {
        int last = first + 1 + (int)(0.3 * first);
        double sum = 0, weight = 0;
        if (last > f->cut) last = f->cut;
        for (int k = first; k < last; k++) {
            sum +=
                lorentz_shape_at(periodogram, k) * (periodogram->P[k] / lorentz_expected(periodogram, f, k, slope) - 1);
            weight += lorentz_shape_at(periodogram, k);
        }
        chi += sum * sum / weight;
        blocks++;
        first = last;
    }
    const double freedom = fmax(1, blocks - lorentz_count_of(f->m));
    return (chi - freedom) / sqrt(2 * freedom);
}

static double lorentz_mean_of(const femd_periodogram *periodogram, int cut) {
    double sum = 0;
    for (int k = 0; k < cut; k++) sum += periodogram->P[k];
    return sum / cut;
}

/* Best of a model in a band from several starts. 0 if none came to a value. */
static int lorentz_fit_model(const femd_periodogram *periodogram, model m, int cut, fit *best) {
    const double mean = lorentz_mean_of(periodogram, cut), shortest = 1 / (TWO_PI * periodogram->df * cut),
                 longest = TIME_MAX / periodogram->df;
    int found = 0;
    for (int start = 0; start < (m.peaks ? STARTS : 1); start++) {
        fit f = {.m = m, .cut = cut};
        double tau = shortest;
        if (m.constant) f.at[0] = 0.5 * mean;
        for (int step = 0; step < 1 + start; step++) tau *= 3;
        for (int j = 0; j < m.peaks; j++, tau *= 5) {
            f.at[m.constant + 2 * j] = mean;
            f.at[m.constant + 2 * j + 1] = fmin(tau, longest);
        }
        lorentz_climb(periodogram, &f);
        if (!isfinite(f.likelihood) || (found && f.likelihood <= best->likelihood + SAME)) continue;
        if (!lorentz_read_value(periodogram, &f)) continue;
        f.misfit = lorentz_misfit_of(periodogram, &f);
        *best = f;
        found = 1;
    }
    return found;
}

/* A fit with a part that vanished, with two peaks that became one, or with a peak wider than its band can tell, is a
 * smaller model over again, and its information is singular; one that is on its way there has not come to a maximum. */
static int lorentz_is_smaller(const femd_periodogram *periodogram, const fit *f) {
    const double *peak = f->at + f->m.constant;
    if (!(f->distance < AT_MAXIMUM) || (f->m.constant && f->at[0] < GONE * f->value)) return 1;
    for (int j = 0; j < f->m.peaks; j++)
        if (peak[2 * j] < GONE * f->value || peak[2 * j + 1] <= lorentz_shortest_of(periodogram, f->cut)) return 1;
    return f->m.peaks == 2 && fabs(peak[1] - peak[3]) < MERGED * (peak[1] + peak[3]);
}

/* The value of a band: the mean of all models with Akaike's weights, its error that of the choice of model too
 * (Buckland, Burnham and Augustin, Biometrics 53 (1997) 603): with few data a narrow peak is now and then taken for
 * none, and the value then looks more certain than it is. What else is said of the band is the best model's. */
static int lorentz_fit_band(const femd_periodogram *periodogram, int cut, fit *best) {
    fit f[MODEL_COUNT];
    double criterion[MODEL_COUNT], weight[MODEL_COUNT], total = 0, mean = 0, error = 0;
    int n = 0, least = 0;
    for (int i = 0; i < MODEL_COUNT; i++) {
        if (cut * periodogram->shape < 8 * lorentz_count_of(MODELS[i]) || cut <= lorentz_count_of(MODELS[i]) + 1)
            continue;
        if (!lorentz_fit_model(periodogram, MODELS[i], cut, &f[n])) continue;
        if (n && (f[n].error > f[n].value || lorentz_is_smaller(periodogram, &f[n])))
            continue; /* the former says nothing of S(0) */
        criterion[n] = 2 * lorentz_count_of(f[n].m) - 2 * f[n].likelihood;
        if (criterion[n] < criterion[least]) least = n;
        n++;
    }
    if (n == 0) return 0;
    for (int i = 0; i < n; i++) {
        const double far = 0.5 * (criterion[i] - criterion[least]);
        weight[i] = far < 40 ? femd_portable_exp(-far) : 0;
        total += weight[i];
        mean += weight[i] * f[i].value;
    }
    mean /= total;
    for (int i = 0; i < n; i++)
        error += weight[i] / total * sqrt(f[i].error * f[i].error + (f[i].value - mean) * (f[i].value - mean));
    *best = f[least];
    best->value = mean;
    best->error = error;
    return 1;
}

/* Mean relaxation time: times weighted by the shares of S(0). */
static double lorentz_mean_time(const fit *f) {
    double sum = 0;
    for (int j = 0; j < f->m.peaks; j++) sum += f->at[f->m.constant + 2 * j] * f->at[f->m.constant + 2 * j + 1];
    return sum / f->value;
}

/* Bands that a model describes weigh by their width; a misfit beyond one standard deviation counts against them. */
static double lorentz_weight_of(const fit *f) {
    const double bad = fmax(0, f->misfit - 1);
    return f->cut / ((1 + bad * bad) * (1 + bad * bad));
}

femd_status femd_lorentz(const femd_periodogram *periodogram, femd_zero_frequency *out, femd_error *err) {
    fit band[CUTOFFS];
    int n = 0;
    double total = 0, mean = 0, variance = 0, spread = 0, least_misfit = HUGE_VAL;
    for (int k = 0; k <= periodogram->bins; k++)
        if (!(periodogram->P[k] > 0) || !isfinite(periodogram->P[k]))
            return femd_fail(err, FEMD_DIVERGED, "the spectrum of the flux is %g at frequency number %d",
                             periodogram->P[k], k);
    const double narrowest = fmin(periodogram->bins + 1, fmax(BINS_MIN, POINTS_MIN / periodogram->shape));
    for (double width = periodogram->bins + 1; n < CUTOFFS && width >= narrowest; width *= 0.7071)
        if (lorentz_fit_band(periodogram, (int)width, &band[n])) n++;
    if (n == 0) return femd_fail(err, FEMD_NOT_CONVERGED, "no sum of Lorentzians fits the spectrum of the flux");
    const fit *widest = &band[0];
    for (int i = 0; i < n; i++) {
        const double w = lorentz_weight_of(&band[i]);
        total += w;
        mean += w * band[i].value;
        variance += w * band[i].error * band[i].error;
        if (w > lorentz_weight_of(widest)) widest = &band[i];
        least_misfit = fmin(least_misfit, band[i].misfit);
    }
    mean /= total;
    for (int i = 0; i < n; i++) spread += lorentz_weight_of(&band[i]) * (band[i].value - mean) * (band[i].value - mean);
    *out = (femd_zero_frequency){.value = mean,
                                 .error = sqrt((variance + spread) / total),
                                 .order = lorentz_count_of(widest->m),
                                 .time = lorentz_mean_time(widest)};
    out->plateau = least_misfit < 3 && spread <= 4 * variance;
    return FEMD_OK;
}
