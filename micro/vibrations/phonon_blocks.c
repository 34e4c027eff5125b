/* Spectrum of a block-diagonal matrix: atoms on their sites, wave vectors of a mesh, or one block for a whole RVE with
 * quantum statistics. Owns eigenvectors and divided differences; never samples. */
#include <math.h>

#include "numerics/dense.h"
#include "vibrations/phonon.h"

static const double FLOOR = 1e-9; /* of the mean diagonal: an eigenvalue below is no vibration */

/* The mean diagonal: of the block, or of all wave vectors, since the block of q = 0 is zero for a cell of one atom. */
static double phonon_blocks_scale(const femd_phonons *phonons, size_t block) {
    const int all = phonons->kind == FEMD_PHONON_MESH;
    const size_t m = (size_t)phonons->edge, first = all ? 0 : block, end = all ? (size_t)phonons->blocks : block + 1;
    double sum = 0;
    for (size_t b = first; b < end; b++)
        for (size_t i = 0; i < m; i++) sum += phonons->a[b * m * m + i * m + i] / (double)m;
    return sum / (double)(end - first);
}

/* Jacobi's method for one symmetric block: eigenvector k is row k of V. Golub and Van Loan, Matrix Computations, 8.5.
 */
static void phonon_blocks_jacobi(const double block[9], double lambda[3], double V[9]) {
    static const int pair[3][2] = {{0, 1}, {0, 2}, {1, 2}};
    double A[9];
    memcpy(A, block, sizeof A);
    for (int i = 0; i < 9; i++) V[i] = i % 4 == 0;
    for (int turn = 0; turn < 90; turn++) {
        const int p = pair[turn % 3][0], q = pair[turn % 3][1], r = 3 - p - q;
        const double apq = A[3 * p + q];
        if (fabs(A[1]) + fabs(A[2]) + fabs(A[5]) == 0) break;
        if (apq == 0) continue;
        const double theta = (A[4 * q] - A[4 * p]) / (2 * apq);
        const double t = (theta >= 0 ? 1 : -1) / (fabs(theta) + sqrt(theta * theta + 1)), c = 1 / sqrt(t * t + 1),
                     s = t * c;
        const double arp = A[3 * r + p], arq = A[3 * r + q];
        A[4 * p] -= t * apq;
        A[4 * q] += t * apq;
        A[3 * p + q] = A[3 * q + p] = 0;
        A[3 * r + p] = A[3 * p + r] = c * arp - s * arq;
        A[3 * r + q] = A[3 * q + r] = s * arp + c * arq;
        for (int i = 0; i < 3; i++) {
            const double vp = V[3 * p + i], vq = V[3 * q + i];
            V[3 * p + i] = c * vp - s * vq;
            V[3 * q + i] = s * vp + c * vq;
        }
    }
    for (int i = 0; i < 3; i++) lambda[i] = A[4 * i];
}

/* Eigenvectors of block b as rows of its base, ascending where those that are not free have to be told apart. */
static femd_status phonon_blocks_diagonalise(femd_phonons *phonons, size_t b, femd_error *err) {
    const size_t m = (size_t)phonons->edge;
    double *V = phonons->base + b * m * m, *lambda = phonons->lambda + b * m;
    if (m == 3) {
        phonon_blocks_jacobi(phonons->a + b * m * m, lambda, V);
        return FEMD_OK;
    }
    memcpy(V, phonons->a + b * m * m, m * m * sizeof *V);
    return femd_eigen(phonons->edge, V, lambda, err);
}

/* Modes that are not free: of the whole RVE, or twice (real and imaginary part) of the mesh's first wave vector, 0. */
static size_t phonon_blocks_held_modes(const femd_phonons *phonons, size_t block) {
    if (phonons->kind == FEMD_PHONON_LOCAL || block > 0) return 0;
    return (size_t)femd_gauge_count(&phonons->gauge) * (phonons->kind == FEMD_PHONON_MESH ? 2 : 1);
}

static femd_status phonon_blocks_modes_of(femd_phonons *phonons, size_t b, double floor, femd_error *err) {
    const size_t m = (size_t)phonons->edge, skip = phonon_blocks_held_modes(phonons, b);
    const double *lambda = phonons->lambda + b * m;
    femd_mode *mode = phonons->mode + b * m;
    memset(mode, 0, m * sizeof *mode);
    for (size_t k = 0; k < m; k++) {
        if (k < skip ? !(fabs(lambda[k]) < floor) : !(lambda[k] > floor))
            return femd_fail(err, FEMD_INSTABILITY,
                             "the Hessian has an eigenvalue that is not positive: no harmonic vibration");
        if (k < skip) continue;
        femd_mode_thermo(phonons->quantum, phonons->T, lambda[k], &mode[k]);
        phonons->F += phonons->weight[b] * mode[k].f;
        phonons->U += phonons->weight[b] * mode[k].u;
        phonons->C += phonons->weight[b] * mode[k].c;
    }
    return FEMD_OK;
}

/* out = weight V^T diag(value) V of one block, value a member of the modes. */
static void phonon_blocks_spectral(femd_phonons *phonons, size_t b, size_t member, double *out) {
    const size_t m = (size_t)phonons->edge;
    const double *V = phonons->base + b * m * m;
    for (size_t k = 0; k < m; k++) {
        const double factor =
            phonons->weight[b] * *(const double *)(const void *)((const char *)&phonons->mode[b * m + k] + member);
        for (size_t i = 0; i < m; i++) phonons->work[k * m + i] = factor * V[k * m + i];
    }
    femd_product(phonons->edge, 1, V, 0, phonons->work, out + b * m * m);
}

femd_status femd_phonons_blocks_base(femd_phonons *phonons, femd_error *err) {
    phonons->F = phonons->U = phonons->C = 0;
    for (size_t b = 0; b < (size_t)phonons->blocks; b++) {
        FEMD_TRY(phonon_blocks_diagonalise(phonons, b, err));
        FEMD_TRY(phonon_blocks_modes_of(phonons, b, FLOOR * phonon_blocks_scale(phonons, b), err));
        if (phonons->slope) phonon_blocks_spectral(phonons, b, offsetof(femd_mode, slope), phonons->slope);
        phonon_blocks_spectral(phonons, b, offsetof(femd_mode, slope_T), phonons->slope_T);
    }
    return FEMD_OK;
}

/* sum += weight f[li, lj] (rate a)_ij (rate b)_ij of one block whose rates are in the basis of eigenvectors. */
static void phonon_blocks_add(const femd_phonons *phonons, size_t b, double sum[36]) {
    const size_t m = (size_t)phonons->edge, skip = phonon_blocks_held_modes(phonons, b);
    const double *lambda = phonons->lambda + b * m;
    const femd_mode *mode = phonons->mode + b * m;
    for (size_t i = skip; i < m; i++)
        for (size_t j = skip; j < m; j++) {
            const double f = phonons->weight[b] * femd_mode_divided(lambda[i], &mode[i], lambda[j], &mode[j]);
            double v[6];
            for (size_t c = 0; c < 6; c++) v[c] = phonons->rate[c * phonons->size + (b * m + i) * m + j];
            for (int c = 0; c < 6; c++)
                for (int d = c; d < 6; d++) sum[6 * c + d] += f * v[c] * v[d];
        }
}

void femd_phonons_blocks_quadratic(femd_phonons *phonons, double K[36]) {
    const size_t m = (size_t)phonons->edge;
    double sum[36] = {0};
    for (size_t b = 0; b < (size_t)phonons->blocks; b++) {
        const double *V = phonons->base + b * m * m;
        for (size_t c = 0; c < 6; c++) { /* V dA V^T */
            double *A = phonons->rate + c * phonons->size + b * m * m;
            femd_product(phonons->edge, 0, V, 0, A, phonons->work);
            femd_product(phonons->edge, 0, phonons->work, 1, V, A);
        }
        phonon_blocks_add(phonons, b, sum);
    }
    memcpy(K, sum, sizeof sum);
}
