/* See swap.h. */
#include "chemical/swap.h"

#include <math.h>
#include <stdlib.h>

#include "chemical/bennett.h"
#include "chemical/defect.h"
#include "dynamics/dynamics_options.h"
#include "numerics/portable.h"

#define STEP_DEFAULT     0.2 /* radians of the fastest vibration */
#define FRICTION_DEFAULT 0.1 /* of the highest frequency */
static const double TWO_PI = 6.28318530717958647693;
static const double FORGETS = 20;  /* times 1/friction: a segment of the equilibration */
static const double PERIODS = 100; /* of the fastest vibration: shortest block */
enum { GROUP = 10, SEGMENTS_LATE = 16, BLOCKS_FIRST = 16, STRIDE_DEFAULT = 20, HOST = 0, SWAPPED = 1 };
enum { WATCHED = 2 }; /* of every step: energy and virial */

/* ---- options and room ---- */

static femd_status swap_read_options(femd_swap *swap, const femd_sampled_words *words, femd_error *err) {
    femd_swap_options *options = &swap->options;
    const femd_sampled_options *common = &swap->common.options;
    FEMD_TRY(femd_dynamics_lives_read(words->doc, words->node, words->at, "equilibration", FORGETS / common->friction,
                                      common->time_step, &options->equilibration, err));
    FEMD_TRY(femd_dynamics_lives_read(words->doc, words->node, words->at, "block", PERIODS * TWO_PI / words->top,
                                      common->time_step, &options->block, err));
    options->stride = (int)femd_json_number(words->node, "stride", STRIDE_DEFAULT);
    options->max_steps = (int64_t)femd_json_number(words->node, "max_steps", 2000000);
    swap->common.first = BLOCKS_FIRST;
    swap->common.most = femd_blocks_within(options->max_steps, 2, options->block);
    if (options->stride > options->block)
        return femd_json_fail(words->doc, words->at, err, "a stride of %d steps in blocks of %d", options->stride,
                              options->block);
    if (swap->common.most >= BLOCKS_FIRST) return FEMD_OK;
    return femd_json_fail(words->doc, words->at, err, "max_steps must be at least %lld: %d blocks of each side",
                          (long long)BLOCKS_FIRST * 2 * options->block, BLOCKS_FIRST);
}

static int swap_count(const femd_structure *atoms, int species) {
    int count = 0;
    for (int i = 0; i < atoms->natoms; i++) count += atoms->species[i] == species;
    return count;
}

static int swap_find(const femd_structure *atoms, const char *name) {
    for (int a = 0; a < atoms->nspecies; a++)
        if (strcmp(atoms->name[a], name) == 0) return a;
    return -1;
}

/* The host's atoms, the first of species `from` being another. */
static femd_status swap_structure(femd_swap *swap, const femd_native *host, const femd_sampled_words *words,
                                  femd_structure *atoms, int *atom, femd_error *err) {
    const cJSON *from = femd_json_get(words->node, "from"), *to = femd_json_get(words->node, "to");
    if (!from || !to)
        return femd_json_fail(words->doc, words->at, err,
                              "the method \"swap\" needs two species: \"swap\": {\"from\": ..., \"to\": ...}");
    const int old = swap_find(&host->structure, from->valuestring);
    const int count = old < 0 ? 0 : swap_count(&host->structure, old);
    if (count == 0)
        return femd_json_fail(words->doc, from, err, "the structure has no atom of \"%s\"", from->valuestring);
    FEMD_TRY(femd_defect_copy(host, 0, atoms, err));
    const int new = femd_structure_species(atoms, to->valuestring);
    if (new < 0 || new == old)
        return femd_json_fail(words->doc, to, err, new < 0 ? "at most %d species are possible" : "the same species",
                              FEMD_SPECIES_MAX);
    for (*atom = 0; atoms->species[*atom] != old;) ++*atom;
    swap->side[SWAPPED].sites = swap_count(atoms, new) + 1;
    swap->side[HOST].sites = count;
    swap->side[HOST].from = swap->side[SWAPPED].to = old;
    swap->side[HOST].to = swap->side[SWAPPED].from = new;
    swap->odds = (double)swap->side[SWAPPED].sites / count;
    atoms->species[*atom] = new;
    return FEMD_OK;
}

static femd_status swap_open_side(femd_swap *swap, femd_swap_side *side, femd_native *native,
                                  const femd_sampled_words *words, femd_error *err) {
    FEMD_TRY(femd_side_open(&side->moving, native, swap->common.options.skin, words->doc, err));
    FEMD_TRY(femd_trajectory_init(&side->trajectory, native->rve.n, WATCHED, FEMD_BENNETT_SUMS, err));
    /* The potential of side 1 knows both species, in the order of side 1's structure, which begins with side 0's. */
    return femd_trial_create(swap->swapped->potential, native->rve.n, native->structure.species, &side->trial, err);
}

static femd_status swap_open(void *self, femd_native *native, const femd_sampled_words *words, femd_error *err) {
    femd_swap *swap = self;
    femd_structure atoms;
    int atom = 0;
    FEMD_TRY(swap_read_options(swap, words, err));
    memset(&atoms, 0, sizeof atoms);
    femd_status rc = swap_structure(swap, native, words, &atoms, &atom, err);
    if (rc == FEMD_OK) {
        rc = femd_native_create_of(words->doc, native->pack, &atoms, &swap->swapped, err);
        if (rc != FEMD_OK) (void)femd_error_prefix(err, "with the swapped atom");
    }
    femd_structure_clear(&atoms);
    for (int k = 0; rc == FEMD_OK && k < 2; k++)
        rc = swap_open_side(swap, &swap->side[k], k == HOST ? native : swap->swapped, words, err);
    if (rc != FEMD_OK) return rc;
    swap->common.parts = 2;
    swap->lightens = swap->side[HOST].moving.mass[atom] / swap->side[SWAPPED].moving.mass[atom];
    return FEMD_OK;
}

static void swap_close(void *self) {
    femd_swap *swap = self;
    for (int k = 0; k < 2; k++) {
        femd_swap_side *side = &swap->side[k];
        femd_trajectory_clear(&side->trajectory);
        femd_trial_destroy(&side->trial);
        femd_side_close(&side->moving);
    }
    femd_native_destroy(&swap->swapped);
}

/* ---- trajectories ---- */

typedef struct swap_run {
    femd_swap *swap;
    femd_swap_side *side;
    double sign; /* of x in what the trial says */
} swap_run;

static femd_status swap_step(void *user, double *z, femd_error *err) {
    femd_dynamics *d = &((swap_run *)user)->side->moving.d;
    FEMD_TRY(femd_dynamics_langevin(d, 1, err));
    z[0] = d->W;
    z[1] = d->tau[0] + d->tau[1] + d->tau[2];
    return FEMD_OK;
}

static void swap_watch(void *user, const double *z, double figure[2]) {
    (void)user;
    figure[0] = z[0];
    figure[1] = z[1];
}

static femd_status swap_look(void *user, double *y, femd_error *err) {
    const swap_run *run = user;
    const femd_swap_side *side = run->side;
    const double C = run->swap->C, kT = femd_kb * run->swap->common.T;
    FEMD_TRY(femd_trial_set(side->trial, side->moving.d.h, side->moving.d.x, err));
    for (int c = 0; c < FEMD_BENNETT_SUMS; c++) y[c] = 0;
    for (int i = 0; i < side->moving.rve.n; i++) {
        if (side->moving.native->structure.species[i] != side->from) continue;
        femd_bennett_add(femd_trial_swap(side->trial, i, side->to) - run->sign * C, kT, 1.0 / side->sites, y);
    }
    return FEMD_OK;
}

static swap_run swap_prepare(femd_swap *swap, int k) {
    femd_swap_side *side = &swap->side[k];
    femd_side_prepare(&side->moving, &swap->common, (uint64_t)k);
    return (swap_run){.swap = swap, .side = side, .sign = k == HOST ? 1 : -1};
}

static femd_course swap_course(swap_run *run, const femd_progress *progress) {
    return (femd_course){.user = run,
                         .progress = progress,
                         .step = swap_step,
                         .look = swap_look,
                         .watch = swap_watch,
                         .group = GROUP,
                         .late = SEGMENTS_LATE};
}

static femd_status swap_stand(femd_swap *swap, femd_error *err) {
    for (int k = 0; k < 2; k++) FEMD_TRY(femd_side_stand(&swap->side[k].moving, swap->common.E0, NULL, err));
    return FEMD_OK;
}

static femd_status swap_settle(femd_swap *swap, int k, const femd_progress *progress, femd_error *err) {
    swap_run run = swap_prepare(swap, k);
    const femd_course course = swap_course(&run, progress);
    return femd_side_settle(&run.side->moving, &course, swap->options.equilibration, run.side->moving.native->path.x,
                            &run.side->trajectory, err);
}

static femd_status swap_start(void *self, femd_native *host, const femd_progress *progress, femd_error *err) {
    femd_swap *swap = self;
    femd_native *swapped = swap->swapped;
    const double more = (double)swap->side[HOST].sites / swap->side[SWAPPED].sites;
    const uint64_t before = femd_energetics_count(swapped->rve.en);
    swap->common.stray = (femd_stray){0};
    FEMD_TRY(swap_stand(swap, err));
    femd_native_rest(swapped);
    FEMD_TRY(femd_native_stand(swapped, err));
    FEMD_TRY(femd_path_advance(&swapped->path, swap->common.E0, progress->beat, err));
    swap->C = swapped->path.last.W - host->path.last.W - femd_kb * swap->common.T * femd_portable_log(more);
    for (int k = 0; k < 2; k++) FEMD_TRY(swap_settle(swap, k, progress, err));
    femd_energetics_count_more(host->rve.en, femd_energetics_count(swapped->rve.en) - before);
    return FEMD_OK;
}

static int swap_have(const void *self, int *missing) {
    const femd_swap *swap = self;
    return femd_trajectory_blocks(&swap->side[HOST].trajectory, missing);
}

static femd_status swap_extend(void *self, femd_native *host, int blocks, const femd_progress *progress,
                               femd_error *err) {
    femd_swap *swap = self;
    const uint64_t before = femd_energetics_count(swap->swapped->rve.en);
    for (int k = 0; k < 2; k++) {
        femd_progress here = *progress;
        for (int b = 0; b < blocks; b++) {
            swap_run run = swap_prepare(swap, k);
            const femd_course course = swap_course(&run, &here);
            here.have = progress->have + 0.5 * (k * blocks + b);
            FEMD_TRY(femd_trajectory_resume(&run.side->trajectory, run.side->moving.place.h, &run.side->moving.d, err));
            FEMD_TRY(
                femd_course_block(&course, swap->options.block, swap->options.stride, &run.side->trajectory.sums, err));
            femd_trajectory_keep(&run.side->trajectory, &run.side->moving.d);
        }
    }
    femd_energetics_count_more(host->rve.en, femd_energetics_count(swap->swapped->rve.en) - before);
    return FEMD_OK;
}

/* ---- what they tell ---- */

static void swap_means(void *user, const femd_moments *of, double *q) {
    (void)user;
    for (int c = 0; c < FEMD_BENNETT_SUMS; c++) q[c] = of->y[c];
}

static femd_status swap_judge(void *self, femd_native *native, const femd_conditions *conditions, double *ratio,
                              femd_error *err) {
    femd_swap *swap = self;
    femd_swap_result *a = &swap->result;
    const double kT = femd_kb * swap->common.T;
    double value[2][FEMD_BENNETT_SUMS], error[2][FEMD_BENNETT_SUMS];
    (void)native;
    *a = (femd_swap_result){.value = 0};
    for (int k = 0; k < 2; k++) {
        const femd_side *moving = &swap->side[k].moving;
        const femd_blocks *sums = &swap->side[k].trajectory.sums;
        if (femd_blocks_estimate(&sums, 1, swap_means, NULL, FEMD_BENNETT_SUMS, value[k], error[k], NULL) < 2)
            return femd_fail(err, FEMD_PROTOCOL, "too few blocks of side %d of a swap", k);
        if (!femd_bennett_meets(value[k]))
            return femd_fail(err, FEMD_NOT_CONVERGED, "no swap of an atom met the other side");
        a->side[k] = femd_bennett_alone(swap->C, kT, k, value[k]);
        a->side_error[k] = kT * error[k][FEMD_BENNETT_WHOLE] / value[k][FEMD_BENNETT_WHOLE];
        const double more = kT * error[k][FEMD_BENNETT_FERMI] / value[k][FEMD_BENNETT_FERMI];
        a->error = sqrt(a->error * a->error + more * more);
        a->scatter = fmax(a->scatter, femd_bennett_scatter(value[k]));
        femd_stray_look(&swap->common.stray, moving->rve.n, moving->site, swap->side[k].trajectory.x,
                        swap->common.reach);
    }
    a->value = femd_bennett_between(swap->C, kT, value[HOST], value[SWAPPED]);
    *ratio = a->error / (femd_sampled_accuracy(swap, conditions) * kT);
    return FEMD_OK;
}

/* f64 C, then of each side u64 step, atoms, velocities and sums. */
static femd_status swap_carry(void *self, femd_native *native, femd_carry *carry, femd_error *err) {
    femd_swap *swap = self;
    (void)native;
    FEMD_TRY(femd_carry_parts(carry, 2, err));
    FEMD_TRY(femd_carry_doubles(carry, &swap->C, 1, err));
    for (int k = 0; k < 2; k++) {
        femd_trajectory *one = &swap->side[k].trajectory;
        FEMD_TRY(femd_carry_u64(carry, &one->step, err));
        FEMD_TRY(femd_carry_doubles(carry, one->x, 6 * (size_t)one->atoms, err)); /* x, then v */
        FEMD_TRY(femd_carry_blocks(carry, &one->sums, err));
    }
    if (!femd_carry_reads(carry)) return FEMD_OK;
    swap->common.stray = (femd_stray){0};
    return swap_stand(swap, err);
}

/* Where both sides differ by more than two standard deviations the error is half of that or more. */
static femd_status swap_respond(void *self, femd_native *native, const femd_conditions *conditions,
                                femd_response *response, femd_error *err) {
    const femd_swap *swap = self;
    const femd_swap_result *a = &swap->result;
    const double kT = femd_kb * swap->common.T, apart = fabs(a->side[HOST] - a->side[SWAPPED]),
                 allowed = 2 * sqrt(a->side_error[HOST] * a->side_error[HOST] +
                                    a->side_error[SWAPPED] * a->side_error[SWAPPED]);
    (void)native, (void)conditions, (void)err;
    response->mu_excess = FEMD_ELEMENTARY_CHARGE * a->value;
    response->mu_excess_err = FEMD_ELEMENTARY_CHARGE * (apart > allowed ? fmax(a->error, 0.5 * apart) : a->error);
    response->mu_check = FEMD_ELEMENTARY_CHARGE * a->side[SWAPPED];
    response->mu_check_err = FEMD_ELEMENTARY_CHARGE * a->side_error[SWAPPED];
    response->mu_ideal = FEMD_ELEMENTARY_CHARGE * kT * femd_portable_log(swap->odds);
    response->mu_mass = FEMD_ELEMENTARY_CHARGE * 1.5 * kT * femd_portable_log(swap->lightens);
    response->mu = response->mu_excess + response->mu_ideal + response->mu_mass;
    response->mu_err = response->mu_excess_err;
    if (apart > allowed) response->notes |= FEMD_NOTE_ESTIMATORS_DISAGREE;
    if (a->scatter > kT) response->notes |= FEMD_NOTE_FAR_SWAP;
    return FEMD_OK;
}

static const femd_sampler swap_sampler = {
    .method = &femd_method_swap,
    .size = sizeof(femd_swap),
    .version = 1,
    .during = "the sampling of swaps",
    .own_boxes = 1,
    .radians = STEP_DEFAULT,
    .friction = FRICTION_DEFAULT,
    .accuracy = 0.01,
    .open = swap_open,
    .close = swap_close,
    .start = swap_start,
    .have = swap_have,
    .extend = swap_extend,
    .judge = swap_judge,
    .respond = swap_respond,
    .carry = swap_carry,
};

static femd_status swap_create(femd_native *native, const femd_json *doc, void **self, femd_error *err) {
    return femd_sampled_create(&swap_sampler, native, doc, self, err);
}

const femd_method femd_method_swap = {
    .name = "swap",
    .wants = FEMD_WANT_MU,
    .inputs = FEMD_SAMPLED_INPUTS,
    .create = swap_create,
    .destroy = femd_sampled_destroy,
    .answer = femd_sampled_answer,
};
