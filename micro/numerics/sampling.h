/* Averages and covariances of a sampled trajectory with one-sigma errors: sums by blocks, errors from the scatter of
 * block estimates about the global mean, detection of equilibration.
 *
 * Owns the sums; knows nothing of what is sampled. Values are given relative to a fixed shift of the caller's, so that
 * small fluctuations about large means lose no digits. Several trajectories (replicas) have a femd_blocks each and are
 * estimated together, in index order. */
#ifndef FEMD_SAMPLING_H
#define FEMD_SAMPLING_H

#include "femd/buffer.h"

/* m quantities whose means and covariances are wanted, every step; k quantities whose means are wanted, now and then.
 */
#define FEMD_BLOCKS_MAX                                                                                                \
    64 /* finished blocks of one trajectory; then neighbours are joined and blocks are twice as long */
#define FEMD_SAMPLED_MAX    16 /* m */
#define FEMD_OCCASIONAL_MAX 64 /* k */

typedef struct femd_blocks {
    int m, k, width;
    int count;    /* finished blocks */
    int span;     /* basic blocks in a finished block: 1, 2, 4, ... */
    int basic;    /* basic blocks closed in the unfinished one */
    double *data; /* FEMD_BLOCKS_MAX + 1 records, owned; the one after the finished ones is open. A record: number of
                   * samples, sums z (m), sums z_i z_j (i <= j, by rows), number of occasional samples, sums y (k) */
} femd_blocks;

FEMD_MUST_CHECK femd_status femd_blocks_init(femd_blocks *blocks, int m, int k, femd_error *err);
void femd_blocks_clear(femd_blocks *blocks);
/* Forget everything but the room. */
void femd_blocks_empty(femd_blocks *blocks);
/* Make `to` what `from` is, which has the same m and k. */
void femd_blocks_copy(femd_blocks *to, const femd_blocks *from);
void femd_blocks_add(femd_blocks *blocks, const double *z);
void femd_blocks_add_occasional(femd_blocks *blocks, const double *y);
/* Basic blocks of each of n trajectories that so many steps of all of them allow, at most 2^30. */
int femd_blocks_within(int64_t steps, int n, int block);
/* Forget the first so many basic blocks, and as many more as fill the last joined one of them, but none that is not
 * finished. */
void femd_blocks_drop(femd_blocks *blocks, int basic);
/* End of a basic block: all must hold the same number of samples. */
void femd_blocks_close(femd_blocks *blocks);
/* The bytes of the sums, appended; and back (PROTOCOL if they are not of this m and k). *used: bytes read. */
FEMD_MUST_CHECK femd_status femd_blocks_encode(const femd_blocks *blocks, femd_buffer *out, femd_error *err);
FEMD_MUST_CHECK femd_status femd_blocks_decode(femd_blocks *blocks, const femd_bytes *in, size_t *used,
                                               femd_error *err);

/* Means and covariances, of everything or of one block about the global mean. */
typedef struct femd_moments {
    const double *mean; /* m */
    const double *cov;  /* m x m */
    const double *y;    /* k */
} femd_moments;
/* What is to be known, as a LINEAR function q (nq) of the moments. */
typedef void (*femd_sampled_function)(void *user, const femd_moments *of, double *q);

#define FEMD_ESTIMATES_MAX 64 /* nq */
/* value[nq] from all finished blocks of n trajectories, error[nq] = one sigma: the scatter of the blocks' estimates,
 * each made with covariances about the global mean, over sqrt(blocks (blocks - 1)), or the same of neighbouring blocks
 * joined in pairs if that is larger (what forgets slowly). The covariances in `value` have the bias of a mean from the
 * same data removed (the variance of the mean, itself from the blocks, is added). Four trajectories and more are tested
 * against each other: apart (nq, may be NULL) says by how many standard deviations of a normal the scatter of their
 * means is more than that of blocks about them allows; beyond one the error is that of the means, if larger. Returns
 * the number of blocks; below 2 nothing is set. */
int femd_blocks_estimate(const femd_blocks *const *set, int n, femd_sampled_function f, void *user, int nq,
                         double *value, double *error, double *apart);

/* Where a series of n values has settled and how many neighbours make one independent value: the cut t0 that leaves
 * most independent values, (n - t0)/g (Chodera, J. Chem. Theory Comput. 12 (2016) 1799); cuts are tried in 32 places. g
 * >= 1 may be NULL. */
int femd_series_settled(int n, const double *a, double *g);
/* The slope of a straight line through a series over its standard deviation, which comes from the correlation of what
 * is left beside the line, so that a drift does not hide itself; at most 1000. */
double femd_series_drift(int n, const double *a);
/* 1 if a series that began far from equilibrium has been steady for long enough: less than half of it is best thrown
 * away. Chance fails that now and then, however long the run: `late`, after many tries, it also suffices that its later
 * half does not drift by three deviations, which chance makes ever more rarely as the run grows. */
int femd_series_is_steady(int n, const double *a, int late);

#endif
