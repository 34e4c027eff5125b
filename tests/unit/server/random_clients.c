/* Clients that step, iterate, commit, abort, ask again, leave and come back, and check what they are answered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "random_pool.h"

static void client_says_hello(int i) {
    solver *s = &pool.client[i];
    femd_hello h = {.role = FEMD_ROLE_CLIENT, .host = "here", .version = "t", .pid = (uint32_t)(1000 + i)};
    s->run = i < 2 ? 0 : i; /* the first two are ranks of one run */
    s->ranks = i < 2 ? 2 : 1;
    s->rank = i < 2 ? i : 0;
    snprintf(h.run, sizeof h.run, "run%d", s->run);
    h.rank = (uint32_t)s->rank;
    h.ranks = (uint32_t)s->ranks;
    s->route = 1 + (uint64_t)i;
    empty_inbox(s->route);
    assert_int_equal(femd_hello_encode(&pool.g.scratch, &h, NULL), FEMD_OK);
    deliver_hello(s->route, &pool.g.scratch);
    assert_int_equal(femd_frame_begin(&pool.g.scratch, FEMD_MSG_MATERIAL, 5, NULL), FEMD_OK);
    assert_int_equal(femd_buffer_append(&pool.g.scratch, pool.g.pack.data, pool.g.pack.size, NULL), FEMD_OK);
    femd_frame_finish(&pool.g.scratch, 1);
    deliver(s->route, &pool.g.scratch);
}

void client_comes(int i) {
    solver *s = &pool.client[i];
    s->has_tentative = s->committing = s->busy = s->lost = 0;
    s->left = 0;
    memset(s->committed, 0, sizeof s->committed);
    client_says_hello(i);
}

void client_leaves(int i, int bye) {
    solver *s = &pool.client[i];
    if (!s->route) return;
    while (bye && pool.way[s->route].count) way_arrives(s->route);
    way_ends(s->route);
    if (bye) {
        assert_int_equal(femd_frame_begin(&pool.g.scratch, FEMD_MSG_BYE, 0, NULL), FEMD_OK);
        femd_frame_finish(&pool.g.scratch, 0);
        arrive(s->route, &pool.g.scratch);
    } else {
        femd_core_vanish(pool.g.core, s->route, pool.g.now);
        rig_collect(&pool.g);
    }
    s->route = 0;
}

static void send_batch(solver *s) {
    assert_int_equal(femd_evaluate_begin(&pool.g.scratch, s->batch, &pool.g.material, NULL), FEMD_OK);
    for (int p = 0; p < pool.points; p++)
        assert_int_equal(femd_evaluate_add(&pool.g.scratch, &s->request[p], NULL), FEMD_OK);
    femd_frame_finish(&pool.g.scratch, (uint32_t)pool.points);
    deliver(s->route, &pool.g.scratch);
}

void client_evaluates(int i) {
    solver *s = &pool.client[i];
    if (!s->route || s->busy || s->committing || (s->has_tentative && draw(4))) return;
    s->batch++;
    pool.strain += 1e-3;
    for (int p = 0; p < pool.points; p++) {
        s->request[p] = rig_request((uint64_t)p, draw(3) ? pool.strain + p : draw(40), &s->committed[p]);
        if (draw(4) == 0) s->request[p].flags = FEMD_REQUEST_PRIVATE;
    }
    memset(s->answered, 0, sizeof s->answered);
    s->left = (uint32_t)pool.points;
    s->busy = 1;
    s->has_tentative = 0;
    send_batch(s);
}

/* After a time-out the client sends the batch again; what was on its way is void. */
void client_repeats(int i) {
    solver *s = &pool.client[i];
    const int parts = pool.parts;
    if (!s->route || !s->busy) return;
    while (pool.way[s->route].count) way_arrives(s->route);
    empty_inbox(s->route);
    memset(s->answered, 0, sizeof s->answered);
    s->left = (uint32_t)pool.points;
    s->has_tentative = 0;
    pool.parts = 0; /* no results of the batch come before it is there again */
    send_batch(s);
    pool.parts = parts;
}

void client_cancels(int i) {
    solver *s = &pool.client[i];
    if (!s->route || !s->busy) return;
    assert_int_equal(femd_frame_begin(&pool.g.scratch, FEMD_MSG_CANCEL, s->batch, NULL), FEMD_OK);
    femd_frame_finish(&pool.g.scratch, 0);
    deliver(s->route, &pool.g.scratch);
    s->busy = 0;
    s->left = 0;
}

static void send_commit(const solver *s) {
    assert_int_equal(femd_commit_begin(&pool.g.scratch, s->transaction, 1, NULL), FEMD_OK);
    for (int p = 0; p < pool.points; p++)
        assert_int_equal(femd_commit_add(&pool.g.scratch, &(femd_commit_entry){(uint64_t)p, s->tentative[p]}, NULL),
                         FEMD_OK);
    femd_frame_finish(&pool.g.scratch, (uint32_t)pool.points);
    deliver(s->route, &pool.g.scratch);
}

void client_commits(int i) {
    solver *s = &pool.client[i];
    if (!s->route || !s->has_tentative || s->committing) return;
    s->committing = 1;
    s->transaction++;
    send_commit(s);
}

/* The server is another one: what is open is sent again. */
void client_returns(int i) {
    solver *s = &pool.client[i];
    if (!s->route) return;
    client_says_hello(i);
    if (s->busy) {
        memset(s->answered, 0, sizeof s->answered);
        s->left = (uint32_t)pool.points;
        s->lost = 0;
        send_batch(s);
    }
    if (s->committing) send_commit(s);
}

void client_aborts(int i) {
    solver *s = &pool.client[i];
    if (!s->route || s->busy || s->committing || draw(3)) return;
    s->has_tentative = 0;
    assert_int_equal(femd_frame_begin(&pool.g.scratch, FEMD_MSG_ABORT, ++s->transaction, NULL), FEMD_OK);
    femd_frame_finish(&pool.g.scratch, 0);
    deliver(s->route, &pool.g.scratch);
}

static void take_result(solver *s, const femd_frame *f) {
    femd_reader rd;
    femd_result r;
    femd_response got, want;
    femd_reader_open(f, &rd);
    while (femd_result_next(&rd, &r, NULL) == 1) {
        if (!s->busy || f->id != s->batch) continue; /* of a cancelled one */
        assert_true(r.index < (uint32_t)pool.points);
        if (s->answered[r.index]++)
            fail_msg("point %u of batch %llu is answered twice", r.index, (unsigned long long)f->id);
        s->left--;
        assert_int_equal(femd_response_decode(r.response.data, r.response.size, &got, NULL), FEMD_OK);
        if (got.status == FEMD_OK) {
            rig_answer_of(&s->request[r.index], &want);
            if (pool.share > 0 && memcmp(got.S, want.S, sizeof want.S) != 0)
                pool.believed++;
            else
                assert_memory_equal(got.S, want.S, sizeof want.S);
            s->tentative[r.index] = got.state_out;
        } else if (pool.share > 0 && got.status == FEMD_CONFLICT) {
            s->lost = 1;
        } else {
            assert_true(got.status == FEMD_ENGINE_DIED || got.status == FEMD_STATE_LOST || got.status == FEMD_POISON);
            s->lost = 1;
        }
    }
    if (s->busy && s->left == 0) {
        s->busy = 0;
        s->has_tentative = !s->lost;
        s->lost = 0;
    }
}

void client_reads(int i) {
    solver *s = &pool.client[i];
    femd_frame f;
    if (!s->route) return;
    while (rig_take(&pool.g, s->route, FEMD_MSG_RESULT, &f)) take_result(s, &f);
    while (rig_take(&pool.g, s->route, FEMD_MSG_COMMITTED, &f)) {
        assert_true(s->committing && f.id == s->transaction);
        memcpy(s->committed, s->tentative, sizeof s->committed);
        s->committing = s->has_tentative = 0;
        pool.finished_commits++;
    }
    if (rig_take(&pool.g, s->route, FEMD_MSG_ERROR, &f)) {
        femd_error e = FEMD_ERROR_INIT;
        assert_int_equal(femd_error_decode(&f, &e, NULL), FEMD_OK);
        /* a state that has to be made again may meet workers that fail, as a point may */
        if (e.code != FEMD_STATE_LOST && e.code != FEMD_ENGINE_DIED && e.code != FEMD_REFUSED &&
            e.code != FEMD_DISCONNECTED && !(pool.share > 0 && e.code == FEMD_CONFLICT))
            fail_msg("%s", e.text);
        client_leaves(i, 1); /* that run is over */
        return;
    }
    empty_inbox(s->route);
}
