/* Mixed and pressure control. Owns the equations of control; never touches atoms.
 *
 * Mixed: unknown E_c for c in the mask, S_c(E) = S*_c, Newton with D_cc.
 * Pressure: C = J^(2/3) Cbar, det Cbar = 1, one unknown J. With the pressure pi(E) = -(S:C)/(3J) and g = (C:D/2 + S),
 *   d pi = -(g : dC)/(3J) + (S:C)/(3J^2) dJ,  dC = (2/3) (C/J) dJ + J^(2/3) dCbar,  dS = D : dC / 2,
 * so dJ/dp = 1/(d pi/dJ), dJ/dCbar = -(d pi/dCbar)/(d pi/dJ), dS/dp = (D:C)/(3J) dJ/dp. */
#include "rve/native_control.h"

#include <math.h>
#include <string.h>

#include "numerics/dense.h"
#include "numerics/portable.h"

enum { ITERATIONS = 60 };
static const double STEP_MAX = 0.02; /* strain of one Newton step */
static const double STRAIN_TOLERANCE = 1e-12;

double femd_strain_metric(const double E[6], double C[6], double Cinv[6]) {
    const double c[6] = {1 + 2 * E[0], 1 + 2 * E[1], 1 + 2 * E[2], E[3], E[4], E[5]};
    const double m[6] = {c[1] * c[2] - c[3] * c[3], c[0] * c[2] - c[4] * c[4], c[0] * c[1] - c[5] * c[5],
                         c[4] * c[5] - c[0] * c[3], c[5] * c[3] - c[1] * c[4], c[4] * c[3] - c[2] * c[5]};
    const double det = c[0] * m[0] + c[5] * m[5] + c[4] * m[4];
    if (C) memcpy(C, c, sizeof c);
    if (Cinv)
        for (int i = 0; i < 6; i++) Cinv[i] = m[i] / det;
    return det;
}

double femd_strain_jacobian(const double E[6]) {
    return sqrt(femd_strain_metric(E, NULL, NULL));
}

static int control_positive_definite(int n, const double *A) {
    double copy[36];
    memcpy(copy, A, (size_t)(n * n) * sizeof *copy);
    return femd_cholesky(n, copy) == 0;
}

static femd_status control_mixed(const femd_request *request, const double start[6], femd_strain_function f, void *user,
                                 femd_response *response, femd_error *err) {
    int list[6], n = 0;
    for (int c = 0; c < 6; c++) {
        response->E[c] = request->mask & (1u << c) ? start[c] : request->value[c];
        if (request->mask & (1u << c)) list[n++] = c;
    }
    for (int it = 0; it < ITERATIONS; it++) {
        FEMD_TRY(f(user, response->E, response->S, response->D, err));
        if (n == 0) return FEMD_OK;
        double M[36], step[6], residual = 0;
        for (int a = 0; a < n; a++) {
            step[a] = request->value[list[a]] - response->S[list[a]];
            residual = fmax(residual, fabs(step[a]));
            for (int b = 0; b < n; b++) M[a * n + b] = response->D[6 * list[a] + list[b]];
        }
        const double scale = femd_max_abs(n * n, M);
        if (!control_positive_definite(n, M))
            return femd_fail(err, FEMD_INSTABILITY,
                             "the tangent of the stress-controlled components is not positive definite");
        if (residual <= STRAIN_TOLERANCE * scale) return FEMD_OK;
        if (femd_small_solve(n, M, step))
            return femd_fail(err, FEMD_INSTABILITY, "the tangent of the stress-controlled components is singular");
        const double largest = femd_max_abs(n, step);
        const double limit = largest > STEP_MAX ? STEP_MAX / largest : 1;
        for (int a = 0; a < n; a++) response->E[list[a]] += limit * step[a];
    }
    return femd_fail(err, FEMD_NOT_CONVERGED, "the prescribed stress was not reached in %d steps", ITERATIONS);
}

static double control_contract(const double stress[6],
                               const double tensor[6]) /* both Voigt without engineering factors */
{
    return stress[0] * tensor[0] + stress[1] * tensor[1] + stress[2] * tensor[2] +
           2 * (stress[3] * tensor[3] + stress[4] * tensor[4] + stress[5] * tensor[5]);
}

/* E = (J^(2/3) Cbar - I)/2. */
static void control_strain_of(double J, const double Cbar[6], double E[6]) {
    const double root = femd_portable_cbrt(J), a = root * root;
    for (int c = 0; c < 6; c++) E[c] = c < 3 ? 0.5 * (a * Cbar[c] - 1) : a * Cbar[c];
}

/* D : C / 2 with C without engineering factors: half the change of S per relative change of C. */
static void control_half_D_times(const double D[36], const double C[6], double out[6]) {
    for (int r = 0; r < 6; r++) {
        double s = 0;
        for (int c = 0; c < 6; c++) s += D[6 * r + c] * (c < 3 ? 0.5 * C[c] : C[c]);
        out[r] = s;
    }
}

static femd_status control_pressure(const femd_request *request, const double start[6], femd_strain_function f,
                                    void *user, femd_response *response, femd_error *err) {
    double Cbar[6], C[6], inverse[6];
    const double det = femd_strain_metric(request->value, Cbar, NULL);
    if (!(det > 0 && Cbar[0] > 0 && Cbar[1] > 0 && Cbar[2] > 0))
        return femd_fail(err, FEMD_OUT_OF_DOMAIN, "the isochoric C of pressure control is not positive definite");
    const double norm = femd_portable_cbrt(det);
    for (int c = 0; c < 6; c++) Cbar[c] /= norm;
    double J = femd_strain_jacobian(start);
    for (int it = 0; it < ITERATIONS; it++) {
        control_strain_of(J, Cbar, response->E);
        FEMD_TRY(f(user, response->E, response->S, response->D, err));
        femd_strain_metric(response->E, C, inverse);
        double DC[6], g[6];
        control_half_D_times(response->D, C, DC);
        for (int c = 0; c < 6; c++) g[c] = DC[c] + response->S[c];
        const double SC = control_contract(response->S, C);
        const double pi = -SC / (3 * J);
        const double slope = -2 * control_contract(g, C) / (9 * J * J) + SC / (3 * J * J);
        if (!(slope < 0)) return femd_fail(err, FEMD_INSTABILITY, "the pressure does not fall with the volume");
        const double dJ = (request->pressure - pi) / slope;
        if (fabs(dJ) <= 3 * STRAIN_TOLERANCE * J) {
            response->dJdp = 1 / slope;
            /* d pi/dCbar for free components, then with Cbar normalised: remove its trace part (Cbar : that is zero).
             */
            const double root = femd_portable_cbrt(J), a = -root * root / (3 * J * slope);
            const double along = control_contract(g, Cbar) / 3;
            double Cbar_inverse[6], Ebar[6];
            for (int c = 0; c < 6; c++) Ebar[c] = c < 3 ? 0.5 * (Cbar[c] - 1) : Cbar[c];
            femd_strain_metric(Ebar, NULL, Cbar_inverse);
            for (int c = 0; c < 6; c++) {
                response->dJdC[c] =
                    -2 * a * (g[c] - along * Cbar_inverse[c]) / norm; /* dC = 2 dE, shears as engineering strains */
                response->dSdp[c] = 2 * DC[c] / (3 * J) * response->dJdp;
            }
            return FEMD_OK;
        }
        const double limit = 3 * STEP_MAX * J;
        J += fabs(dJ) > limit ? copysign(limit, dJ) : dJ;
    }
    return femd_fail(err, FEMD_NOT_CONVERGED, "the prescribed pressure was not reached in %d steps", ITERATIONS);
}

/* |dJ| by |dp| = |C| : S_err / (3J), and E with it. */
static void control_pressure_errors(femd_response *response) {
    double C[6], size = 0;
    femd_strain_metric(response->E, C, NULL);
    for (int c = 0; c < 6; c++) size += (c < 3 ? 1 : 2) * fabs(C[c]) * response->S_err[c];
    response->J_err = fabs(response->dJdp) * size / (3 * response->J);
    for (int c = 0; c < 6; c++) /* dC/dJ = 2 C/(3J); shears of E are those of C */
        response->E_err[c] = (c < 3 ? 1 : 2) * fabs(C[c]) / (3 * response->J) * response->J_err;
}

/* dE = D_cc^-1 dS of the components whose stress is prescribed; dJ = J C^-1 : dE. */
static void control_mixed_errors(const femd_request *request, const double D[36], femd_response *response) {
    int list[6], n = 0;
    double inverse[6], slope[6] = {0}; /* dJ/dS of each */
    femd_strain_metric(response->E, NULL, inverse);
    for (int c = 0; c < 6; c++)
        if (request->mask & (1u << c)) list[n++] = c;
    for (int k = 0; k < n; k++) {
        double M[36], column[6] = {0};
        for (int a = 0; a < n; a++)
            for (int b = 0; b < n; b++) M[a * n + b] = D[6 * list[a] + list[b]];
        column[k] = response->S_err[list[k]];
        if (femd_small_solve(n, M, column)) return;
        for (int a = 0; a < n; a++) {
            response->E_err[list[a]] += fabs(column[a]);
            slope[k] += response->J * inverse[list[a]] * column[a]; /* engineering shears: both halves of C^-1 */
        }
    }
    for (int k = 0; k < n; k++) response->J_err += fabs(slope[k]);
}

void femd_control_errors(const femd_request *request, const double D[36], femd_response *response) {
    memset(response->E_err, 0, sizeof response->E_err);
    response->J_err = 0;
    if (request->control == FEMD_CONTROL_PRESSURE)
        control_pressure_errors(response);
    else if (request->mask)
        control_mixed_errors(request, D, response);
    double energy = 0, helmholtz = 0; /* du = (S - T dS/dT) : dE, dpsi = S : dE */
    for (int c = 0; c < 6; c++) {
        energy += fabs(response->S[c] - request->temperature * response->dSdT[c]) * response->E_err[c];
        helmholtz += fabs(response->S[c]) * response->E_err[c];
    }
    if (request->wants & FEMD_WANT_ENERGY)
        response->energy_err = sqrt(response->energy_err * response->energy_err + energy * energy);
    if (request->wants & FEMD_WANT_HELMHOLTZ)
        response->helmholtz_err = sqrt(response->helmholtz_err * response->helmholtz_err + helmholtz * helmholtz);
}

femd_status femd_control_solve(const femd_request *request, const double start[6], femd_strain_function f, void *user,
                               femd_response *response, femd_error *err) {
    const femd_status rc = request->control == FEMD_CONTROL_PRESSURE
                               ? control_pressure(request, start, f, user, response, err)
                               : control_mixed(request, start, f, user, response, err);
    FEMD_TRY(rc);
    response->J = femd_strain_jacobian(response->E);
    return FEMD_OK;
}
