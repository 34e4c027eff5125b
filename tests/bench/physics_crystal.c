/* Figures of crystals: expansion and elastic constants of copper, argon and silicon, and what is known exactly.
 *
 * References "earlier here" were computed with LAMMPS 29 Sep 2021 and KIM 2.3.0, by programs that share no code with
 * femd. */
#include <stdio.h>
#include <string.h>

#include "femd/units.h"
#include "physics.h"

#define MECHANICAL (FEMD_WANT_STRESS | FEMD_WANT_TANGENT)

static const char MISHIN[] = "\"potential\":{\"style\":\"eam/alloy\",\"file\":\"Cu_mishin1.eam.alloy\"}";
static const char KIM_NPT[] = "LAMMPS npt, 500 atoms, 180 ps, KIM's copy of the potential";

/* ---- copper ---- */

/* An RVE of copper with a method; a = NULL: at its own harmonic zero-pressure cell at `temperature`. */
static femd_status open_copper(const char *method, int repeat, const char *a, double temperature, const char *options,
                               femd_material **m, femd_error *err) {
    char json[1024], where[64] = "\"as-given\"";
    if (!a) snprintf(where, sizeof where, "{\"temperature\":%g,\"pressure\":0,\"accuracy\":0}", temperature);
    snprintf(json, sizeof json,
             "{\"engine\":\"native\",\"method\":\"%s\",%s\"reference\":%s,\"structure\":{\"lattice\":\"fcc\",\"a\":\"%"
             "s angstrom\","
             "\"species\":[\"Cu\"],\"repeat\":[%d,%d,%d]},%s}",
             method, options, where, a ? a : "3.615", repeat, repeat, repeat, MISHIN);
    return open_text(json, m, err);
}

/* a(T) in angstrom by md under pressure control, and by the quasi-harmonic free energy, which makes the reference cell.
 */
typedef struct expansion {
    figure a, thermal; /* thermal: expansion coefficient from the thermal stress, 1/K */
    double harmonic;
} expansion;

static femd_status expand(double temperature, expansion *x, femd_error *err) {
    enum { REPEAT = 5 };
    femd_material *m = NULL;
    femd_response r;
    femd_status rc =
        open_copper("md", REPEAT, NULL, temperature,
                    "\"md\":{\"accuracy\":0.0007,\"tangent_accuracy\":0.01,\"max_steps\":4000000},", &m, err);
    if (rc == FEMD_OK) rc = ask_at_pressure(m, 0, temperature, MECHANICAL | FEMD_WANT_THERMAL_STRESS, &r, err);
    if (rc == FEMD_OK) {
        const double pressure =
            (r.S_err[0] + r.S_err[1] + r.S_err[2]) / 3; /* its error, as of stresses that err together */
        const cubic c = cubic_constants(&r);
        const double K3 = (c.c11.value + 2 * c.c12.value) * GPA;
        x->harmonic = edge(m, REPEAT * REPEAT * REPEAT);
        x->a.value = x->harmonic * cbrt(r.J);
        x->a.error = x->a.value * fabs(r.dJdp) * pressure / (3 * r.J);
        x->thermal.value = -(r.dSdT[0] + r.dSdT[1] + r.dSdT[2]) / 3 / K3;
        x->thermal.error = (r.dSdT_err[0] + r.dSdT_err[1] + r.dSdT_err[2]) / 3 / K3;
        say("copper %g K: a = %.5f(%.5f) angstrom, quasi-harmonic %.5f", temperature, x->a.value, x->a.error,
            x->harmonic);
    }
    femd_material_close(&m);
    return rc;
}

femd_status copper_expansion(femd_error *err) {
    static const double T[] = {100, 200, 300, 400}, known[] = {3.62048, 3.62614, 3.63190, 3.63795},
                        known_error[] = {1e-5, 2e-5, 3e-5, 3e-5};
    const double table0 = 3.614925, copy0 = 3.61500; /* a(0 K) of the two tables of one potential */
    expansion x[4];
    for (int k = 0; k < 4; k++) {
        char name[96];
        FEMD_TRY(expand(T[k], &x[k], err));
        snprintf(name, sizeof name, "Cu a(%g K), md at zero pressure, 500 atoms", T[k]);
        print_figure(name, x[k].a, "angstrom", (reference){NULL, {0, 0}});
        snprintf(name, sizeof name, "Cu a(%g K)/a(0 K) - 1, md", T[k]);
        print_figure(name, (figure){1e3 * (x[k].a.value / table0 - 1), 1e3 * x[k].a.error / table0}, "1e-3",
                     (reference){KIM_NPT, {1e3 * (known[k] / copy0 - 1), 1e3 * known_error[k] / copy0}});
        snprintf(name, sizeof name, "Cu a(%g K)/a(0 K) - 1, quasi-harmonic", T[k]);
        print_figure(
            name, (figure){1e3 * (x[k].harmonic / table0 - 1), 0}, "1e-3",
            (reference){"md, the row above", {1e3 * (x[k].a.value / table0 - 1), 1e3 * x[k].a.error / table0}});
    }
    const double span = (T[3] - T[1]) * x[2].a.value, theirs = (T[3] - T[1]) * known[2];
    const reference kim = {
        "the same LAMMPS runs, 200 and 400 K",
        {1e6 * (known[3] - known[1]) / theirs, 1e6 * hypot(known_error[3], known_error[1]) / theirs}};
    print_figure("Cu expansion at 300 K, from a(200 K) and a(400 K), md",
                 (figure){1e6 * (x[3].a.value - x[1].a.value) / span, 1e6 * hypot(x[3].a.error, x[1].a.error) / span},
                 "1e-6/K", kim);
    print_figure("Cu expansion at 300 K, from the thermal stress, md",
                 (figure){1e6 * x[2].thermal.value, 1e6 * x[2].thermal.error}, "1e-6/K", kim);
    print_figure("Cu expansion at 300 K, quasi-harmonic",
                 (figure){1e6 * (x[3].harmonic - x[1].harmonic) / ((T[3] - T[1]) * x[2].harmonic), 0}, "1e-6/K",
                 (reference){"earlier here, KIM's second derivatives, 108 atoms", {15.0, 0}});
    return FEMD_OK;
}

femd_status copper_constants(femd_error *err) {
    static const char sampling[] = "\"md\":{\"accuracy\":0.001,\"tangent_accuracy\":%g,\"max_steps\":8000000},";
    const cubic lammps = {{164.00, 0.10}, {119.98, 0.10}, {71.73, 0.04}},
                strained = {{163.8, 0.4}, {119.9, 0.4}, {71.55, 0.14}};
    char options[128];
    femd_material *m = NULL;
    femd_response r;
    cubic c;
    snprintf(options, sizeof options, sampling, 0.0012);
    femd_status rc = open_copper("md", 4, "3.63196", 300, options, &m, err);
    if (rc == FEMD_OK) rc = ask(m, NULL, 300, MECHANICAL, &r, err);
    if (rc == FEMD_OK) {
        c = cubic_constants(&r);
        print_cubic("Cu 300 K, a = 3.63196 A, md fluctuations, 256 atoms", c,
                    "LAMMPS with KIM's second derivatives, 300 ps", lammps);
        print_cubic("Cu 300 K, md fluctuations", c, "LAMMPS, +-0.5 % strain, 3 x 300 ps", strained);
        say("copper 300 K: strained by 0.5 %%");
        rc = cubic_by_strain(m, 300, 0.005, &c, err);
    }
    if (rc == FEMD_OK)
        print_cubic("Cu 300 K, +-0.5 % strain, md stress", c, "LAMMPS, +-0.5 % strain, 3 x 300 ps", strained);
    femd_material_close(&m);
    if (rc == FEMD_OK) rc = open_copper("quasiharmonic", 3, NULL, 300, "", &m, err);
    if (rc == FEMD_OK) rc = ask(m, NULL, 300, MECHANICAL, &r, err);
    if (rc == FEMD_OK)
        print_cubic("Cu 300 K, quasi-harmonic, 108 atoms", cubic_constants(&r),
                    "earlier here, KIM's second derivatives", (cubic){{165.2, 0}, {120.5, 0}, {72.7, 0}});
    femd_material_close(&m);
    return rc;
}

/* Figures without errors, with those that femd's sampling would have in a run that is `shorter` times shorter than its
 * own. */
static cubic with_errors_of(cubic mine, cubic theirs, double shorter) {
    theirs.c11.error = mine.c11.error * sqrt(shorter);
    theirs.c12.error = mine.c12.error * sqrt(shorter);
    theirs.c44.error = mine.c44.error * sqrt(shorter);
    return theirs;
}

/* ---- argon ---- */

/* Cut off abruptly, so that a part of the tangent comes from pairs that cross the cutoff. LAMMPS's Born averages lack
 * it: the reference is the stress of strained cells. */
femd_status argon_constants(femd_error *err) {
    static const char json[] =
        "{\"engine\":\"native\",\"method\":\"md\",\"md\":{\"time_step\":\"15 "
        "fs\",\"accuracy\":0.002,\"tangent_accuracy\":0.003,\"max_steps\":4000000},"
        "\"reference\":\"as-given\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"5.397003 "
        "angstrom\",\"species\":[\"Ar\"],"
        "\"masses\":[\"39.948 u\"],\"repeat\":[4,4,4]},\"potential\":{\"style\":\"lj/cut\",\"epsilon\":\"0.0103235 "
        "eV\","
        "\"sigma\":\"3.405 angstrom\",\"cutoff\":\"8.5125 angstrom\"}}";
    femd_material *m = NULL;
    femd_response r;
    cubic c, strained;
    femd_status rc = open_text(json, &m, err);
    if (rc == FEMD_OK) rc = ask(m, NULL, 60, MECHANICAL, &r, err);
    if (rc == FEMD_OK) {
        c = cubic_constants(&r);
        say("argon 60 K: strained by 0.5 %%");
        rc = cubic_by_strain(m, 60, 0.005, &strained, err);
    }
    if (rc == FEMD_OK)
        print_cubic("LJ argon 60 K, a = 5.397003 A, lj/cut 8.5125 A, md fluctuations, 256 atoms", c,
                    "+-0.5 % strain, md stress", strained);
    femd_material_close(&m);
    return rc;
}

/* ---- silicon ---- */

static femd_status open_silicon(const char *engine, int repeat, const char *more, femd_material **m, femd_error *err) {
    char json[1024];
    snprintf(
        json, sizeof json,
        "{\"engine\":\"%s\",%s\"structure\":{\"lattice\":\"diamond\",\"a\":\"5.457 angstrom\",\"species\":[\"Si\"],"
        "\"masses\":[\"28.0855 u\"],\"repeat\":[%d,%d,%d]},\"potential\":{\"style\":\"sw\",\"file\":\"Si.sw\"}}",
        engine, more, repeat, repeat, repeat);
    return open_text(json, m, err);
}

/* Energy of an atom: the work from atoms so far apart that they do not feel each other to the lattice parameter a. */
static femd_status cohesive_energy(double a, figure *energy, femd_error *err) {
    static const char json[] =
        "{\"engine\":\"cauchy-born\",\"reference\":\"as-given\",\"structure\":{\"lattice\":\"diamond\",\"a\":\"12 "
        "angstrom\","
        "\"species\":[\"Si\"],\"masses\":[\"28.0855 u\"]},\"potential\":{\"style\":\"sw\",\"file\":\"Si.sw\"}}";
    const double e = (a * a / 144 - 1) / 2, E[6] = {e, e, e, 0, 0, 0};
    femd_material *m = NULL;
    femd_response r;
    femd_status rc = open_text(json, &m, err);
    if (rc == FEMD_OK) rc = ask(m, E, 0, FEMD_WANT_STRESS | FEMD_WANT_ENERGY, &r, err);
    if (rc == FEMD_OK)
        *energy = (figure){r.energy * femd_material_capabilities(m)->volume / femd_material_capabilities(m)->atoms /
                               FEMD_ELEMENTARY_CHARGE,
                           0};
    femd_material_close(&m);
    return rc;
}

static femd_status silicon_at_rest(femd_error *err) {
    femd_material *m = NULL;
    femd_response r;
    figure energy;
    femd_status rc = open_silicon("native", 1, "", &m, err);
    if (rc == FEMD_OK) rc = ask(m, NULL, 0, MECHANICAL, &r, err);
    if (rc == FEMD_OK) rc = cohesive_energy(edge(m, 1), &energy, err);
    if (rc == FEMD_OK) {
        print_figure("SW silicon 0 K: energy of an atom", energy, "eV", (reference){"LAMMPS", {-4.33660, 0}});
        print_figure("SW silicon 0 K: a", (figure){edge(m, 1), 0}, "angstrom", (reference){"LAMMPS", {5.430950, 0}});
        print_cubic("SW silicon 0 K", cubic_constants(&r), "Cowley 1988", (cubic){{151.4, 0}, {76.4, 0}, {56.4, 0}});
        print_cubic("SW silicon 0 K", cubic_constants(&r), "LAMMPS, central differences",
                    (cubic){{151.424, 0}, {76.422, 0}, {56.449, 0}});
    }
    femd_material_close(&m);
    if (rc == FEMD_OK) rc = open_silicon("cauchy-born", 1, "", &m, err);
    if (rc == FEMD_OK) rc = ask(m, NULL, 0, MECHANICAL, &r, err);
    if (rc == FEMD_OK)
        print_figure("SW silicon 0 K, cauchy-born: C44 unrelaxed", cubic_constants(&r).c44, "GPa",
                     (reference){"LAMMPS, central differences", {109.756, 0}});
    femd_material_close(&m);
    return rc;
}

/* The benchmark of Kluge, Ray and Rahman (1986) as LAMMPS's example
 * ELASTIC_T/BORN_MATRIX/Silicon sets it up: 216 atoms, a = 5.457 angstrom, 1477 K, isothermal. Its two logs of 115 ps
 * (22 Nov 2025) print B = 93.62, 93.65, C44 = 45.23, 46.01, (C11 - C12)/2 = 29.70, 29.65 GPa without errors; here their
 * means, with the errors that femd's sampling would have at their length. */
static femd_status silicon_hot(femd_error *err) {
    static const char sampling[] =
        "\"method\":\"md\",\"reference\":\"as-given\",\"md\":{\"time_step\":\"1.8 fs\",\"accuracy\":0.006,"
        "\"tangent_accuracy\":0.0025,\"max_steps\":8000000},";
    const cubic logs = {{133.19, 0}, {73.85, 0}, {45.62, 0}};
    femd_material *m = NULL;
    femd_response r;
    cubic fluctuation, direct;
    femd_status rc = open_silicon("native", 3, sampling, &m, err);
    if (rc == FEMD_OK) rc = ask(m, NULL, 1477, MECHANICAL, &r, err);
    if (rc == FEMD_OK) {
        fluctuation = cubic_constants(&r);
        const double shorter = (double)r.work.force_evaluations * 1.8e-3 / (2 * 150000 * 0.766e-3);
        print_cubic("SW silicon 1477 K, a = 5.457 A, md fluctuations, 216 atoms", fluctuation,
                    "LAMMPS's example, two logs of 115 ps", with_errors_of(fluctuation, logs, shorter));
        say("silicon 1477 K: strained by 0.5 %%");
        rc = cubic_by_strain(m, 1477, 0.005, &direct, err);
    }
    if (rc == FEMD_OK)
        print_cubic("SW silicon 1477 K, +-0.5 % strain, md stress", direct, "md fluctuations", fluctuation);
    femd_material_close(&m);
    if (rc == FEMD_OK)
        rc = open_silicon("native", 3, "\"method\":\"quasiharmonic\",\"reference\":\"as-given\",", &m, err);
    if (rc == FEMD_OK) rc = ask(m, NULL, 1477, MECHANICAL, &r, err);
    if (rc == FEMD_OK)
        print_cubic("SW silicon 1477 K, quasi-harmonic", cubic_constants(&r), "md fluctuations", fluctuation);
    femd_material_close(&m);
    return rc;
}

femd_status silicon_constants(femd_error *err) {
    FEMD_TRY(silicon_at_rest(err));
    return silicon_hot(err);
}

/* ---- exact ---- */

/* Argon with forces between nearest neighbours alone. */
static femd_status open_nearest(const char *method, const char *a, double epsilon, femd_material **m, femd_error *err) {
    char json[768];
    snprintf(json, sizeof json,
             "{\"engine\":\"native\",\"method\":\"%s\",%s\"structure\":{\"lattice\":\"fcc\",\"a\":\"%s "
             "angstrom\",\"species\":[\"Ar\"],"
             "\"masses\":[\"39.948 u\"],\"repeat\":[3,3,3]},\"potential\":{\"style\":\"lj/cut\",\"epsilon\":\"%g eV\","
             "\"sigma\":\"3.4 angstrom\",\"cutoff\":\"4.76 angstrom\"}}",
             method, strcmp(method, "statics") ? "\"reference\":\"as-given\"," : "", a, epsilon);
    return open_text(json, m, err);
}

/* Units of the nearest-neighbour crystal; N k per volume for heat capacities. */
femd_status exact_figures(femd_error *err) {
    const double epsilon = 0.0104, sigma = 3.4, unit = epsilon * FEMD_EV_PER_A3 / (sigma * sigma * sigma) / GPA;
    const reference exact[] = {{"exact", {72, 0}}, {"exact", {36, 0}}, {"exact", {36, 0}}};
    static const char *const name[] = {"C11", "C12", "C44"}, *const methods[] = {"quasiharmonic", "local-harmonic"};
    femd_material *m = NULL;
    femd_response r;
    femd_status rc = open_nearest("statics", "5.4", epsilon, &m, err);
    if (rc == FEMD_OK) rc = ask(m, NULL, 0, MECHANICAL, &r, err);
    if (rc == FEMD_OK) {
        const cubic c = cubic_constants(&r);
        const double value[] = {c.c11.value, c.c12.value, c.c44.value};
        for (int i = 0; i < 3; i++) {
            char text[96];
            snprintf(text, sizeof text, "nearest-neighbour Lennard-Jones fcc: %s", name[i]);
            print_figure(text, (figure){value[i] / unit, 0}, "eps/sigma^3", exact[i]);
        }
    }
    femd_material_close(&m);
    for (int k = 0; k < 2 && rc == FEMD_OK; k++) {
        rc = open_nearest(methods[k], "5.397", epsilon, &m, err);
        if (rc == FEMD_OK) rc = ask(m, NULL, 30, FEMD_WANT_STRESS | FEMD_WANT_HEAT_CAPACITY, &r, err);
        if (rc == FEMD_OK) {
            const femd_capabilities *has = femd_material_capabilities(m);
            char text[96];
            snprintf(text, sizeof text, "classical heat capacity, %s, 108 atoms", methods[k]);
            print_figure(text, (figure){r.heat_capacity * has->volume / FEMD_BOLTZMANN, 0}, "k",
                         (reference){k ? "exact: 3N, Einstein's crystal" : "exact: 3(N - 1)",
                                     {3.0 * (has->atoms - (k ? 0 : 1)), 0}});
        }
        femd_material_close(&m);
    }
    return rc;
}
