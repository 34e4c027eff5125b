/* Self-consistent vibrations: force constants averaged over the thermal displacements ("force_constants": "thermal"),
 * against molecular dynamics where tables are rough, and against the vibrations of atoms at rest where these are exact.
 * And what vibrations at rest know of what they leave out. */
#include "harmonic.h"
#include "native_open.h"
#include "numerics/dense.h"
#include "vibrations/averaged.h"
#include "vibrations/displacements.h"

#define TABLE(method, lattice, a, element, style, file, repeat, more)                                                  \
    "{\"engine\":\"native\",\"method\":" method ",\"reference\":\"as-given\",\"structure\":{\"lattice\":\"" lattice    \
    "\",\"a\":\"" a " angstrom\",\"species\":[\"" element "\"],\"repeat\":" repeat                                     \
    "},\"potential\":{\"style\":\"" style "\",\"file\":\"" file "\"}" more "}"
#define CONSTANTS(which) ",\"quasiharmonic\":{\"force_constants\":\"" which "\"}"
#define IRON             TABLE(QH, "bcc", "2.86389", "Fe", "eam/fs", "Fe_mm.eam.fs", "[3,3,3]", "")
#define JEA              "NiAlH_jea.eam.alloy"
#define NICKEL           TABLE(QH, "fcc", "3.53056", "Ni", "eam/alloy", JEA, "[2,2,2]", CONSTANTS("thermal"))
#define ALUMINIUM(which) TABLE(QH, "fcc", "4.0939", "Al", "eam/alloy", "Al_zhou.eam.alloy", "[2,2,2]", CONSTANTS(which))
#define COPPER_AT(which)                                                                                               \
    TABLE(QH, "fcc", "3.62577", "Cu", "eam/alloy", "Cu_mishin1.eam.alloy", "[3,3,3]", CONSTANTS(which))

#define ARGON_CUBE                                                                                                     \
    "{\"engine\":\"native\",\"method\":\"quasiharmonic\",\"reference\":\"as-given\",\"structure\":{\"lattice\":"       \
    "\"fcc\","                                                                                                         \
    "\"a\":\"5.35 angstrom\",\"species\":[\"Ar\"],\"masses\":[\"39.95 "                                                \
    "u\"],\"repeat\":[3,3,3]},\"potential\":{\"style\":"                                                               \
    "\"lj\",\"epsilon\":\"0.0103235 eV\",\"sigma\":\"3.405 angstrom\",\"cutoff\":\"8.5 angstrom\"}}"

static double mean(double a, double b, double c) {
    return (a + b + c) / 3;
}

/* ---- rough tables ---- */

/* md: 54 or 32 atoms at 300 K, "accuracy" 0.0007, "tangent_accuracy" 0.002. */
typedef struct dynamics {
    double at_rest, S, C11, C12, C44; /* MPa, GPa */
} dynamics;

static void near_dynamics(const char *name, const char *json, const dynamics *md) {
    femd_material *m = open_material(json);
    femd_response r;
    answer_at(m, ZERO, 300, BASIC, &r);
    const double S = mean(r.S[0], r.S[1], r.S[2]) / 1e6, C11 = mean(r.D[0], r.D[7], r.D[14]) / GPA,
                 C12 = mean(r.D[1], r.D[2], r.D[8]) / GPA, C44 = mean(r.D[21], r.D[28], r.D[35]) / GPA;
    print_message("%s: S %.1f(%.1f), md %.1f MPa; C %.2f(%.2f) %.2f %.2f, md %.2f %.2f %.2f GPa\n", name, S,
                  r.S_err[0] / 1e6, md->S, C11, r.D_err[0] / GPA, C12, C44, md->C11, md->C12, md->C44);
    assert_true(fabs(S - md->S) < 0.1 * fabs(md->S - md->at_rest));
    assert_true(fabs(S - md->S) < 3 * r.S_err[0] / 1e6);
    assert_true(fabs(C11 - md->C11) < 0.01 * md->C11 && fabs(C12 - md->C12) < 0.015 * md->C12 &&
                fabs(C44 - md->C44) < 0.015 * md->C44);
    assert_true(fabs(C11 - md->C11) < 2 * r.D_err[0] / GPA && r.D_err[0] < 0.015 * r.D[0]);
    assert_int_equal(r.notes, 0);
    femd_material_close(&m);
}

/* Of iron the tables jump at every knot, so that averages are taken without being asked for. */
static void rough_tables_answer_as_dynamics_do(void **state) {
    (void)state;
    near_dynamics("iron", IRON, &(dynamics){1587.2, 806.2, 218.46, 120.93, 91.66});
    near_dynamics("nickel", NICKEL, &(dynamics){1587.6, -561.3, 221.24, 134.19, 111.04});
    near_dynamics("aluminium", ALUMINIUM("thermal"), &(dynamics){850.35, -932.5, 94.45, 64.78, 25.50});
}

/* ---- atoms at rest: what is left out ---- */

/* C11 is 94.45 GPa by dynamics; a jump of F'' stands a little off the density of the crystal at rest. */
static void atoms_at_rest_know_what_they_leave_out(void **state) {
    (void)state;
    femd_material *m = open_material(ALUMINIUM("rest"));
    femd_response r;
    answer_at(m, ZERO, 300, BASIC, &r);
    print_message("aluminium at rest: C11 %.2f(%.2f) GPa\n", r.D[0] / GPA, r.D_err[0] / GPA);
    assert_true(r.notes & FEMD_NOTE_ANHARMONIC);
    assert_true(r.D_err[0] > 0.5 * fabs(r.D[0] - 94.45 * GPA) && r.D_err[0] < 2 * fabs(r.D[0] - 94.45 * GPA));
    femd_material_close(&m);
}

/* Mishin's copper has smooth tables: nothing is averaged unless asked for, and nothing is noted. */
static void smooth_tables_are_left_alone(void **state) {
    (void)state;
    femd_material *by_itself = open_material(COPPER_AT("auto")), *rest = open_material(COPPER_AT("rest"));
    femd_response a, b;
    answer_at(by_itself, ZERO, 300, EVERYTHING, &a);
    answer_at(rest, ZERO, 300, EVERYTHING, &b);
    assert_memory_equal(a.S, b.S, sizeof a.S);
    assert_memory_equal(a.D, b.D, sizeof a.D);
    assert_int_equal(a.notes & FEMD_NOTE_ANHARMONIC, 0);
    femd_material_close(&by_itself);
    femd_material_close(&rest);
}

/* Energies and their rates of atoms that vibrate, beside md of the same cells (accuracy 0.01): argon at 40 K, copper at
 * 600 K. MJ/m^3, MJ/(m^3 K), MPa, MPa/K. */
static void errors_hold_what_dynamics_says(const char *json, double T, double energy, double heat_capacity, double S,
                                           double dSdT) {
    femd_material *m = open_material(json);
    femd_response r;
    answer_at(m, ZERO, T, EVERYTHING, &r);
    print_message("at %g K: u %.2f(%.2f), md %.2f; c %.4f(%.4f), md %.4f; S %.1f(%.1f), md %.1f; dS/dT %.2f(%.2f), md "
                  "%.2f\n",
                  T, r.energy / 1e6, r.energy_err / 1e6, energy, r.heat_capacity / 1e6, r.heat_capacity_err / 1e6,
                  heat_capacity, r.S[0] / 1e6, r.S_err[0] / 1e6, S, r.dSdT[0] / 1e6, r.dSdT_err[0] / 1e6, dSdT);
    const double off[4] = {fabs(r.energy / 1e6 - energy) / (r.energy_err / 1e6),
                           fabs(r.heat_capacity / 1e6 - heat_capacity) / (r.heat_capacity_err / 1e6),
                           fabs(r.S[0] / 1e6 - S) / (r.S_err[0] / 1e6),
                           fabs(r.dSdT[0] / 1e6 - dSdT) / (r.dSdT_err[0] / 1e6)};
    for (int k = 0; k < 4; k++) assert_true(off[k] > 0.1 && off[k] < 1.5);
    assert_true(r.sampled && r.helmholtz_err == r.energy_err);
    femd_material_close(&m);
}

static void what_is_left_out_is_as_large_as_dynamics_says(void **state) {
    (void)state;
    errors_hold_what_dynamics_says(ARGON_CUBE, 40, 41.775, 1.0387, -30.1, -3.025);
    errors_hold_what_dynamics_says(TABLE(QH, "fcc", "3.645", "Cu", "eam/alloy", "Cu_mishin1.eam.alloy", "[3,3,3]", ""),
                                   600, 2026.27, 3.3991, -554.8, -6.79);
}

/* What is lacking is of second order in T, what the vibrations make of first. */
static void what_is_left_out_falls_as_the_square_of_the_temperature(void **state) {
    (void)state;
    femd_material *m = open_material(ARGON(QH, ",\"repeat\":[2,2,2]", ",\"reference\":\"as-given\""));
    femd_response warm, cold;
    answer_at(m, ZERO, 40, BASIC, &warm);
    answer_at(m, ZERO, 20, BASIC, &cold);
    print_message("argon at rest, 40 and 20 K: errors of S11 %.2e %.2e, of D11 %.2e %.2e Pa\n", warm.S_err[0],
                  cold.S_err[0], warm.D_err[0], cold.D_err[0]);
    assert_true(fabs(warm.D_err[0] / cold.D_err[0] - 4) < 1 && fabs(warm.S_err[0] / cold.S_err[0] - 4) < 1);
    femd_material_close(&m);
}

/* ---- averages ---- */

#define THERMAL(more)       ",\"reference\":\"as-given\",\"quasiharmonic\":{\"force_constants\":\"thermal\"" more "}"
#define ARGON_THERMAL(more) ARGON(QH, ",\"repeat\":[2,2,2],\"vacancies\":{\"count\":1}", THERMAL(more))
#define ARGON_WARM                                                                                                     \
    ARGON(QH, ",\"repeat\":[2,2,2],\"vacancies\":{\"count\":1}",                                                       \
          ",\"reference\":\"as-given\",\"quasiharmonic\":{\"internal\":\"T\"}")

/* D by h and by half of it: their distance is what the first of them tells as unevenness, and so is its kind told of
 * dS/dT. A vacancy, so that the mean positions move with strain and temperature. */
static void unevenness_is_what_half_the_step_makes(void **state) {
    (void)state;
    femd_native *n = native_open(ARGON("\"statics\"", ",\"repeat\":[2,2,2],\"vacancies\":{\"count\":1}", ""));
    const int mesh[3] = {1, 1, 1};
    const femd_conditions q = {.temperature = 30, .wants = EVERYTHING};
    femd_averaged *averaged = NULL;
    femd_phonons phonons;
    femd_error err = FEMD_ERROR_INIT;
    double S[6], D[2][36] = {{0}}, told[36];
    assert_int_equal(femd_phonons_create(n, FEMD_PHONON_FULL, 0, mesh, &phonons, &err), FEMD_OK);
    assert_int_equal(femd_averaged_create(n->rve.n, &averaged, &err), FEMD_OK);
    assert_int_equal(femd_path_advance(&n->path, ZERO, NULL, &err), FEMD_OK);
    assert_int_equal(
        femd_condense_tangent(n->relaxer, &n->rve, &n->path.place, NULL, n->path.work, NULL, n->path.G, NULL, &err),
        FEMD_OK);
    for (int k = 0; k < 2; k++) {
        assert_int_equal(femd_averaged_strain(averaged, &phonons, n, &q, k ? 5e-3 : 1e-2, S, D[k], &err), FEMD_OK);
        if (k == 0) memcpy(told, averaged->uneven.D, sizeof told);
    }
    print_message("D11 by 0.01 and 0.005: %.3e Pa apart, told %.3e; dS/dT %.1e of %.1e\n", fabs(D[0][0] - D[1][0]),
                  told[0], averaged->uneven.dSdT[0], averaged->dSdT[0]);
    for (int c = 0; c < 36; c += 7) { /* to what so few rounds leave of the states' own way */
        const double share = told[c] / fabs(D[0][c] - D[1][c]);
        assert_true(told[c] > 5e5 && share > 0.2 && share < 2);
    }
    assert_true(averaged->uneven.dSdT[0] > 0 && averaged->uneven.dSdT[0] < 1e-2 * fabs(averaged->dSdT[0]));
    femd_averaged_destroy(&averaged);
    femd_phonons_clear(&phonons);
    femd_native_destroy(&n);
}

/* Where displacements are small both are the same. At 0 K they are: vibrations of atoms at rest that feel them. */
static void cold_averages_are_vibrations_at_rest(void **state) {
    (void)state;
    femd_material *thermal = open_material(ARGON_THERMAL("")), *rest = open_material(ARGON_WARM);
    femd_response a, b, still;
    const double T = 0.2;
    answer_at(thermal, STRAIN, T, EVERYTHING, &a);
    answer_at(rest, STRAIN, T, EVERYTHING, &b);
    answer_at(rest, STRAIN, 0, EVERYTHING, &still);
    double vibration[6];
    for (int c = 0; c < 6; c++) vibration[c] = b.S[c] - still.S[c];
    const double S = largest_difference(6, a.S, b.S) / largest(6, vibration),
                 D = largest_difference(36, a.D, b.D) / largest(36, b.D),
                 t = largest_difference(6, a.dSdT, b.dSdT) / largest(6, b.dSdT);
    print_message("argon at %g K: S %.1e, dS/dT %.1e of what vibrations make, D %.1e; c %.4f of it, F - U %.1e\n", T, S,
                  t, D, a.heat_capacity / b.heat_capacity, (a.helmholtz - a.energy) / (b.helmholtz - b.energy) - 1);
    assert_true(S < 0.01);
    assert_true(D < 2e-3); /* differences of all of S, of second order */
    assert_true(t < 0.05);
    assert_true(fabs(a.heat_capacity / b.heat_capacity - 1) < 0.01);
    assert_true(fabs((a.helmholtz - a.energy) / (b.helmholtz - b.energy) - 1) < 1e-3);
    femd_material_close(&thermal);
    femd_material_close(&rest);
}

/* S, dS/dT, heat capacity and psi - T dpsi/dT by differences of the answers themselves, a vacancy, all strained. */
static void derivatives_are_those_of_the_answers(const char *name, const char *json, double T) {
    femd_material *m = open_material(json);
    femd_response r, hot, cold;
    double dSdT[6], s = 0, d = 0;
    answer_at(m, STRAIN, T, EVERYTHING, &r);
    for (int c = 0; c < 6; c += 5) {
        const double h = 3e-3;
        double at[6];
        femd_response side[2];
        for (int k = 0; k < 2; k++) {
            memcpy(at, STRAIN, sizeof at);
            at[c] += k ? -h : h;
            answer_at(m, at, T, FEMD_WANT_STRESS | FEMD_WANT_HELMHOLTZ, &side[k]);
        }
        s = fmax(s, fabs((side[0].helmholtz - side[1].helmholtz) / (2 * h) - r.S[c]) / largest(6, r.S));
        for (int i = 0; i < 6; i++)
            d = fmax(d, fabs((side[0].S[i] - side[1].S[i]) / (2 * h) - r.D[6 * i + c]) / largest(36, r.D));
    }
    answer_at(m, STRAIN, 1.02 * T, SCALARS, &hot);
    answer_at(m, STRAIN, 0.98 * T, SCALARS, &cold);
    for (int c = 0; c < 6; c++) dSdT[c] = (hot.S[c] - cold.S[c]) / (0.04 * T);
    const double t = largest_difference(6, dSdT, r.dSdT) / largest(6, r.dSdT);
    const double heat = (hot.energy - cold.energy) / (0.04 * T) / r.heat_capacity - 1,
                 gibbs = (r.helmholtz - T * (hot.helmholtz - cold.helmholtz) / (0.04 * T)) / r.energy - 1;
    print_message("%s: S %.1e (error %.1e), D %.1e, dS/dT %.1e, heat capacity %.1e, energy %.1e\n", name, s,
                  largest(6, r.S_err) / largest(6, r.S), d, t, heat, gibbs);
    assert_true(s < 2 * largest(6, r.S_err) / largest(6, r.S));
    assert_true(d < 0.02);
    assert_true(t < 0.06);
    assert_true(fabs(heat) < 2e-3);
    assert_true(fabs(gibbs) < 0.05);
    assert_symmetric(r.D);
    femd_material_close(&m);
}

static void averages_have_the_derivatives_they_tell(void **state) {
    (void)state;
    derivatives_are_those_of_the_answers("argon, thermal", ARGON_THERMAL(""), 30);
}

static void quantum_averages_become_classical(void **state) {
    (void)state;
    femd_material *classical = open_material(ALUMINIUM("thermal")),
                  *quantum = open_material(TABLE(QH, "fcc", "4.0939", "Al", "eam/alloy", "Al_zhou.eam.alloy", "[2,2,2]",
                                                 ",\"quasiharmonic\":{\"force_constants\":\"thermal\",\"statistics\":"
                                                 "\"quantum\"}"));
    femd_response a, b;
    answer_at(classical, ZERO, 900, EVERYTHING, &a);
    answer_at(quantum, ZERO, 900, EVERYTHING, &b);
    print_message("aluminium at 900 K: S %.1f, quantum %.1f MPa; D11 %.2f, %.2f GPa; c %.4f of the classical one\n",
                  a.S[0] / 1e6, b.S[0] / 1e6, a.D[0] / GPA, b.D[0] / GPA, b.heat_capacity / a.heat_capacity);
    assert_true(fabs(b.S[0] / a.S[0] - 1) < 0.02);
    assert_true(fabs(b.D[0] / a.D[0] - 1) < 0.02);
    assert_true(fabs(b.heat_capacity / a.heat_capacity - 1) < 0.03);
    femd_material_close(&classical);
    femd_material_close(&quantum);
}

static void answers_are_functions_of_the_request(void **state) {
    (void)state;
    femd_material *m = open_material(ARGON_THERMAL("")), *cold = open_material(ARGON_THERMAL(""));
    femd_response first, again, elsewhere;
    answer_at(m, STRAIN, 30, EVERYTHING, &first);
    answer_at(m, ZERO, 50, EVERYTHING, &again); /* between */
    answer_at(m, STRAIN, 30, EVERYTHING, &again);
    answer_at(cold, STRAIN, 30, EVERYTHING, &elsewhere);
    assert_memory_equal(first.S, again.S, sizeof first.S);
    assert_memory_equal(first.D, again.D, sizeof first.D);
    assert_memory_equal(first.S_err, elsewhere.S_err, sizeof first.S_err);
    assert_memory_equal(first.D, elsewhere.D, sizeof first.D);
    assert_true(first.helmholtz == elsewhere.helmholtz && first.heat_capacity == elsewhere.heat_capacity);
    femd_material_close(&m);
    femd_material_close(&cold);
}

static void averages_are_for_a_whole_hessian(void **state) {
    (void)state;
    femd_material *m = NULL;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(try_open(ARGON(QH, "", THERMAL(",\"mesh\":[2,2,2]")), &m, &err), FEMD_BAD_INPUT);
    if (!strstr(err.text, "force_constants") || !strstr(err.text, "mesh")) fail_msg("%s", err.text);
}

/* ---- displacements ---- */

/* Many of them: the mean of u u is 2 M^-1/2 f'(A) M^-1/2, kT H^-1 of the free motions in the classical case. */
static void displacements_have_the_covariance_of_the_vibrations(void **state) {
    (void)state;
    enum { COUNT = 4000 };
    femd_native *n = native_open(ARGON("\"statics\"", ",\"repeat\":[2,1,1]", ""));
    const size_t n3 = 3 * (size_t)n->rve.n;
    const int mesh[3] = {1, 1, 1};
    double *z = malloc(2 * COUNT * n3 * sizeof *z), *u = z + COUNT * n3, *H = malloc(2 * n3 * n3 * sizeof *H),
           *inverse = H + n3 * n3;
    femd_displacements_draw(n3, COUNT, z);
    for (int quantum = 0; quantum < 2; quantum++) {
        femd_phonons phonons;
        femd_error err = FEMD_ERROR_INIT;
        const double T = quantum ? 2000 : 40; /* so hot that both agree to 1e-4 */
        assert_int_equal(femd_phonons_create(n, FEMD_PHONON_FULL, quantum, mesh, &phonons, &err), FEMD_OK);
        assert_int_equal(femd_phonons_sample(&phonons, &n->rve, &n->path.place, n->path.x, &err), FEMD_OK);
        assert_int_equal(femd_phonons_base(&phonons, T, &err), FEMD_OK);
        femd_displacements_make(&phonons, COUNT, z, u);
        assert_int_equal(femd_energetics_hessian(n->rve.en, n->rve.nb, n->path.place.h, n->path.x, H, NULL, NULL, &err),
                         FEMD_OK);
        femd_gauge_stiffen(&n->rve.gauge, H);
        assert_int_equal(femd_cholesky((int)n3, H), 0);
        femd_cholesky_inverse((int)n3, H, inverse);
        for (size_t i = 0; i < n3; i++) femd_gauge_remove(&n->rve.gauge, inverse + i * n3);
        double most = 0;
        for (size_t i = 0; i < n3; i++)
            for (size_t j = 0; j < n3; j++) {
                double sum = 0;
                for (size_t k = 0; k < COUNT; k++) sum += u[k * n3 + i] * u[k * n3 + j] / COUNT;
                const double scale = femd_phonon_k * T * sqrt(inverse[i * (n3 + 1)] * inverse[j * (n3 + 1)]);
                most = fmax(most, fabs(sum - femd_phonon_k * T * inverse[i * n3 + j]) / scale);
            }
        print_message("covariance, %s: %.3f of its size off\n", quantum ? "quantum" : "classical", most);
        assert_true(most < 0.08); /* five standard errors */
        femd_phonons_clear(&phonons);
    }
    for (size_t k = 0; k < COUNT; k++) assert_true(fabs(femd_dot((int)n3, z + k * n3, z + k * n3) - (double)n3) < 1e-9);
    free(z);
    free(H);
    femd_native_destroy(&n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rough_tables_answer_as_dynamics_do),
        cmocka_unit_test(atoms_at_rest_know_what_they_leave_out),
        cmocka_unit_test(smooth_tables_are_left_alone),
        cmocka_unit_test(what_is_left_out_is_as_large_as_dynamics_says),
        cmocka_unit_test(what_is_left_out_falls_as_the_square_of_the_temperature),
        cmocka_unit_test(unevenness_is_what_half_the_step_makes),
        cmocka_unit_test(cold_averages_are_vibrations_at_rest),
        cmocka_unit_test(averages_have_the_derivatives_they_tell),
        cmocka_unit_test(quantum_averages_become_classical),
        cmocka_unit_test(answers_are_functions_of_the_request),
        cmocka_unit_test(averages_are_for_a_whole_hessian),
        cmocka_unit_test(displacements_have_the_covariance_of_the_vibrations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
