/* See displacements.h. */
#include "vibrations/displacements.h"

#include <math.h>

#include "numerics/dense.h"
#include "numerics/random.h"

enum { SEED = 1 };

void femd_displacements_draw(size_t n3, size_t count, double *z) {
    for (uint64_t k = 0; k < count; k++) {
        const uint64_t key = femd_random_bits(SEED, FEMD_STREAM_AVERAGE, k);
        double *v = z + k * n3, pair[2] = {0, 0};
        for (size_t i = 0; i < n3; i++) {
            if (i % 2 == 0) femd_random_normals(key, i / 2, pair);
            v[i] = pair[i % 2];
        }
        const double stretch = sqrt((double)n3 / femd_dot((int)n3, v, v));
        for (size_t i = 0; i < n3; i++) v[i] *= stretch;
    }
}

/* R is the root of the covariance: sum over the vibrations of sqrt(2 f') v v^T. */
static void displacements_from_modes(const femd_phonons *phonons, const double *z, double *u) {
    const size_t n3 = (size_t)phonons->n3;
    memset(u, 0, n3 * sizeof *u);
    for (size_t m = 0; m < n3; m++) {
        const double *v = phonons->base + m * n3, size = sqrt(2 * fmax(phonons->mode[m].slope, 0));
        const double along = size > 0 ? size * femd_dot((int)n3, v, z) : 0;
        for (size_t i = 0; i < n3; i++) u[i] += along * v[i];
    }
}

/* A = L L^T, entry (j, i) of L at base[i n3 + j]: R = sqrt(kT) L^-T. */
static void displacements_from_factor(const femd_phonons *phonons, const double *z, double *u) {
    const size_t n3 = (size_t)phonons->n3;
    const double size = sqrt(femd_phonon_k * phonons->T);
    for (size_t i = n3; i-- > 0;) {
        const double *row = phonons->base + i * n3;
        u[i] = (z[i] - femd_dot((int)(n3 - i) - 1, row + i + 1, u + i + 1)) / row[i];
    }
    for (size_t i = 0; i < n3; i++) u[i] *= size;
}

void femd_displacements_make(const femd_phonons *phonons, size_t count, const double *z, double *u) {
    const size_t n3 = (size_t)phonons->n3;
    for (size_t k = 0; k < count; k++, z += n3, u += n3) {
        if (phonons->quantum)
            displacements_from_modes(phonons, z, u);
        else
            displacements_from_factor(phonons, z, u);
        for (size_t i = 0; i < n3; i++) u[i] *= phonons->root[i / 3];
        femd_gauge_remove(&phonons->gauge, u);
    }
}
