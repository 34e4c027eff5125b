/* Stillinger-Weber as central forces: the pairs along their bonds, a triplet's energy s g_a g_b (cos - cos0)^2 as a
 * function of the lengths r_a, r_b of its legs and R of the side between their far ends, with
 *   cos = (r_a^2 + r_b^2 - R^2)/(2 r_a r_b),  dcos/dr_a = 1/r_b - cos/r_a,  dcos/dR = -R/(r_a r_b). */
#include "forces/energetics_sw_segments.h"

#include "forces/energetics_private.h"
#include "potentials/potential_sw.h"

/* A leg of the atom at hand. */
typedef struct sw_side {
    femd_segment *segment; /* of its bond */
    int far, side;         /* atom at its far end; 1: the bond is seen from its partner */
    int shift[3];          /* the image that the far end is, seen from the atom at hand */
    double d[3], inv, g, g1;
} sw_side;

static femd_status sw_pair_segments(const femd_energetics *e, femd_segments *out, femd_error *err) {
    const femd_bonds *b = &e->bonds;
    const femd_neighbours *nb = e->last.nb;
    for (int k = 0; k < b->first[e->n]; k++) {
        femd_segment *s = femd_segments_add(out);
        if (!s) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the bonds of %d atoms", e->n);
        s->a = nb->owner[b->row[k]];
        s->b = nb->owner[b->partner[k]];
        femd_segments_shift(nb, b->row[k], b->partner[k], s->shift);
        s->d[0] = b->dx[k];
        s->d[1] = b->dy[k];
        s->d[2] = b->dz[k];
        s->pull = b->p1[k] * b->inv[k];
        for (int c = 0; c < 3; c++) s->of_a[c] = s->of_b[c] = 0.5 * s->pull * s->d[c];
    }
    return FEMD_OK;
}

static sw_side sw_see(const femd_energetics *e, femd_segments *out, int entry) {
    const femd_bonds *b = &e->bonds;
    const int k = entry / 2, side = entry & 1;
    sw_side s = {.segment = &out->one[k],
                 .side = side,
                 .far = side ? out->one[k].a : out->one[k].b,
                 .inv = b->inv[k],
                 .g = side ? b->b1[k] : b->a1[k],
                 .g1 = side ? b->b2[k] : b->a2[k]};
    for (int c = 0; c < 3; c++) {
        s.d[c] = side ? -s.segment->d[c] : s.segment->d[c];
        s.shift[c] = side ? -s.segment->shift[c] : s.segment->shift[c];
    }
    return s;
}

/* The gradient of the centre's energy over a leg, into its bond. */
static void sw_carry(const sw_side *leg, const double gradient[3]) {
    double *to = leg->side ? leg->segment->of_b : leg->segment->of_a;
    for (int c = 0; c < 3; c++) to[c] += leg->side ? -gradient[c] : gradient[c];
}

/* Legs by their entries, since a new segment may move those that are there. */
static femd_status sw_triplet(const femd_energetics *e, const femd_sw_angle *q, int first, int second,
                              femd_segments *out, femd_error *err) {
    femd_segment *across = femd_segments_add(out);
    if (!across) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the triplets of %d atoms", e->n);
    const sw_side a = sw_see(e, out, first), b = sw_see(e, out, second);
    double cos = 0.0;
    for (int c = 0; c < 3; c++) cos += a.d[c] * b.d[c] * a.inv * b.inv;
    const double h = (cos - q->cos0) * (cos - q->cos0), h1 = 2.0 * (cos - q->cos0), s = q->lambda_eps;
    const double along_a = s * b.g * (a.g1 * h + a.g * h1 * (b.inv - cos * a.inv)) * a.inv;
    const double along_b = s * a.g * (b.g1 * h + b.g * h1 * (a.inv - cos * b.inv)) * b.inv;
    across->a = a.far;
    across->b = b.far;
    across->pull = -s * a.g * b.g * h1 * a.inv * b.inv;
    a.segment->pull += along_a;
    b.segment->pull += along_b;
    double over_a[3], over_b[3];
    for (int c = 0; c < 3; c++) {
        across->d[c] = b.d[c] - a.d[c];
        across->shift[c] = b.shift[c] - a.shift[c];
        over_a[c] = along_a * a.d[c] - across->pull * across->d[c];
        over_b[c] = along_b * b.d[c] + across->pull * across->d[c];
    }
    sw_carry(&a, over_a);
    sw_carry(&b, over_b);
    return FEMD_OK;
}

static int sw_species_beyond(const femd_energetics *e, int entry) {
    const int k = entry / 2;
    return e->species_ext[entry & 1 ? e->bonds.row[k] : e->bonds.partner[k]];
}

static double sw_strength(const femd_energetics *e, int entry) {
    return entry & 1 ? e->bonds.b1[entry / 2] : e->bonds.a1[entry / 2];
}

femd_status femd_sw_segments(femd_energetics *e, femd_segments *out, femd_error *err) {
    const femd_clusters *c = &e->clusters;
    const int species = e->p->nspecies;
    FEMD_TRY(sw_pair_segments(e, out, err));
    FEMD_TRY(femd_clusters_collect(e, 0, err));
    for (int i = 0; i < e->n; i++) {
        const femd_sw_angle *angle = femd_sw_of(e->p)->angle + (size_t)e->species[i] * (size_t)(species * species);
        for (int k = c->first[i]; k < c->first[i + 1]; k++)
            for (int l = k + 1; l < c->first[i + 1]; l++) {
                const int first = c->bond[k], second = c->bond[l];
                if (sw_strength(e, first) == 0.0 || sw_strength(e, second) == 0.0) continue;
                const int at = sw_species_beyond(e, first) * species + sw_species_beyond(e, second);
                FEMD_TRY(sw_triplet(e, &angle[at], first, second, out, err));
            }
    }
    return FEMD_OK;
}
