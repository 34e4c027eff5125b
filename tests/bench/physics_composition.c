/* Fractions of species at prescribed differences of chemical potentials: against what is known exactly of atoms that
 * are the same but for name and mass, against LAMMPS, and against the free energies of swaps, added up over all
 * compositions of the same cell: the round trip from potentials to a composition and back. */
#include <stdio.h>
#include <string.h>

#include "physics.h"

static const double EV = FEMD_ELEMENTARY_CHARGE, COPPER = 63.546, NICKEL = 58.693; /* u, of the potential */

/* At no strain. */
static femd_status ask_open(femd_material *m, double T, double mu, double accuracy, femd_response *r, femd_error *err) {
    const femd_request q = {.wants = FEMD_WANT_COMPOSITION | FEMD_WANT_STRESS,
                            .temperature = T,
                            .accuracy = accuracy,
                            .seed = 1,
                            .flags = FEMD_REQUEST_EXCHANGE,
                            .delta_mu = {mu * EV}};
    const femd_bytes virgin = {NULL, 0};
    femd_buffer state = FEMD_BUFFER_INIT;
    const femd_status rc = femd_material_evaluate(m, &q, &virgin, NULL, r, &state, err);
    femd_buffer_clear(&state);
    return rc;
}

/* ---- atoms that are the same ---- */

static femd_status equal_atoms(femd_error *err) {
    const double T = 50, kT = FEMD_BOLTZMANN * T, mu = -0.006 * EV, odds = exp(mu / kT) * pow(83.798 / 39.948, 1.5),
                 x = odds / (1 + odds);
    const reference exact = {"exact", {x, 0}}, response = {"exact", {x * (1 - x) / kT * EV, 0}};
    femd_response r;
    femd_material *m = NULL;
    say("atoms that are the same but for their mass");
    femd_status rc = open_text(
        "{\"engine\":\"native\",\"method\":\"semi-grand\",\"semi-grand\":{\"species\":[\"Ar\",\"Kr\"],\"masses\":["
        "\"39.948 u\",\"83.798 u\"]},\"structure\":{\"lattice\":\"fcc\",\"a\":\"5.45 angstrom\",\"species\":[\"Ar\"],"
        "\"masses\":[\"39.948 u\"],\"repeat\":[2,2,2]},\"reference\":\"as-given\",\"potential\":{\"style\":\"lj\","
        "\"epsilon\":\"0.0103235 eV\",\"sigma\":\"3.405 angstrom\",\"cutoff\":\"6 angstrom\",\"smooth\":\"1.5 "
        "angstrom\"}}",
        &m, err);
    if (rc == FEMD_OK) rc = ask_open(m, T, mu / EV, 0.01, &r, err);
    if (rc == FEMD_OK) {
        const char *const what = "argon that becomes heavy argon, 50 K, -6 meV, 32 atoms";
        char name[160];
        snprintf(name, sizeof name, "%s: fraction", what);
        print_figure(name, (figure){r.x_2, r.x_2_err}, "", exact);
        snprintf(name, sizeof name, "%s: its derivative by the potential", what);
        print_figure(name, (figure){r.x_response * EV, r.x_response_err * EV}, "1/eV", response);
    }
    femd_material_close(&m);
    return rc;
}

/* ---- copper and nickel in a cell of copper at 600 K and zero pressure ---- */

enum { ATOMS = 108, HOSTS = 3, ARRANGEMENTS = 4 };

/* As many atoms of nickel as `nickel`, in the arrangement of a seed. */
static femd_status open_alloy(const char *method, int nickel, int seed, femd_material **m, femd_error *err) {
    char json[1024], with[120] = "";
    if (nickel)
        snprintf(with, sizeof with, ",\"substitution\":[{\"species\":\"Ni\",\"for\":\"Cu\",\"count\":%d,\"seed\":%d}]",
                 nickel, seed);
    snprintf(json, sizeof json,
             "{\"engine\":\"native\",%s,\"structure\":{\"lattice\":\"fcc\",\"a\":\"3.648 angstrom\",\"species\":["
             "\"Cu\"],\"repeat\":[3,3,3]%s},\"reference\":\"as-given\",\"potential\":{\"style\":\"eam/alloy\","
             "\"file\":\"CuNi.eam.alloy\"}}",
             method, with);
    return open_text(json, m, err);
}

/* By swaps, the part by interaction of F(n + 1) - F(n) in eV, n of a host: of one arrangement all sites are tried, of
 * several the scatter of their means is the error. */
static femd_status free_energy_of_swap(double T, int nickel, figure *g, femd_error *err) {
    const int count = nickel ? ARRANGEMENTS : 1;
    double sum = 0, square = 0;
    for (int seed = 1; seed <= count; seed++) {
        femd_response r;
        femd_material *m = NULL;
        say("%g K, swaps beside %d of nickel, arrangement %d", T, nickel, seed);
        femd_status rc =
            open_alloy("\"method\":{\"stress\":\"statics\",\"chemical-potential\":\"swap\"},\"swap\":{"
                       "\"from\":\"Cu\",\"to\":\"Ni\",\"accuracy\":0.004,\"block\":\"1 ps\",\"max_steps\":60000}",
                       nickel, seed, &m, err);
        if (rc == FEMD_OK) rc = ask(m, NULL, T, FEMD_WANT_MU, &r, err);
        femd_material_close(&m);
        FEMD_TRY(rc);
        sum += r.mu_excess / EV;
        square += r.mu_excess / EV * r.mu_excess / EV;
        g->error = r.mu_excess_err / EV;
    }
    g->value = sum / count;
    if (count > 1) g->error = sqrt(fmax(square / count - g->value * g->value, 0) / (count - 1));
    return FEMD_OK;
}

/* The mean fraction where n atoms have the weight exp(-(F(n) - n mu)/kT), the excess of F(n + 1) - F(n) being a
 * parabola through the three hosts. */
static double fraction_by_swaps(double T, double mu, const int host[HOSTS], const double g[HOSTS]) {
    const double kT = FEMD_BOLTZMANN * T / EV, mass = 1.5 * kT * log(COPPER / NICKEL),
                 first = (g[1] - g[0]) / (host[1] - host[0]), second = (g[2] - g[1]) / (host[2] - host[1]),
                 bend = (second - first) / (host[2] - host[0]);
    double weight = 1, sum = 1, mean = 0;
    for (int n = 0; n < ATOMS / 2; n++) {
        const double excess = g[0] + (n - host[0]) * (first + (n - host[1]) * bend);
        weight *= (double)(ATOMS - n) / (n + 1) * exp((mu - mass - excess) / kT);
        sum += weight;
        mean += (n + 1) * weight;
    }
    return mean / sum / ATOMS;
}

static femd_status by_swaps(double T, double mu, figure *x, femd_error *err) {
    static const int host[HOSTS] = {0, 3, 6};
    figure g[HOSTS];
    double value[HOSTS];
    for (int k = 0; k < HOSTS; k++) {
        FEMD_TRY(free_energy_of_swap(T, host[k], &g[k], err));
        value[k] = g[k].value;
    }
    *x = (figure){fraction_by_swaps(T, mu, host, value), 0};
    for (int k = 0; k < HOSTS; k++) {
        value[k] += g[k].error;
        x->error = hypot(x->error, fraction_by_swaps(T, mu, host, value) - x->value);
        value[k] -= g[k].error;
    }
    return FEMD_OK;
}

/* lammps: fix atom/swap with semi-grand yes, whose potentials have no part by masses: -3/2 kT ln(m_Cu/m_Ni) was added
 * to them there. */
static femd_status alloy(double T, double mu, double accuracy, figure lammps, figure pressure, int swaps,
                         femd_error *err) {
    femd_response r;
    femd_material *m = NULL;
    figure other;
    char what[100], name[160];
    snprintf(what, sizeof what, "Cu and Ni, a = 3.648 A, 108 atoms, %g K, %g eV", T, mu);
    say("%s", what);
    femd_status rc =
        open_alloy("\"method\":\"semi-grand\",\"semi-grand\":{\"species\":[\"Cu\",\"Ni\"]}", 0, 0, &m, err);
    if (rc == FEMD_OK) rc = ask_open(m, T, mu, accuracy, &r, err);
    femd_material_close(&m);
    FEMD_TRY(rc);
    const figure fraction = {r.x_2, r.x_2_err},
                 p = {-(r.S[0] + r.S[1] + r.S[2]) / 3 / GPA, (r.S_err[0] + r.S_err[1] + r.S_err[2]) / 3 / GPA};
    snprintf(name, sizeof name, "%s: fraction of Ni", what);
    print_figure(name, fraction, "", (reference){"LAMMPS, fix atom/swap, earlier here", lammps});
    if (swaps) {
        FEMD_TRY(by_swaps(T, mu, &other, err));
        print_figure(name, fraction, "", (reference){"free energies of swaps beside 0, 3, 6 of Ni", other});
    }
    snprintf(name, sizeof name, "%s: pressure", what);
    print_figure(name, p, "GPa", (reference){"LAMMPS, the same runs", pressure});
    return FEMD_OK;
}

femd_status composition(femd_error *err) {
    FEMD_TRY(equal_atoms(err));
    FEMD_TRY(alloy(600, -0.95, 0.002, (figure){0.02496, 0.00029}, (figure){0.3106, 0.0051}, 1, err));
    return alloy(1000, -0.9, 0.005, (figure){0.2357, 0.0020}, (figure){1.838, 0.029}, 0, err);
}
