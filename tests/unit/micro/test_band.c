/* The elastic band: a vacancy's hop in copper and in iron, its geometry, and what it refuses. */
#include "atoms_fixture.h"

#include <math.h>

#include "numerics/dense.h"
#include "rates/band.h"
#include "rates/band_path.h"

typedef struct crystal {
    const char *lattice;
    double a; /* angstrom */
    const char *species, *style, *file;
} crystal;
static const crystal COPPER = {"fcc", 3.614925, "Cu", "eam/alloy", "Cu_mishin1.eam.alloy"};
static const crystal IRON = {"bcc", 2.855312, "Fe", "eam/fs", "Fe_mm.eam.fs"};

/* A vacancy at the first site, and the state after atom `jumper` (its neighbour) has gone there. */
typedef struct hop {
    atoms a;
    int n; /* atoms left */
    int jumper;
    double *first, *second;
    femd_band_atoms of;
} hop;

static void hop_open(hop *h, const crystal *of, int repeat) {
    char json[512];
    snprintf(json, sizeof json,
             "{\"structure\":{\"lattice\":\"%s\",\"a\":\"%.7g angstrom\",\"species\":[\"%s\"],\"repeat\":[%d,%d,%d]},"
             "\"potential\":{\"style\":\"%s\",\"file\":\"%s\"}}",
             of->lattice, of->a, of->species, repeat, repeat, repeat, of->style, of->file);
    atoms_open(&h->a, json, 0.5);
    const femd_structure *s = &h->a.s;
    h->n = s->natoms - 1;
    h->first = malloc(3 * (size_t)h->n * sizeof(double));
    h->second = malloc(3 * (size_t)h->n * sizeof(double));
    memcpy(h->first, s->x + 3, 3 * (size_t)h->n * sizeof(double));
    memcpy(h->second, h->first, 3 * (size_t)h->n * sizeof(double));
    double nearest = HUGE_VAL;
    for (int i = 0; i < h->n; i++) {
        double square = 0;
        for (int c = 0; c < 3; c++) square += pow(h->first[3 * i + c] - s->x[c], 2);
        if (square >= nearest - 1e-6) continue;
        nearest = square;
        h->jumper = i;
    }
    memcpy(h->second + 3 * h->jumper, s->x, 3 * sizeof(double));
    h->of = (femd_band_atoms){.potential = h->a.p, .n = h->n, .species = s->species, .skin = 0.5};
    memcpy(h->of.cell, s->cell, sizeof h->of.cell);
}

static void hop_close(hop *h) {
    free(h->first);
    free(h->second);
    atoms_close(&h->a);
}

static femd_band *hop_band(hop *h, const femd_band_settings *set) {
    femd_error err = FEMD_ERROR_INIT;
    femd_band *band = NULL;
    if (femd_band_create(&h->of, set, &band, &err) != FEMD_OK) fail_msg("%s", err.text);
    return band;
}

static void hop_settle(hop *h, femd_band *band) {
    femd_error err = FEMD_ERROR_INIT;
    if (femd_band_settle(band, h->first, NULL, NULL, &err) != FEMD_OK) fail_msg("%s", err.text);
    if (femd_band_settle(band, h->second, NULL, NULL, &err) != FEMD_OK) fail_msg("%s", err.text);
}

static femd_status hop_try(hop *h, const femd_band_settings *set, femd_band_result *r, femd_error *err) {
    femd_band *band = hop_band(h, set);
    const femd_status rc = femd_band_run(band, h->first, h->second, NULL, r, err);
    femd_band_destroy(&band);
    return rc;
}

static void hop_run(hop *h, const femd_band_settings *set, femd_band_result *r) {
    femd_error err = FEMD_ERROR_INIT;
    if (hop_try(h, set, r, &err) != FEMD_OK) fail_msg("%s", err.text);
}

/* A relaxed hop in a cell of repeat^3. */
static void hop_relaxed(hop *h, const crystal *of, int repeat) {
    const femd_band_settings set = FEMD_BAND_DEFAULTS;
    hop_open(h, of, repeat);
    femd_band *band = hop_band(h, &set);
    hop_settle(h, band);
    femd_band_destroy(&band);
}

static void copper_path_is_that_of_the_references(void **state) {
    (void)state;
    hop h;
    femd_band_result r;
    const femd_band_settings set = FEMD_BAND_DEFAULTS;
    hop_relaxed(&h, &COPPER, 4);
    hop_run(&h, &set, &r);
    assert_int_equal(r.saddles, 1);
    assert_int_equal(r.top, 3);
    assert_true(fabs(r.barrier - 0.68862) < 2e-5);
    assert_true(fabs(r.back - r.barrier) < 1e-6);
    assert_true(fabs(r.energy[1] - 0.1355) < 2e-3);
    assert_true(fabs(r.energy[2] - 0.5033) < 1e-3);
    for (int k = 0; k < 7; k++) {
        assert_true(fabs(r.place[k] - k / 6.0) < 5e-4);
        assert_true(fabs(r.energy[k] - r.energy[6 - k]) < 1e-4);
        assert_int_equal(r.climbs[k], k == 3);
    }
    assert_true(r.force <= set.tolerance);
    assert_true(r.calls < 900 && r.calls >= 5 * (uint64_t)r.steps);
    hop_close(&h);
}

/* The mid-point of a hop in iron is a minimum: the path has two saddles, and both are found. */
static void iron_path_has_two_saddles(void **state) {
    (void)state;
    hop h;
    femd_band_result r;
    femd_band_settings set = FEMD_BAND_DEFAULTS;
    femd_error err = FEMD_ERROR_INIT;
    hop_relaxed(&h, &IRON, 4);
    femd_band *band = hop_band(&h, &set);
    if (femd_band_run(band, h.first, h.second, NULL, &r, &err) != FEMD_OK) fail_msg("%s", err.text);
    assert_int_equal(r.saddles, 2);
    assert_true(r.climbs[2] && r.climbs[4]);
    assert_true(r.top == 2 || r.top == 4);
    assert_true(fabs(r.barrier - 0.6355) < 1e-4);
    assert_true(fabs(r.energy[2] - r.energy[4]) < 1e-5);
    assert_true(fabs(r.energy[3] - 0.5405) < 5e-4);
    const double *x = femd_band_image(band, 2), *from = femd_band_image(band, 0), *to = femd_band_image(band, 6);
    const int c = 3 * h.jumper; /* the saddle is about a third of the way, of the path and of the atom that jumps */
    assert_true(fabs(r.place[2] - 0.340) < 5e-3);
    assert_true(fabs((x[c] - from[c]) / (to[c] - from[c]) - 0.342) < 5e-3);
    femd_band_destroy(&band);
    hop_close(&h);
}

/* Images that begin to climb at once are not those that end on the humps; 5 images climb into the minimum between
 * these, where the path beside it rises higher. */
static void who_climbs_is_chosen_again_and_a_missed_hump_is_refused(void **state) {
    (void)state;
    hop h;
    femd_band_result r;
    femd_band_settings set = FEMD_BAND_DEFAULTS;
    femd_error err = FEMD_ERROR_INIT;
    hop_relaxed(&h, &IRON, 4);
    set.climb = 10;
    hop_run(&h, &set, &r);
    assert_int_equal(r.saddles, 2);
    assert_true(r.climbs[2] && r.climbs[4] && !r.climbs[3]);
    assert_true(fabs(r.barrier - 0.6355) < 1e-4);
    set.climb = 0.1;
    set.images = 5;
    assert_int_equal(hop_try(&h, &set, &r, &err), FEMD_NOT_CONVERGED);
    assert_non_null(strstr(err.text, "above the saddle at 0.5403 eV: 5 images are too few"));
    hop_close(&h);
}

static void image_that_climbed_is_a_saddle_of_first_order(void **state) {
    (void)state;
    hop h;
    femd_band_result r;
    femd_error err = FEMD_ERROR_INIT;
    const femd_band_settings set = FEMD_BAND_DEFAULTS;
    hop_relaxed(&h, &COPPER, 3);
    femd_band *band = hop_band(&h, &set);
    if (femd_band_run(band, h.first, h.second, NULL, &r, &err) != FEMD_OK) fail_msg("%s", err.text);
    const int n3 = 3 * h.n;
    double *H = malloc((size_t)n3 * (size_t)n3 * sizeof *H), *lambda = malloc((size_t)n3 * sizeof *lambda), W;
    femd_energetics *en = NULL;
    assert_int_equal(femd_energetics_create(h.a.p, h.n, h.a.s.species, &en, &err), FEMD_OK);
    const double *x = femd_band_image(band, r.top);
    assert_int_equal(femd_energetics_forces(en, h.a.nb, h.of.cell, x, &W, lambda, NULL, &err), FEMD_OK);
    assert_true(largest(lambda, (size_t)n3) <= set.tolerance); /* all of the force, not only what moved it */
    assert_int_equal(femd_energetics_hessian(en, h.a.nb, h.of.cell, x, H, NULL, NULL, &err), FEMD_OK);
    assert_int_equal(femd_eigen(n3, H, lambda, &err), FEMD_OK);
    assert_true(lambda[0] < -0.1);
    assert_true(lambda[1] > -1e-6);
    assert_true(fabs(r.barrier - 0.6890) < 1e-4); /* 107 atoms */
    femd_energetics_destroy(&en);
    free(H);
    free(lambda);
    femd_band_destroy(&band);
    hop_close(&h);
}

static void bits_do_not_depend_on_threads_or_on_earlier_runs(void **state) {
    (void)state;
    hop h;
    femd_band_result one, three;
    femd_band_settings set = FEMD_BAND_DEFAULTS;
    femd_error err = FEMD_ERROR_INIT;
    hop_relaxed(&h, &COPPER, 2);
    hop_run(&h, &set, &one);
    set.threads = 3;
    femd_band *band = hop_band(&h, &set);
    for (int again = 0; again < 2; again++) {
        if (femd_band_run(band, h.first, h.second, NULL, &three, &err) != FEMD_OK) fail_msg("%s", err.text);
        assert_memory_equal(&one, &three, sizeof one);
    }
    femd_band_destroy(&band);
    hop_close(&h);
}

/* A second vacancy beside the way makes the states differ. */
static void way_back_is_the_same_path(void **state) {
    (void)state;
    hop h;
    femd_band_result there, back;
    const femd_band_settings set = FEMD_BAND_DEFAULTS;
    hop_open(&h, &COPPER, 3);
    const int gone = h.jumper == h.n - 1 ? h.n - 2 : h.n - 1; /* the last atom that does not jump */
    for (int i = gone; i + 1 < h.n; i++)
        for (int c = 0; c < 3; c++) {
            h.first[3 * i + c] = h.first[3 * i + 3 + c];
            h.second[3 * i + c] = h.second[3 * i + 3 + c];
        }
    h.of.n = --h.n;
    femd_band *band = hop_band(&h, &set);
    hop_settle(&h, band);
    femd_band_destroy(&band);
    hop_run(&h, &set, &there);
    double *swap = h.first;
    h.first = h.second;
    h.second = swap;
    hop_run(&h, &set, &back);
    assert_true(fabs(there.barrier - there.back) > 1e-3);
    assert_true(fabs(there.barrier - back.back) < 1e-5);
    assert_true(fabs(there.back - back.barrier) < 1e-5);
    hop_close(&h);
}

static void images_of_atoms_and_translations_do_not_matter(void **state) {
    (void)state;
    hop h;
    femd_band_result r, moved;
    const femd_band_settings set = FEMD_BAND_DEFAULTS;
    hop_relaxed(&h, &COPPER, 2);
    hop_run(&h, &set, &r);
    for (int i = 0; i < h.n; i++)
        for (int c = 0; c < 3; c++) h.second[3 * i + c] += 0.3 * c - (i % 3) * h.of.cell[3 * (i % 2) + c];
    hop_run(&h, &set, &moved);
    assert_true(fabs(r.barrier - moved.barrier) < 1e-6);
    assert_true(fabs(r.length - moved.length) < 1e-4);
    hop_close(&h);
}

static int stop_at_once(void *user, double fraction) {
    int *calls = user;
    assert_true(fraction >= 0 && fraction <= 1);
    return ++*calls == 5 ? FEMD_DEADLINE : 0;
}

static void what_is_no_hop_is_refused(void **state) {
    (void)state;
    hop h;
    femd_band_result r;
    femd_error err = FEMD_ERROR_INIT;
    femd_band_settings set = FEMD_BAND_DEFAULTS;
    hop_open(&h, &COPPER, 2);
    assert_int_equal(hop_try(&h, &set, &r, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "first state of the band is not relaxed"));
    hop_close(&h);
    hop_relaxed(&h, &COPPER, 2);
    const size_t size = 3 * (size_t)h.n * sizeof(double);
    double *good = malloc(size);
    memcpy(good, h.second, size);
    h.second[0] += 0.05;
    assert_int_equal(hop_try(&h, &set, &r, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "second state of the band is not relaxed"));
    memcpy(h.second, h.first, size);
    h.second[0] += 5e-4;
    assert_int_equal(hop_try(&h, &set, &r, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "are one"));
    memcpy(h.second, good, size);
    h.second[4] = NAN;
    assert_int_equal(hop_try(&h, &set, &r, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "atom 2 goes nan"));
    memcpy(h.second, good, size);
    set.steps = 20;
    assert_int_equal(hop_try(&h, &set, &r, &err), FEMD_NOT_CONVERGED);
    assert_non_null(strstr(err.text, "too many steps: the band of 7 images stands at"));
    assert_non_null(strstr(err.text, "after 20 steps"));
    int calls = 0;
    const femd_beat beat = {&calls, stop_at_once};
    set.steps = 3000;
    femd_band *band = hop_band(&h, &set);
    assert_int_equal(femd_band_run(band, h.first, h.second, &beat, &r, &err), FEMD_DEADLINE);
    assert_int_equal(calls, 5);
    femd_band_destroy(&band);
    free(good);
    hop_close(&h);
}

static void settings_out_of_range_are_refused(void **state) {
    (void)state;
    hop h;
    femd_error err = FEMD_ERROR_INIT;
    femd_band *band = NULL;
    const femd_band_settings wrong[] = {{2, 1e-4, 0.1, 0, 10, 0.1, 1}, {65, 1e-4, 0.1, 0, 10, 0.1, 1},
                                        {7, 0, 0.1, 0, 10, 0.1, 1},    {7, 1e-2, 1e-3, 0, 10, 0.1, 1},
                                        {7, 1e-4, 0.1, 0, 0, 0.1, 1},  {7, 1e-4, 0.1, 0, 10, 0, 1},
                                        {7, 1e-4, 0.1, 0, 10, 0.1, 0}, {7, 1e-4, 0.1, 0, 10, 0.1, 65}};
    hop_open(&h, &COPPER, 2);
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        err.text[0] = '\0';
        assert_int_equal(femd_band_create(&h.of, &wrong[k], &band, &err), FEMD_BAD_ARGUMENT);
        assert_null(band);
        assert_true(err.text[0] != '\0');
    }
    hop_close(&h);
}

static void way_goes_to_the_nearest_image(void **state) {
    (void)state;
    const double cell[9] = {10, 0, 0, 4, 9, 0, -3, 2, 8};
    const double a[6] = {1, 1, 1, 5, 5, 5};
    double b[6] = {1.3, 1, 1, 5, 5.5, 5}, u[6];
    femd_error err = FEMD_ERROR_INIT;
    for (int c = 0; c < 3; c++) {
        b[c] += 3 * cell[c] - cell[3 + c] + 2 * cell[6 + c];
        b[3 + c] -= cell[6 + c];
    }
    assert_int_equal(femd_band_way(2, cell, a, b, u, &err), FEMD_OK);
    const double want[6] = {0.15, -0.25, 0, -0.15, 0.25, 0};
    for (int i = 0; i < 6; i++) assert_true(fabs(u[i] - want[i]) < 1e-12);
    /* the smallest height of this cell is 8 angstrom */
    b[3] = 5 + 4.1;
    for (int c = 1; c < 3; c++) b[3 + c] = 5;
    assert_int_equal(femd_band_way(2, cell, a, b, u, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "atom 2 goes 4.1 angstrom"));
    b[3] = 5 + 3.9;
    assert_int_equal(femd_band_way(2, cell, a, b, u, &err), FEMD_OK);
    const double flat[9] = {1, 0, 0, 0, 1, 0, 1, 1, 0};
    assert_int_equal(femd_band_way(2, flat, a, b, u, &err), FEMD_BAD_INPUT);
}

static void check_tangent(double W0, double W1, double W2, double tx, double ty) {
    const double a[3] = {0, 0, 0}, b[3] = {1, 0, 0}, c[3] = {1, 2, 0};
    const double *const x[3] = {a, b, c}, W[3] = {W0, W1, W2};
    double t[3];
    int met;
    assert_true(fabs(femd_band_tangent(3, x, W, t, &met) - 1) < 1e-15);
    assert_false(met);
    const double length = sqrt(tx * tx + ty * ty);
    assert_true(fabs(t[0] - tx / length) < 1e-15 && fabs(t[1] - ty / length) < 1e-15);
}

static void tangents_are_those_of_the_paper(void **state) {
    (void)state;
    check_tangent(0, 1, 2, 0, 2);     /* up: towards the third */
    check_tangent(2, 1, 0, 1, 0);     /* down: from the first */
    check_tangent(0, 3, 1, 2, 2 * 3); /* a maximum, the third higher: the larger weight, 3, is its */
    check_tangent(1, 3, 0, 3, 2 * 2); /* a maximum, the first higher */
    check_tangent(3, 0, 5, 3, 2 * 5); /* a minimum, the third higher */
    check_tangent(5, 0, 3, 5, 2 * 3);
    check_tangent(1, 1, 1, 1, 2); /* no energies to go by */
    check_tangent(1, 1, 2, 0, 2);
    check_tangent(2, 1, 1, 1, 0);
    const double a[3] = {0, 0, 0}, *const x[3] = {a, a, a}, W[3] = {0, 1, 2};
    double t[3];
    int met;
    femd_band_tangent(3, x, W, t, &met);
    assert_true(met);
}

static void nudged_force_is_across_and_of_springs_along(void **state) {
    (void)state;
    const double t[3] = {0.6, 0.8, 0};
    double f[3] = {1, 2, 3}, g[3] = {1, 2, 3};
    assert_true(fabs(femd_band_nudge(3, t, 0.5, 0, f) - 2.2) < 1e-15);
    assert_true(fabs(f[0] - (1 - 1.7 * 0.6)) < 1e-14 && fabs(f[1] - (2 - 1.7 * 0.8)) < 1e-14 && f[2] == 3);
    femd_band_nudge(3, t, 0.5, 1, g); /* climbing: turned round, no springs */
    assert_true(fabs(g[0] - (1 - 4.4 * 0.6)) < 1e-14 && fabs(g[1] - (2 - 4.4 * 0.8)) < 1e-14 && g[2] == 3);
}

static void rise_between_images_is_seen(void **state) {
    (void)state;
    const double level[2] = {1, 1}, up[2] = {4, -4}, down[2] = {-4, 4}, flat[2] = {0, 0}, rising[2] = {0, 3};
    assert_true(fabs(femd_band_between(2, level, up) - 3) < 1e-12); /* 1 + 8 t (1 - t) */
    assert_true(femd_band_between(2, level, down) == 1);
    assert_true(femd_band_between(1, rising, flat) == 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(copper_path_is_that_of_the_references),
                                       cmocka_unit_test(iron_path_has_two_saddles),
                                       cmocka_unit_test(who_climbs_is_chosen_again_and_a_missed_hump_is_refused),
                                       cmocka_unit_test(image_that_climbed_is_a_saddle_of_first_order),
                                       cmocka_unit_test(bits_do_not_depend_on_threads_or_on_earlier_runs),
                                       cmocka_unit_test(way_back_is_the_same_path),
                                       cmocka_unit_test(images_of_atoms_and_translations_do_not_matter),
                                       cmocka_unit_test(what_is_no_hop_is_refused),
                                       cmocka_unit_test(settings_out_of_range_are_refused),
                                       cmocka_unit_test(way_goes_to_the_nearest_image),
                                       cmocka_unit_test(tangents_are_those_of_the_paper),
                                       cmocka_unit_test(nudged_force_is_across_and_of_springs_along),
                                       cmocka_unit_test(rise_between_images_is_seen)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
