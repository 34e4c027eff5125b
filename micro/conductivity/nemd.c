/* The method `nemd`: how all trajectories go on together, what is carried and answered. Owns the decisions;
 * trajectories are nemd_run.c's, estimates nemd_fit.c's. */
#include "conductivity/nemd.h"

#include <math.h>
#include <stdlib.h>

#include "crystal/structure.h"

#define STEP_DEFAULT     0.15      /* radians of the fastest vibration */
#define FRICTION_DEFAULT 0.1       /* of the highest frequency, as in the other methods */
enum { BLOCKS_FIRST = 16 };        /* of each trajectory before errors are believed */
static const double SQUARE = 1e-6; /* cosine of the angle between lattice vectors that still counts as a right angle */

static femd_status nemd_open(void *self, femd_native *native, const femd_sampled_words *words, femd_error *err) {
    femd_nemd *nemd = self;
    const double cutoff = femd_potential_cutoff(native->potential);
    FEMD_TRY(femd_nemd_options_read(words, &nemd->common.options, cutoff, &nemd->options, err));
    nemd->common.first = BLOCKS_FIRST;
    return femd_nemd_plan(nemd, native->rve.h0, native->rve.n, err);
}

static void nemd_close(void *self) {
    femd_nemd_unplan(self);
}

/* ---- trajectories, all alike ---- */

static femd_status nemd_start(void *self, femd_native *native, const femd_progress *progress, femd_error *err) {
    femd_nemd *nemd = self;
    const femd_path *path = &native->path;
    FEMD_TRY(femd_nemd_plan(nemd, path->place.h, native->rve.n, err));
    nemd->common.stray = (femd_stray){0};
    for (int s = 0; s < nemd->count; s++)
        FEMD_TRY(femd_nemd_start(nemd, native, path->place.h, path->x, s, progress, err));
    return FEMD_OK;
}

static int nemd_have(const void *self, int *missing) {
    const femd_nemd *nemd = self;
    return femd_trajectory_blocks(&nemd->series[0].trajectory, missing);
}

static femd_status nemd_extend(void *self, femd_native *native, int blocks, const femd_progress *progress,
                               femd_error *err) {
    femd_nemd *nemd = self;
    const femd_path *path = &native->path;
    femd_progress here = *progress;
    for (int s = 0; s < nemd->count; s++) {
        here.have = progress->have + blocks * (double)s / nemd->count;
        FEMD_TRY(femd_nemd_extend(nemd, native, path->place.h, path->x, s, blocks, &here, err));
    }
    return FEMD_OK;
}

/* Where the lengths tell nothing yet there is no error to go by, and the number of blocks doubles. */
static femd_status nemd_judge(void *self, femd_native *native, const femd_conditions *conditions, double *ratio,
                              femd_error *err) {
    femd_nemd *nemd = self;
    femd_error trial = FEMD_ERROR_INIT;
    const femd_status rc = femd_nemd_evaluate(nemd, native->path.place.h, &trial);
    nemd->unclear = rc == FEMD_NOT_CONVERGED;
    if (rc != FEMD_OK && !nemd->unclear) return femd_fail(err, rc, "%s", trial.text);
    *ratio = nemd->unclear ? 2 : nemd->result.worst / femd_sampled_accuracy(nemd, conditions);
    return FEMD_OK;
}

/* u32 atoms that left their sites; of each series u32 repeats, u32 atoms, u64 step, u64 profiles, f64 x[3n], v[3n],
 * profile[repeats] and its sums. The series that they are read into depend on the cell. */
static femd_status nemd_carry(void *self, femd_native *native, femd_carry *carry, femd_error *err) {
    femd_nemd *nemd = self;
    if (femd_carry_reads(carry)) FEMD_TRY(femd_nemd_plan(nemd, native->path.place.h, native->rve.n, err));
    uint32_t gone = (uint32_t)nemd->common.stray.gone;
    FEMD_TRY(femd_carry_parts(carry, nemd->count, err));
    FEMD_TRY(femd_carry_u32(carry, &gone, err));
    if (gone > FEMD_ATOMS_MAX) return femd_fail(err, FEMD_PROTOCOL, "%u atoms that left their sites", gone);
    nemd->common.stray.gone = (int)gone;
    for (int s = 0; s < nemd->count; s++) {
        femd_nemd_series *one = &nemd->series[s];
        femd_trajectory *trajectory = &one->trajectory;
        FEMD_TRY(femd_carry_expect(carry, (uint32_t)one->repeats, err));
        FEMD_TRY(femd_carry_expect(carry, (uint32_t)trajectory->atoms, err));
        FEMD_TRY(femd_carry_u64(carry, &trajectory->step, err));
        FEMD_TRY(femd_carry_u64(carry, &one->profiles, err));
        FEMD_TRY(femd_carry_doubles(carry, trajectory->x, 6 * (size_t)trajectory->atoms, err)); /* x, then v */
        FEMD_TRY(femd_carry_doubles(carry, one->profile, (size_t)one->repeats, err));
        FEMD_TRY(femd_carry_blocks(carry, &trajectory->sums, err));
    }
    return FEMD_OK;
}

/* ---- the answer ---- */

/* What the tensor is put together from must be its axes: lattice vectors at right angles. */
static femd_status nemd_check_cell(const femd_nemd *nemd, const double h[9], femd_error *err) {
    if (nemd->options.isotropic) return FEMD_OK;
    for (int a = 0; a < 3; a++) {
        double normal[3], along = 0, length = 0;
        const double height = femd_nemd_height(h, a, normal);
        for (int c = 0; c < 3; c++) {
            along += normal[c] * h[3 * a + c];
            length += h[3 * a + c] * h[3 * a + c];
        }
        if (length - height * height > SQUARE * SQUARE * length)
            return femd_fail(err, FEMD_UNSUPPORTED,
                             "the method nemd measures n k n along the normals of the cell's faces, which is the whole "
                             "tensor only where the lattice "
                             "vectors are at right angles; lattice vector %d of this cell is not (sheared?). Name "
                             "\"green-kubo\" for the conductivity, "
                             "or declare nemd.symmetry \"isotropic\"",
                             a + 1);
    }
    return FEMD_OK;
}

/* Sampled to the end without learning anything: the words say of what. */
static femd_status nemd_respond(void *self, femd_native *native, const femd_conditions *conditions,
                                femd_response *response, femd_error *err) {
    femd_nemd *nemd = self;
    (void)conditions;
    if (nemd->unclear) return femd_nemd_evaluate(nemd, native->path.place.h, err);
    femd_energetics_count_more(native->rve.en, nemd->sweeps);
    memcpy(response->k, nemd->result.k, sizeof response->k);
    memcpy(response->k_err, nemd->result.k_err, sizeof response->k_err);
    memcpy(response->k_check, nemd->result.k_check, sizeof response->k_check);
    memcpy(response->k_check_err, nemd->result.k_check_err, sizeof response->k_check_err);
    response->checked = 1;
    response->notes |= nemd->result.notes;
    return FEMD_OK;
}

static femd_status nemd_answer(void *self, femd_native *native, const femd_conditions *conditions,
                               const femd_bytes *carried, femd_response *response, femd_buffer *carry,
                               femd_error *err) {
    femd_nemd *nemd = self;
    FEMD_TRY(nemd_check_cell(nemd, native->path.place.h, err));
    nemd->sweeps = 0;
    return femd_sampled_answer(nemd, native, conditions, carried, response, carry, err);
}

static const femd_sampler nemd_sampler = {
    .method = &femd_method_nemd,
    .size = sizeof(femd_nemd),
    .version = 2,
    .during = "the flow of heat",
    .radians = STEP_DEFAULT,
    .friction = FRICTION_DEFAULT,
    .accuracy = 0.1,
    .needs = FEMD_GIVES_FLUX,
    .own_boxes = 1,
    .open = nemd_open,
    .close = nemd_close,
    .start = nemd_start,
    .have = nemd_have,
    .extend = nemd_extend,
    .judge = nemd_judge,
    .respond = nemd_respond,
    .carry = nemd_carry,
};

static femd_status nemd_create(femd_native *native, const femd_json *doc, void **self, femd_error *err) {
    return femd_sampled_create(&nemd_sampler, native, doc, self, err);
}

const femd_method femd_method_nemd = {
    .name = "nemd",
    .wants = FEMD_WANT_CONDUCTIVITY,
    .inputs = FEMD_SAMPLED_INPUTS,
    .create = nemd_create,
    .destroy = femd_sampled_destroy,
    .answer = nemd_answer,
};
