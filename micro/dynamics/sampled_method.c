/* What methods that sample do alike; see sampled_method.h. Owns how long, what is reused and the head of the bytes;
 * knows nothing of what is sampled. */
#include "dynamics/sampled_method.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dynamics/dynamics_options.h"

/* ---- life ---- */

static femd_status sampled_read_options(const femd_sampler *sampler, const femd_sampled_words *words,
                                        femd_sampled_options *options, femd_error *err) {
    const cJSON *reuse = femd_json_get(words->node, "reuse");
    femd_dynamics_options d;
    FEMD_TRY(femd_dynamics_options_read(words->doc, words->node, words->at, words->top, sampler->radians,
                                        sampler->friction, &d, err));
    *options = (femd_sampled_options){.time_step = d.time_step,
                                      .friction = d.friction,
                                      .skin = d.skin,
                                      .accuracy = femd_json_number(words->node, "accuracy", sampler->accuracy),
                                      .reuse_strain = femd_json_number(reuse, "strain", 0),
                                      .reuse_temperature = femd_json_number(reuse, "temperature", 0)};
    if (!(options->accuracy > 0) || !(options->reuse_strain >= 0) || !(options->reuse_temperature >= 0))
        return femd_json_fail(words->doc, words->at, err,
                              "accuracy must be above zero, tolerances of reuse must not be negative");
    return FEMD_OK;
}

/* The RVE's own atoms, with a list and a dynamics of their own. */
static femd_status sampled_open_atoms(femd_sampled *common, const femd_native *native, femd_error *err) {
    common->rve = native->rve;
    FEMD_TRY(femd_neighbours_create(femd_potential_cutoff(native->potential), common->options.skin, &common->nb, err));
    common->rve.nb = common->nb;
    return femd_dynamics_create(&common->rve, common->mass, &common->d, err);
}

/* Where the sites are a lattice of the density of a fluid, their bonds are stretched and soft, or hold nothing at all:
 * its highest frequency says nothing of atoms that meet. That of the packing of lowest energy does, to a factor: 0.4 of
 * it is what sites of a dense fluid have, with which steps were found good. */
static femd_status sampled_roaming_frequency(femd_sampled *common, femd_native *native, femd_error *err) {
    enum { PACKINGS = 80 };
    const double closer = 0.99, share = 0.4;
    femd_rve *rve = &native->rve;
    double h[9], packed, lowest, W, *x = malloc(3 * (size_t)rve->n * sizeof *x);
    if (!x) return femd_fail(err, FEMD_NO_MEMORY, "a packing of %d atoms: out of memory", rve->n);
    memcpy(h, rve->h0, sizeof h);
    memcpy(x, rve->X, 3 * (size_t)rve->n * sizeof *x);
    femd_status rc = femd_energetics_forces(rve->en, rve->nb, h, x, &lowest, NULL, NULL, err);
    for (int k = 0; rc == FEMD_OK && k < PACKINGS; k++) {
        femd_error beyond = FEMD_ERROR_INIT; /* a table that ends is no packing */
        for (int i = 0; i < 9; i++) h[i] *= closer;
        for (int i = 0; i < 3 * rve->n; i++) x[i] *= closer;
        if (femd_energetics_forces(rve->en, rve->nb, h, x, &W, NULL, NULL, &beyond) == FEMD_OK && W < lowest) {
            lowest = W;
            continue;
        }
        for (int i = 0; i < 9; i++) h[i] /= closer;
        for (int i = 0; i < 3 * rve->n; i++) x[i] /= closer;
        break;
    }
    if (rc == FEMD_OK) rc = femd_dynamics_top_frequency(rve, common->mass, h, x, &packed, err);
    if (rc == FEMD_OK) common->top_frequency = fmax(common->top_frequency, share * packed);
    free(x);
    return rc;
}

static femd_status sampled_open(femd_sampled *common, femd_native *native, const femd_json *doc, femd_error *err) {
    const femd_sampler *sampler = common->sampler;
    femd_sampled_words words = {.doc = doc, .node = femd_json_get(doc->root, sampler->method->name)};
    words.at = words.node ? words.node : doc->root;
    if (!sampler->own_boxes && native->rve.n < 2)
        return femd_fail(err, FEMD_BAD_INPUT, "the method %s needs at least two atoms", sampler->method->name);
    FEMD_TRY(femd_energetics_require(native->rve.en, sampler->needs, err));
    FEMD_TRY(femd_native_masses(native, doc, &common->mass, err));
    FEMD_TRY(femd_dynamics_top_frequency(&native->rve, common->mass, native->rve.h0, native->rve.X,
                                         &common->top_frequency, err));
    if (sampler->roams || native->path.held) FEMD_TRY(sampled_roaming_frequency(common, native, err));
    FEMD_TRY(
        femd_neighbours_nearest(native->rve.nb, native->rve.n, native->rve.h0, native->rve.X, &common->reach, err));
    common->reach *= 0.5;
    if (sampler->prepare) FEMD_TRY(sampler->prepare(common, native, &words, err));
    words.top = common->top_frequency;
    FEMD_TRY(sampled_read_options(sampler, &words, &common->options, err));
    if (!sampler->own_boxes) FEMD_TRY(sampled_open_atoms(common, native, err));
    if (sampler->looks.z > 0) FEMD_TRY(femd_replicas_open(common, &words, err));
    return sampler->open ? sampler->open(common, native, &words, err) : FEMD_OK;
}

void femd_sampled_destroy(void **self) {
    femd_sampled *common = *self;
    if (!common) return;
    if (common->sampler->close) common->sampler->close(common);
    femd_replicas_close(&common->replicas);
    femd_dynamics_clear(&common->d);
    femd_neighbours_destroy(&common->nb);
    free(common->mass);
    free(common);
    *self = NULL;
}

femd_status femd_sampled_create(const femd_sampler *sampler, femd_native *native, const femd_json *doc, void **self,
                                femd_error *err) {
    femd_sampled *common = calloc(1, sampler->size);
    *self = common;
    if (!common) return femd_fail(err, FEMD_NO_MEMORY, "the method %s: out of memory", sampler->method->name);
    common->sampler = sampler;
    const femd_status rc = sampled_open(common, native, doc, err);
    if (rc != FEMD_OK) femd_sampled_destroy(self);
    return rc;
}

/* ---- the parts of an answer ---- */

femd_status femd_sampled_check(const void *self, const femd_conditions *conditions, femd_error *err) {
    const femd_sampled *common = self;
    if (conditions->temperature > 0 && isfinite(conditions->temperature)) return FEMD_OK;
    return femd_fail(err, FEMD_BAD_INPUT, "the method %s needs a temperature above 0 K, got %g",
                     common->sampler->method->name, conditions->temperature);
}

double femd_sampled_accuracy(const void *self, const femd_conditions *conditions) {
    const femd_sampled *common = self;
    return conditions->accuracy > 0 ? conditions->accuracy : common->options.accuracy;
}

/* The RVE as it is now, at E0. */
static femd_status sampled_stand(femd_sampled *common, const femd_native *native, femd_error *err) {
    if (common->sampler->own_boxes) return FEMD_OK;
    common->rve = native->rve;
    common->rve.nb = common->nb;
    return femd_place_set(&common->rve, common->E0, &common->place, err);
}

femd_status femd_sampled_start(void *self, femd_native *native, const femd_conditions *conditions, const double E[6],
                               femd_error *err) {
    femd_sampled *common = self;
    const femd_sampler *sampler = common->sampler;
    const femd_progress progress = {.beat = conditions->beat, .during = sampler->during};
    memcpy(common->E0, E, sizeof common->E0);
    common->T = conditions->temperature;
    common->seed = conditions->seed;
    FEMD_TRY(sampled_stand(common, native, err));
    if (sampler->start) return sampler->start(self, native, &progress, err);
    return femd_replicas_start(common, native->path.x, &progress, err);
}

/* The result of the sums, of atoms that stayed or not; *lack: blocks that must be added whatever the errors. */
static femd_status sampled_judge(femd_sampled *common, femd_native *native, const femd_conditions *conditions,
                                 double *ratio, int *lack, femd_error *err) {
    *lack = 0;
    if (common->sampler->looks.z > 0) {
        femd_replicas_stray(common, native);
        *lack = femd_replicas_settle(common);
    }
    return common->sampler->judge(common, native, conditions, ratio, err);
}

static int sampled_have(const femd_sampled *common, int *missing) {
    if (common->sampler->have) return common->sampler->have(common, missing);
    return femd_trajectory_blocks(&common->replicas.one[0], missing);
}

/* How many blocks more: as the errors foretell, but at least a quarter of those that are there, so that the end does
 * not select lucky moments, and at most as many. */
static int sampled_more(double ratio, int have) {
    return (int)ceil(fmin(fmax(1.05 * ratio * ratio - 1, 0.25), 1) * have);
}

femd_status femd_sampled_extend(void *self, femd_native *native, const femd_conditions *conditions, femd_error *err) {
    femd_sampled *common = self;
    const femd_sampler *sampler = common->sampler;
    for (int done = 0;;) {
        int missing, lack, anew = 0;
        int have = sampled_have(common, &missing);
        int more = have < common->first ? common->first - have : missing;
        double ratio = 2;
        if (more == 0) { /* else what is begun is finished: the first blocks, a joined block */
            FEMD_TRY(sampled_judge(common, native, conditions, &ratio, &lack, err));
            have = sampled_have(common, &missing);
            if (sampler->outgrown) FEMD_TRY(sampler->outgrown(self, &anew, err));
            if (anew) {
                done = 0;
                continue;
            }
            common->ratio = ratio;
            more = lack > 0 ? lack : sampled_more(ratio, have);
            if (more > common->most - done) more = common->most - done;
            if ((ratio <= 1 && lack == 0) || more <= 0) return FEMD_OK;
        }
        const femd_progress progress = {
            .beat = conditions->beat,
            .during = sampler->during,
            .have = have,
            .need = fmin(have * ratio * ratio + common->first, have + fmax(more, common->most - done))};
        if (sampler->extend)
            FEMD_TRY(sampler->extend(self, native, more, &progress, err));
        else
            FEMD_TRY(femd_replicas_extend(common, more, &progress, err));
        done += more;
    }
}

/* ---- what a state carries: u32 version, u32 trajectories, f64 E0[6], of a method that finds the strain f64 E1[6],
 * f64 T, unless it is unseeded u64 seed; then the sampler's own ---- */

static femd_status sampled_carry_head(femd_sampled *common, femd_carry *carry, femd_error *err) {
    const femd_sampler *sampler = common->sampler;
    carry->parts = (uint32_t)common->parts;
    FEMD_TRY(femd_carry_expect(carry, sampler->version, err));
    FEMD_TRY(femd_carry_u32(carry, &carry->parts, err));
    FEMD_TRY(femd_carry_doubles(carry, common->E0, 6, err));
    if (sampler->method->strain) FEMD_TRY(femd_carry_doubles(carry, common->E1, 6, err));
    FEMD_TRY(femd_carry_doubles(carry, &common->T, 1, err));
    return sampler->unseeded ? FEMD_OK : femd_carry_u64(carry, &common->seed, err);
}

static femd_status sampled_carry_rest(femd_sampled *common, femd_native *native, femd_carry *carry, femd_error *err) {
    if (common->sampler->carry) return common->sampler->carry(common, native, carry, err);
    return femd_replicas_carry(common, carry, err);
}

static femd_status sampled_read_rest(femd_sampled *common, femd_native *native, femd_carry *carry, femd_error *err) {
    FEMD_TRY(sampled_stand(common, native, err));
    FEMD_TRY(sampled_carry_rest(common, native, carry, err));
    return femd_carry_end(carry, err);
}

femd_status femd_sampled_decode(void *self, femd_native *native, const femd_bytes *carried, femd_error *err) {
    femd_sampled *common = self;
    femd_carry carry = femd_carry_reader(carried, common->sampler->during);
    FEMD_TRY(sampled_carry_head(common, &carry, err));
    return sampled_read_rest(common, native, &carry, err);
}

femd_status femd_sampled_finish(void *self, femd_native *native, const femd_conditions *conditions,
                                femd_response *response, femd_buffer *carry, femd_error *err) {
    femd_sampled *common = self;
    femd_carry bytes = femd_carry_writer(carry, common->sampler->during);
    FEMD_TRY(common->sampler->respond(self, native, conditions, response, err));
    response->sampled = 1;
    if (common->ratio > 1) response->notes |= FEMD_NOTE_ACCURACY_NOT_REACHED;
    if (common->stray.gone > 0) response->notes |= FEMD_NOTE_NOT_SOLID;
    if (common->sampler->looks.z > 0 && femd_replicas_unsettled(common)) response->notes |= FEMD_NOTE_NOT_ERGODIC;
    response->provided |= conditions->wants & common->sampler->method->wants;
    FEMD_TRY(sampled_carry_head(common, &bytes, err));
    return sampled_carry_rest(common, native, &bytes, err);
}

/* ---- an answer at the mechanical state ---- */

/* What to do with the sums that a state carried. */
typedef enum reuse {
    REUSE_NOTHING,
    REUSE_SUMS,   /* of this strain and temperature: go on with them */
    REUSE_ANSWER, /* near enough, and sharp enough, to be the answer */
} reuse;

static femd_status sampled_take(femd_sampled *common, femd_native *native, const femd_conditions *conditions,
                                const femd_bytes *carried, reuse *what, femd_error *err) {
    femd_carry carry = femd_carry_reader(carried, common->sampler->during);
    double far = 0;
    int missing, lack;
    *what = REUSE_NOTHING;
    if (!carried->size) return FEMD_OK;
    FEMD_TRY(sampled_carry_head(common, &carry, err));
    for (int c = 0; c < 6; c++) far = fmax(far, fabs(native->path.E[c] - common->E0[c]));
    const int same = far == 0 && common->T == conditions->temperature;
    if (!same && (!(far <= common->options.reuse_strain) ||
                  !(fabs(common->T - conditions->temperature) <= common->options.reuse_temperature)))
        return FEMD_OK;
    FEMD_TRY(sampled_read_rest(common, native, &carry, err));
    if (common->sampler->unseeded) common->seed = conditions->seed;
    if (same) *what = REUSE_SUMS;
    if (same || sampled_have(common, &missing) < common->first) return FEMD_OK;
    FEMD_TRY(sampled_judge(common, native, conditions, &common->ratio, &lack, err));
    if (common->ratio <= 1) *what = REUSE_ANSWER;
    return FEMD_OK;
}

femd_status femd_sampled_answer(void *self, femd_native *native, const femd_conditions *conditions,
                                const femd_bytes *carried, femd_response *response, femd_buffer *carry,
                                femd_error *err) {
    reuse what;
    FEMD_TRY(femd_sampled_check(self, conditions, err));
    FEMD_TRY(sampled_take(self, native, conditions, carried, &what, err));
    if (what == REUSE_NOTHING) FEMD_TRY(femd_sampled_start(self, native, conditions, native->path.E, err));
    if (what != REUSE_ANSWER) FEMD_TRY(femd_sampled_extend(self, native, conditions, err));
    return femd_sampled_finish(self, native, conditions, response, carry, err);
}
