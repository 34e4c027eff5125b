/* Trajectories on the rungs of two ladders; see integrated.h. Owns the order of steps, options and bytes. */
#include "chemical/integrated.h"

#include <math.h>
#include <stdlib.h>

#include "dynamics/dynamics_options.h"

#define STEP_DEFAULT     0.2 /* radians of the fastest vibration */
#define FRICTION_DEFAULT 0.1 /* of the highest frequency */
static const double TWO_PI = 6.28318530717958647693;
static const double FORGETS = 20; /* times 1/friction: a segment of the equilibration */
static const double PERIODS = 40; /* of the fastest vibration: shortest block */
static const double APART = 0.7;  /* kT: by which the gaps of neighbouring rungs are to scatter at most */
/* Times the reach of what stays: dumbbells and small atoms go on by 0.4 of the distance of neighbours. */
static const double NEARER = 0.7;
enum { GROUP = 10, SEGMENTS_LATE = 16, BLOCKS_FIRST = 8, RUNGS_LEAST = 2, HOST = 0, DEFECTIVE = 1 };
/* Stretches of a rung that may be done again: so many, and one of so many. */
enum { AGAIN = 4, AGAIN_OF = 4 };

/* ---- options and room ---- */

static femd_status integrated_read_options(femd_integrated *self, const femd_sampled_words *words, femd_error *err) {
    femd_integrated_options *options = &self->options;
    const femd_sampled_options *common = &self->common.options;
    FEMD_TRY(femd_dynamics_lives_read(words->doc, words->node, words->at, "equilibration", FORGETS / common->friction,
                                      common->time_step, &options->equilibration, err));
    FEMD_TRY(femd_dynamics_lives_read(words->doc, words->node, words->at, "block", PERIODS * TWO_PI / words->top,
                                      common->time_step, &options->block, err));
    options->rungs = (int)femd_json_number(words->node, "rungs", 0);
    options->max_steps = (int64_t)femd_json_number(words->node, "max_steps", 10000000);
    const int most = 2 * (options->rungs ? options->rungs : FEMD_RUNGS_MAX);
    self->common.first = BLOCKS_FIRST;
    if (femd_blocks_within(options->max_steps, most, options->block) >= BLOCKS_FIRST) return FEMD_OK;
    return femd_json_fail(words->doc, words->at, err, "max_steps must be at least %lld: %d blocks of %d trajectories",
                          (long long)BLOCKS_FIRST * most * options->block, BLOCKS_FIRST, most);
}

static femd_status integrated_open_ladder(femd_integrated *self, femd_ladder *ladder, femd_native *native,
                                          const femd_sampled_words *words, femd_error *err) {
    FEMD_TRY(femd_side_open(&ladder->moving, native, self->common.options.skin, words->doc, err));
    FEMD_TRY(femd_tether_create(native, &ladder->tether, err));
    for (int r = 0; r < FEMD_RUNGS_MAX; r++)
        FEMD_TRY(femd_trajectory_init(&ladder->rung[r].trajectory, native->rve.n, FEMD_RUNG_Z, FEMD_RUNG_Y, err));
    ladder->moving.d.bend = femd_tether_bend;
    ladder->moving.d.bend_user = &ladder->tether;
    return FEMD_OK;
}

/* Steps must be short enough for the fastest vibrations of either side. */
static femd_status integrated_prepare(void *user, femd_native *native, const femd_sampled_words *words,
                                      femd_error *err) {
    femd_integrated *self = user;
    double *mass, top;
    if (native->path.held)
        return femd_json_fail(words->doc, words->at, err,
                              "atoms that are at no minimum of the energy have no harmonic crystal to begin from");
    FEMD_TRY(femd_formation_create(native, words->doc, &self->formation, err));
    if (self->formation.defect.kind == FEMD_DEFECT_INTERSTITIAL) self->common.reach *= NEARER;
    femd_native *defective = self->formation.defective;
    const int most = native->rve.n > defective->rve.n ? native->rve.n : defective->rve.n;
    if (most > FEMD_PHONON_ATOMS_MAX)
        return femd_json_fail(words->doc, words->at, err,
                              "the method \"integrated\" begins from the vibrations of all atoms: it is for RVEs of up "
                              "to %d, not %d",
                              FEMD_PHONON_ATOMS_MAX, most);
    FEMD_TRY(femd_native_masses(defective, words->doc, &mass, err));
    const femd_status rc =
        femd_dynamics_top_frequency(&defective->rve, mass, defective->rve.h0, defective->rve.X, &top, err);
    free(mass);
    self->common.top_frequency = fmax(self->common.top_frequency, top);
    return rc;
}

static femd_status integrated_open(void *user, femd_native *native, const femd_sampled_words *words, femd_error *err) {
    femd_integrated *self = user;
    FEMD_TRY(integrated_read_options(self, words, err));
    FEMD_TRY(femd_blocks_init(&self->spare, FEMD_RUNG_Z, FEMD_RUNG_Y, err));
    self->common.parts = 2;
    FEMD_TRY(integrated_open_ladder(self, &self->ladder[HOST], native, words, err));
    return integrated_open_ladder(self, &self->ladder[DEFECTIVE], self->formation.defective, words, err);
}

static void integrated_close(void *user) {
    femd_integrated *self = user;
    for (int k = 0; k < 2; k++) {
        for (int r = 0; r < FEMD_RUNGS_MAX; r++) femd_trajectory_clear(&self->ladder[k].rung[r].trajectory);
        femd_tether_clear(&self->ladder[k].tether);
        femd_side_close(&self->ladder[k].moving);
    }
    femd_blocks_clear(&self->spare);
    femd_formation_clear(&self->formation);
}

/* ---- trajectories ---- */

typedef struct integrated_run {
    femd_integrated *self;
    femd_ladder *ladder;
    int rung;
} integrated_run;

static femd_status integrated_step(void *user, double *z, femd_error *err) {
    femd_ladder *ladder = ((integrated_run *)user)->ladder;
    femd_dynamics *d = &ladder->moving.d;
    FEMD_TRY(femd_dynamics_langevin(d, 1, err));
    z[FEMD_RUNG_ENERGY] = d->W - ladder->tether.W;
    z[FEMD_RUNG_GAP] = ladder->tether.gap;
    z[FEMD_RUNG_VIRIAL] = (d->tau[0] + d->tau[1] + d->tau[2]) / 3;
    return FEMD_OK;
}

static void integrated_watch(void *user, const double *z, double figure[2]) {
    (void)user;
    figure[0] = z[FEMD_RUNG_ENERGY];
    figure[1] = z[FEMD_RUNG_GAP];
}

static femd_status integrated_look(void *user, double *y, femd_error *err) {
    const integrated_run *run = user;
    const femd_rung *rung = &run->ladder->rung[run->rung];
    const double kT = femd_kb * run->self->common.T, gap = run->ladder->tether.gap / (run->self->rungs - 1);
    (void)err;
    for (int c = 0; c < FEMD_RUNG_Y; c++) y[c] = 0;
    if (run->rung + 1 < run->self->rungs) femd_bennett_add(gap - rung->C, kT, 1, y + FEMD_RUNG_UP);
    if (run->rung > 0) femd_bennett_add(rung[-1].C - gap, kT, 1, y + FEMD_RUNG_DOWN);
    return FEMD_OK;
}

/* Every stretch that is done again has noise of its own. */
static integrated_run integrated_begin(femd_integrated *self, int k, int r) {
    femd_ladder *ladder = &self->ladder[k];
    femd_side_prepare(&ladder->moving, &self->common,
                      2 * FEMD_RUNGS_MAX * (uint64_t)ladder->rung[r].again + (uint64_t)(k * FEMD_RUNGS_MAX + r));
    ladder->tether.lambda = femd_integrated_lambda(self, r);
    return (integrated_run){.self = self, .ladder = ladder, .rung = r};
}

static femd_course integrated_course(integrated_run *run, const femd_progress *progress) {
    return (femd_course){.user = run,
                         .progress = progress,
                         .step = integrated_step,
                         .look = integrated_look,
                         .watch = integrated_watch,
                         .group = GROUP,
                         .late = SEGMENTS_LATE};
}

/* Whether all atoms are where they belong; if not, whether to try again. */
static femd_status integrated_stays(const integrated_run *run, int *stays, femd_error *err) {
    const femd_side *moving = &run->ladder->moving;
    femd_rung *rung = &run->ladder->rung[run->rung];
    femd_stray stray = {0};
    int missing;
    femd_stray_look(&stray, moving->rve.n, moving->site, moving->d.x, run->self->common.reach);
    *stays = stray.gone == 0;
    if (*stays) return FEMD_OK;
    run->self->common.stray.gone = 1;
    if (++rung->again <= (uint32_t)(AGAIN + femd_trajectory_blocks(&rung->trajectory, &missing) / AGAIN_OF))
        return FEMD_OK;
    return femd_fail(
        err, FEMD_UNSUPPORTED,
        "at %g K atoms leave their sites in more than one of %d stretches of %.3g ps (lambda %.3g, %s): it "
        "melts, or what is to be integrated about does not last",
        run->self->common.T, AGAIN_OF, moving->d.dt * run->self->options.block, run->ladder->tether.lambda,
        run->ladder == &run->self->ladder[HOST] ? "without the defect" : "with the defect");
}

/* To the steady state, and there one block that tells the mean of the gap. */
static femd_status integrated_settle(femd_integrated *self, int k, int r, const femd_progress *progress, double *gap,
                                     femd_error *err) {
    femd_rung *rung = &self->ladder[k].rung[r];
    int stays = 0;
    while (!stays) {
        integrated_run run = integrated_begin(self, k, r);
        femd_side *moving = &run.ladder->moving;
        const femd_course course = integrated_course(&run, progress);
        double z[FEMD_RUNG_Z];
        FEMD_TRY(femd_side_settle(moving, &course, self->options.equilibration, moving->site, &rung->trajectory, err));
        *gap = 0;
        for (int s = 0; s < self->options.block; s++) {
            FEMD_TRY(integrated_step(&run, z, err));
            *gap += z[FEMD_RUNG_GAP] / self->options.block;
        }
        FEMD_TRY(femd_progress_tell(progress, err));
        FEMD_TRY(integrated_stays(&run, &stays, err));
        femd_trajectory_keep(&rung->trajectory, &moving->d);
    }
    return FEMD_OK;
}

static femd_status integrated_block(femd_integrated *self, int k, int r, const femd_progress *progress,
                                    femd_error *err) {
    femd_trajectory *trajectory = &self->ladder[k].rung[r].trajectory;
    int stays = 0;
    femd_blocks_copy(&self->spare, &trajectory->sums);
    while (!stays) {
        integrated_run run = integrated_begin(self, k, r);
        femd_side *moving = &run.ladder->moving;
        const femd_course course = integrated_course(&run, progress);
        FEMD_TRY(femd_trajectory_resume(trajectory, moving->place.h, &moving->d, err));
        FEMD_TRY(femd_course_block(&course, self->options.block, 1, &trajectory->sums, err));
        FEMD_TRY(integrated_stays(&run, &stays, err));
        if (stays)
            femd_trajectory_keep(trajectory, &moving->d);
        else
            femd_blocks_copy(&trajectory->sums, &self->spare);
    }
    return FEMD_OK;
}

/* ---- one evaluation ---- */

/* Both sides at rest at the strain that is sampled, tied there. */
static femd_status integrated_stand(femd_integrated *self, femd_native *host, const femd_beat *beat, femd_error *err) {
    FEMD_TRY(femd_path_advance(&host->path, self->common.E0, beat, err));
    FEMD_TRY(femd_formation_stand(&self->formation, host, err));
    for (int k = 0; k < 2; k++) {
        femd_ladder *ladder = &self->ladder[k];
        femd_native *native = ladder->moving.native;
        if (k == DEFECTIVE) FEMD_TRY(femd_path_advance(&native->path, self->common.E0, beat, err));
        FEMD_TRY(femd_side_stand(&ladder->moving, self->common.E0, native->path.x, err));
        FEMD_TRY(femd_tether_stand(&ladder->tether, native, ladder->moving.site, self->common.T, err));
        ladder->W = ladder->tether.W;
        ladder->F = ladder->tether.F;
    }
    self->stands = 1;
    return FEMD_OK;
}

static void integrated_set_rungs(femd_integrated *self, int rungs) {
    self->rungs = rungs;
    self->common.most = femd_blocks_within(self->options.max_steps, 2 * rungs, self->options.block);
}

static femd_status integrated_choose_rungs(femd_integrated *self, femd_error *err) {
    double most = 0;
    for (int k = 0; k < 2 && self->options.rungs == 0; k++) {
        femd_ladder *ladder = &self->ladder[k];
        double spread;
        FEMD_TRY(femd_tether_spread(&ladder->tether, &ladder->moving.rve, &ladder->moving.place, &spread, err));
        most = fmax(most, spread);
    }
    const double wanted = RUNGS_LEAST + floor(most / (APART * femd_kb * self->common.T));
    integrated_set_rungs(self, self->options.rungs ? self->options.rungs : (int)fmin(wanted, FEMD_RUNGS_MAX));
    return FEMD_OK;
}

static femd_status integrated_settle_all(femd_integrated *self, const femd_progress *progress, femd_error *err) {
    for (int k = 0; k < 2; k++) {
        femd_rung *rung = self->ladder[k].rung;
        double before = 0, gap;
        for (int r = 0; r < self->rungs; r++, before = gap) {
            rung[r].again = 0;
            FEMD_TRY(integrated_settle(self, k, r, progress, &gap, err));
            rung[r].C = 0;
            if (r > 0) rung[r - 1].C = 0.5 * (before + gap) / (self->rungs - 1);
        }
    }
    return FEMD_OK;
}

static femd_status integrated_start(void *user, femd_native *host, const femd_progress *progress, femd_error *err) {
    femd_integrated *self = user;
    const femd_energetics *other = self->formation.defective->rve.en;
    const uint64_t before = femd_energetics_count(other);
    self->common.stray = (femd_stray){0};
    FEMD_TRY(integrated_stand(self, host, progress->beat, err));
    FEMD_TRY(integrated_choose_rungs(self, err));
    FEMD_TRY(integrated_settle_all(self, progress, err));
    femd_energetics_count_more(host->rve.en, femd_energetics_count(other) - before);
    return FEMD_OK;
}

static int integrated_have(const void *user, int *missing) {
    const femd_integrated *self = user;
    return femd_trajectory_blocks(&self->ladder[HOST].rung[0].trajectory, missing);
}

static femd_status integrated_extend(void *user, femd_native *host, int blocks, const femd_progress *progress,
                                     femd_error *err) {
    femd_integrated *self = user;
    const femd_energetics *other = self->formation.defective->rve.en;
    const uint64_t before = femd_energetics_count(other);
    const int each = 2 * self->rungs;
    femd_progress here = *progress;
    if (!self->stands) FEMD_TRY(integrated_stand(self, host, progress->beat, err));
    for (int i = 0; i < blocks * each; i++) {
        here.have = progress->have + (double)i / each;
        FEMD_TRY(integrated_block(self, i % 2, i % each / 2, &here, err));
    }
    femd_energetics_count_more(host->rve.en, femd_energetics_count(other) - before);
    return FEMD_OK;
}

static femd_status integrated_judge(void *user, femd_native *native, const femd_conditions *conditions, double *ratio,
                                    femd_error *err) {
    femd_integrated *self = user;
    (void)native;
    FEMD_TRY(femd_integrated_evaluate(self, err));
    *ratio = self->result.error / (femd_sampled_accuracy(self, conditions) * femd_kb * self->common.T);
    return FEMD_OK;
}

static femd_status integrated_respond(void *user, femd_native *native, const femd_conditions *conditions,
                                      femd_response *response, femd_error *err) {
    (void)conditions, (void)err;
    femd_integrated_tell(user, native, response);
    return FEMD_OK;
}

/* u32 rungs, then of each side f64 W, F, and of each of its rungs u32 stretches done again, f64 C, u64 step, atoms,
 * velocities and sums. */
static femd_status integrated_carry(void *user, femd_native *native, femd_carry *carry, femd_error *err) {
    femd_integrated *self = user;
    uint32_t rungs = (uint32_t)self->rungs;
    (void)native;
    FEMD_TRY(femd_carry_parts(carry, 2, err));
    FEMD_TRY(femd_carry_u32(carry, &rungs, err));
    if (rungs < RUNGS_LEAST || rungs > FEMD_RUNGS_MAX ||
        (self->options.rungs && rungs != (uint32_t)self->options.rungs))
        return femd_fail(err, FEMD_PROTOCOL, "%u rungs of a state are not those of the material", rungs);
    integrated_set_rungs(self, (int)rungs);
    int again = 0;
    for (int k = 0; k < 2; k++) {
        femd_ladder *ladder = &self->ladder[k];
        FEMD_TRY(femd_carry_doubles(carry, &ladder->W, 1, err));
        FEMD_TRY(femd_carry_doubles(carry, &ladder->F, 1, err));
        for (int r = 0; r < self->rungs; r++) {
            femd_rung *rung = &ladder->rung[r];
            femd_trajectory *one = &rung->trajectory;
            FEMD_TRY(femd_carry_u32(carry, &rung->again, err));
            FEMD_TRY(femd_carry_doubles(carry, &rung->C, 1, err));
            FEMD_TRY(femd_carry_u64(carry, &one->step, err));
            FEMD_TRY(femd_carry_doubles(carry, one->x, 6 * (size_t)one->atoms, err)); /* x, then v */
            FEMD_TRY(femd_carry_blocks(carry, &one->sums, err));
            again |= rung->again > 0;
        }
    }
    if (!femd_carry_reads(carry)) return FEMD_OK;
    self->common.stray = (femd_stray){.gone = again};
    self->stands = 0;
    return FEMD_OK;
}

static const femd_sampler integrated_sampler = {
    .method = &femd_method_integrated,
    .size = sizeof(femd_integrated),
    .version = 1,
    .during = "the integration of a free energy",
    .own_boxes = 1,
    .radians = STEP_DEFAULT,
    .friction = FRICTION_DEFAULT,
    .accuracy = 0.05,
    .prepare = integrated_prepare,
    .open = integrated_open,
    .close = integrated_close,
    .start = integrated_start,
    .have = integrated_have,
    .extend = integrated_extend,
    .judge = integrated_judge,
    .respond = integrated_respond,
    .carry = integrated_carry,
};

static femd_status integrated_create(femd_native *native, const femd_json *doc, void **self, femd_error *err) {
    return femd_sampled_create(&integrated_sampler, native, doc, self, err);
}

const femd_method femd_method_integrated = {
    .name = "integrated",
    .wants = FEMD_WANT_MU,
    .inputs = FEMD_SAMPLED_INPUTS,
    .create = integrated_create,
    .destroy = femd_sampled_destroy,
    .answer = femd_sampled_answer,
};
