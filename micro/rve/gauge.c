/* The free motions of an RVE; see gauge.h. Never computes an energy. */
#include "rve/gauge.h"

#include <string.h>

#include "numerics/dense.h"

enum { TRANSLATIONS = 3 };

femd_gauge femd_gauge_periodic(int atoms) {
    return (femd_gauge){.atoms = atoms};
}

static int gauge_more(const femd_gauge *gauge) {
    return gauge->more ? gauge->more->count : 0;
}

int femd_gauge_count(const femd_gauge *gauge) {
    if (gauge->boundary) return 3 * femd_boundary_conditions(gauge->boundary);
    return TRANSLATIONS + gauge_more(gauge);
}

double femd_gauge_free_atoms(const femd_gauge *gauge) {
    const int held = gauge->boundary ? 3 * femd_boundary_conditions(gauge->boundary) : TRANSLATIONS;
    return (3 * gauge->atoms - held) / 3.0;
}

void femd_gauge_remove(const femd_gauge *gauge, double *v) {
    const int n3 = 3 * gauge->atoms;
    double sum[3] = {0, 0, 0};
    if (gauge->boundary) {
        femd_boundary_project(gauge->boundary, v);
        return;
    }
    for (int i = 0; i < n3; i++) sum[i % 3] += v[i];
    for (int i = 0; i < n3; i++) v[i] -= 3 * sum[i % 3] / n3;
    for (int k = 0; k < gauge_more(gauge); k++) {
        const double *motion = gauge->more->motion + (size_t)k * n3, along = femd_dot(n3, motion, v);
        for (int i = 0; i < n3; i++) v[i] -= along * motion[i];
    }
}

void femd_gauge_confine(const femd_gauge *gauge, double *v) {
    if (gauge->boundary) femd_boundary_project(gauge->boundary, v);
}

void femd_gauge_remove_sum(const femd_gauge *gauge, const double sum[3], double *w) {
    if (gauge->boundary) {
        femd_boundary_project(gauge->boundary, w);
        return;
    }
    for (int i = 0; i < gauge->atoms; i++)
        for (int c = 0; c < 3; c++) w[3 * i + c] -= sum[c] / gauge->atoms;
}

/* H = P H P + (mean diagonal) (1 - P), P the projection on what is free: by rows, then by columns. */
static void gauge_stiffen_held(const femd_gauge *gauge, double *H) {
    const size_t n3 = 3 * (size_t)gauge->atoms;
    double diagonal = 0, *column = gauge->boundary->scratch;
    for (size_t i = 0; i < n3; i++) diagonal += H[i * n3 + i] / (double)n3;
    for (size_t i = 0; i < n3; i++)
        for (size_t j = 0; j < i; j++) H[i * n3 + j] = H[j * n3 + i];
    for (size_t i = 0; i < n3; i++) femd_boundary_project(gauge->boundary, H + i * n3);
    for (size_t j = 0; j < n3; j++) {
        for (size_t i = 0; i < n3; i++) column[i] = H[i * n3 + j];
        column[j] -= diagonal;
        femd_boundary_project(gauge->boundary, column);
        for (size_t i = 0; i <= j; i++) H[i * n3 + j] = column[i];
        H[j * n3 + j] += diagonal;
    }
}

void femd_gauge_stiffen(const femd_gauge *gauge, double *H) {
    const int n3 = 3 * gauge->atoms;
    double diagonal = 0;
    if (gauge->boundary) {
        gauge_stiffen_held(gauge, H);
        return;
    }
    if (gauge->atoms == 1) { /* no motion is free: H is zero but for round-off, which has no size to go by */
        for (int i = 0; i < 9; i++) H[i] = i % 4 == 0;
        return;
    }
    for (int i = 0; i < n3; i++) diagonal += H[(size_t)i * n3 + i];
    const double add = 3 * diagonal / n3 / n3; /* mean diagonal over the number of atoms */
    for (int i = 0; i < n3; i++)
        for (int j = i; j < n3; j += 3) H[(size_t)i * n3 + j] += add;
    for (int k = 0; k < gauge_more(gauge); k++) {
        const double *motion = gauge->more->motion + (size_t)k * n3;
        for (int i = 0; i < n3; i++) {
            const double row = diagonal / n3 * motion[i];
            for (int j = i; row != 0 && j < n3; j++) H[(size_t)i * n3 + j] += row * motion[j];
        }
    }
}

void femd_gauge_stiffen_weighted(const femd_gauge *gauge, const double *root, double alpha, double *A) {
    const size_t n = (size_t)gauge->atoms;
    double total = 0;
    for (size_t i = 0; i < n; i++) total += 1 / (root[i] * root[i]);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            const double add = alpha / (root[i] * root[j] * total);
            for (size_t c = 0; c < 3; c++) A[(3 * i + c) * 3 * n + 3 * j + c] += add;
        }
}

void femd_gauge_drift(const femd_gauge *gauge, const double *mass, double total, double t, double *v, double *x) {
    double u[3] = {0, 0, 0};
    for (int i = 0; i < gauge->atoms; i++)
        for (int c = 0; c < 3; c++) u[c] += mass[i] * v[3 * i + c];
    for (int c = 0; c < 3; c++) u[c] = u[c] / total;
    for (int i = 0; i < gauge->atoms; i++)
        for (int c = 0; c < 3; c++) {
            const double free = v[3 * i + c] - u[c];
            v[3 * i + c] = free;
            x[3 * i + c] += t * free;
        }
    if (gauge->atoms == 1) memset(v, 0, 3 * sizeof *v); /* one atom is its own centre of mass */
}
