/* Energies of the legs of an atom, see energetics_cluster.h: collects the legs, asks the form for the energy of each
 * atom over its own, and puts everything else together. It knows no potential. */
#include "forces/energetics_cluster.h"

#include <stdlib.h>

#include "femd/tensor3.h"
#include "forces/energetics_private.h"

void femd_clusters_clear(femd_clusters *c) {
    free(c->first);
    free(c->bond);
    free(c->atom);
    free(c->at);
    free(c->stiffness);
    free(c->gradient);
    free(c->leg);
    free(c->energy);
    free(c->v);
    free(c->y);
    free(c->far);
    free(c->scratch);
    memset(c, 0, sizeof *c);
}

static femd_status cluster_no_memory(const femd_energetics *e, femd_error *err) {
    return femd_fail(err, FEMD_NO_MEMORY, "no memory for the legs of %d atoms", e->n);
}

static femd_status cluster_room_for_legs(femd_energetics *e, int legs, femd_error *err) {
    femd_clusters *c = &e->clusters;
    if (!c->first) {
        c->first = malloc(((size_t)e->n + 2) * sizeof(int));
        c->at = malloc(((size_t)e->n + 1) * sizeof(size_t));
        c->energy = femd_aligned_doubles((size_t)e->n);
    }
    if (!c->first || !c->at || !c->energy) return cluster_no_memory(e, err);
    if (legs <= c->room_legs) return FEMD_OK;
    const size_t room = (size_t)(legs + legs / 8 + 16);
    const int ok = femd_renew_ints(&c->bond, room) && femd_renew_ints(&c->atom, room) &&
                   femd_renew_doubles(&c->gradient, 3 * room) && femd_renew_doubles(&c->leg, 3 * room);
    c->room_legs = ok ? (int)room : 0;
    return ok ? FEMD_OK : cluster_no_memory(e, err);
}

/* Room for `most` legs of one atom, and for all matrices. */
static femd_status cluster_room_for_matrices(femd_energetics *e, int most, size_t stiffness, femd_error *err) {
    femd_clusters *c = &e->clusters;
    if (stiffness > c->room_stiffness) {
        const int ok = femd_renew_doubles(&c->stiffness, stiffness + stiffness / 4);
        c->room_stiffness = ok ? stiffness + stiffness / 4 : 0;
        if (!ok) return cluster_no_memory(e, err);
    }
    if (most > c->room_one) {
        free(c->scratch);
        c->scratch = malloc((size_t)most * (e->form->leg ? e->form->leg : 1));
        const int ok = c->scratch && femd_renew_doubles(&c->v, 3 * (size_t)most) &&
                       femd_renew_doubles(&c->y, 3 * (size_t)most) && femd_renew_ints(&c->far, (size_t)most);
        c->room_one = ok ? most : 0;
        if (!ok) return cluster_no_memory(e, err);
    }
    return FEMD_OK;
}

femd_status femd_clusters_collect(femd_energetics *e, int matrices, femd_error *err) {
    const femd_bonds *b = &e->bonds;
    const int *owner = e->last.nb->owner;
    femd_clusters *c = &e->clusters;
    int n = e->n, bonds = b->first[n], most = 0, *cursor;
    size_t stiffness = 0;
    FEMD_TRY(cluster_room_for_legs(e, 2 * bonds, err));
    memset(c->first, 0, ((size_t)n + 2) * sizeof(int));
    cursor = c->first + 1;
    for (int k = 0; k < bonds; k++) {
        cursor[b->row[k] + 1]++;
        cursor[owner[b->partner[k]] + 1]++;
    }
    for (int i = 0; i < n; i++) cursor[i + 1] += cursor[i];
    for (int k = 0; k < bonds; k++) {
        int i = b->row[k], j = owner[b->partner[k]], to = cursor[i]++;
        c->bond[to] = 2 * k;
        c->atom[to] = j;
        to = cursor[j]++;
        c->bond[to] = 2 * k + 1;
        c->atom[to] = i;
    }
    for (int i = 0; i < n; i++) {
        const int legs = c->first[i + 1] - c->first[i];
        c->at[i] = stiffness;
        if (matrices) stiffness += 9 * (size_t)legs * (size_t)legs;
        if (legs > most) most = legs;
    }
    c->at[n] = stiffness;
    return cluster_room_for_matrices(e, most, stiffness, err);
}

/* Ask the form for the energy of atom i (NULL: not wanted), the gradient over its legs, and the matrix if wanted. */
static void cluster_ask(femd_energetics *e, int i, double *energy, int matrix) {
    femd_clusters *c = &e->clusters;
    const femd_bonds *b = &e->bonds;
    const size_t from = (size_t)c->first[i], legs = (size_t)c->first[i + 1] - from;
    const femd_cluster at = {.e = e,
                             .atom = i,
                             .species = e->species[i],
                             .legs = (int)legs,
                             .far = c->far,
                             .leg = c->leg + 3 * from,
                             .bond = c->bond + from,
                             .energy = energy,
                             .gradient = c->gradient + 3 * from,
                             .stiffness = matrix ? c->stiffness + c->at[i] : NULL,
                             .scratch = c->scratch};
    for (size_t a = 0; a < legs; a++) {
        const int k = at.bond[a] / 2, side = at.bond[a] & 1;
        const double sign = side ? -1.0 : 1.0;
        double *d = c->leg + 3 * (from + a);
        d[0] = sign * b->dx[k];
        d[1] = sign * b->dy[k];
        d[2] = sign * b->dz[k];
        c->far[a] = e->species[c->atom[from + a]];
    }
    if (energy) *energy = 0.0;
    memset(at.gradient, 0, 3 * legs * sizeof(double));
    if (matrix) memset(at.stiffness, 0, 9 * legs * legs * sizeof(double));
    e->form->cluster(&at);
}

femd_status femd_clusters_sweep(femd_energetics *e, int order, double *W, femd_error *err) {
    (void)order;
    e->kernels->bonds(&e->last);
    FEMD_TRY(femd_clusters_collect(e, 0, err));
    *W = 0.0;
    for (int i = 0; i < e->n; i++) {
        cluster_ask(e, i, &e->clusters.energy[i], 0);
        *W += e->clusters.energy[i];
    }
    return FEMD_OK;
}

void femd_clusters_spread(const femd_energetics *e, double tau[6]) {
    const femd_clusters *c = &e->clusters;
    const femd_bonds *b = &e->bonds;
    for (int v = 0; v < 6; v++) tau[v] = 0.0;
    for (int leg = 0; leg < c->first[e->n]; leg++) {
        const int k = c->bond[leg] / 2, side = c->bond[leg] & 1;
        const double *g = c->gradient + 3 * (size_t)leg, *d = c->leg + 3 * (size_t)leg;
        double *here = e->fe + 4 * (size_t)(side ? b->partner[k] : b->row[k]),
               *there = e->fe + 4 * (size_t)(side ? b->row[k] : b->partner[k]);
        for (int i = 0; i < 3; i++) {
            here[i] += g[i];
            there[i] -= g[i];
        }
        for (int v = 0; v < 6; v++) {
            const int p = femd_voigt_i[v], q = femd_voigt_j[v];
            tau[v] += 0.5 * (g[p] * d[q] + g[q] * d[p]);
        }
    }
}

void femd_clusters_carried(const femd_energetics *e, double *energy) {
    memcpy(energy, e->clusters.energy, (size_t)e->n * sizeof *energy);
}

void femd_clusters_flux(const femd_energetics *e, const double *v, double J[3]) {
    const femd_clusters *c = &e->clusters;
    const femd_bonds *b = &e->bonds;
    for (int leg = 0; leg < c->first[e->n]; leg++) {
        const int k = c->bond[leg] / 2, side = c->bond[leg] & 1;
        const double *g = c->gradient + 3 * (size_t)leg, *d = c->leg + 3 * (size_t)leg,
                     *u = v + 4 * (size_t)(side ? b->row[k] : b->partner[k]);
        const double power = g[0] * u[0] + g[1] * u[1] + g[2] * u[2];
        for (int i = 0; i < 3; i++) J[i] -= power * d[i];
    }
}

/* to = S_v d. */
static void cluster_strained(int v, const double d[3], double to[3]) {
    to[0] = to[1] = to[2] = 0.0;
    to[femd_voigt_i[v]] += 0.5 * d[femd_voigt_j[v]];
    to[femd_voigt_j[v]] += 0.5 * d[femd_voigt_i[v]];
}

/* Terms of atom i in L and B, and its part of tau. */
static void cluster_strain_terms(femd_energetics *e, int i, double *L, double *B, double tau[9]) {
    femd_clusters *c = &e->clusters;
    size_t from = (size_t)c->first[i], m = (size_t)c->first[i + 1] - from, wide = 3 * m;
    const double *K = c->stiffness + c->at[i], *gradient = c->gradient + 3 * from, *d = c->leg + 3 * from;
    for (size_t a = 0; a < m; a++)
        for (int r = 0; r < 3; r++)
            for (int k = 0; k < 3; k++) tau[3 * r + k] += gradient[3 * a + (size_t)r] * d[3 * a + (size_t)k];
    for (int w = 0; w < 6; w++) {
        for (size_t a = 0; a < m; a++) cluster_strained(w, d + 3 * a, c->v + 3 * a);
        for (size_t r = 0; r < wide; r++) {
            double sum = 0.0;
            for (size_t k = 0; k < wide; k++) sum += K[r * wide + k] * c->v[k];
            c->y[r] = sum;
        }
        for (int v = 0; B && v <= w; v++) {
            double sum = 0.0, s[3];
            for (size_t a = 0; a < m; a++) {
                cluster_strained(v, d + 3 * a, s);
                for (size_t k = 0; k < 3; k++) sum += s[k] * c->y[3 * a + k];
            }
            B[6 * v + w] += sum;
        }
        for (size_t a = 0; L && a < m; a++) {
            double s[3];
            cluster_strained(w, gradient + 3 * a, s);
            for (size_t k = 0; k < 3; k++) {
                L[(3 * (size_t)c->atom[from + a] + k) * 6 + (size_t)w] += c->y[3 * a + k] + s[k];
                L[(3 * (size_t)i + k) * 6 + (size_t)w] -= c->y[3 * a + k] + s[k];
            }
        }
    }
}

/* - tau : (S_v S_w + S_w S_v)/2, and the lower triangle. */
static void cluster_finish_b(const double tau[9], double B[36]) {
    for (int v = 0; v < 6; v++)
        for (int w = v; w < 6; w++) {
            for (int k = 0; k < 3; k++) {
                double unit[3] = {k == 0, k == 1, k == 2}, a[3], b[3];
                cluster_strained(w, unit, a);
                cluster_strained(v, a, b); /* column k of S_v S_w; tau is symmetric */
                for (int r = 0; r < 3; r++) B[6 * v + w] -= 0.5 * (tau[3 * r + k] + tau[3 * k + r]) * b[r];
            }
            B[6 * w + v] = B[6 * v + w];
        }
}

femd_status femd_clusters_prepare(femd_energetics *e, double *L, double B[36], femd_error *err) {
    double tau[9] = {0};
    FEMD_TRY(femd_clusters_collect(e, 1, err));
    if (B) memset(B, 0, 36 * sizeof *B);
    for (int i = 0; i < e->n; i++) {
        cluster_ask(e, i, NULL, 1);
        if (L || B) cluster_strain_terms(e, i, L, B, tau);
    }
    if (B) cluster_finish_b(tau, B);
    return FEMD_OK;
}

void femd_clusters_apply(femd_energetics *e, const double *v, double *y) {
    femd_clusters *c = &e->clusters;
    memset(y, 0, 3 * (size_t)e->n * sizeof *y);
    for (int i = 0; i < e->n; i++) {
        size_t from = (size_t)c->first[i], m = (size_t)c->first[i + 1] - from, wide = 3 * m;
        const double *K = c->stiffness + c->at[i], *vi = v + 3 * (size_t)i;
        double *yi = y + 3 * (size_t)i;
        for (size_t a = 0; a < m; a++)
            for (size_t k = 0; k < 3; k++) c->v[3 * a + k] = v[3 * (size_t)c->atom[from + a] + k] - vi[k];
        for (size_t r = 0; r < wide; r++) {
            double sum = 0.0;
            for (size_t k = 0; k < wide; k++) sum += K[r * wide + k] * c->v[k];
            y[3 * (size_t)c->atom[from + r / 3] + r % 3] += sum;
            yi[r % 3] -= sum;
        }
    }
}

/* H (p, q) += sign block, if it is on or above the diagonal of atoms. */
static void cluster_add_block(double *H, size_t wide_h, int p, int q, double sign, const double *K, size_t wide) {
    if (q < p) return;
    for (size_t r = 0; r < 3; r++)
        for (size_t c = 0; c < 3; c++) H[(3 * (size_t)p + r) * wide_h + 3 * (size_t)q + c] += sign * K[r * wide + c];
}

femd_status femd_clusters_fill(femd_energetics *e, double *H, femd_error *err) {
    (void)err;
    const femd_clusters *c = &e->clusters;
    size_t wide_h = 3 * (size_t)e->n;
    memset(H, 0, wide_h * wide_h * sizeof *H);
    for (int i = 0; i < e->n; i++) {
        size_t from = (size_t)c->first[i], m = (size_t)c->first[i + 1] - from, wide = 3 * m;
        for (size_t a = 0; a < m; a++)
            for (size_t b = 0; b < m; b++) {
                const double *K = c->stiffness + c->at[i] + 3 * a * wide + 3 * b;
                int p = c->atom[from + a], q = c->atom[from + b];
                cluster_add_block(H, wide_h, p, q, 1.0, K, wide);
                cluster_add_block(H, wide_h, p, i, -1.0, K, wide);
                cluster_add_block(H, wide_h, i, q, -1.0, K, wide);
                cluster_add_block(H, wide_h, i, i, 1.0, K, wide);
            }
    }
    return FEMD_OK;
}

/* block += sign K where both ends are atom p. */
static void cluster_add_onsite(double *blocks, int p, int q, double sign, const double *K, size_t wide) {
    if (p != q) return;
    for (size_t r = 0; r < 3; r++)
        for (size_t c = 0; c < 3; c++) blocks[9 * (size_t)p + 3 * r + c] += sign * K[r * wide + c];
}

femd_status femd_clusters_onsite(const femd_energetics *e, double *blocks, femd_error *err) {
    (void)err;
    const femd_clusters *c = &e->clusters;
    memset(blocks, 0, 9 * (size_t)e->n * sizeof *blocks);
    for (int i = 0; i < e->n; i++) {
        size_t from = (size_t)c->first[i], m = (size_t)c->first[i + 1] - from, wide = 3 * m;
        for (size_t a = 0; a < m; a++)
            for (size_t b = 0; b < m; b++) {
                const double *K = c->stiffness + c->at[i] + 3 * a * wide + 3 * b;
                int p = c->atom[from + a], q = c->atom[from + b];
                cluster_add_onsite(blocks, p, q, 1.0, K, wide);
                cluster_add_onsite(blocks, p, i, -1.0, K, wide);
                cluster_add_onsite(blocks, i, q, -1.0, K, wide);
                cluster_add_onsite(blocks, i, i, 1.0, K, wide);
            }
    }
    for (int i = 0; i < e->n; i++) /* the upper triangle is the one that the whole matrix is made of */
        for (int r = 0; r < 3; r++)
            for (int k = 0; k < r; k++) blocks[9 * i + 3 * r + k] = blocks[9 * i + 3 * k + r];
    return FEMD_OK;
}
