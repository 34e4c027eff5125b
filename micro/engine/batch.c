/* Storage of the points that are evaluated at once. Grows to the largest batch and stays, so that points cost no
 * allocation; never looks into a request or an answer. */
#include <stdlib.h>

#include "micro.h"

femd_status femd_material_batch_begin(femd_material_batch *batch, size_t room, femd_error *err) {
    batch->count = 0;
    if (room <= batch->room) return FEMD_OK;
    femd_material_batch_release(batch);
    batch->request = calloc(room, sizeof *batch->request);
    batch->state_in = calloc(room, sizeof *batch->state_in);
    batch->response = calloc(room, sizeof *batch->response);
    batch->state_out = calloc(room, sizeof *batch->state_out);
    batch->err = calloc(room, sizeof *batch->err);
    if (!batch->request || !batch->state_in || !batch->response || !batch->state_out || !batch->err) {
        femd_material_batch_release(batch);
        return femd_fail(err, FEMD_NO_MEMORY, "out of memory for a batch of %zu points", room);
    }
    batch->room = room;
    return FEMD_OK;
}

size_t femd_material_batch_add(femd_material_batch *batch, const femd_request *request, const femd_bytes *state_in) {
    batch->request[batch->count] = *request;
    batch->state_in[batch->count] = *state_in;
    return batch->count++;
}

void femd_material_batch_evaluate(femd_material_batch *batch, femd_material *material, const femd_beat *beat) {
    const femd_engine_batch points = {batch->count,    batch->request,   batch->state_in,
                                      batch->response, batch->state_out, batch->err};
    if (batch->count) femd_material_evaluate_many(material, &points, beat);
}

void femd_material_batch_release(femd_material_batch *batch) {
    for (size_t i = 0; i < batch->room; i++) femd_buffer_clear(&batch->state_out[i]);
    free(batch->request);
    free(batch->state_in);
    free(batch->response);
    free(batch->state_out);
    free(batch->err);
    *batch = (femd_material_batch){0};
}
