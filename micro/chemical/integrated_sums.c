/* What the sums of the method `integrated` mean: the two free energies beyond the harmonic ones, their difference and
 * its error. Owns the sums' meaning; samples nothing. See integrated.h. */
#include <math.h>

#include "chemical/integrated.h"

enum { UP = FEMD_RUNG_UP, DOWN = FEMD_RUNG_DOWN };
/* Of the excess: from both looks, from those down alone, from those up less from those down. */
enum { BOTH, BACK, APART, ESTIMATES };

static void sums_means(void *user, const femd_moments *of, double *q) {
    (void)user;
    for (int c = 0; c < FEMD_RUNG_Y; c++) q[c] = of->y[c];
    q[FEMD_RUNG_Y] = of->mean[FEMD_RUNG_VIRIAL];
}

/* To first order, what the moments of one rung add to each estimate: factors of both looks, and of the virial. */
typedef struct sums_share {
    double up[2], down[2], virial; /* of the Fermi function, of the exponential */
} sums_share;

static void sums_shares(void *user, const femd_moments *of, double *q) {
    const sums_share *share = user;
    const double *up = of->y + UP, *down = of->y + DOWN, pressure = share->virial * of->mean[FEMD_RUNG_VIRIAL],
                 forth = share->up[1] * up[FEMD_BENNETT_WHOLE], back = share->down[1] * down[FEMD_BENNETT_WHOLE];
    q[BOTH] = share->up[0] * up[FEMD_BENNETT_FERMI] + share->down[0] * down[FEMD_BENNETT_FERMI] + pressure;
    q[BACK] = back + pressure;
    q[APART] = forth - back;
}

/* How much of this side's free energy is in the excess. */
static double sums_weight(const femd_integrated *self, int k) {
    return k == 0 ? -self->formation.modes : 1;
}

static femd_status sums_take_means(const femd_integrated *self, int k, double mean[][FEMD_RUNG_Y + 1],
                                   femd_error *err) {
    for (int r = 0; r < self->rungs; r++) {
        const femd_blocks *sums = &self->ladder[k].rung[r].trajectory.sums;
        double error[FEMD_RUNG_Y + 1];
        if (femd_blocks_estimate(&sums, 1, sums_means, NULL, FEMD_RUNG_Y + 1, mean[r], error, NULL) < 2)
            return femd_fail(err, FEMD_PROTOCOL, "too few blocks of lambda = %.3g", femd_integrated_lambda(self, r));
        const int up = r + 1 < self->rungs, down = r > 0;
        if ((!up || femd_bennett_meets(mean[r] + UP)) && (!down || femd_bennett_meets(mean[r] + DOWN))) continue;
        return femd_fail(err, FEMD_NOT_CONVERGED, "lambda = %.3g did not meet its neighbours",
                         femd_integrated_lambda(self, r));
    }
    return FEMD_OK;
}

/* The step from rung r to the next one. */
static void sums_add_step(femd_integrated *self, int k, int r, double kT, const double *here, const double *there) {
    femd_integrated_result *a = &self->result;
    const double C = self->ladder[k].rung[r].C, weight = sums_weight(self, k),
                 both = femd_bennett_between(C, kT, here + UP, there + DOWN),
                 forth = femd_bennett_alone(C, kT, 0, here + UP), back = femd_bennett_alone(C, kT, 1, there + DOWN);
    a->beyond[k] += both;
    a->back += weight * (back - both);
    a->apart += weight * (forth - back);
    a->scatter = fmax(a->scatter, fmax(femd_bennett_scatter(here + UP), femd_bennett_scatter(there + DOWN)));
}

static sums_share sums_share_of(const femd_integrated *self, int k, int r, double kT, const double *mean) {
    const double weight = sums_weight(self, k) * kT;
    sums_share share = {.virial = 0};
    if (r + 1 < self->rungs) {
        share.up[0] = -weight / mean[UP + FEMD_BENNETT_FERMI];
        share.up[1] = -weight / mean[UP + FEMD_BENNETT_WHOLE];
    }
    if (r > 0) {
        share.down[0] = weight / mean[DOWN + FEMD_BENNETT_FERMI];
        share.down[1] = weight / mean[DOWN + FEMD_BENNETT_WHOLE];
    }
    if (k == 0 && r == self->rungs - 1) share.virial = -self->formation.work / self->ladder[0].moving.rve.V0;
    return share;
}

static double sums_hypot(double a, double b) {
    return sqrt(a * a + b * b);
}

static void sums_add_error(femd_integrated *self, int k, int r, double kT, const double *mean) {
    const femd_blocks *sums = &self->ladder[k].rung[r].trajectory.sums;
    femd_integrated_result *a = &self->result;
    sums_share share = sums_share_of(self, k, r, kT, mean);
    double value[ESTIMATES], error[ESTIMATES];
    (void)femd_blocks_estimate(&sums, 1, sums_shares, &share, ESTIMATES, value, error, NULL);
    a->error = sums_hypot(a->error, error[BOTH]);
    a->back_error = sums_hypot(a->back_error, error[BACK]);
    a->apart_error = sums_hypot(a->apart_error, error[APART]);
}

femd_status femd_integrated_evaluate(femd_integrated *self, femd_error *err) {
    const double kT = femd_kb * self->common.T;
    double mean[FEMD_RUNGS_MAX][FEMD_RUNG_Y + 1];
    self->result = (femd_integrated_result){.error = 0};
    for (int k = 1; k >= 0; k--) { /* the host last: its last rung tells the pressure */
        FEMD_TRY(sums_take_means(self, k, mean, err));
        for (int r = 0; r + 1 < self->rungs; r++) sums_add_step(self, k, r, kT, mean[r], mean[r + 1]);
        for (int r = 0; r < self->rungs; r++) sums_add_error(self, k, r, kT, mean[r]);
        self->result.virial = mean[self->rungs - 1][FEMD_RUNG_Y];
    }
    return FEMD_OK;
}

/* Where both ways differ by more than two standard deviations the error is half of that or more. */
void femd_integrated_tell(const femd_integrated *self, const femd_native *host, femd_response *response) {
    const femd_integrated_result *a = &self->result;
    const femd_rve *rve = &self->ladder[0].moving.rve;
    const double kT = femd_kb * self->common.T, apart = fabs(a->apart),
                 pressure = (femd_gauge_free_atoms(&rve->gauge) * kT - a->virial) / (rve->V0 * host->path.place.J);
    const int differ = apart > 2 * a->apart_error;
    const femd_formation_sides sides = {.W = {self->ladder[0].W, self->ladder[1].W},
                                        .F = {self->ladder[0].F + a->beyond[0], self->ladder[1].F + a->beyond[1]},
                                        .pressure = FEMD_EV_PER_A3 * pressure,
                                        .classical = 1};
    femd_formation_tell(&self->formation, host, &sides, self->common.T, differ ? fmax(a->error, 0.5 * apart) : a->error,
                        response);
    response->mu_check = response->mu_excess + FEMD_ELEMENTARY_CHARGE * a->back;
    response->mu_check_err = FEMD_ELEMENTARY_CHARGE * a->back_error;
    if (differ) response->notes |= FEMD_NOTE_ESTIMATORS_DISAGREE;
    if (a->scatter > kT) response->notes |= FEMD_NOTE_FAR_SWAP;
}
