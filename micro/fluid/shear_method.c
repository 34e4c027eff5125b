/* The method `nemd-shear`: options, how far all rates go on together, what is carried and answered. Owns the decisions;
 * the flow is shear_flow.c's. */
#include <math.h>

#include "dynamics/dynamics_options.h"
#include "fluid/shear_flow.h"

#define STEP_DEFAULT     0.1 /* radians of the fastest vibration */
#define FRICTION_DEFAULT 0.1 /* of the highest frequency, as in the other methods */
static const double TWO_PI = 6.28318530717958647693;
static const double FORGETS = 20;                    /* times 1/friction */
static const double PERIODS = 100;                   /* of the fastest vibration: shortest block */
static const double RATES[] = {0.004, 0.008, 0.016}; /* over the highest frequency */
static const double RATE_MAX = 0.2;
static const double SQUARE = 1e-6; /* of an edge: how far a cell is from right angles along the axes */
enum { BLOCKS_FIRST = 16, SUMS = 2 };

/* ---- options and room ---- */

static femd_status shear_read_rates(femd_shear *shear, const femd_sampled_words *words, femd_error *err) {
    femd_shear_options *options = &shear->options;
    const cJSON *list = femd_json_get(words->node, "rates");
    options->rates = list ? cJSON_GetArraySize(list) : (int)(sizeof RATES / sizeof *RATES);
    if (options->rates < 2 || options->rates > FEMD_SHEAR_RATES_MAX)
        return femd_json_fail(words->doc, words->at, err, "rates: two to %d are needed", FEMD_SHEAR_RATES_MAX);
    for (int i = 0; i < options->rates; i++) {
        const double rate = list ? cJSON_GetArrayItem(list, i)->valuedouble : RATES[i];
        if (!(rate > 0) || !(rate <= RATE_MAX) || (i && !(rate * words->top > options->rate[i - 1])))
            return femd_json_fail(words->doc, words->at, err,
                                  "rates must ascend, above zero and at most %g of the highest frequency", RATE_MAX);
        options->rate[i] = rate * words->top;
    }
    return FEMD_OK;
}

static femd_status shear_read_options(femd_shear *shear, const femd_sampled_words *words, femd_error *err) {
    femd_shear_options *options = &shear->options;
    const femd_sampled_options *common = &shear->common.options;
    FEMD_TRY(shear_read_rates(shear, words, err));
    FEMD_TRY(femd_json_quantity(words->doc, words->node, "melt", FEMD_DIM_TEMPERATURE, 0, &options->melt, err));
    FEMD_TRY(femd_dynamics_lives_read(words->doc, words->node, words->at, "equilibration", FORGETS / common->friction,
                                      common->time_step, &options->equilibration, err));
    FEMD_TRY(femd_dynamics_lives_read(words->doc, words->node, words->at, "block", PERIODS * TWO_PI / words->top,
                                      common->time_step, &options->block, err));
    options->max_steps = (int64_t)femd_json_number(words->node, "max_steps", 5000000);
    shear->common.first = BLOCKS_FIRST;
    shear->common.most = femd_blocks_within(options->max_steps, options->rates, options->block);
    if (shear->common.most >= BLOCKS_FIRST) return FEMD_OK;
    return femd_json_fail(words->doc, words->at, err, "max_steps must be at least %lld: %d blocks of each rate",
                          (long long)BLOCKS_FIRST * options->rates * options->block, BLOCKS_FIRST);
}

static femd_status shear_open(void *self, femd_native *native, const femd_sampled_words *words, femd_error *err) {
    femd_shear *shear = self;
    FEMD_TRY(shear_read_options(shear, words, err));
    shear->common.parts = shear->options.rates;
    for (int i = 0; i < shear->options.rates; i++)
        FEMD_TRY(femd_trajectory_init(&shear->row[i].trajectory, native->rve.n, SUMS, 0, err));
    return FEMD_OK;
}

static void shear_close(void *self) {
    femd_shear *shear = self;
    for (int i = 0; i < FEMD_SHEAR_RATES_MAX; i++) femd_trajectory_clear(&shear->row[i].trajectory);
}

/* ---- rates, all alike ---- */

static femd_status shear_start(void *self, femd_native *native, const femd_progress *progress, femd_error *err) {
    return femd_shear_start(self, native->path.place.h, native->path.x, progress, err);
}

static int shear_have(const void *self, int *missing) {
    const femd_shear *shear = self;
    return femd_trajectory_blocks(&shear->row[0].trajectory, missing);
}

static femd_status shear_extend(void *self, femd_native *native, int blocks, const femd_progress *progress,
                                femd_error *err) {
    femd_shear *shear = self;
    femd_progress here = *progress;
    (void)native;
    for (int i = 0; i < shear->options.rates; i++) {
        here.have = progress->have + blocks * (double)i / shear->options.rates;
        FEMD_TRY(femd_shear_extend(shear, i, blocks, &here, err));
    }
    return FEMD_OK;
}

/* The lowest rate, whose stress is the smallest, has the largest error. */
static femd_status shear_judge(void *self, femd_native *native, const femd_conditions *conditions, double *ratio,
                               femd_error *err) {
    femd_shear *shear = self;
    (void)native, (void)err;
    femd_shear_evaluate(shear);
    *ratio = shear->row[0].error / (femd_sampled_accuracy(shear, conditions) * fabs(shear->row[0].viscosity));
    return FEMD_OK;
}

/* Of each rate f64 1/ps, u64 steps of flow, atoms, velocities and sums. */
static femd_status shear_carry(void *self, femd_native *native, femd_carry *carry, femd_error *err) {
    femd_shear *shear = self;
    memcpy(shear->h, native->path.place.h, sizeof shear->h);
    FEMD_TRY(femd_carry_parts(carry, shear->options.rates, err));
    for (int i = 0; i < shear->options.rates; i++) {
        femd_trajectory *one = &shear->row[i].trajectory;
        double rate = shear->options.rate[i];
        FEMD_TRY(femd_carry_doubles(carry, &rate, 1, err));
        if (rate != shear->options.rate[i])
            return femd_fail(err, FEMD_PROTOCOL, "a state of a flow at %g/ps is not of this material", rate);
        FEMD_TRY(femd_carry_u64(carry, &one->step, err));
        FEMD_TRY(femd_carry_doubles(carry, one->x, 6 * (size_t)one->atoms, err)); /* x, then v */
        FEMD_TRY(femd_carry_blocks(carry, &one->sums, err));
    }
    return FEMD_OK;
}

/* ---- the answer ---- */

/* The value at the lowest rate, its error at least half the distance to the next; nothing is extrapolated. */
static femd_status shear_respond(void *self, femd_native *native, const femd_conditions *conditions,
                                 femd_response *response, femd_error *err) {
    const femd_shear *shear = self;
    const femd_shear_row *low = &shear->row[0], *next = &shear->row[1];
    (void)native, (void)conditions;
    if (!shear->agree || !(low->viscosity > 0))
        return femd_fail(err, FEMD_NOT_CONVERGED,
                         "the viscosity still depends on the rate of shear: %.4g(%.2g) mPa s at %.3g/ps, %.4g(%.2g) at "
                         "%.3g/ps; name lower rates in nemd-shear.rates (no law is known to extrapolate by)",
                         low->viscosity * 1e3, low->error * 1e3, shear->options.rate[0], next->viscosity * 1e3,
                         next->error * 1e3, shear->options.rate[1]);
    response->eta_flow = low->viscosity;
    response->eta_flow_err = fmax(low->error, 0.5 * fabs(low->viscosity - next->viscosity));
    response->eta_flow_next = next->viscosity;
    response->eta_flow_next_err = next->error;
    response->flow_rate = shear->options.rate[0] * 1e12;
    return FEMD_OK;
}

static femd_status shear_answer(void *self, femd_native *native, const femd_conditions *conditions,
                                const femd_bytes *carried, femd_response *response, femd_buffer *carry,
                                femd_error *err) {
    const double *h = native->path.place.h;
    for (int i = 0; i < 9; i++)
        if (i % 4 && !(fabs(h[i]) <= SQUARE * h[0]))
            return femd_fail(err, FEMD_UNSUPPORTED,
                             "the method nemd-shear needs a cell whose edges lie along the axes: component %d of "
                             "lattice vector %d is %.3g angstrom",
                             i % 3 + 1, i / 3 + 1, h[i]);
    return femd_sampled_answer(self, native, conditions, carried, response, carry, err);
}

static const femd_sampler shear_sampler = {
    .method = &femd_method_nemd_shear,
    .size = sizeof(femd_shear),
    .version = 1,
    .during = "the shear flow",
    .roams = 1,
    .radians = STEP_DEFAULT,
    .friction = FRICTION_DEFAULT,
    .accuracy = 0.05,
    .open = shear_open,
    .close = shear_close,
    .start = shear_start,
    .have = shear_have,
    .extend = shear_extend,
    .judge = shear_judge,
    .respond = shear_respond,
    .carry = shear_carry,
};

static femd_status shear_create(femd_native *native, const femd_json *doc, void **self, femd_error *err) {
    return femd_sampled_create(&shear_sampler, native, doc, self, err);
}

const femd_method femd_method_nemd_shear = {
    .name = "nemd-shear",
    .wants = FEMD_WANT_ETA_FLOW,
    .inputs = FEMD_SAMPLED_INPUTS,
    .create = shear_create,
    .destroy = femd_sampled_destroy,
    .answer = shear_answer,
};
