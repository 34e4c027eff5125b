/* Molecular dynamics on one core against LAMMPS in the same run: Langevin thermostat, virial at every step, neighbour
 * lists kept up to date. Copper (Mishin 2001, eam/alloy) at 300 K, a Lennard-Jones liquid at its triple point,
 * Stillinger-Weber silicon at 300 K. LAMMPS runs fix nve, fix langevin and a pressure at every step. Then whole answers
 * (bench_answers.c). Prints JSON, rows as they come. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench_md.h"
#include "crystal/structure_create.h"
#include "dynamics/md.h"
#include "micro.h"

enum { ROUNDS = 5 };

static const char FOLDER[] = "/usr/share/lammps/potentials";

typedef struct system_md {
    const char *name, *reference, *json, *file;
    double mass, skin, temperature, dt, friction;
    const char *pair; /* LAMMPS's pair commands */
    int calls;
} system_md;

static const system_md systems[] = {
    {"Langevin MD, copper eam/alloy, 4000 atoms, 300 K", "LAMMPS eam/alloy",
     "{\"structure\":{\"lattice\":\"fcc\",\"a\":\"3.63190 angstrom\",\"species\":[\"Cu\"],\"repeat\":[10,10,10]},"
     "\"potential\":{\"style\":\"eam/alloy\",\"file\":\"Cu_mishin1.eam.alloy\"}}",
     "Cu_mishin1.eam.alloy", 63.55, 1.0, 300, 0.002, 1,
     "pair_style eam/alloy\npair_coeff * * /usr/share/lammps/potentials/Cu_mishin1.eam.alloy Cu\n", 100},
    {"Langevin MD, copper eam/alloy, 256 atoms, 300 K", "LAMMPS eam/alloy",
     "{\"structure\":{\"lattice\":\"fcc\",\"a\":\"3.63190 angstrom\",\"species\":[\"Cu\"],\"repeat\":[4,4,4]},"
     "\"potential\":{\"style\":\"eam/alloy\",\"file\":\"Cu_mishin1.eam.alloy\"}}",
     "Cu_mishin1.eam.alloy", 63.55, 1.0, 300, 0.002, 1,
     "pair_style eam/alloy\npair_coeff * * /usr/share/lammps/potentials/Cu_mishin1.eam.alloy Cu\n", 1600},
    {"Langevin MD, Lennard-Jones liquid, 1372 atoms, triple point", "LAMMPS lj/cut",
     "{\"structure\":{\"lattice\":\"fcc\",\"a\":\"5.7185 angstrom\",\"species\":[\"Ar\"],\"repeat\":[7,7,7]},"
     "\"potential\":{\"style\":\"lj/cut\",\"epsilon\":\"0.0103235 eV\",\"sigma\":\"3.405 "
     "angstrom\",\"cutoff\":\"8.5125 angstrom\"}}",
     NULL, 39.95, 1.0, 86.5, 0.01, 1, "pair_style lj/cut 8.5125\npair_coeff * * 0.0103235 3.405\n", 400},
    {"Langevin MD, silicon sw, 4096 atoms, 300 K", "LAMMPS sw",
     "{\"structure\":{\"lattice\":\"diamond\",\"a\":\"5.436 angstrom\",\"species\":[\"Si\"],\"repeat\":[8,8,8]},"
     "\"potential\":{\"style\":\"sw\",\"file\":\"Si.sw\"}}",
     "Si.sw", 28.06, 1.0, 300, 0.001, 1, "pair_style sw\npair_coeff * * /usr/share/lammps/potentials/Si.sw Si\n", 100},
};

typedef struct run {
    const system_md *how;
    femd_json doc;
    char *table;
    femd_structure s;
    femd_potential *p;
    femd_rve rve;
    femd_dynamics d;
    double *mass;
} run;

double md_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void md_row(const char *name, double value, const char *unit, const char *reference, double ref_value) {
    static int rows;
    printf("%s{\"name\":\"%s\",\"value\":%.6g,\"unit\":\"%s\"", rows++ ? ",\n" : "", name, value, unit);
    if (reference)
        printf(",\"ref_name\":\"%s\",\"ref_value\":%.6g,\"ratio\":%.4g", reference, ref_value, value / ref_value);
    printf("}");
    fflush(stdout);
}

static int by_size(const void *a, const void *b) {
    const double d = *(const double *)a - *(const double *)b;
    return (d > 0) - (d < 0);
}

static double median(double *v) {
    qsort(v, ROUNDS, sizeof *v, by_size);
    return v[ROUNDS / 2];
}

femd_status md_table(const char *name, femd_bytes *out, char **text, femd_error *err) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", FOLDER, name);
    FILE *f = fopen(path, "rb");
    if (!f) return femd_fail(err, FEMD_IO, "no file %s", path);
    fseek(f, 0, SEEK_END);
    const long size = ftell(f);
    rewind(f);
    *text = malloc((size_t)size);
    out->data = *text;
    out->size = *text ? fread(*text, 1, (size_t)size, f) : 0;
    fclose(f);
    return out->size == (size_t)size ? FEMD_OK : femd_fail(err, FEMD_IO, "cannot read %s", path);
}

static femd_status open_run(const system_md *how, run *r, femd_error *err) {
    femd_pack pack = {.json = how->json};
    memset(r, 0, sizeof *r);
    r->how = how;
    if (how->file) {
        pack.nfiles = 1;
        pack.file[0].name = how->file;
        FEMD_TRY(md_table(how->file, &pack.file[0].bytes, &r->table, err));
    }
    FEMD_TRY(femd_json_parse(how->json, strlen(how->json), "bench", &r->doc, err));
    FEMD_TRY(femd_structure_create(&r->doc, femd_json_get(r->doc.root, "structure"), &pack, &r->s, err));
    FEMD_TRY(femd_potential_create(&r->doc, femd_json_get(r->doc.root, "potential"), &pack, (const char(*)[8])r->s.name,
                                   1, &r->p, err));
    FEMD_TRY(femd_neighbours_create(femd_potential_cutoff(r->p), how->skin, &r->rve.nb, err));
    FEMD_TRY(femd_energetics_create(r->p, r->s.natoms, r->s.species, &r->rve.en, err));
    femd_rve_set_atoms(&r->rve, r->s.natoms);
    FEMD_TRY(femd_rve_set_cell(&r->rve, r->s.cell, err));
    r->mass = malloc((size_t)r->s.natoms * sizeof *r->mass);
    if (!r->mass) return femd_fail(err, FEMD_NO_MEMORY, "out of memory");
    for (int i = 0; i < r->s.natoms; i++) r->mass[i] = how->mass;
    FEMD_TRY(femd_dynamics_create(&r->rve, r->mass, &r->d, err));
    r->d.dt = how->dt;
    r->d.friction = how->friction;
    /* The lattice takes half of the kinetic energy: start at twice the temperature. */
    FEMD_TRY(femd_dynamics_start(&r->d, r->rve.h0, r->s.x, 2 * how->temperature, 1, 0, err));
    r->d.temperature = how->temperature;
    return femd_dynamics_langevin(&r->d, 2 * how->calls, err);
}

static void close_run(run *r) {
    femd_dynamics_clear(&r->d);
    femd_rve_clear(&r->rve);
    femd_potential_destroy(&r->p);
    femd_structure_clear(&r->s);
    femd_json_clear(&r->doc);
    free(r->table);
    free(r->mass);
}

/* LAMMPS's seconds (of the processor, as femd's) of one step from the same positions and velocities, means of `calls`
 * steps; 0 where there is no LAMMPS. */
static int time_lammps(const run *r, double *each) {
    char folder[] = "/tmp/femd-bench-XXXXXX", command[512], line[512];
    const system_md *how = r->how;
    double loop = 0;
    int got = 0, steps = 1;
    if (system("command -v lmp > /dev/null 2>&1") != 0 || !mkdtemp(folder)) return 0;
    snprintf(line, sizeof line, "%s/data", folder);
    FILE *f = fopen(line, "w");
    if (!f) return 0;
    fprintf(f, "atoms\n\n%d atoms\n1 atom types\n\n", r->s.natoms);
    for (int k = 0; k < 3; k++) fprintf(f, "0 %.17g %clo %chi\n", r->s.cell[4 * k], 'x' + k, 'x' + k);
    fprintf(f, "\nMasses\n\n1 %.17g\n\nAtoms # atomic\n\n", how->mass);
    for (int i = 0; i < r->s.natoms; i++)
        fprintf(f, "%d 1 %.17g %.17g %.17g\n", i + 1, r->d.x[3 * i], r->d.x[3 * i + 1], r->d.x[3 * i + 2]);
    fprintf(f, "\nVelocities\n\n");
    for (int i = 0; i < r->s.natoms; i++)
        fprintf(f, "%d %.17g %.17g %.17g\n", i + 1, r->d.v[3 * i], r->d.v[3 * i + 1], r->d.v[3 * i + 2]);
    fclose(f);
    snprintf(line, sizeof line, "%s/in", folder);
    f = fopen(line, "w");
    if (!f) return 0;
    fprintf(f,
            "units metal\natom_style atomic\nread_data %s/data\n%sneighbor %g bin\nneigh_modify every 1 delay 0 check "
            "yes\ntimestep %g\n",
            folder, how->pair, how->skin, how->dt);
    fprintf(f,
            "fix 1 all nve\nfix 2 all langevin %g %g %g 4711 zero yes\nfix 3 all ave/time 1 1 1000000 "
            "c_thermo_press[*]\nthermo 100000000\n",
            how->temperature, how->temperature, 1 / how->friction);
    for (int k = 0; k < ROUNDS; k++) fprintf(f, "run %d\n", how->calls);
    fclose(f);
    snprintf(command, sizeof command,
             "cd %s && OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMP_NUM_THREADS=1 timeout 300 lmp "
             "-screen none -log log -in in > out 2>&1 "
             "; grep -e '^Loop time' -e 'CPU use' log",
             folder);
    f = popen(command, "r");
    while (f && fgets(line, sizeof line, f)) {
        double percent;
        sscanf(line, "Loop time of %lf on 1 procs for %d steps", &loop, &steps);
        if (sscanf(line, "%lf%% CPU use", &percent) == 1 && got < ROUNDS) each[got++] = 0.01 * percent * loop / steps;
    }
    if (f) pclose(f);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (system(command) != 0) return 0;
    return got == ROUNDS;
}

static femd_status bench(const system_md *how, femd_error *err) {
    double mine[ROUNDS], theirs[ROUNDS];
    run r;
    femd_status rc = open_run(how, &r, err);
    if (rc == FEMD_OK) {
        const int have = time_lammps(&r, theirs);
        const double atoms = r.s.natoms;
        for (int k = 0; k < ROUNDS && rc == FEMD_OK; k++) {
            const double begin = md_seconds();
            rc = femd_dynamics_langevin(&r.d, how->calls, err);
            mine[k] = (md_seconds() - begin) / how->calls;
        }
        if (rc == FEMD_OK) {
            const double a = atoms / median(mine), b = have ? atoms / median(theirs) : 0;
            md_row(how->name, a, "atom-steps/s", have ? how->reference : NULL, b);
        }
    }
    close_run(&r);
    return rc;
}

int main(int argc, char **argv) {
    femd_error err = FEMD_ERROR_INIT;
    const char *level = argc > 1 ? argv[1] : "x86-64-v3";
    if (femd_level_set(level, &err) != FEMD_OK && argc > 1) {
        fprintf(stderr, "bench_md: %s\n", err.text);
        return 1;
    }
    printf("{\"results\":[\n");
    femd_status rc = FEMD_OK;
    for (size_t k = 0; k < sizeof systems / sizeof *systems && rc == FEMD_OK; k++) rc = bench(&systems[k], &err);
    if (rc == FEMD_OK) rc = bench_flow(&err);
    if (rc == FEMD_OK) rc = bench_born_terms(&err);
    if (rc == FEMD_OK) rc = bench_quasiharmonic(&err);
    if (rc == FEMD_OK) rc = bench_sampled_tangent(&err);
    if (rc != FEMD_OK) {
        fprintf(stderr, "bench_md: %s\n", err.text);
        return 1;
    }
    printf("\n]}\n");
    return 0;
}
