/* Harmonic free energies of Lennard-Jones crystals: against exact spectra, against differences of psi, limits,
 * references, controls. */
#include "harmonic.h"
#include "vibrations/phonon.h"

static void answers_are_derivatives_of_one_free_energy(void **state) {
    (void)state;
    check_derivatives("full, classical", ARGON(QH, SMALL, AT40), 40);
    check_derivatives("full, quantum", ARGON(QH, SMALL, AT40 QUANTUM("\"quasiharmonic\"")), 40);
    check_derivatives("local, classical", ARGON(LH, SMALL, AT40), 40);
    check_derivatives("local, quantum", ARGON(LH, SMALL, AT40 QUANTUM("\"local-harmonic\"")), 40);
    check_derivatives("silicon", SILICON(""), 300);
    check_derivatives("silicon, mesh", SILICON(",\"quasiharmonic\":{\"mesh\":[2,2,2],\"statistics\":\"quantum\"}"),
                      300);
}

/* Nearest neighbours only, at the minimum of the pair: kappa = phi''(r0) = 72 epsilon / (2^(1/3) sigma^2). */
#define NEAREST(method, repeat, more)                                                                                  \
    "{\"engine\":\"native\",\"method\":" method                                                                        \
    ",\"structure\":{\"lattice\":\"fcc\",\"a\":\"4.762203155904598 angstrom\","                                        \
    "\"species\":[\"Ar\"],\"masses\":[\"40 u\"],\"repeat\":" repeat                                                    \
    "},\"potential\":{\"style\":\"lj/cut\",\"pairs\":["                                                                \
    "{\"species\":[\"Ar\",\"Ar\"],\"epsilon\":\"0.01 eV\",\"sigma\":\"3 angstrom\",\"cutoff\":\"4 angstrom\"}]},"      \
    "\"reference\":\"as-given\"" more "}"

static void check_spectrum(const char *json, int quantum, int modes, const double *factor, const int *count,
                           int kinds) {
    const double T = 30, kappa = 72 * 0.01 / (cbrt(2) * 9), volume = pow(4.762203155904598, 3);
    femd_material *m = open_material(json);
    femd_response r;
    double f = 0, u = 0, c = 0;
    int all = 0;
    for (int k = 0; k < kinds; k++) {
        /* hbar omega/kT from SI numbers, by its own formula */
        const double omega = sqrt(factor[k] * kappa * FEMD_EV_PER_A2 / (40 * FEMD_ATOMIC_MASS));
        const double x = FEMD_PLANCK_REDUCED * omega / (FEMD_BOLTZMANN * T);
        f += count[k] * (quantum ? log(2 * sinh(x / 2)) : log(x));
        u += count[k] * (quantum ? x / 2 / tanh(x / 2) : 1);
        c += count[k] * (quantum ? pow(x / 2 / sinh(x / 2), 2) : 1);
        all += count[k];
    }
    assert_int_equal(all, modes);
    answer_at(m, ZERO, T, SCALARS, &r);
    const double unit = FEMD_BOLTZMANN / (volume * 1e-30);
    assert_true(fabs(r.helmholtz / (f * T * unit) - 1) < 1e-10);
    assert_true(fabs(r.energy / (u * T * unit) - 1) < 1e-10);
    assert_true(fabs(r.heat_capacity / (c * unit) - 1) < 1e-10);
    femd_material_close(&m);
}

/* Four atoms: the modes are those of X, three times kappa/m {8, 4, 4}. On site each atom has the isotropic constant 4
 * kappa. */
static void spectra_of_nearest_neighbours_are_exact(void **state) {
    (void)state;
    const double full[2] = {8, 4}, site = 4;
    const int counts[2] = {3, 6}, all = 12;
    check_spectrum(NEAREST(QH, "[1,1,1]", ""), 0, 9, full, counts, 2);
    check_spectrum(NEAREST(QH, "[1,1,1]", QUANTUM("\"quasiharmonic\"")), 1, 9, full, counts, 2);
    check_spectrum(NEAREST(LH, "[1,1,1]", ""), 0, 12, &site, &all, 1);
    check_spectrum(NEAREST(LH, "[1,1,1]", QUANTUM("\"local-harmonic\"")), 1, 12, &site, &all, 1);
}

static void classical_heat_capacity_counts_the_modes(void **state) {
    (void)state;
    femd_material *m = open_material(ARGON(QH, SMALL, AT40));
    const femd_capabilities *caps = femd_material_capabilities(m);
    femd_response r;
    answer_at(m, STRAIN, 77, SCALARS, &r);
    assert_true(fabs(r.heat_capacity / (3 * (caps->atoms - 1.0) * FEMD_BOLTZMANN / caps->volume) - 1) < 1e-14);
    femd_material_close(&m);
}

/* Argon of ten thousand times the mass: a hundredth of the frequencies, so that it is hot where it hardly moves. */
static femd_material *open_heavy(const char *json) {
    char heavy[1024];
    const char *at = strstr(json, "\"39.95 u\"");
    assert_non_null(at);
    snprintf(heavy, sizeof heavy, "%.*s\"399500 u\"%s", (int)(at - json), json, at + strlen("\"39.95 u\""));
    return open_material(heavy);
}

static void quantum_becomes_classical_when_hot(void **state) {
    (void)state;
    femd_material *c = open_heavy(ARGON(QH, SMALL, "")),
                  *q = open_heavy(ARGON(QH, SMALL, QUANTUM("\"quasiharmonic\"")));
    femd_response a, b;
    double before[3] = {0};
    for (double T = 2; T < 20; T *= 3) { /* psi differs by kT sum x^2/24, x = hbar omega/kT */
        static const double fall[3] = {9, 9, 3};
        answer_at(c, STRAIN, T, EVERYTHING, &a);
        answer_at(q, STRAIN, T, EVERYTHING, &b);
        const double left[3] = {largest_difference(6, a.dSdT, b.dSdT) / largest(6, a.dSdT),
                                1 - b.heat_capacity / a.heat_capacity, largest_difference(36, a.D, b.D)};
        for (int k = 0; k < 3; k++) {
            if (T > 2) assert_true(fabs(before[k] / left[k] / fall[k] - 1) < 0.05);
            before[k] = left[k];
        }
    }
    assert_true(before[0] < 1e-3 && before[1] < 1e-3);
    femd_material_close(&c);
    femd_material_close(&q);
}

static void zero_point_is_left_at_zero_kelvin(void **state) {
    (void)state;
    femd_material *q = open_material(ARGON(QH, SMALL, QUANTUM("\"quasiharmonic\""))),
                  *c = open_material(ARGON(QH, SMALL, "")), *s = open_material(ARGON("\"statics\"", SMALL, ""));
    femd_response r, cold, rest;
    answer_at(q, ZERO, 0, EVERYTHING, &r);
    answer_at(q, ZERO, 0.05, EVERYTHING, &cold);
    assert_true(r.energy == r.helmholtz && r.heat_capacity == 0 && largest(6, r.dSdT) == 0);
    assert_true(fabs(cold.helmholtz / r.helmholtz - 1) < 1e-12 && cold.heat_capacity < 1e-6);
    assert_true(r.S[0] < -5e7); /* the zero-point pressure of argon, about 0.1 GPa */
    /* 9/8 k Theta of Debye with argon's 90 K: 0.87 meV per atom and thrice that for its zero-point energy of ~8 meV */
    const femd_capabilities *caps = femd_material_capabilities(q);
    const double meV = r.energy * caps->volume / caps->atoms / FEMD_ELEMENTARY_CHARGE * 1e3;
    assert_true(meV > 6 && meV < 10);
    answer_at(c, STRAIN, 0, EVERYTHING, &r); /* classical: statics, with the thermal stress of the first degree */
    answer_at(s, STRAIN, 0, BASIC | FEMD_WANT_ENERGY, &rest);
    assert_memory_equal(r.S, rest.S, sizeof r.S);
    assert_true(largest_difference(36, r.D, rest.D) == 0 && fabs(r.energy / rest.energy - 1) < 1e-12 && r.dSdT[0] < 0);
    femd_material_close(&q);
    femd_material_close(&c);
    femd_material_close(&s);
}

static void reference_at_a_temperature_has_the_reference_stress(void **state) {
    (void)state;
    static const struct {
        const char *json;
        double p;
    } of[] = {{ARGON(QH, SMALL, AT40), 0},
              {ARGON(LH, SMALL, AT40), 0},
              {ARGON(QH, SMALL, ",\"reference\":{\"temperature\":40,\"pressure\":\"100 MPa\"}"), 1e8}};
    for (size_t k = 0; k < sizeof of / sizeof *of; k++) {
        femd_material *m = open_material(of[k].json);
        femd_response r, hot;
        answer_at(m, ZERO, 40, EVERYTHING, &r);
        for (int c = 0; c < 6; c++) assert_true(fabs(r.S[c] + (c < 3 ? of[k].p : 0)) < 1e-8 * r.D[0]);
        answer_at(m, ZERO, 50, EVERYTHING,
                  &hot); /* a request at another temperature sees thermal stress, the cell is the same */
        for (int c = 0; c < 3; c++)
            assert_true(fabs(hot.S[c] - r.S[c] - 10 * r.dSdT[c]) < 1e-6 * fabs(hot.S[c] - r.S[c]));
        assert_true(hot.dSdT[0] < -1e6);
        femd_material_close(&m);
    }
}

/* The same body at 40 K without stress, reached from a reference at 0 K by mixed and by pressure control. */
static void controls_reach_the_expanded_cell(void **state) {
    (void)state;
    femd_material *cold = open_material(ARGON(QH, ",\"repeat\":[2,2,2]", "")),
                  *warm = open_material(ARGON(QH, ",\"repeat\":[2,2,2]", AT40));
    const double J = femd_material_capabilities(warm)->volume / femd_material_capabilities(cold)->volume;
    femd_response free_body, pressed, more;
    femd_request q = {.wants = BASIC, .temperature = 40, .mask = 63};
    request(cold, &q, NULL, &free_body, NULL);
    assert_true(fabs(free_body.J / J - 1) < 1e-8 && J > 1.02);
    q = (femd_request){.wants = BASIC, .temperature = 40, .control = FEMD_CONTROL_PRESSURE};
    request(cold, &q, NULL, &pressed, NULL);
    assert_true(fabs(pressed.J / J - 1) < 1e-8);
    q.pressure = 1e5;
    request(cold, &q, NULL, &more, NULL);
    assert_true(fabs((more.J - pressed.J) / 1e5 / pressed.dJdp - 1) < 1e-3);
    femd_material_close(&cold);
    femd_material_close(&warm);
}

static void a_warm_instance_answers_with_the_bits_of_a_cold_one(void **state) {
    (void)state;
    femd_material *warm = open_material(ARGON(QH, SMALL, AT40)), *cold = open_material(ARGON(QH, SMALL, AT40));
    const double other[6] = {-0.01, 0.01, 0, 0.002, 0, 0};
    femd_buffer first = FEMD_BUFFER_INIT, second = FEMD_BUFFER_INIT, third = FEMD_BUFFER_INIT;
    femd_response a, b;
    femd_request q = {.wants = EVERYTHING, .temperature = 40};
    memcpy(q.value, STRAIN, sizeof STRAIN);
    request(warm, &q, NULL, &a, &first);
    answer_at(warm, other, 60, EVERYTHING, &b);
    q.value[0] = 0.012;
    request(warm, &q, &first, &a, &second);
    request(cold, &q, &first, &b, &third);
    assert_true(second.size == third.size && memcmp(second.data, third.data, second.size) == 0);
    a.work = b.work;
    assert_memory_equal(&a, &b, sizeof a);
    femd_buffer_clear(&first);
    femd_buffer_clear(&second);
    femd_buffer_clear(&third);
    femd_material_close(&warm);
    femd_material_close(&cold);
}

static void a_method_per_want(void **state) {
    (void)state;
    femd_material *both = open_material(ARGON(
                      "{\"stress\":\"statics\",\"helmholtz\":\"quasiharmonic\",\"thermal-stress\":\"quasiharmonic\"}",
                      SMALL, "")),
                  *rest = open_material(ARGON("\"statics\"", SMALL, "")),
                  *harmonic = open_material(ARGON(QH, SMALL, ""));
    const uint32_t wants = BASIC | FEMD_WANT_ENERGY | FEMD_WANT_HELMHOLTZ | FEMD_WANT_THERMAL_STRESS;
    const femd_capabilities *caps = femd_material_capabilities(both);
    femd_response a, b, c;
    assert_true(caps->inputs & FEMD_INPUT_TEMPERATURE);
    assert_int_equal(caps->wants & wants, wants);
    assert_int_equal(caps->wants & FEMD_WANT_HEAT_CAPACITY, 0);
    answer_at(both, STRAIN, 40, wants, &a);
    answer_at(rest, STRAIN, 40, BASIC | FEMD_WANT_ENERGY, &b);
    answer_at(harmonic, STRAIN, 40, wants, &c);
    assert_memory_equal(a.S, b.S, sizeof a.S);
    assert_memory_equal(a.D, b.D, sizeof a.D);
    assert_true(a.energy == b.energy);
    assert_true(fabs(a.helmholtz / c.helmholtz - 1) < 1e-12);
    assert_true(largest_difference(6, a.dSdT, c.dSdT) < 1e-9 * largest(6, c.dSdT));
    femd_material_close(&both);
    femd_material_close(&rest);
    femd_material_close(&harmonic);
}

/* A strain that control finds has the error of the stress, and an energy at it one of that, also where another method
 * tells it: by the dS/dT of that method, which nobody asked for. */
static void an_energy_of_another_method_has_the_error_of_the_strain(void **state) {
    (void)state;
    femd_material *m = open_material(ARGON("{\"stress\":\"quasiharmonic\",\"energy\":\"local-harmonic\",\"helmholtz\":"
                                           "\"local-harmonic\",\"thermal-stress\":\"local-harmonic\"}",
                                           SMALL, ""));
    femd_request q = {.wants = FEMD_WANT_ENERGY | FEMD_WANT_HELMHOLTZ, .temperature = 40, .mask = 6, .value = {0.01}};
    femd_response r, asked;
    request(m, &q, NULL, &r, NULL);
    q.wants |= FEMD_WANT_THERMAL_STRESS;
    request(m, &q, NULL, &asked, NULL);
    double energy = 0, helmholtz = 0;
    for (int c = 0; c < 6; c++) {
        energy += fabs(r.S[c] - 40 * asked.dSdT[c]) * r.E_err[c];
        helmholtz += fabs(r.S[c]) * r.E_err[c];
        assert_true(r.dSdT[c] == 0 && r.dSdT_err[c] == 0);
    }
    print_message("energy %.4g(%.2g), Helmholtz energy %.4g(%.2g) J/m^3\n", r.energy, r.energy_err, r.helmholtz,
                  r.helmholtz_err);
    assert_true(r.E_err[1] > 0 && asked.dSdT[0] != 0 && r.sampled);
    assert_true(fabs(r.energy_err / energy - 1) < 1e-9 && fabs(r.helmholtz_err / helmholtz - 1) < 1e-9);
    assert_true(r.energy_err == asked.energy_err);
    femd_material_close(&m);
}

/* More atoms than are factorised: relaxed and condensed by conjugate gradients, the blocks made from the bonds. */
static void a_large_cell_answers_like_a_small_one(void **state) {
    (void)state;
    femd_material *small = open_material(ARGON(LH, ",\"repeat\":[3,3,3]", "")),
                  *large = open_material(ARGON(LH, ",\"repeat\":[5,5,5]", ""));
    femd_response a, b;
    assert_true(femd_material_capabilities(large)->atoms == 500);
    answer_at(small, STRAIN, 40, EVERYTHING, &a);
    answer_at(large, STRAIN, 40, EVERYTHING, &b);
    assert_true(largest_difference(6, a.S, b.S) < 1e-8 * largest(6, a.S));
    assert_true(largest_difference(36, a.D, b.D) < 1e-7 * largest(36, a.D));
    assert_true(fabs(a.helmholtz / b.helmholtz - 1) < 1e-9);
    femd_material_close(&small);
    femd_material_close(&large);
}

/* The modes of a repeated cell are those of the cell at the wave vectors that fit: odd and even meshes, Hermitian
 * matrices, both statistics. */
static void a_mesh_answers_like_the_repeated_cell(void **state) {
    (void)state;
    static const char *const of[][2] = {
        {ARGON(QH, ",\"repeat\":[2,3,3]", ""),
         ARGON(QH, ",\"repeat\":[1,1,1]", ",\"quasiharmonic\":{\"mesh\":[2,3,3]}")},
        {ARGON(QH, ",\"repeat\":[2,2,3]", QUANTUM("\"quasiharmonic\"")),
         ARGON(QH, ",\"repeat\":[2,1,1]", ",\"quasiharmonic\":{\"mesh\":[1,2,3],\"statistics\":\"quantum\"}")}};
    for (size_t k = 0; k < sizeof of / sizeof *of; k++) {
        femd_material *repeated = open_material(of[k][0]), *mesh = open_material(of[k][1]);
        femd_response a, b;
        answer_at(repeated, STRAIN, 40, EVERYTHING, &a);
        answer_at(mesh, STRAIN, 40, EVERYTHING, &b);
        assert_true(largest_difference(6, a.S, b.S) < 1e-8 * largest(6, a.S));
        assert_true(largest_difference(36, a.D, b.D) < 1e-7 * largest(36, a.D));
        assert_true(largest_difference(6, a.dSdT, b.dSdT) < 1e-8 * largest(6, a.dSdT));
        assert_true(fabs(a.helmholtz / b.helmholtz - 1) < 1e-9 && fabs(a.energy / b.energy - 1) < 1e-9);
        assert_true(fabs(a.heat_capacity / b.heat_capacity - 1) < 1e-12);
        femd_material_close(&repeated);
        femd_material_close(&mesh);
    }
}

static void refused(const char *json, const char *words) {
    femd_material *m = NULL;
    femd_error err = FEMD_ERROR_INIT;
    const femd_status rc = try_open(json, &m, &err);
    if (rc != FEMD_BAD_INPUT) fail_msg("not refused (%d, %s): %s", rc, err.text, json);
    if (!strstr(err.text, words)) fail_msg("\"%s\" does not say \"%s\"", err.text, words);
}

static void what_cannot_be_is_refused_with_words(void **state) {
    (void)state;
    refused("{\"engine\":\"native\",\"method\":\"quasiharmonic\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"5.3 "
            "angstrom\",\"species\":[\"Ar\"],"
            "\"repeat\":[2,2,2]},\"potential\":{\"style\":\"lj\",\"pairs\":[{\"species\":[\"Ar\",\"Ar\"],\"epsilon\":"
            "\"0.0103 eV\",\"sigma\":"
            "\"3.4 angstrom\",\"cutoff\":\"8 angstrom\"}]}}",
            "mass of Ar");
    refused(ARGON(QH, SMALL, ",\"quasiharmonic\":{\"internal\":\"300K\"}"), "internal");
    refused(ARGON("\"guessing\"", SMALL, ""), "method");
    refused(ARGON(QH, SMALL, ",\"reference\":{\"temperature\":2000}"), "reference of the material");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_derivatives_of_one_free_energy),
        cmocka_unit_test(spectra_of_nearest_neighbours_are_exact),
        cmocka_unit_test(classical_heat_capacity_counts_the_modes),
        cmocka_unit_test(quantum_becomes_classical_when_hot),
        cmocka_unit_test(zero_point_is_left_at_zero_kelvin),
        cmocka_unit_test(reference_at_a_temperature_has_the_reference_stress),
        cmocka_unit_test(controls_reach_the_expanded_cell),
        cmocka_unit_test(a_warm_instance_answers_with_the_bits_of_a_cold_one),
        cmocka_unit_test(a_method_per_want),
        cmocka_unit_test(an_energy_of_another_method_has_the_error_of_the_strain),
        cmocka_unit_test(a_large_cell_answers_like_a_small_one),
        cmocka_unit_test(a_mesh_answers_like_the_repeated_cell),
        cmocka_unit_test(what_cannot_be_is_refused_with_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
