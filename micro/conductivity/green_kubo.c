/* The method `green-kubo`: what a material says about it, how long a segment is, what is carried and answered. Owns the
 * options and the length of a segment; segments and estimates are green_kubo_run.c's. */
#include "conductivity/green_kubo.h"

#include <math.h>
#include <stdlib.h>

#define STEP_DEFAULT     0.15        /* radians of the fastest vibration */
#define FRICTION_DEFAULT 0.1         /* of the highest frequency, as in the method md */
static const double TIME_SHARE = 24; /* a segment must last this many correlation times */
static const femd_sampled_segments_defaults green_kubo_defaults = {
    .of = "flux", .forgets = 20, .equilibration_decades = 9, .periods = 480, .band = 0.5, .stride = 5, .doublings = 6};

/* ---- options and room ---- */

static femd_status green_kubo_read_options(femd_green_kubo *gk, const femd_sampled_words *words, femd_error *err) {
    FEMD_TRY(femd_sampled_segments_read(&gk->common, words, &green_kubo_defaults, &gk->options.segments, err));
    gk->options.isotropic = strcmp(femd_json_string(words->node, "symmetry", "none"), "isotropic") == 0;
    return FEMD_OK;
}

/* Empty sums for segments of the first length doubled so many times. */
static femd_status green_kubo_set_length(femd_green_kubo *gk, int doublings, femd_error *err) {
    const int samples = gk->options.segments.samples << doublings, bins = gk->options.segments.bins << doublings;
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
    return femd_spectrum_init(&gk->sums, samples, bins, gk->options.segments.stride * gk->common.options.time_step,
                              err);
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

static int green_kubo_too_short(const femd_green_kubo *gk) {
    return !(TIME_SHARE * gk->result.time <= gk->sums.samples * gk->sums.dt);
}

/* Segments that the flux outlasts are given up for longer ones, where the material leaves their length open. */
static femd_status green_kubo_outgrown(void *self, int *anew, femd_error *err) {
    femd_green_kubo *gk = self;
    *anew = green_kubo_too_short(gk) &&
            femd_sampled_segments_may_double(&gk->options.segments, &green_kubo_defaults, gk->doublings);
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
    uint32_t gone = (uint32_t)gk->common.stray.gone;
    FEMD_TRY(femd_carry_u32(carry, &gone, err));
    if (!femd_carry_reads(carry)) return femd_spectrum_encode(&gk->sums, carry->out, err);
    const femd_bytes rest = femd_carry_rest(carry);
    const uint32_t samples = rest.size < 4 ? 0 : femd_get32(rest.data);
    if (gone > (uint32_t)native->rve.n) return femd_fail(err, FEMD_PROTOCOL, "%u atoms that left their sites", gone);
    const int doublings = femd_sampled_segments_doublings(&gk->options.segments, &green_kubo_defaults, samples);
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
    const int cepstral = gk->options.segments.cepstral;
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
