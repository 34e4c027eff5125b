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

/* Fractions by the replicas alone that started as the species number `start`. Returns how many blocks they have. */
static int semigrand_by_start(const femd_semigrand *self, int start, double value[ESTIMATES], double error[ESTIMATES]) {
    const femd_replicas *replicas = &self->md.common.replicas;
    const femd_blocks *set[FEMD_REPLICAS_MAX];
    int count = 0;
    for (int r = start; r < replicas->count; r += self->exchange.count) set[count++] = &replicas->one[r].sums;
    return femd_blocks_estimate(set, count, semigrand_quantities, (void *)self, ESTIMATES, value, error, NULL);
}

/* Where replicas that started differently end differently, neither end is known to be the answer: it lies as far from
 * the middle as they do. */
static void semigrand_compare_starts(femd_semigrand *self) {
    femd_semigrand_result *result = &self->result;
    double value[FEMD_EXCHANGE_MAX][ESTIMATES], error[FEMD_EXCHANGE_MAX][ESTIMATES], least[FEMD_EXCHANGE_MAX];
    for (int k = 0; k < self->exchange.count; k++) {
        const int blocks = semigrand_by_start(self, k, value[k], error[k]);
        if (blocks < 2) return;
        least[k] = semigrand_least(self, blocks);
    }
    for (int k = 0; k < self->exchange.count; k++)
        for (int j = 0; j < k; j++)
            for (int c = 0; c < FRACTIONS; c++) {
                const double away = fabs(value[k][c] - value[j][c]), own = fmax(error[k][c], least[k]),
                             other = fmax(error[j][c], least[j]), allowed = APART * sqrt(own * own + other * other);
                if (away <= allowed) continue;
                result->parted = 1;
                result->x_err[c] = fmax(result->x_err[c], 0.5 * away);
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
