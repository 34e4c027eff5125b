/* Planes by the gaps between sorted heights; see planes.h. */
#include "crystal/planes.h"

#include <math.h>
#include <stdlib.h>

#include "femd/tensor3.h"

static const double BREAK = 0.4; /* of the widest gap: what parts two planes; lattices with a basis have 1/3 and 1/2 */
static const double THICK = 0.4; /* of it: no plane is thicker */
static const double BEFORE = 0.25; /* of it: so far below the origin a plane is still the first and not the last */

typedef struct height {
    double h;
    int atom, cells; /* cells: taken off */
} height;

static int planes_by_height(const void *a, const void *b) {
    const height *p = a, *q = b;
    if (p->h != q->h) return p->h < q->h ? -1 : 1;
    return p->atom < q->atom ? -1 : p->atom > q->atom;
}

/* Heights above the face, within [0, L), ascending; returns L. */
static double planes_sort(const double cell[9], int n, const double *x, int axis, height *list) {
    double normal[3];
    femd_cross3(cell + 3 * ((axis + 1) % 3), cell + 3 * ((axis + 2) % 3), normal);
    const double area = sqrt(femd_dot3(normal, normal)), L = femd_dot3(normal, cell + 3 * axis) / area;
    for (int i = 0; i < n; i++) {
        const double h = femd_dot3(normal, x + 3 * (size_t)i) / area;
        list[i] = (height){h - L * floor(h / L), i, (int)floor(h / L)};
    }
    qsort(list, (size_t)n, sizeof *list, planes_by_height);
    return L;
}

/* The gap above entry i of the list, round the cell. */
static double planes_gap(const height *list, int n, double L, int i) {
    return i + 1 < n ? list[i + 1].h - list[i].h : list[0].h + L - list[n - 1].h;
}

femd_status femd_planes_find(const double cell[9], int n, const double *x, int axis, int *of, int *turn, int *count,
                             femd_error *err) {
    height *list = malloc((size_t)n * sizeof *list);
    if (!list) return femd_fail(err, FEMD_NO_MEMORY, "planes of %d atoms: out of memory", n);
    const double L = planes_sort(cell, n, x, axis, list);
    double widest = 0, thickest = 0, lowest = HUGE_VAL;
    int start = 0, first = 0, below = 0; /* below: cells from the origin to the first plane */
    for (int i = 0; i < n; i++)
        if (planes_gap(list, n, L, i) > widest) {
            widest = planes_gap(list, n, L, i);
            start = (i + 1) % n;
        }
    *count = 0;
    double base = list[start].h, last = 0; /* of the plane at hand: where it begins, and how thick it is so far */
    int rounds = 0;                        /* of the walk up, past the end of the cell */
    for (int k = 0; k < n; k++) {
        const int i = (start + k) % n;
        const double gap = planes_gap(list, n, L, i);
        of[list[i].atom] = *count;
        turn[3 * (size_t)list[i].atom] = rounds - list[i].cells;
        rounds += i + 1 == n;
        if (gap <= BREAK * widest) {
            last += gap;
            continue;
        }
        const double middle = base + 0.5 * last, cells = floor((middle + BEFORE * widest) / L),
                     wrapped = middle - L * cells;
        thickest = fmax(thickest, last);
        if (wrapped < lowest) lowest = wrapped, first = *count, below = (int)cells;
        base = list[(i + 1) % n].h + rounds * L;
        last = 0;
        ++*count;
    }
    free(list);
    for (int i = 0; i < n; i++) {
        turn[3 * (size_t)i] += (of[i] < first) - below;
        of[i] = (of[i] - first + *count) % *count;
    }
    if (thickest <= THICK * widest) return FEMD_OK;
    return femd_fail(err, FEMD_BAD_INPUT,
                     "the atoms lie on no planes parallel to face %d of the cell: a layer of %.3g angstrom has no gap "
                     "in it, and the widest gap is %.3g angstrom",
                     axis + 1, thickest, widest);
}
