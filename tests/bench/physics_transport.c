/* Figures of transport: pressure and conductivity of a Lennard-Jones liquid near its triple point, conductivity of
 * solid argon.
 *
 * A liquid has no sites that statics could relax to, so it is run with the dynamics of the method itself (md.h,
 * green_kubo.h); solids go through the engine. Inside, eV, angstrom and ps. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conductivity/green_kubo.h"
#include "physics.h"
#include "series.h"

static const double EPSILON = 0.0103207, SIGMA = 3.405, MASS = 39.948; /* eV, angstrom, u */
static const double DENSITY = 0.8442, TEMPERATURE = 0.722;             /* reduced */

/* ---- a liquid ---- */

typedef struct liquid {
    femd_json doc;
    femd_native *native;
    void *self;
    femd_green_kubo *g;
    double T; /* K */
} liquid;

/* 4 repeat^3 atoms, molten at four times the temperature and brought back to it. */
static femd_status liquid_open(liquid *l, int repeat, uint64_t seed, femd_error *err) {
    char json[1024];
    const femd_pack pack = {.json = json};
    snprintf(
        json, sizeof json,
        "{\"green-kubo\":{\"symmetry\":\"isotropic\",\"time_step\":\"9 fs\",\"stride\":4,\"band\":4,\"segment\":\"147 "
        "ps\"},"
        "\"structure\":{\"lattice\":\"fcc\",\"a\":\"%.10g angstrom\",\"species\":[\"Ar\"],\"masses\":[\"%g u\"],"
        "\"repeat\":[%d,%d,%d]},\"reference\":\"as-given\",\"potential\":{\"style\":\"lj/cut\",\"epsilon\":\"%g eV\","
        "\"sigma\":\"%g angstrom\",\"cutoff\":\"%g angstrom\"}}",
        SIGMA * cbrt(4 / DENSITY), MASS, repeat, repeat, repeat, EPSILON, SIGMA, 2.5 * SIGMA);
    memset(l, 0, sizeof *l);
    FEMD_TRY(femd_json_parse(json, strlen(json), "argon", &l->doc, err));
    FEMD_TRY(femd_native_create(&l->doc, &pack, 0, &l->native, err));
    FEMD_TRY(femd_method_green_kubo.create(l->native, &l->doc, &l->self, err));
    l->g = l->self;
    l->g->common.seed = 3;
    l->T = TEMPERATURE * EPSILON / femd_kb;
    femd_dynamics *d = &l->g->common.d;
    d->dt = 0.006;
    d->friction = 1;
    FEMD_TRY(femd_dynamics_start(d, l->native->rve.h0, l->native->rve.X, 4 * l->T, seed, 1000, err));
    FEMD_TRY(femd_dynamics_langevin(d, 3000, err));
    d->temperature = l->g->common.T = l->T;
    return femd_dynamics_langevin(d, 12000, err);
}

static void liquid_close(liquid *l) {
    femd_method_green_kubo.destroy(&l->self);
    femd_native_destroy(&l->native);
    femd_json_clear(&l->doc);
}

static figure mean_of_series(int n, const double *v) {
    figure f;
    f.value = series_mean(n, v, &f.error);
    return f;
}

enum { SAMPLES = 5000, EVERY = 20, SIZE = 6 };

/* Virial pressure of the momentum-free atoms, over epsilon/sigma^3. */
static femd_status sample_pressure(liquid *l, figure *p, femd_error *err) {
    femd_dynamics *d = &l->g->common.d;
    const femd_rve *rve = &l->native->rve;
    const double unit = EPSILON / (SIGMA * SIGMA * SIGMA);
    double *v = malloc(SAMPLES * sizeof *v);
    femd_status rc = v ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "pressures: out of memory");
    for (int k = 0; rc == FEMD_OK && k < SAMPLES; k++) {
        rc = femd_dynamics_langevin(d, EVERY, err);
        v[k] = ((rve->n - 1) * femd_kb * l->T - (d->tau[0] + d->tau[1] + d->tau[2]) / 3) / rve->V0 / unit;
    }
    if (rc == FEMD_OK) *p = mean_of_series(SAMPLES, v);
    free(v);
    return rc;
}

/* The same state by LAMMPS: its virial, with the kinetic part of the same N - 1 atoms. 0 where there is no LAMMPS. */
static int lammps_pressure(figure *p) {
    char folder[] = "/tmp/femd-bench-XXXXXX", path[64], line[512];
    int n = 0;
    double *v = malloc(SAMPLES * sizeof *v), virial;
    if (!v || system("command -v lmp > /dev/null 2>&1") != 0 || !mkdtemp(folder)) {
        free(v);
        return 0;
    }
    snprintf(path, sizeof path, "%s/in", folder);
    FILE *f = fopen(path, "w");
    if (f) {
        fprintf(f,
                "units lj\natom_style atomic\nlattice fcc %g\nregion box block 0 %d 0 %d 0 %d\ncreate_box 1 "
                "box\ncreate_atoms 1 box\n"
                "mass 1 1\npair_style lj/cut 2.5\npair_coeff * * 1 1\nvelocity all create %g 4711\ntimestep "
                "0.0028\nfix 1 all nve\n"
                "fix 2 all langevin %g %g 2 4712 zero yes\nrun 3000\nunfix 2\nfix 2 all langevin %g %g 2 4713 zero "
                "yes\nrun 12000\n"
                "compute virial all pressure NULL virial\nfix 3 all ave/time %d 1 %d c_virial file %s/virial\nrun %d\n",
                DENSITY, SIZE, SIZE, SIZE, 4 * TEMPERATURE, 4 * TEMPERATURE, 4 * TEMPERATURE, TEMPERATURE, TEMPERATURE,
                EVERY, EVERY, folder, SAMPLES * EVERY);
        fclose(f);
        snprintf(line, sizeof line,
                 "cd %s && OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMP_NUM_THREADS=1 timeout 900 lmp "
                 "-screen none -log log "
                 "-in in > out 2>&1",
                 folder);
        if (system(line) != 0) say("LAMMPS failed");
        snprintf(path, sizeof path, "%s/virial", folder);
        f = fopen(path, "r");
    }
    const double atoms = 4.0 * SIZE * SIZE * SIZE;
    while (f && n < SAMPLES && fgets(line, sizeof line, f))
        if (sscanf(line, "%*d %lf", &virial) == 1) v[n++] = virial + DENSITY * TEMPERATURE * (atoms - 1) / atoms;
    if (f) fclose(f);
    snprintf(line, sizeof line, "rm -rf %s", folder);
    if (system(line) != 0) say("cannot remove %s", folder);
    if (n > SAMPLES / 2) *p = mean_of_series(n, v);
    free(v);
    return n > SAMPLES / 2;
}

femd_status liquid_pressure(femd_error *err) {
    liquid l;
    figure mine, theirs;
    femd_status rc = liquid_open(&l, SIZE, 17, err);
    if (rc == FEMD_OK) rc = sample_pressure(&l, &mine, err);
    liquid_close(&l);
    if (rc != FEMD_OK) return rc;
    say("liquid, pressure: %.4f(%.4f) eps/sigma^3; now LAMMPS", mine.value, mine.error);
    const int have = lammps_pressure(&theirs);
    print_figure("LJ liquid rho* 0.8442, T* 0.722, cutoff 2.5, 864 atoms: pressure", mine, "eps/sigma^3",
                 (reference){have ? "LAMMPS in the same run, lj/cut" : NULL, have ? theirs : (figure){0, 0}});
    return FEMD_OK;
}

/* Segments of 147 ps, each from where the last one ended. */
static femd_status sample_conductivity(liquid *l, int segments, femd_error *err) {
    const femd_rve *rve = &l->native->rve;
    double *x = malloc(3 * (size_t)rve->n * sizeof *x);
    femd_status rc = x ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "positions: out of memory");
    for (int s = 0; rc == FEMD_OK && s < segments; s++) {
        memcpy(x, l->g->common.d.x, 3 * (size_t)rve->n * sizeof *x);
        rc = femd_green_kubo_segment(l->g, rve->h0, x, NULL, err);
        if (s % 4 == 3) say("liquid, conductivity: %d of %d segments", s + 1, segments);
    }
    free(x);
    return rc == FEMD_OK ? femd_green_kubo_evaluate(l->g, rve->V0, err) : rc;
}

femd_status liquid_conductivity(femd_error *err) {
    const double tau = sqrt(MASS * femd_mvv2e * SIGMA * SIGMA / EPSILON),
                 unit = FEMD_BOLTZMANN / (SIGMA * 1e-10 * tau * 1e-12);
    liquid l;
    femd_status rc = liquid_open(&l, 5, 99, err);
    if (rc == FEMD_OK) rc = sample_conductivity(&l, 16, err);
    if (rc == FEMD_OK) {
        const femd_green_kubo_result *r = &l.g->result;
        const figure spectral = {r->spectral[0] / unit, r->spectral_err[0] / unit},
                     cepstral = {r->cepstral[0] / unit, r->cepstral_err[0] / unit};
        const reference viscardi = {"Viscardi 2007, 1372 atoms", {6.946, 0.120}},
                        stacie = {"documentation of STACIE, 1372 atoms", {7.108, 0.100}};
        print_figure("LJ liquid rho* 0.8442, T* 0.722, 500 atoms: conductivity, spectral", spectral, "reduced",
                     viscardi);
        print_figure("LJ liquid: conductivity, spectral", spectral, "reduced", stacie);
        print_figure("LJ liquid: conductivity, cepstral", cepstral, "reduced", viscardi);
        print_figure("LJ liquid: conductivity, cepstral", cepstral, "reduced", stacie);
    }
    liquid_close(&l);
    return rc;
}

/* ---- solid argon ---- */

typedef struct crystal {
    const char *state;
    double T, a, cutoff, accuracy; /* K, angstrom */
    reference other;
} crystal;

static femd_status solid(const crystal *c, femd_error *err) {
    char json[1024], name[128];
    femd_material *m = NULL;
    femd_response r;
    snprintf(json, sizeof json,
             "{\"engine\":\"native\",\"method\":{\"stress\":\"statics\",\"conductivity\":\"green-kubo\"},"
             "\"reference\":\"as-given\",\"green-kubo\":{\"symmetry\":\"isotropic\",\"accuracy\":%g,"
             "\"segment\":\"470 ps\",\"stride\":8,\"max_segments\":40},\"structure\":{\"lattice\":\"fcc\","
             "\"a\":\"%g angstrom\",\"species\":[\"Ar\"],\"masses\":[\"%g u\"],\"repeat\":[4,4,4]},\"potential\":"
             "{\"style\":\"lj/cut\",\"epsilon\":\"%g eV\",\"sigma\":\"%g angstrom\",\"cutoff\":\"%g angstrom\"}}",
             c->accuracy, c->a, MASS, EPSILON, SIGMA, c->cutoff);
    femd_status rc = open_text(json, &m, err);
    if (rc == FEMD_OK) rc = ask(m, NULL, c->T, FEMD_WANT_STRESS | FEMD_WANT_CONDUCTIVITY, &r, err);
    if (rc == FEMD_OK) {
        snprintf(name, sizeof name, "solid argon %s, 256 atoms: conductivity", c->state);
        print_figure(name, (figure){r.k[0], r.k_err[0]}, "W/(m K)", c->other);
    }
    femd_material_close(&m);
    return rc;
}

femd_status solid_conductivity(femd_error *err) {
    static const char integral[] = "earlier here, Green-Kubo integral, 2.4 ns",
                      flux[] = "LAMMPS's flux, the same estimator, 0.94 ns";
    const double cutoff = 2.5 * SIGMA;
    const crystal runs[] = {
        {"69 K, a = 5.376 A, cutoff 10.75 A", 69, 5.376, 10.75, 0.04, {flux, {0.294, 0.042}}},
        {"58.9 K, zero pressure, a = 5.4457 A", 58.9, 5.4457, cutoff, 0.08, {integral, {0.225, 0.020}}},
        {"19.6 K, zero pressure, a = 5.3232 A", 19.6, 5.3232, cutoff, 0.08, {integral, {1.2, 0.1}}},
    };
    for (size_t k = 0; k < sizeof runs / sizeof *runs; k++) {
        say("solid argon %s", runs[k].state);
        FEMD_TRY(solid(&runs[k], err));
    }
    return FEMD_OK;
}

/* ---- the same between a hot and a cold slab ---- */

static femd_status flow(const char *lengths, double accuracy, femd_response *r, femd_error *err) {
    char json[1024];
    femd_material *m = NULL;
    snprintf(json, sizeof json,
             "{\"engine\":\"native\",\"method\":{\"stress\":\"statics\",\"conductivity\":\"nemd\"},\"reference\":\"as-"
             "given\","
             "\"nemd\":{\"symmetry\":\"isotropic\",\"lengths\":%s,\"gradients\":[0.2],\"across\":3,\"accuracy\":%g},"
             "\"structure\":{\"lattice\":\"fcc\",\"a\":\"5.376 angstrom\",\"species\":[\"Ar\"],\"masses\":[\"39.95 "
             "u\"]},\"potential\":"
             "{\"style\":\"lj/cut\",\"epsilon\":\"0.0103235 eV\",\"sigma\":\"3.405 angstrom\",\"cutoff\":\"10.75 "
             "angstrom\"}}",
             lengths, accuracy);
    femd_status rc = open_text(json, &m, err);
    if (rc == FEMD_OK) rc = ask(m, NULL, 69, FEMD_WANT_STRESS | FEMD_WANT_CONDUCTIVITY, r, err);
    femd_material_close(&m);
    return rc;
}

femd_status solid_flow(femd_error *err) {
    femd_response r;
    say("solid argon 69 K, a row of 24 cells");
    FEMD_TRY(flow("[24]", 0.05, &r, err));
    print_figure("solid argon 69 K, hot and cold slab, 24 cells", (figure){r.k[0], r.k_err[0]}, "W/(m K)",
                 (reference){"LAMMPS, the same row, fix langevin, 1.9 ns", {0.283, 0.011}});
    say("solid argon 69 K, rows of 24, 36 and 48 cells");
    FEMD_TRY(flow("[24,36,48]", 0.12, &r, err));
    print_figure("solid argon 69 K, hot and cold slab, 48 cells", (figure){r.k_check[0], r.k_check_err[0]}, "W/(m K)",
                 (reference){NULL, {0, 0}});
    print_figure("solid argon 69 K, hot and cold slab, extrapolated", (figure){r.k[0], r.k_err[0]}, "W/(m K)",
                 (reference){"earlier here, a fit to the tail of LAMMPS's flux", {0.39, 0.02}});
    return FEMD_OK;
}
