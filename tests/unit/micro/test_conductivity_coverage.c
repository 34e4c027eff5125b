/* How often the error bars of the conductivity hold: many seeds of small argon, solid and fluid. Minutes, not seconds. */
#include "engine_material.h"
#include "green_kubo.h"

enum { SEEDS = 200 };

/* What is compared: values and errors, one a seed. */
typedef struct sample {
    double value[SEEDS], error[SEEDS];
} sample;

typedef struct body {
    femd_json doc;
    femd_native *native;
    void *self;
    femd_green_kubo *g;
} body;

#define MUST(call)                                                                                                                         \
    do {                                                                                                                                   \
        femd_error err = FEMD_ERROR_INIT;                                                                                                  \
        if ((call) != FEMD_OK) fail_msg("%s", err.text);                                                                                   \
    } while (0)

static void open_argon(body *b, int repeat, double a, const char *options) {
    char json[1024];
    const femd_pack pack = {.json = json};
    snprintf(json, sizeof json,
             "{\"green-kubo\":{%s},\"structure\":{\"lattice\":\"fcc\",\"a\":\"%g angstrom\",\"species\":[\"Ar\"],\"masses\":[\"39.948 u\"],"
             "\"repeat\":[%d,%d,%d]},\"reference\":\"as-given\",\"potential\":{\"style\":\"lj\",\"epsilon\":\"0.0103207 eV\","
             "\"sigma\":\"3.405 angstrom\",\"cutoff\":\"6 angstrom\",\"smooth\":\"1.5 angstrom\"}}",
             options, a, repeat, repeat, repeat);
    memset(b, 0, sizeof *b);
    MUST(femd_json_parse(json, strlen(json), "argon", &b->doc, &err));
    MUST(femd_native_create(&b->doc, &pack, 0, &b->native, &err));
    MUST(femd_method_green_kubo.create(b->native, &b->doc, &b->self, &err));
    b->g = b->self;
}

static void close_argon(body *b) {
    femd_method_green_kubo.destroy(&b->self);
    femd_native_destroy(&b->native);
    femd_json_clear(&b->doc);
}

/* One answer of the method as a request gets it, from nothing. */
static void answer(body *b, double T, double accuracy, uint64_t seed, femd_response *r) {
    const femd_conditions q = {.temperature = T, .accuracy = accuracy, .seed = seed, .wants = FEMD_WANT_CONDUCTIVITY};
    const femd_bytes none = {NULL, 0};
    femd_buffer carry = FEMD_BUFFER_INIT;
    const double zero[6] = {0};
    femd_error err = FEMD_ERROR_INIT;
    memset(r, 0, sizeof *r);
    MUST(femd_path_advance(&b->native->path, zero, NULL, &err));
    femd_spectrum_empty(&b->g->sums);
    MUST(femd_method_green_kubo.answer(b->self, b->native, &q, &none, r, &carry, &err));
    femd_buffer_clear(&carry);
    (void)err;
}

/* Percent of 1.96 sigma intervals that contain the mean of all seeds. */
static double covered(const char *name, const sample *s) {
    double mean = 0, said = 0, scatter = 0;
    int inside = 0;
    for (int i = 0; i < SEEDS; i++) mean += s->value[i] / SEEDS;
    for (int i = 0; i < SEEDS; i++) {
        said += s->error[i] / SEEDS;
        scatter += (s->value[i] - mean) * (s->value[i] - mean) / (SEEDS - 1);
        inside += fabs(s->value[i] - mean) < 1.96 * s->error[i];
    }
    print_message("%-28s: mean %.4f, scatter %.4f, said %.4f, covered %.1f %%\n", name, mean, sqrt(scatter), said, 100.0 * inside / SEEDS);
    return 100.0 * inside / SEEDS;
}
static FILE *dump;
static void solid(const char *title, const char *options, int ncomp, double accuracy, double T) {
    static sample reported[3], spectral[3], cepstral[3];
    body b;
    open_argon(&b, 2, 5.376, options);
    long segments = 0; int dis = 0, plat = 0;
    for (int s = 0; s < SEEDS; s++) {
        femd_response r;
        answer(&b, T, accuracy, 100 + (uint64_t)s, &r);
        segments += b.g->sums.segments; dis += b.g->result.disagree; plat += b.g->result.plateau;
        for (int c = 0; c < ncomp; c++) {
            reported[c].value[s] = r.k[c];
            reported[c].error[s] = r.k_err[c];
            spectral[c].value[s] = b.g->result.spectral[c];
            spectral[c].error[s] = b.g->result.spectral_err[c];
            cepstral[c].value[s] = b.g->result.cepstral[c];
            cepstral[c].error[s] = b.g->result.cepstral_err[c];
        }
        if (dump) fprintf(dump, "%s %d %d %g %g %g %g %g %g %d\n", title, s, b.g->sums.segments, r.k[0], r.k_err[0], spectral[0].value[s], spectral[0].error[s], cepstral[0].value[s], cepstral[0].error[s], b.g->result.plateau);
    }
    print_message("%s: segments %.1f samples %d bins %d, time %.2f ps of %.1f ps, disagree %d, plateau %d\n", title, (double)segments / SEEDS, b.g->sums.samples, b.g->sums.bins, b.g->result.time, b.g->sums.samples * b.g->sums.dt, dis, plat);
    for (int c = 0; c < ncomp; c++) {
        covered("  reported", &reported[c]);
        covered("  spectral", &spectral[c]);
        covered("  cepstral", &cepstral[c]);
    }
    close_argon(&b);
}

static void explore(void **state) {
    (void)state;
    dump = fopen("/tmp/phys/cover.dat", "w");
    solid("iso-6", "\"symmetry\":\"isotropic\",\"min_segments\":6,\"max_segments\":6", 1, 1e-3, 70);
    solid("tensor-6", "\"min_segments\":6,\"max_segments\":6", 3, 1e-3, 70);
    solid("iso-adapt", "\"symmetry\":\"isotropic\"", 1, 0.1, 70);
    solid("iso-40K", "\"symmetry\":\"isotropic\"", 1, 0.1, 40);
    fclose(dump);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(explore),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
