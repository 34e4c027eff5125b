/* The method `green-kubo`: what a material says about it, how long a segment is, what is carried and answered. Owns the
 * options and the length of a segment; segments and estimates are green_kubo_run.c's. */
#include "conductivity/green_kubo.h"

#include <math.h>
#include <stdlib.h>

static const double PS = 1e-12, TWO_PI = 6.28318530717958647693;
#define STEP_DEFAULT     0.15           /* radians of the fastest vibration */
#define FRICTION_DEFAULT 0.1            /* of the highest frequency, as in the method md */
static const double FORGETS = 20;       /* times 1/friction: equilibration before a segment */
static const double PERIODS = 480;      /* of the fastest vibration: default length of a segment */
static const double BAND_DEFAULT = 0.5; /* of the highest frequency */
static const double TIME_SHARE = 24;    /* a segment must last this many correlation times */
enum { DOUBLINGS_MAX = 6 };             /* of a segment whose length the material leaves open */
enum { STRIDE_DEFAULT = 5, SAMPLES_MIN = 256, SAMPLES_MAX = 1 << 20, BINS_MIN = 32 };

/* ---- options and room ---- */

/* Steps of the equilibration; *segment in ps. */
static femd_status green_kubo_read_times(const femd_sampled_words *words, const femd_sampled_options *common,
                                         femd_green_kubo_options *options, double *segment, femd_error *err) {
    double settle;
    FEMD_TRY(femd_json_quantity(words->doc, words->node, "equilibration", FEMD_DIM_TIME,
                                FORGETS / common->friction * PS, &settle, err));
    FEMD_TRY(femd_json_quantity(words->doc, words->node, "segment", FEMD_DIM_TIME, PERIODS * TWO_PI / words->top * PS,
                                segment, err));
    if (!(settle > 0) || !(settle / PS / common->time_step < 1e9))
        return femd_json_fail(words->doc, words->at, err,
                              "equilibration must be a time above zero and below 1e9 steps");
    options->equilibration = (int)ceil(settle / PS / common->time_step);
    *segment /= PS;
    return FEMD_OK;
}

/* Samples and frequencies of a segment of so many ps. */
static femd_status green_kubo_divide(const femd_sampled_words *words, double time_step, double segment,
                                     femd_green_kubo_options *options, femd_error *err) {
    const double interval = options->stride * time_step, wanted = segment / interval;
    if (!(wanted >= SAMPLES_MIN) || !(wanted <= SAMPLES_MAX))
        return femd_json_fail(words->doc, words->at, err,
                              "a segment of %.3g ps is %.3g samples of the flux; between %d and %d are possible",
                              segment, wanted, SAMPLES_MIN, SAMPLES_MAX);
    for (options->samples = SAMPLES_MIN; options->samples < wanted - 0.5;) options->samples *= 2;
    const double length = options->samples * options->stride * time_step,
                 band = femd_json_number(words->node, "band", BAND_DEFAULT);
    if (!(band > 0)) return femd_json_fail(words->doc, words->at, err, "band must be above zero");
    options->bins = (int)fmin(options->samples / 2, fmax(BINS_MIN, band * words->top / TWO_PI * length));
    return FEMD_OK;
}

static femd_status green_kubo_read_options(femd_green_kubo *gk, const femd_sampled_words *words, femd_error *err) {
    femd_green_kubo_options *options = &gk->options;
    const double time_step = gk->common.options.time_step;
    double segment;
    FEMD_TRY(green_kubo_read_times(words, &gk->common.options, options, &segment, err));
    options->stride = (int)femd_json_number(words->node, "stride", STRIDE_DEFAULT);
    options->isotropic = strcmp(femd_json_string(words->node, "symmetry", "none"), "isotropic") == 0;
    options->cepstral = strcmp(femd_json_string(words->node, "estimator", "spectral"), "cepstral") == 0;
    options->fixed = femd_json_get(words->node, "segment") != NULL;
    if (options->stride < 1 || options->stride * time_step * words->top > 1.6)
        return femd_json_fail(
            words->doc, words->at, err,
            "a stride of %d steps: the flux must be seen at least four times in a period of the fastest vibration",
            options->stride);
    FEMD_TRY(green_kubo_divide(words, time_step, segment, options, err));
    gk->common.first = (int)femd_json_number(words->node, "min_segments", 6);
    gk->common.most = (int)femd_json_number(words->node, "max_segments", 100);
    if (gk->common.first < 2 || gk->common.most < gk->common.first)
        return femd_json_fail(words->doc, words->at, err,
                              "min_segments must be at least 2, max_segments at least min_segments");
    return FEMD_OK;
}

/* Empty sums for segments of the first length doubled so many times. */
static femd_status green_kubo_set_length(femd_green_kubo *gk, int doublings, femd_error *err) {
    const int samples = gk->options.samples << doublings, bins = gk->options.bins << doublings;
    gk->common.stray = (femd_stray){0};
    if (gk->sums.sum && gk->doublings == doublings) {
        femd_spectrum_empty(&gk->sums);
        return FEMD_OK;
    }
    femd_spectrum_clear(&gk->sums);
    free(gk->flux);
    free(gk->axis);
    gk->flux = malloc(3 * (size_t)samples * sizeof *gk->flux);
    gk->axis = malloc(((size_t)bins + 1) * sizeof *gk->axis);
    gk->doublings = doublings;
    if (!gk->flux || !gk->axis)
        return femd_fail(err, FEMD_NO_MEMORY, "%d samples of the heat flux: out of memory", samples);
    return femd_spectrum_init(&gk->sums, samples, bins, gk->options.stride * gk->common.options.time_step, err);
}

static femd_status green_kubo_open(void *self, femd_native *native, const femd_sampled_words *words, femd_error *err) {
    femd_green_kubo *gk = self;
    (void)native;
    FEMD_TRY(green_kubo_read_options(gk, words, err));
    return green_kubo_set_length(gk, 0, err);
}

static void green_kubo_close(void *self) {
    femd_green_kubo *gk = self;
    femd_spectrum_clear(&gk->sums);
    free(gk->flux);
    free(gk->axis);
}

/* ---- segments ---- */

static femd_status green_kubo_start(void *self, femd_native *native, const femd_progress *progress, femd_error *err) {
    (void)native, (void)progress;
    return green_kubo_set_length(self, 0, err);
}

static int green_kubo_have(const void *self, int *missing) {
    const femd_green_kubo *gk = self;
    *missing = 0;
    return gk->sums.segments;
}

static femd_status green_kubo_extend(void *self, femd_native *native, int segments, const femd_progress *progress,
                                     femd_error *err) {
    femd_progress here = *progress;
    for (int i = 0; i < segments; i++, here.have++)
        FEMD_TRY(femd_green_kubo_segment(self, native->path.place.h, native->path.x, &here, err));
    return FEMD_OK;
}

static int green_kubo_may_double(const femd_green_kubo *gk, int doublings) {
    return !gk->options.fixed && doublings < DOUBLINGS_MAX && gk->options.samples << doublings <= SAMPLES_MAX / 2;
}

static int green_kubo_too_short(const femd_green_kubo *gk) {
    return !(TIME_SHARE * gk->result.time <= gk->sums.samples * gk->sums.dt);
}

/* Segments that the flux outlasts are given up for longer ones, where the material leaves their length open. */
static femd_status green_kubo_outgrown(void *self, int *anew, femd_error *err) {
    femd_green_kubo *gk = self;
    *anew = green_kubo_too_short(gk) && green_kubo_may_double(gk, gk->doublings);
    return *anew ? green_kubo_set_length(gk, gk->doublings + 1, err) : FEMD_OK;
}

/* Largest error of a diagonal component over what is allowed of their mean. */
static femd_status green_kubo_judge(void *self, femd_native *native, const femd_conditions *conditions, double *ratio,
                                    femd_error *err) {
    femd_green_kubo *gk = self;
    const femd_green_kubo_result *result = &gk->result;
    double worst = 0;
    FEMD_TRY(femd_green_kubo_evaluate(gk, native->rve.V0 * native->path.place.J, err));
    for (int c = 0; c < 3; c++) worst = fmax(worst, result->k_err[c]);
    *ratio = worst / (femd_sampled_accuracy(gk, conditions) * (result->k[0] + result->k[1] + result->k[2]) / 3);
    return FEMD_OK;
}

/* u32 atoms that left their sites, then the sums, whose length says how often it was doubled. */
static femd_status green_kubo_carry(void *self, femd_native *native, femd_carry *carry, femd_error *err) {
    femd_green_kubo *gk = self;
    int doublings = 0;
    uint32_t gone = (uint32_t)gk->common.stray.gone;
    FEMD_TRY(femd_carry_u32(carry, &gone, err));
    if (!femd_carry_reads(carry)) return femd_spectrum_encode(&gk->sums, carry->out, err);
    const femd_bytes rest = femd_carry_rest(carry);
    const uint32_t samples = rest.size < 4 ? 0 : femd_get32(rest.data);
    if (gone > (uint32_t)native->rve.n) return femd_fail(err, FEMD_PROTOCOL, "%u atoms that left their sites", gone);
    while (green_kubo_may_double(gk, doublings) && (uint32_t)gk->options.samples << doublings < samples) doublings++;
    FEMD_TRY(green_kubo_set_length(gk, doublings, err));
    gk->common.stray.gone = (int)gone;
    return femd_spectrum_decode(&gk->sums, &rest, err);
}

/* ---- the answer ---- */

/* Segments too short for the flux to forget give a conductivity that is too low without a sign of it. */
static femd_status green_kubo_check_length(const femd_green_kubo *gk, femd_error *err) {
    const double length = gk->sums.samples * gk->sums.dt;
    if (!green_kubo_too_short(gk)) return FEMD_OK;
    return femd_fail(err, FEMD_NOT_CONVERGED,
                     "the heat flux forgets within %.3g ps: segments of %.3g ps are too short, set green-kubo.segment "
                     "to %.0f ps or more",
                     gk->result.time, length, ceil(2 * TIME_SHARE * gk->result.time));
}

/* The value, the other estimator's beside it, and what speaks against them. */
static femd_status green_kubo_respond(void *self, femd_native *native, const femd_conditions *conditions,
                                      femd_response *response, femd_error *err) {
    const femd_green_kubo *gk = self;
    const femd_green_kubo_result *a = &gk->result;
    const int cepstral = gk->options.cepstral;
    (void)native, (void)conditions;
    FEMD_TRY(green_kubo_check_length(gk, err));
    memcpy(response->k, a->k, sizeof response->k);
    memcpy(response->k_err, a->k_err, sizeof response->k_err);
    memcpy(response->k_check, cepstral ? a->spectral : a->cepstral, sizeof response->k_check);
    memcpy(response->k_check_err, cepstral ? a->spectral_err : a->cepstral_err, sizeof response->k_check_err);
    response->checked = 1;
    if (a->disagree) response->notes |= FEMD_NOTE_ESTIMATORS_DISAGREE;
    if (!a->plateau) response->notes |= FEMD_NOTE_NO_PLATEAU;
    return FEMD_OK;
}

static const femd_sampler green_kubo_sampler = {
    .method = &femd_method_green_kubo,
    .size = sizeof(femd_green_kubo),
    .version = 2,
    .during = "the sampling of the heat flux",
    .radians = STEP_DEFAULT,
    .friction = FRICTION_DEFAULT,
    .accuracy = 0.1,
    .needs = FEMD_GIVES_FLUX,
    .unseeded = 1,
    .open = green_kubo_open,
    .close = green_kubo_close,
    .start = green_kubo_start,
    .have = green_kubo_have,
    .extend = green_kubo_extend,
    .judge = green_kubo_judge,
    .outgrown = green_kubo_outgrown,
    .respond = green_kubo_respond,
    .carry = green_kubo_carry,
};

static femd_status green_kubo_create(femd_native *native, const femd_json *doc, void **self, femd_error *err) {
    return femd_sampled_create(&green_kubo_sampler, native, doc, self, err);
}

const femd_method femd_method_green_kubo = {
    .name = "green-kubo",
    .wants = FEMD_WANT_CONDUCTIVITY,
    .inputs = FEMD_SAMPLED_INPUTS,
    .create = green_kubo_create,
    .destroy = femd_sampled_destroy,
    .answer = femd_sampled_answer,
};
