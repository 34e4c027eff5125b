/* The loops over bonds; see kernels.h. This file is compiled once for each numerics level, with FEMD_LEVEL naming its
 * table of functions and the compiler's -march deciding the vectors. Reductions run in a fixed order. Here bonds are
 * collected; what is done with them is in kernels_pairs.h, kernels_bonds.h and kernels_sw.h. */
#include "forces/kernels.h"

#include "forces/kernels_vec.h"

/* 1 in the first eight places, 0 after: a window into it keeps the first lanes of a vector. */
static const double keep_lanes[16] = {1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0};

/* 0 in the first eight places, far beyond any cutoff after. */
static const double far_lanes[16] = {0, 0, 0, 0, 0, 0, 0, 0, 1e100, 1e100, 1e100, 1e100, 1e100, 1e100, 1e100, 1e100};

/* Collect the bonds of atom i that are inside the cutoff at place `at` of the bond arrays, their s at *sq; returns how
 * many. */
INLINE int kernel_collect(const femd_sweep *w, int i, int at, double *sq) {
    const femd_neighbours *nb = w->nb;
    femd_bonds *b = w->bonds;
    const double *xi = w->xe + 4 * (ptrdiff_t)i;
    const double limit = w->p->cutsq;
    const vec x0 = vec_all(xi[0]), y0 = vec_all(xi[1]), z0 = vec_all(xi[2]);
    int count = 0, end = nb->first[i + 1];
    for (int k = nb->first[i]; k < end; k += LANES) {
        vec r[4];
        take4_index(w->xe, nb->list + k, r);
        vec dx = r[0] - x0, dy = r[1] - y0, dz = r[2] - z0;
        vec s = fma_vec(dx, dx, fma_vec(dy, dy, dz * dz));
        int to = at + count;
        int kept = keep_below(s, limit, dx, dy, dz, nb->list + k, sq + count, b->dx + to, b->dy + to, b->dz + to,
                              b->partner + to);
        if (end - k < LANES) { /* lanes of the next row: take back what they appended */
            kept = 0;
            for (int l = 0; l < end - k; l++) kept += s[l] < limit;
        }
        count += kept;
    }
    return count;
}

/* See kernels.h. No fused products, so that the list is the same at every level. */
static int kernel_within(const femd_neighbours *nb, const double p[3], double reach_sq, int least, int from, int to,
                         int *list, unsigned *hit) {
    const double *sx = nb->sorted, *sy = sx + nb->next, *sz = sy + nb->next, touching = 1e-12 * reach_sq;
    int count = 0;
#if LANES >= 4
    const vec x = vec_all(p[0]), y = vec_all(p[1]), z = vec_all(p[2]);
    for (int k = from; k < to; k += LANES) {
        vec dx = vec_load(sx + k) - x, dy = vec_load(sy + k) - y, dz = vec_load(sz + k) - z,
            s = dx * dx + dy * dy + dz * dz;
        s += vec_load(far_lanes + 8 - (to - k < LANES ? to - k : LANES));
        count += keep_partners(s, reach_sq, touching, nb->key + k, least, nb->order + k, list + count, hit);
    }
#else
    for (int k = from; k < to; k++) {
        double dx = sx[k] - p[0], dy = sy[k] - p[1], dz = sz[k] - p[2], s = dx * dx + dy * dy + dz * dz;
        int take = (s < reach_sq) & (nb->key[k] > least);
        list[count] = nb->order[k];
        count += take;
        *hit |= (unsigned)(take & (s < touching));
    }
#endif
    return count;
}

/* Collect the bonds of all rows, one behind the other; the last ones of no effect fill a vector. Returns how many,
 * whole vectors. */
INLINE int kernel_collect_rows(femd_sweep *w) {
    femd_bonds *b = w->bonds;
    int at = 0, whole;
    b->n = w->nb->n;
    for (int i = 0; i < b->n; i++) {
        int count = kernel_collect(w, i, at, w->s + at);
        b->first[i] = at;
        for (int k = 0; k < count; k++) b->row[at + k] = i;
        at += count;
    }
    b->first[b->n] = at;
    whole = (at + LANES - 1) / LANES * LANES;
    for (; at < whole; at++) {
        w->s[at] = w->p->cutsq;
        b->dx[at] = b->dy[at] = b->dz[at] = 0.0;
        b->partner[at] = b->row[at] = 0;
    }
    return whole;
}

static void kernel_bonds(femd_sweep *w) {
    int all = kernel_collect_rows(w);
    w->nearest_sq = w->p->cutsq;
    for (int k = 0; k < all; k++)
        if (!(w->s[k] >= w->nearest_sq)) w->nearest_sq = w->s[k];
}

#include "forces/kernels_bonds.h"
#include "forces/kernels_pairs.h"
#include "forces/kernels_sw.h"

const femd_kernels FEMD_LEVEL = {.level = FEMD_LEVEL_TEXT,
                                 .lanes = LANES,
                                 .within = kernel_within,
                                 .bonds = kernel_bonds,
                                 .lj_pairs = kernel_lj_pairs,
                                 .eam_pairs = kernel_eam_pairs,
                                 .forces = kernel_forces,
                                 .density_change = kernel_density_change,
                                 .apply = kernel_apply,
                                 .embedding_row = kernel_embedding_row,
                                 .lj_forces = kernel_lj_forces,
                                 .hold = kernel_hold,
                                 .flux = kernel_flux,
                                 .sw_pairs = kernel_sw_pairs,
                                 .sw_forces = kernel_sw_forces,
                                 .sw_flux = kernel_sw_flux,
                                 .sw_born = kernel_sw_born};
