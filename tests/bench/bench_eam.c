/* Energy, forces and virial of copper (Mishin 2001), of argon at the density of the Lennard-Jones liquid's triple point
 * and of silicon (Stillinger and Weber) on one core against LAMMPS in the same run, the list reused in both; and the
 * cost of a list, of second derivatives and of the heat flux. LAMMPS computes forces alone on most steps; femd all
 * three on each. Times are processor time, the least of several rounds on either side, so that other work on the
 * machine counts little. Prints JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "crystal/structure_create.h"
#include "forces/energetics.h"
#include "micro.h"
#include "numerics/random.h"

enum { ROUNDS = 7 };

#define FOLDER "/usr/share/lammps/potentials"

typedef struct material {
    const char *name, *structure, *potential, *file; /* file NULL: none */
    const char *style, *pair;                        /* LAMMPS's */
    double skin;
} material;

static const material copper = {
    "copper eam/alloy",
    "\"lattice\":\"fcc\",\"a\":\"3.615 angstrom\",\"species\":[\"Cu\"],\"vacancies\":{\"count\":1},"
    "\"displace\":{\"amplitude\":\"0.1 angstrom\"}",
    "\"style\":\"eam/alloy\",\"file\":\"Cu_mishin1.eam.alloy\"",
    "Cu_mishin1.eam.alloy",
    "eam/alloy",
    "pair_style eam/alloy\npair_coeff * * " FOLDER "/Cu_mishin1.eam.alloy Cu\n",
    1.0};
static const material argon = {
    "argon lj/cut",
    "\"lattice\":\"fcc\",\"a\":\"5.7175 angstrom\",\"species\":[\"Ar\"],\"displace\":{\"amplitude\":\"0.5 angstrom\"}",
    "\"style\":\"lj/cut\",\"epsilon\":\"0.0103 eV\",\"sigma\":\"3.405 angstrom\",\"cutoff\":\"8.5125 angstrom\"",
    NULL,
    "lj/cut",
    "pair_style lj/cut 8.5125\npair_coeff * * 0.0103 3.405 8.5125\n",
    1.0};
static const material silicon = {"silicon sw",
                                 "\"lattice\":\"diamond\",\"a\":\"5.431 "
                                 "angstrom\",\"species\":[\"Si\"],\"displace\":{\"amplitude\":\"0.1 angstrom\"}",
                                 "\"style\":\"sw\",\"file\":\"Si.sw\"",
                                 "Si.sw",
                                 "sw",
                                 "pair_style sw\npair_coeff * * " FOLDER "/Si.sw Si\n",
                                 1.0};

typedef struct rve {
    femd_json doc;
    char *table;
    femd_structure s;
    femd_potential *p;
    femd_neighbours *nb;
    femd_energetics *e;
    double *force;
} rve;

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double least(const double *v) {
    double best = v[0];
    for (int k = 1; k < ROUNDS; k++) best = v[k] < best ? v[k] : best;
    return best;
}

static femd_status read_table(const char *name, femd_bytes *out, char **text, femd_error *err) {
    char path[512];
    FILE *f;
    long size;
    snprintf(path, sizeof path, "%s/%s", FOLDER, name);
    f = fopen(path, "rb");
    if (!f) return femd_fail(err, FEMD_IO, "no file %s", path);
    fseek(f, 0, SEEK_END);
    size = ftell(f);
    rewind(f);
    *text = malloc((size_t)size);
    out->data = *text;
    out->size = *text ? fread(*text, 1, (size_t)size, f) : 0;
    fclose(f);
    return out->size == (size_t)size ? FEMD_OK : femd_fail(err, FEMD_IO, "cannot read %s", path);
}

/* cells^3 cells of m. */
static femd_status open_rve(const material *m, int cells, rve *r, femd_error *err) {
    char json[1024];
    femd_pack pack = {.nfiles = m->file != NULL, .file = {{.name = m->file}}};
    memset(r, 0, sizeof *r);
    snprintf(json, sizeof json, "{\"structure\":{%s,\"repeat\":[%d,%d,%d]},\"potential\":{%s}}", m->structure, cells,
             cells, cells, m->potential);
    pack.json = json;
    if (m->file) FEMD_TRY(read_table(m->file, &pack.file[0].bytes, &r->table, err));
    FEMD_TRY(femd_json_parse(json, strlen(json), "bench", &r->doc, err));
    FEMD_TRY(femd_structure_create(&r->doc, femd_json_get(r->doc.root, "structure"), &pack, &r->s, err));
    FEMD_TRY(femd_potential_create(&r->doc, femd_json_get(r->doc.root, "potential"), &pack, (const char(*)[8])r->s.name,
                                   1, &r->p, err));
    FEMD_TRY(femd_neighbours_create(femd_potential_cutoff(r->p), m->skin, &r->nb, err));
    r->force = malloc(3 * (size_t)r->s.natoms * sizeof(double));
    return femd_energetics_create(r->p, r->s.natoms, r->s.species, &r->e, err);
}

static void close_rve(rve *r) {
    femd_energetics_destroy(&r->e);
    femd_neighbours_destroy(&r->nb);
    femd_potential_destroy(&r->p);
    femd_structure_clear(&r->s);
    femd_json_clear(&r->doc);
    free(r->table);
    free(r->force);
}

/* Seconds of one force call, the mean of `calls`. */
static double time_forces(rve *r, int calls) {
    femd_error err = FEMD_ERROR_INIT;
    double W, tau[6], begin = seconds();
    for (int k = 0; k < calls; k++)
        if (femd_energetics_forces(r->e, r->nb, r->s.cell, r->s.x, &W, r->force, tau, &err) != FEMD_OK) return -1.0;
    return (seconds() - begin) / calls;
}

/* Processor seconds of one step of LAMMPS at the same atoms, `rounds` means of `calls` steps; 0 where there is no
 * LAMMPS. */
static int time_lammps(const material *m, const rve *r, int calls, double *each, int rounds) {
    char folder[] = "/tmp/femd-bench-XXXXXX", command[512], line[512];
    FILE *f;
    int got = 0;
    if (system("command -v lmp > /dev/null 2>&1") != 0 || !mkdtemp(folder)) return 0;
    snprintf(line, sizeof line, "%s/data", folder);
    f = fopen(line, "w");
    if (!f) return 0;
    fprintf(f, "sample\n\n%d atoms\n1 atom types\n\n", r->s.natoms);
    for (int k = 0; k < 3; k++) fprintf(f, "0 %.17g %clo %chi\n", r->s.cell[4 * k], 'x' + k, 'x' + k);
    fprintf(f, "\nMasses\n\n1 63.55\n\nAtoms # atomic\n\n");
    for (int i = 0; i < r->s.natoms; i++)
        fprintf(f, "%d 1 %.17g %.17g %.17g\n", i + 1, r->s.x[3 * i], r->s.x[3 * i + 1], r->s.x[3 * i + 2]);
    fclose(f);
    snprintf(line, sizeof line, "%s/in", folder);
    f = fopen(line, "w");
    if (!f) return 0;
    fprintf(f, "units metal\natom_style atomic\nread_data %s/data\n", folder);
    fputs(m->pair, f);
    fprintf(f, "neighbor %g bin\n", m->skin);
    fprintf(f, "neigh_modify once yes\nthermo 100000000\nrun 0\n");
    for (int k = 0; k < rounds; k++) fprintf(f, "run %d pre no\n", calls);
    fclose(f);
    snprintf(command, sizeof command,
             "cd %s && OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMP_NUM_THREADS=1 timeout 300 lmp "
             "-screen none -log log -in in > out 2>&1 "
             "&& grep -E '^Loop time|CPU use' log",
             folder);
    f = popen(command, "r");
    for (double loop = 0.0, share; f && fgets(line, sizeof line, f);) {
        int steps;
        if (sscanf(line, "Loop time of %lf on 1 procs for %d steps", &loop, &steps) == 2 && steps != calls)
            loop = 0.0; /* the first run */
        if (sscanf(line, "%lf%% CPU use", &share) == 1 && loop > 0.0 && got < rounds)
            each[got++] = 0.01 * share * loop / calls;
    }
    if (f) pclose(f);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (system(command) != 0) return 0;
    return got == rounds;
}

static femd_status bench_forces(const material *m, int cells, const char *comma, femd_error *err) {
    double mine[ROUNDS], theirs[ROUNDS], a, b;
    rve r;
    femd_status rc = open_rve(m, cells, &r, err);
    if (rc == FEMD_OK) {
        const int calls = r.s.natoms > 1000 ? 40 : 600;
        time_forces(&r, calls);
        int have = time_lammps(m, &r, calls, theirs, ROUNDS);
        for (int k = 0; k < ROUNDS; k++) mine[k] = time_forces(&r, calls);
        a = r.s.natoms / least(mine);
        b = have ? r.s.natoms / least(theirs) : 0.0;
        printf("%s {\"name\":\"%s, %d atoms, %s\",\"value\":%.6g,\"unit\":\"atom-steps/s\"", comma, m->name, r.s.natoms,
               femd_level_name(), a);
        if (have) printf(",\"ref_name\":\"LAMMPS %s\",\"ref_value\":%.6g,\"ratio\":%.4g", m->style, b, a / b);
        printf("}");
    }
    close_rve(&r);
    return rc;
}

/* B alone and the heat flux, in force calls. */
static femd_status bench_in_calls(const material *m, int cells, femd_error *err) {
    double call[ROUNDS], born[ROUNDS], flux[ROUNDS], B[36], J[3], *mass;
    const int calls = 100;
    rve r;
    femd_status rc = open_rve(m, cells, &r, err);
    mass = malloc((rc == FEMD_OK ? (size_t)r.s.natoms : 1) * sizeof *mass);
    if (rc == FEMD_OK && !mass) rc = femd_fail(err, FEMD_NO_MEMORY, "no memory for masses");
    for (int i = 0; rc == FEMD_OK && i < r.s.natoms; i++) mass[i] = 40.0;
    for (int k = -1; k < ROUNDS && rc == FEMD_OK; k++) {
        double one = time_forces(&r, calls), t0 = seconds(), t1;
        for (int c = 0; c < calls && rc == FEMD_OK; c++)
            rc = femd_energetics_hessian(r.e, r.nb, r.s.cell, r.s.x, NULL, NULL, B, err);
        t1 = seconds();
        for (int c = 0; c < calls && rc == FEMD_OK; c++)
            rc = femd_energetics_heat_flux(r.e, r.nb, r.s.cell, r.s.x, r.force, mass, J, err);
        if (k < 0) continue;
        call[k] = one;
        born[k] = (t1 - t0) / calls / one;
        flux[k] = (seconds() - t1) / calls / one;
    }
    if (rc == FEMD_OK) {
        printf(",\n {\"name\":\"%s, force call, %d atoms\",\"value\":%.4g,\"unit\":\"ms\"}", m->name, r.s.natoms,
               1e3 * least(call));
        printf(",\n {\"name\":\"%s, Born term, %d atoms\",\"value\":%.4g,\"unit\":\"calls\"}", m->name, r.s.natoms,
               least(born));
        printf(",\n {\"name\":\"%s, heat flux, %d atoms\",\"value\":%.4g,\"unit\":\"calls\"}", m->name, r.s.natoms,
               least(flux));
    }
    free(mass);
    close_rve(&r);
    return rc;
}

/* List, Hessian with L and B, and Hessian times vector, in milliseconds. */
static femd_status bench_rest(int cells, femd_error *err) {
    double list[ROUNDS], dense[ROUNDS], times[ROUNDS], B[36], *H, *L;
    rve r;
    femd_status rc = open_rve(&copper, cells, &r, err);
    size_t n = rc == FEMD_OK ? 3 * (size_t)r.s.natoms : 1;
    H = malloc(n * n * sizeof *H);
    L = malloc(6 * n * sizeof *L);
    if (rc == FEMD_OK && (!H || !L)) rc = femd_fail(err, FEMD_NO_MEMORY, "no memory for a Hessian");
    for (int k = -1; k < ROUNDS && rc == FEMD_OK; k++) {
        double t0 = seconds(), t1, t2;
        rc = femd_neighbours_rebuild(r.nb, r.s.natoms, r.s.cell, r.s.x, err);
        t1 = seconds();
        if (rc == FEMD_OK) rc = femd_energetics_hessian(r.e, r.nb, r.s.cell, r.s.x, H, L, B, err);
        t2 = seconds();
        femd_energetics_apply(r.e, r.s.x, r.force);
        if (k < 0) continue;
        list[k] = 1e3 * (t1 - t0);
        dense[k] = 1e3 * (t2 - t1);
        times[k] = 1e3 * (seconds() - t2);
    }
    if (rc == FEMD_OK) {
        printf(",\n {\"name\":\"neighbour list, %d atoms\",\"value\":%.4g,\"unit\":\"ms\"}", r.s.natoms, least(list));
        printf(",\n {\"name\":\"Hessian, L and B, %d atoms\",\"value\":%.4g,\"unit\":\"ms\"}", r.s.natoms,
               least(dense));
        printf(",\n {\"name\":\"Hessian times vector, %d atoms\",\"value\":%.4g,\"unit\":\"ms\"}", r.s.natoms,
               least(times));
    }
    free(H);
    free(L);
    close_rve(&r);
    return rc;
}

int main(int argc, char **argv) {
    femd_error err = FEMD_ERROR_INIT;
    const char *level = argc > 1 ? argv[1] : "x86-64-v3";
    if (femd_level_set(level, &err) != FEMD_OK && argc > 1) {
        fprintf(stderr, "bench_eam: %s\n", err.text);
        return 1;
    }
    printf("{\"results\":[\n");
    if (bench_forces(&copper, 10, "", &err) != FEMD_OK || bench_forces(&copper, 4, ",\n", &err) != FEMD_OK ||
        bench_forces(&argon, 10, ",\n", &err) != FEMD_OK || bench_forces(&silicon, 8, ",\n", &err) != FEMD_OK ||
        bench_in_calls(&copper, 4, &err) != FEMD_OK || bench_in_calls(&argon, 4, &err) != FEMD_OK ||
        bench_in_calls(&silicon, 3, &err) != FEMD_OK || bench_rest(3, &err) != FEMD_OK ||
        bench_rest(5, &err) != FEMD_OK) {
        fprintf(stderr, "bench_eam: %s\n", err.text);
        return 1;
    }
    printf("\n]}\n");
    return 0;
}
