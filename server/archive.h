/* The program femd-store looks after a store across runs; export is a file of its own. */
#ifndef FEMD_SERVER_ARCHIVE_H
#define FEMD_SERVER_ARCHIVE_H

#include "vault.h"

/* Write all sound answers as a table of columns into a new HDF5 file: what was asked, what was answered, and the JSON
 * texts of the materials. *rows: how many; *damaged: how many were left out. */
FEMD_MUST_CHECK femd_status archive_export(femd_vault *vault, const char *path, uint64_t *rows, uint64_t *damaged,
                                           femd_error *err);

#endif
