/* A perfect crystal of a table at a reference temperature and no pressure, whose stress is sampled. */
#ifndef FEMD_TEST_MD_REFERENCE_H
#define FEMD_TEST_MD_REFERENCE_H

#include "engine_material.h"

typedef struct md_crystal {
    const char *species, *style, *table, *lattice;
    double a; /* angstrom, to start from */
    int repeat[3];
    double temperature;
    const char *more; /* members of the structure */
} md_crystal;

static inline void md_crystal_json(const md_crystal *crystal, double accuracy, char json[1024]) {
    snprintf(json, 1024,
             "{\"engine\":\"native\",\"method\":\"md\",\"structure\":{\"lattice\":\"%s\",\"a\":\"%.17g angstrom\","
             "\"species\":[\"%s\"],\"repeat\":[%d,%d,%d]%s},\"potential\":{\"style\":\"%s\",\"file\":\"%s\"},"
             "\"reference\":{\"temperature\":%g,\"accuracy\":%g}}",
             crystal->lattice, crystal->a, crystal->species, crystal->repeat[0], crystal->repeat[1], crystal->repeat[2],
             crystal->more ? crystal->more : "", crystal->style, crystal->table, crystal->temperature, accuracy);
}

/* The numbers that follow `after` in words. */
static inline void md_numbers(const char *words, const char *after, double v[6]) {
    const char *at = strstr(words, after);
    assert_non_null(at);
    char *next = (char *)(uintptr_t)(at + strlen(after));
    for (int c = 0; c < 6; c++) v[c] = strtod(next, &next);
}

/* Open it, look once more with another seed: the stress at E = 0 is zero within what the reference was allowed and both
 * errors, and the remark tells the stress that was reached. Returns the answer. */
static inline femd_response md_reference_is_met(const md_crystal *crystal, double accuracy) {
    char json[1024];
    double told[6], error[6];
    femd_response r = {0};
    femd_error err = FEMD_ERROR_INIT;
    md_crystal_json(crystal, accuracy, json);
    femd_material *m = open_material(json);
    const femd_request q = {.wants = BASIC, .temperature = crystal->temperature, .accuracy = accuracy, .seed = 4711};
    if (try_request(m, &q, NULL, &r, NULL, &err) != FEMD_OK) fail_msg("%s: %s", crystal->table, err.text);
    md_numbers(femd_material_notes(m), "S(E = 0) + 0 MPa I =", told);
    md_numbers(femd_material_notes(m), "standard errors", error);
    print_message("%-24s %s S11 %7.2f(%.2f), told %7.2f(%.2f) MPa, C11 %.1f GPa\n", crystal->table, crystal->species,
                  r.S[0] / 1e6, r.S_err[0] / 1e6, told[0], error[0], r.D[0] / GPA);
    for (int c = 0; c < 6; c++) {
        const double told_error = fabs(told[c]) + 4 * error[c];
        assert_true(error[c] > 0 && error[c] * 1e6 <= 0.5 * accuracy * 0.012 * r.D[0]);
        assert_true(fabs(told[c]) <= 4.5 * error[c]);
        assert_true(fabs(r.S[c]) <= 4 * r.S_err[c] + 1e6 * told_error);
    }
    femd_material_close(&m);
    return r;
}

#endif
