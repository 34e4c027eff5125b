/* Chemical potentials: of defects in copper by free energies of formation, of a Lennard-Jones fluid by particles that
 * are put in, of nickel for copper by swapped atoms. */
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

/* ---- a fluid ---- */

/* Twice the energy per particle that lies beyond the cutoff, in reduced units: what a full potential adds. */
static double tail(double density) {
    return 2 * 8.0 / 3 * PI * density * (pow(CUTOFF, -9) / 3 - pow(CUTOFF, -3));
}

static femd_status fluid(double density, double temperature, figure widom, figure state, femd_error *err) {
    const double kelvin = EPSILON * EV / FEMD_BOLTZMANN;
    char json[1024], name[160];
    femd_response r;
    femd_material *m = NULL;
    snprintf(json, sizeof json,
             "{\"engine\":\"native\",\"method\":{\"stress\":\"md\",\"chemical-potential\":\"fluid\"},\"md\":{\"start\":"
             "\"sites\"},\"reference\":\"as-given\",\"fluid\":{\"melt\":\"%g K\",\"accuracy\":0.005},\"structure\":{"
             "\"lattice\":\"fcc\",\"a\":\"%.10g angstrom\",\"species\":[\"Ar\"],\"masses\":[\"%g u\"],\"repeat\":[5,5,"
             "5]},\"potential\":{\"style\":\"lj/cut\",\"epsilon\":\"%g eV\",\"sigma\":\"%g angstrom\",\"cutoff\":\"%g "
             "angstrom\"}}",
             3 * kelvin, SIGMA * cbrt(4 / density), MASS, EPSILON, SIGMA, CUTOFF * SIGMA);
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
    FEMD_TRY(swap(err));
    FEMD_TRY(fluid(0.5, 1.35, (figure){-2.463, 0.006}, (figure){-2.4565, 0}, err));
    return fluid(0.7, 1.5, (figure){-0.632, 0.012}, (figure){-0.6214, 0}, err);
}
