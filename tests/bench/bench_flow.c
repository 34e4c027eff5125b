/* Sampling of viscosity and diffusivity on one core against LAMMPS in the same run: 1,372 atoms of a Lennard-Jones
 * liquid at its triple point without a thermostat; the stress and velocities at every fourth step. femd's segments
 * (fluid.h) with all their sums; LAMMPS runs fix nve, the pressure and the velocity autocorrelation every four steps,
 * the mean square displacement every fortieth, and correlates the pressure (fix ave/correlate). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench_md.h"
#include "fluid/fluid.h"

enum { ROUNDS = 5, SAMPLES = 1024, STRIDE = 4 };

static const char JSON[] =
    "{\"fluid\":{\"melt\":\"350 K\",\"time_step\":\"10 fs\",\"stride\":4,\"segment\":\"40 ps\",\"equilibration\":\"10 "
    "ps\"},"
    "\"structure\":{\"lattice\":\"fcc\",\"a\":\"5.7185 angstrom\",\"species\":[\"Ar\"],\"masses\":[\"39.95 u\"],"
    "\"repeat\":[7,7,7]},\"reference\":\"as-given\",\"potential\":{\"style\":\"lj/cut\",\"epsilon\":\"0.0103235 eV\","
    "\"sigma\":\"3.405 angstrom\",\"cutoff\":\"8.5125 angstrom\"}}";

static int flow_by_size(const void *a, const void *b) {
    const double d = *(const double *)a - *(const double *)b;
    return (d > 0) - (d < 0);
}

static double flow_median(double *v) {
    qsort(v, ROUNDS, sizeof *v, flow_by_size);
    return v[ROUNDS / 2];
}

static void flow_write_data(FILE *f, const femd_fluid *fluid, const double h[9]) {
    const int n = fluid->common.rve.n;
    fprintf(f, "atoms\n\n%d atoms\n1 atom types\n\n", n);
    for (int k = 0; k < 3; k++) fprintf(f, "0 %.17g %clo %chi\n", h[4 * k], 'x' + k, 'x' + k);
    fprintf(f, "\nMasses\n\n1 39.95\n\nAtoms # atomic\n\n");
    for (int i = 0; i < n; i++) {
        fprintf(f, "%d 1", i + 1);
        for (int c = 0; c < 3; c++) {
            const double x = fluid->x[3 * i + c], L = h[4 * c];
            fprintf(f, " %.17g", x - L * floor(x / L));
        }
        fprintf(f, "\n");
    }
    fprintf(f, "\nVelocities\n\n");
    for (int i = 0; i < n; i++)
        fprintf(f, "%d %.17g %.17g %.17g\n", i + 1, fluid->v[3 * i], fluid->v[3 * i + 1], fluid->v[3 * i + 2]);
}

static void flow_write_input(FILE *f) {
    fprintf(f,
            "units metal\natom_style atomic\nread_data data\npair_style lj/cut 8.5125\npair_coeff * * 0.0103235 3.405\n"
            "neighbor 1 bin\nneigh_modify every 1 delay 0 check yes\ntimestep 0.01\nfix 1 all nve\n"
            "compute c all vacf\ncompute d all msd com yes\n"
            "fix 2 all ave/correlate 4 64 256 c_thermo_press[4] c_thermo_press[5] c_thermo_press[6] "
            "c_thermo_press[1] c_thermo_press[2] c_thermo_press[3] type auto\n"
            "fix 3 all ave/time 4 64 256 c_c[4]\nfix 4 all ave/time 40 1 40 c_d[4]\nthermo 100000000\n");
    for (int k = 0; k < ROUNDS; k++) fprintf(f, "run %d\n", SAMPLES * STRIDE / 4);
}

/* Processor seconds of a step by LAMMPS; 0 where there is none. */
static int flow_time_lammps(const femd_fluid *fluid, const double h[9], double *each) {
    char folder[] = "/tmp/femd-bench-XXXXXX", line[512];
    double loop = 0, percent;
    int got = 0, steps = 1;
    if (system("command -v lmp > /dev/null 2>&1") != 0 || !mkdtemp(folder)) return 0;
    snprintf(line, sizeof line, "%s/data", folder);
    FILE *f = fopen(line, "w");
    if (!f) return 0;
    flow_write_data(f, fluid, h);
    fclose(f);
    snprintf(line, sizeof line, "%s/in", folder);
    f = fopen(line, "w");
    if (!f) return 0;
    flow_write_input(f);
    fclose(f);
    snprintf(line, sizeof line,
             "cd %s && OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMP_NUM_THREADS=1 timeout 300 lmp "
             "-screen none -log log -in in > out 2>&1; grep -e '^Loop time' -e 'CPU use' log",
             folder);
    f = popen(line, "r");
    while (f && fgets(line, sizeof line, f)) {
        sscanf(line, "Loop time of %lf on 1 procs for %d steps", &loop, &steps);
        if (sscanf(line, "%lf%% CPU use", &percent) == 1 && got < ROUNDS) each[got++] = 0.01 * percent * loop / steps;
    }
    if (f) pclose(f);
    snprintf(line, sizeof line, "rm -rf %s", folder);
    return system(line) == 0 && got == ROUNDS;
}

static femd_status flow_run(femd_native *native, femd_fluid *fluid, femd_error *err) {
    const double *h = native->rve.h0, atoms = native->rve.n;
    double mine[ROUNDS], theirs[ROUNDS];
    fluid->common.T = 86.5;
    fluid->common.seed = 1;
    FEMD_TRY(femd_fluid_start(fluid, h, native->rve.X, NULL, err));
    fluid->options.segments.equilibration = FEMD_DYNAMICS_RENEW; /* hardly any: segments are timed */
    const int have = flow_time_lammps(fluid, h, theirs);
    for (int k = 0; k < ROUNDS; k++) {
        const double begin = md_seconds();
        FEMD_TRY(femd_fluid_segment(fluid, h, NULL, err));
        mine[k] = (md_seconds() - begin) / (fluid->sums.samples * STRIDE + FEMD_DYNAMICS_RENEW);
    }
    md_row("viscosity and diffusivity sampled, Lennard-Jones liquid, 1372 atoms", atoms / flow_median(mine),
           "atom-steps/s", have ? "LAMMPS lj/cut, its correlators" : NULL, have ? atoms / flow_median(theirs) : 0);
    return FEMD_OK;
}

femd_status bench_flow(femd_error *err) {
    const femd_pack pack = {.json = JSON};
    femd_json doc = FEMD_JSON_INIT;
    femd_native *native = NULL;
    void *self = NULL;
    femd_status rc = femd_json_parse(JSON, strlen(JSON), "bench", &doc, err);
    if (rc == FEMD_OK) rc = femd_native_create(&doc, &pack, FEMD_NATIVE_RELAXED, &native, err);
    if (rc == FEMD_OK) rc = femd_method_fluid.create(native, &doc, &self, err);
    if (rc == FEMD_OK) rc = flow_run(native, self, err);
    femd_method_fluid.destroy(&self);
    femd_native_destroy(&native);
    femd_json_clear(&doc);
    return rc;
}
