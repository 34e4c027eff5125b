/* Chemical potentials: of defects in copper by free energies of formation, harmonic and integrated, of a Lennard-Jones
 * fluid by particles that are put in, of nickel for copper by swapped atoms. */
#include <stdio.h>
#include <string.h>

#include "physics.h"

static const double EV = FEMD_ELEMENTARY_CHARGE, PI = 3.14159265358979323846;
static const double EPSILON = 0.0103207, SIGMA = 3.405, MASS = 39.948, CUTOFF = 4; /* eV, angstrom, u, sigma */

static const char *const program = "an independent program";

static void row(const char *what, int atoms, figure mine, const char *unit, figure other) {
    char name[200];
    snprintf(name, sizeof name, "%s, %d atoms", what, atoms);
    print_figure(name, mine, unit, (reference){program, other});
}

/* ---- defects ---- */

static femd_status open_crystal(const char *file, const char *defect, int repeat, femd_material **m, femd_error *err) {
    char json[1024];
    snprintf(json, sizeof json,
             "{\"engine\":\"native\",\"method\":{\"stress\":\"quasiharmonic\",\"chemical-potential\":\"harmonic\","
             "\"chemical-potential-strain\":\"harmonic\"},\"structure\":{\"lattice\":\"fcc\",\"a\":\"3.615 angstrom\","
             "\"species\":[\"Cu\"],\"repeat\":[%d,%d,%d]},\"defect\":%s,\"potential\":{\"style\":\"eam/alloy\","
             "\"file\":\"%s\"}}",
             repeat, repeat, repeat, defect, file);
    return open_text(json, m, err);
}

static femd_status vacancy(int repeat, figure energy, figure strain, figure entropy, femd_error *err) {
    const uint32_t both = FEMD_WANT_MU | FEMD_WANT_MU_STRAIN;
    const int atoms = 4 * repeat * repeat * repeat;
    const double T = 300;
    femd_response cold, warm;
    femd_material *m = NULL;
    say("vacancy among %d atoms", atoms);
    femd_status rc = open_crystal("Cu_mishin1.eam.alloy", "{\"vacancy\":0}", repeat, &m, err);
    if (rc == FEMD_OK) rc = ask(m, NULL, 0, both, &cold, err);
    if (rc == FEMD_OK) rc = ask(m, NULL, T, FEMD_WANT_MU | FEMD_WANT_STRESS, &warm, err);
    if (rc == FEMD_OK) {
        const double Omega = femd_material_capabilities(m)->volume / atoms,
                     p = -(warm.S[0] + warm.S[1] + warm.S[2]) / 3;
        row("copper, vacancy: formation energy at a0", atoms, (figure){cold.mu_excess / EV, 0}, "eV", energy);
        if (isfinite(strain.value))
            row("copper, vacancy: V (S_d - S_h) at a0", atoms, (figure){cold.mu_strain[0] / EV, 0}, "eV", strain);
        row("copper, vacancy: formation entropy at a0", atoms,
            (figure){(cold.mu_excess + p * Omega - warm.mu_excess) / (FEMD_BOLTZMANN * T), 0}, "k", entropy);
    }
    femd_material_close(&m);
    return rc;
}

static femd_status solute(int repeat, figure energy, femd_error *err) {
    const int atoms = 4 * repeat * repeat * repeat;
    femd_response r;
    femd_material *m = NULL;
    femd_status rc =
        open_crystal("CuNi.eam.alloy", "{\"substitute\":{\"site\":0,\"species\":\"Ni\"}}", repeat, &m, err);
    if (rc == FEMD_OK) rc = ask(m, NULL, 0, FEMD_WANT_MU | FEMD_WANT_MU_STRAIN, &r, err);
    if (rc == FEMD_OK) {
        row("nickel in copper at a0, relaxed", atoms, (figure){r.mu_excess / EV, 0}, "eV", energy);
        row("nickel in copper: dE/dE_11", atoms, (figure){r.mu_strain[0] / EV, 0}, "eV", (figure){0.199, 0});
    }
    femd_material_close(&m);
    return rc;
}

/* ---- what harmonic vibrations leave out ---- */

/* 108 sites, in a cell that the temperature has made larger. */
typedef struct crystal {
    const char *name;
    double a, T; /* angstrom, K */
    const char *species, *potential;
} crystal;

static const crystal copper = {"copper", 3.648, 700, "\"species\":[\"Cu\"]",
                               "\"style\":\"eam/alloy\",\"file\":\"Cu_mishin1.eam.alloy\""},
                     argon = {"argon", 5.4, 40, "\"species\":[\"Ar\"],\"masses\":[\"39.948 u\"]",
                              "\"style\":\"lj\",\"epsilon\":\"0.0103207 eV\",\"sigma\":\"3.405 "
                              "angstrom\",\"cutoff\":\"7.5 angstrom\""};

static femd_status open_warm(const crystal *c, int vacancy, const char *method, femd_material **m, femd_error *err) {
    char json[1024];
    snprintf(
        json, sizeof json,
        "{\"engine\":\"native\",\"method\":%s,\"md\":{\"max_steps\":300000},\"structure\":{\"lattice\":\"fcc\",\"a\":"
        "\"%g "
        "angstrom\",%s,\"repeat\":[3,3,3]%s},\"defect\":{\"vacancy\":0},\"reference\":\"as-given\",\"potential\":{%s}}",
        method, c->a, c->species, vacancy ? ",\"vacancies\":{\"positions\":[[0,0,0]]}" : "", c->potential);
    return open_text(json, m, err);
}

/* The free energy (J) that a crystal has at T beyond its harmonic one, by the energies of md above the harmonic ones:
 * -T int_0^T E/T'^2 dT', whose integrand is smooth, at the four points of Gauss. */
static femd_status beyond_harmonic(const crystal *c, int vacancy, figure *beyond, femd_error *err) {
    static const double at[4] = {0.069431844202974, 0.330009478207572, 0.669990521792428, 0.930568155797026},
                        weight[4] = {0.173927422568727, 0.326072577431273, 0.326072577431273, 0.173927422568727};
    femd_material *m = NULL;
    femd_status rc = open_warm(c, vacancy, "\"md\"", &m, err);
    *beyond = (figure){0, 0};
    for (int k = 0; rc == FEMD_OK && k < 4; k++) {
        const double T = c->T, here = at[k] * T, V = femd_material_capabilities(m)->volume,
                     share = -weight[k] * T * T / (here * here);
        femd_request q = {
            .wants = FEMD_WANT_STRESS | FEMD_WANT_ENERGY, .temperature = here, .seed = 1, .accuracy = 1e-4};
        const femd_bytes none = {NULL, 0};
        femd_buffer state = FEMD_BUFFER_INIT;
        femd_response r;
        rc = femd_material_evaluate(m, &q, &none, NULL, &r, &state, err);
        femd_buffer_clear(&state);
        if (rc != FEMD_OK) break;
        const double modes = 3 * (107 - vacancy), E = V * r.energy - modes * FEMD_BOLTZMANN * here;
        beyond->value += share * E;
        beyond->error = hypot(beyond->error, share * V * r.energy_err);
    }
    femd_material_close(&m);
    return rc;
}

/* Harmonic, and what md says of the rest: of the free energies, and of the pressure. */
static femd_status by_energies(const crystal *c, femd_material *m, figure *formation, femd_error *err) {
    const uint32_t wants = FEMD_WANT_MU | FEMD_WANT_STRESS;
    const double share = 1 - 1.0 / 107;
    figure host = {0, 0}, own = {0, 0};
    femd_response harmonic, sampled;
    femd_material *md = NULL;
    femd_status rc = ask(m, NULL, c->T, wants, &harmonic, err);
    if (rc == FEMD_OK) rc = open_warm(c, 0, "\"md\"", &md, err);
    if (rc == FEMD_OK) rc = ask(md, NULL, c->T, FEMD_WANT_STRESS, &sampled, err);
    if (rc == FEMD_OK) rc = beyond_harmonic(c, 0, &host, err);
    if (rc == FEMD_OK) rc = beyond_harmonic(c, 1, &own, err);
    if (rc == FEMD_OK) {
        const double Omega = femd_material_capabilities(md)->volume / 108;
        double pressure = 0, error = 0;
        for (int k = 0; k < 3; k++) {
            pressure += (harmonic.S[k] - sampled.S[k]) / 3;
            error += sampled.S_err[k] / 3;
        }
        formation->value = (harmonic.mu_excess + own.value - share * host.value + pressure * Omega) / EV;
        formation->error = hypot(hypot(own.error, share * host.error), error * Omega) / EV;
    }
    femd_material_close(&md);
    return rc;
}

static femd_status integrated(const crystal *c, femd_error *err) {
    char name[160];
    femd_response r, harmonic;
    figure energies = {0, 0};
    femd_material *m = NULL, *h = NULL;
    say("vacancy in %s at %g K, integrated", c->name, c->T);
    femd_status rc = open_warm(c, 0, "{\"stress\":\"statics\",\"chemical-potential\":\"integrated\"}", &m, err);
    if (rc == FEMD_OK)
        rc = open_warm(c, 0, "{\"stress\":\"quasiharmonic\",\"chemical-potential\":\"harmonic\"}", &h, err);
    if (rc == FEMD_OK) rc = ask(m, NULL, c->T, FEMD_WANT_MU, &r, err);
    if (rc == FEMD_OK) rc = ask(h, NULL, c->T, FEMD_WANT_MU, &harmonic, err);
    if (rc == FEMD_OK) rc = by_energies(c, h, &energies, err);
    if (rc == FEMD_OK) {
        const figure mine = {r.mu_excess / EV, r.mu_excess_err / EV};
        snprintf(name, sizeof name, "%s, vacancy at %g K, a = %g angstrom, integrated, 108 atoms", c->name, c->T, c->a);
        print_figure(name, mine, "eV", (reference){"harmonic, and energies of md from 0 K", energies});
        print_figure(name, mine, "eV",
                     (reference){"harmonic alone", {harmonic.mu_excess / EV, harmonic.mu_excess_err / EV}});
    }
    femd_material_close(&m);
    femd_material_close(&h);
    return rc;
}

/* ---- a fluid ---- */

/* Twice the energy per particle that lies beyond the cutoff, in reduced units: what a full potential adds. */
static double tail(double density) {
    return 2 * 8.0 / 3 * PI * density * (pow(CUTOFF, -9) / 3 - pow(CUTOFF, -3));
}

static femd_status fluid(double density, double temperature, double accuracy, figure widom, figure state,
                         femd_error *err) {
    const double kelvin = EPSILON * EV / FEMD_BOLTZMANN;
    char json[1024], name[160];
    femd_response r;
    femd_material *m = NULL;
    snprintf(json, sizeof json,
             "{\"engine\":\"native\",\"method\":{\"stress\":\"md\",\"chemical-potential\":\"fluid\"},\"md\":{\"start\":"
             "\"sites\"},\"reference\":\"as-given\",\"fluid\":{\"melt\":\"%g K\",\"accuracy\":%g},\"structure\":{"
             "\"lattice\":\"fcc\",\"a\":\"%.10g angstrom\",\"species\":[\"Ar\"],\"masses\":[\"%g u\"],\"repeat\":[5,5,"
             "5]},\"potential\":{\"style\":\"lj/cut\",\"epsilon\":\"%g eV\",\"sigma\":\"%g angstrom\",\"cutoff\":\"%g "
             "angstrom\"}}",
             3 * kelvin, accuracy, SIGMA * cbrt(4 / density), MASS, EPSILON, SIGMA, CUTOFF * SIGMA);
    say("fluid rho* %g, T* %g", density, temperature);
    femd_status rc = open_text(json, &m, err);
    if (rc == FEMD_OK) rc = ask(m, NULL, temperature * kelvin, FEMD_WANT_MU, &r, err);
    if (rc == FEMD_OK) {
        const figure mine = {r.mu_excess / (EPSILON * EV) + tail(density), r.mu_excess_err / (EPSILON * EV)};
        snprintf(name, sizeof name, "LJ rho* %g, T* %g, cutoff 4 and tail, 500 atoms: excess chemical potential",
                 density, temperature);
        print_figure(name, mine, "reduced", (reference){"LAMMPS, Widom, earlier here", widom});
        print_figure(name, mine, "reduced", (reference){"equation of state of Thol 2016", state});
    }
    femd_material_close(&m);
    return rc;
}

/* ---- an alloy ---- */

static femd_status swap(femd_error *err) {
    femd_response r;
    femd_material *m = NULL;
    say("nickel for copper at 600 K");
    femd_status rc = open_text(
        "{\"engine\":\"native\",\"method\":{\"stress\":\"statics\",\"chemical-potential\":\"swap\"},\"swap\":{\"from\":"
        "\"Cu\",\"to\":\"Ni\",\"accuracy\":0.002},\"structure\":{\"lattice\":\"fcc\",\"a\":\"3.648 angstrom\","
        "\"species\":[\"Cu\"],\"repeat\":[4,4,4]},\"reference\":\"as-given\",\"potential\":{\"style\":\"eam/alloy\","
        "\"file\":\"CuNi.eam.alloy\"}}",
        &m, err);
    if (rc == FEMD_OK) rc = ask(m, NULL, 600, FEMD_WANT_MU, &r, err);
    if (rc == FEMD_OK) {
        row("nickel for copper at 600 K, a = 3.648 angstrom, both ways", 256,
            (figure){r.mu_excess / EV, r.mu_excess_err / EV}, "eV", (figure){-0.75919, 0.00011});
        row("nickel for copper at 600 K, a = 3.648 angstrom, way back alone", 256,
            (figure){r.mu_check / EV, r.mu_check_err / EV}, "eV", (figure){-0.76008, 0.00089});
    }
    femd_material_close(&m);
    return rc;
}

femd_status chemical_potential(femd_error *err) {
    FEMD_TRY(vacancy(3, (figure){1.2753, 0}, (figure){NAN, 0}, (figure){2.88, 0}, err));
    FEMD_TRY(vacancy(4, (figure){1.2735, 0}, (figure){3.036, 0}, (figure){2.94, 0}, err));
    FEMD_TRY(solute(3, (figure){-0.79278, 0}, err));
    FEMD_TRY(solute(4, (figure){-0.79281, 0}, err));
    FEMD_TRY(integrated(&argon, err));
    FEMD_TRY(integrated(&copper, err));
    FEMD_TRY(swap(err));
    FEMD_TRY(fluid(0.5, 1.35, 0.005, (figure){-2.463, 0.006}, (figure){-2.4565, 0}, err));
    return fluid(0.7, 1.5, 0.012, (figure){-0.632, 0.012}, (figure){-0.6214, 0}, err);
}
