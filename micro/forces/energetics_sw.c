/* The form "sw", Stillinger-Weber: an energy of the legs of each atom (energetics_cluster.h) whose forces, heat flux
 * and second derivatives with respect to strain have kernels of their own. Those see an atom's triplets through moments
 * of its legs (kernels_sw.h); B alone needs no matrix: U_i depends on the squares and products of its legs only, and
 * those are linear in E. */
#include <stdlib.h>

#include "forces/energetics_private.h"
#include "forces/energetics_sw_segments.h"
#include "potentials/potential_sw.h"

typedef struct sw_own {
    double *moments, *fields; /* (n nspecies) x FEMD_MOMENTS, see kernels.h */

    /* For B alone. */
    int *one, *two;          /* of each triplet: its legs */
    double *strength, *cos0; /* of each triplet */
    double *record;          /* of each leg, 8 doubles: its vector, 1/r, g, g_r, g_rr, to spare */
    size_t room_triplets, room_record;
} sw_own;

/* One leg of the atom at hand. */
typedef struct sw_leg {
    double n[3], inv, phi1, phi2, g, g1, g2;
} sw_leg;

static femd_status sw_open(femd_energetics *e, femd_error *err) {
    sw_own *own = e->own;
    const size_t count = FEMD_MOMENTS * (size_t)e->n * (size_t)e->p->nspecies;
    e->functions = e->p->nspecies > 1 ? 2 : 1;
    own->moments = femd_aligned_doubles(count);
    own->fields = femd_aligned_doubles(count);
    return own->moments && own->fields ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for %d atoms", e->n);
}

static void sw_clear(femd_energetics *e) {
    sw_own *own = e->own;
    free(own->moments);
    free(own->fields);
    free(own->one);
    free(own->two);
    free(own->strength);
    free(own->cos0);
    free(own->record);
}

static femd_status sw_sweep(femd_energetics *e, int order, double *W, femd_error *err) {
    const sw_own *own = e->own;
    (void)err;
    e->last.moments = own->moments;
    e->last.fields = own->fields;
    e->kernels->sw_pairs(&e->last, order);
    *W = e->last.energy;
    return FEMD_OK;
}

static void sw_spread(const femd_energetics *e, double tau[6]) {
    e->kernels->sw_forces(&e->last, e->fe, tau);
}

/* The triplets of which the atom is the centre. */
static void sw_carried(const femd_energetics *e, double *energy) {
    const sw_own *own = e->own;
    const size_t species = (size_t)e->p->nspecies;
    for (size_t i = 0; i < (size_t)e->n; i++) {
        double sum = 0.0;
        for (size_t a = 0; a < species; a++) sum += own->fields[FEMD_MOMENTS * (i * species + a) + 11];
        energy[i] = sum;
    }
}

static void sw_flux(const femd_energetics *e, const double *v, double J[3]) {
    e->kernels->sw_flux(&e->last, v, J);
}

/* ---- the energy of an atom over its legs ---- */

/* g_rr from g and g_r: with g = exp(z/(r - cut)), g_rr = g_r (g_r/g + 2/(cut - r)). */
static void sw_read_leg(const femd_cluster *at, size_t a, sw_leg *l) {
    const femd_bonds *b = &at->e->bonds;
    const double *d = at->leg + 3 * a;
    int k = at->bond[a] / 2, far = at->bond[a] & 1;
    double cut = femd_sw_of(at->e->p)->pair[at->species * at->e->p->nspecies + at->far[a]].cut;
    l->inv = b->inv[k];
    for (int c = 0; c < 3; c++) l->n[c] = d[c] * l->inv;
    l->phi1 = 0.5 * b->p1[k];
    l->phi2 = 0.5 * b->p2[k];
    l->g = far ? b->b1[k] : b->a1[k];
    l->g1 = far ? b->b2[k] : b->a2[k];
    l->g2 = l->g > 1e-150 ? l->g1 * (l->g1 / l->g + 2.0 / (cut - 1.0 / l->inv)) : 0.0;
}

/* Half of the pair's energy on leg a. */
static void sw_add_pair(const sw_leg *l, size_t a, size_t wide, double *K, double gradient[3]) {
    for (size_t r = 0; r < 3; r++) {
        gradient[r] += l->phi1 * l->n[r];
        for (size_t c = 0; c < 3; c++)
            K[(3 * a + r) * wide + 3 * a + c] +=
                (l->phi2 - l->phi1 * l->inv) * l->n[r] * l->n[c] + (r == c ? l->phi1 * l->inv : 0.0);
    }
}

/* s g_a g_b (c - cos0)^2 of legs a and b; K gets the blocks aa, bb, ab and ba. */
static void sw_add_triplet(const femd_sw_angle *q, const sw_leg *x, const sw_leg *y, size_t a, size_t b, size_t wide,
                           double *K, double *ga, double *gb) {
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

static void sw_cluster(const femd_cluster *at) {
    sw_leg *legs = at->scratch;
    const size_t m = (size_t)at->legs, wide = 3 * m, species = (size_t)at->e->p->nspecies;
    const femd_sw_angle *angle = femd_sw_of(at->e->p)->angle + (size_t)at->species * species * species;
    double *K = at->stiffness, *gradient = at->gradient;
    for (size_t a = 0; a < m; a++) {
        sw_read_leg(at, a, &legs[a]);
        sw_add_pair(&legs[a], a, wide, K, gradient + 3 * a);
    }
    for (size_t a = 0; a < m; a++)
        for (size_t b = a + 1; b < m; b++) {
            const femd_sw_angle *q = angle + (size_t)at->far[a] * species + (size_t)at->far[b];
            if (legs[a].g != 0.0 && legs[b].g != 0.0)
                sw_add_triplet(q, &legs[a], &legs[b], a, b, wide, K, gradient + 3 * a, gradient + 3 * b);
        }
}

/* ---- B alone ---- */

static int sw_renew(void **p, size_t size) {
    free(*p);
    *p = NULL;
    return posix_memalign(p, 64, size) == 0;
}

/* Room for the triplets of all atoms, whole vectors. Returns how many there are in *count. */
static femd_status sw_room_for_triplets(femd_energetics *e, size_t *count, femd_error *err) {
    const femd_clusters *c = &e->clusters;
    sw_own *own = e->own;
    size_t all = FEMD_LANES_MAX, legs = (size_t)c->first[e->n];
    int ok = 1;
    for (int i = 0; i < e->n; i++) {
        size_t m = (size_t)(c->first[i + 1] - c->first[i]);
        all += m * (m - (m > 0)) / 2;
    }
    *count = all - FEMD_LANES_MAX;
    if (all > INT32_MAX) return femd_fail(err, FEMD_LIMIT, "too many triplets: %zu", all);
    if (all > own->room_triplets) {
        all += all / 4;
        ok = sw_renew((void **)&own->one, all * sizeof(int)) && sw_renew((void **)&own->two, all * sizeof(int)) &&
             sw_renew((void **)&own->strength, all * sizeof(double)) &&
             sw_renew((void **)&own->cos0, all * sizeof(double));
        own->room_triplets = ok ? all : 0;
    }
    if (ok && legs > own->room_record) {
        ok = sw_renew((void **)&own->record, 8 * (legs + legs / 4 + 1) * sizeof(double));
        own->room_record = ok ? legs + legs / 4 : 0;
    }
    return ok ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for %zu triplets", all);
}

/* What the kernel needs of a leg: its vector, 1/r, g, g_r, g_rr. */
static void sw_record_leg(const femd_energetics *e, int entry, int centre, double to[8]) {
    const femd_bonds *b = &e->bonds;
    int k = entry / 2, far = entry & 1, species = far ? e->species[b->row[k]] : e->species_ext[b->partner[k]];
    const femd_sw_pair *q = &femd_sw_of(e->p)->pair[e->species[centre] * e->p->nspecies + species];
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

static femd_status sw_born(femd_energetics *e, double B[36], femd_error *err) {
    const femd_clusters *c = &e->clusters;
    const femd_sw_angle *angle = femd_sw_of(e->p)->angle;
    sw_own *own = e->own;
    size_t count, at = 0;
    FEMD_TRY(femd_clusters_collect(e, 0, err));
    FEMD_TRY(sw_room_for_triplets(e, &count, err));
    for (int i = 0; i < e->n; i++) {
        for (int k = c->first[i]; k < c->first[i + 1]; k++)
            sw_record_leg(e, c->bond[k], i, own->record + 8 * (size_t)k);
        for (int k = c->first[i]; k < c->first[i + 1]; k++)
            for (int l = k + 1; l < c->first[i + 1]; l++, at++) {
                own->one[at] = k;
                own->two[at] = l;
            }
    }
    for (size_t t = 0; t < count; t++) { /* of one species all have one angle */
        const femd_bonds *b = &e->bonds;
        int u = c->bond[own->one[t]], v = c->bond[own->two[t]], ns = e->p->nspecies;
        int first = ns == 1 ? 0 : u & 1 ? e->species[b->row[u / 2]] : e->species_ext[b->partner[u / 2]];
        int second = ns == 1 ? 0 : v & 1 ? e->species[b->row[v / 2]] : e->species_ext[b->partner[v / 2]];
        int centre = ns == 1 ? 0 : u & 1 ? e->species_ext[b->partner[u / 2]] : e->species[b->row[u / 2]];
        own->strength[t] = angle[(centre * ns + first) * ns + second].lambda_eps;
        own->cos0[t] = angle[(centre * ns + first) * ns + second].cos0;
    }
    for (; at % FEMD_LANES_MAX; at++) {
        own->one[at] = own->two[at] = 0;
        own->strength[at] = own->cos0[at] = 0.0;
    }
    e->kernels->sw_born(&e->bonds, (int)at, own->one, own->two, own->record, own->strength, own->cos0, B);
    return FEMD_OK;
}

const femd_energetics_form femd_energetics_sw = {
    .name = "sw",
    .gives = FEMD_GIVES_FACES | FEMD_GIVES_ATOM_ENERGIES | FEMD_GIVES_FLUX | FEMD_GIVES_SEGMENTS,
    .bonds = FEMD_BONDS_VECTORS | FEMD_BONDS_PAIR | FEMD_BONDS_ROWS | FEMD_BONDS_SLOPES,
    .own = sizeof(sw_own),
    .open = sw_open,
    .clear = sw_clear,
    .sweep = sw_sweep,
    .spread = sw_spread,
    .carried = sw_carried,
    .flux = sw_flux,
    .segments = femd_sw_segments,
    .segmented =
        "not unique for three bodies; used: central forces along the three sides of each triplet, whose energy "
        "is a function of their lengths (Admal and Tadmor 2010)",
    .prepare = femd_clusters_prepare,
    .apply = femd_clusters_apply,
    .fill = femd_clusters_fill,
    .onsite = femd_clusters_onsite,
    .born = sw_born,
    .cluster = sw_cluster,
    .leg = sizeof(sw_leg),
};
