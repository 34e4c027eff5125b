/* A hop of a vacancy: which site of the RVE is empty, which atoms are next to it, and the two states between which one
 * of them jumps in. Or any hop that is given by the atoms which move.
 *
 * Owns the search of the empty site and of its neighbours in the structure as it was built; never relaxes and never
 * computes an energy. Places are fractions of the cell, so that they hold at every strain. */
#ifndef FEMD_HOP_H
#define FEMD_HOP_H

#include "crystal/structure.h"
#include "femd/json.h"

enum { FEMD_HOPS_MAX = 16, FEMD_MOVES_MAX = 8 };

/* An atom and where it goes. */
typedef struct femd_move {
    int atom;
    double way[3]; /* fractions of the cell */
} femd_move;

/* One of the atoms next to the vacancy, from its site to the empty one; or, of a hop that is given by its moves, the
 * atom that goes farthest, and the others. */
typedef struct femd_hop {
    int jumper;
    double way[3]; /* fractions of the cell */
    int given;     /* by its moves: the vacancy is none, and its site is where the jumper goes */
    int more;
    femd_move also[FEMD_MOVES_MAX - 1];
} femd_hop;

typedef struct femd_vacancy {
    double site[3]; /* fractions of the cell */
    double nearest; /* distance of neighbours in the structure, angstrom */
    int ragged;     /* its neighbours are no shell that the next ones are clearly beyond */
    int count;
    femd_hop hop[FEMD_HOPS_MAX]; /* nearest neighbours, by the numbers of their atoms; each image is one */
} femd_vacancy;

/* The vacancy near a place (fractions of the cell): the site is the mean of the atoms around it, which is exact in a
 * lattice. BAD_INPUT with words: an atom is there, or what is there is no site that lost one atom. LIMIT beyond
 * FEMD_HOPS_MAX neighbours. */
FEMD_MUST_CHECK femd_status femd_vacancy_find(const femd_structure *atoms, const double near[3], femd_vacancy *vacancy,
                                              femd_error *err);
/* The same from "hop": {"vacancy": [x, y, z] | index | "first"} of a material: a place, or one of structure's
 * vacancies.positions (from 0; "first", the default, is 0). */
FEMD_MUST_CHECK femd_status femd_vacancy_read(const femd_json *doc, const femd_structure *atoms, femd_vacancy *vacancy,
                                              femd_error *err);
/* The one hop from "hop": {"moves": [{"atom": N, "to": [x, y, z]}, ...]} of a material: atoms (from 0, in the order of
 * the structure) and the places where they go (fractions of the cell, the nearest image). BAD_INPUT with words: no such
 * atom, one twice, a move of none or of half the cell, other keys of "hop" beside it. */
FEMD_MUST_CHECK femd_status femd_hop_read_moves(const femd_json *doc, const femd_structure *atoms,
                                                femd_vacancy *vacancy, femd_error *err);
/* The hop by which the vacancy moves in a direction (Cartesian, in the structure's axes; its length means nothing): its
 * number. BAD_INPUT if no neighbour is within 15 degrees of it; the words name one that there is. */
FEMD_MUST_CHECK femd_status femd_hop_toward(const femd_vacancy *vacancy, const femd_structure *atoms,
                                            const double direction[3], int *index, femd_error *err);
/* The number of the hop by which the vacancy moves the other way; -1 if there is none. */
int femd_hop_opposite(const femd_vacancy *vacancy, int index);
/* 1 if positions x (3n) in a cell look alike from the vacancy and its opposite: each atom has one of its species at the
 * mirrored place, to 1e-4 angstrom. */
int femd_vacancy_is_centre(const femd_vacancy *vacancy, const femd_structure *atoms, const double cell[9],
                           const double *x);
/* The least distance of two atoms of a structure, over images; angstrom. */
double femd_hop_nearest(const femd_structure *atoms);
/* Positions y (3n) after the hop from x (3n) in a cell (rows are lattice vectors): not relaxed. */
void femd_hop_move(const femd_hop *hop, const double cell[9], int natoms, const double *x, double *y);

#endif
