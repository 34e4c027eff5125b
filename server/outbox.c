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

/* The JSON text that says the same as the frame, in the frame's place; and the frame's type and id. */
static femd_status outbox_to_json(femd_outbox *outbox, femd_buffer *frame, femd_frame *was, femd_error *err) {
    femd_buffer text = outbox_take(outbox);
    femd_status rc = femd_frame_decode(frame->data, frame->size, was, err);
    if (rc == FEMD_OK) rc = femd_json_channel_from_frame(was, &text, err);
    if (rc == FEMD_OK) {
        femd_buffer binary = *frame;
        *frame = text;
        text = binary;
    }
    outbox_recycle(outbox, &text);
    return rc;
}

static void outbox_push_message(femd_outbox *outbox, femd_address to, femd_buffer *message) {
    outbox->common->counter.bytes_out += message->size;
    outbox_push(outbox, &(femd_action){FEMD_ACTION_SEND, to.route, *message});
    *message = (femd_buffer)FEMD_BUFFER_INIT;
}

/* A longer frame, or JSON text, in parts; they have copies of its bytes. */
static femd_status outbox_cut_frame(femd_outbox *outbox, femd_address to, const femd_buffer *frame) {
    femd_hash hash;
    femd_parts_hash(frame->data, frame->size, &hash);
    for (uint32_t i = 0; i < femd_parts_count(frame->size); i++) {
        femd_buffer part = outbox_take(outbox);
        const femd_status rc = femd_part_encode(&part, frame->data, frame->size, &hash, i, NULL);
        if (rc == FEMD_OK) outbox_push_message(outbox, to, &part);
        femd_buffer_clear(&part);
        FEMD_TRY(rc);
    }
    return FEMD_OK;
}

static femd_status outbox_cut_json(femd_outbox *outbox, femd_address to, const femd_buffer *text, uint64_t id) {
    const uint32_t count = femd_json_parts_count(text->data, text->size);
    size_t from = 0;
    for (uint32_t i = 0; i < count; i++) {
        femd_buffer part = outbox_take(outbox);
        const femd_status rc = femd_json_part_encode(&part, id, text->data, text->size, i, count, &from, NULL);
        if (rc == FEMD_OK) outbox_push_message(outbox, to, &part);
        femd_buffer_clear(&part);
        FEMD_TRY(rc);
    }
    return FEMD_OK;
}

static void outbox_send_json(femd_outbox *outbox, femd_address to, femd_buffer *frame) {
    femd_error err = FEMD_ERROR_INIT;
    femd_frame was = {0};
    const femd_status rc = outbox_to_json(outbox, frame, &was, &err);
    if (rc == FEMD_OK && !femd_json_parts_count(frame->data, frame->size)) {
        outbox_push_message(outbox, to, frame);
        return;
    }
    if (rc == FEMD_OK && outbox_cut_json(outbox, to, frame, was.id) != FEMD_OK) common_no_memory(outbox->common);
    outbox_recycle(outbox, frame);
    if (rc == FEMD_OK) return;
    common_log(outbox->common, FEMD_LOG_WARNING, "a message is not sent on the JSON channel: %s", err.text);
    if (was.type != FEMD_MSG_ERROR) outbox_send_error(outbox, to, was.id, &err);
}

void outbox_send(femd_outbox *outbox, femd_address to, femd_buffer *frame) {
    if (to.json) {
        outbox_send_json(outbox, to, frame);
    } else if (!femd_parts_count(frame->size)) {
        outbox_push_message(outbox, to, frame);
    } else {
        if (outbox_cut_frame(outbox, to, frame) != FEMD_OK) common_no_memory(outbox->common);
        outbox_recycle(outbox, frame);
    }
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

void outbox_sync_store(femd_outbox *outbox) {
    if (outbox->common->config.recall && !outbox->common->replaying)
        outbox_push(outbox, &(femd_action){FEMD_ACTION_SYNC, 0, FEMD_BUFFER_INIT});
}

void outbox_drop(femd_outbox *outbox, femd_address to) {
    outbox_push(outbox, &(femd_action){FEMD_ACTION_DROP, to.route, FEMD_BUFFER_INIT});
}
