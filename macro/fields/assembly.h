/* Adding cell matrices into a distributed matrix with a fixed order of summation: rows that another rank owns are
 * summed here first and then sent, and the owner adds them rank by rank. (The stash of PETSc adds in the order of
 * arrival, which changes the last bits from run to run on three ranks or more.) */
#ifndef FEMD_ASSEMBLY_H
#define FEMD_ASSEMBLY_H

#include "fields/field.h"

typedef struct femd_assembly femd_assembly;

/* The field's layout must be there. Collective. */
FEMD_MUST_CHECK femd_status femd_assembly_create(femd_field *field, femd_assembly **a, femd_error *err);
void femd_assembly_destroy(femd_assembly **a);
/* The field's matrix, of format AIJ, with room for just the pairs of nodes that share a cell; the caller's. Collective.
 */
FEMD_MUST_CHECK femd_status femd_assembly_matrix(femd_assembly *a, Mat *K, femd_error *err);
/* K := 0 and nothing to send. Collective. */
FEMD_MUST_CHECK femd_status femd_assembly_begin(femd_assembly *a, Mat K, femd_error *err);
/* Add the matrix of local cell c: (components x nodes) squared, row-major. */
FEMD_MUST_CHECK femd_status femd_assembly_add(femd_assembly *a, Mat K, PetscInt c, const double *Ke, femd_error *err);
/* Exchange and assemble. Collective. */
FEMD_MUST_CHECK femd_status femd_assembly_end(femd_assembly *a, Mat K, femd_error *err);

#endif
