/* A vacancy in copper by harmonic transition state theory: its energies, its attempt frequency and what strain and heat
 * make of them, beside earlier figures here by a program that shares no code with femd (energies by LAMMPS' table or,
 * where it says so, by splines of second order through it; Hessians by differences of forces). */
#include <stdio.h>

#include "femd/units.h"
#include "physics.h"

static const char EARLIER[] = "earlier here, LAMMPS", SPLINES[] = "earlier here, other splines";
static const double eV = FEMD_ELEMENTARY_CHARGE, THZ = 1e12;
enum { RATES = FEMD_WANT_RATE | FEMD_WANT_BARRIER };

static femd_status rates_open(int repeat, int vacancy, femd_material **m, femd_error *err) {
    char json[1024];
    snprintf(json, sizeof json,
             "{\"engine\":\"native\",\"reference\":\"as-given\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"3.614925 "
             "angstrom\",\"species\":[\"Cu\"],\"repeat\":[%d,%d,%d]%s},\"potential\":{\"style\":\"eam/alloy\",\"file\":"
             "\"Cu_mishin1.eam.alloy\"}%s}",
             repeat, repeat, repeat, vacancy ? ",\"vacancies\":{\"positions\":[[0,0,0]]}" : "",
             vacancy ? ",\"method\":{\"stress\":\"statics\",\"rate\":\"htst\",\"barrier\":\"htst\",\"diffusivity\":"
                       "\"htst\"},\"hop\":{\"direction\":[1,1,0]}"
                     : "");
    return open_text(json, m, err);
}

static femd_status rates_atom(int repeat, int vacancy, double *energy, femd_error *err) {
    femd_material *m = NULL;
    femd_status rc = rates_open(repeat, vacancy, &m, err);
    if (rc == FEMD_OK && !femd_material_atom_energy(m, energy))
        rc = femd_fail(err, FEMD_INTERNAL, "an atom of the reference has no energy");
    femd_material_close(&m);
    return rc;
}

/* At rest in the cell of the perfect crystal. */
typedef struct rest {
    int repeat;
    double formation, barrier, frequency, zz; /* eV, eV, THz, eV */
} rest;

static femd_status rates_at_rest(const rest *known, femd_error *err) {
    femd_material *m = NULL;
    femd_response r;
    double perfect, atom;
    char name[120];
    const int atoms = 4 * known->repeat * known->repeat * known->repeat - 1;
    FEMD_TRY(rates_atom(known->repeat, 0, &perfect, err));
    FEMD_TRY(rates_atom(known->repeat, 1, &atom, err));
    FEMD_TRY(rates_open(known->repeat, 1, &m, err));
    const femd_status rc = ask(m, NULL, 300, RATES, &r, err);
    femd_material_close(&m);
    FEMD_TRY(rc);
    snprintf(name, sizeof name, "Cu vacancy, %d atoms: energy of formation", atoms);
    print_figure(name, (figure){atoms * (atom - perfect) / eV, 0}, "eV", (reference){EARLIER, {known->formation, 0}});
    print_figure("  of migration", (figure){r.barrier / eV, 0}, "eV", (reference){EARLIER, {known->barrier, 0}});
    print_figure("  attempt frequency", (figure){r.attempt_frequency / THZ, 0}, "THz",
                 (reference){EARLIER, {known->frequency, 0}});
    print_figure("  dE_m/dE_33, hop [110]", (figure){r.barrier_strain[2] / eV, 0}, "eV",
                 (reference){EARLIER, {known->zz, 0}});
    if (known->repeat != 4) return FEMD_OK;
    print_figure("  dE_m/dE_11", (figure){r.barrier_strain[0] / eV, 0}, "eV", (reference){EARLIER, {0.689, 0}});
    print_figure("  dE_m/dE_12", (figure){r.barrier_strain[5] / eV, 0}, "eV", (reference){EARLIER, {0.739, 0}});
    print_figure("  activation volume", (figure){r.activation_volume * 1e30, 0}, "A^3",
                 (reference){"earlier here, K of the crystal, 107 atoms", {1.252, 0}});
    return FEMD_OK;
}

/* Strained, 255 atoms; hot: the stretch of a(T), then Gamma of 12 hops is known, in 1/ps. */
typedef struct stretched {
    const char *what;
    double F[3], T, barrier, frequency, rate;
} stretched;

static femd_status rates_stretched(femd_material *m, const stretched *known, femd_error *err) {
    double E[6] = {0};
    femd_response r;
    char name[120];
    for (int c = 0; c < 3; c++) E[c] = 0.5 * (known->F[c] * known->F[c] - 1);
    FEMD_TRY(ask(m, E, known->T, RATES, &r, err));
    snprintf(name, sizeof name, "Cu vacancy, 255 atoms, %s: migration", known->what);
    print_figure(name, (figure){r.barrier / eV, 0}, "eV", (reference){SPLINES, {known->barrier, 0}});
    print_figure("  attempt frequency", (figure){r.attempt_frequency / THZ, 0}, "THz",
                 (reference){SPLINES, {known->frequency, 0}});
    if (known->rate > 0)
        print_figure("  rate of all 12 hops", (figure){12e-12 * r.rate, 0}, "1/ps",
                     (reference){SPLINES, {known->rate, 0}});
    return FEMD_OK;
}

/* Beside dynamics: the weighted mean of hops counted (counted-hops, LAMMPS) and of hop-flux; the vacancy's diffusivity
 * is rate times a^2 at rest in a cubic cell. */
static femd_status rates_counted(femd_material *m, double T, double a, figure counted, femd_error *err) {
    const double stretch = a / 3.614925, e = 0.5 * (stretch * stretch - 1), E[6] = {e, e, e, 0, 0, 0};
    femd_response r;
    char name[120];
    FEMD_TRY(ask(m, E, T, FEMD_WANT_DIFFUSIVITY, &r, err));
    const double D = (r.diffusivity[0] + r.diffusivity[1] + r.diffusivity[2]) / 3 * 1e8; /* angstrom^2/ps */
    snprintf(name, sizeof name, "Cu vacancy, %g K, a = %g A: rate of all hops", T, a);
    print_figure(name, (figure){12 * D / (a * a), 0}, "1/ps",
                 (reference){"dynamics: counted here and by LAMMPS, flux", counted});
    print_figure("  its diffusivity", (figure){D, 0}, "A^2/ps",
                 (reference){"the same dynamics", {counted.value * a * a / 12, counted.error * a * a / 12}});
    return FEMD_OK;
}

femd_status vacancy_rates(femd_error *err) {
    static const rest at_rest[] = {{3, 1.2753, 0.68903, 4.408, -4.491}, {4, 1.2735, 0.68862, 4.351, -4.622}};
    static const stretched strained[] = {
        {"F = diag(1, 1, 1.01)", {1, 1, 1.01}, 300, 0.64377, 4.748, 0},
        {"F = diag(1.01, 1, 1)", {1.01, 1, 1}, 300, 0.69431, 4.845, 0},
        {"1100 K", {3.68737 / 3.614925, 3.68737 / 3.614925, 3.68737 / 3.614925}, 1100, 0.62786, 7.390, 0.1178},
        {"1250 K", {3.70079 / 3.614925, 3.70079 / 3.614925, 3.70079 / 3.614925}, 1250, 0.61635, 7.766, 0.3051},
    };
    femd_material *m = NULL;
    for (size_t k = 0; k < sizeof at_rest / sizeof *at_rest; k++) FEMD_TRY(rates_at_rest(&at_rest[k], err));
    femd_status rc = rates_open(4, 1, &m, err);
    for (size_t k = 0; rc == FEMD_OK && k < sizeof strained / sizeof *strained; k++)
        rc = rates_stretched(m, &strained[k], err);
    if (rc == FEMD_OK) rc = rates_counted(m, 1100, 3.68737, (figure){0.1038, 0.0027}, err);
    if (rc == FEMD_OK) rc = rates_counted(m, 1250, 3.70079, (figure){0.2648, 0.0060}, err);
    femd_material_close(&m);
    return rc;
}
