/* Messages of libfemd that are lost, and a server that is mute, forgets or counts less: they are sent again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "batch_answers.h"
#include "femd/clock.h"

static void lose_first_evaluate(fake_server *s, const femd_frame *f) {
    if (f->type == FEMD_MSG_EVALUATE && s->seen[FEMD_MSG_EVALUATE] > 1) fake_answer(s, f);
}

static void lost_message_is_sent_again_after_silence(void **state) {
    (void)state;
    fake_server s = {.handle = lose_first_evaluate};
    asker a;
    asker_open(&a, &s);
    const double begun = femd_clock();
    asker_submits(&a);
    asker_collects(&a, 1);
    assert_true(femd_clock() - begun < 6);
    asker_close(&a, &s);
    assert_int_equal(s.seen[FEMD_MSG_EVALUATE], 2);
}

/* A server that is connected and says nothing is given up, whatever the client waits for. */
static void a_mute_server_is_given_up(void **state) {
    (void)state;
    for (int call = 0; call < 2; call++) {
        fake_server s = {.mute = 1};
        asker a;
        asker_open(&a, &s);
        const double begun = femd_clock();
        if (call) {
            assert_int_equal(femd_client_abort(a.client, &a.err), FEMD_DISCONNECTED);
        } else {
            asker_submits(&a);
            assert_int_equal(femd_client_collect(a.client, &a.batch, a.response, &a.err), FEMD_DISCONNECTED);
        }
        assert_true(femd_clock() - begun > 0.9 && femd_clock() - begun < 4);
        assert_non_null(strstr(a.err.text, "has said nothing for"));
        asker_close(&a, &s);
    }
}

/* A solver that computes for longer than that between two looks has no reason to blame the server. */
static void a_client_that_slept_does_not_blame_the_server(void **state) {
    (void)state;
    fake_server s = {.handle = lose_first_evaluate, .mute = 4};
    asker a;
    asker_open(&a, &s);
    asker_submits(&a);
    const struct timespec sleep = {5, 0};
    nanosleep(&sleep, NULL);
    asker_collects(&a, 1);
    asker_close(&a, &s);
}

static void pulse(fake_server *s, uint64_t queued) {
    const femd_pulse p = {.workers = 2, .busy = 0, .queued = queued};
    if (!s->route_size || femd_pulse_encode(&s->out, &p, NULL) != FEMD_OK) return;
    fake_send(s);
}

static void pulse_of_nothing(fake_server *s) {
    if (s->seen[FEMD_MSG_EVALUATE]) pulse(s, 0);
}

static void points_that_the_server_does_not_count_are_sent_again(void **state) {
    (void)state;
    fake_server s = {.handle = lose_first_evaluate, .idle = pulse_of_nothing};
    asker a;
    asker_open(&a, &s);
    asker_submits(&a);
    asker_collects(&a, 1);
    asker_close(&a, &s);
    assert_int_equal(s.seen[FEMD_MSG_EVALUATE], 2);
}

/* The server forgets: the first EVALUATE is answered by REREGISTER, as by one that was restarted. */
typedef struct forgetful {
    uint64_t first_id, second_id;
    unsigned materials;
} forgetful;

static void forget_once(fake_server *s, const femd_frame *f) {
    forgetful *t = s->test;
    if (f->type == FEMD_MSG_MATERIAL) {
        femd_ready ready = {.status = FEMD_OK};
        femd_pack_id(f->body.data, f->body.size, &ready.material);
        t->materials++;
        if (femd_ready_encode(&s->out, f->id, &ready, NULL) == FEMD_OK) fake_send(s);
    }
    if (f->type != FEMD_MSG_EVALUATE) return;
    if (!t->first_id) {
        t->first_id = f->id;
        fake_send_bare(s, FEMD_MSG_REREGISTER, 0);
        return;
    }
    t->second_id = f->id;
    fake_answer(s, f);
}

static void forgotten_client_gives_everything_again_under_the_same_ids(void **state) {
    (void)state;
    forgetful t = {0};
    fake_server s = {.handle = forget_once, .test = &t};
    asker a;
    femd_hash id;
    femd_capabilities caps;
    asker_open(&a, &s);
    assert_int_equal(femd_client_pack(a.client, "a pack", 6, &id, &caps, &a.err), FEMD_OK);
    const double begun = femd_clock();
    assert_int_equal(femd_client_submit(a.client, &id, a.request, 3, &a.batch, &a.err), FEMD_OK);
    assert_int_equal(femd_client_collect(a.client, &a.batch, a.response, &a.err), FEMD_OK);
    assert_true(femd_clock() - begun < 2); /* not by the silence rule */
    fake_check(a.response, 3, 1);
    asker_close(&a, &s);
    assert_int_equal(s.hellos, 2);
    assert_int_equal(t.materials, 2);
    assert_true(t.first_id == t.second_id);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lost_message_is_sent_again_after_silence),
        cmocka_unit_test(a_mute_server_is_given_up),
        cmocka_unit_test(a_client_that_slept_does_not_blame_the_server),
        cmocka_unit_test(points_that_the_server_does_not_count_are_sent_again),
        cmocka_unit_test(forgotten_client_gives_everything_again_under_the_same_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
