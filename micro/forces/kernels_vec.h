/* Vectors of doubles for the kernels: eight lanes with AVX-512, four with AVX2, two without. Included by kernels.c
 * alone.
 *
 * Arithmetic is element by element in program order, so the bits of an answer depend on the level and on nothing else.
 */
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

typedef int64_t vec_bits __attribute__((vector_size(8 * LANES)));

INLINE vec vec_load(const double *p) {
    return *(const vec_any *)p;
}
INLINE void vec_store(double *p, vec v) {
    *(vec_any *)p = v;
}
INLINE vec vec_all(double a) {
    return a - (vec){0};
}
INLINE double vec_sum(vec v) {
    double sum = v[0];
    for (int l = 1; l < LANES; l++) sum += v[l];
    return sum;
}

/* a b + c, fused where the level has it. */
INLINE vec fma_vec(vec a, vec b, vec c) {
#if LANES == 8
    return (vec)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
#elif LANES == 4
    return (vec)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
#else
    return a * b + c;
#endif
}
INLINE quad fma_quad(quad a, quad b, quad c) {
#if LANES >= 4
    return (quad)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
#else
    return a * b + c;
#endif
}
INLINE vec vec_sqrt(vec a) {
#if LANES == 8
    return (vec)_mm512_sqrt_pd((__m512d)a);
#elif LANES == 4
    return (vec)_mm256_sqrt_pd((__m256d)a);
#else
    return (vec){__builtin_sqrt(a[0]), __builtin_sqrt(a[1])};
#endif
}
INLINE vec vec_min(vec a, vec b) {
#if LANES == 8
    return (vec)_mm512_min_pd((__m512d)a, (__m512d)b);
#elif LANES == 4
    return (vec)_mm256_min_pd((__m256d)a, (__m256d)b);
#else
    return (vec){a[0] < b[0] ? a[0] : b[0], a[1] < b[1] ? a[1] : b[1]};
#endif
}
INLINE vec vec_max(vec a, vec b) {
#if LANES == 8
    return (vec)_mm512_max_pd((__m512d)a, (__m512d)b);
#elif LANES == 4
    return (vec)_mm256_max_pd((__m256d)a, (__m256d)b);
#else
    return (vec){a[0] > b[0] ? a[0] : b[0], a[1] > b[1] ? a[1] : b[1]};
#endif
}

/* v where the comparison m holds, 0 elsewhere, whatever v is there. */
INLINE vec vec_keep(vec_bits m, vec v) {
    return (vec)((vec_bits)v & m);
}

/* exp(x) for -700 <= x <= 700, to 1 unit in the last place or so: x = k ln 2 + r, exp(r) by its series to r^13. */
INLINE vec vec_exp(vec x) {
    const double whole = 6755399441055744.0; /* 1.5 2^52: adding it leaves k in the low bits */
    vec t = fma_vec(x, vec_all(1.4426950408889634), vec_all(whole)), k = t - whole;
    vec r = fma_vec(k, vec_all(-1.90821492927058770002e-10), fma_vec(k, vec_all(-6.93147180369123816490e-01), x));
    vec q = vec_all(1.0 / 6227020800.0);
    q = fma_vec(q, r, vec_all(1.0 / 479001600.0));
    q = fma_vec(q, r, vec_all(1.0 / 39916800.0));
    q = fma_vec(q, r, vec_all(1.0 / 3628800.0));
    q = fma_vec(q, r, vec_all(1.0 / 362880.0));
    q = fma_vec(q, r, vec_all(1.0 / 40320.0));
    q = fma_vec(q, r, vec_all(1.0 / 5040.0));
    q = fma_vec(q, r, vec_all(1.0 / 720.0));
    q = fma_vec(q, r, vec_all(1.0 / 120.0));
    q = fma_vec(q, r, vec_all(1.0 / 24.0));
    q = fma_vec(q, r, vec_all(1.0 / 6.0));
    q = fma_vec(q, r, vec_all(0.5));
    q = fma_vec(q, r, vec_all(1.0));
    q = fma_vec(q, r, vec_all(1.0));
    return (vec)((vec_bits)q + ((vec_bits)t << 52));
}

INLINE vec vec_power(vec u, int p) {
    vec result = vec_all(1.0);
    for (; p > 0; p >>= 1, u *= u)
        if (p & 1) result *= u;
    return result;
}

/* Whole part of t, t >= 0, as integers k and as doubles (returned). */
INLINE vec vec_split(vec t, int k[LANES]) {
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
INLINE void transpose4(__m256d r0, __m256d r1, __m256d r2, __m256d r3, __m256d out[4]) {
    __m256d a = _mm256_unpacklo_pd(r0, r1), b = _mm256_unpackhi_pd(r0, r1);
    __m256d c = _mm256_unpacklo_pd(r2, r3), d = _mm256_unpackhi_pd(r2, r3);
    out[0] = _mm256_permute2f128_pd(a, c, 0x20);
    out[1] = _mm256_permute2f128_pd(b, d, 0x20);
    out[2] = _mm256_permute2f128_pd(a, c, 0x31);
    out[3] = _mm256_permute2f128_pd(b, d, 0x31);
}
#endif

/* out[c][l] = at[l][c] for c = 0..3: four neighbouring doubles of each lane. */
INLINE void take4(const double *const at[LANES], vec out[4]) {
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
INLINE void take4_index(const double *base, const int *index, vec out[4]) {
    const double *at[LANES];
    for (int l = 0; l < LANES; l++) at[l] = base + 4 * (ptrdiff_t)index[l];
    take4(at, out);
}
/* out[c][l] = q[l][c]. */
INLINE void from_rows(const quad q[LANES], vec out[4]) {
#if LANES == 8
    __m256d lo[4], hi[4];
    transpose4((__m256d)q[0], (__m256d)q[1], (__m256d)q[2], (__m256d)q[3], lo);
    transpose4((__m256d)q[4], (__m256d)q[5], (__m256d)q[6], (__m256d)q[7], hi);
    for (int c = 0; c < 4; c++) out[c] = (vec)_mm512_insertf64x4(_mm512_castpd256_pd512(lo[c]), hi[c], 1);
#elif LANES == 4
    __m256d r[4];
    transpose4((__m256d)q[0], (__m256d)q[1], (__m256d)q[2], (__m256d)q[3], r);
    for (int c = 0; c < 4; c++) out[c] = (vec)r[c];
#else
    for (int c = 0; c < 4; c++) out[c] = (vec){q[0][c], q[1][c]};
#endif
}
/* out[l] = {a, b, c, d}[l]. */
INLINE void to_rows(vec a, vec b, vec c, vec d, quad out[LANES]) {
#if LANES == 8
    __m256d r[4];
    transpose4(_mm512_castpd512_pd256((__m512d)a), _mm512_castpd512_pd256((__m512d)b),
               _mm512_castpd512_pd256((__m512d)c), _mm512_castpd512_pd256((__m512d)d), r);
    for (int l = 0; l < 4; l++) out[l] = (quad)r[l];
    transpose4(_mm512_extractf64x4_pd((__m512d)a, 1), _mm512_extractf64x4_pd((__m512d)b, 1),
               _mm512_extractf64x4_pd((__m512d)c, 1), _mm512_extractf64x4_pd((__m512d)d, 1), r);
    for (int l = 0; l < 4; l++) out[4 + l] = (quad)r[l];
#elif LANES == 4
    __m256d r[4];
    transpose4((__m256d)a, (__m256d)b, (__m256d)c, (__m256d)d, r);
    for (int l = 0; l < 4; l++) out[l] = (quad)r[l];
#else
    for (int l = 0; l < LANES; l++) out[l] = (quad){a[l], b[l], c[l], d[l]};
#endif
}
INLINE quad quad_load(const double *p) {
    return *(const quad_any *)p;
}
INLINE void quad_add(double *p, quad q) {
    *(quad_any *)p = *(const quad_any *)p + q;
}
INLINE vec take1(const double *base, const int *index) {
    vec v;
    for (int l = 0; l < LANES; l++) v[l] = base[index[l]];
    return v;
}

/* base[4 index[l] + 0..2] -= (x, y, z)[l], lane after lane, so that lanes may name the same atom. */
INLINE void give3(double *base, const int *index, vec x, vec y, vec z) {
#if LANES >= 4
    __m256d r[4], zero = _mm256_setzero_pd();
#if LANES == 8
    transpose4(_mm512_castpd512_pd256((__m512d)x), _mm512_castpd512_pd256((__m512d)y),
               _mm512_castpd512_pd256((__m512d)z), zero, r);
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
INLINE void give1(double *base, const int *index, vec v) {
    for (int l = 0; l < LANES; l++) base[index[l]] += v[l];
}

#if LANES == 4
/* For each set of lanes (bits of the row) the order that puts them first: of doubles as halves, and of indices. */
static const int pack_lanes[16][8] __attribute__((aligned(32))) = {
    {0, 1, 2, 3, 4, 5, 6, 7}, {0, 1, 2, 3, 4, 5, 6, 7}, {2, 3, 0, 1, 4, 5, 6, 7}, {0, 1, 2, 3, 4, 5, 6, 7},
    {4, 5, 0, 1, 2, 3, 6, 7}, {0, 1, 4, 5, 2, 3, 6, 7}, {2, 3, 4, 5, 0, 1, 6, 7}, {0, 1, 2, 3, 4, 5, 6, 7},
    {6, 7, 0, 1, 2, 3, 4, 5}, {0, 1, 6, 7, 2, 3, 4, 5}, {2, 3, 6, 7, 0, 1, 4, 5}, {0, 1, 2, 3, 6, 7, 4, 5},
    {4, 5, 6, 7, 0, 1, 2, 3}, {0, 1, 4, 5, 6, 7, 2, 3}, {2, 3, 4, 5, 6, 7, 0, 1}, {0, 1, 2, 3, 4, 5, 6, 7},
};
static const int pack_indices[16][8] __attribute__((aligned(32))) = {
    {0, 1, 2, 3, 0, 0, 0, 0}, {0, 1, 2, 3, 0, 0, 0, 0}, {1, 0, 2, 3, 0, 0, 0, 0}, {0, 1, 2, 3, 0, 0, 0, 0},
    {2, 0, 1, 3, 0, 0, 0, 0}, {0, 2, 1, 3, 0, 0, 0, 0}, {1, 2, 0, 3, 0, 0, 0, 0}, {0, 1, 2, 3, 0, 0, 0, 0},
    {3, 0, 1, 2, 0, 0, 0, 0}, {0, 3, 1, 2, 0, 0, 0, 0}, {1, 3, 0, 2, 0, 0, 0, 0}, {0, 1, 3, 2, 0, 0, 0, 0},
    {2, 3, 0, 1, 0, 0, 0, 0}, {0, 2, 3, 1, 0, 0, 0, 0}, {1, 2, 3, 0, 0, 0, 0, 0}, {0, 1, 2, 3, 0, 0, 0, 0},
};
#endif

/* Pack the lanes where s < limit into the front of five arrays, each with room for LANES; returns how many there are.
 */
INLINE int keep_below(vec s, double limit, vec x, vec y, vec z, const int *index, double *ks, double *kx, double *ky,
                      double *kz, int *ki) {
#if LANES == 8
    __mmask8 m = _mm512_cmp_pd_mask((__m512d)s, _mm512_set1_pd(limit), _CMP_LT_OQ);
    _mm512_storeu_pd(ks, _mm512_maskz_compress_pd(m, (__m512d)s));
    _mm512_storeu_pd(kx, _mm512_maskz_compress_pd(m, (__m512d)x));
    _mm512_storeu_pd(ky, _mm512_maskz_compress_pd(m, (__m512d)y));
    _mm512_storeu_pd(kz, _mm512_maskz_compress_pd(m, (__m512d)z));
    _mm256_storeu_si256((__m256i *)ki, _mm256_maskz_compress_epi32(m, _mm256_loadu_si256((const __m256i *)index)));
    return __builtin_popcount(m);
#elif LANES == 4
    unsigned m = (unsigned)_mm256_movemask_pd(_mm256_cmp_pd((__m256d)s, _mm256_set1_pd(limit), _CMP_LT_OQ));
    __m256i to = _mm256_load_si256((const __m256i *)pack_lanes[m]);
    __m128i low = _mm256_castsi256_si128(
        _mm256_permutevar8x32_epi32(_mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)index)),
                                    _mm256_load_si256((const __m256i *)pack_indices[m])));
    _mm256_storeu_ps((float *)ks, _mm256_permutevar8x32_ps((__m256)s, to));
    _mm256_storeu_ps((float *)kx, _mm256_permutevar8x32_ps((__m256)x, to));
    _mm256_storeu_ps((float *)ky, _mm256_permutevar8x32_ps((__m256)y, to));
    _mm256_storeu_ps((float *)kz, _mm256_permutevar8x32_ps((__m256)z, to));
    _mm_storeu_si128((__m128i *)ki, low);
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

#if LANES >= 4
/* Pack the indices of the lanes where s < limit and key > least to the front of *to, with room for LANES; returns how
 * many there are. *hit becomes other than 0 if s < touching in one of them. */
INLINE int keep_partners(vec s, double limit, double touching, const int *key, int least, const int *index, int *to,
                         unsigned *hit) {
#if LANES == 8
    __mmask8 m = _mm512_cmp_pd_mask((__m512d)s, _mm512_set1_pd(limit), _CMP_LT_OQ) &
                 _mm256_cmpgt_epi32_mask(_mm256_loadu_si256((const __m256i *)key), _mm256_set1_epi32(least));
    *hit |= m & _mm512_cmp_pd_mask((__m512d)s, _mm512_set1_pd(touching), _CMP_LT_OQ);
    _mm256_storeu_si256((__m256i *)to, _mm256_maskz_compress_epi32(m, _mm256_loadu_si256((const __m256i *)index)));
    return __builtin_popcount(m);
#else
    __m256d near = _mm256_cmp_pd((__m256d)s, _mm256_set1_pd(limit), _CMP_LT_OQ);
    __m256d above = _mm256_castsi256_pd(
        _mm256_cvtepi32_epi64(_mm_cmpgt_epi32(_mm_loadu_si128((const __m128i *)key), _mm_set1_epi32(least))));
    unsigned m = (unsigned)_mm256_movemask_pd(_mm256_and_pd(near, above));
    *hit |= m & (unsigned)_mm256_movemask_pd(_mm256_cmp_pd((__m256d)s, _mm256_set1_pd(touching), _CMP_LT_OQ));
    _mm_storeu_si128((__m128i *)to, _mm256_castsi256_si128(_mm256_permutevar8x32_epi32(
                                        _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)index)),
                                        _mm256_load_si256((const __m256i *)pack_indices[m]))));
    return __builtin_popcount(m);
#endif
}
#endif

#endif
