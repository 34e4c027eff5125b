/* Batches: many points of one material, split into EVALUATE frames, answered in any order.
 *
 * It owns the encoded frames until their points are answered, and the encoded answers until they are collected. Ids of
 * frames are never used twice, so a late answer to a batch that was given up finds no place and is dropped. Finished
 * batches keep their storage for the next one: no allocation per point once the sizes have been seen. */
#include "batch.h"

#include <stdlib.h>
#include <string.h>

#include "femd/clock.h"
#include "femd/kinematics.h"
#include "names.h"
#include "wakeup.h"

typedef struct batch_frame {
    femd_buffer bytes; /* the whole EVALUATE frame */
    size_t first;      /* index in the batch of its first point */
    uint32_t n, left;  /* points; not yet answered */
    int sent;
} batch_frame;

typedef struct batch_point {
    size_t at;      /* of key and encoded response in answers */
    uint32_t size;  /* bytes of the encoded response; 0 = open */
    uint32_t flags; /* FEMD_RESULT_* */
    uint64_t label; /* request.point */
} batch_point;

struct femd_batch {
    struct femd_batch *next;
    femd_client *owner;
    uint64_t base;                   /* id of frame 0; frame i has base + i */
    size_t n, done, nframes, unsent; /* unsent: first frame that may wait for sending */
    uint64_t reused;
    int turned; /* the material by Q */
    double Q[9];
    femd_batch_answer take; /* NULL: answers are kept until they are collected */
    void *user;
    size_t room_points, room_frames;
    batch_point *point;
    batch_frame *frame;
    femd_buffer answers;
    femd_status failed; /* the server refused it */
    femd_error why;
};

/* ---- storage ---- */

static void batch_destroy(femd_batch *b) {
    for (size_t i = 0; i < b->room_frames; i++) femd_buffer_clear(&b->frame[i].bytes);
    free(b->frame);
    free(b->point);
    femd_buffer_clear(&b->answers);
    free(b);
}

static void batch_free_list(femd_batch *b) {
    while (b) {
        femd_batch *next = b->next;
        batch_destroy(b);
        b = next;
    }
}

void batches_free(femd_client *c) {
    batch_free_list(c->open);
    batch_free_list(c->spare);
    c->open = c->spare = NULL;
}

static femd_status batch_room(femd_batch *b, size_t n, size_t nframes, femd_error *err) {
    if (n > b->room_points) {
        batch_point *p = realloc(b->point, n * sizeof *p);
        if (!p) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a batch of %zu points", n);
        b->point = p;
        b->room_points = n;
    }
    if (nframes > b->room_frames) {
        batch_frame *f = realloc(b->frame, nframes * sizeof *f);
        if (!f) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a batch of %zu points", n);
        memset(f + b->room_frames, 0, (nframes - b->room_frames) * sizeof *f);
        b->frame = f;
        b->room_frames = nframes;
    }
    return FEMD_OK;
}

static void batch_unlink_open(femd_client *c, femd_batch *b) {
    femd_batch **at = &c->open;
    while (*at && *at != b) at = &(*at)->next;
    if (*at) *at = b->next;
}

/* Take a batch out of the open ones and keep its storage. */
static void batch_retire(femd_client *c, femd_batch *b) {
    for (size_t i = 0; i < b->nframes; i++)
        if (b->frame[i].sent && b->frame[i].left) c->under_way--;
    batch_unlink_open(c, b);
    b->next = c->spare;
    c->spare = b;
}

/* ---- submit ---- */

static uint32_t batch_frame_points(const femd_client *c) {
    const femd_welcome *w = femd_peer_welcome(c->peer);
    uint64_t max = FEMD_BATCH_MAX;
    if (w->batch_max && w->batch_max < max) max = w->batch_max;
    const uint64_t fit = w->frame_max > 4096 ? (w->frame_max - 4096) / FEMD_REQUEST_BYTES : 1;
    if (w->frame_max && fit < max) max = fit;
    return (uint32_t)max;
}

/* A number that is not finite would be refused by the server, and with it the whole message. */
static int batch_is_finite(const femd_request *q) {
    double zero = 0 * q->temperature + 0 * q->pressure + 0 * q->accuracy;
    for (int i = 0; i < 6; i++) zero += 0 * q->value[i];
    for (int i = 0; i < 3; i++) zero += 0 * q->delta_mu[i];
    return zero == 0;
}

/* What the server would refuse the whole message for, and what the material, if it is known already, has not. */
static femd_status batch_check(const femd_client *c, const femd_hash *material, const femd_request *q, size_t n,
                               femd_error *err) {
    const client_material *m = client_find_material(c, material);
    for (size_t i = 0; i < n; i++) {
        const unsigned long long point = (unsigned long long)q[i].point;
        if (!batch_is_finite(&q[i]))
            return femd_fail(err, FEMD_BAD_ARGUMENT, "request %zu (point %llu) holds a number that is not finite", i,
                             point);
        if (q[i].temperature < 0)
            return femd_fail(err, FEMD_BAD_ARGUMENT, "request %zu (point %llu): its temperature, %g K, is below 0 K", i,
                             point, q[i].temperature);
        const int told = q[i].delta_mu[0] != 0 || q[i].delta_mu[1] != 0 || q[i].delta_mu[2] != 0;
        if (told && !(q[i].flags & FEMD_REQUEST_EXCHANGE))
            return femd_fail(err, FEMD_BAD_ARGUMENT,
                             "request %zu (point %llu) holds delta_mu without the flag FEMD_REQUEST_EXCHANGE", i,
                             point);
        if (m && m->heard && m->status == FEMD_OK &&
            femd_request_check_exchange(&q[i], m->caps.inputs, "the material", err) != FEMD_OK)
            return femd_error_prefix(err, "request %zu (point %llu)", i, point);
    }
    return FEMD_OK;
}

/* The request in the axes of the RVE. */
static femd_status batch_turn(const femd_batch *b, const femd_request *q, femd_request *turned, femd_error *err) {
    if (!b->turned) return FEMD_OK;
    if (q->mask)
        return femd_fail(
            err, FEMD_BAD_ARGUMENT,
            "point %llu prescribes stress components, which would be in the axes of the RVE, of a material "
            "that is turned against the host's",
            (unsigned long long)q->point);
    *turned = *q;
    femd_strain_rotate(b->Q, q->value, turned->value);
    return FEMD_OK;
}

static femd_status batch_encode_frame(femd_batch *b, size_t i, const femd_hash *material, const femd_request *q,
                                      femd_error *err) {
    batch_frame *f = &b->frame[i];
    FEMD_TRY(femd_evaluate_begin(&f->bytes, b->base + i, material, err));
    FEMD_TRY(femd_buffer_reserve(&f->bytes, (size_t)f->n * FEMD_REQUEST_BYTES, err));
    for (uint32_t k = 0; k < f->n; k++) {
        femd_request turned;
        FEMD_TRY(batch_turn(b, &q[k], &turned, err));
        FEMD_TRY(femd_evaluate_add(&f->bytes, b->turned ? &turned : &q[k], err));
        b->point[f->first + k] = (batch_point){.label = q[k].point};
    }
    femd_frame_finish(&f->bytes, f->n);
    return FEMD_OK;
}

static femd_status batch_fill(femd_batch *b, const femd_hash *material, const femd_request *q, size_t n,
                              uint32_t per_frame, femd_error *err) {
    for (size_t i = 0; i < b->nframes; i++) {
        const size_t first = i * per_frame;
        b->frame[i].first = first;
        b->frame[i].n = b->frame[i].left = (uint32_t)(n - first < per_frame ? n - first : per_frame);
        b->frame[i].sent = 0;
        FEMD_TRY(batch_encode_frame(b, i, material, q + first, err));
    }
    return FEMD_OK;
}

femd_status batch_submit_to(femd_client *c, const femd_hash *material, const femd_request *requests, size_t n,
                            femd_batch_answer take, void *user, femd_batch **batch, femd_error *err) {
    if (!c || !material || !batch || (n && !requests))
        return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_client_submit: NULL argument");
    *batch = NULL;
    const client_view *view = client_find_view(c, material);
    FEMD_TRY(batch_check(c, view ? &view->material : material, requests, n, err));
    const uint32_t per_frame = batch_frame_points(c);
    const size_t nframes = (n + per_frame - 1) / per_frame;
    femd_batch *b = c->spare;
    if (b)
        c->spare = b->next;
    else if (!(b = calloc(1, sizeof *b)))
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for a batch");
    b->owner = c;
    b->base = c->next_id;
    b->n = n;
    b->nframes = nframes;
    b->done = b->unsent = 0;
    b->reused = 0;
    b->answers.size = 0;
    b->failed = FEMD_OK;
    b->take = take;
    b->user = user;
    b->turned = view != NULL;
    if (view) memcpy(b->Q, view->Q, sizeof b->Q);
    c->next_id += nframes;
    femd_status rc = batch_room(b, n, nframes, err);
    if (rc == FEMD_OK) rc = batch_fill(b, view ? &view->material : material, requests, n, per_frame, err);
    if (rc != FEMD_OK) {
        b->nframes = 0;
        b->next = c->spare;
        c->spare = b;
        return rc;
    }
    if (!c->open) {
        c->gone = c->gone_reused = 0;
        c->given_up = FEMD_OK;
        c->words[0].known = c->words[1].known = 0;
    }
    femd_batch **at = &c->open; /* in the order of submission */
    while (*at) at = &(*at)->next;
    b->next = NULL;
    *at = b;
    c->moved = femd_clock();
    rc = batches_flush(c, err);
    if (rc != FEMD_OK) {
        batch_retire(c, b);
        return rc;
    }
    wakeup_rearm(c);
    *batch = b;
    return FEMD_OK;
}

femd_status femd_client_submit(femd_client *c, const femd_hash *material, const femd_request *requests, size_t n,
                               femd_batch **batch, femd_error *err) {
    return batch_submit_to(c, material, requests, n, NULL, NULL, batch, err);
}

/* ---- sending ---- */

static femd_status batch_flush(femd_client *c, femd_batch *b, int *full, femd_error *err) {
    while (b->unsent < b->nframes) {
        batch_frame *f = &b->frame[b->unsent];
        if (!f->sent && f->left) {
            if (c->under_way >= FEMD_CLIENT_WINDOW) {
                *full = 1;
                return FEMD_OK;
            }
            femd_status rc = femd_peer_send(c->peer, &f->bytes, 0, err);
            if (rc == FEMD_TIMEOUT) { /* back-pressure, or no connection at the moment: the next wait tries again */
                femd_error_clear(err);
                *full = 1;
                return FEMD_OK;
            }
            FEMD_TRY(rc);
            f->sent = 1;
            if (c->under_way++ == 0) c->heard = c->moved = femd_clock(); /* silence counts from here */
        }
        b->unsent++;
    }
    return FEMD_OK;
}

femd_status batches_flush(femd_client *c, femd_error *err) {
    int full = 0;
    for (femd_batch *b = c->open; b && !full; b = b->next)
        if (b->unsent < b->nframes) FEMD_TRY(batch_flush(c, b, &full, err));
    return FEMD_OK;
}

void batches_rewind(femd_client *c) {
    for (femd_batch *b = c->open; b; b = b->next) {
        b->unsent = 0;
        for (size_t i = 0; i < b->nframes; i++) b->frame[i].sent = 0;
    }
    c->under_way = 0;
}

/* ---- receiving ---- */

static femd_batch *batch_find_open(const femd_client *c, uint64_t id) {
    femd_batch *b = c->open;
    while (b && !(id >= b->base && id - b->base < b->nframes)) b = b->next;
    return b;
}

femd_bytes batch_words(const femd_batch *b, size_t i) {
    const batch_point *p = &b->point[i];
    return femd_response_words(b->answers.data + p->at + sizeof(femd_hash), p->size);
}

/* The answers stay encoded, as the wire brought them, until they are handed on. */
static femd_status batch_decode(const femd_batch *b, size_t i, femd_response *r, femd_error *err) {
    const batch_point *p = &b->point[i];
    const uint8_t *at = b->answers.data + p->at;
    FEMD_TRY(femd_response_decode(at + sizeof r->key, p->size, r, err));
    memcpy(&r->key, at, sizeof r->key);
    r->point = p->label;
    if (b->turned) femd_response_unrotate(b->Q, r);
    return FEMD_OK;
}

static femd_status batch_keep_answer(femd_batch *b, batch_point *p, const femd_result *r, femd_error *err) {
    if (r->response.size == 0 || r->response.size > UINT32_MAX)
        return femd_fail(err, FEMD_PROTOCOL, "an answer of %zu bytes", r->response.size);
    const size_t at = b->answers.size;
    FEMD_TRY(femd_buffer_append(&b->answers, &r->key, sizeof r->key, err));
    FEMD_TRY(femd_buffer_append(&b->answers, r->response.data, r->response.size, err));
    p->at = at;
    p->size = (uint32_t)r->response.size;
    p->flags = r->flags;
    return FEMD_OK;
}

/* What is handed over is not kept: its bytes, the last ones, make room for the next. */
static femd_status batch_hand_over(femd_batch *b, size_t i, femd_error *err) {
    femd_response response;
    FEMD_TRY(batch_decode(b, i, &response, err));
    const femd_bytes words = batch_words(b, i);
    b->take(b->user, i, &response, &words);
    b->answers.size = b->point[i].at;
    return FEMD_OK;
}

/* Of each kind of failure, the material's and others, the words of the point with the lowest number are kept: who asks
 * for words names that point, whichever answer came first. */
static void batches_note_words(femd_client *c, const batch_point *p, int32_t status, const femd_bytes *response) {
    client_words *first = &c->words[femd_status_is_physics(status) ? 0 : 1];
    if (status == FEMD_OK || (first->known && first->point <= p->label)) return;
    const femd_bytes text = femd_response_words(response->data, response->size);
    first->known = 1;
    first->point = p->label;
    first->size = text.size < sizeof first->text ? text.size : sizeof first->text - 1;
    if (first->size) memcpy(first->text, text.data, first->size);
    first->text[first->size] = '\0';
}

const char *femd_client_words(const femd_client *c, uint64_t point) {
    for (int i = 1; i >= 0; i--)
        if (c->words[i].known && c->words[i].point == point) return c->words[i].text;
    return "";
}

/* Of the points that the pool has given up the one with the lowest number is remembered until all that was asked with
 * it is done with. */
static void batches_note_status(femd_client *c, const batch_point *p, const femd_bytes *response) {
    const int32_t status = response->size >= 4 ? (int32_t)femd_get32(response->data) : 0;
    batches_note_words(c, p, status, response);
    if (!femd_status_is_infrastructure(status) || (c->given_up != FEMD_OK && c->given_up_point <= p->label)) return;
    c->given_up = (femd_status)status;
    c->given_up_point = p->label;
}

femd_status femd_client_given_up(const femd_client *c, uint64_t *point) {
    *point = c->given_up_point;
    return c->given_up;
}

femd_status batches_result(femd_client *c, const femd_frame *f, int *mine, femd_error *err) {
    femd_batch *b = batch_find_open(c, f->id);
    *mine = b != NULL;
    if (!b) return FEMD_OK;
    batch_frame *bf = &b->frame[f->id - b->base];
    femd_reader rd;
    femd_result r;
    int more;
    femd_reader_open(f, &rd);
    while ((more = femd_result_next(&rd, &r, err)) == 1) {
        if (r.index >= bf->n)
            return femd_fail(err, FEMD_PROTOCOL, "an answer to point %u of a message of %u points", r.index, bf->n);
        batch_point *p = &b->point[bf->first + r.index];
        if (p->size) continue; /* answered before: it was sent twice */
        FEMD_TRY(batch_keep_answer(b, p, &r, err));
        batches_note_status(c, p, &r.response);
        b->done++;
        if (r.flags & FEMD_RESULT_REUSED) b->reused++;
        if (b->take) FEMD_TRY(batch_hand_over(b, bf->first + r.index, err));
        if (--bf->left == 0 && bf->sent) c->under_way--;
    }
    if (more < 0) return FEMD_PROTOCOL;
    c->moved = c->heard;
    return FEMD_OK;
}

void batches_failed(femd_client *c, uint64_t id, const femd_error *why, int *mine) {
    femd_batch *b = batch_find_open(c, id);
    *mine = b != NULL;
    if (!b || b->failed != FEMD_OK) return;
    b->failed = why->code ? (femd_status)why->code : FEMD_INTERNAL;
    b->why = *why;
}

void batches_count(const femd_client *c, uint64_t *done, uint64_t *total, uint64_t *reused, uint64_t *sent) {
    *done = *total = c->open ? c->gone : 0;
    *reused = c->open ? c->gone_reused : 0;
    *sent = 0;
    for (const femd_batch *b = c->open; b; b = b->next) {
        *done += b->done;
        *total += b->n;
        *reused += b->reused;
        if (b->done == b->n) continue;
        for (size_t i = 0; i < b->nframes; i++)
            if (b->frame[i].sent) *sent += b->frame[i].left;
    }
}

/* ---- the end of one ---- */

int batch_is_of(const femd_batch *b, const femd_client *c) {
    return b->owner == c;
}

size_t batch_points(const femd_batch *b) {
    return b->n;
}

size_t batch_answered(const femd_batch *b) {
    return b->done;
}

int batch_is_over(const femd_batch *b) {
    return b->done == b->n || b->failed != FEMD_OK;
}

femd_status batch_refusal(const femd_batch *b, femd_error *err) {
    return b->failed == FEMD_OK ? FEMD_OK : femd_fail(err, b->failed, "%s", b->why.text);
}

femd_status batch_hand_on(const femd_batch *b, femd_response_sink sink, void *user, femd_error *err) {
    femd_response r;
    for (size_t i = 0; i < b->n; i++) {
        FEMD_TRY(batch_decode(b, i, &r, err));
        sink(user, i, &r);
    }
    return FEMD_OK;
}

void batch_release(femd_client *c, femd_batch *b) {
    c->reused += b->reused;
    c->gone += b->n; /* counts while the rest of those that were asked together is waited for */
    c->gone_reused += b->reused;
    batch_retire(c, b);
}

void femd_client_cancel(femd_client *c, femd_batch **batch) {
    if (!c || !batch || !*batch) return;
    femd_batch *b = *batch;
    *batch = NULL;
    for (size_t i = 0; i < b->nframes; i++) {
        if (!b->frame[i].sent || !b->frame[i].left) continue;
        if (femd_frame_begin(&c->scratch, FEMD_MSG_CANCEL, b->base + i, NULL) != FEMD_OK) break;
        femd_frame_finish(&c->scratch, 0);
        if (femd_peer_send(c->peer, &c->scratch, 0, NULL) != FEMD_OK) break; /* a courtesy: late answers are dropped */
    }
    batch_retire(c, b);
}
