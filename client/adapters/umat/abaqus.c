/* The UMAT of Abaqus. CalculiX calls it too, with strains of its own: a name that begins with @ABAQUS_ has
 * Green-Lagrange strains and second Piola-Kirchhoff stresses in their places; with @ABAQUSNL_ strains are those of the
 * material, ln U, stress is R^T sigma R, and the tangent is taken back with U as if it were that of S to E pushed
 * forward. */
#include <math.h>
#include <string.h>

#include "umat.h"

enum { ABAQUS_STANDARD, ABAQUS_CALCULIX, ABAQUS_CALCULIX_NL };

static const int abaqus_to_voigt[6] = {0, 1, 2, 5, 4, 3}; /* and back */

typedef struct abaqus_place {
    int kind;
    double strain[6], U[9]; /* U: of CalculiX' logarithmic strains */
} abaqus_place;

static int abaqus_kind(const char *name, size_t size) {
    if (size >= 9 && memcmp(name, "@ABAQUSNL", 9) == 0) return ABAQUS_CALCULIX_NL;
    if (size >= 7 && memcmp(name, "@ABAQUS", 7) == 0) return ABAQUS_CALCULIX;
    return ABAQUS_STANDARD;
}

/* exp of a symmetric 3x3 matrix: of a part of it by its series, then squared. */
static void abaqus_exp(const double X[9], double result[9]) {
    double size = 0, term[9], next[9];
    int halvings = 0;
    for (int k = 0; k < 9; k++) size = fmax(size, fabs(X[k]));
    while (size > 0.05 && halvings < 64) size /= 2, halvings++;
    for (int k = 0; k < 9; k++) result[k] = term[k] = k % 4 == 0;
    for (int order = 1; order <= 12; order++) {
        for (int k = 0; k < 9; k++) {
            next[k] = 0;
            for (int l = 0; l < 3; l++) next[k] += term[k / 3 * 3 + l] * ldexp(X[3 * l + k % 3], -halvings) / order;
        }
        memcpy(term, next, sizeof term);
        for (int k = 0; k < 9; k++) result[k] += term[k];
    }
    for (; halvings > 0; halvings--) {
        for (int k = 0; k < 9; k++) {
            next[k] = 0;
            for (int l = 0; l < 3; l++) next[k] += result[k / 3 * 3 + l] * result[3 * l + k % 3];
        }
        memcpy(result, next, sizeof next);
    }
}

/* From ln U, as it stands in strain with engineering shears: U, and E = (U^2 - I)/2 in its place. */
static void abaqus_stretch(abaqus_place *place) {
    double voigt[6], full[9];
    for (int c = 0; c < 6; c++) voigt[abaqus_to_voigt[c]] = place->strain[c];
    femd_voigt_to_full(voigt, 1, full);
    abaqus_exp(full, place->U);
    const femd_status rc = femd_strain_from_F(place->U, voigt, NULL);
    for (int c = 0; c < 6; c++)
        place->strain[c] = rc == FEMD_OK ? voigt[abaqus_to_voigt[c]] : NAN; /* refused as none */
}

/* S and dS/dE to R^T sigma R, and what CalculiX makes dS/dE of: U U U U D. */
static void abaqus_push(const abaqus_place *place, umat_answer *answer) {
    const double none[6] = {0};
    double S[6], D[36], sigma[6], C[36], J[6];
    for (int i = 0; i < 6; i++) {
        S[abaqus_to_voigt[i]] = answer->stress[i];
        for (int j = 0; j < 6; j++) D[6 * abaqus_to_voigt[i] + abaqus_to_voigt[j]] = answer->tangent[6 * i + j];
    }
    femd_cauchy(place->U, S, sigma);
    femd_jaumann(place->U, none, D, J, C); /* over det U */
    const double *U = place->U;
    const double det =
        U[0] * (U[4] * U[8] - U[5] * U[7]) - U[1] * (U[3] * U[8] - U[5] * U[6]) + U[2] * (U[3] * U[7] - U[4] * U[6]);
    for (int i = 0; i < 6; i++) {
        answer->stress[i] = sigma[abaqus_to_voigt[i]];
        for (int j = 0; j < 6; j++) answer->tangent[6 * i + j] = det * C[6 * abaqus_to_voigt[i] + abaqus_to_voigt[j]];
    }
}

/* 0 is what a host passes that has no temperatures; CalculiX passes then what was in its memory. */
static int abaqus_has_temperature(double kelvin) {
    return !(fabs(kelvin) < 1e-100);
}

static void abaqus_check(int ndi, int nshr, int ntens, int element) {
    if (ndi != 3 || nshr != 3 || ntens != 6)
        umat_end(
            "element %d has %d direct and %d shear components of stress; a box of atoms has three of each: use solid "
            "elements (a slice of them with prescribed displacements for plane strain)",
            element, ndi, nshr);
}

FEMD_API void umat_(double *STRESS, double *STATEV, double *DDSDDE, double *SSE, double *SPD, double *SCD, double *RPL,
                    double *DDSDDT, double *DRPLDE, double *DRPLDT, const double *STRAN, const double *DSTRAN,
                    const double *TIME, const double *DTIME, const double *TEMP, const double *DTEMP,
                    const double *PREDEF, const double *DPRED, const char *CMNAME, const int *NDI, const int *NSHR,
                    const int *NTENS, const int *NSTATV, const double *PROPS, const int *NPROPS, const double *COORDS,
                    const double *DROT, double *PNEWDT, const double *CELENT, const double *DFGRD0,
                    const double *DFGRD1, const int *NOEL, const int *NPT, const int *LAYER, const int *KSPT,
                    const int *JSTEP, const int *KINC, int length) {
    (void)SSE, (void)SPD, (void)SCD, (void)RPL, (void)DDSDDT, (void)DRPLDE, (void)DRPLDT, (void)PREDEF, (void)DPRED;
    (void)COORDS, (void)DROT, (void)CELENT, (void)DFGRD0, (void)LAYER, (void)KSPT;
    const size_t size = length > 0 && length < 80 ? (size_t)length : 80;
    const double unit = umat_check_constants(*NPROPS, PROPS, *NSTATV);
    abaqus_place place = {.kind = abaqus_kind(CMNAME, size)};
    abaqus_check(*NDI, *NSHR, *NTENS, *NOEL);
    for (int c = 0; c < 6; c++) place.strain[c] = STRAN[c] + DSTRAN[c];
    const int spatial = place.kind == ABAQUS_STANDARD && JSTEP[2] == 1; /* NLGEOM */
    umat_call call = {.element = *NOEL,
                      .point = *NPT,
                      .moment = {.begin = TIME[1], .length = *DTIME, .step = JSTEP[0], .increment = *KINC},
                      .law = spatial ? FEMD_LAW_CAUCHY : FEMD_LAW_GREEN,
                      .deformation = spatial ? DFGRD1 : place.strain,
                      .has_temperature = abaqus_has_temperature(*TEMP + *DTEMP),
                      .temperature = *TEMP + *DTEMP,
                      .token = STATEV,
                      .wants_tangent = 1};
    for (int c = 0; c < 6; c++) call.deformed |= STRAN[c] != 0;
    umat_answer answer = {.stress = {0}};
    if (place.kind == ABAQUS_CALCULIX_NL) abaqus_stretch(&place);
    call.name = umat_material(CMNAME, size, &call.length);
    const int answered = umat_ask(&call, &answer);
    if (place.kind == ABAQUS_CALCULIX_NL) abaqus_push(&place, &answer);
    if (answered)
        for (int c = 0; c < 6; c++)
            STRESS[c] = answer.stress[c] / unit; /* else that of the increment's beginning stays */
    else
        umat_cut(PNEWDT);
    memcpy(STATEV, answer.token, sizeof answer.token);
    for (int k = 0; k < 36; k++) DDSDDE[k] = answer.tangent[k] / unit; /* symmetric but for round-off */
}
