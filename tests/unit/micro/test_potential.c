/* Potentials against closed forms and published figures, splines against what they must reproduce, and words for wrong
 * files. */
#include "atoms_fixture.h"

#include <math.h>
#include <unistd.h>

#include "numerics/spline.h"
#include "potentials/potential_eam.h"

static double volume(const double c[9]) {
    return c[0] * (c[4] * c[8] - c[5] * c[7]) - c[1] * (c[3] * c[8] - c[5] * c[6]) + c[2] * (c[3] * c[7] - c[4] * c[6]);
}

/* Energy per atom, pressure-like tau/V and B/V of a perfect crystal. */
static void perfect(const char *json, double *energy, double tau[6], double C[36]) {
    femd_error err = FEMD_ERROR_INIT;
    atoms a;
    atoms_open(&a, json, 0.3);
    assert_int_equal(femd_energetics_forces(a.e, a.nb, a.s.cell, a.s.x, energy, NULL, tau, &err), FEMD_OK);
    assert_int_equal(femd_energetics_hessian(a.e, a.nb, a.s.cell, a.s.x, NULL, NULL, C, &err), FEMD_OK);
    *energy /= a.s.natoms;
    for (int k = 0; k < 6; k++) tau[k] /= volume(a.s.cell);
    for (int k = 0; k < 36; k++) C[k] /= volume(a.s.cell);
    atoms_close(&a);
}

static void nearest_neighbour_lennard_jones_is_exact(void **state) {
    double W, tau[6], C[36], unit; /* epsilon = 0.01 eV, sigma = 1 angstrom; r0 = 2^(1/6), a = sqrt(2) r0 = 2^(2/3) */
    char json[512];
    (void)state;
    snprintf(json, sizeof json,
             "{\"structure\": {\"lattice\": \"fcc\", \"a\": %.17ge-10, \"species\": [\"X\"]}, \"potential\": "
             "{\"style\": \"lj/cut\","
             " \"epsilon\": \"0.01 eV\", \"sigma\": \"1 angstrom\", \"cutoff\": \"1.3 angstrom\"}}",
             cbrt(4.0));
    perfect(json, &W, tau, C);
    unit = 0.01;
    assert_true(fabs(W / unit + 6.0) < 1e-12);
    assert_true(largest(tau, 6) / unit < 1e-11);
    assert_true(fabs(C[0] / unit - 72.0) < 1e-10 && fabs(C[1] / unit - 36.0) < 1e-10 &&
                fabs(C[21] / unit - 36.0) < 1e-10);
    assert_true(fabs(C[3]) / unit < 1e-10 && fabs(C[22]) / unit < 1e-10);
}

static void mishin_copper_has_its_published_constants(void **state) {
    double W, tau[6], C[36], gpa = FEMD_EV_PER_A3 / 1e9;
    (void)state;
    for (int lammps = 0; lammps < 2; lammps++) {
        char json[512];
        snprintf(json, sizeof json,
                 "{\"structure\": {\"lattice\": \"fcc\", \"a\": \"3.615 angstrom\", \"species\": [\"Cu\"], \"orient\": "
                 "[[1,1,0],[-1,1,0],[0,0,1]]},"
                 " \"potential\": {\"style\": \"eam/alloy\", \"file\": \"Cu_mishin1.eam.alloy\", \"interpolation\": "
                 "\"%s\"}}",
                 lammps ? "lammps" : "auto");
        perfect(json, &W, tau, C);
        assert_true(fabs(W + 3.54) < 3e-4);
        assert_true(largest(tau, 6) * gpa < 0.02);
        assert_true(fabs(C[14] * gpa - 169.9) < 0.1); /* 33: along [001] */
        assert_true(fabs(C[2] * gpa - 122.6) < 0.1);
        assert_true(fabs(C[21] * gpa - 76.2) < 0.1);
        assert_true(fabs(C[0] - (C[14] + C[2] + 2.0 * C[21]) / 2.0) * gpa < 1e-6); /* along [110] */
    }
}

/* Balamane et al., Phys. Rev. B 46 (1992) 2250; LAMMPS gives -4.33660. */
static void silicon_has_its_cohesive_energy(void **state) {
    double W, tau[6], C[36], gpa = FEMD_EV_PER_A3 / 1e9;
    (void)state;
    perfect("{\"structure\": {\"lattice\": \"diamond\", \"a\": \"5.43095 angstrom\", \"species\": [\"Si\"]}, "
            "\"potential\": {\"style\": \"sw\", \"file\": \"Si.sw\"}}",
            &W, tau, C);
    assert_true(fabs(W + 4.336600) < 1e-6);
    assert_true(largest(tau, 6) * gpa < 1e-4);
    assert_true(fabs(C[21] * gpa - 109.756) < 1e-3); /* inner displacement frozen */
}

static void try_sw(const char *name, const char *text, const char *species, const char *words) {
    femd_error err = FEMD_ERROR_INIT;
    char json[512];
    atoms a;
    FILE *f = fopen(name, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    snprintf(json, sizeof json,
             "{\"structure\": {\"lattice\": \"diamond\", \"a\": \"5.4 angstrom\", \"species\": %s}, \"potential\": "
             "{\"style\": \"sw\", \"file\": \"%s\"}}",
             species, name);
    femd_status rc = atoms_try(&a, json, 0.5, &err);
    atoms_close(&a);
    remove(name);
    if (!words) {
        if (rc != FEMD_OK) fail_msg("%s", err.text);
        return;
    }
    assert_int_not_equal(rc, FEMD_OK);
    if (!strstr(err.text, words)) fail_msg("\"%s\" has no \"%s\"", err.text, words);
}

/* tol cuts the range where the exponentials are that small, as in LAMMPS: a sigma + min(gamma, 1) sigma / ln tol. */
static void tol_shortens_the_range(void **state) {
    static const char *const tails[] = {"1.20 -0.333333333333 7.049556277 0.6022245584 4.0 0.0 0.0",
                                        "1.20 -0.333333333333 7.049556277 0.6022245584 4.0 0.0 0.005",
                                        "0.90 -0.333333333333 7.049556277 0.6022245584 4.0 0.0 0.5"};
    const double want[] = {1.8 * 2.0951, 1.8 * 2.0951 + 2.0951 / log(0.005), 1.8 * 2.0951 + 0.9 * 2.0951 / log(0.01)};
    char name[] = "/tmp/femd-sw-XXXXXX";
    int file = mkstemp(name);
    (void)state;
    assert_true(file >= 0);
    close(file);
    for (int k = 0; k < 3; k++) {
        femd_error err = FEMD_ERROR_INIT;
        char json[512];
        atoms a;
        FILE *f = fopen(name, "w");
        assert_non_null(f);
        fprintf(f, "Si Si Si 2.1683 2.0951 1.80 21.0 %s\n", tails[k]);
        fclose(f);
        snprintf(json, sizeof json,
                 "{\"structure\": {\"lattice\": \"diamond\", \"a\": \"5.4 angstrom\", \"species\": [\"Si\"]}, "
                 "\"potential\": {\"style\": \"sw\", \"file\": \"%s\"}}",
                 name);
        if (atoms_try(&a, json, 0.5, &err) != FEMD_OK) fail_msg("%s", err.text);
        assert_true(fabs(femd_potential_cutoff(a.p) - want[k]) < 1e-12);
        atoms_close(&a);
    }
    remove(name);
}

#define SI      " 2.1683 2.0951 1.80 21.0 1.20 -0.333333333333 7.049556277 0.6022245584 4.0 0.0 0.0\n"
#define SI_TAIL " 2.1683 2.0951 1.80 21.0 1.20 -0.333333333333 7.049556277 0.6022245584 "

static void a_wrong_stillinger_weber_file_is_refused_with_words(void **state) {
    char name[] = "/tmp/femd-sw-XXXXXX";
    int file = mkstemp(name);
    (void)state;
    assert_true(file >= 0);
    close(file);
    try_sw(name, "Si Si Si" SI, "[\"Si\"]", NULL);
    try_sw(name, "# a comment, UNITS: metal\nSi Si # on the way\n Si" SI, "[\"Si\"]", NULL);
    try_sw(name, "# DATE UNITS: real\nSi Si Si" SI, "[\"Si\"]", "units");
    try_sw(name, "Si Si Si" SI "Si Si Si" SI, "[\"Si\"]", "second entry for Si Si Si");
    try_sw(name, "Si Si Si" SI_TAIL "4.0 zero 0.0\n", "[\"Si\"]", "\"zero\" where q is expected");
    try_sw(name, "Si Si Si" SI_TAIL "4.0\n", "[\"Si\"]", "the file ends where q");
    try_sw(name, "Si Si Si" SI_TAIL "4.5 0.0 0.0\n", "[\"Si\"]", "p is 4.5; whole numbers");
    try_sw(name, "Si Si Si" SI, "[\"Si\", \"Ge\"]", "no entry for Si Si Ge");
    try_sw(name,
           "Si Si Si" SI "Ge Ge Ge" SI "Si Si Ge" SI "Si Ge Si" SI "Ge Ge Si" SI "Ge Si Ge" SI "Si Ge Ge" SI
           "Ge Si Si 2.0 2.0951 1.80 21.0 1.20 -0.333333333333 7.049556277 0.6022245584 4.0 0.0 0.0\n",
           "[\"Si\", \"Ge\"]", "the pair needs one value");
    try_sw(name,
           "Si Si Si" SI "Ge Ge Ge" SI "Si Si Ge" SI
           "Si Ge Si 2.1683 2.0951 1.80 20.0 1.20 -0.333333333333 7.049556277 0.6022245584 4.0 0.0 0.0\n"
           "Ge Ge Si" SI "Ge Si Ge" SI "Si Ge Ge" SI "Ge Si Si" SI,
           "[\"Si\", \"Ge\"]", "differ in lambda epsilon");
    try_sw(name, "Si Si Si 2.1683 2.0951 0.0 21.0 1.20 -0.333333333333 7.049556277 0.6022245584 4.0 0.0 0.0\n",
           "[\"Si\"]", "no pair of these species interacts");
}

/* 0.05 of the smallest sigma, whichever pair has it. */
static void atoms_may_come_as_near_as_the_smallest_pair_allows(void **state) {
    (void)state;
    static const char *const sigmas[3][3] = {
        {"2", "3", "3"}, {"3", "3", "2"}, {"3", "2", "3"}}; /* Si-Si, Ge-Ge, Si-Ge */
    char name[] = "/tmp/femd-sw-XXXXXX";
    const int file = mkstemp(name);
    assert_true(file >= 0);
    close(file);
    for (int k = 0; k < 3; k++) {
        char json[512];
        atoms a;
        FILE *f = fopen(name, "w");
        assert_non_null(f);
        for (int t = 0; t < 8; t++) {
            const int one = t >> 2, two = t >> 1 & 1, three = t & 1;
            fprintf(f,
                    "%s %s %s 2.1683 %s"
                    " 1.80 21.0 1.20 -0.333333333333 7.049556277 0.6022245584 4.0 0.0 0.0\n",
                    one ? "Ge" : "Si", two ? "Ge" : "Si", three ? "Ge" : "Si", sigmas[k][one != two ? 2 : one]);
        }
        fclose(f);
        snprintf(json, sizeof json,
                 "{\"structure\": {\"lattice\": \"diamond\", \"a\": \"5.4 angstrom\", \"species\": [\"Si\", \"Ge\"]}, "
                 "\"potential\": {\"style\": \"sw\", \"file\": \"%s\"}}",
                 name);
        atoms_open(&a, json, 0.5);
        assert_true(fabs(a.p->nearest_sq - 0.01) < 1e-15);
        atoms_close(&a);
    }
    remove(name);
}

static void smoothed_lennard_jones_ends_without_a_jump(void **state) {
    femd_error err = FEMD_ERROR_INIT;
    double H[36], f[6], W, tau[6];
    atoms a;
    (void)state;
    atoms_open(&a,
               "{\"structure\": {\"lattice\": \"bcc\", \"a\": 30e-10, \"species\": [\"Ar\"]}, \"potential\": "
               "{\"style\": \"lj\", \"epsilon\": \"1 eV\","
               " \"sigma\": \"3.4 angstrom\", \"cutoff\": \"8.5 angstrom\", \"smooth\": \"2 angstrom\"}}",
               0.5);
    for (int k = 0; k < 6; k++) a.s.x[k] = 1.0;
    for (int end = 0; end < 2;
         end++) { /* at the cutoff everything fades; where the switch begins all is plain Lennard-Jones */
        double r = end ? 6.5 + 1e-7 : 8.5 - 1e-6, q = pow(3.4 / r, 6.0), plain = end ? 4.0 * (q * q - q) : 0.0;
        a.s.x[3] = a.s.x[0] + r;
        assert_int_equal(femd_energetics_hessian(a.e, a.nb, a.s.cell, a.s.x, H, NULL, NULL, &err), FEMD_OK);
        assert_int_equal(femd_energetics_forces(a.e, a.nb, a.s.cell, a.s.x, &W, f, tau, &err), FEMD_OK);
        assert_true(fabs(W - plain) < 1e-14);
        assert_true(fabs(f[0] - (end ? 4.0 * (-12.0 * q * q + 6.0 * q) / r : 0.0)) < 1e-11);
        assert_true(fabs(H[0] - (end ? 4.0 * (156.0 * q * q - 42.0 * q) / (r * r) : 0.0)) < 1e-6);
    }
    atoms_close(&a);
}

static double wave(double t) {
    return sin(0.07 * t) + 1e-3 * t * t;
}

static void the_smooth_spline_is_twice_differentiable_and_close(void **state) {
    enum { N = 200 };
    double f[N], slope[N], work[N], rough[N], worst = 0.0;
    (void)state;
    for (int k = 0; k < N; k++) f[k] = wave(k);
    femd_spline_slopes_smooth(N, f, slope, work);
    femd_spline_slopes_lammps(N, f, rough);
    for (int k = 1; k < N - 1; k++) {
        double left[3], right[3];
        femd_spline_eval(N, f, slope, k - 1e-9, left);
        femd_spline_eval(N, f, slope, k + 1e-9, right);
        for (int d = 0; d < 3; d++) assert_true(fabs(left[d] - right[d]) < 1e-9);
        femd_spline_eval(N, f, slope, k + 0.37, right);
        worst = fmax(worst, fabs(right[0] - wave(k + 0.37)));
        femd_spline_eval(N, f, rough, k + 0.37, right);
        assert_true(fabs(right[0] - wave(k + 0.37)) < 1e-2);
    }
    assert_true(worst < 1e-6);
    for (int k = 0; k < N; k++) f[k] = 1.0 + k * (0.5 + k * (0.01 - k * 1e-4)); /* a cubic comes back exactly */
    femd_spline_slopes_smooth(N, f, slope, work);
    for (int k = 0; k < N - 1; k++) {
        double v[3], t = k + 0.61;
        femd_spline_eval(N, f, slope, t, v);
        assert_true(fabs(v[2] - (0.02 - 6e-4 * t)) < 1e-9);
    }
}

static int refitted(const femd_potential *p) {
    return !femd_eam_tables_of(p)->over_radius;
}

static void fine_tables_are_refitted_and_coarse_ones_are_not(void **state) {
#define CELL "{\"structure\": {\"lattice\": \"fcc\", \"a\": 3.6e-10, \"species\": [\"Cu\"]}, "
    atoms a;
    (void)state;
    atoms_open(&a, CELL "\"potential\": {\"style\": \"eam/alloy\", \"file\": \"Cu_mishin1.eam.alloy\"}}", 0.3);
    assert_true(refitted(a.p) && femd_eam_tables_of(a.p)->refit_error < 1e-8);
    assert_true(femd_potential_cutoff(a.p) == 5.50679);
    assert_true(fabs(femd_potential_mass(a.p, 0) - 63.55) < 1e-12);
    atoms_close(&a);
    atoms_open(&a, CELL "\"potential\": {\"style\": \"eam\", \"file\": \"Cu_u3.eam\"}}", 0.3);
    assert_true(!refitted(a.p) && femd_eam_tables_of(a.p)->refit_error > 1e-8);
    atoms_close(&a);
    atoms_open(&a, CELL "\"potential\": {\"style\": \"eam\", \"file\": \"Cu_u3.eam\", \"interpolation\": \"smooth\"}}",
               0.3);
    assert_true(refitted(a.p));
    atoms_close(&a);
}

static void wrong_potentials_are_refused_with_words(void **state) {
    static const char *const wrong[][2] = {
        {"{\"style\": \"eam2\"}", "unknown style \"eam2\"; accepted: eam, eam/alloy, eam/fs, lj, lj/cut, sw"},
        {"{\"style\": \"eam/alloy\", \"file\": \"nowhere.eam\"}", "nowhere.eam"},
        {"{\"style\": \"eam/alloy\", \"file\": \"Al_zhou.eam.alloy\"}", "has no element \"Cu\"; it has Al"},
        {"{\"style\": \"eam/alloy\", \"file\": \"Cu_u3.eam\"}", "setfl"},
        {"{\"style\": \"eam/fs\", \"file\": \"Cu_mishin1.eam.alloy\"}",
         NULL}, /* with one element the two formats are the same */
        {"{\"style\": \"eam\", \"file\": \"Cu_mishin1.eam.alloy\"}", "is expected"},
        {"{\"style\": \"eam/alloy\", \"file\": \"Cu_mishin1.eam.alloy\", \"species\": {\"Cu\": \"Xx\"}}",
         "no element \"Xx\""},
        {"{\"style\": \"eam/alloy\", \"file\": \"Cu_mishin1.eam.alloy\", \"interpolation\": \"linear\"}",
         "accepted: auto, smooth, lammps"},
        {"{\"style\": \"lj\", \"epsilon\": 1e-20, \"sigma\": 3e-10}", "cutoff"},
        {"{\"style\": \"lj\", \"epsilon\": 1e-20, \"sigma\": 3e-10, \"cutoff\": 6e-10, \"smooth\": 7e-10}", "smooth"},
        {"{\"style\": \"lj\", \"pairs\": [{\"species\": [\"Cu\", \"Ni\"], \"epsilon\": 1e-20, \"sigma\": 3e-10, "
         "\"cutoff\": 6e-10}]}",
         "species that the structure does not have"},
    };
    (void)state;
    for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++) {
        femd_error err = FEMD_ERROR_INIT;
        char json[1024];
        femd_status rc;
        atoms a;
        snprintf(json, sizeof json, CELL "\"potential\": %s}", wrong[k][0]);
        rc = atoms_try(&a, json, 0.3, &err);
        if (wrong[k][1] ? rc != FEMD_BAD_INPUT : rc != FEMD_OK)
            fail_msg("%s: status %d, %s", wrong[k][0], rc, err.text);
        if (wrong[k][1] && !strstr(err.text, wrong[k][1])) fail_msg("%s: %s", wrong[k][0], err.text);
        atoms_close(&a);
    }
}

/* Every cut of a setfl file must be refused, never read past. */
static void a_truncated_file_is_refused(void **state) {
    static const char head[] =
        "c\nc\nc\n1 Cu\n6 0.1 6 1.0 4.5\n29 63.5 3.6 fcc\n0 0 0 0 0 0\n1 1 1 1 1 0\n9 5 3 2 1 0\n";
    (void)state;
    for (size_t size = 0; size <= sizeof head - 1; size++) {
        femd_error err = FEMD_ERROR_INIT;
        femd_json doc = FEMD_JSON_INIT;
        femd_potential *p;
        femd_pack pack = {"", 1, {{"x", {head, size}}}};
        const char text[] = "{\"style\": \"eam/alloy\", \"file\": \"x\"}", species[1][8] = {"Cu"};
        femd_status rc;
        assert_int_equal(femd_json_parse(text, strlen(text), "test", &doc, &err), FEMD_OK);
        rc = femd_potential_create(&doc, doc.root, &pack, species, 1, &p, &err);
        if (size >= sizeof head - 2)
            assert_int_equal(rc, FEMD_OK);
        else if (rc != FEMD_BAD_INPUT)
            fail_msg("accepted at %zu bytes", size);
        femd_potential_destroy(&p);
        femd_json_clear(&doc);
    }
}

static void a_file_in_other_units_is_refused(void **state) {
    static const char text[] = "DATE: 2011-01-01 UNITS: real\nc\nc\n1 Cu\n";
    const char json[] = "{\"style\": \"eam/alloy\", \"file\": \"x\"}", species[1][8] = {"Cu"};
    femd_error err = FEMD_ERROR_INIT;
    femd_json doc = FEMD_JSON_INIT;
    femd_pack pack = {"", 1, {{"x", {text, sizeof text - 1}}}};
    femd_potential *p;
    (void)state;
    assert_int_equal(femd_json_parse(json, strlen(json), "test", &doc, &err), FEMD_OK);
    assert_int_equal(femd_potential_create(&doc, doc.root, &pack, species, 1, &p, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "metal"));
    femd_json_clear(&doc);
}

/* The style or styles that a definition of the schema is for, appended to all. */
static void append_styles(const cJSON *definition, char *all, size_t room) {
    const cJSON *style = femd_json_get(femd_json_get(definition, "properties"), "style"), *item;
    const char *one = femd_json_string(style, "const", NULL);
    size_t used = strlen(all);
    if (one) snprintf(all + used, room - used, "%s ", one);
    cJSON_ArrayForEach(item, femd_json_get(style, "enum")) {
        used = strlen(all);
        snprintf(all + used, room - used, "%s ", cJSON_GetStringValue(item));
    }
}

static void the_schema_of_cases_knows_the_same_styles(void **state) {
    femd_error err = FEMD_ERROR_INIT;
    femd_json schema = FEMD_JSON_INIT;
    char said[256] = "", read[256] = "";
    const cJSON *item;
    (void)state;
    assert_int_equal(femd_json_parse(femd_case_schema, strlen(femd_case_schema), "schema", &schema, &err), FEMD_OK);
    const cJSON *definitions = femd_json_get(schema.root, "$defs");
    cJSON_ArrayForEach(item, femd_json_get(femd_json_get(definitions, "potential"), "oneOf")) {
        const char *name = strrchr(femd_json_string(item, "$ref", ""), '/');
        assert_non_null(name);
        append_styles(femd_json_get(definitions, name + 1), said, sizeof said);
    }
    const char *style;
    for (size_t k = 0; (style = femd_potential_style_name(k)); k++)
        snprintf(read + strlen(read), sizeof read - strlen(read), "%s ", style);
    assert_string_equal(said, read);
    femd_json_clear(&schema);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nearest_neighbour_lennard_jones_is_exact),
        cmocka_unit_test(mishin_copper_has_its_published_constants),
        cmocka_unit_test(silicon_has_its_cohesive_energy),
        cmocka_unit_test(tol_shortens_the_range),
        cmocka_unit_test(a_wrong_stillinger_weber_file_is_refused_with_words),
        cmocka_unit_test(atoms_may_come_as_near_as_the_smallest_pair_allows),
        cmocka_unit_test(smoothed_lennard_jones_ends_without_a_jump),
        cmocka_unit_test(the_smooth_spline_is_twice_differentiable_and_close),
        cmocka_unit_test(fine_tables_are_refitted_and_coarse_ones_are_not),
        cmocka_unit_test(the_schema_of_cases_knows_the_same_styles),
        cmocka_unit_test(wrong_potentials_are_refused_with_words),
        cmocka_unit_test(a_truncated_file_is_refused),
        cmocka_unit_test(a_file_in_other_units_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
