/* same_outputs A B [TOLERANCE]: do two output folders of `femd run` hold the same result?
 *
 * Without a tolerance: history.csv, every .vtu, .pvtu and .pvd file and every checkpoint dataset must be the same
 * bytes, and summary.json the same text once its "run" object (timing and pool data) is taken out. With a tolerance
 * only the checkpoint is compared (it does not depend on the number of ranks): every floating-point dataset to
 * TOLERANCE of its largest value, the rest but hashes and blobs exactly. Exit 0 if the same, 1 if not (with words), 2
 * if something cannot be read. */
#include <cjson/cJSON.h>
#include <dirent.h>
#include <hdf5.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct compare {
    hid_t a, b;
    double tolerance;
    int datasets, differences;
} compare;

static char *slurp(const char *folder, const char *name, size_t *size) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "rb");
    if (!f) {
        fprintf(stderr, "same_outputs: cannot read %s\n", path);
        exit(2);
    }
    fseek(f, 0, SEEK_END);
    *size = (size_t)ftell(f);
    rewind(f);
    char *text = malloc(*size + 1);
    if (!text || fread(text, 1, *size, f) != *size) exit(2);
    text[*size] = 0;
    fclose(f);
    return text;
}

static int files_differ(const char *a, const char *b, const char *name) {
    size_t na, nb;
    char *ta = slurp(a, name, &na), *tb = slurp(b, name, &nb);
    int differ = na != nb || memcmp(ta, tb, na);
    if (differ) printf("%s differs\n", name);
    free(ta);
    free(tb);
    return differ;
}

static char *summary_without_run(const char *folder) {
    size_t size;
    char *text = slurp(folder, "summary.json", &size);
    cJSON *doc = cJSON_Parse(text);
    if (!doc || !cJSON_HasObjectItem(doc, "run")) {
        fprintf(stderr, "same_outputs: %s/summary.json is no JSON with a \"run\" object\n", folder);
        exit(2);
    }
    /* The text itself is compared, since re-printing numbers could hide a last bit: the run object is blanked in place.
     */
    char *run = strstr(text, "\"run\"");
    if (run) {
        char *p = strchr(run, '{');
        int depth = 0;
        for (; p && *p; p++) {
            depth += *p == '{';
            depth -= *p == '}';
            *p = ' ';
            if (!depth) break;
        }
    }
    cJSON_Delete(doc);
    /* What is left of blanks carries no meaning. */
    char *to = text;
    for (char *from = text; *from; from++)
        if (*from != ' ' && *from != '\n') *to++ = *from;
    *to = 0;
    return text;
}

static int is_output(const char *name) {
    const char *dot = strrchr(name, '.');
    return dot && (!strcmp(dot, ".vtu") || !strcmp(dot, ".pvtu") || !strcmp(dot, ".pvd"));
}

static int count_outputs(const char *folder) {
    DIR *d = opendir(folder);
    int n = 0;
    for (struct dirent *e; d && (e = readdir(d));) n += is_output(e->d_name);
    if (d) closedir(d);
    return n;
}

static void *dataset(hid_t file, const char *name, hid_t memory_type, size_t *n, size_t *width) {
    hid_t set = H5Dopen2(file, name, H5P_DEFAULT);
    if (set < 0) return NULL;
    hid_t space = H5Dget_space(set), own = H5Dget_type(set), type = memory_type < 0 ? own : memory_type;
    *n = (size_t)H5Sget_simple_extent_npoints(space);
    *width = H5Tget_size(type);
    void *data = calloc(*n + 1, *width);
    if (!data || H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0) exit(2);
    H5Tclose(own);
    H5Sclose(space);
    H5Dclose(set);
    return data;
}

static double worst_relative(const double *a, const double *b, size_t n) {
    double largest = 0, worst = 0;
    for (size_t i = 0; i < n; i++) largest = fmax(largest, fabs(a[i]));
    for (size_t i = 0; i < n; i++) {
        if (isnan(a[i]) != isnan(b[i])) return INFINITY;
        if (!isnan(a[i])) worst = fmax(worst, fabs(a[i] - b[i]));
    }
    return largest > 0 ? worst / largest : worst;
}

/* States, their hashes and counts of work follow from strains bit by bit, so they cannot agree to a tolerance. */
static int is_exact_only(const char *name) {
    return strstr(name, "state") || strstr(name, "blob") || strstr(name, "hash") || strstr(name, "history") ||
           strstr(name, "record");
}

static herr_t visit(hid_t object, const char *name, const H5O_info_t *info, void *user) {
    compare *c = user;
    (void)object;
    if (info->type != H5O_TYPE_DATASET) return 0;
    c->datasets++;
    hid_t set = H5Dopen2(c->a, name, H5P_DEFAULT), type = H5Dget_type(set);
    int floating = H5Tget_class(type) == H5T_FLOAT;
    H5Tclose(type);
    H5Dclose(set);
    if (c->tolerance > 0 && is_exact_only(name)) return 0;
    size_t na, nb, width;
    hid_t memory = floating ? H5T_NATIVE_DOUBLE : -1;
    void *a = dataset(c->a, name, memory, &na, &width), *b = dataset(c->b, name, memory, &nb, &width);
    if (!b || na != nb) {
        printf("checkpoint dataset %s: sizes differ\n", name);
        c->differences++;
    } else if (c->tolerance > 0 && floating) {
        double e = worst_relative(a, b, na);
        printf("checkpoint dataset %-28s agrees to %.2e of its maximum\n", name, e);
        c->differences += !(e <= c->tolerance);
    } else if (memcmp(a, b, na * width)) {
        printf("checkpoint dataset %s differs\n", name);
        c->differences++;
    }
    free(a);
    free(b);
    return 0;
}

static int checkpoints_differ(const char *a, const char *b, double tolerance) {
    char pa[4096], pb[4096];
    snprintf(pa, sizeof pa, "%s/checkpoint.h5", a);
    snprintf(pb, sizeof pb, "%s/checkpoint.h5", b);
    compare c = {H5Fopen(pa, H5F_ACC_RDONLY, H5P_DEFAULT), H5Fopen(pb, H5F_ACC_RDONLY, H5P_DEFAULT), tolerance, 0, 0};
    if (c.a < 0 || c.b < 0) exit(2);
    H5Ovisit2(c.a, H5_INDEX_NAME, H5_ITER_INC, visit, &c, H5O_INFO_BASIC);
    H5Fclose(c.a);
    H5Fclose(c.b);
    if (c.datasets < 5) {
        printf("the checkpoint has only %d datasets\n", c.datasets);
        return 1;
    }
    return c.differences;
}

int main(int argc, char **argv) {
    if (argc < 3) return fprintf(stderr, "usage: same_outputs A B [TOLERANCE]\n"), 2;
    const char *a = argv[1], *b = argv[2];
    double tolerance = argc > 3 ? atof(argv[3]) : 0;
    int differences = checkpoints_differ(a, b, tolerance);
    if (tolerance > 0) return differences != 0;
    differences += files_differ(a, b, "history.csv");
    int files = count_outputs(a);
    if (files < 3 || files != count_outputs(b))
        printf("%d output files here, %d there\n", files, count_outputs(b)), differences++;
    DIR *d = opendir(a);
    for (struct dirent *e; d && (e = readdir(d));)
        if (is_output(e->d_name)) differences += files_differ(a, b, e->d_name);
    if (d) closedir(d);
    char *sa = summary_without_run(a), *sb = summary_without_run(b);
    if (strcmp(sa, sb)) printf("summary.json differs outside \"run\"\n"), differences++;
    free(sa);
    free(sb);
    return differences != 0;
}
