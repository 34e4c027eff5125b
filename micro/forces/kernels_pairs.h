/* The loops that make bonds of tables and of Lennard-Jones, included by kernels.c alone: from distances to energies,
 * densities and derivatives. */
#ifndef FEMD_KERNELS_PAIRS_H
#define FEMD_KERNELS_PAIRS_H

#include "potentials/potential_eam.h"
#include "potentials/potential_lj.h"

/* What kernel_pairs_of is made for: tables over s, tables over r, Lennard-Jones: CLOSED_LJ + its shape. */
enum { OVER_SQUARE, OVER_RADIUS, CLOSED_LJ };

/* One function of s and its first two derivatives. */
typedef struct jet {
    vec f, f1, f2;
} jet;

INLINE jet kernel_cubic(const vec c[4], vec p, vec scale, int order) {
    jet j;
    j.f = fma_vec(fma_vec(fma_vec(c[3], p, c[2]), p, c[1]), p, c[0]);
    j.f1 = fma_vec(fma_vec(3.0 * c[3], p, 2.0 * c[2]), p, c[1]) * scale;
    j.f2 = order > 1 ? fma_vec(6.0 * c[3], p, 2.0 * c[2]) * scale * scale : (vec){0};
    return j;
}

/* From derivatives with respect to r to those with respect to s = r^2. */
INLINE jet kernel_to_square(jet j, vec inv_r, vec inv_s, int order) {
    jet o;
    o.f = j.f;
    o.f1 = 0.5 * j.f1 * inv_r;
    o.f2 = order > 1 ? 0.25 * (j.f2 - j.f1 * inv_r) * inv_s : (vec){0};
    return o;
}

/* The pair function and both densities at s for LANES bonds of atom species ti with partners of species tj. */
INLINE void kernel_evaluate_tables(const femd_eam_tables *p, vec s, int ti, const int *tj, int form, int densities,
                                   int order, jet *phi, jet *ra, jet *rb) {
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
    *phi = kernel_cubic(c, t, scale, order);
    for (int l = 0; l < LANES; l++) at[l] += 4;
    take4(at, c);
    *ra = kernel_cubic(c, t, scale, order);
    if (densities == 2) {
        for (int l = 0; l < LANES; l++) at[l] += 4;
        take4(at, c);
        *rb = kernel_cubic(c, t, scale, order);
    }
    if (form == OVER_RADIUS) { /* the table holds z = r phi */
        vec inv_r = 1.0 / r, inv_s = inv_r * inv_r;
        jet z = *phi, q;
        q.f = z.f * inv_r;
        q.f1 = (z.f1 - q.f) * inv_r;
        q.f2 = order > 1 ? (z.f2 - 2.0 * q.f1) * inv_r : (vec){0};
        *phi = kernel_to_square(q, inv_r, inv_s, order);
        *ra = kernel_to_square(*ra, inv_r, inv_s, order);
        if (densities == 2) *rb = kernel_to_square(*rb, inv_r, inv_s, order);
    }
    if (densities != 2) *rb = *ra;
}

/* (c12/s^6 - c6/s^3) S, see femd_lj; 0 from the pair's own cutoff on. tj is not read if there is one species; `shape`
 * is that of all pairs. */
INLINE void kernel_evaluate_lj(const femd_lj *lj, int nspecies, vec s, int ti, const int *tj, int shape, int order,
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
    vec w, w1, w2;
    if (shape == FEMD_LJ_CUT) {
        phi->f = f;
        phi->f1 = f1;
        phi->f2 = f2;
        return;
    }
    if (shape == FEMD_LJ_WIDE) {
        vec t = vec_min(s * scale, vec_all(1.0)), t2 = t * t, t4 = t2 * t2, q = 1.0 - t4 * t, q2 = q * q;
        vec c = -25.0 * q2 * scale * (t2 * t);
        w = q2 * q2 * q;
        w1 = c * q2 * t;
        w2 = c * q * scale * (4.0 - 24.0 * (t4 * t));
    } else {
        vec t = vec_min(vec_max((s - from) * scale, vec_all(0.0)), vec_all(1.0)), q = 1.0 - t;
        w = 1.0 - t * t * t * (10.0 - t * (15.0 - 6.0 * t));
        w1 = -30.0 * t * t * q * q * scale;
        w2 = -60.0 * t * q * (1.0 - 2.0 * t) * scale * scale;
    }
    phi->f = f * w;
    phi->f1 = f1 * w + f * w1;
    phi->f2 = order > 1 ? f2 * w + 2.0 * f1 * w1 + f * w2 : (vec){0};
}

INLINE void kernel_pairs_of(femd_sweep *w, int form, int densities, int order) {
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
            if (form >= CLOSED_LJ) {
                kernel_evaluate_lj(lj, p->nspecies, s, ti, types, form - CLOSED_LJ, order, &phi);
            } else {
                kernel_evaluate_tables(tables, s, ti, types, form, densities, order, &phi, &ra, &rb);
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
        if (form < CLOSED_LJ) w->rho[i] += vec_sum(density);
    }
    b->first[b->n] = at;
    w->energy = vec_sum(energy);
    w->nearest_sq = nearest[0];
    for (int l = 1; l < LANES; l++)
        if (!(nearest[l] >= w->nearest_sq)) w->nearest_sq = nearest[l];
}

INLINE void kernel_eam_pairs_of(femd_sweep *w, int order) {
    const femd_eam_tables *t = femd_eam_tables_of(w->p);
    if (!t->over_radius && t->densities == 1)
        kernel_pairs_of(w, OVER_SQUARE, 1, order);
    else if (!t->over_radius)
        kernel_pairs_of(w, OVER_SQUARE, 2, order);
    else if (t->densities == 1)
        kernel_pairs_of(w, OVER_RADIUS, 1, order);
    else
        kernel_pairs_of(w, OVER_RADIUS, 2, order);
}

static void kernel_eam_pairs_first(femd_sweep *w) {
    kernel_eam_pairs_of(w, 1);
}
static void kernel_eam_pairs_second(femd_sweep *w) {
    kernel_eam_pairs_of(w, 2);
}
static void kernel_eam_pairs(femd_sweep *w, int order) {
    if (order > 1)
        kernel_eam_pairs_second(w);
    else
        kernel_eam_pairs_first(w);
}

static void kernel_lj_pairs_cut(femd_sweep *w, int order) {
    if (order > 1)
        kernel_pairs_of(w, CLOSED_LJ + FEMD_LJ_CUT, 0, 2);
    else
        kernel_pairs_of(w, CLOSED_LJ + FEMD_LJ_CUT, 0, 1);
}
static void kernel_lj_pairs_switched(femd_sweep *w, int order) {
    if (order > 1)
        kernel_pairs_of(w, CLOSED_LJ + FEMD_LJ_SWITCHED, 0, 2);
    else
        kernel_pairs_of(w, CLOSED_LJ + FEMD_LJ_SWITCHED, 0, 1);
}
static void kernel_lj_pairs_wide(femd_sweep *w, int order) {
    if (order > 1)
        kernel_pairs_of(w, CLOSED_LJ + FEMD_LJ_WIDE, 0, 2);
    else
        kernel_pairs_of(w, CLOSED_LJ + FEMD_LJ_WIDE, 0, 1);
}
static void kernel_lj_pairs(femd_sweep *w, int order) {
    const int shape = femd_lj_of(w->p)[0].shape;
    if (shape == FEMD_LJ_WIDE)
        kernel_lj_pairs_wide(w, order);
    else if (shape == FEMD_LJ_SWITCHED)
        kernel_lj_pairs_switched(w, order);
    else
        kernel_lj_pairs_cut(w, order);
}

/* Straight over the list: what Lennard-Jones costs is less than to sort out the bonds within the cutoff. */
INLINE void kernel_lj_forces_of(femd_sweep *w, double *f, double tau[6], int many, int shape) {
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
            kernel_evaluate_lj(lj, w->p->nspecies, s, w->species[i], many ? types : NULL, shape, 1, &phi);
            energy += phi.f;
            kernel_pull(phi.f1 + phi.f1, nb->list + k, dx, dy, dz, &fx, &fy, &fz, t, f);
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

static void kernel_lj_forces(femd_sweep *w, double *f, double tau[6]) {
    const int shape = femd_lj_of(w->p)[0].shape, many = w->p->nspecies > 1;
    if (shape == FEMD_LJ_WIDE && many)
        kernel_lj_forces_of(w, f, tau, 1, FEMD_LJ_WIDE);
    else if (shape == FEMD_LJ_WIDE)
        kernel_lj_forces_of(w, f, tau, 0, FEMD_LJ_WIDE);
    else if (many)
        kernel_lj_forces_of(w, f, tau, 1, FEMD_LJ_SWITCHED);
    else if (shape == FEMD_LJ_SWITCHED)
        kernel_lj_forces_of(w, f, tau, 0, FEMD_LJ_SWITCHED);
    else
        kernel_lj_forces_of(w, f, tau, 0, FEMD_LJ_CUT);
}

#endif
