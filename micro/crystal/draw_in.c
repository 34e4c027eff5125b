/* See draw_in.h. Owns how far and how unevenly; knows no site. */
#include "crystal/draw_in.h"

#include "femd/tensor3.h"
#include "numerics/random.h"

static const double DRAWN = 0.08; /* of the way, times the number of the start */
static const double UNEVEN = 0.04;

void femd_draw_in(int start, int atom, const double way[3], double x[3]) {
    const double part = DRAWN * start, uneven = UNEVEN * (start - 1), length = sqrt(femd_dot3(way, way));
    for (int c = 0; start > 0 && c < 3; c++) {
        const double odd = 2 * femd_random_uniform((uint64_t)start, (uint64_t)atom, (uint64_t)c) - 1;
        x[c] += part * way[c] + uneven * odd * length;
    }
}
