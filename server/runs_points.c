/* Runs: the committed states of the points of a rank. A COMMIT changes those that it names; two generations of each
 * stay.
 */
#include "runs_private.h"

/* A record, and its place in a table that is at least a quarter full. */
uint64_t runs_points_bytes(uint32_t count) {
    return (uint64_t)count * (sizeof(run_point) + 4 * sizeof(femd_table_place));
}

uint32_t runs_point(femd_runs *runs, run_rank *rank, uint64_t point) {
    uint32_t number = femd_table_find64(&rank->points, point);
    if (number) return number;
    number = femd_slab_take(&runs->points);
    if (!number) return FEMD_NIL;
    if (!femd_table_put64(&rank->points, point, number)) {
        femd_slab_give(&runs->points, number);
        return FEMD_NIL;
    }
    run_point *record = runs_point_at(runs, number);
    record->point = point;
    record->next = rank->first_point;
    rank->first_point = number;
    rank->npoints++;
    femd_limits_add(&runs->common->limits, BYTES_BOOKS, runs_points_bytes(1));
    return number;
}

static void runs_point_release(femd_runs *runs, uint32_t state) {
    if (!state) return;
    states_uncommit(runs->states, state);
    states_unref(runs->states, state);
}

void runs_point_commit(femd_runs *runs, uint32_t point, uint32_t state, uint32_t step) {
    run_point *record = runs_point_at(runs, point);
    runs_point_release(runs, record->state[GENERATIONS - 1]);
    for (int i = GENERATIONS - 1; i > 0; i--) {
        record->state[i] = record->state[i - 1];
        record->step[i] = record->step[i - 1];
    }
    record->state[0] = state;
    record->step[0] = step;
    if (state) states_commit(runs->states, state);
}

void runs_points_rewind(femd_runs *runs, run_rank *rank, uint32_t step) {
    rank->has_last = 0; /* the same COMMIT again is a new one */
    for (uint32_t point = rank->first_point; point; point = runs_point_at(runs, point)->next) {
        run_point *record = runs_point_at(runs, point);
        for (int drops = 0; drops < GENERATIONS && record->step[0] > step; drops++) {
            runs_point_release(runs, record->state[0]);
            for (int i = 1; i < GENERATIONS; i++) {
                record->state[i - 1] = record->state[i];
                record->step[i - 1] = record->step[i];
            }
            record->state[GENERATIONS - 1] = FEMD_NIL;
            record->step[GENERATIONS - 1] = 0;
        }
    }
}

void runs_points_clear(femd_runs *runs, run_rank *rank) {
    for (uint32_t point = rank->first_point, next; point; point = next) {
        run_point *record = runs_point_at(runs, point);
        next = record->next;
        for (int i = 0; i < GENERATIONS; i++) runs_point_release(runs, record->state[i]);
        femd_slab_give(&runs->points, point);
    }
    femd_limits_sub(&runs->common->limits, BYTES_BOOKS, runs_points_bytes(rank->npoints));
    femd_table_clear(&rank->points);
    rank->first_point = FEMD_NIL;
    rank->npoints = 0;
}

void runs_points_count(const femd_runs *runs, const run_rank *rank, uint32_t *states) {
    for (uint32_t point = rank->first_point; point; point = runs_point_at(runs, point)->next)
        for (int i = 0; i < GENERATIONS; i++)
            if (runs_point_at(runs, point)->state[i]) states[runs_point_at(runs, point)->state[i]]++;
}
