/* The free motions of a periodic RVE; see gauge.h. Never computes an energy. */
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
    return TRANSLATIONS + gauge_more(gauge);
}

double femd_gauge_free_atoms(const femd_gauge *gauge) {
    return (3 * gauge->atoms - TRANSLATIONS) / 3.0;
}

void femd_gauge_remove(const femd_gauge *gauge, double *v) {
    const int n3 = 3 * gauge->atoms;
    double sum[3] = {0, 0, 0};
    for (int i = 0; i < n3; i++) sum[i % 3] += v[i];
    for (int i = 0; i < n3; i++) v[i] -= 3 * sum[i % 3] / n3;
    for (int k = 0; k < gauge_more(gauge); k++) {
        const double *motion = gauge->more->motion + (size_t)k * n3, along = femd_dot(n3, motion, v);
        for (int i = 0; i < n3; i++) v[i] -= along * motion[i];
    }
}

void femd_gauge_remove_sum(const femd_gauge *gauge, const double sum[3], double *w) {
    for (int i = 0; i < gauge->atoms; i++)
        for (int c = 0; c < 3; c++) w[3 * i + c] -= sum[c] / gauge->atoms;
}

void femd_gauge_stiffen(const femd_gauge *gauge, double *H) {
    const int n3 = 3 * gauge->atoms;
    double diagonal = 0;
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
