/* What the ranks of a run do together: agree on a failure, and exchange rows of data by a global number. */
#ifndef FEMD_COLLECTIVE_H
#define FEMD_COLLECTIVE_H

#include <mpi.h>
#include <stdint.h>

#include "femd/error.h"

/* The same status and words on all ranks: those of the first rank that failed. Collective. Returns rc itself where
 * nobody failed. */
FEMD_MUST_CHECK femd_status femd_agree(MPI_Comm comm, femd_status rc, femd_error *err);

/* n numbers of rank 0 become everybody's, in messages of at most `most` (0: as many as MPI takes): n may be more than
 * an int counts. Collective. */
FEMD_MUST_CHECK femd_status femd_broadcast(MPI_Comm comm, double *data, size_t n, size_t most, femd_error *err);

/* Rows 0..total-1 spread over the ranks in any order, each held by exactly one. */
typedef struct femd_rows femd_rows;

/* ids[i] = global number of local row i. Collective. INTERNAL if the numbers of all ranks are not exactly 0..total-1.
 */
FEMD_MUST_CHECK femd_status femd_rows_create(MPI_Comm comm, const uint64_t *ids, size_t n, femd_rows **rows,
                                             femd_error *err);
void femd_rows_destroy(femd_rows **rows);
/* Rows of all ranks; the same on all ranks. */
uint64_t femd_rows_total(const femd_rows *rows);
/* local: n x bytes. global: total x bytes in the order of the numbers, on rank 0 only (others may pass NULL).
 * Collective. */
FEMD_MUST_CHECK femd_status femd_rows_gather(femd_rows *rows, const void *local, size_t bytes, void *global,
                                             femd_error *err);
/* The way back. Collective. */
FEMD_MUST_CHECK femd_status femd_rows_scatter(femd_rows *rows, const void *global, size_t bytes, void *local,
                                              femd_error *err);
/* The same of rows first .. first + n - 1 alone: global is n x bytes, and nobody holds more than that. Collective. */
FEMD_MUST_CHECK femd_status femd_rows_gather_part(femd_rows *rows, const void *local, size_t bytes, uint64_t first,
                                                  uint64_t n, void *global, femd_error *err);
FEMD_MUST_CHECK femd_status femd_rows_scatter_part(femd_rows *rows, void *global, size_t bytes, uint64_t first,
                                                   uint64_t n, void *local, femd_error *err);

#endif
