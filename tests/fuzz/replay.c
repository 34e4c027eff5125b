/* Runs a fuzz target without libFuzzer: over every file of a folder, and over damaged copies of each (bytes changed,
 * cut, joined) from random numbers of a fixed seed.  replay FOLDER [COPIES]
 *
 * A file NAME.pack is many inputs, each behind its length as four bytes, lowest first: what libFuzzer found, in one
 * file. They are run as they are.  replay --pack FOLDER > NAME.pack
 *
 * It fails where no file is read as one of the target's kinds (reads.h), or no input of a pack as any. */
#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reads.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FILES_MAX = 4096, BYTES_MAX = 1 << 16 };

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

/* The inputs of a pack; how many there are. */
static int run_pack(const char *folder, const char *name) {
    char path[4096];
    unsigned char head[4];
    int n = 0;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "rb");
    if (!f) exit(2);
    for (; fread(head, 1, 4, f) == 4; n++) {
        const size_t size = head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16 | (size_t)head[3] << 24;
        uint8_t *data = malloc(size ? size : 1); /* its end is the end of what may be read */
        if (size > BYTES_MAX || !data || fread(data, 1, size, f) != size) {
            fprintf(stderr, "%s is no pack\n", path);
            exit(2);
        }
        LLVMFuzzerTestOneInput(data, size);
        free(data);
    }
    fclose(f);
    return n;
}

static int count_missing(const char *folder) {
    int missing = 0;
    for (int kind = 0; fuzz_kinds[kind]; kind++) {
        if (fuzz_count(kind) > 0) continue;
        fprintf(stderr, "%s: no file is read as %s any more: refused before anything is reached\n", folder,
                fuzz_kinds[kind]);
        missing++;
    }
    fuzz_forget();
    return missing;
}

/* What libFuzzer keeps is mostly refused somewhere, and is not to hold every kind. */
static int is_dead(const char *folder, const char *pack, int inputs) {
    unsigned long read = 0;
    for (int kind = 0; fuzz_kinds[kind]; kind++) read += fuzz_count(kind);
    fuzz_forget();
    if (read == 0) fprintf(stderr, "%s/%s: not one of %d inputs is read any more\n", folder, pack, inputs);
    return read == 0;
}

static void write_pack(const char *folder, char *const *names, int n) {
    for (int i = 0; i < n; i++) {
        const sample s = read_file(folder, names[i]);
        for (int k = 0; k < 4; k++) putchar((int)(s.size >> 8 * k & 255));
        fwrite(s.data, 1, s.size, stdout);
        free(s.data);
    }
}

static int is_pack(const char *name) {
    const size_t length = strlen(name);
    return length > 5 && strcmp(name + length - 5, ".pack") == 0;
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names in a folder, sorted: the same order everywhere. */
static int list(const char *path, char **names) {
    int n = 0;
    DIR *folder = opendir(path);
    if (!folder) return 0;
    for (const struct dirent *d; (d = readdir(folder)) && n < FILES_MAX;)
        if (d->d_name[0] != '.') names[n++] = strdup(d->d_name);
    closedir(folder);
    qsort(names, (size_t)n, sizeof *names, by_name);
    return n;
}

int main(int argc, char **argv) {
    static sample files[FILES_MAX];
    static char *names[FILES_MAX];
    const int pack = argc > 2 && strcmp(argv[1], "--pack") == 0, all = argc > 1 ? list(argv[1 + pack], names) : 0;
    const int copies = !pack && argc > 2 ? atoi(argv[2]) : 100;
    uint64_t random = 0x9e3779b97f4a7c15u;
    uint8_t *copy = malloc(BYTES_MAX);
    int n = 0, packed = 0, dead = 0;
    if (!all || !copy) {
        fprintf(stderr, "usage: replay FOLDER [COPIES], or replay --pack FOLDER; no file is in the folder\n");
        return 2;
    }
    if (pack) write_pack(argv[2], names, all);
    for (int i = 0; i < all && !pack; i++) {
        if (is_pack(names[i])) continue;
        files[n] = read_file(argv[1], names[i]);
        LLVMFuzzerTestOneInput(files[n].data, files[n].size);
        n++;
    }
    if (n) dead += count_missing(argv[1]);
    for (int i = 0; i < all && !pack; i++)
        if (is_pack(names[i])) {
            const int inputs = run_pack(argv[1], names[i]);
            dead += is_dead(argv[1], names[i], inputs);
            packed += inputs;
        }
    for (int i = 0; i < n; i++)
        for (int k = 0; k < copies; k++)
            LLVMFuzzerTestOneInput(copy, damage(&files[i], &files[next(&random) % (size_t)n], copy, &random));
    if (!pack) printf("%d files, %d copies of each, %d packed inputs\n", n, copies, packed);
    for (int i = 0; i < n; i++) free(files[i].data);
    for (int i = 0; i < all; i++) free(names[i]);
    free(copy);
    return (n || pack) && !dead ? 0 : 1;
}
