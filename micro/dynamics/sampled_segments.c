/* What a material says of segments; see sampled_segments.h. */
#include "dynamics/sampled_segments.h"

#include <math.h>
#include <string.h>

static const double PS = 1e-12, TWO_PI = 6.28318530717958647693;
static const double LEAST_PERIOD = 1.6; /* radians of the fastest vibration between samples: four in a period */
enum { SAMPLES_MIN = 256, SAMPLES_MAX = 1 << 20, BINS_MIN = 32 };

/* *length in ps. */
static femd_status segments_read_times(const femd_sampled_words *words, const femd_sampled_options *common,
                                       const femd_sampled_segments_defaults *defaults, femd_sampled_segments *segments,
                                       double *length, femd_error *err) {
    double settle, most = 1;
    for (int k = 0; k < defaults->equilibration_decades; k++) most *= 10;
    FEMD_TRY(femd_json_quantity(words->doc, words->node, "equilibration", FEMD_DIM_TIME,
                                defaults->forgets / common->friction * PS, &settle, err));
    FEMD_TRY(femd_json_quantity(words->doc, words->node, "segment", FEMD_DIM_TIME,
                                defaults->periods * TWO_PI / words->top * PS, length, err));
    if (!(settle > 0) || !(settle / PS / common->time_step < most))
        return femd_json_fail(words->doc, words->at, err,
                              "equilibration must be a time above zero and below 1e%d steps",
                              defaults->equilibration_decades);
    segments->equilibration = (int)ceil(settle / PS / common->time_step);
    *length /= PS;
    return FEMD_OK;
}

/* Samples and frequencies of a segment of so many ps. */
static femd_status segments_divide(const femd_sampled_words *words, double time_step, double segment,
                                   const femd_sampled_segments_defaults *defaults, femd_sampled_segments *segments,
                                   femd_error *err) {
    const double interval = segments->stride * time_step, wanted = segment / interval;
    if (!(wanted >= SAMPLES_MIN) || !(wanted <= SAMPLES_MAX))
        return femd_json_fail(words->doc, words->at, err,
                              "a segment of %.3g ps is %.3g samples of the %s; between %d and %d are possible", segment,
                              wanted, defaults->of, SAMPLES_MIN, SAMPLES_MAX);
    for (segments->samples = SAMPLES_MIN; segments->samples < wanted - 0.5;) segments->samples *= 2;
    const double length = segments->samples * segments->stride * time_step,
                 band = femd_json_number(words->node, "band", defaults->band);
    if (!(band > 0)) return femd_json_fail(words->doc, words->at, err, "band must be above zero");
    segments->bins = (int)fmin(segments->samples / 2, fmax(BINS_MIN, band * words->top / TWO_PI * length));
    return FEMD_OK;
}

femd_status femd_sampled_segments_read(femd_sampled *common, const femd_sampled_words *words,
                                       const femd_sampled_segments_defaults *defaults, femd_sampled_segments *segments,
                                       femd_error *err) {
    const double time_step = common->options.time_step;
    double length;
    FEMD_TRY(segments_read_times(words, &common->options, defaults, segments, &length, err));
    segments->stride = (int)femd_json_number(words->node, "stride", defaults->stride);
    segments->cepstral = strcmp(femd_json_string(words->node, "estimator", "spectral"), "cepstral") == 0;
    segments->fixed = femd_json_get(words->node, "segment") != NULL;
    if (segments->stride < 1 || segments->stride * time_step * words->top > LEAST_PERIOD)
        return femd_json_fail(
            words->doc, words->at, err,
            "a stride of %d steps: the %s must be seen at least four times in a period of the fastest vibration",
            segments->stride, defaults->of);
    FEMD_TRY(segments_divide(words, time_step, length, defaults, segments, err));
    common->first = (int)femd_json_number(words->node, "min_segments", 6);
    common->most = (int)femd_json_number(words->node, "max_segments", 100);
    if (common->first < 2 || common->most < common->first)
        return femd_json_fail(words->doc, words->at, err,
                              "min_segments must be at least 2, max_segments at least min_segments");
    return FEMD_OK;
}

int femd_sampled_segments_may_double(const femd_sampled_segments *segments,
                                     const femd_sampled_segments_defaults *defaults, int doublings) {
    return !segments->fixed && doublings < defaults->doublings && segments->samples << doublings <= SAMPLES_MAX / 2;
}

int femd_sampled_segments_doublings(const femd_sampled_segments *segments,
                                    const femd_sampled_segments_defaults *defaults, uint32_t samples) {
    int doublings = 0;
    while (femd_sampled_segments_may_double(segments, defaults, doublings) &&
           (uint32_t)segments->samples << doublings < samples)
        doublings++;
    return doublings;
}
