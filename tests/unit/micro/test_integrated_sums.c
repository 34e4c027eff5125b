/* What the sums of the method `integrated` mean, of made-up samples: each way from rung to rung, the weight of either
 * side in value and error, and what is told where both ways disagree. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chemical/integrated.h"
#include "femd/units.h"

enum { BLOCKS = 8, ATOMS = 2 };
static const double T = 300, C[2] = {0.02, -0.01}; /* K; eV, of host and defective side */

/* Gaps less C of a rung, eV: two in each block, about a middle that wanders by `swing`. */
typedef struct gaps {
    double middle, half, swing;
} gaps;

static double gap_of(const gaps *g, int block, int sample) {
    return g->middle + (sample ? g->half : -g->half) + (block % 2 ? g->swing : -g->swing);
}

static double kT(void) {
    return femd_kb * T;
}

/* side 0, then 1; rung 0 looks up, rung 1 down. */
static femd_integrated *made_up(const gaps of[2][2], double modes) {
    femd_integrated *self = calloc(1, sizeof *self);
    femd_error err = FEMD_ERROR_INIT;
    assert_non_null(self);
    self->common.T = T;
    self->rungs = 2;
    self->formation.modes = modes;
    self->formation.defect.odds = 1;
    self->ladder[0].moving.rve.V0 = 1;
    for (int k = 0; k < 2; k++)
        for (int r = 0; r < 2; r++) {
            femd_trajectory *one = &self->ladder[k].rung[r].trajectory;
            self->ladder[k].rung[r].C = r == 0 ? C[k] : 0;
            assert_int_equal(femd_trajectory_init(one, ATOMS, FEMD_RUNG_Z, FEMD_RUNG_Y, &err), FEMD_OK);
            for (int b = 0; b < BLOCKS; b++) {
                for (int i = 0; i < 2; i++) {
                    const double z[FEMD_RUNG_Z] = {0}, away = gap_of(&of[k][r], b, i);
                    double y[FEMD_RUNG_Y] = {0};
                    femd_bennett_add(r == 0 ? away : -away, kT(), 1, y + (r == 0 ? FEMD_RUNG_UP : FEMD_RUNG_DOWN));
                    femd_blocks_add(&one->sums, z);
                    femd_blocks_add_occasional(&one->sums, y);
                }
                femd_blocks_close(&one->sums);
            }
        }
    return self;
}

static void throw_away(femd_integrated *self) {
    for (int k = 0; k < 2; k++)
        for (int r = 0; r < FEMD_RUNGS_MAX; r++) femd_trajectory_clear(&self->ladder[k].rung[r].trajectory);
    free(self);
}

static void evaluate(femd_integrated *self) {
    femd_error err = FEMD_ERROR_INIT;
    if (femd_integrated_evaluate(self, &err) != FEMD_OK) fail_msg("%s", err.text);
}

/* -kT ln <exp(-x/kT)> of the samples up, kT ln <exp(x/kT)> of those down. */
static double one_way(const gaps *g, int down) {
    double sum = 0;
    for (int b = 0; b < BLOCKS; b++)
        for (int i = 0; i < 2; i++) sum += exp((down ? 1 : -1) * gap_of(g, b, i) / kT()) / (2 * BLOCKS);
    return (down ? 1 : -1) * kT() * log(sum);
}

/* Bennett's, at this C, in one step. */
static double both_ways(const gaps of[2]) {
    double up = 0, down = 0;
    for (int b = 0; b < BLOCKS; b++)
        for (int i = 0; i < 2; i++) {
            up += 1 / (1 + exp(gap_of(&of[0], b, i) / kT()));
            down += 1 / (1 + exp(-gap_of(&of[1], b, i) / kT()));
        }
    return kT() * log(down / up);
}

static const gaps APART_BY_LITTLE[2][2] = {{{0.004, 0.010, 0.001}, {-0.006, 0.012, 0.002}},
                                           {{-0.003, 0.008, 0.002}, {-0.009, 0.011, 0.001}}};

static void each_way_has_its_free_energy(void **state) {
    (void)state;
    const double modes = 0.75;
    femd_integrated *self = made_up(APART_BY_LITTLE, modes);
    double both[2], back[2], forth[2];
    evaluate(self);
    for (int k = 0; k < 2; k++) {
        both[k] = C[k] + both_ways(APART_BY_LITTLE[k]);
        forth[k] = C[k] + one_way(&APART_BY_LITTLE[k][0], 0);
        back[k] = C[k] + one_way(&APART_BY_LITTLE[k][1], 1);
        assert_true(fabs(self->result.beyond[k] - both[k]) < 1e-12);
    }
    assert_true(fabs(self->result.back - (back[1] - both[1] - modes * (back[0] - both[0]))) < 1e-12);
    assert_true(fabs(self->result.apart - (forth[1] - back[1] - modes * (forth[0] - back[0]))) < 1e-12);
    assert_true(fabs(self->result.back) > 1e-4 && fabs(self->result.apart) > 1e-4);
    throw_away(self);
}

/* Squares of independent errors add, of the host's with the square of its weight. */
static void the_host_has_its_weight_in_the_errors(void **state) {
    (void)state;
    double square[3][3];
    for (int modes = 0; modes < 3; modes++) {
        femd_integrated *self = made_up(APART_BY_LITTLE, modes);
        evaluate(self);
        const double error[3] = {self->result.error, self->result.back_error, self->result.apart_error};
        for (int e = 0; e < 3; e++) square[modes][e] = error[e] * error[e];
        throw_away(self);
    }
    for (int e = 0; e < 3; e++) {
        const double host = square[1][e] - square[0][e];
        assert_true(square[0][e] > 0 && host > 0.1 * square[0][e]);
        assert_true(fabs(square[2][e] - square[0][e] - 4 * host) < 1e-9 * square[2][e]);
    }
}

/* Samples of a rung between two others look both ways, alike here: what such a rung adds to the free energy by the one
 * look it takes back by the other, and to the difference of both ways it adds twice. */
static void looks_of_one_rung_are_not_independent(void **state) {
    (void)state;
    static const gaps flat = {0.003, 0.010, 0}, wanders = {0.003, 0.010, 0.004};
    const gaps of[2][2] = {{flat, flat}, {flat, flat}};
    femd_integrated *self = made_up(of, 1);
    femd_error err = FEMD_ERROR_INIT;
    self->rungs = 3;
    for (int k = 0; k < 2; k++)
        for (int r = 1; r < 3; r++) {
            femd_trajectory *one = &self->ladder[k].rung[r].trajectory;
            if (r == 1) femd_trajectory_clear(one);
            assert_int_equal(femd_trajectory_init(one, ATOMS, FEMD_RUNG_Z, FEMD_RUNG_Y, &err), FEMD_OK);
            for (int b = 0; b < BLOCKS; b++) {
                for (int i = 0; i < 2; i++) {
                    const double z[FEMD_RUNG_Z] = {0}, away = gap_of(r == 1 ? &wanders : &flat, b, i);
                    double y[FEMD_RUNG_Y] = {0};
                    if (r == 1) femd_bennett_add(away, kT(), 1, y + FEMD_RUNG_UP);
                    femd_bennett_add(away, kT(), 1, y + FEMD_RUNG_DOWN);
                    femd_blocks_add(&one->sums, z);
                    femd_blocks_add_occasional(&one->sums, y);
                }
                femd_blocks_close(&one->sums);
            }
        }
    evaluate(self);
    assert_true(self->result.back_error > 1e-4 && self->result.error < 1e-9);
    assert_true(fabs(self->result.apart_error - 2 * self->result.back_error) < 1e-9);
    throw_away(self);
}

static femd_response told(const gaps of[2][2], double *error, double *apart) {
    femd_integrated *self = made_up(of, 1);
    femd_native *host = calloc(1, sizeof *host);
    femd_response r = {.notes = 0};
    assert_non_null(host);
    host->path.place.J = 1;
    evaluate(self);
    femd_integrated_tell(self, host, &r);
    *error = FEMD_ELEMENTARY_CHARGE * self->result.error;
    *apart = FEMD_ELEMENTARY_CHARGE * fabs(self->result.apart);
    const double excess = self->result.beyond[1] - self->result.beyond[0];
    assert_true(fabs(r.mu_excess / FEMD_ELEMENTARY_CHARGE - excess) < 1e-12);
    assert_true(fabs(r.mu_check / FEMD_ELEMENTARY_CHARGE - excess - self->result.back) < 1e-12);
    assert_true(r.mu_check_err == FEMD_ELEMENTARY_CHARGE * self->result.back_error);
    free(host);
    throw_away(self);
    return r;
}

static void ways_that_disagree_are_told(void **state) {
    (void)state;
    static const gaps far[2][2] = {{{0.004, 0.010, 0.0001}, {-0.006, 0.012, 0.0001}},
                                   {{0.030, 0.008, 0.0001}, {-0.030, 0.011, 0.0001}}},
                      noisy[2][2] = {{{0.004, 0.010, 0.02}, {-0.006, 0.012, 0.02}},
                                     {{-0.003, 0.008, 0.02}, {-0.009, 0.011, 0.02}}};
    double error, apart;
    femd_response r = told(far, &error, &apart);
    assert_true(apart > 4 * error && r.mu_excess_err == 0.5 * apart);
    assert_true(r.notes & FEMD_NOTE_ESTIMATORS_DISAGREE);
    r = told(noisy, &error, &apart);
    assert_true(r.mu_excess_err == error && !(r.notes & FEMD_NOTE_ESTIMATORS_DISAGREE));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_way_has_its_free_energy), cmocka_unit_test(the_host_has_its_weight_in_the_errors),
        cmocka_unit_test(looks_of_one_rung_are_not_independent), cmocka_unit_test(ways_that_disagree_are_told)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
