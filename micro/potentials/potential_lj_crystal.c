/* What cutoff and smoothing of Lennard-Jones do to a crystal's constants, told once when a material is opened: a sum
 * over its pairs with the potential as it is, against the same with all of 12-6. All pairs within three cutoffs are
 * summed one by one, what is farther as a continuum of the mean density.
 *
 *   S = (1/V) sum 2 phi_s r r,   D = (1/V) sum 4 phi_ss r r r r     over pairs, s = r^2,
 *
 * at atoms held on their lattice (Born's terms; exact for lattices of inversion centres). Mean over the axes: S for
 * the stress, D11 and D12 for the constants; of pairs D44 = D12. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "femd/tensor3.h"
#include "potentials/potential_lj.h"

enum { LJ_CENTRES_MOST = 64 };            /* atoms around which pairs are counted; of more, some all over the cell */
static const double LJ_REACH = 3.0;       /* cutoffs */
static const double LJ_TELL = 0.01;       /* changes of less are not told */
static const double LJ_GPA = 160.2176634; /* of an eV per cubic angstrom */

typedef struct lj_bond {
    double s, quartic, mixed; /* r^2; means over the axes of x^4 and x^2 y^2 */
    const femd_lj *q;
} lj_bond;

typedef struct lj_crystal {
    lj_bond *bond;
    size_t count, room;
    double volume, reach; /* of the centres; angstrom */
    double c6;            /* mean over the partners, summed over the centres, times their number */
} lj_crystal;

typedef struct lj_moduli {
    double S, D11, D12; /* GPa, on the reference that is asked about */
} lj_moduli;

/* phi_s and phi_ss at s; `whole` leaves cutoff and smoothing out. */
static void lj_pair(const femd_lj *q, double s, int whole, double *first, double *second) {
    const double u = 1.0 / s, a = u * u * u, b = q->c12 * a, f = a * (b - q->c6), f1 = a * u * (3.0 * q->c6 - 6.0 * b),
                 f2 = a * u * u * (42.0 * b - 12.0 * q->c6), t = (s - q->switch_sq) * q->switch_scale;
    double w = 1.0, w1 = 0.0, w2 = 0.0;
    if (!whole && s >= q->cutsq) w = 0.0;
    if (!whole && s < q->cutsq && q->shape == FEMD_LJ_WIDE) {
        const double t3 = t * t * t, p = 1.0 - t3 * t * t, p3 = p * p * p;
        w = p3 * p * p;
        w1 = -25.0 * t3 * t * p3 * p * q->switch_scale;
        w2 = -100.0 * t3 * p3 * (1.0 - 6.0 * t3 * t * t) * q->switch_scale * q->switch_scale;
    } else if (!whole && s < q->cutsq && q->shape == FEMD_LJ_SWITCHED && t > 0.0) {
        const double p = 1.0 - t;
        w = 1.0 - t * t * t * (10.0 - t * (15.0 - 6.0 * t));
        w1 = -30.0 * t * t * p * p * q->switch_scale;
        w2 = -60.0 * t * p * (1.0 - 2.0 * t) * q->switch_scale * q->switch_scale;
    }
    *first = f1 * w + f * w1;
    *second = f2 * w + 2.0 * f1 * w1 + f * w2;
}

/* The crystal stretched `scale` times in all directions. */
static lj_moduli lj_moduli_at(const lj_crystal *c, double scale, int whole) {
    lj_moduli m = {0, 0, 0};
    const double square = scale * scale, volume = c->volume * scale * square, reach = c->reach * scale;
    for (size_t k = 0; k < c->count; k++) {
        const lj_bond *b = &c->bond[k];
        double first, second;
        lj_pair(b->q, b->s * square, whole, &first, &second);
        m.S += first * b->s * square / 3.0;
        m.D11 += 2.0 * second * b->quartic * square * square;
        m.D12 += 2.0 * second * b->mixed * square * square;
    }
    if (whole) { /* -c6/r^6: phi_s = 3 c6/r^8, phi_ss = -12 c6/r^10; mean x^4/r^4 1/5, x^2 y^2/r^4 1/15 */
        const double shell = 4.0 * M_PI / (c->volume * scale * square) / (3.0 * reach * reach * reach);
        m.S += shell * c->c6;
        m.D11 -= shell * 24.0 / 5.0 * c->c6;
        m.D12 -= shell * 24.0 / 15.0 * c->c6;
    }
    m.S *= LJ_GPA / volume;
    m.D11 *= LJ_GPA / volume;
    m.D12 *= LJ_GPA / volume;
    return m;
}

/* The stretch at which there is no pressure; 0 if there is none within 10 %. */
static double lj_free_scale(const lj_crystal *c, int whole) {
    double low = 0.9, high = 1.1;
    if (lj_moduli_at(c, low, whole).S > 0 || lj_moduli_at(c, high, whole).S < 0) return 0;
    for (int k = 0; k < 24; k++) {
        const double middle = 0.5 * (low + high);
        if (lj_moduli_at(c, middle, whole).S < 0)
            low = middle;
        else
            high = middle;
    }
    return 0.5 * (low + high);
}

static int lj_note_bond(lj_crystal *c, const double d[3], const femd_lj *q) {
    const double x = d[0] * d[0], y = d[1] * d[1], z = d[2] * d[2];
    if (c->count == c->room) {
        const size_t room = c->room ? 2 * c->room : 4096;
        lj_bond *more = realloc(c->bond, room * sizeof *more);
        if (!more) return 0;
        c->bond = more;
        c->room = room;
    }
    c->bond[c->count++] = (lj_bond){x + y + z, (x * x + y * y + z * z) / 3.0, (x * y + y * z + z * x) / 3.0, q};
    return 1;
}

/* The cell that is repeated. */
typedef struct lj_cell {
    const double *edge;                /* by rows */
    double across[9], height[3], size; /* edge . across = I (across by rows of edges); between faces; volume */
    int span[3];                       /* cells on either side that are within reach */
} lj_cell;

static void lj_cell_of(const double edge[9], double reach, lj_cell *cell) {
    cell->edge = edge;
    cell->size = fabs(femd_det3(edge));
    for (int k = 0; k < 3; k++) {
        double *normal = cell->across + 3 * k;
        femd_cross3(edge + 3 * ((k + 1) % 3), edge + 3 * ((k + 2) % 3), normal);
        const double along = femd_dot3(edge + 3 * k, normal), area = sqrt(femd_dot3(normal, normal));
        for (int m = 0; m < 3; m++) normal[m] /= along;
        cell->height[k] = cell->size / area;
        cell->span[k] = (int)(reach / cell->height[k]) + 1;
    }
}

/* The pairs of atom i with j and its images; 0 without memory. */
static int lj_note_pair(lj_crystal *c, const lj_cell *cell, const double from[3], const double to[3], int same,
                        const femd_lj *q) {
    double near[3] = {to[0] - from[0], to[1] - from[1], to[2] - from[2]}, whole[3];
    for (int k = 0; k < 3; k++) whole[k] = round(femd_dot3(cell->across + 3 * k, near));
    for (int k = 0; k < 3; k++)
        for (int m = 0; m < 3; m++) near[m] -= whole[k] * cell->edge[3 * k + m];
    for (int a = -cell->span[0]; a <= cell->span[0]; a++)
        for (int b = -cell->span[1]; b <= cell->span[1]; b++)
            for (int e = -cell->span[2]; e <= cell->span[2]; e++) {
                double d[3];
                for (int m = 0; m < 3; m++)
                    d[m] = near[m] + a * cell->edge[m] + b * cell->edge[3 + m] + e * cell->edge[6 + m];
                if (femd_dot3(d, d) >= c->reach * c->reach || (same && !a && !b && !e)) continue;
                if (!lj_note_bond(c, d, q)) return 0;
            }
    return 1;
}

/* Counts the pairs; 0 without memory. */
static int lj_gather(lj_crystal *c, const femd_potential *p, int natoms, const int *species, const double edge[9],
                     const double *x) {
    const int stride = natoms > LJ_CENTRES_MOST ? (natoms + LJ_CENTRES_MOST - 1) / LJ_CENTRES_MOST : 1;
    int centres = 0;
    lj_cell cell;
    c->reach = LJ_REACH * p->cutoff;
    lj_cell_of(edge, c->reach, &cell);
    for (int i = 0; i < natoms; i += stride, centres++)
        for (int j = 0; j < natoms; j++) {
            const femd_lj *q = &femd_lj_of(p)[species[i] * p->nspecies + species[j]];
            c->c6 += q->c6;
            if (!lj_note_pair(c, &cell, x + 3 * i, x + 3 * j, i == j, q)) return 0;
        }
    c->c6 *= (double)centres / natoms;
    c->volume = cell.size / natoms * centres;
    return 1;
}

static void lj_words(const lj_crystal *c, char *words, size_t size) {
    const lj_moduli own = lj_moduli_at(c, 1.0, 0), all = lj_moduli_at(c, 1.0, 1);
    const double first = own.D11 / all.D11 - 1, second = own.D12 / all.D12 - 1, longer = lj_free_scale(c, 0),
                 right = lj_free_scale(c, 1);
    if (fabs(first) < LJ_TELL && fabs(second) < LJ_TELL && fabs(longer - right) < 0.1 * LJ_TELL) return;
    int used = snprintf(words, size,
                        "cutoff and smoothing change C11 by %+.1f %%, C12 and C44 by %+.1f %% and the mean stress by "
                        "%+.2g GPa at the reference cell, against all of 12-6",
                        100 * first, 100 * second, own.S - all.S);
    if (!(longer > 0 && right > 0) || used < 0 || (size_t)used >= size) return;
    const lj_moduli free_own = lj_moduli_at(c, longer, 0), free_all = lj_moduli_at(c, right, 1);
    snprintf(words + used, size - (size_t)used,
             "; free of pressure lengths by %+.2f %%, C11 by %+.1f %%, C12 and C44 by %+.1f %%",
             100 * (longer / right - 1), 100 * (free_own.D11 / free_all.D11 - 1),
             100 * (free_own.D12 / free_all.D12 - 1));
}

void femd_lj_judge_crystal(const femd_potential *p, int natoms, const int *species, const double cell[9],
                           const double *x, char *words, size_t size) {
    lj_crystal c = {0};
    if (lj_gather(&c, p, natoms, species, cell, x)) lj_words(&c, words, size);
    free(c.bond);
}
