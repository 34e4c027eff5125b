/* Motions that cost no energy where vacuum parts an RVE: a piece that no bond joins to another may wander, a wire may
 * turn about its axis, a cluster about any. A Hessian is singular along them, and no force ever acts along them, so
 * that they are held: the gauge takes them out. Owns their search; which atoms are pieces is neighbour_pieces.h's. */
#ifndef FEMD_LOOSE_H
#define FEMD_LOOSE_H

#include "forces/neighbour_pieces.h"
#include "rve/gauge.h"

typedef struct femd_loose {
    femd_gauge_more more; /* at the place of the last search */
    femd_pieces pieces;
    int wander, turn; /* of more.count: relative translations of pieces, rotations */
    int room;         /* motions */
    int ready;        /* pieces has been made */
} femd_loose;

void femd_loose_clear(femd_loose *loose);
/* What is loose at (cell, x), n atoms. Brings the list up to date. */
FEMD_MUST_CHECK femd_status femd_loose_find(femd_loose *loose, femd_neighbours *nb, int n, const double cell[9],
                                            const double *x, femd_error *err);
/* Where atoms are held by a boundary condition: INSTABILITY if they are more than one piece. */
FEMD_MUST_CHECK femd_status femd_loose_refuse(femd_loose *loose, femd_neighbours *nb, int n, const double cell[9],
                                              const double *x, femd_error *err);
/* Whether nothing of what was found goes on through the cell: there is no strain that such atoms resist. */
int femd_loose_is_all_clusters(const femd_loose *loose);
/* What was found, in words; empty where nothing is loose. */
enum { FEMD_LOOSE_WORDS = 240 };
void femd_loose_tell(const femd_loose *loose, char words[FEMD_LOOSE_WORDS]);

#endif
