/* Lennard-Jones as it is smoothed by default: the constants of a crystal hardly feel where the cutoff lies among the
 * shells, four derivatives are continuous at it, harmonic tangents are those of the stresses, and what is changed is
 * told. */
#include "harmonic.h"

#define EPSILON 0.01032
#define SIGMA   3.405

/* A material of argon on a lattice; `more` are further members. */
static const char *argon(const char *style, const char *lattice, const char *repeat, double cutoff, const char *more) {
    static char text[1000];
    snprintf(text, sizeof text,
             "{\"engine\":\"native\",\"structure\":{%s,\"species\":[\"Ar\"],\"masses\":[\"39.948 u\"],\"repeat\":%s},"
             "\"potential\":{\"style\":\"%s\",\"epsilon\":\"10.32 meV\",\"sigma\":\"3.405 angstrom\",\"cutoff\":\"%.8g "
             "angstrom\"},\"reference\":\"as-given\"%s}",
             lattice, repeat, style, cutoff, more);
    return text;
}

#define FCC "\"lattice\":\"fcc\",\"a\":\"5.26 angstrom\""
#define HCP "\"lattice\":\"hcp\",\"a\":\"3.7194 angstrom\",\"c\":\"6.0738 angstrom\""

/* Cutoffs on, before, behind and between the shells at 6.442, 7.439, 8.317 and 9.111 angstrom. */
static void constants_do_not_depend_on_the_cutoff(void **state) {
    (void)state;
    static const double cutoff[] = {7.0, 7.2, 7.439, 7.6, 7.8, 8.0, 8.32, 8.5125, 8.8, 9.0};
    static const int of[3] = {0, 1, 21}; /* C11, C12, C44 */
    double least[3] = {HUGE_VAL, HUGE_VAL, HUGE_VAL}, most[3] = {0};
    for (size_t k = 0; k < sizeof cutoff / sizeof *cutoff; k++) {
        femd_material *m = open_material(argon("lj", FCC, "[1,1,1]", cutoff[k], ""));
        femd_response r;
        evaluate(m, ZERO, BASIC, NULL, &r, NULL);
        for (int c = 0; c < 3; c++) {
            least[c] = fmin(least[c], r.D[of[c]]);
            most[c] = fmax(most[c], r.D[of[c]]);
        }
        femd_material_close(&m);
    }
    for (int c = 0; c < 3; c++) {
        print_message("%s: %.4f to %.4f GPa\n", c == 0 ? "C11" : c == 1 ? "C12" : "C44", least[c] / GPA, most[c] / GPA);
        assert_true(most[c] - least[c] < 0.06 * least[c]);
    }
}

/* A crystal held at its sites, of which only the eight nearest neighbours are within the cutoff. */
static void the_formula_is_what_is_documented(void **state) {
    (void)state;
    const double cutoff = 8.0, side = 8.2, near = side * sqrt(3) / 2, h = 1e-3;
    femd_material *m = open_material(
        "{\"engine\":\"cauchy-born\",\"structure\":{\"lattice\":\"bcc\",\"a\":\"8.2 angstrom\",\"species\":[\"Ar\"]},"
        "\"potential\":{\"style\":\"lj\",\"epsilon\":\"10.32 meV\",\"sigma\":\"3.405 angstrom\",\"cutoff\":\"8 "
        "angstrom\"},\"reference\":\"as-given\"}");
    femd_response r;
    double f[5], D[2];
    for (int k = -2; k <= 2; k++) {
        const double q = near + k * h, s6 = pow(SIGMA / q, 6);
        f[k + 2] = 4 * EPSILON * (s6 * s6 - s6) * pow(1 - pow(q / cutoff, 10), 5);
    }
    const double first = (f[0] - 8 * f[1] + 8 * f[3] - f[4]) / (12 * h),
                 second = (-f[0] + 16 * f[1] - 30 * f[2] + 16 * f[3] - f[4]) / (12 * h * h),
                 S = 160.2176634 * GPA * 2 * first / (near * side),
                 D11 = 160.2176634 * GPA * (second - first / near) / (near * near) * side / 2;
    evaluate(m, ZERO, BASIC, NULL, &r, NULL);
    assert_true(fabs(r.S[0] - S) < 1e-7 * fabs(S));
    assert_true(fabs(r.D[0] - D11) < 1e-6 * fabs(D11));
    /* the second derivative falls like the third power of the distance to the cutoff: the fourth is continuous there */
    for (int k = 0; k < 2; k++) {
        const double to = (cutoff - (k ? 0.01 : 0.02)) / near, E = 0.5 * (to * to - 1);
        evaluate(m, (double[6]){E, E, E}, BASIC, NULL, &r, NULL);
        D[k] = r.D[0];
    }
    const double power = log(D[0] / D[1]) / log(2);
    print_message("second derivative near the cutoff: power %.3f\n", power);
    assert_true(power > 2.9 && power < 3.1);
    const double end = 0.5 * (cutoff * cutoff / near / near - 1) + 1e-9;
    evaluate(m, (double[6]){end, end, end}, BASIC, NULL, &r, NULL);
    assert_true(r.S[0] == 0 && r.D[0] == 0);
    femd_material_close(&m);
}

static void check_harmonic(const char *lattice, const char *repeat, double cutoff, double T) {
    femd_response r, fine;
    double S[6], D[36];
    femd_material *m = open_material(argon("lj", lattice, repeat, cutoff, ",\"method\":\"quasiharmonic\""));
    answer_at(m, ZERO, T, EVERYTHING, &r);
    differences(m, ZERO, T, 3e-4, S, D);
    femd_material_close(&m);
    m = open_material(
        argon("lj", lattice, repeat, cutoff, ",\"method\":\"quasiharmonic\",\"quasiharmonic\":{\"step\":0.0005}"));
    answer_at(m, ZERO, T, EVERYTHING, &fine);
    femd_material_close(&m);
    const double d = largest_difference(36, D, r.D) / largest(36, r.D),
                 step = largest_difference(36, fine.D, r.D) / largest(36, r.D);
    print_message("cutoff %g: D against differences %.1e, a quarter of the step %.1e; D11 %.4f, D44 %.4f GPa\n", cutoff,
                  d, step, r.D[0] / GPA, r.D[21] / GPA);
    assert_true(d < 2e-3 && step < 2e-3);
    assert_true(r.D[0] > 0 && r.D[21] > 0);
}

static void harmonic_tangents_are_those_of_the_stresses(void **state) {
    (void)state;
    check_harmonic(HCP, "[3,2,2]", 8.0, 40);
    check_harmonic(FCC, "[2,2,2]", 7.2, 40);
    check_harmonic(FCC, "[2,2,2]", 7.439, 40); /* a shell on the cutoff */
}

static double number_behind(const char *notes, const char *words) {
    const char *at = strstr(notes, words);
    if (!at) fail_msg("\"%s\" is not in \"%s\"", words, notes);
    return strtod(at + strlen(words), NULL);
}

static const char *argon_free(const char *style, double cutoff, double pressure) {
    static char text[1000];
    snprintf(text, sizeof text, "%s", argon(style, FCC, "[1,1,1]", cutoff, ""));
    char *reference = strstr(text, "\"as-given\"");
    snprintf(reference, sizeof text - (size_t)(reference - text), "{\"temperature\":0,\"pressure\":%.9g}}", pressure);
    return text;
}

/* C11 and stress of all of 12-6: up to 25 angstrom, what is beyond as a continuum. */
static void whole(const char *json, double *C11, double *C12, double *S, double *length) {
    femd_material *m = open_material(json);
    femd_response r;
    evaluate(m, ZERO, BASIC, NULL, &r, NULL);
    const double volume = femd_material_capabilities(m)->volume * 1e30, density = 4 / volume,
                 beyond = 160.2176634 * GPA * 2 * acos(-1) * density * density * 4 * EPSILON * pow(SIGMA, 6) /
                          (3 * 25.0 * 25.0 * 25.0);
    *C11 = r.D[0] - 48.0 / 5 * beyond;
    *C12 = r.D[1] - 48.0 / 15 * beyond;
    *S = r.S[0] + 2 * beyond;
    *length = cbrt(volume);
    femd_material_close(&m);
}

static void what_the_smoothing_changes_is_told(void **state) {
    (void)state;
    static const char *const style[2] = {"lj", "lj/cut"};
    double C11, C12, S, length, free11, free12, left;
    femd_response r;
    whole(argon("lj/cut", FCC, "[1,1,1]", 25, ""), &C11, &C12, &S, &length);
    whole(argon_free("lj/cut", 25, 0), &free11, &free12, &left, &length);
    whole(argon_free("lj/cut", 25, left), &free11, &free12, &left, &length);
    assert_true(fabs(left) < 1e-4 * free11);
    for (int k = 0; k < 2; k++) {
        femd_material *m = open_material(argon(style[k], FCC, "[3,3,3]", 7.6, ""));
        const char *notes = femd_material_notes(m);
        evaluate(m, ZERO, BASIC, NULL, &r, NULL);
        assert_true(fabs(number_behind(notes, "change C11 by ") - 100 * (r.D[0] / C11 - 1)) < 0.07);
        assert_true(fabs(number_behind(notes, "C12 and C44 by ") - 100 * (r.D[1] / C12 - 1)) < 0.07);
        assert_true(fabs(number_behind(notes, "the mean stress by ") - (r.S[0] - S) / GPA) < 0.001);
        femd_material_close(&m);
        m = open_material(argon_free(style[k], 7.6, 0));
        const double own = cbrt(femd_material_capabilities(m)->volume * 1e30);
        evaluate(m, ZERO, BASIC, NULL, &r, NULL);
        notes = strstr(femd_material_notes(m), "free of pressure");
        assert_non_null(notes);
        assert_true(fabs(number_behind(notes, "lengths by ") - 100 * (own / length - 1)) < 0.01);
        assert_true(fabs(number_behind(notes, "C11 by ") - 100 * (r.D[0] / free11 - 1)) < 0.1);
        femd_material_close(&m);
    }
    femd_material *m = open_material(argon("lj/cut", FCC, "[1,1,1]", 25, ""));
    if (strstr(femd_material_notes(m), "smoothing")) fail_msg("%s", femd_material_notes(m));
    femd_material_close(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constants_do_not_depend_on_the_cutoff),
        cmocka_unit_test(the_formula_is_what_is_documented),
        cmocka_unit_test(harmonic_tangents_are_those_of_the_stresses),
        cmocka_unit_test(what_the_smoothing_changes_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
