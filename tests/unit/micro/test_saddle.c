/* Saddles of a vacancy's hop, attempt frequencies, and where they are refused. */
#include "rates_fixture.h"

static const double AT_REST[6] = {0}, ALONG[3] = {1, 1, 0}, DIAGONAL[3] = {1, 1, 1};

/* Figures: an independent program's, see docs/verification.md. */
static void a_vacancy_in_copper_hops_over_one_saddle(void **state) {
    (void)state;
    hop h;
    hop_open(&h, COPPER_OF("[3,3,3]"), ALONG);
    assert_int_equal(h.vacancy.count, 12);
    hop_find(&h, AT_REST);
    const double barrier = h.saddle.W - h.minimum.W, nu = hop_frequency(&h);
    print_message("barrier %.6f eV, nu* %.4f THz, D_zz %.4f eV, %d Hessians, roughness %.2g\n", barrier, nu / 1e12,
                  h.saddle.tau[2] - h.minimum.tau[2], h.saddle.hessians, hop_roughness(&h));
    assert_int_equal(h.saddle.negative, 1);
    assert_int_equal(h.minimum.negative, 0);
    assert_int_equal(h.way.humps, 1);
    assert_true(h.saddle.hessians <= 8 && h.saddle.fmax < 1e-9);
    assert_true(fabs(h.W_other - h.minimum.W) < 1e-9);
    assert_true(fabs(barrier - 0.68903) < 5e-4 && fabs(nu / 4.408e12 - 1) < 0.01);
    assert_true(fabs(h.saddle.tau[2] - h.minimum.tau[2] + 4.491) < 5e-3);
    hop_close(&h);
}

/* The middle of the way is a minimum; the higher of the two humps beside it is the saddle. */
static void in_iron_the_middle_is_a_minimum(void **state) {
    (void)state;
    hop h;
    hop_open(&h, IRON_OF("[4,4,4]"), DIAGONAL);
    assert_int_equal(h.vacancy.count, 8);
    hop_find(&h, AT_REST);
    const double barrier = h.saddle.W - h.minimum.W;
    print_message("barrier %.6f eV, %d humps, middle %d, roughness %.2g\n", barrier, h.way.humps, h.way.midpoint,
                  hop_roughness(&h));
    assert_int_equal(h.way.midpoint, 0);
    assert_int_equal(h.way.humps, 2);
    assert_int_equal(h.saddle.negative, 1);
    assert_true(fabs(barrier - 0.6355) < 1e-3);
    hop_close(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_vacancy_in_copper_hops_over_one_saddle),
        cmocka_unit_test(in_iron_the_middle_is_a_minimum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
