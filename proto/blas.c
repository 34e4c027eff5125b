/* The environment that OpenBLAS reads when it loads. Owns the table from numerics level to core type; chooses no level.
 */
#include "femd/blas.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct {
    const char *level, *core;
} cores[] = {
#if defined(__x86_64__)
    {"x86-64-v3", "Haswell"},
    {"x86-64-v2", "Nehalem"},
    {"baseline", "Prescott"},
    {"x86-64-v4", "SkylakeX"},
#else
    {"baseline", ""},
#endif
};
enum { CORES = sizeof cores / sizeof *cores };

#if defined(__x86_64__) && defined(__clang__)
/* Clang's builtin knows features only; every processor with these has the rest of its level. */
static int blas_has_v2(void) {
    return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("ssse3") && __builtin_cpu_supports("popcnt");
}
static int blas_has_v3(void) {
    return blas_has_v2() && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
           __builtin_cpu_supports("bmi2");
}
static int blas_has_v4(void) {
    return blas_has_v3() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl");
}
#elif defined(__x86_64__)
static int blas_has_v2(void) {
    return __builtin_cpu_supports("x86-64-v2") != 0;
}
static int blas_has_v3(void) {
    return __builtin_cpu_supports("x86-64-v3") != 0;
}
static int blas_has_v4(void) {
    return __builtin_cpu_supports("x86-64-v4") != 0;
}
#endif

int femd_processor_has(const char *level) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (strcmp(level, "x86-64-v2") == 0) return blas_has_v2();
    if (strcmp(level, "x86-64-v3") == 0) return blas_has_v3();
    if (strcmp(level, "x86-64-v4") == 0) return blas_has_v4();
#endif
    return strcmp(level, "baseline") == 0;
}

static const char *blas_core_of(const char *level) {
    for (int i = 0; i < CORES; i++)
        if (level ? strcmp(cores[i].level, level) == 0 : femd_processor_has(cores[i].level)) return cores[i].core;
    return "";
}

/* 1 if the variable had to be changed. */
static int blas_require(const char *name, const char *value) {
    const char *old = getenv(name);
    if (old && strcmp(old, value) == 0) return 0;
    return setenv(name, value, 1) == 0;
}

void femd_blas_pin(const char *level, char **argv) {
    const char *core = blas_core_of(level);
    int changed = blas_require("OPENBLAS_NUM_THREADS", "1");
    if (*core) changed |= blas_require("OPENBLAS_CORETYPE", core);
    if (changed && !getenv("FEMD_REEXECUTED")) {
        char path[PATH_MAX]; /* the real path, so that the process keeps the program's name */
        const ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
        setenv("FEMD_REEXECUTED", "1", 1); /* never twice in a row */
        path[n > 0 ? n : 0] = 0;
        execv(path, argv);
    }
    unsetenv("FEMD_REEXECUTED"); /* programs started from here decide for themselves */
}

femd_status femd_blas_room(femd_error *err) {
    const size_t size = (size_t)FEMD_BLAS_MIB << 20;
    void *room = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED)
        return femd_fail(err, FEMD_NO_MEMORY,
                         "no room for the %d MiB that the linear algebra works in: %s (is `ulimit -v` too small?)",
                         FEMD_BLAS_MIB, strerror(errno));
    munmap(room, size);
    return FEMD_OK;
}
