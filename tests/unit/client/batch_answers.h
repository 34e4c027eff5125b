/* A server that answers every batch, and the material that its clients ask. */
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

#endif
