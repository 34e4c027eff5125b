/* The loops over bonds of pairs and densities that have been made, included by kernels.c alone: forces, heat flux,
 * second derivatives. */
#ifndef FEMD_KERNELS_BONDS_H
#define FEMD_KERNELS_BONDS_H

/* LANES bonds of one atom that pull with c times their vectors: at it (fx, fy, fz), at their partners (f), and tau. */
INLINE void kernel_pull(vec c, const int *partner, vec dx, vec dy, vec dz, vec *fx, vec *fy, vec *fz, vec t[6],
                        double *f) {
    const vec gx = c * dx, gy = c * dy, gz = c * dz;
    *fx += gx;
    *fy += gy;
    *fz += gz;
    give3(f, partner, gx, gy, gz);
    t[0] = fma_vec(gx, dx, t[0]);
    t[1] = fma_vec(gy, dy, t[1]);
    t[2] = fma_vec(gz, dz, t[2]);
    t[3] = fma_vec(gy, dz, t[3]);
    t[4] = fma_vec(gx, dz, t[4]);
    t[5] = fma_vec(gx, dy, t[5]);
}

INLINE void kernel_forces_of(const femd_bonds *b, const double *fp, double *f, double tau[6], int embedded) {
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
            kernel_pull(c + c, b->partner + k, dx, dy, dz, &fx, &fy, &fz, t, f);
        }
        f[4 * i] += vec_sum(fx);
        f[4 * i + 1] += vec_sum(fy);
        f[4 * i + 2] += vec_sum(fz);
    }
    for (int c = 0; c < 6; c++) tau[c] = vec_sum(t[c]);
}

static void kernel_forces(const femd_bonds *b, const double *fp, double *f, double tau[6]) {
    if (fp)
        kernel_forces_of(b, fp, f, tau, 1);
    else
        kernel_forces_of(b, NULL, f, tau, 0);
}

static void kernel_density_change(const femd_bonds *b, const double *v, double *along, double *dot) {
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

static void kernel_embedding_row(const femd_gradients *g, const double *fpp, int n, int p, double *acc) {
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

INLINE void kernel_hold_of(const femd_bonds *b, const femd_neighbours *nb, const double *fp, femd_bonds *h,
                           double *rate, double B[36], int embedded, int two) {
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
        kernel_hold_of(b, nb, NULL, h, rate, B, 0, 0);
    else if (b->a1 == b->b1)
        kernel_hold_of(b, nb, fp, h, rate, B, 1, 0);
    else
        kernel_hold_of(b, nb, fp, h, rate, B, 1, 1);
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

#endif
