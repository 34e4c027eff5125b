/* LAMMPS as an independent reference. Owns the files and the rotation into the triangular cell that LAMMPS wants; never
 * judges. */
#include "lammps_stress.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int lammps_is_there(void) {
    return system("command -v lmp >/dev/null 2>&1") == 0;
}

static double dot(const double *a, const double *b) {
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* Rows of R: the axes of the LAMMPS frame in the frame of the cell (a along x, b in the xy plane). */
static void frame_of(const double *cell, double R[9]) {
    const double *a = cell, *b = cell + 3;
    const double la = sqrt(dot(a, a));
    double along, length;
    for (int c = 0; c < 3; c++) R[c] = a[c] / la;
    along = dot(b, R);
    for (int c = 0; c < 3; c++) R[3 + c] = b[c] - along * R[c];
    length = sqrt(dot(R + 3, R + 3));
    for (int c = 0; c < 3; c++) R[3 + c] /= length;
    R[6] = R[1] * R[5] - R[2] * R[4];
    R[7] = R[2] * R[3] - R[0] * R[5];
    R[8] = R[0] * R[4] - R[1] * R[3];
}

static int write_data(const lammps_run *run, const double R[9], const char *path) {
    FILE *f = fopen(path, "w");
    if (!f) return 1;
    double h[9];
    for (int k = 0; k < 3; k++)
        for (int c = 0; c < 3; c++) h[3 * k + c] = dot(run->cell + 3 * k, R + 3 * c);
    fprintf(f,
            "RVE\n\n%d atoms\n%d atom types\n\n0 %.17g xlo xhi\n0 %.17g ylo yhi\n0 %.17g zlo zhi\n%.17g %.17g %.17g xy "
            "xz yz\n\nMasses\n\n",
            run->n, run->ntypes, h[0], h[4], h[8], h[3], h[6], h[7]);
    for (int t = 1; t <= run->ntypes; t++) fprintf(f, "%d 1\n", t);
    fprintf(f, "\nAtoms\n\n");
    for (int i = 0; i < run->n; i++)
        fprintf(f, "%d %d %.17g %.17g %.17g\n", i + 1, run->type ? run->type[i] : 1, dot(run->x + 3 * i, R),
                dot(run->x + 3 * i, R + 3), dot(run->x + 3 * i, R + 6));
    return fclose(f) != 0;
}

static const char *const MINIMISE = "min_style cg\nmin_modify dmax 0.05 line quadratic\nminimize 0 1e-12 400 4000\n"
                                    "min_style hftn\nminimize 0 1e-12 200 20000\nrun 0\n";
static const char *const RELAX =
    "minimize 0 1e-8 1000 10000\n"; /* as in published scripts; the stress is then good to six digits */

/* The relaxations of a central-difference tangent: the box strained by +-d in each component, relaxed, and put back. */
static void write_differences(FILE *f, double d) {
    static const struct {
        const char *axis, *length; /* of change_box; the edge that a tilt refers to */
    } modes[6] = {{"x", NULL}, {"y", NULL}, {"z", NULL}, {"yz", "lz"}, {"xz", "lz"}, {"xy", "ly"}};
    fprintf(f, "min_style cg\nmin_modify line quadratic\nrun 0\nshell date +%%s.%%N >> times\n%s", RELAX);
    for (int k = 0; k < 12; k++) {
        const double e = k % 2 ? -d : d;
        const char *axis = modes[k / 2].axis, *length = modes[k / 2].length;
        if (length)
            fprintf(f, "change_box all %s delta $(%.17g*%s) remap\n%s", axis, e, length, RELAX);
        else
            fprintf(f, "change_box all %s scale %.17g remap\n%s", axis, 1 + e, RELAX);
        if (length)
            fprintf(f, "change_box all %s delta $(%.17g*%s) remap\n", axis, -e, length);
        else
            fprintf(f, "change_box all %s scale %.17g remap\n", axis, 1 / (1 + e));
    }
    fprintf(f, "shell date +%%s.%%N >> times\n");
}

static int write_input(const lammps_run *run, const char *path) {
    FILE *f = fopen(path, "w");
    if (!f) return 1;
    fprintf(
        f,
        "units metal\natom_style atomic\natom_modify map array\nboundary p p p\nbox tilt large\nread_data rve.data\n%s"
        "neighbor 1.0 bin\nthermo 100000\nthermo_style custom step pe fmax pxx pyy pzz pyz pxz pxy cpu\n"
        "thermo_modify norm no line one format float %%.16g\n",
        run->pair);
    for (int i = 0; run->held && i < run->n; i++)
        if (run->held[i]) fprintf(f, "group held id %d\n", i + 1);
    if (run->held) fprintf(f, "fix held held setforce 0 0 0\n");
    if (run->differences) write_differences(f, run->step);
    fprintf(f, "%s", run->minimise ? MINIMISE : "run 0\n");
    fprintf(f, "variable pe equal pe\nvariable fm equal fmax\n"
               "print \"FEMD $(pe:%%.17g) $(fmax:%%.17g) $(pxx:%%.17g) $(pyy:%%.17g) $(pzz:%%.17g) $(pyz:%%.17g) "
               "$(pxz:%%.17g) $(pxy:%%.17g)\"\n");
    return fclose(f) != 0;
}

static int read_output(const char *path, double p[6], lammps_result *out, char *text, int size) {
    FILE *f = fopen(path, "r");
    if (!f) return snprintf(text, (size_t)size, "LAMMPS wrote nothing"), 1;
    char line[4096];
    int found = 0;
    snprintf(text, (size_t)size, "LAMMPS said nothing");
    while (fgets(line, sizeof line, f)) {
        if (strncmp(line, "ERROR", 5) == 0) snprintf(text, (size_t)size, "%s", line);
        if (strncmp(line, "FEMD ", 5) == 0)
            found = sscanf(line + 5, "%lf %lf %lf %lf %lf %lf %lf %lf", &out->energy, &out->fmax, p, p + 1, p + 2,
                           p + 3, p + 4, p + 5) == 8;
    }
    fclose(f);
    return !found;
}

/* Two lines with the time of day before and after the relaxations. */
static double read_times(const char *path) {
    FILE *f = fopen(path, "r");
    double t[2] = {0, 0};
    if (!f) return 0;
    if (fscanf(f, "%lf %lf", &t[0], &t[1]) != 2) t[1] = t[0];
    fclose(f);
    return t[1] - t[0];
}

int lammps_evaluate(const lammps_run *run, lammps_result *result, char *text, int size) {
    char folder[] = "/tmp/femd-lammps-XXXXXX", path[128], command[512];
    double R[9], p[6] = {0}, t[9];
    memset(result, 0, sizeof *result);
    if (!mkdtemp(folder)) return snprintf(text, (size_t)size, "no folder for LAMMPS"), 1;
    frame_of(run->cell, R);
    snprintf(path, sizeof path, "%s/rve.data", folder);
    int bad = write_data(run, R, path);
    snprintf(path, sizeof path, "%s/in.rve", folder);
    bad |= write_input(run, path);
    snprintf(command, sizeof command, "cd %s && OMP_NUM_THREADS=1 timeout 300 lmp -log none -in in.rve >out 2>&1",
             folder);
    if (!bad && system(command) == -1) bad = 1;
    snprintf(path, sizeof path, "%s/out", folder);
    bad = bad || read_output(path, p, result, text, size);
    snprintf(path, sizeof path, "%s/times", folder);
    if (run->differences) result->seconds = read_times(path);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (system(command) == -1) return 1;
    if (bad) return 1;
    /* sigma = R^T sigma' R, sigma' = -p. */
    const double s[9] = {-p[0], -p[5], -p[4], -p[5], -p[1], -p[3], -p[4], -p[3], -p[2]};
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            t[3 * i + j] = 0;
            for (int a = 0; a < 3; a++)
                for (int b = 0; b < 3; b++) t[3 * i + j] += R[3 * a + i] * s[3 * a + b] * R[3 * b + j] / LAMMPS_BAR;
        }
    const int vi[6] = {0, 1, 2, 1, 0, 0}, vj[6] = {0, 1, 2, 2, 2, 1};
    for (int c = 0; c < 6; c++) result->sigma[c] = t[3 * vi[c] + vj[c]];
    return 0;
}
