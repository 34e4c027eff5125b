/* The method `green-kubo`: what a material says about it, how long it samples, and what a state carries. Owns the
 * options and the bytes; segments and estimates are green_kubo_run.c's. */
#include "conductivity/green_kubo.h"

#include <math.h>
#include <stdlib.h>

#include "dynamics/dynamics_options.h"

static const double PS = 1e-12;
static const double STEP_DEFAULT = 0.15;    /* radians of the fastest vibration */
static const double FRICTION_DEFAULT = 0.1; /* of the highest frequency, as in the method md */
static const double FORGETS = 20;           /* times 1/friction: equilibration before a segment */
static const double PERIODS = 480;          /* of the fastest vibration: default length of a segment */
static const double BAND_DEFAULT = 0.5;     /* of the highest frequency */
static const double TIME_SHARE = 24;        /* a segment must last this many correlation times */
enum { DOUBLINGS_MAX = 6 };                 /* of a segment whose length the material leaves open */
enum { STRIDE_DEFAULT = 5, SAMPLES_MIN = 256, SAMPLES_MAX = 1 << 20, BINS_MIN = 32 };

/* ---- options ---- */

static femd_status read_times(const femd_json *doc, const cJSON *gk, const cJSON *at, double top,
                              femd_green_kubo_options *o, double *segment, femd_error *err) {
    femd_dynamics_options d;
    double settle;
    FEMD_TRY(femd_dynamics_options_read(doc, gk, at, top, STEP_DEFAULT, FRICTION_DEFAULT, &d, err));
    o->time_step = d.time_step;
    o->friction = d.friction;
    o->skin = d.skin;
    FEMD_TRY(femd_json_quantity(doc, gk, "equilibration", FEMD_DIM_TIME, FORGETS / o->friction * PS, &settle, err));
    FEMD_TRY(femd_json_quantity(doc, gk, "segment", FEMD_DIM_TIME, PERIODS * 6.28318530717958647693 / top * PS, segment,
                                err));
    if (!(settle > 0) || !(settle / PS / o->time_step < 1e9))
        return femd_json_fail(doc, at, err, "equilibration must be a time above zero and below 1e9 steps");
    o->equilibration = (int)ceil(settle / PS / o->time_step);
    *segment /= PS;
    return FEMD_OK;
}

femd_status femd_green_kubo_options_read(const femd_json *doc, double top, femd_green_kubo_options *o,
                                         femd_error *err) {
    const cJSON *gk = femd_json_get(doc->root, "green-kubo"), *at = gk ? gk : doc->root,
                *reuse = femd_json_get(gk, "reuse");
    double segment;
    FEMD_TRY(read_times(doc, gk, at, top, o, &segment, err));
    o->stride = (int)femd_json_number(gk, "stride", STRIDE_DEFAULT);
    o->accuracy = femd_json_number(gk, "accuracy", 0.1);
    o->min_segments = (int)femd_json_number(gk, "min_segments", 6);
    o->max_segments = (int)femd_json_number(gk, "max_segments", 100);
    o->isotropic = strcmp(femd_json_string(gk, "symmetry", "none"), "isotropic") == 0;
    o->cepstral = strcmp(femd_json_string(gk, "estimator", "spectral"), "cepstral") == 0;
    o->reuse_strain = femd_json_number(reuse, "strain", 0);
    o->reuse_temperature = femd_json_number(reuse, "temperature", 0);
    if (o->stride < 1 || o->stride * o->time_step * top > 1.6)
        return femd_json_fail(
            doc, at, err,
            "a stride of %d steps: the flux must be seen at least four times in a period of the fastest vibration",
            o->stride);
    const double wanted = segment / (o->stride * o->time_step);
    if (!(wanted >= SAMPLES_MIN) || !(wanted <= SAMPLES_MAX))
        return femd_json_fail(doc, at, err,
                              "a segment of %.3g ps is %.3g samples of the flux; between %d and %d are possible",
                              segment, wanted, SAMPLES_MIN, SAMPLES_MAX);
    for (o->samples = SAMPLES_MIN; o->samples < wanted - 0.5;) o->samples *= 2;
    const double length = o->samples * o->stride * o->time_step, band = femd_json_number(gk, "band", BAND_DEFAULT);
    if (!(band > 0)) return femd_json_fail(doc, at, err, "band must be above zero");
    o->fixed = femd_json_get(gk, "segment") != NULL;
    o->bins = (int)fmin(o->samples / 2, fmax(BINS_MIN, band * top / 6.28318530717958647693 * length));
    if (o->min_segments < 2 || o->max_segments < o->min_segments)
        return femd_json_fail(doc, at, err, "min_segments must be at least 2, max_segments at least min_segments");
    if (!(o->accuracy > 0) || !(o->reuse_strain >= 0) || !(o->reuse_temperature >= 0))
        return femd_json_fail(doc, at, err, "accuracy must be above zero, tolerances of reuse must not be negative");
    return FEMD_OK;
}

/* ---- life ---- */

static void destroy_gk(void **self) {
    femd_green_kubo *g = *self;
    if (!g) return;
    femd_spectrum_clear(&g->sums);
    femd_dynamics_clear(&g->d);
    femd_neighbours_destroy(&g->nb);
    free(g->flux);
    free(g->axis);
    free(g->mass);
    free(g);
    *self = NULL;
}

/* Empty sums for segments of the first length doubled so many times. */
static femd_status set_length(femd_green_kubo *g, int doublings, femd_error *err) {
    const int samples = g->opt.samples << doublings, bins = g->opt.bins << doublings;
    if (g->sums.sum && g->doublings == doublings) {
        femd_spectrum_empty(&g->sums);
        return FEMD_OK;
    }
    femd_spectrum_clear(&g->sums);
    free(g->flux);
    free(g->axis);
    g->flux = malloc(3 * (size_t)samples * sizeof *g->flux);
    g->axis = malloc(((size_t)bins + 1) * sizeof *g->axis);
    g->doublings = doublings;
    if (!g->flux || !g->axis)
        return femd_fail(err, FEMD_NO_MEMORY, "%d samples of the heat flux: out of memory", samples);
    return femd_spectrum_init(&g->sums, samples, bins, g->opt.stride * g->opt.time_step, err);
}

static int may_double(const femd_green_kubo *g, int doublings) {
    return !g->opt.fixed && doublings < DOUBLINGS_MAX && g->opt.samples << doublings <= SAMPLES_MAX / 2;
}

static femd_status build(femd_native *n, const femd_json *doc, femd_green_kubo *g, femd_error *err) {
    if (n->rve.n < 2) return femd_fail(err, FEMD_BAD_INPUT, "conductivity needs at least two atoms");
    FEMD_TRY(femd_energetics_require(n->rve.en, FEMD_GIVES_FLUX, err));
    FEMD_TRY(femd_native_masses(n, doc, &g->mass, err));
    FEMD_TRY(femd_dynamics_top_frequency(&n->rve, g->mass, n->rve.h0, n->rve.X, &g->top_frequency, err));
    FEMD_TRY(femd_green_kubo_options_read(doc, g->top_frequency, &g->opt, err));
    FEMD_TRY(femd_neighbours_create(femd_potential_cutoff(n->potential), g->opt.skin, &g->nb, err));
    FEMD_TRY(femd_dynamics_create(&g->rve, g->mass, &g->d, err));
    return set_length(g, 0, err);
}

static femd_status create_gk(femd_native *n, const femd_json *doc, void **self, femd_error *err) {
    femd_green_kubo *g = calloc(1, sizeof *g);
    *self = g;
    if (!g) return femd_fail(err, FEMD_NO_MEMORY, "the method green-kubo: out of memory");
    g->rve = n->rve;
    g->rve.nb = NULL;
    const femd_status rc = build(n, doc, g, err);
    g->rve.nb = g->nb;
    if (rc != FEMD_OK) destroy_gk(self);
    return rc;
}

/* ---- how long ---- */

/* Largest error of a diagonal component over what is allowed of their mean. */
static double excess(const femd_green_kubo *g, const femd_conditions *q) {
    const femd_green_kubo_result *r = &g->result;
    const double accuracy = q->accuracy > 0 ? q->accuracy : g->opt.accuracy;
    double worst = 0;
    for (int c = 0; c < 3; c++) worst = fmax(worst, r->k_err[c]);
    return worst / (accuracy * (r->k[0] + r->k[1] + r->k[2]) / 3);
}

static int too_short(const femd_green_kubo *g) {
    return !(TIME_SHARE * g->result.time <= g->sums.samples * g->sums.dt);
}

/* Sample until the errors are small enough, looking only when the number of segments has grown by a quarter or more, so
 * that the end does not select lucky moments. Segments that the flux outlasts are given up for longer ones, where the
 * material leaves their length open. */
static femd_status sample(femd_green_kubo *g, const femd_path *path, double V, const femd_conditions *q,
                          femd_error *err) {
    int done = 0;
    for (;;) {
        const int have = g->sums.segments;
        double ratio = 2;
        int more = g->opt.min_segments - have;
        if (more <= 0) {
            FEMD_TRY(femd_green_kubo_evaluate(g, V, err));
            if (too_short(g) && may_double(g, g->doublings)) {
                FEMD_TRY(set_length(g, g->doublings + 1, err));
                done = 0;
                continue;
            }
            ratio = excess(g, q);
            if (ratio <= 1) return FEMD_OK;
            more = (int)ceil(fmin(fmax(1.05 * ratio * ratio - 1, 0.25), 1) * have);
            if (more > g->opt.max_segments - done) more = g->opt.max_segments - done;
            if (more <= 0) return FEMD_OK;
        }
        const double need = fmin(have * ratio * ratio + g->opt.min_segments, have + g->opt.max_segments - done);
        for (int i = 0; i < more; i++, done++)
            FEMD_TRY(
                femd_green_kubo_segment(g, path->place.h, path->x, q->seed, q->beat, fmin(1, (have + i) / need), err));
    }
}

/* Segments too short for the flux to forget give a conductivity that is too low without a sign of it. */
static femd_status check_length(const femd_green_kubo *g, femd_error *err) {
    const double length = g->sums.samples * g->sums.dt;
    if (!too_short(g)) return FEMD_OK;
    return femd_fail(err, FEMD_NOT_CONVERGED,
                     "the heat flux forgets within %.3g ps: segments of %.3g ps are too short, set green-kubo.segment "
                     "to %.2g ps or more",
                     g->result.time, length, 2 * TIME_SHARE * g->result.time);
}

/* ---- what a state carries: u32 version, u32 0, f64 E0[6], T, then the sums ---- */

enum { VERSION = 1, CARRY_HEAD = 8 + 8 * 7 };

static femd_status encode(const femd_green_kubo *g, femd_buffer *out, femd_error *err) {
    FEMD_TRY(femd_buffer_reserve(out, CARRY_HEAD, err));
    uint8_t *p = out->data + out->size;
    femd_put32(p, VERSION);
    femd_put32(p + 4, 0);
    for (int c = 0; c < 6; c++) femd_putf64(p + 8 + 8 * c, g->E0[c]);
    femd_putf64(p + 56, g->T);
    out->size += CARRY_HEAD;
    return femd_spectrum_encode(&g->sums, out, err);
}

static femd_status decode(femd_green_kubo *g, const femd_bytes *in, femd_error *err) {
    const uint8_t *p = in->data;
    int doublings = 0;
    if (in->size < CARRY_HEAD + 4 || femd_get32(p) != VERSION)
        return femd_fail(err, FEMD_PROTOCOL, "%zu bytes of a heat flux in a state are not of this femd", in->size);
    for (int c = 0; c < 6; c++) g->E0[c] = femd_getf64(p + 8 + 8 * c);
    g->T = femd_getf64(p + 56);
    const femd_bytes rest = {p + CARRY_HEAD, in->size - CARRY_HEAD};
    while (may_double(g, doublings) && (uint32_t)g->opt.samples << doublings < femd_get32(rest.data)) doublings++;
    FEMD_TRY(set_length(g, doublings, err));
    return femd_spectrum_decode(&g->sums, &rest, err);
}

/* ---- one evaluation ---- */

/* 1 if the carried sums are those of this strain and temperature; 0 if not. *answered: they are near enough, and sharp
 * enough, to be the answer. */
static femd_status take_carried(femd_green_kubo *g, const femd_path *path, double V, const femd_conditions *q,
                                const femd_bytes *carried, int *same, int *answered, femd_error *err) {
    double far = 0;
    *same = *answered = 0;
    if (!carried->size) return FEMD_OK;
    FEMD_TRY(decode(g, carried, err));
    for (int c = 0; c < 6; c++) far = fmax(far, fabs(path->E[c] - g->E0[c]));
    *same = far == 0 && g->T == q->temperature;
    if (*same || !(far <= g->opt.reuse_strain) || !(fabs(g->T - q->temperature) <= g->opt.reuse_temperature))
        return FEMD_OK;
    if (g->sums.segments < g->opt.min_segments) return FEMD_OK;
    FEMD_TRY(femd_green_kubo_evaluate(g, V, err));
    *answered = excess(g, q) <= 1;
    return FEMD_OK;
}

/* The value, the other estimator's beside it, and what speaks against them. */
static void report(const femd_green_kubo *g, const femd_conditions *q, femd_response *r) {
    const femd_green_kubo_result *a = &g->result;
    memcpy(r->k, a->k, sizeof r->k);
    memcpy(r->k_err, a->k_err, sizeof r->k_err);
    memcpy(r->k_check, g->opt.cepstral ? a->spectral : a->cepstral, sizeof r->k_check);
    memcpy(r->k_check_err, g->opt.cepstral ? a->spectral_err : a->cepstral_err, sizeof r->k_check_err);
    r->sampled = r->checked = 1;
    if (a->disagree) r->notes |= FEMD_NOTE_ESTIMATORS_DISAGREE;
    if (!a->plateau) r->notes |= FEMD_NOTE_NO_PLATEAU;
    if (excess(g, q) > 1) r->notes |= FEMD_NOTE_ACCURACY_NOT_REACHED;
}

static femd_status answer_gk(void *self, femd_native *n, const femd_conditions *q, const femd_bytes *carried,
                             femd_response *r, femd_buffer *carry, femd_error *err) {
    femd_green_kubo *g = self;
    const femd_path *path = &n->path;
    const double V = n->rve.V0 * path->place.J;
    int same, answered;
    if (!(q->temperature > 0) || !isfinite(q->temperature))
        return femd_fail(err, FEMD_BAD_INPUT, "the method green-kubo needs a temperature above 0 K, got %g",
                         q->temperature);
    g->rve = n->rve;
    g->rve.nb = g->nb;
    FEMD_TRY(take_carried(g, path, V, q, carried, &same, &answered, err));
    if (!same && !answered) {
        FEMD_TRY(set_length(g, 0, err));
        memcpy(g->E0, path->E, sizeof g->E0);
        g->T = q->temperature;
    }
    if (!answered) FEMD_TRY(sample(g, path, V, q, err));
    FEMD_TRY(check_length(g, err));
    report(g, q, r);
    r->provided |= FEMD_WANT_CONDUCTIVITY;
    return encode(g, carry, err);
}

const femd_method femd_method_green_kubo = {
    .name = "green-kubo",
    .wants = FEMD_WANT_CONDUCTIVITY,
    .inputs = FEMD_INPUT_TEMPERATURE | FEMD_INPUT_SEED | FEMD_INPUT_ACCURACY,
    .create = create_gk,
    .destroy = destroy_gk,
    .answer = answer_gk,
};
