/* See rate.h. */
#include "rates/rate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "femd/units.h"
#include "numerics/dense.h"
#include "numerics/portable.h"
#include "rve/beat.h"
#include "vibrations/phonon_mode.h"

static const double STEP = 1e-3; /* of strain, for the derivative of the frequency */
static const double AWAY = 0.5;  /* of the hop's length: an atom so far from its place is at another */
static const double MET = 0.05;  /* angstrom: configurations that are one */
static const double KICK = 0.1;  /* angstrom, from a saddle to either side */
static const double EVEN = 1e-6; /* eV: states before and after that are alike, as is the way between */
static const double LANDED = 0.1, SEARCHED = 0.8, JOINED = 0.85; /* of the time of a hop: how far it is then */

femd_status femd_rate_init(femd_rate *rate, const femd_native *native, const femd_json *doc, femd_error *err) {
    const int n = native->rve.n;
    memset(rate, 0, sizeof *rate);
    if (n > FEMD_SADDLE_ATOMS_MAX)
        return femd_fail(err, FEMD_LIMIT, "the Hessian of %d atoms: rates are found for up to %d", n,
                         FEMD_SADDLE_ATOMS_MAX);
    FEMD_TRY(femd_native_masses(native, doc, &rate->mass, err));
    FEMD_TRY(femd_relaxer_create(n, femd_relaxer_settings(native->relaxer), &rate->relaxer, err));
    FEMD_TRY(femd_still_init(&rate->minimum, n, err));
    FEMD_TRY(femd_still_init(&rate->saddle, n, err));
    FEMD_TRY(femd_still_init(&rate->strained, n, err));
    rate->other = malloc((9 + 3 * FEMD_HUMPS_MAX) * (size_t)n * sizeof *rate->other);
    if (!rate->other) return femd_fail(err, FEMD_NO_MEMORY, "a hop among %d atoms: out of memory", n);
    rate->load = rate->other + 3 * (size_t)n;
    rate->climbed = rate->load + 6 * (size_t)n;
    return FEMD_OK;
}

void femd_rate_clear(femd_rate *rate) {
    femd_still_clear(&rate->minimum);
    femd_still_clear(&rate->saddle);
    femd_still_clear(&rate->strained);
    femd_relaxer_destroy(&rate->relaxer);
    free(rate->other);
    free(rate->mass);
    memset(rate, 0, sizeof *rate);
}

femd_status femd_rate_begin(femd_rate *rate, const femd_native *native, const femd_beat *beat, femd_error *err) {
    femd_rve rve = native->rve;
    FEMD_TRY(femd_still_find(&rate->minimum, &rve, &native->path.place, native->path.x, beat, err));
    if (rate->minimum.negative == 0) return FEMD_OK;
    return femd_fail(err, FEMD_INSTABILITY,
                     "the atoms stand at a saddle, with %d negative eigenvalues: no hop starts there",
                     rate->minimum.negative);
}

/* Derivatives of the barrier by the strain, from the two points' own. */
static femd_status rate_strains(const femd_rate *rate, const femd_native *native, femd_rate_path *path,
                                femd_error *err) {
    const femd_place *place = &native->path.place;
    const femd_rve *rve = &native->rve;
    const double unit = rve->V0 / FEMD_EV_PER_A3; /* Pa in eV */
    double S[2][6], D[2][36], soft[36];
    femd_place_stress(rve, place, rate->minimum.tau, S[0]);
    femd_place_stress(rve, place, rate->saddle.tau, S[1]);
    femd_still_tangent(&rate->minimum, rve, place, D[0]);
    femd_still_tangent(&rate->saddle, rve, place, D[1]);
    for (int c = 0; c < 6; c++) path->slope[c] = unit * (S[1][c] - S[0][c]);
    for (int c = 0; c < 36; c++) {
        path->curve[c] = unit * (D[1][c] - D[0][c]);
        soft[c] = unit * D[0][c];
    }
    double e[6] = {1, 1, 1, 0, 0, 0}; /* becomes the strain that a unit of pressure takes back */
    if (femd_small_solve(6, soft, e))
        return femd_fail(err, FEMD_INSTABILITY,
                         "the tangent of the minimum is singular: there is no activation volume");
    path->activation_volume = 0;
    for (int c = 0; c < 6; c++) path->activation_volume -= rve->V0 * path->slope[c] * e[c];
    return FEMD_OK;
}

/* ---- one way ---- */

/* The largest distance of an atom between two configurations whose images are the same, the mean of all taken out. */
static double rate_distance(int n, const double *a, const double *b) {
    double mean[3] = {0, 0, 0}, most = 0;
    for (int i = 0; i < 3 * n; i++) mean[i % 3] += (a[i] - b[i]) / n;
    for (int i = 0; i < 3 * n; i += 3) {
        double d[3];
        for (int c = 0; c < 3; c++) d[c] = a[i + c] - b[i + c] - mean[c];
        most = fmax(most, femd_dot3(d, d));
    }
    return sqrt(most);
}

/* The state after the hop, into rate->other. It is that of the hop if no atom has gone elsewhere. */
static femd_status rate_land(femd_rate *rate, const femd_native *native, const femd_hop *hop, const femd_beat *beat,
                             double *W, femd_error *err) {
    femd_rve rve = native->rve;
    const femd_place *place = &native->path.place;
    double *made = rate->load, way[3];
    femd_relax_result end;
    femd_hop_move(hop, place->h, rve.n, rate->minimum.x, rate->other);
    memcpy(made, rate->other, 3 * (size_t)rve.n * sizeof *made);
    FEMD_TRY(femd_neighbours_rebuild(rve.nb, rve.n, place->h, rate->other, err));
    FEMD_TRY(femd_relax(rate->relaxer, &rve, place, rate->other, NULL, beat, &end, err));
    *W = end.W;
    for (int c = 0; c < 3; c++) way[c] = made[3 * hop->jumper + c] - rate->minimum.x[3 * hop->jumper + c];
    const double most = rate_distance(rve.n, rate->other, made), length = sqrt(femd_dot3(way, way));
    if (most <= AWAY * length) return FEMD_OK;
    if (hop->given)
        return femd_fail(
            err, FEMD_INSTABILITY,
            "hop.moves: no state is where they lead: an atom rests %.3g angstrom away from its place there, "
            "of the %.3g that the farthest moves",
            most, length);
    return femd_fail(
        err, FEMD_INSTABILITY,
        "the state after the hop is none that the hop leaves: an atom has gone %.3g angstrom from its place "
        "there, of neighbours' %.3g; at this strain the crystal does not hold its sites",
        most, length);
}

/* From the saddle down to both sides: whether the ends are the two states. */
static femd_status rate_check_joined(femd_rate *rate, const femd_native *native, const femd_beat *beat,
                                     femd_error *err) {
    femd_rve rve = native->rve;
    const femd_place *place = &native->path.place;
    const double *mode = rate->saddle.mode, kick = KICK / femd_max_abs(rate->saddle.n3, mode);
    double *x = rate->load;
    int met[2] = {0, 0};
    for (int side = -1; side <= 1; side += 2) {
        femd_relax_result end;
        for (int i = 0; i < rate->saddle.n3; i++) x[i] = rate->saddle.x[i] + side * kick * mode[i];
        FEMD_TRY(femd_neighbours_rebuild(rve.nb, rve.n, place->h, x, err));
        FEMD_TRY(femd_relax(rate->relaxer, &rve, place, x, NULL, beat, &end, err));
        met[0] |= rate_distance(rve.n, x, rate->minimum.x) < MET;
        met[1] |= rate_distance(rve.n, x, rate->other) < MET;
    }
    if (met[0] && met[1]) return FEMD_OK;
    return femd_fail(err, FEMD_NOT_CONVERGED,
                     "the saddle that was found, at %.4g eV, does not lead from the state before the hop to that after "
                     "it: another minimum is on the way, or another way was found",
                     rate->saddle.W - rate->minimum.W);
}

/* Barriers and frequencies of all humps; of the highest the saddle is there. */
static femd_status rate_humps(femd_rate *rate, const femd_native *native, const femd_saddle_way *way,
                              const femd_beat *beat, femd_rate_path *path, femd_error *err) {
    femd_rve rve = native->rve;
    const femd_place *place = &native->path.place;
    for (int k = 0; k < way->humps; k++) {
        femd_beat_stretch one;
        const femd_beat *within = femd_beat_within(beat, (double)k / way->humps, (k + 1.0) / way->humps, &one);
        femd_still *hump = k == way->top ? &rate->saddle : &rate->strained;
        if (k != way->top)
            FEMD_TRY(femd_still_find(hump, &rve, place, rate->climbed + (size_t)k * (size_t)hump->n3, within, err));
        if (k != way->top && (hump->negative != 1 || rate_distance(rve.n, hump->x, rate->saddle.x) < MET))
            return femd_fail(
                err, FEMD_NOT_CONVERGED,
                "hump %d of %d on the way has no saddle of its own: the rate over all of them is not known; "
                "\"barrier\" is answered",
                k + 1, way->humps);
        path->hump_barrier[k] = hump->W - rate->minimum.W;
        FEMD_TRY(femd_vineyard_frequency(&rate->minimum, hump, rate->mass, &rve, place, &path->hump_frequency[k], err));
    }
    path->frequency = path->hump_frequency[way->top];
    return FEMD_OK;
}

femd_status femd_rate_follow(femd_rate *rate, const femd_native *native, const femd_hop *hop, int frequency,
                             const femd_beat *beat, femd_rate_path *path, femd_error *err) {
    const femd_place *place = &native->path.place;
    femd_beat_stretch part;
    femd_saddle_way way;
    double W;
    memset(path, 0, sizeof *path);
    FEMD_TRY(rate_land(rate, native, hop, femd_beat_within(beat, 0, LANDED, &part), &W, err));
    FEMD_TRY(femd_saddle_find(&rate->saddle, native, place, rate->minimum.x, rate->minimum.W, rate->other, W,
                              femd_beat_within(beat, LANDED, SEARCHED, &part), rate->climbed, &way, err));
    if (way.humps == 1 && (hop->given || way.loose || fabs(W - rate->minimum.W) > EVEN))
        FEMD_TRY(rate_check_joined(rate, native, femd_beat_within(beat, SEARCHED, JOINED, &part), err));
    path->barrier = rate->saddle.W - rate->minimum.W;
    path->back = rate->saddle.W - W;
    path->humps = way.humps;
    path->depth = way.depth;
    FEMD_TRY(rate_strains(rate, native, path, err));
    return frequency ? rate_humps(rate, native, &way, femd_beat_within(beat, JOINED, 1, &part), path, err) : FEMD_OK;
}

double femd_rate_at(const femd_rate_path *path, double temperature) {
    double time = 0; /* s, in the units of the highest saddle's */
    for (int k = 0; k < path->humps; k++)
        time += path->frequency / path->hump_frequency[k] *
                femd_portable_exp((path->hump_barrier[k] - path->barrier) / (femd_phonon_k * temperature));
    return path->frequency * femd_portable_exp(-path->barrier / (femd_phonon_k * temperature)) / time;
}

/* ---- the frequency under strain ---- */

/* The stationary point of `from` in the cell of one strain component more, into rate->strained. */
static femd_status rate_carry_on(femd_rate *rate, const femd_native *native, const femd_still *from, int component,
                                 double step, femd_place *there, const femd_beat *beat, femd_error *err) {
    femd_rve rve = native->rve;
    const femd_place *here = &native->path.place;
    double *b = rate->load, *z = rate->load + from->n3, E[6];
    memcpy(E, here->E, sizeof E);
    E[component] += step;
    FEMD_TRY(femd_place_set(&rve, E, there, err));
    for (int i = 0; i < from->n3; i++) {
        b[i] = 0;
        for (int k = 0; k < 6; k++) b[i] += here->M[6 * component + k] * from->L[6 * (size_t)i + k];
    }
    femd_still_solve(from, b, z);
    for (int i = 0; i < from->n3; i += 3) { /* b: w, positions in the frame of the reference less X */
        double y[3];
        for (int c = 0; c < 3; c++) y[c] = from->x[i + c] - step * z[i + c];
        femd_apply3(here->A, y, b + i);
        for (int c = 0; c < 3; c++) b[i + c] -= rve.X[i + c];
    }
    femd_place_atoms(&rve, there, b, z);
    FEMD_TRY(femd_still_find(&rate->strained, &rve, there, z, beat, err));
    if (rate->strained.negative == from->negative && !rate->strained.loose) return FEMD_OK;
    if (rate->strained.loose)
        return femd_fail(
            err, FEMD_NOT_CONVERGED,
            "forces of %.2g eV/angstrom are left at a point of the strained cell: its attempt frequency has "
            "no derivative by the strain",
            rate->strained.fmax);
    return femd_fail(err, FEMD_INSTABILITY,
                     "a point with %d negative eigenvalues has %d after a strain of %g: it is too near the end of its "
                     "branch for derivatives",
                     from->negative, rate->strained.negative, step);
}

femd_status femd_rate_strain(femd_rate *rate, const femd_native *native, const femd_beat *beat, double slope[6],
                             femd_error *err) {
    femd_rve rve = native->rve;
    femd_place there;
    for (int c = 0; c < 6; c++) {
        double value[2];
        for (int side = 0; side < 2; side++) {
            const double step = side ? STEP : -STEP;
            const int done = 4 * c + 2 * side;
            femd_beat_stretch part;
            double log;
            FEMD_TRY(rate_carry_on(rate, native, &rate->minimum, c, step, &there,
                                   femd_beat_within(beat, done / 24.0, (done + 1) / 24.0, &part), err));
            value[side] = femd_vineyard_log(&rate->strained);
            FEMD_TRY(rate_carry_on(rate, native, &rate->saddle, c, step, &there,
                                   femd_beat_within(beat, (done + 1) / 24.0, (done + 2) / 24.0, &part), err));
            FEMD_TRY(femd_vineyard_saddle_log(&rate->strained, rate->mass, &rve, &there, &log, err));
            value[side] -= log;
        }
        slope[c] = 0.5 * (value[1] - value[0]) / (2 * STEP);
    }
    return FEMD_OK;
}
