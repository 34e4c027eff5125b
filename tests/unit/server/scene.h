/* A scene for tests of what outlives a server: one client, one worker, a run of a few points and eight steps, a store
 * and a journal in memory. */
#ifndef FEMD_TEST_SCENE_H
#define FEMD_TEST_SCENE_H

#include "rig.h"

enum { SCENE_POINTS = 3 };

typedef struct scene {
    rig g;
    rig_shelf shelf;
    uint64_t client, worker;
    femd_request request[8][SCENE_POINTS]; /* by step */
    femd_hash state[8][SCENE_POINTS];      /* that they end in */
} scene;

void scene_open(scene *s);
void scene_close(scene *s);
/* Returns how many evaluations it took. */
uint32_t scene_evaluate(scene *s, int step);
void scene_commit(scene *s, int step);
int scene_is_committed(scene *s);
void scene_run_steps(scene *s, int from, int to);
/* Client and worker come back after a restart, as they do. */
void scene_come_back(scene *s, int with_material);

#endif
