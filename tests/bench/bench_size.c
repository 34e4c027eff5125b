/* What a large run costs around its materials: 50^3 trilinear hexahedra, a million points of the elastic engine, one
 * step on one rank, from the case to the last file; and many steps of one cell. Seconds and memory by the parts of the
 * work, as the summary of the run tells them. $FEMD_BENCH_CELLS takes another number of cells along an edge. Prints
 * JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "whole_run.h"

enum { CELLS = 50, STEPS = 500 };

static void row(const char *name, double value, const char *unit, double aim) {
    static int any;
    printf("%s{\"name\":\"%s\",\"value\":%.5g,\"unit\":\"%s\"", any++ ? ",\n" : "{\"results\":[", name, value, unit);
    if (aim > 0) printf(",\"ref_name\":\"aim\",\"ref_value\":%g,\"ratio\":%.3g", aim, value / aim);
    printf("}");
    fflush(stdout);
}

static double number(const cJSON *object, const char *key) {
    const cJSON *node = cJSON_GetObjectItemCaseSensitive(object, key);
    return cJSON_IsNumber(node) ? node->valuedouble : -1;
}

static int large(const char *folder, int cells) {
    whole_run run;
    char name[128];
    const double points = 8.0 * cells * cells * cells;
    const int million = cells == CELLS;
    if (whole_run_femd(folder, cells, 1, &run)) return 1;
    const cJSON *of_run = cJSON_GetObjectItemCaseSensitive(run.summary, "run"), *part;
    snprintf(name, sizeof name, "size: femd run of %.0f points, from start to end", points);
    row(name, run.wall, "s", million ? 30 : 0);
    row("size: processor time of all its processes", run.cpu, "s", 0);
    row("size: processor time of the solver", number(of_run, "cpu_s"), "s", 0);
    row("size: memory of the solver at most", number(of_run, "memory_mib") * (1 << 20) / 1000 / points, "kB/point", 3);
    cJSON_ArrayForEach(part, cJSON_GetObjectItemCaseSensitive(of_run, "parts")) {
        snprintf(name, sizeof name, "size: %s, time", part->string);
        row(name, number(part, "wall_s"), "s", 0);
        snprintf(name, sizeof name, "size: %s, processor time of the solver", part->string);
        row(name, number(part, "cpu_s"), "s", 0);
        snprintf(name, sizeof name, "size: %s, memory at most until then", part->string);
        row(name, number(part, "peak_mib") * (1 << 20) / 1000 / points, "kB/point", 0);
    }
    cJSON_Delete(run.summary);
    return 0;
}

static int many_steps(const char *folder) {
    whole_run run;
    char name[128];
    if (whole_run_femd(folder, 1, STEPS, &run)) return 1;
    const cJSON *parts =
        cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(run.summary, "run"), "parts");
    snprintf(name, sizeof name, "size: %d steps of one cell, from start to end", STEPS);
    row(name, run.wall, "s", 0);
    snprintf(name, sizeof name, "size: %d steps of one cell, processor time of their tables", STEPS);
    row(name, number(cJSON_GetObjectItemCaseSensitive(parts, "tables"), "cpu_s"), "s", 0);
    cJSON_Delete(run.summary);
    return 0;
}

int main(void) {
    char folder[256];
    const char *asked = getenv("FEMD_BENCH_CELLS");
    const int cells = asked && atoi(asked) > 0 ? atoi(asked) : CELLS;
    if (whole_run_folder(folder)) return 1;
    const int bad = large(folder, cells) || many_steps(folder);
    whole_run_remove(folder);
    if (bad) return 1;
    printf("]}\n");
    return 0;
}
