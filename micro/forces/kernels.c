/* The loops over bonds; see kernels.h. This file is compiled once for each numerics level, with FEMD_LEVEL naming its
 * table of functions and the compiler's -march deciding the vectors. Reductions run in a fixed order. */
#include "forces/kernels.h"

#include "forces/kernels_vec.h"
#include "potentials/potential_eam.h"
#include "potentials/potential_lj.h"
#include "potentials/potential_sw.h"

/* 1 in the first eight places, 0 after: a window into it keeps the first lanes of a vector. */
static const double keep_lanes[16] = {1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0};

/* 0 in the first eight places, far beyond any cutoff after. */
static const double far_lanes[16] = {0, 0, 0, 0, 0, 0, 0, 0, 1e100, 1e100, 1e100, 1e100, 1e100, 1e100, 1e100, 1e100};

/* What pairs_of is made for: tables over s, tables over r, Lennard-Jones. */
enum { OVER_SQUARE, OVER_RADIUS, CLOSED_LJ };

/* One function of s and its first two derivatives. */
typedef struct jet {
    vec f, f1, f2;
} jet;

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

INLINE jet cubic(const vec c[4], vec p, vec scale, int order) {
    jet j;
    j.f = fma_vec(fma_vec(fma_vec(c[3], p, c[2]), p, c[1]), p, c[0]);
    j.f1 = fma_vec(fma_vec(3.0 * c[3], p, 2.0 * c[2]), p, c[1]) * scale;
    j.f2 = order > 1 ? fma_vec(6.0 * c[3], p, 2.0 * c[2]) * scale * scale : (vec){0};
    return j;
}

/* From derivatives with respect to r to those with respect to s = r^2. */
INLINE jet to_square(jet j, vec inv_r, vec inv_s, int order) {
    jet o;
    o.f = j.f;
    o.f1 = 0.5 * j.f1 * inv_r;
    o.f2 = order > 1 ? 0.25 * (j.f2 - j.f1 * inv_r) * inv_s : (vec){0};
    return o;
}

/* The pair function and both densities at s for LANES bonds of atom species ti with partners of species tj. */
INLINE void evaluate_tables(const femd_eam_tables *p, vec s, int ti, const int *tj, int form, int densities, int order,
                            jet *phi, jet *ra, jet *rb) {
    const double *at[LANES];
    int k[LANES];
    vec c[4], r = s, whole, t;
    if (form == OVER_RADIUS) r = vec_sqrt(s);
    t = (r - p->origin) * p->scale;
    t = vec_max(t, vec_all(0.0));
    whole = vec_split(vec_min(t, vec_all((double)(p->knots - 2))), k);
    t = vec_min(t - whole, vec_all(1.0));
    for (int l = 0; l < LANES; l++) {
        ptrdiff_t row = k[l];
        if (densities == 2) row += (ptrdiff_t)(ti * p->nspecies + tj[l]) * p->knots;
        at[l] = p->pair + row * (densities == 2 ? 12 : 8);
    }
    vec scale = vec_all(p->scale);
    take4(at, c);
    *phi = cubic(c, t, scale, order);
    for (int l = 0; l < LANES; l++) at[l] += 4;
    take4(at, c);
    *ra = cubic(c, t, scale, order);
    if (densities == 2) {
        for (int l = 0; l < LANES; l++) at[l] += 4;
        take4(at, c);
        *rb = cubic(c, t, scale, order);
    }
    if (form == OVER_RADIUS) { /* the table holds z = r phi */
        vec inv_r = 1.0 / r, inv_s = inv_r * inv_r;
        jet z = *phi, q;
        q.f = z.f * inv_r;
        q.f1 = (z.f1 - q.f) * inv_r;
        q.f2 = order > 1 ? (z.f2 - 2.0 * q.f1) * inv_r : (vec){0};
        *phi = to_square(q, inv_r, inv_s, order);
        *ra = to_square(*ra, inv_r, inv_s, order);
        if (densities == 2) *rb = to_square(*rb, inv_r, inv_s, order);
    }
    if (densities != 2) *rb = *ra;
}

/* (c12/s^6 - c6/s^3) S(t), see femd_lj; 0 from the pair's own cutoff on. tj is not read if there is one species;
 * `smooth` 0 leaves S out. */
INLINE void evaluate_lj(const femd_lj *lj, int nspecies, vec s, int ti, const int *tj, int smooth, int order,
                        jet *phi) {
    vec c6 = vec_all(lj[0].c6), c12 = vec_all(lj[0].c12), from = vec_all(lj[0].switch_sq),
        scale = vec_all(lj[0].switch_scale);
    vec cutsq = vec_all(lj[0].cutsq);
    if (tj)
        for (int l = 0; l < LANES; l++) {
            const femd_lj *q = &lj[ti * nspecies + tj[l]];
            c6[l] = q->c6;
            c12[l] = q->c12;
            from[l] = q->switch_sq;
            scale[l] = q->switch_scale;
            cutsq[l] = q->cutsq;
        }
    vec_bits inside = s < cutsq;
    vec u = vec_keep(inside, 1.0 / s), a = u * u * u, b = c12 * a;
    vec f = a * (b - c6);
    vec f1 = a * u * fma_vec(vec_all(-6.0), b, 3.0 * c6);
    vec f2 = a * u * u * (42.0 * b - 12.0 * c6);
    if (!smooth) {
        phi->f = f;
        phi->f1 = f1;
        phi->f2 = f2;
        return;
    }
    vec t = vec_min(vec_max((s - from) * scale, vec_all(0.0)), vec_all(1.0)), q = 1.0 - t;
    vec w = 1.0 - t * t * t * (10.0 - t * (15.0 - 6.0 * t));
    vec w1 = -30.0 * t * t * q * q * scale;
    vec w2 = -60.0 * t * q * (1.0 - 2.0 * t) * scale * scale;
    phi->f = f * w;
    phi->f1 = f1 * w + f * w1;
    phi->f2 = order > 1 ? f2 * w + 2.0 * f1 * w1 + f * w2 : (vec){0};
}

INLINE void pairs_of(femd_sweep *w, int form, int densities, int order) {
    const femd_potential *p = w->p;
    const femd_eam_tables *tables = p->parameters;
    const femd_lj *lj = p->parameters;
    femd_bonds *b = w->bonds;
    vec energy = {0}, nearest = vec_all(p->cutsq);
    int at = 0, types[LANES] = {0};
    b->n = w->nb->n;
    for (int i = 0; i < b->n; i++) {
        int count = kernel_collect(w, i, at, w->s), whole = (count + LANES - 1) / LANES * LANES;
        int ti = w->species[i];
        vec density = {0};
        b->first[i] = at;
        for (int k = count; k < whole; k++) {
            w->s[k] = p->cutsq;
            b->dx[at + k] = b->dy[at + k] = b->dz[at + k] = 0.0;
            b->partner[at + k] = i;
        }
        for (int k = 0; k < whole; k += LANES, at += LANES) {
            jet phi, ra = {{0}, {0}, {0}}, rb = {{0}, {0}, {0}};
            vec s = vec_load(w->s + k);
            vec keep = vec_load(keep_lanes + 8 - (count - k < LANES ? count - k : LANES));
            nearest = vec_min(nearest, s);
            if (densities != 1)
                for (int l = 0; l < LANES; l++) types[l] = w->species[b->partner[at + l]];
            if (form == CLOSED_LJ) {
                evaluate_lj(lj, p->nspecies, s, ti, types, 1, order, &phi);
            } else {
                evaluate_tables(tables, s, ti, types, form, densities, order, &phi, &ra, &rb);
                density = fma_vec(ra.f, keep, density);
                give1(w->rho, b->partner + at, rb.f * keep);
                vec_store(b->a1 + at, ra.f1 * keep);
                if (densities == 2) vec_store(b->b1 + at, rb.f1 * keep);
                if (order > 1) vec_store(b->a2 + at, ra.f2 * keep);
                if (order > 1 && densities == 2) vec_store(b->b2 + at, rb.f2 * keep);
            }
            energy = fma_vec(phi.f, keep, energy);
            if (b->p0) vec_store(b->p0 + at, phi.f * keep);
            vec_store(b->p1 + at, phi.f1 * keep);
            if (order > 1) vec_store(b->p2 + at, phi.f2 * keep);
        }
        if (form != CLOSED_LJ) w->rho[i] += vec_sum(density);
    }
    b->first[b->n] = at;
    w->energy = vec_sum(energy);
    w->nearest_sq = nearest[0];
    for (int l = 1; l < LANES; l++)
        if (!(nearest[l] >= w->nearest_sq)) w->nearest_sq = nearest[l];
}

INLINE void eam_pairs_of(femd_sweep *w, int order) {
    const femd_eam_tables *t = femd_eam_tables_of(w->p);
    if (!t->over_radius && t->densities == 1)
        pairs_of(w, OVER_SQUARE, 1, order);
    else if (!t->over_radius)
        pairs_of(w, OVER_SQUARE, 2, order);
    else if (t->densities == 1)
        pairs_of(w, OVER_RADIUS, 1, order);
    else
        pairs_of(w, OVER_RADIUS, 2, order);
}

static void eam_pairs_first(femd_sweep *w) {
    eam_pairs_of(w, 1);
}
static void eam_pairs_second(femd_sweep *w) {
    eam_pairs_of(w, 2);
}
static void eam_pairs(femd_sweep *w, int order) {
    if (order > 1)
        eam_pairs_second(w);
    else
        eam_pairs_first(w);
}

static void lj_pairs(femd_sweep *w, int order) {
    if (order > 1)
        pairs_of(w, CLOSED_LJ, 0, 2);
    else
        pairs_of(w, CLOSED_LJ, 0, 1);
}

/* Straight over the list: what Lennard-Jones costs is less than to sort out the bonds within the cutoff. */
INLINE void lj_forces_of(femd_sweep *w, double *f, double tau[6], int many, int smooth) {
    const femd_neighbours *nb = w->nb;
    const femd_lj *lj = femd_lj_of(w->p);
    vec t[6] = {{0}, {0}, {0}, {0}, {0}, {0}}, energy = {0}, nearest = vec_all(w->p->cutsq);
    int types[LANES] = {0};
    for (int i = 0; i < nb->n; i++) {
        const double *xi = w->xe + 4 * (ptrdiff_t)i;
        const vec x0 = vec_all(xi[0]), y0 = vec_all(xi[1]), z0 = vec_all(xi[2]);
        vec fx = {0}, fy = {0}, fz = {0};
        int end = nb->first[i + 1];
        for (int k = nb->first[i]; k < end; k += LANES) {
            vec r[4];
            jet phi;
            take4_index(w->xe, nb->list + k, r);
            vec dx = r[0] - x0, dy = r[1] - y0, dz = r[2] - z0;
            vec s = fma_vec(dx, dx, fma_vec(dy, dy, dz * dz));
            s += vec_load(far_lanes + 8 - (end - k < LANES ? end - k : LANES)); /* lanes of the next row */
            nearest = vec_min(nearest, s);
            if (many)
                for (int l = 0; l < LANES; l++) types[l] = w->species[nb->list[k + l]];
            evaluate_lj(lj, w->p->nspecies, s, w->species[i], many ? types : NULL, smooth, 1, &phi);
            energy += phi.f;
            vec c = phi.f1 + phi.f1, gx = c * dx, gy = c * dy, gz = c * dz;
            fx += gx;
            fy += gy;
            fz += gz;
            give3(f, nb->list + k, gx, gy, gz);
            t[0] = fma_vec(gx, dx, t[0]);
            t[1] = fma_vec(gy, dy, t[1]);
            t[2] = fma_vec(gz, dz, t[2]);
            t[3] = fma_vec(gy, dz, t[3]);
            t[4] = fma_vec(gx, dz, t[4]);
            t[5] = fma_vec(gx, dy, t[5]);
        }
        f[4 * i] += vec_sum(fx);
        f[4 * i + 1] += vec_sum(fy);
        f[4 * i + 2] += vec_sum(fz);
    }
    for (int c = 0; c < 6; c++) tau[c] = vec_sum(t[c]);
    w->energy = vec_sum(energy);
    w->nearest_sq = nearest[0];
    for (int l = 1; l < LANES; l++)
        if (!(nearest[l] >= w->nearest_sq)) w->nearest_sq = nearest[l];
}

static void lj_forces(femd_sweep *w, double *f, double tau[6]) {
    if (w->p->nspecies > 1)
        lj_forces_of(w, f, tau, 1, 1);
    else if (femd_lj_of(w->p)[0].switch_scale != 0.0)
        lj_forces_of(w, f, tau, 0, 1);
    else
        lj_forces_of(w, f, tau, 0, 0);
}

INLINE void forces_of(const femd_bonds *b, const double *fp, double *f, double tau[6], int embedded) {
    vec t[6] = {{0}, {0}, {0}, {0}, {0}, {0}};
    for (int i = 0; i < b->n; i++) {
        vec fx = {0}, fy = {0}, fz = {0}, fpi = vec_all(embedded ? fp[i] : 0.0);
        for (int k = b->first[i]; k < b->first[i + 1]; k += LANES) {
            vec dx = vec_load(b->dx + k), dy = vec_load(b->dy + k), dz = vec_load(b->dz + k);
            vec c = vec_load(b->p1 + k);
            if (embedded) {
                vec fpj = take1(fp, b->partner + k);
                c = fma_vec(fpi, vec_load(b->a1 + k), c);
                c = fma_vec(fpj, vec_load(b->b1 + k), c);
            }
            c = c + c;
            vec gx = c * dx, gy = c * dy, gz = c * dz;
            fx += gx;
            fy += gy;
            fz += gz;
            give3(f, b->partner + k, gx, gy, gz);
            t[0] = fma_vec(gx, dx, t[0]);
            t[1] = fma_vec(gy, dy, t[1]);
            t[2] = fma_vec(gz, dz, t[2]);
            t[3] = fma_vec(gy, dz, t[3]);
            t[4] = fma_vec(gx, dz, t[4]);
            t[5] = fma_vec(gx, dy, t[5]);
        }
        f[4 * i] += vec_sum(fx);
        f[4 * i + 1] += vec_sum(fy);
        f[4 * i + 2] += vec_sum(fz);
    }
    for (int c = 0; c < 6; c++) tau[c] = vec_sum(t[c]);
}

static void kernel_forces(const femd_bonds *b, const double *fp, double *f, double tau[6]) {
    if (fp)
        forces_of(b, fp, f, tau, 1);
    else
        forces_of(b, NULL, f, tau, 0);
}

static void density_change(const femd_bonds *b, const double *v, double *along, double *dot) {
    for (int i = 0; i < b->n; i++) {
        vec x0 = vec_all(v[4 * i]), y0 = vec_all(v[4 * i + 1]), z0 = vec_all(v[4 * i + 2]), sum = {0};
        for (int k = b->first[i]; k < b->first[i + 1]; k += LANES) {
            vec r[4];
            take4_index(v, b->partner + k, r);
            vec a = (r[0] - x0) * vec_load(b->dx + k) + (r[1] - y0) * vec_load(b->dy + k) +
                    (r[2] - z0) * vec_load(b->dz + k);
            vec_store(along + k, a);
            if (!dot) continue;
            sum += 2.0 * a * vec_load(b->a1 + k);
            give1(dot, b->partner + k, 2.0 * a * vec_load(b->b1 + k));
        }
        if (dot) dot[i] += vec_sum(sum);
    }
}

static void kernel_apply(const femd_bonds *b, const double *v, const double *along, const double *q, double *y) {
    for (int i = 0; i < b->n; i++) {
        vec x0 = vec_all(v[4 * i]), y0 = vec_all(v[4 * i + 1]), z0 = vec_all(v[4 * i + 2]);
        vec sx = {0}, sy = {0}, sz = {0}, qi = vec_all(q ? q[i] : 0.0);
        for (int k = b->first[i]; k < b->first[i + 1]; k += LANES) {
            vec r[4], c = vec_load(b->p2 + k) * vec_load(along + k), a = vec_load(b->p1 + k);
            take4_index(v, b->partner + k, r);
            if (q) c += 2.0 * (qi * vec_load(b->a1 + k) + take1(q, b->partner + k) * vec_load(b->b1 + k));
            vec gx = a * (r[0] - x0) + c * vec_load(b->dx + k);
            vec gy = a * (r[1] - y0) + c * vec_load(b->dy + k);
            vec gz = a * (r[2] - z0) + c * vec_load(b->dz + k);
            sx += gx;
            sy += gy;
            sz += gz;
            give3(y, b->partner + k, -gx, -gy, -gz);
        }
        y[4 * i] -= vec_sum(sx);
        y[4 * i + 1] -= vec_sum(sy);
        y[4 * i + 2] -= vec_sum(sz);
    }
}

static void embedding_row(const femd_gradients *g, const double *fpp, int n, int p, double *acc) {
    double *row0 = acc, *row1 = acc + 4 * (size_t)n, *row2 = acc + 8 * (size_t)n;
    for (int e = g->first[p]; e < g->first[p + 1]; e++) {
        int m = g->atom[e], from = g->cursor[m]++, to = g->first[m + 1];
        const double *gp = g->g + 4 * (size_t)from;
        quad w0 = fpp[m] * gp[0] - (quad){0}, w1 = fpp[m] * gp[1] - (quad){0}, w2 = fpp[m] * gp[2] - (quad){0};
        for (int k = from; k < to; k++) {
            quad gq = *(const quad_any *)(g->g + 4 * (size_t)k);
            size_t at = 4 * (size_t)g->atom[k];
            *(quad_any *)(row0 + at) = fma_quad(w0, gq, *(quad_any *)(row0 + at));
            *(quad_any *)(row1 + at) = fma_quad(w1, gq, *(quad_any *)(row1 + at));
            *(quad_any *)(row2 + at) = fma_quad(w2, gq, *(quad_any *)(row2 + at));
        }
    }
}

INLINE void hold_of(const femd_bonds *b, const femd_neighbours *nb, const double *fp, femd_bonds *h, double *rate,
                    double B[36], int embedded, int two) {
    vec sum[21];
    for (int m = 0; m < 21; m++) sum[m] = (vec){0};
    h->n = b->n;
    for (int i = 0; i < b->n; i++) {
        vec fpi = vec_all(embedded ? fp[i] : 0.0), ti[6] = {{0}, {0}, {0}, {0}, {0}, {0}};
        h->first[i] = b->first[i];
        for (int k = b->first[i]; k < b->first[i + 1]; k += LANES) {
            vec d[3] = {vec_load(b->dx + k), vec_load(b->dy + k), vec_load(b->dz + k)}, p1 = vec_load(b->p1 + k),
                p2 = vec_load(b->p2 + k), a1, b1;
            for (int l = 0; l < LANES; l++) h->partner[k + l] = nb->owner[b->partner[k + l]];
            vec_store(h->dx + k, d[0]);
            vec_store(h->dy + k, d[1]);
            vec_store(h->dz + k, d[2]);
            if (embedded) {
                vec fpj = take1(fp, b->partner + k), a2 = vec_load(b->a2 + k);
                a1 = b1 = vec_load(b->a1 + k);
                vec_store(h->a1 + k, a1);
                if (two) {
                    b1 = vec_load(b->b1 + k);
                    vec_store(h->b1 + k, b1);
                    p1 = fma_vec(fpi, a1, fma_vec(fpj, b1, p1));
                    p2 = fma_vec(fpi, a2, fma_vec(fpj, vec_load(b->b2 + k), p2));
                } else {
                    p1 = fma_vec(fpi + fpj, a1, p1);
                    p2 = fma_vec(fpi + fpj, a2, p2);
                }
            }
            p1 = 2.0 * p1;
            p2 = 4.0 * p2;
            vec_store(h->p1 + k, p1);
            vec_store(h->p2 + k, p2);
            if (!B) continue;
            vec rr[6] = {d[0] * d[0], d[1] * d[1], d[2] * d[2], d[1] * d[2], d[0] * d[2], d[0] * d[1]};
            for (int v = 0, m = 0; v < 6; v++) {
                vec c = p2 * rr[v];
                for (int u = v; u < 6; u++, m++) sum[m] = fma_vec(c, rr[u], sum[m]);
            }
            if (!embedded) continue;
            quad q[LANES];
            vec c = a1 + a1;
            for (int v = 0; v < 6; v++) ti[v] = fma_vec(c, rr[v], ti[v]);
            c = b1 + b1;
            to_rows(c * rr[0], c * rr[1], c * rr[2], c * rr[3], q);
            for (int l = 0; l < LANES; l++) quad_add(rate + 8 * (ptrdiff_t)h->partner[k + l], q[l]);
            to_rows(c * rr[4], c * rr[5], (vec){0}, (vec){0}, q);
            for (int l = 0; l < LANES; l++) quad_add(rate + 8 * (ptrdiff_t)h->partner[k + l] + 4, q[l]);
        }
        for (int v = 0; B && embedded && v < 6; v++) rate[8 * (ptrdiff_t)i + v] += vec_sum(ti[v]);
    }
    h->first[b->n] = b->first[b->n];
    for (int v = 0, m = 0; B && v < 6; v++)
        for (int u = v; u < 6; u++, m++) B[6 * v + u] = B[6 * u + v] = vec_sum(sum[m]);
}

static void kernel_hold(const femd_bonds *b, const femd_neighbours *nb, const double *fp, femd_bonds *h, double *rate,
                        double B[36]) {
    if (!fp)
        hold_of(b, nb, NULL, h, rate, B, 0, 0);
    else if (b->a1 == b->b1)
        hold_of(b, nb, fp, h, rate, B, 1, 0);
    else
        hold_of(b, nb, fp, h, rate, B, 1, 1);
}

static void kernel_flux(const femd_bonds *b, const double *fp, const double *v, double J[3]) {
    vec sum[3] = {{0}, {0}, {0}};
    for (int i = 0; i < b->n; i++) {
        vec vi[3] = {vec_all(v[4 * i]), vec_all(v[4 * i + 1]), vec_all(v[4 * i + 2])}, fpi = vec_all(fp ? fp[i] : 0.0);
        for (int k = b->first[i]; k < b->first[i + 1]; k += LANES) {
            vec d[3] = {vec_load(b->dx + k), vec_load(b->dy + k), vec_load(b->dz + k)},
                half = 0.5 * vec_load(b->p0 + k), vj[4];
            vec ci = vec_load(b->p1 + k), cj = ci;
            take4_index(v, b->partner + k, vj);
            if (fp) {
                ci += 2.0 * fpi * vec_load(b->a1 + k);
                cj += 2.0 * take1(fp, b->partner + k) * vec_load(b->b1 + k);
            }
            vec power =
                cj * (d[0] * vi[0] + d[1] * vi[1] + d[2] * vi[2]) + ci * (d[0] * vj[0] + d[1] * vj[1] + d[2] * vj[2]);
            for (int c = 0; c < 3; c++) sum[c] += half * (vi[c] + vj[c]) - power * d[c];
        }
    }
    for (int c = 0; c < 3; c++) J[c] += vec_sum(sum[c]);
}

/* Collect the bonds of all rows, one behind the other; the last ones of no effect fill a vector. Returns how many,
 * whole vectors. */
INLINE int collect_rows(femd_sweep *w) {
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
    int all = collect_rows(w);
    w->nearest_sq = w->p->cutsq;
    for (int k = 0; k < all; k++)
        if (!(w->s[k] >= w->nearest_sq)) w->nearest_sq = w->s[k];
}

#include "forces/kernels_sw.h"

const femd_kernels FEMD_LEVEL = {.level = FEMD_LEVEL_TEXT,
                                 .lanes = LANES,
                                 .within = kernel_within,
                                 .bonds = kernel_bonds,
                                 .lj_pairs = lj_pairs,
                                 .eam_pairs = eam_pairs,
                                 .forces = kernel_forces,
                                 .density_change = density_change,
                                 .apply = kernel_apply,
                                 .embedding_row = embedding_row,
                                 .lj_forces = lj_forces,
                                 .hold = kernel_hold,
                                 .flux = kernel_flux,
                                 .sw_pairs = sw_pairs,
                                 .sw_forces = sw_forces,
                                 .sw_flux = sw_flux,
                                 .sw_born = sw_born};
