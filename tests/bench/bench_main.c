/* femd-bench: runs the benchmark programs beside it and prints what they measured as one table, as JSON or as Markdown.
 *
 * Each program bench_GROUP prints {"results":[{"name","value","unit","ref_name","ref_value","ratio"}]} on its standard
 * output, or, where figures have errors, rows of
 * {"name","value","error","unit","ref_name","ref_value","ref_error","sigma"}. Rows are printed as they come. Nothing
 * here measures or judges. */
#include <cjson/cJSON.h>
#include <libgen.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *name, *what;
    int named; /* 1: runs only when it is named */
} groups[] = {
    {"overhead", "a point through client, server and worker with the elastic engine", 0},
    {"load", "points a second with 2, 64 and 1,000 workers, busy workers, memory, audits; minutes, only when named", 1},
    {"threads",
     "points a second that 8 and 64 threads ask one by one, with a client each and through one; only when named", 1},
    {"attach", "arrays of points from Python beside C, which share what answers at once; only when named", 1},
    {"macro", "assembly and linear algebra of the solver without any material", 0},
    {"heat", "the same of heat, alone and with mechanics", 0},
    {"newton", "evaluations that Newton's method asks of a point in bending", 0},
    {"solids",
     "figures of the solver beside references: manufactured solutions, Cook's membrane, a cube; only when named", 1},
    {"size", "time and memory of a run of a million points by the parts of the work; minutes, only when named", 1},
    {"calculix", "processor time of a run beside CalculiX (ccx), if it is installed; only when named", 1},
    {"md", "Langevin dynamics and sampling against LAMMPS", 0},
    {"eam", "energy and forces of copper against LAMMPS", 0},
    {"band", "the path of a vacancy's hop by an elastic band against LAMMPS neb", 0},
    {"tangent", "stress and consistent tangent against LAMMPS with central differences", 0},
    {"physics",
     "figures of crystals and liquids beside references, with errors; ten to twenty minutes, only when named; "
     "physics CHAPTER... runs only these chapters",
     1},
};
enum { GROUPS = sizeof groups / sizeof *groups };

static int usage(FILE *f, int rc) {
    fprintf(f, "usage: femd bench [GROUP]... [physics CHAPTER...] [--json | --markdown] [--evaluations N] "
               "[--picoseconds N]\n\nGroups:\n");
    for (int i = 0; i < GROUPS; i++) fprintf(f, "  %-10s %s\n", groups[i].name, groups[i].what);
    fprintf(f, "\n  --json       one JSON object, at the end\n  --markdown   a table as docs/verification.md has it\n"
               "  --evaluations N   how many the group load makes to measure the server's memory (1e6)\n"
               "  --picoseconds N   how long physics counted-hops and hop-flux look at each temperature (500)\n");
    return rc;
}

/* Words behind the name of this group are parts of it, which alone are run. */
static int has_parts(int group) {
    return group >= 0 && strcmp(groups[group].name, "physics") == 0;
}

/* A part's name to the arguments of its program, for a shell: letters, digits and dashes only. 0: it is not one. */
static int add_part(char *parts, size_t size, const char *name) {
    const size_t used = strlen(parts), length = strlen(name);
    if (*name == '-' || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != length || used + length + 2 > size)
        return 0;
    snprintf(parts + used, size - used, " %s", name);
    return 1;
}

static double number(const cJSON *o, const char *key) {
    const cJSON *n = cJSON_GetObjectItemCaseSensitive(o, key);
    return cJSON_IsNumber(n) ? n->valuedouble : 0;
}
static const char *text_of(const cJSON *o, const char *key) {
    const char *s = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, key));
    return s ? s : "";
}
static int has(const cJSON *o, const char *key) {
    return cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(o, key));
}

/* ---- rows ---- */

typedef enum style { PLAIN, JSON, MARKDOWN } style;

/* 163.65(18): the error in units of the last digit, with one or two digits (two up to 35). */
static const char *with_error(double v, double e, char text[48]) {
    if (!(e > 0)) {
        snprintf(text, 48, "%.7g", v);
        return text;
    }
    int place = (int)floor(log10(e)); /* of the error's first digit */
    if (e / pow(10, place) < 3.55) place--;
    if (place < 0)
        snprintf(text, 48, "%.*f(%.0f)", -place, v, e / pow(10, place));
    else
        snprintf(text, 48, "%.0f(%.0f)", v, e);
    return text;
}

/* "+0.4 σ" in standard deviations, a relative difference where there are none. */
static const char *difference(style as, const cJSON *r, char text[48]) {
    const double v = number(r, "value"), ref = number(r, "ref_value");
    if (has(r, "sigma"))
        snprintf(text, 48, "%+.1f %s", number(r, "sigma"), as == MARKDOWN ? "σ" : "sd");
    else
        snprintf(text, 48, "%.1e", ref != 0 ? fabs(v / ref - 1) : fabs(v));
    return text;
}

/* Rows with errors and rows of speed have other columns; a heading comes before the first row of a kind. */
static void print_heading(style as, int errors) {
    if (as == MARKDOWN)
        puts(errors ? "| quantity | femd | unit | reference | difference | reference is |\n|---|---|---|---|---|---|"
                    : "| quantity | femd | unit | beside it | ratio | beside it is |\n|---|---|---|---|---|---|");
    else if (errors)
        printf("%-72s %16s %-13s %16s %9s  %s\n", "name", "value", "unit", "reference", "differs", "reference is");
    else
        printf("%-60s %12s %-12s %12s  %6s  %s\n", "name", "value", "unit", "reference", "ratio", "reference is");
}

static void print_with_errors(style as, const cJSON *r) {
    char mine[48], theirs[48] = "", differs[48] = "";
    with_error(number(r, "value"), number(r, "error"), mine);
    if (*text_of(r, "ref_name")) {
        with_error(number(r, "ref_value"), number(r, "ref_error"), theirs);
        difference(as, r, differs);
    }
    if (as == MARKDOWN)
        printf("| %s | %s | %s | %s | %s | %s |\n", text_of(r, "name"), mine, text_of(r, "unit"), theirs, differs,
               text_of(r, "ref_name"));
    else
        printf("%-72s %16s %-13s %16s %9s  %s\n", text_of(r, "name"), mine, text_of(r, "unit"), theirs, differs,
               text_of(r, "ref_name"));
}

static void print_speed(style as, const cJSON *r) {
    char theirs[48] = "", ratio[48] = "";
    if (*text_of(r, "ref_name")) snprintf(theirs, sizeof theirs, "%.5g", number(r, "ref_value"));
    if (*text_of(r, "ref_name") && has(r, "ratio")) snprintf(ratio, sizeof ratio, "%.2f", number(r, "ratio"));
    if (as == MARKDOWN)
        printf("| %s | %.5g | %s | %s | %s | %s |\n", text_of(r, "name"), number(r, "value"), text_of(r, "unit"),
               theirs, ratio, text_of(r, "ref_name"));
    else
        printf("%-60s %12.5g %-12s %12s  %6s  %s\n", text_of(r, "name"), number(r, "value"), text_of(r, "unit"), theirs,
               ratio, text_of(r, "ref_name"));
}

/* Several figures of one case side by side; their names, which are the same in all such rows, are printed before the
 * first. */
static void print_columns(style as, const cJSON *r, int first) {
    const cJSON *columns = cJSON_GetObjectItemCaseSensitive(r, "columns"), *figure;
    if (first && as == MARKDOWN) {
        printf("| |");
        cJSON_ArrayForEach(figure, columns) printf(" %s |", figure->string);
        printf("\n|---|");
        cJSON_ArrayForEach(figure, columns) printf("---|");
        puts("");
    } else if (first) {
        char letter = 'a';
        cJSON_ArrayForEach(figure, columns) printf("  %c: %s\n", letter++, figure->string);
        printf("%-30s", "name");
        letter = 'a';
        cJSON_ArrayForEach(figure, columns) printf(" %8c", letter++);
        puts("");
    }
    printf(as == MARKDOWN ? "| %s |" : "%-30s", text_of(r, "name"));
    cJSON_ArrayForEach(figure, columns) printf(as == MARKDOWN ? " %.5g |" : " %8.5g", figure->valuedouble);
    puts("");
}

static void print_row(style as, const cJSON *r) {
    static int last = -1;
    enum { SPEED, ERRORS, COLUMNS };
    const int kind = cJSON_GetObjectItemCaseSensitive(r, "columns") ? COLUMNS : has(r, "error") ? ERRORS : SPEED;
    if (as == JSON) return;
    if (kind == COLUMNS) {
        print_columns(as, r, kind != last);
        last = kind;
        fflush(stdout);
        return;
    }
    const int errors = kind == ERRORS;
    if (kind != last) print_heading(as, errors);
    last = kind;
    if (errors)
        print_with_errors(as, r);
    else
        print_speed(as, r);
    fflush(stdout);
}

/* ---- programs ---- */

/* Where one reads in what a program prints: {"results":[ rows ]}. */
typedef struct reader {
    char *text; /* of the row that is being read */
    size_t size, room;
    int depth, quoted, escaped, whole; /* whole: the last brace was closed */
} reader;

/* One character on; 1 when a row is complete in text. */
static int feed(reader *r, char c) {
    const int inside = r->depth >= 2;
    if (r->escaped)
        r->escaped = 0;
    else if (r->quoted)
        r->quoted = c == '"' ? 0 : (r->escaped = c == '\\', 1);
    else if (c == '"')
        r->quoted = 1;
    else if (c == '{')
        r->depth++;
    else if (c == '}')
        r->depth--;
    r->whole = r->depth == 0 && (r->whole || c == '}');
    if (!inside && r->depth < 2) return 0;
    if (r->size + 2 > r->room) {
        char *more = realloc(r->text, r->room = 2 * r->room + 256);
        if (!more) exit(70);
        r->text = more;
    }
    r->text[r->size++] = c;
    r->text[r->size] = 0;
    return r->depth < 2;
}

/* Run a program and hand its rows to `results` as they come. 0 if it did all it had to. */
static int run(const char *program, style as, cJSON *results) {
    FILE *pipe = popen(program, "r");
    if (!pipe) return 1;
    reader r = {0};
    int bad = 0;
    for (int c; (c = getc(pipe)) != EOF;) {
        if (!feed(&r, (char)c)) continue;
        cJSON *row = cJSON_Parse(r.text);
        r.size = 0;
        if (!row) bad = 1;
        if (row) print_row(as, row);
        if (row) cJSON_AddItemToArray(results, row);
    }
    free(r.text);
    return (pclose(pipe) != 0) | !r.whole | bad;
}

int main(int argc, char **argv) {
    int chosen[GROUPS] = {0}, any = 0, last = -1;
    char parts[GROUPS][512] = {{0}}; /* of a group that has parts, those that are named */
    style as = PLAIN;
    for (int a = 1; a < argc; a++) {
        if (!strcmp(argv[a], "--json")) {
            as = JSON;
            continue;
        }
        if (!strcmp(argv[a], "--markdown")) {
            as = MARKDOWN;
            continue;
        }
        if (!strcmp(argv[a], "--evaluations") && a + 1 < argc) {
            setenv("FEMD_BENCH_EVALUATIONS", argv[++a], 1);
            continue;
        }
        if (!strcmp(argv[a], "--picoseconds") && a + 1 < argc) {
            setenv("FEMD_BENCH_PICOSECONDS", argv[++a], 1);
            continue;
        }
        if (!strcmp(argv[a], "--help") || !strcmp(argv[a], "help")) return usage(stdout, 0);
        int g = 0;
        while (g < GROUPS && strcmp(argv[a], groups[g].name)) g++;
        if (g == GROUPS && has_parts(last)) {
            if (add_part(parts[last], sizeof parts[last], argv[a])) continue;
            fprintf(stderr, "femd bench: \"%s\" is no part of %s\n", argv[a], groups[last].name);
            return 2;
        }
        if (g == GROUPS) {
            fprintf(stderr, "femd bench: unknown group \"%s\"\n", argv[a]);
            return usage(stderr, 2);
        }
        chosen[g] = any = 1;
        last = g;
    }
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length < 0) return perror("femd bench: /proc/self/exe"), 70;
    self[length] = 0;
    const char *folder = dirname(self);

    cJSON *all = cJSON_CreateObject(), *results = cJSON_AddArrayToObject(all, "results");
    int rc = 0;
    for (int g = 0; g < GROUPS; g++) {
        if (any ? !chosen[g] : groups[g].named) continue;
        char program[PATH_MAX + 64 + sizeof parts[g]];
        snprintf(program, sizeof program, "'%s/bench_%s'%s", folder, groups[g].name, parts[g]);
        if (run(program, as, results) == 0) continue;
        fprintf(stderr, "femd bench: %s did not finish; run %s to see why\n", groups[g].name, program);
        rc = 1;
    }
    if (as == JSON) {
        char *out = cJSON_Print(all);
        puts(out ? out : "{}");
        free(out);
    }
    cJSON_Delete(all);
    return rc;
}
