/* What the sums of exchanging species mean; see semigrand.h.
 *
 * With N_s the numbers of atoms, d<N_2>/d mu_2 = var(N_2)/kT at constant temperature, strain and chemical potentials of
 * the others (Frenkel and Smit, Understanding Molecular Simulation, 2nd ed., chapter 5). */
#include <math.h>
#include <string.h>

#include "chemical/semigrand.h"

enum { FRACTIONS = FEMD_SEMIGRAND_SPECIES, AT_RESPONSE = FRACTIONS, ESTIMATES };

/* Standard deviations by which replicas may stand apart, as in md. */
static const double APART = 3.2;

static void semigrand_quantities(void *user, const femd_moments *m, double *q) {
    const femd_semigrand *self = user;
    q[0] = 1;
    for (int c = 1; c < FRACTIONS; c++) {
        q[c] = m->mean[FEMD_MD_Z + c - 1];
        q[0] -= q[c];
    }
    q[AT_RESPONSE] = self->md.common.rve.n * m->cov[FEMD_SEMIGRAND_Z * FEMD_MD_Z + FEMD_MD_Z] / self->exchange.kT;
}

/* The fraction that is seen by one atom in one block out of all: what no atom was ever seen of may have as much. */
static double semigrand_least(const femd_semigrand *self, int blocks) {
    return 1.0 / ((double)self->md.common.rve.n * blocks);
}

/* What the replicas alone say that started as one species. */
typedef struct start {
    double value[ESTIMATES], error[ESTIMATES], least;
} start;

/* 0 if they have too few blocks. */
static int semigrand_by_start(const femd_semigrand *self, int species, start *one) {
    const femd_blocks *set[FEMD_REPLICAS_MAX];
    const int count = femd_replicas_of_start(&self->md.common, species, self->exchange.count, set);
    const int blocks =
        femd_blocks_estimate(set, count, semigrand_quantities, (void *)self, ESTIMATES, one->value, one->error, NULL);
    if (blocks < 2) return 0;
    one->least = semigrand_least(self, blocks);
    return 1;
}

/* Are the fractions of two starts further apart than their errors allow? */
static int semigrand_differ(const start *a, const start *b) {
    for (int c = 0; c < FRACTIONS; c++) {
        const double own = fmax(a->error[c], a->least), other = fmax(b->error[c], b->least);
        if (fabs(a->value[c] - b->value[c]) > APART * sqrt(own * own + other * other)) return 1;
    }
    return 0;
}

/* Where replicas that started differently end differently, none of the ends is known to be the answer: errors reach as
 * far as all of them. */
static void semigrand_compare_starts(femd_semigrand *self) {
    femd_semigrand_result *result = &self->result;
    start one[FEMD_EXCHANGE_MAX];
    const int starts = self->exchange.count;
    for (int k = 0; k < starts; k++)
        if (!semigrand_by_start(self, k, &one[k])) return;
    for (int k = 0; k < starts; k++)
        for (int j = 0; j < k; j++) result->parted |= semigrand_differ(&one[k], &one[j]);
    for (int k = 0; k < starts && result->parted; k++) {
        for (int c = 0; c < FRACTIONS; c++)
            result->x_err[c] = fmax(result->x_err[c], fabs(one[k].value[c] - result->x[c]));
        result->response_err = fmax(result->response_err, fabs(one[k].value[AT_RESPONSE] - result->response));
    }
}

int femd_semigrand_evaluate(femd_semigrand *self) {
    femd_semigrand_result *result = &self->result;
    double value[ESTIMATES] = {0}, error[ESTIMATES] = {0}, apart[ESTIMATES] = {0};
    const int blocks =
        femd_replicas_estimate(&self->md.common, semigrand_quantities, self, ESTIMATES, value, error, apart);
    if (blocks < 2) return blocks;
    const double least = semigrand_least(self, blocks);
    *result = (femd_semigrand_result){.response = value[AT_RESPONSE],
                                      .response_err = fmax(error[AT_RESPONSE], least / self->exchange.kT)};
    for (int c = 0; c < FRACTIONS; c++) {
        const int exchanges = femd_exchange_find(&self->exchange, c) >= 0;
        result->x[c] = fmin(fmax(value[c], 0), 1);
        result->x_err[c] = exchanges ? fmax(error[c], least) : 0;
        result->apart = fmax(result->apart, apart[c]);
    }
    semigrand_compare_starts(self);
    return blocks;
}

double femd_semigrand_excess(const femd_semigrand *self, const femd_conditions *conditions) {
    const femd_semigrand_result *result = &self->result;
    const double accuracy = femd_sampled_accuracy(self, conditions), one = 1.0 / self->md.common.rve.n;
    double worst = 0;
    for (int c = 0; c < FRACTIONS; c++) {
        const double scale = sqrt(fmax(result->x[c] * (1 - result->x[c]), one));
        worst = fmax(worst, result->x_err[c] / (accuracy * scale));
    }
    return worst;
}

void femd_semigrand_tell(const femd_semigrand *self, femd_response *response) {
    const femd_semigrand_result *result = &self->result;
    response->x = result->x[0];
    response->x_err = result->x_err[0];
    response->x_2 = result->x[1];
    response->x_2_err = result->x_err[1];
    response->x_3 = result->x[2];
    response->x_3_err = result->x_err[2];
    response->x_4 = result->x[3];
    response->x_4_err = result->x_err[3];
    response->x_response = result->response / FEMD_ELEMENTARY_CHARGE;
    response->x_response_err = result->response_err / FEMD_ELEMENTARY_CHARGE;
    if (result->apart > APART) response->notes |= FEMD_NOTE_NOT_ERGODIC;
    if (result->parted) response->notes |= FEMD_NOTE_PHASES_APART;
}
