/* Whether a response can be an answer to a request: controls one by one, and each way to miss them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "femd/evaluate.h"

static uint64_t dice = 3;
static double roll(double size) {
    dice = dice * 6364136223846793005u + 1442695040888963407u;
    return size * ((double)(dice >> 11) / 9007199254740992.0 - 0.5);
}

/* A request of these controls, and a response that answers it; modulus 1e11 Pa. */
static void sound(uint8_t control, uint8_t mask, femd_request *q, femd_response *r) {
    *q = (femd_request){.wants = FEMD_WANT_STRESS | FEMD_WANT_TANGENT, .control = control, .mask = mask};
    *r = (femd_response){.provided = q->wants | FEMD_WANT_ENERGY};
    for (int c = 0; c < 6; c++) {
        r->E[c] = roll(0.1);
        r->S[c] = roll(1e10);
        r->D[7 * c] = 1e11;
        q->value[c] = mask >> c & 1 ? r->S[c] + roll(50) : r->E[c];
    }
    if (control != FEMD_CONTROL_PRESSURE) return;
    double SC = 0, C[6];
    for (int c = 0; c < 6; c++) C[c] = c < 3 ? 1 + 2 * r->E[c] : r->E[c];
    for (int c = 0; c < 6; c++) SC += (c < 3 ? 1 : 2) * r->S[c] * C[c];
    const double det =
        C[0] * (C[1] * C[2] - C[3] * C[3]) - C[5] * (C[5] * C[2] - C[3] * C[4]) + C[4] * (C[5] * C[3] - C[1] * C[4]);
    q->pressure = -SC / (3 * sqrt(det)) + roll(50);
    const double scale = 0.5 + fabs(roll(2)); /* the request's C need not be isochoric */
    for (int c = 0; c < 6; c++) q->value[c] = c < 3 ? 0.5 * (scale * C[c] - 1) : scale * C[c];
}

static int fits(const femd_request *q, const femd_response *r) {
    femd_error err = FEMD_ERROR_INIT;
    const femd_status rc = femd_response_check_asked(q, r, &err);
    assert_true(rc == FEMD_OK || (rc == FEMD_PROTOCOL && *err.text));
    assert_int_equal(femd_response_check_asked(q, r, NULL), rc);
    return rc == FEMD_OK;
}

static void components_are_what_was_asked(void **state) {
    (void)state;
    femd_request q;
    femd_response r;
    for (int mask = 0; mask < 64; mask++) {
        sound(FEMD_CONTROL_COMPONENTS, (uint8_t)mask, &q, &r);
        assert_true(fits(&q, &r));
        for (int c = 0; c < 6; c++) {
            femd_response bad = r;
            if (mask >> c & 1)
                bad.S[c] += copysign(1000, bad.S[c] - q.value[c]);
            else
                bad.E[c] = nextafter(bad.E[c], 1); /* to the bit */
            assert_false(fits(&q, &bad));
            bad = r; /* what was not prescribed is free */
            if (mask >> c & 1)
                bad.E[c] += 0.01;
            else
                bad.S[c] += 1e9;
            assert_true(fits(&q, &bad));
        }
    }
    sound(FEMD_CONTROL_COMPONENTS, 0, &q, &r);
    q.value[2] = -0.0;
    r.E[2] = 0.0; /* one key */
    assert_true(fits(&q, &r));
}

static void pressure_and_shape_are_what_was_asked(void **state) {
    (void)state;
    femd_request q;
    femd_response r;
    for (int i = 0; i < 200; i++) {
        sound(FEMD_CONTROL_PRESSURE, 0, &q, &r);
        assert_true(fits(&q, &r));
        femd_response bad = r;
        bad.E[i % 6] += 1e-7;
        assert_false(fits(&q, &bad));
        bad = r;
        for (int c = 0; c < 3; c++) bad.S[c] += 1e4; /* another pressure */
        assert_false(fits(&q, &bad));
        bad = r;
        bad.E[0] = -2;
        assert_false(fits(&q, &bad));
    }
}

static void what_was_wanted_is_there(void **state) {
    (void)state;
    femd_request q;
    femd_response r;
    sound(FEMD_CONTROL_COMPONENTS, 0, &q, &r);
    for (uint32_t bit = 1; bit <= FEMD_WANT_TANGENT; bit <<= 1) {
        femd_response bad = r;
        bad.provided &= ~bit;
        assert_int_equal(fits(&q, &bad), !(q.wants & bit));
    }
    femd_response failed = {.status = FEMD_INSTABILITY};
    assert_true(fits(&q, &failed));
    failed.provided = FEMD_WANT_STRESS;
    assert_false(fits(&q, &failed));
    failed.provided = 0;
    failed.state_out.b[5] = 1;
    assert_false(fits(&q, &failed));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(components_are_what_was_asked),
        cmocka_unit_test(pressure_and_shape_are_what_was_asked),
        cmocka_unit_test(what_was_wanted_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
