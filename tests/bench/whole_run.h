/* A run of femd from its case file to its results, as a user would start it. */
#ifndef FEMD_BENCH_WHOLE_RUN_H
#define FEMD_BENCH_WHOLE_RUN_H

#include <cjson/cJSON.h>

typedef struct whole_run {
    double wall, cpu; /* s; cpu of all processes, server and workers included */
    cJSON *summary;   /* owned: cJSON_Delete */
} whole_run;

/* Elastic cubes (E 100 GPa, nu 0.3) of cells^3 trilinear hexahedra, left held, right moved by 5 % and 2 % of the edge
 * in `steps` steps; fields and checkpoint of the last. Returns 0 if the run ended well. */
int whole_run_femd(const char *folder, int cells, int steps, whole_run *run);
/* A command line in the folder; its output goes to the file `log` there. Returns its exit status. */
int whole_run_command(const char *folder, const char *line, const char *log, double *wall, double *cpu);
/* A folder of its own under $TMPDIR or /tmp, and the end of it. */
int whole_run_folder(char folder[256]);
void whole_run_remove(const char *folder);

#endif
