/* OpenBLAS gives other bits on other cores and with other numbers of threads, and reads both choices while it loads. So
 * every program whose results depend on it fixes them here, before anything else. */
#ifndef FEMD_BLAS_H
#define FEMD_BLAS_H

#include "femd/error.h"

#define FEMD_BLAS_MIB 128 /* address space that OpenBLAS works in; it takes it at its first larger call, for good */

/* 1 if this processor runs code of the level ("x86-64-v2", "x86-64-v3", "x86-64-v4", "baseline"). */
int femd_processor_has(const char *level);
/* Make sure that BLAS was loaded with the core type of `level` and one thread: sets the environment and executes the
 * program anew, once, if not. NULL takes x86-64-v3, or what the processor has below it. Call first in main. On failure
 * the program goes on; the fingerprint tells the BLAS that came of it. */
void femd_blas_pin(const char *level, char **argv);
/* Where there is no room OpenBLAS asks for it again and again, without end: looked at before. NO_MEMORY with words. */
FEMD_MUST_CHECK femd_status femd_blas_room(femd_error *err);

#endif
