/* How often the error bars of the conductivity hold: many seeds of a small crystal of argon. Minutes, not seconds.
 *
 * 95 % of intervals of 1.96 sigma should hold. Values of a spectrum are skewed (a low one says a small error), so a few
 * more than that are missed from below. */
#include "conductivity/green_kubo.h"
#include "engine_material.h"

enum { SEEDS = 120 };

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

#define MUST(call)                                                                                                     \
    do {                                                                                                               \
        femd_error err = FEMD_ERROR_INIT;                                                                              \
        if ((call) != FEMD_OK) fail_msg("%s", err.text);                                                               \
    } while (0)

static void open_argon(body *b, int repeat, double a, const char *options) {
    char json[1024];
    const femd_pack pack = {.json = json};
    snprintf(json, sizeof json,
             "{\"green-kubo\":{%s},\"structure\":{\"lattice\":\"fcc\",\"a\":\"%g "
             "angstrom\",\"species\":[\"Ar\"],\"masses\":[\"39.948 u\"],"
             "\"repeat\":[%d,%d,%d]},\"reference\":\"as-given\",\"potential\":{\"style\":\"lj\",\"epsilon\":\"0."
             "0103207 eV\","
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
static void answer(body *b, uint64_t seed, femd_response *r) {
    const femd_conditions q = {.temperature = 70, .seed = seed, .wants = FEMD_WANT_CONDUCTIVITY};
    const femd_bytes none = {NULL, 0};
    const double zero[6] = {0};
    femd_buffer carry = FEMD_BUFFER_INIT;
    memset(r, 0, sizeof *r);
    MUST(femd_path_advance(&b->native->path, zero, NULL, &err));
    MUST(femd_method_green_kubo.answer(b->self, b->native, &q, &none, r, &carry, &err));
    femd_buffer_clear(&carry);
}

/* How many 1.96 sigma intervals contain the mean of all seeds. */
static int covered(const char *name, const sample *s) {
    double mean = 0, said = 0, scatter = 0;
    int inside = 0;
    for (int i = 0; i < SEEDS; i++) mean += s->value[i] / SEEDS;
    for (int i = 0; i < SEEDS; i++) {
        said += s->error[i] / SEEDS;
        scatter += (s->value[i] - mean) * (s->value[i] - mean) / (SEEDS - 1);
        inside += fabs(s->value[i] - mean) < 1.96 * s->error[i];
    }
    print_message("  %s: mean %.4f, scatter %.4f, said %.4f W/(m K), covered %.1f %%\n", name, mean, sqrt(scatter),
                  said, 100.0 * inside / SEEDS);
    return inside;
}

/* The reported intervals must hold; those of both estimators are printed. */
static void check_coverage(const char *options, int components) {
    static sample reported[3], spectral[3], cepstral[3];
    const char *const name[] = {"k11", "k22", "k33"};
    body b;
    long segments = 0;
    open_argon(&b, 2, 5.376, options);
    for (int s = 0; s < SEEDS; s++) {
        femd_response r;
        answer(&b, 100 + (uint64_t)s, &r);
        segments += b.g->sums.segments;
        for (int c = 0; c < components; c++) {
            const femd_green_kubo_result *g = &b.g->result;
            reported[c].value[s] = r.k[c];
            reported[c].error[s] = r.k_err[c];
            spectral[c].value[s] = g->spectral[c];
            spectral[c].error[s] = g->spectral_err[c];
            cepstral[c].value[s] = g->cepstral[c];
            cepstral[c].error[s] = g->cepstral_err[c];
        }
    }
    print_message("%s: %.1f segments on average\n", options, (double)segments / SEEDS);
    int inside[3];
    for (int c = 0; c < components; c++) {
        print_message("%s\n", name[c]);
        inside[c] = covered("reported", &reported[c]);
        covered("spectral", &spectral[c]);
        covered("cepstral", &cepstral[c]);
    }
    for (int c = 0; c < components; c++) assert_true(inside[c] >= 0.90 * SEEDS && inside[c] <= 0.99 * SEEDS);
    close_argon(&b);
}

#define SEGMENT "\"segment\":\"140 ps\",\"stride\":6"

static void six_segments_one_number(void **state) {
    (void)state;
    check_coverage(SEGMENT ",\"symmetry\":\"isotropic\",\"min_segments\":6,\"max_segments\":6", 1);
}

static void eight_segments_every_axis(void **state) {
    (void)state;
    check_coverage(SEGMENT ",\"min_segments\":8,\"max_segments\":8", 3);
}

/* Where the error itself ends the sampling. */
static void sampled_until_ten_percent(void **state) {
    (void)state;
    check_coverage(SEGMENT ",\"symmetry\":\"isotropic\",\"accuracy\":0.1", 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(six_segments_one_number),
        cmocka_unit_test(eight_segments_every_axis),
        cmocka_unit_test(sampled_until_ten_percent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
