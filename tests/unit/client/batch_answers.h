/* A server that answers every batch, the material that its clients ask, and such a client. Needs cmocka.h. */
#ifndef FEMD_TEST_BATCH_ANSWERS_H
#define FEMD_TEST_BATCH_ANSWERS_H

#include "fake_server.h"

static const femd_hash material = {{1, 2, 3}};

/* Right answers at once; the server's `test` points to the most points that came in one message. */
static inline void answer_evaluate(fake_server *s, const femd_frame *f) {
    unsigned *largest = s->test;
    if (f->type != FEMD_MSG_EVALUATE) return;
    if (f->count > *largest) *largest = f->count;
    fake_answer(s, f);
}

/* A client that asks a server for three points. */
typedef struct asker {
    femd_client *client;
    femd_request request[3];
    femd_response response[3];
    femd_batch *batch;
    femd_error err;
} asker;

/* The server is started, the client there; the points are 1 to 3. */
static inline void asker_open(asker *a, fake_server *s) {
    *a = (asker){.err = FEMD_ERROR_INIT};
    fake_start(s);
    a->client = fake_client(s);
    fake_requests(a->request, 3, 1);
}

/* The same, told of progress. */
static inline void asker_open_telling(asker *a, fake_server *s, int (*tell)(void *user, const femd_progress_info *info),
                                      void *user) {
    *a = (asker){.err = FEMD_ERROR_INIT};
    fake_start(s);
    const femd_client_config config = {.size = sizeof config, .address = s->address, .progress = tell, .user = user};
    assert_int_equal(femd_client_open(&config, &a->client, &a->err), FEMD_OK);
    fake_requests(a->request, 3, 1);
}

static inline void asker_submits(asker *a) {
    assert_int_equal(femd_client_submit(a->client, &material, a->request, 3, &a->batch, &a->err), FEMD_OK);
}

/* All three come, and are right: those of points from `first` on. */
static inline void asker_collects(asker *a, uint64_t first) {
    assert_int_equal(femd_client_collect(a->client, &a->batch, a->response, &a->err), FEMD_OK);
    fake_check(a->response, 3, first);
}

static inline void asker_close(asker *a, fake_server *s) {
    femd_client_close(&a->client);
    fake_stop(s);
}

#endif
