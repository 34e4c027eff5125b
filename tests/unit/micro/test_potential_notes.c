/* Remarks on tabulated and cut potentials: tables with breaks put in by hand, tables of LAMMPS whose breaks are known,
 * smooth ones. */
#include "atoms_fixture.h"

#include <math.h>
#include <string.h>

/* Densities in units of the middle of the table; distances in angstrom. Smooth but for what is planted in F at
 * density 1.2. */
typedef struct planted {
    double jump, kink; /* of F'' and of F''' */
    double digits;     /* rounding of every number, relative; 0: all digits */
    int knots;
    double wobble; /* of phi at r = 2.5, as a jump of its second derivative */
    double end;    /* of phi at the cutoff, in meV */
    double slope;  /* of phi there, in eV/angstrom */
    double left;   /* of rho there, over exp(-1.3 1.5) */
} planted;

static double rounded(const planted *p, double v) {
    return p->digits > 0 ? round(v / p->digits) * p->digits : v;
}

/* Without what is planted: F'' = 0.5 (x + 0.05)^-1.5 + 0.6, F''' = -0.75 (x + 0.05)^-2.5. */
static double embedding(const planted *p, double x) {
    const double over = x > 1.2 ? x - 1.2 : 0;
    return -2 * sqrt(x + 0.05) + 0.3 * x * x + p->jump * over * over / 2 + p->kink * over * over * over / 6;
}

static double tail(double r) {
    return r < 5 ? exp(1 / (r - 5.5)) : exp(1 / (r - 5.5)) * (r < 5.5);
}

static double pair(const planted *p, double r) {
    const double under = r < 2.5 ? 2.5 - r : 0;
    return (40 * exp(-2.2 * r) - 0.8 * exp(-0.9 * r)) * tail(r) + p->wobble * under * under / 2;
}

static void remarks(const planted *p, const char *interpolation, char *notes, size_t size) {
    const int n = p->knots;
    const double drho = 2.0 / (n - 1), dr = 5.5 / (n - 1);
    char *text = malloc((size_t)n * 3 * 26 + 400), json[200];
    int at = sprintf(text, "c\nc\nc\n1 Xx\n%d %.17g %d %.17g 5.5\n29 63.5 3.6 fcc\n", n, drho, n, dr);
    for (int k = 0; k < n; k++) at += sprintf(text + at, "%.17g\n", rounded(p, embedding(p, k * drho)));
    for (int k = 0; k < n; k++)
        at += sprintf(text + at, "%.17g\n",
                      (k < n - 1 ? rounded(p, exp(-1.3 * k * dr) * tail(k * dr)) : 0.0) + p->left * exp(-1.3 * 1.5));
    for (int k = 0; k < n; k++)
        at += sprintf(text + at, "%.17g\n",
                      (k < n - 1 ? rounded(p, k * dr * pair(p, k * dr)) : 0.0) +
                          k * dr * (1e-3 * p->end + p->slope * (k - n + 1) * dr));
    femd_error err = FEMD_ERROR_INIT;
    femd_json doc = FEMD_JSON_INIT;
    femd_potential *q;
    femd_pack pack = {"", 1, {{"x", {text, (size_t)at}}}};
    const char species[1][8] = {"Xx"};
    snprintf(json, sizeof json, "{\"style\": \"eam/alloy\", \"file\": \"x\", \"interpolation\": \"%s\"}",
             interpolation);
    assert_int_equal(femd_json_parse(json, strlen(json), "test", &doc, &err), FEMD_OK);
    if (femd_potential_create(&doc, doc.root, &pack, species, 1, &q, &err) != FEMD_OK) fail_msg("%s", err.text);
    snprintf(notes, size, "%s", femd_potential_notes(q));
    femd_potential_destroy(&q);
    femd_json_clear(&doc);
    free(text);
}

/* The number after `words`; fails if they are not there. */
static double number_after(const char *notes, const char *words) {
    const char *at = strstr(notes, words);
    if (!at) fail_msg("\"%s\" is not in \"%s\"", words, notes);
    return strtod(at + strlen(words), NULL);
}

static void a_smooth_table_gets_no_remark(void **state) {
    (void)state;
    static const int knots[] = {500, 1000, 3000, 10001};
    for (size_t k = 0; k < sizeof knots / sizeof *knots; k++) {
        const planted none = {.knots = knots[k]};
        char notes[1600];
        remarks(&none, "smooth", notes, sizeof notes);
        assert_string_equal(notes, "");
    }
}

static void a_planted_jump_is_found_where_it_is(void **state) {
    (void)state;
    const planted p = {.knots = 2000, .jump = 0.3};
    char notes[1600];
    remarks(&p, "smooth", notes, sizeof notes);
    assert_true(fabs(number_after(notes, "F'' of Xx jumps at density ") - 1.2) < 2 * 2.0 / 1999);
    const double size = 0.3 / (0.5 * pow(1.25, -1.5) + 0.6 + 0.15); /* F'' of both sides, mean */
    assert_true(fabs(number_after(strstr(notes, "jumps"), " by ") / (100 * size) - 1) < 0.1);
    assert_null(strstr(notes, "kink"));
    assert_null(strchr(notes, '\n'));
}

static void a_planted_kink_is_found_where_it_is(void **state) {
    (void)state;
    const planted p = {.knots = 5000, .kink = -0.5};
    char notes[1600];
    remarks(&p, "smooth", notes, sizeof notes);
    assert_true(fabs(number_after(notes, "F'' of Xx has a kink at density ") - 1.2) < 2 * 2.0 / 4999);
    const double size = 0.5 / (0.75 * pow(1.25, -2.5) + 0.25); /* |F'''| of both sides, mean */
    assert_true(fabs(number_after(notes, "F''' jumps by ") / (100 * size) - 1) < 0.1);
    assert_null(strchr(notes, '\n'));
}

static void a_broken_pair_function_is_found(void **state) {
    (void)state;
    const planted p = {.knots = 3000, .wobble = 0.2};
    char notes[1600];
    remarks(&p, "smooth", notes, sizeof notes);
    assert_true(fabs(number_after(notes, "phi'' of Xx-Xx jumps at r = ") - 2.5) < 2 * 5.5 / 2999);
}

static void too_few_digits_are_found(void **state) {
    (void)state;
    const planted p = {.knots = 10001, .digits = 1e-10};
    char notes[1600];
    remarks(&p, "smooth", notes, sizeof notes);
    assert_non_null(strstr(notes, "scatters by"));
}

static void coarse_knots_are_found(void **state) {
    (void)state;
    const planted coarse = {.knots = 300}, fine = {.knots = 3000};
    char notes[1600];
    remarks(&coarse, "auto", notes, sizeof notes);
    assert_true(number_after(notes, "a smooth refit would change forces by ") > 1e-8);
    const char *rho = strstr(notes, "F'', rho'' and phi'' jump, typically by ");
    assert_non_null(rho);
    const double rough = number_after(rho, ", typically by 5e-07, ");
    remarks(&fine, "lammps", notes, sizeof notes); /* F has no jumps any more that anybody could see */
    const double even =
        number_after(notes, "interpolated as LAMMPS does: at the knots rho'' and phi'' jump, typically by ");
    assert_true(rough / even > 100);     /* the cubic's second derivative errs by the third power of the spacing */
    assert_null(strstr(notes, "refit")); /* not tried */
    remarks(&(planted){.knots = 12000}, "lammps", notes, sizeof notes); /* digits of F alone */
    assert_non_null(
        strstr(notes, "interpolated as LAMMPS does: at the knots F'' jumps, typically by 3e-09 of its size"));
    remarks(&(planted){.knots = 60}, "lammps", notes, sizeof notes);
    assert_non_null(strstr(notes, "interpolated as LAMMPS does: at the knots second derivatives jump"));
    assert_non_null(strstr(notes, "too few to say by how much"));
    remarks(&(planted){.knots = 12}, "smooth", notes, sizeof notes);
    assert_non_null(
        strstr(notes, "the knots of F, rho, phi are too few to tell a smooth function from one that jumps"));
    remarks(&fine, "smooth", notes, sizeof notes);
    assert_null(strstr(notes, "too few"));
}

static void of_file(const char *style, const char *file, const char *species, const char *interpolation, char *notes,
                    size_t size) {
    char json[400];
    atoms a;
    snprintf(json, sizeof json,
             "{\"structure\": {\"lattice\": \"fcc\", \"a\": \"4 angstrom\", \"species\": [\"%s\"]}, \"potential\": "
             "{\"style\": \"%s\", \"file\": \"%s\","
             " \"interpolation\": \"%s\"}}",
             species, style, file, interpolation);
    atoms_open(&a, json, 0.3);
    snprintf(notes, size, "%s", femd_potential_notes(a.p));
    atoms_close(&a);
}

static void tables_of_lammps_are_judged(void **state) {
    (void)state;
    char notes[1600];
    of_file("eam/alloy", "Cu_mishin1.eam.alloy", "Cu", "auto", notes, sizeof notes);
    assert_true(fabs(number_after(notes, "F'' of Cu has a kink at density ") - 1) <
                3e-4); /* two pieces that meet there: Mishin et al. 2001 */
    assert_null(strchr(notes, '\n'));
    of_file("eam/alloy", "Al_zhou.eam.alloy", "Al", "auto", notes, sizeof notes);
    assert_non_null(strstr(
        notes,
        "F'' of Al jumps at density 23.2")); /* 1.15 of its own equilibrium density, the other piece ends at 0.85 */
    of_file("eam", "Cu_u3.eam", "Cu", "auto", notes, sizeof notes);
    assert_non_null(strstr(notes, "F'' of Cu jumps at density 0.084"));
    assert_non_null(strstr(notes, "interpolated as LAMMPS does"));
    of_file("eam/fs", "Al_mm.eam.fs", "Al", "smooth", notes, sizeof notes);
    assert_true(fabs(number_after(notes, "phi'' of Al-Al jumps at r = ") - 2.3) < 2e-3);
    assert_non_null(strstr(notes, "phi'' of Al-Al scatters"));
}

static void a_table_that_does_not_end_at_zero_is_told(void **state) {
    (void)state;
    char notes[2000];
    remarks(&(planted){.knots = 2000, .end = -1.24}, "auto", notes, sizeof notes);
    if (!strstr(notes, "phi of Xx-Xx ends at -1.24 meV at the cutoff of 5.5 angstrom")) fail_msg("%s", notes);
    remarks(&(planted){.knots = 2000, .slope = 0.004}, "auto", notes, sizeof notes);
    if (!strstr(notes, "phi' of Xx-Xx ends at 0.004 eV/angstrom")) fail_msg("%s", notes);
    remarks(&(planted){.knots = 2000, .left = 1e-3}, "auto", notes, sizeof notes);
    if (!strstr(notes, "rho of Xx ends at 0.0013 of its largest value")) fail_msg("%s", notes);
    remarks(&(planted){.knots = 2000, .end = 1e-3, .slope = 1e-4, .left = 1e-6}, "auto", notes, sizeof notes);
    if (strstr(notes, "ends at")) fail_msg("%s", notes);
}

static void a_cut_force_is_told(void **state) {
    (void)state;
    static const char *const style[2] = {"lj/cut", "lj"};
    for (int k = 0; k < 2; k++) {
        char json[300];
        atoms a;
        snprintf(json, sizeof json,
                 "{\"structure\": {\"lattice\": \"fcc\", \"a\": \"5.3 angstrom\", \"species\": [\"Ar\"]}, "
                 "\"potential\": {\"style\": \"%s\","
                 " \"epsilon\": \"0.01 eV\", \"sigma\": \"3.4 angstrom\", \"cutoff\": \"6.8 angstrom\"}}",
                 style[k]);
        atoms_open(&a, json, 0.3);
        if (k == 0) {
            const double force = 24 * 0.01 / 6.8 * (1 / 64.0 - 2 / 4096.0); /* 24 eps/r (s6 - 2 s12), r = 2 sigma */
            assert_true(fabs(number_after(femd_potential_notes(a.p), "the force of Ar-Ar jumps by ") / force - 1) <
                        0.03);
        } else {
            assert_string_equal(femd_potential_notes(a.p), "");
        }
        atoms_close(&a);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_smooth_table_gets_no_remark),
        cmocka_unit_test(a_planted_jump_is_found_where_it_is),
        cmocka_unit_test(a_planted_kink_is_found_where_it_is),
        cmocka_unit_test(a_broken_pair_function_is_found),
        cmocka_unit_test(too_few_digits_are_found),
        cmocka_unit_test(coarse_knots_are_found),
        cmocka_unit_test(tables_of_lammps_are_judged),
        cmocka_unit_test(a_table_that_does_not_end_at_zero_is_told),
        cmocka_unit_test(a_cut_force_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
