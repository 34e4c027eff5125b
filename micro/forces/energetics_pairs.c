/* Second derivatives of pair energies and of embedding energies of densities that are sums over bonds.
 *
 * With s = r.r of each bond, a = 2 (phi_s + F'_i rho_s + F'_j rho_s), b = 4 (phi_ss + F'_i rho_ss + F'_j rho_ss), g_m =
 * d rho_m/dx, t_m = d rho_m/d strain = sum of 2 rho_s r r: H = sum over bonds of (a I + b r r) on the difference of the
 * two displacements + sum over atoms of F''_m g_m g_m, L = sum of b r r r + a (delta r + r delta) + F''_m g_m t_m,   B
 * = sum of b r r r r + F''_m t_m t_m. */
#include "forces/energetics_pairs.h"

#include <stdlib.h>

#include "femd/tensor3.h"
#include "forces/energetics_private.h"

static femd_status pairs_room_for_held(femd_energetics *e, femd_error *err) {
    femd_bonds *h = &e->held;
    size_t n = (size_t)e->n, room = (size_t)e->room_bonds;
    int ok = 1, two = e->functions == 2;
    if (!h->first)
        ok = femd_renew_ints(&h->first, n + 1) && femd_renew_doubles(&e->v4, 4 * n) &&
             femd_renew_doubles(&e->y4, 4 * n) && femd_renew_doubles(&e->dot, n) && femd_renew_doubles(&e->fpp, n) &&
             femd_renew_doubles(&e->strain_rate, 8 * n);
    if (ok && e->room_held < e->room_bonds) {
        if (!two) h->b1 = NULL;
        ok = femd_renew_ints(&h->partner, room) && femd_renew_doubles(&h->dx, room) &&
             femd_renew_doubles(&h->dy, room) && femd_renew_doubles(&h->dz, room) && femd_renew_doubles(&h->p1, room) &&
             femd_renew_doubles(&h->p2, room) && femd_renew_doubles(&e->along, room) &&
             femd_renew_doubles(&h->a1, room);
        if (ok && two) ok = femd_renew_doubles(&h->b1, room);
        if (!two) h->b1 = h->a1;
        e->room_held = ok ? e->room_bonds : 0;
    }
    return ok ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for second derivatives of %d atoms", e->n);
}

/* L of the held bonds, without the F'' terms. */
static void pairs_strain_terms(const femd_bonds *h, double *L) {
    for (int i = 0; i < h->n; i++)
        for (int k = h->first[i]; k < h->first[i + 1]; k++) {
            double d[3] = {h->dx[k], h->dy[k], h->dz[k]}, a = h->p1[k], b = h->p2[k], rr[6];
            int j = h->partner[k];
            if (i == j) continue;
            for (int v = 0; v < 6; v++) rr[v] = d[femd_voigt_i[v]] * d[femd_voigt_j[v]];
            for (int c = 0; c < 3; c++)
                for (int v = 0; v < 6; v++) {
                    double l = b * d[c] * rr[v] + a * ((femd_voigt_i[v] == c) * d[femd_voigt_j[v]] +
                                                       (femd_voigt_j[v] == c) * d[femd_voigt_i[v]]);
                    L[(3 * (size_t)j + (size_t)c) * 6 + (size_t)v] += l;
                    L[(3 * (size_t)i + (size_t)c) * 6 + (size_t)v] -= l;
                }
        }
}

/* F'' terms of L and B; either may be NULL. */
static void pairs_embedding_strain_terms(const femd_energetics *e, double *L, double B[36]) {
    const femd_bonds *h = &e->held;
    double sum[36] = {0};
    for (int m = 0; B && m < e->n; m++) {
        const double *t = e->strain_rate + 8 * (size_t)m;
        for (int v = 0; v < 6; v++)
            for (int w = 0; w < 6; w++) sum[6 * v + w] += e->fpp[m] * t[v] * t[w];
    }
    for (int c = 0; B && c < 36; c++) B[c] += sum[c];
    for (int i = 0; L && i < h->n; i++)
        for (int k = h->first[i]; k < h->first[i + 1]; k++) {
            double d[3] = {h->dx[k], h->dy[k], h->dz[k]};
            int j = h->partner[k];
            const double *ti = e->strain_rate + 8 * (size_t)i, *tj = e->strain_rate + 8 * (size_t)j;
            double wi = 2.0 * e->fpp[i] * h->a1[k], wj = 2.0 * e->fpp[j] * h->b1[k];
            if (i == j) continue;
            for (int c = 0; c < 3; c++)
                for (int v = 0; v < 6; v++) {
                    double l = d[c] * (wi * ti[v] + wj * tj[v]);
                    L[(3 * (size_t)j + (size_t)c) * 6 + (size_t)v] += l;
                    L[(3 * (size_t)i + (size_t)c) * 6 + (size_t)v] -= l;
                }
        }
}

femd_status femd_pairs_prepare(femd_energetics *e, double *L, double B[36], femd_error *err) {
    int embedded = e->functions > 0, strained = L || B;
    double scratch[36];
    FEMD_TRY(pairs_room_for_held(e, err));
    for (int i = 0; i < e->n; i++) e->fpp[i] = embedded ? e->embed[3 * (size_t)i + 2] : 0.0;
    if (strained) memset(e->strain_rate, 0, 8 * (size_t)e->n * sizeof(double));
    e->kernels->hold(&e->bonds, e->last.nb, embedded ? e->fp : NULL, &e->held, strained ? e->strain_rate : NULL,
                     B   ? B
                     : L ? scratch
                         : NULL);
    if (L) pairs_strain_terms(&e->held, L);
    if (strained && embedded) pairs_embedding_strain_terms(e, L, B);
    return FEMD_OK;
}

void femd_pairs_apply(femd_energetics *e, const double *v, double *y) {
    size_t n = (size_t)e->n;
    int embedded = e->functions > 0;
    memset(e->y4, 0, 4 * n * sizeof(double));
    memset(e->dot, 0, n * sizeof(double));
    for (size_t i = 0; i < n; i++) {
        for (size_t c = 0; c < 3; c++) e->v4[4 * i + c] = v[3 * i + c];
        e->v4[4 * i + 3] = 0.0;
    }
    e->kernels->density_change(&e->held, e->v4, e->along, embedded ? e->dot : NULL);
    for (size_t i = 0; i < n; i++) e->dot[i] *= e->fpp[i];
    e->kernels->apply(&e->held, e->v4, e->along, embedded ? e->dot : NULL, e->y4);
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < 3; c++) y[3 * i + c] = e->y4[4 * i + c];
}

/* ---- dense ---- */

/* Sizes for the density gradients: of each atom m, itself and every other atom bonded to it. */
static femd_status pairs_room_for_gradients(femd_energetics *e, femd_error *err) {
    femd_gradients *g = &e->gradients;
    size_t n = (size_t)e->n, room = 2 * (size_t)e->held.first[e->n] + n;
    int ok = 1;
    if (!g->first)
        ok = femd_renew_ints(&g->first, n + 1) && femd_renew_ints(&g->cursor, n) && femd_renew_doubles(&e->row, 12 * n);
    if (ok && room > (size_t)e->room_gradients) {
        room += room / 8;
        ok = femd_renew_ints(&g->atom, room) && femd_renew_doubles(&g->g, 4 * room);
        e->room_gradients = ok ? (int)room : 0;
    }
    return ok ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the Hessian of %d atoms", e->n);
}

/* Bonds of every atom from both sides: entries at[..] are 2 k + side of bond k, side 1 where the atom is the partner.
 */
static femd_status pairs_both_sides(const femd_bonds *h, int **first, int **at, int **row, femd_error *err) {
    int n = h->n, all = h->first[n], *cursor;
    *first = calloc((size_t)n + 2, sizeof(int));
    *at = malloc((2 * (size_t)all + 1) * sizeof(int));
    *row = malloc(((size_t)all + 1) * sizeof(int));
    if (!*first || !*at || !*row) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the Hessian of %d atoms", n);
    cursor = *first + 1;
    for (int i = 0; i < n; i++)
        for (int k = h->first[i]; k < h->first[i + 1]; k++) {
            (*row)[k] = i;
            if (h->partner[k] == i) continue;
            cursor[i + 1]++;
            cursor[h->partner[k] + 1]++;
        }
    for (int i = 0; i < n; i++) cursor[i + 1] += cursor[i];
    for (int i = 0; i < n; i++)
        for (int k = h->first[i]; k < h->first[i + 1]; k++) {
            if (h->partner[k] == i) continue;
            (*at)[cursor[i]++] = 2 * k;
            (*at)[cursor[h->partner[k]]++] = 2 * k + 1;
        }
    return FEMD_OK; /* now first[i]..first[i+1] are the entries of atom i */
}

/* Gradients of the densities, each sorted by atom: atoms q in order append themselves to the densities they enter. */
static void pairs_fill_gradients(const femd_bonds *h, const int *first, const int *at, const int *row,
                                 femd_gradients *g) {
    int n = h->n;
    g->first[0] = 0;
    for (int m = 0; m < n; m++) {
        g->first[m + 1] = g->first[m] + 1 + first[m + 1] - first[m];
        g->cursor[m] = g->first[m];
    }
    for (int q = 0; q < n; q++) {
        g->atom[g->cursor[q]] = q;
        memset(g->g + 4 * (size_t)g->cursor[q]++, 0, 4 * sizeof(double));
        for (int k = first[q]; k < first[q + 1]; k++) {
            int bond = at[k] / 2, partner = at[k] & 1, m = partner ? row[bond] : h->partner[bond],
                last = g->cursor[m] - 1;
            double w = partner ? 2.0 * h->a1[bond] : -2.0 * h->b1[bond], *to;
            if (last < g->first[m] || g->atom[last] != q) {
                g->atom[++last] = q;
                memset(g->g + 4 * (size_t)last, 0, 4 * sizeof(double));
                g->cursor[m] = last + 1;
            }
            to = g->g + 4 * (size_t)last;
            to[0] += w * h->dx[bond];
            to[1] += w * h->dy[bond];
            to[2] += w * h->dz[bond];
        }
    }
}

/* Close the gaps that merged bonds left, and put minus the sum of the others at each atom's own entry. */
static void pairs_finish_gradients(femd_gradients *g, int n) {
    int to = 0;
    for (int m = 0; m < n; m++) {
        int from = g->first[m], end = g->cursor[m], own = 0;
        double sum[3] = {0, 0, 0};
        g->first[m] = to;
        for (int k = from; k < end; k++, to++) {
            g->atom[to] = g->atom[k];
            memmove(g->g + 4 * (size_t)to, g->g + 4 * (size_t)k, 4 * sizeof(double));
            if (g->atom[to] == m) own = to;
            for (int c = 0; c < 3; c++) sum[c] += g->g[4 * (size_t)to + (size_t)c];
        }
        for (int c = 0; c < 3; c++) g->g[4 * (size_t)own + (size_t)c] = -sum[c];
    }
    g->first[n] = to;
    for (int m = 0; m < n; m++) g->cursor[m] = g->first[m];
}

/* Pair blocks of the row of atom p, columns q > p, and its diagonal from both sides. */
static void pairs_row(const femd_bonds *h, const int *first, const int *at, const int *row, int p, double *acc) {
    size_t n = (size_t)h->n;
    for (int e = first[p]; e < first[p + 1]; e++) {
        int k = at[e] / 2, q = at[e] & 1 ? row[k] : h->partner[k];
        double d[3] = {h->dx[k], h->dy[k], h->dz[k]};
        for (size_t r = 0; r < 3; r++)
            for (size_t c = 0; c < 3; c++) {
                double block = h->p2[k] * d[r] * d[c] + (r == c ? h->p1[k] : 0.0);
                acc[4 * n * r + 4 * (size_t)p + c] += block;
                if (q > p) acc[4 * n * r + 4 * (size_t)q + c] -= block;
            }
    }
}

femd_status femd_pairs_fill(femd_energetics *e, double *H, femd_error *err) {
    int *first = NULL, *at = NULL, *row = NULL, n = e->n;
    size_t wide = 3 * (size_t)n;
    femd_status rc = pairs_room_for_gradients(e, err);
    if (rc == FEMD_OK) rc = pairs_both_sides(&e->held, &first, &at, &row, err);
    if (rc == FEMD_OK && e->functions) {
        pairs_fill_gradients(&e->held, first, at, row, &e->gradients);
        pairs_finish_gradients(&e->gradients, n);
    }
    for (int p = 0; rc == FEMD_OK && p < n; p++) {
        for (size_t r = 0; r < 3; r++)
            memset(e->row + 4 * (size_t)n * r + 4 * (size_t)p, 0, 4 * (size_t)(n - p) * sizeof(double));
        pairs_row(&e->held, first, at, row, p, e->row);
        if (e->functions) e->kernels->embedding_row(&e->gradients, e->fpp, n, p, e->row);
        for (size_t r = 0; r < 3; r++) {
            double *to = H + (3 * (size_t)p + r) * wide;
            const double *from = e->row + 4 * (size_t)n * r;
            for (int q = p; q < n; q++)
                for (int c = 0; c < 3; c++) to[3 * q + c] = from[4 * q + c];
        }
    }
    free(first);
    free(at);
    free(row);
    return rc;
}
