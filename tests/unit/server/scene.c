/* A run before and after the death of its server. */
#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void scene_open(scene *s) {
    rig_shelf_init(&s->shelf);
    const femd_core_config config = {.recall = &s->shelf.recall, .journal = 1, .epoch = 7};
    rig_init(&s->g, &config);
    s->client = rig_client(&s->g, "beam", 0, 1);
    s->worker = rig_worker(&s->g);
    rig_register(&s->g, s->client);
    rig_open(&s->g, s->worker, FEMD_OK);
    for (int step = 0; step < 8; step++)
        for (uint32_t p = 0; p < SCENE_POINTS; p++) {
            femd_response answer;
            s->request[step][p] = rig_request(p, 1e-3 * (step + 1) + 1e-2 * p, step ? &s->state[step - 1][p] : NULL);
            rig_answer_of(&s->request[step][p], &answer);
            s->state[step][p] = answer.state_out;
        }
}

void scene_close(scene *s) {
    rig_clear(&s->g);
    rig_shelf_clear(&s->shelf);
}

uint32_t scene_evaluate(scene *s, int step) {
    rig_result got[SCENE_POINTS];
    rig_evaluate(&s->g, s->client, 100 + (uint64_t)step, s->request[step], SCENE_POINTS);
    const uint32_t made = rig_work(&s->g, s->worker);
    assert_int_equal(rig_results(&s->g, s->client, got, SCENE_POINTS), SCENE_POINTS);
    for (int i = 0; i < SCENE_POINTS; i++) {
        assert_int_equal(got[i].response.status, FEMD_OK);
        assert_memory_equal(&got[i].response.state_out, &s->state[step][got[i].index], sizeof(femd_hash));
    }
    return made;
}

void scene_commit(scene *s, int step) {
    rig_commit(&s->g, s->client, 500 + (uint64_t)step, (uint32_t)step + 1, s->state[step], SCENE_POINTS);
    rig_give_states(&s->g, s->worker, s->request[step], SCENE_POINTS);
}

int scene_is_committed(scene *s) {
    femd_frame f;
    return rig_take(&s->g, s->client, FEMD_MSG_COMMITTED, &f);
}

void scene_run_steps(scene *s, int from, int to) {
    for (int step = from; step < to; step++) {
        scene_evaluate(s, step);
        scene_commit(s, step);
        assert_true(scene_is_committed(s));
    }
}

void scene_come_back(scene *s, int with_material) {
    s->client = rig_client(&s->g, "beam", 0, 1);
    s->worker = rig_worker(&s->g);
    if (with_material) rig_register(&s->g, s->client);
    rig_open(&s->g, s->worker, FEMD_OK);
}
