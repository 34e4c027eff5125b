/* How strongly deformation and temperature are coupled at the committed state: delta = T b D^-1 b / c with b = -dS/dT,
 * the share of the heat capacity at constant stress that is due to the work of the stress. */
#include <math.h>
#include <string.h>

#include "base/petsc_edge.h"
#include "fields/heat_private.h"

/* x = D^-1 b by Gauss's elimination with pivots of the largest size; 0 if D is singular. */
static int coupling_solve(const double D[36], const double b[6], double x[6]) {
    double A[6][7];
    for (int i = 0; i < 6; ++i) {
        memcpy(A[i], D + 6 * i, 6 * sizeof *D);
        A[i][6] = b[i];
    }
    for (int c = 0; c < 6; ++c) {
        int best = c;
        for (int i = c + 1; i < 6; ++i)
            if (fabs(A[i][c]) > fabs(A[best][c])) best = i;
        if (!(fabs(A[best][c]) > 0)) return 0;
        for (int j = 0; j < 7 && best != c; ++j) {
            const double kept = A[c][j];
            A[c][j] = A[best][j];
            A[best][j] = kept;
        }
        for (int i = c + 1; i < 6; ++i) {
            const double factor = A[i][c] / A[c][c];
            for (int j = c; j < 7; ++j) A[i][j] -= factor * A[c][j];
        }
    }
    for (int i = 5; i >= 0; --i) {
        x[i] = A[i][6];
        for (int j = i + 1; j < 6; ++j) x[i] -= A[i][j] * x[j];
        x[i] /= A[i][i];
    }
    return 1;
}

femd_status femd_heat_tell_coupling(femd_heat *h, double *pass, femd_error *err) {
    const femd_problem *p = h->p;
    double delta = 0;
    int known = p->cs->heat.transient;
    for (size_t k = 0; k < p->cs->nmaterials; ++k)
        known &= !(p->caps[k].inputs & FEMD_INPUT_TEMPERATURE) || p->caps[k].wants & FEMD_WANT_THERMAL_STRESS;
    for (PetscInt k = 0; known && k < p->pt->n; ++k) {
        double b[6], x[6], sum = 0;
        for (int c = 0; c < 6; ++c) b[c] = -p->pt->dSdT[6 * k + c];
        if (!coupling_solve(p->pt->D + 36 * k, b, x)) continue;
        for (int c = 0; c < 6; ++c) sum += b[c] * x[c];
        delta = fmax(delta, fabs(p->pt->temperature[k] * sum / p->pt->heat_c[k]));
    }
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, &delta, 1, MPI_DOUBLE, MPI_MAX, p->comm));
    pass[FEMD_PASS_DELTA] = known ? delta : NAN;
    return FEMD_OK;
}
