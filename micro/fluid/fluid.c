/* The method `fluid`: what a material says about it, how long a segment is, what is carried and answered. Owns the
 * options and the length of a segment; the trajectory is fluid_run.c's, estimates are viscosity.c's. */
#include "fluid/fluid.h"

#include <math.h>
#include <stdlib.h>

#include "femd/tensor3.h"
#include "numerics/portable.h"

#define STEP_DEFAULT     0.1         /* radians of the fastest vibration */
#define FRICTION_DEFAULT 0.1         /* of the highest frequency, as in the method md */
static const double TIME_SHARE = 24; /* a segment must last this many correlation times */
static const femd_sampled_segments_defaults fluid_defaults = {
    .of = "stress", .forgets = 20, .equilibration_decades = 8, .periods = 480, .band = 1, .stride = 4, .doublings = 4};

static const double TWO_PI = 6.28318530717958647693;
static const double WARMER = 4; /* k: by which mu rises with temperature in dense simple fluids at constant volume */
enum { INSERTIONS = 4, INSERT_EVERY = 16 }; /* particles put in at a look, over the atoms; samples between looks */

/* angstrom^2/ps in m^2/s */
static const double DIFFUSIVITY = 1e-8;
static const uint32_t fluid_want[FEMD_DIFFUSION_SPECIES] = {FEMD_WANT_DIFFUSIVITY, FEMD_WANT_DIFFUSIVITY_2,
                                                            FEMD_WANT_DIFFUSIVITY_3, FEMD_WANT_DIFFUSIVITY_4};

/* ---- options and room ---- */

static femd_status fluid_read_options(femd_fluid *fluid, const femd_sampled_words *words, femd_error *err) {
    FEMD_TRY(femd_sampled_segments_read(&fluid->common, words, &fluid_defaults, &fluid->options.segments, err));
    return femd_json_quantity(words->doc, words->node, "melt", FEMD_DIM_TEMPERATURE, 0, &fluid->options.melt, err);
}

/* What is put in, if the material has its chemical potential from here. */
static femd_status fluid_open_widom(femd_fluid *fluid, const femd_native *native, const femd_sampled_words *words,
                                    femd_error *err) {
    const femd_structure *atoms = &native->structure;
    const char *method = femd_json_string(femd_json_get(words->doc->root, "method"), "chemical-potential", "");
    const char *name = femd_json_string(words->node, "insert", atoms->name[atoms->species[0]]);
    femd_widom *widom = &fluid->widom;
    int there = 0;
    if (strcmp(method, femd_method_fluid.name) != 0) return FEMD_OK;
    FEMD_TRY(femd_widom_init(widom, native->potential, native->rve.n, atoms->species, err));
    for (int i = 0; i < atoms->natoms; i++)
        if (strcmp(atoms->name[atoms->species[i]], name) == 0) widom->species = atoms->species[i], there = 1;
    if (!there)
        return femd_json_fail(words->doc, femd_json_get(words->node, "insert"), err,
                              "the structure has no atom of \"%s\"", name);
    widom->most = (int)femd_json_number(words->node, "insertions", INSERTIONS * (double)native->rve.n);
    widom->every = INSERT_EVERY;
    return FEMD_OK;
}

/* Empty sums for segments of the first length doubled so many times. */
static femd_status fluid_set_length(femd_fluid *fluid, int doublings, femd_error *err) {
    const int samples = fluid->options.segments.samples << doublings, bins = fluid->options.segments.bins << doublings;
    fluid->kinetic = 0;
    femd_widom_empty(&fluid->widom);
    const double interval = fluid->options.segments.stride * fluid->common.options.time_step;
    if (fluid->sums.shear && fluid->doublings == doublings) {
        femd_stress_spectrum_empty(&fluid->sums);
        femd_diffusion_empty(&fluid->wander);
        return FEMD_OK;
    }
    femd_stress_spectrum_clear(&fluid->sums);
    femd_diffusion_clear(&fluid->wander);
    free(fluid->flux);
    fluid->flux = malloc(FEMD_STRESS_FLUXES * (size_t)samples * sizeof *fluid->flux);
    fluid->doublings = doublings;
    if (!fluid->flux) return femd_fail(err, FEMD_NO_MEMORY, "%d samples of the stress: out of memory", samples);
    FEMD_TRY(femd_diffusion_init(&fluid->wander, fluid->common.rve.n, fluid->species, samples, interval, err));
    return femd_stress_spectrum_init(&fluid->sums, samples, bins, interval, err);
}

static femd_status fluid_open(void *self, femd_native *native, const femd_sampled_words *words, femd_error *err) {
    femd_fluid *fluid = self;
    const size_t n3 = 3 * (size_t)native->rve.n;
    FEMD_TRY(fluid_read_options(fluid, words, err));
    fluid->x = malloc(2 * n3 * sizeof *fluid->x);
    if (!fluid->x) return femd_fail(err, FEMD_NO_MEMORY, "a fluid of %d atoms: out of memory", native->rve.n);
    fluid->v = fluid->x + n3;
    fluid->species = native->structure.species;
    FEMD_TRY(fluid_open_widom(fluid, native, words, err));
    return fluid_set_length(fluid, 0, err);
}

static void fluid_close(void *self) {
    femd_fluid *fluid = self;
    femd_stress_spectrum_clear(&fluid->sums);
    femd_diffusion_clear(&fluid->wander);
    femd_widom_clear(&fluid->widom);
    free(fluid->flux);
    free(fluid->x);
}

/* ---- segments ---- */

static femd_status fluid_start(void *self, femd_native *native, const femd_progress *progress, femd_error *err) {
    FEMD_TRY(fluid_set_length(self, 0, err));
    return femd_fluid_start(self, native->path.place.h, native->path.x, progress, err);
}

static int fluid_have(const void *self, int *missing) {
    const femd_fluid *fluid = self;
    *missing = 0;
    return fluid->sums.segments;
}

static femd_status fluid_extend(void *self, femd_native *native, int segments, const femd_progress *progress,
                                femd_error *err) {
    femd_progress here = *progress;
    for (int i = 0; i < segments; i++, here.have++)
        FEMD_TRY(femd_fluid_segment(self, native->path.place.h, &here, err));
    return FEMD_OK;
}

static double fluid_memory(const femd_fluid *fluid) {
    return fmax(fluid->result.shear.time, fluid->result.bulk.time);
}

static int fluid_too_short(const femd_fluid *fluid) {
    return !(TIME_SHARE * fluid_memory(fluid) <= fluid->sums.samples * fluid->sums.dt);
}

/* Segments that the stress outlasts are given up for longer ones, where the material leaves their length open. */
static femd_status fluid_outgrown(void *self, int *anew, femd_error *err) {
    femd_fluid *fluid = self;
    *anew = 0;
    if (fluid->wanted == FEMD_WANT_MU) return FEMD_OK; /* for which no stress must be forgotten */
    *anew = fluid_too_short(fluid) &&
            femd_sampled_segments_may_double(&fluid->options.segments, &fluid_defaults, fluid->doublings);
    return *anew ? fluid_set_length(fluid, fluid->doublings + 1, err) : FEMD_OK;
}

static double fluid_both(double a, double b) {
    return sqrt(a * a + b * b);
}

/* Its error has that of the temperature of the segments on top. */
static femd_status fluid_evaluate_widom(femd_fluid *fluid, femd_error *err) {
    FEMD_TRY(femd_widom_evaluate(&fluid->widom, &fluid->inserted, err));
    const double off = WARMER * femd_kb * (femd_fluid_temperature(fluid) - fluid->common.T);
    fluid->inserted.error = fluid_both(fluid->inserted.error, off);
    return FEMD_OK;
}

/* Of the viscosity shear decides: one flux tells of the bulk viscosity where five tell of it. */
static femd_status fluid_judge(void *self, femd_native *native, const femd_conditions *conditions, double *ratio,
                               femd_error *err) {
    femd_fluid *fluid = self;
    const double accuracy = femd_sampled_accuracy(fluid, conditions);
    fluid->wanted = conditions->wants;
    *ratio = 0;
    if (conditions->wants & FEMD_WANT_MU) {
        FEMD_TRY(fluid_evaluate_widom(fluid, err));
        *ratio = fluid->inserted.error / (accuracy * femd_kb * fluid->common.T);
    }
    if (!(conditions->wants & ~(uint32_t)FEMD_WANT_MU)) return FEMD_OK;
    FEMD_TRY(femd_fluid_evaluate(fluid, native->path.place.h, err));
    if (conditions->wants & FEMD_WANT_VISCOSITY)
        *ratio = fmax(*ratio, fluid->result.shear.error / (accuracy * fluid->result.shear.value));
    for (int k = 0; k < FEMD_DIFFUSION_SPECIES; k++)
        if (conditions->wants & fluid_want[k])
            *ratio = fmax(*ratio,
                          fluid_both(fluid->diffusion[k].mean_err / fluid->diffusion[k].mean, fluid->off) / accuracy);
    return FEMD_OK;
}

/* u32 samples of a segment, which say how often it was doubled, u64 step, f64 energy, f64 kinetic energies, atoms and
 * velocities, then the sums, those of particles put in last. */
static femd_status fluid_carry(void *self, femd_native *native, femd_carry *carry, femd_error *err) {
    femd_fluid *fluid = self;
    uint32_t samples = (uint32_t)fluid->sums.samples;
    FEMD_TRY(femd_carry_u32(carry, &samples, err));
    if (femd_carry_reads(carry)) {
        const int doublings = femd_sampled_segments_doublings(&fluid->options.segments, &fluid_defaults, samples);
        FEMD_TRY(fluid_set_length(fluid, doublings, err));
        if (samples != (uint32_t)fluid->sums.samples)
            return femd_fail(err, FEMD_PROTOCOL, "segments of %u samples are not of this material", samples);
        fluid->common.stray = (femd_stray){0};
    }
    FEMD_TRY(femd_carry_u64(carry, &fluid->step, err));
    FEMD_TRY(femd_carry_doubles(carry, &fluid->energy, 1, err));
    FEMD_TRY(femd_carry_doubles(carry, &fluid->kinetic, 1, err));
    FEMD_TRY(femd_carry_doubles(carry, fluid->x, 6 * (size_t)native->rve.n, err));
    FEMD_TRY(femd_stress_spectrum_carry(&fluid->sums, carry, err));
    fluid->wander.segments = fluid->sums.segments;
    FEMD_TRY(femd_diffusion_carry(&fluid->wander, carry, err));
    if (!fluid->widom.trial) return FEMD_OK;
    fluid->widom.T0 = fluid->common.T;
    return femd_widom_carry(&fluid->widom, fluid->sums.segments, carry, err);
}

/* ---- the answer ---- */

/* Segments too short for the stress to forget give a viscosity that is too low without a sign of it. */
static femd_status fluid_check_length(const femd_fluid *fluid, femd_error *err) {
    const double time = fluid_memory(fluid);
    if (!fluid_too_short(fluid)) return FEMD_OK;
    return femd_fail(err, FEMD_NOT_CONVERGED,
                     "the stress forgets within %.3g ps: segments of %.3g ps are too short, set fluid.segment to %.0f "
                     "ps or more",
                     time, fluid->sums.samples * fluid->sums.dt, ceil(2 * TIME_SHARE * time));
}

static void fluid_put(const femd_viscosity_number *number, double *value, double *error, double *check,
                      double *check_error) {
    *value = number->value;
    *error = number->error;
    *check = number->check;
    *check_error = number->check_error;
}

static void fluid_respond_viscosity(const femd_fluid *fluid, femd_response *response) {
    const femd_viscosity_result *a = &fluid->result;
    memcpy(response->viscosity, a->tensor, sizeof response->viscosity);
    memcpy(response->viscosity_err, a->tensor_err, sizeof response->viscosity_err);
    fluid_put(&a->shear, &response->eta, &response->eta_err, &response->eta_check, &response->eta_check_err);
    fluid_put(&a->bulk, &response->eta_bulk, &response->eta_bulk_err, &response->eta_bulk_check,
              &response->eta_bulk_check_err);
    response->viscosity_far = a->anisotropy;
    response->viscosity_far_err = a->chance;
    if (a->shear.disagree || a->bulk.disagree) response->notes |= FEMD_NOTE_ESTIMATORS_DISAGREE;
    if (!a->shear.plateau || !a->bulk.plateau) response->notes |= FEMD_NOTE_NO_PLATEAU;
    if (a->anisotropy > 1.5 * a->chance) response->notes |= FEMD_NOTE_ANISOTROPIC;
}

/* In a cube one number, as of an isotropic fluid, corrected for the box; else the tensor as the box has it, and a note.
 * Where displacements and velocities differ by more than two standard deviations the error is half of that or more. */
static void fluid_respond_diffusion(const femd_fluid *fluid, int k, double D[6], double D_err[6], double check[6],
                                    double check_err[6], uint32_t *notes) {
    const femd_diffusion_result *a = &fluid->diffusion[k];
    const double more = fluid->correction, more_err = fluid->correction_err;
    for (int c = 0; c < 6; c++) {
        const int diagonal = c < 3;
        double value = a->D[c], error = a->D_err[c], other = a->check[c], other_err = a->check_err[c];
        if (fluid->cubic) {
            value = diagonal ? a->mean : 0;
            error = diagonal ? a->mean_err : 0;
            other = diagonal ? a->mean_check : 0;
            other_err = diagonal ? a->mean_check_err : 0;
        }
        const double apart = fabs(value - other);
        if (apart > 2 * fmax(error, other_err)) {
            error = fmax(error, 0.5 * apart);
            *notes |= FEMD_NOTE_ESTIMATORS_DISAGREE;
        }
        D[c] = DIFFUSIVITY * (value + (diagonal ? more : 0));
        error = sqrt(error * error + fluid->off * fluid->off * value * value);
        other_err = sqrt(other_err * other_err + fluid->off * fluid->off * other * other);
        D_err[c] = DIFFUSIVITY * sqrt(error * error + (diagonal ? more_err * more_err : 0));
        check[c] = DIFFUSIVITY * (other + (diagonal ? more : 0));
        check_err[c] = DIFFUSIVITY * sqrt(other_err * other_err + (diagonal ? more_err * more_err : 0));
    }
    if (!fluid->cubic) *notes |= FEMD_NOTE_OF_THE_BOX;
    if (!a->late) *notes |= FEMD_NOTE_NO_PLATEAU;
}

/* kT ln(rho L^3), L the thermal wavelength h/sqrt(2 pi m kT): of an ideal gas of that density. J */
static double fluid_ideal(const femd_fluid *fluid, const double h[9]) {
    const double kT = FEMD_BOLTZMANN * fluid->common.T;
    double mass = 0, count = 0;
    for (int i = 0; i < fluid->common.rve.n; i++)
        if (fluid->species[i] == fluid->widom.species) mass = fluid->common.mass[i] * FEMD_ATOMIC_MASS, count++;
    const double wave = FEMD_PLANCK_REDUCED * sqrt(TWO_PI / (mass * kT)), volume = femd_det3(h) * 1e-30;
    return kT * femd_portable_log(count * wave * wave * wave / volume);
}

static void fluid_respond_chemical(const femd_fluid *fluid, const double h[9], femd_response *response) {
    response->mu_excess = FEMD_ELEMENTARY_CHARGE * fluid->inserted.value;
    response->mu_excess_err = response->mu_err = FEMD_ELEMENTARY_CHARGE * fluid->inserted.error;
    response->mu_ideal = fluid_ideal(fluid, h);
    response->mu = response->mu_excess + response->mu_ideal;
    if (fluid->inserted.few) response->notes |= FEMD_NOTE_FEW_INSERTIONS;
}

static femd_status fluid_respond(void *self, femd_native *native, const femd_conditions *conditions,
                                 femd_response *response, femd_error *err) {
    const femd_fluid *fluid = self;
    double *const place[FEMD_DIFFUSION_SPECIES][4] = {
#define FLUID_PLACE(name) {response->name, response->name##_err, response->name##_check, response->name##_check_err}
        FLUID_PLACE(diffusivity), FLUID_PLACE(diffusivity_2), FLUID_PLACE(diffusivity_3), FLUID_PLACE(diffusivity_4)};
#undef FLUID_PLACE
    if (conditions->wants & FEMD_WANT_MU) fluid_respond_chemical(fluid, native->path.place.h, response);
    if (!(conditions->wants & ~(uint32_t)FEMD_WANT_MU)) return FEMD_OK;
    FEMD_TRY(fluid_check_length(fluid, err));
    if (conditions->wants & FEMD_WANT_VISCOSITY) fluid_respond_viscosity(fluid, response);
    for (int k = 0; k < FEMD_DIFFUSION_SPECIES; k++) {
        if (!(conditions->wants & fluid_want[k])) continue;
        fluid_respond_diffusion(fluid, k, place[k][0], place[k][1], place[k][2], place[k][3], &response->notes);
        response->diffusivity_box = DIFFUSIVITY * fluid->correction;
        response->diffusivity_box_err = DIFFUSIVITY * fluid->correction_err;
    }
    return FEMD_OK;
}

static const femd_sampler fluid_sampler = {
    .method = &femd_method_fluid,
    .size = sizeof(femd_fluid),
    .version = 1,
    .during = "the sampling of the fluid",
    .roams = 1,
    .radians = STEP_DEFAULT,
    .friction = FRICTION_DEFAULT,
    .accuracy = 0.05,
    .unseeded = 1,
    .open = fluid_open,
    .close = fluid_close,
    .start = fluid_start,
    .have = fluid_have,
    .extend = fluid_extend,
    .judge = fluid_judge,
    .outgrown = fluid_outgrown,
    .respond = fluid_respond,
    .carry = fluid_carry,
};

static femd_status fluid_create(femd_native *native, const femd_json *doc, void **self, femd_error *err) {
    return femd_sampled_create(&fluid_sampler, native, doc, self, err);
}

/* A species that the structure has not cannot wander. */
static femd_status fluid_answer(void *self, femd_native *native, const femd_conditions *conditions,
                                const femd_bytes *carried, femd_response *response, femd_buffer *carry,
                                femd_error *err) {
    const femd_fluid *fluid = self;
    for (int k = 0; k < FEMD_DIFFUSION_SPECIES; k++)
        if ((conditions->wants & fluid_want[k]) && fluid->wander.first[k] == fluid->wander.first[k + 1])
            return femd_fail(err, FEMD_BAD_INPUT,
                             "a diffusivity of species %d: the structure has %d species with atoms, in the order in "
                             "which it names them",
                             k + 1, fluid->wander.species);
    return femd_sampled_answer(self, native, conditions, carried, response, carry, err);
}

const femd_method femd_method_fluid = {
    .name = "fluid",
    .wants = FEMD_WANT_VISCOSITY | FEMD_WANT_DIFFUSIVITY | FEMD_WANT_DIFFUSIVITY_2 | FEMD_WANT_DIFFUSIVITY_3 |
             FEMD_WANT_DIFFUSIVITY_4 | FEMD_WANT_MU,
    .inputs = FEMD_SAMPLED_INPUTS,
    .create = fluid_create,
    .destroy = femd_sampled_destroy,
    .answer = fluid_answer,
};
