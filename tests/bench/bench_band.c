/* The path of a vacancy's hop in copper by an elastic band beside LAMMPS' `neb` in the same run: 255 atoms, 7 images,
 * from the same two relaxed states to the same force, on one core. LAMMPS needs a process for each image, which share
 * that core here and yield while they wait; beside it stands what one LAMMPS process does without a band. Processor
 * seconds; a converged path is everything but the states' relaxation. Prints JSON. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "micro.h"
#include "rates/band.h"
#include "rve/native.h"

enum { ROUNDS = 5, IMAGES = 7, ALONE = 600 };
static const double TOLERANCE = 1e-4, SKIN = 0.5;
static const char JSON[] =
    "{\"engine\":\"native\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"3.614925 angstrom\",\"species\":[\"Cu\"],"
    "\"repeat\":[4,4,4]},\"reference\":\"as-given\",\"potential\":{\"style\":\"eam/alloy\","
    "\"file\":\"Cu_mishin1.eam.alloy\"}}";

typedef struct hop {
    femd_native *native;
    femd_band_atoms atoms;
    int jumper;
    double *first, *second; /* relaxed */
} hop;

/* What LAMMPS did. */
typedef struct theirs {
    double calls, paths, barrier, alone; /* a second, a second, eV, calls a second without a band; 0: none */
} theirs;

static double band_clock(clockid_t which) {
    struct timespec t;
    clock_gettime(which, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void band_row(const char *name, double value, const char *unit, const char *reference, double ref_value) {
    static int rows;
    printf("%s{\"name\":\"%s\",\"value\":%.7g,\"unit\":\"%s\"", rows++ ? ",\n" : "", name, value, unit);
    if (reference && ref_value > 0)
        printf(",\"ref_name\":\"%s\",\"ref_value\":%.7g,\"ratio\":%.4g", reference, ref_value, value / ref_value);
    printf("}");
    fflush(stdout);
}

static femd_status hop_native(femd_native **native, femd_error *err) {
    femd_json doc = FEMD_JSON_INIT, inner = FEMD_JSON_INIT;
    femd_buffer bytes = FEMD_BUFFER_INIT;
    femd_pack pack;
    femd_status rc = femd_json_parse(JSON, strlen(JSON), "bench_band", &doc, err);
    if (rc == FEMD_OK) rc = femd_material_pack(&doc, doc.root, ".", &bytes, err);
    if (rc == FEMD_OK) rc = femd_pack_decode(bytes.data, bytes.size, &pack, err);
    if (rc == FEMD_OK) rc = femd_json_parse(pack.json, strlen(pack.json), "bench_band", &inner, err);
    if (rc == FEMD_OK) rc = femd_native_create(&inner, &pack, FEMD_NATIVE_RELAXED, native, err);
    femd_json_clear(&doc);
    femd_json_clear(&inner);
    femd_buffer_clear(&bytes);
    return rc;
}

/* The first site is empty; the atom nearest to it goes there. */
static femd_status hop_open(hop *h, const femd_band_settings *set, femd_error *err) {
    FEMD_TRY(hop_native(&h->native, err));
    const femd_native *native = h->native;
    const int n = native->rve.n - 1;
    const double *X = native->rve.X;
    h->first = malloc(6 * (size_t)n * sizeof *h->first);
    if (!h->first) return femd_fail(err, FEMD_NO_MEMORY, "out of memory");
    h->second = h->first + 3 * (size_t)n;
    memcpy(h->first, X + 3, 3 * (size_t)n * sizeof *X);
    memcpy(h->second, X + 3, 3 * (size_t)n * sizeof *X);
    double nearest = HUGE_VAL;
    for (int i = 0; i < n; i++) {
        double square = 0;
        for (int c = 0; c < 3; c++) square += (h->first[3 * i + c] - X[c]) * (h->first[3 * i + c] - X[c]);
        if (square > nearest - 1e-6) continue;
        nearest = square;
        h->jumper = i;
    }
    memcpy(h->second + 3 * h->jumper, X, 3 * sizeof *X);
    h->atoms = (femd_band_atoms){native->potential, n, native->structure.species, {0}, SKIN};
    memcpy(h->atoms.cell, native->rve.h0, sizeof h->atoms.cell);
    femd_band *band = NULL;
    femd_status rc = femd_band_create(&h->atoms, set, &band, err);
    if (rc == FEMD_OK) rc = femd_band_settle(band, h->first, NULL, NULL, err);
    if (rc == FEMD_OK) rc = femd_band_settle(band, h->second, NULL, NULL, err);
    femd_band_destroy(&band);
    return rc;
}

static void hop_close(hop *h) {
    free(h->first);
    femd_native_destroy(&h->native);
}

/* The fewest seconds of a path, by that clock. */
static femd_status time_band(const hop *h, femd_band_settings set, int threads, clockid_t clock, double *seconds,
                             femd_band_result *r, femd_error *err) {
    set.threads = threads;
    *seconds = HUGE_VAL;
    for (int k = 0; k < ROUNDS; k++) {
        femd_band *band = NULL;
        const double begin = band_clock(clock);
        femd_status rc = femd_band_create(&h->atoms, &set, &band, err);
        if (rc == FEMD_OK) rc = femd_band_run(band, h->first, h->second, NULL, r, err);
        femd_band_destroy(&band);
        if (rc != FEMD_OK) return rc;
        *seconds = fmin(*seconds, band_clock(clock) - begin);
    }
    return FEMD_OK;
}

/* ---- LAMMPS ---- */

static FILE *lammps_file(const char *folder, const char *name) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return fopen(path, "w");
}

static int lammps_inputs(const hop *h, const char *folder) {
    static const char head[] = "units metal\natom_style atomic\natom_modify map array sort 0 0\nread_data data\n"
                               "pair_style eam/alloy\n"
                               "pair_coeff * * /usr/share/lammps/potentials/Cu_mishin1.eam.alloy Cu\n";
    const int n = h->atoms.n;
    const double *x = h->first;
    FILE *f = lammps_file(folder, "data");
    if (!f) return 0;
    fprintf(f, "atoms\n\n%d atoms\n1 atom types\n\n", n);
    for (int k = 0; k < 3; k++) fprintf(f, "0 %.17g %clo %chi\n", h->atoms.cell[4 * k], 'x' + k, 'x' + k);
    fprintf(f, "\nMasses\n\n1 63.55\n\nAtoms # atomic\n\n");
    for (int i = 0; i < n; i++) fprintf(f, "%d 1 %.17g %.17g %.17g\n", i + 1, x[3 * i], x[3 * i + 1], x[3 * i + 2]);
    fclose(f);
    x = h->second;
    f = lammps_file(folder, "second");
    if (!f) return 0;
    fprintf(f, "%d\n", n);
    for (int i = 0; i < n; i++) fprintf(f, "%d %.17g %.17g %.17g\n", i + 1, x[3 * i], x[3 * i + 1], x[3 * i + 2]);
    fclose(f);
    f = lammps_file(folder, "band");
    if (!f) return 0;
    fprintf(f, "%sfix 1 all neb 1.0\ntimestep 0.002\nmin_style fire\nneb 0 %g 3000 3000 100 final second\n", head,
            TOLERANCE);
    fclose(f);
    f = lammps_file(folder, "alone");
    if (!f) return 0;
    fprintf(f, "%sneighbor %g bin\nneigh_modify once yes\nthermo 100000000\nrun 0\n", head, SKIN);
    for (int k = 0; k < ROUNDS; k++) fprintf(f, "run %d pre no\n", ALONE);
    fclose(f);
    return 1;
}

/* Loop times of LAMMPS' logs that a shell command prints, times the processor's share: their sum or the least of them;
 * *steps: of one process. */
static double lammps_seconds(const char *folder, const char *command, int sum, int processes, int *steps) {
    char line[1024];
    double loop = 0, percent, all = sum ? 0 : HUGE_VAL;
    int of, each = 0;
    snprintf(line, sizeof line,
             "cd %s && export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMP_NUM_THREADS=1; %s; "
             "cat log* | grep -e '^Loop time' -e 'CPU use'; rm -f log*",
             folder, command);
    FILE *f = popen(line, "r");
    while (f && fgets(line, sizeof line, f)) {
        if (sscanf(line, "Loop time of %lf on 1 procs for %d steps", &loop, &of) == 2) each = of;
        if (sscanf(line, "%lf%% CPU use", &percent) != 1 || each == 0) continue;
        const double used = 0.01 * percent * loop;
        all = sum ? all + used : fmin(all, used);
        *steps += each;
    }
    if (f) pclose(f);
    *steps /= processes;
    return all;
}

static double lammps_barrier(const char *folder) {
    char line[1024], last[1024] = "";
    double forward = 0;
    snprintf(line, sizeof line, "%s/kept", folder);
    FILE *f = fopen(line, "r");
    while (f && fgets(line, sizeof line, f))
        if (line[0] >= '0' && line[0] <= '9') memcpy(last, line, sizeof last);
    if (f) fclose(f);
    return sscanf(last, "%*s %*s %*s %*s %*s %*s %lf", &forward) == 1 ? forward : 0;
}

static theirs time_lammps(const hop *h) {
    theirs t = {0, 0, 0, 0};
    char folder[] = "/tmp/femd-bench-XXXXXX", line[64];
    double least = HUGE_VAL;
    int steps = 0;
    if (system("command -v lmp > /dev/null 2>&1") != 0 || !mkdtemp(folder)) return t;
    const int have = lammps_inputs(h, folder);
    for (int k = 0; have && k < 3; k++) {
        steps = 0;
        const double used =
            lammps_seconds(folder,
                           "timeout 300 taskset -c $(taskset -pc $$ | sed 's/.*: //; s/[-,].*//') mpirun "
                           "--oversubscribe --bind-to none "
                           "--mca mpi_yield_when_idle 1 -np 7 lmp -partition 7x1 -in band -screen none > out 2>&1; "
                           "grep '^[0-9 ]' log.lammps > kept",
                           1, IMAGES, &steps);
        if (steps > 0 && used > 0) least = fmin(least, used);
    }
    if (have && isfinite(least)) {
        t.barrier = lammps_barrier(folder);
        t.paths = 1 / least;
        t.calls = IMAGES * steps / least;
    }
    int alone_steps = 0;
    if (have)
        t.alone = ALONE / lammps_seconds(folder, "timeout 300 lmp -in alone -log log -screen none > out 2>&1", 0,
                                         ROUNDS, &alone_steps);
    if (alone_steps != ALONE) t.alone = 0;
    snprintf(line, sizeof line, "rm -rf %s", folder);
    if (system(line) != 0) fprintf(stderr, "bench_band: cannot remove %s\n", folder);
    return t;
}

static femd_status bench(femd_error *err) {
    femd_band_settings set = FEMD_BAND_DEFAULTS;
    femd_band_result r;
    hop h = {0};
    double used, one, two;
    set.images = IMAGES;
    set.tolerance = TOLERANCE;
    femd_status rc = hop_open(&h, &set, err);
    if (rc == FEMD_OK) rc = time_band(&h, set, 1, CLOCK_PROCESS_CPUTIME_ID, &used, &r, err);
    if (rc == FEMD_OK) rc = time_band(&h, set, 1, CLOCK_MONOTONIC, &one, &r, err);
    if (rc == FEMD_OK) rc = time_band(&h, set, 2, CLOCK_MONOTONIC, &two, &r, err);
    if (rc == FEMD_OK) {
        const theirs t = time_lammps(&h);
        const double calls = (double)r.calls;
        band_row("elastic band, copper with a vacancy, 255 atoms, 7 images: force calls, one core", calls / used, "1/s",
                 "LAMMPS neb, 7 processes on one core", t.calls);
        band_row("the same", calls / used, "1/s", "LAMMPS eam/alloy, one process without a band", t.alone);
        band_row("the same: paths to 1e-4 eV/angstrom, one core", 1 / used, "1/s",
                 "LAMMPS neb, 7 processes on one core", t.paths);
        band_row("the same: barrier", r.barrier, "eV", "LAMMPS neb", t.barrier);
        band_row("the same by two threads: force calls, by the clock on the wall", calls / two, "1/s", "one thread",
                 calls / one);
    }
    hop_close(&h);
    return rc;
}

int main(int argc, char **argv) {
    femd_error err = FEMD_ERROR_INIT;
    const char *level = argc > 1 ? argv[1] : "x86-64-v3";
    femd_level_reexec(level, argv);
    if (femd_level_set(level, &err) != FEMD_OK && argc > 1) {
        fprintf(stderr, "bench_band: %s\n", err.text);
        return 1;
    }
    printf("{\"results\":[\n");
    if (bench(&err) != FEMD_OK) {
        fprintf(stderr, "bench_band: %s\n", err.text);
        return 1;
    }
    printf("\n]}\n");
    return 0;
}
