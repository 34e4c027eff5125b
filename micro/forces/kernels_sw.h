/* The loops of the Stillinger-Weber potential, included by kernels.c alone.
 *
 * The triplets of an atom need no loop over triplets: with c = n_j.n_k the sum over pairs of neighbours of g_j g_k (c -
 * c0)^2 is (T:T - 2 c0 V.V + c0^2 G^2 - (1 - c0)^2 Q)/2,   G = sum of g, V = sum of g n, T = sum of g n n, Q = sum of
 * g^2, so that a bond feels only fields made of these moments (several species: moments for each species of neighbour).
 */
#ifndef FEMD_KERNELS_SW_H
#define FEMD_KERNELS_SW_H

#include "potentials/potential_sw.h"

/* phi and its derivatives with respect to r, g and g_r from both ends, of LANES bonds at k. Returns phi. */
INLINE vec kernel_sw_evaluate(femd_sweep *w, int k, int many, int order) {
    const femd_sw *p = femd_sw_of(w->p);
    femd_bonds *b = w->bonds;
    vec s = vec_load(w->s + k), r = vec_sqrt(s), inv = 1.0 / r;
    vec a_eps = vec_all(p->pair[0].a_eps), big_b = vec_all(p->pair[0].b), sigma = vec_all(p->pair[0].sigma),
        cut = vec_all(p->pair[0].cut);
    vec cutsq = vec_all(p->pair[0].cutsq), reach_i = vec_all(p->pair[0].gamma_sigma), reach_j = reach_i;
    if (many)
        for (int l = 0; l < LANES; l++) {
            int ti = w->species[b->row[k + l]], tj = w->species[b->partner[k + l]];
            const femd_sw_pair *q = &p->pair[ti * w->p->nspecies + tj];
            a_eps[l] = q->a_eps;
            big_b[l] = q->b;
            sigma[l] = q->sigma;
            cut[l] = q->cut;
            cutsq[l] = q->cutsq;
            reach_i[l] = q->gamma_sigma;
            reach_j[l] = p->pair[tj * w->p->nspecies + ti].gamma_sigma;
        }
    vec_bits inside = s < cutsq;
    /* past the cutoff, and so near it that all is below 1e-190, the distance to it is held */
    vec away = 1.0 / vec_min(r - cut, -1.25e-3 * cut), least = vec_all(-700.0);
    vec x = sigma * away, x1 = -x * away, e = a_eps * vec_exp(vec_max(x, least));
    vec u = sigma * inv, up = big_b * vec_power(u, p->p), uq = vec_power(u, p->q);
    double pp = p->p, qq = p->q;
    vec h = up - uq, h1 = (qq * uq - pp * up) * inv;
    vec phi = vec_keep(inside, e * h);
    vec y = reach_i * away, g = vec_keep(inside, vec_exp(vec_max(y, least)));
    vec_store(b->inv + k, inv);
    vec_store(b->p1 + k, vec_keep(inside, e * fma_vec(h, x1, h1)));
    vec_store(b->a1 + k, g);
    vec_store(b->a2 + k, vec_keep(inside, -y * away * g));
    if (many) {
        y = reach_j * away;
        g = vec_keep(inside, vec_exp(vec_max(y, least)));
        vec_store(b->b1 + k, g);
        vec_store(b->b2 + k, vec_keep(inside, -y * away * g));
    }
    if (order > 1) {
        vec x2 = -2.0 * x1 * away, h2 = (pp * (pp + 1.0) * up - qq * (qq + 1.0) * uq) * inv * inv;
        vec_store(b->p2 + k, vec_keep(inside, e * (h2 + 2.0 * h1 * x1 + h * (x1 * x1 + x2))));
    }
    if (b->p0) vec_store(b->p0 + k, phi);
    return phi;
}

/* Add LANES bonds at k to the moments of both ends. */
INLINE void kernel_sw_moments(femd_sweep *w, int k, int many) {
    const femd_bonds *b = w->bonds;
    const int *owner = w->nb->owner;
    const quad turned = {1.0, -1.0, -1.0, -1.0};
    vec inv = vec_load(b->inv + k), g = vec_load(b->a1 + k);
    vec x = vec_load(b->dx + k) * inv, y = vec_load(b->dy + k) * inv, z = vec_load(b->dz + k) * inv;
    vec gx = g * x, gy = g * y, gz = g * z;
    quad q[3][LANES];
    to_rows(g, gx, gy, gz, q[0]);
    to_rows(gx * x, gy * y, gz * z, gy * z, q[1]);
    to_rows(gx * z, gx * y, g * g, (vec){0}, q[2]);
    for (int l = 0; l < LANES; l++) {
        ptrdiff_t i = b->row[k + l];
        double *to = w->moments + FEMD_MOMENTS * (many ? i * w->p->nspecies + w->species[b->partner[k + l]] : i);
        quad_add(to, q[0][l]);
        quad_add(to + 4, q[1][l]);
        quad_add(to + 8, q[2][l]);
    }
    if (many) {
        g = vec_load(b->b1 + k);
        gx = g * x;
        gy = g * y;
        gz = g * z;
        to_rows(g, gx, gy, gz, q[0]);
        to_rows(gx * x, gy * y, gz * z, gy * z, q[1]);
        to_rows(gx * z, gx * y, g * g, (vec){0}, q[2]);
    }
    for (int l = 0; l < LANES; l++) {
        ptrdiff_t j = owner[b->partner[k + l]];
        double *to = w->moments + FEMD_MOMENTS * (many ? j * w->p->nspecies + w->species[b->row[k + l]] : j);
        quad_add(to, q[0][l] * turned);
        quad_add(to + 4, q[1][l]);
        quad_add(to + 8, q[2][l]);
    }
}

/* Fields of every atom from its moments; returns the energy of all triplets. */
INLINE double kernel_sw_fields(femd_sweep *w) {
    const femd_sw *p = femd_sw_of(w->p);
    double energy = 0.0;
    int ns = w->p->nspecies;
    for (int i = 0; i < w->nb->n; i++)
        for (int a = 0; a < ns; a++) {
            const double *m = w->moments + FEMD_MOMENTS * ((ptrdiff_t)i * ns);
            const femd_sw_angle *q = p->angle + (w->species[i] * ns + a) * ns;
            double *f = w->fields + FEMD_MOMENTS * ((ptrdiff_t)i * ns + a),
                   own = q[a].lambda_eps * (1.0 - q[a].cos0) * (1.0 - q[a].cos0), sum = 0.0;
            for (int c = 0; c < FEMD_MOMENTS; c++) f[c] = 0.0;
            for (int c = 0; c < ns; c++, m += FEMD_MOMENTS) {
                double one = q[c].lambda_eps * q[c].cos0 * q[c].cos0, line = q[c].lambda_eps * q[c].cos0;
                f[0] += one * m[0];
                for (int v = 1; v < 4; v++) f[v] += line * m[v];
                for (int v = 4; v < 10; v++) f[v] += q[c].lambda_eps * m[v];
            }
            m = w->moments + FEMD_MOMENTS * ((ptrdiff_t)i * ns + a);
            f[10] = own;
            sum = f[0] * m[0] - 2.0 * (f[1] * m[1] + f[2] * m[2] + f[3] * m[3]) + f[4] * m[4] + f[5] * m[5] +
                  f[6] * m[6] + 2.0 * (f[7] * m[7] + f[8] * m[8] + f[9] * m[9]) - own * m[10];
            f[11] = 0.5 * sum;
            energy += f[11];
        }
    return energy;
}

INLINE void kernel_sw_sweep(femd_sweep *w, int many, int order) {
    vec energy = {0}, nearest = vec_all(w->p->cutsq);
    int all = kernel_collect_rows(w);
    memset(w->moments, 0, FEMD_MOMENTS * sizeof(double) * (size_t)w->nb->n * (size_t)w->p->nspecies);
    for (int k = 0; k < all; k += LANES) {
        nearest = vec_min(nearest, vec_load(w->s + k));
        energy += kernel_sw_evaluate(w, k, many, order);
        kernel_sw_moments(w, k, many);
    }
    w->energy = vec_sum(energy) + kernel_sw_fields(w);
    w->nearest_sq = nearest[0];
    for (int l = 1; l < LANES; l++)
        if (!(nearest[l] >= w->nearest_sq)) w->nearest_sq = nearest[l];
}

static void kernel_sw_first(femd_sweep *w, int many) {
    many ? kernel_sw_sweep(w, 1, 1) : kernel_sw_sweep(w, 0, 1);
}
static void kernel_sw_second(femd_sweep *w, int many) {
    many ? kernel_sw_sweep(w, 1, 2) : kernel_sw_sweep(w, 0, 2);
}
static void kernel_sw_pairs(femd_sweep *w, int order) {
    int many = w->p->nspecies > 1;
    if (order > 1)
        kernel_sw_second(w, many);
    else
        kernel_sw_first(w, many);
}

/* Gradient of the triplets' energy with respect to the bond vector, in out, from the fields f at one end; n points away
 * from it. */
INLINE void kernel_sw_gradient(const vec f[12], const vec n[3], vec inv, vec g, vec g1, vec out[3]) {
    vec t[3] = {f[4] * n[0] + f[9] * n[1] + f[8] * n[2], f[9] * n[0] + f[5] * n[1] + f[7] * n[2],
                f[8] * n[0] + f[7] * n[1] + f[6] * n[2]};
    vec ntn = t[0] * n[0] + t[1] * n[1] + t[2] * n[2], vn = f[1] * n[0] + f[2] * n[1] + f[3] * n[2];
    vec side = 2.0 * g * inv, along = g1 * (ntn - 2.0 * vn + f[0] - f[10] * g) - side * (ntn - vn);
    for (int c = 0; c < 3; c++) out[c] = fma_vec(along, n[c], side * (t[c] - f[1 + c]));
}

/* Where the fields of both ends of LANES bonds at k stand. */
INLINE void kernel_sw_ends(const femd_sweep *w, int k, int many, const double *fi[LANES], const double *fj[LANES]) {
    const femd_bonds *b = w->bonds;
    for (int l = 0; l < LANES; l++) {
        ptrdiff_t i = b->row[k + l], g = b->partner[k + l], j = w->nb->owner[g], ns = w->p->nspecies;
        fi[l] = w->fields + FEMD_MOMENTS * (many ? i * ns + w->species[g] : i);
        fj[l] = w->fields + FEMD_MOMENTS * (many ? j * ns + w->species[i] : j);
    }
}

INLINE void kernel_sw_take(const double *const at[LANES], vec f[12]) {
    const double *next[LANES];
    for (int part = 0; part < 3; part++) {
        for (int l = 0; l < LANES; l++) next[l] = at[l] + 4 * part;
        take4(next, f + 4 * part);
    }
}

/* Gradients with respect to the bond vectors of LANES bonds at k: of the energy of the row's atom (gi) and of its
 * partner (gj), with half the pair's energy each; of the sum of both in gi if `apart` is 0. */
INLINE void kernel_sw_bond(const femd_sweep *w, int k, int many, int apart, vec gi[3], vec gj[3]) {
    const femd_bonds *b = w->bonds;
    const double *ei[LANES], *ej[LANES];
    vec inv = vec_load(b->inv + k), g = vec_load(b->a1 + k), g1 = vec_load(b->a2 + k), p1 = vec_load(b->p1 + k);
    vec n[3] = {vec_load(b->dx + k) * inv, vec_load(b->dy + k) * inv, vec_load(b->dz + k) * inv}, f[12];
    kernel_sw_ends(w, k, many, ei, ej);
    if (!many && !apart) {
        const quad turned = {1.0, -1.0, -1.0, -1.0};
        quad q[3][LANES];
        for (int l = 0; l < LANES; l++) {
            q[0][l] = fma_quad(quad_load(ej[l]), turned, quad_load(ei[l]));
            q[1][l] = quad_load(ei[l] + 4) + quad_load(ej[l] + 4);
            q[2][l] = quad_load(ei[l] + 8) + quad_load(ej[l] + 8);
        }
        for (int part = 0; part < 3; part++) from_rows(q[part], f + 4 * part);
        kernel_sw_gradient(f, n, inv, g, g1, gi);
        for (int c = 0; c < 3; c++) gi[c] = fma_vec(p1, n[c], gi[c]);
        return;
    }
    kernel_sw_take(ei, f);
    kernel_sw_gradient(f, n, inv, g, g1, gi);
    if (many) {
        g = vec_load(b->b1 + k);
        g1 = vec_load(b->b2 + k);
    }
    kernel_sw_take(ej, f);
    for (int c = 1; c < 4; c++) f[c] = -f[c];
    kernel_sw_gradient(f, n, inv, g, g1, gj);
    for (int c = 0; c < 3; c++) {
        gi[c] = fma_vec(0.5 * p1, n[c], gi[c]);
        gj[c] = fma_vec(0.5 * p1, n[c], gj[c]);
        if (!apart) gi[c] += gj[c];
    }
}

INLINE void kernel_sw_forces_of(const femd_sweep *w, double *f, double tau[6], int many) {
    const femd_bonds *b = w->bonds;
    vec t[6] = {{0}, {0}, {0}, {0}, {0}, {0}}, g[3], none[3];
    for (int k = 0; k < b->first[b->n]; k += LANES) {
        vec dx = vec_load(b->dx + k), dy = vec_load(b->dy + k), dz = vec_load(b->dz + k);
        kernel_sw_bond(w, k, many, 0, g, none);
        give3(f, b->row + k, -g[0], -g[1], -g[2]);
        give3(f, b->partner + k, g[0], g[1], g[2]);
        t[0] = fma_vec(g[0], dx, t[0]);
        t[1] = fma_vec(g[1], dy, t[1]);
        t[2] = fma_vec(g[2], dz, t[2]);
        t[3] = fma_vec(g[1], dz, t[3]);
        t[4] = fma_vec(g[0], dz, t[4]);
        t[5] = fma_vec(g[0], dy, t[5]);
    }
    for (int c = 0; c < 6; c++) tau[c] = vec_sum(t[c]);
}

static void kernel_sw_forces(const femd_sweep *w, double *f, double tau[6]) {
    if (w->p->nspecies > 1)
        kernel_sw_forces_of(w, f, tau, 1);
    else
        kernel_sw_forces_of(w, f, tau, 0);
}

static void kernel_sw_flux(const femd_sweep *w, const double *v, double J[3]) {
    const femd_bonds *b = w->bonds;
    vec sum[3] = {{0}, {0}, {0}}, gi[3], gj[3], vi[4], vj[4];
    for (int k = 0; k < b->first[b->n]; k += LANES) {
        vec d[3] = {vec_load(b->dx + k), vec_load(b->dy + k), vec_load(b->dz + k)}, half = 0.5 * vec_load(b->p0 + k);
        kernel_sw_bond(w, k, w->p->nspecies > 1, 1, gi, gj);
        take4_index(v, b->row + k, vi);
        take4_index(v, b->partner + k, vj);
        vec power = gj[0] * vi[0] + gj[1] * vi[1] + gj[2] * vi[2] + gi[0] * vj[0] + gi[1] * vj[1] + gi[2] * vj[2];
        for (int c = 0; c < 3; c++) sum[c] += half * (vi[c] + vj[c]) - power * d[c];
    }
    for (int c = 0; c < 3; c++) J[c] += vec_sum(sum[c]);
}

/* Components of d d', symmetric, in Voigt order. */
INLINE void kernel_sw_products(const vec d[4], const vec q[4], vec out[6]) {
    for (int c = 0; c < 3; c++) out[c] = d[c] * q[c];
    out[3] = 0.5 * (d[1] * q[2] + d[2] * q[1]);
    out[4] = 0.5 * (d[0] * q[2] + d[2] * q[0]);
    out[5] = 0.5 * (d[0] * q[1] + d[1] * q[0]);
}

/* A triplet's energy is a function of the squares s, t of its legs and their product x, whose derivatives with respect
 * to E are 2 d d, 2 d' d' and 2 d d': B is its second derivatives on those. g_s = g_r/(2 r), g_ss = (g_rr - g_r/r)/(4
 * s), c = x/sqrt(s t). */
static void kernel_sw_born(const femd_bonds *b, int triplets, const int *one, const int *two, const double *record,
                           const double *strength, const double *cos0, double B[36]) {
    vec sum[21];
    for (int m = 0; m < 21; m++) sum[m] = (vec){0};
    for (int k = 0; k < b->first[b->n]; k += LANES) {
        vec d[4] = {vec_load(b->dx + k), vec_load(b->dy + k), vec_load(b->dz + k), {0}}, inv = vec_load(b->inv + k),
            rr[6];
        vec c = (vec_load(b->p2 + k) - vec_load(b->p1 + k) * inv) * inv * inv;
        kernel_sw_products(d, d, rr);
        for (int v = 0, m = 0; v < 6; v++)
            for (int w = v; w < 6; w++, m++) sum[m] = fma_vec(c * rr[v], rr[w], sum[m]);
    }
    for (int k = 0; k < triplets; k += LANES) {
        const double *at[LANES], *to[LANES];
        vec d[4], q[4], ga[4], gb[4], A[6], D[6], X[6];
        for (int l = 0; l < LANES; l++) {
            at[l] = record + 8 * (ptrdiff_t)one[k + l];
            to[l] = record + 8 * (ptrdiff_t)two[k + l];
        }
        take4(at, d);
        take4(to, q);
        for (int l = 0; l < LANES; l++) at[l] += 4, to[l] += 4;
        take4(at, ga);
        take4(to, gb);
        vec is = d[3] * d[3], it = q[3] * q[3], cx = d[3] * q[3], c = (d[0] * q[0] + d[1] * q[1] + d[2] * q[2]) * cx;
        vec off = c - vec_load(cos0 + k), h = off * off, h1 = 2.0 * off, z = 4.0 * vec_load(strength + k);
        vec a0 = ga[0], a1 = 0.5 * ga[1] * d[3], a2 = 0.25 * (ga[2] - ga[1] * d[3]) * is;
        vec b0 = gb[0], b1 = 0.5 * gb[1] * q[3], b2 = 0.25 * (gb[2] - gb[1] * q[3]) * it;
        vec cs = -0.5 * c * is, ct = -0.5 * c * it;
        vec ss = z * b0 * (a2 * h + 2.0 * a1 * h1 * cs + a0 * (2.0 * cs * cs + h1 * 0.75 * c * is * is));
        vec tt = z * a0 * (b2 * h + 2.0 * b1 * h1 * ct + b0 * (2.0 * ct * ct + h1 * 0.75 * c * it * it));
        vec st = z * (a1 * b1 * h + a1 * b0 * h1 * ct + a0 * b1 * h1 * cs +
                      a0 * b0 * (2.0 * cs * ct + h1 * 0.25 * c * is * it));
        vec sx = z * b0 * cx * (a1 * h1 + a0 * (2.0 * cs - 0.5 * h1 * is));
        vec tx = z * a0 * cx * (b1 * h1 + b0 * (2.0 * ct - 0.5 * h1 * it));
        vec xx = 2.0 * z * a0 * b0 * cx * cx;
        kernel_sw_products(d, d, A);
        kernel_sw_products(q, q, D);
        kernel_sw_products(d, q, X);
        for (int v = 0, m = 0; v < 6; v++) {
            vec ya = ss * A[v] + st * D[v] + sx * X[v], yd = st * A[v] + tt * D[v] + tx * X[v],
                yx = sx * A[v] + tx * D[v] + xx * X[v];
            for (int w = v; w < 6; w++, m++) sum[m] = fma_vec(ya, A[w], fma_vec(yd, D[w], fma_vec(yx, X[w], sum[m])));
        }
    }
    for (int v = 0, m = 0; v < 6; v++)
        for (int w = v; w < 6; w++, m++) B[6 * v + w] = B[6 * w + v] = vec_sum(sum[m]);
}

#endif
