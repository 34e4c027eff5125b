/* Shortest images of differences; see nearest_image.h. */
#include "rates/nearest_image.h"

#include <math.h>

#include "femd/tensor3.h"

double femd_cell_height(const double cell[9], double inverse[9]) {
    const double volume = femd_det3(cell);
    double least = HUGE_VAL;
    femd_adjugate3(cell, inverse);
    for (int i = 0; i < 9; i++) inverse[i] /= volume;
    for (int k = 0; k < 3; k++) {
        double square = 0;
        for (int c = 0; c < 3; c++) square += inverse[3 * c + k] * inverse[3 * c + k];
        least = fmin(least, 1 / sqrt(square));
    }
    return least;
}

double femd_nearest_image(const double cell[9], const double inverse[9], double d[3]) {
    const double from[3] = {d[0], d[1], d[2]};
    for (int k = 0; k < 3; k++) { /* less than half a height means less than half in each lattice coordinate */
        const double turns = round(from[0] * inverse[k] + from[1] * inverse[3 + k] + from[2] * inverse[6 + k]);
        for (int c = 0; c < 3; c++) d[c] -= turns * cell[3 * k + c];
    }
    return sqrt(femd_dot3(d, d));
}
