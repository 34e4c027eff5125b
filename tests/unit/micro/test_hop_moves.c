/* Hops that are given by the atoms which move: a dumbbell in copper; two hops of a vacancy in argon, which are not one.
 */
#include "engine_material.h"
#include "femd/evaluate.h"
#include "femd/units.h"

enum { REPEAT = 3, ATOMS = 4 * REPEAT * REPEAT * REPEAT + 1 };
static const double A = 3.614925, HALF = 0.29; /* angstrom; of it, half of a dumbbell */
static const double eV = FEMD_ELEMENTARY_CHARGE;

typedef struct dumbbell {
    int left, right, neighbour; /* its atoms along x about (1, 1, 1) A, and the one at (1.5, 1.5, 1) A */
} dumbbell;

static dumbbell write_dumbbell(void) {
    static const double basis[4][3] = {{0, 0, 0}, {0.5, 0.5, 0}, {0.5, 0, 0.5}, {0, 0.5, 0.5}};
    dumbbell atoms = {0, ATOMS - 1, 0};
    FILE *f = fopen("test_hop_moves.xyz", "w");
    assert_non_null(f);
    fprintf(f, "%d\nLattice=\"%.9g 0 0 0 %.9g 0 0 0 %.9g\" Properties=species:S:1:pos:R:3\n", ATOMS, REPEAT * A,
            REPEAT * A, REPEAT * A);
    for (int k = 0; k < ATOMS - 1; k++) {
        const int cell[3] = {k / 4 % REPEAT, k / 4 / REPEAT % REPEAT, k / 4 / REPEAT / REPEAT};
        double x[3];
        for (int c = 0; c < 3; c++) x[c] = cell[c] + basis[k % 4][c];
        if (x[0] == 1.5 && x[1] == 1.5 && x[2] == 1) atoms.neighbour = k;
        if (x[0] == 1 && x[1] == 1 && x[2] == 1) atoms.left = k, x[0] -= HALF;
        fprintf(f, "Cu %.12g %.12g %.12g\n", A * x[0], A * x[1], A * x[2]);
    }
    fprintf(f, "Cu %.12g %.12g %.12g\n", A * (1 + HALF), A, A);
    assert_int_equal(fclose(f), 0);
    return atoms;
}

static const char *material(const char *method, const char *hop) {
    static char json[2000];
    snprintf(json, sizeof json,
             "{\"engine\":\"native\",\"reference\":\"as-given\",\"structure\":{\"file\":\"test_hop_moves.xyz\","
             "\"species\":[\"Cu\"]},\"potential\":{\"style\":\"eam/alloy\",\"file\":\"Cu_mishin1.eam.alloy\"},"
             "\"method\":{\"stress\":\"statics\",%s},\"hop\":{%s}}",
             method, hop);
    return json;
}

static const char *place(double x, double y) {
    static char text[4][80];
    static int which;
    char *to = text[which++ % 4];
    snprintf(to, sizeof text[0], "[%.12g,%.12g,%.12g]", x / REPEAT, y / REPEAT, 1.0 / REPEAT);
    return to;
}

static femd_response hop_of(const char *moves) {
    const femd_request q = {.wants = FEMD_WANT_RATE | FEMD_WANT_BARRIER, .temperature = 300};
    femd_response r;
    femd_material *m = open_material(material("\"rate\":\"htst\",\"barrier\":\"htst\"", moves));
    request(m, &q, NULL, &r, NULL);
    femd_material_close(&m);
    return r;
}

/* It goes to the next site and turns; the barrier is that of LAMMPS' neb from the same two states. In which order the
 * moves are named, and as which images, is alike. */
static void a_dumbbell_goes_on_and_turns(void **state) {
    (void)state;
    const dumbbell of = write_dumbbell();
    char moves[1000];
    snprintf(moves, sizeof moves, "\"moves\":[{\"atom\":%d,\"to\":%s},{\"atom\":%d,\"to\":%s},{\"atom\":%d,\"to\":%s}]",
             of.right, place(1.5, 1.5 - HALF), of.neighbour, place(1.5, 1.5 + HALF), of.left, place(1, 1));
    const femd_response r = hop_of(moves);
    snprintf(moves, sizeof moves, "\"moves\":[{\"atom\":%d,\"to\":%s},{\"atom\":%d,\"to\":%s},{\"atom\":%d,\"to\":%s}]",
             of.left, place(1, 1), of.neighbour, place(1.5, 1.5 + HALF + REPEAT), of.right,
             place(1.5 - REPEAT, 1.5 - HALF));
    const femd_response again = hop_of(moves);
    print_message("barrier %.4f eV, nu* %.3f THz, dE_m/dE_11 %.3f eV, _22 %.3f eV\n", r.barrier / eV,
                  r.attempt_frequency / 1e12, r.barrier_strain[0] / eV, r.barrier_strain[1] / eV);
    assert_true(fabs(r.barrier / eV - 0.0989605) < 2e-6);
    assert_true(r.attempt_frequency > 1e12 && r.attempt_frequency < 4e12);
    assert_true(fabs(again.barrier - r.barrier) < 1e-9 * eV && fabs(again.rate / r.rate - 1) < 1e-6);
}

static void moves_that_are_no_hop_are_refused(void **state) {
    (void)state;
    const dumbbell of = write_dumbbell();
    static const struct {
        const char *method, *hop, *words;
    } wrong[] = {
        {"\"rate\":\"htst\"", "\"moves\":[{\"atom\":109,\"to\":[0.5,0.5,0.5]}]", "a number from 0 to 108"},
        {"\"rate\":\"htst\"", "\"moves\":[{\"atom\":1,\"to\":[0.5,0.5]}]", "must have 3"},
        {"\"rate\":\"htst\"", "\"moves\":[{\"atom\":1,\"to\":[0.3,0.3,0.1]},{\"atom\":1,\"to\":[0.2,0.3,0.1]}]",
         "moves already"},
        {"\"rate\":\"htst\"", "\"moves\":[{\"atom\":0,\"to\":[0,1,0]}]", "no atom moves"},
        {"\"rate\":\"htst\"", "\"moves\":[{\"atom\":0,\"to\":[0.5,0.5,0]}]", "half of the least height of the cell"},
        {"\"rate\":\"htst\"", "\"moves\":[]", "has 0 entries"},
        {"\"rate\":\"htst\"", "\"moves\":[{\"atom\":1,\"to\":[0.3,0.3,0.1]}],\"direction\":[1,0,0]",
         "no \"direction\""},
        {"\"rate\":\"htst\"", "\"moves\":[{\"atom\":1,\"to\":[0.3,0.3,0.1]}],\"vacancy\":\"first\"", "no \"vacancy\""},
        {"\"rate\":\"htst\",\"diffusivity\":\"htst\"", "\"moves\":[{\"atom\":1,\"to\":[0.3,0.3,0.1]}]",
         "is no diffusivity"},
        {"\"rate\":\"htst\"", "\"direction\":[1,0,0]", "hop.moves"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        femd_material *m = NULL;
        femd_error err = FEMD_ERROR_INIT;
        if (try_open(material(wrong[i].method, wrong[i].hop), &m, &err) == FEMD_OK) fail_msg("%zu was opened", i);
        if (!strstr(err.text, wrong[i].words)) fail_msg("%zu: %s", i, err.text);
    }
    char moves[200]; /* as far as half way and no state is there */
    snprintf(moves, sizeof moves, "\"moves\":[{\"atom\":%d,\"to\":%s}]", of.right, place(1.25, 1.25));
    const femd_request q = {.wants = FEMD_WANT_BARRIER};
    femd_response r;
    femd_error err = FEMD_ERROR_INIT;
    femd_material *m = open_material(material("\"barrier\":\"htst\"", moves));
    const femd_status rc = try_request(m, &q, NULL, &r, NULL, &err);
    print_message("%s\n", err.text);
    assert_int_not_equal(rc, FEMD_OK);
    if (!strstr(err.text, "hop.moves: no state is where they lead")) fail_msg("%s", err.text);
    femd_material_close(&m);
}

#define ARGON(moves)                                                                                                   \
    "{\"engine\":\"native\",\"method\":{\"stress\":\"statics\",\"rate\":\"htst\",\"barrier\":\"htst\"},"               \
    "\"structure\":{\"lattice\":\"fcc\",\"a\":\"5.27 angstrom\",\"species\":[\"Ar\"],\"masses\":[\"39.948 u\"],"       \
    "\"repeat\":[2,2,2],\"vacancies\":{\"positions\":[[0,0,0]]}},\"reference\":\"as-given\",\"potential\":{"           \
    "\"style\":\"lj\",\"epsilon\":\"10.32 meV\",\"sigma\":\"3.405 angstrom\",\"cutoff\":\"6.5 angstrom\"},"            \
    "\"hop\":{\"moves\":[" moves "]}}"
#define INTO  "{\"atom\":2,\"to\":[0,0,0]}"
#define AFTER "{\"atom\":16,\"to\":[0.25,0.25,0]}"

/* What rests between two hops may go elsewhere: there is no rate of both, however they are named. Heat that the rest
 * between them does not withstand makes them one way, and their highest saddle is that of the one. */
static void two_hops_in_a_row_have_no_rate(void **state) {
    (void)state;
    femd_request q = {.wants = FEMD_WANT_RATE | FEMD_WANT_BARRIER, .temperature = 40};
    femd_response one, r;
    femd_error err = FEMD_ERROR_INIT;
    femd_material *single = open_material(ARGON(INTO)), *both = open_material(ARGON(INTO "," AFTER));
    request(single, &q, NULL, &one, NULL);
    assert_true(!(one.notes & FEMD_NOTE_TWO_HUMPS));
    assert_int_equal(try_request(both, &q, NULL, &r, NULL, &err), FEMD_UNSUPPORTED);
    if (!strstr(err.text, "several hops, one after the other")) fail_msg("%s", err.text);
    q.wants = FEMD_WANT_BARRIER;
    request(both, &q, NULL, &r, NULL);
    assert_true(r.notes & FEMD_NOTE_TWO_HUMPS && fabs(r.barrier / one.barrier - 1) < 1e-6);
    q = (femd_request){.wants = FEMD_WANT_RATE, .temperature = 1.1 * one.barrier / 5 / FEMD_BOLTZMANN};
    request(both, &q, NULL, &r, NULL);
    assert_true(r.rate > 0 && r.notes & FEMD_NOTE_LOW_BARRIER);
    femd_material_close(&single);
    femd_material_close(&both);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dumbbell_goes_on_and_turns),
        cmocka_unit_test(moves_that_are_no_hop_are_refused),
        cmocka_unit_test(two_hops_in_a_row_have_no_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
