/* See widom.h. */
#include "fluid/widom.h"

#include <math.h>
#include <stdlib.h>

#include "dynamics/dynamics.h"
#include "numerics/random.h"

enum { BLOCKS = 10 };
static const double SHARE = 2; /* of the sum, that a block may hold over its part of the segments */

femd_status femd_widom_init(femd_widom *widom, const femd_potential *p, int n, const int *species, femd_error *err) {
    *widom = (femd_widom){.every = 1};
    return femd_trial_create(p, n, species, &widom->trial, err);
}

void femd_widom_clear(femd_widom *widom) {
    femd_trial_destroy(&widom->trial);
    free(widom->mean);
    *widom = (femd_widom){0};
}

void femd_widom_empty(femd_widom *widom) {
    widom->segments = 0;
}

static femd_status widom_reserve(femd_widom *widom, int segments, femd_error *err) {
    if (segments <= widom->room) return FEMD_OK;
    const int room = segments < 32 ? 32 : segments + segments / 2;
    double *mean = realloc(widom->mean, 2 * (size_t)room * sizeof *mean);
    if (!mean) return femd_fail(err, FEMD_NO_MEMORY, "%d segments: out of memory", segments);
    widom->mean = mean;
    widom->room = room;
    return FEMD_OK;
}

femd_status femd_widom_begin(femd_widom *widom, double T0, femd_error *err) {
    widom->T0 = T0;
    widom->looks = 0;
    widom->now[0] = widom->now[1] = 0;
    return widom_reserve(widom, widom->segments + 1, err);
}

femd_status femd_widom_look(femd_widom *widom, const double cell[9], const double *x, double T, uint64_t key,
                            femd_error *err) {
    const double kT = femd_kb * T, warm = T / widom->T0;
    double sum = 0;
    FEMD_TRY(femd_trial_set(widom->trial, cell, x, err));
    for (int i = 0; i < widom->most; i++) {
        double f[3], at[3];
        for (int k = 0; k < 3; k++) f[k] = femd_random_uniform(key, 0, 3 * (uint64_t)i + (uint64_t)k);
        for (int c = 0; c < 3; c++) at[c] = f[0] * cell[c] + f[1] * cell[3 + c] + f[2] * cell[6 + c];
        const double dU = femd_trial_insert(widom->trial, widom->species, at);
        if (dU < 700 * kT) sum += femd_portable_exp(-dU / kT);
    }
    widom->now[0] += warm;
    widom->now[1] += warm * sqrt(warm) * sum / widom->most;
    widom->looks++;
    return FEMD_OK;
}

void femd_widom_end(femd_widom *widom) {
    for (int c = 0; c < 2; c++) widom->mean[2 * widom->segments + c] = widom->now[c] / widom->looks;
    widom->segments++;
}

/* Without segment `out` (-1: with all). */
static double widom_value(const femd_widom *widom, int out) {
    double sum[2] = {0, 0};
    const int n = widom->segments - (out >= 0);
    for (int i = 0; i < widom->segments; i++)
        for (int c = 0; c < 2 && i != out; c++) sum[c] += widom->mean[2 * i + c] / n;
    return -femd_kb * widom->T0 * sum[0] * (femd_portable_log(sum[1]) - 1.5 * femd_portable_log(sum[0]));
}

/* The largest part of the sum in one of ten blocks, or of as many as there are segments, over its part of these. */
static double widom_share(const femd_widom *widom) {
    const int n = widom->segments, blocks = n < BLOCKS ? n : BLOCKS;
    double all = 0, largest = 0;
    for (int b = 0, i = 0; b < blocks; b++) {
        double sum = 0;
        const int begin = i;
        for (; i < (int)((int64_t)(b + 1) * n / blocks); i++) sum += widom->mean[2 * i + 1];
        all += sum;
        largest = fmax(largest, sum * n / (i - begin));
    }
    return largest / all;
}

/* Half a 95 % interval of Student's distribution over that of the normal one (Cornish and Fisher's expansion). */
static double widom_student(int freedom) {
    const double f = freedom;
    return 1 + 1.2102 / f + 1.4397 / (f * f) + 1.1 / (f * f * f);
}

femd_status femd_widom_evaluate(const femd_widom *widom, femd_widom_result *result, femd_error *err) {
    const int n = widom->segments;
    double mean = 0, square = 0;
    int with_room = 0;
    for (int i = 0; i < n; i++) with_room += widom->mean[2 * i + 1] > 0;
    if (n < 2 || with_room < 2)
        return femd_fail(err, FEMD_NOT_CONVERGED,
                         "particles found room in %d of %d stretches of the fluid: it is too dense for them, set "
                         "fluid.insertions to more at a look, or take a thinner or a hotter one",
                         with_room, n);
    for (int i = 0; i < n; i++) mean += widom_value(widom, i) / n;
    for (int i = 0; i < n; i++) {
        const double away = widom_value(widom, i) - mean;
        square += away * away;
    }
    result->value = widom_value(widom, -1);
    result->error = widom_student(n - 1) * sqrt(square * (n - 1) / n);
    result->few = widom_share(widom) > SHARE;
    return FEMD_OK;
}

femd_status femd_widom_carry(femd_widom *widom, int segments, femd_carry *carry, femd_error *err) {
    if (femd_carry_reads(carry)) {
        if ((size_t)(carry->end - carry->at) / (2 * sizeof(double)) < (size_t)segments)
            return femd_fail(err, FEMD_PROTOCOL, "%s ends before its %d segments", carry->what, segments);
        FEMD_TRY(widom_reserve(widom, segments, err));
        widom->segments = segments;
    }
    return femd_carry_doubles(carry, widom->mean, 2 * (size_t)segments, err);
}
