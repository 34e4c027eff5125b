/* Residual and matrix of displacement and pressure from the answers of the points. Owns the sums of one cell's points;
 * the displacement's own block is the mechanics'. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "base/part.h"
#include "base/petsc_edge.h"
#include "fields/boundary.h"
#include "fields/mechanics_private.h"
#include "fields/mixed_private.h"

/* One half of the points. */
typedef struct mixed_half {
    const femd_problem *p;
    const double *F, *S, *D, *gap, *slope, *dJdp;
    const double *u; /* local displacement; NULL: no load follows it */
} mixed_half;

static mixed_half mixed_half_of(const femd_problem *p, int committed) {
    const femd_points *pt = p->pt;
    return committed ? (mixed_half){p, pt->F, pt->S, pt->D, pt->gap, pt->slope, pt->dJdp, NULL}
                     : (mixed_half){p, pt->tF, pt->tS, pt->tD, pt->tgap, pt->tslope, pt->tdJdp, NULL};
}

static void mixed_cell_volumes(const void *self, PetscInt c, double *out) {
    const mixed_half *half = self;
    const femd_element_table *table = &half->p->grid->table;
    const PetscInt k = c * table->points;
    for (int q = 0; q < table->points; ++q)
        for (int i = 0; i < table->corners; ++i)
            out[PAIR * i + FEMD_SPACE] +=
                half->p->mixed->scale * half->p->pt->weight[k + q] * half->gap[k + q] * table->corner[q][i];
}

void femd_mixed_forces(const femd_problem *p, int committed, const double *forces, double *out) {
    const mixed_half half = mixed_half_of(p, committed);
    femd_field_add_cells(p->pair, mixed_cell_volumes, &half, out);
    for (size_t i = 0; i < p->displacement->n; ++i) out[PAIR * (i / FEMD_SPACE) + i % FEMD_SPACE] = forces[i];
}

/* ---- the matrix ---- */

/* F dS/dp w: a first Piola-Kirchhoff stress by pressure. */
static void mixed_push(const double *F, const double *slope, double weight, double P[9]) {
    static const int voigt[3][3] = {{0, 5, 4}, {5, 1, 3}, {4, 3, 2}};
    for (int i = 0; i < 3; ++i)
        for (int J = 0; J < 3; ++J)
            P[3 * i + J] = weight * (F[3 * i] * slope[voigt[0][J]] + F[3 * i + 1] * slope[voigt[1][J]] +
                                     F[3 * i + 2] * slope[voigt[2][J]]);
}

/* Rows and columns of the pressure at one point. */
static void mixed_add_point(const mixed_half *half, PetscInt k, int q, double *K) {
    const femd_problem *p = half->p;
    const femd_element_table *table = &p->grid->table;
    const int width = PAIR * table->nodes;
    const double scale = p->mixed->scale, *N = table->corner[q],
                 *g = p->pt->gradient + (size_t)k * table->nodes * FEMD_SPACE;
    double P[9];
    mixed_push(half->F + 9 * k, half->slope + 6 * k, scale * p->pt->weight[k], P);
    for (int i = 0; i < table->nodes; ++i)
        for (int a = 0; a < FEMD_SPACE; ++a) {
            const double force = P[3 * a] * g[3 * i] + P[3 * a + 1] * g[3 * i + 1] + P[3 * a + 2] * g[3 * i + 2];
            for (int j = 0; j < table->corners; ++j) {
                K[(PAIR * i + a) * width + PAIR * j + FEMD_SPACE] += force * N[j];
                K[(PAIR * j + FEMD_SPACE) * width + PAIR * i + a] += force * N[j];
            }
        }
    for (int i = 0; i < table->corners; ++i)
        for (int j = 0; j < table->corners; ++j)
            K[(PAIR * i + FEMD_SPACE) * width + PAIR * j + FEMD_SPACE] +=
                scale * scale * p->pt->weight[k] * half->dJdp[k] * N[i] * N[j];
}

static void mixed_cell_stiffness(const void *self, PetscInt c, double *out) {
    enum { ENTRIES = FEMD_SPACE * FEMD_ELEMENT_NODES };
    const mixed_half *half = self;
    const femd_problem *p = half->p;
    const femd_element_table *table = &p->grid->table;
    const int n = FEMD_SPACE * table->nodes, width = PAIR * table->nodes;
    const PetscInt k = c * table->points;
    double Ku[ENTRIES * ENTRIES], most = 0;
    table->element->stiffness(p->pt->gradient + (size_t)k * n, half->F + 9 * k, half->S + 6 * k, half->D + 36 * k,
                              p->pt->weight + k, Ku);
    if (half->u) femd_boundary_follow_stiffness(p->displacement, c, half->u, Ku);
    memset(out, 0, (size_t)width * (size_t)width * sizeof *out);
    for (int i = 0; i < n; ++i)
        for (int j = 0; j < n; ++j) out[(PAIR * (i / 3) + i % 3) * width + PAIR * (j / 3) + j % 3] = Ku[i * n + j];
    for (int i = 0; i < n; ++i) most = fmax(most, fabs(Ku[i * n + i]));
    for (int q = 0; q < table->points; ++q) mixed_add_point(half, k + q, q, out);
    for (int i = table->corners; i < table->nodes; ++i) /* decoupled: any positive number of the right size */
        out[(PAIR * i + FEMD_SPACE) * (width + 1)] = most;
}

femd_status femd_mixed_stiffness(femd_problem *p, int committed, const double *u, const double *jump, double *lifted,
                                 Mat K, femd_error *err) {
    FEMD_PART(ASSEMBLY);
    mixed_half half = mixed_half_of(p, committed);
    p->mixed->committed = committed;
    if (p->displacement->boundary->follows) half.u = u;
    return femd_field_assemble(p->pair, mixed_cell_stiffness, &half, jump, lifted, K, err);
}

static void mixed_cell_mass(const void *self, PetscInt c, double *out) {
    const mixed_half *half = self;
    const femd_problem *p = half->p;
    const femd_element_table *table = &p->grid->table;
    for (int q = 0; q < table->points; ++q) {
        const PetscInt k = c * table->points + q;
        const double *D = half->D + 36 * k, mu = (fabs(D[21]) + fabs(D[28]) + fabs(D[35])) / 3,
                     soft = (mu > 0 ? 1 / mu : 0) + fabs(half->dJdp[k]), scale = p->mixed->scale;
        for (int i = 0; i < table->corners; ++i)
            out[PAIR * i + FEMD_SPACE] -=
                scale * scale * p->pt->weight[k] * soft * table->corner[q][i] * table->corner[q][i];
    }
}

/* Where there is no pressure the matrix has a diagonal of its own, which stays. */
femd_status femd_mixed_complement(const femd_field *field, Vec diagonal, femd_error *err) {
    femd_problem *p = ((const femd_mixed *)field->self)->p;
    const mixed_half half = mixed_half_of(p, p->mixed->committed);
    double *mass = calloc(p->pair->n + 1, sizeof *mass);
    Vec sum = NULL;
    PetscScalar *out;
    const PetscScalar *m;
    PetscInt n;
    femd_status rc = femd_agree(p->comm, mass ? FEMD_OK : femd_mixed_no_memory(err), err);
    if (rc == FEMD_OK) {
        femd_field_add_cells(p->pair, mixed_cell_mass, &half, mass);
        PETSC_TRY_GOTO(rc, err, VecDuplicate(diagonal, &sum), done);
        FEMD_TRY_GOTO(rc, femd_field_sum(p->pair, mass, sum, err), done);
        PETSC_TRY_GOTO(rc, err, VecGetLocalSize(sum, &n), done);
        PETSC_TRY_GOTO(rc, err, VecGetArray(diagonal, &out), done);
        PETSC_TRY_GOTO(rc, err, VecGetArrayRead(sum, &m), done);
        for (PetscInt i = 0; i < n; ++i)
            if (m[i] < 0) out[i] = m[i];
        PETSC_TRY_GOTO(rc, err, VecRestoreArrayRead(sum, &m), done);
        PETSC_TRY_GOTO(rc, err, VecRestoreArray(diagonal, &out), done);
    }
done:
    (void)VecDestroy(&sum);
    free(mass);
    return rc;
}
