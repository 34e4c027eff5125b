/* Who is at which site, and who went to another; see count.h. */
#include "rates/count.h"

#include <math.h>
#include <stdlib.h>

#include "femd/tensor3.h"
#include "rates/nearest_image.h"
#include "rve/beat.h"

static const double ARRIVED = 0.35, AWAY = 0.5, FAR = 1.2; /* of the distance of neighbours */

struct femd_count {
    int n, sites, vacancies;
    double cell[9], inverse[9], neighbour; /* neighbour: angstrom to the nearest of a site's */
    double *site;                          /* sites x 3 */
    int *at, *who;                         /* site of an atom; atom of a site, or -1 */
    double mean[3];                        /* of the displacements of all atoms from their sites, last frame */
    long hops, far;
    double time, spread[6];
};

/* Displacement of a position from a site, less the mean; its length. */
static double count_off(const femd_count *count, const double *x, int site, double d[3]) {
    for (int c = 0; c < 3; c++) d[c] = x[c] - count->mean[c] - count->site[3 * site + c];
    return femd_nearest_image(count->cell, count->inverse, d);
}

/* The least distance between two sites. */
static double count_neighbour(const femd_count *count) {
    double least = HUGE_VAL, d[3];
    for (int s = 0; s < count->sites; s++)
        for (int t = 0; t < s; t++) least = fmin(least, count_off(count, count->site + 3 * s, t, d));
    return least;
}

static int count_nearest(const femd_count *count, const double *x, double *off) {
    int nearest = 0;
    double d[3];
    *off = HUGE_VAL;
    for (int s = 0; s < count->sites; s++) {
        const double far = count_off(count, x, s, d);
        if (!(far < *off)) continue;
        *off = far;
        nearest = s;
    }
    return nearest;
}

static void count_set_mean(femd_count *count, const double *x) {
    double sum[3] = {0, 0, 0}, d[3];
    for (int i = 0; i < count->n; i++) {
        count_off(count, x + 3 * i, count->at[i], d);
        for (int c = 0; c < 3; c++) sum[c] += d[c];
    }
    for (int c = 0; c < 3; c++) count->mean[c] += sum[c] / count->n;
}

/* Twice: the mean displacement is known only when atoms have sites. */
static femd_status count_register(femd_count *count, const double *x, femd_error *err) {
    double off;
    for (int i = 0; i < count->n; i++) count->at[i] = count_nearest(count, x + 3 * i, &off);
    count_set_mean(count, x);
    for (int s = 0; s < count->sites; s++) count->who[s] = -1;
    for (int i = 0; i < count->n; i++) {
        const int s = count_nearest(count, x + 3 * i, &off);
        if (!(off < ARRIVED * count->neighbour))
            return femd_fail(err, FEMD_BAD_INPUT,
                             "hops are counted from a frame with each atom near a site: atom %d is %.3g angstrom from "
                             "the nearest, %.3g is allowed",
                             i + 1, off, ARRIVED * count->neighbour);
        if (count->who[s] >= 0)
            return femd_fail(err, FEMD_BAD_INPUT,
                             "hops are counted of atoms with a site each: atoms %d and %d are at one",
                             count->who[s] + 1, i + 1);
        count->at[i] = s;
        count->who[s] = i;
    }
    count_set_mean(count, x);
    return FEMD_OK;
}

static femd_status count_check(const femd_count *count, double height, femd_error *err) {
    if (!(count->neighbour > 0) || !(count->neighbour < 0.5 * height))
        return femd_fail(err, FEMD_BAD_INPUT,
                         "hops to images cannot be told apart: sites are %g angstrom from each other in a cell of the "
                         "least height %g angstrom, which must be more than twice that",
                         count->neighbour, height);
    return FEMD_OK;
}

femd_status femd_count_create(int n, const double *x, int sites, const double *site, const double cell[9],
                              femd_count **out, femd_error *err) {
    if (sites > FEMD_COUNT_SITES_MAX)
        return femd_fail(err, FEMD_LIMIT, "hops are counted between at most %d sites; there are %d",
                         FEMD_COUNT_SITES_MAX, sites);
    if (n < 1 || sites <= n)
        return femd_fail(err, FEMD_BAD_INPUT, "hops need an empty site: there are %d sites for %d atoms", sites, n);
    femd_count *count = calloc(1, sizeof *count);
    if (!count) return femd_fail(err, FEMD_NO_MEMORY, "counting hops of %d atoms: out of memory", n);
    count->n = n;
    count->sites = sites;
    count->vacancies = sites - n;
    count->site = malloc(3 * (size_t)sites * sizeof *count->site);
    count->at = malloc((size_t)n * sizeof *count->at);
    count->who = malloc((size_t)sites * sizeof *count->who);
    memcpy(count->cell, cell, sizeof count->cell);
    const double height = femd_cell_height(cell, count->inverse);
    femd_status rc = FEMD_OK;
    if (!count->site || !count->at || !count->who) {
        rc = femd_fail(err, FEMD_NO_MEMORY, "counting hops of %d atoms: out of memory", n);
    } else {
        memcpy(count->site, site, 3 * (size_t)sites * sizeof *site);
        count->neighbour = count_neighbour(count);
        rc = count_check(count, height, err);
    }
    if (rc == FEMD_OK) rc = count_register(count, x, err);
    if (rc != FEMD_OK) femd_count_destroy(&count);
    *out = count;
    return rc;
}

void femd_count_destroy(femd_count **count) {
    if (!count || !*count) return;
    free((*count)->site);
    free((*count)->at);
    free((*count)->who);
    free(*count);
    *count = NULL;
}

int femd_count_site(const femd_count *count, int atom) {
    return count->at[atom];
}

/* Atom i goes to the empty site. */
static void count_hop(femd_count *count, int i, int to) {
    const int from = count->at[i];
    double d[3];
    for (int c = 0; c < 3; c++) d[c] = count->site[3 * to + c] - count->site[3 * from + c];
    const double far = femd_nearest_image(count->cell, count->inverse, d);
    count->hops++;
    count->far += far > FAR * count->neighbour;
    for (int v = 0; v < 6; v++) count->spread[v] += d[femd_voigt_i[v]] * d[femd_voigt_j[v]];
    count->who[from] = -1;
    count->who[to] = i;
    count->at[i] = to;
}

/* One pass over the atoms; those that have left for an empty site go there. Returns how many. */
static int count_pass(femd_count *count, const double *x, int *away) {
    int gone = 0;
    *away = 0;
    for (int i = 0; i < count->n; i++) {
        double d[3], off = count_off(count, x + 3 * i, count->at[i], d);
        if (off < ARRIVED * count->neighbour) continue;
        *away += !(off < AWAY * count->neighbour);
        const int nearest = count_nearest(count, x + 3 * i, &off);
        if (!(off < ARRIVED * count->neighbour) || count->who[nearest] >= 0) continue;
        count_hop(count, i, nearest);
        gone++;
    }
    return gone;
}

femd_status femd_count_look(femd_count *count, double time, const double *x, femd_error *err) {
    const int most = count->n / 10 + 1;
    int away, gone;
    count_set_mean(count, x);
    do {
        gone = count_pass(count, x, &away);
    } while (gone > 0 && away <= most); /* one that follows another into its place comes in the next pass */
    count->time += time;
    if (away <= most) return FEMD_OK;
    return femd_fail(err, FEMD_INSTABILITY,
                     "%d of %d atoms are farther than half the distance of neighbours from their sites: there are no "
                     "hops to count where a crystal has lost its sites",
                     away, count->n);
}

void femd_count_tell(const femd_count *count, femd_count_result *r) {
    const double total = count->time * count->vacancies;
    memset(r, 0, sizeof *r);
    r->vacancies = count->vacancies;
    r->hops = count->hops;
    r->far = count->far;
    r->time = count->time;
    if (total > 0) {
        r->rate = (double)count->hops / total;
        r->rate_err = sqrt((double)(count->hops ? count->hops : 1)) / total;
    }
    memcpy(r->spread, count->spread, sizeof r->spread);
}

femd_status femd_count_dynamics(femd_count *count, femd_dynamics *d, double time, int every, const femd_beat *beat,
                                femd_error *err) {
    const double frames = ceil(time / (every * d->dt));
    if (!(frames >= 1) || !(frames < 1e12) || every < 1)
        return femd_fail(err, FEMD_BAD_ARGUMENT, "hops counted over %g ps in frames of %d steps of %g ps", time, every,
                         d->dt);
    for (double frame = 0; frame < frames; frame++) {
        FEMD_TRY(femd_beat_now(beat, frame / frames, "the counting of hops", err));
        FEMD_TRY(femd_dynamics_langevin(d, every, err));
        FEMD_TRY(femd_count_look(count, every * d->dt, d->x, err));
    }
    return FEMD_OK;
}
