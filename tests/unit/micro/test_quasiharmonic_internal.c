/* Harmonic free energies whose internal coordinates feel the vibrations (internal "T"): against a free energy minimised
 * here by code of its own, against differences of psi, against crystals in which nothing moves. */
#include "harmonic.h"
#include "native_open.h"
#include "numerics/dense.h"

#define TINY                 ",\"repeat\":[2,2,1],\"vacancies\":{\"count\":1}"
#define WARM(method)         "," method ":{\"internal\":\"T\"}"
#define WARM_QUANTUM(method) "," method ":{\"internal\":\"T\",\"statistics\":\"quantum\"}"

static void answers_are_derivatives_of_the_least_free_energy(void **state) {
    (void)state;
    check_derivatives("full, classical", ARGON(QH, TINY, AT40 WARM(QH)), 40);
    check_derivatives("full, quantum", ARGON(QH, TINY, AT40 WARM_QUANTUM(QH)), 40);
    check_derivatives("local, classical", ARGON(LH, TINY, AT40 WARM(LH)), 40);
    check_derivatives("local, quantum", ARGON(LH, TINY, AT40 WARM_QUANTUM(LH)), 40);
    check_derivatives("silicon", SILICON(WARM(QH)), 300);
    check_derivatives("silicon, mesh",
                      SILICON(",\"quasiharmonic\":{\"mesh\":[3,1,1],\"statistics\":\"quantum\",\"internal\":\"T\"}"),
                      300);
}

/* ---- psi by brute force: energies, Hessians, eigenvalues; nothing of phonon.h ---- */

/* sum over vibrations of kT ln(hbar omega/kT), eV, at positions x in the cell h. */
static double vibrational(femd_native *n, const double h[9], const double *x, double T) {
    const int n3 = 3 * n->rve.n;
    const double kT = FEMD_BOLTZMANN * T / FEMD_ELEMENTARY_CHARGE, unit = FEMD_EV_PER_A2 / FEMD_ATOMIC_MASS;
    double *H = malloc(((size_t)n3 + 1) * (size_t)n3 * sizeof *H), *lambda = H + (size_t)n3 * (size_t)n3, F = 0;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(femd_energetics_hessian(n->rve.en, n->rve.nb, h, x, H, NULL, NULL, &err), FEMD_OK);
    for (int i = 0; i < n3; i++)
        for (int j = 0; j < n3; j++) H[i * n3 + j] /= sqrt(femd_native_mass(n, i / 3) * femd_native_mass(n, j / 3));
    assert_int_equal(femd_eigen(n3, H, lambda, &err), FEMD_OK);
    assert_true(fabs(lambda[2]) < 1e-8 * lambda[n3 - 1] && lambda[3] > 1e-6 * lambda[n3 - 1]);
    for (int k = 3; k < n3; k++) F += kT * log(FEMD_PLANCK_REDUCED * sqrt(lambda[k] * unit) / (FEMD_BOLTZMANN * T));
    free(H);
    return F;
}

/* Least W + F over the atoms at strain E (eV, above the atoms at rest at E = 0). Steepest descent scaled by the Hessian
 * of W; the gradient of F by fourth-order differences over every coordinate. *moved: how far the farthest atom went
 * from rest (angstrom). */
static double least_free_energy(femd_native *n, const double E[6], double T, double *moved) {
    const int n3 = 3 * n->rve.n;
    double *x = malloc(((size_t)n3 + 4) * (size_t)n3 * sizeof *x), *f = x + n3, *g = f + n3, *start = g + n3,
           *H = start + n3, W = 0;
    femd_error err = FEMD_ERROR_INIT;
    femd_place at;
    assert_int_equal(femd_path_advance(&n->path, E, NULL, &err), FEMD_OK);
    at = n->path.place;
    memcpy(x, n->path.x, (size_t)n3 * sizeof *x);
    memcpy(start, x, (size_t)n3 * sizeof *x);
    assert_int_equal(femd_energetics_hessian(n->rve.en, n->rve.nb, at.h, x, H, NULL, NULL, &err), FEMD_OK);
    femd_gauge_stiffen(&n->rve.gauge, H);
    assert_int_equal(femd_cholesky(n3, H), 0);
    for (int round = 0;; round++) {
        static const double to[4] = {1, -1, 2, -2}, weight[4] = {8, -8, -1, 1};
        const double step = 0.008;
        assert_true(round < 12);
        assert_int_equal(femd_energetics_forces(n->rve.en, n->rve.nb, at.h, x, &W, f, NULL, &err), FEMD_OK);
        for (int i = 0; i < n3; i++) {
            const double here = x[i];
            g[i] = f[i];
            for (int k = 0; k < 4; k++) {
                x[i] = here + to[k] * step;
                g[i] -= weight[k] * vibrational(n, at.h, x, T) / (12 * step);
            }
            x[i] = here;
        }
        femd_gauge_remove(&n->rve.gauge, g);
        if (largest(n3, g) < 3e-8) break;
        femd_cholesky_solve(n3, H, 1, g);
        for (int i = 0; i < n3; i++) x[i] += g[i];
    }
    *moved = largest_difference(n3, x, start);
    W += vibrational(n, at.h, x, T) - n->virgin_W;
    free(x);
    return W;
}

/* psi of the engine is the least there is; without "T" it is larger by what the atoms gain by moving. */
static void check_minimum(const char *name, const char *warm, const char *cold, double T) {
    femd_material *m = open_material(warm), *rest = open_material(cold);
    femd_native *n = native_open(cold);
    femd_response r, at_rest;
    double moved;
    const double unit = FEMD_EV_PER_A3 / n->rve.V0, psi = unit * least_free_energy(n, STRAIN, T, &moved);
    answer_at(m, STRAIN, T, FEMD_WANT_STRESS | FEMD_WANT_HELMHOLTZ, &r);
    answer_at(rest, STRAIN, T, FEMD_WANT_STRESS | FEMD_WANT_HELMHOLTZ, &at_rest);
    const double gain = at_rest.helmholtz - r.helmholtz;
    print_message(
        "%s: atoms move by %.4f angstrom; psi %.8e, brute force %.8e, at rest %.8e J/m3; S differs by %.2e MPa\n", name,
        moved, r.helmholtz, psi, at_rest.helmholtz, largest_difference(6, r.S, at_rest.S) / 1e6);
    assert_true(gain > 0);
    assert_true(fabs(r.helmholtz - psi) < 1e-5 * gain + 1e-10 * fabs(psi));
    femd_material_close(&m);
    femd_material_close(&rest);
    femd_native_destroy(&n);
}

static void psi_is_the_least_over_the_atoms(void **state) {
    (void)state;
    check_minimum("argon with a vacancy", ARGON(QH, SMALL, WARM(QH)), ARGON(QH, SMALL, ""), 30);
    check_minimum("silicon in shear", SILICON(WARM(QH)), SILICON(""), 600);
}

/* Stress from differences of the free energy that is minimised here. */
static void stress_is_that_of_the_least_free_energy(void **state) {
    (void)state;
    femd_material *m = open_material(SILICON(WARM(QH)));
    femd_native *n = native_open(SILICON(""));
    femd_response r;
    const double unit = FEMD_EV_PER_A3 / n->rve.V0, h = 1e-3;
    answer_at(m, STRAIN, 600, FEMD_WANT_STRESS, &r);
    for (int c = 0; c < 6; c += 3) {
        static const double at[4] = {1, -1, 2, -2}, weight[4] = {8, -8, -1, 1};
        double S = 0, moved;
        for (int k = 0; k < 4; k++) {
            double E[6];
            memcpy(E, STRAIN, sizeof E);
            E[c] += at[k] * h;
            S += weight[k] * unit * least_free_energy(n, E, 600, &moved) / (12 * h);
        }
        assert_true(fabs(S - r.S[c]) < 1e-6 * largest(6, r.S));
    }
    femd_material_close(&m);
    femd_native_destroy(&n);
}

/* Every atom is a centre of inversion at any strain: the vibrations cannot pull. */
static void a_perfect_crystal_answers_as_at_rest(void **state) {
    (void)state;
    static const char *const of[][2] = {
        {ARGON(QH, ",\"repeat\":[2,2,2]", AT40 WARM(QH)), ARGON(QH, ",\"repeat\":[2,2,2]", AT40)},
        {ARGON(LH, ",\"repeat\":[2,2,2]", AT40 WARM_QUANTUM(LH)), ARGON(LH, ",\"repeat\":[2,2,2]", AT40 QUANTUM(LH))},
        {ARGON(QH, "", ",\"quasiharmonic\":{\"mesh\":[2,2,2],\"internal\":\"T\"}"),
         ARGON(QH, "", ",\"quasiharmonic\":{\"mesh\":[2,2,2]}")}};
    for (size_t k = 0; k < sizeof of / sizeof *of; k++) {
        femd_material *warm = open_material(of[k][0]), *rest = open_material(of[k][1]);
        femd_response a, b;
        answer_at(warm, STRAIN, 40, EVERYTHING, &a);
        answer_at(rest, STRAIN, 40, EVERYTHING, &b);
        assert_true(largest_difference(6, a.S, b.S) < 1e-9 * largest(6, b.S));
        assert_true(largest_difference(36, a.D, b.D) < 1e-8 * largest(36, b.D));
        assert_true(largest_difference(6, a.dSdT, b.dSdT) < 1e-9 * largest(6, b.dSdT));
        assert_true(fabs(a.helmholtz / b.helmholtz - 1) < 1e-11 && fabs(a.energy / b.energy - 1) < 1e-11);
        assert_true(fabs(a.heat_capacity / b.heat_capacity - 1) < 1e-9);
        femd_material_close(&warm);
        femd_material_close(&rest);
    }
}

/* The path of statics is left alone, so that states carry over and nothing is remembered. */
static void a_warm_instance_answers_with_the_bits_of_a_cold_one(void **state) {
    (void)state;
    femd_material *used = open_material(ARGON(QH, SMALL, AT40 WARM(QH))),
                  *fresh = open_material(ARGON(QH, SMALL, AT40 WARM(QH)));
    const double other[6] = {-0.01, 0.01, 0, 0.002, 0, 0};
    femd_buffer first = FEMD_BUFFER_INIT, second = FEMD_BUFFER_INIT, third = FEMD_BUFFER_INIT;
    femd_response a, b;
    femd_request q = {.wants = EVERYTHING, .temperature = 40};
    memcpy(q.value, STRAIN, sizeof STRAIN);
    request(used, &q, NULL, &a, &first);
    answer_at(used, other, 60, EVERYTHING, &b);
    q.value[0] = 0.012;
    request(used, &q, &first, &a, &second);
    request(fresh, &q, &first, &b, &third);
    assert_true(second.size == third.size && memcmp(second.data, third.data, second.size) == 0);
    a.work = b.work;
    assert_memory_equal(&a, &b, sizeof a);
    femd_buffer_clear(&first);
    femd_buffer_clear(&second);
    femd_buffer_clear(&third);
    femd_material_close(&used);
    femd_material_close(&fresh);
}

/* S(E = 0, T_ref) = -p_ref I, and the same body found by control from a cold reference. */
static void reference_and_control_find_the_same_cell(void **state) {
    (void)state;
    femd_material *warm = open_material(
                      ARGON(QH, SMALL, ",\"reference\":{\"temperature\":40,\"pressure\":\"20 MPa\"}" WARM(QH))),
                  *cold = open_material(ARGON(QH, SMALL, WARM(QH)));
    femd_response r, found;
    femd_request q = {.wants = BASIC, .temperature = 40, .control = FEMD_CONTROL_PRESSURE, .pressure = 2e7};
    answer_at(warm, ZERO, 40, EVERYTHING, &r);
    for (int c = 0; c < 6; c++) assert_true(fabs(r.S[c] + (c < 3 ? 2e7 : 0)) < 1e-8 * r.D[0]);
    request(cold, &q, NULL, &found, NULL);
    const double J = femd_material_capabilities(warm)->volume / femd_material_capabilities(cold)->volume;
    assert_true(fabs(found.J / J - 1) < 1e-6 && J > 1.01); /* of a cubic shape here, without shear stress there */
    femd_material_close(&warm);
    femd_material_close(&cold);
}

/* A table whose third derivatives are steps. */
static void stress_on_a_table(void **state) {
    (void)state;
    femd_material *m = open_material(COPPER(",\"repeat\":[2,2,2],\"vacancies\":{\"count\":1}",
                                            ",\"method\":\"quasiharmonic\",\"reference\":"
                                            "{\"temperature\":300}" WARM(QH)));
    double S[6], D[36];
    femd_response r;
    answer_at(m, STRAIN, 300, EVERYTHING, &r);
    differences(m, STRAIN, 300, 1e-3, S, D);
    const double s = largest_difference(6, S, r.S) / largest(6, r.S),
                 d = largest_difference(36, D, r.D) / largest(36, r.D);
    femd_response hot, cold;
    answer_at(m, STRAIN, 305, FEMD_WANT_STRESS, &hot);
    answer_at(m, STRAIN, 295, FEMD_WANT_STRESS, &cold);
    double dSdT[6];
    for (int c = 0; c < 6; c++) dSdT[c] = (hot.S[c] - cold.S[c]) / 10;
    const double t = largest_difference(6, dSdT, r.dSdT) / largest(6, r.dSdT);
    print_message("copper with a vacancy: S %.1e, D %.1e, dS/dT %.1e\n", s, d, t);
    assert_true(t < 1e-3);
    assert_true(s < 1e-4);
    assert_true(d < 2e-3);
    assert_symmetric(r.D);
    femd_material_close(&m);
}

static void more_atoms_than_it_is_for_are_refused(void **state) {
    (void)state;
    femd_material *m = NULL;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(try_open(ARGON(LH, ",\"repeat\":[6,6,6]", WARM(LH)), &m, &err), FEMD_LIMIT);
    assert_non_null(strstr(err.text, "internal \"T\": 864 atoms"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_derivatives_of_the_least_free_energy),
        cmocka_unit_test(psi_is_the_least_over_the_atoms),
        cmocka_unit_test(stress_is_that_of_the_least_free_energy),
        cmocka_unit_test(a_perfect_crystal_answers_as_at_rest),
        cmocka_unit_test(a_warm_instance_answers_with_the_bits_of_a_cold_one),
        cmocka_unit_test(reference_and_control_find_the_same_cell),
        cmocka_unit_test(stress_on_a_table),
        cmocka_unit_test(more_atoms_than_it_is_for_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
