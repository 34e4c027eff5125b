/* Figures of fluids: viscosities and diffusivity of a Lennard-Jones liquid by the method `fluid` as femd eval asks it,
 * in reduced units. The viscosity of some hundreds of atoms stands for the fluid's; diffusivities are those of an
 * infinite box by the correction, which two sizes must agree after. */
#include <stdio.h>
#include <string.h>

#include "physics.h"

static const double EPSILON = 0.0103207, SIGMA = 3.405, MASS = 39.948; /* eV, angstrom, u */

typedef struct state {
    double density, temperature; /* reduced */
    int repeat;
    uint32_t wants;
    double accuracy;
} state;

/* Reduced units in SI. */
typedef struct units {
    double time, viscosity, diffusivity, kelvin;
} units;

static units reduced(void) {
    const double length = SIGMA * ANGSTROM, energy = EPSILON * FEMD_ELEMENTARY_CHARGE,
                 time = sqrt(MASS * FEMD_ATOMIC_MASS * length * length / energy);
    return (units){time, energy * time / (length * length * length), length * length / time, energy / FEMD_BOLTZMANN};
}

static femd_status run(const state *s, femd_response *r, femd_error *err) {
    const units u = reduced();
    char json[1024];
    femd_material *m = NULL;
    snprintf(json, sizeof json,
             "{\"engine\":\"native\",\"method\":{\"stress\":\"md\",\"viscosity\":\"fluid\",\"diffusivity\":\"fluid\"},"
             "\"md\":{\"start\":\"sites\"},\"reference\":\"as-given\",\"fluid\":{\"melt\":\"%g K\",\"accuracy\":%g,"
             "\"max_segments\":400},\"structure\":{\"lattice\":\"fcc\",\"a\":\"%.10g angstrom\",\"species\":[\"Ar\"],"
             "\"masses\":[\"%g u\"],\"repeat\":[%d,%d,%d]},\"potential\":{\"style\":\"lj/cut\",\"epsilon\":\"%g eV\","
             "\"sigma\":\"%g angstrom\",\"cutoff\":\"%g angstrom\"}}",
             3 * u.kelvin, s->accuracy, SIGMA * cbrt(4 / s->density), MASS, s->repeat, s->repeat, s->repeat, EPSILON,
             SIGMA, 2.5 * SIGMA);
    say("liquid rho* %g, T* %g, %d atoms", s->density, s->temperature, 4 * s->repeat * s->repeat * s->repeat);
    femd_status rc = open_text(json, &m, err);
    if (rc == FEMD_OK) rc = ask(m, NULL, s->temperature * u.kelvin, s->wants, r, err);
    femd_material_close(&m);
    return rc;
}

static void row(const state *s, const char *what, double value, double error, double unit, reference other) {
    char name[160];
    snprintf(name, sizeof name, "LJ liquid rho* %g, T* %g, cutoff 2.5, %d atoms: %s", s->density, s->temperature,
             4 * s->repeat * s->repeat * s->repeat, what);
    print_figure(name, (figure){value / unit, error / unit}, "reduced", other);
}

static femd_status viscosities(const state *s, const reference shear[2], const reference bulk[2], femd_error *err) {
    femd_response r;
    const units u = reduced();
    FEMD_TRY(run(s, &r, err));
    for (int i = 0; i < 2 && shear[i].name; i++)
        row(s, "shear viscosity, spectral", r.eta, r.eta_err, u.viscosity, shear[i]);
    row(s, "shear viscosity, cepstral", r.eta_check, r.eta_check_err, u.viscosity, shear[0]);
    for (int i = 0; i < 2 && bulk[i].name; i++)
        row(s, "bulk viscosity, spectral", r.eta_bulk, r.eta_bulk_err, u.viscosity, bulk[i]);
    row(s, "bulk viscosity, cepstral", r.eta_bulk_check, r.eta_bulk_check_err, u.viscosity, bulk[0]);
    row(s, "distance of the viscosity from isotropy; its error: what noise makes", r.viscosity_far, r.viscosity_far_err,
        1, (reference){NULL, {0, 0}});
    return FEMD_OK;
}

static femd_status diffusivity(const state *s, figure other, femd_error *err) {
    femd_response r;
    const units u = reduced();
    const reference earlier = {"earlier here, LAMMPS, corrected", other}, none = {NULL, {0, 0}};
    FEMD_TRY(run(s, &r, err));
    row(s, "diffusivity of the box", r.diffusivity[0] - r.diffusivity_box, r.diffusivity_err[0], u.diffusivity, none);
    row(s, "diffusivity", r.diffusivity[0], r.diffusivity_err[0], u.diffusivity, earlier);
    row(s, "diffusivity by velocities", r.diffusivity_check[0], r.diffusivity_check_err[0], u.diffusivity, earlier);
    return FEMD_OK;
}

femd_status liquid_viscosity(femd_error *err) {
    static const reference shear[2] = {{"STACIE", {3.257, 0.030}}, {"Viscardi 2007", {3.268, 0.055}}},
                           bulk[2] = {{"STACIE", {1.138, 0.062}}, {"Meier 2004", {1.186, 0.084}}},
                           shear2[2] = {{"earlier here, LAMMPS, integral to 2", {1.196, 0.022}}, {NULL, {0, 0}}},
                           bulk2[2] = {{"earlier here, LAMMPS, cepstral", {1.006, 0.027}}, {NULL, {0, 0}}};
    const state triple = {0.8442, 0.722, 5, FEMD_WANT_VISCOSITY, 0.02},
                other = {0.7, 1.0, 5, FEMD_WANT_VISCOSITY, 0.025};
    FEMD_TRY(viscosities(&triple, shear, bulk, err));
    return viscosities(&other, shear2, bulk2, err);
}

femd_status liquid_diffusivity(femd_error *err) {
    const uint32_t both = FEMD_WANT_DIFFUSIVITY | FEMD_WANT_VISCOSITY;
    const state runs[] = {{0.8442, 0.722, 4, both, 0.03}, {0.8442, 0.722, 6, both, 0.03}, {0.7, 1.0, 4, both, 0.03}};
    const figure known[] = {{0.0353, 0.0002}, {0.0353, 0.0002}, {0.1216, 0.0004}};
    for (size_t k = 0; k < sizeof runs / sizeof *runs; k++) FEMD_TRY(diffusivity(&runs[k], known[k], err));
    return FEMD_OK;
}
