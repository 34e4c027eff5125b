/* Ways, tangents and nudged forces; see band_path.h. */
#include "rates/band_path.h"

#include <math.h>
#include <string.h>

#include "numerics/dense.h"
#include "rates/nearest_image.h"

femd_status femd_band_way(int n, const double cell[9], const double *a, const double *b, double *u, femd_error *err) {
    double inverse[9], mean[3] = {0, 0, 0};
    const double least = femd_cell_height(cell, inverse);
    if (!(least > 0) || !isfinite(least)) return femd_fail(err, FEMD_BAD_INPUT, "the cell of the two states is flat");
    for (int i = 0; i < n; i++) {
        double *way = u + 3 * i;
        for (int c = 0; c < 3; c++) way[c] = b[3 * i + c] - a[3 * i + c];
        const double far = femd_nearest_image(cell, inverse, way);
        if (!(far < 0.5 * least)) /* nearer than that no other image is */
            return femd_fail(err, FEMD_BAD_INPUT,
                             "atom %d goes %g angstrom from one state to the other, which is not less than half of the "
                             "cell's smallest height, %g angstrom: which of its images it goes to cannot be told",
                             i + 1, far, least);
        for (int c = 0; c < 3; c++) mean[c] += way[c] / n;
    }
    for (int i = 0; i < 3 * n; i++) u[i] -= mean[i % 3];
    return FEMD_OK;
}

static double band_distance(int n3, const double *a, const double *b) {
    double square = 0;
    for (int i = 0; i < n3; i++) square += (b[i] - a[i]) * (b[i] - a[i]);
    return sqrt(square);
}

double femd_band_tangent(int n3, const double *const x[3], const double W[3], double *tangent, int *met) {
    const double up = fabs(W[2] - W[1]), down = fabs(W[0] - W[1]);
    double ahead = W[2] > W[1], behind = W[0] > W[1];
    if (ahead == behind) { /* no slope to follow */
        ahead = W[2] > W[0] ? fmax(up, down) : fmin(up, down);
        behind = W[2] > W[0] ? fmin(up, down) : fmax(up, down);
        if (up == down) ahead = behind = 1;
    }
    double square = 0;
    for (int i = 0; i < n3; i++) {
        tangent[i] = ahead * (x[2][i] - x[1][i]) + behind * (x[1][i] - x[0][i]);
        square += tangent[i] * tangent[i];
    }
    *met = !(square > 0);
    if (*met) return 0;
    for (int i = 0; i < n3; i++) tangent[i] /= sqrt(square);
    return band_distance(n3, x[1], x[2]) - band_distance(n3, x[0], x[1]);
}

double femd_band_nudge(int n3, const double *tangent, double pull, int climbs, double *f) {
    const double along = femd_dot(n3, f, tangent), change = climbs ? -2 * along : pull - along;
    for (int i = 0; i < n3; i++) f[i] += change * tangent[i];
    return along;
}

double femd_band_places(int count, int n3, const double *x, double *place) {
    double length = 0;
    for (int k = 0; k < count; k++) {
        if (k) length += band_distance(n3, x + (size_t)(k - 1) * n3, x + (size_t)k * n3);
        place[k] = length;
    }
    for (int k = 0; k < count; k++) place[k] = length > 0 ? place[k] / length : 0;
    return length;
}

double femd_band_between(double length, const double W[2], const double slope[2]) {
    enum { LOOKS = 32 };
    double most = fmax(W[0], W[1]);
    for (int k = 1; k < LOOKS; k++) {
        const double t = (double)k / LOOKS, r = 1 - t;
        most = fmax(most, W[0] * r * r * (1 + 2 * t) + W[1] * t * t * (1 + 2 * r) +
                              length * t * r * (slope[0] * r - slope[1] * t));
    }
    return most;
}
