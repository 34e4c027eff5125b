/* Second derivatives of the Stillinger-Weber potential. The energy U_i of an atom is a function of its legs d_a, the
 * bonds that start at it; this file makes the matrix K = d2U_i/dd dd of every atom and puts H, L, B together from them:
 *   H = sum over atoms of K on the differences of displacements,
 *   L = sum of K (S_v d) and of the gradient times S_v,
 *   B_vw = sum of (S_v d) K (S_w d) - tau : (S_v S_w + S_w S_v)/2, since d -> U d with U = (1 + 2 E)^1/2 = 1 + E -
 * E^2/2, with S_v the symmetric matrix of strain component v. B alone needs no matrix: U_i depends on the squares and
 * products of its legs only, and those are linear in E. */
#include "forces/energetics_private.h"

#include <stdlib.h>

static const int voigt[6][2] = {{0, 0}, {1, 1}, {2, 2}, {1, 2}, {0, 2}, {0, 1}};

/* One leg of the atom at hand. */
typedef struct leg {
    double n[3], inv, phi1, phi2, g, g1, g2;
    int species;
} leg;

void femd_clusters_clear(femd_clusters *c) {
    free(c->first);
    free(c->bond);
    free(c->atom);
    free(c->at);
    free(c->stiffness);
    free(c->gradient);
    free(c->leg);
    free(c->v);
    free(c->y);
    free(c->one);
    free(c->two);
    free(c->strength);
    free(c->cos0);
    free(c->record);
    memset(c, 0, sizeof *c);
}

/* Legs of every atom in the order of the bonds, and room for their matrices if wanted. */
static femd_status collect_legs(femd_energetics *e, const femd_neighbours *nb, int matrices, femd_error *err) {
    const femd_bonds *b = &e->bonds;
    femd_clusters *c = &e->clusters;
    int n = e->n, bonds = b->first[n], most = 0, *cursor;
    size_t stiffness = 0;
    if (!c->first) {
        c->first = malloc(((size_t)n + 2) * sizeof(int));
        c->at = malloc(((size_t)n + 1) * sizeof(size_t));
    }
    if (c->first && 2 * bonds > c->room_legs) {
        int room = 2 * bonds + bonds / 4 + 16;
        free(c->bond);
        free(c->atom);
        free(c->gradient);
        free(c->leg);
        c->bond = malloc((size_t)room * sizeof(int));
        c->atom = malloc((size_t)room * sizeof(int));
        c->gradient = femd_aligned_doubles(3 * (size_t)room);
        c->leg = femd_aligned_doubles(3 * (size_t)room);
        c->room_legs = c->bond && c->atom && c->gradient && c->leg ? room : 0;
    }
    if (!c->first || !c->at || 2 * bonds > c->room_legs)
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for the triplets of %d atoms", n);
    memset(c->first, 0, ((size_t)n + 2) * sizeof(int));
    cursor = c->first + 1;
    for (int k = 0; k < bonds; k++) {
        cursor[b->row[k] + 1]++;
        cursor[nb->owner[b->partner[k]] + 1]++;
    }
    for (int i = 0; i < n; i++) cursor[i + 1] += cursor[i];
    for (int k = 0; k < bonds; k++) {
        int i = b->row[k], j = nb->owner[b->partner[k]], to = cursor[i]++;
        c->bond[to] = 2 * k;
        c->atom[to] = j;
        to = cursor[j]++;
        c->bond[to] = 2 * k + 1;
        c->atom[to] = i;
    }
    for (int i = 0; i < n; i++) {
        size_t m = 3 * (size_t)(c->first[i + 1] - c->first[i]);
        c->at[i] = stiffness;
        if (matrices) stiffness += m * m;
        if ((int)m > most) most = (int)m;
    }
    c->at[n] = stiffness;
    if (stiffness > c->room_stiffness) {
        free(c->stiffness);
        c->stiffness = femd_aligned_doubles(stiffness + stiffness / 4);
        c->room_stiffness = c->stiffness ? stiffness + stiffness / 4 : 0;
    }
    if (most > c->room_one) {
        free(c->v);
        free(c->y);
        c->v = femd_aligned_doubles((size_t)most);
        c->y = femd_aligned_doubles((size_t)most);
        c->room_one = c->v && c->y ? most : 0;
    }
    return stiffness <= c->room_stiffness && most <= c->room_one
               ? FEMD_OK
               : femd_fail(err, FEMD_NO_MEMORY, "no memory for the triplets of %d atoms", n);
}

/* g_rr from g and g_r: with g = exp(z/(r - cut)), g_rr = g_r (g_r/g + 2/(cut - r)). */
static void read_leg(const femd_energetics *e, int entry, int centre, leg *l, double d[3]) {
    const femd_bonds *b = &e->bonds;
    int k = entry / 2, far = entry & 1;
    double sign = far ? -1.0 : 1.0, cut;
    d[0] = sign * b->dx[k];
    d[1] = sign * b->dy[k];
    d[2] = sign * b->dz[k];
    l->inv = b->inv[k];
    for (int c = 0; c < 3; c++) l->n[c] = d[c] * l->inv;
    l->phi1 = 0.5 * b->p1[k];
    l->phi2 = 0.5 * b->p2[k];
    l->g = far ? b->b1[k] : b->a1[k];
    l->g1 = far ? b->b2[k] : b->a2[k];
    l->species = far ? e->species[b->row[k]] : e->species_ext[b->partner[k]];
    cut = e->p->sw[e->species[centre] * e->p->nspecies + l->species].cut;
    l->g2 = l->g > 1e-150 ? l->g1 * (l->g1 / l->g + 2.0 / (cut - 1.0 / l->inv)) : 0.0;
}

/* Half of the pair's energy on leg a. */
static void add_pair(const leg *l, size_t a, size_t wide, double *K, double gradient[3]) {
    for (size_t r = 0; r < 3; r++) {
        gradient[r] += l->phi1 * l->n[r];
        for (size_t c = 0; c < 3; c++)
            K[(3 * a + r) * wide + 3 * a + c] +=
                (l->phi2 - l->phi1 * l->inv) * l->n[r] * l->n[c] + (r == c ? l->phi1 * l->inv : 0.0);
    }
}

/* s g_a g_b (c - cos0)^2 of legs a and b; K gets the blocks aa, bb, ab and ba. */
static void add_triplet(const femd_sw_angle *q, const leg *x, const leg *y, size_t a, size_t b, size_t wide, double *K,
                        double *ga, double *gb) {
    const double *n = x->n, *m = y->n, s = q->lambda_eps;
    double cos = n[0] * m[0] + n[1] * m[1] + n[2] * m[2], h = (cos - q->cos0) * (cos - q->cos0),
           h1 = 2.0 * (cos - q->cos0), h2 = 2.0, pa[3], pb[3];
    for (int c = 0; c < 3; c++) {
        pa[c] = (m[c] - cos * n[c]) * x->inv;
        pb[c] = (n[c] - cos * m[c]) * y->inv;
        ga[c] += s * y->g * (x->g1 * h * n[c] + x->g * h1 * pa[c]);
        gb[c] += s * x->g * (y->g1 * h * m[c] + y->g * h1 * pb[c]);
    }
    for (size_t r = 0; r < 3; r++)
        for (size_t c = 0; c < 3; c++) {
            double one = r == c, nn = n[r] * n[c], mm = m[r] * m[c], mixed;
            double caa = -(pa[r] * n[c] + n[r] * pa[c] + cos * (one - nn) * x->inv) * x->inv;
            double cbb = -(pb[r] * m[c] + m[r] * pb[c] + cos * (one - mm) * y->inv) * y->inv;
            double cab = ((one - mm) * y->inv - n[r] * pb[c]) * x->inv;
            K[(3 * a + r) * wide + 3 * a + c] +=
                s * y->g *
                (x->g2 * h * nn + x->g1 * (h * (one - nn) * x->inv + h1 * (n[r] * pa[c] + pa[r] * n[c])) +
                 x->g * (h2 * pa[r] * pa[c] + h1 * caa));
            K[(3 * b + r) * wide + 3 * b + c] +=
                s * x->g *
                (y->g2 * h * mm + y->g1 * (h * (one - mm) * y->inv + h1 * (m[r] * pb[c] + pb[r] * m[c])) +
                 y->g * (h2 * pb[r] * pb[c] + h1 * cbb));
            mixed = s * (x->g1 * y->g1 * h * n[r] * m[c] + x->g1 * y->g * h1 * n[r] * pb[c] +
                         x->g * y->g1 * h1 * pa[r] * m[c] + x->g * y->g * (h2 * pa[r] * pb[c] + h1 * cab));
            K[(3 * a + r) * wide + 3 * b + c] += mixed;
            K[(3 * b + c) * wide + 3 * a + r] += mixed;
        }
}

static void make_cluster(femd_energetics *e, int i, leg *legs) {
    femd_clusters *c = &e->clusters;
    size_t from = (size_t)c->first[i], m = (size_t)c->first[i + 1] - from, wide = 3 * m;
    double *K = c->stiffness + c->at[i], *gradient = c->gradient + 3 * from;
    memset(K, 0, wide * wide * sizeof *K);
    memset(gradient, 0, wide * sizeof *gradient);
    for (size_t a = 0; a < m; a++) {
        read_leg(e, c->bond[from + a], i, &legs[a], c->leg + 3 * (from + a));
        add_pair(&legs[a], a, wide, K, gradient + 3 * a);
    }
    for (size_t a = 0; a < m; a++)
        for (size_t b = a + 1; b < m; b++) {
            const femd_sw_angle *q =
                &e->p->angle[(e->species[i] * e->p->nspecies + legs[a].species) * e->p->nspecies + legs[b].species];
            if (legs[a].g != 0.0 && legs[b].g != 0.0)
                add_triplet(q, &legs[a], &legs[b], a, b, wide, K, gradient + 3 * a, gradient + 3 * b);
        }
}

/* to = S_v d. */
static void strained(int v, const double d[3], double to[3]) {
    to[0] = to[1] = to[2] = 0.0;
    to[voigt[v][0]] += 0.5 * d[voigt[v][1]];
    to[voigt[v][1]] += 0.5 * d[voigt[v][0]];
}

/* Terms of atom i in L and B, and its part of tau. */
static void strain_terms(femd_energetics *e, int i, double *L, double *B, double tau[9]) {
    femd_clusters *c = &e->clusters;
    size_t from = (size_t)c->first[i], m = (size_t)c->first[i + 1] - from, wide = 3 * m;
    const double *K = c->stiffness + c->at[i], *gradient = c->gradient + 3 * from, *d = c->leg + 3 * from;
    for (size_t a = 0; a < m; a++)
        for (int r = 0; r < 3; r++)
            for (int k = 0; k < 3; k++) tau[3 * r + k] += gradient[3 * a + (size_t)r] * d[3 * a + (size_t)k];
    for (int w = 0; w < 6; w++) {
        for (size_t a = 0; a < m; a++) strained(w, d + 3 * a, c->v + 3 * a);
        for (size_t r = 0; r < wide; r++) {
            double sum = 0.0;
            for (size_t k = 0; k < wide; k++) sum += K[r * wide + k] * c->v[k];
            c->y[r] = sum;
        }
        for (int v = 0; B && v <= w; v++) {
            double sum = 0.0, s[3];
            for (size_t a = 0; a < m; a++) {
                strained(v, d + 3 * a, s);
                for (size_t k = 0; k < 3; k++) sum += s[k] * c->y[3 * a + k];
            }
            B[6 * v + w] += sum;
        }
        for (size_t a = 0; L && a < m; a++) {
            double s[3];
            strained(w, gradient + 3 * a, s);
            for (size_t k = 0; k < 3; k++) {
                L[(3 * (size_t)c->atom[from + a] + k) * 6 + (size_t)w] += c->y[3 * a + k] + s[k];
                L[(3 * (size_t)i + k) * 6 + (size_t)w] -= c->y[3 * a + k] + s[k];
            }
        }
    }
}

/* - tau : (S_v S_w + S_w S_v)/2, and the lower triangle. */
static void finish_b(const double tau[9], double B[36]) {
    for (int v = 0; v < 6; v++)
        for (int w = v; w < 6; w++) {
            for (int k = 0; k < 3; k++) {
                double unit[3] = {k == 0, k == 1, k == 2}, a[3], b[3];
                strained(w, unit, a);
                strained(v, a, b); /* column k of S_v S_w; tau is symmetric */
                for (int r = 0; r < 3; r++) B[6 * v + w] -= 0.5 * (tau[3 * r + k] + tau[3 * k + r]) * b[r];
            }
            B[6 * w + v] = B[6 * v + w];
        }
}

femd_status femd_sw_prepare(femd_energetics *e, const femd_neighbours *nb, double *L, double B[36], femd_error *err) {
    double tau[9] = {0};
    leg *legs;
    FEMD_TRY(collect_legs(e, nb, 1, err));
    legs = malloc(((size_t)e->clusters.room_one / 3 + 1) * sizeof *legs);
    if (!legs) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the triplets of an atom");
    if (B) memset(B, 0, 36 * sizeof *B);
    for (int i = 0; i < e->n; i++) {
        make_cluster(e, i, legs);
        if (L || B) strain_terms(e, i, L, B, tau);
    }
    if (B) finish_b(tau, B);
    free(legs);
    return FEMD_OK;
}

static int renew(void **p, size_t size) {
    free(*p);
    *p = NULL;
    return posix_memalign(p, 64, size) == 0;
}

/* Room for the triplets of all atoms, whole vectors. Returns how many there are in *count. */
static femd_status room_for_triplets(femd_clusters *c, int n, size_t *count, femd_error *err) {
    size_t all = FEMD_LANES_MAX, legs = (size_t)c->first[n];
    int ok = 1;
    for (int i = 0; i < n; i++) {
        size_t m = (size_t)(c->first[i + 1] - c->first[i]);
        all += m * (m - (m > 0)) / 2;
    }
    *count = all - FEMD_LANES_MAX;
    if (all > INT32_MAX) return femd_fail(err, FEMD_LIMIT, "too many triplets: %zu", all);
    if (all > c->room_triplets) {
        all += all / 4;
        ok = renew((void **)&c->one, all * sizeof(int)) && renew((void **)&c->two, all * sizeof(int)) &&
             renew((void **)&c->strength, all * sizeof(double)) && renew((void **)&c->cos0, all * sizeof(double));
        c->room_triplets = ok ? all : 0;
    }
    if (ok && legs > c->room_record) {
        ok = renew((void **)&c->record, 8 * (legs + legs / 4 + 1) * sizeof(double));
        c->room_record = ok ? legs + legs / 4 : 0;
    }
    return ok ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for %zu triplets", all);
}

/* What the kernel needs of a leg: its vector, 1/r, g, g_r, g_rr. */
static void record_leg(const femd_energetics *e, int entry, int centre, double to[8]) {
    const femd_bonds *b = &e->bonds;
    int k = entry / 2, far = entry & 1, species = far ? e->species[b->row[k]] : e->species_ext[b->partner[k]];
    const femd_sw *q = &e->p->sw[e->species[centre] * e->p->nspecies + species];
    double sign = far ? -1.0 : 1.0, away, slope;
    to[0] = sign * b->dx[k];
    to[1] = sign * b->dy[k];
    to[2] = sign * b->dz[k];
    to[3] = b->inv[k];
    to[4] = far ? b->b1[k] : b->a1[k];
    to[5] = far ? b->b2[k] : b->a2[k];
    to[6] = to[7] = 0.0;
    if (to[4] == 0.0) return;
    away = (to[0] * to[0] + to[1] * to[1] + to[2] * to[2]) * to[3] - q->cut;
    away = 1.0 / (away < -1e-6 * q->cut ? away : -1e-6 * q->cut);
    slope = -q->gamma_sigma * away * away;
    to[6] = to[4] * slope * (slope - 2.0 * away);
}

femd_status femd_sw_born(femd_energetics *e, const femd_neighbours *nb, double B[36], femd_error *err) {
    femd_clusters *c = &e->clusters;
    size_t count, at = 0;
    FEMD_TRY(collect_legs(e, nb, 0, err));
    FEMD_TRY(room_for_triplets(c, e->n, &count, err));
    for (int i = 0; i < e->n; i++) {
        for (int k = c->first[i]; k < c->first[i + 1]; k++) record_leg(e, c->bond[k], i, c->record + 8 * (size_t)k);
        for (int k = c->first[i]; k < c->first[i + 1]; k++)
            for (int l = k + 1; l < c->first[i + 1]; l++, at++) {
                c->one[at] = k;
                c->two[at] = l;
            }
    }
    for (size_t t = 0; t < count; t++) { /* of one species all have one angle */
        const femd_bonds *b = &e->bonds;
        int u = c->bond[c->one[t]], v = c->bond[c->two[t]], ns = e->p->nspecies;
        int first = ns == 1 ? 0 : u & 1 ? e->species[b->row[u / 2]] : e->species_ext[b->partner[u / 2]];
        int second = ns == 1 ? 0 : v & 1 ? e->species[b->row[v / 2]] : e->species_ext[b->partner[v / 2]];
        int centre = ns == 1 ? 0 : u & 1 ? e->species_ext[b->partner[u / 2]] : e->species[b->row[u / 2]];
        c->strength[t] = e->p->angle[(centre * ns + first) * ns + second].lambda_eps;
        c->cos0[t] = e->p->angle[(centre * ns + first) * ns + second].cos0;
    }
    for (; at % FEMD_LANES_MAX; at++) {
        c->one[at] = c->two[at] = 0;
        c->strength[at] = c->cos0[at] = 0.0;
    }
    e->kernels->sw_born(&e->bonds, (int)at, c->one, c->two, c->record, c->strength, c->cos0, B);
    return FEMD_OK;
}

void femd_sw_apply(femd_energetics *e, const double *v, double *y) {
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
static void add_block(double *H, size_t wide_h, int p, int q, double sign, const double *K, size_t wide) {
    if (q < p) return;
    for (size_t r = 0; r < 3; r++)
        for (size_t c = 0; c < 3; c++) H[(3 * (size_t)p + r) * wide_h + 3 * (size_t)q + c] += sign * K[r * wide + c];
}

void femd_sw_fill(const femd_energetics *e, double *H) {
    const femd_clusters *c = &e->clusters;
    size_t wide_h = 3 * (size_t)e->n;
    for (int i = 0; i < e->n; i++) {
        size_t from = (size_t)c->first[i], m = (size_t)c->first[i + 1] - from, wide = 3 * m;
        for (size_t a = 0; a < m; a++)
            for (size_t b = 0; b < m; b++) {
                const double *K = c->stiffness + c->at[i] + 3 * a * wide + 3 * b;
                int p = c->atom[from + a], q = c->atom[from + b];
                add_block(H, wide_h, p, q, 1.0, K, wide);
                add_block(H, wide_h, p, i, -1.0, K, wide);
                add_block(H, wide_h, i, q, -1.0, K, wide);
                add_block(H, wide_h, i, i, 1.0, K, wide);
            }
    }
}
