/* See made_up_forms.h. */
#include "made_up_forms.h"

#include <math.h>

#include "forces/energetics_private.h"

/* ---- energies of legs ---- */

/* g(s) of a leg with its derivatives with respect to s, times its weight; 0 from the cutoff on. */
typedef struct weighted {
    double f, f1, f2;
} weighted;

static weighted weighted_leg(const femd_cluster *at, size_t a) {
    const double *d = at->leg + 3 * a, scale = 1.0 / at->e->p->cutsq,
                 t = 1.0 - (d[0] * d[0] + d[1] * d[1] + d[2] * d[2]) * scale,
                 w = 1.0 + 0.3 * at->far[a] + 0.2 * at->species;
    return (weighted){w * t * t * t, -3.0 * w * scale * t * t, 6.0 * w * scale * scale * t};
}

/* K's block (a, b) += first x second + on the diagonal `unit`. */
static void add_product(const femd_cluster *at, size_t a, size_t b, double factor, const double first[3],
                        const double second[3], double unit) {
    const size_t wide = 3 * (size_t)at->legs;
    for (size_t r = 0; r < 3; r++)
        for (size_t c = 0; c < 3; c++)
            at->stiffness[(3 * a + r) * wide + 3 * b + c] += factor * first[r] * second[c] + (r == c ? unit : 0.0);
}

static void square_cluster(const femd_cluster *at) {
    const size_t legs = (size_t)at->legs;
    weighted *g = at->scratch;
    double sum = 0.0;
    for (size_t a = 0; a < legs; a++) {
        g[a] = weighted_leg(at, a);
        sum += g[a].f;
    }
    if (at->energy) *at->energy += 3.0 * sum * sum;
    for (size_t a = 0; a < legs; a++) {
        const double *d = at->leg + 3 * a;
        for (size_t c = 0; c < 3; c++) at->gradient[3 * a + c] += 12.0 * sum * g[a].f1 * d[c];
        if (!at->stiffness) continue;
        add_product(at, a, a, 24.0 * sum * g[a].f2, d, d, 12.0 * sum * g[a].f1);
        for (size_t b = 0; b < legs; b++) add_product(at, a, b, 24.0 * g[a].f1 * g[b].f1, d, at->leg + 3 * b, 0.0);
    }
}

static void angle_pair(const femd_cluster *at, size_t a, size_t b, const weighted *x, const weighted *y) {
    const double *d = at->leg + 3 * a, *q = at->leg + 3 * b, k = 0.2,
                 P = 1.0 + k * (d[0] * q[0] + d[1] * q[1] + d[2] * q[2]);
    if (at->energy) *at->energy += x->f * y->f * P * P;
    for (size_t c = 0; c < 3; c++) {
        at->gradient[3 * a + c] += 2.0 * y->f * P * (x->f1 * P * d[c] + x->f * k * q[c]);
        at->gradient[3 * b + c] += 2.0 * x->f * P * (y->f1 * P * q[c] + y->f * k * d[c]);
    }
    if (!at->stiffness) return;
    add_product(at, a, a, 4.0 * y->f * x->f2 * P * P, d, d, 2.0 * y->f * x->f1 * P * P);
    add_product(at, a, a, 4.0 * y->f * x->f1 * P * k, d, q, 0.0);
    add_product(at, a, a, 4.0 * y->f * x->f1 * P * k, q, d, 0.0);
    add_product(at, a, a, 2.0 * y->f * x->f * k * k, q, q, 0.0);
    add_product(at, b, b, 4.0 * x->f * y->f2 * P * P, q, q, 2.0 * x->f * y->f1 * P * P);
    add_product(at, b, b, 4.0 * x->f * y->f1 * P * k, q, d, 0.0);
    add_product(at, b, b, 4.0 * x->f * y->f1 * P * k, d, q, 0.0);
    add_product(at, b, b, 2.0 * x->f * y->f * k * k, d, d, 0.0);
    for (int turned = 0; turned < 2; turned++) { /* block ab, then ba with the names exchanged */
        const double *one = turned ? q : d, *two = turned ? d : q, one1 = turned ? y->f1 : x->f1,
                     two1 = turned ? x->f1 : y->f1, one0 = turned ? y->f : x->f, two0 = turned ? x->f : y->f;
        const size_t i = turned ? b : a, j = turned ? a : b;
        add_product(at, i, j, 4.0 * one1 * two1 * P * P, one, two, 2.0 * one0 * two0 * P * k);
        add_product(at, i, j, 4.0 * one1 * two0 * P * k, one, one, 0.0);
        add_product(at, i, j, 4.0 * one0 * two1 * P * k, two, two, 0.0);
        add_product(at, i, j, 2.0 * one0 * two0 * k * k, two, one, 0.0);
    }
}

static void angle_cluster(const femd_cluster *at) {
    const size_t legs = (size_t)at->legs;
    weighted *g = at->scratch;
    for (size_t a = 0; a < legs; a++) {
        const double *d = at->leg + 3 * a;
        g[a] = weighted_leg(at, a);
        if (at->energy) *at->energy += 0.5 * g[a].f;
        for (size_t c = 0; c < 3; c++) at->gradient[3 * a + c] += g[a].f1 * d[c];
        if (at->stiffness) add_product(at, a, a, 2.0 * g[a].f2, d, d, g[a].f1);
    }
    for (size_t a = 0; a < legs; a++)
        for (size_t b = a + 1; b < legs; b++) angle_pair(at, a, b, &g[a], &g[b]);
}

const femd_energetics_form made_up_square = {
    .name = "square", .cluster = square_cluster, .leg = sizeof(weighted), FEMD_ENERGETICS_CLUSTER_FORM};
const femd_energetics_form made_up_angle = {
    .name = "angle", .cluster = angle_cluster, .leg = sizeof(weighted), FEMD_ENERGETICS_CLUSTER_FORM};

/* ---- forces from outside ---- */

typedef struct outside {
    femd_energetics *inner;
    femd_neighbours *nb;
    double *force; /* 3 n */
} outside;

static femd_status outside_open(femd_energetics *e, femd_error *err) {
    outside *own = e->own;
    own->force = malloc(3 * (size_t)e->n * sizeof *own->force);
    if (!own->force) return femd_fail(err, FEMD_NO_MEMORY, "no memory for %d atoms", e->n);
    FEMD_TRY(femd_neighbours_create(femd_potential_cutoff(e->p), 0.5, &own->nb, err));
    return femd_energetics_create(e->p, e->n, e->species, &own->inner, err);
}

static void outside_clear(femd_energetics *e) {
    outside *own = e->own;
    femd_energetics_destroy(&own->inner);
    femd_neighbours_destroy(&own->nb);
    free(own->force);
}

static femd_status outside_at_once(femd_energetics *e, const double cell[9], const double *x, double *W, double tau[6],
                                   femd_error *err) {
    outside *own = e->own;
    const femd_status rc = femd_energetics_forces(own->inner, own->nb, cell, x, W, own->force, tau, err);
    if (rc != FEMD_OK && rc != FEMD_OUT_OF_DOMAIN) return rc;
    for (size_t i = 0; i < (size_t)e->n; i++)
        for (size_t c = 0; c < 3; c++) e->fe[4 * i + c] += own->force[3 * i + c];
    e->last.nearest_sq = INFINITY;
    return rc;
}

const femd_energetics_form made_up_outside = {.name = "outside",
                                              .own = sizeof(outside),
                                              .open = outside_open,
                                              .clear = outside_clear,
                                              .at_once = outside_at_once};
