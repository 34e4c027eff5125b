/* Classes of elastic symmetry. Owns the projections; knows no atoms. */
#include "numerics/symmetry.h"

#include <math.h>
#include <string.h>

static const char *const names[FEMD_SYMMETRIES] = {"triclinic", "orthorhombic", "hexagonal", "cubic", "isotropic"};

const char *femd_symmetry_name(femd_symmetry s) {
    return names[s];
}

femd_symmetry femd_symmetry_from_name(const char *name) {
    int s = 0;
    while (s < FEMD_SYMMETRIES && strcmp(names[s], name) != 0) s++;
    return (femd_symmetry)s;
}

static double symmetry_at(const double *D, int i, int j) {
    return 0.5 * (D[6 * (i - 1) + j - 1] + D[6 * (j - 1) + i - 1]);
}

static void symmetry_set(double *D, int i, int j, double value) {
    D[6 * (i - 1) + j - 1] = D[6 * (j - 1) + i - 1] = value;
}

static void symmetry_orthorhombic(const double *D, double *P) {
    for (int i = 1; i <= 3; i++)
        for (int j = i; j <= 3; j++) symmetry_set(P, i, j, symmetry_at(D, i, j));
    for (int i = 4; i <= 6; i++) symmetry_set(P, i, i, symmetry_at(D, i, i));
}

static void symmetry_hexagonal(const double *D, double *P) {
    const double sum = symmetry_at(D, 1, 1) + symmetry_at(D, 2, 2);
    const double c11 = 0.375 * sum + 0.25 * symmetry_at(D, 1, 2) + 0.5 * symmetry_at(D, 6, 6),
                 c12 = 0.125 * sum + 0.75 * symmetry_at(D, 1, 2) - 0.5 * symmetry_at(D, 6, 6);
    const double c13 = 0.5 * (symmetry_at(D, 1, 3) + symmetry_at(D, 2, 3)),
                 c44 = 0.5 * (symmetry_at(D, 4, 4) + symmetry_at(D, 5, 5));
    symmetry_set(P, 1, 1, c11);
    symmetry_set(P, 2, 2, c11);
    symmetry_set(P, 3, 3, symmetry_at(D, 3, 3));
    symmetry_set(P, 1, 2, c12);
    symmetry_set(P, 1, 3, c13);
    symmetry_set(P, 2, 3, c13);
    symmetry_set(P, 4, 4, c44);
    symmetry_set(P, 5, 5, c44);
    symmetry_set(P, 6, 6, 0.5 * (c11 - c12));
}

static void symmetry_three_constants(double c11, double c12, double c44, double *P) {
    for (int i = 1; i <= 3; i++) {
        symmetry_set(P, i, i, c11);
        symmetry_set(P, i + 3, i + 3, c44);
        for (int j = i + 1; j <= 3; j++) symmetry_set(P, i, j, c12);
    }
}

/* c11, c12 and c44 averaged over the axes. */
static void symmetry_means(const double *D, double c[3]) {
    c[0] = (symmetry_at(D, 1, 1) + symmetry_at(D, 2, 2) + symmetry_at(D, 3, 3)) / 3;
    c[1] = (symmetry_at(D, 1, 2) + symmetry_at(D, 1, 3) + symmetry_at(D, 2, 3)) / 3;
    c[2] = (symmetry_at(D, 4, 4) + symmetry_at(D, 5, 5) + symmetry_at(D, 6, 6)) / 3;
}

void femd_symmetry_project(femd_symmetry s, double D[36]) {
    double P[36] = {0}, c[3];
    symmetry_means(D, c);
    switch (s) {
    case FEMD_ORTHORHOMBIC: symmetry_orthorhombic(D, P); break;
    case FEMD_HEXAGONAL: symmetry_hexagonal(D, P); break;
    case FEMD_CUBIC: symmetry_three_constants(c[0], c[1], c[2], P); break;
    case FEMD_ISOTROPIC: { /* the averages of Voigt */
        const double bulk = (c[0] + 2 * c[1]) / 3, shear = (c[0] - c[1] + 3 * c[2]) / 5;
        symmetry_three_constants(bulk + 4 * shear / 3, bulk - 2 * shear / 3, shear, P);
        break;
    }
    default: return;
    }
    memcpy(D, P, sizeof P);
}

void femd_symmetry_project_errors(femd_symmetry s, double error[36]) {
    double variance[36] = {0};
    if (s == FEMD_TRICLINIC || s >= FEMD_SYMMETRIES) return;
    for (int i = 0; i < 6; i++)
        for (int j = i; j < 6;
             j++) { /* the projection is linear: column by column, an entry and its mirror image being one */
            double P[36] = {0};
            P[6 * i + j] = P[6 * j + i] = error[6 * i + j];
            femd_symmetry_project(s, P);
            for (int k = 0; k < 36; k++) variance[k] += P[k] * P[k];
        }
    for (int k = 0; k < 36; k++) error[k] = sqrt(variance[k]);
}

double femd_symmetry_distance(femd_symmetry s, const double D[36]) {
    double P[36], apart = 0, size = 0;
    memcpy(P, D, sizeof P);
    femd_symmetry_project(s, P);
    for (int i = 0; i < 6; i++)
        for (int j = 0; j < 6; j++) { /* a shear index stands for two of C_ijkl */
            const double weight = (i < 3 ? 1 : 2) * (j < 3 ? 1 : 2), a = D[6 * i + j], b = P[6 * i + j] - a;
            size += weight * a * a;
            apart += weight * b * b;
        }
    return size > 0 ? sqrt(apart / size) : 0;
}
