/* Hops of a vacancy in copper, counted in dynamics of 255 atoms at 1100 and 1250 K: rates without a theory, beside
 * earlier counts here by LAMMPS and what harmonic transition state theory gives at the same lattice parameters. As long
 * as FEMD_BENCH_PICOSECONDS says at each temperature. The thermostat is weak, as friction makes hops turn back: 0.5/ps
 * takes some 4 % of them and 3/ps a fifth, 0.1/ps less than can be counted. With so little the mean temperature of a
 * run is off by some kelvin, which its error has in it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "physics.h"
#include "rates/count.h"
#include "rve/native.h"

enum { PICOSECONDS = 500, EVERY = 25 };
static const double MASS = 63.546, STEP = 0.002, FRICTION = 0.1; /* u, ps, 1/ps */
static const double BARRIER = 0.62;                              /* eV: what an error of the temperature is worth */

typedef struct warm_copper {
    double T, a; /* K, angstrom: no pressure there */
    figure counted;
    double harmonic; /* 1/ps */
} warm_copper;

static femd_status hops_native(double a, femd_native **native, femd_error *err) {
    char json[512];
    snprintf(
        json, sizeof json,
        "{\"engine\":\"native\",\"reference\":\"as-given\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"%g angstrom\","
        "\"species\":[\"Cu\"],\"repeat\":[4,4,4]},\"potential\":{\"style\":\"eam/alloy\",\"file\":"
        "\"Cu_mishin1.eam.alloy\"},\"neighbour\":{\"skin\":\"1 angstrom\"}}",
        a);
    return open_native(json, FEMD_NATIVE_FROZEN, native, err);
}

/* 12 ps to warm up, at first twice as hot and well damped, and then the count. */
static femd_status hops_run(const warm_copper *copper, double time, femd_dynamics *d, const femd_native *native,
                            femd_count_result *r, double *kelvin, femd_error *err) {
    const femd_rve *whole = &native->rve;
    femd_count *count = NULL;
    double kinetic = 0;
    d->dt = STEP;
    d->friction = 1;
    FEMD_TRY(femd_dynamics_start(d, whole->h0, whole->X + 3, 2 * copper->T, 1, 0, err));
    FEMD_TRY(femd_count_create(d->rve->n, whole->X + 3, whole->n, whole->X, whole->h0, &count, err));
    d->temperature = copper->T;
    femd_status rc = femd_dynamics_langevin(d, 6000, err);
    if (rc == FEMD_OK) rc = femd_count_look(count, 0, d->x, err);
    femd_count_tell(count, r);
    const long before = r->hops, picoseconds = lround(time); /* before: on the way to the temperature */
    d->friction = FRICTION;
    for (long k = 1; rc == FEMD_OK && k <= picoseconds; k++) {
        rc = femd_count_dynamics(count, d, 1, EVERY, NULL, err);
        femd_count_tell(count, r);
        kinetic += femd_dynamics_kinetic(d, NULL) / (double)picoseconds;
        if (k % 100 == 0) say("copper, %g K: %ld hops in %.0f ps", copper->T, r->hops - before, r->time);
    }
    *kelvin = kinetic / (1.5 * (d->rve->n - 1) * femd_kb);
    femd_count_destroy(&count);
    r->hops -= before;
    return rc;
}

static femd_status hops_at(const warm_copper *copper, double time, femd_error *err) {
    femd_native *native = NULL;
    femd_rve rve = {0};
    femd_dynamics d = {0};
    femd_count_result r = {0};
    char name[160];
    double kelvin = 0;
    FEMD_TRY(hops_native(copper->a, &native, err));
    const int n = native->rve.n - 1; /* the first site is empty */
    double *mass = malloc((size_t)n * sizeof *mass);
    femd_status rc = mass ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "masses: out of memory");
    femd_rve_set_atoms(&rve, n);
    rve.nb = native->rve.nb;
    for (int i = 0; mass && i < n; i++) mass[i] = MASS;
    if (rc == FEMD_OK) rc = femd_rve_set_cell(&rve, native->rve.h0, err);
    if (rc == FEMD_OK) rc = femd_energetics_create(native->potential, n, native->structure.species, &rve.en, err);
    if (rc == FEMD_OK) rc = femd_dynamics_create(&rve, mass, &d, err);
    if (rc == FEMD_OK) rc = hops_run(copper, time, &d, native, &r, &kelvin, err);
    if (rc == FEMD_OK) {
        const double hops = (double)r.hops, warmer = kelvin / copper->T - 1,
                     by_heat = hops * BARRIER / (femd_kb * copper->T) * warmer;
        const figure rate = {hops / r.time, sqrt((r.hops ? hops : 1.0) + by_heat * by_heat) / r.time};
        say("copper, %g K: the mean temperature was %.1f K", copper->T, kelvin);
        snprintf(name, sizeof name, "copper, %g K, a %g angstrom, 255 atoms: hops of a vacancy, %.0f ps", copper->T,
                 copper->a, r.time);
        print_figure(name, rate, "1/ps", (reference){"earlier here, counted, LAMMPS", copper->counted});
        print_figure("the same", rate, "1/ps",
                     (reference){"harmonic transition state theory, 12 ways", {copper->harmonic, 0}});
        print_figure("the same: hops not to a neighbour", (figure){(double)r.far, 0}, "", (reference){"none", {0, 0}});
    }
    femd_dynamics_clear(&d);
    femd_energetics_destroy(&rve.en);
    free(mass);
    femd_native_destroy(&native);
    return rc;
}

femd_status counted_hops(femd_error *err) {
    static const warm_copper at[] = {{1100, 3.68737, {0.1070, 0.0046}, 0.1171},
                                     {1250, 3.70079, {0.2652, 0.0103}, 0.3037}};
    const char *option = getenv("FEMD_BENCH_PICOSECONDS");
    const double time = option ? strtod(option, NULL) : PICOSECONDS;
    if (!(time >= 1 && time <= 1e6))
        return femd_fail(err, FEMD_BAD_INPUT, "--picoseconds %s: from 1 to 1e6 are accepted", option);
    for (size_t k = 0; k < sizeof at / sizeof *at; k++) FEMD_TRY(hops_at(&at[k], time, err));
    return FEMD_OK;
}
