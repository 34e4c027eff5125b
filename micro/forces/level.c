/* The numerics level: which kernels run, and that the BLAS was told so before it was loaded. It owns the one
 * process-wide choice there is; everything else asks here. */
#include "forces/level.h"

#include <errno.h>
#include <fcntl.h>
#include <gnu/libc-version.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "femd/blas.h"
#include "femd/hash.h"
#include "forces/kernels.h"

/* OpenBLAS says which kernels it chose; a weak reference, so that nothing here needs it. */
extern char *openblas_get_corename(void) __attribute__((weak));
extern char *openblas_get_config(void) __attribute__((weak));

typedef struct level {
    const char *name;
    const femd_kernels *kernels;
} level;

static const level levels[] = {
#if defined(__x86_64__)
    {"x86-64-v3", &femd_kernels_v3},
    {"x86-64-v2", &femd_kernels_v2},
    {"x86-64-v4", &femd_kernels_v4},
    {"baseline", &femd_kernels_baseline},
#else
    {"baseline", &femd_kernels_baseline},
#endif
};
#define LEVELS (sizeof levels / sizeof levels[0])

static const level *chosen;

static const level *level_find(const char *name) {
    for (size_t k = 0; k < LEVELS; k++)
        if (name && strcmp(levels[k].name, name) == 0) return &levels[k];
    return NULL;
}

/* The level in use; if none was set, the first in the list that this processor has. */
static const level *level_now(void) {
    if (!chosen)
        for (size_t k = 0; k < LEVELS && !chosen; k++)
            if (femd_processor_has(levels[k].name)) chosen = &levels[k];
    return chosen;
}

femd_status femd_level_set(const char *name, femd_error *err) {
    const level *l = level_find(name);
    if (!l)
        return femd_fail(err, FEMD_BAD_INPUT,
                         "unknown numerics level \"%s\"; accepted: x86-64-v2, x86-64-v3, x86-64-v4, baseline",
                         name ? name : "");
    if (!femd_processor_has(name))
        return femd_fail(err, FEMD_UNSUPPORTED,
                         "this processor lacks the numerics level %s; start the run with a lower one", name);
    chosen = l;
    return FEMD_OK;
}

const char *femd_level_name(void) {
    return level_now()->name;
}

const femd_kernels *femd_kernels_now(void) {
    return level_now()->kernels;
}

/* ---- the build ---- */

static pthread_once_t program_once = PTHREAD_ONCE_INIT;
static femd_hash program; /* of this program's file; zero if it cannot be read */
static uint64_t added;

static femd_status level_hash_file(const char *path, const char *domain, femd_hash *sum, femd_error *err) {
    struct stat st;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    const int found = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0;
    void *bytes = found ? mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
    if (fd >= 0) close(fd);
    if (bytes == MAP_FAILED) return femd_fail(err, FEMD_IO, "%s cannot be read", path);
    femd_hash_domain(domain, bytes, (size_t)st.st_size, sum);
    munmap(bytes, (size_t)st.st_size);
    return FEMD_OK;
}

static void level_hash_program(void) {
    (void)!level_hash_file("/proc/self/exe", "program", &program, NULL);
}

femd_status femd_fingerprint_add(const char *name, const char *path, femd_error *err) {
    femd_hash sum;
    FEMD_TRY(level_hash_file(path, name, &sum, err));
    added ^= femd_get64(sum.b);
    return FEMD_OK;
}

uint64_t femd_fingerprint(void) {
    char text[640], code[65];
    femd_hash h;
    pthread_once(&program_once, level_hash_program);
    if (femd_hash_is_zero(&program)) return 0;
    femd_hash_text(&program, code);
    int fused = 0; /* the C library's own choice between fused and plain arithmetic */
#if defined(__x86_64__)
    __builtin_cpu_init();
    fused = __builtin_cpu_supports("fma") && __builtin_cpu_supports("avx2");
#endif
    snprintf(text, sizeof text, "femd %s %s %016llx|%s|%s|libc %s fma %d|blas %s %s", FEMD_VERSION, code,
             (unsigned long long)added, __VERSION__, femd_level_name(), gnu_get_libc_version(), fused,
             openblas_get_corename ? openblas_get_corename() : "none",
             openblas_get_config ? openblas_get_config() : "");
    femd_hash_domain("fingerprint", text, strlen(text), &h);
    return femd_get64(h.b);
}

void femd_level_reexec(const char *name, char **argv) {
    femd_blas_pin(level_find(name) ? name : level_now()->name, argv);
}
