/* What an error of the stress leaves of the strain that control finds: against the strain found by a law whose stress
 * is off by so much. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rve/native_control.h"

#define GPA 1e9

/* S = S0 + D E (1 + 2 tr E), D anisotropic: in GPa. */
typedef struct law {
    double offset[6];
} law;

static const double stiff[36] = {90, 40, 35, 2,  -3, 4,  40, 80, 30, -4, 1,  2, 35, 30, 100, 3,  2, -5,
                                 2,  -4, 3,  30, 1,  -2, -3, 1,  2,  1,  25, 3, 4,  2,  -5,  -2, 3, 35};

static femd_status answer(void *user, const double E[6], double S[6], double D[36], femd_error *err) {
    const law *l = user;
    const double trace = E[0] + E[1] + E[2];
    (void)err;
    for (int r = 0; r < 6; r++) {
        double linear = 0;
        for (int c = 0; c < 6; c++) linear += stiff[6 * r + c] * GPA * E[c];
        S[r] = (r < 3 ? 0.4 : 0.1) * GPA + l->offset[r] + linear * (1 + 2 * trace);
        for (int c = 0; D && c < 6; c++)
            D[6 * r + c] = stiff[6 * r + c] * GPA * (1 + 2 * trace) + (c < 3 ? 2 * linear : 0);
    }
    return FEMD_OK;
}

static femd_response solve(const femd_request *q, const double offset[6]) {
    const double start[6] = {0};
    law l;
    femd_response r = {0};
    femd_error err = FEMD_ERROR_INIT;
    memcpy(l.offset, offset, sizeof l.offset);
    if (femd_control_solve(q, start, answer, &l, &r, &err) != FEMD_OK) fail_msg("%s", err.text);
    return r;
}

static const double none[6] = {0};

/* Each stress off by its error alone; what the single ones do adds up. */
static void errors_add_up(const femd_request *q, double thermal) {
    const double error[6] = {3e5, 1e5, 2e5, 2e5, 4e5, 1e5};
    femd_response r = solve(q, none);
    double E[6] = {0}, J = 0, D[36];
    for (int c = 0; c < 6; c++) {
        double offset[6] = {0};
        offset[c] = error[c];
        const femd_response off = solve(q, offset);
        for (int k = 0; k < 6; k++) E[k] += fabs(off.E[k] - r.E[k]);
        J += fabs(off.J - r.J);
    }
    memcpy(r.S_err, error, sizeof error);
    for (int c = 0; c < 6; c++) r.dSdT[c] = thermal;
    r.energy_err = 3;
    r.helmholtz_err = 4;
    memcpy(D, r.D, sizeof D);
    femd_control_errors(q, D, &r);
    assert_true(J > 0 && fabs(r.J_err - J) < 1e-3 * J + 1e-9);
    double energy = 0, helmholtz = 0;
    for (int c = 0; c < 6; c++) {
        assert_true(fabs(r.E_err[c] - E[c]) <= 1e-3 * E[c] + (E[c] > 0 ? 1e-9 : 0));
        energy += fabs(r.S[c] - q->temperature * thermal) * E[c];
        helmholtz += fabs(r.S[c]) * E[c];
    }
    assert_true(fabs(r.energy_err / hypot(3, energy) - 1) < 1e-3);
    assert_true(fabs(r.helmholtz_err / hypot(4, helmholtz) - 1) < 1e-3);
}

static void the_volume_under_pressure_has_an_error(void **state) {
    (void)state;
    femd_request q = {.control = FEMD_CONTROL_PRESSURE,
                      .pressure = 0.3 * GPA,
                      .value = {0.01, -0.004, 0.002, 0.03, -0.02, 0.01},
                      .temperature = 100,
                      .wants = FEMD_WANT_ENERGY | FEMD_WANT_HELMHOLTZ};
    errors_add_up(&q, 2e5);
}

static void strains_under_stress_have_errors(void **state) {
    (void)state;
    for (uint8_t mask = 1; mask < 64; mask++) {
        femd_request q = {.mask = mask,
                          .value = {0.001, 0.002, -0.001, 0.002, 0.003, -0.002},
                          .temperature = 50,
                          .wants = FEMD_WANT_ENERGY | FEMD_WANT_HELMHOLTZ};
        for (int c = 0; c < 6; c++)
            if (mask >> c & 1) q.value[c] = 0.05 * GPA;
        errors_add_up(&q, -1e5);
    }
}

static void prescribed_strains_have_none(void **state) {
    (void)state;
    const femd_request q = {.value = {0.01}, .wants = FEMD_WANT_ENERGY};
    femd_response r = solve(&q, none);
    for (int c = 0; c < 6; c++) r.S_err[c] = 1e6;
    r.energy_err = 2;
    femd_control_errors(&q, r.D, &r);
    assert_true(r.J_err == 0 && r.energy_err == 2);
    for (int c = 0; c < 6; c++) assert_true(r.E_err[c] == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_volume_under_pressure_has_an_error),
        cmocka_unit_test(strains_under_stress_have_errors),
        cmocka_unit_test(prescribed_strains_have_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
