/* F and D2min of each atom; see local_deformation.h. */
#include "local/local_deformation.h"

#include <math.h>
#include <stdlib.h>

#include "femd/tensor3.h"
#include "forces/neighbour_pairs.h"

/* The neighbours of the reference, and where all are there (X in H) and now (x in h). */
typedef struct local_bodies {
    int n;
    const double *H, *X, *h, *x;
    femd_neighbour_pair *pair; /* owned */
    size_t pairs;
} local_bodies;

static void local_vector(const femd_neighbour_pair *p, const double cell[9], const double *x, double d[3]) {
    for (int c = 0; c < 3; c++) {
        d[c] = x[3 * p->b + c] - x[3 * p->a + c];
        for (int k = 0; k < 3; k++) d[c] += p->shift[k] * cell[3 * k + c];
    }
}

/* The sums of d D^T (first nine) and of D D^T of both ends: reversed, a pair gives the same. */
static void local_moments(const local_bodies *b, double *moments) {
    for (size_t k = 0; k < b->pairs; k++) {
        const femd_neighbour_pair *p = &b->pair[k];
        double D[3], d[3];
        local_vector(p, b->H, b->X, D);
        local_vector(p, b->h, b->x, d);
        for (int end = 0; end < 2; end++) {
            double *to = moments + 18 * (size_t)(end ? p->b : p->a);
            for (int r = 0; r < 3; r++)
                for (int c = 0; c < 3; c++) {
                    to[3 * r + c] += d[r] * D[c];
                    to[9 + 3 * r + c] += D[r] * D[c];
                }
        }
    }
}

/* Not with a determinant that is round-off beside the trace: the neighbours lie in a plane, or there are too few. */
static int local_solve(const double moments[18], double F[9]) {
    const double *V = moments + 9, trace = V[0] + V[4] + V[8], det = femd_det3(V);
    double inverse[9];
    if (!(det > 1e-6 * trace * trace * trace)) return 0;
    femd_adjugate3(V, inverse);
    femd_mul3(moments, inverse, F);
    for (int c = 0; c < 9; c++) F[c] /= det;
    return 1;
}

static void local_rest(const local_bodies *b, const double *F, double *apart) {
    for (size_t k = 0; k < b->pairs; k++) {
        const femd_neighbour_pair *p = &b->pair[k];
        double D[3], d[3], off[3];
        local_vector(p, b->H, b->X, D);
        local_vector(p, b->h, b->x, d);
        for (int end = 0; end < 2; end++) {
            const size_t i = (size_t)(end ? p->b : p->a);
            femd_apply3(F + 9 * i, D, off);
            for (int c = 0; c < 3; c++) off[c] -= d[c];
            apart[i] += femd_dot3(off, off);
        }
    }
}

static femd_status local_find(local_bodies *b, double look, double *reach, femd_error *err) {
    femd_neighbours *near = NULL;
    double nearest = 0;
    femd_status rc = femd_neighbours_create(look, 0.1, &near, err);
    if (rc == FEMD_OK) rc = femd_neighbours_nearest(near, b->n, b->H, b->X, &nearest, err);
    femd_neighbours_destroy(&near);
    *reach = FEMD_LOCAL_REACH * nearest;
    if (rc == FEMD_OK) rc = femd_neighbours_create(*reach, 0.1, &near, err);
    if (rc == FEMD_OK) rc = femd_neighbours_pairs(near, b->n, b->H, b->X, &b->pair, &b->pairs, err);
    femd_neighbours_destroy(&near);
    return rc;
}

femd_status femd_local_deformation(int n, const double H[9], const double *X, const double h[9], const double *x,
                                   double look, double *F, double *apart, double *reach, femd_error *err) {
    local_bodies b = {.n = n, .H = H, .X = X, .h = h, .x = x};
    double *moments = calloc(18 * (size_t)n, sizeof *moments);
    femd_status rc = moments ? local_find(&b, look, reach, err)
                             : femd_fail(err, FEMD_NO_MEMORY, "the deformation around %d atoms: out of memory", n);
    if (rc == FEMD_OK) local_moments(&b, moments);
    for (size_t i = 0; rc == FEMD_OK && i < (size_t)n; i++) {
        const int has = local_solve(moments + 18 * i, F + 9 * i);
        for (size_t c = 0; !has && c < 9; c++) F[9 * i + c] = NAN;
        apart[i] = has ? 0 : NAN;
    }
    if (rc == FEMD_OK) local_rest(&b, F, apart);
    free(b.pair);
    free(moments);
    return rc;
}
