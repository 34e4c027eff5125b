/* femd run beside CalculiX: a cube of 22^3 trilinear hexahedra at finite strain, the elastic engine with its server and
 * workers against ccx with one thread and its iterative and direct solvers. Processor time, of the best of some runs
 * that take turns, since a busy machine disturbs all alike; and the reaction of both. Prints JSON; without ccx it says
 * so and prints nothing. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "whole_run.h"

enum { CELLS = 22, TURNS = 3, SOLVERS = 3 };

static const struct {
    const char *name, *keyword, *job;
} solver[SOLVERS] = {
    {"iterative solver, Cholesky", ", SOLVER=ITERATIVE CHOLESKY", "cholesky"},
    {"iterative solver, scaling", ", SOLVER=ITERATIVE SCALING", "scaling"},
    {"direct solver", "", "direct"},
};

static int node_of(int i, int j, int k) {
    return 1 + i + (CELLS + 1) * (j + (CELLS + 1) * k);
}

static void write_mesh(FILE *f) {
    fprintf(f, "*NODE, NSET=NALL\n");
    for (int k = 0; k <= CELLS; ++k)
        for (int j = 0; j <= CELLS; ++j)
            for (int i = 0; i <= CELLS; ++i)
                fprintf(f, "%d,%.12g,%.12g,%.12g\n", node_of(i, j, k), (double)i / CELLS, (double)j / CELLS,
                        (double)k / CELLS);
    fprintf(f, "*ELEMENT, TYPE=C3D8, ELSET=EALL\n");
    for (int c = 0; c < CELLS * CELLS * CELLS; ++c) {
        static const int corner[8][3] = {{0, 0, 0}, {1, 0, 0}, {1, 1, 0}, {0, 1, 0},
                                         {0, 0, 1}, {1, 0, 1}, {1, 1, 1}, {0, 1, 1}};
        fprintf(f, "%d", c + 1);
        for (int v = 0; v < 8; ++v)
            fprintf(f, ",%d",
                    node_of(c % CELLS + corner[v][0], c / CELLS % CELLS + corner[v][1],
                            c / (CELLS * CELLS) + corner[v][2]));
        fprintf(f, "\n");
    }
    for (int side = 0; side < 2; ++side) {
        fprintf(f, "*NSET, NSET=%s\n", side ? "RIGHT" : "LEFT");
        for (int k = 0; k <= CELLS; ++k)
            for (int j = 0; j <= CELLS; ++j) fprintf(f, "%d\n", node_of(side * CELLS, j, k));
    }
}

static int write_job(const char *folder, int s) {
    char path[300];
    snprintf(path, sizeof path, "%s/%s.inp", folder, solver[s].job);
    FILE *f = fopen(path, "w");
    if (!f) return 1;
    write_mesh(f);
    fprintf(f,
            "*MATERIAL, NAME=M\n*ELASTIC\n100000.,0.3\n*SOLID SECTION, ELSET=EALL, MATERIAL=M\n*BOUNDARY\nLEFT,1,3\n"
            "*STEP, NLGEOM\n*STATIC, DIRECT%s\n1.,1.\n*BOUNDARY\nRIGHT,1,1,0.05\nRIGHT,2,2,0.02\nRIGHT,3,3\n"
            "*NODE PRINT, NSET=RIGHT, TOTALS=ONLY\nRF\n*END STEP\n",
            solver[s].keyword);
    return fclose(f) != 0;
}

/* Of the right side along x and y, N; ccx prints the totals as the only line of three numbers. */
static int read_reaction(const char *folder, const char *job, double reaction[2]) {
    char path[300], line[256];
    double z;
    int found = 0;
    snprintf(path, sizeof path, "%s/%s.dat", folder, job);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "%lf %lf %lf", &reaction[0], &reaction[1], &z) == 3) found = 1;
    if (f) fclose(f);
    return found ? 0 : 1;
}

static int run_ccx(const char *folder, int s, double *cpu) {
    char line[128], log[64];
    double wall;
    snprintf(line, sizeof line, "OMP_NUM_THREADS=1 exec ccx -i %s", solver[s].job);
    snprintf(log, sizeof log, "%s.log", solver[s].job);
    return whole_run_command(folder, line, log, &wall, cpu);
}

static int run_femd(const char *folder, double *cpu, double *of_solver, double reaction[2]) {
    whole_run run;
    if (whole_run_femd(folder, CELLS, 1, &run)) return 1;
    const cJSON *step = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(run.summary, "steps"), 0),
                *right = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(step, "reactions"), "right"),
                *spent =
                    cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(run.summary, "run"), "cpu_s");
    for (int a = 0; a < 2; ++a) {
        const cJSON *value = cJSON_GetArrayItem(right, a);
        reaction[a] = cJSON_IsNumber(value) ? value->valuedouble : NAN;
    }
    *of_solver = cJSON_IsNumber(spent) ? spent->valuedouble : NAN;
    *cpu = run.cpu;
    cJSON_Delete(run.summary);
    return 0;
}

static void row(const char *name, double value, const char *unit, const char *beside, double other) {
    static int any;
    printf("%s{\"name\":\"calculix: %s\",\"value\":%.8g,\"unit\":\"%s\",\"ref_name\":\"CalculiX, %s\",\"ref_value\":"
           "%.8g,\"ratio\":%.6g}",
           any++ ? ",\n" : "{\"results\":[", name, value, unit, beside, other, value / other);
}

static int compare(const char *folder) {
    double mine = INFINITY, alone = INFINITY, theirs[SOLVERS], reaction[2], other[2];
    for (int s = 0; s < SOLVERS; ++s) {
        theirs[s] = INFINITY;
        if (write_job(folder, s)) return 1;
    }
    for (int turn = 0; turn < TURNS; ++turn) {
        double cpu, of_solver;
        if (run_femd(folder, &cpu, &of_solver, reaction)) return 1;
        mine = fmin(mine, cpu);
        alone = fmin(alone, of_solver);
        for (int s = 0; s < SOLVERS; ++s) {
            if (run_ccx(folder, s, &cpu) != 0) return 1;
            theirs[s] = fmin(theirs[s], cpu);
        }
    }
    for (int s = 0; s < SOLVERS; ++s)
        row("processor time of femd run, 10648 hexahedra", mine, "s", solver[s].name, theirs[s]);
    for (int s = 0; s < SOLVERS; ++s) row("processor time of the solver alone", alone, "s", solver[s].name, theirs[s]);
    if (read_reaction(folder, solver[0].job, other)) return 1;
    row("reaction along x", reaction[0], "N", solver[0].name, other[0]);
    row("reaction along y", reaction[1], "N", solver[0].name, other[1]);
    return 0;
}

int main(void) {
    char folder[256];
    double wall, cpu;
    if (whole_run_folder(folder)) return 1;
    if (whole_run_command(folder, "command -v ccx", "ccx.where", &wall, &cpu) != 0) {
        fprintf(stderr, "femd bench: calculix: no ccx in $PATH, so there is nothing to compare with (Debian: "
                        "calculix-ccx)\n");
        whole_run_remove(folder);
        puts("{\"results\":[]}");
        return 0;
    }
    const int bad = compare(folder);
    whole_run_remove(folder);
    if (bad) return 1;
    printf("]}\n");
    return 0;
}
