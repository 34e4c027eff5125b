/* The method `semi-grand` through the engine: exact limits, bits, states, phases that do not meet, what is refused.
 * Figures of alloys are those of `femd bench physics composition`. */
#include "chemical/semigrand.h"
#include "engine_material.h"
#include "femd/evaluate.h"
#include "femd/units.h"

static const double EV = FEMD_ELEMENTARY_CHARGE;

#define LJ "\"style\":\"lj\",\"epsilon\":\"0.0103207 eV\",\"sigma\":\"3.405 angstrom\",\"cutoff\":\"7 angstrom\""
#define CRYSTAL(method, structure, potential)                                                                          \
    "{\"engine\":\"native\"," method                                                                                   \
    ",\"structure\":{\"lattice\":\"fcc\",\"a\":\"5.3 angstrom\",\"species\":[\"Ar\"],"                                 \
    "\"masses\":[\"39.948 u\"],\"repeat\":[2,2,2]" structure "},\"reference\":\"as-given\",\"potential\":{" potential  \
    "}}"
#define EXCHANGE(options) "\"method\":\"semi-grand\",\"semi-grand\":{" options "}"
#define TWO               "\"species\":[\"Ar\",\"Kr\"],\"masses\":[\"39.948 u\",\"83.798 u\"]"
#define QUICK             ",\"max_steps\":8000,\"replicas\":4,\"equilibration\":\"3 ps\",\"block\":\"3 ps\""

static const uint32_t ALL = FEMD_WANT_STRESS | FEMD_WANT_COMPOSITION;

static femd_request ask(double T, double mu, uint64_t seed) {
    return (femd_request){.wants = ALL,
                          .temperature = T,
                          .accuracy = 1e-6,
                          .seed = seed,
                          .flags = FEMD_REQUEST_EXCHANGE,
                          .delta_mu = {mu * EV}};
}

static void sample(femd_material *m, const femd_request *q, const femd_buffer *state, femd_response *r,
                   femd_buffer *out) {
    femd_error err = FEMD_ERROR_INIT;
    if (try_request(m, q, state, r, out, &err) != FEMD_OK) fail_msg("%s", err.text);
}

static void within(const char *what, double value, double error, double exact) {
    if (!(fabs(value - exact) < 4 * error)) fail_msg("%s: %g +- %g, exact %g", what, value, error, exact);
}

/* Atoms that are the same but for name and mass: m^(3/2) exp(mu/kT), and the stress and tangent of the pure crystal. */
static void equal_atoms_have_the_fractions_of_mass_and_potential(void **state) {
    (void)state;
    femd_material *m = open_material(CRYSTAL(EXCHANGE(TWO QUICK), "", LJ)),
                  *pure = open_material(CRYSTAL(
                      "\"method\":\"md\",\"md\":{\"max_steps\":8000,\"equilibration\":\"3 ps\",\"block\":\"3 ps\"}", "",
                      LJ));
    const double T = 40, kT = FEMD_BOLTZMANN * T, mu = -0.006 * EV, odds = exp(mu / kT) * pow(83.798 / 39.948, 1.5),
                 x = odds / (1 + odds);
    femd_request q = ask(T, -0.006, 5), same = {.wants = BASIC, .temperature = T, .accuracy = 1e-6, .seed = 2};
    femd_response r, s;
    q.wants |= FEMD_WANT_TANGENT;
    sample(m, &q, NULL, &r, NULL);
    sample(pure, &same, NULL, &s, NULL);
    assert_int_equal(r.provided, ALL | FEMD_WANT_TANGENT);
    within("second species", r.x_2, r.x_2_err, x);
    within("first species", r.x, r.x_err, 1 - x);
    within("response", r.x_response, r.x_response_err, x * (1 - x) / kT);
    assert_true(r.x_2_err < 0.03 && r.x_response_err * kT < 0.1 && r.x_3 == 0 && r.x_3_err == 0);
    assert_true(fabs(r.x + r.x_2 - 1) < 1e-12 && r.sampled);
    for (int c = 0; c < 6; c++) within("stress", r.S[c], hypot(r.S_err[c], s.S_err[c]), s.S[c]);
    within("D11", r.D[0], hypot(r.D_err[0], s.D_err[0]), s.D[0]);
    within("D44", r.D[21], hypot(r.D_err[21], s.D_err[21]), s.D[21]);
    assert_true(r.hill_mandel < 4 * r.hill_mandel_err);
    assert_true(!(r.notes & (FEMD_NOTE_PHASES_APART | FEMD_NOTE_NOT_SOLID)));
    femd_material_close(&m);
    femd_material_close(&pure);
}

static void three_species_share_alike(void **state) {
    (void)state;
    femd_material *m = open_material(CRYSTAL(
        EXCHANGE("\"species\":[\"Kr\",\"Ar\",\"Xe\"],\"masses\":[\"83.798 u\",\"39.948 u\",\"131.293 u\"]" QUICK), "",
        LJ));
    const double T = 40, kT = FEMD_BOLTZMANN * T / EV, mu[3] = {0, -0.003, -0.007};
    const double mass[3] = {39.948, 83.798, 131.293}; /* as the material orders them: its own first */
    femd_request q = ask(T, mu[1], 5);
    q.delta_mu[1] = mu[2] * EV;
    femd_response r;
    double weight[3], sum = 0;
    for (int s = 0; s < 3; s++) sum += weight[s] = pow(mass[s], 1.5) * exp(mu[s] / kT);
    sample(m, &q, NULL, &r, NULL);
    within("argon", r.x, r.x_err, weight[0] / sum);
    within("krypton", r.x_2, r.x_2_err, weight[1] / sum);
    within("xenon", r.x_3, r.x_3_err, weight[2] / sum);
    assert_true(r.x_err < 0.03 && r.x_3_err < 0.03);
    femd_material_close(&m);
}

/* None was seen, which is no proof that there is none. */
static void what_was_not_seen_has_an_error(void **state) {
    (void)state;
    femd_material *m = open_material(CRYSTAL(EXCHANGE(TWO QUICK), "", LJ));
    const femd_request q = ask(40, -0.1, 1);
    femd_response r;
    sample(m, &q, NULL, &r, NULL);
    assert_true(r.x_2 < 1e-9 && r.x > 1 - 1e-9);
    assert_true(r.x_2_err > 1e-5 && r.x_2_err < 2e-3 && r.x_err == r.x_2_err);
    assert_true(r.x_response_err > 0 && !(r.notes & FEMD_NOTE_PHASES_APART));
    femd_material_close(&m);
}

/* Unlike atoms hardly attract: at equal potentials argon stays argon and krypton krypton. Which of the two is the
 * answer is not known, and the errors reach as far as both. */
static void phases_that_do_not_meet_are_told(void **state) {
    (void)state;
    femd_material *m = open_material(
        CRYSTAL(EXCHANGE("\"species\":[\"Ar\",\"Kr\"],\"masses\":[\"39.948 u\",\"39.948 u\"]" QUICK), "",
                LJ ",\"pairs\":[{\"species\":[\"Ar\",\"Kr\"],\"epsilon\":\"0.003 eV\",\"sigma\":\"3.42 angstrom\","
                   "\"cutoff\":\"7 angstrom\"},{\"species\":[\"Kr\",\"Kr\"],\"epsilon\":\"0.0103207 eV\",\"sigma\":"
                   "\"3.45 angstrom\",\"cutoff\":\"7 angstrom\"}]"));
    femd_request q = ask(40, 0, 1);
    femd_response r, pure, alone;
    q.wants |= FEMD_WANT_TANGENT;
    sample(m, &q, NULL, &r, NULL);
    assert_true((r.notes & FEMD_NOTE_PHASES_APART) && (r.notes & FEMD_NOTE_ACCURACY_NOT_REACHED));
    assert_true(r.x_2_err > 0.45 && fabs(r.x_2 - 0.5) < 0.05);
    assert_true(r.x_response_err > 0.9 * r.x_response);
    for (int side = -1; side <= 1; side += 2) {
        femd_request one = ask(40, 0.3 * side, 1);
        one.wants |= FEMD_WANT_TANGENT;
        sample(m, &one, NULL, &pure, NULL);
        assert_true(!(pure.notes & FEMD_NOTE_PHASES_APART) && fabs(pure.x_2 - (side > 0)) < 1e-9);
        assert_true(fabs(pure.S[0] - r.S[0]) > 20 * pure.S_err[0] && pure.D_err[0] < 0.2 * r.D_err[0]);
        for (int c = 0; c < 3; c++) assert_true(fabs(pure.S[c] - r.S[c]) < r.S_err[c] + 4 * pure.S_err[c]);
        for (int c = 0; c < 36; c++) assert_true(fabs(pure.D[c] - r.D[c]) < r.D_err[c] + 5 * pure.D_err[c]);
    }
    /* asked without the composition the stress knows it too: an accuracy that chance alone would meet is not met */
    q = ask(40, 0, 1);
    q.wants = FEMD_WANT_STRESS;
    q.accuracy = 0.1;
    sample(m, &q, NULL, &alone, NULL);
    assert_true((alone.notes & FEMD_NOTE_PHASES_APART) && (alone.notes & FEMD_NOTE_ACCURACY_NOT_REACHED));
    femd_material_close(&m);
}

/* In a small cell exchanges of masses that differ by a hundred move its centre far, in sum: the atoms stay where they
 * are. */
static void exchanges_carry_no_atom_away(void **state) {
    (void)state;
    femd_material *m = open_material("{\"engine\":\"native\"," EXCHANGE(
        "\"species\":[\"Ar\",\"Kr\"],\"masses\":[\"4 u\",\"400 u\"],\"interval\":10,\"max_steps\":40000,"
        "\"replicas\":2,\"equilibration\":\"2 ps\",\"block\":\"2 ps\"") ",\"structure\":{\"lattice\":\"fcc\",\"a\":"
                                                                        "\"5.3 "
                                                                        "angstrom\",\"species\":[\"Ar\"],\"repeat\":[1,"
                                                                        "1,1]},\"reference\":\"as-given\","
                                                                        "\"potential\":{\"style\":\"lj\",\"epsilon\":"
                                                                        "\"0.0103207 eV\",\"sigma\":\"3.405 angstrom\","
                                                                        "\"cutoff\":\"5.2 angstrom\"}}");
    const double T = 30, kT = FEMD_BOLTZMANN * T / EV;
    const femd_request q = ask(T, -1.5 * kT * log(100), 3);
    femd_response r;
    sample(m, &q, NULL, &r, NULL);
    within("heavy atoms", r.x_2, r.x_2_err, 0.5);
    assert_true(r.x_2_err < 0.02 && !(r.notes & FEMD_NOTE_NOT_SOLID));
    femd_material_close(&m);
}

/* Whichever species the lightest is, steps are short enough for it. */
static void steps_are_those_of_the_lightest(void **state) {
    (void)state;
    static const char *const json[3] = {
        CRYSTAL(EXCHANGE("\"species\":[\"Ar\",\"He\"],\"masses\":[\"39.948 u\",\"4 u\"],\"block\":\"500 ps\","
                         "\"max_steps\":10"),
                "", LJ),
        CRYSTAL(EXCHANGE("\"species\":[\"He\",\"Ar\"],\"masses\":[\"4 u\",\"39.948 u\"],\"block\":\"500 ps\","
                         "\"max_steps\":10"),
                "", LJ),
        CRYSTAL(EXCHANGE("\"species\":[\"Kr\",\"Ar\"],\"masses\":[\"39.948 u\",\"39.948 u\"],\"block\":\"500 ps\","
                         "\"max_steps\":10"),
                "", LJ)};
    long steps[3] = {0};
    for (int k = 0; k < 3; k++) {
        femd_material *m = NULL;
        femd_error err = FEMD_ERROR_INIT;
        assert_int_equal(try_open(json[k], &m, &err), FEMD_BAD_INPUT);
        const char *said = strstr(err.text, "at least ");
        assert_non_null(said);
        steps[k] = strtol(said + strlen("at least "), NULL, 10);
    }
    assert_int_equal(steps[0], steps[1]);
    assert_true(fabs((double)steps[0] / steps[2] / sqrt(39.948 / 4) - 1) < 0.02);
}

/* A fraction is allowed accuracy sqrt(x (1 - x)), one that is nearly none or nearly all that of one atom; the worst of
 * all species counts. */
static void the_worst_fraction_decides(void **state) {
    (void)state;
    const femd_conditions conditions = {.accuracy = 0.1};
    static const struct {
        double x[4], error[4], excess;
    } known[] = {
        {{0.5, 0.2, 0.3, 0}, {0.05, 0.01, 0.01, 0}, 1},    /* the first */
        {{0.3, 0.2, 0.5, 0}, {0.01, 0.08, 0.01, 0}, 2},    /* 0.08 of 0.1 x 0.4 */
        {{0.4, 0.4, 0.1, 0.1}, {0, 0, 0.003, 0.009}, 0.3}, /* the last: 0.009 of 0.1 x 0.3 */
        {{1, 0, 0, 0}, {0, 0.004, 0, 0}, 0.4},             /* none of a hundred atoms: of 0.1 x 0.1 */
        {{1, 0, 0, 0}, {0.003, 0, 0, 0}, 0.3},
    };
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        femd_semigrand self = {.md.common.rve.n = 100};
        memcpy(self.result.x, known[k].x, sizeof known[k].x);
        memcpy(self.result.x_err, known[k].error, sizeof known[k].error);
        const double excess = femd_semigrand_excess(&self, &conditions);
        if (!(fabs(excess - known[k].excess) < 1e-12)) fail_msg("%zu: %g, should be %g", k, excess, known[k].excess);
    }
}

static void a_state_goes_on_with_the_same_bits(void **state) {
    (void)state;
    const char *const json = CRYSTAL(
        EXCHANGE(TWO ",\"max_steps\":2000,\"replicas\":2,\"equilibration\":\"3 ps\",\"block\":\"3 ps\""), "", LJ);
    femd_material *m = open_material(json), *twin = open_material(json);
    femd_request q = ask(40, -0.006, 9);
    femd_response first, second, third, other;
    femd_buffer one = FEMD_BUFFER_INIT, two = FEMD_BUFFER_INIT, three = FEMD_BUFFER_INIT;
    femd_error err = FEMD_ERROR_INIT;
    sample(m, &q, NULL, &first, &one);
    sample(m, &q, &one, &second, &two);
    sample(twin, &q, &one, &third, &three);
    assert_true(second.x_2 == third.x_2 && second.S[0] == third.S[0] && second.x_2_err == third.x_2_err);
    assert_true(two.size == three.size && memcmp(two.data, three.data, two.size) == 0);
    assert_true(second.x_2_err < first.x_2_err && second.x_2 != first.x_2);
    assert_true(second.notes & FEMD_NOTE_ACCURACY_NOT_REACHED);
    /* Of other potentials nothing of it is used. */
    q.delta_mu[0] *= 1.5;
    sample(m, &q, &one, &second, NULL);
    sample(twin, &q, NULL, &other, NULL);
    assert_true(second.x_2 == other.x_2 && second.x_2 < first.x_2);
    /* Bytes that are cut off, and an atom of a species that there is none of. */
    const size_t size = one.size;
    one.size -= 8;
    assert_int_equal(try_request(m, &q, &one, &second, NULL, &err), FEMD_PROTOCOL);
    one.size = size;
    femd_material_close(&m);
    femd_material_close(&twin);
    femd_buffer_clear(&one);
    femd_buffer_clear(&two);
    femd_buffer_clear(&three);
}

static void what_cannot_exchange_is_refused(void **state) {
    (void)state;
    static const refusal wrong[] = {
        {CRYSTAL("\"method\":\"semi-grand\"", "", LJ), "needs the species that exchange"},
        {CRYSTAL(EXCHANGE("\"species\":[\"Ar\",\"Ar\"]"), "", LJ), "stands twice"},
        {CRYSTAL(EXCHANGE("\"species\":[\"Ar\",\"Kr\"]"), "", LJ), "no mass is known for Kr"},
        {CRYSTAL(EXCHANGE("\"species\":[\"Ar\",\"Kr\"],\"masses\":[\"1 u\",\"1 u\",\"1 u\"]"), "", LJ),
         "3 masses for 2"},
        {CRYSTAL(EXCHANGE("\"species\":[\"Ar\",\"Kr\"],\"masses\":[\"40 u\",\"83.798 u\"]"), "", LJ),
         "Ar has 39.948 u in the structure, and 40 here"},
        {CRYSTAL(EXCHANGE("\"species\":[\"Kr\",\"Xe\"],\"masses\":[\"1 u\",\"1 u\"]"), "", LJ),
         "no atom of the species"},
        {CRYSTAL(EXCHANGE("\"species\":[\"Kr\",\"Xe\",\"Ne\",\"He\"],\"masses\":[\"1 u\",\"1 u\",\"1 u\",\"1 u\"]"), "",
                 LJ),
         "5 species in all"},
        {CRYSTAL(
             EXCHANGE("\"species\":[\"Ar\",\"Kr\",\"Xe\"],\"masses\":[\"39.948 u\",\"1 u\",\"1 u\"],\"replicas\":2"),
             "", LJ),
         "2 replicas: one at least is to start as each of the 3 species"},
        {CRYSTAL(EXCHANGE(TWO ",\"max_steps\":10"), "", LJ), "max_steps must be at least"},
        {CRYSTAL(EXCHANGE(TWO ",\"trials\":3201"), "", LJ), "must be at most 3200: 100 of each of the 32 atoms"},
        {CRYSTAL("\"method\":{\"stress\":\"semi-grand\",\"conductivity\":\"green-kubo\"},\"semi-grand\":{" TWO "}", "",
                 LJ),
         "no method stands beside \"semi-grand\""},
        {"{\"engine\":\"native\"," EXCHANGE(
             TWO) ",\"structure\":{\"lattice\":\"fcc\",\"a\":\"5.3 angstrom\",\"species\":["
                  "\"Ar\"],\"repeat\":[2,2,2]},\"reference\":{\"temperature\":\"40 "
                  "K\"},\"potential\":{" LJ "}}",
         "no reference is sampled with"},
        {"{\"engine\":\"native\"," EXCHANGE("\"species\":[\"Cu\",\"Fe\"]") ",\"structure\":{\"lattice\":\"fcc\",\"a\":"
                                                                           "\"3.6 angstrom\",\"species\":[\"Cu\"],"
                                                                           "\"repeat\":[2,2,2]},\"potential\":{"
                                                                           "\"style\":\"eam/alloy\",\"file\":\"CuNi."
                                                                           "eam.alloy\"}}",
         "has no element \"Fe\""},
    };
    assert_all_refused(wrong, sizeof wrong / sizeof *wrong);
    femd_material *m = open_material(CRYSTAL(EXCHANGE(TWO QUICK), "", LJ));
    const femd_capabilities *caps = femd_material_capabilities(m);
    assert_true((caps->inputs & FEMD_INPUT_CHEMICAL) && !caps->mixed && caps->controls == 1);
    femd_request q = ask(0, 0, 1);
    femd_response r;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(try_request(m, &q, NULL, &r, NULL, &err), FEMD_BAD_INPUT);
    q = ask(40, 0, 1);
    q.mask = 1;
    assert_int_equal(try_request(m, &q, NULL, &r, NULL, &err), FEMD_UNSUPPORTED);
    q = ask(40, 0, 1);
    q.delta_mu[1] = EV;
    assert_int_equal(try_request(m, &q, NULL, &r, NULL, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "species 3 of a material of 2"));
    q = ask(40, 0, 1);
    q.flags = 0;
    assert_int_equal(try_request(m, &q, NULL, &r, NULL, &err), FEMD_UNSUPPORTED);
    q = ask(40, 0, 1);
    q.wants |= FEMD_WANT_ENERGY;
    assert_int_equal(try_request(m, &q, NULL, &r, NULL, &err), FEMD_UNSUPPORTED);
    femd_material_close(&m);
    /* Krypton does not exchange: no potential of it counts. */
    m = open_material("{\"engine\":\"native\"," EXCHANGE("\"species\":[\"Ar\",\"Xe\"],\"masses\":[\"40 u\",\"131 "
                                                         "u\"]" QUICK) ",\"structure\":{\"lattice\":\"b1\",\"a\":\"5.9 "
                                                                       "angstrom\",\"species\":[\"Ar\",\"Kr\"],"
                                                                       "\"masses\":[\"40 u\",\"84 "
                                                                       "u\"],\"repeat\":[2,2,2]},\"reference\":\"as-"
                                                                       "given\",\"potential\":{\"style\":\"lj\","
                                                                       "\"epsilon\":\"0.01 eV\",\"sigma\":\"2.9 "
                                                                       "angstrom\",\"cutoff\":\"7 angstrom\"}}");
    q = ask(40, 0.001, 1);
    assert_int_equal(try_request(m, &q, NULL, &r, NULL, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "Kr must be zero"));
    q.delta_mu[0] = 0;
    sample(m, &q, NULL, &r, NULL);
    assert_true(r.x_2 == 0.5 && r.x_2_err == 0 && r.x > 0 && r.x_3 > 0 && fabs(r.x + r.x_3 - 0.5) < 1e-12);
    femd_material_close(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_atoms_have_the_fractions_of_mass_and_potential),
        cmocka_unit_test(three_species_share_alike),
        cmocka_unit_test(what_was_not_seen_has_an_error),
        cmocka_unit_test(phases_that_do_not_meet_are_told),
        cmocka_unit_test(exchanges_carry_no_atom_away),
        cmocka_unit_test(steps_are_those_of_the_lightest),
        cmocka_unit_test(the_worst_fraction_decides),
        cmocka_unit_test(a_state_goes_on_with_the_same_bits),
        cmocka_unit_test(what_cannot_exchange_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
