/* Sampled stress and tangent against differences of the free energy. The differences come from energies alone
 * (perturbation of the strain at fixed w, Zwanzig, J. Chem. Phys. 22 (1954) 1420): with W(E, w) sampled at E, F(E') -
 * F(E) = -kT ln <exp(-(W(E', w) - W(E, w))/kT)> - n kT ln(J'/J), so neither the virial nor a second derivative nor a
 * covariance is in them. */
#include "md_fixture.h"

#define DEFECT                                                                                                         \
    "{\"engine\":\"native\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"5.35 angstrom\",\"species\":[\"Ar\"],"          \
    "\"masses\":[\"39.95 "                                                                                             \
    "u\"],\"repeat\":[2,2,2],\"vacancies\":{\"count\":1}},\"potential\":{\"style\":\"lj\",\"epsilon\":\"0.0103235 "    \
    "eV\",\"sigma\":\"3.405 angstrom\",\"cutoff\":\"6.5 angstrom\",\"smooth\":\"2 "                                    \
    "angstrom\"},\"md\":{\"max_steps\":4000000}}"

enum { BLOCKS = 40, SAMPLES = 200, EVERY = 12 };
static const double STRAIN[6] = {0.01, -0.006, 0.004, 0.012, 0.0, -0.008};
static const double DIRECTION[6] = {0.6, -0.3, 0.4, 0.5, -0.2, 0.7}; /* strains go along it */
static const double STEP = 1.5e-3, T = 40;

/* W at E + s DIRECTION with the w that x has at E; and its J. */
static double energy_at(femd_md *md, double s, const double *w, double *x, double *f, double *J) {
    femd_error err = FEMD_ERROR_INIT;
    femd_place place;
    double E[6], W, tau[6];
    for (int c = 0; c < 6; c++) E[c] = STRAIN[c] + s * DIRECTION[c];
    femd_status rc = femd_place_set(&md->common.rve, E, &place, &err);
    femd_place_atoms(&md->common.rve, &place, w, x);
    if (rc == FEMD_OK) rc = femd_energetics_forces(md->common.rve.en, md->common.rve.nb, place.h, x, &W, f, tau, &err);
    if (rc != FEMD_OK) fail_msg("%s", err.text);
    *J = place.J;
    return W;
}

/* First and second difference of F along DIRECTION in Pa, and their standard errors from blocks. */
static void differences(md_case *c, double value[2], double error[2]) {
    femd_error err = FEMD_ERROR_INIT;
    femd_md *md = c->md;
    femd_dynamics *d = &md->common.d;
    const size_t n3 = 3 * (size_t)md->common.rve.n;
    const double kT = femd_kb * T, unit = FEMD_EV_PER_A3 / md->common.rve.V0, n = md->common.rve.n - 1;
    double *w = malloc(3 * n3 * sizeof *w), *x = w + n3, *f = x + n3, sum[2] = {0}, square[2] = {0}, J[3];
    assert_non_null(w);
    for (int b = 0; b < BLOCKS; b++) {
        double mean[2] = {0}; /* of exp(-dW/kT) at +, - */
        for (int k = 0; k < SAMPLES; k++) {
            if (femd_dynamics_langevin(d, EVERY, &err) != FEMD_OK) fail_msg("%s", err.text);
            femd_place_displacements(&md->common.rve, &md->common.place, d->x, w);
            const double W = energy_at(md, 0, w, x, f, &J[1]), plus = energy_at(md, STEP, w, x, f, &J[2]),
                         minus = energy_at(md, -STEP, w, x, f, &J[0]);
            mean[0] += exp(-(plus - W) / kT) / SAMPLES;
            mean[1] += exp(-(minus - W) / kT) / SAMPLES;
        }
        const double up = -kT * (log(mean[0]) + n * log(J[2] / J[1])),
                     down = -kT * (log(mean[1]) + n * log(J[0] / J[1]));
        const double one[2] = {unit * (up - down) / (2 * STEP), unit * (up + down) / (STEP * STEP)};
        for (int i = 0; i < 2; i++) sum[i] += one[i], square[i] += one[i] * one[i];
    }
    for (int i = 0; i < 2; i++) {
        value[i] = sum[i] / BLOCKS;
        error[i] = sqrt((square[i] / BLOCKS - value[i] * value[i]) / (BLOCKS - 1));
    }
    free(w);
}

static void stress_and_tangent_are_derivatives_of_the_free_energy(void **state) {
    (void)state;
    md_case c;
    femd_response r;
    double value[2], error[2], S = 0, D = 0, S_var = 0, D_var = 0;
    md_open(&c, DEFECT);
    md_evaluate(&c, STRAIN, T, 0.004, 1, NULL, &r, NULL); /* leaves the dynamics at the strain, in equilibrium */
    differences(&c, value, error);
    for (int i = 0; i < 6; i++) {
        S += r.S[i] * DIRECTION[i];
        S_var += pow(r.S_err[i] * DIRECTION[i], 2);
        for (int j = 0; j < 6; j++) {
            D += r.D[6 * i + j] * DIRECTION[i] * DIRECTION[j];
            D_var += pow(r.D_err[6 * i + j] * DIRECTION[i] * DIRECTION[j], 2) * (i == j ? 1 : 2);
        }
    }
    print_message("S along the direction %.3f(%.3f) MPa, dF %.3f(%.3f); D %.3f(%.3f) GPa, d2F %.3f(%.3f)\n", S / 1e6,
                  sqrt(S_var) / 1e6, value[0] / 1e6, error[0] / 1e6, D / 1e9, sqrt(D_var) / 1e9, value[1] / 1e9,
                  error[1] / 1e9);
    assert_true(fabs(S - value[0]) < 4 * sqrt(S_var + error[0] * error[0]));
    assert_true(fabs(D - value[1]) < 4 * sqrt(D_var + error[1] * error[1]));
    assert_true(error[0] < 0.02 * fabs(value[0]) && error[1] < 0.05 * value[1]); /* the differences say something */
    md_close(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(stress_and_tangent_are_derivatives_of_the_free_energy)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
