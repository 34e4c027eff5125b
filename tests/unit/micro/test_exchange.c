/* Exchange of species among atoms that do not move: against the sum over all arrangements. */
#include <math.h>
#include <string.h>

#include "atoms_fixture.h"
#include "chemical/exchange.h"
#include "dynamics/dynamics.h"
#include "numerics/random.h"

#define ALLOY                                                                                                          \
    "{\"structure\":{\"lattice\":\"fcc\",\"a\":\"3.6 angstrom\",\"species\":[\"Cu\"],\"repeat\":[2,2,2],"              \
    "\"substitution\":[{\"species\":\"Ni\",\"for\":\"Cu\",\"count\":11}]},"                                            \
    "\"potential\":{\"style\":\"eam/alloy\",\"file\":\"CuNi.eam.alloy\"}}"

enum { SITES = 6, CONFIGURATIONS = 1 << SITES };

static femd_trial *open_trial(const atoms *a) {
    femd_trial *t = NULL;
    femd_error err = FEMD_ERROR_INIT;
    if (femd_trial_create(a->p, a->s.natoms, a->s.species, &t, &err) != FEMD_OK) fail_msg("%s", err.text);
    if (femd_trial_set(t, a->s.cell, a->s.x, &err) != FEMD_OK) fail_msg("%s", err.text);
    return t;
}

static double whole(const atoms *a) {
    femd_energetics *e = NULL;
    femd_neighbours *nb = NULL;
    femd_error err = FEMD_ERROR_INIT;
    double W;
    assert_int_equal(femd_energetics_create(a->p, a->s.natoms, a->s.species, &e, &err), FEMD_OK);
    assert_int_equal(femd_neighbours_create(femd_potential_cutoff(a->p), 0.3, &nb, &err), FEMD_OK);
    if (femd_energetics_forces(e, nb, a->s.cell, a->s.x, &W, NULL, NULL, &err) != FEMD_OK) fail_msg("%s", err.text);
    femd_neighbours_destroy(&nb);
    femd_energetics_destroy(&e);
    return W;
}

static int arrangement(const atoms *a, const femd_exchange *x) {
    int bits = 0;
    for (int s = 0; s < x->sites; s++) bits |= (a->s.species[x->site[s]] == x->species[1]) << s;
    return bits;
}

/* Probabilities of all arrangements of the sites; the atoms are left in the first. */
static void enumerate(atoms *a, const femd_exchange *x, double p[CONFIGURATIONS]) {
    double lowest = HUGE_VAL, sum = 0;
    for (int c = 0; c < CONFIGURATIONS; c++) {
        p[c] = 0;
        for (int s = 0; s < SITES; s++) {
            const int k = c >> s & 1;
            a->s.species[x->site[s]] = x->species[k];
            p[c] -= x->mu[k] + 1.5 * x->kT * log(x->mass[k]);
        }
        p[c] += whole(a);
        lowest = fmin(lowest, p[c]);
    }
    for (int c = 0; c < CONFIGURATIONS; c++) sum += p[c] = exp((lowest - p[c]) / x->kT);
    for (int c = 0; c < CONFIGURATIONS; c++) p[c] /= sum;
    for (int s = 0; s < SITES; s++) a->s.species[x->site[s]] = x->species[0];
}

/* Copper and nickel on six sites that are neighbours: every arrangement as often as it should be. */
static void every_arrangement_is_as_likely_as_the_sum_over_all_says(void **state) {
    (void)state;
    enum { LOOKS = 12000, EACH = 3 };
    static const int site[SITES] = {0, 1, 2, 3, 6, 12};
    static double p[CONFIGURATIONS], seen[CONFIGURATIONS];
    atoms a;
    atoms_open(&a, ALLOY, 0.3);
    atoms_shake(&a, 0.06, 3);
    femd_exchange x = {.count = 2,
                       .species = {0, 1},
                       .mass = {63.546, 58.693},
                       .mu = {0, -0.85},
                       .kT = femd_kb * 700,
                       .sites = SITES,
                       .site = site};
    enumerate(&a, &x, p);
    double spread = 0, most = 0;
    for (int c = 0; c < CONFIGURATIONS; c++) most = fmax(most, p[c]);
    for (int c = 0; c < CONFIGURATIONS; c++) spread += p[c] > 0.02 * most;
    assert_true(spread > 30); /* else little is tested */
    femd_trial *t = open_trial(&a);
    int accepted = 0;
    for (uint64_t k = 0; k < LOOKS; k++) {
        accepted += femd_exchange_try(&x, t, femd_random_bits(1, FEMD_STREAM_EXCHANGE, k), EACH, a.s.species);
        seen[arrangement(&a, &x)] += 1.0 / LOOKS;
    }
    /* Within six standard deviations of looks of which ten are one. */
    for (int c = 0; c < CONFIGURATIONS; c++)
        if (!(fabs(seen[c] - p[c]) < 6 * sqrt(10 * fmax(p[c], 1e-5) / LOOKS)))
            fail_msg("arrangement %d: %g, should be %g", c, seen[c], p[c]);
    double mean[2] = {0, 0}; /* of nickel: seen, and as it should be */
    for (int c = 0; c < CONFIGURATIONS; c++)
        for (int s = 0; s < SITES; s++) mean[0] += seen[c] * (c >> s & 1), mean[1] += p[c] * (c >> s & 1);
    assert_true(fabs(mean[0] - mean[1]) < 0.06 && accepted > LOOKS / 2);
    assert_true(fabs(mean[1] - 0.5 * SITES) < 0.45 * SITES);
    femd_trial_destroy(&t);
    atoms_close(&a);
}

/* Masses alone tell three species apart: fractions m^(3/2) exp(mu/kT), and the others stay what they are. */
static void equal_atoms_exchange_by_mass_and_potential_alone(void **state) {
    (void)state;
    enum { LOOKS = 800 };
    atoms a;
    atoms_open(&a,
               "{\"structure\":{\"lattice\":\"b1\",\"a\":\"5.9 angstrom\",\"species\":[\"Ar\",\"Kr\"],\"repeat\":[2,2,"
               "2]},\"potential\":{\"style\":\"lj\",\"epsilon\":\"0.01 eV\",\"sigma\":\"2.9 angstrom\",\"cutoff\":\"7 "
               "angstrom\"}}",
               0.3);
    int site[64], sites = 0;
    for (int i = 0; i < a.s.natoms; i++)
        if (i % 4) site[sites++] = i;
    const int first = a.s.species[0];
    const femd_exchange x = {.count = 2,
                             .species = {1, 0},
                             .mass = {83.8, 39.95},
                             .mu = {0, 0.02},
                             .kT = femd_kb * 200,
                             .sites = sites,
                             .site = site};
    const double odds = pow(39.95 / 83.8, 1.5) * exp(0.02 / x.kT), want = odds / (1 + odds);
    femd_trial *t = open_trial(&a);
    double mean = 0, square = 0;
    for (uint64_t k = 0; k < LOOKS; k++) {
        (void)femd_exchange_try(&x, t, femd_random_bits(7, FEMD_STREAM_EXCHANGE, k), 4 * sites, a.s.species);
        double part = 0;
        for (int s = 0; s < sites; s++) part += (double)(a.s.species[site[s]] == 0) / sites;
        mean += part / LOOKS;
        square += part * part / LOOKS;
    }
    const double error = sqrt(want * (1 - want) / sites / LOOKS);
    if (!(fabs(mean - want) < 5 * error)) fail_msg("%g, should be %g +- %g", mean, want, error);
    assert_true(fabs((square - mean * mean) * sites / (want * (1 - want)) - 1) < 0.15);
    assert_int_equal(a.s.species[0], first);
    /* what changes nothing is always accepted: as many times as was asked */
    femd_exchange same = x;
    same.mass[0] = same.mass[1];
    same.mu[1] = same.mu[0];
    for (int trials = 0; trials < 4; trials++)
        assert_int_equal(femd_exchange_try(&same, t, 3, trials, a.s.species), trials);
    femd_trial_destroy(&t);
    atoms_close(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_arrangement_is_as_likely_as_the_sum_over_all_says),
        cmocka_unit_test(equal_atoms_exchange_by_mass_and_potential_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
