/* patch_equals_eval EVAL.json CHECKPOINT.h5 TOLERANCE: does every point of a patch test hold the answer of one `femd
 * eval`? Stress and tangent of each point against the keys "stress" and "tangent" of the evaluation, relative to their
 * largest entry. */
#include <cjson/cJSON.h>
#include <hdf5.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static int numbers(const cJSON *node, double *out, int n) {
    const cJSON *item;
    int i = 0;
    cJSON_ArrayForEach(item, node) {
        if (cJSON_IsArray(item))
            i += numbers(item, out + i, n - i);
        else if (i < n)
            out[i++] = item->valuedouble;
    }
    return i;
}

/* Largest relative difference over all points; *points = their number. */
static double worst(hid_t file, const char *name, const double *one, int n, long *points) {
    hid_t set = H5Dopen2(file, name, H5P_DEFAULT), space = H5Dget_space(set);
    long total = (long)H5Sget_simple_extent_npoints(space);
    double *v = malloc((size_t)total * sizeof *v), largest = 0, e = 0;
    if (!v || H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, v) < 0) exit(2);
    for (int i = 0; i < n; i++) largest = fmax(largest, fabs(one[i]));
    for (long i = 0; i < total; i++) e = fmax(e, fabs(v[i] - one[i % n]));
    *points = total / n;
    free(v);
    return largest > 0 ? e / largest : INFINITY;
}

int main(int argc, char **argv) {
    if (argc != 4) return fprintf(stderr, "usage: patch_equals_eval EVAL.json CHECKPOINT.h5 TOLERANCE\n"), 2;
    static char text[1 << 20];
    FILE *f = fopen(argv[1], "rb");
    if (!f) return 2;
    text[fread(text, 1, sizeof text - 1, f)] = 0;
    fclose(f);
    cJSON *eval = cJSON_Parse(text);
    double S[6], D[36];
    if (numbers(cJSON_GetObjectItem(eval, "stress"), S, 6) != 6 ||
        numbers(cJSON_GetObjectItem(eval, "tangent"), D, 36) != 36)
        return fprintf(stderr, "patch_equals_eval: no stress or tangent in %s\n", argv[1]), 2;
    hid_t file = H5Fopen(argv[2], H5F_ACC_RDONLY, H5P_DEFAULT);
    if (file < 0) return 2;
    long points = 0;
    double s = worst(file, "point/S", S, 6, &points), d = worst(file, "point/D", D, 36, &points);
    printf("%ld points: stress to %.1e, tangent to %.1e\n", points, s, d);
    return !(points > 0 && s <= atof(argv[3]) && d <= atof(argv[3]));
}
