/* The product of a symmetric tangent with a vector from one half of it, packed: what conjugate gradients and multigrid
 * do most costs what reading the matrix costs, and the packed half is a fifth of that. */
#ifndef FEMD_PRODUCT_H
#define FEMD_PRODUCT_H

#include <petscmat.h>

typedef struct femd_product {
    Mat own;          /* the part of the matrix that is this rank's, square; NULL: nothing is packed; a reference */
    PetscInt blocks;  /* rows of 3 x 3 blocks */
    PetscInt *start;  /* blocks + 1 */
    PetscInt *column; /* of each block from the diagonal on, in blocks */
    double *value;    /* 9 a block, row-major */
} femd_product;

/* From now on MatMult with K, or with this rank's part of it, takes the values that K has now. K is symmetric to the
 * last bit, of format AIJ with whole blocks of 3 x 3; any other matrix stays as it is. The order of the sums is one for
 * every instruction set. Again after each change of K. */
PetscErrorCode femd_product_take(femd_product *product, Mat K);
/* MatMult is PETSc's again, and the memory free. */
PetscErrorCode femd_product_drop(femd_product *product);

#endif
