/* What a point under a pressure says: from its answer to stress, tangents and volume. Never asks for an answer.
 *
 * With s = J_m^(2/3), t = J^(-2/3), H = s S_m, d = dJ_m/dEbar of the answer, j = d/(2 J_m) and Dev[X] = X - (X:C)/3
 * C^-1, S = t Dev[H] - p J C^-1,                     dS/dp = t Dev[d] - J C^-1 = d(J_m - J)/dE, A = s^2 (D_m + 2/3
 * (D_m:Cbar) x j) + 4/3 s S_m x j = dH/dEbar, dS/dE = t^2 Dev A Dev + 2/3 t (H:C) (C^-1 o C^-1 - C^-1 x C^-1/3) - 2/3 t
 * (C^-1 x Dev[H] + Dev[H] x C^-1)
 *             - p J (C^-1 x C^-1 - 2 C^-1 o C^-1),
 * C^-1 o C^-1 = - dC^-1/dC. A regularisation adds mu/2 (tr Cbar - 3) to the energy: mu to H, whose A is zero. Without
 * the pressure as an unknown, dS/dE - dS/dp x dS/dp / (dJ_m/dp) is the tangent of strain control: a test compares the
 * two. */
#include <math.h>
#include <string.h>

#include "femd/tensor3.h"
#include "fields/mixed_private.h"
#include "fields/points.h"

femd_status femd_mixed_no_memory(femd_error *err) {
    return femd_fail(err, FEMD_NO_MEMORY, "no memory for the pressure");
}

/* X:C of tensors without engineering factors. */
static double mixed_contract(const double X[6], const double C[6]) {
    return X[0] * C[0] + X[1] * C[1] + X[2] * C[2] + 2 * (X[3] * C[3] + X[4] * C[4] + X[5] * C[5]);
}

static void mixed_deviator(const double X[6], const double C[6], const double inverse[6], double out[6]) {
    const double third = mixed_contract(X, C) / 3;
    for (int a = 0; a < 6; ++a) out[a] = X[a] - third * inverse[a];
}

/* C = 2E + 1 and its inverse, without engineering factors. */
static void mixed_metric(const double E[6], double C[6], double inverse[6]) {
    for (int a = 0; a < 6; ++a) C[a] = a < 3 ? 1 + 2 * E[a] : E[a];
    const double minor[6] = {C[1] * C[2] - C[3] * C[3], C[0] * C[2] - C[4] * C[4], C[0] * C[1] - C[5] * C[5],
                             C[4] * C[5] - C[0] * C[3], C[5] * C[3] - C[1] * C[4], C[4] * C[3] - C[2] * C[5]};
    const double det = C[0] * minor[0] + C[5] * minor[5] + C[4] * minor[4];
    for (int a = 0; a < 6; ++a) inverse[a] = minor[a] / det;
}

/* A in place of A: dH/dEbar; then its deviator on both sides. */
static void mixed_shape_tangent(const femd_response *r, double s, double t, const double C[6], const double inverse[6],
                                double A[36]) {
    double column[6], dev[6];
    for (int a = 0; a < 6; ++a) {
        const double DC = t * mixed_contract(r->D + 6 * a, C);
        for (int b = 0; b < 6; ++b)
            A[6 * a + b] =
                s * s * (r->D[6 * a + b] + DC * r->dJdC[b] / (3 * r->J)) + 2 * s * r->S[a] * r->dJdC[b] / (3 * r->J);
    }
    for (int a = 0; a < 6; ++a) {
        mixed_deviator(A + 6 * a, C, inverse, dev);
        memcpy(A + 6 * a, dev, sizeof dev);
    }
    for (int b = 0; b < 6; ++b) {
        for (int a = 0; a < 6; ++a) column[a] = A[6 * a + b];
        mixed_deviator(column, C, inverse, dev);
        for (int a = 0; a < 6; ++a) A[6 * a + b] = dev[a];
    }
}

void femd_mixed_combine(const double F[9], const double E[6], double p, const femd_response *r, double regular,
                        double S[6], double D[36], double slope[6], double *gap) {
    double C[6], inverse[6], H[6], round[6], A[36];
    mixed_metric(E, C, inverse);
    const double J = femd_det3(F), t = 1 / cbrt(J * J), s = cbrt(r->J * r->J);
    for (int a = 0; a < 6; ++a) H[a] = s * r->S[a] + (a < 3 ? regular : 0);
    const double HC = mixed_contract(H, C);
    mixed_shape_tangent(r, s, t, C, inverse, A);
    mixed_deviator(H, C, inverse, round);
    mixed_deviator(r->dJdC, C, inverse, slope);
    for (int a = 0; a < 6; ++a) {
        round[a] *= t;
        S[a] = round[a] - p * J * inverse[a];
        slope[a] = t * slope[a] - J * inverse[a];
    }
    for (int a = 0; a < 6; ++a)
        for (int b = 0; b < 6; ++b) {
            const int i = femd_voigt_i[a], j = femd_voigt_j[a], k = femd_voigt_i[b], l = femd_voigt_j[b];
            const double square = inverse[a] * inverse[b],
                         turn = 0.5 * (inverse[femd_voigt_at[i][k]] * inverse[femd_voigt_at[j][l]] +
                                       inverse[femd_voigt_at[i][l]] * inverse[femd_voigt_at[j][k]]);
            D[6 * a + b] = t * t * A[6 * a + b] + 2.0 / 3 * t * HC * (turn - square / 3) -
                           2.0 / 3 * (inverse[a] * round[b] + round[a] * inverse[b]) - p * J * (square - 2 * turn);
        }
    *gap = r->J - J;
}

/* At constant volume H changes by s dS/dT and the pressure by -warming, which at constant pressure the volume gives way
 * by. */
void femd_mixed_warm(const double F[9], const double E[6], const femd_response *r, double dSdT[6], double *dJdT) {
    double C[6], inverse[6], H[6];
    mixed_metric(E, C, inverse);
    const double J = femd_det3(F), t = 1 / cbrt(J * J), s = cbrt(r->J * r->J),
                 warming = s * t * mixed_contract(r->dSdT, C) / (3 * r->J);
    for (int a = 0; a < 6; ++a) H[a] = s * r->dSdT[a];
    mixed_deviator(H, C, inverse, dSdT);
    for (int a = 0; a < 6; ++a) dSdT[a] = t * dSdT[a] + warming * J * inverse[a];
    *dJdT = warming * r->dJdp;
}

/* S = t s Dev[S_m] - ... is linear in S_m, whose components are taken as independent, and s = J_m^(2/3). */
void femd_mixed_doubt(const double F[9], const double E[6], const femd_response *r, double given[6], double all[6]) {
    double C[6], inverse[6], round[6];
    mixed_metric(E, C, inverse);
    mixed_deviator(r->S, C, inverse, round);
    const double J = femd_det3(F), factor = cbrt(r->J * r->J) / cbrt(J * J), grown = 2 * r->J_err / (3 * r->J);
    for (int a = 0; a < 6; ++a) {
        double square = round[a] * round[a] * grown * grown;
        for (int b = 0; b < 6; ++b) {
            const double by = (a == b) - inverse[a] * C[b] * (b < 3 ? 1 : 2) / 3;
            square += by * by * r->S_err[b] * r->S_err[b];
        }
        given[a] = factor * sqrt(square);
        all[a] = hypot(given[a], J * inverse[a] * r->J_err / r->dJdp);
    }
}

int femd_mixed_at_rest(femd_response *r, double *p) {
    static const double one[6] = {1, 1, 1, 0, 0, 0};
    const double SC = mixed_contract(r->S, one);
    double g[6];
    for (int a = 0; a < 6; ++a) g[a] = 0.5 * mixed_contract(r->D + 6 * a, one) + r->S[a];
    const double third = mixed_contract(g, one) / 3, change = -2 * third / 3 + SC / 3; /* dp/dJ */
    r->J = 1;
    *p = -SC / 3;
    if (!(change < 0)) return 0;
    r->dJdp = 1 / change;
    for (int a = 0; a < 6; ++a) r->dJdC[a] = 2 * (g[a] - third * one[a]) / (3 * change);
    return 1;
}

/* ---- points ---- */

void femd_mixed_strain(const femd_problem *p, PetscInt k, int committed, double E[6]) {
    const femd_points *pt = p->pt;
    const double *of = (committed ? pt->E : pt->tE) + 6 * k, J = femd_det3((committed ? pt->F : pt->tF) + 9 * k),
                 more = ((committed ? pt->gap : pt->tgap)[k]) / J, root = cbrt(1 + more), grown = root * root;
    for (int a = 0; a < 6; ++a) E[a] = grown * of[a] + (a < 3 ? 0.5 * (grown - 1) : 0);
}

void femd_mixed_condense(const femd_problem *p, PetscInt k, int committed, femd_condensed *out) {
    const femd_points *pt = p->pt;
    const double *D = (committed ? pt->D : pt->tD) + 36 * k, *slope = (committed ? pt->slope : pt->tslope) + 6 * k,
                 dJdp = (committed ? pt->dJdp : pt->tdJdp)[k];
    memcpy(out->dSdT, (committed ? pt->dSdT : pt->tdSdT) + 6 * k, sizeof out->dSdT);
    out->warming = (committed ? pt->dJdT : pt->tdJdT)[k] / dJdp;
    for (int a = 0; a < 6; ++a) {
        out->by_gap[a] = slope[a] / dJdp;
        for (int b = 0; b < 6; ++b) out->D[6 * a + b] = D[6 * a + b] - out->by_gap[a] * slope[b];
    }
}

double femd_mixed_at_point(const femd_problem *p, PetscInt k, const double *at_nodes) {
    const femd_element_table *table = &p->grid->table;
    const PetscInt *node = p->grid->cell_node + k / table->points * table->nodes;
    double sum = 0;
    for (int i = 0; i < table->corners; ++i) sum += table->corner[k % table->points][i] * at_nodes[node[i]];
    return sum;
}

void femd_mixed_request(const femd_problem *p, PetscInt k, femd_request *r) {
    const double *E = p->pt->tE + 6 * k, J = femd_det3(p->pt->tF + 9 * k), t = 1 / cbrt(J * J);
    r->control = FEMD_CONTROL_PRESSURE;
    r->pressure = femd_mixed_at_point(p, k, p->mixed->pressure);
    for (int a = 0; a < 6; ++a) r->value[a] = a < 3 ? t * E[a] + 0.5 * (t - 1) : t * E[a];
}

void femd_mixed_take(const femd_problem *p, PetscInt k, const femd_response *r) {
    femd_points *pt = p->pt;
    pt->tdJdp[k] = r->dJdp;
    femd_mixed_combine(pt->tF + 9 * k, pt->tE + 6 * k, femd_mixed_at_point(p, k, p->mixed->pressure), r,
                       p->cs->shear_regularisation, pt->tS + 6 * k, pt->tD + 36 * k, pt->tslope + 6 * k, &pt->tgap[k]);
    pt->tgap_err[k] = r->J_err;
    femd_mixed_doubt(pt->tF + 9 * k, pt->tE + 6 * k, r, pt->tforce_err + 6 * k, pt->tS_err + 6 * k);
    if (pt->tdJdT) femd_mixed_warm(pt->tF + 9 * k, pt->tE + 6 * k, r, pt->tdSdT + 6 * k, &pt->tdJdT[k]);
}
