/* A server made of one thread and one handler, so that a test can lose, double, delay and refuse messages at will. */
#ifndef FEMD_TESTS_FAKE_SERVER_H
#define FEMD_TESTS_FAKE_SERVER_H

#include <pthread.h>
#include <stdatomic.h>

#include "femd/client.h"
#include "femd/evaluate.h"
#include "femd/pack.h"
#include "femd/peer.h"

typedef struct fake_server fake_server;

struct fake_server {
    /* set by the test before fake_start */
    void (*handle)(fake_server *s, const femd_frame *f); /* every frame but HELLO; may be NULL */
    void (*idle)(fake_server *s);                        /* about every 20 ms; may be NULL */
    void *test;
    uint32_t batch_max; /* in WELCOME; 0 = FEMD_BATCH_MAX */
    uint32_t frame_max; /* the same; 0 = FEMD_FRAME_MAX */
    double mute;        /* in WELCOME; 0 = the default */
    /* for handlers */
    unsigned seen[64]; /* frames by type */
    int hellos;
    atomic_int deaf; /* 1: swallow everything, HELLO too */
    femd_buffer out;
    uint8_t route[256];
    size_t route_size; /* of the last sender */
    /* private */
    char folder[64], address[96];
    void *context, *socket;
    pthread_t thread;
    atomic_int stop;
};

void fake_start(fake_server *s);
/* Join the thread and close the socket; what handlers counted may be read afterwards. Safe to call twice. */
void fake_stop(fake_server *s);
/* Send out as a frame to the last sender. */
void fake_send(fake_server *s);
/* Send a frame with an empty body. */
void fake_send_bare(fake_server *s, uint16_t type, uint64_t id);
/* Append a RESULT entry for the request at `index`; its energy is 2 x point, its state_out 32 x the low byte of point.
 */
void fake_result_add(fake_server *s, uint32_t index, const femd_request *q, uint32_t flags);
/* Answer a whole EVALUATE frame, last point first. */
void fake_answer(fake_server *s, const femd_frame *f);

/* A client of the fake server and n requests with point = first + i. */
femd_client *fake_client(const fake_server *s);
void fake_requests(femd_request *q, size_t n, uint64_t first);
/* Check that the responses belong to the requests. */
void fake_check(const femd_response *r, size_t n, uint64_t first);

#endif
