/* The queue of actions: a ring, and a small pool of buffers so that frames need no allocation once warm. */
#include "outbox.h"

#include <stdlib.h>

#include "femd/json_channel.h"

enum { SPARE_MAX_BYTES = 8 << 20 };

static void push(femd_core *c, const femd_action *a) {
    outbox *o = &c->out;
    if (o->count == o->room) {
        uint32_t room = o->room ? 2 * o->room : 64;
        femd_action *fresh = malloc(room * sizeof *fresh);
        if (!fresh) {
            core_no_memory(c);
            return;
        }
        for (uint32_t i = 0; i < o->count; i++) fresh[i] = o->action[(o->head + i) & (o->room - 1)];
        free(o->action);
        o->action = fresh;
        o->room = room;
        o->head = 0;
    }
    o->action[(o->head + o->count++) & (o->room - 1)] = *a;
}

femd_buffer outbox_take(femd_core *c) {
    if (c->out.spares == 0) return (femd_buffer)FEMD_BUFFER_INIT;
    femd_buffer b = c->out.spare[--c->out.spares];
    b.size = 0;
    return b;
}

void femd_core_recycle(femd_core *c, femd_buffer *frame) {
    if (frame->data && frame->room <= SPARE_MAX_BYTES && c->out.spares < sizeof c->out.spare / sizeof c->out.spare[0]) {
        c->out.spare[c->out.spares++] = *frame;
        *frame = (femd_buffer)FEMD_BUFFER_INIT;
    }
    femd_buffer_clear(frame);
}

int femd_core_next(femd_core *c, femd_action *action) {
    outbox *o = &c->out;
    if (o->count == 0) return 0;
    *action = o->action[o->head];
    o->head = (o->head + 1) & (o->room - 1);
    o->count--;
    return 1;
}

/* The JSON text that says the same as the frame, in the frame's place. */
static femd_status to_json(femd_core *c, femd_buffer *frame, femd_error *err) {
    femd_frame f;
    femd_buffer text = outbox_take(c);
    femd_status rc = femd_frame_decode(frame->data, frame->size, &f, err);
    if (rc == FEMD_OK) rc = femd_json_channel_from_frame(&f, &text, err);
    if (rc == FEMD_OK) {
        femd_buffer binary = *frame;
        *frame = text;
        text = binary;
    }
    femd_core_recycle(c, &text);
    return rc;
}

void outbox_send(femd_core *c, uint64_t route, int json, femd_buffer *frame) {
    femd_error err = FEMD_ERROR_INIT;
    if (json && to_json(c, frame, &err) != FEMD_OK) {
        core_log(c, FEMD_LOG_WARNING, "a message has no JSON form and is not sent: %s", err.text);
        femd_core_recycle(c, frame);
        return;
    }
    c->counter.bytes_out += frame->size;
    push(c, &(femd_action){FEMD_ACTION_SEND, route, *frame});
    *frame = (femd_buffer)FEMD_BUFFER_INIT;
}

void outbox_send_empty(femd_core *c, uint64_t route, int json, uint16_t type, uint64_t id) {
    femd_buffer b = outbox_take(c);
    if (femd_frame_begin(&b, type, id, NULL) != FEMD_OK) {
        core_no_memory(c);
        return;
    }
    femd_frame_finish(&b, 0);
    outbox_send(c, route, json, &b);
}

void outbox_send_error(femd_core *c, uint64_t route, int json, uint64_t id, const femd_error *e) {
    femd_buffer b = outbox_take(c);
    if (femd_error_encode(&b, id, e, NULL) != FEMD_OK) {
        core_log(c, FEMD_LOG_WARNING, "an error could not be told: %s", e->text);
        femd_core_recycle(c, &b);
        return;
    }
    outbox_send(c, route, json, &b);
}

void outbox_drop(femd_core *c, uint64_t route) {
    push(c, &(femd_action){FEMD_ACTION_DROP, route, FEMD_BUFFER_INIT});
}

void outbox_clear(femd_core *c) {
    femd_action a;
    while (femd_core_next(c, &a)) femd_buffer_clear(&a.frame);
    while (c->out.spares) femd_buffer_clear(&c->out.spare[--c->out.spares]);
    free(c->out.action);
    c->out = (outbox){0};
}
