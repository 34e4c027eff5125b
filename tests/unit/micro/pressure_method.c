/* The method `pressure` of the tests: what is summed, what the sums mean, how much error is allowed. Everything else is
 * sampled_method.h's. */
#include "pressure_method.h"

enum { KINETIC, VIRIAL, FIGURES };

static void pressure_look(void *self, double *z) {
    const femd_dynamics *d = &((femd_pressure *)self)->common.d;
    z[KINETIC] = femd_dynamics_kinetic(d, NULL);
    z[VIRIAL] = d->tau[0] + d->tau[1] + d->tau[2];
}

static void pressure_means(void *user, const femd_moments *moments, double *value) {
    const femd_sampled *common = user;
    const double atoms = femd_gauge_free_atoms(&common->rve.gauge), V = common->rve.V0 * common->place.J;
    value[0] = moments->mean[KINETIC] / (1.5 * atoms * femd_kb);
    value[1] = (atoms * femd_kb * common->T - moments->mean[VIRIAL] / 3) / V * FEMD_EV_PER_A3;
}

static femd_status pressure_judge(void *self, femd_native *native, const femd_conditions *conditions, double *ratio,
                                  femd_error *err) {
    femd_pressure *pressure = self;
    double value[2], error[2];
    (void)native, (void)err;
    pressure->blocks = femd_replicas_estimate(&pressure->common, pressure_means, self, 2, value, error, NULL);
    pressure->kinetic = value[0], pressure->kinetic_err = error[0];
    pressure->pressure = value[1], pressure->pressure_err = error[1];
    *ratio = error[1] / (femd_sampled_accuracy(self, conditions) * 1e8); /* of 0.1 GPa */
    return FEMD_OK;
}

static femd_status pressure_respond(void *self, femd_native *native, const femd_conditions *conditions,
                                    femd_response *response, femd_error *err) {
    const femd_pressure *pressure = self;
    (void)native, (void)conditions, (void)err;
    response->energy = pressure->pressure;
    response->energy_err = pressure->pressure_err;
    return FEMD_OK;
}

static const femd_sampler pressure_sampler = {
    .method = &femd_method_pressure,
    .size = sizeof(femd_pressure),
    .version = 1,
    .during = "the sampling of the pressure",
    .radians = 0.2,
    .friction = 0.3,
    .accuracy = 0.1,
    .looks = {.z = FIGURES, .look = pressure_look, .forgets = 30, .stride = 1, .replicas = 2, .max_steps = 400000},
    .judge = pressure_judge,
    .respond = pressure_respond,
};

static femd_status pressure_create(femd_native *native, const femd_json *doc, void **self, femd_error *err) {
    return femd_sampled_create(&pressure_sampler, native, doc, self, err);
}

const femd_method femd_method_pressure = {
    .name = "pressure",
    .wants = FEMD_WANT_ENERGY,
    .inputs = FEMD_SAMPLED_INPUTS,
    .create = pressure_create,
    .destroy = femd_sampled_destroy,
    .answer = femd_sampled_answer,
};
