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

/* How much of its way the jumper has gone at the saddle, seen from the mean of all atoms. */
static double hop_part(const hop *h) {
    const int n = h->n->rve.n, at = 3 * h->vacancy.hop[h->index].jumper;
    double mean[2][3] = {{0}}, way[3], gone[3];
    for (int i = 0; i < 3 * n; i++) {
        mean[0][i % 3] += (h->saddle.x[i] - h->minimum.x[i]) / n;
        mean[1][i % 3] += (h->other[i] - h->minimum.x[i]) / n;
    }
    for (int c = 0; c < 3; c++) {
        gone[c] = h->saddle.x[at + c] - h->minimum.x[at + c] - mean[0][c];
        way[c] = h->other[at + c] - h->minimum.x[at + c] - mean[1][c];
    }
    return femd_dot3(gone, way) / femd_dot3(way, way);
}

/* The middle of the way is a minimum; the higher of the two humps beside it is the saddle. */
static void in_iron_the_middle_is_a_minimum(void **state) {
    (void)state;
    hop h;
    hop_open(&h, IRON_OF("[4,4,4]"), DIAGONAL);
    assert_int_equal(h.vacancy.count, 8);
    hop_find(&h, AT_REST);
    const double barrier = h.saddle.W - h.minimum.W, gone = hop_part(&h), part = fmin(gone, 1 - gone);
    print_message("barrier %.6f eV, %d humps at %.4f of the way, middle %d, roughness %.2g\n", barrier, h.way.humps,
                  part, h.way.midpoint, hop_roughness(&h));
    assert_int_equal(h.way.midpoint, 0);
    assert_int_equal(h.way.humps, 2);
    assert_int_equal(h.saddle.negative, 1);
    assert_true(fabs(barrier - 0.6355) < 1e-3);
    assert_true(fabs(part - 0.341) < 5e-3); /* the table is rough: the other hump is at 0.3395 of the way back */
    hop_close(&h);
}

/* In an alloy on rough tables Newton's whole steps go to and fro over a jump of the second derivative; shortened where
 * forces are least, they end at the saddle, and no band is needed. */
static void steps_over_a_jump_are_shortened(void **state) {
    (void)state;
    static const int seeds[] = {43, 50, 74}, most = 16;
    for (size_t k = 0; k < sizeof seeds / sizeof *seeds; k++) {
        char json[700];
        hop h;
        snprintf(
            json, sizeof json,
            "{\"engine\":\"native\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"3.57 angstrom\",\"species\":[\"Cu\"],"
            "\"repeat\":[2,2,2],\"vacancies\":{\"positions\":[[0,0,0]]},\"substitution\":[{\"for\":\"Cu\",\"species\":"
            "\"Ni\",\"fraction\":0.5,\"seed\":%d}]},\"reference\":\"as-given\",\"potential\":{\"style\":"
            "\"eam/alloy\",\"file\":\"CuNi.eam.alloy\"}}",
            seeds[k]);
        hop_open(&h, json, ALONG);
        hop_find(&h, AT_REST);
        print_message("barrier %.6f eV, %d Hessians, forces of %.1e eV/angstrom\n", h.saddle.W - h.minimum.W,
                      h.saddle.hessians, h.saddle.fmax);
        assert_true(h.saddle.negative == 1 && h.saddle.fmax < 1e-9 && !h.saddle.loose);
        assert_true(h.way.humps == 1 && h.way.midpoint == 1 && h.way.calls == 0);
        assert_true(h.saddle.hessians > 9 && h.saddle.hessians <= most);
        hop_close(&h);
    }
}

/* The vacancy goes where the atom was. */
static void the_neighbour_in_the_named_direction_jumps(void **state) {
    (void)state;
    hop h;
    const double skew[3] = {-0.9, 0.1, 1.1}; /* 10 degrees off (-1, 0, 1) */
    hop_open(&h, COPPER_OF("[2,2,2]"), skew);
    const double way[3] = {0.25, 0, -0.25}, *found = h.vacancy.hop[h.index].way;
    for (int c = 0; c < 3; c++) assert_true(fabs(found[c] - way[c]) < 1e-12);
    const int opposite = femd_hop_opposite(&h.vacancy, h.index);
    assert_true(opposite >= 0 && opposite != h.index);
    for (int c = 0; c < 3; c++) assert_true(fabs(h.vacancy.hop[opposite].way[c] + way[c]) < 1e-12);
    hop_close(&h);
}

static void a_lone_vacancy_is_a_centre_and_one_of_two_is_none(void **state) {
    (void)state;
    hop h;
    hop_open(&h, COPPER_OF("[3,3,3]"), ALONG);
    const femd_rve *rve = &h.n->rve;
    assert_int_equal(femd_vacancy_is_centre(&h.vacancy, &h.n->structure, rve->h0, rve->X), 1);
    rve->X[3 * 40] += 1e-3;
    assert_int_equal(femd_vacancy_is_centre(&h.vacancy, &h.n->structure, rve->h0, rve->X), 0);
    rve->X[3 * 40] -= 1e-3;
    h.n->structure.species[40] = 1; /* as if it were another element */
    assert_int_equal(femd_vacancy_is_centre(&h.vacancy, &h.n->structure, rve->h0, rve->X), 0);
    hop_close(&h);
}

/* All masses four times as large: half the frequency. The jumper's alone: the unstable mode is mostly its own, and no
 * other mode counts. */
static void frequencies_go_with_the_unstable_modes_mass(void **state) {
    (void)state;
    hop h;
    femd_error err = FEMD_ERROR_INIT;
    hop_open(&h, COPPER_OF("[2,2,2]"), ALONG);
    hop_find(&h, AT_REST);
    double mass[31], nu[3];
    const int jumper = h.vacancy.hop[h.index].jumper;
    assert_int_equal(h.n->rve.n, 31);
    for (int k = 0; k < 3; k++) {
        for (int i = 0; i < 31; i++) mass[i] = k == 1 || (k == 2 && i == jumper) ? 254.184 : 63.546;
        assert_int_equal(
            femd_vineyard_frequency(&h.minimum, &h.saddle, mass, &h.n->rve, &h.n->path.place, &nu[k], &err), FEMD_OK);
    }
    print_message("nu* %.4g, all heavy %.4g, the jumper heavy %.4g\n", nu[0], nu[1], nu[2]);
    assert_true(fabs(nu[1] / nu[0] - 0.5) < 1e-12);
    assert_true(nu[2] < 0.75 * nu[0] && nu[2] > 0.5 * nu[0]);
    assert_int_equal(femd_vineyard_frequency(&h.saddle, &h.saddle, mass, &h.n->rve, &h.n->path.place, nu, &err),
                     FEMD_INSTABILITY);
    assert_int_equal(femd_vineyard_frequency(&h.minimum, &h.minimum, mass, &h.n->rve, &h.n->path.place, nu, &err),
                     FEMD_INSTABILITY);
    hop_close(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_vacancy_in_copper_hops_over_one_saddle),
        cmocka_unit_test(in_iron_the_middle_is_a_minimum),
        cmocka_unit_test(steps_over_a_jump_are_shortened),
        cmocka_unit_test(the_neighbour_in_the_named_direction_jumps),
        cmocka_unit_test(a_lone_vacancy_is_a_centre_and_one_of_two_is_none),
        cmocka_unit_test(frequencies_go_with_the_unstable_modes_mass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
