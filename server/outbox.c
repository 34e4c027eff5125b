/* The queue of actions: a ring, and a small pool of buffers so that frames need no allocation once warm. */
#include "outbox.h"

#include <stdlib.h>

#include "femd/json_channel.h"
#include "femd/parts.h"

enum { SPARES_MAX = 64, SPARE_MAX_BYTES = 8 << 20 };

struct femd_outbox {
    femd_common *common;
    femd_action *action; /* owned ring */
    uint32_t head, count, room;
    uint64_t waiting; /* bytes of all actions */
    femd_buffer spare[SPARES_MAX];
    uint32_t spares;
    size_t spare_bytes;
};

femd_outbox *outbox_create(femd_common *common) {
    femd_outbox *outbox = calloc(1, sizeof *outbox);
    if (outbox) outbox->common = common;
    return outbox;
}

void outbox_destroy(femd_outbox **outbox) {
    femd_outbox *gone = *outbox;
    if (!gone) return;
    femd_action action;
    while (outbox_next(gone, &action)) femd_buffer_clear(&action.frame);
    while (gone->spares) femd_buffer_clear(&gone->spare[--gone->spares]);
    free(gone->action);
    free(gone);
    *outbox = NULL;
}

static void outbox_push(femd_outbox *outbox, const femd_action *action) {
    if (outbox->count == outbox->room) {
        uint32_t room = outbox->room ? 2 * outbox->room : 64;
        femd_action *fresh = malloc(room * sizeof *fresh);
        if (!fresh) {
            common_no_memory(outbox->common);
            return;
        }
        for (uint32_t i = 0; i < outbox->count; i++) fresh[i] = outbox->action[(outbox->head + i) & (outbox->room - 1)];
        free(outbox->action);
        outbox->action = fresh;
        outbox->room = room;
        outbox->head = 0;
    }
    outbox->action[(outbox->head + outbox->count++) & (outbox->room - 1)] = *action;
    outbox->waiting += action->frame.size;
}

femd_buffer outbox_take(femd_outbox *outbox) {
    if (outbox->spares == 0) return (femd_buffer)FEMD_BUFFER_INIT;
    femd_buffer frame = outbox->spare[--outbox->spares];
    outbox->spare_bytes -= frame.room;
    frame.size = 0;
    return frame;
}

void outbox_recycle(femd_outbox *outbox, femd_buffer *frame) {
    if (frame->data && outbox->spare_bytes + frame->room <= SPARE_MAX_BYTES && outbox->spares < SPARES_MAX) {
        outbox->spare_bytes += frame->room;
        outbox->spare[outbox->spares++] = *frame;
        *frame = (femd_buffer)FEMD_BUFFER_INIT;
    }
    femd_buffer_clear(frame);
}

int outbox_next(femd_outbox *outbox, femd_action *action) {
    if (outbox->count == 0) return 0;
    *action = outbox->action[outbox->head];
    outbox->head = (outbox->head + 1) & (outbox->room - 1);
    outbox->count--;
    outbox->waiting -= action->frame.size;
    return 1;
}

uint64_t outbox_waiting(const femd_outbox *outbox) {
    return outbox->waiting;
}

/* The JSON text that says the same as the frame, in the frame's place. */
static femd_status outbox_to_json(femd_outbox *outbox, femd_buffer *frame, femd_error *err) {
    femd_frame decoded;
    femd_buffer text = outbox_take(outbox);
    femd_status rc = femd_frame_decode(frame->data, frame->size, &decoded, err);
    if (rc == FEMD_OK) rc = femd_json_channel_from_frame(&decoded, &text, err);
    if (rc == FEMD_OK) {
        femd_buffer binary = *frame;
        *frame = text;
        text = binary;
    }
    outbox_recycle(outbox, &text);
    return rc;
}

/* A longer frame in parts; they have copies of its bytes. */
static void outbox_send_parts(femd_outbox *outbox, femd_address to, femd_buffer *frame) {
    femd_hash hash;
    femd_parts_hash(frame->data, frame->size, &hash);
    for (uint32_t i = 0; i < femd_parts_count(frame->size); i++) {
        femd_buffer part = outbox_take(outbox);
        if (femd_part_encode(&part, frame->data, frame->size, &hash, i, NULL) != FEMD_OK) {
            common_no_memory(outbox->common);
            femd_buffer_clear(&part);
            break;
        }
        outbox_push(outbox, &(femd_action){FEMD_ACTION_SEND, to.route, part});
    }
    outbox_recycle(outbox, frame);
}

void outbox_send(femd_outbox *outbox, femd_address to, femd_buffer *frame) {
    femd_error err = FEMD_ERROR_INIT;
    if (to.json && outbox_to_json(outbox, frame, &err) != FEMD_OK) {
        common_log(outbox->common, FEMD_LOG_WARNING, "a message has no JSON form and is not sent: %s", err.text);
        outbox_recycle(outbox, frame);
        return;
    }
    outbox->common->counter.bytes_out += frame->size;
    if (!to.json && femd_parts_count(frame->size)) {
        outbox_send_parts(outbox, to, frame);
        return;
    }
    outbox_push(outbox, &(femd_action){FEMD_ACTION_SEND, to.route, *frame});
    *frame = (femd_buffer)FEMD_BUFFER_INIT;
}

void outbox_send_empty(femd_outbox *outbox, femd_address to, uint16_t type, uint64_t id) {
    femd_buffer frame = outbox_take(outbox);
    if (femd_frame_begin(&frame, type, id, NULL) != FEMD_OK) {
        common_no_memory(outbox->common);
        return;
    }
    femd_frame_finish(&frame, 0);
    outbox_send(outbox, to, &frame);
}

/* An encoder of ERROR or GONE. */
typedef femd_status (*outbox_words)(femd_buffer *out, uint64_t id, const femd_error *words, femd_error *err);

static void outbox_send_words(femd_outbox *outbox, femd_address to, uint64_t id, const femd_error *words,
                              outbox_words encode) {
    femd_buffer frame = outbox_take(outbox);
    if (encode(&frame, id, words, NULL) != FEMD_OK) {
        common_log(outbox->common, FEMD_LOG_WARNING, "an error could not be told: %s", words->text);
        outbox_recycle(outbox, &frame);
        return;
    }
    outbox_send(outbox, to, &frame);
}

void outbox_send_error(femd_outbox *outbox, femd_address to, uint64_t id, const femd_error *error) {
    outbox_send_words(outbox, to, id, error, femd_error_encode);
}

void outbox_send_gone(femd_outbox *outbox, femd_address to, uint64_t id, const femd_error *why) {
    outbox_send_words(outbox, to, id, why, femd_gone_encode);
}

void outbox_keep(femd_outbox *outbox, femd_action_kind kind, femd_buffer *bytes) {
    if (outbox->common->replaying) {
        outbox_recycle(outbox, bytes);
        return;
    }
    outbox_push(outbox, &(femd_action){kind, 0, *bytes});
    *bytes = (femd_buffer)FEMD_BUFFER_INIT;
}

void outbox_record(femd_outbox *outbox, const femd_annal *annal) {
    if (!outbox->common->config.journal || outbox->common->replaying) return;
    femd_buffer bytes = outbox_take(outbox);
    if (annal_encode(annal, &bytes, NULL) != FEMD_OK) {
        common_no_memory(outbox->common);
        return;
    }
    outbox_push(outbox, &(femd_action){FEMD_ACTION_JOURNAL, 0, bytes});
}

void outbox_sync(femd_outbox *outbox) {
    if (outbox->common->config.journal && !outbox->common->replaying)
        outbox_push(outbox, &(femd_action){FEMD_ACTION_SYNC, 0, FEMD_BUFFER_INIT});
}

void outbox_drop(femd_outbox *outbox, femd_address to) {
    outbox_push(outbox, &(femd_action){FEMD_ACTION_DROP, to.route, FEMD_BUFFER_INIT});
}
