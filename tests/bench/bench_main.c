/* femd-bench: runs the benchmark programs beside it and prints what they measured as one table, or as JSON.
 *
 * Each program bench_GROUP prints {"results":[{"name","value","unit","ref_name","ref_value","ratio"}]} on its standard output. Nothing here
 * measures or judges. */
#include <cjson/cJSON.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *name, *what;
} groups[] = {
    {"overhead", "a point through client, server and worker with the elastic engine"},
    {"macro", "assembly and linear algebra of the solver without any material"},
    {"md", "Langevin dynamics of copper and of a Lennard-Jones liquid against LAMMPS"},
    {"eam", "energy and forces of copper against LAMMPS"},
    {"tangent", "stress and consistent tangent against LAMMPS with central differences"},
};
enum { GROUPS = sizeof groups / sizeof *groups };

static int usage(FILE *f, int rc) {
    fprintf(f, "usage: femd bench [GROUP]... [--json]\n\nGroups:\n");
    for (int i = 0; i < GROUPS; i++) fprintf(f, "  %-10s %s\n", groups[i].name, groups[i].what);
    return rc;
}

/* All that a program prints, NUL-terminated and the caller's; NULL if it cannot be run or fails. */
static char *output_of(const char *program) {
    FILE *pipe = popen(program, "r");
    if (!pipe) return NULL;
    size_t size = 0, room = 1 << 16, got;
    char *text = malloc(room);
    while (text && (got = fread(text + size, 1, room - size - 1, pipe)) > 0) {
        size += got;
        if (room - size > 1) continue;
        char *more = realloc(text, room *= 2);
        if (!more) free(text);
        text = more;
    }
    if (text) text[size] = 0;
    if (pclose(pipe) == 0) return text;
    free(text);
    return NULL;
}

static double number(const cJSON *o, const char *key) {
    const cJSON *n = cJSON_GetObjectItemCaseSensitive(o, key);
    return cJSON_IsNumber(n) ? n->valuedouble : 0;
}
static const char *text_of(const cJSON *o, const char *key) {
    const char *s = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, key));
    return s ? s : "";
}

static void print_row(const cJSON *r) {
    printf("%-52s %12.5g %-10s", text_of(r, "name"), number(r, "value"), text_of(r, "unit"));
    if (*text_of(r, "ref_name"))
        printf(" %12.5g  %6.2f  %s", number(r, "ref_value"), number(r, "ratio"), text_of(r, "ref_name"));
    printf("\n");
    fflush(stdout);
}

int main(int argc, char **argv) {
    int json = 0, chosen[GROUPS] = {0}, any = 0;
    for (int a = 1; a < argc; a++) {
        if (!strcmp(argv[a], "--json")) { json = 1; continue; }
        if (!strcmp(argv[a], "--help") || !strcmp(argv[a], "help")) return usage(stdout, 0);
        int g = 0;
        while (g < GROUPS && strcmp(argv[a], groups[g].name)) g++;
        if (g == GROUPS) {
            fprintf(stderr, "femd bench: unknown group \"%s\"\n", argv[a]);
            return usage(stderr, 2);
        }
        chosen[g] = any = 1;
    }
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length < 0) return perror("femd bench: /proc/self/exe"), 70;
    self[length] = 0;
    const char *folder = dirname(self);

    cJSON *all = cJSON_CreateObject(), *results = cJSON_AddArrayToObject(all, "results");
    int rc = 0;
    if (!json) printf("%-52s %12s %-10s %12s  %6s  %s\n", "name", "value", "unit", "reference", "ratio", "reference is");
    for (int g = 0; g < GROUPS; g++) {
        if (any && !chosen[g]) continue;
        char program[PATH_MAX + 64];
        snprintf(program, sizeof program, "'%s/bench_%s'", folder, groups[g].name);
        char *text = output_of(program);
        cJSON *part = text ? cJSON_Parse(text) : NULL, *rows = cJSON_GetObjectItemCaseSensitive(part, "results");
        if (!cJSON_IsArray(rows)) {
            fprintf(stderr, "femd bench: %s did not finish; run %s to see why\n", groups[g].name, program);
            rc = 1;
        }
        while (cJSON_GetArraySize(rows) > 0) {
            cJSON *row = cJSON_DetachItemFromArray(rows, 0);
            if (!json) print_row(row);
            cJSON_AddItemToArray(results, row);
        }
        cJSON_Delete(part);
        free(text);
    }
    if (json) {
        char *out = cJSON_Print(all);
        puts(out ? out : "{}");
        free(out);
    }
    cJSON_Delete(all);
    return rc;
}
