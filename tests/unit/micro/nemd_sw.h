/* Stillinger-Weber silicon written out triplet by triplet, for the flux of heat alone: independent of the kernels, and
 * able to share the force of a bond in other ways than the right one. LAMMPS' Si.sw: Stillinger and Weber, Phys. Rev. B
 * 31 (1985) 5262. */
#ifndef FEMD_TEST_NEMD_SW_H
#define FEMD_TEST_NEMD_SW_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SW_LEGS_MAX = 32 };

typedef struct sw_atoms {
    int n;
    double h[3];          /* edges of an orthogonal cell along x, y, z */
    int *legs, *partner;  /* n, n x SW_LEGS_MAX: within reach at the beginning */
    double *d, *G;        /* n x SW_LEGS_MAX x 3: from the atom to the partner; derivative of the atom's own energy */
    double *energy;       /* n: half of each pair, and the triplets of which the atom is the centre */
    double *spread, *row; /* n, n x 3: with a third of each triplet at each of its atoms, energy and the first row of
                             the virial instead */
} sw_atoms;

static inline void sw_vector(const sw_atoms *a, const double *x, int i, int j, double d[3]) {
    for (int c = 0; c < 3; c++) {
        d[c] = x[3 * j + c] - x[3 * i + c];
        d[c] -= a->h[c] * round(d[c] / a->h[c]);
    }
}

static inline void sw_open(sw_atoms *a, int n, const double h[3], const double *x) {
    const double reach = 5.0;
    a->n = n;
    memcpy(a->h, h, sizeof a->h);
    a->legs = calloc((size_t)n, sizeof *a->legs);
    a->partner = calloc((size_t)n * SW_LEGS_MAX, sizeof *a->partner);
    a->d = calloc(6 * (size_t)n * SW_LEGS_MAX, sizeof *a->d);
    a->G = a->d + 3 * (size_t)n * SW_LEGS_MAX;
    a->energy = calloc(5 * (size_t)n, sizeof *a->energy);
    a->spread = a->energy + n;
    a->row = a->spread + n;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            double d[3];
            if (j == i) continue;
            sw_vector(a, x, i, j, d);
            if (d[0] * d[0] + d[1] * d[1] + d[2] * d[2] < reach * reach) a->partner[SW_LEGS_MAX * i + a->legs[i]++] = j;
        }
}

static inline void sw_close(sw_atoms *a) {
    free(a->legs);
    free(a->partner);
    free(a->d);
    free(a->energy);
}

/* Energies of the atoms and G of every leg. */
static inline void sw_bonds(sw_atoms *a, const double *x) {
    const double eps = 2.1683, sigma = 2.0951, cut = 1.80 * 2.0951, lambda = 21.0, gamma = 1.20 * 2.0951,
                 A = 7.049556277, B = 0.6022245584;
    memset(a->energy, 0, 5 * (size_t)a->n * sizeof *a->energy);
    for (int i = 0; i < a->n; i++) {
        double r[SW_LEGS_MAX], g[SW_LEGS_MAX], slope[SW_LEGS_MAX];
        for (int k = 0; k < a->legs[i]; k++) {
            double *d = a->d + 3 * (SW_LEGS_MAX * i + k), *G = a->G + 3 * (SW_LEGS_MAX * i + k);
            sw_vector(a, x, i, a->partner[SW_LEGS_MAX * i + k], d);
            r[k] = sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
            g[k] = slope[k] = G[0] = G[1] = G[2] = 0;
            if (r[k] >= cut) continue;
            const double far = r[k] - cut, p = B * pow(sigma / r[k], 4), e = exp(sigma / far);
            const double phi = A * eps * (p - 1) * e,
                         dphi = A * eps * e * (-4 * p / r[k] - (p - 1) * sigma / (far * far));
            g[k] = exp(gamma / far);
            slope[k] = -g[k] * gamma / (far * far);
            a->energy[i] += 0.5 * phi;
            a->spread[i] += 0.5 * phi;
            for (int c = 0; c < 3; c++) {
                G[c] = 0.5 * dphi * d[c] / r[k];
                a->row[3 * i + c] -= G[c] * d[0];
            }
        }
        for (int k = 0; k < a->legs[i]; k++)
            for (int l = 0; l < k; l++) {
                double *dk = a->d + 3 * (SW_LEGS_MAX * i + k), *dl = a->d + 3 * (SW_LEGS_MAX * i + l);
                double *Gk = a->G + 3 * (SW_LEGS_MAX * i + k), *Gl = a->G + 3 * (SW_LEGS_MAX * i + l);
                if (g[k] == 0 || g[l] == 0) continue;
                const double cosine = (dk[0] * dl[0] + dk[1] * dl[1] + dk[2] * dl[2]) / (r[k] * r[l]),
                             off = cosine + 1.0 / 3, t = lambda * eps;
                const int three[3] = {i, a->partner[SW_LEGS_MAX * i + k], a->partner[SW_LEGS_MAX * i + l]};
                a->energy[i] += t * g[k] * g[l] * off * off;
                for (int m = 0; m < 3; m++) a->spread[three[m]] += t * g[k] * g[l] * off * off / 3;
                for (int c = 0; c < 3; c++) {
                    const double one =
                        t * off *
                        (slope[k] * g[l] * off * dk[c] + 2 * g[k] * g[l] * (dl[c] / r[l] - cosine * dk[c] / r[k])) /
                        r[k];
                    const double two =
                        t * off *
                        (slope[l] * g[k] * off * dl[c] + 2 * g[k] * g[l] * (dk[c] / r[k] - cosine * dl[c] / r[l])) /
                        r[l];
                    Gk[c] += one;
                    Gl[c] += two;
                    for (int m = 0; m < 3; m++) a->row[3 * three[m] + c] -= (one * dk[0] + two * dl[0]) / 3;
                }
            }
    }
}

/* The leg back from the partner. */
static inline int sw_back(const sw_atoms *a, int i, int k) {
    const int j = a->partner[SW_LEGS_MAX * i + k];
    int back = 0;
    while (a->partner[SW_LEGS_MAX * j + back] != i) back++;
    return SW_LEGS_MAX * j + back;
}

/* Flux along x of atoms weighted by side (n), after sw_bonds. SW_RIGHT: each atom's energy is changed by the motion of
 * others as it depends on them; SW_EVEN: the whole force of a bond acts half at either end; SW_THIRDS: energy and
 * virial of a triplet are shared by its three atoms, as LAMMPS' stress/atom does. */
enum { SW_RIGHT, SW_EVEN, SW_THIRDS };
static inline double sw_flux(const sw_atoms *a, const int *side, const double *v, double mvv, int form) {
    double J = 0;
    for (int i = 0; i < a->n; i++) {
        const double *u = v + 3 * i;
        double one = ((form == SW_THIRDS ? a->spread[i] : a->energy[i]) +
                      0.5 * mvv * (u[0] * u[0] + u[1] * u[1] + u[2] * u[2])) *
                     u[0];
        if (!side[i]) continue;
        for (int c = 0; form == SW_THIRDS && c < 3; c++) one += a->row[3 * i + c] * u[c];
        for (int k = 0; form != SW_THIRDS && k < a->legs[i]; k++) {
            const int out = SW_LEGS_MAX * i + k, in = sw_back(a, i, k);
            for (int c = 0; c < 3; c++) { /* dU_j/dr_ji . v_i r_ij, or half of dU_i/dr_ij and dU_j/dr_ji together */
                const double G = form == SW_EVEN ? 0.5 * (a->G[3 * in + c] - a->G[3 * out + c]) : a->G[3 * in + c];
                one += G * u[c] * a->d[3 * out];
            }
        }
        J += side[i] * one;
    }
    return J;
}

#endif
