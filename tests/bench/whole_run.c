/* Starts femd run and other programs and measures them. Owns the case that it writes; prints nothing. */
#include "whole_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double run_clock(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Of the processes that have ended. */
static double run_processor(void) {
    struct rusage u;
    getrusage(RUSAGE_CHILDREN, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + 1e-6 * (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

int whole_run_command(const char *folder, const char *line, const char *log, double *wall, double *cpu) {
    const double began = run_clock(), before = run_processor();
    int status = 0;
    const pid_t pid = fork();
    if (pid == 0) {
        if (chdir(folder) != 0 || !freopen(log, "w", stdout) || dup2(fileno(stdout), 2) < 0) _exit(127);
        execl("/bin/sh", "sh", "-c", line, (char *)NULL);
        _exit(127);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid) return 127;
    *wall = run_clock() - began;
    *cpu = run_processor() - before;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static int run_write_case(const char *folder, int cells, int steps) {
    char path[300];
    snprintf(path, sizeof path, "%s/case.json", folder);
    FILE *f = fopen(path, "w");
    if (!f) return 1;
    fprintf(f,
            "{\"femd\": 1, \"mesh\": {\"box\": {\"size\": [\"1 mm\", \"1 mm\", \"1 mm\"], \"cells\": [%d, %d, %d]}},\n"
            " \"element\": {\"type\": \"Q1\"},\n"
            " \"materials\": {\"m\": {\"engine\": \"elastic\", \"young\": \"100 GPa\", \"poisson\": 0.3}},\n"
            " \"boundary\": [{\"on\": \"left\", \"displacement\": [0, 0, 0]},\n"
            "              {\"on\": \"right\", \"displacement\": [\"0.05 mm\", \"0.02 mm\", 0]}],\n"
            " \"steps\": {\"count\": %d}, \"output\": {\"every\": %d, \"checkpoint_every\": %d}}\n",
            cells, cells, cells, steps, steps, steps);
    return fclose(f) != 0;
}

static cJSON *run_read_summary(const char *folder) {
    char path[300];
    snprintf(path, sizeof path, "%s/out/summary.json", folder);
    FILE *f = fopen(path, "r");
    if (!f) return NULL;
    const size_t most = 64 << 20;
    char *text = malloc(most + 1);
    if (text) text[fread(text, 1, most, f)] = '\0';
    fclose(f);
    cJSON *summary = text ? cJSON_Parse(text) : NULL;
    free(text);
    return summary;
}

int whole_run_femd(const char *folder, int cells, int steps, whole_run *run) {
    *run = (whole_run){0};
    if (run_write_case(folder, cells, steps)) return 1;
    const int status = whole_run_command(folder, "rm -rf out; exec '" FEMD_BIN "/femd' run case.json -o out -q",
                                         "femd.log", &run->wall, &run->cpu);
    if (status == 0) run->summary = run_read_summary(folder);
    if (!run->summary) fprintf(stderr, "femd bench: femd run of %s/case.json ended with %d\n", folder, status);
    return run->summary ? 0 : 1;
}

int whole_run_folder(char folder[256]) {
    const char *tmp = getenv("TMPDIR");
    snprintf(folder, 256, "%.200s/femd-bench-XXXXXX", tmp ? tmp : "/tmp");
    return mkdtemp(folder) ? 0 : 1;
}

void whole_run_remove(const char *folder) {
    char line[300];
    snprintf(line, sizeof line, "rm -rf '%s'", folder);
    if (system(line) != 0) fprintf(stderr, "femd bench: %s is left behind\n", folder);
}
