/* CalculiX' standard interface of external behaviours: a material called @FEMD_UMAT@NAME makes it open libFEMD.so, a
 * link to this library, and call UMAT. Strain is Green-Lagrange (of a linear analysis its linear part), stress second
 * Piola-Kirchhoff, and both are named as of the reference, so that rotations do not matter. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "umat.h"

/* The upper triangle of a 6x6 matrix by columns, in the same order: 1111 1122 2222 1133 ... */
static void calculix_tangent(const double D[36], double scale, double stiff[21]) {
    for (int column = 0, k = 0; column < 6; column++)
        for (int row = 0; row <= column; row++, k++)
            stiff[k] = 0.5 * (D[6 * row + column] + D[6 * column + row]) * scale;
}

/* The start of an increment has the strain of its beginning, before the prescribed displacements of its end. */
static void calculix_check(const double *E1, const double *F0, const double *F1, const double *beta, int iorien,
                           int element, int point) {
    if (iorien != 0)
        umat_end("element %d: its *SOLID SECTION has an ORIENTATION, which the material would not heed: give the "
                 "material of "
                 "the case its \"orientation\"",
                 element);
    for (int c = 0; c < 6; c++)
        if (beta[c] != 0)
            umat_end(
                "element %d: an initial stress (*INITIAL CONDITIONS, TYPE=STRESS), which atoms do not take: give the "
                "material of the case a \"reference\" at a pressure",
                element);
    for (int c = 0; c < 6; c++)
        if (!isfinite(E1[c])) return; /* refused as a deformation that is none */
    if (!umat_strain_is_of(E1, F1) && !umat_strain_is_of(E1, F0))
        umat_end("element %d, point %d: the strain is not that of the displacements. Is a thermal strain subtracted "
                 "(*EXPANSION; atoms expand by themselves), an initial one, or is it a perturbation step?",
                 element, point);
}

/* The arguments of user routine umat_user of CalculiX 2.20, and a length. */
FEMD_API void UMAT(const char *amat, const int *iel, const int *iint, const int *kode, const double *props,
                   const double *E1, const double *E0, const double *beta, const double *F0, const double *J0,
                   const double *F1, const double *J1, const int *ithermal, const double *T1, const double *dtime,
                   const double *time, const double *ttime, const int *icmd, const int *ielas, const int *mi,
                   const int *nstate, const double *xstateini, double *xstate, double *S, double *stiff,
                   const int *iorien, const double *pgauss, const double *orab, double *pnewdt, const int *ipkon,
                   int length) {
    (void)J0, (void)J1, (void)ielas, (void)pgauss, (void)orab, (void)ipkon;
    const double unit = umat_check_constants(*kode <= -100 ? -100 - *kode : *kode, props, *nstate);
    calculix_check(E1, F0, F1, beta, *iorien, *iel, *iint);
    const size_t at =
        (size_t)*nstate * (size_t)((*iel - 1) * mi[0] + *iint - 1); /* states of all points are one array */
    double strain[6];
    for (int c = 0; c < 6; c++) strain[c] = c < 3 ? E1[c] : 2 * E1[c];
    umat_call call = {.element = *iel,
                      .point = *iint,
                      .moment = {.begin = *ttime + *time - *dtime,
                                 .length = *dtime,
                                 .first = fabs(*time - *dtime) <= 1e-6 * fabs(*dtime)},
                      .law = FEMD_LAW_GREEN,
                      .deformation = strain,
                      .has_temperature = *ithermal > 0,
                      .temperature = *ithermal > 0 ? *T1 : 0,
                      .token = xstateini + at,
                      .wants_tangent = *icmd != 3};
    for (int c = 0; c < 6; c++) call.deformed |= E0[c] != 0;
    umat_answer answer;
    call.name = umat_material(amat, length > 0 && length < 80 ? (size_t)length : 80, &call.length);
    const int answered = umat_ask(&call, &answer);
    memcpy(xstate + at, xstateini + at, (size_t)*nstate * sizeof *xstate);
    if (answered)
        for (int c = 0; c < 6; c++)
            S[c] = answer.stress[c] / unit; /* else the stress of the increment's beginning stays */
    else
        umat_cut(pnewdt);
    memcpy(xstate + at, answer.token, sizeof answer.token);
    if (*icmd != 3) calculix_tangent(answer.tangent, 1 / unit, stiff);
}
