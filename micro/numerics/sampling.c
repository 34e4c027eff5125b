/* Sums by blocks and the errors they give; see sampling.h. Owns the layout of a record; knows nothing of what is
 * sampled. */
#include "numerics/sampling.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "numerics/portable.h"

static int sampling_pairs(int m) {
    return m * (m + 1) / 2;
}

femd_status femd_blocks_init(femd_blocks *blocks, int m, int k, femd_error *err) {
    memset(blocks, 0, sizeof *blocks);
    if (m < 1 || m > FEMD_SAMPLED_MAX || k < 0 || k > FEMD_OCCASIONAL_MAX)
        return femd_fail(err, FEMD_BAD_ARGUMENT, "sums of %d and %d quantities", m, k);
    blocks->m = m;
    blocks->k = k;
    blocks->width = 2 + m + sampling_pairs(m) + k;
    blocks->span = 1;
    blocks->data = calloc((FEMD_BLOCKS_MAX + 1) * (size_t)blocks->width, sizeof(double));
    return blocks->data ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "sums of %d and %d quantities: out of memory", m, k);
}

void femd_blocks_clear(femd_blocks *blocks) {
    free(blocks->data);
    memset(blocks, 0, sizeof *blocks);
}

void femd_blocks_empty(femd_blocks *blocks) {
    blocks->count = blocks->basic = 0;
    blocks->span = 1;
    memset(blocks->data, 0, (FEMD_BLOCKS_MAX + 1) * (size_t)blocks->width * sizeof(double));
}

void femd_blocks_copy(femd_blocks *to, const femd_blocks *from) {
    double *room = to->data;
    memcpy(room, from->data, (FEMD_BLOCKS_MAX + 1) * (size_t)from->width * sizeof(double));
    *to = *from;
    to->data = room;
}

static double *sampling_record(const femd_blocks *blocks, int i) {
    return blocks->data + (size_t)i * (size_t)blocks->width;
}
static int sampling_y_at(const femd_blocks *blocks) {
    return 2 + blocks->m + sampling_pairs(blocks->m);
}

void femd_blocks_add(femd_blocks *blocks, const double *z) {
    double *r = sampling_record(blocks, blocks->count), *s = r + 1 + blocks->m;
    r[0] += 1;
    for (int i = 0; i < blocks->m; i++) {
        r[1 + i] += z[i];
        for (int j = i; j < blocks->m; j++) *s++ += z[i] * z[j];
    }
}

void femd_blocks_add_occasional(femd_blocks *blocks, const double *y) {
    double *r = sampling_record(blocks, blocks->count) + sampling_y_at(blocks);
    r[-1] += 1;
    for (int i = 0; i < blocks->k; i++) r[i] += y[i];
}

int femd_blocks_within(int64_t steps, int n, int block) {
    const int64_t most = steps / ((int64_t)n * block);
    return most < 1 << 30 ? (int)most : 1 << 30;
}

void femd_blocks_drop(femd_blocks *blocks, int basic) {
    const size_t record = (size_t)blocks->width * sizeof(double);
    int records = (basic + blocks->span - 1) / blocks->span;
    if (records > blocks->count) records = blocks->count;
    blocks->count -= records; /* and the open one follows the finished ones */
    memmove(blocks->data, sampling_record(blocks, records), (size_t)(blocks->count + 1) * record);
    memset(sampling_record(blocks, blocks->count + 1), 0, (size_t)(FEMD_BLOCKS_MAX - blocks->count) * record);
}

void femd_blocks_close(femd_blocks *blocks) {
    if (++blocks->basic < blocks->span) return;
    blocks->basic = 0;
    blocks->count++;
    if (blocks->count == FEMD_BLOCKS_MAX) {
        for (int i = 0; i < FEMD_BLOCKS_MAX / 2; i++)
            for (int c = 0; c < blocks->width; c++)
                sampling_record(blocks, i)[c] =
                    sampling_record(blocks, 2 * i)[c] + sampling_record(blocks, 2 * i + 1)[c];
        blocks->count /= 2;
        blocks->span *= 2;
    }
    memset(sampling_record(blocks, blocks->count), 0, (size_t)blocks->width * sizeof(double));
}

/* ---- bytes: u32 m, k, count, span, basic, 0, then the finished records and the open one ---- */

enum { HEAD = 24, SPAN_MAX = 1 << 24 }; /* of blocks that a state may claim: their number stays an int */

femd_status femd_blocks_encode(const femd_blocks *blocks, femd_buffer *out, femd_error *err) {
    const size_t doubles = (size_t)(blocks->count + 1) * (size_t)blocks->width;
    const int head[6] = {blocks->m, blocks->k, blocks->count, blocks->span, blocks->basic, 0};
    FEMD_TRY(femd_buffer_reserve(out, HEAD + 8 * doubles, err));
    uint8_t *p = out->data + out->size;
    for (int i = 0; i < 6; i++, p += 4) femd_put32(p, (uint32_t)head[i]);
    for (size_t i = 0; i < doubles; i++, p += 8) femd_putf64(p, blocks->data[i]);
    out->size += HEAD + 8 * doubles;
    return FEMD_OK;
}

femd_status femd_blocks_decode(femd_blocks *blocks, const femd_bytes *in, size_t *used, femd_error *err) {
    const uint8_t *p = in->data;
    uint32_t head[6];
    if (in->size < HEAD) return femd_fail(err, FEMD_PROTOCOL, "sampled sums of %zu bytes are too short", in->size);
    for (int i = 0; i < 6; i++) head[i] = femd_get32(p + 4 * i);
    const size_t doubles = ((size_t)head[2] + 1) * (size_t)blocks->width;
    if (head[0] != (uint32_t)blocks->m || head[1] != (uint32_t)blocks->k || head[2] >= FEMD_BLOCKS_MAX || head[3] < 1 ||
        head[3] > SPAN_MAX || (head[3] & (head[3] - 1)) || head[4] >= head[3] || in->size < HEAD + 8 * doubles)
        return femd_fail(err, FEMD_PROTOCOL, "sampled sums of %zu bytes are not of this material", in->size);
    femd_blocks_empty(blocks);
    blocks->count = (int)head[2];
    blocks->span = (int)head[3];
    blocks->basic = (int)head[4];
    for (size_t i = 0; i < doubles; i++) {
        blocks->data[i] = femd_getf64(p + HEAD + 8 * i);
        if (!isfinite(blocks->data[i])) return femd_fail(err, FEMD_PROTOCOL, "a sampled sum is not finite");
    }
    *used = HEAD + 8 * doubles;
    return FEMD_OK;
}

/* ---- estimates ---- */

/* Mean, covariance about `about` (NULL: the record's own mean) and mean y of one record of sums. */
static void sampling_moments(const femd_blocks *blocks, const double *r, const double *about, double *mean, double *cov,
                             double *y) {
    const int m = blocks->m;
    const double n = r[0] > 0 ? r[0] : 1, ny = r[sampling_y_at(blocks) - 1] > 0 ? r[sampling_y_at(blocks) - 1] : 1;
    const double *s = r + 1 + m;
    for (int i = 0; i < m; i++) mean[i] = r[1 + i] / n;
    const double *c = about ? about : mean;
    for (int i = 0; i < m; i++)
        for (int j = i; j < m; j++, s++)
            cov[m * i + j] = cov[m * j + i] = *s / n - mean[i] * c[j] - c[i] * mean[j] + c[i] * c[j];
    for (int i = 0; i < blocks->k; i++) y[i] = r[sampling_y_at(blocks) + i] / ny;
}

/* Sums over independent estimates. */
typedef struct spread_of {
    int n;
    double sum[FEMD_ESTIMATES_MAX], square[FEMD_ESTIMATES_MAX];
} spread_of;
enum { PAIRS_LEAST = 8, REPLICAS_LEAST = 4 };
static const double APART = 1; /* standard deviations beyond which replicas are not said to agree */
static const double APART_MAX = 100;

static void sampling_spread_add(spread_of *s, int nq, const double *q) {
    s->n++;
    for (int i = 0; i < nq; i++) {
        s->sum[i] += q[i];
        s->square[i] += q[i] * q[i];
    }
}

/* Standard error of the mean of the estimates. */
static double sampling_spread_error(const spread_of *s, int i) {
    const double scatter = s->square[i] - s->sum[i] * s->sum[i] / s->n;
    return sqrt(fmax(scatter, 0) / ((double)s->n * (s->n - 1)));
}

/* How much larger the scatter between `groups` is than errors from within foretell, in standard normal deviates: the
 * ratio of variances is F of (groups - 1, within) degrees of freedom, made normal by its cube root (Paulson, Ann. Math.
 * Stat. 13 (1942) 233). */
static double sampling_apart(double between, double error, int groups, int within) {
    const double a = 2 / (9.0 * (groups - 1)), b = 2 / (9.0 * within);
    if (!(between > 0)) return 0;
    if (!(error > 0)) return APART_MAX;
    const double root = femd_portable_cbrt(fmin(fmax(between * between / (error * error), 1e-30), 1e30));
    return fmin(APART_MAX, ((1 - b) * root - (1 - a)) / sqrt(b * root * root + a));
}

/* Several trajectories tell whether they sample the same: where their means scatter more than blocks do about the means
 * of their own, by more than chance allows, the error is from the scatter of the means, wider by what so few leave
 * unknown of it (the standard deviation of Student's t). `square`: what blocks scatter about their own trajectory, sums
 * of squares; `slow`: by how much correlation of neighbours makes the error larger. apart may be NULL. */
static void sampling_widen(const spread_of *replicas, int nq, int blocks, const double *square, const double *slow,
                           double *error, double *apart) {
    const int within = blocks - replicas->n;
    for (int i = 0; i < nq; i++) {
        const int many = replicas->n >= REPLICAS_LEAST && within > 0;
        const double between = many ? sampling_spread_error(replicas, i) : 0,
                     own = many ? slow[i] * sqrt(fmax(square[i], 0) / ((double)blocks * within)) : 0,
                     far = sampling_apart(between, own, replicas->n, within);
        if (apart) apart[i] = far;
        if (far > APART) error[i] = fmax(error[i], between * sqrt((replicas->n - 1.0) / (replicas->n - 3.0)));
    }
}

int femd_blocks_estimate(const femd_blocks *const *set, int n, femd_sampled_function f, void *user, int nq,
                         double *value, double *error, double *apart) {
    const int m = set[0]->m, width = set[0]->width;
    double all[2 + FEMD_SAMPLED_MAX + FEMD_SAMPLED_MAX * (FEMD_SAMPLED_MAX + 1) / 2 + FEMD_OCCASIONAL_MAX] = {0};
    double mean[FEMD_SAMPLED_MAX], cov[FEMD_SAMPLED_MAX * FEMD_SAMPLED_MAX], y[FEMD_OCCASIONAL_MAX] = {0};
    double one[FEMD_SAMPLED_MAX], own[FEMD_SAMPLED_MAX * FEMD_SAMPLED_MAX], yo[FEMD_OCCASIONAL_MAX] = {0};
    double q[FEMD_ESTIMATES_MAX], base[FEMD_ESTIMATES_MAX], left[FEMD_ESTIMATES_MAX] = {0};
    double square[FEMD_ESTIMATES_MAX] = {0}, slow[FEMD_ESTIMATES_MAX];
    spread_of single = {0}, joined = {0}, replicas = {0}; /* blocks; pairs of neighbouring blocks; trajectories */
    int blocks = 0;
    for (int s = 0; s < n; s++) {
        blocks += set[s]->count;
        for (int b = 0; b < set[s]->count; b++)
            for (int c = 0; c < width; c++) all[c] += sampling_record(set[s], b)[c];
    }
    if (blocks < 2) return blocks;
    sampling_moments(set[0], all, NULL, mean, cov, y);
    double spread[FEMD_SAMPLED_MAX * FEMD_SAMPLED_MAX] = {0}; /* variance of the mean */
    const femd_moments whole = {mean, cov, y}, part = {one, own, yo};
    f(user, &whole, base);
    for (int s = 0; s < n; s++) {
        double sum[FEMD_ESTIMATES_MAX] = {0};
        for (int b = 0; b < set[s]->count; b++) {
            sampling_moments(set[s], sampling_record(set[s], b), mean, one, own, yo);
            for (int i = 0; i < m; i++)
                for (int j = 0; j < m; j++)
                    spread[m * i + j] += (one[i] - mean[i]) * (one[j] - mean[j]) / ((double)blocks * (blocks - 1));
            f(user, &part, q);
            for (int i = 0; i < nq; i++) {
                q[i] -= base[i];
                sum[i] += q[i] / set[s]->count;
                square[i] += q[i] * q[i];
            }
            sampling_spread_add(&single, nq, q);
            if (b % 2 == 0) {
                memcpy(left, q, (size_t)nq * sizeof *q);
                continue;
            }
            for (int i = 0; i < nq; i++) q[i] = 0.5 * (left[i] + q[i]);
            sampling_spread_add(&joined, nq, q);
        }
        for (int i = 0; i < nq; i++) square[i] -= set[s]->count * sum[i] * sum[i];
        sampling_spread_add(&replicas, nq, sum);
    }
    for (int i = 0; i < nq; i++) {
        const double alone = sampling_spread_error(&single, i);
        error[i] = joined.n >= PAIRS_LEAST ? fmax(alone, sampling_spread_error(&joined, i)) : alone;
        slow[i] = alone > 0 ? error[i] / alone : 1;
    }
    for (int i = 0; i < m * m; i++) cov[i] += spread[i];
    f(user, &whole, value);
    sampling_widen(&replicas, nq, blocks, square, slow, error, apart);
    return blocks;
}

/* ---- series ---- */

/* Values of the line mean + slope (i - middle). */
static double sampling_line_at(const double line[2], int n, int i) {
    return line[0] + line[1] * (i - 0.5 * (n - 1));
}

/* Statistical inefficiency of a[0..n) about a line: 1 + 2 sum of the autocorrelation until it first falls to zero. */
static double sampling_inefficiency_about(int n, const double *a, const double line[2], double *variance) {
    double g = 1;
    *variance = 0;
    for (int i = 0; i < n; i++)
        *variance += (a[i] - sampling_line_at(line, n, i)) * (a[i] - sampling_line_at(line, n, i)) / n;
    if (!(*variance > 0)) return 1;
    for (int lag = 1; lag < n - 1; lag++) {
        double c = 0;
        for (int i = 0; i + lag < n; i++)
            c += (a[i] - sampling_line_at(line, n, i)) * (a[i + lag] - sampling_line_at(line, n, i + lag));
        c /= *variance * (n - lag);
        if (c <= 0) break;
        g += 2 * c * (1 - (double)lag / n);
    }
    return g;
}

static double sampling_mean_of(int n, const double *a) {
    double mean = 0;
    for (int i = 0; i < n; i++) mean += a[i] / n;
    return mean;
}

static double sampling_inefficiency(int n, const double *a) {
    const double flat[2] = {sampling_mean_of(n, a), 0};
    double variance;
    return sampling_inefficiency_about(n, a, flat, &variance);
}

double femd_series_drift(int n, const double *a) {
    double line[2] = {sampling_mean_of(n, a), 0}, variance, spread = 0;
    if (n < 4) return 0;
    for (int i = 0; i < n; i++) {
        const double at = i - 0.5 * (n - 1);
        spread += at * at;
        line[1] += at * a[i];
    }
    line[1] /= spread;
    const double g = sampling_inefficiency_about(n, a, line, &variance), error = sqrt(variance * g / spread);
    return fabs(line[1]) > 1e3 * error ? copysign(1e3, line[1]) : line[1] / error;
}

int femd_series_settled(int n, const double *a, double *g) {
    int best = 0;
    double most = -1;
    for (int place = 0; place < 32; place++) {
        const int t0 = (int)((long)place * n / 32);
        if (place && t0 == (int)((long)(place - 1) * n / 32)) continue;
        const double each = sampling_inefficiency(n - t0, a + t0), independent = (n - t0) / each;
        if (independent <= most) continue;
        most = independent;
        best = t0;
        if (g) *g = each;
    }
    return best;
}

int femd_series_is_steady(int n, const double *a, int late) {
    const double drift_max = 3;
    if (2 * femd_series_settled(n, a, NULL) <= n) return 1;
    return late && fabs(femd_series_drift(n - n / 2, a + n / 2)) < drift_max;
}
