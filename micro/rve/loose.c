/* Translations of pieces against each other and rotations, made orthonormal one after another; see loose.h. */
#include "rve/loose.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "numerics/dense.h"

/* angstrom, root mean square: atoms nearer to an axis do not turn about it */
static const double ON_AXIS = 1e-4;
enum { PIECES_MOST = 8 }; /* more is a gas, or a state that is none: every motion costs as much as a row of H */

void femd_loose_clear(femd_loose *loose) {
    free(loose->more.motion);
    femd_pieces_clear(&loose->pieces);
    *loose = (femd_loose){0};
}

/* Room for all that there may be: three translations and three rotations of each piece. */
static femd_status loose_reserve(femd_loose *loose, int n, femd_error *err) {
    const int most = 6 * loose->pieces.count;
    if (most <= loose->room) return FEMD_OK;
    free(loose->more.motion);
    loose->room = 0;
    loose->more.motion = malloc(3 * (size_t)n * (size_t)most * sizeof(double));
    if (!loose->more.motion) return femd_fail(err, FEMD_NO_MEMORY, "free motions of %d atoms: out of memory", n);
    loose->room = most;
    return FEMD_OK;
}

/* The motion written behind the last one becomes one of them, less what the others and a translation of the whole have
 * of it. 1 if enough was left: `least`, its norm. */
static int loose_add(femd_loose *loose, int n, double least) {
    const int n3 = 3 * n;
    double *v = loose->more.motion + (size_t)loose->more.count * n3;
    const femd_gauge known = {.atoms = n, .more = &loose->more};
    femd_gauge_remove(&known, v);
    double norm = sqrt(femd_dot(n3, v, v));
    if (!(norm > least)) return 0;
    for (int i = 0; i < n3; i++) v[i] /= norm;
    femd_gauge_remove(&known, v); /* once more: what round-off left is no longer small beside a small remainder */
    norm = sqrt(femd_dot(n3, v, v));
    for (int i = 0; i < n3; i++) v[i] /= norm;
    loose->more.count++;
    return 1;
}

static void loose_wander(femd_loose *loose, int n, int piece) {
    for (int axis = 0; axis < 3; axis++) {
        double *v = loose->more.motion + (size_t)loose->more.count * 3 * (size_t)n;
        for (int i = 0; i < 3 * n; i++) v[i] = loose->pieces.of[i / 3] == piece && i % 3 == axis;
        loose->wander += loose_add(loose, n, 1e-6);
    }
}

static void loose_turn(femd_loose *loose, int n, int piece, const double axis[3]) {
    const femd_pieces *pieces = &loose->pieces;
    double centre[3] = {0, 0, 0}, *v = loose->more.motion + (size_t)loose->more.count * 3 * (size_t)n;
    int atoms = 0;
    for (int i = 0; i < n; i++) {
        for (int c = 0; c < 3; c++) centre[c] += pieces->of[i] == piece ? pieces->whole[3 * i + c] : 0;
        atoms += pieces->of[i] == piece;
    }
    for (int i = 0; i < n; i++)
        for (int c = 0; c < 3; c++) {
            const int a = (c + 1) % 3, b = (c + 2) % 3;
            const double *at = pieces->whole + 3 * (size_t)i;
            v[3 * i + c] = pieces->of[i] == piece
                               ? axis[a] * (at[b] - centre[b] / atoms) - axis[b] * (at[a] - centre[a] / atoms)
                               : 0;
        }
    loose->turn += loose_add(loose, n, ON_AXIS * sqrt(atoms));
}

static void loose_turn_cluster(femd_loose *loose, int n, int piece) {
    static const double axes[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
    for (int k = 0; k < 3; k++) loose_turn(loose, n, piece, axes[k]);
}

static void loose_turn_wire(femd_loose *loose, int n, int piece) {
    const double *period = loose->pieces.period + 3 * (size_t)piece, length = sqrt(femd_dot(3, period, period)),
                 axis[3] = {period[0] / length, period[1] / length, period[2] / length};
    loose_turn(loose, n, piece, axis);
}

femd_status femd_loose_find(femd_loose *loose, femd_neighbours *nb, int n, const double cell[9], const double *x,
                            femd_error *err) {
    femd_pieces *pieces = &loose->pieces;
    loose->more.count = loose->wander = loose->turn = 0;
    if (!loose->ready) FEMD_TRY(femd_pieces_init(n, pieces, err));
    loose->ready = 1;
    FEMD_TRY(femd_neighbours_pieces(nb, n, cell, x, pieces, err));
    if (pieces->count == 1 && pieces->endless[0] >= 2) return FEMD_OK;
    if (pieces->count > PIECES_MOST) {
        return femd_fail(err, FEMD_INSTABILITY,
                         "vacuum parts the %d atoms into %d pieces, and motions of up to %d are held: no solid", n,
                         pieces->count, PIECES_MOST);
    }
    FEMD_TRY(loose_reserve(loose, n, err));
    for (int p = 0; p < pieces->count; p++) {
        if (p > 0) loose_wander(loose, n, p); /* that of the first is what the others and the whole leave */
        if (pieces->endless[p] == 0) loose_turn_cluster(loose, n, p);
        if (pieces->endless[p] == 1) loose_turn_wire(loose, n, p);
    }
    return FEMD_OK;
}

femd_status femd_loose_refuse(femd_loose *loose, femd_neighbours *nb, int n, const double cell[9], const double *x,
                              femd_error *err) {
    if (!loose->ready) FEMD_TRY(femd_pieces_init(n, &loose->pieces, err));
    loose->ready = 1;
    FEMD_TRY(femd_neighbours_pieces(nb, n, cell, x, &loose->pieces, err));
    if (loose->pieces.count == 1) return FEMD_OK;
    return femd_fail(err, FEMD_INSTABILITY,
                     "vacuum parts the atoms into %d pieces, and what the boundary condition means for each is not "
                     "known",
                     loose->pieces.count);
}

int femd_loose_is_all_clusters(const femd_loose *loose) {
    int clusters = loose->ready;
    for (int p = 0; p < loose->pieces.count; p++) clusters = clusters && loose->pieces.endless[p] == 0;
    return clusters;
}

void femd_loose_tell(const femd_loose *loose, char words[FEMD_LOOSE_WORDS]) {
    words[0] = 0;
    if (loose->more.count == 0) return;
    const int used = loose->pieces.count > 1 ? snprintf(words, FEMD_LOOSE_WORDS,
                                                        "vacuum parts the atoms into %d pieces; ", loose->pieces.count)
                                             : 0;
    snprintf(words + used, FEMD_LOOSE_WORDS - (size_t)used,
             "motions that cost no energy are held: %d of pieces against each other, %d rotations", loose->wander,
             loose->turn);
}
