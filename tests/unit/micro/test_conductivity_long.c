/* Figures of the conductivity that take minutes: solid and liquid argon against what LAMMPS and the literature give. */
#include "conductivity/green_kubo.h"
#include "engine_material.h"

static const double EPSILON = 0.0103207, SIGMA = 3.405, MASS = 39.948; /* eV, angstrom, u */

typedef struct body {
    femd_json doc;
    femd_native *native;
    void *self;
    femd_green_kubo *g;
} body;

#define MUST(call)                                                                                                     \
    do {                                                                                                               \
        femd_error err = FEMD_ERROR_INIT;                                                                              \
        if ((call) != FEMD_OK) fail_msg("%s", err.text);                                                               \
    } while (0)

static void open_argon(body *b, int repeat, double a, double cutoff, const char *options) {
    char json[1024];
    const femd_pack pack = {.json = json};
    snprintf(
        json, sizeof json,
        "{\"green-kubo\":{\"symmetry\":\"isotropic\",%s},\"structure\":{\"lattice\":\"fcc\",\"a\":\"%.10g angstrom\","
        "\"species\":[\"Ar\"],\"masses\":[\"%g "
        "u\"],\"repeat\":[%d,%d,%d]},\"reference\":\"as-given\",\"potential\":{\"style\":\"lj/cut\","
        "\"epsilon\":\"%g eV\",\"sigma\":\"%g angstrom\",\"cutoff\":\"%g angstrom\"}}",
        options, a, MASS, repeat, repeat, repeat, EPSILON, SIGMA, cutoff);
    memset(b, 0, sizeof *b);
    MUST(femd_json_parse(json, strlen(json), "argon", &b->doc, &err));
    MUST(femd_native_create(&b->doc, &pack, 0, &b->native, &err));
    MUST(femd_method_green_kubo.create(b->native, &b->doc, &b->self, &err));
    b->g = b->self;
    b->g->common.seed = 3;
}

static void close_argon(body *b) {
    femd_method_green_kubo.destroy(&b->self);
    femd_native_destroy(&b->native);
    femd_json_clear(&b->doc);
}

/* Segments from x on; where the atoms wander each begins where the last ended. */
static void run_segments(body *b, double *x, int segments, int wander) {
    const femd_rve *rve = &b->native->rve;
    for (int s = 0; s < segments; s++) {
        MUST(femd_green_kubo_segment(b->g, rve->h0, x, NULL, &err));
        if (wander) memcpy(x, b->g->common.d.x, 3 * (size_t)rve->n * sizeof *x);
    }
    MUST(femd_green_kubo_evaluate(b->g, rve->V0, &err));
}

/* The flux of LAMMPS 29 Sep 2021 for the same atoms and potential: 0.294(42) from 0.94 ns; its manual (compute
 * heat/flux) has 0.29. */
static void solid_argon_70_K(void **state) {
    (void)state;
    body b;
    open_argon(&b, 4, 5.376, 10.75, "\"segment\":\"470 ps\",\"stride\":8");
    b.g->common.T = 69;
    double *x = malloc(3 * (size_t)b.native->rve.n * sizeof *x);
    memcpy(x, b.native->rve.X, 3 * (size_t)b.native->rve.n * sizeof *x);
    run_segments(&b, x, 6, 0);
    const femd_green_kubo_result *r = &b.g->result;
    print_message("spectral %.3f(%.3f), cepstral %.3f(%.3f) W/(m K)\n", r->spectral[0], r->spectral_err[0],
                  r->cepstral[0], r->cepstral_err[0]);
    assert_true(fabs(r->spectral[0] - 0.28) < 3 * hypot(r->spectral_err[0], 0.015));
    assert_true(r->spectral_err[0] < 0.1 * r->spectral[0]);
    free(x);
    close_argon(&b);
}

/* 6.946(120) Viscardi and others 2007, 7.108(100) in the documentation of STACIE, both 1372 atoms; here 500. */
static void liquid_near_the_triple_point(void **state) {
    (void)state;
    body b;
    open_argon(&b, 5, SIGMA * cbrt(4 / 0.8442), 2.5 * SIGMA,
               "\"time_step\":\"9 fs\",\"stride\":4,\"band\":4,\"segment\":\"147 ps\"");
    const double T = 0.722 * EPSILON / femd_kb, tau = sqrt(MASS * femd_mvv2e * SIGMA * SIGMA / EPSILON);
    const double unit = FEMD_BOLTZMANN / (SIGMA * 1e-10 * tau * 1e-12);
    femd_dynamics *d = &b.g->common.d;
    d->dt = 0.006;
    d->friction = 1;
    MUST(femd_dynamics_start(d, b.native->rve.h0, b.native->rve.X, 4 * T, 99, 1000, &err));
    MUST(femd_dynamics_langevin(d, 3000, &err));
    d->temperature = b.g->common.T = T;
    MUST(femd_dynamics_langevin(d, 6000, &err));
    double *x = malloc(3 * (size_t)b.native->rve.n * sizeof *x);
    memcpy(x, d->x, 3 * (size_t)b.native->rve.n * sizeof *x);
    run_segments(&b, x, 12, 1);
    const femd_green_kubo_result *r = &b.g->result;
    print_message("kappa* spectral %.2f(%.2f), cepstral %.2f(%.2f)\n", r->spectral[0] / unit, r->spectral_err[0] / unit,
                  r->cepstral[0] / unit, r->cepstral_err[0] / unit);
    for (int e = 0; e < 2; e++) {
        const double value = (e ? r->cepstral[0] : r->spectral[0]) / unit,
                     error = (e ? r->cepstral_err[0] : r->spectral_err[0]) / unit;
        assert_true(fabs(value - 7.0) < 3 * hypot(error, 0.1));
        assert_true(error < 0.5);
    }
    free(x);
    close_argon(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(solid_argon_70_K),
        cmocka_unit_test(liquid_near_the_triple_point),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
