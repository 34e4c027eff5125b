/* The numerics level: which kernels run, and that the BLAS was told so before it was loaded. It owns the one
 * process-wide choice there is; everything else asks here. */
#include "forces/level.h"

#include <errno.h>
#include <gnu/libc-version.h>
#include <stdio.h>

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

static uint64_t added; /* sum of the hashes of code that was loaded */

void femd_fingerprint_add(uint64_t code) {
    added += code;
}

uint64_t femd_fingerprint(void) {
    char text[512];
    femd_hash h;
    int fused = 0; /* the C library's own choice between fused and plain arithmetic */
#if defined(__x86_64__)
    __builtin_cpu_init();
    fused = __builtin_cpu_supports("fma") && __builtin_cpu_supports("avx2");
#endif
    snprintf(text, sizeof text, "femd %s|%s|%s|libc %s fma %d|blas %s %s", FEMD_VERSION, __VERSION__, femd_level_name(),
             gnu_get_libc_version(), fused, openblas_get_corename ? openblas_get_corename() : "none",
             openblas_get_config ? openblas_get_config() : "");
    femd_hash_domain("fingerprint", text, strlen(text), &h);
    return femd_get64(h.b) + added;
}

void femd_level_reexec(const char *name, char **argv) {
    femd_blas_pin(level_find(name) ? name : level_now()->name, argv);
}
