/* Spectrum of the whole mass-weighted Hessian, classical, of the free motions.
 *
 * One Cholesky factor of A + alpha N N^T, N the mass-weighted unit vectors of the motions that are not free (gauge.h:
 * three translations). A N = 0, so that this only multiplies the determinant by alpha^3 and its part of the inverse
 * meets nothing. F = kT (1/2 ln det' A + (3n-3) ln(hbar/kT)), f'(A) = (kT/2) A^-1, second part -(kT/2) <L^-1 dA L^-T,
 * L^-1 dA L^-T>. Quantum statistics need eigenvectors: phonon_blocks.c. Never samples. */
#include "numerics/dense.h"
#include "numerics/portable.h"
#include "vibrations/phonon.h"

static double phonon_full_mean_diagonal(const femd_phonons *phonons) {
    double sum = 0;
    for (size_t i = 0; i < (size_t)phonons->n3; i++) sum += phonons->a[i * (size_t)phonons->n3 + i];
    return sum / phonons->n3;
}

femd_status femd_phonons_full_base(femd_phonons *phonons, femd_error *err) {
    const size_t n3 = (size_t)phonons->n3;
    const double alpha = phonon_full_mean_diagonal(phonons);
    memcpy(phonons->base, phonons->a, phonons->size * sizeof *phonons->base);
    femd_gauge_stiffen_weighted(&phonons->gauge, phonons->root, alpha, phonons->base);
    if (!(alpha > 0) || femd_cholesky(phonons->n3, phonons->base))
        return femd_fail(err, FEMD_INSTABILITY,
                         "the Hessian has an eigenvalue that is not positive: no harmonic vibration");
    double sum = 0;
    for (size_t i = 0; i < n3; i++)
        sum += femd_portable_log(phonons->base[i * n3 + i]); /* half the logarithm of the determinant */
    const double kT = femd_phonon_k * phonons->T, held = femd_gauge_count(&phonons->gauge), modes = phonons->n3 - held;
    phonons->F =
        phonons->T > 0
            ? kT * (sum - 0.5 * held * femd_portable_log(alpha) + modes * femd_portable_log(femd_phonon_hbar / kT))
            : 0;
    phonons->U = modes * kT;
    phonons->C = modes * femd_phonon_k;
    femd_cholesky_inverse(phonons->n3, phonons->base, phonons->slope_T);
    for (size_t i = 0; i < phonons->size; i++) phonons->slope_T[i] *= 0.5 * femd_phonon_k;
    return FEMD_OK;
}

void femd_phonons_full_quadratic(femd_phonons *phonons, double K[36]) {
    const size_t n3 = (size_t)phonons->n3;
    const double factor = -0.5 * femd_phonon_k * phonons->T;
    for (int a = 0; a < 6; a++) femd_congruence(phonons->n3, phonons->base, phonons->rate + (size_t)a * phonons->size);
    for (int a = 0; a < 6; a++)
        for (int b = a; b < 6; b++) {
            const double *A = phonons->rate + (size_t)a * phonons->size, *B = phonons->rate + (size_t)b * phonons->size;
            double sum = 0;
            for (size_t i = 0; i < n3; i++) { /* one triangle is filled: entries i.. of row i */
                double row[4] = {0, 0, 0, 0};
                for (size_t j = i + 1; j < n3; j++) row[j & 3] += A[i * n3 + j] * B[i * n3 + j];
                sum += A[i * n3 + i] * B[i * n3 + i] + 2 * ((row[0] + row[1]) + (row[2] + row[3]));
            }
            K[6 * a + b] = factor * sum;
        }
}
