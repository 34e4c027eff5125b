/* Commits for hosts that do not say when they accept an increment: see femd_client_sweep in femd/arrays.h.
 *
 * A commit makes the server forget what else was tentative, so it may come only when every point has named what it
 * stands on: all those of the increment before. That is known when a point comes for the second time, and no sooner:
 * the states of an increment that takes a single sweep are tentative themselves until the next one names them. */
#include <stdlib.h>

#include "femd/arrays.h"
#include "session.h"

static void sweep_begin(client_sweep *s, uint64_t increment) {
    if (s->round && s->increment == increment) return;
    s->round++;
    s->increment = increment;
    s->before = s->named;
    s->named = s->again = 0;
    s->committed = 0;
}

static femd_status sweep_other_state(const client_sweep *s, uint64_t point, femd_error *err) {
    return femd_fail(err, FEMD_BAD_ARGUMENT,
                     "point %llu begins increment %llu with another state than before in the same increment: its "
                     "number must change when the host goes on",
                     (unsigned long long)point, (unsigned long long)s->increment);
}

/* 1 if one of the points was named in this increment already. */
static femd_status sweep_is_second(const client_sweep *s, const uint64_t *points, const femd_hash *states, size_t n,
                                   int *second, femd_error *err) {
    *second = 0;
    for (size_t i = 0; i < n; i++) {
        const pointmap_entry *e = pointmap_find(&s->map, points[i]);
        if (!e || e->round != s->round) continue;
        *second = 1;
        if (!femd_hash_equal(&e->state, &states[i])) return sweep_other_state(s, points[i], err);
    }
    return FEMD_OK;
}

static femd_status sweep_commit(femd_client *c, femd_error *err) {
    client_sweep *s = &c->sweep;
    uint64_t *points = malloc((s->named + 1) * sizeof *points);
    femd_hash *states = malloc((s->named + 1) * sizeof *states);
    size_t n = 0;
    int any = c->ranks > 1; /* the others wait for this one, virgin or not */
    for (size_t k = 0; points && states && k < s->map.room; k++) {
        const pointmap_entry *e = &s->map.at[k];
        if (e->round != s->round) continue;
        points[n] = e->point;
        states[n++] = e->state;
        any |= !femd_hash_is_zero(&e->state);
    }
    femd_status rc = points && states ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory to commit %zu points", n);
    if (rc == FEMD_OK && any) rc = femd_client_commit(c, c->committed_step + 1, points, states, n, err);
    free(points);
    free(states);
    return rc;
}

static femd_status sweep_name(client_sweep *s, uint64_t point, const femd_hash *state, femd_error *err) {
    pointmap_entry *e = pointmap_place(&s->map, point);
    if (!e) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the states of %zu points", s->map.n);
    if (e->round == s->round) /* twice in one call */
        return femd_hash_equal(&e->state, state) ? FEMD_OK : sweep_other_state(s, point, err);
    s->named++;
    s->again += e->round && e->round == s->round - 1;
    e->round = s->round;
    e->state = *state;
    return FEMD_OK;
}

femd_status femd_client_sweep(femd_client *c, uint64_t increment, const uint64_t *points, const femd_hash *states,
                              size_t n, femd_error *err) {
    int second;
    if (!c || (n && (!points || !states))) return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_client_sweep: NULL argument");
    client_sweep *s = &c->sweep;
    sweep_begin(s, increment);
    if (c->ranks > 1 && s->round > 1 && !s->before) /* the others would wait for its commit for ever */
        return femd_fail(err, FEMD_BAD_ARGUMENT,
                         "this rank has named no point in the increment before: of %u ranks that commit by sweeps each "
                         "has points, or each is a run of its own",
                         c->ranks);
    FEMD_TRY(sweep_is_second(s, points, states, n, &second, err));
    /* of the first increment nobody knows yet which points there are; what it begins with is virgin, or was loaded and
     * is kept until the first commit */
    if (second && !s->committed && s->before && s->again == s->before) {
        FEMD_TRY(sweep_commit(c, err));
        s->committed = 1;
    }
    for (size_t i = 0; i < n; i++) FEMD_TRY(sweep_name(s, points[i], &states[i], err));
    return FEMD_OK;
}
