/* The program femd-store looks after a store across runs; export is a file of its own. */
#ifndef FEMD_SERVER_ARCHIVE_H
#define FEMD_SERVER_ARCHIVE_H

#include <signal.h>

#include "vault.h"

/* Write all sound answers as a table of columns into a new HDF5 file: what was asked, what was answered, and the JSON
 * texts of the materials. *rows: how many; *damaged: how many things were left out. The file is there when it is whole:
 * until then it is PATH.part, which is removed if this fails, or *stop (may be NULL) is not 0: CANCELLED. */
FEMD_MUST_CHECK femd_status archive_export(femd_vault *vault, const char *path, const volatile sig_atomic_t *stop,
                                           uint64_t *rows, uint64_t *damaged, femd_error *err);

#endif
