/* Boundary conditions of an RVE: copper with 2 % vacancies and with voids, from all atoms held (Taylor) to the periodic
 * cell, and the cluster of tubc.
 *
 * The references were computed by an independent program with exact second derivatives with respect to positions and F.
 */
#include <stdio.h>
#include <string.h>

#include "boundary_forms.h"
#include "physics.h"

#define HERE "an independent program, exact second derivatives"

enum { TAYLOR, KUBC_2, KUBC_1, PERIODIC, CONDITIONS };

static const struct condition {
    const char *name, *json;
} conditions[CONDITIONS] = {
    {"Taylor", NULL},
    {"kubc, 2 planes", "{\"type\":\"kubc\",\"planes\":2}"},
    {"kubc, 1 plane", "\"kubc\""},
    {"periodic", "\"periodic\""},
};

typedef struct rve {
    const char *name, *defects;
    int repeat;
    double known[CONDITIONS][3]; /* C11, C12, C44, GPa */
} rve;

/* Sites in units of half the lattice constant; see defects_of. */
static const rve rves[] = {
    {"n=4, 5 vacancies (first draw)",
     "5 1 0  0 0 4  4 7 7  7 6 1  2 7 3",
     4,
     {{164.78, 119.97, 72.78}, {164.78, 119.97, 72.78}, {164.10, 119.86, 72.40}, {160.33, 120.60, 70.77}}},
    {"n=4, 5 vacancies (second draw)",
     "2 0 6  0 3 5  6 3 1  3 0 1  3 5 4",
     4,
     {{164.95, 120.12, 72.79}, {164.42, 120.04, 72.52}, {163.26, 119.98, 71.94}, {160.61, 120.51, 70.81}}},
    {"n=4, 5 vacancies (third draw)",
     "1 5 6  6 0 6  1 3 2  0 6 6  1 4 7",
     4,
     {{164.72, 119.76, 72.92}, {164.48, 119.71, 72.79}, {163.37, 119.36, 72.28}, {159.76, 119.33, 70.48}}},
    {"n=5, 10 vacancies (first draw)",
     "2 5 7  4 2 6  9 1 4  1 1 8  8 6 6  4 5 5  0 7 5  6 6 6  9 7 4  2 2 2",
     5,
     {{164.55, 119.78, 72.74}, {163.20, 119.73, 72.06}, {161.99, 119.83, 71.42}, {159.82, 120.11, 70.50}}},
    {"n=5, 10 vacancies (second draw)",
     "6 0 0  2 5 3  4 0 2  1 5 6  8 1 5  8 1 1  2 2 4  1 5 2  4 2 2  2 7 3",
     5,
     {{164.48, 119.72, 72.74}, {163.52, 119.49, 72.25}, {162.04, 119.44, 71.46}, {159.84, 120.12, 70.52}}},
    {"n=4, void of 13 sites",
     "void 0.8",
     4,
     {{157.54, 114.43, 69.83}, {153.57, 111.04, 68.73}, {147.52, 106.36, 66.69}, {144.41, 104.85, 65.10}}},
    {"n=6, void of 55 sites",
     "void 1.5",
     6,
     {{155.73, 112.80, 69.40}, {145.22, 103.44, 66.56}, {141.54, 100.40, 65.32}, {138.58, 98.44, 63.85}}},
};

static const double EDGE = 3.614925; /* angstrom */

/* "vacancies" or "voids" of a structure. */
static void defects_of(const rve *v, char *json, size_t size) {
    double radius;
    int x, y, z, used;
    size_t at;
    if (sscanf(v->defects, "void %lf", &radius) == 1) {
        snprintf(json, size, "\"voids\":[{\"center\":[0.5,0.5,0.5],\"radius\":\"%.6f angstrom\"}]",
                 radius * EDGE + 0.01);
        return;
    }
    at = (size_t)snprintf(json, size, "\"vacancies\":{\"positions\":[");
    for (const char *s = v->defects; sscanf(s, "%d %d %d%n", &x, &y, &z, &used) == 3; s += used)
        at += (size_t)snprintf(json + at, size - at, "%s[%.17g,%.17g,%.17g]", s == v->defects ? "" : ",",
                               0.5 * x / v->repeat, 0.5 * y / v->repeat, 0.5 * z / v->repeat);
    snprintf(json + at, size - at, "]}");
}

static femd_status form_of(int repeat, const char *defects, const char *condition, double C[36], double *hill_mandel,
                           femd_error *err) {
    char json[2048], boundary[96] = "";
    femd_material *m = NULL;
    femd_response r;
    if (condition) snprintf(boundary, sizeof boundary, ",\"boundary_condition\":%s", condition);
    snprintf(json, sizeof json,
             "{\"engine\":\"%s\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"%.6f angstrom\",\"species\":[\"Cu\"],"
             "\"repeat\":[%d,%d,%d]%s%s},\"potential\":{\"style\":\"eam/alloy\",\"file\":\"Cu_mishin1.eam.alloy\"},"
             "\"reference\":\"as-given\"%s}",
             condition ? "native" : "cauchy-born", EDGE, repeat, repeat, repeat, *defects ? "," : "", defects,
             boundary);
    femd_status rc = open_text(json, &m, err);
    if (rc == FEMD_OK) rc = ask(m, NULL, 0, FEMD_WANT_STRESS | FEMD_WANT_TANGENT, &r, err);
    if (rc == FEMD_OK) boundary_form(&r, C);
    *hill_mandel = rc == FEMD_OK ? r.hill_mandel : 0;
    femd_material_close(&m);
    return rc;
}

static void print_moduli(const char *what, const char *condition, const double C[36], const double known[3]) {
    static const char *const constant[] = {"C11", "C12", "C44"};
    double mine[3];
    boundary_form_moduli(C, mine);
    for (int c = 0; c < 3; c++) {
        char name[160];
        snprintf(name, sizeof name, "Cu %s, %s: %s", what, condition, constant[c]);
        print_figure(name, (figure){mine[c], 0}, "GPa", (reference){known ? HERE : NULL, {known ? known[c] : 0, 0}});
    }
}

/* All conditions of one RVE; the lowest eigenvalue of each less the next. */
static femd_status compare_conditions(const rve *v, femd_error *err) {
    char defects[1024], name[160];
    double C[CONDITIONS][36], residual, worst = 0;
    defects_of(v, defects, sizeof defects);
    for (int k = 0; k < CONDITIONS; k++) {
        FEMD_TRY(form_of(v->repeat, defects, conditions[k].json, C[k], &residual, err));
        worst = fmax(worst, residual);
        print_moduli(v->name, conditions[k].name, C[k], v->known[k]);
    }
    for (int k = 0; k + 1 < CONDITIONS; k++) {
        snprintf(name, sizeof name, "Cu %s, lowest eigenvalue of %s less %s", v->name, conditions[k].name,
                 conditions[k + 1].name);
        print_figure(name, (figure){boundary_form_above(C[k], C[k + 1]), 0}, "GPa", (reference){NULL, {0, 0}});
    }
    say("%s: Hill-Mandel residual at most %.1e", v->name, worst);
    return FEMD_OK;
}

/* Perfect crystals as clusters, relaxed to no stress; the references are per volume of the crystal. */
static femd_status clusters(femd_error *err) {
    static const double known[3][3] = {{149.9, 111.2, 69.4}, {153.1, 113.0, 70.6}, {155.6, 114.3, 71.5}};
    for (int k = 0; k < 3; k++) {
        char json[512], name[64];
        femd_material *m = NULL;
        femd_response r;
        const int n = 4 + k;
        double C[36];
        snprintf(
            json, sizeof json,
            "{\"engine\":\"native\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"%.6f angstrom\",\"species\":[\"Cu\"],"
            "\"repeat\":[%d,%d,%d]},\"potential\":{\"style\":\"eam/alloy\",\"file\":\"Cu_mishin1.eam.alloy\"},"
            "\"boundary_condition\":\"tubc\"}",
            EDGE, n, n, n);
        femd_status rc = open_text(json, &m, err);
        if (rc == FEMD_OK) rc = ask(m, NULL, 0, FEMD_WANT_STRESS | FEMD_WANT_TANGENT, &r, err);
        if (rc == FEMD_OK) {
            const double shrunk = edge(m, n * n * n) / EDGE;
            boundary_form(&r, C);
            for (int c = 0; c < 36; c++) C[c] *= shrunk;
            snprintf(name, sizeof name, "n=%d, perfect", n);
            print_moduli(name, "tubc (free cluster)", C, known[k]);
        }
        femd_material_close(&m);
        FEMD_TRY(rc);
    }
    return FEMD_OK;
}

femd_status boundary_conditions(femd_error *err) {
    for (size_t k = 0; k < sizeof rves / sizeof *rves; k++) FEMD_TRY(compare_conditions(&rves[k], err));
    return clusters(err);
}
