/* Pieces by union and find: every atom knows its parent and how many lattice vectors lie between their images. A bond
 * between two atoms of one piece that does not fit these closes a way round the cell: the piece goes on along it. */
#include "forces/neighbour_pieces.h"

#include <stdlib.h>
#include <string.h>

#include "forces/neighbour_private.h"

enum { COARSE = 4 }; /* a bond of so many is looked at first: enough to see that a solid is one */

/* The scratch by names: parent and size n each, hop n x 3 (from the parent's image to the atom's), ways n x 9 and rank
 * n (of roots: independent lattice vectors that lead from the piece into itself). */
typedef struct forest {
    int n, joined; /* atoms; joined to others so far */
    int *parent, *size, *hop, *ways, *rank;
} forest;

femd_status femd_pieces_init(int n, femd_pieces *pieces, femd_error *err) {
    const size_t atoms = (size_t)n;
    *pieces = (femd_pieces){.of = malloc(17 * atoms * sizeof(int)), .whole = malloc(6 * atoms * sizeof(double))};
    if (!pieces->of || !pieces->whole) {
        femd_pieces_clear(pieces);
        return femd_fail(err, FEMD_NO_MEMORY, "pieces of %d atoms: out of memory", n);
    }
    pieces->endless = pieces->of + atoms;
    pieces->scratch = pieces->endless + atoms;
    pieces->period = pieces->whole + 3 * atoms;
    return FEMD_OK;
}

void femd_pieces_clear(femd_pieces *pieces) {
    free(pieces->of);
    free(pieces->whole);
    *pieces = (femd_pieces){0};
}

static forest forest_plant(int n, int *scratch) {
    forest f = {.n = n, .parent = scratch};
    f.size = f.parent + n;
    f.rank = f.size + n;
    f.hop = f.rank + n;
    f.ways = f.hop + 3 * (size_t)n;
    memset(f.rank, 0, 13 * (size_t)n * sizeof(int)); /* rank, hop, ways */
    for (int i = 0; i < n; i++) {
        f.parent[i] = i;
        f.size[i] = 1;
    }
    return f;
}

/* The root of an atom; *hop: from the root's image to the atom's. */
static int forest_root(const forest *f, int atom, int hop[3]) {
    memset(hop, 0, 3 * sizeof *hop);
    for (; f->parent[atom] != atom; atom = f->parent[atom])
        for (int c = 0; c < 3; c++) hop[c] += f->hop[3 * atom + c];
    return atom;
}

/* One more way from a piece into itself, if it depends on none that are known. */
static void forest_way(forest *f, int root, const int way[3]) {
    int *known = f->ways + 9 * (size_t)root, *rank = &f->rank[root];
    const int across[3] = {known[1] * way[2] - known[2] * way[1], known[2] * way[0] - known[0] * way[2],
                           known[0] * way[1] - known[1] * way[0]};
    const int fresh[3] = {way[0] || way[1] || way[2], across[0] || across[1] || across[2],
                          known[3] * across[0] + known[4] * across[1] + known[5] * across[2] != 0};
    if (*rank < 3 && fresh[*rank]) memcpy(known + 3 * (*rank)++, way, 3 * sizeof *way);
}

static int forest_is_whole(const forest *f, int root) {
    return f->joined == f->n - 1 && f->rank[root] == 3;
}

/* The bond of atom i with the image `images` of atom j; the root of both. */
static int forest_join(forest *f, int i, int j, const int images[3]) {
    int to_i[3], to_j[3], way[3];
    int low = forest_root(f, i, to_i), high = forest_root(f, j, to_j);
    for (int c = 0; c < 3; c++) way[c] = to_i[c] + images[c] - to_j[c];
    if (low == high) {
        forest_way(f, low, way);
        return low;
    }
    const int swapped = f->size[low] < f->size[high], root = swapped ? high : low, leaf = swapped ? low : high;
    for (int c = 0; c < 3; c++) f->hop[3 * leaf + c] = swapped ? -way[c] : way[c];
    f->parent[leaf] = root;
    f->size[root] += f->size[leaf];
    f->joined++;
    for (int k = 0; k < f->rank[leaf]; k++) forest_way(f, root, f->ways + 9 * (size_t)leaf + 3 * (size_t)k);
    return root;
}

static int pieces_bonded(const femd_neighbours *nb, const double cell[9], const double *a, const double *b,
                         const int images[3]) {
    double sum = 0;
    for (int c = 0; c < 3; c++) {
        const double d = b[c] - a[c] + images[0] * cell[c] + images[1] * cell[3 + c] + images[2] * cell[6 + c];
        sum += d * d;
    }
    return sum < nb->cutoff * nb->cutoff;
}

/* Every `stride`-th bond; 1 once all is one piece that goes on in every direction. */
static int pieces_join(const femd_neighbours *nb, const double cell[9], const double *x, int stride, forest *f) {
    for (int i = 0; i < nb->n; i++)
        for (int k = nb->first[i]; k < nb->first[i + 1]; k += stride) {
            const int *from = nb->shift + 3 * (size_t)i, *to = nb->shift + 3 * (size_t)nb->list[k];
            const int j = nb->owner[nb->list[k]], images[3] = {to[0] - from[0], to[1] - from[1], to[2] - from[2]};
            if (!pieces_bonded(nb, cell, x + 3 * (size_t)i, x + 3 * (size_t)j, images)) continue;
            if (forest_is_whole(f, forest_join(f, i, j, images))) return 1;
        }
    return 0;
}

static void pieces_put_together(const forest *f, const double cell[9], const double *x, femd_pieces *pieces) {
    int *number = f->size; /* of roots, no longer needed */
    pieces->count = 0;
    for (int i = 0; i < f->n; i++) number[i] = -1;
    for (int i = 0; i < f->n; i++) {
        int hop[3];
        const int root = forest_root(f, i, hop);
        const int *way = f->ways + 9 * (size_t)root;
        for (int c = 0; c < 3; c++)
            pieces->whole[3 * i + c] = x[3 * i + c] + hop[0] * cell[c] + hop[1] * cell[3 + c] + hop[2] * cell[6 + c];
        if (number[root] < 0) {
            double *period = pieces->period + 3 * (size_t)pieces->count;
            for (int c = 0; c < 3; c++) period[c] = way[0] * cell[c] + way[1] * cell[3 + c] + way[2] * cell[6 + c];
            pieces->endless[pieces->count] = f->rank[root];
            number[root] = pieces->count++;
        }
        pieces->of[i] = number[root];
    }
}

femd_status femd_neighbours_pieces(femd_neighbours *nb, int n, const double cell[9], const double *x,
                                   femd_pieces *pieces, femd_error *err) {
    FEMD_TRY(femd_neighbours_update(nb, n, cell, x, err));
    forest f = forest_plant(n, pieces->scratch);
    if (pieces_join(nb, cell, x, COARSE, &f) || pieces_join(nb, cell, x, 1, &f)) {
        pieces->count = 1;
        pieces->endless[0] = 3;
        memset(pieces->of, 0, (size_t)n * sizeof *pieces->of);
    } else {
        pieces_put_together(&f, cell, x, pieces);
    }
    return FEMD_OK;
}
