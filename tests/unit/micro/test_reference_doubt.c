/* What the search for a reference at a temperature knows of its own doubt reaches every answer that rests on it. */
#include "engine/reference_sampled.h"
#include "harmonic.h"
#include "native_open.h"

/* A method whose stress is known: K (a - a*)/a* along each axis, a* a little more than the lattice constant at rest.
 * Its tangent is `stiffer` times too stiff, so that each step leaves 1 - 1/stiffer of the stress. */
static struct {
    double wanted, stiffer, error[6], most; /* angstrom, -, Pa */
    double pressure;                        /* Pa: of the reference */
    uint32_t notes;
    int looks;
} made_up;
enum { K = 4 }; /* GPa */

static femd_status made_up_create(femd_native *native, const femd_json *doc, void **self, femd_error *err) {
    (void)native, (void)doc, (void)err;
    *self = &made_up;
    return FEMD_OK;
}

static void made_up_destroy(void **self) {
    *self = NULL;
}

static femd_status made_up_strain(void *self, femd_native *native, const femd_conditions *q, const double E[6],
                                  double S[6], double D[36], femd_error *err) {
    (void)self, (void)q, (void)E, (void)err;
    memset(S, 0, 6 * sizeof *S);
    memset(D, 0, 36 * sizeof *D);
    for (int c = 0; c < 6; c++) {
        if (c < 3) S[c] = K * GPA * (native->rve.h0[4 * c] / made_up.wanted - 1);
        D[7 * c] = made_up.stiffer * K * GPA;
    }
    made_up.most = S[0];
    made_up.looks++;
    return FEMD_OK;
}

static femd_status made_up_answer(void *self, femd_native *native, const femd_conditions *q, const femd_bytes *carried,
                                  femd_response *r, femd_buffer *carry, femd_error *err) {
    (void)self, (void)native, (void)q, (void)carried, (void)carry, (void)err;
    memcpy(r->S_err, made_up.error, sizeof r->S_err);
    r->notes = made_up.notes;
    return FEMD_OK;
}

static const femd_method femd_method_made_up = {.name = "made-up",
                                                .create = made_up_create,
                                                .destroy = made_up_destroy,
                                                .strain = made_up_strain,
                                                .answer = made_up_answer};

/* Search for it; native's doubts. */
static uint32_t searched(double stiffer, double error, uint32_t notes, femd_status expected, char words[2900]) {
    const femd_reference ref = {.temperature = 40, .accuracy = 0.02, .pressure = made_up.pressure};
    femd_json doc = FEMD_JSON_INIT;
    femd_error err = FEMD_ERROR_INIT;
    femd_native *native = native_open(ARGON("\"md\"", "", ""));
    made_up.wanted = native->rve.h0[0] * 1.01;
    made_up.stiffer = stiffer, made_up.notes = notes, made_up.looks = 0;
    for (int c = 0; c < 6; c++) made_up.error[c] = error;
    const femd_status rc = femd_reference_sample(&ref, native, &doc, &femd_method_made_up, &err);
    if (rc != expected) fail_msg("%d: %s", rc, err.text);
    snprintf(words, 2900, "%s", rc == FEMD_OK ? native->notes : err.text);
    const uint32_t doubts = native->doubts;
    femd_native_destroy(&native);
    return doubts;
}

static void a_search_that_ends_within_its_errors_says_no_more(void **state) {
    (void)state;
    char words[2900];
    assert_int_equal(searched(1, 1e4, 0, FEMD_OK, words), 0);
    assert_true(strstr(words, "is sampled") && !strstr(words, "still") && !strstr(words, "rests on"));
    assert_true(made_up.looks < 12 && fabs(made_up.most) <= 3e4);
}

/* 40 MPa, of which a third goes in each step: within the 0.8 MPa allowed after eleven looks, and within three standard
 * errors of 10 kPa after 19. */
static void what_is_allowed_but_surely_off_is_looked_at_longer(void **state) {
    (void)state;
    char words[2900];
    assert_int_equal(searched(3, 1e4, 0, FEMD_OK, words), 0);
    assert_true(!strstr(words, "still") && made_up.looks > 12 && made_up.looks < 24 && fabs(made_up.most) <= 3e4);
}

static void what_stays_surely_off_is_told_and_noted(void **state) {
    (void)state;
    char words[2900];
    assert_int_equal(searched(3, 1e2, 0, FEMD_OK, words), FEMD_NOTE_ACCURACY_NOT_REACHED);
    assert_true(strstr(words, "standard errors off after 24 looks") && made_up.looks == 24);
    assert_non_null(strstr(words, "every answer carries what the reference at 40 K rests on: accuracy-not-reached"));
}

/* Each component by its own error: one that is known worse excuses none that is known better. */
static void errors_of_other_components_excuse_nothing(void **state) {
    (void)state;
    char words[2900];
    const femd_reference ref = {.temperature = 40, .accuracy = 0.02};
    femd_json doc = FEMD_JSON_INIT;
    femd_error err = FEMD_ERROR_INIT;
    femd_native *native = native_open(ARGON("\"md\"", "", ""));
    made_up.wanted = native->rve.h0[0] * 1.01;
    made_up.stiffer = 3, made_up.notes = made_up.looks = 0;
    for (int c = 0; c < 6; c++) made_up.error[c] = c == 3 ? 1e6 : 1e2;
    assert_int_equal(femd_reference_sample(&ref, native, &doc, &femd_method_made_up, &err), FEMD_OK);
    snprintf(words, sizeof words, "%s", native->notes);
    assert_non_null(strstr(words, "standard errors off"));
    femd_native_destroy(&native);
}

static void what_is_not_within_ends_as_before(void **state) {
    (void)state;
    char words[2900];
    (void)searched(10, 1e4, 0, FEMD_BAD_INPUT, words);
    assert_true(strstr(words, "after 12 steps") && strstr(words, "reference.accuracy") && made_up.looks == 12);
}

static void notes_of_the_sampling_are_kept(void **state) {
    (void)state;
    char words[2900];
    const uint32_t notes = FEMD_NOTE_NOT_SOLID | FEMD_NOTE_NOT_ERGODIC;
    assert_int_equal(searched(1, 1e4, notes, FEMD_OK, words), notes);
    assert_non_null(strstr(words, "rests on: not-ergodic, not-solid"));
}

/* ---- through the engine ---- */

/* Nickel whose table moves a harmonic stress of 300 K by more than is passed over, asked at 1 K where it moves nothing.
 */
#define NICKEL(reference)                                                                                              \
    "{\"engine\":\"native\",\"method\":\"quasiharmonic\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"3.52 angstrom\","  \
    "\"species\":[\"Ni\"],\"repeat\":[2,2,2]},\"potential\":{\"style\":\"eam\",\"file\":\"Ni_u3.eam\"},"               \
    "\"quasiharmonic\":{\"force_constants\":\"rest\"},\"reference\":{\"temperature\":" reference "}}"

static uint32_t noted_at_1K(const char *json, char words[2900]) {
    femd_material *m = open_material(json);
    femd_response r;
    answer_at(m, STRAIN, 1, FEMD_WANT_STRESS, &r);
    snprintf(words, 2900, "%s", femd_material_notes(m));
    femd_material_close(&m);
    return r.notes;
}

static void every_answer_carries_the_doubt_of_its_reference(void **state) {
    (void)state;
    char words[2900];
    assert_int_equal(noted_at_1K(NICKEL("1"), words), 0);
    assert_null(strstr(words, "rests on"));
    assert_int_equal(noted_at_1K(NICKEL("300"), words), FEMD_NOTE_ROUGH_POTENTIAL);
    assert_non_null(strstr(words, "every answer carries what the reference at 300 K rests on: rough-potential"));
}

static void the_pressure_is_met(void **state) {
    (void)state;
    char words[2900];
    made_up.pressure = 0.1 * GPA;
    (void)searched(1, 1e4, 0, FEMD_OK, words);
    made_up.pressure = 0;
    assert_true(made_up.looks < 12 && fabs(made_up.most + 0.1 * GPA) <= 3e4);
    double told[6] = {1, 1, 1, 1, 1, 1}, error[6] = {0}; /* MPa */
    const char *at = strstr(words, "S(E = 0) + 100 MPa I =");
    assert_non_null(at);
    assert_int_equal(
        sscanf(at, "S(E = 0) + 100 MPa I = %lf %lf %lf %lf %lf %lf MPa, standard errors %lf %lf %lf %lf %lf %lf MPa",
               &told[0], &told[1], &told[2], &told[3], &told[4], &told[5], &error[0], &error[1], &error[2], &error[3],
               &error[4], &error[5]),
        12);
    for (int c = 0; c < 6; c++) assert_true(fabs(told[c]) <= 0.03 && error[c] == 0.01);
}

/* A stress that jumps by so much (Pa) from cell to cell, as harmonic ones of rough tables do. */
static femd_status rough_strain(void *user, femd_native *native, double temperature, double S[6], double D[36],
                                femd_error *err) {
    const double *jump = user;
    (void)temperature;
    FEMD_TRY(made_up_strain(&made_up, native, NULL, NULL, S, D, err));
    for (int c = 0; c < 3; c++) S[c] += made_up.looks % 2 ? *jump : -0.6 * *jump;
    return FEMD_OK;
}

static femd_status heated(double jump, char words[2900]) {
    const femd_reference ref = {.temperature = 40};
    femd_error err = FEMD_ERROR_INIT;
    femd_native *native = native_open(ARGON("\"quasiharmonic\"", "", ""));
    made_up.wanted = native->rve.h0[0] * 1.01;
    made_up.stiffer = 1, made_up.looks = 0;
    const femd_status rc = femd_reference_heat(&ref, native, rough_strain, &jump, &err);
    snprintf(words, 2900, "%s", rc == FEMD_OK ? native->notes : err.text);
    femd_native_destroy(&native);
    return rc;
}

/* Stiffness 4 GPa. */
static void a_rough_stress_ends_near_the_reference_and_says_so(void **state) {
    (void)state;
    char words[2900];
    assert_int_equal(heated(0, words), FEMD_OK);
    assert_null(strstr(words, "leaves"));
    assert_int_equal(heated(5, words), FEMD_OK); /* as round-off */
    assert_null(strstr(words, "leaves"));
    assert_int_equal(heated(2e3, words), FEMD_OK);
    if (!strstr(words, "the reference at 40 K leaves S(E = 0) + 0 MPa I within 0.0032 MPa: the potential is too rough"))
        fail_msg("%s", words);
    assert_true(made_up.looks < 12);
    assert_int_equal(heated(1e4, words), FEMD_BAD_INPUT);
    if (!strstr(words, "in 40 steps (1.6e+04 Pa left); the method \"md\" samples it")) fail_msg("%s", words);
}

/* What a stress has along a direction without stiffness, here a shear with a stretch, is taken off, and no more. */
static void what_nothing_carries_is_taken_off(void **state) {
    (void)state;
    static const double soft[6] = {0.6, 0, 0, 0, 0.8 * M_SQRT1_2, 0}; /* a unit strain; its shear as in Voigt's order */
    double mandel[36], D[36];
    struct {
        double S[6], after;
    } got = {{1, -2, 3, -4, 5, -6}, 7};
    const double before[6] = {1, -2, 3, -4, 5, -6};
    for (int r = 0; r < 6; r++)
        for (int c = 0; c < 6; c++) {
            const double nr = soft[r] * (r < 3 ? 1 : M_SQRT2), nc = soft[c] * (c < 3 ? 1 : M_SQRT2);
            mandel[6 * r + c] = 1e11 * ((r == c) - nr * nc);
            D[6 * r + c] = mandel[6 * r + c] / ((r < 3 ? 1 : M_SQRT2) * (c < 3 ? 1 : M_SQRT2));
        }
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(femd_reference_carried(D, got.S, &err), FEMD_OK);
    double work = 0;
    for (int c = 0; c < 6; c++) work += (c < 3 ? 1 : 2) * soft[c] * before[c];
    for (int c = 0; c < 6; c++) assert_true(fabs(got.S[c] - (before[c] - work * soft[c])) < 1e-14 * 10);
    assert_true(got.after == 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_search_that_ends_within_its_errors_says_no_more),
        cmocka_unit_test(what_is_allowed_but_surely_off_is_looked_at_longer),
        cmocka_unit_test(what_stays_surely_off_is_told_and_noted),
        cmocka_unit_test(errors_of_other_components_excuse_nothing),
        cmocka_unit_test(what_is_not_within_ends_as_before),
        cmocka_unit_test(notes_of_the_sampling_are_kept),
        cmocka_unit_test(the_pressure_is_met),
        cmocka_unit_test(every_answer_carries_the_doubt_of_its_reference),
        cmocka_unit_test(a_rough_stress_ends_near_the_reference_and_says_so),
        cmocka_unit_test(what_nothing_carries_is_taken_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
