/* What a material says about the method `nemd`, and what it leaves to the highest frequency and the cutoff. */
#include <math.h>

#include "conductivity/nemd.h"
#include "dynamics/dynamics_options.h"

static const double ANGSTROM = 1e-10, TWO_PI = 6.28318530717958647693;
static const double FORGETS = 20; /* times 1/friction: every layer at its temperature before the slabs are left alone */
static const double PERIODS = 100;      /* of the fastest vibration: shortest block */
static const double SLAB_DEFAULT = 1.5; /* cutoffs */
static const double MARGIN_DEFAULT = 0.2, MARGIN_MAX = 0.45;
static const double GRADIENT_MAX = 0.5;

static femd_status nemd_read_times(const femd_sampled_words *words, const femd_sampled_options *common,
                                   femd_nemd_options *options, femd_error *err) {
    FEMD_TRY(femd_dynamics_lives_read(words->doc, words->node, words->at, "equilibration", FORGETS / common->friction,
                                      common->time_step, &options->equilibration, err));
    FEMD_TRY(femd_dynamics_lives_read(words->doc, words->node, words->at, "block", PERIODS * TWO_PI / words->top,
                                      common->time_step, &options->block, err));
    options->stride = (int)femd_json_number(words->node, "stride", 10);
    options->max_steps = (int64_t)femd_json_number(words->node, "max_steps", 20000000);
    if (options->stride < 1 || options->stride > FEMD_DYNAMICS_RENEW)
        return femd_json_fail(words->doc, words->at, err, "a stride of %d steps: 1 to %d are possible", options->stride,
                              FEMD_DYNAMICS_RENEW);
    if (options->max_steps < 1) return femd_json_fail(words->doc, words->at, err, "max_steps must be above zero");
    return FEMD_OK;
}

/* An array of numbers, ascending; absent: *count is left alone. */
static femd_status nemd_read_ascending(const femd_json *doc, const cJSON *list, int most, int *count, double *value,
                                       femd_error *err) {
    if (!list) return FEMD_OK;
    *count = 0;
    for (const cJSON *one = list->child; one; one = one->next) {
        if (*count == most) return femd_json_fail(doc, list, err, "at most %d entries are possible", most);
        value[(*count)++] = one->valuedouble;
        if (*count > 1 && !(value[*count - 1] > value[*count - 2]))
            return femd_json_fail(doc, one, err, "entries must ascend");
    }
    return *count ? FEMD_OK : femd_json_fail(doc, list, err, "at least one entry is needed");
}

/* Slabs, margins and rows. */
static femd_status nemd_read_rows(const femd_sampled_words *words, double cutoff, femd_nemd_options *options,
                                  femd_error *err) {
    const femd_json *doc = words->doc;
    const cJSON *lengths = femd_json_get(words->node, "lengths");
    double slab, length[FEMD_NEMD_LENGTHS_MAX];
    FEMD_TRY(
        femd_json_quantity(doc, words->node, "slab", FEMD_DIM_LENGTH, SLAB_DEFAULT * cutoff * ANGSTROM, &slab, err));
    options->slab = slab / ANGSTROM;
    options->margin = femd_json_number(words->node, "margin", MARGIN_DEFAULT);
    if (!(options->slab > 0)) return femd_json_fail(doc, words->at, err, "slab must be a length above zero");
    if (!(options->margin >= 0) || !(options->margin <= MARGIN_MAX))
        return femd_json_fail(doc, words->at, err,
                              "a margin of %g: it is a share of the way between the slabs, 0 to %g", options->margin,
                              MARGIN_MAX);
    options->lengths = 0;
    FEMD_TRY(nemd_read_ascending(doc, lengths, FEMD_NEMD_LENGTHS_MAX, &options->lengths, length, err));
    for (int i = 0; i < options->lengths; i++) {
        options->length[i] = (int)length[i];
        if (options->length[i] % 2)
            return femd_json_fail(doc, lengths, err,
                                  "a row of %d repeats: the slabs are half a row apart, so it must be even",
                                  options->length[i]);
    }
    return FEMD_OK;
}

/* Temperature differences, and the directions that are measured. */
static femd_status nemd_read_flows(const femd_sampled_words *words, femd_nemd_options *options, femd_error *err) {
    const femd_json *doc = words->doc;
    const cJSON *node = words->node, *gradients = femd_json_get(node, "gradients");
    options->gradients = 2;
    options->gradient[0] = 0.1;
    options->gradient[1] = 0.2;
    FEMD_TRY(nemd_read_ascending(doc, gradients, FEMD_NEMD_GRADIENTS_MAX, &options->gradients, options->gradient, err));
    if (!(options->gradient[0] > 0) || !(options->gradient[options->gradients - 1] <= GRADIENT_MAX))
        return femd_json_fail(doc, gradients, err, "gradients are shares of the temperature above 0 and up to %g",
                              GRADIENT_MAX);
    options->across = (int)femd_json_number(node, "across", 1);
    options->direction = (int)femd_json_number(node, "direction", 1) - 1;
    options->isotropic = strcmp(femd_json_string(node, "symmetry", "none"), "isotropic") == 0;
    if (options->across < 1) return femd_json_fail(doc, words->at, err, "across must be at least 1");
    if (options->direction < 0 || options->direction > 2)
        return femd_json_fail(doc, words->at, err, "direction is 1, 2 or 3");
    if (femd_json_get(node, "direction") && !options->isotropic)
        return femd_json_fail(doc, words->at, err,
                              "direction needs \"symmetry\": \"isotropic\"; without it all three are measured");
    return FEMD_OK;
}

femd_status femd_nemd_options_read(const femd_sampled_words *words, const femd_sampled_options *common, double cutoff,
                                   femd_nemd_options *options, femd_error *err) {
    *options = (femd_nemd_options){.skin = common->skin};
    FEMD_TRY(nemd_read_times(words, common, options, err));
    FEMD_TRY(nemd_read_rows(words, cutoff, options, err));
    return nemd_read_flows(words, options, err);
}
