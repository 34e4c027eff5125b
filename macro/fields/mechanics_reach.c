/* How far a Newton step may go before its state is asked of anybody: cells stay unturned, and no point's strain makes a
 * leap. Costs no evaluation. */
#include <math.h>
#include <string.h>

#include "base/collective.h"
#include "base/petsc_edge.h"
#include "femd/tensor3.h"
#include "fields/mechanics_private.h"

/* Most that a component of a point's strain may change in one step, unless the attempt has already moved the point
 * further from its committed strain: going back is free. A tangent that softens would else throw points far out of what
 * the material was ever asked. */
#define STRAIN_STEP 0.1
#define REACH_TRIES 40

/* |dE| of a point over what it may be, for F - lambda H; INFINITY if that has no positive determinant. */
static double mechanics_leap(const double *F, const double *H, double lambda, double most) {
    double G[9], change = 0;
    for (int i = 0; i < 9; ++i) G[i] = F[i] - lambda * H[i];
    const double J = femd_det3(G);
    if (!(J > 0 && J < INFINITY)) return INFINITY;
    for (int a = 0; a < 3; ++a)
        for (int b = a; b < 3; ++b) { /* E(F - lambda H) - E(F) */
            double sum = 0;
            for (int i = 0; i < 9; i += 3)
                sum += lambda * H[i + a] * H[i + b] - F[i + a] * H[i + b] - H[i + a] * F[i + b];
            change = fmax(change, fabs(0.5 * lambda * sum));
        }
    return change / most;
}

/* What the strain of point k may change by. */
static double mechanics_allowance(const femd_points *pt, PetscInt k) {
    double most = STRAIN_STEP;
    for (int c = 0; c < 6; ++c) most = fmax(most, fabs(pt->tE[6 * k + c] - pt->E[6 * k + c]) * (c < 3 ? 1 : 0.5));
    return most;
}

/* The largest leap of this rank's points for a part lambda of the step d (per entry). */
static double mechanics_largest_leap(const femd_problem *p, const double *d, double lambda) {
    const femd_element_table *table = &p->grid->table;
    double worst = 0;
    for (PetscInt c = 0; c < p->grid->ncells; ++c) {
        const PetscInt *node = p->grid->cell_node + c * table->nodes;
        for (PetscInt k = c * table->points; k < (c + 1) * table->points; ++k) {
            const double *g = p->pt->gradient + (size_t)k * table->nodes * FEMD_SPACE;
            double H[9] = {0};
            for (int i = 0; i < table->nodes; ++i)
                for (int a = 0; a < 3; ++a)
                    for (int b = 0; b < 3; ++b) H[3 * a + b] += d[3 * node[i] + a] * g[3 * i + b];
            worst = fmax(worst, mechanics_leap(p->pt->tF + 9 * k, H, lambda, mechanics_allowance(p->pt, k)));
        }
    }
    return worst;
}

femd_status femd_mechanics_reach_of(const femd_problem *p, const double *d, double *lambda, femd_error *err) {
    *lambda = 1;
    for (int i = 0; i < REACH_TRIES; ++i) {
        double worst = mechanics_largest_leap(p, d, *lambda);
        MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, &worst, 1, MPI_DOUBLE, MPI_MAX, p->comm));
        if (worst <= 1) break;
        *lambda *= fmin(0.9, fmax(0.25, 1 / sqrt(worst))); /* the change is quadratic where rotations lead */
    }
    return FEMD_OK;
}

femd_status femd_mechanics_reach(femd_field *field, Vec dx, double *lambda, femd_error *err) {
    const PetscScalar *d;
    PETSC_TRY(err, DMGlobalToLocal(field->dm, dx, INSERT_VALUES, field->scatter));
    PETSC_TRY(err, VecGetArrayRead(field->scatter, &d));
    const femd_status rc = femd_mechanics_reach_of(((femd_mechanics *)field->self)->p, d, lambda, err);
    PETSC_TRY(err, VecRestoreArrayRead(field->scatter, &d));
    return rc;
}
