/* Whole answers at a temperature, for bench_md: the Born term in force calls; stress, tangent and thermal stress of the
 * quasi-harmonic method; stress and tangent of the method md, beside what LAMMPS needs for the same errors by straining
 * the cell. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench_md.h"
#include "dynamics/md.h"
#include "micro.h"
#include "series.h"

enum { ROUNDS = 5 };

static double least(const double *v) {
    double m = v[0];
    for (int k = 1; k < ROUNDS; k++) m = v[k] < m ? v[k] : m;
    return m;
}

/* ---- Born term ---- */

typedef struct rve {
    femd_json doc;
    femd_native *n;
    char *table;
} rve;

static femd_status rve_open(const char *json, const char *file, rve *r, femd_error *err) {
    femd_pack pack = {.json = json};
    memset(r, 0, sizeof *r);
    if (file) {
        pack.nfiles = 1;
        pack.file[0].name = file;
        FEMD_TRY(md_table(file, &pack.file[0].bytes, &r->table, err));
    }
    FEMD_TRY(femd_json_parse(json, strlen(json), "bench", &r->doc, err));
    return femd_native_create(&r->doc, &pack, 0, &r->n, err);
}

static void rve_close(rve *r) {
    femd_native_destroy(&r->n);
    femd_json_clear(&r->doc);
    free(r->table);
}

static femd_status born_term(const char *name, const char *json, const char *file, femd_error *err) {
    enum { CALLS = 200 };
    double ratio[ROUNDS], W, tau[6], B[36];
    rve r;
    femd_status rc = rve_open(json, file, &r, err);
    double *force = rc == FEMD_OK ? malloc(3 * (size_t)r.n->rve.n * sizeof *force) : NULL;
    if (rc == FEMD_OK && !force) rc = femd_fail(err, FEMD_NO_MEMORY, "forces: out of memory");
    for (int k = -1; k < ROUNDS && rc == FEMD_OK; k++) {
        const femd_rve *v = &r.n->rve;
        const double begin = md_seconds();
        for (int c = 0; c < CALLS && rc == FEMD_OK; c++)
            rc = femd_energetics_forces(v->en, v->nb, v->h0, v->X, &W, force, tau, err);
        const double middle = md_seconds();
        for (int c = 0; c < CALLS && rc == FEMD_OK; c++)
            rc = femd_energetics_hessian(v->en, v->nb, v->h0, v->X, NULL, NULL, B, err);
        if (k >= 0) ratio[k] = (md_seconds() - middle) / (middle - begin);
    }
    if (rc == FEMD_OK) md_row(name, least(ratio), "force calls", NULL, 0);
    free(force);
    rve_close(&r);
    return rc;
}

femd_status bench_born_terms(femd_error *err) {
    FEMD_TRY(born_term(
        "Born term alone, copper eam/alloy, 256 atoms",
        "{\"structure\":{\"lattice\":\"fcc\",\"a\":\"3.63196 angstrom\",\"species\":[\"Cu\"],\"repeat\":[4,4,4],"
        "\"displace\":{\"amplitude\":\"0.1 angstrom\",\"seed\":1}},\"reference\":\"as-given\","
        "\"potential\":{\"style\":\"eam/alloy\",\"file\":\"Cu_mishin1.eam.alloy\"}}",
        "Cu_mishin1.eam.alloy", err));
    FEMD_TRY(
        born_term("Born term alone, argon lj/cut, 256 atoms",
                  "{\"structure\":{\"lattice\":\"fcc\",\"a\":\"5.4 angstrom\",\"species\":[\"Ar\"],\"repeat\":[4,4,4]},"
                  "\"reference\":\"as-given\",\"potential\":{\"style\":\"lj/cut\",\"epsilon\":\"0.0103235 eV\","
                  "\"sigma\":\"3.405 angstrom\",\"cutoff\":\"8.5125 angstrom\"}}",
                  NULL, err));
    return born_term(
        "Born term alone, silicon sw, 216 atoms",
        "{\"structure\":{\"lattice\":\"diamond\",\"a\":\"5.431 angstrom\",\"species\":[\"Si\"],\"repeat\":[3,3,3]},"
        "\"reference\":\"as-given\",\"potential\":{\"style\":\"sw\",\"file\":\"Si.sw\"}}",
        "Si.sw", err);
}

/* ---- quasi-harmonic ---- */

femd_status bench_quasiharmonic(femd_error *err) {
    static const char json[] = "{\"engine\":\"native\",\"method\":\"quasiharmonic\",\"reference\":{\"temperature\":300}"
                               ",\"structure\":{\"lattice\":\"fcc\","
                               "\"a\":\"3.615 "
                               "angstrom\",\"species\":[\"Cu\"],\"repeat\":[3,3,3]},\"potential\":{\"style\":\"eam/"
                               "alloy\",\"file\":\"Cu_mishin1.eam.alloy\"}}";
    femd_json doc = FEMD_JSON_INIT;
    femd_buffer pack = FEMD_BUFFER_INIT, state = FEMD_BUFFER_INIT, next = FEMD_BUFFER_INIT;
    femd_material *m = NULL;
    femd_response r;
    double each[ROUNDS];
    femd_status rc = femd_json_parse(json, strlen(json), "bench", &doc, err);
    if (rc == FEMD_OK) rc = femd_material_pack(&doc, doc.root, ".", &pack, err);
    if (rc == FEMD_OK) rc = femd_material_open(pack.data, pack.size, &m, err);
    for (int k = -1; k < ROUNDS && rc == FEMD_OK; k++) { /* warm: from the state of the strain before */
        const femd_request q = {.temperature = 300,
                                .value = {1e-3 * (k + 2), 0, 0, 0, 0, 5e-4 * (k + 2)},
                                .wants = FEMD_WANT_STRESS | FEMD_WANT_TANGENT | FEMD_WANT_THERMAL_STRESS};
        const femd_bytes in = {state.data, state.size};
        const double begin = md_seconds();
        rc = femd_material_evaluate(m, &q, &in, NULL, &r, &next, err);
        if (k >= 0) each[k] = md_seconds() - begin;
        const femd_buffer swap = state;
        state = next;
        next = swap;
    }
    if (rc == FEMD_OK) md_row("quasi-harmonic S, D and dS/dT of copper, 108 atoms, warm", least(each), "s", NULL, 0);
    femd_material_close(&m);
    femd_buffer_clear(&state);
    femd_buffer_clear(&next);
    femd_buffer_clear(&pack);
    femd_json_clear(&doc);
    return rc;
}

/* ---- sampled tangent ---- */

static const char TABLE[] = "Cu_mishin1.eam.alloy";
static const double EDGE = 3.63196, KELVIN = 300, ACCURACY = 0.01; /* angstrom; largest error over C11 */

static femd_status sample(femd_native *n, const femd_json *doc, femd_response *r, femd_error *err) {
    const femd_conditions q = {
        .temperature = KELVIN, .accuracy = ACCURACY, .seed = 1, .wants = FEMD_WANT_STRESS | FEMD_WANT_TANGENT};
    const femd_bytes none = {NULL, 0};
    const double zero[6] = {0};
    femd_buffer carry = FEMD_BUFFER_INIT;
    void *self = NULL;
    femd_status rc = femd_method_md.create(n, doc, &self, err);
    if (rc == FEMD_OK) rc = femd_method_md.begin(self, n, &q, &none, err);
    if (rc == FEMD_OK) rc = femd_method_md.strain(self, n, &q, zero, r->S, r->D, err);
    if (rc == FEMD_OK) rc = femd_method_md.answer(self, n, &q, &none, r, &carry, err);
    femd_method_md.destroy(&self);
    femd_buffer_clear(&carry);
    return rc;
}

/* One of LAMMPS's strained cells: engineering strain `step` in Voigt component `mode`. Its run: equilibration, then the
 * virial averaged over GROUP steps, GROUPS times. The kinetic part is the same in all cells but for the strain of the
 * volume, so it adds no noise. */
enum { SETTLE = 500, GROUP = 10, GROUPS = 1000, CELLS = 12, SIZE = 4 };
static const double STEP = 0.005, TIME_STEP = 0.004, DAMPING = 0.07; /* ps: femd's own choices for copper */

static void write_cell(FILE *f, int cell, const char *folder) {
    const int mode = cell / 2;
    const double e = (cell % 2 ? 1 : -1) * STEP, L = SIZE * EDGE;
    double side[3] = {L, L, L}, tilt[3] = {0, 0, 0}; /* xy xz yz; engineering shear 2 e */
    if (mode < 3) side[mode] *= 1 + e;
    if (mode >= 3) tilt[5 - mode] = 2 * e * L;
    fprintf(f,
            "clear\nunits metal\natom_style atomic\nlattice fcc %.9g\nregion box prism 0 %.12g 0 %.12g 0 %.12g 0 0 0 "
            "units box\n",
            EDGE, L, L, L);
    fprintf(f,
            "create_box 1 box\ncreate_atoms 1 box\nmass 1 63.55\npair_style eam/alloy\npair_coeff * * "
            "/usr/share/lammps/potentials/%s Cu\n",
            TABLE);
    fprintf(f,
            "change_box all x final 0 %.12g y final 0 %.12g z final 0 %.12g xy final %.12g xz final %.12g yz final "
            "%.12g remap units box\n",
            side[0], side[1], side[2], tilt[0], tilt[1], tilt[2]);
    fprintf(f, "neighbor 1 bin\nneigh_modify every 1 delay 0 check yes\nvelocity all create %g %d\ntimestep %g\n",
            2 * KELVIN, 4711 + cell, TIME_STEP);
    fprintf(f, "fix 1 all nve\nfix 2 all langevin %g %g %g %d zero yes\nthermo 100000000\nrun %d\n", KELVIN, KELVIN,
            DAMPING, 815 + cell, SETTLE);
    fprintf(
        f, "compute virial all pressure NULL virial\nfix 3 all ave/time 1 %d %d c_virial[*] file %s/virial%d\nrun %d\n",
        GROUP, GROUP, folder, cell, GROUP * GROUPS);
}

/* Stresses (GPa) and their errors of one cell. 0 if the file is short. */
static int read_cell(const char *folder, int cell, double S[6], double S_err[6]) {
    static const int order[6] = {0, 1, 2, 5, 4, 3}; /* LAMMPS: xx yy zz xy xz yz */
    char path[64], line[512];
    double *v = malloc(6 * GROUPS * sizeof *v);
    int n = 0;
    snprintf(path, sizeof path, "%s/virial%d", folder, cell);
    FILE *f = v ? fopen(path, "r") : NULL;
    while (f && n < GROUPS && fgets(line, sizeof line, f)) {
        double p[6];
        if (sscanf(line, "%*d %lf %lf %lf %lf %lf %lf", p, p + 1, p + 2, p + 3, p + 4, p + 5) != 6) continue;
        for (int c = 0; c < 6; c++) v[GROUPS * order[c] + n] = -1e-4 * p[c];
        n++;
    }
    if (f) fclose(f);
    for (int c = 0; c < 6 && n == GROUPS; c++) S[c] = series_mean(n, v + GROUPS * c, &S_err[c]);
    free(v);
    return n == GROUPS;
}

/* Seconds of the processor in equilibration and in averaging. */
static void read_times(const char *folder, double *settle, double *average) {
    char command[160], line[256];
    double loop = 0, percent;
    int steps = 0;
    snprintf(command, sizeof command, "grep -e '^Loop time' -e 'CPU use' %s/log*", folder);
    FILE *f = popen(command, "r");
    while (f && fgets(line, sizeof line, f)) {
        const char *at = strstr(line, "Loop time");
        if (at) sscanf(at, "Loop time of %lf on 1 procs for %d steps", &loop, &steps);
        if (!at && sscanf(line, "%lf%% CPU use", &percent) == 1)
            *(steps == SETTLE ? settle : average) += 0.01 * percent * loop;
    }
    if (f) pclose(f);
}

/* What LAMMPS needs for all 21 constants by strains of +-0.5 % in the six modes: the largest of the 21 errors (GPa),
 * and its seconds. 0 where there is no LAMMPS. */
static int direct_strain(double *worst, double *settle, double *average) {
    char folder[] = "/tmp/femd-bench-XXXXXX", line[512];
    double S[CELLS][6], E[CELLS][6];
    int good = 1;
    *worst = *settle = *average = 0;
    if (system("command -v lmp > /dev/null 2>&1") != 0 || !mkdtemp(folder)) return 0;
    snprintf(line, sizeof line, "%s/in", folder);
    FILE *f = fopen(line, "w");
    for (int cell = 0; f && cell < CELLS; cell++) write_cell(f, cell, folder);
    if (f) fclose(f);
    snprintf(line, sizeof line,
             "cd %s && OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMP_NUM_THREADS=1 timeout 900 lmp "
             "-screen none -log log -in in > out 2>&1",
             folder);
    if (system(line) != 0) good = 0;
    for (int cell = 0; cell < CELLS && good; cell++) good = read_cell(folder, cell, S[cell], E[cell]);
    for (int i = 0; i < 6 && good; i++)
        for (int j = i; j < 6; j++) { /* C_ij from mode j and from mode i */
            const double h[2] = {2 * (j < 3 ? STEP : 2 * STEP), 2 * (i < 3 ? STEP : 2 * STEP)};
            const double one = hypot(E[2 * j][i], E[2 * j + 1][i]) / h[0],
                         two = hypot(E[2 * i][j], E[2 * i + 1][j]) / h[1];
            const double weight = i == j ? one : one * two / hypot(one, two); /* the weighted mean of both */
            *worst = weight > *worst ? weight : *worst;
        }
    if (good) {
        read_times(folder, settle, average);
        fprintf(stderr, "bench_md: LAMMPS by strain: C11 = %.2f, C12 = %.2f, C44 = %.2f GPa without the kinetic part\n",
                (S[1][0] - S[0][0]) / (2 * STEP), (S[1][1] - S[0][1]) / (2 * STEP), (S[7][3] - S[6][3]) / (4 * STEP));
    }
    snprintf(line, sizeof line, "rm -rf %s", folder);
    if (system(line) != 0) return 0;
    return good;
}

femd_status bench_sampled_tangent(femd_error *err) {
    char json[512];
    rve r;
    femd_response a = {0};
    double worst = 0, theirs, settle, average;
    snprintf(json, sizeof json,
             "{\"engine\":\"native\",\"reference\":\"as-given\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"%g "
             "angstrom\",\"species\":[\"Cu\"],"
             "\"repeat\":[%d,%d,%d]},\"potential\":{\"style\":\"eam/"
             "alloy\",\"file\":\"%s\"},\"relaxation\":{\"tolerance\":\"1e-10 eV/angstrom\"}}",
             EDGE, SIZE, SIZE, SIZE, TABLE);
    femd_status rc = rve_open(json, TABLE, &r, err);
    const double begin = md_seconds();
    if (rc == FEMD_OK) rc = sample(r.n, &r.doc, &a, err);
    const double took = md_seconds() - begin;
    rve_close(&r);
    if (rc != FEMD_OK) return rc;
    for (int i = 0; i < 36; i++) worst = a.D_err[i] > worst ? a.D_err[i] : worst;
    const double got = worst / a.D[0];
    md_row("md: S and D of copper at 300 K, 256 atoms, accuracy 0.01", took, "s", NULL, 0);
    md_row("  largest of its 21 errors over C11", got, "", NULL, 0);
    if (!direct_strain(&theirs, &settle, &average)) return FEMD_OK;
    const double share = theirs * 1e9 / a.D[0], same = settle + average * (share / got) * (share / got),
                 coarse = settle + average * (share / ACCURACY) * (share / ACCURACY);
    md_row("  by LAMMPS, 12 cells strained by 0.5 %: largest error over C11", share, "", NULL, 0);
    md_row("  its time, without equilibration", average, "s", NULL, 0);
    md_row("  copper 300 K, 21 constants, femd's error in both", took, "s",
           "LAMMPS, equilibration and averaging scaled to it", same);
    md_row("  copper 300 K, 21 constants, femd as it is, LAMMPS 1 %", took, "s", "LAMMPS, scaled to 1 % of C11",
           coarse);
    return FEMD_OK;
}
