/* See walk.h. */
#include "rates/walk.h"

#include <math.h>

#include "femd/tensor3.h"

static const double DRIFT = 1e-6; /* of all hops' way: a mean way that is none */

void femd_walk_add(femd_walk *walk, double rate, const double d[3], int changes) {
    for (int v = 0; v < 6; v++) walk->square[v] += rate * d[femd_voigt_i[v]] * d[femd_voigt_j[v]];
    for (int c = 0; c < 3; c++) {
        walk->drift[c] += rate * d[c];
        if (changes) walk->away[c] += rate * d[c];
    }
    walk->way += rate * sqrt(femd_dot3(d, d));
    if (changes) walk->change += rate;
}

int femd_walk_rests(const femd_walk *walk) {
    return sqrt(femd_dot3(walk->drift, walk->drift)) <= DRIFT * walk->way;
}

int femd_walk_rests_within(const femd_walk *walk) {
    double rest[3];
    for (int c = 0; c < 3; c++) rest[c] = walk->drift[c] - walk->away[c];
    return sqrt(femd_dot3(rest, rest)) <= DRIFT * walk->way;
}

void femd_walk_diffusivity(const femd_walk *walk, double D[6]) {
    for (int v = 0; v < 6; v++) {
        const double back = walk->away[femd_voigt_i[v]] * walk->away[femd_voigt_j[v]];
        D[v] = 0.5 * (walk->square[v] - (walk->change > 0 ? back / walk->change : 0));
    }
}
