/* Stress and consistent tangent of a copper RVE with a vacancy: femd's condensed tangent against LAMMPS with central
 * differences (one relaxation and twelve more) in the same run, and the cost of one evaluation of the RVE of
 * cases/copper-notch. Prints JSON. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../physics/lammps_stress.c" /* a benchmark is one source file */
#include "micro.h"

enum { ROUNDS = 7, INCREMENTS = 5 };

static const char MATERIAL[] = "{\"engine\":\"native\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"3.615 "
                               "angstrom\",\"species\":[\"Cu\"],\"repeat\":[%d,%d,%d],"
                               "\"vacancies\":{\"count\":1,\"seed\":7}},\"potential\":{\"style\":\"eam/"
                               "alloy\",\"file\":\"Cu_mishin1.eam.alloy\"}}";
static const char PAIR[] =
    "pair_style eam/alloy\npair_coeff * * /usr/share/lammps/potentials/Cu_mishin1.eam.alloy Cu\n";

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int by_size(const void *a, const void *b) {
    const double d = *(const double *)a - *(const double *)b;
    return (d > 0) - (d < 0);
}

static double median(double *v, int n) {
    qsort(v, (size_t)n, sizeof *v, by_size);
    return v[n / 2];
}

static femd_status open_cells(int cells, femd_material **m, femd_error *err) {
    char json[512];
    femd_json doc = FEMD_JSON_INIT;
    femd_buffer pack = FEMD_BUFFER_INIT;
    snprintf(json, sizeof json, MATERIAL, cells, cells, cells);
    femd_status rc = femd_json_parse(json, strlen(json), "bench", &doc, err);
    if (rc == FEMD_OK) rc = femd_material_pack(&doc, doc.root, ".", &pack, err);
    if (rc == FEMD_OK) rc = femd_material_open(pack.data, pack.size, m, err);
    femd_buffer_clear(&pack);
    femd_json_clear(&doc);
    return rc;
}

/* Median wall time of one evaluation along `INCREMENTS` steps of 0.5 % uniaxial strain, each from the state before. */
static femd_status time_path(femd_material *m, double *median_s, femd_error *err) {
    double t[ROUNDS * INCREMENTS];
    femd_buffer at = FEMD_BUFFER_INIT, next = FEMD_BUFFER_INIT;
    femd_status rc = FEMD_OK;
    for (int k = 0; k < ROUNDS * INCREMENTS && rc == FEMD_OK; k++) {
        const int step = k % INCREMENTS + 1;
        const femd_request q = {.wants = FEMD_WANT_STRESS | FEMD_WANT_TANGENT,
                                .value = {0.005 * step, -0.002 * step, -0.0015 * step, 0, 0, 0.001 * step}};
        const femd_bytes in = {step > 1 ? at.data : NULL, step > 1 ? at.size : 0};
        femd_response r;
        const double begin = seconds();
        rc = femd_material_evaluate(m, &q, &in, NULL, &r, &next, err);
        t[k] = seconds() - begin;
        const femd_buffer swap = at;
        at = next, next = swap;
    }
    *median_s = median(t, ROUNDS * INCREMENTS);
    femd_buffer_clear(&at);
    femd_buffer_clear(&next);
    return rc;
}

/* Cell and atoms of the virgin RVE, strained by 0.5 % along x: where LAMMPS starts. Returns the number of atoms, 0 on
 * failure. */
static int strained_atoms(femd_material *m, double cell[9], double **x, femd_error *err) {
    femd_buffer text = FEMD_BUFFER_INIT;
    const femd_bytes virgin = {NULL, 0};
    if (femd_material_dump(m, &virgin, &text, err) != FEMD_OK || femd_buffer_append(&text, "", 1, err) != FEMD_OK)
        return 0;
    char *p = (char *)text.data;
    const int n = (int)strtol(p, &p, 10);
    *x = malloc(3 * (size_t)n * sizeof **x);
    p = strstr(p, "Lattice=\"") + 9;
    for (int i = 0; i < 9; i++) cell[i] = strtod(p, &p) * (i % 3 ? 1 : 1.005);
    for (int i = 0; *x && i < n; i++) {
        p = strchr(strchr(p, '\n') + 1, ' ');
        for (int c = 0; c < 3; c++) (*x)[3 * i + c] = strtod(p, &p) * (c ? 1 : 1.005);
    }
    femd_buffer_clear(&text);
    return *x ? n : 0;
}

static int bench(femd_error *err) {
    femd_material *small = NULL, *large = NULL;
    double notch, tangent, cell[9], *x = NULL, reference[3];
    char text[512];
    if (open_cells(3, &small, err) != FEMD_OK || open_cells(4, &large, err) != FEMD_OK) return 1;
    const int n = strained_atoms(large, cell, &x, err);
    if (!n) return 1;
    const lammps_run run = {.pair = PAIR, .n = n, .ntypes = 1, .cell = cell, .x = x, .differences = 1, .step = 1e-4};
    int have = lammps_is_there();
    for (int k = 0; have && k < 3; k++) {
        lammps_result result;
        if (lammps_evaluate(&run, &result, text, sizeof text))
            return femd_fail(err, FEMD_INTERNAL, "LAMMPS: %s", text), 1;
        reference[k] = result.seconds;
    }
    if (time_path(small, &notch, err) != FEMD_OK || time_path(large, &tangent, err) != FEMD_OK) return 1;
    printf("{\"results\":[\n");
    printf(" {\"name\":\"stress + tangent, 107 atoms with a vacancy, 0.5 %% steps\",\"value\":%.6g,\"unit\":\"ms\"},\n",
           1e3 * notch);
    printf(" {\"name\":\"stress + tangent, 255 atoms with a vacancy, 0.5 %% steps\",\"value\":%.6g,\"unit\":\"ms\"",
           1e3 * tangent);
    if (have) {
        const double ref = median(reference, 3);
        printf(",\"ref_name\":\"LAMMPS, 13 minimisations\",\"ref_value\":%.6g,\"ratio\":%.4g", 1e3 * ref,
               ref / tangent);
    }
    printf("}\n]}\n");
    free(x);
    femd_material_close(&small);
    femd_material_close(&large);
    return 0;
}

int main(int argc, char **argv) {
    (void)argc;
    femd_level_reexec("x86-64-v3", argv);
    femd_error err = FEMD_ERROR_INIT;
    if (!bench(&err)) return 0;
    fprintf(stderr, "bench_tangent: %s\n", err.text);
    return 1;
}
