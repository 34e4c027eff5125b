/* Half neighbour lists of a periodic cell of any shape and size; see neighbour_private.h. It owns the list and the rule
 * for when it is still good, and knows no potential. */
#include "forces/kernels.h"

#include <math.h>
#include <stdlib.h>

#include "femd/tensor3.h"

#define BINS_MAX     (1 << 20)
#define EXTENDED_MAX (1 << 26)
/* Images of so few atoms: a cell of one atom and a cutoff of fifty of its widths has fewer, and what a damaged state
 * makes of a cell shall not take minutes. */
#define IMAGES_MAX (1 << 18)
#define SLACK      1e-9 /* for the rounding of what bin an atom is in */

femd_status femd_neighbours_create(double cutoff, double skin, femd_neighbours **out, femd_error *err) {
    femd_neighbours *nb;
    *out = NULL;
    if (!(cutoff > 0.0) || !(skin >= 0.0) || !isfinite(cutoff + skin))
        return femd_fail(err, FEMD_BAD_ARGUMENT, "a neighbour list needs a cutoff > 0 and a skin >= 0, got %g and %g",
                         cutoff, skin);
    nb = calloc(1, sizeof *nb);
    if (!nb) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a neighbour list");
    nb->cutoff = cutoff;
    nb->skin = skin;
    nb->within = femd_kernels_now()->within;
    *out = nb;
    return FEMD_OK;
}

void femd_neighbours_destroy(femd_neighbours **p) {
    femd_neighbours *nb = p ? *p : NULL;
    if (!nb) return;
    free(nb->owner);
    free(nb->shift);
    free(nb->first);
    free(nb->list);
    free(nb->x0);
    free(nb->bin_first);
    free(nb->bin_of);
    free(nb->order);
    free(nb->sorted);
    free(nb->key);
    free(nb);
    *p = NULL;
}

/* Grow *p to count elements; the old content is lost unless keep. */
static int neighbours_grow(void **p, size_t count, size_t size) {
    void *q = realloc(*p, (count ? count : 1) * size);
    if (!q) return 0;
    *p = q;
    return 1;
}

static femd_status neighbours_room_for_atoms(femd_neighbours *nb, int n, femd_error *err) {
    if (n <= nb->room_atoms) return FEMD_OK;
    if (!neighbours_grow((void **)&nb->first, (size_t)n + 1, sizeof(int)) ||
        !neighbours_grow((void **)&nb->x0, 3 * (size_t)n, sizeof(double)))
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for the neighbours of %d atoms", n);
    nb->room_atoms = n;
    return FEMD_OK;
}

static femd_status neighbours_room_for_images(femd_neighbours *nb, int count, femd_error *err) {
    int room = count + count / 8;
    if (count <= nb->room_next) return FEMD_OK;
    if (!neighbours_grow((void **)&nb->owner, (size_t)room, sizeof(int)) ||
        !neighbours_grow((void **)&nb->shift, 3 * (size_t)room, sizeof(int)) ||
        !neighbours_grow((void **)&nb->bin_of, (size_t)room, sizeof(int)) ||
        !neighbours_grow((void **)&nb->order, (size_t)room + FEMD_LANES_MAX, sizeof(int)) ||
        !neighbours_grow((void **)&nb->key, (size_t)room + FEMD_LANES_MAX, sizeof(int)) ||
        !neighbours_grow((void **)&nb->sorted, 3 * (size_t)room + FEMD_LANES_MAX, sizeof(double)))
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for %d periodic images", count);
    nb->room_next = room;
    return FEMD_OK;
}

static femd_status neighbours_room_for_list(femd_neighbours *nb, int count, femd_error *err) {
    int room = count + count / 4 + 64;
    if (count + FEMD_LANES_MAX <= nb->room_list) return FEMD_OK;
    if (!neighbours_grow((void **)&nb->list, (size_t)room, sizeof(int)))
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for a neighbour list of %d bonds", count);
    nb->room_list = room;
    return FEMD_OK;
}

/* inverse[3c+k]: fractional coordinate k = sum_c x_c inverse[3c+k]; height[k]: distance of the faces k. Returns the
 * volume. */
static double neighbours_invert_cell(const double cell[9], double inverse[9], double height[3]) {
    double area[9], volume;
    for (int k = 0; k < 3; k++) femd_cross3(cell + 3 * ((k + 1) % 3), cell + 3 * ((k + 2) % 3), area + 3 * k);
    volume = femd_dot3(cell, area);
    for (int k = 0; k < 3; k++) {
        height[k] = fabs(volume) / sqrt(femd_dot3(area + 3 * k, area + 3 * k));
        for (int c = 0; c < 3; c++) inverse[3 * c + k] = area[3 * k + c] / volume;
    }
    return volume;
}

static femd_status neighbours_check_finite(int n, const double cell[9], const double *x, femd_error *err) {
    double sum = 0.0;
    for (int c = 0; c < 9; c++) sum += cell[c] - cell[c];
    for (int c = 0; c < 3 * n; c++) sum += x[c] - x[c];
    if (sum != 0.0) return femd_fail(err, FEMD_OUT_OF_DOMAIN, "the cell or a position of an atom is not finite");
    return FEMD_OK;
}

/* Shifts that put each atom inside the cell, and the fractional coordinates it then has. */
static femd_status neighbours_wrap(femd_neighbours *nb, const double *x, const double inverse[9], double *fraction,
                                   femd_error *err) {
    for (int i = 0; i < nb->n; i++)
        for (int k = 0; k < 3; k++) {
            double f = x[3 * i] * inverse[k] + x[3 * i + 1] * inverse[3 + k] + x[3 * i + 2] * inverse[6 + k];
            double whole = floor(f);
            if (!(fabs(whole) <= 1e6)) /* neither if it is no number */
                return femd_fail(err, FEMD_OUT_OF_DOMAIN, "atom %d is more than a million cells away", i + 1);
            nb->owner[i] = i;
            nb->shift[3 * i + k] = -(int)whole;
            fraction[3 * i + k] = f - whole;
        }
    return FEMD_OK;
}

/* Images of atom i within `reach` (in fractions of the cell, by direction) of the cell; *count goes up by their number.
 */
static femd_status neighbours_add_images(femd_neighbours *nb, int i, const double f[3], const double reach[3],
                                         int *count, femd_error *err) {
    int low[3], high[3];
    double all = 1.0;
    for (int k = 0; k < 3; k++) {
        low[k] = (int)ceil(-reach[k] - f[k]);
        high[k] = (int)floor(1.0 + reach[k] - f[k]);
        all *= high[k] - low[k] + 1;
    }
    const double most = fmin(EXTENDED_MAX, IMAGES_MAX + 64.0 * nb->n);
    if (all + *count > most)
        return femd_fail(err, FEMD_OUT_OF_DOMAIN, "the cell is too flat for the cutoff: over %.0f periodic images",
                         most);
    FEMD_TRY(neighbours_room_for_images(nb, *count + (int)all, err));
    for (int a = low[0]; a <= high[0]; a++)
        for (int b = low[1]; b <= high[1]; b++)
            for (int c = low[2]; c <= high[2]; c++) {
                if (a == 0 && b == 0 && c == 0) continue;
                int *to = nb->shift + 3 * *count;
                to[0] = nb->shift[3 * i] + a;
                to[1] = nb->shift[3 * i + 1] + b;
                to[2] = nb->shift[3 * i + 2] + c;
                nb->owner[(*count)++] = i;
            }
    return FEMD_OK;
}

void femd_neighbours_place(const femd_neighbours *nb, const double cell[9], const double *x, double *xe) {
    for (int g = 0; g < nb->next; g++) {
        const double *from = x + 3 * (ptrdiff_t)nb->owner[g];
        const int *s = nb->shift + 3 * (ptrdiff_t)g;
        double *to = xe + 4 * (ptrdiff_t)g;
        for (int c = 0; c < 3; c++) to[c] = from[c] + (s[0] * cell[c] + s[1] * cell[3 + c] + s[2] * cell[6 + c]);
        to[3] = 0.0;
    }
}

typedef struct bins {
    int count[3];
    double low[3], inverse; /* inverse edge */
} bins;

/* Cubic bins of edge >= reach over the box that holds the extended atoms at sorted[] (still unsorted). */
static femd_status neighbours_make_bins(femd_neighbours *nb, const double *xyz, double reach, bins *b,
                                        femd_error *err) {
    double high[3], edge = reach, all;
    for (int c = 0; c < 3; c++) b->low[c] = high[c] = xyz[c];
    for (int g = 0; g < nb->next; g++)
        for (int c = 0; c < 3; c++) {
            double v = xyz[3 * (ptrdiff_t)g + c];
            b->low[c] = v < b->low[c] ? v : b->low[c];
            high[c] = v > high[c] ? v : high[c];
        }
    for (;;) {
        all = 1.0;
        for (int c = 0; c < 3; c++) all *= floor((high[c] - b->low[c]) / edge) + 1.0;
        if (all <= BINS_MAX) break;
        edge *= 2.0;
    }
    b->inverse = 1.0 / edge;
    for (int c = 0; c < 3; c++) b->count[c] = (int)floor((high[c] - b->low[c]) / edge) + 1;
    if ((int)all + 1 > nb->room_bins) {
        if (!neighbours_grow((void **)&nb->bin_first, (size_t)all + 1, sizeof(int)))
            return femd_fail(err, FEMD_NO_MEMORY, "no memory for %d bins", (int)all);
        nb->room_bins = (int)all + 1;
    }
    return FEMD_OK;
}

static int neighbours_clamp(int k, int count) {
    return k < 0 ? 0 : k >= count ? count - 1 : k;
}

static int neighbours_bin_along(const bins *b, int c, double v) {
    int k = (int)((v - b->low[c]) * b->inverse);
    return neighbours_clamp(k, b->count[c]);
}

/* Stable counting sort of the extended atoms by bin, x fastest: order[], and the places in three runs of sorted[]. */
static void neighbours_fill_bins(femd_neighbours *nb, const double *xyz, const bins *b) {
    int all = b->count[0] * b->count[1] * b->count[2], next = nb->next;
    memset(nb->bin_first, 0, ((size_t)all + 1) * sizeof(int));
    for (int g = 0; g < next; g++) {
        const double *p = xyz + 3 * (ptrdiff_t)g;
        int bin = (neighbours_bin_along(b, 2, p[2]) * b->count[1] + neighbours_bin_along(b, 1, p[1])) * b->count[0] +
                  neighbours_bin_along(b, 0, p[0]);
        nb->bin_of[g] = bin;
        nb->bin_first[bin + 1]++;
    }
    for (int k = 0; k < all; k++) nb->bin_first[k + 1] += nb->bin_first[k];
    for (int g = next - 1; g >= 0; g--) { /* from the back, using the ends of the bins as cursors */
        int at = --nb->bin_first[nb->bin_of[g] + 1];
        nb->order[at] = g;
    }
    /* bin_first[k + 1] is now the beginning of bin k: shift down. */
    for (int k = 0; k < all; k++) nb->bin_first[k] = nb->bin_first[k + 1];
    nb->bin_first[all] = next;
    for (int at = 0; at < next; at++)
        for (int c = 0; c < 3; c++)
            nb->sorted[(size_t)c * (size_t)next + (size_t)at] = xyz[3 * (ptrdiff_t)nb->order[at] + c];
}

/* An extended atom is a partner of atom i if its key exceeds 2 i: a higher owner, or i itself shifted by a positive
 * lattice vector (first non-zero component). */
static int neighbours_partner_key(const femd_neighbours *nb, int g) {
    int o = nb->owner[g], positive = 0;
    for (int k = 2; k >= 0; k--) {
        int d = nb->shift[3 * (ptrdiff_t)g + k] - nb->shift[3 * (ptrdiff_t)o + k];
        if (d) positive = d > 0;
    }
    return 2 * o + positive;
}

/* A lower bound of the distance from place u to what is in bin k, in edges of a bin. */
static double neighbours_gap(double u, int k) {
    double d = u < k ? k - u : u - k - 1.0;
    return d > SLACK ? d - SLACK : 0.0;
}

/* The row of atom i at p, searched in the runs of bins along x that its sphere meets. Lengths are in edges of a bin. */
static femd_status neighbours_fill_row(femd_neighbours *nb, int i, const double p[3], const bins *b, double reach,
                                       int *count, femd_error *err) {
    double u[3], radius = reach * b->inverse;
    int low[3], high[3];
    unsigned hit = 0;
    for (int c = 0; c < 3; c++) {
        u[c] = (p[c] - b->low[c]) * b->inverse;
        low[c] = neighbours_clamp((int)floor(u[c] - radius - SLACK), b->count[c]);
        high[c] = neighbours_clamp((int)floor(u[c] + radius + SLACK), b->count[c]);
    }
    for (int kz = low[2]; kz <= high[2]; kz++) {
        double dz = neighbours_gap(u[2], kz), plane = radius * radius - dz * dz;
        for (int ky = low[1]; ky <= high[1]; ky++) {
            double dy = neighbours_gap(u[1], ky), left = plane - dy * dy, half;
            int row = (kz * b->count[1] + ky) * b->count[0], from, to;
            if (!(left > 0.0)) continue;
            half = sqrt(left) + SLACK;
            from = nb->bin_first[row + neighbours_clamp((int)(u[0] - half), b->count[0])];
            to = nb->bin_first[row + neighbours_clamp((int)(u[0] + half), b->count[0]) + 1];
            if (from == to) continue;
            FEMD_TRY(neighbours_room_for_list(nb, *count + (to - from), err));
            *count += nb->within(nb, p, reach * reach, 2 * i, from, to, nb->list + *count, &hit);
        }
    }
    return hit ? femd_fail(err, FEMD_OUT_OF_DOMAIN, "atom %d coincides with another atom", i + 1) : FEMD_OK;
}

static femd_status neighbours_fill_rows(femd_neighbours *nb, const double *xyz, const bins *b, double reach,
                                        femd_error *err) {
    int count = 0;
    for (int k = 0; k < nb->next; k++) nb->key[k] = neighbours_partner_key(nb, nb->order[k]);
    for (int l = 0; l < FEMD_LANES_MAX; l++) { /* what a vector reads past the last run */
        nb->key[nb->next + l] = nb->order[nb->next + l] = 0;
        nb->sorted[3 * (size_t)nb->next + (size_t)l] = 0.0;
    }
    for (int i = 0; i < nb->n; i++) {
        nb->first[i] = count;
        FEMD_TRY(neighbours_fill_row(nb, i, xyz + 3 * (ptrdiff_t)i, b, reach, &count, err));
    }
    nb->first[nb->n] = count;
    FEMD_TRY(neighbours_room_for_list(nb, count, err));
    for (int k = 0; k < FEMD_LANES_MAX; k++) nb->list[count + k] = 0;
    return FEMD_OK;
}

static femd_status neighbours_build(femd_neighbours *nb, const double cell[9], const double *x, double *scratch,
                                    femd_error *err) {
    double inverse[9], height[3], reach[3], *xyz, *xe;
    double radius = nb->cutoff + nb->skin;
    int count = nb->n;
    femd_status rc;
    bins b;
    if (!(fabs(neighbours_invert_cell(cell, inverse, height)) > 1e-9))
        return femd_fail(err, FEMD_OUT_OF_DOMAIN, "the cell has no volume");
    FEMD_TRY(neighbours_room_for_images(nb, nb->n, err));
    FEMD_TRY(neighbours_wrap(nb, x, inverse, scratch, err));
    for (int k = 0; k < 3; k++) {
        reach[k] = radius / height[k] * (1.0 + 1e-12);
        if (!(reach[k] <= 1e6)) return femd_fail(err, FEMD_OUT_OF_DOMAIN, "the cell is too flat for the cutoff");
    }
    for (int i = 0; i < nb->n; i++) FEMD_TRY(neighbours_add_images(nb, i, scratch + 3 * i, reach, &count, err));
    nb->next = count;
    xe = malloc(7 * (size_t)count * sizeof *xe);
    if (!xe) return femd_fail(err, FEMD_NO_MEMORY, "no memory for %d periodic images", count);
    xyz = xe + 4 * (size_t)count;
    femd_neighbours_place(nb, cell, x, xe);
    for (int g = 0; g < count; g++)
        for (int c = 0; c < 3; c++) xyz[3 * (ptrdiff_t)g + c] = xe[4 * (ptrdiff_t)g + c];
    rc = neighbours_make_bins(nb, xyz, radius, &b, err);
    if (rc == FEMD_OK) {
        neighbours_fill_bins(nb, xyz, &b);
        rc = neighbours_fill_rows(nb, xyz, &b, radius, err);
    }
    free(xe);
    return rc;
}

femd_status femd_neighbours_rebuild(femd_neighbours *nb, int n, const double cell[9], const double *x,
                                    femd_error *err) {
    femd_status rc;
    nb->n = 0; /* no list while it is being made */
    if (n < 1) return femd_fail(err, FEMD_BAD_ARGUMENT, "a neighbour list of %d atoms", n);
    FEMD_TRY(neighbours_check_finite(n, cell, x, err));
    FEMD_TRY(neighbours_room_for_atoms(nb, n, err));
    nb->n = n;
    rc = neighbours_build(nb, cell, x, nb->x0, err);
    if (rc != FEMD_OK) {
        nb->n = 0;
        return rc;
    }
    memcpy(nb->x0, x, 3 * (size_t)n * sizeof *x);
    memcpy(nb->cell0, cell, sizeof nb->cell0);
    nb->builds++;
    return FEMD_OK;
}

/* Smallest singular value of the map F that takes the cell at the build to cell; F to map[9] (row-major, x -> F x). */
static double neighbours_smallest_stretch(const double cell0[9], const double cell[9], double map[9]) {
    double inverse[9], height[3], c[9], trace, minors, det, low, high;
    neighbours_invert_cell(cell0, inverse, height);
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++)
            map[3 * a + b] =
                cell[a] * inverse[3 * b] + cell[3 + a] * inverse[3 * b + 1] + cell[6 + a] * inverse[3 * b + 2];
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++) c[3 * a + b] = map[a] * map[b] + map[3 + a] * map[3 + b] + map[6 + a] * map[6 + b];
    trace = c[0] + c[4] + c[8];
    minors = c[0] * c[4] - c[1] * c[3] + c[0] * c[8] - c[2] * c[6] + c[4] * c[8] - c[5] * c[7];
    det = femd_det3(c);
    /* Smallest root of q(t) = t^3 - trace t^2 + minors t - det, between 0 and trace/3, kept from below: Newton from 0
     * is monotonic. */
    low = 0.0;
    high = trace / 3.0;
    for (int k = 0; k < 60 && low < high; k++) {
        double q = ((low - trace) * low + minors) * low - det, slope = (3.0 * low - 2.0 * trace) * low + minors, step;
        if (!(slope > 0.0)) break;
        step = -q / slope;
        if (!(step > 1e-14 * high)) break;
        low += step;
    }
    return low > 0.0 ? sqrt(low) * (1.0 - 1e-10) : 0.0;
}

/* Whether every pair outside the list is surely still outside the cutoff. A pair that was r0 apart, |r0| >= cutoff +
 * skin, is now F r0 + u_j - u_i with u the displacement beyond the homogeneous F and the mean: |F r0| >= stretch
 * (cutoff + skin). */
static int neighbours_still_good(const femd_neighbours *nb, const double cell[9], const double *x) {
    double map[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1}, mean[3] = {0, 0, 0}, stretch = 1.0, worst = 0.0, slack;
    if (memcmp(cell, nb->cell0, sizeof nb->cell0) != 0) stretch = neighbours_smallest_stretch(nb->cell0, cell, map);
    slack = 0.5 * (stretch * (nb->cutoff + nb->skin) - nb->cutoff);
    if (!(slack > 0.0)) return 0;
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < nb->n; i++) {
            const double *p = nb->x0 + 3 * (ptrdiff_t)i;
            double u[3], sq = 0.0;
            for (int c = 0; c < 3; c++) {
                u[c] = x[3 * (ptrdiff_t)i + c] - (map[3 * c] * p[0] + map[3 * c + 1] * p[1] + map[3 * c + 2] * p[2]);
                if (pass == 0) mean[c] += u[c] / nb->n;
                sq += (u[c] - mean[c]) * (u[c] - mean[c]);
            }
            if (pass == 1 && !(sq <= worst)) worst = sq;
        }
    return worst < slack * slack;
}

femd_status femd_neighbours_update(femd_neighbours *nb, int n, const double cell[9], const double *x, femd_error *err) {
    if (n == nb->n && n > 0 && neighbours_still_good(nb, cell, x)) return FEMD_OK;
    return femd_neighbours_rebuild(nb, n, cell, x, err);
}
