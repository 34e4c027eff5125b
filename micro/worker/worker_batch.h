/* Storage of the points that a worker evaluates at once. */
#ifndef FEMD_WORKER_BATCH_H
#define FEMD_WORKER_BATCH_H

#include "micro.h"

/* Arrays of `room` entries, owned; all zero: none. The first `count` belong to points. */
typedef struct worker_batch {
    size_t room, count;
    femd_request *request;
    femd_bytes *state_in; /* borrowed blobs */
    femd_response *response;
    femd_buffer *state_out;
    femd_error *err;
} worker_batch;

/* Room for so many points, and none in it. Storage stays for later batches. */
FEMD_MUST_CHECK femd_status worker_batch_begin(worker_batch *batch, size_t room, femd_error *err);
/* One more point, within the room; its place. */
size_t worker_batch_add(worker_batch *batch, const femd_request *request, const femd_bytes *state_in);
/* Evaluate the points that were added; answers and words stand in their places. */
void worker_batch_evaluate(worker_batch *batch, femd_material *material, const femd_beat *beat);
void worker_batch_release(worker_batch *batch);

#endif
