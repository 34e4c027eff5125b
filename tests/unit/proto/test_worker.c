/* femd-worker, the program, against a server that this test plays. */
#include <math.h>
#include <unistd.h>

#include "femd/hash.h"
#include "worker_rig.h"

#define ELASTIC  "{\"engine\":\"elastic\",\"young\":\"100 GPa\",\"poisson\":0.25}"
#define SLOW(us) "{\"engine\":\"elastic\",\"young\":\"100 GPa\",\"poisson\":0.25,\"cost_us\":" #us "}"
#define ARGON                                                                                                          \
    "{\"engine\":\"native\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"5.3 "                                           \
    "angstrom\",\"species\":[\"Ar\"],\"repeat\":[2,2,2],\"vacancies\":"                                                \
    "{\"count\":1}},\"potential\":{\"style\":\"lj\",\"epsilon\":\"0.0104 eV\",\"sigma\":\"3.4 "                        \
    "angstrom\",\"cutoff\":\"6 angstrom\"}}"

/* ---- tests ---- */

/* Each task is announced before it is answered, the first alone, and answered once. */
static void many_cheap_tasks_are_announced_then_answered(void **state) {
    rig *g = *state;
    enum { N = 3000 };
    static char started[N], answered[N];
    memset(started, 0, sizeof started);
    memset(answered, 0, sizeof answered);
    rig_start_worker(g, "x86-64-v2");
    femd_ready ready = rig_give_material(g, ELASTIC);
    assert_int_equal(ready.status, FEMD_OK);
    assert_true(ready.caps.wants & FEMD_WANT_TANGENT);
    rig_give_tasks(g, &ready.material, 0, N, 0, NULL, 0, NULL);
    int done = 0, frames = 0, first = 1;
    while (done < N) {
        femd_frame f;
        femd_reader rd;
        femd_answer a;
        uint64_t id;
        assert_true(rig_next_frame(g, 10, &f));
        frames++;
        femd_reader_open(&f, &rd);
        if (f.type == FEMD_MSG_STARTED) {
            if (first) assert_int_equal(f.count, 1);
            first = 0;
            while (femd_u64_next(&rd, &id, NULL) == 1) started[id] = 1;
            continue;
        }
        assert_int_equal(f.type, FEMD_MSG_ANSWER);
        while (femd_answer_next(&rd, &a, NULL) == 1) {
            femd_response r;
            assert_true(started[a.task] && !answered[a.task]);
            answered[a.task] = 1;
            done++;
            assert_int_equal(femd_response_decode(a.response.data, a.response.size, &r, NULL), FEMD_OK);
            assert_int_equal(r.status, FEMD_OK);
            double e = 1e-6 * (double)(a.task + 1), S11 = 120e9 * e; /* (lambda + 2 mu) of 100 GPa, 0.25 */
            assert_true(fabs(r.S[0] - S11) < 1e-9 * S11);
            assert_true(r.work.worker == 5 && r.work.fingerprint != 0);
        }
    }
    assert_true(frames < N / 10);
}

static void a_bad_material_gives_words_and_the_worker_lives(void **state) {
    rig *g = *state;
    rig_start_worker(g, "x86-64-v2");
    femd_ready r = rig_give_material(g, "{\"engine\":\"elastic\",\"young\":\"100 apples\",\"poisson\":0.25}");
    assert_int_equal(r.status, FEMD_BAD_INPUT);
    assert_non_null(strstr(r.text, "apples"));
    r = rig_give_material(g, "not JSON");
    assert_int_not_equal(r.status, FEMD_OK);
    r = rig_give_material(g, ELASTIC);
    assert_int_equal(r.status, FEMD_OK);
    femd_hash unknown = {{1}};
    rig_give_tasks(g, &unknown, 1, 1, 0, NULL, 0, NULL);
    assert_int_equal(rig_answer_to(g, 1, NULL, 5).status, FEMD_MATERIAL_LOST);
}

static void a_material_goes_when_nobody_needs_it(void **state) {
    rig *g = *state;
    rig_start_worker(g, "x86-64-v2");
    femd_ready r = rig_give_material(g, ELASTIC);
    assert_int_equal(femd_frame_begin(&g->out, FEMD_MSG_DROP, 0, NULL), FEMD_OK);
    assert_int_equal(femd_hash_add(&g->out, &r.material, NULL), FEMD_OK);
    femd_frame_finish(&g->out, 1);
    rig_post(g);
    rig_give_tasks(g, &r.material, 1, 1, 0, NULL, 0, NULL);
    assert_int_equal(rig_answer_to(g, 1, NULL, 5).status, FEMD_MATERIAL_LOST);
    rig_give_material(g, ELASTIC);
    rig_give_tasks(g, &r.material, 2, 1, 0, NULL, 0, NULL);
    assert_int_equal(rig_answer_to(g, 2, NULL, 5).status, FEMD_OK);
}

static void a_malformed_task_is_complained_of(void **state) {
    rig *g = *state;
    rig_start_worker(g, "x86-64-v2");
    femd_ready r = rig_give_material(g, ELASTIC);
    femd_task t = {.id = 1, .request = rig_strain(NAN)};
    assert_int_equal(femd_task_begin(&g->out, &r.material, NULL, 0, NULL), FEMD_OK);
    assert_int_equal(femd_task_add(&g->out, &t, NULL), FEMD_OK);
    femd_frame_finish(&g->out, 1);
    rig_post(g);
    femd_frame f = rig_expect(g, FEMD_MSG_ERROR, 5);
    femd_error words;
    assert_int_equal(femd_error_decode(&f, &words, NULL), FEMD_OK);
    assert_int_equal(words.code, FEMD_PROTOCOL);
    rig_give_tasks(g, &r.material, 2, 1, 0, NULL, 0, NULL);
    assert_int_equal(rig_answer_to(g, 2, NULL, 5).status, FEMD_OK);
}

static void a_slow_task_beats_and_a_deadline_ends_it(void **state) {
    rig *g = *state;
    int beats = 0;
    rig_start_worker(g, "x86-64-v2");
    femd_ready r = rig_give_material(g, SLOW(1300000));
    rig_give_tasks(g, &r.material, 1, 1, 0, NULL, 0, NULL);
    assert_int_equal(rig_answer_to(g, 1, &beats, 10).status, FEMD_OK);
    assert_int_equal(beats, 2);
    double t = rig_clock();
    rig_give_tasks(g, &r.material, 2, 1, 0.2, NULL, 0, NULL);
    assert_int_equal(rig_answer_to(g, 2, NULL, 10).status, FEMD_DEADLINE);
    assert_true(rig_clock() - t < 1.2);
}

/* A costly material's tasks are named one by one, so that a death blames one. */
static void costly_tasks_are_announced_alone(void **state) {
    rig *g = *state;
    rig_start_worker(g, "x86-64-v2");
    femd_ready r = rig_give_material(g, SLOW(3000));
    rig_give_tasks(g, &r.material, 0, 20, 0, NULL, 0, NULL);
    for (uint64_t done = 0, named = 0; done < 20;) {
        femd_frame f;
        assert_true(rig_next_frame(g, 5, &f));
        if (f.type == FEMD_MSG_STARTED) {
            assert_int_equal(f.count, 1);
            assert_true(named++ == done); /* earlier answers are out */
        } else if (f.type == FEMD_MSG_ANSWER) {
            done += f.count;
        }
    }
}

static femd_bytes get_state(rig *g, const femd_hash *h) {
    femd_reader rd;
    femd_state_entry s;
    assert_int_equal(femd_frame_begin(&g->out, FEMD_MSG_STATE_GET, 77, NULL), FEMD_OK);
    assert_int_equal(femd_hash_add(&g->out, h, NULL), FEMD_OK);
    femd_frame_finish(&g->out, 1);
    rig_post(g);
    femd_frame f = rig_expect(g, FEMD_MSG_STATE, 5);
    assert_true(f.id == 77);
    femd_reader_open(&f, &rd);
    assert_int_equal(femd_state_next(&rd, &s, NULL), 1);
    assert_true(femd_hash_equal(&s.hash, h));
    return s.blob;
}

/* A state is kept, given on request, lost after DROP, and accepted back: same answer to the bit. */
static void states_are_kept_given_dropped_and_taken_back(void **state) {
    rig *g = *state;
    rig_start_worker(g, "x86-64-v2");
    femd_ready ready = rig_give_material(g, ARGON);
    if (ready.status != FEMD_OK) fail_msg("%s", ready.text);
    rig_give_tasks(g, &ready.material, 1, 1, 0, NULL, 0, NULL);
    femd_response first = rig_answer_to(g, 1, NULL, 20);
    assert_int_equal(first.status, FEMD_OK);
    assert_false(femd_hash_is_zero(&first.state_out));
    rig_give_tasks(g, &ready.material, 2, 1, 0, NULL, 0, &first.state_out);
    femd_response next = rig_answer_to(g, 2, NULL, 20);
    assert_int_equal(next.status, FEMD_OK);

    femd_bytes blob = get_state(g, &first.state_out);
    assert_true(blob.size > 0);
    femd_buffer copy = FEMD_BUFFER_INIT;
    assert_int_equal(femd_buffer_append(&copy, blob.data, blob.size, NULL), FEMD_OK);
    femd_hash h;
    femd_hash_domain("state", copy.data, copy.size, &h);
    assert_true(femd_hash_equal(&h, &first.state_out));

    assert_int_equal(femd_frame_begin(&g->out, FEMD_MSG_DROP, 0, NULL), FEMD_OK);
    assert_int_equal(femd_hash_add(&g->out, &h, NULL), FEMD_OK);
    femd_frame_finish(&g->out, 1);
    rig_post(g);
    assert_int_equal(get_state(g, &h).size, 0);
    rig_give_tasks(g, &ready.material, 3, 1, 0, NULL, 0, &h);
    assert_int_equal(rig_answer_to(g, 3, NULL, 5).status, FEMD_STATE_LOST);

    femd_state_entry entry = {h, {copy.data, copy.size}};
    rig_give_tasks(g, &ready.material, 4, 1, 0, &entry, 1, &h);
    femd_response again = rig_answer_to(g, 4, NULL, 20);
    assert_memory_equal(again.D, next.D, sizeof next.D);
    assert_memory_equal(again.S, next.S, sizeof next.S);
    assert_true(femd_hash_equal(&again.state_out, &next.state_out));

    copy.data[copy.size - 1] ^= 1;
    rig_give_tasks(g, &ready.material, 5, 1, 0, &entry, 1, &h);
    femd_frame f = rig_expect(g, FEMD_MSG_ERROR, 5);
    assert_true(f.count == 1);
    femd_buffer_clear(&copy);
}

/* SIGTERM in the middle of an evaluation: BYE, and exit code 0 at once. */
static void a_signal_ends_the_worker_in_good_order(void **state) {
    rig *g = *state;
    rig_start_worker(g, "x86-64-v2");
    femd_ready r = rig_give_material(g, SLOW(20000000));
    rig_give_tasks(g, &r.material, 1, 1, 0, NULL, 0, NULL);
    rig_expect(g, FEMD_MSG_STARTED, 5);
    kill(g->pid, SIGTERM);
    femd_frame f;
    do assert_true(rig_next_frame(g, 3, &f));
    while (f.type == FEMD_MSG_BEAT);
    assert_int_equal(f.type, FEMD_MSG_BYE);
    assert_int_equal(rig_exit_code_within(g, 3), 0);
}

static void a_lost_server_ends_the_worker_with_code_4(void **state) {
    rig *g = *state;
    rig_start_worker(g, "x86-64-v2");
    femd_ready r = rig_give_material(g, SLOW(60000000));
    rig_give_tasks(g, &r.material, 1, 1, 0, NULL, 0, NULL);
    rig_expect(g, FEMD_MSG_STARTED, 5);
    zmq_close(g->router);
    g->router = NULL;
    assert_int_equal(rig_exit_code_within(g, 10), 4);
    rig_stderr_has(g, "the server at tcp://127.0.0.1:");
    rig_stderr_has(g, "is gone");
}

static void a_bye_ends_the_worker_with_code_0(void **state) {
    rig *g = *state;
    rig_start_worker(g, "x86-64-v2");
    rig_give_material(g, ELASTIC);
    assert_int_equal(femd_frame_begin(&g->out, FEMD_MSG_BYE, 0, NULL), FEMD_OK);
    femd_frame_finish(&g->out, 0);
    rig_post(g);
    assert_int_equal(rig_exit_code_within(g, 5), 0);
}

static void another_level_is_refused_with_code_2(void **state) {
    rig *g = *state;
    rig_start_worker(g, "x86-64-v3");
    assert_int_equal(rig_exit_code_within(g, 5), 2);
    rig_stderr_has(g, "--level x86-64-v3");
}

/* After another registration the tasks of the old one are not answered: their numbers may mean others now. */
static void a_new_registration_forgets_the_old_tasks(void **state) {
    rig *g = *state;
    rig_start_worker(g, "x86-64-v2");
    femd_ready r = rig_give_material(g, SLOW(300000));
    rig_give_tasks(g, &r.material, 1, 3, 0, NULL, 0, NULL);
    rig_expect(g, FEMD_MSG_STARTED, 5);
    assert_int_equal(femd_frame_begin(&g->out, FEMD_MSG_REREGISTER, 0, NULL), FEMD_OK);
    femd_frame_finish(&g->out, 0);
    rig_post(g);
    femd_frame f;
    do assert_true(rig_next_frame(g, 5, &f)); /* answers that were on their way to the old registration */
    while (f.type != FEMD_MSG_HELLO);
    femd_welcome w = {
        .peer = 6, .credits = 2, .frame_max = FEMD_FRAME_MAX, .batch_max = FEMD_BATCH_MAX, .level = "x86-64-v2"};
    assert_int_equal(femd_welcome_encode(&g->out, &w, NULL), FEMD_OK);
    rig_post(g);
    f = rig_expect(g, FEMD_MSG_MATERIAL_READY, 5); /* materials are kept, and named */
    femd_ready held;
    assert_int_equal(femd_ready_decode(&f, &held, NULL), FEMD_OK);
    assert_true(femd_hash_equal(&held.material, &r.material) && held.status == FEMD_OK);
    assert_memory_equal(&held.caps, &r.caps, sizeof r.caps);
    assert_false(rig_next_frame(g, 1, &f));
    rig_give_tasks(g, &r.material, 9, 1, 0, NULL, 0, NULL);
    assert_true(rig_answer_to(g, 9, NULL, 5).work.worker == 6);
}

static int run_with(rig *g, const char *a, const char *b) {
    const char *args[] = {"femd-worker", a, b, NULL};
    rig_spawn(g, args);
    int rc = rig_exit_code_within(g, 5);
    return rc;
}

static void bad_use_is_said(void **state) {
    rig *g = *state;
    assert_int_equal(run_with(g, NULL, NULL), 2);
    rig_stderr_has(g, "--connect");
    unlink(g->stderr_name);
    assert_int_equal(run_with(g, "--help", NULL), 0);
    rig_stderr_has(g, "--memory");
    unlink(g->stderr_name);
    assert_int_equal(run_with(g, "--connect", "nowhere"), 2);
    unlink(g->stderr_name);
    assert_int_equal(run_with(g, "--memory", "x"), 2);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(many_cheap_tasks_are_announced_then_answered),
        TEST(a_bad_material_gives_words_and_the_worker_lives),
        TEST(a_malformed_task_is_complained_of),
        TEST(a_material_goes_when_nobody_needs_it),
        TEST(a_slow_task_beats_and_a_deadline_ends_it),
        TEST(costly_tasks_are_announced_alone),
        TEST(states_are_kept_given_dropped_and_taken_back),
        TEST(a_signal_ends_the_worker_in_good_order),
        TEST(a_lost_server_ends_the_worker_with_code_4),
        TEST(a_bye_ends_the_worker_with_code_0),
        TEST(another_level_is_refused_with_code_2),
        TEST(a_new_registration_forgets_the_old_tasks),
        TEST(bad_use_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
