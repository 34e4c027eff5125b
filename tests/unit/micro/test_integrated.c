/* The method `integrated` through the engine: against the integral itself where it can be done, against `harmonic` in
 * the cold; bits, states, what does not stay, what is refused. Figures of copper are those of `femd bench physics`. */
#include "engine_material.h"
#include "femd/evaluate.h"
#include "femd/units.h"
#include "native_open.h"

static const double EV = FEMD_ELEMENTARY_CHARGE, K = FEMD_BOLTZMANN / FEMD_ELEMENTARY_CHARGE;

static femd_request ask(double T, uint64_t seed, double accuracy) {
    return (femd_request){.wants = FEMD_WANT_MU, .temperature = T, .seed = seed, .accuracy = accuracy};
}

/* ---- two atoms ---- */

#define PAIR(a, b, epsilon, sigma)                                                                                     \
    "{\"species\":[\"" a "\",\"" b "\"],\"epsilon\":\"" epsilon " eV\",\"sigma\":\"" sigma                             \
    " angstrom\",\"cutoff\":\"7 angstrom\"}"
#define TWO(file, more)                                                                                                \
    "{\"engine\":\"native\"," more "\"structure\":{\"file\":\"" file                                                   \
    "\",\"species\":[\"Ar\",\"Kr\"],\"masses\":[\"39.948 u\",\"83.798 u\"]},\"reference\":\"as-given\",\"potential\":" \
    "{\"style\":\"lj\",\"pairs\":[" PAIR("Ar", "Ar", "0.0103", "3.405") "," PAIR(                                      \
        "Ar", "Kr", "0.012", "3.55") "," PAIR("Kr", "Kr", "0.014", "3.65") "]}}"
#define REPLACED                                                                                                       \
    "\"method\":{\"stress\":\"statics\",\"chemical-potential\":\"integrated\"},\"integrated\":{\"accuracy\":0.02},"    \
    "\"defect\":{\"substitute\":{\"site\":0,\"species\":\"Kr\"}},"

static const double CELL[3] = {3.75, 3.75, 5.3};

static void write_two(const char *name, const char *first) {
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    fprintf(file, "2\nLattice=\"%g 0 0 0 %g 0 0 0 %g\" Properties=species:S:1:pos:R:3\n%s 0 0 0\nAr %g %g %g\n",
            CELL[0], CELL[1], CELL[2], first, CELL[0] / 2, CELL[1] / 2, CELL[2] / 2);
    assert_int_equal(fclose(file), 0);
}

/* -kT ln of the integral of exp(-U/kT) over the way of the second atom from its site, eV. */
static double integral(const char *json, double kT) {
    enum { POINTS = 48 };
    femd_native *native = native_open(json);
    femd_rve *rve = &native->rve;
    femd_error err = FEMD_ERROR_INIT;
    double x[6] = {0}, lowest = native->virgin_W, sum = 0;
    for (int i = 0; i < POINTS * POINTS * POINTS; i++) {
        const int at[3] = {i % POINTS, i / POINTS % POINTS, i / POINTS / POINTS};
        double W;
        for (int c = 0; c < 3; c++)
            x[3 + c] = rve->X[3 + c] - rve->X[c] + ((at[c] + 0.5) / POINTS - 0.5) * 0.8 * CELL[c];
        if (femd_energetics_forces(rve->en, rve->nb, rve->h0, x, &W, NULL, NULL, &err) != FEMD_OK)
            fail_msg("%s", err.text);
        sum += exp(-(W - lowest) / kT);
    }
    femd_native_destroy(&native);
    return lowest - kT * log(sum);
}

/* Of two atoms in a periodic cell the way of one from the other is all that moves: krypton for argon, harmonic to 13 %
 * of kT. */
static void the_integral_itself(void **state) {
    (void)state;
    const double T = 100, kT = K * T;
    write_two("test_integrated_ar.xyz", "Ar");
    write_two("test_integrated_kr.xyz", "Kr");
    const double exact =
        integral(TWO("test_integrated_kr.xyz", ""), kT) - integral(TWO("test_integrated_ar.xyz", ""), kT);
    femd_material *m = open_material(TWO("test_integrated_ar.xyz", REPLACED));
    const femd_request q = ask(T, 1, 0);
    femd_response r;
    request(m, &q, NULL, &r, NULL);
    print_message("%.4f(%.4f) kT, exact %.4f\n", r.mu_excess / EV / kT, r.mu_excess_err / EV / kT, exact / kT);
    assert_true(r.mu_excess_err <= 0.02 * kT * EV && r.mu_excess_err > 1e-3 * kT * EV);
    assert_true(fabs(r.mu_excess / EV - exact) < 4 * r.mu_excess_err / EV);
    assert_true(fabs(r.mu_check / EV - exact) < 4 * r.mu_check_err / EV);
    assert_true(fabs(r.mu_mass / (EV * kT) - 1.5 * log(39.948 / 83.798)) < 1e-9);
    assert_true(fabs(r.mu_ideal / (EV * kT) - log(0.5)) < 1e-9);
    assert_true(r.sampled && !(r.notes & (FEMD_NOTE_NOT_SOLID | FEMD_NOTE_FAR_SWAP | FEMD_NOTE_ACCURACY_NOT_REACHED)));
    femd_material_close(&m);
}

/* ---- a vacancy in argon ---- */

#define VACANCY(method, options)                                                                                       \
    "{\"engine\":\"native\",\"method\":{\"stress\":\"statics\",\"chemical-potential\":\"" method                       \
    "\"},\"integrated\":{" options "},\"defect\":{\"vacancy\":0},\"structure\":{\"lattice\":\"fcc\",\"a\":\"5.4 "      \
    "angstrom\",\"species\":[\"Ar\"],\"masses\":[\"39.948 u\"],\"repeat\":[2,2,2]},\"reference\":\"as-given\","        \
    "\"potential\":{\"style\":\"lj\",\"epsilon\":\"0.0103207 eV\",\"sigma\":\"3.405 angstrom\",\"cutoff\":\"7 "        \
    "angstrom\"}}"
#define SHORT "\"block\":\"2 ps\",\"equilibration\":\"4 ps\","

/* What is left beyond the harmonic free energy falls as T, in units of kT, and at 1 K is nothing. */
static void a_cold_crystal_is_harmonic(void **state) {
    (void)state;
    femd_material *m = open_material(VACANCY("integrated", SHORT "\"rungs\":2")),
                  *h = open_material(VACANCY("harmonic", ""));
    const femd_request q = ask(1, 1, 0.05);
    const double kT = EV * K;
    femd_response r, s;
    request(m, &q, NULL, &r, NULL);
    request(h, &q, NULL, &s, NULL);
    if (!(fabs(r.mu_excess - s.mu_excess) < 4 * r.mu_excess_err + 0.01 * kT) || !(r.mu_excess_err <= 0.05 * kT))
        fail_msg("%g(%g) eV, harmonic %g", r.mu_excess / EV, r.mu_excess_err / EV, s.mu_excess / EV);
    /* the pressure is sampled too, and what is least known of a small cold crystal */
    if (!(r.mu_excess_err > 0.036 * kT)) fail_msg("error %g kT", r.mu_excess_err / kT);
    assert_true(r.mu_ideal == s.mu_ideal && r.mu_mass == 0 && r.mu == r.mu_excess + r.mu_ideal);
    assert_true(r.mu_excess != s.mu_excess);
    femd_material_close(&m);
    femd_material_close(&h);
}

/* However many rungs. */
static void rungs_do_not_matter(void **state) {
    (void)state;
    femd_material *few = open_material(VACANCY("integrated", SHORT "\"rungs\":3")),
                  *many = open_material(VACANCY("integrated", SHORT "\"rungs\":6")),
                  *twin = open_material(VACANCY("integrated", SHORT "\"rungs\":3"));
    const femd_request q = ask(40, 3, 0.3), other = ask(40, 4, 0.3);
    femd_response r, s, t, u;
    request(few, &q, NULL, &r, NULL);
    assert_true(r.notes & FEMD_NOTE_FAR_SWAP);
    request(many, &q, NULL, &s, NULL);
    request(twin, &other, NULL, &t, NULL);
    request(twin, &q, NULL, &u, NULL);
    print_message("%.5f(%.5f) of three, %.5f(%.5f) of six\n", r.mu_excess / EV, r.mu_excess_err / EV, s.mu_excess / EV,
                  s.mu_excess_err / EV);
    assert_true(r.mu == u.mu && r.mu_err == u.mu_err && r.mu_check == u.mu_check && r.mu != t.mu);
    assert_true(fabs(r.mu_excess - s.mu_excess) <
                4 * sqrt(r.mu_excess_err * r.mu_excess_err + s.mu_excess_err * s.mu_excess_err));
    assert_true(fabs(r.mu_excess - t.mu_excess) <
                4 * sqrt(r.mu_excess_err * r.mu_excess_err + t.mu_excess_err * t.mu_excess_err));
    femd_material_close(&few);
    femd_material_close(&many);
    femd_material_close(&twin);
}

static void a_state_goes_on(void **state) {
    (void)state;
    femd_material *m = open_material(VACANCY("integrated", SHORT "\"rungs\":3,\"max_steps\":40000")),
                  *cold = open_material(VACANCY("integrated", SHORT "\"rungs\":3,\"max_steps\":40000"));
    femd_request q = ask(40, 7, 2);
    femd_response first, second, other, again;
    femd_buffer one = FEMD_BUFFER_INIT, two = FEMD_BUFFER_INIT;
    femd_error err = FEMD_ERROR_INIT;
    request(m, &q, NULL, &first, &one);
    q.accuracy = 1e-3;
    request(m, &q, &one, &second, &two);
    request(cold, &q, &one, &other, NULL);
    assert_true(second.mu == other.mu && second.mu_err == other.mu_err);
    assert_true(second.mu_excess_err < first.mu_excess_err && (second.notes & FEMD_NOTE_ACCURACY_NOT_REACHED));
    q.accuracy = 2;
    request(m, &q, &two, &again, NULL);
    assert_true(again.mu == second.mu && again.mu_err == second.mu_err && again.work.force_evaluations < 100);
    two.size -= 8;
    assert_int_equal(try_request(m, &q, &two, &again, NULL, &err), FEMD_PROTOCOL);
    femd_buffer_clear(&one);
    femd_buffer_clear(&two);
    femd_material_close(&m);
    femd_material_close(&cold);
}

/* Near melting the vacancy hops in some stretches, which are told and done again; further up nothing stays. */
static void what_does_not_stay_is_told_or_refused(void **state) {
    (void)state;
    femd_material *m =
        open_material(VACANCY("integrated", "\"block\":\"4 ps\",\"equilibration\":\"4 ps\",\"rungs\":6"));
    const femd_request warm = ask(90, 1, 0.5), hot = ask(150, 1, 0.5);
    femd_response r;
    femd_error err = FEMD_ERROR_INIT;
    request(m, &warm, NULL, &r, NULL);
    assert_true((r.notes & FEMD_NOTE_NOT_SOLID) && fabs(r.mu_excess / EV - 0.094) < 0.02);
    assert_int_equal(try_request(m, &hot, NULL, &r, NULL, &err), FEMD_UNSUPPORTED);
    if (!strstr(err.text, "leave their sites in more than one of 4 stretches")) fail_msg("%s", err.text);
    femd_material_close(&m);
}

/* ---- an atom between those of a bcc cell ---- */

#define BETWEEN                                                                                                        \
    "{\"engine\":\"native\",\"method\":{\"stress\":\"statics\",\"chemical-potential\":\"integrated\"},\"defect\":{"    \
    "\"interstitial\":{\"at\":[0.5,0.25,0],\"species\":\"He\"}},\"structure\":{\"file\":\"test_integrated_bcc.xyz\","  \
    "\"species\":[\"Ar\",\"He\"],\"masses\":[\"39.948 u\",\"4 u\"]},\"reference\":\"as-given\",\"potential\":{"        \
    "\"style\":\"lj\",\"pairs\":[" PAIR("Ar", "Ar", "0.0103", "3.405") "," PAIR("Ar", "He", "0.02", "2.1") "," PAIR(   \
        "He", "He", "0.001", "2.5") "]}}"

/* It goes on to sites that are 0.41 of the distance of neighbours away: stretches in which it did are thrown away, so
 * that all seeds tell the free energy of one site. */
static void a_small_atom_is_kept_at_its_site(void **state) {
    (void)state;
    FILE *file = fopen("test_integrated_bcc.xyz", "w");
    assert_non_null(file);
    fprintf(file, "2\nLattice=\"4.4 0 0 0 4.4 0 0 0 4.4\" Properties=species:S:1:pos:R:3\nAr 0 0 0\nAr 2.2 2.2 2.2\n");
    assert_int_equal(fclose(file), 0);
    femd_material *m = open_material(BETWEEN);
    double low = HUGE_VAL, high = -HUGE_VAL;
    int answered = 0, hopped = 0;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        const femd_request q = ask(14, seed, 0.3);
        femd_error err = FEMD_ERROR_INIT;
        femd_response r;
        const femd_status rc = try_request(m, &q, NULL, &r, NULL, &err);
        if (rc != FEMD_OK) assert_int_equal(rc, FEMD_UNSUPPORTED);
        hopped += rc != FEMD_OK || r.notes & FEMD_NOTE_NOT_SOLID;
        if (rc != FEMD_OK) continue;
        answered++;
        low = fmin(low, r.mu_excess);
        high = fmax(high, r.mu_excess);
    }
    print_message("%d of 8, %.5f to %.5f eV, %d saw hops\n", answered, low / EV, high / EV, hopped);
    assert_true(answered >= 2 && hopped >= 2);
    assert_true(high - low < 0.15 * EV * K * 14);
    femd_material_close(&m);
}

static void what_cannot_be_integrated_is_refused(void **state) {
    (void)state;
    static const refusal wrong[] = {
        {VACANCY("integrated", "\"max_steps\":1000"), "max_steps must be at least"},
        {VACANCY("integrated", "\"time_step\":\"1 ps\""), "time_step"},
        {"{\"engine\":\"native\",\"method\":{\"stress\":\"statics\",\"chemical-potential\":\"integrated\"},"
         "\"structure\":"
         "{\"lattice\":\"fcc\",\"a\":\"3.6 "
         "angstrom\",\"species\":[\"Cu\"],\"repeat\":[2,2,2]},\"potential\":{\"style\":"
         "\"eam/alloy\",\"file\":\"CuNi.eam.alloy\"}}",
         "needs a defect"},
        {"{\"engine\":\"native\",\"method\":{\"stress\":\"md\",\"chemical-potential\":\"integrated\"},\"md\":{"
         "\"start\":"
         "\"sites\"},\"defect\":{\"vacancy\":0},\"structure\":{\"lattice\":\"fcc\",\"a\":\"5.4 angstrom\",\"species\":["
         "\"Ar\"],\"masses\":[\"39.948 u\"],\"repeat\":[2,2,2]},\"reference\":\"as-given\",\"potential\":{\"style\":"
         "\"lj\",\"epsilon\":\"0.0103207 eV\",\"sigma\":\"3.405 angstrom\",\"cutoff\":\"7 angstrom\"}}",
         "no minimum of the energy"},
        {"{\"engine\":\"native\",\"method\":{\"stress\":\"statics\",\"chemical-potential\":\"integrated\"},\"defect\":{"
         "\"vacancy\":0},\"structure\":{\"lattice\":\"fcc\",\"a\":\"3.615 "
         "angstrom\",\"species\":[\"Cu\"],\"repeat\":[6,"
         "6,6]},\"potential\":{\"style\":\"eam/alloy\",\"file\":\"Cu_mishin1.eam.alloy\"}}",
         "up to 800, not 864"},
    };
    assert_all_refused(wrong, sizeof wrong / sizeof *wrong);
    femd_material *m = open_material(VACANCY("integrated", ""));
    const femd_request cold = ask(0, 1, 0);
    femd_response r;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(try_request(m, &cold, NULL, &r, NULL, &err), FEMD_BAD_INPUT);
    femd_material_close(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_integral_itself),
        cmocka_unit_test(a_cold_crystal_is_harmonic),
        cmocka_unit_test(rungs_do_not_matter),
        cmocka_unit_test(a_state_goes_on),
        cmocka_unit_test(what_does_not_stay_is_told_or_refused),
        cmocka_unit_test(a_small_atom_is_kept_at_its_site),
        cmocka_unit_test(what_cannot_be_integrated_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
