/* The term of d2W/dEdE that a cutoff adds where the force of a pair jumps to zero there.
 *
 * Forces that are cut off are those of a pair energy whose slope jumps at the cutoff r_c, and whose second derivative
 * is phi'' - phi'(r_c) delta(r - r_c). A single configuration does not see the last part; the mean over moving atoms
 * does: pairs that a strain carries over the cutoff take their tension with them. Estimated from the pairs in a shell
 * below r_c,
 *
 *   -sum delta(r_c - r) (phi'(r_c)/r^2) r r r r  ->  -sum g(u)/w (phi'(r_c)/r^2) r r r r,   u = (r_c - r)/w in (0, 1),
 *
 * g = 9 - 36 u + 30 u^2: g has the integral 1 and no first and second moment, so that the error is 0.05 w^3/6 times the
 * third derivative of what is summed, over r. phi' has embedding terms in it where there are any. Where the density
 * itself does not end at zero, an atom loses rho(r_c) of it with the pair, and its t = d rho/dE weighs F'' rho(r_c)
 * less: -sum delta(r_c - r) rho(r_c) F'' (t rr + rr t)/(2r). (That of a single strain is no symmetric matrix: such
 * forces have no energy.) */
#include <math.h>

#include "femd/tensor3.h"
#include "forces/energetics_private.h"

int femd_energetics_is_cut(const femd_energetics *e) {
    return e->p->end != NULL;
}

/* Atom m loses density with a bond rr: see above. */
static void cut_add_density(const femd_energetics *e, int m, double lost, const double rr[6], double sum[36]) {
    const double *t = e->strain_rate + 8 * (size_t)m, c = 0.5 * lost * e->fpp[m];
    for (int v = 0; v < 6; v++)
        for (int w = v; w < 6; w++) sum[6 * v + w] += c * (t[v] * rr[w] + t[w] * rr[v]);
}

/* One bond d of atoms i and j, r apart; weight stands for the delta function. */
static void cut_add_bond(const femd_energetics *e, int i, int j, const double d[3], double r, double weight,
                         double sum[36]) {
    const int a = e->species[i], b = e->species[j], n = e->p->nspecies, embedded = e->functions > 0;
    const femd_potential_end *here = &e->p->end[a * n + b], *there = &e->p->end[b * n + a];
    double rr[6], slope = here->slope;
    if (embedded)
        slope += e->embed[3 * (size_t)i + 1] * here->density_slope + e->embed[3 * (size_t)j + 1] * there->density_slope;
    for (int v = 0; v < 6; v++) rr[v] = d[femd_voigt_i[v]] * d[femd_voigt_j[v]];
    for (int v = 0; v < 6; v++)
        for (int w = v; w < 6; w++) sum[6 * v + w] += weight * slope / (r * r) * rr[v] * rr[w];
    if (!embedded) return;
    cut_add_density(e, i, weight / r * here->density, rr, sum);
    cut_add_density(e, j, weight / r * there->density, rr, sum);
}

femd_status femd_energetics_add_cut(const femd_energetics *e, double width, double B[36], femd_error *err) {
    const femd_bonds *h = &e->held;
    double sum[36] = {0};
    if (!e->p->end) return FEMD_OK;
    if (!e->prepared || h->n != e->n)
        return femd_fail(err, FEMD_UNSUPPORTED,
                         "forces of this potential jump to zero at a cutoff, which adds to the mean tangent of moving "
                         "atoms; the form \"%s\" keeps no bonds that tell how much",
                         e->form->name);
    for (int i = 0; i < h->n; i++)
        for (int k = h->first[i]; k < h->first[i + 1]; k++) {
            const int j = h->partner[k];
            const double d[3] = {h->dx[k], h->dy[k], h->dz[k]}, r = sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
            if (i == j) continue; /* an image of its own is as far at all times */
            const double u = (e->p->end[e->species[i] * e->p->nspecies + e->species[j]].at - r) / width;
            if (u > 0 && u < 1) cut_add_bond(e, i, j, d, r, (9 - 36 * u + 30 * u * u) / width, sum);
        }
    for (int v = 0; v < 6; v++)
        for (int w = v; w < 6; w++) {
            B[6 * v + w] -= sum[6 * v + w];
            if (w > v) B[6 * w + v] -= sum[6 * v + w];
        }
    return FEMD_OK;
}
