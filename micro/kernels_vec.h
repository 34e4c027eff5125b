/* Vectors of doubles for the kernels: eight lanes with AVX-512, four with AVX2, two without. Included by kernels.c alone.
 *
 * Arithmetic is element by element in program order, so the bits of an answer depend on the level and on nothing else. */
#ifndef FEMD_KERNELS_VEC_H
#define FEMD_KERNELS_VEC_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__AVX2__) || defined(__AVX512F__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__) && defined(__AVX512VL__) && defined(__AVX512DQ__)
#define LANES 8
#elif defined(__AVX2__) && defined(__FMA__)
#define LANES 4
#else
#define LANES 2
#endif

#define INLINE static inline __attribute__((always_inline))

typedef double vec __attribute__((vector_size(8 * LANES)));
typedef double quad __attribute__((vector_size(32)));
typedef double quad_any __attribute__((vector_size(32), aligned(8)));
typedef double vec_any __attribute__((vector_size(8 * LANES), aligned(8)));

INLINE vec vec_load(const double *p) { return *(const vec_any *)p; }
INLINE void vec_store(double *p, vec v) { *(vec_any *)p = v; }
INLINE vec vec_all(double a) { return a - (vec){0}; }
INLINE double vec_sum(vec v)
{
    double sum = v[0];
    for (int l = 1; l < LANES; l++) sum += v[l];
    return sum;
}

/* a b + c, fused where the level has it. */
INLINE vec fma_vec(vec a, vec b, vec c)
{
#if LANES == 8
    return (vec)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
#elif LANES == 4
    return (vec)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
#else
    return a * b + c;
#endif
}
INLINE quad fma_quad(quad a, quad b, quad c)
{
#if LANES >= 4
    return (quad)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
#else
    return a * b + c;
#endif
}
INLINE vec vec_sqrt(vec a)
{
#if LANES == 8
    return (vec)_mm512_sqrt_pd((__m512d)a);
#elif LANES == 4
    return (vec)_mm256_sqrt_pd((__m256d)a);
#else
    return (vec){__builtin_sqrt(a[0]), __builtin_sqrt(a[1])};
#endif
}
INLINE vec vec_min(vec a, vec b)
{
#if LANES == 8
    return (vec)_mm512_min_pd((__m512d)a, (__m512d)b);
#elif LANES == 4
    return (vec)_mm256_min_pd((__m256d)a, (__m256d)b);
#else
    return (vec){a[0] < b[0] ? a[0] : b[0], a[1] < b[1] ? a[1] : b[1]};
#endif
}
INLINE vec vec_max(vec a, vec b)
{
#if LANES == 8
    return (vec)_mm512_max_pd((__m512d)a, (__m512d)b);
#elif LANES == 4
    return (vec)_mm256_max_pd((__m256d)a, (__m256d)b);
#else
    return (vec){a[0] > b[0] ? a[0] : b[0], a[1] > b[1] ? a[1] : b[1]};
#endif
}

/* Whole part of t, t >= 0, as integers k and as doubles (returned). */
INLINE vec vec_split(vec t, int k[LANES])
{
#if LANES == 8
    __m256i i = _mm512_cvttpd_epi32((__m512d)t);
    _mm256_storeu_si256((__m256i *)k, i);
    return (vec)_mm512_cvtepi32_pd(i);
#elif LANES == 4
    __m128i i = _mm256_cvttpd_epi32((__m256d)t);
    _mm_storeu_si128((__m128i *)k, i);
    return (vec)_mm256_cvtepi32_pd(i);
#else
    k[0] = (int)t[0];
    k[1] = (int)t[1];
    return (vec){(double)k[0], (double)k[1]};
#endif
}

#if LANES >= 4
INLINE void transpose4(__m256d r0, __m256d r1, __m256d r2, __m256d r3, __m256d out[4])
{
    __m256d a = _mm256_unpacklo_pd(r0, r1), b = _mm256_unpackhi_pd(r0, r1);
    __m256d c = _mm256_unpacklo_pd(r2, r3), d = _mm256_unpackhi_pd(r2, r3);
    out[0] = _mm256_permute2f128_pd(a, c, 0x20);
    out[1] = _mm256_permute2f128_pd(b, d, 0x20);
    out[2] = _mm256_permute2f128_pd(a, c, 0x31);
    out[3] = _mm256_permute2f128_pd(b, d, 0x31);
}
#endif

/* out[c][l] = at[l][c] for c = 0..3: four neighbouring doubles of each lane. */
INLINE void take4(const double *const at[LANES], vec out[4])
{
#if LANES == 8
    __m256d lo[4], hi[4];
    transpose4(_mm256_loadu_pd(at[0]), _mm256_loadu_pd(at[1]), _mm256_loadu_pd(at[2]), _mm256_loadu_pd(at[3]), lo);
    transpose4(_mm256_loadu_pd(at[4]), _mm256_loadu_pd(at[5]), _mm256_loadu_pd(at[6]), _mm256_loadu_pd(at[7]), hi);
    for (int c = 0; c < 4; c++) out[c] = (vec)_mm512_insertf64x4(_mm512_castpd256_pd512(lo[c]), hi[c], 1);
#elif LANES == 4
    __m256d r[4];
    transpose4(_mm256_loadu_pd(at[0]), _mm256_loadu_pd(at[1]), _mm256_loadu_pd(at[2]), _mm256_loadu_pd(at[3]), r);
    for (int c = 0; c < 4; c++) out[c] = (vec)r[c];
#else
    for (int c = 0; c < 4; c++) out[c] = (vec){at[0][c], at[1][c]};
#endif
}
INLINE void take4_index(const double *base, const int *index, vec out[4])
{
    const double *at[LANES];
    for (int l = 0; l < LANES; l++) at[l] = base + 4 * (ptrdiff_t)index[l];
    take4(at, out);
}
INLINE vec take1(const double *base, const int *index)
{
    vec v;
    for (int l = 0; l < LANES; l++) v[l] = base[index[l]];
    return v;
}

/* base[4 index[l] + 0..2] -= (x, y, z)[l], lane after lane, so that lanes may name the same atom. */
INLINE void give3(double *base, const int *index, vec x, vec y, vec z)
{
#if LANES >= 4
    __m256d r[4], zero = _mm256_setzero_pd();
#if LANES == 8
    transpose4(_mm512_castpd512_pd256((__m512d)x), _mm512_castpd512_pd256((__m512d)y), _mm512_castpd512_pd256((__m512d)z), zero, r);
    for (int l = 0; l < 4; l++) {
        double *to = base + 4 * (ptrdiff_t)index[l];
        _mm256_storeu_pd(to, _mm256_sub_pd(_mm256_loadu_pd(to), r[l]));
    }
    transpose4(_mm512_extractf64x4_pd((__m512d)x, 1), _mm512_extractf64x4_pd((__m512d)y, 1),
               _mm512_extractf64x4_pd((__m512d)z, 1), zero, r);
    index += 4;
#else
    transpose4((__m256d)x, (__m256d)y, (__m256d)z, zero, r);
#endif
    for (int l = 0; l < 4; l++) {
        double *to = base + 4 * (ptrdiff_t)index[l];
        _mm256_storeu_pd(to, _mm256_sub_pd(_mm256_loadu_pd(to), r[l]));
    }
#else
    for (int l = 0; l < LANES; l++) {
        double *to = base + 4 * (ptrdiff_t)index[l];
        to[0] -= x[l];
        to[1] -= y[l];
        to[2] -= z[l];
    }
#endif
}
INLINE void give1(double *base, const int *index, vec v)
{
    for (int l = 0; l < LANES; l++) base[index[l]] += v[l];
}

/* Pack the lanes where s < limit into the front of five arrays, each with room for LANES; returns how many there are. */
INLINE int keep_below(vec s, double limit, vec x, vec y, vec z, const int *index, double *ks, double *kx, double *ky, double *kz,
                      int *ki)
{
#if LANES == 8
    __mmask8 m = _mm512_cmp_pd_mask((__m512d)s, _mm512_set1_pd(limit), _CMP_LT_OQ);
    _mm512_storeu_pd(ks, _mm512_maskz_compress_pd(m, (__m512d)s));
    _mm512_storeu_pd(kx, _mm512_maskz_compress_pd(m, (__m512d)x));
    _mm512_storeu_pd(ky, _mm512_maskz_compress_pd(m, (__m512d)y));
    _mm512_storeu_pd(kz, _mm512_maskz_compress_pd(m, (__m512d)z));
    _mm256_storeu_si256((__m256i *)ki, _mm256_maskz_compress_epi32(m, _mm256_loadu_si256((const __m256i *)index)));
    return __builtin_popcount(m);
#else
    int n = 0;
    for (int l = 0; l < LANES; l++) {
        ks[n] = s[l];
        kx[n] = x[l];
        ky[n] = y[l];
        kz[n] = z[l];
        ki[n] = index[l];
        n += s[l] < limit;
    }
    return n;
#endif
}

#endif
