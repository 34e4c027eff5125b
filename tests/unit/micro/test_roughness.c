/* Harmonic answers on tables whose derivatives jump: what they tell of their own doubt, and where they are refused. */
#include "harmonic.h"
#include "vibrations/lacking.h"
#include "vibrations/roughness.h"
#include "vibrations/strain_differences.h"

/* ---- differences over strain ---- */

/* All products of two components and their squares, with coefficients that tell them apart; cubic and fourth-order
 * terms in one component. rough: a piece (|e1 - 0.7 h|)^3, whose third derivative jumps. */
typedef struct sample {
    double rough, h;
} sample;

static double coefficient(int a, int b) {
    return 1 + a + 0.3 * b + 0.1 * a * b;
}

static double value_at(const sample *s, const double e[6]) {
    double sum = 3;
    for (int a = 0; a < 6; a++) {
        sum += (a + 2) * e[a] + 40 * e[a] * e[a] * e[a] + 500 * e[a] * e[a] * e[a] * e[a];
        for (int b = a; b < 6; b++) sum += coefficient(a, b) * e[a] * e[b];
    }
    const double off = fabs(e[0] - 0.7 * s->h);
    return sum + s->rough * off * off * off;
}

static void sampled(const sample *s, const double E[6], double *p) {
    for (int k = 0; k < FEMD_STRAINS_ALL; k++) {
        double at[6];
        femd_strains_at(E, s->h, k, at);
        p[k] = value_at(s, at);
    }
}

static void derivatives_of_a_polynomial_are_exact(void **state) {
    (void)state;
    const sample s = {0, 2e-3};
    double p[FEMD_STRAINS_ALL], d[6], d_error[6], D[36], D_error[36];
    sampled(&s, ZERO, p);
    femd_strains_first(p, s.h, d, d_error);
    femd_strains_second(p, value_at(&s, ZERO), s.h, D, D_error);
    for (int a = 0; a < 6; a++) {
        assert_true(fabs(d[a] - (a + 2)) < 1e-11 && d_error[a] < 1e-11);
        for (int b = 0; b < 6; b++) {
            const double expected = a == b ? 2 * coefficient(a, a) : coefficient(a < b ? a : b, a < b ? b : a);
            assert_true(fabs(D[6 * a + b] - expected) < 1e-7 && D_error[6 * a + b] < 1e-7);
        }
    }
}

/* The piece alone: by differences of it, written out. */
static void errors_are_the_distance_from_half_the_step(void **state) {
    (void)state;
    const sample s = {1e6, 2e-3};
    const double h = s.h, j = s.rough * h * h * h;
    double p[FEMD_STRAINS_ALL], d[6], d_error[6], D[36], D_error[36];
    sampled(&s, ZERO, p);
    femd_strains_first(p, h, d, d_error);
    femd_strains_second(p, value_at(&s, ZERO), h, D, D_error);
    /* |x - 0.7|^3 at 0, +-1/2, +-1, +-2 */
    const double at0 = 0.343, half[2] = {0.008, 1.728}, one[2] = {0.027, 4.913}, two[2] = {2.197, 19.683};
    const double slope = (8 * (one[0] - one[1]) - (two[0] - two[1])) / 12,
                 slope2 = (8 * (half[0] - half[1]) - (one[0] - one[1])) / 6;
    const double bend = (16 * (one[0] + one[1] - 2 * at0) - (two[0] + two[1] - 2 * at0)) / 12,
                 bend2 = (16 * (half[0] + half[1] - 2 * at0) - (one[0] + one[1] - 2 * at0)) / 3;
    assert_true(fabs(d_error[0] - fabs(slope - slope2) * j / h) < 1e-8 * d_error[0]);
    assert_true(fabs(D_error[0] - fabs(bend - bend2) * j / (h * h)) < 1e-8 * D_error[0]);
    assert_true(d_error[1] < 1e-11 && D_error[7] < 1e-7);
    assert_true(fabs(D_error[1] - 0.5 * D_error[0]) < 1e-6 * D_error[0] && D_error[1] == D_error[6]);
}

/* ---- what becomes of an error ---- */

#define DIAGONAL(a, b)                                                                                                 \
    { [0] = a, [7] = a, [14] = a, [21] = b, [28] = b, [35] = b }
enum { WANTS = FEMD_WANT_STRESS | FEMD_WANT_TANGENT | FEMD_WANT_THERMAL_STRESS };

static femd_status judged(const femd_unevenness *u, uint32_t wants, femd_response *r, femd_error *err) {
    *r = (femd_response){.S = {6e8, 0, 0, 0, 0, 4e8 * M_SQRT2}, .D = DIAGONAL(200e9, 50e9), .dSdT = {-3e6, 0, 0}};
    return femd_roughness_judge(u, NULL, wants, wants, 300, r, err);
}

/* |S| = 1 GPa, |dS/dT| = 3 MPa/K, diagonal 200 and 50 GPa: 0.5 % is where a note begins, 5 % where an answer ends. */
static void a_share_of_the_scale_is_noted_and_a_larger_one_refused(void **state) {
    (void)state;
    static const struct {
        femd_unevenness u;
        uint32_t wants;
        int noted, refused;
    } row[] = {
        {{{0}, {0}, {0}}, WANTS, 0, 0},         {{.S = {0, 0, 0, 4.9e6}}, WANTS, 0, 0},
        {{.S = {0, 0, 0, 5.1e6}}, WANTS, 1, 0}, {{.S = {0, 49e6}}, WANTS, 1, 0},
        {{.S = {0, 51e6}}, WANTS, 1, 1},        {{.S = {0, 51e6}}, FEMD_WANT_TANGENT, 0, 0},
        {{.D = {[7] = 0.9e9}}, WANTS, 0, 0},    {{.D = {[7] = 1.1e9}}, WANTS, 1, 0},
        {{.D = {[7] = 10.1e9}}, WANTS, 1, 1},   {{.D = {[28] = 2.4e9}}, WANTS, 1, 0},
        {{.D = {[28] = 2.6e9}}, WANTS, 1, 1},   {{.D = {[3] = 4.9e9}}, WANTS, 1, 0}, /* 5 % of sqrt(200 x 50) */
        {{.D = {[3] = 5.1e9}}, WANTS, 1, 1},    {{.D = {[3] = 5.1e9}}, FEMD_WANT_STRESS, 0, 0},
        {{.dSdT = {0.14e6}}, WANTS, 1, 0},      {{.dSdT = {0.16e6}}, WANTS, 1, 1},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        femd_error err = FEMD_ERROR_INIT;
        femd_response r;
        const femd_status rc = judged(&row[i].u, row[i].wants, &r, &err);
        if ((rc != FEMD_OK) != row[i].refused || (r.notes == FEMD_NOTE_ROUGH_POTENTIAL) != row[i].noted)
            fail_msg("row %zu: status %d, notes %u", i, rc, r.notes);
        if (!row[i].refused) continue;
        assert_int_equal(rc, FEMD_OUT_OF_DOMAIN);
        assert_non_null(strstr(err.text, "\"md\""));
    }
}

/* What was only needed on the way gets its error, and is neither noted nor refused. */
static void what_nobody_asked_for_is_not_in_the_way(void **state) {
    (void)state;
    femd_error err = FEMD_ERROR_INIT;
    femd_response r = {.S = {1e9}, .dSdT = {-3e6}};
    const femd_unevenness u = {.dSdT = {1e6}};
    const uint32_t wants = FEMD_WANT_STRESS | FEMD_WANT_THERMAL_STRESS;
    assert_int_equal(femd_roughness_judge(&u, NULL, wants, FEMD_WANT_STRESS, 300, &r, &err), FEMD_OK);
    assert_true(r.dSdT_err[0] == 1e6 && r.notes == 0);
    assert_int_equal(femd_roughness_judge(&u, NULL, wants, wants, 300, &r, &err), FEMD_OUT_OF_DOMAIN);
}

/* Scatter and step add as squares; the note is the step's, the words are those of averages. */
static void scatter_is_no_rough_potential(void **state) {
    (void)state;
    femd_error err = FEMD_ERROR_INIT;
    femd_response r = {.D = DIAGONAL(200e9, 50e9)};
    femd_unevenness step = {.D = {0.6e9}}, scatter = {.D = {8e9}};
    assert_int_equal(femd_roughness_judge(&step, &scatter, FEMD_WANT_TANGENT, FEMD_WANT_TANGENT, 300, &r, &err),
                     FEMD_OK);
    assert_true(r.notes == 0 && fabs(r.D_err[0] - hypot(0.6e9, 8e9)) < 1);
    step.D[0] = 6.1e9; /* together 5.03 % */
    assert_int_equal(femd_roughness_judge(&step, &scatter, FEMD_WANT_TANGENT, FEMD_WANT_TANGENT, 300, &r, &err),
                     FEMD_OUT_OF_DOMAIN);
    assert_true(r.notes == FEMD_NOTE_ROUGH_POTENTIAL && strstr(err.text, "averages") && strstr(err.text, "\"md\""));
}

/* ---- what is left out ---- */

static void what_is_left_out_is_told_in_every_error(void **state) {
    (void)state;
    femd_error err = FEMD_ERROR_INIT;
    const femd_lacking lacking = {.thermal = {-1e9}, .S = {4e7}, .D = {3e9}, .F = 6e6, .noted = FEMD_WANT_TANGENT};
    const uint32_t all = WANTS | FEMD_WANT_ENERGY | FEMD_WANT_HELMHOLTZ | FEMD_WANT_HEAT_CAPACITY;
    femd_response r = {.S = {1e8}, .S_err = {3e7}, .D = DIAGONAL(200e9, 50e9), .dSdT = {-3e6}};
    assert_int_equal(femd_lacking_tell(&lacking, all, all, 200, &r, &err), FEMD_OK);
    assert_true(fabs(r.S_err[0] - 5e7) < 1 && r.D_err[0] == 3e9 && r.energy_err == 6e6 && r.helmholtz_err == 6e6);
    assert_true(fabs(r.dSdT_err[0] - 4e5) < 1 && fabs(r.heat_capacity_err - 6e4) < 1); /* twice over T */
    assert_int_equal(r.notes, FEMD_NOTE_ANHARMONIC);
    r = (femd_response){.S = {1e8}};
    assert_int_equal(femd_lacking_tell(&lacking, FEMD_WANT_STRESS, FEMD_WANT_STRESS, 0, &r, &err), FEMD_OK);
    assert_true(r.notes == 0 && r.D_err[0] == 0 && r.energy_err == 0 && r.dSdT_err[0] == 0);
}

/* Half of the scale is where an answer ends: of S 1 GPa (the vibrations' own), of D 200 GPa, of dS/dT 3 MPa/K. */
static void half_a_scale_left_out_is_refused(void **state) {
    (void)state;
    static const struct {
        femd_lacking lacking;
        uint32_t asked;
        int refused;
    } row[] = {
        {{.thermal = {-1e9}, .S = {4.9e8}}, FEMD_WANT_STRESS, 0},
        {{.thermal = {-1e9}, .S = {5.1e8}}, FEMD_WANT_STRESS, 1},
        {{.thermal = {-1e9}, .S = {5.1e8}}, FEMD_WANT_TANGENT, 0},
        {{.D = {99e9}}, FEMD_WANT_TANGENT, 0},
        {{.D = {101e9}}, FEMD_WANT_TANGENT, 1},
        {{.S = {3.7e8}}, FEMD_WANT_THERMAL_STRESS, 0},
        {{.S = {3.8e8}}, FEMD_WANT_THERMAL_STRESS, 1},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        femd_error err = FEMD_ERROR_INIT;
        femd_response r = {.S = {2e8}, .D = DIAGONAL(200e9, 50e9), .dSdT = {-3e6}};
        const femd_status rc = femd_lacking_tell(&row[i].lacking, WANTS, row[i].asked, 500, &r, &err);
        if (rc != (row[i].refused ? FEMD_OUT_OF_DOMAIN : FEMD_OK)) fail_msg("row %zu: %d %s", i, rc, err.text);
        if (row[i].refused) assert_non_null(strstr(err.text, "\"md\""));
    }
}

/* A small stress is not asked for to a twentieth, nor a stiffness that is nearly none. */
static void scales_have_floors(void **state) {
    (void)state;
    femd_error err = FEMD_ERROR_INIT;
    femd_response r = {.S = {1e6}};
    femd_unevenness u = {.S = {4.9e6}};
    assert_int_equal(femd_roughness_judge(&u, NULL, FEMD_WANT_STRESS, FEMD_WANT_STRESS, 300, &r, &err), FEMD_OK);
    assert_true(r.S_err[0] == 4.9e6 && r.sampled);
    u.S[0] = 5.1e6;
    assert_int_equal(femd_roughness_judge(&u, NULL, FEMD_WANT_STRESS, FEMD_WANT_STRESS, 300, &r, &err),
                     FEMD_OUT_OF_DOMAIN);
    r = (femd_response){.D = {[0] = 120e9, [7] = 120e9, [21] = 30e9, [28] = 30e9}}; /* mean 50 */
    u = (femd_unevenness){.D = {[14] = 0.2e9}};
    assert_int_equal(femd_roughness_judge(&u, NULL, FEMD_WANT_TANGENT, FEMD_WANT_TANGENT, 300, &r, &err), FEMD_OK);
    u.D[14] = 0.3e9;
    assert_int_equal(femd_roughness_judge(&u, NULL, FEMD_WANT_TANGENT, FEMD_WANT_TANGENT, 300, &r, &err),
                     FEMD_OUT_OF_DOMAIN);
}

/* ---- potentials ---- */

#define TABLE(method, reference, lattice, a, element, style, file, repeat, more)                                       \
    "{\"engine\":\"native\",\"method\":" method ",\"reference\":" reference ",\"structure\":{\"lattice\":\"" lattice   \
    "\",\"a\":\"" a " angstrom\",\"species\":[\"" element "\"],\"repeat\":" repeat                                     \
    "},\"potential\":{\"style\":\"" style "\",\"file\":\"" file "\"}" more "}"
#define IRON(method, reference, repeat, more)                                                                          \
    TABLE(method, reference, "bcc", "2.86389", "Fe", "eam/fs", "Fe_mm.eam.fs", repeat, more)
#define REST     ",\"quasiharmonic\":{\"force_constants\":\"rest\"}"
#define AS_GIVEN "\"as-given\""
#define NICKEL   TABLE(QH, AS_GIVEN, "fcc", "3.53056", "Ni", "eam/alloy", "NiAlH_jea.eam.alloy", "[2,2,2]", REST)

static femd_status ask(femd_material *m, uint32_t wants, femd_response *r, femd_error *err) {
    const femd_request q = {.wants = wants, .temperature = 300};
    return try_request(m, &q, NULL, r, NULL, err);
}

static void assert_refused(const char *json, uint32_t wants, const char *what) {
    femd_material *m = open_material(json);
    femd_error err = FEMD_ERROR_INIT;
    femd_response r;
    assert_int_equal(ask(m, wants, &r, &err), FEMD_OUT_OF_DOMAIN);
    if (!strstr(err.text, what) || !strstr(err.text, "\"md\"")) fail_msg("%s", err.text);
    assert_true(r.S[0] == 0 && r.provided == 0); /* no number goes along */
    femd_material_close(&m);
}

/* Iron: a thermal stress of 0.37 and 0.90 GPa with steps 0.002 and 0.001, where it is -0.79. */
static void a_stress_that_depends_on_the_step_is_refused(void **state) {
    (void)state;
    assert_refused(IRON(QH, AS_GIVEN, "[2,2,2]", REST), FEMD_WANT_STRESS, "the stress");
    assert_refused(IRON(LH, AS_GIVEN, "[2,2,2]", ""), FEMD_WANT_STRESS, "the stress");
    assert_refused(IRON(QH, AS_GIVEN, "[1,1,1]", ",\"quasiharmonic\":{\"mesh\":[2,2,2]}"), FEMD_WANT_STRESS,
                   "the stress");
}

static void a_reference_that_depends_on_the_step_is_refused(void **state) {
    (void)state;
    femd_material *m = NULL;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_not_equal(try_open(IRON(QH, "{\"temperature\":300}", "[2,2,2]", REST), &m, &err), FEMD_OK);
    assert_non_null(strstr(err.text, "\"md\""));
}

/* Nickel: C11 277 and 322 GPa, but a stress that moves by 9 MPa. What is not asked for is not in the way. */
static void a_stress_may_stand_where_the_tangent_does_not(void **state) {
    (void)state;
    femd_material *m = open_material(NICKEL);
    femd_error err = FEMD_ERROR_INIT;
    femd_response r;
    assert_int_equal(ask(m, FEMD_WANT_STRESS, &r, &err), FEMD_OK);
    print_message("nickel: S %.1f +- %.1f MPa\n", r.S[0] / 1e6, r.S_err[0] / 1e6);
    assert_true(r.S_err[0] > 2e6 && r.S_err[0] < 1e8);
    assert_true(r.notes & FEMD_NOTE_ROUGH_POTENTIAL);
    femd_material_close(&m);
    assert_refused(NICKEL, FEMD_WANT_STRESS | FEMD_WANT_TANGENT, "the tangent");
}

/* A smooth potential, so cold that vibrations are harmonic: errors are there and small, and nothing is noted. */
static void a_smooth_potential_is_told_no_note(void **state) {
    (void)state;
    femd_material *m = open_material(ARGON(QH, ",\"repeat\":[2,2,2]", ",\"reference\":\"as-given\""));
    femd_response r;
    answer_at(m, STRAIN, 1, EVERYTHING, &r);
    assert_int_equal(r.notes, 0);
    print_message("argon at 1 K: errors of S %.1e, D %.1e, dS/dT %.1e of them\n", largest(6, r.S_err) / largest(6, r.S),
                  largest(36, r.D_err) / largest(36, r.D), largest(6, r.dSdT_err) / largest(6, r.dSdT));
    assert_true(r.sampled && largest(6, r.S_err) > 0 && largest(6, r.S_err) < 1e-3 * largest(6, r.S));
    assert_true(largest(36, r.D_err) > 0 && largest(36, r.D_err) < 1e-4 * largest(36, r.D));
    assert_true(largest(6, r.dSdT_err) > 0 && largest(6, r.dSdT_err) < 1e-2 * largest(6, r.dSdT));
    answer_at(m, STRAIN, 1e-4, EVERYTHING, &r); /* what vibrations leave out is gone */
    assert_true(largest(6, r.dSdT_err) > 0 && largest(6, r.dSdT_err) < 1e-6 * largest(6, r.dSdT));
    femd_material_close(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(derivatives_of_a_polynomial_are_exact),
        cmocka_unit_test(errors_are_the_distance_from_half_the_step),
        cmocka_unit_test(a_share_of_the_scale_is_noted_and_a_larger_one_refused),
        cmocka_unit_test(what_nobody_asked_for_is_not_in_the_way),
        cmocka_unit_test(scatter_is_no_rough_potential),
        cmocka_unit_test(what_is_left_out_is_told_in_every_error),
        cmocka_unit_test(half_a_scale_left_out_is_refused),
        cmocka_unit_test(scales_have_floors),
        cmocka_unit_test(a_stress_that_depends_on_the_step_is_refused),
        cmocka_unit_test(a_reference_that_depends_on_the_step_is_refused),
        cmocka_unit_test(a_stress_may_stand_where_the_tangent_does_not),
        cmocka_unit_test(a_smooth_potential_is_told_no_note),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
