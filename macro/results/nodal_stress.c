/* Extrapolation of the points' stresses to the nodes, and their mean over the cells of all ranks. */
#include "results/nodal_stress.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "base/petsc_edge.h"
#include "femd/kinematics.h"
#include "femd/tensor3.h"

double femd_von_mises(const double t[9]) {
    double a = t[0] - t[4], b = t[4] - t[8], c = t[8] - t[0];
    return sqrt(0.5 * (a * a + b * b + c * c) + 3 * (t[1] * t[1] + t[2] * t[2] + t[5] * t[5]));
}

/* Weights of the points for the value at each node: nodes x points. */
typedef struct extrapolation {
    double weight[FEMD_ELEMENT_NODES][FEMD_ELEMENT_POINTS];
} extrapolation;

/* Solve A X = B in place by elimination with pivoting (n x n, n x m); 0 if A is singular. */
static int nodal_solve(int n, int m, double A[FEMD_CELL_CORNERS][FEMD_CELL_CORNERS],
                       double B[FEMD_CELL_CORNERS][FEMD_ELEMENT_POINTS]) {
    for (int k = 0; k < n; ++k) {
        int best = k;
        for (int i = k + 1; i < n; ++i)
            if (fabs(A[i][k]) > fabs(A[best][k])) best = i;
        if (fabs(A[best][k]) < 1e-10) return 0;
        for (int j = 0; j < n; ++j) {
            const double keep = A[k][j];
            A[k][j] = A[best][j];
            A[best][j] = keep;
        }
        for (int j = 0; j < m; ++j) {
            const double keep = B[k][j];
            B[k][j] = B[best][j];
            B[best][j] = keep;
        }
        for (int i = 0; i < n; ++i) {
            if (i == k) continue;
            const double f = A[i][k] / A[k][k];
            for (int j = 0; j < n; ++j) A[i][j] -= f * A[k][j];
            for (int j = 0; j < m; ++j) B[i][j] -= f * B[k][j];
        }
    }
    for (int k = 0; k < n; ++k)
        for (int j = 0; j < m; ++j) B[k][j] /= A[k][k];
    return 1;
}

/* The corner values that fit the points' best are (C^T C)^-1 C^T times these, C[q][i] the function of corner i at q. */
static void nodal_extrapolate(const femd_element_table *table, extrapolation *e) {
    const femd_cell *cell = table->element->cell;
    double A[FEMD_CELL_CORNERS][FEMD_CELL_CORNERS] = {{0}}, B[FEMD_CELL_CORNERS][FEMD_ELEMENT_POINTS] = {{0}};
    for (int i = 0; i < cell->corners; ++i)
        for (int q = 0; q < table->points; ++q) {
            B[i][q] = table->corner[q][i];
            for (int j = 0; j < cell->corners; ++j) A[i][j] += table->corner[q][i] * table->corner[q][j];
        }
    const int fits = table->points >= cell->corners && nodal_solve(cell->corners, table->points, A, B);
    for (int i = 0; i < cell->corners; ++i)
        for (int q = 0; q < table->points; ++q) e->weight[i][q] = fits ? B[i][q] : 1.0 / table->points;
    for (int node = cell->corners; node < table->nodes; ++node) {
        double at[4] = {0}, n[FEMD_CELL_CORNERS], dn[FEMD_CELL_CORNERS][FEMD_SPACE];
        femd_element_node_at(table->element, node, at);
        cell->shape(at, n, dn);
        for (int q = 0; q < table->points; ++q) {
            e->weight[node][q] = 0;
            for (int i = 0; i < cell->corners; ++i) e->weight[node][q] += n[i] * e->weight[i][q];
        }
    }
}

enum { SUMS = 7 }; /* six components and the volume */

/* sum[component][node] over the cells of this rank. */
static void nodal_add_cell(const femd_problem *p, const extrapolation *e, PetscInt c, double *const sum[SUMS]) {
    const femd_element_table *table = &p->grid->table;
    const PetscInt first = c * table->points, *node = p->grid->cell_node + c * table->nodes;
    double sigma[FEMD_ELEMENT_POINTS][6], volume = 0;
    for (int q = 0; q < table->points; ++q) {
        const PetscInt k = first + q;
        memset(sigma[q], 0, sizeof sigma[q]);
        if (femd_det3(p->pt->F + 9 * k) > 0) femd_cauchy(p->pt->F + 9 * k, p->pt->S + 6 * k, sigma[q]);
        volume += p->pt->weight[k];
    }
    for (int i = 0; i < table->nodes; ++i) {
        for (int q = 0; q < table->points; ++q)
            for (int j = 0; j < 6; ++j) sum[j][node[i]] += volume * e->weight[i][q] * sigma[q][j];
        sum[6][node[i]] += volume;
    }
}

/* The shares of all ranks, at every node of this one. */
static PetscErrorCode nodal_share(DM dm, double *value, PetscInt n) {
    Vec local, global;
    PetscFunctionBeginUser;
    PetscCall(DMGetGlobalVector(dm, &global));
    PetscCall(VecCreateSeqWithArray(PETSC_COMM_SELF, 1, n, value, &local));
    PetscCall(VecZeroEntries(global));
    PetscCall(DMLocalToGlobal(dm, local, ADD_VALUES, global));
    PetscCall(DMGlobalToLocal(dm, global, INSERT_VALUES, local));
    PetscCall(VecDestroy(&local));
    PetscCall(DMRestoreGlobalVector(dm, &global));
    PetscFunctionReturn(0);
}

femd_status femd_nodal_stress(const femd_problem *p, double **stress, femd_error *err) {
    const size_t n = (size_t)p->grid->nnodes;
    extrapolation e;
    double *block = calloc(SUMS * n + 1, sizeof *block), *sum[SUMS];
    *stress = malloc((9 * n + 1) * sizeof **stress);
    femd_status rc =
        block && *stress ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the stresses at the nodes");
    FEMD_TRY_GOTO(rc, femd_agree(p->comm, rc, err), done);
    nodal_extrapolate(&p->grid->table, &e);
    for (int j = 0; j < SUMS; ++j) sum[j] = block + (size_t)j * n;
    for (PetscInt c = 0; c < p->grid->ncells; ++c) nodal_add_cell(p, &e, c, sum);
    for (int j = 0; j < SUMS; ++j) PETSC_TRY_GOTO(rc, err, nodal_share(p->grid->dm, sum[j], (PetscInt)n), done);
    for (size_t i = 0; i < n; ++i) {
        double sigma[6];
        for (int j = 0; j < 6; ++j) sigma[j] = sum[j][i] / sum[6][i];
        femd_voigt_to_full(sigma, 0, *stress + 9 * i);
    }
done:
    free(block);
    if (rc != FEMD_OK) {
        free(*stress);
        *stress = NULL;
    }
    return rc;
}
