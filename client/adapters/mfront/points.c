/* Which point asks, and in which increment. A host of MFront tells neither: both stand in the internal state variables,
 * which the host carries from an accepted increment into the next.
 *
 * The increment: a state says at the end of which one it was made. Who begins with a state of the newest increment goes
 * on to the next; who begins with an older one tries the newest again, or comes later than the others in the same
 * sweep. So all points of a sweep have the same number, a cut does not change it, and commits (femd_client_sweep)
 * follow.
 *
 * The point: gets the next number with its first answer. Until that is accepted it is known by the state of the end,
 * where most hosts leave what the last iteration wrote; with others it has a new number in each iteration of its first
 * increment, which costs nothing but the label. */
#include <math.h>
#include <stdatomic.h>

#include "host_pool.h"
#include "mfront.h"

static atomic_uint newest;         /* increment */
static atomic_ullong points_given; /* numbers, of this process */

static const double points_most = 4503599627370496.0; /* 2^52: a whole number, with room to add one */

static int points_is_number(double x, double most) {
    return x >= 1 && x <= most && floor(x) == x;
}

uint32_t mfront_increment(double accepted) {
    const unsigned next = points_is_number(accepted, UINT32_MAX - 1) ? (unsigned)accepted + 1 : 1;
    unsigned now = atomic_load(&newest);
    while (next > now && !atomic_compare_exchange_weak(&newest, &now, next)) {}
    return next > now ? next : now;
}

/* 1 if the state is one that a call has written: the token's check is in it, or it has none. */
static int points_is_ours(const double *internal) {
    femd_hash state;
    return points_is_number(internal[MFRONT_POINT], points_most) &&
           points_is_number(internal[MFRONT_INCREMENT], UINT32_MAX - 1) &&
           femd_token_to_state(internal + MFRONT_TOKEN, &state, NULL) == FEMD_OK;
}

/* Numbers of a process that MPI has started begin at its rank times 2^32, so that points which are dealt out anew at a
 * restart keep theirs. */
static uint64_t points_base(void) {
    const int rank = host_pool_rank();
    return rank > 0 ? (uint64_t)rank << 32 : 0;
}

/* A number that was seen, maybe of a run that has ended, is given to no other point. */
static uint64_t points_seen(double number) {
    const unsigned long long point = (unsigned long long)number, base = points_base();
    const unsigned long long seen = point >> 32 == base >> 32 ? point - base : 0;
    unsigned long long given = atomic_load(&points_given);
    while (seen > given && !atomic_compare_exchange_weak(&points_given, &given, seen)) {}
    return point;
}

uint64_t mfront_point(const double *s0, const double *s1) {
    if (points_is_number(s0[MFRONT_POINT], points_most)) return points_seen(s0[MFRONT_POINT]);
    if (points_is_ours(s1)) return points_seen(s1[MFRONT_POINT]);
    return points_base() + atomic_fetch_add(&points_given, 1) + 1;
}
