/* A packed half of a matrix and its product. Owns the order of the sums; sets up no solver. */
#include "solve/product.h"

#include <string.h>

#include "element/element_kernel.h"

enum { BLOCK = 3, SQUARE = BLOCK * BLOCK };

static const char product_key[] = "femd_product";

/* PETSc's way, for a copy of the matrix, which has its operations but not what is packed. */
static PetscErrorCode (*product_of_petsc)(Mat, Vec, Vec);

/* y = K x. Each block b right of the diagonal stands for itself and its mirror image. */
FEMD_CLONES static void product_rows(PetscInt blocks, const PetscInt *restrict start, const PetscInt *restrict column,
                                     const double *restrict value, const double *restrict x, double *restrict y) {
    memset(y, 0, (size_t)(BLOCK * blocks) * sizeof *y);
    for (PetscInt row = 0; row < blocks; ++row) {
        const double *v = value + SQUARE * (size_t)start[row], *from = x + BLOCK * row;
        const double x0 = from[0], x1 = from[1], x2 = from[2];
        double s0 = v[0] * x0 + v[1] * x1 + v[2] * x2, s1 = v[3] * x0 + v[4] * x1 + v[5] * x2,
               s2 = v[6] * x0 + v[7] * x1 + v[8] * x2;
        for (PetscInt b = start[row] + 1; b < start[row + 1]; ++b) {
            const double *z = x + BLOCK * column[b];
            double *to = y + BLOCK * column[b];
            v = value + SQUARE * (size_t)b;
            s0 += v[0] * z[0] + v[1] * z[1] + v[2] * z[2];
            s1 += v[3] * z[0] + v[4] * z[1] + v[5] * z[2];
            s2 += v[6] * z[0] + v[7] * z[1] + v[8] * z[2];
            to[0] += v[0] * x0 + v[3] * x1 + v[6] * x2;
            to[1] += v[1] * x0 + v[4] * x1 + v[7] * x2;
            to[2] += v[2] * x0 + v[5] * x1 + v[8] * x2;
        }
        y[BLOCK * row] += s0;
        y[BLOCK * row + 1] += s1;
        y[BLOCK * row + 2] += s2;
    }
}

static PetscErrorCode product_multiply(Mat own, Vec from, Vec to) {
    const femd_product *product = NULL;
    PetscContainer container = NULL;
    const PetscScalar *x;
    PetscScalar *y;
    PetscFunctionBegin;
    PetscCall(PetscObjectQuery((PetscObject)own, product_key, (PetscObject *)&container));
    if (container) PetscCall(PetscContainerGetPointer(container, (void **)&product));
    if (!product || product->own != own) {
        PetscCall(product_of_petsc(own, from, to));
        PetscFunctionReturn(0);
    }
    PetscCall(VecGetArrayRead(from, &x));
    PetscCall(VecGetArrayWrite(to, &y));
    product_rows(product->blocks, product->start, product->column, product->value, x, y);
    PetscCall(VecRestoreArrayWrite(to, &y));
    PetscCall(VecRestoreArrayRead(from, &x));
    PetscCall(PetscLogFlops(2.0 * SQUARE * (2.0 * product->start[product->blocks] - product->blocks)));
    PetscFunctionReturn(0);
}

/* ---- packing ---- */

/* Rows of blocks in the format of compressed rows; a block's three rows have the same columns. */
typedef struct product_source {
    const PetscInt *start, *column;
    const double *value;
} product_source;

static PetscInt product_length(const product_source *from, PetscInt row) {
    return from->start[BLOCK * row + 1] - from->start[BLOCK * row];
}

static PetscErrorCode product_allocate(femd_product *product, const product_source *from) {
    PetscInt n = 0;
    PetscFunctionBegin;
    for (PetscInt row = 0; row < product->blocks; ++row)
        for (PetscInt k = 0; k < product_length(from, row); k += BLOCK)
            n += from->column[from->start[BLOCK * row] + k] >= BLOCK * row;
    PetscCall(PetscMalloc1(product->blocks + 1, &product->start));
    PetscCall(PetscMalloc1(n, &product->column));
    PetscCall(PetscMalloc1(SQUARE * (size_t)n, &product->value));
    PetscFunctionReturn(0);
}

static void product_pack(femd_product *product, const product_source *from) {
    PetscInt n = 0;
    for (PetscInt row = 0; row < product->blocks; ++row) {
        product->start[row] = n;
        for (PetscInt k = 0; k < product_length(from, row); k += BLOCK) {
            const PetscInt column = from->column[from->start[BLOCK * row] + k];
            if (column < BLOCK * row) continue;
            product->column[n] = column / BLOCK;
            for (int r = 0; r < BLOCK; ++r)
                memcpy(product->value + SQUARE * (size_t)n + BLOCK * r, from->value + from->start[BLOCK * row + r] + k,
                       BLOCK * sizeof(double));
            ++n;
        }
    }
    product->start[product->blocks] = n;
}

static PetscErrorCode product_install(femd_product *product, Mat own) {
    PetscContainer container;
    void (*operation)(void);
    PetscFunctionBegin;
    PetscCall(MatGetOperation(own, MATOP_MULT, &operation));
    if (operation != (void (*)(void))product_multiply) product_of_petsc = (PetscErrorCode(*)(Mat, Vec, Vec))operation;
    PetscCall(MatSetOperation(own, MATOP_MULT, (void (*)(void))product_multiply));
    PetscCall(PetscContainerCreate(PETSC_COMM_SELF, &container));
    PetscCall(PetscContainerSetPointer(container, product));
    PetscCall(PetscObjectCompose((PetscObject)own, product_key, (PetscObject)container));
    PetscCall(PetscContainerDestroy(&container));
    PetscCall(PetscObjectReference((PetscObject)own));
    product->own = own;
    PetscFunctionReturn(0);
}

PetscErrorCode femd_product_take(femd_product *product, Mat K) {
    PetscBool alone, shared;
    PetscInt block, rows;
    PetscMemType where;
    product_source from;
    PetscScalar *value;
    Mat own = K;
    PetscFunctionBegin;
    PetscCall(MatGetBlockSize(K, &block));
    PetscCall(PetscObjectTypeCompare((PetscObject)K, MATSEQAIJ, &alone));
    PetscCall(PetscObjectTypeCompare((PetscObject)K, MATMPIAIJ, &shared));
    if (block != BLOCK || (!alone && !shared)) PetscFunctionReturn(0);
    if (shared) PetscCall(MatMPIAIJGetSeqAIJ(K, &own, NULL, NULL));
    if (product->own != own) PetscCall(femd_product_drop(product));
    PetscCall(MatGetLocalSize(own, &rows, NULL));
    PetscCall(MatSeqAIJGetCSRAndMemType(own, &from.start, &from.column, &value, &where));
    from.value = value;
    if (!product->own) {
        product->blocks = rows / BLOCK;
        PetscCall(product_allocate(product, &from));
        PetscCall(product_install(product, own));
    }
    product_pack(product, &from);
    PetscFunctionReturn(0);
}

PetscErrorCode femd_product_drop(femd_product *product) {
    PetscFunctionBegin;
    if (product->own) {
        PetscCall(MatSetOperation(product->own, MATOP_MULT, (void (*)(void))product_of_petsc));
        PetscCall(PetscObjectCompose((PetscObject)product->own, product_key, NULL));
        PetscCall(MatDestroy(&product->own));
    }
    PetscCall(PetscFree(product->start));
    PetscCall(PetscFree(product->column));
    PetscCall(PetscFree(product->value));
    *product = (femd_product){0};
    PetscFunctionReturn(0);
}
