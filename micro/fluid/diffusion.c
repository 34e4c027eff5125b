/* Sums of displacements and velocity correlations; see diffusion.h. */
#include "fluid/diffusion.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "femd/tensor3.h"

/* In frames: where windows begin; all lags that they need; the last at which velocities are correlated. */
static const int BEGIN[FEMD_DIFFUSION_WINDOWS] = {1, 2, 3, 4, 6, 8, 12, 16, 20};
static const int LAG[] = {1, 2, 3, 4, 6, 8, 9, 12, 16, 18, 20, 24, 36, 48, 60};
enum { LAGS = sizeof LAG / sizeof *LAG, RING = 61, VELOCITY_LAG = 8, ORIGINS = 9 };

static int diffusion_velocity_lags(const femd_diffusion *diffusion) {
    return VELOCITY_LAG * diffusion->every;
}

static int diffusion_seen(const femd_diffusion *diffusion) {
    return diffusion->species < FEMD_DIFFUSION_SPECIES ? diffusion->species : FEMD_DIFFUSION_SPECIES;
}

/* Atoms of species that are looked at, sorted by them. */
static void diffusion_sort(femd_diffusion *diffusion, const int *species) {
    int n = 0;
    for (int k = 0; k < FEMD_DIFFUSION_SPECIES; k++) {
        diffusion->first[k] = n;
        for (int i = 0; i < diffusion->atoms; i++)
            if (species[i] == k) diffusion->order[n++] = i;
    }
    diffusion->first[FEMD_DIFFUSION_SPECIES] = n;
}

femd_status femd_diffusion_init(femd_diffusion *diffusion, int atoms, const int *species, int samples, double dt,
                                femd_error *err) {
    const size_t n3 = 3 * (size_t)atoms;
    memset(diffusion, 0, sizeof *diffusion);
    diffusion->atoms = atoms;
    diffusion->dt = dt;
    diffusion->every = samples / FEMD_DIFFUSION_FRAMES;
    if (diffusion->every < 1) return femd_fail(err, FEMD_BAD_INPUT, "diffusion in segments of %d samples", samples);
    diffusion->apart = diffusion_velocity_lags(diffusion) / (ORIGINS - 1);
    for (int i = 0; i < atoms; i++)
        if (species[i] >= diffusion->species) diffusion->species = species[i] + 1;
    const size_t moved = FEMD_DIFFUSION_SPECIES * (size_t)LAGS * 6,
                 kept = FEMD_DIFFUSION_SPECIES * ((size_t)diffusion_velocity_lags(diffusion) + 1) * 6;
    diffusion->order = malloc((size_t)atoms * sizeof *diffusion->order);
    diffusion->frame = malloc(((RING + ORIGINS) * n3 + moved + kept) * sizeof *diffusion->frame);
    if (!diffusion->order || !diffusion->frame) {
        femd_diffusion_clear(diffusion);
        return femd_fail(err, FEMD_NO_MEMORY, "displacements of %d atoms: out of memory", atoms);
    }
    diffusion->origin = diffusion->frame + RING * n3;
    diffusion->moved = diffusion->origin + ORIGINS * n3;
    diffusion->kept = diffusion->moved + moved;
    diffusion_sort(diffusion, species);
    return FEMD_OK;
}

void femd_diffusion_clear(femd_diffusion *diffusion) {
    free(diffusion->order);
    free(diffusion->frame);
    memset(diffusion, 0, sizeof *diffusion);
}

void femd_diffusion_empty(femd_diffusion *diffusion) {
    memset(diffusion->window, 0, sizeof diffusion->window);
    diffusion->segments = 0;
}

/* ---- a segment ---- */

void femd_diffusion_begin(femd_diffusion *diffusion) {
    memset(diffusion->moved, 0, FEMD_DIFFUSION_SPECIES * (size_t)LAGS * 6 * sizeof(double));
    memset(diffusion->kept, 0,
           FEMD_DIFFUSION_SPECIES * ((size_t)diffusion_velocity_lags(diffusion) + 1) * 6 * sizeof(double));
}

/* sum[6] += over the atoms of a species (a - b) (a - b). */
static void diffusion_squares(const femd_diffusion *diffusion, int k, const double *a, const double *b, double sum[6]) {
    double s[6] = {0};
    for (int o = diffusion->first[k]; o < diffusion->first[k + 1]; o++) {
        const size_t i = 3 * (size_t)diffusion->order[o];
        const double x = a[i] - b[i], y = a[i + 1] - b[i + 1], z = a[i + 2] - b[i + 2];
        s[0] += x * x;
        s[1] += y * y;
        s[2] += z * z;
        s[3] += y * z;
        s[4] += x * z;
        s[5] += x * y;
    }
    for (int c = 0; c < 6; c++) sum[c] += s[c];
}

/* sum[6] += over the atoms of a species the symmetric part of a b. */
static void diffusion_products(const femd_diffusion *diffusion, int k, const double *a, const double *b,
                               double sum[6]) {
    double s[6] = {0};
    for (int o = diffusion->first[k]; o < diffusion->first[k + 1]; o++) {
        const double *u = a + 3 * (size_t)diffusion->order[o], *v = b + 3 * (size_t)diffusion->order[o];
        s[0] += u[0] * v[0];
        s[1] += u[1] * v[1];
        s[2] += u[2] * v[2];
        s[3] += 0.5 * (u[1] * v[2] + u[2] * v[1]);
        s[4] += 0.5 * (u[0] * v[2] + u[2] * v[0]);
        s[5] += 0.5 * (u[0] * v[1] + u[1] * v[0]);
    }
    for (int c = 0; c < 6; c++) sum[c] += s[c];
}

static void diffusion_take_positions(femd_diffusion *diffusion, int frame, const double *x) {
    const size_t n3 = 3 * (size_t)diffusion->atoms;
    double *here = diffusion->frame + (size_t)(frame % RING) * n3;
    memcpy(here, x, n3 * sizeof *x);
    for (int l = 0; l < LAGS && LAG[l] <= frame; l++)
        for (int k = 0; k < diffusion_seen(diffusion); k++)
            diffusion_squares(diffusion, k, here, diffusion->frame + (size_t)((frame - LAG[l]) % RING) * n3,
                              diffusion->moved + 6 * (k * LAGS + l));
}

static void diffusion_take_velocities(femd_diffusion *diffusion, int sample, const double *v) {
    const size_t n3 = 3 * (size_t)diffusion->atoms;
    const int lags = diffusion_velocity_lags(diffusion);
    if (sample % diffusion->apart == 0)
        memcpy(diffusion->origin + (size_t)(sample / diffusion->apart % ORIGINS) * n3, v, n3 * sizeof *v);
    for (int o = sample / diffusion->apart; o >= 0 && sample - o * diffusion->apart <= lags; o--)
        for (int k = 0; k < diffusion_seen(diffusion); k++)
            diffusion_products(diffusion, k, v, diffusion->origin + (size_t)(o % ORIGINS) * n3,
                               diffusion->kept +
                                   6 * ((size_t)k * (size_t)(lags + 1) + (size_t)(sample - o * diffusion->apart)));
}

void femd_diffusion_take(femd_diffusion *diffusion, int sample, const double *x, const double *v) {
    if (sample % diffusion->every == 0) diffusion_take_positions(diffusion, sample / diffusion->every, x);
    diffusion_take_velocities(diffusion, sample, v);
}

/* ---- its end ---- */

/* How many pairs of samples of one segment were seen at a lag of so many samples, origins being `apart` samples apart.
 */
static int diffusion_pairs(int samples, int lag, int apart) {
    return (samples - 1 - lag) / apart + 1;
}

/* Mean square displacement tensor at a lag in frames. */
static void diffusion_at(const femd_diffusion *diffusion, int k, int lag, double tensor[6]) {
    const int count = diffusion->first[k + 1] - diffusion->first[k];
    int l = 0;
    while (LAG[l] != lag) l++;
    for (int c = 0; c < 6; c++)
        tensor[c] = diffusion->moved[6 * (k * LAGS + l) + c] / ((double)count * (FEMD_DIFFUSION_FRAMES - lag));
}

/* Integral of the velocity correlation to a lag in samples, by trapezoids: its slope is zero at both ends. */
static void diffusion_integral(const femd_diffusion *diffusion, int k, int last, double tensor[6]) {
    const int samples = FEMD_DIFFUSION_FRAMES * diffusion->every, lags = diffusion_velocity_lags(diffusion),
              count = diffusion->first[k + 1] - diffusion->first[k];
    memset(tensor, 0, 6 * sizeof *tensor);
    for (int lag = 0; lag <= last; lag++) {
        const double *sum = diffusion->kept + 6 * ((size_t)k * (size_t)(lags + 1) + (size_t)lag);
        const double weight = (lag == 0 || lag == last ? 0.5 : 1) * diffusion->dt /
                              ((double)count * diffusion_pairs(samples, lag, diffusion->apart));
        for (int c = 0; c < 6; c++) tensor[c] += weight * sum[c];
    }
}

static void diffusion_add(const double value[6], double sum[6], double square[6], double *trace, double *trace2) {
    const double third = (value[0] + value[1] + value[2]) / 3;
    for (int c = 0; c < 6; c++) {
        sum[c] += value[c];
        square[c] += value[c] * value[c];
    }
    *trace += third;
    *trace2 += third * third;
}

void femd_diffusion_end(femd_diffusion *diffusion) {
    for (int k = 0; k < diffusion_seen(diffusion); k++) {
        if (diffusion->first[k] == diffusion->first[k + 1]) continue;
        for (int w = 0; w < FEMD_DIFFUSION_WINDOWS; w++) {
            femd_diffusion_window *window = &diffusion->window[k][w];
            const int begin = BEGIN[w], last = begin < VELOCITY_LAG ? begin : VELOCITY_LAG;
            double early[6], late[6], slope[6], integral[6];
            diffusion_at(diffusion, k, begin, early);
            diffusion_at(diffusion, k, 3 * begin, late);
            for (int c = 0; c < 6; c++)
                slope[c] = (late[c] - early[c]) / (4 * begin * diffusion->every * diffusion->dt);
            diffusion_integral(diffusion, k, last * diffusion->every, integral);
            diffusion_add(slope, window->moved, window->moved2, &window->trace, &window->trace2);
            diffusion_add(integral, window->kept, window->kept2, &window->vtrace, &window->vtrace2);
            window->square += early[0] + early[1] + early[2];
        }
    }
    diffusion->segments++;
}

/* ---- what they tell ---- */

/* Half a 95 % interval of Student's distribution over that of the normal one (Cornish and Fisher's expansion). */
static double diffusion_student(int freedom) {
    const double f = freedom;
    return 1 + 1.2102 / f + 1.4397 / (f * f) + 1.1 / (f * f * f);
}

static void diffusion_mean(int n, double sum, double square, double *mean, double *error) {
    *mean = sum / n;
    *error = diffusion_student(n - 1) * sqrt(fmax(0, (square / n - *mean * *mean) / (n - 1)));
}

void femd_diffusion_evaluate(const femd_diffusion *diffusion, int species, double reach,
                             femd_diffusion_result *result) {
    const int n = diffusion->segments;
    int w = 0;
    while (w < FEMD_DIFFUSION_WINDOWS - 1 && diffusion->window[species][w].square < n * reach * reach) w++;
    const femd_diffusion_window *window = &diffusion->window[species][w];
    *result = (femd_diffusion_result){.late = window->square >= n * reach * reach};
    for (int c = 0; c < 6; c++) {
        diffusion_mean(n, window->moved[c], window->moved2[c], &result->D[c], &result->D_err[c]);
        diffusion_mean(n, window->kept[c], window->kept2[c], &result->check[c], &result->check_err[c]);
    }
    diffusion_mean(n, window->trace, window->trace2, &result->mean, &result->mean_err);
    diffusion_mean(n, window->vtrace, window->vtrace2, &result->mean_check, &result->mean_check_err);
}

femd_status femd_diffusion_carry(femd_diffusion *diffusion, femd_carry *carry, femd_error *err) {
    enum { NUMBERS = sizeof(femd_diffusion_window) / sizeof(double) };
    for (int k = 0; k < diffusion_seen(diffusion); k++)
        FEMD_TRY(femd_carry_doubles(carry, (double *)(void *)diffusion->window[k],
                                    NUMBERS * (size_t)FEMD_DIFFUSION_WINDOWS, err));
    return FEMD_OK;
}
