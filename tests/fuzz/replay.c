/* Runs a fuzz target without libFuzzer: over every file of a folder, and over damaged copies of each (bytes changed,
 * cut, joined) from random numbers of a fixed seed.  replay FOLDER [COPIES] */
#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FILES_MAX = 256, BYTES_MAX = 1 << 16 };

typedef struct sample {
    size_t size;
    uint8_t *data;
} sample;

static uint64_t next(uint64_t *s) {
    *s ^= *s << 13;
    *s ^= *s >> 7;
    *s ^= *s << 17;
    return *s >> 16;
}

static sample read_file(const char *folder, const char *name) {
    char path[4096];
    sample s = {0, malloc(BYTES_MAX)};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "rb");
    if (!f || !s.data) {
        fprintf(stderr, "%s cannot be read\n", path);
        exit(2);
    }
    s.size = fread(s.data, 1, BYTES_MAX, f);
    fclose(f);
    return s;
}

/* A copy of a, its end taken from b at times, with a few bytes changed, put in or left out. */
static size_t damage(const sample *a, const sample *b, uint8_t *to, uint64_t *random) {
    size_t n = a->size;
    memcpy(to, a->data, n);
    if (next(random) % 4 == 0 && b->size) {
        size_t from = next(random) % b->size, at = n ? next(random) % n : 0, more = b->size - from;
        n = at + more <= BYTES_MAX ? at + more : at;
        if (n > at) memcpy(to + at, b->data + from, more);
    }
    for (uint64_t k = 1 + next(random) % 4; k > 0 && n > 0; k--) {
        size_t at = next(random) % n;
        switch (next(random) % 3) {
        case 0: to[at] = (uint8_t)next(random); break;
        case 1:
            memmove(to + at, to + at + 1, n - at - 1);
            n--;
            break;
        default:
            if (n == BYTES_MAX) break;
            memmove(to + at + 1, to + at, n - at);
            to[at] = a->data[next(random) % (a->size ? a->size : 1)];
            n++;
        }
    }
    return next(random) % 8 ? n : next(random) % (n + 1);
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int main(int argc, char **argv) {
    static sample files[FILES_MAX];
    char *names[FILES_MAX];
    int n = 0, copies = argc > 2 ? atoi(argv[2]) : 100;
    uint64_t random = 0x9e3779b97f4a7c15u;
    DIR *folder = argc > 1 ? opendir(argv[1]) : NULL;
    uint8_t *copy = malloc(BYTES_MAX);
    if (!folder || !copy) {
        fprintf(stderr, "usage: replay FOLDER [COPIES]\n");
        return 2;
    }
    for (const struct dirent *d; (d = readdir(folder)) && n < FILES_MAX;)
        if (d->d_name[0] != '.') names[n++] = strdup(d->d_name);
    closedir(folder);
    qsort(names, (size_t)n, sizeof *names, by_name); /* the same order everywhere */
    for (int i = 0; i < n; i++) {
        files[i] = read_file(argv[1], names[i]);
        LLVMFuzzerTestOneInput(files[i].data, files[i].size);
    }
    for (int i = 0; i < n; i++)
        for (int k = 0; k < copies; k++)
            LLVMFuzzerTestOneInput(copy, damage(&files[i], &files[next(&random) % (size_t)n], copy, &random));
    printf("%d files, %d copies of each\n", n, copies);
    for (int i = 0; i < n; i++) {
        free(files[i].data);
        free(names[i]);
    }
    free(copy);
    return n ? 0 : 1;
}
