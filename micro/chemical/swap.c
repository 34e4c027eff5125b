/* See swap.h. */
#include "chemical/swap.h"

#include <math.h>
#include <stdlib.h>

#include "dynamics/dynamics_options.h"
#include "numerics/portable.h"

#define STEP_DEFAULT     0.2 /* radians of the fastest vibration */
#define FRICTION_DEFAULT 0.1 /* of the highest frequency */
static const double TWO_PI = 6.28318530717958647693;
static const double FORGETS = 20;  /* times 1/friction: a segment of the equilibration */
static const double PERIODS = 100; /* of the fastest vibration: shortest block */
static const double TOP = 300;     /* largest exponent */
enum { GROUP = 10, SEGMENTS_LATE = 16, BLOCKS_FIRST = 16, STRIDE_DEFAULT = 20, HOST = 0, SWAPPED = 1 };
/* What is summed: of every step energy and virial, of some <exp(-+b(x - C))>, <f(+-b(x - C))>, <x - C>, its square. */
enum { WATCHED = 2, WHOLE = 0, FERMI, MEAN, SQUARE, LOOKED };

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

static femd_status swap_copy(const femd_native *host, femd_structure *atoms, femd_error *err) {
    const femd_structure *from = &host->structure;
    memset(atoms, 0, sizeof *atoms);
    FEMD_TRY(femd_structure_reserve(atoms, from->natoms, err));
    atoms->nspecies = from->nspecies;
    memcpy(atoms->name, from->name, sizeof atoms->name);
    memcpy(atoms->mass, from->mass, sizeof atoms->mass);
    memcpy(atoms->cell, host->rve.h0, sizeof atoms->cell);
    memcpy(atoms->x, host->rve.X, 3 * (size_t)from->natoms * sizeof *atoms->x);
    memcpy(atoms->species, from->species, (size_t)from->natoms * sizeof *atoms->species);
    return FEMD_OK;
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
    FEMD_TRY(swap_copy(host, atoms, err));
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

static femd_status swap_open_side(femd_swap *swap, femd_swap_side *side, const femd_sampled_words *words,
                                  femd_error *err) {
    const size_t n3 = 3 * (size_t)side->native->rve.n;
    side->rve = side->native->rve;
    FEMD_TRY(femd_native_masses(side->native, words->doc, &side->mass, err));
    FEMD_TRY(femd_neighbours_create(femd_potential_cutoff(side->native->potential), swap->common.options.skin,
                                    &side->nb, err));
    side->rve.nb = side->nb;
    FEMD_TRY(femd_dynamics_create(&side->rve, side->mass, &side->d, err));
    FEMD_TRY(femd_trajectory_init(&side->trajectory, side->rve.n, WATCHED, LOOKED, err));
    side->site = malloc(n3 * sizeof *side->site);
    if (!side->site) return femd_fail(err, FEMD_NO_MEMORY, "a swap among %d atoms: out of memory", side->rve.n);
    /* The potential of side 1 knows both species, in the order of side 1's structure, which begins with side 0's. */
    return femd_trial_create(swap->side[SWAPPED].native->potential, side->rve.n, side->native->structure.species,
                             &side->trial, err);
}

static femd_status swap_open(void *self, femd_native *native, const femd_sampled_words *words, femd_error *err) {
    femd_swap *swap = self;
    femd_structure atoms;
    int atom = 0;
    FEMD_TRY(swap_read_options(swap, words, err));
    memset(&atoms, 0, sizeof atoms);
    swap->side[HOST].native = native;
    femd_status rc = swap_structure(swap, native, words, &atoms, &atom, err);
    if (rc == FEMD_OK) {
        rc = femd_native_create_of(words->doc, native->pack, &atoms, &swap->side[SWAPPED].native, err);
        if (rc != FEMD_OK) (void)femd_error_prefix(err, "with the swapped atom");
    }
    femd_structure_clear(&atoms);
    for (int k = 0; rc == FEMD_OK && k < 2; k++) rc = swap_open_side(swap, &swap->side[k], words, err);
    if (rc != FEMD_OK) return rc;
    swap->common.parts = 2;
    swap->lightens = swap->side[HOST].mass[atom] / swap->side[SWAPPED].mass[atom];
    return FEMD_OK;
}

static void swap_close(void *self) {
    femd_swap *swap = self;
    for (int k = 0; k < 2; k++) {
        femd_swap_side *side = &swap->side[k];
        femd_trajectory_clear(&side->trajectory);
        femd_trial_destroy(&side->trial);
        femd_dynamics_clear(&side->d);
        femd_neighbours_destroy(&side->nb);
        free(side->mass);
        free(side->site);
    }
    femd_native_destroy(&swap->side[SWAPPED].native);
}

/* ---- trajectories ---- */

typedef struct swap_run {
    femd_swap *swap;
    femd_swap_side *side;
    double sign; /* of what the trial says in x */
} swap_run;

static femd_status swap_step(void *user, double *z, femd_error *err) {
    femd_dynamics *d = &((swap_run *)user)->side->d;
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
    FEMD_TRY(femd_trial_set(side->trial, side->d.h, side->d.x, err));
    for (int c = 0; c < LOOKED; c++) y[c] = 0;
    for (int i = 0; i < side->rve.n; i++) {
        if (side->native->structure.species[i] != side->from) continue;
        const double x = run->sign * femd_trial_swap(side->trial, i, side->to) - C,
                     u = fmax(fmin(run->sign * x / kT, TOP), -TOP), e = femd_portable_exp(-u);
        y[WHOLE] += e / side->sites;
        y[FERMI] += e / (1 + e) / side->sites;
        y[MEAN] += x / side->sites;
        y[SQUARE] += x * x / side->sites;
    }
    return FEMD_OK;
}

static swap_run swap_prepare(femd_swap *swap, int k) {
    femd_swap_side *side = &swap->side[k];
    side->d.dt = swap->common.options.time_step;
    side->d.friction = swap->common.options.friction;
    side->d.temperature = swap->common.T;
    side->d.seed = swap->common.seed;
    side->d.replica = (uint64_t)k;
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

/* The cell of both sides at the strain that is sampled, and where their atoms belong. */
static femd_status swap_stand(femd_swap *swap, femd_error *err) {
    for (int k = 0; k < 2; k++) {
        femd_swap_side *side = &swap->side[k];
        side->rve = side->native->rve;
        side->rve.nb = side->nb;
        FEMD_TRY(femd_place_set(&side->rve, swap->common.E0, &side->place, err));
        femd_place_atoms(&side->rve, &side->place, NULL, side->site);
    }
    return FEMD_OK;
}

static femd_status swap_settle(femd_swap *swap, int k, const femd_progress *progress, femd_error *err) {
    swap_run run = swap_prepare(swap, k);
    femd_swap_side *side = run.side;
    const femd_course course = swap_course(&run, progress);
    int settled;
    femd_blocks_empty(&side->trajectory.sums);
    FEMD_TRY(femd_dynamics_start(&side->d, side->place.h, side->native->path.x, swap->common.T, swap->common.seed,
                                 (uint64_t)k, err));
    FEMD_TRY(femd_course_settle(&course, swap->options.equilibration, &settled, err));
    if (!settled)
        return femd_fail(err, FEMD_NOT_CONVERGED, "the energy still drifts after %.3g ps at %g K",
                         side->d.dt * FEMD_COURSE_SEGMENTS * swap->options.equilibration, swap->common.T);
    femd_trajectory_keep(&side->trajectory, &side->d);
    return FEMD_OK;
}

static femd_status swap_start(void *self, femd_native *host, const femd_progress *progress, femd_error *err) {
    femd_swap *swap = self;
    femd_native *swapped = swap->side[SWAPPED].native;
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
    const uint64_t before = femd_energetics_count(swap->side[SWAPPED].rve.en);
    for (int k = 0; k < 2; k++) {
        femd_progress here = *progress;
        for (int b = 0; b < blocks; b++) {
            swap_run run = swap_prepare(swap, k);
            const femd_course course = swap_course(&run, &here);
            here.have = progress->have + 0.5 * (k * blocks + b);
            FEMD_TRY(femd_trajectory_resume(&run.side->trajectory, run.side->place.h, &run.side->d, err));
            FEMD_TRY(
                femd_course_block(&course, swap->options.block, swap->options.stride, &run.side->trajectory.sums, err));
            femd_trajectory_keep(&run.side->trajectory, &run.side->d);
        }
    }
    femd_energetics_count_more(host->rve.en, femd_energetics_count(swap->side[SWAPPED].rve.en) - before);
    return FEMD_OK;
}

/* ---- what they tell ---- */

static void swap_means(void *user, const femd_moments *of, double *q) {
    (void)user;
    for (int c = 0; c < LOOKED; c++) q[c] = of->y[c];
}

static femd_status swap_judge(void *self, femd_native *native, const femd_conditions *conditions, double *ratio,
                              femd_error *err) {
    femd_swap *swap = self;
    femd_swap_result *a = &swap->result;
    const double kT = femd_kb * swap->common.T;
    double value[2][LOOKED], error[2][LOOKED];
    (void)native;
    *a = (femd_swap_result){.value = swap->C};
    for (int k = 0; k < 2; k++) {
        const femd_blocks *sums = &swap->side[k].trajectory.sums;
        const double sign = k == HOST ? -1 : 1;
        (void)femd_blocks_estimate(&sums, 1, swap_means, NULL, LOOKED, value[k], error[k], NULL);
        if (!(value[k][WHOLE] > 0) || !(value[k][FERMI] > 0))
            return femd_fail(err, FEMD_NOT_CONVERGED, "no swap of an atom met the other side");
        a->side[k] = swap->C + sign * kT * femd_portable_log(value[k][WHOLE]);
        a->side_error[k] = kT * error[k][WHOLE] / value[k][WHOLE];
        a->value += sign * kT * femd_portable_log(value[k][FERMI]);
        const double more = kT * error[k][FERMI] / value[k][FERMI];
        a->error = sqrt(a->error * a->error + more * more);
        a->scatter = fmax(a->scatter, sqrt(fmax(value[k][SQUARE] - value[k][MEAN] * value[k][MEAN], 0)));
        femd_stray_look(&swap->common.stray, swap->side[k].rve.n, swap->side[k].site, swap->side[k].trajectory.x,
                        swap->common.reach);
    }
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
