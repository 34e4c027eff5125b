/* What a material says about the method `nemd`, and what it leaves to the highest frequency and the cutoff. */
#include <math.h>

#include "conductivity/nemd.h"
#include "dynamics/dynamics_options.h"

static const double ANGSTROM = 1e-10, TWO_PI = 6.28318530717958647693;
static const double STEP_DEFAULT = 0.15;    /* radians of the fastest vibration */
static const double FRICTION_DEFAULT = 0.1; /* of the highest frequency, as in the other methods */
static const double FORGETS = 20; /* times 1/friction: every layer at its temperature before the slabs are left alone */
static const double PERIODS = 100;      /* of the fastest vibration: shortest block */
static const double SLAB_DEFAULT = 1.5; /* cutoffs */
static const double MARGIN_DEFAULT = 0.2, MARGIN_MAX = 0.45;
static const double GRADIENT_MAX = 0.5;

static femd_status read_dynamics(const femd_json *doc, const cJSON *nemd, const cJSON *at, double top,
                                 femd_nemd_options *o, femd_error *err) {
    femd_dynamics_options d;
    FEMD_TRY(femd_dynamics_options_read(doc, nemd, at, top, STEP_DEFAULT, FRICTION_DEFAULT, &d, err));
    o->time_step = d.time_step;
    o->friction = d.friction;
    o->skin = d.skin;
    FEMD_TRY(femd_dynamics_lives_read(doc, nemd, at, "equilibration", FORGETS / o->friction, o->time_step,
                                      &o->equilibration, err));
    FEMD_TRY(femd_dynamics_lives_read(doc, nemd, at, "block", PERIODS * TWO_PI / top, o->time_step, &o->block, err));
    o->stride = (int)femd_json_number(nemd, "stride", 10);
    if (o->stride < 1 || o->stride > FEMD_DYNAMICS_RENEW)
        return femd_json_fail(doc, at, err, "a stride of %d steps: 1 to %d are possible", o->stride,
                              FEMD_DYNAMICS_RENEW);
    return FEMD_OK;
}

/* An array of numbers, ascending; absent: *count is left alone. */
static femd_status ascending(const femd_json *doc, const cJSON *list, int most, int *count, double *value,
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

static femd_status read_boxes(const femd_json *doc, const cJSON *nemd, const cJSON *at, double cutoff,
                              femd_nemd_options *o, femd_error *err) {
    double slab, length[FEMD_NEMD_LENGTHS_MAX];
    const cJSON *lengths = femd_json_get(nemd, "lengths"), *gradients = femd_json_get(nemd, "gradients");
    FEMD_TRY(femd_json_quantity(doc, nemd, "slab", FEMD_DIM_LENGTH, SLAB_DEFAULT * cutoff * ANGSTROM, &slab, err));
    o->slab = slab / ANGSTROM;
    o->margin = femd_json_number(nemd, "margin", MARGIN_DEFAULT);
    if (!(o->slab > 0)) return femd_json_fail(doc, at, err, "slab must be a length above zero");
    if (!(o->margin >= 0) || !(o->margin <= MARGIN_MAX))
        return femd_json_fail(doc, at, err, "a margin of %g: it is a share of the way between the slabs, 0 to %g",
                              o->margin, MARGIN_MAX);
    o->lengths = 0;
    FEMD_TRY(ascending(doc, lengths, FEMD_NEMD_LENGTHS_MAX, &o->lengths, length, err));
    for (int i = 0; i < o->lengths; i++) {
        o->length[i] = (int)length[i];
        if (o->length[i] % 2)
            return femd_json_fail(doc, lengths, err,
                                  "a row of %d repeats: the slabs are half a row apart, so it must be even",
                                  o->length[i]);
    }
    o->gradients = 2;
    o->gradient[0] = 0.1;
    o->gradient[1] = 0.2;
    FEMD_TRY(ascending(doc, gradients, FEMD_NEMD_GRADIENTS_MAX, &o->gradients, o->gradient, err));
    if (!(o->gradient[0] > 0) || !(o->gradient[o->gradients - 1] <= GRADIENT_MAX))
        return femd_json_fail(doc, gradients, err, "gradients are shares of the temperature above 0 and up to %g",
                              GRADIENT_MAX);
    o->across = (int)femd_json_number(nemd, "across", 1);
    o->direction = (int)femd_json_number(nemd, "direction", 1) - 1;
    o->isotropic = strcmp(femd_json_string(nemd, "symmetry", "none"), "isotropic") == 0;
    if (o->across < 1) return femd_json_fail(doc, at, err, "across must be at least 1");
    if (o->direction < 0 || o->direction > 2) return femd_json_fail(doc, at, err, "direction is 1, 2 or 3");
    if (femd_json_get(nemd, "direction") && !o->isotropic)
        return femd_json_fail(doc, at, err,
                              "direction needs \"symmetry\": \"isotropic\"; without it all three are measured");
    return FEMD_OK;
}

femd_status femd_nemd_options_read(const femd_json *doc, double top, double cutoff, femd_nemd_options *o,
                                   femd_error *err) {
    const cJSON *nemd = femd_json_get(doc->root, "nemd"), *at = nemd ? nemd : doc->root,
                *reuse = femd_json_get(nemd, "reuse");
    memset(o, 0, sizeof *o);
    FEMD_TRY(read_dynamics(doc, nemd, at, top, o, err));
    FEMD_TRY(read_boxes(doc, nemd, at, cutoff, o, err));
    o->accuracy = femd_json_number(nemd, "accuracy", 0.1);
    o->max_steps = (int64_t)femd_json_number(nemd, "max_steps", 20000000);
    o->reuse_strain = femd_json_number(reuse, "strain", 0);
    o->reuse_temperature = femd_json_number(reuse, "temperature", 0);
    if (!(o->accuracy > 0) || !(o->reuse_strain >= 0) || !(o->reuse_temperature >= 0) || o->max_steps < 1)
        return femd_json_fail(doc, at, err,
                              "accuracy and max_steps must be above zero, tolerances of reuse must not be negative");
    return FEMD_OK;
}
