/* The numerics level: which kernels run, the same for everything in a process. */
#ifndef FEMD_LEVEL_H
#define FEMD_LEVEL_H

#include <stdint.h>

#include "femd/error.h"

/* Numerics level: the kernels in use ("x86-64-v2", "x86-64-v3", "x86-64-v4", "baseline"). Set once, before anything is
 * opened. UNSUPPORTED if this processor lacks it. */
FEMD_MUST_CHECK femd_status femd_level_set(const char *name, femd_error *err);
const char *femd_level_name(void);
/* Build, level, libm, BLAS and what was added, in one number. */
uint64_t femd_fingerprint(void);
/* Code that was loaded beside the build, by a hash of it: from now on part of the fingerprint, in whatever order it
 * came. Not while another thread asks for it. */
void femd_fingerprint_add(uint64_t code);
/* Make sure that the BLAS core type and one thread were fixed for `level` before libraries were loaded: sets the
 * environment and executes the program anew once if not. Call first in main. */
void femd_level_reexec(const char *level, char **argv);

#endif
